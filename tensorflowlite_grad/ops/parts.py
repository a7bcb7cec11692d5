"""The parts of numbers: of complex ones, and mantissas and exponents."""

from __future__ import annotations

from typing import Any

from .declare import elementwise, linear
from .kinds import is_complex
from .quotients import ratio
from .several import several

__all__: list[str] = []

#: The two views of complex numbers: as pairs of real ones, and back.
view_as_real = linear("view_as_real", "as_real", view=True, input=lambda xp, g: xp.as_complex(g))
view_as_complex = linear(
    "view_as_complex", "as_complex", view=True, input=lambda xp, g: xp.as_real(g)
)


def _joined(xp: Any, real: Any, imag: Any) -> Any:
    # Not real + 1j * imag, which is NaN where the imaginary part is infinite.
    shape = (real + imag).shape if real.shape != imag.shape else real.shape
    return xp.as_complex(
        xp.stack([xp.broadcast_to(real, shape), xp.broadcast_to(imag, shape)], axis=-1)
    )


#: The same in memory of its own, for libraries that have no such views.
as_real = linear("as_real", "as_real", input=lambda xp, g: xp.as_complex(g))
as_complex = linear("as_complex", "as_complex", input=lambda xp, g: xp.as_real(g))


complex_ = elementwise(
    "complex",
    _joined,
    result="realfloat",
    conjugate=False,
    jvp=lambda xp, real, imag, real_dot, imag_dot: _joined(
        xp,
        xp.zeros_like(real) if real_dot is None else real_dot,
        xp.zeros_like(imag) if imag_dot is None else imag_dot,
    ),
    real=lambda xp, g: xp.real(g),
    imag=lambda xp, g: xp.imag(g),
)


def _angle(xp: Any, x: Any) -> Any:
    if is_complex(x):
        return xp.atan2(xp.imag(x), xp.real(x))
    # 0 or pi by the sign, and NaN of NaN.
    return xp.where(x != x, x, xp.atan2(xp.zeros_like(x), xp.where(x < 0, x, xp.ones_like(x))))


def _angle_gradient(xp: Any, g: Any, z: Any) -> Any:
    if not is_complex(z):
        return xp.zeros_like(g)
    x, y = xp.real(z), xp.imag(z)
    size = xp.hypot(x, y)
    real, imag = ratio(xp, ratio(xp, -y, size), size), ratio(xp, ratio(xp, x, size), size)
    return _joined(xp, g * real, g * imag)


def _angle_tangent(xp: Any, z_dot: Any, z: Any) -> Any:
    if not is_complex(z):
        return xp.zeros_like(z_dot)
    x, y = xp.real(z), xp.imag(z)
    size = xp.hypot(x, y)
    return ratio(xp, ratio(xp, x * xp.imag(z_dot) - y * xp.real(z_dot), size), size)


#: At the origin the gradient is 0.
angle = elementwise(
    "angle",
    _angle,
    result="float",
    conjugate=False,
    jvp=lambda xp, input_dot, input: _angle_tangent(xp, input_dot, input),
    input=lambda xp, g, input: _angle_gradient(xp, g, input),
)


def _scale(xp: Any, exponent: Any, like: Any) -> Any:
    """Return 2 to the power of minus an integer exponent, in two halves so that it is finite."""
    half = exponent // 2
    two = xp.full_like(like, 2)
    first = xp.pow(two, xp.astype(-half, like.dtype))
    return first, xp.pow(two, xp.astype(half - exponent, like.dtype))


def _mantissa_slope(xp: Any, g: Any, exponent: Any, input: Any) -> Any:
    first, second = _scale(xp, exponent, input)
    return g * first * second


frexp = several(
    "frexp",
    lambda xp, input: xp.frexp(input),
    ("mantissa", "exponent"),
    constant=("exponent",),
    jvp=lambda xp, input_dot, exponent, input: _mantissa_slope(xp, input_dot, exponent, input),
    input=lambda xp, g_mantissa, exponent, input: _mantissa_slope(xp, g_mantissa, exponent, input),
)
