"""`Size`: the shape of a tensor."""

from __future__ import annotations

import math

__all__ = ["Size"]


class Size(tuple[int, ...]):
    """A shape: a tuple of ints that prints as PyTorch's does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ones(2, 3).shape
    tensorflowlite_grad.Size([2, 3])
    >>> tg.ones(2, 3).shape.numel()
    6
    """

    __slots__ = ()

    def numel(self) -> int:
        """Return the number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"tensorflowlite_grad.Size([{', '.join(map(str, self))}])"

    def __add__(self, other: tuple[int, ...]) -> Size:  # type: ignore[override]
        return Size(tuple.__add__(self, other))

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        item = tuple.__getitem__(self, index)
        return Size(item) if isinstance(index, slice) else item
