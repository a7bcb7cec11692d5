"""Order."""

from __future__ import annotations

from typing import Any

__all__ = ["argsort", "sort"]


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return the positions that put elements in order."""
    from ..functions import sorting

    return sorting.argsort(x, axis, descending, stable)


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return elements in order."""
    from ..functions import sorting

    return sorting.sort(x, axis, descending, stable=stable)[0]
