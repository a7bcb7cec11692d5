"""Deep and wide graphs: nothing recurses, everything is freed, nothing is left over.

Sizes are a tenth of what `benchmarks/cases/depth.py` measures.
"""

from __future__ import annotations

import gc
import math
import weakref
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import leaf, live, python
from tensorflowlite_grad.autograd import Node

DEEP = 15_000
SHALLOWER = 10_000


_J02 = pytest.mark.guarantee("J02")


@pytest.fixture
def no_gc():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _chain(x, depth: int = DEEP):
    y = x
    for _ in range(depth):
        y = y + y * 1e-6
    return y


@pytest.mark.guarantee("J01")
def test_a_deep_graph_is_freed(backend: str, no_gc) -> None:
    x = leaf(1.0)
    before = live(Node)
    y = _chain(x)
    assert live(Node) - before == 2 * DEEP
    del y
    assert live(Node) == before


@pytest.mark.guarantee("J02")
def test_a_deep_graph_is_differentiated(backend: str, no_gc) -> None:
    x = leaf(1.0)
    before = live(Node)
    y = _chain(x)
    y.backward()
    assert x.grad.item() == pytest.approx((1 + 1e-6) ** DEEP, rel=1e-9)
    del y
    assert live(Node) == before


@pytest.mark.guarantee("J01")
@pytest.mark.parametrize("backward", [False, pytest.param(True, marks=_J02)])
def test_deep_skips_and_in_place_operations(backend: str, no_gc, backward: bool) -> None:
    x = leaf([1.0, 2.0])
    before = live(Node)
    history = [x * 1]
    for k in range(SHALLOWER):
        y = history[-1] * 0.5 + history[0] * 0.5
        if k % 3 == 0:
            y.mul_(1.0)
        if k % 100 == 0:
            y[0].add_(0.0)
        history = [*history[-9:], y]
    total = history[-1].sum()
    if backward:
        total.backward()
        assert x.grad.tolist() == pytest.approx([1.0, 1.0])
    del history, y, total
    assert live(Node) == before


class _Same(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


@pytest.mark.guarantee("J01")
@pytest.mark.parametrize("backward", [False, pytest.param(True, marks=_J02)])
def test_deep_custom_functions(backend: str, no_gc, backward: bool) -> None:
    x = leaf(2.0)
    before = live(Node)
    y = x
    for _ in range(DEEP):
        y = _Same.apply(y)
    assert live(Node) - before == DEEP
    if backward:
        y.backward()
        assert x.grad.item() == 1.0
    del y
    assert live(Node) == before


@pytest.mark.guarantee("J03")
def test_diamonds_take_linear_time(backend: str) -> None:
    x = leaf(1.0)
    y = x
    for _ in range(SHALLOWER):
        y = (y + y) * 0.5
    y.backward()  # 2**10000 paths: only in linear time does this end
    assert x.grad.item() == 1.0


def test_a_wide_graph(backend: str) -> None:
    x = leaf(2.0)
    y = sum((x * k for k in range(SHALLOWER)), start=x * 0)
    z = tg.stack([x * k for k in range(SHALLOWER)]).sum()
    for out in (y, z):
        assert tg.autograd.grad(out, x)[0].item() == sum(range(SHALLOWER))


def test_a_high_derivative_is_exact(backend: str) -> None:
    x = leaf([1.25, -0.5])
    y = x * x.sin()
    for _ in range(12):
        (y,) = tg.autograd.grad(y.sum(), x, create_graph=True)
    expected = [v * math.sin(v) - 12 * math.cos(v) for v in (1.25, -0.5)]
    assert y.tolist() == pytest.approx(expected, rel=1e-12)


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
import gc, sys
import tensorflowlite_grad as tg
tg.set_default_backend({backend!r})
gc.disable()

class Same(tg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return g

def part_changed(y):
    y[0].mul_(1.0)
    return y

STEPS = {{
    "operations": lambda y: y * 1.0,
    "views": lambda y: y.view(2),
    "in place": lambda y: y.mul_(1.0),
    "in place on views": part_changed,
    "functions": Same.apply,
    "diamonds": lambda y: (y + y) * 0.5,
}}

def leaf():
    return tg.ones(2, dtype=tg.float64, requires_grad=True)

def chain(x, step, depth):
    y = x * 1
    for _ in range(depth):
        y = step(y)
    return y

def run(step, depth):
    x = leaf()
    chain(x, step, depth).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    chain(x, step, depth)  # and is freed
    (g,) = tg.autograd.grad(chain(x, step, depth // 10).sum(), x, create_graph=True)
    assert g.tolist() == [1.0, 1.0]

def uses(count):
    x = leaf()
    y = x * 0
    for k in range(count):
        y = y + x * k
    y.sum().backward()
    assert x.grad.tolist() == [float(sum(range(count)))] * 2

def nested(depth):
    x = leaf()
    left = [depth]
    def inside(g):
        left[0] -= 1
        if left[0]:
            with tg.enable_grad():
                backward()
    def backward():
        y = x * 1
        y.register_hook(inside)
        y.sum().backward()
    backward()
    assert x.grad.tolist() == [float(depth)] * 2

def recurse(depth):
    return depth and recurse(depth - 1)

for step in STEPS.values():
    run(step, 10)  # everything is imported and written
uses(3)
nested(2)
sys.setrecursionlimit(100)
try:
    recurse(100)
except RecursionError:
    print("limited")
for name, step in STEPS.items():
    run(step, {long} if name == "operations" else {short})
uses({short})
nested({nested})
assert sys.getrecursionlimit() == 100
print("done")
"""


@pytest.mark.guarantee("J08")
def test_no_recursion_limit_matters(backend: str) -> None:
    """Chains of all kinds, one leaf used often, and nested passes, where Python has no stack."""
    size = 10_000 if backend == "numpy" else 1000
    source = SMALL_STACK.format(backend=backend, long=10 * size, short=size, nested=size // 50)
    done = python(source)
    assert (done.returncode, done.stdout, done.stderr) == (0, "limited\ndone\n", "")


@pytest.mark.guarantee("P08")
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
    done = python(source)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


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


@pytest.mark.guarantee("P06")
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


@pytest.mark.guarantee("P07")
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
