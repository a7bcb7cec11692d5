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
    shape = (g.shape[0], weight.shape[1] * groups, *size)
    return _gradient(xp, g, _blank(g, shape), weight, (stride, padding, dilation, groups), 0)


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
    shape = (g.shape[1], x.shape[1] // groups, *kernel)
    return _gradient(xp, g, x, _blank(g, shape), (stride, padding, dilation, groups), 1)


def _blank(like: Any, shape: Sizes) -> Any:
    """Return an array of a shape whose elements do not matter, without its memory."""
    return torch.empty((1,) * len(shape), dtype=like.dtype, device=like.device).expand(shape)


def _gradient(xp: Any, g: Any, x: Any, weight: Any, geometry: Any, wanted: int) -> Any:
    stride, padding, dilation, groups = geometry
    if not (g.is_floating_point() and g.numel()):
        if wanted:
            kernel = tuple(weight.shape[2:])
            return windows.conv_weight(xp, x, g, kernel, *geometry)
        return windows.conv_transposed(xp, g, weight, tuple(x.shape[2:]), *geometry)
    zeros = [0] * len(stride)
    mask = [wanted == 0, wanted == 1, False]
    return _aten.convolution_backward(
        g, x, weight, None, stride, padding, dilation, False, zeros, groups, mask
    )[wanted]


#: By the names of `fallbacks.EXTRAS`; each takes the namespace first.
FUNCTIONS = {"conv": conv, "conv_transposed": conv_transposed, "conv_weight": conv_weight}
