"""Layers, activations and losses as functions, in PyTorch's spelling."""

from . import activation as _activation
from . import attention as _attention
from . import classes as _classes
from . import distance as _distance
from . import dropout as _dropout
from . import embedding as _embedding
from . import linear as _linear
from . import loss as _loss
from . import normalization as _normalization
from .activation import *  # noqa: F403
from .attention import *  # noqa: F403
from .classes import *  # noqa: F403
from .distance import *  # noqa: F403
from .dropout import *  # noqa: F403
from .embedding import *  # noqa: F403
from .linear import *  # noqa: F403
from .loss import *  # noqa: F403
from .normalization import *  # noqa: F403

__all__: list[str] = []
__all__ += _activation.__all__
__all__ += _attention.__all__
__all__ += _classes.__all__
__all__ += _distance.__all__
__all__ += _dropout.__all__
__all__ += _embedding.__all__
__all__ += _linear.__all__
__all__ += _loss.__all__
__all__ += _normalization.__all__
