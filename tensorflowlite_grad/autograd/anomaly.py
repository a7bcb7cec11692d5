"""Anomaly mode: which line of the forward pass made what fails, or turns to NaN, in backward."""

from __future__ import annotations

import linecache
import sys
import warnings
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from . import observers
from .frames import is_own
from .graph import Gradients, Node, Variable
from .saved import nodes_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["detect_anomaly", "is_anomaly_enabled", "lines_of", "set_detect_anomaly"]

Line = tuple[str, int, str]


def calling_lines(limit: int = 30) -> tuple[Line, ...]:
    """Return where the program stands, the innermost last: file, line and function.

    Frames of this library are left out, unless there is nothing else.
    """
    found: list[Line] = []
    frame: Any = sys._getframe(1)
    while frame is not None and len(found) < limit:
        code = frame.f_code
        if not is_own(code):
            found.append((code.co_filename, frame.f_lineno, code.co_name))
        frame = frame.f_back
    return tuple(reversed(found))


def shown_lines(lines: tuple[Line, ...]) -> str:
    """Return lines as a traceback shows them."""
    out = []
    for file, number, function in lines:
        out.append(f'  File "{file}", line {number}, in {function}\n')
        text = linecache.getline(file, number).strip()
        if text:
            out.append(f"    {text}\n")
    return "".join(out)


class Lines(observers.Observer):
    """Remembers, for each node recorded while it is at work, the program's line.

    Attributes
    ----------
    by_node : WeakKeyDictionary
        The lines that led to a node, and the node whose rules were running, if any.
    """

    #: Shared: a node is recorded in one mode, and differentiated in another perhaps.
    by_node: ClassVar[WeakKeyDictionary[Any, tuple[tuple[Line, ...], Any]]] = WeakKeyDictionary()

    def __init__(self) -> None:
        self.running: Node | None = None

    def run(self, operation: Any, call: Callable[[], Any]) -> Any:
        """Run an operation, and note the line that called it."""
        out = call()
        note(out, self.running)
        return out


def note(out: Any, parent: Any = None) -> None:
    """Remember where the nodes behind a result were recorded."""
    for node in nodes_of(out):
        if node not in Lines.by_node:
            Lines.by_node[node] = (calling_lines(), parent)


def lines_of(node: Any) -> tuple[Line, ...] | None:
    """Return the lines that led to a node, the innermost last; None if nobody noted them."""
    found = Lines.by_node.get(node)
    return None if found is None else found[0]


class detect_anomaly(Lines):
    """Find the forward operation behind an error, or a NaN, of the backward pass.

    While it is on, operations remember the line of the program that called them. A rule that
    fails, or returns NaN, then warns with that line, and a NaN is an error. It is slow: for
    debugging.

    Parameters
    ----------
    check_nan : bool
        Whether a NaN is an error.

    Examples
    --------
    >>> import warnings
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor(0.0, requires_grad=True)
    >>> with warnings.catch_warnings(action="ignore"), tg.autograd.detect_anomaly():
    ...     (x.sqrt() * 0).backward()
    Traceback (most recent call last):
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
    """

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__()
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            stacklevel=2,
        )

    def run_backward(self, node: Any, call: Callable[[], Any]) -> Any:
        """Run a node's rules, and tell where it was recorded if they fail."""
        if _innermost() is not self:
            return call()
        before, self.running = self.running, node
        try:
            out = call()
            if self.check_nan:
                _refuse_nan(node, out)
        except Exception:
            warnings.warn(_story(node), stacklevel=2)
            raise
        finally:
            self.running = before
        return out


class set_detect_anomaly(observers.Observer):
    """Set anomaly mode on or off: as a function, or for the time of a block.

    Parameters
    ----------
    mode : bool
    check_nan : bool

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> with tg.autograd.set_detect_anomaly(False):
    ...     tg.autograd.is_anomaly_enabled()
    False
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = [o for o in observers.current() if isinstance(o, detect_anomaly)]
        for observer in self._before:
            observers.unwatch(observer)
        self._mine = None
        if mode:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._mine = detect_anomaly(check_nan)
            observers.watch(self._mine)

    def __enter__(self) -> None:
        """Stay as set."""

    def __exit__(self, *_: object) -> None:
        if self._mine is not None:
            observers.unwatch(self._mine)
        for observer in self._before:
            observers.watch(observer)


def _innermost() -> detect_anomaly | None:
    for observer in reversed(observers.current()):
        if isinstance(observer, detect_anomaly):
            return observer
    return None


def is_anomaly_enabled() -> bool:
    """Return whether anomaly mode is on, in this thread and context.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.autograd.is_anomaly_enabled()
    False
    """
    return _innermost() is not None


def _refuse_nan(node: Any, out: Any) -> None:
    outs = out.parts if isinstance(out, Gradients) else out if isinstance(out, tuple) else (out,)
    for number, g in enumerate(outs):
        if g is None or isinstance(g, Gradients):
            continue
        array = g._array if isinstance(g, Variable) else g
        place = node.place
        if not place.dtype_of(array).is_differentiable:
            continue
        with place.entered():
            bad = bool(place.xp.any(place.xp.isnan(array)))
        if bad:
            raise RuntimeError(
                f"Function {node.name()!r} returned nan values in its {number}th output."
            )


def _story(node: Any) -> str:
    """Return where a node was recorded, and the nodes whose rules recorded it."""
    found = Lines.by_node.get(node)
    if found is None:
        return (
            f"Error detected in {node.name()}. No forward pass information available. Enable "
            "detect anomaly during forward pass for more information."
        )
    lines, parent = found
    text = (
        f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n"
        f"{shown_lines(lines)}"
    )
    while parent is not None:
        lines, above = Lines.by_node.get(parent, ((), None))
        text += (
            f"\nPrevious calculation was induced by {parent.name()}. Traceback of forward call "
            f"that induced the previous calculation:\n{shown_lines(lines)}"
        )
        parent = above
    return text
