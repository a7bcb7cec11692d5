"""Extremes that pass over NaN, steps, replacements, and integers' common divisors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..limits import finfo
from ..ops import limits
from . import docstrings
from .arguments import as_tensor_argument, together
from .outputs import public, takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "fmax",
    "fmin",
    "gcd",
    "heaviside",
    "isneginf",
    "isposinf",
    "isreal",
    "lcm",
    "nan_to_num",
    "nextafter",
]

fmax = public(limits.fmax, ())
fmin = public(limits.fmin, ())
isreal = limits.isreal.call
isposinf = public(limits.isposinf, dtypes="exact")
isneginf = public(limits.isneginf, dtypes="exact")

#: Where doctest finds the examples of functions that no source shows.
__test__ = docstrings.attach(globals())


def _pair(name: str, input: Any, other: Any, argument: str = "other") -> list[Any]:
    input = as_tensor_argument(name, input)
    return [input, as_tensor_argument(name, other, argument, 2)]


@takes_out()
def heaviside(input: Any, values: Any, *, out: Tensor | None = None) -> Tensor:
    """Return 0 for negative elements, 1 for positive ones, and `values` where they are 0.

    Parameters
    ----------
    input : Tensor
    values : Tensor
        Of the same dtype. Gradients go to it, where it is taken.

    Raises
    ------
    RuntimeError
        If the dtypes differ.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.heaviside(tg.tensor([-1.5, 0.0, 2.0]), tg.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    input, values = _pair("heaviside", input, values, "values")
    if dtypes.Kind.COMPLEX in (input.dtype.kind, values.dtype.kind):
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if input.dtype is not values.dtype:
        raise RuntimeError(
            "heaviside is not yet implemented for tensors with different dtypes: "
            f"{input.dtype.name} and {values.dtype.name}"
        )
    return limits.heaviside.call(input, values)


@takes_out()
def nan_to_num(
    input: Any,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Return the elements with NaN and infinities replaced.

    Parameters
    ----------
    input : Tensor
    nan : float
        In the place of NaN.
    posinf, neginf : float, optional
        In the place of infinities; without them, the dtype's greatest and least number.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nan_to_num(tg.tensor([1.0, float("nan"), float("inf")]), posinf=9.0)
    tensor([1., 0., 9.])
    """
    input = as_tensor_argument("nan_to_num", input)
    if not input.dtype.is_differentiable:
        return input.clone()
    if input.dtype.is_complex:
        from .parts import complex as joined

        return joined(
            nan_to_num(input.real, nan, posinf, neginf), nan_to_num(input.imag, nan, posinf, neginf)
        )
    info = finfo(input.dtype)
    return limits.nan_to_num.call(
        input,
        0.0 if nan is None else float(nan),
        info.max if posinf is None else float(posinf),
        info.min if neginf is None else float(neginf),
    )


@takes_out("cast")
def nextafter(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the next floating-point numbers after `input`, toward `other`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nextafter(tg.tensor([1.0]), tg.tensor([2.0])) - 1
    tensor([1.1921e-07])
    """
    input, other = together("nextafter", _pair("nextafter", input, other))
    if not input.dtype.is_floating_point:
        raise NotImplementedError(
            f"\"nextafter\" not implemented for '{dtypes.LEGACY_NAMES[input.dtype.name]}': "
            "it is for floating-point tensors"
        )
    return limits.nextafter.call(input, other)


def _of_integers(name: str, input: Any, other: Any) -> list[Any]:
    input, other = together(name, _pair(name, input, other))
    if input.dtype.kind is not dtypes.Kind.INT:
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{dtypes.LEGACY_NAMES[input.dtype.name]}': "
            "it is for integer tensors"
        )
    return [input, other]


@takes_out("cast")
def gcd(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the greatest common divisors of integers; that of 0 and 0 is 0.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.gcd(tg.tensor([5, 10, 15]), tg.tensor([3, 4, 5]))
    tensor([1, 2, 5])
    """
    return limits.gcd.call(*_of_integers("gcd", input, other))


@takes_out("cast")
def lcm(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the least common multiples of integers.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.lcm(tg.tensor([5, 10, 15]), tg.tensor([3, 4, 5]))
    tensor([15, 20, 15])
    """
    return limits.lcm.call(*_of_integers("lcm", input, other))
