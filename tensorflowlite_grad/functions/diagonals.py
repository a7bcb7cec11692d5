"""Diagonals of matrices: taken, written, made into matrices."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from ..backend.strides import row_major
from ..ops import strided as ops
from .arguments import as_tensor_argument
from .arguments import axis as axis_of
from .indexing import assigned
from .outputs import takes_out
from .padding import fill_value as fill_value_of
from .shape import expand, reshape
from .strided import shows_views, sliced_source

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["diag", "diag_embed", "diagflat", "diagonal", "diagonal_scatter", "trace"]

Shape = tuple[int, ...]


def _lattice(
    name: str, shape: Shape, offset: int, dim1: int, dim2: int
) -> tuple[Shape, Shape, tuple[Shape, ...]]:
    """Return start, shape and steps of the diagonals of an array: see `backend.strides`."""
    n = len(shape)
    a, b = axis_of(name, dim1, n), axis_of(name, dim2, n)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}: {name}()")
    first = {a: max(-offset, 0), b: max(offset, 0)}
    count = max(min(shape[a] - first[a], shape[b] - first[b]), 0)
    rest = [k for k in range(n) if k not in (a, b)]
    steps = [tuple(int(j == k) for j in range(n)) for k in rest]
    along = tuple(int(j in (a, b)) for j in range(n))
    start = tuple(first.get(k, 0) if count else 0 for k in range(n))
    return start, (*(shape[k] for k in rest), count), (*steps, along)


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a view of the diagonals of matrices, as a last axis.

    Parameters
    ----------
    input : Tensor
    offset : int
        Which diagonal: above the main one if positive, below it if negative.
    dim1, dim2 : int
        The axes of the rows and of the columns.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.diagonal(tg.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    input = as_tensor_argument("diagonal", input)
    lattice = _lattice("diagonal", tuple(input._array.shape), int(offset), dim1, dim2)
    return (ops.diagonal if shows_views(input) else ops.get).record(input, *lattice)


@takes_out()
def diag(input: Any, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
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
    input = as_tensor_argument("diag", input)
    n = input._array.ndim
    if n not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {n}D")
    if n == 1:
        return diag_embed(input, diagonal)
    lattice = _lattice("diag", tuple(input._array.shape), diagonal, 0, 1)
    return ops.get.record(input, *lattice)


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return matrices whose diagonals are the tensor's last axis, zero elsewhere.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.diag_embed(tg.tensor([[1, 2], [3, 4]]))
    tensor([[[1, 0],
             [0, 2]],
    <BLANKLINE>
            [[3, 0],
             [0, 4]]])
    """
    input = as_tensor_argument("diag_embed", input)
    shape = tuple(input._array.shape)
    n = len(shape) + 1
    a, b = axis_of("diag_embed", dim1, n), axis_of("diag_embed", dim2, n)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}: diag_embed()")
    side = (shape[-1] if shape else 1) + abs(offset)
    others = iter(shape[:-1])
    whole = tuple(side if k in (a, b) else next(others) for k in range(n))
    start, size, steps = _lattice("diag_embed", whole, offset, a, b)
    return ops.embed.record(input, whole, start, size, steps)


def diagflat(input: Any, offset: int = 0) -> Tensor:
    """Return the matrix whose diagonal are all elements of a tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.diagflat(tg.tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(reshape(as_tensor_argument("diagflat", input), -1), offset)


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a copy of a tensor with `src` on its diagonals.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.diagonal_scatter(tg.zeros(2, 2), tg.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    input = as_tensor_argument("diagonal_scatter", input)
    start, size, steps = _lattice(
        "diagonal_scatter", tuple(input._array.shape), int(offset), dim1, dim2
    )
    return ops.put.record(input, sliced_source(input, src, size), start, size, steps)


def filled_diagonal(input: Any, fill_value: Any, wrap: bool = False) -> Tensor:
    """Return a copy with a number on the main diagonal: ``x.fill_diagonal_`` out of place.

    With `wrap`, a tall matrix has it again below each square.
    """
    shape = tuple(input._array.shape)
    if len(shape) < 2:
        raise RuntimeError(f"dimensions must larger than 1, got {len(shape)} in fill_diagonal_()")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError(
            "all dimensions of input must be of equal length in fill_diagonal_(), got "
            f"{list(shape)}"
        )
    step = sum(row_major(shape))
    count = -(-prod(shape) // step) if wrap and len(shape) == 2 else min(shape)
    flat = reshape(input, -1)
    value = expand(assigned(input, fill_value_of(input, fill_value)), (count,))
    return reshape(ops.put.record(flat, value, (0,), (count,), ((step,),)), shape)


def trace(input: Any) -> Tensor:
    """Return the sum of a matrix's diagonal.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.trace(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    input = as_tensor_argument("trace", input)
    if input._array.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input._array.ndim}")
    return diagonal(input).sum()
