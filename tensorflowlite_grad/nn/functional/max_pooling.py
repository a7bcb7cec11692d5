"""Max pooling, its inverse, and its adaptive and random forms."""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ...dtypes import Kind
from ...functions import random
from ...functions.arguments import as_tensor_argument
from ...ops import pooling as ops
from ...ops.promotion import common_place
from .pooling import adaptive_size, windows
from .sizes import ints, pooled

if TYPE_CHECKING:
    from ...tensor import Tensor

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
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]


def _pooled(
    ndim: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
) -> tuple[Any, Any]:
    name = f"max_pool{ndim}d"
    input, geometry, count = pooled(
        name, input, ndim, kernel_size, stride, padding, dilation, ceil_mode
    )
    if input.dtype.kind in (Kind.BOOL, Kind.COMPLEX):
        raise RuntimeError(f'"{name}" not implemented for \'{input.dtype.name.capitalize()}\'')
    out, indices = ops.max_pool.record(input, *geometry, count)
    return out, indices


def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the greatest elements of windows of signals; see `max_pool2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.max_pool1d(tg.tensor([[1.0, 5.0, 2.0, 3.0]]), 2)
    tensor([[5., 3.]])
    """
    pair = _pooled(1, input, kernel_size, stride, padding, dilation, ceil_mode)
    return pair if return_indices else pair[0]


def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the greatest elements of windows of images.

    Only their positions are kept for the gradient, which goes to the first of equals.

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels, height, width), or without the batch.
    kernel_size : int or tuple of int
    stride : int or tuple of int, optional
        The kernel's size by default, so that windows lie side by side.
    padding : int or tuple of int
        How far windows reach beyond the input, where nothing is greatest.
    dilation : int or tuple of int
        Steps between the elements of a window.
    ceil_mode : bool
        Whether a last window may reach beyond the padding.
    return_indices : bool
        Whether to return, too, their flat positions in an image.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.max_pool2d(tg.tensor([[[1.0, 5.0], [2.0, 3.0]]]), 2, return_indices=True)
    (tensor([[[5.]]]), tensor([[[1]]]))
    """
    pair = _pooled(2, input, kernel_size, stride, padding, dilation, ceil_mode)
    return pair if return_indices else pair[0]


def max_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the greatest elements of windows of volumes; see `max_pool2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.max_pool3d(tg.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[7.]]]])
    """
    pair = _pooled(3, input, kernel_size, stride, padding, dilation, ceil_mode)
    return pair if return_indices else pair[0]


def max_pool1d_with_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> Any:
    """Return what `max_pool1d` does, and the positions.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.max_pool1d_with_indices(tg.tensor([[1.0, 5.0]]), 2)
    (tensor([[5.]]), tensor([[1]]))
    """
    return _pooled(1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_with_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> Any:
    """Return what `max_pool2d` does, and the positions.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.max_pool2d_with_indices(tg.tensor([[[1.0, 5.0]]]), (1, 2))
    (tensor([[[5.]]]), tensor([[[1]]]))
    """
    return _pooled(2, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d_with_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> Any:
    """Return what `max_pool3d` does, and the positions.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.max_pool3d_with_indices(tg.tensor([[[[1.0, 5.0]]]]), (1, 1, 2))
    (tensor([[[[5.]]]]), tensor([[[[1]]]]))
    """
    return _pooled(3, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_with_indices_backward(
    grad_output: Any,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    indices: Any,
) -> Tensor:
    """Return the gradient of `max_pool2d` for one of its result.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[[1.0, 5.0]]])
    >>> out, indices = tg.nn.functional.max_pool2d(x, (1, 2), return_indices=True)
    >>> g = tg.ones_like(out)
    >>> tg.max_pool2d_with_indices_backward(g, x, (1, 2), (1, 2), 0, 1, False, indices)
    tensor([[[0., 1.]]])
    """
    name = "max_pool2d_with_indices_backward"
    input, _, count = pooled(name, input, 2, kernel_size, stride, padding, dilation, ceil_mode)
    grad_output = as_tensor_argument(name, grad_output, "grad_output")
    indices = as_tensor_argument(name, indices, "indices", 8)
    want = (*input._array.shape[:-2], *count)
    for t, what in ((grad_output, "gradOutput"), (indices, "indices")):
        if tuple(t._array.shape) != want:
            raise RuntimeError(
                f"Expected {what} of shape {list(want)}, but got {list(t._array.shape)}"
            )
    size = tuple(input._array.shape[-2:])
    return ops.max_pool_backward.record(grad_output, input, indices, size)


# -- the inverse ----------------------------------------------------------------------------


def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Return zeros with the elements of `max_pool1d` where they came from.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.max_unpool1d(tg.tensor([[5.0, 3.0]]), tg.tensor([[1, 3]]), 2)
    tensor([[0., 5., 0., 3.]])
    """
    return _unpooled(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Return zeros with the elements of `max_pool2d` where they came from.

    Parameters
    ----------
    input, indices : Tensor
        What `max_pool2d` returned.
    kernel_size, stride, padding
        Those it was called with.
    output_size : sequence of int, optional
        The size of its input, which these leave open.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.max_unpool2d(tg.tensor([[[5.0]]]), tg.tensor([[[1]]]), 2)
    tensor([[[0., 5.],
             [0., 0.]]])
    """
    return _unpooled(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Return zeros with the elements of `max_pool3d` where they came from.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.max_unpool3d(tg.tensor([[[[5.0]]]]), tg.tensor([[[[1]]]]), (1, 1, 2))
    tensor([[[[0., 5.]]]])
    """
    return _unpooled(3, input, indices, kernel_size, stride, padding, output_size)


def _unpooled(
    ndim: int,
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    output_size: Any,
) -> Any:
    name = f"max_unpool{ndim}d"
    input = as_tensor_argument(name, input)
    indices = as_tensor_argument(name, indices, "indices", 2)
    common_place(name, [input, indices])
    kernel = ints(name, "kernel_size", kernel_size, ndim)
    steps = kernel if stride is None else ints(name, "stride", stride, ndim)
    pads = ints(name, "padding", padding, ndim)
    shape = tuple(input._array.shape)
    if len(shape) not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"Input to {name} should be a {ndim + 1}d or {ndim + 2}d Tensor, but got a tensor with "
            f"{len(shape)} dimensions."
        )
    size = _unpooled_size(ndim, shape, kernel, steps, pads, output_size)
    if indices.dtype.name != "int64":
        raise RuntimeError(
            "elements in indices should be type int64 but got: " + indices.dtype.name
        )
    if tuple(indices._array.shape) != shape:
        raise RuntimeError(
            f"Expected shape of indices to be: {list(shape)} but got: "
            f"{list(indices._array.shape)}, in {name}()"
        )
    if prod(shape):
        xp = input._place.xp
        low, high = int(xp.min(indices._array)), int(xp.max(indices._array))
        if low < 0 or high >= prod(size):
            raise RuntimeError(
                f"Found an invalid max index: {low if low < 0 else high} (output volumes are of "
                f"size {'x'.join(map(str, size))}), in {name}()"
            )
    return ops.unpool.record(input, indices, size)


def _unpooled_size(
    ndim: int, shape: Any, kernel: Any, steps: Any, pads: Any, output_size: Any
) -> tuple[int, ...]:
    inner = shape[len(shape) - ndim :]
    default = tuple(
        (n - 1) * s + k - 2 * p for n, k, s, p in zip(inner, kernel, steps, pads, strict=True)
    )
    if output_size is None:
        return default
    size = tuple(as_index(n) for n in output_size)
    if len(size) == ndim + 2:
        size = size[2:]
    if len(size) != ndim:
        raise ValueError(
            f"output_size should be a sequence containing {ndim} or {ndim + 2} elements, but it "
            f"has a length of '{len(size)}'"
        )
    for k, (n, near, s) in enumerate(zip(size, default, steps, strict=True)):
        if not near - s < n < near + s:
            raise ValueError(
                f'invalid output_size "{list(size)}" (dim {k} must be between {near - s} and '
                f"{near + s})"
            )
    return size


# -- adaptive -------------------------------------------------------------------------------


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
        raise RuntimeError(f'"{name}" not implemented for \'{input.dtype.name.capitalize()}\'')
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
        raise RuntimeError(f'"{name}" not implemented for \'{input.dtype.name.capitalize()}\'')
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
