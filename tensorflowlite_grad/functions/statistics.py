"""Statistics: medians, quantiles, moments together, sums without NaN, covariance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes, return_types
from ..autograd.graph import Variable
from ..dtypes import Kind
from ..ops import conversion
from ..ops import sorting as ops
from ..ops.shape import reshape_copy
from . import reductions
from .arguments import as_tensor_argument, holds, one_of, reduction
from .arguments import axis as axis_of
from .comparison import isnan, lt
from .elementwise import ceil, clamp, floor, lerp, round, sqrt, where
from .gathering import gather
from .outputs import takes_out
from .products import matmul
from .shape import movedim
from .sorting import as_vector, like_input, no_elements, refuse_types, selected, sort

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "corrcoef",
    "cov",
    "median",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "quantile",
    "std_mean",
    "var_mean",
]


def _median(
    name: str, whole: Any, along: Any, result: Any, input: Any, dim: Any, keep: bool
) -> Any:
    input = as_tensor_argument(name, input)
    refuse_types(name, input, dtypes.bool_)
    if dim is None:
        if not input.numel():
            number = float("nan") if input.dtype.is_floating_point else 0
            place = input._place
            out = place.wrap(place.scalar(number, place.native(input.dtype)), place)
            return out + input.sum() if input.requires_grad else out
        return whole.record(input)
    d = axis_of(name, dim, input._array.ndim)
    x = as_vector(input)
    if not x._array.shape[d]:
        raise no_elements(name, d, input)
    positions = ops.median_position.record(x.detach(), d, name == "nanmedian")
    return like_input(input, result, selected(along, x, positions, d, keep))


@takes_out()
def median(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Any = None,
) -> Any:
    """Return the median, the lower one of two, or along `dim` the medians and where they are.

    Returns
    -------
    Tensor or (values, indices)
        NaN where there is one. Over all elements, ties share the gradient.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.median(tg.tensor([3.0, 1.0, 2.0, 4.0]))
    tensor(2.)
    >>> tg.median(tg.tensor([[3.0, 1.0, 2.0]]), dim=1).indices
    tensor([2])
    """
    dim = one_of("median", dim, axis, "dim and axis", None)
    keep = bool(one_of("median", keepdim, keepdims, "keepdim and keepdims", False))
    return _median("median", ops.median, ops.median_dim, return_types.median, input, dim, keep)


@takes_out()
def nanmedian(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Any = None,
) -> Any:
    """Return the median of the elements that are not NaN: see `median`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nanmedian(tg.tensor([3.0, float("nan"), 2.0]))
    tensor(2.)
    """
    dim = one_of("nanmedian", dim, axis, "dim and axis", None)
    keep = bool(one_of("nanmedian", keepdim, keepdims, "keepdim and keepdims", False))
    result = return_types.nanmedian
    return _median("nanmedian", ops.nanmedian, ops.nanmedian_dim, result, input, dim, keep)


@takes_out("cast")
def nansum(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the sum of the elements that are not NaN.

    Raises
    ------
    RuntimeError
        If the elements are complex.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nansum(tg.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    input = as_tensor_argument("nansum", input)
    if input.dtype.is_complex:
        raise RuntimeError("nansum on CPU does not support complex inputs; use real and imag")
    if input.dtype.kind is Kind.FLOAT:
        input = where(isnan(input), 0.0, input)
    return reductions.sum(input, dim, keepdim, dtype=dtype, axis=axis, keepdims=keepdims)


@takes_out("cast")
def nanmean(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the mean of the elements that are not NaN; NaN where there are none.

    Raises
    ------
    RuntimeError
        If the elements are integers.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nanmean(tg.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    input, dims, keep = reduction("nanmean", input, dim, axis, keepdim, keepdims)
    if input.dtype.kind < Kind.FLOAT:
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{dtypes.LEGACY_NAMES[input.dtype.name]}; convert with .float()"
        )
    missing = isnan(input)
    count = reductions.sum(~missing, dims, keep)
    total = reductions.sum(where(missing, 0.0, input), dims, keep, dtype=dtype)
    return total / count


def std_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = 1,
    axis: Any = None,
    keepdims: Any = None,
) -> tuple[Tensor, Tensor]:
    """Return the standard deviation and the mean: see `std` and `mean`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.std_mean(tg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    return _with_mean(
        "std_mean",
        reductions.std,
        input,
        dim,
        unbiased,
        keepdim,
        correction=correction,
        axis=axis,
        keepdims=keepdims,
    )


def var_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = 1,
    axis: Any = None,
    keepdims: Any = None,
) -> tuple[Tensor, Tensor]:
    """Return the variance and the mean: see `var` and `mean`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.var_mean(tg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    return _with_mean(
        "var_mean",
        reductions.var,
        input,
        dim,
        unbiased,
        keepdim,
        correction=correction,
        axis=axis,
        keepdims=keepdims,
    )


def _with_mean(
    name: str, spread: Any, input: Any, dim: Any, unbiased: Any, keepdim: Any, **options: Any
) -> tuple[Tensor, Tensor]:
    input = as_tensor_argument(name, input)
    if input.dtype.kind < Kind.FLOAT:
        raise RuntimeError(f"{name} only support floating point and complex dtypes")
    first = spread(input, dim, unbiased, keepdim, **options)
    if isinstance(dim, bool):
        dim = None
    axis, keepdims = options["axis"], options["keepdims"]
    return first, reductions.mean(input, dim, keepdim, axis=axis, keepdims=keepdims)


INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@takes_out()
def quantile(
    input: Any,
    q: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the quantiles of all elements, or along `dim`.

    Parameters
    ----------
    input : Tensor
    q : float or Tensor
        Which quantiles, of [0, 1]; those of a vector come along a new first axis.
    dim : int, optional
    keepdim : bool
    interpolation : {'linear', 'lower', 'higher', 'midpoint', 'nearest'}
        How a quantile between two elements is made of them.

    Returns
    -------
    Tensor
        NaN where there is one among the elements.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.quantile(tg.tensor([1.0, 2.0, 4.0]), tg.tensor([0.25, 0.5]))
    tensor([1.5000, 2.0000])
    """
    return _quantile(
        "quantile", input, q, dim, keepdim, interpolation, axis, keepdims, ignore_nan=False
    )


@takes_out()
def nanquantile(
    input: Any,
    q: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the quantiles of the elements that are not NaN: see `quantile`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nanquantile(tg.tensor([1.0, float("nan"), 4.0]), 0.5)
    tensor(2.5000)
    """
    return _quantile(
        "nanquantile", input, q, dim, keepdim, interpolation, axis, keepdims, ignore_nan=True
    )


def _quantile(
    name: str,
    input: Any,
    q: Any,
    dim: Any,
    keepdim: Any,
    interpolation: str,
    axis: Any,
    keepdims: Any,
    *,
    ignore_nan: bool,
) -> Any:
    input = as_tensor_argument(name, input)
    dim = one_of(name, dim, axis, "dim and axis", None)
    keep = bool(one_of(name, keepdim, keepdims, "keepdim and keepdims", False))
    d = None if dim is None else axis_of(name, dim, input._array.ndim)
    q = _fractions(name, input, q)
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {interpolation}"
        )
    # The quantiled axis goes last, those of `q` beside it.
    ndim = input._array.ndim
    rows = input.reshape(-1) if d is None else movedim(as_vector(input), d, -1)
    last = rows._array.shape[-1] - 1
    missing = isnan(rows.detach())
    lead = tuple(rows._array.shape[:-1])
    if ignore_nan:
        top = last - reductions.sum(missing, -1, True)
        ranks = clamp(q * top.to(input.dtype), min=0)
    else:
        some = reductions.any(missing, -1, True)
        ranks = where(some, float(last), q * last)
    ranks = ranks.expand((*lead, q.numel()))
    if interpolation == "nearest":
        ranks = round(ranks)
    elif interpolation == "lower":
        ranks = floor(ranks)
    elif interpolation == "higher":
        ranks = ceil(ranks)
    ordered = sort(rows, -1).values
    below = ranks.detach().to(dtypes.int64)
    out = gather(ordered, -1, below)
    if interpolation in ("linear", "midpoint"):
        above = gather(ordered, -1, ceil(ranks.detach()).to(dtypes.int64))
        if interpolation == "midpoint":
            out = lerp(out, above, 0.5)
        else:
            out = lerp(out, above, ranks - below.to(input.dtype))
    out = _quantile_shape(out, q, d, ndim, keep)
    return reshape_copy.record(out, tuple(out._array.shape))


def _quantile_shape(out: Any, q: Any, d: int | None, ndim: int, keep: bool) -> Any:
    """Return quantiles with their axis in front, or none for a single one."""
    if keep and d is None:
        out = out.reshape((1,) * ndim + (q.numel(),))
    elif keep and ndim:
        out = movedim(out.unsqueeze(-1), -1, d)
    elif not ndim:
        out = out.reshape(q.numel())
    return movedim(out, -1, 0) if q._array.ndim else out.squeeze(-1)


def _fractions(name: str, input: Any, q: Any) -> Any:
    """Return what quantiles are asked for, as a tensor of the input's dtype, checked."""
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(
            f"{name}() input tensor must be either float or double dtype, not {input.dtype.name}"
        )
    if not input.numel():
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if isinstance(q, Variable):
        return _fraction_tensor(name, input, q)
    if not 0 <= q <= 1:
        raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q}")
    return input.new_tensor(float(q))


def _fraction_tensor(name: str, input: Any, q: Any) -> Any:
    if q._array.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor, got {q._array.ndim}-D")
    if q.dtype is not input.dtype:
        raise RuntimeError(
            f"{name}() q tensor must be same dtype as the input tensor: {q.dtype.name} and "
            f"{input.dtype.name}"
        )
    if q._place.root is not input._place.root:
        raise RuntimeError(f"{name}() q tensor must be on the same device as the input tensor")
    known = q.detach()
    if not holds(((known >= 0) & (known <= 1)).all(), True):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    return q


def _observations(name: str, input: Any) -> Any:
    input = as_tensor_argument(name, input)
    if input._array.ndim > 2:
        raise RuntimeError(
            f"{name}(): expected input to have two or fewer dimensions but got an input with "
            f"{input._array.ndim} dimensions"
        )
    return input


def _weights(name: str, weights: Any, count: int, integral: bool) -> Any:
    if weights._array.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with "
            f"{weights._array.ndim} dimensions"
        )
    if integral and weights.dtype.kind is not Kind.INT:
        raise RuntimeError(
            f"cov(): expected fweights to have integral dtype but got fweights with "
            f"{dtypes.LEGACY_NAMES[weights.dtype.name]} dtype"
        )
    if not integral and weights.dtype.kind is not Kind.FLOAT:
        raise RuntimeError(
            f"cov(): expected aweights to have floating point dtype but got aweights with "
            f"{dtypes.LEGACY_NAMES[weights.dtype.name]} dtype"
        )
    if weights.numel() != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the "
            f"input but got {weights.numel()} != {count}"
        )
    if holds(lt(weights.detach(), 0).any(), False):
        raise RuntimeError(f"cov(): {name} cannot be negative")
    return weights


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
    """Return the covariance matrix of the variables that are the rows of `input`.

    Parameters
    ----------
    input : Tensor
        A matrix with an observation in each column, or the observations of one variable.
    correction : int
        Taken from the count of observations that sums of products are divided by.
    fweights, aweights : Tensor, optional
        How often each observation was made, integers; how much each counts.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cov(tg.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    input = _observations("cov", input)
    rows = input if input._array.ndim == 2 else input.reshape(1, -1)
    count = rows._array.shape[1]
    weight = None
    if fweights is not None:
        weight = _weights("fweights", fweights, count, True)
    if aweights is not None:
        checked = _weights("aweights", aweights, count, False)
        weight = checked if weight is None else weight * checked
    if not rows.is_floating_point() and not rows.dtype.is_complex:
        rows = conversion.cast(rows, dtypes.get_default_dtype())
    total = count if weight is None else weight.sum()
    if weight is None:
        average = reductions.sum(rows, 1, True) / (count or float("nan"))
    else:
        average = reductions.sum(rows * weight, 1, True) / total
        if not count or not holds((total.detach() != 0).all(), True):
            raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    if weight is None or correction == 0 or aweights is None:
        freedom = total - correction
    else:
        freedom = total - correction * (weight * aweights).sum() / total
    centred = rows - average
    other = centred if weight is None else centred * weight
    products = matmul(centred, other.mT.conj() if other.dtype.is_complex else other.mT)
    if isinstance(freedom, Variable):
        out = products / clamp(freedom, min=0)
    else:
        zero = products.new_zeros(()) if freedom <= 0 else None
        out = products / max(freedom, 1) if zero is None else products / zero
    return out.squeeze()


def corrcoef(input: Any) -> Tensor:
    """Return the matrix of correlation coefficients of the rows of `input`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.corrcoef(tg.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    c = cov(_observations("corrcoef", input))
    if not c._array.ndim:
        return c / c
    d = c.diagonal()
    spread = sqrt(d.real if d.dtype.is_complex else d)
    c = c / spread.unsqueeze(-1) / spread.unsqueeze(0)
    if c.dtype.is_complex:
        real, imaginary = clamp(c.real, -1, 1), clamp(c.imag, -1, 1)
        return real + 1j * imaginary
    return clamp(c, -1, 1)
