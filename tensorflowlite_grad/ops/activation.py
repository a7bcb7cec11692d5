"""Activations of neural networks, element by element."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from .activation_slopes import (
    exp_of_ratio,
    gelu_left,
    gelu_tanh_left,
    is_double,
    left_of_zero,
    mirrored,
    mish_left,
    silu_left,
)
from .declare import elementwise, general
from .exponential import sigmoid, softplus

__all__: list[str] = []


leaky_relu = elementwise(
    "leaky_relu",
    lambda xp, input, negative_slope: xp.where(input > 0, input, input * negative_slope),
    ["negative_slope"],
    result="floating",
    input=lambda xp, g, input, negative_slope: xp.where(input > 0, g, g * negative_slope),
)
#: `scale` times the input where it is positive, else ``scale * alpha * expm1(input / width)``.
elu = elementwise(
    "elu",
    lambda xp, input, alpha, scale, width: xp.where(
        input <= 0, xp.expm1(left_of_zero(xp, input) / width) * (alpha * scale), input * scale
    ),
    ["alpha", "scale", "width"],
    result="floating",
    input=lambda xp, g, input, alpha, scale, width: xp.where(
        input <= 0,
        g * exp_of_ratio(xp, left_of_zero(xp, input), width) * (alpha * scale / width),
        g * scale,
    ),
)


def _normal_share(xp: Any, x: Any) -> Any:
    """Return the distribution function of the normal distribution."""
    return xp.erfc(x * -sqrt(0.5)) * 0.5


def _gelu_slope(xp: Any, x: Any) -> Any:
    if is_double(x):
        return mirrored(xp, x, gelu_left)
    x = xp.where(x > 64, xp.full_like(x, 64), xp.where(x < -64, xp.full_like(x, -64), x))
    return _normal_share(xp, x) + xp.exp(x * x * -0.5) * x / sqrt(2 * pi)


gelu = elementwise(
    "gelu",
    lambda xp, input: input * _normal_share(xp, input),
    result="floating",
    input=lambda xp, g, input: g * _gelu_slope(xp, input),
)
_STEEPNESS, _CUBIC = 2 * sqrt(2 / pi), 0.044715


def _gate_of_gelu(xp: Any, x: Any) -> Any:
    return sigmoid.on(xp, x * (1 + _CUBIC * (x * x)) * _STEEPNESS)


def _gelu_tanh_slope(xp: Any, x: Any) -> Any:
    if is_double(x):
        return mirrored(xp, x, gelu_tanh_left)
    # Beyond 32 the gate is shut or open, and powers would overflow.
    x = xp.where(xp.abs(x) < 32, x, 32 * xp.sign(x))
    square = x * x
    argument = x * (1 + _CUBIC * square) * _STEEPNESS
    gate = sigmoid.on(xp, argument)
    steep = gate * sigmoid.on(xp, -argument) * _STEEPNESS
    return gate + x * steep * (1 + (3 * _CUBIC) * square)


gelu_tanh = elementwise(
    "gelu_tanh",
    lambda xp, input: input * _gate_of_gelu(xp, input),
    result="floating",
    node_name="GeluBackward0",
    input=lambda xp, g, input: g * _gelu_tanh_slope(xp, input),
)


def _silu_slope(xp: Any, z: Any) -> Any:
    if is_double(z):
        return mirrored(xp, z, silu_left)
    return sigmoid.on(xp, z) * (1 + z * sigmoid.on(xp, -z))


silu = elementwise(
    "silu",
    lambda xp, input: input * sigmoid.on(xp, input),
    result="floating or complex",
    input=lambda xp, g, input: g * _silu_slope(xp, input),
)


def _mish_slope(xp: Any, x: Any) -> Any:
    smooth = softplus.on(xp, x)
    slope = xp.tanh(smooth) + x * sigmoid.on(xp, x) * xp.sech_squared(smooth, 1.0)
    return xp.where(x > 0, slope, mish_left(xp, left_of_zero(xp, x))) if is_double(x) else slope


mish = elementwise(
    "mish",
    lambda xp, input: input * xp.tanh(softplus.on(xp, input)),
    result="floating",
    input=lambda xp, g, input: g * _mish_slope(xp, input),
)


def _clipped(xp: Any, x: Any, low: float, high: float) -> Any:
    return xp.minimum(xp.maximum(x, xp.full_like(x, low)), xp.full_like(x, high))


hardswish = elementwise(
    "hardswish",
    lambda xp, input: input * _clipped(xp, input + 3, 0, 6) / 6,
    result="floating",
    input=lambda xp, g, input: xp.where(
        input <= -3, xp.zeros_like(g), xp.where(input < 3, g * (input / 3 + 0.5), g)
    ),
)
hardsigmoid = elementwise(
    "hardsigmoid",
    lambda xp, input: _clipped(xp, input + 3, 0, 6) / 6,
    result="floating",
    input=lambda xp, g, input: xp.where((input > -3) & (input < 3), g / 6, xp.zeros_like(g)),
)
#: Unlike `clamp`, flat at the bounds themselves.
hardtanh = elementwise(
    "hardtanh",
    lambda xp, input, low, high: _clipped(xp, input, low, high),
    ["low", "high"],
    input=lambda xp, g, input, low, high: xp.where(
        (input <= low) | (input >= high), xp.zeros_like(g), g
    ),
)
#: With a slope of `beta`, and the identity where beta times the input exceeds `threshold`.
softplus_bent = elementwise(
    "softplus_bent",
    lambda xp, input, beta, threshold: xp.where(
        input * beta > threshold, input, softplus.on(xp, input * beta) / beta
    ),
    ["beta", "threshold"],
    result="floating",
    node_name="SoftplusBackward0",
    input=lambda xp, g, input, beta, threshold: xp.where(
        input * beta > threshold, g, g * sigmoid.on(xp, input * beta)
    ),
)


def _inside(x: Any, bound: float) -> Any:
    return (x >= -bound) & (x <= bound)


def _shrunk_slope(xp: Any, g: Any, input: Any, lambd: float) -> Any:
    return xp.where(_inside(input, lambd), xp.zeros_like(g), g)


softshrink = elementwise(
    "softshrink",
    lambda xp, input, lambd: xp.where(
        _inside(input, lambd), xp.zeros_like(input), input - lambd * xp.sign(input)
    ),
    ["lambd"],
    result="floating",
    input=_shrunk_slope,
)
hardshrink = elementwise(
    "hardshrink",
    lambda xp, input, lambd: xp.where(_inside(input, lambd), xp.zeros_like(input), input),
    ["lambd"],
    result="floating",
    input=_shrunk_slope,
)


def _square_of_tanh(xp: Any, x: Any) -> Any:
    root = xp.tanh(x)
    return root * root


tanhshrink = elementwise(
    "tanhshrink",
    lambda xp, input: input - xp.tanh(input),
    result="float",
    # As a square: one minus the slope of tanh would lose all digits near zero.
    input=lambda xp, g, input: g * _square_of_tanh(xp, input),
)
threshold = elementwise(
    "threshold",
    lambda xp, input, threshold, value: xp.where(
        input <= threshold, xp.full_like(input, value), input
    ),
    ["threshold", "value"],
    result="real",
    input=lambda xp, g, input, threshold: xp.where(input <= threshold, xp.zeros_like(g), g),
)


def _softsign_slope(xp: Any, g: Any, x: Any) -> Any:
    size = 1 + xp.abs(x)
    return g / size / size


softsign = elementwise(
    "softsign",
    lambda xp, input: input / (1 + xp.abs(input)),
    result="realfloat",
    input=lambda xp, g, input: _softsign_slope(xp, g, input),
)
#: The weight broadcasts against the input.
prelu = elementwise(
    "prelu_kernel",
    lambda xp, input, weight: xp.where(input > 0, input, input * weight),
    result="floating",
    input=lambda xp, g, input, weight: xp.where(input > 0, g, g * weight),
    weight=lambda xp, g, input: xp.where(input > 0, xp.zeros_like(g), g * input),
)


def halves(xp: Any, x: Any, axis: int) -> tuple[Any, Any]:
    """Return the two halves of an array along an axis."""
    size = x.shape[axis] // 2
    before, after = (slice(None),) * axis, (slice(None),) * (x.ndim - axis - 1)
    first = xp.index_get(x, (*before, slice(0, size), *after))
    return first, xp.index_get(x, (*before, slice(size, 2 * size), *after))


def _glu(xp: Any, x: Any, axis: int) -> Any:
    value, gate = halves(xp, x, axis)
    return value * sigmoid.on(xp, gate)


def _glu_slopes(xp: Any, x: Any, axis: int) -> tuple[Any, Any]:
    value, gate = halves(xp, x, axis)
    share = sigmoid.on(xp, gate)
    return share, value * share * sigmoid.on(xp, -gate)


def _glu_gradient(xp: Any, g: Any, input: Any, axis: int) -> Any:
    of_value, of_gate = _glu_slopes(xp, input, axis)
    return xp.concat([g * of_value, g * of_gate], axis=axis)


def _glu_tangent(xp: Any, input_dot: Any, input: Any, axis: int) -> Any:
    of_value, of_gate = _glu_slopes(xp, input, axis)
    value_dot, gate_dot = halves(xp, input_dot, axis)
    return value_dot * of_value + gate_dot * of_gate


glu = general("glu", _glu, ["axis"], jvp=_glu_tangent, input=_glu_gradient)


def _masked(xp: Any, x: Any, mask: Any, scale: float) -> Any:
    return xp.astype(mask, x.dtype) * scale * x


#: Dropout: scaled where the mask, of truth values, holds, and zero elsewhere.
masked_scale = elementwise(
    "masked_scale",
    _masked,
    ["scale"],
    operands=["input", "mask"],
    typed=False,
    node_name="NativeDropoutBackward0",
    input=lambda xp, g, mask, scale: _masked(xp, g, mask, scale),
)
