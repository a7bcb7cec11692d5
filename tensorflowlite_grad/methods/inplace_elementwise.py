"""In-place forms of the less common elementwise and special functions."""

from __future__ import annotations

from typing import Any

from ..functions import comparison, limits, parts, special
from ..functions import elementwise as f
from .inplace import InPlaceMethods, in_place


def _polygamma(input: Any, n: int) -> Any:
    return special.polygamma(n, input)


class ElementwiseInPlaceMethods:
    """Beside those of `InPlaceMethods`."""

    __slots__ = ()

    absolute_ = InPlaceMethods.abs_
    negative_ = InPlaceMethods.neg_
    true_divide_ = InPlaceMethods.div_
    fix_ = InPlaceMethods.trunc_
    sgn_ = in_place("sgn_", f.sgn)
    exp2_ = in_place("exp2_", f.exp2)
    hypot_ = in_place("hypot_", f.hypot)
    copysign_ = in_place("copysign_", f.copysign)
    xlogy_ = in_place("xlogy_", f.xlogy)
    logit_ = in_place("logit_", f.logit)
    arcsin_ = InPlaceMethods.asin_
    arccos_ = InPlaceMethods.acos_
    arctan_ = InPlaceMethods.atan_
    atan2_ = arctan2_ = in_place("atan2_", f.atan2)
    asinh_ = arcsinh_ = in_place("asinh_", f.asinh)
    acosh_ = arccosh_ = in_place("acosh_", f.acosh)
    atanh_ = arctanh_ = in_place("atanh_", f.atanh)
    eq_ = in_place("eq_", comparison.eq)
    ne_ = not_equal_ = in_place("ne_", comparison.ne)
    lt_ = less_ = in_place("lt_", comparison.lt)
    le_ = less_equal_ = in_place("le_", comparison.le)
    gt_ = greater_ = in_place("gt_", comparison.gt)
    ge_ = greater_equal_ = in_place("ge_", comparison.ge)
    logical_and_ = in_place("logical_and_", comparison.logical_and)
    logical_or_ = in_place("logical_or_", comparison.logical_or)
    logical_xor_ = in_place("logical_xor_", comparison.logical_xor)
    bitwise_not_ = in_place("bitwise_not_", comparison.bitwise_not)
    bitwise_left_shift_ = in_place("bitwise_left_shift_", comparison.bitwise_left_shift)
    bitwise_right_shift_ = in_place("bitwise_right_shift_", comparison.bitwise_right_shift)
    heaviside_ = in_place("heaviside_", limits.heaviside)
    nan_to_num_ = in_place("nan_to_num_", limits.nan_to_num)
    nextafter_ = in_place("nextafter_", limits.nextafter)
    gcd_ = in_place("gcd_", limits.gcd)
    lcm_ = in_place("lcm_", limits.lcm)
    conj_physical_ = in_place("conj_physical_", parts.conj_physical)
    ldexp_ = in_place("ldexp_", parts.ldexp)
    float_power_ = in_place("float_power_", parts.float_power)
    deg2rad_ = in_place("deg2rad_", parts.deg2rad)
    rad2deg_ = in_place("rad2deg_", parts.rad2deg)
    erf_ = in_place("erf_", f.erf)
    erfc_ = in_place("erfc_", special.erfc)
    erfinv_ = in_place("erfinv_", special.erfinv)
    lgamma_ = in_place("lgamma_", special.lgamma)
    digamma_ = in_place("digamma_", special.digamma)
    polygamma_ = in_place("polygamma_", _polygamma)
    mvlgamma_ = in_place("mvlgamma_", special.mvlgamma)
    igamma_ = in_place("igamma_", special.igamma)
    igammac_ = in_place("igammac_", special.igammac)
    i0_ = in_place("i0_", special.i0)
    sinc_ = in_place("sinc_", special.sinc)
