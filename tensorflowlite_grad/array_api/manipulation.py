"""Shapes and joining."""

from __future__ import annotations

from typing import Any

from ..autograd.graph import Variable
from ..dtypes import int64
from ..functions import indexing, joining, rearranging, splitting
from ..functions import shape as f
from ..functions.arguments import axis as axis_of
from ..ops import conversion
from ..ops.twins import promoted

__all__ = [
    "concat",
    "expand_dims",
    "flip",
    "moveaxis",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "squeeze",
    "stack",
    "tile",
    "unstack",
]

_reshape = f.reshape


def reshape(x: Any, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Any:
    """Return the elements in another shape."""
    if copy is None:
        return _reshape(x, shape)
    if copy:
        return conversion.clone(_reshape(x, shape))
    try:
        return f.view(x, shape)
    except RuntimeError as error:
        raise ValueError(f"reshape(): not possible without a copy: {error}") from None


def concat(arrays: Any, /, *, axis: int | None = 0) -> Any:
    """Return arrays joined along an axis, or flattened and joined."""
    arrays = promoted(tuple(arrays))
    if axis is None:
        return joining.cat([_reshape(x, (-1,)) for x in arrays], 0)
    return joining.cat(arrays, axis)


def stack(arrays: Any, /, *, axis: int = 0) -> Any:
    """Return arrays joined along a new axis."""
    return joining.stack(promoted(tuple(arrays)), axis)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """Return the parts of an array along an axis, without the axis."""
    return splitting.unbind(x, axis)


def expand_dims(x: Any, /, *, axis: int = 0) -> Any:
    """Return `x` with a new axis of size one."""
    return f.unsqueeze(x, axis)


def squeeze(x: Any, /, axis: int | tuple[int, ...]) -> Any:
    """Return `x` without axes, which must be of size one."""
    size = x._array.shape
    given = axis if isinstance(axis, tuple) else (axis,)
    for a in given:
        k = axis_of("squeeze", a, len(size))
        if not size or size[k] != 1:
            raise ValueError(f"squeeze(): axis {a} of shape {list(size)} is not of size one")
    return f.squeeze(x, axis)


def flip(x: Any, /, *, axis: int | tuple[int, ...] | None = None) -> Any:
    """Return `x` with the order along axes reversed."""
    return rearranging.flip(x, tuple(range(x._array.ndim)) if axis is None else axis)


def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """Return `x` with its elements moved along axes, round the end."""
    if isinstance(axis, tuple) and isinstance(shift, int):
        shift = (shift,) * len(axis)
    return rearranging.roll(x, shift, axis)


def permute_dims(x: Any, /, axes: tuple[int, ...]) -> Any:
    """Return `x` with its axes in another order."""
    return f.permute(x, axes)


def moveaxis(x: Any, source: Any, destination: Any, /) -> Any:
    """Return `x` with axes moved to other positions."""
    return f.movedim(x, source, destination)


def tile(x: Any, repetitions: tuple[int, ...], /) -> Any:
    """Return copies of `x` side by side."""
    return f.tile(x, repetitions)


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """Return each element along an axis repeated, as often as `repeats` says."""
    if axis is None:
        x, axis = _reshape(x, (-1,)), 0
    k = axis_of("repeat", axis, x._array.ndim)
    place = x._place
    native = place.native(int64)
    counts = repeats
    if isinstance(repeats, Variable):
        counts = conversion.move(conversion.cast(repeats, int64), place)._array
    with place.entered():
        positions = place.xp.arange(x._array.shape[k], dtype=native)
        chosen = place.wrap(place.xp.repeat(positions, counts), place)
    return indexing.getitem(x, (*(slice(None),) * k, chosen))
