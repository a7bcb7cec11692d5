"""The special functions that are PyTorch's own functions and methods of tensors."""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..ops import exponential, special
from . import docstrings
from .arguments import as_tensor_argument
from .outputs import public, takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "digamma",
    "erfc",
    "erfinv",
    "i0",
    "igamma",
    "igammac",
    "lgamma",
    "logaddexp2",
    "mvlgamma",
    "polygamma",
    "sinc",
]

logaddexp2 = public(exponential.logaddexp2, ())
erfc = public(special.erfc)
erfinv = public(special.erfinv)
lgamma = public(special.lgamma)
digamma = public(special.digamma)
i0 = public(special.i0)
sinc = public(special.sinc)
igamma = public(special.igamma, ())
igammac = public(special.igammac, ())

#: Where doctest finds the examples of functions that no source shows.
__test__ = docstrings.attach(globals())


@takes_out("cast")
def polygamma(n: int, input: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the n-th derivative of the digamma function of each element.

    Parameters
    ----------
    n : int
        Not negative; 0 stands for digamma itself.
    input : Tensor

    Raises
    ------
    RuntimeError
        If `n` is negative.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.polygamma(1, tg.tensor([1.0, 0.5]))
    tensor([1.6449, 4.9348])
    """
    input = as_tensor_argument("polygamma", input, position=2)
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(
            f"polygamma(): argument 'n' (position 1) must be int, not {type(n).__name__}"
        )
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n: it is {n}")
    return digamma(input) if n == 0 else special.polygamma.call(input, n)


@takes_out("cast")
def mvlgamma(input: Any, p: int, *, out: Tensor | None = None) -> Tensor:
    """Return the logarithm of the multivariate gamma function of dimension `p`.

    Parameters
    ----------
    input : Tensor
        Greater than ``(p - 1) / 2``.
    p : int
        At least 1.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.mvlgamma(tg.tensor([2.0, 3.0]), 2)
    tensor([0.4516, 1.5502])
    """
    input = as_tensor_argument("mvlgamma", input)
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, but is {p}")
    if input.dtype is dtypes.bool_ or input.dtype.is_complex:
        raise RuntimeError(
            f"\"mvlgamma\" not implemented for '{dtypes.LEGACY_NAMES[input.dtype.name]}'"
        )
    result: Any = p * (p - 1) / 4 * log(pi)
    for k in range(p):
        result = lgamma(input - k / 2) + result
    return result
