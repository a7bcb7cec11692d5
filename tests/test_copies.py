"""Copies by Python's own modules, and NumPy arrays next to tensors."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf


def test_a_deep_copy_has_a_gradient_of_its_own(backend: str) -> None:
    x = leaf([1.0, 2.0])
    x.grad = const([3.0, 4.0])
    twin = copy.deepcopy(x)
    assert twin.requires_grad
    assert twin.is_leaf
    assert twin.grad is not x.grad
    assert array(twin.grad).tolist() == [3.0, 4.0]
    (twin * twin).sum().backward()
    assert array(x.grad).tolist() == [3.0, 4.0]
    with tg.no_grad():
        twin.add_(1)
    assert array(x).tolist() == [1.0, 2.0]
    constant = copy.deepcopy(const([1.0]))
    assert not constant.requires_grad


def test_one_tensor_in_two_places_is_one_copy(backend: str) -> None:
    x = leaf([1.0])
    first, inner = copy.deepcopy([x, {"a": x}])
    assert inner["a"] is first


@pytest.mark.parametrize("base_first", [True, False])
def test_copies_of_views_are_views_of_the_copy(backend: str, base_first: bool) -> None:
    base = const([[1.0, 2.0], [3.0, 4.0]])
    view = base.T[1]
    if base_first:
        base2, view2 = copy.deepcopy([base, view])
    else:
        view2, base2 = copy.deepcopy([view, base])
    view2.mul_(10)
    assert array(base2).tolist() == [[1.0, 20.0], [3.0, 40.0]]
    assert view2._base is base2
    assert array(base).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_copies_of_detached_twins_are_twins(backend: str) -> None:
    x = leaf([1.0, 2.0])
    x2, twin2 = copy.deepcopy([x, x.detach()])
    assert x2.requires_grad
    assert not twin2.requires_grad
    twin2.mul_(5)
    assert array(x2).tolist() == [5.0, 10.0]
    assert array(x).tolist() == [1.0, 2.0]
    assert x2._version == 1


def test_what_is_no_leaf_has_no_deep_copy(backend: str) -> None:
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(leaf([1.0]) * 2)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_keeps_value_and_requires_grad_only(backend: str, protocol: int) -> None:
    x = leaf([1.0, 2.0])
    x.grad = const([3.0, 4.0])
    for given in (x, x * 2, x.detach()):
        read = pickle.loads(pickle.dumps(given, protocol))  # noqa: S301
        assert array(read).tolist() == array(given).tolist()
        assert read.requires_grad is given.requires_grad
        assert read.is_leaf
        assert read.grad is None
        assert read.dtype is tg.float64


def test_a_node_cannot_be_pickled(backend: str) -> None:
    y = leaf([1.0]) * 2
    with pytest.raises(TypeError, match="cannot pickle 'MulBackward0' object"):
        pickle.dumps(y.grad_fn)
    with pytest.raises(TypeError, match="cannot pickle 'MulBackward0' object"):
        pickle.dumps(tg.autograd.graph.get_gradient_edge(y))


def test_pickling_says_that_hooks_are_left_behind(backend: str) -> None:
    x = leaf([1.0])
    x.register_hook(_hook)
    with pytest.warns(UserWarning, match=r"backward hook <function _hook.*will not be serialized"):
        pickle.dumps(x)


def _hook(g):
    return g


@pytest.mark.parametrize(
    "function",
    [
        lambda a, t: a + t,
        lambda a, t: t + a,
        lambda a, t: a * t,
        lambda a, t: a - t,
        lambda a, t: t / a,
        lambda a, t: a @ t,
        lambda a, t: a**t,
        lambda a, t: a < t,
        lambda a, t: np.float64(2) * t,
        lambda a, t: np.maximum(a, t.detach()),
    ],
)
def test_an_array_may_stand_on_either_side(function) -> None:
    with tg.use_backend("numpy"):
        values, other = np.array([1.5, 2.0, 3.0]), [2.0, 2.5, 1.0]
        x = leaf(other)
        out = function(values, x)
        assert isinstance(out, tg.Tensor)
        expected = function(values, const(other).detach())
        assert array(out).tolist() == array(expected).tolist()
        if out.requires_grad:
            out.sum().backward()
            assert x.grad is not None


def test_writing_a_tensor_into_an_array_and_back() -> None:
    with tg.use_backend("numpy"):
        a, t = np.ones(2), const([1.0, 2.0])
        a += t
        t += np.ones(2)
        assert (a.tolist(), t.tolist()) == ([2.0, 3.0], [2.0, 3.0])
        with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires"):
            a += leaf([1.0, 2.0])
        assert a.tolist() == [2.0, 3.0]


def test_tensor_copies_the_array_that_the_caller_goes_on_to_write() -> None:
    with tg.use_backend("numpy"):
        values = np.array([1.0, 2.0])
        x = tg.tensor(values, requires_grad=True)
        loss = (x * x).sum()
        values[:] = 50.0
        loss.backward()
        assert x.grad.tolist() == [2.0, 4.0]
