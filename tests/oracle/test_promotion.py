"""Type promotion, as PyTorch has it: every pair of dtypes, ranks and Python numbers."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import tensorflowlite_grad as tg

torch = pytest.importorskip("torch")

NAMES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
SCALARS: dict[str, Any] = {"True": True, "2": 2, "2.5": 2.5, "2j": 2j}
#: Operands: a dtype's name and a number of dimensions, or a Python number.
OPERANDS = [(n, ndim) for n in NAMES for ndim in (0, 1)] + [(s, None) for s in SCALARS]
PAIRS = [
    pytest.param(
        a, b, id=f"{a[0]}{'' if a[1] is None else a[1]}-{b[0]}{'' if b[1] is None else b[1]}"
    )
    for a, b in itertools.product(OPERANDS, OPERANDS)
    if a[1] is not None or b[1] is not None
]


@pytest.fixture(autouse=True)
def _on_numpy() -> Iterator[None]:
    with tg.use_backend("numpy"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, of complex halves and empty variances
        yield


def operand(module: Any, what: tuple[str, int | None]) -> Any:
    name, ndim = what
    if ndim is None:
        return SCALARS[name]
    return module.ones((2,) * ndim, dtype=getattr(module, name))


def name(dtype: Any) -> str:
    # Array libraries have no complex numbers of two halves.
    return str(dtype).split(".")[-1].replace("complex32", "complex64")


def outcome(module: Any, function: Any, *operands: Any) -> str:
    """Return the dtype of a result, or that there is none."""
    try:
        return name(function(module, *(operand(module, o) for o in operands)).dtype)
    except (RuntimeError, TypeError):
        return "error"


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_result_type(a: Any, b: Any) -> None:
    mine = tg.result_type(operand(tg, a), operand(tg, b))
    assert name(mine) == name(torch.result_type(operand(torch, a), operand(torch, b)))


@pytest.mark.parametrize(("a", "b"), list(itertools.product(NAMES, NAMES)))
def test_promote_types(a: str, b: str) -> None:
    mine = tg.promote_types(getattr(tg, a), getattr(tg, b))
    assert name(mine) == name(torch.promote_types(getattr(torch, a), getattr(torch, b)))


FUNCTIONS = {
    "+": lambda m, x, y: x + y,
    "*": lambda m, x, y: x * y,
    "-": lambda m, x, y: x - y,
    "/": lambda m, x, y: x / y,
    "**": lambda m, x, y: x**y,
    "//": lambda m, x, y: x // y,
    "%": lambda m, x, y: x % y,
    "<": lambda m, x, y: x < y,
    "==": lambda m, x, y: x == y,
    "where": lambda m, x, y: m.where(m.tensor([True, False]), x, y),
    "maximum": lambda m, x, y: m.maximum(x, y),
    "atan2": lambda m, x, y: m.atan2(x, y),
    "logical_and": lambda m, x, y: m.logical_and(x, y),
    "&": lambda m, x, y: x & y,
    "cat": lambda m, x, y: m.cat([x, y]),
    "stack": lambda m, x, y: m.stack([x, y]),
    "isclose": lambda m, x, y: m.isclose(x, y),
}


@pytest.mark.parametrize("key", FUNCTIONS)
def test_the_dtype_of_results(key: str) -> None:
    """Where PyTorch has a result, ours is of the same dtype; it is refused where it should be."""
    function = FUNCTIONS[key]
    different = []
    for a, b in itertools.product(OPERANDS, OPERANDS):
        if a[1] is None and b[1] is None:
            continue
        if key == "**" and b == ("True", None):
            continue  # a power that is no number
        want = outcome(torch, function, a, b)
        have = outcome(tg, function, a, b)
        if want != "error" and have != want:
            different.append((a, b, have, want))
        if want == "error" and key in ("-", "&", "<") and have != "error":
            different.append((a, b, have, want))
    assert different == []


UNARY = {
    "exp": lambda m, x: m.exp(x),
    "sqrt": lambda m, x: m.sqrt(x),
    "reciprocal": lambda m, x: m.reciprocal(x),
    "abs": lambda m, x: m.abs(x),
    "neg": lambda m, x: -x,
    "square": lambda m, x: m.square(x),
    "sign": lambda m, x: m.sign(x),
    "floor": lambda m, x: m.floor(x),
    "isnan": lambda m, x: m.isnan(x),
    "logical_not": lambda m, x: m.logical_not(x),
    "bitwise_not": lambda m, x: ~x,
    "sum": lambda m, x: m.sum(x),
    "sum dim": lambda m, x: m.sum(x, 0),
    "prod": lambda m, x: m.prod(x),
    "mean": lambda m, x: m.mean(x),
    "var": lambda m, x: m.var(x),
    "cumsum": lambda m, x: m.cumsum(x, 0),
    "cumprod": lambda m, x: m.cumprod(x, 0),
    "amax": lambda m, x: m.amax(x),
    "all": lambda m, x: m.all(x),
    "any": lambda m, x: m.any(x),
    "argmax": lambda m, x: m.argmax(x),
    "count_nonzero": lambda m, x: m.count_nonzero(x),
    "norm": lambda m, x: m.linalg.vector_norm(x),
    "real": lambda m, x: m.real(x),
    "logsumexp": lambda m, x: m.logsumexp(x, 0),
    "to float": lambda m, x: x.float(),
    "ones_like": lambda m, x: m.ones_like(x),
    "masked_fill": lambda m, x: m.masked_fill(x, x == x, 1),
    "clamp": lambda m, x: m.clamp(x, 0, 1),
    "clamp float": lambda m, x: m.clamp(x, 0.5),
}


@pytest.mark.parametrize("key", UNARY)
def test_the_dtype_of_functions_of_one_tensor(key: str) -> None:
    function = UNARY[key]
    different = []
    for what in itertools.product(NAMES, (0, 1)):
        want, have = outcome(torch, function, what), outcome(tg, function, what)
        if want != "error" and have != want:
            different.append((what, have, want))
    assert different == []


CREATION = {
    "arange": lambda m: m.arange(5),
    "arange float": lambda m: m.arange(0, 1, 0.1),
    "arange down": lambda m: m.arange(5, 0, -2),
    "arange dtype": lambda m: m.arange(3, dtype=m.float64),
    "arange empty": lambda m: m.arange(0),
    "arange rounding": lambda m: m.arange(0, 0.3, 0.1),
    "linspace": lambda m: m.linspace(-1, 1, 7),
    "linspace one": lambda m: m.linspace(3, 9, 1),
    "linspace none": lambda m: m.linspace(3, 9, 0),
    "linspace double": lambda m: m.linspace(0.1, 0.9, 11, dtype=m.float64),
    "logspace": lambda m: m.logspace(0, 2, 5, dtype=m.float64),
    "eye": lambda m: m.eye(3),
    "eye wide": lambda m: m.eye(2, 4, dtype=m.int64),
    "zeros": lambda m: m.zeros(2, 3),
    "ones": lambda m: m.ones((2, 0)),
    "full": lambda m: m.full((2,), 7),
    "full float": lambda m: m.full((2, 2), 0.5),
    "full bool": lambda m: m.full((), True),
    "tensor ints": lambda m: m.tensor([[1, 2], [3, 4]]),
    "tensor floats": lambda m: m.tensor([1, 2.5]),
    "tensor bools": lambda m: m.tensor([True, False]),
    "tensor complex": lambda m: m.tensor([1j, 2]),
    "tensor empty": lambda m: m.tensor([]),
    "tensor nested empty": lambda m: m.tensor([[], []]),
    "tensor dtype": lambda m: m.tensor([1.7, -1.7], dtype=m.int32),
    "tensor number": lambda m: m.tensor(2.0),
    "full_like": lambda m: m.full_like(m.ones(2, dtype=m.int32), 3),
    "zeros_like dtype": lambda m: m.zeros_like(m.ones(2), dtype=m.int64),
}


@pytest.mark.parametrize("key", CREATION)
def test_creation(key: str) -> None:
    mine, other = CREATION[key](tg), CREATION[key](torch)
    assert name(mine.dtype) == name(other.dtype)
    assert tuple(mine.shape) == tuple(other.shape)
    exact = not other.is_floating_point() or "space" not in key
    values = (mine.reshape(-1).tolist(), other.reshape(-1).tolist())
    assert values[0] == (values[1] if exact else pytest.approx(values[1], rel=2e-7, abs=1e-7))
