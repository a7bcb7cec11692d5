"""What a case is made of, and what measuring it yields."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from benchmarks.peers import Peer

Arrays = Sequence[Any]


@dataclass(frozen=True)
class Program:
    """One peer's way of doing a case.

    ``step`` is what is timed; ``read`` gets from its result, in an order fixed for the case,
    the peer's arrays that are compared with the expected ones.
    """

    step: Callable[[], Any]
    read: Callable[[Any], Arrays]


Builder = Callable[[Peer, bool], Program]


@dataclass(frozen=True)
class Target:
    """A figure that the package means to stay under.

    It is a ratio to the peer named `against`, or a plain value where that is None.
    """

    limit: float
    against: str | None = "torch"


@dataclass(frozen=True)
class Sample:
    """A peer's figures for a line, one from each round."""

    values: Sequence[float]
    note: str = ""

    @property
    def median(self) -> float:
        """The middle figure, which one slow round does not move."""
        return statistics.median(self.values)

    @property
    def best(self) -> float:
        """The least figure, the one least disturbed by other work on the machine."""
        return min(self.values)


@dataclass
class Line:
    """One measured quantity for all peers; less is better."""

    name: str
    title: str
    unit: str
    samples: dict[str, Sample]
    skipped: dict[str, str]
    targets: Sequence[Target] = ()
    failed: dict[str, str] = field(default_factory=dict)

    def ratio(self, peer: str, against: str) -> float | None:
        """Return one peer's median over another's, or None if either is missing."""
        if peer not in self.samples or against not in self.samples:
            return None
        base = self.samples[against].median
        return self.samples[peer].median / base if base > 0 else None


@dataclass(frozen=True)
class Settings:
    """How thoroughly to measure."""

    quick: bool = False
    rounds: int = 25
    round_seconds: float = 0.03
    warm_seconds: float = 0.2
    process_rounds: int = 3

    @classmethod
    def for_quick(cls) -> Settings:
        """Return the settings of a look at whether everything runs; its figures mean little."""
        return cls(True, rounds=3, round_seconds=0.002, warm_seconds=0.0, process_rounds=1)


class Case(Protocol):
    """Anything that can be measured."""

    @property
    def name(self) -> str:
        """The name that ``--only`` takes."""

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Measure the named peers side by side."""
