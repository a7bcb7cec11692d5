"""Every case on NumPy's arrays as users bring them: read-only, in any layout, without elements."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad.autograd import forward_ad as fwd
from tensorflowlite_grad.backend import registry
from tensorflowlite_grad.checking import Case, all_cases
from tensorflowlite_grad.checking.derivatives import Trial
from tensorflowlite_grad.checking.samples import numpy_namespace

CASES: dict[str, list[Case]] = {}
for _case in all_cases():
    CASES.setdefault(_case.name, []).append(_case)
#: What means places in memory by its arguments.
OF_MEMORY = frozenset(name for name in CASES if name.startswith("as_strided"))
#: What has no result for rows that depend on each other.
INDEPENDENT = frozenset({"linalg.solve", "linalg.tensorsolve"})
COMPOSITES = [
    name
    for name, cases in CASES.items()
    if cases[0].run is not None and name not in OF_MEMORY | INDEPENDENT
]
#: What is told the number of rows by its options, and what refuses none as PyTorch does.
WITH_ROWS = frozenset(
    [
        "unsqueeze",
        "squeeze",
        "squeeze_dim",
        "strided_put",
        "geqrf",
        "quantile()",
        "nanquantile()",
        "cov()",
        "diff",
    ]
)


@pytest.fixture(autouse=True)
def numpy_backend() -> Any:
    with tg.use_backend("numpy"), np.errstate(all="ignore"):
        yield


def trial(case: Case) -> Trial:
    return Trial(case, registry.place(registry.get("numpy"), "cpu", 0))


def values(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.detach()._array)


def directions(t: Trial) -> list[np.ndarray]:
    """Return tangents of the operands, and at last the cotangent of the result."""
    steps = [t.direction(h, k + 1) if k in t.inputs else h for k, h in enumerate(t.hosts)]
    return [np.asarray(a) for a in (*steps, t.direction(t.result(t.hosts), 0))]


def everything(t: Trial, arrays: list[np.ndarray], along: list[np.ndarray]) -> list[np.ndarray]:
    """Return the value, first and second derivatives, and the tangent."""
    tensors = [tg.from_numpy(a) for a in arrays]
    inputs = [tensors[k].requires_grad_() for k in t.inputs]
    out = t.case.apply(tensors)
    found = [values(out)]
    if not out.requires_grad:
        return found
    slopes = tg.autograd.grad(out, inputs, tg.from_numpy(along[-1]), create_graph=True)
    found += map(values, slopes)
    total = tg.stack([(g * g.conj()).real.sum() for g in slopes]).sum()
    if total.requires_grad:
        found += map(values, tg.autograd.grad(total, inputs, materialize_grads=True))
    with fwd.dual_level():
        for k in t.inputs:
            tensors[k] = fwd.make_dual(tensors[k].detach(), tg.from_numpy(along[k]))
        tangent = fwd.unpack_dual(t.case.apply(tensors)).tangent
        if tangent is not None:
            found.append(values(tangent))
    return found


def reversed_in_memory(array: np.ndarray) -> np.ndarray:
    """Return the same elements, lying backwards along all axes."""
    backwards = (..., *(slice(None, None, -1),) * array.ndim)
    return array[backwards].copy()[backwards]


def fortran(array: np.ndarray) -> np.ndarray:
    """Return the same elements, the axes lying in memory in reverse order."""
    return array.copy("F") if array.ndim else array.copy()


def assert_close(found: list[np.ndarray], wanted: list[np.ndarray], label: str) -> None:
    assert len(found) == len(wanted)
    for got, want in zip(found, wanted, strict=True):
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9, err_msg=label)


@pytest.mark.parametrize("name", CASES)
def test_operands_are_never_written_and_may_lie_as_they_like(name: str) -> None:
    """Neither they nor cotangents and tangents, in the first, second and forward pass."""
    for case in CASES[name]:
        t = trial(case)
        given = [*t.hosts, *directions(t)]
        count = len(t.hosts)
        wanted = None
        layouts = (np.copy,) if name in OF_MEMORY else (np.copy, reversed_in_memory, fortran)
        for layout in layouts:
            arrays = [layout(a) for a in given]
            for a in arrays:
                a.flags.writeable = False
            found = everything(t, arrays[:count], arrays[count:])
            for before, after in zip(given, arrays, strict=True):
                np.testing.assert_array_equal(before, after)
            wanted = wanted or found
            assert_close(found, wanted, f"{case.label} {layout.__name__}")


@pytest.mark.parametrize("name", COMPOSITES)
def test_repeated_rows_may_share_their_memory(name: str) -> None:
    for case in CASES[name]:
        t = trial(case)
        arrays = [
            np.broadcast_to(h[:1], h.shape) if k in t.inputs and h.ndim > 1 and h.size else h
            for k, h in enumerate(t.hosts)
        ]
        copies = [a.copy() for a in arrays]
        along = directions(t)
        along[-1] = t.direction(t.result(copies), 0)
        assert_close(everything(t, arrays, along), everything(t, copies, along), case.label)


@pytest.mark.parametrize("name", [name for name in CASES if name not in WITH_ROWS])
def test_no_examples_in_a_batch(name: str) -> None:
    """Where NumPy makes nothing of operands without rows, so do we, and of their gradients."""
    for case in CASES[name]:
        t = trial(case)
        rows = t.hosts[0].shape[0] if t.hosts[0].ndim > 1 else None
        arrays = [h[:0] if h.ndim and h.shape[0] == rows else h for h in t.hosts]
        try:
            want = np.asarray(case.reference(numpy_namespace(), *arrays, *case.arguments(t.place)))
        except Exception:  # the options of this case want rows
            continue
        if want.size or rows is None:
            continue
        tensors = [tg.from_numpy(a.copy()) for a in arrays]
        inputs = [tensors[k].requires_grad_() for k in t.inputs]
        out = case.apply(tensors)
        assert values(out).shape == want.shape, case.label
        assert values(out).dtype == want.dtype, case.label
        if out.requires_grad:
            found = tg.autograd.grad(out, inputs, tg.ones_like(out), create_graph=True)
            for g, x in zip(found, inputs, strict=True):
                assert (g.shape, g.dtype) == (x.shape, x.dtype), case.label
                assert not values(g).any()
