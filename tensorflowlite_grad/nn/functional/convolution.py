"""Convolution in one to three dimensions, and its transpose.

On NumPy windows are laid out as the columns of a matrix, a block at a time, for one product
with the weight; PyTorch's arrays use PyTorch's own convolution; other libraries sum a
product for each place of the kernel. Only input and weight are kept for the gradients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...backend.windows import reach, window_count
from ...functions.arguments import as_tensor_argument
from ...functions.padding import constant_pad_nd
from ...ops import convolution as ops
from ...ops.promotion import common_place
from .sizes import ints, spatial, unsupported

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution of signals; see `conv2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[[1.0, 2.0, 3.0]]])
    >>> tg.nn.functional.conv1d(x, tg.tensor([[[1.0, -1.0]]]))
    tensor([[[-1., -1.]]])
    """
    return _convolved("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution (cross-correlation) of images with a bank of kernels.

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels, height, width), or without the batch.
    weight : Tensor
        Of shape (outputs, channels / groups, height, width).
    bias : Tensor, optional
        A number for each output channel.
    stride, dilation : int or tuple of int
        Steps of the kernel over the input, and between the input's elements under it.
    padding : int, tuple of int, 'valid' or 'same'
        Zeros around the input. With ``'same'`` the result has the input's size.
    groups : int
        Into how many parts channels are divided; each sees only its own.

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.ones(1, 1, 3, 3)
    >>> tg.nn.functional.conv2d(x, tg.ones(1, 1, 3, 3), padding="same")
    tensor([[[[4., 6., 4.],
              [6., 9., 6.],
              [4., 6., 4.]]]])
    """
    return _convolved("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution of volumes; see `conv2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.conv3d(tg.ones(1, 1, 2, 2, 2), tg.ones(1, 1, 2, 2, 2))
    tensor([[[[[8.]]]]])
    """
    return _convolved("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Return the transpose of `conv1d`; see `conv_transpose2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[[1.0, 2.0]]])
    >>> tg.nn.functional.conv_transpose1d(x, tg.tensor([[[1.0, -1.0]]]))
    tensor([[[ 1.,  1., -2.]]])
    """
    return _transposed(
        "conv_transpose1d",
        1,
        (input, weight, bias),
        (stride, padding, dilation),
        output_padding,
        groups,
    )


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Return the transpose of `conv2d`: what its gradient is to its input.

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels, height, width), or without the batch.
    weight : Tensor
        Of shape (channels, outputs / groups, height, width).
    bias : Tensor, optional
    stride, padding, dilation : int or tuple of int
        Those of the convolution that this is the transpose of.
    output_padding : int or tuple of int
        Added to the result's size, which strides leave open.
    groups : int

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[[[1.0, 2.0]]]])
    >>> tg.nn.functional.conv_transpose2d(x, tg.ones(1, 1, 2, 2), stride=2)
    tensor([[[[1., 1., 2., 2.],
              [1., 1., 2., 2.]]]])
    """
    return _transposed(
        "conv_transpose2d",
        2,
        (input, weight, bias),
        (stride, padding, dilation),
        output_padding,
        groups,
    )


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Return the transpose of `conv3d`; see `conv_transpose2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.conv_transpose3d(tg.ones(1, 1, 1, 1, 1), tg.ones(1, 1, 1, 1, 2))
    tensor([[[[[1., 1.]]]]])
    """
    return _transposed(
        "conv_transpose3d",
        3,
        (input, weight, bias),
        (stride, padding, dilation),
        output_padding,
        groups,
    )


# -- arguments ------------------------------------------------------------------------------


def _operands(
    name: str, ndim: int, input: Any, weight: Any, bias: Any
) -> tuple[Any, Any, Any, bool]:
    """Return input, weight and bias, of one dtype and device, and whether there is a batch."""
    weight = as_tensor_argument(name, weight, "weight", 2)
    if weight._array.ndim < 3:
        raise RuntimeError(
            f"weight should have at least three dimensions, but that of {name}() has shape "
            f"{list(weight._array.shape)}"
        )
    input = as_tensor_argument(name, input)
    if weight._array.ndim != ndim + 2:
        n = weight._array.ndim
        raise RuntimeError(
            f"Expected {n}-dimensional input for {n}-dimensional weight "
            f"{list(weight._array.shape)}, but got {input._array.ndim}-dimensional input of size "
            f"{list(input._array.shape)} instead: {name}() takes weights of {ndim + 2} dimensions"
        )
    input, batched = spatial(name, input, ndim)
    tensors = [input, weight]
    if bias is not None:
        bias = as_tensor_argument(name, bias, "bias", 3)
        tensors.append(bias)
    common_place(name, tensors)
    for t, what in zip(tensors[1:], ("weight", "bias"), strict=False):
        if t.dtype is not input.dtype:
            raise RuntimeError(
                f"Input type ({input.dtype.name}) and {what} type ({t.dtype.name}) should be the "
                f"same: convert one with .to(), in {name}()"
            )
    if input.dtype.name == "bool":
        raise unsupported(name, input)
    return input, weight, bias, batched


def _geometry(name: str, ndim: int, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    steps = _each("stride", stride, ndim)
    gaps = _each("dilation", dilation, ndim)
    pads = _each("padding", padding, ndim)
    if not isinstance(groups, int) or isinstance(groups, bool):
        raise TypeError(f"{name}(): argument 'groups' must be int, not {type(groups).__name__}")
    if groups <= 0:
        raise RuntimeError(f"non-positive groups is not supported, but {name}() got {groups}")
    if min(pads) < 0:
        raise RuntimeError(f"negative padding is not supported, but {name}() got {min(pads)}")
    if min(steps) <= 0:
        raise RuntimeError(f"non-positive stride is not supported, but {name}() got {min(steps)}")
    if min(gaps) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but {name}() got {min(gaps)}")
    return steps, pads, gaps


def _each(what: str, value: Any, ndim: int) -> tuple[int, ...]:
    if isinstance(value, (tuple, list)) and len(value) not in (1, ndim):
        raise RuntimeError(
            f"expected {what} to be a single integer value or a list of {ndim} values to match "
            f"the convolution dimensions, but got {what}={list(value)}"
        )
    return ints("convolution", what, value, ndim)


def _convolved(
    name: str,
    ndim: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Any:
    input, weight, bias, batched = _operands(name, ndim, input, weight, bias)
    named = padding if isinstance(padding, str) else None
    if named not in (None, "valid", "same"):
        raise RuntimeError(f"Invalid padding string: '{padding}'; {name}() knows valid and same")
    pads: Any = 0 if named else padding
    steps, pads, gaps = _geometry(name, ndim, stride, pads, dilation, groups)
    kernel = tuple(weight._array.shape[2:])
    _check_channels(input, weight, groups)
    _check_bias(weight, bias, weight._array.shape[0])
    if named == "same":
        if max(steps) > 1:
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        totals = [d * (k - 1) for k, d in zip(kernel, gaps, strict=True)]
        pads = tuple(total // 2 for total in totals)
        more = [total - 2 * (total // 2) for total in totals]
        if any(more):
            input = constant_pad_nd(input, [w for n in reversed(more) for w in (0, n)])
    size = tuple(input._array.shape[2:])
    if not all(kernel):
        raise RuntimeError(f"Kernel size can't be zero, but {name}() got weight {list(kernel)}")
    axes = list(zip(size, kernel, steps, pads, gaps, strict=True))
    if any(window_count(*axis) < 1 for axis in axes):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_times(n + 2 * p for n, p in zip(size, pads, strict=True))}). "  # noqa: E501
            f"Kernel size: ({_times(reach(k, d) for k, d in zip(kernel, gaps, strict=True))}). "
            "Kernel size can't be greater than actual input size"
        )
    if bias is None:
        out = ops.convolution.record(input, weight, steps, pads, gaps, groups)
    else:
        out = ops.convolution_bias.record(input, weight, bias, steps, pads, gaps, groups)
    return out if batched else out.squeeze(0)


def _transposed(
    name: str, ndim: int, operands: Any, geometry: Any, output_padding: Any, groups: int
) -> Any:
    input, weight, bias, batched = _operands(name, ndim, *operands)
    stride, padding, dilation = geometry
    steps, pads, gaps = _geometry(name, ndim, stride, padding, dilation, groups)
    more = _each("output_padding", output_padding, ndim)
    if min(more) < 0:
        raise RuntimeError("negative output_padding is not supported")
    for m, s, d in zip(more, steps, gaps, strict=True):
        if m >= s and m >= d:
            raise RuntimeError(
                "output padding must be smaller than either stride or dilation, but got "
                f"output_padding={m}, stride={s} and dilation={d}, in {name}()"
            )
    shape = tuple(weight._array.shape)
    channels = input._array.shape[1]
    if shape[0] < groups:
        raise RuntimeError(_too_few(groups, shape))
    if shape[0] % groups or shape[0] != channels:
        raise RuntimeError(
            f"Given transposed=1, weight of size {list(shape)}, expected input"
            f"{list(input._array.shape)} to have {shape[0]} channels, but got {channels} channels "
            "instead"
        )
    _check_bias(weight, bias, shape[1] * groups, "transposed=1, ")
    size = tuple(
        (n - 1) * s - 2 * p + reach(k, d) + m
        for n, k, s, p, d, m in zip(
            input._array.shape[2:], shape[2:], steps, pads, gaps, more, strict=True
        )
    )
    if min(size) < 1:
        raise RuntimeError(
            f"Given input size per channel: ({_times(input._array.shape[2:])}). Calculated output "
            f"size per channel: ({_times(size)}). Output size is too small"
        )
    if bias is None:
        out = ops.convolution_transposed.record(input, weight, size, steps, pads, gaps, groups)
    else:
        out = ops.convolution_transposed_bias.record(
            input, weight, bias, size, steps, pads, gaps, groups
        )
    return out if batched else out.squeeze(0)


def _times(sizes: Any) -> str:
    return " x ".join(map(str, sizes))


def _too_few(groups: int, shape: tuple[int, ...]) -> str:
    return (
        f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got "
        f"weight of size {list(shape)} instead"
    )


def _check_channels(input: Any, weight: Any, groups: int) -> None:
    shape, given = tuple(weight._array.shape), tuple(input._array.shape)
    if shape[0] < groups:
        raise RuntimeError(_too_few(groups, shape))
    if shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size {list(shape)} instead"
        )
    if given[1] != shape[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(shape)}, expected input{list(given)} to "
            f"have {shape[1] * groups} channels, but got {given[1]} channels instead"
        )


def _check_bias(weight: Any, bias: Any, outputs: int, prefix: str = "") -> None:
    if bias is not None and tuple(bias._array.shape) != (outputs,):
        raise RuntimeError(
            f"Given {prefix}weight of size {list(weight._array.shape)}, expected bias to be "
            f"1-dimensional with {outputs} elements, but got bias of size "
            f"{list(bias._array.shape)} instead"
        )
