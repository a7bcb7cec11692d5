"""Linear algebra, in PyTorch's spelling."""

from .backend.linalg import LinAlgError
from .functions.linalg.decompositions import (
    cholesky,
    cholesky_ex,
    householder_product,
    ldl_factor,
    ldl_factor_ex,
    ldl_solve,
    lu,
    lu_factor,
    lu_factor_ex,
    lu_solve,
    qr,
)
from .functions.linalg.determinants import det, matrix_exp, matrix_power, slogdet
from .functions.linalg.norms import cond, matrix_norm, matrix_rank, norm
from .functions.linalg.products import cross, diagonal, multi_dot, vander, vecdot
from .functions.linalg.solving import (
    inv,
    inv_ex,
    lstsq,
    pinv,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from .functions.linalg.spectral import eig, eigh, eigvals, eigvalsh, svd, svdvals
from .functions.products import matmul
from .functions.reductions import vector_norm
from .functions.shape import matrix_transpose

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
