"""`Variable`: what tensors with gradients were called in PyTorch once; programs still do."""

from __future__ import annotations

from typing import Any, ClassVar

from . import graph
from .nesting import queue_callback

__all__ = ["Variable"]


class _Engine:
    """What programs ask of PyTorch's engine by its private name."""

    queue_callback = staticmethod(queue_callback)


class _IsTensor(type):
    """Tensors are instances."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, graph.Variable)

    def __call__(cls, data: Any, requires_grad: bool = False) -> Any:
        if not isinstance(data, graph.Variable):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)  # type: ignore[attr-defined]


class Variable(metaclass=_IsTensor):
    """What `Tensor` was called: makes a tensor without history that shares the memory.

    For programs written for old releases of PyTorch; new ones need it for nothing.

    Parameters
    ----------
    data : Tensor
    requires_grad : bool

    Raises
    ------
    TypeError
        If `data` is no tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.autograd.Variable(tg.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    _execution_engine: ClassVar[_Engine] = _Engine()
