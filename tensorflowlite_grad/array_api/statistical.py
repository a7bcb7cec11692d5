"""Sums, means, extremes and running sums."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..dtypes import Kind
from ..functions import extremes, reductions
from ..functions.arguments import axis as axis_of
from ..ops import conversion, variadic
from ..ops import reductions as ops

__all__ = [
    "cumulative_prod",
    "cumulative_sum",
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]


def accumulated(x: Any, dtype: Any) -> Any:
    """Return the operand of a sum in the dtype that it is added in.

    Without `dtype`, integers and bools are added as the widest of their signedness.
    """
    if dtype is not None:
        return conversion.cast(x, dtype)
    found = x._place.dtype_of(x._array)
    if found.kind is Kind.INT:
        return conversion.cast(x, dtypes.int64 if found.is_signed else dtypes.uint64)
    return conversion.cast(x, dtypes.int64) if found.kind is Kind.BOOL else x


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Return sums over axes."""
    native = x._array.dtype
    place = x._place
    if dtype is not None or (native is not place.float32 and native is not place.float64):
        return _total(reductions.sum, x, axis, dtype, keepdims)
    if axis is None and not keepdims:
        return ops.sum_all.record(x)
    return conversion.clone(x) if axis == () else reductions.sum(x, axis, keepdims)


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Return products over axes."""
    return _total(reductions.prod, x, axis, dtype, keepdims)


def _total(function: Any, x: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
    x = accumulated(x, dtype)
    wanted = x._place.dtype_of(x._array)
    out = conversion.clone(x) if axis == () else function(x, axis, keepdims)
    return conversion.cast(out, wanted)  # libraries add narrow integers as wide ones


def mean(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return means over axes."""
    return conversion.clone(x) if axis == () else reductions.mean(x, axis, keepdims)


def max(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the greatest elements over axes."""
    return conversion.clone(x) if axis == () else extremes.amax(x, axis, keepdims)


def min(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the least elements over axes."""
    return conversion.clone(x) if axis == () else extremes.amin(x, axis, keepdims)


def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Return standard deviations over axes."""
    x, axis, keepdims = each_alone(x, axis, keepdims)
    return reductions.std(x, axis, correction=correction, keepdim=keepdims)


def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Return variances over axes."""
    x, axis, keepdims = each_alone(x, axis, keepdims)
    return reductions.var(x, axis, correction=correction, keepdim=keepdims)


def each_alone(x: Any, axis: Any, keepdims: bool) -> tuple[Any, Any, bool]:
    """Return an array, axes to reduce and whether they stay.

    Over no axes each element is reduced by itself, which PyTorch's functions do not know.
    """
    if axis == ():
        return x[..., None], -1, False
    return x, axis, keepdims


def cumulative_sum(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    include_initial: bool = False,
) -> Any:
    """Return running sums along an axis, with a zero in front if asked for."""
    from ..functions import cumulative

    return _running(cumulative.cumsum, "cumulative_sum", 0, x, axis, dtype, include_initial)


def cumulative_prod(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    include_initial: bool = False,
) -> Any:
    """Return running products along an axis, with a one in front if asked for."""
    from ..functions import cumulative

    return _running(cumulative.cumprod, "cumulative_prod", 1, x, axis, dtype, include_initial)


def _running(
    function: Any, name: str, initial: int, x: Any, axis: Any, dtype: Any, include_initial: bool
) -> Any:
    ndim = x._array.ndim
    if axis is None:
        if ndim != 1:
            raise ValueError(f"{name}(): of {ndim} dimensions 'axis' has to choose one")
        axis = 0
    x = accumulated(x, dtype)
    wanted = x._place.dtype_of(x._array)
    out = conversion.cast(function(x, axis, dtype=wanted), wanted)
    if not include_initial:
        return out
    k = axis_of(name, axis, ndim)
    place = out._place
    shape = tuple(1 if a == k else n for a, n in enumerate(out._array.shape))
    first = place.wrap(place.xp.full(shape, initial, dtype=out._array.dtype), place)
    return variadic.concatenate([first, out], k)
