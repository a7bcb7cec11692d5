"""Sliding windows as columns, and channels folded into space."""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ...backend.windows import window_count
from ...functions.arguments import as_tensor_argument
from ...functions.shape import permute, reshape
from ...ops import folding as ops
from .sizes import ints

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "channel_shuffle",
    "fold",
    "native_channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
    "unfold",
]


def _geometry(name: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    kernel = ints(name, "kernel_size", kernel_size, 2)
    gaps = ints(name, "dilation", dilation, 2)
    pads = ints(name, "padding", padding, 2)
    steps = ints(name, "stride", stride, 2)
    for what, values in (("kernel size", kernel), ("stride", steps), ("dilation", gaps)):
        if min(values) <= 0:
            raise RuntimeError(
                f"{what} should be greater than zero, but got {list(values)}, in {name}()"
            )
    if min(pads) < 0:
        raise RuntimeError(f"padding should be non-negative, but got {list(pads)}, in {name}()")
    return kernel, (steps, pads, gaps)


def _count(size: Any, kernel: Any, geometry: Any) -> tuple[int, ...]:
    return tuple(window_count(*axis) for axis in zip(size, kernel, *geometry, strict=True))


def unfold(
    input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Return the windows of images as columns: (batch, channels * window, windows).

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels, height, width), or without the batch.
    kernel_size, dilation, padding, stride : int or tuple of int
        As of `conv2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.unfold(tg.arange(4.0).reshape(1, 2, 2), (1, 2))
    tensor([[0., 2.],
            [1., 3.]])
    """
    input = as_tensor_argument("unfold", input)
    kernel, geometry = _geometry("unfold", kernel_size, dilation, padding, stride)
    shape = tuple(input._array.shape)
    if len(shape) not in (3, 4) or not all(shape[-3:]):
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(shape)}"
        )
    count = _count(shape[-2:], kernel, geometry)
    if min(count) < 1:
        raise RuntimeError(
            f"Given input with spatial size {shape[-2:]}, kernel_size={kernel}, "
            f"dilation={geometry[2]}, padding={geometry[1]}, calculated shape of the array of "
            f"sliding blocks as {count}, but its components must be at least one."
        )
    x = input if len(shape) == 4 else input.unsqueeze(0)
    out = ops.im2col.record(x, kernel, geometry, shape[-2:], count)
    return out if len(shape) == 4 else out.squeeze(0)


def fold(
    input: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Return images that columns of windows add up to: the transpose of `unfold`.

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels * window, windows), or without the batch.
    output_size : int or tuple of int
        The images' height and width.
    kernel_size, dilation, padding, stride : int or tuple of int
        As of `conv2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> columns = tg.tensor([[0.0, 2.0], [1.0, 3.0]])
    >>> tg.nn.functional.fold(columns, (2, 2), (1, 2))
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    input = as_tensor_argument("fold", input)
    kernel, geometry = _geometry("fold", kernel_size, dilation, padding, stride)
    size = ints("fold", "output_size", output_size, 2)
    shape = tuple(input._array.shape)
    if len(shape) not in (2, 3) or not all(shape[-2:]):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
            f"non-zero dimensions for input, but got: {list(shape)}"
        )
    if shape[-2] % prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            f"but got input.size(1)={shape[-2]} and kernel_size={kernel}."
        )
    count = _count(size, kernel, geometry)
    if min(count) < 1 or prod(count) != shape[-1]:
        raise RuntimeError(
            f"Given output_size={size}, kernel_size={kernel}, dilation={geometry[2]}, "
            f"padding={geometry[1]}, stride={geometry[0]}, expected size of input's dimension 2 "
            f"to match the calculated number of sliding blocks {' * '.join(map(str, count))} = "
            f"{prod(count)}, but got input.size(2)={shape[-1]}."
        )
    x = input if len(shape) == 3 else input.unsqueeze(0)
    out = ops.col2im.record(x, kernel, geometry, size, count)
    return out if len(shape) == 3 else out.squeeze(0)


def _factor(name: str, what: str, value: Any, input: Any) -> tuple[Any, int, tuple[int, ...]]:
    input = as_tensor_argument(name, input)
    try:
        factor = as_index(value)
    except TypeError:
        raise TypeError(
            f"{name}(): argument {what!r} must be int, not {type(value).__name__}"
        ) from None
    shape = tuple(input._array.shape)
    if len(shape) < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {len(shape)} "
            "dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {what}, but got {factor}")
    return input, factor, shape


def pixel_shuffle(input: Any, upscale_factor: int) -> Tensor:
    """Return images `upscale_factor` times as large, made of as many squared channels.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.pixel_shuffle(tg.arange(4).reshape(4, 1, 1), 2)
    tensor([[[0, 1],
             [2, 3]]])
    """
    input, r, shape = _factor("pixel_shuffle", "upscale_factor", upscale_factor, input)
    *lead, channels, height, width = shape
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={channels} is not divisible by {r * r}"
        )
    n = len(lead)
    x = reshape(input, (*lead, channels // (r * r), r, r, height, width))
    x = permute(x, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return reshape(x, (*lead, channels // (r * r), height * r, width * r))


def pixel_unshuffle(input: Any, downscale_factor: int) -> Tensor:
    """Return images divided into more channels: the inverse of `pixel_shuffle`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.pixel_unshuffle(tg.arange(4).reshape(1, 2, 2), 2).flatten()
    tensor([0, 1, 2, 3])
    """
    input, r, shape = _factor("pixel_unshuffle", "downscale_factor", downscale_factor, input)
    *lead, channels, height, width = shape
    for what, size in (("height", height), ("width", width)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {what} to be divisible by downscale_factor, but {size} "
                f"is not divisible by {r}"
            )
    n = len(lead)
    x = reshape(input, (*lead, channels, height // r, r, width // r, r))
    x = permute(x, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return reshape(x, (*lead, channels * r * r, height // r, width // r))


def channel_shuffle(input: Any, groups: int) -> Tensor:
    """Return channels in another order: the first of each group, then the second of each.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.channel_shuffle(tg.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    input, g, shape = _factor("channel_shuffle", "groups", groups, input)
    if shape[1] % g:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {shape[1]} channels and {g} "
            "groups."
        )
    x = reshape(input, (shape[0], g, shape[1] // g, *shape[2:]))
    x = permute(x, (0, 2, 1, *range(3, len(shape) + 1)))
    return reshape(x, shape)


def native_channel_shuffle(input: Any, groups: int) -> Tensor:
    """Return what `channel_shuffle` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.native_channel_shuffle(tg.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    return channel_shuffle(input, groups)
