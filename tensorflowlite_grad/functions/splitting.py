"""Taking tensors apart, in PyTorch's spelling."""

from __future__ import annotations

from itertools import accumulate
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable
from ..dtypes import Kind
from ..ops import indexing as index_ops
from ..ops import variadic
from .arguments import as_tensor_argument, one_of
from .arguments import axis as axis_of
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "chunk",
    "dsplit",
    "hsplit",
    "split",
    "split_copy",
    "split_with_sizes",
    "split_with_sizes_copy",
    "tensor_split",
    "unbind",
    "unbind_copy",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "vsplit",
]


def _parts(name: str, input: Any, sizes: Any, dim: int, title: str, copy: bool = False) -> Any:
    """Return parts of given sizes along an axis."""
    if not input._array.ndim:
        raise RuntimeError(f"{name} expects at least a 1-dimensional tensor")
    d = axis_of(name, dim, input._array.ndim)
    ends = list(accumulate(sizes))
    selects = [slice(end - n, end) for end, n in zip(ends, sizes, strict=True)]
    return variadic.slices(input, d, selects, title, copy)


def _even(name: str, input: Any, step: Any, dim: int) -> list[int]:
    if not input._array.ndim:
        raise RuntimeError(f"{name} expects at least a 1-dimensional tensor")
    size = input._array.shape[axis_of(name, dim, input._array.ndim)]
    step = as_index(step)
    if step < 0 or (step == 0 and size):
        raise RuntimeError(
            f"{name} expects split_size be non-negative, and positive for an axis of size {size}, "
            f"but got split_size={step}"
        )
    return [min(step, size - k) for k in range(0, size, step)] if size else [0]


def split(
    input: Any, split_size_or_sections: Any, dim: int = 0, *, axis: int | None = None
) -> tuple[Tensor, ...]:
    """Return views of parts of a tensor along an axis.

    Parameters
    ----------
    input : Tensor
    split_size_or_sections : int or list of int
        The size of each part, the last being smaller, or the sizes one by one.
    dim : int

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.split(tg.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    input = as_tensor_argument("split", input)
    dim = one_of("split", dim, axis, "dim and axis", 0)
    if not isinstance(split_size_or_sections, (tuple, list)):
        sizes = _even("split", input, split_size_or_sections, dim)
        return _parts("split", input, sizes, dim, "SplitBackward0")
    return split_with_sizes(input, split_size_or_sections, dim)


def _checked_sizes(name: str, input: Any, split_sizes: Any, dim: int) -> list[int]:
    if not input._array.ndim:
        raise RuntimeError(f"{name} expects at least a 1-dimensional tensor")
    d = axis_of(name, dim, input._array.ndim)
    size, sizes = input._array.shape[d], [as_index(n) for n in split_sizes]
    if min(sizes, default=0) < 0:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={sizes}"
        )
    if sum(sizes) != size:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's "
            f"size at dimension {d}), but got split_sizes={sizes}"
        )
    return sizes


def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of parts of given sizes along an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.split_with_sizes(tg.arange(5), [2, 3])
    (tensor([0, 1]), tensor([2, 3, 4]))
    """
    input = as_tensor_argument("split_with_sizes", input)
    sizes = _checked_sizes("split_with_sizes", input, split_sizes, dim)
    out: tuple[Tensor, ...] = _parts("split", input, sizes, dim, "SplitWithSizesBackward0")
    return out


@takes_out()
def split_with_sizes_copy(
    input: Any, split_sizes: Any, dim: int = 0, *, out: Any = None
) -> tuple[Tensor, ...]:
    """Return copies of parts of given sizes along an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.split_with_sizes_copy(tg.arange(5), [2, 3])
    (tensor([0, 1]), tensor([2, 3, 4]))
    """
    input = as_tensor_argument("split_with_sizes_copy", input)
    sizes = _checked_sizes("split_with_sizes_copy", input, split_sizes, dim)
    result: tuple[Tensor, ...] = _parts(
        "split", input, sizes, dim, "SplitWithSizesBackward0Copy", copy=True
    )
    return result


def unsafe_split(input: Any, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return copies of parts of a tensor along an axis, which may be changed in place.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unsafe_split(tg.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    input = as_tensor_argument("unsafe_split", input)
    sizes = _even("unsafe_split", input, split_size, dim)
    out: tuple[Tensor, ...] = _parts("split", input, sizes, dim, "UnsafeSplitBackward0", copy=True)
    return out


def unsafe_split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return copies of parts of given sizes along an axis, which may be changed in place.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unsafe_split_with_sizes(tg.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    input = as_tensor_argument("unsafe_split_with_sizes", input)
    sizes = _checked_sizes("unsafe_split_with_sizes", input, split_sizes, dim)
    out: tuple[Tensor, ...] = _parts(
        "split", input, sizes, dim, "UnsafeSplitWithSizesBackward0", copy=True
    )
    return out


@takes_out()
def split_copy(input: Any, split_size: Any, dim: int = 0, *, out: Any = None) -> tuple[Tensor, ...]:
    """Return copies of parts of a tensor along an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.split_copy(tg.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    input = as_tensor_argument("split_copy", input)
    sizes = _even("split_copy", input, split_size, dim)
    result: tuple[Tensor, ...] = _parts("split", input, sizes, dim, "SplitBackward0Copy", copy=True)
    return result


def _chunk_sizes(name: str, input: Any, chunks: int, dim: int) -> list[int]:
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    if not input._array.ndim:
        raise RuntimeError(f"{name} expects at least a 1-dimensional tensor")
    size = input._array.shape[axis_of(name, dim, input._array.ndim)]
    return _even(name, input, -(-size // chunks), dim) if size else [0] * chunks


def chunk(input: Any, chunks: int, dim: int = 0, *, axis: int | None = None) -> tuple[Tensor, ...]:
    """Return views of at most `chunks` parts of a tensor, of equal size but the last.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.chunk(tg.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    input = as_tensor_argument("chunk", input)
    dim = one_of("chunk", dim, axis, "dim and axis", 0)
    sizes = _chunk_sizes("chunk", input, chunks, dim)
    out: tuple[Tensor, ...] = _parts("chunk", input, sizes, dim, "SplitBackward0")
    return out


def unsafe_chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return copies of at most `chunks` parts of a tensor, which may be changed in place.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unsafe_chunk(tg.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    input = as_tensor_argument("unsafe_chunk", input)
    sizes = _chunk_sizes("unsafe_chunk", input, chunks, dim)
    out: tuple[Tensor, ...] = _parts("chunk", input, sizes, dim, "UnsafeSplitBackward0", copy=True)
    return out


def _unbound(name: str, input: Any, dim: int, title: str, copy: bool) -> Any:
    input = as_tensor_argument(name, input)
    if not input._array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions, in {name}()")
    d = axis_of(name, dim, input._array.ndim)
    return variadic.slices(input, d, list(range(input._array.shape[d])), title, copy)


def unbind(input: Any, dim: int = 0, *, axis: int | None = None) -> tuple[Tensor, ...]:
    """Return views of a tensor's parts along an axis, without that axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unbind(tg.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    dim = one_of("unbind", dim, axis, "dim and axis", 0)
    out: tuple[Tensor, ...] = _unbound("unbind", input, dim, "UnbindBackward0", False)
    return out


@takes_out()
def unbind_copy(input: Any, dim: int = 0, *, out: Any = None) -> tuple[Tensor, ...]:
    """Return copies of a tensor's parts along an axis, without that axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unbind_copy(tg.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    result: tuple[Tensor, ...] = _unbound("unbind_copy", input, dim, "UnbindBackward0Copy", True)
    return result


def tensor_split(
    input: Any, indices_or_sections: Any, dim: int = 0, *, axis: int | None = None
) -> tuple[Tensor, ...]:
    """Return views of parts of a tensor along an axis: so many, or cut at given positions.

    Parameters
    ----------
    input : Tensor
    indices_or_sections : int, sequence of int, or Tensor
        The number of parts, or the positions to cut before.
    dim : int

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.tensor_split(tg.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    >>> tg.tensor_split(tg.arange(5), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    input = as_tensor_argument("tensor_split", input)
    dim = one_of("tensor_split", dim, axis, "dim and axis", 0)
    if not input._array.ndim:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    d = axis_of("tensor_split", dim, input._array.ndim)
    size = input._array.shape[d]
    given = indices_or_sections
    if isinstance(given, Variable):
        given = as_tensor_argument("tensor_split", given)
        if given._place.kind != "cpu" and given._array.ndim:
            raise RuntimeError("tensor_split expected tensor_indices_or_sections to be on cpu")
        if given._array.ndim > 1 or given.dtype.kind is not Kind.INT:
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or "
                f"one-dimensional tensor of int64, but got {given.dtype.name} of "
                f"{given._array.ndim} dims"
            )
        given = given.tolist()
    if isinstance(given, (tuple, list)):
        cuts = [as_index(k) for k in given]
    else:
        sections = as_index(given)
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        small, more = divmod(size, sections)
        cuts = [k * small + min(k, more) for k in range(1, sections)]
    out, before = [], (slice(None),) * d
    after = (slice(None),) * (input._array.ndim - d - 1)
    for first, last in zip([0, *cuts], [*cuts, None], strict=True):
        low, high, _ = slice(first, last).indices(size)
        out.append(index_ops.slice_.record(input, (*before, slice(low, max(low, high), 1), *after)))
    return tuple(out)


def _split_along(name: str, input: Any, given: Any, least: int, axis: int) -> Any:
    input = as_tensor_argument(name, input)
    n = input._array.ndim
    if n < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor "
            f"with {n} dimensions!"
        )
    if not isinstance(given, (int, tuple, list, Variable)):
        raise TypeError(
            f"{name}() received an invalid combination of arguments. It takes an int or a "
            f"sequence of int, not {type(given).__name__}"
        )
    if isinstance(given, int):
        size = input._array.shape[axis]
        if given <= 0 or size % given:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {axis}, but the size of the "
                f"dimension {size} is not divisible by the split_size {given}!"
            )
    return tensor_split(input, given, axis)


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Return views of parts side by side: see `tensor_split`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.hsplit(tg.arange(4), 2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    axis = 0 if getattr(input, "ndim", 0) == 1 else 1
    out: tuple[Tensor, ...] = _split_along("hsplit", input, indices_or_sections, 1, axis)
    return out


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Return views of parts one below the other: see `tensor_split`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.vsplit(tg.tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    out: tuple[Tensor, ...] = _split_along("vsplit", input, indices_or_sections, 2, 0)
    return out


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Return views of parts along the third axis: see `tensor_split`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> [part.shape for part in tg.dsplit(tg.ones(1, 2, 4), 2)]
    [tensorflowlite_grad.Size([1, 2, 2]), tensorflowlite_grad.Size([1, 2, 2])]
    """
    out: tuple[Tensor, ...] = _split_along("dsplit", input, indices_or_sections, 3, 2)
    return out
