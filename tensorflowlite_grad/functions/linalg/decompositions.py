"""Factorisations: Cholesky, QR, LU, LDL, and products of Householder reflectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import dtypes, return_types
from ...backend import linalg as generic
from ...ops import decompositions as ops
from ...ops import solvers
from ..arguments import as_tensor_argument, holds
from ..creation import empty, eye
from ..elementwise import where
from ..outputs import takes_out
from ..products import matmul
from ..shape import broadcast_to, matrix_transpose, tril, triu, unsqueeze
from .checks import adjoint_of, common_stack, matrices, same_dtype, shape_of, square
from .solving import verdicts, zero_verdicts

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "cholesky",
    "cholesky_ex",
    "householder_product",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "qr",
]


# -- Cholesky -----------------------------------------------------------------------------------


@takes_out()
def cholesky(A: Any, *, upper: bool = False, out: Tensor | None = None) -> Tensor:
    """Return the Cholesky factors L of ``A = L L^H``, or the adjoint of L.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, n, n)``, Hermitian or symmetric and positive-definite; the lower
        triangle is read, the upper one with `upper`.
    upper : bool

    Raises
    ------
    LinAlgError
        If a matrix is not positive-definite.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.cholesky(tg.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    A = square("linalg.cholesky", A)
    return _factor(A, upper)


def _factor(A: Any, upper: bool) -> Any:
    if upper:
        return adjoint_of(ops.cholesky.record(adjoint_of(A)))
    return ops.cholesky.record(A)


@takes_out()
def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False, out: Any = None) -> Any:
    """Return Cholesky factors, and where they do not exist, instead of raising.

    Returns
    -------
    L : Tensor
        NaN for matrices that are not positive-definite.
    info : Tensor
        0, or the order of the first leading minor that is not positive.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.cholesky_ex(-tg.eye(2)).info
    tensor(1, dtype=tensorflowlite_grad.int32)
    """
    A = square("linalg.cholesky_ex", A)
    try:
        return return_types.linalg_cholesky_ex(_factor(A, upper), zero_verdicts(A))
    except generic.LinAlgError:
        if check_errors:
            raise
    place = A._place
    with place.entered():
        info = place.wrap(generic.minors(place.xp, (adjoint_of(A) if upper else A)._array), place)
    failed = (info != 0)[..., None, None]
    one = broadcast_to(eye(shape_of(A)[-1], dtype=A.dtype, device=A.device), shape_of(A))
    result = _factor(where(failed, one, A), upper)
    return return_types.linalg_cholesky_ex(where(failed, float("nan"), result), info)


# -- QR -----------------------------------------------------------------------------------------


@takes_out()
def qr(A: Any, mode: str = "reduced", *, out: Any = None) -> Any:
    """Return the QR decomposition: Q with orthonormal columns, R upper triangular.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, m, n)``.
    mode : {'reduced', 'complete', 'r'}
        Q of ``min(m, n)`` columns or of m, or empty. Gradients need 'reduced', or 'complete'
        with ``m <= n``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> Q, R = tg.linalg.qr(tg.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> tg.allclose(Q @ R, tg.tensor([[3.0, 1.0], [4.0, 2.0]]))
    True
    """
    A = matrices("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), "
            "'r', or 'complete'"
        )
    Q, R = ops.qr.record(A, mode)
    if mode == "r":
        Q = empty(0, dtype=A.dtype, device=A.device)
    return return_types.linalg_qr(Q, R)


# -- LU -------------------------------------------------------------------------------------------


def _pivoting(name: str, pivot: bool) -> None:
    if not pivot:
        raise RuntimeError(f"{name}: LU without pivoting is not implemented; use pivot=True")


@takes_out()
def lu(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """Return ``A = P L U``: a permutation, a unit lower and an upper triangular matrix.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, m, n)``.
    pivot : bool
        There is no form without pivots.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> P, L, U = tg.linalg.lu(tg.tensor([[1.0, 2.0], [2.0, 2.0]]))
    >>> U
    tensor([[2., 2.],
            [0., 1.]])
    """
    _pivoting("linalg.lu", pivot)
    A = matrices("linalg.lu", A)
    return return_types.linalg_lu(*unpacked(*ops.lu_factor.record(A)))


def unpacked(LU: Any, pivots: Any, data: bool = True, permuted: bool = True) -> Any:
    """Return P, L and U of factors in one array; empty ones of what is not asked for."""
    m, n = shape_of(LU)[-2:]
    k = min(m, n)
    P = L = U = empty(0, dtype=LU.dtype, device=LU.device)
    if permuted:
        P = solvers.permutation.record(pivots, LU.detach())
    if data:
        one = eye(m, k, dtype=LU.dtype, device=LU.device)
        L = tril(LU[..., :, :k], -1) + one
        U = triu(LU[..., :k, :])
    return P, L, U


@takes_out()
def lu_factor(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """Return the factors of `lu` in one array, and LAPACK's pivots, for `lu_solve`.

    Raises
    ------
    LinAlgError
        If U has a zero on its diagonal.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.lu_factor(tg.tensor([[1.0, 2.0], [2.0, 2.0]])).pivots
    tensor([2, 2], dtype=tensorflowlite_grad.int32)
    """
    _pivoting("linalg.lu_factor", pivot)
    A = matrices("linalg.lu_factor", A)
    return return_types.linalg_lu_factor(*lu_factor_ex(A, check_errors=True)[:2])


@takes_out()
def lu_factor_ex(A: Any, *, pivot: bool = True, check_errors: bool = False, out: Any = None) -> Any:
    """Return the factors of `lu` in one array, pivots, and where U has a zero on its diagonal.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.lu_factor_ex(tg.zeros(2, 2)).info
    tensor(1, dtype=tensorflowlite_grad.int32)
    """
    _pivoting("linalg.lu_factor", pivot)
    A = matrices("linalg.lu_factor", A)
    LU, pivots = ops.lu_factor.record(A)
    info = verdicts(A, LU)
    if check_errors and holds((info != 0).any(), False):
        flat = info.reshape(-1)
        number = next(k for k, value in enumerate(flat.tolist()) if value)
        where_ = f"(Batch element {number}): " if A._array.ndim > 2 else ""
        order = int(flat[number])
        raise generic.LinAlgError(
            f"torch.linalg.lu_factor: {where_}U[{order},{order}] is zero and using it on lu_solve "
            "would result in a division by zero. If you still want to perform the factorization, "
            "consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        )
    return return_types.linalg_lu_factor_ex(LU, pivots, info)


@takes_out()
def lu_solve(
    LU: Any,
    pivots: Any,
    B: Any,
    *,
    left: bool = True,
    adjoint: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return the solution of ``A X = B`` for the factors of `lu_factor`.

    Parameters
    ----------
    LU, pivots : Tensor
        Of `lu_factor`.
    B : Tensor
        Of shape ``(*, n, k)``.
    left : bool
        If false, ``X A = B`` is solved.
    adjoint : bool
        Take the adjoint of A for A.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> LU, pivots = tg.linalg.lu_factor(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    >>> tg.linalg.lu_solve(LU, pivots, tg.tensor([[2.0], [2.0]]))
    tensor([[1.0000],
            [0.5000]])
    """
    name = "torch.linalg.lu_solve"
    LU, B = square(name, LU, "LU"), as_tensor_argument(name, B, "B", 3)
    if pivots.dtype is not dtypes.int32:
        raise RuntimeError(f"{name}: pivots should be a Tensor of scalar type torch.int32")
    same_dtype(name, LU, B, "LU and B")
    B = matrices(name, B, "B")
    a, b, p = shape_of(LU), shape_of(B), shape_of(pivots)
    if a[-1] != b[-2 if left else -1]:
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation "
            f"{'AX = B' if left else 'XA = B'} ({a[-2]}x{a[-1]} and {b[-2]}x{b[-1]})"
        )
    if p != a[:-1]:
        raise RuntimeError(
            f"{name}: Number of pivots per batch should be same as the dimension of the matrix, "
            f"and leading axes equal: pivots have shape {list(p)}, LU {list(a)}"
        )
    lead = common_stack(name, a[:-2], b[:-2])
    if not left:
        return adjoint_of(lu_solve(LU, pivots, adjoint_of(B), adjoint=not adjoint))
    B = broadcast_to(B, (*lead, *b[-2:]))
    P = solvers.permutation.record(pivots, LU.detach())
    if adjoint:
        half = solvers.solve_triangular.record(adjoint_of(LU), B, False, False)
        return matmul(P, solvers.solve_triangular.record(adjoint_of(LU), half, True, True))
    half = solvers.solve_triangular.record(LU, matmul(matrix_transpose(P), B), False, True)
    return solvers.solve_triangular.record(LU, half, True, False)


# -- LDL ------------------------------------------------------------------------------------------


@takes_out()
def ldl_factor(A: Any, *, hermitian: bool = False, out: Any = None) -> Any:
    """Return the factors of ``A = L D L^T`` in one array, and LAPACK's pivots.

    Without a derivative. By SciPy's LAPACK on NumPy's arrays, and through the host elsewhere.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, n, n)``, symmetric, or Hermitian; the lower triangle is read.
    hermitian : bool

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> LD, pivots = tg.linalg.ldl_factor(tg.eye(2))
    >>> tg.linalg.ldl_solve(LD, pivots, tg.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    return return_types.linalg_ldl_factor(
        *ldl_factor_ex(A, hermitian=hermitian, check_errors=True)[:2]
    )


@takes_out()
def ldl_factor_ex(
    A: Any, *, hermitian: bool = False, check_errors: bool = False, out: Any = None
) -> Any:
    """Return the factors of `ldl_factor`, and where D is singular.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.ldl_factor_ex(tg.eye(2)).info
    tensor(0, dtype=tensorflowlite_grad.int32)
    """
    A = square("torch.linalg.ldl_factor_ex", A)
    LD, pivots, info = ops.ldl_factor.record(A, bool(hermitian))
    if check_errors and holds((info != 0).any(), False):
        raise generic.LinAlgError(
            "torch.linalg.ldl_factor_ex: The factorization was completed, but D is singular: "
            "solving with it would divide by zero"
        )
    return return_types.linalg_ldl_factor_ex(LD, pivots, info)


@takes_out()
def ldl_solve(
    LD: Any, pivots: Any, B: Any, *, hermitian: bool = False, out: Tensor | None = None
) -> Tensor:
    """Return the solution of ``A X = B`` for the factors of `ldl_factor`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> LD, pivots = tg.linalg.ldl_factor(tg.eye(2))
    >>> tg.linalg.ldl_solve(LD, pivots, tg.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    name = "torch.linalg.ldl_solve"
    LD, B = square(name, LD, "LD"), matrices(name, B, "B")
    if B._array.ndim < 2:
        raise RuntimeError(f"{name}: Expected B to have at least 2 dimensions, but it has fewer")
    a, b, p = shape_of(LD), shape_of(B), shape_of(pivots)
    if a[-1] != b[-2]:
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation AX = B "
            f"({a[-2]}x{a[-1]} and {b[-2]}x{b[-1]})"
        )
    if p != a[:-1]:
        raise RuntimeError(
            f"{name}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with "
            f"shape {list(p)} instead"
        )
    if pivots.dtype.kind > dtypes.Kind.INT or pivots.dtype is dtypes.bool_:
        raise RuntimeError(f"{name}: Expected pivots to be integers. Got {pivots.dtype.name}")
    same_dtype(name, LD, B, "LD and B")
    lead = common_stack(name, a[:-2], b[:-2])
    return ops.ldl_solve.record(
        broadcast_to(LD, (*lead, *a[-2:])).detach(),
        broadcast_to(pivots, (*lead, a[-1])),
        broadcast_to(B, (*lead, *b[-2:])),
        bool(hermitian),
    )


# -- Householder reflectors -----------------------------------------------------------------------


def reflectors(name: str, input: Any, tau: Any) -> tuple[Any, Any]:
    """Return V and T such that the product of the reflectors is ``I - V T V^H``.

    The compact form of R. Schreiber and C. Van Loan, with T solved for, so that a factor of
    zero, which stands for no reflector, needs no division.
    """
    input, tau = matrices(name, input, "input"), as_tensor_argument(name, tau, "tau", 2)
    a, t = shape_of(input), shape_of(tau)
    if len(a) - len(t) != 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal "
            f"to {len(t)} and input.ndim is equal to {len(a)}"
        )
    if t[:-1] != a[:-2]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
            f"{list(t[:-1])}"
        )
    if t[-1] > a[-1]:
        raise RuntimeError(
            f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]"
        )
    if tau.dtype is not input.dtype:
        raise RuntimeError(
            f"{name}: tau dtype {tau.dtype.name} does not match input dtype {input.dtype.name}"
        )
    m, k = a[-2], t[-1]
    V = tril(input[..., :, :k], -1) + eye(m, k, dtype=input.dtype, device=input.device)
    one = eye(k, dtype=input.dtype, device=input.device)
    inner = triu(matmul(adjoint_of(V), V), 1)
    column = unsqueeze(tau, -1)
    system = column * inner + one
    return V, solvers.solve_triangular.record(system, column * one, True, True)


@takes_out("cast")
def householder_product(input: Any, tau: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the first columns of a product of Householder reflectors, as `geqrf` makes them.

    Parameters
    ----------
    input : Tensor
        Of shape ``(*, m, n)``, ``m >= n``: reflectors in the columns, below the diagonal.
    tau : Tensor
        Of shape ``(*, k)``, ``k <= n``: their factors.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.householder_product(tg.ones(2, 2), tg.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    name = "torch.linalg.householder_product"
    input = matrices(name, input, "input")
    m, n = shape_of(input)[-2:]
    if m < n:
        raise RuntimeError(
            f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1], but they "
            f"are {m} and {n}"
        )
    V, T = reflectors(name, input, tau)
    turned = matmul(matmul(V, T), adjoint_of(V)[..., :, :n])
    return eye(m, n, dtype=input.dtype, device=input.device) - turned
