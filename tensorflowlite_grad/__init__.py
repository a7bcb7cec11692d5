"""PyTorch's autograd for NumPy, CuPy and any other array library.

>>> import tensorflowlite_grad as tg
>>> x = tg.tensor(3.0, requires_grad=True)
>>> y = x**2
>>> y.backward()
>>> x.grad
tensor(6.)
"""

from importlib import import_module as _import_module
from math import e, inf, nan, pi
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import autograd, optim
from ._version import __version__
from .autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .backend import (
    BackendError,
    device,
    get_default_backend,
    get_default_device,
    register_backend,
    set_default_backend,
    set_default_device,
    use_backend,
)
from .backend.failures import AcceleratorError, OutOfMemoryError
from .backend.registry import available as available_backends
from .dtypes import bool_ as bool
from .dtypes import (
    complex64,
    complex128,
    dtype,
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    set_default_dtype,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .functions import comparison as _comparison
from .functions import contractions as _contractions
from .functions import copies as _copies
from .functions import creation as _creation
from .functions import cumulative as _cumulative
from .functions import diagonals as _diagonals
from .functions import differences as _differences
from .functions import distinct as _distinct
from .functions import dlpack as _dlpack
from .functions import elementwise as _elementwise
from .functions import extremes as _extremes
from .functions import gathering as _gathering
from .functions import histograms as _histograms
from .functions import indexing as _indexing
from .functions import joining as _joining
from .functions import legacy as _legacy
from .functions import limits as _limits_functions
from .functions import low_rank as _low_rank
from .functions import matrices as _matrices
from .functions import padding as _padding
from .functions import parts as _parts
from .functions import positions as _positions
from .functions import products as _products
from .functions import queries as _queries
from .functions import random as _random
from .functions import rearranging as _rearranging
from .functions import reductions as _reductions
from .functions import reseating as _reseating
from .functions import sampling as _sampling
from .functions import scattering as _scattering
from .functions import shape as _shape
from .functions import short_time as _short_time
from .functions import slicing as _slicing
from .functions import sorting as _sorting
from .functions import special as _special_functions
from .functions import splitting as _splitting
from .functions import statistics as _statistics
from .functions import strided as _strided
from .functions import transposes as _transposes
from .functions import windows as _windows
from .functions.comparison import *  # noqa: F403
from .functions.contractions import *  # noqa: F403
from .functions.copies import *  # noqa: F403
from .functions.creation import *  # noqa: F403
from .functions.cumulative import *  # noqa: F403
from .functions.diagonals import *  # noqa: F403
from .functions.differences import *  # noqa: F403
from .functions.distinct import *  # noqa: F403
from .functions.dlpack import *  # noqa: F403
from .functions.elementwise import *  # noqa: F403
from .functions.extremes import *  # noqa: F403
from .functions.gathering import *  # noqa: F403
from .functions.histograms import *  # noqa: F403
from .functions.indexing import *  # noqa: F403
from .functions.joining import *  # noqa: F403
from .functions.legacy import *  # noqa: F403
from .functions.limits import *  # noqa: F403
from .functions.low_rank import *  # noqa: F403
from .functions.matrices import *  # noqa: F403
from .functions.padding import *  # noqa: F403
from .functions.parts import *  # noqa: F403
from .functions.positions import *  # noqa: F403
from .functions.products import *  # noqa: F403
from .functions.queries import *  # noqa: F403
from .functions.random import *  # noqa: F403
from .functions.rearranging import *  # noqa: F403
from .functions.reductions import *  # noqa: F403
from .functions.reseating import *  # noqa: F403
from .functions.sampling import *  # noqa: F403
from .functions.scattering import *  # noqa: F403
from .functions.shape import *  # noqa: F403
from .functions.short_time import *  # noqa: F403
from .functions.slicing import *  # noqa: F403
from .functions.sorting import *  # noqa: F403
from .functions.special import *  # noqa: F403
from .functions.splitting import *  # noqa: F403
from .functions.statistics import *  # noqa: F403
from .functions.strided import *  # noqa: F403
from .functions.transposes import *  # noqa: F403
from .functions.windows import *  # noqa: F403
from .layouts import (
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    strided,
)
from .limits import finfo, iinfo
from .ops.promotion import result_type
from .printing import get_printoptions, printoptions, set_printoptions
from .size import Size
from .tensor import Tensor

if _TYPE_CHECKING:
    from . import cuda, fft, func, linalg, masked, nn, random, serialization, signal, special, utils
    from .autograd.drawing import graph
    from .func import vmap
    from .serialization import load, save

half = float16
float = float32
double = float64
cfloat = complex64
cdouble = complex128
short = int16
int = int32
long = int64

#: Chapters that many programs do without: imported when first named.
_CHAPTERS = frozenset(
    (  # noqa: SIM905
        "cuda fft func linalg masked nn random serialization signal special utils"
    ).split()
)

#: Functions of neural networks that PyTorch has at its top level too: found when first named.
_LAYERS = frozenset(
    (  # noqa: SIM905
        "alpha_dropout alpha_dropout_ batch_norm bilinear binary_cross_entropy_with_logits celu "
        "celu_ cosine_embedding_loss cosine_similarity ctc_loss dropout dropout_ embedding "
        "feature_alpha_dropout feature_alpha_dropout_ feature_dropout feature_dropout_ group_norm "
        "hardshrink hinge_embedding_loss instance_norm kl_div layer_norm margin_ranking_loss "
        "native_batch_norm native_dropout native_dropout_backward native_group_norm "
        "native_layer_norm pairwise_distance pdist poisson_nll_loss prelu relu_ rms_norm rrelu "
        "rrelu_ selu selu_ threshold threshold_ triplet_margin_loss "
    ).split()
)

_WINDOWS = frozenset(
    (  # noqa: SIM905
        "adaptive_avg_pool1d adaptive_max_pool1d affine_grid_generator avg_pool1d "
        "channel_shuffle conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d "
        "conv_transpose3d convolution grid_sampler grid_sampler_2d grid_sampler_3d max_pool1d "
        "max_pool1d_with_indices max_pool2d max_pool2d_with_indices_backward max_pool3d "
        "native_channel_shuffle pixel_shuffle pixel_unshuffle"
    ).split()
)

#: Single functions, and the modules they are in.
_ELSEWHERE = {
    "graph": "autograd.drawing",
    "load": "serialization",
    "save": "serialization",
    "vmap": "func",
}


def __getattr__(name: str) -> _Any:
    if name in _CHAPTERS:
        return _import_module(f".{name}", __name__)
    if name in _LAYERS:
        return getattr(_import_module(".nn.functional.flat", __name__), name)
    if name in _WINDOWS:
        return getattr(_import_module(".nn.functional.flat_windows", __name__), name)
    if name in _ELSEWHERE:
        return getattr(_import_module(f".{_ELSEWHERE[name]}", __name__), name)
    if name == "default_generator":
        from .functions.generators import default_generator

        return default_generator()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "cuda",
    "random",
    "AcceleratorError",
    "OutOfMemoryError",
    "iinfo",
    "finfo",
    "strided",
    "preserve_format",
    "memory_format",
    "layout",
    "contiguous_format",
    "BackendError",
    "Size",
    "Tensor",
    "__version__",
    "autograd",
    "available_backends",
    "bool",
    "cdouble",
    "cfloat",
    "complex64",
    "complex128",
    "device",
    "double",
    "dtype",
    "e",
    "enable_grad",
    "fft",
    "float",
    "float16",
    "float32",
    "float64",
    "get_default_backend",
    "get_default_device",
    "get_default_dtype",
    "func",
    "get_printoptions",
    "graph",
    "half",
    "inf",
    "inference_mode",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "linalg",
    "load",
    "long",
    "masked",
    "nan",
    "nn",
    "no_grad",
    "optim",
    "pi",
    "printoptions",
    "promote_types",
    "register_backend",
    "result_type",
    "save",
    "serialization",
    "set_default_backend",
    "set_default_device",
    "set_default_dtype",
    "set_grad_enabled",
    "set_printoptions",
    "short",
    "signal",
    "special",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "use_backend",
    "utils",
    "vmap",
]
__all__ += _comparison.__all__
__all__ += _contractions.__all__
__all__ += _creation.__all__
__all__ += _cumulative.__all__
__all__ += _differences.__all__
__all__ += _distinct.__all__
__all__ += _dlpack.__all__
__all__ += _elementwise.__all__
__all__ += _extremes.__all__
__all__ += _gathering.__all__
__all__ += _reseating.__all__
__all__ += _rearranging.__all__
__all__ += _transposes.__all__
__all__ += _splitting.__all__
__all__ += _copies.__all__
__all__ += _strided.__all__
__all__ += _slicing.__all__
__all__ += _scattering.__all__
__all__ += _positions.__all__
__all__ += _padding.__all__
__all__ += _diagonals.__all__
__all__ += _histograms.__all__
__all__ += _indexing.__all__
__all__ += _joining.__all__
__all__ += _legacy.__all__
__all__ += _low_rank.__all__
__all__ += _matrices.__all__
__all__ += _limits_functions.__all__
__all__ += _parts.__all__
__all__ += _special_functions.__all__
__all__ += _products.__all__
__all__ += _queries.__all__
__all__ += _random.__all__
__all__ += _reductions.__all__
__all__ += _sampling.__all__
__all__ += _windows.__all__
__all__ += _shape.__all__
__all__ += _short_time.__all__
__all__ += _sorting.__all__
__all__ += _statistics.__all__
