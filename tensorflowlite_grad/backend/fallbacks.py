"""Generic forms of what the Array API standard lacks, in the standard's own words.

Each takes the namespace `xp`. A backend that knows a faster way puts its own function
of the same name into its namespace.
"""

from __future__ import annotations

from math import prod
from types import ModuleType
from typing import Any

from . import cofactors, linalg, number_parts, resampling, special_names, windows
from .host_random import HostGenerator
from .ranks import float_bits, rank_position, top_positions
from .scans import cumulative_logsumexp, cumulative_max
from .segments import index_reduce, put_at, reduce_at
from .strides import as_strided, constant_pad, strided_embed, strided_get, strided_put
from .transforms import fft_c2c, fft_c2r, fft_r2c

__all__ = ["EXTRAS", "HostGenerator", "complete", "is_basic"]

Array = Any
Index = tuple[Any, ...]


def is_basic(index: Index) -> bool:
    """Return whether an index has no index arrays, so that it selects a view."""
    return all(item is None or isinstance(item, (int, slice)) for item in index)


def index_get(xp: Any, x: Array, index: Index) -> Array:
    """Return ``x[index]`` for a normalised index."""
    if is_basic(index):
        return x[(*index, ...)]
    shape, flat = _flat_positions(xp, x.shape, index)
    return xp.reshape(xp.take(xp.reshape(x, (-1,)), flat, axis=0), shape)


def index_put(xp: Any, x: Array, index: Index, values: Array) -> Array:
    """Return a copy of `x` with ``x[index] = values``."""
    out = xp.asarray(x, copy=True)
    if is_basic(index):
        _write(xp, out, index, xp.broadcast_to(values, x[(*index, ...)].shape))
        return out
    shape, flat = _flat_positions(xp, x.shape, index)
    source = xp.reshape(xp.broadcast_to(values, shape), (-1,))
    return xp.reshape(put_at(xp, xp.reshape(out, (-1,)), flat, source), x.shape)


def index_embed(xp: Any, values: Array, shape: tuple[int, ...], index: Index) -> Array:
    """Return zeros of `shape` with `values` added at `index`: the adjoint of `index_get`."""
    out = xp.zeros(shape, dtype=values.dtype)
    if is_basic(index):
        _write(xp, out, index, values)
        return out
    selected, flat = _flat_positions(xp, shape, index)
    source = xp.reshape(xp.broadcast_to(values, selected), (-1,))
    return xp.reshape(reduce_at(xp, xp.reshape(out, (-1,)), flat, source, "sum"), shape)


def _write(xp: Any, out: Array, index: Index, values: Array) -> None:
    """Set ``out[index]`` for a basic index; the standard has no new axes in what is written."""
    places = (*(item for item in index if item is not None), ...)
    out[places] = xp.reshape(values, out[places].shape) if None in index else values


def _flat_positions(xp: Any, shape: tuple[int, ...], index: Index) -> tuple[tuple[int, ...], Array]:
    """Return the shape of ``x[index]`` and the positions it takes from the flattened `x`.

    Index arrays broadcast together; their axes stand where the arrays stand if those are
    adjacent, else in front: NumPy's rule.
    """
    axes: list[tuple[int, Any]] = []  # (stride, what is selected along it)
    k = 0
    for item in index:
        if item is None:
            axes.append((0, range(1)))
            continue
        stride, whole = prod(shape[k + 1 :]), range(shape[k])
        axes.append((stride, whole[item] if isinstance(item, slice) else item))
        k += 1
    is_array = [not isinstance(select, range) for _, select in axes]
    arrays = [axis for axis, advanced in zip(axes, is_array, strict=True) if advanced]
    joint: Any = 0
    for stride, select in arrays:
        joint = joint + stride * select
    first = is_array.index(True)
    adjacent = all(is_array[first : first + len(arrays)])
    ranges = [axis for axis, advanced in zip(axes, is_array, strict=True) if not advanced]
    before = sum(not a for a in is_array[:first]) if adjacent else 0
    parts = [_along(xp, stride, r) for stride, r in ranges]
    parts.insert(before, xp.asarray(joint, dtype=xp.int64))
    out_shape: tuple[int, ...] = ()
    positions: Any = None
    for part in parts:
        left = (...,) + (None,) * part.ndim
        positions = part if positions is None else positions[left] + part
        out_shape += tuple(part.shape)
    return out_shape, xp.reshape(positions, (-1,))


def _along(xp: Any, stride: int, r: range) -> Array:
    return stride * xp.asarray(list(r), dtype=xp.int64)


#: The functions beyond the standard that rules may call.
EXTRAS = {
    "index_get": index_get,
    "index_put": index_put,
    "index_embed": index_embed,
    "index_reduce": index_reduce,
    "strided_get": strided_get,
    "strided_embed": strided_embed,
    "strided_put": strided_put,
    "as_strided": as_strided,
    "constant_pad": constant_pad,
    **special_names.EXTRAS,
    **number_parts.EXTRAS,
    **linalg.EXTRAS,
    **cofactors.EXTRAS,
    **resampling.EXTRAS,
    **windows.EXTRAS,
    "cumulative_max": cumulative_max,
    "cumulative_logsumexp": cumulative_logsumexp,
    "float_bits": float_bits,
    "rank_position": rank_position,
    "top_positions": top_positions,
    "fft_c2c": fft_c2c,
    "fft_c2r": fft_c2r,
    "fft_r2c": fft_r2c,
}


def complete(namespace: ModuleType) -> ModuleType:
    """Give a namespace the extras that it does not have itself."""
    for name, function in EXTRAS.items():
        if not hasattr(namespace, name):
            setattr(namespace, name, _bound(function, namespace))
    return namespace


def _bound(function: Any, namespace: ModuleType) -> Any:
    def call(*args: Any) -> Array:
        return function(namespace, *args)

    return call
