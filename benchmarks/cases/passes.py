"""What derivatives cost by the way they are computed: forward mode, reverse, checkpoints."""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.cases.family_memory import _forget_peak
from benchmarks.cases.memory import _peak
from benchmarks.model import Line, Sample, Settings, Target
from benchmarks.peers import SPECS, SUBJECT, Peer, missing
from benchmarks.processes import Figures, once, round_robin

ARRAY = 200_000
LENGTHS = (50, 200, 800)
LAYERS, SEGMENTS, WIDTH = 64, 8, 256


def _timed(peer: Peer, small: Callable[[], Any], run: Callable[[], Any]) -> Figures:
    """Run once on little, then take the time and the peak of memory of a run."""
    small()
    before, start = _forget_peak(), time.perf_counter()
    found = run()
    peer.finish(found)
    passed, after = time.perf_counter() - start, _peak()
    return {
        "time": passed,
        "memory": max(after - before, 0),
        "gradient": [float(peer.host(abs(found).sum()))],
    }


def chain(mode: str, peer: Peer, length: int) -> Figures:
    """Differentiate a chain of `length` times y = sin(y*1.0001) over an array."""
    xp = peer.xp

    def forward(y: Any, length: int) -> Any:
        for _ in range(length):
            y = xp.sin(y * 1.0001)
        return y

    def derivative(count: int, length: int) -> Any:
        x = xp.linspace(0.5, 1.5, count)
        if mode == "forward":
            return xp.func.jvp(lambda y: forward(y, length), (x,), (xp.ones_like(x),))[1]
        x.requires_grad_()
        forward(x, length).sum().backward()
        return x.grad

    return _timed(peer, lambda: derivative(10, 2), lambda: derivative(ARRAY, length))


def layers(segments: int, peer: Peer, rows: int) -> Figures:
    """Train through 64 layers, tanh(y @ w), in so many checkpointed segments; 0: in none."""
    xp = peer.xp
    sequential: Any = importlib.import_module(f"{SPECS[peer.name].module}.utils.checkpoint")
    weight = np.cos(np.arange(WIDTH * WIDTH, dtype=np.float32)).reshape(WIDTH, WIDTH) / 16

    def gradient(rows: int) -> Any:
        w = xp.tensor(weight, requires_grad=True)
        x = xp.linspace(-1.0, 1.0, rows * WIDTH).reshape(rows, WIDTH).requires_grad_()
        functions: list[Any] = [lambda y: (y @ w).tanh()] * LAYERS
        if segments:
            y = sequential.checkpoint_sequential(functions, segments, x, use_reentrant=False)
        else:
            y = x
            for function in functions:
                y = function(y)
        y.sum().backward()
        return w.grad

    return _timed(peer, lambda: gradient(2), lambda: gradient(rows))


#: What a process is asked for.
WORK: dict[str, Callable[[Peer, int], Figures]] = {
    "forward-mode-forward": partial(chain, "forward"),
    "forward-mode-reverse": partial(chain, "reverse"),
    "checkpoint-no": partial(layers, 0),
    "checkpoint-yes": partial(layers, SEGMENTS),
}


def _skipped(names: Sequence[str], quick: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for n in names:
        reason = missing(SPECS[n])
        if reason is None and SPECS[n].style != "torch":
            reason = "it has another spelling"
        if reason is None and quick and n != SUBJECT:
            reason = "left out of a quick run"
        if reason is not None:
            found[n] = reason
    return found


@dataclass(frozen=True)
class ForwardMode:
    """Time and memory over the length of a chain, in forward mode and in reverse."""

    name: str = "forward-mode"

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Measure PyTorch and the package, each pass in a process of its own."""
        skipped = _skipped(names, settings.quick)
        present = [n for n in names if n not in skipped]
        lines = []
        for mode in ("forward", "reverse"):
            for length in LENGTHS[:1] if settings.quick else LENGTHS:
                figures, failed = round_robin(
                    present,
                    settings.process_rounds,
                    lambda peer, mode=mode, length=length: once(  # type: ignore[misc]
                        "once", f"{self.name}-{mode}", peer, str(length)
                    ),
                )
                for quantity, unit in (("time", "s"), ("memory", "B")):
                    samples = {
                        peer: Sample([one[quantity] for one in found])
                        for peer, found in figures.items()
                    }
                    title = (
                        f"{quantity} of {mode} mode through {length} times y = sin(y*1.0001), "
                        f"{ARRAY:,} float32"
                    )
                    name = f"{self.name}-{mode}-{quantity}-{length}"
                    lines.append(Line(name, title, unit, samples, skipped, (), failed))
        return lines


@dataclass(frozen=True)
class Checkpoint:
    """What checkpoints save, and what they cost, over the same without."""

    name: str = "checkpoint"
    rows: int = 4096

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Measure PyTorch and the package, with and without checkpoints in turn."""
        rows = 64 if settings.quick else self.rows
        skipped = _skipped(names, settings.quick)

        def both(peer: str) -> Figures:
            plain = once("once", "checkpoint-no", peer, str(rows))
            again = once("once", "checkpoint-yes", peer, str(rows))
            return {"plain": plain, "again": again}

        present = [n for n in names if n not in skipped]
        figures, failed = round_robin(present, settings.process_rounds, both)
        for peer, found in list(figures.items()):
            sums = [found[0][kind]["gradient"][0] for kind in ("plain", "again")]
            if not math.isclose(*sums, rel_tol=1e-4):
                failed[peer] = f"|gradient| sums to {sums[1]}, without checkpoints to {sums[0]}"
                del figures[peer]
        lines = []
        for quantity, limit in (("memory", 0.30), ("time", 1.5)):
            samples = {
                peer: Sample(
                    [one["again"][quantity] / max(one["plain"][quantity], 1e-9) for one in found]
                )
                for peer, found in figures.items()
            }
            title = (
                f"{quantity} of {LAYERS} layers of {WIDTH} in {SEGMENTS} checkpointed segments, "
                "over that without"
            )
            targets = (Target(limit, against=None),)
            lines.append(
                Line(f"{self.name}-{quantity}", title, "x", samples, skipped, targets, failed)
            )
        return lines


CASES = (ForwardMode(), Checkpoint())
