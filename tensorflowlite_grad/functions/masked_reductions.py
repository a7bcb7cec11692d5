"""Reductions that leave out masked elements, in PyTorch's spelling.

Each takes ``mask``, a tensor of bools that broadcasts to the input: elements where it is False
count as if they were not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..ops import conversion
from . import elementwise, extremes, reductions, statistics
from .arguments import as_tensor_argument
from .masking import converted, dims_of, greatest, least, mask_of, ordered, sum_dtype, without

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "amax",
    "amin",
    "argmax",
    "argmin",
    "logsumexp",
    "mean",
    "median",
    "norm",
    "prod",
    "std",
    "sum",
    "var",
]


def sum(
    input: Any,
    dim: Any = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the sum of the elements that the mask leaves.

    Parameters
    ----------
    input : Tensor
    dim : int or tuple of int, optional
        All axes by default.
    keepdim : bool
    dtype : dtype, optional
    mask : Tensor, optional
        False where elements are left out.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.sum(x, mask=mask)
    tensor(4.)
    """
    input = as_tensor_argument("sum", input)
    filled = without("sum", input, mask, 0)
    return reductions.sum(filled, dims_of(dim), bool(keepdim), dtype=sum_dtype(input, dtype))


def prod(
    input: Any,
    dim: Any = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the product of the elements that the mask leaves.

    See `sum` for the parameters.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.prod(x, mask=mask)
    tensor(3.)
    """
    input = as_tensor_argument("prod", input)
    filled = without("prod", input, mask, 1)
    return reductions.prod(filled, dims_of(dim), bool(keepdim), dtype=sum_dtype(input, dtype))


def amax(
    input: Any,
    dim: Any = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the greatest of the elements that the mask leaves.

    See `sum` for the parameters.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.amax(x, mask=mask)
    tensor(3.)
    """
    input = ordered("amax", input)
    filled = without("amax", input, mask, least(input.dtype))
    return converted(extremes.amax(filled, dims_of(dim), bool(keepdim)), dtype)


def amin(
    input: Any,
    dim: Any = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the least of the elements that the mask leaves.

    See `sum` for the parameters.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.amin(x, mask=mask)
    tensor(1.)
    """
    input = ordered("amin", input)
    filled = without("amin", input, mask, greatest(input.dtype))
    return converted(extremes.amin(filled, dims_of(dim), bool(keepdim)), dtype)


def argmax(
    input: Any,
    dim: Any = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return where the greatest of the elements that the mask leaves is.

    As in PyTorch, positions have the dtype of the input unless `dtype` is given. See `sum` for
    the other parameters.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.argmax(x, mask=mask)
    tensor(0.)
    """
    input = ordered("argmax", input)
    filled = without("argmax", input, mask, least(input.dtype))
    return converted(extremes.argmax(filled, dim, bool(keepdim)), dtype or input.dtype)


def argmin(
    input: Any,
    dim: Any = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return where the least of the elements that the mask leaves is.

    As in PyTorch, positions have the dtype of the input unless `dtype` is given. See `sum` for
    the other parameters.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.argmin(x, mask=mask)
    tensor(1.)
    """
    input = ordered("argmin", input)
    filled = without("argmin", input, mask, greatest(input.dtype))
    return converted(extremes.argmin(filled, dim, bool(keepdim)), dtype or input.dtype)


def mean(
    input: Any,
    dim: Any = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the mean of the elements that the mask leaves; NaN of none.

    See `sum` for the parameters.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.mean(x, mask=mask)
    tensor(2.)
    """
    input = as_tensor_argument("mean", input)
    wanted = dtype or input.dtype
    if not wanted.is_differentiable:
        raise ValueError(
            "mean(): Could not infer output dtype. "
            f"{'Input' if dtype is None else 'Optional'} dtype must be either a floating point or "
            f"complex dtype. Got: {wanted}"
        )
    return _total_and_count("mean", input, dims_of(dim), bool(keepdim), wanted, mask)[2]


def _total_and_count(
    name: str, input: Any, dim: Any, keep: bool, dtype: Any, mask: Any
) -> tuple[Any, Any, Any]:
    """Return sums over axes, of how many elements, and their quotient."""
    total = reductions.sum(without(name, input, mask, 0), dim, keep, dtype=dtype)
    counted = input.new_ones(tuple(input._array.shape), dtype=dtypes.bool_)
    counted = counted if mask is None else mask_of(name, input, mask)
    count = reductions.sum(counted, dim, keep)
    return total, count, total / count


def median(
    input: Any,
    dim: Any = -1,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the median of the elements that the mask leaves, the lower one of two.

    Of none it is NaN, which integers do not have. See `sum` for the parameters.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.median(x, mask=mask)
    tensor(1.)
    """
    input = as_tensor_argument("median", input)
    real = input.dtype.is_floating_point
    floating = input if real else conversion.cast(input, dtypes.get_default_dtype())
    filled = without("median", floating, mask, float("nan"))
    out: Tensor = statistics.nanmedian(filled, dim, bool(keepdim)).values
    if real:
        return out
    if bool((out != out).any()):
        raise ValueError(
            "masked median expects no fully masked out rows if dtype is not floating point"
        )
    return converted(out, dtype or input.dtype)


def logsumexp(
    input: Any,
    dim: Any = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the log-sum-exp of the elements that the mask leaves; -inf of none.

    See `sum` for the parameters.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.logsumexp(x, mask=mask)
    tensor(3.1269)
    """
    input = as_tensor_argument("logsumexp", input)
    neutral = -float("inf") if input.dtype.is_complex else least(input.dtype)
    filled = without("logsumexp", input, mask, neutral)
    return converted(
        reductions.logsumexp(filled, dims_of(dim), bool(keepdim)), dtype or input.dtype
    )


def norm(
    input: Any,
    ord: float | None = 2.0,
    dim: Any = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the vector norm of order `ord` of the elements that the mask leaves.

    See `sum` for the other parameters.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 4.0]), tg.tensor([True, False, True])
    >>> tg.masked.norm(x, mask=mask)
    tensor(5.)
    """
    input = as_tensor_argument("norm", input)
    order = 2.0 if ord is None else ord
    neutral = float("inf") if order == -float("inf") else 0
    filled = without("norm", input, mask, neutral)
    return reductions.vector_norm(filled, order, dims_of(dim), bool(keepdim), dtype=dtype)


def _spread(
    name: str, input: Any, dim: Any, unbiased: Any, correction: Any, keepdim: Any, **rest: Any
) -> tuple[Any, Any]:
    """Return the variance, real, and the dtype that the result has."""
    input = as_tensor_argument(name, input)
    if unbiased is not None and correction is not None:
        raise TypeError(f"masked.{name}(): give one of unbiased and correction")
    if unbiased is not None:
        correction = 1 if unbiased else 0
    dtype, mask = rest["dtype"], rest["mask"]
    wanted = dtype or (input.dtype if input.dtype.is_differentiable else dtypes.float32)
    inside = wanted if wanted.is_differentiable else dtypes.float32
    dim = dims_of(dim)
    filled = without(name, input, mask, 0)
    _, count, average = _total_and_count(name, input, dim, True, inside, mask)
    # Masked again: a mean taken from what is left out must not count.
    centred = without(name, filled - average, mask, 0)
    square = centred * centred.conj() if centred.dtype.is_complex else centred * centred
    total = reductions.sum(square.real if square.dtype.is_complex else square, dim, bool(keepdim))
    if not keepdim:
        count = count.reshape(tuple(total._array.shape))
    freedom = conversion.cast(count, total.dtype) - (1 if correction is None else correction)
    return total / elementwise.clamp(freedom, min=0), wanted


def var(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the variance of the elements that the mask leaves.

    As in PyTorch, that of complex numbers is complex. See `sum` and `tensorflowlite_grad.var`
    for the parameters.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.var(x, mask=mask)
    tensor(2.)
    """
    out, wanted = _spread("var", input, dim, unbiased, correction, keepdim, dtype=dtype, mask=mask)
    return converted(out, wanted)


def std(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Return the standard deviation of the elements that the mask leaves: see `var`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, mask = tg.tensor([3.0, 1.0, 5.0]), tg.tensor([True, True, False])
    >>> tg.masked.std(x, mask=mask)
    tensor(1.4142)
    """
    out, wanted = _spread("std", input, dim, unbiased, correction, keepdim, dtype=dtype, mask=mask)
    # The root's slope is inf at 0, where all elements are equal and do not change it.
    flat = out.detach() == 0
    root = elementwise.sqrt(elementwise.where(flat, 1.0, out))
    return converted(elementwise.where(flat, 0.0, root), wanted)
