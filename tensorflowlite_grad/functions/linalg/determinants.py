"""Determinants, powers and the exponential of square matrices."""

from __future__ import annotations

from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ... import dtypes, return_types
from ...ops import determinants as ops
from ...ops import solvers
from ..creation import eye, zeros_like
from ..elementwise import log, where
from ..outputs import takes_out
from ..products import matmul
from ..shape import expand
from .checks import shape_of, square

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["det", "logdet", "matrix_exp", "matrix_power", "slogdet"]


@takes_out()
def det(A: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the determinants of square matrices; gradients are exact at singular ones too.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, n, n)``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> A = tg.ones(2, 2, requires_grad=True)
    >>> tg.linalg.det(A).backward()
    >>> A.grad
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    return ops.det.record(square("linalg.det", A))


@takes_out()
def slogdet(A: Any, *, out: Any = None) -> Any:
    """Return the signs of determinants, and the logarithms of their absolute values.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, n, n)``.

    Returns
    -------
    sign : Tensor
        Of absolute value 1, or 0 for a singular matrix.
    logabsdet : Tensor
        Real; -inf for a singular matrix.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> sign, logabsdet = tg.linalg.slogdet(tg.tensor([[0.0, 1.0], [1.0, 0.0]]))
    >>> float(sign), float(logabsdet)
    (-1.0, 0.0)
    """
    return return_types.linalg_slogdet(*ops.slogdet.record(square("linalg.slogdet", A)))


def logdet(input: Any) -> Tensor:
    """Return the logarithms of determinants: NaN for a negative, -inf for zero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.logdet(tg.eye(3))
    tensor(0.)
    """
    sign, logabsdet = ops.slogdet.record(square("logdet", input, "A"))
    if input.dtype.is_complex:
        return logabsdet + log(sign)
    return where(sign.detach() == -1, float("nan"), logabsdet)


def matrix_exp(input: Any) -> Tensor:
    """Return the exponentials of square matrices.

    Parameters
    ----------
    input : Tensor
        Of shape ``(*, n, n)``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.matrix_exp(tg.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return solvers.matrix_exp.record(square("linalg.matrix_exp", input))


@takes_out("cast")
def matrix_power(A: Any, n: int, *, out: Tensor | None = None) -> Tensor:
    """Return square matrices multiplied with themselves, inverted first if `n` is negative.

    Parameters
    ----------
    A : Tensor
        Of shape ``(*, m, m)``; for a negative power, of real or complex numbers.
    n : int

    Raises
    ------
    LinAlgError
        If `n` is negative and a matrix is singular.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linalg.matrix_power(tg.tensor([[1, 1], [0, 1]]), 3)
    tensor([[1, 3],
            [0, 1]])
    """
    shape = shape_of(A)
    if len(shape) < 2 or shape[-1] != shape[-2] or n < 0:
        A = square("linalg.matrix_power", A)
    power = as_index(n)
    if power < 0:
        A, power = solvers.inv.record(A, "linalg.inv"), -power
    if power == 0:
        one = eye(shape[-1], dtype=A.dtype, device=A.device)
        one = expand(one, shape) if len(shape) > 2 else one
        return where(zeros_like(A, dtype=dtypes.bool_), A, one) if A.requires_grad else one.clone()
    # Squares of squares, and the product of those that the number's bits ask for.
    result, square_ = None, A
    while True:
        if power & 1:
            result = square_ if result is None else matmul(result, square_)
        power >>= 1
        if not power:
            break
        square_ = matmul(square_, square_)
    return result.clone() if n == 1 else result  # type: ignore[union-attr,return-value]
