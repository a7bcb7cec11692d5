"""Passes in several threads: right gradients, no lost additions, no crash."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import tensorflowlite_grad as tg
from support import array, leaf

THREADS = 10


@pytest.fixture(autouse=True)
def _switch_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def _together(function, count: int = THREADS):
    """Run a function in several threads at once; return results, or exceptions, of each."""
    barrier = threading.Barrier(count, timeout=60)

    def run(number: int):
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


@pytest.mark.parametrize("shape", [(), (4,)])
def test_private_graphs(backend: str, shape) -> None:
    def work(number: int):
        with tg.use_backend(backend):
            found = []
            for k in range(20):
                x = tg.full(shape, float(number + 1), dtype=tg.float64, requires_grad=True)
                y = x
                for _ in range(5):
                    y = y * x
                y.sum().backward()
                found.append(x.grad)
                assert array(x.grad).ravel()[0] == 6.0 * (number + 1) ** 5, k
            return found

    results = _raise(_together(work))
    assert len({id(g) for found in results for g in found}) == THREADS * 20


@pytest.mark.parametrize("shape", [(), (3,)])
def test_no_addition_to_a_shared_leaf_is_lost(backend: str, shape) -> None:
    x = tg.ones(shape, dtype=tg.float64, requires_grad=True)
    rounds = 30

    def work(number: int):
        for _ in range(rounds):
            (x * x).sum().backward()

    _raise(_together(work))
    assert array(x.grad).ravel()[0] == 2.0 * THREADS * rounds
    assert x.grad._version == THREADS * rounds - 1


def test_the_first_of_many_passes_makes_the_gradient_once(backend: str) -> None:
    for _ in range(20):
        x = leaf([1.0, 2.0])
        _raise(_together(lambda number, x=x: (x * 3).sum().backward(), 5))
        assert array(x.grad).tolist() == [15.0, 15.0]


def test_grad_of_a_shared_leaf_gives_each_thread_its_own(backend: str) -> None:
    x = leaf([2.0])
    results = _raise(_together(lambda n: tg.autograd.grad((x * x * (n + 1)).sum(), x)[0]))
    assert [array(g).tolist() for g in results] == [[4.0 * (n + 1)] for n in range(THREADS)]
    assert x.grad is None


def test_a_shared_graph_that_is_freed_serves_one_or_more_and_refuses_the_rest(
    backend: str,
) -> None:
    for _ in range(10):
        x = leaf([2.0, 3.0])
        y = x
        for _ in range(20):
            y = y * x / x
        y = y.sum()
        results = _together(lambda number, y=y: y.backward(), 5)
        errors = [r for r in results if r is not None]
        assert len(errors) < 5
        for error in errors:
            assert isinstance(error, RuntimeError)
            assert "Specify retain_graph=True" in str(error)
        assert array(x.grad).tolist() == pytest.approx([5.0 - len(errors)] * 2)


def test_a_shared_graph_that_is_kept_serves_all(backend: str) -> None:
    for _ in range(10):
        x = leaf([2.0, 3.0])
        y = (x * x).exp().sum()
        (g,) = tg.autograd.grad(y, x, retain_graph=True)
        _raise(_together(lambda number, y=y: y.backward(retain_graph=True), 5))
        assert array(x.grad) == pytest.approx(5 * array(g), rel=1e-14)


def test_views_and_in_place_operations_of_private_tensors(backend: str) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])

    def work(number: int):
        for _ in range(10):
            y = x * 1
            y[0].mul_(number + 1)
            y[:, 1] += y[:, 0]
            (g,) = tg.autograd.grad(y.sum(), x)
            assert array(g).tolist() == [[2.0 * (number + 1), number + 1.0], [2.0, 1.0]]

    _raise(_together(work))


def test_views_of_a_shared_tensor_have_one_version(backend: str) -> None:
    for _ in range(30):
        base = leaf([1.0, 2.0]).detach()
        views = _raise(_together(lambda number, base=base: base[number % 2], 4))
        base.add_(1)
        assert {v._version for v in views} == {1}


def test_higher_orders_in_several_threads(backend: str) -> None:
    x = leaf([2.0])

    def work(number: int):
        (g,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
        (h,) = tg.autograd.grad((g * (number + 1)).sum(), x)
        return array(h).tolist()

    assert _raise(_together(work)) == [[12.0 * (n + 1)] for n in range(THREADS)]


def test_modes_and_defaults_of_one_thread_are_unknown_to_others(backend: str) -> None:
    x = leaf([2.0])

    def work(number: int):
        for _ in range(50):
            with tg.set_grad_enabled(number % 2 == 0):
                assert (x * 2).requires_grad is (number % 2 == 0)
        return tg.is_grad_enabled()

    assert _raise(_together(work)) == [True] * THREADS
    assert tg.is_grad_enabled()


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


def test_concurrent_passes_share_a_hook_on_several_tensors_and_no_gradients(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    seen: list[list[float]] = []
    failed: list[int] = []

    def hook(grads):
        seen.append([float(g) for g in grads])
        if len(failed) < 1 and len(seen) == 3:
            failed.append(1)
            raise ValueError("mine")

    handle = tg.autograd.graph.register_multi_grad_hook([a, b], hook)
    results = _together(lambda n: tg.autograd.grad((a * b * (n + 1)).sum(), [a, b]), 5)
    assert sorted(seen) == [[3.0 * (n + 1), 2.0 * (n + 1)] for n in range(5)]
    assert sum(isinstance(r, ValueError) for r in results) == 1
    handle.remove()
    firsts: list[float] = []
    tg.autograd.graph.register_multi_grad_hook([a, b], lambda g: firsts.append(1.0), mode="any")
    _raise(_together(lambda n: (a * b).sum().backward(), 5))
    assert len(firsts) == 5


def test_all_threads_see_one_gradient_object(backend: str) -> None:
    x = leaf([2.0])
    (x * x).sum().backward()
    assert len({id(g) for g in _raise(_together(lambda n: x.grad, 4))}) == 1


def test_in_place_operations_on_a_shared_leaf_s_results(backend: str) -> None:
    x = leaf([1.0, 2.0])
    rounds = 20

    def work(number: int):
        for _ in range(rounds):
            y = x * 2
            y[0].mul_(3)
            y.add_(y.detach())
            y.sum().backward()

    _raise(_together(work))
    assert array(x.grad).tolist() == [6.0 * THREADS * rounds, 2.0 * THREADS * rounds]
