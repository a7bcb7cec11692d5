"""Operations along one axis that carry something on from element to element."""

from __future__ import annotations

from typing import Any

from ..backend.scans import along
from .declare import general, linear, nondifferentiable
from .kinds import is_bool, is_floating, is_integral

__all__: list[str] = []


def _part(x: Any, axis: int, start: int, stop: int | None) -> Any:
    return x[along(x.ndim, axis, slice(start, stop))]


def earlier(xp: Any, x: Any, axis: int, first: Any) -> Any:
    """Return for each element the one before it; before the first, `first`."""
    return xp.concat([first, _part(x, axis, 0, x.shape[axis] - 1)], axis=axis)


def later(xp: Any, x: Any, axis: int, last: Any) -> Any:
    """Return for each element the one after it; after the last, `last`."""
    return xp.concat([_part(x, axis, 1, x.shape[axis]), last], axis=axis)


def recurrence(xp: Any, a: Any, b: Any, axis: int, *, reverse: bool = False) -> Any:
    """Return ``y[i] = b[i] + a[i] * y[i - 1]`` along an axis, or `reverse` from ``y[i + 1]``.

    Each step composes every affine map with the one 1, 2, 4, ... before it: log2(n) steps on
    whole arrays, and no division, so that it is right where `a` is zero.
    """
    n, step = b.shape[axis], 1
    while step < n:
        if reverse:
            here, other, kept = (0, n - step), (step, n), (n - step, n)
        else:
            here, other, kept = (step, n), (0, n - step), (0, step)
        scale = _part(a, axis, *here)
        moved = _part(b, axis, *here) + scale * _part(b, axis, *other)
        joint = scale * _part(a, axis, *other)
        parts = [[moved, _part(b, axis, *kept)], [joint, _part(a, axis, *kept)]]
        b, a = (xp.concat(p if reverse else p[::-1], axis=axis) for p in parts)
        step *= 2
    return b


cumsum = linear(
    "cumsum",
    lambda xp, input, axis: xp.cumulative_sum(input, axis=axis),
    ["axis"],
    input=lambda xp, g, axis: xp.flip(
        xp.cumulative_sum(xp.flip(g, axis=axis), axis=axis), axis=axis
    ),
)


def _difference(xp: Any, x: Any, axis: int) -> Any:
    n = x.shape[axis]
    return _part(x, axis, 1, n) - _part(x, axis, 0, n - 1)


def _difference_slope(xp: Any, g: Any, axis: int) -> Any:
    n = g.shape[axis]
    if not n:
        return xp.sum(g, axis=axis, keepdims=True)  # of one element, on which nothing depends
    first, last = _part(g, axis, 0, 1), _part(g, axis, n - 1, n)
    return xp.concat([-first, -_difference(xp, g, axis), last], axis=axis)


#: The differences of neighbours, of one element or more.
diff = linear(
    "diff",
    lambda xp, input, axis: _difference(xp, input, axis),
    ["axis"],
    input=lambda xp, g, axis: _difference_slope(xp, g, axis),
)


def _cumprod_slope(xp: Any, g: Any, x: Any, axis: int) -> Any:
    """Return the gradient of a cumulative product, right at zeros too.

    With S_i = g_i + x_{i+1} S_{i+1}, it is S_i times the product of all before i.
    """
    if not x.shape[axis]:
        return g * x
    one = xp.ones_like(_part(x, axis, 0, 1))
    sums = recurrence(xp, later(xp, x, axis, one), g, axis, reverse=True)
    return sums * xp.cumulative_prod(earlier(xp, x, axis, one), axis=axis)


def _cumprod_tangent(xp: Any, x_dot: Any, x: Any, out: Any, axis: int) -> Any:
    """Return the tangent of a cumulative product: T_i = T_{i-1} x_i + out_{i-1} t_i."""
    if not x.shape[axis]:
        return x_dot * x
    one = xp.ones_like(_part(x, axis, 0, 1))
    return recurrence(xp, x, earlier(xp, out, axis, one) * x_dot, axis)


cumprod = general(
    "cumprod",
    lambda xp, input, axis: xp.cumulative_prod(input, axis=axis),
    ["axis"],
    conjugate=True,
    jvp=lambda xp, input_dot, input, out, axis: _cumprod_tangent(xp, input_dot, input, out, axis),
    input=lambda xp, g, input, axis: _cumprod_slope(xp, g, input, axis),
)


def _finite(xp: Any, out: Any) -> Any:
    """Return running log-sum-exps, zero where they are -inf: their weights are zero there."""
    return xp.where(out == -float("inf"), xp.zeros_like(out), out)


def _decay(xp: Any, out: Any, axis: int) -> Any:
    """Return ``exp(out[i] - out[i + 1])``, at most one in size; the last is of no account."""
    infinity = float("inf")
    zero = xp.zeros_like(out)
    here, after = xp.where(out == infinity, zero, _finite(xp, out)), _finite(xp, out)
    end = _part(after, axis, out.shape[axis] - 1, None)
    ratio = xp.exp(here - later(xp, after, axis, end))
    ratio = xp.where(out == infinity, xp.ones_like(out), ratio)
    return xp.where(out == -infinity, zero, ratio)


def _logcumsumexp_slope(xp: Any, g: Any, x: Any, out: Any, axis: int) -> Any:
    """Return sum_{j >= i} g_j exp(x_i - out_j), by a recurrence whose factors do not overflow."""
    if not x.shape[axis]:
        return g * x
    sums = recurrence(xp, _decay(xp, out, axis), g, axis, reverse=True)
    return xp.exp(x - _finite(xp, out)) * sums


def _logcumsumexp_tangent(xp: Any, x_dot: Any, x: Any, out: Any, axis: int) -> Any:
    if not x.shape[axis]:
        return x_dot * x
    decay = _decay(xp, out, axis)
    decay = earlier(xp, decay, axis, _part(decay, axis, 0, 1))
    return recurrence(xp, decay, xp.exp(x - _finite(xp, out)) * x_dot, axis)


logcumsumexp = general(
    "logcumsumexp",
    lambda xp, input, axis: xp.cumulative_logsumexp(input, axis),
    ["axis"],
    conjugate=True,
    jvp=lambda xp, input_dot, input, out, axis: _logcumsumexp_tangent(
        xp, input_dot, input, out, axis
    ),
    input=lambda xp, g, input, out, axis: _logcumsumexp_slope(xp, g, input, out, axis),
)


def turned(xp: Any, x: Any) -> Any:
    """Return numbers in the opposite order of size; integers by their bits, without overflow."""
    return xp.bitwise_invert(x) if is_integral(x) else -x


def ordinal(xp: Any, x: Any) -> Any:
    """Return numbers that can be compared: truth values as integers."""
    return xp.astype(x, xp.uint8) if is_bool(x) else x


def _extreme_position(xp: Any, x: Any, axis: int, greatest: bool) -> Any:
    """Return where the greatest (or least) element so far is: the last of equals, or of NaNs."""
    x = ordinal(xp, x) if greatest else turned(xp, ordinal(xp, x))
    best = xp.cumulative_max(x, axis)
    hit = x == best
    if is_floating(x):
        hit = hit | xp.isnan(x)
    n = x.shape[axis]
    steps = xp.reshape(xp.arange(n, dtype=xp.int64), (n,) + (1,) * (x.ndim - axis - 1))
    steps = xp.broadcast_to(steps, tuple(x.shape))
    return xp.cumulative_max(xp.where(hit, steps, xp.zeros_like(steps)), axis)


#: Where the running extreme is, at each place.
cumulative_argmax = nondifferentiable(
    "cumulative_argmax",
    lambda xp, input, axis, greatest: _extreme_position(xp, input, axis, greatest),
    ["input"],
    ["axis", "greatest"],
    elementwise=False,
)


def _running(name: str, node_name: str) -> Any:
    return linear(
        name,
        lambda xp, input, index: xp.index_get(input, index),
        ["index"],
        node_name=node_name,
        input=lambda xp, g, input_shape, index: xp.index_embed(g, input_shape, index),
    )


#: The elements at those places; several may take one element.
cummax = _running("cummax", "CummaxBackward0")
cummin = _running("cummin", "CumminBackward0")
