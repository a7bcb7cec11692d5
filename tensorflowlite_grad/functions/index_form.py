"""The normal form of an index, from any form that NumPy and PyTorch know."""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import Any

from .. import dtypes
from ..autograd.graph import Variable
from ..backend import registry
from ..dtypes import Kind
from ..ops import conversion
from ..ops.broadcasting import broadcast_shapes
from .creation import tensor as make

__all__ = ["Index", "is_mask", "normalise"]

Index = tuple[Any, ...]


def normalise(tensor: Any, key: Any, join_ints: bool = True) -> tuple[Index, bool]:
    """Return an index with one entry for every axis, and whether it is basic.

    Entries are ints and slices in range, None, and int64 arrays on the tensor's device
    without negative positions; masks become the positions where they hold. Beside arrays,
    ints become arrays too if `join_ints`.

    Raises
    ------
    IndexError
        If it has too many entries, one out of range, or one that cannot index.
    """
    shape = tuple(tensor._array.shape)
    items = list(key) if isinstance(key, tuple) else [key]
    items = [_entry(tensor, item) for item in items]
    used = sum(_width(item) for item in items)
    dots = [k for k, item in enumerate(items) if item is ...]
    if len(dots) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    if used > len(shape):
        if not shape:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` to convert a 0-dim tensor "
                "to a Python number"
            )
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    rest = [slice(None)] * (len(shape) - used)
    at = dots[0] if dots else len(items)
    items[at : at + 1] = rest
    out: list[Any] = []
    basic, axis = not _copies_reversed(tensor, items), 0
    for item in items:
        if item is None:
            out.append(None)
        elif isinstance(item, int):
            out.append(_in_range(item, axis, shape[axis]))
            axis += 1
        elif isinstance(item, slice):
            out.append(slice(*item.indices(shape[axis])) if _simple(item) else item)
            axis += 1
        else:
            basic = False
            found = _positions(tensor, item, axis, shape)
            out += found
            axis += len(found)
    if not basic:
        if join_ints:
            out = [_as_array(tensor, item) if isinstance(item, int) else item for item in out]
        _agree([item for item in out if not isinstance(item, int)])
    return tuple(out), basic


def _copies_reversed(tensor: Any, items: list[Any]) -> bool:
    """Return whether a slice runs backwards that the backend cannot make a view of."""
    if tensor._place.backend.reverse_views:
        return False
    return any(isinstance(item, slice) and not _simple(item) for item in items)


def _simple(item: slice) -> bool:
    # With a negative step, a stop before the first element has no positive form.
    return item.step is None or item.step > 0


def _width(item: Any) -> int:
    """Return how many axes an entry uses up."""
    if item is None or item is ...:
        return 0
    return int(item._array.ndim) if is_mask(item) else 1


def is_mask(item: Any) -> bool:
    """Return whether an entry is a tensor of bools."""
    return isinstance(item, Variable) and item._place.dtype_of(item._array) is dtypes.bool_


def _entry(tensor: Any, item: Any) -> Any:
    """Return one entry as int, slice, None, Ellipsis or a tensor."""
    if item is None or item is ...:
        return item
    if isinstance(item, slice):
        return slice(*(_bound(b) for b in (item.start, item.stop, item.step)))
    if isinstance(item, int):
        return item
    if isinstance(item, (list, tuple, range)):
        return _from_list(tensor, item)
    if not isinstance(item, Variable):
        place = registry.place_of(item)
        if place is not None:
            number = place.backend.as_number(item)
            if isinstance(number, bool):  # PyTorch refuses it as well
                raise _no_index(item)
            item = place.adopt(item)
    if isinstance(item, Variable):
        kind = item._place.dtype_of(item._array).kind
        if kind > Kind.INT:
            raise IndexError(
                "tensors used as indices must be long, int, byte or bool tensors, not "
                f"{item._place.dtype_of(item._array).name}"
            )
        if not item._array.ndim and kind is Kind.INT and not item._place.level:
            return int(item._array)
        if item._place.root is not tensor._place.root:
            if item._place.kind != "cpu":
                raise RuntimeError(
                    f"indices should be either on cpu or on the same device as the indexed tensor "
                    f"({tensor._place.device}, backend {tensor._place.backend.name}), but are on "
                    f"{item._place.device} (backend {item._place.backend.name})"
                )
            item = conversion.move(item, tensor._place)
        return item
    try:
        return as_index(item)
    except TypeError:
        raise _no_index(item) from None


def _no_index(item: Any) -> IndexError:
    return IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or bool tensors are "
        f"valid indices (got {type(item).__name__})"
    )


def _bound(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, Variable):
        return int(value._array)
    try:
        return as_index(value)
    except TypeError:
        raise TypeError(
            "slice indices must be integers or None or have an __index__ method, not "
            f"{type(value).__name__}"
        ) from None


def _from_list(tensor: Any, item: Any) -> Any:
    found = make(list(item), device=tensor._place.device)
    if found.dtype.kind > Kind.INT and found.numel():
        raise IndexError(
            f"tensors used as indices must be long, int, byte or bool tensors, got a list of "
            f"{found.dtype.name}"
        )
    return found.to(dtypes.int64) if not found.numel() else found


def _in_range(item: int, axis: int, size: int) -> int:
    if not -size <= item < size:
        raise IndexError(f"index {item} is out of bounds for dimension {axis} with size {size}")
    return item % size


def _as_array(tensor: Any, value: int) -> Any:
    place = tensor._place
    return place.xp.asarray(value, dtype=place.native(dtypes.int64))


def _positions(tensor: Any, item: Any, axis: int, shape: tuple[int, ...]) -> list[Any]:
    """Return an index tensor as arrays of positions, one for each axis that it uses."""
    place = item._place if item._place.level else tensor._place
    xp = place.xp
    native = place.native(dtypes.int64)
    if place.dtype_of(item._array) is dtypes.bool_:
        for k, n in enumerate(item._array.shape):
            if n != shape[axis + k]:
                raise IndexError(
                    f"The shape of the mask {list(item._array.shape)} at index {k} does not match "
                    f"the shape of the indexed tensor {list(shape)} at index {axis + k}"
                )
        return [xp.astype(p, native) for p in xp.nonzero(item._array)]
    size = shape[axis]
    # A copy: what the caller does to the index later must not change the gradient.
    positions = xp.astype(item._array, native, copy=True)
    if prod(positions.shape):
        low, high = place.bounds(positions)
        if low < -size or high >= size:
            bad = low if low < -size else high
            raise IndexError(f"index {bad} is out of bounds for dimension {axis} with size {size}")
        if low < 0:
            with place.entered():
                positions = xp.where(positions < 0, positions + size, positions)
    return [positions]


def _agree(items: list[Any]) -> None:
    """Raise unless the index arrays broadcast together."""
    shapes = [tuple(i.shape) for i in items if i is not None and not isinstance(i, slice)]
    try:
        broadcast_shapes(*shapes)
    except ValueError:
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            + ", ".join(str(list(s)) for s in shapes)
        ) from None
