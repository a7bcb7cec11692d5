"""Unique elements."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..dtypes import bool_, int64, uint8
from ..functions import indexing
from ..functions.shape import reshape
from ..ops import conversion
from ..ops.kinds import is_complex

__all__ = ["unique_all", "unique_counts", "unique_inverse", "unique_values"]


class UniqueAllResult(NamedTuple):
    """The unique elements, where each is first, which of them each element is, and counts."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """The unique elements, and how often each occurs."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """The unique elements, and which of them each element is."""

    values: Any
    inverse_indices: Any


def unique_all(x: Any, /) -> UniqueAllResult:
    """Return the unique elements, their first positions, the inverse and the counts."""
    indices, inverse, counts = _found(x)
    return UniqueAllResult(_chosen(x, indices), indices, inverse, counts)


def unique_counts(x: Any, /) -> UniqueCountsResult:
    """Return the unique elements and how often each occurs."""
    indices, _, counts = _found(x)
    return UniqueCountsResult(_chosen(x, indices), counts)


def unique_inverse(x: Any, /) -> UniqueInverseResult:
    """Return the unique elements and which of them each element is."""
    indices, inverse, _ = _found(x)
    return UniqueInverseResult(_chosen(x, indices), inverse)


def unique_values(x: Any, /) -> Any:
    """Return the unique elements, in order."""
    return _chosen(x, _found(x)[0])


def _chosen(x: Any, indices: Any) -> Any:
    """Return elements at positions of the flattened array; gradients go to the first of equals."""
    return indexing.getitem(reshape(x, (-1,)), indices)


def _found(x: Any) -> tuple[Any, Any, Any]:
    place = x._place
    if place.dtype_of(x._array) is bool_:
        x = conversion.cast(x, uint8)
    native = place.native(int64)
    with place.entered():
        try:
            found = place.xp.unique_all(x._array)
            parts = found.indices, found.inverse_indices, found.counts
        except (AttributeError, NotImplementedError):
            parts = _sorted_out(place.xp, x._array, native)
        indices, inverse, counts = (
            place.wrap(place.xp.astype(part, native), place) for part in parts
        )
    return indices, inverse, counts


def _order(xp: Any, flat: Any) -> Any:
    """Return the positions that put elements in order, complex ones by their real parts first."""
    if not is_complex(flat):
        return xp.argsort(flat, stable=True)
    order = xp.argsort(xp.imag(flat), stable=True)
    return xp.take(order, xp.argsort(xp.take(xp.real(flat), order, axis=0), stable=True), axis=0)


def _sorted_out(xp: Any, array: Any, native: Any) -> tuple[Any, Any, Any]:
    """Return first positions, inverse and counts by sorting, for libraries without them."""
    flat = xp.reshape(array, (-1,))
    if not flat.shape[0]:
        empty = xp.zeros((0,), dtype=native)
        return empty, xp.reshape(empty, array.shape), empty
    order = _order(xp, flat)
    in_order = xp.take(flat, order, axis=0)
    new = xp.concat([xp.ones((1,), dtype=xp.bool), in_order[1:] != in_order[:-1]])
    starts = xp.nonzero(new)[0]
    ends = xp.concat([starts[1:], xp.full((1,), flat.shape[0], dtype=starts.dtype)])
    number = xp.cumulative_sum(xp.astype(new, native)) - 1
    inverse = xp.take(number, xp.argsort(order), axis=0)
    return xp.take(order, starts, axis=0), xp.reshape(inverse, array.shape), ends - starts
