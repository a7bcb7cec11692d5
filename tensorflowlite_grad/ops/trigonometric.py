"""Circular and hyperbolic functions and their inverses."""

from __future__ import annotations

from typing import Any

from .declare import elementwise
from .quotients import ratio

__all__: list[str] = []

sin = elementwise("sin", "sin", result="float", input=lambda xp, g, input: g * xp.cos(input))
cos = elementwise("cos", "cos", result="float", input=lambda xp, g, input: g * -xp.sin(input))
tan = elementwise("tan", "tan", result="float", input=lambda xp, g, out: g * (1 + out * out))
asin = elementwise(
    "asin", "asin", result="float", input=lambda xp, g, input: g / xp.sqrt(1 - input * input)
)
acos = elementwise(
    "acos", "acos", result="float", input=lambda xp, g, input: -g / xp.sqrt(1 - input * input)
)
atan = elementwise(
    "atan", "atan", result="float", input=lambda xp, g, input: g / (1 + input * input)
)
sinh = elementwise("sinh", "sinh", result="float", input=lambda xp, g, input: g * xp.cosh(input))
cosh = elementwise("cosh", "cosh", result="float", input=lambda xp, g, input: g * xp.sinh(input))
tanh = elementwise("tanh", "tanh", result="float", input=lambda xp, g, out: g * (1 - out * out))
asinh = elementwise(
    "asinh", "asinh", result="float", input=lambda xp, g, input: g / xp.sqrt(input * input + 1)
)
acosh = elementwise(
    "acosh",
    "acosh",
    result="float",
    # As two roots: one alone, of input**2 - 1, has the wrong branch for complex numbers.
    input=lambda xp, g, input: g / (xp.sqrt(input - 1) * xp.sqrt(input + 1)),
)
atanh = elementwise(
    "atanh", "atanh", result="float", input=lambda xp, g, input: g / (1 - input * input)
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
