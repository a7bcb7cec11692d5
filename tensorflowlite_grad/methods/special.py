"""Methods for special functions, the parts of numbers, and their replacement."""

from __future__ import annotations

from typing import Any

from ..functions import elementwise as f
from ..functions import limits, parts, special


class SpecialMethods:
    """Beside those of `ElementwiseMethods`."""

    __slots__ = ()

    __rdiv__ = f.rdiv

    fmax = limits.fmax
    fmin = limits.fmin
    heaviside = limits.heaviside
    nan_to_num = limits.nan_to_num
    nextafter = limits.nextafter
    isposinf = limits.isposinf
    isneginf = limits.isneginf
    isreal = limits.isreal
    gcd = limits.gcd
    lcm = limits.lcm
    angle = parts.angle
    conj_physical = parts.conj_physical
    resolve_conj = parts.resolve_conj
    resolve_neg = parts.resolve_neg
    frexp = parts.frexp
    ldexp = parts.ldexp
    float_power = parts.float_power
    deg2rad = parts.deg2rad
    rad2deg = parts.rad2deg
    logaddexp2 = special.logaddexp2
    erfc = special.erfc
    erfinv = special.erfinv
    lgamma = special.lgamma
    digamma = special.digamma
    mvlgamma = special.mvlgamma
    igamma = special.igamma
    igammac = special.igammac
    i0 = special.i0
    sinc = special.sinc

    def polygamma(self, n: int) -> Any:
        """Return the n-th derivative of the digamma function of each element.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.0]).polygamma(1)
        tensor([1.6449])
        """
        return special.polygamma(n, self)

    def is_conj(self) -> bool:
        """Return whether a conjugate has been put off: never, here.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1j]).conj().is_conj()
        False
        """
        return False

    def is_neg(self) -> bool:
        """Return whether a sign has been put off: never, here.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.0]).is_neg()
        False
        """
        return False
