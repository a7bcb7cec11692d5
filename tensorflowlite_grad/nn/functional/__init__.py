"""Layers, activations and losses as functions, in PyTorch's spelling."""

from . import activation as _activation
from . import adaptive_max_pooling as _adaptive_max_pooling
from . import alignment as _alignment
from . import attention as _attention
from . import classes as _classes
from . import convolution as _convolution
from . import distance as _distance
from . import dropout as _dropout
from . import embedding as _embedding
from . import folding as _folding
from . import linear as _linear
from . import loss as _loss
from . import max_pooling as _max_pooling
from . import normalization as _normalization
from . import padding as _padding
from . import pairs as _pairs
from . import pooling as _pooling
from . import resampling as _resampling
from . import shares as _shares
from . import vision as _vision
from .activation import *  # noqa: F403
from .adaptive_max_pooling import *  # noqa: F403
from .alignment import *  # noqa: F403
from .attention import *  # noqa: F403
from .classes import *  # noqa: F403
from .convolution import *  # noqa: F403
from .distance import *  # noqa: F403
from .dropout import *  # noqa: F403
from .embedding import *  # noqa: F403
from .folding import *  # noqa: F403
from .linear import *  # noqa: F403
from .loss import *  # noqa: F403
from .max_pooling import *  # noqa: F403
from .normalization import *  # noqa: F403
from .padding import *  # noqa: F403
from .pairs import *  # noqa: F403
from .pooling import *  # noqa: F403
from .resampling import *  # noqa: F403
from .shares import *  # noqa: F403
from .vision import *  # noqa: F403

__all__: list[str] = []
__all__ += _activation.__all__
__all__ += _adaptive_max_pooling.__all__
__all__ += _alignment.__all__
__all__ += _attention.__all__
__all__ += _classes.__all__
__all__ += _convolution.__all__
__all__ += _distance.__all__
__all__ += _dropout.__all__
__all__ += _embedding.__all__
__all__ += _folding.__all__
__all__ += _linear.__all__
__all__ += _loss.__all__
__all__ += _max_pooling.__all__
__all__ += _normalization.__all__
__all__ += _padding.__all__
__all__ += _pairs.__all__
__all__ += _pooling.__all__
__all__ += _resampling.__all__
__all__ += _shares.__all__
__all__ += _vision.__all__
