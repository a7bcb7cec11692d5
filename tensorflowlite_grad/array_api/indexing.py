"""Elements at positions."""

from __future__ import annotations

from typing import Any

from ..dtypes import int64
from ..functions import gathering
from ..functions import indexing as f
from ..functions.arguments import axis as axis_of
from ..ops import conversion

__all__ = ["take", "take_along_axis"]


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """Return the parts of `x` at positions along an axis."""
    ndim = x._array.ndim
    if axis is None:
        if ndim != 1:
            raise ValueError(f"take(): of {ndim} dimensions 'axis' has to choose one")
        axis = 0
    before = (slice(None),) * axis_of("take", axis, ndim)
    return f.getitem(x, (*before, indices))


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """Return elements of `x` at positions along an axis, others for every place beside it."""
    return gathering.take_along_dim(x, conversion.cast(indices, int64), axis)
