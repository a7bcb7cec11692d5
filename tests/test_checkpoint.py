"""Checkpoints: the same gradients, of less memory."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, leaf, live
from tensorflowlite_grad.autograd.graph import Node
from tensorflowlite_grad.utils.checkpoint import (
    CheckpointError,
    checkpoint,
    checkpoint_sequential,
)


def block(x: Any, w: Any) -> Any:
    return (x @ w).tanh() * x


def operands() -> tuple[Any, Any]:
    generator = np.random.default_rng(0)
    return leaf(generator.normal(size=(3, 3))), leaf(generator.normal(size=(3, 3)))


def test_gradients_of_first_and_second_order_are_the_same(backend: str) -> None:
    x, w = operands()

    def derivatives(out: Any) -> list[Any]:
        first = tg.autograd.grad(out.sum(), [x, w], create_graph=True)
        second = tg.autograd.grad((first[0] * first[1]).sum(), [x, w])
        return [array(t) for t in (*first, *second)]

    want = derivatives(block(block(x, w), w))
    inner = lambda a, b: checkpoint(block, a, b, use_reentrant=False)  # noqa: E731
    outer = lambda a, b: checkpoint(inner, a, b, use_reentrant=False)  # noqa: E731
    for nested in (inner, outer, lambda a, b: checkpoint(outer, a, b)):
        got = derivatives(nested(nested(x, w), w))
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-13)


def test_arguments_and_results_of_any_structure(backend: str) -> None:
    x, w = operands()

    def call(pair: Any, *, more: Any, name: str) -> Any:
        assert name == "n"
        return {"out": [block(pair[0], more["w"])], "name": name}

    out = checkpoint(call, (x, 1), more={"w": w}, name="n")
    assert out["name"] == "n"
    (g,) = tg.autograd.grad(out["out"][0].sum(), x)
    (want,) = tg.autograd.grad(block(x, w).sum(), x)
    np.testing.assert_allclose(array(g), array(want), rtol=1e-14)


def test_it_is_run_again_once_for_each_pass_and_as_far_as_needed(backend: str) -> None:
    seen: list[str] = []

    def function(x: Any) -> Any:
        seen.append("start")
        y = x.sin().exp()
        seen.append("end")
        return y + 1

    x = leaf([1.0])
    y = checkpoint(function, x)
    y.sum().backward(retain_graph=True)
    assert seen == ["start", "end", "start"]
    y.sum().backward()
    assert seen == ["start", "end", "start", "start"]
    checkpoint(function, x, early_stop=False).sum().backward()
    assert seen[-4:] == ["start", "end", "start", "end"]
    with tg.no_grad():
        assert not checkpoint(function, x).requires_grad


def test_random_numbers_are_those_of_the_first_run(backend: str) -> None:
    def noisy(x: Any) -> Any:
        return (x * tg.rand(5, dtype=tg.float64)).sin()

    x = leaf(np.ones(5))
    tg.manual_seed(3)
    (want,) = tg.autograd.grad(noisy(x).sum(), x)
    after = tg.rand(3).tolist()
    tg.manual_seed(3)
    out = checkpoint(noisy, x)
    (got,) = tg.autograd.grad(out.sum(), x)
    assert array(got).tolist() == array(want).tolist()
    assert tg.rand(3).tolist() == after


def test_a_second_run_that_differs_is_an_error(backend: str) -> None:
    def growing(x: Any) -> Any:
        calls.append(0)
        for _ in calls:
            x = x.sin()
        return x

    def shrinking(x: Any) -> Any:
        calls.append(0)
        for _ in range(4 - len(calls)):
            x = x.sin()
        return x

    def reshaped(x: Any) -> Any:
        calls.append(0)
        return x.expand(len(calls), 1).sin().sum()

    calls: list[int] = []
    with pytest.raises(CheckpointError, match=r"different number of tensors.*\n.*: 1\n.*: 2\."):
        checkpoint(growing, leaf([1.0]), early_stop=False).sum().backward()
    calls.clear()
    with pytest.raises(CheckpointError, match=r"different number of tensors.*\n.*: 3\n.*: 2\."):
        checkpoint(shrinking, leaf([1.0])).sum().backward()
    calls.clear()
    with pytest.raises(CheckpointError, match="different metadata than during the forward pass"):
        checkpoint(reshaped, leaf([1.0])).backward()
    calls.clear()
    checkpoint(reshaped, leaf([[1.0]]), determinism_check="none").backward()


def test_an_error_in_the_second_run_leaves_all_usable(backend: str) -> None:
    fail = [False]

    def function(x: Any) -> Any:
        if fail[0]:
            raise ArithmeticError
        return x.sin()

    x = leaf([0.0])
    y = checkpoint(function, x)
    fail[0] = True
    with pytest.raises(ArithmeticError):
        y.backward()
    assert x.grad is None
    fail[0] = False
    y.backward()
    assert array(x.grad).tolist() == [1.0]
    assert tg.is_grad_enabled()


def test_a_hook_on_a_tensor_used_inside_and_outside_runs_once(backend: str) -> None:
    x, w = operands()
    seen: list[int] = []
    w.register_hook(lambda g: seen.append(1))
    (checkpoint(block, x, w).sum() + w.sum()).backward()
    assert seen == [1]


def test_the_graph_goes_with_its_results(backend: str) -> None:
    gc.collect()
    before = live(Node)
    x, w = operands()
    gc.disable()
    try:
        y = checkpoint(block, x, w)
        assert live(Node) > before
        del y
        assert live(Node) == before
    finally:
        gc.enable()


@pytest.mark.parametrize("segments", [1, 2, 3, 5])
def test_sequences(backend: str, segments: int) -> None:
    steps = [tg.sin, lambda t: t * 2, tg.exp, tg.tanh, lambda t: t + 1]
    x = leaf([0.3, -0.2])
    y = x
    for step in steps:
        y = step(y)
    (want,) = tg.autograd.grad(y.sum(), x)
    out = checkpoint_sequential(steps, segments, x, use_reentrant=False)
    assert array(out).tolist() == array(y).tolist()
    np.testing.assert_allclose(array(tg.autograd.grad(out.sum(), x)[0]), array(want), rtol=1e-15)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="segments must be from 1 to 2"):
        checkpoint_sequential([tg.sin, tg.cos], 3, leaf([1.0]))
    with pytest.raises(ValueError, match="Unexpected keyword arguments: nonsense"):
        checkpoint_sequential([tg.sin], 1, leaf([1.0]), nonsense=1)
    with pytest.raises(ValueError, match="determinism_check"):
        checkpoint(tg.sin, leaf([1.0]), determinism_check="perhaps")


def test_contexts_for_both_runs(backend: str) -> None:
    from contextlib import contextmanager

    seen: list[str] = []

    @contextmanager
    def entered(name: str) -> Any:
        seen.append(name)
        yield

    y = checkpoint(tg.sin, leaf([1.0]), context_fn=lambda: (entered("first"), entered("again")))
    assert seen == ["first"]
    y.backward()
    assert seen == ["first", "again"]
