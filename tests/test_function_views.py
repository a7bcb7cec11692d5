"""`autograd.Function` and views: results that show an argument's memory, or each other's."""

from __future__ import annotations

from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, const, function_of, leaf

#: What forward returns, and which of its results shows memory that is not its own alone.
VIEWS: dict[str, tuple[Any, int]] = {
    "the argument": (lambda x: x, 0),
    "a view of it": (lambda x: x[:1], 0),
    "the same shape": (lambda x: x.view_as(x), 0),
    "a twin": (lambda x: x.detach(), 0),
    "a view of what forward made": (lambda x: x.clone()[:1], 0),
    "one of two results": (lambda x: (x * 1, x[1:]), 1),
    "two views of one memory": (lambda x: (lambda y: (y[:1], y[1:]))(x * 1), 1),
    "a result and its view": (lambda x: (lambda y: (y, y[1:]))(x * 1), 0),
}


def spread(ctx: Any, *grads: Any) -> Any:
    """A rule, of no function in particular, for any of `VIEWS`."""
    return sum(5 * g.sum() for g in grads).expand(ctx.shape)


def shown(name: str, x: Any) -> tuple[Any, Any]:
    """Return all that the function gives, as a tuple, and the result in question."""
    make, number = VIEWS[name]

    def forward(ctx: Any, x: Any) -> Any:
        ctx.shape = x.shape
        return make(x)

    out = function_of(forward, spread).apply(x)
    out = out if isinstance(out, tuple) else (out,)
    return out, out[number]


CUSTOM_VIEW = (
    "Output {} of {} is a view and is being modified inplace. This view was created inside a "
    r"custom Function \(or because an input was returned as-is\) and the autograd logic to handle"
)


@pytest.mark.guarantee("L16")
@pytest.mark.parametrize("argument", [lambda x: x, lambda x: x * 1, lambda x: (x * 1)[:]])
@pytest.mark.parametrize("name", VIEWS)
def test_a_result_that_shows_other_memory_is_not_changed_in_place(
    backend: str, name: str, argument: Any
) -> None:
    x = leaf([1.0, 2.0])
    outs, view = shown(name, argument(x))
    with pytest.raises(RuntimeError, match=CUSTOM_VIEW.format(VIEWS[name][1], "My")):
        view.mul_(2)
    with pytest.raises(RuntimeError, match=CUSTOM_VIEW.format(0, "Slice")):
        view[:1].mul_(2)
    assert view.grad_fn.name() == "MyBackward"
    view.clone().mul_(2)
    sum(t.sum() for t in outs).backward()
    expected = 5.0 * sum(t.numel() for t in outs)
    assert array(x.grad).tolist() == [expected] * 2


@pytest.mark.guarantee("L16")
@pytest.mark.parametrize("written", [lambda x: x.mul_(2), lambda x: x[1:].mul_(2)])
@pytest.mark.parametrize("name", ["the argument", "a view of it", "the same shape", "a twin"])
def test_a_result_whose_memory_was_changed_has_no_gradient(
    backend: str, name: str, written: Any
) -> None:
    x = leaf([1.0, 2.0])
    middle = x * 1
    _, view = shown(name, middle)
    before, part = view * 3, view[:1]
    written(middle)
    words = "Output 0 of {} is a view and its base or another view of its base has been modified"
    for t, title in ((view, "My"), (view * 2, "My"), (part, "Slice")):
        with pytest.raises(RuntimeError, match=words.format(title)):
            t.sum().backward()
    assert x.grad is None
    before.sum().backward(retain_graph=True)
    assert array(x.grad).tolist() == [15.0 * before.numel()] * 2


@pytest.mark.guarantee("L16")
def test_a_constant_that_a_function_returned_and_that_was_changed(backend: str) -> None:
    constant, w = const([1.0, 2.0]), leaf([1.0])
    my = function_of(lambda ctx, c, w: c, lambda ctx, g: (None, g.sum().reshape(1)))
    view = my.apply(constant, w)
    constant.mul_(2)
    with pytest.raises(RuntimeError, match="another view of its base has been modified inplace"):
        view.sum().backward()


@pytest.mark.guarantee("L17")
@pytest.mark.parametrize("shape", [(), (1,), (2,)])
def test_a_returned_argument_is_a_result_of_its_own(backend: str, shape: tuple[int, ...]) -> None:
    my = function_of(lambda ctx, x: x, lambda ctx, g: g * 3)
    x = tg.ones(shape, dtype=tg.float64, requires_grad=True)
    out = my.apply(x)
    assert out is not x
    assert x.is_leaf
    assert out.grad_fn.name() == "MyBackward"
    seen: list[Any] = []
    out.register_hook(lambda g: seen.append(("out", array(g).ravel().tolist())))
    x.register_hook(lambda g: seen.append(("x", array(g).ravel().tolist())))
    (out + 2 * x).sum().backward()
    count = x.numel()
    assert seen == [("out", [1.0] * count), ("x", [5.0] * count)]
    assert array(x.grad).ravel().tolist() == [5.0] * count


@pytest.mark.guarantee("L17")
def test_a_returned_leaf_and_another_result(backend: str) -> None:
    my = function_of(lambda ctx, a, b: (a, a + b), lambda ctx, g, h: (g + h, h))
    x, y = leaf([1.0]), leaf([2.0])
    same, total = my.apply(x, y)
    seen: list[Any] = []
    same.register_hook(lambda g: seen.append(array(g).tolist()))
    (same + total + x).sum().backward()
    assert seen == [[1.0]]
    assert array(x.grad).tolist() == [3.0]
    assert array(y.grad).tolist() == [1.0]


@pytest.mark.guarantee("L17")
def test_results_given_twice(backend: str) -> None:
    x = leaf([1.0])
    both = function_of(lambda ctx, x: (x, x), lambda ctx, g, h: g + 2 * h)
    a, b = both.apply(x * 1)
    assert a is not b
    (a + b).sum().backward()
    assert array(x.grad).tolist() == [3.0]

    def made(ctx: Any, x: Any) -> Any:
        out = x * 2
        return out, out

    a, b = function_of(made, lambda ctx, g, h: 2 * (g + h)).apply(x)
    assert a is b
    x.grad = None
    (a + 10 * b).sum().backward()
    assert array(x.grad).tolist() == [22.0]


@pytest.mark.guarantee("L17")
def test_a_returned_constant(backend: str) -> None:
    my = function_of(lambda ctx, c, w: (c, w * 2), lambda ctx, g, h: (g, 2 * h))
    constant, w = const([1.0]), leaf([3.0])
    same, _ = my.apply(constant, w)
    assert same is not constant
    assert same.requires_grad
    assert not constant.requires_grad
    same.sum().backward()
    assert array(w.grad).tolist() == [0.0]
    assert constant.grad is None


@pytest.mark.guarantee("L24")
@pytest.mark.parametrize("in_place", [False, True])
def test_a_view_changed_inside_forward_keeps_the_function_as_its_history(
    backend: str, in_place: bool
) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        out = x.clone()[:1]
        if in_place:
            out.mul_(2)
        return out

    def backward(ctx: Any, g: Any) -> Any:
        return tg.cat([g * 10, tg.zeros_like(g)])

    x = leaf([1.0, 2.0])
    out = function_of(forward, backward).apply(x)
    assert array(out).tolist() == [2.0 if in_place else 1.0]
    assert out.grad_fn.name() == "MyBackward"
    out.sum().backward()
    assert array(x.grad).tolist() == [10.0, 0.0]
