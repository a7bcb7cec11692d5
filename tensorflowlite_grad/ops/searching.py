"""Where values belong in sorted sequences."""

from __future__ import annotations

from math import prod as product
from typing import Any

from .declare import nondifferentiable
from .kinds import is_floating

__all__: list[str] = []


def _search(xp: Any, edges: Any, values: Any, right: bool) -> Any:
    """Return where values belong in sequences sorted along the last axis."""
    if edges.ndim == 1:
        flat = xp.reshape(values, (-1,))
        found = xp.searchsorted(edges, flat, side="right" if right else "left")
        return xp.reshape(xp.astype(found, xp.int64), tuple(values.shape))
    return _search_rows(xp, edges, values, right)


def _search_rows(xp: Any, edges: Any, values: Any, right: bool) -> Any:
    """Halve what is left for all rows and values at once: the standard searches vectors only."""
    n = edges.shape[-1]
    low = xp.zeros(tuple(values.shape), dtype=xp.int64)
    if not n or not product(low.shape):
        return low
    high = xp.full_like(low, n)
    for _ in range(n.bit_length()):
        middle = (low + high) // 2
        at = xp.where(middle < n, middle, xp.full_like(middle, n - 1))
        edge = xp.take_along_axis(edges, at, axis=-1)
        after = (edge <= values) if right else (edge < values)
        if is_floating(edges):  # NaN counts as greater than all numbers
            unlike = xp.isnan(values)
            after = after | (unlike if right else unlike & ~xp.isnan(edge))
        after = after & (low < high)
        low = xp.where(after, middle + 1, low)
        high = xp.where(after, high, middle)
    return low


searchsorted = nondifferentiable(
    "searchsorted",
    lambda xp, sorted_sequence, input, right: _search(xp, sorted_sequence, input, right),
    ["sorted_sequence", "input"],
    ["right"],
    elementwise=False,
)
