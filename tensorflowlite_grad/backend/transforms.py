"""Fourier transforms for the rules, by the standard's extension ``fft``."""

from __future__ import annotations

from typing import Any

__all__ = ["fft_c2c", "fft_c2r", "fft_r2c"]

Array = Any
Axes = tuple[int, ...]


def fft_c2c(xp: Any, x: Array, axes: Axes, norm: str, inverse: bool) -> Array:
    """Return the transform of complex numbers, or its inverse."""
    if not axes:
        return xp.asarray(x, copy=True)
    if 0 in x.shape:  # of which libraries make no plan
        return xp.zeros_like(x)
    if len(axes) == 1:
        return (xp.fft.ifft if inverse else xp.fft.fft)(x, axis=axes[0], norm=norm)
    return (xp.fft.ifftn if inverse else xp.fft.fftn)(x, axes=axes, norm=norm)


def fft_r2c(xp: Any, x: Array, axes: Axes, norm: str) -> Array:
    """Return the transform of real numbers: along the last of the axes, half the spectrum."""
    if 0 in x.shape:
        half = {axes[-1]: x.shape[axes[-1]] // 2 + 1}
        shape = tuple(half.get(k, n) for k, n in enumerate(x.shape))
        return xp.zeros(shape, dtype=xp.result_type(x.dtype, xp.complex64))
    if len(axes) == 1:
        return xp.fft.rfft(x, axis=axes[0], norm=norm)
    return xp.fft.rfftn(x, axes=axes, norm=norm)


def fft_c2r(xp: Any, x: Array, axes: Axes, norm: str, size: int) -> Array:
    """Return the inverse of `fft_r2c`, with `size` numbers along the last of the axes.

    Along the others first: libraries do not agree on what several axes at once make of a
    spectrum that is not that of real numbers.
    """
    if 0 in x.shape:
        shape = tuple(size if k == axes[-1] else n for k, n in enumerate(x.shape))
        return xp.zeros(shape, dtype=xp.real(x).dtype)
    if len(axes) > 1:
        x = fft_c2c(xp, x, axes[:-1], norm, True)
    return xp.fft.irfft(x, n=size, axis=axes[-1], norm=norm)
