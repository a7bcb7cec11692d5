"""Checkpoints: the same gradients, of less memory."""

from __future__ import annotations

import gc
import weakref
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


@pytest.mark.guarantee("M08")
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


def derivative(function: Any) -> Any:
    def slope(x: Any) -> Any:
        (g,) = tg.autograd.grad(function(x).sum(), x, create_graph=True)
        return g

    return slope


def checkpointed(function: Any) -> Any:
    return lambda x: checkpoint(function, x, use_reentrant=False)


@pytest.mark.guarantee("M08")
def test_checkpoints_in_derivatives_in_checkpoints(backend: str) -> None:
    def plain(x: Any) -> Any:
        return x.sin().exp()

    c, d = checkpointed, derivative
    data = [0.3, -0.7]
    for function, order in (
        (c(c(c(plain))), 0),
        (c(c(d(c(c(plain))))), 1),
        (c(d(c(d(c(plain))))), 2),
    ):
        want = plain
        for _ in range(order):
            want = d(want)
        for _ in range(3):
            function, want = d(function), d(want)
            assert array(function(leaf(data))) == pytest.approx(array(want(leaf(data))), rel=1e-12)


@pytest.mark.guarantee("M08")
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


@pytest.mark.guarantee("M11")
def test_dropout_drops_the_same_again(backend: str) -> None:
    x = leaf(np.ones(50))
    y = checkpoint(lambda t: tg.nn.functional.dropout(t, 0.5).sin(), x, early_stop=False)
    (g,) = tg.autograd.grad(y.sum(), x)
    dropped = array(y) == 0
    assert 0 < dropped.sum() < 50
    assert ((array(g) == 0) == dropped).all()


@pytest.mark.guarantee("M11")
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


@pytest.mark.guarantee("M09")
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
    counts = (
        "torch.utils.checkpoint: A different number of tensors was saved during the original "
        "forward and recomputation.\nNumber of tensors saved during forward: {}\nNumber of "
        "tensors saved during recomputation: {}."
    )
    with pytest.raises(CheckpointError, match=counts.format(1, 2)):
        checkpoint(growing, leaf([1.0]), early_stop=False).sum().backward()
    calls.clear()
    with pytest.raises(CheckpointError, match=counts.format(3, 2)):
        checkpoint(shrinking, leaf([1.0])).sum().backward()
    calls.clear()
    metadata = (
        "torch.utils.checkpoint: Recomputed values for the following tensors have different "
        r"metadata than during the forward pass.\n.*0.*\n.*\(1, 1\).*\n.*\(2, 1\)"
    )
    with pytest.raises(CheckpointError, match=metadata):
        checkpoint(reshaped, leaf([1.0])).backward()
    assert issubclass(CheckpointError, RuntimeError)
    calls.clear()
    checkpoint(reshaped, leaf([[1.0]]), determinism_check="none").backward()


@pytest.mark.guarantee("M11")
@pytest.mark.parametrize("use_reentrant", [False, True])
def test_an_error_in_either_run_leaves_all_usable(backend: str, use_reentrant: bool) -> None:
    fail = [True]

    def function(x: Any) -> Any:
        noise = tg.rand(1, dtype=tg.float64)
        if fail[0]:
            raise ArithmeticError
        return (x * (noise + 1)).sin()

    def again(x: Any) -> Any:
        return checkpoint(function, x, use_reentrant=use_reentrant)

    x = leaf([0.0])
    with pytest.raises(ArithmeticError):
        again(x)
    fail[0] = False
    y = again(x)
    tg.manual_seed(1)
    drawn = tg.rand(3).tolist()
    tg.manual_seed(1)
    fail[0] = True
    with tg.no_grad(), pytest.raises(ArithmeticError):
        y.backward()
    assert tg.is_grad_enabled()
    assert tg.rand(3).tolist() == drawn
    assert x.grad is None
    x.sin().grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t)  # no hooks are left
    fail[0] = False
    y.backward()
    assert 1 < array(x.grad).item() < 2
    (g,) = tg.autograd.grad(again(x), x)  # in this mode PyTorch's takes `backward` only
    assert 1 < array(g).item() < 2


@pytest.mark.guarantee("M10")
@pytest.mark.parametrize("leafs", [True, False], ids=["leaf", "no leaf"])
def test_a_hook_on_a_tensor_used_inside_and_outside_runs_once(backend: str, leafs: bool) -> None:
    x, given = operands()
    w = given if leafs else given * 1
    seen: list[Any] = []
    w.register_hook(lambda g: seen.append(array(g)))
    (want,) = tg.autograd.grad(block(x, w).sum() + w.sum(), given, retain_graph=True)
    seen.clear()
    (checkpoint(block, x, w).sum() + w.sum()).backward()
    (got,) = seen
    assert got == pytest.approx(array(want), rel=1e-14)
    assert array(given.grad) == pytest.approx(array(want), rel=1e-14)


@pytest.mark.guarantee("M08")
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


@pytest.mark.guarantee("M08")
def test_what_is_computed_again_goes_with_the_pass(backend: str) -> None:
    made: list[Any] = []

    def function(x: Any) -> Any:
        hidden = x.sin()
        made.append((weakref.ref(hidden), weakref.ref(hidden.grad_fn)))
        return hidden.exp().cos()

    x = leaf([0.3])
    gc.disable()
    try:
        y = checkpoint(checkpointed(function), x)
        for _ in range(2):
            y.backward(retain_graph=True)
            assert len(made) > 1
            (first, node), *again = made
            assert first() is None
            assert node() is not None  # the graph of y itself
            assert all(value() is None and node() is None for value, node in again)
        del y
        assert node() is None
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
