"""Getting and setting at an index, in every form of NumPy and PyTorch.

Getting is a view for ints, slices, None and Ellipsis, a copy for index arrays. Writing is
an in-place operation on such a view, or `index_put`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd import inplace
from ..autograd.graph import Variable
from ..backend import registry
from ..dtypes import SCALARS
from ..ops import conversion, promotion
from ..ops import indexing as ops
from ..ops.scattering import index_put_add
from .arguments import as_tensor_argument
from .creation import tensor as make
from .index_form import Index, is_mask, normalise
from .shape import expand, reshape
from .splitting import unbind

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["index_put"]


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
    return _basic_operation(index).record(tensor, index)


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
    truths = [isinstance(i, bool) or (is_mask(i) and not i._array.ndim) for i in items]
    if not any(truths):
        return tensor, key
    spread: list[Any] = []
    for item, truth in zip(items, truths, strict=True):
        if truth:
            spread.append(None)
        elif item is None or item is ...:
            spread.append(item)
        else:
            spread += [slice(None)] * (item._array.ndim if is_mask(item) else 1)
    masks = tuple(
        [bool(item)] if truth else slice(None) if item is None else item
        for item, truth in zip(items, truths, strict=True)
    )
    return getitem(tensor, tuple(spread)), masks


def _basic_operation(index: Index) -> Any:
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
    value = assigned(tensor, value)
    requires = value._edge is not None
    widened, widened_key = _with_new_axes(tensor, key)
    if widened is not tensor:
        setitem(widened, widened_key, value)
        return
    index, basic = normalise(tensor, key, join_ints=False)
    if basic:
        target = _basic_operation(index).record(tensor, index)
        inplace.check(target, "index_put_", requires)
        value = inplace.apart(target, value)
        inplace.commit(target, fitted(value, target._array.shape, "copy_"))
        return
    tensor, index = _ints_first(tensor, index)
    inplace.check(tensor, "index_put_", requires)
    tensor._array = place.backend.mutable(tensor._array)
    selected = selected_shape(tensor, index)
    value = fitted(value, selected, "index_put_")
    old = inplace.snapshot(tensor)
    inplace.commit(tensor, ops.put.record(old, value, index))


def selected_shape(tensor: Any, index: Index) -> tuple[int, ...]:
    """Return the shape of what an index in normal form selects."""
    return tuple(tensor._place.xp.index_get(tensor._array, index).shape)


def assigned(tensor: Any, value: Any) -> Any:
    """Return what is assigned as a tensor of the target's dtype and device."""
    place = tensor._place
    want = place.dtype_of(tensor._array)
    if type(value) in SCALARS:
        return place.wrap(promotion.scalar_array(place, value, want), place)
    if not isinstance(value, Variable):
        found = registry.place_of(value)
        if found is None and isinstance(value, (list, tuple)):
            value = make(value, device=place.device)
        elif found is not None:
            value = found.adopt(value)
        else:
            raise TypeError(
                f"can't assign a {type(value).__name__} to a tensor: give a Tensor, an array or "
                "a number"
            )
    if value._place.root is not place.root:
        if value._array.ndim and value._place.backend is not place.backend:
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices: "
                f"{value._place.device} (backend {value._place.backend.name}) assigned to "
                f"{place.device} (backend {place.backend.name}); move the value with .to()"
            )
        value = conversion.move(value, place)
    return conversion.cast(value, want)


def fitted(value: Any, shape: Any, name: str) -> Any:
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


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Tensor:
    """Return a copy of a tensor with values written, or added, at an index.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.index_put(tg.zeros(3), (tg.tensor([0, 2]),), tg.tensor([5.0, 6.0]))
    tensor([5., 0., 6.])
    """
    input = as_tensor_argument("index_put", input)
    if isinstance(values, Variable):
        have = values._place.dtype_of(values._array)
        if have is not input.dtype:
            raise RuntimeError(
                "Index put requires the source and destination dtypes match, got "
                f"{input.dtype.name} for the destination and {have.name} for the source."
            )
    index, _ = normalise(input, tuple(indices))
    shape = selected_shape(input, index)
    values = fitted(assigned(input, values), shape, "index_put")
    if accumulate:
        return index_put_add.record(input, values, index)
    return ops.put.record(input, values, index)


def iterate(tensor: Any) -> Any:
    """Return an iterator over the parts of a tensor's first axis."""
    if not tensor._array.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(tensor, 0))
