"""Products of arrays: the linear algebra that is no extension."""

from __future__ import annotations

from math import prod
from typing import Any

from ..functions import products as f
from ..functions import shape
from ..functions.arguments import axis as axis_of
from ..ops import conversion
from ..ops.twins import promoted
from . import elementwise, statistical

__all__ = ["matmul", "matrix_transpose", "tensordot", "vecdot"]

_matmul = f.matmul


def matmul(x1: Any, x2: Any, /) -> Any:
    """Return matrix products."""
    if x1._array.dtype is not x2._array.dtype:
        x1, x2 = promoted((x1, x2))
    return _matmul(x1, x2)


def matrix_transpose(x: Any, /) -> Any:
    """Return matrices with rows and columns exchanged."""
    return shape.matrix_transpose(x)


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """Return sums of products over axes: the last and first ones, or those named."""
    n, m = x1._array.ndim, x2._array.ndim
    if isinstance(axes, int):
        if not 0 <= axes <= min(n, m):
            raise ValueError(f"tensordot(): {axes} axes of arrays with {n} and {m}")
        first, second = tuple(range(n - axes, n)), tuple(range(axes))
    else:
        first = tuple(axis_of("tensordot", a, n) for a in axes[0])
        second = tuple(axis_of("tensordot", a, m) for a in axes[1])
    sizes = [tuple(x1._array.shape[a] for a in first), tuple(x2._array.shape[a] for a in second)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"tensordot(): axes of sizes {sizes[0]} and {sizes[1]} do not fit")
    rest1 = tuple(a for a in range(n) if a not in first)
    rest2 = tuple(a for a in range(m) if a not in second)
    rows = tuple(x1._array.shape[a] for a in rest1)
    columns = tuple(x2._array.shape[a] for a in rest2)
    inner = prod(sizes[0])
    left = shape.reshape(shape.permute(x1, rest1 + first), (prod(rows), inner))
    right = shape.reshape(shape.permute(x2, second + rest2), (inner, prod(columns)))
    return shape.reshape(matmul(left, right), rows + columns)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Return sums of products along an axis, the first operand conjugated."""
    x1, x2 = promoted((x1, x2))
    sizes = [x._array.shape[axis_of("vecdot", axis, x._array.ndim)] for x in (x1, x2)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"vecdot(): vectors of {sizes[0]} and {sizes[1]} elements")
    dtype = x1._place.dtype_of(x1._array)
    product = elementwise.multiply(elementwise.conj(x1) if dtype.is_complex else x1, x2)
    return conversion.cast(statistical.sum(product, axis=axis), dtype)
