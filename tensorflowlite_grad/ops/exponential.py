"""Exponentials, logarithms and what is made of them."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

from .declare import elementwise

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
log2 = elementwise("log2", "log2", result="float", input=lambda xp, g, input: g / (input * log(2)))
log10 = elementwise(
    "log10", "log10", result="float", input=lambda xp, g, input: g / (input * log(10))
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
    return g * _sigmoid(xp, xp.where(x == y, xp.zeros_like(x), x - y))


logaddexp = elementwise(
    "logaddexp",
    "logaddexp",
    result="realfloat",
    input=lambda xp, g, input, other: _logaddexp_slope(xp, g, input, other),
    other=lambda xp, g, input, other: _logaddexp_slope(xp, g, other, input),
)


def _sigmoid(xp: Any, x: Any) -> Any:
    """Return 1 / (1 + exp(-x)), by an exponential that cannot overflow."""
    small = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, 1 / (1 + small), small / (1 + small))


sigmoid = elementwise(
    "sigmoid",
    _sigmoid,
    result="realfloat",
    input=lambda xp, g, out: g * (out * (1 - out)),
)
logit = elementwise(
    "logit",
    lambda xp, input: xp.log(input / (1 - input)),
    result="realfloat",
    input=lambda xp, g, input: g / (input * (1 - input)),
)
softplus = elementwise(
    "softplus",
    lambda xp, input: xp.logaddexp(input, xp.zeros_like(input)),
    result="realfloat",
    input=lambda xp, g, input: g * _sigmoid(xp, input),
)
logsigmoid = elementwise(
    "log_sigmoid",
    lambda xp, input: -xp.logaddexp(-input, xp.zeros_like(input)),
    result="realfloat",
    input=lambda xp, g, input: g * _sigmoid(xp, -input),
)


erf = elementwise(
    "erf",
    "erf",
    result="realfloat",
    input=lambda xp, g, input: g * (2 / sqrt(pi)) * xp.exp(-input * input),
)
xlogy = elementwise(
    "xlogy",
    lambda xp, input, other: xp.where(
        input == 0, xp.zeros_like(input * other), input * xp.log(other)
    ),
    result="realfloat",
    input=lambda xp, g, input, other: xp.where(
        (input == 0) & (other <= 0), xp.zeros_like(g), g * xp.log(other)
    ),
    other=lambda xp, g, input, other: g * (input / other),
)
