"""The safetensors format: the header's length, a header in JSON, and raw data.

https://huggingface.co/docs/safetensors. The structure around the tensors is in the header's
``__metadata__``, which other readers hand on as text.
"""

from __future__ import annotations

import json
import zlib
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
    parsed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .sinks import Sink
    from .sources import Source

__all__ = ["SafetensorsFile", "write"]

_CODES = {
    "bool": "BOOL",
    "uint8": "U8",
    "uint16": "U16",
    "uint32": "U32",
    "uint64": "U64",
    "int8": "I8",
    "int16": "I16",
    "int32": "I32",
    "int64": "I64",
    "float16": "F16",
    "float32": "F32",
    "float64": "F64",
    "complex64": "C64",
}
_DTYPES = {code: dtypes.BY_NAME[name] for name, code in _CODES.items()}
_METADATA = "__metadata__"
_STRUCTURE = "tensorflowlite_grad"
_CHECK = "tensorflowlite_grad.crc32"
_DEPTH = 4


def _check(structure: str) -> str:
    return f"{zlib.crc32(structure.encode('utf-8', 'surrogatepass')):08x}"


def _stored(d: dtypes.dtype, shape: tuple[int, ...]) -> tuple[str, list[int]]:
    """Return the code and the shape under which a tensor is stored."""
    if d is dtypes.complex128:  # which the format lacks: real and imaginary parts
        return "F64", [*shape, 2]
    return _CODES[d.name], list(shape)


def write(sink: Sink, structure: str, tensors: dict[str, Any]) -> None:
    """Write a file, with `structure` in its metadata."""
    header: dict[str, Any] = {
        _METADATA: {_STRUCTURE: structure, _CHECK: _check(structure)},
    }
    # The largest elements first keeps every tensor's data aligned.
    names = sorted(tensors, key=lambda name: -tensors[name].dtype.itemsize)
    end = 0
    for name in names:
        d, shape = tensors[name].dtype, tuple(int(n) for n in tensors[name].shape)
        begin, end = end, end + Entry(name, d, shape).size
        code, stored = _stored(d, shape)
        header[name] = {"dtype": code, "shape": stored, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % 8)
    if len(text) > HEADER_LIMIT:
        raise ValueError(
            f"save(): the names and the structure take {len(text)} bytes; safetensors holds "
            f"{HEADER_LIMIT} at most: save it in several files"
        )
    sink.write(len(text).to_bytes(8, "little"))
    sink.write(text)
    for name in names:
        sink.write(host_bytes(tensors[name]))


class SafetensorsFile:
    """A file whose header has been read and checked; no data yet.

    Attributes
    ----------
    structure : str or None
        The structure in JSON, or None in files of other programs.
    entries : dict
        Every tensor's `Entry` by its name.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        header, self._start = self._header()
        self.structure = self._metadata(header.pop(_METADATA, {}))
        self.entries: dict[str, Entry] = {}
        self._begins: dict[str, int] = {}
        ranges = []
        for name, fields in header.items():
            wrong = check_name(name)
            if wrong is not None:
                raise source.error(wrong, name)
            self.entries[name], begin, end = self._entry(name, fields)
            self._begins[name] = begin
            ranges.append((begin, end, name))
        self._check_ranges(ranges)

    def _header(self) -> tuple[dict[str, Any], int]:
        source = self._source
        if source.size < 8:
            raise source.error(
                f"it has {source.size} bytes, too few for a header of safetensors; "
                "it may be cut off"
            )
        source.seek(0)
        first = source.read(8)
        length = int.from_bytes(first, "little")
        if length > min(source.size - 8, HEADER_LIMIT):
            why = (
                f"its header should take {length} bytes, and {source.size - 8} are left; "
                "it is cut off, or is no file of safetensors"
            )
            if length > HEADER_LIMIT:
                why = f"its header should take {length} bytes; {HEADER_LIMIT} is the most"
            if first[0] == 0x80:
                why += ". It looks like a pickle, which is never read: loading one runs its code"
            raise source.error(why)
        data = source.read(length)
        if data[:1] != b"{":
            raise source.error("its header does not begin with '{'; it is no file of safetensors")
        header = parsed(data, _DEPTH, lambda why: source.error(f"the header is wrong: {why}"))
        if not isinstance(header, dict):
            raise source.error("its header is not a JSON object")
        return header, 8 + length

    def _metadata(self, metadata: Any) -> str | None:
        if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
            raise self._source.error("its __metadata__ is not an object of strings")
        structure, check = metadata.get(_STRUCTURE), metadata.get(_CHECK)
        if structure is None and check is None:
            return None
        if structure is None or check is None or check != _check(structure):
            raise self._source.error("its structure is damaged: the check sum differs")
        return str(structure)

    def _entry(self, name: str, fields: Any) -> tuple[Entry, int, int]:
        source = self._source
        if not isinstance(fields, dict) or fields.keys() != {"dtype", "shape", "data_offsets"}:
            raise source.error("it has other fields than dtype, shape and data_offsets", name)
        code, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
        if not isinstance(code, str) or code not in _DTYPES:
            raise source.error(
                f"its dtype {ascii(code)[:40]} is not supported; "
                f"supported are {', '.join(_DTYPES)}",
                name,
            )
        wrong = check_shape(shape, _DTYPES[code].itemsize)
        if wrong is not None:
            raise source.error(wrong, name)
        if (
            not isinstance(offsets, list)
            or len(offsets) != 2
            or not all(type(n) is int for n in offsets)
            or not 0 <= offsets[0] <= offsets[1]
        ):
            raise source.error(f"its data_offsets {ascii(offsets)[:80]} are no range", name)
        entry = Entry(name, _DTYPES[code], tuple(shape))
        begin, end = offsets
        if end - begin != entry.size:
            raise source.error(
                f"a tensor of dtype {code} and shape {shape} takes {entry.size} bytes, and its "
                f"data_offsets have {end - begin}",
                name,
            )
        return entry, begin, end

    def _check_ranges(self, ranges: list[tuple[int, int, str]]) -> None:
        source, at = self._source, 0
        for begin, end, name in sorted(ranges):
            if begin != at:
                what = "overlaps others" if begin < at else f"leaves a gap of {begin - at} bytes"
                raise source.error(f"its data {what}", name)
            at = end
        there = source.size - self._start
        if there != at:
            what = (
                f"{at - there} are missing; it is cut off"
                if there < at
                else (f"{there - at} follow that belong to nothing")
            )
            raise source.error(f"its tensors take {at} bytes of data: {what}")

    def stored(
        self, d: dtypes.dtype, shape: tuple[int, ...]
    ) -> tuple[dtypes.dtype, tuple[int, ...]]:
        """Return the dtype and shape that the entry of such a tensor has."""
        code, axes = _stored(d, shape)
        return _DTYPES[code], tuple(axes)

    def read(self, name: str, d: dtypes.dtype, fail: Callable[[str], Exception]) -> Any:
        """Return an entry as a NumPy array of a dtype that it was checked to hold."""
        entry = self.entries[name]
        shape = entry.shape if d is entry.dtype else entry.shape[:-1]
        host, memory = empty_host(d, (Entry(name, d, shape).size // d.itemsize,))
        self._source.read_into(self._start + self._begins[name], memory)
        return finished(Entry(name, d, shape), host, fail)
