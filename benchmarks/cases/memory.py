"""Long chains in processes of their own: memory, and whether depth is borne at all."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.model import Line, Sample, Settings, Target
from benchmarks.peers import SPECS, Peer, missing
from benchmarks.processes import Figures, once, round_robin

# A million of these make 2.6: exact in float32, and far from overflow.
DEEP_FACTOR = 1 + 2.0**-20
ARRAY_FACTOR = 1.0001
_COMPILED = "a chain of this length, unrolled, does not compile in reasonable time"
_NO_GRAPH = "this case has no program for it"
_COMPILER = "what its compiler holds would be counted too"

Forward = Callable[[Any], Any]


def _resident() -> int:
    """Return the bytes of memory that this process holds now."""
    return _status("VmRSS") or _peak()


def _peak() -> int:
    """Return the most bytes of memory that this process has held."""
    # getrusage would also count what the parent held when it started this process.
    peak = _status("VmHWM")
    if peak is not None:
        return peak
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _status(key: str) -> int | None:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(key + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _differentiate(
    peer: Peer, forward: Forward, x: Any, mark: Callable[[], None] = lambda: None
) -> Any:
    """Return the gradient of `forward` at `x`, calling `mark` between the two passes."""
    if peer.spec.style == "functional":
        y, pull = peer.vjp(forward, x)
        peer.finish(y)
        mark()
        (gradient,) = pull(peer.xp.ones_like(y))
    else:
        y = forward(x)
        mark()
        y.backward()
        gradient = x.grad
    peer.finish(gradient)
    return gradient


def _leaf(peer: Peer, array: Any) -> Any:
    if peer.spec.style == "torch":
        return peer.xp.tensor(array, requires_grad=True)
    return peer.xp.tensor(array) if peer.spec.style == "mygrad" else peer.xp.asarray(array)


def deep_chain(peer: Peer, length: int) -> Figures:
    """Build a chain of `length` nodes and go back through it."""

    def forward(x: Any, length: int = length) -> Any:
        y = x
        for _ in range(length):
            y = y * DEEP_FACTOR
        return y

    x = _leaf(peer, np.ones((), np.float32))
    _differentiate(peer, lambda x: forward(x, 10), x)
    if peer.spec.style == "torch":
        x.grad = None

    times, held = [], []

    def mark() -> None:
        times.append(time.perf_counter())
        held.append(_resident())

    mark()
    start = time.perf_counter()
    gradient = _differentiate(peer, forward, x, mark)
    end = time.perf_counter()
    return {
        "forward": (times[1] - start) / length,
        "backward": (end - times[1]) / length,
        "memory": max(held[1] - held[0], 0) / length,
        "gradient": [float(peer.host(gradient))],
        "expected": [DEEP_FACTOR**length],
    }


def array_chain(peer: Peer, size: int) -> Figures:
    """Take 200 operations over an array, half of which need their operand again."""
    pairs = 100

    def forward(x: Any) -> Any:
        y = x
        for _ in range(pairs):
            y = peer.xp.sin(y * ARRAY_FACTOR)
        return y.sum()

    values = np.linspace(0.5, 1.5, size, dtype=np.float32)
    _differentiate(peer, forward, _leaf(peer, values[:8].copy()))
    x = _leaf(peer, values)
    before = _resident()
    gradient = peer.host(_differentiate(peer, forward, x))
    after = _peak()

    some = slice(0, size, max(size // 4, 1))
    y, expected = values[some].astype(np.float64), np.ones(1)
    for _ in range(pairs):
        expected = expected * ARRAY_FACTOR * np.cos(y * ARRAY_FACTOR)
        y = np.sin(y * ARRAY_FACTOR)
    return {
        "memory": max(after - before, 0),
        "gradient": gradient[some].tolist(),
        "expected": expected.tolist(),
    }


WORK: dict[str, Callable[[Peer, int], Figures]] = {
    "deep-chain": deep_chain,
    "array-memory": array_chain,
}


def _measure(
    case: str, sizes: Mapping[str, int], absent: Mapping[str, str], settings: Settings
) -> tuple[dict[str, list[Figures]], dict[str, str], dict[str, str]]:
    skipped: dict[str, str] = {}
    for name in sizes:
        reason = absent.get(name) or missing(SPECS[name])
        if reason is not None:
            skipped[name] = reason
    present = [name for name in sizes if name not in skipped]
    figures, failed = round_robin(
        present,
        settings.process_rounds,
        lambda name: once("once", case, name, str(sizes[name])),
    )
    for name in list(figures):
        wrong = _wrong(figures[name][0])
        if wrong is not None:
            failed[name] = wrong
            del figures[name]
    return figures, skipped, failed


def _wrong(figures: Figures) -> str | None:
    pairs = list(zip(figures["gradient"], figures["expected"], strict=True))
    # A million rounded products drift from the exact power by a few per cent.
    if all(math.isclose(a, e, rel_tol=0.1) for a, e in pairs):
        return None
    return f"gradient {figures['gradient']} where {figures['expected']} is expected"


@dataclass(frozen=True)
class DeepChain:
    """A graph a million nodes deep."""

    name: str = "deep-chain"
    length: int = 1_000_000
    # These would take minutes; all figures are for one node, so they can still be compared.
    shorter: Mapping[str, int] = field(
        default_factory=lambda: {"autograd": 100_000, "mygrad": 100_000, "jax": 10_000}
    )

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Measure the named peers, each in a process of its own."""
        length = 2_000 if settings.quick else self.length
        sizes = {name: min(self.shorter.get(name, length), length) for name in names}
        figures, skipped, failed = _measure(
            self.name, sizes, {"jax_jit": _COMPILED, "numpy": _NO_GRAPH}, settings
        )

        def line(suffix: str, title: str, unit: str, target: Target | None, *keys: str) -> Line:
            samples = {
                name: Sample(
                    [sum(one[key] for key in keys) for one in rounds],
                    "" if sizes[name] == length else f"at {sizes[name]:,} nodes",
                )
                for name, rounds in figures.items()
            }
            title = f"{title} of a node, in a chain of {length:,} multiplications"
            targets = () if target is None else (target,)
            return Line(self.name + suffix, title, unit, samples, skipped, targets, failed)

        return [
            line("", "forward and backward", "s", Target(0.5), "forward", "backward"),
            line("-forward", "forward", "s", None, "forward"),
            line("-backward", "backward", "s", None, "backward"),
            line("-memory", "memory", "B", Target(1 / 3), "memory"),
        ]


@dataclass(frozen=True)
class ArrayMemory:
    """The peak memory of a chain over a large array."""

    name: str = "array-memory"
    size: int = 1_000_000

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Measure the named peers, each in a process of its own."""
        size = 100_000 if settings.quick else self.size
        figures, skipped, failed = _measure(
            self.name,
            dict.fromkeys(names, size),
            {"jax_jit": _COMPILER, "numpy": _NO_GRAPH},
            settings,
        )
        samples = {
            name: Sample([one["memory"] for one in rounds]) for name, rounds in figures.items()
        }
        title = f"peak memory, 100 times y = sin(y*1.0001) over {size:,} float32, with gradient"
        return [Line(self.name, title, "B", samples, skipped, (), failed)]


CASES = (DeepChain(), ArrayMemory())
