"""Fourier transforms on CUDA."""

from __future__ import annotations

from typing import Any

import array_api_compat.cupy as compat

from tensorflowlite_grad.backend import transforms

__all__ = ["fft_c2r"]


def fft_c2r(x: Any, axes: tuple[int, ...], norm: str, size: int) -> Any:
    """Return real numbers of half a spectrum, with `size` of them along the last of the axes.

    Imaginary parts of the spectrum's ends have no part in it. cuFFT leaves open what it makes
    of them, so they are set to zero.
    """
    if len(axes) > 1 and 0 not in x.shape:
        x = transforms.fft_c2c(compat, x, axes[:-1], norm, True)
    else:
        x = x.copy()
    lead = (slice(None),) * axes[-1]
    ends = (0, size // 2) if size % 2 == 0 else (0,)
    for k in ends:
        x.imag[(*lead, k)] = 0
    return transforms.fft_c2r(compat, x, axes[-1:], norm, size)
