"""Parts of a tensor along one axis, and copies with such a part replaced."""

from __future__ import annotations

import builtins
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable
from ..dtypes import Kind
from ..ops import conversion
from ..ops import indexing as ops
from .arguments import as_tensor_argument
from .arguments import axis as axis_of
from .indexing import getitem
from .outputs import takes_out
from .strided import sliced_source

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["narrow", "narrow_copy", "select", "select_scatter", "slice", "slice_scatter"]

Index = tuple[Any, ...]


def narrow(input: Any, dim: int, start: Any, length: int) -> Tensor:
    """Return a view of `length` positions of an axis from `start` on.

    Parameters
    ----------
    input : Tensor
    dim : int
    start : int or Tensor
        Of one integer; a negative one counts from the end.
    length : int

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.narrow(tg.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    input = as_tensor_argument("narrow", input)
    if not input._array.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError(f"narrow(): length must be non-negative. It is {length}")
    if isinstance(start, Variable):
        if start._array.ndim or start._place.dtype_of(start._array).kind is not Kind.INT:
            raise RuntimeError("start must be an 0-dim integral Tensor.")
        start = int(start._array)
    d = axis_of("narrow", dim, input._array.ndim)
    size = input._array.shape[d]
    start = as_index(start)
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return getitem(input, _at(d, builtins.slice(start, start + length)))


@takes_out()
def narrow_copy(
    input: Any, dim: int, start: Any, length: int, *, out: Tensor | None = None
) -> Tensor:
    """Return a copy of what `narrow` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.narrow_copy(tg.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    return conversion.clone(narrow(input, dim, start, length))


def select(input: Any, dim: int, index: int) -> Tensor:
    """Return a view of one position of an axis, without that axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.select(tg.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    input = as_tensor_argument("select", input)
    d, k = _position("select", input, dim, index)
    return getitem(input, _at(d, k))


def _position(name: str, input: Any, dim: int, index: Any) -> tuple[int, int]:
    if not input._array.ndim:
        raise IndexError(f"{name}() cannot be applied to a 0-dim tensor.")
    d = axis_of(name, dim, input._array.ndim)
    k, size = as_index(index), input._array.shape[d]
    if not -size <= k < size:
        raise IndexError(
            f"{name}(): index {k} out of range for tensor of size {list(input._array.shape)} at "
            f"dimension {d}"
        )
    return d, k % size


def slice(
    input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """Return a view of every `step`-th position of an axis from `start` to before `end`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.slice(tg.arange(5), 0, 1, 5, 2)
    tensor([1, 3])
    """
    input = as_tensor_argument("slice", input)
    return getitem(input, _at(*_range("slice", input, dim, start, end, step)))


def _range(
    name: str, input: Any, dim: int, start: int | None, end: int | None, step: int
) -> tuple[int, builtins.slice]:
    if not input._array.ndim:
        raise RuntimeError(f"{name}() cannot be applied to a 0-dim tensor.")
    d = axis_of(name, dim, input._array.ndim)
    if step <= 0:
        raise RuntimeError(f"slice step must be positive: {name}() got {step}")
    first, last, _ = builtins.slice(start, end, step).indices(input._array.shape[d])
    return d, builtins.slice(first, max(first, last), step)


def _at(d: int, item: Any) -> Index:
    return (builtins.slice(None),) * d + (item,)


def _whole(input: Any, d: int, item: Any) -> Index:
    return _at(d, item) + (builtins.slice(None),) * (input._array.ndim - d - 1)


def select_scatter(input: Any, src: Any, dim: int, index: int) -> Tensor:
    """Return a copy of a tensor with `src` at one position of an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.select_scatter(tg.zeros(2, 2), tg.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    input = as_tensor_argument("select_scatter", input)
    d, k = _position("select_scatter", input, dim, index)
    shape = tuple(input._array.shape)
    src = sliced_source(input, src, shape[:d] + shape[d + 1 :])
    return ops.put.record(input, src, _whole(input, d, k))


@takes_out()
def slice_scatter(
    input: Any,
    src: Any,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Return a copy of a tensor with `src` at every `step`-th position of an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.slice_scatter(tg.zeros(4), tg.ones(2), 0, 1, None, 2)
    tensor([0., 1., 0., 1.])
    """
    input = as_tensor_argument("slice_scatter", input)
    d, item = _range("slice_scatter", input, dim, start, end, step)
    shape = tuple(input._array.shape)
    count = len(range(item.start, item.stop, item.step))
    src = sliced_source(input, src, (*shape[:d], count, *shape[d + 1 :]))
    return ops.put.record(input, src, _whole(input, d, item))
