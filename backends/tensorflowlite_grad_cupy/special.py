"""CuPy's special functions, by the names that rules call them by.

Those that this version of CuPy lacks come from the generic ones.
"""

from __future__ import annotations

from typing import Any

import cupy
from cupyx.scipy import special

__all__ = ["FUNCTIONS"]

CUPYX = {
    "erf": "erf",
    "erfc": "erfc",
    "erfcx": "erfcx",
    "erfinv": "erfinv",
    "ndtri": "ndtri",
    "log_ndtr": "log_ndtr",
    "lgamma": "gammaln",
    "digamma": "digamma",
    "zeta": "zeta",
    "igamma": "gammainc",
    "igammac": "gammaincc",
    "i0": "i0",
    "i1": "i1",
    "i0e": "i0e",
    "i1e": "i1e",
    "bessel_j0": "j0",
    "bessel_j1": "j1",
    "bessel_y0": "y0",
    "bessel_y1": "y1",
    "bessel_k0": "k0",
    "bessel_k1": "k1",
    "bessel_k0e": "k0e",
    "bessel_k1e": "k1e",
}


def _function(theirs: Any) -> Any:
    def call(*arrays: Any) -> Any:
        # CuPy has most of them in single and double precision only.
        dtype = arrays[0].dtype
        if dtype == cupy.float16:
            arrays = tuple(a.astype(cupy.float32) for a in arrays)
        return theirs(*arrays).astype(dtype, copy=False)

    return call


def as_real(z: Any) -> Any:
    """Complex numbers as pairs of real ones: a view."""
    return z[..., None].view(z.real.dtype)


def as_complex(x: Any) -> Any:
    """Pairs as complex numbers: a view, if the last axis is contiguous."""
    if x.strides[-1] != x.itemsize:
        x = cupy.ascontiguousarray(x)
    return x.view(f"c{2 * x.itemsize}")[..., 0]


FUNCTIONS: dict[str, Any] = {
    **{name: _function(getattr(special, s)) for name, s in CUPYX.items() if hasattr(special, s)},
    "parts_are_views": True,
    "as_real": as_real,
    "as_complex": as_complex,
    "frexp": cupy.frexp,
    "gcd": cupy.gcd,
    "lcm": cupy.lcm,
}
