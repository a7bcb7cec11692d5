"""Prints how this library compares with PyTorch's database of operations.

Run from the root of the repository: ``python tests/oracle/op_db_report.py linalg --verbose``.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "backends")]

from op_db import STEPS, Report, compare, entries  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern", nargs="?", default="", help="of names, from their start")
    parser.add_argument("--limit", type=int, default=16, help="samples of each dtype; 0: all")
    parser.add_argument("--verbose", action="store_true", help="show what differs")
    parser.add_argument("--words", action="store_true", help="show other words of errors, too")
    options = parser.parse_args()
    chosen = {k: op for k, op in entries().items() if re.match(options.pattern, k)}
    reports = []
    for name, op in chosen.items():
        report = compare(op, options.limit or None)
        reports.append(report)
        if report.missing:
            continue
        shown = [p for p in report.problems if options.words or p[0] != "words"]
        counts = " ".join(f"{k}:{n}" for k, n in report.done.items())
        print(f"{'ok  ' if not shown else 'FAIL'} {name}: {counts}", flush=True)
        if options.verbose:
            for what, detail in list(dict.fromkeys(shown))[:6]:
                print(f"       {what}: {detail[:420]}")
            if len(shown) > 6:
                print(f"       ... and {len(shown) - 6} more")
    print("missing:", " ".join(r.name for r in reports if r.missing))
    summary(reports)
    return 0


def summary(reports: list[Report]) -> None:
    """Print how many names are there, and agree in every respect."""
    by_name: dict[str, list[Report]] = {}
    for report in reports:
        by_name.setdefault(report.name.split("-")[0], []).append(report)
    have = [n for n, rs in by_name.items() if not any(r.missing for r in rs)]
    agree = [n for n in have if all(r.ok(*STEPS) for r in by_name[n])]
    refused = sum(r.done["refused"] for r in reports)
    accepted = sum(w == "errors" for r in reports for w, _ in r.problems)
    words = sum(r.done["refused in other words"] for r in reports)
    print(
        f"{len(by_name)} names: {len(have)} are here, {len(agree)} agree; error inputs: "
        f"{refused} of {refused + accepted} refused, {words} of these in other words"
    )


if __name__ == "__main__":
    sys.exit(main())
