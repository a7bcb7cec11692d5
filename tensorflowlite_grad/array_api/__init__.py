"""The Array API standard's functions over tensors.

The vocabulary of the derivative rules: with this namespace as their `xp`, they run on
tensors, and what they compute can be differentiated again.
"""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.graph import Variable
from ..functions import (
    comparison,
    creation,
    elementwise,
    extremes,
    joining,
    products,
    reductions,
    shape,
)
from ..ops import arithmetic, conversion
from .extras import *  # noqa: F403
from .extras import __all__ as _extras

__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "all",
    "any",
    "asarray",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "broadcast_to",
    "ceil",
    "concat",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "cumulative_prod",
    "cumulative_sum",
    "divide",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "flip",
    "floor",
    "full_like",
    "hypot",
    "imag",
    "isfinite",
    "isinf",
    "isnan",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "multiply",
    "negative",
    "ones_like",
    "permute_dims",
    "positive",
    "pow",
    "prod",
    "real",
    "reciprocal",
    "reshape",
    "roll",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "tan",
    "tanh",
    "tile",
    "tril",
    "triu",
    "trunc",
    "where",
    "zeros_like",
]
__all__ += _extras

abs = elementwise.abs
acos = elementwise.acos
acosh = elementwise.acosh
add = arithmetic.add.call
asin = elementwise.asin
asinh = elementwise.asinh
atan = elementwise.atan
atan2 = elementwise.atan2
atanh = elementwise.atanh
ceil = elementwise.ceil
conj = elementwise.conj
copysign = elementwise.copysign
cos = elementwise.cos
cosh = elementwise.cosh
divide = arithmetic.div.call
equal = comparison.eq
exp = elementwise.exp
expm1 = elementwise.expm1
floor = elementwise.floor
hypot = elementwise.hypot
imag = elementwise.imag
isfinite = comparison.isfinite
isinf = comparison.isinf
isnan = comparison.isnan
log = elementwise.log
log10 = elementwise.log10
log1p = elementwise.log1p
log2 = elementwise.log2
logaddexp = elementwise.logaddexp
matmul = products.matmul
matrix_transpose = shape.matrix_transpose
maximum = elementwise.maximum
minimum = elementwise.minimum
multiply = elementwise.mul
negative = elementwise.neg
ones_like = creation.ones_like
full_like = creation.full_like
positive = elementwise.positive
pow = elementwise.pow
real = elementwise.real
reciprocal = elementwise.reciprocal
reshape = shape.reshape
sin = elementwise.sin
sinh = elementwise.sinh
sqrt = elementwise.sqrt
square = elementwise.square
subtract = arithmetic.sub.call
tan = elementwise.tan
tanh = elementwise.tanh
trunc = elementwise.trunc
zeros_like = creation.zeros_like


def sign(x: Any) -> Any:
    """Return the signs of real numbers, z / |z| of complex ones."""
    return elementwise.sgn(x) if x.dtype.is_complex else elementwise.sign(x)


def asarray(x: Any, *, dtype: Any = None, copy: bool | None = None) -> Any:
    """Return `x` as a tensor, a copy if asked for."""
    out = creation.as_tensor(x, dtype)
    return conversion.clone(out) if copy and out is x else out


def astype(x: Any, dtype: Any, *, copy: bool = True) -> Any:
    """Return `x` converted to one of our dtypes, or one of the backend's."""
    if not isinstance(dtype, dtypes.dtype):
        dtype = x._place.dtype_from(dtype)
    out = conversion.cast(x, dtype)
    return conversion.clone(out) if copy and out is x else out


def where(condition: Any, x1: Any, x2: Any) -> Any:
    """Return elements of `x1` where the condition holds, else of `x2`."""
    place = x1._place if isinstance(x1, Variable) else x2._place
    if not isinstance(condition, Variable):
        condition = place.wrap(condition, place)
    return elementwise.where(condition, x1, x2)


def sum(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Return sums over axes."""
    return reductions.sum(x, axis, keepdims, dtype=dtype)


def mean(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return means over axes."""
    return reductions.mean(x, axis, keepdims)


def prod(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Return products over axes."""
    return reductions.prod(x, axis, keepdims, dtype=dtype)


def max(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the greatest elements over axes."""
    return extremes.amax(x, axis, keepdims)


def min(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the least elements over axes."""
    return extremes.amin(x, axis, keepdims)


def all(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return whether all elements are true, over axes."""
    return reductions.all(x, axis, keepdims)


def any(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return whether some element is true, over axes."""
    return reductions.any(x, axis, keepdims)


def cumulative_sum(x: Any, *, axis: int | None = None) -> Any:
    """Return running sums along an axis."""
    return reductions.cumsum(x, 0 if axis is None else axis)


def cumulative_prod(x: Any, *, axis: int | None = None) -> Any:
    """Return running products along an axis."""
    return reductions.cumprod(x, 0 if axis is None else axis)


def broadcast_to(x: Any, shape_: Any) -> Any:
    """Return `x` repeated to a shape."""
    return shape.expand(x, shape_)


def permute_dims(x: Any, axes: Any) -> Any:
    """Return `x` with its axes in another order."""
    return shape.permute(x, axes)


def expand_dims(x: Any, *, axis: int = 0) -> Any:
    """Return `x` with a new axis of size one."""
    return shape.unsqueeze(x, axis)


def squeeze(x: Any, axis: Any) -> Any:
    """Return `x` without axes of size one."""
    return shape.squeeze(x, axis)


def flip(x: Any, *, axis: Any = None) -> Any:
    """Return `x` with the order along axes reversed."""
    return shape.flip(x, tuple(range(x.ndim)) if axis is None else axis)


def roll(x: Any, shift: Any, *, axis: Any = None) -> Any:
    """Return `x` with its elements moved along axes, round the end."""
    return shape.roll(x, shift, axis)


def tile(x: Any, repetitions: Any) -> Any:
    """Return copies of `x` side by side."""
    return shape.tile(x, repetitions)


def concat(arrays: Any, *, axis: int = 0) -> Any:
    """Return arrays joined along an axis."""
    return joining.cat(arrays, axis)


def stack(arrays: Any, *, axis: int = 0) -> Any:
    """Return arrays joined along a new axis."""
    return joining.stack(arrays, axis)


def tril(x: Any, *, k: int = 0) -> Any:
    """Return lower triangles."""
    return shape.tril(x, k)


def triu(x: Any, *, k: int = 0) -> Any:
    """Return upper triangles."""
    return shape.triu(x, k)
