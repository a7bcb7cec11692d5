"""Losses, element by element or along an axis of classes."""

from __future__ import annotations

from typing import Any

from .declare import elementwise
from .exponential import sigmoid, softplus
from .several import several

__all__: list[str] = []

mse = elementwise(
    "mse_loss",
    lambda xp, input, target: xp.square(input - target),
    result="floating",
    input=lambda xp, g, input, target: g * ((input - target) * 2),
    target=lambda xp, g, input, target: g * ((target - input) * 2),
)
l1 = elementwise(
    "l1_loss",
    lambda xp, input, target: xp.abs(input - target),
    input=lambda xp, g, input, target: g * xp.sign(input - target),
    target=lambda xp, g, input, target: g * xp.sign(target - input),
)


def _bent(xp: Any, input: Any, target: Any, beta: float) -> Any:
    size = xp.abs(input - target)
    return xp.where(size < beta, size * size * (0.5 / beta), size - 0.5 * beta)


def _bent_slope(xp: Any, g: Any, step: Any, beta: float) -> Any:
    return g * xp.where(xp.abs(step) < beta, step / beta, xp.sign(step))


smooth_l1 = elementwise(
    "smooth_l1_loss",
    _bent,
    ["beta"],
    result="floating",
    input=lambda xp, g, input, target, beta: _bent_slope(xp, g, input - target, beta),
    target=lambda xp, g, input, target, beta: _bent_slope(xp, g, target - input, beta),
)


def _huber(xp: Any, input: Any, target: Any, delta: float) -> Any:
    size = xp.abs(input - target)
    return xp.where(size <= delta, size * size * 0.5, (size - 0.5 * delta) * delta)


def _huber_slope(xp: Any, g: Any, step: Any, delta: float) -> Any:
    return g * xp.where(xp.abs(step) <= delta, step, delta * xp.sign(step))


huber = elementwise(
    "huber_loss",
    _huber,
    ["delta"],
    result="floating",
    input=lambda xp, g, input, target, delta: _huber_slope(xp, g, input - target, delta),
    target=lambda xp, g, input, target, delta: _huber_slope(xp, g, target - input, delta),
)


def _log(xp: Any, x: Any) -> Any:
    """Return logarithms, none below -100: the loss of a certain error is large but finite."""
    return xp.maximum(xp.log(x), xp.full_like(x, -100))


def _log_rest(xp: Any, x: Any) -> Any:
    return xp.maximum(xp.log1p(-x), xp.full_like(x, -100))


def _probability_slope(xp: Any, g: Any, x: Any, target: Any) -> Any:
    spread = x * (1 - x)
    return g * (x - target) / xp.where(spread < 1e-12, xp.full_like(spread, 1e-12), spread)


binary_cross_entropy = elementwise(
    "binary_cross_entropy",
    lambda xp, input, target: (target - 1) * _log_rest(xp, input) - target * _log(xp, input),
    result="floating",
    input=lambda xp, g, input, target: _probability_slope(xp, g, input, target),
    target=lambda xp, g, input: g * (_log_rest(xp, input) - _log(xp, input)),
)


def _logit_loss(xp: Any, x: Any, target: Any) -> Any:
    tail = xp.log1p(xp.exp(-xp.abs(x)))
    return xp.maximum(x, xp.zeros_like(x)) - x * target + tail


#: Of logits: exact in the tails, and so is its slope, where sigmoid(x) - 1 would vanish.
binary_cross_entropy_with_logits = elementwise(
    "binary_cross_entropy_with_logits",
    _logit_loss,
    result="floating",
    input=lambda xp, g, input, target: (
        g * ((1 - target) * sigmoid.on(xp, input) - target * sigmoid.on(xp, -input))
    ),
    target=lambda xp, g, input: -g * input,
)
#: The loss of positive targets times a weight.
weighted_cross_entropy_with_logits = elementwise(
    "weighted_cross_entropy_with_logits",
    lambda xp, input, target, weight: (
        (1 - target) * softplus.on(xp, input) + weight * target * softplus.on(xp, -input)
    ),
    result="floating",
    node_name="BinaryCrossEntropyWithLogitsBackward0",
    input=lambda xp, g, input, target, weight: (
        g * ((1 - target) * sigmoid.on(xp, input) - weight * target * sigmoid.on(xp, -input))
    ),
    target=lambda xp, g, input, weight: (
        g * (weight * softplus.on(xp, -input) - softplus.on(xp, input))
    ),
    weight=lambda xp, g, input, target: g * (target * softplus.on(xp, -input)),
)


soft_margin = elementwise(
    "soft_margin_loss",
    lambda xp, input, target: softplus.on(xp, input * -target),
    result="floating",
    input=lambda xp, g, input, target: sigmoid.on(xp, input * -target) * -target * g,
    target=lambda xp, g, input, target: sigmoid.on(xp, input * -target) * -input * g,
)


def _cross_entropy(xp: Any, x: Any, axis: int, index: Any) -> tuple[Any, Any, Any]:
    top = xp.max(x, axis=axis, keepdims=True)
    total = xp.sum(xp.exp(x - top), axis=axis, keepdims=True)
    return xp.log(total) - (xp.index_get(x, index) - top), top, total


def _cross_entropy_back(
    xp: Any, g_losses: Any, g_total: Any, input: Any, top: Any, total: Any, index: Any
) -> Any:
    if g_losses is None:
        return xp.exp(input - top) * g_total
    scale = g_losses / total
    if g_total is not None:
        scale = scale + g_total
    # In one expression, of which NumPy reuses the memory as it goes.
    return xp.exp(input - top) * scale - xp.index_embed(g_losses, tuple(input.shape), index)


def _cross_entropy_forward(
    xp: Any, input_dot: Any, input: Any, top: Any, total: Any, axis: int, index: Any
) -> tuple[Any, Any]:
    total_dot = xp.sum(xp.exp(input - top) * input_dot, axis=axis, keepdims=True)
    return total_dot / total - xp.index_get(input_dot, index), total_dot


#: The cross entropy of the softmax along `axis`, at the positions that `index` selects: one
#: for each place of the other axes. Saved are the greatest element and the sum of exponentials,
#: where the logarithms of all probabilities would be as much as the input.
cross_entropy = several(
    "cross_entropy",
    _cross_entropy,
    ("losses", "top", "total"),
    ["axis", "index"],
    constant=("top",),
    jvp=_cross_entropy_forward,
    input=_cross_entropy_back,
)
