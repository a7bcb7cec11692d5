"""Time and memory of every operation, forward and backward: PyTorch's `autograd.profiler`.

Times are of the wall clock, in microseconds. Where names say "cpu", as PyTorch's do, they are
of whatever device the operation ran on.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import ContextDecorator
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Literal

from . import observers
from .anomaly import calling_lines
from .graph import Gradients, Output, Variable
from .kept import plain
from .tables import bytes_text, table, time_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "profile", "record_function"]

Shapes = tuple[tuple[int, ...], ...]
Kind = Literal["forward", "backward", "label"]

#: What a table can be sorted by.
_KEYS = (
    "count",
    "cpu_memory_usage",
    "cpu_time",
    "cpu_time_total",
    "self_cpu_time_total",
)


class FunctionEvent:
    """One run of an operation, or of a block with a label.

    Attributes
    ----------
    name : str
    kind : {"forward", "backward", "label"}
        All that runs inside a backward rule is "backward".
    start, cpu_time_total, self_cpu_time_total : float
        When it began, how long it took, and that without what ran inside it.
    cpu_memory_usage : int
        Bytes of its results, unless these are views.
    input_shapes : tuple of tuples of int
        Of its operands, or of the gradients that a rule got.
    line : str
        The line of the program that called it.
    thread : int
    """

    count = 1

    def __init__(self, name: str, kind: Kind, input_shapes: Shapes = (), line: str = "") -> None:
        self.name = name
        self.kind: Kind = kind
        self.input_shapes = input_shapes
        self.line = line
        self.cpu_memory_usage = 0
        self.thread = threading.get_ident()
        self._inside = 0
        self._start = self._end = perf_counter_ns()

    @property
    def key(self) -> str:
        """The name."""
        return self.name

    @property
    def start(self) -> float:
        """When it began, on a clock of no particular origin."""
        return self._start / 1e3

    @property
    def cpu_time_total(self) -> float:
        """How long it took."""
        return (self._end - self._start) / 1e3

    @property
    def self_cpu_time_total(self) -> float:
        """How long it took, without what ran inside it."""
        return (self._end - self._start - self._inside) / 1e3

    cpu_time = cpu_time_total

    def __repr__(self) -> str:
        return f"<FunctionEvent {self.name} {time_text(self.cpu_time_total)}>"


class FunctionEventAvg:
    """All runs of one operation together.

    Attributes
    ----------
    key : str
        The operation's name.
    count : int
    cpu_time_total, self_cpu_time_total : float
        Sums over the runs.
    cpu_memory_usage : int
    input_shapes : tuple
        Empty unless runs were grouped by them.
    """

    def __init__(self, key: str, input_shapes: Shapes = ()) -> None:
        self.key = key
        self.input_shapes = input_shapes
        self.count = 0
        self.cpu_time_total = 0.0
        self.self_cpu_time_total = 0.0
        self.cpu_memory_usage = 0

    @property
    def cpu_time(self) -> float:
        """How long a run took on average."""
        return self.cpu_time_total / self.count if self.count else 0.0

    def add(self, event: FunctionEvent | FunctionEventAvg) -> None:
        """Count a run, or several."""
        self.count += event.count
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total
        self.cpu_memory_usage += event.cpu_memory_usage

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} count={self.count} "
            f"self_cpu_time={time_text(self.self_cpu_time_total)} "
            f"cpu_time={time_text(self.cpu_time)}>"
        )


class EventList(list[Any]):
    """A list of `FunctionEvent` s, or of their averages."""

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all, none counted twice."""
        return sum(float(event.self_cpu_time_total) for event in self)

    def key_averages(self, group_by_input_shape: bool = False) -> EventList:
        """Return the runs of each operation together, in the order of the first.

        Parameters
        ----------
        group_by_input_shape : bool
            Whether runs on other shapes are another operation's.
        """
        found: dict[Any, FunctionEventAvg] = {}
        for event in self:
            shapes = event.input_shapes if group_by_input_shape else ()
            key = (event.key, shapes)
            if key not in found:
                found[key] = FunctionEventAvg(*key)
            found[key].add(event)
        return EventList(found.values())

    def total_average(self) -> FunctionEventAvg:
        """Return all together."""
        total = FunctionEventAvg("Total")
        for event in self:
            total.add(event)
        return total

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_name_column_width: int | None = 55,
        header: str | None = None,
    ) -> str:
        """Return a table with a row for each element.

        Parameters
        ----------
        sort_by : str, optional
            An attribute: the greatest comes first.
        row_limit : int
            How many rows; -1 is all.
        max_name_column_width : int, optional
            Longer names are cut off.
        header : str, optional
            A line above.

        Raises
        ------
        AttributeError
            If `sort_by` is none of the attributes.
        """
        events: Iterable[Any] = self
        if sort_by is not None:
            if sort_by not in _KEYS:
                raise AttributeError(
                    f"table(): events have no attribute {sort_by!r} to sort by; "
                    f"they have {', '.join(_KEYS)}"
                )
            events = sorted(self, key=lambda event: -getattr(event, sort_by))
        some = list(events)[: None if row_limit < 0 else row_limit]
        total = self.self_cpu_time_total
        rows: list[tuple[str, ...]] = [("Name", *_HEADINGS)]
        rows += [_row(event, total, max_name_column_width) for event in some]
        lines = [header] if header else []
        lines += [table(rows, right=range(1, 8))]
        if len(some) < len(self):
            lines.append(f"… {len(self) - len(some)} more")
        return "\n".join([*lines, f"Self CPU time total: {time_text(total)}"])

    def __str__(self) -> str:
        return self.table()

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write the events as a file for chrome://tracing, or https://ui.perfetto.dev.

        Parameters
        ----------
        path : str or path
        """
        process = os.getpid()
        events = []
        for event in self:
            args: dict[str, Any] = {"bytes": event.cpu_memory_usage}
            if event.input_shapes:
                args["input_shapes"] = event.input_shapes
            if event.line:
                args["line"] = event.line
            events.append(
                {
                    "name": event.name,
                    "cat": event.kind,
                    "ph": "X",
                    "ts": event.start,
                    "dur": event.cpu_time_total,
                    "pid": process,
                    "tid": event.thread,
                    "args": args,
                }
            )
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"traceEvents": events, "displayTimeUnit": "ms"}, file)


_HEADINGS = (
    "Self CPU %",
    "Self CPU",
    "CPU total %",
    "CPU total",
    "CPU time avg",
    "# of Calls",
    "CPU Mem",
    "Input Shapes",
)


def _row(event: Any, total: float, width: int | None) -> tuple[str, ...]:
    own, whole, name = event.self_cpu_time_total, event.cpu_time_total, event.key
    if width is not None and len(name) > width:
        name = f"{name[: max(width - 3, 0)]}..."
    return (
        name,
        f"{100 * own / total if total else 0:.2f}%",
        time_text(own),
        f"{100 * whole / total if total else 0:.2f}%",
        time_text(whole),
        time_text(event.cpu_time),
        str(event.count),
        bytes_text(event.cpu_memory_usage) if event.cpu_memory_usage else "",
        str([list(shape) for shape in event.input_shapes]) if event.input_shapes else "",
    )


class _State(threading.local):
    """The events that are open in a thread, and the gradient that has just arrived."""

    def __init__(self) -> None:
        self.open: list[FunctionEvent] = []
        self.arrived: tuple[Any, Shapes] = (None, ())


class profile(observers.Observer):
    """Measure the operations that run in a ``with`` block, forward and backward.

    Parameters
    ----------
    enabled : bool
        False makes it do nothing.
    record_shapes : bool
        Whether to note the shapes of operands.
    profile_memory : bool
        Whether to note the bytes of results.
    with_stack : bool
        Whether to note the line of the program that called.
    synchronize : bool
        Whether to wait for the device after each operation, so that its time is the
        operation's; without it, on a GPU, it is the time to start it.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.ones(100, requires_grad=True)
    >>> with tg.autograd.profiler.profile() as prof:
    ...     (x * x).sum().backward()
    >>> for row in prof.key_averages():
    ...     print(row.key, row.count)
    mul 1
    sum 1
    SumBackward0 1
    MulBackward0 1
    >>> table = prof.key_averages().table(sort_by="self_cpu_time_total", row_limit=2)
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        synchronize: bool = True,
    ) -> None:
        self.enabled = enabled
        self.record_shapes = record_shapes
        self.profile_memory = profile_memory
        self.with_stack = with_stack
        self.synchronize = synchronize
        self.entered = False
        self._finished: EventList | None = None
        self._events: list[FunctionEvent] = []
        self._state = _State()

    def __enter__(self) -> profile:
        if self.entered:
            raise RuntimeError("Profiler context manager is not reentrant")
        self.entered = True
        if self.enabled:
            observers.watch(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            observers.unwatch(self)
        self._finished = EventList(sorted(self._events, key=lambda event: event.start))

    # -- results --------------------------------------------------------------------------

    @property
    def function_events(self) -> EventList:
        """The events, in the order they began.

        Raises
        ------
        RuntimeError
            If the block has not ended.
        """
        if self._finished is None:
            raise RuntimeError("Profiler didn't finish running: leave its with block first")
        return self._finished

    def key_averages(self, group_by_input_shape: bool = False) -> EventList:
        """Return the runs of each operation together: see `EventList.key_averages`."""
        return self.function_events.key_averages(group_by_input_shape)

    def total_average(self) -> FunctionEventAvg:
        """Return all events together."""
        return self.function_events.total_average()

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_name_column_width: int | None = 55,
        header: str | None = None,
    ) -> str:
        """Return a table of single events: see `EventList.table`."""
        return self.function_events.table(sort_by, row_limit, max_name_column_width, header)

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write the events as a file for a browser: see `EventList.export_chrome_trace`."""
        self.function_events.export_chrome_trace(path)

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all events, none counted twice."""
        return self.function_events.self_cpu_time_total

    def __str__(self) -> str:
        if self._finished is None:
            return "<unfinished autograd.profiler.profile>"
        return str(self.function_events)

    __repr__ = __str__

    # -- measuring ------------------------------------------------------------------------

    def run_on(self, operation: Any, operands: tuple[Any, ...], call: Callable[[], Any]) -> Any:
        """Measure an operation."""
        shapes: Shapes = ()
        if self.record_shapes:
            shapes = tuple(tuple(t._array.shape) for t in operands if isinstance(t, Variable))
        name = operation.__name__ if isinstance(operation, type) else operation.name
        event = self.start(name, "forward", shapes)
        out = None
        try:
            out = call()
            results = out if isinstance(out, (tuple, list)) else (out,)
            arrays = [(t._array, t._place) for t in results if isinstance(t, Variable)]
            self._settle(event, arrays, view=getattr(operation, "view", False) is True)
        finally:
            self.stop(event)
        return out

    def arrived(self, edge: Any, g: Any) -> None:
        """Note the shapes of a gradient, for the event that follows."""
        if self.record_shapes:
            parts = g.parts if isinstance(g, Gradients) else [g]
            shapes = tuple(tuple(p.shape) for p in parts if p is not None)
            self._state.arrived = (id(edge), shapes)

    def run_backward(self, node: Any, call: Callable[[], Any]) -> Any:
        """Measure a node's rules."""
        if type(node) is Output:  # hands a gradient on, and does nothing
            return call()
        edge, shapes = self._state.arrived
        event = self.start(node.name(), "backward", shapes if edge == id(node) else ())
        try:
            out = call()
            parts = out if isinstance(out, tuple) else (out,)
            found = [p._array if isinstance(p, Variable) else p for p in parts]
            arrays = [a for a in found if a is not None and not isinstance(a, Gradients)]
            self._settle(event, [(a, node.place) for a in arrays])
        finally:
            self.stop(event)
        return out

    def _settle(
        self, event: FunctionEvent, arrays: list[tuple[Any, Any]], view: bool = False
    ) -> None:
        """Wait for results, and note how large they are."""
        if self.synchronize:
            for place in {place.root for _, place in arrays}:
                place.backend.synchronize(place.kind, place.index)
        if self.profile_memory and not view:
            event.cpu_memory_usage = sum(_bytes(array, place) for array, place in arrays)

    def start(self, name: str, kind: Kind, shapes: Shapes = ()) -> FunctionEvent:
        """Open an event inside those that are open in this thread."""
        line = ""
        if self.with_stack:
            lines = calling_lines()
            line = f"{lines[-1][0]}:{lines[-1][1]}" if lines else ""
        stack = self._state.open
        if kind == "forward" and any(event.kind == "backward" for event in stack):
            kind = "backward"
        event = FunctionEvent(name, kind, shapes, line)
        stack.append(event)
        return event

    def stop(self, event: FunctionEvent) -> None:
        """Close an event."""
        event._end = perf_counter_ns()
        stack = self._state.open
        stack.remove(event)
        if stack:
            stack[-1]._inside += event._end - event._start
        self._events.append(event)


def _bytes(array: Any, place: Any) -> int:
    array, place = plain(array, place)
    size = int(place.dtype_of(array).itemsize)
    for n in array.shape:
        size *= n
    return size


class record_function(ContextDecorator):
    """Give the operations of a block, or of a function, a label in profiles.

    Parameters
    ----------
    name : str

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> with tg.autograd.profiler.profile() as prof:
    ...     with tg.autograd.profiler.record_function("first layer"):
    ...         y = tg.ones(3).exp()
    >>> [row.key for row in prof.key_averages()]
    ['first layer', 'exp']
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._open: list[list[tuple[profile, FunctionEvent]]] = []

    def __enter__(self) -> record_function:
        profiles = [o for o in observers.current() if isinstance(o, profile)]
        self._open.append([(p, p.start(self.name, "label")) for p in profiles])
        return self

    def __exit__(self, *_: object) -> None:
        for p, event in reversed(self._open.pop()):
            p.stop(event)
