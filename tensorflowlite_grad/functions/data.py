"""Making tensors of data: numbers, nested sequences, arrays and buffers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable
from ..backend import registry
from ..backend.selection import default_place, resolve
from ..dtypes import (
    SCALARS,
    Kind,
    default_of_kind,
    dtype,
    get_default_dtype,
    kind_of_scalar,
    uint64,
)
from ..layouts import check_layout
from ..ops import conversion
from ..ops.promotion import scalar_array
from .factory import dtype_argument, finish, number, require
from .nested import check_values, host_array

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "as_tensor",
    "asarray",
    "from_numpy",
    "frombuffer",
    "scalar_tensor",
    "tensor",
]


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Return a tensor with a copy of `data`.

    Parameters
    ----------
    data : number, nested sequence, array or Tensor
    dtype : dtype, optional
        By default int64, bool, the default float or its complex, as the data are; arrays
        keep theirs.
    device : device or str, optional
        By default that of the default backend.
    requires_grad : bool
    pin_memory : bool
        Accepted, as PyTorch has it, and without effect.

    Raises
    ------
    ValueError
        If nested sequences differ in length.
    RuntimeError
        If `requires_grad` is set for integers.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.tensor([[1.0, -1.0], [1.0, 2.0]], requires_grad=True)
    tensor([[ 1., -1.],
            [ 1.,  2.]], requires_grad=True)
    """
    wanted = dtype_argument(dtype)
    if isinstance(data, Variable):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use "
            "sourceTensor.detach().clone() or sourceTensor.detach().clone().requires_grad_(True), "
            "rather than tensor(sourceTensor).",
            stacklevel=2,
        )
        place = data._place if device is None else resolve(device, data._place)
        copy = conversion.clone(data.detach())  # type: ignore[attr-defined]
        copy = conversion.move(copy, place)
        return cast_leaf(copy, wanted, requires_grad)
    place = resolve(device)
    kind = kind_of_scalar(data) if type(data) in SCALARS else None
    if kind is not None:
        found = wanted or default_of_kind(kind)
        if kind is Kind.INT and not -(2**63) <= data < 2**63 and found is not uint64:
            raise ValueError(f"Overflow when unpacking long long: {data} does not fit 64 bits")
        return finish(scalar_array(place, data, found), place, requires_grad)
    source = None if isinstance(data, (list, tuple)) else registry.place_of(data)
    if source is not None:
        found = wanted or source.dtype_of(data)
        if source is place and source.backend.name != "numpy":
            out = conversion.clone(source.adopt(data))
            return cast_leaf(out, wanted, requires_grad)
        host = source.backend.to_numpy(data)
    else:
        host = host_array(data, wanted)
        found = wanted or _inferred(host, data)
        check_values(host, found)
    numpy = registry.get("numpy")
    host = numpy.converted(host, found.name)  # type: ignore[attr-defined]
    return finish(place.backend.from_numpy(host, place.kind, place.index), place, requires_grad)


def _inferred(host: Any, data: Any) -> dtype:
    if not host.size:
        return get_default_dtype()
    kind = {"b": Kind.BOOL, "i": Kind.INT, "u": Kind.INT, "f": Kind.FLOAT, "c": Kind.COMPLEX}
    return _dtype_of_items(data) or default_of_kind(kind[host.dtype.kind])


def _dtype_of_items(data: Any) -> dtype | None:
    """Return the dtype of NumPy's numbers in a list, which keep theirs, or None."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    if isinstance(data, Variable):
        return data._place.dtype_of(data._array)
    place = None if type(data) in SCALARS else registry.place_of(data)
    return None if place is None else place.dtype_of(data)


def cast_leaf(out: Any, wanted: dtype | None, requires_grad: bool) -> Any:
    if wanted is not None:
        out = conversion.cast(out, wanted)
    if requires_grad:
        require(out)
    return out


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return `data` as a tensor, without a copy where that is possible.

    Parameters
    ----------
    data : number, nested sequence, array or Tensor
        An array of a known library shares its memory; a tensor keeps its history.
    dtype : dtype, optional
    device : device or str, optional

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.as_tensor([1, 2])
    tensor([1, 2])
    """
    wanted = dtype_argument(dtype)
    out = data
    if not isinstance(data, Variable):
        source = None if isinstance(data, (list, tuple)) else registry.place_of(data)
        if source is None or type(data) in SCALARS:
            return tensor(data, dtype=dtype, device=device)
        out = source.adopt(data)
        if device is None and source.backend.name == "numpy":
            out = conversion.move(out, default_place())
    if device is not None:
        out = conversion.move(out, resolve(device, out._place))
    return out if wanted is None else conversion.cast(out, wanted)


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return an object as a tensor, sharing its memory where that is possible.

    Parameters
    ----------
    obj : number, nested sequence, buffer, array or Tensor
        A tensor keeps its history.
    dtype : dtype, optional
    device : device or str, optional
    copy : bool, optional
        Whether memory must not be shared, or must be; by default it is if that can be.
    requires_grad : bool

    Raises
    ------
    ValueError
        If memory must be shared, and cannot be.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.asarray([1, 2])
    tensor([1, 2])
    """
    if isinstance(obj, (bytes, bytearray, memoryview)):
        obj = frombuffer(obj, dtype=dtype or get_default_dtype())
    shared = isinstance(obj, Variable) or registry.place_of(obj) is not None
    out: Any = as_tensor(obj, dtype, device)
    moved = isinstance(obj, Variable) and out is not obj
    if copy is False and (not shared or moved):
        raise ValueError(
            "can't alias: asarray() was told not to copy, but the data cannot be shared in the "
            "dtype and on the device asked for"
        )
    if copy and shared and not moved:
        out = conversion.clone(out)
    if requires_grad and out._edge is None:
        require(out)
    return out


def scalar_tensor(
    s: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Return a number as a tensor of no dimensions: of the default float unless told.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.scalar_tensor(3)
    tensor(3.)
    """
    check_layout("scalar_tensor", layout)
    s = number(s)
    kind = kind_of_scalar(s)
    if kind is None:
        raise TypeError(
            f"scalar_tensor(): argument 's' (position 1) must be Number, not {type(s).__name__}"
        )
    wanted = dtype_argument(dtype) or default_of_kind(max(kind, Kind.FLOAT))
    place = resolve(device)
    return finish(scalar_array(place, s, wanted), place, requires_grad)


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """Return a tensor that shares the memory of a buffer, on the NumPy backend.

    Parameters
    ----------
    buffer : bytes, bytearray, memoryview or the like
        If it cannot be written, neither can the tensor.
    dtype : dtype
        What the bytes are taken for.
    count : int
        How many elements; -1 stands for all.
    offset : int
        How many bytes to skip.
    requires_grad : bool

    Raises
    ------
    ValueError
        If the bytes do not make up the elements, or there are none.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.frombuffer(bytearray([1, 0, 2, 0]), dtype=tg.int16)
    tensor([1, 2], dtype=tensorflowlite_grad.int16)
    """
    wanted = dtype_argument(dtype)
    if wanted is None:
        raise TypeError("frombuffer(): argument 'dtype' is missing")
    try:
        view = memoryview(buffer)
    except TypeError:
        raise ValueError(
            "object does not implement Python buffer protocol: frombuffer() was given "
            f"{type(buffer).__name__}"
        ) from None
    if not view.c_contiguous:
        raise ValueError("frombuffer(): the buffer's elements must lie in order, without gaps")
    size, item = view.nbytes, wanted.itemsize
    if not size or not count:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length "
            f"({size} bytes) minus 1"
        )
    rest = size - offset
    if count < 0:
        if rest % item:
            raise ValueError(
                f"buffer length ({rest} bytes) after offset ({offset} bytes) must be a multiple "
                f"of element size ({item})"
            )
        count = rest // item
    elif count * item > rest:
        raise ValueError(
            f"requested buffer length ({count} * {item} bytes) after offset ({offset} bytes) "
            f"must not be greater than actual buffer length ({size} bytes)"
        )
    numpy = registry.get("numpy")
    place = registry.place(numpy, "cpu", 0)
    octets = numpy.host_array(view.cast("B")[offset : offset + count * item])  # type: ignore[attr-defined]
    return finish(numpy.view_dtype(octets, place.native(wanted)), place, requires_grad)


def from_numpy(ndarray: Any) -> Tensor:
    """Return a tensor that shares the memory of a NumPy array, on the NumPy backend.

    Raises
    ------
    TypeError
        If it is no array, or of a dtype that tensors do not have.

    Examples
    --------
    >>> import numpy as np
    >>> import tensorflowlite_grad as tg
    >>> a = np.zeros(2)
    >>> t = tg.from_numpy(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=tensorflowlite_grad.float64)
    """
    backend = registry.get("numpy")
    if not backend.is_array(ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    place = registry.place(backend, "cpu", 0)
    place.dtype_of(ndarray)
    return place.wrap(ndarray, place)
