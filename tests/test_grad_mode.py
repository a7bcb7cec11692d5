"""Grad mode: no_grad, enable_grad, set_grad_enabled, across all ways that control flows."""

from __future__ import annotations

import asyncio
import threading

import pytest

import tensorflowlite_grad as tg
from support import array, leaf

enabled = tg.is_grad_enabled


@pytest.fixture(autouse=True)
def _mode_is_restored():
    assert enabled()
    yield
    assert enabled()


@pytest.mark.guarantee("H01")
def test_nothing_is_recorded_under_no_grad(backend: str) -> None:
    x = leaf([1.0, 2.0])
    with tg.no_grad():
        y = x * 2
        assert not enabled()
        new = tg.ones(2, requires_grad=True)
    assert not y.requires_grad
    assert y.grad_fn is None
    assert y.is_leaf
    assert new.requires_grad
    with pytest.raises(RuntimeError, match="does not require grad and does not have a grad_fn"):
        y.sum().backward()
    assert (x * 2).requires_grad


@pytest.mark.guarantee("H01")
def test_modes_nest_and_restore(backend: str) -> None:
    with tg.no_grad():
        with tg.enable_grad():
            assert enabled()
            with tg.no_grad():
                assert not enabled()
            assert enabled()
        assert not enabled()


def test_one_manager_may_be_entered_again() -> None:
    manager = tg.no_grad()
    for _ in range(2):
        with manager:
            assert not enabled()
            with manager:
                assert not enabled()
            assert not enabled()
        assert enabled()


@pytest.mark.guarantee("H03")
def test_an_exception_restores_the_mode() -> None:
    def fail(mode):
        with mode:
            raise ValueError("mine")

    for mode in (tg.no_grad(), tg.enable_grad()):
        with pytest.raises(ValueError, match="mine"):
            fail(mode)
        assert enabled()


@pytest.mark.guarantee("H01")
@pytest.mark.parametrize("decorator", [tg.no_grad, tg.no_grad()])
def test_as_a_decorator_with_and_without_parentheses(decorator) -> None:
    @decorator
    def function(a, *, b):
        """Say something."""
        return a + b, enabled()

    assert function(1, b=2) == (3, False)
    assert enabled()
    assert function.__name__ == "function"
    assert function.__doc__ == "Say something."


def test_enable_grad_as_a_decorator() -> None:
    @tg.enable_grad
    def function():
        return enabled()

    with tg.no_grad():
        assert function() is True
        assert not enabled()


def test_methods_can_be_decorated() -> None:
    class Model:
        @tg.no_grad()
        def value(self):
            return enabled()

        @classmethod
        @tg.no_grad()
        def other(cls):
            return enabled()

    assert Model().value() is False
    assert Model.other() is False


@pytest.mark.guarantee("H02")
def test_set_grad_enabled_as_function_context_and_decorator() -> None:
    tg.set_grad_enabled(False)
    assert not enabled()
    tg.set_grad_enabled(True)
    assert enabled()
    with tg.set_grad_enabled(False):
        assert not enabled()
        with tg.set_grad_enabled(True):
            assert enabled()
        assert not enabled()
    assert enabled()

    @tg.set_grad_enabled(False)
    def function():
        return enabled()

    assert enabled()
    assert function() is False
    assert enabled()


@pytest.mark.guarantee("H13")
def test_what_is_no_mode_is_refused() -> None:
    for wrong in ("a", None):
        with pytest.raises(TypeError, match="must be bool"):
            tg.set_grad_enabled(wrong)
    with pytest.raises(TypeError, match="no_grad"):
        tg.no_grad(3)
    assert enabled()


@pytest.mark.guarantee("H06")
def test_mutual_recursion_restores_every_level() -> None:
    def nested(depth):
        with tg.no_grad() if depth % 2 else tg.enable_grad():
            mode = enabled()
            assert mode is (depth % 2 == 0)
            if depth:
                nested(depth - 1)
            assert enabled() is mode

    nested(10)

    @tg.no_grad()
    def off(depth):
        assert not enabled()
        if depth:
            on(depth - 1)
        assert not enabled()

    @tg.enable_grad()
    def on(depth):
        assert enabled()
        if depth:
            off(depth - 1)
        assert enabled()

    off(10)


@pytest.mark.guarantee("H07")
def test_decorating_a_class_warns_and_covers_its_init() -> None:
    with pytest.warns(FutureWarning, match="Decorating classes is deprecated"):

        @tg.no_grad()
        class Made:
            def __init__(self):
                self.mode = enabled()

    assert Made().mode is False
    assert enabled()


# -- generators -------------------------------------------------------------------------------


@pytest.mark.guarantee("H04")
def test_a_decorated_generator_has_its_mode_whenever_it_runs() -> None:
    @tg.no_grad()
    def off():
        for k in range(3):
            assert not enabled()
            yield k
        assert not enabled()

    @tg.enable_grad()
    def on():
        for k in range(3):
            assert enabled()
            yield k

    seen = []
    for value in off():
        assert enabled()
        seen.append(value)
    with tg.no_grad():
        for value in on():
            assert not enabled()
            seen.append(value)
    assert seen == [0, 1, 2, 0, 1, 2]


@pytest.mark.guarantee("H05")
def test_a_decorated_generator_takes_what_is_sent_and_returns() -> None:
    @tg.no_grad()
    def echo():
        got = yield "first"
        while got is not None:
            assert not enabled()
            got = yield got * 2
        return "done"

    g = echo()
    assert next(g) == "first"
    assert enabled()
    assert [g.send(k) for k in (1, 2)] == [2, 4]
    assert enabled()
    with pytest.raises(StopIteration) as stop:
        g.send(None)
    assert stop.value.value == "done"


@pytest.mark.guarantee("H05")
def test_a_decorated_generator_handles_what_is_thrown() -> None:
    @tg.no_grad()
    def careful():
        while True:
            try:
                yield "ok"
            except ValueError:
                assert not enabled()
                yield "handled"

    g = careful()
    assert next(g) == "ok"
    assert g.throw(ValueError) == "handled"
    assert enabled()
    assert next(g) == "ok"
    with pytest.raises(KeyError):
        g.throw(KeyError)
    assert enabled()


@pytest.mark.guarantee("H05")
def test_a_decorated_generator_may_fail_with_another_error() -> None:
    @tg.no_grad()
    def fails():
        try:
            yield 1
        except ValueError:
            raise RuntimeError("other") from None

    g = fails()
    next(g)
    with pytest.raises(RuntimeError, match="other"):
        g.throw(ValueError)
    assert enabled()


@pytest.mark.guarantee("H05")
def test_a_decorated_generator_closes_in_its_mode() -> None:
    modes = []

    @tg.no_grad()
    def closing():
        try:
            yield 1
        finally:
            modes.append(enabled())

    g = closing()
    next(g)
    g.close()
    assert modes == [False]
    g = closing()
    next(g)
    del g
    assert modes == [False, False]
    assert enabled()


# -- threads and tasks ---------------------------------------------------------------------------


@pytest.mark.guarantee("H09")
def test_each_thread_starts_with_recording_on() -> None:
    seen = []
    with tg.no_grad():
        thread = threading.Thread(target=lambda: seen.append(enabled()))
        thread.start()
        thread.join()
        assert not enabled()
    assert seen == [True]


def test_a_mode_set_in_one_thread_stays_there() -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with tg.no_grad():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert entered.wait(10)
    assert enabled()
    leave.set()
    thread.join()


@pytest.mark.guarantee("H10")
def test_a_mode_held_across_await_does_not_reach_other_tasks() -> None:
    async def main():
        inside, done = asyncio.Event(), asyncio.Event()

        async def holder():
            with tg.no_grad():
                inside.set()
                await done.wait()
                return enabled()

        async def other():
            await inside.wait()
            mode = enabled()
            done.set()
            return mode

        return await asyncio.gather(holder(), other())

    assert asyncio.run(main()) == [False, True]


@pytest.mark.guarantee("H11")
def test_a_decorated_coroutine_has_the_mode_inside() -> None:
    @tg.no_grad()
    async def work():
        before = enabled()
        await asyncio.sleep(0)
        return before, enabled()

    async def main():
        inside = await work()
        return inside, enabled()

    assert asyncio.run(main()) == ((False, False), True)


@pytest.mark.guarantee("H11")
def test_a_decorated_async_generator_has_the_mode_inside() -> None:
    modes = []

    @tg.no_grad()
    async def numbers():
        for k in range(2):
            modes.append(enabled())
            yield k
            await asyncio.sleep(0)

    async def main():
        outside = []
        async for _ in numbers():
            outside.append(enabled())
        return outside

    assert asyncio.run(main()) == [True, True]
    assert modes == [False, False]


@pytest.mark.guarantee("H12")
def test_a_generator_that_holds_the_mode_open_is_its_own_fault() -> None:
    # Not decorated, it shares its caller's mode; closing it restores the mode.
    def careless():
        with tg.no_grad():
            yield

    g = careless()
    next(g)
    assert not enabled()
    g.close()
    assert enabled()


# -- the backward pass --------------------------------------------------------------------------


@pytest.mark.guarantee("H18")
def test_the_mode_inside_a_function_of_the_user_s(backend: str) -> None:
    modes = []

    class Looks(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            modes.append(enabled())
            return x * 2

        @staticmethod
        def backward(ctx, g):
            modes.append(enabled())
            with tg.enable_grad():
                y = leaf([3.0])
                (y * y).sum().backward()
            modes.append(enabled())
            return g * 2

    x = leaf([1.0])
    Looks.apply(x).sum().backward()
    tg.autograd.grad(Looks.apply(x).sum(), x, create_graph=True)
    assert modes == [False, False, False, False, True, True]


@pytest.mark.guarantee("H08")
def test_a_function_of_the_user_s_under_no_grad(backend: str) -> None:
    called = []

    class Doubled(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            called.append(ctx.needs_input_grad)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf([1.0])
    with tg.no_grad():
        y = Doubled.apply(x)
        with tg.enable_grad():
            z = Doubled.apply(x)
    assert not y.requires_grad
    assert y.grad_fn is None
    assert type(z.grad_fn).__name__ == "DoubledBackward"
    with pytest.raises(RuntimeError, match="does not require grad and does not have a grad_fn"):
        y.sum().backward()
    z.sum().backward()
    assert array(x.grad).tolist() == [2.0]
    assert called == [(True,), (True,)]


def test_backward_works_under_no_grad(backend: str) -> None:
    x = leaf([3.0])
    y = x * x
    with tg.no_grad():
        y.backward(tg.ones(1))
    assert array(x.grad).tolist() == [6.0]
    assert not x.grad.requires_grad


def test_create_graph_records_even_under_no_grad(backend: str) -> None:
    x = leaf([3.0])
    y = (x**3).sum()
    with tg.no_grad():
        (g,) = tg.autograd.grad(y, x, create_graph=True)
        assert not enabled()
    assert g.requires_grad
    (h,) = tg.autograd.grad(g.sum(), x)
    assert array(h).tolist() == [18.0]


def test_a_failed_pass_restores_the_mode(backend: str) -> None:
    x = leaf([3.0])
    y = (x * x).sum()
    y.backward()
    for create_graph in (False, True):
        with pytest.raises(RuntimeError, match="second time"):
            tg.autograd.grad(y, x, create_graph=create_graph)
        assert enabled()
        with tg.no_grad():
            with pytest.raises(RuntimeError, match="second time"):
                tg.autograd.grad(y, x, create_graph=create_graph)
            assert not enabled()
