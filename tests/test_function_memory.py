"""`autograd.Function` and memory: what it saves, changes in place, and keeps alive."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, function_of, leaf
from tensorflowlite_grad.autograd import Function, forward_ad


def saving(ctx: Any, x: Any, y: Any) -> Any:
    ctx.save_for_backward(x, y)
    return x * y


def by_the_product_rule(ctx: Any, g: Any) -> Any:
    x, y = ctx.saved_tensors
    return g * y, g * x


product = function_of(saving, by_the_product_rule)


# -- saved tensors --------------------------------------------------------------------------------


@pytest.mark.guarantee("L08")
def test_only_tensors_are_saved(backend: str) -> None:
    my = function_of(lambda ctx, x: ctx.save_for_backward(x, 3), lambda ctx, g: g)
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
    function_of(forward, backward).apply(x).backward()
    assert seen[0][0] is None
    assert seen[0][1] is x


@pytest.mark.guarantee("L09")
def test_saved_tensors_are_those_that_were_saved(backend: str) -> None:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any, y: Any) -> Any:
        out = x + y, x * y
        ctx.save_for_backward(x, y, *out)
        return out

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        seen.append(ctx.saved_tensors)
        return g, h

    x = leaf([1.0])
    y = leaf([2.0]) * 1
    a, b = function_of(forward, backward).apply(x, y)
    node = a.grad_fn
    assert node is b.grad_fn
    (a + b).backward()
    one, two, three, four = seen[0]
    assert one is x
    assert two is y
    assert two.grad_fn is y.grad_fn
    for saved, out, number in ((three, a, 0), (four, b, 1)):
        assert (saved.output_nr, out.output_nr) == (number, number)
        assert saved.grad_fn is node
        assert array(saved).tolist() == array(out).tolist()
    words = r"backward through the graph a second time \(or directly access saved tensors after"
    with pytest.raises(RuntimeError, match=words):
        _ = node.saved_tensors
    with pytest.raises(RuntimeError, match=words):
        (a + b).backward()


def test_saved_tensors_are_freed_and_their_versions_checked(backend: str) -> None:
    x, y = leaf([1.0]), leaf([2.0])
    out = product.apply(x, y)
    out.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        out.backward()
    kept = product.apply(x, y)
    kept.backward(retain_graph=True)
    kept.backward()
    out = product.apply(x, y)
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


@pytest.mark.guarantee("L10")
def test_saved_tensors_may_be_read_but_once(backend: str) -> None:
    kept: list[Any] = []
    words = "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True is"

    class Once(Function):
        clear_saved_tensors_on_access = True

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            kept.append(x.clone())
            ctx.save_for_backward(kept[0])
            return x * kept[0]

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            alive = weakref.ref(kept.pop())
            (x,) = ctx.saved_tensors
            assert alive() is x
            out = g * x
            del x
            assert alive() is None
            with pytest.raises(RuntimeError, match=words):
                _ = ctx.saved_tensors
            return out

    x = leaf([3.0])
    out = Once.apply(x)
    gc.disable()
    try:
        out.backward(retain_graph=True)
    finally:
        gc.enable()
    assert array(x.grad).tolist() == [3.0]
    kept.append(x)
    with pytest.raises(RuntimeError, match=words):
        out.backward()


# -- in-place changes -----------------------------------------------------------------------------


def doubled(ctx: Any, x: Any) -> Any:
    x.mul_(2)
    ctx.mark_dirty(x)
    return x


def twice(ctx: Any, g: Any) -> Any:
    return g * 2


@pytest.mark.guarantee("L14")
def test_results_in_place(backend: str) -> None:
    my = function_of(doubled, twice)
    x = leaf([1.0, 2.0])
    y = x.clone()
    before = y._version
    assert my.apply(y) is y
    assert y._version > before
    assert y.grad_fn.name() == "MyBackward"
    (y**2).sum().backward()
    assert array(x.grad).tolist() == [8.0, 16.0]
    buffer = const([1.0])
    assert my.apply(buffer) is buffer
    assert not buffer.requires_grad
    with tg.no_grad():
        assert my.apply(x) is x
    assert x.is_leaf
    assert array(x).tolist() == [2.0, 4.0]


@pytest.mark.guarantee("L14")
def test_results_in_place_on_a_view_change_its_base(backend: str) -> None:
    x = leaf([1.0, 2.0])
    base = x * 1
    whole = base[:]
    my = function_of(doubled, twice)
    my.apply(base[:1])
    assert array(base).tolist() == array(whole).tolist() == [2.0, 2.0]
    for t in (base, whole):
        (g,) = tg.autograd.grad(t.sum(), x, retain_graph=True)
        assert array(g).tolist() == [2.0, 1.0]
    my.apply(base)
    (g,) = tg.autograd.grad(whole.sum(), x)
    assert array(g).tolist() == [4.0, 2.0]


@pytest.mark.guarantee("L14")
def test_results_in_place_of_which_nothing_is_recorded(backend: str) -> None:
    def constant(ctx: Any, x: Any) -> Any:
        ctx.mark_non_differentiable(x)
        return doubled(ctx, x)

    my = function_of(constant, lambda ctx, g: None)
    x = leaf([1.0, 2.0])
    y = x * 3
    assert my.apply(y) is y
    assert not y.requires_grad
    base = x * 3
    my.apply(base[:1])
    base.sum().backward()
    assert array(x.grad).tolist() == [0.0, 3.0]


@pytest.mark.guarantee("L14")
@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("in_place", [True, False])
def test_tangents_of_results_in_place(backend: str, requires_grad: bool, in_place: bool) -> None:
    jvp = (lambda ctx, dot: dot.mul_(2)) if in_place else (lambda ctx, dot: dot * 2)
    my = function_of(doubled, twice, jvp=jvp)
    with forward_ad.dual_level():
        x = const([1.0, 2.0]).requires_grad_(requires_grad) * 1
        tangent = const([1.0, 3.0])
        dual = forward_ad.make_dual(x, tangent)
        out = my.apply(dual)
        assert out is dual
        primal, found = forward_ad.unpack_dual(out)
        assert (found is tangent) is in_place
        assert array(primal).tolist() == [2.0, 4.0]
        assert array(found).tolist() == [2.0, 6.0]
        view = out[1:]
        my.apply(view)
        assert array(forward_ad.unpack_dual(view).tangent).tolist() == [12.0]
        assert array(forward_ad.unpack_dual(out).tangent).tolist() == [2.0, 12.0]


def forgotten(ctx: Any, x: Any) -> Any:
    doubled(ctx, x)
    return x * 1


def several(ctx: Any, x: Any) -> Any:
    return doubled(ctx, x), x * 1


def first_half_without_grad() -> Any:
    base = leaf([1.0, 2.0]) * 1
    with tg.no_grad():
        return base[:1]


IN_PLACE: dict[str, tuple[Any, Any, str]] = {
    "leaf": (doubled, lambda: leaf([1.0]), "a leaf Variable that requires grad has been used in"),
    "view of a leaf": (
        doubled,
        lambda: leaf([1.0, 2.0])[:1],
        "a view of a leaf Variable that requires grad is being used in an in-place operation",
    ),
    "not returned": (
        forgotten,
        lambda: leaf([1.0]) * 1,
        "Some elements marked as dirty during the forward method were not returned as output. The "
        "inputs that are modified inplace must all be outputs of the Function",
    ),
    "several results of a view": (
        several,
        lambda: (leaf([1.0, 2.0]) * 1)[:1],
        "If your Function modifies inplace an input that is a view of another Tensor, your "
        "Function cannot return more than one Tensor",
    ),
    "one of several views": (
        doubled,
        lambda: (leaf([1.0, 2.0]) * 1).unbind()[0],
        "Output 0 of Unbind is a view and is being modified inplace. This view is the output of",
    ),
    "view made without grad": (
        doubled,
        first_half_without_grad,
        "A view was created in no_grad mode and is being modified inplace with grad mode enabled",
    ),
}


@pytest.mark.guarantee("L14")
@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_mistakes_are_named(backend: str, name: str) -> None:
    forward, argument, words = IN_PLACE[name]
    t = argument()
    edge = t._edge
    with pytest.raises(RuntimeError, match=words):
        function_of(forward, lambda ctx, *g: g[0] * 2).apply(t)
    assert t._edge is edge
    assert tg.is_grad_enabled()


@pytest.mark.guarantee("L14")
def test_only_inputs_need_to_be_marked(backend: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        out = x * 2
        ctx.mark_dirty(out)
        return out

    x = leaf([1.0])
    words = r"ctx.mark_dirty\(\) received a tensor that was not an input"
    with pytest.warns(UserWarning, match=words) as found:
        out = function_of(forward, twice).apply(x)
    assert found[0].filename == __file__
    out.backward()
    assert array(x.grad).tolist() == [2.0]


def unmarked(ctx: Any, x: Any) -> Any:
    out = x * 2
    x.add_(1)
    return out


def saved_and_then_changed(ctx: Any, x: Any) -> Any:
    ctx.save_for_backward(x)
    return unmarked(ctx, x)


def view_saved_and_then_changed(ctx: Any, x: Any) -> Any:
    ctx.save_for_backward(x[:1])
    return unmarked(ctx, x)


@pytest.mark.guarantee("L15")
@pytest.mark.parametrize("argument", [lambda x: x * 1, lambda x: x])
@pytest.mark.parametrize("forward", [saved_and_then_changed, view_saved_and_then_changed])
def test_an_unmarked_change_of_what_was_saved_is_found(
    backend: str, argument: Any, forward: Any
) -> None:
    x = leaf([1.0])
    words = "one of the variables needed for gradient computation has been modified by an inplace"
    out = function_of(forward, lambda ctx, g: g * 2 * ctx.saved_tensors[0]).apply(argument(x))
    with pytest.raises(RuntimeError, match=words):
        out.backward()
    assert x.grad is None


@pytest.mark.guarantee("L15")
def test_an_unmarked_change_of_an_argument_is_found_by_what_had_saved_it(backend: str) -> None:
    x = leaf([1.0]) * 1
    squared = x**2
    function_of(unmarked, twice).apply(x)
    with pytest.raises(RuntimeError, match="needed for gradient computation has been modified by"):
        squared.backward()


@pytest.mark.parametrize("shared", [False, True])
def test_data_that_are_replaced_are_found(backend: str, shared: bool) -> None:
    x, y = leaf([1.0]), leaf([2.0])
    view = x.detach() if shared else None
    out = product.apply(x, y)
    x.data = const([3.0])
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        out.backward()
    del view


def test_what_forward_makes_may_be_written_after_it_was_saved(backend: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        buffer = tg.zeros_like(x)
        ctx.save_for_backward(buffer)
        buffer.add_(x)
        return x * buffer

    x = leaf([3.0])
    function_of(forward, lambda ctx, g: 2 * g * ctx.saved_tensors[0]).apply(x).backward()
    assert array(x.grad).tolist() == [6.0]


# -- what is kept alive ---------------------------------------------------------------------------


class Marker:
    """Something of which a weak reference tells whether it is alive."""


@pytest.mark.guarantee("L21")
@pytest.mark.parametrize("with_backward", [False, True])
@pytest.mark.parametrize("inside", [False, True])
def test_a_cycle_through_the_context_is_collected(
    backend: str, with_backward: bool, inside: bool
) -> None:
    def forward(ctx: Any, x: Any, marker: Any) -> Any:
        out = x * 2
        ctx.save_for_backward(x)
        ctx.meta = {"marker": marker, "out": out if inside else None}
        return out

    def make() -> Any:
        marker = Marker()
        x = leaf([1.0])
        out = function_of(forward, lambda ctx, g: (g * 2, None)).apply(x, marker)
        out.grad_fn.meta["out"] = out
        if with_backward:
            out.backward()
            assert array(x.grad).tolist() == [2.0]
        return weakref.ref(marker)

    gc.disable()
    try:
        gone = make()
        assert gone() is not None  # so that there is a cycle
    finally:
        gc.enable()
    gc.collect()
    assert gone() is None


@pytest.mark.guarantee("L22")
@pytest.mark.parametrize("with_backward", [False, True])
@pytest.mark.parametrize("argument", [lambda x: x * 1, lambda x: (x * 1)[:], lambda x: (x * 1)[1:]])
def test_saving_a_view_that_was_changed_leaks_nothing(
    backend: str, with_backward: bool, argument: Any
) -> None:
    def forward(ctx: Any, w: Any, x: Any) -> Any:
        x.mul_(w)
        ctx.mark_dirty(x)
        ctx.save_for_backward(w, x)
        ctx.marker = markers[-1]()
        return x

    def backward(ctx: Any, g: Any) -> Any:
        w, x = ctx.saved_tensors
        return (g * x / w).sum(), g * w

    w = leaf(3.0)
    gc.collect()
    gc.disable()
    try:
        marker = Marker()
        markers: list[Any] = [weakref.ref(marker)]
        x = argument(leaf([1.0, 2.0]))
        out = function_of(forward, backward).apply(w, x)
        assert out is x
        if with_backward:
            out.sum().backward()
        assert markers[0]() is not None
        alive = [weakref.ref(out), weakref.ref(out.grad_fn)]
        del out, x, marker
        assert [r() for r in (*markers, *alive)] == [None] * 3
    finally:
        gc.enable()


@pytest.mark.guarantee("L23")
def test_the_collector_may_run_while_a_node_is_freed(backend: str) -> None:
    collected: list[int] = []

    class Collecting:
        def __del__(self) -> None:
            gc.collect()
            collected.append(1)

    def forward(ctx: Any, x: Any) -> Any:
        ctx.collecting = Collecting()
        return x.clone()

    my = function_of(forward, lambda ctx, g: g * 2)
    x = leaf([1.0, 2.0])
    y = my.apply(my.apply(x))
    y.sum().backward()
    assert array(x.grad).tolist() == [4.0, 4.0]
    del y
    my.apply(x)  # freed without backward
    z = my.apply(x)
    z.grad_fn.itself = z  # freed by the collector
    del z
    gc.collect()
    assert len(collected) == 4
