"""NumPy's Array API namespace, with faster forms of a few functions."""

from __future__ import annotations

from importlib import import_module
from operator import attrgetter
from types import ModuleType
from typing import Any

import numpy as np

from tensorflowlite_grad.backend.fallbacks import complete, is_basic

from . import indexing, linalg, special
from .ranks import float_bits, rank_position, top_positions
from .scans import cumulative_logsumexp, cumulative_max
from .transforms import fft_c2c, fft_c2r, fft_r2c

_add_reduce: Any = np.add.reduce
_ndarray = np.ndarray


def sum(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """``np.sum`` without its argument handling, which takes longer than a small sum."""
    return _add_reduce(x, axis, dtype, None, keepdims)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """``np.broadcast_to``, where one number is repeated by strides of zero, read-only."""
    if not shape:
        return x
    if x.ndim:
        return np.broadcast_to(x, shape)
    x = np.asarray(x)
    out: Any = _ndarray(shape, x.dtype, x, 0, (0,) * len(shape))
    out.flags.writeable = False
    return out


def astype(x: Any, dtype: Any, copy: bool = True) -> Any:
    """Convert, from complex to real without a warning."""
    if x.dtype.kind == "c" and np.dtype(dtype).kind not in "cb":
        x = x.real
    return x.astype(dtype, copy=copy)


def index_get(x: Any, index: tuple[Any, ...]) -> Any:
    """``x[index]``; a view stays one even where NumPy would make a scalar of it."""
    return x[(*index, ...)] if is_basic(index) else x[index]


def index_put(x: Any, index: tuple[Any, ...], values: Any) -> Any:
    """Return a copy of `x` with ``x[index] = values``."""
    out = np.array(x)
    out[index] = values
    return out


def index_embed(values: Any, shape: tuple[int, ...], index: tuple[Any, ...]) -> Any:
    """Return zeros of `shape` with `values` added at `index`; repeated places add up."""
    out = np.zeros(shape, values.dtype)
    if is_basic(index):
        out[index] = values
    else:
        indexing.accumulate(np.add, out, index, values)
    return out


def _standard() -> dict[str, Any]:
    """Return NumPy's names; array-api-compat adds to 2.0 what 2.1 has of the standard."""
    if hasattr(np, "cumulative_sum"):
        return vars(np)
    import array_api_compat.numpy as compat

    return {name: getattr(compat, name) for name in dir(compat)}


def _from_chapter(chapter: str, name: str) -> Any:
    """Return a function of another module here, which is imported when that is called."""
    found: Any = None

    def call(*args: Any) -> Any:
        nonlocal found
        if found is None:
            found = getattr(import_module(f".{chapter}", __package__), name)
        return found(*args)

    return call


def make() -> ModuleType:
    """Return the namespace that operations run with."""
    xp = ModuleType("tensorflowlite_grad_numpy.xp")
    for name, value in _standard().items():
        if not name.startswith("_"):
            setattr(xp, name, value)
    own: list[Any] = [sum, broadcast_to, astype, index_get, index_put, index_embed]
    own += [cumulative_max, cumulative_logsumexp, float_bits, rank_position, top_positions]
    own += [fft_c2c, fft_c2r, fft_r2c]
    for function in own:
        setattr(xp, function.__name__, function)
    for name in ("conv", "conv_transposed", "conv_weight"):
        setattr(xp, name, _from_chapter("convolution", name))
    setattr(xp, "max_pool", _from_chapter("pooling", "max_pool"))  # noqa: B010
    setattr(xp, "resample", _from_chapter("resampling", "resample"))  # noqa: B010
    for name in indexing.EXTRAS:
        setattr(xp, name, getattr(indexing, name))
    for name, value in (*linalg.FUNCTIONS.items(), *special.FUNCTIONS.items()):
        setattr(xp, name, value)
    # The attribute is faster; CuPy's arrays have it since version 14 only, so rules call this.
    setattr(xp, "matrix_transpose", attrgetter("mT"))  # noqa: B010
    # array-api-compat's wrappers of these add what NumPy 2 already has.
    for name in ("sign", "matmul", "zeros", "ones", "empty", "full", "arange"):
        setattr(xp, name, getattr(np, name))
    return complete(xp)
