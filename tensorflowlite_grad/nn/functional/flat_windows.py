"""Convolution, pooling and sampling as PyTorch has them at its top level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...functions.arguments import as_tensor_argument
from ...functions.shape import permute
from . import convolution as _convolution
from .adaptive_max_pooling import adaptive_max_pool1d_with_indices as adaptive_max_pool1d
from .convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from .folding import channel_shuffle, native_channel_shuffle, pixel_shuffle, pixel_unshuffle
from .max_pooling import (
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices_backward,
    max_pool3d,
)
from .pooling import adaptive_avg_pool1d, avg_pool1d
from .vision import affine_grid_generator, grid_sampler, grid_sampler_2d, grid_sampler_3d

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "affine_grid_generator",
    "avg_pool1d",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolution",
    "grid_sampler",
    "grid_sampler_2d",
    "grid_sampler_3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices_backward",
    "max_pool3d",
    "native_channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
]


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Tensor:
    """Return the convolution of signals given as (time, batch, channels).

    Parameters
    ----------
    input : Tensor
    weight : Tensor
        Of shape (time, inputs, outputs).
    bias : Tensor
    pad : int
        Zeros before and after.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.conv_tbc(tg.ones(3, 1, 2), tg.ones(2, 2, 1), tg.zeros(1)).flatten()
    tensor([4., 4.])
    """
    input = as_tensor_argument("conv_tbc", input)
    weight = as_tensor_argument("conv_tbc", weight, "weight", 2)
    for t, what in ((input, "Input"), (weight, "Weight")):
        if t.ndim != 3:
            raise RuntimeError(f"{what} must have 3 dims: time, batch, channel, in conv_tbc()")
    out = conv1d(permute(input, (1, 2, 0)), permute(weight, (2, 1, 0)), bias, 1, pad)
    return permute(out, (2, 0, 1))


def convolution(
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
) -> Tensor:
    """Return a convolution, or the transpose of one, in as many axes as the weight has.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.convolution(tg.ones(1, 1, 3), tg.ones(1, 1, 2), None, [1], [0], [1], False, [0], 1)
    tensor([[[2., 2.]]])
    """
    weight = as_tensor_argument("convolution", weight, "weight", 2)
    ndim = min(max(weight.ndim - 2, 1), 3)
    if transposed:
        call = getattr(_convolution, f"conv_transpose{ndim}d")
        out = call(input, weight, bias, stride, padding, output_padding, groups, dilation)
    else:
        out = getattr(_convolution, f"conv{ndim}d")(
            input, weight, bias, stride, padding, dilation, groups
        )
    return out
