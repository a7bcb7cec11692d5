"""The pass writes into no gradient that somebody else holds, however Python counts references."""

from __future__ import annotations

import sys
import weakref
from types import SimpleNamespace
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, leaf
from tensorflowlite_grad.autograd import engine, references


@pytest.fixture(autouse=True)
def _as_measured(monkeypatch: pytest.MonkeyPatch):
    for name in ("alone_in_sum", "alone_in_own"):
        monkeypatch.setattr(engine, name, getattr(engine, name))


def _keeping() -> tuple[Any, list[Any]]:
    """Return an operation, y = 2 x, whose rule keeps each gradient that it returns."""
    kept: list[Any] = []

    def rule(g: Any) -> Any:
        kept.append(g * 2.0)
        return kept[-1]

    return tg.autograd.operation(lambda x: x * 2.0, vjp={"x": rule}, name="doubled"), kept


def _values(arrays: list[Any]) -> list[float]:
    return [float(a[k]) for a in arrays for k in range(2)]


def _kept_and_met_at_a_leaf() -> bool:
    doubled, kept = _keeping()
    x = leaf([1.0, 2.0])
    (doubled(x) + doubled(x)).sum().backward()
    return array(x.grad).tolist() == [4.0, 4.0] and _values(kept) == [2.0] * 4


def _kept_and_met_at_the_next_node() -> bool:
    doubled, kept = _keeping()
    x = leaf([1.0, 2.0])
    y = x * 3
    (doubled(y) + doubled(y)).sum().backward()
    return array(x.grad).tolist() == [12.0, 12.0] and _values(kept) == [2.0] * 4


def _kept_and_met_at_a_node_that_waits() -> bool:
    doubled, kept = _keeping()
    x = leaf([1.0, 2.0])
    y = x * 3
    later = x * 5
    (doubled(y) + doubled(y) + later).sum().backward()
    return array(x.grad).tolist() == [17.0, 17.0] and _values(kept) == [2.0] * 4


def _kept_and_accumulated() -> bool:
    doubled, kept = _keeping()
    x = leaf([1.0, 2.0])
    doubled(x).sum().backward()
    x.grad.add_(1)
    return _values(kept) == [2.0] * 2


def _kept_and_returned() -> bool:
    doubled, kept = _keeping()
    x = leaf([1.0, 2.0])
    (g,) = tg.autograd.grad(doubled(x).sum(), x)
    g.add_(1)
    return _values(kept) == [2.0] * 2


def _given_by_the_caller() -> bool:
    x, g = leaf([1.0, 2.0]), tg.tensor([3.0, 4.0], dtype=tg.float64)
    y = x + 0.0
    tg.autograd.backward([y, y, x + 1.0], [g, g, g])
    x.grad.add_(1)
    (alone,) = tg.autograd.grad(x + 0.0, x, g)
    alone.add_(1)
    return array(g).tolist() == [3.0, 4.0] and array(x.grad).tolist() == [10.0, 13.0]


def _held_by_a_hook() -> bool:
    x, held = leaf([1.0, 2.0]), []
    y = x + 0.0
    y.register_hook(held.append)
    (y * 3 + x).sum().backward()
    z = x + 0.0
    z.register_hook(held.append)
    (x * 2 + z * 3).sum().backward()
    x.grad.add_(1)
    return all(array(g).tolist() == [3.0, 3.0] for g in held)


def _handed_to_two() -> bool:
    a, b = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    y, z = a + 0.0, b + 0.0
    also = y * 2
    ((y + z) * 3 + also).sum().backward()
    a.grad.add_(1)
    return array(a.grad).tolist() == [6.0, 6.0] and array(b.grad).tolist() == [3.0, 3.0]


HOLDERS = [
    _kept_and_met_at_a_leaf,
    _kept_and_met_at_the_next_node,
    _kept_and_met_at_a_node_that_waits,
    _kept_and_accumulated,
    _kept_and_returned,
    _given_by_the_caller,
    _held_by_a_hook,
    _handed_to_two,
]


def _in_place() -> bool:
    """Return whether the sum of two gradients that nobody holds is made in the first of them."""
    made: list[Any] = []

    def rule(g: Any) -> Any:
        found = g * 2.0
        made.append(weakref.ref(found))
        return found

    doubled = tg.autograd.operation(lambda x: x * 2.0, vjp={"x": rule}, name="doubled")
    x = leaf([1.0, 2.0])
    (doubled(x) + doubled(x)).sum().backward()
    assert array(x.grad).tolist() == [4.0, 4.0]
    return made[0]() is x.grad._array


@pytest.mark.parametrize("holder", HOLDERS)
def test_what_somebody_holds_is_not_written(backend: str, holder: Any) -> None:
    assert holder()


@pytest.mark.parametrize(
    ("figure", "caught"),
    [
        ("alone_in_sum", HOLDERS[:3]),
        ("alone_in_own", HOLDERS[3:5]),
    ],
)
def test_one_reference_too_many_would_be_seen(figure: str, caught: list[Any]) -> None:
    setattr(engine, figure, getattr(engine, figure) + 1)
    assert not any(holder() for holder in caught)


def test_what_nobody_holds_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _in_place()
    monkeypatch.setattr(engine, "alone_in_sum", engine.alone_in_sum - 1)
    assert not _in_place()


@pytest.mark.parametrize("more", [-2, -1, 0, 1, 3])
def test_an_interpreter_may_count_otherwise(monkeypatch: pytest.MonkeyPatch, more: int) -> None:
    def count(found: Any) -> int:
        return sys.getrefcount(found) + more

    monkeypatch.setattr(engine, "getrefcount", count)
    references.measure()
    assert all(holder() for holder in HOLDERS)
    assert _in_place()


def test_figures_that_cannot_be_measured_copy_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "getrefcount", lambda found: 100)
    references.measure()
    assert (engine.alone_in_sum, engine.alone_in_own) == (0, 0)
    assert all(holder() for holder in HOLDERS)
    assert not _in_place()


def test_nothing_is_measured_where_code_may_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    jit = SimpleNamespace(is_enabled=lambda: True)
    monkeypatch.setattr(sys, "_jit", jit, raising=False)
    references.measure()
    assert (engine.alone_in_sum, engine.alone_in_own) == (0, 0)
