"""Norms of matrices, condition numbers and ranks."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from ...dtypes import LEGACY_NAMES, Kind
from ...ops import conversion, solvers
from ...ops import decompositions as ops
from ..arguments import as_tensor_argument, one_of
from ..arguments import axis as axis_of
from ..elementwise import where
from ..extremes import amax, amin
from ..outputs import takes_out
from ..reductions import sum as sum_of
from ..reductions import vector_norm
from ..shape import movedim, reshape
from .checks import floating, matrices, shape_of, square
from .solving import _rank, tolerances, verdicts

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["cond", "matrix_norm", "matrix_rank", "norm"]

Order = Any
_ORDERS = ("fro", "nuc", 1, -1, 2, -2, inf, -inf)


def _pair(name: str, A: Any, dim: Any) -> tuple[int, int]:
    if isinstance(dim, int) or len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {dim}")
    n = A._array.ndim
    first, second = (axis_of(name, d, n) for d in dim)
    if first == second:
        raise RuntimeError(f"{name}: dims must be different. Got ({dim[0]}, {dim[1]})")
    return first, second


@takes_out()
def matrix_norm(
    A: Any,
    ord: Order = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return norms of matrices.

    Parameters
    ----------
    A : Tensor
        Of two or more dimensions.
    ord : {'fro', 'nuc', 2, -2, 1, -1, inf, -inf}
        Of all elements as one vector; the sum, the largest or the smallest of the singular
        values; the largest or smallest sum of a column's or of a row's absolute values.
    dim : tuple of int
        The matrices' two axes.
    keepdim : bool
    dtype : dtype, optional
        Convert to it first.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.matrix_norm(tg.tensor([[3.0, 0.0], [0.0, 4.0]]), "nuc")
    tensor(7.)
    """
    name = "linalg.matrix_norm"
    dim = one_of(name, dim, axis, "dim and axis", (-2, -1))
    keepdim = bool(one_of(name, keepdim, keepdims, "keepdim and keepdims", False))
    A = as_tensor_argument(name, A)
    if ord not in _ORDERS:
        raise RuntimeError(f"{name}: Order {ord} not supported.")
    if A._array.ndim < 2:
        raise RuntimeError(
            f"{name}: The input tensor A must have at least 2 dimensions, not {A._array.ndim}."
        )
    if dtype is not None:
        A = _converted(name, A, dtype)
    if A._place.dtype_of(A._array).kind < Kind.FLOAT:
        floating(name, A)
    pair = _pair(name, A, dim)
    if ord == "fro":
        return vector_norm(A, 2, pair, keepdim)
    if ord in (2, -2, "nuc"):
        return _of_singular_values(name, A, ord, pair, keepdim)
    rows, columns = pair if ord in (1, -1) else pair[::-1]
    if not shape_of(A)[columns]:
        if ord > 0:  # no sum is the largest: none is larger than nothing
            return sum_of(vector_norm(A, 1, pair, True), pair, keepdim)
        raise IndexError(
            f"{name}: Expected reduction dim {columns} to have non-zero size: the norm of order "
            f"{ord} of a matrix of shape {list(shape_of(A))} is not defined"
        )
    sums = vector_norm(A, 1, rows, True)
    result = (amax if ord > 0 else amin)(sums, columns, True)
    return result if keepdim else _without(result, pair)


def _without(x: Any, axes: tuple[int, ...]) -> Any:
    """Return a tensor without axes of size one."""
    return reshape(x, tuple(n for k, n in enumerate(shape_of(x)) if k not in axes))


def _converted(name: str, A: Any, dtype: Any) -> Any:
    if dtype.kind < Kind.FLOAT:
        raise RuntimeError(
            f"{name}: dtype should be floating point or complex. Got "
            f"{LEGACY_NAMES.get(dtype.name, dtype.name)}"
        )
    if A.dtype.is_complex and not dtype.is_complex:
        raise RuntimeError(
            f"{name}: the dtype of the input (ComplexFloat or ComplexDouble) should be "
            f"convertible without narrowing to the specified dtype ({dtype.name})"
        )
    if not A.dtype.is_complex and dtype.is_complex and A.dtype.kind is Kind.FLOAT:
        raise RuntimeError(f"{name}: dtype should be real for real inputs, but got {dtype.name}")
    if dtype.itemsize < A.dtype.itemsize and A.dtype.kind >= Kind.FLOAT:
        raise RuntimeError(
            f"{name}: the dtype of the input ({A.dtype.name}) should be convertible without "
            f"narrowing to the specified dtype ({dtype.name})"
        )
    return conversion.cast(A, dtype)


def _of_singular_values(name: str, A: Any, ord: Order, pair: Any, keepdim: bool) -> Any:
    values = ops.svdvals.record(movedim(floating(name, A), pair, (-2, -1)))
    if ord == "nuc":
        out = sum_of(values, -1)
    else:
        if ord == 2 and not shape_of(values)[-1]:
            out = sum_of(values, -1)
        elif not shape_of(values)[-1]:
            raise IndexError(
                f"{name}: Expected reduction dim {pair[0]} to have non-zero size: the norm of "
                f"order {ord} of a matrix of shape {list(shape_of(A))} is not defined"
            )
        else:
            out = (amax if ord > 0 else amin)(values, -1)
    if not keepdim:
        return out
    return reshape(out, tuple(1 if k in pair else n for k, n in enumerate(shape_of(A))))


@takes_out()
def norm(
    A: Any,
    ord: Order = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return a norm of vectors or of matrices.

    Parameters
    ----------
    A : Tensor
    ord : number, 'fro' or 'nuc', optional
        The order of `matrix_norm` where `dim` is a pair or `A` a matrix, else of
        `vector_norm`. Without it all elements are one vector, of order 2.
    dim : int or tuple of int, optional
    keepdim : bool
    dtype : dtype, optional

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.norm(tg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    name = "linalg.norm"
    dim = one_of(name, dim, axis, "dim and axis", None)
    keepdim = bool(one_of(name, keepdim, keepdims, "keepdim and keepdims", False))
    A = as_tensor_argument(name, A)
    n = A._array.ndim
    if isinstance(dim, int):
        dim = (dim,)
    if isinstance(ord, str) or ord is not None:
        if dim is not None and len(dim) not in (1, 2):
            raise RuntimeError(
                f"{name}: If dim is specified, it must be of length 1 or 2. Got {list(dim)}"
            )
        if dim is None and n not in (1, 2):
            raise RuntimeError(
                f"{name}: If dim is not specified but ord is, the input must be 1D or 2D. Got {n}D."
            )
        if isinstance(ord, str) or len(dim if dim is not None else range(n)) == 2:
            return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    if dtype is not None:
        A = _converted("linalg.vector_norm", A, dtype)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim)


@takes_out("cast")
def cond(A: Any, p: Order = None, *, out: Tensor | None = None) -> Tensor:
    """Return condition numbers: how much solving with a matrix may magnify errors.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, m, n)``; square unless `p` is None, 2 or -2.
    p : order of `matrix_norm`, optional
        2 by default.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.cond(tg.tensor([[4.0, 0.0], [0.0, 2.0]]))
    tensor(2.)
    """
    name = "linalg.cond"
    A = as_tensor_argument(name, A)
    if A._array.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if p in (None, 2, -2):
        values = ops.svdvals.record(matrices(name, A))
        if not shape_of(values)[-1]:
            return sum_of(values, -1)
        large, small = values[..., 0], values[..., -1]
        return small / large if p == -2 else large / small
    if p not in ("fro", "nuc", 1, -1, inf, -inf):
        raise RuntimeError(
            f"{name} got an invalid norm type: {p}; orders are 1, -1, 2, -2, inf, -inf, 'fro', "
            "'nuc' or None"
        )
    A = square(name, A)
    if not shape_of(A)[-1]:
        return sum_of(vector_norm(A, 2, (-2, -1), True), (-2, -1))
    inverse = solvers.inv.record(A, None)
    failed = verdicts(A) != 0
    product = matrix_norm(A, p) * matrix_norm(where(failed[..., None, None], A, inverse), p)
    return where(failed, inf, product)


@takes_out("cast")
def matrix_rank(
    A: Any,
    tol: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return how many singular values lie above a tolerance.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, m, n)``.
    tol : float or Tensor, optional
        An absolute tolerance, NumPy's word for `atol`.
    hermitian : bool
        Whether matrices are Hermitian, of which the lower triangle is read.
    atol, rtol : float or Tensor, optional
        The greater of `atol` and `rtol` times the largest singular value counts; `rtol` is the
        precision times the longer side unless `atol` is given.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.matrix_rank(tg.ones(3, 3))
    tensor(1)
    """
    name = "linalg.matrix_rank"
    A = square(name, A) if hermitian else matrices(name, A)
    if tol is not None:
        atol, rtol = tol, 0.0
    at, rt = tolerances(name, A.detach(), atol, rtol)
    A = A.detach()
    values = abs(ops.eigvalsh.record(A, False)) if hermitian else ops.svdvals.record(A)
    place = A._place
    with place.entered():
        return place.wrap(_rank(place.xp, values._array, at, rt), place)
