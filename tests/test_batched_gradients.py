"""Several gradients at once: `is_grads_batched`, and gradients that are batches of `vmap`."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf
from tensorflowlite_grad.autograd import Function
from tensorflowlite_grad.backend import selection
from tensorflowlite_grad.checking import all_cases
from tensorflowlite_grad.checking.derivatives import Trial
from tensorflowlite_grad.func import vmap

FREED = "Trying to backward through the graph a second time"
WRONG = "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the "


class Single(Function):
    """x * 3, whose derivative is to see one gradient at a time."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 3 if float(g.abs().sum()) > 0 else g * 0


def one_by_one(y: Any, inputs: list[Any], rows: Any, **options: Any) -> list[Any]:
    """Return what `grad` gives for each row, stacked."""
    found = [tg.autograd.grad(y, inputs, row, retain_graph=True, **options) for row in rows]
    return [tg.stack(list(column)) for column in zip(*found, strict=True)]


def calls(t: Any, seen: list[Any]) -> Any:
    """Return a tensor whose hook counts the gradients that it sees."""
    t.register_hook(lambda g: seen.append(tuple(g.shape)))
    return t


@pytest.mark.guarantee("B23")
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_of_a_batch_are_those_of_its_rows(backend: str, create_graph: bool) -> None:
    x, w = leaf([1.0, 2.0, 3.0]), leaf([[0.5, 1.0, -1.0], [2.0, 0.1, 0.3], [1.0, 1.0, 1.0]])
    rows = const([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, -1.0]])
    for y in ((w @ x).tanh() * x, (w[[0, 0, 2], 1] * x.cumsum(0)).sort()[0], w.prod(0) / x):
        want = one_by_one(y, [x, w], rows)
        found = tg.autograd.grad(
            y, [x, w], rows, is_grads_batched=True, retain_graph=True, create_graph=create_graph
        )
        for got, wanted in zip(found, want, strict=True):
            assert got.dtype is tg.float64
            assert got.requires_grad is create_graph
            np.testing.assert_allclose(array(got), array(wanted), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("create_graph", [False, True])
def test_every_operation_takes_gradients_of_a_batch(backend: str, create_graph: bool) -> None:
    wrong = []
    for case in all_cases() if backend == "numpy" else {c.name: c for c in all_cases()}.values():
        trial = Trial(case, selection.default_place())
        if not trial.inputs:
            continue
        tensors = trial.tensors(trial.hosts, leaves=True)
        inputs = [tensors[k] for k in trial.inputs]
        y = case.apply(tensors)
        if not y.requires_grad:
            continue
        host = trial.host(y)
        rows = tg.stack([trial.tensors([trial.direction(host, k)])[0] for k in range(3)])
        options = {"retain_graph": True, "create_graph": create_graph, "allow_unused": True}
        found = tg.autograd.grad(y, inputs, rows, is_grads_batched=True, **options)
        single = [tg.autograd.grad(y, inputs, row, **options) for row in rows]
        for got, column in zip(found, zip(*single, strict=True), strict=True):
            if got is None or column[0] is None:
                wrong += [] if got is column[0] else [case.id]
                continue
            want = tg.stack(list(column))
            wrong += [] if got.dtype is want.dtype else [f"{case.id}: {got.dtype}"]
            same = {"rtol": 1e-9, "atol": 1e-11, "equal_nan": True}
            if not np.allclose(trial.host(got), trial.host(want), **same):
                wrong.append(case.id)
    assert wrong == []


@pytest.mark.guarantee("B23")
def test_a_batch_goes_through_the_graph_once(backend: str) -> None:
    runs = []

    def rule(xp: Any, g: Any, x: Any) -> Any:
        runs.append(g.shape)
        return 2 * x * g

    square = tg.autograd.operation(lambda xp, x: x * x, vjp={"x": rule})
    x = leaf([1.0, 2.0, 3.0])
    (jacobian,) = tg.autograd.grad(square(x), x, tg.eye(3), is_grads_batched=True)
    assert array(jacobian).tolist() == np.diag([2.0, 4.0, 6.0]).tolist()
    assert [tuple(shape) for shape in runs] == [(3,)]


@pytest.mark.parametrize("retain_graph", [False, True])
@pytest.mark.parametrize("size", [1, 3])
def test_a_batch_frees_what_a_pass_frees(backend: str, size: int, retain_graph: bool) -> None:
    x = leaf([1.0, 2.0, 3.0])
    plain = x.flip(0)
    y = plain * x
    rows = tg.ones(size, 3, dtype=tg.float64)
    options = {"is_grads_batched": True, "retain_graph": retain_graph}
    tg.autograd.grad(y, x, rows, **options)
    refused = contextlib.nullcontext() if retain_graph else pytest.raises(RuntimeError, match=FREED)
    with refused:
        tg.autograd.grad(y, x, rows, **options)
    # Behind what was asked for nothing runs, and nothing is freed.
    inner = x * x
    tg.autograd.grad(inner + 1, inner, rows, is_grads_batched=True)
    inner.sum().backward()
    assert array(x.grad).tolist() == [2.0, 4.0, 6.0]
    # Where nothing was saved, nothing is missing.
    for _ in range(2):
        tg.autograd.grad(plain, x, rows, is_grads_batched=True)


def test_freed_options_can_still_be_read(backend: str) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = x.prod(1)
    tg.autograd.grad(y, x, tg.ones(3, 2, dtype=tg.float64), is_grads_batched=True)
    assert y.grad_fn._saved_keepdim is False
    with pytest.raises(RuntimeError, match="after they have already been freed"):
        _ = y.grad_fn._saved_self


def test_gradients_of_a_batch_are_their_own_memory(backend: str) -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    rows = const([[1.0, 0.0], [0.0, 1.0]])
    gx, gw = tg.autograd.grad(x + w, [x, w], rows, is_grads_batched=True)
    gx.zero_()
    assert array(gw).tolist() == array(rows).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    (g,) = tg.autograd.grad(x.sum(), x, const([5.0, 6.0]), is_grads_batched=True)
    g[0, 0] = 7.0
    assert array(g).tolist() == [[7.0, 5.0], [6.0, 6.0]]


@pytest.mark.guarantee("B24")
def test_a_batch_of_numbers_is_for_a_scalar(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y, one = (x * x).sum(), x[:1] * 3
    (g,) = tg.autograd.grad(y, x, const([1.0, 2.0, 3.0]), is_grads_batched=True, retain_graph=True)
    assert array(g).tolist() == [[2.0, 4.0], [4.0, 8.0], [6.0, 12.0]]
    (g,) = tg.autograd.grad(one, x, const([[1.0], [2.0]]), is_grads_batched=True)
    assert array(g).tolist() == [[3.0, 0.0], [6.0, 0.0]]
    for output, wrong in ((y, const([[1.0], [1.0]])), (one, const([1.0, 1.0])), (y, const(1.0))):
        with pytest.raises(RuntimeError, match=WRONG):
            tg.autograd.grad(output, x, wrong, is_grads_batched=True)


def test_several_outputs_unused_inputs_and_absent_gradients(backend: str) -> None:
    x, unused = leaf([1.0, 2.0]), leaf([7.0])
    y, z = (x * x).sum(), x * 3
    gx, gu = tg.autograd.grad(
        [y, z],
        [x, unused],
        [const([1.0, 2.0]), const([[1.0, 1.0], [0.0, 1.0]])],
        is_grads_batched=True,
        allow_unused=True,
        retain_graph=True,
    )
    assert array(gx).tolist() == [[5.0, 7.0], [4.0, 11.0]]
    assert gu is None
    _, gu = tg.autograd.grad(
        y,
        [x, unused],
        const([1.0, 2.0]),
        is_grads_batched=True,
        materialize_grads=True,
        retain_graph=True,
    )
    assert array(gu).tolist() == [[0.0], [0.0]]
    with pytest.raises(RuntimeError, match="at index 1 appears to not have been used"):
        tg.autograd.grad(y, [x, unused], const([1.0, 2.0]), is_grads_batched=True)
    # Without a gradient of its own, a scalar counts in every row.
    (g,) = tg.autograd.grad([y, z], x, [None, tg.eye(2)], is_grads_batched=True)
    assert array(g).tolist() == [[5.0, 4.0], [2.0, 7.0]]
    with pytest.raises(RuntimeError, match="needs grad_outputs with a leading batch axis"):
        tg.autograd.grad(z.sum(), x, is_grads_batched=True)


def test_a_batch_of_none_at_all(backend: str) -> None:
    x, unused = leaf([1.0, 2.0]), leaf([7.0])
    rows = tg.zeros(0, 2)
    (g,) = tg.autograd.grad(x * x, x, rows, is_grads_batched=True)
    assert (tuple(g.shape), g.dtype) == ((0, 2), tg.float64)
    with pytest.raises(RuntimeError, match="at index 1 appears to not have been used"):
        tg.autograd.grad(x * x, [x, unused], rows, is_grads_batched=True)
    options = {"is_grads_batched": True, "materialize_grads": True}
    _, g = tg.autograd.grad(x * x, [x, unused], rows, **options)
    assert tuple(g.shape) == (0, 1)
    edge = tg.autograd.graph.get_gradient_edge(x)
    with pytest.raises(RuntimeError, match="at index 0 is a GradientEdge, whose shape is unknown"):
        tg.autograd.grad(x * x, edge, rows, is_grads_batched=True)


def test_gradients_of_a_batch_can_be_differentiated_again(backend: str) -> None:
    x = leaf([1.0, 2.0])
    rows = const([[1.0, 0.0], [0.0, 1.0]]).requires_grad_()
    y = x**3
    with tg.no_grad():  # the mode of the caller is not that of the pass
        (jacobian,) = tg.autograd.grad(y, x, rows, is_grads_batched=True, create_graph=True)
    second, by_rows = tg.autograd.grad(jacobian.sum(), [x, rows])
    assert array(second).tolist() == pytest.approx([6.0, 12.0])
    assert array(by_rows).tolist() == [[3.0, 12.0], [3.0, 12.0]]
    (jacobian,) = tg.autograd.grad(x**3, x, rows, is_grads_batched=True)
    assert not jacobian.requires_grad


@pytest.mark.guarantee("B23")
def test_a_batched_gradient_of_the_wrong_shape_is_named_as_it_was_passed(backend: str) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = x * x
    said = (
        WRONG + r".*a mismatch was detected: grad_output\[0\] has a "
        r"shape of .*Size\(\[2, 3\]\) and output\[0\] has a shape of .*Size\(\[2, 2\]\)"
    )
    with pytest.raises(RuntimeError, match=said):
        tg.autograd.grad(y, x, tg.ones(2, 3, dtype=tg.float64), is_grads_batched=True)
    with pytest.raises(RuntimeError, match=r"grad_output\[0\] has a shape of .*Size\(\[\]\) and "):
        tg.autograd.grad(y, x, const(1.0), is_grads_batched=True)
    with pytest.raises(RuntimeError, match="must agree in their batch size"):
        tg.autograd.grad([y, y], x, [tg.ones(2, 2, 2), tg.ones(3, 2, 2)], is_grads_batched=True)
    with pytest.raises(TypeError, match="gradients can be either Tensors or None, but got list"):
        tg.autograd.grad([y], x, [[1.0]], is_grads_batched=True)


# -- where gradients come one at a time -----------------------------------------------------


def test_hooks_and_functions_of_the_user_s_get_one_gradient_at_a_time(backend: str) -> None:
    x = leaf([1.0, 2.0])
    rows = const([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    seen: list[Any] = []
    programs = [
        lambda: Single.apply(x),
        lambda: calls(x * 3, seen),
        lambda: calls(x * 1, seen) * 3,
    ]
    for program in programs:
        (g,) = tg.autograd.grad(program(), x, rows, is_grads_batched=True)
        assert array(g).tolist() == [[3.0, 0.0], [0.0, 3.0], [0.0, 0.0]]
    assert seen == [(2,)] * 6
    node = (x * 3).exp()
    node.grad_fn.register_prehook(lambda gs: seen.append(len(gs)))
    tg.autograd.grad(node, x, rows, is_grads_batched=True)
    assert seen[6:] == [1] * 3
    handle = calls(x, seen)
    tg.autograd.grad(handle * 3, x, rows, is_grads_batched=True)
    assert seen[9:] == [(2,)] * 3


def test_retained_gradients_of_a_batch_are_those_of_single_passes(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    y.retain_grad()
    tg.autograd.grad(y * 2, x, const([[1.0, 0.0], [1.0, 5.0]]), is_grads_batched=True)
    assert array(y.grad).tolist() == [4.0, 10.0]


def test_what_depends_on_values_is_done_one_by_one(backend: str) -> None:
    seen: list[Any] = []

    def rule(xp: Any, g: Any, x: Any) -> Any:
        seen.append(g)
        return x * g * 2 if bool(xp.any(g > 0)) else g * 0

    square = tg.autograd.operation(lambda xp, x: x * x, vjp={"x": rule})
    x = leaf([1.0, 2.0])
    inner = x * x
    y = square(inner)
    rows = const([[1.0, 0.0], [0.0, -1.0]])
    (g,) = tg.autograd.grad(y * y, x, rows, is_grads_batched=True)
    # y * y is 4 y y', and y' = 4 x**3: the first row alone has a positive gradient
    assert array(g).tolist() == [[8.0, 0.0], [0.0, 0.0]]
    assert len(seen) == 3
    with pytest.raises(RuntimeError, match=FREED):
        tg.autograd.grad(inner, x, rows, is_grads_batched=True)


@pytest.mark.parametrize(
    "watching",
    [
        lambda: tg.autograd.detect_anomaly(),
        lambda: tg.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), const),
        lambda: tg.autograd.forward_ad.dual_level(),
    ],
    ids=["anomaly", "packed", "forward mode"],
)
@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_a_pass_that_is_watched_gives_the_same(backend: str, watching: Any) -> None:
    x = leaf([1.0, 2.0])
    rows = const([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    with watching():
        y = (x * x).exp()
        (g,) = tg.autograd.grad(y, x, rows, is_grads_batched=True)
    want = array(rows) * 2 * array(x) * np.exp(array(x) ** 2)
    np.testing.assert_allclose(array(g), want, rtol=1e-14)


# -- gradients that are batches of vmap -----------------------------------------------------


def test_batches_of_gradients_inside_a_batch(backend: str) -> None:
    x = const([[1.0, 2.0], [3.0, 4.0], [0.5, 0.1]])
    rows = const([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0]])

    def jacobian(v: Any) -> Any:
        v = v.detach().requires_grad_()
        (g,) = tg.autograd.grad((v * v).sin() * v.sum(), v, rows, is_grads_batched=True)
        return g

    want = tg.stack([jacobian(row) for row in x])
    np.testing.assert_allclose(array(vmap(jacobian)(x)), array(want), rtol=1e-13)


def test_backward_refuses_a_batch_for_what_is_no_batch(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    said = r"backward\(\) called inside a functorch transform. This is not supported"

    def backward(g: Any) -> Any:
        with pytest.raises(RuntimeError, match=said):
            y.backward(g)
        with pytest.raises(RuntimeError, match=said):
            tg.autograd.backward([y.sum(), x], [None, g])
        with pytest.raises(RuntimeError, match=said):
            y.backward(g, inputs=[x])
        return tg.autograd.grad(y, x, g)[0]

    # Nothing was freed, nothing written; and what the error recommends works.
    g = vmap(backward)(const([[1.0, 0.0], [0.0, 1.0]]))
    assert x.grad is None
    assert array(g).tolist() == [[2.0, 0.0], [0.0, 4.0]]


def test_backward_inside_a_batch_for_what_is_in_it(backend: str) -> None:
    def own(v: Any) -> Any:
        v = v.detach().requires_grad_()
        (v * v).backward(v.detach())
        return v.grad

    x = const([[1.0, 2.0], [3.0, 4.0]])
    assert array(vmap(own)(x)).tolist() == (2 * array(x) ** 2).tolist()
