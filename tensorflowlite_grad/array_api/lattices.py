"""Strides, padding and scattering over tensors: the names of `backend.fallbacks.EXTRAS`."""

from __future__ import annotations

from typing import Any

from ..ops import padding, scattering, strided

__all__ = [
    "as_strided",
    "constant_pad",
    "index_reduce",
    "strided_embed",
    "strided_get",
    "strided_put",
]

strided_get = strided.get.record
strided_embed = strided.embed.record
strided_put = strided.put.record
as_strided = strided.as_strided_copy.record
constant_pad = padding.constant_pad.record


def index_reduce(x: Any, index: Any, values: Any, mode: str) -> Any:
    """Return a copy of `x` with values combined into a normalised index."""
    if mode == "sum":
        return scattering.index_add.record(x, values, index)
    if mode == "prod":
        return scattering.product.record(x, values, index, True)
    return scattering.extreme.record(x, values, index, True, mode)
