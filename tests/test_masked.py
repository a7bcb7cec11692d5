"""Masked reductions: what is masked counts nowhere, whatever it is."""

from __future__ import annotations

import math
from typing import Any

import pytest

import tensorflowlite_grad as tg

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "amax", "median", "norm"])
@pytest.mark.parametrize("hidden", [NAN, INF])
def test_what_is_masked_changes_neither_result_nor_gradient(
    backend: str, name: str, hidden: float
) -> None:
    function: Any = getattr(tg.masked, name)
    found = []
    for number in (0.5, hidden):
        x = tg.tensor([1.0, number, 4.0], requires_grad=True)
        out = function(x, dim=0, mask=tg.tensor([True, False, True]))
        out.backward()
        found.append((out.item(), x.grad.tolist()))
    assert found[0] == found[1]
    assert found[0][1][1] == 0


def test_of_nothing_left(backend: str) -> None:
    x, mask = tg.tensor([1.0, 2.0]), tg.tensor([False, False])
    assert tg.masked.sum(x, mask=mask).item() == 0
    assert tg.masked.prod(x, mask=mask).item() == 1
    assert tg.masked.amax(x, mask=mask).item() == -INF
    assert tg.masked.amin(x.int(), mask=mask).item() == 2**31 - 1
    for name in ("mean", "var", "median"):
        assert math.isnan(getattr(tg.masked, name)(x, mask=mask).item())


def test_masks_broadcast(backend: str) -> None:
    x = tg.ones(2, 3)
    assert tg.masked.sum(x, 1, mask=tg.tensor([[True], [False]])).tolist() == [3, 0]
    assert tg.masked.sum(x, (0, 1), mask=tg.tensor([True, False, True])).item() == 4
    with pytest.raises(IndexError, match="dimensionality higher"):
        tg.masked.sum(x[0], mask=tg.ones(2, 3) > 0)


def test_integers(backend: str) -> None:
    x, mask = tg.tensor([3, 1, 2]), tg.tensor([True, False, True])
    assert tg.masked.median(x, mask=mask).tolist() == 2
    assert tg.masked.cumsum(x.int(), 0, mask=mask).dtype is tg.int32
    with pytest.raises(ValueError, match="Could not infer output dtype"):
        tg.masked.mean(x, mask=mask)
    with pytest.raises(ValueError, match="no fully masked out rows"):
        tg.masked.median(x, mask=tg.zeros(3, dtype=tg.bool))
    with pytest.raises(NotImplementedError, match="neutral"):
        tg.masked.amax(x > 1, mask=mask)


def test_std_of_equal_elements_has_no_gradient(backend: str) -> None:
    x = tg.tensor([2.0, 2.0, 5.0], requires_grad=True)
    tg.masked.std(x, mask=tg.tensor([True, True, False])).backward()
    assert x.grad.tolist() == [0, 0, 0]
