"""Linear algebra, in PyTorch's spelling."""

from .functions.products import matmul
from .functions.reductions import vector_norm
from .functions.shape import matrix_transpose

__all__ = ["matmul", "matrix_transpose", "norm", "vector_norm"]


def norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):  # type: ignore[no-untyped-def]
    """Return a vector norm of all elements or along `dim`; 2 is the default order.

    Raises
    ------
    NotImplementedError
        For norms of matrices that are no vector norms: a numeric order of two axes.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.norm(tg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    two = (len(dim) == 2) if isinstance(dim, (tuple, list)) else (dim is None and A.ndim == 2)
    if ord not in (None, "fro") and two:
        raise NotImplementedError(
            f"linalg.norm(): the matrix norm of order {ord!r} is not available; "
            "vector_norm() takes all elements as one vector"
        )
    return vector_norm(A, 2 if ord in (None, "fro") else ord, dim, keepdim, dtype=dtype)
