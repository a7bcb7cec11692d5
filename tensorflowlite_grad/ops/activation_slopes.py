"""Slopes of smooth activations in double precision, right to the last digits.

Left of zero each of them crosses zero once, where the usual sum of two terms cancels, and dies
away, where factors underflow before their product does. So the root, which takes two numbers, is
subtracted first; what remains of the sum has terms of one sign. Exponentials are taken apart, the
smallest factor last.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

__all__ = [
    "exp_of_ratio",
    "gelu_left",
    "gelu_tanh_left",
    "is_double",
    "left_of_zero",
    "mirrored",
    "mish_left",
    "silu_left",
]

Array = Any
Slope = Callable[[Any, Array], Array]


def left_of_zero(xp: Any, x: Array) -> Array:
    """Return `x` where it is at most 0, else 0: what cannot overflow an exponential."""
    return xp.where(x > 0, xp.zeros_like(x), x)


def is_double(x: Array) -> bool:
    """Return whether an array's dtype is float64."""
    return str(x.dtype).endswith("float64")


def _halves(x: Any) -> tuple[Any, Any]:
    """Return a number as the sum of two of half as many bits: Veltkamp's splitting."""
    shifted = x * (2.0**27 + 1)
    head = shifted - (shifted - x)
    return head, x - head


def exp_of_ratio(xp: Any, x: Array, width: float) -> Array:
    """Return exp(x / width) for x <= 0; in double precision, not of the ratio as it was rounded."""
    if width == 1:
        return xp.exp(x)
    if width < 0 or not is_double(x):
        return xp.exp(x / width)
    x = _above(xp, x, -800.0 * width)
    ratio = x / width
    (head, rest), (head_of_width, rest_of_width) = _halves(ratio), _halves(width)
    product = ratio * width
    error = head * head_of_width - product + head * rest_of_width + rest * head_of_width
    left_over = x - product - (error + rest * rest_of_width)
    return xp.exp(ratio) * (1 + left_over / width)


def mirrored(xp: Any, x: Array, left: Slope) -> Array:
    """Return the slope of a function that is x for x and less that of -x, by `left` of zero."""
    positive = x > 0
    slope = left(xp, xp.where(positive, -x, x))
    return xp.where(positive, 1 - slope, slope)


def _above(xp: Any, x: Array, low: float) -> Array:
    return xp.where(x < low, xp.full_like(x, low), x)


def silu_left(xp: Any, x: Array) -> Array:
    """Return the slope of x / (1 + exp(-x)) for x <= 0: e (1 + e + x) / (1 + e)**2, e = exp(x)."""
    beyond = (x + 1.2784645427610737) + 1.0946994183093437e-16
    total = beyond + 0.2784645427610738 * xp.expm1(beyond)
    half = xp.exp(x / 2)
    below = 1 + half * half
    return (total * half) * (half / below / below)


_MISH = 0.3034825352815289  # exp of the root


def mish_left(xp: Any, x: Array) -> Array:
    """Return the slope of x tanh(softplus(x)) for x <= 0.

    With e = exp(x) it is e (4 (x + 1) + 4 e**2 + e**3 + e (4 x + 6)) / (2 + 2 e + e**2)**2.
    """
    beyond = (x + 1.1924312145154952) + 4.8484829848032044e-17
    p = xp.expm1(beyond)
    total = (4 * x + 6) + _MISH * (4 * (2 + p) + _MISH * (3 + p * (3 + p)))
    total = 4 * (1 + _MISH) * beyond + _MISH * p * total
    half = xp.exp(x / 2)
    e = half * half
    below = 2 + e * (2 + e)
    return (total * half) * (half / below / below)


#: The series of x plus Mills' ratio over sqrt(2 pi), around its root and without the constant.
_MILLS = [
    *(0.5724061752276146, 0.0847563696385306, 0.03658159148937988, 0.014313659799253144),
    *(0.005164140672990876, 0.0017385504348288805, 0.0005510161701191732, 0.00016553764352052235),
    *(4.739626363363333e-05, 1.29905534218615e-05, 3.4209159699998974e-06, 8.682281490772262e-07),
    *(2.129376466171737e-07, 5.0581673647302976e-08, 1.1660718204287701e-08, 2.61345278309247e-09),
    *(
        5.703497971630573e-10,
        1.2137047997081056e-10,
        2.5216026261737467e-11,
        5.1206642570392995e-12,
    ),
]


def gelu_left(xp: Any, x: Array) -> Array:
    """Return the slope of x times the normal distribution function for x <= 0.

    It is the density times the sum of x and Mills' ratio.
    """
    x = _above(xp, x, -40.0)
    beyond = (x + 0.7517915246935645) - 1.4956759177009883e-17
    near = xp.abs(beyond) < 0.5
    small = xp.where(near, beyond, xp.zeros_like(x))
    series = small * _MILLS[-1]
    for coefficient in _MILLS[-2::-1]:
        series = (series + coefficient) * small
    total = xp.where(near, series, x / sqrt(2 * pi) + 0.5 * xp.erfcx(x * -sqrt(0.5)))
    head = xp.floor(x * 4096) / 4096  # its square is exact, and what it leaves out small
    rest = (x - head) * (x + head)
    far = x < -37
    scale = xp.where(far, xp.full_like(x, -0.25), xp.full_like(x, -0.5))
    half = xp.exp(rest * scale) * xp.exp(head * head * scale)
    return (total * half) * xp.where(far, half, xp.ones_like(x))


_STEEP, _CUBIC = 1.5957691216057308, 0.07135481627260025
#: As many of their leading bits as leave a product with a cut x, or its cube, exact.
_STEEP_HEAD, _CUBIC_HEAD = 1.59375, 0.0712890625
_STEEP_REST, _CUBIC_REST = 0.0020191216057307117, 6.575377260024877e-05
_ROOT = -0.7524614220710163


def gelu_tanh_left(xp: Any, x: Array) -> Array:
    """Return the slope of x / (1 + exp(-u)), u = a x + b x**3, for x <= 0.

    It is e (1 + e + a x + 3 b x**3) / (1 + e)**2, e = exp(u).
    """
    x = _above(xp, x, -31.0)
    beyond = (x - _ROOT) - 3.635560509207687e-17
    square = x * x + _ROOT * (x + _ROOT)  # of the cubes' difference, over that of x
    total = 0.29195521191476714 * xp.expm1(beyond * (_STEEP + _CUBIC * square))
    total = total + beyond * (_STEEP + 3 * _CUBIC * square)
    head = xp.floor(x * 1024) / 1024
    rest = x - head
    cube = head * head * head
    small = head * _STEEP_REST + cube * _CUBIC_REST
    small = small + rest * (_STEEP + _CUBIC * (3 * head * x + rest * rest))
    large = xp.exp(small) * xp.exp(head * _STEEP_HEAD)
    far = x < -18
    half = xp.exp(
        cube * xp.where(far, xp.full_like(x, _CUBIC_HEAD / 2), xp.full_like(x, _CUBIC_HEAD))
    )
    last = xp.where(far, half, xp.ones_like(x))
    below = 1 + large * half * last
    return (total / below / below * large * half) * last
