"""Window functions, in PyTorch's spelling."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..functions.windows import bessel, cosine_sum, triangle, window

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]


def hann(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return Hann's window: a raised cosine.

    Parameters
    ----------
    M : int
        The length.
    sym : bool
        Whether it is symmetric; else it is to be repeated, as for a Fourier transform.
    dtype, layout, device, requires_grad
        As of `zeros`.

    Raises
    ------
    ValueError
        If the length is negative, or the dtype neither float32 nor float64.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.hann(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    options = (dtype, layout, device, requires_grad)
    out: Tensor = window("hann", M, sym, cosine_sum(0.5, 0.5), *options)
    return out


def hamming(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return Hamming's window: see `hann`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.hamming(3)
    tensor([0.0800, 1.0000, 0.0800])
    """
    options = (dtype, layout, device, requires_grad)
    out: Tensor = window("hamming", M, sym, cosine_sum(0.54, 0.46), *options)
    return out


def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return Hamming's window with a coefficient of one's own: see `hann`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.general_hamming(3, alpha=0.5)
    tensor([0., 1., 0.])
    """
    options = (dtype, layout, device, requires_grad)
    out: Tensor = window("general_hamming", M, sym, cosine_sum(alpha, 1.0 - alpha), *options)
    return out


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a sum of cosines with alternating signs and weights `a`: see `hann`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.general_cosine(3, a=[0.5, 0.5])
    tensor([0., 1., 0.])
    """
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    weights = tuple(a)
    if not weights:
        raise ValueError("Coefficients cannot be empty")
    options = (dtype, layout, device, requires_grad)
    out: Tensor = window("general_cosine", M, sym, cosine_sum(*weights), *options)
    return out


def blackman(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return Blackman's window, a sum of three cosines: see `hann`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.blackman(5)[2]
    tensor(1.)
    """
    options = (dtype, layout, device, requires_grad)
    out: Tensor = window("blackman", M, sym, cosine_sum(0.42, 0.5, 0.08), *options)
    return out


def nuttall(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return Nuttall's window, a sum of four cosines: see `hann`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.nuttall(5)[2]
    tensor(1.)
    """
    options = (dtype, layout, device, requires_grad)
    out: Tensor = window(
        "nuttall", M, sym, cosine_sum(0.3635819, 0.4891775, 0.1365995, 0.0106411), *options
    )
    return out


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return Bartlett's window, a triangle: see `hann`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    options = (dtype, layout, device, requires_grad)
    out: Tensor = window("bartlett", M, sym, triangle, *options)
    return out


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return Kaiser's window, the narrower the greater `beta`: see `hann`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.kaiser(3, beta=0.0)
    tensor([1., 1., 1.])
    """
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    options = (dtype, layout, device, requires_grad)
    out: Tensor = window("kaiser", M, sym, bessel(beta), *options)
    return out


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return half a sine wave: see `hann`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.cosine(3)
    tensor([0.5000, 1.0000, 0.5000])
    """
    options = (dtype, layout, device, requires_grad)
    out: Tensor = window("cosine", M, sym, _sine, *options)
    return out


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a bell curve of standard deviation `std`: see `hann`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.gaussian(3)
    tensor([0.6065, 1.0000, 0.6065])
    """
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")

    def bell(xp: Any, k: Any, last: int) -> Any:
        away = (k - last / 2) / std
        return xp.exp(-0.5 * away * away)

    options = (dtype, layout, device, requires_grad)
    out: Tensor = window("gaussian", M, sym, bell, *options)
    return out


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return what falls off exponentially, to ``1 / e`` within `tau`, on both sides of `center`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.signal.windows.exponential(3)
    tensor([0.3679, 1.0000, 0.3679])
    """
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")

    def decay(xp: Any, k: Any, last: int) -> Any:
        middle = last / 2 if center is None else center
        return xp.exp(-xp.abs(k - middle) / tau)

    options = (dtype, layout, device, requires_grad)
    out: Tensor = window("exponential", M, sym, decay, *options)
    return out


def _sine(xp: Any, k: Any, last: int) -> Any:
    return xp.sin((k + 0.5) * (math.pi / (last + 1)))
