"""NumPy's Array API namespace, with faster forms of a few functions."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import array_api_compat.numpy as compat
import numpy as np
from tensorflowlite_grad.backend.fallbacks import complete, is_basic

_add_reduce = np.add.reduce
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
        np.add.at(out, index, values)
    return out


def make() -> ModuleType:
    """Return the namespace that operations run with."""
    xp = ModuleType("tensorflowlite_grad_numpy.xp")
    for name in dir(compat):
        if not name.startswith("_"):
            setattr(xp, name, getattr(compat, name))
    faster = (sum, broadcast_to, astype, index_get, index_put, index_embed)
    for function in faster:
        setattr(xp, function.__name__, function)
    # array-api-compat's wrappers of these add what NumPy 2 already has.
    for name in ("matmul", "zeros", "ones", "empty", "full", "arange"):
        setattr(xp, name, getattr(np, name))
    try:
        from scipy import special
    except ImportError:
        pass
    else:
        # SciPy computes half precision in a wider one, and returns that.
        setattr(xp, "erf", lambda x: special.erf(x).astype(x.dtype, copy=False))  # noqa: B010
    return complete(xp)
