"""Order: positions of elements by their size, and the elements there.

Positions are computed apart from the elements, so that both derivatives are those of taking
elements. NaN counts as greater than any number, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

from ..backend.scans import along
from .broadcasting import zeros_of
from .cumulative import ordinal
from .declare import general, linear, nondifferentiable
from .kinds import is_floating

__all__: list[str] = []


def order(xp: Any, x: Any, axis: int, descending: bool) -> Any:
    """Return the positions that sort `x` along an axis, equals in the order they have."""
    x = ordinal(xp, x)
    if not descending:
        found = xp.argsort(x, axis=axis, stable=True)
    else:
        # The standard leaves open where NaN goes in descending order: so all is turned round.
        found = xp.argsort(xp.flip(x, axis=axis), axis=axis, stable=True)
        found = x.shape[axis] - 1 - xp.flip(found, axis=axis)
    return xp.astype(found, xp.int64, copy=False)


argsort = nondifferentiable(
    "argsort",
    lambda xp, input, axis, descending: order(xp, input, axis, descending),
    ["input"],
    ["axis", "descending"],
    elementwise=False,
)


def _nan_count(xp: Any, x: Any, axis: int) -> Any:
    """Return how many elements along an axis are NaN, int64, with that axis as 1."""
    if not is_floating(x):
        return xp.zeros_like(xp.astype(x[along(x.ndim, axis, slice(0, 1))], xp.int64))
    return xp.sum(xp.astype(xp.isnan(x), xp.int64), axis=axis, keepdims=True)


def _median_rank(xp: Any, x: Any, axis: int, ignore_nan: bool) -> Any:
    """Return which of the sorted elements is the median, the lower one of two."""
    n, missing = x.shape[axis], _nan_count(xp, x, axis)
    if ignore_nan:
        rank = (n - missing - 1) // 2
        return xp.where(rank < 0, xp.zeros_like(rank), rank)
    return xp.where(missing > 0, n - missing, xp.full_like(missing, (n - 1) // 2))


def _median_position(xp: Any, x: Any, axis: int, ignore_nan: bool) -> Any:
    rank = _median_rank(xp, x, axis, ignore_nan)
    return xp.take_along_axis(order(xp, x, axis, False), rank, axis=axis)


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
