"""Max pooling in place, a block of rows at a time, so that it stays in the cache."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np

from tensorflowlite_grad.backend import windows

Array = Any
Sizes = tuple[int, ...]

#: How many elements of the result a block may have.
_BLOCK = 1 << 14


def max_pool(
    x: Array,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    count: Sizes,
) -> tuple[Array, Array]:
    """Return the greatest of each window of the last axes, and its flat position."""
    geometry = (kernel, stride, padding, dilation)
    ndim = len(kernel)
    size = x.shape[x.ndim - ndim :]
    lead = x.shape[: x.ndim - ndim]
    if prod(kernel) > 255 or not prod(lead):
        return windows.max_pool(np, x, *geometry, count)
    rows = x.reshape(-1, *size)
    out = np.empty((len(rows), *count), x.dtype)
    found = np.empty((len(rows), *count), np.int64)
    plan = _plan(size, geometry, count)
    step = max(1, _BLOCK // prod(count))
    for start in range(0, len(rows), step):
        here = slice(start, start + step)
        plan.run(rows[here], out[here], found[here])
    return out.reshape(*lead, *count), found.reshape(*lead, *count)


@lru_cache(maxsize=16)
def _plan(size: Sizes, geometry: Any, count: Sizes) -> _Plan:
    return _Plan(size, geometry, count)


class _Plan:
    """What all blocks of one pooling share.

    Places in a window are counted: a byte says for each window which one wins.
    """

    def __init__(self, size: Sizes, geometry: Any, count: Sizes) -> None:
        self.sizes: Any = (*geometry, count)
        self.size = size
        kernel, stride, padding, dilation = geometry
        self.steps = []
        for code, place in enumerate(product(*map(range, kernel))):
            ranges = windows.ranges(place, size, geometry, count)
            if ranges is not None:
                self.steps.append((code, (..., *ranges[0]), (..., *ranges[1])))
        corners, first, inside = [], [], []
        for axis, n in enumerate(count):
            starts = [k * stride[axis] - padding[axis] for k in range(n)]
            corners.append(starts)
            first.append([max(-(a // dilation[axis]), 0) for a in starts])
            inside.append([k * dilation[axis] for k in range(kernel[axis])])
        self.corners = windows.positions(np, corners, size)
        # A window with nothing inside has to be somewhere.
        self.beyond = any(
            max(a + d * k for a, k in zip(start, places, strict=True)) >= n
            for start, places, d, n in zip(corners, first, dilation, size, strict=True)
        )
        self.first = windows.positions(np, first, kernel).astype(np.uint8)
        self.inside = windows.positions(np, inside, size).reshape(-1)

    def run(self, x: Array, out: Array, found: Array) -> None:
        """Write the greatest elements of a block, and their positions."""
        out[...] = windows.lowest(np, x)
        winner = np.empty(out.shape, np.uint8)
        winner[...] = self.first
        better = np.empty(out.shape, bool)
        for code, where, source in self.steps:
            candidate, current, mask = x[source], out[where], better[where]
            np.greater(candidate, current, out=mask)
            np.maximum(candidate, current, out=current)
            np.copyto(winner[where], code, where=mask)
        if out.dtype.kind == "f" and np.isnan(out.max()):
            values, places = windows.max_pool(np, x, *self.sizes)
            out[...], found[...] = values, places
            return
        np.take(self.inside, winner, out=found, mode="clip")
        found += self.corners
        if self.beyond:
            np.minimum(found, prod(self.size) - 1, out=found)
