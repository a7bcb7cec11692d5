"""Random graphs against a naive engine, and random views and mutations against NumPy."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import naive
import tensorflowlite_grad as tg
from naive import Value
from support import array, const, leaf

NUMBERS = st.integers(-4, 4).map(lambda n: n / 2)
WHICH = st.integers(0, 1000)
#: How many paths the naive engine is made to follow.
PATHS = 2000

UNARY = {
    "sin": (tg.sin, naive.sin),
    "tanh": (tg.tanh, naive.tanh),
    "sum": (lambda t: t.sum(0), naive.reduced),
    "T": (lambda t: t.permute(*reversed(range(t.ndim))), naive.transposed),
    "first": (lambda t: t[0], lambda v: naive.taken(v, 0)),
    "rest": (lambda t: t[1:], lambda v: naive.taken(v, slice(1, None))),
    "twice": (lambda t: t[[0, 0, -1]], lambda v: naive.taken(v, [0, 0, -1])),
    "detach": (lambda t: t.detach(), naive.cut),
    "no_grad": (tg.no_grad()(lambda t: t * 1), naive.cut),
}
BINARY = {
    "add": (tg.add, naive.add),
    "mul": (tg.mul, naive.mul),
    "maximum": (tg.maximum, naive.maximum),
    "matmul": (tg.matmul, naive.matmul),
    "cat": (lambda a, b: tg.cat([a, b]), naive.concatenate),
}


class Graphs(RuleBasedStateMachine):
    """Any graph has the gradients that the naive engine finds, by any call."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[Any, Value]] = []
        self.leaves: list[tuple[Any, Value]] = []
        #: what `.grad` of each leaf must be
        self.expected: list[Any] = []

    def pick(self, which: int) -> tuple[Any, Value]:
        """Return a pair; the later ones are the more interesting."""
        return self.pairs[-1 - which % len(self.pairs)]

    @initialize(numbers=st.lists(NUMBERS, min_size=6, max_size=6))
    def first(self, numbers: list[float]) -> None:
        self.leaf_of(np.array(numbers).reshape(2, 3))

    def leaf_of(self, values: np.ndarray) -> None:
        x = tg.tensor(values.tolist(), dtype=tg.float64).reshape(values.shape).requires_grad_()
        pair = x, Value(values)
        self.pairs.append(pair)
        self.leaves.append(pair)
        self.expected.append(None)

    @rule(numbers=st.lists(NUMBERS, min_size=3, max_size=3), column=st.booleans())
    def leaf(self, numbers: list[float], column: bool) -> None:
        self.leaf_of(np.array(numbers).reshape((3, 1) if column else (3,)))

    @rule(number=NUMBERS)
    def constant(self, number: float) -> None:
        self.pairs.append((const(number), Value(number)))

    @rule(name=st.sampled_from(sorted(UNARY)), which=WHICH)
    def unary(self, name: str, which: int) -> None:
        t, v = self.pick(which)
        if name in ("sum", "first", "rest", "twice") and not (v.array.ndim and len(v.array)):
            return
        mine, its = UNARY[name]
        self.pairs.append((mine(t), its(v)))

    @rule(name=st.sampled_from(sorted(BINARY)), which=WHICH, other=WHICH)
    def binary(self, name: str, which: int, other: int) -> None:
        (t, v), (u, w) = self.pick(which), self.pick(other)
        mine, its = BINARY[name]
        if v.paths() + w.paths() > PATHS:
            return
        if name == "matmul" and (v.array.ndim != 2 or w.array.ndim != 2):
            return
        if name == "cat" and (not v.array.ndim or (0,) in (v.array.shape, w.array.shape)):
            return  # PyTorch joins an empty vector with anything
        try:
            out = its(v, w)
        except ValueError:  # shapes that do not fit
            with pytest.raises((RuntimeError, IndexError)):
                mine(t, u)
            return
        if out.array.size <= 64 and np.abs(out.array).max(initial=0) < 1e4:
            self.pairs.append((mine(t, u), out))

    @invariant()
    def values_agree(self) -> None:
        if self.pairs:
            t, v = self.pairs[-1]
            assert tuple(t.shape) == v.array.shape
            close(t, v.array)
            assert t.requires_grad is any(v.reaches(target) for _, target in self.leaves)

    @precondition(lambda self: self.pairs)
    @rule(which=WHICH, weight=NUMBERS)
    def backward(self, which: int, weight: float) -> None:
        t, v = self.pick(which)
        g = weight + np.arange(float(v.array.size)).reshape(v.array.shape)
        if not t.requires_grad:
            with pytest.raises(RuntimeError, match="does not require grad"):
                t.backward(const(g.tolist()).reshape(g.shape))
            return
        t.backward(const(g.tolist()).reshape(g.shape), retain_graph=True)
        for k, (_, target) in enumerate(self.leaves):
            if v.reaches(target):
                found = v.gradient(target, g)
                self.expected[k] = found + (0 if self.expected[k] is None else self.expected[k])

    @precondition(lambda self: self.pairs)
    @rule(which=WHICH, behind=WHICH, create_graph=st.booleans())
    def grad(self, which: int, behind: int, create_graph: bool) -> None:
        (t, v), (x, at) = self.pick(which), self.pick(behind)
        if not (t.requires_grad and x.requires_grad):
            return
        (found,) = tg.autograd.grad(
            t.sum(), x, retain_graph=True, create_graph=create_graph, allow_unused=True
        )
        if not v.reaches(at):
            assert found is None
        else:
            close(found, v.gradient(at, np.ones_like(v.array)))

    @invariant()
    def gradients_agree(self) -> None:
        for (x, _), expected in zip(self.leaves, self.expected, strict=True):
            assert (x.grad is None) is (expected is None)
            if expected is not None:
                close(x.grad, expected)

    def teardown(self) -> None:
        """The last pass frees what it comes by, and all roots may go together."""
        roots = [(t, v) for t, v in self.pairs if t.requires_grad]
        if not roots or sum(v.paths() for _, v in roots) > PATHS:
            return
        tg.autograd.backward([t for t, _ in roots], [tg.ones_like(t) for t, _ in roots])
        for k, (x, target) in enumerate(self.leaves):
            total = 0 if self.expected[k] is None else self.expected[k]
            for _, v in roots:
                total = total + v.gradient(target, np.ones_like(v.array))
            close(x.grad, total)


def close(mine: Any, expected: Any) -> None:
    scale = np.abs(expected).max(initial=1.0)
    np.testing.assert_allclose(array(mine), expected, rtol=1e-9, atol=1e-9 * scale)


class Shown(NamedTuple):
    """A tensor, and what it must show.

    Attributes
    ----------
    tensor
    host : ndarray
        A view of the memory.
    slopes : ndarray
        The derivative of each element by each number of the leaf, on a further axis.
    where : ndarray
        Which elements of the base it shows.
    base : Tensor
        The tensor that it is a view of, or itself.
    """

    tensor: Any
    host: np.ndarray
    slopes: np.ndarray
    where: np.ndarray
    base: Any


START = np.arange(12.0).reshape(3, 4) - 4
VIEWS: dict[str, Any] = {
    "row": (-1, ...),
    "rest": (slice(1, None), ...),
    "step": (slice(None, None, 2), ...),
    "last": (..., -1),
    "none": (None, ...),
}


class Views(RuleBasedStateMachine):
    """Whatever is viewed, written and detached shows the right values and derivatives.

    All steps are linear with whole numbers, so that everything is exact.
    """

    def __init__(self) -> None:
        super().__init__()
        self.x = leaf(START.tolist())
        y = self.x.clone()
        slopes = np.eye(12).reshape(3, 4, 12)
        self.shown = [Shown(y, START.copy(), slopes, np.arange(12).reshape(3, 4), y)]

    def pick(self, which: int) -> Shown:
        return self.shown[which % len(self.shown)]

    @rule(name=st.sampled_from(sorted(VIEWS)), which=WHICH)
    def view(self, name: str, which: int) -> None:
        s = self.pick(which)
        if name != "none" and (not s.host.ndim or not s.host.shape[0] or not s.host.shape[-1]):
            return
        key = VIEWS[name]
        slopes = s.slopes[(*key, slice(None))]
        self.shown.append(Shown(s.tensor[key], s.host[key], slopes, s.where[key], s.base))

    @rule(which=WHICH)
    def transpose(self, which: int) -> None:
        s = self.pick(which)
        order = tuple(reversed(range(s.host.ndim)))
        slopes = s.slopes.transpose(*order, s.host.ndim)
        tensor = s.tensor.permute(*order)
        self.shown.append(Shown(tensor, s.host.T, slopes, s.where.T, s.base))

    @rule(which=WHICH)
    def detach(self, which: int) -> None:
        s = self.pick(which)
        where = np.arange(s.host.size).reshape(s.host.shape)
        t = s.tensor.detach()
        self.shown.append(Shown(t, s.host, np.zeros_like(s.slopes), where, t))

    @rule(which=WHICH, number=st.integers(-2, 2), recorded=st.booleans())
    def mul(self, which: int, number: int, recorded: bool) -> None:
        s = self.pick(which)
        with tg.set_grad_enabled(recorded):
            s.tensor.mul_(number)
        s.host[...] *= number
        if recorded:
            s.slopes[...] *= number
        self.check(s)

    @rule(which=WHICH, number=st.integers(-2, 2))
    def fill(self, which: int, number: int) -> None:
        s = self.pick(which)
        s.tensor.fill_(number)
        s.host[...] = number
        s.slopes[...] = 0
        self.check(s)

    @rule(which=WHICH, other=WHICH, how=st.sampled_from(["add", "copy", "set"]))
    def take_in(self, which: int, other: int, how: str) -> None:
        s, o = self.pick(which), self.pick(other)
        if s.host.shape != o.host.shape or np.abs(s.host).max(initial=0) > 1e9:
            return
        values, slopes = o.host.copy(), o.slopes.copy()
        if how == "add":
            s.tensor.add_(o.tensor)
            s.host[...] += values
            s.slopes[...] += slopes
        else:
            if how == "copy":
                s.tensor.copy_(o.tensor)
            else:
                s.tensor[...] = o.tensor
            s.host[...] = values
            s.slopes[...] = slopes
        self.check(s)

    def check(self, changed: Shown) -> None:
        """Look at one tensor's derivative; all of them would take long."""
        s = changed
        if not s.tensor.requires_grad:
            assert not s.slopes.any()
            return
        weights = np.arange(1.0, s.host.size + 1).reshape(s.host.shape)
        (g,) = tg.autograd.grad(
            s.tensor,
            self.x,
            const(weights.tolist()).reshape(weights.shape),
            retain_graph=True,
            materialize_grads=True,
        )
        expected = (s.slopes * weights[..., None]).reshape(-1, 12).sum(0).reshape(3, 4)
        assert array(g).tolist() == expected.tolist()

    @invariant()
    def values_and_versions_agree(self) -> None:
        for s in self.shown:
            assert array(s.tensor).tolist() == s.host.tolist()
        assert len({s.tensor._version for s in self.shown}) == 1

    @rule(which=WHICH)
    def gradient_of_itself_is_the_base(self, which: int) -> None:
        s = self.pick(which)
        if not (s.tensor.requires_grad and s.base.requires_grad):
            return
        (g,) = tg.autograd.grad(s.tensor, s.base, s.tensor.detach().clone(), retain_graph=True)
        values = array(s.base)
        expected = np.zeros(values.size)
        expected[s.where.ravel()] = values.ravel()[s.where.ravel()]
        assert array(g).ravel().tolist() == expected.tolist()

    def teardown(self) -> None:
        for s in self.shown:
            self.check(s)


@pytest.mark.parametrize("machine", [Graphs, Views])
def test_random_programs(machine: Any) -> None:
    steps = settings(settings.default, stateful_step_count=25)
    with tg.use_backend("numpy"):
        run_state_machine_as_test(machine, settings=steps)
