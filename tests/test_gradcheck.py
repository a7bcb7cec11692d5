"""`gradcheck` and `gradgradcheck`: right derivatives pass, wrong ones are told apart."""

from __future__ import annotations

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


@pytest.mark.parametrize("fast", [False, True], ids=["slow", "fast"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_right_derivatives_pass(backend: str, name: str, fast: bool) -> None:
    x = leaf([0.5, -1.0, 2.0])
    assert gradcheck(FUNCTIONS[name], x, fast_mode=fast, **EVERYTHING)
    if name != "constant":
        assert gradgradcheck(
            FUNCTIONS[name], x, fast_mode=fast, check_fwd_over_rev=True, check_batched_grad=True
        )


@pytest.mark.parametrize("fast", [False, True], ids=["slow", "fast"])
def test_complex_numbers(backend: str, fast: bool) -> None:
    z = tg.tensor([1 + 2j, -0.5 + 1j], dtype=tg.complex128, requires_grad=True)
    w = leaf([0.5, 2.0])
    f = lambda z, w: (z * z.conj() * w, (z * w).exp(), z.abs())  # noqa: E731
    assert gradcheck(f, (z, w), fast_mode=fast, **EVERYTHING)
    assert gradgradcheck(f, (z, w), fast_mode=fast)


def wrong(factor: float = 1.01, offset: float = 0.0, **more: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.sin()

    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * x.cos() * factor + offset

    fields = {"forward": forward, "backward": backward, **more}
    return type("Wrong", (Function,), {k: staticmethod(f) for k, f in fields.items()}).apply


def test_a_wrong_formula_is_found_and_located(backend: str) -> None:
    x = leaf([0.5, 1.0])
    with pytest.raises(GradcheckError, match="Jacobian mismatch for output 0 with respect to") as e:
        gradcheck(wrong(), x)
    text = str(e.value)
    assert "numerical:" in text
    assert "analytical:" in text
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


def test_what_finite_differences_do_not_show_is_found(backend: str) -> None:
    x = leaf([0.5, 1.0])
    with pytest.raises(GradcheckError, match="backward not multiplied by grad_output"):
        gradcheck(wrong(1.0, 1e-8), x)
    noise = itertools.cycle([0.0, 1e-7])

    def restless(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * (x.cos() + next(noise))

    with pytest.raises(GradcheckError, match=r"Backward is not reentrant, i\.e\., running"):
        gradcheck(wrong(backward=restless), x)
    assert gradcheck(wrong(backward=restless), x, nondet_tol=1e-5)

    def both(ctx: Any, x: Any) -> Any:
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    def needs_both(ctx: Any, g: Any, h: Any) -> Any:
        if g is None or h is None:
            raise RuntimeError("no gradient")
        return g * 2 + h * 3

    class Both(Function):
        forward, backward = staticmethod(both), staticmethod(needs_both)

    with pytest.raises((GradcheckError, RuntimeError), match="no gradient"):
        gradcheck(Both.apply, x)


def test_results_without_history_must_not_change(backend: str) -> None:
    with pytest.raises(GradcheckError, match="Numerical gradient for function expected to be zero"):
        gradcheck(lambda x: x.detach() * 2, leaf([1.0]))


def test_results_must_keep_shape_and_dtype(backend: str) -> None:
    grows = lambda x: x.repeat(2) if float(x.detach().sum()) > 3 else x * 1  # noqa: E731
    with pytest.raises(AssertionError, match=r"with the same shape when inputs are perturbed on"):
        gradcheck(grows, leaf([1.0, 2.0]))


def test_inputs_are_looked_at_first(backend: str) -> None:
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(tg.sin, const([1.0]))
    with pytest.warns(UserWarning, match="not a double precision"):
        gradcheck(tg.sin, tg.tensor([0.1], requires_grad=True), atol=1e-1, eps=1e-2)
    with pytest.raises(AssertionError, match="at least one of check_forward_ad"):
        gradcheck(tg.sin, leaf([1.0]), check_backward_ad=False)
    expanded = leaf([1.0]).expand(3)
    if expanded.stride() == (0,):
        with pytest.raises(RuntimeError, match="The 0th input has a dimension with stride 0"):
            gradcheck(tg.sin, expanded)


def test_errors_of_the_function_itself_are_never_hidden(backend: str) -> None:
    def fails(x: Any) -> Any:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        gradcheck(fails, leaf([1.0]), raise_exception=False)


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
        assert gradgradcheck(noisy, (x, y)) or True
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
