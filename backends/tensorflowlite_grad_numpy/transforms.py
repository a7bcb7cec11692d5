"""Fourier transforms by `numpy.fft`, which is imported when first needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowlite_grad.backend import transforms

__all__ = ["fft_c2c", "fft_c2r", "fft_r2c"]


def fft_c2c(x: Any, axes: tuple[int, ...], norm: str, inverse: bool) -> Any:
    """Return the transform of complex numbers, or its inverse."""
    return transforms.fft_c2c(np, x, axes, norm, inverse)


def fft_r2c(x: Any, axes: tuple[int, ...], norm: str) -> Any:
    """Return the transform of real numbers: along the last of the axes, half the spectrum."""
    return transforms.fft_r2c(np, x, axes, norm)


def fft_c2r(x: Any, axes: tuple[int, ...], norm: str, size: int) -> Any:
    """Return the inverse of `fft_r2c`, with `size` numbers along the last of the axes."""
    return transforms.fft_c2r(np, x, axes, norm, size)
