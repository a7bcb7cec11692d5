"""Counting and looking up: histograms, bins, places in sorted sequences, membership."""

from __future__ import annotations

from math import isfinite, prod
from typing import TYPE_CHECKING, Any

from .. import dtypes, return_types
from ..autograd.graph import Variable
from ..dtypes import LEGACY_NAMES, Kind
from ..ops import conversion
from ..ops import reductions as reduction_ops
from ..ops import searching as ops
from ..ops.promotion import common_place
from . import extremes, reductions
from .arguments import as_tensor_argument, reduction, together
from .comparison import logical_not
from .creation import linspace, zeros
from .elementwise import clamp, where
from .outputs import takes_out
from .shape import movedim

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "bincount",
    "bucketize",
    "hash_tensor",
    "histc",
    "histogram",
    "histogramdd",
    "isin",
    "searchsorted",
]


def _unsupported(name: str, d: Any) -> NotImplementedError:
    return NotImplementedError(f"\"{name}\" not implemented for '{LEGACY_NAMES[d.name]}'")


# -- places in sorted sequences ---------------------------------------------------------------


@takes_out()
def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return where values would have to be inserted to keep a sequence sorted.

    Parameters
    ----------
    sorted_sequence : Tensor
        Sorted along its last axis.
    input : Tensor or number
        The values; with several sequences, some for each of them.
    out_int32 : bool
        Whether positions are int32 instead of int64.
    right : bool
        Whether after equal elements, not before them.
    side : {'left', 'right'}, optional
        The same in NumPy's words.
    sorter : Tensor, optional
        Positions that sort the sequence, where it is not sorted.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.searchsorted(tg.tensor([1, 3, 5]), tg.tensor([3, 6]))
    tensor([1, 3])
    """
    name = "torch.searchsorted()"
    edges = as_tensor_argument("searchsorted", sorted_sequence, "sorted_sequence").detach()
    values = _looked_up("searchsorted", input, edges)
    _check_search(name, edges, values, sorter)
    if side not in (None, "left", "right"):
        raise RuntimeError(f"{name}: side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            f"{name}: side and right can't be set to opposites, got side of left while right was "
            "True"
        )
    if sorter is not None:
        edges = edges.take_along_dim(sorter, -1) if edges.numel() else edges
    if values.dtype is not edges.dtype:
        edges, values = together("searchsorted", [edges, values])
    if edges.dtype.is_complex or edges.dtype is dtypes.bool_:
        raise _unsupported("searchsorted_out_cpu", edges.dtype)
    result = ops.searchsorted.record(edges, values, right or side == "right")
    return conversion.cast(result, dtypes.int32) if out_int32 else result


def _looked_up(name: str, input: Any, edges: Any) -> Any:
    """Return what is looked up as a tensor; a number takes the dtype of the sequence."""
    if isinstance(input, (bool, int, float)):
        kind = Kind.FLOAT if isinstance(input, float) else Kind.INT
        dtype = edges.dtype if edges.dtype.kind >= kind else dtypes.get_default_dtype()
        return edges.new_tensor(input, dtype=dtype)
    return as_tensor_argument(name, input, "input", 2).detach()


def _check_search(name: str, edges: Any, values: Any, sorter: Any) -> None:
    shape, wanted = tuple(edges._array.shape), tuple(values._array.shape)
    common_place("searchsorted", [edges, values])
    if not shape:
        raise RuntimeError(
            f"{name}: boundaries tensor should have positive dimension, but got 0 dimension"
        )
    if len(shape) > 1 and not wanted:
        raise RuntimeError(
            f"{name}: input value can be a scalar only when boundaries tensor dimension is 1, but "
            f"we got boundaries tensor dim({len(shape)}) and input value's dim(0) numel(1)"
        )
    if len(shape) > 1 and (len(shape) != len(wanted) or shape[:-1] != wanted[:-1]):
        raise RuntimeError(
            f"{name}: boundaries tensor should be 1 dimension or the first N-1 dimensions of "
            "boundaries tensor and input value tensor must match, but we got boundaries tensor "
            f"{list(shape)} and input value tensor {list(wanted)}"
        )
    if sorter is None:
        return
    if tuple(sorter._array.shape) != shape:
        raise RuntimeError(
            f"{name}: boundary and sorter must have the same size, but got boundary tensor "
            f"{list(shape)} and got sorter tensor {list(sorter._array.shape)}"
        )
    if sorter.dtype is not dtypes.int64:
        raise RuntimeError(
            f"{name}: sorter must be a tensor of long dtype but got dtype "
            f"{LEGACY_NAMES[sorter.dtype.name]}"
        )
    if sorter.numel() and not bool(((sorter >= 0) & (sorter < shape[-1])).all()):
        raise RuntimeError(f"{name}: sorter index out of range")


@takes_out()
def bucketize(
    input: Any,
    boundaries: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return which bin each element lies in, given the bins' boundaries.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.bucketize(tg.tensor([0.5, 2.5, 9.0]), tg.tensor([1.0, 2.0, 3.0]))
    tensor([0, 2, 3])
    """
    boundaries = as_tensor_argument("bucketize", boundaries, "boundaries", 2)
    if boundaries._array.ndim != 1:
        raise RuntimeError(
            f"boundaries tensor must be 1 dimension, but got dim({boundaries._array.ndim}), in "
            "bucketize()"
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@takes_out()
def isin(
    elements: Any,
    test_elements: Any,
    *,
    assume_unique: bool = False,
    invert: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return which elements are among others.

    Parameters
    ----------
    elements, test_elements : Tensor or number
        One of them a tensor.
    assume_unique : bool
        Accepted as in PyTorch.
    invert : bool
        Whether to return which are not.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.isin(tg.tensor([1, 2, 3]), tg.tensor([3, 1]))
    tensor([ True, False,  True])
    """
    given = [elements, test_elements]
    like: Any = next((g for g in given if isinstance(g, Variable)), None)
    if like is None:
        like = as_tensor_argument("isin", elements, "elements")
    tensors = [
        like.new_tensor(g, dtype=None if isinstance(g, (bool, int)) else like.dtype)
        if isinstance(g, (bool, int, float))
        else as_tensor_argument("isin", g).detach()
        for g in given
    ]
    for t in tensors:
        if t.dtype.is_complex or t.dtype is dtypes.bool_:
            raise RuntimeError(
                f"Unsupported input type encountered for isin(): {LEGACY_NAMES[t.dtype.name]}"
            )
    wanted, among = together("isin", tensors)
    among = among.reshape(-1)
    if not among.numel():
        found = wanted.new_zeros(tuple(wanted._array.shape), dtype=dtypes.bool_)
    else:
        among = among.sort().values
        at = ops.searchsorted.record(among, wanted, False)
        at = at.clamp(max=among.numel() - 1)
        found = among[at] == wanted
    return logical_not(found) if invert else found


# -- counts -----------------------------------------------------------------------------------


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Tensor:
    """Return how often each of the numbers 0, 1, 2, ... occurs, or the sum of its weights.

    Parameters
    ----------
    input : Tensor
        Non-negative integers, a vector.
    weights : Tensor, optional
        What each counts.
    minlength : int
        How many numbers are counted at least.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.bincount(tg.tensor([1, 3, 1]))
    tensor([0, 2, 0, 1])
    """
    input = as_tensor_argument("bincount", input)
    if input.dtype.kind is not Kind.INT:
        raise _unsupported("bincount_cpu", input.dtype)
    if minlength < 0:
        raise RuntimeError(f"minlength should be >= 0, got {minlength}, in bincount()")
    count = input.numel()
    if count and (input._array.ndim != 1 or bool((input < 0).any())):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and tuple(weights._array.shape) != tuple(input._array.shape):
        raise RuntimeError(
            "weights should be 1-d and have the same length as input, got shapes "
            f"{list(weights._array.shape)} and {list(input._array.shape)}"
        )
    if not count:
        return zeros(minlength, dtype=dtypes.int64, device=input.device)
    length = max(int(extremes.amax(input)) + 1, minlength)
    at = conversion.cast(input, dtypes.int64)
    if weights is None:
        return _counted(at, at.new_tensor([1]).expand(at.shape), length)
    if weights.dtype is not dtypes.float32:
        weights = conversion.cast(weights, dtypes.float64)
    return _counted(at, weights.detach(), length)


def _counted(at: Any, weights: Any, length: int) -> Any:
    """Return the sums of the weights at each of `length` positions."""
    place = at._place
    with place.entered():
        return place.wrap(place.xp.index_embed(weights._array, (length,), (at._array,)), place)


@takes_out()
def histc(
    input: Any, bins: int = 100, min: float = 0, max: float = 0, *, out: Tensor | None = None
) -> Tensor:
    """Return how many elements lie in each of `bins` even bins between two bounds.

    Parameters
    ----------
    input : Tensor
        Elements outside the bounds, and NaN, count nowhere.
    bins : int
    min, max : float
        The bounds; the least and the greatest element if they are equal.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.histc(tg.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    input = as_tensor_argument("histc", input).detach()
    if input.dtype.kind is not Kind.FLOAT:
        raise _unsupported("histogram_cpu", input.dtype)
    _check_bins("torch.histogram()", bins, 0)
    low, high = float(min), float(max)
    if low == high and input.numel():
        low, high = float(extremes.amin(input)), float(extremes.amax(input))
    if low == high:
        low, high = low - 1, high + 1
    if not (isfinite(low) and isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"torch.histc: max must be larger than min, got {high} and {low}")
    flat = input.reshape(-1)
    inside = (flat >= low) & (flat <= high)
    place = where(inside, (flat - low) * bins / (high - low), 0.0)
    at = clamp(conversion.cast(place, dtypes.int64), max=bins - 1)
    return _counted(at, conversion.cast(inside, input.dtype), bins)


def _check_bins(name: str, bins: Any, k: int) -> None:
    if bins <= 0:
        raise RuntimeError(f"{name}: bins must be > 0, but got {bins} for dimension {k}")


def _even_edges(like: Any, low: float, high: float, bins: int) -> Any:
    return linspace(low, high, bins + 1, dtype=like.dtype, device=like.device)


def _spread_over(points: Any, edges: list[Any], weight: Any) -> Any:
    """Return the sums of weights in each cell of a grid; a last edge belongs to its bin."""
    shape = tuple(e._array.shape[0] - 1 for e in edges)
    at: Any = None
    inside: Any = None
    for k, e in enumerate(edges):
        column = points.select(1, k).clone()
        bin = ops.searchsorted.record(e, column, True) - 1
        bin = bin - (column == e[-1]).to(dtypes.int64)
        fits = (column >= e[0]) & (column <= e[-1])
        at = bin if at is None else at * shape[k] + bin
        inside = fits if inside is None else inside & fits
    if weight is None:
        weight = points.new_tensor([1.0]).expand((points._array.shape[0],))
    kept = inside.to(weight.dtype) * weight
    at = at * inside.to(dtypes.int64)
    return _counted(at, kept, prod(shape)).reshape(shape)


@takes_out()
def histogram(
    input: Any,
    bins: Any = 100,
    *,
    range: Any = None,
    weight: Any = None,
    density: bool = False,
    out: Any = None,
) -> Any:
    """Return how many elements lie in each bin, and the bins' edges.

    Parameters
    ----------
    input : Tensor
    bins : int or Tensor
        How many even bins, or all edges in order.
    range : (float, float), optional
        The first and last edge; by default the least and the greatest element.
    weight : Tensor, optional
        What each element counts.
    density : bool
        Whether counts are scaled so that they integrate to one.

    Returns
    -------
    (hist, bin_edges)

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.histogram(tg.tensor([1.0, 2.0, 1.0]), bins=2, range=(0.0, 3.0)).hist
    tensor([2., 1.])
    """
    input = as_tensor_argument("histogram", input).detach()
    points = input.reshape(-1, 1)
    if weight is not None:
        _check_weight(points, tuple(input._array.shape), weight)
        weight = weight.reshape(-1)
    hist, edges = _histogram("torch.histogram()", points, [bins], range, weight, density)
    return return_types.histogram(hist, edges[0])


def _check_weight(points: Any, shape: tuple[int, ...], weight: Any) -> None:
    if tuple(weight._array.shape) != shape:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the "
            f"input tensor excluding its innermost dimension, but got input with shape "
            f"{list(points._array.shape)} and weight with shape {list(weight._array.shape)}"
        )
    if weight.dtype is not points.dtype:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor "
            f"should have the same dtype, but got input({points.dtype.name}), and weight("
            f"{weight.dtype.name})"
        )


def histogramdd(
    input: Any,
    bins: Any,
    *,
    range: Any = None,
    weight: Any = None,
    density: bool = False,
) -> Any:
    """Return how many points lie in each cell of a grid, and the edges along each axis.

    Parameters
    ----------
    input : Tensor
        The points' coordinates along the last axis.
    bins : int, list of int, or list of Tensor
        How many even bins along each axis, or all edges.
    range : list of float, optional
        The first and last edge of each axis, one after the other.
    weight : Tensor, optional
        What each point counts.
    density : bool
        Whether counts are scaled so that they integrate to one.

    Returns
    -------
    (hist, bin_edges)

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> points = tg.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> tg.histogramdd(points, [2, 2]).hist
    tensor([[0., 1.],
            [1., 1.]])
    """
    input = as_tensor_argument("histogramdd", input).detach()
    shape = tuple(input._array.shape)
    if len(shape) < 2:
        raise RuntimeError(
            "torch.histogramdd: input tensor should have at least 2 dimensions, but got "
            f"{len(shape)}"
        )
    bins = [bins] * shape[-1] if isinstance(bins, int) else list(bins)
    if len(bins) != shape[-1]:
        raise RuntimeError(
            "torch.histogramdd: The size of bins must be equal to the innermost dimension of the "
            f"input. Got {len(bins)} and {shape[-1]}"
        )
    points = input.reshape(prod(shape[:-1]), shape[-1])
    if weight is not None:
        _check_weight(input, shape[:-1], weight)
        weight = weight.reshape(-1)
    hist, edges = _histogram("torch.histogramdd()", points, bins, range, weight, density)
    return return_types.histogramdd(hist, tuple(edges))


def _histogram(
    name: str, points: Any, bins: list[Any], range: Any, weight: Any, density: bool
) -> tuple[Any, list[Any]]:
    if points.dtype.kind is not Kind.FLOAT:
        raise _unsupported("histogramdd", points.dtype)
    bounds = None if range is None else [float(b) for b in range]
    if bounds is not None and len(bounds) != 2 * len(bins):
        raise RuntimeError(
            f"torch.histogramdd: for a {len(bins)}-dimensional histogram range should have "
            f"{2 * len(bins)} elements, but got {len(bounds)}"
        )
    edges = [_edges_of(name, points, b, k, bounds) for k, b in enumerate(bins)]
    hist = _spread_over(points, edges, None if weight is None else weight.detach())
    if density:
        hist = hist / reductions.sum(hist)
        for k, e in enumerate(edges):
            width = e[1:] - e[:-1]
            hist = movedim(movedim(hist, k, -1) / width, -1, k)
    return hist, edges


def _given_edges(points: Any, bins: Any, k: int) -> Any:
    if bins._array.ndim != 1:
        raise RuntimeError(
            "torch.histogramdd: bins tensor should have one dimension, but got "
            f"{bins._array.ndim} dimensions in the bins tensor for dimension {k}"
        )
    if bins.dtype is not points.dtype:
        raise RuntimeError(
            "torch.histogramdd: input tensor and bins tensors should have the same dtype, but "
            f"got input with dtype {points.dtype.name} and bins for dimension {k} with dtype "
            f"{bins.dtype.name}"
        )
    return bins.detach()


def _edges_of(name: str, points: Any, bins: Any, k: int, bounds: Any) -> Any:
    if isinstance(bins, Variable):
        return _given_edges(points, bins, k)
    _check_bins(name, bins, k)
    if bounds is not None:
        low, high = bounds[2 * k], bounds[2 * k + 1]
    elif points.numel():
        column = points.select(1, k)
        low, high = float(extremes.amin(column)), float(extremes.amax(column))
    else:
        low, high = 0.0, 1.0
    if not (isfinite(low) and isfinite(high)):
        raise RuntimeError(
            f"torch.histogramdd: dimension {k}'s range [{low}, {high}] is not finite"
        )
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low} max {high} for "
            f"dimension {k}"
        )
    if low == high:
        low, high = low - 0.5, high + 0.5
    return _even_edges(points, low, high, bins)


# -- bits -------------------------------------------------------------------------------------


@takes_out()
def hash_tensor(
    input: Any,
    dim: Any = (),
    *,
    keepdim: bool = False,
    mode: int = 0,
    axis: Any = None,
    keepdims: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the exclusive or of the elements' bits, which tells whether a tensor has changed.

    Parameters
    ----------
    input : Tensor
        Numbers count as float64 or int64.
    dim : int or tuple of int
        All axes by default.
    keepdim : bool
    mode : int
        0, as in PyTorch.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.hash_tensor(tg.tensor([5, 3]))
    tensor(6, dtype=tensorflowlite_grad.uint64)
    """
    dim = None if dim == () else dim
    input, dims, keep = reduction("hash_tensor", input, dim, axis, keepdim, keepdims)
    if mode != 0:
        raise RuntimeError(f"Unknown hash_tensor mode: {mode}")
    if input.dtype.is_complex:
        raise _unsupported("xor_sum_cpu", input.dtype)
    extremes.refuse_empty("hash_tensor", input, dims)
    result: Tensor = reduction_ops.hash_tensor.record(input.detach(), dims, keep)
    return result
