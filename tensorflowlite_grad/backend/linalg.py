"""Generic forms of linear algebra that the standard's ``linalg`` extension lacks.

Where a loop over elements would be the only generic form, as for the eigenvalues of a general
matrix, the matrices go to the host, to NumPy and LAPACK, and the result comes back.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "EXTRAS",
    "LinAlgError",
    "converged",
    "extension",
    "failures",
    "not_positive_definite",
    "singular",
]

Array = Any


class LinAlgError(RuntimeError):
    """A matrix that an operation of linear algebra has no result for, such as a singular one."""


def extension(xp: Any) -> Any:
    """Return the namespace of the standard's linear algebra.

    Raises
    ------
    NotImplementedError
        If the library has none.
    """
    found = getattr(xp, "linalg", None)
    if found is None:
        raise NotImplementedError(
            f"{xp.__name__} has no linear algebra (the `linalg` extension of the Array API "
            "standard); move the tensor to a backend that has, such as numpy"
        )
    return found


def is_refusal(error: Exception) -> bool:
    """Return whether a library's error says that a matrix has no result."""
    return "LinAlgError" in type(error).__name__


def converged(name: str, function: Any, *args: Any, **options: Any) -> Any:
    """Call an iterative function; LinAlgError if the library says that it does not converge."""
    try:
        return function(*args, **options)
    except Exception as error:
        if not is_refusal(error):
            raise
        raise LinAlgError(
            f"{name}: The algorithm failed to converge because the input matrix contained "
            f"non-finite values, or has too many repeated singular values: {error}"
        ) from None


# -- triangular systems -------------------------------------------------------------------------


def solve_triangular(xp: Any, a: Array, b: Array, upper: bool, unitriangular: bool) -> Array:
    """Return the solution of a triangular system, by halves: most of the work is products."""
    n = a.shape[-1]
    if n == 0:
        return xp.matmul(a, b)
    if n == 1:
        return b + xp.zeros_like(a) if unitriangular else b / a
    h = n // 2
    first, last = a[..., :h, :h], a[..., h:, h:]
    b1, b2 = b[..., :h, :], b[..., h:, :]
    if upper:
        x2 = solve_triangular(xp, last, b2, True, unitriangular)
        x1 = solve_triangular(xp, first, b1 - xp.matmul(a[..., :h, h:], x2), True, unitriangular)
    else:
        x1 = solve_triangular(xp, first, b1, False, unitriangular)
        x2 = solve_triangular(xp, last, b2 - xp.matmul(a[..., h:, :h], x1), False, unitriangular)
    return xp.concat([x1, x2], axis=-2)


# -- LU with partial pivoting -------------------------------------------------------------------


def lu_factor(xp: Any, a: Array) -> tuple[Array, Array]:
    """Return the factors of ``A = P L U`` in one array, and LAPACK's pivots, counted from 1."""
    m, n = a.shape[-2:]
    rows = xp.arange(m, dtype=xp.int64)
    later = xp.arange(n, dtype=xp.int64)
    pivots = []
    for j in range(min(m, n)):
        size = _size(xp, a[..., :, j])
        size = xp.where(rows >= j, size, -xp.ones_like(size))
        at = xp.argmax(size, axis=-1, keepdims=True)
        pivots.append(at + 1)
        chosen = xp.expand_dims(rows == at, axis=-1)
        zero = xp.zeros_like(a)
        row = xp.sum(xp.where(chosen, a, zero), axis=-2, keepdims=True)
        here = xp.expand_dims(rows == j, axis=-1)
        a = xp.where(here, row, xp.where(chosen, a[..., j : j + 1, :], a))
        pivot = row[..., j : j + 1]
        column = a[..., :, j : j + 1]
        pivot = xp.where(pivot == 0, xp.ones_like(pivot), pivot)
        below = xp.expand_dims(rows > j, axis=-1)
        factor = xp.where(below, column / pivot, xp.zeros_like(column))
        a = xp.where(below & (later > j), a - factor * row, a)
        a = xp.where(below & (later == j), xp.broadcast_to(factor, a.shape), a)
    if not pivots:
        return xp.asarray(a, copy=True), xp.zeros((*a.shape[:-2], 0), dtype=xp.int32)
    return a, xp.astype(xp.concat(pivots, axis=-1), xp.int32)


def _size(xp: Any, x: Array) -> Array:
    """Return absolute values; of complex numbers the sum of both parts', as LAPACK compares."""
    if "complex" in str(x.dtype):
        return xp.abs(xp.real(x)) + xp.abs(xp.imag(x))
    return xp.abs(x)


def permutation(xp: Any, pivots: Array, m: int, like: Array) -> Array:
    """Return the matrix P of ``A = P L U`` for LAPACK's pivots, in the dtype of `like`."""
    rows = xp.arange(m, dtype=xp.int64)
    order = xp.broadcast_to(rows, (*pivots.shape[:-1], m))
    for j in range(pivots.shape[-1]):
        at = xp.astype(pivots[..., j : j + 1], xp.int64) - 1
        there = xp.sum(xp.where(rows == at, order, xp.zeros_like(order)), axis=-1, keepdims=True)
        here = order[..., j : j + 1]
        order = xp.where(rows == j, there, xp.where(rows == at, here, order))
    return xp.astype(xp.expand_dims(rows, axis=-1) == xp.expand_dims(order, axis=-2), like.dtype)


# -- the exponential ----------------------------------------------------------------------------

#: Of the diagonal Padé approximant of order 13 (N. J. Higham, "The scaling and squaring method
#: for the matrix exponential revisited", 2005).
_PADE = (
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
)
_RADIUS = 5.37
_WIDER = {"float32": "float64", "complex64": "complex128"}


def matrix_exp(xp: Any, a: Array) -> Array:
    """Return matrix exponentials, by scaling, a Padé approximant, and squaring."""
    n = a.shape[-1]
    if n == 0:
        return xp.asarray(a, copy=True)
    wider = _WIDER.get(str(a.dtype).split(".")[-1])
    if wider is not None:
        # Squaring doubles errors: digits of single precision would be lost.
        return xp.astype(matrix_exp(xp, xp.astype(a, getattr(xp, wider))), a.dtype)
    norm = xp.max(xp.sum(xp.abs(a), axis=-2, keepdims=True), axis=-1, keepdims=True)
    finite = xp.isfinite(norm)
    norm = xp.where(finite, norm, xp.ones_like(norm))
    squarings = xp.ceil(xp.log2(xp.maximum(norm / _RADIUS, xp.ones_like(norm))))
    scale = xp.astype(2.0**-squarings, a.dtype)
    x = a * scale
    one = xp.broadcast_to(xp.eye(n, dtype=a.dtype), a.shape)
    c = [p / _PADE[0] for p in _PADE]
    x2 = xp.matmul(x, x)
    x4 = xp.matmul(x2, x2)
    x6 = xp.matmul(x4, x2)
    odd = xp.matmul(x6, c[13] * x6 + c[11] * x4 + c[9] * x2)
    odd = xp.matmul(x, odd + c[7] * x6 + c[5] * x4 + c[3] * x2 + c[1] * one)
    even = xp.matmul(x6, c[12] * x6 + c[10] * x4 + c[8] * x2)
    even = even + c[6] * x6 + c[4] * x4 + c[2] * x2 + c[0] * one
    out = extension(xp).solve(even - odd, even + odd)
    most = int(xp.max(squarings)) if 0 not in a.shape else 0
    for k in range(most):
        out = xp.where(squarings > k, xp.matmul(out, out), out)
    return out


# -- by way of the host -------------------------------------------------------------------------


def _on_host(name: str) -> Any:
    """Return a function that has NumPy's backend compute, and brings the results back."""

    def compute(xp: Any, *args: Any) -> Any:
        from . import registry

        home = registry.place_of(args[0])
        host = registry.place(registry.get("numpy"), "cpu", 0)
        function = getattr(host.xp, name, None)
        if home is None or home is host or function is None:
            raise NotImplementedError(f"{name}() is not available for {type(args[0]).__name__}")
        there = [a if isinstance(a, (bool, int)) else home.backend.to_numpy(a) for a in args]
        found = function(*there)

        def back(part: Any) -> Any:
            return home.backend.from_numpy(part, home.kind, home.index)

        return tuple(map(back, found)) if isinstance(found, tuple) else back(found)

    return compute


# -- what went wrong ----------------------------------------------------------------------------


def failures(xp: Any, lu: Array) -> Array:
    """Return for each matrix the first zero on the diagonal of U, counted from 1, or 0."""
    k = min(lu.shape[-2:])
    batch = tuple(lu.shape[:-2])
    if not k:
        return xp.zeros(batch, dtype=xp.int32)
    steps = xp.arange(1, k + 1, dtype=xp.int32)
    corner = lu[..., :k, :k]
    diagonal = xp.sum(xp.tril(xp.triu(corner)), axis=-1)
    after = xp.full((*batch, k), k + 1, dtype=xp.int32)
    first = xp.min(xp.where(diagonal == 0, xp.broadcast_to(steps, after.shape), after), axis=-1)
    return xp.where(first > k, xp.zeros_like(first), first)


def singular(xp: Any, name: str, a: Array, certain: bool = True) -> LinAlgError | None:
    """Return the error for the first singular matrix of a stack, or None if there is none.

    If it is `certain` that one is, the last element of the diagonal stands for a zero that
    rounding hides.
    """
    if not a.shape[-1]:
        return None
    lu, _ = xp.linalg_lu_factor(a)
    number, order = _first(xp, failures(xp, lu))
    if not order:
        if not certain:
            return None
        order = a.shape[-1]
    where = f"(Batch element {number}): " if a.ndim > 2 else ""
    if "inv" in name:
        return LinAlgError(
            f"{name}: {where}The diagonal element {order} is zero, the inversion could not be "
            f"completed because the input matrix is singular. It has shape {list(a.shape)}; "
            "pinv() has a result for singular matrices too."
        )
    return LinAlgError(
        f"{name}: {where}The solver failed because the input matrix is singular: element {order} "
        f"on the diagonal of its LU factors is zero. It has shape {list(a.shape)}; lstsq() has a "
        "result for singular matrices too."
    )


def _first(xp: Any, info: Array) -> tuple[int, int]:
    """Return the position and the value of the first that is not zero."""
    flat = xp.reshape(info, (-1,))
    if not flat.shape[0]:
        return 0, 0
    number = int(xp.argmax(xp.astype(flat != 0, xp.int32)))
    return number, int(flat[number])


def minors(xp: Any, a: Array) -> Array:
    """Return for each matrix the order of its first minor that is not positive, or 0."""
    batch, n = tuple(a.shape[:-2]), a.shape[-1]
    info = xp.zeros(batch, dtype=xp.int32)
    for j in range(n):
        pivot = xp.real(a[..., j, j]) if "complex" in str(a.dtype) else a[..., j, j]
        bad = ~(pivot > 0) & (info == 0)
        info = xp.where(bad, xp.full(batch, j + 1, dtype=xp.int32), info)
        safe = xp.where(pivot > 0, pivot, xp.ones_like(pivot))
        column = a[..., j + 1 :, j : j + 1]
        row = xp.matrix_transpose(xp.conj(column) if "complex" in str(a.dtype) else column)
        rest = a[..., j + 1 :, j + 1 :] - column * row / xp.astype(safe, a.dtype)[..., None, None]
        a = _cornered(xp, a, rest, j + 1)
    return info


def _cornered(xp: Any, a: Array, rest: Array, k: int) -> Array:
    """Return a matrix with its last rows and columns replaced."""
    below = xp.concat([a[..., k:, :k], rest], axis=-1)
    return xp.concat([a[..., :k, :], below], axis=-2)


def not_positive_definite(xp: Any, a: Array) -> LinAlgError:
    """Return the error for the first matrix of a stack that has no Cholesky factor."""
    number, order = _first(xp, minors(xp, a))
    where = f"(Batch element {number}): " if a.ndim > 2 else ""
    which = f"the leading minor of order {order or a.shape[-1]} is not positive-definite"
    return LinAlgError(
        f"linalg.cholesky: {where}The factorization could not be completed because the input is "
        f"not positive-definite ({which}). It has shape {list(a.shape)}."
    )


#: Functions of linear algebra that backends have, or get these generic forms of.
EXTRAS = {
    "linalg_solve_triangular": solve_triangular,
    "linalg_lu_factor": lu_factor,
    "linalg_matrix_exp": matrix_exp,
    **{
        name: _on_host(name)
        for name in (
            "linalg_eig",
            "linalg_eigvals",
            "linalg_geqrf",
            "linalg_ldl_factor",
            "linalg_ldl_solve",
        )
    },
}
