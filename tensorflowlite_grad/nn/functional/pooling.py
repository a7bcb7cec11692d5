"""Average and power-average pooling."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ...backend.resampling import AxisMap, Run
from ...dtypes import Kind
from ...functions import elementwise
from ...functions.arguments import as_tensor_argument
from ...functions.outputs import takes_out
from ...functions.scattering import masked_fill
from ...ops import resampling as ops
from . import max_pooling
from .sizes import ints, narrowed, pooled, unsupported, widened

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
]


def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the means of windows of signals; see `avg_pool2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.avg_pool1d(tg.tensor([[[1.0, 3.0, 5.0, 7.0]]]), 2)
    tensor([[[2., 6.]]])
    """
    return _averaged(
        "avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None
    )


@takes_out()
def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Return the means of windows of images.

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels, height, width), or without the batch.
    kernel_size : int or tuple of int
    stride : int or tuple of int, optional
        The kernel's size by default, so that windows lie side by side.
    padding : int or tuple of int
        Zeros around the input.
    ceil_mode : bool
        Whether a last window may reach beyond the padding.
    count_include_pad : bool
        Whether the padding's zeros count in the means.
    divisor_override : int, optional
        Divide the sums by this instead.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.avg_pool2d(tg.tensor([[[1.0, 2.0], [3.0, 6.0]]]), 2)
    tensor([[[3.]]])
    """
    return _averaged(
        "avg_pool2d",
        2,
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


@takes_out()
def avg_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Return the means of windows of volumes; see `avg_pool2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.avg_pool3d(tg.ones(1, 2, 2, 2), 2)
    tensor([[[[1.]]]])
    """
    return _averaged(
        "avg_pool3d",
        3,
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


def _averaged(
    name: str,
    ndim: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Any:
    if divisor == 0:
        raise RuntimeError(f"divisor must be not zero, in {name}()")
    input, geometry, count = pooled(name, input, ndim, kernel_size, stride, padding, 1, ceil_mode)
    kernel, steps, pads, _ = geometry
    size = tuple(input._array.shape[input._array.ndim - ndim :])
    axes = zip(size, kernel, steps, pads, count, strict=True)
    if input.dtype.kind < Kind.FLOAT:
        return _averaged_integers(name, input, list(axes), count_include_pad, divisor)
    maps = tuple(
        (k - ndim, _average(*axis, count_include_pad, _share(divisor, k)))
        for k, axis in enumerate(axes)
    )
    return narrowed(ops.avg_pool.record(widened(input), maps), input)


def _share(divisor: int | None, axis: int) -> int | None:
    """Return the divisor for one axis: the first takes it all."""
    return divisor if divisor is None or not axis else 1


@lru_cache(maxsize=256)
def _average(
    size: int, kernel: int, stride: int, padding: int, count: int, include: bool, divisor: Any
) -> AxisMap:
    starts = [k * stride - padding for k in range(count)]
    taps: list[Any] = []
    for j in range(kernel):
        inside = tuple(n + j if 0 <= n + j < size else -1 for n in starts)
        taps.append((inside, None))
    shares = _counts(size, kernel, padding, starts, include)
    after = tuple(1 / n if n > 0 else 0.0 for n in shares)
    if divisor is not None:
        after = (1 / divisor,) * count
    return AxisMap(size, count, taps, after=after)


def _counts(size: int, kernel: int, padding: int, starts: list[int], include: bool) -> list[int]:
    if include:
        return [min(n + kernel, size + padding) - n for n in starts]
    return [min(n + kernel, size) - max(n, 0) for n in starts]


def _averaged_integers(name: str, input: Any, axes: Any, include: bool, divisor: Any) -> Any:
    """Return sums divided without a rest, as PyTorch has it."""
    if input.dtype.name != "int64":
        raise unsupported(name, input)
    ndim = len(axes)
    maps = tuple((k - ndim, _average(*axis, include, 1)) for k, axis in enumerate(axes))
    total = ops.avg_pool.record(input, maps)
    if divisor is not None:
        return elementwise.div(total, divisor, rounding_mode="trunc")
    for k, (size, kernel, stride, padding, count) in enumerate(axes):
        starts = [i * stride - padding for i in range(count)]
        shares = [max(n, 1) for n in _counts(size, kernel, padding, starts, include)]
        place = total._place
        host = place.xp.asarray(shares, dtype=total._array.dtype)
        shaped = place.xp.reshape(host, (-1,) + (1,) * (ndim - k - 1))
        total = elementwise.div(total, place.wrap(shaped, place), rounding_mode="trunc")
    return total


# -- adaptive -------------------------------------------------------------------------------


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Tensor:
    """Return the means of as many windows of signals as asked for; see `adaptive_avg_pool2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.adaptive_avg_pool1d(tg.tensor([[1.0, 2.0, 3.0]]), 2)
    tensor([[1.5000, 2.5000]])
    """
    return _adaptive("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Tensor:
    """Return the means of a grid of windows that cover images.

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels, height, width), or without the batch.
    output_size : int or tuple of int
        How many windows there are along each axis; None for the input's own size.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.adaptive_avg_pool2d(tg.ones(3, 5, 7), (1, None)).shape
    tensorflowlite_grad.Size([3, 1, 7])
    """
    return _adaptive("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Tensor:
    """Return the means of a grid of windows that cover volumes; see `adaptive_avg_pool2d`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.adaptive_avg_pool3d(tg.ones(3, 5, 7, 2), 1).shape
    tensorflowlite_grad.Size([3, 1, 1, 1])
    """
    return _adaptive("adaptive_avg_pool3d", 3, input, output_size)


def adaptive_size(name: str, input: Any, output_size: Any, ndim: int) -> tuple[int, ...]:
    """Return the size that adaptive pooling is to have, with None filled in.

    Raises
    ------
    RuntimeError
        If it has the wrong length.
    ValueError
        If the input has too few axes.
    """
    shape = tuple(input._array.shape)
    if not isinstance(output_size, (tuple, list)):
        output_size = (output_size,) * ndim
    if ndim > 1 and len(shape) <= len(output_size):
        raise ValueError(
            f"Input dimension should be at least {len(output_size) + 1}: {name}() of shape "
            f"{list(shape)} with output_size {output_size}"
        )
    if len(output_size) != ndim:
        if ndim == 1:
            raise RuntimeError(f"{name}: 'output_size' should contain one int, not {output_size}")
        internal = "internal error: " if "max" in name else ""
        raise RuntimeError(f"{internal}{name}: output_size must be {ndim} ints, not {output_size}")
    if len(shape) not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"{name}(): Expected {ndim + 1}D or {ndim + 2}D tensor, but got {list(shape)}"
        )
    size = shape[len(shape) - ndim :]
    if not all(size if "avg" in name else shape[-ndim - 1 :]):
        raise RuntimeError(
            f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input "
            f"has sizes {list(shape)}"
        )
    try:
        return tuple(
            n if want is None else as_index(want) for n, want in zip(size, output_size, strict=True)
        )
    except TypeError:
        raise TypeError(
            f"{name}(): argument 'output_size' must be ints or None, not {output_size}"
        ) from None


def windows(size: int, count: int) -> list[tuple[int, int]]:
    """Return the (start, stop) of the windows of adaptive pooling along an axis."""
    return [(k * size // count, -(-(k + 1) * size // count)) for k in range(count)]


def _adaptive(name: str, ndim: int, input: Any, output_size: Any) -> Any:
    input = as_tensor_argument(name, input)
    count = adaptive_size(name, input, output_size, ndim)
    if min(count) < 0:
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received "
            f"{list(count)}"
        )
    if input.dtype.kind is not Kind.FLOAT:
        raise unsupported(name, input)
    size = input._array.shape[input._array.ndim - ndim :]
    maps = tuple(
        (k - ndim, adaptive_map(n, m)) for k, (n, m) in enumerate(zip(size, count, strict=True))
    )
    return narrowed(ops.adaptive_avg_pool.record(widened(input), maps), input)


@lru_cache(maxsize=256)
def adaptive_map(size: int, count: int) -> AxisMap:
    """Return the map that takes means of windows which cover an axis."""
    bounds = windows(size, count)
    after = tuple(1 / (stop - start) for start, stop in bounds)
    width = max((stop - start for start, stop in bounds), default=0)
    if count < width:  # few long sums
        runs = tuple(
            Run(k, 0, start, 1, stop - start, None) for k, (start, stop) in enumerate(bounds)
        )
        return AxisMap(size, count, [], after=after, runs=runs)
    taps: list[Any] = []
    for j in range(width):
        taps.append((tuple(a + j if a + j < b else -1 for a, b in bounds), None))
    return AxisMap(size, count, taps, after=after)


# -- power averages -------------------------------------------------------------------------


def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """Return the `norm_type`-norms of windows of signals.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.lp_pool1d(tg.tensor([[3.0, 4.0]]), 2, 2)
    tensor([[5.]])
    """
    return _powers(1, avg_pool1d, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """Return the `norm_type`-norms of windows of images.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.lp_pool2d(tg.ones(1, 2, 2), 2, 2)
    tensor([[[2.]]])
    """
    return _powers(2, avg_pool2d, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """Return the `norm_type`-norms of windows of volumes.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.lp_pool3d(tg.ones(1, 2, 2, 2), 3, 2)
    tensor([[[[2.]]]])
    """
    return _powers(3, avg_pool3d, input, norm_type, kernel_size, stride, ceil_mode)


def _powers(
    ndim: int, pool: Any, input: Any, norm_type: float, kernel_size: Any, stride: Any, ceil: bool
) -> Any:
    name = f"lp_pool{ndim}d"
    input = as_tensor_argument(name, input)
    kernel = ints(name, "kernel_size", kernel_size, ndim)
    if abs(norm_type) == float("inf"):
        size, sign = elementwise.abs(input), 1 if norm_type > 0 else -1
        most = getattr(max_pooling, f"max_pool{ndim}d")
        return most(size * sign, kernel, stride, 0, 1, ceil) * sign
    mean = pool(elementwise.pow(input, norm_type), kernel, stride, 0, ceil)
    # Where all is zero the slope is taken as zero, not infinite.
    nothing = mean.detach() == 0
    root = elementwise.pow(masked_fill(mean, nothing, 1.0) * prod(kernel), 1.0 / norm_type)
    return masked_fill(root, nothing, 0.0)
