"""PyTorch's autograd for NumPy, CuPy and any other array library.

>>> import tensorflowlite_grad as tg
>>> x = tg.tensor(3.0, requires_grad=True)
>>> y = x**2
>>> y.backward()
>>> x.grad
tensor(6.)
"""

from math import e, inf, nan, pi

from . import autograd, linalg, optim
from ._version import __version__
from .autograd.modes import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .backend import (
    BackendError,
    device,
    get_default_backend,
    register_backend,
    set_default_backend,
    use_backend,
)
from .backend.registry import available as available_backends
from .dtypes import (
    bool_ as bool,
)
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
)
from .functions.creation import (
    arange,
    as_tensor,
    asarray,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from .functions.elementwise import (
    abs,
    absolute,
    acos,
    acosh,
    add,
    addcdiv,
    addcmul,
    allclose,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    ceil,
    clamp,
    clamp_max,
    clamp_min,
    clip,
    conj,
    copysign,
    cos,
    cosh,
    div,
    divide,
    eq,
    equal,
    erf,
    exp,
    exp2,
    expm1,
    fix,
    floor,
    floor_divide,
    fmod,
    frac,
    ge,
    greater,
    greater_equal,
    gt,
    hypot,
    imag,
    isclose,
    isfinite,
    isinf,
    isnan,
    le,
    lerp,
    less,
    less_equal,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    logit,
    logsigmoid,
    lt,
    maximum,
    minimum,
    mul,
    multiply,
    ne,
    neg,
    negative,
    not_equal,
    positive,
    pow,
    real,
    reciprocal,
    relu,
    remainder,
    round,
    rsqrt,
    rsub,
    sgn,
    sigmoid,
    sign,
    signbit,
    sin,
    sinh,
    softplus,
    sqrt,
    square,
    sub,
    subtract,
    tan,
    tanh,
    true_divide,
    trunc,
    where,
    xlogy,
)
from .functions.indexing import (
    diag,
    diagonal,
    gather,
    index_add,
    index_put,
    index_select,
    masked_fill,
    masked_select,
    narrow,
    nonzero,
    scatter_add,
    select,
    take,
    take_along_dim,
    trace,
)
from .functions.products import addmm, bmm, dot, matmul, mm, mv, outer
from .functions.random import (
    manual_seed,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
)
from .functions.reductions import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    count_nonzero,
    cumprod,
    cumsum,
    log_softmax,
    logsumexp,
    max,
    mean,
    min,
    norm,
    prod,
    softmax,
    std,
    sum,
    var,
)
from .functions.shape import (
    atleast_1d,
    broadcast_tensors,
    broadcast_to,
    cat,
    chunk,
    concat,
    concatenate,
    flatten,
    flip,
    fliplr,
    flipud,
    hstack,
    meshgrid,
    moveaxis,
    movedim,
    permute,
    ravel,
    reshape,
    roll,
    split,
    squeeze,
    stack,
    swapaxes,
    swapdims,
    t,
    tile,
    transpose,
    tril,
    triu,
    unbind,
    unflatten,
    unsqueeze,
    vstack,
)
from .ops.promotion import result_type
from .printing import get_printoptions, printoptions, set_printoptions
from .size import Size
from .tensor import Tensor

float = float32
double = float64
half = float16
cfloat = complex64
cdouble = complex128
short = int16
int = int32
long = int64


def clone(input: Tensor) -> Tensor:
    """Return a copy of a tensor; gradients flow through."""
    return input.clone()


def detach(input: Tensor) -> Tensor:
    """Return a tensor that shares the memory, without history."""
    return input.detach()


def numel(input: Tensor) -> "_int":
    """Return the number of elements of a tensor."""
    return input.numel()


def is_tensor(obj: object) -> "_bool":
    """Return whether an object is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> "_bool":
    """Return whether a tensor's elements are real floating-point numbers."""
    return input.is_floating_point()


def is_complex(input: Tensor) -> "_bool":
    """Return whether a tensor's elements are complex."""
    return input.is_complex()
