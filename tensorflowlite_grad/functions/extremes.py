"""The greatest and least elements, and where they are."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from .. import dtypes, return_types
from ..autograd.graph import Variable
from ..ops import conversion
from ..ops import indexing as index_ops
from ..ops import reductions as ops
from .arguments import as_tensor_argument, one_of, reduction
from .arguments import axis as axis_of
from .elementwise import maximum, minimum
from .index_tensors import along_axis
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "amax",
    "amin",
    "aminmax",
    "argmax",
    "argmin",
    "max",
    "min",
]


#: What PyTorch calls them in its errors.
_KERNELS = {
    "amax": "max_values_cpu",
    "amin": "min_values_cpu",
    "max": "max_all",
    "min": "min_all",
}


def refuse_empty(name: str, input: Any, dims: Any) -> None:
    """Raise if there is nothing to choose from."""
    shape = tuple(input._array.shape)
    if dims is None:
        if not prod(shape):
            # PyTorch has two types for the one mistake.
            raise (IndexError if name.startswith("arg") else RuntimeError)(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                "Specify the reduction dim with the 'dim' argument."
            )
        return
    for d in dims:
        if shape[d] == 0:
            raise IndexError(
                f"{name}(): Expected reduction dim {d} to have non-zero size, but the tensor has "
                f"shape {list(shape)}."
            )


@takes_out()
def amax(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the greatest element; ties share the gradient evenly.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.amax(tg.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([5., 3.])
    """
    input, dims, keep = reduction("amax", input, dim, axis, keepdim, keepdims)
    refuse_empty("amax", input, dims)
    return _of_numbers(ops.amax, input, dims, keep)


@takes_out()
def amin(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the least element; ties share the gradient evenly.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.amin(tg.tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([1., 3.])
    """
    input, dims, keep = reduction("amin", input, dim, axis, keepdim, keepdims)
    refuse_empty("amin", input, dims)
    return _of_numbers(ops.amin, input, dims, keep)


@takes_out()
def aminmax(
    input: Any,
    *,
    dim: Any = None,
    keepdim: bool = False,
    axis: Any = None,
    keepdims: Any = None,
    out: Any = None,
) -> Any:
    """Return the least and the greatest element, of all or along `dim`; ties share evenly.

    Returns
    -------
    (min, max)

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> least, greatest = tg.aminmax(tg.tensor([3.0, 1.0, 2.0]))
    >>> least, greatest
    (tensor(1.), tensor(3.))
    """
    input = as_tensor_argument("aminmax", input)
    dim = one_of("aminmax", dim, axis, "dim and axis", None)
    keep = bool(one_of("aminmax", keepdim, keepdims, "keepdim and keepdims", False))
    d = None if dim is None else (axis_of("aminmax", dim, input._array.ndim),)
    if input.dtype.is_complex:
        raise NotImplementedError(_unordered("aminmax_cpu", input))
    if d is None and not input.numel():
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity."
        )
    if not input._array.ndim:
        d, keep = None, False
    refuse_empty("aminmax", input, d)
    parts = (_of_numbers(op, input, d, keep) for op in (ops.amin, ops.amax))
    return return_types.aminmax(*parts)


def _unordered(name: str, input: Any) -> str:
    legacy = dtypes.LEGACY_NAMES[input.dtype.name]
    return f"\"{name}\" not implemented for '{legacy}': complex numbers have no order"


def _of_numbers(op: Any, input: Any, dims: Any, keep: bool) -> Any:
    """Run an extreme; the standard has it for numbers only, so bools go as integers."""
    if input.dtype is dtypes.bool_:
        as_int = conversion.cast(input, dtypes.uint8)
        return conversion.cast(op.record(as_int, dims, keep), dtypes.bool_)
    if input.dtype.is_complex:
        raise NotImplementedError(_unordered(_KERNELS[op.name], input))
    return op.record(input, dims, keep)


def _extreme(
    name: str,
    whole: Any,
    along: Any,
    arg: Any,
    pairwise: Any,
    input: Any,
    dim: Any,
    keepdim: Any,
    axis: Any,
    keepdims: Any,
) -> Any:
    if isinstance(dim, Variable):
        return pairwise(as_tensor_argument(name, input), dim)
    input, dims, keep = reduction(name, input, dim, axis, keepdim, keepdims)
    result = getattr(return_types, name)
    if dim is None and axis is None:
        refuse_empty(name, input, None)
        return _of_numbers(whole, input, None, False)
    if not input._array.ndim:
        return result(conversion.alias(input), _zeros_like_index(input))
    refuse_empty(name, input, dims)
    position = arg.record(_comparable(name, input), dims[0], True)
    return result(*_picked(along, input, position, dims[0], keep))


def _comparable(name: str, input: Any) -> Any:
    if input.dtype.is_complex:
        raise RuntimeError(f"{name}(): does not support complex input: it has no order")
    return conversion.cast(input, dtypes.uint8) if input.dtype is dtypes.bool_ else input


def _zeros_like_index(input: Any) -> Any:
    place = input._place
    return place.wrap(place.scalar(0, place.native(dtypes.int64)), place)


def _picked(op: Any, input: Any, position: Any, d: int, keep: bool) -> Any:
    """Return the elements at given positions along an axis, and the positions."""
    index = along_axis(input, d, position._array)
    if not keep:
        xp = input._place.xp
        index = tuple(xp.squeeze(part, axis=d) for part in index)
        position = position.squeeze(d)
    return op.record(input, index), position


@takes_out("cast alone")
def max(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    other: Any = None,
    out: Any = None,
) -> Any:
    """Return the greatest element, or along `dim` the greatest ones and their positions.

    With a tensor in second place, return the greater of each pair.

    Returns
    -------
    Tensor or (values, indices)
        Over all elements ties share the gradient; along `dim` one of them has it.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.max(tg.tensor([1.0, 3.0, 2.0]))
    tensor(3.)
    >>> tg.max(tg.tensor([[1.0, 3.0], [4.0, 2.0]]), dim=1).indices
    tensor([1, 0])
    """
    dim = other if other is not None else dim
    return _extreme(
        "max",
        ops.max_all,
        index_ops.max_dim,
        ops.argmax,
        maximum,
        input,
        dim,
        keepdim,
        axis,
        keepdims,
    )


@takes_out("cast alone")
def min(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    other: Any = None,
    out: Any = None,
) -> Any:
    """Return the least element, or along `dim` the least ones and their positions: see `max`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.min(tg.tensor([3.0, 1.0, 2.0]))
    tensor(1.)
    >>> values, indices = tg.min(tg.tensor([[3.0, 1.0], [0.0, 2.0]]), dim=1)
    >>> values, indices
    (tensor([1., 0.]), tensor([1, 0]))
    """
    dim = other if other is not None else dim
    return _extreme(
        "min",
        ops.min_all,
        index_ops.min_dim,
        ops.argmin,
        minimum,
        input,
        dim,
        keepdim,
        axis,
        keepdims,
    )


def _position(
    name: str, op: Any, input: Any, dim: Any, keepdim: bool, axis: Any, keepdims: Any
) -> Any:
    input, dims, keep = reduction(name, input, dim, axis, keepdim, keepdims)
    refuse_empty(name, input, dims)
    input = _comparable(name, input.detach())
    if not input._array.ndim:
        return _zeros_like_index(input)
    return op.record(input, None if dims is None else dims[0], keep)


@takes_out()
def argmax(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the position of the greatest element, the first of several.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.argmax(tg.tensor([1.0, 3.0, 2.0]))
    tensor(1)
    """
    return _position("argmax", ops.argmax, input, dim, keepdim, axis, keepdims)


@takes_out()
def argmin(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the position of the least element, the first of several.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.argmin(tg.tensor([3.0, 1.0, 2.0]))
    tensor(1)
    """
    return _position("argmin", ops.argmin, input, dim, keepdim, axis, keepdims)
