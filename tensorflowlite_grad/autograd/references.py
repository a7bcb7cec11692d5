"""How many references Python counts to a gradient that only the pass holds.

The engine adds in place into such a gradient, and hands it over without a copy. How many
references that makes is the interpreter's affair: since Python 3.14 a call may borrow its
arguments, which earlier ones count. So it is measured here, by running the engine itself
on something that tells what becomes of it, each time that the package is imported. A figure
too small costs copies; one too great would write into an array that somebody else holds.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from . import engine
from .graph import Leaf, Node, Variable

__all__ = ["measure"]

#: More references than any call makes by itself.
_MOST = 8


class _Gradient:
    """Stands for an array, and notes whether it is written."""

    def __init__(self, written: list[bool]) -> None:
        self.written = written

    def __add__(self, other: Any) -> _Gradient:
        return _Gradient(self.written)

    def __iadd__(self, other: Any) -> _Gradient:
        self.written.append(True)
        return self


class _Fork(Node):
    """Hands a gradient of its own to each of its edges."""

    __slots__ = ()

    def apply(self, g: _Gradient, keep: bool) -> Any:
        return tuple(_Gradient(g.written) for _ in self.edges)


def _written() -> bool:
    """Return whether the engine, as it is, adds in place into what nobody else holds."""
    backend = SimpleNamespace(is_own_memory=lambda array: True)
    place: Any = SimpleNamespace(guard=None, backend=backend, entered=nullcontext)

    def node(number: int, *edges: Any) -> _Fork:
        made = object.__new__(_Fork)
        made.edges, made.saved, made.hooks = edges, (), None
        made.seq, made.place = number, place
        return made

    tensor = Variable()
    tensor._place = place
    # Two gradients meet at a leaf, at the node that is next, and at one that waits.
    leaf, waiting, following = Leaf(tensor), node(1), node(2)
    second = node(3, leaf, following, waiting)
    first = node(4, leaf, following, waiting, second)
    written: list[bool] = []
    engine.run([(first, _Gradient(written))], keep=True, tensors=False, into_leaves=False)
    return bool(written)


def _taken() -> bool:
    """Return whether the engine, as it is, takes over what nobody else holds."""
    copied: list[bool] = []
    backend = SimpleNamespace(
        is_own_memory=lambda array: True, copy=lambda xp, array: copied.append(True)
    )
    place = SimpleNamespace(xp=None, backend=backend)
    engine.own({None: _Gradient([])}, None, place)
    return not copied


def measure() -> None:
    """Find the least figures with which the engine uses what nobody else holds."""
    engine.alone_in_sum = engine.alone_in_own = 0
    jit = getattr(sys, "_jit", None)
    if jit is not None and jit.is_enabled():  # which may count otherwise once it has compiled
        return
    while not _written() and engine.alone_in_sum < _MOST:
        engine.alone_in_sum += 1
    while not _taken() and engine.alone_in_own < _MOST:
        engine.alone_in_own += 1
    if engine.alone_in_sum == _MOST:
        engine.alone_in_sum = 0
    if engine.alone_in_own == _MOST:
        engine.alone_in_own = 0
