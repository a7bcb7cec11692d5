"""Where elements are."""

from __future__ import annotations

from typing import Any

from ..autograd.graph import Variable
from ..dtypes import bool_, int64
from ..functions import elementwise, extremes, positions
from ..ops import comparison, conversion
from ..ops.twins import promoted
from . import statistical

__all__ = ["argmax", "argmin", "count_nonzero", "nonzero", "searchsorted", "where"]

_where = elementwise.where


def argmax(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the first position of the greatest element."""
    return extremes.argmax(x, axis, keepdims)


def argmin(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the first position of the least element."""
    return extremes.argmin(x, axis, keepdims)


def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return how many elements are not zero."""
    true = x if x.dtype is bool_ else comparison.ne.call(x, 0)
    return statistical.sum(true, axis=axis, dtype=int64, keepdims=keepdims)


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """Return the positions of elements that are not zero, an array for each axis."""
    if not x._array.ndim:
        raise ValueError("nonzero(): a 0-d array has no axis to give positions along")
    found: tuple[Any, ...] = positions.nonzero(x, as_tuple=True)
    return found


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """Return where elements of `x2` would go into the sorted vector `x1`."""
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted(): side must be 'left' or 'right', not {side!r}")
    x1, x2 = promoted((x1, x2))
    place = x1._place
    order = None if sorter is None else conversion.cast(sorter, int64)._array
    with place.entered():
        found = place.xp.searchsorted(x1._array, x2._array, side=side, sorter=order)
        return place.wrap(place.xp.astype(found, place.native(int64)), place)


def where(condition: Any, x1: Any, x2: Any, /) -> Any:
    """Return elements of `x1` where the condition holds, else of `x2`."""
    if isinstance(x1, Variable):
        place = x1._place
        if isinstance(x2, Variable) and x1._array.dtype is not x2._array.dtype:
            x1, x2 = promoted((x1, x2))
    else:
        place = (x2 if isinstance(x2, Variable) else condition)._place
    if not isinstance(condition, Variable):
        condition = place.wrap(condition, place)
    return _where(condition, x1, x2)
