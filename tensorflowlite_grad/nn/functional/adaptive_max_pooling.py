"""Max pooling of windows that cover the input, and of windows at random places."""

from __future__ import annotations

from typing import Any

from ...dtypes import Kind
from ...functions import random
from ...functions.arguments import as_tensor_argument
from ...ops import pooling as ops
from .pooling import adaptive_size, windows
from .sizes import ints, unsupported

__all__ = [
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]


def _adaptive(ndim: int, input: Any, output_size: Any) -> tuple[Any, Any]:
    name = f"adaptive_max_pool{ndim}d"
    input = as_tensor_argument(name, input)
    count = adaptive_size(name, input, output_size, ndim)
    if min(count) < 0:
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(count)}: {list(count)}, in "
            f"{name}()"
        )
    if input.dtype.kind is not Kind.FLOAT:
        raise unsupported(name, input)
    size = input._array.shape[input._array.ndim - ndim :]
    bounds = tuple(tuple(windows(n, m)) for n, m in zip(size, count, strict=True))
    indices = ops.adaptive_max.record(input, bounds)
    return ops.pick.record(input, indices, ndim), indices


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Return the greatest elements of as many windows of signals as asked for.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.adaptive_max_pool1d(tg.tensor([[1.0, 5.0, 3.0]]), 1)
    tensor([[5.]])
    """
    pair = _adaptive(1, input, output_size)
    return pair if return_indices else pair[0]


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Return the greatest elements of a grid of windows that cover images.

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels, height, width), or without the batch.
    output_size : int or tuple of int
        How many windows there are along each axis; None for the input's own size.
    return_indices : bool
        Whether to return, too, their flat positions in an image.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.adaptive_max_pool2d(tg.arange(6.0).reshape(1, 2, 3), (1, None))
    tensor([[[3., 4., 5.]]])
    """
    pair = _adaptive(2, input, output_size)
    return pair if return_indices else pair[0]


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Return the greatest elements of a grid of windows that cover volumes.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.adaptive_max_pool3d(tg.arange(8.0).reshape(1, 2, 2, 2), 1)
    tensor([[[[7.]]]])
    """
    pair = _adaptive(3, input, output_size)
    return pair if return_indices else pair[0]


def adaptive_max_pool1d_with_indices(
    input: Any, output_size: Any, return_indices: bool = True
) -> Any:
    """Return what `adaptive_max_pool1d` does, and the positions.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.adaptive_max_pool1d_with_indices(tg.tensor([[1.0, 5.0, 3.0]]), 1)
    (tensor([[5.]]), tensor([[1]]))
    """
    return _adaptive(1, input, output_size)


def adaptive_max_pool2d_with_indices(
    input: Any, output_size: Any, return_indices: bool = True
) -> Any:
    """Return what `adaptive_max_pool2d` does, and the positions.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.adaptive_max_pool2d_with_indices(tg.tensor([[[1.0, 5.0]]]), 1)
    (tensor([[[5.]]]), tensor([[[1]]]))
    """
    return _adaptive(2, input, output_size)


def adaptive_max_pool3d_with_indices(
    input: Any, output_size: Any, return_indices: bool = True
) -> Any:
    """Return what `adaptive_max_pool3d` does, and the positions.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.adaptive_max_pool3d_with_indices(tg.tensor([[[[1.0, 5.0]]]]), 1)
    (tensor([[[[5.]]]]), tensor([[[[1]]]]))
    """
    return _adaptive(3, input, output_size)


# -- at random ------------------------------------------------------------------------------


def _fractional(
    ndim: int, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any, samples: Any
) -> tuple[Any, Any]:
    name = f"fractional_max_pool{ndim}d"
    input = as_tensor_argument(name, input)
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    kernel = ints(name, "kernel_size", kernel_size, ndim)
    shape = tuple(input._array.shape)
    if len(shape) not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"{name}(): Expected {ndim + 1}D or {ndim + 2}D tensor, but got: {list(shape)}"
        )
    size = shape[len(shape) - ndim :]
    if output_size is None:
        ratios = output_ratio if isinstance(output_ratio, (tuple, list)) else [output_ratio] * ndim
        if len(ratios) != ndim or not all(0 < r < 1 for r in ratios):
            raise ValueError(f"{name}() needs output_ratio between 0 and 1, got {output_ratio}")
        output_size = [int(n * r) for n, r in zip(size, ratios, strict=True)]
    count = ints(name, "output_size", output_size, ndim)
    for n, k, m, axis in zip(size, kernel, count, ("time", "height", "width")[-ndim:], strict=True):
        if m < 1 or m + k - 1 > n:
            raise RuntimeError(
                f"{name}(): pool {axis} {k} too large relative to input {axis} {n}, for {m} windows"
            )
    if input.dtype.kind is not Kind.FLOAT:
        raise unsupported(name, input)
    batched = len(shape) == ndim + 2
    x = input if batched else input.unsqueeze(0)
    lead = tuple(x._array.shape[:2])
    if samples is None:
        samples = random.rand(*lead, ndim, dtype=x.dtype, device=x.device)
    samples = as_tensor_argument(name, samples, "_random_samples", 5)
    if tuple(samples._array.shape) != (*lead, ndim) or samples.dtype is not x.dtype:
        raise RuntimeError(
            f"Expect _random_samples to have shape {[*lead, ndim]} and the input's dtype, but got "
            f"{list(samples._array.shape)} of {samples.dtype.name}"
        )
    if ndim == 2:  # PyTorch's order of the two is the width's first
        samples = samples.flip(-1)
    indices = ops.fractional_max.record(x.detach(), samples.detach(), kernel, count)
    out = ops.pick.record(x, indices, ndim)
    return (out, indices) if batched else (out.squeeze(0), indices.squeeze(0))


def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """Return the greatest elements of windows at random places of images.

    The steps between windows are drawn so that they are even on average (B. Graham,
    "Fractional Max-Pooling", arXiv:1412.6071).

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels, height, width), or without the batch.
    kernel_size : int or tuple of int
    output_size : int or tuple of int, optional
        How many windows there are along each axis.
    output_ratio : float or tuple of float, optional
        Or how many, as a share of the input's size.
    return_indices : bool
        Whether to return, too, their flat positions in an image.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.fractional_max_pool2d(tg.ones(1, 5, 5), 2, output_size=3).shape
    tensorflowlite_grad.Size([1, 3, 3])
    """
    pair = _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return pair if return_indices else pair[0]


def fractional_max_pool3d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """Return the greatest elements of windows at random places of volumes.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.fractional_max_pool3d(tg.ones(1, 5, 5, 5), 2, output_size=3).shape
    tensorflowlite_grad.Size([1, 3, 3, 3])
    """
    pair = _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return pair if return_indices else pair[0]


def fractional_max_pool2d_with_indices(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = True,
    _random_samples: Any = None,
) -> Any:
    """Return what `fractional_max_pool2d` does, and the positions.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.fractional_max_pool2d_with_indices(tg.ones(1, 2, 2), 2, 1)
    (tensor([[[1.]]]), tensor([[[0]]]))
    """
    return _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d_with_indices(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = True,
    _random_samples: Any = None,
) -> Any:
    """Return what `fractional_max_pool3d` does, and the positions.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.fractional_max_pool3d_with_indices(tg.ones(1, 2, 2, 2), 2, 1)
    (tensor([[[[1.]]]]), tensor([[[[0]]]]))
    """
    return _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)
