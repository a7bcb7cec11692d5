"""Calling a node as a function of gradients, outside any backward pass."""

from __future__ import annotations

from typing import Any

from . import modes, nesting
from .graph import Gradients, Variable

__all__ = ["differentiated"]


def differentiated(node: Any, gradients: tuple[Any, ...]) -> Any:
    """Return the gradients of a node's operands: one tensor, or a tuple with None for constants.

    Raises
    ------
    TypeError
        If there are not as many gradients as the operation has results, or they are no tensors.
    """
    if node.context is None:
        several = getattr(node, "result_count", None)
    else:  # a function of the user's takes what it gets
        several = len(gradients) if len(gradients) > 1 else None
    count = several or 1
    if len(gradients) != count:
        raise TypeError(
            f"expected {count} arguments, got {len(gradients)} instead: {node.name()} takes the "
            "gradient of each result"
        )
    for g in gradients:
        if g is not None and not isinstance(g, Variable):
            raise TypeError(f"gradients must be Tensors or None, not {type(g).__name__}")
    tensors = modes.is_grad_enabled()
    parts = [g if tensors or g is None else g._array for g in gradients]
    if several is None:
        (g,) = parts
    else:
        g = Gradients(0, count, parts[0])
        g.parts[:] = parts
    try:
        with node.place.entered():
            out = node.apply_tensors(g, True) if tensors else node.apply(g, True)
        nesting.finish()
    finally:
        nesting.discard()
    behind: list[Any] = [None] * max(node.operand_count, len(node.edges))
    found = (out,) if len(node.edges) == 1 else out
    for position, value in zip(node.positions or range(len(node.edges)), found, strict=True):
        raw = value is None or isinstance(value, Variable)
        behind[position] = value if raw else node.place.wrap(value, node.place)
    return behind[0] if len(behind) == 1 else tuple(behind)
