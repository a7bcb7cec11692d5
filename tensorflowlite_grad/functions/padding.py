"""Padding, in PyTorch's spelling."""

from __future__ import annotations

from operator import index as as_index
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..dtypes import Kind
from ..ops import padding as ops
from .arguments import as_tensor_argument
from .factory import number

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["constant_pad_nd"]


def constant_pad_nd(input: Any, pad: Any, value: Any = 0) -> Tensor:
    """Return a copy with a constant around it.

    Parameters
    ----------
    input : Tensor
    pad : sequence of int
        How much to add before and after the last axis, then the last but one, and so on;
        a negative number cuts off.
    value : number

    Raises
    ------
    RuntimeError
        If there are more pairs than axes, or more is cut off than there is.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.constant_pad_nd(tg.tensor([1, 2]), (1, 2), 9)
    tensor([9, 1, 2, 9, 9])
    """
    input = as_tensor_argument("constant_pad_nd", input)
    widths = [as_index(n) for n in pad]
    shape = tuple(input._array.shape)
    if len(widths) % 2:
        raise RuntimeError(f"Length of pad must be even but instead it equals {len(widths)}")
    if len(widths) > 2 * len(shape):
        raise RuntimeError(
            "Length of pad should be no more than twice the number of dimensions of the input. "
            f"Pad length is {len(widths)} while the input has {len(shape)} dimensions."
        )
    missing = (0,) * (len(shape) - len(widths) // 2)
    before = missing + tuple(reversed(widths[::2]))
    after = missing + tuple(reversed(widths[1::2]))
    for n, a, b in zip(shape, before, after, strict=True):
        if n + a + b < 0 or -a > n or -b > n:
            raise RuntimeError(
                f"The input size {n}, plus negative padding {a} and {b}, resulted in a negative "
                f"output size, which is invalid: constant_pad_nd() of shape {list(shape)}"
            )
    return ops.constant_pad.record(input, before, after, fill_value(input, value))


def fill_value(input: Any, value: Any) -> Any:
    """Return a number as one of Python's that the tensor's dtype can hold."""
    value = number(value)
    if hasattr(value, "item"):  # a number of NumPy's
        value = value.item()
    dtype: dtypes.dtype = input.dtype
    if dtype.is_complex:
        return complex(value)
    if isinstance(value, complex):
        raise RuntimeError(
            f"value cannot be converted to type {dtype.name} without overflow: {value} is complex"
        )
    if dtype.kind is Kind.BOOL:
        return bool(value)
    return int(value) if dtype.kind is Kind.INT else float(value)
