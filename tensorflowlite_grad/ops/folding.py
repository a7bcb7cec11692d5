"""Windows as columns, and columns added up where they came from: each other's transpose."""

from __future__ import annotations

from math import prod
from typing import Any

from ..backend.windows import padded, places
from .declare import linear

__all__: list[str] = []

Sizes = tuple[int, ...]


def _columns(xp: Any, x: Any, kernel: Sizes, geometry: Any, count: Sizes) -> Any:
    stride, padding, dilation = geometry
    batch, channels = x.shape[:2]
    if any(padding):
        x = padded(xp, x, tuple((p, p) for p in padding), 0)
    parts = [x[(..., *slices)] for _, slices in places(kernel, stride, dilation, count)]
    return xp.reshape(xp.stack(parts, axis=2), (batch, channels * prod(kernel), prod(count)))


def _added(xp: Any, x: Any, kernel: Sizes, geometry: Any, size: Sizes, count: Sizes) -> Any:
    stride, padding, dilation = geometry
    batch, channels = x.shape[0], x.shape[1] // prod(kernel)
    wide = tuple(n + 2 * p for n, p in zip(size, padding, strict=True))
    out = xp.zeros((batch, channels, *wide), dtype=x.dtype)
    x = xp.reshape(x, (batch, channels, prod(kernel), *count))
    for k, (_, slices) in enumerate(places(kernel, stride, dilation, count)):
        out[(..., *slices)] += x[:, :, k, ...]
    return padded(xp, out, tuple((-p, -p) for p in padding), 0) if any(padding) else out


#: `geometry` is stride, padding and dilation; `size` is the image's, `count` the windows'.
im2col: Any = linear(
    "im2col",
    lambda xp, input, kernel, geometry, size, count: _columns(xp, input, kernel, geometry, count),
    ["kernel", "geometry", "size", "count"],
    node_name="Im2ColBackward0",
    input=lambda xp, g, kernel, geometry, size, count: col2im.on(
        xp, g, kernel, geometry, size, count
    ),
)
col2im: Any = linear(
    "col2im",
    lambda xp, input, kernel, geometry, size, count: _added(
        xp, input, kernel, geometry, size, count
    ),
    ["kernel", "geometry", "size", "count"],
    node_name="Col2ImBackward0",
    input=lambda xp, g, kernel, geometry, size, count: im2col.on(
        xp, g, kernel, geometry, size, count
    ),
)
