"""Cases of the operations that work element by element."""

from __future__ import annotations

import math
from typing import Any

from .samples import Native, Sample, case, given, real, truth, whole

__all__: list[str] = []

INF, NAN = math.inf, math.nan

# -- arithmetic -----------------------------------------------------------------------------

PAIRS = (
    (real(2, 3), real(2, 3)),
    (real(2, 3), real(3)),
    (real(2, 1), real(1, 3)),
    (real(), real(2)),
    (real(), real()),
    (real(0, 3), real(1, 3)),
)
ONES = (real(2, 3), real(), real(0, 2))
AWAY = (real(2, 3, low=0.4, high=2.5), real(low=0.4, high=2.5))

case("add", lambda np, x, y: x + y, *PAIRS, complex=True)
case("sub", lambda np, x, y: x - y, *PAIRS, complex=True)
case("mul", lambda np, x, y: x * y, *PAIRS, complex=True)
case(
    "div",
    lambda np, x, y: x / y,
    (real(2, 3), real(2, 3, low=0.5)),
    (real(2, 1), real(3, low=-2.0, high=-0.5)),
    (real(), real(2, low=0.5)),
    complex=True,
)
case("neg", lambda np, x: -x, *((s,) for s in ONES), complex=True)
case("positive", lambda np, x: +x, (real(2, 3),), complex=True)
case("rsub", lambda np, x, other: other - x, *((s,) for s in ONES), options=(1.5,), complex=True)
for base in (2, 0.5, 1.0):
    case("pow_base", lambda np, x, base: base**x, *((s,) for s in ONES), options=(base,))
for exponent in (2, 3, 0.5, 1, 0, -1, 1.5, -2.5):
    case(
        "pow_scalar",
        lambda np, x, exponent: np.power(x, exponent),
        (AWAY[0],),
        (AWAY[1],),
        options=(exponent,),
        complex=True,
    )
case("pow_scalar", lambda np, x, exponent: x**exponent, (real(4, low=-2, high=-0.5),), options=(3,))
case(
    "pow",
    lambda np, x, y: np.power(x, y),
    (AWAY[0], real(2, 3)),
    (AWAY[0], real(3)),
    (AWAY[1], real(2)),
    complex=True,
)
case("square", lambda np, x: x * x, *((s,) for s in ONES), complex=True)
case("sqrt", lambda np, x: np.sqrt(x), *((s,) for s in AWAY), complex=True)
case("rsqrt", lambda np, x: 1 / np.sqrt(x), *((s,) for s in AWAY), complex=True)
case("reciprocal", lambda np, x: 1 / x, (AWAY[0],), (real(3, low=-2, high=-0.5),), complex=True)
case("abs", lambda np, x: np.abs(x), (real(2, 3, clear=True),), (real(clear=True),), complex=True)
case("sign", lambda np, x: np.sign(x), (real(2, 3, clear=True),))
case("sgn", lambda np, x: np.sign(x), (real(2, 3, clear=True),), complex=True)
for name in ("floor", "ceil", "trunc"):
    case(name, lambda np, x, name=name: getattr(np, name)(x), (real(2, 3, clear=True),))
case("round", lambda np, x: np.rint(x), (given(-1.7, -0.3, 0.4, 1.2, 2.6),))
case("frac", lambda np, x: x - np.trunc(x), (real(2, 3, clear=True),))
QUOTIENTS = (
    (given(2.3, -1.7, 5.1, -4.0), given(0.7, 1.1, -1.3, -1.5)),
    (given(2.3, -1.7, 5.1), given(0.7, shape=(1,))),
)
case("floor_divide", lambda np, x, y: np.floor(x / y), *QUOTIENTS)
case("floor_divide", lambda np, x, y: x // y, (whole(6), given(2, -3, 2, -3, 4, 5, dtype="int64")))
case("trunc_divide", lambda np, x, y: np.trunc(x / y), *QUOTIENTS)
case(
    "trunc_divide",
    lambda np, x, y: np.trunc(x / y).astype(x.dtype),
    (given(7, -7, 7, -7, 6, 0, dtype="int64"), given(2, 2, -2, -2, 3, 5, dtype="int64")),
)
case("remainder", lambda np, x, y: x - y * np.floor(x / y), *QUOTIENTS)
case("fmod", lambda np, x, y: np.fmod(x, y), *QUOTIENTS)
case(
    "fmod",
    lambda np, x, y: np.fmod(x, y),
    (given(7, -7, 7, -7, dtype="int64"), given(3, 3, -3, -3, dtype="int64")),
)
TRIPLES = (
    (real(2, 3), real(2, 3), real(2, 3)),
    (real(3), real(2, 3), real()),
    (real(2, 1), real(3), real(1, 3)),
)
case("lerp", lambda np, x, y, w: x + w * (y - x), *TRIPLES, complex=True)
case("addcmul", lambda np, x, a, b, v: x + v * a * b, *TRIPLES, options=(1.5,), complex=True)
case(
    "addcdiv",
    lambda np, x, a, b, v: x + v * a / b,
    (real(2, 3), real(2, 3), real(2, 3, low=0.5)),
    (real(3), real(2, 3), real(low=0.5)),
    options=(-0.5,),
    complex=True,
)
case("hypot", lambda np, x, y: np.hypot(x, y), (real(2, 3), real(2, 3)), (real(2, 1), real(3)))
CLEAR_PAIRS = (
    (real(2, 3, clear=True), real(2, 3, clear=True)),
    (real(3, clear=True), real(clear=True)),
)
case("copysign", lambda np, x, y: np.copysign(x, y), *CLEAR_PAIRS)
case("maximum", lambda np, x, y: np.maximum(x, y), *PAIRS[:4])
case("minimum", lambda np, x, y: np.minimum(x, y), *PAIRS[:4])
for low, high in ((-1.0, 1.0), (None, 1.0), (0.0, None), (-1, 1), (1.0, -1.0)):
    case(
        "clamp",
        lambda np, x, low, high: np.clip(x, low, high),
        (real(2, 4, clear=True),),
        (real(clear=True),),
        options=(low, high),
    )
case("relu", lambda np, x: np.maximum(x, 0), (real(2, 3, clear=True),), (real(clear=True),))
case(
    "where",
    lambda np, c, x, y: np.where(c, x, y),
    (truth(2, 3), real(2, 3), real(2, 3)),
    (truth(3), real(2, 3), real()),
    (truth(2, 1), real(3), real(1, 3)),
    complex=True,
)


case(
    "masked_fill",
    lambda np, x, mask, value: np.where(mask, value, x),
    (real(2, 3), truth(2, 3), real()),
    (real(3), truth(2, 1), real()),
    complex=True,
)


def _complex_cases(name: str) -> None:
    shapes = [(2, 3), (), (0, 2)]
    calls = [(Sample(shape, dtype="complex128"),) for shape in shapes]
    case(name, lambda np, z: getattr(np, name)(z), *calls)


for name in ("real", "imag", "conj"):
    _complex_cases(name)

# -- comparison and logic ---------------------------------------------------------------------

INTEGERS = (whole(2, 3), given(1, -2, 0, dtype="int64"))
TRUTHS = (truth(2, 3), truth(3))
for name, symbol in (
    ("eq", "equal"),
    ("ne", "not_equal"),
    ("lt", "less"),
    ("le", "less_equal"),
    ("gt", "greater"),
    ("ge", "greater_equal"),
):
    case(
        name,
        lambda np, x, y, symbol=symbol: getattr(np, symbol)(x, y),
        (real(2, 3), real(3)),
        (given(1.0, 2.0, NAN), given(1.0, 3.0, NAN)),
        INTEGERS,
        (real(), real()),
    )
SPECIAL = given(0.0, -0.0, 1.5, -2.0, INF, -INF, NAN)
for name in ("isnan", "isinf", "isfinite", "signbit"):
    case(name, lambda np, x, name=name: getattr(np, name)(x), (SPECIAL,))
for name in ("isnan", "isinf", "isfinite"):
    case(name, lambda np, x, name=name: getattr(np, name)(x * 1.0), (whole(4),))
case("signbit", lambda np, x: x < 0, (whole(4),))
case("logical_not", lambda np, x: np.logical_not(x), (truth(4),), (whole(4, low=0, high=2),))
for name in ("logical_and", "logical_or", "logical_xor"):
    case(name, lambda np, x, y, name=name: getattr(np, name)(x, y), TRUTHS, INTEGERS)
case("bitwise_not", lambda np, x: np.invert(x), (whole(2, 3),), (truth(3),))
for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    case(name, lambda np, x, y, name=name: getattr(np, name)(x, y), INTEGERS, TRUTHS)
SHIFTS = (whole(2, 3, low=0, high=9), given(0, 1, 3, dtype="int64"))
case("bitwise_left_shift", lambda np, x, y: x << y, SHIFTS)
case("bitwise_right_shift", lambda np, x, y: x >> y, SHIFTS)

# -- exponentials and logarithms ---------------------------------------------------------------


def _one(
    name: str, reference: Any, *, low: float = -2.0, high: float = 2.0, **options: Any
) -> None:
    calls = [(real(2, 3, low=low, high=high),), (real(low=low, high=high),), (real(0, low=low),)]
    case(name, reference, *calls, **options)


for name in ("exp", "expm1", "sin", "cos", "sinh", "cosh", "tanh", "exp2"):
    _one(name, lambda np, x, name=name: getattr(np, name)(x), complex=name not in ("exp2",))
for name in ("log", "log2", "log10"):
    _one(name, lambda np, x, name=name: getattr(np, name)(x), low=0.3, complex=True)
_one("log1p", lambda np, x: np.log1p(x), low=-0.6, complex=True)
case("logaddexp", lambda np, x, y: np.logaddexp(x, y), *PAIRS[:5])
case("logaddexp", lambda np, x, y: np.logaddexp(x, y), (given(900.0, -900.0), given(899.0, -901.0)))
_one("sigmoid", lambda np, x: 1 / (1 + np.exp(-x)))
case("sigmoid", lambda np, x: 1 / (1 + np.exp(-x)), (given(-30.0, 30.0, -5.0, 5.0),))
_one("logit", lambda np, x: np.log(x) - np.log(1 - x), low=0.1, high=0.9)
_one("softplus", lambda np, x: np.log1p(np.exp(x)))
case("softplus", lambda np, x: np.maximum(x, 0), (given(800.0, -800.0),))
_one("log_sigmoid", lambda np, x: -np.log1p(np.exp(-x)))
_one("erf", lambda np, x: np.vectorize(math.erf, otypes=[x.dtype])(x))
case(
    "xlogy",
    lambda np, x, y: np.where(x == 0, 0.0, x * np.log(y)),
    (real(2, 3, clear=True), real(2, 3, low=0.4)),
    (real(2, 1), real(3, low=0.4)),
)

# -- circular and hyperbolic functions -----------------------------------------------------------

_one("tan", lambda np, x: np.tan(x), low=-1.2, high=1.2, complex=True)
_one("asin", lambda np, x: np.arcsin(x), low=-0.9, high=0.9, complex=True)
_one("acos", lambda np, x: np.arccos(x), low=-0.9, high=0.9, complex=True)
_one("atan", lambda np, x: np.arctan(x), low=-0.9, high=0.9, complex=True)
_one("asinh", lambda np, x: np.arcsinh(x), low=-0.9, high=0.9, complex=True)
_one("acosh", lambda np, x: np.arccosh(x), low=1.2, high=3.0, complex=True)
_one("atanh", lambda np, x: np.arctanh(x), low=-0.8, high=0.8, complex=True)
case("atan2", lambda np, x, y: np.arctan2(x, y), *CLEAR_PAIRS, (real(2, 1), real(3, low=0.5)))

# -- conversion --------------------------------------------------------------------------------

case(
    "to_copy",
    lambda np, x, target, source: x.astype(target),
    (real(2, 3),),
    (real(),),
    options=(Native("complex128"), Native("float64")),
    single=False,
)
case(
    "to_copy",
    lambda np, x, target, source: x.astype(target),
    (given(-1.5, 0.25, 3.0),),
    options=(Native("float32"), Native("float64")),
    single=False,
)
