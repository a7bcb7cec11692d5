"""Reductions, in PyTorch's spelling; ``axis`` and ``keepdims`` are accepted too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..dtypes import Kind
from ..ops import conversion
from ..ops import reductions as ops
from .arguments import as_tensor_argument, one_of, reduction
from .arguments import axis as axis_of

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "all",
    "any",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "log_softmax",
    "logsumexp",
    "mean",
    "norm",
    "prod",
    "softmax",
    "std",
    "sum",
    "var",
]


def _floating(name: str, input: Any) -> Any:
    found = input._place.dtype_of(input._array)
    if found.kind < Kind.FLOAT:
        raise RuntimeError(
            f"{name}(): could not infer output dtype. Input dtype must be either a floating "
            f"point or complex dtype. Got: {found.name.capitalize()}; convert with .float()"
        )
    return input


def _promoted(input: Any, dtype: Any) -> Any:
    """Return the input of a sum: integers are added as int64."""
    if dtype is not None:
        return conversion.cast(input, dtype)
    native = input._array.dtype
    place = input._place
    if native is place.float32 or native is place.float64:
        return input
    if place.dtype_from(native).kind < Kind.FLOAT:
        return conversion.cast(input, dtypes.int64)
    return input


def sum(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
) -> Tensor:
    """Return the sum over all axes, or over `dim`.

    Parameters
    ----------
    input : Tensor
        Integers and bools are summed as int64.
    dim : int or tuple of int, optional
    keepdim : bool
        Whether the summed axes stay, with size 1.
    dtype : dtype, optional
        Convert to it first.

    Raises
    ------
    IndexError
        If `dim` is out of range.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.sum(tg.tensor([[1, 2], [3, 4]]), dim=0)
    tensor([4, 6])
    """
    if dim is None and axis is None and not keepdim and keepdims is None:
        return ops.sum_all.record(_promoted(as_tensor_argument("sum", input), dtype))
    input, dims, keep = reduction("sum", input, dim, axis, keepdim, keepdims)
    return ops.sum_dim.record(_promoted(input, dtype), dims, keep)


def mean(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
) -> Tensor:
    """Return the mean over all axes, or over `dim`.

    Raises
    ------
    RuntimeError
        If the tensor is of integers and `dtype` is not given.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.mean(tg.tensor([1.0, 2.0, 6.0]))
    tensor(3.)
    """
    input, dims, keep = reduction("mean", input, dim, axis, keepdim, keepdims)
    if dtype is not None:
        input = conversion.cast(input, dtype)
    op = ops.mean_all if dims is None and not keep else ops.mean_dim
    return op.record(_floating("mean", input), dims, keep)


def prod(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
) -> Tensor:
    """Return the product over all axes, or over `dim`; its gradient is right at zeros too.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.prod(tg.tensor([1.0, 2.0, 3.0]))
    tensor(6.)
    """
    input, dims, keep = reduction("prod", input, dim, axis, keepdim, keepdims)
    op = ops.prod if dims is None and not keep else ops.prod_dim
    return op.record(_promoted(input, dtype), dims, keep)


def _spread_arguments(
    name: str,
    input: Any,
    dim: Any,
    unbiased: Any,
    correction: Any,
    axis: Any,
    keepdim: Any,
    keepdims: Any,
) -> Any:
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        correction = 1 if unbiased else 0
    input, dims, keep = reduction(name, input, dim, axis, keepdim, keepdims)
    return _floating(name, input), dims, 1 if correction is None else correction, keep


def var(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = 1,
    axis: Any = None,
    keepdims: Any = None,
) -> Tensor:
    """Return the variance over all axes, or over `dim`.

    Parameters
    ----------
    input : Tensor
    dim : int or tuple of int, optional
    unbiased : bool, optional
        Whether `correction` is 1 or 0.
    keepdim : bool
    correction : number
        Taken from the count of elements that the squares are divided by.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.var(tg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return ops.var.record(
        *_spread_arguments("var", input, dim, unbiased, correction, axis, keepdim, keepdims)
    )


def std(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = 1,
    axis: Any = None,
    keepdims: Any = None,
) -> Tensor:
    """Return the standard deviation: the root of `var`; its slope is 0 where it is 0.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.std(tg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return ops.std.record(
        *_spread_arguments("std", input, dim, unbiased, correction, axis, keepdim, keepdims)
    )


def all(
    input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: Any = None
) -> Tensor:
    """Return whether all elements are nonzero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.all(tg.tensor([True, False]))
    tensor(False)
    """
    return _truth(ops.all_, *reduction("all", input, dim, axis, keepdim, keepdims))


def any(
    input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: Any = None
) -> Tensor:
    """Return whether some element is nonzero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.any(tg.tensor([True, False]))
    tensor(True)
    """
    return _truth(ops.any_, *reduction("any", input, dim, axis, keepdim, keepdims))


def _truth(op: Any, input: Any, dims: Any, keep: bool) -> Any:
    out = op.record(input, dims, keep)
    # uint8 was PyTorch's type of truth values once, and stays one here.
    return conversion.cast(out, dtypes.uint8) if input.dtype is dtypes.uint8 else out


def count_nonzero(input: Any, dim: Any = None) -> Tensor:
    """Return how many elements are not zero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.count_nonzero(tg.tensor([0, 5, 6]))
    tensor(2)
    """
    return sum(as_tensor_argument("count_nonzero", input).detach() != 0, dim)


def logsumexp(
    input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: Any = None
) -> Tensor:
    """Return the logarithm of the sum of exponentials, without overflow.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.logsumexp(tg.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    input, dims, keep = reduction("logsumexp", input, dim, axis, keepdim, keepdims)
    return ops.logsumexp.record(_as_float(input), dims, keep)


def _as_float(input: Any) -> Any:
    if input.dtype.kind < Kind.FLOAT:
        return conversion.cast(input, dtypes.get_default_dtype())
    return input


def _along(name: str, op: Any, input: Any, dim: Any, axis: Any, dtype: Any) -> Any:
    input = as_tensor_argument(name, input)
    dim = one_of(name, dim, axis, "dim and axis", None)
    if dim is None:
        raise TypeError(f"{name}(): argument 'dim' is missing; say along which axis")
    d = axis_of(name, dim, input._array.ndim)
    if dtype is not None:
        input = conversion.cast(input, dtype)
    if not input._array.ndim:
        out = op.record(input.reshape(1), 0)
        return out.reshape(())
    return op.record(input, d)


def softmax(input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None) -> Tensor:
    """Return the exponentials along `dim`, scaled to sum to one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.softmax(tg.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return _along("softmax", ops.softmax, _as_float_input(input), dim, axis, dtype)


def log_softmax(input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None) -> Tensor:
    """Return the logarithm of `softmax`, computed without loss.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.log_softmax(tg.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return _along("log_softmax", ops.log_softmax, _as_float_input(input), dim, axis, dtype)


def _as_float_input(input: Any) -> Any:
    input = _as_float(as_tensor_argument("softmax", input))
    if input.dtype.is_complex:
        raise RuntimeError("softmax() and log_softmax() do not support complex input")
    return input


def cumsum(input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None) -> Tensor:
    """Return the running sums along `dim`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cumsum(tg.tensor([1, 2, 3]), dim=0)
    tensor([1, 3, 6])
    """
    input = _promoted(as_tensor_argument("cumsum", input), dtype)
    return _along("cumsum", ops.cumsum, input, dim, axis, None)


def cumprod(input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None) -> Tensor:
    """Return the running products along `dim`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cumprod(tg.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    input = _promoted(as_tensor_argument("cumprod", input), dtype)
    return _along("cumprod", ops.cumprod, input, dim, axis, None)


def norm(
    input: Any,
    p: Any = "fro",
    dim: Any = None,
    keepdim: bool = False,
    dtype: Any = None,
    *,
    axis: Any = None,
    keepdims: Any = None,
) -> Tensor:
    """Return a vector norm: of all elements, or along `dim`.

    Parameters
    ----------
    input : Tensor
    p : number, 'inf', '-inf' or 'fro'
        The order; 2 by default.
    dim : int or tuple of int, optional
    keepdim : bool

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.norm(tg.tensor([3.0, -4.0]))
    tensor(5.)
    """
    if p is None or p == "fro":
        p = 2
    if isinstance(p, str):
        if p not in ("inf", "-inf"):
            raise RuntimeError(f"norm(): order {p!r} is not supported; give a number or 'fro'")
        p = float(p)
    return vector_norm(input, p, dim, keepdim, dtype=dtype, axis=axis, keepdims=keepdims)


def vector_norm(
    x: Any,
    ord: float = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
) -> Tensor:
    """Return the vector norm of order `ord` of all elements, or along `dim`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.vector_norm(tg.tensor([3.0, -4.0]), 1)
    tensor(7.)
    """
    x, dims, keep = reduction("linalg.vector_norm", x, dim, axis, keepdim, keepdims)
    if dtype is not None:
        x = conversion.cast(x, dtype)
    if x.dtype.kind < Kind.FLOAT:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{x.dtype.name.capitalize()}; convert with .float()"
        )
    if not isinstance(ord, (int, float)):
        raise TypeError(f"norm order must be a number, got {type(ord).__name__}")
    return ops.vector_norm.record(x, ord, dims, keep)
