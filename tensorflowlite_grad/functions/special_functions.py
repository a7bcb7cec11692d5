"""The functions of the chapter `special`, in PyTorch's spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable
from ..dtypes import kind_of_scalar
from ..ops import polynomials
from ..ops import special as core
from ..ops import special_functions as ops
from . import docstrings, reductions, special
from . import elementwise as f
from .arguments import as_tensor_argument
from .outputs import public, takes_out
from .special_texts import POLYNOMIALS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tensor import Tensor

__all__ = [
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
    "sinc",
    "softmax",
    "spherical_bessel_j0",
    "xlog1py",
    "xlogy",
    "zeta",
]

digamma = psi = special.digamma
erf = f.erf
erfc = special.erfc
erfinv = special.erfinv
exp2 = f.exp2
expit = f.sigmoid
expm1 = f.expm1
gammainc = special.igamma
gammaincc = special.igammac
gammaln = special.lgamma
i0 = modified_bessel_i0 = special.i0
log1p = f.log1p
log_softmax = reductions.log_softmax
logit = f.logit
logsumexp = reductions.logsumexp
multigammaln = special.mvlgamma
polygamma = special.polygamma
round = f.round
sinc = special.sinc
softmax = reductions.softmax
xlogy = f.xlogy

airy_ai = public(ops.airy_ai)
bessel_j0 = public(ops.j0)
bessel_j1 = public(ops.j1)
bessel_y0 = public(ops.y0)
bessel_y1 = public(ops.y1)
entr = public(ops.entr)
erfcx = public(ops.erfcx)
i0e = public(ops.i0e)
i1 = modified_bessel_i1 = public(ops.i1)
i1e = public(ops.i1e)
log_ndtr = public(ops.log_ndtr)
modified_bessel_k0 = public(ops.k0)
modified_bessel_k1 = public(ops.k1)
ndtr = public(ops.ndtr)
ndtri = public(ops.ndtri)
scaled_modified_bessel_k0 = public(ops.k0e)
scaled_modified_bessel_k1 = public(ops.k1e)
spherical_bessel_j0 = public(ops.spherical_bessel_j0)
xlog1py = public(ops.xlog1py)
zeta = public(core.zeta)

#: Where doctest finds the examples of functions that no source shows.
__test__ = docstrings.attach(globals(), TEXTS, "tg.special")

_HIGHEST = 100_000


def _polynomial(name: str) -> Callable[[Any, Any], Tensor]:
    operation = getattr(polynomials, name.replace("_polynomial", ""))

    def polynomial(input: Any, n: Any, *, out: Tensor | None = None) -> Tensor:
        if kind_of_scalar(input) is None:
            input = as_tensor_argument(name, input)
        if kind_of_scalar(n) is not None:
            highest = float(n)
        else:
            n = as_tensor_argument(name, n, "n", 2)
            highest = float(n.detach().max()) if n.numel() else 0.0
        if not isinstance(input, Variable) and not isinstance(n, Variable):
            raise TypeError(
                f"{name}(): argument 'input' (position 1) must be Tensor, not "
                f"{type(input).__name__}"
            )
        if highest > _HIGHEST:
            raise ValueError(
                f"{name}() takes a step for each degree, of which {highest:g} are too many: the "
                f"limit is {_HIGHEST}"
            )
        return operation.call(input, n, int(highest) if highest == highest else 0)

    polynomial.__name__ = polynomial.__qualname__ = name
    polynomial.__doc__ = docstrings.of_polynomial(name, *POLYNOMIALS[name])
    return takes_out("cast")(polynomial)


chebyshev_polynomial_t = _polynomial("chebyshev_polynomial_t")
chebyshev_polynomial_u = _polynomial("chebyshev_polynomial_u")
chebyshev_polynomial_v = _polynomial("chebyshev_polynomial_v")
chebyshev_polynomial_w = _polynomial("chebyshev_polynomial_w")
hermite_polynomial_h = _polynomial("hermite_polynomial_h")
hermite_polynomial_he = _polynomial("hermite_polynomial_he")
laguerre_polynomial_l = _polynomial("laguerre_polynomial_l")
legendre_polynomial_p = _polynomial("legendre_polynomial_p")
shifted_chebyshev_polynomial_t = _polynomial("shifted_chebyshev_polynomial_t")
shifted_chebyshev_polynomial_u = _polynomial("shifted_chebyshev_polynomial_u")
shifted_chebyshev_polynomial_v = _polynomial("shifted_chebyshev_polynomial_v")
shifted_chebyshev_polynomial_w = _polynomial("shifted_chebyshev_polynomial_w")
