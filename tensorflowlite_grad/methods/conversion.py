"""Copies of a tensor: in another dtype, on another device, for Python's copying modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable
from ..backend import registry
from ..backend.selection import resolve
from ..functions import creation, elementwise
from ..ops import conversion

if TYPE_CHECKING:
    from ..tensor import Tensor


class ConversionMethods(Variable):
    """Copies, casts and moves; gradients flow back through them."""

    __slots__ = ()

    def clone(self: Any) -> Tensor:
        """Return a copy in memory of its own; gradients flow through.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.ones(2)
        >>> y = x.clone()
        >>> y[0] = 5
        >>> x
        tensor([1., 1.])
        """
        return conversion.clone(self)

    def contiguous(self: Any) -> Tensor:
        """Return the tensor, or a copy whose elements lie in memory in order.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).T.contiguous().is_contiguous()
        True
        """
        if self.is_contiguous():
            return self
        out = self.clone()
        if not out.is_contiguous():  # a clone may keep the order of the axes in memory
            out._array = out._place.backend.copy(out._place.xp, out._array)
        return out

    def to(self: Any, *args: Any, **kwargs: Any) -> Tensor:
        """Return the tensor on another device or in another dtype.

        Parameters
        ----------
        *args
            A device or its name, a dtype, both, or a tensor to be like: of its dtype, on its
            device, with its backend.
        copy : bool, optional
            Copy even if nothing changes.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1, 2]).to(tg.float64)
        tensor([1., 2.], dtype=tensorflowlite_grad.float64)
        >>> tg.ones(2).to("cpu").device
        device(type='cpu')
        """
        copy = kwargs.pop("copy", False)
        kwargs.pop("non_blocking", None)
        where = kwargs.pop("device", None)
        wanted = kwargs.pop("dtype", None)
        place = None
        if kwargs:
            raise TypeError(f"to() got an unexpected keyword argument {next(iter(kwargs))!r}")
        for arg in args:
            if isinstance(arg, dtypes.dtype):
                wanted = arg
            elif isinstance(arg, Variable):
                place, wanted = arg._place, arg._place.dtype_of(arg._array)
            elif isinstance(arg, bool) or arg is None:
                copy = copy or bool(arg)
            else:
                where = arg
        out: Any = self
        if where is not None:
            place = resolve(where, self._place)
        if place is not None:
            out = conversion.move(out, place)
        if wanted is not None:
            out = conversion.cast(out, wanted)
        moved: Tensor = conversion.clone(out) if copy and out is self else out
        return moved

    def cpu(self: Any) -> Tensor:
        """Return the tensor on the CPU: with its own backend if that serves it, else NumPy.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).cpu()
        tensor([1., 1.])
        """
        return self.to("cpu")

    def cuda(self: Any, device: int | str | None = None) -> Tensor:
        """Return the tensor on a CUDA device, the first by default."""
        return self.to("cuda" if device is None else device)

    def type(self: Any, dtype: Any = None) -> Any:
        """Return the tensor in another dtype, or the name of its own.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).type()
        'tensorflowlite_grad.FloatTensor'
        >>> tg.ones(2).type(tg.int64)
        tensor([1, 1])
        """
        if dtype is None:
            return f"tensorflowlite_grad.{dtypes.LEGACY_NAMES[self.dtype.name]}Tensor"
        return self.to(dtype)

    def type_as(self: Any, other: Tensor) -> Tensor:
        """Return the tensor in the dtype of another.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1, 2]).type_as(tg.ones(1))
        tensor([1., 2.])
        """
        return self.to(other.dtype)

    def float(self: Any) -> Tensor:
        """Return the tensor as float32.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1, 2]).float()
        tensor([1., 2.])
        """
        return self.to(dtypes.float32)

    def double(self: Any) -> Tensor:
        """Return the tensor as float64.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.0]).double()
        tensor([1.], dtype=tensorflowlite_grad.float64)
        """
        return self.to(dtypes.float64)

    def half(self: Any) -> Tensor:
        """Return the tensor as float16.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.0]).half()
        tensor([1.], dtype=tensorflowlite_grad.float16)
        """
        return self.to(dtypes.float16)

    def int(self: Any) -> Tensor:
        """Return the tensor as int32.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.7]).int()
        tensor([1], dtype=tensorflowlite_grad.int32)
        """
        return self.to(dtypes.int32)

    def long(self: Any) -> Tensor:
        """Return the tensor as int64.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.7]).long()
        tensor([1])
        """
        return self.to(dtypes.int64)

    def bool(self: Any) -> Tensor:
        """Return the tensor as bool: whether elements are not zero.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([0.0, 0.5]).bool()
        tensor([False,  True])
        """
        return self.to(dtypes.bool_)

    @property
    def real(self: Any) -> Tensor:
        """The real part."""
        return elementwise.real(self)

    @property
    def imag(self: Any) -> Tensor:
        """The imaginary part."""
        return elementwise.imag(self)

    def new_tensor(
        self: Any, data: Any, *, dtype: Any = None, requires_grad: Any = False
    ) -> Tensor:
        """Return new data as a tensor of this one's device, and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, dtype=tg.float64).new_tensor([5, 6])
        tensor([5., 6.], dtype=tensorflowlite_grad.float64)
        """
        return creation.tensor(
            data, dtype=dtype or self.dtype, device=self.device, requires_grad=requires_grad
        )

    def new_zeros(self: Any, *size: Any, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """Return zeros of this tensor's device, and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, dtype=tg.float64).new_zeros(3)
        tensor([0., 0., 0.], dtype=tensorflowlite_grad.float64)
        """
        return creation.zeros(
            *size, dtype=dtype or self.dtype, device=self.device, requires_grad=requires_grad
        )

    def new_ones(self: Any, *size: Any, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """Return ones of this tensor's device, and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.zeros(2, dtype=tg.float64).new_ones(3)
        tensor([1., 1., 1.], dtype=tensorflowlite_grad.float64)
        """
        return creation.ones(
            *size, dtype=dtype or self.dtype, device=self.device, requires_grad=requires_grad
        )

    def __copy__(self: Any) -> Tensor:
        return self.detach().requires_grad_(self.requires_grad) if self.is_leaf else self

    def __deepcopy__(self: Any, memo: dict[Any, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment. Use detach().clone() for a copy of a computed one."
            )
        out: Any = object.__new__(type(self))
        out._place = self._place
        out._array = self._place.backend.copy(self._place.xp, self._array)
        out._edge = out._cell = out._extra = None
        memo[id(self)] = out
        if self.requires_grad:
            out.requires_grad_()
        if self.grad is not None:
            out.grad = self.grad.__deepcopy__(memo)
        return out

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        host = self._place.backend.to_numpy(self._array)
        where = (self._place.backend.name, self._place.kind, self._place.index)
        return _rebuilt, (host, self.dtype.name, where, self.requires_grad)


def _rebuilt(host: Any, name: str, where: tuple[str, str, int], requires_grad: bool) -> Tensor:
    place = registry.place(registry.get(where[0]), where[1], where[2])
    array = place.xp.astype(
        place.backend.from_numpy(host, place.kind, place.index), place.native(dtypes.named(name))
    )
    out: Tensor = place.wrap(array, place)
    return out.requires_grad_() if requires_grad else out
