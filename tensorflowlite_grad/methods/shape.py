"""Shape methods, and the transposes."""

from __future__ import annotations

from typing import Any

from ..functions import rearranging, splitting, strided, transposes
from ..functions import shape as f
from .inplace import in_place


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
    flip = rearranging.flip
    fliplr = rearranging.fliplr
    flipud = rearranging.flipud
    roll = rearranging.roll
    tril = f.tril
    tril_ = in_place("tril_", f.tril)
    triu = f.triu
    triu_ = in_place("triu_", f.triu)
    rot90 = rearranging.rot90
    adjoint = transposes.adjoint
    sum_to_size = transposes.sum_to_size
    as_strided = strided.as_strided
    as_strided_scatter = strided.as_strided_scatter
    unfold = strided.unfold
    split = splitting.split
    split_with_sizes = splitting.split_with_sizes
    unsafe_split = splitting.unsafe_split
    unsafe_split_with_sizes = splitting.unsafe_split_with_sizes
    chunk = splitting.chunk
    unsafe_chunk = splitting.unsafe_chunk
    unbind = splitting.unbind
    tensor_split = splitting.tensor_split
    hsplit = splitting.hsplit
    vsplit = splitting.vsplit
    dsplit = splitting.dsplit

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

    @property
    def H(self) -> Any:
        """The matrix transposed and conjugated.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([[1j, 2.0]]).H
        tensor([[0.-1.j],
                [2.-0.j]])
        """
        return transposes.matrix_adjoint(self)

    @property
    def mH(self) -> Any:
        """The matrices of the last two axes transposed and conjugated.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(5, 2, 3).mH.shape
        tensorflowlite_grad.Size([5, 3, 2])
        """
        return transposes.batched_adjoint(self)
