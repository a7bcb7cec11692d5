"""Max pooling: which elements win, and the linear maps that pick them and spread back.

Positions are flat, in the last `ndim` axes of the input: all that is saved. One channel of
them may stand for all.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

from ..backend.windows import lowest, positions
from .declare import general, linear, nondifferentiable
from .several import several

__all__: list[str] = []

Sizes = tuple[int, ...]


def _flat(xp: Any, indices: Any, ndim: int, size: int) -> Any:
    """Return positions in the whole array, flat, for those in its last axes."""
    lead = tuple(indices.shape[: indices.ndim - ndim])
    rows = xp.reshape(indices, (prod(lead), prod(indices.shape[len(lead) :])))
    start = xp.arange(prod(lead), dtype=rows.dtype) * size
    return xp.reshape(rows + start[:, None], (-1,))


def _picked(xp: Any, x: Any, indices: Any, ndim: int) -> Any:
    lead, size = tuple(x.shape[: x.ndim - ndim]), prod(x.shape[x.ndim - ndim :])
    count = tuple(indices.shape[indices.ndim - ndim :])
    if not prod((*lead, *count)):
        return xp.zeros((*lead, *count), dtype=x.dtype)
    if len(lead) == 2 and indices.shape[1] != lead[1]:  # the same of every channel
        batch, channels = lead
        rows = xp.reshape(xp.permute_dims(xp.reshape(x, (*lead, size)), (1, 0, 2)), (channels, -1))
        rows = xp.take(rows, _flat(xp, indices, ndim, size), axis=1)
        rows = xp.permute_dims(xp.reshape(rows, (channels, batch, -1)), (1, 0, 2))
        return xp.reshape(rows, (*lead, *count))
    flat = _flat(xp, indices, ndim, prod(x.shape[x.ndim - ndim :]))
    return xp.reshape(xp.take(xp.reshape(x, (-1,)), flat, axis=0), tuple(indices.shape))


#: More elements than this are spread in parts: positions take as much memory as they do.
_PART = 1 << 16


def _spread(xp: Any, g: Any, indices: Any, size: Sizes, add: bool) -> Any:
    ndim = len(size)
    shape = (*g.shape[: g.ndim - ndim], *size)
    if not prod(indices.shape):
        return xp.zeros(shape, dtype=g.dtype)
    if indices.shape != g.shape:
        indices = xp.broadcast_to(indices, g.shape)
    count = tuple(g.shape[g.ndim - ndim :])
    rows = prod(shape[: len(shape) - ndim])
    g = xp.reshape(g, (rows, *count))
    indices = xp.reshape(indices, (rows, *count))
    step = max(_PART // prod(count), 1)
    if step >= rows:
        return xp.reshape(_spread_part(xp, g, indices, size, add), shape)
    out = xp.zeros((rows, prod(size)), dtype=g.dtype)
    for start in range(0, rows, step):
        here = slice(start, start + step)
        part = _spread_part(xp, g[here, ...], indices[here, ...], size, add)
        out[here, :] = xp.reshape(part, (-1, prod(size)))
    return xp.reshape(out, shape)


def _spread_part(xp: Any, g: Any, indices: Any, size: Sizes, add: bool) -> Any:
    shape = (g.shape[0] * prod(size),)
    index = (_flat(xp, indices, len(size), prod(size)),)
    values = xp.reshape(g, (-1,))
    if add:
        return xp.index_embed(values, shape, index)
    return xp.index_put(xp.zeros(shape, dtype=g.dtype), index, values)


pick: Any = linear(
    "pool_pick",
    lambda xp, input, indices, ndim: _picked(xp, input, indices, ndim),
    ["ndim"],
    operands=["input", "indices"],
    node_name="MaxPoolBackward0",
    input=lambda xp, g, indices, input_shape, ndim: spread.on(
        xp, g, indices, tuple(input_shape[len(input_shape) - ndim :])
    ),
)
spread: Any = linear(
    "pool_spread",
    lambda xp, input, indices, size: _spread(xp, input, indices, size, True),
    ["size"],
    operands=["input", "indices"],
    node_name="MaxPoolBackwardBackward0",
    input=lambda xp, g, indices, size: pick.on(xp, g, indices, len(size)),
)
#: As `spread`, but what comes to one place twice is written, not added.
unpool = linear(
    "max_unpool",
    lambda xp, input, indices, size: _spread(xp, input, indices, size, False),
    ["size"],
    operands=["input", "indices"],
    node_name="MaxUnpoolBackward0",
    input=lambda xp, g, indices, size: pick.on(xp, g, indices, len(size)),
)
#: `spread` as a function of the input too, whose values it does not depend on.
max_pool_backward = general(
    "max_pool_backward",
    lambda xp, grad_output, input, indices, size: _spread(xp, grad_output, indices, size, True),
    ["size"],
    operands=["grad_output", "input", "indices"],
    node_name="MaxPoolBackwardBackward0",
    jvp=lambda xp, grad_output_dot, indices, out, size: (
        xp.zeros_like(out)
        if grad_output_dot is None
        else spread.on(xp, grad_output_dot, indices, size)
    ),
    grad_output=lambda xp, g, indices, size: pick.on(xp, g, indices, len(size)),
    input=lambda xp, g: xp.zeros_like(g),
)
max_pool = several(
    "max_pool",
    lambda xp, input, kernel, stride, padding, dilation, count: xp.max_pool(
        input, kernel, stride, padding, dilation, count
    ),
    ("output", "indices"),
    ["kernel", "stride", "padding", "dilation", "count"],
    constant=("indices",),
    node_name="MaxPoolWithIndicesBackward0",
    jvp=lambda xp, input_dot, indices, kernel: pick.on(xp, input_dot, indices, len(kernel)),
    input=lambda xp, g_output, indices, input_shape, kernel: spread.on(
        xp, g_output, indices, tuple(input_shape[len(input_shape) - len(kernel) :])
    ),
)


def _adaptive(xp: Any, x: Any, bounds: Any) -> Any:
    """Return where the greatest is of windows given by (start, stop) along each axis."""
    ndim = len(bounds)
    size = tuple(x.shape[x.ndim - ndim :])
    count = tuple(len(axis) for axis in bounds)
    widths = tuple(max((stop - start for start, stop in axis), default=0) for axis in bounds)
    if not prod(x.shape) or not prod(count):
        return xp.zeros((*x.shape[: x.ndim - ndim], *count), dtype=xp.int64)
    if prod(widths) > 16 and all(
        [start for start, _ in axis] == list(range(0, n, width)) and width * len(axis) == n
        for axis, n, width in zip(bounds, size, widths, strict=True)
    ):
        return _adaptive_blocks(xp, x, size, count, widths)
    best = found = None
    for place in product(*map(range, widths)):
        rows = [
            [min(start + k, stop - 1) for start, stop in axis]
            for k, axis in zip(place, bounds, strict=True)
        ]
        value = x
        for axis, row in enumerate(rows, -ndim):
            value = xp.take(value, xp.asarray(row, dtype=xp.int64), axis=value.ndim + axis)
        here = xp.broadcast_to(positions(xp, rows, size), value.shape)
        if best is None:
            best, found = value, here
            continue
        better = (value > best) | (value != value)
        best, found = xp.where(better, value, best), xp.where(better, here, found)
    return xp.asarray(found, copy=True)


def _adaptive_blocks(xp: Any, x: Any, size: Sizes, count: Sizes, widths: Sizes) -> Any:
    """As `_adaptive`, for windows side by side: a search along one axis for each."""
    ndim = len(size)
    lead = tuple(x.shape[: x.ndim - ndim])
    split = tuple(n for pair in zip(count, widths, strict=True) for n in pair)
    blocks = xp.reshape(x, (*lead, *split))
    first = len(lead)
    outer = tuple(range(first, first + 2 * ndim, 2))
    inner = tuple(range(first + 1, first + 2 * ndim, 2))
    blocks = xp.permute_dims(blocks, (*range(first), *outer, *inner))
    flat = xp.reshape(blocks, (*lead, *count, prod(widths)))
    winner = xp.argmax(flat, axis=-1)
    corners = positions(
        xp, [[k * w for k in range(n)] for n, w in zip(count, widths, strict=True)], size
    )
    inside = xp.reshape(positions(xp, [list(range(w)) for w in widths], size), (-1,))
    offset = xp.take(inside, xp.reshape(winner, (-1,)), axis=0)
    return xp.reshape(offset, tuple(winner.shape)) + corners


#: `bounds` are, for each axis, the (start, stop) of its windows.
adaptive_max = nondifferentiable(
    "adaptive_max_indices",
    lambda xp, input, bounds: _adaptive(xp, input, bounds),
    ["input"],
    ["bounds"],
    elementwise=False,
)


def _fractional(xp: Any, x: Any, samples: Any, kernel: Sizes, count: Sizes) -> Any:
    """Return where the greatest is of windows at random places: Graham, arXiv:1412.6071.

    `samples` are, for each image, channel and axis, a number of [0, 1).
    """
    ndim = len(kernel)
    batch, channels, *size = x.shape
    if not prod(x.shape):
        return xp.zeros((batch, channels, *count), dtype=xp.int64)
    starts = []
    for axis in range(ndim):
        n, k, out = size[axis], kernel[axis], count[axis]
        u = samples[:, :, axis : axis + 1]
        last = xp.full((batch, channels, 1), n - k, dtype=xp.int64)
        if out > 1:
            alpha = (n - k) / (out - 1)
            ramp = xp.reshape(xp.arange(out - 1, dtype=samples.dtype), (1, 1, -1))
            begin = xp.astype(xp.floor((ramp + u) * alpha), xp.int64)
            begin = begin - xp.astype(xp.floor(u * alpha), xp.int64)
            last = xp.concat([begin, last], axis=-1)
        shape = (batch, channels, *((1,) * axis), out, *((1,) * (ndim - axis - 1)))
        starts.append(xp.reshape(last, shape) * prod(size[axis + 1 :]))
    corner = starts[0]
    for part in starts[1:]:
        corner = corner + part
    best = xp.full(tuple(corner.shape), lowest(xp, x), dtype=x.dtype)
    found = corner
    for place in product(*map(range, kernel)):
        here = corner + sum(k * prod(size[a + 1 :]) for a, k in enumerate(place))
        value = _picked(xp, x, here, ndim)
        better = (value > best) | (value != value)
        best, found = xp.where(better, value, best), xp.where(better, here, found)
    return found


fractional_max = nondifferentiable(
    "fractional_max_indices",
    lambda xp, input, samples, kernel, count: _fractional(xp, input, samples, kernel, count),
    ["input", "samples"],
    ["kernel", "count"],
    elementwise=False,
)
