"""Decompositions of low rank, by chance: for large matrices of which little is needed."""

from __future__ import annotations

from typing import Any

__all__ = ["pca_lowrank", "svd_lowrank"]


def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> Any:
    """Return the largest singular values and their vectors, approximately and by chance.

    N. Halko, P. G. Martinsson and J. A. Tropp, "Finding structure with randomness", 2009.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, m, n)``.
    q : int
        A little more than the rank.
    niter : int
        How often the sample of the range is refined.
    M : Tensor, optional
        Taken from `A` first.

    Returns
    -------
    U, S, V : Tensor

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> U, S, V = tg.svd_lowrank(tg.eye(4), q=2)
    >>> list(U.shape), list(S.shape), list(V.shape)
    ([4, 2], [2], [4, 2])
    """
    from .linalg import decompositions, spectral
    from .linalg.checks import adjoint_of, matrices, shape_of
    from .products import matmul
    from .random import randn

    A = matrices("svd_lowrank", A)
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    m, n = shape_of(A)[-2:]
    if not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    work = A if M is None else A - M
    if m < n:
        work = adjoint_of(work)
    back = adjoint_of(work)

    def basis(x: Any) -> Any:
        return decompositions.qr(x)[0]

    columns = shape_of(work)[-1]
    real = A.dtype.to_real() if A.dtype.is_complex else A.dtype
    start = randn(columns, q, dtype=real, device=A.device)
    Q = basis(matmul(work, start.to(A.dtype)))
    for _ in range(niter):
        Q = basis(matmul(work, basis(matmul(back, Q))))
    U, S, Vh = spectral.svd(matmul(adjoint_of(Q), work), full_matrices=False)
    U, V = matmul(Q, U), adjoint_of(Vh)
    return (V, S, U) if m < n else (U, S, V)


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> Any:
    """Return the principal components of rows, by `svd_lowrank`.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, m, n)``: m points.
    q : int, optional
        How many; up to 6 by default.
    center : bool
        Take the mean of the points away first.
    niter : int

    Returns
    -------
    U, S, V : Tensor
        The columns of V are the principal directions.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> U, S, V = tg.pca_lowrank(tg.rand(5, 3), q=2)
    >>> V.shape
    tensorflowlite_grad.Size([3, 2])
    """
    from .linalg.checks import matrices, shape_of

    A = matrices("pca_lowrank", A)
    m, n = shape_of(A)[-2:]
    if q is None:
        q = min(6, m, n)
    if not 0 <= q <= min(m, n):
        raise ValueError(
            f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}"
        )
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)
