"""Deep, wide and nested graphs in processes of their own, with almost no stack for Python."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.cases.family_memory import _forget_peak
from benchmarks.cases.memory import _peak
from benchmarks.cases.passes import _skipped
from benchmarks.model import Line, Sample, Settings, Target
from benchmarks.peers import SUBJECT, Peer
from benchmarks.processes import Figures, once, round_robin

#: How many calls deep Python may go while the package is measured.
STACK = 100

#: Does a piece of work of a size, and returns what it found, and what that has to be.
Work = Callable[[Any, int], tuple[float, float]]
Step = Callable[[Any], Any]


def _leaf(xp: Any) -> Any:
    return xp.tensor([1.0, 1.0], dtype=xp.float64, requires_grad=True)


def _chain(step: Callable[[Any], Step], xp: Any, length: int) -> tuple[float, float]:
    """Take a step `length` times, whose gradient is 1, and go back; then once more, and not."""
    taken = step(xp)
    x = _leaf(xp)
    for backward in (True, False):
        y = x * 1.0
        for _ in range(length):
            y = taken(y)
        if backward:
            y.sum().backward()
    return float(x.grad.sum()), 2.0


def _multiplied(xp: Any) -> Step:
    return lambda y: y * 1.0


def _viewed(xp: Any) -> Step:
    return lambda y: y.view(2)


def _changed(xp: Any) -> Step:
    return lambda y: y.mul_(1.0)


def _changed_part(xp: Any) -> Step:
    def step(y: Any) -> Any:
        y[0].mul_(1.0)
        return y

    return step


def _applied(xp: Any) -> Step:
    class Same(xp.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1.0

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    apply: Step = Same.apply
    return apply


def _diamond(xp: Any) -> Step:
    return lambda y: (y + y) * 0.5


def _uses(xp: Any, count: int) -> tuple[float, float]:
    """Use one leaf many times; the sum of the gradients is exact."""
    x = _leaf(xp)
    y = x * 0.0
    for k in range(count):
        y = y + x * k
    y.sum().backward()
    return float(x.grad.sum()), float(count * (count - 1))


def _nested(xp: Any, depth: int) -> tuple[float, float]:
    """Run each backward pass inside a hook of the one before."""
    x = _leaf(xp)
    left = depth

    def inside(g: Any) -> None:
        nonlocal left
        left -= 1
        if left:
            with xp.enable_grad():
                run()

    def run() -> None:
        y = x * 1.0
        y.register_hook(inside)
        y.sum().backward()

    run()
    return float(x.grad.sum()), 2.0 * depth


def _derivatives(xp: Any, order: int) -> tuple[float, float]:
    """Differentiate x sin(x) as often; every fourth derivative of a sine is the sine again."""
    point = 1.25
    x = xp.tensor(point, dtype=xp.float64, requires_grad=True)
    y = x * xp.sin(x)
    for k in range(order):
        (y,) = xp.autograd.grad(y, x, create_graph=k < order - 1)
    quarter = math.pi / 2
    n = order % 4
    return float(y), point * math.sin(point + n * quarter) + order * math.sin(
        point + (n - 1) * quarter
    )


@dataclass(frozen=True)
class Item:
    """A piece of work, its size, and what it may take at most."""

    work: Work
    title: str
    size: int
    seconds: float | None = None
    bytes: float | None = None
    quick: int = 50


ITEMS = {
    "operations": Item(
        partial(_chain, _multiplied), "a chain of {:,} operations", 1_000_000, 60.0, 2e9
    ),
    "views": Item(partial(_chain, _viewed), "a chain of {:,} views", 100_000),
    "in-place": Item(partial(_chain, _changed), "{:,} operations in place", 100_000),
    "in-place-views": Item(
        partial(_chain, _changed_part), "{:,} operations in place on views", 100_000
    ),
    "functions": Item(partial(_chain, _applied), "a chain of {:,} custom functions", 100_000),
    "diamonds": Item(partial(_chain, _diamond), "y = (y + y)*0.5, {:,} deep", 100_000),
    "diamonds-half": Item(partial(_chain, _diamond), "y = (y + y)*0.5, {:,} deep", 50_000),
    "uses": Item(_uses, "one leaf used {:,} times", 100_000),
    "nested": Item(_nested, "{:,} backward passes, each inside the last", 2_000, quick=20),
    "derivatives": Item(_derivatives, "derivative {:,} of x sin(x)", 12, 1.0, quick=12),
}


def _measured(item: Item, peer: Peer, size: int) -> Figures:
    """Do a piece of work once on little, then take its time and the peak of its memory."""
    item.work(peer.xp, min(size, 12))
    limit = sys.getrecursionlimit()
    if peer.name == SUBJECT:  # PyTorch's passes do not run in Python
        sys.setrecursionlimit(STACK)
    try:
        before, start = _forget_peak(), time.perf_counter()
        found, expected = item.work(peer.xp, size)
        passed, after = time.perf_counter() - start, _peak()
    finally:
        sys.setrecursionlimit(limit)
    return {
        "time": passed,
        "memory": max(after - before, 0),
        "gradient": [found],
        "expected": [expected],
    }


#: What a process is asked for.
WORK: dict[str, Callable[[Peer, int], Figures]] = {
    f"depth-{name}": partial(_measured, item) for name, item in ITEMS.items()
}


@dataclass(frozen=True)
class Depth:
    """Forward, backward and freeing of what is very deep, wide or nested."""

    name: str = "depth"

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Measure PyTorch and the package, each piece of work in a process of its own."""
        skipped = _skipped(names, settings.quick)
        present = [n for n in names if n not in skipped]
        lines = []
        for name, item in ITEMS.items():
            size = item.quick if settings.quick else item.size
            figures, failed = round_robin(
                present,
                settings.process_rounds,
                lambda peer, name=name, size=size: once(  # type: ignore[misc]
                    "once", f"{self.name}-{name}", peer, str(size)
                ),
            )
            for peer, rounds in list(figures.items()):
                (found,), (expected,) = rounds[0]["gradient"], rounds[0]["expected"]
                if not math.isclose(found, expected, rel_tol=1e-12):
                    failed[peer] = f"found {found} where {expected} is expected"
                    del figures[peer]
            for quantity, unit, limit in (("time", "s", item.seconds), ("memory", "B", item.bytes)):
                samples = {
                    peer: Sample([one[quantity] for one in rounds])
                    for peer, rounds in figures.items()
                }
                title = f"{quantity} of {item.title.format(size)}"
                targets = () if limit is None else (Target(limit, against=None),)
                lines.append(
                    Line(
                        f"{self.name}-{name}-{quantity}",
                        title,
                        unit,
                        samples,
                        skipped,
                        targets,
                        failed,
                    )
                )
        return lines


CASES = (Depth(),)
