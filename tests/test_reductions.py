"""Reductions at their edges: ties, NaN, infinities, nothing at all, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg

INF, NAN = math.inf, math.nan


def gradient(function: Any, *numbers: Any) -> list[Any]:
    x = tg.tensor(numbers, dtype=tg.float64, requires_grad=True)
    out = function(x)
    (out if out.ndim == 0 else out.sum()).backward()
    return [pytest.approx(g, nan_ok=True) for g in x.grad.tolist()]


@pytest.mark.parametrize(
    ("function", "numbers", "expected"),
    [
        (tg.median, (2.0, 1.0, 2.0, 3.0, 2.0), [1 / 3, 0, 1 / 3, 0, 1 / 3]),
        (tg.median, (NAN, NAN, NAN), [1 / 3, 1 / 3, 1 / 3]),
        (tg.nanmedian, (NAN, 2.0, 2.0), [0, 0.5, 0.5]),
        (lambda x: tg.aminmax(x).max, (1.0, 1.0, 0.0), [0.5, 0.5, 0]),
        (lambda x: tg.cummax(x, 0).values, (1.0, 1.0, 0.0), [1, 2, 0]),
        (lambda x: tg.sort(x).values[0], (2.0, 1.0, 1.0), [0, 1, 0]),
        (lambda x: tg.cumprod(x, 0), (2.0, 0.0, 3.0), [1, 8, 0]),
        (lambda x: tg.logsumexp(x, 0), (-INF, -INF), [0, 0]),
        (lambda x: tg.logcumsumexp(x, 0), (-INF, -INF), [0, 0]),
        (lambda x: tg.logcumsumexp(x, 0)[-1], (-INF, 0.0, 0.0), [0, 0.5, 0.5]),
        (tg.nansum, (1.0, NAN), [1, 0]),
        (tg.nanmean, (1.0, NAN, 3.0), [0.5, 0, 0.5]),
        (lambda x: tg.std_mean(x)[0], (2.0, 2.0), [0, 0]),
        (lambda x: tg.dist(x, x.detach(), 2), (1.0, 2.0), [0, 0]),
        (lambda x: tg.renorm(x.reshape(1, 2), 2, 0, 1.0), (0.0, 0.0), [1, 1]),
        (lambda x: tg.quantile(x, 0.5), (1.0, 4.0), [0.5, 0.5]),
        (lambda x: tg.prod(x, 0), (), []),
        (lambda x: tg.diff(x), (5.0,), [0]),
    ],
)
def test_gradient_where_functions_are_not_smooth(
    backend: str, function: Any, numbers: Any, expected: Any
) -> None:
    assert gradient(function, *numbers) == expected


def test_a_cumulative_product_of_many_elements_has_few_steps_back(backend: str) -> None:
    x = tg.ones(3000, dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(tg.cumprod(x, 0).sum(), x, create_graph=True)
    assert g[0].item() == 3000
    assert g[-1].item() == 1


def test_nan_is_greater_than_all_numbers(backend: str) -> None:
    x = tg.tensor([1.0, NAN, INF])
    assert tg.sort(x).indices.tolist() == [0, 2, 1]
    assert tg.sort(x, descending=True).indices.tolist() == [1, 2, 0]
    assert tg.topk(x, 1).indices.tolist() == [1]
    assert tg.topk(x, 2, largest=False).indices.tolist() == [0, 2]
    assert tg.kthvalue(x, 2).indices.item() == 2
    assert tg.median(x, 0).indices.item() == 1
    assert tg.nanmedian(x).item() == 1
    assert math.isnan(tg.quantile(x, 0.1).item())
    assert tg.cummax(x, 0).indices.tolist() == [0, 1, 1]


def test_equal_elements_keep_their_order(backend: str) -> None:
    x = tg.tensor([1, 0, 1, 0])
    assert tg.argsort(x).tolist() == [1, 3, 0, 2]
    assert tg.argsort(x, descending=True).tolist() == [0, 2, 1, 3]
    assert tg.sort(tg.tensor([True, False, True])).indices.tolist() == [1, 0, 2]
    assert tg.cummin(x, 0).indices.tolist() == [0, 1, 1, 3]


def test_small_integers_are_compared_without_overflow(backend: str) -> None:
    x = tg.tensor([-128, 127, -1], dtype=tg.int8)
    assert tg.sort(x, descending=True).values.tolist() == [127, -1, -128]
    assert tg.cummin(x, 0).values.tolist() == [-128, -128, -128]
    assert tg.sum(tg.tensor([200, 100]), dtype=tg.uint8).item() == 44
    assert tg.cumsum(tg.tensor([100, 100]), 0, dtype=tg.int8).tolist() == [100, -56]


def test_half_precision_is_added_up_in_single_precision(backend: str) -> None:
    if tg.zeros(1)._place.backend.native_dtype("float16") is None:
        pytest.skip("no float16")
    x = tg.full((70000,), 1.0, dtype=tg.float16, requires_grad=True)
    out = tg.mean(x)
    out.backward()
    assert (out.item(), out.dtype, x.grad.dtype) == (1, tg.float16, tg.float16)


def test_parts_of_a_result_have_names() -> None:
    out = tg.sort(tg.tensor([2, 1]))
    assert isinstance(out, tuple)
    assert type(out) is tg.return_types.sort
    assert repr(out) == (
        "tensorflowlite_grad.return_types.sort(\nvalues=tensor([1, 2]),\nindices=tensor([1, 0]))"
    )


def test_of_nothing(backend: str) -> None:
    none = tg.zeros(0, 2)
    assert tg.cummax(none, 0).values.shape == (0, 2)
    assert tg.sort(none, 0).indices.shape == (0, 2)
    assert tg.topk(none, 1).values.shape == (0, 1)
    assert tg.mode(none, 1).values.shape == (0,)
    assert math.isnan(tg.median(tg.zeros(0)).item())
    assert tg.unique(tg.zeros(0), return_counts=True)[1].shape == (0,)
    assert tg.histc(tg.zeros(0), 3).tolist() == [0, 0, 0]
    assert tg.bincount(tg.zeros(0, dtype=tg.int64), minlength=2).tolist() == [0, 0]
    assert tg.isin(tg.ones(2), tg.zeros(0)).tolist() == [False, False]
    assert tg.trapezoid(tg.zeros(0)).item() == 0


def test_a_number_alone(backend: str) -> None:
    x = tg.tensor(3.0, requires_grad=True)
    for function in (tg.sort, tg.mode, lambda x: tg.kthvalue(x, 1), lambda x: tg.median(x, 0)):
        values, indices = function(x)
        assert (values.shape, indices.item()) == ((), 0)
        assert tg.autograd.grad(values, x)[0].item() == 1
    assert tg.cumsum(x, 0).shape == tg.cummax(x, -1).values.shape == ()


UNIQUE = np.array([[1, 2, 1], [0, 5, 0], [1, 2, 1], [0, 4, 9]])


def test_unique_slices(backend: str) -> None:
    values, inverse, counts = tg.unique(
        tg.tensor(UNIQUE), return_inverse=True, return_counts=True, dim=0
    )
    assert values.tolist() == [[0, 4, 9], [0, 5, 0], [1, 2, 1]]
    assert inverse.tolist() == [2, 1, 2, 0]
    assert counts.tolist() == [1, 1, 2]
    assert tg.unique(tg.tensor(UNIQUE), dim=1).tolist() == [
        [1, 1, 2],
        [0, 0, 5],
        [1, 1, 2],
        [0, 9, 4],
    ]


def test_unique_elements(backend: str) -> None:
    values, inverse = tg.unique(tg.tensor([[3, 1], [1, 3]]), return_inverse=True)
    assert (values.tolist(), inverse.tolist()) == ([1, 3], [[1, 0], [0, 1]])
    assert tg.unique(tg.tensor([NAN, 1.0, NAN])).shape == (3,)
    runs = tg.unique_consecutive(tg.tensor([1, 1, 2, 1]), return_counts=True)
    assert [part.tolist() for part in runs] == [[1, 2, 1], [2, 1, 1]]


def test_searching_with_nan(backend: str) -> None:
    rows = tg.tensor([[1.0, 2.0], [0.0, 3.0]])
    wanted = tg.tensor([[NAN, 2.0], [0.0, NAN]])
    assert tg.searchsorted(rows, wanted).tolist() == [[2, 1], [0, 2]]
    assert tg.searchsorted(rows, wanted, side="right").tolist() == [[2, 2], [1, 2]]
    assert tg.searchsorted(rows[0], 1.5, out_int32=True).dtype is tg.int32


def test_histograms(backend: str) -> None:
    x = tg.tensor([0.0, 1.0, 1.0, 3.0, 4.0, NAN, 9.0])
    assert tg.histc(x, 4, 0, 4).tolist() == [1, 2, 0, 2]
    hist, edges = tg.histogram(x[:5], tg.tensor([0.0, 1.0, 4.0]), weight=tg.arange(5.0))
    assert (hist.tolist(), edges.tolist()) == ([0, 10], [0, 1, 4])
    density = tg.histogram(x[:5], 2, density=True).hist
    assert density.tolist() == pytest.approx([0.3, 0.2])
    points = tg.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    assert tg.histogramdd(points, [2, 2]).hist.tolist() == [[1, 0], [1, 1]]


CALLS: Any = [
    (lambda x: tg.kthvalue(x, 9), RuntimeError, "selected number k out of range for dimension"),
    (lambda x: tg.topk(x, 9), RuntimeError, "selected index k out of range"),
    (lambda x: tg.sort(x, 5), IndexError, "Dimension out of range"),
    (lambda x: tg.sort(x * 1j), RuntimeError, "Sort does not support complex dtypes"),
    (lambda x: tg.cummax(x * 1j, 0), NotImplementedError, "cummax_cpu"),
    (lambda x: tg.amax(x * 1j), NotImplementedError, "max_values_cpu"),
    (lambda x: tg.median(x > 0), NotImplementedError, "median_cpu"),
    (lambda x: tg.logcumsumexp(x.long(), 0), NotImplementedError, "not implemented for 'Long'"),
    (lambda x: tg.quantile(x, 1.5), RuntimeError, "must be in the range"),
    (lambda x: tg.quantile(x, x.double()), RuntimeError, "same dtype"),
    (lambda x: tg.quantile(x, 0.5, interpolation="cubic"), RuntimeError, "interpolation must be"),
    (lambda x: tg.cov(x.reshape(1, 1, 3)), RuntimeError, "two or fewer dimensions"),
    (lambda x: tg.cov(x, fweights=x), RuntimeError, "integral dtype"),
    (lambda x: tg.var(x.long()), RuntimeError, "only support floating point and complex"),
    (lambda x: tg.nanmean(x.long()), RuntimeError, "floating point or complex dtype"),
    (lambda x: tg.diff(x, -1), RuntimeError, "order must be non-negative"),
    (lambda x: tg.gradient(x, edge_order=3), RuntimeError, "only supports edge_order=1"),
    (lambda x: tg.trapezoid(x, x[:2]), RuntimeError, "one `x` value for each sample point"),
    (lambda x: tg.renorm(x, 2, 0, 1.0), RuntimeError, "at least 2 dimensions"),
    (lambda x: tg.norm(x[:0], INF), RuntimeError, "does not have an identity"),
    (lambda x: tg.bincount(-x.long()), RuntimeError, "1-d non-negative integral"),
    (lambda x: tg.bincount(x), NotImplementedError, "bincount_cpu"),
    (lambda x: tg.histogram(x, 0), RuntimeError, "bins must be > 0"),
    (lambda x: tg.histogram(x, 2, range=(2, 1)), RuntimeError, "min should not exceed max"),
    (lambda x: tg.histc(x / 0), RuntimeError, "is not finite"),
    (lambda x: tg.searchsorted(x, x, side="top"), RuntimeError, "side can only be"),
    (lambda x: tg.searchsorted(x, x, side="left", right=True), RuntimeError, "opposites"),
    (lambda x: tg.searchsorted(x, x, sorter=x), RuntimeError, "sorter must be"),
    (lambda x: tg.bucketize(x, x.reshape(1, 3)), RuntimeError, "must be 1 dimension"),
    (lambda x: tg.isin(x > 0, x), RuntimeError, "Unsupported input type"),
    (lambda x: tg.isclose(x, x, rtol=-1), RuntimeError, "rtol must be greater"),
    (lambda x: tg.isclose(x, x.double()), RuntimeError, "did not match"),
    (lambda x: tg.aminmax(x[:0]), RuntimeError, "cannot compute aminmax over an empty"),
    (lambda x: tg.mode(x[:0]), IndexError, "Expected reduction dim 0 to have non-zero size"),
    (lambda x: tg.softmax(x), TypeError, "dim"),
]


@pytest.mark.parametrize(("call", "kind", "words"), CALLS)
def test_refused(backend: str, call: Any, kind: Any, words: str) -> None:
    with pytest.raises(kind, match=words):
        call(tg.tensor([0.0, 1.0, 2.0]))
