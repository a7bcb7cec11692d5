"""Systems of linear equations, and inverses."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from ... import dtypes, return_types
from ...backend import linalg as generic
from ...ops import decompositions, solvers
from ...ops.shape import reshape_copy
from ..arguments import as_tensor_argument, holds
from ..creation import empty
from ..outputs import takes_out
from ..products import matmul
from ..shape import (
    broadcast_to,
    matrix_transpose,
    movedim,
    reshape,
    unsqueeze,
)
from .checks import common_stack, eps, floating, matrices, same_dtype, shape_of, square

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "inv",
    "inv_ex",
    "lstsq",
    "pinv",
    "solve",
    "solve_ex",
    "solve_triangular",
    "tensorinv",
    "tensorsolve",
]


@takes_out()
def inv(A: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the inverses of square matrices.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, n, n)``.

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.inv(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return solvers.inv.record(square("linalg.inv", A), "linalg.inv")


def verdicts(A: Any, LU: Any = None) -> Any:
    """Return for each matrix where the diagonal of U is first zero, or 0: a tensor of int32."""
    place = A._place
    xp = place.xp
    with place.entered():
        lu = xp.linalg_lu_factor(A._array)[0] if LU is None else LU._array
        return place.wrap(generic.failures(xp, lu), place)


def zero_verdicts(A: Any) -> Any:
    """Return the verdicts of no failure: zeros for each matrix."""
    place = A._place
    with place.entered():
        zeros = place.xp.zeros(shape_of(A)[:-2], dtype=place.native(dtypes.int32))
    return place.wrap(zeros, place)


@takes_out()
def inv_ex(A: Any, *, check_errors: bool = False, out: Any = None) -> Any:
    """Return inverses, and for each matrix whether it is singular, instead of raising.

    Parameters
    ----------
    A : Tensor
    check_errors : bool
        Raise after all.

    Returns
    -------
    inverse : Tensor
        NaN for singular matrices.
    info : Tensor
        0, or the place of a zero on the diagonal of U, counted from 1.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.inv_ex(tg.zeros(2, 2)).info
    tensor(1, dtype=tensorflowlite_grad.int32)
    """
    A = square("linalg.inv", A)
    try:
        return return_types.linalg_inv_ex(solvers.inv.record(A, "linalg.inv_ex"), zero_verdicts(A))
    except generic.LinAlgError:
        if check_errors:
            raise
    return return_types.linalg_inv_ex(solvers.inv.record(A, None), verdicts(A))


def _is_vector(A: Any, B: Any) -> bool:
    """Return whether `B` holds vectors, one for each matrix: PyTorch's rule."""
    a, b = shape_of(A), shape_of(B)
    return len(b) == 1 or (len(a) - 1 == len(b) and a[:-1] == b)


def _system(name: str, A: Any, B: Any, left: bool) -> tuple[Any, Any, bool]:
    A, B = square(name, A), as_tensor_argument(name, B, "B", 2)
    same_dtype(name, A, B)
    vector = _is_vector(A, B)
    if vector:
        B = unsqueeze(B, -1)
    a, b = shape_of(A), shape_of(B)
    if len(b) < 2:
        raise RuntimeError(f"{name}: The input tensor B must have at least 2 dimensions.")
    if a[-1] != b[-2 if left else -1]:
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation "
            f"{'AX = B' if left else 'XA = B'} ({a[-2]}x{a[-1]} and {b[-2]}x{b[-1]})"
        )
    if vector and not left:
        raise RuntimeError(
            f"{name}: Vector broadcasting of the left hand side is not supported for "
            "left=False. In this case linalg.solve is equivalent to B / A.squeeze(-1)"
        )
    if not vector or len(b) > 2:
        common_stack(name, a[:-2], b[:-2])
    return A, B, vector


@takes_out()
def solve(A: Any, B: Any, *, left: bool = True, out: Tensor | None = None) -> Tensor:
    """Return the solution of ``A X = B``.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, n, n)``.
    B : Tensor
        Of shape ``(*, n, k)``, leading axes broadcasting, or vectors ``(*, n)`` or ``(n,)``.
    left : bool
        If false, ``X A = B`` is solved.

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.solve(tg.tensor([[2.0, 0.0], [0.0, 4.0]]), tg.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    return _solved("linalg.solve", *_system("linalg.solve", A, B, left), left)


def _without_column(out: Any) -> Any:
    """Return a matrix of one column as a vector, of which it is not a view."""
    return reshape_copy.record(out, tuple(out._array.shape[:-1]))


def _solved(name: str, A: Any, B: Any, vector: bool, left: bool) -> Any:
    if not left:
        out = solvers.solve.record(matrix_transpose(A), matrix_transpose(B), f"torch.{name}")
        return matrix_transpose(out)
    out = solvers.solve.record(A, B, f"torch.{name}")
    return _without_column(out) if vector else out


@takes_out()
def solve_ex(
    A: Any, B: Any, *, left: bool = True, check_errors: bool = False, out: Any = None
) -> Any:
    """Return a solution, and for each matrix whether it is singular, instead of raising.

    Returns
    -------
    result : Tensor
        NaN for singular matrices.
    info : Tensor
        0, or the place of a zero on the diagonal of U, counted from 1.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.solve_ex(tg.zeros(2, 2), tg.ones(2)).info
    tensor(1, dtype=tensorflowlite_grad.int32)
    """
    A, B, vector = _system("linalg.solve", A, B, left)
    try:
        result = _solved("linalg.solve_ex", A, B, vector, left)
        return return_types.linalg_solve_ex(result, zero_verdicts(A))
    except generic.LinAlgError:
        if check_errors:
            raise
    inverse = solvers.inv.record(A, None)
    result = matmul(inverse, B) if left else matmul(B, inverse)
    return return_types.linalg_solve_ex(_without_column(result) if vector else result, verdicts(A))


@takes_out()
def solve_triangular(
    A: Any,
    B: Any,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return the solution of ``A X = B`` for triangular matrices.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, n, n)``; what lies outside the triangle is not read.
    B : Tensor
        Of shape ``(*, n, k)``, leading axes broadcasting.
    upper : bool
        Which triangle.
    left : bool
        If false, ``X A = B`` is solved.
    unitriangular : bool
        Take the diagonal for ones, without reading it.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> A = tg.tensor([[2.0, 0.0], [2.0, 4.0]])
    >>> tg.linalg.solve_triangular(A, tg.tensor([[2.0], [6.0]]), upper=False)
    tensor([[1.],
            [1.]])
    """
    name = "linalg.solve_triangular"
    A, B = square(name, A), matrices(name, B, "B")
    same_dtype(name, A, B)
    a, b = shape_of(A), shape_of(B)
    if a[-1] != b[-2 if left else -1]:
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation "
            f"{'AX = B' if left else 'XA = B'} ({a[-2]}x{a[-1]} and {b[-2]}x{b[-1]})"
        )
    common_stack(name, a[:-2], b[:-2])
    if left:
        return solvers.solve_triangular.record(A, B, bool(upper), bool(unitriangular))
    return matrix_transpose(
        solvers.solve_triangular.record(
            matrix_transpose(A), matrix_transpose(B), not upper, bool(unitriangular)
        )
    )


def tolerances(name: str, A: Any, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """Return the absolute tolerance or None, and the relative one, as arrays that broadcast."""
    default = rtol is None and (atol is None or (not hasattr(atol, "_array") and atol == 0))
    if rtol is None:
        rtol = eps(A) * max(shape_of(A)[-2:]) if default else 0.0
    return _tolerance(name, A, atol, "atol"), _tolerance(name, A, rtol, "rtol")


def _tolerance(name: str, A: Any, value: Any, which: str) -> Any:
    if value is None:
        return None
    place = A._place
    real = A.dtype.to_real() if A.dtype.is_complex else A.dtype
    with place.entered():
        if not hasattr(value, "_array"):
            return place.xp.asarray([float(value)], dtype=place.native(real))
        if value.dtype.is_complex:
            raise RuntimeError(f"{name}: {which} tensor of complex type is not supported.")
        tolerance = place.xp.astype(value._array, place.native(real))
        return place.xp.expand_dims(tolerance, axis=-1)


@takes_out("cast")
def pinv(
    A: Any,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the pseudoinverses (Moore-Penrose) of matrices.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, m, n)``.
    rcond : float or Tensor, optional
        NumPy's word for `rtol`.
    hermitian : bool
        Whether matrices are Hermitian, of which the lower triangle is read.
    atol, rtol : float or Tensor, optional
        Singular values at or below the greater of `atol` and `rtol` times the largest count as
        zero. `rtol` is the precision times the longer side unless `atol` is given.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.pinv(tg.tensor([[2.0, 0.0], [0.0, 0.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    name = "linalg.pinv"
    A = square(name, A) if hermitian else matrices(name, A)
    rtol = rcond if rtol is None else rtol
    at, rt = tolerances(name, A, atol, rtol)
    return solvers.pinv.record(A, at, rt, bool(hermitian))


def _squared_size(x: Any) -> Any:
    return (x * x.conj()).real.sum(-2) if x.dtype.is_complex else (x * x).sum(-2)


@takes_out("cast")
def lstsq(A: Any, B: Any, rcond: Any = None, *, driver: str | None = None, out: Any = None) -> Any:
    """Return the least-squares solution of ``A X = B`` that is shortest.

    It is computed by the singular value decomposition, whatever the driver: that only decides
    what else is returned, as in PyTorch.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, m, n)``.
    B : Tensor
        Of shape ``(*, m, k)``, or vectors ``(*, m)``.
    rcond : float, optional
        Singular values below it, relative to the largest, count as zero.
    driver : {'gels', 'gelsy', 'gelsd', 'gelss'}, optional
        LAPACK's names; 'gelsy' by default.

    Returns
    -------
    solution, residuals, rank, singular_values : Tensor
        The squared lengths of residuals where every matrix is of full rank and taller than
        wide; ranks, but not with 'gels'; singular values with 'gelsd' and 'gelss'. What there
        is not is empty.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> A = tg.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    >>> out = tg.linalg.lstsq(A, tg.tensor([1.0, 3.0, 5.0]))
    >>> [round(x, 3) for x in out.solution.tolist()]
    [1.0, 2.0]
    """
    name = "torch.linalg.lstsq"
    A, B = as_tensor_argument(name, A, "A"), as_tensor_argument(name, B, "B", 2)
    if A._array.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if B._array.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    same_dtype(name, A, B)
    A = floating(name, A)
    driver = "gelsy" if driver is None else driver
    if driver not in ("gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), not "
            f"{driver!r}"
        )
    gap = A._array.ndim - B._array.ndim
    if gap not in (0, 1):
        raise RuntimeError(
            f"{name}: input.dim() must be greater or equal to other.dim() and (input.dim() - "
            "other.dim()) <= 1"
        )
    vector = gap == 1
    if vector:
        B = unsqueeze(B, -1)
    a, b = shape_of(A), shape_of(B)
    if a[-2] != b[-2]:
        axis = -1 if vector else -2
        raise RuntimeError(f"{name}: input.size(-2) should match other.size({axis})")
    lead = common_stack(name, a[:-2], b[:-2])
    A, B = broadcast_to(A, (*lead, *a[-2:])), broadcast_to(B, (*lead, *b[-2:]))
    m, n = a[-2:]
    at, rt = tolerances(name, A, None, eps(A) * max(m, n) if rcond is None else rcond)
    solution = matmul(solvers.pinv.record(A, at, rt, False), B)
    values = decompositions.svdvals.record(A.detach())
    nothing = empty(0, dtype=values.dtype, device=A.device)
    place = A._place
    with place.entered():
        rank = place.wrap(_rank(place.xp, values._array, None, rt), place)
    # Empty, but with an edge to what it would be of.
    residuals = _squared_size(B[..., :0, :]).reshape(-1)[:0] if B.requires_grad else nothing
    if A.requires_grad:
        residuals = residuals + _squared_size(A).reshape(-1)[:0]
    if m > n and driver != "gelsy" and holds((rank == n).all(), True):
        residuals = _squared_size(matmul(A, solution) - B)
    return return_types.linalg_lstsq(
        _without_column(solution) if vector else solution,
        residuals,
        empty(0, dtype=dtypes.int64, device=A.device) if driver == "gels" else rank,
        values if driver in ("gelsd", "gelss") else nothing,
    )


def _rank(xp: Any, values: Any, atol: Any, rtol: Any) -> Any:
    """Return how many singular values lie above the tolerance."""
    if not values.shape[-1]:
        return xp.zeros(tuple(values.shape[:-1]), dtype=xp.int64)
    bound = xp.max(values, axis=-1, keepdims=True) * rtol
    if atol is not None:
        bound = xp.maximum(bound, xp.broadcast_to(atol, bound.shape))
    return xp.sum(xp.astype(values > bound, xp.int64), axis=-1)


@takes_out("cast")
def tensorinv(A: Any, ind: int = 2, *, out: Tensor | None = None) -> Tensor:
    """Return the inverse of `tensordot` with a tensor over its last axes.

    Parameters
    ----------
    A : Tensor
        The sizes before and from axis `ind` multiply to the same number.
    ind : int

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.tensorinv(tg.eye(4).reshape(2, 2, 2, 2)).shape
    tensorflowlite_grad.Size([2, 2, 2, 2])
    """
    A = as_tensor_argument("linalg.tensorinv", A)
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind' of linalg.tensorinv()")
    shape = shape_of(A)
    rows, columns = shape[:ind], shape[ind:]
    if prod(rows) != prod(columns):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {prod(columns)} != {prod(rows)} in tensorinv()"
        )
    A = floating("linalg.tensorinv", A)
    result = solvers.inv.record(reshape(A, (prod(columns), prod(rows))), "linalg.inv")
    return reshape(result, (*columns, *rows))


@takes_out("cast")
def tensorsolve(A: Any, B: Any, dims: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Return X of ``tensordot(A, X, X.ndim) = B``.

    Parameters
    ----------
    A, B : Tensor
    dims : tuple of int, optional
        Axes of `A` that are moved to its end first.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> A = tg.eye(4).reshape(2, 2, 4)
    >>> tg.linalg.tensorsolve(A, tg.ones(2, 2))
    tensor([1., 1., 1., 1.])
    """
    name = "linalg.tensorsolve"
    A, B = as_tensor_argument(name, A), as_tensor_argument(name, B, "B", 2)
    if dims is not None:
        dims = tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)
        n = A._array.ndim
        A = movedim(A, dims, tuple(range(n - len(dims), n)))
    shape = shape_of(A)
    rows, columns = shape[: B._array.ndim], shape[B._array.ndim :]
    if prod(columns) != prod(rows):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {prod(columns)} != {prod(rows)}"
        )
    matrix = reshape(A, (prod(rows), prod(columns)))
    return reshape(solve(matrix, reshape(B, (-1,))), columns)
