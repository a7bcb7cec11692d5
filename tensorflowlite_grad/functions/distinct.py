"""Distinct elements, and distinct slices along an axis."""

from __future__ import annotations

from math import prod
from typing import Any

from .. import dtypes
from ..ops.cumulative import ordinal
from .arguments import as_tensor_argument
from .arguments import axis as axis_of
from .shape import movedim

__all__ = ["unique", "unique_consecutive"]


def _ranked(xp: Any, rows: Any) -> Any:
    """Return each element's rank among its column, equal for equals; NaNs are all different."""
    by_size = xp.argsort(rows, axis=0, stable=True)
    first = _changes(xp, xp.take_along_axis(rows, by_size, axis=0))
    rank = xp.cumulative_sum(xp.astype(first, xp.int64), axis=0)
    return xp.take_along_axis(rank, xp.argsort(by_size, axis=0, stable=True), axis=0)


def _changes(xp: Any, rows: Any) -> Any:
    """Return where elements differ from those of the row before; the first row does."""
    first = xp.ones(tuple(rows[:1, ...].shape), dtype=xp.bool)
    return xp.concat([first, rows[1:, ...] != rows[:-1, ...]], axis=0)


def _row_order(xp: Any, rows: Any) -> Any:
    """Return the positions that sort the rows of a matrix, the first column foremost.

    Columns are joined in pairs: two ranks make one number, which is ranked again.
    """
    n = rows.shape[0]
    while rows.shape[1] > 1:
        ranks = _ranked(xp, rows)
        count = ranks.shape[1]
        pairs = ranks[:, 0 : count - count % 2 : 2] * (n + 1) + ranks[:, 1::2]
        rows = xp.concat([pairs, ranks[:, count - 1 :]], axis=1) if count % 2 else pairs
    return xp.argsort(rows[:, 0], axis=0, stable=True)


def _distinct(xp: Any, rows: Any, sort: bool) -> tuple[Any, Any, Any]:
    """Return where distinct rows are first, of which one each row is, and how often each occurs.

    Without `sort`, only neighbours are compared.
    """
    n = rows.shape[0]
    if not n:
        none = xp.zeros((0,), dtype=xp.int64)
        return none, none, none
    rows = xp.reshape(rows, (n, prod(rows.shape[1:])))
    order = xp.astype(_row_order(xp, rows), xp.int64) if sort and rows.shape[1] else None
    sorted_rows = rows if order is None else xp.take(rows, order, axis=0)
    new = xp.any(_changes(xp, sorted_rows), axis=1)
    if not rows.shape[1]:
        new = xp.arange(n, dtype=xp.int64) == 0
    starts = xp.astype(xp.nonzero(new)[0], xp.int64)
    end = xp.full((1,), n, dtype=xp.int64)
    counts = xp.concat([starts[1:], end])[: starts.shape[0]] - starts
    number = xp.cumulative_sum(xp.astype(new, xp.int64), axis=0) - 1
    if order is None:
        return starts, number, counts
    inverse = xp.index_put(number, (order,), number)
    return xp.take(order, starts, axis=0), inverse, counts


def _found(name: str, input: Any, dim: Any, inverse: bool, counts: bool, sort: bool) -> Any:
    input = as_tensor_argument(name, input).detach()
    if input.dtype.is_complex:
        legacy = dtypes.LEGACY_NAMES[input.dtype.name]
        raise NotImplementedError(
            f"\"unique\" not implemented for '{legacy}': {name}() is for real numbers"
        )
    shape = tuple(input._array.shape)
    if dim is None:
        moved, rows_shape = input.reshape(-1), shape
    else:
        d = axis_of(name, dim, len(shape))
        _refuse_empty(name, shape, d)
        moved = movedim(input, d, 0) if shape else input.reshape(1)
        rows_shape = (moved._array.shape[0],)
    place = input._place
    xp = place.xp
    with place.entered():
        rows = moved._array
        where, each, often = _distinct(xp, ordinal(xp, rows), sort)
        values = xp.take(rows, where, axis=0)
    if dim is None:
        out = place.wrap(values, place)
    else:
        out = place.wrap(values, place)
        out = movedim(out, 0, d) if shape else out
    results = [out]
    if inverse:
        results.append(place.wrap(each, place).reshape(rows_shape))
    if counts:
        results.append(place.wrap(often, place))
    return tuple(results) if len(results) > 1 else out


def _refuse_empty(name: str, shape: tuple[int, ...], d: int) -> None:
    empty = [k for k, n in enumerate(shape) if n == 0]
    if empty and not (empty == [d]):
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied: "
            f"{name}() along axis {d} of a tensor of shape {list(shape)}"
        )


def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Any = None,
) -> Any:
    """Return the distinct elements in order, or the distinct slices along `dim`.

    Parameters
    ----------
    input : Tensor
    sorted : bool
        Accepted as in PyTorch: the result is always in order.
    return_inverse : bool
        Whether to return also where in the result each element is.
    return_counts : bool
        Whether to return also how often each occurs.
    dim : int, optional

    Returns
    -------
    Tensor or tuple of Tensor
        Every NaN is one of its own.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unique(tg.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    return _found("unique", input, dim, return_inverse, return_counts, True)


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: Any = None
) -> Any:
    """Return the elements without those equal to the one before: see `unique`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unique_consecutive(tg.tensor([3, 3, 1, 3]))
    tensor([3, 1, 3])
    """
    return _found("unique_consecutive", input, dim, return_inverse, return_counts, False)
