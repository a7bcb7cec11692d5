"""Timing programs side by side, turn by turn."""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.model import Arrays, Builder, Line, Program, Sample, Settings, Target
from benchmarks.peers import SPECS, Peer, Spec, missing
from benchmarks.processes import Figures, ProcessFailed, Worker

# Above this, a peer that was meant to keep to one thread did not.
_MOST_CPUS = 1.1


@dataclass(frozen=True)
class TimedCase:
    """A program in several styles, whose steps are timed.

    Every peer's first step is compared with `expected` before anything is timed, so a wrong
    result is never praised for its speed. `absent` says of a peer why it has no program.
    """

    name: str
    title: str
    expected: Callable[[bool], Arrays]
    programs: Mapping[str, Builder]
    absent: Mapping[str, str] = field(default_factory=dict)
    targets: Sequence[Target] = ()
    rtol: float = 2e-3
    atol: float = 1e-5

    def unstated(self, spec: Spec) -> str | None:
        """Return why the case has no program for a peer, or None if it has one."""
        if spec.name in self.absent:
            return self.absent[spec.name]
        return None if spec.style in self.programs else "this case has no program for it"

    def checked(self, peer: Peer, quick: bool) -> Program:
        """Build a peer's program, and compare what its first step computes with `expected`."""
        program = self.programs[peer.spec.style](peer, quick)
        result = program.step()
        peer.finish(result)
        actual = [peer.host(value) for value in program.read(result)]
        for mine, right in zip(actual, self.expected(quick), strict=True):
            np.testing.assert_allclose(mine, right, rtol=self.rtol, atol=self.atol)
        return program

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Measure the named peers, each in a process of its own, one at a time."""
        why_not = {name: missing(SPECS[name]) or self.unstated(SPECS[name]) for name in names}
        skipped = {name: reason for name, reason in why_not.items() if reason is not None}
        samples, failed = _take_turns(
            self.name, [name for name in names if name not in skipped], settings
        )
        return [Line(self.name, self.title, "s", samples, skipped, self.targets, failed)]


def _take_turns(
    case: str, names: Sequence[str], settings: Settings
) -> tuple[dict[str, Sample], dict[str, str]]:
    """Time one case for peers round by round; return the samples, and why peers failed.

    A peer alone in its process has the heap, the collector and the threads that its users
    have. Only one process works at a time, and what slows the machine for a while slows all
    peers alike. The order changes, so that no peer always follows the same one.
    """
    failed: dict[str, str] = {}
    figures: dict[str, list[Figures]] = {name: [] for name in names}
    with contextlib.ExitStack() as stack:
        workers: dict[str, Worker] = {}

        def ask(name: str, order: str, **options: float) -> Figures | None:
            try:
                return workers[name].ask(order=order, **options)
            except ProcessFailed as error:
                failed[name] = str(error)
                del workers[name]
                return None

        repeats: dict[str, int] = {}
        for name in names:
            arguments = ("turns", case, name, str(int(settings.quick)))
            workers[name] = stack.enter_context(Worker(*arguments))
            answer = ask(
                name, "warm", seconds=settings.warm_seconds, round_seconds=settings.round_seconds
            )
            if answer is not None:
                repeats[name] = answer["repeats"]
        shuffle = random.Random(0).shuffle
        for _ in range(settings.rounds):
            order = list(workers)
            shuffle(order)
            for name in order:
                answer = ask(name, "round", repeats=repeats[name])
                if answer is not None:
                    figures[name].append(answer)
    samples = {}
    for name, rounds in figures.items():
        if name not in failed:
            wall, cpu = (sum(one[key] for one in rounds) for key in ("wall", "cpu"))
            samples[name] = Sample(
                [one["wall"] / repeats[name] for one in rounds], _note(cpu, wall)
            )
    return samples, failed


def warm_up(program: Program, seconds: float, round_seconds: float) -> int:
    """Warm a program up, and return how many of its steps make up one round."""
    count, start = 0, time.perf_counter()
    while count < 2 or time.perf_counter() - start < seconds:
        program.step()
        count += 1
    start = time.perf_counter()
    program.step()
    one = max(time.perf_counter() - start, 1e-7)
    return max(1, math.ceil(round_seconds / one))


def time_round(peer: Peer, program: Program, repeats: int) -> dict[str, float]:
    """Return the seconds, of time and of processors, that some steps take."""
    step = program.step
    if repeats > 1:
        # While others had their turn, their data replaced ours in the processor's caches.
        peer.finish(step())
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(repeats):
        result = step()
    peer.finish(result)
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def _note(cpu: float, wall: float) -> str:
    used = cpu / wall
    # In less time than this the grain of the processors' clock shows.
    return f"used {used:.1f} CPUs" if wall > 0.1 and used > _MOST_CPUS else ""
