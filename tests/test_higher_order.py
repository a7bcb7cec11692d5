"""Derivatives of derivatives."""

from __future__ import annotations

import gc
import math
import warnings
import weakref

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf, live

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


@pytest.mark.parametrize("order", range(1, 13))
def test_every_derivative_of_x_sin_x_up_to_the_twelfth(backend: str, order: int) -> None:
    x = leaf(1.3)
    y = x * x.sin()
    for _ in range(order):
        (y,) = tg.autograd.grad(y, x, create_graph=True)
    # The n-th derivative of x*sin(x) is x*sin(x + n*pi/2) + n*sin(x + (n-1)*pi/2).
    expected = 1.3 * math.sin(1.3 + order * math.pi / 2)
    expected += order * math.sin(1.3 + (order - 1) * math.pi / 2)
    assert y.item() == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_a_gradient_may_be_taken_again_and_again(backend: str) -> None:
    x = leaf([2.0])
    y = (x**3).sum()
    first = tg.autograd.grad(y, x, create_graph=True)[0]
    second = tg.autograd.grad(y, x, create_graph=True)[0]
    assert array(first).tolist() == array(second).tolist() == [12.0]
    for g in (first, second):
        assert array(tg.autograd.grad(g.sum(), x)[0]).tolist() == [12.0]


def test_descent_on_what_descent_reached_reaches_all_leaves(backend: str) -> None:
    x, rate = leaf([1.0, 2.0]), leaf(0.1)
    y = x
    for _ in range(5):
        (g,) = tg.autograd.grad((y**2).sum(), y, create_graph=True)
        y = y - rate * g
    y.sum().backward()
    # y = x * (1 - 2*rate)**5
    assert array(x.grad) == pytest.approx([0.8**5] * 2)
    assert x.grad is not None
    assert rate.grad.item() == pytest.approx(-10 * 0.8**4 * 3.0)


def test_what_is_linear_has_no_second_derivative(backend: str) -> None:
    x, a = leaf([1.0, 2.0]), const([3.0, 4.0])
    (g,) = tg.autograd.grad((x * a).sum(), x, create_graph=True)
    assert array(g).tolist() == [3.0, 4.0]
    with pytest.raises(RuntimeError, match="does not require grad and does not have a grad_fn"):
        tg.autograd.grad(g.sum(), x)
    total = g.sum() + x.sum() * 0
    (h,) = tg.autograd.grad(total, x, create_graph=True, materialize_grads=True)
    assert array(h).tolist() == [0.0, 0.0]
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


def test_backward_with_create_graph_warns_and_grad_does_not(backend: str) -> None:
    x = leaf([2.0])
    with pytest.warns(
        UserWarning, match=r"Using backward\(\) with create_graph=True will create a"
    ):
        (x * x).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    x.grad = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tg.autograd.grad((x * x).sum(), x, create_graph=True)
        (x * x).sum().backward()


@pytest.mark.filterwarnings("ignore:Using backward")
def test_the_cycle_that_it_makes_is_collected(backend: str) -> None:
    gc.collect()
    before = live(tg.Tensor)
    watched = []
    for _ in range(50):
        x = leaf([2.0])
        (x * x).sum().backward(create_graph=True)
        assert x.grad.requires_grad
        watched.append(weakref.ref(x))
    del x
    gc.collect()
    assert all(w() is None for w in watched)
    assert live(tg.Tensor) <= before


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
