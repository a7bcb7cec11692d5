"""Fourier transforms by SciPy where it is installed, else by NumPy.

SciPy's are several times as fast in single precision, and of several rows at once. Either is
imported when first needed.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from tensorflowlite_grad.backend import transforms

__all__ = ["fft_c2c", "fft_c2r", "fft_r2c"]


@cache
def _library() -> Any:
    """Return what the generic forms use of a namespace."""
    try:
        import scipy.fft as fft
    except ImportError:
        return np
    names = ("asarray", "zeros", "zeros_like", "real", "result_type", "complex64")
    return SimpleNamespace(fft=fft, **{name: getattr(np, name) for name in names})


def fft_c2c(x: Any, axes: tuple[int, ...], norm: str, inverse: bool) -> Any:
    """Return the transform of complex numbers, or its inverse."""
    return transforms.fft_c2c(_library(), x, axes, norm, inverse)


def fft_r2c(x: Any, axes: tuple[int, ...], norm: str) -> Any:
    """Return the transform of real numbers: along the last of the axes, half the spectrum."""
    return transforms.fft_r2c(_library(), x, axes, norm)


def fft_c2r(x: Any, axes: tuple[int, ...], norm: str, size: int) -> Any:
    """Return the inverse of `fft_r2c`, with `size` numbers along the last of the axes."""
    return transforms.fft_c2r(_library(), x, axes, norm, size)
