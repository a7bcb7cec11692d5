"""Cases of the operations that work on whole arrays: reductions, shapes, indices, products."""

from __future__ import annotations

import math
from typing import Any

from ..functions import indexing
from ..ops import indexing as indexing_ops
from ..ops import shape as shape_ops
from ..ops import variadic
from .samples import Here, Positions, case, given, real, truth, whole

__all__: list[str] = []

INF = math.inf
BOX = real(2, 3, 2)
SOME = slice(None)
AXES: Any = (0, 1, 2)
ROLLS: Any = ((1, 0), ((1, -2), (0, 1)), ((5,), (1,)))
AXES_IN_TUPLES: Any = ((0,), (1, 2))
EXPANDED: Any = (((2, 3), real(3)), ((4, 2, 3), real(2, 1)), ((2,), real()), ((0, 3), real(3)))

# -- reductions -----------------------------------------------------------------------------

case("sum", lambda np, x: np.sum(x), (BOX,), (real(),), (real(0, 2),), complex=True)
REDUCTIONS: Any = ((None, False), (None, True), ((1,), False), ((0, 2), True), ((2, 0), False))


def _reduction(name: str, function: str, operand: Any, *, complex: bool = False) -> None:
    for axis, keepdims in REDUCTIONS:
        case(
            name,
            lambda np, x, axis, keepdims: getattr(np, function)(x, axis=axis, keepdims=keepdims),
            (operand,),
            options=(axis, keepdims),
            complex=complex,
        )
    case(
        name,
        lambda np, x, axis, keepdims: getattr(np, function)(x),
        (real(),),
        options=(None, False),
        complex=complex,
    )


for name in ("sum_dim", "mean", "mean_dim", "prod", "prod_dim"):
    _reduction(name, name.removesuffix("_dim"), BOX, complex=True)
for name in ("amax", "max"):
    _reduction(name, "max", BOX)
for name in ("amin", "min"):
    _reduction(name, "min", BOX)
case(
    "prod",
    lambda np, x, axis, keepdims: np.prod(x, axis=axis),
    (given(2.0, 0.0, 3.0, 0.0, 0.0, -1.5, shape=(3, 2)),),
    options=((0,), False),
)
case("sum_dim", lambda np, x, a, k: np.sum(x, axis=a), (real(0, 3),), options=((0,), False))


def _variance(np: Any, x: Any, axis: Any, correction: Any, keepdims: bool, root: bool) -> Any:
    centred = x - x.mean(axis=axis, keepdims=True)
    square = (centred * centred.conj()).real
    count = x.size / square.sum(axis=axis).size
    out = square.sum(axis=axis, keepdims=keepdims) / (count - correction)
    return out**0.5 if root else out


for name in ("var", "std"):
    for axis, correction, keepdims in (
        (None, 1, False),
        ((1,), 0, False),
        ((0, 2), 1, True),
        ((1,), 0.5, False),
    ):
        case(
            name,
            lambda np, x, a, c, k, name=name: _variance(np, x, a, c, k, name == "std"),
            (BOX,),
            options=(axis, correction, keepdims),
            complex=True,
        )
for axis, keepdims in REDUCTIONS:
    case(
        "logsumexp",
        lambda np, x, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
        (BOX,),
        options=(axis, keepdims),
        complex=True,
    )
case(
    "logsumexp",
    lambda np, x, axis, keepdims: np.asarray(1000.0 + math.log(1 + math.exp(-1.0))),
    (given(1000.0, 999.0),),
    options=(None, False),
)
for axis in AXES:
    case(
        "softmax",
        lambda np, x, axis: np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True),
        (BOX,),
        options=(axis,),
    )
    case(
        "log_softmax",
        lambda np, x, axis: x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True)),
        (BOX,),
        options=(axis,),
    )
    case("cumsum", lambda np, x, axis: np.cumsum(x, axis), (BOX,), options=(axis,), complex=True)
    case("cumprod", lambda np, x, axis: np.cumprod(x, axis), (BOX,), options=(axis,), complex=True)
case("cumprod", lambda np, x, axis: np.cumprod(x), (given(2.0, 0.0, 3.0, 0.0, 1.5),), options=(0,))
case("cumprod", lambda np, x, axis: x, (real(0, 2),), options=(0,))


def _norm_reference(np: Any, x: Any, ord: float, axis: Any, keepdims: bool) -> Any:
    size = np.abs(x)
    if ord in (INF, -INF):
        return (size.max if ord > 0 else size.min)(axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((size != 0) * 1.0, axis=axis, keepdims=keepdims)
    return np.sum(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


for order in (2, 1, 3, 0.5, INF, -INF, 0):
    for axis, keepdims in ((None, False), ((1,), True), ((0, 2), False)):
        case(
            "linalg_vector_norm",
            _norm_reference,
            (real(2, 3, 2, clear=True),),
            options=(order, axis, keepdims),
            complex=True,
        )
for name in ("all", "any"):
    for axis, keepdims in REDUCTIONS:
        case(
            name,
            lambda np, x, axis, keepdims, name=name: getattr(np, name)(
                x, axis=axis, keepdims=keepdims
            ),
            (truth(2, 3, 2),),
            options=(axis, keepdims),
        )
for name in ("argmax", "argmin"):
    for position, keepdims in ((None, False), (1, False), (2, True)):
        case(
            name,
            lambda np, x, axis, keepdims, name=name: getattr(np, name)(
                x, axis=axis, keepdims=keepdims
            ),
            (BOX,),
            (whole(2, 3, 2),),
            options=(position, keepdims),
        )

# -- shape ----------------------------------------------------------------------------------

for name in ("view", "reshape_copy"):
    for shape, operand in (((3, 4), BOX), ((12,), BOX), ((), real(1)), ((0, 5), real(2, 0))):
        case(
            name,
            lambda np, x, shape: np.reshape(x, shape),
            (operand,),
            options=(shape,),
            complex=True,
        )
case("unsqueeze", lambda np, x, shape: x[:, None], (real(2, 3),), options=((2, 1, 3),))
for name in ("squeeze", "squeeze_dim"):
    case(name, lambda np, x, shape: x[:, 0], (real(2, 1, 3),), options=((2, 3),))
for dims in ((2, 0, 1), (0, 2, 1), (2, 1, 0)):
    case("permute", lambda np, x, dims: x.transpose(dims), (BOX,), options=(dims,), complex=True)
case("transpose", lambda np, x, dims: x.transpose(dims), (BOX,), options=((1, 0, 2),))
case("t", lambda np, x, dims: x.T, (real(2, 3),), options=((1, 0),))
for shape, operand in EXPANDED:
    case(
        "expand",
        lambda np, x, shape: np.ones(shape) * x,
        (operand,),
        options=(shape,),
        complex=True,
    )
for axis in AXES_IN_TUPLES:
    case("flip", lambda np, x, axis: np.flip(x, axis), (BOX,), options=(axis,))
for shifts, axis in ROLLS:
    case("roll", lambda np, x, s, axis: np.roll(x, s, axis), (BOX,), options=(shifts, axis))
for repeats in ((2, 1), (2, 3, 2), (2, 0)):
    case("repeat", lambda np, x, n: np.tile(x, n), (real(2, 3),), options=(repeats,))
for diagonal in (0, 1, -1):
    case("tril", lambda np, x, k: np.tril(x, k), (real(3, 4),), (BOX,), options=(diagonal,))
    case("triu", lambda np, x, k: np.triu(x, k), (real(3, 4),), (BOX,), options=(diagonal,))
case("clone", lambda np, x: x, (BOX,), (real(),), complex=True)
case("alias", lambda np, x: x, (BOX,), (real(),), complex=True)
case("copy", lambda np, x, y: y + 0 * x, (BOX, BOX), (BOX, real()), complex=True)
case("to_device", lambda np, x, s, t: x, (BOX,), (real(),), options=(Here(), Here()))

# -- indexing -------------------------------------------------------------------------------

BASIC: Any = (
    ("select", (1, SOME, SOME)),
    ("select", (SOME, SOME, 1)),
    ("select", (1, 2, 0)),
    ("slice", (SOME, slice(0, 3, 2), SOME)),
    ("slice", (SOME, slice(None, None, -1), SOME)),
    ("slice", (SOME, slice(1, 1, 1), SOME)),
    ("new_axis", (None, SOME, SOME, None, SOME)),
)
for name, index in BASIC:
    case(name, lambda np, x, index: x[index], (BOX,), options=(index,), complex=True)
ADVANCED: Any = (
    (Positions(1, 0, 1), SOME, SOME),
    (SOME, Positions(2, 2, 0, 1), SOME),
    (SOME, Positions([0, 1], [2, 2]), SOME),
    (Positions(1, 0, 1), SOME, Positions(1, 1, 0)),
    (SOME, Positions(2, 0), Positions(1, 1)),
    (Positions([0], [1]), Positions(2, 0, 1), slice(0, 1, 1)),
    (None, Positions(1, 0), slice(1, None, None), SOME),
)
for index in ADVANCED:
    case("index", lambda np, x, index: x[index], (BOX,), options=(index,), complex=True)
case("index", lambda np, x, index: x[index], (real(4),), options=((Positions(3, 3, 0),),))
case("index_select", lambda np, x, i: x[i], (BOX,), options=((SOME, Positions(2, 0, 2), SOME),))
case("take", lambda np, x, i: x[i], (real(5),), options=((Positions(4, 0, 4),),))
case("masked_select", lambda np, x, i: x[i], (real(5),), options=((Positions(0, 1, 4),),))
POINTWISE = (Positions([0], [1]), Positions([2, 0], [1, 1]))
for name in ("gather", "max_dim", "min_dim"):
    case(name, lambda np, x, index: x[index], (real(2, 3),), options=(POINTWISE,))


def _embedded(np: Any, values: Any, shape: Any, index: Any) -> Any:
    out = np.zeros(shape, dtype=values.dtype)
    np.add.at(out, index, values)
    return out


def _put(np: Any, x: Any, values: Any, index: Any) -> Any:
    out = x.copy()
    out[index] = values
    return out


EMBEDDED: Any = (
    (real(3, 2), (1, SOME, SOME)),
    (real(2, 2, 2), (SOME, slice(0, 3, 2), SOME)),
    (real(2, 4, 2), (SOME, Positions(2, 2, 0, 1), SOME)),
    (real(3, 3), (Positions(1, 0, 1), SOME, Positions(1, 1, 0))),
    (real(2, 2), (SOME, Positions(2, 0), Positions(1, 1))),
)
for operand, index in EMBEDDED:
    case("index_embed", _embedded, (operand,), options=((2, 3, 2), index), complex=True)
for operand, index in EMBEDDED:
    if index != EMBEDDED[2][1]:  # which of two writes to one place wins is left open
        case("index_put", _put, (BOX, operand), options=(index,), complex=True)
CHAIN = (
    (shape_ops.transpose, ((1, 0, 2),)),
    (indexing_ops.select, ((1, SOME, SOME),)),
    (indexing_ops.slice_, ((SOME, slice(0, 1, 1)),)),
)


def _scattered(np: Any, base: Any, source: Any, chain: Any = None) -> Any:
    out = base.copy()
    out[:, 1, 0:1] = source
    return out


def _written(base: Any, source: Any) -> Any:
    out = base.clone()
    view = shape_ops.transpose.record(out, (1, 0, 2))
    indexing.setitem(view, (1, SOME, slice(0, 1)), source)
    return out


case("view_scatter", _scattered, (BOX, real(2, 1)), options=(CHAIN,), complex=True)
# Its result is memory that has been written already: it is tried as it is used.
case("copy_slices", _scattered, (BOX, real(2, 1)), run=_written, complex=True)

# -- products -------------------------------------------------------------------------------

case("dot", lambda np, x, y: np.dot(x, y), (real(4), real(4)), (real(0), real(0)), complex=True)
case(
    "mm",
    lambda np, x, y: x @ y,
    (real(2, 3), real(3, 4)),
    (real(2, 0), real(0, 3)),
    (real(0, 2), real(2, 3)),
    complex=True,
)
case("mv", lambda np, x, y: x @ y, (real(2, 3), real(3)), complex=True)
case(
    "bmm",
    lambda np, x, y: x @ y,
    (real(2, 2, 3), real(2, 3, 2)),
    (real(2, 1, 2, 3), real(2, 3, 2)),
    (real(2, 3), real(2, 3, 2)),
    complex=True,
)

# -- any number of operands or results ----------------------------------------------------------


def _join(name: str, run: Any, reference: Any, *operands: Any) -> None:
    case(name, reference, operands, run=run, complex=True, step=0.25)


_join(
    "cat",
    lambda *tensors: variadic.concatenate(tensors, 1),
    lambda np, *arrays: np.concatenate(arrays, 1),
    real(2, 3),
    real(2, 1),
    real(2, 0),
)
_join(
    "stack",
    lambda *tensors: variadic.stack(tensors, 1),
    lambda np, *arrays: np.stack(arrays, 1),
    real(2, 3),
    real(2, 3),
)


def _parts(selects: list[Any], title: str, join: Any) -> Any:
    # All parts but the middle one, in reverse order: a gradient that is missing is zero.
    def run(tensor: Any) -> Any:
        first, _, last = variadic.slices(tensor, 1, selects, title)
        return join([last, first], 0)

    return run


_join(
    "split",
    _parts(
        [slice(0, 1), slice(1, 2), slice(2, 4)],
        "SplitBackward0",
        lambda t, d: variadic.concatenate(t, 1),
    ),
    lambda np, x: np.concatenate([x[:, 2:], x[:, :1]], 1),
    real(2, 4),
)
_join(
    "unbind",
    _parts([0, 1, 2], "UnbindBackward0", variadic.stack),
    lambda np, x: np.stack([x[:, 2], x[:, 0]]),
    real(2, 3),
)
