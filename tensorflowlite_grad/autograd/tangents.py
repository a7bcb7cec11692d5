"""Tangents of tensors: what forward mode carries along as operations run.

A tensor keeps its tangents by level. Levels nest: a tangent of an inner level is a tensor
that may itself have tangents of outer ones, which is how derivatives of derivatives come
about. While no level is open, nothing here runs: an open level demands the observed form of
recorders (`observers`).
"""

from __future__ import annotations

from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from . import carrier, modes, observers
from .graph import Extra, Output, Variable, WeakList, cell_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "Level",
    "any_tangents",
    "below",
    "carry",
    "carry_joint",
    "current",
    "remember",
    "restore",
    "tangent",
]


class Level:
    """A scope of forward mode: tangents belong to it, and are dropped when it is left.

    Attributes
    ----------
    number : int
        Inner levels have greater ones.
    open : bool
    extras : WeakList
        What holds a tangent of this level.
    results : WeakKeyDictionary
        By node, and number, the tangents of results that nodes have saved: as bare arrays, so
        as not to keep themselves alive.
    """

    __slots__ = ("extras", "number", "open", "results")

    _next = count(1).__next__

    def __init__(self) -> None:
        self.number = Level._next()
        self.open = True
        self.extras = WeakList()
        self.results: WeakKeyDictionary[Any, dict[int, Any]] = WeakKeyDictionary()

    def close(self) -> None:
        """Drop all tangents of this level."""
        self.open = False
        self.results.clear()
        for extra in self.extras.alive():
            if extra.tangents is not None:
                extra.tangents.pop(self, None)


_levels: ContextVar[tuple[Level, ...]] = ContextVar("forward_levels", default=())


def current() -> tuple[Level, ...]:
    """Return the open levels of this thread and context, the outermost first."""
    return _levels.get()


def enter() -> Level:
    """Open a level inside the present ones."""
    level = Level()
    observers.demand_for(_levels, (*_levels.get(), level))
    return level


def leave(level: Level) -> None:
    """Close a level, and what was opened inside it."""
    levels = _levels.get()
    if level not in levels:
        raise RuntimeError("this level of forward mode is not open here, or was left already")
    where = levels.index(level)
    try:
        _levels.set(levels[:where])
        for inner in levels[where:]:
            inner.close()
    finally:
        for _ in levels[where:]:
            observers.release()


def tangent(tensor: Variable, level: Level) -> Any:
    """Return a tensor's tangent of a level, or None for zero."""
    extra = tensor._extra
    return None if extra is None or extra.tangents is None else extra.tangents.get(level)


def set_tangent(tensor: Variable, level: Level, value: Any) -> None:
    """Give a tensor a tangent; None takes it away."""
    extra = tensor._extra
    if value is None:
        if extra is not None and extra.tangents is not None:
            extra.tangents.pop(level, None)
        return
    if extra is None:
        extra = tensor._extra = Extra()
    if extra.tangents is None:
        extra.tangents = {}
    extra.tangents[level] = value
    level.extras.add(extra)


def any_tangents(tensors: Iterable[Any]) -> bool:
    """Return whether some tensor has a tangent."""
    return any(t._extra is not None and t._extra.tangents for t in tensors)


def levels_of(tensors: Iterable[Any]) -> list[Level]:
    """Return the open levels at which some tensor has a tangent, the outermost first."""
    found = {
        level
        for t in tensors
        if t._extra is not None and t._extra.tangents
        for level in t._extra.tangents
        if level.open
    }
    return sorted(found, key=lambda level: level.number)


def below(tensor: Any, level: Level) -> Any:
    """Return a tensor without its tangents of `level` and of those inside it.

    It shares memory, version and history with `tensor`.
    """
    extra = tensor._extra
    if extra is None or not extra.tangents:
        return tensor
    out = shared(tensor)
    for outer, value in extra.tangents.items():
        if outer.number < level.number:
            set_tangent(out, outer, value)
    return out


def shared(tensor: Any) -> Any:
    """Return another tensor of the same memory, version and history, without tangents."""
    out = object.__new__(type(tensor))
    out._array, out._place, out._edge = tensor._array, tensor._place, tensor._edge
    out._cell = cell_of(tensor)
    out._extra = None
    return out


def twin(tensor: Any) -> Any:
    """Return another tensor of the same memory, version, history and tangents."""
    out = shared(tensor)
    hand_on(tensor, out)
    return out


def hand_on(source: Variable, target: Variable) -> None:
    """Give a tensor the tangents that another has, at the levels that are open."""
    for level in levels_of((source,)):
        set_tangent(target, level, tangent(source, level))


def carry(op: Any, out: Any, operands: tuple[Any, ...], options: tuple[Any, ...]) -> None:
    """Give the result of an operation its tangents: the Jacobian-vector products.

    Parameters
    ----------
    op : Operation
    out : Tensor or tuple of Tensor
    operands : tuple of Tensor
    options : tuple
    """
    several = isinstance(out, tuple)
    for level in levels_of(operands):
        dots = tuple(tangent(t, level) for t in operands)
        primals = tuple(below(t, level) for t in operands)
        results = tuple(below(t, level) for t in out) if several else (below(out, level),)
        found = _pushed(op, results if several else results[0], primals, dots, options)
        for result, dot in zip(out if several else (out,), found, strict=True):
            if dot is not None and result.dtype.is_differentiable:
                set_tangent(result, level, dot)
                if result._edge is not None:
                    remember(result._edge, level, dot)


def remember(edge: Any, level: Level, dot: Any) -> None:
    """Keep the tangent of a result for when its node hands the result to a rule."""
    node, number = (edge.edges[0], edge.number) if type(edge) is Output else (edge, 0)
    level.results.setdefault(node, {})[number] = dot


def restore(node: Any, result: Any, number: int = 0) -> None:
    """Give a result that a node has saved the tangents it had."""
    for level in current():
        dot = level.results.get(node, {}).get(number)
        if dot is not None:
            set_tangent(result, level, dot)


def _pushed(op: Any, out: Any, primals: Any, dots: Any, options: Any) -> tuple[Any, ...]:
    """Return the tangents of the results, computed on raw arrays where that is all it takes."""
    involved = [*primals, *(d for d in dots if d is not None)]
    place = involved[0]._place
    recorded = modes.is_grad_enabled() and any(t._edge is not None for t in involved)
    try:
        if recorded or any_tangents(involved):
            with place.entered():
                found = op.pushforward(carrier.tensors(), primals, dots, options, out)
            return found if isinstance(found, tuple) else (found,)
        arrays = tuple(t._array for t in primals)
        steps = tuple(None if d is None else d._array for d in dots)
        result = tuple(t._array for t in out) if isinstance(out, tuple) else out._array
        with place.entered():
            found = op.pushforward(place.xp, arrays, steps, options, result)
    except NotImplementedError:
        raise NotImplementedError(
            f"Trying to use forward AD with {op.name} that does not support it because it has "
            "not been implemented yet."
        ) from None
    found = found if isinstance(found, tuple) else (found,)
    return tuple(None if f is None else place.wrap(f, place) for f in found)


def carry_joint(
    outs: tuple[Any, ...], operands: Any, apply: Callable[[list[Any]], tuple[Any, ...]]
) -> None:
    """Give results their tangents where the operation is linear in all operands at once.

    `apply` is the operation, of a list of tangents; it returns as many results.
    """
    for level in levels_of(operands):
        dots = [tangent(t, level) for t in operands]
        xp = carrier.tensors()
        whole = [
            xp.zeros_like(shared(t)) if d is None else d
            for t, d in zip(operands, dots, strict=True)
        ]
        for out, dot in zip(outs, apply(whole), strict=True):
            set_tangent(out, level, dot)
