"""Hooks of leaves: before a gradient is added to ``.grad``, and after it."""

from __future__ import annotations

import pytest

import tensorflowlite_grad as tg
from support import array, leaf


class CustomError(Exception):
    """What is raised on purpose."""


@pytest.mark.guarantee("G03")
def test_what_each_hook_of_a_leaf_sees_of_the_others(backend: str) -> None:
    x = tg.tensor([0.3, 0.6, 0.9], requires_grad=True)

    def add(t):
        t.grad.add_(0.5)

    def overwrite(_, grad_outputs):
        x.grad = grad_outputs[0] * 10

    accumulator = x.view_as(x).grad_fn.next_functions[0][0]
    x.register_hook(lambda g: g - 2)
    accumulator.register_prehook(lambda gs: (gs[0] / 5,))
    x.register_post_accumulate_grad_hook(add)
    accumulator.register_hook(overwrite)
    x.sum().backward()
    assert x.grad.tolist() == pytest.approx([((1 - 2) / 5 + 0.5) * 10] * 3)


@pytest.mark.guarantee("G03")
def test_the_order_of_the_hooks_of_leaves(backend: str) -> None:
    a, b = leaf([2.0]), leaf([3.0])
    order = []
    y = a * b
    for name, t, (accumulator, _) in zip("ab", (a, b), y.grad_fn.next_functions, strict=True):
        grad = lambda t=t: None if t.grad is None else float(t.grad)  # noqa: E731

        def note(kind, value, name=name, grad=grad):
            order.append((name, kind, value, grad()))

        accumulator.register_hook(lambda gi, go, note=note: note("post", (gi, float(go[0]))))
        t.register_post_accumulate_grad_hook(lambda t, note=note: note("accumulated", float(t)))
        accumulator.register_prehook(lambda go, note=note: note("pre", float(go[0])))
        t.register_hook(lambda g, note=note: note("tensor", float(g)))
    y.sum().backward(retain_graph=True)
    for name, g, value in (("a", 3.0, 2.0), ("b", 2.0, 3.0)):
        assert [entry[1:] for entry in order if entry[0] == name] == [
            ("tensor", g, None),
            ("pre", g, None),
            ("accumulated", value, g),
            ("post", ((), g), g),
        ]
    # No .grad changes before all that may still replace a gradient has run.
    assert [kind for _, kind, _, _ in order[:4]] == ["tensor", "pre"] * 2
    order.clear()
    y.sum().backward()
    assert order[-1] == ("b", "post", ((), 2.0), 4.0)
    order.clear()
    tg.autograd.grad((a * b).sum(), [a, b])
    assert [kind for _, kind, _, _ in order] == ["tensor", "tensor"]


@pytest.mark.parametrize("kind", ["tensor", "pre", "accumulated", "post"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_leaf_s_hook_that_fails(backend: str, kind: str, number: int) -> None:
    leaves = [leaf([2.0]), leaf([3.0]), leaf([5.0])]
    leaves[2].grad = tg.ones(1, dtype=tg.float64)
    product = leaves[0] * leaves[1] * leaves[2]
    t = leaves[number]
    accumulator = (t * 1).grad_fn.next_functions[0][0]
    register = {
        "tensor": t.register_hook,
        "pre": accumulator.register_prehook,
        "accumulated": t.register_post_accumulate_grad_hook,
        "post": accumulator.register_hook,
    }[kind]

    def fail(*_):
        raise CustomError

    before, complete = [None, None, 1.0], [15.0, 10.0, 7.0]
    with register(fail), pytest.raises(CustomError):
        product.sum().backward()
    found = [None if t.grad is None else float(t.grad) for t in leaves]
    if kind in ("tensor", "pre"):
        assert found == before
    else:
        assert found[number] == complete[number]
        assert all(g in pair for g, *pair in zip(found, before, complete, strict=True))
    assert tg.is_grad_enabled()
    for t in leaves:
        t.grad = None
    (leaves[0] * leaves[1] * leaves[2]).sum().backward()
    assert [float(t.grad) for t in leaves] == [15.0, 10.0, 6.0]


@pytest.mark.guarantee("G09")
def test_what_an_accumulator_s_hook_returns_must_fit(backend: str) -> None:
    x = leaf([1.0, 2.0])
    accumulator = (x * 1).grad_fn.next_functions[0][0]
    for result, error, said in (
        (
            (const := tg.ones(2),),
            RuntimeError,
            r"incorrect number of values \(got 1, but expected 0",
        ),
        (const, TypeError, "expected tuple, but hook returned 'Tensor'"),
        (3, TypeError, "expected tuple, but hook returned 'int'"),
    ):
        with (
            accumulator.register_hook(lambda gi, go, result=result: result),
            pytest.raises(error, match=said),
        ):
            x.sum().backward()
        assert array(x.grad).tolist() == [1.0, 1.0]
        x.grad = None
    with accumulator.register_hook(lambda gi, go: ()):
        x.sum().backward()
    with accumulator.register_prehook(lambda go: (None,)):
        x.sum().backward()
    assert array(x.grad).tolist() == [1.0, 1.0]


def test_an_accumulator_lives_with_its_tensor(backend: str) -> None:
    x = leaf([1.0])
    ran = []
    (x * 1).grad_fn.next_functions[0][0].register_hook(lambda gi, go: ran.append(float(go[0])))
    (x * 2).sum().backward()
    assert ran == [2.0]
    accumulator = (x * 3).grad_fn.next_functions[0][0]
    assert accumulator is x.view_as(x).grad_fn.next_functions[0][0]
    assert accumulator.variable is x


# -- post-accumulate hooks ----------------------------------------------------------------------


@pytest.mark.guarantee("G20")
def test_post_accumulate_hooks_see_the_complete_gradient(backend: str) -> None:
    x = leaf([1.0])
    seen = []
    x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, float(t.grad))))
    x.register_post_accumulate_grad_hook(lambda t: seen.append("second"))
    (x * 2 + x * 3).sum().backward()
    (x * 2).sum().backward()
    assert seen == [(True, 5.0), "second", (True, 7.0), "second"]


@pytest.mark.guarantee("G21")
def test_an_optimizer_step_may_be_a_hook(backend: str) -> None:
    def loss(parameters):
        return sum(((p - k) ** 2).sum() for k, p in enumerate(parameters))

    plain = [leaf([1.0, 2.0]), leaf([3.0])]
    hooked = [leaf([1.0, 2.0]), leaf([3.0])]
    optimizer = tg.optim.SGD(plain, lr=0.1, momentum=0.9)
    each = {id(p): tg.optim.SGD([p], lr=0.1, momentum=0.9) for p in hooked}

    def step(p):
        each[id(p)].step()
        p.grad = None

    for p in hooked:
        p.register_post_accumulate_grad_hook(step)
    for _ in range(5):
        optimizer.zero_grad()
        loss(plain).backward()
        optimizer.step()
        loss(hooked).backward()
    assert [array(p).tolist() for p in plain] == [array(p).tolist() for p in hooked]
    assert all(p.grad is None for p in hooked)


@pytest.mark.guarantee("G20")
def test_a_post_accumulate_hook_returns_nothing(backend: str) -> None:
    x = leaf([1.0])
    x.register_post_accumulate_grad_hook(lambda t: 3)
    with pytest.raises((TypeError, RuntimeError), match=r"hook.* return"):
        (x * 2).sum().backward()


@pytest.mark.guarantee("G20")
def test_only_leaves_that_require_grad_take_post_accumulate_hooks(backend: str) -> None:
    said = "post accumulate grad hooks cannot be registered on non-leaf tensors"
    with pytest.raises(RuntimeError, match=said):
        (leaf([1.0]) * 2).register_post_accumulate_grad_hook(lambda t: None)


@pytest.mark.guarantee("G20", "G21")
def test_a_post_accumulate_hook_may_change_its_leaf_in_place(backend: str) -> None:
    x = leaf([1.0, 2.0])
    modes = []

    def step(t):
        modes.append(tg.is_grad_enabled())
        t.sub_(t.grad)
        t.grad = None

    def scale(t):
        t.mul_(4)

    x.register_post_accumulate_grad_hook(step)
    x.register_post_accumulate_grad_hook(scale)
    (x * 3).sum().backward()
    assert array(x).tolist() == [-8.0, -4.0]
    assert x.grad is None
    assert modes == [False]
    assert tg.is_grad_enabled()
    assert x.is_leaf


@pytest.mark.filterwarnings("ignore:Using backward")
def test_the_grad_mode_in_a_hook_of_a_leaf_is_that_of_the_pass(backend: str) -> None:
    x = leaf([1.0])
    modes = []
    x.register_post_accumulate_grad_hook(lambda t: modes.append(tg.is_grad_enabled()))
    (x * x).sum().backward(create_graph=True)
    x.grad = None
    y = (x * x).sum()
    with tg.no_grad():
        y.backward(create_graph=True)
        assert not tg.is_grad_enabled()
    assert x.grad.requires_grad
    x.grad = None
    assert modes == [True, True]
