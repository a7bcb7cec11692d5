"""CuPy's functions as an Array API namespace, bound to one device."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

import array_api_compat.cupy as compat
import cupy
import cupyx

from tensorflowlite_grad.backend.fallbacks import complete, is_basic

from . import linalg, special, strides, transforms

#: What CUDA adds atomically, which adding at repeated places takes.
ATOMIC = ("float16", "float32", "float64", "int32", "uint32", "uint64")


def astype(x: Any, dtype: Any, copy: bool = True) -> Any:
    """Convert, from complex to real without a warning."""
    if x.dtype.kind == "c" and cupy.dtype(dtype).kind not in "cb":
        x = x.real
    return x.astype(dtype, copy=copy)


def index_get(x: Any, index: tuple[Any, ...]) -> Any:
    """Return ``x[index]``."""
    return x[index]


def index_put(x: Any, index: tuple[Any, ...], values: Any) -> Any:
    """Return a copy of `x` with ``x[index] = values``; which of repeated places wins is open."""
    out = x.copy(order="C")
    out[index] = values
    return out


def index_embed(values: Any, shape: tuple[int, ...], index: tuple[Any, ...]) -> Any:
    """Return zeros of `shape` with `values` added at `index`; repeated places add up.

    The order of the additions is open, and with it the last bit of the sums.
    """
    if is_basic(index):
        out = cupy.zeros(shape, values.dtype)
        out[index] = values
        return out
    dtype = values.dtype
    if dtype.kind == "c":
        # A complex number is two real ones along one more axis.
        part = cupy.dtype("float32" if dtype.itemsize == 8 else "float64")
        pairs = cupy.ascontiguousarray(values).reshape(-1).view(part)
        pairs = pairs.reshape((*values.shape, 2))
        out = index_embed(pairs, (*shape, 2), (*index, slice(None)))
        return out.reshape(-1).view(dtype).reshape(shape)
    if dtype.name in ATOMIC:
        out = cupy.zeros(shape, dtype)
        cupyx.scatter_add(out, index, values)
        return out
    if dtype.name == "int64":
        # Two's complement: the bits of a sum do not depend on the sign.
        out = index_embed(values.view(cupy.uint64), shape, index)
        return out.view(cupy.int64)
    return index_embed(values.astype(cupy.int32), shape, index).astype(dtype)


def float_bits(x: Any) -> Any:
    """Return the bits of float64 numbers, as int64."""
    return x.view(cupy.int64)


def make(index: int, guard: Any) -> ModuleType:
    """Return the namespace that operations on a device run with.

    With a guard, every function enters it first.
    """
    xp = ModuleType(f"tensorflowlite_grad_cupy.xp_{index}")
    for name in dir(compat):
        if not name.startswith("_"):
            setattr(xp, name, getattr(compat, name))
    for function in (astype, float_bits, index_get, index_put, index_embed, transforms.fft_c2r):
        setattr(xp, function.__name__, function)
    for name, value in special.FUNCTIONS.items():
        setattr(xp, name, value)
    for name, with_namespace in strides.FUNCTIONS.items():
        setattr(xp, name, functools.partial(with_namespace, xp))
    for name, function in linalg.FUNCTIONS.items():
        setattr(xp, name, function)
    setattr(xp, "silent_linalg", True)  # noqa: B010
    complete(xp)
    if guard is not None:
        for name, value in list(vars(xp).items()):
            if callable(value) and not isinstance(value, type) and not name.startswith("_"):
                setattr(xp, name, _guarded(value, guard))
    return xp


def _guarded(function: Any, guard: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        with guard():
            return function(*args, **kwargs)

    functools.update_wrapper(call, function, updated=())
    return call
