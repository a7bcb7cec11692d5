"""Positions as tensors: of nonzero elements, of triangles, from flat ones."""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..backend import selection
from ..dtypes import Kind
from .arguments import as_tensor_argument, shape_argument
from .joining import stack
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["argwhere", "nonzero", "nonzero_static", "tril_indices", "triu_indices", "unravel_index"]


@takes_out()
def nonzero(input: Any, *, as_tuple: bool = False, out: Any = None) -> Any:
    """Return the positions of the elements that are not zero.

    Parameters
    ----------
    input : Tensor
    as_tuple : bool
        Whether to return a tensor for each axis, fit to index with, rather than one whose
        rows are positions.

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


def argwhere(input: Any) -> Tensor:
    """Return the positions of the elements that are not zero, as rows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.argwhere(tg.tensor([[0, 5], [6, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    found: Tensor = nonzero(input)
    return found


@takes_out()
def nonzero_static(
    input: Any, *, size: int, fill_value: int = -1, out: Tensor | None = None
) -> Tensor:
    """Return the first `size` positions of elements that are not zero, filled up if fewer.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nonzero_static(tg.tensor([0, 5, 6]), size=3)
    tensor([[ 1],
            [ 2],
            [-1]])
    """
    size = as_index(size)
    if size < 0:
        raise RuntimeError(
            f"nonzero_static: 'size' must be an non-negative integer, but got {size}"
        )
    found = nonzero(input)
    place, rows = found._place, found._array[:size, :]
    missing = size - rows.shape[0]
    with place.entered():
        if missing:
            filler = place.xp.full((missing, rows.shape[1]), fill_value, dtype=rows.dtype)
            rows = place.xp.concat([rows, filler], axis=0)
        else:
            rows = place.xp.asarray(rows, copy=True)
    return place.wrap(rows, place)


def unravel_index(indices: Any, shape: Any) -> tuple[Tensor, ...]:
    """Return positions in a flattened tensor as positions along the axes of a shape.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unravel_index(tg.tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))
    """
    indices = as_tensor_argument("unravel_index", indices, "indices")
    place = indices._place
    if place.dtype_of(indices._array).kind is not Kind.INT:
        raise TypeError(
            f"expected 'indices' to be integer dtype, but got {indices.dtype!r}: unravel_index()"
        )
    if hasattr(shape, "tolist"):
        shape = shape.tolist()
    try:
        sizes = [as_index(n) for n in (shape if isinstance(shape, (tuple, list)) else (shape,))]
    except TypeError:
        raise TypeError(
            f"expected 'shape' to be int or sequence of ints, but got {shape!r}"
        ) from None
    if any(n < 0 for n in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    found = []
    with place.entered():
        for k, n in enumerate(sizes):
            stride = prod(sizes[k + 1 :])
            part = indices._array // stride if stride else indices._array * 0
            found.append(place.wrap(part % n if n else part, place))
    return tuple(found)


def _triangle(
    name: str, row: int, col: int, offset: int, dtype: Any, device: Any, lower: bool
) -> Any:
    for what, n in (("row", row), ("col", col)):
        if n < 0:
            raise RuntimeError(f"{what} must be non-negative, got {n}, in {name}()")
    dtype = dtypes.int64 if dtype is None else dtype
    if dtype not in (dtypes.int32, dtypes.int64):
        raise RuntimeError(f'"{name}" not implemented for {dtype.name!r}: give int64 or int32')
    shape_argument(name, (row, col))
    place = selection.resolve(device)
    xp, native = place.xp, place.native(dtype)
    with place.entered():
        whole = xp.ones((row, col), dtype=native)
        part = xp.tril(whole, k=offset) if lower else xp.triu(whole, k=offset)
        rows = xp.stack([xp.astype(p, native) for p in xp.nonzero(part)])
    return place.wrap(rows, place)


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Return the positions of a matrix's lower triangle: rows, then columns.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    found: Tensor = _triangle("tril_indices", row, col, offset, dtype, device, True)
    return found


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Return the positions of a matrix's upper triangle: rows, then columns.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    found: Tensor = _triangle("triu_indices", row, col, offset, dtype, device, False)
    return found
