"""Indices, strides and padding in NumPy's own terms."""

from __future__ import annotations

import builtins
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided as _view

from tensorflowlite_grad.backend import strides as generic
from tensorflowlite_grad.backend.fallbacks import is_basic

__all__ = ["EXTRAS", "layout"]

#: What goes into the namespace.
EXTRAS = (
    "as_strided",
    "constant_pad",
    "index_reduce",
    "strided_embed",
    "strided_get",
    "strided_put",
)

Shape = tuple[int, ...]
Steps = tuple[Shape, ...]

_UFUNCS: dict[str, Any] = {
    "sum": np.add,
    "prod": np.multiply,
    "amin": np.minimum,
    "amax": np.maximum,
}


def index_reduce(x: Any, index: tuple[Any, ...], values: Any, mode: str) -> Any:
    """Return a copy of `x` with values combined into ``x[index]``; repeated places all count."""
    out = np.array(x, order="C")
    ufunc = _UFUNCS[mode]
    if is_basic(index):
        out[index] = ufunc(out[index], values)
    else:
        accumulate(ufunc, out, index, values)
    return out


#: Up to how many repetitions of a place passes over all places are the faster way.
_ROUNDS = 32


def accumulate(ufunc: Any, out: Any, index: tuple[Any, ...], values: Any) -> None:
    """Combine values into ``out[index]``, as ``ufunc.at`` does, which is slow on whole slices.

    `out` is contiguous.
    """
    arrays = [k for k, item in enumerate(index) if isinstance(item, np.ndarray)]
    axis = arrays[0]
    plain = all(isinstance(item, (slice, np.ndarray)) for item in index)
    if len(arrays) > 1 or not plain or index[axis].ndim != 1:
        if all(isinstance(item, np.ndarray) for item in index):
            unit = generic.row_major(out.shape)
            places = builtins.sum(item * n for item, n in zip(index, unit, strict=True))
            values = np.broadcast_to(values, places.shape)
            ufunc.at(out.reshape(-1), places.reshape(-1), values.reshape(-1))
        else:
            ufunc.at(out, index, values)
        return
    places = index[axis]
    if out.ndim == 1 or not values.size:
        ufunc.at(out, index, values)
        return
    whole = (*index[:axis], slice(None), *index[axis + 1 :])
    rows, added = np.moveaxis(out[whole], axis, 0), np.moveaxis(values, axis, 0)
    order = np.argsort(places, kind="stable")
    places = places[order]
    first = np.flatnonzero(np.concatenate([[True], places[1:] != places[:-1]]))
    counts, chosen = np.diff(first, append=len(places)), places[first]
    most = int(counts.max())
    if most > _ROUNDS:
        rows[chosen] = ufunc(rows[chosen], ufunc.reduceat(added[order], first, axis=0))
        return
    for k in range(most):  # each place's first, second and so on
        some = counts > k
        where = chosen[some]
        rows[where] = ufunc(rows[where], added[order[first[some] + k]])


def strided_get(x: Any, start: Shape, shape: Shape, steps: Steps) -> Any:
    """Return a lattice of an array as a view: see `backend.strides`."""
    if not prod(shape):
        return x.reshape(-1)[:0].reshape(shape)
    strides = tuple(generic.dot(step, x.strides) for step in steps)
    return _view(x[(*(slice(n, None) for n in start), ...)], shape, strides)


def strided_embed(values: Any, whole: Shape, start: Shape, shape: Shape, steps: Steps) -> Any:
    """Return zeros with values added on a lattice."""
    out = np.zeros(whole, values.dtype)
    if not values.size:
        return out
    unit = generic.row_major(whole)
    strides = tuple(generic.dot(step, unit) for step in steps)
    target = strided_get(out, start, shape, steps)
    axis = _overlap(shape, strides)
    if axis is None:
        target[...] = values
    elif axis >= 0:
        for part, value in zip(
            np.moveaxis(target, axis, 0), np.moveaxis(values, axis, 0), strict=True
        ):
            part += value
    else:
        where = generic.positions(np, shape, strides, generic.dot(start, unit))
        np.add.at(out.reshape(-1), where, np.reshape(values, -1))
    return out


def _overlap(shape: Shape, strides: Shape) -> int | None:
    """Return an axis without which nothing overlaps, the shortest; None for none, -1 if all do."""
    if not generic.overlapping(shape, strides):
        return None
    for axis in sorted(range(len(shape)), key=lambda k: shape[k]):
        rest = [k for k in range(len(shape)) if k != axis]
        if not generic.overlapping(tuple(shape[k] for k in rest), tuple(strides[k] for k in rest)):
            return axis
    return -1


def strided_put(x: Any, values: Any, start: Shape, shape: Shape, steps: Steps) -> Any:
    """Return a copy of an array with values written on a lattice."""
    out = np.array(x, order="C")
    strided_get(out, start, shape, steps)[...] = values
    return out


def as_strided(x: Any, size: Shape, stride: Shape, shift: int, strides: Shape) -> Any:
    """Return what memory shows at other strides: a view, where `x` lies at `strides`."""
    x = np.asarray(x)
    step = x.dtype.itemsize
    if not prod(size):
        return x.reshape(-1)[:0].reshape(size)
    here = zip(x.strides, x.shape, strides, strict=True)
    if any(n > 1 and s != t * step for s, n, t in here):
        return _relaid(x, size, stride, shift, strides)
    _, offset, length = layout(x)
    first = offset + shift
    ends = [s * (n - 1) for s, n in zip(stride, size, strict=True)]
    if first < 0 or first + sum(ends) >= length:
        return _relaid(x, size, stride, shift, strides)
    root, lowest = _root(x)
    if root.dtype.itemsize < step:
        return _relaid(x, size, stride, shift, strides)
    memory = _view(lowest.view(x.dtype), (length,), (step,))
    out = _view(memory[first:], size, tuple(s * step for s in stride))
    if not x.flags.writeable:
        out.flags.writeable = False
    return out


def _relaid(x: Any, size: Shape, stride: Shape, shift: int, strides: Shape) -> Any:
    """Return what memory would show, where `x` itself lies otherwise or memory is missing."""
    low, length = generic.storage(x.shape, strides, size, stride, shift)
    memory = np.zeros(length, x.dtype)
    strided_get(memory, (-low,), x.shape, tuple((s,) for s in strides))[...] = x
    return strided_get(memory, (shift - low,), size, tuple((s,) for s in stride))


def _root(x: Any) -> tuple[Any, Any]:
    """Return the array that owns the memory of `x`, and the element where that starts."""
    root = base = x
    while isinstance(base, np.ndarray):
        root, base = base, base.base
        if base is not None and not isinstance(base, np.ndarray):
            base = getattr(base, "base", None)  # what NumPy puts behind strided views
    if not root.ndim:
        return root, root.reshape(1)
    lowest = root[tuple(slice(-1, None) if s < 0 else slice(0, 1) for s in root.strides)]
    return root, lowest.reshape(-1)


def layout(x: Any) -> tuple[Shape, int, int]:
    """Return strides and offset in elements, and how many elements the memory holds."""
    step = x.dtype.itemsize
    strides = tuple(s // step for s in x.strides)
    if x.flags.c_contiguous:
        strides = generic.row_major(x.shape)
    root, lowest = _root(x)
    if not root.size:
        return strides, 0, 0
    first = lowest.__array_interface__["data"][0]
    reach = sum(abs(s) * (n - 1) for s, n in zip(root.strides, root.shape, strict=True))
    offset = (x.__array_interface__["data"][0] - first) // step
    return strides, offset, (reach + root.dtype.itemsize) // step


def constant_pad(x: Any, before: Shape, after: Shape, value: Any) -> Any:
    """Return an array with `value` around it; negative widths cut off."""
    pairs = list(zip(x.shape, before, after, strict=True))
    inner = x[tuple(slice(max(-a, 0), n - max(-b, 0)) for n, a, b in pairs)]
    shape = tuple(n + a + b for n, a, b in pairs)
    out = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    out[tuple(slice(max(a, 0), n + a + b - max(b, 0)) for n, a, b in pairs)] = inner
    return out
