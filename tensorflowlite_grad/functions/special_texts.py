"""What the functions of the chapter `special` do, and an example of each: see `docstrings`."""

from __future__ import annotations

__all__ = ["POLYNOMIALS", "TEXTS"]

_ONE = ("tg.tensor([0.5, 2.0])",)
_BESSEL = "Return the {} Bessel function of the {} kind of order {} of each element."

TEXTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "airy_ai": (
        "Return Airy's function Ai of each element.",
        _ONE,
        "tensor([0.2317, 0.0349])",
    ),
    "bessel_j0": (
        "Return the Bessel function of the first kind of order 0 of each element.",
        _ONE,
        "tensor([0.9385, 0.2239])",
    ),
    "bessel_j1": (
        "Return the Bessel function of the first kind of order 1 of each element.",
        _ONE,
        "tensor([0.2423, 0.5767])",
    ),
    "bessel_y0": (
        "Return the Bessel function of the second kind of order 0 of each element.",
        _ONE,
        "tensor([-0.4445,  0.5104])",
    ),
    "bessel_y1": (
        "Return the Bessel function of the second kind of order 1 of each element.",
        _ONE,
        "tensor([-1.4715, -0.1070])",
    ),
    "i1": (
        _BESSEL.format("modified", "first", 1),
        _ONE,
        "tensor([0.2579, 1.5906])",
    ),
    "modified_bessel_k0": (
        _BESSEL.format("modified", "second", 0),
        _ONE,
        "tensor([0.9244, 0.1139])",
    ),
    "modified_bessel_k1": (
        _BESSEL.format("modified", "second", 1),
        _ONE,
        "tensor([1.6564, 0.1399])",
    ),
    "scaled_modified_bessel_k0": (
        "Return ``exp(x) * modified_bessel_k0(x)`` for each element x, which does not underflow.",
        _ONE,
        "tensor([1.5241, 0.8416])",
    ),
    "scaled_modified_bessel_k1": (
        "Return ``exp(x) * modified_bessel_k1(x)`` for each element x, which does not underflow.",
        _ONE,
        "tensor([2.7310, 1.0335])",
    ),
    "i0e": (
        "Return ``exp(-|x|) * i0(x)`` for each element x, which does not overflow.",
        _ONE,
        "tensor([0.6450, 0.3085])",
    ),
    "i1e": (
        "Return ``exp(-|x|) * i1(x)`` for each element x, which does not overflow.",
        _ONE,
        "tensor([0.1564, 0.2153])",
    ),
    "spherical_bessel_j0": (
        "Return sin(x) / x for each element x, and 1 at 0.",
        _ONE,
        "tensor([0.9589, 0.4546])",
    ),
    "entr": (
        "Return -x log(x) for each element x: 0 at 0, and -inf below.",
        _ONE,
        "tensor([ 0.3466, -1.3863])",
    ),
    "erfcx": (
        "Return ``exp(x**2) * erfc(x)`` for each element x, which does not underflow.",
        _ONE,
        "tensor([0.6157, 0.2554])",
    ),
    "ndtr": (
        "Return the distribution function of the standard normal distribution.",
        _ONE,
        "tensor([0.6915, 0.9772])",
    ),
    "ndtri": (
        "Return the quantiles of the standard normal distribution: the inverse of `ndtr`.",
        ("tg.tensor([0.5, 0.975])",),
        "tensor([0.0000, 1.9600])",
    ),
    "log_ndtr": (
        "Return the logarithm of `ndtr`, without underflow.",
        ("tg.tensor([0.0, -50.0])",),
        "tensor([-6.9315e-01, -1.2548e+03])",
    ),
    "xlog1py": (
        "Return ``input * log1p(other)``, and 0 where `input` is 0.",
        ("tg.tensor([0.0, 2.0])", "tg.tensor([-1.0, 1.0])"),
        "tensor([0.0000, 1.3863])",
    ),
    "zeta": (
        "Return Hurwitz's zeta function of the exponent `input` and the shift `other`.\n\n"
        "It has a derivative by `other` only.",
        ("tg.tensor([2.0, 4.0])", "1"),
        "tensor([1.6449, 1.0823])",
    ),
}

#: Of polynomials: whose they are, and their values at 0.5 of degree 0 to 3.
POLYNOMIALS: dict[str, tuple[str, str]] = {
    "chebyshev_polynomial_t": (
        "Chebyshev's polynomials of the first kind",
        "tensor([ 1.0000,  0.5000, -0.5000, -1.0000])",
    ),
    "chebyshev_polynomial_u": (
        "Chebyshev's polynomials of the second kind",
        "tensor([ 1.,  1.,  0., -1.])",
    ),
    "chebyshev_polynomial_v": (
        "Chebyshev's polynomials of the third kind",
        "tensor([ 1.,  0., -1., -1.])",
    ),
    "chebyshev_polynomial_w": (
        "Chebyshev's polynomials of the fourth kind",
        "tensor([ 1.,  2.,  1., -1.])",
    ),
    "hermite_polynomial_h": (
        "the physicist's Hermite polynomials",
        "tensor([ 1.,  1., -1., -5.])",
    ),
    "hermite_polynomial_he": (
        "the probabilist's Hermite polynomials",
        "tensor([ 1.0000,  0.5000, -0.7500, -1.3750])",
    ),
    "laguerre_polynomial_l": (
        "Laguerre's polynomials",
        "tensor([ 1.0000,  0.5000,  0.1250, -0.1458])",
    ),
    "legendre_polynomial_p": (
        "Legendre's polynomials",
        "tensor([ 1.0000,  0.5000, -0.1250, -0.4375])",
    ),
    "shifted_chebyshev_polynomial_t": (
        "Chebyshev's polynomials of the first kind at 2x - 1",
        "tensor([ 1.,  0., -1., -0.])",
    ),
    "shifted_chebyshev_polynomial_u": (
        "Chebyshev's polynomials of the second kind at 2x - 1",
        "tensor([ 1.,  0., -1., -0.])",
    ),
    "shifted_chebyshev_polynomial_v": (
        "Chebyshev's polynomials of the third kind at 2x - 1",
        "tensor([ 1., -1., -1.,  1.])",
    ),
    "shifted_chebyshev_polynomial_w": (
        "Chebyshev's polynomials of the fourth kind at 2x - 1",
        "tensor([ 1.,  1., -1., -1.])",
    ),
}
