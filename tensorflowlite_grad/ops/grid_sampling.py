"""Images sampled at points of a grid, differentiable in both.

Along each axis a sample has a few taps: positions, whether these are inside, weights, and
the weights' slopes. All follow from the grid, so that only the operands are saved.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any, NamedTuple

from .declare import general, nondifferentiable
from .pooling import pick, spread

__all__: list[str] = []

#: The sharpness of cubic convolution, as PyTorch has it.
_A = -0.75


class _Tap(NamedTuple):
    position: Any  # whole numbers, as floating point
    size: int
    weight: Any  # None for ones
    slope: Any  # of the weight, by the grid's coordinate; None for zeros


#: Whole numbers as integers, made safe where they are outside or NaN.
cell = nondifferentiable(
    "grid_cell",
    lambda xp, input, size: xp.astype(
        xp.where((input >= 0) & (input <= size - 1), input, xp.zeros_like(input)),
        xp.int64,
    ),
    ["input"],
    ["size"],
    elementwise=False,
)


def _placed(xp: Any, u: Any, n: int, padding: str, align: bool) -> tuple[Any, Any]:
    """Return where in an axis of size `n` a coordinate of [-1, 1] is, and how fast it moves."""
    x = (u + 1) / 2 * (n - 1) if align else ((u + 1) * n - 1) / 2
    slope = xp.ones_like(x) * ((n - 1) / 2 if align else n / 2)
    return _bounded(xp, x, slope, n, padding, align)


def _bounded(xp: Any, x: Any, slope: Any, n: int, padding: str, align: bool) -> tuple[Any, Any]:
    if padding == "zeros":
        return x, slope
    if padding == "reflection":
        x, slope = _reflected(xp, x, slope, n, align)
    zeros = xp.zeros_like(x)
    inside = (x > 0) & (x < n - 1)
    edge = xp.where(x >= n - 1, zeros + (n - 1), zeros)
    return xp.where(inside, x, edge), xp.where(inside, slope, zeros)


def _reflected(xp: Any, x: Any, slope: Any, n: int, align: bool) -> tuple[Any, Any]:
    low, span = (0.0, float(n - 1)) if align else (-0.5, float(n))
    if span == 0:
        return xp.zeros_like(x), xp.zeros_like(slope)
    x = x - low
    slope = xp.where(x < 0, -slope, slope)
    x = xp.where(x < 0, -x, x)
    turns = xp.floor(x / span)
    x = x - turns * span
    back = turns - 2 * xp.floor(turns / 2) > 0.5
    return xp.where(back, span - x, x) + low, xp.where(back, -slope, slope)


def _taps(xp: Any, u: Any, n: int, options: Any) -> list[_Tap]:
    """Return the taps of a coordinate along an axis of size `n`."""
    mode, padding, align = options
    if mode == "bicubic":
        x, slope = _placed(xp, u, n, "zeros", align)
        first = xp.floor(x)
        t = x - first
        taps = []
        for k, (weight, rise) in enumerate(_cubic(t), -1):
            place, _ = _bounded(xp, first + k, slope, n, padding, align)
            taps.append(_Tap(place, n, weight, rise * slope))
        return taps
    x, slope = _placed(xp, u, n, padding, align)
    if mode == "nearest":
        return [_Tap(xp.round(x), n, None, None)]
    first = xp.floor(x)
    t = x - first
    return [_Tap(first, n, 1 - t, -slope), _Tap(first + 1, n, t, slope)]


def _cubic(t: Any) -> list[tuple[Any, Any]]:
    """Return the weights of four neighbours, and their slopes."""
    out = []
    for x, sign, near in ((t + 1, 1, False), (t, 1, True), (1 - t, -1, True), (2 - t, -1, False)):
        if near:
            weight = ((_A + 2) * x - (_A + 3)) * x * x + 1
            rise = (3 * (_A + 2) * x - 2 * (_A + 3)) * x
        else:
            weight = ((_A * x - 5 * _A) * x + 8 * _A) * x - 4 * _A
            rise = (3 * _A * x - 10 * _A) * x + 8 * _A
        out.append((weight, rise * sign))
    return out


def _corners(xp: Any, input_shape: Any, grid: Any, options: Any) -> Any:
    """Yield for each combination of taps the flat positions, the inside, and the taps."""
    size = tuple(input_shape[2:])
    ndim = len(size)
    axes = [_taps(xp, grid[..., ndim - 1 - k], n, options) for k, n in enumerate(size)]
    for taps in product(*axes):
        inside, flat = None, None
        for k, tap in enumerate(taps):
            here = (tap.position >= 0) & (tap.position <= tap.size - 1)
            inside = here if inside is None else inside & here
            part = cell.on(xp, tap.position, tap.size) * prod(size[k + 1 :])
            flat = part if flat is None else flat + part
        yield xp.expand_dims(flat, axis=1), inside, taps


def _weight(xp: Any, inside: Any, taps: Any, by: int | None = None) -> Any:
    """Return the weight of a corner, or its slope by one axis; zero outside."""
    out = None
    for k, tap in enumerate(taps):
        factor = tap.slope if k == by else tap.weight
        if factor is not None:
            out = factor if out is None else out * factor
    if out is None:
        out = xp.ones_like(taps[0].position)
    return xp.where(inside, out, xp.zeros_like(out))


#: More results than this are computed for a part of the batch at a time.
_PART = 1 << 18


def _by_parts(xp: Any, rule: Any, count: int, *operands: Any) -> Any:
    """Return what `rule` makes of operands with a batch, of so many elements, in parts."""
    batch = operands[0].shape[0]
    step = max(_PART * batch // max(count, 1), 1)
    if step >= batch:
        return rule(*operands)
    starts = range(0, batch, step)
    return xp.concat([rule(*(x[k : k + step, ...] for x in operands)) for k in starts], axis=0)


def _count(input_shape: Any, grid_shape: Any) -> int:
    total: int = prod(input_shape[:2]) * max(prod(grid_shape[1:-1]), prod(input_shape[2:]))
    return total


def _sampled(xp: Any, input: Any, grid: Any, options: Any) -> Any:
    return _by_parts(
        xp,
        lambda x, u: _sampled_part(xp, x, u, options),
        _count(input.shape, grid.shape),
        input,
        grid,
    )


def _sampled_part(xp: Any, input: Any, grid: Any, options: Any) -> Any:
    ndim = input.ndim - 2
    out = None
    for index, inside, taps in _corners(xp, input.shape, grid, options):
        value = pick.on(xp, input, index, ndim)
        part = value * xp.expand_dims(_weight(xp, inside, taps), axis=1)
        if taps[0].weight is None:
            part = xp.where(xp.expand_dims(inside, axis=1), value, xp.zeros_like(value))
        out = part if out is None else out + part
    return out


def _by_input(xp: Any, g: Any, grid: Any, input_shape: Any, options: Any) -> Any:
    return _by_parts(
        xp,
        lambda g, u: _by_input_part(xp, g, u, input_shape, options),
        _count(input_shape, grid.shape),
        g,
        grid,
    )


def _by_input_part(xp: Any, g: Any, grid: Any, input_shape: Any, options: Any) -> Any:
    out = None
    for index, inside, taps in _corners(xp, input_shape, grid, options):
        weighted = g * xp.expand_dims(_weight(xp, inside, taps), axis=1)
        part = spread.on(xp, weighted, index, tuple(input_shape[2:]))
        out = part if out is None else out + part
    return out


def _by_grid(xp: Any, g: Any, input: Any, grid: Any, options: Any) -> Any:
    """Return the gradient of the grid: what corners differ by, along each axis."""
    return _by_parts(
        xp,
        lambda g, x, u: _by_grid_part(xp, g, x, u, options),
        _count(input.shape, grid.shape),
        g,
        input,
        grid,
    )


def _by_grid_part(xp: Any, g: Any, input: Any, grid: Any, options: Any) -> Any:
    ndim = input.ndim - 2
    if options[0] == "nearest":  # zeros, that still follow from the cotangent
        total = xp.expand_dims(xp.sum(g, axis=1), axis=-1)
        none = xp.zeros_like(grid)
        return xp.where(none > 0, total, none)
    totals: list[Any] = [None] * ndim
    for index, inside, taps in _corners(xp, input.shape, grid, options):
        share = xp.sum(g * pick.on(xp, input, index, ndim), axis=1)
        for k in range(ndim):
            part = share * _weight(xp, inside, taps, k)
            totals[k] = part if totals[k] is None else totals[k] + part
    return xp.stack(totals[::-1], axis=-1)


def _tangent(xp: Any, input: Any, grid: Any, input_dot: Any, grid_dot: Any, options: Any) -> Any:
    ndim = input.ndim - 2
    out = None if input_dot is None else _sampled(xp, input_dot, grid, options)
    if grid_dot is None:
        return out
    if options[0] == "nearest":
        return xp.zeros_like(_sampled(xp, input, grid, options)) if out is None else out
    for index, inside, taps in _corners(xp, input.shape, grid, options):
        value = pick.on(xp, input, index, ndim)
        for k in range(ndim):
            rate = _weight(xp, inside, taps, k) * grid_dot[..., ndim - 1 - k]
            part = value * xp.expand_dims(rate, axis=1)
            out = part if out is None else out + part
    return out


#: `options` are mode, padding mode and align_corners.
grid_sampler = general(
    "grid_sampler",
    lambda xp, input, grid, options: _sampled(xp, input, grid, options),
    ["options"],
    node_name="GridSamplerBackward0",
    jvp=lambda xp, input, grid, input_dot, grid_dot, options: _tangent(
        xp, input, grid, input_dot, grid_dot, options
    ),
    input=lambda xp, g, grid, input_shape, options: _by_input(xp, g, grid, input_shape, options),
    grid=lambda xp, g, input, grid, options: _by_grid(xp, g, input, grid, options),
)
