"""Modes and defaults are those of a thread and of an asyncio task, and of nobody else."""

from __future__ import annotations

import asyncio
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
    made.add_(1)
    assert made._version == 1
    (x * made).sum().backward()
    assert x.grad.tolist() == [4.0, 7.0]
    made.requires_grad_()
    assert (made * 2).requires_grad


def test_what_inference_mode_writes_is_noticed_by_the_pass(backend: str) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    z = (y * y).sum()
    with tg.inference_mode():
        y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()
    base = x * 1
    with tg.inference_mode():
        view = base[0]
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        view.mul_(2)
