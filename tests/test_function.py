"""`autograd.Function`: operations of a user's own, and what their mistakes are told."""

from __future__ import annotations

import gc
import warnings
import weakref
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf
from tensorflowlite_grad.autograd import Function, forward_ad
from tensorflowlite_grad.autograd.function import once_differentiable


def function(forward: Any, backward: Any = None, **more: Any) -> Any:
    """Return a Function made of plain functions."""
    fields = {"forward": staticmethod(forward), **{k: staticmethod(v) for k, v in more.items()}}
    if backward is not None:
        fields["backward"] = staticmethod(backward)
    return type("My", (Function,), fields)


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
    assert out.grad_fn.needs_input_grad == (True, True, False)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, const([1.0, 0.0]))
        found = forward_ad.unpack_dual(Product.apply(dual, y, 2.0))
        assert array(found.tangent).tolist() == [6.0, 0.0]
        (g,) = tg.autograd.grad(found.tangent.sum(), y)
        assert array(g).tolist() == [2.0, 0.0]


def test_numbers_and_other_objects_pass_through(backend: str) -> None:
    my = function(lambda ctx, x, s: (x * 2, s + "!", 3), lambda ctx, g, a, b: (g * 2, None))
    x = leaf([1.0])
    out, text, number = my.apply(x, "a")
    assert (text, number) == ("a!", 3)
    assert my.apply(const([1.0]), "b")[1] == "b!"
    assert function(lambda ctx, a: a + 1).apply(2) == 3
    out.backward()
    assert array(x.grad).tolist() == [2.0]


WRONG_RESULTS: dict[str, tuple[Any, type[Exception], str]] = {
    "shape": (
        lambda ctx, g: (const([1.0] * 5), None),
        RuntimeError,
        r"MyBackward returned an invalid gradient at index 0 - got \[5\] but expected shape "
        r"compatible with \[3\]",
    ),
    "too few": (
        lambda ctx, g: g,
        RuntimeError,
        r"function MyBackward returned an incorrect number of gradients \(expected 2, got 1\)",
    ),
    "too many": (
        lambda ctx, g: (g, None, g),
        RuntimeError,
        r"incorrect number of gradients \(expected 2, got 3\)",
    ),
    "for what is no tensor": (
        lambda ctx, g: (g, g),
        RuntimeError,
        "returned a gradient different than None at position 2, but the corresponding forward "
        "input was not a Variable",
    ),
    "no tensor": (lambda ctx, g: (1, None), TypeError, r"expected Variable or None \(got int\)"),
}


@pytest.mark.parametrize("name", WRONG_RESULTS)
@pytest.mark.parametrize("create_graph", [False, True])
def test_wrong_gradients_are_refused(backend: str, name: str, create_graph: bool) -> None:
    backward, kind, words = WRONG_RESULTS[name]
    x = leaf([1.0, 2.0, 3.0])
    out = function(lambda ctx, x, n: x * n, backward).apply(x, 2)
    with pytest.raises(kind, match=words):
        tg.autograd.grad(out.sum(), x, create_graph=create_graph)
    assert x.grad is None


def test_gradients_are_fitted_to_the_operand(backend: str) -> None:
    """Summed where it was broadcast, in its dtype; more None than arguments are no error."""
    my = function(lambda ctx, x: x + const([[0.0] * 3] * 2), lambda ctx, g: (g, None, None))
    x = tg.tensor([[1.0], [2.0]], dtype=tg.float32, requires_grad=True)
    my.apply(x).sum().backward()
    assert x.grad.dtype is tg.float32
    assert array(x.grad).tolist() == [[3.0], [3.0]]


def test_what_is_not_implemented_is_named() -> None:
    x = leaf([1.0])
    with pytest.raises(NotImplementedError, match="You must implement the forward function"):
        type("My", (Function,), {}).apply(x)
    out = function(lambda ctx, x: x * 2).apply(x)
    with pytest.raises(NotImplementedError, match="either the backward or vjp method"):
        out.backward()
    both = function(lambda ctx, x: x * 2, lambda ctx, g: g, vjp=lambda ctx, g: g)
    with pytest.raises(RuntimeError, match="Implementing both 'backward' and 'vjp'"):
        both.apply(x).backward()
    with forward_ad.dual_level(), pytest.raises(NotImplementedError, match="the jvp function"):
        both.apply(forward_ad.make_dual(x, const([1.0])))
    vjp = function(lambda ctx, x: x * 2, vjp=lambda ctx, g: g * 2)
    assert array(tg.autograd.grad(vjp.apply(x), x)[0]).tolist() == [2.0]


def test_instances_are_not_for_use() -> None:
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        made = Product()
    with pytest.raises(RuntimeError, match="Legacy autograd function with non-static forward"):
        made(leaf([1.0]))


def test_only_tensors_are_saved(backend: str) -> None:
    my = function(lambda ctx, x: ctx.save_for_backward(x, 3), lambda ctx, g: g)
    with pytest.raises(TypeError, match="can only save variables, but argument 1 is of type int"):
        my.apply(leaf([1.0]))
    seen = []

    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(None, x)
        return x * 1

    def backward(ctx: Any, g: Any) -> Any:
        seen.append(ctx.saved_tensors)
        return g

    x = leaf([1.0])
    function(forward, backward).apply(x).backward()
    assert seen[0][0] is None
    assert seen[0][1] is x


def test_saved_tensors_are_freed_and_their_versions_checked(backend: str) -> None:
    x, y = leaf([1.0]), leaf([2.0])
    out = Product.apply(x, y)
    out.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        out.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        _ = out.grad_fn.saved_tensors
    kept = Product.apply(x, y)
    kept.backward(retain_graph=True)
    kept.backward()
    out = Product.apply(x, y)
    with tg.no_grad():
        x.mul_(2)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        out.backward()


def test_a_saved_result_keeps_its_place_in_the_graph(backend: str) -> None:
    class Exp(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (out,) = ctx.saved_tensors
            return g * out

    x = leaf([0.5, -1.0])
    value = x
    for _ in range(3):
        (value,) = tg.autograd.grad(
            Exp.apply(x).sum() if value is x else value.sum(), x, create_graph=True
        )
    np.testing.assert_allclose(array(value), np.exp(array(x)), rtol=1e-15)
    out = Exp.apply(x)
    node = weakref.ref(out.grad_fn)
    gc.disable()
    try:
        del out
        assert node() is None
    finally:
        gc.enable()


def test_saved_tensors_may_be_read_but_once(backend: str) -> None:
    class Once(Product):
        clear_saved_tensors_on_access = True

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, y = ctx.saved_tensors
            with pytest.raises(RuntimeError, match="can only be accessed once"):
                _ = ctx.saved_tensors
            return g * y, g * x, None

    Once.apply(leaf([1.0]), const([2.0])).backward()


@pytest.mark.parametrize("materialize", [True, False])
def test_absent_gradients_come_as_zeros_or_none(backend: str, materialize: bool) -> None:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        ctx.set_materialize_grads(materialize)
        return x * 2, x * 3

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        seen.append((g, h))
        return g * 2

    x = leaf([1.0, 2.0])
    function(forward, backward).apply(x)[0].sum().backward()
    absent = seen[0][1]
    assert array(absent).tolist() == [0.0, 0.0] if materialize else absent is None
    assert array(x.grad).tolist() == [2.0, 2.0]


def test_a_gradient_of_none_leaves_no_grad(backend: str) -> None:
    x = leaf([1.0])
    my = function(lambda ctx, x: x * 1, lambda ctx, g: None)
    (my.apply(x * 2) ** 2).sum().backward()
    assert x.grad is None


def test_results_without_derivative(backend: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        a, b = x * 2, x * 3
        ctx.mark_non_differentiable(b)
        return a, b, x > 0

    x = leaf([1.0])
    my = function(forward, lambda ctx, g, h, m: g * 2)
    a, b, mask = my.apply(x)
    assert (a.requires_grad, b.requires_grad, mask.requires_grad) == (True, False, False)
    (a * b).sum().backward()
    assert array(x.grad).tolist() == [6.0]


def doubled(ctx: Any, x: Any) -> Any:
    x.mul_(2)
    ctx.mark_dirty(x)
    return x


def test_results_in_place(backend: str) -> None:
    my = function(doubled, lambda ctx, g: g * 2)
    x = leaf([1.0, 2.0])
    y = x.clone()
    before = y._version
    assert my.apply(y) is y
    assert y._version > before
    assert y.grad_fn.name() == "MyBackward"
    (y**2).sum().backward()
    assert array(x.grad).tolist() == [8.0, 16.0]


def test_results_in_place_on_a_view_change_its_base(backend: str) -> None:
    x = leaf([1.0, 2.0])
    base = x * 1
    function(doubled, lambda ctx, g: g * 2).apply(base[:1])
    assert array(base).tolist() == [2.0, 2.0]
    base.sum().backward()
    assert array(x.grad).tolist() == [2.0, 1.0]


def test_in_place_mistakes_are_named(backend: str) -> None:
    backward = lambda ctx, g: g * 2  # noqa: E731
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad has been used"):
        function(doubled, backward).apply(leaf([1.0]))

    def forgotten(ctx: Any, x: Any) -> Any:
        doubled(ctx, x)
        return x * 1

    with pytest.raises(RuntimeError, match="marked as dirty during the forward method were not"):
        function(forgotten, backward).apply(leaf([1.0]) * 1)

    def several(ctx: Any, x: Any) -> Any:
        return doubled(ctx, x), x * 1

    with pytest.raises(RuntimeError, match="modifies inplace an input that is a view of another"):
        function(several, backward).apply((leaf([1.0, 2.0]) * 1)[:1])

    def other(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x * 2)
        return x * 1

    with pytest.warns(UserWarning, match=r"ctx.mark_dirty\(\) received a tensor that was not"):
        function(other, backward).apply(leaf([1.0]))


def test_an_unmarked_change_of_an_argument_is_found_in_backward(backend: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        out = x * 2
        x.add_(1)
        return out

    x = leaf([1.0]) * 1
    squared = x**2
    function(forward, lambda ctx, g: g * 2).apply(x)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        squared.backward()


def test_a_returned_argument_is_a_result_of_its_own(backend: str) -> None:
    my = function(lambda ctx, x: x, lambda ctx, g: g * 3)
    x = leaf([1.0])
    out = my.apply(x)
    assert out is not x
    assert x.is_leaf
    seen: list[Any] = []
    out.register_hook(lambda g: seen.append(array(g).tolist()))
    (out + x).sum().backward()
    assert seen == [[1.0]]
    assert array(x.grad).tolist() == [4.0]
    middle = x * 1
    out = my.apply(middle)
    with pytest.raises(RuntimeError, match="This view was created inside a custom Function"):
        out.mul_(2)
    two = function(lambda ctx, x: (x, x), lambda ctx, g, h: g + 2 * h)
    a, b = two.apply(middle)
    (a + b).sum().backward()
    assert array(x.grad).tolist() == [7.0]


def test_setup_context_defaults_and_names(backend: str) -> None:
    class Power(Function):
        @staticmethod
        def forward(x: Any, n: int = 2, *, scale: float = 1.0) -> Any:
            return scale * x**n

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            assert not output.requires_grad
            x, ctx.n = inputs[:2]
            ctx.save_for_backward(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * ctx.n * x ** (ctx.n - 1), None

    x = leaf([2.0])
    assert array(tg.autograd.grad(Power.apply(x), x)[0]).tolist() == [4.0]
    assert array(tg.autograd.grad(Power.apply(x, n=3), x)[0]).tolist() == [12.0]


def test_grad_mode_inside(backend: str) -> None:
    modes: list[bool] = []

    def forward(ctx: Any, x: Any) -> Any:
        modes.append(tg.is_grad_enabled())
        return x * 2

    def backward(ctx: Any, g: Any) -> Any:
        modes.append(tg.is_grad_enabled())
        return g * 2

    my = function(forward, backward)
    x = leaf([1.0])
    my.apply(x).backward()
    tg.autograd.grad(my.apply(x), x, create_graph=True)
    with tg.no_grad():
        assert not my.apply(x).requires_grad
    assert modes == [False, False, False, True, False]


def test_errors_keep_their_type_and_what_they_say(backend: str) -> None:
    def backward(ctx: Any, g: Any) -> Any:
        raise KeyError("something")

    with pytest.raises(KeyError, match="something"):
        function(lambda ctx, x: x * 2, backward).apply(leaf([1.0])).backward()


def test_a_cycle_through_the_context_is_collected(backend: str) -> None:
    class Marker:
        pass

    def make() -> Any:
        def forward(ctx: Any, x: Any) -> Any:
            ctx.meta = {"marker": Marker()}
            return x * 2

        out = function(forward, lambda ctx, g: g).apply(leaf([1.0]))
        out.grad_fn.meta["out"] = out
        return weakref.ref(out.grad_fn.meta["marker"])

    gone = make()
    gc.collect()
    assert gone() is None


def test_a_mutated_view_inside_forward_keeps_the_function_as_its_history(backend: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        out = (x * 1)[:1]
        out.mul_(2)
        return out

    def backward(ctx: Any, g: Any) -> Any:
        return tg.cat([g * 10, tg.zeros_like(g)])

    x = leaf([1.0, 2.0])
    out = function(forward, backward).apply(x)
    assert out.grad_fn.name() == "MyBackward"
    out.mul_(3)
    out.sum().backward()
    assert array(x.grad).tolist() == [30.0, 0.0]


@pytest.mark.parametrize("output", ["list", "dict"])
def test_tensors_hidden_in_a_result_are_refused(backend: str, output: str) -> None:
    my = function(lambda ctx, x: [x * 2] if output == "list" else {"x": x * 2})
    with pytest.raises(TypeError, match=f"returned a {output} that holds Tensors"):
        my.apply(leaf([1.0]))
    assert len(my.apply(const([1.0]))) == 1


def test_differentiating_once_only(backend: str) -> None:
    class Square(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            assert not tg.is_grad_enabled()
            (x,) = ctx.saved_tensors
            return 2 * x * g

    x = leaf([3.0])
    assert array(tg.autograd.grad(Square.apply(x), x)[0]).tolist() == [6.0]
    (g,) = tg.autograd.grad(Square.apply(x), x, create_graph=True)
    assert array(g).tolist() == [6.0]
    with pytest.raises(RuntimeError, match=r"@once_differentiable.*Square\.backward"):
        g.backward()


def test_a_long_chain_of_functions_is_run_and_freed_without_recursion(backend: str) -> None:
    my = function(lambda ctx, x: x + 1, lambda ctx, g: g)
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
