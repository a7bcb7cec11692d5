"""Writing and accumulating at positions: edges, and what is refused before any work."""

from __future__ import annotations

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf, state

NAN = float("nan")


def places(*numbers):
    return tg.tensor(numbers if len(numbers) != 1 else numbers[0])


def test_ties_share_the_gradient_of_an_extreme(backend):
    x, src = leaf([2.0, 1.0]), leaf([2.0, 2.0, 3.0])
    tg.scatter_reduce(x, 0, places(0, 0, 1), src, "amax").sum().backward()
    np.testing.assert_allclose(array(x.grad), [1 / 3, 0])
    np.testing.assert_allclose(array(src.grad), [1 / 3, 1 / 3, 1])


def test_what_is_left_out_has_no_part_in_a_tie(backend):
    x, src = leaf([2.0]), leaf([2.0, 1.0])
    tg.scatter_reduce(x, 0, places(0, 0), src, "amax", include_self=False).sum().backward()
    np.testing.assert_array_equal(array(x.grad), [0])
    np.testing.assert_array_equal(array(src.grad), [1, 0])


def test_nan_is_the_extreme_and_takes_the_gradient(backend):
    x, src = leaf([2.0, NAN]), leaf([NAN, 1.0])
    out = tg.scatter_reduce(x, 0, places(0, 1), src, "amin")
    assert np.isnan(array(out)).all()
    out.sum().backward()
    np.testing.assert_array_equal(array(x.grad), [0, 1])
    np.testing.assert_array_equal(array(src.grad), [1, 0])


@pytest.mark.parametrize(
    ("values", "gradient"),
    [
        ([2.0, 3.0], [9.0, 6.0]),
        ([0.0, 3.0], [9.0, 0.0]),
        ([0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_products_with_zeros(backend, values, gradient):
    x, src = leaf([3.0, 5.0]), leaf(values)
    tg.scatter_reduce(x, 0, places(0, 0), src, "prod").sum().backward()
    np.testing.assert_array_equal(array(src.grad), gradient)
    np.testing.assert_array_equal(array(x.grad), [values[0] * values[1], 1])


def test_a_mean_of_integers_is_rounded_down(backend):
    x = tg.tensor([1, 1])
    out = tg.scatter_reduce(x, 0, places(0, 1), tg.tensor([-4, 4]), "mean")
    assert out.tolist() == [-2, 2]


@pytest.mark.parametrize("mode", ["sum", "prod", "mean", "amax", "amin"])
def test_positions_that_nothing_goes_to_stay(backend, mode):
    x = leaf([2.0, 5.0])
    out = tg.scatter_reduce(x, 0, places([1]), const([3.0]), mode, include_self=False)
    np.testing.assert_array_equal(array(out), [2, 3])
    (g,) = tg.autograd.grad(out.sum(), x)
    np.testing.assert_array_equal(array(g), [1, 0])


def test_only_a_corner_of_the_source_is_written(backend):
    src = leaf(np.ones((3, 3)))
    out = tg.scatter_add(const(np.zeros((2, 2))), 1, tg.tensor([[0, 0]]), src)
    np.testing.assert_array_equal(array(out), [[2, 0], [0, 0]])
    (g,) = tg.autograd.grad(out.sum(), src)
    np.testing.assert_array_equal(array(g), [[1, 1, 0], [0, 0, 0], [0, 0, 0]])


def test_a_position_filled_twice_counts_once(backend):
    value = leaf(4.0)
    out = tg.index_fill(const([1.0, 2.0]), 0, places(0, 0), value)
    np.testing.assert_array_equal(array(out), [4, 2])
    (g,) = tg.autograd.grad(out.sum(), value)
    assert g.item() == 1


def test_a_mask_takes_as_many_elements_as_it_needs(backend):
    src = leaf([1.0, 2.0, 3.0])
    out = tg.masked_scatter(const([0.0, 0.0, 0.0]), tg.tensor([False, True, True]), src)
    np.testing.assert_array_equal(array(out), [0, 1, 2])
    (g,) = tg.autograd.grad(out.sum(), src)
    np.testing.assert_array_equal(array(g), [1, 1, 0])


@pytest.mark.parametrize("name", ["float16", "float32", "int8", "int64", "uint8"])
def test_every_dtype_is_kept(backend, name):
    dtype = getattr(tg, name)
    try:
        x, src = tg.tensor([1, 2, 3], dtype=dtype), tg.tensor([4, 5], dtype=dtype)
    except TypeError:
        pytest.skip("the backend has no such dtype")
    for out in (
        tg.scatter_add(x, 0, places(0, 0), src),
        tg.index_add(x, 0, places(0, 0), src, alpha=2),
        tg.scatter_reduce(x, 0, places(0, 0), src, "prod"),
        tg.index_put(x, (places(0, 0),), src, accumulate=True),
        tg.put(x, places(0, 2), src),
    ):
        assert out.dtype is dtype
        assert out.tolist()[1] == 2


def test_in_place_forms_write_the_memory_and_the_history(backend):
    x, src = leaf([1.0, 2.0, 3.0]), leaf([10.0, 20.0])
    y = x * 1
    assert y.scatter_(0, places(2, 0), src) is y
    y.index_add_(0, places(0, 0), src)
    y.index_fill_(0, places([1]), 7.0)
    np.testing.assert_array_equal(array(y), [50, 7, 10])
    y.sum().backward()
    np.testing.assert_array_equal(array(x.grad), [0, 0, 0])
    np.testing.assert_array_equal(array(src.grad), [2, 2])


REFUSED = {
    "out of bounds": (
        RuntimeError,
        "index 3 is out of bounds",
        lambda x: x.scatter(0, places([3]), 1),
    ),
    "negative": (
        RuntimeError,
        "index -1 is out of bounds",
        lambda x: x.scatter(0, places([-1]), 1),
    ),
    "gather": (RuntimeError, "index 5 is out of bounds", lambda x: x.gather(0, places([5]))),
    "select": (IndexError, "index 5 is out of bounds", lambda x: x.index_select(0, places([5]))),
    "fill": (IndexError, "index -4 is out of bounds", lambda x: x.index_fill(0, places([-4]), 1)),
    "take": (IndexError, "tried to access index 9", lambda x: x.take(places([9]))),
    "put": (IndexError, "tried to access index -9", lambda x: x.put(places([-9]), const([1.0]))),
    "dtype of src": (
        RuntimeError,
        "Expected self.dtype to be equal to src.dtype",
        lambda x: x.scatter(0, places([0]), tg.tensor([1])),
    ),
    "dtype of index": (
        RuntimeError,
        "Expected dtype int32/int64 for index",
        lambda x: x.scatter(0, tg.tensor([0.0]), 1),
    ),
    "dimensions": (
        RuntimeError,
        "Index tensor must have the same number of dimensions",
        lambda x: x.scatter(0, tg.tensor([[0]]), 1),
    ),
    "mode": (RuntimeError, "reduce argument", lambda x: x.scatter_reduce(0, places([0]), x, "max")),
    "vector": (
        IndexError,
        "Index is supposed to be a vector",
        lambda x: x.index_add(0, tg.tensor([[0]]), x),
    ),
    "number of slices": (
        RuntimeError,
        "Number of indices",
        lambda x: x.index_add(0, places(0, 1), x),
    ),
    "mask": (
        RuntimeError,
        "only supports boolean masks",
        lambda x: x.masked_scatter(tg.tensor([1, 0, 1]), x),
    ),
    "too few elements": (
        RuntimeError,
        "Number of elements of source < number of ones in mask",
        lambda x: x.masked_scatter(x > 0, const([1.0])),
    ),
    "complex value": (
        RuntimeError,
        "value cannot be converted",
        lambda x: x.masked_fill(x > 0, 1j),
    ),
    "repeats": (RuntimeError, "non-negative", lambda x: x.repeat_interleave(-1)),
    "slice": (
        RuntimeError,
        "expected src to have a size equal to the slice",
        lambda x: x.slice_scatter(const([1.0]), 0, 0, 2),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(backend, name):
    error, words, call = REFUSED[name]
    x = leaf([1.0, 2.0, 3.0])
    before = state(x)
    with pytest.raises(error, match=words):
        call(x)
    assert state(x) == before
