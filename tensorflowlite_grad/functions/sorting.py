"""Order: sorting, the greatest few, the k-th, the most frequent."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from .. import dtypes, return_types
from ..ops import sorting as ops
from ..ops.shape import reshape_copy
from .arguments import as_tensor_argument, one_of
from .arguments import axis as axis_of
from .index_tensors import along_axis
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["argsort", "kthvalue", "mode", "msort", "sort", "topk"]


def _ordered(name: str, input: Any, message: str, kind: Any = RuntimeError) -> Any:
    """Return the tensor argument; raise for numbers that have no order."""
    input = as_tensor_argument(name, input)
    if input.dtype.is_complex:
        raise kind(f"{message}: complex numbers have no order, in {name}()")
    return input


def refuse_types(name: str, input: Any, *refused: Any) -> None:
    """Raise PyTorch's error for an operation that is not for a dtype."""
    if input.dtype.is_complex or input.dtype in refused:
        legacy = dtypes.LEGACY_NAMES[input.dtype.name]
        raise NotImplementedError(
            f"\"{name}_cpu\" not implemented for '{legacy}': {name}() is for real numbers"
        )


def selected(op: Any, input: Any, positions: Any, d: int, keep: bool) -> tuple[Any, Any]:
    """Return the elements at positions along an axis, one for each row, and the positions."""
    index = along_axis(input, d, positions._array)
    values = op.record(input, index)
    if keep:
        return values, positions
    shape = tuple(n for k, n in enumerate(values._array.shape) if k != d)
    return tuple(reshape_copy.record(t, shape) for t in (values, positions))


def as_vector(input: Any) -> Any:
    """Return a 0-d tensor with one axis, any other as it is."""
    return input if input._array.ndim else input.reshape(1)


def like_input(input: Any, result: Any, parts: tuple[Any, Any]) -> Any:
    """Return the named parts, without the axis that a 0-d input was given."""
    if not input._array.ndim:
        parts = (parts[0].reshape(()), parts[1].reshape(()))
    return result(*parts)


def _positions(input: Any, d: int, descending: bool) -> Any:
    return ops.argsort.record(input.detach(), d, bool(descending))


@takes_out()
def sort(
    input: Any,
    dim: Any = -1,
    descending: bool = False,
    stable: bool | None = None,
    *,
    axis: Any = None,
    out: Any = None,
) -> Any:
    """Return the elements in order along `dim`, and where they were.

    Parameters
    ----------
    input : Tensor
    dim : int
    descending : bool
    stable : bool, optional
        Accepted as in PyTorch: equal elements always keep their order.

    Returns
    -------
    (values, indices)
        NaN counts as greater than all numbers.

    Raises
    ------
    RuntimeError
        If the elements are complex.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> values, indices = tg.sort(tg.tensor([3.0, 1.0, 2.0]))
    >>> values, indices
    (tensor([1., 2., 3.]), tensor([1, 2, 0]))
    """
    input = _ordered("sort", input, "Sort does not support complex dtypes")
    d = axis_of("sort", one_of("sort", dim, axis, "dim and axis", -1), input._array.ndim)
    x = as_vector(input)
    positions = _positions(x, d, descending)
    return like_input(input, return_types.sort, selected(ops.sort, x, positions, d, True))


@takes_out()
def argsort(
    input: Any,
    dim: Any = -1,
    descending: bool = False,
    stable: bool = False,
    *,
    axis: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the positions that sort a tensor along `dim`; equal elements keep their order.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.argsort(tg.tensor([3.0, 1.0, 2.0]), descending=True)
    tensor([0, 2, 1])
    """
    input = _ordered("argsort", input, "Sort does not support complex dtypes")
    d = axis_of("argsort", one_of("argsort", dim, axis, "dim and axis", -1), input._array.ndim)
    result: Tensor = _positions(as_vector(input), d, descending)
    return result if input._array.ndim else result.reshape(())


@takes_out()
def msort(input: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the elements in order along the first axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.msort(tg.tensor([[3.0, 1.0], [2.0, 4.0]]))
    tensor([[2., 1.],
            [3., 4.]])
    """
    values: Tensor = sort(input, 0).values
    return values


@takes_out()
def topk(
    input: Any,
    k: int,
    dim: Any = -1,
    largest: bool = True,
    sorted: bool = True,
    *,
    axis: Any = None,
    out: Any = None,
) -> Any:
    """Return the `k` greatest (or least) elements along `dim`, in order, and where they are.

    Parameters
    ----------
    input : Tensor
    k : int
    dim : int
    largest : bool
        Whether the greatest are meant, not the least.
    sorted : bool
        Accepted as in PyTorch: the result is always in order.

    Returns
    -------
    (values, indices)

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.topk(tg.tensor([3.0, 1.0, 2.0]), 2).values
    tensor([3., 2.])
    """
    input = _ordered("topk", input, "topk does not support complex dtypes on CPU")
    if input.dtype is dtypes.bool_:
        raise RuntimeError("topk does not support bool dtypes on CPU; convert with .int()")
    d = axis_of("topk", one_of("topk", dim, axis, "dim and axis", -1), input._array.ndim)
    x = as_vector(input)
    n = x._array.shape[d]
    if isinstance(k, bool) or not isinstance(k, int):
        raise TypeError(f"topk(): argument 'k' (position 2) must be int, not {type(k).__name__}")
    if not 0 <= k <= n:
        raise RuntimeError(
            f"selected index k out of range: topk() was asked for {k} of the {n} elements along "
            f"axis {d}"
        )
    positions = ops.top_positions.record(x.detach(), k, d, bool(largest))
    return like_input(input, return_types.topk, selected(ops.topk, x, positions, d, True))


@takes_out()
def kthvalue(
    input: Any,
    k: int,
    dim: Any = -1,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Any = None,
) -> Any:
    """Return the `k`-th smallest element along `dim`, counted from 1, and where it is.

    Returns
    -------
    (values, indices)

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.kthvalue(tg.tensor([3.0, 1.0, 2.0]), 2).values
    tensor(2.)
    """
    input = as_tensor_argument("kthvalue", input)
    d = axis_of("kthvalue", one_of("kthvalue", dim, axis, "dim and axis", -1), input._array.ndim)
    keep = bool(one_of("kthvalue", keepdim, keepdims, "keepdim and keepdims", False))
    refuse_types("kthvalue", input, dtypes.bool_)
    x = as_vector(input)
    n = x._array.shape[d]
    if not n:
        raise no_elements("kthvalue", d, input)
    if not 1 <= k <= n:
        raise RuntimeError(
            f"kthvalue(): selected number k out of range for dimension {d}: {k} is not between 1 "
            f"and {n}"
        )
    positions = ops.rank_position.record(x.detach(), k - 1, d)
    parts = selected(ops.kthvalue, x, positions, d, keep)
    return like_input(input, return_types.kthvalue, parts)


def no_elements(name: str, d: int, input: Any) -> IndexError:
    """Return the error for a choice along an axis that has no elements."""
    return IndexError(
        f"{name}(): Expected reduction dim {d} to have non-zero size, but the tensor has shape "
        f"{list(input._array.shape)}."
    )


@takes_out()
def mode(
    input: Any,
    dim: Any = -1,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Any = None,
) -> Any:
    """Return the most frequent element along `dim`, the least of several, and where it is last.

    Returns
    -------
    (values, indices)

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.mode(tg.tensor([3.0, 1.0, 3.0])).values
    tensor(3.)
    """
    input = as_tensor_argument("mode", input)
    d = axis_of("mode", one_of("mode", dim, axis, "dim and axis", -1), input._array.ndim)
    keep = bool(one_of("mode", keepdim, keepdims, "keepdim and keepdims", False))
    refuse_types("mode", input)
    x = as_vector(input)
    if not x._array.shape[d]:
        raise no_elements("mode", d, input)
    if not prod(x._array.shape):
        positions = _positions(x, d, False).narrow(d, 0, 1)
    else:
        positions = ops.mode_position.record(x.detach(), d)
    return like_input(input, return_types.mode, selected(ops.mode, x, positions, d, keep))
