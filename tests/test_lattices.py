"""Strided memory: diagonals, windows and strides as views, and changing a shape in place."""

from __future__ import annotations

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf, state


@pytest.fixture
def views(backend):
    """A backend whose memory can be seen at other strides."""
    if not tg.tensor(0.0)._place.backend.strided_views:
        pytest.skip("lattices are copies on this backend")
    return backend


def matrix():
    return const(np.arange(12.0).reshape(3, 4))


SHOWN = {
    "diagonal": (lambda x: tg.diagonal(x, 1), lambda a: a[[0, 1, 2], [1, 2, 3]]),
    "windows": (lambda x: x.unfold(1, 2, 2), lambda a: a.reshape(3, 2, 2)),
    "strides": (lambda x: tg.as_strided(x, (2, 2), (5, 1), 1), lambda a: a.flat[[[1, 2], [6, 7]]]),
    "strides of a part": (
        lambda x: tg.as_strided(x[1:], (2,), (3,), 0),
        lambda a: a.flat[[0, 3]],
    ),
    "diagonal of a transpose": (lambda x: x.T.diagonal(-1), lambda a: a[[0, 1, 2], [1, 2, 3]]),
    "diagonal of windows": (
        lambda x: x.unfold(1, 2, 2).diagonal(0, 1, 2),
        lambda a: a[:, [0, 3]],
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_values(backend, name):
    if "part" in name and not tg.tensor(0.0)._place.backend.strided_views:
        pytest.skip("an array without strides is all the memory there is")
    shown, expected = SHOWN[name]
    np.testing.assert_array_equal(array(shown(matrix())), expected(array(matrix())))


@pytest.mark.parametrize("name", SHOWN)
def test_writing_shows_on_both_sides(views, name):
    shown, expected = SHOWN[name]
    x = matrix()
    part = shown(x)
    version = x._version
    part.mul_(-1)
    assert x._version == version + 1 == part._version
    np.testing.assert_array_equal(expected(array(x)), -expected(array(matrix())))
    x.fill_(7)
    assert set(array(part).ravel()) == {7.0}


@pytest.mark.parametrize("name", sorted(set(SHOWN) - {"strides of a part"}))
def test_gradients_follow_what_is_written_through_a_view(views, name):
    """Writing half of the memory halves the gradient there, seen from base and view."""
    shown, _ = SHOWN[name]
    x = leaf(np.arange(12.0).reshape(3, 4))
    y = x * 1
    part = shown(y)
    part.mul_(3)
    (g,) = tg.autograd.grad(y.sum(), x, retain_graph=True)
    inside = const(np.zeros((3, 4)))
    shown(inside).fill_(1)
    np.testing.assert_array_equal(array(g), 1 + 2 * array(inside))
    (g,) = tg.autograd.grad(part.sum(), x)
    np.testing.assert_array_equal(array(g), 3 * array(inside))


def test_an_element_that_is_shown_twice_gets_both_gradients(backend):
    x = leaf([1.0, 2.0, 3.0])
    tg.as_strided(x, (2, 2), (1, 1)).sum().backward()
    np.testing.assert_array_equal(array(x.grad), [1, 2, 1])


def test_an_operand_that_repeats_memory_shares_the_gradient(backend):
    x = leaf([[1.0], [2.0]])
    wide = x.expand(2, 3)
    if not wide._place.backend.strided_views:
        pytest.skip("strides are not known on this backend")
    (g,) = tg.autograd.grad(tg.as_strided(wide, (2,), (1,)).sum(), wide)
    np.testing.assert_allclose(array(g), np.full((2, 3), 1 / 3))


def test_overlapping_windows_are_not_written(views):
    x = const([1.0, 2.0, 3.0])
    windows = x.unfold(0, 2, 1)
    before = state(x)
    with pytest.raises(RuntimeError, match="unsupported operation: more than one element"):
        windows.add_(1)
    assert state(x) == before


OUT_OF_MEMORY = {
    "beyond the end": ((4, 4), (4, 1), 0),
    "offset": ((1,), (1,), 12),
    "negative offset": ((1,), (1,), -1),
    "negative stride": ((2,), (-1,), 5),
    "lengths": ((2,), (1, 1), 0),
    "negative size": ((-1,), (1,), 0),
}


@pytest.mark.parametrize("name", OUT_OF_MEMORY)
def test_strides_that_lead_out_of_the_memory_are_refused(backend, name):
    with pytest.raises(RuntimeError):
        tg.as_strided(matrix(), *OUT_OF_MEMORY[name])


def test_strides_and_offset_are_told(views):
    x = tg.ones(2, 3)
    assert x.stride() == (3, 1)
    assert x.T.stride() == (1, 3)
    assert x.stride(-1) == 1
    assert x[1].storage_offset() == 3
    assert x[1].data_ptr() == x.data_ptr() + 3 * x.element_size()
    with pytest.raises(IndexError, match="Dimension out of range"):
        x.stride(2)


# -- shapes changed in place ----------------------------------------------------------------

CHANGES = {
    "unsqueeze_": ((0,), (1, 2, 3)),
    "t_": ((), (3, 2)),
    "transpose_": ((0, 1), (3, 2)),
    "swapaxes_": ((0, -1), (3, 2)),
    "squeeze_": ((), (2, 3)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_shape_changes_in_place(backend, name):
    arguments, shape = CHANGES[name]
    x = const(np.arange(6.0).reshape(2, 3))
    want = array(getattr(x, name.rstrip("_"))(*arguments))
    assert getattr(x, name)(*arguments) is x
    assert tuple(x.shape) == shape
    assert x._version == 1
    np.testing.assert_array_equal(array(x), want)


def test_views_follow_a_tensor_whose_shape_has_changed(backend):
    x = leaf(np.arange(6.0).reshape(2, 3))
    y = x * 2
    row = y[1]
    y.t_()
    y.mul_(const([[1.0, 10.0]]))
    np.testing.assert_array_equal(array(row), [60, 80, 100])
    row.mul_(0)
    np.testing.assert_array_equal(array(y), [[0, 0], [2, 0], [4, 0]])
    y.sum().backward()
    np.testing.assert_array_equal(array(x.grad), [[2, 2, 2], [0, 0, 0]])


def test_a_leaf_keeps_its_shape(backend):
    x = leaf([1.0, 2.0])
    before = state(x)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        x.unsqueeze_(0)
    with pytest.raises(RuntimeError, match="cannot resize variables that require grad"):
        x.resize_(4)
    assert state(x) == before


def test_a_saved_tensor_whose_shape_has_changed_is_an_error(backend):
    x = leaf([[1.0, 2.0]])
    y = x * 1
    z = y * y
    y.t_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


def test_resize_keeps_the_order_of_the_memory(backend):
    x = const(np.arange(6.0))
    assert x.resize_(2, 2) is x
    np.testing.assert_array_equal(array(x), [[0, 1], [2, 3]])
    x.resize_(2, 5)
    assert tuple(x.shape) == (2, 5)
    np.testing.assert_array_equal(array(x).ravel()[:4], [0, 1, 2, 3])
    tg.resize_as_(x, tg.ones(3))
    np.testing.assert_array_equal(array(x), [0, 1, 2])


# -- memory read as another dtype -------------------------------------------------------------


def test_memory_is_read_as_another_dtype(views):
    x = tg.tensor([1.0, -2.0])
    bits = x.view(tg.int32)
    assert bits.tolist() == [0x3F800000, 0xC0000000 - 2**32]
    bits[0] = 0
    assert x.tolist() == [0.0, -2.0]
    assert not tg.ones(2, requires_grad=True).view(tg.int32).requires_grad
    assert tuple(x.view(tg.int16).shape) == (4,)
    assert tuple(x.view(tg.float64).shape) == (1,)
    with pytest.raises(RuntimeError, match=r"self.size\(-1\) must be divisible by 2"):
        tg.ones(3).view(tg.float64)
    with pytest.raises(RuntimeError, match=r"self.dim\(\) cannot be 0"):
        tg.tensor(1.0).view(tg.float64)


# -- histories of what is written ---------------------------------------------------------------


def test_a_cotangent_in_another_order_reaches_what_was_written(backend):
    """Its copy is laid out anew before a view of it is written."""
    x, w = leaf(np.arange(6.0).reshape(2, 3)), leaf(5.0)
    y = x * 1
    y.view(-1)[1] = w
    weights = const(np.arange(1.0, 7.0).reshape(3, 2))
    gx, gw = tg.autograd.grad((y.T * weights).sum(), (x, w))
    np.testing.assert_array_equal(array(gx), [[1, 0, 5], [2, 4, 6]])
    assert gw.item() == 3


def test_strides_that_lead_out_of_a_view_write_the_base(views):
    x, w = leaf(np.arange(6.0).reshape(2, 3)), leaf(5.0)
    y = x * 1
    row = y[1]
    y[1].as_strided((2,), (1,), 1).fill_(w)
    np.testing.assert_array_equal(array(y), [[0, 5, 5], [3, 4, 5]])
    gx, gw = tg.autograd.grad((y.sum() + row.sum()), (x, w))
    np.testing.assert_array_equal(array(gx), [[1, 0, 0], [2, 2, 2]])
    assert gw.item() == 2


def test_a_diagonal_is_filled(backend):
    x = leaf(np.zeros((5, 2)))
    y = x * 1
    y.fill_diagonal_(3.0, wrap=True)
    np.testing.assert_array_equal(array(y), [[3, 0], [0, 3], [0, 0], [3, 0], [0, 3]])
    (g,) = tg.autograd.grad(y.sum(), x)
    np.testing.assert_array_equal(array(g), 1 - array(y) / 3)
    with pytest.raises(RuntimeError, match="dimensions must larger than 1"):
        const([1.0]).fill_diagonal_(1)
