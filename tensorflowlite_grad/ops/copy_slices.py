"""Writing a view's new value into its base: what an in-place operation on a view records."""

from __future__ import annotations

from typing import Any

from ..autograd.inplace import bind_copy_slices
from ..autograd.storage import replay, scattered
from .declare import linear

__all__ = ["copy_slices", "view_scatter"]

Chain = tuple[tuple[Any, tuple[Any, ...]], ...]


def _scatter(xp: Any, base: Any, source: Any, chain: Chain) -> Any:
    return view_scatter.on(xp, base, source, chain)


def _rules() -> dict[str, Any]:
    return {
        "base": lambda xp, g, chain: _scatter(xp, g, xp.zeros_like(replay(xp, g, chain)), chain),
        "source": lambda xp, g, chain: replay(xp, g, chain),
    }


def _tangent(xp: Any, base_dot: Any, source_dot: Any, base: Any, chain: Chain) -> Any:
    if base_dot is None:
        base_dot = xp.zeros_like(base)
    if source_dot is None:
        source_dot = xp.zeros_like(replay(xp, base_dot, chain))
    return _scatter(xp, base_dot, source_dot, chain)


view_scatter = linear("view_scatter", scattered, ["chain"], jvp=_tangent, **_rules())
#: Recorded once the memory of `base` has been written: there is nothing left to compute.
copy_slices = linear(
    "copy_slices",
    lambda xp, base, source, chain: base,
    ["chain"],
    node_name="CopySlices",
    jvp=_tangent,
    **_rules(),
)


def _edge(base: Any, source: Any, chain: Chain) -> Any:
    """Return the new edge of a base into which `source` was written."""
    return copy_slices.record(base, source, chain)._edge


bind_copy_slices(_edge, view_scatter.record)
