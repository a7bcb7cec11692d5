"""Reductions, in PyTorch's spelling; ``axis`` and ``keepdims`` are accepted too."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..dtypes import Kind
from ..ops import conversion
from ..ops import reductions as ops
from .arguments import as_tensor_argument, one_of, reduction
from .arguments import axis as axis_of
from .elementwise import where
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "all",
    "any",
    "count_nonzero",
    "dist",
    "log_softmax",
    "logsumexp",
    "mean",
    "norm",
    "prod",
    "renorm",
    "softmax",
    "std",
    "sum",
    "var",
]


def _no_mean(whose: str, found: Any) -> RuntimeError:
    return RuntimeError(
        f"mean(): could not infer output dtype. {whose} dtype must be either a floating point or "
        f"complex dtype. Got: {dtypes.LEGACY_NAMES[found.name]}; convert with .float()"
    )


def _floating(input: Any) -> Any:
    found = input._place.dtype_of(input._array)
    if found.kind < Kind.FLOAT:
        raise _no_mean("Input", found)
    return input


def reduced(op: Any, input: Any, *options: Any) -> Any:
    """Run a reduction; half precision is added up in single precision, as in PyTorch."""
    native = input._array.dtype
    place = input._place
    if native is place.float32 or native is place.float64:
        return op.record(input, *options)
    if place.dtype_from(native) is not dtypes.float16:
        return op.record(input, *options)
    out = op.record(conversion.cast(input, dtypes.float32), *options)
    return conversion.cast(out, dtypes.float16)


def added(op: Any, input: Any, dtype: Any, *options: Any) -> Any:
    """Run a sum or product; integers and bools are added as int64 unless a dtype is given."""
    if dtype is not None:
        input = conversion.cast(input, dtype)
    native = input._array.dtype
    place = input._place
    if native is place.float32 or native is place.float64:
        return op.record(input, *options)
    found = place.dtype_from(native)
    if found.kind >= Kind.FLOAT:
        return reduced(op, input, *options)
    if found is dtypes.uint64 and dtype is not None:
        return op.record(input, *options)
    out = op.record(conversion.cast(input, dtypes.int64), *options)
    return out if dtype is None else conversion.cast(out, dtype)


@takes_out("own")
def sum(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
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
        return added(ops.sum_all, as_tensor_argument("sum", input), dtype)
    input, dims, keep = reduction("sum", input, dim, axis, keepdim, keepdims)
    return added(ops.sum_dim, input, dtype, dims, keep)


@takes_out("cast")
def mean(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
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
        if not dtype.is_differentiable:
            raise _no_mean("Optional", dtype)
        input = conversion.cast(input, dtype)
    op = ops.mean_all if dims is None and not keep else ops.mean_dim
    return reduced(op, _floating(input), dims, keep)


@takes_out("own")
def prod(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
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
    return added(op, input, dtype, dims, keep)


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
    if input.dtype.kind < Kind.FLOAT:
        raise RuntimeError(
            "std and var only support floating point and complex dtypes, but got "
            f"{input.dtype.name}: convert with .float()"
        )
    return input, dims, 1 if correction is None else correction, keep


@takes_out("cast")
def var(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = 1,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
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
    return reduced(
        ops.var,
        *_spread_arguments("var", input, dim, unbiased, correction, axis, keepdim, keepdims),
    )


@takes_out("cast")
def std(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = 1,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the standard deviation: the root of `var`; its slope is 0 where it is 0.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.std(tg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return reduced(
        ops.std,
        *_spread_arguments("std", input, dim, unbiased, correction, axis, keepdim, keepdims),
    )


@takes_out("truth")
def all(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return whether all elements are nonzero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.all(tg.tensor([True, False]))
    tensor(False)
    """
    return _truth(ops.all_, *reduction("all", input, dim, axis, keepdim, keepdims))


@takes_out("truth")
def any(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
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


@takes_out("cast")
def logsumexp(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the logarithm of the sum of exponentials, without overflow.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.logsumexp(tg.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    input, dims, keep = reduction("logsumexp", input, dim, axis, keepdim, keepdims)
    return reduced(ops.logsumexp, _as_float(input), dims, keep)


def _as_float(input: Any) -> Any:
    if input.dtype.kind < Kind.FLOAT:
        return conversion.cast(input, dtypes.get_default_dtype())
    return input


def along_one_axis(name: str, run: Any, input: Any, dim: Any, axis: Any) -> Any:
    """Run what works along one axis; a 0-d tensor has one for the time being.

    `run` takes the tensor and the axis.
    """
    dim = one_of(name, dim, axis, "dim and axis", None)
    if dim is None:
        raise TypeError(f"{name}() missing 1 required positional argument: 'dim'")
    d = axis_of(name, dim, input._array.ndim)
    if not input._array.ndim:
        return run(input.reshape(1), 0).reshape(())
    return run(input, d)


@takes_out()
def softmax(
    input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None, out: Tensor | None = None
) -> Tensor:
    """Return the exponentials along `dim`, scaled to sum to one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.softmax(tg.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    input = _as_float_input("softmax", input, dtype)
    return along_one_axis("softmax", partial(reduced, ops.softmax), input, dim, axis)


@takes_out()
def log_softmax(
    input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None, out: Tensor | None = None
) -> Tensor:
    """Return the logarithm of `softmax`, computed without loss.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.log_softmax(tg.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    input = _as_float_input("log_softmax", input, dtype)
    return along_one_axis("log_softmax", partial(reduced, ops.log_softmax), input, dim, axis)


def _as_float_input(name: str, input: Any, dtype: Any) -> Any:
    input = as_tensor_argument(name, input)
    if dtype is not None:
        input = conversion.cast(input, dtype)
    if input.dtype.is_complex:
        legacy = dtypes.LEGACY_NAMES[input.dtype.name]
        raise NotImplementedError(
            f"\"softmax_lastdim_kernel_impl\" not implemented for '{legacy}': {name}() is for real "
            "numbers"
        )
    return _as_float(input)


@takes_out()
def norm(
    input: Any,
    p: Any = "fro",
    dim: Any = None,
    keepdim: bool = False,
    dtype: Any = None,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
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
    if isinstance(p, str) and p in ("inf", "-inf"):
        p = float(p)
    if isinstance(p, str) and (p != "fro" or (isinstance(dim, (tuple, list)) and len(dim) > 2)):
        return _matrix_norm(input, p, dim, keepdim, dtype=dtype, axis=axis, keepdims=keepdims)
    p = 2 if p in (None, "fro") else p
    return vector_norm(input, p, dim, keepdim, dtype=dtype, axis=axis, keepdims=keepdims)


def _matrix_norm(
    input: Any, p: str, dim: Any, keepdim: bool, *, dtype: Any, axis: Any, keepdims: Any
) -> Any:
    from .linalg.norms import matrix_norm

    dim = one_of("norm", dim, axis, "dim and axis", None)
    keep = bool(one_of("norm", keepdim, keepdims, "keepdim and keepdims", False))
    return matrix_norm(input, p, (-2, -1) if dim is None else dim, keep, dtype=dtype)


@takes_out()
def vector_norm(
    x: Any,
    ord: float = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
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
        if not dtype.is_differentiable:
            raise RuntimeError(
                "linalg.vector_norm: dtype should be floating point or complex, but got "
                f"{dtypes.LEGACY_NAMES[dtype.name]}"
            )
        if x.dtype.is_complex and not dtype.is_complex:
            raise RuntimeError(
                "linalg.vector_norm: dtype should be complex for complex inputs, but got "
                f"{dtypes.LEGACY_NAMES[dtype.name]}"
            )
    if x.dtype.kind < Kind.FLOAT:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{dtypes.LEGACY_NAMES[x.dtype.name]}; convert with .float()"
        )
    if dtype is not None:
        x = conversion.cast(x, dtype)
    if isinstance(ord, complex):
        raise RuntimeError("linalg.vector_norm: Expected a non-complex scalar as the order of norm")
    if not isinstance(ord, (int, float)):
        raise TypeError(f"norm order must be a number, got {type(ord).__name__}")
    if (ord < 0 or ord == math.inf) and not x.numel():
        _check_identity(x, ord, dims)
    return reduced(ops.vector_norm, x, ord, dims, keep)


def _check_identity(x: Any, ord: float, dims: Any) -> None:
    why = "and the operation does not have an identity"
    if dims is None:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {ord} norm on an empty tensor because the "
            "operation does not have an identity"
        )
    for d in dims:
        if not x._array.shape[d]:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {ord} norm on the dimension {d} because "
                f"this dimension is empty {why}"
            )


def dist(input: Any, other: Any, p: float = 2) -> Tensor:
    """Return the norm of order `p` of the difference of two tensors.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.dist(tg.tensor([1.0, 2.0]), tg.tensor([4.0, 6.0]))
    tensor(5.)
    """
    input = as_tensor_argument("dist", input)
    return norm(input - as_tensor_argument("dist", other, "other", 2), p)


@takes_out()
def renorm(input: Any, p: float, dim: int, maxnorm: float, *, out: Tensor | None = None) -> Tensor:
    """Return a copy whose parts along `dim` are scaled down to a norm of at most `maxnorm`.

    Parameters
    ----------
    input : Tensor
        Of two or more axes.
    p : float
        The norm's order, positive.
    dim : int
        The axis whose parts have their norm taken each.
    maxnorm : float

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.renorm(tg.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    input = as_tensor_argument("renorm", input)
    ndim = input._array.ndim
    if isinstance(p, complex):
        raise RuntimeError("renorm: p must be real-valued")
    if p <= 0:
        raise RuntimeError(f"renorm: non-positive-norm not supported, got {p}")
    if isinstance(maxnorm, complex):
        raise RuntimeError("renorm: maxnorm must be real-valued")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {ndim} dimensions")
    d = axis_of("renorm", dim, ndim)
    size = vector_norm(input, p, tuple(k for k in range(ndim) if k != d), True)
    large = size.detach() > maxnorm
    # What is divided by is masked too, so that no inf is met in a derivative.
    return input * where(large, maxnorm / (where(large, size, 1.0) + 1e-7), 1.0)
