"""What functions of masked tensors share: the mask, and elements that change no result."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..dtypes import Kind
from ..ops import conversion
from . import elementwise
from .arguments import as_tensor_argument
from .shape import expand

__all__ = [
    "converted",
    "dims_of",
    "greatest",
    "least",
    "mask_of",
    "ordered",
    "sum_dtype",
    "without",
]


def mask_of(name: str, input: Any, mask: Any) -> Any:
    """Return a mask as it fits the input; IndexError if it has more axes."""
    mask = as_tensor_argument(name, mask, "mask").detach()
    ndim, wanted = mask._array.ndim, input._array.ndim
    if ndim > wanted:
        raise IndexError(
            "_input_mask expected broadcastable mask (got mask dimensionality higher than of the "
            f"input): {ndim} and {wanted}, in masked.{name}()"
        )
    if tuple(mask._array.shape) != tuple(input._array.shape):
        mask = expand(mask, tuple(input._array.shape))
    return conversion.cast(mask, dtypes.bool_)


def least(d: Any) -> Any:
    """Return what no element of a dtype is less than."""
    if d.kind is Kind.FLOAT:
        return -float("inf")
    return -(2 ** (8 * d.itemsize - 1)) if d.is_signed else 0


def greatest(d: Any) -> Any:
    """Return what no element of a dtype is greater than."""
    if d.kind is Kind.FLOAT:
        return float("inf")
    return 2 ** (8 * d.itemsize - d.is_signed) - 1


def without(name: str, input: Any, mask: Any, neutral: Any) -> Any:
    """Return the input with masked elements replaced by what does not change a result."""
    if mask is None:
        return input
    return elementwise.where(mask_of(name, input, mask), input, neutral)


def ordered(name: str, input: Any) -> Any:
    """Return the input as a tensor; NotImplementedError without an order."""
    input = as_tensor_argument(name, input)
    if input.dtype.is_complex or input.dtype is dtypes.bool_:
        raise NotImplementedError(
            f"masked.{name}(): has no neutral element for dtype {input.dtype.name}: it is for "
            "numbers that have an order"
        )
    return input


def dims_of(dim: Any) -> Any:
    """Return the axes to reduce; None, or a list of none, is for all."""
    return None if isinstance(dim, (tuple, list)) and not dim else dim


def converted(out: Any, dtype: Any) -> Any:
    """Return a result in a dtype, if one is wanted."""
    return out if dtype is None else conversion.cast(out, dtype)


def sum_dtype(input: Any, dtype: Any) -> Any:
    """Return the dtype of a sum: integers are added as int64."""
    if dtype is not None:
        return dtype
    return input.dtype if input.dtype.kind >= Kind.FLOAT else dtypes.int64
