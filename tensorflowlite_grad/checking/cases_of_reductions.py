"""Cases of running sums, sorting, statistics and masked reductions."""

from __future__ import annotations

import math
from typing import Any

from ..functions import (
    cumulative,
    differences,
    extremes,
    masked_along,
    masked_reductions,
    reductions,
    sorting,
    statistics,
)
from .samples import Positions, Sample, case, given, real, truth, whole

__all__: list[str] = []

NAN, INF = math.nan, math.inf
BOX = real(2, 3, 2)
AXES: Any = (0, 1, 2)
TIES = given(1, 3, 2, 3, 1, 3, dtype="int64", shape=(2, 3))
HOLES = given(2.0, NAN, 1.0, NAN, NAN, 0.5, shape=(2, 3))

# -- running extremes and sums --------------------------------------------------------------


def _last_extreme(np: Any, x: Any, axis: int, greatest: bool) -> Any:
    out = np.zeros(x.shape, dtype=np.int64)
    for at in np.ndindex(*x.shape):
        row = x[(*at[:axis], slice(0, at[axis] + 1), *at[axis + 1 :])]
        best = row.max() if greatest else row.min()
        out[at] = np.nonzero((row == best) | (row != row))[0][-1]
    return out


for axis in (0, 1):
    for greatest in (True, False):
        case(
            "cumulative_argmax",
            _last_extreme,
            (TIES,),
            (HOLES,),
            (real(3, 4),),
            (given(7, 0, 250, dtype="int64", shape=(3, 1)),),
            options=(axis, greatest),
        )
POINTWISE = (Positions([0], [1]), Positions([0, 0, 2], [0, 1, 1]))
for name in ("cummax", "cummin"):
    case(
        name,
        lambda np, x, index: x[index],
        (real(2, 3),),
        options=(POINTWISE,),
        complex=True,
    )


def _running(name: str) -> None:
    accumulate = "maximum" if name == "cummax" else "minimum"
    for axis in AXES:
        case(
            f"{name}()",
            lambda np, x, axis=axis: getattr(np, accumulate).accumulate(x, axis),
            (BOX,),
            run=lambda x, axis=axis: getattr(cumulative, name)(x, axis).values,
        )


for name in ("cummax", "cummin"):
    _running(name)
for axis in AXES:
    case(
        "logcumsumexp",
        lambda np, x, axis: np.log(np.cumsum(np.exp(x), axis)),
        (BOX,),
        options=(axis,),
        complex=True,
    )
case(
    "logcumsumexp",
    lambda np, x, axis: np.logaddexp.accumulate(x),
    (given(1000.0, -1000.0, 1001.0, 999.0, -2000.0),),
    (real(9),),
    options=(0,),
)
case("logcumsumexp", lambda np, x, axis: x, (real(0, 2),), options=(0,))
ZEROS = given(2.0, 0.0, 3.0, -1.5, 0.0, 0.5, 1.0, shape=(7,))
case("cumprod", lambda np, x, axis: np.cumprod(x), (ZEROS,), (real(9),), options=(0,))

# -- order ------------------------------------------------------------------------------------


def _order(np: Any, x: Any, axis: int, descending: bool) -> Any:
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    turned = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(turned, axis)


for axis in (0, 1):
    for descending in (False, True):
        case(
            "argsort",
            _order,
            (TIES,),
            (HOLES,),
            (real(3, 4),),
            (truth(2, 3),),
            options=(axis, descending),
        )


def _median_position(np: Any, x: Any, axis: int, ignore_nan: bool) -> Any:
    order = np.argsort(x, axis=axis, kind="stable")
    missing = np.isnan(x.astype(float)).sum(axis=axis, keepdims=True)
    rank = np.maximum((x.shape[axis] - missing - 1) // 2, 0)
    if not ignore_nan:
        rank = np.where(missing > 0, x.shape[axis] - missing, (x.shape[axis] - 1) // 2)
    return np.take_along_axis(order, rank, axis)


for axis in (0, 1):
    for ignore_nan in (False, True):
        case(
            "median_position",
            _median_position,
            (HOLES,),
            (TIES,),
            (real(3, 4),),
            options=(axis, ignore_nan),
        )


for axis in (0, 1):
    for rank in (0, 2):
        case(
            "rank_position",
            lambda np, x, rank, axis: np.take(np.argsort(x, axis=axis), [rank], axis),
            (real(3, 4),),
            (given(3, 1, 9, 2, 8, 7, 6, 5, 4, dtype="int64", shape=(3, 3)),),
            options=(rank, axis),
        )
for k, axis, largest in ((1, 0, True), (2, 1, False), (5, 1, True), (2, 0, True), (0, 0, True)):
    case(
        "top_positions",
        lambda np, x, k, axis, largest: np.take(
            np.argsort(-x if largest else x, axis=axis), range(k), axis
        ),
        (real(12, 13),),
        (real(6, 5),),
        options=(k, axis, largest),
    )


def _mode_position(np: Any, x: Any, axis: int) -> Any:
    def last(row: Any) -> Any:
        values, counts = np.unique(row, return_counts=True)
        return np.nonzero(row == values[np.argmax(counts)])[0][-1:]

    return np.apply_along_axis(last, axis, x)


for axis in (0, 1):
    case("mode_position", _mode_position, (TIES,), (whole(3, 5, high=-2),), options=(axis,))
DISTINCT = (Positions([0], [1]), Positions([2, 0], [1, 2]))
for name in ("sort", "topk", "kthvalue", "median_dim", "nanmedian_dim", "mode"):
    case(name, lambda np, x, index: x[index], (real(2, 3),), options=(DISTINCT,))
for name in ("median", "nanmedian"):
    case(
        name,
        lambda np, x: np.sort(x, axis=None)[(x.size - 1) // 2],
        (real(2, 3),),
        (real(5),),
        (real(),),
    )
for dim, descending in ((0, False), (1, True), (-1, False)):
    case(
        "sort()",
        lambda np, x, dim=dim, sign=-1 if descending else 1: sign * np.sort(sign * x, dim),
        (BOX,),
        run=lambda x, dim=dim, descending=descending: sorting.sort(x, dim, descending).values,
    )
case(
    "topk()",
    lambda np, x: -np.sort(-x, 1)[:, :2],
    (real(2, 4),),
    run=lambda x: sorting.topk(x, 2).values,
)
for k in (1, 3):
    case(
        "kthvalue()",
        lambda np, x, k=k: np.sort(x, 0)[k - 1],
        (real(4, 2),),
        run=lambda x, k=k: sorting.kthvalue(x, k, 0).values,
    )
SORTED_ROWS = given(1.0, 2.0, 2.0, 4.0, 0.0, 0.0, 3.0, 5.0, shape=(2, 4))
for right in (False, True):
    case(
        "searchsorted",
        lambda np, edges, values, right: np.searchsorted(
            edges, values, side="right" if right else "left"
        ),
        (given(1.0, 2.0, 2.0, 4.0), given(2.0, 0.0, 9.0, 4.0, shape=(2, 2))),
        (given(1, 3, 5, dtype="int64"), whole(6)),
        options=(right,),
    )
    case(
        "searchsorted",
        lambda np, edges, values, right: np.stack(
            [
                np.searchsorted(e, v, side="right" if right else "left")
                for e, v in zip(edges, values, strict=True)
            ]
        ),
        (SORTED_ROWS, given(2.0, 0.0, 9.0, 3.0, -1.0, 0.0, shape=(2, 3))),
        options=(right,),
    )


def _bits(np: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    wide = x.astype(np.float64 if x.dtype.kind == "f" else np.int64)
    return np.bitwise_xor.reduce(wide.view(np.uint64), axis=axis, keepdims=keepdims)


for bits_of, keepdims in ((None, False), ((0, 2), True), ((1,), False)):
    case("hash_tensor", _bits, (BOX,), options=(bits_of, keepdims), single=False)
    case("hash_tensor", _bits, (whole(2, 3, 2),), options=(bits_of, keepdims))

# -- statistics -------------------------------------------------------------------------------

FRACTIONS = [0.15, 0.6]


def _quantile(name: str, method: str, dim: Any, keepdim: bool) -> None:
    def reference(np: Any, x: Any, q: Any = FRACTIONS) -> Any:
        return getattr(np, name)(x, q, axis=dim, keepdims=keepdim, method=method)

    def run(x: Any, q: Any = None) -> Any:
        q = x.new_tensor(FRACTIONS) if q is None else q
        return getattr(statistics, name)(x, q, dim, keepdim, interpolation=method)

    # Between two elements, only a linear quantile changes with the fraction.
    fractions = (given(*FRACTIONS),) if method == "linear" else ()
    case(f"{name}()", reference, (real(3, 4), *fractions), run=run)


for method in ("linear", "midpoint", "lower", "higher"):
    for along, keepdim in ((None, False), (0, False), (1, True)):
        _quantile("quantile", method, along, keepdim)
        _quantile("nanquantile", method, along, keepdim)
case(
    "nanquantile()",
    lambda np, x: np.nanquantile(x, 0.3, axis=1),
    (given(1.0, NAN, 3.0, 0.5, 2.0, NAN, shape=(2, 3)),),
    run=lambda x: statistics.nanquantile(x, 0.3, 1),
)
for axes in (None, 1, (0, 1)):
    for name in ("nansum", "nanmean"):
        case(
            f"{name}()",
            lambda np, x, name=name, axes=axes: getattr(np, name)(x, axis=axes),
            (given(1.0, NAN, 3.0, 0.5, 2.0, NAN, shape=(2, 3)),),
            (real(2, 3),),
            run=lambda x, name=name, axes=axes: getattr(statistics, name)(x, axes),
        )
for name in ("std_mean", "var_mean"):
    case(
        f"{name}()",
        lambda np, x, name=name: getattr(np, name[:3])(x, axis=1, ddof=1) * np.mean(x, axis=1),
        (real(2, 4),),
        run=lambda x, name=name: (lambda out: out[0] * out[1])(getattr(statistics, name)(x, 1)),
    )
case("cov()", lambda np, x: np.cov(x), (real(2, 4),), (real(5),), run=statistics.cov, complex=True)
case(
    "cov()",
    lambda np, x, w: np.cov(x, aweights=w, fweights=np.asarray([1, 2, 1, 3])),
    (real(2, 4), real(4, low=0.2, high=1.0)),
    run=lambda x, w: statistics.cov(
        x, aweights=w, fweights=x.new_tensor([1.0, 2.0, 1.0, 3.0]).long()
    ),
)
case("corrcoef()", lambda np, x: np.corrcoef(x), (real(2, 4),), run=statistics.corrcoef)
case(
    "aminmax()",
    lambda np, x: x.max(axis=1) - x.min(axis=1),
    (BOX,),
    run=lambda x: (lambda out: out.max - out.min)(extremes.aminmax(x, dim=1)),
)
for order in (1, 2, 3, INF, 0.5):
    case(
        "dist()",
        lambda np, x, y, p=order: np.linalg.norm((x - y).ravel(), p),
        (real(2, 3, clear=True), real(low=2.5, high=3.5)),
        run=lambda x, y, p=order: reductions.dist(x, y, p),
    )
    case(
        "renorm()",
        lambda np, x, p=order: np.stack(
            [row * min(1.0, 1.0 / (np.linalg.norm(row, p) + 1e-7)) for row in x]
        ),
        (real(3, 2, clear=True),),
        run=lambda x, p=order: reductions.renorm(x, p, 0, 1.0),
        single=False,
    )

# -- differences ------------------------------------------------------------------------------

for axis in AXES:
    case("diff", lambda np, x, axis: np.diff(x, axis=axis), (BOX,), options=(axis,), complex=True)
case("diff", lambda np, x, axis: np.diff(x, axis=axis), (real(1, 2),), options=(0,))
for n, dim in ((1, 0), (2, 1), (0, 1)):
    case(
        "diff()",
        lambda np, x, n=n, dim=dim: np.diff(x, n, dim),
        (real(3, 4),),
        run=lambda x, n=n, dim=dim: differences.diff(x, n, dim),
        complex=True,
    )
case(
    "diff()",
    lambda np, x, a, b: np.diff(x, 1, 0, prepend=a, append=b),
    (real(3, 2), real(1, 2), real(2, 2)),
    run=lambda x, a, b: differences.diff(x, 1, 0, a, b),
)
for edge_order in (1, 2):
    case(
        "gradient()",
        lambda np, x, order=edge_order: np.stack(np.gradient(x, 0.5, 2.0, edge_order=order)),
        (real(3, 4),),
        run=lambda x, order=edge_order: _stacked(
            differences.gradient(x, spacing=[0.5, 2.0], edge_order=order)
        ),
    )
    case(
        "gradient()",
        lambda np, x, points, order=edge_order: np.gradient(x, points, axis=1, edge_order=order),
        (real(3, 4), given(0.0, 1.0, 1.5, 3.0)),
        run=lambda x, points, order=edge_order: differences.gradient(
            x, spacing=[points], dim=1, edge_order=order
        )[0],
    )


def _stacked(parts: Any) -> Any:
    from ..functions.joining import stack

    return stack(parts)


case(
    "trapezoid()",
    lambda np, y, x: np.sum((y[1:] + y[:-1]) * np.diff(x)[:, None], axis=0) / 2,
    (real(4, 2), real(4)),
    run=lambda y, x: differences.trapezoid(y, x, dim=0),
    complex=True,
)
case(
    "cumulative_trapezoid()",
    lambda np, y: np.cumsum((y[:, 1:] + y[:, :-1]) * 0.25, axis=1),
    (real(2, 4),),
    run=lambda y: differences.cumulative_trapezoid(y, dx=0.5),
)

# -- masked -----------------------------------------------------------------------------------

KEPT = Sample((2, 3), dtype="bool", values=(True, False, True, True, True, False))


def _each(np: Any, function: Any, x: Any, mask: Any) -> Any:
    return np.stack([function(row[kept]) for row, kept in zip(x, mask, strict=True)])


def _masked(name: str, function: Any, *, complex: bool = False, **options: Any) -> None:
    case(
        f"masked.{name}()",
        lambda np, x, mask: _each(np, lambda row: function(np, row), x, mask),
        (real(2, 3, clear=True), KEPT),
        run=lambda x, mask: getattr(masked_reductions, name)(x, dim=1, mask=mask, **options),
        complex=complex,
    )


_masked("sum", lambda np, x: x.sum(), complex=True)
_masked("prod", lambda np, x: x.prod(), complex=True)
_masked("mean", lambda np, x: x.mean(), complex=True)
_masked("amax", lambda np, x: x.max())
_masked("amin", lambda np, x: x.min())
_masked("median", lambda np, x: np.sort(x)[(x.size - 1) // 2])
_masked("var", lambda np, x: x.var(ddof=1))
_masked("var", lambda np, x: x.var(), unbiased=False)
_masked("std", lambda np, x: x.std(ddof=1))
_masked("logsumexp", lambda np, x: np.log(np.exp(x).sum()))
for order in (2.0, 1, INF, -INF):
    _masked("norm", lambda np, x, p=order: np.linalg.norm(x, p), ord=order)


def _masked_along(name: str, function: Any) -> None:
    from ..functions.elementwise import where

    def reference(np: Any, x: Any, mask: Any) -> Any:
        out = np.zeros_like(x)
        for row, kept, target in zip(x, mask, out, strict=True):
            target[kept] = function(np, row[kept])
        return out

    case(
        f"masked.{name}()",
        reference,
        (real(2, 3), KEPT),
        run=lambda x, mask: where(mask, getattr(masked_along, name)(x, dim=1, mask=mask), 0.0),
    )


_masked_along("cumsum", lambda np, x: np.cumsum(x))
_masked_along("cumprod", lambda np, x: np.cumprod(x))
_masked_along("softmax", lambda np, x: np.exp(x) / np.exp(x).sum())
_masked_along("softmin", lambda np, x: np.exp(-x) / np.exp(-x).sum())
case(
    "masked.normalize()",
    lambda np, x, mask: x * mask / np.sqrt((x * x * mask).sum(axis=1, keepdims=True)),
    (real(2, 3), KEPT),
    run=lambda x, mask: masked_along.normalize(x, 2.0, 1, mask=mask),
)
case(
    "masked.logaddexp()",
    lambda np, x, y, mask: np.where(mask, np.logaddexp(x, y), x),
    (real(2, 3), real(2, 3), KEPT),
    run=lambda x, y, mask: masked_along.logaddexp(x, y, other_mask=mask),
)
