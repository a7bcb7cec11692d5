"""How a tensor lies in memory, and changing its shape in place."""

from __future__ import annotations

from typing import Any

from ..autograd.graph import viewable
from ..functions import reseating, shape, strided
from ..functions.arguments import axis


def _example(text: str, call: str, result: str) -> str:
    return (
        f"{text}\n\nExamples\n--------\n>>> import tensorflowlite_grad as tg\n"
        f">>> {call}.shape\ntensorflowlite_grad.Size({result})\n"
    )


class MemoryMethods:
    """Strides and offsets, and in-place forms of functions that return views."""

    __slots__ = ()

    def stride(self: Any, dim: int | None = None) -> Any:
        """Return how many elements apart the positions of each axis, or of one, lie.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).stride()
        (3, 1)
        >>> tg.ones(2, 3).T.stride(1)
        3
        """
        strides = tuple(self._place.backend.layout(viewable(self))[0])
        return strides if dim is None else strides[axis("stride", dim, len(strides))]

    def storage_offset(self: Any) -> int:
        """Return how many elements of the memory lie before the first one.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.arange(5)[2:].storage_offset()
        2
        """
        return int(self._place.backend.layout(viewable(self))[1])

    def data_ptr(self: Any) -> int:
        """Return the address of the first element, or a number that stands for it.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.arange(5)
        >>> x.data_ptr() == x.view(5, 1).data_ptr()
        True
        """
        return int(self._place.backend.address(viewable(self)))

    def resize_(self: Any, *sizes: Any, memory_format: Any = None) -> Any:
        """Change the shape in place; elements are kept in the order they have in memory.

        Where that takes more memory, the tensor moves, and further elements are zero.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.arange(6).resize_(2, 2)
        tensor([[0, 1],
                [2, 3]])
        """
        return reseating.resized(self, sizes)

    resize_as_ = reseating.resize_as_
    unsqueeze_ = reseating.reseating(
        "unsqueeze_",
        shape.unsqueeze,
        _example("Add an axis of size 1, in place.", "tg.ones(2).unsqueeze_(0)", "[1, 2]"),
    )
    squeeze_ = reseating.reseating(
        "squeeze_",
        shape.squeeze,
        _example("Drop axes of size 1, in place.", "tg.ones(1, 2).squeeze_()", "[2]"),
    )
    t_ = reseating.reseating(
        "t_", shape.t, _example("Transpose a matrix, in place.", "tg.ones(1, 2).t_()", "[2, 1]")
    )
    transpose_ = swapaxes_ = swapdims_ = reseating.reseating(
        "transpose_",
        shape.transpose,
        _example("Swap two axes, in place.", "tg.ones(1, 2).transpose_(0, 1)", "[2, 1]"),
    )
    as_strided_ = reseating.reseating(
        "as_strided_",
        strided.as_strided,
        _example(
            "Show the memory in another shape, at other strides, in place.",
            "tg.ones(4).as_strided_((2,), (2,))",
            "[2]",
        ),
    )
