"""Further entries of an operation, which differ in what the fast path does not take.

The operators of tensors, the standard's functions and PyTorch's are one operation with
one fast path; they disagree only on operands of other dtypes and of other classes. A twin
is the operation's own entry with another function behind it: the fast path stays as it is.
"""

from __future__ import annotations

import inspect
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable
from ..backend import registry
from ..dtypes import Kind, kind_of_scalar, promote_types
from . import conversion
from .recorder import follow, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tensor import Tensor
    from .declare import Operation

__all__ = ["deferring", "is_operand", "operator_form", "standard_form"]


def _twin(op: Operation, slow: Callable[..., Any], name: str, only_positional: int) -> Any:
    """Return a copy of an operation's entry that hands what it does not take to `slow`."""
    space: dict[str, Any] = {}

    def write(*arguments: Any) -> Any:
        with writing:
            if "op" not in space:
                entry: Any = op.call
                entry.__globals__["written"]("entry")
                own = SimpleNamespace(slow=slow, explain=op.explain, rescued=op.rescued)
                space.update({**entry.__globals__, "op": own})
                follow(twin, entry, lambda c: c.replace(co_posonlyargcount=only_positional))
        return twin(*arguments)

    space["write"] = write
    names = ", ".join([*op.operands, *op.option_parameters])
    passed = ", ".join([*op.operands, *op.option_names])
    scratch: dict[str, Any] = {}
    text = f"def stub({names}):\n    return write({passed})\n"
    # Under this name `anomaly` knows it for the library's own.
    exec(compile(text, "<stub of an operation>", "exec"), scratch)  # noqa: S102
    stub = scratch["stub"]
    code = stub.__code__.replace(co_posonlyargcount=only_positional)
    twin: Any = FunctionType(code, space, name, stub.__defaults__)
    twin.__qualname__ = name
    return twin


def is_operand(value: Any) -> bool:
    """Return whether a value can be an operand: a tensor, a number or a known array."""
    return (
        isinstance(value, Variable)
        or kind_of_scalar(value) is not None
        or registry.place_of(value) is not None
    )


def operator_form(op: Operation, name: str) -> Callable[..., Tensor]:
    """Return an operation as an operator, which leaves objects of other libraries to them."""

    def slow(*operands: Any) -> Any:
        if not isinstance(operands[0], Variable):
            raise TypeError(f"{name}() is a method of Tensor, not of {type(operands[0]).__name__}")
        if not is_operand(operands[-1]):
            return NotImplemented
        return op.slow(*operands)

    return _twin(op, slow, name, 0)  # type: ignore[no-any-return]


def deferring(method: Callable[[Any, Any], Any], name: str) -> Callable[..., Tensor]:
    """Return a method as an operator, which leaves objects of other libraries to them."""

    def operator(self: Any, other: Any) -> Any:
        try:
            return method(self, other)
        except TypeError:
            if is_operand(other):
                raise
            return NotImplemented

    operator.__name__ = operator.__qualname__ = name
    return operator


def standard_form(op: Operation, name: str) -> Any:
    """Return an operation as the Array API standard's function, promoting as it says."""

    def slow(*arguments: Any) -> Any:
        count = len(op.operands)
        return op.slow(*promoted(arguments[:count]), *arguments[count:])

    out = _twin(op, slow, name, len(op.operands))
    given = ["x"] if len(op.operands) == 1 else [f"x{k + 1}" for k in range(len(op.operands))]
    out.__signature__ = inspect.Signature(
        [inspect.Parameter(n, inspect.Parameter.POSITIONAL_ONLY) for n in given]
    )
    out.__doc__ = op.call.__doc__
    return out


def promoted(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return operands as they promote by the standard: 0-d arrays count as any other.

    What the standard leaves undefined, such as integers with floats, goes as in PyTorch.
    """
    tensors = [v for v in values if isinstance(v, Variable)]
    found = [t._place.dtype_of(t._array) for t in tensors]
    if len(tensors) < 2 or all(d is found[0] for d in found):
        return values
    wanted = found[0]
    for d in found[1:]:
        wanted = promote_types(wanted, d)
    if wanted.kind is Kind.BOOL:
        return values
    return tuple(v if not isinstance(v, Variable) else conversion.cast(v, wanted) for v in values)
