"""Questions about tensors, and methods as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..autograd.graph import Variable
from ..ops import conversion

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from ..tensor import Tensor

__all__ = ["clone", "detach", "is_complex", "is_floating_point", "is_tensor", "numel"]


def clone(input: Tensor) -> Tensor:
    """Return a copy of a tensor; gradients flow through.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.clone(tg.ones(2))
    tensor([1., 1.])
    """
    return conversion.clone(input)


def detach(input: Tensor) -> Tensor:
    """Return a tensor that shares the memory, without history.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.detach(tg.ones(2, requires_grad=True)).requires_grad
    False
    """
    return input.detach()


def numel(input: Tensor) -> int:
    """Return the number of elements of a tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.numel(tg.ones(2, 3))
    6
    """
    return input.numel()


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
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Return whether a tensor's elements are complex.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.is_complex(tg.tensor(1j))
    True
    """
    return input.is_complex()
