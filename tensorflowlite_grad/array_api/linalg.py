"""The standard's extension for linear algebra."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..autograd.graph import Variable
from ..functions import diagonals, reductions, shape
from ..functions import products as vectors
from ..functions.linalg import decompositions, determinants, norms, solving, spectral
from ..functions.linalg import products as matrices
from ..ops.twins import promoted
from . import statistical
from .products import matmul, matrix_transpose, tensordot, vecdot

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


class EighResult(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


class QRResult(NamedTuple):
    """A matrix of orthonormal columns and an upper triangular one."""

    Q: Any
    R: Any


class SlogdetResult(NamedTuple):
    """A determinant's sign, and the logarithm of its size."""

    sign: Any
    logabsdet: Any


class SVDResult(NamedTuple):
    """Left singular vectors, singular values in descending order, right vectors as rows."""

    U: Any
    S: Any
    Vh: Any


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    """Return the triangular factors of positive definite matrices."""
    return decompositions.cholesky(x, upper=upper)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Return vector products of three-dimensional vectors."""
    x1, x2 = promoted((x1, x2))
    ndim = max(x1._array.ndim, x2._array.ndim)
    return matrices.cross(_with_axes(x1, ndim), _with_axes(x2, ndim), dim=axis)


def _with_axes(x: Any, ndim: int) -> Any:
    """Return an array with axes of size one in front."""
    missing = ndim - x._array.ndim
    return shape.reshape(x, (1,) * missing + tuple(x._array.shape)) if missing > 0 else x


def det(x: Any, /) -> Any:
    """Return determinants."""
    return determinants.det(x)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Return diagonals of matrices."""
    return diagonals.diagonal(x, offset, -2, -1)


def eigh(x: Any, /) -> EighResult:
    """Return eigenvalues and eigenvectors of symmetric or Hermitian matrices."""
    return EighResult(*spectral.eigh(x))


def eigvalsh(x: Any, /) -> Any:
    """Return eigenvalues of symmetric or Hermitian matrices."""
    return spectral.eigvalsh(x)


def inv(x: Any, /) -> Any:
    """Return inverses of matrices."""
    return solving.inv(x)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Return norms of matrices."""
    return norms.matrix_norm(x, "fro" if ord is None else ord, (-2, -1), keepdims)


def matrix_power(x: Any, n: int, /) -> Any:
    """Return powers of square matrices."""
    return determinants.matrix_power(x, n)


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """Return how many singular values exceed a part `rtol` of the greatest."""
    return norms.matrix_rank(x, rtol=rtol)


def outer(x1: Any, x2: Any, /) -> Any:
    """Return the products of every pair of elements of two vectors."""
    x1, x2 = promoted((x1, x2))
    return vectors.outer(x1, x2)


def pinv(x: Any, /, *, rtol: Any = None) -> Any:
    """Return pseudo-inverses of matrices."""
    return solving.pinv(x, rtol=rtol)


def qr(x: Any, /, *, mode: str = "reduced") -> QRResult:
    """Return the factors of matrices with orthonormal columns, and the triangular ones."""
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr(): mode must be 'reduced' or 'complete', not {mode!r}")
    return QRResult(*decompositions.qr(x, mode))


def slogdet(x: Any, /) -> SlogdetResult:
    """Return signs of determinants, and logarithms of their sizes."""
    return SlogdetResult(*determinants.slogdet(x))


def solve(x1: Any, x2: Any, /) -> Any:
    """Return the solutions of systems of linear equations: of one vector, or of matrices."""
    x1, x2 = promoted((x1, x2))
    if isinstance(x2, Variable) and x2._array.ndim > 1:
        x2 = _with_axes(x2, x1._array.ndim)  # matrices, even if they look like vectors
    return solving.solve(x1, x2)


def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    """Return singular value decompositions."""
    return SVDResult(*spectral.svd(x, full_matrices))


def svdvals(x: Any, /) -> Any:
    """Return singular values."""
    return spectral.svdvals(x)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Return sums along diagonals of matrices."""
    return statistical.sum(diagonal(x, offset=offset), axis=-1, dtype=dtype)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    """Return norms of vectors along axes, or of all elements as one vector."""
    x, axis, keepdims = statistical.each_alone(x, axis, keepdims)
    return reductions.vector_norm(x, ord, axis, keepdims)
