"""Random views, and changes through them, against NumPy."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import tensorflowlite_grad as tg
from support import array, const, leaf, numeric_gradient

WHICH = st.integers(0, 1000)


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
    group : list
        The base, which is a tensor that is no view, and its views.
    state : set of str
        Of views: ``"several"`` were made at once; it was made under ``"no_grad"``, and is
        ``"quiet"`` until its base is changed.
    """

    tensor: Any
    host: np.ndarray
    slopes: np.ndarray
    where: np.ndarray
    group: list[Any]
    state: set[str]


START = np.arange(12.0).reshape(3, 4) - 4
#: Of a tensor, of an array, and of an array with a further axis.
VIEWS: dict[str, Any] = {
    "row": (lambda t: t[-1], lambda a: a[-1, ...], lambda a: a[-1]),
    "rest": (lambda t: t[1:], lambda a: a[1:], lambda a: a[1:]),
    "step": (lambda t: t[::2], lambda a: a[::2], lambda a: a[::2]),
    "back": (lambda t: t[::-1], lambda a: a[::-1], lambda a: a[::-1]),
    "last": (lambda t: t[..., -1], lambda a: a[..., -1], lambda a: a[..., -1, :]),
    "none": (lambda t: t[None], lambda a: a[None], lambda a: a[None]),
    "flat": (lambda t: t.view(-1), lambda a: a.reshape(-1), lambda a: a.reshape(-1, 12)),
    "T": (
        lambda t: t.permute(*reversed(range(t.ndim))),
        lambda a: a.T,
        lambda a: a.transpose(*reversed(range(a.ndim - 1)), a.ndim - 1),
    ),
    "diagonal": (
        lambda t: t.diagonal(),
        lambda a: np.einsum("ii->i", a[: min(a.shape), : min(a.shape)]),
        lambda a: np.einsum("iij->ij", a[: min(a.shape[:2]), : min(a.shape[:2])]),
    ),
    "several": (lambda t: t.unbind(0)[-1], lambda a: a[-1, ...], lambda a: a[-1]),
}
REFUSED = "This view is the output of a function|was created in no_grad mode|view of a leaf"


class Views(RuleBasedStateMachine):
    """Whatever is viewed, written and detached shows the right values and derivatives.

    All steps are linear with whole numbers, so that everything is exact.
    """

    def __init__(self) -> None:
        super().__init__()
        self.x = leaf(START.tolist())
        y = self.x.clone()
        slopes = np.eye(12).reshape(3, 4, 12)
        self.shown = [Shown(y, START.copy(), slopes, np.arange(12).reshape(3, 4), [], set())]
        self.shown[0].group.append(self.shown[0])

    def pick(self, which: int) -> Shown:
        return self.shown[which % len(self.shown)]

    @rule(
        name=st.sampled_from(sorted(VIEWS)),
        which=WHICH,
        recorded=st.sampled_from([True, True, True, False]),
    )
    def view(self, name: str, which: int, recorded: bool) -> None:
        s = self.pick(which)
        if name in ("row", "rest", "step", "back", "last", "several") and not (
            s.host.ndim and s.host.shape[0] and s.host.shape[-1]
        ):
            return
        if (name == "diagonal" and s.host.ndim != 2) or (
            name == "flat" and not s.host.flags.c_contiguous
        ):
            return
        of_tensor, of_array, of_slopes = VIEWS[name]
        with tg.set_grad_enabled(recorded):
            tensor = of_tensor(s.tensor)
        state = set(s.state)
        if not recorded:
            state |= {"no_grad", "quiet"}
        elif name == "several":
            state.add("several")
        out = Shown(
            tensor, of_array(s.host), of_slopes(s.slopes), of_array(s.where), s.group, state
        )
        self.shown.append(out)
        s.group.append(out)

    @rule(which=WHICH)
    def detach(self, which: int) -> None:
        s = self.pick(which)
        where = np.arange(s.host.size).reshape(s.host.shape)
        out = Shown(s.tensor.detach(), s.host, np.zeros_like(s.slopes), where, [], set())
        out.group.append(out)
        self.shown.append(out)

    # -- changes -----------------------------------------------------------------------------------

    def change(self, s: Shown, recorded: bool, source: Shown | None, do: Any) -> bool:
        """Return whether a change was made: some views refuse."""
        needs = s.tensor.requires_grad or s.group[0].tensor.requires_grad
        needs = needs or (source is not None and source.tensor.requires_grad)
        if recorded and needs and not {"several", "no_grad"}.isdisjoint(s.state):
            with pytest.raises(RuntimeError, match=REFUSED):
                do()
            event("refused")
            return False
        with tg.set_grad_enabled(recorded):
            do()
        event("changed")
        return True

    def changed(self, s: Shown, recorded: bool) -> None:
        """Views made under `no_grad` follow their base when that is changed."""
        if recorded and s.group[0].tensor.requires_grad:
            for e in s.group:
                e.state.discard("quiet")
        self.check(s)

    @rule(which=WHICH, number=st.integers(-2, 2), recorded=st.booleans())
    def mul(self, which: int, number: int, recorded: bool) -> None:
        s = self.pick(which)
        if self.change(s, recorded, None, lambda: s.tensor.mul_(number)):
            s.host[...] *= number
            if recorded:
                s.slopes[...] *= number
            self.changed(s, recorded)

    @rule(
        which=WHICH,
        number=st.integers(-2, 2),
        how=st.sampled_from(["all", "one", "listed", "masked"]),
    )
    def fill(self, which: int, number: int, how: str) -> None:
        s = self.pick(which)
        if how != "all" and not (s.host.ndim and len(s.host)):
            return
        k = which % len(s.host) if how != "all" else 0
        places = {"all": ..., "one": k, "listed": [k], "masked": s.host > number}
        place = places[how]
        t = s.tensor
        keys = {**places, "masked": t.detach() > number}
        write = (lambda: t.fill_(number)) if how == "all" else (lambda: _set(t, keys[how], number))
        if self.change(s, True, None, write):
            s.host[place] = number
            s.slopes[place] = 0
            self.changed(s, True)

    @rule(which=WHICH, other=WHICH, how=st.sampled_from(["add", "sub", "copy", "set"]))
    def take_in(self, which: int, other: int, how: str) -> None:
        s = self.pick(which)
        fitting = [o for o in self.shown if _fits(o.host.shape, s.host.shape)]
        o = fitting[other % len(fitting)]
        if np.abs(s.host).max(initial=0) > 1e9:
            return
        values, slopes = o.host.copy(), o.slopes.copy()
        if "quiet" in o.state:
            slopes[...] = 0
        slopes = slopes.reshape((1,) * (s.host.ndim - o.host.ndim) + slopes.shape)
        t, u = s.tensor, o.tensor
        write = {
            "add": lambda: t.add_(u),
            "sub": lambda: t.sub_(u),
            "copy": lambda: t.copy_(u),
            "set": lambda: _set(t, ..., u),
        }[how]
        if not self.change(s, True, o, write):
            return
        if how in ("copy", "set"):
            s.host[...] = values
            s.slopes[...] = slopes
        else:
            sign = 1 if how == "add" else -1
            s.host[...] += sign * values
            s.slopes[...] += sign * slopes
        self.changed(s, True)

    # -- what must hold ----------------------------------------------------------------------------

    def check(self, s: Shown) -> None:
        """Look at one tensor's derivative; all of them would take long."""
        if not s.tensor.requires_grad:
            assert "quiet" in s.state or not s.slopes.any()
            return
        assert "quiet" not in s.state
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
            assert s.tensor._base is (None if s is s.group[0] else s.group[0].tensor)
        assert len({s.tensor._version for s in self.shown}) == 1

    @rule(which=WHICH)
    def gradient_of_itself_is_the_base(self, which: int) -> None:
        s = self.pick(which)
        base = s.group[0].tensor
        if not (s.tensor.requires_grad and base.requires_grad):
            return
        (g,) = tg.autograd.grad(s.tensor, base, s.tensor.detach().clone(), retain_graph=True)
        values = array(base)
        expected = np.zeros(values.size)
        expected[s.where.ravel()] = values.ravel()[s.where.ravel()]
        assert array(g).ravel().tolist() == expected.tolist()

    def teardown(self) -> None:
        for s in self.shown:
            self.check(s)


def _set(t: Any, key: Any, value: Any) -> None:
    t[key] = value


def _fits(shape: tuple[int, ...], into: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, into) == into
    except ValueError:
        return False


@pytest.mark.guarantee("E16")
def test_whatever_is_viewed_written_and_detached_is_right() -> None:
    steps = settings(settings.default, stateful_step_count=30)
    with tg.use_backend("numpy"):
        run_state_machine_as_test(Views, settings=steps)


# -- any sequence of views and changes ---------------------------------------------------------

SHAPE = START.shape
CHANGES = ("mul", "add", "set", "list")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["row", "part", "step", "T", "flat", "axis", "again", *CHANGES]),
        st.integers(0, 20),
        st.integers(-3, 3),
    ),
    min_size=1,
    max_size=14,
)


def _view(kind: str, where: int, t, a):
    """Return a view of a tensor and the same one of an array; themselves if there is none."""
    if kind == "row" and a.ndim and a.shape[0]:
        k = where % a.shape[0]
        return t[k], a[(k, ...)]
    if kind == "part" and a.ndim and a.shape[-1] > 1:
        return t[..., 1:], a[..., 1:]
    if kind == "step" and a.ndim:
        return t[::2], a[::2]
    if kind == "T":
        return t.permute(*reversed(range(a.ndim))), a.T
    if kind == "axis":
        return t[None], a[None]
    if kind == "flat" and a.flags.c_contiguous:
        return t.view(-1), a.reshape(-1)
    return t, a


def _run(steps, leaf_tensor, host):
    """Apply the steps to a clone of a leaf and to an array; return all views of both."""
    views = [(leaf_tensor.clone(), host)]
    for kind, where, number in steps:
        t, a = views[where % len(views)]
        if kind == "mul":
            t.mul_(number)
            a *= number
        elif kind == "add":
            other, values = views[number % len(views)]
            if values.shape == a.shape:
                t.add_(other.clone())
                a += values.copy()
        elif kind == "set" and a.ndim and a.shape[0]:
            t[where % a.shape[0]] = number
            a[where % a.shape[0]] = number
        elif kind == "list" and a.ndim and a.shape[0]:
            t[[where % a.shape[0]]] = t[[0]] * 2
            a[[where % a.shape[0]]] = a[[0]] * 2
        elif kind not in CHANGES:
            views.append(_view(kind, where, t, a))
    return views


@pytest.mark.guarantee("E16")
@given(steps=STEPS, data=st.data())
def test_any_sequence_agrees_with_numpy(steps, data) -> None:
    start, weights = np.arange(12.0).reshape(SHAPE) - 4, np.arange(12.0).reshape(SHAPE) - 5
    x, host = leaf(start.tolist()), start.copy()
    views = _run(steps, x, host)
    base, values = views[0]
    for t, a in views:
        assert array(t).tolist() == a.tolist()
        assert t._version == base._version
    # A view's gradient, given the view's own value, is the base's value where it reaches.
    number = data.draw(st.integers(0, len(views) - 1))
    view = views[number][0]
    (g,) = tg.autograd.grad(view, base, view.detach().clone(), retain_graph=True)
    assert array(g).tolist() == np.where(_mark(steps, number), values, 0.0).tolist()

    # All steps are linear, so that a difference over a whole unit is exact.
    def loss(v: np.ndarray) -> float:
        a = v.copy()
        _run(steps, const(v.tolist()), a)
        return float((a * weights).sum())

    (g,) = tg.autograd.grad((base * const(weights.tolist())).sum(), x)
    assert array(g) == pytest.approx(numeric_gradient(loss, start, 1.0), rel=1e-9, abs=1e-6)


def _mark(steps, number: int) -> np.ndarray:
    """Return which elements of the base a view shows."""
    views = [np.zeros(SHAPE, dtype=bool)]
    for kind, where, _ in steps:
        a = views[where % len(views)]
        if kind not in CHANGES:
            stand_in = const(np.zeros(a.shape).tolist()).reshape(a.shape)
            views.append(_view(kind, where, stand_in, a)[1])
    views[number][...] = True
    return views[0]
