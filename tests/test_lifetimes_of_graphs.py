"""Custom functions, hooks and checkpoints: what they keep alive, and when misuse is harmless."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf, live
from tensorflowlite_grad.autograd import Function, gradcheck, gradgradcheck, graph
from tensorflowlite_grad.autograd.graph import Node
from tensorflowlite_grad.utils.checkpoint import checkpoint


@pytest.fixture
def no_gc() -> Iterator[None]:
    """Leave freeing to reference counts."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Keep(Function):
    """Saves a view of its argument that it has changed in place."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        own = x.clone()
        part = own.view(-1)
        part.mul_(2)
        ctx.save_for_backward(part)
        return own * 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return 2 * g * (ctx.saved_tensors[0] == ctx.saved_tensors[0])


def test_a_saved_view_that_was_changed_does_not_leak(backend: str, no_gc: None) -> None:
    x = leaf([1.0, 2.0])
    before = live(Node)
    y = Keep.apply(x)
    alive = weakref.ref(y.grad_fn)
    y.sum().backward()
    assert array(x.grad).tolist() == [2.0, 2.0]
    del y
    assert alive() is None
    assert live(Node) == before


@pytest.mark.guarantee("A16")
@pytest.mark.parametrize("passes", [0, 1])
def test_chains_of_functions_and_operations_die_by_reference_counts(
    backend: str, no_gc: None, passes: int
) -> None:
    steps = [Keep.apply, tg.exp, Keep.apply, lambda t: t.clone().mul_(2), lambda t: t.split(2)[0]]
    y = leaf([0.1, 0.2, 0.3])
    nodes = []
    for step in steps:
        y = step(y)
        nodes.append(weakref.ref(y.grad_fn))
    for _ in range(passes):
        y.sum().backward()
    assert all(n() is not None for n in nodes)
    del y
    assert all(n() is None for n in nodes)


def test_a_collection_inside_a_destructor_is_safe(backend: str) -> None:
    class Collects:
        def __del__(self) -> None:
            gc.collect()

    class Holder(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.held = Collects()
            return x.clone()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    for _ in range(3):
        x = leaf([1.0])
        y = x
        for _ in range(5):
            y = Holder.apply(y)
        y.sum().backward()
        assert array(x.grad).tolist() == [1.0]
        del y


def test_an_argument_without_influence_passes_the_checks(backend: str) -> None:
    class First(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x * x if ctx.save_for_backward(x) is None else None

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g * ctx.saved_tensors[0], None

    inputs = (leaf([0.5, 1.0]), leaf([2.0]))
    assert gradcheck(First.apply, inputs)
    assert gradgradcheck(First.apply, inputs)


def test_numbers_of_the_program_are_not_packed(backend: str) -> None:
    packed = []
    x = leaf([1.0, 2.0])
    with graph.saved_tensors_hooks(lambda t: packed.append(t) or t, lambda t: t):
        y = (x * 3.0 / 2.0).sum()
    y.backward()
    assert packed == []
    assert array(x.grad).tolist() == [1.5, 1.5]


def test_saved_tensors_on_disk(backend: str, tmp_path: Path) -> None:
    def pack(t: Any) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.npy"
        np.save(path, array(t))
        return path

    x = leaf([0.5, 1.0])
    with graph.saved_tensors_hooks(pack, lambda path: const(np.load(path).tolist())):
        y = (x.exp() * x).sum()
    assert list(tmp_path.iterdir())
    y.backward()
    assert tg.allclose(x.grad, (x.exp() * (1 + x)).detach())


def test_a_graph_whose_result_was_printed_dies_by_reference_counts(
    backend: str, no_gc: None
) -> None:
    out = leaf([1.0, 2.0]) * 2
    node = weakref.ref(out.grad_fn)
    assert "grad_fn=<MulBackward0>" in f"{out!r} {out}"
    del out
    assert node() is None


def test_leaving_hooks_once_too_often_does_no_harm(backend: str) -> None:
    hooks = graph.saved_tensors_hooks(lambda t: t, lambda t: t)
    x = leaf([2.0])

    def unpack(t: Any) -> Any:
        hooks.__exit__(None, None, None)
        return t

    with graph.saved_tensors_hooks(lambda t: t, unpack):
        y = (x * x).sum()
        y.backward()
    hooks.__exit__(None, None, None)
    assert array(x.grad).tolist() == [4.0]
    (x * x).sum().backward()
    assert array(x.grad).tolist() == [8.0]


def test_checkpoints_in_checkpoints_and_gradients_of_gradients(backend: str) -> None:
    def inner(t: Any) -> Any:
        return t.sin().exp()

    def nested(t: Any, depth: int) -> Any:
        if not depth:
            return inner(t)
        return checkpoint(lambda s: nested(s, depth - 1) * s, t, use_reentrant=False)

    def plain(t: Any, depth: int) -> Any:
        return plain(t, depth - 1) * t if depth else inner(t)

    found = []
    for function in (nested, plain):
        x = leaf([0.3, 0.7])
        y = function(x, 3).sum()
        (first,) = tg.autograd.grad(y, x, create_graph=True)
        (second,) = tg.autograd.grad(first.sum(), x)
        found.append((array(first), array(second)))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_checkpoints_that_are_dropped_leave_nothing(backend: str, no_gc: None) -> None:
    x = leaf([0.3, 0.7])
    before = live(Node)
    y = checkpoint(lambda t: t.sin().exp(), x, use_reentrant=False)
    del y
    assert live(Node) == before
    y = checkpoint(lambda t: t.sin().exp(), x, use_reentrant=False).sum()
    y.backward()
    del y
    gc.collect()
    assert live(Node) == before


def test_gradcheck_refuses_inputs_that_share_memory() -> None:
    with tg.use_backend("numpy"):
        x = tg.ones(1, dtype=tg.float64).expand(3).requires_grad_()
        with pytest.raises(RuntimeError, match="The 0th input has a dimension with stride 0"):
            gradcheck(tg.exp, (x,))


def test_gradcheck_is_a_function_also_where_its_module_was_imported() -> None:
    script = (
        "from tensorflowlite_grad.autograd.gradcheck import GradcheckError\n"
        "import tensorflowlite_grad as tg\n"
        "x = tg.tensor(0.5, dtype=tg.float64, requires_grad=True)\n"
        "assert tg.autograd.gradcheck(tg.sin, x)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
