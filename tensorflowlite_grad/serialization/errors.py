"""`FileError`: a file that is not what it should be."""

from __future__ import annotations

__all__ = ["FileError"]


class FileError(RuntimeError, ValueError):
    """A file cannot be loaded: it is damaged, forged, or of another kind.

    Attributes
    ----------
    file : str
        The file's name, as far as it has one.
    entry : str or None
        The tensor in it that is wrong, or None if the file as a whole is.
    reason : str
        What is wrong.

    Examples
    --------
    >>> import io
    >>> import tensorflowlite_grad as tg
    >>> try:
    ...     tg.load(io.BytesIO(b"abc"))
    ... except tg.serialization.FileError as error:
    ...     print(error.reason)
    it has 3 bytes, too few for a header of safetensors; it may be cut off
    """

    __module__ = "tensorflowlite_grad.serialization"

    def __init__(self, file: str, entry: str | None, reason: str) -> None:
        super().__init__(file, entry, reason)
        self.file = file
        self.entry = entry
        self.reason = reason

    def __str__(self) -> str:
        entry = "" if self.entry is None else f", entry {_short(self.entry)}"
        return f"cannot load {self.file}{entry}: {self.reason}"


def _short(name: str) -> str:
    """Return a name from a file as a message can show it."""
    return ascii(name if len(name) <= 80 else name[:77] + "...")
