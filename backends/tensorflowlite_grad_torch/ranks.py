"""Running extremes, and positions by rank, by PyTorch's own functions."""

from __future__ import annotations

from typing import Any

import torch


def cumulative_max(x: Any, axis: int) -> Any:
    """Return the greatest element so far along an axis; NaN from the first NaN on."""
    return torch.cummax(x, axis).values


def top_positions(x: Any, k: int, axis: int, largest: bool) -> Any:
    """Return where the `k` greatest (or least) elements are along an axis, in their order."""
    return torch.topk(x, k, axis, largest).indices


def rank_position(x: Any, rank: int, axis: int) -> Any:
    """Return where the element of a rank is along an axis, which stays, with size 1."""
    return torch.kthvalue(x, rank + 1, axis, True).indices


def float_bits(x: Any) -> Any:
    """Return the bits of float64 numbers, as int64."""
    return x.view(torch.int64)


FUNCTIONS = {
    "cumulative_logsumexp": torch.logcumsumexp,
    "cumulative_max": cumulative_max,
    "float_bits": float_bits,
    "rank_position": rank_position,
    "top_positions": top_positions,
}
