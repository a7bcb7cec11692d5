"""Indexing: get and embed, each the other's adjoint, and writing at an index.

An index is normalised (`normalise`) before any of them sees it: one entry for every axis,
an int, a slice, None for a new axis, or an integer array, so that one meaning holds on
every backend.
"""

from __future__ import annotations

from typing import Any

from .declare import linear

__all__: list[str] = []


def _get(name: str, node_name: str, view: bool) -> Any:
    return linear(
        name,
        lambda xp, input, index: xp.index_get(input, index),
        ["index"],
        node_name=node_name,
        view=view,
        input=lambda xp, g, input_shape, index: xp.index_embed(g, input_shape, index),
    )


#: Basic indexing, under the names that PyTorch gives to its last step.
select = _get("select", "SelectBackward0", True)
slice_ = _get("slice", "SliceBackward0", True)
new_axis = _get("new_axis", "UnsqueezeBackward0", True)
#: Indexing with arrays, and what is made of it.
index = _get("index", "IndexBackward0", False)
index_select = _get("index_select", "IndexSelectBackward0", False)
gather = _get("gather", "GatherBackward0", False)
take = _get("take", "TakeBackward0", False)
masked_select = _get("masked_select", "MaskedSelectBackward0", False)
max_dim = _get("max_dim", "MaxBackward0", False)
min_dim = _get("min_dim", "MinBackward0", False)

embed = linear(
    "index_embed",
    lambda xp, input, shape, index: xp.index_embed(input, shape, index),
    ["shape", "index"],
    input=lambda xp, g, index: xp.index_get(g, index),
)


def _put_tangent(xp: Any, input_dot: Any, values_dot: Any, out: Any, index: Any) -> Any:
    if input_dot is None:
        return xp.index_embed(values_dot, out.shape, index)
    if values_dot is None:
        values_dot = xp.zeros_like(xp.index_get(input_dot, index))
    return xp.index_put(input_dot, index, values_dot)


put = linear(
    "index_put",
    lambda xp, input, values, index: xp.index_put(input, index, values),
    ["index"],
    jvp=_put_tangent,
    # A place that is written keeps nothing of what it held.
    input=lambda xp, g, index: xp.index_put(g, index, xp.zeros_like(xp.index_get(g, index))),
    values=lambda xp, g, index: xp.index_get(g, index),
)
