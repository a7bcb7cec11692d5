"""Linear algebra that the standard lacks, by PyTorch's own functions."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["FUNCTIONS"]


def solve_triangular(a: Any, b: Any, upper: bool, unitriangular: bool) -> Any:
    """Solve triangular systems."""
    return torch.linalg.solve_triangular(a, b, upper=upper, unitriangular=unitriangular)


def lu_factor(a: Any) -> Any:
    """Return the factors in one array, and the pivots."""
    return tuple(torch.linalg.lu_factor_ex(a)[:2])


def eig(a: Any) -> Any:
    """Return eigenvalues and eigenvectors."""
    return tuple(torch.linalg.eig(a))


def geqrf(a: Any) -> Any:
    """Return Householder reflectors below R, and their factors."""
    return tuple(torch.geqrf(a))


def ldl_factor(a: Any, hermitian: bool) -> Any:
    """Return the factors in one array, the pivots, and LAPACK's verdict."""
    return tuple(torch.linalg.ldl_factor_ex(a, hermitian=hermitian))


def ldl_solve(ld: Any, pivots: Any, b: Any, hermitian: bool) -> Any:
    """Solve with the factors of `ldl_factor`."""
    return torch.linalg.ldl_solve(ld, pivots.to(torch.int32), b, hermitian=hermitian)


FUNCTIONS = {
    f"linalg_{f.__name__}": f
    for f in (solve_triangular, lu_factor, eig, geqrf, ldl_factor, ldl_solve)
}
FUNCTIONS["linalg_eigvals"] = torch.linalg.eigvals
FUNCTIONS["linalg_matrix_exp"] = torch.linalg.matrix_exp
