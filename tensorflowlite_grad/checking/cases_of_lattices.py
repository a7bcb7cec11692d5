"""Cases of strided memory, of padding, and of accumulating at positions."""

from __future__ import annotations

from typing import Any

from ..functions import diagonals, gathering, joining, scattering, shape, slicing, splitting
from ..functions import rearranging as turns
from ..functions import strided as windows
from .samples import Positions, case, given, real

__all__: list[str] = []

SOME = slice(None)

# -- padding --------------------------------------------------------------------------------


def _padded(np: Any, x: Any, before: Any, after: Any, value: Any) -> Any:
    wide = [(max(a, 0), max(b, 0)) for a, b in zip(before, after, strict=True)]
    out = np.pad(x, wide, constant_values=value)
    cut = (
        slice(max(-a, 0), n - max(-b, 0)) for n, a, b in zip(out.shape, before, after, strict=True)
    )
    return out[tuple(cut)]


PADS: Any = (
    ((1, 0), (0, 2), 1.5),
    ((-1, 2), (1, -1), 0),
    ((0, 0), (0, 0), 1.0),
    ((0, -3), (1, 0), 2),
)
for pad in PADS:
    case("constant_pad", _padded, (real(2, 3),), options=pad, complex=True)
case("constant_pad", _padded, (real(0, 2),), options=((1, 0), (1, 0), 3.0))

# -- lattices -------------------------------------------------------------------------------


def _taken(np: Any, x: Any, start: Any, size: Any, steps: Any) -> Any:
    out = np.zeros(size, x.dtype)
    for j in np.ndindex(*size):
        out[j] = x[_position(start, j, steps)]
    return out


def _position(start: Any, j: Any, steps: Any) -> Any:
    return tuple(
        first + sum(k * step[axis] for k, step in zip(j, steps, strict=True))
        for axis, first in enumerate(start)
    )


def _added(np: Any, values: Any, whole: Any, start: Any, size: Any, steps: Any) -> Any:
    out = np.zeros(whole, values.dtype)
    for j in np.ndindex(*size):
        out[_position(start, j, steps)] += values[j]
    return out


def _written(np: Any, x: Any, values: Any, start: Any, size: Any, steps: Any) -> Any:
    out = x.copy()
    for j in np.ndindex(*size):
        out[_position(start, j, steps)] = values[j]
    return out


#: Of an array of shape (3, 4): diagonals, sliding windows, those that overlap twice, and none.
LATTICES: Any = (
    ((0, 1), (3,), ((1, 1),)),
    ((0, 0), (3, 2, 3), ((1, 0), (0, 1), (0, 1))),
    ((1, 0), (2, 2, 2, 3), ((0, 0), (0, 1), (0, 0), (0, 1))),
    ((0, 0), (3, 0), ((1, 0), (0, 1))),
    ((2, 3), (), ()),
)
for lattice in LATTICES:
    for name in ("strided_get", "diagonal", "unfold"):
        case(name, _taken, (real(3, 4),), options=lattice, complex=True)
    operand = real(*lattice[1])
    case("strided_embed", _added, (operand,), options=((3, 4), *lattice), complex=True)
for lattice in (LATTICES[0], LATTICES[3], LATTICES[4]):
    operands = (real(3, 4), real(*lattice[1]))
    case("strided_put", _written, operands, options=lattice, complex=True)
case("strided_get", _taken, (real(),), options=((), (1,), ((),)))


def _reseen(np: Any, x: Any, size: Any, stride: Any, shift: Any, strides: Any) -> Any:
    units = tuple((s,) for s in stride)
    return _taken(np, x.reshape(-1), (shift,), size, units)


for options in (
    ((2, 2), (3, 1), 1, (4, 1)),
    ((3, 3), (2, 1), 0, (4, 1)),
    ((0,), (1,), 0, (4, 1)),
    ((), (), 5, (4, 1)),
):
    for name in ("as_strided", "as_strided_copy"):
        case(name, _reseen, (real(3, 4),), options=options, complex=True)
case(
    "as_strided_of_expanded",
    lambda np, x: np.stack([x[0, :2], x[0, 1:3]]),
    (real(2, 3),),
    run=lambda x: windows.as_strided(shape.expand(x, (4, 2, 3)), (2, 2), (1, 1)),
    step=0.25,
)

# -- accumulating ---------------------------------------------------------------------------


def _accumulated(name: str) -> Any:
    def reference(np: Any, x: Any, values: Any, index: Any, include: Any = True, *_: Any) -> Any:
        ufunc = {"sum": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}[name]
        out = x.copy()
        if not include:
            out[index] = 1 if name == "prod" else {"amax": -np.inf, "amin": np.inf}[name]
        ufunc.at(out, index, values)
        return out

    return reference


PLACES: Any = (
    (real(3, 2), real(4, 2), (Positions(2, 0, 2, 2), SOME)),
    (real(2, 3), real(2, 2), (Positions([0], [1]), Positions([2, 2], [0, 1]))),
    (real(2, 3), real(2, 0), (SOME, Positions())),
    (real(4), real(3), (Positions(1, 1, 1),)),
)
for x, values, index in PLACES:
    for name in ("index_add", "scatter_add", "index_put_add"):
        case(name, _accumulated("sum"), (x, values), options=(index,), complex=True)
    for include in (True, False):
        case(
            "scatter_product",
            _accumulated("prod"),
            (x, values),
            options=(index, include),
            complex=True,
        )
        for mode in ("amax", "amin"):
            case(
                "scatter_extreme",
                _accumulated(mode),
                (x, values),
                options=(index, include, mode),
            )
#: One zero among the factors of a place, two, and one in the input.
case(
    "scatter_product",
    _accumulated("prod"),
    (given(1.5, 2.0, 0.0, 3.0), given(0.0, 2.0, -1.0, 0.0, 0.0, 3.0, 2.5)),
    options=((Positions(0, 0, 0, 1, 1, 2, 3),), True),
)

# -- functions made of several operations ------------------------------------------------------


def _composed(name: str, run: Any, reference: Any, *operands: Any) -> None:
    case(name, reference, operands, run=run, complex=True, step=0.25)


_composed(
    "diag_embed",
    lambda x: diagonals.diag_embed(x, 1, 0, -1),
    lambda np, x: np.stack([np.diag(row, 1) for row in x], 1),
    real(2, 3),
)
_composed(
    "diagonal_scatter",
    lambda x, y: diagonals.diagonal_scatter(x, y, -1),
    lambda np, x, y: x - np.diag(np.diag(x, -1), -1) + np.diag(y, -1),
    real(3, 3),
    real(2),
)
_composed(
    "as_strided_scatter",
    lambda x, y: windows.as_strided_scatter(x, y, (2, 2), (3, 1), 1),
    lambda np, x, y: np.concatenate([x[:1], y[0], x[3:4], y[1], x[6:]]),
    real(8),
    real(2, 2),
)
_composed(
    "slice_scatter",
    lambda x, y: slicing.slice_scatter(x, y, 1, 0, None, 2),
    lambda np, x, y: np.stack([y[:, 0], x[:, 1], y[:, 1]], 1),
    real(2, 3),
    real(2, 2),
)
_composed(
    "masked_scatter",
    lambda x, y: scattering.masked_scatter(x, x.detach().abs() >= 0, y),
    lambda np, x, y: y.reshape(-1)[:4].reshape(2, 2),
    real(2, 2),
    real(3, 2),
)
_composed(
    "rot90",
    lambda x: turns.rot90(x, 3, (2, 0)),
    lambda np, x: np.rot90(x, 3, (2, 0)),
    real(2, 1, 3),
)
_composed(
    "repeat_interleave",
    lambda x: gathering.repeat_interleave(x, 2, 0),
    lambda np, x: np.repeat(x, 2, 0),
    real(2, 2),
)
_composed(
    "block_diag",
    lambda x, y: joining.block_diag(x, y),
    lambda np, x, y: np.pad(x, ((0, 1), (0, 3))) + np.pad(y[None], ((2, 0), (2, 0))),
    real(2, 2),
    real(3),
)
_composed(
    "unbind_copy",
    lambda x: joining.stack(splitting.unbind_copy(x, 1)[::2], 0),
    lambda np, x: np.stack([x[:, 0], x[:, 2]]),
    real(2, 3),
)
_composed(
    "combinations",
    lambda x: joining.combinations(x, 2, True),
    lambda np, x: x[np.asarray([[0, 0], [0, 1], [1, 1]])],
    real(2),
)
