"""Circular and hyperbolic functions and their inverses."""

from __future__ import annotations

from typing import Any

from .declare import elementwise
from .kinds import is_complex
from .quotients import ratio

__all__: list[str] = []

sin = elementwise("sin", "sin", result="float", input=lambda xp, g, input: g * xp.cos(input))
cos = elementwise("cos", "cos", result="float", input=lambda xp, g, input: g * -xp.sin(input))
tan = elementwise("tan", "tan", result="float", input=lambda xp, g, out: g * (1 + out * out))


def _circle(xp: Any, x: Any) -> Any:
    """Return sqrt(1 - x**2), exact near 1."""
    return xp.sqrt(1 - x * x) if is_complex(x) else xp.sqrt((1 - x) * (1 + x))


asin = elementwise(
    "asin", "asin", result="float", input=lambda xp, g, input: g / _circle(xp, input)
)
acos = elementwise(
    "acos", "acos", result="float", input=lambda xp, g, input: -g / _circle(xp, input)
)


def _one_over_square(xp: Any, g: Any, x: Any) -> Any:
    """Return g / (1 + x**2), scaled so that the square does not overflow before the quotient."""
    scale = 2.0**-12 if "float16" in str(x.dtype) else 2.0**-60
    return scale * g / (scale + scale * x * x)


atan = elementwise(
    "atan", "atan", result="float", input=lambda xp, g, input: _one_over_square(xp, g, input)
)
sinh = elementwise("sinh", "sinh", result="float", input=lambda xp, g, input: g * xp.cosh(input))
cosh = elementwise("cosh", "cosh", result="float", input=lambda xp, g, input: g * xp.sinh(input))


# From the operand: the result of tanh has no digits left of a far tail.
tanh = elementwise(
    "tanh", "tanh", result="float", input=lambda xp, g, input: g * xp.sech_squared(input)
)
sech_squared = elementwise(
    "sech_squared",
    "sech_squared",
    result="float",
    input=lambda xp, g, input, out: g * (-2 * out * xp.tanh(input)),
)


def _hyperbola(xp: Any, x: Any) -> Any:
    """Return sqrt(x**2 + 1), whose square may overflow."""
    if is_complex(x):
        return xp.sqrt(1 + 1j * x) * xp.sqrt(1 - 1j * x)
    return xp.hypot(x, xp.ones_like(x))


asinh = elementwise(
    "asinh", "asinh", result="float", input=lambda xp, g, input: g / _hyperbola(xp, input)
)
acosh = elementwise(
    "acosh",
    "acosh",
    result="float",
    # As two roots: one alone, of input**2 - 1, has the wrong branch for complex numbers.
    input=lambda xp, g, input: g / (xp.sqrt(input - 1) * xp.sqrt(input + 1)),
)
atanh = elementwise(
    "atanh", "atanh", result="float", input=lambda xp, g, input: g / ((1 - input) * (1 + input))
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
