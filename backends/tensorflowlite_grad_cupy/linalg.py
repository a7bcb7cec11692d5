"""Linear algebra that the standard lacks, by CuPy and CuPyX where they have it.

CuPy returns inf or garbage where a matrix is singular or not positive-definite instead of
raising: the namespace says so (``silent_linalg``), and results are looked at. What CuPy lacks
goes through the host.
"""

from __future__ import annotations

import warnings
from typing import Any

import cupy
from cupyx.scipy import linalg as solvers

from tensorflowlite_grad.backend import linalg as generic

__all__ = ["FUNCTIONS"]


def solve_triangular(a: Any, b: Any, upper: bool, unitriangular: bool) -> Any:
    """Solve by cuBLAS a single system; stacks go by halves, all matrices at once."""
    if a.ndim == 2 and b.size and a.shape[0] > 4 and a.dtype == b.dtype:
        return solvers.solve_triangular(a, b, lower=not upper, unit_diagonal=unitriangular)
    return generic.solve_triangular(cupy, a, b, upper, unitriangular)


def lu_factor(a: Any) -> Any:
    """Factor by cuSOLVER a single matrix, whose pivots CuPy counts from 0; stacks generically."""
    if a.ndim == 2 and a.size:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a zero on the diagonal, which callers look for
            lu, pivots = solvers.lu_factor(a, check_finite=False)
        # Of a singular matrix cuSOLVER may leave NaN.
        if bool(cupy.all(cupy.isfinite(lu))) or not bool(cupy.all(cupy.isfinite(a))):
            return cupy.ascontiguousarray(lu), pivots.astype(cupy.int32) + 1
    return generic.lu_factor(cupy, a)


def _checked(a: Any) -> Any:
    if not bool(cupy.all(cupy.isfinite(a))):
        raise generic.LinAlgError("the matrix contains infs or NaNs")
    return a


def _eig(a: Any) -> Any:
    values, vectors = cupy.linalg.eig(_checked(a))
    dtype = _complex(a)
    return values.astype(dtype, copy=False), vectors.astype(dtype, copy=False)


def _eigvals(a: Any) -> Any:
    return cupy.linalg.eigvals(_checked(a)).astype(_complex(a), copy=False)


def _complex(a: Any) -> Any:
    return cupy.complex64 if a.dtype.name in ("float32", "complex64") else cupy.complex128


FUNCTIONS: dict[str, Any] = {
    "linalg_solve_triangular": solve_triangular,
    "linalg_lu_factor": lu_factor,
}
if hasattr(getattr(cupy, "linalg", None), "eig"):  # CuPy 14
    FUNCTIONS["linalg_eig"] = _eig
    FUNCTIONS["linalg_eigvals"] = _eigvals
