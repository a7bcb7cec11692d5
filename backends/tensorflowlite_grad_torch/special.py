"""PyTorch's special functions, by the names that rules call them by.

Its Bessel functions J and Y, and its incomplete gamma functions, have single precision's accuracy
in places: the generic ones are taken.
"""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["FUNCTIONS", "GENERIC"]

#: What PyTorch has with less accuracy than the generic form.
GENERIC = ("igamma", "igammac")

#: PyTorch's names in `torch.special`.
_THEIRS = {
    **{name: name for name in ("erf", "erfc", "erfcx", "erfinv", "ndtri", "log_ndtr")},
    **{name: name for name in ("digamma", "zeta", "i0", "i1", "i0e", "i1e", "airy_ai")},
    "lgamma": "gammaln",
    "bessel_k0": "modified_bessel_k0",
    "bessel_k1": "modified_bessel_k1",
    "bessel_k0e": "scaled_modified_bessel_k0",
    "bessel_k1e": "scaled_modified_bessel_k1",
}


def _function(name: str) -> Any:
    theirs = getattr(torch.special, _THEIRS[name])

    def call(*arrays: Any) -> Any:
        # PyTorch has some of them in single and double precision only.
        dtype = arrays[0].dtype
        if dtype is torch.float16:
            return theirs(*(a.float() for a in arrays)).to(dtype)
        return theirs(*arrays)

    return call


def as_real(z: Any) -> Any:
    """Complex numbers as pairs of real ones: a view."""
    return torch.view_as_real(z)


def as_complex(x: Any) -> Any:
    """Pairs as complex numbers: a view, if the memory's order allows it."""
    pairs = x.stride(-1) == 1 and all(s % 2 == 0 for s in x.stride()[:-1])
    return torch.view_as_complex(x if pairs and x.storage_offset() % 2 == 0 else x.contiguous())


FUNCTIONS: dict[str, Any] = {
    **{name: _function(name) for name in _THEIRS},
    "parts_are_views": True,
    "as_real": as_real,
    "as_complex": as_complex,
    "frexp": torch.frexp,
    "gcd": torch.gcd,
    "lcm": torch.lcm,
}
