"""What chooses between an operand and something else: extremes without NaN, steps, replacements."""

from __future__ import annotations

from math import inf
from typing import Any

from .declare import elementwise, nondifferentiable
from .kinds import is_complex, is_floating

__all__: list[str] = []


def _beside_nan(xp: Any, choose: str, x: Any, y: Any) -> Any:
    if not is_floating(x):
        return getattr(xp, choose)(x, y)
    return xp.where(x != x, y, xp.where(y != y, x, getattr(xp, choose)(x, y)))


# Of a tie the first operand gets all, as in PyTorch.
fmax = elementwise(
    "fmax",
    lambda xp, input, other: _beside_nan(xp, "maximum", input, other),
    result="real",
    input=lambda xp, g, input, other: xp.where(
        (input >= other) | (other != other), g, xp.zeros_like(g)
    ),
    other=lambda xp, g, input, other: xp.where(
        (input >= other) | (other != other), xp.zeros_like(g), g
    ),
)
fmin = elementwise(
    "fmin",
    lambda xp, input, other: _beside_nan(xp, "minimum", input, other),
    result="real",
    input=lambda xp, g, input, other: xp.where(
        (input <= other) | (other != other), g, xp.zeros_like(g)
    ),
    other=lambda xp, g, input, other: xp.where(
        (input <= other) | (other != other), xp.zeros_like(g), g
    ),
)


def _step(xp: Any, x: Any, values: Any) -> Any:
    above = xp.where(x > 0, xp.ones_like(x), xp.zeros_like(x))
    return xp.where(x == 0, values, above)


heaviside = elementwise(
    "heaviside",
    _step,
    result="real",
    input=lambda xp, g, input: xp.zeros_like(g),
    values=lambda xp, g, input: xp.where(input == 0, g, xp.zeros_like(g)),
)


def _replaced(xp: Any, x: Any, nan: float, posinf: float, neginf: float) -> Any:
    x = xp.where(x != x, xp.full_like(x, nan), x)
    x = xp.where(x == inf, xp.full_like(x, posinf), x)
    return xp.where(x == -inf, xp.full_like(x, neginf), x)


def _finite(xp: Any, x: Any) -> Any:
    return (x == x) & (x != inf) & (x != -inf)


#: Of real floating-point numbers.
nan_to_num = elementwise(
    "nan_to_num",
    _replaced,
    ["nan", "posinf", "neginf"],
    result="realfloat",
    input=lambda xp, g, input: xp.where(_finite(xp, input), g, xp.zeros_like(g)),
)
nextafter = nondifferentiable("nextafter", "nextafter", ["input", "other"], result="realfloat")


def _infinite(xp: Any, x: Any, value: float) -> Any:
    return x == value if is_floating(x) else xp.full_like(x, False, dtype=xp.bool)


isposinf = nondifferentiable(
    "isposinf", lambda xp, input: _infinite(xp, input, inf), ["input"], result="real"
)
isneginf = nondifferentiable(
    "isneginf", lambda xp, input: _infinite(xp, input, -inf), ["input"], result="real"
)


def _without_imaginary_part(xp: Any, x: Any) -> Any:
    return xp.imag(x) == 0 if is_complex(x) else xp.full_like(x, True, dtype=xp.bool)


isreal = nondifferentiable("isreal", _without_imaginary_part, ["input"])
gcd = nondifferentiable("gcd", "gcd", ["input", "other"])
lcm = nondifferentiable("lcm", "lcm", ["input", "other"])
