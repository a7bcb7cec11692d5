"""Saved-tensor hooks: what the graph keeps, packed and unpacked."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf
from tensorflowlite_grad.autograd.graph import (
    disable_saved_tensors_hooks,
    save_on_cpu,
    saved_tensors_hooks,
)


def network(x: Any, w: Any) -> Any:
    """Operations that save operands, results, several results, and a user's own."""
    hidden = (x @ w).tanh() * 2
    top, _ = hidden.max(dim=0)
    return (top.exp() / (1 + top**2)).sum() + Squared.apply(x).sum()


class Squared(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        out = x * x
        ctx.save_for_backward(x, out)
        return out

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, out = ctx.saved_tensors
        return 2 * g * x + 0 * out


def operands() -> tuple[Any, Any]:
    generator = np.random.default_rng(0)
    return leaf(generator.normal(size=(4, 3))), leaf(generator.normal(size=(3, 2)))


def test_gradients_of_first_and_second_order_are_the_same(backend: str) -> None:
    packed: list[Any] = []

    def pack(t: Any) -> Any:
        assert not t.requires_grad
        packed.append(t)
        return len(packed) - 1, t.tolist()

    def unpack(item: Any) -> Any:
        return const(item[1])

    x, w = operands()
    want = tg.autograd.grad(network(x, w), [x, w], create_graph=True)
    want_second = tg.autograd.grad(want[0].sum() + want[1].sum(), [x, w])
    with saved_tensors_hooks(pack, unpack):
        out = network(x, w)
    assert len(packed) > 5
    got = tg.autograd.grad(out, [x, w], create_graph=True)
    got_second = tg.autograd.grad(got[0].sum() + got[1].sum(), [x, w])
    for a, b in zip([*got, *got_second], [*want, *want_second], strict=True):
        np.testing.assert_allclose(array(a), array(b), rtol=1e-14)


@pytest.mark.guarantee("M01")
def test_packed_once_and_unpacked_once_for_each_pass(backend: str) -> None:
    counts = {"pack": 0, "unpack": 0}

    def pack(t: Any) -> Any:
        counts["pack"] += 1
        return t

    def unpack(t: Any) -> Any:
        counts["unpack"] += 1
        return t

    x = leaf([1.0, 2.0])
    with saved_tensors_hooks(pack, unpack):
        y = x.sin().exp() * 2 + 1
    assert counts == {"pack": 2, "unpack": 0}
    y.sum().backward(retain_graph=True)
    assert counts == {"pack": 2, "unpack": 2}
    y.sum().backward()
    assert counts == {"pack": 2, "unpack": 4}
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.sum().backward()


@pytest.mark.guarantee("M01")
def test_operands_of_a_product_are_packed_and_numbers_are_not(backend: str) -> None:
    packed: list[Any] = []
    x, w = leaf([1.0, 2.0]), const([3.0, 4.0])
    for function, saved in (
        (lambda: x * w, [[3.0, 4.0]]),
        (lambda: x * x, [[1.0, 2.0], [1.0, 2.0]]),
        (lambda: x**2, [[1.0, 2.0]]),
        (lambda: x + w, []),
        (lambda: x * 3, []),
        (lambda: 3 * x, []),
        (lambda: x / 3, []),
    ):
        packed.clear()
        with saved_tensors_hooks(lambda t: packed.append(t.tolist()) or t, lambda t: t):
            y = function()
        assert packed == saved
        y.sum().backward()


def test_what_packs_to_nothing_frees_the_tensors(backend: str) -> None:
    """The graph itself holds no array once hooks have taken what it saves."""
    stored: list[Any] = []

    def pack(t: Any) -> int:
        stored.append(t.tolist())
        return len(stored) - 1

    x = leaf([1.0, 2.0])
    with saved_tensors_hooks(pack, lambda k: const(stored[k])):
        y = (x * 2).exp()
    y.sum().backward()
    np.testing.assert_allclose(array(x.grad), 2 * np.exp([2.0, 4.0]))


@pytest.mark.guarantee("M02")
def test_the_inner_hooks_win_and_errors_restore_the_outer(backend: str) -> None:
    seen: list[str] = []

    def hooks(name: str) -> Any:
        return saved_tensors_hooks(lambda t: seen.append(name) or t, lambda t: t)

    x = leaf([1.0])
    with hooks("outer"):
        _ = x.sin()
        with pytest.raises(ArithmeticError), hooks("inner"):  # noqa: PT012
            _ = x.sin()
            raise ArithmeticError
        _ = x.sin()
    _ = x.sin()
    assert seen == ["outer", "inner", "outer"]


@pytest.mark.guarantee("M02")
def test_an_error_of_a_pack_hook_comes_through_and_restores(backend: str) -> None:
    class Full(Exception):
        pass

    def pack(t: Any) -> Any:
        raise Full

    x = leaf([0.0])
    with pytest.raises(Full), saved_tensors_hooks(pack, lambda t: t):
        x.sin()
    x.sin().backward()
    assert array(x.grad).tolist() == [1.0]


@pytest.mark.guarantee("M03")
def test_mistakes_of_hooks_are_named(backend: str) -> None:
    x = leaf([1.0, 2.0]) * 1
    said = (
        "A saved tensor pack hook is modifying its input in place. Tensors provided as input to "
        "pack hook cannot be modified by in-place operations"
    )
    for function in (tg.sin, tg.exp):  # one saves its operand, the other its result
        with (
            saved_tensors_hooks(lambda t: t.mul_(2), lambda t: t),
            pytest.raises(RuntimeError, match=said),
        ):
            function(x)
    with saved_tensors_hooks(lambda t: 1, lambda t: t):
        y = leaf([1.0]).sin()
    said = "Output of saved tensor unpack_hook expected to be a Tensor but got result of type int"
    with pytest.raises(TypeError, match=said):
        y.sum().backward()
    with pytest.raises(TypeError, match="pack_hook must be callable"):
        saved_tensors_hooks(None, lambda t: t)  # type: ignore[arg-type]


def test_a_failing_hook_leaves_the_graph_usable(backend: str) -> None:
    fail = [True]

    def unpack(t: Any) -> Any:
        if fail[0]:
            raise ArithmeticError
        return t

    x = leaf([0.0])
    with saved_tensors_hooks(lambda t: t, unpack):
        y = x.sin()
    with pytest.raises(ArithmeticError):
        y.backward()
    assert x.grad is None
    fail[0] = False
    y.backward()
    assert array(x.grad).tolist() == [1.0]


@pytest.mark.guarantee("M04")
def test_hooks_can_be_forbidden() -> None:
    def use() -> None:
        with save_on_cpu():
            pass

    def forbid() -> None:
        with disable_saved_tensors_hooks("late"):
            pass

    with disable_saved_tensors_hooks("outer"):
        with pytest.raises(RuntimeError, match="outer"):
            use()
        with disable_saved_tensors_hooks("inner"), pytest.raises(RuntimeError, match="inner"):
            use()
        with pytest.raises(RuntimeError, match="outer"):
            use()
    use()
    with save_on_cpu(), pytest.raises(RuntimeError, match="late"):
        forbid()
    forbid()

    @disable_saved_tensors_hooks("decorated")
    def decorated(depth: int) -> None:
        if depth:
            decorated(depth - 1)
        with pytest.raises(RuntimeError, match="decorated"):
            use()

    decorated(2)
    use()


@pytest.mark.guarantee("M05")
def test_a_saved_tensor_takes_hooks_once_and_before_it_is_freed(backend: str) -> None:
    def register(y: Any) -> None:
        y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t)

    set_already = (
        "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only "
        "one pair of hooks is allowed at a time."
    )
    x = leaf([1.0])
    y = x.sin()
    register(y)
    with pytest.raises(RuntimeError, match=set_already):
        register(y)
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        y = x.sin()
    with pytest.raises(RuntimeError, match=set_already):
        register(y)
    y = x.sin()
    handle = y.grad_fn._raw_saved_self
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError, match="Calling register_hooks on a saved tensor after it has"):
        handle.register_hooks(lambda t: t, lambda t: t)
    with pytest.raises(RuntimeError, match="Calling register_hooks on a saved tensor after it has"):
        register(y)


def second_order(hooks: Any) -> tuple[Any, Any]:
    """Return the gradient of a sum of cubes, and that gradient's own, under hooks."""
    x = leaf([1.0, 2.0])
    with hooks:
        (g,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
        g.sum().backward()
    return array(g).tolist(), array(x.grad).tolist()


@pytest.mark.guarantee("M06")
def test_what_is_saved_may_lie_on_a_disk(backend: str, tmp_path: Path) -> None:
    written: list[Path] = []

    def pack(t: Any) -> Path:
        written.append(tmp_path / f"{len(written)}.safetensors")
        tg.save(t, written[-1])
        return written[-1]

    hooks = saved_tensors_hooks(pack, lambda path: tg.load(path))
    assert second_order(hooks) == ([3.0, 12.0], [6.0, 12.0])
    assert len(written) > 1  # what the pass under create_graph saves is packed, too
    x, w = operands()
    want = tg.autograd.grad(network(x, w), [x, w])
    with hooks:
        out = network(x, w)
    for a, b in zip(tg.autograd.grad(out, [x, w]), want, strict=True):
        np.testing.assert_allclose(array(a), array(b), rtol=1e-14)


@pytest.mark.guarantee("M06")
def test_second_derivatives_under_hooks(backend: str) -> None:
    for hooks in (
        save_on_cpu(),
        saved_tensors_hooks(lambda t: t, lambda t: t),
        saved_tensors_hooks(lambda t: t * 4, lambda t: t / 4),
    ):
        assert second_order(hooks) == ([3.0, 12.0], [6.0, 12.0])
    # What is unpacked is what the rules compute with: three times twice the operand, squared.
    doubled = saved_tensors_hooks(lambda t: t * 2, lambda t: t)
    assert second_order(doubled)[0] == [12.0, 48.0]


@pytest.mark.guarantee("M06")
def test_save_on_cpu(backend: str) -> None:
    x, w = operands()
    want = tg.autograd.grad(network(x, w), [x, w])
    with save_on_cpu(pin_memory=True):
        out = network(x, w)
    for a, b in zip(tg.autograd.grad(out, [x, w]), want, strict=True):
        assert a.device == b.device
        np.testing.assert_allclose(array(a), array(b), rtol=1e-14)


def unhooked(y: Any) -> bool:
    """Return whether what was saved for a value is free to take hooks."""
    try:
        y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t)
    except RuntimeError:
        return False
    return True


@pytest.mark.guarantee("M07")
@pytest.mark.parametrize("misuse", ["enter", "exit"])
def test_a_hook_that_enters_or_leaves_the_hooks_does_no_harm(backend: str, misuse: str) -> None:
    def scope() -> Any:
        def unpack(t: Any) -> Any:
            getattr(inner(), f"__{misuse}__")()
            return t

        hooks = saved_tensors_hooks(lambda t: t, unpack)
        inner = weakref.ref(hooks)
        for _ in range(5):
            with saved_tensors_hooks(lambda t: t, lambda t: t), hooks:
                x = leaf([0.0, 0.0])
                x.sin().sum().backward()
                assert array(x.grad).tolist() == [1.0, 1.0]
                assert not unhooked(x.sin())  # still inside
        return inner

    gc.collect()
    gc.disable()
    try:
        assert scope()() is None
    finally:
        gc.enable()
    assert unhooked(leaf([1.0]).sin())


@pytest.mark.guarantee("M07")
def test_leaving_hooks_that_were_not_entered_does_nothing(backend: str) -> None:
    hooks = saved_tensors_hooks(lambda t: t, lambda t: t)
    hooks.__exit__()
    assert unhooked(leaf([1.0]).sin())


def test_threads_have_hooks_of_their_own() -> None:
    seen: list[int] = []
    with saved_tensors_hooks(lambda t: seen.append(1) or t, lambda t: t):
        thread = threading.Thread(target=lambda: leaf([1.0]).sin())
        thread.start()
        thread.join()
    assert seen == []


def test_graph_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = tg.autograd.graph.nonsense
