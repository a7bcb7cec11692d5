"""Questions about tensors, and methods as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable
from ..dtypes import dtype
from ..layouts import check_memory_format, contiguous_format, preserve_format
from ..ops import conversion
from .arguments import as_tensor_argument

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from ..tensor import Tensor

__all__ = [
    "can_cast",
    "clone",
    "detach",
    "get_device",
    "is_complex",
    "is_floating_point",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_storage",
    "is_tensor",
    "numel",
]


def clone(input: Tensor, *, memory_format: Any = preserve_format) -> Tensor:
    """Return a copy of a tensor; gradients flow through.

    Parameters
    ----------
    input : Tensor
    memory_format : memory_format
        With `contiguous_format` the elements of the copy lie in memory in order.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.clone(tg.ones(2))
    tensor([1., 1.])
    """
    check_memory_format("clone", memory_format)
    out: Any = conversion.clone(as_tensor_argument("clone", input))
    if memory_format is contiguous_format and not out.is_contiguous():
        # A clone may keep the order of the axes in memory.
        out._array = out._place.backend.copy(out._place.xp, out._array)
    return out


def detach(input: Tensor) -> Tensor:
    """Return a tensor that shares the memory, without history.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.detach(tg.ones(2, requires_grad=True)).requires_grad
    False
    """
    return as_tensor_argument("detach", input).detach()


def numel(input: Tensor) -> int:
    """Return the number of elements of a tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.numel(tg.ones(2, 3))
    6
    """
    return as_tensor_argument("numel", input).numel()


def is_tensor(obj: object) -> TypeIs[Tensor]:
    """Return whether an object is a tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.is_tensor([1.0])
    False
    """
    return isinstance(obj, Variable)


def is_floating_point(input: Tensor) -> bool:
    """Return whether a tensor's elements are real floating-point numbers.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.is_floating_point(tg.tensor(1))
    False
    """
    input = as_tensor_argument("is_floating_point", input)
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Return whether a tensor's elements are complex.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.is_complex(tg.tensor(1j))
    True
    """
    input = as_tensor_argument("is_complex", input)
    return input.is_complex()


def is_nonzero(input: Tensor) -> bool:
    """Return whether the only element of a tensor is not zero.

    Raises
    ------
    RuntimeError
        If there is not exactly one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.is_nonzero(tg.tensor([0.5]))
    True
    """
    return bool(as_tensor_argument("is_nonzero", input))


def is_signed(input: Tensor) -> bool:
    """Return whether a tensor's dtype has negative numbers.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.is_signed(tg.ones(2, dtype=tg.uint8))
    False
    """
    input = as_tensor_argument("is_signed", input)
    return input.dtype.is_signed


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Return whether two tensors have one shape.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.is_same_size(tg.ones(2), tg.ones(2, 1))
    False
    """
    input = as_tensor_argument("is_same_size", input)
    other = as_tensor_argument("is_same_size", other, "other", 2)
    return input.shape == other.shape


def get_device(input: Tensor) -> int:
    """Return the index of the device that a tensor is on: -1 for the CPU.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.get_device(tg.ones(2, device="cpu"))
    -1
    """
    place: Any = as_tensor_argument("get_device", input)._place
    return -1 if place.kind == "cpu" else int(place.index)


def is_storage(obj: object) -> bool:
    """Return whether an object is a tensor's storage, as PyTorch has them: none is, here.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.is_storage(tg.ones(2))
    False
    """
    return False


def can_cast(from_: dtype, to: dtype) -> bool:
    """Return whether promotion may turn one dtype into another: never into a lesser kind.

    Kinds, from the least, are truth values, integers, floating-point and complex numbers.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.can_cast(tg.float64, tg.float32), tg.can_cast(tg.float32, tg.int64)
    (True, False)
    """
    for argument, value in (("from_", from_), ("to", to)):
        if not isinstance(value, dtype):
            raise TypeError(
                f"can_cast(): argument {argument!r} must be dtype, not {type(value).__name__}"
            )
    return from_.kind <= to.kind
