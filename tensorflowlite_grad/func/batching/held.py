"""Functions over what batched arrays hold: raw arrays, or tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...autograd.graph import Variable
from ...autograd.tangents import any_tangents
from ..pytree import flatten, tree_map
from .array import NotAsABatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from .array import Space

__all__ = ["held"]


def held(space: Space, name: str) -> Any:
    """Return a function over what batched arrays hold."""
    found = getattr(space.held, name, None)
    if found is None:
        return _raw(space, name)
    return found


def _raw(space: Space, name: str) -> Callable[..., Any]:
    """Return a function of raw arrays as one of tensors that nobody differentiates."""
    function = getattr(space.base.xp, name)
    place = space.base

    def call(*args: Any, **kwargs: Any) -> Any:
        leaves, _ = flatten((args, kwargs))
        tensors = [t for t in leaves if isinstance(t, Variable)]
        if any(t._edge is not None for t in tensors) or any_tangents(tensors):
            raise NotAsABatch(
                f"vmap: {name} has no rule for a batch that is differentiated from outside"
            )
        given, named = tree_map(_array, (args, kwargs))
        with place.entered():
            return tree_map(lambda a: _wrapped(place, a), function(*given, **named))

    return call


def _array(value: Any) -> Any:
    return value._array if isinstance(value, Variable) else value


def _wrapped(place: Any, value: Any) -> Any:
    return place.wrap(value, place) if hasattr(value, "shape") else value
