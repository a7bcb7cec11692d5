"""The command line: ``python -m tensorflowlite_grad info`` and ``check``."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from ._version import __version__
from .backend import BackendError
from .checking.information import as_text, collect
from .checking.run import check_backend

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process without it.

    Returns
    -------
    int
        0 if all is well, 1 if a check failed, 2 for arguments that make no sense.
    """
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "check":
            return check_backend(arguments.backend)
        found = collect()
        print(json.dumps(found, indent=2) if arguments.json else as_text(found))
    except BackendError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tensorflowlite-grad",
        description="PyTorch's autograd for NumPy, CuPy and other array libraries.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    info = commands.add_parser("info", help="show versions, backends and devices")
    info.add_argument("--json", action="store_true", help="print JSON")
    check = commands.add_parser(
        "check",
        help="prove a backend on this machine",
        description=(
            "Check every operation on this machine: values against NumPy, gradients against "
            "finite differences, forward mode against reverse mode, second derivatives."
        ),
    )
    check.add_argument("--backend", metavar="NAME", help="which one (default: the default one)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
