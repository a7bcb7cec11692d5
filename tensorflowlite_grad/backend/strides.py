"""Generic forms of memory seen at other strides, of padding, and of storage laid out anew.

A lattice of an array is what ``x[start + j0 * steps[0] + j1 * steps[1] + ...]`` takes for
every ``j`` of a shape: one step, of as many numbers as `x` has axes, for every axis of the
result. Slices, diagonals and sliding windows are lattices.
"""

from __future__ import annotations

from math import prod
from typing import Any

__all__ = [
    "as_strided",
    "constant_pad",
    "dense_order",
    "overlapping",
    "positions",
    "row_major",
    "strided_embed",
    "strided_get",
    "strided_put",
]

Array = Any
Shape = tuple[int, ...]
Steps = tuple[tuple[int, ...], ...]


def row_major(shape: Shape) -> Shape:
    """Return the strides, in elements, of an array whose rows lie one after the other."""
    out: list[int] = []
    step = 1
    for n in reversed(shape):
        out.append(step)
        step *= max(n, 1)
    return tuple(reversed(out))


def dot(a: Shape, b: Shape) -> int:
    """Return the sum of products."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def overlapping(shape: Shape, strides: Shape) -> bool:
    """Return whether two places of a shape may fall together at these strides."""
    if not prod(shape):
        return False
    reach = 0  # how far the axes of smaller strides lead
    for stride, n in sorted((abs(s), n) for s, n in zip(strides, shape, strict=True)):
        if n > 1:
            if stride <= reach:
                return True
            reach += stride * (n - 1)
    return False


def dense_order(shape: Shape, strides: Shape) -> Shape | None:
    """Return the axes from the outermost in memory to the innermost, if no gap is between."""
    order = sorted(range(len(shape)), key=lambda k: (strides[k], shape[k]), reverse=True)
    step = 1
    for k in reversed(order):
        if shape[k] != 1:
            if strides[k] != step:
                return None
            step *= shape[k]
    return tuple(order)


def positions(xp: Any, shape: Shape, strides: Shape, offset: int) -> Array:
    """Return where the elements of a shape lie at these strides, flat."""
    out = xp.reshape(xp.asarray([offset], dtype=xp.int64), (1,) * len(shape))
    for axis, (n, stride) in enumerate(zip(shape, strides, strict=True)):
        along = (1,) * axis + (n,) + (1,) * (len(shape) - axis - 1)
        out = out + xp.reshape(xp.arange(n, dtype=xp.int64) * stride, along)
    return xp.reshape(out, (-1,))


def _lattice(xp: Any, whole: Shape, start: Shape, shape: Shape, steps: Steps) -> Array:
    unit = row_major(whole)
    return positions(xp, shape, tuple(dot(step, unit) for step in steps), dot(start, unit))


def strided_get(xp: Any, x: Array, start: Shape, shape: Shape, steps: Steps) -> Array:
    """Return a lattice of an array."""
    where = _lattice(xp, tuple(x.shape), start, shape, steps)
    return xp.reshape(xp.take(xp.reshape(x, (-1,)), where, axis=0), shape)


def strided_embed(
    xp: Any, values: Array, whole: Shape, start: Shape, shape: Shape, steps: Steps
) -> Array:
    """Return zeros with values added on a lattice: the adjoint of `strided_get`."""
    where = _lattice(xp, whole, start, shape, steps)
    flat = xp.index_embed(xp.reshape(values, (-1,)), (prod(whole),), (where,))
    return xp.reshape(flat, whole)


def strided_put(
    xp: Any, x: Array, values: Array, start: Shape, shape: Shape, steps: Steps
) -> Array:
    """Return a copy of an array with values written on a lattice."""
    where = _lattice(xp, tuple(x.shape), start, shape, steps)
    flat = xp.index_put(xp.reshape(x, (-1,)), (where,), xp.reshape(values, (-1,)))
    return xp.reshape(flat, tuple(x.shape))


def as_strided(xp: Any, x: Array, size: Shape, stride: Shape, shift: int, strides: Shape) -> Array:
    """Return what memory shows at other strides, given those at which it shows `x`.

    `shift` is how far the first element lies behind that of `x`. What `x` does not show
    is taken for zero.
    """
    shape = tuple(x.shape)
    low, length = storage(shape, strides, size, stride, shift)
    memory = strided_put(
        xp, xp.zeros((length,), dtype=x.dtype), x, (-low,), shape, tuple((s,) for s in strides)
    )
    return strided_get(xp, memory, (shift - low,), size, tuple((s,) for s in stride))


def storage(
    shape: Shape, strides: Shape, size: Shape, stride: Shape, shift: int
) -> tuple[int, int]:
    """Return the first position, and the number, of those that either of two layouts reaches."""
    low = high = 0
    for counts, steps, first in ((shape, strides, 0), (size, stride, shift)):
        if not prod(counts):
            continue
        ends = [s * (n - 1) for n, s in zip(counts, steps, strict=True)]
        low = min(low, first + sum(e for e in ends if e < 0))
        high = max(high, first + sum(e for e in ends if e > 0))
    return low, high - low + 1


def constant_pad(xp: Any, x: Array, before: Shape, after: Shape, value: Any) -> Array:
    """Return an array with `value` around it; negative widths cut off."""
    inner = tuple(
        slice(max(-a, 0), n - max(-b, 0)) for n, a, b in zip(x.shape, before, after, strict=True)
    )
    shape = tuple(n + a + b for n, a, b in zip(x.shape, before, after, strict=True))
    outer = tuple(
        slice(max(a, 0), n - max(b, 0)) for n, a, b in zip(shape, before, after, strict=True)
    )
    if not any(before) and not any(after):
        return xp.asarray(x, copy=True)
    out = xp.full(shape, value, dtype=x.dtype)
    return xp.index_put(out, outer, xp.index_get(x, inner)) if prod(shape) else out
