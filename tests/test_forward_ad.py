"""Forward mode: tangents along operations, views, in-place writes and nested levels."""

from __future__ import annotations

import gc
import math
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, function_of
from tensorflowlite_grad.autograd import forward_ad as fwd
from tensorflowlite_grad.autograd import gradgradcheck
from tensorflowlite_grad.autograd.gradcheck import GradcheckError
from tensorflowlite_grad.ops import recorder


def jvp(function: Any, primal: Any, direction: Any) -> Any:
    """Return a function's value and its tangent along a direction."""
    with fwd.dual_level():
        out = function(fwd.make_dual(const(primal), const(direction)))
        return fwd.unpack_dual(out)


FUNCTIONS: dict[str, Any] = {
    "chain": lambda x: (x.sin() * x).exp(),
    "constants of either side": lambda x: (2 - x) / (x + 3) + 2**x,
    "reductions": lambda x: x.sum() * x / x.norm() + x.logsumexp(0),
    "products": lambda x: tg.outer(x, x) @ x,
    "joining": lambda x: tg.cat([x, const([7.0]), x * x]).cumsum(0),
    "stacking": lambda x: tg.stack([x, x * 2]).prod(0),
    "parts": lambda x: sum(a * b for a, b in zip(x.unbind(), (x * x).split(1), strict=True)),
    "views": lambda x: (x * x).reshape(3, 1).expand(3, 2).t()[1, :2],
    "masks": lambda x: tg.where(x > 0, x**3, x.exp()),
    "writing": lambda x: x.clone().mul_(x).add_(1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_tangents_are_those_of_reverse_mode(backend: str, name: str) -> None:
    function = FUNCTIONS[name]
    x, direction = [0.5, -1.5, 2.0], [1.0, 0.25, -2.0]
    out, got = jvp(function, x, direction)
    leaf = const(x).requires_grad_()
    value = function(leaf)
    assert array(out).tolist() == array(value).tolist()
    weight = const(np.cos(np.arange(math.prod(value.shape))).reshape(tuple(value.shape)))
    (g,) = tg.autograd.grad(value, leaf, weight)
    assert float((weight * got).sum()) == pytest.approx(float(array(g) @ np.array(direction)))
    assert not got.requires_grad


def test_nothing_is_recorded_and_nothing_kept(backend: str) -> None:
    with fwd.dual_level():
        x = fwd.make_dual(const([1.0, 2.0]), const([1.0, 0.0]))
        y = x * 2
        z = y.exp()
        assert z.grad_fn is None
        gone = weakref.ref(y)
        del y
        assert gone() is None


def left(how: str, primal: Any, tangent: Any) -> Any:
    """Make a dual and leave its level, in the way named; return the dual."""
    made: list[Any] = []
    if how == "exit_dual_level":
        level = fwd.enter_dual_level()
        made.append(fwd.make_dual(primal, tangent))
        fwd.exit_dual_level(level=level)
        return made[0]
    try:
        with fwd.dual_level():
            made.append(fwd.make_dual(primal, tangent))
            made.append(made[0] * 2)
            if how == "error":
                raise ArithmeticError
    except ArithmeticError:
        pass
    return made[0]


@pytest.mark.guarantee("K18")
@pytest.mark.parametrize("how", ["with", "error", "exit_dual_level"])
def test_tangents_are_dropped_when_their_level_is_left(backend: str, how: str) -> None:
    primal, tangent = const([1.0, 2.0]), const([1.0, 0.0])
    alive = weakref.ref(tangent)
    gc.disable()
    try:
        x = left(how, primal, tangent)
        del tangent
        assert alive() is None
    finally:
        gc.enable()
    assert fwd.unpack_dual(x).tangent is None
    with fwd.dual_level():
        assert fwd.unpack_dual(x * 2).tangent is None
    with pytest.raises(RuntimeError, match="no level exists"):
        fwd.exit_dual_level()


@pytest.mark.guarantee("K18")
def test_a_tangent_goes_with_its_dual(backend: str) -> None:
    gc.disable()
    try:
        with fwd.dual_level():
            tangent = const([1.0, 0.0])
            alive = weakref.ref(tangent)
            dual = fwd.make_dual(const([1.0, 2.0]), tangent)
            del tangent
            assert alive() is not None
            del dual
            assert alive() is None
    finally:
        gc.enable()


def test_recorders_are_plain_again_once_no_level_is_open(backend: str) -> None:
    tg.sin(const(1.0))
    plain = {id(f): f.__code__ for f, _, _ in recorder._forms}
    with fwd.dual_level(), fwd.dual_level():
        assert tg.sin.__code__ is not plain[id(tg.sin)]
    assert {id(f): f.__code__ for f, _, _ in recorder._forms if id(f) in plain} == plain


@pytest.mark.guarantee("K17")
def test_levels_nest(backend: str) -> None:
    def derivative(function: Any) -> Any:
        def slope(x: Any) -> Any:
            with fwd.dual_level():
                return fwd.unpack_dual(function(fwd.make_dual(x, tg.ones_like(x)))).tangent

        return slope

    f = lambda x: x.sin() * x  # noqa: E731
    third = derivative(derivative(derivative(f)))
    x = 0.7
    assert float(third(const(x))) == pytest.approx(-3 * math.sin(x) - x * math.cos(x), rel=1e-14)


@pytest.mark.guarantee("K17")
def test_perturbations_are_not_confused(backend: str) -> None:
    """d/dx of x * d/dy (x + y) at 1 is 1, not 2: Siskind and Pearlmutter's example."""
    one = const(1.0)
    with fwd.dual_level():
        x = fwd.make_dual(one, one)
        with fwd.dual_level():
            y = fwd.make_dual(one, one)
            inner = fwd.unpack_dual(x + y).tangent
        assert float(fwd.unpack_dual(x * inner).tangent) == 1.0


@pytest.mark.guarantee("K19")
def test_forward_over_reverse_and_reverse_over_forward(backend: str) -> None:
    x0, direction = const([0.5, -1.5]).requires_grad_(), const([1.0, 2.0])
    f = lambda x: (x**3).sum() * x.exp().sum()  # noqa: E731
    (g,) = tg.autograd.grad(f(x0), x0, create_graph=True)
    (want,) = tg.autograd.grad((g * direction).sum(), x0)
    for create_graph in (False, True):
        with fwd.dual_level():
            x = fwd.make_dual(x0, direction)
            (g,) = tg.autograd.grad(f(x), x, create_graph=create_graph)
            got = fwd.unpack_dual(g).tangent
        np.testing.assert_allclose(array(got), array(want), rtol=1e-13)
        assert got.requires_grad is create_graph
    with fwd.dual_level():
        slope = fwd.unpack_dual(f(fwd.make_dual(x0, direction))).tangent
        (got,) = tg.autograd.grad(slope, x0)
    np.testing.assert_allclose(array(got), array(want), rtol=1e-13)


@pytest.mark.guarantee("K19")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_forward_over_reverse_is_reverse_over_reverse(backend: str, name: str) -> None:
    function, direction = FUNCTIONS[name], const([1.0, 0.25, -2.0])
    x = const([0.5, -1.5, 2.0]).requires_grad_()

    def gradient(x: Any, create_graph: bool) -> Any:
        y = function(x)
        weight = const(np.cos(np.arange(math.prod(y.shape))).reshape(tuple(y.shape)))
        return tg.autograd.grad((y**2 * weight).sum(), x, create_graph=create_graph)[0]

    (want,) = tg.autograd.grad(gradient(x, True), x, direction)
    for create_graph in (False, True):
        with fwd.dual_level():
            got = fwd.unpack_dual(gradient(fwd.make_dual(x, direction), create_graph)).tangent
        np.testing.assert_allclose(array(got), array(want), rtol=1e-11, atol=1e-13)


@pytest.mark.guarantee("K19")
def test_gradgradcheck_compares_the_two(backend: str) -> None:
    x = const([0.5, -1.5, 2.0]).requires_grad_()
    assert gradgradcheck(FUNCTIONS["products"], x, check_fwd_over_rev=True)
    wrong = function_of(
        lambda ctx, x: (ctx.save_for_backward(x), x**2)[1],
        lambda ctx, g: 2 * g * ctx.saved_tensors[0],
        jvp=lambda ctx, dot: 3 * dot * ctx.saved_tensors[0],
    )
    with pytest.raises(GradcheckError):
        gradgradcheck(lambda x: wrong.apply(wrong.apply(x)), x, check_fwd_over_rev=True)


def test_backward_inside_a_level_carries_tangents_to_grad(backend: str) -> None:
    x0 = const([1.0, 2.0]).requires_grad_()
    with fwd.dual_level():
        (fwd.make_dual(x0, const([1.0, 0.0])) ** 3).sum().backward()
        assert array(fwd.unpack_dual(x0.grad).tangent).tolist() == [6.0, 0.0]
        assert array(x0.grad).tolist() == [3.0, 12.0]


def test_writing_into_a_view_moves_the_tangents_of_its_base_and_of_other_views(
    backend: str,
) -> None:
    with fwd.dual_level():
        base = fwd.make_dual(const([1.0, 2.0, 3.0]), const([1.0, 1.0, 1.0])) * 1
        head, tail = base[:2], base[1:]
        tail *= base[:2]
        assert array(base).tolist() == [1.0, 2.0, 6.0]
        for t, want in ((base, [1, 3, 5]), (head, [1, 3]), (tail, [3, 5])):
            assert array(fwd.unpack_dual(t).tangent).tolist() == want
        head.zero_()
        assert array(fwd.unpack_dual(base).tangent).tolist() == [0, 0, 5]


def test_detached_and_integer_results_have_no_tangent(backend: str) -> None:
    with fwd.dual_level():
        x = fwd.make_dual(const([1.0, 2.0]), const([1.0, 0.0]))
        for y in (x.detach(), x > 1, x.argmax(), x.to(tg.int64)):
            assert fwd.unpack_dual(y).tangent is None
        assert array(fwd.unpack_dual(x.to(tg.float32)).tangent).tolist() == [1.0, 0.0]


def test_threads_have_levels_of_their_own(backend: str) -> None:
    found = []
    with fwd.dual_level():
        with pytest.raises(RuntimeError, match="no level exists"):
            raise_in_thread(lambda: found.append(fwd.make_dual(const(1.0), const(1.0))))
        assert found == []


def raise_in_thread(function: Any) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "size": (
        lambda: (const([1.0, 2.0]), const([1.0, 2.0, 3.0])),
        RuntimeError,
        "Trying to set a forward gradient that has a different size than that of the original "
        r"Tensor, this is not supported. Tensor is of size \[2\] while the given forward gradient "
        r"is of size \[3\]",
    ),
    "integers": (
        lambda: (tg.tensor([1.0]), tg.tensor([1])),
        ValueError,
        "Expected tangent to be floating point or complex, but got: .*int64",
    ),
    "primal of integers": (
        lambda: (tg.tensor([1]), tg.tensor([1.0])),
        ValueError,
        "Expected primal to be floating point or complex, but got: .*int64",
    ),
    "no tensor": (lambda: (const(1.0), 1.0), TypeError, "Expected tangent to be a Tensor"),
    "dtype": (lambda: (const(1.0), tg.tensor(1.0)), RuntimeError, "dtype and device"),
}


@pytest.mark.guarantee("K17")
@pytest.mark.parametrize("name", WRONG)
def test_wrong_duals_are_refused(name: str) -> None:
    make, kind, words = WRONG[name]
    with fwd.dual_level(), pytest.raises(kind, match=words):
        fwd.make_dual(*make())


@pytest.mark.guarantee("K17")
def test_levels_have_to_be_open() -> None:
    words = (
        "Trying to create a dual Tensor for forward AD but no level exists, make sure to "
        r"enter_dual_level\(\) first"
    )
    with pytest.raises(RuntimeError, match=words):
        fwd.make_dual(const(1.0), const(1.0))
    with pytest.raises(RuntimeError, match="no level exists"):
        fwd.exit_dual_level()
    level = fwd.enter_dual_level()
    fwd.exit_dual_level(level=level)
    with pytest.raises(RuntimeError, match="left already"):
        fwd.make_dual(const(1.0), const(1.0), level=level)
    with pytest.raises(RuntimeError, match="not open"):
        fwd.exit_dual_level(level=level)


def test_an_operation_without_a_rule_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorflowlite_grad.ops import registry

    monkeypatch.setattr(registry["prod"], "jvp_rule", None)
    with fwd.dual_level(), pytest.raises(NotImplementedError, match="forward AD with prod"):
        tg.prod(fwd.make_dual(const([1.0, 2.0]), const([1.0, 0.0])))
