"""Truth over axes, and differences."""

from __future__ import annotations

from typing import Any

from ..dtypes import bool_
from ..functions import indexing, reductions
from ..functions.arguments import axis as axis_of
from ..ops import arithmetic, comparison, conversion
from . import manipulation
from .data_types import astype

__all__ = ["all", "any", "diff"]


def all(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return whether all elements are true, over axes."""
    x = astype(x, bool_, copy=axis == ())
    return x if axis == () else reductions.all(x, axis, keepdims)


def any(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return whether some element is true, over axes."""
    x = astype(x, bool_, copy=axis == ())
    return x if axis == () else reductions.any(x, axis, keepdims)


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """Return differences of neighbours along an axis, `n` times over."""
    if n < 0:
        raise ValueError(f"diff(): n must not be negative, got {n}")
    k = axis_of("diff", axis, x._array.ndim)
    if n == 0:
        return conversion.clone(x)
    parts = [part for part in (prepend, x, append) if part is not None]
    if len(parts) > 1:
        x = manipulation.concat(parts, axis=k)
    before = (slice(None),) * k
    less = comparison.ne.call if x.dtype is bool_ else arithmetic.sub.call
    for _ in range(n):
        x = less(
            indexing.getitem(x, (*before, slice(1, None))),
            indexing.getitem(x, (*before, slice(None, -1))),
        )
    return x
