"""Eigenvalues and singular values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import return_types
from ...ops import decompositions as ops
from ..outputs import takes_out
from .checks import matrices, square

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["eig", "eigh", "eigvals", "eigvalsh", "svd", "svdvals"]


def _upper(name: str, UPLO: Any) -> bool:
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}, in {name}()")
    return UPLO.upper() == "U"


@takes_out()
def eigh(A: Any, UPLO: str = "L", *, out: Any = None) -> Any:
    """Return the eigenvalues and eigenvectors of Hermitian or symmetric matrices.

    The gradient of eigenvectors is NaN where eigenvalues are equal, that of eigenvalues is
    right there; it is taken that a loss does not depend on the eigenvectors' signs.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, n, n)``.
    UPLO : {'L', 'U'}
        Which triangle is read.

    Returns
    -------
    eigenvalues : Tensor
        Real, ascending.
    eigenvectors : Tensor
        As columns.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.eigh(tg.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    upper = _upper("linalg.eigh", UPLO)
    return return_types.linalg_eigh(*ops.eigh.record(square("linalg.eigh", A), upper))


@takes_out()
def eigvalsh(A: Any, UPLO: str = "L", *, out: Tensor | None = None) -> Tensor:
    """Return the eigenvalues of Hermitian or symmetric matrices, ascending.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.eigvalsh(tg.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    upper = _upper("linalg.eigvalsh", UPLO)
    return ops.eigvalsh.record(square("linalg.eigvalsh", A), upper)


@takes_out("cast")
def eig(A: Any, *, out: Any = None) -> Any:
    """Return the eigenvalues and eigenvectors of square matrices, complex always.

    Computed on the host where the library has no function for it.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, n, n)``.

    Returns
    -------
    eigenvalues, eigenvectors : Tensor
        In no particular order; eigenvectors are columns of length 1.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.eig(tg.tensor([[0.0, -1.0], [1.0, 0.0]])).eigenvalues
    tensor([0.+1.j, 0.-1.j])
    """
    return return_types.linalg_eig(*ops.eig.record(square("linalg.eig", A)))


@takes_out("cast")
def eigvals(A: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the eigenvalues of square matrices, complex always.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.eigvals(tg.tensor([[2.0, 1.0], [0.0, 3.0]]))
    tensor([2.+0.j, 3.+0.j])
    """
    return ops.eigvals.record(square("linalg.eigvals", A))


def no_driver(name: str, driver: Any) -> None:
    """Raise if a driver of cuSOLVER's is asked for."""
    if driver is not None:
        raise RuntimeError(
            f"torch.{name}: keyword argument `driver=` is only supported on CUDA inputs with "
            "cuSOLVER backend; leave it out"
        )


@takes_out()
def svd(A: Any, full_matrices: bool = True, *, driver: str | None = None, out: Any = None) -> Any:
    """Return the singular value decomposition ``A = U diag(S) Vh``.

    The gradient of U and Vh is NaN where singular values are equal, that of S is right there;
    it is taken that a loss does not depend on the vectors' signs.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, m, n)``.
    full_matrices : bool
        Whether U and Vh are square; what makes them so has no gradient.
    driver : None
        Here for PyTorch's programs: there is nothing to choose.

    Returns
    -------
    U, S, Vh : Tensor
        S is real and descending.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.svd(tg.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    no_driver("linalg.svd", driver)
    A = matrices("linalg.svd", A)
    return return_types.linalg_svd(*ops.svd.record(A, bool(full_matrices)))


@takes_out()
def svdvals(A: Any, *, driver: str | None = None, out: Tensor | None = None) -> Tensor:
    """Return singular values, descending.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.svdvals(tg.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor([4., 3.])
    """
    no_driver("linalg.svdvals", driver)
    return ops.svdvals.record(matrices("linalg.svdvals", A))
