"""What rules may call beyond the standard: `backend.fallbacks.EXTRAS`, over tensors."""

from __future__ import annotations

from typing import Any

from ..functions import cumulative, sorting
from ..ops import exponential, fourier, indexing, parts, special, trigonometric

__all__ = [
    "airy_ai",
    "airy_ai_slope",
    "as_complex",
    "as_real",
    "asinh_slope",
    "atan_slope",
    "bessel_j0",
    "bessel_j1",
    "bessel_k0",
    "bessel_k0e",
    "bessel_k0e_slope",
    "bessel_k1e_slope",
    "bessel_k1",
    "bessel_k1e",
    "bessel_y0",
    "bessel_y1",
    "cumulative_logsumexp",
    "cumulative_max",
    "digamma",
    "erf",
    "erfc",
    "erfcx",
    "erfcx_slope",
    "erfinv",
    "exp_minus_square",
    "fft_c2c",
    "fft_c2r",
    "fft_r2c",
    "float_bits",
    "i0",
    "i0e",
    "i0e_slope",
    "i1",
    "i1e",
    "i1e_slope",
    "index_embed",
    "index_get",
    "index_put",
    "lgamma",
    "linalg_cofactor",
    "linalg_cofactor_slope",
    "linalg_eig",
    "linalg_eigvals",
    "linalg_lu_factor",
    "linalg_matrix_exp",
    "linalg_solve_triangular",
    "one_minus_square",
    "rank_position",
    "sech_squared",
    "sigmoid",
    "top_positions",
    "trigamma",
    "zeta",
]

erf = special.erf.record
erfc = special.erfc.record
erfinv = special.erfinv.record
exp_minus_square = special.exp_minus_square.record
lgamma = special.lgamma.record
digamma = special.digamma.record
trigamma = special.trigamma.record
zeta = special.zeta.record
i0 = special.i0.record
asinh_slope = trigonometric.asinh_slope.record
sigmoid = exponential.sigmoid.record
one_minus_square = trigonometric.one_minus_square.record
atan_slope = trigonometric.atan_slope.record
sech_squared = trigonometric.sech_squared.record
as_real = parts.view_as_real.record
as_complex = parts.view_as_complex.record


def _late(name: str) -> Any:
    """Return an operation's recorder whose chapter is imported when it is first called."""

    def call(*operands: Any) -> Any:
        from ..ops import special_functions

        return special_functions.registered[name].record(*operands)

    return call


erfcx, erfcx_slope = _late("erfcx"), _late("erfcx_slope")
i1, i0e, i1e = _late("i1"), _late("i0e"), _late("i1e")
i0e_slope, i1e_slope = _late("i0e_slope"), _late("i1e_slope")
bessel_j0, bessel_j1 = _late("bessel_j0"), _late("bessel_j1")
bessel_y0, bessel_y1 = _late("bessel_y0"), _late("bessel_y1")
bessel_k0, bessel_k1 = _late("bessel_k0"), _late("bessel_k1")
bessel_k0e, bessel_k1e = _late("bessel_k0e"), _late("bessel_k1e")
bessel_k0e_slope, bessel_k1e_slope = _late("bessel_k0e_slope"), _late("bessel_k1e_slope")
airy_ai, airy_ai_slope = _late("airy_ai"), _late("airy_ai_slope")
fft_c2c = fourier.c2c.record
fft_c2r = fourier.c2r.record
fft_r2c = fourier.r2c.record


def index_get(x: Any, index: Any) -> Any:
    """Return ``x[index]`` for a normalised index."""
    return indexing.index.record(x, index)


def index_embed(values: Any, shape: Any, index: Any) -> Any:
    """Return zeros with `values` added at a normalised index."""
    return indexing.embed.record(values, tuple(shape), index)


def index_put(x: Any, index: Any, values: Any) -> Any:
    """Return a copy of `x` with `values` at a normalised index."""
    return indexing.put.record(x, values, index)


def cumulative_max(x: Any, axis: int) -> Any:
    """Return the greatest element so far along an axis."""
    return cumulative.cummax(x, axis).values


def cumulative_logsumexp(x: Any, axis: int) -> Any:
    """Return the logarithm of the running sum of exponentials along an axis."""
    return cumulative.logcumsumexp(x, axis)


def rank_position(x: Any, rank: int, axis: int) -> Any:
    """Return where the element of a rank is along an axis, which stays, with size 1."""
    return sorting.kthvalue(x, rank + 1, axis, True).indices


def top_positions(x: Any, k: int, axis: int, largest: bool) -> Any:
    """Return where the greatest or least elements are along an axis, in their order."""
    return sorting.topk(x, k, axis, largest).indices


def float_bits(x: Any) -> Any:
    """Return the bits of float64 numbers, as int64; they have no derivative."""
    place = x._place
    with place.entered():
        return place.wrap(place.xp.float_bits(x._array), place)


def linalg_cofactor(A: Any) -> Any:
    """Return matrices of cofactors."""
    from ..ops import determinants

    return determinants.cofactor.record(A)


def linalg_cofactor_slope(A: Any, E: Any) -> Any:
    """Return how cofactors change along a direction."""
    from ..ops import determinants

    return determinants.cofactor_slope.record(A, E)


def linalg_eig(A: Any) -> Any:
    """Return eigenvalues and eigenvectors."""
    from ..ops import decompositions

    return decompositions.eig.record(A)


def linalg_eigvals(A: Any) -> Any:
    """Return eigenvalues."""
    from ..ops import decompositions

    return decompositions.eigvals.record(A)


def linalg_lu_factor(A: Any) -> Any:
    """Return LU factors in one array, and pivots."""
    from ..ops import decompositions

    return decompositions.lu_factor.record(A)


def linalg_matrix_exp(A: Any) -> Any:
    """Return the exponentials of matrices."""
    from ..ops import solvers

    return solvers.matrix_exp.record(A)


def linalg_solve_triangular(A: Any, B: Any, upper: bool, unitriangular: bool) -> Any:
    """Return the solutions of triangular systems."""
    from ..ops import solvers

    return solvers.solve_triangular.record(A, B, upper, unitriangular)
