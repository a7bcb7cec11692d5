"""Passes in several threads: exact gradients, no lost additions, no crash."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, leaf, python
from tensorflowlite_grad.autograd import engine, graph, profiler

THREADS = 10


@pytest.fixture(autouse=True)
def _switch_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    assert sys.getswitchinterval() == pytest.approx(1e-6)  # it was in force throughout
    sys.setswitchinterval(before)


@pytest.fixture
def rounds(backend: str) -> int:
    """How many passes each thread runs; on the others enough to see that all is the same."""
    return 500 if backend == "numpy" else 50


def _together(function, count: int = THREADS):
    """Run a function in several threads at once; return results, or exceptions, of each."""
    barrier = threading.Barrier(count, timeout=60)
    name = tg.get_default_backend()

    def run(number: int):
        with tg.use_backend(name):
            barrier.wait()
            try:
                return function(number)
            except Exception as error:
                return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def _raise(results):
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def _values(tensor) -> set[float]:
    return set(array(tensor).ravel().tolist())


def _new(x):
    """Return x**4 in new tensors."""
    return x * x * x * x


def _in_place(x):
    """Return x**4 with a history that was rewritten, of the whole and of a view of it."""
    y = x * x
    y.mul_(x)
    y.view(-1).mul_(x.view(-1))
    return y


POWERS = pytest.mark.parametrize(
    "power",
    [
        pytest.param(_new, id="new"),
        pytest.param(_in_place, id="in place", marks=pytest.mark.guarantee("I11")),
    ],
)
SHAPES = pytest.mark.parametrize("shape", [(), (3,)], ids=str)


@pytest.mark.guarantee("I01")
@SHAPES
@POWERS
def test_private_graphs(backend: str, rounds: int, power, shape) -> None:
    def work(number: int):
        for _ in range(rounds):
            x = tg.full(shape, number + 1.0, dtype=tg.float64, requires_grad=True)
            power(x).sum().backward()
            assert _values(x.grad) == {4 * (number + 1.0) ** 3}

    _raise(_together(work))


@pytest.mark.guarantee("I02")
@SHAPES
@POWERS
def test_no_addition_to_a_shared_leaf_is_lost(backend: str, rounds: int, power, shape) -> None:
    x = tg.full(shape, 2.0, dtype=tg.float64, requires_grad=True)

    def work(number: int):
        for _ in range(rounds):
            power(x).sum().backward()

    _raise(_together(work))
    assert _values(x.grad) == {32.0 * THREADS * rounds}
    assert x.grad._version == THREADS * rounds - 1


@pytest.mark.guarantee("I02")
@POWERS
def test_grad_of_a_shared_leaf_gives_each_thread_its_own(backend: str, rounds: int, power) -> None:
    x = leaf([2.0])

    def work(number: int):
        for _ in range(rounds // 10):
            (g,) = tg.autograd.grad((power(x) * (number + 1)).sum(), x)
            assert _values(g) == {32.0 * (number + 1)}

    _raise(_together(work))
    assert x.grad is None


@pytest.mark.parametrize("locked", [True, False])
def test_it_is_the_lock_that_keeps_additions(monkeypatch, locked: bool) -> None:
    """What the tests above look for does happen where nothing prevents it."""
    x = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
    add_into = engine.add_into

    def slowly(tensor: Any, value: Any) -> None:
        before = tensor._array + 0.0
        time.sleep(1e-3)
        add_into(tensor, before + value - tensor._array)

    monkeypatch.setattr(engine, "add_into", slowly)
    if not locked:
        monkeypatch.setattr(engine, "_writing", contextlib.nullcontext())
    x.grad = tg.zeros_like(x)
    _raise(_together(lambda number: [(x * 3).backward() for _ in range(3)]))
    assert (float(x.grad) == 3.0 * 3 * THREADS) is locked


@POWERS
def test_the_first_of_many_passes_makes_the_gradient_once(backend: str, power) -> None:
    for _ in range(20):
        x = leaf([1.0, 2.0])
        _raise(_together(lambda number, x=x: power(x).sum().backward(), 5))
        assert array(x.grad).tolist() == [20.0, 160.0]
        assert x.grad._version == 4


@pytest.mark.guarantee("I03")
@POWERS
def test_a_shared_graph_that_is_freed_serves_one_or_more_and_refuses_the_rest(
    backend: str, rounds: int, power
) -> None:
    for _ in range(rounds // 10):
        x = leaf([1.0, 2.0])
        y = x
        for _ in range(5):
            y = power(y) / y / y / y
        y = y.sum()
        results = _together(lambda number, y=y: y.backward(), 5)
        errors = [r for r in results if r is not None]
        assert len(errors) < 5
        for error in errors:
            assert isinstance(error, RuntimeError)
            assert "Specify retain_graph=True" in str(error)
        assert array(x.grad).tolist() == [5.0 - len(errors)] * 2


@pytest.mark.guarantee("I04")
@POWERS
def test_a_shared_graph_that_is_kept_serves_all(backend: str, rounds: int, power) -> None:
    x = leaf([1.0, 2.0])
    y = power(x).sum()

    def work(number: int):
        for _ in range(rounds):
            y.backward(retain_graph=True)
        (g,) = tg.autograd.grad(y, x, retain_graph=True)
        return array(g).tolist()

    assert _raise(_together(work)) == [[4.0, 32.0]] * THREADS
    assert array(x.grad).tolist() == [4.0 * THREADS * rounds, 32.0 * THREADS * rounds]


def test_higher_orders_in_several_threads(backend: str, rounds: int) -> None:
    x = leaf([2.0])

    def work(number: int):
        for _ in range(rounds // 10):
            (g,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
            (h,) = tg.autograd.grad((g * (number + 1)).sum(), x)
            assert _values(h) == {12.0 * (number + 1)}

    _raise(_together(work))


def test_a_graph_that_several_threads_have_made(backend: str, rounds: int) -> None:
    x = leaf([1.0, 2.0])
    for _ in range(rounds // 50):
        parts = _raise(_together(lambda number: _new(x) * number - x))
        chain = sum(parts[1:], start=parts[0])
        (g,) = tg.autograd.grad(chain.sum(), x)
        assert array(g).tolist() == [45.0 * 4 - 10, 45.0 * 32 - 10]


def test_nodes_are_numbered_once_and_upwards() -> None:
    def work(number: int):
        return [graph.next_seq() for _ in range(2000)]

    found = _raise(_together(work))
    assert all(numbers == sorted(numbers) for numbers in found)
    assert len({n for numbers in found for n in numbers}) == THREADS * 2000


# -- memory that threads share -----------------------------------------------------------------


def test_views_of_a_shared_tensor_have_one_version(backend: str) -> None:
    for shape in ((2,), ()):
        for _ in range(30):
            base = tg.full(shape, 1.0, dtype=tg.float64) * 1
            views = _raise(_together(lambda number, base=base: base.view(-1), 4))
            base.add_(1)
            assert {v._version for v in views} == {1}
            assert {float(v[0]) for v in views} == {2.0}


def test_all_views_that_threads_made_follow_their_base(backend: str, rounds: int) -> None:
    for _ in range(rounds // 50):
        base = leaf([1.0, 2.0, 3.0]) * 1
        made = _raise(_together(lambda number, base=base: [base[1:] for _ in range(20)]))
        base.mul_(2)
        assert {type(v.grad_fn).__name__ for views in made for v in views} == {
            type(base[1:].grad_fn).__name__
        }
        assert len(graph.cell_of(base).alive_views()) >= 20 * THREADS
        total = sum((v.sum() for views in made for v in views), start=base.sum() * 0)
        (g,) = tg.autograd.grad(total, base)
        assert array(g).tolist() == [0.0, 20.0 * THREADS, 20.0 * THREADS]


def test_threads_may_write_different_parts_of_one_tensor(backend: str, rounds: int) -> None:
    whole = tg.zeros(THREADS, 2, dtype=tg.float64)
    if not whole._place.backend.writable:
        pytest.skip("its arrays are replaced whole")

    def work(number: int):
        for _ in range(rounds):
            whole[number].add_(1.0)

    _raise(_together(work))
    assert _values(whole) == {float(rounds)}
    assert whole._version == THREADS * rounds


def test_no_hook_is_lost_that_threads_register(backend: str) -> None:
    for _ in range(20):
        y = leaf([1.0]) * 1
        seen: list[int] = []
        _raise(_together(lambda n, y=y, s=seen: y.register_hook(lambda g, n=n: s.append(n))))
        y.sum().backward()
        assert sorted(seen) == list(range(THREADS))


@pytest.mark.guarantee("I06")
def test_all_threads_see_one_gradient_object(backend: str) -> None:
    x = leaf([2.0])
    (x * x).sum().backward()
    first = x.grad
    assert all(g is first for g in _raise(_together(lambda n: x.grad, 4)))


# -- what belongs to a thread ------------------------------------------------------------------


def test_modes_and_defaults_of_one_thread_are_unknown_to_others(backend: str) -> None:
    x = leaf([2.0])

    def work(number: int):
        for _ in range(50):
            with tg.set_grad_enabled(number % 2 == 0):
                assert (x * 2).requires_grad is (number % 2 == 0)
        return tg.is_grad_enabled()

    assert _raise(_together(work)) == [True] * THREADS
    assert tg.is_grad_enabled()


@pytest.mark.guarantee("I07")
def test_saved_tensor_hooks_belong_to_a_thread(backend: str, rounds: int) -> None:
    x = leaf([2.0])

    def work(number: int):
        packed: list[int] = []
        for _ in range(rounds // 10):
            if number % 2:  # among them threads that have none, while others come and go
                hooks = tg.autograd.graph.saved_tensors_hooks(
                    lambda t: (packed.append(number), t * number)[1], lambda t: t
                )
                with hooks:
                    y = x * x
            else:
                y = x * x
            (g,) = tg.autograd.grad(y.sum(), x)
            assert _values(g) == {4.0 * (number if number % 2 else 1)}
        return packed

    found = _raise(_together(work))
    # The operand is saved twice: once for each gradient.
    assert found == [[n] * (2 * (rounds // 10)) if n % 2 else [] for n in range(THREADS)]


@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_profilers_and_anomaly_mode_belong_to_a_thread(backend: str, rounds: int) -> None:
    """What watches operations changes them for all threads, and is told of its own's alone."""
    x = leaf([2.0])

    def work(number: int):
        for _ in range(rounds // 25):
            with (contextlib.nullcontext, profiler.profile, tg.autograd.detect_anomaly)[
                number % 3
            ]() as profile:
                y = x * x + x.exp() * 0
                (g,) = tg.autograd.grad(y.sum(), x)
            assert _values(g) == {4.0}
            if number % 3 == 1:
                names = {e.key: e.count for e in profile.key_averages()}
                assert {n: names.get(n) for n in ("mul", "exp", "tanh")} == {
                    "mul": 2,
                    "exp": 1,
                    "tanh": None,
                }
            else:
                x.tanh()

    _raise(_together(work))


@pytest.mark.guarantee("I05")
def test_concurrent_passes_share_a_hook_on_several_tensors_and_no_gradients(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    seen: list[list[float]] = []
    failing: list[int] = []

    def hook(grads):
        number = int(float(grads[1]) / 2) - 1
        if number in failing:
            raise ValueError("mine")
        seen.append([float(g) for g in grads])

    def work(number: int):
        return tg.autograd.grad((a * b * (number + 1)).sum(), [a, b])

    handle = tg.autograd.graph.register_multi_grad_hook([a, b], hook)
    _raise(_together(work, 5))
    assert sorted(seen) == [[3.0 * (n + 1), 2.0 * (n + 1)] for n in range(5)]
    seen.clear()
    failing.append(2)
    results = _together(work, 5)
    assert [isinstance(r, ValueError) for r in results] == [n == 2 for n in range(5)]
    assert sorted(seen) == [[3.0 * (n + 1), 2.0 * (n + 1)] for n in (0, 1, 3, 4)]
    handle.remove()
    firsts: list[float] = []
    tg.autograd.graph.register_multi_grad_hook([a, b], lambda g: firsts.append(1.0), mode="any")
    _raise(_together(lambda n: (a * b).sum().backward(), 5))
    assert len(firsts) == 5


def test_an_error_in_one_thread_is_that_thread_s_alone(backend: str) -> None:
    x = leaf([2.0])

    def work(number: int):
        y = x * 3
        if number == 0:

            def fail(g):
                raise ValueError("something")

            y.register_hook(fail)
        y.sum().backward()

    results = _together(work)
    assert isinstance(results[0], ValueError)
    assert results[1:] == [None] * (THREADS - 1)
    assert array(x.grad).tolist() == [3.0 * (THREADS - 1)]


def test_threads_draw_different_random_numbers(backend: str) -> None:
    for k in range(20):
        tg.manual_seed(k)
        drawn = _raise(_together(lambda number: tuple(tg.rand(4).tolist())))
        assert len(set(drawn)) == THREADS


# -- the first use -----------------------------------------------------------------------------

FIRST_USE = """
import sys, threading
import tensorflowlite_grad as tg
sys.setswitchinterval(1e-6)
barrier = threading.Barrier({threads}, timeout=60)
found, failed = [], []

CHAPTERS = "fft func linalg masked nn random serialization signal special utils".split()

def work(number):
    barrier.wait()
    try:
        for k in range(len(CHAPTERS)):  # in a different order in each thread
            chapter = getattr(tg, CHAPTERS[(number + k * (1 + number % 3 * 2)) % len(CHAPTERS)])
            for name in getattr(chapter, "__all__", ()):
                getattr(chapter, name)
        tg.autograd.functional, tg.autograd.gradcheck, tg.autograd.operation
        tg.set_default_backend({backend!r})
        x = tg.tensor([[2.0, 1.0], [1.0, 3.0]], dtype=tg.float64, requires_grad=True)
        y = tg.linalg.inv(x).exp() + tg.nn.functional.softplus(x) - 2 ** x
        z = tg.special.expit(y).mul(y).add_(1.0).sum()
        (g,) = tg.autograd.grad(z, x, create_graph=True)
        (h,) = tg.autograd.grad(g.sum(), x)
        nodes, stack = set(), [z.grad_fn, g.grad_fn]
        while stack:
            node = stack.pop()
            if node is not None and node not in nodes:
                nodes.add(node)
                stack += [n for n, _ in node.next_functions]
        found.append((g.tolist(), h.tolist(), frozenset(type(n) for n in nodes)))
    except BaseException as error:
        failed.append(error)

threads = [threading.Thread(target=work, args=(n,)) for n in range({threads})]
for t in threads: t.start()
for t in threads: t.join()
for error in failed: raise error
assert len(found) == {threads}
assert all(f == found[0] for f in found), {{len(f[2]) for f in found}}
"""


def test_threads_that_are_the_first_to_use_anything_agree(backend: str) -> None:
    """Backends are loaded, functions written and modules imported once, whoever comes first."""
    done = python(FIRST_USE.format(backend=backend, threads=THREADS))
    assert (done.returncode, done.stderr) == (0, "")


NO_DEADLOCK = """
import threading
import tensorflowlite_grad as tg
tg.set_default_backend({backend!r})
x = tg.ones(2, dtype=tg.float64, requires_grad=True)

class Held:
    def __del__(self):  # runs as the failed pass lets go of its graph
        (x * 2).sum().backward()

class Fails(tg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.held = Held()
        return x * 1

    @staticmethod
    def backward(ctx, g):
        raise ValueError("something")

def work():
    for _ in range(20):
        try:
            Fails.apply(x).sum().backward()
        except ValueError:
            pass
        else:
            raise AssertionError

threads = [threading.Thread(target=work) for _ in range(5)]
for t in threads: t.start()
for t in threads: t.join()
work()
import gc
gc.collect()
assert x.grad.tolist() == [2.0 * 20 * 6] * 2, x.grad
"""


@pytest.mark.guarantee("I09")
def test_a_pass_that_fails_leaves_no_thread_waiting(backend: str) -> None:
    done = python(NO_DEADLOCK.format(backend=backend), timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
