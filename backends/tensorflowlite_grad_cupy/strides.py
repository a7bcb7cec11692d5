"""Strides and extremes at positions in CuPy's own terms: see `backend.strides`."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import cupy
import cupyx

from tensorflowlite_grad.backend import segments
from tensorflowlite_grad.backend import strides as generic

__all__ = ["FUNCTIONS"]

Shape = tuple[int, ...]
Steps = tuple[Shape, ...]
#: What CUDA compares and swaps atomically.
_ORDERED = ("float32", "float64", "int32", "int64", "uint32", "uint64")


def _view(x: Any, shift: int, shape: Shape, strides: Shape) -> Any:
    """Return what lies `shift` bytes behind the first element of `x`, at strides in bytes."""
    out = cupy.ndarray(shape, x.dtype, memptr=x.data + shift, strides=strides)
    return out[...]  # which has a base, so that nobody takes the memory for its own


def strided_get(xp: Any, x: Any, start: Shape, shape: Shape, steps: Steps) -> Any:
    """Return a lattice of an array as a view."""
    if not prod(shape):
        return x.reshape(-1)[:0].reshape(shape)
    strides = tuple(generic.dot(step, x.strides) for step in steps)
    return _view(x, generic.dot(start, x.strides), shape, strides)


def strided_embed(
    xp: Any, values: Any, whole: Shape, start: Shape, shape: Shape, steps: Steps
) -> Any:
    """Return zeros with values added on a lattice."""
    unit = generic.row_major(whole)
    strides = tuple(generic.dot(step, unit) for step in steps)
    if generic.overlapping(shape, strides):
        return generic.strided_embed(xp, values, whole, start, shape, steps)
    out = cupy.zeros(whole, values.dtype)
    if prod(shape):
        strided_get(xp, out, start, shape, steps)[...] = values
    return out


def strided_put(xp: Any, x: Any, values: Any, start: Shape, shape: Shape, steps: Steps) -> Any:
    """Return a copy of an array with values written on a lattice."""
    out = x.copy(order="C")
    if prod(shape):
        strided_get(xp, out, start, shape, steps)[...] = values
    return out


def as_strided(xp: Any, x: Any, size: Shape, stride: Shape, shift: int, strides: Shape) -> Any:
    """Return what memory shows at other strides: a view, where `x` lies at `strides`."""
    if not prod(size):
        return x.reshape(-1)[:0].reshape(size)
    step, memory = x.itemsize, x.data.mem
    first = x.data.ptr - memory.ptr + shift * step
    last = first + step * sum(s * (n - 1) for s, n in zip(stride, size, strict=True))
    here = zip(x.strides, x.shape, strides, strict=True)
    if first < 0 or last >= memory.size or any(n > 1 and s != t * step for s, n, t in here):
        return generic.as_strided(xp, x, size, stride, shift, strides)
    return _view(x, shift * step, size, tuple(s * step for s in stride))


def index_reduce(xp: Any, x: Any, index: tuple[Any, ...], values: Any, mode: str) -> Any:
    """Return a copy of `x` with values combined into ``x[index]``; repeated places all count."""
    if mode not in ("amax", "amin") or x.dtype.name not in _ORDERED or x.dtype.kind == "f":
        # Atomic extremes of floating-point numbers lose NaN.
        return segments.index_reduce(xp, x, index, values, mode)
    out = x.copy(order="C")
    (cupyx.scatter_max if mode == "amax" else cupyx.scatter_min)(out, index, values)
    return out


#: What goes into the namespace; each takes that first.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "as_strided": as_strided,
    "index_reduce": index_reduce,
    "strided_embed": strided_embed,
    "strided_get": strided_get,
    "strided_put": strided_put,
}
