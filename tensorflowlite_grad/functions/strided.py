"""Memory seen at other strides, and sliding windows."""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ..autograd.graph import viewable
from ..backend.strides import storage
from ..ops import conversion
from ..ops import strided as ops
from .arguments import as_tensor_argument
from .arguments import axis as axis_of
from .indexing import assigned
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["as_strided", "as_strided_copy", "as_strided_scatter", "unfold_copy"]


def shows_views(tensor: Any) -> bool:
    """Return whether lattices of a tensor's memory can be views of it."""
    backend = tensor._place.backend
    return backend.strided_views or not backend.writable


def _geometry(name: str, input: Any, size: Any, stride: Any, storage_offset: Any) -> Any:
    """Return sizes, strides, how far they start behind the input, and its own strides."""
    sizes, strides = tuple(map(as_index, size)), tuple(map(as_index, stride))
    if len(sizes) != len(strides):
        raise RuntimeError(
            f"mismatch in length of strides and shape: {name}() got {list(sizes)} and "
            f"{list(strides)}"
        )
    if any(n < 0 for n in sizes):
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(sizes)}: {list(sizes)}, in "
            f"{name}()"
        )
    if any(s < 0 for s in strides):
        raise RuntimeError(
            f"{name}: Negative strides are not supported at the moment, got strides: "
            f"{list(strides)}"
        )
    backend = input._place.backend
    own, offset, length = backend.layout(viewable(input))
    first = offset if storage_offset is None else as_index(storage_offset)
    if first < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {first}, in {name}()")
    last = first + sum(s * (n - 1) for s, n in zip(strides, sizes, strict=True))
    if prod(sizes) and last >= length:
        raise RuntimeError(
            f"setStorage: sizes {list(sizes)}, strides {list(strides)}, storage offset {first} "
            f"require a storage of {last + 1} elements and are out of bounds for storage of size "
            f"{length}, in {name}()"
        )
    return sizes, strides, first - offset, own


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """Return a view of the tensor's memory in another shape, at other strides.

    Where a backend does not tell how its arrays lie in memory, each is taken to lie in
    row-major order by itself, and the result is a copy.

    Parameters
    ----------
    input : Tensor
    size, stride : sequence of int
        For every axis its size, and how many elements apart its positions lie.
    storage_offset : int, optional
        Where the first element lies in the memory; by default where the input's does.

    Raises
    ------
    RuntimeError
        If that leads out of the memory.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.as_strided(tg.arange(5), (3, 2), (1, 1))
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    input = as_tensor_argument("as_strided", input)
    geometry = _geometry("as_strided", input, size, stride, storage_offset)
    backend = input._place.backend
    if not backend.strided_views:
        return ops.as_strided_copy.record(input, *geometry)
    out = ops.as_strided.record(input, *geometry)
    view = out._extra.view
    if view.parent is not None:
        # What it shows of the base need not be shown by the input.
        strides, offset, _ = backend.layout(view.base._array)
        first = geometry[2] + backend.layout(input._array)[1] - offset
        view.parent, view.options = None, (*geometry[:2], first, strides)
    return out


@takes_out()
def as_strided_copy(
    input: Any,
    size: Any,
    stride: Any,
    storage_offset: int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Return a copy of what `as_strided` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.as_strided_copy(tg.arange(5), (2, 2), (2, 1))
    tensor([[0, 1],
            [2, 3]])
    """
    return conversion.clone(as_strided(input, size, stride, storage_offset))


def as_strided_scatter(
    input: Any, src: Any, size: Any, stride: Any, storage_offset: int | None = None
) -> Tensor:
    """Return a copy of a tensor with `src` in the place of what `as_strided` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.as_strided_scatter(tg.zeros(5), tg.ones(2), (2,), (3,), 1)
    tensor([0., 1., 0., 0., 1.])
    """
    input = as_tensor_argument("as_strided_scatter", input)
    sizes, strides, shift, own = _geometry(
        "as_strided_scatter", input, size, stride, storage_offset
    )
    src = sliced_source(input, src, sizes)
    shape, place = tuple(input._array.shape), input._place
    low, length = storage(shape, own, sizes, strides, shift)
    with place.entered():
        memory = place.wrap(place.xp.zeros((length,), dtype=input._array.dtype), place)
    units = tuple((s,) for s in own)
    memory = ops.put.record(memory, input, (-low,), shape, units)
    memory = ops.put.record(memory, src, (shift - low,), sizes, tuple((s,) for s in strides))
    return ops.get.record(memory, (-low,), shape, units)


def sliced_source(input: Any, src: Any, want: tuple[int, ...]) -> Any:
    """Return what is written over a part of a tensor; RuntimeError if its shape is another."""
    src = assigned(input, src)
    if tuple(src._array.shape) != want:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src._array.shape)}, slice size = {list(want)}"
        )
    return src


def unfold(input: Any, dimension: int, size: int, step: int) -> Tensor:
    """Return a view of windows that slide along an axis, as a last axis.

    Parameters
    ----------
    input : Tensor
    dimension : int
    size : int
        Of each window.
    step : int
        From one window to the next.

    Raises
    ------
    RuntimeError
        If a window is longer than the axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.arange(5).unfold(0, 3, 1)
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])
    """
    input = as_tensor_argument("unfold", input)
    shape = tuple(input._array.shape)
    d = axis_of("unfold", dimension, len(shape))
    size, step = as_index(size), as_index(step)
    whole = shape[d] if shape else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0, in unfold()")
    if size > whole:
        raise RuntimeError(
            f"maximum size for tensor at dimension {d} is {whole} but size is {size}"
        )
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0, in unfold()")
    op = ops.unfold if shows_views(input) else ops.get
    if not shape:
        return op.record(input, (), (size,), ((),))
    units = [tuple(int(k == j) for j in range(len(shape))) for k in range(len(shape))]
    steps = [*units, units[d]]
    steps[d] = tuple(step * n for n in units[d])
    windows = (*shape[:d], (whole - size) // step + 1, *shape[d + 1 :], size)
    return op.record(input, (0,) * len(shape), windows, tuple(steps))


@takes_out()
def unfold_copy(
    input: Any, dimension: int, size: int, step: int, *, out: Tensor | None = None
) -> Tensor:
    """Return a copy of the windows that slide along an axis: see `Tensor.unfold`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unfold_copy(tg.arange(4), 0, 2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    return conversion.clone(unfold(input, dimension, size, step))
