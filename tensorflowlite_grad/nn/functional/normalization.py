"""Normalisation over batches, layers, groups and neighbouring channels."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...autograd import inplace, modes
from ...functions import elementwise
from ...functions.arguments import as_tensor_argument
from ...functions.joining import cat
from ...functions.shape import reshape
from ...ops import conversion
from ...ops import normalization as ops
from .common import floating

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "rms_norm",
]

_EPS = {"float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}


def _wide(input: Any, *parameters: Any) -> tuple[Any, ...]:
    """Return half precision as single: sums of squares need the range."""
    if input.dtype is not dtypes.float16:
        return (input, *parameters)
    return tuple(
        None if t is None else conversion.cast(t, dtypes.float32) for t in (input, *parameters)
    )


def _standardized(
    input: Any, weight: Any, bias: Any, axes: tuple[int, ...], eps: float
) -> tuple[Any, Any, Any]:
    """Return the normalised input, and mean and variance with reduced axes of length one."""
    have = input.dtype
    input, weight, bias = _wide(input, weight, bias)
    if weight is None:
        out, mean, variance = ops.standardize.record(input, axes, eps)
        out = out if bias is None else out + bias
    elif bias is None:
        out, mean, variance = ops.standardize_scaled.record(input, weight, axes, eps)
    else:
        out, mean, variance = ops.standardize_affine.record(input, weight, bias, axes, eps)
    return conversion.cast(out, have), mean, variance


def _trailing(name: str, input: Any, normalized_shape: Any) -> tuple[tuple[int, ...], Any]:
    """Return the shape to normalise over, and its axes."""
    if isinstance(normalized_shape, int):
        normalized_shape = (normalized_shape,)
    shape = tuple(int(n) for n in normalized_shape)
    have = tuple(input._array.shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least "
            f"one element, but got normalized_shape = {list(shape)}"
        )
    if have[-len(shape) :] != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape "
            f"[{', '.join(['*', *map(str, shape)])}], but got input of size{list(have)} in {name}()"
        )
    return shape, tuple(range(len(have) - len(shape), len(have)))


def _check_parameter(what: str, tensor: Any, shape: tuple[int, ...]) -> None:
    if tensor is not None and tuple(tensor._array.shape) != shape:
        raise RuntimeError(
            f"Expected {what} to be of same shape as normalized_shape, but got {what} of shape "
            f"{list(tensor._array.shape)} and normalized_shape = {list(shape)}"
        )


def _same_dtypes(name: str, input: Any, *parameters: Any) -> None:
    for parameter in parameters:
        if parameter is not None and parameter.dtype is not input.dtype:
            raise RuntimeError(
                f"expected scalar type {dtypes.LEGACY_NAMES[input.dtype.name]} but found "
                f"{dtypes.LEGACY_NAMES[parameter.dtype.name]}: {name}() needs parameters of the "
                "input's dtype"
            )


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Return elements less their mean over the last axes, divided by their deviation.

    Parameters
    ----------
    input : Tensor
    normalized_shape : int or tuple of int
        The lengths of these axes.
    weight, bias : Tensor, optional
        Of that shape; multiplied with and added to the result.
    eps : number
        Added to the variance.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.layer_norm(tg.tensor([[1.0, 3.0]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    return layer_moments(input, normalized_shape, weight, bias, eps)[0]


def layer_moments(
    input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: float
) -> tuple[Any, Any, Any]:
    """Return what `layer_norm` does, and mean and variance."""
    input = as_tensor_argument("layer_norm", input)
    shape, axes = _trailing("layer_norm", input, normalized_shape)
    _check_parameter("weight", weight, shape)
    _check_parameter("bias", bias, shape)
    floating("LayerNormKernelImpl", input)
    _same_dtypes("layer_norm", input, weight, bias)
    return _standardized(input, weight, bias, axes, eps)


def rms_norm(
    input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> Tensor:
    """Return elements divided by the root of their mean square over the last axes.

    Parameters
    ----------
    input : Tensor
    normalized_shape : int or tuple of int
        The lengths of these axes.
    weight : Tensor, optional
        Of that shape; multiplied with the result.
    eps : number, optional
        Added to the mean square; by default the dtype's rounding unit.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.rms_norm(tg.tensor([[1.0, 7.0]]), (2,))
    tensor([[0.2000, 1.4000]])
    """
    input = as_tensor_argument("rms_norm", input)
    shape, axes = _trailing("rms_norm", input, normalized_shape)
    _check_parameter("weight", weight, shape)
    have = input.dtype
    if not have.is_differentiable:
        floating("rms_norm", input)
    if eps is None:
        eps = _EPS["float64" if have.name in ("float64", "complex128") else "float32"]
        eps = _EPS["float16"] if have is dtypes.float16 else eps
    if have.is_complex:
        out = input * elementwise.rsqrt((input * input).mean(axes, True) + eps)
        return out if weight is None else out * weight
    input, weight = _wide(input, weight)
    if weight is not None and weight.dtype is not input.dtype:
        return ops.rms.record(input, axes, eps)[0] * weight
    if weight is None:
        out = ops.rms.record(input, axes, eps)[0]
    else:
        out = ops.rms_scaled.record(input, weight, axes, eps)[0]
    return conversion.cast(out, have)


def _channel_parameter(name: str, what: str, tensor: Any, channels: int, ndim: int) -> Any:
    """Return a tensor with one number for each channel, shaped to broadcast."""
    if tensor is None:
        return None
    if tuple(tensor._array.shape) != (channels,):
        raise RuntimeError(
            f"Expected {what} to be a vector of size equal to the number of channels in input, "
            f"but got {what} of shape {list(tensor._array.shape)} and {channels} channels in "
            f"{name}(); {what} should contain {channels} elements not {tensor.numel()}"
        )
    return reshape(tensor, (1, channels) + (1,) * (ndim - 2)) if ndim > 2 else tensor


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Return elements normalised over groups of channels and all that is in them.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, ...).
    num_groups : int
        A divisor of C.
    weight, bias : Tensor, optional
        Of shape (C,); multiplied with and added to the result.
    eps : number
        Added to the variance.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.group_norm(tg.tensor([[1.0, 3.0, 5.0, 9.0]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    return group_moments(input, num_groups, weight, bias, eps)[0]


def group_moments(
    input: Any, num_groups: int, weight: Any, bias: Any, eps: float
) -> tuple[Any, Any, Any]:
    """Return what `group_norm` does, and mean and variance."""
    input = as_tensor_argument("group_norm", input)
    shape = tuple(input._array.shape)
    if len(shape) < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {len(shape)}"
        )
    batch, channels, rest = shape[0], shape[1], prod(shape[2:])
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(shape)} and num_groups={num_groups}"
        )
    if batch * (channels // num_groups) * rest == 1 and len(shape) >= 2 and batch and prod(shape):
        raise ValueError(
            "Expected more than 1 value per channel when training, got input size "
            f"torch.Size([{batch * channels // num_groups}, {num_groups}, {rest}])"
        )
    for what, parameter in (("weight", weight), ("bias", bias)):
        _channel_parameter("group_norm", what, parameter, channels, 2)
    floating("GroupNormKernelImpl", input)
    _same_dtypes("group_norm", input, weight, bias)
    inside = (1, num_groups, channels // num_groups, 1)
    weight, bias = (None if t is None else reshape(t, inside) for t in (weight, bias))
    grouped = reshape(input, (batch, num_groups, channels // num_groups, rest))
    out, mean, variance = _standardized(grouped, weight, bias, (2, 3), eps)
    return reshape(out, shape), mean, variance


def _moved(running: Any, value: Any, momentum: float) -> None:
    """Move a running average toward a new value, in place and without history."""
    with modes.no_grad():
        inplace.check(running, "batch_norm")
        new = conversion.cast(value, running.dtype)
        inplace.commit(running, running * (1 - momentum) + new * momentum)


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Return elements normalised over all axes but that of channels, the second.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C) or (N, C, ...).
    running_mean, running_var : Tensor or None
        Of shape (C,): the averages that are used if not `training`; if so, they are moved
        toward the input's, in place.
    weight, bias : Tensor, optional
        Of shape (C,); multiplied with and added to the result.
    training : bool
    momentum : number
        How far running averages move.
    eps : number
        Added to the variance.

    Raises
    ------
    ValueError
        If there is one value for each channel only, in training.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.batch_norm(tg.tensor([[1.0], [3.0]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    input = as_tensor_argument("batch_norm", input)
    if training:
        shape = tuple(input._array.shape)
        if len(shape) >= 2 and prod((shape[0], *shape[2:])) == 1:
            raise ValueError(
                "Expected more than 1 value per channel when training, got input size "
                f"torch.Size({list(shape)})"
            )
        if eps <= 0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    elif eps < 0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    return batch_moments(input, running_mean, running_var, weight, bias, training, momentum, eps)[0]


def batch_moments(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any,
    bias: Any,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Any, Any, Any]:
    """Return what `batch_norm` does, and the mean and variance of the batch, if training."""
    ndim = input._array.ndim
    if ndim == 1 and not input.numel():
        return input, None, None
    if ndim < 2:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-max(ndim, 1)}, "
            f"{max(ndim, 1) - 1}], but got 1): batch_norm() needs an input of 2D or more"
        )
    channels = input._array.shape[1]
    parameters = {
        "running_mean": running_mean,
        "running_var": running_var,
        "weight": weight,
        "bias": bias,
    }
    if not training and (running_mean is None or running_var is None):
        missing = "running_mean" if running_mean is None else "running_var"
        raise RuntimeError(f"{missing} must be defined in evaluation mode")
    shaped = {
        what: _channel_parameter("batch_norm", what, tensor, channels, ndim)
        for what, tensor in parameters.items()
    }
    floating("batch_norm", input)
    for what, tensor in parameters.items():
        if tensor is not None and tensor.dtype is not input.dtype:
            if input.dtype is dtypes.float16 and tensor.dtype is dtypes.float32:
                continue
            raise RuntimeError(
                "mixed dtype (CPU): expect parameter to have scalar type of "
                f"{dtypes.LEGACY_NAMES[input.dtype.name]}, but {what} of batch_norm() is of "
                f"{tensor.dtype.name}"
            )
    weight, bias = shaped["weight"], shaped["bias"]
    if not training:
        rate = elementwise.rsqrt(shaped["running_var"] + eps)
        rate = rate if weight is None else rate * weight
        out = (input - shaped["running_mean"]) * rate
        return (out if bias is None else out + bias), None, None
    axes = (0, *range(2, ndim))
    out, mean, variance = _standardized(input, weight, bias, axes, eps)
    count = prod(input._array.shape[k] for k in axes)
    _remember(running_mean, running_var, mean, variance, count, momentum)
    return out, mean, variance


def _remember(
    running_mean: Any, running_var: Any, mean: Any, variance: Any, count: int, momentum: float
) -> None:
    if running_mean is not None:
        _moved(running_mean, reshape(mean.detach(), (-1,)), momentum)
    if running_var is not None:
        # The unbiased variance, though the biased one has been divided by.
        unbiased = reshape(variance.detach(), (-1,)) * (count / max(count - 1, 1))
        _moved(running_var, unbiased, momentum)


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Return elements normalised over all axes but those of the batch and of channels.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, ...).
    running_mean, running_var : Tensor, optional
        As those of `batch_norm`; what they are moved toward is averaged over the batch.
    weight, bias : Tensor, optional
        Of shape (C,).
    use_input_stats : bool
        Whether to normalise by the input's mean and variance, not by the running ones.
    momentum, eps : number

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.instance_norm(tg.tensor([[[1.0, 3.0], [2.0, 6.0]]]))
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    input = as_tensor_argument("instance_norm", input)
    shape = tuple(input._array.shape)
    if len(shape) < 2:
        raise RuntimeError(f"instance_norm(): expected an input of 2D or more, got {len(shape)}D")
    channels, ndim = shape[1], len(shape)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise RuntimeError(
                "Expected running_mean and running_var to be defined when use_input_stats is false"
            )
        return batch_moments(input, running_mean, running_var, weight, bias, False, 0.0, eps)[0]
    if prod(shape[2:]) == 1:
        raise ValueError(
            "Expected more than 1 spatial element when training, got input size "
            f"torch.Size({list(shape)})"
        )
    floating("instance_norm", input)
    weight, bias = (
        _channel_parameter("instance_norm", what, tensor, channels, ndim)
        for what, tensor in (("weight", weight), ("bias", bias))
    )
    out, mean, variance = _standardized(input, weight, bias, tuple(range(2, ndim)), eps)
    mean, variance = mean.detach().mean(0), variance.detach().mean(0)
    _remember(running_mean, running_var, mean, variance, prod(shape[2:]), momentum)
    return out


def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Return elements divided by a power of the mean square over neighbouring channels.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, ...), 3D or more.
    size : int
        How many channels count as neighbours.
    alpha, beta, k : number
        The divisor is ``(k + alpha * mean_square) ** beta``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.local_response_norm(tg.ones(1, 2, 1), 1, alpha=3.0, beta=0.5)
    tensor([[[0.5000],
             [0.5000]]])
    """
    input = as_tensor_argument("local_response_norm", input)
    shape = tuple(input._array.shape)
    if len(shape) < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality input (got {len(shape)} dimensions)"
        )
    if not input.numel():
        return input
    square = input * input
    before, after = size // 2, (size - 1) // 2
    sides = [square.new_zeros((shape[0], n, *shape[2:])) if n else None for n in (before, after)]
    padded = cat([part for part in (sides[0], square, sides[1]) if part is not None], 1)
    total = padded[:, : shape[1]]
    for step in range(1, size):
        total = total + padded[:, step : step + shape[1]]
    if input.dtype.is_differentiable:
        total = total / size
    else:
        total = elementwise.div(total, size, rounding_mode="trunc")
    return input / (total * alpha + k) ** beta
