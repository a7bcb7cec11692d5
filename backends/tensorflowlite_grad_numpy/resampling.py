"""Maps along axes a block of rows at a time, so that what is in between stays in the cache."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tensorflowlite_grad.backend import resampling

Array = Any

#: How many elements of operand and result a block may have.
_BLOCK = 1 << 16


def resample(x: Array, maps: tuple[tuple[int, Any], ...]) -> Array:
    """Return `x` with a map applied along each of some axes, given from the end (-1, -2)."""
    ndim = max(-axis for axis, _ in maps)
    lead, shape = x.shape[: x.ndim - ndim], list(x.shape[x.ndim - ndim :])
    most = prod(shape)
    for axis, each in maps:
        shape[axis] = each.result
    step = _BLOCK // max(most + prod(shape), 1)
    if not lead or step >= prod(lead):
        return resampling.resample(np, x, maps)
    step = max(step, 1)
    rows = x.reshape(-1, *x.shape[x.ndim - ndim :])
    out = np.empty((len(rows), *shape), x.dtype)
    for start in range(0, len(rows), step):
        here = slice(start, start + step)
        out[here] = resampling.resample(np, rows[here], maps)
    return out.reshape(*lead, *shape)
