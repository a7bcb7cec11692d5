"""Making arrays."""

from __future__ import annotations

from typing import Any

from ..autograd.graph import Variable
from ..backend import registry
from ..backend.selection import resolve
from ..dtypes import SCALARS, Kind, default_of_kind, get_default_dtype, int64
from ..functions import creation as f
from ..functions import dlpack, shape
from ..functions.arguments import shape_argument
from ..functions.factory import dtype_argument, finish
from ..ops import conversion
from ..ops.broadcasting import broadcast_shapes

__all__ = [
    "arange",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "linspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tril",
    "triu",
    "zeros",
    "zeros_like",
]

_Shape = int | tuple[int, ...]


def arange(
    start: float,
    /,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
) -> Any:
    """Return evenly spaced numbers of [start, stop), none if `step` leads away from `stop`."""
    if stop is None:
        start, stop = 0, start
    if step != 0 and (stop - start) * step <= 0:
        whole = all(isinstance(v, int) for v in (start, stop, step))
        return f.empty(0, dtype=dtype or (int64 if whole else None), device=device)
    return f.arange(start, stop, step, dtype=dtype, device=device)


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
    """Return numbers, nested sequences, tensors or other arrays as a tensor.

    A copy is made if `copy` asks for it, or if there is no other way and it is not False.
    """
    out = obj
    if isinstance(obj, Variable):
        pass
    elif isinstance(obj, (*SCALARS, list, tuple)):
        if copy is False:
            raise ValueError("asarray(): Python objects cannot become an array without a copy")
        return f.tensor(obj, dtype=dtype, device=device)
    elif registry.place_of(obj) is None and hasattr(obj, "__dlpack__"):
        out = dlpack.from_dlpack(obj)
    else:
        out = f.as_tensor(_buffer(obj))
    if device is not None:
        out = conversion.move(out, resolve(device, out._place))
    if dtype is not None:
        out = conversion.cast(out, dtype_argument(dtype) or out.dtype)
    if copy is False and isinstance(obj, Variable) and out is not obj:
        raise ValueError("asarray(): a change of dtype or device takes a copy")
    return conversion.clone(out) if copy and _shares(out, obj) else out


def _shares(out: Any, obj: Any) -> bool:
    """Return whether an array may still show the memory of what it was made of."""
    return out is obj or not isinstance(obj, Variable)


def _buffer(obj: Any) -> Any:
    """Return an object that gives access to its memory, as bytes do, as a host array."""
    if registry.place_of(obj) is not None:
        return obj
    try:
        memory = memoryview(obj)
    except TypeError:
        return obj
    return registry.get("numpy").host_array(memory)  # type: ignore[attr-defined]


def empty(shape: _Shape, *, dtype: Any = None, device: Any = None) -> Any:
    """Return an array whose elements are anything."""
    return f.empty(shape, dtype=dtype, device=device)


def zeros(shape: _Shape, *, dtype: Any = None, device: Any = None) -> Any:
    """Return zeros."""
    return f.zeros(shape, dtype=dtype, device=device)


def ones(shape: _Shape, *, dtype: Any = None, device: Any = None) -> Any:
    """Return ones."""
    return f.ones(shape, dtype=dtype, device=device)


def full(shape: _Shape, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return an array filled with one number."""
    return f.full(shape, fill_value, dtype=dtype, device=device)


def empty_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Return an array like `x` whose elements are anything."""
    return f.empty_like(x, dtype=dtype, device=device)


def zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Return zeros in the shape of `x`."""
    return f.zeros_like(x, dtype=dtype, device=device)


def ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """Return ones in the shape of `x`."""
    return f.ones_like(x, dtype=dtype, device=device)


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return one number in the shape of `x`."""
    return f.full_like(x, fill_value, dtype=dtype, device=device)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: Any = None,
    device: Any = None,
) -> Any:
    """Return a matrix with ones on a diagonal."""
    rows, columns = shape_argument("eye", (n_rows, n_rows if n_cols is None else n_cols))
    place = resolve(device)
    native = place.native(dtype_argument(dtype) or get_default_dtype())
    return finish(place.xp.eye(rows, columns, k=k, dtype=native), place)


def linspace(
    start: complex,
    stop: complex,
    /,
    num: int,
    *,
    dtype: Any = None,
    device: Any = None,
    endpoint: bool = True,
) -> Any:
    """Return `num` evenly spaced numbers from `start` to `stop`, included if `endpoint`."""
    kind = Kind.COMPLEX if complex in (type(start), type(stop)) else Kind.FLOAT
    wanted = dtype_argument(dtype) or default_of_kind(kind)
    (count,) = shape_argument("linspace", (num,))
    place = resolve(device)
    array = place.xp.linspace(start, stop, count, dtype=place.native(wanted), endpoint=endpoint)
    return finish(array, place)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """Return a tensor that shows the memory of another library's array: see `tg.from_dlpack`."""
    return dlpack.from_dlpack(x, device=device, copy=copy)


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Any]:
    """Return the coordinates of the points of a grid, an array for each axis."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid(): indexing must be 'xy' or 'ij', not {indexing!r}")
    n = len(arrays)
    places = list(range(n))
    if indexing == "xy" and n > 1:
        places[:2] = 1, 0
    spread = [
        shape.reshape(x, tuple(-1 if k == place else 1 for k in range(n)))
        for x, place in zip(arrays, places, strict=True)
    ]
    common = broadcast_shapes(*(tuple(x._array.shape) for x in spread)) if spread else ()
    return [conversion.clone(shape.expand(x, common)) for x in spread]


def tril(x: Any, /, *, k: int = 0) -> Any:
    """Return lower triangles."""
    return shape.tril(x, k)


def triu(x: Any, /, *, k: int = 0) -> Any:
    """Return upper triangles."""
    return shape.triu(x, k)
