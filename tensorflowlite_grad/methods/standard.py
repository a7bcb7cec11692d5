"""What the Array API standard asks of an array beyond operators."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from .. import array_api
from ..functions import dlpack
from ..functions.arguments import axis
from ..size import Size

if TYPE_CHECKING:
    from ..tensor import Tensor

#: Versions of the standard whose code runs on this one.
_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")


class Count(int):
    """A number of elements; called, the shape or a part of it.

    ``size`` is a number to the standard and to NumPy, and a method to PyTorch.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.ones(2, 3)
    >>> x.size == 6, x.size(), x.size(0)
    (True, tensorflowlite_grad.Size([2, 3]), 2)
    """

    _shape: Size

    def __call__(self, dim: int | None = None) -> Any:
        """Return the shape, or the size along one axis."""
        shape = self._shape
        if dim is None:
            return shape
        if not shape:
            axis("size", dim, 0)
            raise IndexError("Dimension specified as 0 but tensor has no dimensions")
        return int(shape[axis("size", dim, len(shape))])

    def __reduce__(self) -> Any:
        return int, (int(self),)


#: One for each shape met: making one takes longer than most uses of it.
_counts: dict[tuple[int, ...], Count] = {}


def _count(shape: tuple[int, ...]) -> Count:
    if len(_counts) >= 4096:
        _counts.clear()
    out = Count(prod(shape))
    out._shape = Size(shape)
    _counts[tuple(shape)] = out
    return out


class StandardMethods:
    """The namespace, devices and DLPack."""

    __slots__ = ()

    @property
    def size(self: Any) -> Count:
        """The number of elements; ``size()`` is the shape, ``size(dim)`` a part of it."""
        shape = self._array.shape
        return _counts.get(shape) or _count(shape)

    def __array_namespace__(self: Any, *, api_version: str | None = None) -> Any:
        if api_version is not None and api_version not in _VERSIONS:
            raise ValueError(
                f"unsupported version {api_version!r} of the array API standard; supported are "
                f"{', '.join(_VERSIONS)}"
            )
        return array_api

    def to_device(self: Any, device: Any, /, *, stream: Any = None) -> Tensor:
        """Return the tensor on another device; the standard's spelling of `to`.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.ones(2)
        >>> x.to_device(x.device)
        tensor([1., 1.])
        """
        if stream is not None:
            raise ValueError(f"to_device(): streams are not supported, got {stream!r}")
        out: Tensor = self.to(device)
        return out

    def __dlpack__(
        self: Any,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[Any, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        return dlpack.capsule_of(self, stream, max_version, dl_device, copy)

    def __dlpack_device__(self: Any) -> tuple[Any, int]:
        array = self._place.backend.mutable(self._array)
        kind, index = array.__dlpack_device__()
        return kind, index
