"""Elements at positions that a tensor gives: gathered, taken, selected by a mask."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..ops import conversion
from ..ops import indexing as ops
from ..ops.broadcasting import broadcast_error
from ..ops.broadcasting import broadcast_shapes as joint_shape
from .arguments import as_tensor_argument, one_of
from .arguments import axis as axis_of
from .index_form import normalise
from .index_tensors import (
    across,
    along_axis,
    bounded,
    checked_shapes,
    positions_of,
    vector_of,
    with_axis,
)
from .indexing import getitem
from .outputs import takes_out
from .scattering import flat_positions
from .shape import broadcast_tensors, expand, reshape, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "gather",
    "index_select",
    "masked_select",
    "repeat_interleave",
    "take",
    "take_along_dim",
]


@takes_out(apart=True)
def gather(
    input: Any,
    dim: Any = None,
    index: Any = None,
    *,
    sparse_grad: bool = False,
    axis: Any = None,
    out: Any = None,
) -> Tensor:
    """Return elements at given positions along an axis, one for each element of `index`.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        No larger than the input along other axes.
    sparse_grad : bool
        Accepted; gradients are dense.
    out : Tensor, optional
        Where to write the result; no gradient flows through.

    Raises
    ------
    RuntimeError
        If a position is out of bounds, or the shapes do not fit.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.gather(x, 1, tg.tensor([[0], [1]]))
    tensor([[1.],
            [4.]])
    """
    input = as_tensor_argument("gather", input)
    d = axis_of("gather", one_of("gather", dim, axis, "dim and axis", None), input._array.ndim)
    index = as_tensor_argument("gather", index, "index", 3)
    shape = tuple(index._array.shape)
    if not prod(shape):  # PyTorch asks nothing else of it
        return reshape(getitem(reshape(input, -1), slice(0, 0)), shape)
    index = positions_of("gather", input, index)
    checked_shapes("gather", input, d, index)
    target = input if input._array.ndim else reshape(input, 1)
    positions = with_axis(index)
    bounded("gather", target, positions, d)
    found = ops.gather.record(target, along_axis(target, d, positions))
    if tuple(found._array.shape) != shape:
        found = reshape(found, shape)
    return found


@takes_out()
def take_along_dim(
    input: Any,
    indices: Any,
    dim: int | None = None,
    *,
    axis: int | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return elements at given positions along an axis; other axes broadcast.

    Without `dim`, positions are those of the flattened tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[3, 1, 2]])
    >>> tg.take_along_dim(x, tg.tensor([[1, 2, 0]]), dim=1)
    tensor([[1, 2, 3]])
    """
    input = as_tensor_argument("take_along_dim", input)
    indices = as_tensor_argument("take_along_dim", indices, "indices", 2)
    dim = one_of("take_along_dim", dim, axis, "dim and axis", None)
    if indices.dtype is not dtypes.int64:
        raise RuntimeError(
            "torch.take_along_dim(): dtype of indices should be Long but got "
            f"{indices.dtype.name}; convert with .long()"
        )
    if dim is None:
        return gather(reshape(input, -1), 0, reshape(indices, -1))
    if input._array.ndim != indices._array.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {input._array.ndim} dimensions for input, and {indices._array.ndim} "
            "dimensions for indices"
        )
    d = axis_of("take_along_dim", dim, input._array.ndim)
    if not input._array.ndim:
        return gather(input, 0, indices)
    size, count = input._array.shape[d], indices._array.shape[d]
    one = tuple(1 if k == d else n for k, n in enumerate(input._array.shape))
    other = tuple(1 if k == d else n for k, n in enumerate(indices._array.shape))
    joint = broadcast_shapes_of("take_along_dim", one, other)
    wide = (*joint[:d], size, *joint[d + 1 :])
    positions = indices._array
    bounded("take_along_dim", input, positions, d, negative=True)
    place = input._place
    with place.entered():
        positions = place.xp.where(positions < 0, positions + size, positions)
    index = expand(place.wrap(positions, place), (*joint[:d], count, *joint[d + 1 :]))
    return gather(expand(input, wide), d, index)


def broadcast_shapes_of(name: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that all broadcast to; PyTorch's error if there is none."""
    error = broadcast_error(name, list(shapes))
    if error is not None:
        raise error
    return joint_shape(*shapes)


@takes_out(apart=True)
def index_select(
    input: Any, dim: Any = None, index: Any = None, *, axis: Any = None, out: Any = None
) -> Tensor:
    """Return the parts of a tensor at given positions along an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.index_select(tg.tensor([[1, 2], [3, 4]]), 1, tg.tensor([1]))
    tensor([[2],
            [4]])
    """
    input = as_tensor_argument("index_select", input)
    dim = one_of("index_select", dim, axis, "dim and axis", None)
    d = axis_of("index_select", dim, input._array.ndim)
    positions = vector_of("index_select", input, d, index)
    if not input._array.ndim:
        if positions.shape[0] != 1:
            raise RuntimeError(
                "index_select(): Index to scalar can have only 1 value, got "
                f"{positions.shape[0]} value(s)"
            )
        bounded("index_select", reshape(input, 1), positions, 0, IndexError)
        return conversion.clone(input)
    bounded("index_select", input, positions, d, IndexError)
    found = ops.index_select.record(input, across(input, d, positions))
    return found


@takes_out(apart=True)
def take(input: Any, index: Any, *, out: Any = None) -> Tensor:
    """Return elements at given positions of the flattened tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.take(tg.tensor([[1, 2], [3, 4]]), tg.tensor([0, 3]))
    tensor([1, 4])
    """
    input = as_tensor_argument("take", input)
    index = positions_of("take", input, index, wide=False)
    flat, shape = reshape(input, -1), tuple(index._array.shape)
    if prod(shape) and not prod(input._array.shape):
        raise IndexError("take(): tried to take from an empty tensor")
    found = ops.take.record(flat, flat_positions(flat, index))
    if tuple(found._array.shape) != shape:
        found = reshape(found, shape)
    return found


@takes_out(apart=True)
def masked_select(input: Any, mask: Any, *, out: Any = None) -> Tensor:
    """Return the elements where a mask holds, as one axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.masked_select(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([True, False, True]))
    tensor([1., 3.])
    """
    input = as_tensor_argument("masked_select", input)
    mask = as_tensor_argument("masked_select", mask, "mask", 2)
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(
            f"masked_select: expected BoolTensor for mask, but got {mask.dtype.name}"
        )
    input, mask = broadcast_tensors(input, conversion.move(mask, input._place))
    if not input._array.ndim:
        input, mask = reshape(input, 1), reshape(mask, 1)
    index, _ = normalise(input, mask)
    return ops.masked_select.record(input, index)


def repeat_interleave(
    input: Any,
    repeats: Any = None,
    dim: int | None = None,
    *,
    output_size: int | None = None,
    axis: int | None = None,
) -> Tensor:
    """Return a copy with every element repeated, one after the other.

    Parameters
    ----------
    input : Tensor
        Without `repeats`: how often to repeat 0, 1, 2 and so on.
    repeats : int or Tensor of int
        How often to repeat each; one number for all.
    dim : int, optional
        Repeat along this axis; by default the tensor is flattened.
    output_size : int, optional
        The size of the axis that results, if it is known.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.repeat_interleave(tg.tensor([5, 6]), 2)
    tensor([5, 5, 6, 6])
    >>> tg.repeat_interleave(tg.tensor([5, 6]), tg.tensor([1, 3]))
    tensor([5, 6, 6, 6])
    """
    input = as_tensor_argument("repeat_interleave", input)
    dim = one_of("repeat_interleave", dim, axis, "dim and axis", None)
    if repeats is None:
        if input.dtype not in (dtypes.int64, dtypes.int32):
            raise NotImplementedError(
                f'"repeat_interleave" not implemented for {input.dtype.name!r}'
            )
        positions = _repeated(input, _counts(input), output_size)
        return input._place.wrap(positions, input._place)
    if dim is None:
        input, dim = reshape(input, -1), 0
    elif not input._array.ndim:
        axis_of("repeat_interleave", dim, 0)
        input = reshape(input, 1)
    d = axis_of("repeat_interleave", dim, input._array.ndim)
    size = input._array.shape[d]
    if isinstance(repeats, int):
        if repeats < 0:
            raise RuntimeError(
                f"Repeats must be non-negative, got {repeats} in repeat_interleave()"
            )
        _check_total(size * repeats, output_size)
        shape = tuple(input._array.shape)
        wide = expand(unsqueeze(input, d + 1), (*shape[: d + 1], repeats, *shape[d + 1 :]))
        return conversion.clone(reshape(wide, (*shape[:d], size * repeats, *shape[d + 1 :])))
    counts = as_tensor_argument("repeat_interleave", repeats, "repeats", 2)
    if counts._array.ndim == 0 or counts.numel() == 1:
        counts = expand(reshape(counts, 1), (size,))
    counts = conversion.move(_counts(counts), input._place)
    if counts.numel() != size:
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{counts.numel()} and input.size({d}) = {size}"
        )
    return ops.index_select.record(input, across(input, d, _repeated(input, counts, output_size)))


def _counts(repeats: Any) -> Any:
    if repeats._array.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor in repeat_interleave()")
    if repeats.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(
            f"repeats has to be Long or Int tensor in repeat_interleave(), got {repeats.dtype.name}"
        )
    xp = repeats._place.xp
    if repeats.numel() and int(xp.min(repeats._array)) < 0:
        raise RuntimeError("repeats can not be negative, in repeat_interleave()")
    return repeats.detach()


def _repeated(input: Any, counts: Any, output_size: int | None) -> Any:
    """Return the positions 0, 1, 2, ..., each as often as the counts say, a raw vector."""
    place = input._place
    xp, native = place.xp, place.native(dtypes.int64)
    with place.entered():
        ends = xp.cumulative_sum(xp.astype(with_axis(counts), native), axis=0)
        total = int(ends[-1]) if ends.shape[0] else 0
        _check_total(total, output_size)
        steps = xp.arange(total, dtype=native)
        return xp.astype(xp.searchsorted(ends, steps, side="right"), native)


def _check_total(total: int, output_size: int | None) -> None:
    if output_size is not None and output_size != total:
        raise RuntimeError(
            f"repeat_interleave: Invalid output_size, expected {total} but got {output_size}: "
            "allocated size does not match required size"
        )
