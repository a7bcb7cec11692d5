"""Linear algebra that the standard lacks: by LAPACK, through SciPy where it is installed.

SciPy is imported when it is first needed: it takes longer than NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowlite_grad.backend import linalg as generic

__all__ = ["FUNCTIONS"]


def _lapack(names: tuple[str, ...], array: Any) -> Any:
    """Return LAPACK's functions for the dtype of an array, or None without SciPy."""
    try:
        from scipy.linalg import get_lapack_funcs
    except ImportError:
        return None
    return get_lapack_funcs(names, (array,))


def solve_triangular(a: Any, b: Any, upper: bool, unitriangular: bool) -> Any:
    """LAPACK's for a single system; stacks go by halves, all matrices at once."""
    if a.ndim == 2 and b.size and a.shape[0] > 4:
        found = _lapack(("trtrs",), a)
        if found is not None and a.dtype == b.dtype:
            x, info = found[0](a, b, lower=not upper, unitdiag=unitriangular)
            if info == 0:
                return np.ascontiguousarray(x)
    return generic.solve_triangular(np, a, b, upper, unitriangular)


def lu_factor(a: Any) -> Any:
    """LAPACK's, matrix by matrix."""
    found = _lapack(("getrf",), a) if a.size else None
    if found is None:
        return generic.lu_factor(np, a)
    m, n = a.shape[-2:]
    lu = np.empty(a.shape, a.dtype)
    pivots = np.empty((*a.shape[:-2], min(m, n)), np.int32)
    for k in np.ndindex(a.shape[:-2]):
        lu[k], pivots[k], _ = found[0](a[k])
    return lu, pivots + 1


def eig(a: Any) -> Any:
    """Return eigenvalues and eigenvectors, complex always."""
    values, vectors = np.linalg.eig(a)
    dtype = _complex(a.dtype)
    return values.astype(dtype, copy=False), vectors.astype(dtype, copy=False)


def eigvals(a: Any) -> Any:
    """Return eigenvalues, complex always."""
    return np.linalg.eigvals(a).astype(_complex(a.dtype), copy=False)


def _complex(dtype: Any) -> Any:
    return np.complex64 if dtype in (np.float32, np.complex64) else np.complex128


def geqrf(a: Any) -> Any:
    """Return Householder reflectors below R, and their factors."""
    h, tau = np.linalg.qr(a, mode="raw")
    return np.ascontiguousarray(h.swapaxes(-1, -2)), tau


def ldl_factor(a: Any, hermitian: bool) -> Any:
    """Return the factors of ``A = L D L^T`` in one array, LAPACK's pivots, and its verdict."""
    name = "hetrf" if hermitian and a.dtype.kind == "c" else "sytrf"
    found = _lapack((name,), a)
    ld = np.empty(a.shape, a.dtype)
    pivots = np.empty(a.shape[:-1], np.int32)
    info = np.zeros(a.shape[:-2], np.int32)
    for k in np.ndindex(a.shape[:-2]):
        if found is None:
            ld[k], pivots[k], info[k] = _ldl(a[k], hermitian)
        elif a.shape[-1]:
            ld[k], found_pivots, info[k] = found[0](a[k], lower=1)
            pivots[k] = found_pivots
            ld[k] = np.tril(ld[k])
    return ld, pivots, info


def _ldl(a: Any, hermitian: bool) -> tuple[Any, Any, int]:
    """Factor one matrix as sytrf and hetrf do: J. R. Bunch and L. Kaufman's pivots, 1977."""
    other = np.conj if hermitian else np.asarray
    a = np.tril(a) + other(np.tril(a, -1)).T
    if hermitian:
        np.fill_diagonal(a, a.diagonal().real)
    n, k, info = len(a), 0, 0
    pivots = np.empty(n, np.int32)
    while k < n:
        pivot, size = _ldl_pivot(a, k)
        last = k + size - 1
        _swap(a[k:, k:], last - k, pivot - k)
        _swap(a[k:, k:].T, last - k, pivot - k)
        pivots[k : last + 1] = pivot + 1 if size == 1 else -(pivot + 1)
        block, below = a[k : last + 1, k : last + 1], a[last + 1 :, k : last + 1]
        if size == 1 and not block[0, 0]:
            info = info or k + 1
        else:
            factors = np.linalg.solve(block.T, below.T).T
            a[last + 1 :, last + 1 :] -= factors @ other(below).T
            below[...] = factors
        k += size
    return np.tril(a), pivots, info


def _size(x: Any) -> Any:
    return np.abs(x.real) + np.abs(x.imag)


def _ldl_pivot(a: Any, k: int) -> tuple[int, int]:
    """Return the row to bring to the front, and whether as one row or one of a block of two."""
    column = _size(a[k:, k])
    if len(column) < 2:
        return k, 1
    share = (1 + 17**0.5) / 8
    here, r = column[0], int(np.argmax(column[1:])) + 1
    greatest = column[r]
    if here >= share * greatest:
        return k, 1
    row = _size(a[k:, k + r])
    diagonal, row[r] = row[r], 0
    if here * row.max() >= share * greatest**2:
        return k, 1
    return k + r, 1 if diagonal >= share * row.max() else 2


def ldl_solve(ld: Any, pivots: Any, b: Any, hermitian: bool) -> Any:
    """Solve with the factors of `ldl_factor`, matrix by matrix."""
    out = np.array(b)
    for k in np.ndindex(b.shape[:-2]):
        _solve_one(ld[k], pivots[k], out[k], hermitian)
    return out


def _solve_one(ld: Any, pivots: Any, b: Any, hermitian: bool) -> None:
    """As LAPACK's sytrs and hetrs: a negative pivot marks one of the two rows of a block."""
    other = ld.conj() if hermitian else ld
    n = len(pivots)
    starts = []
    k = 0
    while k < n:
        starts.append(k)
        if pivots[k] > 0:
            _swap(b, k, pivots[k] - 1)
            b[k + 1 :] -= np.outer(ld[k + 1 :, k], b[k])
            b[k] /= ld[k, k].real if hermitian else ld[k, k]
            k += 1
        else:
            _swap(b, k + 1, -pivots[k + 1] - 1)
            b[k + 2 :] -= ld[k + 2 :, k : k + 2] @ b[k : k + 2]
            corner = ld[k + 1, k]
            above = corner.conj() if hermitian else corner
            block = np.array([[ld[k, k], above], [corner, ld[k + 1, k + 1]]])
            b[k : k + 2] = np.linalg.solve(block, b[k : k + 2])
            k += 2
    for k in reversed(starts):
        size = 1 if pivots[k] > 0 else 2
        b[k : k + size] -= other[k + size :, k : k + size].T @ b[k + size :]
        last = k + size - 1
        _swap(b, last, abs(pivots[last]) - 1)


def _swap(b: Any, i: int, j: int) -> None:
    if i != j:
        b[[i, j]] = b[[j, i]]


FUNCTIONS = {
    f"linalg_{f.__name__}": f
    for f in (solve_triangular, lu_factor, eig, eigvals, geqrf, ldl_factor, ldl_solve)
}
