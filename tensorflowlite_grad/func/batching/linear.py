"""Products and linear algebra of batched arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .array import BatchedArray
from .held import held
from .shaping import expand_dims, permute_dims, reducing, reshape, squeeze

if TYPE_CHECKING:
    from collections.abc import Callable

    from .array import Space

__all__ = ["FUNCTIONS", "LINALG", "MATRIX_FUNCTIONS"]


def matmul(space: Space, x: Any, y: Any) -> Any:
    """Return products of matrices; a vector is a matrix for the time of the product."""
    left, right = x.ndim == 1, y.ndim == 1
    if left:
        x = expand_dims(space, x, axis=0)
    if right:
        y = expand_dims(space, y, axis=-1)
    out = _product(space, x, y)
    if right:
        out = squeeze(space, out, -1)
    return squeeze(space, out, -1 if right else -2) if left else out


def _product(space: Space, x: Any, y: Any) -> Any:
    held = space.held
    if x.batched and not y.batched and y.ndim == 2 and x.ndim == 2:
        # All examples' rows times one matrix are one product.
        n, m = x.shape
        rows = held.reshape(x.value, (space.size * n, m))
        out = held.matmul(rows, y.value)
        return BatchedArray(held.reshape(out, (space.size, n, y.shape[1])), True, space)
    values, batched = space.aligned((x, y))
    return BatchedArray(held.matmul(*values), batched, space)


def vecdot(space: Space, x: Any, y: Any, *, axis: int = -1) -> Any:
    values, batched = space.aligned((x, y))
    return BatchedArray(space.held.vecdot(*values, axis=axis), batched, space)


def tensordot(space: Space, x: Any, y: Any, *, axes: Any = 2) -> Any:
    """Return sums of products over pairs of axes, by one product of matrices."""
    if isinstance(axes, int):
        first = tuple(range(x.ndim - axes, x.ndim))
        second = tuple(range(axes))
    else:
        first = tuple(a % x.ndim for a in axes[0])
        second = tuple(a % y.ndim for a in axes[1])
    rows = tuple(k for k in range(x.ndim) if k not in first)
    columns = tuple(k for k in range(y.ndim) if k not in second)
    inner = 1
    for a in first:
        inner *= x.shape[a]
    left = reshape(space, permute_dims(space, x, rows + first), (-1, inner))
    right = reshape(space, permute_dims(space, y, second + columns), (inner, -1))
    shape = tuple(x.shape[k] for k in rows) + tuple(y.shape[k] for k in columns)
    return reshape(space, matmul(space, left, right), shape)


def solve(space: Space, a: Any, b: Any) -> Any:
    values, batched = space.aligned((a, b))
    return BatchedArray(space.held.linalg.solve(*values), batched, space)


def triangular(space: Space, a: Any, b: Any, *options: Any) -> Any:
    values, batched = space.aligned((a, b))
    if batched:
        values = [
            space.whole(BatchedArray(v, t.batched, space)) if not t.batched else v
            for v, t in zip(values, (a, b), strict=True)
        ]
    return BatchedArray(held(space, "linalg_solve_triangular")(*values, *options), batched, space)


def over_matrices(name: str) -> Callable[..., Any]:
    """Return a function of matrices, of one result or several."""

    def run(space: Space, a: Any, *options: Any, **more: Any) -> Any:
        out = held(space, name)(a.value, *options, **more)
        if isinstance(out, tuple):
            return tuple(BatchedArray(part, a.batched, space) for part in out)
        return BatchedArray(out, a.batched, space)

    return run


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "linalg_eig": over_matrices("linalg_eig"),
    "linalg_eigvals": over_matrices("linalg_eigvals"),
    "linalg_lu_factor": over_matrices("linalg_lu_factor"),
    "linalg_matrix_exp": over_matrices("linalg_matrix_exp"),
    "linalg_solve_triangular": triangular,
    "matmul": matmul,
    "tensordot": tensordot,
    "vecdot": vecdot,
}
LINALG: dict[str, Callable[..., Any]] = {
    "matmul": matmul,
    "solve": solve,
    "tensordot": tensordot,
    "vecdot": vecdot,
    "vector_norm": reducing("vector_norm"),
}
#: On the last two axes alone.
MATRIX_FUNCTIONS = frozenset(
    [
        "cholesky",
        "det",
        "diagonal",
        "eigh",
        "eigvalsh",
        "inv",
        "matrix_norm",
        "matrix_power",
        "matrix_rank",
        "matrix_transpose",
        "pinv",
        "qr",
        "slogdet",
        "svd",
        "svdvals",
        "trace",
    ]
)
