"""Reducing at repeated positions without a loop over elements: by sorting, and doubling."""

from __future__ import annotations

from math import prod
from typing import Any

__all__ = ["index_reduce", "put_at", "reduce_at"]

Array = Any


def index_reduce(xp: Any, x: Array, index: tuple[Any, ...], values: Array, mode: str) -> Array:
    """Return a copy of `x` with values combined into ``x[index]``; repeated places all count.

    `mode` is ``"sum"``, ``"prod"``, ``"amin"`` or ``"amax"``.
    """
    if mode == "sum":
        return x + xp.index_embed(values, tuple(x.shape), index)
    count = prod(x.shape)
    numbers = xp.reshape(xp.arange(count, dtype=xp.int64), tuple(x.shape))
    places = xp.index_get(numbers, index)
    flat = xp.reshape(xp.broadcast_to(values, tuple(places.shape)), (-1,))
    out = reduce_at(xp, xp.reshape(x, (-1,)), xp.reshape(places, (-1,)), flat, mode)
    return xp.reshape(out, tuple(x.shape))


def reduce_at(xp: Any, x: Array, places: Array, values: Array, mode: str) -> Array:
    """Return a vector with values combined into it at places, given as vectors."""
    if not prod(values.shape):
        return xp.asarray(x, copy=True)
    combine = {
        "sum": xp.add,
        "prod": xp.multiply,
        "amin": xp.minimum,
        "amax": xp.maximum,
    }[mode]
    order = xp.argsort(places)
    places = xp.take(places, order, axis=0)
    # After each round, a value stands for up to twice as many of its place before it.
    running = xp.take(values, order, axis=0)
    reach, count = 1, places.shape[0]
    while reach < count:
        same = places[reach:] == places[:-reach]
        if not bool(xp.any(same)):
            break
        later = xp.where(same, combine(running[reach:], running[:-reach]), running[reach:])
        running = xp.concat([running[:reach], later], axis=0)
        reach *= 2
    found, last = _last(xp, places, x.shape[0])
    return xp.where(found, combine(x, xp.take(running, last, axis=0)), x)


def put_at(xp: Any, x: Array, places: Array, values: Array) -> Array:
    """Return a vector with values written at places; of those of one place the last stays."""
    if not prod(values.shape):
        return xp.asarray(x, copy=True)
    order = xp.argsort(places)
    found, last = _last(xp, xp.take(places, order, axis=0), x.shape[0])
    chosen = xp.take(order, last, axis=0)
    return xp.where(found, xp.take(values, chosen, axis=0), x)


def _last(xp: Any, places: Array, size: int) -> tuple[Array, Array]:
    """Return whether each of `size` places is among sorted ones, and where it is last."""
    every = xp.arange(size, dtype=xp.int64)
    last = xp.astype(xp.searchsorted(places, every, side="right"), xp.int64) - 1
    last = xp.where(last < 0, xp.zeros_like(last), last)
    return xp.take(places, last, axis=0) == every, last
