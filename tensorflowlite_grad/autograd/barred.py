"""Places in the graph through which no gradient may go: nodes that say why."""

from __future__ import annotations

from typing import Any

from . import tangents
from .graph import Node, Variable, cell_of, next_seq

__all__ = ["Barrier", "barred", "barrier"]


class Barrier(Node):
    """A node that raises where a gradient arrives."""

    __slots__ = ("message",)
    message: str

    def apply(self, g: Any, keep: bool) -> Any:
        """Raise."""
        raise RuntimeError(self.message)

    apply_tensors = apply


def barrier(message: str, edges: tuple[Any, ...], place: Any) -> Barrier:
    """Return a node in front of `edges` that raises a RuntimeError of this message."""
    node = object.__new__(Barrier)
    node.message = message
    node.edges, node.saved, node.seq = edges, (), next_seq()
    node.place, node.hooks = place, None
    return node


def barred(t: Any, message: str, edges: tuple[Any, ...]) -> Any:
    """Return a tensor that depends on `edges`, but raises where it is differentiated.

    What has no derivative, or is no tensor, is returned as it is.
    """
    if not isinstance(t, Variable) or not t.dtype.is_differentiable:  # type: ignore[attr-defined]
        return t
    out = tangents.twin(t)
    out._edge = barrier(message, edges, t._place)
    cell_of(out)
    return out
