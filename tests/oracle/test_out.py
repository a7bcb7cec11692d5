"""``out=``: what PyTorch's functions write, refuse and resize, these do too."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")  # which PyTorch's own tests need

import op_db  # noqa: E402
from op_db_translation import Untranslatable, found, function_of, ours  # noqa: E402

import tensorflowlite_grad as tg  # noqa: E402

#: Entries that PyTorch itself gets wrong with `out`, or compares to nothing.
DIFFERENT = {
    "fft.ihfftn": "PyTorch writes nothing into a real input's result",
    "equal": "a bool is not written",
    "histogramdd": "PyTorch has no such argument, whatever its database says",
    "native_batch_norm": "PyTorch takes three tensors by other names, and fails on their shapes",
}

#: Entries whose results are right up to a sign or a phase, or drawn: not compared.
LOOSE = {"linalg.eig", "linalg.eigh", *op_db.POSITIONS}

#: Entries that PyTorch resizes without a word, where this library warns.
SILENT = {
    *("addbmm", "lu", "nn.functional.logsigmoid", "narrow_copy", "multinomial", "bernoulli"),
    "normal-number_mean",
}

#: Dtypes that PyTorch has no kernel for, or refuses for one form of several, and why not here.
WIDER = {
    "cumsum": "a sum of bools is one like any other",
    "cumprod": "a product of bools is one like any other",
    "bernoulli": "0 and 1 are complex numbers too",
    "nansum": "the result is complex where out is",
    "nanmean": "the result is complex where out is",
    "fft.ifft": "as for fft.fft",
    "fft.ihfft": "as for fft.rfft",
    "normal": "another type of error",
    **dict.fromkeys(
        [f"fft.{kind}{axes}" for kind in ("hfft", "irfft") for axes in ("", "2", "n")],
        "a real result is a complex number too",
    ),
}

ENTRIES = {
    name: op
    for name, op in op_db.entries().items()
    if op.supports_out and function_of(op) is not None and name not in DIFFERENT
}

DTYPES = (torch.float64, torch.complex128, torch.int64, torch.int32, torch.bool)


def outcome(call: Any) -> tuple[Any, list[str]]:
    """Return what a call gives, or the type of what it raises, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = call()
        except Exception as error:
            result = error
    return result, [str(w.message) for w in caught if "was resized" in str(w.message)]


class Sample:
    """A sample of an entry, and its results in PyTorch."""

    def __init__(self, op: Any, sample: Any) -> None:
        self.op = op
        self.mine = function_of(op)
        self.args, self.kwargs = (sample.input, *sample.args), sample.kwargs
        self.ours = ours(self.args), ours(self.kwargs)
        result = op.op(*self.args, **self.kwargs)
        self.several = not isinstance(result, torch.Tensor)
        self.results = list(result) if self.several else [result]
        if not all(isinstance(r, torch.Tensor) for r in self.results):
            raise Untranslatable("a result is no tensor")

    def outs(self, *, sizes: Any = None, dtypes: dict[int, Any] | None = None) -> list[Any]:
        """Return tensors for the results, of other shapes or of other dtypes."""
        return [
            torch.zeros(r.shape if sizes is None else sizes, dtype=(dtypes or {}).get(k, r.dtype))
            for k, r in enumerate(self.results)
        ]

    def run(self, outs: list[Any]) -> tuple[Any, Any, list[Any], list[Any]]:
        """Return both libraries' outcomes, and what they have written."""
        mine = [tg.zeros(tuple(o.shape), dtype=ours(o.dtype)) for o in outs]
        both = [tuple(o) if self.several else o[0] for o in (outs, mine)]
        torch.manual_seed(0)
        theirs = outcome(lambda: self.op.op(*self.args, **self.kwargs, out=both[0]))
        args, kwargs = self.ours
        here = outcome(lambda: self.mine(*args, **kwargs, out=both[1]))
        return theirs, here, outs, mine


@cache
def samples(name: str, count: int = 2) -> list[Sample]:
    """Return the first samples of an entry whose results PyTorch can write."""
    op, chosen = ENTRIES[name], []
    for dtype in (torch.float32, torch.int64, torch.bool, torch.float64):
        if dtype not in op.supported_dtypes("cpu"):
            continue
        try:
            listed = list(op.sample_inputs("cpu", dtype, requires_grad=False))
        except Exception:  # what PyTorch's own sampling needs is not installed
            continue
        for sample in listed:
            try:
                one = Sample(op, sample)
                theirs, *_ = one.run(one.outs())
            except Exception:
                continue
            if not isinstance(theirs[0], Exception):
                chosen.append(one)
            if len(chosen) == count:
                return chosen
    assert chosen
    return chosen


def agree(name: str, case: str, sample: Sample, outs: list[Any]) -> None:
    (theirs, their_words), (here, words), wanted, mine = sample.run(outs)
    if isinstance(theirs, Exception):
        if name in WIDER:
            return
        assert isinstance(here, Exception), f"{case}: not refused: {theirs}"
        assert isinstance(here, type(theirs)), f"{case}: {here!r} instead of {theirs!r}"
        return
    assert not isinstance(here, Exception), f"{case}: {here!r}"
    returned = list(here) if sample.several else [here]
    assert all(a is b for a, b in zip(returned, mine, strict=True))
    if name not in SILENT:
        assert bool(words) == bool(case == "another shape" and their_words)
    for k, (a, b, result) in enumerate(zip(mine, wanted, sample.results, strict=True)):
        values = not op_db.RANDOM.fullmatch(sample.op.name) and sample.op.name not in LOOSE
        coarse, fine = (op_db.TOLERANCE.get(op_db.name_of(t.dtype), 1e-8) for t in (result, b))
        op_db.same(a, b, f"{case}: result {k}", values, max(coarse / fine, 1.0))


@pytest.mark.parametrize("name", ENTRIES)
def test_results_are_written(name: str) -> None:
    with op_db._seeded(), tg.use_backend("numpy"):
        for sample in samples(name):
            agree(name, "the right shape", sample, sample.outs())
            agree(name, "empty", sample, sample.outs(sizes=(0,)))
            agree(name, "another shape", sample, sample.outs(sizes=(2, 1, 3)))


@pytest.mark.parametrize("name", ENTRIES)
def test_dtypes_are_those_that_pytorch_takes(name: str) -> None:
    with op_db._seeded(), tg.use_backend("numpy"):
        for sample in samples(name)[:1]:
            for k, result in enumerate(sample.results):
                for dtype in DTYPES:
                    if dtype is not result.dtype:
                        agree(name, f"{dtype}", sample, sample.outs(dtypes={k: dtype}))


@pytest.mark.parametrize("name", ENTRIES)
def test_gradients_are_not_lost(name: str) -> None:
    op = ENTRIES[name]
    if not op.supports_autograd or torch.float64 not in op.supported_backward_dtypes("cpu"):
        pytest.skip("not differentiable")
    with op_db._seeded(), tg.use_backend("numpy"):
        for raw in list(op.sample_inputs("cpu", torch.float64, requires_grad=True))[:3]:
            try:
                sample = Sample(op, raw)
            except Exception:
                continue
            pair = op_db.Pair(op, function_of(op), raw, True)
            sample.args, sample.kwargs = pair.torch_args
            sample.ours = pair.args
            (theirs, _), (here, _), _, mine = sample.run(sample.outs())
            args, kwargs = sample.ours
            results = op_db.leaves(sample.mine(*args, **kwargs))
            differentiable = any(r.requires_grad for r in results)
            if "don't support automatic differentiation" in str(theirs) and differentiable:
                assert isinstance(here, RuntimeError)
                assert "don't support automatic differentiation" in str(here)
                assert not any(o._version for o in mine)


def declared() -> set[str]:
    """Return the functions that PyTorch says take `out`: in its stubs, and in its docstrings."""
    stubs = Path(torch.__file__).with_name("_C") / "_VariableFunctions.pyi"
    names = {
        node.name
        for node in ast.walk(ast.parse(stubs.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and "out" in {a.arg for a in node.args.kwonlyargs}
    }
    for chapter in ("linalg", "fft", "special"):
        module = getattr(torch, chapter)
        for name in dir(module):
            if re.search(r"out=None|out \(", getattr(module, name).__doc__ or ""):
                names.add(f"{chapter}.{name}")
    return {name for name in names if not re.search(r"(^|\.)_", name)}


def test_all_that_pytorch_declares_take_it() -> None:
    names = {name: found(name) for name in declared()}
    here = {name: function for name, function in names.items() if function is not None}
    assert len(here) > 350
    without = [n for n, f in here.items() if "out" not in inspect.signature(f).parameters]
    assert without == []
