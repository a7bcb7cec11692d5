"""Run one measurement of one peer in this process: ``python -m benchmarks.worker NAME PEER N``.

It prints its figures as one line of JSON, for the process that started it.
"""

from __future__ import annotations

import json
import sys

from benchmarks.cases.memory import WORK
from benchmarks.peers import SPECS, load


def main() -> None:
    """Do the work that the command line names."""
    name, peer, size = sys.argv[1:]
    print(json.dumps(WORK[name](load(SPECS[peer]), int(size))))


if __name__ == "__main__":
    main()
