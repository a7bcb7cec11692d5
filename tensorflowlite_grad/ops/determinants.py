"""Determinants, whose derivatives are exact at singular matrices too.

The gradient of a determinant is the matrix of cofactors, a polynomial in the entries: finite
everywhere, where the usual ``det(A) * inv(A).T`` is 0 / 0. Cofactors and their slope come from
the inverse of a well-conditioned matrix, and else from the singular value decomposition.
"""

from __future__ import annotations

from typing import Any

from ..backend import linalg as generic
from .declare import Operation, general
from .kinds import is_complex
from .matrices import adjoint, diagonal, diagonal_matrix, trace_of_product, transpose
from .several import several
from .solvers import inv

__all__: list[str] = []


def _well_conditioned(xp: Any, A: Any) -> Any:
    """Return the inverses, or None if for some matrix they would lose digits."""
    linalg = generic.extension(xp)
    try:
        out = linalg.inv(A)
    except Exception as error:
        if generic.is_refusal(error):
            return None
        raise
    sizes = [xp.sqrt(xp.sum(xp.abs(x) ** 2, axis=(-2, -1))) for x in (A, out)]
    single = "32" in str(A.dtype) or "complex64" in str(A.dtype)
    condition = xp.max(sizes[0] * sizes[1]) if sizes[0].size else 0.0
    # What is not finite is not for the other way either, which iterates.
    fine = float(condition) < (1e2 if single else 1e4) or not bool(xp.all(xp.isfinite(A)))
    return out if fine else None


def _others(xp: Any, s: Any) -> Any:
    """Return for each number the product of all others along the last axis."""
    one = xp.ones_like(s[..., :1])
    left = xp.cumulative_prod(xp.concat([one, s[..., :-1]], axis=-1), axis=-1)
    back = xp.flip(s, axis=-1)
    right = xp.cumulative_prod(xp.concat([one, back[..., :-1]], axis=-1), axis=-1)
    return left * xp.flip(right, axis=-1)


def _factors(xp: Any, A: Any) -> Any:
    """Return U, S and V^H, S in the dtype of A, and the determinant of U V^H."""
    linalg = generic.extension(xp)
    U, s, Vh = linalg.svd(A, full_matrices=False)
    phase = (linalg.det(U) * linalg.det(Vh))[..., None, None]
    return U, xp.astype(s, A.dtype), Vh, phase


def _turned(xp: Any, A: Any) -> Any:
    """Return the cofactors of two rows and columns: the other corner, signed."""
    signs = 1 - 2 * xp.asarray([[0, 1], [1, 0]], dtype=A.dtype)
    return xp.flip(A, axis=(-2, -1)) * signs


def _crossed(xp: Any, A: Any, B: Any) -> Any:
    """Return the vector products of each row's followers, the next of A, the last of B."""
    x, y = xp.roll(A, -1, axis=-2), xp.roll(B, 1, axis=-2)
    left = xp.roll(x, -1, axis=-1) * xp.roll(y, 1, axis=-1)
    return left - xp.roll(x, 1, axis=-1) * xp.roll(y, -1, axis=-1)


def _cofactors(xp: Any, A: Any) -> Any:
    if 0 in A.shape:
        return xp.asarray(A, copy=True)
    n = A.shape[-1]
    if n <= 3:
        return xp.ones_like(A) if n == 1 else _turned(xp, A) if n == 2 else _crossed(xp, A, A)
    C = _well_conditioned(xp, A)
    if C is not None:
        return generic.extension(xp).det(A)[..., None, None] * transpose(xp, C)
    U, s, Vh, phase = _factors(xp, A)
    adjugate = xp.matmul(adjoint(xp, Vh) * _others(xp, s)[..., None, :], adjoint(xp, U))
    return phase * transpose(xp, adjugate)


def _cofactor_slopes(xp: Any, A: Any, E: Any) -> Any:
    if 0 in A.shape or A.shape[-1] == 1:  # the cofactor of a number is 1
        return xp.zeros_like(E)
    if A.shape[-1] == 2:
        return _turned(xp, E)
    if A.shape[-1] == 3:
        return _crossed(xp, A, E) + _crossed(xp, E, A)
    C = _well_conditioned(xp, A)
    if C is not None:
        CE = xp.matmul(C, E)
        inner = diagonal(xp, CE)
        change = xp.sum(inner, axis=-1)[..., None, None] * C - xp.matmul(CE, C)
        return generic.extension(xp).det(A)[..., None, None] * transpose(xp, change)
    U, s, Vh, phase = _factors(xp, A)
    n = s.shape[-1]
    F = xp.matmul(xp.matmul(adjoint(xp, U), E), adjoint(xp, Vh))
    # Products without two of the singular values, at their row and column.
    eye = xp.broadcast_to(xp.eye(n, dtype=A.dtype), A.shape)
    without = _others(xp, xp.where(eye != 0, eye, xp.broadcast_to(s[..., None, :], A.shape)))
    without = without - diagonal_matrix(xp, diagonal(xp, without))
    straight = xp.sum(without * diagonal(xp, F)[..., None, :], axis=-1)
    change = diagonal_matrix(xp, straight) - without * F
    change = xp.matmul(xp.matmul(adjoint(xp, Vh), change), adjoint(xp, U))
    return phase * transpose(xp, change)


def _third(xp: Any, A: Any, E: Any, D: Any) -> Any:
    """Return the third derivative of the determinant in two directions, at regular matrices."""
    C = inv.on(xp, A, None)
    CE, CD = xp.matmul(C, E), xp.matmul(C, D)
    a = xp.sum(diagonal(xp, CE), axis=-1)[..., None, None]
    b = xp.sum(diagonal(xp, CD), axis=-1)[..., None, None]
    c = trace_of_product(xp, CE, CD)
    inner = (a * b - c) * C - xp.matmul(b * CE + a * CD - xp.matmul(CE, CD) - xp.matmul(CD, CE), C)
    return xp.expand_dims(xp.expand_dims(det.on(xp, A), axis=-1), axis=-1) * transpose(xp, inner)


def _lifted(xp: Any, g: Any) -> Any:
    return xp.expand_dims(xp.expand_dims(g, axis=-1), axis=-1)


det = general(
    "linalg_det",
    lambda xp, A: generic.extension(xp).det(A),
    conjugate=True,
    jvp=lambda xp, A_dot, A: xp.sum(cofactor.on(xp, A) * A_dot, axis=(-2, -1)),
    A=lambda xp, g, A: _lifted(xp, g) * cofactor.on(xp, A),
)
cofactor: Operation = general(
    "linalg_cofactor",
    _cofactors,
    conjugate=True,
    jvp=lambda xp, A_dot, A: cofactor_slope.on(xp, A, A_dot),
    A=lambda xp, g, A: cofactor_slope.on(xp, A, g),
)


def _slope_tangent(xp: Any, A_dot: Any, E_dot: Any, A: Any, E: Any) -> Any:
    parts = []
    if E_dot is not None:
        parts.append(cofactor_slope.on(xp, A, E_dot))
    if A_dot is not None:
        parts.append(_third(xp, A, E, A_dot))
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


cofactor_slope: Operation = general(
    "linalg_cofactor_slope",
    _cofactor_slopes,
    conjugate=True,
    jvp=_slope_tangent,
    A=lambda xp, g, A, E: _third(xp, A, E, g),
    E=lambda xp, g, A: cofactor_slope.on(xp, A, g),
)


# -- sign and logarithm -------------------------------------------------------------------------


def _slogdet_back(xp: Any, g_sign: Any, g_logabsdet: Any, A: Any, sign: Any) -> Any:
    inverse = adjoint(xp, inv.on(xp, A, None))
    if not is_complex(A):
        return inverse * _lifted(xp, xp.zeros_like(sign) if g_logabsdet is None else g_logabsdet)
    h = None if g_logabsdet is None else xp.astype(g_logabsdet, A.dtype)
    if g_sign is not None:
        turn = g_sign * xp.conj(sign)
        turn = (turn - xp.conj(turn)) / 2
        h = turn if h is None else h + turn
    return inverse * _lifted(xp, h)


def _slogdet_tangent(xp: Any, A_dot: Any, A: Any, sign: Any) -> Any:
    inverse = inv.on(xp, A, None)
    change = xp.sum(transpose(xp, inverse) * A_dot, axis=(-2, -1))
    if not is_complex(A):
        return xp.zeros_like(sign), change
    return sign * ((change - xp.conj(change)) / 2), xp.real(change)


slogdet = several(
    "linalg_slogdet",
    lambda xp, A: tuple(generic.extension(xp).slogdet(A)),
    ("sign", "logabsdet"),
    jvp=_slogdet_tangent,
    node_name="LinalgSlogdetBackward0",
    A=_slogdet_back,
)
