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


def gradients(edge: Edge, create_graph: bool = False) -> tuple[list[Any], list[Any]]:
    function, values, wanted = edge
    tensors = []
    for v in values:
        kind = tg.complex128 if any(isinstance(x, complex) for x in v) else tg.float64
        tensors.append(tg.tensor(v, dtype=kind, requires_grad=True))
    out = function(tg, *tensors)
    found = tg.autograd.grad(out, tensors, tg.ones_like(out), create_graph=create_graph)
    return [g.detach().tolist() for g in found], wanted


@pytest.mark.parametrize("create_graph", [False, True], ids=["first", "create_graph"])
@pytest.mark.parametrize("name", [*EDGES, *BETTER])
def test_gradient(backend: str, name: str, create_graph: bool) -> None:
    found, wanted = gradients((EDGES | BETTER)[name], create_graph)
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)


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
            (RuntimeError, IndexError),
            r"argmin\(\): Expected reduction dim to be specified for input.numel\(\) == 0",
        ),
        (lambda x: tg.max(x, 0), IndexError, r"max\(\): Expected reduction dim 0"),
        (lambda x: tg.cat([]), ValueError, r"cat\(\): expected a non-empty list of Tensors"),
    ],
)
def test_what_cannot_be_had_of_nothing(
    backend: str, function: Any, error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        function(tg.zeros(0))


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


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (lambda t: t.diagonal(), [[1.0, 0.0], [0.0, 1.0]]),
        (lambda t: t.select(0, 1), [[0.0, 0.0], [1.0, 1.0]]),
        (lambda t: t[1:], [[0.0, 0.0], [1.0, 1.0]]),
        (lambda t: t @ tg.ones(2, dtype=tg.float64), [[1.0, 1.0], [1.0, 1.0]]),
        (lambda t: t.exp().log(), [[1.0, 1.0], [1.0, 1.0]]),
    ],
)
def test_an_expanded_gradient_comes_in(backend: str, function: Any, wanted: Any) -> None:
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=tg.float64, requires_grad=True)
    y = function(x)
    y.backward(tg.ones((), dtype=tg.float64).expand(y.shape))
    np.testing.assert_allclose(x.grad.tolist(), wanted, rtol=1e-12)


def test_the_trace_of_a_matrix_that_is_not_square(backend: str) -> None:
    for shape, wanted in (((2, 3), [[1, 0, 0], [0, 1, 0]]), ((3, 2), [[1, 0], [0, 1], [0, 0]])):
        x = tg.ones(*shape, requires_grad=True)
        tg.trace(x).backward()
        assert x.grad.tolist() == wanted


def test_a_half_that_overflows_in_the_pass_is_infinite() -> None:
    with tg.use_backend("numpy"):
        x = tg.tensor([300.0], dtype=tg.float16, requires_grad=True)
        (x * x * x).sum().backward()
        assert x.grad.tolist() == [math.inf]
        assert x.grad.dtype is tg.float16


def test_what_does_not_fit_is_said_in_the_words_that_people_search_for(backend: str) -> None:
    x = tg.ones(3)
    for call, error, said in (
        (lambda: x + tg.ones(4), RuntimeError, r"The size of tensor a \(3\) must match the size"),
        (lambda: x.reshape(2, -1), RuntimeError, r"shape '\[2, -1\]' is invalid for input of size"),
        (lambda: tg.zeros(0).reshape(0, -1), RuntimeError, "cannot reshape tensor of 0 elements"),
        (lambda: x.sum(5), IndexError, "Dimension out of range .expected to be in range of"),
        (lambda: x.sum((0, 0)), RuntimeError, "dim 0 appears multiple times in the list of dims"),
        (lambda: tg.ones(2, 2) @ tg.ones(2, 2).double(), RuntimeError, "to have the same dtype"),
        (lambda: x[tg.tensor([True, False])], IndexError, r"The shape of the mask \[2\] at index"),
        (lambda: tg.ones(())[0], IndexError, "invalid index of a 0-dim tensor"),
    ):
        with pytest.raises(error, match=said):
            call()
