"""Calls of the standard's products and of its extensions: see `array_api_calls`."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from array_api_calls import COMPLEXES, FLOATS, NUMBERS, REALS, Call, Drawer, called, each


def _stack(d: Drawer) -> tuple[int, ...]:
    """Return the leading axes of a stack of matrices."""
    return d(st.sampled_from([(), (), (2,), (0,), (2, 1)]))


def _size(d: Drawer, least: int = 1) -> int:
    return d(st.integers(least, 4))


def _matrices(d: Drawer, dtypes: tuple[str, ...], rows: int, columns: int) -> Any:
    return d.array(dtypes, (*_stack(d), rows, columns))


def _dominant(x: Any) -> Any:
    """Return square matrices with large diagonals, which are far from singular."""
    return (x + 30 * np.eye(x.shape[-1])).astype(x.dtype)


def _square(d: Drawer, least: int = 1) -> Any:
    n = _size(d, least)
    return _dominant(_matrices(d, FLOATS, n, n))


def _symmetric(d: Drawer) -> Any:
    """Return Hermitian matrices whose eigenvalues are far apart."""
    n = _size(d)
    x = _matrices(d, FLOATS, n, n)
    out = (x + x.swapaxes(-1, -2).conj()) / 20 + 10 * np.diag(np.arange(1, n + 1))
    return out.astype(x.dtype)


def _pair(d: Drawer) -> tuple[str, ...]:
    kind = d.one(REALS, FLOATS, ("int8", "int64", "int32"))
    return d.one(*kind), d.one(*kind)


@each("matmul linalg.matmul")
def _matmul(d: Drawer, name: str) -> Call:
    first, second = _pair(d)
    shapes = d(hnp.mutually_broadcastable_shapes(signature="(n?,k),(k,m?)->(n?,m?)", max_side=3))
    return tuple(d.array((t,), s) for t, s in zip((first, second), shapes.input_shapes)), {}  # noqa: B905


@each("matrix_transpose linalg.matrix_transpose")
def _transpose(d: Drawer, name: str) -> Call:
    return (d.array(least=2),), {}


@each("vecdot linalg.vecdot")
def _vecdot(d: Drawer, name: str) -> Call:
    first, second = _pair(d)
    shapes = d(hnp.mutually_broadcastable_shapes(signature="(n),(n)->()", max_side=3))
    x1, x2 = (d.array((t,), s) for t, s in zip((first, second), shapes.input_shapes, strict=True))
    return (x1, x2), {"axis": -1}


@each("tensordot linalg.tensordot")
def _tensordot(d: Drawer, name: str) -> Call:
    first, second = _pair(d)
    joint = d.shape(0, 2)
    before, after = d.shape(0, 1), d.shape(0, 1)
    x1, x2 = d.array((first,), before + joint), d.array((second,), joint + after)
    if d(st.booleans()):
        return (x1, x2), {"axes": len(joint)}
    order = d(st.permutations(range(len(joint))))
    axes = (tuple(len(before) + k for k in order), tuple(order))
    return (x1, x2), {"axes": axes}


@called
def linalg__cholesky(d: Drawer) -> Call:
    return (_symmetric(d),), {"upper": d(st.booleans())}


@called
def linalg__cross(d: Drawer) -> Call:
    dtypes = _pair(d)
    shapes = d(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3))
    x1, x2 = (d.array((t,), (*s, 3)) for t, s in zip(dtypes, shapes.input_shapes, strict=True))
    return (x1, x2), {}


@each("linalg.det linalg.slogdet linalg.inv")
def _of_square(d: Drawer, name: str) -> Call:
    return (_square(d),), {}


@called
def linalg__matrix_power(d: Drawer) -> Call:
    return (_square(d), d(st.integers(-2, 4))), {}


@called
def linalg__diagonal(d: Drawer) -> Call:
    return (d.array(least=2, side=1),), {"offset": d(st.integers(-2, 2))}


@called
def linalg__trace(d: Drawer) -> Call:
    x = d.array(NUMBERS, least=2, side=1)
    return (x,), {"offset": d(st.integers(-2, 2))}


@each("linalg.eigh linalg.eigvalsh")
def _eigen(d: Drawer, name: str) -> Call:
    return (_symmetric(d),), {}


@called
def linalg__matrix_norm(d: Drawer) -> Call:
    x = _matrices(d, FLOATS, _size(d), _size(d))
    order = d.one("fro", "nuc", np.inf, -np.inf, 1, -1, 2, -2)
    return (x,), {"ord": order, "keepdims": d(st.booleans())}


@called
def linalg__vector_norm(d: Drawer) -> Call:
    x = d.array(FLOATS, side=1)
    order = d.one(2, 1, 0, 3, 0.5, -1, np.inf, -np.inf)
    return (x,), {**d.reduction(x), "ord": order}


@called
def linalg__matrix_rank(d: Drawer) -> Call:
    x = _matrices(d, REALS, _size(d), _size(d))
    return (x,), {} if d(st.booleans()) else {"rtol": d.one(1e-3, 0.5)}


@called
def linalg__pinv(d: Drawer) -> Call:
    n = _size(d)
    x = _matrices(d, FLOATS, n, _size(d))
    return (x,), {"rtol": 1e-3}


@called
def linalg__outer(d: Drawer) -> Call:
    first, second = _pair(d)
    return (d.array((first,), d.shape(1, 1)), d.array((second,), d.shape(1, 1))), {}


@called
def linalg__qr(d: Drawer) -> Call:
    x = _matrices(d, FLOATS, _size(d), _size(d))
    return (x,), {"mode": d.one("reduced", "complete")}


@called
def linalg__solve(d: Drawer) -> Call:
    x1 = _square(d)
    n = x1.shape[-1]
    dtype = (str(x1.dtype),)
    x2 = d.array(dtype, (n,)) if d(st.booleans()) else d.array(dtype, (*x1.shape[:-1], _size(d)))
    return (x1, x2), {}


@called
def linalg__svd(d: Drawer) -> Call:
    x = _matrices(d, FLOATS, _size(d), _size(d))
    return (x,), {"full_matrices": d(st.booleans())}


@called
def linalg__svdvals(d: Drawer) -> Call:
    return (_matrices(d, FLOATS, _size(d), _size(d)),), {}


# -- Fourier transforms ---------------------------------------------------------------------


def _transform(d: Drawer, dtypes: tuple[str, ...]) -> tuple[Any, dict[str, Any]]:
    return d.array(dtypes, least=1, side=2), {"norm": d.one("backward", "ortho", "forward")}


@each("fft.fft fft.ifft fft.rfft fft.irfft fft.hfft fft.ihfft")
def _along_axis(d: Drawer, name: str) -> Call:
    x, options = _transform(d, REALS if name in ("fft.rfft", "fft.ihfft") else COMPLEXES)
    options["axis"] = d.axis(x.ndim)
    if d(st.booleans()):
        options["n"] = d(st.integers(2, 6))
    return (x,), options


@each("fft.fftn fft.ifftn fft.rfftn fft.irfftn")
def _over_axes(d: Drawer, name: str) -> Call:
    x, options = _transform(d, REALS if name == "fft.rfftn" else COMPLEXES)
    axes = tuple(d(st.lists(st.integers(0, x.ndim - 1), unique=True, min_size=1)))
    options["axes"] = d.one(None, axes)
    if options["axes"] and d(st.booleans()):
        options["s"] = tuple(d(st.integers(2, 5)) for _ in axes)
    return (x,), options


@each("fft.fftfreq fft.rfftfreq")
def _frequencies(d: Drawer, name: str) -> Call:
    options: dict[str, Any] = {"d": d.one(1.0, 0.5)}
    options["dtype"] = np.dtype(d.one(*REALS))
    return (d(st.integers(1, 9)),), options


@each("fft.fftshift fft.ifftshift")
def _shift(d: Drawer, name: str) -> Call:
    x = d.array(FLOATS, least=1)
    axes = d.axes(x.ndim)
    return (x,), {"axes": None if axes == () else axes}
