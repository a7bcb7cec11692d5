"""Products of vectors and matrices, in PyTorch's spelling."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from ..ops import products as ops
from ..ops import promotion
from ..ops.broadcasting import broadcast_error, broadcast_shapes
from ..ops.shape import reshape_copy
from .arguments import as_tensor_argument
from .shape import reshape, squeeze, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "addmm",
    "bmm",
    "dot",
    "matmul",
    "mm",
    "mv",
    "outer",
]


def _pair(name: str, x: Any, y: Any) -> tuple[Any, Any]:
    """Return two tensors of one device, and of one dtype or an error that says so."""
    x = as_tensor_argument(name, x)
    y = as_tensor_argument(name, y, "other", 2)
    place = x._place
    if place is not y._place:
        promotion.common_place(name, [x, y])
        raise RuntimeError(f"{name}(): expected both tensors on {place.device}")
    if x._array.dtype is not y._array.dtype:
        mine, its = place.dtype_of(x._array), place.dtype_of(y._array)
        if mine is not its:
            raise RuntimeError(
                "expected m1 and m2 to have the same dtype, but got: "
                f"{_c_name(mine)} != {_c_name(its)}: convert one with .to(), in {name}()"
            )
    return x, y


def _c_name(d: Any) -> str:
    name: str = d.name
    return {"float32": "float", "float64": "double", "int64": "long long"}.get(name, name)


def dot(input: Any, tensor: Any) -> Tensor:
    """Return the dot product of two vectors.

    Raises
    ------
    RuntimeError
        If they are no vectors of one length and dtype.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.dot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    input, tensor = _pair("dot", input, tensor)
    if input._array.ndim != 1 or tensor._array.ndim != 1:
        raise RuntimeError(
            f"1D tensors expected, but got {input._array.ndim}D and {tensor._array.ndim}D tensors"
        )
    if input._array.shape != tensor._array.shape:
        raise RuntimeError(
            "inconsistent tensor size, expected tensor "
            f"{list(input._array.shape)} and src {list(tensor._array.shape)} to have the same "
            "number of elements in dot()"
        )
    return ops.dot.record(input, tensor)


def mm(input: Any, mat2: Any) -> Tensor:
    """Return the product of two matrices.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.mm(tg.tensor([[1, 2], [3, 4]]), tg.tensor([[1], [1]]))
    tensor([[3],
            [7]])
    """
    input, mat2 = _pair("mm", input, mat2)
    if input._array.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if mat2._array.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _inner("mat1 and mat2", input, mat2)
    return ops.mm.record(input, mat2)


def _inner(names: str, x: Any, y: Any) -> None:
    a, b = x._array.shape, y._array.shape
    if a[-1] != b[-2]:
        raise RuntimeError(
            f"{names} shapes cannot be multiplied ({'x'.join(map(str, a))} and "
            f"{'x'.join(map(str, b))}): the first has {a[-1]} columns, the second {b[-2]} rows"
        )


def mv(input: Any, vec: Any) -> Tensor:
    """Return the product of a matrix and a vector.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.mv(tg.tensor([[1, 2], [3, 4]]), tg.tensor([1, 1]))
    tensor([3, 7])
    """
    input, vec = _pair("mv", input, vec)
    if input._array.ndim != 2 or vec._array.ndim != 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got {input._array.ndim}, {vec._array.ndim}"
        )
    if input._array.shape[1] != vec._array.shape[0]:
        raise RuntimeError(
            f"size mismatch, got input ({input._array.shape[0]}), mat "
            f"({input._array.shape[0]}x{input._array.shape[1]}), vec ({vec._array.shape[0]})"
        )
    return ops.mv.record(input, vec)


def bmm(input: Any, mat2: Any) -> Tensor:
    """Return the products of two stacks of matrices, one by one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.bmm(tg.ones(5, 2, 3), tg.ones(5, 3, 4)).shape
    tensorflowlite_grad.Size([5, 2, 4])
    """
    input, mat2 = _pair("bmm", input, mat2)
    if input._array.ndim != 3 or mat2._array.ndim != 3:
        raise RuntimeError("batch1 must be a 3D tensor, and batch2 too, in bmm()")
    a, b = input._array.shape, mat2._array.shape
    if a[0] != b[0] or a[2] != b[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] "
            f"but got: [{b[0]}, {b[1]}]."
        )
    return ops.bmm.record(input, mat2)


def matmul(input: Any, other: Any) -> Tensor:
    """Return the matrix product; leading axes broadcast, vectors go as in NumPy.

    Parameters
    ----------
    input, other : Tensor
        Of one dtype.

    Raises
    ------
    RuntimeError
        If shapes do not fit, or dtypes or devices differ.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.tensor([[1.0, 2.0], [3.0, 4.0]]) @ tg.tensor([1.0, 1.0])
    tensor([3., 7.])
    """
    input, other = _pair("matmul", input, other)
    n, m = input._array.ndim, other._array.ndim
    if n == 2 and m == 2:
        if input._array.shape[1] != other._array.shape[0]:
            _inner("mat1 and mat2", input, other)
        return ops.mm.record(input, other)
    if not n or not m:
        raise RuntimeError(
            "both arguments to matmul need to be at least 1D, but they are "
            f"{n}D and {m}D; multiply by a number with *"
        )
    if n == 1 and m == 1:
        return dot(input, other)
    if n == 2 and m == 1:
        return mv(input, other)
    if n == 1:
        return squeeze(matmul(unsqueeze(input, 0), other), -2)
    if m <= 2:
        # A stack times one matrix is one product: of all rows at once.
        shape = tuple(input._array.shape)
        rows = reshape(input, (prod(shape[:-1]), shape[-1]))
        out = matmul(rows, other)
        return reshape_copy.record(out, (*shape[:-1], *out._array.shape[1:]))
    _inner("mat1 and mat2", input, other)
    lead = input._array.shape[:-2], other._array.shape[:-2]
    try:
        broadcast_shapes(*map(tuple, lead))
    except ValueError:
        raise broadcast_error("matmul", [tuple(s) for s in lead]) from None  # type: ignore[misc]
    return ops.bmm.record(input, other)


def outer(input: Any, vec2: Any) -> Tensor:
    """Return the products of all pairs of two vectors' elements.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.outer(tg.tensor([1, 2]), tg.tensor([3, 4, 5]))
    tensor([[ 3,  4,  5],
            [ 6,  8, 10]])
    """
    if input._array.ndim != 1 or vec2._array.ndim != 1:
        raise RuntimeError(
            f"outer: Expected 1-D argument self and vec2, but got {input._array.ndim}-D and "
            f"{vec2._array.ndim}-D"
        )
    return reshape(input, (-1, 1)) * vec2


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return ``beta * input + alpha * (mat1 @ mat2)``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.addmm(tg.tensor([10.0]), tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0], [4.0]]))
    tensor([[21.]])
    """
    product = mm(mat1, mat2)
    product = product if alpha == 1 else product * alpha
    return product + (input if beta == 1 else input * beta)
