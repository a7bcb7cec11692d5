"""Exceptions at every point of a pass, a change in place, a step of an optimiser.

Python raises what comes from outside, such as a KeyboardInterrupt, where a function begins and
where a call has returned. Each test runs its program again and again, and interrupts it at the
first such point inside the library, then at the second, until it comes through.
"""

from __future__ import annotations

import contextvars
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, leaf
from tensorflowlite_grad.autograd import forward_ad, nesting, observers, tangents

OURS = (str(Path(tg.__file__).parent), "<recorder of", "<rules of", "<stub of")
#: What a test runs, and what looks at the state afterwards.
Trial = tuple[Callable[[], Any], Callable[[], None]]


class Mine(Exception):
    """What is raised on purpose."""


def _counts(frame: Any) -> bool:
    """Return whether something may be raised here.

    Not where a ``with`` block is being left: nothing can keep Python from leaving that undone.
    And not in generators, since what is raised while one is closed reaches nobody.
    """
    code = frame.f_code
    if not code.co_filename.startswith(OURS) or code.co_flags & inspect.CO_GENERATOR:
        return False
    while frame is not None and frame.f_code.co_filename.startswith(OURS):
        if frame.f_code.co_name == "__exit__":
            return False
        frame = frame.f_back
    return True


def _interrupted(number: int, error: type[BaseException], run: Callable[[], Any]) -> bool:
    """Run, raising an error at the point of that number; return whether there was one."""
    count = 0

    def look(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        if event in ("call", "c_return") and _counts(frame):
            count += 1
            if count == number:
                sys.setprofile(None)
                raise error

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        run()
    except error:
        assert count == number
    finally:
        sys.setprofile(before)
    return count == number


def at_every_point(make: Callable[[], Trial], error: type[BaseException], step: int = 1) -> None:
    """Interrupt what `make` returns at one point after the other."""

    def trial(number: int) -> bool:
        run, check = make()
        found = _interrupted(number, error, run)
        assert tg.is_grad_enabled(), number
        assert not tg.is_inference_mode_enabled()
        assert observers.current() == ()
        assert not observers._demands  # else recorders would stay in their slower form
        assert tangents.current() == ()
        assert nesting.here.depth == 0
        assert not any(nesting.waiting.values())
        check()
        return found

    make()[0]()  # what is made when it is first used has been made
    number = 1
    while contextvars.copy_context().run(trial, number):
        number += step
    assert number > 10


ERRORS = pytest.mark.parametrize("error", [KeyboardInterrupt, Mine])


def _steps(backend: str) -> int:
    return 1 if backend == "numpy" else 7  # elsewhere there are many more points


# -- passes --------------------------------------------------------------------------------------


class Squared(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * x * g


def _plain(x: Any) -> Any:
    return x.tanh() * x


def _with_hooks(x: Any) -> Any:
    y = x * 1
    y.register_hook(lambda g: g * 1)
    y.register_hook(lambda g: tg.autograd.graph.queue_callback(lambda: None))
    y.grad_fn.register_prehook(lambda gs: (gs[0] * 1,))
    y.grad_fn.register_hook(lambda gi, go: (gi[0] * 1,))
    return y


def _with_packing(x: Any) -> Any:
    with tg.autograd.graph.saved_tensors_hooks(lambda t: t * 1, lambda t: t * 1):
        return x * x


def _with_a_pass_inside(x: Any) -> Any:
    y, w = x * 1, leaf([5.0])

    def inner(g: Any) -> Any:
        with tg.enable_grad():
            (w * w).sum().backward()
        return g * 1

    y.register_hook(inner)
    return y


def _with_a_view_changed(x: Any) -> Any:
    y = x * 1
    y[:1].mul_(2)
    return y * y


def _again(x: Any) -> Any:
    return tg.utils.checkpoint.checkpoint(lambda t: (t * t).sin(), x, use_reentrant=False)


PROGRAMS = {
    "plain": _plain,
    "function": Squared.apply,
    "hooks": _with_hooks,
    "saved-tensor hooks": _with_packing,
    "a pass inside": _with_a_pass_inside,
    "views": _with_a_view_changed,
    "checkpoint": _again,
}


@ERRORS
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.guarantee("J09")
@pytest.mark.filterwarnings("ignore:Using backward")
def test_a_pass_is_interrupted(
    backend: str, name: str, create_graph: bool, error: type[BaseException]
) -> None:
    program = PROGRAMS[name]

    def graph() -> tuple[list[Any], Any]:
        leaves = [leaf([1.0, 2.0]), leaf([3.0, 4.0]), leaf([0.5, 0.25])]
        leaves[1].grad = tg.ones(2, dtype=tg.float64)
        return leaves, (program(leaves[0] * leaves[1]) * leaves[2]).sum()

    leaves, loss = graph()
    step = [array(g).tolist() for g in tg.autograd.grad(loss, leaves)]
    before = [None, [1.0, 1.0], None]
    complete = [step[0], [g + 1 for g in step[1]], step[2]]

    def make() -> Trial:
        leaves, loss = graph()
        kept = leaves[1].grad

        def check() -> None:
            for t, old, new in zip(leaves, before, complete, strict=True):
                now = None if t.grad is None else array(t.grad).tolist()
                assert now in (old, new)
                assert t._version == 0
            assert array(kept).tolist() in (before[1], complete[1])
            again, loss = graph()
            loss.backward()
            assert [array(t.grad).tolist() for t in again] == complete

        def run() -> None:
            loss.backward(create_graph=create_graph)
            for t in leaves:
                t.detach()

        return run, check

    at_every_point(make, error, _steps(backend))


@ERRORS
def test_grad_is_interrupted(backend: str, error: type[BaseException]) -> None:
    def make() -> Trial:
        x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
        y = _plain(x * w).sum()

        def check() -> None:
            assert x.grad is None
            assert w.grad is None
            x.requires_grad_()

        return lambda: tg.autograd.grad(y, [x, w], create_graph=True), check

    at_every_point(make, error, _steps(backend))


@ERRORS
def test_forward_mode_is_interrupted(backend: str, error: type[BaseException]) -> None:
    def make() -> Trial:
        x = leaf([1.0, 2.0])

        def run() -> None:
            with forward_ad.dual_level():
                y = _plain(forward_ad.make_dual(x, tg.ones_like(x)) * 2).sum()
                forward_ad.unpack_dual(y)
                y.backward()

        def check() -> None:
            assert x.grad is None or x.grad.shape == (2,)
            assert forward_ad.unpack_dual(x * 1 if not tangents.current() else x)[1] is None

        return run, check

    at_every_point(make, error, 3 * _steps(backend))


@ERRORS
@pytest.mark.parametrize(
    "enter",
    [
        tg.no_grad,
        tg.inference_mode,
        lambda: tg.use_backend("numpy"),
        lambda: tg.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t),
        forward_ad.dual_level,
    ],
)
def test_a_block_is_entered(enter: Any, error: type[BaseException]) -> None:
    name = tg.ones(1)._place.backend.name

    def run() -> None:
        for _ in range(5):
            with enter():
                pass

    def check() -> None:
        assert tg.ones(1)._place.backend.name == name

    at_every_point(lambda: (run, check), error)


# -- changes in place -----------------------------------------------------------------------------

CHANGES: dict[str, Callable[[Any], Any]] = {
    "mul_": lambda t: t.mul_(2),
    "exp_": lambda t: t.exp_(),
    "add_ itself": lambda t: t.add_(t),
    "an element": lambda t: t.__setitem__(0, 5.0),
    "zero_": lambda t: t.zero_(),
    "copy_": lambda t: t.copy_(tg.full(tuple(t.shape), 9.0, dtype=tg.float64)),
}


@ERRORS
@pytest.mark.parametrize("view", [False, True])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_in_place_is_interrupted(
    backend: str, name: str, view: bool, error: type[BaseException]
) -> None:
    def parts() -> tuple[Any, Any, Any, Any]:
        x = leaf([1.0, 2.0, 3.0])
        y = x * 1
        return x, y, y[:2] if view else y, y[1:]

    def seen(x: Any, y: Any, other: Any) -> tuple[Any, ...]:
        of_y, of_other = (
            tg.autograd.grad((t * t).sum(), x, retain_graph=True)[0] for t in (y, other)
        )
        return tuple(array(t).tolist() for t in (y, other, of_y, of_other))

    x, y, _, other = parts()
    before = seen(x, y, other)
    x, y, changed, other = parts()
    CHANGES[name](changed)
    after = seen(x, y, other)

    def make() -> Trial:
        x, y, changed, other = parts()

        def check() -> None:
            now = seen(x, y, other)
            assert now in (before, after)
            if now == after:
                assert y._version > 0

        return lambda: CHANGES[name](changed), check

    at_every_point(make, error, _steps(backend))


# -- optimisers -----------------------------------------------------------------------------------


@ERRORS
@pytest.mark.parametrize("steps_before", [0, 1])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_step_is_interrupted(
    backend: str, momentum: float, steps_before: int, error: type[BaseException]
) -> None:
    def trained() -> tuple[list[Any], Any]:
        leaves = [leaf([1.0, 2.0]), leaf(3.0), leaf([[4.0], [5.0]])]
        optimizer = tg.optim.SGD(leaves, lr=0.1, momentum=momentum)
        for k in range(steps_before + 1):
            optimizer.zero_grad()
            sum((p * p).sum() for p in leaves).backward()
            if k < steps_before:
                optimizer.step()
        return leaves, optimizer

    def states(leaves: list[Any], optimizer: Any) -> list[Any]:
        buffers = [optimizer.state[p].get("momentum_buffer") for p in leaves]
        return [
            (array(p).tolist(), None if b is None else array(b).tolist())
            for p, b in zip(leaves, buffers, strict=True)
        ]

    leaves, optimizer = trained()
    before = states(leaves, optimizer)
    optimizer.step()
    after = states(leaves, optimizer)

    def make() -> Trial:
        leaves, optimizer = trained()

        def check() -> None:
            now = states(leaves, optimizer)
            changed = [n == a for n, a in zip(now, after, strict=True)]
            assert all(n in pair for n, *pair in zip(now, before, after, strict=True))
            assert changed == sorted(changed, reverse=True)  # the first ones
            assert all(p.is_leaf and p.requires_grad for p in leaves)

        return optimizer.step, check

    at_every_point(make, error, _steps(backend))


@ERRORS
def test_loading_a_state_is_interrupted(backend: str, error: type[BaseException]) -> None:
    def optimizer(lr: float) -> Any:
        return tg.optim.SGD([leaf([1.0, 2.0]), leaf([3.0])], lr=lr, momentum=0.9)

    source = optimizer(0.25)
    source.param_groups[0]["params"][0].grad = tg.ones(2, dtype=tg.float64)
    source.step()
    saved = source.state_dict()

    def make() -> Trial:
        target = optimizer(0.5)

        def check() -> None:
            assert (target.param_groups[0]["lr"], len(target.state)) in ((0.5, 0), (0.25, 1))

        return lambda: target.load_state_dict(saved), check

    at_every_point(make, error, 3 * _steps(backend))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda saved: saved.pop("state"), KeyError),
        (lambda saved: saved.pop("param_groups"), KeyError),
        (lambda saved: saved["param_groups"].append({}), ValueError),
        (lambda saved: saved["param_groups"][0]["params"].pop(), ValueError),
        (lambda saved: saved["param_groups"][0].pop("lr"), KeyError),
        (lambda saved: saved["param_groups"][0].update(lr=-1.0), ValueError),
        (lambda saved: saved["state"].update({7: {}}), KeyError),
        (lambda saved: saved["state"].update(first={}), ValueError),
        (lambda saved: saved["state"].update({1: 3}), AttributeError),
        (lambda saved: saved["state"][0].update(momentum_buffer=tg.ones(1)), ValueError),
        (lambda saved: saved["state"][0].update(momentum_buffer=3.0), ValueError),
    ],
)
def test_what_cannot_be_loaded_changes_nothing(
    backend: str, spoil: Callable[[Any], Any], error: type[Exception]
) -> None:
    leaves = [leaf([1.0, 2.0]), leaf([3.0])]
    optimizer = tg.optim.SGD(leaves, lr=0.5, momentum=0.9)
    sum((p * p).sum() for p in leaves).backward()
    optimizer.step()
    saved = optimizer.state_dict()
    groups, state = optimizer.param_groups, dict(optimizer.state)
    spoil(saved)
    with pytest.raises(error):
        optimizer.load_state_dict(saved)
    assert optimizer.param_groups is groups
    assert groups[0]["lr"] == 0.5
    assert list(optimizer.state.values()) == list(state.values())
    optimizer.step()
    assert array(leaves[1]).tolist() == pytest.approx([3 - 0.5 * 6 * (1 + 1.9)])
