"""Which of the calls that are under way are the library's own, and which the program's."""

from __future__ import annotations

import sys
from os.path import abspath, dirname
from typing import Any

__all__ = ["is_own", "outside"]

#: Where the library's files are, and what written functions are compiled as.
_OURS = (dirname(dirname(abspath(__file__))), "<recorder of", "<rules of", "<stub of")


def is_own(code: Any) -> bool:
    """Return whether a function's code is the library's."""
    return code.co_filename.startswith(_OURS)  # type: ignore[no-any-return]


def outside() -> int:
    """Return the `stacklevel` with which a caller's warning points to the program's line."""
    frame: Any = sys._getframe(1)
    level = 1
    while frame.f_back is not None and is_own(frame.f_code):
        frame, level = frame.f_back, level + 1
    return level
