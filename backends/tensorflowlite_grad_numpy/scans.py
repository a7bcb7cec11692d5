"""Running maxima and log-sum-exps, by NumPy's accumulations."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowlite_grad.backend import scans


def cumulative_max(x: Any, axis: int) -> Any:
    """Return the greatest element so far along an axis; NaN from the first NaN on."""
    return np.maximum.accumulate(x, axis=axis)


def cumulative_logsumexp(x: Any, axis: int) -> Any:
    """Return the logarithm of the running sum of exponentials along an axis."""
    if x.dtype.kind == "c":
        return scans.cumulative_logsumexp(np, x, axis)
    return np.logaddexp.accumulate(x, axis=axis)
