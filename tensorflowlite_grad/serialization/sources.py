"""Where files are read from: a region of known size, which no read leaves."""

from __future__ import annotations

import errno
import io
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Source", "opened"]

_CHUNK = 1 << 24


class Source:
    """A binary file from its present position to its end.

    It is itself a file that can be read and sought, from 0 to `size`, and never allocates
    more than is there, whatever length is asked for.

    Attributes
    ----------
    name : str
        What messages call it.
    size : int
        How many bytes there are.
    """

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        self._start = file.tell()
        self.name = name
        self.size = max(0, file.seek(0, os.SEEK_END) - self._start)
        self._at = 0

    def error(self, reason: str, entry: str | None = None) -> FileError:
        """Return the error that says what is wrong with the file."""
        return FileError(self.name, entry, reason)

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, "a position before the beginning")
        self._at = start + offset
        return self._at

    def read(self, n: int = -1) -> bytes:
        """Return the next `n` bytes, or as many as there are."""
        left = max(0, self.size - self._at)
        out = bytearray(left if n < 0 else min(n, left))
        self._fill(memoryview(out))
        return bytes(out)

    def read_into(self, offset: int, memory: memoryview) -> None:
        """Fill `memory` with what stands at `offset`."""
        self._at = offset
        self._fill(memory)

    def _fill(self, memory: memoryview) -> None:
        self._file.seek(self._start + self._at)
        readinto = getattr(self._file, "readinto", None)
        done = 0
        while done < len(memory):
            part = memory[done : done + _CHUNK]
            if readinto is not None:
                n = readinto(part) or 0
            else:
                data = self._file.read(len(part))
                n = len(data)
                part[:n] = data
            if not n:
                raise self.error(f"it ended at byte {self._at + done}; was it changed meanwhile?")
            done += n
        self._at += done

    def finish(self) -> None:
        """Leave the file at its end, as one that was read."""
        self._file.seek(self._start + self.size)


@contextmanager
def opened(f: Any) -> Iterator[Source]:
    """Open a path, or take a binary file that is open already."""
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            yield Source(file, repr(os.fsdecode(f)))
        return
    if isinstance(f, io.TextIOBase):
        raise TypeError("load(): the file is open as text; open it in binary mode, as 'rb'")
    missing = [name for name in ("read", "seek", "tell") if not hasattr(f, name)]
    if missing:
        raise TypeError(
            f"load(): expected a path or a binary file that can be sought, but got "
            f"{type(f).__name__}, which has no {missing[0]}(); io.BytesIO(data) makes a file of "
            "bytes"
        )
    name = getattr(f, "name", None)
    source = Source(f, repr(name) if isinstance(name, str) else f"a {type(f).__name__}")
    yield source
    source.finish()
