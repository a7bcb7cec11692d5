"""Reductions over axes, and cumulative ones.

An axis option is a tuple of non-negative ints, or None for all axes.
"""

from __future__ import annotations

from math import prod as product
from typing import Any

from .declare import general, linear, nondifferentiable
from .kinds import is_complex, is_floating
from .quotients import ratio

__all__: list[str] = []

Axes = tuple[int, ...] | None


def kept(shape: tuple[int, ...], axis: Axes) -> tuple[int, ...]:
    """Return a shape with the reduced axes as 1."""
    return tuple(1 if axis is None or k in axis else n for k, n in enumerate(shape))


def reduced_count(shape: tuple[int, ...], axis: Axes) -> int:
    """Return how many elements go into each result."""
    return product(n for k, n in enumerate(shape) if axis is None or k in axis)


def aligned(xp: Any, x: Any, shape: tuple[int, ...], axis: Axes, keepdims: bool) -> Any:
    """Return a reduction's result with the reduced axes as 1, so that it broadcasts."""
    if keepdims or (axis is None and not x.ndim):
        return x
    return xp.reshape(x, kept(shape, axis))


def spread(xp: Any, g: Any, shape: tuple[int, ...], axis: Axes, keepdims: bool) -> Any:
    """Return `g` repeated along the reduced axes: the transpose of a sum."""
    return xp.broadcast_to(aligned(xp, g, shape, axis, keepdims), shape)


sum_all = linear(
    "sum",
    lambda xp, input: xp.sum(input, axis=None),
    input=lambda xp, g, input_shape: xp.broadcast_to(g, input_shape),
)
sum_dim = linear(
    "sum_dim",
    lambda xp, input, axis, keepdims: xp.sum(input, axis=axis, keepdims=keepdims),
    ["axis", "keepdims"],
    node_name="SumBackward1",
    input=lambda xp, g, input_shape, axis, keepdims: spread(xp, g, input_shape, axis, keepdims),
)


def _mean(xp: Any, x: Any, axis: Axes, keepdims: bool) -> Any:
    count = reduced_count(x.shape, axis)
    total = xp.sum(x, axis=axis, keepdims=keepdims)
    # 0 / 0 is NaN, as PyTorch has it, but Python's own division would raise.
    return total / count if count else total / xp.zeros_like(total)


def _mean_rule(name: str, node_name: str) -> Any:
    return linear(
        name,
        _mean,
        ["axis", "keepdims"],
        node_name=node_name,
        input=lambda xp, g, input_shape, axis, keepdims: spread(
            xp, g / max(reduced_count(input_shape, axis), 1), input_shape, axis, keepdims
        ),
    )


mean_all = _mean_rule("mean", "MeanBackward0")
mean_dim = _mean_rule("mean_dim", "MeanBackward1")


def _others(xp: Any, x: Any) -> Any:
    """Return for each element the product of all others along the last axis.

    By cumulative products from both sides: dividing by the element would fail at zero.
    """
    one = xp.ones_like(x[..., :1])
    left = xp.cumulative_prod(xp.concat([one, x[..., :-1]], axis=-1), axis=-1)
    back = xp.flip(x, axis=-1)
    right = xp.cumulative_prod(xp.concat([one, back[..., :-1]], axis=-1), axis=-1)
    return left * xp.flip(right, axis=-1)


def _prod_slope(xp: Any, g: Any, x: Any, axis: Axes, keepdims: bool) -> Any:
    shape = tuple(x.shape)
    if not product(shape):
        return aligned(xp, g, shape, axis, keepdims) * x
    axes = tuple(range(x.ndim)) if axis is None else axis
    order = tuple(k for k in range(x.ndim) if k not in axes) + axes
    moved = xp.permute_dims(x, order)
    rest = tuple(moved.shape[: x.ndim - len(axes)])
    others = xp.reshape(_others(xp, xp.reshape(moved, (*rest, -1))), tuple(moved.shape))
    inverse = tuple(order.index(k) for k in range(x.ndim))
    return aligned(xp, g, shape, axis, keepdims) * xp.permute_dims(others, inverse)


def _product(name: str, node_name: str) -> Any:
    return general(
        name,
        lambda xp, input, axis, keepdims: xp.prod(input, axis=axis, keepdims=keepdims),
        ["axis", "keepdims"],
        node_name=node_name,
        conjugate=True,
        jvp=lambda xp, input_dot, input, axis, keepdims: xp.sum(
            input_dot * _prod_slope(xp, xp.ones_like(xp.sum(input, axis=axis)), input, axis, False),
            axis=axis,
            keepdims=keepdims,
        ),
        input=lambda xp, g, input, axis, keepdims: _prod_slope(xp, g, input, axis, keepdims),
    )


prod = _product("prod", "ProdBackward0")
prod_dim = _product("prod_dim", "ProdBackward1")


def _centred(xp: Any, x: Any, axis: Axes) -> Any:
    return x - _mean(xp, x, axis, True) if axis is not None else x - _mean(xp, x, None, False)


def _variance(xp: Any, x: Any, axis: Axes, correction: float, keepdims: bool) -> Any:
    centred = _centred(xp, x, axis)
    square = xp.real(centred * xp.conj(centred)) if is_complex(x) else centred * centred
    total = xp.sum(square, axis=axis, keepdims=keepdims)
    freedom = reduced_count(x.shape, axis) - correction
    return total / freedom if freedom > 0 else total / xp.zeros_like(total)


def _variance_slope(xp: Any, x: Any, axis: Axes, correction: float) -> Any:
    freedom = reduced_count(x.shape, axis) - correction
    slope = _centred(xp, x, axis) * 2
    return slope / freedom if freedom > 0 else slope / xp.zeros_like(slope)


def _inner(xp: Any, slope: Any, tangent: Any, axis: Axes, keepdims: bool) -> Any:
    """Return the sum of slope times tangent, real where the result is real."""
    product = xp.real(xp.conj(slope) * tangent) if is_complex(slope) else slope * tangent
    return xp.sum(product, axis=axis, keepdims=keepdims)


var = general(
    "var",
    _variance,
    ["axis", "correction", "keepdims"],
    jvp=lambda xp, input_dot, input, axis, correction, keepdims: _inner(
        xp, _variance_slope(xp, input, axis, correction), input_dot, axis, keepdims
    ),
    input=lambda xp, g, input, axis, correction, keepdims: (
        aligned(xp, g, input.shape, axis, keepdims) * _variance_slope(xp, input, axis, correction)
    ),
)


std = general(
    "std",
    lambda xp, input, axis, correction, keepdims: xp.sqrt(
        _variance(xp, input, axis, correction, keepdims)
    ),
    ["axis", "correction", "keepdims"],
    jvp=lambda xp, input_dot, input, out, axis, correction, keepdims: ratio(
        xp,
        _inner(xp, _variance_slope(xp, input, axis, correction), input_dot, axis, keepdims),
        2 * out,
    ),
    input=lambda xp, g, out, input, axis, correction, keepdims: (
        aligned(xp, ratio(xp, g, 2 * out), input.shape, axis, keepdims)
        * _variance_slope(xp, input, axis, correction)
    ),
)


def _extreme_share(xp: Any, x: Any, out: Any, axis: Axes, keepdims: bool) -> Any:
    """Return each element's part in an extreme value: ties share it evenly."""
    best = aligned(xp, out, x.shape, axis, keepdims)
    hit = (x == best) | ((x != x) & (best != best))
    mask = xp.astype(hit, x.dtype)
    return mask / xp.sum(mask, axis=axis, keepdims=True)


def _extreme(name: str, forward: str, node_name: str) -> Any:
    return general(
        name,
        lambda xp, input, axis, keepdims: getattr(xp, forward)(input, axis=axis, keepdims=keepdims),
        ["axis", "keepdims"],
        node_name=node_name,
        jvp=lambda xp, input_dot, input, out, axis, keepdims: xp.sum(
            input_dot * _extreme_share(xp, input, out, axis, keepdims), axis=axis, keepdims=keepdims
        ),
        input=lambda xp, g, input, out, axis, keepdims: (
            aligned(xp, g, input.shape, axis, keepdims)
            * _extreme_share(xp, input, out, axis, keepdims)
        ),
    )


amax = _extreme("amax", "max", "AmaxBackward0")
amin = _extreme("amin", "min", "AminBackward0")
max_all = _extreme("max", "max", "MaxBackward1")
min_all = _extreme("min", "min", "MinBackward1")


def _top(xp: Any, x: Any, axis: Axes) -> Any:
    """Return the greatest real parts, with the reduced axes as 1; of nothing, zeros."""
    x = xp.real(x) if is_complex(x) else x
    if reduced_count(x.shape, axis):
        return xp.max(x, axis=axis, keepdims=True)
    return xp.sum(x, axis=axis, keepdims=True)


def _logsumexp(xp: Any, x: Any, axis: Axes, keepdims: bool) -> Any:
    top = _top(xp, x, axis)
    top = xp.where(xp.isinf(top), xp.zeros_like(top), top)
    total = xp.log(xp.sum(xp.exp(x - top), axis=axis, keepdims=True)) + top
    if keepdims:
        return total
    axes = range(x.ndim) if axis is None else axis
    return xp.reshape(total, tuple(n for k, n in enumerate(x.shape) if k not in axes))


def _softmax_of(xp: Any, x: Any, out: Any, axis: Axes, keepdims: bool) -> Any:
    total = aligned(xp, out, x.shape, axis, keepdims)
    # Where all are -inf the sum is flat: its slope is taken as zero, not NaN.
    return xp.exp(x - xp.where(total == -float("inf"), xp.zeros_like(total), total))


logsumexp = general(
    "logsumexp",
    _logsumexp,
    ["axis", "keepdims"],
    conjugate=True,
    jvp=lambda xp, input_dot, input, out, axis, keepdims: xp.sum(
        input_dot * _softmax_of(xp, input, out, axis, keepdims), axis=axis, keepdims=keepdims
    ),
    input=lambda xp, g, input, out, axis, keepdims: (
        aligned(xp, g, input.shape, axis, keepdims) * _softmax_of(xp, input, out, axis, keepdims)
    ),
)


def _softmax(xp: Any, x: Any, axis: int) -> Any:
    weight = xp.exp(x - _top(xp, x, (axis,)))
    return weight / xp.sum(weight, axis=axis, keepdims=True)


softmax = general(
    "softmax",
    _softmax,
    ["axis"],
    jvp=lambda xp, input_dot, out, axis: (
        out * (input_dot - xp.sum(input_dot * out, axis=axis, keepdims=True))
    ),
    input=lambda xp, g, out, axis: out * (g - xp.sum(g * out, axis=axis, keepdims=True)),
)


def _log_softmax(xp: Any, x: Any, axis: int) -> Any:
    shifted = x - _top(xp, x, (axis,))
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


log_softmax = general(
    "log_softmax",
    _log_softmax,
    ["axis"],
    jvp=lambda xp, input_dot, out, axis: (
        input_dot - xp.sum(input_dot * xp.exp(out), axis=axis, keepdims=True)
    ),
    input=lambda xp, g, out, axis: g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),
)


def _norm(xp: Any, x: Any, ord: float, axis: Axes, keepdims: bool) -> Any:
    size = xp.abs(x)
    reduce = {"axis": axis, "keepdims": keepdims}
    if ord == float("inf"):
        return xp.max(size, **reduce)
    if ord == -float("inf"):
        return xp.min(size, **reduce)
    if ord == 0:
        return xp.sum(xp.astype(size != 0, size.dtype), **reduce)
    if ord == 1:
        return xp.sum(size, **reduce)
    if ord == 2:
        return xp.sqrt(xp.sum(size * size, **reduce))
    return xp.pow(xp.sum(xp.pow(size, ord), **reduce), 1 / ord)


def _norm_slope(xp: Any, x: Any, out: Any, ord: float, axis: Axes, keepdims: bool) -> Any:
    total = aligned(xp, out, x.shape, axis, keepdims)
    if ord == 0:
        return xp.zeros_like(x)
    if ord == 1:
        return xp.sign(x)
    if ord == 2:
        return ratio(xp, x, total)
    if ord in (float("inf"), -float("inf")):
        return xp.sign(x) * _extreme_share(xp, xp.abs(x), total, axis, True)
    size = xp.abs(x)
    if ord < 1:
        size = xp.where(size == 0, xp.ones_like(size), size)
    return xp.sign(x) * ratio(xp, xp.pow(size, ord - 1), xp.pow(total, ord - 1))


vector_norm = general(
    "linalg_vector_norm",
    _norm,
    ["ord", "axis", "keepdims"],
    jvp=lambda xp, input_dot, input, out, ord, axis, keepdims: _inner(
        xp, _norm_slope(xp, input, out, ord, axis, keepdims), input_dot, axis, keepdims
    ),
    input=lambda xp, g, input, out, ord, axis, keepdims: (
        aligned(xp, g, input.shape, axis, keepdims)
        * _norm_slope(xp, input, out, ord, axis, keepdims)
    ),
)


def _without_rules(name: str) -> Any:
    return nondifferentiable(
        name,
        lambda xp, input, axis, keepdims: getattr(xp, name)(input, axis=axis, keepdims=keepdims),
        ["input"],
        ["axis", "keepdims"],
        elementwise=False,
    )


all_ = _without_rules("all")
any_ = _without_rules("any")
argmax = _without_rules("argmax")
argmin = _without_rules("argmin")


def _hash(xp: Any, x: Any, axis: Axes, keepdims: bool) -> Any:
    """Return the exclusive or of all bits, of numbers as float64 or int64."""
    shape = tuple(x.shape)
    wide = xp.astype(x, xp.float64 if is_floating(x) else xp.int64)
    bits = xp.float_bits(wide) if is_floating(x) else wide
    axes = tuple(range(len(shape))) if axis is None else axis
    rest = tuple(k for k in range(len(shape)) if k not in axes)
    bits = xp.permute_dims(bits, rest + axes)
    bits = xp.reshape(bits, (*(shape[k] for k in rest), reduced_count(shape, axis)))
    while (n := bits.shape[-1]) > 1:
        half = n // 2
        joined = xp.bitwise_xor(bits[..., :half], bits[..., half : 2 * half])
        bits = xp.concat([joined, bits[..., 2 * half :]], axis=-1) if n % 2 else joined
    out = kept(shape, axis) if keepdims else tuple(shape[k] for k in rest)
    return xp.astype(xp.reshape(bits, out), xp.uint64)


hash_tensor = nondifferentiable(
    "hash_tensor",
    lambda xp, input, axis, keepdims: _hash(xp, input, axis, keepdims),
    ["input"],
    ["axis", "keepdims"],
    elementwise=False,
)
