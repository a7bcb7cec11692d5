"""Linear maps along axes: average pooling, interpolation, reflected and other paddings."""

from __future__ import annotations

from typing import Any

from .declare import linear

__all__: list[str] = []


def _resample(name: str, node_name: str) -> Any:
    op = linear(
        name,
        lambda xp, input, maps: xp.resample(input, maps),
        ["maps"],
        node_name=node_name,
        input=lambda xp, g, maps: op.on(xp, g, tuple((axis, each.T) for axis, each in maps)),
    )
    return op


#: `maps` are pairs of an axis, counted from the end, and an `AxisMap`.
avg_pool = _resample("avg_pool", "AvgPoolBackward0")
adaptive_avg_pool = _resample("adaptive_avg_pool", "AdaptiveAvgPoolBackward0")
upsample = _resample("upsample", "UpsampleBackward0")
pad = _resample("pad", "PadBackward0")
