"""Functions against PyTorch's: values, dtypes, shapes, derivatives and names of nodes.

Every entry is one call, written once and made with either library.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from calls import CALLS

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def _on_numpy() -> Any:
    with tg.use_backend("numpy"):
        yield


def ours(array: np.ndarray, requires_grad: bool = True) -> Any:
    out = tg.tensor(array)
    return out.requires_grad_() if requires_grad and out.dtype.is_differentiable else out


def theirs(array: np.ndarray, requires_grad: bool = True) -> Any:
    out = torch.tensor(array)
    floating = out.is_floating_point() or out.is_complex()
    return out.requires_grad_() if requires_grad and floating else out


def name(dtype: Any) -> str:
    return str(dtype).split(".")[-1]


def host(tensor: Any) -> np.ndarray:
    if torch.is_tensor(tensor):
        return np.asarray(tensor.detach().numpy(force=True))
    return np.asarray(tensor.detach())


def same(mine: Any, other: Any, tolerance: float = 1e-12) -> None:
    """Assert that two tensors, ours and PyTorch's, are equal."""
    if not torch.is_tensor(other):
        assert mine == other
        return
    assert name(mine.dtype) == name(other.dtype)
    assert tuple(mine.shape) == tuple(other.shape)
    a, b = host(mine), host(other)
    if a.dtype.kind in "fc":
        single = a.dtype.itemsize <= (4 if a.dtype.kind == "f" else 8)
        bound = {2: 2e-3}.get(a.dtype.itemsize, max(tolerance, 2e-6) if single else tolerance)
        np.testing.assert_allclose(a, b, rtol=bound, atol=bound)
    else:
        np.testing.assert_array_equal(a, b)


def flat(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def weights(result: Any) -> list[np.ndarray]:
    """Return a cotangent for each of PyTorch's results that has a gradient."""
    return [
        np.random.default_rng(k).normal(size=tuple(r.shape)).astype(host(r).dtype)
        if not r.is_complex()
        else np.random.default_rng(k)
        .normal(size=(*r.shape, 2))
        .astype(host(r).real.dtype)
        .view(host(r).dtype)[..., 0]
        for k, r in enumerate(result)
    ]


@pytest.mark.parametrize("key", CALLS)
def test_values_dtypes_shapes_and_derivatives(key: str) -> None:
    function, operands = CALLS[key]
    x, y = [ours(a) for a in operands], [theirs(a) for a in operands]
    mine, other = flat(function(tg, *x)), flat(function(torch, *y))
    assert len(mine) == len(other)
    for a, b in zip(mine, other, strict=True):
        same(a, b)
        assert a.requires_grad == b.requires_grad, "requires_grad"
    recorded = [k for k, b in enumerate(other) if b.requires_grad]
    if not recorded:
        return
    g = weights([other[k] for k in recorded])
    gx, gy = [ours(a) for a in g], [theirs(a) for a in g]
    first = tg.autograd.grad(
        [mine[k] for k in recorded], x, gx, create_graph=True, allow_unused=True
    )
    expected = torch.autograd.grad(
        [other[k] for k in recorded], y, gy, create_graph=True, allow_unused=True
    )
    tolerance = 1e-6 if "dtype" in key else 1e-11  # what went through single precision
    for a, b in zip(first, expected, strict=True):
        if not nothing(a, b):
            same(a, b, tolerance)
    second(x, y, gx, gy, first, expected, 10 * tolerance)


def nothing(mine: Any, other: Any) -> bool:
    """Return whether there is no gradient: to say so, or to say zeros, is one."""
    if mine is not None and other is not None:
        return False
    return all(g is None or not host(g).any() for g in (mine, other))


def second(x: Any, y: Any, gx: Any, gy: Any, first: Any, expected: Any, tolerance: float) -> None:
    """Compare the derivatives of gradients, by the operands and by the cotangents."""
    pairs = [
        (a, b)
        for a, b in zip(first, expected, strict=True)
        if a is not None and b is not None and b.requires_grad and a.requires_grad
    ]
    if not pairs:
        return
    v = weights([b for _, b in pairs])
    mine = tg.autograd.grad(
        [a for a, _ in pairs], [*x, *gx], [ours(a, False) for a in v], allow_unused=True
    )
    other = torch.autograd.grad(
        [b for _, b in pairs], [*y, *gy], [theirs(a, False) for a in v], allow_unused=True
    )
    for a, b in zip(mine, other, strict=True):
        if not nothing(a, b):
            same(a, b, tolerance)


@pytest.mark.parametrize("key", CALLS)
def test_single_precision(key: str) -> None:
    """float32 stays float32, and agrees with PyTorch's to a few units in the last place."""
    function, operands = CALLS[key]
    kinds = {"d": np.float32, "D": np.complex64}
    operands = tuple(a.astype(kinds.get(a.dtype.char, a.dtype)) for a in operands)
    x, y = [ours(a) for a in operands], [theirs(a) for a in operands]
    mine, other = flat(function(tg, *x)), flat(function(torch, *y))
    for a, b in zip(mine, other, strict=True):
        same(a, b, 1e-5)
    recorded = [k for k, b in enumerate(other) if b.requires_grad]
    if not recorded:
        return
    g = weights([other[k] for k in recorded])
    first = tg.autograd.grad(
        [mine[k] for k in recorded], x, [ours(a) for a in g], allow_unused=True
    )
    expected = torch.autograd.grad(
        [other[k] for k in recorded], y, [theirs(a) for a in g], allow_unused=True
    )
    for a, b in zip(first, expected, strict=True):
        if not nothing(a, b):
            same(a, b, 2e-4)


#: Where one of our nodes does the work of several of PyTorch's, or the other way round:
#: the last node of ours, and of PyTorch's.
OTHER_NODES = {
    "binary: rsub": ("SubBackward0", "RsubBackward0"),
    "binary: rsub row": ("SubBackward0", "RsubBackward0"),
    "binary: rsub 0-d": ("SubBackward0", "RsubBackward0"),
    "binary: remainder": ("RemainderBackward0", "RemainderBackward1"),
    "binary: fmod": ("FmodBackward0", "FmodBackward1"),
    "binary: lerp": ("LerpBackward0", "LerpBackward1"),
    "binary: clamp_max": ("ClampBackward1", "ClampMaxBackward0"),
    "binary: clamp tensors": ("WhereBackward0", "ClampBackward0"),
    "binary: clamp a tensor": ("WhereBackward0", "ClampBackward0"),
    "binary: round decimals": ("RoundBackward0", "RoundBackward1"),
    "reduction: cumsum 0-d": ("ViewBackward0", "CumsumBackward0"),
    "reduction: cumprod 0-d": ("ViewBackward0", "CumprodBackward0"),
    "reduction: softmax 0-d": ("ViewBackward0", "SoftmaxBackward0"),
    "reduction: log_softmax 0-d": ("ViewBackward0", "LogSoftmaxBackward0"),
    "shape: roll flat": ("UnsafeViewBackward0", "RollBackward0"),
    "indexing: diag of a matrix": ("StridedGetBackward0", "DiagonalBackward0_copy"),
    "indexing: diag of a vector": ("StridedEmbedBackward0", "DiagEmbedBackward0"),
    "indexing: trace": ("SumBackward0", "TraceBackward0"),
    "product: matmul 1 2": ("UnsafeViewBackward0", "SqueezeBackward4"),
    "product: matmul 2 3": ("BmmBackward0", "CloneBackward0"),
    "product: matmul 1 3": ("UnsafeViewBackward0", "UnsafeViewBackward0"),
    "product: matmul 4 3": ("BmmBackward0", "UnsafeViewBackward0"),
    "product: bmm complex": ("BmmBackward0", "UnsafeViewBackward0"),
    "product: addmm": ("AddBackward0", "AddmmBackward0"),
}


@pytest.mark.parametrize("key", CALLS)
def test_the_names_of_nodes(key: str) -> None:
    function, operands = CALLS[key]
    mine = flat(function(tg, *(ours(a) for a in operands)))
    other = flat(function(torch, *(theirs(a) for a in operands)))
    for a, b in zip(mine, other, strict=True):
        have, want = type(a.grad_fn).__name__, type(b.grad_fn).__name__
        if hasattr(a.grad_fn, "name"):
            have = a.grad_fn.name()
        if key in OTHER_NODES:
            assert (have, want) == OTHER_NODES[key]
        else:
            assert have == want


ALIAS_PAIRS = [
    ("absolute", "abs"),
    ("arcsinh", "asinh"),
    ("arctan", "atan"),
    ("arctan2", "atan2"),
    ("clip", "clamp"),
    ("divide", "div"),
    ("true_divide", "div"),
    ("subtract", "sub"),
    ("multiply", "mul"),
    ("concat", "cat"),
    ("concatenate", "cat"),
    ("moveaxis", "movedim"),
    ("swapdims", "transpose"),
]


@pytest.mark.parametrize(("alias", "function"), ALIAS_PAIRS)
def test_aliases_are_the_same_function(alias: str, function: str) -> None:
    assert getattr(tg, alias) is getattr(tg, function)
    assert hasattr(torch, alias)
