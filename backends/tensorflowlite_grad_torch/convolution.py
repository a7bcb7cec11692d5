"""PyTorch's own convolution and its two transposes, on plain arrays."""

from __future__ import annotations

from typing import Any

import torch

from tensorflowlite_grad.backend import windows

Sizes = tuple[int, ...]

_aten: Any = torch.ops.aten


def conv(
    xp: Any, x: Any, weight: Any, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Any:
    """Return the convolution of (batch, inputs, ...) with (outputs, inputs / groups, ...)."""
    if x.is_complex() or not x.numel():
        return windows.conv(xp, x, weight, stride, padding, dilation, groups)
    zeros = [0] * len(stride)
    return _aten.convolution(x, weight, None, stride, padding, dilation, False, zeros, groups)


def conv_transposed(
    xp: Any,
    g: Any,
    weight: Any,
    size: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Any:
    """Return the transpose of `conv` in its input, of the spatial size given."""
    if g.is_complex() or not g.numel():
        return windows.conv_transposed(xp, g, weight, size, stride, padding, dilation, groups)
    axes = zip(size, g.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
    more = [n - ((m - 1) * s - 2 * p + d * (k - 1) + 1) for n, m, k, s, p, d in axes]
    return _aten.convolution(g, weight, None, stride, padding, dilation, True, more, groups)


def conv_weight(
    xp: Any,
    x: Any,
    g: Any,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Any:
    """Return the transpose of `conv` in its weight, of the kernel size given."""
    axes = zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
    count = tuple(windows.window_count(*axis) for axis in axes)
    if not (g.is_floating_point() and g.numel()) or count != tuple(g.shape[2:]):
        return windows.conv_weight(xp, x, g, kernel, stride, padding, dilation, groups)
    shape = (g.shape[1], x.shape[1] // groups, *kernel)
    # A weight whose elements do not matter, without its memory.
    blank = torch.empty((1,) * len(shape), dtype=g.dtype, device=g.device).expand(shape)
    zeros = [0] * len(stride)
    mask = [False, True, False]
    return _aten.convolution_backward(
        g, x, blank, None, stride, padding, dilation, False, zeros, groups, mask
    )[1]


#: By the names of `fallbacks.EXTRAS`; each takes the namespace first.
FUNCTIONS: dict[str, Any] = {
    "conv": conv,
    "conv_transposed": conv_transposed,
    "conv_weight": conv_weight,
}
