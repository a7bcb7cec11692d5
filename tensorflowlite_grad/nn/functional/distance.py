"""Distances and similarities of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...functions import elementwise
from ...functions.arguments import as_tensor_argument
from ...functions.distances import pdist
from ...functions.outputs import write_into
from ...functions.reductions import vector_norm
from ...functions.shape import broadcast_tensors
from .common import arguments, as_floating, common_type

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["cosine_similarity", "normalize", "pairwise_distance", "pdist"]


def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """Return the norm of the differences of vectors along the last axis.

    Parameters
    ----------
    x1, x2 : Tensor
    p : number
        The order of the norm.
    eps : number
        Added to the differences, so that a distance of 0 has a slope.
    keepdim : bool

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, y = tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]])
    >>> tg.nn.functional.pairwise_distance(x, y)
    tensor([5.0000])
    """
    x1, x2 = arguments("pairwise_distance", x1=x1, x2=x2)
    return vector_norm(as_floating(x1 - x2 + eps), p, -1, keepdim)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosines of the angles between vectors along `dim`.

    Parameters
    ----------
    x1, x2 : Tensor
        They broadcast.
    dim : int
    eps : number
        What a norm counts as at least.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, y = tg.tensor([[1.0, 1.0]]), tg.tensor([[0.0, 2.0]])
    >>> tg.nn.functional.cosine_similarity(x, y)
    tensor([0.7071])
    """
    x1, x2 = common_type("cosine_similarity", *arguments("cosine_similarity", x1=x1, x2=x2))
    if not x1.dtype.is_floating_point:
        raise RuntimeError(
            "expected common dtype to be floating point, yet common dtype is "
            f"{dtypes.LEGACY_NAMES[x1.dtype.name]}, in cosine_similarity()"
        )
    if tuple(x1._array.shape) != tuple(x2._array.shape):
        x1, x2 = broadcast_tensors(x1, x2)
    return (_unit(x1, 2, dim, eps) * _unit(x2, 2, dim, eps)).sum(dim)


def _unit(x: Any, p: float, dim: Any, eps: float) -> Any:
    return x / elementwise.clamp_min(vector_norm(x, p, dim, True), eps)


def normalize(
    input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None
) -> Tensor:
    """Return vectors along `dim` divided by their norms.

    Parameters
    ----------
    input : Tensor
    p : number
        The order of the norm.
    dim : int or tuple of int
    eps : number
        What a norm counts as at least.
    out : Tensor, optional
        Where the result is written.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.normalize(tg.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    unit = _unit(as_tensor_argument("normalize", input), p, dim, eps)
    return unit if out is None else write_into("normalize", out, unit, "cast")
