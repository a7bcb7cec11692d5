"""The tensors themselves, known to the layers below them by one binding.

What records operations has to make tensors, and differentiating again has to run rules on
them; both lie below the class and its namespace, which say here what they are.
"""

from __future__ import annotations

from typing import Any

from .graph import Variable

__all__ = ["bind", "names_for_recorders", "tensors"]

_bound: dict[str, Any] = {"Tensor": Variable, "TENSORS": None}
#: The namespaces of written functions, which look these names up among their globals.
_spaces: list[dict[str, Any]] = []


def bind(tensor_class: type, namespace: Any) -> None:
    """Say what results are, and the namespace with which rules are run on them."""
    _bound.update(Tensor=tensor_class, TENSORS=namespace)
    for space in _spaces:
        space.update(_bound)


def names_for_recorders(space: dict[str, Any]) -> None:
    """Put ``Tensor`` and ``TENSORS`` into a namespace, and keep them up to date there."""
    space.update(_bound)
    _spaces.append(space)


def tensors() -> Any:
    """Return the namespace of tensors, with which higher derivatives run."""
    return _bound["TENSORS"]
