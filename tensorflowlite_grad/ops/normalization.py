"""Normalisation: elements less their mean over some axes, divided by their deviation.

`axes` is a tuple; weights and biases broadcast against the input. The mean and the variance
are results too, so that they are saved instead of a copy of the input, and so that derivatives
of derivatives go through them.
"""

from __future__ import annotations

from math import prod as product
from typing import Any

from .broadcasting import broadcast_shapes, sum_to, zeros_of
from .reductions import reduced_count
from .several import several

__all__: list[str] = []

Axes = tuple[int, ...]


def _mean(xp: Any, x: Any, axes: Axes) -> Any:
    return xp.sum(x, axis=axes, keepdims=True) / max(reduced_count(x.shape, axes), 1)


def _scaled(x: Any, rate: Any, weight: Any) -> Any:
    """Return x * rate * weight, the small factors first."""
    shape = broadcast_shapes(tuple(rate.shape), tuple(weight.shape))
    return x * (rate * weight) if product(shape) < product(x.shape) else x * rate * weight


def _rate(xp: Any, variance: Any, eps: float) -> Any:
    return 1 / xp.sqrt(variance + eps)


def _standardized(
    xp: Any, x: Any, weight: Any, bias: Any, axes: Axes, eps: float
) -> tuple[Any, Any, Any]:
    mean = _mean(xp, x, axes)
    centred = x - mean
    variance = _mean(xp, centred * centred, axes)
    rate = _rate(xp, variance, eps)
    if weight is None:
        return centred * rate, mean, variance
    if bias is None:
        return _scaled(centred, rate, weight), mean, variance
    return _scaled(centred, rate, weight) + bias, mean, variance


def _standardized_back(
    xp: Any,
    wanted: list[str],
    g_out: Any,
    g_mean: Any,
    g_variance: Any,
    input: Any,
    weight: Any,
    bias_shape: Any,
    mean: Any,
    variance: Any,
    axes: Axes,
    eps: float,
) -> dict[str, Any]:
    shape = tuple(input.shape)
    count = max(reduced_count(shape, axes), 1)
    found: dict[str, Any] = {}
    total: Any = None
    if g_out is not None:
        if "bias" in wanted:
            found["bias"] = sum_to(xp, g_out, tuple(bias_shape))
        if "input" in wanted or "weight" in wanted:
            rate = _rate(xp, variance, eps)
            unit = (input - mean) * rate
            if "weight" in wanted:
                found["weight"] = sum_to(xp, g_out * unit, tuple(weight.shape))
        if "input" in wanted:
            g = g_out
            if weight is not None:
                if weight.ndim == len(shape) and all(weight.shape[k] == 1 for k in axes):
                    rate = rate * weight
                else:
                    g = g * weight
            along = _mean(xp, g * unit, axes)
            # In an order in which NumPy reuses the memory of each step.
            total = (unit * -along + g - _mean(xp, g, axes)) * rate
    if "input" in wanted:
        if g_mean is not None:
            part = g_mean / count
            total = part if total is None else total + part
        if g_variance is not None:
            part = (input - mean) * (g_variance * 2 / count)
            total = part if total is None else total + part
        if tuple(total.shape) != shape:
            total = xp.broadcast_to(total, shape)
        found["input"] = total
    for name, target in (("weight", weight), ("bias", None)):
        if name in wanted and name not in found:
            found[name] = zeros_of(xp, input, tuple(bias_shape if target is None else target.shape))
    return found


def _standardized_forward(
    xp: Any,
    input_dot: Any,
    weight_dot: Any,
    bias_dot: Any,
    input: Any,
    weight: Any,
    mean: Any,
    variance: Any,
    axes: Axes,
    eps: float,
) -> tuple[Any, Any, Any]:
    rate = _rate(xp, variance, eps)
    unit = (input - mean) * rate
    if input_dot is None:
        mean_dot, variance_dot = xp.zeros_like(mean), xp.zeros_like(variance)
        out_dot = xp.zeros_like(unit)
    else:
        mean_dot = _mean(xp, input_dot, axes)
        moved = input_dot - mean_dot
        along = _mean(xp, unit * moved, axes)
        variance_dot = along * 2 / rate
        out_dot = (moved - unit * along) * rate
        if weight is not None:
            out_dot = out_dot * weight
    if weight_dot is not None:
        out_dot = out_dot + unit * weight_dot
    return (out_dot if bias_dot is None else out_dot + bias_dot), mean_dot, variance_dot


_RESULTS = ("out", "mean", "variance")
_OPTIONS = ["axes", "eps"]
_NODE = "StandardizeBackward0"

standardize = several(
    "standardize",
    lambda xp, input, axes, eps: _standardized(xp, input, None, None, axes, eps),
    _RESULTS,
    _OPTIONS,
    operands=["input"],
    node_name=_NODE,
    jvp=lambda xp, input_dot, input, mean, variance, axes, eps: _standardized_forward(
        xp, input_dot, None, None, input, None, mean, variance, axes, eps
    ),
    joint=lambda xp, wanted, g_out, g_mean, g_variance, input, mean, variance, axes, eps: (
        _standardized_back(
            xp, wanted, g_out, g_mean, g_variance, input, None, None, mean, variance, axes, eps
        )
    ),
)
standardize_scaled = several(
    "standardize_scaled",
    lambda xp, input, weight, axes, eps: _standardized(xp, input, weight, None, axes, eps),
    _RESULTS,
    _OPTIONS,
    operands=["input", "weight"],
    node_name=_NODE,
    jvp=lambda xp, input_dot, weight_dot, input, weight, mean, variance, axes, eps: (
        _standardized_forward(
            xp, input_dot, weight_dot, None, input, weight, mean, variance, axes, eps
        )
    ),
    joint=lambda xp, wanted, g_out, g_mean, g_variance, input, weight, mean, variance, axes, eps: (
        _standardized_back(
            xp, wanted, g_out, g_mean, g_variance, input, weight, None, mean, variance, axes, eps
        )
    ),
)


standardize_affine = several(
    "standardize_affine",
    _standardized,
    _RESULTS,
    _OPTIONS,
    operands=["input", "weight", "bias"],
    node_name=_NODE,
    jvp=_standardized_forward,
    joint=_standardized_back,
)


def _by_root(xp: Any, x: Any, weight: Any, axes: Axes, eps: float) -> tuple[Any, Any]:
    power = _mean(xp, x * x, axes)
    rate = _rate(xp, power, eps)
    return (x * rate if weight is None else _scaled(x, rate, weight)), power


def _by_root_back(
    xp: Any,
    wanted: list[str],
    g_out: Any,
    g_power: Any,
    input: Any,
    weight: Any,
    power: Any,
    axes: Axes,
    eps: float,
) -> dict[str, Any]:
    count = max(reduced_count(input.shape, axes), 1)
    found: dict[str, Any] = {}
    total: Any = None
    if g_out is not None:
        rate = _rate(xp, power, eps)
        unit = input * rate
        if "weight" in wanted:
            found["weight"] = sum_to(xp, g_out * unit, tuple(weight.shape))
        if "input" in wanted:
            g = g_out if weight is None else g_out * weight
            total = (unit * -_mean(xp, g * unit, axes) + g) * rate
    elif "weight" in wanted:
        found["weight"] = zeros_of(xp, input, tuple(weight.shape))
    if g_power is not None and "input" in wanted:
        part = input * (g_power * 2 / count)
        total = part if total is None else total + part
    found["input"] = total
    return found


def _by_root_forward(
    xp: Any,
    input_dot: Any,
    weight_dot: Any,
    input: Any,
    weight: Any,
    power: Any,
    axes: Axes,
    eps: float,
) -> tuple[Any, Any]:
    rate = _rate(xp, power, eps)
    unit = input * rate
    if input_dot is None:
        out_dot, power_dot = xp.zeros_like(unit), xp.zeros_like(power)
    else:
        along = _mean(xp, unit * input_dot, axes)
        power_dot = along * 2 / rate
        out_dot = (input_dot - unit * along) * rate
        out_dot = out_dot if weight is None else out_dot * weight
    return (out_dot if weight_dot is None else out_dot + unit * weight_dot), power_dot


#: Divided by the root of the mean square.
rms = several(
    "rms_normalize",
    lambda xp, input, axes, eps: _by_root(xp, input, None, axes, eps),
    ("out", "power"),
    _OPTIONS,
    operands=["input"],
    jvp=lambda xp, input_dot, input, power, axes, eps: _by_root_forward(
        xp, input_dot, None, input, None, power, axes, eps
    ),
    joint=lambda xp, wanted, g_out, g_power, input, power, axes, eps: _by_root_back(
        xp, wanted, g_out, g_power, input, None, power, axes, eps
    ),
)
rms_scaled = several(
    "rms_normalize_scaled",
    _by_root,
    ("out", "power"),
    _OPTIONS,
    operands=["input", "weight"],
    node_name="RmsNormalizeBackward0",
    jvp=_by_root_forward,
    joint=_by_root_back,
)
