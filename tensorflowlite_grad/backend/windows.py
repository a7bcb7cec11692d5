"""Windows that slide over the last axes of an array: convolution and pooling, generic forms.

All loop over the places of one window, never over elements, and sum what the others give
for that place: a strided slice of the padded input. No buffer holds every window at once.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

__all__ = [
    "EXTRAS",
    "conv",
    "conv_transposed",
    "conv_weight",
    "lowest",
    "max_pool",
    "padded",
    "places",
    "positions",
    "ranges",
    "reach",
    "window_count",
]

Array = Any
Sizes = tuple[int, ...]


def reach(kernel: int, dilation: int) -> int:
    """Return over how many elements a window stretches."""
    return dilation * (kernel - 1) + 1


def window_count(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """Return how many windows fit along an axis; not positive if none does."""
    return (size + 2 * padding - reach(kernel, dilation)) // stride + 1


def places(kernel: Sizes, stride: Sizes, dilation: Sizes, count: Sizes) -> Any:
    """Return, for each place in a window, that and the slices of all windows there."""
    for place in product(*map(range, kernel)):
        yield (
            place,
            tuple(
                slice(k * d, k * d + s * (n - 1) + 1, s)
                for k, d, s, n in zip(place, dilation, stride, count, strict=True)
            ),
        )


def padded(xp: Any, x: Array, pads: tuple[tuple[int, int], ...], value: Any) -> Array:
    """Return a copy with its last axes padded by (before, after); negative pads crop."""
    lead = x.ndim - len(pads)
    shape, source, target = list(x.shape), [slice(None)] * lead, [slice(None)] * lead
    for k, (before, after) in enumerate(pads, lead):
        n = x.shape[k]
        shape[k] = n + before + after
        source.append(slice(max(-before, 0), n - max(-after, 0)))
        target.append(slice(max(before, 0), max(before, 0) + n + min(before, 0) + min(after, 0)))
    if all(low <= 0 and high <= 0 for low, high in pads):
        return xp.asarray(x[tuple(source)], copy=True)
    out = xp.full(tuple(shape), value, dtype=x.dtype)
    if prod(shape):
        out[tuple(target)] = x[tuple(source)]
    return out


def _zero_padded(xp: Any, x: Array, padding: Sizes) -> Array:
    return padded(xp, x, tuple((p, p) for p in padding), 0) if any(padding) else x


def _grouped(xp: Any, weight: Array, groups: int) -> Array:
    """Return a weight as (groups, outputs of a group, inputs of a group, places)."""
    out, inner, *kernel = weight.shape
    return xp.reshape(weight, (groups, out // groups, inner, prod(kernel)))


def conv(
    xp: Any,
    x: Array,
    weight: Array,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Array:
    """Return the convolution of (batch, inputs, ...) with (outputs, inputs / groups, ...)."""
    kernel = tuple(weight.shape[2:])
    geometry = zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
    count = tuple(window_count(*axis) for axis in geometry)
    batch, inputs = x.shape[:2]
    outputs = weight.shape[0]
    matrices = _grouped(xp, weight, groups)
    x = _zero_padded(xp, x, padding)
    total = None
    for k, (_, slices) in enumerate(places(kernel, stride, dilation, count)):
        part = xp.reshape(x[(..., *slices)], (batch, groups, inputs // groups, prod(count)))
        term = xp.matmul(matrices[:, :, :, k], part)
        total = term if total is None else total + term
    return xp.reshape(total, (batch, outputs, *count))


def conv_transposed(
    xp: Any,
    g: Array,
    weight: Array,
    size: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Array:
    """Return the transpose of `conv` in its input, of the spatial size given."""
    kernel = tuple(weight.shape[2:])
    batch, outputs, *count = g.shape
    inputs = weight.shape[1] * groups
    matrices = _grouped(xp, weight, groups)
    wide = tuple(n + 2 * p for n, p in zip(size, padding, strict=True))
    out = xp.zeros((batch, inputs, *wide), dtype=g.dtype)
    g = xp.reshape(g, (batch, groups, outputs // groups, prod(count)))
    if prod(g.shape):
        for k, (_, slices) in enumerate(places(kernel, stride, dilation, tuple(count))):
            part = xp.matmul(xp.matrix_transpose(matrices[:, :, :, k]), g)
            out[(..., *slices)] += xp.reshape(part, (batch, inputs, *count))
    if not any(padding):
        return out
    crop = tuple(slice(p, p + n) for p, n in zip(padding, size, strict=True))
    return xp.asarray(out[(..., *crop)], copy=True)


def conv_weight(
    xp: Any,
    x: Array,
    g: Array,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Array:
    """Return the transpose of `conv` in its weight, of the kernel size given."""
    batch, outputs, *count = g.shape
    inputs = x.shape[1]
    x = _zero_padded(xp, x, padding)
    g = xp.reshape(g, (batch, groups, outputs // groups, prod(count)))
    g = xp.reshape(xp.permute_dims(g, (1, 2, 0, 3)), (groups, outputs // groups, -1))
    parts = []
    for _, slices in places(kernel, stride, dilation, tuple(count)):
        part = xp.reshape(x[(..., *slices)], (batch, groups, inputs // groups, prod(count)))
        part = xp.permute_dims(part, (1, 0, 3, 2))
        parts.append(xp.matmul(g, xp.reshape(part, (groups, -1, inputs // groups))))
    return xp.reshape(xp.stack(parts, axis=-1), (outputs, inputs // groups, *kernel))


# -- pooling --------------------------------------------------------------------------------


def ranges(place: Sizes, size: Sizes, geometry: Any, count: Sizes) -> Any:
    """Return which windows have this place inside the input, and where: a slice of each."""
    _, stride, padding, dilation = geometry
    windows, inside = [], []
    for axis, k in enumerate(place):
        start = k * dilation[axis] - padding[axis]
        s = stride[axis]
        first = max(-(start // s), 0)
        stop = min((size[axis] - 1 - start) // s + 1, count[axis])
        if stop <= first:
            return None
        windows.append(slice(first, stop))
        begin = start + first * s
        inside.append(slice(begin, begin + (stop - first - 1) * s + 1, s))
    return tuple(windows), tuple(inside)


def positions(xp: Any, starts: list[list[int]], size: Sizes) -> Array:
    """Return the flat positions, in axes of these sizes, of a grid given axis by axis."""
    total: Any = None
    for axis, start in enumerate(starts):
        step = prod(size[axis + 1 :])
        shape = (-1,) + (1,) * (len(size) - axis - 1)
        part = xp.reshape(xp.asarray([n * step for n in start], dtype=xp.int64), shape)
        total = part if total is None else total + part
    return total


def first_inside(xp: Any, size: Sizes, geometry: Any, count: Sizes) -> Array:
    """Return the flat position of the first place of each window that lies in the input."""
    starts = []
    for axis, n in enumerate(count):
        _, s, p, d = (part[axis] for part in geometry)
        row = []
        for k in range(n):
            start = k * s - p
            # A window with nothing inside has to be somewhere.
            row.append(min(start + d * -(start // d) if start < 0 else start, size[axis] - 1))
        starts.append(row)
    return positions(xp, starts, size)


def lowest(xp: Any, x: Array) -> Any:
    """Return what no element is less than."""
    if xp.isdtype(x.dtype, "integral"):
        return xp.iinfo(x.dtype).min
    return False if xp.isdtype(x.dtype, "bool") else -float("inf")


def max_pool(
    xp: Any,
    x: Array,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    count: Sizes,
) -> tuple[Array, Array]:
    """Return the greatest of each window of the last axes, and its flat position.

    The first of equals; a NaN is greater than anything, and later ones than earlier.
    """
    geometry = (kernel, stride, padding, dilation)
    size = tuple(x.shape[x.ndim - len(kernel) :])
    shape = (*x.shape[: x.ndim - len(kernel)], *count)
    best = xp.full(shape, lowest(xp, x), dtype=x.dtype)
    found = xp.asarray(xp.broadcast_to(first_inside(xp, size, geometry, count), shape), copy=True)
    for place in product(*map(range, kernel)):
        spans = ranges(place, size, geometry, count)
        if spans is None:
            continue
        windows, inside = spans
        here = (..., *windows)
        candidate, current = x[(..., *inside)], best[here]
        better = (candidate > current) | (candidate != candidate)
        rows = [list(range(s.start, s.stop, s.step)) for s in inside]
        place_here = xp.broadcast_to(positions(xp, rows, size), candidate.shape)
        best[here] = xp.where(better, candidate, current)
        found[here] = xp.where(better, place_here, found[here])
    return best, found


#: The functions of this file, as `fallbacks.EXTRAS` has them.
EXTRAS = {
    "conv": conv,
    "conv_transposed": conv_transposed,
    "conv_weight": conv_weight,
    "max_pool": max_pool,
}
