"""Making tensors: from data, from shapes and from ranges."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable, make_leaf
from ..backend import registry
from ..backend.selection import default_place, resolve
from ..dtypes import SCALARS, Kind, default_of_kind, dtype, get_default_dtype, kind_of_scalar
from ..ops import conversion
from ..ops.promotion import fitting, scalar_array
from .arguments import as_tensor_argument, shape_argument
from .nested import check_values, host_array

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "arange",
    "as_tensor",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "tensor",
    "zeros",
    "zeros_like",
]


def finish(array: Any, place: Any, requires_grad: bool = False) -> Any:
    """Return a new tensor of an array, a leaf that requires grad if asked for.

    Raises
    ------
    RuntimeError
        If it cannot require grad, being of integers.
    """
    out = place.wrap(array, place)
    if requires_grad:
        require(out)
    return out


def require(tensor: Any) -> None:
    """Make a tensor without history require grad."""
    found = tensor._place.dtype_of(tensor._array)
    if not found.is_differentiable:
        raise RuntimeError(
            "Only Tensors of floating point and complex dtype can require gradients, not "
            f"{found.name}; convert first, as in x.float()"
        )
    make_leaf(tensor)


def dtype_argument(value: Any) -> dtype | None:
    """Return the dtype that an argument stands for: ours, or one of Python's types."""
    if value is None or isinstance(value, dtype):
        return value
    if value is float:
        return dtypes.float64
    if value in (int, bool, complex):
        return {int: dtypes.int64, bool: dtypes.bool_, complex: dtypes.complex128}[value]
    raise TypeError(f"argument 'dtype' must be a tensorflowlite_grad dtype, not {value!r}")


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
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
        return _cast_leaf(copy, wanted, requires_grad)
    place = resolve(device)
    kind = kind_of_scalar(data) if type(data) in SCALARS else None
    if kind is not None:
        found = wanted or default_of_kind(kind)
        if kind is Kind.INT and not -(2**63) <= data < 2**63:
            raise ValueError(f"Overflow when unpacking long long: {data} does not fit 64 bits")
        return finish(scalar_array(place, data, found), place, requires_grad)
    source = None if isinstance(data, (list, tuple)) else registry.place_of(data)
    if source is not None:
        found = wanted or source.dtype_of(data)
        if source is place and source.backend.name != "numpy":
            out = conversion.clone(source.adopt(data))
            return _cast_leaf(out, wanted, requires_grad)
        host = source.backend.to_numpy(data)
    else:
        host = host_array(data)
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


def _cast_leaf(out: Any, wanted: dtype | None, requires_grad: bool) -> Any:
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


asarray = as_tensor


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


def _made(
    name: str, size: Any, function: str, dtype: Any, device: Any, requires_grad: bool, *fill: Any
) -> Any:
    shape = shape_argument(name, size)
    place = resolve(device)
    native = place.native(dtype_argument(dtype) or get_default_dtype())
    try:
        array = getattr(place.xp, function)(shape, *fill, dtype=native)
    except MemoryError as error:
        raise MemoryError(f"{name}(): out of memory for shape {list(shape)}: {error}") from None
    return finish(array, place, requires_grad)


def zeros(
    *shape: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return zeros.

    Parameters
    ----------
    *shape : int or sequence of int
    size : sequence of int, optional
        The shape, where it is given by name.
    dtype : dtype, optional
        The default float without it.
    device : device or str, optional
    requires_grad : bool

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return _made("zeros", shape if size is None else (size,), "zeros", dtype, device, requires_grad)


def ones(
    *shape: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ones: see `zeros`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ones(2)
    tensor([1., 1.])
    """
    return _made("ones", shape if size is None else (size,), "ones", dtype, device, requires_grad)


def empty(
    *shape: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor whose elements are whatever the memory held: see `zeros`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.empty(2, 3).shape
    tensorflowlite_grad.Size([2, 3])
    """
    return _made("empty", shape if size is None else (size,), "empty", dtype, device, requires_grad)


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor filled with one number.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.full((2,), 7)
    tensor([7, 7])
    """
    if isinstance(fill_value, Variable):
        # A tensor may require grad, which a fill would drop.
        wanted = dtype_argument(dtype) or fill_value._place.dtype_of(fill_value._array)
        return conversion.cast(fill_value, wanted).expand(shape_argument("full", (size,))).clone()
    kind = kind_of_scalar(fill_value)
    if kind is None:
        raise TypeError(
            f"full(): argument 'fill_value' must be Number, not {type(fill_value).__name__}"
        )
    size = (size,) if isinstance(size, int) else tuple(size)
    wanted = dtype_argument(dtype) or default_of_kind(kind)
    fill_value = fitting(fill_value, wanted)
    return _made("full", (size,), "full", wanted, device, requires_grad, fill_value)


def _like(
    input: Any, function: Any, dtype: Any, device: Any, requires_grad: bool, *fill: Any
) -> Any:
    input = as_tensor_argument(f"{function.__name__}_like", input)
    place = input._place if device is None else resolve(device, input._place)
    wanted = dtype_argument(dtype) or input._place.dtype_of(input._array)
    shape = tuple(input._array.shape)
    return function(shape, *fill, dtype=wanted, device=place.device, requires_grad=requires_grad)


def zeros_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return zeros of the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.zeros_like(tg.tensor([5.0, 6.0]))
    tensor([0., 0.])
    """
    return _like(input, zeros, dtype, device, requires_grad)


def ones_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return ones of the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ones_like(tg.tensor([5, 6]))
    tensor([1, 1])
    """
    return _like(input, ones, dtype, device, requires_grad)


def empty_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of the shape, dtype and device of another, its elements being anything.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.empty_like(tg.ones(2, 3)).shape
    tensorflowlite_grad.Size([2, 3])
    """
    return _like(input, empty, dtype, device, requires_grad)


def full_like(
    input: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return one number in the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.full_like(tg.ones(2), 7)
    tensor([7., 7.])
    """
    return _like(input, full, dtype, device, requires_grad, fill_value)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a matrix with ones on the diagonal.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows, columns = shape_argument("eye", (n, n if m is None else m))
    place = resolve(device)
    native = place.native(dtype_argument(dtype) or get_default_dtype())
    return finish(place.xp.eye(rows, columns, dtype=native), place, requires_grad)


def _scalar(value: Any) -> Any:
    return value.item() if isinstance(value, Variable) else value  # type: ignore[attr-defined]


def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return evenly spaced numbers of [start, end).

    Parameters
    ----------
    start, end, step : number
        With one argument, it is the end.
    dtype : dtype, optional
        int64 if all are ints, else the default float.
    device : device or str, optional
    requires_grad : bool

    Raises
    ------
    RuntimeError
        If `step` is zero or leads away from `end`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.arange(4.0)
    tensor([0., 1., 2., 3.])
    """
    start, end, step = _scalar(start), _scalar(end), _scalar(step)
    if end is None:
        start, end = None, start
    if start is None:
        start = 0
    for value in (start, end, step):
        if not isinstance(value, (int, float)):
            raise TypeError(f"arange(): bounds must be numbers, not {type(value).__name__}")
    if step == 0 or step != step:
        raise RuntimeError("step must be nonzero")
    if not math.isfinite(start) or not math.isfinite(end):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign: from {start} to {end} by "
            f"{step}"
        )
    whole = all(isinstance(v, int) for v in (start, end, step))
    wanted = dtype_argument(dtype) or (dtypes.int64 if whole else get_default_dtype())
    count = -(-(end - start) // step) if whole else math.ceil((end - start) / step)
    shape_argument("arange", (int(count),))
    place = resolve(device)
    xp = place.xp
    if whole and wanted.kind is Kind.INT:
        return finish(xp.arange(start, end, step, dtype=place.native(wanted)), place, requires_grad)
    # Computed in double precision from the number of each step, as PyTorch does.
    steps = xp.arange(0, int(count), 1, dtype=place.native(dtypes.float64))
    return finish(xp.astype(start + step * steps, place.native(wanted)), place, requires_grad)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return `steps` evenly spaced numbers from `start` to `end`, both included.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    start, end = _scalar(start), _scalar(end)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    place = resolve(device)
    native = place.native(dtype_argument(dtype) or get_default_dtype())
    (count,) = shape_argument("linspace", (steps,))
    array = place.xp.linspace(float(start), float(end), count, dtype=place.native(dtypes.float64))
    return finish(place.xp.astype(array, native), place, requires_grad)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return `steps` numbers from ``base**start`` to ``base**end``, evenly spaced in the power.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    powers = linspace(start, end, steps, dtype=dtypes.float64, device=device)
    out = (powers * math.log(base)).exp()
    return _cast_leaf(out, dtype_argument(dtype) or get_default_dtype(), requires_grad)
