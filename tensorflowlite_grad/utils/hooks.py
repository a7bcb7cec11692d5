"""What goes with hooks."""

from __future__ import annotations

from typing import Any, TypeVar

from ..autograd.graph import RemovableHandle

__all__ = ["RemovableHandle", "unserializable_hook"]

F = TypeVar("F")


def unserializable_hook(f: F) -> F:
    """Say that a hook may silently stay behind when its tensor is pickled.

    A decorator. Without it, pickling a tensor warns of the hooks that are not in the file.

    Examples
    --------
    >>> import pickle
    >>> import tensorflowlite_grad as tg
    >>> @tg.utils.hooks.unserializable_hook
    ... def double(grad):
    ...     return grad * 2
    >>> x = tg.ones(2, requires_grad=True)
    >>> handle = x.register_hook(double)
    >>> pickle.loads(pickle.dumps(x))
    tensor([1., 1.], requires_grad=True)
    """
    marked: Any = f
    marked._stays_behind = True
    return f
