"""Where files are written to: a path that keeps its old file until the new one is whole."""

from __future__ import annotations

import io
import os
import secrets
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Sink", "opened"]

_CHUNK = 1 << 24


class Sink:
    """A binary file that is written from its present position on, never sought."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, data: Any) -> int:
        """Write all of `data`, which are bytes."""
        with memoryview(data) as memory:
            done = 0
            while done < len(memory):
                part = memory[done : done + _CHUNK]
                n = self._file.write(part)
                # A raw file may take less than it is given; others say how much, or None.
                done += n if isinstance(n, int) else len(part)
            return done

    def flush(self) -> None:
        """Hand on what is buffered."""
        flush = getattr(self._file, "flush", None)
        if flush is not None:
            flush()


@contextmanager
def opened(f: Any) -> Iterator[Sink]:
    """Open a path to be replaced at the end of the block, or take a file that is open."""
    if isinstance(f, (str, os.PathLike)):
        with _replaced(os.fsdecode(f)) as file:
            yield Sink(file)
        return
    if isinstance(f, io.TextIOBase):
        raise TypeError("save(): the file is open as text; open it in binary mode, as 'wb'")
    if not hasattr(f, "write"):
        raise TypeError(
            f"save(): expected a path or a binary file, but got {type(f).__name__}, which has no "
            "write()"
        )
    sink = Sink(f)
    yield sink
    sink.flush()


@contextmanager
def _replaced(path: str) -> Iterator[Any]:
    target = os.path.realpath(path)  # a link stays one
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        # A directory raises here; a pipe or a terminal has nothing to keep.
        with open(target, "wb") as file:
            yield file
        return
    directory = os.path.dirname(target)
    new = os.path.join(directory, f".saving-{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(new, flags, 0o666), "wb") as file:
            if mode is not None:
                os.chmod(new, stat.S_IMODE(mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(new)
        raise
    _sync(directory)


def _sync(directory: str) -> None:
    """Make the new name durable, where a directory can be synchronised."""
    if os.name == "nt":
        return
    with suppress(OSError):  # some file systems refuse; the file itself is safe
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
