"""Cases of Fourier transforms and of what short-time transforms are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..functions import short_time
from .samples import case, real

__all__: list[str] = []

NORMS = ("backward", "ortho", "forward")
#: Lengths without a middle, with one, and so short that half a spectrum has no inside.
BOXES: Any = (real(2, 5), real(3, 4), real(2, 1), real(2, 2))


def _complex(np: Any, x: Any, axes: Any, norm: str, inverse: bool) -> Any:
    return (np.fft.ifftn if inverse else np.fft.fftn)(x, axes=axes, norm=norm)


def _real(np: Any, x: Any, axes: Any, norm: str) -> Any:
    return np.fft.rfftn(x, axes=axes, norm=norm)


def _back(np: Any, x: Any, axes: Any, norm: str, size: int) -> Any:
    return np.fft.irfftn(x, (*(x.shape[k] for k in axes[:-1]), size), axes, norm)


# Of complex numbers alone: `_spectrum` makes a sample of them.
def _spectrum(*shape: int) -> Any:
    return replace(real(*shape), dtype="complex128")


for norm in NORMS:
    for inverse in (False, True):
        for axes in ((1,), (0, 2), (2, 1, 0)):
            case("fft_c2c", _complex, (_spectrum(2, 3, 2),), options=(axes, norm, inverse))
    for box in BOXES:
        for axes in ((1,), (1, 0), (0, 1)):
            case("fft_r2c", _real, (box,), options=(axes, norm))
    for size in (1, 2, 5, 6):
        case("fft_c2r", _back, (_spectrum(3, size // 2 + 1),), options=((1,), norm, size))
        case("fft_c2r", _back, (_spectrum(size // 2 + 1, 2),), options=((1, 0), norm, size))
case("fft_c2c", _complex, (_spectrum(0, 3),), options=((1,), "backward", False))
case("fft_r2c", _real, (real(0, 3),), options=((1,), "backward"))
case("fft_c2r", _back, (_spectrum(0, 2),), options=((1,), "backward", 3))


def _frames(np: Any, x: Any, size: int, step: int) -> Any:
    starts = range(0, x.shape[-1] - size + 1, step)
    return np.stack([x[..., k : k + size] for k in starts], axis=-2)


def _overlap(np: Any, x: Any, length: int, step: int) -> Any:
    out = np.zeros((*x.shape[:-2], length), x.dtype)
    for k in range(x.shape[-2]):
        out[..., k * step : k * step + x.shape[-1]] += x[..., k, :]
    return out


for size, step in ((4, 2), (5, 2), (3, 5), (3, 1), (8, 3)):
    case("frames", _frames, (real(2, 8),), options=(size, step), complex=True)
    count = (8 - size) // step + 1
    case("overlap_add", _overlap, (real(count, size),), options=(8, step), complex=True)


def _short_time(np: Any, x: Any) -> Any:
    x = np.pad(x, ((0, 0), (2, 2)), "reflect")
    window = np.asarray([0.0, 0.5, 1.0, 0.5])
    return np.fft.rfft(_frames(np, x, 4, 3) * window, axis=-1).swapaxes(-1, -2)


def _window(x: Any) -> Any:
    place = x._place
    half = place.xp.asarray([0.0, 0.5, 1.0, 0.5], dtype=x._array.dtype)
    return place.wrap(half, place)


case(
    "stft",
    _short_time,
    (real(2, 9),),
    run=lambda x: short_time.stft(x, 4, 3, window=_window(x), return_complex=True),
)
