"""What `autograd.graph` offers: hooks on several tensors, mutation of what is saved, calls."""

from __future__ import annotations

import gc
import weakref

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf, live
from tensorflowlite_grad.autograd import storage

graph = tg.autograd.graph


def _floats(grads):
    return [None if g is None else float(g) for g in grads]


# -- hooks on several tensors ------------------------------------------------------------------


@pytest.mark.guarantee("G23")
def test_all_gradients_come_once_in_each_pass(backend: str) -> None:
    a, b, c = leaf([2.0]), leaf([3.0]), leaf([5.0])
    seen = []
    handle = graph.register_multi_grad_hook([a, b, c], lambda g: seen.append(_floats(g)))
    (a * b).sum().backward()
    (a * b * c + a).sum().backward()
    (a * 7).sum().backward()
    assert seen == [[3.0, 2.0, None], [16.0, 10.0, 6.0], [7.0, None, None]]
    tg.autograd.grad((a * b).sum(), [b])
    (a * b).sum().backward(inputs=[a])
    assert seen[3:] == [[None, 2.0, None], [3.0, None, None]]
    handle.remove()
    handle.remove()
    (a * b).sum().backward()
    assert len(seen) == 5


@pytest.mark.guarantee("G23")
def test_any_gradient_is_enough_and_the_first_comes_alone(backend: str) -> None:
    x = leaf([2.0])
    middle = x * 3
    order = []
    graph.register_multi_grad_hook([x, middle], lambda g: order.append(float(g)), mode="any")
    graph.register_multi_grad_hook([x, middle], lambda g: order.append(_floats(g)))
    (middle * 5).sum().backward(retain_graph=True)
    assert order == [5.0, [15.0, 5.0]]
    (x * 2).sum().backward()
    assert order[2:] == [2.0, [2.0, None]]


def test_a_hook_on_several_tensors_runs_in_a_pass_within_a_pass_for_that(backend: str) -> None:
    x, w = leaf([2.0]), leaf([3.0])
    seen = []
    graph.register_multi_grad_hook([x, w], lambda g: seen.append(_floats(g)))
    y = x * w

    def inner(g):
        with tg.enable_grad():
            (w * 10).sum().backward()

    y.register_hook(inner)
    y.sum().backward()
    assert seen == [[None, 10.0], [3.0, 2.0]]


@pytest.mark.guarantee("G23")
def test_no_gradient_where_a_function_has_none(backend: str) -> None:
    class Blocks(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return None

    a, b = leaf([2.0]), leaf([3.0])
    seen = []
    graph.register_multi_grad_hook([a, b], lambda g: seen.append(_floats(g)))
    (Blocks.apply(a) * b).sum().backward()
    assert seen == [[None, 2.0]]


@pytest.mark.guarantee("G23")
def test_a_failed_pass_calls_no_such_hook_and_the_next_does(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    seen = []
    graph.register_multi_grad_hook([a, b], lambda g: seen.append(_floats(g)))
    middle = a * b
    handle = middle.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (middle + a).sum().backward()
    assert seen == []
    handle.remove()
    (a * b).sum().backward()
    assert seen == [[3.0, 2.0]]


@pytest.mark.guarantee("G23")
def test_what_cannot_be_such_a_hook(backend: str) -> None:
    x = leaf([1.0])
    with pytest.raises(ValueError, match=r"Expects mode to be one of \('all', 'any'\) but got foo"):
        graph.register_multi_grad_hook([x], print, mode="foo")
    with pytest.raises(TypeError, match="callable"):
        graph.register_multi_grad_hook([x], 3)
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't"):
        graph.register_multi_grad_hook([x, const([1.0])], print)


def test_such_a_hook_dies_with_its_tensors(backend: str) -> None:
    gc.disable()
    try:
        a, b = leaf([1.0]), leaf([2.0])

        class Held:
            pass

        held = Held()
        watched = weakref.ref(held)
        graph.register_multi_grad_hook([a, b], lambda g, held=held: None)
        del held
        (a * b).sum().backward()
        assert watched() is not None
        del a, b
        assert watched() is None
    finally:
        gc.enable()


# -- changing what is saved ---------------------------------------------------------------------


@pytest.mark.guarantee("D22")
@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.mul_(2),
        lambda t: t.zero_(),
        lambda t: t[0].fill_(7.0),
        lambda t: t.detach().add_(1),
        lambda t: t.T.copy_(tg.zeros(2, 2, dtype=tg.float64)),
        lambda t: t.__setitem__([0], 5.0),
        lambda t: t.data.mul_(2),
        lambda t: t.normal_(),
        lambda t: t.t_(),
        lambda t: setattr(t, "data", tg.zeros(2, 2, dtype=tg.float64)),
    ],
)
@pytest.mark.parametrize("recorded", [True, False])
def test_gradients_are_those_of_the_values_before_the_change(
    backend: str, change, recorded: bool
) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])

    def loss(changes: bool):
        y = x * 1
        z, e, v = y * y, y.exp(), y[1] * y[0]
        if changes:
            with tg.set_grad_enabled(recorded):
                change(y)
                change(e.clone() if recorded else e)
                change(y)
        return z.sum() + v.sum() + (e.sum() if recorded else z.sum())

    with graph.allow_mutation_on_saved_tensors():
        (g,) = tg.autograd.grad(loss(True), x)
        (wanted,) = tg.autograd.grad(loss(False), x)
    assert array(g) == pytest.approx(array(wanted), rel=1e-14)


@pytest.mark.guarantee("D22")
def test_such_a_graph_is_differentiated_twice(backend: str) -> None:
    x = leaf([2.0])
    with graph.allow_mutation_on_saved_tensors():
        y = x * 1
        z = (y**3).sum()
        y.zero_()
        (g,) = tg.autograd.grad(z, x, create_graph=True)
        (h,) = tg.autograd.grad(g.sum(), x)
    assert (g.tolist(), h.tolist()) == ([12.0], [12.0])


@pytest.mark.guarantee("D22")
def test_outside_of_the_block_there_is_no_backward_and_changes_are_errors(backend: str) -> None:
    x = leaf([2.0])
    with graph.allow_mutation_on_saved_tensors():
        y = x * 1
        z, other = (y * y).sum(), (y * y).sum()
        y.zero_()
        with (
            pytest.raises(RuntimeError, match="contexts cannot be nested"),
            graph.allow_mutation_on_saved_tensors(),
        ):
            pass
    said = "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"
    with pytest.raises(AssertionError, match=said):
        z.backward()
    with graph.allow_mutation_on_saved_tensors(), pytest.raises(AssertionError, match=said):
        other.backward()  # nor is there in another block
    y = x * 1
    z = (y * y).sum()
    y.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


@pytest.mark.guarantee("D22")
def test_one_copy_serves_all_nodes_and_dies_with_them(backend: str) -> None:
    x = leaf([2.0, 3.0])
    gc.collect()  # what earlier tests have left
    before = live(tg.Tensor)
    with graph.allow_mutation_on_saved_tensors():
        y = x * 1
        z = [(y * y).sum() for _ in range(20)]
        tensors = live(tg.Tensor)
        y.add_(1)
        y.add_(1)
        # What was saved twenty times over is replaced by the copy.
        assert live(tg.Tensor) < tensors
        sum(z).backward()
        assert array(x.grad).tolist() == [80.0, 120.0]
        del y, z
        assert live(tg.Tensor) == before + 1
    assert storage.before_write == []


@pytest.mark.guarantee("D22")
def test_each_version_that_is_saved_is_kept_and_no_other(backend: str) -> None:
    x = leaf([2.0, 3.0])
    with graph.allow_mutation_on_saved_tensors():
        y = x * 1
        saved = []
        counts = [live(tg.Tensor)]
        for save in (True, False, True, False, False):
            if save:
                saved.append((y**3).sum())
            with tg.no_grad():
                y.mul_(2)
            counts.append(live(tg.Tensor))
        # A result and a copy for each that was saved.
        assert [n - counts[0] for n in counts] == [0, 2, 2, 4, 4, 4]
        del saved[0]
        assert live(tg.Tensor) == counts[0] + 2
        saved[0].backward()
        assert array(x.grad).tolist() == [192.0, 432.0]
        before = live(tg.Tensor)
        y.zero_()  # which nothing needs any more
        assert live(tg.Tensor) == before


@pytest.mark.guarantee("D22")
def test_a_view_is_kept_when_its_base_is_written_and_a_base_when_its_view_is(backend: str) -> None:
    x = leaf([1.0, 2.0])
    with graph.allow_mutation_on_saved_tensors():
        base = x * 1
        view = base[:1]
        loss = (view * view).sum() + (base * base).sum()
        view.mul_(10)
        loss = loss + (view * view).sum() + (base * base).sum()
        base.zero_()
        loss.backward()
    assert array(x.grad).tolist() == [404.0, 8.0]


@pytest.mark.guarantee("D22")
def test_what_out_is_written_into_is_kept_too(backend: str) -> None:
    a, b = leaf([2.0]), const([3.0])
    with graph.allow_mutation_on_saved_tensors():
        y = a * b
        tg.cat([const([7.0])], out=b)
        y.sum().backward()
    assert array(b).tolist() == [7.0]
    assert array(a.grad).tolist() == [3.0]


@pytest.mark.guarantee("D22")
def test_memory_is_kept_whichever_tensor_it_is_written_through(backend: str) -> None:
    w, x, y = leaf([1.0, 2.0]), const([0.0, 0.0]), const([3.0, 4.0])
    with graph.allow_mutation_on_saved_tensors():
        loss = (w * y).sum()
        x.data = y
        x.mul_(2)
        loss = loss + (w * x).sum()
        y.zero_()
        loss.backward()
    assert array(w.grad).tolist() == [9.0, 12.0]


@pytest.mark.guarantee("D22")
def test_the_block_ends_with_an_exception(backend: str) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), graph.allow_mutation_on_saved_tensors():
            _ = 1 / 0
        assert storage.before_write == []
    y = leaf([2.0]) * 1
    z = (y * y).sum()
    y.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


# -- calling a node ------------------------------------------------------------------------------


def test_a_node_is_a_function_of_gradients(backend: str) -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    node = (x * y).grad_fn
    for _ in range(2):  # it keeps what it saved
        found = node(const([1.0, 10.0]))
        assert [array(g).tolist() for g in found] == [[3.0, 40.0], [1.0, 20.0]]
    (second,) = tg.autograd.grad(found[0].sum(), y)
    assert array(second).tolist() == [1.0, 10.0]
    first, constant = (x * 3.0).grad_fn(const([1.0, 1.0]))
    assert array(first).tolist() == [3.0, 3.0]
    assert constant is None
    parts = leaf([[1.0], [2.0]]).unbind(0)
    assert array(parts[0].grad_fn(const([5.0]), None)).tolist() == [[5.0], [0.0]]
    assert array(x.exp().grad_fn(const([0.0, 0.0]))).tolist() == [0.0, 0.0]
    with tg.no_grad():
        assert not node(const([1.0, 1.0]))[0].requires_grad


@pytest.mark.guarantee("A32")
def test_a_node_takes_a_gradient_of_each_result(backend: str) -> None:
    x = leaf([1.0, 2.0])
    node = (x * 2).grad_fn
    g = const([1.0, 1.0])
    with pytest.raises(TypeError, match="expected 1 arguments, got 2 instead"):
        node(g, g)
    with pytest.raises(TypeError, match="expected 1 arguments, got 0 instead"):
        node()
    with pytest.raises(TypeError, match="expected 2 arguments, got 1 instead"):
        x.unbind(0)[0].grad_fn(g)
    with pytest.raises(TypeError, match="gradients must be Tensors"):
        node(3)


@pytest.mark.guarantee("A17")
def test_a_function_of_the_user_s_that_would_fail_is_not_called_where_it_is_not_needed(
    backend: str,
) -> None:
    class Fails(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise AssertionError("was called")

    a, b, unused = leaf([1.0]), leaf([2.0]), leaf([3.0])
    y = (Fails.apply(a) + b * 3).sum()
    found = tg.autograd.grad(y, [b, unused], allow_unused=True)
    assert float(found[0]) == 3.0
    assert found[1] is None
    alone = Fails.apply(a * 2).sum()
    assert tg.autograd.grad(alone, unused, allow_unused=True) == (None,)
    alone.backward(inputs=[unused])
    assert (unused.grad, a.grad) == (None, None)
    with pytest.raises(AssertionError, match="was called"):
        alone.backward()
