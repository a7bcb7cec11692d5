"""Indexing and assignment in every form, against NumPy; and the gradients of both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tensorflowlite_grad as tg
from support import array, const, leaf

DATA = np.arange(24.0).reshape(2, 3, 4)
MASK = DATA % 5 == 1
ROWS = np.array([True, False])

#: Forms that NumPy and PyTorch read alike.
KEYS = {
    "int": 1,
    "negative int": -1,
    "ints": (1, 2, 3),
    "some ints": (0, -2),
    "slice": slice(1, 2),
    "open slice": slice(1, None),
    "negative bounds": (slice(None), slice(-2, -1)),
    "out of range": (slice(None), slice(1, 100)),
    "empty slice": slice(2, 1),
    "steps": (slice(None), slice(None, None, 2), slice(1, None, 2)),
    "all": slice(None),
    "nothing": (),
    "ellipsis": ...,
    "ellipsis last": (0, ...),
    "ellipsis first": (..., 0),
    "ellipsis between": (0, ..., 1),
    "ellipsis of nothing": (0, 1, ..., 2),
    "none": None,
    "nones": (None, 1, None),
    "none last": (..., None),
    "none between": (slice(None), None, 1),
    "list": [1, 0, 1],
    "negative list": [-1, -2],
    "list in the middle": (slice(None), [2, 0]),
    "list last": (..., [3, 3, 0]),
    "list and slice": ([1, 0], slice(1, None)),
    "two lists": ([0, 1], [2, 0]),
    "broadcasting lists": ([[0], [1]], [2, 0]),
    "three lists": ([0, 1], [2, 0], [3, 3]),
    "separated lists": ([0, 1], slice(None), [3, 1]),
    "list with none": (None, [1, 0]),
    "lists with none between": ([0, 1], None, [2, 0]),
    "int with list": (1, [2, 0]),
    "list with int": ([1, 0], 2),
    "int array": np.array([[1, 0], [0, 1]]),
    "empty list": [],
    "empty array": np.array([], dtype=np.int64),
    "mask": MASK,
    "row mask": ROWS,
    "row mask and slice": (ROWS, slice(0, 2)),
    "mask of two axes": MASK[:, :, 0],
    "mask in the middle": (slice(None), np.array([True, False, True])),
    "mask and int": (ROWS, 1),
    "mask and list": (np.array([True, True]), [2, 0]),
    "bool list": [True, False],
    "empty mask": np.zeros((2, 3, 4), dtype=bool),
    "true": True,
    "false": False,
    "numpy int": np.int64(1),
    "numpy ints": (np.int32(1), np.uint8(2)),
}
#: Forms that PyTorch refuses, and which mean here what they mean in NumPy.
MORE = {
    "reversed": slice(None, None, -1),
    "reversed steps": (slice(None), slice(None, None, -2), slice(3, 0, -1)),
    "reversed to the start": (0, slice(1, None, -1)),
}
ALL = KEYS | MORE


def _given(key, how: str):
    """Return a key with its arrays as arrays, as lists or as tensors."""
    if isinstance(key, tuple):
        return tuple(_given(item, how) for item in key)
    if isinstance(key, (np.ndarray, list)) and how == "tensors":
        values = np.asarray(key)
        kind = tg.bool if values.dtype == bool else tg.int64
        return tg.tensor(values.tolist(), dtype=kind).reshape(tuple(values.shape))
    if isinstance(key, np.ndarray) and how == "lists":
        return key.tolist()
    return key


def _of_numpy(key):
    """Return a key as NumPy takes it: an empty list is one of integers."""
    if isinstance(key, tuple):
        return tuple(_of_numpy(item) for item in key)
    return np.array(key, dtype=np.int64) if isinstance(key, list) and not key else key


@pytest.mark.guarantee("N21")
@pytest.mark.parametrize("how", ["arrays", "tensors"])
@pytest.mark.parametrize("name", ALL)
def test_getting_is_numpy_s_and_its_gradient_adds_up(backend: str, name: str, how: str) -> None:
    key = ALL[name]
    x = leaf(DATA.tolist())
    expected = DATA[_of_numpy(key)]
    y = x[_given(key, how)]
    assert tuple(y.shape) == expected.shape
    assert array(y).tolist() == expected.tolist()
    weights = np.arange(1.0, expected.size + 1).reshape(expected.shape)
    y.backward(const(weights.tolist()).reshape(expected.shape))
    want = np.zeros_like(DATA)
    np.add.at(want, _of_numpy(key), weights)
    assert array(x.grad).tolist() == want.tolist()


@pytest.mark.parametrize("how", ["arrays", "tensors"])
@pytest.mark.parametrize("name", ALL)
def test_setting_is_numpy_s(backend: str, name: str, how: str) -> None:
    key = ALL[name]
    selected = DATA[_of_numpy(key)]
    values = -np.arange(1.0, selected.size + 1).reshape(selected.shape)
    given = [(7.0, 7.0)]
    if name not in ("list", "list last", "int array"):
        # Which of several values for one place wins is nobody's promise.
        given.append((values, const(values.tolist()).reshape(values.shape)))
    for value, tensor in given:
        host = DATA.copy()
        host[_of_numpy(key)] = value
        x = const(DATA.tolist())
        x[_given(key, how)] = tensor
        assert array(x).tolist() == host.tolist()
        assert x._version == 1


@pytest.mark.parametrize("name", ALL)
def test_the_gradient_of_setting(backend: str, name: str) -> None:
    key = ALL[name]
    selected = DATA[_of_numpy(key)]
    weights = DATA + 1
    x = leaf(DATA.tolist())
    value = leaf(np.full(selected.shape, 5.0).tolist())
    if tuple(value.shape) != selected.shape:
        value = tg.full(selected.shape, 5.0, dtype=tg.float64, requires_grad=True)
    y = x * 1
    y[_given(key, "tensors")] = value
    (y * const(weights.tolist())).sum().backward()
    kept = np.ones_like(DATA)
    kept[_of_numpy(key)] = 0.0
    assert array(x.grad).tolist() == (kept * weights).tolist()
    assert array(value.grad).tolist() == weights[_of_numpy(key)].tolist()


@pytest.mark.parametrize("name", [n for n, k in ALL.items() if not isinstance(k, bool)])
def test_second_derivatives_go_through_indexing(backend: str, name: str) -> None:
    key = _given(ALL[name], "tensors")
    x = leaf((DATA / 10).tolist())
    (g,) = tg.autograd.grad((x[key] ** 3).sum(), x, create_graph=True)
    (h,) = tg.autograd.grad(g.sum(), x)
    times = np.zeros_like(DATA)
    np.add.at(times, _of_numpy(ALL[name]), 1.0)
    assert array(h) == pytest.approx(6 * DATA / 10 * times)


def test_an_int_beside_an_index_array_is_taken_first_as_in_pytorch(backend: str) -> None:
    x = const(DATA.tolist())
    for key, expected in (
        ((0, slice(None), [1, 2]), DATA[0][:, [1, 2]]),
        (([1, 0], slice(None), 2), DATA[:, :, 2][[1, 0]]),
        ((slice(None), 1, [3, 0]), DATA[:, 1][:, [3, 0]]),
        ((1, None, [2, 0]), DATA[1][None][:, [2, 0]]),
    ):
        assert array(x[key]).tolist() == expected.tolist()
        y = const(DATA.tolist())
        y[key] = const((-expected).tolist())
        assert array(y[key]).tolist() == (-expected).tolist()


@pytest.mark.guarantee("N21")
def test_duplicates_accumulate(backend: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x[[0, 0, 2, 0]]
    y.backward(const([1.0, 10.0, 100.0, 1000.0]))
    assert array(x.grad).tolist() == [1011.0, 0.0, 100.0]


def test_a_tensor_of_any_integers_indexes(backend: str) -> None:
    x = const([10.0, 20.0, 30.0])
    for dtype in (tg.int64, tg.int32, tg.int16, tg.int8):
        assert array(x[tg.tensor([2, -1, 0], dtype=dtype)]).tolist() == [30.0, 30.0, 10.0]
        assert x[tg.tensor(1, dtype=dtype)].item() == 20.0
    assert array(x[tg.tensor(1) : tg.tensor(3)]).tolist() == [20.0, 30.0]


def test_changing_the_index_later_changes_no_gradient(backend: str) -> None:
    x, index = leaf([1.0, 2.0, 3.0]), tg.tensor([0, 2])
    y = x[index]
    index.fill_(1)
    y.sum().backward()
    assert array(x.grad).tolist() == [1.0, 0.0, 1.0]
    host = np.array([0, 2])
    y = x[host]
    host[:] = 1
    x.grad = None
    y.sum().backward()
    assert array(x.grad).tolist() == [1.0, 0.0, 1.0]


def test_basic_indexing_is_a_view_and_indexing_by_arrays_a_copy(backend: str) -> None:
    x = const(DATA.tolist())
    for name, key in KEYS.items():  # not all libraries have views in reverse
        items = key if isinstance(key, tuple) else (key,)
        basic = not any(isinstance(i, (list, np.ndarray, bool)) for i in items)
        assert (x[_given(key, "tensors")]._base is x) is basic, name


def test_augmented_assignment_at_an_index(backend: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1
    y[0] += 10
    y[1:] *= 2
    y[[0, 2]] -= 1
    y[y > 5] /= 2
    host = np.array([1.0, 2.0, 3.0])
    host[0] += 10
    host[1:] *= 2
    host[[0, 2]] -= 1
    host[host > 5] /= 2
    assert array(y).tolist() == host.tolist()
    y.sum().backward()
    assert array(x.grad).tolist() == [0.5, 2.0, 2.0]


def test_values_are_broadcast_converted_and_stripped_of_leading_ones(backend: str) -> None:
    x = tg.zeros(2, 3)
    x[:, 1:] = tg.tensor([[1], [2]])
    x[0] = const([[[4.0, 5.0, 6.0]]])
    assert x.dtype is tg.float32
    assert x.tolist() == [[4.0, 5.0, 6.0], [0.0, 2.0, 2.0]]
    x[1] = tg.tensor(np.array([7, 8, 9]))
    x[0, 0] = np.float64(-1.0)
    x[0, 1:] = [1, 2]
    assert x.tolist() == [[-1.0, 1.0, 2.0], [7.0, 8.0, 9.0]]
    n = tg.zeros(2, dtype=tg.int64)
    n[0] = 3.7
    n[1] = True
    assert n.tolist() == [3, 1]


# -- errors ------------------------------------------------------------------------------------


@pytest.mark.guarantee("N20")
@pytest.mark.parametrize(
    ("key", "error", "said"),
    [
        (5, IndexError, "index 5 is out of bounds for dimension 0 with size 3"),
        (-4, IndexError, "index -4 is out of bounds for dimension 0 with size 3"),
        ((0, 9), IndexError, "index 9 is out of bounds for dimension 1 with size 4"),
        ([0, 7], IndexError, "index 7 is out of bounds for dimension 0 with size 3"),
        ((slice(None), [0, -5]), IndexError, "index -5 is out of bounds for dimension 1 with siz"),
        ((0, 0, 0), IndexError, "too many indices for tensor of dimension 2"),
        (([0], [0], [0]), IndexError, "too many indices for tensor of dimension 2"),
        (
            np.array([True, False]),
            IndexError,
            r"The shape of the mask \[2\] at index 0 does not match the shape of the indexed "
            r"tensor \[3, 4\] at index 0",
        ),
        (
            (slice(None), np.array([True, False])),
            IndexError,
            r"The shape of the mask \[2\] at index 0 does not match .*\[3, 4\] at index 1",
        ),
        (
            ([0, 1], [0, 1, 2]),
            IndexError,
            r"shape mismatch: indexing tensors could not be broadcast together with shapes \[2\], "
            r"\[3\]",
        ),
        (1.5, IndexError, "only integers, slices .*are valid indices"),
        (object(), IndexError, "only integers, slices .*are valid indices"),
        (np.array([1.5]), IndexError, "tensors used as indices must be long, int, byte or bool te"),
        (
            slice("a", None),
            TypeError,
            "slice indices must be integers or None or have an __index__",
        ),
        (slice(1.0, 2), TypeError, "slice indices must be integers or None or have an __index__"),
        (slice(None, None, 0), ValueError, "slice step cannot be zero"),
        ("a", (TypeError, IndexError), "str"),
    ],
)
def test_wrong_indices(backend: str, key, error, said) -> None:
    x = const(np.zeros((3, 4)).tolist())
    with pytest.raises(error, match=said):
        x[_given(key, "tensors") if not isinstance(key, np.ndarray) else tg.tensor(key)]
    with pytest.raises(error, match=said):
        x[key]
    with pytest.raises(error, match=said):
        x[key] = 1.0
    assert x._version == 0
    assert not array(x).any()


@pytest.mark.guarantee("N19")
def test_a_scalar_has_no_parts(backend: str) -> None:
    x = const(1.0)
    with pytest.raises(IndexError, match="invalid index of a 0-dim tensor"):
        x[0]
    with pytest.raises(IndexError, match="invalid index of a 0-dim tensor"):
        x[0] = 1.0
    with pytest.raises(TypeError, match=r"len\(\) of a 0-d tensor"):
        len(x)
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        iter(x)
    assert x[()].item() == x[...].item() == 1.0
    assert tuple(x[None].shape) == (1,)
    x[()] = 2.0
    x[...] += 1
    assert x.item() == 3.0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (slice(0, 2), [1.0, 2.0, 3.0]),
        ([0, 1], [[1.0], [2.0], [3.0]]),
        (0, [1.0, 2.0]),
        (np.array([True, True, False]), [[1.0, 2.0, 3.0]]),
    ],
)
def test_values_that_do_not_fit(backend: str, key, value) -> None:
    x = const(np.zeros((3, 4)).tolist())
    with pytest.raises((RuntimeError, IndexError), match=r"shape|size"):
        x[_given(key, "tensors")] = const(value)
    assert not array(x).any()
    assert x._version == 0
    with pytest.raises((TypeError, RuntimeError, ValueError), match="str"):
        x[0] = "abc"


# -- what iterates and what is built on indexing --------------------------------------------------


def test_iteration_and_containment(backend: str) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    rows = list(x)
    assert [array(r).tolist() for r in rows] == [[1.0, 2.0], [3.0, 4.0]]
    assert len(x) == 2
    assert 3.0 in x
    assert 7.0 not in x
    a, b = x
    (a * 2 + b).sum().backward()
    assert array(x.grad).tolist() == [[2.0, 2.0], [1.0, 1.0]]


ENTRIES = st.one_of(
    st.integers(-2, 1),
    st.slices(2),
    st.none(),
    st.just(...),
    st.lists(st.integers(-2, 1), min_size=2, max_size=2),
)


@settings(max_examples=150, deadline=None)
@given(key=st.lists(ENTRIES, max_size=4).map(tuple))
def test_any_key_agrees_with_numpy(key) -> None:
    data = np.arange(16.0).reshape(2, 2, 2, 2)
    advanced = any(isinstance(i, list) for i in key)
    if key.count(...) > 1 or (advanced and any(isinstance(i, int) for i in key)):
        return  # the first is no index of NumPy's; PyTorch reads the second in its own way
    if sum(i is not None and i is not ... for i in key) > data.ndim:
        return
    expected = data[key]
    x = leaf(data.tolist())
    y = x[key]
    assert tuple(y.shape) == expected.shape
    assert array(y).tolist() == expected.tolist()
    y.sum().backward()
    want = np.zeros_like(data)
    np.add.at(want, key, 1.0)
    assert array(x.grad).tolist() == want.tolist()
    host = data.copy()
    host[key] = 5.0
    z = const(data.tolist())
    z[key] = 5.0
    assert array(z).tolist() == host.tolist()
