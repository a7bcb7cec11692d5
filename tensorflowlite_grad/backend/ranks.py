"""Positions of elements by their rank, in the standard's words: by sorting all; and bits."""

from __future__ import annotations

import struct
from typing import Any

from .scans import along

__all__ = ["float_bits", "order", "rank_position", "top_positions"]

Array = Any


def order(xp: Any, x: Array, axis: int, descending: bool) -> Array:
    """Return the positions that sort `x` along an axis, equals in the order they have.

    NaN counts as greater than all numbers.
    """
    if not descending:
        found = xp.argsort(x, axis=axis, stable=True)
    else:
        # The standard leaves open where NaN goes in descending order: so all is turned round.
        found = xp.argsort(xp.flip(x, axis=axis), axis=axis, stable=True)
        found = x.shape[axis] - 1 - xp.flip(found, axis=axis)
    return xp.astype(found, xp.int64, copy=False)


def rank_position(xp: Any, x: Array, rank: int, axis: int) -> Array:
    """Return where the element of a rank is along an axis, which stays, with size 1."""
    return order(xp, x, axis, False)[along(x.ndim, axis, slice(rank, rank + 1))]


def top_positions(xp: Any, x: Array, k: int, axis: int, largest: bool) -> Array:
    """Return where the `k` greatest (or least) elements are along an axis, in their order."""
    return order(xp, x, axis, largest)[along(x.ndim, axis, slice(0, k))]


def float_bits(xp: Any, x: Array) -> Array:
    """Return the bits of float64 numbers, as int64, by the host, element by element."""
    flat = xp.reshape(x, (-1,))
    numbers = [float(flat[k]) for k in range(flat.shape[0])]
    bits = [struct.unpack("<q", struct.pack("<d", number))[0] for number in numbers]
    return xp.reshape(xp.asarray(bits, dtype=xp.int64), tuple(x.shape))
