"""Comparisons, logic and bits, in PyTorch's spelling: nothing here has a gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..ops import comparison as ops
from . import docstrings
from .arguments import as_tensor_argument
from .elementwise import abs
from .outputs import public

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "allclose",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "eq",
    "equal",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
    "not_equal",
    "signbit",
]

eq = public(ops.eq, ("other",))
ne = not_equal = public(ops.ne, ("other",))
lt = less = public(ops.lt, ("other",))
le = less_equal = public(ops.le, ("other",))
gt = greater = public(ops.gt, ("other",))
ge = greater_equal = public(ops.ge, ("other",))
isnan = ops.isnan.call
isinf = ops.isinf.call
isfinite = ops.isfinite.call
signbit = public(ops.signbit, dtypes="exact")
logical_not = public(ops.logical_not)
logical_and = public(ops.logical_and, ())
logical_or = public(ops.logical_or, ())
logical_xor = public(ops.logical_xor, ())
bitwise_not = public(ops.bitwise_not, dtypes="exact")
bitwise_and = public(ops.bitwise_and)
bitwise_or = public(ops.bitwise_or)
bitwise_xor = public(ops.bitwise_xor)
bitwise_left_shift = public(ops.bitwise_left_shift)
bitwise_right_shift = public(ops.bitwise_right_shift)

#: Where doctest finds the examples of functions that no source shows.
__test__ = docstrings.attach(globals())


def isclose(
    input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Tensor:
    """Return where ``|input - other| <= atol + rtol * |other|``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.isclose(tg.tensor([1.0, 2.0]), tg.tensor([1.0 + 1e-7, 2.1]))
    tensor([ True, False])
    """
    _check_tolerances("isclose", input, other, rtol, atol)
    if rtol < 0 or atol < 0:
        raise RuntimeError(
            f"{'rtol' if rtol < 0 else 'atol'} must be greater than or equal to zero, but got "
            f"{rtol if rtol < 0 else atol}, in isclose()"
        )
    if dtypes.bool_ in (getattr(input, "dtype", None), getattr(other, "dtype", None)):
        return eq(input, other)
    near = abs(input - other) <= atol + rtol * abs(other)
    out = eq(input, other) | (near & isfinite(other) & isfinite(input))
    return out | (isnan(input) & isnan(other)) if equal_nan else out


def _check_tolerances(name: str, input: Any, other: Any, rtol: float, atol: float) -> None:
    if rtol < 0:
        raise RuntimeError(f"rtol must be greater than or equal to zero, but got {rtol}: {name}()")
    if atol < 0:
        raise RuntimeError(f"atol must be greater than or equal to zero, but got {atol}: {name}()")
    if getattr(input, "dtype", None) is not getattr(other, "dtype", None):
        input = as_tensor_argument(name, input)
        other = as_tensor_argument(name, other, "other", 2)
        if input.dtype is not other.dtype:
            names = (dtypes.LEGACY_NAMES[t.dtype.name] for t in (input, other))
            raise RuntimeError(" did not match ".join(names) + f": {name}() compares one dtype")


def allclose(
    input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Return whether all elements are close: see `isclose`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.allclose(tg.tensor([1.0]), tg.tensor([1.0 + 1e-7]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


def equal(input: Any, other: Any) -> bool:
    """Return whether two tensors have the same shape and elements.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.equal(tg.ones(2), tg.ones(2))
    True
    >>> tg.equal(tg.ones(2), tg.ones(1))
    False
    """
    input = as_tensor_argument("equal", input)
    other = as_tensor_argument("equal", other, "other", 2)
    return input.shape == other.shape and bool(eq(input, other).all())
