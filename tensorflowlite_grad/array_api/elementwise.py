"""Functions that work element by element.

Each is an operation's own entry, with the standard's promotion behind its fast path.
"""

from __future__ import annotations

from typing import Any

from ..autograd.graph import Variable
from ..functions import elementwise as f
from ..ops import arithmetic, comparison, conversion, exponential, limits, parts, trigonometric
from ..ops.twins import promoted, standard_form

__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "ceil",
    "clip",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "divide",
    "equal",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "hypot",
    "imag",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "real",
    "reciprocal",
    "remainder",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "trunc",
]

abs = standard_form(arithmetic.abs_, "abs")
acos = standard_form(trigonometric.acos, "acos")
acosh = standard_form(trigonometric.acosh, "acosh")
add = standard_form(arithmetic.add, "add")
asin = standard_form(trigonometric.asin, "asin")
asinh = standard_form(trigonometric.asinh, "asinh")
atan = standard_form(trigonometric.atan, "atan")
atan2 = standard_form(trigonometric.atan2, "atan2")
atanh = standard_form(trigonometric.atanh, "atanh")
bitwise_and = standard_form(comparison.bitwise_and, "bitwise_and")
bitwise_invert = standard_form(comparison.bitwise_not, "bitwise_invert")
bitwise_left_shift = standard_form(comparison.bitwise_left_shift, "bitwise_left_shift")
bitwise_or = standard_form(comparison.bitwise_or, "bitwise_or")
bitwise_right_shift = standard_form(comparison.bitwise_right_shift, "bitwise_right_shift")
bitwise_xor = standard_form(comparison.bitwise_xor, "bitwise_xor")
ceil = standard_form(arithmetic.ceil, "ceil")
copysign = standard_form(arithmetic.copysign, "copysign")
cos = standard_form(trigonometric.cos, "cos")
cosh = standard_form(trigonometric.cosh, "cosh")
divide = standard_form(arithmetic.div, "divide")
equal = standard_form(comparison.eq, "equal")
exp = standard_form(exponential.exp, "exp")
expm1 = standard_form(exponential.expm1, "expm1")
floor = standard_form(arithmetic.floor, "floor")
floor_divide = standard_form(arithmetic.floor_divide, "floor_divide")
greater = standard_form(comparison.gt, "greater")
greater_equal = standard_form(comparison.ge, "greater_equal")
hypot = standard_form(arithmetic.hypot, "hypot")
isfinite = standard_form(comparison.isfinite, "isfinite")
isinf = standard_form(comparison.isinf, "isinf")
isnan = standard_form(comparison.isnan, "isnan")
less = standard_form(comparison.lt, "less")
less_equal = standard_form(comparison.le, "less_equal")
log = standard_form(exponential.log_, "log")
log10 = standard_form(exponential.log10, "log10")
log1p = standard_form(exponential.log1p, "log1p")
log2 = standard_form(exponential.log2, "log2")
logaddexp = standard_form(exponential.logaddexp, "logaddexp")
logical_and = standard_form(comparison.logical_and, "logical_and")
logical_not = standard_form(comparison.logical_not, "logical_not")
logical_or = standard_form(comparison.logical_or, "logical_or")
logical_xor = standard_form(comparison.logical_xor, "logical_xor")
maximum = standard_form(arithmetic.maximum, "maximum")
minimum = standard_form(arithmetic.minimum, "minimum")
multiply = standard_form(arithmetic.mul, "multiply")
negative = standard_form(arithmetic.neg, "negative")
not_equal = standard_form(comparison.ne, "not_equal")
reciprocal = standard_form(arithmetic.reciprocal, "reciprocal")
remainder = standard_form(arithmetic.remainder, "remainder")
signbit = standard_form(comparison.signbit, "signbit")
sin = standard_form(trigonometric.sin, "sin")
sinh = standard_form(trigonometric.sinh, "sinh")
sqrt = standard_form(arithmetic.sqrt, "sqrt")
square = standard_form(arithmetic.square, "square")
subtract = standard_form(arithmetic.sub, "subtract")
tan = standard_form(trigonometric.tan, "tan")
tanh = standard_form(trigonometric.tanh, "tanh")
trunc = standard_form(arithmetic.trunc, "trunc")

_round = arithmetic.round_.call
_sgn = arithmetic.sgn.call
_sign = arithmetic.sign.call


def conj(x: Any, /) -> Any:
    """Return complex conjugates."""
    return f.conj(x)


def imag(x: Any, /) -> Any:
    """Return imaginary parts."""
    return f.imag(x)


def real(x: Any, /) -> Any:
    """Return real parts."""
    return f.real(x)


def positive(x: Any, /) -> Any:
    """Return the array."""
    return f.positive(x)


def nextafter(x1: Any, x2: Any, /) -> Any:
    """Return the next representable numbers after `x1`, toward `x2`."""
    return limits.nextafter.call(*promoted((x1, x2)))


def pow(x1: Any, x2: Any, /) -> Any:
    """Return `x1` raised to `x2`."""
    if isinstance(x2, Variable):
        x1, x2 = promoted((x1, x2))
    return f.pow(x1, x2)


def round(x: Any, /) -> Any:
    """Return the nearest integers, the even one of two."""
    if x.dtype.is_complex:
        return parts.complex_.record(_round(f.real(x), 0), _round(f.imag(x), 0))
    return _round(x, 0)


def sign(x: Any, /) -> Any:
    """Return the signs of real numbers, z / |z| of complex ones."""
    return _sgn(x) if x.dtype.is_complex else _sign(x)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """Return `x` with what lies outside [min, max] moved to the nearer bound."""
    if min is None and max is None:
        return conversion.clone(x)
    if isinstance(min, Variable) or isinstance(max, Variable):
        min, max = _bound(x, min), _bound(x, max)
    return f.clamp(x, min, max)


def _bound(x: Any, bound: Any) -> Any:
    if bound is None or isinstance(bound, Variable):
        return bound if bound is None else conversion.cast(bound, x.dtype)
    place = x._place
    return place.wrap(place.scalar(bound, x._array.dtype), place)
