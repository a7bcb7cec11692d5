"""Generic forms of what the Array API standard lacks, in the standard's own words.

Each takes the namespace `xp`. A backend that knows a faster way puts its own function
of the same name into its namespace.
"""

from __future__ import annotations

import math
import random
from math import prod
from types import ModuleType
from typing import Any

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
    rows = xp.reshape(out, (-1,))
    source = xp.reshape(xp.broadcast_to(values, shape), (-1,))
    for k in range(prod(shape)):
        rows[int(flat[k])] = source[k]
    return xp.reshape(rows, x.shape)


def index_embed(xp: Any, values: Array, shape: tuple[int, ...], index: Index) -> Array:
    """Return zeros of `shape` with `values` added at `index`: the adjoint of `index_get`."""
    out = xp.zeros(shape, dtype=values.dtype)
    if is_basic(index):
        _write(xp, out, index, values)
        return out
    selected, flat = _flat_positions(xp, shape, index)
    rows = xp.reshape(out, (-1,))
    source = xp.reshape(values, (-1,))
    for k in range(prod(selected)):
        place = int(flat[k])
        rows[place] = rows[place] + source[k]
    return xp.reshape(rows, shape)


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


def erf(xp: Any, x: Array) -> Array:
    """Return the error function, by the host's `math.erf`, element by element."""
    flat = xp.reshape(x, (-1,))
    values = [math.erf(float(flat[k])) for k in range(flat.shape[0])]
    return xp.reshape(xp.asarray(values, dtype=x.dtype), x.shape)


#: The functions beyond the standard that rules may call.
EXTRAS = {
    "index_get": index_get,
    "index_put": index_put,
    "index_embed": index_embed,
    "erf": erf,
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


class HostGenerator:
    """Random numbers as Python lists, for a library that has no generator of its own.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers.
    """

    def __init__(self, seed: int) -> None:
        self._source = random.Random(seed)

    def uniform(self, xp: Any, shape: tuple[int, ...], native: Any) -> Array:
        """Return numbers of [0, 1)."""
        return self._fill(xp, shape, native, self._source.random)

    def normal(self, xp: Any, shape: tuple[int, ...], native: Any) -> Array:
        """Return numbers of the standard normal distribution."""
        return self._fill(xp, shape, native, lambda: self._source.gauss(0.0, 1.0))

    def integers(self, xp: Any, low: int, high: int, shape: tuple[int, ...], native: Any) -> Array:
        """Return integers of [low, high)."""
        return self._fill(xp, shape, native, lambda: self._source.randrange(low, high))

    def permutation(self, xp: Any, n: int, native: Any) -> Array:
        """Return 0 to n-1 in random order."""
        return xp.asarray(self._source.sample(range(n), n), dtype=native)

    def _fill(self, xp: Any, shape: tuple[int, ...], native: Any, draw: Any) -> Array:
        values = [draw() for _ in range(prod(shape))]
        return xp.reshape(xp.asarray(values, dtype=native), shape)
