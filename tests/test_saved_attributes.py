"""What nodes have saved, by name; hooks for one saved tensor; tangents when printed."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf
from tensorflowlite_grad.autograd import Function, Node, forward_ad, graph
from tensorflowlite_grad.autograd.kept import held_by
from tensorflowlite_grad.backend import selection
from tensorflowlite_grad.checking import all_cases
from tensorflowlite_grad.checking.derivatives import Trial


def test_saved_tensors_can_be_read_by_name(backend: str) -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    node = (x * w).grad_fn
    assert node._saved_self is x
    assert node._saved_other is w
    y = x.exp()
    assert array(y.grad_fn._saved_result).tolist() == array(y).tolist()
    assert y.grad_fn._saved_result.grad_fn is y.grad_fn
    assert {"_saved_self", "_raw_saved_other"} <= set(dir(node))
    assert not hasattr(node, "_saved_nonsense")
    assert not hasattr((x + w).grad_fn, "_saved_self")


@pytest.mark.guarantee("A11")
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_no_tensor_can_be_read_when_tensors_are_freed(backend: str, packed: bool) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    hooks = graph.saved_tensors_hooks(lambda t: t, lambda t: t)
    with hooks if packed else contextlib.nullcontext():
        made = {
            "power": x**3,
            "prod": x.prod(1),
            "softmax": x.softmax(1),
            "sum": x.sum(1),
        }
    tensors = {"power": "self", "prod": "self", "softmax": "result"}
    others = {
        "power": {"exponent": 3},
        "prod": {"keepdim": False},
        "softmax": {"dim": 1},
        "sum": {"keepdim": False},
    }

    def check() -> None:
        for name, values in others.items():
            node = made[name].grad_fn
            assert {f"_saved_{key}" for key in values} <= set(dir(node))
            assert {key: getattr(node, f"_saved_{key}") for key in values} == values

    check()
    for name, key in tensors.items():
        assert isinstance(getattr(made[name].grad_fn, f"_saved_{key}"), tg.Tensor)
    sum(y.sum() for y in made.values()).backward()
    check()
    for name, key in tensors.items():
        node = made[name].grad_fn
        with pytest.raises(RuntimeError, match="Trying to backward through the graph a second ti"):
            getattr(node, f"_saved_{key}")
        with pytest.raises(RuntimeError, match="Trying to backward through the graph a second ti"):
            made[name].sum().backward()


@pytest.mark.guarantee("A11")
def test_no_array_stays_where_tensors_are_freed(backend: str) -> None:
    held = []
    for case in {case.name: case for case in all_cases()}.values():
        trial = Trial(case, selection.default_place())
        if not trial.inputs:
            continue
        y = case.apply(trial.tensors(trial.hosts, leaves=True))
        if not y.requires_grad:
            continue
        y.backward(tg.ones_like(y))
        nodes, seen = [y.grad_fn], set()
        while nodes:
            node = nodes.pop()
            if isinstance(node, Node) and node not in seen:
                seen.add(node)
                nodes += [edge for edge, _ in node.next_functions]
        held += [(case.id, n.name()) for n in seen if n.frees and list(held_by(n))]
    assert held == []


@pytest.mark.guarantee("A11")
def test_what_was_freed_or_changed_is_not_shown(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    y.sum().backward()
    with pytest.raises(RuntimeError, match="directly access saved tensors"):
        _ = y.grad_fn._saved_self
    z = x * x
    with tg.no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        _ = z.grad_fn._saved_self


def test_hooks_for_one_saved_tensor(backend: str) -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = x * w
    seen = []

    def unpack(packed: Any) -> Any:
        seen.append(packed)
        return packed * 10

    y.grad_fn._raw_saved_other.register_hooks(lambda t: t * 1, unpack)
    assert array(y.grad_fn._saved_other).tolist() == [30.0, 40.0]
    y.sum().backward()
    assert array(x.grad).tolist() == [30.0, 40.0]
    assert array(w.grad).tolist() == [1.0, 2.0]
    assert len(seen) == 2


def test_the_other_saved_tensors_are_still_watched(backend: str) -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = x * w
    y.grad_fn._raw_saved_other.register_hooks(lambda t: t * 1, lambda t: t)
    with tg.no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_hooks_of_a_saved_result(backend: str) -> None:
    x = leaf([0.0, 1.0])
    y = x.exp()
    y.grad_fn._raw_saved_result.register_hooks(lambda t: t.tolist(), const)
    y.sum().backward()
    assert tg.allclose(x.grad, y)


def test_hooks_are_registered_once_and_in_time(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    handle = y.grad_fn._raw_saved_self
    handle.register_hooks(lambda t: t * 1, lambda t: t)
    with pytest.raises(RuntimeError, match="whose hooks have already been set"):
        y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t)
    late = x.exp()
    handle = late.grad_fn._raw_saved_result
    late.sum().backward()
    with pytest.raises(RuntimeError, match="a saved tensor after it has been freed"):
        handle.register_hooks(lambda t: t, lambda t: t)


def test_saved_tensors_of_a_function(backend: str) -> None:
    class Square(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x, None)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * ctx.saved_tensors[0] * g

    x = leaf([1.0, 2.0])
    y = Square.apply(x)
    first, second = y.grad_fn._raw_saved_tensors
    assert second is None
    first.register_hooks(lambda t: t * 1, lambda t: t * 10)
    with pytest.raises(RuntimeError, match="hooks have already been set"):
        first.register_hooks(lambda t: t, lambda t: t)
    y.sum().backward()
    assert array(x.grad).tolist() == [20.0, 40.0]
    with pytest.raises(RuntimeError, match="after they have already been freed"):
        _ = y.grad_fn._raw_saved_tensors
    with graph.saved_tensors_hooks(lambda t: t * 1, lambda t: t):
        y = Square.apply(x)
    first, second = y.grad_fn._raw_saved_tensors
    assert second is None
    with pytest.raises(RuntimeError, match="hooks have already been set"):
        first.register_hooks(lambda t: t, lambda t: t)


def test_increment_version(backend: str) -> None:
    x, w = leaf([1.0]), const([2.0])
    y = x * w
    graph.increment_version([w])
    assert w._version == 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()
    with pytest.raises(TypeError, match="expects Tensors, got int"):
        graph.increment_version([3])


def test_tangents_are_printed_inside_their_level() -> None:
    x = tg.tensor([1.0, 2.0])
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, tg.tensor([1.0, 0.0]))
        assert repr(dual * 2) == "tensor([2., 4.], tangent=tensor([2., 0.]))"
        kept = dual * 2
        with forward_ad.dual_level():
            inner = forward_ad.make_dual(kept, tg.ones(2))
            assert repr(inner).endswith("tangent=tensor([1., 1.]))")
    assert repr(kept) == "tensor([2., 4.])"
