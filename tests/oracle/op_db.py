"""PyTorch's own database of operations, run through both libraries and compared.

`torch.testing._internal.common_methods_invocations.op_db` lists PyTorch's operations with
sample inputs and inputs that must be refused. `compare` feeds the samples of one entry to
PyTorch and to this library and returns what differs. ``op_db_report.py`` prints it.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import numpy as np
import torch
from op_db_translation import Untranslatable, function_of, ours, rebound
from torch.testing._internal.common_methods_invocations import op_db

import tensorflowlite_grad as tg

#: Entries that are outside this library's purpose: why, and the names.
OUTSIDE = {
    "private": r"_.*(?<!__)|.*\._.*|torch\.ops\..*",
    "sparse": r"sparse\..*|to_sparse",
    "compiled from text for CUDA": r"jiterator_.*",
}

#: Entries whose results are drawn or left unset: shapes and dtypes are compared alone.
RANDOM = re.compile(
    r"(rand.*|normal|bernoulli|multinomial|cauchy|exponential|geometric|log_normal|uniform|"
    r"empty.*|new_empty.*|nn\.functional\.(.*dropout.*|rrelu|fractional_max_pool.d)|"
    r"svd_lowrank|pca_lowrank|resize_|resize_as_)"
)

#: Entries whose results have positions: which result, and which argument is the axis.
POSITIONS = {
    "sort": (1, 0),
    "argsort": (0, 0),
    "topk": (1, 1),
    "kthvalue": (1, 1),
    "mode": (1, 0),
}

#: What is compared of a sample.
STEPS = ("values", "first", "second", "forward")

TOLERANCE = {"float16": 4e-3, "float32": 3e-5, "complex64": 3e-5, "float64": 1e-8}


class Unlike(Exception):
    """What differs between the two libraries."""


@dataclass
class Report:
    """What was compared of one entry, and what differed.

    Attributes
    ----------
    name : str
    missing : bool
        Whether this library has no such function.
    done : Counter
        How many samples agreed, by what was compared of them.
    problems : list of (str, str)
        What was compared, and how it differs.
    """

    name: str
    missing: bool = False
    done: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def ok(self, *what: str) -> bool:
        return not self.missing and not any(w in what for w, _ in self.problems)


def title(op: Any) -> str:
    return f"{op.name}-{op.variant_test_name}" if op.variant_test_name else op.name


def outside(name: str) -> str | None:
    """Return why an entry is not ours to have, or None."""
    for why, pattern in OUTSIDE.items():
        if re.fullmatch(pattern, name):
            return why
    return None


def entries() -> dict[str, Any]:
    """Return the entries that are compared, by name and variant."""
    return {
        title(op): op
        for op in op_db
        if outside(op.name) is None and op.variant_test_name != "triton_optimized"
    }


def name_of(dtype: Any) -> str:
    return str(dtype).split(".")[-1]


def host(tensor: Any) -> np.ndarray:
    if isinstance(tensor, torch.Tensor):
        return tensor.detach().resolve_conj().resolve_neg().numpy(force=True)
    return np.asarray(tensor.detach())


def leaves(result: Any) -> list[Any]:
    """Return the parts of a result, flat."""
    if isinstance(result, (list, tuple)):
        return [leaf for part in result for leaf in leaves(part)]
    return [result]


def same(mine: Any, other: Any, what: str, values: bool = True, tolerance: float = 1.0) -> None:
    """Raise `Unlike` unless two results, ours and PyTorch's, are the same."""
    if not isinstance(other, torch.Tensor):
        if isinstance(other, (torch.dtype, torch.device)):
            other = ours(other)
        if isinstance(mine, tg.Tensor) or (values and not _equal_numbers(mine, other)):
            raise Unlike(f"{what}: {mine!r} instead of {other!r}")
        return
    if not isinstance(mine, tg.Tensor):
        raise Unlike(f"{what}: {type(mine).__name__} instead of a tensor")
    if name_of(mine.dtype) != name_of(other.dtype):
        raise Unlike(f"{what}: dtype {mine.dtype} instead of {other.dtype}")
    if tuple(mine.shape) != tuple(other.shape):
        raise Unlike(f"{what}: shape {list(mine.shape)} instead of {list(other.shape)}")
    if not values or not other.numel():
        return
    a, b = host(mine), host(other)
    if a.dtype.kind not in "fc":
        wrong = int((a != b).sum())
        if wrong:
            raise Unlike(f"{what}: {wrong} of {a.size} elements differ: {_first(a, b, a != b)}")
        return
    bound = tolerance * TOLERANCE.get(str(a.dtype), 1e-8)
    with np.errstate(all="ignore"):
        far = ~np.isclose(a, b, rtol=bound, atol=bound, equal_nan=True)
    if far.any():
        raise Unlike(f"{what}: {int(far.sum())} of {a.size} elements differ: {_first(a, b, far)}")


def _equal_numbers(mine: Any, other: Any) -> bool:
    if isinstance(other, (float, complex)):
        return bool(np.isclose(mine, other, rtol=1e-8, equal_nan=True))
    return bool(mine == other)


def _first(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> str:
    position = tuple(int(k[0]) for k in np.nonzero(np.atleast_1d(where)))
    return f"{np.atleast_1d(a)[position]} instead of {np.atleast_1d(b)[position]} at {position}"


class Pair:
    """One sample in both libraries: PyTorch's arguments, and ours."""

    def __init__(self, op: Any, mine: Callable[..., Any], sample: Any, grad: bool) -> None:
        self.op, self.sample = op, sample
        self.grad = grad
        self.torch_inputs: list[torch.Tensor] = []
        self.inputs: list[Any] = []
        self.torch_args = self._fresh((sample.input, *sample.args), sample.kwargs)
        self.args = self._mirror(self.torch_args)
        self.function = mine

    def _fresh(self, args: Any, kwargs: Any) -> Any:
        def visit(value: Any) -> Any:
            if isinstance(value, torch.Tensor):
                differentiable = value.is_floating_point() or value.is_complex()
                requires = self.grad and value.requires_grad and differentiable
                out = value.detach()
                if requires:
                    out.requires_grad_()
                    self.torch_inputs.append(out)
                return out
            if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
                return type(value)(visit(v) for v in value)
            if isinstance(value, dict):
                return {k: visit(v) for k, v in value.items()}
            return value

        return visit(args), visit(kwargs)

    def _mirror(self, given: Any) -> Any:
        def visit(value: Any) -> Any:
            if isinstance(value, torch.Tensor):
                out = ours(value)
                if any(value is t for t in self.torch_inputs):
                    out.requires_grad_()
                    self.inputs.append(out)
                return out
            if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
                return type(value)(visit(v) for v in value)
            if isinstance(value, dict):
                return {k: visit(v) for k, v in value.items()}
            return ours(value)

        return visit(given)

    @property
    def _processed(self) -> bool:
        code = getattr(self.sample.output_process_fn_grad, "__code__", None)
        return code is not None and not (
            code.co_argcount == 1 and code.co_code == (lambda x: x).__code__.co_code
        )

    def run_torch(self) -> Any:
        args, kwargs = self.torch_args
        args = [a.clone() if isinstance(a, torch.Tensor) and self._writes else a for a in args]
        out = self.op.gradcheck_wrapper(self.op.op, *args, **kwargs)
        return self.sample.output_process_fn_grad(out)

    def run(self) -> Any:
        args, kwargs = self.args
        args = [a.clone() if isinstance(a, tg.Tensor) and self._writes else a for a in args]
        wrapper = self.op.gradcheck_wrapper
        if isinstance(wrapper, FunctionType) and "masked" in wrapper.__name__:
            return self._where_meant(self.function(*args, **kwargs))
        if isinstance(wrapper, FunctionType):
            wrapper = rebound(wrapper)
        out = wrapper(self.function, *args, **kwargs)
        process = self.sample.output_process_fn_grad
        return (rebound(process) if isinstance(process, FunctionType) else process)(out)

    def _where_meant(self, out: Any) -> Any:
        """Return a masked operation's result with zeros where it means nothing."""
        (input, *args), kwargs = self.torch_args
        if kwargs.get("mask") is not None:
            kept = torch.masked._output_mask(self.op.op, input, *args, **kwargs)
        elif kwargs.get("input_mask") is not None and kwargs.get("other_mask") is not None:
            both = torch.logical_and(kwargs["input_mask"], kwargs["other_mask"])
            kept = torch.masked._input_mask(input, mask=both)
        else:
            return out
        return tg.where(ours(kept), out, out.new_zeros(()))

    def chosen(self, result: list[Any], of: Any) -> list[Any]:
        """Return results with elements for positions: which of equals is taken is left open."""
        where = POSITIONS.get(self.op.name)
        if where is None:
            return result
        (input, *args), kwargs = self.torch_args if of is torch else self.args
        number, first = where
        dim = kwargs.get("dim", args[first] if len(args) > first else -1)
        index = result[number]
        if input.ndim == 0 or not isinstance(dim, int):
            return result
        if index.ndim < input.ndim:
            index = index.unsqueeze(dim)
        taken = of.gather(input.detach(), dim, index)
        return [*result[:number], taken, *result[number + 1 :]]

    @property
    def _writes(self) -> bool:
        return self.op.name.endswith("_") or self.op.name in ("fill", "zero_", "put")


def compare_sample(op: Any, mine: Any, sample: Any, grad: bool, report: Report) -> None:
    """Compare one sample, and add to the report what agreed and what differed."""
    pair = Pair(op, mine, sample, grad)
    values = not RANDOM.fullmatch(op.name) and not _drops(op, sample)
    try:
        expected = leaves(pair.run_torch())
    except Exception as error:
        raise Untranslatable(f"PyTorch: {error}") from None
    step = "values"
    try:
        result = leaves(pair.run())
        if len(result) != len(expected):
            raise Unlike(f"{len(result)} results instead of {len(expected)}")
        chosen = zip(pair.chosen(result, tg), pair.chosen(expected, torch), strict=True)
        for k, (a, b) in enumerate(chosen):
            same(a, b, f"result {k}", values)
            if grad and isinstance(b, torch.Tensor) and a.requires_grad != b.requires_grad:
                raise Unlike(f"result {k}: requires_grad is {a.requires_grad}")
        report.done["values"] += 1
        tracked = [k for k, b in enumerate(expected) if _tracked(b)]
        if not grad or not tracked or not pair.inputs or not values:
            return
        step = "first"
        outs, theirs = [result[k] for k in tracked], [expected[k] for k in tracked]
        g = [_cotangent(b, k) for k, b in enumerate(theirs)]
        their_g = [torch.from_numpy(a).requires_grad_() for a in g]
        our_g = [tg.tensor(a, requires_grad=True) for a in g]
        second = op.supports_gradgrad
        try:
            want = torch.autograd.grad(
                theirs, pair.torch_inputs, their_g, create_graph=second, allow_unused=True
            )
        except RuntimeError:
            return  # PyTorch has no derivative of this sample
        got = tg.autograd.grad(outs, pair.inputs, our_g, create_graph=second, allow_unused=True)
        for k, (a, b) in enumerate(zip(got, want, strict=True)):
            _same_gradient(a, b, f"gradient {k}", 10)
        report.done["first"] += 1
        if second:
            step = "second"
            _second(pair, got, want, our_g, their_g)
            report.done["second"] += 1
        if op.supports_forward_ad and hasattr(tg.autograd, "forward_ad"):
            step = "forward"
            _forward(op, mine, sample)
            report.done["forward"] += 1
    except Unlike as error:
        report.problems.append((step, f"{error} {_arguments(pair)}"))
    except Exception as error:
        report.problems.append((step, f"{type(error).__name__}: {error} {_arguments(pair)}"))


def _drops(op: Any, sample: Any) -> bool:
    """Return whether a sample of an operation that is else not random drops elements."""
    if op.name == "nn.functional.multi_head_attention_forward":
        return bool(sample.args[9])
    return bool(sample.kwargs.get("dropout_p"))


def _tracked(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad


def _cotangent(like: torch.Tensor, seed: int) -> np.ndarray:
    source = np.random.default_rng(seed + 1)
    out = source.normal(size=tuple(like.shape))
    if like.is_complex():
        out = out + 1j * source.normal(size=tuple(like.shape))
    return np.asarray(out, dtype=str(like.dtype).removeprefix("torch."))


def _same_gradient(mine: Any, other: Any, what: str, tolerance: float) -> None:
    if mine is None or other is None:
        # To say that there is no gradient, or to say zeros, is one.
        some = mine if other is None else other
        if some is not None and host(some).any():
            raise Unlike(f"{what}: {'none' if mine is None else 'one'} where PyTorch differs")
        return
    same(mine, other, what, tolerance=tolerance)


def _second(pair: Pair, got: Any, want: Any, our_g: Any, their_g: Any) -> None:
    both = [
        (a, b)
        for a, b in zip(got, want, strict=True)
        if a is not None and b is not None and b.requires_grad
    ]
    if not both:
        return
    if not all(a.requires_grad for a, _ in both):
        raise Unlike("a gradient does not require grad")
    across = [_cotangent(b, 100 + k) for k, (_, b) in enumerate(both)]
    try:
        expected = torch.autograd.grad(
            [b for _, b in both],
            [*pair.torch_inputs, *their_g],
            [torch.from_numpy(a) for a in across],
            allow_unused=True,
        )
    except RuntimeError:
        return
    result = tg.autograd.grad(
        [a for a, _ in both],
        [*pair.inputs, *our_g],
        [tg.tensor(a) for a in across],
        allow_unused=True,
    )
    for k, (a, b) in enumerate(zip(result, expected, strict=True)):
        _same_gradient(a, b, f"second derivative {k}", 100)


def _forward(op: Any, mine: Any, sample: Any) -> None:
    pair = Pair(op, mine, sample, True)
    tangents = [_cotangent(t, 50 + k) for k, t in enumerate(pair.torch_inputs)]
    with torch.autograd.forward_ad.dual_level():
        expected = _duals(torch, pair.torch_inputs, tangents, pair.torch_args, pair.run_torch, pair)
    with tg.autograd.forward_ad.dual_level():
        result = _duals(tg, pair.inputs, tangents, pair.args, pair.run, pair)
    for k, (a, b) in enumerate(zip(result, expected, strict=True)):
        _same_gradient(a, b, f"tangent {k}", 10 * _coarseness(pair, b))


def _coarseness(pair: Pair, result: Any) -> float:
    """Return how much less precise the least precise input is than a result."""
    if not isinstance(result, torch.Tensor):
        return 1.0
    least = max(TOLERANCE.get(name_of(t.dtype), 1e-8) for t in pair.torch_inputs)
    return max(least / TOLERANCE.get(name_of(result.dtype), 1e-8), 1.0)


def _duals(library: Any, inputs: Any, tangents: Any, given: Any, run: Any, pair: Pair) -> Any:
    module = library.autograd.forward_ad
    make = torch.from_numpy if library is torch else tg.tensor
    duals = [
        (t, module.make_dual(t.detach(), make(g))) for t, g in zip(inputs, tangents, strict=True)
    ]

    def visit(value: Any) -> Any:
        for t, dual in duals:
            if value is t:
                return dual
        if isinstance(value, (list, tuple)):
            return type(value)(visit(v) for v in value)
        if isinstance(value, dict):
            return {k: visit(v) for k, v in value.items()}
        return value

    replaced = visit(given)
    if library is torch:
        pair.torch_args = replaced
    else:
        pair.args = replaced
    out = []
    for part in leaves(run()):
        is_tensor = isinstance(part, library.Tensor)
        out.append(module.unpack_dual(part).tangent if is_tensor else None)
    return out


def _arguments(pair: Pair) -> str:
    def shown(value: Any) -> str:
        if isinstance(value, tg.Tensor):
            return f"{name_of(value.dtype)}{list(value.shape)}"
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(map(shown, value)) + "]"
        return repr(value)

    args, kwargs = pair.args
    parts = [shown(a) for a in args] + [f"{k}={shown(v)}" for k, v in kwargs.items()]
    return f"({', '.join(parts)})"[:300]


def _spaced(samples: list[Any], limit: int | None) -> list[Any]:
    if limit is None or len(samples) <= limit:
        return samples
    return [samples[k * len(samples) // limit] for k in range(limit)]


DTYPES = (torch.float64, torch.complex128, torch.float32, torch.int64, torch.bool)


@contextlib.contextmanager
def _seeded() -> Iterator[None]:
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002 - what PyTorch's samples draw from
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def compare(op: Any, limit: int | None = None, errors: bool = True) -> Report:
    """Return what an entry's samples show: at most `limit` of them for each dtype."""
    report = Report(title(op))
    mine = function_of(op)
    if mine is None:
        report.missing = True
        return report
    with _seeded(), tg.use_backend("numpy"):
        for dtype in DTYPES:
            if dtype not in op.supported_dtypes("cpu"):
                continue
            grad = dtype in (torch.float64, torch.complex128) and op.supports_autograd
            grad = grad and dtype in op.supported_backward_dtypes("cpu")
            try:
                samples = list(op.sample_inputs("cpu", dtype, requires_grad=grad))
            except Exception:
                continue  # what PyTorch's own sampling needs is not installed
            share = limit if grad or limit is None else max(3, limit // 3)
            for sample in _spaced(samples, share):
                with contextlib.suppress(Untranslatable):
                    compare_sample(op, mine, sample, grad, report)
        if errors:
            compare_errors(op, mine, report)
    return report


def compare_errors(op: Any, mine: Any, report: Report) -> None:
    """Run the inputs that PyTorch refuses, and note which of them are not refused here."""
    if op.error_inputs_func is None:
        return
    for wrong in op.error_inputs("cpu"):
        sample = wrong.sample_input
        if isinstance(sample, (list, tuple)) or not hasattr(sample, "args"):
            continue
        try:
            args, kwargs = ours((sample.input, *sample.args)), ours(sample.kwargs)
        except (Untranslatable, TypeError):
            continue
        shown = f"{wrong.error_type.__name__} {wrong.error_regex!r}"
        try:
            mine(*args, **kwargs)
        except wrong.error_type as error:
            report.done["refused"] += 1
            if not re.search(wrong.error_regex, str(error)):
                report.done["refused in other words"] += 1
                report.problems.append(("words", f"{error}: should be {shown}"))
        except Exception as error:
            report.problems.append(
                ("errors", f"{type(error).__name__}: {error}: should be {shown}")
            )
        else:
            report.problems.append(("errors", f"nothing raised: should be {shown}"))
