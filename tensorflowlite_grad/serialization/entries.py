"""Entries: the tensors of a file by name, with the checks that both formats share."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from ..backend import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..dtypes import dtype

__all__ = [
    "HEADER_LIMIT",
    "Entry",
    "check_name",
    "check_shape",
    "empty_host",
    "finished",
    "host_bytes",
    "parsed",
]

#: The longest header and the longest structure, in bytes: what safetensors' own readers take.
HEADER_LIMIT = 100_000_000
#: What array libraries can hold: axes, and bytes by a signed 64-bit number.
_AXES, _BYTES = 64, 2**63 - 1
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
# A string without an end matches too: to fail there would be to begin again at every quote.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor of a file: what it is, and how it is laid out there.

    Attributes
    ----------
    name : str
    dtype : dtype
    shape : tuple of int
    fortran : bool
        Whether the first axis varies fastest.
    swapped : bool
        Whether bytes are in big-endian order.
    """

    name: str
    dtype: dtype
    shape: tuple[int, ...]
    fortran: bool = False
    swapped: bool = False

    @property
    def size(self) -> int:
        """How many bytes its elements take."""
        return prod(self.shape) * self.dtype.itemsize


def check_name(name: str) -> str | None:
    """Return what is wrong with an entry's name, or None.

    Names are never used as paths here, but other tools unpack files.
    """
    if not name:
        return "the name is empty"
    if any(ord(c) < 32 or c == "\x7f" for c in name):
        return "the name has control characters"
    parts = name.replace("\\", "/").split("/")
    if not parts[0] or ".." in parts or "\\" in name or _DRIVE.match(name):
        return "the name is a path that leads elsewhere"
    return None


def check_shape(shape: Any, itemsize: int) -> str | None:
    """Return what is wrong with a shape read from a file, or None."""
    if not isinstance(shape, (list, tuple)) or not all(type(n) is int for n in shape):
        return "its shape is not a list of integers"
    if len(shape) > _AXES:
        return f"its shape has {len(shape)} axes; there can be {_AXES}"
    if any(n < 0 for n in shape):
        return f"its shape {list(shape)} has a negative size"
    # Axes of length 0 do not make the others harmless: strides are products of them.
    if prod(max(n, 1) for n in shape) * itemsize > _BYTES:
        return "its shape is larger than any memory"
    return None


def parsed(data: bytes | str, depth: int, fail: Callable[[str], Exception]) -> Any:
    """Return what JSON from a file says: strictly, and never deeper than `depth`."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise fail(f"it is not UTF-8: byte {error.start}") from None
    level = 0
    for token in _TOKENS.finditer(text):
        level += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if level > depth:
            raise fail(f"its JSON is nested deeper than {depth}")
    try:
        return json.loads(
            text,
            object_pairs_hook=lambda pairs: _unique(pairs, fail),
            parse_constant=lambda name: _refuse(fail(f"its JSON has {name}, which is no number")),
            parse_int=lambda digits: _integer(digits, fail),
        )
    except json.JSONDecodeError as error:
        raise fail(f"its JSON is wrong at character {error.pos}: {error.msg}") from None


def _refuse(error: Exception) -> None:
    raise error


def _integer(digits: str, fail: Callable[[str], Exception]) -> int:
    if len(digits) > 20:
        raise fail(f"its JSON has a number of {len(digits)} digits")
    return int(digits)


def _unique(pairs: list[tuple[str, Any]], fail: Callable[[str], Exception]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        names = Counter(name for name, _ in pairs)
        raise fail(f"the name {names.most_common(1)[0][0][:80]!a} is there twice")
    return out


def empty_host(d: dtype, shape: tuple[int, ...]) -> tuple[Any, memoryview]:
    """Return a NumPy array on the host to be filled, and its memory as bytes."""
    place = registry.place(registry.get("numpy"), "cpu", 0)
    host = place.xp.empty(shape, dtype=place.native(d))
    return host, host.reshape(-1).view("uint8").data


def host_bytes(tensor: Any) -> Any:
    """Return a tensor's elements in row-major order as little-endian bytes."""
    host = tensor._place.backend.to_numpy(tensor._array)
    if not host.flags.c_contiguous:
        host = host.copy(order="C")
    if sys.byteorder == "big":
        host = host.byteswap()
    return host.reshape(-1).view("uint8").data


def finished(entry: Entry, host: Any, fail: Callable[[str], Exception]) -> Any:
    """Return a filled array, of an entry's elements in one row, in the entry's shape."""
    if (sys.byteorder == "big") != entry.swapped:
        host.byteswap(inplace=True)
    if entry.dtype.name == "bool" and host.size and host.view("uint8").max() > 1:
        raise fail(f"a bool is stored as {int(host.view('uint8').max())}, which is not 0 or 1")
    if not entry.fortran:
        return host.reshape(entry.shape)
    return host.reshape(entry.shape[::-1]).transpose().copy(order="C")
