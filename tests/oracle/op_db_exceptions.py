"""Entries of PyTorch's database of operations that differ here, and why.

The key is an entry's name, with its variant if only that one is meant; the value is what
differs (of ``missing``, ``values``, ``first``, ``second``, ``forward``, ``errors``), and why.
"""

from __future__ import annotations

EXCEPTIONS: dict[str, tuple[set[str], str]] = {}
