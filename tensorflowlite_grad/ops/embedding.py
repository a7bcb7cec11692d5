"""Rows of a table, and the gradient that is scattered back into it."""

from __future__ import annotations

from typing import Any

from .declare import linear

__all__: list[str] = []


def _scattered(
    xp: Any, g: Any, shape: tuple[int, ...], positions: Any, kept: Any, counts: Any
) -> Any:
    if counts is not None:
        g = g / counts
    if kept is not None:
        g = xp.where(kept, g, xp.zeros_like(g))
    return xp.index_embed(g, tuple(shape), (positions, slice(None)))


#: Where `kept`, an array of truth values, does not hold, nothing goes back; `counts` divide
#: what does. Either may be None.
embedding = linear(
    "embedding",
    lambda xp, weight, positions, kept, counts: xp.index_get(weight, (positions, slice(None))),
    ["positions", "kept", "counts"],
    weight=lambda xp, g, weight_shape, positions, kept, counts: _scattered(
        xp, g, weight_shape, positions, kept, counts
    ),
)
