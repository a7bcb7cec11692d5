"""Products of vectors and matrices, in PyTorch's spelling."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..ops import products as ops
from ..ops import promotion
from ..ops.broadcasting import broadcast_error, broadcast_shapes
from ..ops.shape import reshape_copy
from .arguments import as_tensor_argument, is_number
from .creation import zeros_like
from .elementwise import conj, where
from .outputs import takes_out, write_into
from .shape import permute, reshape, unsqueeze

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tensor import Tensor

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "bmm",
    "chain_matmul",
    "dot",
    "ger",
    "inner",
    "matmul",
    "mm",
    "mv",
    "outer",
    "vdot",
]


def _pair(name: str, x: Any, y: Any) -> tuple[Any, Any]:
    """Return two tensors of one device, and of one dtype or an error that says so."""
    x = as_tensor_argument(name, x)
    y = as_tensor_argument(name, y, "other", 2)
    place = x._place
    native = x._array.dtype
    common = native is place.float32 or native is place.float64
    if not common and place.dtype_from(native) is dtypes.bool_:
        raise NotImplementedError(
            f"\"{name}\" not implemented for 'Bool': convert first, as in x.int() or x.float()"
        )
    if place is not y._place and place.root is not y._place.root:
        promotion.common_place(name, [x, y])
        raise RuntimeError(f"{name}(): expected both tensors on {place.device}")
    if x._array.dtype is not y._array.dtype:
        mine, its = place.dtype_of(x._array), place.dtype_of(y._array)
        if mine is not its:
            if name == "dot":
                raise RuntimeError(
                    "dot : expected both vectors to have same dtype, but found "
                    f"{dtypes.LEGACY_NAMES.get(mine.name, mine.name)} and "
                    f"{dtypes.LEGACY_NAMES.get(its.name, its.name)}: convert one with .to()"
                )
            raise RuntimeError(
                "expected m1 and m2 to have the same dtype, but got: "
                f"{_c_name(mine)} != {_c_name(its)}: convert one with .to(), in {name}()"
            )
    return x, y


def _c_name(d: Any) -> str:
    name: str = d.name
    return {"float32": "float", "float64": "double", "int64": "long long"}.get(name, name)


@takes_out()
def dot(input: Any, tensor: Any, *, out: Tensor | None = None) -> Tensor:
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


@takes_out()
def mm(input: Any, mat2: Any, *, out: Tensor | None = None) -> Tensor:
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


@takes_out()
def mv(input: Any, vec: Any, *, out: Tensor | None = None) -> Tensor:
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


@takes_out()
def bmm(input: Any, mat2: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the products of two stacks of matrices, one by one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.bmm(tg.ones(5, 2, 3), tg.ones(5, 3, 4)).shape
    tensorflowlite_grad.Size([5, 2, 4])
    """
    return ops.bmm.record(*_stacks(input, mat2))


def _stacks(input: Any, mat2: Any) -> tuple[Any, Any]:
    """Return two stacks of matrices that multiply one by one."""
    input, mat2 = _pair("bmm", input, mat2)
    for name, t in (("batch1", input), ("batch2", mat2)):
        if t._array.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor, but it has {t._array.ndim} dimensions")
    a, b = input._array.shape, mat2._array.shape
    if a[0] != b[0] or a[2] != b[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] "
            f"but got: [{b[0]}, {b[1]}]."
        )
    return input, mat2


@takes_out()
def matmul(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
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
        result = matmul(unsqueeze(input, 0), other)
        shape = tuple(result._array.shape)
        return reshape_copy.record(result, (*shape[:-2], shape[-1]))
    if m <= 2:
        # A stack times one matrix is one product: of all rows at once.
        shape = tuple(input._array.shape)
        rows = reshape(input, (prod(shape[:-1]), shape[-1]))
        result = matmul(rows, other)
        return reshape_copy.record(result, (*shape[:-1], *result._array.shape[1:]))
    _inner("mat1 and mat2", input, other)
    lead = input._array.shape[:-2], other._array.shape[:-2]
    try:
        broadcast_shapes(*map(tuple, lead))
    except ValueError:
        raise broadcast_error("matmul", [tuple(s) for s in lead]) from None  # type: ignore[misc]
    return ops.bmm.record(input, other)


@takes_out("cast")
def outer(input: Any, vec2: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the products of all pairs of two vectors' elements.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.outer(tg.tensor([1, 2]), tg.tensor([3, 4, 5]))
    tensor([[ 3,  4,  5],
            [ 6,  8, 10]])
    """
    input = as_tensor_argument("outer", input)
    vec2 = as_tensor_argument("outer", vec2, "vec2", 2)
    if input._array.ndim != 1 or vec2._array.ndim != 1:
        raise RuntimeError(
            f"outer: Expected 1-D argument self and vec2, but got {input._array.ndim}-D and "
            f"{vec2._array.ndim}-D"
        )
    return reshape(input, (-1, 1)) * vec2


@takes_out("cast")
def ger(input: Any, vec2: Any, *, out: Tensor | None = None) -> Tensor:
    """Return `outer`: its older name.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ger(tg.tensor([1, 2]), tg.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    return outer(input, vec2)


@takes_out()
def vdot(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the dot product of two vectors, the first conjugated where complex.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.vdot(tg.tensor([1j]), tg.tensor([1j]))
    tensor(1.+0.j)
    """
    input = as_tensor_argument("vdot", input)
    return dot(conj(input) if input.dtype.is_complex else input, other)


@takes_out()
def inner(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the dot products of all pairs of vectors along both last axes.

    Parameters
    ----------
    input, other : Tensor
        Of equally long last axes; a tensor without axes multiplies the other.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.inner(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    input = as_tensor_argument("inner", input)
    other = as_tensor_argument("inner", other, "other", 2)
    a, b = tuple(input._array.shape), tuple(other._array.shape)
    if not a or not b:
        return input * other
    if a[-1] != b[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(a)} and {list(b)}"
        )
    from .contractions import tensordot

    return tensordot(input, other, ([-1], [-1]))


def chain_matmul(*matrices: Any, out: Tensor | None = None) -> Tensor:
    """Return the product of matrices; `linalg.multi_dot` does the same, and vectors too.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.chain_matmul(tg.ones(2, 3), tg.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    from .linalg.products import multi_dot

    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for k, matrix in enumerate(matrices):
        if matrix.ndim != 2:
            raise RuntimeError(f"Tensor at index {k} is not 2-D but {matrix.ndim}-D")
    product = matrices[0] if len(matrices) == 1 else multi_dot(matrices)
    return product if out is None else write_into("chain_matmul", out, product)


# -- a product, scaled and added to a tensor -----------------------------------------------------


def _added(name: str, input: Any, product: Callable[[], Any], beta: Any, alpha: Any) -> Any:
    """Return ``beta * input + alpha * product``; with `beta` zero, NaN in `input` is nothing."""
    out = product()
    if not out.dtype.is_differentiable:
        alpha, beta = int(alpha), int(beta)  # as PyTorch
    if input.dtype is not out.dtype:
        raise RuntimeError(
            "self and mat2 must have the same dtype, but got "
            f"{dtypes.LEGACY_NAMES[input.dtype.name]} and "
            f"{dtypes.LEGACY_NAMES[out.dtype.name]}, in {name}()"
        )
    shape, want = tuple(input._array.shape), tuple(out._array.shape)
    if not _expands(shape, want):
        raise RuntimeError(
            f"The expanded size of the tensor ({want[-1] if want else 1}) must match the existing "
            f"size ({shape[-1] if shape else 1}) at non-singleton dimension "
            f"{max(len(want) - 1, 0)}: {name}() adds {list(shape)} to {list(want)}"
        )
    if isinstance(alpha, bool) or not is_number(alpha, 1):
        out = out * alpha
    if not isinstance(beta, bool) and is_number(beta, 1):
        return input + out
    return out + _nothing(input, want) if is_number(beta, 0) else input * beta + out


def _expands(shape: tuple[int, ...], want: tuple[int, ...]) -> bool:
    if len(shape) > len(want):
        return False
    tail = want[len(want) - len(shape) :]
    return all(n in (1, m) for n, m in zip(shape, tail, strict=True))


def _nothing(input: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros that do not depend on `input`, but have an edge to it, as PyTorch's have."""
    if input._edge is None:
        return 0
    return where(zeros_like(input, dtype=dtypes.bool_), input, zeros_like(input))


@takes_out()
def addmm(
    input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1, out: Tensor | None = None
) -> Tensor:
    """Return ``beta * input + alpha * (mat1 @ mat2)``.

    Parameters
    ----------
    input : Tensor
        Broadcast to the product's shape; not read if `beta` is 0.
    mat1, mat2 : Tensor
        Matrices.
    beta, alpha : number
        For tensors of integers, cut to integers.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.addmm(tg.tensor([10.0]), tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0], [4.0]]))
    tensor([[21.]])
    """
    return _added("addmm", input, lambda: mm(mat1, mat2), beta, alpha)


@takes_out()
def addmv(
    input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1, out: Tensor | None = None
) -> Tensor:
    """Return ``beta * input + alpha * (mat @ vec)``; see `addmm`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.addmv(tg.tensor([10.0]), tg.tensor([[1.0, 2.0]]), tg.tensor([3.0, 4.0]))
    tensor([21.])
    """
    return _added("addmv", input, lambda: mv(mat, vec), beta, alpha)


@takes_out("cast")
def addr(
    input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1, out: Tensor | None = None
) -> Tensor:
    """Return ``beta * input + alpha * outer(vec1, vec2)``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.addr(tg.zeros(2, 2), tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    input = as_tensor_argument("addr", input)
    vec1 = as_tensor_argument("addr", vec1, "vec1", 2)
    vec2 = as_tensor_argument("addr", vec2, "vec2", 3)
    for word, v in (("vec1", vec1), ("vec2", vec2)):
        if v.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {word}, but got {v.ndim}-D")
    shape, want = tuple(input._array.shape), (vec1.numel(), vec2.numel())
    if not _expands(shape, want):
        raise RuntimeError(
            f"size mismatch, input: {list(shape)}, v1: {[want[0]]}, v2: {[want[1]]}, in addr()"
        )
    numbers = [t.dtype for t in (input, vec1, vec2)]
    for word, value in (("alpha", alpha), ("beta", beta)):
        if isinstance(value, bool) and any(d.name != "bool" for d in numbers):
            raise RuntimeError(f"Boolean {word} only supported for Boolean results.")
        if isinstance(value, float) and not any(d.is_differentiable for d in numbers):
            raise RuntimeError(
                "For integral input tensors, argument alpha must not be a floating point number."
            )
        if isinstance(value, complex) and not any(d.is_complex for d in numbers):
            raise RuntimeError(
                "For non-complex input tensors, argument alpha must not be a complex number."
            )
    if all(d.name == "bool" for d in numbers):
        product = outer(vec1, vec2) & bool(alpha)
        return (input | product) if beta else product.expand(want)
    result = outer(vec1, vec2)
    if not is_number(alpha, 1):
        result = result * alpha
    if is_number(beta, 0):
        return result + _nothing(input, want)
    return (input if is_number(beta, 1) else input * beta) + result


@takes_out()
def baddbmm(
    input: Any,
    batch1: Any,
    batch2: Any,
    *,
    beta: Any = 1,
    alpha: Any = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Return ``beta * input + alpha * bmm(batch1, batch2)``; see `addmm`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.baddbmm(tg.ones(1), tg.ones(2, 1, 3), tg.ones(2, 3, 1)).flatten()
    tensor([4., 4.])
    """
    return _added("baddbmm", input, lambda: bmm(batch1, batch2), beta, alpha)


@takes_out()
def addbmm(
    input: Any,
    batch1: Any,
    batch2: Any,
    *,
    beta: Any = 1,
    alpha: Any = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Return ``beta * input`` and `alpha` times the sum of ``bmm(batch1, batch2)``; see `addmm`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.addbmm(tg.ones(1, 1), tg.ones(2, 1, 3), tg.ones(2, 3, 1))
    tensor([[7.]])
    """

    def product() -> Any:
        x, y = _stacks(batch1, batch2)
        b, n, m = x._array.shape
        # The sum of products is one product: of rows and columns laid end to end.
        rows = reshape(permute(x, (1, 0, 2)), (n, b * m))
        return mm(rows, reshape(y, (b * m, y._array.shape[2])))

    return _added("addbmm", input, product, beta, alpha)
