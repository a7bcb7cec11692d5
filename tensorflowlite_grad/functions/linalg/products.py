"""Products of vectors and of several matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...dtypes import Kind
from ...ops import conversion, solvers
from ...ops.broadcasting import broadcast_error, broadcast_shapes
from ..arguments import as_tensor_argument, one_of
from ..arguments import axis as axis_of
from ..creation import ones_like
from ..cumulative import cumprod
from ..diagonals import diagonal as diagonal_of
from ..joining import cat
from ..outputs import takes_out
from ..products import matmul
from ..reductions import sum as sum_of
from ..shape import expand, reshape, unsqueeze
from .checks import floating, shape_of

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["cross", "diagonal", "multi_dot", "vander", "vecdot"]


@takes_out()
def cross(
    input: Any, other: Any, *, dim: int = -1, axis: Any = None, out: Tensor | None = None
) -> Tensor:
    """Return the cross products of vectors of three elements.

    Parameters
    ----------
    input, other : Tensor
        Of equally many dimensions, broadcasting.
    dim : int
        The axis of the vectors.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    name = "linalg.cross"
    dim = one_of(name, dim, axis, "dim and axis", -1)
    input, other = as_tensor_argument(name, input), as_tensor_argument(name, other, "other", 2)
    a, b = shape_of(input), shape_of(other)
    if len(a) != len(b):
        raise RuntimeError(
            f"{name}: inputs must have the same number of dimensions, not {len(a)} and {len(b)}."
        )
    d = axis_of(name, dim, len(a))
    if not a or a[d] != 3 or b[d] != 3:
        raise RuntimeError(
            f"{name}: inputs dimension {dim} must have length 3. Got {a[d] if a else 1} and "
            f"{b[d] if b else 1}"
        )
    return crossed(name, input, other, d)


def crossed(name: str, input: Any, other: Any, axis: int) -> Any:
    """Return the cross product along an axis that both have, with promotion."""
    a, b = shape_of(input), shape_of(other)
    try:
        broadcast_shapes(a, b)
    except ValueError:
        raise broadcast_error(name, [a, b]) from None  # type: ignore[misc]
    if input.dtype is not other.dtype or input._place.root is not other._place.root:
        from ..arguments import together

        input, other = together(name, [input, other])
    if input.dtype.name == "bool":
        raise NotImplementedError(
            "\"cross\" not implemented for 'Bool': convert first, as in x.int()"
        )
    return solvers.cross.record(input, other, axis - len(a))


@takes_out()
def vecdot(x: Any, y: Any, *, dim: int = -1, axis: Any = None, out: Tensor | None = None) -> Tensor:
    """Return the dot products of vectors, the first conjugated where complex.

    Parameters
    ----------
    x, y : Tensor
        Broadcasting.
    dim : int
        The axis of the vectors.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.vecdot(tg.ones(2, 3), tg.tensor([1.0, 2.0, 3.0]))
    tensor([6., 6.])
    """
    dim = one_of("linalg.vecdot", dim, axis, "dim and axis", -1)
    x, y = floating_or_low("linalg.vecdot", x), floating_or_low("linalg.vecdot", y)
    return sum_of((x.conj() if x.dtype.is_complex else x) * y, dim)


def floating_or_low(name: str, x: Any) -> Any:
    """Return a tensor of real or complex numbers of any precision."""
    x = as_tensor_argument(name, x)
    return x if x.dtype.kind >= Kind.FLOAT else floating(name, x)


@takes_out()
def multi_dot(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the product of matrices, in the order that takes the fewest multiplications.

    Parameters
    ----------
    tensors : sequence of Tensor
        Matrices; the first and the last may be vectors.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.multi_dot([tg.ones(2, 3), tg.ones(3, 4), tg.ones(4)])
    tensor([12., 12.])
    """
    name = "multi_dot"
    given = [as_tensor_argument(name, t, "tensors") for t in tensors]
    n = len(given)
    if n < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {n}")
    for k, t in enumerate(given):
        dims = t._array.ndim
        if dims != 2 and not (dims == 1 and k in (0, n - 1)):
            most = "1D or 2D" if k in (0, n - 1) else "2D"
            which = {0: "the first tensor", n - 1: "the last tensor"}.get(k, f"tensor {k}")
            raise RuntimeError(f"multi_dot(): {which} must be {most} but got {dims}D")
        if t.dtype is not given[0].dtype:
            raise RuntimeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor {k} is "
                f"{t.dtype.name} and tensor 0 {given[0].dtype.name}"
            )
        if t._place.root is not given[0]._place.root:
            raise RuntimeError(
                f"multi_dot(): all tensors must be on the same device but tensor {k} is on "
                f"{t.device} and tensor 0 {given[0].device}"
            )
    first, last = given[0]._array.ndim == 1, given[-1]._array.ndim == 1
    chain = list(given)
    if first:
        chain[0] = unsqueeze(chain[0], 0)
    if last:
        chain[-1] = unsqueeze(chain[-1], -1)
    sizes = [shape_of(t)[0] for t in chain] + [shape_of(chain[-1])[1]]
    for k in range(n - 1):
        if shape_of(chain[k])[1] != sizes[k + 1]:
            a, b = shape_of(chain[k]), shape_of(chain[k + 1])
            raise RuntimeError(
                f"multi_dot(): tensors {k} and {k + 1} with shapes {list(a)} and {list(b)} cannot "
                "be multiplied"
            )
    result = _product(chain, _splits(sizes), 0, n - 1)
    if first or last:
        result = reshape(result, sizes[:1] * (not first) + sizes[-1:] * (not last))
    return result


def _splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Return where to split each part of a chain of products (T. C. Hu's textbook recurrence)."""
    n = len(sizes) - 1
    cost = {(k, k): 0 for k in range(n)}
    best: dict[tuple[int, int], int] = {}
    for width in range(1, n):
        for i in range(n - width):
            j = i + width
            cost[i, j], best[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    return best


def _product(chain: list[Any], splits: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return chain[i]
    k = splits[i, j]
    return matmul(_product(chain, splits, i, k), _product(chain, splits, k + 1, j))


def vander(x: Any, N: int | None = None) -> Tensor:
    """Return Vandermonde matrices: the powers 0 to ``N - 1`` of each number.

    Parameters
    ----------
    x : Tensor
        Of shape ``(*, n)``.
    N : int, optional
        How many powers; n by default.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.vander(tg.tensor([2, 3]), N=3)
    tensor([[1, 2, 4],
            [1, 3, 9]])
    """
    x = as_tensor_argument("linalg.vander", x, "x")
    if not x._array.ndim:
        x = reshape(x, (1,))
    n = shape_of(x)[-1] if N is None else N
    if n <= 1:
        raise RuntimeError(f"N must be greater than 1, but got {n}, in linalg.vander()")
    if x.dtype.name == "bool":
        raise RuntimeError(
            "linalg.vander supports floating point, complex, and integer tensors, but got Bool"
        )
    if x.dtype.kind < Kind.FLOAT:
        from ... import dtypes

        x = conversion.cast(x, dtypes.int64)
    column = unsqueeze(x, -1)
    powers = cumprod(expand(column, (*shape_of(x), n - 1)), -1)
    return cat([ones_like(column), powers], -1)


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return the diagonals of matrices, of the last two axes by default.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.diagonal(tg.tensor([[[1, 2], [3, 4]]]))
    tensor([[1, 4]])
    """
    return diagonal_of(A, offset, dim1, dim2)
