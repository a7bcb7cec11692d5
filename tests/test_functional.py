"""`autograd.functional`: Jacobians, Hessians and products with them, at a point."""

from __future__ import annotations

import contextlib
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


FUNCTIONALS = {f.__name__: f for f in (vjp, jvp, vhp, hvp, jacobian, hessian)}
PRODUCTS = ("vjp", "jvp", "vhp", "hvp")
OF_NUMBERS = ("vhp", "hvp", "hessian")


def called(name: str, function: Any, inputs: Any, v: Any = None, **options: Any) -> Any:
    """Call one of the six; those that are no products take no `v`."""
    given = (inputs, v) if name in PRODUCTS else (inputs,)
    return FUNCTIONALS[name](function, *given, **options)


def total(*inputs: Any) -> Any:
    """A number whose derivatives all depend on all inputs."""
    return sum((t**4).sum() for t in inputs) ** 2


def direction(name: str, inputs: Any) -> Any:
    """Return a `v` for `total`."""
    return const(1.0) if name == "vjp" else inputs


def skeleton(tree: Any) -> Any:
    """Return a structure with tensors' shapes in their places."""
    return tuple(map(skeleton, tree)) if isinstance(tree, tuple) else list(tree.shape)


def tensors_of(tree: Any) -> list[Any]:
    return [t for part in tree for t in tensors_of(part)] if isinstance(tree, tuple) else [tree]


#: By function: the structure of its results for an input `x` of 3 elements, for (x,) and (x, x).
STRUCTURES: dict[str, tuple[Any, Any, Any]] = {
    "vjp": (([], [3]), ([], ([3],)), ([], ([3], [3]))),
    "jvp": (([], []), ([], []), ([], [])),
    "vhp": (([], [3]), ([], ([3],)), ([], ([3], [3]))),
    "hvp": (([], [3]), ([], ([3],)), ([], ([3], [3]))),
    "jacobian": ([3], ([3],), ([3], [3])),
    "hessian": ([3, 3], (([3, 3],),), (([3, 3], [3, 3]), ([3, 3], [3, 3]))),
}


@pytest.mark.guarantee("K11")
@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("mode", [contextlib.nullcontext, tg.no_grad])
@pytest.mark.parametrize("name", FUNCTIONALS)
def test_results_have_the_inputs_structure_and_a_graph_if_asked_for(
    backend: str, name: str, mode: Any, create_graph: bool, requires_grad: bool
) -> None:
    x = const(X).requires_grad_(requires_grad)
    for inputs, expected in zip((x, (x,), (x, x)), STRUCTURES[name], strict=True):
        with mode():
            v = direction(name, inputs)
            found = called(name, total, inputs, v, create_graph=create_graph)
        assert skeleton(found) == expected
        for t in tensors_of(found):
            assert (t.grad_fn is not None) is create_graph
            assert t.requires_grad is create_graph
    assert x.grad is None


@pytest.mark.guarantee("K11")
@pytest.mark.parametrize("mode", [contextlib.nullcontext, tg.no_grad])
def test_several_results_come_as_a_tuple(backend: str, mode: Any) -> None:
    x = const(X)
    with mode():
        assert skeleton(jacobian(two, (x, x))) == (([3, 3], [3, 3]), ([3], [3]))
        assert skeleton(jacobian(lambda t: (t * 2,), x)) == ([3, 3],)
        assert skeleton(vjp(two, (x, x), (x, const(1.0)))) == (([3], []), ([3], [3]))
        assert skeleton(jvp(two, (x, x), (x, x))) == (([3], []), ([3], []))
        assert skeleton(jacobian(lambda t: t[:0], x)) == [0, 3]


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


# -- all rows at once -----------------------------------------------------------------------------

FOR_JACOBIANS: dict[str, tuple[Any, Any]] = {
    "one": (lambda a: a.sin() * a.sum(), (X,)),
    "several": (two, (X, Y)),
    "a number": (lambda a: a.prod(), (X,)),
    "of no axes": (lambda a: (a**2, a.exp()), (0.5,)),
    "matrices": (lambda a: a.reshape(3, 1) @ a.reshape(1, 3), (X,)),
    "independent": (lambda a, b: (a * 2, b.detach() * 3, (a * b).sum()), (X, Y)),
    "other dtype": (lambda a: (a.to(tg.float32) * 2, a * 3), (X,)),
    "nothing": (lambda a: a[:0], (X,)),
    "in place": (lambda a: a.clone().mul_(a), (X,)),
}


def assert_same(got: Any, want: Any, dtypes: bool = True) -> None:
    """Structures and values of two Jacobians are the same, and their dtypes."""
    assert skeleton(got) == skeleton(want)
    for a, b in zip(tensors_of(got), tensors_of(want), strict=True):
        assert a.dtype is b.dtype or not dtypes
        np.testing.assert_allclose(array(a), array(b), rtol=1e-12, atol=1e-14)


@pytest.mark.guarantee("K16")
@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
@pytest.mark.parametrize("name", FOR_JACOBIANS)
def test_vectorized_jacobians_are_those_of_the_loop(backend: str, name: str, strategy: str) -> None:
    function, values = FOR_JACOBIANS[name]
    given = tuple(const(v) for v in values)
    for inputs in (given, given[0]) if len(given) == 1 else (given,):
        got = jacobian(function, inputs, vectorize=True, strategy=strategy)
        # Tangents have the dtype of the result, gradients that of the input.
        assert_same(got, jacobian(function, inputs), dtypes=strategy == "reverse-mode")


@pytest.mark.guarantee("K16")
@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
@pytest.mark.parametrize(
    ("function", "values"),
    [
        (lambda a: (a**3).sum() * a[0], (X,)),
        (scalar, (X, Y)),
        (lambda a, b: (a**2).sum(), (X, Y)),
        (lambda a: a**3, (0.5,)),
        (lambda a: a.sum(), (X,)),
    ],
    ids=["one", "several", "independent", "of no axes", "linear"],
)
def test_vectorized_hessians_are_those_of_the_loop(
    backend: str, function: Any, values: Any, strategy: str
) -> None:
    given = tuple(const(v) for v in values)
    got = hessian(function, given, vectorize=True, outer_jacobian_strategy=strategy)
    assert_same(got, hessian(function, given))


@pytest.mark.guarantee("K16")
def test_vectorized_jacobians_are_differentiated(backend: str) -> None:
    a = leaf(X)
    for vectorize in (False, True):
        j = jacobian(lambda t: t**3, a, create_graph=True, vectorize=vectorize)
        (g,) = tg.autograd.grad(j.sum(), a)
        np.testing.assert_allclose(array(g), 6 * np.array(X), rtol=1e-13)


@pytest.mark.guarantee("K16")
@pytest.mark.parametrize("name", ["jacobian", "hessian"])
def test_strict_and_vectorized_do_not_go_together(name: str) -> None:
    with pytest.raises(RuntimeError, match="not supported together"):
        called(name, total, const(X), strict=True, vectorize=True)


# -- what does not depend on an input -------------------------------------------------------------

CONSTANT = (
    "Output 0 of the user-provided function does not require gradients. The outputs must be "
    "computed in a differentiable manner from the input when running in strict mode"
)
INDEPENDENT = "of the user-provided function is independent of input 1. This is not allowed in str"
LINEAR = (
    "While computing the hessian, found that the jacobian of the user-provided function with "
    "respect to input 0 is independent of the input"
)
THROUGHOUT = "is independent of input 0. This is not allowed in strict mode when create_graph=True"


@pytest.mark.guarantee("K14")
@pytest.mark.parametrize("name", FUNCTIONALS)
def test_what_strict_refuses_is_zero_otherwise(backend: str, name: str) -> None:
    x = const(X)

    def refused(function: Any, inputs: Any, words: str, **options: Any) -> None:
        v = direction(name, inputs)
        with pytest.raises(RuntimeError, match=words):
            called(name, function, inputs, v, strict=True, **options)
        found = called(name, function, inputs, v, **options)
        last = found[1] if name in PRODUCTS else found
        parts = last if isinstance(last, tuple) else (last,)
        if name != "jvp":  # whose tangents belong to no input
            assert not any(array(t).any() for t in tensors_of(parts[-1]))

    def linear(t: Any) -> Any:
        return (t * 2).sum()

    refused(lambda t: total(t.detach()), x, CONSTANT)
    if name == "hessian":
        refused(lambda s, t: total(s), (x, x), "found that the jacobian .* respect to input 1 is")
    else:
        which = "Output 0 " if name == "jacobian" else "The output "
        refused(lambda s, t: total(s), (x, x), which + INDEPENDENT)
    if name in OF_NUMBERS:
        refused(linear, x, LINEAR)
        quadratic = lambda t: (t**2).sum()  # noqa: E731
        with pytest.raises(RuntimeError, match=f"The (hessian|jacobian) .* {THROUGHOUT}"):
            called(name, quadratic, x, x, strict=True, create_graph=True)
    else:
        v = direction(name, x)
        with pytest.raises(RuntimeError, match=f"The jacobian .* {THROUGHOUT}"):
            called(name, linear, x, v, strict=True, create_graph=True)
        called(name, linear, x, v, strict=True)


@pytest.mark.parametrize("name", FUNCTIONALS)
def test_strict_changes_no_result(backend: str, name: str) -> None:
    x = const(X)
    for create_graph in (False, True):
        found = [
            called(name, total, x, direction(name, x), strict=s, create_graph=create_graph)
            for s in (False, True)
        ]
        assert_same(*found)


# -- errors ---------------------------------------------------------------------------------------

GIVEN = "given to {} must be either a Tensor or a tuple of Tensors but the "


@pytest.mark.guarantee("K12")
@pytest.mark.parametrize("name", FUNCTIONALS)
def test_what_is_no_tensor_is_named(name: str) -> None:
    x = const(X)
    given = "The inputs " + GIVEN.format(name)
    outputs = "The outputs of the user-provided function " + GIVEN.format(name)
    for function, inputs, words in (
        (total, (x, 1), given + "value at index 1 has type <class 'int'>"),
        (total, 1, given + "given inputs has type <class 'int'>"),
        (total, [x], given + "given inputs has type <class 'list'>"),
        (lambda t: (total(t), "s"), x, outputs + "value at index 1 has type <class 'str'>"),
        (lambda t: [total(t)], x, outputs + "given outputs of .* has type <class 'list'>"),
    ):
        with pytest.raises(TypeError, match=words):
            called(name, function, inputs, x)


@pytest.mark.guarantee("K13")
@pytest.mark.parametrize("name", PRODUCTS)
def test_wrong_vectors_are_named(name: str) -> None:
    x = const(X)
    # What `v` has the shape of: the results for vjp, the inputs for the others.
    one = (lambda s: s * 2) if name in ("vjp", "jvp") else total
    both = (lambda s, t: (s, t)) if name in ("vjp", "jvp") else total
    alone = "returns a single" if name == "vjp" else "is a single"
    size = r"invalid size: should be .*Size\(\[3\]\) but got .*Size\(\[2\]\)"
    for function, inputs, v, kind, words in (
        (
            one,
            x,
            None,
            RuntimeError,
            f"The vector v can only be None if the .* {alone} Tensor with",
        ),
        (both, (x, x), None, RuntimeError, "The vector v can only be None if"),
        (one, x, x[:2], RuntimeError, "v has " + size),
        (both, (x, x), (x, x[:2]), RuntimeError, "Entry 1 in v has " + size),
        (both, (x, x), (x,), RuntimeError, "v is a tuple of invalid length: should be 2 but got 1"),
        (one, x, 3, TypeError, "The v " + GIVEN.format(name) + "given v has type <class 'int'>"),
    ):
        with pytest.raises(kind, match=words):
            called(name, function, inputs, v)


@pytest.mark.guarantee("K13")
@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
@pytest.mark.parametrize("name", PRODUCTS)
def test_the_vector_may_be_left_out_for_one_element(
    backend: str, name: str, shape: tuple[int, ...]
) -> None:
    x = tg.full(shape, 0.5, dtype=tg.float64)
    value, product = called(name, lambda t: t**4, x)
    assert value.shape == product.shape == shape
    assert product.item() == pytest.approx(3.0 if name in OF_NUMBERS else 0.5)


@pytest.mark.guarantee("K15")
@pytest.mark.parametrize("name", OF_NUMBERS)
def test_functions_of_several_numbers_have_no_hessian(name: str) -> None:
    x = const(X)
    for function, words in (
        (
            lambda t: t * 2,
            f"The Tensor returned by the function given to {name} should contain a s",
        ),
        (lambda t: (t.sum(), t.sum()), f"The function given to {name} should return a single Ten"),
        (lambda t: (t.sum(),), f"The function given to {name} should return a single Tensor"),
    ):
        with pytest.raises(RuntimeError, match=words):
            called(name, function, x, x)


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
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
    "forward and further": (
        lambda x: jacobian(
            lambda a: a, x, vectorize=True, strategy="forward-mode", create_graph=True
        ),
        NotImplementedError,
        '`strategy="forward-mode"` are not supported together',
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_uses_are_named(name: str) -> None:
    call, kind, words = WRONG[name]
    with pytest.raises(kind, match=words):
        call(const(X))
