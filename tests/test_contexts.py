"""Modes and defaults are those of a thread and of an asyncio task, and of nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from typing import Any

import pytest

import tensorflowlite_grad as tg

STATES: dict[str, tuple[Any, Any]] = {
    "grad mode": (lambda: tg.no_grad(), tg.is_grad_enabled),
    "inference mode": (lambda: tg.inference_mode(), tg.is_inference_mode_enabled),
    "default backend": (lambda: tg.use_backend("strict"), lambda: tg.ones(1)._place.backend.name),
    "anomaly mode": (lambda: tg.autograd.detect_anomaly(), tg.autograd.is_anomaly_enabled),
    "saved-tensor hooks": (
        lambda: tg.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t),
        lambda: _packed(),
    ),
    "default dtype": (lambda: _Float64(), tg.get_default_dtype),
}


class _Float64:
    """The default dtype has a function only, which is to be undone by hand."""

    def __enter__(self) -> None:
        self.before = tg.get_default_dtype()
        tg.set_default_dtype(tg.float64)

    def __exit__(self, *_: object) -> None:
        tg.set_default_dtype(self.before)


def _packed() -> str:
    x = tg.ones(2, requires_grad=True)
    return type((x * x).grad_fn.saved).__name__


@pytest.mark.parametrize("name", STATES)
@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_a_task_that_waits_keeps_its_state_to_itself(name: str) -> None:
    enter, look = STATES[name]
    usual = look()

    async def main() -> list[Any]:
        inside, done = asyncio.Event(), asyncio.Event()

        async def holder() -> Any:
            with enter():
                inside.set()
                await done.wait()
                return look()

        async def other() -> Any:
            await inside.wait()
            seen = look()
            done.set()
            return seen

        async def child() -> Any:
            return look()

        async def parent() -> Any:
            with enter():
                return await asyncio.create_task(child())

        return [*await asyncio.gather(holder(), other()), await parent(), look()]

    held, other, inherited, after = asyncio.run(main())
    assert held != usual
    assert other == usual
    assert inherited == held  # a task begins with what its maker has
    assert after == look() == usual


@pytest.mark.parametrize("name", STATES)
@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_a_copy_of_the_context_has_a_state_of_its_own(name: str) -> None:
    enter, look = STATES[name]
    usual = look()
    context = contextvars.copy_context()
    manager = enter()
    context.run(manager.__enter__)
    held = context.run(look)
    assert held != usual
    assert look() == usual
    assert contextvars.copy_context().run(look) == usual
    assert context.copy().run(look) == held
    context.run(manager.__exit__, None, None, None)
    assert context.run(look) == usual
    with enter():
        assert contextvars.copy_context().run(look) == held
        assert context.run(look) == usual
        assert contextvars.Context().run(look) == usual
    assert look() == usual


@pytest.mark.parametrize("name", STATES)
@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_tasks_enter_and_leave_in_any_order(name: str) -> None:
    enter, look = STATES[name]
    usual = look()

    async def work(number: int, turns: list[asyncio.Event]) -> list[Any]:
        seen = []
        await turns[number].wait()
        with enter():
            turns[(number + 1) % 3].set()
            for _ in range(3 - number):  # the first to enter is the last to leave
                await asyncio.sleep(0)
                seen.append(look() != usual)
            with contextlib.suppress(KeyError), enter():
                await asyncio.sleep(0)
                raise KeyError
            seen.append(look() != usual)
        await asyncio.sleep(0)
        return [*seen, look() == usual]

    async def main() -> Any:
        turns = [asyncio.Event() for _ in range(3)]
        turns[0].set()
        return await asyncio.gather(*(work(n, turns) for n in range(3)))

    assert all(all(seen) for seen in asyncio.run(main()))
    assert look() == usual


@pytest.mark.parametrize("name", STATES)
@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_a_thread_that_holds_a_state_keeps_it_to_itself(name: str) -> None:
    enter, look = STATES[name]
    usual, inside, done = look(), threading.Event(), threading.Event()
    held = []

    def hold() -> None:
        with enter():
            inside.set()
            done.wait(10)
            held.append(look())

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(10)
    assert look() == usual
    done.set()
    thread.join()
    assert held != [usual]
    assert look() == usual


@pytest.mark.parametrize("name", STATES)
@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_work_handed_to_a_thread_by_asyncio_has_the_state_of_its_task(name: str) -> None:
    enter, look = STATES[name]

    async def main() -> Any:
        with enter():
            return await asyncio.to_thread(look), look()

    there, here = asyncio.run(main())
    assert there == here


@pytest.mark.parametrize("name", STATES)
@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_a_thread_begins_with_the_usual_state(name: str) -> None:
    enter, look = STATES[name]
    usual, seen = look(), []
    with enter():
        thread = threading.Thread(target=lambda: seen.append(look()))
        thread.start()
        thread.join()
        assert look() != usual
    assert seen == [usual]


def test_passes_of_tasks_that_take_turns_do_not_mix() -> None:
    async def work(number: int) -> list[float]:
        found = []
        for k in range(5):
            x = tg.tensor(float(number), requires_grad=True)
            with tg.set_grad_enabled(k % 2 == 0):
                await asyncio.sleep(0)
                y = x * x
            await asyncio.sleep(0)
            if y.requires_grad:
                y.backward()
                found.append(float(x.grad))
        return found

    async def main() -> Any:
        return await asyncio.gather(*(work(n) for n in range(8)))

    assert asyncio.run(main()) == [[2.0 * n] * 3 for n in range(8)]


# -- inference mode ------------------------------------------------------------------------------


@pytest.mark.guarantee("H17")
def test_nothing_is_recorded_in_inference_mode_whatever_is_switched_on_inside(backend: str) -> None:
    x = tg.ones(2, requires_grad=True)
    with tg.inference_mode():
        assert tg.is_inference_mode_enabled()
        assert not tg.is_grad_enabled()
        with tg.enable_grad():
            assert not (x * 2).requires_grad
        with tg.set_grad_enabled(True):
            assert not (x * 2).requires_grad
        with tg.inference_mode(False):
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert tg.is_grad_enabled()
    assert not tg.is_inference_mode_enabled()
    with pytest.raises(TypeError, match="must be bool"):
        tg.inference_mode(3)


@pytest.mark.parametrize("decorator", [tg.inference_mode, tg.inference_mode()])
def test_inference_mode_decorates(decorator: Any) -> None:
    @decorator
    def inside() -> bool:
        return tg.is_inference_mode_enabled()

    assert inside() is True
    assert not tg.is_inference_mode_enabled()


def test_tensors_of_inference_mode_are_ordinary(backend: str) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with tg.inference_mode():
        made = x * 3
        assert not made.is_inference()
    made.add_(1)
    assert made._version == 1
    (x * made).sum().backward()
    assert x.grad.tolist() == [4.0, 7.0]
    made.requires_grad_()
    assert (made * 2).requires_grad


@pytest.mark.guarantee("H15")
def test_what_inference_mode_writes_is_noticed_by_the_pass(backend: str) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    z, own = (y * y).sum(), (x * x).sum()
    with tg.inference_mode():
        y.add_(1)
        y[0].mul_(2)
        x.mul_(2)
    assert (y._version, x._version) == (2, 1)
    assert type(y.grad_fn).__name__ == "MulBackward0"
    for loss in (z, own):
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()
    assert x.grad is None


@pytest.mark.guarantee("H16")
def test_views_that_inference_mode_made(backend: str) -> None:
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    base = x * 1
    with tg.inference_mode():
        view = base[:2]
        part = view[0]
        view.mul_(1)
    said = (
        "A view was created in inference mode and is being modified inplace in normal mode. Given "
        "that this use case is ambiguous and error-prone, it is forbidden. .* inside the "
        "inference_mode block"
    )
    for t in (view, part):
        with pytest.raises(RuntimeError, match=said):
            t.mul_(2)
    assert base.tolist() == [1.0, 2.0, 3.0]
    # A change of its base is no error, as it is in PyTorch: the view follows.
    base.mul_(10)
    assert view.tolist() == [10.0, 20.0]
    assert view.grad_fn is not None
    (view * 3).sum().backward()
    assert x.grad.tolist() == [30.0, 30.0, 0.0]
    with pytest.raises(RuntimeError, match="which was created in inference mode and is being mod"):
        part.mul_(2)
    with tg.no_grad():
        other = base[:2]
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        other.mul_(2)
