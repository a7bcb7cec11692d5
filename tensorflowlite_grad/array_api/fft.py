"""The standard's extension for Fourier transforms."""

from __future__ import annotations

from typing import Any

from ..functions import fourier, fourier_axes

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]

_Axes = tuple[int, ...] | None


def _where(name: str, s: _Axes, axes: _Axes) -> tuple[_Axes, _Axes]:
    """Return sizes and axes; sizes alone are of the last axes."""
    if s is not None and axes is None:
        axes = tuple(range(-len(s), 0))
    if s is not None and axes is not None and len(s) != len(axes):
        raise ValueError(f"{name}(): 's' has {len(s)} sizes for {len(axes)} axes")
    return s, axes


def fft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """Return the discrete Fourier transform along an axis."""
    return fourier.fft(x, n, axis, norm)


def ifft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """Return the inverse of `fft`."""
    return fourier.ifft(x, n, axis, norm)


def rfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """Return the half of the transform of real numbers that determines the other."""
    return fourier.rfft(x, n, axis, norm)


def irfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """Return the inverse of `rfft`."""
    return fourier.irfft(x, n, axis, norm)


def hfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """Return the real transform of a signal that is symmetric, given by one half."""
    return fourier.hfft(x, n, axis, norm)


def ihfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """Return the inverse of `hfft`."""
    return fourier.ihfft(x, n, axis, norm)


def fftn(x: Any, /, *, s: _Axes = None, axes: _Axes = None, norm: str = "backward") -> Any:
    """Return the discrete Fourier transform over axes."""
    return fourier_axes.fftn(x, *_where("fftn", s, axes), norm)


def ifftn(x: Any, /, *, s: _Axes = None, axes: _Axes = None, norm: str = "backward") -> Any:
    """Return the inverse of `fftn`."""
    return fourier_axes.ifftn(x, *_where("ifftn", s, axes), norm)


def rfftn(x: Any, /, *, s: _Axes = None, axes: _Axes = None, norm: str = "backward") -> Any:
    """Return the half of the transform of real numbers over axes that determines the other."""
    return fourier_axes.rfftn(x, *_where("rfftn", s, axes), norm)


def irfftn(x: Any, /, *, s: _Axes = None, axes: _Axes = None, norm: str = "backward") -> Any:
    """Return the inverse of `rfftn`."""
    return fourier_axes.irfftn(x, *_where("irfftn", s, axes), norm)


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """Return the frequencies of `fft`'s results."""
    return fourier.fftfreq(n, d, dtype=dtype, device=device)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """Return the frequencies of `rfft`'s results."""
    return fourier.rfftfreq(n, d, dtype=dtype, device=device)


def fftshift(x: Any, /, *, axes: int | tuple[int, ...] | None = None) -> Any:
    """Return the results of a transform with the frequency zero in the middle."""
    return fourier.fftshift(x, axes)


def ifftshift(x: Any, /, *, axes: int | tuple[int, ...] | None = None) -> Any:
    """Return the inverse of `fftshift`."""
    return fourier.ifftshift(x, axes)
