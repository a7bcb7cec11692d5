"""Circular and hyperbolic functions and their inverses."""

from __future__ import annotations

from typing import Any

from .declare import elementwise
from .quotients import ratio

__all__: list[str] = []

sin = elementwise("sin", "sin", result="float", input=lambda xp, g, input: g * xp.cos(input))
cos = elementwise("cos", "cos", result="float", input=lambda xp, g, input: g * -xp.sin(input))
tan = elementwise("tan", "tan", result="float", input=lambda xp, g, out: g * (1 + out * out))


#: 1 - input**2, exact near 1.
one_minus_square = elementwise(
    "one_minus_square",
    "one_minus_square",
    result="float",
    input=lambda xp, g, input: g * (-2 * input),
)
asin = elementwise(
    "asin",
    "asin",
    result="float",
    input=lambda xp, g, input: g / xp.sqrt(xp.one_minus_square(input)),
)
acos = elementwise(
    "acos",
    "acos",
    result="float",
    input=lambda xp, g, input: -g / xp.sqrt(xp.one_minus_square(input)),
)


atan = elementwise(
    "atan", "atan", result="float", input=lambda xp, g, input: g * xp.atan_slope(input)
)
#: 1 / (1 + input**2), of which the square may overflow before the quotient vanishes.
atan_slope = elementwise(
    "atan_slope",
    "atan_slope",
    result="float",
    input=lambda xp, g, input, out: g * (-2 * input * out * out),
)
sinh = elementwise("sinh", "sinh", result="float", input=lambda xp, g, input: g * xp.cosh(input))
cosh = elementwise("cosh", "cosh", result="float", input=lambda xp, g, input: g * xp.sinh(input))


# From the operand: the result of tanh has no digits left of a far tail.
tanh = elementwise(
    "tanh", "tanh", result="float", input=lambda xp, g, input: g * xp.sech_squared(input, 1.0)
)
#: (scale / cosh(scale * input))**2
sech_squared = elementwise(
    "sech_squared",
    "sech_squared",
    ["scale"],
    result="float",
    input=lambda xp, g, input, out, scale: g * (-2 * scale * out * xp.tanh(scale * input)),
)


asinh = elementwise(
    "asinh", "asinh", result="float", input=lambda xp, g, input: g * xp.asinh_slope(input)
)
#: 1 / sqrt(1 + input**2), of which the square alone would overflow.
asinh_slope = elementwise(
    "asinh_slope",
    "asinh_slope",
    result="float",
    input=lambda xp, g, input, out: -g * (input * out * out * out),
)
acosh = elementwise(
    "acosh",
    "acosh",
    result="float",
    # As two roots: one alone, of input**2 - 1, has the wrong branch for complex numbers.
    input=lambda xp, g, input: g / (xp.sqrt(input - 1) * xp.sqrt(input + 1)),
)
atanh = elementwise(
    "atanh", "atanh", result="float", input=lambda xp, g, input: g / xp.one_minus_square(input)
)


def _over_square(xp: Any, g: Any, part: Any, x: Any, y: Any) -> Any:
    """Return g * part / (x**2 + y**2), zero at the origin as in PyTorch."""
    return g * ratio(xp, part, x * x + y * y)


atan2 = elementwise(
    "atan2",
    "atan2",
    result="realfloat",
    input=lambda xp, g, input, other: _over_square(xp, g, other, input, other),
    other=lambda xp, g, input, other: _over_square(xp, g, -input, input, other),
)
