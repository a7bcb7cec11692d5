"""Order: positions of elements by their size, and the elements there.

Positions are computed apart from the elements, so that both derivatives are those of taking
elements. NaN counts as greater than any number, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

from ..backend.ranks import order
from ..backend.scans import along
from .broadcasting import zeros_of
from .cumulative import ordinal
from .declare import general, linear, nondifferentiable
from .kinds import is_floating

__all__: list[str] = []


argsort = nondifferentiable(
    "argsort",
    lambda xp, input, axis, descending: order(xp, ordinal(xp, input), axis, descending),
    ["input"],
    ["axis", "descending"],
    elementwise=False,
)


rank_position = nondifferentiable(
    "rank_position",
    lambda xp, input, rank, axis: xp.rank_position(input, rank, axis),
    ["input"],
    ["rank", "axis"],
    elementwise=False,
)
top_positions = nondifferentiable(
    "top_positions",
    lambda xp, input, k, axis, largest: xp.top_positions(input, k, axis, largest),
    ["input"],
    ["k", "axis", "largest"],
    elementwise=False,
)


def _median_position(xp: Any, x: Any, axis: int, ignore_nan: bool) -> Any:
    """Return where the median is along an axis, which stays: the lower one of two."""
    n = x.shape[axis]
    if not is_floating(x):
        return xp.rank_position(x, (n - 1) // 2, axis)
    missing = xp.astype(xp.isnan(x), xp.int64)
    if ignore_nan:
        rank = (n - xp.sum(missing, axis=axis, keepdims=True) - 1) // 2
        rank = xp.where(rank < 0, xp.zeros_like(rank), rank)
        return xp.take_along_axis(order(xp, x, axis, False), rank, axis=axis)
    first = xp.astype(xp.argmax(missing, axis=axis, keepdims=True), xp.int64)
    some = xp.max(missing, axis=axis, keepdims=True) > 0
    return xp.where(some, first, xp.rank_position(x, (n - 1) // 2, axis))


median_position = nondifferentiable(
    "median_position",
    lambda xp, input, axis, ignore_nan: _median_position(xp, input, axis, ignore_nan),
    ["input"],
    ["axis", "ignore_nan"],
    elementwise=False,
)


def _mode_position(xp: Any, x: Any, axis: int) -> Any:
    """Return where the most frequent element stands last; of several, the least."""
    x = ordinal(xp, x)
    by_size = order(xp, x, axis, False)
    ranked = xp.take_along_axis(x, by_size, axis=axis)
    n = x.shape[axis]
    steps = xp.reshape(xp.arange(n, dtype=xp.int64), (n,) + (1,) * (x.ndim - axis - 1))
    steps = xp.broadcast_to(steps, tuple(x.shape))
    here, before = along(x.ndim, axis, slice(1, n)), along(x.ndim, axis, slice(0, n - 1))
    same = ranked[here] == ranked[before]
    late = steps[here]
    starts = xp.where(same, xp.zeros_like(late), late)
    starts = xp.concat([steps[along(steps.ndim, axis, slice(0, 1))], starts], axis=axis)
    length = steps - xp.cumulative_max(starts, axis)
    longest = xp.astype(xp.argmax(length, axis=axis, keepdims=True), xp.int64)
    return xp.take_along_axis(by_size, longest, axis=axis)


mode_position = nondifferentiable(
    "mode_position",
    lambda xp, input, axis: _mode_position(xp, input, axis),
    ["input"],
    ["axis"],
    elementwise=False,
)


def _taken(name: str, node_name: str) -> Any:
    """Return the operation that takes elements of distinct places."""
    return linear(
        name,
        lambda xp, input, index: xp.index_get(input, index),
        ["index"],
        node_name=node_name,
        input=lambda xp, g, input_shape, index: xp.index_put(
            zeros_of(xp, g, input_shape), index, g
        ),
    )


sort = _taken("sort", "SortBackward0")
topk = _taken("topk", "TopkBackward0")
kthvalue = _taken("kthvalue", "KthvalueBackward0")
median_dim = _taken("median_dim", "MedianBackward1")
nanmedian_dim = _taken("nanmedian_dim", "NanmedianBackward1")
mode = _taken("mode", "ModeBackward0")


def _whole_median(xp: Any, x: Any, ignore_nan: bool) -> Any:
    flat = xp.reshape(x, (-1,))
    at = _median_position(xp, flat, 0, ignore_nan)
    return xp.reshape(xp.take(flat, at, axis=0), ())


def _share(xp: Any, x: Any, out: Any) -> Any:
    """Return each element's part in the median: all equal to it share it evenly."""
    hit = (x == out) | ((x != x) & (out != out))
    mask = xp.astype(hit, x.dtype)
    return mask / xp.sum(mask)


def _median(name: str, node_name: str, ignore_nan: bool) -> Any:
    return general(
        name,
        lambda xp, input: _whole_median(xp, input, ignore_nan),
        node_name=node_name,
        jvp=lambda xp, input_dot, input, out: xp.sum(input_dot * _share(xp, input, out)),
        input=lambda xp, g, input, out: g * _share(xp, input, out),
    )


median = _median("median", "MedianBackward0", False)
nanmedian = _median("nanmedian", "NanmedianBackward0", True)
