"""Copies by Python's own modules, and NumPy arrays next to tensors."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf


@pytest.mark.guarantee("P01")
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


@pytest.mark.guarantee("P01")
def test_one_tensor_in_two_places_is_one_copy(backend: str) -> None:
    x = leaf([1.0])
    first, inner = copy.deepcopy([x, {"a": x}])
    assert inner["a"] is first
    assert first is not x


@pytest.mark.guarantee("P01")
@pytest.mark.parametrize("gradient_first", [True, False])
def test_a_gradient_that_is_copied_for_itself_too_is_one_copy(
    backend: str, gradient_first: bool
) -> None:
    x = leaf([1.0])
    x.grad = const([3.0])
    if gradient_first:
        g, twin = copy.deepcopy([x.grad, x])
    else:
        twin, g = copy.deepcopy([x, x.grad])
    assert twin.grad is g
    assert g is not x.grad


@pytest.mark.guarantee("P01")
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


@pytest.mark.guarantee("P01")
def test_copies_of_detached_twins_are_twins(backend: str) -> None:
    x = leaf([1.0, 2.0])
    x2, twin2 = copy.deepcopy([x, x.detach()])
    assert x2.requires_grad
    assert not twin2.requires_grad
    twin2.mul_(5)
    assert array(x2).tolist() == [5.0, 10.0]
    assert array(x).tolist() == [1.0, 2.0]
    assert x2._version == 1


@pytest.mark.guarantee("P02")
def test_what_is_no_leaf_has_no_deep_copy(backend: str) -> None:
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(leaf([1.0]) * 2)


@pytest.mark.guarantee("P03")
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


class Named(tg.Tensor):
    """A tensor of the user's, with attributes."""


class Slotted(tg.Tensor):
    __slots__ = ("name", "notes")


class Keeping(tg.Tensor):
    """One that says itself what is kept."""

    def __getstate__(self):
        return {"name": self.name.upper()}

    def __setstate__(self, state):
        self.name = state["name"]


def _named(cls):
    x = cls([1.0, 2.0]).requires_grad_()
    x.name, x.notes = "weight", ["first", x]
    return x


@pytest.mark.guarantee("P03")
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("cls", [Named, Slotted])
def test_pickling_keeps_a_subclass_and_its_attributes(backend: str, cls, protocol: int) -> None:
    x = _named(cls)
    read = pickle.loads(pickle.dumps(x, protocol))  # noqa: S301
    assert type(read) is cls
    assert read.name == "weight"
    assert read.notes[0] == "first"
    assert read.notes[1] is read
    assert read.requires_grad
    (read * 3).sum().backward()
    assert array(read.grad).tolist() == [3.0, 3.0]


@pytest.mark.guarantee("P03")
@pytest.mark.parametrize("cls", [Named, Slotted])
def test_copies_keep_a_subclass_and_its_attributes(backend: str, cls) -> None:
    x = _named(cls)
    deep, flat = copy.deepcopy(x), copy.copy(x)
    assert type(deep) is type(flat) is cls
    assert deep.name == flat.name == "weight"
    assert deep.notes[1] is deep
    assert flat.notes is x.notes
    with tg.no_grad():
        flat.mul_(10)
        deep.mul_(100)
    assert array(x).tolist() == [10.0, 20.0]
    assert deep.requires_grad
    assert flat.requires_grad
    first, second = copy.deepcopy([x.detach(), flat])
    assert type(second) is cls
    first.mul_(2)
    assert array(second).tolist() == [20.0, 40.0]
    assert array(x).tolist() == [10.0, 20.0]


@pytest.mark.guarantee("P03")
def test_a_subclass_may_say_what_is_kept(backend: str) -> None:
    x = _named(Keeping)
    for twin in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):  # noqa: S301
        assert twin.name == "WEIGHT"
        assert not hasattr(twin, "notes")


@pytest.mark.guarantee("P04")
def test_a_node_cannot_be_pickled(backend: str) -> None:
    y = leaf([1.0]) * 2
    with pytest.raises(TypeError, match="cannot pickle 'MulBackward0' object"):
        pickle.dumps(y.grad_fn)
    with pytest.raises(TypeError, match="cannot pickle 'MulBackward0' object"):
        pickle.dumps(tg.autograd.graph.get_gradient_edge(y))


@pytest.mark.guarantee("G26")
def test_pickling_says_that_hooks_are_left_behind(backend: str) -> None:
    x = leaf([1.0])
    x.register_hook(_hook)
    said = (
        r"backward hook <function _hook at 0x\w+> on tensor will not be serialized.  If this is "
        r"expected, you can decorate the function with @.*utils.hooks.unserializable_hook"
    )
    with pytest.warns(UserWarning, match=said):
        data = pickle.dumps(x)
    (pickle.loads(data) * 3).sum().backward()  # noqa: S301
    assert x.grad is None
    y = leaf([1.0])
    y.register_hook(tg.utils.hooks.unserializable_hook(lambda g: g * 2))
    pickle.dumps(y)  # in silence
    (y * 3).sum().backward()
    assert array(y.grad).tolist() == [6.0]


def _hook(g):
    return g


@pytest.mark.guarantee("P10")
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


@pytest.mark.guarantee("P10")
def test_writing_a_tensor_into_an_array_and_back() -> None:
    with tg.use_backend("numpy"):
        a, t = np.ones(2), const([1.0, 2.0])
        a += t
        t += np.ones(2)
        assert (a.tolist(), t.tolist()) == ([2.0, 3.0], [2.0, 3.0])
        with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires"):
            a += leaf([1.0, 2.0])
        assert a.tolist() == [2.0, 3.0]


@pytest.mark.guarantee("D23")
@pytest.mark.parametrize(
    "function",
    [
        lambda x, values: x * tg.tensor(values),
        lambda x, values: x * tg.asarray(values, copy=True),
        lambda x, values: x * x.new_tensor(values),
        lambda x, values: x * values,
        lambda x, values: values * x,
        lambda x, values: values / x * values,
        lambda x, values: tg.mul(x, values),
        lambda x, values: np.multiply(values, x),
        lambda x, values: tg.outer(x, values),
        lambda x, values: (x * 1).mul_(values),
        lambda x, values: x @ values,
        lambda x, values: x * tg.zeros(2, dtype=tg.float64).index_copy(0, tg.arange(2), values),
    ],
)
def test_an_array_that_the_caller_goes_on_to_write_is_copied(function) -> None:
    with tg.use_backend("numpy"):
        values = np.array([1.0, 2.0])
        x = leaf([3.0, 4.0])
        (want,) = tg.autograd.grad(function(x, values).sum(), x)
        loss = function(x, values).sum()
        values[:] = 50.0
        loss.backward()
        assert x.grad.tolist() == want.tolist()


@pytest.mark.guarantee("D23")
def test_a_leaf_made_of_an_array_has_memory_of_its_own() -> None:
    with tg.use_backend("numpy"):
        values = np.array([1.0, 2.0])
        x = tg.tensor(values, requires_grad=True)
        loss = (x * x).sum()
        values[:] = 50.0
        loss.backward()
        assert x.tolist() == [1.0, 2.0]
        assert x.grad.tolist() == [2.0, 4.0]


@pytest.mark.guarantee("D23")
def test_what_is_written_into_a_shared_array_can_be_announced() -> None:
    values = np.array([1.0, 2.0])
    x = tg.from_numpy(values).requires_grad_()
    loss = (x * x).sum()
    values[:] = 50.0
    assert x.tolist() == [50.0, 50.0]
    tg.autograd.graph.increment_version(x)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
