"""Cofactors of matrices, exact whatever the rank, and how they change.

Of up to three rows they are written out. Of more they come from the inverse of a
well-conditioned matrix, and else from the singular value decomposition.
"""

from __future__ import annotations

from typing import Any

from .linalg import converged, extension, is_refusal

__all__ = ["EXTRAS"]


def _adjoint(xp: Any, x: Any) -> Any:
    out = xp.matrix_transpose(x)
    return xp.conj(out) if "complex" in str(x.dtype) else out


def _well_conditioned(xp: Any, A: Any) -> Any:
    """Return the inverses, or None if for some matrix they would lose digits."""
    linalg = extension(xp)
    try:
        out = linalg.inv(A)
    except Exception as error:
        if is_refusal(error):
            return None
        raise
    sizes = [xp.sqrt(xp.sum(xp.abs(x) ** 2, axis=(-2, -1))) for x in (A, out)]
    single = "32" in str(A.dtype) or "complex64" in str(A.dtype)
    condition = xp.max(sizes[0] * sizes[1])
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
    linalg = extension(xp)
    U, s, Vh = converged("linalg.det_backward", linalg.svd, A, full_matrices=False)
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


def cofactor(xp: Any, A: Any) -> Any:
    """Return the matrices of cofactors: the gradients of determinants."""
    if 0 in A.shape:
        return xp.asarray(A, copy=True)
    n = A.shape[-1]
    if n <= 3:
        return xp.ones_like(A) if n == 1 else _turned(xp, A) if n == 2 else _crossed(xp, A, A)
    C = _well_conditioned(xp, A)
    if C is not None:
        return extension(xp).det(A)[..., None, None] * xp.matrix_transpose(C)
    U, s, Vh, phase = _factors(xp, A)
    adjugate = xp.matmul(_adjoint(xp, Vh) * _others(xp, s)[..., None, :], _adjoint(xp, U))
    return phase * xp.matrix_transpose(adjugate)


def cofactor_slope(xp: Any, A: Any, E: Any) -> Any:
    """Return how cofactors change along a direction `E`."""
    if 0 in A.shape or A.shape[-1] == 1:  # the cofactor of a number is 1
        return xp.zeros_like(E)
    if A.shape[-1] == 2:
        return _turned(xp, E)
    if A.shape[-1] == 3:
        return _crossed(xp, A, E) + _crossed(xp, E, A)
    C = _well_conditioned(xp, A)
    if C is not None:
        CE = xp.matmul(C, E)
        inner = extension(xp).diagonal(CE)
        change = xp.sum(inner, axis=-1)[..., None, None] * C - xp.matmul(CE, C)
        return extension(xp).det(A)[..., None, None] * xp.matrix_transpose(change)
    U, s, Vh, phase = _factors(xp, A)
    n = s.shape[-1]
    F = xp.matmul(xp.matmul(_adjoint(xp, U), E), _adjoint(xp, Vh))
    # Products without two of the singular values, at their row and column.
    eye = xp.broadcast_to(xp.eye(n, dtype=A.dtype), A.shape)
    without = _others(xp, xp.where(eye != 0, eye, xp.broadcast_to(s[..., None, :], A.shape)))
    without = xp.where(eye != 0, xp.zeros_like(without), without)
    straight = xp.sum(without * extension(xp).diagonal(F)[..., None, :], axis=-1)
    change = eye * straight[..., None, :] - without * F
    change = xp.matmul(xp.matmul(_adjoint(xp, Vh), change), _adjoint(xp, U))
    return phase * xp.matrix_transpose(change)


EXTRAS = {"linalg_cofactor": cofactor, "linalg_cofactor_slope": cofactor_slope}
