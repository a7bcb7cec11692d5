"""Calls of public functions, each written once for us and for PyTorch.

Every entry is a function of the library and its tensors, and their values.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

INF, NAN = math.inf, math.nan


def numbers(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray:
    """Return numbers that keep clear of integers, where steps and kinks are."""
    out = np.random.default_rng([seed, *shape]).uniform(low, high, shape)
    return np.floor(out) + 0.1 + 0.8 * (out - np.floor(out))


A, B = numbers(2, 3), numbers(2, 3, seed=1)
ROW, COLUMN, NUMBER = numbers(3, seed=2), numbers(2, 1, seed=3), numbers(seed=4)
PLUS, UNIT = numbers(2, 3, low=0.0, high=3.0), numbers(2, 3, low=0.0, high=1.0)
OVER_ONE = PLUS + 1.0
SIGNED_UNIT = numbers(2, 3, low=-1.0, high=1.0)
BOX = numbers(2, 3, 4)
VECTOR, LONG = numbers(4), numbers(5, seed=5)
MATRIX, SQUARE = numbers(4, 3, seed=6), numbers(3, 3, seed=7)
Z, W = A + 1j * B, B - 1j * numbers(2, 3, seed=8)
ZPLUS = PLUS + 1j * B

Call = tuple[Any, tuple[np.ndarray, ...]]


def _unary() -> dict[str, Call]:
    domains = {
        "sqrt rsqrt log log2 log10": PLUS,
        "log1p reciprocal abs neg positive square exp exp2 expm1 sigmoid sin cos tan atan sinh": A,
        "cosh tanh asinh erf sign sgn floor ceil trunc round frac relu absolute negative fix": A,
        "asin acos atanh arcsin arccos arctanh": SIGNED_UNIT,
        "acosh arccosh": OVER_ONE,
        "logit": UNIT,
    }
    calls: dict[str, Call] = {}
    for names, operand in domains.items():
        for f in names.split():
            x = numbers(2, 3, low=-0.9) if f == "log1p" else operand
            calls[f] = (lambda m, t, f=f: getattr(m, f)(t), (x,))
    for f in (
        "sqrt",
        "rsqrt",
        "log",
        "log2",
        "log10",
        "log1p",
        "reciprocal",
        "exp",
        "expm1",
        "sin",
    ):
        calls[f + " complex"] = (lambda m, t, f=f: getattr(m, f)(t), (ZPLUS,))
    for f in (
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "asin",
        "acos",
        "atan",
        "asinh",
        "acosh",
        "atanh",
    ):
        calls[f + " complex"] = (lambda m, t, f=f: getattr(m, f)(t), (ZPLUS,))
    for f in ("abs", "neg", "square", "sgn", "conj", "real", "imag", "positive"):
        calls[f + " complex"] = (lambda m, t, f=f: getattr(m, f)(t) * 1, (Z,))
    return calls


def _binary() -> dict[str, Call]:
    calls: dict[str, Call] = {}
    for f in [
        "add",
        "sub",
        "mul",
        "div",
        "hypot",
        "copysign",
        "maximum",
        "minimum",
        "logaddexp",
        "atan2",
        "rsub",
        "multiply",
    ]:
        for label, operands in (("", (A, B)), (" row", (A, ROW)), (" 0-d", (NUMBER, COLUMN))):
            calls[f + label] = (lambda m, x, y, f=f: getattr(m, f)(x, y), operands)
    for f in ["remainder", "fmod"]:
        calls[f] = (lambda m, x, y, f=f: getattr(m, f)(x, y), (A * 3, B))
        calls[f + " number"] = (lambda m, x, f=f: getattr(m, f)(x, 0.7), (A * 3,))
    for f in ("add", "sub", "mul", "div"):
        calls[f + " complex"] = (lambda m, x, y, f=f: getattr(m, f)(x, y), (Z, W))
        calls[f + " mixed"] = (lambda m, x, y, f=f: getattr(m, f)(x, y), (Z, A))
        calls[f + " number"] = (lambda m, x, f=f: getattr(m, f)(x, 1.5), (A,))
    calls |= {
        "pow": (lambda m, x, y: m.pow(x, y), (PLUS, B)),
        "pow row": (lambda m, x, y: x**y, (PLUS, ROW)),
        "pow complex": (lambda m, x, y: m.pow(x, y), (Z, W)),
        "number to a tensor": (lambda m, x: 2.5**x, (A,)),
        "xlogy": (lambda m, x, y: m.xlogy(x, y), (A, PLUS)),
        "add alpha": (lambda m, x, y: m.add(x, y, alpha=2.5), (A, B)),
        "sub alpha": (lambda m, x, y: m.sub(x, y, alpha=2.5), (A, B)),
        "rsub number": (lambda m, x: 1.5 - x, (A,)),
        "rdiv number": (lambda m, x: 1.5 / x, (A,)),
        "div trunc": (lambda m, x, y: m.div(x, y, rounding_mode="trunc"), (A * 3, B)),
        "div floor": (lambda m, x, y: m.div(x, y, rounding_mode="floor"), (A * 3, B)),
        "floor_divide": (lambda m, x, y: x.detach() // y.detach(), (A * 3, B)),
        "mod": (lambda m, x: x % 0.7, (A,)),
        "lerp": (lambda m, x, y, w: m.lerp(x, y, w), (A, B, ROW)),
        "lerp number": (lambda m, x, y: m.lerp(x, y, 0.3), (A, B)),
        "addcmul": (lambda m, x, y, z: m.addcmul(x, y, z, value=0.5), (A, B, ROW)),
        "addcdiv": (lambda m, x, y, z: m.addcdiv(x, y, z, value=0.5), (A, B, ROW)),
        "where": (lambda m, x, y: m.where(x > 0, x, y), (A, B)),
        "where number": (lambda m, x: m.where(x > 0, x, 0.5), (A,)),
        "clamp": (lambda m, x: m.clamp(x, -0.5, 1), (A,)),
        "clamp min": (lambda m, x: m.clamp(x, min=0.3), (A,)),
        "clamp_max": (lambda m, x: m.clamp_max(x, 0.3), (A,)),
        "clamp tensors": (lambda m, x, y, z: m.clamp(x, y - 2, z), (A, B, ROW)),
        "clamp a tensor": (lambda m, x, y: m.clamp(x, max=y), (A, ROW)),
        "softplus": (lambda m, x: _nn(m).softplus(x), (A,)),
        "logsigmoid": (lambda m, x: _nn(m).logsigmoid(x), (A,)),
        "round decimals": (lambda m, x: m.round(x, decimals=1), (A,)),
    }
    for exponent in (0, 1, 2, 3, 4, 0.5, -1, -2, 1.5, 2.0, 3.0):
        calls[f"pow {exponent}"] = (lambda m, x, e=exponent: x**e, (PLUS,))
        calls[f"pow {exponent} complex"] = (lambda m, x, e=exponent: x**e, (Z,))
    return calls


def _nn(module: Any) -> Any:
    return module.nn.functional if hasattr(module, "nn") else module


def _reductions() -> dict[str, Call]:
    calls: dict[str, Call] = {}
    for f in [
        "sum",
        "mean",
        "prod",
        "var",
        "std",
        "amax",
        "amin",
        "max",
        "min",
        "logsumexp",
        "norm",
    ]:
        if f != "logsumexp":
            calls[f] = (lambda m, x, f=f: getattr(m, f)(x), (BOX,))
            calls[f + " 0-d"] = (lambda m, x, f=f: getattr(m, f)(x), (NUMBER,))
        else:
            calls[f] = (lambda m, x: m.logsumexp(x, (0, 1, 2)), (BOX,))
        for dim, keep in ((0, False), (-1, True)):
            calls[f"{f} {dim} {keep}"] = (
                lambda m, x, f=f, d=dim, k=keep: getattr(m, f)(x, dim=d, keepdim=k),
                (BOX,),
            )
    calls.pop("std 0-d")
    calls.pop("var 0-d")
    for f in ["sum", "mean", "var", "std", "amax", "amin", "logsumexp", "norm"]:
        calls[f + " dims"] = (lambda m, x, f=f: getattr(m, f)(x, dim=(0, 2)), (BOX,))
    for f in ["sum", "mean", "prod", "var", "std"]:
        calls[f + " complex"] = (lambda m, x, f=f: getattr(m, f)(x), (Z,))
        calls[f + " complex dim"] = (lambda m, x, f=f: getattr(m, f)(x, dim=1), (Z,))
    for correction in (0, 2):
        calls[f"var correction {correction}"] = (
            lambda m, x, c=correction: m.var(x, dim=1, correction=c),
            (BOX,),
        )
    for f in ["cumsum", "cumprod", "softmax", "log_softmax"]:
        for dim in (0, 2, -2):
            calls[f"{f} {dim}"] = (lambda m, x, f=f, d=dim: getattr(m, f)(x, d), (BOX,))
        calls[f + " 0-d"] = (lambda m, x, f=f: getattr(m, f)(x, 0), (NUMBER,))
    calls["logsumexp complex"] = (lambda m, x: m.logsumexp(x, 1), (Z,))
    for f in ["cumsum", "cumprod"]:
        calls[f + " complex"] = (lambda m, x, f=f: getattr(m, f)(x, 1), (Z,))
    for order in (0, 0.5, 1, 2, 3, INF, -INF):
        for label, operand in (("", BOX), (" complex", Z)):
            calls[f"vector_norm {order}{label}"] = (
                lambda m, x, o=order: m.linalg.vector_norm(x, o),
                (operand,),
            )
            calls[f"vector_norm {order}{label} dim"] = (
                lambda m, x, o=order: m.linalg.vector_norm(x, o, dim=1, keepdim=True),
                (operand,),
            )
    calls |= {
        "sum dtype": (lambda m, x: m.sum(x, dtype=m.float32), (BOX,)),
        "mean dtype": (lambda m, x: m.mean(x, dim=1, dtype=m.float32), (BOX,)),
        "softmax dtype": (lambda m, x: m.softmax(x, 1, dtype=m.float32), (BOX,)),
        "prod of a zero": (lambda m, x: m.prod(x, 1), (np.array([[1.0, 0, 3], [0, 0, 2]]),)),
        "cumprod of a zero": (lambda m, x: m.cumprod(x, 1), (np.array([[1.0, 0, 3], [0, 0, 2]]),)),
        "argmax": (lambda m, x: m.argmax(x), (BOX,)),
        "argmax dim": (lambda m, x: m.argmax(x, 1, keepdim=True), (BOX,)),
        "argmin dim": (lambda m, x: m.argmin(x, -1), (BOX,)),
        "max of two": (lambda m, x, y: m.max(x, y), (A, B)),
        "min of two": (lambda m, x, y: m.min(x, y), (A, B)),
        "count_nonzero": (lambda m, x: m.count_nonzero(x, dim=0), (np.eye(3),)),
        "norm p": (lambda m, x: m.norm(x, 3), (BOX,)),
        "norm inf": (lambda m, x: m.norm(x, INF, dim=0), (BOX,)),
        "all": (lambda m, x: m.all(x > 0, dim=1), (BOX,)),
        "any": (lambda m, x: m.any(x > 0), (BOX,)),
    }
    return calls


def _shapes() -> dict[str, Call]:
    return {
        "reshape": (lambda m, x: m.reshape(x, (4, -1)), (BOX,)),
        "reshape a copy": (lambda m, x: x.permute(2, 0, 1).reshape(6, 4), (BOX,)),
        "view": (lambda m, x: x.view(6, 4), (BOX,)),
        "view_as": (lambda m, x: x.view(24), (BOX,)),
        "flatten": (lambda m, x: m.flatten(x, 1), (BOX,)),
        "unflatten": (lambda m, x: m.unflatten(x, 2, (2, -1)), (BOX,)),
        "ravel": (lambda m, x: m.ravel(x), (BOX,)),
        "squeeze": (lambda m, x: m.squeeze(x), (numbers(1, 3, 1),)),
        "squeeze dim": (lambda m, x: m.squeeze(x, 0), (numbers(1, 3, 1),)),
        "squeeze nothing": (lambda m, x: m.squeeze(x, 1) * 1, (numbers(1, 3, 1),)),
        "unsqueeze": (lambda m, x: m.unsqueeze(x, -1), (A,)),
        "permute": (lambda m, x: m.permute(x, (2, 0, 1)), (BOX,)),
        "transpose": (lambda m, x: m.transpose(x, 0, -1), (BOX,)),
        "swapaxes": (lambda m, x: m.swapaxes(x, 0, 1), (BOX,)),
        "t": (lambda m, x: m.t(x), (A,)),
        "T": (lambda m, x: x.T, (A,)),
        "mT": (lambda m, x: x.mT, (BOX,)),
        "movedim": (lambda m, x: m.movedim(x, (0, 1), (2, 0)), (BOX,)),
        "expand": (lambda m, x: x.expand(4, 2, -1), (COLUMN,)),
        "broadcast_to": (lambda m, x: m.broadcast_to(x, (4, 2, 3)), (COLUMN,)),
        "broadcast_tensors": (lambda m, x, y: m.broadcast_tensors(x, y), (ROW, COLUMN)),
        "repeat": (lambda m, x: x.repeat(2, 1, 2), (A,)),
        "tile": (lambda m, x: m.tile(x, (2,)), (A,)),
        "flip": (lambda m, x: m.flip(x, (0, 2)), (BOX,)),
        "fliplr": (lambda m, x: m.fliplr(x), (A,)),
        "flipud": (lambda m, x: m.flipud(x), (A,)),
        "roll": (lambda m, x: m.roll(x, (1, -2), (0, 1)), (BOX,)),
        "roll flat": (lambda m, x: m.roll(x, 5), (BOX,)),
        "tril": (lambda m, x: m.tril(x, -1), (BOX,)),
        "triu": (lambda m, x: m.triu(x, 1), (A,)),
        "cat": (lambda m, x, y: m.cat([x, y], 0), (A, B)),
        "cat dim": (lambda m, x, y: m.cat((x, y), dim=-1), (A, COLUMN)),
        "stack": (lambda m, x, y: m.stack([x, y], 1), (A, B)),
        "hstack": (lambda m, x, y: m.hstack([x, y]), (A, COLUMN)),
        "vstack": (lambda m, x, y: m.vstack([x, y]), (A, ROW)),
        "split": (lambda m, x: m.split(x, 2, 2), (numbers(2, 3, 5),)),
        "split sizes": (lambda m, x: m.split(x, [1, 2], 1), (BOX,)),
        "chunk": (lambda m, x: m.chunk(x, 3, 0), (LONG,)),
        "unbind": (lambda m, x: m.unbind(x, 1), (BOX,)),
        "iterate": (lambda m, x: tuple(x), (A,)),
        "meshgrid": (lambda m, x, y: m.meshgrid(x, y, indexing="ij"), (VECTOR, LONG)),
        "meshgrid xy": (lambda m, x, y: m.meshgrid(x, y, indexing="xy"), (VECTOR, LONG)),
        "clone": (lambda m, x: x.clone(), (A,)),
        "to": (lambda m, x: x.to(m.float32), (A,)),
        "float": (lambda m, x: x.float(), (A,)),
        "to complex": (lambda m, x: x.to(m.complex128), (A,)),
        "atleast_1d": (lambda m, x: m.atleast_1d(x), (NUMBER,)),
    }


def _indexing() -> dict[str, Call]:
    def at(*positions: Any) -> Any:
        return lambda m: m.tensor(list(positions))

    return {
        "int": (lambda m, x: x[1], (BOX,)),
        "negative int": (lambda m, x: x[-1], (BOX,)),
        "ints": (lambda m, x: x[1, 2], (BOX,)),
        "one element": (lambda m, x: x[1, 2, 3], (BOX,)),
        "slice": (lambda m, x: x[1:], (BOX,)),
        "slices": (lambda m, x: x[:, 1:3, ::2], (BOX,)),
        "ellipsis": (lambda m, x: x[..., 1], (BOX,)),
        "new axis": (lambda m, x: x[:, None], (BOX,)),
        "new axis last": (lambda m, x: x[..., None], (BOX,)),
        "mixed": (lambda m, x: x[0, :, None, 1:], (BOX,)),
        "list": (lambda m, x: x[[1, 0, 1]], (BOX,)),
        "tensor": (lambda m, x: x[at(1, 0, 1)(m)], (BOX,)),
        "tensor later": (lambda m, x: x[:, at(2, -1)(m)], (BOX,)),
        "tensors": (lambda m, x: x[at(1, 0)(m), at(2, 2)(m)], (BOX,)),
        "tensors apart": (lambda m, x: x[at(1, 0)(m), :, at(2, 2)(m)], (BOX,)),
        "tensor and int": (lambda m, x: x[0, :, at(2, 2, 1)(m)], (BOX,)),
        "mask": (lambda m, x: x[x > 0], (BOX,)),
        "mask of rows": (lambda m, x: x[m.tensor([True, False])], (BOX,)),
        "mask and slice": (lambda m, x: x[:, m.tensor([True, False, True]), 1:], (BOX,)),
        "gather": (lambda m, x: m.gather(x, 1, m.tensor([[0, 2, 2, 1], [1, 0, 0, 0]])), (A,)),
        "take_along_dim": (
            lambda m, x: m.take_along_dim(x, m.tensor([[0, 2], [1, 1]]), 1),
            (A,),
        ),
        "index_select": (lambda m, x: m.index_select(x, 2, at(3, 0, 3)(m)), (BOX,)),
        "take": (lambda m, x: m.take(x, at(5, 0, 5)(m)), (A,)),
        "masked_select": (lambda m, x: m.masked_select(x, x > 0), (A,)),
        "masked_fill": (lambda m, x: m.masked_fill(x, x > 0, 1.5), (A,)),
        "narrow": (lambda m, x: m.narrow(x, 2, 1, 2), (BOX,)),
        "select": (lambda m, x: m.select(x, 1, -1), (BOX,)),
        "index_add": (lambda m, x, y: m.index_add(x, 0, at(1, 1)(m), y, alpha=2), (A, B)),
        "scatter_add": (
            lambda m, x, y: m.scatter_add(x, 1, m.tensor([[0, 2, 2], [1, 0, 0]]), y),
            (A, B),
        ),
        "index_put": (lambda m, x, y: m.index_put(x, (at(1, 0)(m),), y), (A, B)),
        "index_put add": (
            lambda m, x, y: m.index_put(x, (at(1, 1)(m),), y, accumulate=True),
            (A, B),
        ),
        "diagonal": (lambda m, x: m.diagonal(x, 1, 1, 2), (BOX,)),
        "diag of a matrix": (lambda m, x: m.diag(x, -1), (SQUARE,)),
        "diag of a vector": (lambda m, x: m.diag(x, 1), (ROW,)),
        "trace": (lambda m, x: m.trace(x), (SQUARE,)),
        "nonzero": (lambda m, x: m.nonzero(x > 0), (A,)),
        "assignment": (lambda m, x, y: _assigned(x, (0, slice(1, 3)), y), (A, ROW[:2])),
        "assignment to a mask": (lambda m, x, y: _assigned(x, x > 0, y), (A, NUMBER)),
        "assignment to positions": (
            lambda m, x, y: _assigned(x, (slice(None), at(2, 0)(m)), y),
            (A, COLUMN),
        ),
        "assignment to a view": (lambda m, x, y: _assigned_view(x, y), (BOX, ROW)),
    }


def _assigned(x: Any, key: Any, value: Any) -> Any:
    out = x * 1
    out[key] = value
    return out


def _assigned_view(x: Any, value: Any) -> Any:
    out = x * 1
    out.transpose(1, 2)[0, 1:3] = value
    return out


def _products() -> dict[str, Call]:
    return {
        "dot": (lambda m, x, y: m.dot(x, y), (VECTOR, numbers(4, seed=9))),
        "mv": (lambda m, x, y: m.mv(x, y), (A, ROW)),
        "mm": (lambda m, x, y: m.mm(x, y), (MATRIX, SQUARE)),
        "bmm": (lambda m, x, y: m.bmm(x, y), (BOX, numbers(2, 4, 3, seed=9))),
        "matmul": (lambda m, x, y: x @ y, (MATRIX, SQUARE)),
        "matmul 1 1": (lambda m, x, y: x @ y, (VECTOR, numbers(4, seed=9))),
        "matmul 1 2": (lambda m, x, y: x @ y, (VECTOR, MATRIX)),
        "matmul 2 1": (lambda m, x, y: x @ y, (A, ROW)),
        "matmul 3 2": (lambda m, x, y: x @ y, (BOX, MATRIX)),
        "matmul 2 3": (lambda m, x, y: x @ y, (A, BOX[:, :, :])),
        "matmul 1 3": (lambda m, x, y: x @ y, (ROW, BOX)),
        "matmul 3 1": (lambda m, x, y: x @ y, (BOX, VECTOR)),
        "matmul 4 3": (
            lambda m, x, y: x @ y,
            (numbers(2, 1, 2, 4), numbers(3, 4, 2, seed=9)),
        ),
        "outer": (lambda m, x, y: m.outer(x, y), (VECTOR, LONG)),
        "addmm": (lambda m, x, y, z: m.addmm(x, y, z, beta=0.5, alpha=2), (ROW, MATRIX, SQUARE)),
        "mm complex": (lambda m, x, y: m.mm(x, y), (Z, W.T.copy())),
        "mv complex": (lambda m, x, y: m.mv(x, y), (Z, W[0])),
        "dot complex": (lambda m, x, y: m.dot(x, y), (Z[0], W[0])),
        "bmm complex": (lambda m, x, y: x @ y, (np.stack([Z, W]), np.stack([W.T, Z.T]))),
        "matmul mixed": (lambda m, x, y: x.to(y.dtype) @ y, (A, W.T.copy())),
    }


def _comparisons() -> dict[str, Call]:
    calls: dict[str, Call] = {}
    with_ties = np.array([[0.0, 1.0, NAN], [2.0, -INF, INF]]), np.array([0.0, 2.0, INF])
    for f in (
        *("eq", "ne", "lt", "le", "gt", "ge", "not_equal", "less", "less_equal", "greater"),
        *("greater_equal", "logical_and", "logical_or", "logical_xor", "isclose"),
    ):
        calls[f] = (lambda m, x, y, f=f: getattr(m, f)(x, y), with_ties)
    for f in ("isnan", "isinf", "isfinite", "signbit", "logical_not"):
        calls[f] = (lambda m, x, f=f: getattr(m, f)(x), (np.array([0.0, -0.0, -1, NAN, INF]),))
    integers = np.array([[0, 1, 2], [5, 6, 7]]), np.array([1, 2, 3])
    for f in ("and", "or", "xor", "left_shift", "right_shift"):
        calls[f] = (lambda m, x, y, f=f: getattr(m, "bitwise_" + f)(x, y), integers)
    for f in ("and", "or", "xor"):
        truths = np.array([True, False]), np.array([True, True])
        calls[f + " of bools"] = (lambda m, x, y, f=f: getattr(m, "bitwise_" + f)(x, y), truths)
    for f in ("floor_divide", "remainder", "fmod", "maximum", "add", "mul"):
        whole = np.array([7, -7, 7, -7]), np.array([2, 2, -2, -3])
        calls[f + " of integers"] = (lambda m, x, y, f=f: getattr(m, f)(x, y), whole)
    return calls


CALLS = {
    f"{chapter}: {key}": call
    for chapter, calls in (
        ("unary", _unary()),
        ("binary", _binary()),
        ("reduction", _reductions()),
        ("shape", _shapes()),
        ("indexing", _indexing()),
        ("product", _products()),
        ("comparison", _comparisons()),
    )
    for key, call in calls.items()
}
