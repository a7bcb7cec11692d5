"""Passes inside passes: how deep they are, a new stack where that gets too deep, and callbacks.

A pass that a hook starts is a call inside the call of the hook. Beyond some depth it runs in a
thread of its own, in the same context, so that no depth is too much for Python's stack.
"""

from __future__ import annotations

from contextvars import copy_context
from sys import getrecursionlimit
from threading import Thread, get_ident, local
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["discard", "finish", "here", "on_a_new_stack", "queue_callback", "too_deep", "user_code"]

#: How many passes inside passes share a stack, and how many calls each of them may take.
_PASSES = 16
_CALLS = 25


class _Here(local):
    """What is known of the stack of a thread."""

    #: how many calls of users' functions by passes there are on it
    depth: int = 0


here = _Here()
#: What is to be called when passes end, by their thread and the depth that they run at. Passes
#: look no further while it is empty.
waiting: dict[tuple[int, int], list[Callable[[], Any]]] = {}


def too_deep() -> bool:
    """Return whether a pass that begins here is to have a stack of its own."""
    return here.depth > min(_PASSES, getrecursionlimit() // _CALLS)


def user_code(function: Callable[..., Any], *args: Any) -> Any:
    """Call a user's function, which may start a pass."""
    depth = here.depth
    try:
        here.depth = depth + 1
        return function(*args)
    finally:
        here.depth = depth


def queue_callback(callback: Callable[[], Any]) -> None:
    """Call a function once, without arguments, when the running backward pass ends.

    For hooks and functions of your own, which run inside a pass. Every ``.grad`` is written by
    then. Callbacks run in the order in which they were queued, in the grad mode of the pass, and
    may queue more. A pass inside a pass has callbacks of its own. A pass that fails calls none,
    and what a callback raises comes out of the pass.

    Parameters
    ----------
    callback : callable

    Raises
    ------
    RuntimeError
        If no backward pass is running in this thread.
    TypeError
        If it cannot be called.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> y = x * 3
    >>> def later():
    ...     print("complete:", x.grad)
    >>> handle = y.register_hook(lambda g: tg.autograd.graph.queue_callback(later))
    >>> y.backward()
    complete: tensor(3.)
    """
    if not here.depth:
        raise RuntimeError(
            "Final callbacks can only be installed during backward pass. Call queue_callback() in "
            "a hook, or in the backward of a Function, in the thread that runs it."
        )
    if not callable(callback):
        raise TypeError(f"a callback must be callable, got {type(callback).__name__}")
    waiting.setdefault((get_ident(), here.depth - 1), []).append(callback)


def finish() -> None:
    """Call what the pass that ends here was asked to call."""
    callbacks = waiting.get((get_ident(), here.depth), [])
    while callbacks:
        user_code(callbacks.pop(0))


def discard() -> None:
    """Forget what the pass that ends here has not called."""
    waiting.pop((get_ident(), here.depth), None)


def on_a_new_stack(function: Callable[[], Any]) -> Any:
    """Return what a function returns, or raise what it raises, in this context."""
    found: list[Any] = []

    def run() -> None:
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
