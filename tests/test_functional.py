"""`autograd.functional`: Jacobians, Hessians and products with them, at a point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf
from tensorflowlite_grad.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp


def two(a: Any, b: Any) -> Any:
    return a.sin() * b, (a * b).sum()


X, Y = [0.5, -1.0, 2.0], [1.0, 2.0, -0.5]


def test_products_agree_with_the_jacobian(backend: str) -> None:
    a, b = const(X), const(Y)
    (ja, jb), (ka, kb) = jacobian(two, (a, b))
    assert (ja.shape, jb.shape, ka.shape) == ((3, 3), (3, 3), (3,))
    u, v = (const([1.0, -1.0, 2.0]), const(3.0)), (const([1.0, 0.0, 2.0]), const([0.5, 1.0, 1.0]))
    out, pulled = vjp(two, (a, b), u)
    np.testing.assert_allclose(array(pulled[0]), array(u[0] @ ja + u[1] * ka), rtol=1e-13)
    np.testing.assert_allclose(array(pulled[1]), array(u[0] @ jb + u[1] * kb), rtol=1e-13)
    again, pushed = jvp(two, (a, b), v)
    np.testing.assert_allclose(array(pushed[0]), array(ja @ v[0] + jb @ v[1]), rtol=1e-13)
    np.testing.assert_allclose(array(pushed[1]), array(ka @ v[0] + kb @ v[1]), rtol=1e-13)
    for t in (*out, *again, *pulled, *pushed, ja):
        assert not t.requires_grad


def scalar(a: Any, b: Any) -> Any:
    return (a * b).sin().sum() * a.prod()


def test_products_agree_with_the_hessian(backend: str) -> None:
    a, b = const(X), const(Y)
    rows = hessian(scalar, (a, b))
    v = (const([1.0, 0.0, 2.0]), const([0.5, 1.0, 1.0]))
    for product in (hvp, vhp):
        value, found = product(scalar, (a, b), v)
        assert float(value) == pytest.approx(float(scalar(a, b)))
        for got, row in zip(found, rows, strict=True):
            want = row[0] @ v[0] + row[1] @ v[1]
            np.testing.assert_allclose(array(got), array(want), rtol=1e-12)


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_vectorized_is_the_same(backend: str, strategy: str) -> None:
    a, b = const(X), const(Y)
    want = jacobian(two, (a, b))
    got = jacobian(two, (a, b), vectorize=True, strategy=strategy)
    for rows, expected in zip(got, want, strict=True):
        for block, other in zip(rows, expected, strict=True):
            np.testing.assert_allclose(array(block), array(other), rtol=1e-13)
    f = lambda t: (t**3).sum() * t[0]  # noqa: E731
    got = hessian(f, a, vectorize=True, outer_jacobian_strategy=strategy)
    np.testing.assert_allclose(array(got), array(hessian(f, a)), rtol=1e-12)


def test_structures_of_inputs_are_those_of_results(backend: str) -> None:
    a = const(X)
    assert jacobian(lambda t: t * 2, a).shape == (3, 3)
    assert len(jacobian(lambda t: t * 2, (a,))) == 1
    assert jacobian(lambda t: (t * 2, t.sum()), a)[1].shape == (3,)
    assert hessian(lambda t: (t**2).sum(), a).shape == (3, 3)
    assert hessian(lambda t: (t**2).sum(), (a,))[0][0].shape == (3, 3)
    assert jacobian(lambda t: t[:0], a).shape == (0, 3)


def test_graphs_are_made_where_asked_for(backend: str) -> None:
    a = leaf(X)
    j = jacobian(lambda t: t**3, a, create_graph=True)
    (g,) = tg.autograd.grad(j.sum(), a)
    np.testing.assert_allclose(array(g), 6 * np.array(X), rtol=1e-13)
    h = hessian(lambda t: (t**4).sum(), a, create_graph=True)
    (g,) = tg.autograd.grad(h.sum(), a)
    np.testing.assert_allclose(array(g), 24 * np.array(X), rtol=1e-13)
    for product, power in ((vjp, 3), (jvp, 3)):
        found = product(lambda t, p=power: t**p, a, const([1.0, 1.0, 1.0]), create_graph=True)[1]
        (g,) = tg.autograd.grad(found.sum(), a)
        np.testing.assert_allclose(array(g), 6 * np.array(X), rtol=1e-13)
    found = vhp(lambda t: (t**4).sum(), a, const([1.0, 1.0, 1.0]), create_graph=True)[1]
    (g,) = tg.autograd.grad(found.sum(), a)
    np.testing.assert_allclose(array(g), 24 * np.array(X), rtol=1e-13)
    with tg.no_grad():
        assert array(jacobian(lambda t: t**2, a)).any()
        assert not jacobian(lambda t: t**2, a).requires_grad


def test_without_dependence(backend: str) -> None:
    a, b = const(X), const(Y)
    independent = lambda s, t: (s * 2).sum()  # noqa: E731
    assert not array(jacobian(independent, (a, b))[1]).any()
    assert not array(hessian(independent, (a, b))[1][1]).any()
    for call in (
        lambda: jacobian(independent, (a, b), strict=True),
        lambda: vjp(independent, (a, b), strict=True),
        lambda: jvp(independent, (a, b), (a, b), strict=True),
    ):
        with pytest.raises(RuntimeError, match="independent of input 1"):
            call()
    constant = lambda s: const([1.0])  # noqa: E731
    for call in (
        lambda: jacobian(constant, a, strict=True),
        lambda: vjp(constant, a, strict=True),
        lambda: jvp(constant, a, a, strict=True),
        lambda: vhp(constant, a, a, strict=True),
    ):
        with pytest.raises(RuntimeError, match="does not require gradients"):
            call()
    assert not array(vjp(constant, a)[1]).any()
    assert not array(jvp(constant, a, a)[1]).any()
    with pytest.raises(RuntimeError, match="not supported together"):
        jacobian(independent, (a, b), strict=True, vectorize=True)


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "inputs": (
        lambda x: vjp(lambda a, b: a, (x, 1)),
        TypeError,
        "inputs given to vjp must be either a Tensor or a tuple of Tensors but the value at index "
        "1 has type <class 'int'>",
    ),
    "outputs": (
        lambda x: vjp(lambda a: (a, "s"), x),
        TypeError,
        "outputs of the user-provided function given to vjp must be either a Tensor or a tuple of "
        "Tensors but the value at index 1 has type <class 'str'>",
    ),
    "no vector": (
        lambda x: vjp(lambda a: a, x),
        RuntimeError,
        "The vector v can only be None if the user-provided function returns a single Tensor with",
    ),
    "vector": (
        lambda x: jvp(lambda a: a, x, x[:2]),
        RuntimeError,
        r"v has invalid size: should be .*Size\(\[3\]\) but got .*Size\(\[2\]\)",
    ),
    "no number": (
        lambda x: hessian(lambda a: a, x),
        RuntimeError,
        "The Tensor returned by the function given to hessian should contain a single element",
    ),
    "several numbers": (
        lambda x: hessian(lambda a: (a.sum(), a.sum()), x),
        RuntimeError,
        "The function given to hessian should return a single Tensor",
    ),
    "strategy": (
        lambda x: jacobian(lambda a: a, x, strategy="sideways"),
        AssertionError,
        "Expected strategy to be either",
    ),
    "forward one by one": (
        lambda x: jacobian(lambda a: a, x, strategy="forward-mode"),
        NotImplementedError,
        "only implemented for `vectorize=True`",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_uses_are_named(name: str) -> None:
    call, kind, words = WRONG[name]
    with pytest.raises(kind, match=words):
        call(const(X))
