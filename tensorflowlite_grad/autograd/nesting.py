"""Passes inside passes: how deep they are, and a new stack where that gets too deep.

A pass that a hook starts is a call inside the call of the hook. Beyond some depth it runs in a
thread of its own, in the same context, so that no depth is too much for Python's stack.
"""

from __future__ import annotations

from contextvars import ContextVar, copy_context
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LIMIT", "depth", "on_a_new_stack", "user_code"]

#: How many passes inside passes share a stack.
LIMIT = 16

_depth: ContextVar[int] = ContextVar("depth_of_passes", default=0)
#: How many calls of users' functions by passes there are on the stack.
depth = _depth.get


def user_code(function: Callable[..., Any], *args: Any) -> Any:
    """Call a user's function, which may start a pass."""
    token = _depth.set(_depth.get() + 1)
    try:
        return function(*args)
    finally:
        _depth.reset(token)


def on_a_new_stack(function: Callable[[], Any]) -> Any:
    """Return what a function returns, or raise what it raises, in this context."""
    found: list[Any] = []

    def run() -> None:
        _depth.set(0)
        try:
            found.append((function(), None))
        except BaseException as error:  # to be raised where the caller waits
            found.append((None, error))

    thread = Thread(target=copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join()
    value, error = found.pop()
    if error is not None:
        raise error
    return value
