"""Joining tensors, in PyTorch's spelling."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable
from ..backend.selection import default_place
from ..ops import indexing as index_ops
from ..ops import variadic
from ..ops.padding import constant_pad
from ..ops.promotion import common_place
from .arguments import as_tensor_argument, one_of, together
from .arguments import axis as axis_of
from .outputs import takes_out
from .shape import expand, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "cartesian_prod",
    "cat",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "meshgrid",
    "row_stack",
    "stack",
    "vstack",
]


def _joined(name: str, tensors: Any) -> list[Any]:
    if isinstance(tensors, Variable):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor"
        )
    listed = []
    for number, t in enumerate(tensors):
        if t is None or isinstance(t, (str, int, float, complex)):
            raise TypeError(
                f"expected Tensor as element {number} in argument 0 of {name}(), but got "
                f"{type(t).__name__}"
            )
        listed.append(as_tensor_argument(name, t, "tensors"))
    if not listed:
        raise ValueError(f"torch.{name}(): expected a non-empty list of Tensors")
    if len(listed) == 1:
        return listed
    return together(name, listed)


@takes_out("joined", apart=True)
def cat(tensors: Any, dim: int = 0, *, axis: Any = None, out: Any = None) -> Tensor:
    """Return tensors joined along an axis that they have.

    Parameters
    ----------
    tensors : sequence of Tensor
        Equal in shape but for `dim`; their dtypes are promoted.
    dim : int
    out : Tensor, optional
        Where to write the result; no gradient flows through.

    Raises
    ------
    RuntimeError
        If other sizes differ.
    ValueError
        If there are none.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cat([tg.ones(2), tg.zeros(1)])
    tensor([1., 1., 0.])
    """
    listed = _joined("cat", tensors)
    dim = one_of("cat", dim, axis, "dim and axis", 0)
    # PyTorch lets an empty vector go along with anything.
    full = listed
    if any(t._array.ndim > 1 for t in listed):
        full = [t for t in listed if tuple(t._array.shape) != (0,)]
    shape = tuple(full[0]._array.shape)
    if not shape:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    d = axis_of("cat", dim, len(shape))
    for number, other in enumerate(full):
        theirs = tuple(other._array.shape)
        if len(theirs) != len(shape):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(shape)} and {len(theirs)}"
            )
        for k, (a, b) in enumerate(zip(shape, theirs, strict=True)):
            if a != b and k != d:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {d}. Expected size {a} but "
                    f"got size {b} for tensor number {number} in the list."
                )
    return variadic.concatenate(full, d)


concat = concatenate = cat


@takes_out("joined", apart=True)
def stack(tensors: Any, dim: int = 0, *, axis: Any = None, out: Any = None) -> Tensor:
    """Return tensors of one shape joined along a new axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.stack([tg.ones(2), tg.zeros(2)]).shape
    tensorflowlite_grad.Size([2, 2])
    """
    if isinstance(tensors, (list, tuple)) and not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    listed = _joined("stack", tensors)
    dim = one_of("stack", dim, axis, "dim and axis", 0)
    shape = tuple(listed[0]._array.shape)
    for number, other in enumerate(listed):
        if tuple(other._array.shape) != shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 "
                f"and {list(other._array.shape)} at entry {number}"
            )
    joined = variadic.stack(listed, axis_of("stack", dim, len(shape), 1))
    return joined


def _each(name: str, tensors: tuple[Any, ...], change: Any) -> Any:
    """Return a tensor changed, or several as a tuple, given one by one or as a sequence."""
    if len(tensors) == 1 and not isinstance(tensors[0], (tuple, list)):
        return change(as_tensor_argument(name, tensors[0]))
    listed = tensors[0] if len(tensors) == 1 else tensors
    return tuple(change(as_tensor_argument(name, t, "tensors")) for t in listed)


def _wide_1d(t: Any) -> Any:
    return t if t._array.ndim else reshape(t, 1)


def _wide_2d(t: Any) -> Any:
    return t if t._array.ndim > 1 else reshape(t, (1, -1))


def _wide_3d(t: Any) -> Any:
    n = t._array.ndim
    if n > 2:
        return t
    return reshape(t, (*t._array.shape, 1)) if n == 2 else reshape(t, (1, -1, 1))


def atleast_1d(*tensors: Any) -> Any:
    """Return a tensor of one axis at least; of several, a tuple of such.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.atleast_1d(tg.tensor(5))
    tensor([5])
    """
    return _each("atleast_1d", tensors, _wide_1d)


def atleast_2d(*tensors: Any) -> Any:
    """Return a tensor of two axes at least; of several, a tuple of such.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.atleast_2d(tg.tensor([5, 6]))
    tensor([[5, 6]])
    """
    return _each("atleast_2d", tensors, _wide_2d)


def atleast_3d(*tensors: Any) -> Any:
    """Return a tensor of three axes at least; of several, a tuple of such.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.atleast_3d(tg.tensor([5, 6])).shape
    tensorflowlite_grad.Size([1, 2, 1])
    """
    return _each("atleast_3d", tensors, _wide_3d)


def _some(name: str, tensors: Any) -> list[Any]:
    if isinstance(tensors, (list, tuple)) and not tensors:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return _joined(name, tensors)


@takes_out("joined")
def hstack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Return tensors joined side by side.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.hstack((tg.tensor([1, 2]), tg.tensor([3])))
    tensor([1, 2, 3])
    """
    listed = [_wide_1d(t) for t in _some("hstack", tensors)]
    return cat(listed, 0 if listed[0]._array.ndim == 1 else 1)


@takes_out("joined")
def vstack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Return tensors joined one below the other.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.vstack((tg.tensor([1, 2]), tg.tensor([3, 4])))
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([_wide_2d(t) for t in _some("vstack", tensors)], 0)


row_stack = vstack


@takes_out("joined")
def dstack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Return tensors joined along their third axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.dstack((tg.tensor([1, 2]), tg.tensor([3, 4])))
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([_wide_3d(t) for t in _some("dstack", tensors)], 2)


@takes_out("joined")
def column_stack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Return tensors joined side by side, vectors as columns.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.column_stack((tg.tensor([1, 2]), tg.tensor([3, 4])))
    tensor([[1, 3],
            [2, 4]])
    """
    listed = _some("column_stack", tensors)
    return hstack([t if t._array.ndim > 1 else reshape(t, (-1, 1)) for t in listed])


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return coordinate tensors of a grid; ``"ij"`` or ``"xy"`` order.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, y = tg.meshgrid(tg.arange(2), tg.arange(3), indexing="ij")
    >>> x
    tensor([[0, 0, 0],
            [1, 1, 1]])
    >>> y
    tensor([[0, 1, 2],
            [0, 1, 2]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'meshgrid: indexing must be one of "xy" or "ij", but got: {indexing}')
    listed = [as_tensor_argument("meshgrid", t, "tensors") for t in tensors]
    for t in listed:
        if t._array.ndim > 1:
            raise RuntimeError(
                "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: "
                f"{list(t._array.shape)}"
            )
        if t.dtype is not listed[0].dtype:
            raise RuntimeError(
                "meshgrid expects all tensors to have the same dtype, got "
                f"{listed[0].dtype.name} and {t.dtype.name}"
            )
    common_place("meshgrid", listed)
    if indexing == "xy" and len(listed) > 1:
        second, first, *rest = meshgrid(listed[1], listed[0], *listed[2:])
        return (first, second, *rest)
    shape = tuple(t.numel() for t in listed)
    n = len(listed)
    return tuple(
        expand(reshape(t, (1,) * k + (-1,) + (1,) * (n - k - 1)), shape)
        for k, t in enumerate(listed)
    )


def cartesian_prod(*tensors: Any) -> Tensor:
    """Return all ways to take one element of each vector, as rows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cartesian_prod(tg.tensor([1, 2]), tg.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    for t in tensors:
        _vector("cartesian_prod", t)
    grids = meshgrid(*tensors)
    if len(tensors) == 1:
        return reshape(grids[0], -1)
    return stack([reshape(g, -1) for g in grids], 1)


def _vector(name: str, tensor: Any) -> Any:
    tensor = as_tensor_argument(name, tensor)
    if tensor._array.ndim != 1:
        raise RuntimeError(
            f"Expect a 1D vector, but got shape {list(tensor._array.shape)} in {name}()"
        )
    return tensor


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Return all ways to choose `r` elements of a vector, in order, as rows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.combinations(tg.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    input = _vector("combinations", input)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r} in combinations()")
    place, n = input._place, input._array.shape[0]
    if r == 0:
        return reshape(input, -1)[:0].detach()
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(n), r))
    native = place.native(dtypes.int64)
    with place.entered():
        flat = place.xp.asarray([k for row in rows for k in row], dtype=native)
    chosen = index_ops.index_select.record(input, (flat,))
    return reshape(chosen, (len(rows), r))


def block_diag(*tensors: Any) -> Tensor:
    """Return a matrix with tensors, as matrices, along its diagonal, and zeros elsewhere.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.block_diag(tg.tensor([[1, 2]]), tg.tensor(3))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    if not tensors:
        place = default_place()
        with place.entered():
            native = place.native(dtypes.get_default_dtype())
            return place.wrap(place.xp.zeros((1, 0), dtype=native), place)
    listed = []
    for number, t in enumerate(tensors):
        t = as_tensor_argument("block_diag", t, "tensors")
        if t._array.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input "
                f"{number} has {t._array.ndim} dimensions"
            )
        listed.append(_wide_2d(t))
    listed = together("block_diag", listed)
    width = sum(t._array.shape[1] for t in listed)
    rows, left = [], 0
    for t in listed:
        n = t._array.shape[1]
        rows.append(constant_pad.record(t, (0, left), (0, width - left - n), 0))
        left += n
    return cat(rows, 0) if len(rows) > 1 else rows[0]
