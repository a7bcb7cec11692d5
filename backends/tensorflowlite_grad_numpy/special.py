"""Special functions: SciPy's where it is installed, else the generic ones.

SciPy is imported when a function is first called: it takes longer than NumPy.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowlite_grad.backend import number_parts
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
        return lambda *arrays: generic(name)(np, *arrays)
    return getattr(special, SCIPY[name])


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
    """Airy's function of the first kind."""
    return _airy()(x)[0].astype(x.dtype, copy=False)


def airy_ai_slope(x: Any) -> Any:
    """Its derivative."""
    return _airy()(x)[1].astype(x.dtype, copy=False)


def as_real(z: Any) -> Any:
    """Complex numbers as pairs of real ones: a view."""
    return np.asarray(z)[..., None].view(z.real.dtype)


def as_complex(x: Any) -> Any:
    """Pairs as complex numbers: a view, if the last axis is contiguous."""
    if x.strides[-1] != x.itemsize:
        x = np.ascontiguousarray(x)
    return x.view(f"c{2 * x.itemsize}")[..., 0]


def sech_squared(x: Any) -> Any:
    """1 / cosh(x)**2 in as few new arrays as there can be."""
    if x.dtype.kind == "c":
        return number_parts.sech_squared(np, x)
    size = np.cosh(x)
    out = 1 / size
    out /= size
    return out


FUNCTIONS: dict[str, Any] = {
    "sech_squared": sech_squared,
    **{name: _function(name) for name in SCIPY},
    "airy_ai": airy_ai,
    "airy_ai_slope": airy_ai_slope,
    "as_real": as_real,
    "as_complex": as_complex,
    "frexp": np.frexp,
    "gcd": np.gcd,
    "lcm": np.lcm,
}
