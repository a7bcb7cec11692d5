"""Gradients at kinks, poles, ties, infinities, and of nothing at all."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from edges import BETTER, EDGES, Edge
from support import const, leaf
from tensorflowlite_grad.autograd import gradcheck, gradgradcheck
from tensorflowlite_grad.backend import selection


def gradients(edge: Edge, create_graph: bool = False) -> tuple[list[Any], list[Any]]:
    tensors = []
    for v in edge.values:
        kind = tg.complex128 if any(isinstance(x, complex) for x in v) else tg.float64
        tensors.append(tg.tensor(v, dtype=kind, requires_grad=True))
    out = edge.function(tg, *tensors)
    found = tg.autograd.grad(out, tensors, tg.ones_like(out), create_graph=create_graph)
    return [g.detach().tolist() for g in found], edge.gradients


def promised(name: str, edge: Edge) -> Any:
    marks = [pytest.mark.guarantee(edge.number)] if edge.number else []
    return pytest.param(edge, id=name, marks=marks)


@pytest.mark.parametrize("create_graph", [False, True], ids=["first", "create_graph"])
@pytest.mark.parametrize("edge", [promised(n, e) for n, e in (EDGES | BETTER).items()])
def test_gradient(backend: str, edge: Edge, create_graph: bool) -> None:
    found, wanted = gradients(edge, create_graph)
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.guarantee("N13")
def test_nothing_warns() -> None:
    """NumPy's floating-point warnings are not for users of tensors: PyTorch has none."""
    root = Path(__file__).resolve().parents[1]
    path = os.pathsep.join(map(str, (root, root / "backends", root / "tests")))
    program = (
        "import test_numerics as t\n"
        "for edge in (t.EDGES | t.BETTER).values():\n"
        "    t.gradients(edge), t.gradients(edge, create_graph=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.guarantee("N13")
def test_softplus_far_out(backend: str) -> None:
    x = tg.tensor([1000.0, -1000.0, 0.0], requires_grad=True)
    out = tg.softplus(x)
    out.sum().backward()
    assert out.tolist() == [1000.0, 0.0, pytest.approx(math.log(2))]
    assert x.grad.tolist() == [1.0, 0.0, 0.5]


def test_second_derivatives_at_kinks_are_finite(backend: str) -> None:
    """What masks a pole in the first derivative must not uncover it in the second."""
    for function in (
        lambda x: tg.linalg.vector_norm(x, 1),
        lambda x: tg.std(x),
        lambda x: tg.hypot(x[0], x[1]),
        lambda x: tg.atan2(x[0], x[1]),
        lambda x: tg.prod(x),
        lambda x: tg.max(x),
        lambda x: tg.relu(x).sum(),
        lambda x: (x**2).sum(),
    ):
        x = tg.zeros(3, dtype=tg.float64, requires_grad=True)
        (g,) = tg.autograd.grad(function(x), x, create_graph=True)
        (h,) = tg.autograd.grad((g + 0 * x).sum(), x, allow_unused=True, materialize_grads=True)
        assert all(map(math.isfinite, h.tolist()))


@pytest.mark.guarantee("N18")
@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (
            lambda x: tg.max(x),
            RuntimeError,
            r"max\(\): Expected reduction dim to be specified for input.numel\(\) == 0. "
            "Specify the reduction dim with the 'dim' argument.",
        ),
        (
            lambda x: tg.amax(x, 0),
            IndexError,
            r"amax\(\): Expected reduction dim 0 to have non-zero size",
        ),
        (
            lambda x: tg.argmin(x),
            IndexError,
            r"argmin\(\): Expected reduction dim to be specified for input.numel\(\) == 0",
        ),
        (lambda x: tg.max(x, 0), IndexError, r"max\(\): Expected reduction dim 0"),
        (lambda x: tg.cat([]), ValueError, r"torch.cat\(\): expected a non-empty list of Tensors"),
    ],
)
def test_what_cannot_be_had_of_nothing(
    backend: str, function: Any, error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        function(tg.zeros(0))


@pytest.mark.guarantee("N08")
@pytest.mark.parametrize("exponent", [0.5, 2.0, -1.0])
def test_a_complex_power_of_a_negative_base(backend: str, exponent: float) -> None:
    """The derivative is that of exp(w log z), on the principal branch."""
    z = tg.tensor([-2 + 0j, -1 - 1j], dtype=tg.complex128, requires_grad=True)
    w = tg.tensor([exponent + 1j] * 2, dtype=tg.complex128, requires_grad=True)
    out = z**w
    dz, dw = tg.autograd.grad(out, [z, w], tg.ones_like(out))
    a, b = np.array(z.tolist()), np.array(w.tolist())
    np.testing.assert_allclose(dz.tolist(), np.conj(b * a ** (b - 1)), rtol=1e-12)
    np.testing.assert_allclose(dw.tolist(), np.conj(a**b * np.log(a)), rtol=1e-12)
    off_the_cut = (z.detach() + 0.5j).requires_grad_()
    assert gradcheck(tg.pow, (off_the_cut, w))


@pytest.mark.guarantee("N08")
def test_a_complex_exponent_of_a_negative_number(backend: str) -> None:
    base, exponent = leaf([-2.0, -1.5]), tg.tensor([0.5 + 1j, -1j], dtype=tg.complex128)
    exponent.requires_grad_()
    assert gradcheck(lambda x, w: x**w, (base, exponent))
    assert gradcheck(lambda x, w: x**w, (base, exponent.detach()))
    assert gradgradcheck(lambda x, w: x**w, (base, exponent))


@pytest.mark.guarantee("N08")
def test_powers_of_a_tensor_of_zeros(backend: str) -> None:
    """To a power of zero they are one, and nothing changes with the base: PyTorch's zeros."""
    for exponent in (0, 0.0, const(0.0), tg.tensor(0), tg.zeros(2, dtype=tg.float64)):
        x = leaf([0.0, 0.0])
        y = x**exponent
        assert y.tolist() == [1.0, 1.0]
        (g,) = tg.autograd.grad(y.sum(), x, create_graph=True)
        assert g.tolist() == [0.0, 0.0]


@pytest.mark.guarantee("N26")
@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (lambda t: t.diagonal(), [[1.0, 0.0], [0.0, 1.0]]),
        (lambda t: t.select(0, 1), [[0.0, 0.0], [1.0, 1.0]]),
        (lambda t: t[1:], [[0.0, 0.0], [1.0, 1.0]]),
        (lambda t: t @ tg.ones(2, dtype=tg.float64), [[1.0, 1.0], [1.0, 1.0]]),
        (lambda t: t.mv(const(3.0).expand(2)), [[3.0, 3.0], [3.0, 3.0]]),
        (lambda t: t @ t.detach()[0].sum().expand(2, 2), [[6.0, 6.0], [6.0, 6.0]]),
        (lambda t: t.narrow(1, 0, 1), [[1.0, 0.0], [1.0, 0.0]]),
        (lambda t: t.exp().log(), [[1.0, 1.0], [1.0, 1.0]]),
    ],
)
def test_an_expanded_gradient_comes_in(backend: str, function: Any, wanted: Any) -> None:
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=tg.float64, requires_grad=True)
    y = function(x)
    y.backward(tg.ones((), dtype=tg.float64).expand(y.shape))
    np.testing.assert_allclose(x.grad.tolist(), wanted, rtol=1e-12)


@pytest.mark.guarantee("N27")
def test_the_trace_of_a_matrix_that_is_not_square(backend: str) -> None:
    for shape, wanted in (((2, 3), [[1, 0, 0], [0, 1, 0]]), ((3, 2), [[1, 0], [0, 1], [0, 0]])):
        x = tg.ones(*shape, requires_grad=True)
        tg.trace(x).backward()
        assert x.grad.tolist() == wanted


def halves(values: Any) -> Any:
    if selection.default_place().backend.native_dtype("float16") is None:
        pytest.skip("the library has no half precision")
    return tg.tensor(values, dtype=tg.float16, requires_grad=True)


@pytest.mark.guarantee("N28")
def test_a_half_that_overflows_in_the_pass_is_infinite(backend: str) -> None:
    x = halves([300.0, 2.0])
    (x * x * x).sum().backward()
    assert x.grad.tolist() == [math.inf, 12.0]
    assert x.grad.dtype is tg.float16


@pytest.mark.guarantee("N28")
@pytest.mark.parametrize(
    "function",
    [
        lambda t: t.sum(),
        lambda t: t.mean() * 3,
        lambda t: tg.stack([t[0] / 200, t[1] / 200, 1000 / t[2]]).prod(),
        lambda t: t @ tg.ones(3, dtype=tg.float16),
        lambda t: tg.autograd.grad(tg.ones(3, dtype=tg.float16) * (s := halves(1.0)), s, t)[0],
        lambda t: tg.autograd.grad((s := halves(1.0)).expand(3), s, t)[0],
    ],
    ids=["sum", "mean", "prod", "matmul", "gradient of a factor", "gradient of an expanded"],
)
def test_halves_are_added_up_in_single_precision(backend: str, function: Any) -> None:
    """Sums pass over what a half can hold, on their way to what it can."""
    x = halves([60000.0, 60000.0, -60000.0])
    out = function(x.detach())
    assert out.dtype is tg.float16
    assert math.isfinite(out.item())


WORDS = [
    (
        "N20",
        lambda x: x[5],
        IndexError,
        "index 5 is out of bounds for dimension 0 with size 3",
    ),
    (
        "N20",
        lambda x: x[tg.tensor([True, False])],
        IndexError,
        r"The shape of the mask \[2\] at index 0 does not match the shape of the indexed tensor "
        r"\[3\] at index 0",
    ),
    (
        "N22",
        lambda x: x + tg.ones(4),
        RuntimeError,
        r"The size of tensor a \(3\) must match the size of tensor b \(4\) at non-singleton "
        "dimension 0",
    ),
    (
        "N22",
        lambda x: tg.ones(2, 3) @ tg.ones(4, 5),
        RuntimeError,
        r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 4x5\)",
    ),
    (
        "N22",
        lambda x: tg.ones(6).reshape(4, -1),
        RuntimeError,
        r"shape '\[4, -1\]' is invalid for input of size 6",
    ),
    (
        "N22",
        lambda x: tg.ones(6).view(4, -1),
        RuntimeError,
        r"shape '\[4, -1\]' is invalid for input of size 6",
    ),
    (
        "N22",
        lambda x: tg.zeros(0).reshape(0, -1),
        RuntimeError,
        r"cannot reshape tensor of 0 elements into shape \[0, -1\] because the unspecified "
        "dimension size -1 can be any value and is ambiguous",
    ),
    (
        "N23",
        lambda x: x.sum(5),
        IndexError,
        r"Dimension out of range \(expected to be in range of \[-1, 0\], but got 5\)",
    ),
    (
        "N23",
        lambda x: tg.softmax(x, -2),
        IndexError,
        r"Dimension out of range \(expected to be in range of \[-1, 0\], but got -2\)",
    ),
    (
        "N23",
        lambda x: x.sum((0, 0)),
        RuntimeError,
        "dim 0 appears multiple times in the list of dims",
    ),
    (
        "N23",
        lambda x: tg.ones(2, 2).amax((1, -1)),
        RuntimeError,
        "dim 1 appears multiple times in the list of dims",
    ),
    (
        "N24",
        lambda x: tg.ones(2, 2) @ tg.ones(2, 2).double(),
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != double",
    ),
    (
        "N24",
        lambda x: tg.tensor([True]) - tg.tensor([False]),
        RuntimeError,
        "Subtraction, the `-` operator, with two bool tensors is not supported.",
    ),
    (
        "N24",
        lambda x: tg.tensor([2]) ** -1,
        RuntimeError,
        "Integers to negative integer powers are not allowed.",
    ),
]


@pytest.mark.parametrize(
    ("function", "error", "said"),
    [pytest.param(*rest, marks=pytest.mark.guarantee(number)) for number, *rest in WORDS],
)
def test_what_does_not_fit_is_said_in_the_words_that_people_search_for(
    backend: str, function: Any, error: Any, said: str
) -> None:
    with pytest.raises(error, match=f"^{said}") as caught:
        function(tg.ones(3))
    assert type(caught.value) is error
