"""Functions that return views, in forms that return copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ops import conversion
from . import diagonals, shape, slicing
from .arguments import as_tensor_argument
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "alias_copy",
    "detach_copy",
    "diagonal_copy",
    "expand_copy",
    "permute_copy",
    "select_copy",
    "slice_copy",
    "squeeze_copy",
    "t_copy",
    "transpose_copy",
    "unsqueeze_copy",
    "view_copy",
]


@takes_out()
def alias_copy(input: Any, *, out: Tensor | None = None) -> Tensor:
    """Return a copy of a tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.alias_copy(tg.tensor([1, 2]))
    tensor([1, 2])
    """
    return conversion.clone(as_tensor_argument("alias_copy", input))


@takes_out()
def detach_copy(input: Any, *, out: Tensor | None = None) -> Tensor:
    """Return a copy of a tensor without history.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.detach_copy(tg.ones(2, requires_grad=True))
    tensor([1., 1.])
    """
    return conversion.clone(as_tensor_argument("detach_copy", input).detach())


@takes_out()
def diagonal_copy(
    input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1, *, out: Tensor | None = None
) -> Tensor:
    """Return a copy of what `diagonal` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.diagonal_copy(tg.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return conversion.clone(diagonals.diagonal(input, offset, dim1, dim2))


@takes_out()
def expand_copy(
    input: Any, size: Any, *, implicit: bool = False, out: Tensor | None = None
) -> Tensor:
    """Return a copy of what `Tensor.expand` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.expand_copy(tg.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return conversion.clone(shape.expand(input, size))


@takes_out()
def permute_copy(input: Any, dims: Any, *, out: Tensor | None = None) -> Tensor:
    """Return a copy of what `permute` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.permute_copy(tg.tensor([[1, 2]]), (1, 0))
    tensor([[1],
            [2]])
    """
    return conversion.clone(shape.permute(input, dims))


@takes_out()
def select_copy(input: Any, dim: int, index: int, *, out: Tensor | None = None) -> Tensor:
    """Return a copy of what `select` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.select_copy(tg.tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([3, 4])
    """
    return conversion.clone(slicing.select(input, dim, index))


@takes_out()
def slice_copy(
    input: Any,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Return a copy of what `slice` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.slice_copy(tg.arange(5), 0, 1, 4)
    tensor([1, 2, 3])
    """
    return conversion.clone(slicing.slice(input, dim, start, end, step))


@takes_out()
def squeeze_copy(input: Any, dim: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Return a copy of what `squeeze` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.squeeze_copy(tg.tensor([[1, 2]]))
    tensor([1, 2])
    """
    return conversion.clone(shape.squeeze(input, dim))


@takes_out()
def t_copy(input: Any, *, out: Tensor | None = None) -> Tensor:
    """Return a copy of what `t` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.t_copy(tg.tensor([[1, 2]]))
    tensor([[1],
            [2]])
    """
    return conversion.clone(shape.t(input))


@takes_out()
def transpose_copy(input: Any, dim0: int, dim1: int, *, out: Tensor | None = None) -> Tensor:
    """Return a copy of what `transpose` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.transpose_copy(tg.tensor([[1, 2]]), 0, 1)
    tensor([[1],
            [2]])
    """
    return conversion.clone(shape.transpose(input, dim0, dim1))


@takes_out()
def unsqueeze_copy(input: Any, dim: int, *, out: Tensor | None = None) -> Tensor:
    """Return a copy of what `unsqueeze` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unsqueeze_copy(tg.tensor([1, 2]), 0)
    tensor([[1, 2]])
    """
    return conversion.clone(shape.unsqueeze(input, dim))


@takes_out()
def view_copy(input: Any, size: Any, *, out: Tensor | None = None) -> Tensor:
    """Return a copy of what `Tensor.view` shows.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.view_copy(tg.tensor([1, 2]), (2, 1))
    tensor([[1],
            [2]])
    """
    return conversion.clone(shape.view(as_tensor_argument("view_copy", input), size))
