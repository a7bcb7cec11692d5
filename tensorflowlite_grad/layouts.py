"""How elements lie in memory, under PyTorch's names: one layout, and two memory formats.

Programs written for PyTorch pass them; here elements always lie as strides tell.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "check_layout",
    "check_memory_format",
    "contiguous_format",
    "layout",
    "memory_format",
    "preserve_format",
    "strided",
]


class layout:
    """The kind of memory that a tensor has: `strided` is the only one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ones(2, layout=tg.strided)
    tensor([1., 1.])
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"tensorflowlite_grad.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class memory_format:
    """The order of axes in memory: `contiguous_format` or `preserve_format`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ones(2, 3).T.clone(memory_format=tg.contiguous_format).is_contiguous()
    True
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"tensorflowlite_grad.{self.name}"

    def __reduce__(self) -> str:
        return self.name


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")


def check_layout(name: str, wanted: Any) -> None:
    """Raise unless a function can make the layout that it was asked for."""
    if wanted is None or wanted is strided:
        return
    if isinstance(wanted, layout):
        raise RuntimeError(f"{name}(): layout {wanted!r} is not supported; strided is")
    raise TypeError(
        f"{name}(): argument 'layout' must be tensorflowlite_grad.layout, not "
        f"{type(wanted).__name__}"
    )


def check_memory_format(name: str, wanted: Any) -> None:
    """Raise unless a function can make the memory format that it was asked for."""
    if wanted is None or isinstance(wanted, memory_format):
        return
    raise TypeError(
        f"{name}(): argument 'memory_format' must be contiguous_format or preserve_format, not "
        f"{wanted!r}; other formats are not supported"
    )
