"""NumPy's npz format: a zip archive with a member in npy format for each array.

The structure around the arrays is a further member, which NumPy hands on as bytes. Members
that are pickled objects are refused, and headers are read by a pattern, not evaluated.
"""

from __future__ import annotations

import errno
import re
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .. import dtypes
from .entries import (
    HEADER_LIMIT,
    Entry,
    check_name,
    check_shape,
    empty_host,
    finished,
    host_bytes,
)
from .errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .sinks import Sink
    from .sources import Source

__all__ = ["NpzFile", "write"]

_STRUCTURE = "structure.json"
_MAGIC = b"\x93NUMPY"
_CODES = {
    "bool": "b1",
    "uint8": "u1",
    "uint16": "u2",
    "uint32": "u4",
    "uint64": "u8",
    "int8": "i1",
    "int16": "i2",
    "int32": "i4",
    "int64": "i8",
    "float16": "f2",
    "float32": "f4",
    "float64": "f8",
    "complex64": "c8",
    "complex128": "c16",
}
_DTYPES = {code: dtypes.BY_NAME[name] for name, code in _CODES.items()}
#: Longer than any header of an array of numbers.
_HEADER = 10_000
_PATTERN = re.compile(
    r"\{ *'descr': *'([<>|=]?)([a-zA-Z?][0-9]{0,3})', *'fortran_order': *(True|False), *"
    r"'shape': *\(([0-9, ]*)\),? *\} *\n?",
    re.ASCII,
)
#: Deflate makes nothing smaller than 1/1032.
_DEFLATE = 1032
#: How much compressed entries may expand to, together: this, or this many times the file.
_EXPANDED, _TIMES = 1 << 30, 100
_CHUNK = 1 << 20
#: What zipfile may raise for archives that are damaged or forged.
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    EOFError,
    LookupError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def _header(d: dtypes.dtype, shape: tuple[int, ...]) -> bytes:
    order = "|" if d.itemsize == 1 else "<"
    text = f"{{'descr': '{order}{_CODES[d.name]}', 'fortran_order': False, 'shape': {shape!r}, }}"
    # The data begin at a multiple of 64, of a mapped file too.
    text += " " * (-(len(_MAGIC) + 4 + len(text) + 1) % 64) + "\n"
    return _MAGIC + b"\x01\x00" + len(text).to_bytes(2, "little") + text.encode("ascii")


def write(sink: Sink, structure: str, tensors: dict[str, Any]) -> None:
    """Write an archive, with `structure` as a member."""
    file: Any = sink
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr(zipfile.ZipInfo(_STRUCTURE), structure.encode("ascii"))
        for name, tensor in tensors.items():
            shape = tuple(int(n) for n in tensor.shape)
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                member.write(_header(tensor.dtype, shape))
                data = host_bytes(tensor)
                for begin in range(0, len(data), _CHUNK):
                    member.write(data[begin : begin + _CHUNK])


class NpzFile:
    """An archive whose members have been checked, with the headers of their arrays.

    Attributes
    ----------
    structure : bytes or None
        The structure in JSON, or None in files of other programs.
    entries : dict
        Every array's `Entry` by its name.
    """

    def __init__(self, source: Source, max_bytes: int | None = None) -> None:
        self._source = source
        self.structure: bytes | None = None
        self.entries: dict[str, Entry] = {}
        self._members: dict[str, tuple[zipfile.ZipInfo, int]] = {}
        file: Any = source
        with self._reading(None):
            self._archive = zipfile.ZipFile(file)
        members = self._archive.infolist()
        self._check_layout(members)
        self._check_members(members, max_bytes)
        for member in members:
            if member.filename == _STRUCTURE:
                self.structure = self._read_structure(member)
            else:
                self._open_entry(member)

    @contextmanager
    def _reading(self, entry: str | None) -> Iterator[None]:
        try:
            yield
        except FileError:
            raise
        except _ERRORS as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:
                raise  # the disk's, not the file's
            raise self._source.error(
                f"the archive is damaged: {type(error).__name__}: {ascii(str(error))[1:-1][:200]}",
                entry,
            ) from None

    def _check_layout(self, members: list[zipfile.ZipInfo]) -> None:
        """Check that members follow each other and fill the archive, as every writer has it."""
        source, archive = self._source, self._archive
        if archive.comment:
            raise source.error("the archive has a comment, or data follow it")
        source.seek(max(0, source.size - 22))
        if source.read(4) != b"PK\x05\x06":
            raise source.error("data follow the archive's end")
        ends = {0}  # where a member can end, and so the next one has to begin
        for member in sorted(members, key=lambda m: m.header_offset):
            begin = member.header_offset
            if begin not in ends:
                what = "overlap others" if begin < max(ends) else "do not follow those before"
                raise source.error(f"its data {what}", member.filename)
            source.seek(begin)
            header = source.read(30)
            lengths = struct.unpack("<HH", header[26:]) if len(header) == 30 else (0, 0)
            end = begin + 30 + sum(lengths) + member.compress_size
            # Where a size was not known in advance, it may follow, in any of these forms.
            ends = {end + n for n in (12, 16, 20, 24)} if member.flag_bits & 0x8 else {end}
        if archive.start_dir not in ends:
            raise source.error("other data are between its entries and their directory")

    def _check_members(self, members: list[zipfile.ZipInfo], max_bytes: int | None) -> None:
        source = self._source
        seen: set[str] = set()
        expanded = total = 0
        for member in members:
            name = member.orig_filename
            wrong = check_name(name)
            if wrong is None and name != member.filename:
                wrong = "the name is not one that archives have"
            if wrong is None and name in seen:
                wrong = "the name is there twice"
            if wrong is None and not name.endswith(".npy") and name != _STRUCTURE:
                wrong = "it is no array in npy format"
                if name.endswith(".pkl"):
                    wrong = "it is a pickle, which is never read: loading one runs its code"
            if wrong is None and member.flag_bits & 0x1:
                wrong = "it is encrypted"
            if wrong is None:
                wrong = self._wrong_sizes(member)
            if wrong is not None:
                raise source.error(wrong, name)
            seen.add(name)
            total += member.file_size
            if member.compress_type == zipfile.ZIP_DEFLATED:
                expanded += member.file_size
        if max_bytes is not None and total > max_bytes:
            raise source.error(f"it expands to {total} bytes; max_bytes allows {max_bytes}")
        limit = max(_EXPANDED, _TIMES * source.size)
        if max_bytes is None and expanded > limit:
            raise source.error(
                f"its compressed entries expand to {expanded} bytes, and more than {limit} are "
                "only read if max_bytes allows them"
            )

    def _wrong_sizes(self, member: zipfile.ZipInfo) -> str | None:
        packed, size = member.compress_size, member.file_size
        if member.compress_type == zipfile.ZIP_STORED:
            return None if packed == size else f"its sizes differ: {packed} and {size} bytes"
        if member.compress_type != zipfile.ZIP_DEFLATED:
            return f"it is compressed by method {member.compress_type}, which is not supported"
        if size > _DEFLATE * packed + 64:
            return f"{packed} compressed bytes cannot expand to {size}"
        return None

    def _read_structure(self, member: zipfile.ZipInfo) -> bytes:
        if member.file_size > HEADER_LIMIT:
            raise self._source.error(
                f"its structure takes {member.file_size} bytes; {HEADER_LIMIT} is the most"
            )
        out = bytearray(member.file_size)
        with self._reading(_STRUCTURE), self._archive.open(member) as file:
            self._fill(file, memoryview(out), _STRUCTURE)
        return bytes(out)

    def _open_entry(self, member: zipfile.ZipInfo) -> None:
        name = member.filename.removesuffix(".npy")
        wrong = check_name(name)
        if wrong is not None:
            raise self._source.error(wrong, name)
        with self._reading(name), self._archive.open(member) as file:
            entry, begin = self._npy_header(file, name)
        if member.file_size - begin != entry.size:
            raise self._source.error(
                f"an array of dtype {entry.dtype.name} and shape {list(entry.shape)} takes "
                f"{entry.size} bytes, and {member.file_size - begin} are there",
                name,
            )
        self.entries[name] = entry
        self._members[name] = member, begin

    def _npy_header(self, file: Any, name: str) -> tuple[Entry, int]:
        fail = self._source.error
        first = file.read(8)
        if len(first) < 8 or first[:6] != _MAGIC or first[6] not in (1, 2, 3) or first[7]:
            raise fail("it does not begin as an array in npy format", name)
        width = 2 if first[6] == 1 else 4
        length = int.from_bytes(file.read(width), "little")
        if length > _HEADER:
            raise fail(f"its header takes {length} bytes; {_HEADER} is the most", name)
        text = file.read(length).decode("latin-1")
        found = _PATTERN.fullmatch(text)
        if found is None or len(text) < length:
            raise fail(
                f"its header is not one of an array of numbers: {ascii(text)[:80]}; arrays of "
                "objects, which are pickles, and of structures are never read",
                name,
            )
        order, code, fortran, axes = found.groups()
        if code == "O":
            raise fail("it has objects, which are a pickle: loading one runs its code", name)
        if code not in _DTYPES or (order == "|" and _DTYPES[code].itemsize > 1):
            raise fail(
                f"its dtype {order + code!a} is not supported; supported are {', '.join(_DTYPES)}",
                name,
            )
        shape = self._shape(axes, name)
        wrong = check_shape(shape, _DTYPES[code].itemsize)
        if wrong is not None:
            raise fail(wrong, name)
        swapped = order == ">" and _DTYPES[code].itemsize > 1
        entry = Entry(name, _DTYPES[code], shape, fortran == "True", swapped)
        return entry, 8 + width + length

    def _shape(self, text: str, name: str) -> tuple[int, ...]:
        parts = [part.strip() for part in text.split(",")]
        if parts[-1] == "" and (len(parts) > 1 or text.strip() == ""):
            parts.pop()
        elif len(parts) == 1:  # (3) is a number, not a tuple
            parts = [""]
        if not all(part.isdecimal() and len(part) <= 19 for part in parts):
            raise self._source.error(f"its shape ({ascii(text)[1:-1][:80]}) is no tuple", name)
        return tuple(int(part) for part in parts)

    def stored(
        self, d: dtypes.dtype, shape: tuple[int, ...]
    ) -> tuple[dtypes.dtype, tuple[int, ...]]:
        """Return the dtype and shape that the entry of such a tensor has."""
        return d, shape

    def read(self, name: str, d: dtypes.dtype, fail: Callable[[str], Exception]) -> Any:
        """Return an entry as a NumPy array of its dtype."""
        entry = self.entries[name]
        member, begin = self._members[name]
        host, memory = empty_host(d, (entry.size // d.itemsize,))
        with self._reading(name), self._archive.open(member) as file:
            self._fill(file, memoryview(bytearray(begin)), name)
            self._fill(file, memory, name)
        return finished(entry, host, fail)

    def _fill(self, file: Any, memory: memoryview, name: str) -> None:
        """Fill `memory`; at the member's end, zipfile compares its check sum."""
        done = 0
        while done < len(memory):
            data = file.read(min(_CHUNK, len(memory) - done))
            if not data:
                raise self._source.error(f"it ends after {done} bytes", name)
            memory[done : done + len(data)] = data
            done += len(data)
