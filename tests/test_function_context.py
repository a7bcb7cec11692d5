"""The context of a `Function`: users may set what they like on it, and it shows its node."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, function_of, leaf
from tensorflowlite_grad.autograd import Function, forward_ad
from tensorflowlite_grad.autograd.function import FunctionCtx
from tensorflowlite_grad.autograd.function_context import FunctionNode
from tensorflowlite_grad.autograd.graph import Node, Output, saved_memory


class Cube(Function):
    """x**3, its operand and its result saved."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        out = x**3
        ctx.save_for_backward(x, out)
        return out

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, _ = ctx.saved_tensors
        return 3 * x**2 * g

    @staticmethod
    def jvp(ctx: Any, dot: Any) -> Any:
        x, _ = ctx.saved_tensors
        return 3 * x**2 * dot


#: What can only be read: `ctx.saved_tensors` and the like.
READ_ONLY = {"metadata", "next_functions", "saved_tensors"}
#: Changes what arrives in backward, as it should.
MEANT = {"materialize_grads"}
#: What nodes of one kind or another have, and others that look at nodes ask for.
OF_NODES = {
    "call",
    "grad",
    "level",
    "mask",
    "message",
    "node",
    "parts",
    "requires_grad",
    "result_count",
    "tensor",
    "variable",
}
NAMES = sorted(
    {
        name
        for kind in (FunctionCtx, FunctionNode, Node, Output)
        for name in dir(kind)
        if not name.startswith("_")
    }.union(OF_NODES)
    - READ_ONLY
    - MEANT
)


def with_attribute(name: str, value: Any, seen: list[Any]) -> Any:
    """Return x**3 as a function that sets an attribute of its context to `value`."""

    class Mine(Cube):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            out = Cube.forward(ctx, x)
            setattr(ctx, name, value)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.append(getattr(ctx, name))
            return Cube.backward(ctx, g)

    return Mine.apply


@pytest.mark.parametrize("name", NAMES)
def test_any_attribute_may_be_set(backend: str, name: str) -> None:
    seen: list[Any] = []
    value = object()
    apply = with_attribute(name, value, seen)
    x = leaf([2.0])
    out = apply(x)
    assert out.grad_fn.name() == "MineBackward"
    assert [behind.variable for behind, _ in out.grad_fn.next_functions] == [x]
    assert "MineBackward(x)" in str(tg.graph(out, names={"x": x}))
    assert [row.operation for row in saved_memory(out).rows] == ["MineBackward"]
    (g,) = tg.autograd.grad(out, x, create_graph=True)
    (gg,) = tg.autograd.grad(g, x)
    out.backward()
    assert array(g).tolist() == array(x.grad).tolist() == [12.0]
    assert array(gg).tolist() == [12.0]
    assert len(seen) == 2
    assert all(found is value for found in seen)
    with pytest.raises(RuntimeError, match=r"a second time .* was MineBackward"):
        out.backward()


@pytest.mark.parametrize("name", ["edges", "function", "hooks", "kept", "place", "saved", "seq"])
def test_any_attribute_may_be_set_where_the_engine_is_watched(backend: str, name: str) -> None:
    """By hooks, hooks of saved tensors, anomaly mode, forward mode, and batches."""
    seen: list[Any] = []
    value = object()
    apply = with_attribute(name, value, seen)
    x = leaf([2.0])
    graph = tg.autograd.graph
    with pytest.warns(UserWarning, match="Anomaly"):
        anomaly = tg.autograd.detect_anomaly()
    with graph.saved_tensors_hooks(lambda t: (t,), lambda packed: packed[0]), anomaly:
        out = apply(x)
        out.grad_fn.register_hook(lambda gs, _: (gs[0] * 10,))
        out.backward()
    assert array(x.grad).tolist() == [120.0]
    with forward_ad.dual_level():
        dual = forward_ad.unpack_dual(apply(forward_ad.make_dual(x, leaf([1.0]))))
        assert array(dual.tangent).tolist() == [12.0]
    xs = leaf([[1.0], [2.0]])
    (g,) = tg.autograd.grad(tg.func.vmap(apply)(xs).sum(), xs)
    assert array(g).tolist() == [[3.0], [12.0]]
    out = apply(x)
    rows = tg.autograd.grad(out, x, leaf([[1.0], [2.0]]), is_grads_batched=True)[0]
    assert array(rows).tolist() == [[12.0], [24.0]]
    assert seen
    assert all(found is value for found in seen)


def test_the_node_shows_what_is_set_on_the_context(backend: str) -> None:
    contexts: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        contexts.append(ctx)
        ctx.first = 1
        ctx.save_for_backward(x)
        return x * 2

    x = leaf([1.0])
    out = function_of(forward, lambda ctx, g: g * ctx.factor).apply(x)
    (ctx,) = contexts
    node = out.grad_fn
    assert isinstance(ctx, FunctionCtx)
    assert type(ctx).__name__ == type(node).__name__ == "MyBackward"
    assert node.first == 1
    assert node.saved_tensors[0] is x
    node.factor = 5
    node.passing = 1
    del node.passing
    assert ctx.factor == 5
    assert {"factor", "first", "saved_tensors", "next_functions"} <= set(dir(node))
    for holder in (ctx, node):
        with pytest.raises(AttributeError, match="'MyBackward' object has no attribute 'passing'"):
            _ = holder.passing
        for copied in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="cannot pickle 'MyBackward' object"):
                copied(holder)
    out.backward()
    assert array(x.grad).tolist() == [5.0]


@pytest.mark.parametrize("name", sorted(READ_ONLY))
def test_what_the_context_tells_cannot_be_set(name: str) -> None:
    my = function_of(lambda ctx, x: setattr(ctx, name, 1))
    with pytest.raises(AttributeError):
        my.apply(leaf([1.0]))


def test_the_node_is_within_reach_of_forward_and_backward(backend: str) -> None:
    seen: list[Any] = []

    def look(ctx: Any) -> None:
        seen.append((ctx.name(), [(node.variable, k) for node, k in ctx.next_functions]))

    def forward(ctx: Any, x: Any) -> Any:
        look(ctx)
        ctx.metadata["key"] = "value"
        ctx.register_hook(lambda gs, _: (gs[0] * 3,))
        ctx.register_prehook(lambda gs: (gs[0] * 5,))
        return x * 2

    def backward(ctx: Any, g: Any) -> Any:
        look(ctx)
        assert ctx.metadata == {"key": "value"}
        return g * 2

    x = leaf([1.0])
    out = function_of(forward, backward).apply(x)
    assert out.grad_fn.metadata == {"key": "value"}
    out.backward()
    assert array(x.grad).tolist() == [30.0]
    assert seen == [("MyBackward", [(x, 0)])] * 2
    with tg.no_grad():
        function_of(forward, backward).apply(x)
    assert seen[2] == ("MyBackward", [])


def test_a_context_that_is_kept_keeps_no_result_but_what_it_saved(backend: str) -> None:
    contexts: list[Any] = []

    class Kept(Cube):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            contexts.append(ctx)
            return Cube.forward(ctx, x)

    x = leaf([2.0])
    gc.disable()
    try:
        out = Kept.apply(x)
        node = weakref.ref(out.grad_fn)
        del out
        assert node() is None
        ctx = contexts.pop()
        operand, result = ctx.saved_tensors
        assert operand is x
        assert ctx.name() == "KeptBackward"
        assert [behind.variable for behind, _ in ctx.next_functions] == [x]
        result.backward()  # it is on the graph still
        assert array(x.grad).tolist() == [12.0]
        gone = weakref.ref(ctx)
        del ctx, result
        assert gone() is None
    finally:
        gc.enable()


def test_what_a_context_holds_is_counted_under_any_name(backend: str) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.saved = x.detach().clone()
        ctx.edges = [ctx.saved, {"more": x.detach().clone()}]
        return x * ctx.saved

    out = function_of(forward, lambda ctx, g: g * ctx.saved).apply(leaf([1.0, 2.0]))
    (row,) = saved_memory(out).rows
    assert row.bytes == 2 * 2 * 8
