"""Max pooling, and its inverse."""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ...dtypes import Kind
from ...functions.arguments import as_tensor_argument
from ...ops import pooling as ops
from ...ops.promotion import common_place
from .sizes import ints, pooled, unsupported

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
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
        raise unsupported(name, input)
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
