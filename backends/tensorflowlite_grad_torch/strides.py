"""Strides, padding and accumulation in PyTorch's own terms: see `backend.strides`."""

from __future__ import annotations

from math import prod
from typing import Any

import torch

from tensorflowlite_grad.backend import segments
from tensorflowlite_grad.backend import strides as generic

__all__ = ["FUNCTIONS", "layout"]

Shape = tuple[int, ...]
Steps = tuple[Shape, ...]


def strided_get(xp: Any, x: Any, start: Shape, shape: Shape, steps: Steps) -> Any:
    """Return a lattice of an array as a view."""
    own = x.stride()
    strides = tuple(generic.dot(step, own) for step in steps)
    first = generic.dot(start, own) if prod(shape) else 0
    return x.as_strided(shape, strides, x.storage_offset() + first)


def strided_embed(
    xp: Any, values: Any, whole: Shape, start: Shape, shape: Shape, steps: Steps
) -> Any:
    """Return zeros with values added on a lattice."""
    out = torch.zeros(whole, dtype=values.dtype, device=values.device)
    unit = generic.row_major(whole)
    strides = tuple(generic.dot(step, unit) for step in steps)
    if not prod(shape):
        return out
    if not generic.overlapping(shape, strides):
        strided_get(xp, out, start, shape, steps).copy_(values)
        return out
    where = generic.positions(xp, shape, strides, generic.dot(start, unit))
    out.view(-1).index_add_(0, where, values.reshape(-1))
    return out


def strided_put(xp: Any, x: Any, values: Any, start: Shape, shape: Shape, steps: Steps) -> Any:
    """Return a copy of an array with values written on a lattice."""
    out = x.clone(memory_format=torch.contiguous_format)
    strided_get(xp, out, start, shape, steps).copy_(values)
    return out


def as_strided(xp: Any, x: Any, size: Shape, stride: Shape, shift: int, strides: Shape) -> Any:
    """Return what memory shows at other strides: a view, where `x` lies at `strides`."""
    first = x.storage_offset() + shift
    last = first + sum(s * (n - 1) for s, n in zip(stride, size, strict=True))
    here = zip(x.stride(), x.shape, strides, strict=True)
    if all(n < 2 or s == t for s, n, t in here) and first >= 0 and last < layout(x)[2]:
        return x.as_strided(size, stride, first)
    return generic.as_strided(xp, x, size, stride, shift, strides)


def layout(x: Any) -> tuple[Shape, int, int]:
    """Return strides and offset in elements, and how many elements the memory holds."""
    return x.stride(), x.storage_offset(), x.untyped_storage().nbytes() // x.itemsize


def constant_pad(xp: Any, x: Any, before: Shape, after: Shape, value: Any) -> Any:
    """Return an array with `value` around it; negative widths cut off."""
    pairs = zip(reversed(before), reversed(after), strict=True)
    out = torch.constant_pad_nd(x, [n for pair in pairs for n in pair], value)
    return out.clone() if out.data_ptr() == x.data_ptr() else out


def index_reduce(xp: Any, x: Any, index: tuple[Any, ...], values: Any, mode: str) -> Any:
    """Return a copy of `x` with values combined into ``x[index]``; repeated places all count."""
    if mode == "sum" or x.dtype.is_complex or x.dtype is torch.bool:
        return segments.index_reduce(xp, x, index, values, mode)
    numbers = torch.arange(x.numel(), device=x.device).view(x.shape)
    places = xp.index_get(numbers, index).reshape(-1)
    out = x.clone(memory_format=torch.contiguous_format).view(-1)
    values = values.expand(xp.index_get(numbers, index).shape).reshape(-1)
    return out.scatter_reduce_(0, places, values, mode).view(x.shape)


#: What goes into the namespace; each takes that first.
FUNCTIONS = {
    "as_strided": as_strided,
    "constant_pad": constant_pad,
    "index_reduce": index_reduce,
    "strided_embed": strided_embed,
    "strided_get": strided_get,
    "strided_put": strided_put,
}
