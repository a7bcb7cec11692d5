"""Timing programs side by side in one process."""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.model import Arrays, Builder, Line, Program, Sample, Settings, Target, unstated
from benchmarks.peers import Peer, load_all

# Above this, a peer that was meant to keep to one thread did not.
_MOST_CPUS = 1.1


@dataclass(frozen=True)
class TimedCase:
    """A program in several styles, whose steps are timed interleaved.

    Every peer's first step is compared with `expected` before anything is timed, so a wrong
    result is never praised for its speed.
    """

    name: str
    title: str
    expected: Callable[[bool], Arrays]
    programs: Mapping[str, Builder]
    absent: Mapping[str, str] = field(default_factory=dict)
    targets: Sequence[Target] = ()
    rtol: float = 2e-3
    atol: float = 1e-5

    def check(self, peer: Peer, program: Program, quick: bool) -> None:
        """Run one step and compare what it computed with what is expected."""
        result = program.step()
        peer.finish(result)
        actual = [peer.host(value) for value in program.read(result)]
        expected = self.expected(quick)
        if len(actual) != len(expected):
            raise AssertionError(f"{len(actual)} results where {len(expected)} are expected")
        for mine, right in zip(actual, expected, strict=True):
            np.testing.assert_allclose(mine, right, rtol=self.rtol, atol=self.atol)

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Measure the named peers in this process."""
        peers, skipped = load_all(names)
        programs: dict[str, Program] = {}
        failed: dict[str, str] = {}
        for name, peer in peers.items():
            reason = unstated(self.programs, self.absent, peer)
            if reason is not None:
                skipped[name] = reason
                continue
            try:
                programs[name] = self.programs[peer.spec.style](peer, settings.quick)
                self.check(peer, programs[name], settings.quick)
            except Exception as error:  # one peer's failure is a result, not the end of the run
                failed[name] = f"{type(error).__name__}: {_first_line(error)}"
                programs.pop(name, None)
        samples = interleave({name: (peers[name], programs[name]) for name in programs}, settings)
        return [Line(self.name, self.title, "s", samples, skipped, self.targets, failed)]


def interleave(
    programs: Mapping[str, tuple[Peer, Program]], settings: Settings
) -> dict[str, Sample]:
    """Time programs round by round, each once a round, and return seconds for a step.

    What slows the machine for a while slows all peers alike. The order changes from round to
    round, so that no peer always follows the same one.
    """
    repeats = {name: _repeats(program.step, settings) for name, (_, program) in programs.items()}
    times: dict[str, list[float]] = {name: [] for name in programs}
    cpu = dict.fromkeys(programs, 0.0)
    order = list(programs)
    shuffle = random.Random(0).shuffle
    for _ in range(settings.rounds):
        shuffle(order)
        for name in order:
            peer, program = programs[name]
            step, count = program.step, repeats[name]
            # The collector stays on; only the young garbage of the peer before is not ours.
            gc.collect(1)
            cpu_start, start = time.process_time(), time.perf_counter()
            for _ in range(count):
                result = step()
            peer.finish(result)
            elapsed = time.perf_counter() - start
            cpu[name] += time.process_time() - cpu_start
            times[name].append(elapsed / count)
            del result
    return {
        name: Sample(values, _cpu_note(cpu[name], sum(values) * repeats[name]))
        for name, values in times.items()
    }


def _repeats(step: Callable[[], object], settings: Settings) -> int:
    """Warm a program up, and return how many of its steps make up one round."""
    count, start = 0, time.perf_counter()
    while count < 2 or time.perf_counter() - start < settings.warm_seconds:
        step()
        count += 1
    start = time.perf_counter()
    step()
    one = max(time.perf_counter() - start, 1e-7)
    return max(1, math.ceil(settings.round_seconds / one))


def _cpu_note(cpu: float, wall: float) -> str:
    used = cpu / wall
    # Below a few hundredths of a second the two clocks' grains differ by more than this.
    return f"used {used:.1f} CPUs" if wall > 0.1 and used > _MOST_CPUS else ""


def _first_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
