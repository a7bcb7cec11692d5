"""What a backward pass frees, which nodes it runs, and what a failure leaves."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf
from tensorflowlite_grad.autograd import Function
from tensorflowlite_grad.backend import selection
from tensorflowlite_grad.checking import all_cases
from tensorflowlite_grad.checking.derivatives import Trial

FREED = "Trying to backward through the graph a second time"


class Square(Function):
    """x * x, with a rule written out."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * x * g


class Explodes(Function):
    """x, with a derivative that always fails."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        raise ArithmeticError("boom")


#: By the library, and by a user's function: both save their operand.
SQUARES = [lambda x: x * x, Square.apply]


# -- what a pass frees ---------------------------------------------------------------------


@pytest.mark.guarantee("A01")
def test_a_second_pass_over_saved_values_is_an_error_that_names_the_cure(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    y.backward()
    said = rf"{FREED} \(or directly access saved tensors after they .*retain_graph=True"
    with pytest.raises(RuntimeError, match=said):
        y.backward()
    with pytest.raises(RuntimeError, match=said):
        tg.autograd.grad(y, x)
    assert array(x.grad).tolist() == [2.0, 4.0]


@pytest.mark.guarantee("A02")
def test_a_second_pass_works_where_nothing_was_saved(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = (x + 1).sum()
    for passes in (1, 2, 3):
        y.backward()
        assert array(x.grad).tolist() == [passes, passes]


@pytest.mark.guarantee("A02")
def test_packing_hooks_free_no_more_than_there_is(backend: str) -> None:
    x = leaf([1.0, 2.0])
    with tg.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        y = (x + 1).sum()
        z = (x * x).sum()
    y.backward()
    y.backward()
    assert array(x.grad).tolist() == [2.0, 2.0]
    z.backward()
    with pytest.raises(RuntimeError, match=FREED):
        z.backward()


@pytest.mark.guarantee("A03")
@pytest.mark.parametrize("passes", [1, 3])
def test_passes_that_retain_the_graph_add_up_until_one_does_not(backend: str, passes: int) -> None:
    x = leaf([3.0])
    y = x * x
    for _ in range(passes):
        y.backward(retain_graph=True)
    y.backward()
    assert array(x.grad).tolist() == [6.0 * (passes + 1)]
    with pytest.raises(RuntimeError, match=FREED):
        y.backward()


@pytest.mark.guarantee("A04")
def test_create_graph_retains_the_graph(backend: str) -> None:
    x = leaf(3.0)
    y = x * x
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    y.backward()
    assert float(x.grad) == 6.0
    assert float(tg.autograd.grad(g, x)[0]) == 2.0


@pytest.mark.guarantee("A05")
@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize("by", ["grad", "backward"])
def test_create_graph_frees_where_it_is_told_to(backend: str, by: str) -> None:
    x = leaf(3.0)
    y = x * x
    if by == "grad":
        tg.autograd.grad(y, x, create_graph=True, retain_graph=False)
    else:
        y.backward(create_graph=True, retain_graph=False)
    before = x.grad
    with pytest.raises(RuntimeError, match=FREED):
        y.backward()
    assert x.grad is before
    x.grad = None


@pytest.mark.guarantee("A06")
def test_grad_of_one_operand_frees_the_other_s_too(backend: str) -> None:
    a, b = leaf(2.0), leaf(3.0)
    y = a * b
    assert float(tg.autograd.grad(y, a)[0]) == 3.0
    with pytest.raises(RuntimeError, match=FREED):
        tg.autograd.grad(y, b)


@pytest.mark.guarantee("A07")
def test_losses_that_share_a_part_go_together(backend: str) -> None:
    x = leaf(2.0)
    shared = x * x
    z, w = shared * 3, shared + 1
    z.backward()
    with pytest.raises(RuntimeError, match=FREED):
        w.backward()
    x.grad = None
    shared = x * x
    tg.autograd.backward([shared * 3, shared + 1])
    assert float(x.grad) == 16.0


@pytest.fixture
def no_gc():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.guarantee("A08")
@pytest.mark.parametrize("square", SQUARES, ids=["operation", "function"])
def test_saved_values_die_with_the_pass_by_reference_counting(
    backend: str, no_gc: None, square: Any
) -> None:
    x = leaf([1.0, 2.0])
    middle = x.exp()
    watched = weakref.ref(middle)
    y = square(middle).sum()
    del middle
    assert watched() is not None
    y.backward()
    assert watched() is None
    assert y.grad_fn is not None


@pytest.mark.guarantee("A09")
@pytest.mark.parametrize("square", SQUARES, ids=["operation", "function"])
def test_saved_values_live_with_a_retained_graph_and_die_with_its_output(
    backend: str, no_gc: None, square: Any
) -> None:
    x = leaf([1.0, 2.0])
    middle = x.exp()
    watched = weakref.ref(middle)
    y = square(middle).sum()
    del middle
    y.backward(retain_graph=True)
    assert watched() is not None
    del y
    assert watched() is None


@pytest.mark.guarantee("A10")
@pytest.mark.parametrize("square", SQUARES, ids=["operation", "function"])
def test_a_graph_without_backward_is_freed_with_its_output(
    backend: str, no_gc: None, square: Any
) -> None:
    x = leaf([1.0, 2.0])
    y, watched = x, []
    for _ in range(5):
        y = square(y.sin()) * y
        watched += [weakref.ref(y), weakref.ref(y.grad_fn)]
    assert all(w() is not None for w in watched)
    del y
    assert all(w() is None for w in watched)


@pytest.mark.guarantee("A14")
def test_a_leaf_dies_when_its_graph_does(backend: str, no_gc) -> None:
    x = leaf([1.0])
    count = sys.getrefcount(x)
    y = x * 2 + x.exp()
    y.sum().backward(retain_graph=True)
    del y
    assert sys.getrefcount(x) == count
    watched = weakref.ref(x)
    y = x * x
    del x
    assert watched() is not None
    del y
    assert watched() is None


@pytest.mark.guarantee("A15")
def test_a_node_of_several_outputs_lives_as_long_as_any(backend: str, no_gc) -> None:
    a, b = leaf([1.0, 2.0]).unbind(0)
    watched = weakref.ref(a.grad_fn)
    assert a.grad_fn is b.grad_fn
    del a
    assert watched() is not None
    del b
    assert watched() is None


@pytest.mark.guarantee("A12")
@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 3.0,
        lambda x: x + 1,
        lambda x: x - 1,
        lambda x: x / 2,
        lambda x: -x,
        lambda x: x[1:],
        lambda x: x[[0, 0]],
        lambda x: x.sum(),
        lambda x: x.mean(),
        lambda x: x.reshape(1, 2),
        lambda x: x.clone(),
        lambda x: x.expand(3, 2),
        lambda x: x.flip(0),
        lambda x: tg.cat([x, x]),
        lambda x: tg.stack([x, x]),
        lambda x: x.exp(),
        lambda x: x.sqrt(),
        lambda x: x.cumsum(0),
    ],
)
def test_an_operand_that_the_rule_does_not_need_may_change(backend: str, function) -> None:
    x = leaf([1.0, 2.0])
    twice = x * 1
    y = function(twice)
    y.sum().backward(retain_graph=True)
    expected = array(x.grad)
    x.grad = None
    twice.detach().zero_()
    y.sum().backward()
    assert array(x.grad).tolist() == expected.tolist()


@pytest.mark.guarantee("A13")
def test_only_the_other_operand_is_saved_for_a_product_with_a_constant(backend: str) -> None:
    x, m = leaf([1.0, 2.0]), const([3.0, 4.0])
    shifted = x + 2
    watched = weakref.ref(shifted)
    y = shifted * m
    del shifted
    assert watched() is None
    y.sum().backward()
    assert array(x.grad).tolist() == [3.0, 4.0]


# -- which nodes run -----------------------------------------------------------------------


def test_nodes_off_the_path_to_the_inputs_do_not_run(backend: str) -> None:
    x, a = leaf(2.0), leaf(3.0)
    other = a * a
    other.grad_fn.register_prehook(lambda g: pytest.fail("was run"))
    y = x * 5 + other
    assert float(tg.autograd.grad(y, x)[0]) == 5.0


def test_rules_of_operands_that_nobody_asks_for_do_not_run(backend: str) -> None:
    a, b, c = leaf([2.0, 3.0]), leaf([5.0, 7.0]), leaf([1.0, 1.0])
    # The derivative of zeta by its first operand is not written down.
    shift = b * 1
    y = tg.special.zeta(a * c, shift)
    (g,) = tg.autograd.grad(y.sum(), b, retain_graph=True)
    assert array(g) == pytest.approx(array(-a * tg.special.zeta(a + 1, b)))
    (g,) = tg.autograd.grad(y.sum(), b, retain_graph=True, create_graph=True)
    with pytest.raises(NotImplementedError, match="the derivative for 'zeta: input' is not impl"):
        tg.autograd.grad(y.sum(), [a, b])
    y = tg.special.zeta(a * c, shift)
    y.sum().backward(inputs=[b])
    assert array(b.grad) == pytest.approx(array(g))
    assert (a.grad, c.grad) == (None, None)


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_alone_are_those_that_come_together(backend: str, create_graph: bool) -> None:
    wrong = []
    for case in all_cases() if backend == "numpy" else {c.name: c for c in all_cases()}.values():
        trial = Trial(case, selection.default_place())
        if len(trial.inputs) < 2:
            continue
        tensors = trial.tensors(trial.hosts, leaves=True)
        inputs = [tensors[k] for k in trial.inputs]
        y = case.apply(tensors)
        g = trial.place.wrap(trial.native(trial.direction(trial.host(y), 0)), trial.place)
        options = {"retain_graph": True, "create_graph": create_graph, "allow_unused": True}
        together = tg.autograd.grad(y, inputs, g, **options)
        for x, wanted in zip(inputs, together, strict=True):
            (alone,) = tg.autograd.grad(y, x, g, **options)
            if alone is None or wanted is None:
                same = alone is wanted
            else:
                same = np.array_equal(trial.host(alone), trial.host(wanted), equal_nan=True)
            wrong += [] if same else [case.id]
    assert wrong == []


def test_what_only_other_operands_need_may_have_changed(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    left, right = a * 1, b * 1
    y = left * right
    left.detach().add_(1.0)
    assert float(tg.autograd.grad(y, a, retain_graph=True)[0]) == 3.0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        tg.autograd.grad(y, b, retain_graph=True)
    with tg.autograd.graph.saved_tensors_hooks(lambda t: t * 1, lambda t: t):
        y = left * right
    assert float(tg.autograd.grad(y, a)[0]) == 3.0
    with pytest.raises(RuntimeError, match=FREED):
        tg.autograd.grad(y, b)


def test_hooks_see_none_for_operands_that_nobody_asks_for(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    y = a * b
    seen: list[Any] = []
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append(inputs))
    tg.autograd.grad(y, a)
    ((first, second),) = seen
    assert float(first) == 3.0
    assert second is None


@pytest.mark.guarantee("A19")
def test_an_output_that_is_not_used_has_zero_gradient(backend: str) -> None:
    x = leaf([[1.0, 2.0]] * 5)
    parts = x.chunk(5)
    (parts[3] * 2).sum().backward()
    assert array(x.grad).tolist() == [[0, 0]] * 3 + [[2, 2]] + [[0, 0]]


@pytest.mark.guarantee("A20")
def test_an_unused_branch_of_integers_does_no_harm(backend: str) -> None:
    x = leaf([[3.0, 1.0], [2.0, 5.0]])
    values, indices = x.max(1)
    branch = indices.double()
    assert not branch.requires_grad
    (values + branch).sum().backward()
    assert array(x.grad).tolist() == [[1, 0], [0, 1]]


@pytest.mark.guarantee("A21")
def test_a_root_given_twice_counts_twice(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    g = const([1.0, 10.0])
    tg.autograd.backward([y, y], [g, g])
    assert array(x.grad).tolist() == [6.0, 60.0]
    x.grad = None
    tg.autograd.backward([x, x], [g, g])
    assert array(x.grad).tolist() == [2.0, 20.0]
    assert array(g).tolist() == [1.0, 10.0]


@pytest.mark.guarantee("A22")
def test_roots_may_depend_on_each_other(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    z = y * 3
    tg.autograd.backward([y, z], [const([1.0, 1.0]), const([1.0, 1.0])])
    assert array(x.grad).tolist() == [8.0, 16.0]
    tg.autograd.backward([x * 2, x], [const([1.0, 1.0]), const([1.0, 1.0])])
    assert array(x.grad).tolist() == [11.0, 19.0]


@pytest.mark.guarantee("A23")
def test_a_gradient_that_fans_out_is_summed_for_each_consumer_alone(backend: str) -> None:
    # The gradient of the result waits, unchanged, at three nodes while long branches are added.
    x, y = (tg.ones(5, 5, dtype=tg.float64, requires_grad=True) for _ in range(2))
    a, b, c = x + 2, y + 2, x + 2
    short = a + b + c
    for _ in range(4):
        a, b, c = a * 2, b * 2, c * 2
    g = tg.ones(5, 5, dtype=tg.float64)
    (short + (a + b + c)).backward(g)
    assert array(x.grad).tolist() == [[34.0] * 5] * 5
    assert array(y.grad).tolist() == [[17.0] * 5] * 5
    assert array(g).tolist() == [[1.0] * 5] * 5


@pytest.mark.guarantee("A27")
def test_a_loss_may_be_split_at_any_point(backend: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    (x.sin() * x.exp()).sum().backward()
    expected = array(x.grad)
    x.grad = None
    originals = [x.sin(), x.exp()]
    parts = [p.detach().requires_grad_() for p in originals]
    loss = (parts[0] * parts[1]).sum()
    grads = [tg.autograd.grad(loss, p, retain_graph=True)[0] for p in parts]
    tg.autograd.backward(originals, grads)
    assert array(x.grad).tolist() == pytest.approx(expected.tolist(), rel=1e-14)


@pytest.mark.guarantee("A27")
def test_a_loss_may_be_differentiated_shard_by_shard(backend: str) -> None:
    leaves = [const([float(k), 1.0]).requires_grad_() for k in range(6)]
    parts = [x * k + x * x for k, x in enumerate(leaves)]
    loss = sum(p * k for k, p in enumerate(parts)).sum()
    grads: list[Any] = []
    for start in range(0, 6, 2):  # nothing between loss and parts is saved: nothing is freed
        grads += tg.autograd.grad(loss, parts[start : start + 2])
    tg.autograd.backward(parts, grads)
    for k, x in enumerate(leaves):
        assert array(x.grad).tolist() == [k * (k + 2.0 * k), k * (k + 2.0)]


@pytest.mark.guarantee("A33")
def test_nodes_run_from_the_latest_to_the_earliest(backend: str) -> None:
    order: list[str] = []
    x = leaf([1.0])
    made = {"a": x * 2, "b": x * 3}
    made["c"] = made["b"].exp()
    made["d"] = made["a"] * made["b"]
    made["e"], made["f"] = (made["c"] + made["d"]).repeat(2).unbind(0)
    made["g"] = made["a"] + made["e"]
    for name, t in made.items():
        t.register_hook(lambda g, name=name: order.append(name))
    loss = made["f"] * 2 + made["g"].sum()
    for _ in range(3):
        order.clear()
        loss.backward(retain_graph=True)
        assert order == ["g", "f", "e", "d", "c", "b", "a"]


# -- what a failure leaves -----------------------------------------------------------------


@pytest.mark.guarantee("A18")
def test_a_failed_pass_leaves_no_gradient_behind(backend: str) -> None:
    x, broken = leaf([1.0]), leaf([2.0])
    a = broken * broken
    b = x * 3
    y = (a * b).sum()
    a.detach().add_(1.0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()
        assert x.grad is None
        assert broken.grad is None
    b.sum().backward()
    assert array(x.grad).tolist() == [3.0]


@pytest.mark.guarantee("A18")
@pytest.mark.parametrize("more", [False, True])
def test_what_failed_in_one_pass_is_not_run_by_one_that_does_not_need_it(
    backend: str, more: bool
) -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    bomb = Explodes.apply(y)

    def made() -> Any:
        out = x.clone().view(-1)
        other = out * 2 if more else 0
        out += bomb
        return (out + other).sum()

    out = made()
    for _ in range(2):
        with pytest.raises(ArithmeticError, match="boom"):
            out.backward(retain_graph=True)
        assert (x.grad, y.grad) == (None, None)
    factor = 3.0 if more else 1.0
    (g,) = tg.autograd.grad(out, x, retain_graph=True)
    assert array(g).tolist() == [factor] * 2
    (g,) = tg.autograd.grad(out, bomb, retain_graph=True)
    assert array(g).tolist() == [1.0] * 2
    gx, gb = tg.autograd.grad(out, [x, bomb], retain_graph=True)
    assert (array(gx).tolist(), array(gb).tolist()) == ([factor] * 2, [1.0] * 2)
    out.backward(inputs=[x])
    assert array(x.grad).tolist() == [factor] * 2
