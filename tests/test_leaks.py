"""Nothing grows: live tensors and nodes are counted, and so is the memory of many steps."""

from __future__ import annotations

import gc
import os
import weakref

import pytest

import tensorflowlite_grad as tg
from support import leaf, live, python
from tensorflowlite_grad.autograd import Node
from tensorflowlite_grad.backend import registry

STEPS = 20_000
#: On the stand-in for a GPU, whose bytes are counted exactly.
FEW_STEPS = 500

TRAINING = """
import gc, warnings
import tensorflowlite_grad as tg
tg.set_default_backend({backend!r})
warnings.simplefilter("ignore")
{held}

w1 = tg.randn(8, 8, requires_grad=True)
w2 = tg.randn(8, requires_grad=True)
optimizer = tg.optim.SGD([w1, w2], lr=0.01, momentum=0.5)
x = tg.randn(64, 8)

def loss_of(x):
    return ((x @ w1).tanh() @ w2).square().mean()

def plain(k):
    optimizer.zero_grad()
    loss_of(x).backward()
    optimizer.step()

def create_graph(k):
    grads = tg.autograd.grad(loss_of(x), [w1, w2], create_graph=True)
    optimizer.zero_grad()
    sum((g * g).sum() for g in grads).backward(create_graph=True)
    w1.grad, w2.grad = w1.grad.detach(), w2.grad.detach()

def failing_hook(k):
    y = (x @ w1).tanh()
    y.register_hook(lambda g: 1 / 0)
    try:
        (y @ w2).sum().backward()
    except ZeroDivisionError:
        pass

def new_shapes(k):
    optimizer.zero_grad()
    loss_of(x[: 1 + k % 63]).backward()

step = {step}
(gc.enable if {collects} else gc.disable)()
for k in range({steps} // 4):
    step(k)
gc.collect()
before = held()
for k in range({steps}):
    step(k)
gc.collect() if {collects} else None
print(held() - before)
"""

RESIDENT = """
import resource
def held():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()
"""

POOL = """
if {backend!r} == "cupy":
    import cupy
else:
    from tensorflowlite_grad_cupy_stand_in.cupy_on_numpy import MODULES
    tg.ones(1)
    cupy = MODULES["cupy"]
def held():
    tg.zeros(()).item()  # all that was queued is done
    return cupy.get_default_memory_pool().used_bytes()
"""

KINDS = pytest.mark.parametrize("step", ["plain", "create_graph", "failing_hook", "new_shapes"])


def _growth_of_memory(backend: str, step: str, steps: int, held: str) -> int:
    # Hooks that raise leave a traceback behind, which refers to the frames in a circle.
    collects = step in ("create_graph", "failing_hook")
    source = TRAINING.format(backend=backend, step=step, steps=steps, collects=collects, held=held)
    done = python(source, timeout=600)
    assert done.stderr == ""
    return int(done.stdout)


@pytest.mark.guarantee("P05")
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="no /proc")
@KINDS
def test_resident_memory_is_flat(step: str) -> None:
    assert _growth_of_memory("numpy", step, STEPS, RESIDENT) <= 2**20


@KINDS
@pytest.mark.parametrize(
    ("name", "steps"), [("cupy", STEPS), ("cupy_stand_in", FEW_STEPS)], ids=["cupy", "stand-in"]
)
def test_a_gpu_s_pool_of_memory_is_flat(name: str, steps: int, step: str) -> None:
    why = registry.why_unavailable(name)
    if why is not None:
        pytest.skip(why)
    assert _growth_of_memory(name, step, steps, POOL.format(backend=name)) == 0


def test_a_tensor_kept_in_each_step_is_seen() -> None:
    leak = "lambda k, kept=[]: kept.append(w1[0])"
    assert _growth_of_memory("numpy", leak, STEPS, RESIDENT) > 2**20


def test_the_pool_sees_a_leak() -> None:
    leak = "lambda k, kept=[]: kept.append(tg.ones(1000))"
    held = POOL.format(backend="cupy_stand_in")
    assert _growth_of_memory("cupy_stand_in", leak, 10, held) == 10 * 4000


# -- live objects ------------------------------------------------------------------------------


@pytest.fixture
def no_gc():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _step(x):
    y = (x * x).exp() * 1
    y.retain_grad()
    y[0].mul_(2)
    y.sum().backward()
    x.grad = None


def _step_with_a_cycle(x):
    y = (x * x).exp()
    y.grad_fn.register_prehook(lambda g, node=y.grad_fn: None)
    y.sum().backward()
    x.grad = None


def _growth(step) -> int:
    x = leaf([0.1, 0.2])
    for _ in range(3):
        step(x)
    before = live(tg.Tensor, Node)
    for _ in range(10):
        step(x)
    return live(tg.Tensor, Node) - before


def test_the_count_is_flat_without_the_collector(backend: str, no_gc) -> None:
    assert _growth(_step) == 0


def test_the_count_finds_a_single_cycle_in_each_step(backend: str, no_gc) -> None:
    assert _growth(_step_with_a_cycle) >= 10
    gc.collect()


@pytest.mark.parametrize("kind", ["tensor", "edge of a tensor", "result among the saved"])
def test_the_count_finds_a_cycle_put_into_the_library(
    backend: str, no_gc, monkeypatch, kind: str
) -> None:
    """What the library takes care not to do is done here, one at a time."""
    from tensorflowlite_grad.autograd import graph

    before = graph.hooks_of

    def careless(edge):
        hooks = before(edge)
        if kind == "tensor":
            hooks.post[-1] = lambda inputs, outputs, held=edge: None
        elif kind == "edge of a tensor":
            hooks.tensor[-1] = lambda g, held=[edge]: None
        else:
            edge.saved = (*(edge.saved or ()), edge)
        return hooks

    from tensorflowlite_grad.methods import gradients

    monkeypatch.setattr(gradients, "hooks_of", careless)

    def step(x):
        y = x.clone()
        y.retain_grad()

    assert _growth(step) >= 10
    monkeypatch.undo()
    assert _growth(step) == 0
    gc.collect()


@pytest.mark.guarantee("P06")
def test_what_a_failure_leaves_goes_with_the_exception(backend: str, no_gc) -> None:
    x = leaf([1.0, 2.0])
    before = live(tg.Tensor, Node)

    def fail():
        y = x.exp()
        y.register_hook(lambda g: 1 / 0)
        y.sum().backward()

    with pytest.raises(ZeroDivisionError) as caught:
        fail()
    assert live(tg.Tensor, Node) > before
    del caught
    gc.collect()
    assert live(tg.Tensor, Node) == before


def test_a_graph_in_which_functions_of_all_kinds_follow_each_other_is_freed(
    backend: str, no_gc
) -> None:
    class Double(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 2 + 0 * x

    watched = []
    y = leaf([1.0, 2.0])
    for k in range(30):
        y = [tg.exp, Double.apply, lambda t: t.clone().mul_(0.1), lambda t: t.unbind(0)[0] * t][
            k % 4
        ](y)
        watched.append(weakref.ref(y.grad_fn))
    assert all(w() is not None for w in watched)
    y.sum().backward(retain_graph=True)
    del y
    assert all(w() is None for w in watched)
