"""Generic forms of small functions: pairs, mantissas, common divisors, the slope of tanh."""

from __future__ import annotations

from typing import Any

__all__ = ["EXTRAS"]

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


def sech_squared(xp: Any, x: Array) -> Array:
    """Return 1 / cosh(x)**2, without the squares that overflow before it."""
    if "complex" not in str(x.dtype):
        size = xp.cosh(x)
        return 1 / size / size
    small = xp.exp(-2 * xp.where(xp.real(x) >= 0, x, -x))
    return 4 * small / (1 + small) / (1 + small)


EXTRAS = {
    "sech_squared": sech_squared,
    "as_real": as_real,
    "as_complex": as_complex,
    "frexp": frexp,
    "gcd": gcd,
    "lcm": lcm,
}
