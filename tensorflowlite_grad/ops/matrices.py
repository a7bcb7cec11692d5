"""What the rules of linear algebra are written with: adjoints, diagonals, broadcast stacks.

Every function takes the namespace `xp` of arrays or of tensors.
"""

from __future__ import annotations

from typing import Any

from .broadcasting import broadcast_shapes, sum_to
from .kinds import is_complex

__all__ = [
    "adjoint",
    "diagonal",
    "diagonal_matrix",
    "fitted",
    "identity",
    "only_diagonal",
    "real_part",
    "same_stack",
    "total",
    "trace_of_product",
    "transpose",
]


def transpose(xp: Any, x: Any) -> Any:
    """Return transposed matrices."""
    return xp.matrix_transpose(x)


def adjoint(xp: Any, x: Any) -> Any:
    """Return transposed matrices, conjugated where complex."""
    out = xp.matrix_transpose(x)
    return xp.conj(out) if is_complex(x) else out


def only_diagonal(xp: Any, x: Any) -> Any:
    """Return matrices with zeros off their diagonals."""
    return xp.tril(xp.triu(x))


def diagonal(xp: Any, x: Any) -> Any:
    """Return the diagonals of square matrices."""
    return xp.sum(only_diagonal(xp, x), axis=-1)


def diagonal_matrix(xp: Any, x: Any) -> Any:
    """Return matrices with given diagonals."""
    n = x.shape[-1]
    wide = xp.broadcast_to(xp.expand_dims(x, axis=-1), (*x.shape, n))
    return only_diagonal(xp, wide)


def identity(xp: Any, like: Any) -> Any:
    """Return ones on the diagonal, of the shape and dtype of `like`."""
    return only_diagonal(xp, xp.ones_like(like))


def real_part(xp: Any, x: Any) -> Any:
    """Return the real part of complex numbers, and real ones as they are."""
    return xp.real(x) if is_complex(x) else x


def trace_of_product(xp: Any, x: Any, y: Any) -> Any:
    """Return the traces of ``x @ y``, as matrices of one element."""
    return xp.sum(x * transpose(xp, y), axis=(-2, -1), keepdims=True)


def fitted(xp: Any, g: Any, shape: Any) -> Any:
    """Return a gradient summed to its operand's shape, if that was broadcast."""
    return g if tuple(g.shape) == tuple(shape) else sum_to(xp, g, tuple(shape))


def same_stack(xp: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Return two stacks of matrices with equal leading axes."""
    first, second = tuple(x.shape[:-2]), tuple(y.shape[:-2])
    if first == second:
        return x, y
    lead = broadcast_shapes(first, second)
    wide = (*lead, *x.shape[-2:]), (*lead, *y.shape[-2:])
    return xp.broadcast_to(x, wide[0]), xp.broadcast_to(y, wide[1])


def total(*parts: Any) -> Any:
    """Return the sum of those parts that are not None."""
    found = [p for p in parts if p is not None]
    out = found[0]
    for part in found[1:]:
        out = out + part
    return out
