"""Determinants, whose derivatives are exact at singular matrices too.

The gradient of a determinant is the matrix of cofactors, a polynomial in the entries: finite
everywhere, where the usual ``det(A) * inv(A).T`` is 0 / 0. See `backend.cofactors`.
"""

from __future__ import annotations

from typing import Any

from ..backend import linalg as generic
from .declare import Operation, general
from .kinds import is_complex
from .matrices import adjoint, diagonal, trace_of_product, transpose
from .several import several
from .solvers import inv

__all__: list[str] = []


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
    lambda xp, A: xp.linalg_cofactor(A),
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
    lambda xp, A, E: xp.linalg_cofactor_slope(A, E),
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
