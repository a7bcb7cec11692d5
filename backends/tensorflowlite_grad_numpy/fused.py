"""Multiply and add with one rounding, which NumPy has no function for.

PyTorch's optimisers round once in ``a + alpha * b`` (a fused multiply-add); so does this,
for float64. The product and the sum are computed with their rounding errors, without a
wider type (T. J. Dekker, "A floating-point technique for extending the available
precision", 1971; D. E. Knuth, The Art of Computer Programming, vol. 2, 4.2.2).
"""

from __future__ import annotations

from typing import Any

import numpy as np

_SPLITTER = 2.0**27 + 1
_LARGE = 2.0**995  # beyond it, splitting a number overflows
_BLOCK = 4096  # up to here, twenty passes over the numbers cost little


def multiply_add(a: Any, alpha: float, b: Any) -> Any:
    """Return ``a + alpha * b`` rounded once; of many numbers, within one unit of that.

    Parameters
    ----------
    a, b : array of float64
        Of one shape.
    alpha : float
    """
    alpha = float(alpha)
    if np.size(a) <= _BLOCK:
        return _rounded_once(a, alpha, b)[()]
    product = alpha * b
    out = a + product
    # A sum as large as the product hides the product's rounding: the rest is done anew.
    cancelled = np.abs(out) < np.abs(product)
    if cancelled.any():
        out[cancelled] = _rounded_once(a[cancelled], alpha, b[cancelled])
    return out


def _rounded_once(a: Any, alpha: float, b: Any) -> Any:
    product = alpha * b
    total = a + product
    if not abs(alpha) < _LARGE:
        return total
    high, low = _split(alpha)
    b_high, b_low = _split(b)
    error = high * b_high
    error -= product
    error += high * b_low
    error += low * b_high
    error += low * b_low
    # What the sum lost.
    back = total - a
    product -= back
    back -= total
    back += a
    back += product
    back += error
    exact = total + back
    # Infinities, and numbers too large to split, make the corrections NaN.
    return np.where(exact == exact, exact, total)


def _split(x: Any) -> tuple[Any, Any]:
    """Return two halves of the digits of `x`, whose products are exact."""
    high = _SPLITTER * x
    high = high - (high - x)
    return high, x - high
