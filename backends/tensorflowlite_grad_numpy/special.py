"""Special functions: SciPy's where it is installed, else the generic ones.

SciPy is imported when a function is first called: it takes longer than NumPy.
"""

from __future__ import annotations

import functools
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowlite_grad.backend import number_parts
from tensorflowlite_grad.backend.number_parts import LIMITS
from tensorflowlite_grad.backend.special_names import generic

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FUNCTIONS"]

#: SciPy's names. What is not here has no counterpart there, or a less exact one.
SCIPY = {
    "erf": "erf",
    "erfc": "erfc",
    "erfcx": "erfcx",
    "erfinv": "erfinv",
    "ndtri": "ndtri",
    "log_ndtr": "log_ndtr",
    "lgamma": "gammaln",
    "digamma": "psi",
    "zeta": "zeta",
    "igamma": "gammainc",
    "igammac": "gammaincc",
    "i0": "i0",
    "i0e": "i0e",
    "bessel_j0": "j0",
    "bessel_j1": "j1",
    "bessel_y0": "y0",
    "bessel_y1": "y1",
    "bessel_k0": "k0",
    "bessel_k1": "k1",
    "bessel_k0e": "k0e",
    "bessel_k1e": "k1e",
}


@cache
def _found(name: str) -> Any:
    try:
        from scipy import special
    except ImportError:
        return partial(_generically, name)
    return getattr(special, SCIPY[name])


def _generically(name: str, *arrays: Any) -> Any:
    # Of 0-d arrays NumPy makes scalars, which its `astype` takes from 2.1 on.
    found = generic(name)(np, *map(np.atleast_1d, arrays))
    return found.reshape(np.broadcast_shapes(*map(np.shape, arrays)))


def _function(name: str) -> Callable[..., Any]:
    def call(*arrays: Any) -> Any:
        # SciPy computes half precision in a wider one, and returns that.
        return _found(name)(*arrays).astype(arrays[0].dtype, copy=False)

    call.__name__ = name
    return call


@cache
def _airy() -> Any:
    try:
        from scipy.special import airy
    except ImportError:
        return lambda x: (generic("airy_ai")(np, x), generic("airy_ai_slope")(np, x))
    return airy


def airy_ai(x: Any) -> Any:
    """Airy's function of the first kind; far out, where SciPy's is NaN, it is 0."""
    return np.where(x > 200, 0, _airy()(x)[0]).astype(x.dtype, copy=False)


def airy_ai_slope(x: Any) -> Any:
    """Its derivative."""
    return np.where(x > 200, 0, _airy()(x)[1]).astype(x.dtype, copy=False)


_log_gamma = _function("lgamma")


def lgamma(x: Any) -> Any:
    """Return the logarithm of the gamma function; of -inf inf, as C, where SciPy has -inf."""
    return np.where(x == -np.inf, -x, _log_gamma(x))


def as_real(z: Any) -> Any:
    """Complex numbers as pairs of real ones: a view."""
    return np.asarray(z)[..., None].view(z.real.dtype)


def as_complex(x: Any) -> Any:
    """Pairs as complex numbers: a view, if the last axis is contiguous."""
    if x.strides[-1] != x.itemsize:
        x = np.ascontiguousarray(x)
    return x.view(f"c{2 * x.itemsize}")[..., 0]


_BLOCK = 1 << 14


def _in_blocks(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of several passes that takes large arrays in blocks that fit a cache."""

    def call(x: Any, *options: Any) -> Any:
        if x.size <= _BLOCK:
            return function(x, *options)
        flat = np.ascontiguousarray(x).reshape(-1)
        out = np.empty_like(flat)
        for k in range(0, flat.size, _BLOCK):
            out[k : k + _BLOCK] = function(flat[k : k + _BLOCK], *options)
        return out.reshape(x.shape)

    functools.update_wrapper(call, function)
    return call


@_in_blocks
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), by an exponential that cannot overflow."""
    if x.dtype.kind == "c":
        return number_parts.sigmoid(np, x)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


@_in_blocks
def sech_squared(x: Any, scale: float) -> Any:
    """(scale / cosh(scale * x))**2, without overflow."""
    if x.dtype.kind == "c":
        return number_parts.sech_squared(np, x, scale)
    size = np.abs(x) if scale == 1 else np.abs(scale * x)
    size = np.cosh(np.minimum(size, LIMITS[x.dtype.itemsize][0]))
    return scale * scale / size / size


@_in_blocks
def one_minus_square(x: Any) -> Any:
    """1 - x**2, exact near 1."""
    return (1 - x) * (1 + x)


@_in_blocks
def asinh_slope(x: Any) -> Any:
    """1 / sqrt(1 + x**2), without ``np.hypot``, which is slow, and without overflow."""
    if x.dtype.kind == "c":
        return number_parts.asinh_slope(np, x)
    size = np.abs(x)
    part = np.minimum(size, LIMITS[x.dtype.itemsize][1])
    return 1 / np.maximum(np.sqrt(1 + part * part), size)


@_in_blocks
def atan_slope(x: Any) -> Any:
    """1 / (1 + x**2), without overflow before it vanishes."""
    if x.dtype.kind == "c":
        return 1 / (1 + x * x)
    _, _, scale, limit = LIMITS[x.dtype.itemsize]
    size = np.minimum(np.abs(x), limit)
    return scale / (scale + scale * size * size)


@_in_blocks
def exp_minus_square(x: Any, scale: float) -> Any:
    """exp(-scale * x**2) for a power of two, to the last digits."""
    if x.dtype.itemsize == 2:
        return exp_minus_square(x.astype(np.float32), scale).astype(x.dtype)
    bits, limit = (2.0**20, 40.0) if x.dtype.itemsize == 8 else (2.0**8, 16.0)
    size = np.minimum(np.abs(x), limit)
    head = np.floor(size * bits + 0.5) / bits
    rest = (size - head) * (size + head)
    return np.exp(head * head * -scale) * np.exp(rest * -scale)


FUNCTIONS: dict[str, Any] = {
    "asinh_slope": asinh_slope,
    "atan_slope": atan_slope,
    "exp_minus_square": exp_minus_square,
    "sech_squared": sech_squared,
    "sigmoid": sigmoid,
    "one_minus_square": one_minus_square,
    **{name: _function(name) for name in SCIPY},
    "lgamma": lgamma,
    "airy_ai": airy_ai,
    "airy_ai_slope": airy_ai_slope,
    "parts_are_views": True,
    "as_real": as_real,
    "as_complex": as_complex,
    "frexp": np.frexp,
    "gcd": np.gcd,
    "lcm": np.lcm,
}
