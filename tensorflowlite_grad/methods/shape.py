"""Shape methods, and the transposes."""

from __future__ import annotations

from typing import Any

from ..functions import joining
from ..functions import shape as f


class ShapeMethods:
    """Views, and what repeats or reorders elements."""

    __slots__ = ()

    view = f.view
    reshape = f.reshape
    flatten = f.flatten
    unflatten = f.unflatten
    ravel = f.ravel
    squeeze = f.squeeze
    unsqueeze = f.unsqueeze
    permute = f.permute
    transpose = f.transpose
    swapaxes = swapdims = f.swapaxes
    movedim = moveaxis = f.movedim
    t = f.t
    expand = f.expand
    broadcast_to = f.broadcast_to
    repeat = f.repeat
    tile = f.tile
    flip = f.flip
    fliplr = f.fliplr
    flipud = f.flipud
    roll = f.roll
    tril = f.tril
    triu = f.triu
    split = joining.split
    chunk = joining.chunk
    unbind = joining.unbind

    def view_as(self, other: Any) -> Any:
        """Return the same memory in the shape of another tensor.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.arange(4).view_as(tg.ones(2, 2))
        tensor([[0, 1],
                [2, 3]])
        """
        return f.view(self, other.shape)

    def reshape_as(self, other: Any) -> Any:
        """Return the elements in the shape of another tensor.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.arange(4).reshape_as(tg.ones(2, 2))
        tensor([[0, 1],
                [2, 3]])
        """
        return f.reshape(self, other.shape)

    def expand_as(self, other: Any) -> Any:
        """Return a view repeated to the shape of another tensor.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1, 2]).expand_as(tg.ones(2, 2))
        tensor([[1, 2],
                [1, 2]])
        """
        return f.expand(self, other.shape)

    @property
    def T(self) -> Any:
        """A view with all axes in reverse order.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).T.shape
        tensorflowlite_grad.Size([3, 2])
        """
        return f.reversed_axes(self)

    @property
    def mT(self) -> Any:
        """A view with the last two axes swapped.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(5, 2, 3).mT.shape
        tensorflowlite_grad.Size([5, 3, 2])
        """
        return f.matrix_transpose(self)
