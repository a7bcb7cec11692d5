"""Indexing of PyTorch's tensors by NumPy's rules.

PyTorch has no negative steps, takes 0-d index arrays for ints, which changes where the
axes of the others go, and adds repeated places up only in `index_put_`, which knows no
slices. So the basic part of an index is taken first, as a view; what is left are index
arrays of one shape, whose axes are brought to the front.
"""

from __future__ import annotations

from typing import Any

import torch

Index = tuple[Any, ...]

_SIGNED = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}


def index_get(x: Any, index: Index) -> Any:
    """Return ``x[index]`` for a normalised index."""
    view, backward, arrays = _basic_part(x, index)
    if backward:
        view = view.flip(backward)
    if not arrays:
        return view
    front, axes = _arrays_first(view, arrays)
    positions = _joint(arrays)
    return _put_back(front[tuple(positions)], positions[0].ndim, axes)


def index_put(x: Any, index: Index, values: Any) -> Any:
    """Return a copy of `x` with ``x[index] = values``."""
    out = x.clone(memory_format=torch.contiguous_format)
    _write(out, index, values, accumulate=False)
    return out


def index_embed(values: Any, shape: tuple[int, ...], index: Index) -> Any:
    """Return zeros of `shape` with `values` added at `index`; repeated places add up."""
    out = torch.zeros(shape, dtype=values.dtype, device=values.device)
    _write(out, index, values, accumulate=True)
    return out


def _write(out: Any, index: Index, values: Any, accumulate: bool) -> None:
    signed = _SIGNED.get(out.dtype)
    if signed is not None:  # PyTorch writes no unsigned integers at positions; bits are bits
        out, values = out.view(signed), values.view(signed)
    view, backward, arrays = _basic_part(out, index)
    target = view.flip(backward) if backward else view  # a copy, written back below
    if arrays:
        front, axes = _arrays_first(target, arrays)
        positions = _joint(arrays)
        width = positions[0].ndim
        shape = (*positions[0].shape, *front.shape[len(arrays) :])
        lead = _lead(axes)
        wanted = (*shape[width : width + lead], *shape[:width], *shape[width + lead :])
        values = torch.broadcast_to(values, wanted)
        values = values.movedim(tuple(range(lead, lead + width)), tuple(range(width)))
        front.index_put_(tuple(positions), values, accumulate=accumulate)
    else:
        target.copy_(values)
    if backward:
        view.copy_(target.flip(backward))


def _basic_part(x: Any, index: Index) -> tuple[Any, list[int], dict[int, Any]]:
    """Return the view by all but index arrays, what axes of it to flip, and the arrays by axis.

    Index arrays without axes are ints here, if there are no others.
    """
    arrays = [item for item in index if isinstance(item, torch.Tensor)]
    if arrays and not any(item.ndim for item in arrays):
        index = tuple(int(item) if isinstance(item, torch.Tensor) else item for item in index)
    basic: list[Any] = []
    backward: list[int] = []
    by_axis: dict[int, Any] = {}
    axis = width = 0  # of `x` and of the view
    for item in index:
        if isinstance(item, torch.Tensor):
            by_axis[width] = item
            basic.append(slice(None))
        elif isinstance(item, slice):
            found = range(x.shape[axis])[item]
            if found.step < 0:
                backward.append(width)
                found = found[::-1]
            basic.append(slice(found.start, max(found.stop, found.start), found.step))
        else:
            basic.append(item)
        axis += item is not None
        width += not isinstance(item, int)
    return x[(*basic, ...)], backward, by_axis


def _joint(arrays: dict[int, Any]) -> list[Any]:
    return list(torch.broadcast_tensors(*arrays.values()))


def _arrays_first(x: Any, arrays: dict[int, Any]) -> tuple[Any, list[int]]:
    axes = list(arrays)
    return x.permute((*axes, *(k for k in range(x.ndim) if k not in arrays))), axes


def _lead(axes: list[int]) -> int:
    """Return how many other axes stand before those of the index arrays: NumPy's rule."""
    adjacent = axes == list(range(axes[0], axes[0] + len(axes)))
    return axes[0] if adjacent else 0


def _put_back(x: Any, width: int, axes: list[int]) -> Any:
    lead = _lead(axes)
    return x.movedim(tuple(range(width)), tuple(range(lead, lead + width)))
