"""Making tensors of shapes, in PyTorch's spelling; and where all makers of tensors are found."""

from __future__ import annotations

import builtins
from math import prod
from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable
from ..backend.selection import resolve
from ..backend.strides import row_major
from ..dtypes import default_of_kind, get_default_dtype, kind_of_scalar
from ..layouts import check_layout, preserve_format
from ..ops import conversion
from ..ops.promotion import fitting
from ..size import Size
from .arguments import as_tensor_argument, shape_argument
from .data import as_tensor, asarray, from_numpy, frombuffer, scalar_tensor, tensor
from .factory import (
    allocate,
    attempted,
    dtype_argument,
    finish,
    like_options,
    made,
    made_like,
    number,
)
from .outputs import made_into, takes_out
from .ranges import arange, linspace, logspace, range

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "arange",
    "as_tensor",
    "asarray",
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "eye",
    "fill",
    "fill_",
    "from_numpy",
    "frombuffer",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "range",
    "scalar_tensor",
    "tensor",
    "zero_",
    "zeros",
    "zeros_like",
]


def zeros(
    *shape: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return zeros.

    Parameters
    ----------
    *shape : int or sequence of int
    size : sequence of int, optional
        The shape, where it is given by name.
    dtype : dtype, optional
        The default float without it.
    layout : layout, optional
        `strided`: there is no other.
    device : device or str, optional
    requires_grad : bool
    pin_memory : bool
        Accepted, as PyTorch has it, and without effect.

    Raises
    ------
    RuntimeError
        If a size is negative, or there is no memory for that many elements.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    if out is not None:
        given = shape if size is None else (size,)
        options = {"layout": layout, "device": device, "requires_grad": requires_grad}
        return made_into(out, zeros, *given, dtype=dtype, **options)
    given = shape if size is None else (size,)
    return made("zeros", given, "zeros", dtype, device, requires_grad, layout=layout)


def ones(
    *shape: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return ones: see `zeros`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ones(2)
    tensor([1., 1.])
    """
    if out is not None:
        given = shape if size is None else (size,)
        options = {"layout": layout, "device": device, "requires_grad": requires_grad}
        return made_into(out, ones, *given, dtype=dtype, **options)
    given = shape if size is None else (size,)
    return made("ones", given, "ones", dtype, device, requires_grad, layout=layout)


def empty(
    *shape: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return a tensor whose elements are whatever the memory held: see `zeros`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.empty(2, 3).shape
    tensorflowlite_grad.Size([2, 3])
    """
    if out is not None:
        given = shape if size is None else (size,)
        options = {"layout": layout, "device": device, "requires_grad": requires_grad}
        return made_into(out, empty, *given, dtype=dtype, memory_format=memory_format, **options)
    given = shape if size is None else (size,)
    return made(
        "empty",
        given,
        "empty",
        dtype,
        device,
        requires_grad,
        layout=layout,
        memory_format=memory_format,
    )


def _filling(name: str, fill_value: Any, dtype: Any) -> tuple[Any, Any]:
    """Return a number to fill with, and the dtype that it is given or has itself."""
    kind = kind_of_scalar(fill_value)
    if kind is None:
        raise TypeError(
            f"{name}(): argument 'fill_value' must be Number, not {type(fill_value).__name__}"
        )
    wanted = dtype_argument(dtype) or default_of_kind(kind)
    return fitting(fill_value, wanted), wanted


def _filled_with(name: str, shape: tuple[int, ...], value: Any, wanted: Any, place: Any) -> Any:
    """Return a tensor's only element, repeated: it may require grad, which a fill would drop."""
    if value._array.ndim:
        raise TypeError(
            f"{name}(): argument 'fill_value' (position 2) must be Number, not Tensor of "
            f"{value._array.ndim} dimensions"
        )
    moved = conversion.cast(conversion.move(value, place), wanted)
    return conversion.clone(moved.expand(shape))


@takes_out("made")
def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return a tensor filled with one number.

    Parameters
    ----------
    size : int or sequence of int
    fill_value : number or Tensor
        Gradients flow back to a tensor, which has no dimensions.
    dtype : dtype, optional
        That of the number without it.
    layout, device, requires_grad, pin_memory
        As of `zeros`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.full((2,), 7)
    tensor([7, 7])
    """
    size = (size,) if isinstance(size, int) else tuple(size)
    if isinstance(fill_value, Variable):
        check_layout("full", layout)
        place = fill_value._place if device is None else resolve(device, fill_value._place)
        wanted = dtype_argument(dtype) or fill_value._place.dtype_of(fill_value._array)
        shape = shape_argument("full", (size,))
        result = _filled_with("full", shape, fill_value, wanted, place)
        return result if result._edge is not None or not requires_grad else result.requires_grad_()
    fill_value, wanted = _filling("full", fill_value, dtype)
    return made("full", (size,), "full", wanted, device, requires_grad, fill_value, layout=layout)


def zeros_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = preserve_format,
) -> Tensor:
    """Return zeros of the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.zeros_like(tg.tensor([5.0, 6.0]))
    tensor([0., 0.])
    """
    options = {"layout": layout, "memory_format": memory_format}
    return made_like("zeros_like", input, "zeros", dtype, device, requires_grad, **options)


def ones_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = preserve_format,
) -> Tensor:
    """Return ones of the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ones_like(tg.tensor([5, 6]))
    tensor([1, 1])
    """
    options = {"layout": layout, "memory_format": memory_format}
    return made_like("ones_like", input, "ones", dtype, device, requires_grad, **options)


def empty_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = preserve_format,
) -> Tensor:
    """Return a tensor of the shape, dtype and device of another, its elements being anything.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.empty_like(tg.ones(2, 3)).shape
    tensorflowlite_grad.Size([2, 3])
    """
    options = {"layout": layout, "memory_format": memory_format}
    return made_like("empty_like", input, "empty", dtype, device, requires_grad, **options)


def full_like(
    input: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = preserve_format,
) -> Tensor:
    """Return one number in the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.full_like(tg.ones(2), 7)
    tensor([7., 7.])
    """
    options = like_options("full_like", input, dtype, device, layout, memory_format)
    return _full_of("full_like", *options, fill_value, requires_grad)


def _full_of(
    name: str,
    shape: tuple[int, ...],
    wanted: Any,
    place: Any,
    fill_value: Any,
    requires_grad: bool,
) -> Any:
    if isinstance(fill_value, Variable):
        out = _filled_with(name, shape, fill_value, wanted, place)
        return out if out._edge is not None or not requires_grad else out.requires_grad_()
    fill_value, _ = _filling(name, fill_value, wanted)
    return finish(allocate(name, "full", shape, place, wanted, fill_value), place, requires_grad)


def fill(input: Any, value: Any) -> Tensor:
    """Return a tensor of the shape and dtype of another, filled with one number.

    Gradients flow to the number, if it is a tensor; those of `input` are zero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fill(tg.ones(2), 7)
    tensor([7., 7.])
    """
    input = as_tensor_argument("fill", input)
    place, wanted = input._place, input._place.dtype_of(input._array)
    if not isinstance(value, Variable):
        value, _ = _filling("fill", value, wanted)
        value = finish(place.scalar(value, place.native(wanted)), place)
    elif value._array.ndim:
        raise RuntimeError(
            "fill only supports 0-dimension value tensor but got tensor with "
            f"{value._array.ndim} dimensions."
        )
    value = conversion.cast(conversion.move(value, place), wanted)
    return conversion.overwrite.record(input, value).clone()


def fill_(input: Any, value: Any) -> Tensor:
    """Set all elements of a tensor to one number, in place: see `Tensor.fill_`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fill_(tg.ones(2), 7)
    tensor([7., 7.])
    """
    return as_tensor_argument("fill_", input).fill_(value)


def zero_(input: Any) -> Tensor:
    """Set all elements of a tensor to zero, in place.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.zero_(tg.ones(2))
    tensor([0., 0.])
    """
    return as_tensor_argument("zero_", input).zero_()


@takes_out("made")
def eye(
    n: Any,
    m: Any = None,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return a matrix with ones on the diagonal.

    Parameters
    ----------
    n : int
        The number of rows.
    m : int, optional
        The number of columns; `n` by default.
    dtype, layout, device, requires_grad, pin_memory
        As of `zeros`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    check_layout("eye", layout)
    n = number(n)
    m = n if m is None else number(m)
    for argument, value in (("n", n), ("m", m)):
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise TypeError(f"eye(): argument {argument!r} must be int, not {type(value).__name__}")
        if value < 0:
            raise RuntimeError(f"{argument} must be greater or equal to 0, got {value}, in eye()")
    rows, columns = shape_argument("eye", (n, m))
    place = resolve(device)
    wanted = dtype_argument(dtype) or get_default_dtype()
    array = attempted(
        "eye",
        (rows, columns),
        place,
        wanted,
        lambda: place.xp.eye(rows, columns, dtype=place.native(wanted)),
    )
    return finish(array, place, requires_grad)


def empty_permuted(
    size: Any,
    physical_layout: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Return an unset tensor whose axes lie in memory in a given order, the outermost first.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.empty_permuted((2, 3), (1, 0)).T.is_contiguous()
    True
    """
    check_layout("empty_permuted", layout)
    shape = shape_argument("empty_permuted", (size,))
    order = tuple(int(k) for k in physical_layout)
    if len(order) != len(shape):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; "
            f"i.e. len(size) = {len(shape)} is not equal to len(physical_layout) = {len(order)}"
        )
    for k in order:
        if not 0 <= k < len(shape):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(shape) - 1}, but got "
                f"{k}); empty_permuted() does not support negative dims"
            )
        if order.count(k) > 1:
            raise RuntimeError(f"Duplicate dim not allowed: {k} in the physical_layout {order}")
    place = resolve(device)
    wanted = dtype_argument(dtype) or get_default_dtype()
    array = allocate("empty_permuted", "empty", tuple(shape[k] for k in order), place, wanted)
    inverse = tuple(order.index(k) for k in builtins.range(len(order)))
    return finish(place.xp.permute_dims(array, inverse), place, requires_grad)


def empty_strided(
    size: Any,
    stride: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Return an unset tensor whose elements lie in memory at given strides.

    On a backend that has no strides, they lie as it has them.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.empty_strided((2, 3), (1, 2)).shape
    tensorflowlite_grad.Size([2, 3])
    """
    check_layout("empty_strided", layout)
    shape = shape_argument("empty_strided", (size,))
    return _strided("empty_strided", shape, stride, dtype, resolve(device), requires_grad)


def _strided(
    name: str, shape: tuple[int, ...], stride: Any, dtype: Any, place: Any, requires_grad: bool
) -> Any:
    strides = tuple(int(s) for s in stride)
    if len(strides) != len(shape):
        raise RuntimeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides "
            f"({len(strides)}), in {name}()"
        )
    if any(s < 0 for s in strides):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(shape)} and "
            f"strides={list(strides)}: {name}() takes no negative strides"
        )
    wanted = dtype_argument(dtype) or get_default_dtype()
    length = 1 + sum(s * (n - 1) for s, n in zip(strides, shape, strict=True))
    (length,) = shape_argument(name, (length if prod(shape) else 0,))
    if strides == row_major(shape) or not length or not place.backend.strided_views:
        return finish(allocate(name, "empty", shape, place, wanted), place, requires_grad)
    memory = allocate(name, "empty", (length,), place, wanted)
    array = place.xp.as_strided(memory, shape, strides, 0, (1,))
    return finish(array, place, requires_grad)


def legacy(args: tuple[Any, ...], wanted: Any, device: Any) -> Any:
    """Return what PyTorch's old constructors make: of ints a shape, unset; of a list its data.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if not args:
        return empty(0, dtype=wanted, device=device)
    if len(args) == 1 and not isinstance(args[0], int):
        (data,) = args
        if isinstance(data, Size):
            return empty(data, dtype=wanted, device=device)
        if isinstance(data, Variable):
            return as_tensor(data.detach(), wanted, device)  # type: ignore[attr-defined]
        if not isinstance(data, (list, tuple)) and not hasattr(data, "__array_namespace__"):
            raise TypeError(f"new(): data must be a sequence (got {type(data).__name__})")
        return tensor(data, dtype=wanted, device=device)
    return empty(*args, dtype=wanted, device=device)
