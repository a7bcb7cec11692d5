"""Elements in another order: reversed, moved along, turned."""

from __future__ import annotations

from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ..ops import conversion
from ..ops import shape as ops
from .arguments import as_tensor_argument, axes, one_of
from .arguments import axis as axis_of
from .shape import listed, reshape, transpose

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["flip", "fliplr", "flipud", "roll", "rot90"]


def flip(input: Any, *listed_dims: Any, dims: Any = None, axis: Any = None) -> Tensor:
    """Return a copy with the order along some axes reversed.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.flip(tg.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1])
    """
    input = as_tensor_argument("flip", input)
    dims = one_of("flip", dims, axis, "dims and axis", None)
    found = axes("flip", listed("flip", listed_dims, dims, "dims"), input._array.ndim)
    return conversion.clone(input) if found is None else ops.flip.record(input, found)


def fliplr(input: Any) -> Tensor:
    """Return a copy with the columns in reverse order.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fliplr(tg.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    input = as_tensor_argument("fliplr", input)
    if input._array.ndim < 2:
        raise RuntimeError(f"Input must be >= 2-d. fliplr() got a {input._array.ndim}-d tensor")
    return flip(input, 1)


def flipud(input: Any) -> Tensor:
    """Return a copy with the rows in reverse order.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.flipud(tg.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    input = as_tensor_argument("flipud", input)
    if not input._array.ndim:
        raise RuntimeError("Input must be >= 1-d. flipud() got a 0-d tensor")
    return flip(input, 0)


def roll(input: Any, shifts: Any, dims: Any = None, *, axis: Any = None) -> Tensor:
    """Return a copy with the elements moved along, round the end.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.roll(tg.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    input = as_tensor_argument("roll", input)
    dims = one_of("roll", dims, axis, "dims and axis", None)
    moves = tuple(shifts) if isinstance(shifts, (tuple, list)) else (shifts,)
    chosen = () if dims is None else tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)
    if not moves:
        raise RuntimeError("`shifts` required: roll() got none")
    if not chosen and len(moves) == 1:
        flat = ops.roll.record(reshape(input, -1), moves[0], 0)
        return ops.reshape_copy.record(flat, tuple(input._array.shape))
    if len(moves) != len(chosen):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(moves)}, dims:{len(chosen)}"
        )
    n = input._array.ndim
    if not n:
        raise IndexError(f"Dimension specified as {chosen[0]} but tensor has no dimensions")
    return ops.roll.record(input, moves, tuple(axis_of("roll", d, n) for d in chosen))


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """Return a copy turned by `k` right angles, from the first of two axes to the second.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.rot90(tg.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    input = as_tensor_argument("rot90", input)
    axes_of, n = list(dims), input._array.ndim
    if len(axes_of) != 2:
        raise RuntimeError(
            f"expected total rotation dims == 2, but got dims = {len(axes_of)} in rot90()"
        )
    if n < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {n} in rot90()")
    a, b = (axis_of("rot90", d, n) for d in axes_of)
    if a == b:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {axes_of[0]} and dim1 = "
            f"{axes_of[1]}"
        )
    turns = as_index(k) % 4
    if turns == 0:
        return conversion.clone(input)
    if turns == 2:
        return flip(input, (a, b))
    return flip(transpose(input, a, b), a if turns == 1 else b)
