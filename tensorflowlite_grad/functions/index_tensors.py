"""Tensors of positions as functions take them: checked, and brought into normal form."""

from __future__ import annotations

from math import prod
from typing import Any

from .. import dtypes
from .arguments import as_tensor_argument
from .index_form import Index

__all__ = [
    "across",
    "along_axis",
    "bounded",
    "checked_shapes",
    "positions_of",
    "vector_of",
    "with_axis",
]


def along_axis(tensor: Any, axis: int, positions: Any) -> Index:
    """Return the index of ``tensor[..., positions, ...]`` taken along one axis, pointwise."""
    xp = tensor._place.xp
    native = tensor._place.native(dtypes.int64)
    n = positions.ndim
    index = []
    for k in range(n):
        if k == axis:
            index.append(xp.astype(positions, native, copy=True))
        else:
            grid = xp.arange(positions.shape[k], dtype=native)
            index.append(xp.reshape(grid, (1,) * k + (-1,) + (1,) * (n - k - 1)))
    return tuple(index)


def across(tensor: Any, axis: int, positions: Any) -> Index:
    """Return the index of ``tensor[:, ..., positions, ...]``: whole slices along one axis."""
    xp, native = tensor._place.xp, tensor._place.native(dtypes.int64)
    where = xp.astype(positions, native, copy=True)
    rest = (slice(None),) * (tensor._array.ndim - axis - 1)
    return ((slice(None),) * axis) + (where, *rest)


def bounded(
    name: str,
    target: Any,
    positions: Any,
    axis: int,
    error: type[Exception] = RuntimeError,
    negative: bool = False,
) -> None:
    """Raise unless all positions lie within an axis, negative ones only if allowed."""
    if not prod(positions.shape):
        return
    size = target._array.shape[axis]
    low, high = target._place.bounds(positions)
    if low < (-size if negative else 0) or high >= size:
        bad = high if high >= size else low
        raise error(
            f"index {bad} is out of bounds for dimension {axis} with size {size} in {name}()"
        )


def positions_of(
    name: str, input: Any, index: Any, wide: bool = True, error: type[Exception] = RuntimeError
) -> Any:
    """Return an index tensor on the input's device; an error if it is not of integers."""
    index = as_tensor_argument(name, index, "index", 3)
    found = index._place.dtype_of(index._array)
    if found is not dtypes.int64 and not (wide and found is dtypes.int32):
        raise error(
            f"{name}(): Expected dtype int32/int64 for index but got: {found.name}"
            if wide
            else f"{name}(): Expected a long tensor for index, but got {found.name}"
        )
    if index._place.root is not input._place.root:
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices: "
            f"{input._place.device} and {index._place.device}, in {name}()"
        )
    return index


def vector_of(
    name: str, input: Any, dim: int, index: Any, wide: bool = True, error: type = RuntimeError
) -> Any:
    """Return the positions of an index of whole slices, a raw vector."""
    index = positions_of(name, input, index, wide, error)
    if index._array.ndim > 1:
        raise IndexError(
            f"{name}(): Index is supposed to be a vector, but got dim: {index._array.ndim} with "
            f"size: {list(index._array.shape)}"
        )
    return with_axis(index)


def with_axis(index: Any) -> Any:
    """Return the raw positions, with one axis if there is none."""
    positions = index._array
    return positions if positions.ndim else index._place.xp.reshape(positions, (1,))


def checked_shapes(name: str, input: Any, dim: int, index: Any, src: Any = None) -> None:
    """Raise unless an index of single elements fits the input, and what is scattered, if any.

    Shapes are those of tensors without axes as if they had one.
    """
    have, want = _shape(index), _shape(input)
    if not prod(have):
        return
    target = "input" if name == "gather" else "self"
    if len(have) != len(want):
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as {target} tensor: {name}() "
            f"got {list(have)} and {list(want)}"
        )
    for k, (n, m) in enumerate(zip(have, want, strict=True)):
        if k != dim and n > m:
            if name == "gather":
                raise RuntimeError(
                    f"Size does not match at dimension {k} expected index {list(have)} to be no "
                    f"larger than self {list(want)} apart from dimension {dim}"
                )
            raise RuntimeError(
                f"Expected index {list(have)} to be no larger than self {list(want)} apart from "
                f"dimension {dim}" + _and_src(src)
            )
    if src is None:
        return
    source = _shape(src)
    if len(source) != len(have):
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as src tensor: {name}() got "
            f"{list(have)} and {list(source)}"
        )
    if any(n > m for n, m in zip(have, source, strict=True)):
        raise RuntimeError(
            f"Expected index {list(have)} to be no larger than self {list(want)} apart from "
            f"dimension {dim}" + _and_src(src)
        )


def _and_src(src: Any) -> str:
    return "" if src is None else f" and to be no larger size than src {list(_shape(src))}"


def _shape(tensor: Any) -> tuple[int, ...]:
    return tuple(tensor._array.shape) or (1,)
