"""Arithmetic, element by element."""

from __future__ import annotations

import builtins
from math import inf, log, nan
from typing import Any

from ..autograd.graph import Variable
from ..dtypes import Kind, bool_, kind_of_scalar
from .conversion import cast
from .declare import elementwise, linear, nondifferentiable
from .kinds import is_complex, is_floating
from .promotion import refuse_bool_operands, result_type
from .quotients import ratio

__all__: list[str] = []

add = elementwise("add", "+", input=None, other=None)
sub = elementwise("sub", "-", input=None, other=lambda xp, g: -g)
mul = elementwise(
    "mul",
    "*",
    input=lambda xp, g, other: g * other,
    other=lambda xp, g, input: g * input,
)
div = elementwise(
    "div",
    "/",
    result="float",
    input=lambda xp, g, other: g / other,
    other=lambda xp, g, input, other: -g * (input / other / other),
)


def _minuend(input: Any, other: Any) -> tuple[Any, Any]:
    """Convert what a number is the minuend of."""
    if isinstance(input, Variable):
        if input._place.dtype_of(input._array) is bool_:
            refuse_bool_operands([input, other])
        input = cast(input, result_type(input, other))
    return input, other


#: A Python number minus a tensor.
rsub = elementwise(
    "rsub",
    lambda xp, input, other: other - input,
    ["other"],
    node_name="RsubBackward1",
    prepare=_minuend,
    input=lambda xp, g: -g,
)
neg = elementwise("neg", "-", input=lambda xp, g: -g)
positive = elementwise("positive", "positive", input=None)


def _power(xp: Any, x: Any, exponent: Any) -> Any:
    # The exponents that have a faster form, which is PyTorch's too.
    if exponent == 2:
        return x * x
    if exponent == 3:
        return x * x * x
    if exponent == 0.5:
        return xp.sqrt(x)
    return xp.pow(x, exponent)


def _power_slope(xp: Any, g: Any, input: Any, exponent: Any) -> Any:
    if exponent == 2:
        return g * (2 * input)
    if exponent == 0:
        return xp.zeros_like(g)
    return g * (exponent * _power(xp, input, exponent - 1))


def _raise_kind(input: Any, exponent: Any) -> tuple[Any, Any]:
    """Convert a base whose kind of number is below its exponent's."""
    if isinstance(input, Variable):
        wanted = result_type(input, exponent)
        kind = kind_of_scalar(exponent)
        if wanted.kind <= Kind.INT and kind is not None and exponent < 0:
            raise RuntimeError(
                "Integers to negative integer powers are not allowed. "
                "Convert the base to a floating-point dtype first, as in x.float() ** -1"
            )
        input = cast(input, wanted)
    return input, exponent


#: A power whose exponent is a Python number, which rules may branch on.
pow_scalar = elementwise(
    "pow_scalar",
    _power,
    ["exponent"],
    node_name="PowBackward0",
    prepare=_raise_kind,
    input=_power_slope,
)
pow_tensor = elementwise(
    "pow",
    "pow",
    node_name="PowBackward1",
    # At exponent 0 the slope is 0 whatever the base, and at base 0 it is the limit.
    input=lambda xp, g, input, exponent: xp.where(
        exponent == 0, xp.zeros_like(g), g * exponent * xp.pow(input, exponent - 1)
    ),
    exponent=lambda xp, g, input, exponent, out: (
        g
        * xp.where(
            (input == 0) & _not_negative(xp, exponent), xp.zeros_like(out), out * xp.log(input)
        )
    ),
)


def _integer_power(xp: Any, x: Any, exponent: Any) -> Any:
    zero, one = xp.zeros_like(x * exponent), xp.ones_like(exponent)
    below = exponent < 0
    inverse = xp.where(x == 1, xp.ones_like(zero), zero)
    if "uint" not in str(x.dtype):
        parity = xp.where(exponent % 2 == 0, xp.ones_like(x), x)
        inverse = xp.where(x == -1, parity, inverse)
    return xp.where(below, inverse, xp.pow(x, xp.where(below, one, exponent)))


#: Of integers, which have inverses only where these are whole.
pow_integer = nondifferentiable("pow_integer", _integer_power, ["input", "exponent"])


def _base_power(xp: Any, exponent: Any, base: float) -> Any:
    return xp.pow(xp.full_like(exponent, base), exponent)


def _base_power_slope(xp: Any, g: Any, exponent: Any, base: float, out: Any) -> Any:
    if base == 0:
        # 0 to a positive power stays 0; at and below 0 it is no function any more.
        falls = xp.where(exponent < 0, xp.full_like(out, -inf), xp.zeros_like(out))
        return g * falls
    return g * (out * (log(base) if base > 0 else nan))


#: A Python number to the power of a real tensor.
pow_base = elementwise(
    "pow_base",
    _base_power,
    ["base"],
    node_name="PowBackward2",
    exponent=lambda xp, g, exponent, base, out: _base_power_slope(xp, g, exponent, base, out),
)


def _not_negative(xp: Any, x: Any) -> Any:
    return xp.real(x) >= 0 if is_complex(x) else x >= 0


square = elementwise(
    "square", "square", node_name="PowBackward0", input=lambda xp, g, input: g * (2 * input)
)
sqrt = elementwise("sqrt", "sqrt", result="float", input=lambda xp, g, out: g / (2 * out))
rsqrt = elementwise(
    "rsqrt",
    lambda xp, input: 1 / xp.sqrt(input),
    result="float",
    # From the operand: the result's rounding would count three times.
    input=lambda xp, g, input: -0.5 * g / input / xp.sqrt(input),
)
reciprocal = elementwise(
    "reciprocal",
    lambda xp, input: 1 / input,
    result="float",
    input=lambda xp, g, out: -g * out * out,
)
abs_ = elementwise(
    "abs",
    "abs",
    conjugate=False,
    jvp=lambda xp, input_dot, input: (
        xp.real(xp.conj(xp.sign(input)) * input_dot)
        if is_complex(input)
        else input_dot * xp.sign(input)
    ),
    input=lambda xp, g, input: g * xp.sign(input),
)
# Steps are flat: their slope is zero, and PyTorch records them all the same.
_flat = lambda xp, g: xp.zeros_like(g)  # noqa: E731
sign = elementwise("sign", "sign", result="real", input=_flat)


def _turn(xp: Any, t: Any, z: Any, out: Any) -> Any:
    """Return how z / |z| changes with `t`: by the part of it across z, and not at all at 0.

    As a map of the plane it is symmetric, so that it is the gradient too.
    """
    if not is_complex(out):
        return xp.zeros_like(t)
    across = t - out * xp.real(xp.conj(out) * t)
    return ratio(xp, across, xp.abs(z))


#: The sign of real numbers, and the direction z / |z| of complex ones.
sgn = elementwise(
    "sgn",
    "sign",
    conjugate=False,
    jvp=lambda xp, input_dot, input, out: _turn(xp, input_dot, input, out),
    input=lambda xp, g, input, out: _turn(xp, g, input, out),
)


def _whole(xp: Any, name: str, x: Any) -> Any:
    """Return a rounding; integers are copied, since a library may hand them back as they are."""
    return getattr(xp, name)(x) if is_floating(x) else xp.asarray(x, copy=True)


floor = elementwise(
    "floor", lambda xp, input: _whole(xp, "floor", input), result="real", input=_flat
)
ceil = elementwise("ceil", lambda xp, input: _whole(xp, "ceil", input), result="real", input=_flat)
trunc = elementwise(
    "trunc", lambda xp, input: _whole(xp, "trunc", input), result="real", input=_flat
)


def _rounded(xp: Any, x: Any, decimals: int) -> Any:
    if not decimals:
        return _whole(xp, "round", x)
    scale = 10.0 ** builtins.abs(decimals)
    return xp.round(x * scale) / scale if decimals > 0 else xp.round(x / scale) * scale


round_ = elementwise(
    "round", _rounded, ["decimals=0"], result="real", input=lambda xp, g: xp.zeros_like(g)
)
frac = elementwise("frac", lambda xp, input: input - xp.trunc(input), result="real", input=None)
floor_divide = elementwise(
    "floor_divide", "//", result="real", node_name="DivBackward2", input=_flat, other=_flat
)
trunc_divide = elementwise(
    "trunc_divide",
    lambda xp, input, other: _truncated_quotient(xp, input, other),
    result="real",
    node_name="DivBackward2",
    input=_flat,
    other=_flat,
)


def _truncated(xp: Any, x: Any, y: Any) -> Any:
    """Return the quotient rounded toward zero; integers stay exact."""
    quotient = x // y
    return quotient + xp.astype((quotient < 0) & (quotient * y != x), quotient.dtype)


remainder = elementwise(
    "remainder",
    "remainder",
    result="real",
    input=None,
    other=lambda xp, g, input, other: -g * xp.floor(input / other),
)
fmod = elementwise(
    "fmod",
    lambda xp, input, other: _truncated_remainder(xp, input, other),
    result="real",
    input=None,
    other=lambda xp, g, input, other: -g * xp.trunc(input / other),
)


def _truncated_remainder(xp: Any, x: Any, y: Any) -> Any:
    """Return the remainder with the sign of `x`; of floating-point numbers, without rounding."""
    return xp.fmod(x, y) if is_floating(x) else x - y * _truncated(xp, x, y)


def _truncated_quotient(xp: Any, x: Any, y: Any) -> Any:
    return xp.trunc(x / y) if is_floating(x) else _truncated(xp, x, y)


lerp = elementwise(
    "lerp",
    lambda xp, input, end, weight: input + weight * (end - input),
    input=lambda xp, g, weight: g * (1 - weight),
    end=lambda xp, g, weight: g * weight,
    weight=lambda xp, g, input, end: g * (end - input),
)
addcmul = elementwise(
    "addcmul",
    lambda xp, input, tensor1, tensor2, value: input + value * tensor1 * tensor2,
    ["value=1"],
    input=None,
    tensor1=lambda xp, g, tensor2, value: g * (value * tensor2),
    tensor2=lambda xp, g, tensor1, value: g * (value * tensor1),
)
addcdiv = elementwise(
    "addcdiv",
    lambda xp, input, tensor1, tensor2, value: input + value * (tensor1 / tensor2),
    ["value=1"],
    result="float",
    input=None,
    tensor1=lambda xp, g, tensor2, value: g * (value / tensor2),
    tensor2=lambda xp, g, tensor1, tensor2, value: -g * (value * tensor1 / tensor2 / tensor2),
)
hypot = elementwise(
    "hypot",
    "hypot",
    result="realfloat",
    # At the origin 0, as of any norm, where PyTorch has NaN.
    input=lambda xp, g, input, out: g * ratio(xp, input, out),
    other=lambda xp, g, other, out: g * ratio(xp, other, out),
)
copysign = elementwise(
    "copysign",
    "copysign",
    result="realfloat",
    input=lambda xp, g, input, other: g * xp.sign(input) * xp.copysign(xp.ones_like(other), other),
    other=lambda xp, g: xp.zeros_like(g),
)
maximum = elementwise(
    "maximum",
    "maximum",
    result="real",
    # A tie gives each side half.
    input=lambda xp, g, input, other: _share(xp, g, input < other, input == other),
    other=lambda xp, g, input, other: _share(xp, g, other < input, input == other),
)
minimum = elementwise(
    "minimum",
    "minimum",
    result="real",
    input=lambda xp, g, input, other: _share(xp, g, input > other, input == other),
    other=lambda xp, g, input, other: _share(xp, g, other > input, input == other),
)


def _share(xp: Any, g: Any, loses: Any, ties: Any) -> Any:
    """Return the gradient where an operand wins, half of it where it ties, else 0.

    NaN does not lose.
    """
    return xp.where(loses, xp.zeros_like(g), xp.where(ties, g / 2, g))


clamp_scalar = elementwise(
    "clamp",
    lambda xp, input, min, max: _clip(xp, input, min, max),
    ["min", "max"],
    result="real",
    node_name="ClampBackward1",
    # At a bound the gradient passes.
    input=lambda xp, g, input, min, max: xp.where(
        _inside(xp, input, min, max), g, xp.zeros_like(g)
    ),
)


def _clip(xp: Any, x: Any, low: Any, high: Any) -> Any:
    if low is not None:
        x = xp.maximum(x, xp.full_like(x, low))
    return x if high is None else xp.minimum(x, xp.full_like(x, high))


def _inside(xp: Any, x: Any, low: Any, high: Any) -> Any:
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)


relu = elementwise(
    "relu",
    lambda xp, input: xp.maximum(input, xp.zeros_like(input)),
    result="real",
    # Not `out > 0`: NaN lets the gradient through.
    input=lambda xp, g, out: g * xp.astype(out != 0, g.dtype),
)
where = elementwise(
    "where",
    "where",
    operands=["condition", "input", "other"],
    typed=False,
    input=lambda xp, g, condition: xp.where(condition, g, xp.zeros_like(g)),
    other=lambda xp, g, condition: xp.where(condition, xp.zeros_like(g), g),
)
masked_fill = elementwise(
    "masked_fill",
    lambda xp, input, mask, value: xp.where(mask, value, input),
    operands=["input", "mask", "value"],
    typed=False,
    input=lambda xp, g, mask: xp.where(mask, xp.zeros_like(g), g),
    value=lambda xp, g, mask: xp.where(mask, g, xp.zeros_like(g)),
)
#: The parts of complex numbers show their memory.
real = linear("real", "real", view=True, input=lambda xp, g: g * (1 + 0j))
imag = linear("imag", "imag", view=True, input=lambda xp, g: g * 1j)
conj = elementwise(
    "conj",
    "conj",
    conjugate=False,
    jvp=lambda xp, input_dot: xp.conj(input_dot),
    input=lambda xp, g: xp.conj(g),
)
