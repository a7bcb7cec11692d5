"""Embeddings: rows of a table at given positions, one by one or in bags."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...autograd import inplace, modes
from ...functions import elementwise
from ...functions.arguments import as_tensor_argument
from ...functions.elementwise import where
from ...functions.reductions import vector_norm
from ...functions.shape import reshape, unsqueeze
from ...ops import embedding as ops
from ...ops import indexing as index_ops
from .common import like, raw

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["embedding", "embedding_bag", "one_hot"]


def _positions(name: str, input: Any, rows: int) -> Any:
    """Return indices as a native array of int64, checked."""
    if input.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {dtypes.LEGACY_NAMES[input.dtype.name]} instead (while checking "
            f"arguments for {name})"
        )
    place = input._place
    with place.entered():
        found = place.xp.astype(input._array, place.native(dtypes.int64), copy=True)
        if prod(found.shape):
            low, high = int(place.xp.min(found)), int(place.xp.max(found))
            if low < 0 or high >= rows:
                raise IndexError(
                    f"index out of range in self: {name}() has {rows} rows, and was asked for "
                    f"{low if low < 0 else high}"
                )
    return found


def _padding(padding_idx: int | None, rows: int) -> int:
    """Return the row that has no gradient, or -1."""
    if padding_idx is None:
        return -1
    if not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % rows


def _renormalize(weight: Any, found: Any, max_norm: float, norm_type: float) -> None:
    """Scale the rows in use that are too long down to a norm, in place."""
    place = weight._place
    with modes.no_grad():
        inplace.check(weight, "embedding_renorm_")
        with place.entered():
            used = place.xp.unique_values(place.xp.reshape(found, (-1,)))
        index = (used, slice(None))
        rows = index_ops.index.record(weight, index)
        norms = vector_norm(rows, norm_type, 1, True)
        scaled = where(norms > max_norm, rows * (max_norm / (norms + 1e-7)), rows)
        inplace.commit(weight, index_ops.put.record(inplace.snapshot(weight), scaled, index))


def _rows(weight: Any, found: Any, padding: int, by_count: bool) -> Any:
    place = weight._place
    xp = place.xp
    kept = counts = None
    with place.entered():
        if padding >= 0:
            kept = xp.expand_dims(found != padding, axis=found.ndim)
        if by_count:
            ones = xp.ones_like(found)
            uses = xp.index_embed(ones, (weight._array.shape[0],), (found,))
            counts = xp.expand_dims(xp.index_get(uses, (found,)), axis=found.ndim)
            counts = xp.astype(counts, weight._array.dtype)
    return ops.embedding.record(weight, found, kept, counts)


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Return rows of a table.

    Parameters
    ----------
    input : Tensor of int64
        The positions of the rows.
    weight : Tensor
        The table, a matrix.
    padding_idx : int, optional
        A row that gets no gradient.
    max_norm : number, optional
        Rows in use that are longer are scaled down first, in place.
    norm_type : number
        The order of that norm.
    scale_grad_by_freq : bool
        Whether a row's gradient is divided by how often it is used.
    sparse : bool
        Without effect: gradients are dense.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> table = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.nn.functional.embedding(tg.tensor([1, 1, 0]), table)
    tensor([[3., 4.],
            [3., 4.],
            [1., 2.]])
    """
    input = as_tensor_argument("embedding", input)
    weight = as_tensor_argument("embedding", weight, "weight", 2)
    if weight._array.ndim != 2:
        raise RuntimeError("'weight' must be 2-D, in embedding()")
    rows = weight._array.shape[0]
    padding = _padding(padding_idx, rows)
    found = _positions("embedding", input, rows)
    if max_norm is not None:
        _renormalize(weight, found, max_norm, norm_type)
    return _rows(weight, found, padding, scale_grad_by_freq)


_MODES = ("sum", "mean", "max")


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Return sums, means or maxima of bags of a table's rows.

    Parameters
    ----------
    input : Tensor of int64
        The positions of the rows: a matrix with a bag in each row, or a vector of bags one
        after the other.
    weight : Tensor
        The table, a matrix.
    offsets : Tensor of int64, optional
        Where each bag of a vector starts.
    max_norm, norm_type, scale_grad_by_freq, sparse
        As those of `embedding`.
    mode : {'mean', 'sum', 'max'}
    per_sample_weights : Tensor, optional
        In the shape of `input`: multiplied with the rows; for sums only.
    include_last_offset : bool
        Whether the end of the last bag is the last of `offsets`.
    padding_idx : int, optional
        A row that does not count.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> table = tg.tensor([[1.0], [2.0], [4.0]])
    >>> tg.nn.functional.embedding_bag(tg.tensor([0, 1, 2]), table, tg.tensor([0, 1]))
    tensor([[1.],
            [3.]])
    """
    input = as_tensor_argument("embedding_bag", input)
    weight = as_tensor_argument("embedding_bag", weight, "weight", 2)
    shape = tuple(input._array.shape)
    if mode not in _MODES:
        raise ValueError("mode has to be one of sum, mean or max")
    if per_sample_weights is not None:
        if tuple(per_sample_weights.shape) != shape:
            raise ValueError(
                f"embedding_bag: If per_sample_weights ({list(per_sample_weights.shape)}) is not "
                f"None, then it must have the same shape as the input ({list(shape)})"
            )
        if mode != "sum":
            raise NotImplementedError(
                "embedding_bag: per_sample_weights was not None. per_sample_weights is only "
                f"supported for mode='sum' (got mode={mode!r})."
            )
    if weight._array.ndim != 2:
        raise ValueError("weight has to be a 2D Tensor, in embedding_bag()")
    if len(shape) == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated as a mini-batch "
                f"of fixed length sequences. However, found offsets of type {type(offsets)}"
            )
        starts = [k * shape[1] for k in range(shape[0])]
    elif len(shape) == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets._array.ndim != 1:
            raise ValueError("offsets has to be a 1D Tensor")
        starts = offsets.tolist()
        if include_last_offset and not starts:
            raise RuntimeError("include_last_offset: number of offset should be at least 1")
    else:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {len(shape)}"
        )
    count = prod(shape)
    if starts and starts[0] != 0:
        raise RuntimeError(
            f"offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
            f"position 0. However, got {starts[0]}"
        )
    ends = [*starts[1:], count]
    if include_last_offset and len(shape) == 1:
        starts, ends = starts[:-1], starts[1:]
    if any(a > b for a, b in zip(starts, ends, strict=True)) or (ends and max(ends) > count):
        raise RuntimeError(
            "offsets[-1] can not be greater than input's length, and offsets cannot decrease: "
            f"{starts} for {count} positions"
        )
    rows = weight._array.shape[0]
    padding = _padding(padding_idx, rows)
    found = _positions("embedding_bag", input, rows)
    if max_norm is not None:
        _renormalize(weight, found, max_norm, norm_type)
    place = weight._place
    sizes = [b - a for a, b in zip(starts, ends, strict=True)]
    bags = [k for k, n in enumerate(sizes) for _ in range(n)]
    with place.entered():
        flat = place.xp.reshape(found, (-1,))[: len(bags)]  # the rest is after the last offset
    picked = _rows(weight, flat, padding, scale_grad_by_freq)
    native = flat.dtype
    xp = place.xp
    owner = xp.asarray(bags, dtype=native) if bags else xp.zeros((0,), dtype=native)
    wide = weight._array.shape[1]
    if mode == "max":
        return _greatest(picked, flat, padding, starts, sizes, wide)
    if padding >= 0:
        with place.entered():
            keep = raw(weight, xp.expand_dims(flat != padding, axis=1))
        picked = where(keep, picked, like(picked, 0))
    if per_sample_weights is not None:
        picked = picked * unsqueeze(reshape(per_sample_weights, -1)[: len(bags)], 1)
    out = index_ops.embed.record(picked, (len(starts), wide), (owner, slice(None)))
    if mode == "mean":
        with place.entered():
            if padding >= 0:
                kept = xp.astype(flat != padding, native)
                counts = xp.index_embed(kept, (len(starts),), (owner,))
            else:
                counts = xp.asarray(sizes, dtype=native) if sizes else xp.zeros((0,), dtype=native)
            counts = xp.where(counts == 0, xp.ones_like(counts), counts)
            counts = xp.astype(counts, weight._array.dtype)
        out = out / unsqueeze(raw(weight, counts), 1)
    return out


def _greatest(
    picked: Any, flat: Any, padding: int, starts: list[int], sizes: list[int], wide: int
) -> Any:
    """Return the greatest elements of bags; of several equal ones, the first has the gradient."""
    place = picked._place
    xp = place.xp
    longest = max(sizes, default=0)
    if not longest or not wide:
        return picked.new_zeros((len(starts), wide))
    # Bags as rows of equal length; what is beyond a bag's end shows its first position.
    grid = [
        [start + (k if k < n else 0) if n else 0 for k in range(longest)]
        for start, n in zip(starts, sizes, strict=True)
    ]
    inside = [[k < n for k in range(longest)] for n in sizes]
    where_ = xp.asarray(grid, dtype=flat.dtype)
    valid = xp.asarray(inside)
    if padding >= 0:
        shown = xp.reshape(xp.take(flat, xp.reshape(where_, (-1,)), axis=0), where_.shape)
        with place.entered():
            valid = valid & (shown != padding)
    values = xp.index_get(picked._array, (where_, slice(None)))
    wide_valid = xp.broadcast_to(xp.expand_dims(valid, axis=2), values.shape)
    lowest = xp.full_like(values, -float("inf"))
    best = xp.argmax(xp.where(wide_valid, values, lowest), axis=1)
    bag = xp.reshape(xp.arange(len(starts), dtype=flat.dtype), (-1, 1))
    row = xp.index_get(where_, (bag, best))
    column = xp.reshape(xp.arange(wide, dtype=flat.dtype), (1, -1))
    out = index_ops.gather.record(picked, (row, column))
    some = raw(picked, xp.any(valid, axis=1, keepdims=True))
    return elementwise.where(some, out, like(out, 0))


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """Return classes as vectors that are 1 at their place and 0 elsewhere.

    Parameters
    ----------
    tensor : Tensor of int64
    num_classes : int
        The length of the vectors; by default, one more than the greatest class.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.one_hot(tg.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    tensor = as_tensor_argument("one_hot", tensor, "tensor")
    if tensor.dtype is not dtypes.int64:
        raise RuntimeError(
            "one_hot is only applicable to index tensor of type LongTensor, not "
            f"{tensor.dtype.name}"
        )
    if not tensor.numel():
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
    else:
        if int(tensor.min()) < 0:
            raise RuntimeError("Class values must be non-negative.")
        greatest = int(tensor.max())
        if num_classes == -1:
            num_classes = greatest + 1
        elif num_classes <= 0:
            raise RuntimeError("num_classes should be positive")
        elif greatest >= num_classes:
            raise RuntimeError("Class values must be smaller than num_classes.")
    place = tensor._place
    with place.entered():
        steps = raw(tensor, place.xp.arange(num_classes, dtype=tensor._array.dtype))
    return (unsqueeze(tensor, -1) == steps).to(dtypes.int64)
