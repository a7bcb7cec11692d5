"""Systems of linear equations, inverses, and the exponential of a matrix.

All are holomorphic: rules give transposes, and `conjugate` does the rest for complex numbers.
"""

from __future__ import annotations

from typing import Any

from ..backend import linalg as generic
from .declare import general, linear, nondifferentiable
from .kinds import is_complex
from .matrices import adjoint, fitted, same_stack, total, transpose

__all__: list[str] = []


def _inverse(xp: Any, A: Any, name: str | None) -> Any:
    """Return the inverse; of singular matrices NaN, or an error under the name given."""
    try:
        out = generic.extension(xp).inv(A)
    except Exception as error:
        if not generic.is_refusal(error):
            raise
        if name is not None:
            raise generic.singular(xp, name, A) or error from None
        return _where_regular(xp, A)
    return _noticed(xp, name, A, out)


def _noticed(xp: Any, name: str | None, A: Any, out: Any) -> Any:
    """Raise for singular matrices that a library has said nothing about."""
    silent = getattr(xp, "silent_linalg", False) and name is not None and 0 not in out.shape
    if silent and not bool(xp.all(xp.isfinite(out))):
        error = generic.singular(xp, str(name), A, certain=False)
        if error is not None:
            raise error
    return out


def _where_regular(xp: Any, A: Any) -> Any:
    lu, _ = xp.linalg_lu_factor(A)
    singular = (generic.failures(xp, lu) != 0)[..., None, None]
    eye = xp.broadcast_to(xp.eye(A.shape[-1], dtype=A.dtype), A.shape)
    out = generic.extension(xp).inv(xp.where(singular, eye, A))
    return xp.where(singular, xp.full_like(out, float("nan")), out)


inv = general(
    "linalg_inv",
    _inverse,
    ["name"],
    node_name="LinalgInvExBackward0",
    conjugate=True,
    jvp=lambda xp, A_dot, out: -xp.matmul(out, xp.matmul(A_dot, out)),
    A=lambda xp, g, out: -xp.matmul(transpose(xp, out), xp.matmul(g, transpose(xp, out))),
)


def _solution(xp: Any, A: Any, B: Any, name: str) -> Any:
    A, B = same_stack(xp, A, B)
    try:
        out = generic.extension(xp).solve(A, B)
    except Exception as error:
        if not generic.is_refusal(error):
            raise
        raise generic.singular(xp, name, A) or error from None
    return _noticed(xp, name, A, out)


def _solve_back(xp: Any, g: Any, A: Any, name: str) -> Any:
    return solve.on(xp, transpose(xp, A), g, name)


def _solve_tangent(xp: Any, A_dot: Any, B_dot: Any, A: Any, out: Any, name: str) -> Any:
    change = None if A_dot is None else -xp.matmul(A_dot, out)
    return solve.on(xp, A, total(B_dot, change), name)


solve = general(
    "linalg_solve",
    _solution,
    ["name"],
    node_name="LinalgSolveExBackward0",
    conjugate=True,
    jvp=_solve_tangent,
    A=lambda xp, g, A, out, A_shape, name: fitted(
        xp, -xp.matmul(_solve_back(xp, g, A, name), transpose(xp, out)), A_shape
    ),
    B=lambda xp, g, A, B_shape, name: fitted(xp, _solve_back(xp, g, A, name), B_shape),
)


def _triangular_solution(xp: Any, A: Any, B: Any, upper: bool, unitriangular: bool) -> Any:
    A, B = same_stack(xp, A, B)
    return xp.linalg_solve_triangular(A, B, upper, unitriangular)


def _part(xp: Any, x: Any, upper: bool, unitriangular: bool) -> Any:
    """Return the part of a matrix that a triangular system reads."""
    if upper:
        return xp.triu(x, k=1 if unitriangular else 0)
    return xp.tril(x, k=-1 if unitriangular else 0)


def _triangular_back(xp: Any, g: Any, A: Any, upper: bool, unit: bool) -> Any:
    return solve_triangular.on(xp, transpose(xp, A), g, not upper, unit)


def _triangular_tangent(
    xp: Any, A_dot: Any, B_dot: Any, A: Any, out: Any, upper: bool, unitriangular: bool
) -> Any:
    change = None
    if A_dot is not None:
        change = -xp.matmul(_part(xp, A_dot, upper, unitriangular), out)
    right = total(B_dot, change)
    return solve_triangular.on(xp, A, right, upper, unitriangular)


solve_triangular = general(
    "linalg_solve_triangular",
    _triangular_solution,
    ["upper", "unitriangular"],
    conjugate=True,
    jvp=_triangular_tangent,
    A=lambda xp, g, A, out, A_shape, upper, unitriangular: fitted(
        xp,
        _part(
            xp,
            -xp.matmul(_triangular_back(xp, g, A, upper, unitriangular), transpose(xp, out)),
            upper,
            unitriangular,
        ),
        A_shape,
    ),
    B=lambda xp, g, A, B_shape, upper, unitriangular: fitted(
        xp, _triangular_back(xp, g, A, upper, unitriangular), B_shape
    ),
)


# -- the exponential ----------------------------------------------------------------------------


def _exp_slope(xp: Any, A: Any, E: Any) -> Any:
    """Return the derivative of the exponential in a direction: a block of a larger one."""
    n = A.shape[-1]
    above = xp.concat([A, E], axis=-1)
    below = xp.concat([xp.zeros_like(A), A], axis=-1)
    return matrix_exp.on(xp, xp.concat([above, below], axis=-2))[..., :n, n:]


matrix_exp = general(
    "linalg_matrix_exp",
    lambda xp, A: xp.linalg_matrix_exp(A),
    conjugate=True,
    jvp=lambda xp, A_dot, A: _exp_slope(xp, A, A_dot),
    A=lambda xp, g, A: _exp_slope(xp, transpose(xp, A), g),
)


# -- the pseudoinverse --------------------------------------------------------------------------


def _pseudoinverse(xp: Any, A: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    if 0 in A.shape:
        return xp.zeros((*A.shape[:-2], A.shape[-1], A.shape[-2]), dtype=A.dtype)
    linalg = generic.extension(xp)
    if hermitian:
        values, U = generic.converged("linalg.eigh", linalg.eigh, _mirrored(xp, A))
        size = xp.abs(values)
        V = U
    else:
        U, values, Vh = generic.converged("linalg.svd", linalg.svd, A, full_matrices=False)
        size, V = values, adjoint(xp, Vh)
    bound = xp.max(size, axis=-1, keepdims=True) * rtol
    if atol is not None:
        bound = xp.maximum(bound, xp.broadcast_to(atol, bound.shape))
    keep = size > bound
    one = xp.ones_like(values)
    scale = xp.where(keep, one / xp.where(keep, values, one), xp.zeros_like(values))
    return xp.matmul(V * xp.astype(scale, A.dtype)[..., None, :], adjoint(xp, U))


def _mirrored(xp: Any, A: Any) -> Any:
    """Return the Hermitian matrix of which `A` has the lower triangle."""
    out = xp.tril(A) + adjoint(xp, xp.tril(A, k=-1))
    if is_complex(A):  # what the diagonal has of an imaginary part is not read
        out = (out + adjoint(xp, out)) / 2
    return out


def _pinv_change(xp: Any, D: Any, A: Any, P: Any) -> Any:
    """Return what a change `D` of `A` makes of its pseudoinverse `P`, the rank staying."""
    Dh, Ph = adjoint(xp, D), adjoint(xp, P)
    PD = xp.matmul(P, D)
    inner = xp.matmul(xp.matmul(P, Ph), Dh)
    outer = xp.matmul(xp.matmul(Dh, Ph), P)
    return (
        inner
        - xp.matmul(PD, P)
        - xp.matmul(xp.matmul(inner, A), P)
        + outer
        - xp.matmul(P, xp.matmul(A, outer))
    )


def _pinv_back(xp: Any, g: Any, A: Any, P: Any) -> Any:
    """Return the adjoint of `_pinv_change`."""
    G, Ph = adjoint(xp, g), adjoint(xp, P)
    GP = xp.matmul(G, P)
    PG = xp.matmul(P, G)
    kept = xp.matmul(GP, Ph) - xp.matmul(A, xp.matmul(xp.matmul(P, GP), Ph))
    left = xp.matmul(Ph, PG) - xp.matmul(xp.matmul(Ph, xp.matmul(PG, P)), A)
    return kept + left - adjoint(xp, xp.matmul(P, GP))


pinv = general(
    "linalg_pinv",
    _pseudoinverse,
    ["atol", "rtol", "hermitian"],
    jvp=lambda xp, A_dot, A, out: _pinv_change(xp, A_dot, A, out),
    A=lambda xp, g, A, out: _pinv_back(xp, g, A, out),
)

# -- products -----------------------------------------------------------------------------------


def _cross(xp: Any, input: Any, other: Any, axis: int) -> Any:
    def turned(x: Any, by: int) -> Any:
        return xp.roll(x, by, axis=axis)

    return turned(input, -1) * turned(other, 1) - turned(input, 1) * turned(other, -1)


#: The axis is counted from the end, as operands broadcast.
cross = linear(
    "linalg_cross",
    _cross,
    ["axis"],
    conjugate=True,
    input=lambda xp, g, other, input_shape, axis: fitted(
        xp, _cross(xp, other, g, axis), input_shape
    ),
    other=lambda xp, g, input, other_shape, axis: fitted(
        xp, _cross(xp, g, input, axis), other_shape
    ),
)

# -- without derivatives ------------------------------------------------------------------------

permutation = nondifferentiable(
    "linalg_permutation",
    lambda xp, pivots, like: generic.permutation(xp, pivots, like.shape[-2], like),
    ["pivots", "like"],
    elementwise=False,
)
