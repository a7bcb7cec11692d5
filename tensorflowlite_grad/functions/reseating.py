"""In-place changes of shape: the tensor becomes a view of what it was."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from ..autograd import inplace
from ..autograd.graph import Version
from ..backend.strides import row_major
from . import shape, strided
from .arguments import as_tensor_argument, shape_argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tensor import Tensor

__all__ = ["resize_as_"]


def reseating(name: str, function: Callable[..., Any], text: str) -> Callable[..., Any]:
    """Return the in-place form of a function that returns a view."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        inplace.check_history(self, name)
        inplace.reseat(self, function(self, *args, **kwargs))
        return self

    method.__name__ = method.__qualname__ = name
    method.__doc__ = text
    return method


def resized(tensor: Any, size: Any) -> Any:
    """Give a tensor another shape in place, and more memory if it takes more."""
    if tensor._edge is not None:
        raise RuntimeError("cannot resize variables that require grad")
    want = shape_argument("resize_", size)
    if want == tuple(tensor._array.shape):
        return tensor
    place = tensor._place
    tensor._array = place.backend.mutable(tensor._array)
    _, offset, length = place.backend.layout(tensor._array)
    if prod(want) == prod(tensor._array.shape) and place.backend.is_contiguous(tensor._array):
        inplace.reseat(tensor, shape.view(tensor, want))
    elif prod(want) <= length - offset and strided.shows_views(tensor):
        inplace.reseat(tensor, strided.as_strided(tensor, want, row_major(want), offset))
    else:
        _move_to_more_memory(tensor, want, length - offset)
    return tensor


def resize_as_(input: Any, the_template: Any, *, memory_format: Any = None) -> Tensor:
    """Change the shape of a tensor in place to that of another: see `Tensor.resize_`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.resize_as_(tg.arange(6), tg.ones(3))
    tensor([0, 1, 2])
    """
    the_template = as_tensor_argument("resize_as_", the_template, "the_template", 2)
    out: Tensor = resized(input, (tuple(the_template._array.shape),))
    return out


def _move_to_more_memory(tensor: Any, want: tuple[int, ...], have: int) -> None:
    place, xp = tensor._place, tensor._place.xp
    count = prod(want)
    with place.entered():
        old = strided.as_strided(tensor.detach(), (min(have, count),), (1,))._array
        rest = xp.zeros((max(count - have, 0),), dtype=tensor._array.dtype)
        tensor._array = xp.reshape(xp.concat([old, rest], axis=0), want)
    tensor._extra, tensor._cell = None, Version()
    tensor._cell.count = 1
