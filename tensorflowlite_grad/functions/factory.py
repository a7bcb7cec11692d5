"""What functions that make tensors share: their options, and the making itself."""

from __future__ import annotations

import warnings
from math import prod
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd import modes
from ..autograd.frames import outside
from ..autograd.graph import Variable, make_leaf
from ..backend import failures
from ..backend.failures import OutOfMemoryError
from ..backend.selection import resolve
from ..dtypes import dtype, get_default_dtype
from ..layouts import check_layout, check_memory_format, preserve_format
from .arguments import as_tensor_argument, shape_argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..backend.place import Place

__all__ = [
    "allocate",
    "attempted",
    "dtype_argument",
    "finish",
    "like_options",
    "made",
    "made_like",
    "number",
    "require",
]


def finish(array: Any, place: Any, requires_grad: bool = False) -> Any:
    """Return a new tensor of an array, a leaf that requires grad if asked for.

    Raises
    ------
    RuntimeError
        If it cannot require grad, being of integers.
    TypeError
        If `requires_grad` is no bool.
    """
    out = place.wrap(array, place)
    if requires_grad:
        if not isinstance(requires_grad, bool):
            raise TypeError(
                f"argument 'requires_grad' must be bool, not {type(requires_grad).__name__}"
            )
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


def number(value: Any) -> Any:
    """Return the Python number that a 0-d tensor holds; anything else as it is.

    It warns where a gradient is lost.
    """
    if not isinstance(value, Variable):
        return value
    if value._edge is not None and modes.is_grad_enabled():
        warnings.warn(
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected "
            "behavior: an argument that is a number has no gradient. detach() it first.",
            stacklevel=outside(),
        )
    return value.item()  # type: ignore[attr-defined]


def allocate(
    name: str, function: str, shape: tuple[int, ...], place: Place, wanted: dtype, *fill: Any
) -> Any:
    """Return a new native array, by a function of the namespace; errors as in `attempted`."""
    create = getattr(place.xp, function)
    native = place.native(wanted)
    return attempted(name, shape, place, wanted, lambda: create(shape, *fill, dtype=native))


def attempted(
    name: str, shape: tuple[int, ...], place: Place, wanted: dtype, make: Callable[[], Any]
) -> Any:
    """Return the new native array that ``make()`` makes.

    Raises
    ------
    OutOfMemoryError
        If there is no memory for it.
    AcceleratorError
        If the device is lost.
    """
    try:
        return make()
    except MemoryError as error:
        size = prod(shape) * wanted.itemsize
        raise OutOfMemoryError(
            f"{place.backend.name} can't allocate memory: {name}() tried to allocate {size} bytes "
            f"for shape {list(shape)}: {error}"
        ) from None
    except Exception as error:
        found = failures.explained(error, place, f"{name}()", f"a result of shape {list(shape)}")
        if found is None:
            raise
        raise found from error


def made(
    name: str,
    size: Any,
    function: str,
    dtype: Any,
    device: Any,
    requires_grad: bool,
    *fill: Any,
    layout: Any = None,
    memory_format: Any = None,
) -> Any:
    """Return a tensor of a shape, of the default float unless a dtype is given."""
    check_layout(name, layout)
    check_memory_format(name, memory_format)
    shape = shape_argument(name, size)
    place = resolve(device)
    wanted = dtype_argument(dtype) or get_default_dtype()
    return finish(allocate(name, function, shape, place, wanted, *fill), place, requires_grad)


def like_options(
    name: str, input: Any, dtype: Any, device: Any, layout: Any = None, memory_format: Any = None
) -> tuple[tuple[int, ...], Any, Any]:
    """Return the shape, dtype and place of a tensor, the latter two unless others are given."""
    check_layout(name, layout)
    check_memory_format(name, memory_format)
    input = as_tensor_argument(name, input)
    place = input._place if device is None else resolve(device, input._place)
    wanted = dtype_argument(dtype) or input._place.dtype_of(input._array)
    return tuple(input._array.shape), wanted, place


def made_like(
    name: str,
    input: Any,
    function: str,
    dtype: Any,
    device: Any,
    requires_grad: bool,
    *fill: Any,
    shape: tuple[int, ...] | None = None,
    layout: Any = None,
    memory_format: Any = None,
) -> Any:
    """Return a tensor of the shape, dtype and device of another, unless others are given."""
    have, wanted, place = like_options(name, input, dtype, device, layout, memory_format)
    if shape is None and memory_format is preserve_format and len(have) > 1:
        order = _order(input)
        if order is not None:
            lying = tuple(have[k] for k in order)
            array = allocate(name, function, lying, place, wanted, *fill)
            back = tuple(order.index(k) for k in range(len(order)))
            return finish(place.xp.permute_dims(array, back), place, requires_grad)
    array = allocate(name, function, have if shape is None else shape, place, wanted, *fill)
    return finish(array, place, requires_grad)


def _order(tensor: Any) -> tuple[int, ...] | None:
    """Return the axes as they lie in memory, the outermost first; None if they are in order."""
    backend, array = tensor._place.backend, tensor._array
    if not backend.strided_views or backend.is_contiguous(array):
        return None
    strides, _, _ = backend.layout(array)
    if 0 in strides:
        return None
    order = tuple(sorted(range(len(strides)), key=lambda k: -abs(strides[k])))
    return None if order == tuple(range(len(order))) else order
