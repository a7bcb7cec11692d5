"""Cases of the special functions, the parts of numbers, and what chooses between numbers."""

from __future__ import annotations

import math
from typing import Any

from ..functions import limits, parts
from ..ops import polynomials, special_functions  # noqa: F401 - which declare operations
from .samples import Sample, case, given, real, whole

__all__: list[str] = []

INF, NAN = math.inf, math.nan


def _each(function: Any) -> Any:
    """Return a reference that computes numbers one by one, on the host."""

    def reference(np: Any, *arguments: Any) -> Any:
        options = [v for v in arguments if not hasattr(v, "ndim")]
        arrays = np.broadcast_arrays(*arguments[: len(arguments) - len(options)])
        numbers = zip(*(map(float, a.ravel()) for a in arrays), strict=True)
        values = [function(*at, *options) for at in numbers]
        return np.asarray(values, dtype=arrays[0].dtype).reshape(arrays[0].shape)

    return reference


def _one(name: str, function: Any, *, low: float = -2.0, high: float = 2.0, **options: Any) -> None:
    # One shape: the generic forms are long, and the same for every element.
    case(name, _each(function), (real(2, 3, low=low, high=high),), **options)


# -- choices ----------------------------------------------------------------------------------

PAIRS = ((real(2, 3), real(3)), (given(1.0, NAN, 2.0), given(NAN, 1.0, 3.0)))
case("fmax", lambda np, x, y: np.fmax(x, y), PAIRS[0])
case("fmin", lambda np, x, y: np.fmin(x, y), PAIRS[0])
for name in ("fmax", "fmin"):
    case(
        name,
        lambda np, x, y, name=name: getattr(np, name)(x, y),
        (given(1, 5, -2, dtype="int64"), given(3, -4, -2, dtype="int64")),
    )
case(
    "heaviside",
    lambda np, x, v: np.heaviside(x, v),
    (given(-1.5, 0.3, 2.0), real(3)),
    (given(0.7, shape=()), real(2)),
)
case("heaviside", lambda np, v: v, (real(3),), run=lambda v: limits.heaviside(v.detach() * 0, v))
case(
    "nan_to_num",
    lambda np, x, nan, high, low: np.nan_to_num(x, nan=nan, posinf=high, neginf=low),
    (real(2, 3),),
    options=(1.5, 9.0, -8.0),
)
case(
    "nextafter",
    lambda np, x, y: np.nextafter(x, y),
    (given(1.0, 0.0, -2.5, 3.0), given(2.0, -1.0, -2.5, -INF)),
    single=False,
)
SPECIAL = given(0.0, -0.0, 1.5, -2.0, INF, -INF, NAN)
for name in ("isposinf", "isneginf"):
    case(name, lambda np, x, name=name: getattr(np, name)(x), (SPECIAL,), (real(2, 3),))
    case(name, lambda np, x: np.zeros(x.shape, bool), (whole(3),))
case("isreal", lambda np, x: np.isreal(x), (SPECIAL,))
case("isreal", lambda np, x: np.isreal(x), (given(1 + 0j, 2j, 0j, dtype="complex128"),))
INTEGERS = (
    given(12, -18, 0, 7, 0, 35, dtype="int64", shape=(2, 3)),
    given(8, 12, 0, dtype="int64"),
)
case("gcd", lambda np, x, y: np.gcd(x, y), INTEGERS)
case("lcm", lambda np, x, y: np.lcm(x, y), INTEGERS)
case(
    "pow_integer",
    lambda np, x, n: np.trunc(x.astype(float) ** n.astype(float)).astype(int),
    (given(2, -3, 1, -1, 5, dtype="int64"), given(3, 3, -2, -3, -1, dtype="int64")),
)
for decimals in (2, -1):
    case(
        "round",
        lambda np, x, decimals: np.round(x, decimals),
        (given(-1.717, 26.3, 0.449),),
        options=(decimals,),
        step=1e-9,
    )

# -- parts --------------------------------------------------------------------------------------

COMPLEX = (Sample((2, 3), dtype="complex128"), Sample((), dtype="complex128"))


def _pairs(np: Any, z: Any) -> Any:
    return np.stack([z.real, z.imag], -1)


for name in ("view_as_real", "as_real"):
    case(name, _pairs, *((s,) for s in COMPLEX))
for name in ("view_as_complex", "as_complex"):
    case(name, lambda np, x: x[..., 0] + 1j * x[..., 1], (real(3, 2),), (real(2),))
case(
    "complex",
    lambda np, x, y: x + 1j * y,
    (real(2, 3), real(2, 3)),
    (real(2, 1), real(3)),
    (real(), real()),
)
case("angle", lambda np, z: np.angle(z), *((s,) for s in COMPLEX), (real(2, 3, clear=True),))
case("frexp", lambda np, x: np.frexp(x)[0], (real(2, 3),), run=lambda x: parts.frexp(x).mantissa)

# -- the error function and the normal distribution ------------------------------------------------

_one("erfc", math.erfc, high=4.0)
_one("atan_slope", lambda x: 1 / (1 + x * x))
case("atan_slope", lambda np, z: 1 / (1 + z * z), *((s,) for s in COMPLEX))
_one("asinh_slope", lambda x: 1 / math.hypot(1.0, x))
case("asinh_slope", lambda np, z: 1 / np.sqrt(1 + z * z), *((s,) for s in COMPLEX))
for scale in (1.0, 0.5):
    case(
        "sech_squared",
        lambda np, x, scale: (scale / np.cosh(scale * x)) ** 2,
        (real(2, 3),),
        (real(),),
        *((s,) for s in COMPLEX),
        options=(scale,),
    )
case("one_minus_square", lambda np, x: 1 - x * x, (real(2, 3),), *((s,) for s in COMPLEX))
for scale in (1.0, 0.5, -1.0):
    _one("exp_minus_square", lambda x, scale: math.exp(-scale * x * x), options=(scale,))


def _inverse(function: Any, low: float, high: float) -> Any:
    """Return the inverse of an increasing function, by halving an interval."""

    def inverse(y: float) -> float:
        a, b = low, high
        for _ in range(200):
            middle = (a + b) / 2
            a, b = (middle, b) if function(middle) < y else (a, middle)
        return a

    return inverse


def _ndtr(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


_one("erfinv", _inverse(math.erf, -6, 6), low=-0.95, high=0.95)
_one("ndtr", _ndtr)
_one("ndtri", _inverse(_ndtr, -9, 9), low=0.02, high=0.98)
_one("log_ndtr", lambda x: math.log(_ndtr(x)), low=-6.0, high=3.0)


def _erfcx(x: float) -> float:
    return math.exp(x * x) * math.erfc(x)


_one("erfcx", _erfcx, high=4.0)
_one("erfcx_slope", lambda x: 2 * x * _erfcx(x) - 2 / math.sqrt(math.pi), high=2.0)
_one("entr", lambda x: -x * math.log(x), low=0.2)
case(
    "xlog1py",
    lambda np, x, y: np.where(x == 0, 0.0, x * np.log1p(y)),
    (real(2, 3, clear=True), real(2, 3, low=-0.6)),
    (real(2, 1), real(3, low=-0.6)),
)
case("logaddexp2", lambda np, x, y: np.logaddexp2(x, y), (real(2, 3), real(3)))
case("logaddexp", lambda np, x, y: np.log(np.exp(x) + np.exp(y)), (COMPLEX[0], COMPLEX[0]))
case("sigmoid", lambda np, z: 1 / (1 + np.exp(-z)), (COMPLEX[0],))

# -- the gamma function ----------------------------------------------------------------------------


def _zeta(s: float, q: float) -> float:
    """Return Hurwitz's zeta function by Euler and Maclaurin's formula."""
    n = 40
    total = math.fsum((q + k) ** -s for k in range(n))
    a = q + n
    total += a ** (1 - s) / (s - 1) + a**-s / 2 + s * a ** (-s - 1) / 12
    return float(total - s * (s + 1) * (s + 2) * a ** (-s - 3) / 720)


def _digamma(x: float) -> float:
    steps = max(0, 30 - math.floor(x))
    y = x + steps
    total = math.log(y) - 1 / (2 * y) - 1 / (12 * y**2) + 1 / (120 * y**4) - 1 / (252 * y**6)
    return total - math.fsum(1 / (x + k) for k in range(steps))


_one("lgamma", math.lgamma, low=0.3, high=6.0)
case("lgamma", _each(math.lgamma), (given(-0.5, -2.7, 12.3, 0.2),))
_one("digamma", _digamma, low=0.3, high=6.0)
case("digamma", _each(_digamma), (given(-0.4, -2.7, 12.3),))
_one("trigamma", lambda x: _zeta(2, x), low=0.3, high=6.0)
for n in (1, 2, 3):
    _one(
        "polygamma",
        lambda x, n: (-1) ** (n + 1) * math.factorial(n) * _zeta(n + 1, x),
        low=0.6,
        high=4.0,
        options=(n,),
    )
case(
    "zeta",
    _each(_zeta),
    (real(2, 3, low=1.5, high=5.0), real(2, 3, low=0.5, high=3.0)),
    (real(low=2.0, high=3.0), real(3, low=0.5, high=3.0)),
)


def _igamma(a: float, x: float) -> float:
    terms = [math.exp(a * math.log(x) - x - math.lgamma(a + 1))]
    for k in range(1, 200):
        terms.append(terms[-1] * x / (a + k))
    return math.fsum(terms)


GAMMA = (
    (real(2, 3, low=0.5, high=5.0), real(2, 3, low=0.5, high=6.0)),
    (real(2, 1, low=0.5, high=5.0), real(3, low=0.5, high=6.0)),
)
case("igamma", _each(_igamma), *GAMMA)
case("igammac", _each(lambda a, x: 1 - _igamma(a, x)), *GAMMA)
case("igamma", _each(_igamma), (given(20.0, 20.0, 30.0), given(12.0, 21.5, 29.0)))

# -- Bessel's and Airy's functions -----------------------------------------------------------------


def _mean(function: Any, count: int = 400) -> float:
    """Return the mean over half a period of a smooth even function."""
    inner = [function(math.pi * k / count) for k in range(1, count)]
    return float(math.fsum(inner) + (function(0.0) + function(math.pi)) / 2) / count


def _i(order: int, scaled: bool = False) -> Any:
    def value(x: float) -> float:
        less = abs(x) if scaled else 0.0
        return _mean(lambda t: math.exp(x * math.cos(t) - less) * math.cos(order * t))

    return value


def _j(order: int) -> Any:
    return lambda x: _mean(lambda t: math.cos(order * t - x * math.sin(t)))


def _k(order: int, scaled: bool = False) -> Any:
    def value(x: float) -> float:
        less = x if scaled else 0.0
        step = 0.02
        terms = [
            math.exp(less - x * math.cosh(k * step)) * math.cosh(order * k * step)
            for k in range(1, 400)
        ]
        return step * (math.fsum(terms) + math.exp(less - x) / 2)

    return value


def _y(order: int) -> Any:
    """Return the integral DLMF 10.9.7, its first part by Simpson's rule."""

    def value(x: float) -> float:
        n, first = 8000, 0.0
        for k in range(n + 1):
            weight = 1 if k in (0, n) else 4 if k % 2 else 2
            first += weight * math.sin(x * math.sin(math.pi * k / n) - order * math.pi * k / n)
        first /= 3 * n
        top = math.asinh(45 / x)
        second = 0.0
        for k in range(n + 1):
            weight = 1 if k in (0, n) else 4 if k % 2 else 2
            t = top * k / n
            sign = (-1) ** order
            second += (
                weight
                * (math.exp(order * t) + sign * math.exp(-order * t))
                * math.exp(-x * math.sinh(t))
            )
        return first - second * top / (3 * n) / math.pi

    return value


_one("i0", _i(0), high=6.0)
_one("i1", _i(1), high=6.0)
_one("i0e", _i(0, True), low=0.1, high=6.0)
_one("i1e", _i(1, True), low=0.1, high=6.0)
_one("i0e_slope", lambda x: _i(1, True)(x) - _i(0, True)(x), low=0.1, high=6.0)
_one(
    "i1e_slope",
    lambda x: _i(0, True)(x) - _i(1, True)(x) * (1 + 1 / x),
    low=0.1,
    high=6.0,
)
for order in (0, 1):
    _one(f"bessel_j{order}", _j(order), high=9.0)
    _one(f"bessel_y{order}", _y(order), low=0.5, high=9.0)
    _one(f"bessel_k{order}", _k(order), low=0.5, high=5.0)
    _one(f"bessel_k{order}e", _k(order, True), low=0.5, high=5.0)


_one("bessel_k0e_slope", lambda x: _k(0, True)(x) - _k(1, True)(x), low=0.5, high=5.0)
_one(
    "bessel_k1e_slope",
    lambda x: _k(1, True)(x) * (1 - 1 / x) - _k(0, True)(x),
    low=0.5,
    high=5.0,
)


def _airy(slope: bool) -> Any:
    """Return the sum of the power series DLMF 9.4.1, or its derivative."""
    f0 = 1 / (3 ** (2 / 3) * math.gamma(2 / 3))
    g0 = 1 / (3 ** (1 / 3) * math.gamma(1 / 3))

    def value(x: float) -> float:
        total, f, g = [], f0, -g0
        for k in range(40):
            if slope:
                total += [
                    3 * k * f * x ** (3 * k - 1) if k else 0.0,
                    (3 * k + 1) * g * x ** (3 * k),
                ]
            else:
                total += [f * x ** (3 * k), g * x ** (3 * k + 1)]
            f /= (3 * k + 2) * (3 * k + 3)
            g /= (3 * k + 3) * (3 * k + 4)
        return math.fsum(total)

    return value


_one("airy_ai", _airy(False), low=-3.0)
_one("airy_ai_slope", _airy(True), low=-3.0)
_one("spherical_bessel_j0", lambda x: math.sin(x) / x, low=0.2, high=4.0)
case("spherical_bessel_j0", lambda np, x: np.ones_like(x), (given(0.0, 1e-9),))
_one("sinc", lambda x: math.sin(math.pi * x) / (math.pi * x), low=0.1, high=3.0)
case("sinc", lambda np, x: np.sinc(x), (given(0.0, -0.3, 0.7, 1e-3),), (COMPLEX[0],))

# -- polynomials -----------------------------------------------------------------------------------

DEGREES = given(-1.0, 0.0, 1.0, 2.0, 3.0, 5.0, 7.0)


def _chebyshev(kind: str) -> Any:
    """Return the trigonometric definition, DLMF 18.5.1 to 18.5.4."""

    def value(x: float, n: float, highest: int = 0) -> float:
        t = math.acos(x)
        if n < 0:
            return 0.0
        if kind == "t":
            return math.cos(n * t)
        if kind == "u":
            return math.sin((n + 1) * t) / math.sin(t)
        if kind == "v":
            return math.cos((n + 0.5) * t) / math.cos(t / 2)
        return math.sin((n + 0.5) * t) / math.sin(t / 2)

    return value


def _polynomial(name: str, value: Any, low: float, high: float) -> None:
    case(
        name,
        lambda np, x, n, highest: _each(value)(np, x, n),
        (real(2, 7, low=low, high=high), DEGREES),
        (real(low=low, high=high), DEGREES),
        options=(7,),
    )


def _shifted(value: Any) -> Any:
    return lambda x, n: value(2 * x - 1, n)


for kind in "tuvw":
    _polynomial(f"chebyshev_polynomial_{kind}", _chebyshev(kind), -0.9, 0.9)
    _polynomial(f"shifted_chebyshev_polynomial_{kind}", _shifted(_chebyshev(kind)), 0.1, 0.9)


def _sum(term: Any) -> Any:
    return lambda x, n: math.fsum(term(x, int(n), k) for k in range(int(n) + 1))


def _choose(n: int, k: int) -> int:
    return math.comb(n, k)


def _hermite(x: float, n: int, k: int, scale: float) -> float:
    if 2 * k > n:
        return 0.0
    size = math.factorial(n) / (math.factorial(k) * math.factorial(n - 2 * k))
    return float((-1) ** k * size * (2 * x if scale == 1 else x) ** (n - 2 * k) * scale**-k)


_polynomial("hermite_polynomial_h", _sum(lambda x, n, k: _hermite(x, n, k, 1)), -2, 2)
_polynomial("hermite_polynomial_he", _sum(lambda x, n, k: _hermite(x, n, k, 2)), -2, 2)
_polynomial(
    "laguerre_polynomial_l",
    _sum(lambda x, n, k: _choose(n, k) * (-x) ** k / math.factorial(k)),
    0.1,
    4,
)
_polynomial(
    "legendre_polynomial_p",
    _sum(lambda x, n, k: _choose(n, k) * _choose(n + k, k) * ((x - 1) / 2) ** k),
    -0.9,
    0.9,
)
