"""Decompositions of matrices, with rules of their own.

Cotangents follow PyTorch's convention for complex numbers. Where a decomposition is not
unique, as eigenvectors are up to a factor, the rules take it that the loss does not depend on
the choice.
"""

from __future__ import annotations

from typing import Any

from ..backend import linalg as generic
from .declare import Operation, general, linear
from .kinds import is_complex
from .matrices import (
    adjoint,
    diagonal,
    diagonal_matrix,
    identity,
    only_diagonal,
    real_part,
    total,
    transpose,
)
from .several import several
from .solvers import permutation, solve, solve_triangular

__all__: list[str] = []


def _right(xp: Any, Y: Any, R: Any, upper: bool = True) -> Any:
    """Return ``Y R^-H`` for a triangular R."""
    return adjoint(xp, solve_triangular.on(xp, R, adjoint(xp, Y), upper, False))


def _hermitian_of(xp: Any, X: Any) -> Any:
    """Return the Hermitian matrix that has the upper triangle of X, the diagonal made real."""
    above = xp.triu(X, k=1)
    middle = only_diagonal(xp, X)
    if is_complex(X):
        middle = (middle + xp.conj(middle)) / 2
    return above + adjoint(xp, above) + middle


# -- Cholesky -----------------------------------------------------------------------------------


def _cholesky(xp: Any, A: Any) -> Any:
    try:
        out = generic.extension(xp).cholesky(A)
    except Exception as error:
        if not generic.is_refusal(error):
            raise
        raise generic.not_positive_definite(xp, A) from None
    # Of NaN no library complains, and CuPy of nothing.
    if not bool(xp.all(real_part(xp, generic.extension(xp).diagonal(out)) > 0)):
        raise generic.not_positive_definite(xp, A)
    return out


def _half(xp: Any, X: Any) -> Any:
    """Return the lower triangle, the diagonal halved."""
    return xp.tril(X) - only_diagonal(xp, X) / 2


def _cholesky_back(xp: Any, g: Any, out: Any) -> Any:
    inner = _half(xp, xp.matmul(adjoint(xp, out), g))
    inner = (inner + adjoint(xp, inner)) / 2
    upper = adjoint(xp, out)
    left = solve_triangular.on(xp, upper, inner, True, False)
    return adjoint(xp, solve_triangular.on(xp, upper, adjoint(xp, left), True, False))


def _cholesky_tangent(xp: Any, A_dot: Any, out: Any) -> Any:
    change = (A_dot + adjoint(xp, A_dot)) / 2
    left = solve_triangular.on(xp, out, change, False, False)
    both = solve_triangular.on(xp, out, adjoint(xp, left), False, False)
    return xp.matmul(out, _half(xp, both))


cholesky = general(
    "linalg_cholesky",
    _cholesky,
    node_name="LinalgCholeskyExBackward0",
    jvp=_cholesky_tangent,
    A=_cholesky_back,
)


# -- QR -----------------------------------------------------------------------------------------


def _check_qr(Q: Any, R: Any, mode: str) -> None:
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. "
            "Please use linalg.qr(A, mode='reduced') if you are going to require gradients."
        )
    if Q.shape[-1] > R.shape[-1]:
        raise RuntimeError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols: "
            "use mode='reduced'"
        )


def _qr_back(xp: Any, g_Q: Any, g_R: Any, Q: Any, R: Any, mode: str) -> Any:
    _check_qr(Q, R, mode)
    m, n = Q.shape[-2], R.shape[-1]
    if m >= n:
        return _tall_qr_back(xp, g_Q, g_R, Q, R)
    # The columns beyond the square part are Q R there, and their gradients reach Q.
    R1, R2 = R[..., :, :m], R[..., :, m:]
    if g_R is None:
        first = _tall_qr_back(xp, g_Q, None, Q, R1)
        return xp.concat([first, xp.matmul(Q, xp.zeros_like(R2))], axis=-1)
    g_rest = g_R[..., :, m:]
    onto_Q = xp.matmul(Q, xp.matmul(R2, adjoint(xp, g_rest)))
    first = _tall_qr_back(xp, onto_Q if g_Q is None else g_Q + onto_Q, g_R[..., :, :m], Q, R1)
    return xp.concat([first, xp.matmul(Q, g_rest)], axis=-1)


def _tall_qr_back(xp: Any, g_Q: Any, g_R: Any, Q: Any, R: Any) -> Any:
    parts = []
    if g_R is not None:
        parts.append(xp.matmul(g_R, adjoint(xp, R)))
    if g_Q is not None:
        parts.append(-xp.matmul(adjoint(xp, Q), g_Q))
    inner = parts[0] if len(parts) == 1 else parts[0] + parts[1]
    out = xp.matmul(Q, _hermitian_of(xp, inner))
    return _right(xp, out if g_Q is None else g_Q + out, R)


def _qr_tangent(xp: Any, A_dot: Any, Q: Any, R: Any, mode: str) -> Any:
    _check_qr(Q, R, mode)
    m, n = Q.shape[-2], R.shape[-1]
    k = min(m, n)
    R1 = R[..., :, :k]
    # A R^-1, by the transposed system.
    moved = transpose(
        xp,
        solve_triangular.on(xp, transpose(xp, R1), transpose(xp, A_dot[..., :, :k]), False, False),
    )
    W = xp.matmul(adjoint(xp, Q), moved)
    below = adjoint(xp, xp.tril(W, k=-1))
    middle = only_diagonal(xp, W)
    if is_complex(W):
        middle = (middle + xp.conj(middle)) / 2
    S = xp.triu(W, k=1) + below + middle
    Q_dot = moved - xp.matmul(Q, S)
    R_dot = xp.matmul(S, R1)
    if m < n:
        rest = xp.matmul(adjoint(xp, Q), A_dot[..., :, k:]) + xp.matmul(
            xp.matmul(adjoint(xp, Q_dot), Q), R[..., :, k:]
        )
        R_dot = xp.concat([R_dot, rest], axis=-1)
    return Q_dot, R_dot


qr = several(
    "linalg_qr",
    lambda xp, A, mode: tuple(
        generic.extension(xp).qr(A, mode="complete" if mode == "complete" else "reduced")
    ),
    ("Q", "R"),
    ["mode"],
    jvp=_qr_tangent,
    A=_qr_back,
)


# -- what a decomposition leaves open ----------------------------------------------------------


def _checked_gauge(xp: Any, X: Any, name: str, what: str) -> Any:
    """Return a copy of X; RuntimeError if its diagonal is not real.

    Complex vectors are determined up to a factor of absolute value 1 each. Where a loss depends
    on these, there is no gradient, and this is where it shows.
    """
    if 0 not in X.shape:
        size = xp.abs(xp.imag(generic.extension(xp).diagonal(X)))
        if float(xp.max(size)) > 1e-2:
            raise RuntimeError(
                f"{name}_backward: The {what} in the complex case are specified up to "
                "multiplication by e^{i phi}. The specified loss function depends on this "
                "quantity, so it is ill-defined."
            )
    return xp.asarray(X, copy=True)


gauge = linear(
    "linalg_gauge", _checked_gauge, ["name", "what"], jvp=lambda xp, X_dot: X_dot, X=None
)


# -- eigenvalues of Hermitian matrices ------------------------------------------------------------


def _triangle(xp: Any, A: Any, upper: bool) -> Any:
    """Return a matrix of which libraries read the lower triangle: the mirror of the upper."""
    return adjoint(xp, A) if upper else A


def _gaps(xp: Any, values: Any, like: Any) -> Any:
    """Return the differences of eigenvalues, column less row, with ones on the diagonal."""
    gaps = xp.expand_dims(values, axis=-2) - xp.expand_dims(values, axis=-1)
    return gaps + identity(xp, gaps)


def _off_diagonal(xp: Any, X: Any) -> Any:
    return X - only_diagonal(xp, X)


def _as_kind(xp: Any, x: Any, like: Any) -> Any:
    return xp.astype(x, like.dtype) if is_complex(like) and not is_complex(x) else x


def _eigh_back(
    xp: Any, g_eigenvalues: Any, g_eigenvectors: Any, eigenvalues: Any, eigenvectors: Any
) -> Any:
    V = eigenvectors
    Vh = adjoint(xp, V)
    if g_eigenvectors is None:
        return xp.matmul(V * _as_kind(xp, xp.expand_dims(g_eigenvalues, axis=-2), V), Vh)
    inner = xp.matmul(Vh, g_eigenvectors)
    if is_complex(V):
        inner = gauge.on(xp, inner, "linalg_eigh", "eigenvectors")
    inner = _off_diagonal(xp, inner / _as_kind(xp, _gaps(xp, eigenvalues, V), V))
    if g_eigenvalues is not None:
        inner = inner + diagonal_matrix(xp, _as_kind(xp, g_eigenvalues, V))
    return xp.matmul(V, xp.matmul(inner, Vh))


def _eigh_tangent(xp: Any, A_dot: Any, eigenvalues: Any, eigenvectors: Any) -> Any:
    V = eigenvectors
    T = xp.matmul(adjoint(xp, V), xp.matmul(A_dot, V))
    turned = _off_diagonal(xp, T / _as_kind(xp, _gaps(xp, eigenvalues, V), V))
    return real_part(xp, diagonal(xp, T)), xp.matmul(V, turned)


eigh = several(
    "linalg_eigh",
    lambda xp, A, upper: tuple(
        generic.converged("linalg.eigh", generic.extension(xp).eigh, _triangle(xp, A, upper))
    ),
    ("eigenvalues", "eigenvectors"),
    ["upper"],
    jvp=_eigh_tangent,
    A=_eigh_back,
)


def _eigvalsh_slope(xp: Any, g: Any, A: Any, upper: bool) -> Any:
    _, V = eigh.on(xp, A, upper)
    return xp.matmul(V * _as_kind(xp, xp.expand_dims(g, axis=-2), V), adjoint(xp, V))


def _eigvalsh_tangent(xp: Any, A_dot: Any, A: Any, upper: bool) -> Any:
    _, V = eigh.on(xp, A, upper)
    T = xp.matmul(adjoint(xp, V), xp.matmul(A_dot, V))
    return real_part(xp, diagonal(xp, T))


eigvalsh = general(
    "linalg_eigvalsh",
    lambda xp, A, upper: generic.converged(
        "linalg.eigh", generic.extension(xp).eigvalsh, _triangle(xp, A, upper)
    ),
    ["upper"],
    node_name="LinalgEighBackward0",
    jvp=_eigvalsh_tangent,
    A=_eigvalsh_slope,
)


# -- singular values ----------------------------------------------------------------------------


def _svd(xp: Any, A: Any, full_matrices: bool) -> Any:
    svd = generic.extension(xp).svd
    U, S, Vh = generic.converged("linalg.svd", svd, A, full_matrices=full_matrices)
    return U, S, Vh


def _skew(xp: Any, X: Any) -> Any:
    return X - adjoint(xp, X)


def _svd_back(xp: Any, g_U: Any, g_S: Any, g_Vh: Any, U: Any, S: Any, Vh: Any) -> Any:
    k = S.shape[-1]
    m, n = U.shape[-2], Vh.shape[-1]
    # Of full matrices, what lies beyond the singular values is not differentiated.
    U, Vh = U[..., :, :k], Vh[..., :k, :]
    values = _as_kind(xp, S, U)
    row, column = xp.expand_dims(values, axis=-2), xp.expand_dims(values, axis=-1)
    if g_U is None and g_Vh is None:
        return xp.matmul(U * _as_kind(xp, xp.expand_dims(g_S, axis=-2), U), Vh)
    gaps = _gaps(xp, values * values, U)
    turned = turned_V = inner = None
    if g_U is not None:
        g_U = g_U[..., :, :k]
        turned = _skew(xp, xp.matmul(adjoint(xp, U), g_U))
    if g_Vh is not None:
        g_Vh = g_Vh[..., :k, :]
        turned_V = _skew(xp, xp.matmul(Vh, adjoint(xp, g_Vh)))
    if is_complex(U):
        both = total(turned, turned_V)
        checked = gauge.on(xp, both, "linalg_svd", "singular vectors")
        if turned is not None:
            turned = checked if turned_V is None else checked - turned_V
        else:
            turned_V = checked
    if turned is not None:
        inner = _off_diagonal(xp, turned / gaps) * row
        if is_complex(U):
            inner = inner + only_diagonal(xp, turned) / (2 * column)
    if turned_V is not None:
        part = column * _off_diagonal(xp, turned_V / gaps)
        inner = part if inner is None else inner + part
    if g_S is not None:
        inner = inner + diagonal_matrix(xp, _as_kind(xp, g_S, U))
    out = xp.matmul(U, inner)
    if g_U is not None and m > k:
        outside = g_U / row
        out = out + outside - xp.matmul(U, xp.matmul(adjoint(xp, U), outside))
    out = xp.matmul(out, Vh)
    if g_Vh is not None and n > k:
        outside = g_Vh / column
        outside = outside - xp.matmul(xp.matmul(outside, adjoint(xp, Vh)), Vh)
        out = out + xp.matmul(U, outside)
    return out


def _svd_tangent(xp: Any, A_dot: Any, U: Any, S: Any, Vh: Any, full_matrices: bool) -> Any:
    k = S.shape[-1]
    m, n = U.shape[-2], Vh.shape[-1]
    beyond = U[..., :, k:], Vh[..., k:, :]
    U, Vh = U[..., :, :k], Vh[..., :k, :]
    values = _as_kind(xp, S, U)
    row, column = xp.expand_dims(values, axis=-2), xp.expand_dims(values, axis=-1)
    moved = xp.matmul(adjoint(xp, U), A_dot)
    X = xp.matmul(moved, adjoint(xp, Vh))
    gaps = _gaps(xp, values * values, U)
    scaled, other = X * row, column * X
    turn_U = _off_diagonal(xp, (scaled + adjoint(xp, scaled)) / gaps)
    turn_V = _off_diagonal(xp, (other + adjoint(xp, other)) / gaps)
    if is_complex(U):
        phase = only_diagonal(xp, _skew(xp, X)) / (4 * column)
        turn_U, turn_V = turn_U + phase, turn_V - phase
    U_dot = xp.matmul(U, turn_U)
    Vh_dot = xp.matmul(adjoint(xp, turn_V), Vh)
    if m > k:
        outside = xp.matmul(A_dot, adjoint(xp, Vh)) / row
        U_dot = U_dot + outside - xp.matmul(U, xp.matmul(adjoint(xp, U), outside))
    if n > k:
        outside = moved / column
        Vh_dot = Vh_dot + outside - xp.matmul(xp.matmul(outside, adjoint(xp, Vh)), Vh)
    if full_matrices:  # as in reverse mode, what lies beyond is taken for constant
        U_dot = xp.concat([U_dot, xp.zeros_like(beyond[0])], axis=-1)
        Vh_dot = xp.concat([Vh_dot, xp.zeros_like(beyond[1])], axis=-2)
    return U_dot, real_part(xp, diagonal(xp, X)), Vh_dot


svd = several(
    "linalg_svd",
    _svd,
    ("U", "S", "Vh"),
    ["full_matrices"],
    jvp=_svd_tangent,
    A=_svd_back,
)


def _svdvals_slope(xp: Any, g: Any, A: Any) -> Any:
    U, _, Vh = svd.on(xp, A, False)
    return xp.matmul(U * _as_kind(xp, xp.expand_dims(g, axis=-2), U), Vh)


def _svdvals_tangent(xp: Any, A_dot: Any, A: Any) -> Any:
    U, _, Vh = svd.on(xp, A, False)
    X = xp.matmul(xp.matmul(adjoint(xp, U), A_dot), adjoint(xp, Vh))
    return real_part(xp, diagonal(xp, X))


svdvals = general(
    "linalg_svdvals",
    lambda xp, A: generic.converged("linalg.svd", generic.extension(xp).svdvals, A),
    node_name="LinalgSvdBackward0",
    jvp=_svdvals_tangent,
    A=_svdvals_slope,
)


# -- eigenvalues of any square matrix -------------------------------------------------------------


def _of_operand(xp: Any, out: Any, A: Any) -> Any:
    """Return a gradient in the operand's kind: eigenvalues of real matrices are complex."""
    return out if is_complex(A) else xp.real(out)


def _eig_back(
    xp: Any,
    g_eigenvalues: Any,
    g_eigenvectors: Any,
    eigenvalues: Any,
    eigenvectors: Any,
    A: Any,
) -> Any:
    V = eigenvectors
    Vh = adjoint(xp, V)
    if g_eigenvectors is None:
        scaled = xp.expand_dims(g_eigenvalues, axis=-1) * Vh
        return _of_operand(xp, solve.on(xp, Vh, scaled, "linalg.eig_backward"), A)
    inner = xp.matmul(Vh, g_eigenvectors)
    inner = gauge.on(xp, inner, "linalg_eig", "eigenvectors")
    length = xp.expand_dims(real_part(xp, diagonal(xp, inner)), axis=-2)
    inner = inner - xp.matmul(Vh, V * _as_kind(xp, length, V))
    inner = _off_diagonal(xp, inner / xp.conj(_gaps(xp, eigenvalues, V)))
    if g_eigenvalues is not None:
        inner = inner + diagonal_matrix(xp, g_eigenvalues)
    out = solve.on(xp, Vh, xp.matmul(inner, Vh), "linalg.eig_backward")
    return _of_operand(xp, out, A)


def _eig_tangent(xp: Any, A_dot: Any, eigenvalues: Any, eigenvectors: Any) -> Any:
    V = eigenvectors
    A_dot = _as_kind(xp, A_dot, V)
    T = solve.on(xp, V, xp.matmul(A_dot, V), "linalg.eig_jvp")
    V_dot = xp.matmul(V, _off_diagonal(xp, T / _gaps(xp, eigenvalues, V)))
    length = xp.real(diagonal(xp, xp.matmul(adjoint(xp, V), V_dot)))
    V_dot = V_dot - V * _as_kind(xp, xp.expand_dims(length, axis=-2), V)
    return diagonal(xp, T), V_dot


def _of_finite(name: str, function: Any, A: Any) -> Any:
    try:
        return function(A)
    except Exception as error:
        if not generic.is_refusal(error):
            raise
        raise generic.LinAlgError(
            f"torch.{name}: input tensor should not contain infs or NaNs."
        ) from None


eig = several(
    "linalg_eig",
    lambda xp, A: tuple(_of_finite("linalg.eig", xp.linalg_eig, A)),
    ("eigenvalues", "eigenvectors"),
    jvp=_eig_tangent,
    A=_eig_back,
)


def _eigvals_slope(xp: Any, g: Any, A: Any) -> Any:
    _, V = eig.on(xp, A)
    Vh = adjoint(xp, V)
    out = solve.on(xp, Vh, xp.expand_dims(g, axis=-1) * Vh, "linalg.eigvals_backward")
    return _of_operand(xp, out, A)


def _eigvals_tangent(xp: Any, A_dot: Any, A: Any) -> Any:
    _, V = eig.on(xp, A)
    moved = xp.matmul(_as_kind(xp, A_dot, V), V)
    return diagonal(xp, solve.on(xp, V, moved, "linalg.eigvals_jvp"))


eigvals = general(
    "linalg_eigvals",
    lambda xp, A: _of_finite("linalg.eigvals", xp.linalg_eigvals, A),
    node_name="LinalgEigBackward0",
    jvp=_eigvals_tangent,
    A=_eigvals_slope,
)


# -- LU -------------------------------------------------------------------------------------------


def _unit_lower(xp: Any, LU: Any, k: int) -> Any:
    """Return the square unit lower triangle."""
    corner = LU[..., :k, :k]
    return xp.tril(corner, k=-1) + identity(xp, corner)


def _lu_back(xp: Any, g_LU: Any, LU: Any, pivots: Any) -> Any:
    m, n = LU.shape[-2:]
    k = min(m, n)
    L, U = _unit_lower(xp, LU, k), xp.triu(LU[..., :k, :k])
    g = g_LU[..., :k, :k]
    inner_L = xp.matmul(adjoint(xp, L), xp.tril(g, k=-1))
    inner_U = xp.matmul(xp.triu(g), adjoint(xp, U))
    rest = None
    if m > n:
        # L below the square part is A U^-1 there.
        rest = _right(xp, g_LU[..., k:, :], U)
        inner_U = inner_U - xp.matmul(adjoint(xp, LU[..., k:, :]), g_LU[..., k:, :])
    if n > m:
        rest = solve_triangular.on(xp, adjoint(xp, L), g_LU[..., :, k:], True, True)
        inner_L = inner_L - xp.matmul(g_LU[..., :, k:], adjoint(xp, LU[..., :, k:]))
    inner = xp.tril(inner_L, k=-1) + xp.triu(inner_U)
    out = _right(xp, solve_triangular.on(xp, adjoint(xp, L), inner, True, True), U)
    if rest is not None:
        out = xp.concat([out, rest], axis=-2 if m > n else -1)
    return xp.matmul(permutation.on(xp, pivots, LU), out)


def _lu_tangent(xp: Any, A_dot: Any, LU: Any, pivots: Any) -> Any:
    m, n = LU.shape[-2:]
    k = min(m, n)
    L, U = _unit_lower(xp, LU, k), xp.triu(LU[..., :k, :k])
    change = xp.matmul(transpose(xp, permutation.on(xp, pivots, LU)), A_dot)

    def over_U(X: Any) -> Any:
        flipped = solve_triangular.on(xp, transpose(xp, U), transpose(xp, X), False, False)
        return transpose(xp, flipped)

    inner = over_U(solve_triangular.on(xp, L, change[..., :k, :k], False, True))
    L_dot = xp.matmul(L, xp.tril(inner, k=-1))
    U_dot = xp.matmul(xp.triu(inner), U)
    out = xp.tril(L_dot, k=-1) + xp.triu(U_dot)
    if m > n:
        rest = over_U(change[..., k:, :] - xp.matmul(LU[..., k:, :], U_dot))
        out = xp.concat([out, rest], axis=-2)
    if n > m:
        rest = change[..., :, k:] - xp.matmul(L_dot, LU[..., :, k:])
        out = xp.concat([out, solve_triangular.on(xp, L, rest, False, True)], axis=-1)
    return out


lu_factor = several(
    "linalg_lu_factor",
    lambda xp, A: tuple(xp.linalg_lu_factor(A)),
    ("LU", "pivots"),
    constant=("pivots",),
    node_name="LinalgLuFactorExBackward0",
    jvp=_lu_tangent,
    A=_lu_back,
)


# -- without derivatives ------------------------------------------------------------------------

geqrf = several(
    "geqrf",
    lambda xp, A: tuple(xp.linalg_geqrf(A)),
    ("a", "tau"),
    operands=["A"],
    constant=("a", "tau"),
)
ldl_factor = several(
    "linalg_ldl_factor",
    lambda xp, A, hermitian: tuple(xp.linalg_ldl_factor(A, hermitian)),
    ("LD", "pivots", "info"),
    ["hermitian"],
    operands=["A"],
    constant=("LD", "pivots", "info"),
)


def _ldl_solve_back(xp: Any, g: Any, LD: Any, pivots: Any, B_shape: Any, hermitian: bool) -> Any:
    if is_complex(LD) and not hermitian:
        LD = xp.conj(LD)
    return ldl_solve.on(xp, LD, pivots, g, hermitian)


ldl_solve: Operation = general(
    "linalg_ldl_solve",
    lambda xp, LD, pivots, B, hermitian: xp.linalg_ldl_solve(LD, pivots, B, hermitian),
    ["hermitian"],
    operands=["LD", "pivots", "B"],
    jvp=lambda xp, B_dot, LD, pivots, hermitian: ldl_solve.on(xp, LD, pivots, B_dot, hermitian),
    B=_ldl_solve_back,
)
