"""The special functions' names: their generic forms are imported when one is first called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EXTRAS", "generic"]

NAMES = (
    *("erf", "erfc", "erfcx", "erfcx_slope", "erfinv", "ndtri", "log_ndtr"),
    *("lgamma", "digamma", "trigamma", "zeta", "igamma", "igammac"),
    *("i0", "i1", "i0e", "i1e", "i0e_slope", "i1e_slope"),
    *("bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1"),
    *("bessel_k0", "bessel_k1", "bessel_k0e", "bessel_k1e"),
    *("bessel_k0e_slope", "bessel_k1e_slope"),
    *("airy_ai", "airy_ai_slope"),
)


def generic(name: str) -> Callable[..., Any]:
    """Return the generic form of a special function, which computes in double precision."""

    def call(xp: Any, *arrays: Any) -> Any:
        from . import special, special_bessel

        function: Any = special.FUNCTIONS.get(name) or special_bessel.FUNCTIONS[name]
        dtype = arrays[0].dtype
        if dtype == xp.float64:
            return function(xp, *arrays)
        return xp.astype(function(xp, *(xp.astype(a, xp.float64) for a in arrays)), dtype)

    call.__name__ = name
    return call


def exp_minus_square(xp: Any, x: Any, scale: float) -> Any:
    """Return exp(-scale * x**2) for a power of two, to the last digits."""
    from .special import exp_minus_square

    if "float16" in str(x.dtype):
        return xp.astype(exp_minus_square(xp, xp.astype(x, xp.float32), scale), x.dtype)
    return exp_minus_square(xp, x, scale)


EXTRAS: dict[str, Callable[..., Any]] = {name: generic(name) for name in NAMES}
EXTRAS["exp_minus_square"] = exp_minus_square
