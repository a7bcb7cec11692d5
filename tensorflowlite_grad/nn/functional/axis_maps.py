"""The maps of interpolation along one axis, made from sizes alone."""

from __future__ import annotations

import math
import struct
from functools import lru_cache
from typing import Any

from ...backend.resampling import AxisMap

__all__ = ["interpolating", "smoothing"]

#: The sharpness of cubic convolution (R. Keys, IEEE Trans. ASSP 29 (1981) 1153), as PyTorch
#: has it without and with smoothing.
_SHARPNESS = -0.75
_SMOOTH_SHARPNESS = -0.5


def step(size: int, out: int, align_corners: bool, factor: float | None) -> float:
    """Return how far apart in the input the elements of the result are."""
    if align_corners:
        return (size - 1) / (out - 1) if out > 1 else 0.0
    return 1.0 / factor if factor is not None and factor > 0 else size / out


def _single(x: float) -> float:
    """Return a number rounded to single precision, in which PyTorch finds neighbours."""
    rounded: float = struct.unpack("f", struct.pack("f", x))[0]
    return rounded


@lru_cache(maxsize=512)
def interpolating(
    mode: str, size: int, out: int, align_corners: bool, factor: float | None
) -> AxisMap:
    """Return the map from `size` elements to `out`.

    Parameters
    ----------
    mode : {'nearest', 'nearest-exact', 'linear', 'cubic'}
    size, out : int
    align_corners : bool
        Whether the first and last elements' centres stay, rather than their outer edges.
    factor : float, optional
        By how much the size was to grow; from the sizes if it is not given.
    """
    if mode.startswith("nearest"):
        scale = _single(step(size, out, False, factor))
        shift = 0.5 if mode == "nearest-exact" else 0.0
        near = (min(int(_single((k + shift) * scale)), size - 1) for k in range(out))
        return AxisMap(size, out, [(tuple(near), None)])
    scale = step(size, out, align_corners, factor)
    centres = [k * scale if align_corners else (k + 0.5) * scale - 0.5 for k in range(out)]
    rows: list[list[tuple[int, float]]] = []
    for x in centres:
        if mode == "linear":
            x = max(x, 0.0)
            i = min(int(x), size - 1)
            t = min(x - i, 1.0)
            rows.append([(i, 1.0 - t), (min(i + 1, size - 1), t)])
        else:
            i = min(math.floor(x), size - 1)
            t = min(max(x - i, 0.0), 1.0)
            weights = (_cubic(d, _SHARPNESS) for d in (t + 1, t, 1 - t, 2 - t))
            rows.append([(min(max(i - 1 + j, 0), size - 1), w) for j, w in enumerate(weights)])
    return _from_rows(size, out, rows)


def _from_rows(size: int, out: int, rows: list[list[tuple[int, float]]]) -> AxisMap:
    taps: list[Any] = []
    for j in range(max(map(len, rows), default=0)):
        column = [row[j] if j < len(row) else (-1, 0.0) for row in rows]
        taps.append((tuple(p for p, _ in column), tuple(w for _, w in column)))
    return AxisMap(size, out, taps)


def _cubic(x: float, a: float) -> float:
    x = abs(x)
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0


def _linear(x: float) -> float:
    return max(1 - abs(x), 0.0)


def _smooth_cubic(x: float) -> float:
    return _cubic(x, _SMOOTH_SHARPNESS)


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / 3) if -3 <= x < 3 else 0.0


def _sinc(x: float) -> float:
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


_FILTERS = {"linear": (_linear, 1.0), "cubic": (_smooth_cubic, 2.0), "lanczos": (_lanczos, 3.0)}


@lru_cache(maxsize=512)
def smoothing(mode: str, size: int, out: int, align_corners: bool, factor: float | None) -> AxisMap:
    """Return the map that, where it shrinks, takes means as wide as a step: no aliasing.

    Parameters are those of `interpolating`; `mode` is 'linear', 'cubic' or 'lanczos'.
    """
    weight, reach = _FILTERS[mode]
    scale = step(size, out, align_corners, factor)
    wide = max(scale, 1.0)
    rows = []
    for k in range(out):
        centre = scale * (k + 0.5)
        first = max(int(centre - reach * wide + 0.5), 0)
        last = min(int(centre + reach * wide + 0.5), size)
        weights = [weight((p - centre + 0.5) / wide) for p in range(first, last)]
        total = sum(weights)
        rows.append([(first + j, w / total if total else w) for j, w in enumerate(weights)])
    return _from_rows(size, out, rows)
