"""Checking a whole backend, with progress, a table of what failed, and a verdict."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from ..backend import registry, selection
from .derivatives import CHECKS, Problem, problems
from .samples import all_cases

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["check_backend", "table"]


def check_backend(name: str | None = None) -> int:
    """Check every operation on a backend, and print what was found.

    Parameters
    ----------
    name : str, optional
        The backend; without it the default one.

    Returns
    -------
    int
        0 if all is well, 1 if something is not: an exit code.

    Raises
    ------
    BackendError
        If there is no such backend, or it cannot run here.
    """
    if name is None:
        place = selection.default_place()
    else:
        backend = registry.get(name)
        place = registry.place(backend, backend.kinds[0], 0)
    title = f"backend {place.backend.name} {place.backend.version} on {place.device}"
    about = place.backend.describe_device(place.kind, place.index)
    print(f"checking {title}" + (f" ({about})" if about != str(place.device) else ""), flush=True)
    start = time.perf_counter()
    cases = list(all_cases())
    found = [p for case in _with_progress(cases) for p in problems(case, place)]
    seconds = time.perf_counter() - start
    operations = len({case.name for case in cases})
    if not found:
        print(
            f"OK: {operations} operations in {len(cases)} cases agree with NumPy, finite "
            f"differences and each other ({seconds:.1f} s)"
        )
        return 0
    print()
    print(table(["operation", "case", "what", "problem"], [_row(p) for p in found]))
    print()
    broken = len({p.case.name for p in found})
    print(
        f"FAILED: {title}: {len(found)} of {len(cases) * len(CHECKS)} checks, in {broken} of "
        f"{operations} operations ({seconds:.1f} s)"
    )
    return 1


def _row(problem: Problem) -> list[str]:
    return [problem.case.name, problem.case.label, problem.what, problem.detail]


def _with_progress(items: list[Any]) -> Iterable[Any]:
    """Return the items, with a progress bar where a person watches and tqdm is installed."""
    if not sys.stderr.isatty():
        return items
    try:
        from tqdm import tqdm
    except ImportError:
        return items
    bar: Iterable[Any] = tqdm(items, unit="case", leave=False)
    return bar


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return rows of text in columns, long entries cut."""
    cut = [[" ".join(cell.split())[:100] for cell in row] for row in [head, *rows]]
    widths = [max(len(row[k]) for row in cut) for k in range(len(head))]
    lines = [
        "  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip()
        for row in cut
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
