"""`func`: derivatives of functions as functions, in every composition."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, NamedTuple

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf
from tensorflowlite_grad.func import (
    functional_call,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vjp,
    vmap,
)
from tensorflowlite_grad.func.pytree import flatten, tree_map, unflatten


class Point(NamedTuple):
    x: Any
    y: Any


@dataclasses.dataclass
class Model:
    weight: Any
    bias: Any


def test_gradients_nest(backend: str) -> None:
    x = const(0.7)
    f = lambda t: t.sin() * t  # noqa: E731
    third = grad(grad(grad(f)))(x)
    assert float(third) == pytest.approx(-3 * math.sin(0.7) - 0.7 * math.cos(0.7), rel=1e-14)
    assert not third.requires_grad
    assert x.grad is None


def test_a_gradient_is_part_of_a_graph_around_it(backend: str) -> None:
    x, w = leaf(2.0), leaf(3.0)
    g = grad(lambda t: w * t**3)(x)
    g.backward()
    assert float(x.grad) == 3 * 6 * 2
    assert float(w.grad) == 3 * 4
    with tg.no_grad():
        assert not grad(lambda t: w * t**3)(x).requires_grad
    assert not grad(lambda t: t**3)(const(1.0)).requires_grad


def test_perturbations_are_not_confused(backend: str) -> None:
    """d/dx of x * d/dy (x + y) is 1."""
    assert float(grad(lambda x: x * grad(lambda y: x + y)(const(1.0)))(const(1.0))) == 1.0


STRUCTURES: dict[str, Any] = {
    "list": lambda a, b: [a, b],
    "tuple": lambda a, b: (a, [b]),
    "dict": lambda a, b: {"a": a, "b": {"c": b}},
    "named tuple": lambda a, b: Point(a, b),
    "dataclass": lambda a, b: Model(a, b),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_gradients_have_the_structure_of_the_argument(backend: str, name: str) -> None:
    tree = STRUCTURES[name](const([1.0, 2.0]), const(3.0))
    f = lambda t: sum((leaf**2).sum() for leaf in flatten(t)[0])  # noqa: E731
    g, value = grad_and_value(f)(tree)
    assert type(g) is type(tree)
    assert float(value) == 14.0
    assert [array(t).tolist() for t in flatten(g)[0]] == [[2.0, 4.0], 6.0]
    out, dots = jvp(lambda t: tree_map(lambda v: v * v, t), (tree,), (tree,))
    assert type(out) is type(tree)
    assert [array(t).tolist() for t in flatten(dots)[0]] == [[2.0, 8.0], 18.0]


def test_argnums_aux_and_values(backend: str) -> None:
    f = lambda a, b, k=1.0: ((a * b * k).sum(), {"seen": a})  # noqa: E731
    a, b = const([1.0, 2.0]), const([3.0, 4.0])
    (ga, gb), aux = grad(f, argnums=(0, 1), has_aux=True)(a, b, k=2.0)
    assert array(ga).tolist() == [6.0, 8.0]
    assert array(gb).tolist() == [2.0, 4.0]
    assert not aux["seen"].requires_grad
    g, (value, _) = grad_and_value(f, argnums=-1, has_aux=True)(a, b)
    assert array(g).tolist() == [1.0, 2.0]
    assert float(value) == 11.0


def test_vjp_and_jvp_and_linearize_agree(backend: str) -> None:
    f = lambda a, b: {"p": a.sin() * b, "s": (a * b).sum()}  # noqa: E731
    a, b = const([0.5, -1.0]), const([2.0, 3.0])
    da, db = const([1.0, 2.0]), const([-1.0, 0.5])
    out, pullback = vjp(f, a, b)
    value, dots = jvp(f, (a, b), (da, db))
    again, push = linearize(f, a, b)
    pushed = push(da, db)
    for key in ("p", "s"):
        np.testing.assert_allclose(array(out[key]), array(value[key]))
        np.testing.assert_allclose(array(again[key]), array(value[key]))
        np.testing.assert_allclose(array(pushed[key]), array(dots[key]), rtol=1e-14)
    cotangent = {"p": const([1.0, -2.0]), "s": const(3.0)}
    ga, gb = pullback(cotangent)
    forward = float((cotangent["p"] * dots["p"]).sum() + cotangent["s"] * dots["s"])
    assert float((ga * da).sum() + (gb * db).sum()) == pytest.approx(forward, rel=1e-13)
    ga2, _ = pullback(cotangent)
    assert array(ga2).tolist() == array(ga).tolist()


def test_jacobians_of_structures(backend: str) -> None:
    f = lambda d, s: {"u": d["a"] ** 2 * s, "v": d["a"].sum() + d["b"]}  # noqa: E731
    d, s = {"a": const([1.0, 2.0]), "b": const([3.0])}, const(2.0)
    for transform in (jacrev, jacfwd):
        jacobian = transform(f, argnums=(0, 1))(d, s)
        first, second = jacobian["u"]
        assert array(first["a"]).tolist() == [[4.0, 0.0], [0.0, 8.0]]
        assert array(first["b"]).tolist() == [[0.0], [0.0]]
        assert array(second).tolist() == [1.0, 4.0]
        assert array(jacobian["v"][0]["a"]).tolist() == [[1.0, 1.0]]
        assert array(transform(f)(d, s)["v"]["b"]).tolist() == [[1.0]]


@pytest.mark.parametrize("chunk", [None, 1, 2])
def test_jacobians_in_chunks(backend: str, chunk: int | None) -> None:
    x = const([[1.0, 2.0, 3.0]])
    jacobian = jacrev(lambda t: t.T @ t, chunk_size=chunk)(x)
    assert jacobian.shape == (3, 3, 1, 3)
    np.testing.assert_allclose(array(jacobian), array(jacfwd(lambda t: t.T @ t)(x)))


def test_hessians_whichever_way(backend: str) -> None:
    x = const([0.5, -1.0, 2.0])
    f = lambda t: (t[0] * t[1] ** 2).exp() + t.prod()  # noqa: E731
    want = array(hessian(f)(x))
    assert np.abs(want).min() > 0 or want.any()
    for transform in (
        jacrev(jacrev(f)),
        jacfwd(jacfwd(f)),
        jacrev(jacfwd(f)),
        jacfwd(grad(f)),
        jacrev(grad(f)),
    ):
        np.testing.assert_allclose(array(transform(x)), want, rtol=1e-12)
    np.testing.assert_allclose(want, want.T, rtol=1e-12)


def test_results_without_dependence_are_zeros(backend: str) -> None:
    x = const([1.0, 2.0])
    assert array(grad(lambda t: const(3.0))(x)).tolist() == [0.0, 0.0]
    assert array(jvp(lambda t: const([3.0]), (x,), (x,))[1]).tolist() == [0.0]
    assert array(jacrev(lambda t: const([3.0]))(x)).tolist() == [[0.0, 0.0]]
    assert array(jacfwd(lambda t: const([3.0]))(x)).tolist() == [[0.0, 0.0]]
    with pytest.raises(RuntimeError, match="independent of the inputs"):
        jvp(lambda t: const([3.0]), (x,), (x,), strict=True)


def test_functional_call(backend: str) -> None:
    class Layer:
        def __init__(self) -> None:
            self.weight = leaf([1.0, 2.0])

    class Net:
        def __init__(self) -> None:
            self.layer, self.bias = Layer(), leaf(1.0)

        def __call__(self, x: Any, scale: float = 1.0) -> Any:
            return ((self.layer.weight * x).sum() + self.bias) * scale

    net = Net()
    before = net.layer.weight
    parameters = {"layer.weight": const([3.0, 4.0]), "bias": const(0.0)}
    x = const([1.0, 1.0])
    g = grad(lambda p: functional_call(net, p, (x,), {"scale": 2.0}))(parameters)
    assert array(g["layer.weight"]).tolist() == [2.0, 2.0]
    assert net.layer.weight is before
    ensemble = {"layer.weight": const([[1.0, 1.0], [2.0, 2.0]]), "bias": const([0.0, 1.0])}
    out = vmap(lambda p: functional_call(net, p, x))(ensemble)
    assert array(out).tolist() == [2.0, 5.0]
    with pytest.raises(RuntimeError, match="no tensor named 'nonsense'"):
        functional_call(net, {"nonsense": x}, x, strict=True)
    with pytest.raises(ValueError, match="appeared in multiple dictionaries"):
        functional_call(net, [{"bias": x}, {"bias": x}], x)
    assert net.layer.weight is before


WRONG: dict[str, tuple[Any, str]] = {
    "vector": (lambda x: grad(lambda t: t)(x), "to return a scalar Tensor"),
    "no tensor": (lambda x: grad(lambda t: 1.0)(x), "to return a Tensor, got"),
    "aux": (lambda x: grad(lambda t: t.sum(), has_aux=True)(x), "output of function f to be a tup"),
    "argnums": (lambda x: grad(lambda t: t.sum(), argnums=1)(x), "Got argnum=1, but only 1"),
    "integers": (lambda x: grad(lambda t: t.sum())(tg.tensor([1])), "floating point and complex"),
    "cotangents": (lambda x: vjp(lambda t: (t, t), x)[1](x), "Expected 2 cotangents"),
    "primals": (lambda x: jvp(tg.sin, x, (x,)), "Expected primals to be a non-empty tuple"),
    "tangents": (lambda x: jvp(tg.sin, (x,), ([x],)), "to have the same structure"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_uses_are_named(name: str) -> None:
    call, words = WRONG[name]
    with pytest.raises(RuntimeError, match=words):
        call(const([1.0, 2.0]))


def test_what_is_no_tensor_cannot_be_differentiated_by() -> None:
    with pytest.raises(ValueError, match="Expected all inputs to differentiate by to be Tensors"):
        grad(lambda t: t)(3.0)


def test_containers_are_put_together_as_they_were() -> None:
    tree = {"a": [1, (2, Point(3, 4))], "b": Model(5, {"c": 6})}
    leaves, structure = flatten(tree)
    assert leaves == [1, 2, 3, 4, 5, 6]
    assert unflatten(structure, leaves) == tree
