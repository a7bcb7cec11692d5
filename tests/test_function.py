"""`autograd.Function`: operations of a user's own, and what their mistakes are told."""

from __future__ import annotations

import traceback
import warnings
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, function_of, leaf
from tensorflowlite_grad.autograd import Function, forward_ad, gradcheck, gradgradcheck
from tensorflowlite_grad.autograd.function import once_differentiable


class Product(Function):
    """x * y * scale, with a rule written out."""

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any, scale: float = 1.0) -> Any:
        ctx.save_for_backward(x, y)
        ctx.scale = scale
        return x * y * scale

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        return g * y * ctx.scale, g * x * ctx.scale, None

    @staticmethod
    def jvp(ctx: Any, x_dot: Any, y_dot: Any, _: Any) -> Any:
        x, y = ctx.saved_tensors
        return (x_dot * y + x * y_dot) * ctx.scale


def test_gradients_of_every_order_and_forward_mode(backend: str) -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    out = Product.apply(x, y, 2.0)
    gx, _ = tg.autograd.grad(out.sum(), [x, y], create_graph=True)
    assert array(gx).tolist() == [6.0, 8.0]
    (gxy,) = tg.autograd.grad(gx.sum(), y)
    assert array(gxy).tolist() == [2.0, 2.0]
    assert out.grad_fn.name() == "ProductBackward"
    assert out.grad_fn.scale == 2.0
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, const([1.0, 0.0]))
        found = forward_ad.unpack_dual(Product.apply(dual, y, 2.0))
        assert array(found.tangent).tolist() == [6.0, 0.0]
        (g,) = tg.autograd.grad(found.tangent.sum(), y)
        assert array(g).tolist() == [2.0, 0.0]


# -- arguments and results that are no tensors ----------------------------------------------------


@pytest.mark.guarantee("L01")
def test_what_is_no_tensor_passes_through(backend: str) -> None:
    seen: list[Any] = []

    def backward(ctx: Any, *grads: Any) -> Any:
        seen.append(grads)
        return grads[0] * 2, None, None

    options = {"key": 1}
    x = leaf([1.0])
    my = function_of(lambda ctx, x, s, n: (x * 2, s, n, 3), backward)
    out, same, nothing, number = my.apply(x, options, None)
    assert same is options
    assert nothing is None
    assert number == 3
    out.backward()
    assert [g is None for g in seen[0]] == [False, True, True, True]
    assert array(x.grad).tolist() == [2.0]


@pytest.mark.guarantee("L01")
def test_no_tensors_at_all(backend: str) -> None:
    assert function_of(lambda ctx: "text").apply() == "text"
    assert function_of(lambda ctx, a: a + 1).apply(2) == 3
    made = function_of(lambda ctx: tg.ones(2), lambda ctx, g: ()).apply()
    assert array(made).tolist() == [1.0, 1.0]
    assert not made.requires_grad


def test_objects_pass_where_nothing_is_recorded(backend: str) -> None:
    my = function_of(lambda ctx, x, s: (x * 2, s + "!"))
    assert my.apply(const([1.0]), "b")[1] == "b!"


@pytest.mark.guarantee("L26")
@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (lambda t: [t], "list"),
        (lambda t: {"x": t}, "dict"),
        (lambda t: (t, [t]), "list"),
        (lambda t: ((t, 1), 1), "tuple"),
        (lambda t: (t, {"x": [(1, t)]}), "dict"),
    ],
)
def test_tensors_hidden_in_a_result_are_refused(backend: str, output: Any, kind: str) -> None:
    my = function_of(lambda ctx, x: output(x * 2))
    with pytest.raises(TypeError, match=f"My.forward returned a {kind} that holds Tensors"):
        my.apply(leaf([1.0]))
    my.apply(const([1.0]))  # which loses nothing


@pytest.mark.guarantee("L26")
@pytest.mark.parametrize(("output", "kind"), [(3, "int"), (2.5, "float"), (np.ones(1), "ndarray")])
def test_a_result_without_a_tensor_is_warned_of(backend: str, output: Any, kind: str) -> None:
    my = function_of(lambda ctx, x: output)
    with pytest.warns(UserWarning, match=f"My.forward returned no Tensor, but {kind}") as found:
        assert my.apply(leaf([1.0])) is output
    assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert my.apply(const([1.0])) is output
        with tg.no_grad():
            assert my.apply(leaf([1.0])) is output
        assert function_of(lambda ctx, x: None).apply(leaf([1.0])) is None


# -- what backward returns ------------------------------------------------------------------------

WRONG_RESULTS: dict[str, tuple[str, Any, type[Exception], str]] = {
    "shape": (
        "L02",
        lambda ctx, g: (const([1.0] * 5), None),
        RuntimeError,
        r"Function MyBackward returned an invalid gradient at index 0 - got \[5\] but expected "
        r"shape compatible with \[3\]",
    ),
    "smaller shape": (
        "L02",
        lambda ctx, g: (const(1.0), None),
        RuntimeError,
        r"invalid gradient at index 0 - got \[\] but expected shape compatible with \[3\]",
    ),
    "too few": (
        "L03",
        lambda ctx, g: g,
        RuntimeError,
        r"function MyBackward returned an incorrect number of gradients \(expected 2, got 1\)",
    ),
    "too many": (
        "L03",
        lambda ctx, g: (g, None, g),
        RuntimeError,
        r"function MyBackward returned an incorrect number of gradients \(expected 2, got 3\)",
    ),
    "for what is no tensor": (
        "L04",
        lambda ctx, g: (g, g),
        RuntimeError,
        "function MyBackward returned a gradient different than None at position 2, but the "
        "corresponding forward input was not a Variable",
    ),
    "no tensor": (
        "L05",
        lambda ctx, g: (1, None),
        RuntimeError,
        r"expected Variable or None \(got int\)",
    ),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.guarantee(w[0])) for name, w in WRONG_RESULTS.items()],
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_wrong_gradients_are_refused(backend: str, name: str, create_graph: bool) -> None:
    _, backward, kind, words = WRONG_RESULTS[name]
    x = leaf([1.0, 2.0, 3.0])
    out = function_of(lambda ctx, x, n: x * n, backward).apply(x, 2)
    with pytest.raises(kind, match=words):
        tg.autograd.grad(out.sum(), x, create_graph=create_graph)
    assert x.grad is None


@pytest.mark.guarantee("L02")
def test_gradients_are_fitted_to_the_operand(backend: str) -> None:
    """Summed where it was broadcast, in its dtype."""
    my = function_of(lambda ctx, x: x + const([[0.0] * 3] * 2), lambda ctx, g: g)
    x = tg.tensor([[1.0], [2.0]], dtype=tg.float32, requires_grad=True)
    my.apply(x).sum().backward()
    assert x.grad.dtype is tg.float32
    assert array(x.grad).tolist() == [[3.0], [3.0]]
    wide = function_of(lambda ctx, x: x.sum(), lambda ctx, g: g.expand(2, 3) * 2)
    x = leaf([1.0, 2.0, 3.0])
    wide.apply(x).backward()
    assert array(x.grad).tolist() == [4.0, 4.0, 4.0]


@pytest.mark.guarantee("L03")
def test_more_none_than_arguments_are_no_error(backend: str) -> None:
    x = leaf([1.0])
    function_of(lambda ctx, x: x * 2, lambda ctx, g: (g * 2, None, None)).apply(x).backward()
    assert array(x.grad).tolist() == [2.0]


@pytest.mark.guarantee("L12")
def test_a_gradient_of_none_leaves_no_grad(backend: str) -> None:
    my = function_of(lambda ctx, x: x * 1, lambda ctx, g: None)
    for function in (
        my.apply,
        lambda x: my.apply(x**2),
        lambda x: my.apply((x**2).sum()),
        lambda x: my.apply((x.exp() @ x).reshape(1).expand(3))[1:] ** 2,
        lambda x: my.apply(x.unbind()[0]) * tg.cat([x.detach(), x.detach()]),
    ):
        x = leaf([1.0, 2.0])
        function(x).sum().backward()
        assert x.grad is None
    assert tg.autograd.grad(my.apply(x**2).sum(), x, allow_unused=True) == (None,)
    x, y = leaf([3.0]), leaf([5.0])
    (my.apply(x * x) + y * x).backward()  # what comes by another way still arrives
    assert array(x.grad).tolist() == [5.0]
    assert array(y.grad).tolist() == [3.0]


@pytest.mark.guarantee("L11")
@pytest.mark.parametrize("materialize", [None, True, False])
def test_absent_gradients_come_as_zeros_or_none(backend: str, materialize: bool | None) -> None:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        if materialize is not None:
            ctx.set_materialize_grads(materialize)
        return x * 2, (x * 3).reshape(1, 2)

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        seen.append((g, h))
        return g * 2

    x = leaf([1.0, 2.0])
    function_of(forward, backward).apply(x)[0].sum().backward()
    absent = seen[0][1]
    if materialize is False:
        assert absent is None
    else:
        assert absent.dtype is tg.float64
        assert array(absent).tolist() == [[0.0, 0.0]]
    assert array(x.grad).tolist() == [2.0, 2.0]


# -- what a function has to have ------------------------------------------------------------------


@pytest.mark.guarantee("L06")
def test_what_is_not_implemented_is_named() -> None:
    x = leaf([1.0])
    with pytest.raises(NotImplementedError, match="You must implement the forward function for c"):
        type("My", (Function,), {}).apply(x)
    out = function_of(lambda ctx, x: x * 2).apply(x)
    with pytest.raises(NotImplementedError, match="implement either the backward or vjp method"):
        out.backward()
    both = function_of(lambda ctx, x: x * 2, lambda ctx, g: g, vjp=lambda ctx, g: g)
    with pytest.raises(
        RuntimeError, match="Implementing both 'backward' and 'vjp' for a custom Function is not"
    ):
        both.apply(x).backward()
    assert x.grad is None
    with (
        forward_ad.dual_level(),
        pytest.raises(NotImplementedError, match="You must implement the jvp function for custom"),
    ):
        both.apply(forward_ad.make_dual(x, const([1.0])))
    vjp = function_of(lambda ctx, x: x * 2, vjp=lambda ctx, g: g * 2)
    assert array(tg.autograd.grad(vjp.apply(x), x)[0]).tolist() == [2.0]


@pytest.mark.guarantee("L07")
def test_instances_are_not_for_use() -> None:
    with pytest.warns(DeprecationWarning, match="should not be instantiated") as found:
        made = Product()
    assert found[0].filename == __file__
    assert isinstance(made, Product)
    with pytest.raises(
        RuntimeError, match="Legacy autograd function with non-static forward method is deprecated"
    ):
        made(leaf([1.0]))


def test_a_function_may_have_any_attribute() -> None:
    assert type("My", (Function,), {"name": "mine"}).name == "mine"


@pytest.mark.guarantee("L18")
def test_inputs_that_need_a_gradient(backend: str) -> None:
    seen: list[Any] = []

    def forward(ctx: Any, *inputs: Any) -> Any:
        seen.append(ctx.needs_input_grad)
        return sum(t for t in inputs if t is not None)

    def backward(ctx: Any, g: Any) -> Any:
        seen.append(ctx.needs_input_grad)
        return g, g, g, None, None

    my = function_of(forward, backward)
    x = leaf([1.0])
    out = my.apply(x, const([2.0]), x * 2, 3, None)
    out.backward()
    assert seen == [(True, False, True, False, False)] * 2
    assert out.grad_fn.needs_input_grad == (True, False, True, False, False)
    assert array(x.grad).tolist() == [3.0]
    my.apply(const([1.0]), const([1.0]), const([1.0]), 3, None)
    assert seen[-1] == (False,) * 5


class Power(Function):
    """scale * x**n, the context set up apart from forward."""

    @staticmethod
    def forward(x: Any, n: int = 2, *, scale: float = 1.0) -> Any:  # type: ignore[override]
        return scale * x**n

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        assert not output.requires_grad
        assert ctx.needs_input_grad[0]
        x, ctx.n = inputs[:2]
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * ctx.n * x ** (ctx.n - 1), None


class Multiple(Function):
    """x * factor, of class methods."""

    factor = 3.0

    @classmethod
    def forward(cls, x: Any) -> Any:  # type: ignore[override]
        return x * cls.factor

    @classmethod
    def setup_context(cls, ctx: Any, inputs: Any, output: Any) -> None:
        ctx.factor = cls.factor

    @classmethod
    def backward(cls, ctx: Any, g: Any) -> Any:
        return g * ctx.factor

    @classmethod
    def jvp(cls, ctx: Any, dot: Any) -> Any:
        return dot * cls.factor


class Fourfold(Multiple):
    factor = 4.0


@pytest.mark.guarantee("L19")
def test_contexts_that_are_set_up_apart_and_defaults(backend: str) -> None:
    x = leaf([2.0])
    for given, options in (((x,), {}), ((x, 2), {}), ((x,), {"n": 2})):
        assert array(tg.autograd.grad(Power.apply(*given, **options), x)[0]).tolist() == [4.0]
    assert array(tg.autograd.grad(Power.apply(x, n=3), x)[0]).tolist() == [12.0]
    y = leaf([5.0])
    for given, options in (((x, y), {}), ((x, y, 1.0), {}), ((x,), {"y": y})):
        assert array(tg.autograd.grad(Product.apply(*given, **options), x)[0]).tolist() == [5.0]


@pytest.mark.guarantee("L19")
def test_class_methods_see_their_class(backend: str) -> None:
    x = leaf([2.0])
    for kind, factor in ((Multiple, 3.0), (Fourfold, 4.0)):
        out = kind.apply(x)
        assert array(out).tolist() == [2 * factor]
        assert array(tg.autograd.grad(out, x)[0]).tolist() == [factor]
        with forward_ad.dual_level():
            dual = forward_ad.make_dual(x, const([1.0]))
            assert array(forward_ad.unpack_dual(kind.apply(dual)).tangent).tolist() == [factor]


def test_grad_mode_inside(backend: str) -> None:
    modes: list[bool] = []

    def forward(ctx: Any, x: Any) -> Any:
        modes.append(tg.is_grad_enabled())
        return x * 2

    def backward(ctx: Any, g: Any) -> Any:
        modes.append(tg.is_grad_enabled())
        return g * 2

    my = function_of(forward, backward)
    x = leaf([1.0])
    my.apply(x).backward()
    tg.autograd.grad(my.apply(x), x, create_graph=True)
    with tg.no_grad():
        assert not my.apply(x).requires_grad
    assert modes == [False, False, False, True, False]


@pytest.mark.guarantee("L20")
def test_errors_keep_their_type_what_they_say_and_where_they_arose(backend: str) -> None:
    class Mistake(Exception):
        pass

    def backward(ctx: Any, g: Any) -> Any:
        raise Mistake("something", 3)

    x = leaf([1.0])
    with pytest.raises(Mistake) as found:
        function_of(lambda ctx, x: x * 2, backward).apply(x).backward()
    assert found.value.args == ("something", 3)
    last = traceback.extract_tb(found.value.__traceback__)[-1]
    assert (last.name, last.filename) == ("backward", __file__)
    assert found.value.__cause__ is None
    assert x.grad is None


# -- results without derivative, and second derivatives -------------------------------------------


@pytest.mark.guarantee("L13")
def test_results_without_derivative(backend: str) -> None:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        a, b = x * 2, x * 3
        ctx.mark_non_differentiable(b)
        return a, b, x > 0

    def backward(ctx: Any, g: Any, h: Any, m: Any) -> Any:
        seen.append((array(h).tolist(), array(m).tolist()))
        return g * 2

    x = leaf([1.0])
    a, b, mask = function_of(forward, backward).apply(x)
    assert (a.requires_grad, b.requires_grad, mask.requires_grad) == (True, False, False)
    assert b.grad_fn is None
    (a * b).sum().backward()
    assert array(x.grad).tolist() == [6.0]
    assert seen == [([0.0], [0.0])]


@pytest.mark.guarantee("L13")
def test_a_mask_that_a_function_makes(backend: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        mask = x > 0
        ctx.mark_non_differentiable(mask)
        return mask

    x = leaf([1.0, -1.0])
    mask = function_of(forward, lambda ctx, g: g * 0).apply(x)
    assert not mask.requires_grad
    x.masked_fill(mask, 0).sum().backward()
    assert array(x.grad).tolist() == [0.0, 1.0]


@pytest.mark.guarantee("L13")
@pytest.mark.parametrize(
    "before",
    [
        lambda x: x,
        lambda x: x.reshape(4),
        lambda x: x.mT @ x,
        lambda x: x.sum(0),
        lambda x: tg.cat([x, x]),
        lambda x: x[0],
        lambda x: x.exp(),
        lambda x: x.unbind()[1],
        lambda x: x.sort()[0],
        lambda x: x.expand(3, 2, 2),
        lambda x: x.clone().mul_(2),
    ],
)
def test_operations_take_a_gradient_of_none(backend: str, before: Any) -> None:
    my = function_of(lambda ctx, t: t.clone(), lambda ctx, g: None)
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    my.apply(before(x)).sum().backward()
    assert x.grad is None
    (my.apply(before(x)).sum() * x).sum().backward()
    assert x.grad is not None


@pytest.mark.guarantee("L25")
def test_an_input_that_plays_no_part(backend: str) -> None:
    class Square(Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 2 * g * x, None

    x, y = leaf([0.3, -0.4]), leaf([1.0, 2.0])
    for function in (Square.apply, lambda x, y: x * x, lambda x, y: 2 * x):
        assert gradcheck(function, (x, y))
        assert gradgradcheck(function, (x, y))


class Cube(Function):
    """x**3, with a rule that may be differentiated no further."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Any) -> Any:
        assert not tg.is_grad_enabled()
        (x,) = ctx.saved_tensors
        return 3 * x**2 * g

    @staticmethod
    def jvp(ctx: Any, dot: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x**2 * dot


class Quietly(Function):
    """The same, with its operand kept where no one looks for what a gradient depends on."""

    __qualname__ = "Cube"

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.x = x
        return x**3

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Any) -> Any:
        return 3 * ctx.x**2 * g


@pytest.mark.guarantee("K08")
@pytest.mark.parametrize("apply", [Cube.apply, Quietly.apply, tg.func.vmap(Cube.apply)])
def test_differentiating_once_only(backend: str, apply: Any) -> None:
    x = leaf([3.0])
    assert array(tg.autograd.grad(apply(x), x)[0]).tolist() == [27.0]
    (g,) = tg.autograd.grad(apply(x), x, create_graph=True)
    assert array(g).tolist() == [27.0]
    words = r"differentiate twice .* marked with @once_differentiable: Cube\.backward"
    for again in (
        lambda: tg.autograd.grad(g, x, retain_graph=True),
        lambda: tg.autograd.grad(g * x, x, retain_graph=True),
        lambda: tg.autograd.grad(g, x, allow_unused=True, retain_graph=True),
        g.backward,
    ):
        with pytest.raises(RuntimeError, match=words):
            again()
    assert x.grad is None


def test_what_is_differentiated_once_has_tangents(backend: str) -> None:
    for create_graph in (False, True):
        with forward_ad.dual_level():
            x = forward_ad.make_dual(leaf([2.0]), const([1.0]))
            (g,) = tg.autograd.grad(Cube.apply(x), x, create_graph=create_graph)
            assert array(forward_ad.unpack_dual(g).tangent).tolist() == [12.0]


def test_a_long_chain_of_functions_is_run_and_freed_without_recursion(backend: str) -> None:
    my = function_of(lambda ctx, x: x + 1, lambda ctx, g: g)
    x = leaf(1.0)
    y = x
    for _ in range(3_000):
        y = my.apply(y)
    y.backward()
    assert float(x.grad) == 1.0
    del y


def test_nothing_warns(backend: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Product.apply(leaf([1.0]), leaf([2.0])).backward()
