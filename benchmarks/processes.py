"""Processes that each hold one peer, so that peers never disturb each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.environment import settled

ROOT = Path(__file__).resolve().parent.parent

Figures = Mapping[str, Any]


class ProcessFailed(Exception):
    """A measuring process could not do what it was asked."""


class Worker:
    """A running ``python -m benchmarks.worker``, or Python with other arguments.

    Leaving its ``with`` block ends the process.
    """

    def __init__(self, *arguments: str, module: str | None = "benchmarks.worker") -> None:
        started = [sys.executable, *(() if module is None else ("-m", module)), *arguments]
        # A file, since a full pipe that nobody reads would stop the process.
        self._errors = tempfile.TemporaryFile(  # noqa: SIM115 (closed in __exit__)
            mode="w+", encoding="utf-8", errors="replace"
        )
        self._process = subprocess.Popen(
            started,
            cwd=ROOT,
            env=settled(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        # A process that waits for orders ends with its input; one in the midst of work is killed.
        if exception[0] is not None:
            self._process.kill()
        self._process.communicate()
        self._errors.close()

    def ask(self, **order: Any) -> Figures:
        """Give an order and wait for the figures."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it has ended already, and its last line says why
        return self.listen()

    def listen(self) -> Figures:
        """Wait for the process to say figures."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            # A library may print something of its own before.
            if line.startswith("{"):
                figures: Figures = json.loads(line)
                if "failed" in figures:
                    raise ProcessFailed(figures["failed"])
                return figures
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().strip().splitlines()
        raise ProcessFailed(said[-1][:200] if said else f"status {self._process.returncode}")


def once(*arguments: str, module: str | None = "benchmarks.worker") -> Figures:
    """Run a process for the one set of figures that it says."""
    with Worker(*arguments, module=module) as worker:
        return worker.listen()


def round_robin(
    names: Sequence[str], rounds: int, measure: Callable[[str], Figures]
) -> tuple[dict[str, list[Figures]], dict[str, str]]:
    """Measure each peer once a round; return the figures, and why peers that failed did so."""
    figures: dict[str, list[Figures]] = {name: [] for name in names}
    failed: dict[str, str] = {}
    for _ in range(rounds):
        for name in names:
            if name in failed:
                continue
            try:
                figures[name].append(measure(name))
            except ProcessFailed as error:
                failed[name] = str(error)
                figures.pop(name)
    return figures, failed
