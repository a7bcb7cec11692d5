"""Discrete Fourier transforms, and the frames that short-time transforms are made of.

Transforms are complex to complex, real to half a spectrum, and back. `norm` is the standard's:
``"backward"``, ``"ortho"`` or ``"forward"``, the direction that divides by the length. The
adjoint of a transform is the transform the other way, of the other norm; half a spectrum
stands for a whole one, so that all of it but its real ends counts twice.
"""

from __future__ import annotations

from typing import Any

from .declare import linear

__all__ = ["OTHER", "c2c", "c2r", "frames", "overlap", "r2c"]

Axes = tuple[int, ...]

#: The norm under which the inverse transform is the adjoint.
OTHER = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _weighted(xp: Any, x: Any, axis: int, n: int, weight: float) -> Any:
    """Return half a spectrum with a weight on all but its ends, which have no mirror image."""
    last = (n + 1) // 2
    if last <= 1:
        return x
    lead = (slice(None),) * axis
    parts = [x[(*lead, slice(0, 1), ...)], x[(*lead, slice(1, last), ...)] * weight]
    if x.shape[axis] > last:
        parts.append(x[(*lead, slice(last, None), ...)])
    return xp.concat(parts, axis=axis)


c2c = linear(
    "fft_c2c",
    lambda xp, input, axes, norm, inverse: xp.fft_c2c(input, axes, norm, inverse),
    ["axes", "norm", "inverse"],
    node_name="FftC2CBackward0",
    input=lambda xp, g, axes, norm, inverse: xp.fft_c2c(g, axes, OTHER[norm], not inverse),
)
r2c = linear(
    "fft_r2c",
    lambda xp, input, axes, norm: xp.fft_r2c(input, axes, norm),
    ["axes", "norm"],
    node_name="FftR2CBackward0",
    input=lambda xp, g, input_shape, axes, norm: xp.fft_c2r(
        _weighted(xp, g, axes[-1], input_shape[axes[-1]], 0.5),
        axes,
        OTHER[norm],
        input_shape[axes[-1]],
    ),
)
c2r = linear(
    "fft_c2r",
    lambda xp, input, axes, norm, size: xp.fft_c2r(input, axes, norm, size),
    ["axes", "norm", "size"],
    node_name="FftC2RBackward0",
    input=lambda xp, g, axes, norm, size: _weighted(
        xp, xp.fft_r2c(g, axes, OTHER[norm]), axes[-1], size, 2.0
    ),
)


def _frames(xp: Any, x: Any, size: int, step: int) -> Any:
    """Return the stretches of `size` along the last axis that begin every `step`, as rows."""
    count = (x.shape[-1] - size) // step + 1
    lead = tuple(x.shape[:-1])
    blocks = -(-size // step)
    parts = []
    for k in range(blocks):  # the k-th block of every frame lies k steps further on
        width = min(step, size - k * step)
        stop = k * step + (count - 1) * step + width
        piece = x[..., k * step : stop]
        if width < step or piece.shape[-1] < count * step:
            fill = xp.zeros_like(_repeated(xp, x[..., :1], count * step - piece.shape[-1]))
            piece = xp.concat([piece, fill], axis=-1)
        parts.append(xp.reshape(piece, (*lead, count, step))[..., :width])
    return xp.concat(parts, axis=-1) if len(parts) > 1 else xp.asarray(parts[0], copy=True)


def _repeated(xp: Any, column: Any, count: int) -> Any:
    return xp.broadcast_to(column, (*tuple(column.shape[:-1]), count))


def _overlap(xp: Any, x: Any, length: int, step: int) -> Any:
    """Return rows added up where `_frames` takes them from, in a last axis of `length`."""
    *lead, count, size = x.shape
    lead = tuple(lead)
    total = None
    for k in range(-(-size // step)):
        width = min(step, size - k * step)
        block = x[..., k * step : k * step + width]
        if width < step:
            pad = xp.zeros_like(_repeated(xp, x[..., :1], step - width))
            block = xp.concat([block, pad], axis=-1)
        row = xp.reshape(block, (*lead, count * step))
        # Beyond the length there is padding alone.
        row = row[..., : min(max(length - k * step, 0), count * step)]
        index = ((slice(None),) * len(lead)) + (slice(k * step, k * step + row.shape[-1]),)
        row = xp.index_embed(row, (*lead, length), index)
        total = row if total is None else total + row
    return total


frames = linear(
    "frames",
    lambda xp, input, size, step: _frames(xp, input, size, step),
    ["size", "step"],
    node_name="UnfoldBackward0",
    input=lambda xp, g, input_shape, size, step: _overlap(xp, g, input_shape[-1], step),
)
overlap = linear(
    "overlap_add",
    lambda xp, input, length, step: _overlap(xp, input, length, step),
    ["length", "step"],
    node_name="UnfoldBackwardBackward0",
    input=lambda xp, g, input_shape, step: _frames(
        xp, g[..., : (input_shape[-2] - 1) * step + input_shape[-1]], input_shape[-1], step
    ),
)
