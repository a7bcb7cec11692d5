"""Hooks on several tensors at once, and the pass that they run in.

A pass is known to hooks only while there are hooks that ask for it: others pay nothing.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import ref

from .graph import Leaf, RemovableHandle, Variable, callable_hook, hooks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Pass", "register_multi_grad_hook", "wanted"]

#: The hooks that ask for the pass, by their identity.
wanted: dict[int, None] = {}


class Pass:
    """One backward pass, in the thread and context that runs it; passes inside it are others."""

    def __init__(self, roots: list[tuple[Any, Any]], needed: Any) -> None:
        self.needed = needed
        self.roots = [edge for edge, _ in roots]
        #: by hook: the gradients that it has seen
        self.seen: dict[_Several, list[Any]] = {}

    def visits(self, edges: list[Any]) -> list[bool]:
        """Return for each edge whether the pass comes by it."""
        if self.needed is None:
            found = self.needed = set()
            stack = list(self.roots)
            while stack:
                edge = stack.pop()
                if edge not in found:
                    found.add(edge)
                    if type(edge) is not Leaf:
                        stack.extend(edge.edges)
        return [edge in self.needed for edge in edges]

    def __enter__(self) -> None:
        self.token = _current.set(self)

    def __exit__(self, kind: Any, *_: object) -> None:
        _current.reset(self.token)
        if kind is None:
            for hook in list(self.seen):
                hook.finish(self)  # where a function had no gradient for what was expected


_current: ContextVar[Pass | None] = ContextVar("backward_pass", default=None)


class _Several:
    """A hook on several tensors."""

    def __init__(self, edges: list[Any], function: Any, mode: str) -> None:
        # Weakly: edges refer to their hooks.
        self.edges = [ref(edge) for edge in edges]
        self.function = function
        self.mode = mode
        wanted[id(self)] = None

    def __del__(self) -> None:
        wanted.pop(id(self), None)

    def on(self, number: int) -> Callable[[Any], None]:
        """Return the hook for one of the tensors."""

        def hook(g: Any) -> None:
            now = _current.get()
            if now is None:  # the pass began before this hook was registered
                return
            if self.mode == "any":
                if self not in now.seen:
                    now.seen[self] = []
                    self.function(g)
                return
            if self not in now.seen:
                now.seen[self] = [None] * len(self.edges)
            seen = now.seen[self]
            seen[number] = g
            # By what is still alive: what is gone has no gradient in this pass.
            visited = now.visits([edge() for edge in self.edges])
            if all(g is not None for g, due in zip(seen, visited, strict=True) if due):
                self.finish(now)

        return hook

    def finish(self, now: Pass) -> None:
        """Hand all gradients of a pass to the function."""
        seen = now.seen[self]
        if self.mode == "all" and seen:
            now.seen[self] = []
            self.function(seen)


class _Handles(RemovableHandle):
    """Removes the hooks on all tensors."""

    def __init__(self, handles: list[RemovableHandle]) -> None:
        self._handles = handles

    def remove(self) -> None:
        """Remove the hook; again is no error."""
        for handle in self._handles:
            handle.remove()
        self._handles = []


def register_multi_grad_hook(
    tensors: Sequence[Any], fn: Callable[[Any], None], *, mode: str = "all"
) -> RemovableHandle:
    """Call a function once per backward pass with the gradients of several tensors.

    Parameters
    ----------
    tensors : sequence of Tensor
        Each must require grad.
    fn : callable
        With mode ``"all"``, gets a list of the gradients once all have been computed, None for
        tensors that the pass does not come by; with mode ``"any"``, gets the first of them.
    mode : {"all", "any"}

    Returns
    -------
    RemovableHandle

    Raises
    ------
    ValueError
        If there is no such mode.
    RuntimeError
        If a tensor does not require grad.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> a = tg.tensor(2.0, requires_grad=True)
    >>> b = tg.tensor(3.0, requires_grad=True)
    >>> handle = tg.autograd.graph.register_multi_grad_hook([a, b], print)
    >>> (a * b).backward()
    [tensor(3.), tensor(2.)]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    callable_hook(fn)
    given = list(tensors)
    for t in given:
        if not isinstance(t, Variable):
            raise TypeError(f"tensors must be a sequence of Tensors, got {type(t).__name__}")
        if t._edge is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    edges = [t._edge for t in given]
    several = _Several(edges, fn, mode)
    return _Handles(
        [RemovableHandle(hooks_of(e).tensor, several.on(k)) for k, e in enumerate(edges)]
    )
