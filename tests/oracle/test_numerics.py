"""The edges of functions are where PyTorch has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from edges import BETTER, EDGES

torch = pytest.importorskip("torch")


def theirs(values: list[Any]) -> Any:
    kind = torch.complex128 if any(isinstance(v, complex) for v in values) else torch.float64
    return torch.tensor(values, dtype=kind, requires_grad=True)


@pytest.mark.parametrize("name", EDGES)
def test_the_table_is_what_pytorch_does(name: str) -> None:
    _, function, values, wanted = EDGES[name]
    tensors = [theirs(v) for v in values]
    out = function(torch, *tensors)
    found = torch.autograd.grad(out, tensors, torch.ones_like(out))
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got.numpy(force=True), want, rtol=1e-12)


@pytest.mark.parametrize("name", BETTER)
def test_pytorch_has_nan_where_we_do_not(name: str) -> None:
    _, function, values, _ = BETTER[name]
    tensors = [theirs(v) for v in values]
    out = function(torch, *tensors)
    found = torch.autograd.grad(out, tensors, torch.ones_like(out))
    assert any(bool(g.isnan().any()) for g in found)


SPREAD = np.concatenate(
    [
        np.linspace(-20, 20, 4001),
        np.geomspace(1e-30, 1e30, 1001),
        [0.0, -0.0, np.inf, -np.inf, np.nan],
    ]
)
#: How far results may be from PyTorch's, in units in the last place.
ULPS = {
    "sqrt": 1,  # NumPy rounds correctly, PyTorch's vector library not always
    **dict.fromkeys(
        ["abs", "neg", "square", "reciprocal", "floor", "ceil", "trunc", "round", "sign", "relu"], 0
    ),
    **dict.fromkeys(
        [
            "exp",
            "expm1",
            "exp2",
            "log",
            "log2",
            "log10",
            "log1p",
            "sin",
            "cos",
            "tan",
            "asin",
            "acos",
            "atan",
        ],
        4,
    ),
    **dict.fromkeys(
        ["sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sigmoid", "erf", "rsqrt"], 4
    ),
}


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Return the greatest distance of two arrays in units in the last place of the second."""
    np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
    finite = np.isfinite(b)
    np.testing.assert_array_equal(a[~finite], b[~finite])
    return float(np.max(np.abs(a[finite] - b[finite]) / np.spacing(np.abs(b[finite]))))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ULPS)
def test_values_to_a_few_units_in_the_last_place(name: str, dtype: str) -> None:
    with np.errstate(over="ignore"):
        x = SPREAD.astype(dtype)
    if name == "sign":
        x = x[:-1]  # of NaN it is NaN in the Array API standard, 0 in PyTorch
    with tg.use_backend("numpy"):
        mine = np.asarray(getattr(tg, name)(tg.tensor(x)))
    other = getattr(torch, name)(torch.tensor(x)).numpy()
    assert mine.dtype == other.dtype
    assert distance(mine, other) <= ULPS[name]


BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "rdiv": lambda x, y: 1.7 / x,
    "rsub": lambda x, y: 1.7 - x,
    "square": lambda x, y: x**2,
    "cube": lambda x, y: x**3,
    "floor_divide": lambda x, y: x // y,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BINARY)
def test_arithmetic_is_the_same_to_the_last_bit(name: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=10_000).astype(dtype) * 10 for _ in range(2))
    with tg.use_backend("numpy"):
        mine = np.asarray(BINARY[name](tg.tensor(x), tg.tensor(y)))
    np.testing.assert_array_equal(mine, BINARY[name](torch.tensor(x), torch.tensor(y)).numpy())
