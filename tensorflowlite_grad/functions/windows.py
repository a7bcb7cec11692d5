"""Window functions, in PyTorch's spelling: those of `signal.windows`, and the older names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..backend.selection import resolve
from ..dtypes import Kind, get_default_dtype
from ..layouts import strided
from .arguments import shape_argument
from .factory import dtype_argument, finish

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tensor import Tensor

__all__ = [
    "bartlett_window",
    "blackman_window",
    "hamming_window",
    "hann_window",
    "kaiser_window",
]


def window(
    name: str,
    size: Any,
    symmetric: bool,
    formula: Callable[[Any, Any, int], Any],
    dtype: Any,
    layout: Any,
    device: Any,
    requires_grad: bool,
) -> Any:
    """Return a formula's values, computed in double precision.

    The formula gets the namespace, the numbers of the places, and the greatest of them. A
    window that is not symmetric is the next longer one without its last value.
    """
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        raise TypeError(f"{name}(): the window length must be int, not {type(size).__name__}")
    count = int(size.__index__())
    if count < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={count}")
    if layout is not None and layout is not strided:
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    wanted = dtype_argument(dtype) or get_default_dtype()
    if wanted not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {wanted}")
    shape_argument(name, (count,))
    place = resolve(device)
    xp = place.xp
    with place.entered():
        places = xp.arange(count, dtype=place.native(dtypes.float64))
        last = count - 1 if symmetric else count
        values = formula(xp, places, last) if count > 1 else xp.ones_like(places)
        array = xp.astype(values, place.native(wanted))
    return finish(array, place, requires_grad)


def cosine_sum(*a: float) -> Callable[[Any, Any, int], Any]:
    """Return the formula of a sum of cosines with alternating signs."""

    def formula(xp: Any, k: Any, last: int) -> Any:
        total = xp.zeros_like(k)
        for number, weight in enumerate(a):
            total = total + (-1) ** number * weight * xp.cos(k * (2 * math.pi * number / last))
        return total

    return formula


def triangle(xp: Any, k: Any, last: int) -> Any:
    """Return a window that rises and falls evenly."""
    return 1 - xp.abs(k * (2 / last) - 1)


def bessel(beta: float) -> Callable[[Any, Any, int], Any]:
    """Return Kaiser's formula: Bessel functions of a half circle.

    Those that are scaled by an exponential: the others overflow where windows are narrow.
    """

    def formula(xp: Any, k: Any, last: int) -> Any:
        across = k * (2 / last) - 1
        square = xp.where(xp.abs(across) < 1, across * across, xp.ones_like(k))
        root = xp.sqrt(1 - square)
        scale = xp.exp(-beta * square / (1 + root))
        return xp.i0e(root * beta) / xp.i0e(xp.zeros_like(k) + beta) * scale

    return formula


def _older(
    name: str,
    size: Any,
    periodic: bool,
    formula: Callable[[Any, Any, int], Any],
    dtype: Any,
    layout: Any,
    device: Any,
    requires_grad: bool,
) -> Any:
    wanted = dtype_argument(dtype) or get_default_dtype()
    if wanted.kind is not Kind.FLOAT:
        raise RuntimeError(
            f"{name} expects floating point dtypes, got: {dtypes.LEGACY_NAMES[wanted.name]}"
        )
    if not isinstance(size, bool) and hasattr(size, "__index__") and size.__index__() < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={size}")
    half = wanted is dtypes.float16
    drawn = dtypes.float32 if half else wanted
    out = window(name, size, not periodic, formula, drawn, layout, device, False)
    if half:
        out = out.half()
    return out.requires_grad_() if requires_grad else out


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Return Hann's window: a raised cosine.

    Parameters
    ----------
    window_length : int
    periodic : bool
        Whether it is to be repeated, as for a Fourier transform; else it is symmetric.
    dtype, layout, device, requires_grad
        As of `zeros`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    options = (dtype, layout, device, requires_grad)
    return _older("hann_window", window_length, periodic, cosine_sum(0.5, 0.5), *options)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Return Hamming's window, ``alpha - beta * cos``: see `hann_window`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    options = (dtype, layout, device, requires_grad)
    return _older("hamming_window", window_length, periodic, cosine_sum(alpha, beta), *options)


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Return Blackman's window, a sum of three cosines: see `hann_window`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.blackman_window(5, periodic=False)[2]
    tensor(1.)
    """
    options = (dtype, layout, device, requires_grad)
    return _older("blackman_window", window_length, periodic, cosine_sum(0.42, 0.5, 0.08), *options)


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Return Bartlett's window, a triangle: see `hann_window`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    options = (dtype, layout, device, requires_grad)
    return _older("bartlett_window", window_length, periodic, triangle, *options)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Return Kaiser's window, the narrower the greater `beta`: see `hann_window`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.kaiser_window(5, periodic=False, beta=0.0)
    tensor([1., 1., 1., 1., 1.])
    """
    options = (dtype, layout, device, requires_grad)
    return _older("kaiser_window", window_length, periodic, bessel(beta), *options)
