"""Shapes, reductions, joining and indexing of batched arrays."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from ...backend import fallbacks
from .array import BatchedArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from .array import Space

__all__ = ["FUNCTIONS", "reducing", "scanning", "shifted"]


def shifted(x: BatchedArray, axes: Any) -> Any:
    """Return axes of an example as axes of what `x` holds."""
    if not x.batched:
        return axes
    if isinstance(axes, (tuple, list)):
        return tuple(shifted(x, a) for a in axes)
    return axes + 1 if axes >= 0 else axes


def reducing(name: str) -> Callable[..., Any]:
    """Return a reduction of that name."""

    def reduce(space: Space, x: Any, axis: Any = None, keepdims: bool = False, **more: Any) -> Any:
        function = getattr(space.held, name)
        if not x.batched:
            return BatchedArray(
                function(x.value, axis=axis, keepdims=keepdims, **more), False, space
            )
        value, rank = x.value, x.ndim
        if axis is None and (rank == 0 or name.startswith("arg")):
            value = space.held.reshape(value, (space.size, x.size))
            out = function(value, axis=1, **more)
            if keepdims:
                out = space.held.reshape(out, (space.size, *(1,) * rank))
            return BatchedArray(out, True, space)
        axis = tuple(range(1, rank + 1)) if axis is None else shifted(x, axis)
        return BatchedArray(function(value, axis=axis, keepdims=keepdims, **more), True, space)

    return reduce


def scanning(name: str) -> Callable[..., Any]:
    """Return a function along one axis that keeps the shape."""

    def scan(space: Space, x: Any, axis: Any = -1, **more: Any) -> Any:
        function = getattr(space.held, name)
        axis = shifted(x, axis)
        if name.startswith("cumulative_") and name[11:] in ("max", "logsumexp"):
            return BatchedArray(function(x.value, axis, **more), x.batched, space)
        return BatchedArray(function(x.value, axis=axis, **more), x.batched, space)

    return scan


def like(name: str, shape_of: bool = True) -> Callable[..., Any]:
    """Return a function that makes an array of another's shape and dtype, shared by all."""

    def make(space: Space, x: Any, *args: Any, dtype: Any = None, device: Any = None) -> Any:
        base = space.base.xp
        if args and isinstance(args[0], BatchedArray):
            value = args[0]
            target = astype(space, value, x.dtype if dtype is None else dtype)
            return broadcast_to(space, target, x.shape)
        function = getattr(base, name)
        return space.constant(function(x.shape, *args, dtype=x.dtype if dtype is None else dtype))

    return make


def asarray(
    space: Space, x: Any, *, dtype: Any = None, copy: Any = None, device: Any = None
) -> Any:
    if isinstance(x, BatchedArray):
        return x if dtype is None else astype(space, x, dtype)
    return space.constant(space.base.xp.asarray(x, dtype=dtype))


def astype(space: Space, x: Any, dtype: Any, *, copy: bool = True, device: Any = None) -> Any:
    return BatchedArray(space.held.astype(x.value, dtype, copy=copy), x.batched, space)


def reshape(space: Space, x: Any, shape: Any, *, copy: Any = None) -> Any:
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if not x.batched:
        return BatchedArray(space.held.reshape(x.value, shape), False, space)
    if -1 in shape:
        rest = prod(n for n in shape if n != -1)
        shape = tuple(x.size // rest if n == -1 else n for n in shape)
    return BatchedArray(space.held.reshape(x.value, (space.size, *shape)), True, space)


def broadcast_to(space: Space, x: Any, shape: Any) -> Any:
    shape = tuple(shape)
    if not x.batched:
        return BatchedArray(space.held.broadcast_to(x.value, shape), False, space)
    missing = (1,) * (len(shape) - x.ndim)
    value = space.held.reshape(x.value, (space.size, *missing, *x.shape)) if missing else x.value
    return BatchedArray(space.held.broadcast_to(value, (space.size, *shape)), True, space)


def broadcast_arrays(space: Space, *arrays: Any) -> Any:
    from ...ops.broadcasting import broadcast_shapes

    shape = broadcast_shapes(*(a.shape for a in arrays))
    return [broadcast_to(space, a, shape) for a in arrays]


def permute_dims(space: Space, x: Any, axes: Any) -> Any:
    if not x.batched:
        return BatchedArray(space.held.permute_dims(x.value, tuple(axes)), False, space)
    order = (0, *(a % x.ndim + 1 for a in axes))
    return BatchedArray(space.held.permute_dims(x.value, order), True, space)


def expand_dims(space: Space, x: Any, *, axis: Any = 0) -> Any:
    return BatchedArray(space.held.expand_dims(x.value, axis=shifted(x, axis)), x.batched, space)


def squeeze(space: Space, x: Any, axis: Any) -> Any:
    return BatchedArray(space.held.squeeze(x.value, shifted(x, axis)), x.batched, space)


def matrix_transpose(space: Space, x: Any) -> Any:
    return BatchedArray(space.held.matrix_transpose(x.value), x.batched, space)


def moveaxis(space: Space, x: Any, source: Any, destination: Any) -> Any:
    return BatchedArray(
        space.held.moveaxis(x.value, shifted(x, source), shifted(x, destination)), x.batched, space
    )


def flip(space: Space, x: Any, *, axis: Any = None) -> Any:
    axis = tuple(range(x.ndim)) if axis is None else axis
    return BatchedArray(space.held.flip(x.value, axis=shifted(x, axis)), x.batched, space)


def roll(space: Space, x: Any, shift: Any, *, axis: Any = None) -> Any:
    if axis is None:
        flat = roll(space, reshape(space, x, (-1,)), shift, axis=0)
        return reshape(space, flat, x.shape)
    return BatchedArray(space.held.roll(x.value, shift, axis=shifted(x, axis)), x.batched, space)


def tile(space: Space, x: Any, repetitions: Any) -> Any:
    if not x.batched:
        return BatchedArray(space.held.tile(x.value, tuple(repetitions)), False, space)
    missing = (1,) * (len(repetitions) - x.ndim)
    value = space.held.reshape(x.value, (space.size, *missing, *x.shape))
    counts = (1,) * (x.ndim - len(repetitions)) + tuple(repetitions)
    return BatchedArray(space.held.tile(value, (1, *counts)), True, space)


def _alike(space: Space, arrays: Any) -> tuple[list[Any], bool]:
    """Return what arrays hold, all batched if one is."""
    if any(a.batched for a in arrays):
        return [space.whole(a) for a in arrays], True
    return [a.value for a in arrays], False


def concat(space: Space, arrays: Any, *, axis: Any = 0) -> Any:
    if axis is None:
        arrays, axis = [reshape(space, a, (-1,)) for a in arrays], 0
    values, batched = _alike(space, arrays)
    axis = axis + 1 if batched and axis >= 0 else axis
    return BatchedArray(space.held.concat(values, axis=axis), batched, space)


def stack(space: Space, arrays: Any, *, axis: int = 0) -> Any:
    values, batched = _alike(space, arrays)
    axis = axis + 1 if batched and axis >= 0 else axis
    return BatchedArray(space.held.stack(values, axis=axis), batched, space)


def unstack(space: Space, x: Any, *, axis: int = 0) -> Any:
    axis = axis % x.ndim
    before = (slice(None),) * axis
    return tuple(x[(*before, k, ...)] for k in range(x.shape[axis]))


def take_along_axis(space: Space, x: Any, indices: Any, *, axis: int = -1) -> Any:
    values, batched = _alike(space, [x, indices])
    axis = axis + 1 if batched and axis >= 0 else axis
    return BatchedArray(space.held.take_along_axis(*values, axis=axis), batched, space)


def take(space: Space, x: Any, indices: Any, *, axis: Any = None) -> Any:
    axis = 0 if axis is None else axis % x.ndim
    if isinstance(indices, BatchedArray) and indices.batched:
        places = [1] * x.ndim
        places[axis] = indices.shape[0]
        shape = (*x.shape[:axis], indices.shape[0], *x.shape[axis + 1 :])
        where = broadcast_to(space, reshape(space, indices, tuple(places)), shape)
        return take_along_axis(space, x, where, axis=axis)
    index = indices.value if isinstance(indices, BatchedArray) else indices
    return BatchedArray(space.held.take(x.value, index, axis=shifted(x, axis)), x.batched, space)


def _plain(index: tuple[Any, ...]) -> bool:
    """Return whether no index array differs between examples, and their axes stay in place."""
    if any(isinstance(item, BatchedArray) and item.batched for item in index):
        return False
    is_array = [isinstance(item, BatchedArray) for item in index]
    if not any(is_array):
        return True
    first = is_array.index(True)
    count = sum(is_array)
    # Apart from each other, index arrays' axes go in front of the batch's.
    return all(is_array[first : first + count])


def _within(space: Space, index: Any) -> tuple[Any, ...]:
    """Return an index with its arrays in the batch: a rule's may come from outside of it."""
    return tuple(space.place.lift_array(item) for item in index)


def _bare(index: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        (item.value._array if hasattr(item.value, "_array") else item.value)
        if isinstance(item, BatchedArray)
        else item
        for item in index
    )


def index_get(space: Space, x: Any, index: Any) -> Any:
    index = _within(space, index)
    if _plain(index):
        head = (slice(None),) if x.batched else ()
        return BatchedArray(space.held.index_get(x.value, (*head, *_bare(index))), x.batched, space)
    return fallbacks.index_get(space.xp, x, index)


def _places(space: Space, shape: tuple[int, ...], index: Any) -> tuple[Any, Any]:
    """Return the selected shape, and positions in the flattened batch for every example."""
    selected, flat = fallbacks._flat_positions(space.xp, shape, index)
    count = prod(selected)
    base = space.base.xp
    offsets = base.reshape(base.arange(space.size, dtype=base.int64) * prod(shape), (-1, 1))
    flat = space.whole(flat)
    flat = flat._array if hasattr(flat, "_array") else flat
    return selected, base.reshape(base.broadcast_to(flat, (space.size, count)) + offsets, (-1,))


def index_embed(space: Space, values: Any, shape: Any, index: Any) -> Any:
    index = _within(space, index)
    if _plain(index):
        if not values.batched:
            out = space.held.index_embed(values.value, tuple(shape), _bare(index))
            return BatchedArray(out, False, space)
        where = (slice(None), *_bare(index))
        out = space.held.index_embed(values.value, (space.size, *shape), where)
        return BatchedArray(out, True, space)
    _, places = _places(space, tuple(shape), index)
    flat = space.held.reshape(space.whole(values), (-1,))
    out = space.held.index_embed(flat, (space.size * prod(shape),), (places,))
    return BatchedArray(space.held.reshape(out, (space.size, *shape)), True, space)


def index_put(space: Space, x: Any, index: Any, values: Any) -> Any:
    if not isinstance(values, BatchedArray):
        values = asarray(space, values, dtype=x.dtype)
    index = _within(space, index)
    if _plain(index):
        if not x.batched and not values.batched:
            out = space.held.index_put(x.value, _bare(index), values.value)
            return BatchedArray(out, False, space)
        where = (slice(None), *_bare(index))
        selected = index_get(space, x, index).shape
        whole = space.whole(broadcast_to(space, values, selected))
        return BatchedArray(space.held.index_put(space.whole(x), where, whole), True, space)
    selected, places = _places(space, x.shape, index)
    flat = space.held.reshape(space.whole(x), (-1,))
    new = space.held.reshape(space.whole(broadcast_to(space, values, selected)), (-1,))
    out = space.held.index_put(flat, (places,), new)
    return BatchedArray(space.held.reshape(out, (space.size, *x.shape)), True, space)


def fourier(name: str) -> Callable[..., Any]:
    """Return a transform along given axes."""

    def transform(space: Space, x: Any, axes: Any, *more: Any) -> Any:
        function = getattr(space.held, name)
        return BatchedArray(function(x.value, shifted(x, axes), *more), x.batched, space)

    return transform


def constant_pad(space: Space, x: Any, before: Any, after: Any, value: Any) -> Any:
    if x.batched:
        before, after = (0, *before), (0, *after)
    return BatchedArray(space.held.constant_pad(x.value, before, after, value), x.batched, space)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "asarray": asarray,
    "astype": astype,
    "broadcast_arrays": broadcast_arrays,
    "broadcast_to": broadcast_to,
    "concat": concat,
    "constant_pad": constant_pad,
    "empty_like": like("empty"),
    "expand_dims": expand_dims,
    "fft_c2c": fourier("fft_c2c"),
    "fft_c2r": fourier("fft_c2r"),
    "fft_r2c": fourier("fft_r2c"),
    "flip": flip,
    "full_like": like("full"),
    "index_embed": index_embed,
    "index_get": index_get,
    "index_put": index_put,
    "matrix_transpose": matrix_transpose,
    "moveaxis": moveaxis,
    "ones_like": like("ones"),
    "permute_dims": permute_dims,
    "reshape": reshape,
    "roll": roll,
    "squeeze": squeeze,
    "stack": stack,
    "take": take,
    "take_along_axis": take_along_axis,
    "tile": tile,
    "unstack": unstack,
    "zeros_like": like("zeros"),
}
