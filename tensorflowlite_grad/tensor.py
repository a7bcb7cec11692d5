"""`Tensor`: an array that remembers how it was computed."""

from __future__ import annotations

import warnings
from math import prod
from typing import TYPE_CHECKING, Any

from . import array_api, dtypes, printing
from .autograd import carrier, modes, tangents
from .autograd.graph import Leaf, Variable, shown
from .backend import registry
from .functions import creation
from .methods import (
    ConversionMethods,
    CopyingMethods,
    CreationMethods,
    ElementwiseInPlaceMethods,
    ElementwiseMethods,
    GradientMethods,
    IndexingMethods,
    InPlaceMethods,
    LinalgMethods,
    MemoryMethods,
    NumpyMethods,
    RandomMethods,
    ReductionMethods,
    ShapeMethods,
    SignalMethods,
    SpecialMethods,
    StandardMethods,
)
from .size import Size

if TYPE_CHECKING:
    from .backend.place import Place, device

__all__ = ["Tensor"]


class Tensor(
    GradientMethods,
    ConversionMethods,
    CopyingMethods,
    CreationMethods,
    ElementwiseMethods,
    ElementwiseInPlaceMethods,
    SpecialMethods,
    ReductionMethods,
    ShapeMethods,
    SignalMethods,
    IndexingMethods,
    InPlaceMethods,
    LinalgMethods,
    MemoryMethods,
    NumpyMethods,
    RandomMethods,
    StandardMethods,
    Variable,
):
    """An array of one dtype on one device, whose operations are recorded.

    Make one with `tensor`, `zeros`, `randn` and the like.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> (x**2).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ()

    def __new__(cls, *args: Any, device: Any = None) -> Any:
        """Return an unset float tensor of a shape given as ints, or one that holds a list."""
        source = creation.legacy(args, dtypes.get_default_dtype(), device)
        return _wrap_as(cls, source._array, source._place)

    # -- what it is ---------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The size along each axis."""
        return Size(self._array.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return int(self._array.ndim)

    def dim(self) -> int:
        """Return the number of axes.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).dim()
        2
        """
        return int(self._array.ndim)

    ndimension = dim

    def numel(self) -> int:
        """Return the number of elements.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).numel()
        6
        """
        return prod(self._array.shape)

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return self._place.dtype_from(self._array.dtype)

    @property
    def device(self) -> device:
        """Where the elements are."""
        return self._place.device

    @property
    def backend(self) -> str:
        """The name of the backend whose array this is."""
        return self._place.backend.name

    @property
    def is_cuda(self) -> bool:
        """Whether the elements are on a CUDA device."""
        return self._place.kind == "cuda"

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return self.dtype.itemsize

    def element_size(self) -> int:
        """Return the bytes of one element.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).element_size()
        4
        """
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.dtype.itemsize * self.numel()

    def is_floating_point(self) -> bool:
        """Return whether elements are real floating-point numbers.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).is_floating_point()
        True
        """
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Return whether elements are complex.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).is_complex()
        False
        """
        return self.dtype.is_complex

    def is_contiguous(self) -> bool:
        """Return whether elements lie in memory in order, without gaps.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).is_contiguous()
        True
        >>> tg.ones(2, 3).T.is_contiguous()
        False
        """
        return bool(self._place.backend.is_contiguous(self._array))

    # -- values -------------------------------------------------------------------------

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises
        ------
        RuntimeError
            If there is not exactly one.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([2.5]).item()
        2.5
        """
        if self.numel() != 1:
            raise RuntimeError(
                f"a Tensor with {self.numel()} elements cannot be converted to Scalar"
            )
        return self._place.backend.to_numpy(self._array).item()

    def is_nonzero(self) -> bool:
        """Return whether the only element is not zero.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([0.5]).is_nonzero()
        True
        """
        return bool(self)

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
        """
        return self._place.backend.to_numpy(self._array).tolist()

    def _one(self, what: type) -> Any:
        if self.numel() != 1:
            raise ValueError(
                "only one element tensors can be converted to Python scalars: "
                f"{what.__name__}() was given one of shape {list(self._array.shape)}"
            )
        if what is not int and self._edge is not None and modes.is_grad_enabled():
            warnings.warn(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected "
                "behavior.\nConsider using tensor.detach() first.",
                stacklevel=3,
            )
        value = self.item()
        if isinstance(value, complex) and what is not complex:
            if value.imag:
                raise RuntimeError(
                    f"value cannot be converted to type {what.__name__} without overflow: "
                    f"{value} is complex"
                )
            value = value.real
        return what(value)

    def __float__(self) -> float:
        return float(self._one(float))

    def __int__(self) -> int:
        return int(self._one(int))

    def __complex__(self) -> complex:
        return complex(self._one(complex))

    def __index__(self) -> int:
        if self.numel() != 1 or self.dtype.kind > dtypes.Kind.INT:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __bool__(self) -> bool:
        count = self.numel()
        if count != 1:
            if count == 0:
                raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
            raise RuntimeError(
                "Boolean value of Tensor with more than one value is ambiguous; use any() or all()"
            )
        array = self._array
        return bool(self._place.xp.reshape(array, ()) if array.ndim else array)

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return int(self._array.shape[0])

    def __contains__(self, element: Any) -> bool:
        if not isinstance(element, (Tensor, bool, int, float, complex)):
            raise RuntimeError(
                "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
                f"{type(element)}."
            )
        return bool((self == element).any())

    def __format__(self, spec: str) -> str:
        if self._array.ndim:
            return object.__format__(self, spec)
        return format(self.item(), spec)

    def __repr__(self) -> str:
        return printing.format_tensor(
            self._fetch,
            tuple(self._array.shape),
            kind=("bool", "int", "float", "complex")[self.dtype.kind],
            suffixes=self._suffixes(),
        )

    def _fetch(self, index: tuple[Any, ...]) -> Any:
        part = self._place.xp.index_get(self._array, index) if index else self._array
        return self._place.backend.to_numpy(part).tolist()

    def _suffixes(self) -> list[str]:
        out = []
        if self._place.kind != "cpu":
            out.append(f"device={str(self._place.device)!r}")
        d = self.dtype
        default = dtypes.get_default_dtype()
        usual = {default, default.to_complex(), dtypes.int64, dtypes.bool_}
        if (d is not default) if not self.numel() else (d not in usual):
            out.append(f"dtype={d!r}")
        edge = self._edge
        if type(edge) is Leaf:
            out.append("requires_grad=True")
        elif edge is not None:
            out.append(f"grad_fn=<{shown(edge)[0].name()}>")
        if self._extra is not None and self._extra.tangents:
            for level in tangents.levels_of([self])[-1:]:
                out.append(f"tangent={tangents.tangent(self, level)}")
        return out


_new = object.__new__


def _wrap(array: Any, place: Place) -> Any:
    """Return a tensor of a native array, without history."""
    out = _new(Tensor)
    out._array = array
    out._place = place
    out._edge = out._cell = out._extra = None
    return out


def _wrap_as(cls: type[Any], array: Any, place: Place) -> Any:
    out = _new(cls)
    out._array = array
    out._place = place
    out._edge = out._cell = out._extra = None
    return out


def _refuse(name: str) -> Any:
    def refuse(self: Tensor, value: object) -> None:
        raise AttributeError(
            f"attribute {name!r} of {type(self).__name__!r} objects is not writable"
        )

    return refuse


# Properties that cannot be assigned say so in PyTorch's words, not in Python's.
for _owner in Tensor.__mro__:
    for _name, _found in list(vars(_owner).items()):
        if type(_found) is property and _found.fset is None:
            setattr(_owner, _name, _found.setter(_refuse(_name)))

Tensor.__module__ = "tensorflowlite_grad"
registry.bind_wrapper(_wrap)
carrier.bind(Tensor, array_api)
