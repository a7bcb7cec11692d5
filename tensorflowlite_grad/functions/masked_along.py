"""Running sums, softmaxes and norms along an axis without masked elements.

Each takes ``mask``, a tensor of bools that broadcasts to the input: elements where it is False
count as if they were not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import cumulative, elementwise, masked_reductions, reductions
from .arguments import as_tensor_argument
from .masking import converted, greatest, least, ordered, without

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "cumprod",
    "cumsum",
    "log_softmax",
    "logaddexp",
    "normalize",
    "softmax",
    "softmin",
]


def cumsum(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Tensor:
    """Return the running sums of the elements that the mask leaves.

    Parameters
    ----------
    input : Tensor
    dim : int
    dtype : dtype, optional
    mask : Tensor, optional
        False where elements are left out; the results there mean nothing.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, False, True])
    >>> tg.masked.cumsum(x, 0, mask=mask)
    tensor([3., 3., 8.])
    """
    input = as_tensor_argument("cumsum", input)
    wanted = dtype or input.dtype
    out = cumulative.cumsum(without("cumsum", input, mask, 0), dim, dtype=wanted)
    return converted(out, wanted)


def cumprod(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Tensor:
    """Return the running products of the elements that the mask leaves.

    Parameters
    ----------
    input : Tensor
    dim : int
    dtype : dtype, optional
    mask : Tensor, optional
        False where elements are left out; the results there mean nothing.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, False, True])
    >>> tg.masked.cumprod(x, 0, mask=mask)
    tensor([ 3.,  3., 15.])
    """
    input = as_tensor_argument("cumprod", input)
    wanted = dtype or input.dtype
    out = cumulative.cumprod(without("cumprod", input, mask, 1), dim, dtype=wanted)
    return converted(out, wanted)


def softmax(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Tensor:
    """Return the softmax of the elements that the mask leaves.

    Parameters
    ----------
    input : Tensor
    dim : int
    dtype : dtype, optional
    mask : Tensor, optional
        False where elements are left out; the results there mean nothing.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, False, True])
    >>> tg.masked.softmax(x, 0, mask=mask)
    tensor([0.1192, 0.0000, 0.8808])
    """
    input = ordered("softmax", input)
    filled = without("softmax", input, mask, least(input.dtype))
    return reductions.softmax(filled, dim, dtype=dtype)


def log_softmax(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Tensor:
    """Return the logarithm of `softmax` of the elements that the mask leaves.

    Parameters
    ----------
    input : Tensor
    dim : int
    dtype : dtype, optional
    mask : Tensor, optional
        False where elements are left out; the results there mean nothing.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, False, True])
    >>> tg.masked.log_softmax(x, 0, mask=mask)
    tensor([-2.1269,    -inf, -0.1269])
    """
    input = ordered("log_softmax", input)
    filled = without("log_softmax", input, mask, least(input.dtype))
    return reductions.log_softmax(filled, dim, dtype=dtype)


def softmin(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Tensor:
    """Return the softmax of the negative of the elements that the mask leaves.

    Parameters
    ----------
    input : Tensor
    dim : int
    dtype : dtype, optional
    mask : Tensor, optional
        False where elements are left out; the results there mean nothing.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, False, True])
    >>> tg.masked.softmin(x, 0, mask=mask)
    tensor([0.8808, 0.0000, 0.1192])
    """
    input = ordered("softmin", input)
    filled = without("softmin", input, mask, greatest(input.dtype))
    return reductions.softmax(-filled, dim, dtype=dtype)


def normalize(
    input: Any,
    ord: float,
    dim: int,
    *,
    eps: float = 1e-12,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the elements that the mask leaves over their norm along `dim`, zeros elsewhere.

    Parameters
    ----------
    input : Tensor
    ord : float
        The norm's order.
    dim : int
    eps : float
        What is divided by at least.
    dtype : dtype, optional
    mask : Tensor, optional

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 4.0]), tg.tensor([True, False, True])
    >>> tg.masked.normalize(x, 2.0, 0, mask=mask)
    tensor([0.6000, 0.0000, 0.8000])
    """
    input = as_tensor_argument("normalize", input)
    size = masked_reductions.norm(input, ord, dim, keepdim=True, dtype=dtype, mask=mask)
    filled = without("normalize", input, mask, 0)
    return filled / elementwise.maximum(size, size.new_tensor(eps))


def logaddexp(
    input: Any,
    other: Any,
    *,
    dtype: Any = None,
    input_mask: Any = None,
    other_mask: Any = None,
) -> Tensor:
    """Return ``log(exp(input) + exp(other))``, of the elements that the masks leave.

    Where both are left out it is -inf.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0]), tg.tensor([True, False])
    >>> tg.masked.logaddexp(x, tg.zeros(2), other_mask=mask)
    tensor([3.0486, 1.0000])
    """
    input = ordered("logaddexp", input)
    other = ordered("logaddexp", other)
    first = without("logaddexp", input, input_mask, least(input.dtype))
    second = without("logaddexp", other, other_mask, least(other.dtype))
    return converted(elementwise.logaddexp(first, second), dtype or input.dtype)
