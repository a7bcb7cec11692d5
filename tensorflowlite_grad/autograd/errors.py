"""Errors of the backward pass: PyTorch's phrases, then what happened here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..backend import failures
from ..dtypes import LEGACY_NAMES
from .graph import Leaf, shown

if TYPE_CHECKING:
    from .graph import Node, Variable

__all__ = [
    "changed",
    "detached",
    "failure",
    "freed",
    "frozen",
    "shape_text",
    "type_text",
]


def shape_text(shape: Any) -> str:
    """Return a shape as ``[2, 3]``."""
    return f"[{', '.join(map(str, shape))}]"


def type_text(place: Any, array: Any) -> str:
    """Return PyTorch's name of a tensor type, as ``FloatTensor``."""
    prefix = "" if place.kind == "cpu" else f"{place.kind}."
    return f"tensorflowlite_grad.{prefix}{LEGACY_NAMES[place.dtype_of(array).name]}Tensor"


def freed(node: Node) -> RuntimeError:
    """Return the error for a node whose saved values are gone."""
    return RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        f"calling backward. The operation was {node.name()}."
    )


def changed(
    node: Node, name: str, array: Any, edge: Any, expected: int, found: int
) -> RuntimeError:
    """Return the error for a saved value that was written after it was saved."""
    origin = ""
    if edge is not None and type(edge) is not Leaf:
        producer, number = shown(edge)
        origin = f", which is output {number} of {producer.name()},"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [{type_text(node.place, array)} {shape_text(array.shape)}]{origin} is at "
        f"version {found}; expected version {expected} instead. Hint: {node.name()} saved it as "
        f"{name!r}; change a clone() of it, or change it after backward."
    )


def failure(node: Node, g: Any, error: Exception) -> Exception | None:
    """Return the error for a node on whose device something failed; None if it is another."""
    arrays = [p for p in getattr(g, "parts", [g]) if p is not None]
    shapes = " and ".join(shape_text(getattr(a, "_array", a).shape) for a in arrays)
    needed = f"the derivative of a result of shape {shapes}"
    return failures.explained(error, node.place, node.name(), needed)


def frozen(tensor: Variable, edge: Any) -> bool:
    """Return whether a leaf has stopped requiring grad: it is a constant from then on."""
    return tensor._edge is None and type(edge) is Leaf


def detached(node: Node, name: str) -> RuntimeError:
    """Return the error for a saved operand that lost its history by ``detach_()``."""
    return RuntimeError(
        "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_(). "
        "This is not supported, please use out-of-place `.detach()` instead. "
        f"{node.name()} saved it as {name!r}."
    )
