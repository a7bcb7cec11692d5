"""Views: one memory, one version, and gradients that follow in-place operations."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf, live, numeric_gradient
from tensorflowlite_grad.backend import selection
from tensorflowlite_grad.checking import all_cases
from tensorflowlite_grad.checking.derivatives import Trial

MULTI = "is a view and is being modified inplace. This view is the output of a function that ret"
NO_GRAD_VIEW = (
    "A view was created in no_grad mode and is being modified inplace with grad mode enab"
)

VIEWS = {
    "select": (lambda t: t[1], lambda a: a[1]),
    "slice": (lambda t: t[:, 1:3], lambda a: a[:, 1:3]),
    "step": (lambda t: t[::2], lambda a: a[::2]),
    "ellipsis": (lambda t: t[..., 0], lambda a: a[..., 0]),
    "none": (lambda t: t[:, None], lambda a: a[:, None]),
    "view": (lambda t: t.view(4, 3), lambda a: a.reshape(4, 3)),
    "reshape": (lambda t: t.reshape(-1), lambda a: a.reshape(-1)),
    "flatten": (lambda t: t.flatten(), lambda a: a.reshape(-1)),
    "t": (lambda t: t.t(), lambda a: a.T),
    "T": (lambda t: t.T, lambda a: a.T),
    "transpose": (lambda t: t.transpose(0, 1), lambda a: a.T),
    "permute": (lambda t: t.permute(1, 0), lambda a: a.T),
    "unsqueeze": (lambda t: t.unsqueeze(0), lambda a: a[None]),
    "squeeze": (lambda t: t[:1].squeeze(0), lambda a: a[0]),
    "narrow": (lambda t: t.narrow(1, 1, 2), lambda a: a[:, 1:3]),
    "swapaxes": (lambda t: t.swapaxes(0, 1), lambda a: a.T),
    "movedim": (lambda t: t.movedim(0, 1), lambda a: a.T),
    "deep": (lambda t: t.T[1:][0].view(3, 1)[::2], lambda a: a.T[1:][0].reshape(3, 1)[::2]),
}
START = np.arange(12.0).reshape(3, 4) + 1
WEIGHTS = np.arange(12.0).reshape(3, 4) * 0.5 - 2


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_shows_the_memory_of_its_base(backend: str, name: str) -> None:
    make, expected = VIEWS[name]
    base, host = const(START.tolist()), START.copy()
    view, host_view = make(base), expected(host)
    assert array(view).tolist() == host_view.tolist()
    assert view._base is base
    assert view._is_view()
    assert not base._is_view()
    view.mul_(10)
    host_view *= 10
    assert array(base).tolist() == host.tolist()
    base.add_(1)
    host += 1
    assert array(view).tolist() == host_view.tolist()
    assert view._version == base._version == 2


@pytest.mark.guarantee("E02")
@pytest.mark.parametrize("name", VIEWS)
def test_an_in_place_operation_on_a_view_is_in_its_base_s_history(backend: str, name: str) -> None:
    make, expected = VIEWS[name]
    x = leaf(START.tolist())
    base = x * 1
    view = make(base)
    view.mul_(view.detach().clone() + 1)
    assert base.grad_fn.name() == "CopySlices"
    (base * const(WEIGHTS.tolist())).sum().backward()
    factor = np.ones_like(START)
    part = expected(factor)
    part[...] = expected(START) + 1
    assert array(x.grad).tolist() == (factor * WEIGHTS).tolist()


@pytest.mark.parametrize("name", VIEWS)
def test_the_gradient_of_a_view_that_was_changed_reaches_base_and_source(
    backend: str, name: str
) -> None:
    make, expected = VIEWS[name]
    x, w = leaf(START.tolist()), leaf(3.0)
    base = x * 1
    older = make(base)
    make(base).mul_(w)
    newer = make(base)
    for view in (older, newer):
        gx, gw = tg.autograd.grad(view.sum(), [x, w], retain_graph=True)
        want = np.zeros_like(START)
        expected(want)[...] = 3.0
        assert array(gx).tolist() == want.tolist()
        assert float(gw) == pytest.approx(expected(START).sum())


@pytest.mark.guarantee("E01")
def test_a_change_of_a_view_reaches_back_through_the_base(backend: str) -> None:
    x = leaf([[1.0, 1.0], [1.0, 1.0]])
    base = x.clone()
    base[0].mul_(2)
    base.sum().backward()
    assert array(x.grad).tolist() == [[2.0, 2.0], [1.0, 1.0]]


@pytest.mark.guarantee("E02")
def test_a_change_is_seen_through_another_view_and_a_view_of_a_view(backend: str) -> None:
    x, w = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([5.0, 6.0])
    base = x.clone()
    first = base[0]
    same = base[0]
    same.mul_(w)
    first.sum().backward()
    assert array(x.grad).tolist() == [[5.0, 6.0], [0.0, 0.0]]
    assert array(w.grad).tolist() == [1.0, 2.0]
    x.grad = w.grad = None
    base = x.clone()
    inner = base.T[1][:1]
    inner.mul_(7)
    base.sum().backward()
    assert array(x.grad).tolist() == [[1.0, 7.0], [1.0, 1.0]]


@pytest.mark.guarantee("E03")
def test_a_change_of_the_base_renews_its_older_views(backend: str) -> None:
    x = leaf([1.0, 2.0])
    base = const([10.0, 20.0])
    view = base[1:]
    assert not view.requires_grad
    assert view.grad_fn is None
    base.mul_(x)
    assert view.requires_grad
    first = view.grad_fn
    assert first.next_functions[0][0] is base.grad_fn
    base.add_(x)
    assert view.grad_fn is not first
    assert view.grad_fn.next_functions[0][0] is base.grad_fn
    view.sum().backward()
    assert array(x.grad).tolist() == [0.0, 21.0]


@pytest.mark.guarantee("E04")
def test_a_view_that_takes_in_a_variable_makes_its_base_require_grad(backend: str) -> None:
    x = leaf(3.0)
    base = const([1.0, 2.0])
    view, other = base[0], base[1]
    view.mul_(x)
    assert base.requires_grad
    assert other.requires_grad
    assert not base.is_leaf
    (base.sum() + other * 0).backward()
    assert float(x.grad) == 1.0
    with pytest.warns(UserWarning, match="attribute of a Tensor that is not a leaf"):
        assert base.grad is None


def test_two_changes_through_nested_views_twice_differentiated(backend: str) -> None:
    start, factor = START / 5, np.array([[1.5, -2.0]])

    def changed(a, b):
        root = a.clone()
        root.narrow(1, 1, 3).narrow(0, 1, 2)[:, :2].mul_(b)
        root.narrow(0, 0, 2).narrow(1, 2, 2).mul_(b)
        return root

    def loss(a: np.ndarray, b: np.ndarray) -> float:
        return float((changed(const(a.tolist()), const(b.tolist())) ** 3).sum())

    a, b = leaf(start.tolist()), leaf(factor.tolist())
    ga, gb = tg.autograd.grad((changed(a, b) ** 3).sum(), [a, b], create_graph=True)
    assert array(ga) == pytest.approx(
        numeric_gradient(lambda v: loss(v, factor), start), rel=1e-6, abs=1e-6
    )
    assert array(gb) == pytest.approx(
        numeric_gradient(lambda v: loss(start, v), factor), rel=1e-6, abs=1e-6
    )
    (h,) = tg.autograd.grad((ga * ga).sum() + (gb * gb).sum(), a)

    def square(v: np.ndarray) -> float:
        p, q = leaf(v.tolist()), leaf(factor.tolist())
        gp, gq = tg.autograd.grad((changed(p, q) ** 3).sum(), [p, q])
        return float((array(gp) ** 2).sum() + (array(gq) ** 2).sum())

    assert array(h) == pytest.approx(numeric_gradient(square, start), rel=1e-5, abs=1e-4)


@pytest.mark.guarantee("E15")
def test_an_overlapping_self_update_is_differentiated_right(backend: str) -> None:
    start = np.array([1.0, -2.0, 3.0, 0.5])
    weights = np.array([1.0, 10.0, 100.0, 1000.0])

    def update(y):
        y[1:] += y[:-1].clone() ** 2
        y[1:] += y[:-1]
        y[:2] *= y[2:].clone()
        return y

    def loss(values: np.ndarray) -> float:
        return float((update(const(values.tolist())) * const(weights.tolist())).sum())

    x = leaf(start.tolist())
    (update(x * 1) * const(weights.tolist())).sum().backward()
    assert array(x.grad) == pytest.approx(numeric_gradient(loss, start), rel=1e-6)


def test_a_view_of_a_leaf_is_part_of_the_graph(backend: str) -> None:
    x = leaf([1.0, 2.0])
    view = x[0]
    with tg.no_grad():
        x.mul_(10)
    (view * 3).backward()
    assert float(view.detach()) == 10.0
    assert array(x.grad).tolist() == [3.0, 0.0]


#: Used by rules, or where memory is copied anyway: what they show is nobody else's.
COPIED_ANYWAY = ("as_complex", "as_real", "copy", "reshape_copy", "to_device")


@pytest.mark.parametrize("name", sorted({case.name for case in all_cases()}))
def test_results_share_memory_only_if_they_are_views(backend: str, name: str) -> None:
    for case in all_cases():
        if case.name != name or name in COPIED_ANYWAY:
            continue
        trial = Trial(case, selection.default_place())
        operands = trial.tensors(trial.hosts)
        results = case.apply(operands)
        for out in results if isinstance(results, tuple) else (results,):
            if out._base is not None or any(out is x for x in operands):
                continue
            before = [repr(array(x)) for x in operands]
            if out.dtype is tg.bool:
                out.copy_(~out)
            else:  # PyTorch cannot add in all of the integers' dtypes
                wide = out.dtype if out.dtype.is_differentiable else tg.int64
                out.copy_((out.to(wide) + 1).to(out.dtype))
            assert [repr(array(x)) for x in operands] == before, case.label


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round", "abs", "positive", "flip"])
def test_what_changes_nothing_is_a_copy_still(backend: str, name: str) -> None:
    whole = tg.tensor([[1, 2], [3, 4]])
    out = whole.flip(()) if name == "flip" else getattr(whole, name)()
    if out is not whole:
        out.fill_(9)
        assert whole.tolist() == [[1, 2], [3, 4]]


def test_the_parts_of_complex_numbers_are_views(backend: str) -> None:
    z = tg.tensor([1 + 2j, 3 + 4j], dtype=tg.complex128)
    z.real.mul_(10)
    z.imag[0] = 7.0
    assert z.tolist() == [10 + 7j, 30 + 4j]
    assert z._version == 2
    x = leaf([1.0, 2.0])
    w = x.to(tg.complex128) * (1 + 1j)
    w.real.mul_(5)
    (w.real * 3 + w.imag).sum().backward()
    assert array(x.grad).tolist() == [16.0, 16.0]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[0] @ x,
        lambda x: x @ x[0],
        lambda x: x[None] @ x[0],
        lambda x: tg.kron(x, x),
        lambda x: x.median(0).values,
        lambda x: x.kthvalue(1).values,
        lambda x: x.roll(1),
        lambda x: x.rot90(),
        lambda x: x.rot90(3),
        lambda x: x.quantile(0.5),
        lambda x: x.quantile(const([0.25, 0.5]), 0),
        lambda x: tg.linalg.solve(x, x[0]),
        lambda x: x.repeat(1, 1),
        lambda x: x.sum(0, keepdim=True),
        lambda x: x.max(0).values,
    ],
)
def test_what_a_function_makes_is_no_view_of_what_it_made_on_the_way(
    backend: str, function
) -> None:
    y = function(leaf([[2.0, 1.0], [1.0, 3.0]]) * 1)
    assert not y._is_view()
    assert y._version == 0
    y.detach_()
    assert not y.requires_grad


@pytest.mark.guarantee("E05")
@pytest.mark.parametrize("check", [tg.autograd.gradcheck, tg.autograd.gradgradcheck])
def test_changes_through_narrowed_views_pass_the_check_of_derivatives(backend: str, check) -> None:
    def function(root, b):
        x = root.clone()
        x.narrow(1, 1, 2).narrow(0, 0, 2).mul_(b)
        x.narrow(1, 0, 2).narrow(0, 1, 2).mul_(b)
        return x

    assert check(function, (leaf((START / 7).tolist()), leaf([[0.5, -1.5]])))


@pytest.mark.guarantee("E13")
def test_a_function_without_gradient_may_stand_before_a_change_of_a_view(backend: str) -> None:
    class Blocks(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return None

    x, b = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([5.0, 6.0])
    y = x.clone()
    y[0].add_(Blocks.apply(b))
    y.sum().backward()
    assert b.grad is None
    assert array(x.grad).tolist() == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.guarantee("E14")
def test_changes_through_real_and_complex_views_of_one_memory(backend: str) -> None:
    if not selection.default_place().backend.strided_views:
        pytest.skip("these views are copies on this backend")
    start = np.array([[1.0, 2.0], [3.0, -4.0]])

    def in_place(x):
        y = x * 1
        z = tg.view_as_complex(y)
        z.mul_(2 - 1j)
        tg.view_as_real(z)[0].mul_(3.0)
        return y

    def apart(x):
        z = tg.view_as_complex(x * 1) * (2 - 1j)
        return tg.view_as_real(z) * const([[3.0, 3.0], [1.0, 1.0]])

    found = []
    for function in (in_place, apart):
        x = leaf(start.tolist())
        out = function(x)
        (g,) = tg.autograd.grad((out * const([[1.0, 10.0], [100.0, 1000.0]])).sum(), x)
        found.append((array(out).tolist(), array(g).tolist()))
    assert found[0] == found[1]


# -- outputs of functions that return several views ------------------------------------------


@pytest.mark.guarantee("E06")
@pytest.mark.parametrize(
    "split",
    [
        lambda t: t.unbind(0),
        lambda t: t.split(1),
        lambda t: t.chunk(2),
        lambda t: tuple(t),
        lambda t: tuple(v.view(-1) for v in t.unbind(0)),
        lambda t: tuple(v.view_as(v)[:] for v in t.split(1)),
        lambda t: t.view_as(t).unbind(0),
    ],
)
def test_one_of_several_views_cannot_be_changed(backend: str, split) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    base = x * 1
    first, second = split(base)
    assert array(first).ravel().tolist() == [1.0, 2.0]
    with pytest.raises(RuntimeError, match=MULTI):
        first.mul_(2)
    assert array(base).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert base._version == 0
    (first * second.detach()).sum().backward()
    assert array(x.grad).tolist() == [[3.0, 4.0], [0.0, 0.0]]


def test_several_views_without_history_can_be_changed(backend: str) -> None:
    base = const([[1.0, 2.0], [3.0, 4.0]])
    first, _ = base.unbind(0)
    first.mul_(2)
    assert array(base).tolist() == [[2.0, 4.0], [3.0, 4.0]]
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        first.mul_(leaf(2.0))


# -- views and grad mode ----------------------------------------------------------------------


@pytest.mark.guarantee("E07")
def test_a_view_made_under_no_grad_cannot_be_changed_outside(backend: str) -> None:
    x = leaf([1.0, 2.0])
    base = x * 1
    with tg.no_grad():
        view = base[0]
        further = view.view(1)
        of_leaf = x[0]
    for t in (view, further, of_leaf):
        with pytest.raises(RuntimeError, match="^" + NO_GRAD_VIEW):
            t.mul_(2)
    with tg.no_grad():
        view.mul_(2)
    assert array(base).tolist() == [2.0, 2.0]
    constant = const([1.0])
    with tg.no_grad():
        view = constant.view(1)
    assert array(view.mul_(2)).tolist() == [2.0]
    with pytest.raises(RuntimeError, match="^" + NO_GRAD_VIEW):
        view.mul_(x[0])


@pytest.mark.guarantee("E07")
def test_a_view_of_a_view_made_under_no_grad_cannot_be_changed_outside(backend: str) -> None:
    base = const([1.0, 2.0])
    with tg.no_grad():
        view = base.view(2)
    view.requires_grad_()
    further = view.view(2)
    said = "a view of a view .* is being .* inside the no_grad block"
    for t in (further, further[0]):
        with pytest.raises(RuntimeError, match=said):
            t /= 2
    assert array(base).tolist() == [1.0, 2.0]


@pytest.mark.guarantee("E08")
def test_a_view_made_under_no_grad_follows_its_base(backend: str) -> None:
    x = leaf([1.0, 2.0])
    base = x * 1
    with tg.no_grad():
        view = base[0]
    assert "grad_fn" not in repr(view)
    base.mul_(5)
    assert repr(view).startswith("tensor(5.")
    assert "grad_fn=<SelectBackward0>" in repr(view)
    view.backward()
    assert array(x.grad).tolist() == [5.0, 0.0]


@pytest.mark.guarantee("E08")
def test_printing_a_view_never_fails(backend: str) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    base = x * 1
    with tg.no_grad():
        views = [base[0], base[0][1:], base.T, x[0], *base.unbind(0)]
    views += [base.detach()[0], *base.unbind(0), *x.unbind(0), base[0]]
    for change in (
        lambda: base.mul_(2),
        lambda: base[1].add_(1),
        base.detach_,
        lambda: base.mul_(x),
        lambda: base.requires_grad_(),
    ):
        change()
        for view in (base, *views):
            assert str(view).startswith("tensor(")
            assert "Invalid" not in repr(view)


@pytest.mark.guarantee("E11")
def test_history_outlives_a_look_under_no_grad(backend: str) -> None:
    x = leaf([1.0, 2.0])
    base = x.clone()
    view = base[0]
    base.mul_(3)
    with tg.no_grad():
        assert view.grad_fn is not None
        view.mul_(1.0)
    view.backward()
    assert array(x.grad).tolist() == [3.0, 0.0]


@pytest.mark.guarantee("E09")
def test_a_view_outlives_the_detachment_of_its_base(backend: str) -> None:
    x = leaf([1.0, 2.0])
    base = x * 2
    view = base[0]
    base.detach_()
    assert not base.requires_grad
    assert view.requires_grad
    view.backward()
    assert array(x.grad).tolist() == [2.0, 0.0]
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        view.mul_(2)
    assert array(base).tolist() == [2.0, 4.0]


# -- lifetimes -----------------------------------------------------------------------------


@pytest.mark.guarantee("E10")
def test_a_view_changed_by_an_operation_that_saves_its_result_makes_no_cycle(backend: str) -> None:
    gc.disable()
    try:
        x = leaf([[-1.0, 2.0], [3.0, -4.0]])
        base = x * 1
        view = base[0]
        view.relu_()
        view.exp_()
        watched = [weakref.ref(t) for t in (base, view, base.grad_fn, view.grad_fn)]
        base.sum().backward()
        del base, view
        assert [w() for w in watched] == [None] * 4
    finally:
        gc.enable()
    assert array(x.grad) == pytest.approx(np.array([[0.0, np.exp(2.0)], [1.0, 1.0]]))


@pytest.mark.guarantee("E12")
def test_a_view_that_only_the_graph_knows_still_works(backend: str) -> None:
    x = leaf([1.0, 2.0])
    base = x.clone()
    view = base[0]
    base.mul_(3)
    out = view * view
    del base
    gc.collect()
    out.backward()
    assert array(x.grad).tolist() == [18.0, 0.0]
    assert view.grad_fn is not None


@pytest.mark.guarantee("E12")
def test_what_a_change_of_a_view_recorded_outlives_the_view(backend: str) -> None:
    x = leaf([-1.0, 2.0, 3.0])
    view = x[:2].clone().view(-1)
    node = weakref.ref(view.relu_().grad_fn)
    out = view.clone()
    del view
    gc.collect()
    assert node() is not None
    out.sum().backward()
    assert array(x.grad).tolist() == [0.0, 1.0, 0.0]


@pytest.mark.guarantee("P07")
def test_the_collector_takes_no_view_that_the_graph_needs(backend: str) -> None:
    x = leaf([1.0, 2.0])

    def build():
        view = (x * x).view(2, 1)
        circle: list[object] = [view]
        circle.append(circle)
        return view.view(2) * view.view(2), weakref.ref(view)

    out, watched = build()
    gc.collect()
    assert watched() is None  # the circle is gone, and what the graph needs is not
    out.sum().backward()
    assert array(x.grad).tolist() == [4.0, 32.0]


def test_views_that_are_gone_cost_nothing(backend: str) -> None:
    base = const([1.0, 2.0])
    kept = base[1]
    before = live(weakref.ref)
    for _ in range(1000):
        base[0]
    assert live(weakref.ref) - before < 100
    base.mul_(leaf(2.0))
    assert base.requires_grad
    assert kept.requires_grad
