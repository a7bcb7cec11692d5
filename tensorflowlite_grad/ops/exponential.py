"""Exponentials, logarithms and what is made of them."""

from __future__ import annotations

from math import log
from typing import Any

from .declare import elementwise
from .kinds import is_complex

__all__: list[str] = []

exp = elementwise("exp", "exp", result="float", input=lambda xp, g, out: g * out)
exp2 = elementwise(
    "exp2",
    lambda xp, input: xp.pow(xp.full_like(input, 2), input),
    result="float",
    input=lambda xp, g, out: g * (out * log(2)),
)
expm1 = elementwise("expm1", "expm1", result="float", input=lambda xp, g, input: g * xp.exp(input))
log_ = elementwise("log", "log", result="float", input=lambda xp, g, input: g / input)
log2 = elementwise(
    "log2",
    "log2",
    result="float",
    input=lambda xp, g, input: g * (1 / log(2)) / input,
)
log10 = elementwise(
    "log10", "log10", result="float", input=lambda xp, g, input: g * (1 / log(10)) / input
)
log1p = elementwise(
    "log1p",
    "log1p",
    result="float",
    node_name="Log1PBackward0",
    input=lambda xp, g, input: g / (input + 1),
)


def _logaddexp_slope(xp: Any, g: Any, x: Any, y: Any) -> Any:
    """Return g * exp(x - log(exp(x) + exp(y))) in a form that neither overflows nor is NaN.

    Where both are -inf, each side gets half: the limit along x == y.
    """
    return g * sigmoid.on(xp, xp.where(x == y, xp.zeros_like(x), x - y))


def _logaddexp(xp: Any, x: Any, y: Any) -> Any:
    if not is_complex(x):
        return xp.logaddexp(x, y)
    first = xp.real(x) >= xp.real(y)
    high, low = xp.where(first, x, y), xp.where(first, y, x)
    equal = x == y
    rest = xp.log1p(xp.exp(xp.where(equal, xp.zeros_like(x), low - high)))
    # Infinities cancel each other in parts only.
    endless = xp.isinf(xp.real(high)) & ~equal
    return xp.where(endless, high, high + rest)


def _logaddexp2(xp: Any, x: Any, y: Any) -> Any:
    high = xp.maximum(x, y)
    gap = xp.where(x == y, xp.zeros_like(x), -xp.abs(x - y))
    return high + xp.log1p(xp.exp(gap * log(2))) * (1 / log(2))


logaddexp2 = elementwise(
    "logaddexp2",
    _logaddexp2,
    result="realfloat",
    input=lambda xp, g, input, other: _logaddexp_slope(xp, g, input * log(2), other * log(2)),
    other=lambda xp, g, input, other: _logaddexp_slope(xp, g, other * log(2), input * log(2)),
)
logaddexp = elementwise(
    "logaddexp",
    _logaddexp,
    result="float",
    input=lambda xp, g, input, other: _logaddexp_slope(xp, g, input, other),
    other=lambda xp, g, input, other: _logaddexp_slope(xp, g, other, input),
)


sigmoid = elementwise(
    "sigmoid",
    "sigmoid",
    result="float",
    # From the operand: the result has no digits left of a far tail.
    input=lambda xp, g, input: g * xp.sech_squared(input, 0.5),
)
logit = elementwise(
    "logit",
    lambda xp, input: xp.log(input / (1 - input)),
    result="realfloat",
    input=lambda xp, g, input: g / input / (1 - input),
)


def _log_tail(xp: Any, x: Any) -> Any:
    """Return log(1 + exp(-abs(x)))."""
    return xp.log1p(xp.exp(-xp.abs(x)))


softplus = elementwise(
    "softplus",
    lambda xp, input: xp.maximum(input, xp.zeros_like(input)) + _log_tail(xp, input),
    result="realfloat",
    input=lambda xp, g, input: g * sigmoid.on(xp, input),
)
logsigmoid = elementwise(
    "log_sigmoid",
    lambda xp, input: xp.minimum(input, xp.zeros_like(input)) - _log_tail(xp, input),
    result="realfloat",
    input=lambda xp, g, input: g * sigmoid.on(xp, -input),
)


xlogy = elementwise(
    "xlogy",
    lambda xp, input, other: xp.where(
        (input == 0) & (other == other), xp.zeros_like(input * other), input * xp.log(other)
    ),
    result="realfloat",
    input=lambda xp, g, input, other: xp.where(
        (input == 0) & (other <= 0), xp.zeros_like(g), g * xp.log(other)
    ),
    other=lambda xp, g, input, other: g * (input / other),
)
