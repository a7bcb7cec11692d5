"""What rules may call beyond the standard: `backend.fallbacks.EXTRAS`, over tensors."""

from __future__ import annotations

from typing import Any

from ..functions import elementwise
from ..ops import indexing

__all__ = ["erf", "index_embed", "index_get", "index_put"]

erf = elementwise.erf


def index_get(x: Any, index: Any) -> Any:
    """Return ``x[index]`` for a normalised index."""
    return indexing.index.record(x, index)


def index_embed(values: Any, shape: Any, index: Any) -> Any:
    """Return zeros with `values` added at a normalised index."""
    return indexing.embed.record(values, tuple(shape), index)


def index_put(x: Any, index: Any, values: Any) -> Any:
    """Return a copy of `x` with `values` at a normalised index."""
    return indexing.put.record(x, values, index)
