"""What kind of numbers an array of any carrier holds, told by its dtype's name."""

from __future__ import annotations

from typing import Any

__all__ = ["is_bool", "is_complex", "is_floating", "is_integral"]


def is_bool(x: Any) -> bool:
    """Return whether elements are truth values."""
    return "bool" in str(x.dtype)


def is_integral(x: Any) -> bool:
    """Return whether elements are integers."""
    return "int" in str(x.dtype)


def is_complex(x: Any) -> bool:
    """Return whether elements are complex."""
    return "complex" in str(x.dtype)


def is_floating(x: Any) -> bool:
    """Return whether elements are real floating-point numbers."""
    return "float" in str(x.dtype)
