"""Methods of linear algebra."""

from __future__ import annotations

from ..functions import contractions, matrices
from ..functions import products as f


class LinalgMethods:
    """Products of vectors and matrices, decompositions and systems of equations."""

    __slots__ = ()

    addbmm = f.addbmm
    addmv = f.addmv
    addr = f.addr
    baddbmm = f.baddbmm
    cholesky = matrices.cholesky
    cholesky_inverse = matrices.cholesky_inverse
    cholesky_solve = matrices.cholesky_solve
    cross = matrices.cross
    det = matrices.det
    geqrf = matrices.geqrf
    ger = f.ger
    inner = f.inner
    inverse = matrices.inverse
    kron = contractions.kron
    logdet = matrices.logdet
    lu = matrices.lu
    lu_solve = matrices.lu_solve
    matrix_exp = matrices.matrix_exp
    matrix_power = matrices.matrix_power
    orgqr = matrices.orgqr
    ormqr = matrices.ormqr
    pinverse = matrices.pinverse
    qr = matrices.qr
    slogdet = matrices.slogdet
    svd = matrices.svd
    triangular_solve = matrices.triangular_solve
    vdot = f.vdot
