"""What watches operations run and be differentiated: forward mode, hooks, profilers.

Recorders have two forms (`ops.recorder`). The plain one knows nothing of observers and is
what runs as long as nobody demands the other, so that watching costs nothing unless it is
used. Which observers are at work is a context variable; the demand is counted for all.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Observer",
    "arrived",
    "current",
    "demand",
    "demand_for",
    "observed",
    "observed_backward",
    "release",
    "restore",
    "watch",
]

Call = Any


class Observer:
    """Is told of operations while it is at work; a context manager.

    Subclasses override what they care for, and call what they are given.
    """

    def run(self, operation: Any, call: Callable[[], Any]) -> Any:
        """Run an operation forward by ``call()`` and return what it returns."""
        return call()

    def run_on(self, operation: Any, operands: tuple[Any, ...], call: Callable[[], Any]) -> Any:
        """As `run`, for observers that look at the operands: tensors, and other arguments."""
        return self.run(operation, call)

    def arrived(self, edge: Any, g: Any) -> None:
        """Is told of the gradient, an array or a tensor, that has arrived at an edge."""

    def run_backward(self, node: Any, call: Callable[[], Any]) -> Any:
        """Run a node's rules by ``call()`` and return what they return."""
        return call()

    def __enter__(self) -> Any:
        watch(self)
        return self

    def __exit__(self, *_: object) -> None:
        unwatch(self)


_observers: ContextVar[tuple[Observer, ...]] = ContextVar("observers", default=())
#: The observers of this thread and context, the innermost last.
current = _observers.get

_lock = Lock()
_demands = 0
#: Whether all recorders are in the observed form: an interrupt may come while they are switched.
_met = False
_switches: list[Callable[[bool], None]] = []


def on_demand(switch: Callable[[bool], None]) -> None:
    """Say what puts the observed form of recorders in place (True), or the plain one."""
    _switches.append(switch)


def demand() -> None:
    """Ask for the observed form of recorders; every demand is to be released."""
    global _demands, _met
    counted = False
    try:
        with _lock:
            _demands += 1
            counted = True
            if not _met:
                for switch in _switches:
                    switch(True)
                _met = True
    except BaseException:  # an interrupt: nothing is demanded
        if counted:
            release()
        raise


def demand_for(variable: ContextVar[Any], value: Any) -> None:
    """Set a context variable under a demand; if that is interrupted, do neither."""
    before = variable.get()
    demanded = False
    try:
        demand()
        demanded = True
        variable.set(value)
    except BaseException:
        variable.set(before)
        if demanded:
            release()
        raise


def release() -> None:
    """Take a demand back."""
    global _demands, _met
    with _lock:
        _demands -= 1
        if not _demands:
            _met = False
            for switch in _switches:
                switch(False)


def watch(observer: Observer) -> None:
    """Put an observer to work in this thread and context, inside those at work."""
    demand_for(_observers, (*_observers.get(), observer))


def unwatch(observer: Observer) -> None:
    """Take the innermost appearance of an observer away; none is no error."""
    found = list(_observers.get())
    for k in reversed(range(len(found))):
        if found[k] is observer:
            del found[k]
            try:
                _observers.set(tuple(found))
            finally:
                release()
            return


def restore(before: tuple[Observer, ...]) -> None:
    """Put those to work that were, as `current` told, whoever came or went meanwhile."""
    now = _observers.get()
    if now is before:
        return
    _observers.set(before)
    for _ in before:
        demand()
    for _ in now:
        release()


def observed(operation: Any, call: Callable[[], Any], operands: tuple[Any, ...] = ()) -> Any:
    """Run an operation through all observers at work, the outermost first."""
    for observer in reversed(_observers.get()):
        call = _inside(partial(observer.run_on, operation), operands, call)
    return call()


def arrived(edge: Any, g: Any) -> None:
    """Tell all observers at work of a gradient."""
    for observer in _observers.get():
        observer.arrived(edge, g)


def observed_backward(node: Any, call: Callable[[], Any]) -> Any:
    """Run a node's rules through all observers at work."""
    for observer in reversed(_observers.get()):
        call = _inside(observer.run_backward, node, call)
    return call()


def _inside(run: Any, subject: Any, call: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: run(subject, call)
