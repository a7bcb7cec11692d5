"""Joining tensors and taking them apart, in PyTorch's spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable
from ..ops import variadic
from .arguments import as_tensor_argument, one_of, together
from .arguments import axis as axis_of
from .shape import expand, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "atleast_1d",
    "cat",
    "chunk",
    "concat",
    "concatenate",
    "hstack",
    "meshgrid",
    "split",
    "stack",
    "unbind",
    "vstack",
]


def _joined(name: str, tensors: Any) -> list[Any]:
    if isinstance(tensors, Variable):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor"
        )
    listed = [as_tensor_argument(name, t, "tensors") for t in tensors]
    if not listed:
        raise ValueError(f"{name}(): expected a non-empty list of Tensors")
    if len(listed) == 1:
        return listed
    return together(name, listed)


def cat(tensors: Any, dim: int = 0, *, axis: Any = None) -> Tensor:
    """Return tensors joined along an axis that they have.

    Parameters
    ----------
    tensors : sequence of Tensor
        Equal in shape but for `dim`; their dtypes are promoted.
    dim : int

    Raises
    ------
    RuntimeError
        If other sizes differ.
    ValueError
        If there are none.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cat([tg.ones(2), tg.zeros(1)])
    tensor([1., 1., 0.])
    """
    listed = _joined("cat", tensors)
    dim = one_of("cat", dim, axis, "dim and axis", 0)
    # PyTorch lets an empty vector go along with anything.
    full = listed
    if any(t._array.ndim > 1 for t in listed):
        full = [t for t in listed if tuple(t._array.shape) != (0,)]
    shape = tuple(full[0]._array.shape)
    if not shape:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    d = axis_of("cat", dim, len(shape))
    for number, other in enumerate(full):
        theirs = tuple(other._array.shape)
        if len(theirs) != len(shape):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(shape)} and {len(theirs)}"
            )
        for k, (a, b) in enumerate(zip(shape, theirs, strict=True)):
            if a != b and k != d:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {d}. Expected size {a} but "
                    f"got size {b} for tensor number {number} in the list."
                )
    return variadic.concatenate(full, d)


concat = concatenate = cat


def stack(tensors: Any, dim: int = 0, *, axis: Any = None) -> Tensor:
    """Return tensors of one shape joined along a new axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.stack([tg.ones(2), tg.zeros(2)]).shape
    tensorflowlite_grad.Size([2, 2])
    """
    if isinstance(tensors, (list, tuple)) and not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    listed = _joined("stack", tensors)
    dim = one_of("stack", dim, axis, "dim and axis", 0)
    shape = tuple(listed[0]._array.shape)
    for number, other in enumerate(listed):
        if tuple(other._array.shape) != shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 "
                f"and {list(other._array.shape)} at entry {number}"
            )
    return variadic.stack(listed, axis_of("stack", dim, len(shape), 1))


def atleast_1d(input: Any) -> Tensor:
    """Return a tensor of one axis at least.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.atleast_1d(tg.tensor(5))
    tensor([5])
    """
    return reshape(input, 1) if not input._array.ndim else input


def hstack(tensors: Any) -> Tensor:
    """Return tensors joined side by side.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.hstack((tg.tensor([1, 2]), tg.tensor([3])))
    tensor([1, 2, 3])
    """
    listed = [atleast_1d(t) for t in _joined("hstack", tensors)]
    return cat(listed, 0 if listed[0]._array.ndim == 1 else 1)


def vstack(tensors: Any) -> Tensor:
    """Return tensors joined one below the other.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.vstack((tg.tensor([1, 2]), tg.tensor([3, 4])))
    tensor([[1, 2],
            [3, 4]])
    """
    listed = _joined("vstack", tensors)
    return cat([reshape(t, (1, -1)) if t._array.ndim < 2 else t for t in listed], 0)


def split(input: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
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
    d = axis_of("split", dim, input._array.ndim)
    if not input._array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    size = input._array.shape[d]
    title = "SplitBackward0"
    if isinstance(split_size_or_sections, int):
        step = split_size_or_sections
        if step < 0 or (step == 0 and size):
            raise RuntimeError(f"split expects split_size be positive, but got {step}")
        sizes = [min(step, size - k) for k in range(0, size, step)] if size else [0]
    else:
        title = "SplitWithSizesBackward0"
        sizes = [int(n) for n in split_size_or_sections]
        if sum(sizes) != size or min(sizes, default=0) < 0:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's "
                f"size at dimension {d}), but got split_sizes={sizes}"
            )
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    selects = [slice(a, a + n) for a, n in zip(starts, sizes, strict=True)]
    return variadic.slices(input, d, selects, title)


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of at most `chunks` parts of a tensor, of equal size but the last.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.chunk(tg.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    d = axis_of("chunk", dim, input._array.ndim)
    size = input._array.shape[d] if input._array.ndim else 0
    return split(input, max(-(-size // chunks), 1), dim)


def unbind(input: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of a tensor's parts along an axis, without that axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unbind(tg.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    input = as_tensor_argument("unbind", input)
    if not input._array.ndim:
        raise RuntimeError("Dimension specified as 0 but tensor has no dimensions")
    d = axis_of("unbind", dim, input._array.ndim)
    return variadic.slices(input, d, list(range(input._array.shape[d])), "UnbindBackward0")


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return coordinate tensors of a grid; ``"ij"`` or ``"xy"`` order.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, y = tg.meshgrid(tg.arange(2), tg.arange(3), indexing="ij")
    >>> x
    tensor([[0, 0, 0],
            [1, 1, 1]])
    >>> y
    tensor([[0, 1, 2],
            [0, 1, 2]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'meshgrid: indexing must be one of "xy" or "ij", but got: {indexing}')
    if indexing == "xy" and len(tensors) > 1:
        second, first, *rest = meshgrid(tensors[1], tensors[0], *tensors[2:])
        return (first, second, *rest)
    shape = tuple(t.numel() for t in tensors)
    n = len(tensors)
    return tuple(
        expand(reshape(t, (1,) * k + (-1,) + (1,) * (n - k - 1)), shape)
        for k, t in enumerate(tensors)
    )
