"""Derivatives of derivatives."""

from __future__ import annotations

import gc
import math
import warnings
import weakref

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, function_of, leaf, live
from tensorflowlite_grad.autograd import gradgradcheck, operation
from tensorflowlite_grad.autograd.graph import Node

V = np.array([0.3, -1.2, 2.0])


def _loss(x):
    return (x.sin() * x * x).sum() + x[0] * x[1] * x[2]


def _hessian(v: np.ndarray) -> np.ndarray:
    out = np.diag((2 - v * v) * np.sin(v) + 4 * v * np.cos(v))
    for i in range(3):
        for j in range(3):
            if i != j:
                out[i, j] = v[3 - i - j]
    return out


@pytest.mark.guarantee("K01")
@pytest.mark.parametrize("how", ["grad", "backward"])
@pytest.mark.filterwarnings("ignore:Using backward")
def test_a_hessian_vector_product(backend: str, how: str) -> None:
    x, v = leaf(V.tolist()), [1.0, -2.0, 0.5]
    y = _loss(x)
    if how == "grad":
        (g,) = tg.autograd.grad(y, x, create_graph=True)
        (hv,) = tg.autograd.grad((g * const(v)).sum(), x)
    else:
        y.backward(create_graph=True)
        g = x.grad
        x.grad = None
        (g * const(v)).sum().backward()
        hv = x.grad
    assert array(hv) == pytest.approx(_hessian(V) @ v, rel=1e-12)


def test_a_whole_hessian_is_symmetric_and_right(backend: str) -> None:
    x = leaf(V.tolist())
    (g,) = tg.autograd.grad(_loss(x), x, create_graph=True)
    rows = [tg.autograd.grad(g[k], x, retain_graph=True)[0] for k in range(3)]
    found = np.stack([array(r) for r in rows])
    assert found == pytest.approx(_hessian(V), rel=1e-12)
    assert found == pytest.approx(found.T, rel=1e-14)


def test_the_gradient_of_a_gradient_s_cotangent(backend: str) -> None:
    # Differentiating with respect to the cotangent gives the Jacobian-vector product.
    x, u = leaf(V.tolist()), leaf([1.0, 1.0, 1.0])
    (g,) = tg.autograd.grad(x.exp(), x, u, create_graph=True)
    (jvp,) = tg.autograd.grad(g, u, const([1.0, 2.0, 3.0]))
    assert array(jvp) == pytest.approx(np.exp(V) * [1, 2, 3])


@pytest.mark.guarantee("K07")
@pytest.mark.parametrize("order", range(1, 13))
def test_every_derivative_of_x_sin_x_up_to_the_twelfth(backend: str, order: int) -> None:
    x = leaf(1.3)
    y = x * x.sin()
    for _ in range(order):
        (y,) = tg.autograd.grad(y, x, create_graph=True)
    # The n-th derivative of x*sin(x) is x*sin(x + n*pi/2) + n*sin(x + (n-1)*pi/2).
    expected = 1.3 * math.sin(1.3 + order * math.pi / 2)
    expected += order * math.sin(1.3 + (order - 1) * math.pi / 2)
    assert y.item() == pytest.approx(expected, rel=0, abs=1e-12)


square = function_of(
    lambda ctx, x: (ctx.save_for_backward(x, y := x**2), y)[1],
    lambda ctx, g: 2 * g * ctx.saved_tensors[0],
)


@pytest.mark.guarantee("K04")
@pytest.mark.parametrize("function", [lambda x: x * x, lambda x: x**2, square.apply])
def test_a_gradient_may_be_taken_again_and_again(backend: str, function) -> None:
    x = leaf([3.0])
    y = function(x).sum()
    (first,) = tg.autograd.grad(y, x, create_graph=True)
    (second,) = tg.autograd.grad(y, x, create_graph=True)
    assert array(first).tolist() == array(second).tolist() == [6.0]
    for g in (first, second):
        for retain_graph in (True, True, False):
            (again,) = tg.autograd.grad(g.sum(), x, retain_graph=retain_graph)
            assert array(again).tolist() == [2.0]


@pytest.mark.guarantee("K04")
@pytest.mark.parametrize("function", [lambda x: x * x, lambda x: x**2, square.apply])
def test_no_graph_is_freed_early(backend: str, function) -> None:
    x = leaf([3.0])
    y = function(x).sum()
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    tg.autograd.grad(g.sum(), x)  # frees the graph of the gradient, and nothing of y's
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    del y
    (h,) = tg.autograd.grad((g**2).sum(), x)
    assert array(h).tolist() == [8 * 3.0]


@pytest.mark.guarantee("K05")
def test_descent_on_what_descent_reached_reaches_all_leaves(backend: str) -> None:
    x, rate = leaf([1.0, 2.0]), leaf(0.1)
    y = x
    for _ in range(5):
        (g,) = tg.autograd.grad((y**2).sum(), y, create_graph=True)
        assert x.grad is None
        assert rate.grad is None
        y = y - rate * g
    y.sum().backward()
    # y = x * (1 - 2*rate)**5
    assert array(x.grad) == pytest.approx([0.8**5] * 2)
    assert rate.grad.item() == pytest.approx(-10 * 0.8**4 * 3.0)


@pytest.mark.guarantee("K06")
def test_what_is_linear_has_no_second_derivative(backend: str) -> None:
    x, a = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (first,) = tg.autograd.grad((x * a).sum(), x, create_graph=True)
    assert array(first).tolist() == [3.0, 4.0]
    g = first.sum()
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        tg.autograd.grad(g, x, retain_graph=True)
    assert tg.autograd.grad(g, x, allow_unused=True, create_graph=True) == (None,)
    (second,) = tg.autograd.grad(g, x, materialize_grads=True, create_graph=True)
    assert array(second).tolist() == [0.0, 0.0]
    (third,) = tg.autograd.grad(second.sum(), x, materialize_grads=True)
    assert array(third).tolist() == [0.0, 0.0]


@pytest.mark.guarantee("K06")
def test_what_is_linear_in_all_that_requires_grad(backend: str) -> None:
    x, a = leaf([1.0, 2.0]), const([3.0, 4.0])
    (g,) = tg.autograd.grad((x * a).sum(), x, create_graph=True)
    assert array(g).tolist() == [3.0, 4.0]
    with pytest.raises(RuntimeError, match="does not require grad and does not have a grad_fn"):
        tg.autograd.grad(g.sum(), x)
    other = leaf([1.0])
    h1, h2 = tg.autograd.grad((x * x).sum(), [x, other], create_graph=True, materialize_grads=True)
    (third,) = tg.autograd.grad(h2.sum(), x, allow_unused=True, retain_graph=True)
    assert third is None
    assert array(tg.autograd.grad(h1.sum(), x)[0]).tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.exp(),
        lambda x: x.tanh(),
        lambda x: x.sigmoid(),
        lambda x: (x * x + 1).log(),
        lambda x: x.cos() / (x + 4),
        lambda x: (x * x + 1) ** 1.5,
        lambda x: x.softmax(0),
        lambda x: x.logsumexp(0),
        lambda x: x.reshape(3, 1) @ x.reshape(1, 3),
        lambda x: x[[0, 2, 0]] * x[1:2],
        lambda x: tg.where(x > 0, x**3, x**2),
        lambda x: tg.cat([x, x * x])[::2],
        lambda x: tg.stack([x, x * 2]).T.cumsum(0),
        lambda x: x.norm(),
        lambda x: (x * x * x).var(),
        lambda x: tg.maximum(x, x * x),
        lambda x: x.unbind(0)[1] * x.unbind(0)[2],
        lambda x: (x**2).prod(),
        lambda x: tg.atan2(x, x * x + 1),
        lambda x: x.clamp(-1.0, 1.0) * x,
        lambda x: x.abs() * x,
    ],
)
def test_second_derivatives_are_those_of_finite_differences(backend: str, function) -> None:
    weights = [0.7, -1.1, 0.4, 2.0, -0.3, 1.7, 0.9, -0.8, 0.6]

    def gradient(values: np.ndarray, again: bool = False):
        x = leaf(values.tolist())
        y = function(x)
        w = const(weights[: y.numel()]).reshape(y.shape)
        (g,) = tg.autograd.grad((y * y * w).sum(), x, create_graph=again)
        return x, g

    x, g = gradient(V, again=True)
    u = np.array([1.0, -0.5, 2.0])
    (found,) = tg.autograd.grad((g * const(u.tolist())).sum(), x)
    step = 1e-6
    for k in range(3):
        shift = np.eye(3)[k] * step
        up, down = (array(gradient(V + s)[1]) for s in (shift, -shift))
        assert array(found)[k] == pytest.approx(((up - down) / (2 * step)) @ u, rel=1e-5, abs=1e-6)


# -- backward(create_graph=True) and its cycle ----------------------------------------------------


@pytest.mark.guarantee("K02")
def test_backward_with_create_graph_warns_and_grad_does_not(backend: str) -> None:
    words = (
        r"Using backward\(\) with create_graph=True will create a reference cycle between the "
        "parameter and its gradient which can cause a memory leak. We recommend using autograd.grad"
    )
    for call in (
        lambda y: y.backward(create_graph=True),
        lambda y: tg.autograd.backward(y, create_graph=True),
    ):
        x = leaf([2.0])
        with pytest.warns(UserWarning, match=words) as found:
            call((x * x).sum())
        assert len(found) == 1
        assert x.grad.requires_grad
        x.grad = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tg.autograd.grad((x * x).sum(), x, create_graph=True)
        (x * x).sum().backward()


@pytest.mark.guarantee("K02")
def test_a_line_of_the_program_warns_once(backend: str) -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.resetwarnings()
        warnings.simplefilter("default")
        for _ in range(5):
            x = leaf([2.0])
            (x * x).sum().backward(create_graph=True)
            x.grad = None
    assert [w.filename for w in found] == [__file__]


@pytest.mark.guarantee("K03")
@pytest.mark.filterwarnings("ignore:Using backward")
def test_the_cycle_that_it_makes_is_collected(backend: str) -> None:
    def step() -> list[weakref.ref]:
        x = leaf([2.0])
        (x**3).sum().backward(create_graph=True)
        assert x.grad.requires_grad
        return [weakref.ref(x), weakref.ref(x.grad)]

    step()  # what is made once, as tensors of constants, stays
    gc.collect()
    before = live(tg.Tensor, Node)
    gc.disable()
    try:
        watched = [r for _ in range(300) for r in step()]
        assert all(w() is not None for w in watched)  # there are cycles
    finally:
        gc.enable()
    gc.collect()
    assert all(w() is None for w in watched)
    assert live(tg.Tensor, Node) <= before


@pytest.mark.guarantee("K03")
@pytest.mark.filterwarnings("ignore:Using backward")
def test_a_gradient_taken_away_leaves_no_cycle(backend: str) -> None:
    gc.disable()
    try:
        x = leaf([2.0])
        (x**3).sum().backward(create_graph=True)
        watched = [weakref.ref(t) for t in (x, x.grad)]
        x.grad = None
        del x
        assert [w() for w in watched] == [None] * 2
    finally:
        gc.enable()


def test_grad_with_create_graph_makes_no_cycle(backend: str) -> None:
    gc.disable()
    try:
        x = leaf([2.0])
        (g,) = tg.autograd.grad((x * x.exp()).sum(), x, create_graph=True)
        watched = [weakref.ref(t) for t in (x, g, g.grad_fn)]
        del x, g
        assert [w() for w in watched] == [None] * 3
    finally:
        gc.enable()


# -- where there is no derivative -----------------------------------------------------------------


@pytest.mark.guarantee("K09")
@pytest.mark.parametrize("reduce", [tg.scatter_reduce, tg.index_reduce])
def test_products_with_several_zeros_have_second_derivatives(backend: str, reduce) -> None:
    index = tg.tensor([0, 1, 1, 1])

    def result(x, source):
        return reduce(x, 0, index, source, "prod")

    x, source = leaf([2.0, 3.0]), leaf([5.0, 0.0, 0.0, 7.0])
    (g,) = tg.autograd.grad(result(x, source)[1], source, create_graph=True)
    assert array(g).tolist() == [0.0] * 4
    # d/ds1 of x1*s1*s2*s3 is x1*s2*s3, and so on.
    rows = [tg.autograd.grad(g[k], source, retain_graph=True)[0] for k in range(4)]
    expected = np.zeros((4, 4))
    expected[1, 2] = expected[2, 1] = 3.0 * 7.0
    assert np.stack([array(r) for r in rows]).tolist() == expected.tolist()
    assert gradgradcheck(result, (x, source))


@pytest.mark.guarantee("K09")
def test_what_has_no_second_derivative_says_so(backend: str) -> None:
    by_arrays = operation(lambda t: t * t * t, vjp={"t": lambda g, t: 3 * t * t * g}, name="cubed")
    x = leaf([1.0, 2.0])
    (g,) = tg.autograd.grad(by_arrays(x).sum(), x, create_graph=True)
    assert array(g).tolist() == [3.0, 12.0]
    words = "Double backward is unsupported for the vjp of 't' of operation 'cubed'"
    with pytest.raises(RuntimeError, match=words):
        tg.autograd.grad(g.sum(), x)


@pytest.mark.guarantee("K10")
@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: tg.igamma(x, const([1.0, 2.0])), "igamma: input"),
        (lambda x: tg.igammac(x, const([1.0, 2.0])), "igammac: input"),
        (lambda x: tg.special.zeta(x, const([1.0, 2.0])), "zeta: input"),
        (lambda x: operation(lambda t: t * 2, name="mine")(x), "mine: t"),
    ],
)
def test_a_missing_derivative_is_an_error_in_backward(backend: str, function, name: str) -> None:
    x, other = leaf([1.5, 2.5]), leaf([1.0, 1.0])
    y = function(x)
    assert y.requires_grad
    with pytest.raises(NotImplementedError, match=f"the derivative for '{name}' is not implement"):
        (y * other).sum().backward()
    assert x.grad is None
    assert other.grad is None
    (function(x.detach()) * other).sum().backward()
    assert array(other.grad).tolist() == array(y).tolist()
