"""Indexing in every form of NumPy and PyTorch, brought to one normal form.

Getting is a view for ints, slices, None and Ellipsis, a copy for index arrays. Writing is
an in-place operation on such a view, or `index_put`.
"""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd import inplace
from ..autograd.graph import Variable
from ..backend import registry
from ..dtypes import Kind, kind_of_scalar
from ..ops import arithmetic, conversion
from ..ops import indexing as ops
from .arguments import as_tensor_argument
from .arguments import axis as axis_of
from .joining import stack, unbind
from .shape import broadcast_tensors, expand, movedim, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "diag",
    "diagonal",
    "gather",
    "index_add",
    "index_put",
    "index_select",
    "masked_fill",
    "masked_select",
    "narrow",
    "nonzero",
    "scatter_add",
    "select",
    "take",
    "take_along_dim",
    "trace",
]

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
    return int(item._array.ndim) if _is_mask(item) else 1


def _is_mask(item: Any) -> bool:
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
            item = place.adopt(item)
    if isinstance(item, Variable):
        kind = item._place.dtype_of(item._array).kind
        if kind > Kind.INT:
            raise IndexError(
                "tensors used as indices must be long, int, byte or bool tensors, not "
                f"{item._place.dtype_of(item._array).name}"
            )
        if not item._array.ndim and kind is Kind.INT:
            return int(item._array)
        if item._place is not tensor._place:
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
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or bool tensors are "
            f"valid indices (got {type(item).__name__})"
        ) from None


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
    from .creation import tensor as make

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
    place = tensor._place
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
        low, high = int(xp.min(positions)), int(xp.max(positions))
        if low < -size or high >= size:
            bad = low if low < -size else high
            raise IndexError(f"index {bad} is out of bounds for dimension {axis} with size {size}")
        if low < 0:
            with place.entered():
                positions = xp.where(positions < 0, positions + size, positions)
    return [positions]


def _agree(items: list[Any]) -> None:
    """Raise unless the index arrays broadcast together."""
    from ..ops.broadcasting import broadcast_shapes

    shapes = [tuple(i.shape) for i in items if i is not None and not isinstance(i, slice)]
    try:
        broadcast_shapes(*shapes)
    except ValueError:
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            + ", ".join(str(list(s)) for s in shapes)
        ) from None


def _as_basic(tensor: Any, key: Any) -> Any:
    """Return the everyday index, one int in range, in normal form; None for any other."""
    if key.__class__ is int:
        shape = tensor._array.shape
        if shape and -shape[0] <= key < shape[0]:
            return (key % shape[0], *(slice(None),) * (len(shape) - 1))
    return None


def getitem(tensor: Any, key: Any) -> Tensor:
    """Return ``tensor[key]``."""
    index = _as_basic(tensor, key)
    if index is not None:
        return ops.select.record(tensor, index)
    tensor, key = _with_new_axes(tensor, key)
    index, basic = normalise(tensor, key, join_ints=False)
    if not basic:
        return ops.index.record(*_ints_first(tensor, index))
    return _basic_operation(tensor, index).record(tensor, index)


def _ints_first(tensor: Any, index: Index) -> tuple[Any, Index]:
    """Return a view that the ints of an index select, and the rest of the index.

    To PyTorch, unlike NumPy, ints are no index arrays: they do not count when the place of
    the arrays' axes in the result is decided.
    """
    if not any(isinstance(item, int) for item in index):
        return tensor, index
    ints = tuple(
        item if isinstance(item, int) else slice(None) for item in index if item is not None
    )
    rest = tuple(item for item in index if not isinstance(item, int))
    return ops.select.record(tensor, ints), rest


def _with_new_axes(tensor: Any, key: Any) -> tuple[Any, Any]:
    """Return a tensor and an index in which True and False index real new axes."""
    items = list(key) if isinstance(key, tuple) else [key]
    truths = [isinstance(i, bool) or (_is_mask(i) and not i._array.ndim) for i in items]
    if not any(truths):
        return tensor, key
    spread: list[Any] = []
    for item, truth in zip(items, truths, strict=True):
        if truth:
            spread.append(None)
        elif item is None or item is ...:
            spread.append(item)
        else:
            spread += [slice(None)] * (item._array.ndim if _is_mask(item) else 1)
    masks = tuple(
        [bool(item)] if truth else slice(None) if item is None else item
        for item, truth in zip(items, truths, strict=True)
    )
    return getitem(tensor, tuple(spread)), masks


def _basic_operation(tensor: Any, index: Index) -> Any:
    last = index[-1] if index else None
    for item in reversed(index):
        if item != slice(None) and item != slice(0, _any_stop(item), 1):
            last = item
            break
    if isinstance(last, int):
        return ops.select
    return ops.new_axis if last is None and index else ops.slice_


def _any_stop(item: Any) -> Any:
    return item.stop if isinstance(item, slice) else None


def setitem(tensor: Any, key: Any, value: Any) -> None:
    """Set ``tensor[key] = value``, with gradients to both where they require any."""
    place = tensor._place
    value = _value(tensor, value)
    requires = value._edge is not None
    tensor_key = _with_new_axes(tensor, key)
    if tensor_key[0] is not tensor:
        setitem(tensor_key[0], tensor_key[1], value)
        return
    index, basic = normalise(tensor, key, join_ints=False)
    if basic:
        target = _basic_operation(tensor, index).record(tensor, index)
        inplace.check(target, "index_put_", requires)
        value = inplace.apart(target, value)
        inplace.commit(target, _fitted(value, target._array.shape, "copy_"))
        return
    tensor, index = _ints_first(tensor, index)
    inplace.check(tensor, "index_put_", requires)
    tensor._array = place.backend.mutable(tensor._array)
    selected = _selected_shape(tensor, index)
    value = _fitted(value, selected, "index_put_")
    old = inplace.snapshot(tensor)
    inplace.commit(tensor, ops.put.record(old, value, index))


def _selected_shape(tensor: Any, index: Index) -> tuple[int, ...]:
    return tuple(tensor._place.xp.index_get(tensor._array, index).shape)


def _value(tensor: Any, value: Any) -> Any:
    """Return what is assigned as a tensor of the target's dtype and device."""
    place = tensor._place
    want = place.dtype_of(tensor._array)
    if kind_of_scalar(value) is not None and type(value) in (bool, int, float, complex):
        if isinstance(value, complex) and not want.is_complex:
            raise RuntimeError(
                f"value cannot be converted to type {want.name} without overflow: it is complex"
            )
        return place.wrap(place.scalar(value, place.native(want)), place)
    if not isinstance(value, Variable):
        found = registry.place_of(value)
        if found is None and isinstance(value, (list, tuple)):
            from .creation import tensor as make

            value = make(value, device=place.device)
        elif found is not None:
            value = found.adopt(value)
        else:
            raise TypeError(
                f"can't assign a {type(value).__name__} to a tensor: give a Tensor, an array or "
                "a number"
            )
    if value._place is not place:
        if value._array.ndim and value._place.backend is not place.backend:
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices: "
                f"{value._place.device} (backend {value._place.backend.name}) assigned to "
                f"{place.device} (backend {place.backend.name}); move the value with .to()"
            )
        value = conversion.move(value, place)
    return conversion.cast(value, want)


def _fitted(value: Any, shape: Any, name: str) -> Any:
    """Return a value broadcast to the shape it is written to; leading ones are dropped."""
    have, want = tuple(value._array.shape), tuple(shape)
    if have == want:
        return value
    while len(have) > len(want) and have[0] == 1:
        have = have[1:]
    if have != tuple(value._array.shape):
        value = reshape(value, have)
    padded = (1,) * (len(want) - len(have)) + have
    if len(padded) != len(want) or any(a not in (1, b) for a, b in zip(padded, want, strict=True)):
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(have)} cannot be broadcast to indexing "
            f"result of shape {list(want)} in {name}()"
        )
    return expand(value, want)


def along_axis(tensor: Any, axis: int, positions: Any) -> Index:
    """Return the index of ``tensor[..., positions, ...]`` taken along one axis, pointwise."""
    xp = tensor._place.xp
    native = tensor._place.native(dtypes.int64)
    n = positions.ndim
    index = []
    for k in range(n):
        if k == axis:
            index.append(xp.astype(positions, native, copy=True))
        else:
            grid = xp.arange(positions.shape[k], dtype=native)
            index.append(xp.reshape(grid, (1,) * k + (-1,) + (1,) * (n - k - 1)))
    return tuple(index)


def _index_tensor(name: str, index: Any, axis: int, size: int) -> Any:
    """Return an index tensor's raw positions, checked and without negative ones."""
    index = as_tensor_argument(name, index, "index", 3)
    if index.dtype is not dtypes.int64 and index.dtype is not dtypes.int32:
        raise RuntimeError(f"{name}(): Expected dtype int64 for index, got {index.dtype.name}")
    xp = index._place.xp
    positions = index._array
    if prod(positions.shape):
        low, high = int(xp.min(positions)), int(xp.max(positions))
        if low < 0 or high >= size:
            bad = low if low < 0 else high
            raise IndexError(
                f"index {bad} is out of bounds for dimension {axis} with size {size} in {name}()"
            )
    return positions


def gather(input: Any, dim: int, index: Any) -> Tensor:
    """Return elements at given positions along an axis, one for each element of `index`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.gather(x, 1, tg.tensor([[0], [1]]))
    tensor([[1.],
            [4.]])
    """
    input = as_tensor_argument("gather", input)
    d = axis_of("gather", dim, input._array.ndim)
    if not input._array.ndim:
        return gather(input.reshape(1), 0, index.reshape(-1)).reshape(index.shape)
    if index._array.ndim != input._array.ndim:
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as input tensor: got "
            f"{index._array.ndim} and {input._array.ndim}"
        )
    for k, (n, m) in enumerate(zip(index._array.shape, input._array.shape, strict=True)):
        if k != d and n > m:
            raise RuntimeError(
                f"Size does not match at dimension {k} expected index {list(index._array.shape)} "
                f"to be no larger than self {list(input._array.shape)} apart from dimension {d}"
            )
    positions = _index_tensor("gather", index, d, input._array.shape[d])
    return ops.gather.record(input, along_axis(input, d, positions))


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Tensor:
    """Return elements at given positions along an axis; other axes broadcast.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[3, 1, 2]])
    >>> tg.take_along_dim(x, tg.tensor([[1, 2, 0]]), dim=1)
    tensor([[1, 2, 3]])
    """
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    d = axis_of("take_along_dim", dim, input._array.ndim)
    shape = [max(a, b) if min(a, b) else 0 for a, b in zip(input.shape, indices.shape, strict=True)]
    shape[d] = input.shape[d]
    wide = list(shape)
    wide[d] = indices.shape[d]
    return gather(expand(input, shape), d, expand(indices, wide))


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """Return the parts of a tensor at given positions along an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.index_select(tg.tensor([[1, 2], [3, 4]]), 1, tg.tensor([1]))
    tensor([[2],
            [4]])
    """
    input = as_tensor_argument("index_select", input)
    d = axis_of("index_select", dim, input._array.ndim)
    if index._array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    positions = _index_tensor("index_select", index, d, input._array.shape[d])
    positions = positions.reshape((-1,)) if not positions.ndim else positions
    rest = (slice(None),) * (input._array.ndim - d - 1)
    xp, native = input._place.xp, input._place.native(dtypes.int64)
    where = xp.astype(positions, native, copy=True)
    return ops.index_select.record(input, ((slice(None),) * d) + (where, *rest))


def take(input: Any, index: Any) -> Tensor:
    """Return elements at given positions of the flattened tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.take(tg.tensor([[1, 2], [3, 4]]), tg.tensor([0, 3]))
    tensor([1, 4])
    """
    flat = reshape(as_tensor_argument("take", input), -1)
    found, _ = normalise(flat, (index,))
    return ops.take.record(flat, found)


def narrow(input: Any, dim: int, start: int, length: int) -> Tensor:
    """Return a view of `length` positions of an axis from `start` on.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.narrow(tg.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    d = axis_of("narrow", dim, input._array.ndim)
    size = input._array.shape[d]
    start = int(start)
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start %= size + (start == size)
    if length < 0 or start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return getitem(input, (slice(None),) * d + (slice(start, start + length),))


def select(input: Any, dim: int, index: int) -> Tensor:
    """Return a view of one position of an axis, without that axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.select(tg.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    d = axis_of("select", dim, input._array.ndim)
    if not input._array.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    return getitem(input, (slice(None),) * d + (index,))


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """Return the positions of the elements that are not zero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nonzero(tg.tensor([0, 5, 6]))
    tensor([[1],
            [2]])
    """
    input = as_tensor_argument("nonzero", input)
    place = input._place
    flat = input if input._array.ndim else input.reshape(1)
    native = place.native(dtypes.int64)
    found = place.xp.nonzero(flat._array)
    parts = tuple(place.wrap(place.xp.astype(p, native), place) for p in found)
    if as_tuple:
        return parts
    return stack(parts, 1) if input._array.ndim else stack(parts, 1)[:, :0]


def masked_select(input: Any, mask: Any) -> Tensor:
    """Return the elements where a mask holds, as one axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.masked_select(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([True, False, True]))
    tensor([1., 3.])
    """
    input, mask = broadcast_tensors(input, _mask("masked_select", mask))
    if not input._array.ndim:
        input, mask = input.reshape(1), mask.reshape(1)
    index, _ = normalise(input, mask)
    return ops.masked_select.record(input, index)


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """Return a copy with the elements where a mask holds replaced.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.masked_fill(tg.ones(2), tg.tensor([True, False]), 0.0)
    tensor([0., 1.])
    """
    if isinstance(value, Variable) and value._array.ndim:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value._array.ndim} dimension(s)."
        )
    mask = conversion.move(_mask("masked_fill", mask), input._place)
    return arithmetic.masked_fill.record(input, mask, _value(input, value))


def _mask(name: str, mask: Any) -> Any:
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(
            f"{name} expects mask to be BoolTensor, but got {mask.dtype.name.capitalize()}"
        )
    return mask


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Tensor:
    """Return a copy of a tensor with values written, or added, at an index.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.index_put(tg.zeros(3), (tg.tensor([0, 2]),), tg.tensor([5.0, 6.0]))
    tensor([5., 0., 6.])
    """
    index, _ = normalise(input, tuple(indices))
    shape = _selected_shape(input, index)
    values = _fitted(_value(input, values), shape, "index_put")
    if accumulate:
        return input + ops.embed.record(values, tuple(input._array.shape), index)
    return ops.put.record(input, values, index)


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
    """Return a copy with `source` added at given positions of an axis; repeats add up.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.index_add(tg.zeros(3), 0, tg.tensor([1, 1]), tg.tensor([2.0, 3.0]))
    tensor([0., 5., 0.])
    """
    d = axis_of("index_add", dim, input._array.ndim)
    positions = _index_tensor("index_add", index, d, input._array.shape[d])
    key = ((slice(None),) * d) + (index._place.wrap(positions, index._place),)
    found, _ = normalise(input, key)
    values = _fitted(
        source * alpha if alpha != 1 else source, _selected_shape(input, found), "index_add"
    )
    return input + ops.embed.record(_value(input, values), tuple(input._array.shape), found)


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Tensor:
    """Return a copy with the elements of `src` added at given positions along an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.scatter_add(tg.zeros(3), 0, tg.tensor([0, 0, 2]), tg.tensor([1.0, 2.0, 3.0]))
    tensor([3., 0., 3.])
    """
    d = axis_of("scatter_add", dim, input._array.ndim)
    positions = _index_tensor("scatter_add", index, d, input._array.shape[d])
    where = along_axis(input, d, positions)
    part = getitem(src, tuple(slice(0, n) for n in positions.shape))
    return input + ops.embed.record(part, tuple(input._array.shape), where)


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return the diagonals of matrices, as a last axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.diagonal(tg.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    n = input._array.ndim
    if n < 2:
        raise IndexError(f"diagonal() needs at least 2 dimensions, got a {n}-D tensor")
    a, b = axis_of("diagonal", dim1, n), axis_of("diagonal", dim2, n)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    moved = movedim(input, (a, b), (n - 2, n - 1))
    rows, columns = moved._array.shape[-2:]
    start = (max(-offset, 0), max(offset, 0))
    count = max(min(rows - start[0], columns - start[1]), 0)
    xp, native = moved._place.xp, moved._place.native(dtypes.int64)
    steps = xp.arange(count, dtype=native)
    index = (*(slice(None),) * (n - 2), steps + start[0], steps + start[1])
    return ops.diagonal.record(moved, index)


_diagonal = diagonal


def diag(input: Any, diagonal: int = 0) -> Tensor:
    """Return the diagonal of a matrix, or the matrix with a given diagonal.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.diag(tg.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    >>> tg.diag(tg.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    if input._array.ndim == 2:
        return _diagonal(input, diagonal)
    if input._array.ndim != 1:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input._array.ndim}D")
    n = input._array.shape[0]
    xp, native = input._place.xp, input._place.native(dtypes.int64)
    steps = xp.arange(n, dtype=native)
    side = n + abs(diagonal)
    index = (steps + max(-diagonal, 0), steps + max(diagonal, 0))
    return ops.embed.record(input, (side, side), index)


def trace(input: Any) -> Tensor:
    """Return the sum of a matrix's diagonal.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.trace(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    if input._array.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input._array.ndim}")
    return _diagonal(input).sum()


def iterate(tensor: Any) -> Any:
    """Return an iterator over the parts of a tensor's first axis."""
    if not tensor._array.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(tensor, 0))
