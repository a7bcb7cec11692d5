"""Files that are damaged or forged: a clear error, before memory is taken for their tensors."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorflowlite_grad as tg
from tensorflowlite_grad.serialization import FileError, entries, safetensors

SMALL = {"a": tg.tensor([1.0, 2.0]), "b": [tg.tensor([True]), ("text", 3)], 5: None}
FORMATS = ("safetensors", "npz")


def written(obj: Any, format: str) -> bytes:
    file = io.BytesIO()
    tg.save(obj, file, format=format)
    return file.getvalue()


FILES = {format: written(SMALL, format) for format in FORMATS}


def refusal(data: bytes, **options: Any) -> FileError:
    """Return the error that loading raises, having seen that it took no memory to speak of."""
    file = io.BytesIO(data)
    tracemalloc.start()
    try:
        with pytest.raises(FileError) as caught:
            tg.load(file, **options)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000 + 40 * len(data)
    return caught.value


def shape_of(obj: Any) -> Any:
    """Return an object without its numbers."""
    if isinstance(obj, tg.Tensor):
        return obj.dtype, tuple(obj.shape), obj.requires_grad
    if isinstance(obj, dict):
        return [(k, shape_of(v)) for k, v in obj.items()]
    if isinstance(obj, (list, tuple)):
        return type(obj), [shape_of(v) for v in obj]
    return obj


def test_the_error_says_which_file_and_entry_and_what_is_wrong(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(st_file({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, 4))
    with pytest.raises(FileError) as caught:
        tg.load(path)
    error = caught.value
    assert isinstance(error, RuntimeError)
    assert isinstance(error, ValueError)
    assert error.file == repr(str(path))
    assert error.entry == "a"
    assert str(error) == f"cannot load {error.file}, entry 'a': {error.reason}"
    assert "takes 8 bytes, and its data_offsets have 4" in error.reason
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301


# -- any damage ---------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_cut_off_at_any_byte_is_refused(format):
    whole = FILES[format]
    assert shape_of(tg.load(io.BytesIO(whole))) == shape_of(SMALL)
    for length in range(len(whole)):
        for chosen in (None, format):
            with pytest.raises(FileError):
                tg.load(io.BytesIO(whole[:length]), format=chosen)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("more", [b"\0", b"x" * 22, b"PK\x05\x06" + bytes(18)], ids=repr)
def test_data_that_belong_to_nothing_are_refused(format, more):
    refusal(FILES[format] + more, format=format)
    refusal(more + FILES[format], format=format)


@pytest.mark.parametrize("format", FORMATS)
def test_any_flipped_bit_gives_other_numbers_or_an_error(format):
    whole = FILES[format]
    for at in range(len(whole)):
        for bit in range(8):
            data = bytearray(whole)
            data[at] ^= 1 << bit
            try:
                out = tg.load(io.BytesIO(bytes(data)))
            except FileError:
                continue
            assert shape_of(out) == shape_of(SMALL)


@given(
    format=st.sampled_from(FORMATS),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=9)), min_size=1, max_size=4
    ),
)
def test_any_edit_gives_an_object_or_an_error(format, edits):
    data = FILES[format]
    for where, cut, put in edits:
        at = int(where * len(data))
        data = data[:at] + put + data[at + cut :]
    for chosen in (None, *FORMATS):
        with suppress(FileError):  # any other error fails the test
            tg.load(io.BytesIO(data), format=chosen)


@given(st.binary(max_size=200))
def test_what_is_no_file_is_refused(data):
    for format in (None, *FORMATS):
        with pytest.raises(FileError):
            tg.load(io.BytesIO(data), format=format)


class Exploding:
    def __reduce__(self) -> Any:
        return pytest.fail, ("a pickle was loaded",)


def test_pickles_are_never_read():
    bomb = pickle.dumps(Exploding())
    assert "pickle" in refusal(bomb).reason
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:  # as PyTorch's files are
        archive.writestr("archive/data.pkl", bomb)
    assert "pickle" in refusal(file.getvalue()).reason
    file = io.BytesIO()
    np.savez(file, x=np.array([Exploding()], dtype=object))
    assert "objects" in refusal(file.getvalue(), weights_only=False).reason


# -- safetensors --------------------------------------------------------------------------------


def st_file(header: Any, data: int | bytes = 0, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    return size.to_bytes(8, "little") + text + (bytes(data) if isinstance(data, int) else data)


def one(name: str = "a", dtype: Any = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> Any:
    return {name: {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


HUGE = 2**62
SAFETENSORS = {
    "too long a header": (st_file(b"{}", length=2**63), "is the most"),
    "header past the end": (st_file(b"{}", length=3), "3 bytes, and 2 are left"),
    "no object": (st_file(b"[]"), "does not begin with '{'"),
    "blank": (st_file(b"  {}"), "does not begin with '{'"),
    "bad JSON": (st_file(b'{"a": }'), "JSON is wrong at character"),
    "two objects": (st_file(b"{}{}"), "Extra data"),
    "NaN": (st_file(b'{"a": NaN}'), "NaN, which is no number"),
    "no UTF-8": (st_file(b'{"\xff": 1}'), "not UTF-8"),
    "a deep header": (st_file(b'{"a":' + b"[" * 100_000), "nested deeper than 4"),
    "many digits": (st_file(b'{"a":' + b"1" * 5000 + b"}"), "5000 digits"),
    "twice": (st_file(b'{"a": 1, "a": 1}'), "'a' is there twice"),
    "field twice": (st_file(b'{"a": {"dtype": "F32", "dtype": "F32"}}'), "twice"),
    "absolute": (st_file(one("/a"), 4), "leads elsewhere"),
    "parent": (st_file(one("a/../../b"), 4), "leads elsewhere"),
    "Windows": (st_file(one("C:\\a"), 4), "leads elsewhere"),
    "drive": (st_file(one("C:/a"), 4), "leads elsewhere"),
    "control": (st_file(one("a\0"), 4), "control characters"),
    "no name": (st_file(one(""), 4), "empty"),
    "no tensor": (st_file({"a": 3}), "other fields"),
    "more fields": (st_file({"a": {**one()["a"], "code": ""}}, 4), "other fields"),
    "unknown dtype": (st_file(one(dtype="BF16"), 4), "'BF16' is not supported"),
    "dtype of a list": (st_file(one(dtype=[1]), 4), "is not supported"),
    "negative": (st_file(one(shape=[-1]), 4), "negative size"),
    "negative twice": (st_file(one(shape=[-1, -1]), 4), "negative size"),
    "float": (st_file(one(shape=[1.0]), 4), "not a list of integers"),
    "bool": (st_file(one(shape=[True]), 4), "not a list of integers"),
    "no shape": (st_file(one(shape=None), 4), "not a list of integers"),
    "many axes": (st_file(one(shape=[1] * 65), 4), "65 axes"),
    "huge": (st_file(one(shape=[HUGE, HUGE], offsets=[0, 4]), 4), "larger than any memory"),
    "wraps around": (st_file(one(shape=[2**32, 2**30], offsets=[0, 0])), "larger than any"),
    "huge and empty": (st_file(one(shape=[HUGE, 0, 8], offsets=[0, 0])), "larger than any"),
    "large": (st_file(one(shape=[2**40], offsets=[0, 2**42]), 4), "cut off"),
    "not enough": (st_file(one(shape=[2], offsets=[0, 8]), 4), "4 are missing"),
    "too much": (st_file(one(), 5), "1 follow"),
    "wrong size": (st_file(one(offsets=[0, 3]), 3), "takes 4 bytes"),
    "backwards": (st_file(one(offsets=[4, 0]), 4), "no range"),
    "below zero": (st_file(one(offsets=[-4, 0]), 4), "no range"),
    "one offset": (st_file(one(offsets=[4]), 4), "no range"),
    "gap": (st_file(one(offsets=[4, 8]), 8), "gap of 4"),
    "overlap": (st_file({**one("a"), **one("b")}, 4), "overlaps"),
    "partial overlap": (st_file({**one("a"), **one("b", offsets=[2, 6])}, 6), "overlaps"),
    "a bool of 2": (st_file(one(dtype="BOOL", offsets=[0, 1]), b"\x02"), "not 0 or 1"),
    "metadata of numbers": (st_file({"__metadata__": {"a": 1}}), "not an object of strings"),
    "metadata of lists": (st_file({"__metadata__": []}), "not an object of strings"),
}


@pytest.mark.parametrize("name", SAFETENSORS)
def test_forged_safetensors_are_refused(name):
    data, words = SAFETENSORS[name]
    assert words in refusal(data, format="safetensors").reason


def test_max_bytes_is_the_most_that_is_read():
    for format, data in FILES.items():
        assert "max_bytes allows 8" in refusal(data, format=format, max_bytes=8).reason
        tg.load(io.BytesIO(data), max_bytes=10_000)


# -- the structure ------------------------------------------------------------------------------


def structured(tree: Any, text: str | None = None) -> bytes:
    """Return a file of one tensor, "a", with a structure that may be anything."""
    text = json.dumps({"version": 1, "structure": tree}) if text is None else text
    metadata = {
        "tensorflowlite_grad": text,
        "tensorflowlite_grad.crc32": safetensors._check(text),
    }
    return st_file({"__metadata__": metadata, **one()}, 4)


A = ["a", "float32", [1], False, "cpu"]
T = {"tensor": A}


def changed(position: int, value: Any) -> Any:
    return {"tensor": [*A[:position], value, *A[position + 1 :]]}


TREES = {
    "nothing": (None, "no place in the structure"),
    "another": ([T, changed(0, "b")], "missing"),
    "two of one": ([T, changed(3, True)], "two different tensors"),
    "dtype": (changed(1, "int32"), "should be of int32"),
    "shape": (changed(2, [2]), "should be of float32 and [2]"),
    "unknown dtype": (changed(1, "object"), "unknown"),
    "negative shape": (changed(2, [-1]), "negative"),
    "name": (changed(0, 3), "not a string"),
    "requires_grad": (changed(3, 1), "requires_grad"),
    "device": (changed(4, "__import__('os')"), "no device"),
    "few fields": ({"tensor": A[:4]}, "5 values"),
    "two tags": ({**T, "dict": []}, "exactly one key"),
    "no tag": ([{}, T], "exactly one key"),
    "unknown tag": ([{"eval": "1"}, T], "there is no 'eval'"),
    "object": ([{"object": {}}, T], "not one of the kinds"),
    "int": ([{"int": "0b1"}, T], "there is no 'int' '0b1'"),
    "float": ([{"float": "1e5"}, T], "there is no 'float'"),
    "bytes": ([{"bytes": "%"}, T], "base 64"),
    "dtype value": ([{"dtype": "os.system"}, T], "there is no 'dtype'"),
    "complex": ([{"complex": [1, "2"]}, T], "not two numbers"),
    "size": ([{"size": ["2"]}, T], "not a list of integers"),
    "tuple": ([{"tuple": 3}, T], "not a list"),
    "dict": ([{"dict": {"a": 1}}, T], "not a list of pairs"),
    "triple": ([{"dict": [[1, 2, 3]]}, T], "2 values"),
    "key twice": ([{"dict": [[1, 2], [True, 3]]}, T], "there twice"),
    "list as key": ([{"dict": [[[], 2]]}, T], "a list is a key"),
    "list in key": ([{"dict": [[{"tuple": [[]]}, 2]]}, T], "a tuple is a key"),
    "tensor as key": ([{"dict": [[T, 2]]}, T], "a tensor is a key"),
}


@pytest.mark.parametrize("name", TREES)
def test_forged_structures_are_refused(name):
    tree, words = TREES[name]
    error = refusal(structured(tree))
    assert words in error.reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "no version"),
        ('{"version": 2, "structure": 1}', "version 2"),
        ('{"version": true, "structure": 1}', "version True"),
        ('{"version": 1, "structure": 1, "more": 1}', "other parts"),
        ('{"version": 1, "structure": 1e999}', "too large"),
        ('{"version": 1, "structure": -Infinity}', "-Infinity"),
        ('{"version": 1, "structure": ' + "[" * 100_000, "deeper"),
        ('{"version": 1, "structure": {"dict": [], "dict": []}}', "twice"),
        ("\ud800", "JSON"),
    ],
)
def test_forged_texts_of_structures_are_refused(text, words):
    assert words in refusal(structured(None, text)).reason


TAGS = [
    "dict",
    "ordered_dict",
    "tuple",
    "size",
    "tensor",
    "complex",
    "int",
    "float",
    "bytes",
    "dtype",
    "device",
    "eval",
]
texts = st.sampled_from(["a", "cpu", "float32", "0x1f", "nan", "", "YQ==", "\ud800"])
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, st.just(A))
trees = st.recursive(
    leaves | st.just(T),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(st.tuples(inner, inner), max_size=3).map(lambda pairs: {"dict": pairs}),
        st.dictionaries(st.sampled_from(TAGS), inner, min_size=1, max_size=1),
    ),
    max_leaves=10,
)


@given(trees, st.sampled_from([None, *range(5)]), leaves)
def test_any_structure_gives_an_object_or_an_error(tree, position, value):
    last = T if position is None else changed(position, value)
    with suppress(FileError):
        out = tg.load(io.BytesIO(structured([tree, last])))
        assert out[1].tolist() == [0.0]


def test_headers_take_time_as_they_are_long():
    for text in (b'{"' + b'\\"' * 500_000, b'{"' * 500_000, b'{"a":' + b"9" * 1_000_000 + b"}"):
        refusal(st_file(text))


def test_a_structure_with_another_check_sum_is_refused():
    data = FILES["safetensors"]
    assert "check sum" in refusal(data.replace(b"text", b"txet")).reason
    assert "check sum" in refusal(data.replace(b".crc32", b".crc31")).reason
    assert (
        "check sum"
        in refusal(data.replace(b'"tensorflowlite_grad"', b'"tensorflowlite_gr4d"')).reason
    )


# -- npz ----------------------------------------------------------------------------------------


def npy(shape: str = "(1,)", descr: str = "'<f4'", data: bytes = bytes(4), **fields: Any) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    text = fields.get("text", text)
    version = fields.get("version", b"\x01\x00")
    length = fields.get("length", len(text))
    width = 2 if version == b"\x01\x00" else 4
    return b"\x93NUMPY" + version + length.to_bytes(width, "little") + text + data


@pytest.mark.filterwarnings("ignore:Duplicate name")
def archived(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


def of(**options: Any) -> bytes:
    return archived(("a.npy", npy(**options)))


NPZ = {
    "absolute": (archived(("/a.npy", npy())), "leads elsewhere"),
    "parent": (archived(("../a.npy", npy())), "leads elsewhere"),
    "inner parent": (archived(("a/../../b.npy", npy())), "leads elsewhere"),
    "backslash": (archived(("..\\a.npy", npy())), "leads elsewhere"),
    "no name": (archived((".npy", npy())), "empty"),
    "no array": (archived(("a.txt", b"")), "no array in npy format"),
    "folder": (archived(("a/", b"")), "no array in npy format"),
    "empty": (archived(("a.npy", b"")), "does not begin"),
    "magic": (archived(("a.npy", b"x" * 90)), "does not begin"),
    "version": (of(version=b"\x09\x00"), "does not begin"),
    "long header": (of(version=b"\x02\x00", length=2**31), "is the most"),
    "short header": (of(length=200), "not one of an array of numbers"),
    "code": (of(text=b"__import__('os').system('true')"), "not one of an array"),
    "code in a shape": (of(shape="(print(1),)"), "not one of an array"),
    "objects": (of(descr="'|O'"), "which are a pickle"),
    "fields": (of(descr="[('a', '<f4')]"), "not one of an array"),
    "strings": (of(descr="'<U4'"), "is not supported"),
    "long double": (of(descr="'<f16'"), "is not supported"),
    "order": (of(descr="'|f4'"), "is not supported"),
    "negative": (of(shape="(-1,)"), "not one of an array"),
    "no tuple": (of(shape="(1)"), "is no tuple"),
    "gap in a shape": (of(shape="(1,,1)"), "is no tuple"),
    "digits": (of(shape=f"({'1' * 30},)"), "is no tuple"),
    "huge": (of(shape=f"({HUGE}, {HUGE})"), "larger than any memory"),
    "huge and empty": (of(shape=f"({HUGE}, 0, 8)", data=b""), "larger than any memory"),
    "many axes": (of(shape="(" + "1," * 65 + ")"), "65 axes"),
    "large": (of(shape=f"({2**40},)"), "takes 4398046511104 bytes, and 4 are there"),
    "too much": (of(data=bytes(5)), "takes 4 bytes, and 5 are there"),
    "too little": (of(data=bytes(3)), "takes 4 bytes, and 3 are there"),
    "a bool of 2": (of(descr="'|b1'", data=b"\x02"), "not 0 or 1"),
    "method": (archived(("a.npy", npy()), method=zipfile.ZIP_LZMA), "method 14"),
    "structure": (archived(("a.npy", npy()), ("structure.json", b"{}")), "no version"),
}


@pytest.mark.parametrize("name", NPZ)
def test_forged_npz_are_refused(name):
    data, words = NPZ[name]
    assert words in refusal(data, format="npz").reason


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["a.npy", "structure.json"])
def test_a_name_that_is_there_twice_is_refused(name):
    error = refusal(archived((name, npy()), (name, npy())))
    assert "twice" in error.reason
    assert error.entry == name


def directory(data: bytes, field: int, size: int, value: int) -> bytes:
    """Change a field of the first member in the archive's directory."""
    at = data.index(b"PK\x01\x02") + field
    return data[:at] + value.to_bytes(size, "little") + data[at + size :]


def test_a_zip_bomb_is_refused_by_its_sizes():
    zeros = npy(f"({2**24},)", data=bytes(2**26))
    packed = archived(("a.npy", zeros), method=zipfile.ZIP_DEFLATED)
    assert len(packed) < 100_000
    assert tg.load(io.BytesIO(packed))["a"].shape == (2**24,)
    assert "max_bytes" in refusal(packed, max_bytes=2**20).reason
    # A size that no compression can have reached.
    grown = directory(packed, 24, 4, 2**31)
    assert "cannot expand to" in refusal(grown).reason
    # A shape for which the data would be enough, if they were as large as they claim.
    claimed = archived(("a.npy", npy(f"({2**14},)", data=bytes(2**12))), method=8)
    larger = directory(claimed, 24, 4, len(npy(f"({2**14},)", data=b"")) + 2**16)
    assert "takes" not in refusal(larger).reason
    stored = directory(of(), 24, 4, 2**30)
    assert "sizes differ" in refusal(stored).reason


def test_compressed_entries_expand_to_a_limit(monkeypatch):
    from tensorflowlite_grad.serialization import npz

    monkeypatch.setattr(npz, "_EXPANDED", 1000)
    packed = archived(("a.npy", npy("(100000,)", data=bytes(400_000))), method=8)
    assert "max_bytes" in refusal(packed).reason
    assert tg.load(io.BytesIO(packed), max_bytes=500_000)["a"].shape == (100_000,)


def test_members_that_share_data_are_refused():
    data = archived(("a.npy", npy()), ("b.npy", npy()))
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 1)
    forged = bytearray(data)
    forged[second + 42 : second + 46] = bytes(4)  # both begin at 0
    assert "overlap" in refusal(bytes(forged)).reason


def test_encrypted_members_and_comments_are_refused():
    data = of()
    assert "encrypted" in refusal(directory(data, 8, 2, 1)).reason
    commented = data[:-2] + struct.pack("<H", 3) + b"abc"
    assert "comment" in refusal(commented).reason


def test_a_large_structure_is_refused(monkeypatch):
    from tensorflowlite_grad.serialization import npz

    monkeypatch.setattr(npz, "HEADER_LIMIT", 10)
    assert "is the most" in refusal(FILES["npz"]).reason
    monkeypatch.setattr(safetensors, "HEADER_LIMIT", 10)
    assert "is the most" in refusal(FILES["safetensors"]).reason
    with pytest.raises(ValueError, match="in several files"):
        written(SMALL, "safetensors")


def test_a_file_that_shrinks_while_it_is_read_is_refused():
    class Shrinking(io.BytesIO):
        def readinto(self, memory: Any) -> int:
            n = super().readinto(memory)
            self.truncate(self.tell())
            return n

    with pytest.raises(FileError, match="changed meanwhile"):
        tg.load(Shrinking(FILES["safetensors"]))


def test_nothing_is_allocated_before_everything_is_checked(monkeypatch):
    monkeypatch.setattr(entries, "empty_host", None)
    for module in ("safetensors", "npz"):
        monkeypatch.setattr(f"tensorflowlite_grad.serialization.{module}.empty_host", None)
    tables = (SAFETENSORS, NPZ)
    for table, format in zip(tables, ("safetensors", "npz"), strict=True):
        for name, (data, _) in table.items():
            if name != "a bool of 2":  # the data themselves
                refusal(data, format=format)
    for tree, _ in TREES.values():
        refusal(structured(tree))
