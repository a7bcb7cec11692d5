"""Convolution by matrix products: windows are the columns of a matrix, a block at a time.

A block fits in the cache, and is all that is needed beyond operands and result. It holds
some rows of one sample's windows, or all windows of several small samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from tensorflowlite_grad.backend.windows import places, window_count

Array = Any
Sizes = tuple[int, ...]

#: How many elements a block may have.
_BLOCK = 1 << 16
#: A sample with fewer windows than this is put together with others.
_MANY = 128


class _Columns:
    """The blocks of the windows of an input (batch, channels, ...).

    Iterating gives pairs of a slice of the samples and one of the windows' first axis.
    """

    def __init__(
        self, shape: Sizes, kernel: Sizes, count: Sizes, geometry: Any, dtype: Any
    ) -> None:
        self.stride, self.padding, self.dilation, self.groups = geometry
        self.batch, self.channels, *size = shape
        self.size, self.kernel, self.count = tuple(size), kernel, count
        batch, channels = self.batch, self.channels
        self.dtype = dtype
        self.inner = channels // self.groups * prod(kernel)
        one = channels * prod(kernel) * prod(self.count)
        few = self.groups == 1 and prod(self.count) < _MANY
        self.samples = max(1, min(batch, _BLOCK // max(one, 1))) if few else 1
        row = one // max(self.count[0], 1)
        self.rows = max(1, min(self.count[0], _BLOCK // max(row, 1)))
        if self.samples > 1:
            self.rows = self.count[0]
        self.direct = prod(kernel) == 1 and max(self.stride) == 1 and not any(self.padding)

    def blocks(self) -> Iterator[tuple[slice, slice]]:
        for n in range(0, self.batch, self.samples):
            for row in range(0, self.count[0], self.rows):
                yield (
                    slice(n, min(n + self.samples, self.batch)),
                    slice(row, min(row + self.rows, self.count[0])),
                )

    def padded(self, x: Array) -> Array:
        """Return some samples with zeros around them."""
        if not any(self.padding):
            return x
        wide = [n + 2 * p for n, p in zip(self.size, self.padding, strict=True)]
        out = np.zeros((*x.shape[:2], *wide), x.dtype)
        inner: Any = tuple(slice(p, p + n) for p, n in zip(self.padding, self.size, strict=True))
        out[(..., *inner)] = x
        return out

    def windows(self, x: Array) -> Array:
        """Return a view of padded samples: (samples, channels, kernel..., windows...)."""
        axes = list(zip(x.strides[2:], self.stride, self.dilation, strict=True))
        strides = (*x.strides[:2], *(s * d for s, _, d in axes), *(s * t for s, t, _ in axes))
        shape = (*x.shape[:2], *self.kernel, *self.count)
        return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)

    def matrices(self, x: Array) -> Iterator[tuple[slice, slice, Array]]:
        """Return blocks of samples with their columns: (groups, inner, windows)."""
        axis = 2 + len(self.kernel)
        padded, view, at = None, None, -1
        for samples, rows in self.blocks():
            if samples.start != at:
                padded, at = self.padded(x[samples]), samples.start
                view = self.windows(padded)
            block: Any = view[(slice(None),) * axis + (rows,)]  # type: ignore[index]
            if self.samples > 1:
                block = block.transpose((*range(1, axis), 0, *range(axis, block.ndim)))
            else:
                block = block[0]
            columns = np.ascontiguousarray(block, dtype=self.dtype)
            yield samples, rows, columns.reshape(self.groups, self.inner, -1)


def _compute_dtype(dtype: Any) -> Any:
    """Return what products are computed in: half precision has none of its own."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _matrix(weight: Array, groups: int, dtype: Any) -> Array:
    """Return a weight as (groups, outputs of a group, inner)."""
    shape = (groups, weight.shape[0] // groups, prod(weight.shape[1:]))
    return np.ascontiguousarray(weight.reshape(shape), dtype=dtype)


def _fill(out: Array, columns: _Columns, samples: slice, rows: slice, value: Array) -> None:
    """Write a block's (groups, outputs of a group, windows) into (batch, outputs, ...)."""
    shape = (out.shape[1], samples.stop - samples.start, rows.stop - rows.start)
    value = value.reshape(*shape, *columns.count[1:])
    out[samples, :, rows] = value.swapaxes(0, 1)


def _cut(g: Array, columns: _Columns, samples: slice, rows: slice, dtype: Any) -> Array:
    """Return a block of (batch, outputs, ...) as (groups, outputs of a group, windows)."""
    part = g[samples, :, rows].swapaxes(0, 1)
    shape = (columns.groups, g.shape[1] // columns.groups, -1)
    return np.ascontiguousarray(part, dtype=dtype).reshape(shape)


def conv(
    x: Array,
    weight: Array,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Array:
    """Return the convolution of (batch, inputs, ...) with (outputs, inputs / groups, ...)."""
    dtype = _compute_dtype(x.dtype)
    geometry = (stride, padding, dilation, groups)
    kernel = weight.shape[2:]
    axes = zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
    count = tuple(window_count(*axis) for axis in axes)
    columns = _Columns(x.shape, kernel, count, geometry, dtype)
    matrix = _matrix(weight, groups, dtype)
    out = np.empty((x.shape[0], weight.shape[0], *columns.count), x.dtype)
    if columns.direct:
        shape = (x.shape[0], groups, x.shape[1] // groups, prod(count))
        flat = np.ascontiguousarray(x, dtype=dtype).reshape(shape)
        if dtype == x.dtype:
            np.matmul(matrix, flat, out=out.reshape(*shape[:2], matrix.shape[1], shape[3]))
        else:
            out[...] = np.matmul(matrix, flat).reshape(out.shape)
        return out
    for samples, rows, block in columns.matrices(x):
        _fill(out, columns, samples, rows, np.matmul(matrix, block))
    return out


def conv_weight(
    x: Array,
    g: Array,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Array:
    """Return the transpose of `conv` in its weight, of the kernel size given."""
    dtype = _compute_dtype(x.dtype)
    geometry = (stride, padding, dilation, groups)
    columns = _Columns(x.shape, kernel, g.shape[2:], geometry, dtype)
    total = np.zeros((groups, g.shape[1] // groups, columns.inner), dtype)
    for samples, rows, block in columns.matrices(x):
        total += np.matmul(_cut(g, columns, samples, rows, dtype), block.mT)
    shape = (g.shape[1], x.shape[1] // groups, *kernel)
    return total.reshape(shape).astype(x.dtype, copy=False)


def conv_transposed(
    g: Array,
    weight: Array,
    size: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Array:
    """Return the transpose of `conv` in its input, of the spatial size given."""
    kernel = weight.shape[2:]
    back = tuple(d * (k - 1) - p for k, p, d in zip(kernel, padding, dilation, strict=True))
    natural = tuple(n + b - p for n, b, p in zip(g.shape[2:], back, padding, strict=True))
    small = g.shape[1] <= 2 * weight.shape[1] * groups  # or its columns would be the larger
    if small and max(stride) == 1 and min(back) >= 0 and natural == tuple(size):
        # Then it is a convolution: of the kernel turned round.
        outputs, inner = weight.shape[:2]
        turned = weight.reshape(groups, outputs // groups, *weight.shape[1:]).swapaxes(1, 2)
        turned = np.flip(turned, axis=tuple(range(3, turned.ndim)))
        turned = turned.reshape(groups * inner, outputs // groups, *kernel)
        return conv(g, turned, stride, back, dilation, groups)
    dtype = _compute_dtype(g.dtype)
    inputs = weight.shape[1] * groups
    geometry = (stride, padding, dilation, groups)
    columns = _Columns((g.shape[0], inputs, *size), kernel, g.shape[2:], geometry, dtype)
    matrix = np.ascontiguousarray(_matrix(weight, groups, dtype).mT)
    out = np.empty((g.shape[0], inputs, *size), g.dtype)
    wide = [n + 2 * p for n, p in zip(size, padding, strict=True)]
    inner = tuple(slice(p, p + n) for p, n in zip(padding, size, strict=True))
    for start in range(0, g.shape[0], columns.samples):
        stop = min(start + columns.samples, g.shape[0])
        block = np.zeros((stop - start, inputs, *wide), dtype)
        _add_samples(block, matrix, g, columns, start)
        out[start:stop] = block[(..., *inner)]
    return out


def _add_samples(block: Array, matrix: Array, g: Array, columns: _Columns, start: int) -> None:
    """Add what some samples of `g` give to their padded inputs."""
    samples = slice(start, start + block.shape[0])
    for row in range(0, columns.count[0], columns.rows):
        rows = slice(row, min(row + columns.rows, columns.count[0]))
        part = _cut(g, columns, samples, rows, block.dtype)
        value = np.matmul(matrix, part)
        count = (rows.stop - rows.start, *columns.count[1:])
        shape = (columns.channels, prod(columns.kernel), block.shape[0], *count)
        value = np.moveaxis(value.reshape(shape), 2, 0)
        step = columns.stride[0]
        target = block[:, :, row * step :]
        geometry = (columns.kernel, columns.stride, columns.dilation, count)
        for k, (_, slices) in enumerate(places(*geometry)):
            target[(..., *slices)] += value[:, :, k]
