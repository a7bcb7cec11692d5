"""Generic special functions: those of the normal distribution, and of the gamma function.

For libraries that have none. Each takes the namespace and double-precision arrays, and is made of
series, recurrences and quadratures that run over whole arrays; "DLMF" is NIST's Digital Library
of Mathematical Functions.
"""

from __future__ import annotations

from math import exp, factorial, fsum, inf, log, nan, pi, sqrt
from typing import Any

__all__ = ["FUNCTIONS", "exp_minus_square"]

Array = Any


def _full(xp: Any, like: Array, value: float) -> Array:
    return xp.full_like(like, value)


def polynomial(xp: Any, x: Array, coefficients: list[float]) -> Array:
    """Return the sum of ``c[k] * x**k``."""
    out = _full(xp, x, coefficients[-1])
    for c in coefficients[-2::-1]:
        out = out * x + c
    return out


def exp_minus_square(xp: Any, x: Array, scale: float) -> Array:
    """Return exp(-scale * x**2) for a power of two, to the last digits.

    The square of x cut to few bits is exact; the rest is small.
    """
    double = "64" in str(x.dtype)
    size = xp.abs(x)
    size = xp.minimum(size, _full(xp, size, 40.0 if double else 16.0))
    bits = float(2**20 if double else 2**8)
    head = xp.floor(size * bits + 0.5) / bits
    return xp.exp(head * head * -scale) * xp.exp((size - head) * (size + head) * -scale)


# -- the error function and its relatives --------------------------------------------------------

_STEP = 0.4
_NODES = [(exp(-((k * _STEP) ** 2)), (k * _STEP) ** 2) for k in range(16, 0, -1)]
#: 1, 1/3, 1/15, ...: over odd double factorials.
_ODD = [2.0**k * factorial(k) / factorial(2 * k + 1) for k in range(26)]


def erf(xp: Any, x: Array) -> Array:
    """Return the error function: near zero by DLMF 7.6.2, whose terms all have one sign."""
    near = xp.abs(x) < 1
    small = xp.where(near, x, xp.zeros_like(x))
    square = small * small
    series = 2 / sqrt(pi) * small * xp.exp(-square) * polynomial(xp, 2 * square, _ODD)
    return xp.where(near, series, xp.sign(x) * (1 - _erfc_above(xp, xp.abs(x))))


def _erfc_above(xp: Any, x: Array) -> Array:
    return exp_minus_square(xp, x, 1.0) * _erfcx_above(xp, xp.where(x < 0.5, x * 0 + 1, x))


def erfc(xp: Any, x: Array) -> Array:
    """Return one minus the error function, without cancellation."""
    return xp.where(x < 0.5, 1 - erf(xp, x), _erfc_above(xp, x))


def _pole(xp: Any, x: Array) -> Array:
    """Return what the poles at +-ix add to the trapezoidal sum."""
    x = xp.minimum(x, _full(xp, x, 8.0))
    return -2 * exp_square(xp, x) / xp.expm1(2 * pi / _STEP * x)


def exp_square(xp: Any, x: Array) -> Array:
    """Return exp(x**2)."""
    return exp_minus_square(xp, x, -1.0)


def _erfcx_above(xp: Any, x: Array) -> Array:
    """Return erfcx of x >= 0.5.

    By the trapezoidal rule for DLMF 7.7.1 with its poles accounted for (Matta and Reichel, 1971),
    and far out by the asymptotic series, DLMF 7.12.1.
    """
    middle = xp.minimum(x, _full(xp, x, 8.0))
    square = middle * middle
    total = xp.zeros_like(x)
    for weight, node in _NODES:
        total = total + weight / (node + square)
    total = total + 0.5 / square
    near = 2 * _STEP / pi * middle * total + _pole(xp, middle)
    far = xp.maximum(x, _full(xp, x, 8.0))
    return xp.where(x < 8, near, polynomial(xp, 0.5 / far / far, _ASYMPTOTIC) / far / sqrt(pi))


_ASYMPTOTIC = [(-1.0) ** k * factorial(2 * k) / (2**k * factorial(k)) for k in range(21)]


def erfcx(xp: Any, x: Array) -> Array:
    """Return exp(x**2) erfc(x)."""
    size = xp.abs(x)
    big = _erfcx_above(xp, xp.where(size < 0.5, _full(xp, x, 1.0), size))
    near = xp.where(size < 0.5, x, xp.zeros_like(x))
    small = exp_square(xp, near) * (1 - erf(xp, near))
    mirrored = 2 * exp_square(xp, xp.where(x < 0, x, xp.zeros_like(x))) - big
    return xp.where(size < 0.5, small, xp.where(x < 0, mirrored, big))


def erfcx_slope(xp: Any, x: Array) -> Array:
    """Return the derivative of `erfcx`: beyond zero by the quadrature of one with one sign."""
    above = xp.where(x > 0, x, _full(xp, x, 1.0))
    middle = xp.minimum(above, _full(xp, x, 8.0))
    square = middle * middle
    total = xp.zeros_like(x)
    for weight, node in _NODES:
        total = total + weight * node / (node + square)
    near = -4 * _STEP / pi * total + 2 * middle * _pole(xp, middle)
    far = xp.maximum(above, _full(xp, x, 8.0))
    tail = polynomial(xp, 0.5 / far / far, _ASYMPTOTIC[1:]) * (0.5 / far / far) * (2 / sqrt(pi))
    below = xp.where(x > 0, xp.zeros_like(x), x)
    left = 2 * below * erfcx(xp, below) - 2 / sqrt(pi)
    return xp.where(x > 0, xp.where(above < 8, near, tail), left)


def _inverse_tail(xp: Any, q: Array) -> Array:
    """Return the y with erfc(y) = q, for 0 < q <= 0.5: Winitzki's estimate, then Halley's steps."""
    bent = xp.log(q) + xp.log(2 - q)
    middle = 2 / (pi * 0.147) + bent / 2
    y = xp.sqrt(xp.sqrt(middle * middle - bent / 0.147) - middle)
    for _ in range(3):
        step = (sqrt(pi) / 2) * (q * exp_square(xp, y) - erfcx(xp, y))
        y = y - step / (1 + y * step)
    return y


def _inverse_middle(xp: Any, x: Array) -> Array:
    y = (sqrt(pi) / 2) * x * (1 + pi / 12 * x * x)
    for _ in range(3):
        step = (erf(xp, y) - x) * (sqrt(pi) / 2) * xp.exp(y * y)
        y = y - step / (1 + y * step)
    return y


def erfinv(xp: Any, x: Array) -> Array:
    """Return the inverse of the error function."""
    size = xp.abs(x)
    tail = (size > 0.5) & (size < 1)
    y = _inverse_tail(xp, 1 - xp.where(tail, size, _full(xp, x, 0.5)))
    y = xp.where(size == 1, _full(xp, x, inf), xp.where(tail, y, _full(xp, x, nan)))
    middle = size <= 0.5
    centre = _inverse_middle(xp, xp.where(middle, x, xp.zeros_like(x)))
    return xp.where(middle, centre, xp.sign(x) * y)


def ndtri(xp: Any, p: Array) -> Array:
    """Return the inverse of the normal distribution function."""
    upper = p > 0.5
    q = 2 * xp.where(upper, 1 - p, p)
    tail = (q < 0.5) & (q > 0)
    y = _inverse_tail(xp, xp.where(tail, q, _full(xp, p, 0.5)))
    y = xp.where(q == 0, _full(xp, p, inf), xp.where(tail, y, _full(xp, p, nan)))
    middle = xp.abs(p - 0.5) <= 0.25
    centre = _inverse_middle(xp, 2 * xp.where(middle, p, _full(xp, p, 0.5)) - 1)
    return sqrt(2) * xp.where(middle, centre, xp.where(upper, y, -y))


def log_ndtr(xp: Any, x: Array) -> Array:
    """Return the logarithm of the normal distribution function."""
    low = xp.where(x < -1, x, _full(xp, x, -1.0))
    left = xp.log(erfcx(xp, low * -sqrt(0.5)) / 2) - low * low / 2
    high = xp.where(x < -1, xp.zeros_like(x), x)
    return xp.where(x < -1, left, xp.log1p(erfc(xp, high * sqrt(0.5)) * -0.5))


# -- the gamma function and its relatives ----------------------------------------------------------

#: B2, B4, ...: Bernoulli's numbers.
BERNOULLI = [
    *(1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510),
    *(43867 / 798, -174611 / 330, 854513 / 138, -236364091 / 2730),
]


def _zeta_less_one(n: int) -> float:
    """Return the sum of k**-n from k = 2: Euler and Maclaurin's, DLMF 25.2.9."""
    terms = [float(k) ** -n for k in range(2, 100)]
    terms += [100.0 ** (1 - n) / (n - 1), 0.5 * 100.0**-n, n * 100.0 ** (-n - 1) / 12]
    terms += [-n * (n + 1) * (n + 2) * 100.0 ** (-n - 3) / 720]
    terms += [n * (n + 1) * (n + 2) * (n + 3) * (n + 4) * 100.0 ** (-n - 5) / 30240]
    return fsum(terms)


_EULER = 0.5772156649015329
#: log(gamma(2 + z)) in powers of z: DLMF 5.7.3.
_NEAR_TWO = [0.0, 1 - _EULER, *((-1.0) ** n * _zeta_less_one(n) / n for n in range(2, 30))]
_STIRLING = [b / (2 * k * (2 * k - 1)) for k, b in enumerate(BERNOULLI[:10], 1)]


def _turned(xp: Any, x: Array) -> tuple[Array, Array]:
    """Return sin(pi x) and cos(pi x), each exact near its zeros at whole numbers."""
    whole = xp.floor(x + 0.5)
    sign = 1 - 2 * (whole - 2 * xp.floor(whole / 2))
    return sign * xp.sin(pi * (x - whole)), sign * xp.cos(pi * (x - whole))


def lgamma(xp: Any, x: Array) -> Array:
    """Return the logarithm of the absolute value of the gamma function.

    Near 1 and 2 by a series, up to 8 by recurrence from there, above by Stirling's series, DLMF
    5.11.1, and below zero by reflection, DLMF 5.5.3.
    """
    size = xp.abs(x)
    far = xp.maximum(size, _full(xp, x, 8.0))
    above = (far - 0.5) * (xp.log(far) - 1) + (0.5 * log(2 * pi) - 0.5)
    above = above + polynomial(xp, 1 / far / far, _STIRLING) / far
    above = xp.where(far == inf, far, above)
    y = xp.minimum(size, _full(xp, x, 8.0))
    product = xp.ones_like(x)
    for _ in range(6):
        high = y >= 2.5
        y = xp.where(high, y - 1, y)
        product = xp.where(high, product * y, product)
    # One step up from between 0.5 and 1.5, two from below.
    second = y < 1.5
    first = y < 0.5
    safe = xp.where(y == 0, xp.ones_like(y), y)
    product = xp.where(second, product / xp.where(first, 1 + y, safe), product)
    shift = xp.where(first, xp.log(safe), xp.zeros_like(y))
    z = xp.where(second, xp.where(first, y, y - 1), y - 2)
    below = polynomial(xp, z, _NEAR_TWO) + xp.log(product) - shift
    out = xp.where(size < 8, below, above)
    sine = xp.abs(_turned(xp, x)[0])
    flat = (sine == 0) | (size < 1e-300)
    mirrored = log(pi) - xp.log(xp.where(flat, xp.ones_like(x), size * sine)) - out
    out = xp.where(x < 0, xp.where(size < 1e-300, -xp.log(safe), mirrored), out)
    pole = (x == 0) | ((x < 0) & (sine == 0))
    return xp.where(pole | (size == inf), _full(xp, x, inf), out)


_DIGAMMA = [-b / (2 * k) for k, b in enumerate(BERNOULLI, 1)]


def digamma(xp: Any, x: Array) -> Array:
    """Return the derivative of `lgamma`: DLMF 5.11.2, after 5.5.2 and 5.5.4."""
    y = xp.where(x <= 0, 1 - x, x)
    terms = []
    for _ in range(9):
        low = y < 9
        terms.append(xp.where(low, 1 / y, xp.zeros_like(y)))
        y = xp.where(low, y + 1, y)
    inverse = 1 / y / y
    out = xp.log(y) - 0.5 / y + inverse * polynomial(xp, inverse, _DIGAMMA)
    first, *rest = terms  # the largest last, which keeps the error of the sum down
    out = out - sum(reversed(rest)) - first
    sine, cosine = _turned(xp, x)
    mirror = xp.where(sine == 0, _full(xp, x, nan), cosine / sine)
    out = xp.where(x <= 0, out - pi * mirror, out)
    # 1 / x has the sign of a zero.
    return xp.where(x == 0, -1 / x, out)


def trigamma(xp: Any, x: Array) -> Array:
    """Return the derivative of `digamma`."""
    low = x < 0.5
    out = zeta(xp, _full(xp, x, 2.0), xp.where(low, 1 - x, x))
    sine, _ = _turned(xp, x)
    return xp.where(low, (pi / sine) * (pi / sine) - out, out)


_COUNT = 12


def zeta(xp: Any, s: Array, q: Array) -> Array:
    """Return Hurwitz's zeta function by Euler and Maclaurin's formula, DLMF 25.11.5.

    For a q below zero the sum starts there, as in Cephes.
    """
    s, q = xp.broadcast_arrays(s, q)
    count = _COUNT
    if 0 not in q.shape:
        least = float(xp.min(xp.where((q < 0) & (q > -10_000.0), q, xp.zeros_like(q))))
        count += int(-least)
    total = xp.zeros_like(q)
    for k in range(count):
        total = total + _power(xp, q + float(k), -s)
    a = q + float(count)
    last = xp.pow(a, -s)
    # Not last * a, which vanishes far out before it ought to.
    total = total + xp.pow(a, 1 - s) / (s - 1) + 0.5 * last
    factor = s
    last = last / a
    for k, b in enumerate(BERNOULLI, 1):
        total = total + (b / factorial(2 * k)) * factor * last
        factor = factor * (s + (2 * k - 1)) * (s + 2 * k)
        last = last / a / a
    whole = xp.floor(q) == q
    total = xp.where((q < 0) & (xp.floor(s) != s), _full(xp, q, nan), total)
    total = xp.where((q <= 0) & whole, _full(xp, q, inf), total)
    total = xp.where(q == inf, xp.zeros_like(q), total)
    return xp.where(s == 1, _full(xp, s, inf), xp.where(s < 1, _full(xp, s, nan), total))


def _power(xp: Any, base: Array, exponent: Array) -> Array:
    """Return a power, of a negative base by the parity of the exponent."""
    value = xp.pow(xp.abs(base), exponent)
    odd = xp.floor(exponent / 2) * 2 != exponent
    return xp.where((base < 0) & odd, -value, value)


def _incomplete(xp: Any, a: Array, x: Array) -> tuple[Array, Array]:
    """Return both regularised incomplete gamma functions of positive finite numbers.

    The series DLMF 8.7.1 where x is below a + 1, else the continued fraction 8.9.2 by Lentz's
    method: the one is accurate for the one function, and the other follows.
    """
    front = _front(xp, a, x)
    below = x < a + 1
    xs = xp.where(below, x, a * 0 + 1e-3)
    term = 1 / a
    total = term
    for k in range(1, 20_000):
        term = term * (xs / (a + float(k)))
        total = total + term
        if k % 16 == 0 and not bool(xp.any(term > total * 1e-17)):
            break
    lower = total * a
    xf = xp.where(below, a + 2, x)
    b = xf + 1 - a
    c = _full(xp, b, 1e300)
    d = 1 / b
    fraction = d
    for k in range(1, 20_000):
        an = -float(k) * (float(k) - a)
        b = b + 2
        d = 1 / _away(xp, an * d + b)
        c = _away(xp, b + an / c)
        change = d * c
        fraction = fraction * change
        if k % 16 == 0 and not bool(xp.any(xp.abs(change - 1) > 3e-16)):
            break
    p = front * lower
    q = front * fraction * a
    return xp.where(below, p, 1 - q), xp.where(below, 1 - p, q)


def _away(xp: Any, x: Array) -> Array:
    return xp.where(xp.abs(x) < 1e-300, _full(xp, x, 1e-300), x)


def _front(xp: Any, a: Array, x: Array) -> Array:
    """Return x**a exp(-x) / gamma(a + 1); for large a by Stirling's series, which cancels less."""
    big = a > 10
    m = xp.where(big, a, _full(xp, a, 10.0))
    t = (x - m) / m
    near = xp.abs(t) < 0.2
    u = xp.where(near, t, xp.zeros_like(t))
    series = polynomial(xp, u, [(-1.0) ** k / (k + 2) for k in range(24)]) * u * u
    direct = t - xp.log(x / m)
    scaled = xp.exp(-m * xp.where(near, series, direct))
    scaled = scaled / xp.sqrt(2 * pi * m) * xp.exp(-polynomial(xp, 1 / m / m, _STIRLING) / m)
    small = xp.where(big, xp.ones_like(a), a)
    plain = xp.exp(small * xp.log(x) - x - lgamma(xp, small + 1))
    return xp.where(big, scaled, plain)


def igamma(xp: Any, a: Array, x: Array) -> Array:
    """Return the regularised lower incomplete gamma function."""
    return _regularised(xp, a, x, 0)


def igammac(xp: Any, a: Array, x: Array) -> Array:
    """Return the regularised upper incomplete gamma function."""
    return _regularised(xp, a, x, 1)


def _regularised(xp: Any, a: Array, x: Array, which: int) -> Array:
    a, x = xp.broadcast_arrays(a, x)
    plain = (a > 0) & (x > 0) & (a != inf) & (x != inf)
    one = xp.ones_like(a)
    found = _incomplete(xp, xp.where(plain, a, one), xp.where(plain, x, one))[which]
    zero = xp.zeros_like(a)
    # The lower one: 0 at x = 0 or of infinite a, 1 at infinite x or a = 0, else it is undefined.
    full = ((x == inf) & (a >= 0) & (a != inf)) | ((a == 0) & (x > 0))
    none = ((x == 0) & (a > 0)) | ((a == inf) & (x >= 0) & (x != inf))
    low, high = (zero, one) if which == 0 else (one, zero)
    edge = xp.where(full, high, xp.where(none, low, _full(xp, a, nan)))
    return xp.where(plain, found, edge)


FUNCTIONS = {
    "erf": erf,
    "erfc": erfc,
    "erfcx": erfcx,
    "erfcx_slope": erfcx_slope,
    "erfinv": erfinv,
    "ndtri": ndtri,
    "log_ndtr": log_ndtr,
    "lgamma": lgamma,
    "digamma": digamma,
    "trigamma": trigamma,
    "zeta": zeta,
    "igamma": igamma,
    "igammac": igammac,
}
