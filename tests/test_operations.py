"""Every registered operation: values, gradients of every order, dtypes, shapes and memory."""

from __future__ import annotations

import builtins
import contextlib
import math
import re
import warnings
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad import array_api
from tensorflowlite_grad.autograd import carrier
from tensorflowlite_grad.backend import selection
from tensorflowlite_grad.checking import Case, all_cases, problems
from tensorflowlite_grad.checking.derivatives import Trial
from tensorflowlite_grad.ops import declare, registry

CASES = {case.id: case for case in all_cases()}
#: The cases of each operation, under its name: those of all, those with a gradient, and
#: those of single operations that have one.
BY_NAME = {case.name: [c for c in CASES.values() if c.name == case.name] for case in CASES.values()}
DIFFERENTIABLE = {
    name: found
    for name, cases in BY_NAME.items()
    if (found := [c for c in cases if c.differentiable()])
}
SINGLE = {name: cases for name, cases in DIFFERENTIABLE.items() if cases[0].run is None}


def trial(case: Case) -> Trial:
    return Trial(case, selection.default_place())


def values(tensor: Any) -> np.ndarray:
    """Return a tensor's elements on the host, from any device."""
    return np.asarray(tensor._place.backend.to_numpy(tensor._array))


def test_every_operation_has_a_case() -> None:
    assert set(registry) <= {case.name for case in CASES.values()}


def test_cases_of_differentiable_operations_try_every_operand_that_has_a_rule() -> None:
    tried: dict[str, set[str]] = {}
    for case in CASES.values():
        op = case.operation
        if op is not None:
            tried.setdefault(op.name, set()).update(op.operands[k] for k in case.differentiable())
    ruled = {
        name: {p for p, rule in op.rules.items() if declare.is_implemented(rule)}
        for name, op in registry.items()
    }
    assert {name for name, operands in ruled.items() if not operands <= tried[name]} == set()


@pytest.mark.guarantee("K09")
@pytest.mark.parametrize("name", BY_NAME)
def test_operation(backend: str, name: str) -> None:
    """Values, gradients, forward mode, second derivatives and single precision are right."""
    found = [p for case in BY_NAME[name] for p in problems(case, selection.default_place())]
    assert [(p.case.label, p.what, p.detail) for p in found] == []


@contextlib.contextmanager
def declared(**fields: Any) -> Iterator[Case]:
    """Declare an operation for the time of a test, and give a case of it."""
    op = declare.elementwise("on_trial", lambda xp, input: xp.sin(input), **fields)
    sample = CASES["sin-0"].operands
    case = Case("on_trial", 0, sample, (), lambda np, x: np.sin(x))
    try:
        yield case
    finally:
        del registry[op.name]


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "sign": ("gradient", {"input": lambda xp, g, input: g * -xp.cos(input)}),
    "slightly off": ("gradient", {"input": lambda xp, g, input: g * (xp.cos(input) + 1e-5)}),
    "off in the ninth digit": (
        "gradient",
        {"input": lambda xp, g, input: g * (xp.cos(input) * (1 + 3e-9))},
    ),
    "dtype": (
        "single precision",
        {"input": lambda xp, g, input: xp.astype(g * xp.cos(input), xp.float64)},
    ),
    "shape": ("gradient", {"input": lambda xp, g, input: xp.sum(g * xp.cos(input), axis=0)}),
    "forward mode": (
        "forward mode",
        {
            "input": lambda xp, g, input: g * xp.cos(input),
            "jvp": lambda xp, input_dot, input: input_dot * xp.sin(input),
        },
    ),
    "history is lost": (
        "second derivative",
        {
            "input": lambda xp, g, input: (
                g * (xp.cos(input.detach()) if hasattr(input, "detach") else xp.cos(input))
            )
        },
    ),
    "a name that tensors lack": (
        "second derivative",
        {"input": lambda xp, g, input: g * getattr(xp, "nextafter", xp.cos)(input, input)},
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_checks_find_a_wrong_rule(backend: str, name: str) -> None:
    what, fields = WRONG[name]
    with declared(**fields) as case:
        found = problems(case, selection.default_place(), [what])
    assert [p.what for p in found] == [what]


def test_the_checks_find_a_wrong_value_and_pass_what_is_right(backend: str) -> None:
    with declared(input=lambda xp, g, input: g * xp.cos(input)) as case:
        assert problems(case, selection.default_place()) == []
        wrong = Case("on_trial", 0, case.operands, (), lambda np, x: np.sin(x) + 1e-9)
        assert [p.what for p in problems(wrong, selection.default_place())] == ["value"]


@pytest.mark.parametrize("create_graph", [False, True], ids=["first", "create_graph"])
def test_the_first_use_of_a_rule_is_right_for_complex_numbers(
    backend: str, create_graph: bool
) -> None:
    """Rules are written when they are first needed, which may be for a complex result."""
    with declared(input=lambda xp, g, input: g * xp.cos(input)) as case:
        x = tg.tensor([1 + 2j], dtype=tg.complex128, requires_grad=True)
        g = tg.ones_like(x)
        (got,) = tg.autograd.grad(case.apply([x]), x, g, create_graph=create_graph)
    np.testing.assert_allclose(values(got), np.conj(np.cos(1 + 2j)), rtol=1e-12)


class Recording:
    """The namespace of tensors, and the names that were asked of it."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.names.add(name)
        return getattr(array_api, name)


@pytest.fixture
def recording() -> Iterator[Recording]:
    space = Recording()
    carrier.bind(tg.Tensor, space)
    try:
        yield space
    finally:
        carrier.bind(tg.Tensor, array_api)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_rules_stay_within_the_vocabulary_of_the_standard(name: str, recording: Recording) -> None:
    """Every name that a rule asks of tensors is public, and one that backends have too."""
    for case in DIFFERENTIABLE[name]:
        t = trial(case)
        tensors = t.tensors(t.hosts, leaves=True)
        out = case.apply(tensors)
        g = t.place.wrap(t.native(t.direction(values(out), 0)), t.place)
        inputs = [tensors[k] for k in t.inputs]
        found = tg.autograd.grad(out, inputs, g, create_graph=True)
        assert len(found) == len(inputs)
    assert recording.names <= set(array_api.__all__)
    assert all(hasattr(t.place.xp, used) for used in recording.names)


def test_every_name_of_the_vocabulary_is_there(backend: str) -> None:
    xp = selection.default_place().xp
    functions = [n for n in array_api.__all__ if isinstance(getattr(array_api, n), FunctionType)]
    assert len(functions) > 150
    about_itself = {"__array_namespace_info__"}
    assert [n for n in functions if n not in about_itself and not hasattr(xp, n)] == []


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_have_their_operands_shape_and_dtype(backend: str, name: str) -> None:
    """Of both precisions, in first order and under create_graph."""
    single = {"float64": "float32", "complex128": "complex64"}
    for case in DIFFERENTIABLE[name]:
        t = trial(case)
        halved = [h.astype(single.get(str(h.dtype), h.dtype)) for h in t.hosts]
        for hosts in (t.hosts, halved) if case.single else (t.hosts,):
            for create_graph in (False, True):
                tensors = t.tensors(hosts, leaves=True)
                inputs = [tensors[k] for k in t.inputs]
                out = case.apply(tensors)
                weight = tg.ones_like(out)
                found = tg.autograd.grad(out, inputs, weight, create_graph=create_graph)
                for x, g in zip(inputs, found, strict=True):
                    assert (g.shape, g.dtype, g.device) == (x.shape, x.dtype, x.device)


def transposed(x: Any) -> Any:
    """Return the same elements, the axes lying in memory in reverse order."""
    order = tuple(reversed(range(x.ndim)))
    return x.permute(order).clone().permute(order) if x.ndim else x


def stepped(x: Any) -> Any:
    """Return the same elements as every second one of a longer array."""
    if not x.ndim:
        return x
    wide = tg.stack([x, x], -1).reshape(*x.shape[:-1], 2 * x.shape[-1]).clone()
    return wide[..., ::2]


@pytest.mark.parametrize("layout", [transposed, stepped])
@pytest.mark.parametrize("name", SINGLE)
def test_operands_in_any_layout(backend: str, name: str, layout: Any) -> None:
    """Operands and cotangents that are not contiguous give what their copies give."""
    for case in SINGLE[name]:
        t = trial(case)
        want = t.result(t.hosts)
        weight = t.direction(want, 0)
        gradients = t.gradients(t.hosts, weight)
        tensors = [layout(x) for x in t.tensors(t.hosts)]
        for k in t.inputs:
            tensors[k].requires_grad_()
        out = case.apply(tensors)
        np.testing.assert_allclose(values(out), want, rtol=1e-12, atol=1e-12)
        g = layout(t.place.wrap(t.native(weight), t.place))
        found = tg.autograd.grad(out, [tensors[k] for k in t.inputs], g)
        for got, wanted in zip(found, gradients, strict=True):
            np.testing.assert_allclose(values(got), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", SINGLE)
def test_expanded_operands_and_cotangents(backend: str, name: str) -> None:
    """An operand repeated by strides of zero counts each time that it is read."""
    for case in SINGLE[name]:
        t = trial(case)
        repeated = [k for k in t.inputs if t.hosts[k].ndim and t.hosts[k].size]
        if t.hosts[0].ndim == 1 and len(repeated) == 1:
            continue  # one number over and over is a kink of some, such as std
        parts = [h[:1] if k in repeated else h for k, h in enumerate(t.hosts)]
        hosts = [
            np.repeat(h, len(t.hosts[k]), 0) if k in repeated else h for k, h in enumerate(parts)
        ]
        want = t.result(hosts)
        gradients = t.gradients(hosts, np.ones_like(want))
        leaves = t.tensors(parts, leaves=True)
        tensors = [x.expand(hosts[k].shape) if k in repeated else x for k, x in enumerate(leaves)]
        out = case.apply(tensors)
        np.testing.assert_allclose(values(out), want, rtol=1e-12, atol=1e-12)
        g = tg.ones((1,) * out.ndim, dtype=out.dtype).expand(tuple(out.shape))
        found = tg.autograd.grad(out, [leaves[k] for k in t.inputs], g)
        for k, got, wanted in zip(t.inputs, found, gradients, strict=True):
            total = wanted.sum(0, keepdims=True) if k in repeated else wanted
            np.testing.assert_allclose(values(got), total, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_arrays_given_by_the_user_are_never_written(name: str) -> None:
    """Read-only NumPy arrays go in, as operands and as the cotangent; gradients add up."""
    for case in DIFFERENTIABLE[name]:
        with tg.use_backend("numpy"):
            t = trial(case)
            hosts = [h.copy() for h in t.hosts]
            tensors = [tg.from_numpy(h) for h in hosts]
            weight = t.direction(t.result(t.hosts), 0)
            for h in (*hosts, weight):
                h.flags.writeable = False
            for k in t.inputs:
                tensors[k].requires_grad_()
            for _ in range(2):  # the second time into gradients that are there already
                case.apply(tensors).backward(tg.from_numpy(weight))
            inputs = [tensors[k] for k in t.inputs]
            out = case.apply(tensors)
            tg.autograd.grad(out, inputs, tg.from_numpy(weight), create_graph=True)
        for before, after in zip(t.hosts, hosts, strict=True):
            np.testing.assert_array_equal(before, after)
        np.testing.assert_array_equal(weight, t.direction(values(out), 0))
        for k, g in zip(t.inputs, t.gradients(t.hosts, weight), strict=True):
            np.testing.assert_allclose(values(tensors[k].grad), 2 * g, rtol=1e-12)


ELEMENTWISE = [name for name, cases in SINGLE.items() if cases[0].operation.elementwise]


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,)])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_operations_take_any_shape(
    backend: str, name: str, shape: tuple[int, ...]
) -> None:
    case = SINGLE[name][0]
    t = trial(case)
    hosts = [np.resize(h.reshape(-1), math.prod(shape)).reshape(shape) for h in t.hosts]
    tensors = t.tensors(hosts, leaves=True)
    out = case.apply(tensors)
    assert tuple(out.shape) == shape
    found = tg.autograd.grad(out, [tensors[k] for k in t.inputs], tg.ones_like(out))
    assert all(tuple(g.shape) == shape for g in found)


ENTRIES = {
    name: cases[0]
    for name, cases in BY_NAME.items()
    if cases[0].run is None
    and cases[0].operation.has_entry
    and all(s.dtype == "float64" for s in cases[0].operands)
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("name", ENTRIES)
def test_the_entry_and_the_record_agree(backend: str, name: str, dtype: str) -> None:
    """What users call promotes first; then it does what the recorder does."""
    case = ENTRIES[name]
    t = trial(case)
    options = case.options
    hosts = [h.astype(dtype) for h in t.hosts]
    if dtype == "int64":
        hosts = [np.ones_like(h) for h in hosts]
        options = tuple(int(o) if isinstance(o, float) else o for o in options)
    op = case.operation
    tensors = t.tensors(hosts)
    if dtype == "int64" and op.result.startswith("floating"):
        with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
            op.call(*tensors, *options)
        return
    out = op.call(*tensors, *options)
    wanted = tensors[0].dtype
    if op.result in ("float", "realfloat") and dtype == "int64":
        wanted = tg.float32
    again = op.record(*(x.to(wanted) for x in tensors), *options)
    assert out.dtype is again.dtype
    np.testing.assert_array_equal(values(out), values(again))


T, F = True, False
BOOLS: dict[str, tuple[Any, list[Any]]] = {
    "add": (lambda a, b: a + b, [T, T, T, F]),
    "mul": (lambda a, b: a * b, [T, F, F, F]),
    "maximum": (tg.maximum, [T, T, T, F]),
    "minimum": (tg.minimum, [T, F, F, F]),
    "lt": (lambda a, b: a < b, [F, F, T, F]),
    "ge": (lambda a, b: a >= b, [T, T, F, T]),
    "sign": (lambda a, b: tg.sign(a), [T, T, F, F]),
    "square": (lambda a, b: tg.square(a), [1, 1, 0, 0]),
    "isclose": (tg.isclose, [T, F, F, T]),
    "plus a number": (lambda a, b: a + 2, [3, 3, 2, 2]),
    "to a power": (lambda a, b: a**2, [1, 1, 0, 0]),
    "quotient": (lambda a, b: a / 2, [0.5, 0.5, 0.0, 0.0]),
    "sum": (lambda a, b: a.sum(0, keepdim=True), [2]),
    "amax": (lambda a, b: a.amax(0, keepdim=True), [T]),
}


@pytest.mark.parametrize("name", BOOLS)
def test_arithmetic_of_bools(backend: str, name: str) -> None:
    """Also where the array library itself has none."""
    function, want = BOOLS[name]
    out = function(tg.tensor([T, T, F, F]), tg.tensor([T, F, T, F]))
    assert out.tolist() == want
    kind = {bool: tg.bool, int: tg.int64, float: tg.float32}[type(want[0])]
    assert out.dtype is kind


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda a: a - a, "Subtraction, the `-` operator, with two bool tensors"),
        (lambda a: -a, "Negation, the `-` operator, on a bool tensor"),
        (tg.floor, "\"floor\" not implemented for 'Bool'"),
        (lambda a: a // a, "\"floor_divide\" not implemented for 'Bool'"),
        (lambda a: a**a, "\"pow\" not implemented for 'Bool'"),
        (tg.abs, "\"abs\" not implemented for 'Bool'"),
    ],
)
def test_what_bools_do_not_have(backend: str, function: Any, message: str) -> None:
    with pytest.raises(RuntimeError, match=re.escape(message)):
        function(tg.tensor([True, False]))


@pytest.mark.parametrize(
    "function", [tg.maximum, tg.floor_divide, lambda x, y: x < y, lambda x, y: tg.max(x), tg.fmod]
)
def test_complex_numbers_have_no_order(backend: str, function: Any) -> None:
    z = tg.tensor([1j, 2 + 0j])
    with pytest.raises(RuntimeError, match="order"):
        function(z, z)


def test_a_warning_of_numpy_s_comes_out_of_an_operation() -> None:
    """C code imports what it needs for a warning by the globals of the function it warns in."""
    x, zero = tg.tensor([1.0]), tg.tensor(0.0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert (x / zero).tolist() == [math.inf]
        assert tg.log(zero).item() == -math.inf
    assert [str(w.message).split(" in ")[-1] for w in told] == ["divide", "log"]


@pytest.mark.parametrize("name", registry)
def test_written_functions_have_the_builtins_among_their_globals(name: str) -> None:
    op = registry[name]
    for function in (op.call, op.record):
        if type(function) is FunctionType:
            assert function.__globals__["__builtins__"] in (builtins, vars(builtins))
