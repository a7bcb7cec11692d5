"""Passes within passes, what ends them, and what is called when they end."""

from __future__ import annotations

import threading

import pytest

import tensorflowlite_grad as tg
from support import array, leaf

queue_callback = tg.autograd.graph.queue_callback


class CustomError(Exception):
    """What is raised on purpose."""


@pytest.mark.guarantee("G27")
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


@pytest.mark.guarantee("G27", "J05")
def test_a_pass_within_a_pass_may_end_at_the_same_leaf(backend: str) -> None:
    x = leaf([2.0])
    y, other = x * x, (x * 7).sum()
    y.register_hook(lambda g: other.backward())
    y.sum().backward()
    assert array(x.grad).tolist() == [11.0]


@pytest.mark.guarantee("J05")
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


@pytest.mark.guarantee("H18")
def test_the_grad_mode_inside_a_hook_is_that_of_the_pass(backend: str) -> None:
    x = leaf([2.0])
    y = x * x
    seen = []
    y.register_hook(lambda g: seen.append(tg.is_grad_enabled()))
    tg.autograd.grad(y.sum(), x, create_graph=True)
    tg.autograd.grad(y.sum(), x)
    assert seen == [True, False]
    assert tg.is_grad_enabled()


@pytest.mark.guarantee("J04")
@pytest.mark.parametrize("depth", [5, 2000, 200])
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


@pytest.mark.guarantee("J09")
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


# -- errors -------------------------------------------------------------------------------------


@pytest.mark.guarantee("J06")
@pytest.mark.parametrize("inner", [False, True])
def test_after_an_error_nothing_of_the_pass_runs_any_more(backend: str, inner: bool) -> None:
    ran = []

    class Notes(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x, name):
            ctx.title = name
            return x * 1

        @staticmethod
        def backward(ctx, g):
            ran.append(ctx.title)
            if ctx.title == "fails":
                if inner:
                    with tg.enable_grad():
                        (leaf([1.0]) * 2).sum().backward()
                raise CustomError
            return g, None

    leaves = [leaf([1.0]), leaf([2.0]), leaf([3.0])]
    first, other = Notes.apply(leaves[0], "never"), Notes.apply(leaves[1], "never")
    failing = Notes.apply(leaves[2], "fails")
    last = Notes.apply(first * 1, "runs")
    with pytest.raises(CustomError):
        (first + other + failing + last).sum().backward()
    assert ran == ["runs", "fails"]
    assert [t.grad for t in leaves] == [None, None, None]
    assert tg.is_grad_enabled()


# -- callbacks ------------------------------------------------------------------------------------


class Queues(tg.autograd.Function):
    """Queues a callback for the end of the pass that differentiates it."""

    @staticmethod
    def forward(ctx, x, callback):
        ctx.callback = callback
        return x * 1

    @staticmethod
    def backward(ctx, g):
        queue_callback(ctx.callback)
        return g, None


@pytest.mark.guarantee("J07")
@pytest.mark.parametrize("outer", [False, True])
@pytest.mark.parametrize("inner", [False, True])
def test_a_callback_runs_once_at_the_end_of_its_own_pass(
    backend: str, outer: bool, inner: bool
) -> None:
    order = []
    x, w = leaf([1.0]), leaf([5.0])

    class Nested(tg.autograd.Function):
        @staticmethod
        def forward(ctx, t):
            return t * 1

        @staticmethod
        def backward(ctx, g):
            if outer:
                queue_callback(lambda: order.append(("outer", float(x.grad))))
            with tg.enable_grad():
                y = w * 2
                if inner:
                    y = Queues.apply(y, lambda: order.append(("inner", float(w.grad))))
                y.sum().backward()
            order.append("between")
            return g

    Nested.apply(x).sum().backward()
    assert order == [("inner", 2.0)] * inner + ["between"] + [("outer", 1.0)] * outer
    (x * 2).sum().backward()
    assert len(order) == inner + 1 + outer


@pytest.mark.guarantee("J07")
def test_where_callbacks_can_be_queued(backend: str) -> None:
    order = []
    x = leaf([1.0])
    y = x * 1
    accumulator = y.grad_fn.next_functions[0][0]
    with (
        y.register_hook(lambda g: queue_callback(lambda: order.append("tensor"))),
        y.grad_fn.register_prehook(lambda g: queue_callback(lambda: order.append("pre"))),
        y.grad_fn.register_hook(lambda gi, go: queue_callback(lambda: order.append("post"))),
        accumulator.register_prehook(lambda g: queue_callback(lambda: order.append("x pre"))),
        x.register_post_accumulate_grad_hook(
            lambda t: queue_callback(lambda: order.append("accumulated"))
        ),
        accumulator.register_hook(lambda gi, go: queue_callback(lambda: order.append("x post"))),
        tg.autograd.graph.register_multi_grad_hook(
            [x, y], lambda g: queue_callback(lambda: order.append("several"))
        ),
    ):
        y.sum().backward(retain_graph=True)
        assert order == ["tensor", "pre", "post", "several", "x pre", "accumulated", "x post"]
        order.clear()
        tg.autograd.grad(y.sum(), x, retain_graph=True)
        assert order == ["tensor", "pre", "post", "several"]
    order.clear()
    node = Queues.apply(x, lambda: order.append("called")).grad_fn
    node(tg.ones(1, dtype=tg.float64))
    assert order == ["called"]


@pytest.mark.guarantee("J07")
@pytest.mark.filterwarnings("ignore:Using backward")
def test_a_callback_may_queue_another_and_has_the_mode_of_the_pass(backend: str) -> None:
    order = []
    x = leaf([1.0])

    def second():
        order.append(("second", tg.is_grad_enabled()))

    def first():
        order.append(("first", tg.is_grad_enabled()))
        queue_callback(second)

    y = Queues.apply(x, first)
    y = Queues.apply(y, lambda: order.append("earlier"))
    y.sum().backward(retain_graph=True)
    assert order == ["earlier", ("first", False), ("second", False)]
    order.clear()
    y.sum().backward(create_graph=True)
    assert order == ["earlier", ("first", True), ("second", True)]
    x.grad = None


@pytest.mark.guarantee("J07")
def test_a_callback_may_run_a_pass_that_has_callbacks(backend: str) -> None:
    order = []
    x = leaf([1.0])

    def first():
        with tg.enable_grad():
            Queues.apply(x, lambda: order.append("of the inner pass")).sum().backward()
        order.append("first")

    y = Queues.apply(Queues.apply(x, lambda: order.append("second")), first)
    y.sum().backward()
    assert order == ["of the inner pass", "first", "second"]
    assert array(x.grad).tolist() == [2.0]


@pytest.mark.guarantee("J07")
def test_outside_of_a_pass_there_is_nothing_to_queue_callbacks_for(backend: str) -> None:
    said = "Final callbacks can only be installed during backward pass."
    ran = []

    def refused():
        with pytest.raises(RuntimeError, match=said):
            queue_callback(lambda: ran.append("never"))

    refused()
    x = leaf([1.0])

    def elsewhere(g):
        thread = threading.Thread(target=refused)
        thread.start()
        thread.join()
        with pytest.raises(TypeError, match="a callback must be callable"):
            queue_callback(3)
        ran.append("hook")

    y = x * 1
    y.register_hook(elsewhere)
    y.sum().backward()
    assert ran == ["hook"]
    refused()


@pytest.mark.guarantee("J07")
def test_a_failed_pass_calls_no_callback_and_neither_does_the_next(backend: str) -> None:
    ran = []
    x = leaf([1.0])
    y = x * 1

    def fail(g):
        raise CustomError

    handle = y.register_hook(fail)
    with pytest.raises(CustomError):
        Queues.apply(y, lambda: ran.append(1)).sum().backward()
    handle.remove()
    (x * 2).sum().backward()
    assert ran == []

    def fails():
        raise CustomError

    x.grad = None
    y = Queues.apply(Queues.apply(x, lambda: ran.append("not reached")), fails)
    with pytest.raises(CustomError):
        y.sum().backward()
    assert array(x.grad).tolist() == [1.0]  # it was complete
    assert tg.is_grad_enabled()
    (x * 2).sum().backward()
    assert ran == []


def test_callbacks_of_passes_on_stacks_of_their_own(backend: str) -> None:
    x = leaf([1.0])
    order = []

    class Nested(tg.autograd.Function):
        @staticmethod
        def forward(ctx, t, depth):
            ctx.depth = depth
            return t * 1

        @staticmethod
        def backward(ctx, g):
            queue_callback(lambda: order.append(ctx.depth))
            if ctx.depth:
                with tg.enable_grad():
                    Nested.apply(x, ctx.depth - 1).sum().backward()
            return g, None

    Nested.apply(x, 49).sum().backward()
    assert order == list(range(50))


def test_callbacks_of_threads_stay_apart(backend: str) -> None:
    found: dict[int, list[int]] = {}

    def work(number):
        with tg.use_backend(backend):
            for k in range(50):
                x = leaf([1.0])
                mine = found.setdefault(number, [])
                Queues.apply(x, lambda k=k, mine=mine: mine.append(k)).sum().backward()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == {n: list(range(50)) for n in range(4)}


def test_the_private_name_by_which_programs_know_it(backend: str) -> None:
    engine = tg.autograd.Variable._execution_engine
    assert engine.queue_callback is queue_callback
    x = tg.autograd.Variable(leaf([1.0]) * 2, requires_grad=True)
    assert type(x) is tg.Tensor
    assert x.is_leaf
    assert isinstance(x, tg.autograd.Variable)
    assert not isinstance(3, tg.autograd.Variable)
    assert not tg.autograd.Variable(x).requires_grad
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got int"):
        tg.autograd.Variable(3)
