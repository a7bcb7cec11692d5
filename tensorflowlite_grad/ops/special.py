"""The special functions that are PyTorch's own functions and methods of tensors."""

from __future__ import annotations

from math import factorial, pi, sqrt
from typing import Any

from .declare import elementwise, not_implemented
from .kinds import is_floating
from .quotients import ratio

__all__: list[str] = []

#: exp(-scale * input**2), for a scale of +-1 or +-0.5: without the rounding of the square, which
#: the exponential would multiply by its size.
exp_minus_square = elementwise(
    "exp_minus_square",
    "exp_minus_square",
    ["scale"],
    result="realfloat",
    input=lambda xp, g, input, out, scale: g * (-2.0 * scale * input * out),
)
erf = elementwise(
    "erf",
    "erf",
    result="realfloat",
    input=lambda xp, g, input: g * (2 / sqrt(pi)) * xp.exp_minus_square(input, 1.0),
)
erfc = elementwise(
    "erfc",
    "erfc",
    result="realfloat",
    input=lambda xp, g, input: g * (-2 / sqrt(pi)) * xp.exp_minus_square(input, 1.0),
)


def _erfinv_slope(xp: Any, x: Any, out: Any) -> Any:
    """Return sqrt(pi) / 2 exp(out**2); where that is steep, of erfcx(out) = exp(out**2) (1 - x)."""
    size = xp.abs(x)
    tail = (size > 0.5) & (size < 1)
    beyond = xp.where(tail, xp.abs(out), xp.ones_like(out))
    left = xp.where(tail, 1.0 - size, xp.ones_like(x))
    middle = xp.where(tail, xp.zeros_like(out), out)
    steep = xp.erfcx(beyond) / left
    return (sqrt(pi) / 2) * xp.where(tail, steep, xp.exp(middle * middle))


erfinv = elementwise(
    "erfinv",
    "erfinv",
    result="realfloat",
    input=lambda xp, g, input, out: g * _erfinv_slope(xp, input, out),
)
lgamma = elementwise(
    "lgamma", "lgamma", result="realfloat", input=lambda xp, g, input: g * xp.digamma(input)
)
digamma = elementwise(
    "digamma",
    "digamma",
    result="realfloat",
    input=lambda xp, g, input: g * _polygamma(xp, input, 1),
)


def _polygamma(xp: Any, x: Any, n: int) -> Any:
    if n == 0:
        return xp.digamma(x)
    if n == 1:
        return xp.trigamma(x)
    return (-1) ** (n + 1) * float(factorial(n)) * xp.zeta(xp.full_like(x, n + 1), x)


polygamma = elementwise(
    "polygamma",
    _polygamma,
    ["n"],
    result="realfloat",
    input=lambda xp, g, input, n: g * _polygamma(xp, input, n + 1),
)
#: The digamma function's derivative, also of negative numbers.
trigamma = elementwise(
    "trigamma",
    "trigamma",
    result="realfloat",
    input=lambda xp, g, input: g * _polygamma(xp, input, 2),
)
#: Hurwitz's zeta function: of its exponent no derivative is known.
zeta = elementwise(
    "zeta",
    "zeta",
    result="realfloat",
    input=not_implemented("zeta", "input"),
    other=lambda xp, g, input, other: g * (-input * xp.zeta(input + 1, other)),
)


def _gamma_density(xp: Any, a: Any, x: Any) -> Any:
    """Return the derivative of the regularised lower incomplete gamma function by `x`."""
    return xp.exp((a - 1) * xp.log(x) - x - xp.lgamma(a))


# Of the first operand PyTorch has no derivative either.
igamma = elementwise(
    "igamma",
    "igamma",
    result="realfloat",
    input=not_implemented("igamma", "input"),
    other=lambda xp, g, input, other: g * _gamma_density(xp, input, other),
)
igammac = elementwise(
    "igammac",
    "igammac",
    result="realfloat",
    input=not_implemented("igammac", "input"),
    other=lambda xp, g, input, other: -g * _gamma_density(xp, input, other),
)
i0 = elementwise("i0", "i0", result="realfloat", input=lambda xp, g, input: g * xp.i1(input))


def _half_turns(xp: Any, x: Any) -> tuple[Any, Any]:
    """Return sin(pi x) and cos(pi x), of real numbers reduced exactly first."""
    if not is_floating(x):
        return xp.sin(pi * x), xp.cos(pi * x)
    whole = xp.floor(x + 0.5)
    sign = 1 - 2 * (whole - 2 * xp.floor(whole / 2))
    rest = pi * (x - whole)
    return sign * xp.sin(rest), sign * xp.cos(rest)


def _sinc(xp: Any, x: Any) -> Any:
    return xp.where(x == 0, xp.ones_like(x), ratio(xp, _half_turns(xp, x)[0], pi * x))


def _sinc_slope(xp: Any, x: Any) -> Any:
    """Return (cos(pi x) - sinc(x)) / x; near zero its series, since the difference cancels."""
    near = xp.abs(x) < 0.5
    small = xp.where(near, x, xp.zeros_like(x))
    u = (pi * small) * (pi * small)
    total = xp.full_like(x, _SINC[-1])
    for c in _SINC[-2::-1]:
        total = total * u + c
    far = xp.where(near, xp.ones_like(x), x)
    sine, cosine = _half_turns(xp, far)
    return xp.where(near, small * total, (cosine - sine / (pi * far)) / far)


#: Of sinc'(x) / x in powers of (pi x)**2.
_SINC = [(-1) ** k * pi**2 * 2 * k / factorial(2 * k + 1) for k in range(1, 12)]
sinc = elementwise(
    "sinc", _sinc, result="float", input=lambda xp, g, input: g * _sinc_slope(xp, input)
)
