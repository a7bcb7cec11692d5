"""Deep and wide graphs: nothing recurses, everything is freed, nothing is left over."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import pytest

import tensorflowlite_grad as tg
from support import leaf, live
from tensorflowlite_grad.autograd import Node

DEEP = 15_000


@pytest.fixture
def no_gc():
    gc.disable()
    yield
    gc.enable()


def _chain(x, depth: int = DEEP):
    y = x
    for _ in range(depth):
        y = y + y * 1e-6
    return y


def test_a_deep_graph_is_freed(backend: str, no_gc) -> None:
    x = leaf(1.0)
    before = live(Node)
    y = _chain(x)
    assert live(Node) - before == 2 * DEEP
    del y
    assert live(Node) == before


def test_a_deep_graph_is_differentiated(backend: str) -> None:
    x = leaf(1.0)
    y = _chain(x)
    y.backward()
    assert x.grad.item() == pytest.approx((1 + 1e-6) ** DEEP, rel=1e-9)


def test_deep_skips_and_in_place_operations(backend: str, no_gc) -> None:
    x = leaf([1.0, 2.0])
    before = live(Node)
    history = [x * 1]
    for k in range(DEEP // 5):
        y = history[-1] * 0.5 + history[0] * 0.5
        if k % 3 == 0:
            y.mul_(1.0)
        if k % 100 == 0:
            y[0].add_(0.0)
        history = [*history[-9:], y]
    total = history[-1].sum()
    total.backward()
    assert x.grad.tolist() == pytest.approx([1.0, 1.0])
    del history, y, total
    assert live(Node) == before


def test_diamonds_take_linear_time(backend: str) -> None:
    x = leaf(1.0)
    y = x
    for _ in range(DEEP // 2):
        y = (y + y) * 0.5
    y.backward()  # 2**7500 paths
    assert x.grad.item() == 1.0


def test_a_wide_graph(backend: str) -> None:
    x = leaf(2.0)
    y = sum((x * k for k in range(DEEP // 5)), start=x * 0)
    z = tg.stack([x * k for k in range(DEEP // 5)]).sum()
    expected = sum(range(DEEP // 5))
    for out in (y, z):
        assert tg.autograd.grad(out, x)[0].item() == expected


def test_the_search_for_a_path_does_not_recurse(backend: str) -> None:
    x = leaf(1.0)
    middle = _chain(x, DEEP // 2)
    y = _chain(middle, DEEP // 2)
    (g,) = tg.autograd.grad(y, middle, retain_graph=True)
    assert g.item() == pytest.approx((1 + 1e-6) ** (DEEP // 2))
    y.backward(inputs=[x])
    assert x.grad.item() == pytest.approx((1 + 1e-6) ** (DEEP // 2 * 2))


def test_a_deep_gradient_can_be_differentiated(backend: str) -> None:
    x = leaf(1.0)
    y = x
    for _ in range(1000):
        y = (y * y).sqrt() * 1.0001
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    (h,) = tg.autograd.grad(g, x)
    assert g.item() == pytest.approx(1.0001**1000)
    assert h.item() == pytest.approx(0.0, abs=1e-8)


def test_many_views_of_one_base(backend: str) -> None:
    x = tg.ones(1000, dtype=tg.float64, requires_grad=True)
    y = x * 1
    views = [y[k] for k in range(0, 1000, 10)]
    y.mul_(2)
    sum(v * v for v in views).backward()
    assert x.grad.sum().item() == pytest.approx(100 * 8.0)


SMALL_STACK = """
import sys
import tensorflowlite_grad as tg
tg.set_default_backend({backend!r})
x = tg.ones(2, dtype=tg.float64, requires_grad=True)
def graph(depth):
    y = x
    for k in range(depth):
        y = y + y * 1e-6
        y = (y + y) * 0.5
    return y
graph(10).sum().backward()  # everything is imported and written
for create_graph in (False, True):
    tg.autograd.grad(graph(3).sum(), x, create_graph=create_graph)
x.grad = None
sys.setrecursionlimit(100)
graph({depth})
graph({depth}).sum().backward()
y = graph({depth}).sum()
tg.autograd.grad(y, x, create_graph=True)
del y
print(x.grad.tolist()[0])
"""


def test_no_recursion_limit_matters(backend: str) -> None:
    source = SMALL_STACK.format(backend=backend, depth=2000)
    done = _run(source)
    assert done.stderr == ""
    assert done.returncode == 0
    assert float(done.stdout) == pytest.approx((1 + 1e-6) ** 2000)


LONG_CHAINS = """
import gc, sys, time
import tensorflowlite_grad as tg
gc.disable()

class Same(tg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return g

STEPS = {{
    "operations": lambda y: y * 1.0,
    "views": lambda y: y.view(2),
    "in place": lambda y: y.mul_(1.0),
    "functions": Same.apply,
    "diamonds": lambda y: (y + y) * 0.5,
}}

def run(step, depth):
    x = tg.ones(2, dtype=tg.float64, requires_grad=True)
    y = x * 1
    for _ in range(depth):
        y = step(y)
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    y = x * 1
    for _ in range(depth):
        y = step(y)

for step in STEPS.values():
    run(step, 3)
sys.setrecursionlimit(100)
for name, step in STEPS.items():
    run(step, {long} if name == "operations" else {short})
x = tg.ones(2, dtype=tg.float64, requires_grad=True)
y = x * 0
for k in range({short}):
    y = y + x * k
y.sum().backward()
assert x.grad.tolist() == [float(sum(range({short})))] * 2
"""


def test_chains_of_all_kinds_run_and_are_freed_without_recursion() -> None:
    # A tenth of what is expected to work; the views of one memory are followed as a chain.
    done = _run(LONG_CHAINS.format(long=100_000, short=10_000))
    assert (done.returncode, done.stderr) == (0, "")


def test_leaving_python_with_live_graphs_is_silent(backend: str) -> None:
    source = f"""
import threading
import tensorflowlite_grad as tg
tg.set_default_backend({backend!r})
x = tg.ones(2, requires_grad=True)
y = x
for _ in range(5000):
    y = y * 1.0001
y.register_hook(lambda g: g)
z = (x * x).sum()
z.backward()
threading.Thread(target=lambda: (x * 2).sum().backward()).start()
"""
    done = _run(source)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def _run(source: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=_environment(),
    )


def _environment() -> dict[str, str]:
    """Return an environment in which a new process finds what this one has found."""
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


# -- nothing is left over ------------------------------------------------------------------------


def _counted() -> tuple[int, int]:
    return live(tg.Tensor), live(Node)


def test_the_counts_see_a_leak(backend: str, no_gc) -> None:
    before = _counted()
    kept = [leaf(1.0).exp() for _ in range(10)]
    tensors, nodes = _counted()
    assert (tensors - before[0], nodes - before[1]) == (10, 10)
    del kept
    assert _counted() == before


def _train_step(x):
    y = ((x * x).exp() / 3 + x[0]).sum()
    y.backward()
    with tg.no_grad():
        x -= 0.01 * x.grad
    x.grad = None


def _failed_backward(x):
    y = x * 1
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match="inplace"):
        z.sum().backward()


def _failed_forward(x):
    y = x * 2
    with pytest.raises(RuntimeError, match="must match"):
        y + leaf([1.0, 2.0, 3.0, 4.0])
    with pytest.raises(IndexError):
        y[17]


def _failed_hook(x):
    y = x * 2

    def fail(g):
        raise KeyError("mine")

    y.register_hook(fail)
    with pytest.raises(KeyError):
        y.sum().backward()


def _second_order(x):
    (g,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
    tg.autograd.grad(g.sum(), x)


def _changed_views(x):
    y = x * 1
    y[0].mul_(2)
    y[1:].exp_()
    y.sum().backward()
    x.grad = None


@pytest.mark.parametrize(
    "step",
    [_train_step, _failed_backward, _failed_forward, _failed_hook, _second_order, _changed_views],
)
def test_a_step_leaves_no_tensor_and_no_node_behind(backend: str, step) -> None:
    x = leaf([0.1, 0.2])
    for _ in range(3):
        step(x)
    gc.collect()
    before = _counted()
    for _ in range(10):
        step(x)
    gc.collect()
    assert _counted() == before


@pytest.mark.parametrize("step", [_train_step, _second_order, _changed_views])
def test_such_a_step_needs_no_collector(backend: str, no_gc, step) -> None:
    x = leaf([0.1, 0.2])
    for _ in range(3):
        step(x)
    before = _counted()
    for _ in range(10):
        step(x)
    assert _counted() == before


def test_the_collector_takes_nothing_that_is_in_use(backend: str) -> None:
    x = leaf([1.0])
    y = x * x
    z = y.exp()
    watched = weakref.ref(y)
    del y
    gc.collect()
    assert watched() is None  # nobody needs it: exp saved its result
    z.sum().backward()
    assert x.grad is not None
