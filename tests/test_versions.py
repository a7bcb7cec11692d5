"""How often memory was written, and what a backward pass says of saved values that changed."""

from __future__ import annotations

from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf, state

CHANGED = (
    "one of the variables needed for gradient computation has been modified by an inplace operation"
)

# -- counting ------------------------------------------------------------------------------


@pytest.mark.guarantee("D01")
def test_every_in_place_operation_counts_one_version(backend: str) -> None:
    x = const([1.0, 2.0, 3.0])
    assert x._version == 0
    operations = [
        lambda: x.add_(1),
        lambda: x.mul_(2),
        lambda: x.zero_(),
        lambda: x.fill_(3.0),
        lambda: x.copy_(const([1.0, 2.0, 3.0])),
        lambda: x.__setitem__(0, 5.0),
        lambda: x.__setitem__([0, 2], 5.0),
        lambda: x.exp_(),
        lambda: x.clamp_(0.0, 1.0),
        lambda: x.masked_fill_(x > 0, 1.0),
        lambda: x.__iadd__(1),
        lambda: x[1:].add_(1),
        lambda: tg.relu_(x),
    ]
    for count, operation in enumerate(operations, 1):
        with tg.set_grad_enabled(count % 2 == 0):
            operation()
        assert x._version == count


def _arguments(dtype: Any) -> list[tuple[Any, ...]]:
    """Return what an in-place method may take, one or the other."""

    def tensor(values: Any) -> Any:
        return tg.tensor(values, dtype=dtype)

    other, column, cube = tensor([[1, 2], [3, 4]]), tensor([1, 2]), tg.ones(2, 2, 2, dtype=dtype)
    rows, index = tg.tensor([1, 0]), tg.tensor([[0, 1], [1, 0]])
    mask = tg.tensor([[True, False], [False, True]])
    return [
        (),
        (2,),
        (0.5,),
        (0,),
        (other,),
        (1, other),
        (other, other),
        (other, column),
        (cube, cube),
        (0, 1),
        (mask, 1),
        (mask, other),
        (column, column),
        (rows, column),
        ((rows, rows), column),
        (0, rows, 1),
        (0, rows, other),
        (0, index, other),
        (0, rows, other, "mean"),
        (0, index, other, "sum"),
        (2, 0, 1.0),
        ((4,), (1,)),
    ]


WITHOUT_WRITING = {"detach_", "requires_grad_"}
#: Of tensors whose methods they are; of others (2, 2).
SHAPES = {"addmv_": (2,), "baddbmm_": (2, 2, 2), "resize_as_": (4,)}


@pytest.mark.guarantee("D01")
@pytest.mark.parametrize("recorded", [True, False])
def test_every_in_place_method_counts_one_version(backend: str, recorded: bool) -> None:
    methods = {n for n in dir(tg.Tensor) if n.endswith("_") and not n.startswith("_")}
    candidates = [(d, args) for d in (tg.float64, tg.int64) for args in _arguments(d)]
    counted = {}
    for name in methods:
        for dtype, args in candidates:
            x = tg.ones(SHAPES.get(name, (2, 2)), dtype=dtype)
            if recorded and dtype is tg.float64:
                x = x.requires_grad_() * 1
            with tg.set_grad_enabled(recorded):
                try:
                    getattr(x, name)(*args)
                except (RuntimeError, TypeError, IndexError, ValueError):
                    assert x._version == 0, name
                else:
                    counted[name] = x._version
                    break
    assert counted == {name: int(name not in WITHOUT_WRITING) for name in methods}


@pytest.mark.guarantee("D02")
def test_views_and_detached_twins_share_the_counter_and_clones_do_not(backend: str) -> None:
    x = const([[1.0, 2.0], [3.0, 4.0]])
    view, twin, copy = x[0], x.detach(), x.clone()
    further = view[1:]
    for count, t in enumerate((x, view, further, twin), 1):
        t.add_(1)
        assert [t._version for t in (x, view, further, twin)] == [count] * 4
    assert copy._version == 0
    assert array(x).tolist() == [[4.0, 6.0], [5.0, 6.0]]
    copy.add_(1)
    assert (copy._version, x._version) == (1, 4)


@pytest.mark.guarantee("D02")
def test_a_scalar_shares_memory_with_its_twins_too(backend: str) -> None:
    x = const(1.0)
    twin = x.detach()
    view = x.view(1)
    x += 1
    assert (float(twin), array(view).tolist()) == (2.0, [2.0])
    view.mul_(5)
    assert (float(x), float(twin)) == (10.0, 10.0)
    assert (x._version, twin._version, view._version) == (2, 2, 2)


@pytest.mark.guarantee("D03")
def test_what_is_written_through_a_detached_twin_is_noticed(backend: str) -> None:
    x = leaf([1.0, 2.0])
    for square in (lambda: x**2, lambda: x * x, lambda: x.square()):
        y = square()
        version = x._version
        x.detach().zero_()
        assert x._version == version + 1
        assert array(x).tolist() == [0.0, 0.0]
        with pytest.raises(RuntimeError, match=CHANGED):
            y.sum().backward()
        assert x.grad is None


# -- `data` --------------------------------------------------------------------------------


@pytest.mark.guarantee("D04")
def test_what_is_written_through_data_is_noticed(backend: str) -> None:
    x = leaf([1.0, 2.0])
    for write in (
        lambda: x.data.mul_(2),
        lambda: x.data.__setitem__(0, 3.0),
        lambda: x.data[1:].zero_(),
    ):
        loss = (x * x).sum()
        write()
        before = state(x)
        with pytest.raises(RuntimeError, match=CHANGED):
            loss.backward()
        assert state(x) == before
    assert array(x).tolist() == [3.0, 0.0]
    (x * x).sum().backward()
    assert array(x.grad).tolist() == [6.0, 0.0]


@pytest.mark.guarantee("D05")
def test_a_tensor_whose_data_is_replaced_keeps_its_counter(backend: str) -> None:
    x = leaf([1.0, 2.0])
    with tg.no_grad():
        for _ in range(3):
            x.add_(1)
    other = const([7.0, 8.0, 9.0])
    x.data = other
    assert (x._version, other._version) == (4, 0)
    assert array(x).tolist() == [7.0, 8.0, 9.0]
    with tg.no_grad():
        x.add_(1)
    assert x._version == 5
    assert x.is_leaf
    assert x.requires_grad
    (x * x).sum().backward()
    assert array(x.grad).tolist() == [16.0, 18.0, 20.0]


@pytest.mark.guarantee("D05")
def test_what_saved_the_old_data_notices_that_it_was_replaced(backend: str) -> None:
    x = leaf([1.0, 2.0])
    loss = (x * x).sum()
    x.data = const([7.0, 8.0])
    with pytest.raises(RuntimeError, match=CHANGED):
        loss.backward()
    assert x.grad is None


@pytest.mark.guarantee("D05")
def test_writes_through_either_of_two_tensors_of_one_memory_are_noticed(backend: str) -> None:
    x, y = leaf([1.0, 2.0]), const([7.0, 8.0])
    x.data = y
    loss = (x * x).sum()
    y.mul_(2)
    assert array(x).tolist() == [14.0, 16.0]
    with pytest.raises(RuntimeError, match=CHANGED):
        loss.backward()
    loss = (x * y).sum()
    with tg.no_grad():
        x.add_(1)
    assert array(y).tolist() == [15.0, 17.0]
    with pytest.raises(RuntimeError, match=CHANGED):
        loss.backward()
    w = leaf([1.0, 1.0])
    loss = (w * y).sum()
    x.data = const([1.0, 2.0])
    loss.backward()
    assert array(w.grad).tolist() == [15.0, 17.0]
    loss = (x * x).sum()
    y.zero_()  # which it shows no longer
    loss.backward()
    assert array(x.grad).tolist() == [2.0, 4.0]


@pytest.mark.guarantee("D05")
def test_a_tensor_s_own_data_may_take_its_place(backend: str) -> None:
    x = leaf([1.0, 2.0])
    twin = x.detach()
    for count in range(1, 4):
        x.data = x.data
        assert (x._version, twin._version) == (count, 0)
    loss = (x * x).sum()
    twin.mul_(2)
    assert (x._version, twin._version) == (4, 1)
    with pytest.raises(RuntimeError, match=CHANGED):
        loss.backward()
    loss = (x * x).sum()
    x.data = x.data[:1]
    with pytest.raises(RuntimeError, match=CHANGED):
        loss.backward()


def test_a_number_whose_data_is_replaced_shares_its_memory_too(backend: str) -> None:
    x, y = const(1.0), const(2.0)
    x.data = y
    x.add_(1)
    assert float(y) == 3.0


def test_views_from_before_data_was_replaced_keep_their_memory(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    view = y[:1]
    y.data = const([5.0, 6.0])
    view.mul_(3)
    assert (array(y).tolist(), array(view).tolist()) == ([5.0, 6.0], [3.0])


# -- saved values --------------------------------------------------------------------------


@pytest.mark.guarantee("D06")
@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.add_(1),
        lambda t: t.zero_(),
        lambda t: t[0].fill_(5.0),
        lambda t: t.__setitem__(0, 5.0),
        lambda t: t.detach().add_(1),
        lambda t: t.data.add_(1),
        lambda t: t.view(2, 1).mul_(2),
    ],
)
@pytest.mark.parametrize("mode", [True, False])
def test_a_saved_operand_that_was_changed_is_an_error(backend: str, change, mode: bool) -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    z = (y * y).sum()
    with tg.set_grad_enabled(mode):
        change(y)
    with pytest.raises(RuntimeError, match=rf"{CHANGED}.*\[2\]\].*version 1; expected version 0"):
        z.backward()
    assert x.grad is None


@pytest.mark.guarantee("D06")
def test_the_error_names_the_producer_and_the_versions(backend: str) -> None:
    y = leaf([1.0, 2.0, 3.0]) * 2
    z = y * y
    y.add_(1)
    y.add_(1)
    with pytest.raises(
        RuntimeError, match=r"output 0 of Add.* is at version 2; expected version 0"
    ):
        z.sum().backward()
    x = leaf([1.0])
    z = x * x
    with tg.no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match=CHANGED) as caught:
        z.sum().backward()
    assert "output 0 of" not in str(caught.value)


@pytest.mark.guarantee("D06")
def test_what_was_not_saved_may_change(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x + 1
    z = y + 2
    y.mul_(10)
    (z + y).sum().backward()
    assert array(x.grad).tolist() == [11.0, 11.0]


@pytest.mark.guarantee("D07")
@pytest.mark.parametrize("function", [tg.exp, tg.sqrt, tg.reciprocal])
def test_a_saved_result_that_was_changed_is_an_error(backend: str, function) -> None:
    x = leaf([4.0])
    y = function(x)
    y.add_(1)
    with pytest.raises(RuntimeError, match=rf"{CHANGED}.*version 1; expected version 0"):
        y.sum().backward()
    with pytest.raises(RuntimeError, match=CHANGED):
        tg.autograd.grad(y.sum(), x, create_graph=True)
    assert x.grad is None


@pytest.mark.guarantee("D08")
def test_the_last_of_a_chain_may_change_and_an_earlier_use_may_not(backend: str) -> None:
    x, y = leaf([5.0]), leaf([2.0])
    z = x * y
    w = z.add_(y)
    assert w is z
    w.sum().backward()
    assert (array(x.grad).tolist(), array(y.grad).tolist()) == ([2.0], [6.0])
    z = x * y
    q = z * y
    z.add_(y)
    with pytest.raises(RuntimeError, match=CHANGED):
        q.sum().backward()


@pytest.mark.guarantee("D09")
def test_a_leaf_stepped_under_no_grad_before_backward_is_noticed(backend: str) -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    loss = (x * y).sum()
    with tg.no_grad():
        x -= 0.1
    with pytest.raises(RuntimeError, match=CHANGED):
        loss.backward()
    assert (x.grad, y.grad) == (None, None)
