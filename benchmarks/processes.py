"""Measuring in processes of their own, where peers in one process would disturb each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.environment import settled

ROOT = Path(__file__).resolve().parent.parent
_LIMIT_SECONDS = 600

Figures = Mapping[str, Any]


class ProcessFailed(Exception):
    """A measuring process ended with an error."""


def run_python(*arguments: str) -> Figures:
    """Run Python with the arguments, and return the figures in the last line it prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=settled(os.environ),
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        reason = said[-1][:200] if said else f"ended with status {done.returncode}"
        raise ProcessFailed(reason)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


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
            except (ProcessFailed, subprocess.TimeoutExpired) as error:
                failed[name] = str(error)
                figures.pop(name)
    return figures, failed
