"""Derivatives of functions of one operand, in float64, against mpmath over the whole range.

The measure is the distance of neighbouring numbers at the true value (an "ulp"), denormal ones
included.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import tensorflowlite_grad as tg
from tensorflowlite_grad.backend import selection

PI = mpmath.pi


@dataclass(frozen=True)
class Function:
    """A derivative, and where it is tried.

    Attributes
    ----------
    slope : callable
        The true derivative, of an mpf.
    low, high : float
        The domain.
    points : tuple of float
        What must be tried: tails, ends, and where terms cancel.
    limit : float
        How many ulps are allowed.
    size : callable, optional
        What an ulp is measured at where the derivative itself passes through zero.
    digits : int
        What mpmath computes with: more where numbers that are equal to 1e-300 are subtracted.
    options : tuple
        What the function is given besides its operand, by name.
    """

    slope: Callable[[Any], Any]
    low: float
    high: float
    points: tuple[float, ...] = ()
    limit: float = 4
    size: Callable[[Any], Any] | None = None
    digits: int = 60
    options: tuple[tuple[str, Any], ...] = ()


@cache
def _besselk(order: int, x: Any) -> Any:
    return mpmath.besselk(order, x)  # slow, and wanted at the same places by several tests


def _gauss(x: Any, scale: Any = 1) -> Any:
    return mpmath.exp(-scale * x * x)


def _ndtr(x: Any) -> Any:
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def _erfinv(x: Any) -> Any:
    """Return the inverse of the error function, by Newton's steps on its logarithmic tail."""
    size = abs(x)
    if size < 0.5:
        return mpmath.findroot(lambda y: mpmath.erf(y) - x, x, solver="newton", tol=mpf(10) ** -50)
    q = 1 - size
    y = mpmath.sqrt(-mpmath.log(q))
    for _ in range(12):
        e = mpmath.erfc(y)
        y += e * mpmath.log(e / q) * mpmath.sqrt(PI) / 2 / _gauss(y)
    return mpmath.sign(x) * y


def _quotient_slope(x: Any, turn: Any) -> Any:
    """Return the derivative of sin(turn x) / (turn x)."""
    u = turn * x
    return (mpmath.cos(u) - mpmath.sin(u) / u) / x


def _gate(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def _silu_slope(x: Any) -> Any:
    return _gate(x) * (1 + x * _gate(-x))


def _mish_slope(x: Any) -> Any:
    smooth = mpmath.log1p(mpmath.exp(x))
    return mpmath.tanh(smooth) + x * _gate(x) * mpmath.sech(smooth) ** 2


def _gelu_slope(x: Any) -> Any:
    return _ndtr(x) + x * _gauss(x, mpf(1) / 2) / mpmath.sqrt(2 * PI)


def _gelu_tanh_slope(x: Any) -> Any:
    cubic = mpf("0.044715")
    steep = 2 * mpmath.sqrt(2 / PI)
    share = _gate(steep * (x + cubic * x**3))
    return share + x * share * (1 - share) * steep * (1 + 3 * cubic * x * x)


HUGE = 1.7e308
ROOT = 1.34e154  # whose square overflows
HALF = 0.7071067811865475
TINY = (1e-300, -1e-300, 1e-10, -1e-10)

FUNCTIONS: dict[str, Function] = {
    "exp": Function(mpmath.exp, -745, 709, (-744.0, -709.0, 709.0)),
    "exp2": Function(lambda x: mpf(2) ** x * mpmath.log(2), -1074, 1023, (-1050.5, 1020.5)),
    "expm1": Function(mpmath.exp, -745, 709, (-50.0, -700.0, -740.0, 1e-10)),
    "log": Function(lambda x: 1 / x, 1e-307, HUGE, (1e-300, 1e300)),
    "log2": Function(lambda x: 1 / x / mpmath.log(2), 1e-307, HUGE, (1.2e-308, 1e300)),
    "log10": Function(lambda x: 1 / x / mpmath.log(10), 1e-307, HUGE, (5e-309, 1e300)),
    "log1p": Function(lambda x: 1 / (1 + x), -0.9999, HUGE, (-1 + 1e-16, 1e-300, 1e300)),
    "sqrt": Function(lambda x: 1 / mpmath.sqrt(x) / 2, 1e-307, HUGE, (5e-324, 1e300)),
    "rsqrt": Function(lambda x: -1 / x / mpmath.sqrt(x) / 2, 1e-205, HUGE, (1e-200, 1e206)),
    "reciprocal": Function(lambda x: -1 / x / x, 1e-153, 1e161, (1e-150, 1e155, 1e160)),
    "square": Function(lambda x: 2 * x, -8e307, 8e307, TINY),
    "sin": Function(mpmath.cos, -1e6, 1e6, (1e10, 1.5707963267948966)),
    "cos": Function(lambda x: -mpmath.sin(x), -1e6, 1e6, (1e10, 3.141592653589793)),
    "tan": Function(lambda x: mpmath.sec(x) ** 2, -1e4, 1e4, (1.5707963267948966, 1e-300)),
    "asin": Function(lambda x: 1 / mpmath.sqrt(1 - x * x), -1, 1, (1 - 1e-16, -1 + 1e-15, 1e-300)),
    "acos": Function(lambda x: -1 / mpmath.sqrt(1 - x * x), -1, 1, (1 - 1e-16, -1 + 1e-15, 1e-300)),
    "atan": Function(lambda x: 1 / (1 + x * x), -HUGE, HUGE, (1e200, -1e155, 1e161, ROOT, 1e-300)),
    "sinh": Function(mpmath.cosh, -710, 710, (700.0, 1e-10)),
    "cosh": Function(mpmath.sinh, -710, 710, (700.0, 1e-300)),
    "tanh": Function(
        lambda x: mpmath.sech(x) ** 2, -380, 380, (30.0, -30.0, 300.0, 360.0, 1000.0, 1e-10)
    ),
    "asinh": Function(lambda x: 1 / mpmath.sqrt(1 + x * x), -HUGE, HUGE, (1e200, -1e200, ROOT)),
    "acosh": Function(lambda x: 1 / mpmath.sqrt(x * x - 1), 1, HUGE, (1e200, 1 + 1e-15, ROOT)),
    "atanh": Function(lambda x: 1 / (1 - x * x), -1, 1, (1 - 1e-16, -1 + 1e-15, 1e-300)),
    "sigmoid": Function(
        lambda x: mpmath.sech(x / 2) ** 2 / 4, -760, 760, (40.0, -40.0, 700.0, -740.0, 1e4)
    ),
    "softplus": Function(lambda x: 1 / (1 + mpmath.exp(-x)), -740, 740, (-700.0, 700.0)),
    "logsigmoid": Function(lambda x: 1 / (1 + mpmath.exp(x)), -740, 740, (-700.0, 700.0)),
    "logit": Function(lambda x: 1 / x / (1 - x), 1e-307, 1, (1 - 1e-16, 1e-300)),
    "erf": Function(lambda x: 2 / mpmath.sqrt(PI) * _gauss(x), -27, 27, (26.0, -27.2, 5.3, 1e-10)),
    "erfc": Function(lambda x: -2 / mpmath.sqrt(PI) * _gauss(x), -27, 27, (26.0, -27.2, 5.3)),
    "erfinv": Function(
        lambda x: mpmath.sqrt(PI) / 2 / _gauss(_erfinv(x)),
        -1,
        1,
        (1 - 1e-16, -1 + 1e-12, 0.999, 1e-300),
        limit=5,
    ),
    "lgamma": Function(
        mpmath.digamma,
        1e-300,
        1e305,
        (1e-200, 1.5, 1e10, 1e300),
        size=lambda x: mpf(1 if 1 < x < 2 else 0),
    ),
    "digamma": Function(lambda x: mpmath.psi(1, x), 1e-150, 1e305, (1e-100, 0.5, 20.0, 1e200)),
    "sinc": Function(
        lambda x: _quotient_slope(x, PI),
        -1e6,
        1e6,
        (1e-10, -1e-10, 1e-300, 0.3, 0.49, 0.51, 1.0, 1e5 + 0.3),
        size=lambda x: 1 / max(abs(x), mpf(1)) if abs(x) > 0.7 else mpf(0),
        digits=700,
    ),
    "i0": Function(lambda x: mpmath.besseli(1, x), -300, 300, (1e-10, 4.99, 5.01, 29.9, 30.1)),
    # Negative numbers: where the slope is zero, and where it dies away.
    "nn.functional.silu": Function(_silu_slope, -750, 40, (-1.27846, -1.278, -720.0, 30.0), 5),
    "nn.functional.mish": Function(_mish_slope, -750, 40, (-1.19243, -1.192, -720.0, 30.0), 5),
    "nn.functional.gelu": Function(
        _gelu_slope, -38.7, 40, (-0.75179, -0.751, -37.5, -38.5, -1.27, -0.05, 9.0), limit=6
    ),
    "nn.functional.gelu, tanh": Function(
        _gelu_tanh_slope,
        -22,
        40,
        (-0.75246, -0.752, -17.9, -18.1, -21.3, 9.0),
        limit=5,
        digits=400,
        options=(("approximate", "tanh"),),
    ),
    "nn.functional.celu": Function(
        lambda x: mpmath.exp(min(x, 0) / mpf(1.3)), -950, 10, (-900.0,), options=(("alpha", 1.3),)
    ),
    "deg2rad": Function(lambda x: PI / 180, -HUGE, HUGE),
    "rad2deg": Function(lambda x: 180 / PI, -1e306, 1e306),
    "special.entr": Function(lambda x: -mpmath.log(x) - 1, 1e-307, HUGE, (0.367, 0.3679, 1e-300)),
    "special.ndtr": Function(
        lambda x: _gauss(x, mpf(1) / 2) / mpmath.sqrt(2 * PI), -38, 38, (37.5, -38.4, 7.3)
    ),
    # What follows rests on more than one special function of a library.
    "special.log_ndtr": Function(
        lambda x: _gauss(x, mpf(1) / 2) / mpmath.sqrt(2 * PI) / _ndtr(x),
        -1e9,
        38,
        (-1e5, -40.0, -1.001, -0.999, 37.5),
        limit=5,
    ),
    "special.erfcx": Function(
        lambda x: 2 * x * mpmath.exp(x * x) * mpmath.erfc(x) - 2 / mpmath.sqrt(PI),
        -26,
        1e9,
        (1e5, 7.9, 8.1, 1e-10, -1e-10),
        limit=4,
    ),
    "special.i1": Function(
        lambda x: mpmath.besseli(0, x) - mpmath.besseli(1, x) / x,
        -300,
        300,
        (1e-6, -1e-10, 1.99, 2.01, 4.99, 5.01),
    ),
    "special.i0e": Function(
        lambda x: mpmath.exp(-x) * (mpmath.besseli(1, x) - mpmath.besseli(0, x)),
        1e-9,
        1e4,
        (29.9, 30.1, 1e3),
        limit=7,
    ),
    "special.scaled_modified_bessel_k0": Function(
        lambda x: mpmath.exp(x) * (_besselk(0, x) - _besselk(1, x)),
        1e-9,
        1e4,
        (0.99, 1.01, 1e3),
        limit=6,
    ),
    "special.scaled_modified_bessel_k1": Function(
        lambda x: mpmath.exp(x) * ((1 - 1 / x) * _besselk(1, x) - _besselk(0, x)),
        1e-9,
        1e4,
        (0.99, 1.01, 1e3),
        limit=6,
    ),
    "special.spherical_bessel_j0": Function(
        lambda x: _quotient_slope(x, 1),
        -1e6,
        1e6,
        (1e-10, 1e-300, 1.49, 1.51),
        size=lambda x: 1 / max(abs(x), mpf(1)) if abs(x) > 2 else mpf(0),
        digits=700,
    ),
}


def function_named(name: str) -> Any:
    found: Any = tg
    for part in name.split(",")[0].split("."):
        found = getattr(found, part)
    return partial(found, **dict(FUNCTIONS[name].options))


def slopes(name: str, points: list[float]) -> list[float]:
    x = tg.tensor(points, dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(function_named(name)(x).sum(), x)
    return g.tolist()


def distance(value: float, true: Any, size: Any) -> float:
    """Return the distance in ulps of the true value, or of `size` where that is greater."""
    greatest = mpf(2) ** 1024
    if abs(true) >= greatest * (1 - mpf(2) ** -54):
        return 0.0 if abs(value) == np.inf else np.inf
    if not np.isfinite(value):
        return np.inf
    at = max(abs(true), size)
    exponent = -1022 if at == 0 else max(mpmath.floor(mpmath.log(at, 2)), -1022)
    return float(abs(mpf(value) - true) / mpf(2) ** (int(exponent) - 52))


def check(name: str, points: list[float]) -> None:
    f = FUNCTIONS[name]
    found = slopes(name, points)
    with mp.workdps(f.digits):
        far = {
            x: off
            for x, value in zip(points, found, strict=True)
            if (off := distance(value, f.slope(mpf(x)), f.size(mpf(x)) if f.size else mpf(0)))
            > f.limit
        }
    assert far == {}


def spread(name: str) -> list[float]:
    """Return numbers all over a domain: even, and even in their logarithm from its ends."""
    f = FUNCTIONS[name]
    source = np.random.default_rng(0)
    middle = source.uniform(max(f.low, -50.0), min(f.high, 50.0), 40)
    sizes = 10.0 ** source.uniform(-300, 308, 40)
    near = 10.0 ** source.uniform(-15, 0, 20)
    candidates = [*middle, *sizes, *-sizes, *(f.low + near), *(f.high - near)]
    return [float(x) for x in candidates if f.low < x < f.high and x]


@pytest.mark.guarantee("N14")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_are_right_over_the_whole_range(name: str) -> None:
    with tg.use_backend("numpy"):
        check(name, [*FUNCTIONS[name].points, *spread(name)])


@pytest.mark.guarantee("N14")
@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("tanh", 30.0),
        ("sigmoid", 40.0),
        ("expm1", -50.0),
        ("acosh", 1e200),
        ("asinh", 1e200),
        ("sinc", 1e-10),
    ],
)
def test_derivatives_where_other_forms_have_no_digits(
    backend: str, name: str, point: float
) -> None:
    """By a saved result, a square, or a difference, they would be zero, infinite or noise."""
    check(name, [point, point * (1 + 2**-20)])
    if name not in ("expm1", "acosh"):
        check(name, [-point])


CHEAP = [n for n in FUNCTIONS if not n.startswith("special") and n not in ("erfinv", "i0")]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CHEAP), st.data())
def test_derivatives_are_right_wherever_one_looks(name: str, data: Any) -> None:
    f = FUNCTIONS[name]
    x = data.draw(st.floats(f.low, f.high, exclude_min=True, exclude_max=True))
    if x:
        with tg.use_backend("numpy"):
            check(name, [x])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_are_right_without_special_functions(name: str) -> None:
    """The generic forms, on a library that has none of its own."""
    with tg.use_backend("strict"):
        check(name, [*FUNCTIONS[name].points, *spread(name)[::4]])


BOUNDED = (
    "tanh",
    "sigmoid",
    "softplus",
    "logsigmoid",
    "asinh",
    "atan",
    "erf",
    "erfc",
    "special.ndtr",
)


@pytest.mark.parametrize("name", BOUNDED)
def test_nothing_warns_far_out(name: str) -> None:
    """Of what does not overflow itself, neither the value nor the derivative does on the way."""
    with tg.use_backend("numpy"), warnings.catch_warnings():
        warnings.simplefilter("error")
        found = slopes(name, [1e300, -1e300, 1000.0, -1000.0, 400.0, 0.0])
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", BOUNDED)
def test_second_derivatives_are_finite_far_out(backend: str, name: str) -> None:
    x = tg.tensor([1e300, -1e300, 1000.0, 0.0], dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(function_named(name)(x).sum(), x, create_graph=True)
    (h,) = tg.autograd.grad(g.sum(), x)
    assert np.isfinite(h.tolist()).all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_half_precision(backend: str, name: str) -> None:
    """What scales and splits numbers does so within the range of the dtype."""
    if selection.default_place().backend.native_dtype("float16") is None:
        pytest.skip("the library has no half precision")
    f = FUNCTIONS[name]
    points = [x for x in (0.3, 0.75, -0.5, 3.0, -4.5, 40.0) if f.low < x < f.high]
    x = tg.tensor(points, dtype=tg.float16, requires_grad=True)
    (g,) = tg.autograd.grad(function_named(name)(x).sum(), x)
    assert g.dtype is tg.float16
    with np.errstate(over="ignore"):
        wanted = np.asarray([float(f.slope(mpf(p))) for p in x.tolist()]).astype(np.float16)
    np.testing.assert_allclose(g.tolist(), wanted, rtol=6e-3, atol=1e-4)
