"""Writing and accumulating at positions that a tensor gives."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable
from ..dtypes import SCALARS, Kind
from ..ops import arithmetic, conversion
from ..ops import indexing as put_ops
from ..ops import scattering as ops
from .arguments import as_tensor_argument, is_number
from .arguments import axis as axis_of
from .index_form import normalise
from .index_tensors import (
    across,
    along_axis,
    bounded,
    checked_shapes,
    positions_of,
    vector_of,
    with_axis,
)
from .indexing import assigned, getitem
from .outputs import takes_out
from .padding import fill_value
from .shape import broadcast_tensors, expand, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "index_add",
    "index_copy",
    "index_fill",
    "index_reduce",
    "masked_fill",
    "masked_scatter",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
]

#: What `scatter_reduce` and `index_reduce` call their modes.
MODES = ("sum", "prod", "mean", "amax", "amin")


def _typed(name: str, input: Any, source: Any, words: str) -> Any:
    """Return a source of the input's dtype; RuntimeError if it has another."""
    source = as_tensor_argument(name, source, "src", 4)
    if source.dtype is not input.dtype:
        raise RuntimeError(f"{name}(): {words}: got {input.dtype.name} and {source.dtype.name}")
    return source


def _pointwise(name: str, input: Any, dim: int, index: Any, src: Any) -> Any:
    """Return what is written to, the index in normal form, and the part of `src` written."""
    d = axis_of(name, dim, input._array.ndim)
    index = positions_of(name, input, index)
    if src is not None:
        src = _typed(name, input, src, "Expected self.dtype to be equal to src.dtype")
    checked_shapes(name, input, d, index, src)
    target = input if input._array.ndim else reshape(input, 1)
    positions = with_axis(index)
    if not prod(positions.shape):
        return target, None, None
    bounded(name, target, positions, d)
    if src is not None:
        src = src if src._array.ndim else reshape(src, 1)
        if tuple(src._array.shape) != tuple(positions.shape):
            src = getitem(src, tuple(slice(0, n) for n in positions.shape))
    return target, along_axis(target, d, positions), src


def _back(out: Any, input: Any) -> Any:
    return out if input._array.ndim else reshape(out, ())


@takes_out()
def scatter(
    input: Any,
    dim: int,
    index: Any,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return a copy with elements written at given positions along an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        For every element of the source, where along `dim` it goes.
    src : Tensor or number
        What is written; of repeated positions one wins, and all get its gradient.
    reduce : {"add", "multiply"}, optional
        Combine with what is there instead.

    Raises
    ------
    RuntimeError
        If a position is out of bounds, or shapes or dtypes do not fit.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.scatter(tg.zeros(3), 0, tg.tensor([2, 0]), tg.tensor([5.0, 6.0]))
    tensor([6., 0., 5.])
    >>> tg.scatter(tg.ones(3), 0, tg.tensor([1]), 2.0, reduce="multiply")
    tensor([1., 2., 1.])
    """
    input = as_tensor_argument("scatter", input)
    if (src is None) == (value is None):
        raise TypeError("scatter() takes either a tensor src or a number as value")
    if reduce not in (None, "add", "multiply"):
        raise RuntimeError(f"reduce argument must be either add or multiply. got {reduce!r}")
    given = value if src is None else src
    number = type(given) in SCALARS
    target, found, part = _pointwise("scatter", input, dim, index, None if number else given)
    if found is None:
        return conversion.clone(input)
    if number:
        part = _filled(target, found, given)
    if reduce == "add":
        return _back(ops.scatter_add.record(target, part, found), input)
    if reduce == "multiply":
        return _back(ops.product.record(target, part, found, True), input)
    return _back(put_ops.put.record(target, part, found), input)


def _filled(target: Any, index: Any, value: Any) -> Any:
    """Return a number in the shape of what an index selects."""
    place = target._place
    shape = tuple(place.xp.index_get(target._array, index).shape)
    return expand(assigned(target, fill_value(target, value)), shape)


@takes_out()
def scatter_add(input: Any, dim: int, index: Any, src: Any, *, out: Tensor | None = None) -> Tensor:
    """Return a copy with the elements of `src` added at given positions along an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.scatter_add(tg.zeros(3), 0, tg.tensor([0, 0, 2]), tg.tensor([1.0, 2.0, 3.0]))
    tensor([3., 0., 3.])
    """
    input = as_tensor_argument("scatter_add", input)
    target, found, part = _pointwise("scatter_add", input, dim, index, src)
    if found is None:
        return conversion.clone(input)
    return _back(ops.scatter_add.record(target, part, found), input)


@takes_out()
def scatter_reduce(
    input: Any,
    dim: int,
    index: Any,
    src: Any,
    reduce: str,
    *,
    include_self: bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """Return a copy with elements of `src` reduced into given positions along an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
    src : Tensor
    reduce : {"sum", "prod", "mean", "amax", "amin"}
    include_self : bool
        Whether what the input holds at a position counts too.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> index, src = tg.tensor([0, 0, 2]), tg.tensor([1.0, 3.0, 5.0])
    >>> tg.scatter_reduce(tg.ones(3), 0, index, src, "mean", include_self=False)
    tensor([2., 1., 5.])
    """
    input = as_tensor_argument("scatter_reduce", input)
    if reduce not in MODES:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    _ordered("scatter_reduce", input, reduce)
    target, found, part = _pointwise("scatter_reduce", input, dim, index, src)
    if found is None:
        return conversion.clone(input)
    return _back(_reduced(target, found, part, reduce, include_self, ops.scatter_add), input)


def _ordered(name: str, input: Any, mode: str) -> None:
    if mode in ("amax", "amin") and input.dtype.is_complex:
        raise NotImplementedError(f'"{name}_{mode}" not implemented for {input.dtype.name!r}')


def _reduced(input: Any, index: Any, part: Any, mode: str, include: bool, add: Any) -> Any:
    if mode == "prod":
        return ops.product.record(input, part, index, include)
    if mode in ("amax", "amin"):
        return ops.extreme.record(input, part, index, include, mode)
    if not include:
        input = put_ops.put.record(input, _filled(input, index, 0), index)
    total = add.record(input, part, index)
    return total if mode == "sum" else _mean(total, input, index, part, include)


def _mean(total: Any, input: Any, index: Any, part: Any, include: bool) -> Any:
    place, xp = input._place, input._place.xp
    with place.entered():
        kind = total._array.dtype
        one = xp.ones_like(input._array)
        counts = one if include else xp.index_put(one, index, xp.zeros_like(part._array))
        counts = xp.index_reduce(counts, index, xp.ones_like(part._array), "sum")
        counts = xp.where(counts == 0, one, counts)
    counts = place.wrap(xp.astype(counts, kind, copy=False), place)
    if place.dtype_from(kind).kind < Kind.FLOAT:
        return arithmetic.floor_divide.call(total, counts)
    return arithmetic.div.call(total, counts)


def _slices(name: str, input: Any, dim: int, index: Any, source: Any) -> Any:
    """Return what is written to, the index in normal form, and the slices that are written."""
    d = axis_of(name, dim, input._array.ndim)
    positions = vector_of(name, input, d, index)
    source = _typed(name, input, source, "self and source must have the same scalar type")
    have, want = tuple(source._array.shape) or (1,), tuple(input._array.shape) or (1,)
    error: type[Exception] = RuntimeError if name != "index_copy" else IndexError
    if error is IndexError and source._array.ndim and input._array.ndim and len(have) != len(want):
        raise error(
            "index_copy(): When source and destination are not scalars, their dimensionality must "
            f"match. Source dimensionality ({len(have)}), destination dimensionality ({len(want)})"
        )
    if positions.shape[0] != (have[d] if d < len(have) else 1):
        raise error(
            f"{name}(): Number of indices ({positions.shape[0]}) should be equal to "
            f"source.size(dim): ({have[d] if d < len(have) else 1}), for dim: {d}"
        )
    if len(have) != len(want) or have[:d] + have[d + 1 :] != want[:d] + want[d + 1 :]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified "
            f"dimension. Got self.shape = {list(input._array.shape)} source.shape = "
            f"{list(source._array.shape)}"
        )
    target = input if input._array.ndim else reshape(input, 1)
    source = source if source._array.ndim else reshape(source, 1)
    bounded(name, target, positions, d, RuntimeError if name == "index_add" else IndexError)
    return target, across(target, d, positions), source


@takes_out()
def index_add(
    input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1, out: Tensor | None = None
) -> Tensor:
    """Return a copy with `source` added at given positions of an axis; repeats add up.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.index_add(tg.zeros(3), 0, tg.tensor([1, 1]), tg.tensor([2.0, 3.0]))
    tensor([0., 5., 0.])
    """
    input = as_tensor_argument("index_add", input)
    target, found, part = _slices("index_add", input, dim, index, source)
    if not is_number(alpha, 1):
        part = conversion.cast(part * fill_value(input, alpha), input.dtype)
    return _back(ops.index_add.record(target, part, found), input)


@takes_out()
def index_reduce(
    input: Any,
    dim: int,
    index: Any,
    source: Any,
    reduce: str,
    *,
    include_self: bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """Return a copy with slices of `source` reduced into given positions of an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        A vector: where along `dim` each slice of the source goes.
    source : Tensor
    reduce : {"prod", "mean", "amax", "amin"}
    include_self : bool
        Whether what the input holds at a position counts too.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.index_reduce(tg.ones(2), 0, tg.tensor([1, 1]), tg.tensor([2.0, 3.0]), "prod")
    tensor([1., 6.])
    """
    input = as_tensor_argument("index_reduce", input)
    if reduce not in MODES or reduce == "sum":
        raise RuntimeError(
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got "
            f"{reduce}."
        )
    _ordered("index_reduce", input, reduce)
    target, found, part = _slices("index_reduce", input, dim, index, source)
    return _back(_reduced(target, found, part, reduce, include_self, ops.index_add), input)


@takes_out()
def index_copy(
    input: Any, dim: int, index: Any, source: Any, *, out: Tensor | None = None
) -> Tensor:
    """Return a copy with slices of `source` written at given positions of an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.index_copy(tg.zeros(3), 0, tg.tensor([2, 0]), tg.tensor([5.0, 6.0]))
    tensor([6., 0., 5.])
    """
    input = as_tensor_argument("index_copy", input)
    positions_of("index_copy", input, index, wide=False)
    target, found, part = _slices("index_copy", input, dim, index, source)
    return _back(put_ops.put.record(target, part, found), input)


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Tensor:
    """Return a copy with one number written at given positions of an axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.index_fill(tg.zeros(3), 0, tg.tensor([0, 2]), 7)
    tensor([7., 0., 7.])
    """
    input = as_tensor_argument("index_fill", input)
    value = _one_number("index_fill_", input, value)
    d = axis_of("index_fill", dim, input._array.ndim)
    index = positions_of("index_fill", input, index, wide=False, error=IndexError)
    if index._array.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar: index_fill() got one of more axes")
    target = input if input._array.ndim else reshape(input, 1)
    positions = with_axis(index)
    size = target._array.shape[d]
    bounded("index_fill", target, positions, d, IndexError, negative=True)
    place, xp = input._place, input._place.xp
    # Not `put`: a position that is named twice is filled once, with one gradient.
    with place.entered():
        positions = xp.astype(xp.where(positions < 0, positions + size, positions), xp.int64)
        mask = xp.zeros((size,), dtype=xp.bool)
        mask = xp.index_put(mask, (positions,), xp.ones_like(positions, dtype=xp.bool))
        mask = xp.reshape(mask, (size,) + (1,) * (target._array.ndim - d - 1))
    return _back(arithmetic.masked_fill.record(target, place.wrap(mask, place), value), input)


def _one_number(name: str, input: Any, value: Any) -> Any:
    """Return a number, or a tensor of one, as a tensor of the input's dtype."""
    if isinstance(value, Variable):
        if value._array.ndim:
            raise RuntimeError(
                f"{name} only supports a 0-dimensional value tensor, but got tensor with "
                f"{value._array.ndim} dimension(s)."
            )
        if value._place.dtype_of(value._array).is_complex and not input.dtype.is_complex:
            raise RuntimeError(
                f"value cannot be converted to type {input.dtype.name} without overflow: {name} "
                "got a complex one"
            )
        return assigned(input, value)
    if type(value) in SCALARS:
        return assigned(input, fill_value(input, value))
    raise TypeError(f"{name}: the value must be a number or a Tensor, not {type(value).__name__}")


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """Return a copy with the elements where a mask holds replaced.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.masked_fill(tg.ones(2), tg.tensor([True, False]), 0.0)
    tensor([0., 1.])
    """
    input = as_tensor_argument("masked_fill", input)
    value = _one_number("masked_fill_", input, value)
    mask = conversion.move(mask_of("masked_fill", mask), input._place)
    return arithmetic.masked_fill.record(input, mask, value)


def mask_of(name: str, mask: Any, words: str = "only supports boolean masks") -> Any:
    """Return a mask; RuntimeError if it is not of truth values."""
    mask = as_tensor_argument(name, mask, "mask", 2)
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(f"{name}_ {words}, but got mask with dtype {mask.dtype.name}")
    return mask


def masked_scatter(input: Any, mask: Any, source: Any) -> Tensor:
    """Return a copy with the elements of `source`, in order, where a mask holds.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.masked_scatter(tg.zeros(3), tg.tensor([True, False, True]), tg.tensor([5.0, 6.0]))
    tensor([5., 0., 6.])
    """
    input = as_tensor_argument("masked_scatter", input)
    mask = mask_of("masked_scatter", mask)
    source = _typed("masked_scatter", input, source, "expected self and source to have same dtypes")
    input, mask = broadcast_tensors(input, conversion.move(mask, input._place))
    target, flags = (input, mask) if input._array.ndim else (reshape(input, 1), reshape(mask, 1))
    index, _ = normalise(target, flags)
    count = index[0].shape[0]
    if source.numel() < count:
        raise RuntimeError(
            f"Number of elements of source < number of ones in mask: {source.numel()} and {count} "
            "in masked_scatter()"
        )
    part = getitem(reshape(source, -1), slice(0, count))
    return _back(put_ops.put.record(target, part, index), input)


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Tensor:
    """Return a copy with elements written, or added, at positions of the flattened tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.put(tg.zeros(2, 2), tg.tensor([0, 3]), tg.tensor([5.0, 6.0]))
    tensor([[5., 0.],
            [0., 6.]])
    """
    input = as_tensor_argument("put", input)
    index = positions_of("put_", input, index, wide=False)
    source = _typed("put_", input, source, "self and source expected to have the same dtype")
    if source.numel() != index.numel():
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source.numel()}, index.numel() = {index.numel()}"
        )
    flat = reshape(input, -1)
    found = flat_positions(flat, index)
    op = ops.index_add if accumulate else put_ops.put
    out = op.record(flat, reshape(source, tuple(index._array.shape)), found)
    return reshape(out, tuple(input._array.shape))


def flat_positions(flat: Any, index: Any) -> Any:
    """Return an index into a flattened tensor, in normal form."""
    size = flat._array.shape[0]
    count = prod(index._array.shape)
    xp = index._place.xp
    low, high = (int(xp.min(index._array)), int(xp.max(index._array))) if count else (0, -1)
    if count and (low < -size or high >= size):
        bad = high if high >= size else low
        raise IndexError(
            f"out of range: tried to access index {bad} on a tensor of {size} elements."
        )
    return normalise(flat, (index if index._array.ndim else reshape(index, 1),))[0]
