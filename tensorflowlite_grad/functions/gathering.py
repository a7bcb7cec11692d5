"""Elements at positions that a tensor gives: gathered, masked, added to, on diagonals."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable
from ..ops import arithmetic, conversion
from ..ops import indexing as ops
from .arguments import as_tensor_argument
from .arguments import axis as axis_of
from .index_form import Index, normalise
from .indexing import assigned, fitted, getitem, selected_shape
from .joining import stack
from .shape import broadcast_tensors, expand, movedim, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "diag",
    "diagonal",
    "gather",
    "index_add",
    "index_select",
    "masked_fill",
    "masked_select",
    "nonzero",
    "scatter_add",
    "take",
    "take_along_dim",
    "trace",
]


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
    return arithmetic.masked_fill.record(input, mask, assigned(input, value))


def _mask(name: str, mask: Any) -> Any:
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(
            f"{name} expects mask to be BoolTensor, but got {mask.dtype.name.capitalize()}"
        )
    return mask


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
    values = fitted(
        source * alpha if alpha != 1 else source, selected_shape(input, found), "index_add"
    )
    return input + ops.embed.record(assigned(input, values), tuple(input._array.shape), found)


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
