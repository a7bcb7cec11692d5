"""The special functions that PyTorch has in its chapter `special` only."""

from __future__ import annotations

from math import e, factorial, pi, sqrt
from typing import Any

from . import special
from .declare import elementwise
from .declare import registry as registered
from .quotients import ratio

__all__ = ["registered"]

_ROOT_HALF = sqrt(0.5)

# -- of the normal distribution ---------------------------------------------------------------

erfcx = elementwise(
    "erfcx", "erfcx", result="realfloat", input=lambda xp, g, input: g * xp.erfcx_slope(input)
)
#: 2 x erfcx(x) - 2 / sqrt(pi), which cancels far out.
erfcx_slope = elementwise(
    "erfcx_slope",
    "erfcx_slope",
    result="realfloat",
    input=lambda xp, g, input, out: g * (2 * xp.erfcx(input) + 2 * input * out),
)
ndtr = elementwise(
    "ndtr",
    lambda xp, input: 0.5 * xp.erfc(-_ROOT_HALF * input),
    result="realfloat",
    input=lambda xp, g, input: g * (1 / sqrt(2 * pi)) * xp.exp_minus_square(input, 0.5),
)


def _ndtri_slope(xp: Any, input: Any, out: Any) -> Any:
    """Return the slope where the inverse is exact, not where it was rounded to."""
    slope = sqrt(2 * pi) * xp.exp_minus_square(out, -0.5)
    inside = (input > 0) & (input < 1)
    size = xp.where(inside, xp.abs(out), xp.zeros_like(out))
    tail = 0.5 * xp.exp_minus_square(size, 0.5) * xp.erfcx(_ROOT_HALF * size)
    residue = tail - xp.where(input > 0.5, 1 - input, input)
    factor = 1.0 + size * residue * xp.where(inside, slope, xp.ones_like(slope))
    return slope * factor


ndtri = elementwise(
    "ndtri",
    "ndtri",
    result="realfloat",
    input=lambda xp, g, input, out: g * _ndtri_slope(xp, input, out),
)


def _log_ndtr_slope(xp: Any, x: Any) -> Any:
    """Return the density over the distribution function, in forms that are exact on each side."""
    low = xp.where(x < -1, x, xp.full_like(x, -1.0))
    high = xp.where(x < -1, xp.zeros_like(x), x)
    left = sqrt(2 / pi) / xp.erfcx(-_ROOT_HALF * low)
    right = sqrt(2 / pi) * xp.exp_minus_square(high, 0.5) / xp.erfc(-_ROOT_HALF * high)
    return xp.where(x < -1, left, right)


log_ndtr = elementwise(
    "log_ndtr",
    "log_ndtr",
    result="realfloat",
    input=lambda xp, g, input: g * _log_ndtr_slope(xp, input),
)


def _entropy(xp: Any, x: Any) -> Any:
    positive = x > 0
    value = -x * xp.log(xp.where(positive, x, xp.ones_like(x)))
    return xp.where(positive | (x != x), value, xp.where(x == 0, x * 0, xp.full_like(x, -_INF)))


def _entropy_slope(xp: Any, x: Any) -> Any:
    """Return -log(x) - 1; near its zero at 1/e, which takes two numbers, as -log1p."""
    near = xp.abs(x - _MIDDLE) < 0.2
    beside = xp.where(near, (x - _MIDDLE) + 1.2428753672788363e-17, xp.zeros_like(x))
    return xp.where(near, -xp.log1p(beside * e), -xp.log(x) - 1)


_MIDDLE = 1 / e
_INF = float("inf")
entr = elementwise(
    "entr",
    _entropy,
    result="realfloat",
    input=lambda xp, g, input: xp.where(
        input >= 0,
        g * _entropy_slope(xp, xp.where(input < 0, xp.ones_like(input), input)),
        xp.full_like(g, float("nan")),
    ),
)
xlog1py = elementwise(
    "xlog1py",
    lambda xp, input, other: xp.where(
        (input == 0) & (other == other), xp.zeros_like(input * other), input * xp.log1p(other)
    ),
    result="realfloat",
    input=lambda xp, g, input, other: xp.where(
        (input == 0) & (other <= -1), xp.zeros_like(g), g * xp.log1p(other)
    ),
    other=lambda xp, g, input, other: g * (input / (other + 1)),
)

# -- Bessel's functions ------------------------------------------------------------------------


def _unary(name: str, slope: Any) -> Any:
    return elementwise(name, name, result="realfloat", input=slope)


def _over(xp: Any, first: Any, x: Any, at_zero: float) -> Any:
    """Return first / x, and the limit at 0."""
    zero = x == 0
    return xp.where(zero, xp.full_like(x, at_zero), first / xp.where(zero, xp.ones_like(x), x))


#: The slope of I1 near zero, where both of its terms are larger, in powers of x**2 / 4.
_I1_SLOPE = [(k + 0.5) / (factorial(k) * factorial(k + 1)) for k in range(13)]


def _i1_slope(xp: Any, x: Any, out: Any) -> Any:
    near = xp.abs(x) < 2
    small = xp.where(near, x, xp.zeros_like(x))
    square, series = small * small / 4, xp.full_like(x, _I1_SLOPE[-1])
    for coefficient in _I1_SLOPE[-2::-1]:
        series = series * square + coefficient
    less = _over(xp, xp.where(xp.abs(out) == _INF, xp.zeros_like(out), out), x, 0.5)
    return xp.where(near, series, xp.i0(x) - less)


i1 = _unary("i1", lambda xp, g, input, out: g * _i1_slope(xp, input, out))
i0e = _unary("i0e", lambda xp, g, input: g * xp.i0e_slope(input))
i1e = _unary("i1e", lambda xp, g, input: g * xp.i1e_slope(input))
#: i1e - sign(x) i0e and i0e - i1e (sign(x) + 1 / x), which cancel far out.
i0e_slope = _unary(
    "i0e_slope",
    lambda xp, g, input, out: g * (xp.i1e_slope(input) - xp.sign(input) * out),
)
i1e_slope = _unary(
    "i1e_slope",
    lambda xp, g, input, out: (
        g
        * (
            xp.i0e_slope(input)
            - xp.sign(input) * out
            - _over(xp, out - _over(xp, xp.i1e(input), input, 0.5), input, 0.0)
        )
    ),
)
j0 = _unary("bessel_j0", lambda xp, g, input: -g * xp.bessel_j1(input))
j1 = _unary(
    "bessel_j1",
    lambda xp, g, input, out: g * (xp.bessel_j0(input) - _over(xp, out, input, 0.5)),
)
y0 = _unary("bessel_y0", lambda xp, g, input: -g * xp.bessel_y1(input))
y1 = _unary("bessel_y1", lambda xp, g, input, out: g * (xp.bessel_y0(input) - out / input))
k0 = _unary("bessel_k0", lambda xp, g, input: -g * xp.bessel_k1(input))
k1 = _unary("bessel_k1", lambda xp, g, input, out: -g * (xp.bessel_k0(input) + out / input))
k0e = _unary("bessel_k0e", lambda xp, g, input: g * xp.bessel_k0e_slope(input))
k1e = _unary("bessel_k1e", lambda xp, g, input: g * xp.bessel_k1e_slope(input))
#: k0e - k1e and k1e - k0e - k1e / x, which cancel far out. Their derivatives follow from the
#: differential equation.
k0e_slope = _unary(
    "bessel_k0e_slope",
    lambda xp, g, input, out: g * (out * (2 - 1 / input) + xp.bessel_k0e(input) / input),
)
k1e_slope = _unary(
    "bessel_k1e_slope",
    lambda xp, g, input, out: (
        g * (out * (2 - 1 / input) + xp.bessel_k1e(input) * (1 + 1 / input) / input)
    ),
)
airy_ai = _unary("airy_ai", lambda xp, g, input: g * xp.airy_ai_slope(input))
airy_ai_slope = _unary("airy_ai_slope", lambda xp, g, input: g * input * xp.airy_ai(input))


def _spherical_slope(xp: Any, x: Any) -> Any:
    near = xp.abs(x) < 1.5
    small = xp.where(near, x, xp.zeros_like(x))
    total = xp.full_like(x, _SPHERICAL[-1])
    for c in _SPHERICAL[-2::-1]:
        total = total * (small * small) + c
    far = xp.where(near, xp.ones_like(x), x)
    return xp.where(near, small * total, (xp.cos(far) - xp.sin(far) / far) / far)


#: Of the slope over x in powers of x**2.
_SPHERICAL = [c / pi**2 for c in special._SINC]


def _spherical(xp: Any, x: Any) -> Any:
    infinite = (x == _INF) | (x == -_INF)
    finite = xp.where(infinite, xp.ones_like(x), x)
    value = xp.where(x == 0, xp.ones_like(x), ratio(xp, xp.sin(finite), finite))
    return xp.where(infinite, xp.zeros_like(x), value)


spherical_bessel_j0 = elementwise(
    "spherical_bessel_j0",
    _spherical,
    result="realfloat",
    input=lambda xp, g, input: g * _spherical_slope(xp, input),
)
