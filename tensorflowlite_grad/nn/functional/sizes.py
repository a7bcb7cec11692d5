"""Reading sizes, strides and the like: one int for all axes, or one for each."""

from __future__ import annotations

from operator import index as as_index
from typing import Any

from ... import dtypes
from ...backend.windows import reach
from ...functions.arguments import as_tensor_argument
from ...ops import conversion

__all__ = ["ints", "narrowed", "pooled", "pooled_size", "spatial", "unsupported", "widened"]


def ints(name: str, what: str, value: Any, ndim: int) -> tuple[int, ...]:
    """Return `ndim` ints for an argument that is one int, or one for each axis.

    Raises
    ------
    RuntimeError
        If there are more or fewer.
    TypeError
        If something in it is no int.
    """
    items = list(value) if isinstance(value, (tuple, list)) else [value]
    try:
        if any(isinstance(n, bool) for n in items):
            raise TypeError
        found = tuple(as_index(n) for n in items)
    except TypeError:
        raise TypeError(
            f"{name}(): argument {what!r} must be tuple of ints, not {value!r}"
        ) from None
    if len(found) == 1:
        return found * ndim
    if len(found) != ndim:
        count = "one int" if ndim == 1 else f"a single int, or a tuple of {ndim} ints"
        raise RuntimeError(f"{name}(): {what} must be {count}, but got {value!r}")
    return found


def widened(input: Any) -> Any:
    """Return half precision as single, in which sums of it are computed."""
    return conversion.cast(input, dtypes.float32) if input.dtype is dtypes.float16 else input


def narrowed(out: Any, input: Any) -> Any:
    """Return a result in the dtype of what it was computed from."""
    return conversion.cast(out, input.dtype)


def unsupported(name: str, input: Any) -> NotImplementedError:
    """Return the error for a dtype that a function does not take."""
    return NotImplementedError(
        f"\"{name}\" not implemented for '{dtypes.LEGACY_NAMES[input.dtype.name]}': convert with "
        ".to(), as in x.float()"
    )


def spatial(name: str, input: Any, ndim: int) -> tuple[Any, bool]:
    """Return an input of convolution with a batch axis, and whether it had one.

    Raises
    ------
    RuntimeError
        If it has neither `ndim` + 2 axes nor one less.
    """
    input = as_tensor_argument(name, input)
    n = input._array.ndim
    if n not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"Expected {ndim + 1}D (unbatched) or {ndim + 2}D (batched) input to {name}, but got "
            f"input of size: {list(input._array.shape)}"
        )
    return (input, True) if n == ndim + 2 else (input.unsqueeze(0), False)


def pooled_size(
    size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> int:
    """Return how many windows pooling has along an axis."""
    left = size + 2 * padding - reach(kernel, dilation)
    if not ceil_mode:
        return left // stride + 1
    count = -(-left // stride) + 1
    # The last window starts inside the input or the padding before it.
    return count - 1 if (count - 1) * stride >= size + padding else count


def pooled(
    name: str,
    input: Any,
    ndim: int,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Any, tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Return a pooling's input, its (kernel, stride, padding, dilation), and how many windows.

    Raises
    ------
    RuntimeError
        If the sizes make no sense, or no window fits.
    """
    input = as_tensor_argument(name, input)
    kernel = ints(name, "kernel_size", kernel_size, ndim)
    if stride is None or (isinstance(stride, (tuple, list)) and not stride):
        steps = kernel
    else:
        steps = ints(name, "stride", stride, ndim)
    pads = ints(name, "padding", padding, ndim)
    gaps = ints(name, "dilation", dilation, ndim)
    for what, values in (("kernel_size", kernel), ("stride", steps), ("dilation", gaps)):
        if min(values) <= 0:
            raise RuntimeError(f"{name}() {what} must be greater than zero, but got {min(values)}")
    if min(pads) < 0:
        raise RuntimeError(f"pad must be non-negative, but got pad: {min(pads)}, in {name}()")
    for k, p, d in zip(kernel, pads, gaps, strict=True):
        if p > reach(k, d) // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={p}, kernel_size={k} and dilation={d}, in {name}()"
            )
    shape = tuple(input._array.shape)
    _check_input(name, shape, ndim)
    size = shape[len(shape) - ndim :]
    geometry = (kernel, steps, pads, gaps)
    count = tuple(pooled_size(*axis, ceil_mode) for axis in zip(size, *geometry, strict=True))
    if min(count) < 1:
        if ndim == 1:
            raise RuntimeError(
                f"Invalid computed output size: {count[0]}: {name}() of shape {list(shape)} with "
                f"a kernel of {kernel[0]}"
            )
        raise RuntimeError(
            f"Given input size: ({'x'.join(map(str, shape))}). Calculated output size: "
            f"({'x'.join(map(str, count))}). Output size is too small, in {name}()"
        )
    return input, geometry, count


def _check_input(name: str, shape: tuple[int, ...], ndim: int) -> None:
    batched = len(shape) == ndim + 2
    if len(shape) in (ndim + 1, ndim + 2) and all(shape[1:] if batched else shape):
        return
    if len(shape) in (ndim + 1, ndim + 2) and ndim == 3:
        raise RuntimeError(
            f"{name}: Expected input's non-batch dimensions to have positive length, but input "
            f"has a shape of {list(shape)}: non-empty 4D or 5D (batch mode) tensor expected"
        )
    if ndim == 3:
        raise RuntimeError(
            f"non-empty 4D or 5D (batch mode) tensor expected for input, but got {name}() of "
            f"shape {list(shape)}"
        )
    raise RuntimeError(
        f"Expected {ndim + 1}D or {ndim + 2}D (batch mode) tensor with optional 0 dim batch size "
        f"for input, but got: {list(shape)}, in {name}()"
    )
