"""Tables as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["bytes_text", "table", "time_text"]


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return rows, the first a heading, in columns as wide as they need to be.

    Columns with a heading alone are left out, except the first. Those of the numbers `right`
    are flush right.
    """
    kept = [k for k in range(len(rows[0])) if not k or any(row[k] for row in rows[1:])]
    widths = {k: max(len(row[k]) for row in rows) for k in kept}
    lines = []
    for row in rows:
        cells = (row[k].rjust(widths[k]) if k in right else row[k].ljust(widths[k]) for k in kept)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def bytes_text(count: int) -> str:
    """Return a number of bytes as people read it: ``"1.50 KiB"``."""
    if count < 1024:
        return f"{count} B"
    value = float(count)
    for unit in ("KiB", "MiB", "GiB"):
        value /= 1024
        if value < 1024:
            return f"{value:.2f} {unit}"
    return f"{value / 1024:.2f} TiB"


def time_text(microseconds: float) -> str:
    """Return a time as people read it: ``"1.500ms"``."""
    if microseconds >= 1e6:
        return f"{microseconds / 1e6:.3f}s"
    if microseconds >= 1e3:
        return f"{microseconds / 1e3:.3f}ms"
    return f"{microseconds:.3f}us"
