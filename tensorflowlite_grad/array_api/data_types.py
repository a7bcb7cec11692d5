"""The dtypes of the standard, and functions about them."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import Any

from .. import dtypes
from ..autograd.graph import Variable
from ..backend.selection import resolve
from ..dtypes import (
    Kind,
    complex64,
    complex128,
    dtype,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    kind_of_scalar,
    promote_types,
    uint8,
    uint16,
    uint32,
    uint64,
)
from ..dtypes import bool_ as bool
from ..functions import shape as f
from ..ops import conversion, promotion

__all__ = [
    "astype",
    "bool",
    "broadcast_arrays",
    "broadcast_to",
    "can_cast",
    "complex64",
    "complex128",
    "finfo",
    "float32",
    "float64",
    "iinfo",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "result_type",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]

#: What the standard calls sets of dtypes.
KINDS: dict[str, tuple[dtype, ...]] = {
    "bool": (bool,),
    "signed integer": (int8, int16, int32, int64),
    "unsigned integer": (uint8, uint16, uint32, uint64),
    "real floating": (float32, float64),
    "complex floating": (complex64, complex128),
}
KINDS["integral"] = KINDS["signed integer"] + KINDS["unsigned integer"]
KINDS["numeric"] = KINDS["integral"] + KINDS["real floating"] + KINDS["complex floating"]

_expand = f.expand


def astype(x: Any, dtype: Any, /, *, copy: builtins.bool = True, device: Any = None) -> Any:
    """Return `x` converted to one of our dtypes, or one of the backend's."""
    if not isinstance(dtype, dtypes.dtype):
        dtype = x._place.dtype_from(dtype)
    out = conversion.cast(x, dtype)
    if device is not None:
        out = conversion.move(out, resolve(device, x._place))
    return conversion.clone(out) if copy and out is x else out


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """Return views of one shape."""
    return list(f.broadcast_tensors(*arrays))


def broadcast_to(x: Any, /, shape: tuple[int, ...]) -> Any:
    """Return `x` repeated to a shape."""
    return _expand(x, shape)


def _dtype_of(value: Any) -> Any:
    """Return the dtype of an array, or a dtype as it is."""
    return value._place.dtype_of(value._array) if isinstance(value, Variable) else value


def can_cast(from_: Any, to: dtype, /) -> builtins.bool:
    """Return whether a dtype promotes to another."""
    have = _dtype_of(from_)
    if not isinstance(have, dtype) or not isinstance(to, dtype):
        raise TypeError(f"can_cast() takes dtypes or arrays, not {from_!r} and {to!r}")
    if {have.kind, to.kind} == {Kind.FLOAT, Kind.COMPLEX} or have.kind is to.kind:
        try:
            return promote_types(have, to) is to
        except RuntimeError:
            return False
    return have.kind is Kind.BOOL or (have.kind is Kind.INT < to.kind and _holds(have, to))


def _holds(whole: dtype, to: dtype) -> builtins.bool:
    """Return whether a floating-point dtype holds all integers of a dtype exactly."""
    digits = {2: 11, 4: 24, 8: 53}[to.to_real().itemsize]
    return 8 * whole.itemsize - whole.is_signed <= digits


@dataclass(frozen=True)
class _FloatInfo:
    """The limits of a floating-point dtype; for complex ones those of the parts."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: dtype


@dataclass(frozen=True)
class _IntInfo:
    """The limits of an integer dtype."""

    bits: int
    max: int
    min: int
    dtype: dtype


def _limits(d: dtype, digits: int, most: int) -> _FloatInfo:
    """Return the limits of a binary format: digits of its mantissa, and greatest exponent."""
    top = 2.0 ** (most - 1) * (2 - 2.0 ** (1 - digits))
    return _FloatInfo(8 * d.itemsize, 2.0 ** (1 - digits), top, -top, 2.0 ** (2 - most), d)


_FLOATS = {
    dtypes.float16: _limits(dtypes.float16, 11, 16),
    float32: _limits(float32, 24, 128),
    float64: _limits(float64, 53, 1024),
}


def finfo(type: Any, /) -> _FloatInfo:
    """Return the limits of a floating-point dtype, or of an array's."""
    d = _dtype_of(type)
    try:
        return _FLOATS[d.to_real()]
    except (KeyError, AttributeError):
        raise ValueError(f"finfo() takes floating-point dtypes, not {d!r}") from None


def iinfo(type: Any, /) -> _IntInfo:
    """Return the limits of an integer dtype, or of an array's."""
    d = _dtype_of(type)
    if not isinstance(d, dtype) or d.kind is not Kind.INT:
        raise ValueError(f"iinfo() takes integer dtypes, not {d!r}")
    low, high = promotion.bounds(d)
    return _IntInfo(8 * d.itemsize, high, low, d)


def isdtype(dtype: dtype, kind: Any) -> builtins.bool:
    """Return whether a dtype is one of a kind, of some kinds, or another dtype itself."""
    if isinstance(kind, tuple):
        return any(isdtype(dtype, k) for k in kind)
    if isinstance(kind, str):
        if kind not in KINDS:
            raise ValueError(f"isdtype(): unknown kind {kind!r}; kinds are {', '.join(KINDS)}")
        return dtype in KINDS[kind] or (kind in ("real floating", "numeric") and _is_half(dtype))
    if not isinstance(kind, dtypes.dtype):
        raise TypeError(
            f"isdtype(): 'kind' must be a dtype, a str or a tuple of them, not {kind!r}"
        )
    return dtype is kind


def _is_half(d: dtype) -> builtins.bool:
    return d is dtypes.float16


def result_type(*arrays_and_dtypes: Any) -> dtype:
    """Return the dtype that arrays, dtypes and Python numbers promote to."""
    found: dtype | None = None
    highest: Kind | None = None
    for value in arrays_and_dtypes:
        if isinstance(value, (Variable, dtype)):
            d = _dtype_of(value)
            found = d if found is None else promote_types(found, d)
            continue
        kind = kind_of_scalar(value)
        if kind is None:
            raise TypeError(f"result_type() takes arrays, dtypes and Python numbers, not {value!r}")
        highest = kind if highest is None or kind > highest else highest
    if found is None:
        raise ValueError("result_type() needs at least one array or dtype")
    if highest is None or highest <= found.kind:
        return found
    if highest is Kind.COMPLEX and found.kind is Kind.FLOAT:
        return found.to_complex()
    return dtypes.default_of_kind(highest)
