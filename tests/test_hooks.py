"""Hooks on tensors, on nodes and on leaves: when they run, what they may change."""

from __future__ import annotations

import functools

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf


@pytest.mark.guarantee("G01")
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


def every_hook(x, order: list[str]):
    """Return a function of a leaf, with hooks of all kinds that note their names."""
    y = x * 3
    z = y.exp()
    out = z.sum()
    for name, t in (("out", out), ("z", z), ("y", y)):
        node = t.grad_fn
        node.register_hook(lambda gi, go, name=name: order.append(f"{name} post"))
        node.register_prehook(lambda go, name=name: order.append(f"{name} pre 1"))
        node.register_prehook(lambda go, name=name: order.append(f"{name} pre 2"))
        t.register_hook(lambda g, name=name: order.append(f"{name} 1"))
        t.register_hook(lambda g, name=name: order.append(f"{name} 2"))
    accumulator = y.grad_fn.next_functions[0][0]
    accumulator.register_hook(lambda gi, go: order.append("x post"))
    x.register_post_accumulate_grad_hook(lambda t: order.append("x accumulated 1"))
    x.register_post_accumulate_grad_hook(lambda t: order.append("x accumulated 2"))
    accumulator.register_prehook(lambda go: order.append("x pre 1"))
    x.register_hook(lambda g: order.append("x 1"))
    accumulator.register_prehook(lambda go: order.append("x pre 2"))
    x.register_hook(lambda g: order.append("x 2"))
    return out


@pytest.mark.guarantee("G02")
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.filterwarnings("ignore:Using backward")
def test_the_order_of_all_kinds_of_hooks(backend: str, create_graph: bool) -> None:
    x = leaf([1.0])
    order: list[str] = []
    every_hook(x, order).backward(create_graph=create_graph)
    through = [f"{t} {k}" for t in ("out", "z", "y") for k in ("1", "2", "pre 1", "pre 2", "post")]
    at_leaf = ["1", "2", "pre 1", "pre 2", "accumulated 1", "accumulated 2", "post"]
    assert order == through + [f"x {k}" for k in at_leaf]
    x.grad = None


@pytest.mark.guarantee("G02", "G15")
def test_hooks_of_tensors_come_before_those_of_nodes_whatever_was_registered_first(
    backend: str,
) -> None:
    order = []

    def on_tensor(g):
        order.append("tensor")
        return g * 3

    def on_node(gs):
        order.append("node")
        return tuple(g * 2 for g in gs)

    a = tg.tensor(1.0, requires_grad=True)
    b = a.clone()
    b.grad_fn.register_prehook(on_node)
    b.register_hook(on_tensor)
    b.grad_fn.register_prehook(on_node)
    accumulator = b.grad_fn.next_functions[0][0]
    a.register_hook(on_tensor)
    accumulator.register_prehook(on_node)
    a.register_hook(on_tensor)
    b.sum().backward(retain_graph=True)
    assert order == ["tensor", "node", "node", "tensor", "tensor", "node"]
    assert float(a.grad) == 3 * 2 * 2 * 3 * 3 * 2
    order.clear()
    (g,) = tg.autograd.grad(b.sum(), a, retain_graph=True)
    assert order == ["tensor", "node", "node", "tensor", "tensor"]
    assert float(g) == 3 * 2 * 2 * 3 * 3
    order.clear()
    (g,) = tg.autograd.grad(b.sum(), b)
    assert order == ["tensor"]
    assert float(g) == 3


@pytest.mark.guarantee("G04")
def test_a_handle_removes_once_and_is_a_context_manager(backend: str) -> None:
    x = leaf([1.0])
    with x.register_hook(lambda g: g * 10) as handle:
        (x * 2).sum().backward()
    assert array(x.grad).tolist() == [20.0]
    handle.remove()
    handle.remove()
    (x * 2).sum().backward()
    assert array(x.grad).tolist() == [22.0]


@pytest.mark.guarantee("G04")
def test_a_hook_removed_during_the_pass_does_not_run_later_in_it(backend: str) -> None:
    x = leaf([1.0])
    y = x * 2
    z = y * 3
    ran = []
    handle = y.grad_fn.register_prehook(lambda g: ran.append("y"))
    z.grad_fn.register_prehook(lambda g: handle.remove())
    z.sum().backward()
    assert ran == []


@pytest.mark.guarantee("G05")
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


@pytest.mark.guarantee("G06", "G07")
@pytest.mark.parametrize("where", ["leaf", "result"])
def test_what_a_hook_returns_must_fit(backend: str, where: str) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    for result, error, said in (
        (lambda g: g.sum(), RuntimeError, "hook '<lambda>' has changed the size of value"),
        (
            lambda g: g.double(),
            RuntimeError,
            r"hook '<lambda>' has changed the type of value \(was float32 got float64\)",
        ),
        (lambda g: 3, TypeError, "expected Variable, but hook returned 'int'"),
    ):
        y = x * 3
        with (
            (x if where == "leaf" else y).register_hook(result),
            pytest.raises(error, match=said),
        ):
            y.sum().backward()
        assert x.grad is None


WRONG = {
    "size": (
        lambda gs: tuple(g.sum() for g in gs),
        RuntimeError,
        "hook 'hook' has changed the size of value",
    ),
    "type": (
        lambda gs: tuple(g.double() for g in gs),
        RuntimeError,
        r"hook 'hook' has changed the type of value \(was float32 got float64\)",
    ),
    "no tensors": (
        lambda gs: tuple(3 for g in gs),
        TypeError,
        "expected Variable, but hook returned 'int'",
    ),
    "too many": (
        lambda gs: (*gs, gs[0]),
        RuntimeError,
        r"hook 'hook' has returned an incorrect number of values \(got \d, but expected \d\)",
    ),
    "bare": (lambda gs: gs[0], TypeError, "expected tuple, but hook returned 'Tensor'"),
    "list": (lambda gs: list(gs), TypeError, "expected tuple, but hook returned 'list'"),
}


@pytest.mark.guarantee("G06", "G07", "G08")
@pytest.mark.parametrize("kind", ["pre", "post", "accumulator pre"])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_a_node_s_hook_returns_must_fit(backend: str, kind: str, wrong: str) -> None:
    result, error, said = WRONG[wrong]
    a = tg.tensor([1.0, 2.0], requires_grad=True)
    b = tg.tensor([3.0, 4.0], requires_grad=True)
    y = a * b

    def hook(gradients, *_):
        return result(gradients)

    register = {
        "pre": y.grad_fn.register_prehook,
        "post": y.grad_fn.register_hook,
        "accumulator pre": y.grad_fn.next_functions[0][0].register_prehook,
    }[kind]
    with register(hook), pytest.raises(error, match=said):
        y.sum().backward()
    assert a.grad is None
    assert b.grad is None
    (a * b).sum().backward()
    assert array(a.grad).tolist() == [3.0, 4.0]


@pytest.mark.guarantee("G08")
def test_a_node_hook_must_return_as_many(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    y = a * b
    y.grad_fn.register_hook(lambda gi, go: (gi[0],))
    said = r"hook '<lambda>' has returned an incorrect number of values \(got 1, but expected 2\)"
    with pytest.raises(RuntimeError, match=said):
        y.sum().backward()
    assert a.grad is None


def test_a_node_s_hook_may_leave_no_gradient(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    y = a * b
    y.grad_fn.register_hook(lambda gi, go: (None, gi[1]))
    y.sum().backward()
    assert a.grad is None
    assert array(b.grad).tolist() == [2.0]
    y = a * b
    y.grad_fn.register_prehook(lambda go: (None,))
    y.sum().backward()
    assert array(b.grad).tolist() == [2.0]


@pytest.mark.guarantee("G09")
def test_a_hook_must_be_callable(backend: str) -> None:
    x = leaf([1.0])
    y = x * 2
    accumulator = y.grad_fn.next_functions[0][0]
    for register in (
        x.register_hook,
        y.register_hook,
        y.grad_fn.register_hook,
        y.grad_fn.register_prehook,
        accumulator.register_hook,
        accumulator.register_prehook,
        x.register_post_accumulate_grad_hook,
    ):
        with pytest.raises(TypeError, match="callable"):
            register(3)
    y.sum().backward()
    assert array(x.grad).tolist() == [2.0]


def test_tensors_without_grad_take_no_hooks(backend: str) -> None:
    with pytest.raises(
        RuntimeError, match="cannot register a hook on a tensor that doesn't require"
    ):
        const([1.0]).register_hook(lambda g: None)


@pytest.mark.guarantee("G10")
def test_a_hook_needs_no_name(backend: str) -> None:
    x = leaf([1.0])
    x.register_hook(functools.partial(lambda scale, g: g * scale, 5))
    (x * 2).sum().backward()
    assert array(x.grad).tolist() == [10.0]


class CustomError(Exception):
    pass


@pytest.mark.guarantee("G11")
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


@pytest.mark.guarantee("G12")
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


@pytest.mark.guarantee("G12")
def test_writing_an_expanded_gradient_in_a_hook(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    y.register_hook(lambda g: g.mul_(5))
    y.sum().backward()
    assert array(x.grad).tolist() == [5.0, 5.0]


# -- hooks and in-place operations ------------------------------------------------------------


@pytest.mark.guarantee("G13")
def test_a_hook_belongs_to_the_value_it_was_registered_on(backend: str) -> None:
    x = leaf([1.0])
    y = x * 1
    seen = []
    y.register_hook(lambda g: seen.append(("before", float(g))))
    y.mul_(4)
    y.register_hook(lambda g: seen.append(("after", float(g))))
    y.sum().backward()
    assert seen == [("after", 1.0), ("before", 4.0)]


@pytest.mark.guarantee("G14")
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


@pytest.mark.guarantee("G18", "G19")
def test_a_hook_on_one_of_several_outputs_runs_only_if_that_is_used(backend: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    parts = x.unbind(0)
    ran = []
    for k, part in enumerate(parts):
        part.register_hook(lambda g, k=k: ran.append((k, float(g))))
    (parts[1] * 3).backward(retain_graph=True)
    assert ran == [(1, 3.0)]
    assert array(x.grad).tolist() == [0.0, 3.0, 0.0]
    parts[0].backward(retain_graph=True)
    assert ran == [(1, 3.0), (0, 1.0)]
    parts[2].backward()
    assert ran[2:] == [(2, 1.0)]
    assert array(x.grad).tolist() == [1.0, 3.0, 1.0]


@pytest.mark.guarantee("G18")
def test_a_hook_does_not_run_where_a_function_has_no_gradient(backend: str) -> None:
    class First(tg.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            return a * 1, b * 1

        @staticmethod
        def backward(ctx, ga, gb):
            return ga, None

    a, b = leaf([1.0]), leaf([1.0])
    ran = []
    c, d = First.apply(a, b)
    for name, t in (("a", a), ("b", b), ("c", c), ("d", d)):
        t.register_hook(lambda g, name=name: ran.append(name))
    (c + d).sum().backward()
    assert sorted(ran) == ["a", "c", "d"]
    assert b.grad is None


# -- which hooks grad() and inputs= run ---------------------------------------------------------


@pytest.mark.guarantee("G15")
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


@pytest.mark.guarantee("G16")
def test_hooks_of_leaves_that_are_not_asked_for_do_not_run(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    ran = []
    for name, t in (("a", a), ("b", b)):
        t.register_hook(lambda g, name=name: ran.append(name))
        t.register_post_accumulate_grad_hook(lambda t, name=name: ran.append(name + "!"))
    (a * b).sum().backward(inputs=[a])
    assert ran == ["a", "a!"]


@pytest.mark.guarantee("G15", "G16")
def test_which_hooks_run_for_which_inputs(backend: str) -> None:
    ran = []
    a = leaf([1.0])
    b = a * 2
    c = (b * 2).sum()
    accumulator = b.grad_fn.next_functions[0][0]
    for name, t, node in (("a", a, accumulator), ("b", b, b.grad_fn)):
        t.register_hook(lambda g, name=name: ran.append(f"{name} tensor"))
        node.register_hook(lambda gi, go, name=name: ran.append(f"{name} post"))
        node.register_prehook(lambda go, name=name: ran.append(f"{name} pre"))
    a.register_post_accumulate_grad_hook(lambda t: ran.append("a accumulated"))
    at_b = ["b tensor", "b pre", "b post"]
    at_a = ["a tensor", "a pre", "a accumulated", "a post"]
    for call, expected in (
        (lambda: tg.autograd.grad(c, b, retain_graph=True), ["b tensor"]),
        (lambda: tg.autograd.grad(c, a, retain_graph=True), [*at_b, "a tensor"]),
        (lambda: tg.autograd.grad(c, [a, b], retain_graph=True), [*at_b, "a tensor"]),
        (lambda: c.backward(inputs=[b], retain_graph=True), ["b tensor"]),
        (lambda: c.backward(inputs=[a, b], retain_graph=True), at_b + at_a),
        (lambda: c.backward(), at_b + at_a),
    ):
        ran.clear()
        call()
        assert ran == expected


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


@pytest.mark.guarantee("G17")
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


@pytest.mark.guarantee("G17")
def test_a_pre_hook_of_a_function_of_several_results_gets_all_gradients(backend: str) -> None:
    class Several(tg.autograd.Function):
        @staticmethod
        def forward(ctx, a, k, b):
            return a * k, k, b * k

        @staticmethod
        def backward(ctx, ga, _, gb):
            return ga * 2, None, gb * 2

    a, b = leaf([1.0]), leaf([1.0])
    first, _, third = Several.apply(a, 2, b)
    seen = []

    def pre(grads):
        seen.append([None if g is None else float(g) for g in grads])
        return tuple(None if g is None else g * 10 for g in grads)

    first.grad_fn.register_prehook(pre)
    (first + third * 3).sum().backward()
    assert seen == [[1.0, None, 3.0]]
    assert (float(a.grad), float(b.grad)) == (20.0, 60.0)
