"""`autograd.operation`: functions of arrays, and their derivatives, as operations on tensors."""

from __future__ import annotations

from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf
from tensorflowlite_grad.autograd import gradcheck, gradgradcheck, operation
from tensorflowlite_grad.func import grad, hessian, jacfwd, jacrev, jvp, vmap

# Of arrays as they are: the function and the rules know nothing of tensors or batches.
cube = operation(lambda x: x * x * x, vjp={"x": lambda g, x: 3 * x * x * g}, name="cube")
cube_each = operation(
    lambda x: x * x * x, vjp={"x": lambda g, x: 3 * x * x * g}, elementwise=True, name="cube"
)
# In the standard's vocabulary.
scaled = operation(
    lambda xp, x, y, scale=1.0: scale * xp.sin(x) * y,
    vjp={
        "x": lambda xp, g, x, y, scale: scale * xp.cos(x) * y * g,
        "y": lambda xp, g, x, scale: scale * xp.sin(x) * g,
    },
    elementwise=True,
    name="scaled",
)
# All gradients by one function, and a rule for forward mode.
product = operation(
    lambda xp, a, b: xp.matmul(a, b),
    vjp=lambda xp, g, a, b: (xp.matmul(g, b.T), xp.matmul(a.T, g)),
    jvp=lambda xp, a, b, a_dot, b_dot: xp.matmul(a_dot, b) + xp.matmul(a, b_dot),
    name="product",
)
# Two results.
both = operation(
    lambda x, y: (x * y, x + y),
    vjp=lambda g, x, y: (g[0] * y + g[1], g[0] * x + g[1]),
    jvp=lambda x, y, x_dot, y_dot: (x_dot * y + x * y_dot, x_dot + y_dot),
    results=2,
    name="both",
)
# Not the derivative of what it computes: shows which of the two is followed.
reverse = operation(
    lambda xp, x: x * 1.0, vjp={"x": lambda xp, g: -g}, jvp=lambda xp, x_dot: -x_dot, name="reverse"
)


def doubles(*shape: int, start: float = 0.5) -> tg.Tensor:
    count = 1
    for n in shape:
        count *= n
    values = [start + 0.3 * k for k in range(count)]
    return tg.tensor(values, dtype=tg.float64).reshape(shape).requires_grad_()


def test_value_gradient_and_name(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = cube(x)
    assert array(y).tolist() == [1.0, 8.0]
    assert y.grad_fn.name() == "CubeBackward"
    y.sum().backward()
    assert array(x.grad).tolist() == [3.0, 12.0]


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (cube_each, [(3,)]),
        (scaled, [(3,), (2, 1)]),
        (product, [(2, 3), (3, 2)]),
        (both, [(2,), (2,)]),
    ],
    ids=["elementwise", "broadcasting", "joint", "several"],
)
def test_derivatives_agree_with_finite_differences(
    backend: str, function: Any, shapes: list[tuple[int, ...]]
) -> None:
    inputs = tuple(doubles(*shape) for shape in shapes)
    assert gradcheck(function, inputs, check_forward_ad=True, check_batched_grad=True)


@pytest.mark.parametrize(
    ("function", "shapes"), [(scaled, [(3,), (2, 1)]), (product, [(2, 2)] * 2)]
)
def test_rules_that_take_xp_can_be_differentiated(
    backend: str, function: Any, shapes: list[tuple[int, ...]]
) -> None:
    inputs = tuple(doubles(*shape) for shape in shapes)
    assert gradgradcheck(function, inputs, check_fwd_over_rev=True)
    x = const([0.5, 1.0])
    first = hessian(lambda t: scaled(t, t, scale=2.0).sum())(x)
    second = hessian(lambda t: (2.0 * t.sin() * t).sum())(x)
    assert tg.allclose(first, second)


@pytest.mark.guarantee("K09")
def test_rules_that_take_arrays_can_be_differentiated_once(backend: str) -> None:
    x = leaf([1.0, 2.0])
    (g,) = tg.autograd.grad(cube(x).sum(), x, create_graph=True)
    assert array(g).tolist() == [3.0, 12.0]
    with pytest.raises(
        RuntimeError, match=r"Double backward is unsupported for the vjp of 'x' of operation 'cube'"
    ):
        tg.autograd.grad(g.sum(), x)
    with pytest.raises(RuntimeError, match="forward mode cannot go through the vjp of 'x'"):
        jacfwd(jacrev(cube_each))(const([1.0]))


def test_forward_mode(backend: str) -> None:
    x, ones = const([1.0, 2.0]), const([1.0, 1.0])
    for function in (cube_each, vmap(cube_each)):
        out, dot = jvp(function, (x,), (ones,))
        assert array(out).tolist() == [1.0, 8.0]
        assert array(dot).tolist() == [3.0, 12.0]
    with pytest.raises(NotImplementedError, match="forward AD with cube"):
        jvp(cube, (x,), (ones,))


@pytest.mark.parametrize("function", [cube, cube_each])
def test_vmap_of_functions_of_arrays(backend: str, function: Any) -> None:
    x = const([[1.0, 2.0], [3.0, 4.0]])
    assert array(vmap(function)(x)).tolist() == [[1.0, 8.0], [27.0, 64.0]]
    gradients = vmap(grad(lambda t: function(t).sum()))(x)
    assert array(gradients).tolist() == [[3.0, 12.0], [27.0, 48.0]]
    assert array(vmap(vmap(function))(x)).tolist() == [[1.0, 8.0], [27.0, 64.0]]


def test_functions_of_arrays_meet_a_whole_batch_if_elementwise(backend: str) -> None:
    seen = []

    def forward(x: Any) -> Any:
        seen.append(tuple(x.shape))
        return x + 1

    vmap(operation(forward))(const([[1.0, 2.0], [3.0, 4.0]]))
    vmap(operation(forward, elementwise=True))(const([[1.0, 2.0], [3.0, 4.0]]))
    assert seen == [(2,), (2,), (2, 2)]


def test_own_derivative_counts_outside_of_vmap(backend: str) -> None:
    x = leaf([1.0, 2.0])
    for function in (reverse, vmap(reverse)):
        (g,) = tg.autograd.grad(function(x).sum(), x)
        assert array(g).tolist() == [-1.0, -1.0]
        _, dot = jvp(function, (x.detach(),), (const([1.0, 1.0]),))
        assert array(dot).tolist() == [-1.0, -1.0]


def test_vmap_shares_operands(backend: str) -> None:
    a, b = doubles(3, 2, 2), doubles(2, 2)
    out = vmap(product, in_dims=(0, None))(a, b)
    assert tg.allclose(out, a @ b)
    assert gradcheck(vmap(product, in_dims=(0, None)), (a, b))


def test_zero_gradients(backend: str) -> None:
    weighted = operation(lambda x, w: x * w, vjp={"x": lambda g, w: g * w, "w": None})
    x, w = leaf([1.0]), leaf([2.0])
    weighted(x, w).sum().backward()
    assert array(x.grad).tolist() == [2.0]
    assert w.grad is None


def test_results_without_a_gradient_have_zeros(backend: str) -> None:
    x, y = leaf([2.0]), leaf([3.0])
    (g,) = tg.autograd.grad(both(x, y)[1].sum(), x)
    assert array(g).tolist() == [1.0]


def test_only_what_rules_name_is_saved(backend: str) -> None:
    double = operation(lambda x: x * 2, vjp={"x": lambda g: g * 2})
    x = leaf([1.0])
    y = x * 1
    z = double(y)
    with tg.no_grad():
        y.add_(1)
    z.sum().backward()
    assert array(x.grad).tolist() == [2.0]
    z = cube(y := x * 1)
    with tg.no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


def test_missing_derivative_is_an_error(backend: str) -> None:
    plain = operation(lambda x: x + 1, name="plain")
    y = plain(leaf([1.0]))
    with pytest.raises(NotImplementedError, match="derivative for 'plain: x' is not implemented"):
        y.sum().backward()


def test_complex_elementwise(backend: str) -> None:
    z = tg.tensor([1 + 2j, 0.5 - 1j], dtype=tg.complex128, requires_grad=True)
    square = operation(lambda z: z * z, vjp={"z": lambda g, z: 2 * z * g}, elementwise=True)
    assert gradcheck(square, (z,), check_forward_ad=True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"forward": lambda: 1}, "needs an operand"),
        ({"forward": lambda *x: x}, "every operand of forward named"),
        ({"forward": lambda x: x, "vjp": {"y": lambda g: g}}, r"rules for \['y'\]"),
        ({"forward": lambda x: x, "vjp": {"x": lambda g, q: g}}, "takes .*'q'.*it may take xp"),
        ({"forward": lambda x: x, "jvp": lambda g: g}, "rule jvp .* takes .*'g'"),
        ({"forward": object()}, "cannot see what"),
    ],
)
def test_bad_declarations(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        operation(**arguments)


def test_bad_calls_and_results(backend: str) -> None:
    with pytest.raises(TypeError, match=r"cube\(\): argument 'x' must be Tensor, not float"):
        cube(1.0)
    with pytest.raises(TypeError, match="must return an array of the backend, not str"):
        operation(lambda x: "x")(const([1.0]))
    with pytest.raises(ValueError, match="a new array, not its operand"):
        operation(lambda x: x)(const([1.0]))
    with pytest.raises(TypeError, match="2 results where 1"):
        operation(lambda x: (x + 1, x + 2))(const([1.0]))
    wrong = operation(lambda x: x + 1, vjp={"x": lambda g: g[:1]}, name="wrong")
    with pytest.raises(RuntimeError, match=r"invalid gradient for 'x' - got \[1\] but expected"):
        wrong(leaf([1.0, 2.0])).sum().backward()
    few = operation(lambda x, y: x + y, vjp=lambda g: g, name="few")
    with pytest.raises(RuntimeError, match=r"incorrect number of gradients \(expected 2, got 1\)"):
        few(leaf([1.0]), leaf([1.0])).sum().backward()
