"""Losses of pairs and triplets: of how near they are, and how they are ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...functions import elementwise
from ...functions.comparison import eq, ne
from ...functions.elementwise import where
from ...ops import conversion
from .common import arguments, like, reduced, reduction_of
from .distance import pairwise_distance

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return a distance for targets of 1, and what it lacks to a margin for those of -1.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.hinge_embedding_loss(tg.tensor([0.5, 0.25]), tg.tensor([1, -1]))
    tensor(0.6250)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = arguments("hinge_embedding_loss", input=input, target=target)
    apart = elementwise.clamp_min(margin - input, 0)
    zero = like(apart, 0)
    loss = where(ne(target, 1), apart, zero) + where(ne(target, -1), input, zero)
    return reduced(loss, reduction)


def _equal_rank(name: str, *tensors: Any) -> None:
    if len({t._array.ndim for t in tensors}) > 1:
        raise RuntimeError(
            f"{name} : All input tensors should have same dimension but got sizes: "
            + " and ".join(str(list(t._array.shape)) for t in tensors)
        )


def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return by how much pairs fail to be ranked as targets of 1 and -1 say.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> F = tg.nn.functional
    >>> F.margin_ranking_loss(tg.tensor([1.0]), tg.tensor([3.0]), tg.tensor([1.0]))
    tensor(2.)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input1, input2, target = arguments(
        "margin_ranking_loss", input1=input1, input2=input2, target=target
    )
    _equal_rank("margin_ranking_loss", input1, input2, target)
    loss = elementwise.clamp_min(-target * (input1 - input2) + margin, 0)
    return reduced(loss, reduction)


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return one minus the cosine for targets of 1, its excess over a margin for those of -1.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, y = tg.tensor([[1.0, 0.0]]), tg.tensor([[0.0, 1.0]])
    >>> tg.nn.functional.cosine_embedding_loss(x, y, tg.tensor([1]))
    tensor(1.)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input1, input2, target = arguments(
        "cosine_embedding_loss", input1=input1, input2=input2, target=target
    )
    if target._array.ndim > 1:
        raise RuntimeError(
            f"0D or 1D target tensor expected, multi-target not supported, got "
            f"{target._array.ndim}D in cosine_embedding_loss()"
        )
    if target._array.ndim == 1:
        if input1._array.ndim != 2 or input2._array.ndim != 2:
            raise RuntimeError(
                "1D target tensor expects 2D input tensors, but found inputs with sizes "
                f"{list(input1._array.shape)} and {list(input2._array.shape)}."
            )
    elif input1._array.ndim != 1 or input2._array.ndim != 1:
        raise RuntimeError(
            "0D target tensor expects 1D input tensors, but found inputs with sizes "
            f"{list(input1._array.shape)} and {list(input2._array.shape)}."
        )
    input1, input2 = (_numeric(t) for t in (input1, input2))
    product = (input1 * input2).sum(-1)
    first = (input1 * input1).sum(-1) + 1e-12
    second = (input2 * input2).sum(-1) + 1e-12
    cosine = product / elementwise.sqrt(first * second)
    zero = like(cosine, 0)
    near = where(eq(target, 1), 1 - cosine, zero)
    far = where(eq(target, -1), elementwise.clamp_min(cosine - margin, 0), zero)
    return reduced(near + far, reduction)


def _numeric(tensor: Any) -> Any:
    return conversion.cast(tensor, dtypes.int64) if tensor.dtype is dtypes.bool_ else tensor


def _triplet(apart: Any, near: Any, margin: float, reduction: str) -> Any:
    return reduced(elementwise.clamp_min(near - apart + margin, 0), reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return by how much anchors are not closer to positives than to negatives by a margin.

    Parameters
    ----------
    anchor, positive, negative : Tensor
        Vectors along the last axis.
    margin : number
    p : number
        The order of the norm.
    eps : number
        Added to the differences.
    swap : bool
        Whether the distance from positive to negative counts, where it is less.
    size_average, reduce : bool, optional
        The old spelling of `reduction`.
    reduction : {'mean', 'sum', 'none'}

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> a, b = tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]])
    >>> tg.nn.functional.triplet_margin_loss(a, b, a)
    tensor(6.0000)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    anchor, positive, negative = arguments(
        "triplet_margin_loss", anchor=anchor, positive=positive, negative=negative
    )
    _equal_triplet(anchor, positive, negative, "triplet_margin_loss")
    near = pairwise_distance(anchor, positive, p, eps)
    apart = pairwise_distance(anchor, negative, p, eps)
    if swap:
        apart = elementwise.minimum(apart, pairwise_distance(positive, negative, p, eps))
    return _triplet(apart, near, margin, reduction)


def _equal_triplet(anchor: Any, positive: Any, negative: Any, name: str) -> None:
    ranks = [t._array.ndim for t in (anchor, positive, negative)]
    if len(set(ranks)) > 1:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {ranks[0]}D, positive {ranks[1]}D, and negative "
            f"{ranks[2]}D inputs in {name}()"
        )


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Any = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Return what `triplet_margin_loss` does, with a distance of one's own.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> a, b = tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]])
    >>> tg.nn.functional.triplet_margin_with_distance_loss(
    ...     a, b, a, distance_function=lambda x, y: (x - y).abs().sum(-1)
    ... )
    tensor(8.)
    """
    reduction = reduction_of(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    anchor, positive, negative = arguments(
        "triplet_margin_with_distance_loss", anchor=anchor, positive=positive, negative=negative
    )
    _equal_triplet(anchor, positive, negative, "triplet_margin_with_distance_loss")
    distance = pairwise_distance if distance_function is None else distance_function
    near, apart = distance(anchor, positive), distance(anchor, negative)
    if swap:
        apart = elementwise.minimum(apart, distance(positive, negative))
    return _triplet(apart, near, margin, reduction)
