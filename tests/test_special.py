"""Special functions, the parts of numbers, and what chooses between numbers."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad.backend import selection

INF, NAN = math.inf, math.nan

REFUSED: list[tuple[Any, type[Exception], str]] = [
    (
        lambda x: tg.maximum(x, 2),
        TypeError,
        "argument 'other' (position 2) must be Tensor, not int",
    ),
    (lambda x: tg.atan2(2.0, x), TypeError, "argument 'input' (position 1) must be Tensor"),
    (lambda x: tg.eq(2, x), TypeError, "argument 'input' (position 1) must be Tensor, not int"),
    (lambda x: tg.logical_and(x, 1), TypeError, "argument 'other' (position 2) must be Tensor"),
    (lambda x: tg.heaviside(x, tg.ones(2).double()), RuntimeError, "with different dtypes"),
    (lambda x: tg.gcd(x, x), NotImplementedError, "\"gcd\" not implemented for 'Float'"),
    (lambda x: tg.complex(x, x.double()), RuntimeError, "Expected object of scalar type Float"),
    (
        lambda x: tg.complex(x.int(), x.int()),
        RuntimeError,
        "Expected both inputs to be Half, Float",
    ),
    (lambda x: tg.view_as_real(x), RuntimeError, "view_as_real is only supported for complex"),
    (lambda x: tg.view_as_complex(x[:1]), RuntimeError, "must have a last dimension of size 2"),
    (lambda x: tg.frexp(x.int()), RuntimeError, "only supports floating-point dtypes"),
    (lambda x: tg.polygamma(-1, x), RuntimeError, "polygamma(n, x) does not support negative n"),
    (lambda x: tg.mvlgamma(x, 0), RuntimeError, "p has to be greater than or equal to 1"),
    (lambda x: tg.isposinf(x + 1j), RuntimeError, "complex"),
    (lambda x: tg.isclose(x, x, rtol=-1.0), RuntimeError, "rtol must be greater than or equal to"),
    (lambda x: tg.float_power(2, 3), TypeError, "argument 'input' (position 1) must be Tensor"),
    (lambda x: tg.special.legendre_polynomial_p(x, 1e6), ValueError, "the limit is 100000"),
    (lambda x: tg.pow(x.int(), -1), RuntimeError, "Integers to negative integer powers"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_is_refused(backend: str, number: int) -> None:
    function, error, words = REFUSED[number]
    with pytest.raises(error, match=re.escape(words)):
        function(tg.ones(2))


def test_pairs_show_the_memory_of_complex_numbers(backend: str) -> None:
    z = tg.tensor([1 + 2j, 3j])
    pairs = tg.view_as_real(z)
    assert pairs.tolist() == [[1.0, 2.0], [0.0, 3.0]]
    pairs.mul_(2)
    if getattr(selection.default_place().xp, "parts_are_views", False):
        assert z.tolist() == [2 + 4j, 6j]
    x = tg.zeros(2, 2, requires_grad=True)
    y = x * 1
    tg.view_as_complex(y).mul_(2j)
    (y * tg.tensor([[1.0, 0.0], [0.0, 1.0]])).sum().backward()
    if getattr(selection.default_place().xp, "parts_are_views", False):
        assert x.grad.tolist() == [[0.0, -2.0], [2.0, 0.0]]


def test_complex_numbers_with_infinite_parts(backend: str) -> None:
    z = tg.complex(tg.tensor([1.0, INF]), tg.tensor([2.0, -1.0]))
    assert z.real.tolist() == [1.0, INF]
    assert z.imag.tolist() == [2.0, -1.0]


def test_powers_of_integers_are_rounded_toward_zero(backend: str) -> None:
    base, exponent = tg.tensor([2, 1, -1, -1, 3]), tg.tensor([-1, -2, -3, -2, 2])
    assert (base**exponent).tolist() == [0, 1, -1, 1, 9]
    assert (2**exponent).tolist() == [0, 0, 0, 0, 4]


def test_frexp(backend: str) -> None:
    x = tg.tensor([12.0, 0.0, -0.3, INF], requires_grad=True)
    mantissa, exponent = tg.frexp(x)
    assert mantissa.tolist() == pytest.approx([0.75, 0.0, -0.6, INF])
    assert exponent.tolist() == [4, 0, -1, 0]
    assert exponent.dtype is tg.int32
    assert not exponent.requires_grad
    mantissa.sum().backward()
    assert x.grad.tolist() == [0.0625, 1.0, 2.0, 1.0]


def test_extremes_pass_over_nan(backend: str) -> None:
    x = tg.tensor([NAN, 1.0, 2.0, NAN], requires_grad=True)
    y = tg.tensor([3.0, NAN, 2.0, NAN], requires_grad=True)
    out = tg.fmax(x, y)
    np.testing.assert_array_equal(out.tolist(), [3.0, 1.0, 2.0, NAN])
    out.sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 1.0, 1.0]
    assert y.grad.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_nan_lets_gradients_through(backend: str) -> None:
    x = tg.tensor([NAN, 1.0, 2.0], requires_grad=True)
    y = tg.tensor([3.0, 1.0, 1.0], requires_grad=True)
    tg.maximum(x, y).sum().backward()
    assert x.grad.tolist() == [1.0, 0.5, 1.0]
    assert y.grad.tolist() == [1.0, 0.5, 0.0]


def test_remainders_are_exact(backend: str) -> None:
    x = tg.tensor([1e30, -7.5, 3.0, -1e18], dtype=tg.float64)
    y = tg.tensor([3.0, 2.0, INF, 7.0], dtype=tg.float64)
    assert tg.fmod(x, y).tolist() == [
        math.fmod(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]


def test_nan_to_num_takes_the_limits_of_the_dtype(backend: str) -> None:
    x = tg.tensor([NAN, INF, -INF, 1.0], requires_grad=True)
    out = tg.nan_to_num(x)
    assert out.tolist() == [0.0, tg.finfo(tg.float32).max, tg.finfo(tg.float32).min, 1.0]
    out.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0, 1.0]
    assert tg.nan_to_num(tg.tensor([1, 2])).tolist() == [1, 2]
    assert tg.nan_to_num(tg.tensor([complex(NAN, 1)])).tolist() == [1j]


def test_logit_within_bounds(backend: str) -> None:
    x = tg.tensor([0.05, 0.1, 0.5, 0.95], dtype=tg.float64, requires_grad=True)
    tg.logit(x, eps=0.1).sum().backward()
    assert x.grad.tolist() == pytest.approx([0.0, 1 / 0.09, 4.0, 0.0])


def test_polynomials_have_a_degree_for_each_element(backend: str) -> None:
    n = tg.tensor([-1.0, 0.0, 1.5, 2.0])
    x = tg.tensor([0.5], requires_grad=True)
    out = tg.special.legendre_polynomial_p(x, n)
    assert out.tolist() == [0.0, 1.0, 0.5, -0.125]
    out.sum().backward()
    assert x.grad.tolist() == [2.5]
    assert tg.special.hermite_polynomial_h(2.0, n).tolist() == [0.0, 1.0, 4.0, 14.0]
    assert tg.special.chebyshev_polynomial_t(x, 100).shape == (1,)


EDGES: dict[str, tuple[list[float], list[float]]] = {
    "lgamma": ([0.0, -1.0, INF, -INF, 1.0, 2.0], [INF, INF, INF, INF, 0.0, 0.0]),
    "digamma": ([0.0, -0.0, INF, -1.0], [-INF, INF, INF, NAN]),
    "erfinv": ([1.0, -1.0, 2.0, 0.0], [INF, -INF, NAN, 0.0]),
    "erfc": ([INF, -INF, NAN], [0.0, 2.0, NAN]),
    "i0": ([0.0, NAN], [1.0, NAN]),
    "sinc": ([0.0, NAN], [1.0, NAN]),
    "special.ndtri": ([0.0, 1.0, 0.5, 2.0], [-INF, INF, 0.0, NAN]),
    "special.entr": ([0.0, -1.0, 1.0, INF], [0.0, -INF, 0.0, -INF]),
    "special.log_ndtr": ([INF, -INF], [0.0, -INF]),
    "special.erfcx": ([INF, -INF, 0.0], [0.0, INF, 1.0]),
    "special.bessel_y0": ([0.0, -1.0], [-INF, NAN]),
    "special.modified_bessel_k0": ([0.0, -1.0, INF], [INF, NAN, 0.0]),
    "special.spherical_bessel_j0": ([0.0, INF], [1.0, 0.0]),
    "special.airy_ai": ([1e4, NAN], [0.0, NAN]),
}


@pytest.mark.parametrize("name", EDGES)
def test_values_at_poles_and_infinities(backend: str, name: str) -> None:
    function: Any = tg
    for part in name.split("."):
        function = getattr(function, part)
    points, wanted = EDGES[name]
    out = function(tg.tensor(points, dtype=tg.float64)).tolist()
    np.testing.assert_allclose(out, wanted, atol=1e-14)


def test_aliases_are_the_same_functions() -> None:
    assert tg.special.expit is tg.sigmoid
    assert tg.special.gammaln is tg.lgamma
    assert tg.special.modified_bessel_i0 is tg.i0
    assert {n for n in tg.special.__all__ if not callable(getattr(tg.special, n))} == set()


def test_scipy_is_imported_by_the_first_special_function_alone() -> None:
    program = (
        "import sys, tensorflowlite_grad as tg\n"
        "x = tg.tensor([0.5], requires_grad=True)\n"
        "tg.tanh(x).sum().backward(); tg.special.entr(x)\n"
        "assert 'scipy' not in sys.modules\n"
        "tg.lgamma(x)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_the_generic_forms_serve_where_scipy_is_missing() -> None:
    program = (
        "import sys; sys.modules['scipy'] = None\n"
        "import tensorflowlite_grad as tg\n"
        "x = tg.tensor([0.5], dtype=tg.float64)\n"
        "assert abs(tg.lgamma(x).item() - 0.5723649429247001) < 1e-15\n"
        "assert abs(tg.special.airy_ai(x).item() - 0.23169360648083349) < 1e-15\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


@pytest.mark.parametrize("name", ["igamma", "igammac", "zeta"])
def test_a_derivative_that_nobody_wrote_down_is_an_error_and_not_zero(
    backend: str, name: str
) -> None:
    function = tg.special.zeta if name == "zeta" else getattr(tg, name)
    a = tg.tensor([2.5], dtype=tg.float64, requires_grad=True)
    x = tg.tensor([1.5], dtype=tg.float64, requires_grad=True)
    assert tg.autograd.grad(function(a.detach(), x).sum(), x)[0].shape == (1,)
    with pytest.raises(NotImplementedError, match=f"derivative for '{name}: input' is not implem"):
        function(a, x).sum().backward()
    assert a.grad is None
    assert x.grad is None
    with tg.autograd.forward_ad.dual_level(), pytest.raises(NotImplementedError, match=name):
        function(tg.autograd.forward_ad.make_dual(a, tg.ones_like(a.detach())), x)
