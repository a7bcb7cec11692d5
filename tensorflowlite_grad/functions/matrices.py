"""Linear algebra under PyTorch's older names; `linalg` has all of it and more.

The chapter behind them is imported when one of them is first called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import return_types
from .arguments import as_tensor_argument
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "cdist",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "cross",
    "det",
    "geqrf",
    "inverse",
    "logdet",
    "lu",
    "lu_solve",
    "lu_unpack",
    "matrix_exp",
    "matrix_power",
    "orgqr",
    "ormqr",
    "pdist",
    "pinverse",
    "qr",
    "slogdet",
    "svd",
    "triangular_solve",
]


def det(input: Any) -> Tensor:
    """Return the determinants of square matrices: `linalg.det`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.det(tg.tensor([[1.0, 2.0], [3.0, 5.0]]))
    tensor(-1.)
    """
    from .linalg import determinants

    return determinants.det(input)


@takes_out()
def slogdet(input: Any, *, out: Any = None) -> Any:
    """Return the signs and logarithms of determinants: `linalg.slogdet`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.slogdet(-tg.eye(3)).sign
    tensor(-1.)
    """
    from .linalg import determinants

    return return_types.slogdet(*determinants.slogdet(input))


def logdet(input: Any) -> Tensor:
    """Return the logarithms of determinants: NaN for a negative, -inf for zero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.logdet(tg.eye(3))
    tensor(0.)
    """
    from .linalg import determinants

    return determinants.logdet(input)


@takes_out()
def inverse(input: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the inverses of square matrices: `linalg.inv`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.inverse(tg.tensor([[2.0]]))
    tensor([[0.5000]])
    """
    from .linalg import solving

    return solving.inv(input)


def pinverse(input: Any, rcond: float = 1e-15) -> Tensor:
    """Return the pseudoinverses of matrices: `linalg.pinv`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.pinverse(tg.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    from .linalg import solving

    return solving.pinv(input, rcond=rcond)


def matrix_exp(input: Any) -> Tensor:
    """Return the exponentials of square matrices: `linalg.matrix_exp`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.matrix_exp(tg.zeros(1, 1))
    tensor([[1.]])
    """
    from .linalg import determinants

    return determinants.matrix_exp(input)


@takes_out("cast")
def matrix_power(input: Any, n: int, *, out: Tensor | None = None) -> Tensor:
    """Return powers of square matrices: `linalg.matrix_power`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.matrix_power(tg.tensor([[1, 1], [0, 1]]), 3)
    tensor([[1, 3],
            [0, 1]])
    """
    from .linalg import determinants

    return determinants.matrix_power(input, n)


@takes_out()
def cross(input: Any, other: Any, dim: int | None = None, *, out: Tensor | None = None) -> Tensor:
    """Return cross products: `linalg.cross`; by default along the first axis of size 3.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cross(tg.tensor([1, 0, 0]), tg.tensor([0, 1, 0]), dim=0)
    tensor([0, 0, 1])
    """
    from .linalg import products

    if dim is None:
        shape = tuple(as_tensor_argument("cross", input)._array.shape)
        if 3 not in shape:
            raise RuntimeError(f"no dimension of size 3 in input: cross() of {list(shape)}")
        dim = shape.index(3)
    return products.cross(input, other, dim=dim)


# -- Cholesky ---------------------------------------------------------------------------------


@takes_out("cast")
def cholesky(input: Any, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Return Cholesky factors: `linalg.cholesky`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cholesky(tg.tensor([[4.0]]))
    tensor([[2.]])
    """
    from .linalg import decompositions

    return decompositions.cholesky(input, upper=upper)


@takes_out("cast")
def cholesky_solve(input: Any, L: Any, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Return the solution of ``A X = input`` for the Cholesky factor of A.

    Parameters
    ----------
    input : Tensor
        Of shape ``(*, n, k)``.
    L : Tensor
        Of shape ``(*, n, n)``: of `cholesky`.
    upper : bool
        Whether L is an upper triangle, ``A = L^H L``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cholesky_solve(tg.tensor([[8.0]]), tg.tensor([[2.0]]))
    tensor([[2.]])
    """
    from ..ops import solvers
    from .linalg.checks import adjoint_of, common_stack, floating, same_dtype, shape_of

    name = "cholesky_solve"
    input, L = as_tensor_argument(name, input), as_tensor_argument(name, L, "L", 2)
    a, b = shape_of(L), shape_of(input)
    if len(b) < 2:
        raise RuntimeError(f"b should have at least 2 dimensions, but has {len(b)} dimensions")
    if len(a) < 2:
        raise RuntimeError(f"u should have at least 2 dimensions, but has {len(a)} dimensions")
    if a[-1] != a[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {a[-2]} by {a[-1]} "
            "matrices"
        )
    if a[-1] != b[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for {name}: each A matrix is {a[-1]} by {a[-1]} but each b "
            f"matrix is {b[-2]} by {b[-1]}"
        )
    same_dtype(name, input, L, "b and A")
    input, L = floating(name, input), floating(name, L)
    common_stack(name, a[:-2], b[:-2])
    if upper:
        L = adjoint_of(L)
    half = solvers.solve_triangular.record(L, input, False, False)
    return solvers.solve_triangular.record(adjoint_of(L), half, True, False)


@takes_out("cast")
def cholesky_inverse(L: Any, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Return the inverse of a matrix from its Cholesky factor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cholesky_inverse(tg.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    from .creation import eye
    from .linalg.checks import shape_of, square
    from .shape import broadcast_to

    L = square("cholesky_inverse", L)
    shape = shape_of(L)
    one = broadcast_to(eye(shape[-1], dtype=L.dtype, device=L.device), shape)
    return cholesky_solve(one, L, upper)


# -- QR ---------------------------------------------------------------------------------------


@takes_out()
def qr(input: Any, some: bool = True, *, out: Any = None) -> Any:
    """Return QR decompositions: `linalg.qr`, with ``some=False`` in mode 'complete'.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.qr(tg.ones(3, 2)).Q.shape
    tensorflowlite_grad.Size([3, 2])
    """
    from .linalg import decompositions

    return return_types.qr(*decompositions.qr(input, "reduced" if some else "complete"))


@takes_out("cast")
def geqrf(input: Any, *, out: Any = None) -> Any:
    """Return QR decompositions as LAPACK stores them: reflectors below R, and their factors.

    Without a derivative; see `linalg.householder_product` and `ormqr` for their use.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> a, tau = tg.geqrf(tg.ones(3, 2))
    >>> a.shape, tau.shape
    (tensorflowlite_grad.Size([3, 2]), tensorflowlite_grad.Size([2]))
    """
    from ..ops import decompositions
    from .linalg.checks import matrices

    return return_types.geqrf(*decompositions.geqrf.record(matrices("geqrf", input, "input")))


@takes_out("cast")
def orgqr(input: Any, input2: Any, *, out: Tensor | None = None) -> Tensor:
    """Return products of Householder reflectors: `linalg.householder_product`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.orgqr(tg.ones(2, 2), tg.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    from .linalg import decompositions

    return decompositions.householder_product(input, input2)


@takes_out()
def ormqr(
    input: Any,
    tau: Any,
    other: Any,
    left: bool = True,
    transpose: bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Return the product of `other` and a square Q given by Householder reflectors.

    Parameters
    ----------
    input : Tensor
        Of shape ``(*, mn, k)``: reflectors in the columns, below the diagonal.
    tau : Tensor
        Of shape ``(*, min(mn, k))``: their factors.
    other : Tensor
        Of shape ``(*, m, n)``.
    left : bool
        Whether Q stands on the left, and mn is m, or on the right.
    transpose : bool
        Take the adjoint of Q.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ormqr(tg.ones(2, 2), tg.zeros(2), tg.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    from .linalg import decompositions
    from .linalg.checks import adjoint_of, shape_of
    from .products import matmul

    name = "torch.ormqr"
    input, tau = as_tensor_argument(name, input), as_tensor_argument(name, tau, "tau", 2)
    other = as_tensor_argument(name, other, "other", 3)
    a, t, c = shape_of(input), shape_of(tau), shape_of(other)
    if len(a) < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if len(c) < 2:
        raise RuntimeError(f"{name}: other must have at least 2 dimensions.")
    side = -2 if left else -1
    if t and c[side] < t[-1]:
        raise RuntimeError(
            f"{name}: other.shape[{side}] must be greater than or equal to tau.shape[-1]"
        )
    if t and t[-1] != min(c[side], a[-1]):
        raise RuntimeError(
            f"{name}: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1])"
        )
    if c[side] != a[-2]:
        raise RuntimeError(f"{name}: other.shape[{side}] must be equal to input.shape[-2]")
    if len(a) - len(t) != 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal "
            f"to {len(t)} and input.ndim is equal to {len(a)}"
        )
    if len(a) != len(c):
        raise RuntimeError(
            f"{name}: Expected other to have the same number of dimensions as input, but got "
            f"other.ndim equal to {len(c)} and input.ndim is equal to {len(a)}"
        )
    if t[:-1] != a[:-2]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
            f"{list(t[:-1])}"
        )
    if c[:-2] != a[:-2]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of other to be equal to input.shape[:-2], but got "
            f"{list(c[:-2])}"
        )
    for word, x in (("tau", tau), ("other", other)):
        if x.dtype is not input.dtype:
            raise RuntimeError(
                f"{name}: Expected input and {word} to have the same dtype, but input has dtype "
                f"{input.dtype.name} and {word} has dtype {x.dtype.name}"
            )
    V, T = decompositions.reflectors(name, input, tau)
    if transpose:
        T = adjoint_of(T)
    if left:
        return other - matmul(V, matmul(T, matmul(adjoint_of(V), other)))
    return other - matmul(matmul(matmul(other, V), T), adjoint_of(V))


# -- LU and triangular systems --------------------------------------------------------------------


@takes_out("any")
def lu(A: Any, pivot: bool = True, get_infos: bool = False, *, out: Any = None) -> Any:
    """Return LU factors in one array and pivots: `linalg.lu_factor`, or `lu_factor_ex`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.lu(tg.tensor([[1.0, 2.0], [2.0, 2.0]]))[1]
    tensor([2, 2], dtype=tensorflowlite_grad.int32)
    """
    from .linalg import decompositions

    found = decompositions.lu_factor_ex(A, pivot=pivot)
    return tuple(found) if get_infos else tuple(found[:2])


@takes_out()
def lu_solve(b: Any, LU_data: Any, LU_pivots: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the solution of ``A X = b`` for the factors of `lu`: `linalg.lu_solve`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.lu_solve(tg.tensor([[4.0]]), *tg.lu(tg.tensor([[2.0]])))
    tensor([[2.]])
    """
    from .linalg import decompositions

    return decompositions.lu_solve(LU_data, LU_pivots, b)


@takes_out()
def lu_unpack(
    LU_data: Any,
    LU_pivots: Any,
    unpack_data: bool = True,
    unpack_pivots: bool = True,
    *,
    out: Any = None,
) -> Any:
    """Return P, L and U of the factors of `lu`; empty tensors of what is not asked for.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.lu_unpack(*tg.lu(tg.tensor([[1.0, 2.0], [2.0, 2.0]]))).U
    tensor([[2., 2.],
            [0., 1.]])
    """
    from .linalg import decompositions
    from .linalg.checks import shape_of

    LU_data = as_tensor_argument("lu_unpack", LU_data, "LU_data")
    if LU_data._array.ndim < 2:
        raise RuntimeError(
            "torch.lu_unpack: The input tensor LU_data must have at least 2 dimensions."
        )
    if unpack_pivots:
        if LU_pivots.dtype.name != "int32":
            raise RuntimeError(
                "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 "
                "dtype. Note: this function is intended to be used with the output produced by "
                "torch.linalg.lu_factor"
            )
        shape = shape_of(LU_data)
        if shape_of(LU_pivots) != (*shape[:-2], min(shape[-2:])):
            raise RuntimeError(
                "torch.lu_unpack: Number of pivots per batch should be same as the dimension of "
                f"the matrix: pivots have shape {list(shape_of(LU_pivots))}, LU {list(shape)}"
            )
    parts = decompositions.unpacked(LU_data, LU_pivots, unpack_data, unpack_pivots)
    return return_types.lu_unpack(*parts)


@takes_out()
def triangular_solve(
    b: Any,
    A: Any,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
    *,
    out: Any = None,
) -> Any:
    """Return the solution of a triangular system, and the matrix: `linalg.solve_triangular`.

    Parameters
    ----------
    b : Tensor
        Of shape ``(*, n, k)``.
    A : Tensor
        Of shape ``(*, n, n)``.
    upper : bool
        Which triangle of `A` is meant.
    transpose : bool
        Solve with the transpose of `A`.
    unitriangular : bool
        Take the diagonal for ones.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.triangular_solve(tg.tensor([[4.0]]), tg.tensor([[2.0]])).solution
    tensor([[2.]])
    """
    from .linalg import solving
    from .linalg.checks import common_stack, shape_of
    from .shape import broadcast_to, matrix_transpose

    name = "triangular_solve"
    b, A = as_tensor_argument(name, b, "b"), as_tensor_argument(name, A, "A", 2)
    x, y = shape_of(A), shape_of(b)
    for word, shape in (("b", y), ("A", x)):
        if len(shape) < 2:
            raise RuntimeError(
                f"torch.{name}: Expected {word} to have at least 2 dimensions, but it has "
                f"{len(shape)} dimensions instead"
            )
    if x[-1] != x[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {x[-2]} by {x[-1]} "
            "matrices"
        )
    if x[-1] != y[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for {name}: each A matrix is {x[-1]} by {x[-1]} but each b "
            f"matrix is {y[-2]} by {y[-1]}"
        )
    lead = common_stack(name, x[:-2], y[:-2])
    A = broadcast_to(A, (*lead, *x[-2:]))
    result = solving.solve_triangular(
        matrix_transpose(A) if transpose else A,
        broadcast_to(b, (*lead, *y[-2:])),
        upper=upper != transpose,
        unitriangular=unitriangular,
    )
    return return_types.triangular_solve(result, A.clone())


# -- singular values --------------------------------------------------------------------------


@takes_out()
def svd(input: Any, some: bool = True, compute_uv: bool = True, *, out: Any = None) -> Any:
    """Return singular value decompositions ``input = U diag(S) V^H``; V, not its adjoint.

    Parameters
    ----------
    input : Tensor
        Of shape ``(*, m, n)``.
    some : bool
        Whether U and V have ``min(m, n)`` columns only.
    compute_uv : bool
        If false, U and V are zeros.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.svd(tg.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    from .creation import zeros
    from .linalg import spectral
    from .linalg.checks import adjoint_of, matrices, shape_of

    if compute_uv:
        U, S, Vh = spectral.svd(input, full_matrices=not some)
        return return_types.svd(U, S, adjoint_of(Vh))
    input = matrices("linalg.svd", input)
    *lead, m, n = shape_of(input)
    S = spectral.svdvals(input)
    like = {"dtype": input.dtype, "device": input.device}
    return return_types.svd(zeros(*lead, m, m, **like), S, zeros(*lead, n, n, **like))


# -- distances ----------------------------------------------------------------------------------


def cdist(
    x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:
    """Return the distances of all points of one set to all of another.

    Parameters
    ----------
    x1, x2 : Tensor
        Of shapes ``(*, P, M)`` and ``(*, R, M)``, leading axes broadcasting.
    p : float
        The order of the norm; not negative.
    compute_mode : str
        Whether distances of order 2 come from one matrix product, which loses digits of small
        ones: ``'use_mm_for_euclid_dist'``, ``'donot_use_mm_for_euclid_dist'``, or, if there are
        more than 25 points, ``'use_mm_for_euclid_dist_if_necessary'``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cdist(tg.zeros(1, 2), tg.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    from . import distances

    return distances.cdist(x1, x2, p, compute_mode)


def pdist(input: Any, p: float = 2.0) -> Tensor:
    """Return the distances of all pairs of points: the upper triangle of `cdist`, flat.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.pdist(tg.tensor([[0.0], [1.0], [3.0]]))
    tensor([1., 3., 2.])
    """
    from . import distances

    return distances.pdist(input, p)
