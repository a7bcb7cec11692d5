"""How long hooks and what they hold live: as long as what they are registered on."""

from __future__ import annotations

import gc
import weakref

import pytest

import tensorflowlite_grad as tg
from support import leaf


class Captured:
    pass


class Doubled(tg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2


DOUBLES = {"operation": lambda x: x * 2, "function": Doubled.apply}


@pytest.mark.parametrize("made", DOUBLES)
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.guarantee(number))
        for kind, number in {
            "tensor": "G25",
            "pre": "G25",
            "post": "G25",
            "leaf": "G22",
            "accumulate": "G22",
            "accumulator pre": "G22",
            "accumulator post": "G22",
        }.items()
    ],
)
@pytest.mark.parametrize("how", ["unused", "backward", "retained"])
def test_a_hook_and_what_it_holds_die_with_the_graph(
    backend: str, made: str, kind: str, how: str
) -> None:
    gc.disable()
    try:
        captured = Captured()
        watched = weakref.ref(captured)
        x = leaf([1.0])
        y = DOUBLES[made](x)
        accumulator = y.grad_fn.next_functions[0][0]

        def hook(*_, held=captured):
            return None

        register = {
            "tensor": y.register_hook,
            "pre": y.grad_fn.register_prehook,
            "post": y.grad_fn.register_hook,
            "leaf": x.register_hook,
            "accumulate": x.register_post_accumulate_grad_hook,
            "accumulator pre": accumulator.register_prehook,
            "accumulator post": accumulator.register_hook,
        }[kind]
        register(hook)
        del register, hook, captured, accumulator
        if how != "unused":
            y.sum().backward(retain_graph=how == "retained")
        assert watched() is not None
        del x, y
        assert watched() is None
    finally:
        gc.enable()


@pytest.mark.guarantee("G24")
@pytest.mark.parametrize("made", DOUBLES)
@pytest.mark.parametrize("kind", ["tensor", "pre", "post"])
@pytest.mark.parametrize("runs", [False, True])
def test_a_hook_that_holds_its_own_node_is_freed_by_the_collector(
    backend: str, made: str, kind: str, runs: bool
) -> None:
    y = DOUBLES[made](leaf([1.0]))
    node = y.grad_fn
    register = {
        "tensor": y.register_hook,
        "pre": node.register_prehook,
        "post": node.register_hook,
    }[kind]
    register(lambda *_, node=node: None)
    watched = weakref.ref(node)
    del node, register
    gc.collect()
    assert watched() is not None
    if runs:
        y.sum().backward()
    gc.collect()
    assert watched() is not None
    del y
    gc.collect()
    assert watched() is None
