"""Generic forms of small functions: pairs, mantissas, common divisors, slopes."""

from __future__ import annotations

from typing import Any

__all__ = ["EXTRAS", "LIMITS"]

Array = Any


def as_real(xp: Any, z: Array) -> Array:
    """Return complex numbers as pairs of real ones, along one more axis."""
    return xp.stack([xp.real(z), xp.imag(z)], axis=-1)


def as_complex(xp: Any, x: Array) -> Array:
    """Return the pairs along the last axis as complex numbers."""
    return x[..., 0] + 1j * x[..., 1]


def frexp(xp: Any, x: Array) -> tuple[Array, Array]:
    """Return mantissas of [0.5, 1) and exponents of two."""
    plain = xp.isfinite(x) & (x != 0)
    safe = xp.where(plain, x, xp.ones_like(x))
    exponent = xp.floor(xp.log2(xp.abs(safe))) + 1
    half = xp.floor(exponent / 2)
    two = xp.full_like(x, 2)
    mantissa = safe * xp.pow(two, -half) * xp.pow(two, half - exponent)
    # The logarithm may have been rounded over a whole number.
    high, low = xp.abs(mantissa) >= 1, xp.abs(mantissa) < 0.5
    mantissa = xp.where(high, mantissa / 2, xp.where(low, mantissa * 2, mantissa))
    exponent = xp.where(high, exponent + 1, xp.where(low, exponent - 1, exponent))
    zero = xp.zeros_like(x)
    return (
        xp.where(plain, mantissa, x),
        xp.astype(xp.where(plain, exponent, zero), xp.int32),
    )


def gcd(xp: Any, x: Array, y: Array) -> Array:
    """Return greatest common divisors, by Euclid's algorithm."""
    x, y = xp.broadcast_arrays(x, y)
    x, y = xp.abs(x), xp.abs(y)
    while bool(xp.any(y != 0)):
        divisor = xp.where(y == 0, xp.ones_like(y), y)
        x, y = xp.where(y == 0, x, y), xp.where(y == 0, xp.zeros_like(y), x % divisor)
    return x


def lcm(xp: Any, x: Array, y: Array) -> Array:
    """Return least common multiples; 0 if one number is 0."""
    divisor = gcd(xp, x, y)
    return xp.abs(x // xp.where(divisor == 0, xp.ones_like(divisor), divisor) * y)


def sigmoid(xp: Any, x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), by an exponential that cannot overflow."""
    if "complex" in str(x.dtype):
        right = xp.real(x) >= 0
        small = xp.exp(xp.where(right, -x, x))
    else:
        right = x >= 0
        small = xp.exp(-xp.abs(x))
    return xp.where(right, 1 / (1 + small), small / (1 + small))


#: By the bytes of a dtype: beyond what 1 / cosh(x)**2 is 0, and sqrt(1 + x**2) is |x|; and by
#: what 1 + x**2 is scaled, and beyond what its reciprocal is 0.
LIMITS = {
    2: (11.0, 100.0, 2.0**-12, 2.0**13),
    4: (60.0, 2.0**28, 2.0**-60, 2.0**90),
    8: (400.0, 2.0**28, 2.0**-60, 2.0**540),
}


def _limits(x: Array) -> tuple[float, float, float, float]:
    name = str(x.dtype)
    return LIMITS[2 if "float16" in name else 4 if "float32" in name else 8]


def _at_most(xp: Any, x: Array, limit: float) -> Array:
    return xp.minimum(xp.abs(x), xp.full_like(x, limit))


def sech_squared(xp: Any, x: Array, scale: float) -> Array:
    """Return (scale / cosh(scale * x))**2, without overflow."""
    x = scale * x
    if "complex" not in str(x.dtype):
        size = xp.cosh(_at_most(xp, x, _limits(x)[0]))
        return scale * scale / size / size
    small = xp.exp(-2 * xp.where(xp.real(x) >= 0, x, -x))
    return (2 * scale) ** 2 * small / (1 + small) / (1 + small)


def asinh_slope(xp: Any, x: Array) -> Array:
    """Return 1 / sqrt(1 + x**2), without overflow."""
    if "complex" in str(x.dtype):
        return 1 / (xp.sqrt(1 + 1j * x) * xp.sqrt(1 - 1j * x))
    size = _at_most(xp, x, _limits(x)[1])
    return 1 / xp.maximum(xp.sqrt(1 + size * size), xp.abs(x))


def atan_slope(xp: Any, x: Array) -> Array:
    """Return 1 / (1 + x**2), without overflow before it vanishes."""
    if "complex" in str(x.dtype):
        return 1 / (1 + x * x)
    _, _, scale, limit = _limits(x)
    size = _at_most(xp, x, limit)
    return scale / (scale + scale * size * size)


def one_minus_square(xp: Any, x: Array) -> Array:
    """Return 1 - x**2, exact near 1."""
    return (1 - x) * (1 + x)


def fmod(xp: Any, x: Array, y: Array) -> Array:
    """Return remainders with the sign of `x`, of floating-point numbers."""
    return xp.copysign(xp.remainder(xp.abs(x), xp.abs(y)), x)


EXTRAS = {
    "fmod": fmod,
    "one_minus_square": one_minus_square,
    "sigmoid": sigmoid,
    "asinh_slope": asinh_slope,
    "atan_slope": atan_slope,
    "sech_squared": sech_squared,
    "as_real": as_real,
    "as_complex": as_complex,
    "frexp": frexp,
    "gcd": gcd,
    "lcm": lcm,
}
