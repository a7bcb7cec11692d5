"""Random graphs, put through all that a graph can be put through, against a naive engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import naive
import tensorflowlite_grad as tg
from naive import Memory, Value, again
from support import array, const, leaf

NUMBERS = st.sampled_from([0.5, -1.5, 1.0, -0.5, 2.0, 0.0, 1.5, -2.0])
WHICH = st.integers(0, 1000)
#: How many paths the naive engine is made to follow.
PATHS = 300
#: Why a pass may fail.
SAID = ("modified by an inplace", "through the graph a second time", "been detached in-place")
#: Why a change may.
REFUSED = "a leaf Variable that requires grad|This view is the output of a function"

UNARY = {
    "sin": (tg.sin, naive.sin),
    "tanh": (tg.tanh, naive.tanh),
    "sum": (lambda t: t.sum(0), naive.reduced),
    "twice": (lambda t: t[[0, 0, -1]], lambda v: naive.taken(v, [0, 0, -1])),
    "clone": (lambda t: t.clone(), naive.same),
    "no_grad": (tg.no_grad()(lambda t: t * 1), naive.cut),
}
BINARY = {
    "add": (tg.add, naive.add),
    "mul": (tg.mul, naive.mul),
    "maximum": (tg.maximum, naive.maximum),
    "matmul": (tg.matmul, naive.matmul),
    "cat": (lambda a, b: tg.cat([a, b]), naive.concatenate),
}
OPERATIONS = st.sampled_from([*sorted(UNARY), *sorted(BINARY), "add", "mul", "mul"])
VIEWS = {
    "first": (0, ...),
    "rest": (slice(1, None), ...),
    "step": (slice(None, None, 2), ...),
    "last": (..., -1),
    "none": (None, ...),
}
CHANGES = {
    "add": (lambda t, u: t.add_(u), naive.add),
    "mul": (lambda t, u: t.mul_(u), naive.mul),
    "sin": (lambda t, u: t.sin_(), lambda v, w: naive.sin(v)),
    "fill": (lambda t, u: t.fill_(1.5), lambda v, w: naive.filled(v, 1.5)),
    "copy": (lambda t, u: t.copy_(u), lambda v, w: naive.add(naive.filled(v, 0.0), w)),
    "set": (lambda t, u: t.__setitem__(0, u), lambda v, w: naive.placed(v, (0, ...), w)),
}


class Base:
    """A tensor that is no view: its history, and which part of a memory it shows."""

    def __init__(self, memory: Memory, where: np.ndarray, value: Value, leaf: bool) -> None:
        self.memory, self.where, self.leaf = memory, where, leaf
        self.value = value.shown(memory)
        self.frozen = False


class Shown:
    """A tensor, the base that it is a view of or stands for, and what it must be."""

    def __init__(self, tensor: Any, base: Base, where: np.ndarray, value: Value, way: Any) -> None:
        self.tensor, self.base, self.where = tensor, base, where
        self.value = value.shown(base.memory)
        #: from the base's positions to its own; None for the base itself
        self.way = way
        self.one_of_several = False
        self.retained = False
        self.expected: Any = None


class Graphs(RuleBasedStateMachine):
    """Any graph has the gradients that the naive engine finds, by any call, or says why not."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Shown] = []
        self.leaves: list[Shown] = []

    def pick(self, which: int, wanted: Any = lambda s: True) -> Shown:
        """Return one, of those that are wanted if there are any; later ones come first."""
        found = [s for s in reversed(self.shown) if wanted(s)] or self.shown
        return found[which % len(found)]

    def root(self, which: int) -> Shown:
        """Return one, mostly of those that need gradients."""
        return self.pick(which, lambda s: s.value.needs or which % 8 == 7)

    def put(self, tensor: Any, value: Value, leaf: bool = False) -> Shown:
        """Remember a tensor with a memory of its own."""
        assert tuple(tensor.shape) == value.array.shape
        if value.array.size > 64 or np.abs(value.array).max(initial=0) > 1e4:
            return self.shown[0]
        memory = Memory(value.array, tensor._version)
        where = np.arange(value.array.size).reshape(value.array.shape)
        s = Shown(tensor, Base(memory, where, value, leaf), where, value, None)
        memory.bases.append(s.base)
        self.shown.append(s)
        return s

    # -- making tensors ----------------------------------------------------------------------------

    @initialize(numbers=st.lists(NUMBERS, min_size=6, max_size=6))
    def first(self, numbers: list[float]) -> None:
        self.leaf_of(np.array(numbers).reshape(2, 3))

    def leaf_of(self, values: np.ndarray) -> None:
        x = leaf(values.tolist())
        self.leaves.append(self.put(x, Value(values, needs=True), leaf=True))

    @rule(
        kind=st.sampled_from(["row", "column", "constant"]),
        numbers=st.lists(NUMBERS, min_size=3, max_size=3),
    )
    def make(self, kind: str, numbers: list[float]) -> None:
        if kind == "constant":
            self.put(const(numbers), Value(numbers))
        elif len(self.leaves) < 4:
            self.leaf_of(np.array(numbers).reshape((3, 1) if kind == "column" else (3,)))

    @rule(steps=st.lists(st.tuples(OPERATIONS, WHICH, WHICH), min_size=1, max_size=5))
    def operate(self, steps: list[tuple[str, int, int]]) -> None:
        for name, which, other in steps:
            if name in UNARY:
                self.unary(name, which)
            else:
                self.binary(name, which, other)

    def unary(self, name: str, which: int) -> None:
        s = self.pick(which)
        if name in ("sum", "twice") and not (s.where.ndim and len(s.where)):
            return
        mine, its = UNARY[name]
        self.put(mine(s.tensor), its(s.value))

    def binary(self, name: str, which: int, other: int) -> None:
        s = self.pick(which)
        v = s.value
        mine, its = BINARY[name]
        if name == "matmul":
            s = self.pick(which, lambda s: s.where.ndim == 2)
            v = s.value
            o = self.pick(other, lambda o: o.where.ndim == 2 and len(o.where) == s.where.shape[-1])
        elif name == "cat":
            o = self.pick(other, lambda o: o.where.shape[1:] == s.where.shape[1:])
        else:
            o = self.pick(other, lambda o: _fits(o.where.shape, s.where.shape))
        w = o.value
        if v.paths + w.paths > PATHS:
            return
        if name == "matmul" and (v.array.ndim != 2 or w.array.ndim != 2):
            return
        if name == "cat" and (not v.array.ndim or (0,) in (v.array.shape, w.array.shape)):
            return  # PyTorch joins an empty vector with anything
        try:
            out = its(v, w)
        except ValueError:  # shapes that do not fit
            with pytest.raises((RuntimeError, IndexError)):
                mine(s.tensor, o.tensor)
            return
        self.put(mine(s.tensor, o.tensor), out)

    # -- views, and changes through them -----------------------------------------------------------

    @rule(name=st.sampled_from([*sorted(VIEWS), "T", "T", "several"]), which=WHICH)
    def view(self, name: str, which: int) -> None:
        s = self.pick(which)
        if name != "T" and not (s.where.ndim and s.where.shape[0] and s.where.shape[-1]):
            return
        if not s.base.where.ndim:
            return
        value, several = s.value, False
        if name == "T":
            tensor = s.tensor.permute(*reversed(range(s.where.ndim)))
            where, value = s.where.T, naive.transposed(value)
        elif name == "several":
            tensor, several = s.tensor.unbind(0)[-1], True
            where, value = s.where[-1], naive.taken(value, -1)
        else:
            key = VIEWS[name]
            tensor, where, value = s.tensor[key], s.where[key], naive.taken(value, key)
        order = np.argsort(s.base.where.ravel())
        found = order[np.searchsorted(s.base.where.ravel(), where, sorter=order)]
        way = np.unravel_index(found, s.base.where.shape)
        self.shown.append(Shown(tensor, s.base, where, value, way))
        self.shown[-1].one_of_several = several or s.one_of_several

    @rule(
        name=st.sampled_from(sorted(CHANGES)),
        which=WHICH,
        other=WHICH,
        recorded=st.sampled_from([True, True, True, False]),
    )
    def change(self, name: str, which: int, other: int, recorded: bool) -> None:
        s = self.pick(which, lambda s: not (recorded and s.base.leaf))
        shape = s.where.shape
        if name == "set":
            if not shape or not shape[0]:
                return
            shape = shape[1:]
        o = self.pick(other, lambda o: _fits(o.where.shape, shape))
        u, w = o.tensor, o.value
        if name in ("sin", "fill"):
            w = Value(0.0)
        elif s.value.paths + w.paths > PATHS or not _fits(o.where.shape, shape):
            return
        if recorded and (s.value.needs or s.base.value.needs or w.needs):
            if s.base.leaf or (s.value.needs and not s.base.value.needs):
                if s.base.frozen and not s.value.needs:
                    return  # which would no longer be a leaf
                with pytest.raises(RuntimeError, match=REFUSED):
                    CHANGES[name][0](s.tensor, u)
                return
            if s.one_of_several:
                with pytest.raises(RuntimeError, match="This view is the output of a function"):
                    CHANGES[name][0](s.tensor, u)
                return
        new = CHANGES[name][1](again(s.value, s.value.array), w)
        if np.abs(new.array).max(initial=0) > 1e4:
            return
        with tg.set_grad_enabled(recorded):
            CHANGES[name][0](s.tensor, u)
        event(f"change {'recorded' if recorded else 'unrecorded'}")
        self.write(s, new, recorded)

    def write(self, s: Shown, new: Value, recorded: bool) -> None:
        memory = s.base.memory
        recorded = recorded and (new.needs or s.base.value.needs)
        memory.array[s.where] = new.array
        memory.version += 1
        for b in memory.bases:
            old = b.value
            if b is not s.base or not recorded:
                b.value = again(old, memory.array[b.where])
            else:
                b.value = new if s.way is None else naive.placed(old, s.way, new)
            b.value.shown(memory)
        for e in self.shown:
            if e.base.memory is not memory:
                continue
            if e.base is not s.base or not recorded:
                value = e.base.value if e.way is None else again(e.value, memory.array[e.where])
            else:
                value = e.base.value if e.way is None else naive.taken(e.base.value, e.way)
            e.value = value.shown(memory)

    # -- leaves, hooks, kept gradients -------------------------------------------------------------

    @rule(
        kind=st.sampled_from(
            ["detach", "detach_in_place", "freeze", "hook", "hook", "retain", "retain", "clear"]
        ),
        which=WHICH,
    )
    def arrange(self, kind: str, which: int) -> None:
        getattr(self, kind)(which)

    def detach(self, which: int) -> None:
        s = self.pick(which)
        t = s.tensor.detach()
        base = Base(s.base.memory, s.where, naive.cut(s.value), leaf=False)
        base.memory.bases.append(base)
        self.shown.append(Shown(t, base, s.where, base.value, None))

    def detach_in_place(self, which: int) -> None:
        s = self.pick(which)
        if s.base.leaf or s.retained:
            return
        if s.way is not None:
            with pytest.raises(RuntimeError, match="Can't detach views in-place"):
                s.tensor.detach_()
            return
        s.tensor.detach_()
        s.value.edge.detached = True
        s.value = s.base.value = naive.cut(s.value).shown(s.base.memory)

    def freeze(self, which: int) -> None:
        s = self.leaves[which % len(self.leaves)]
        s.base.frozen = not s.base.frozen
        s.tensor.requires_grad_(not s.base.frozen)
        s.value.needs = not s.base.frozen

    def hook(self, which: int) -> None:
        s = self.root(which)
        if not s.value.needs:
            with pytest.raises(RuntimeError, match="cannot register a hook"):
                s.tensor.register_hook(lambda g: g * 2)
            return
        s.tensor.register_hook(lambda g: g * 2)
        s.value.edge.scale *= 2

    def retain(self, which: int) -> None:
        s = self.root(which)
        if not s.value.needs:
            with pytest.raises(RuntimeError, match="can't retain_grad"):
                s.tensor.retain_grad()
            return
        s.tensor.retain_grad()
        s.retained = not s.base.leaf or s.way is not None

    def clear(self, which: int) -> None:
        s = self.pick(which)
        if s.retained or s.tensor.is_leaf:
            s.tensor.grad = s.expected = None

    # -- passes ------------------------------------------------------------------------------------

    def attempt(self, roots: list[Value], targets: set[Value], retain: bool, call: Any) -> Any:
        """Return what a pass returns; None if it fails, as it must where it cannot be right."""
        nodes = {v for root in roots for v in root.all if v.leads_to(targets)}
        stale = [(v, s) for v in nodes for s in v.saved if s.value.is_stale()]
        may = stale or any(v.freed is not False and v.saved for v in nodes)
        may = may or any(s.value.edge.detached for v in nodes for s in v.saved)
        wanted = {target for target in targets if target.needs}
        must = any(v.freed and v.saved and v.leads_to(wanted) for v in nodes) or any(
            not s.needed_by.all.isdisjoint(wanted) for _, s in stale
        )
        try:
            out = call()
        except RuntimeError as error:
            said = [text for text in SAID if text in str(error)]
            if not (may and said):
                raise
            event(said[0])
            for v in nodes if not retain else ():
                for w in (v, *v.together):
                    w.freed = w.freed or None
            return None
        assert not must
        for v in nodes:
            v.freed = v.freed or not retain
            if v.freed and v.saved:
                for w in v.together:
                    w.freed = w.freed or None
        return out or True

    def kept(self, roots: list[tuple[Value, Value]], targets: set[Value], leaves: Any) -> None:
        """Add to what the gradients of leaves, and those that tensors keep, must be."""
        for s in {id(s): s for s in [*leaves, *(s for s in self.shown if s.retained)]}.values():
            edge = s.value.edge
            if edge.all.isdisjoint(targets) or (s.base.frozen and not s.retained):
                continue
            for v, g in roots:
                found = v.gradient(edge, g)
                if found is not None:
                    s.expected = found.array + (0 if s.expected is None else s.expected)

    @rule(
        which=WHICH,
        other=WHICH,
        weight=NUMBERS,
        several=st.booleans(),
        retain=st.sampled_from([True, True, False]),
        only=st.none() | WHICH,
    )
    def backward(
        self, which: int, other: int, weight: float, several: bool, retain: bool, only: Any
    ) -> None:
        roots = [self.root(which), self.root(other)][: 1 + several]
        arrays = [weight + np.arange(float(s.where.size)).reshape(s.where.shape) for s in roots]
        given = [const(a.tolist()).reshape(a.shape) for a in arrays]
        tensors = [s.tensor for s in roots]
        if not all(s.value.needs for s in roots):
            with pytest.raises(RuntimeError, match="does not require grad"):
                tg.autograd.backward(tensors, given)
            return
        leaves = self.leaves if only is None else [self.leaves[only % len(self.leaves)]]
        if only is not None and leaves[0].base.frozen:
            return
        values = [s.value for s in roots]
        targets = {s.value.edge for s in leaves}
        inputs = None if only is None else [s.tensor for s in leaves]
        if self.attempt(
            values,
            targets,
            retain,
            lambda: tg.autograd.backward(tensors, given, retain_graph=retain, inputs=inputs),
        ):
            pairs = [(v, Value(a)) for v, a in zip(values, arrays, strict=True)]
            self.kept(pairs, targets, leaves)

    @rule(
        which=WHICH,
        behind=WHICH,
        further=WHICH,
        create_graph=st.booleans(),
        retain=st.sampled_from([None, True]),
    )
    def grad(self, which: int, behind: int, further: int, create_graph: bool, retain: Any) -> None:
        s = self.root(which)
        inputs = [
            self.pick(n, lambda e: e.value.edge in s.value.all or n % 8 == 7)  # noqa: B023
            for n in (behind, further)
        ]
        if not all(e.value.needs for e in (s, *inputs)) or s.value.paths > PATHS:
            return
        v, targets = s.value, {e.value.edge for e in inputs}
        ones = tg.ones_like(s.tensor)
        out = self.attempt(
            [v],
            targets,
            bool(create_graph or retain),
            lambda: tg.autograd.grad(
                s.tensor,
                [e.tensor for e in inputs],
                ones,
                retain_graph=retain,
                create_graph=create_graph,
                allow_unused=True,
            ),
        )
        if out is None:
            return
        g = Value(np.ones_like(v.array))
        self.kept([(v, g)], targets, [])
        gradients = [v.gradient(e.value.edge, g) for e in inputs]
        new = {w for expected in gradients if expected is not None for w in expected.all} - v.all
        for w in new:
            w.together = new
        for found, expected in zip(out, gradients, strict=True):
            assert (found is None) is (expected is None)
            if found is None:
                continue
            close(found, expected.array)
            assert found.requires_grad is (create_graph and expected.needs)
            if create_graph and expected.paths <= PATHS:
                event("a gradient goes on")
                self.put(found.clone(), naive.same(expected))

    # -- what always holds -------------------------------------------------------------------------

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        for s in self.shown:
            t, v = s.tensor, s.value
            close(t, v.array)
            assert t.requires_grad is v.needs
            assert t._version == s.base.memory.version
            assert t._is_view() is (s.way is not None)
            if s.retained or s.tensor.is_leaf:
                assert (t.grad is None) is (s.expected is None)
                if s.expected is not None:
                    close(t.grad, s.expected)

    def teardown(self) -> None:
        """The last pass frees what it comes by, and all roots may go together."""
        roots = [s for s in self.shown if s.value.needs and not s.base.leaf]
        if not roots or sum(s.value.paths for s in roots) > 4 * PATHS:
            return
        targets = {s.value.edge for s in self.leaves}
        values = [s.value for s in roots]
        ones = [tg.ones_like(s.tensor) for s in roots]
        if self.attempt(
            values,
            targets,
            False,
            lambda: tg.autograd.backward([s.tensor for s in roots], ones),
        ):
            pairs = [(v, Value(np.ones_like(v.array))) for v in values]
            self.kept(pairs, targets, self.leaves)
        self.all_is_as_it_must_be()


def _fits(shape: tuple[int, ...], into: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, into) == into
    except ValueError:
        return False


def close(mine: Any, expected: Any) -> None:
    scale = np.abs(expected).max(initial=1.0)
    np.testing.assert_allclose(array(mine), expected, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.guarantee("E16")
def test_random_programs() -> None:
    steps = settings(settings.default, stateful_step_count=50)
    with tg.use_backend("numpy"):
        run_state_machine_as_test(Graphs, settings=steps)
