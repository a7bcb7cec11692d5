"""A process that measures one peer, as another process tells it.

``python -m benchmarks.worker once CASE PEER SIZE`` measures once and prints the figures.
``python -m benchmarks.worker turns CASE PEER QUICK`` takes orders from standard input, one a
line, and answers each with one line. Both speak JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.cases import TIMED, depth, family_memory, memory, passes
from benchmarks.peers import SPECS, Peer, load
from benchmarks.timing import time_round, warm_up


def _say(**figures: Any) -> None:
    print(json.dumps(figures), flush=True)


def once(case: str, peer: Peer, size: int) -> None:
    """Do a piece of work once, in a process that does nothing else."""
    _say(**{**memory.WORK, **family_memory.WORK, **passes.WORK, **depth.WORK}[case](peer, size))


def turns(case: str, peer: Peer, quick: bool) -> None:
    """Check a program, then time its steps whenever told to."""
    program = TIMED[case].checked(peer, quick)
    for line in sys.stdin:
        order = json.loads(line)
        if order["order"] == "warm":
            _say(repeats=warm_up(program, order["seconds"], order["round_seconds"]))
        else:
            _say(**time_round(peer, program, order["repeats"]))


def main() -> None:
    """Do what the command line says."""
    manner, case, name, number = sys.argv[1:]
    try:
        peer = load(SPECS[name])
        if manner == "once":
            once(case, peer, int(number))
        else:
            turns(case, peer, quick=bool(int(number)))
    except Exception as error:  # whatever a peer raises is a result, told in the last line
        words = " ".join(str(error).split())[:200]
        _say(failed=f"{type(error).__name__}: {words}")


if __name__ == "__main__":
    main()
