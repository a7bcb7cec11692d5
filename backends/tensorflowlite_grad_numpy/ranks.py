"""Positions by rank, by NumPy's partitions, which sort no more than they have to; and bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowlite_grad.backend import ranks
from tensorflowlite_grad.backend.scans import along


def rank_position(x: Any, rank: int, axis: int) -> Any:
    """Return where the element of a rank is along an axis, which stays, with size 1."""
    found = np.argpartition(x, rank, axis=axis)
    return found[along(x.ndim, axis, slice(rank, rank + 1))]


def top_positions(x: Any, k: int, axis: int, largest: bool) -> Any:
    """Return where the `k` greatest (or least) elements are along an axis, in their order."""
    n = x.shape[axis]
    if not 0 < 4 * k < n:
        return ranks.top_positions(np, x, k, axis, largest)
    part = slice(n - k, n) if largest else slice(0, k)
    found = np.argpartition(x, n - k if largest else k - 1, axis=axis)
    # In the order they have: equals stay in it.
    found = np.sort(found[along(x.ndim, axis, part)], axis=axis)
    order = ranks.order(np, np.take_along_axis(x, found, axis), axis, largest)
    return np.take_along_axis(found, order, axis)


def float_bits(x: Any) -> Any:
    """Return the bits of float64 numbers, as int64."""
    return x.view(np.int64)
