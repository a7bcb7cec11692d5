"""What kind of numbers an array of any carrier holds, told by its dtype's name."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["is_bool", "is_complex", "is_floating", "is_integral"]


@lru_cache(maxsize=None, typed=True)  # libraries' dtypes may be equal, or refuse to compare
def _name(dtype: Any) -> str:
    """Return a dtype's name, which takes some libraries longer than a small operation."""
    return str(dtype)


def is_bool(x: Any) -> bool:
    """Return whether elements are truth values."""
    return "bool" in _name(x.dtype)


def is_integral(x: Any) -> bool:
    """Return whether elements are integers."""
    return "int" in _name(x.dtype)


def is_complex(x: Any) -> bool:
    """Return whether elements are complex."""
    return "complex" in _name(x.dtype)


def is_floating(x: Any) -> bool:
    """Return whether elements are real floating-point numbers."""
    return "float" in _name(x.dtype)
