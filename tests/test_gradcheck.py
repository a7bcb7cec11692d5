"""`gradcheck` and `gradgradcheck`: right derivatives pass, wrong ones are told apart."""

from __future__ import annotations

import contextlib
import inspect
import itertools
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf, state
from tensorflowlite_grad.autograd import Function, gradcheck, gradgradcheck
from tensorflowlite_grad.autograd.gradcheck import GradcheckError

EVERYTHING = {
    "check_forward_ad": True,
    "check_batched_grad": True,
    "check_batched_forward_grad": True,
    "check_grad_dtypes": True,
}
FUNCTIONS: dict[str, Any] = {
    "one": lambda x: x.sin() * x,
    "several": lambda x: (x.exp(), x.sum(), (x > 0).double()),
    "product": lambda x: x.outer(x) @ x,
    "parts": lambda x: x.split(1)[0] * x[1:],
    "constant": lambda x: x.detach() * 0 + 1,
    "unused": lambda x: x[:1] ** 2,
}


MODES = pytest.mark.parametrize("fast", [False, True], ids=["slow", "fast"])


@pytest.mark.guarantee("O07")
@MODES
@pytest.mark.parametrize("name", FUNCTIONS)
def test_right_derivatives_pass(backend: str, name: str, fast: bool) -> None:
    x = leaf([0.5, -1.0, 2.0])
    assert gradcheck(FUNCTIONS[name], x, fast_mode=fast, **EVERYTHING)
    if name != "constant":
        assert gradgradcheck(
            FUNCTIONS[name], x, fast_mode=fast, check_fwd_over_rev=True, check_batched_grad=True
        )


@pytest.mark.guarantee("O01")
def test_tolerances_that_nobody_gave() -> None:
    for check in (gradcheck, gradgradcheck):
        found = inspect.signature(check).parameters
        wanted = {"eps": 1e-6, "atol": 1e-5, "rtol": 1e-3, "nondet_tol": 0.0}
        assert {name: found[name].default for name in wanted} == wanted


@pytest.mark.guarantee("O01")
def test_tolerances_are_those_of_the_numbers_given(backend: str) -> None:
    """A derivative may be off by atol, and by rtol of itself; values are moved by eps."""
    off = wrong(forward=lambda ctx, t: t * 0, backward=lambda ctx, g: g * 2e-5)
    x = leaf([1000.0])
    assert gradcheck(lambda t: off(t) + t**2, x)
    assert not gradcheck(off, x, raise_exception=False)
    assert gradcheck(off, x, atol=3e-5)
    moved = []
    gradcheck(lambda t: moved.append(t.item()) or t * 2, leaf(0.0))
    assert set(moved) == {-1e-6, 0.0, 1e-6}


@pytest.mark.guarantee("O07")
@MODES
def test_complex_numbers(backend: str, fast: bool) -> None:
    z = tg.tensor([1 + 2j, -0.5 + 1j], dtype=tg.complex128, requires_grad=True)
    w = leaf([0.5, 2.0])
    f = lambda z, w: (z * z.conj() * w, (z * w).exp(), z.abs())  # noqa: E731
    assert gradcheck(f, (z, w), fast_mode=fast, **EVERYTHING)
    assert gradgradcheck(f, (z, w), fast_mode=fast)


@pytest.mark.guarantee("O07")
@MODES
@pytest.mark.parametrize("factor", [2, 2j, 0])
def test_a_mistake_in_one_of_two_parts_is_found(backend: str, fast: bool, factor: complex) -> None:
    """Of z -> 2z, the rule is right, or takes the real or the imaginary part alone."""

    def backward(ctx: Any, g: Any) -> Any:
        (z,) = ctx.saved_tensors
        real, imaginary = g.real.to(z.dtype), g.imag.to(z.dtype) * 1j
        return 2 * {2: real + imaginary, 2j: imaginary, 0: real}[factor]

    def forward(ctx: Any, z: Any) -> Any:
        ctx.save_for_backward(z)
        return z * 2

    z = tg.tensor([1 + 2j, -0.5 + 1j], dtype=tg.complex128, requires_grad=True)
    function = wrong(forward=forward, backward=backward)
    assert gradcheck(function, z, fast_mode=fast, raise_exception=False) is (factor == 2)
    if factor != 2 and not fast:
        with pytest.raises(GradcheckError, match=r"2 of 16 entries \(real and imaginary parts ap"):
            gradcheck(function, z)


def wrong(factor: float = 1.01, offset: float = 0.0, **more: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.sin()

    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * x.cos() * factor + offset

    fields = {"forward": forward, "backward": backward, **more}
    return type("Wrong", (Function,), {k: staticmethod(f) for k, f in fields.items()}).apply


@pytest.mark.guarantee("O03")
def test_a_wrong_formula_is_found_and_located(backend: str) -> None:
    x = leaf([0.5, 1.0])
    said = "Jacobian mismatch for output 0 with respect to input 0,\nnumerical:.*\nanalytical:"
    with pytest.raises(GradcheckError, match=f"(?s){said}") as e:
        gradcheck(wrong(), x)
    text = str(e.value)
    assert "2 of 4 entries differ; the worst is at row 0, column 0" in text
    assert isinstance(e.value, RuntimeError)
    with pytest.raises(GradcheckError, match="random projections"):
        gradcheck(wrong(), x, fast_mode=True)
    assert gradcheck(wrong(), x, raise_exception=False) is False
    assert gradcheck(wrong(1.0), x)


def test_forward_mode_is_checked_apart(backend: str) -> None:
    x = leaf([0.5, 1.0])

    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x.sin()

    def half(ctx: Any, x_dot: Any) -> Any:
        (x,) = ctx.saved_tensors
        return x_dot * x.cos() / 2

    f = wrong(1.0, forward=forward, jvp=half)
    assert gradcheck(f, x)
    with pytest.raises(GradcheckError, match="Jacobian computed with forward mode mismatch"):
        gradcheck(f, x, check_forward_ad=True)


@pytest.mark.guarantee("O04")
@MODES
def test_what_finite_differences_do_not_show_is_found(backend: str, fast: bool) -> None:
    x = leaf([0.5, 1.0])
    with pytest.raises(GradcheckError, match="backward not multiplied by grad_output"):
        gradcheck(wrong(1.0, 1e-8), x, fast_mode=fast)
    noise = itertools.cycle([0.0, 1e-7])

    def restless(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * (x.cos() + next(noise))

    said = (
        r"Backward is not reentrant, i\.e\., running backward with same input and grad_output "
        "multiple times gives different values"
    )
    with pytest.raises(GradcheckError, match=said):
        gradcheck(wrong(backward=restless), x, fast_mode=fast)
    assert gradcheck(wrong(backward=restless), x, nondet_tol=1e-5, fast_mode=fast)


@pytest.mark.guarantee("O05")
@MODES
def test_a_rule_that_needs_all_gradients_is_found(backend: str, fast: bool) -> None:
    x = leaf([0.5, 1.0])

    def both(ctx: Any, x: Any) -> Any:
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    def needs_both(ctx: Any, g: Any, h: Any) -> Any:
        if g is None or h is None:
            raise RuntimeError("no gradient")
        return g * 2 + h * 3

    def otherwise(ctx: Any, g: Any, h: Any) -> Any:
        if g is None or h is None:
            return g * 2 if h is None else h * 4
        return g * 2 + h * 3

    class Both(Function):
        forward, backward = staticmethod(both), staticmethod(needs_both)

    said = "Expected backward function to handle undefined output grads.*no gradient"
    with pytest.raises(GradcheckError, match=said):
        gradcheck(Both.apply, x, fast_mode=fast)
    assert gradcheck(Both.apply, x, fast_mode=fast, raise_exception=False) is False
    assert gradcheck(Both.apply, x, fast_mode=fast, check_undefined_grad=False)
    Both.backward = staticmethod(otherwise)
    with pytest.raises(
        GradcheckError, match="output grads as zeros: with a gradient for output 1 al"
    ):
        gradcheck(Both.apply, x, fast_mode=fast)


@pytest.mark.guarantee("O05")
@MODES
def test_results_without_history_must_not_change(backend: str, fast: bool) -> None:
    with pytest.raises(GradcheckError, match="Numerical gradient for function expected to be zero"):
        gradcheck(lambda x: x.detach() * 2, leaf([1.0]), fast_mode=fast)


@pytest.mark.guarantee("O05")
@pytest.mark.parametrize("above", [True, False], ids=["up", "down"])
def test_results_must_keep_number_shape_and_dtype(backend: str, above: bool) -> None:
    def moved(x: Any) -> bool:
        value = x.detach()[0].item()
        return value > 1 if above else value < 1

    start = "Expected `func` to return outputs with the same {} when inputs are perturbed on index "
    eps = r"\(0,\) by 1e-06" if above else r"\(0,\) by -1e-06"
    x = leaf([1.0])
    for function, what in (
        (lambda x: x.repeat(2) if moved(x) else x * 1, r"shapes \[1\] and \[2\]"),
        (lambda x: x.float() if moved(x) else x * 1, "dtypes .*float64 and .*float32"),
    ):
        said = f"{start.format(what.split('s ')[0])}{eps}, but got: {what}"
        with pytest.raises(AssertionError, match=said):
            gradcheck(function, x)
    with pytest.raises(AssertionError, match=r"as many outputs when .* but got: 1 and 2"):
        gradcheck(lambda x: (x, x) if moved(x) else x * 1, x)


@pytest.mark.guarantee("O02")
def test_inputs_are_looked_at_first(backend: str) -> None:
    nothing = (
        "gradcheck expects at least one input tensor to require gradient, but none of them have "
        "requires_grad=True."
    )
    with pytest.raises(ValueError, match=nothing):
        gradcheck(tg.sin, const([1.0]))
    with pytest.warns(UserWarning, match="not a double precision"):
        gradcheck(tg.sin, tg.tensor([0.1], requires_grad=True), atol=1e-1, eps=1e-2)
    with pytest.raises(AssertionError, match="at least one of check_forward_ad"):
        gradcheck(tg.sin, leaf([1.0]), check_backward_ad=False)
    expanded = leaf([1.0]).expand(3)
    if expanded.stride() == (0,):
        with pytest.raises(RuntimeError, match="The 0th input has a dimension with stride 0"):
            gradcheck(tg.sin, expanded)


@pytest.mark.guarantee("O06")
@pytest.mark.parametrize("kind", [RuntimeError, ValueError, KeyError])
def test_errors_of_the_function_itself_are_never_hidden(backend: str, kind: Any) -> None:
    def fails(*_: Any) -> Any:
        raise kind("mine")

    x = leaf([1.0])
    for raises in (False, True):
        for function in (fails, wrong(backward=fails)):
            with pytest.raises(kind, match="mine") as caught:
                gradcheck(function, x, raise_exception=raises)
            assert type(caught.value) is kind
        assert gradcheck(wrong(), x, raise_exception=False) is False
        assert gradgradcheck(wrong(), x, raise_exception=False) is True  # right for this slope


@pytest.mark.guarantee("O08")
@pytest.mark.parametrize("end", ["fails", "raises"])
def test_nothing_is_left_changed_by_a_failure(backend: str, end: str) -> None:
    def function(x: Any) -> Any:
        tg.rand(2)
        if end == "raises":
            raise KeyError
        return wrong()(x)

    x = leaf([0.5, 1.0])
    tg.manual_seed(0)
    before = state(x)
    drawn = array(tg.rand(3)).tolist()
    tg.manual_seed(0)
    for check in (gradcheck, gradgradcheck):
        for mode in (tg.no_grad, tg.enable_grad):
            with mode():
                enabled = tg.is_grad_enabled()
                with contextlib.suppress(GradcheckError, KeyError):
                    check(function, x)
                assert tg.is_grad_enabled() is enabled
    assert state(x) == before
    assert array(tg.rand(3)).tolist() == drawn


@pytest.mark.guarantee("O08")
def test_nothing_is_left_changed(backend: str) -> None:
    x, y = leaf([0.5, 1.0]), leaf([2.0, 3.0])
    x.grad = const([7.0, 7.0])
    tg.manual_seed(0)
    before = state(x, y)
    drawn = array(tg.rand(3)).tolist()
    tg.manual_seed(0)
    noisy = lambda a, b: a * b * tg.rand(2, dtype=tg.float64)  # noqa: E731
    with tg.no_grad():
        assert gradcheck(noisy, (x, y))
        assert gradgradcheck(noisy, (x, y))
        assert gradcheck(noisy, (x, y), fast_mode=True, **EVERYTHING)
        assert not tg.is_grad_enabled()
    assert state(x, y) == before
    assert array(tg.rand(3)).tolist() == drawn


def test_second_derivatives_are_found_wrong(backend: str) -> None:
    class Detached(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * 3 * x.detach() ** 2

    x = leaf([1.0, 2.0])
    assert gradcheck(Detached.apply, x)
    with pytest.raises(GradcheckError):
        gradgradcheck(Detached.apply, x)


def test_the_complex_step_is_exact(backend: str) -> None:
    x = leaf([0.5, 2.0])
    assert gradcheck(lambda t: t.sin() * t.exp(), x, complex_step=True, atol=1e-14, rtol=1e-13)
    with pytest.raises(GradcheckError):
        gradcheck(wrong(1 + 1e-9), x, atol=1e-14, rtol=1e-13, complex_step=False)


def test_given_cotangents_and_gaps_in_memory(backend: str) -> None:
    x = leaf([0.5, 2.0])
    assert gradgradcheck(tg.sin, x, leaf([1.0, -2.0]))
    assert gradgradcheck(tg.sin, x, gen_non_contig_grad_outputs=True)
