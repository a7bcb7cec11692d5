"""Running maxima and running log-sum-exps, in the standard's words: it has only sums and products.

Each step joins every element with the one 1, 2, 4, ... before it, so that a scan of n elements
takes log2(n) steps on whole arrays.
"""

from __future__ import annotations

from typing import Any

__all__ = ["along", "cumulative_logsumexp", "cumulative_max"]

Array = Any


def along(ndim: int, axis: int, part: slice) -> tuple[slice, ...]:
    """Return the index that takes a part of one axis and all of the others."""
    return (*(slice(None),) * axis, part, *(slice(None),) * (ndim - axis - 1))


def _scan(xp: Any, join: Any, x: Array, axis: int) -> Array:
    n, step = x.shape[axis], 1
    while step < n:
        head = x[along(x.ndim, axis, slice(0, step))]
        late = x[along(x.ndim, axis, slice(step, n))]
        early = x[along(x.ndim, axis, slice(0, n - step))]
        x = xp.concat([head, join(late, early)], axis=axis)
        step *= 2
    return x


def cumulative_max(xp: Any, x: Array, axis: int) -> Array:
    """Return the greatest element so far along an axis; NaN from the first NaN on."""
    return _scan(xp, xp.maximum, x, axis)


def cumulative_logsumexp(xp: Any, x: Array, axis: int) -> Array:
    """Return the logarithm of the running sum of exponentials along an axis."""
    if "complex" not in str(x.dtype):
        return _scan(xp, xp.logaddexp, x, axis)
    return _scan(xp, lambda a, b: _complex_logaddexp(xp, a, b), x, axis)


def _complex_logaddexp(xp: Any, a: Array, b: Array) -> Array:
    top = xp.maximum(xp.real(a), xp.real(b))
    top = xp.astype(xp.where(xp.isinf(top), xp.zeros_like(top), top), a.dtype)
    return xp.log(xp.exp(a - top) + xp.exp(b - top)) + top
