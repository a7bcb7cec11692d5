"""`autograd.Function` under `vmap`, and derivatives outside of it and inside."""

from __future__ import annotations

from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf
from tensorflowlite_grad.autograd import Function
from tensorflowlite_grad.func import grad, hessian, jacfwd, jacrev, jvp, vmap


class Tenfold(Function):
    """x * w, with ten times its derivative: shows whose rule was followed."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any) -> Any:
        ctx.save_for_backward(x, w)
        return x * w

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        return 10 * g * w, 10 * g * x

    @staticmethod
    def jvp(ctx: Any, x_dot: Any, w_dot: Any) -> Any:
        x, w = ctx.saved_tensors
        return 10 * x_dot * w + 10 * w_dot * x


class Apart(Tenfold):
    """The same with `setup_context`."""

    @staticmethod
    def forward(x: Any, w: Any) -> Any:  # type: ignore[override]
        return x * w

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)


class OwnRule(Apart):
    """With a rule for batches."""

    calls: tuple[Any, ...] = ()

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any, w: Any) -> Any:
        OwnRule.calls += ((info.batch_size, info.randomness, in_dims),)
        return OwnRule.apply(x, w), 0


class Exponential(Function):
    """Saves its result."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.saved_tensors[0]

    @staticmethod
    def jvp(ctx: Any, x_dot: Any) -> Any:
        return x_dot * ctx.saved_tensors[0]


KINDS = (Tenfold, Apart, OwnRule)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_seen_from_outside(backend: str, kind: Any) -> None:
    x, w = leaf([1.0, 2.0]), leaf(3.0)
    mapped = vmap(kind.apply, in_dims=(0, None))
    y = mapped(x, w)
    assert array(y).tolist() == [3.0, 6.0]
    gx, gw = tg.autograd.grad(y.sum(), (x, w))
    assert array(gx).tolist() == [30.0, 30.0]
    assert array(gw).tolist() == 30.0
    _, dot = jvp(mapped, (x, w), (const([1.0, 1.0]), const(1.0)))
    assert array(dot).tolist() == [40.0, 50.0]


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_examples(backend: str, kind: Any) -> None:
    x, w = leaf([1.0, 2.0]), leaf(3.0)
    g = vmap(grad(kind.apply), in_dims=(0, None))(x, w)
    assert array(g).tolist() == [30.0, 30.0]
    (gw,) = tg.autograd.grad(g.sum(), w)
    assert array(gw).tolist() == 20.0
    assert array(vmap(hessian(lambda t: kind.apply(t, t)))(x.detach())).tolist() == [20.0, 20.0]


@pytest.mark.parametrize("kind", KINDS)
def test_batches_of_batches(backend: str, kind: Any) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = vmap(vmap(kind.apply))(x, x)
    assert array(y).tolist() == [[1.0, 4.0], [9.0, 16.0]]
    (g,) = tg.autograd.grad(y.sum(), x)
    assert array(g).tolist() == [[20.0, 40.0], [60.0, 80.0]]


def test_own_rule_is_told_of_the_batch(backend: str) -> None:
    OwnRule.calls = ()
    vmap(OwnRule.apply, in_dims=(1, None), randomness="same")(const([[1.0, 2.0]]), const([2.0]))
    assert OwnRule.calls == ((2, "same", (0, None)),)


def test_own_rule_is_not_asked_where_nothing_is_a_batch(backend: str) -> None:
    OwnRule.calls = ()
    c = const(2.0)
    out = vmap(lambda x: x + OwnRule.apply(c, c))(const([1.0, 2.0]))
    assert array(out).tolist() == [5.0, 6.0]
    assert OwnRule.calls == ()


def test_several_results_and_out_dims(backend: str) -> None:
    class Split(Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x + 1, x.sum()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.set_materialize_grads(False)

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return (0.0 if g is None else g) + (0.0 if h is None else h)

        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any) -> Any:
            assert in_dims == (0,)
            return (x.mT + 1, x.sum(1)), (1, 0)

    x = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    a, b = vmap(Split.apply)(x)
    assert array(a).tolist() == [[2.0, 3.0, 4.0], [5.0, 6.0, 7.0]]
    assert array(b).tolist() == [6.0, 15.0]


def test_ambiguous_and_wrong_rules(backend: str) -> None:
    both = type("Both", (OwnRule,), {"generate_vmap_rule": True})
    x = const([1.0, 2.0])
    with pytest.raises(RuntimeError, match="has both generate_vmap_rule=True and an overriden"):
        vmap(both.apply)(x, x)
    bare = type("Bare", (OwnRule,), {"vmap": staticmethod(lambda info, dims, x, w: x)})
    with pytest.raises(RuntimeError, match=r"Bare\.vmap to return the results and their out_dims"):
        vmap(bare.apply)(x, x)


@pytest.mark.parametrize(
    "second",
    [
        hessian,
        lambda f: jacrev(jacrev(f)),
        lambda f: jacfwd(jacfwd(f)),
        lambda f: jacrev(jacfwd(f)),
    ],
    ids=["forward-reverse", "reverse-reverse", "forward-forward", "reverse-forward"],
)
def test_second_derivatives_by_every_order_of_modes(backend: str, second: Any) -> None:
    x = const(0.5)
    assert array(second(Exponential.apply)(x)) == pytest.approx(1.6487212707)
    assert array(second(lambda t: Apart.apply(t, t))(x)).tolist() == 20.0
    assert array(second(lambda t: Tenfold.apply(t, t))(x)).tolist() == 20.0


def test_a_batch_of_gradients_is_differentiated_outside(backend: str) -> None:
    x, w = const([1.0, 2.0]), const(3.0)

    def total(x: Any, w: Any) -> Any:
        return vmap(grad(lambda x, w: x * x * w), in_dims=(0, None))(x, w).sum()

    gx, gw = grad(total, argnums=(0, 1))(x, w)
    assert array(gx).tolist() == [6.0, 6.0]
    assert array(gw).tolist() == 6.0
    _, dot = jvp(total, (x, w), (const([1.0, 1.0]), const(1.0)))
    assert array(dot).tolist() == 18.0
    assert array(hessian(total, argnums=1)(x, w)).tolist() == 0.0
