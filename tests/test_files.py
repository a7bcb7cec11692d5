"""`save` and `load`: what comes back, from which files, and to where."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorflowlite_grad as tg
from tensorflowlite_grad import dtypes
from tensorflowlite_grad.serialization import sinks

FORMATS = ("safetensors", "npz")
formats = pytest.mark.parametrize("format", FORMATS)
RNG = np.random.default_rng(0)


def written(obj: Any, format: str) -> bytes:
    file = io.BytesIO()
    tg.save(obj, file, format=format)
    return file.getvalue()


def there_and_back(obj: Any, format: str = "safetensors", **options: Any) -> Any:
    return tg.load(io.BytesIO(written(obj, format)), **options)


def host(tensor: Any) -> np.ndarray:
    return tensor._place.backend.to_numpy(tensor.detach()._array)


def same(a: Any, b: Any) -> bool:
    """Whether two objects are of the same types all through, and equal to the last bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, tg.Tensor):
        x, y = host(a), host(b)
        alike = (a.dtype, a.shape, a.requires_grad) == (b.dtype, b.shape, b.requires_grad)
        return alike and x.tobytes() == y.tobytes()
    if isinstance(a, dict):
        pairs = zip(a.items(), b.items(), strict=False)
        return len(a) == len(b) and all(same(k, m) and same(v, w) for (k, v), (m, w) in pairs)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)  # which tells -0.0 from 0.0, and finds nan the same


def example(dtype: Any, shape: tuple[int, ...] = (2, 3)) -> Any:
    native = np.dtype(dtype.name)
    data = RNG.integers(0, 256, (*shape, native.itemsize), dtype=np.uint8)
    if dtype is tg.bool:
        data %= 2
    return np.frombuffer(data.tobytes(), native).reshape(shape)


@formats
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (2, 3)], ids=str)
def test_tensors_of_every_dtype_come_back_to_the_last_bit(backend, format, shape):
    for d in dtypes.ALL:
        if not tg.ones(())._place.has(d):
            continue
        values = example(d, shape)
        x = tg.tensor(values)
        y = there_and_back(x, format)
        assert (y.dtype, y.shape, y.device, y.backend) == (x.dtype, x.shape, x.device, x.backend)
        assert host(y).tobytes() == host(x).tobytes()
        assert y.is_leaf
        assert y._version == 0


@formats
def test_structures_come_back_with_their_types(backend, format):
    weight = tg.ones(2, 3, requires_grad=True)
    obj = {
        "tensors": [weight, (tg.zeros(0), tg.tensor(2))],
        7: OrderedDict([("b", None), ("a", True)]),
        ("a", 1, None): {-1: 1, 2.5: 2, b"x": 3, False: 4},
        "numbers": [0, -(2**70), 2**53, 0.1, -0.0, 5e-324, float("inf"), float("nan"), 1 - 2j],
        "texts": ["", "é\n\x00", "\ud800", b"\x00\xff"],
        "": [[], (), {}, weight.shape, tg.float16, tg.device("cuda:1")],
        "../../etc": tg.ones(1),
        "__metadata__": tg.ones(1),
        "structure.json": tg.ones(2),
        "a.b": tg.ones(3),
        "a": {"b": tg.ones(4)},
        "long " * 100: tg.ones(5),
    }
    back = there_and_back(obj, format)
    assert same(obj, back)
    assert list(back) == list(obj)


@formats
def test_one_tensor_in_two_places_is_saved_once_and_stays_one(format):
    x = tg.ones(1000)
    data = written([x, {"again": x}], format)
    assert len(data) < 2 * 4000
    first, rest = tg.load(io.BytesIO(data))
    assert rest["again"] is first


@formats
def test_of_a_view_its_own_elements_are_saved(backend, format):
    base = tg.arange(100_000, dtype=tg.float64)
    views = [base[10:20], base[:100].view(10, 10).T, base[::2][3:5], tg.ones(1).expand(3, 4)]
    data = written(views, format)
    assert len(data) < 6000
    assert same(views, tg.load(io.BytesIO(data)))


@formats
def test_a_computed_tensor_becomes_a_leaf_that_requires_grad(backend, format):
    x = tg.ones(3, requires_grad=True)
    x.sum().backward()
    y, z = there_and_back([x * 2, x], format)
    assert y.requires_grad
    assert y.is_leaf
    assert z.grad is None
    (y * z).sum().backward()
    assert z.grad.tolist() == [2, 2, 2]


def test_an_optimiser_goes_on_from_its_state(backend, tmp_path):
    def step(x, optimizer):
        optimizer.zero_grad()
        (x**3).sum().backward()
        optimizer.step()

    x = tg.tensor([1.0, 2.0], requires_grad=True)
    optimizer = tg.optim.SGD([x], lr=0.01, momentum=0.9)
    step(x, optimizer)
    tg.save({"x": x, "optimizer": optimizer.state_dict()}, tmp_path / "c")
    step(x, optimizer)
    saved = tg.load(tmp_path / "c", weights_only=False)
    y = saved["x"]
    other = tg.optim.SGD([y], lr=1)
    other.load_state_dict(saved["optimizer"])
    step(y, other)
    assert same(x, y)


# -- values that cannot be saved --------------------------------------------------------------


class Unknown(dict):
    pass


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), "obj.a.0 is of"),
        (Unknown(), "obj.a.0"),
        (np.ones(2), "numpy.ndarray"),
        (np.float64(1), "numpy.float64"),
        ({1, 2}, "set"),
        (len, "builtin_function_or_method"),
        ({tg.ones(1): 1}, "has a key"),
        ({(frozenset(),): 1}, "has a key"),
    ],
    ids=lambda x: x if isinstance(x, str) else type(x).__name__,  # no addresses: for pytest-xdist
)
def test_what_a_file_cannot_hold_is_refused_before_a_file_is_touched(tmp_path, value, words):
    path = tmp_path / "f"
    with pytest.raises(TypeError, match="cannot hold") as error:
        tg.save({"a": [value]}, path)
    assert words in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_containers_without_an_end_are_refused(tmp_path):
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="contains itself"):
        tg.save(endless, tmp_path / "f")
    deep: Any = tg.ones(1)
    for _ in range(64):
        deep = {"a": deep}
    assert same(there_and_back(deep), deep)
    with pytest.raises(ValueError, match="deeper than 64"):
        written([deep], "safetensors")


def test_a_batch_inside_vmap_is_refused():
    with pytest.raises(RuntimeError, match="inside of vmap"):
        tg.func.vmap(lambda x: tg.save(x, io.BytesIO()) or x)(tg.ones(2))


# -- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "format", "start"),
    [
        ("a.npz", None, b"PK"),
        ("a.NPZ", None, b"PK"),
        ("a.safetensors", None, b"\x00"),
        ("a.pt", None, b"\x00"),
        ("a.pt", "npz", b"PK"),
        ("a.npz", "safetensors", b"\x00"),
    ],
)
def test_the_format_is_that_asked_for_or_that_of_the_name(tmp_path, name, format, start):
    for path in (tmp_path / name, str(tmp_path / name)):
        tg.save([tg.ones(2)], path, format=format)
        assert (tmp_path / name).read_bytes()[:2].endswith(start)
        assert tg.load(path, format=format)[0].tolist() == [1, 1]


def test_formats_are_two():
    for call in (lambda f: tg.save(1, f, format="pickle"), lambda f: tg.load(f, format="pt")):
        with pytest.raises(ValueError, match="format must be one of safetensors, npz"):
            call(io.BytesIO())


@formats
def test_open_files_are_used_from_where_they_stand_to_their_end(format):
    file = io.BytesIO()
    file.write(b"before")
    tg.save([1, tg.ones(2)], file, format=format)
    file.seek(6)
    assert tg.load(file)[0] == 1
    assert file.read() == b""


class Slow(io.RawIOBase):
    """A raw file, which takes and gives less than it is asked to, and has no readinto."""

    def __init__(self) -> None:
        self.inner = io.BytesIO()
        self.seek, self.tell = self.inner.seek, self.inner.tell

    readinto = None  # type: ignore[assignment]

    def write(self, data: Any) -> int:
        return self.inner.write(bytes(data[:7]))

    def read(self, n: int = -1) -> bytes:
        return self.inner.read(min(n, 5))


@formats
def test_files_may_write_and_read_less_than_they_are_asked_to(format):
    file = Slow()
    tg.save({"x": tg.arange(20)}, file, format=format)
    file.seek(0)
    assert tg.load(file)["x"].tolist() == list(range(20))


def test_files_that_are_none_are_refused():
    for call, words in (
        (lambda: tg.save(1, io.StringIO()), "'wb'"),
        (lambda: tg.load(io.StringIO()), "'rb'"),
        (lambda: tg.save(1, 3), "no write()"),
        (lambda: tg.load([1]), "no read()"),
        (lambda: tg.load(b"data"), "io.BytesIO(data)"),
    ):
        with pytest.raises(TypeError) as error:
            call()
        assert words in str(error.value)
    with pytest.raises(FileNotFoundError):
        tg.load("no such file")


@formats
def test_the_same_object_gives_the_same_bytes(format):
    obj = {"b": tg.ones(2), "a": [tg.zeros(3, dtype=tg.int8)]}
    assert written(obj, format) == written(obj, format)


def test_data_in_safetensors_are_aligned(tmp_path):
    data = written({"a": tg.ones(3, dtype=tg.int8), "b": tg.ones(3, dtype=tg.float64)}, FORMATS[0])
    assert int.from_bytes(data[:8], "little") % 8 == 0
    assert data[-3:] == b"\x01\x01\x01"


# -- devices ----------------------------------------------------------------------------------


def test_tensors_go_where_map_location_says(backend):
    data = written({"x": tg.ones(2, requires_grad=True)}, "safetensors")
    here = tg.ones(1).device

    def load(where: Any) -> Any:
        return tg.load(io.BytesIO(data), where)["x"]

    for where in ("cpu", tg.device("cpu"), {str(here): "cpu"}, lambda x, location: x):
        x = load(where)
        assert x.device.type == "cpu"
        assert x.requires_grad
        assert x.is_leaf
    for where in (None, {}, {"cuda:7": "cpu"}, lambda x, location: None):
        assert load(where).device == here
    seen: list[Any] = []
    load(lambda x, location: seen.append((x.device.type, location)))
    assert seen == [("cpu", str(here))]
    with pytest.raises(TypeError, match="returned int"):
        load(lambda x, location: 3)
    with pytest.raises(TypeError, match="must be a device"):
        load([])


@pytest.mark.skipif("strict" not in tg.available_backends(), reason="no second device")
def test_a_device_that_is_not_there_is_named_with_the_remedy():
    data = written(tg.ones(2, device=tg.device("strict:1", backend="strict")), "safetensors")
    assert tg.load(io.BytesIO(data)).device == tg.device("strict:1")
    data = data.replace(b"strict:1", b"strict:7")
    data = rechecked(data)
    made_up = rechecked(data.replace(b"strict:7", b"made_up0"))
    with pytest.raises(RuntimeError, match="no backend in use has devices of this kind"):
        tg.load(io.BytesIO(made_up))
    with pytest.raises(RuntimeError, match="map_location='cpu'"):
        tg.load(io.BytesIO(data))
    assert tg.load(io.BytesIO(data), "cpu").device == tg.device("cpu")


def rechecked(data: bytes) -> bytes:
    """Return a file of safetensors with the check sum that its structure should have."""
    import json

    from tensorflowlite_grad.serialization import safetensors

    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata = header["__metadata__"]
    metadata["tensorflowlite_grad.crc32"] = safetensors._check(metadata["tensorflowlite_grad"])
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


# -- other programs ---------------------------------------------------------------------------

ALIKE = [d for d in dtypes.ALL if d is not tg.complex128]


def test_other_programs_read_our_safetensors():
    other = pytest.importorskip("safetensors.numpy")
    arrays = {d.name: example(d) for d in ALIKE} | {"0-d": np.array(3.0), "none": np.ones((2, 0))}
    read = other.load(written({k: tg.tensor(v) for k, v in arrays.items()}, "safetensors"))
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (read[name].dtype, read[name].shape) == (array.dtype, array.shape)
        assert read[name].tobytes() == array.tobytes()
    parts = other.load(written({"z": tg.tensor(1 + 2j, dtype=tg.complex128)}, "safetensors"))
    assert parts["z"].tolist() == [1, 2]


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_we_read_safetensors_of_other_programs(metadata):
    other = pytest.importorskip("safetensors.numpy")
    arrays = {d.name: example(d) for d in ALIKE} | {"a/b.c": np.array(3.0), "é": np.ones((2, 0))}
    read = tg.load(io.BytesIO(other.save(arrays, metadata)))
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert host(read[name]).dtype == array.dtype
        assert host(read[name]).tobytes() == array.tobytes()


def test_numpy_reads_our_npz():
    arrays = {d.name: example(d) for d in dtypes.ALL} | {"0-d": np.array(3.0), "é": np.ones((2, 0))}
    data = written({k: tg.tensor(v) for k, v in arrays.items()}, "npz")
    with np.load(io.BytesIO(data), allow_pickle=False) as read:
        assert set(read.files) == {*arrays, "structure.json"}
        for name, array in arrays.items():
            assert (read[name].dtype, read[name].shape) == (array.dtype, array.shape)
            assert read[name].tobytes() == array.tobytes()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_we_read_npz_of_numpy(save):
    arrays = {d.name: example(d) for d in dtypes.ALL} | {
        "0-d": np.array(3.0),
        "none": np.ones((2, 0)),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "big": np.arange(3, dtype=">i4"),
        "zeros": np.zeros(100_000),
        "a/b": np.arange(4)[::-2],
    }
    file = io.BytesIO()
    save(file, **arrays)
    file.seek(0)
    read = tg.load(file)
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert host(read[name]).dtype == array.dtype.newbyteorder("=")
        assert host(read[name]).tobytes() == array.astype(array.dtype.newbyteorder("=")).tobytes()


# -- replacing a file -------------------------------------------------------------------------


@formats
def test_an_error_while_saving_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, format):
    path = tmp_path / "f"
    tg.save([1, tg.ones(2)], path, format=format)
    before = path.read_bytes()

    def full(self, data):
        raise OSError(28, "No space left on device")

    for name, fail in ((sinks.Sink, "write"), (sinks.os, "fsync"), (sinks.os, "replace")):
        with monkeypatch.context() as patch:
            patch.setattr(name, fail, full if fail == "write" else lambda *_: full(*_, None))
            with pytest.raises((OSError, TypeError)):
                tg.save([2, tg.ones(3)], path, format=format)
        assert path.read_bytes() == before
        assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_the_new_file_is_on_the_disk_before_it_has_the_name(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)

        def noted(*args, name=name, real=real):
            calls.append(name)
            return real(*args)

        monkeypatch.setattr(os, name, noted)
    tg.save(tg.ones(2), tmp_path / "f")
    assert calls == (["fsync", "replace"] if os.name == "nt" else ["fsync", "replace", "fsync"])


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
def test_a_replaced_file_keeps_its_permissions_and_its_links(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    tg.save(1, real)
    assert stat.S_IMODE(real.stat().st_mode) & 0o600 == 0o600
    real.chmod(0o640)
    link.symlink_to(real)
    tg.save(2, link)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert tg.load(real) == 2
    tg.save(3, os.devnull)
    assert not Path(os.devnull).is_file()
    with pytest.raises(IsADirectoryError):
        tg.save(4, tmp_path)


def test_saving_is_imported_when_first_named():
    code = (
        "import sys, tensorflowlite_grad as tg; a = 'tensorflowlite_grad.serialization' in "
        "sys.modules; tg.save; print(a, 'tensorflowlite_grad.serialization' in sys.modules, "
        "'pickle' in vars(sys.modules['tensorflowlite_grad.serialization.files']))"
    )
    paths = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "True", "False"]


# -- anything ---------------------------------------------------------------------------------

tensors = st.builds(
    lambda d, shape, requires_grad: tg.tensor(example(d, tuple(shape))).requires_grad_(
        requires_grad and d.is_differentiable
    ),
    st.sampled_from(dtypes.ALL),
    st.lists(st.integers(0, 3), max_size=3),
    st.booleans(),
)
keys = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary()
)
plain = st.one_of(keys, st.just(float("nan")), st.complex_numbers(), st.sampled_from(dtypes.ALL))
objects = st.recursive(
    plain | tensors,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys | st.tuples(keys, keys), inner, max_size=4),
        st.dictionaries(st.text(), inner, max_size=4).map(OrderedDict),
    ),
    max_leaves=12,
)


@given(obj=objects, format=st.sampled_from(FORMATS))
def test_any_object_comes_back(obj, format):
    assert same(obj, there_and_back(obj, format))
