"""The command line: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.environment import describe, restart_settled
from benchmarks.peers import SPECS


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure tensorflowlite_grad beside its peers, one thread each.",
    )
    parser.add_argument("--list", action="store_true", help="list the cases and the peers")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="measure only this case (repeatable)"
    )
    parser.add_argument("--peers", metavar="A,B,...", help="measure only these peers")
    parser.add_argument("--quick", action="store_true", help="see that it runs: tiny and inexact")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE too")
    parser.add_argument("--backend", metavar="NAME", help="the backend of tensorflowlite_grad")
    parser.add_argument(
        "--device", metavar="NAME", help="where PyTorch and JAX compute, such as cuda (default cpu)"
    )
    options = parser.parse_args(arguments)
    names = SPECS if options.peers is None else options.peers.split(",")
    unknown = [name for name in names if name not in SPECS]
    if unknown:
        parser.error(f"no peer is called {', '.join(unknown)}; there are {', '.join(SPECS)}")
    options.peers = list(names)
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; the status is 1 if a peer failed or computed something wrong."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    restart_settled(options.backend, options.device)

    # Only now may anything be imported that reads the number of threads.
    from benchmarks import report
    from benchmarks.cases import CASES
    from benchmarks.model import Line, Settings

    if options.list:
        print("cases:", ", ".join(CASES))
        print("peers:", ", ".join(SPECS))
        return 0
    chosen = options.only or list(CASES)
    unknown = [name for name in chosen if name not in CASES]
    if unknown:
        print(f"no case is called {', '.join(unknown)}; there are {', '.join(CASES)}")
        return 2

    environment = describe()
    print(report.header(environment), flush=True)
    settings = Settings.for_quick() if options.quick else Settings()
    if options.quick:
        print("\nQUICK: these figures show that the cases run, and nothing about speed.")
    lines: list[Line] = []
    for number, name in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {name} ...", file=sys.stderr, flush=True)
        for line in CASES[name].measure(options.peers, settings):
            lines.append(line)
            print("\n" + report.table(line), flush=True)
    print("\nTargets\n" + report.summary(lines))
    if options.json is not None:
        text = json.dumps(report.as_json(environment, options.quick, lines), indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if any(line.failed for line in lines) else 0


if __name__ == "__main__":
    raise SystemExit(main())
