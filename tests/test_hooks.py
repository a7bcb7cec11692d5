"""Hooks on tensors, on nodes and on leaves: when they run, what they may change."""

from __future__ import annotations

import functools
import gc
import weakref

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf


def test_a_hook_sees_the_gradient_once_per_pass_and_may_replace_it(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(array(g).tolist()))
    handle = y.register_hook(lambda g: g * 10)
    y.sum().backward(retain_graph=True)
    assert seen == [[1.0, 1.0]]
    assert array(x.grad).tolist() == [30.0, 30.0]
    handle.remove()
    y.sum().backward()
    assert seen == [[1.0, 1.0]] * 2
    assert array(x.grad).tolist() == [33.0, 33.0]


def test_a_hook_on_a_leaf_sees_the_sum(backend: str) -> None:
    x = leaf([1.0])
    seen = []
    x.register_hook(lambda g: seen.append(float(g)))
    (x * 2 + x * 3).sum().backward()
    assert seen == [5.0]
    x.register_hook(lambda g: g * 0 + 7)
    (x * 2).sum().backward()
    assert array(x.grad).tolist() == [12.0]


def test_hooks_of_one_tensor_run_in_order_each_seeing_the_last_one_s_result(backend: str) -> None:
    x = leaf([1.0])
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 10)
    (x * 2).sum().backward()
    assert array(x.grad).tolist() == [30.0]


def test_the_order_of_all_kinds_of_hooks(backend: str) -> None:
    x = leaf([1.0])
    y = x * 3
    order: list[str] = []
    y.grad_fn.register_hook(lambda gi, go: order.append("post"))
    y.grad_fn.register_prehook(lambda go: order.append("pre"))
    y.register_hook(lambda g: order.append("t1"))
    y.register_hook(lambda g: order.append("t2"))
    x.register_post_accumulate_grad_hook(lambda t: order.append("acc"))
    x.register_hook(lambda g: order.append("leaf"))
    y.sum().backward()
    assert order == ["t1", "t2", "pre", "post", "leaf", "acc"]


def test_a_handle_removes_once_and_is_a_context_manager(backend: str) -> None:
    x = leaf([1.0])
    with x.register_hook(lambda g: g * 10) as handle:
        (x * 2).sum().backward()
    assert array(x.grad).tolist() == [20.0]
    handle.remove()
    handle.remove()
    (x * 2).sum().backward()
    assert array(x.grad).tolist() == [22.0]


def test_a_hook_removed_during_the_pass_does_not_run_later_in_it(backend: str) -> None:
    x = leaf([1.0])
    y = x * 2
    z = y * 3
    ran = []
    handle = y.grad_fn.register_prehook(lambda g: ran.append("y"))
    z.grad_fn.register_prehook(lambda g: handle.remove())
    z.sum().backward()
    assert ran == []


def test_a_hook_added_by_a_hook_waits_for_the_next_pass(backend: str) -> None:
    x = leaf([1.0])
    y = x * 2
    ran = []

    def outer(g):
        y.register_hook(lambda g: ran.append(1))

    y.register_hook(outer)
    y.sum().backward(retain_graph=True)
    assert ran == []
    y.sum().backward()
    assert ran == [1]


@pytest.mark.parametrize("where", ["leaf", "result"])
def test_what_a_hook_returns_must_fit(backend: str, where: str) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    for result, error, said in (
        (lambda g: g.sum(), RuntimeError, "hook '<lambda>' has changed the size of value"),
        (lambda g: g.double(), RuntimeError, "hook '<lambda>' has changed the type of value"),
        (lambda g: 3, TypeError, "expected Variable, but hook returned 'int'"),
    ):
        y = x * 3
        with (
            (x if where == "leaf" else y).register_hook(result),
            pytest.raises(error, match=said),
        ):
            y.sum().backward()
        assert x.grad is None


def test_a_hook_must_be_callable(backend: str) -> None:
    x = leaf([1.0])
    y = x * 2
    for register in (
        x.register_hook,
        y.register_hook,
        y.grad_fn.register_hook,
        y.grad_fn.register_prehook,
        x.register_post_accumulate_grad_hook,
    ):
        with pytest.raises(TypeError, match="callable"):
            register(3)
    y.sum().backward()
    assert array(x.grad).tolist() == [2.0]


def test_a_hook_needs_no_name(backend: str) -> None:
    x = leaf([1.0])
    x.register_hook(functools.partial(lambda scale, g: g * scale, 5))
    (x * 2).sum().backward()
    assert array(x.grad).tolist() == [10.0]


def test_tensors_without_grad_take_no_hooks(backend: str) -> None:
    with pytest.raises(
        RuntimeError, match="cannot register a hook on a tensor that doesn't require"
    ):
        const([1.0]).register_hook(lambda g: None)
    with pytest.raises(
        RuntimeError, match="post accumulate grad hooks cannot be registered on non-l"
    ):
        (leaf([1.0]) * 2).register_post_accumulate_grad_hook(lambda t: None)


class CustomError(Exception):
    pass


def test_a_hook_s_exception_comes_through_and_the_rest_of_the_graph_is_intact(
    backend: str,
) -> None:
    x = leaf([2.0])
    y = x * x
    z = y + 1

    def fail(g):
        raise CustomError("mine")

    handle = z.register_hook(fail)
    with pytest.raises(CustomError, match="mine"):
        z.sum().backward()
    assert x.grad is None
    assert tg.is_grad_enabled()
    handle.remove()
    z.sum().backward()
    assert array(x.grad).tolist() == [4.0]


def test_keyboard_interrupt_leaves_the_engine_usable(backend: str) -> None:
    x = leaf([2.0])
    y = x * x

    def interrupt(g):
        raise KeyboardInterrupt

    handle = y.register_hook(interrupt)
    with pytest.raises(KeyboardInterrupt):
        y.sum().backward()
    handle.remove()
    y.sum().backward()
    assert array(x.grad).tolist() == [4.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_writing_the_gradient_in_a_hook_harms_no_other_consumer(
    backend: str, create_graph: bool
) -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    g = const([1.0, 1.0])

    def overwrite(grad):
        with tg.no_grad():
            grad.mul_(100)

    left, right = a + 0, b + 0
    left.register_hook(overwrite)
    ga, gb = tg.autograd.grad(left + right, [a, b], g, create_graph=create_graph)
    assert array(gb).tolist() == [1.0, 1.0]
    assert array(ga).tolist() == [100.0, 100.0]
    assert array(g).tolist() == [1.0, 1.0]
    node = (a + b).grad_fn
    node.register_prehook(lambda gs: overwrite(gs[0]))
    edge = tg.autograd.graph.GradientEdge(node, 0)
    tg.autograd.grad(edge, a, g)
    assert array(g).tolist() == [1.0, 1.0]


def test_writing_an_expanded_gradient_in_a_hook(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    y.register_hook(lambda g: g.mul_(5))
    y.sum().backward()
    assert array(x.grad).tolist() == [5.0, 5.0]


# -- hooks and in-place operations ------------------------------------------------------------


def test_a_hook_belongs_to_the_value_it_was_registered_on(backend: str) -> None:
    x = leaf([1.0])
    y = x * 1
    seen = []
    y.register_hook(lambda g: seen.append(("before", float(g))))
    y.mul_(4)
    y.register_hook(lambda g: seen.append(("after", float(g))))
    y.sum().backward()
    assert seen == [("after", 1.0), ("before", 4.0)]


def test_a_hook_on_a_view_belongs_to_the_view_before_it_was_changed(backend: str) -> None:
    x = leaf([1.0, 2.0])
    base = x * 1
    view = base[0]
    seen = []
    view.register_hook(lambda g: seen.append(("before", float(g))))
    view.mul_(4)
    view.register_hook(lambda g: seen.append(("after", float(g))))
    (base.sum() + view * 10).backward()
    assert seen == [("after", 10.0), ("before", 44.0)]
    assert array(x.grad).tolist() == [44.0, 1.0]


def test_a_hook_on_one_of_several_outputs_runs_only_if_that_is_used(backend: str) -> None:
    x = leaf([1.0, 2.0])
    first, second = x.unbind(0)
    ran = []
    first.register_hook(lambda g: ran.append("first"))
    second.register_hook(lambda g: ran.append("second"))
    (second * 3).backward()
    assert ran == ["second"]
    assert array(x.grad).tolist() == [0.0, 3.0]


# -- which hooks grad() and inputs= run ---------------------------------------------------------


def test_grad_runs_the_tensor_hooks_of_its_inputs_and_no_others(backend: str) -> None:
    x = leaf([1.0])
    y = x * 2
    order: list[str] = []
    x.register_hook(lambda g: order.append("leaf"))
    x.register_post_accumulate_grad_hook(lambda t: order.append("acc"))
    y.register_hook(lambda g: order.append("tensor"))
    y.grad_fn.register_prehook(lambda g: order.append("pre"))
    y.grad_fn.register_hook(lambda gi, go: order.append("post"))
    tg.autograd.grad(y.sum(), y, retain_graph=True)
    assert order == ["tensor"]
    order.clear()
    tg.autograd.grad(y.sum(), x)
    assert order == ["tensor", "pre", "post", "leaf"]
    assert x.grad is None


def test_a_hook_replaces_the_gradient_that_grad_returns(backend: str) -> None:
    x = leaf([1.0])
    y = x * 2
    y.register_hook(lambda g: g * 7)
    gy, gx = tg.autograd.grad(y.sum(), [y, x])
    assert (array(gy).tolist(), array(gx).tolist()) == ([7.0], [14.0])


def test_hooks_of_leaves_that_are_not_asked_for_do_not_run(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    ran = []
    for name, t in (("a", a), ("b", b)):
        t.register_hook(lambda g, name=name: ran.append(name))
        t.register_post_accumulate_grad_hook(lambda t, name=name: ran.append(name + "!"))
    (a * b).sum().backward(inputs=[a])
    assert ran == ["a", "a!"]


# -- hooks of nodes ---------------------------------------------------------------------------


def test_node_hooks_see_and_replace_tuples(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    y = a * b
    seen = []

    def post(grad_inputs, grad_outputs):
        seen.append([[float(g) for g in gs] for gs in (grad_inputs, grad_outputs)])
        return tuple(g * 10 for g in grad_inputs)

    y.grad_fn.register_prehook(lambda grad_outputs: (grad_outputs[0] * 2,))
    y.grad_fn.register_hook(post)
    y.sum().backward()
    assert seen == [[[6.0, 4.0], [2.0]]]
    assert (float(a.grad), float(b.grad)) == (60.0, 40.0)


def test_a_node_hook_must_return_as_many(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    y = a * b
    handle = y.grad_fn.register_hook(lambda gi, go: (gi[0],))
    said = r"hook '<lambda>' has returned an incorrect number of values \(got 1, but expected 2\)"
    with pytest.raises(RuntimeError, match=said):
        y.sum().backward(retain_graph=True)
    handle.remove()
    y = a * b
    y.grad_fn.register_hook(lambda gi, go: gi[0])
    with pytest.raises(TypeError, match="expected tuple, but hook returned 'Tensor'"):
        y.sum().backward()
    assert a.grad is None


def test_a_pre_hook_of_several_outputs_gets_all_gradients(backend: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    parts = x.unbind(0)
    seen = []

    def pre(grads):
        seen.append([None if g is None else float(g) for g in grads])

    parts[0].grad_fn.register_prehook(pre)
    (parts[0] * 2 + parts[2] * 5).backward()
    assert seen == [[2.0, None, 5.0]]
    assert array(x.grad).tolist() == [2.0, 0.0, 5.0]


# -- post-accumulate hooks ----------------------------------------------------------------------


def test_post_accumulate_hooks_see_the_complete_gradient(backend: str) -> None:
    x = leaf([1.0])
    seen = []
    x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, float(t.grad))))
    x.register_post_accumulate_grad_hook(lambda t: seen.append("second"))
    (x * 2 + x * 3).sum().backward()
    (x * 2).sum().backward()
    assert seen == [(True, 5.0), "second", (True, 7.0), "second"]


def test_an_optimizer_step_may_be_a_hook(backend: str) -> None:
    def loss(parameters):
        return sum(((p - k) ** 2).sum() for k, p in enumerate(parameters))

    plain = [leaf([1.0, 2.0]), leaf([3.0])]
    hooked = [leaf([1.0, 2.0]), leaf([3.0])]
    optimizer = tg.optim.SGD(plain, lr=0.1, momentum=0.9)
    each = {id(p): tg.optim.SGD([p], lr=0.1, momentum=0.9) for p in hooked}

    def step(p):
        each[id(p)].step()
        p.grad = None

    for p in hooked:
        p.register_post_accumulate_grad_hook(step)
    for _ in range(5):
        optimizer.zero_grad()
        loss(plain).backward()
        optimizer.step()
        loss(hooked).backward()
    assert [array(p).tolist() for p in plain] == [array(p).tolist() for p in hooked]
    assert all(p.grad is None for p in hooked)


def test_a_post_accumulate_hook_returns_nothing(backend: str) -> None:
    x = leaf([1.0])
    x.register_post_accumulate_grad_hook(lambda t: 3)
    with pytest.raises((TypeError, RuntimeError), match=r"hook.* return"):
        (x * 2).sum().backward()


# -- lifetimes ---------------------------------------------------------------------------------


class Captured:
    pass


@pytest.mark.parametrize("kind", ["tensor", "pre", "post", "leaf", "accumulate"])
@pytest.mark.parametrize("how", ["unused", "backward", "retained"])
def test_a_hook_and_what_it_holds_die_with_the_graph(backend: str, kind: str, how: str) -> None:
    gc.disable()
    try:
        captured = Captured()
        watched = weakref.ref(captured)
        x = leaf([1.0])
        y = x * 2

        def hook(*_, held=captured):
            return None

        register = {
            "tensor": y.register_hook,
            "pre": y.grad_fn.register_prehook,
            "post": y.grad_fn.register_hook,
            "leaf": x.register_hook,
            "accumulate": x.register_post_accumulate_grad_hook,
        }[kind]
        register(hook)
        del register, hook, captured
        if how != "unused":
            y.sum().backward(retain_graph=how == "retained")
        assert watched() is not None
        del x, y
        assert watched() is None
    finally:
        gc.enable()


def test_a_hook_that_holds_its_own_node_is_freed_by_the_collector(backend: str) -> None:
    y = leaf([1.0]) * 2
    node = y.grad_fn
    node.register_prehook(lambda gs, node=node: None)
    watched = weakref.ref(node)
    del node
    gc.collect()
    assert watched() is not None
    y.sum().backward()
    del y
    gc.collect()
    assert watched() is None


# -- passes within passes ------------------------------------------------------------------------


def test_a_hook_may_run_a_pass_of_its_own(backend: str) -> None:
    x, w = leaf([1.0]), leaf([5.0])

    def inner(g):
        with tg.enable_grad():  # off by default, inside a pass
            (w * w).sum().backward()
        return g * w.grad

    y = x * 3
    y.register_hook(inner)
    y.sum().backward()
    assert array(w.grad).tolist() == [10.0]
    assert array(x.grad).tolist() == [30.0]


def test_a_pass_within_a_pass_may_end_at_the_same_leaf(backend: str) -> None:
    x = leaf([2.0])
    y, other = x * x, (x * 7).sum()
    y.register_hook(lambda g: other.backward())
    y.sum().backward()
    assert array(x.grad).tolist() == [11.0]


def test_an_error_of_an_inner_pass_reaches_the_outer_caller(backend: str) -> None:
    x = leaf([2.0])
    inner = (x * x).sum()
    inner.backward()
    x.grad = None
    y = x * 3
    y.register_hook(lambda g: inner.backward())
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.sum().backward()
    assert x.grad is None
    assert tg.is_grad_enabled()


def test_the_grad_mode_inside_a_hook_is_that_of_the_pass(backend: str) -> None:
    x = leaf([2.0])
    y = x * x
    seen = []
    y.register_hook(lambda g: seen.append(tg.is_grad_enabled()))
    tg.autograd.grad(y.sum(), x, create_graph=True)
    tg.autograd.grad(y.sum(), x)
    assert seen == [True, False]
    assert tg.is_grad_enabled()


@pytest.mark.parametrize("depth", [5, 200])
def test_passes_nest_deeply(backend: str, depth: int) -> None:
    x = leaf([1.0])
    count = 0

    def again(g):
        nonlocal count
        count += 1
        if count < depth:
            with tg.enable_grad():
                y = x * 1
                y.register_hook(again)
                y.sum().backward()

    with tg.enable_grad():
        y = x * 1
        y.register_hook(again)
        y.sum().backward()
    assert count == depth
    assert array(x.grad).tolist() == [float(depth)]


def test_an_error_from_a_great_depth_reaches_the_caller(backend: str) -> None:
    x = leaf([1.0])
    count = 0

    def again(g):
        nonlocal count
        count += 1
        if count == 60:
            raise CustomError("at the bottom")
        with tg.enable_grad():
            y = x * 1
            y.register_hook(again)
            y.sum().backward()

    y = x * 1
    y.register_hook(again)
    with pytest.raises(CustomError, match="at the bottom"):
        y.sum().backward()
    assert x.grad is None
    assert tg.is_grad_enabled()


def test_functions_of_the_user_s_may_nest_passes_deeply(backend: str) -> None:
    x = leaf([1.0])

    class Nested(tg.autograd.Function):
        @staticmethod
        def forward(ctx, t, depth):
            ctx.depth = depth
            return t * 1

        @staticmethod
        def backward(ctx, g):
            if ctx.depth:
                with tg.enable_grad():
                    Nested.apply(x, ctx.depth - 1).sum().backward()
            return g, None

    Nested.apply(x, 99).sum().backward()
    assert array(x.grad).tolist() == [100.0]
