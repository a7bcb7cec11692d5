"""What goes wrong in the middle of a pass: every `.grad` is as before or complete for its leaf."""

from __future__ import annotations

import random
import signal
import sys
import threading
import time
import traceback
import warnings
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, leaf
from tensorflowlite_grad.backend import selection


class Mine(Exception):
    """What is raised on purpose."""


def _trap(error: Any) -> tuple[Any, list[bool]]:
    """Return a function whose derivative raises as long as its switch is on, and the switch."""
    on = [True]

    class Trap(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 1

        @staticmethod
        def backward(ctx, g):
            assert ctx.saved_tensors
            if on[0]:
                raise error
            return g

    return Trap.apply, on


def _hooked(register: str) -> Any:
    def make(error: Any) -> tuple[Any, list[bool]]:
        on = [True]

        def fail(*_: Any) -> None:
            if on[0]:
                raise error

        def function(x: Any) -> Any:
            y = x * 1
            getattr(y if register == "register_hook" else y.grad_fn, register)(fail)
            return y

        return function, on

    return make


def _in_the_backend(error: Any) -> tuple[Any, list[bool]]:
    xp = selection.default_place().xp
    on = [True]
    original = xp.cos

    def cos(x: Any) -> Any:
        if on[0]:
            raise error
        return original(x)

    _patched.append((xp, original))
    xp.cos = cos
    return (lambda x: x.sin()), on


_patched: list[tuple[Any, Any]] = []


@pytest.fixture(autouse=True)
def _restore():
    yield
    for xp, original in _patched:
        xp.cos = original
    _patched.clear()


FAULTS = {
    "function": _trap,
    "tensor hook": _hooked("register_hook"),
    "node hook": _hooked("register_prehook"),
    "backend": _in_the_backend,
}


@pytest.mark.parametrize("error", [Mine("mine"), KeyboardInterrupt(), RecursionError("deep")])
@pytest.mark.parametrize("where", FAULTS)
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.filterwarnings("ignore:Using backward")
def test_a_failed_pass_changes_no_gradient_and_the_next_works(
    backend: str, where: str, error: BaseException, create_graph: bool
) -> None:
    if where == "backend" and backend != "numpy":
        pytest.skip("the namespace of this backend cannot be patched")
    function, on = FAULTS[where](error)
    # One leaf comes before the fault, two after it, one of them with a gradient already.
    early, late, other = leaf([1.0, 2.0]), leaf([3.0, 4.0]), leaf([0.5, 0.5])
    other.grad = tg.ones(2, dtype=tg.float64)
    middle = late * other
    middle.retain_grad()
    loss = (function(middle) * early).sum()
    kept = other.grad
    with pytest.raises(type(error)) as caught:
        loss.backward(create_graph=create_graph)
    assert caught.value is error
    assert early.grad is None
    assert late.grad is None
    assert middle.grad is None
    assert other.grad is kept
    assert kept.tolist() == [1.0, 1.0]
    assert [t._version for t in (early, late, other, kept)] == [0, 0, 0, 0]
    assert tg.is_grad_enabled()
    on[0] = False
    fresh = (function(late * other) * early).sum()
    wanted = [array(g) for g in tg.autograd.grad(fresh, [early, late, other], retain_graph=True)]
    fresh.backward()
    wanted[2] = wanted[2] + 1
    for t, g in zip((early, late, other), wanted, strict=True):
        assert array(t.grad).tolist() == g.tolist()


def test_what_a_failed_pass_has_not_come_by_keeps_its_buffers(backend: str) -> None:
    function, on = _trap(Mine("mine"))
    x = leaf([2.0])
    loss = function(x * x).sum()
    with pytest.raises(Mine):
        loss.backward()
    on[0] = False
    loss.backward()
    assert array(x.grad).tolist() == [4.0]


def test_a_failing_post_accumulate_hook_leaves_complete_gradients_and_untouched_ones(
    backend: str,
) -> None:
    leaves = [leaf([float(k)]) for k in range(1, 5)]

    def fail(t: Any) -> None:
        raise Mine("mine")

    handle = leaves[1].register_post_accumulate_grad_hook(fail)
    product = leaves[0] * leaves[1] * leaves[2] * leaves[3]
    with pytest.raises(Mine):
        product.sum().backward()
    found = [None if t.grad is None else float(t.grad) for t in leaves]
    complete = [24.0, 12.0, 8.0, 6.0]
    assert all(g is None or g == c for g, c in zip(found, complete, strict=True))
    assert found[1] == 12.0
    handle.remove()
    for t in leaves:
        t.grad = None
    (leaves[0] * leaves[1] * leaves[2] * leaves[3]).sum().backward()
    assert [float(t.grad) for t in leaves] == complete


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers of signals")
def test_interrupts_at_any_moment(backend: str) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    leaves = [leaf([float(k), 1.0]) for k in range(1, 6)]
    for t in leaves[::2]:
        t.grad = tg.zeros(2, dtype=tg.float64)

    def loss() -> Any:
        y = leaves[0]
        for k in range(30):
            y = (y * leaves[k % 5]).tanh() + leaves[(k + 1) % 5]
        return y.sum()

    step = [array(g) for g in tg.autograd.grad(loss(), leaves)]
    moments, interrupted = random.Random(1), 0
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for _ in range(60):
            root, old = loss(), [None if t.grad is None else array(t.grad) for t in leaves]
            try:
                signal.setitimer(signal.ITIMER_REAL, moments.uniform(1e-5, 2e-3))
                root.backward()
                time.sleep(0.01)  # it comes at the latest here
            except KeyboardInterrupt:
                interrupted += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert tg.is_grad_enabled()
            for t, g, more in zip(leaves, old, step, strict=True):
                now = None if t.grad is None else array(t.grad).tolist()
                complete = (more if g is None else g + more).tolist()
                assert now in (None if g is None else g.tolist(), complete)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert interrupted > 30  # one may come where Python can raise nothing
    for t in leaves:
        t.grad = None
    loss().backward()
    assert [array(t.grad).tolist() for t in leaves] == [g.tolist() for g in step]


# -- memory --------------------------------------------------------------------------------------


def test_out_of_memory_forward_names_the_operation_and_the_size() -> None:
    with tg.use_backend("numpy"):
        huge = tg.ones(1, dtype=tg.float64, requires_grad=True).expand(2**45)
        with pytest.raises(tg.OutOfMemoryError, match=r"exp\(\).*35184372088832") as caught:
            huge.exp()
        assert isinstance(caught.value, MemoryError)
        for make in (lambda: tg.empty(2**45), lambda: tg.ones(2**45), lambda: tg.eye(2**23)):
            with pytest.raises(tg.OutOfMemoryError, match=r"(empty|ones|eye)\(\) .* bytes"):
                make()


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.filterwarnings("ignore:Using backward")
def test_out_of_memory_in_a_pass_names_the_operation_and_the_size(create_graph: bool) -> None:
    with tg.use_backend("numpy"):
        function, on = _in_the_backend(MemoryError("no more"))
        x = leaf([[1.0, 2.0, 3.0]])
        loss = function(x).sum()
        with pytest.raises(tg.OutOfMemoryError, match=r"[sS]in.*1, 3.*no more|cos.*1, 3.*no more"):
            loss.backward(create_graph=create_graph)
        assert x.grad is None
        on[0] = False
        loss.backward()
        assert x.grad is not None


@pytest.mark.guarantee("P09")
def test_sizes_that_no_memory_has_are_refused_at_once(backend: str) -> None:
    whole = r"Storage size calculation overflowed with sizes=\[4611686018427387904\]"
    for make in (tg.empty, tg.zeros, tg.ones, tg.rand, tg.randn, lambda n: tg.full((n,), 1.0)):
        with pytest.raises(RuntimeError, match=whole):
            make(2**62)
        with pytest.raises(RuntimeError, match=r"negative dimension -1: \[-1\]"):
            make(-1)
    with pytest.raises(RuntimeError, match=r"overflowed with sizes=\[2147483648, 2147483648, 4\]"):
        tg.empty(2**31, 2**31, 4)
    with pytest.raises(RuntimeError, match=r"negative dimension -2: \[3, -2\]"):
        tg.ones(3, -2)
    assert tg.zeros(0, 2**40).shape == (0, 2**40)


# -- threads --------------------------------------------------------------------------------------


@pytest.mark.guarantee("I09")
def test_a_failing_pass_holds_no_lock(backend: str) -> None:
    function, _ = _trap(Mine("mine"))
    x = leaf([2.0])
    with pytest.raises(Mine):
        function(x).sum().backward()
    x.register_post_accumulate_grad_hook(lambda t: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (x * 2).sum().backward()
    done = []

    def other() -> None:
        y = leaf([1.0])
        (y * 3).sum().backward()
        done.append(float(y.grad))

    def run() -> None:
        with tg.use_backend(backend):
            other()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    assert done == [3.0]


@pytest.mark.guarantee("I08")
def test_an_exception_keeps_its_type_its_text_and_where_it_was_raised(backend: str) -> None:
    x = leaf([2.0])

    def fail(g: Any) -> None:
        raise ValueError("something")

    y = x * 2
    y.register_hook(fail)
    try:
        y.sum().backward()
    except ValueError:
        text = "".join(traceback.format_exception(*sys.exc_info()))
    assert 'raise ValueError("something")' in text


@pytest.mark.guarantee("I10")
def test_a_warning_in_a_pass_reaches_its_caller(backend: str) -> None:
    y = leaf([2.0]) * 2
    y.register_hook(lambda g: warnings.warn("from within", stacklevel=1))
    with pytest.warns(UserWarning, match="from within"):
        y.sum().backward()
