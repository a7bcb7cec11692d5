"""Cases of linear algebra: determinants, systems, decompositions, norms and products.

What a decomposition leaves open, such as the signs of eigenvectors, cancels in what is
compared.
"""

from __future__ import annotations

import math
from typing import Any

from .. import linalg
from ..functions import matrices
from ..functions.joining import cat
from ..functions.linalg.checks import adjoint_of
from .samples import case, given, real

__all__: list[str] = []

INF = math.inf
TALL = real(2, 4, 3)
WIDE = real(2, 3, 4)
ONE = real(3, 3)
#: Regular, and far from singular.
REGULAR = given(2.0, -0.3, 0.7, 0.4, -1.5, 0.6, -0.8, 0.9, 1.7, shape=(3, 3))
TWO = given(
    *(2.0, -0.3, 0.7, 0.4, -1.5, 0.6, -0.8, 0.9, 1.7),
    *(-1.1, 0.5, 0.2, 0.3, 1.9, -0.4, 0.6, 0.1, 2.3),
    shape=(2, 3, 3),
)
COMPLEX_TWO = given(
    *(2.0 + 0.3j, -0.3, 0.7j, 0.4, -1.5 + 0.2j, 0.6, -0.8j, 0.9, 1.7),
    *(-1.1, 0.5 - 0.6j, 0.2, 0.3j, 1.9j, -0.4, 0.6, 0.1, 2.3 - 1j),
    dtype="complex128",
    shape=(2, 3, 3),
)
REGULARS: Any = (TWO, COMPLEX_TWO)
COMPLEX_WIDE = given(
    *(2.0 + 0.3j, -0.3, 0.7j, 0.5, 0.4, -1.5 + 0.2j, 0.6, 1j, -0.8j, 0.9, 1.7, -0.4j),
    dtype="complex128",
    shape=(3, 4),
)


def _adjoint(np: Any, x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def _real(x: Any) -> Any:
    return x.real if x.dtype.is_complex else x


def _flat(*parts: Any) -> Any:
    """Return the numbers of all parts in a row; of complex ones both parts."""
    found = []
    for part in parts:
        found += [part.real, part.imag] if part.dtype.is_complex else [part]
    return cat([x.reshape(-1) for x in found])


def _flat_host(np: Any, *parts: Any) -> Any:
    found: list[Any] = []
    for part in parts:
        found += [part.real, part.imag] if np.iscomplexobj(part) else [part]
    return np.concatenate([np.ravel(x) for x in found])


def _composed(name: str, run: Any, reference: Any, *operands: Any, **keywords: Any) -> None:
    """Declare a case of a function, or of what is made of its results."""
    case(name, reference, operands, run=run, **keywords)


# -- determinants -------------------------------------------------------------------------------


def _cofactors(np: Any, A: Any) -> Any:
    return np.linalg.det(A)[..., None, None] * np.swapaxes(np.linalg.inv(A), -1, -2)


def _cofactor_slopes(np: Any, A: Any, E: Any) -> Any:
    C = np.linalg.inv(A)
    CE = C @ E
    trace = np.trace(CE, axis1=-2, axis2=-1)[..., None, None]
    slope = np.linalg.det(A)[..., None, None] * (trace * C - CE @ C)
    return np.swapaxes(slope, -1, -2)


#: From four rows on, cofactors come from inverses or, of bad condition, singular values.
FOUR = given(
    *(2.0, -0.3, 0.7, 0.4, 0.4, -1.5, 0.6, -0.8, -0.8, 0.9, 1.7, 0.2, 0.1, 0.5, -0.6, 1.3),
    shape=(1, 4, 4),
)
for operand in (*REGULARS, FOUR, given(1.5, 2.0, -0.5, 3.0, shape=(1, 2, 2))):
    case("linalg_det", lambda np, A: np.linalg.det(A), (operand,))
    case("linalg_cofactor", _cofactors, (operand,))
    case("linalg_cofactor_slope", _cofactor_slopes, (operand, operand))
SINGULAR = given(1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 2.0, 3.0, 4.0, shape=(3, 3))
#: Of rank one: of its cofactors all are zero, of their slopes not.
RANK_ONE = given(1.0, 2.0, 3.0, 2.0, 4.0, 6.0, -1.0, -2.0, -3.0, shape=(3, 3))
#: Its last row is the sum of the others; and one of rank two.
SINGULAR_FOUR = given(
    *(2.0, -0.3, 0.7, 0.4, 0.4, -1.5, 0.6, -0.8, -0.8, 0.9, 1.7, 0.2, 1.6, -0.9, 3.0, -0.2),
    shape=(4, 4),
)
RANK_TWO = given(
    *(2.0, -0.3, 0.7, 0.4, 0.4, -1.5, 0.6, -0.8, 2.4, -1.8, 1.3, -0.4, 1.6, 1.2, 0.1, 1.2),
    shape=(4, 4),
)
for operand in (ONE, real(2, 1, 1), real(0, 0), SINGULAR, RANK_ONE, SINGULAR_FOUR, RANK_TWO):
    _composed("linalg.det", linalg.det, lambda np, A: np.linalg.det(A), operand)


def _signed(np: Any, A: Any) -> Any:
    sign, logabsdet = np.linalg.slogdet(A)
    return _flat_host(np, sign * logabsdet, logabsdet)


def _slogdet(A: Any) -> Any:
    sign, logabsdet = linalg.slogdet(A)
    return _flat(sign * logabsdet, logabsdet)


for operand in REGULARS:
    _composed("linalg_slogdet", _slogdet, _signed, operand)
_composed("logdet", matrices.logdet, lambda np, A: np.log(np.linalg.det(A)), COMPLEX_TWO)


def _exponential(np: Any, A: Any) -> Any:
    values, vectors = np.linalg.eig(A)
    out = (vectors * np.exp(values)[..., None, :]) @ np.linalg.inv(vectors)
    return out if np.iscomplexobj(A) else out.real


case("linalg_matrix_exp", _exponential, (TWO,), (real(2, 1, 1),), (COMPLEX_TWO,))
for power in (3, 1, 0, -2):
    _composed(
        "linalg.matrix_power",
        lambda A, power=power: linalg.matrix_power(A, power),
        lambda np, A, power=power: np.linalg.matrix_power(A, power),
        TWO,
    )

# -- systems ------------------------------------------------------------------------------------

for operand in REGULARS:
    case("linalg_inv", lambda np, A, name: np.linalg.inv(A), (operand,), options=("linalg.inv",))
    case("linalg_inv", lambda np, A, name: np.linalg.inv(A), (operand,), options=(None,))
case(
    "linalg_solve",
    lambda np, A, B, name: np.linalg.solve(A, B),
    (TWO, real(2, 3, 2)),
    (COMPLEX_TWO, COMPLEX_TWO),
    options=("linalg.solve",),
)
RIGHT: Any = ((REGULAR, real(3)), (TWO, real(3, 2)), (REGULAR, real(2, 3, 1)), (TWO, real(2, 3)))
for pair in RIGHT:
    _composed(
        "linalg.solve",
        linalg.solve,
        lambda np, A, B: (
            np.linalg.solve(A, B[..., None])[..., 0]
            if B.ndim == 1 or B.shape == A.shape[:-1]
            else np.linalg.solve(A, B)
        ),
        *pair,
    )
_composed(
    "linalg.solve left=False",
    lambda A, B: linalg.solve(A, B, left=False),
    lambda np, A, B: B @ np.linalg.inv(A),
    TWO,
    real(4, 3),
)


def _triangle(np: Any, A: Any, upper: bool, unit: bool) -> Any:
    out = np.triu(A) if upper else np.tril(A)
    eye = np.eye(A.shape[-1], dtype=A.dtype)
    return out * (1 - eye) + eye if unit else out


TRIANGLES: Any = ((True, False), (False, False), (True, True), (False, True))
for upper, unit in TRIANGLES:
    case(
        "linalg_solve_triangular",
        lambda np, A, B, upper, unit: np.linalg.solve(_triangle(np, A, upper, unit), B),
        (TWO, real(2, 3, 2)),
        (COMPLEX_TWO, COMPLEX_TWO),
        options=(upper, unit),
    )
_composed(
    "linalg.solve_triangular",
    lambda A, B: linalg.solve_triangular(A, B, upper=True, left=False),
    lambda np, A, B: B @ np.linalg.inv(np.triu(A)),
    REGULAR,
    real(2, 4, 3),
)
for shape in ((2, 4, 3), (2, 3, 4)):
    case(
        "linalg_pinv",
        lambda np, A, atol, rtol, hermitian: np.linalg.pinv(A),
        (real(*shape),),
        options=(None, 1e-12, False),
        complex=True,
    )
_composed(
    "linalg.pinv hermitian",
    lambda A: linalg.pinv(A + adjoint_of(A), hermitian=True),
    lambda np, A: np.linalg.inv(A + _adjoint(np, A)),
    TWO,
)
_composed(
    "linalg.lstsq",
    lambda A, B: _flat(*linalg.lstsq(A, B, driver="gelsd")[:2]),
    lambda np, A, B: _flat_host(
        np, np.linalg.pinv(A) @ B, np.sum((A @ np.linalg.pinv(A) @ B - B) ** 2, -2)
    ),
    TALL,
    real(2, 4, 2),
)
_composed(
    "linalg.tensorsolve",
    linalg.tensorsolve,
    lambda np, A, B: np.linalg.tensorsolve(A, B),
    given(*(k * k % 17 + 20.0 * (k % 5 == 0) for k in range(16)), shape=(2, 2, 4)),
    real(2, 2),
)

# -- Cholesky, QR, LU ---------------------------------------------------------------------------


def _positive(A: Any) -> Any:
    return A @ adjoint_of(A)


for operand in REGULARS:
    _composed(
        "linalg_cholesky",
        lambda A: linalg.cholesky(_positive(A)),
        lambda np, A: np.linalg.cholesky(A @ _adjoint(np, A)),
        operand,
    )
_composed(
    "linalg.cholesky upper",
    lambda A: linalg.cholesky(_positive(A), upper=True),
    lambda np, A: _adjoint(np, np.linalg.cholesky(A @ _adjoint(np, A))),
    COMPLEX_TWO,
)
_composed(
    "cholesky_solve",
    lambda L, B: matrices.cholesky_solve(B, L),
    lambda np, L, B: np.linalg.inv(np.tril(L) @ _adjoint(np, np.tril(L))) @ B,
    TWO,
    real(2, 3, 1),
)
_composed(
    "cholesky_inverse",
    lambda L: matrices.cholesky_inverse(L, upper=True),
    lambda np, L: np.linalg.inv(_adjoint(np, np.triu(L)) @ np.triu(L)),
    COMPLEX_TWO,
)


def _qr_parts(A: Any, mode: str) -> Any:
    Q, R = linalg.qr(A, mode)
    return _flat(Q * Q.conj(), R * R.conj(), Q[..., :, :1] * R[..., :1, :])


def _qr_parts_host(np: Any, A: Any, mode: str) -> Any:
    Q, R = np.linalg.qr(A, mode)
    return _flat_host(np, Q * Q.conj(), R * R.conj(), Q[..., :, :1] * R[..., :1, :])


for operand in (TWO, COMPLEX_TWO, TALL, WIDE, COMPLEX_WIDE):
    for mode in ("reduced", "complete"):
        if mode == "reduced" or operand is not TALL:
            _composed(
                "linalg_qr",
                lambda A, mode=mode: _qr_parts(A, mode),
                lambda np, A, mode=mode: _qr_parts_host(np, A, mode),
                operand,
            )


def _reflected(A: Any) -> Any:
    a, tau = A[..., :, :3], A[..., 0, :3] / 3
    return linalg.householder_product(a, tau)


def _reflected_host(np: Any, A: Any) -> Any:
    tau = A[..., 0, :3] / 3
    m = A.shape[-2]
    out = np.broadcast_to(np.eye(m, dtype=A.dtype), (*A.shape[:-2], m, m))
    for k in range(3):
        v = np.tril(A, -1)[..., :, k] + np.eye(m, dtype=A.dtype)[k]
        out = out - tau[..., k, None, None] * (out @ v[..., None]) @ _adjoint(np, v[..., None])
    return out[..., :, :3]


_composed("linalg.householder_product", _reflected, _reflected_host, TALL, complex=True)
for left, transpose in ((True, False), (False, True)):
    _composed(
        "ormqr",
        lambda A, C, left=left, transpose=transpose: matrices.ormqr(
            A, A[..., 0, :], C if left else adjoint_of(C), left, transpose
        ),
        lambda np, A, C, left=left: _reflectors_host(np, A, C, left),
        TALL,
        real(2, 4, 2),
    )


def _reflectors_host(np: Any, A: Any, C: Any, left: bool) -> Any:
    full = np.concatenate([A, np.zeros((*A.shape[:-1], 1))], -1)
    Q = _product_of_reflectors(np, full, A[..., 0, :])
    return Q @ C if left else _adjoint(np, C) @ _adjoint(np, Q)


def _product_of_reflectors(np: Any, A: Any, tau: Any) -> Any:
    m = A.shape[-2]
    out = np.broadcast_to(np.eye(m), (*A.shape[:-2], m, m))
    for k in range(tau.shape[-1]):
        v = (np.tril(A, -1)[..., :, k] + np.eye(m)[k])[..., None]
        out = out - tau[..., k, None, None] * (out @ v) @ np.swapaxes(v, -1, -2)
    return out


def _eliminated(np: Any, A: Any) -> Any:
    LU = A.copy()
    for index in np.ndindex(*A.shape[:-2]):
        a = LU[index]
        for j in range(min(a.shape)):
            size = np.abs(a.real) + np.abs(a.imag)
            p = j + int(np.argmax(size[j:, j]))
            a[[j, p]] = a[[p, j]]
            a[j + 1 :, j] /= a[j, j]
            a[j + 1 :, j + 1 :] -= np.outer(a[j + 1 :, j], a[j, j + 1 :])
    return LU


for operand in (TWO, COMPLEX_TWO, TALL, WIDE):
    _composed("linalg_lu_factor", lambda A: linalg.lu_factor(A)[0], _eliminated, operand)
_composed(
    "linalg_permutation",
    lambda A: linalg.lu(A).P @ linalg.lu(A).L @ linalg.lu(A).U,
    lambda np, A: A,
    TALL,
)
for left, adjoint in ((True, False), (True, True), (False, False), (False, True)):

    def _lu_solved(A: Any, B: Any, left: bool = left, adjoint: bool = adjoint) -> Any:
        LU, pivots = linalg.lu_factor(A)
        return linalg.lu_solve(LU, pivots, B, left=left, adjoint=adjoint)

    def _solved(np: Any, A: Any, B: Any, left: bool = left, adjoint: bool = adjoint) -> Any:
        inverse = np.linalg.inv(_adjoint(np, A) if adjoint else A)
        return inverse @ B if left else B @ inverse

    _composed("linalg.lu_solve", _lu_solved, _solved, COMPLEX_TWO, COMPLEX_TWO)


def _ldl_solved(np: Any, LD: Any, pivots: Any, B: Any, hermitian: bool) -> Any:
    L = np.tril(LD, -1) + np.eye(3)
    return np.linalg.solve(L * np.diag(LD) @ L.T, B)


case(
    "linalg_ldl_solve",
    _ldl_solved,
    (REGULAR, given(1, 2, 3, dtype="int64"), real(3, 2)),
    options=(False,),
)
#: Without derivatives, and so of integers, which have none.
SYMMETRIC = given(0, 2, 1, 2, 0, 3, 1, 3, -4, dtype="int64", shape=(3, 3))


def _ldl_inverse(A: Any) -> Any:
    A = A.double()
    LD, pivots = linalg.ldl_factor(A)
    return linalg.ldl_solve(LD, pivots, A * 0 + 1)


_composed(
    "linalg_ldl_factor",
    _ldl_inverse,
    lambda np, A: np.linalg.solve(A.astype(float), np.ones((3, 3))),
    SYMMETRIC,
)
_composed(
    "geqrf",
    lambda A: linalg.householder_product(*matrices.geqrf(A.double())).abs(),
    lambda np, A: np.abs(np.linalg.qr(A)[0]),
    SYMMETRIC,
)

# -- eigenvalues and singular values --------------------------------------------------------------


def _eigh_parts(A: Any) -> Any:
    values, V = linalg.eigh(A + adjoint_of(A))
    return _flat(values, V * V.conj(), V @ (values[..., None] ** 2 * adjoint_of(V)))


def _eigh_parts_host(np: Any, A: Any) -> Any:
    values, V = np.linalg.eigh(A + _adjoint(np, A))
    return _flat_host(np, values, V * V.conj(), V @ (values[..., None] ** 2 * _adjoint(np, V)))


for operand in REGULARS:
    _composed("linalg_eigh", _eigh_parts, _eigh_parts_host, operand)
    _composed(
        "linalg_eigvalsh",
        lambda A: linalg.eigvalsh(A + adjoint_of(A), UPLO="U"),
        lambda np, A: np.linalg.eigvalsh(A + _adjoint(np, A)),
        operand,
    )


case(
    "linalg_gauge",
    lambda np, X, name, what: X,
    (given(*(complex(k * k % 7) for k in range(9)), dtype="complex128", shape=(3, 3)),),
    options=("linalg_eigh", "eigenvectors"),
    step=1e-3,
)


def _svd_parts(A: Any, full: bool) -> Any:
    U, S, Vh = linalg.svd(A, full_matrices=full)
    k = S.shape[-1]
    U, Vh = U[..., :k], Vh[..., :k, :]
    return _flat(S, U * U.conj(), Vh * Vh.conj(), U @ (S[..., None] ** 2 * Vh))


def _svd_parts_host(np: Any, A: Any) -> Any:
    U, S, Vh = np.linalg.svd(A, full_matrices=False)
    return _flat_host(np, S, U * U.conj(), Vh * Vh.conj(), U @ (S[..., None] ** 2 * Vh))


for operand in (TWO, TALL, WIDE):
    for full in (True, False):
        _composed(
            "linalg_svd",
            lambda A, full=full: _svd_parts(A, full),
            _svd_parts_host,
            operand,
            complex=True,
        )
case(
    "linalg_svdvals",
    lambda np, A: np.linalg.svd(A, compute_uv=False),
    (TWO,),
    (TALL,),
    (WIDE,),
    complex=True,
)


def _eig_parts(A: Any) -> Any:
    values, V = linalg.eig(A)
    cube = V @ (values[..., None] ** 3 * linalg.inv(V))
    return _flat(cube, (V * V.conj()).real.pow(2).sum((-2, -1)))


def _eig_parts_host(np: Any, A: Any) -> Any:
    V = np.linalg.eig(A)[1].astype(complex)
    cube = np.linalg.matrix_power(A, 3).astype(complex)
    return _flat_host(np, cube, np.sum((V * V.conj()).real ** 2, (-2, -1)))


def _sorted_sums(np: Any, values: Any) -> Any:
    return np.stack([np.sum(values**k, -1) for k in (1, 2, 3)]).astype(complex)


for operand in REGULARS:
    _composed("linalg_eig", _eig_parts, _eig_parts_host, operand)
    _composed(
        "linalg_eigvals",
        lambda A: _flat(*((linalg.eigvals(A) ** k).sum(-1) for k in (1, 2, 3))),
        lambda np, A: _flat_host(np, *_sorted_sums(np, np.linalg.eigvals(A))),
        operand,
    )

# -- norms --------------------------------------------------------------------------------------

ORDERS: Any = ("fro", "nuc", 2, -2, 1, -1, INF, -INF)
for order in ORDERS:
    _composed(
        "linalg.matrix_norm",
        lambda A, order=order: linalg.matrix_norm(A, order),
        lambda np, A, order=order: np.linalg.norm(A, order, (-2, -1)),
        TALL,
        complex=True,
    )
    _composed(
        "linalg.cond",
        lambda A, order=order: linalg.cond(A, order),
        lambda np, A, order=order: np.linalg.cond(A, order),
        TWO,
    )
_composed(
    "linalg.matrix_norm keepdim",
    lambda A: linalg.matrix_norm(A, "nuc", (0, 2), keepdim=True),
    lambda np, A: np.linalg.norm(A, "nuc", (0, 2), keepdims=True),
    TALL,
)
