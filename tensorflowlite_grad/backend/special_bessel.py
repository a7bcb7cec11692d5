"""Generic Bessel and Airy functions, as `special`: by power series and by quadratures.

The trapezoidal rule converges exponentially for an analytic function that decays, or is periodic.
Integrals and series are those of the Digital Library of Mathematical Functions (DLMF).
"""

from __future__ import annotations

from math import exp, factorial, gamma, inf, pi, sin, sqrt
from typing import Any

from .special import _EULER, _full, polynomial

__all__ = ["FUNCTIONS"]

Array = Any

# -- I: DLMF 10.32.2, and far out 10.40.1 ---------------------------------------------------------

_FAR = 30.0
#: Cosines less one, squared sines, and weights.
_CIRCLE = [(-2 * sin(pi * k / 56) ** 2, sin(pi * k / 28) ** 2, 1 / 28) for k in range(1, 28)]
# The smallest first, for the sake of the last digits.
_CIRCLE = [(-2.0, 0.0, 1 / 56), *_CIRCLE[::-1], (0.0, 0.0, 1 / 56)]


def _hankel(order: int) -> list[float]:
    """Return the coefficients of Hankel's expansions, DLMF 10.17.1."""
    out = [1.0]
    for k in range(1, 24):
        out.append(out[-1] * (4 * order**2 - (2 * k - 1) ** 2) / (8 * k))
    return out


_A0, _A1 = _hankel(0), _hankel(1)
_I0E = [(-1.0) ** k * a for k, a in enumerate(_A0)]
_I1E = [(-1.0) ** k * a for k, a in enumerate(_A1)]
#: i1e - i0e, and i0e - i1e - i1e / x.
_I0E_SLOPE = [b - a for a, b in zip(_I0E, _I1E, strict=True)]
_I1E_SLOPE = [-c - b for c, b in zip(_I0E_SLOPE, [0.0, *_I1E[:-1]], strict=True)]


def _scaled_i(xp: Any, x: Array, weight: Any, series: list[float]) -> Array:
    """Return the mean of exp(x (cos t - 1)) times a weight, for x >= 0."""
    near = xp.minimum(x, _full(xp, x, _FAR))
    total = xp.zeros_like(x)
    for less, square, part in _CIRCLE:
        total = total + xp.exp(near * less) * (part * weight(less, square))
    far = xp.maximum(x, _full(xp, x, _FAR))
    asymptotic = polynomial(xp, 1 / far, series) / xp.sqrt(2 * pi * far)
    return xp.where(x < _FAR, total, asymptotic)


def i0e(xp: Any, x: Array) -> Array:
    """Return exp(-|x|) I0(x)."""
    return _scaled_i(xp, xp.abs(x), lambda less, square: 1.0, _I0E)


def i1e(xp: Any, x: Array) -> Array:
    """Return exp(-|x|) I1(x)."""
    size = xp.abs(x)
    near = xp.minimum(size, _full(xp, x, _FAR))
    quadrature = near * _scaled_i(xp, near, lambda less, square: square, _I1E)
    far = _scaled_i(xp, xp.maximum(size, _full(xp, x, _FAR)), lambda less, square: 0.0, _I1E)
    return xp.sign(x) * xp.where(size < _FAR, quadrature, far)


def i0e_slope(xp: Any, x: Array) -> Array:
    """Return the derivative of `i0e`; at zero, the middle of its jump."""
    return xp.sign(x) * _scaled_i(xp, xp.abs(x), lambda less, square: less, _I0E_SLOPE)


def i1e_slope(xp: Any, x: Array) -> Array:
    """Return the derivative of `i1e`."""
    return _scaled_i(xp, xp.abs(x), lambda less, square: less * (1 + less), _I1E_SLOPE)


# -- power series: DLMF 10.2.2, 10.8.1, 10.31.1 ---------------------------------------------------

_TERMS = range(22)
_SERIES_0 = [1 / factorial(k) ** 2 for k in _TERMS]
_SERIES_1 = [1 / (factorial(k) * factorial(k + 1)) for k in _TERMS]
_HARMONIC = [sum(1 / j for j in range(1, k + 1)) for k in range(24)]
_LOGS_0 = [_HARMONIC[k] / factorial(k) ** 2 for k in _TERMS]
_LOGS_1 = [
    (_HARMONIC[k] + _HARMONIC[k + 1]) / 2 / (factorial(k) * factorial(k + 1)) for k in _TERMS
]


# -- I without a scale: near zero by the power series ---------------------------------------------


def i0(xp: Any, x: Array) -> Array:
    """Return the modified Bessel function of the first kind of order 0."""
    size = xp.abs(x)
    small = xp.minimum(size, _full(xp, x, 5.0))
    half = xp.exp(size / 2)
    far = xp.where(size == inf, size, half * i0e(xp, x) * half)
    return xp.where(size < 5, polynomial(xp, small * small / 4, _SERIES_0), far)


def i1(xp: Any, x: Array) -> Array:
    """Return the modified Bessel function of the first kind of order 1."""
    size = xp.abs(x)
    small = xp.where(size < 5, x, xp.zeros_like(x))
    half = xp.exp(size / 2)
    far = xp.where(size == inf, x, half * i1e(xp, x) * half)
    near = small / 2 * polynomial(xp, small * small / 4, _SERIES_1)
    return xp.where(size < 5, near, far)


def _logarithm(xp: Any, x: Array) -> Array:
    return xp.log(x / 2) + _EULER


# -- K: DLMF 10.32.8 in u = s**2 ------------------------------------------------------------------

_STEP = 0.18
_GAUSS = [((_STEP * k) ** 2, _STEP * exp(-((_STEP * k) ** 2))) for k in range(1, 36)]
_GAUSS = [(0.0, _STEP / 2), *_GAUSS]


def _k_above(xp: Any, x: Array, order: int) -> Array:
    total = xp.zeros_like(x)
    for u, weight in _GAUSS:
        root = xp.sqrt(1 + u / (2 * x))
        total = total + (weight / root if order == 0 else 2 * u * weight * root)
    return total * (2 / sqrt(pi)) * xp.sqrt(pi / 2 / x)


def _k_below(xp: Any, x: Array, order: int) -> Array:
    square = x * x / 4
    if order == 0:
        i = polynomial(xp, square, _SERIES_0)
        return polynomial(xp, square, _LOGS_0) - _logarithm(xp, x) * i
    i = polynomial(xp, square, _SERIES_1) * (x / 2)
    return 1 / x + _logarithm(xp, x) * i - x / 2 * polynomial(xp, square, _LOGS_1)


def _k_slope(xp: Any, x: Array, order: int) -> Array:
    """Return the derivative of the scaled function; far out, of its integral: of one sign."""
    positive = x > 0
    low = xp.where(positive & (x < 1), x, xp.ones_like(x))
    zeroth, first = _k_below(xp, low, 0), _k_below(xp, low, 1)
    below = zeroth - first if order == 0 else first - zeroth - first / low
    high = xp.where((x >= 1) & (x != inf), x, xp.ones_like(x))
    total = xp.zeros_like(x)
    for u, weight in _GAUSS:
        root = xp.sqrt(1 + u / (2 * high))
        if order == 0:
            total = total + weight / 2 / (root * root * root)
        else:
            total = total + u * weight * (1 + u / high) / root
    above = -total / high * (2 / sqrt(pi)) * xp.sqrt(pi / 2 / high)
    out = xp.where(x < 1, below * xp.exp(low), xp.where(x == inf, xp.zeros_like(x), above))
    edge = xp.where(x == 0, _full(xp, x, -inf), _full(xp, x, float("nan")))
    return xp.where(positive, out, edge)


def _k(xp: Any, x: Array, order: int, scaled: bool) -> Array:
    positive = x > 0
    low = xp.where(positive & (x < 1), x, xp.ones_like(x))
    high = xp.where((x >= 1) & (x != inf), x, xp.ones_like(x))
    below, above = _k_below(xp, low, order), _k_above(xp, high, order)
    if scaled:
        below = below * xp.exp(low)
    else:
        above = above * xp.exp(-high)
    out = xp.where(x < 1, below, xp.where(x == inf, xp.zeros_like(x), above))
    edge = xp.where(x == 0, _full(xp, x, inf), _full(xp, x, float("nan")))
    return xp.where(positive, out, edge)


# -- J and Y: DLMF 10.9.21 as K -------------------------------------------------------------------


def _amplitudes(xp: Any, x: Array, order: int) -> tuple[Array, Array]:
    """Return P and Q of Hankel's function, sqrt(2 / (pi x)) (P + iQ) exp(i (x - phase))."""
    p = q = xp.zeros_like(x)
    for u, weight in _GAUSS:
        v = u / (2 * x)
        size = xp.sqrt(1 + v * v)
        real = xp.sqrt((size + 1) / 2)
        imag = v / (2 * real)
        if order == 0:
            p, q = p + weight * real / size, q - weight * imag / size
        else:
            p, q = p + 2 * u * weight * real, q + 2 * u * weight * imag
    scale = 2 / sqrt(pi) * xp.sqrt(2 / pi / x)
    return p * scale, q * scale


def _oscillating(xp: Any, x: Array, order: int) -> tuple[Array, Array]:
    """Return J and Y of x >= 3."""
    p, q = _amplitudes(xp, x, order)
    sine, cosine = xp.sin(x), xp.cos(x)
    # The cosine and sine of x - pi/4, or of x - 3 pi/4.
    c, s = (cosine + sine) * sqrt(0.5), (sine - cosine) * sqrt(0.5)
    if order == 1:
        c, s = s, -c
    return p * c - q * s, p * s + q * c


def _j(xp: Any, x: Array, order: int) -> Array:
    size = xp.abs(x)
    small = xp.minimum(size, _full(xp, x, 3.0))
    near = polynomial(xp, small * small / -4, _SERIES_1 if order else _SERIES_0)
    near = near * (small / 2) if order else near
    finite = (size >= 3) & (size != inf)
    far = _oscillating(xp, xp.where(finite, size, _full(xp, x, 3.0)), order)[0]
    out = xp.where(size < 3, near, xp.where(size == inf, xp.zeros_like(x), far))
    return xp.where(x != x, x, xp.sign(x) * out if order else out)


def _y(xp: Any, x: Array, order: int) -> Array:
    small = xp.where((x > 0) & (x < 3), x, xp.ones_like(x))
    square = small * small / -4
    if order == 0:
        near = _logarithm(xp, small) * polynomial(xp, square, _SERIES_0)
        near = near - polynomial(xp, square, _LOGS_0)
    else:
        near = _logarithm(xp, small) * polynomial(xp, square, _SERIES_1) * (small / 2)
        near = near - 1 / small - small / 2 * polynomial(xp, square, _LOGS_1)
    finite = (x >= 3) & (x != inf)
    far = _oscillating(xp, xp.where(finite, x, _full(xp, x, 3.0)), order)[1]
    out = xp.where(x < 3, 2 / pi * near, xp.where(x == inf, xp.zeros_like(x), far))
    edge = xp.where(x == 0, _full(xp, x, -inf), _full(xp, x, float("nan")))
    return xp.where(x > 0, out, edge)


# -- Airy's function: DLMF 9.4.1; 9.6.2 and 9.6.6 with 10.32.8 and 10.9.21 in u = s**6 --------

_AIRY_STEP = 0.042
_AIRY_NODES = [
    ((_AIRY_STEP * k) ** 6, 6 * _AIRY_STEP * exp(-((_AIRY_STEP * k) ** 6)) * (_AIRY_STEP * k) ** 5)
    for k in range(1, 46)
]
_AI = 1 / (3 ** (2 / 3) * gamma(2 / 3))
_AI_SLOPE = 1 / (3 ** (1 / 3) * gamma(1 / 3))


def _airy_series(last: int) -> list[float]:
    """Return the coefficients over powers of x**3 of the solution that starts with x**last."""
    out = [1.0]
    for k in range(1, 16):
        n = 3 * k + last
        out.append(out[-1] / (n * (n - 1)))
    return out


_F, _G = _airy_series(0), _airy_series(1)
_F_SLOPE = [3 * k * c for k, c in enumerate(_F)][1:]
_G_SLOPE = [(3 * k + 1) * c for k, c in enumerate(_G)]


def _airy(xp: Any, x: Array, slope: bool) -> Array:
    size = xp.abs(x)
    near = xp.where(size < 1.2, x, xp.zeros_like(x))
    cube = near * near * near
    if slope:
        series = near * near * polynomial(xp, cube, _F_SLOPE) * _AI
        series = series - polynomial(xp, cube, _G_SLOPE) * _AI_SLOPE
    else:
        series = polynomial(xp, cube, _F) * _AI - near * polynomial(xp, cube, _G) * _AI_SLOPE
    far = xp.where((size >= 1.2) & (size != inf), size, _full(xp, x, 1.2))
    root = xp.sqrt(far)
    zeta = far * root * (2 / 3)
    total, p, q = xp.zeros_like(x), xp.zeros_like(x), xp.zeros_like(x)
    sign = 1 if slope else -1
    for u, weight in _AIRY_NODES:
        v = u / (2 * zeta)
        weight = weight * u ** (sign / 6)
        total = total + weight * xp.pow(1 + v, _full(xp, v, sign / 6))
        size_ = weight * xp.pow(1 + v * v, _full(xp, v, sign / 12))
        angle = xp.atan(v) * (sign / 6)
        p, q = p + size_ * xp.cos(angle), q + size_ * xp.sin(angle)
    scale = (xp.sqrt(root) if slope else 1 / xp.sqrt(root)) / (sqrt(pi) * gamma(1 + sign / 6))
    decaying = scale * total * xp.exp(-zeta) / 2
    sine, cosine = xp.sin(zeta), xp.cos(zeta)
    c, s = (cosine + sine) * sqrt(0.5), (sine - cosine) * sqrt(0.5)
    if slope:
        waves = scale * (s * p + c * q)
        out = xp.where(x > 0, -decaying, waves)
    else:
        out = xp.where(x > 0, decaying, scale * (c * p - s * q))
    out = xp.where(size < 1.2, series, out)
    edge = xp.where(x > 0, xp.zeros_like(x), _full(xp, x, float("nan") if slope else 0.0))
    return xp.where(x != x, x, xp.where(size == inf, edge, out))


FUNCTIONS = {
    "i0": i0,
    "i1": i1,
    "i0e": i0e,
    "i1e": i1e,
    "i0e_slope": i0e_slope,
    "i1e_slope": i1e_slope,
    "bessel_j0": lambda xp, x: _j(xp, x, 0),
    "bessel_j1": lambda xp, x: _j(xp, x, 1),
    "bessel_y0": lambda xp, x: _y(xp, x, 0),
    "bessel_y1": lambda xp, x: _y(xp, x, 1),
    "bessel_k0": lambda xp, x: _k(xp, x, 0, False),
    "bessel_k1": lambda xp, x: _k(xp, x, 1, False),
    "bessel_k0e": lambda xp, x: _k(xp, x, 0, True),
    "bessel_k1e": lambda xp, x: _k(xp, x, 1, True),
    "bessel_k0e_slope": lambda xp, x: _k_slope(xp, x, 0),
    "bessel_k1e_slope": lambda xp, x: _k_slope(xp, x, 1),
    "airy_ai": lambda xp, x: _airy(xp, x, False),
    "airy_ai_slope": lambda xp, x: _airy(xp, x, True),
}
