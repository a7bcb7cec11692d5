"""Copies of a tensor: in another dtype, on another device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.errors import type_text
from ..autograd.graph import Variable
from ..backend.selection import resolve
from ..functions import elementwise, legacy, queries
from ..functions.factory import dtype_argument
from ..layouts import check_memory_format, contiguous_format, preserve_format, strided
from ..layouts import layout as Layout
from ..ops import conversion

if TYPE_CHECKING:
    from ..tensor import Tensor


class ConversionMethods(Variable):
    """Copies, casts and moves; gradients flow back through them."""

    __slots__ = ()

    def clone(self: Any, *, memory_format: Any = preserve_format) -> Tensor:
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
        return queries.clone(self, memory_format=memory_format)

    def contiguous(self: Any, memory_format: Any = contiguous_format) -> Tensor:
        """Return the tensor, or a copy whose elements lie in memory in order.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, 3).T.contiguous().is_contiguous()
        True
        """
        check_memory_format("contiguous", memory_format)
        if self.is_contiguous():
            return self
        return queries.clone(self, memory_format=contiguous_format)

    def to(self: Any, *args: Any, **kwargs: Any) -> Tensor:
        """Return the tensor on another device or in another dtype.

        Parameters
        ----------
        *args
            A device or its name, a dtype, both, or a tensor to be like: of its dtype, on its
            device, with its backend. Then `non_blocking` and `copy`, if need be.
        device, dtype, other : optional
            The same by name.
        non_blocking : bool, optional
            Accepted, as PyTorch has it, and without effect.
        copy : bool, optional
            Copy even if nothing changes.
        memory_format : memory_format, optional
            `contiguous_format` or `preserve_format`.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1, 2]).to(tg.float64)
        tensor([1., 2.], dtype=tensorflowlite_grad.float64)
        >>> tg.ones(2).to("cpu").device
        device(type='cpu')
        """
        place, wanted, copy, memory_format = _target(self, args, kwargs)
        out: Any = self
        if place is not None:
            out = conversion.move(out, place)
        if wanted is not None:
            out = conversion.cast(out, wanted)
        moved: Tensor = conversion.clone(out) if copy and out is self else out
        return moved.contiguous() if memory_format is contiguous_format else moved

    def cpu(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor on the CPU: with its own backend if that serves it, else NumPy.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).cpu()
        tensor([1., 1.])
        """
        return self.to("cpu", memory_format=memory_format)

    def cuda(
        self: Any,
        device: int | str | None = None,
        non_blocking: Any = False,
        memory_format: Any = preserve_format,
    ) -> Tensor:
        """Return the tensor on a CUDA device, the first by default."""
        return self.to("cuda" if device is None else device, memory_format=memory_format)

    def type(self: Any, dtype: Any = None, non_blocking: Any = False) -> Any:
        """Return the tensor in another dtype, or the name of its own.

        Parameters
        ----------
        dtype : dtype or str, optional
            A dtype, or one of the older names, such as ``"tensorflowlite_grad.FloatTensor"``.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).type()
        'tensorflowlite_grad.FloatTensor'
        >>> tg.ones(2).type(tg.int64)
        tensor([1, 1])
        """
        if dtype is None:
            return type_text(self._place, self._array)
        if isinstance(dtype, str):
            name = dtype.removeprefix("tensorflowlite_grad.").removeprefix("torch.")
            if name not in legacy.BY_NAME:
                raise ValueError(f"invalid type: {dtype!r}")
            dtype = legacy.BY_NAME[name]
        elif isinstance(dtype, legacy.TensorType):
            dtype = dtype.dtype
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

    def half(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as float16.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.7]).half()
        tensor([1.7002], dtype=tensorflowlite_grad.float16)
        """
        return self.to(dtypes.float16, memory_format=memory_format)

    def float(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as float32.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1, 2]).float()
        tensor([1., 2.])
        """
        return self.to(dtypes.float32, memory_format=memory_format)

    def double(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as float64.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.0]).double()
        tensor([1.], dtype=tensorflowlite_grad.float64)
        """
        return self.to(dtypes.float64, memory_format=memory_format)

    def byte(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as uint8.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.7]).byte()
        tensor([1], dtype=tensorflowlite_grad.uint8)
        """
        return self.to(dtypes.uint8, memory_format=memory_format)

    def char(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as int8.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.7]).char()
        tensor([1], dtype=tensorflowlite_grad.int8)
        """
        return self.to(dtypes.int8, memory_format=memory_format)

    def short(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as int16.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.7]).short()
        tensor([1], dtype=tensorflowlite_grad.int16)
        """
        return self.to(dtypes.int16, memory_format=memory_format)

    def int(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as int32.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.7]).int()
        tensor([1], dtype=tensorflowlite_grad.int32)
        """
        return self.to(dtypes.int32, memory_format=memory_format)

    def long(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as int64.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.7]).long()
        tensor([1])
        """
        return self.to(dtypes.int64, memory_format=memory_format)

    def cfloat(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as complex64.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.0]).cfloat()
        tensor([1.+0.j])
        """
        return self.to(dtypes.complex64, memory_format=memory_format)

    def cdouble(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as complex128.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([1.0]).cdouble()
        tensor([1.+0.j], dtype=tensorflowlite_grad.complex128)
        """
        return self.to(dtypes.complex128, memory_format=memory_format)

    def bool(self: Any, memory_format: Any = preserve_format) -> Tensor:
        """Return the tensor as bool: whether elements are not zero.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.tensor([0.0, 0.5]).bool()
        tensor([False,  True])
        """
        return self.to(dtypes.bool_, memory_format=memory_format)

    is_signed = queries.is_signed
    is_same_size = queries.is_same_size
    get_device = queries.get_device

    @property
    def layout(self: Any) -> Layout:
        """How elements are kept: always `strided`."""
        return strided

    @property
    def is_cpu(self: Any) -> Any:
        """Whether the elements are on the CPU."""
        return self._place.kind == "cpu"

    @property
    def is_sparse(self: Any) -> Any:
        """Whether only elements other than zero are kept: never."""
        return False

    def pin_memory(self: Any) -> Tensor:
        """Return the tensor: what programs for PyTorch do to speed up copies has no effect.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).pin_memory()
        tensor([1., 1.])
        """
        return self

    def is_pinned(self: Any) -> Any:
        """Return whether the memory is pinned: never.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).is_pinned()
        False
        """
        return False

    @property
    def real(self: Any) -> Tensor:
        """The real part."""
        return elementwise.real(self)

    @property
    def imag(self: Any) -> Tensor:
        """The imaginary part."""
        return elementwise.imag(self)

    def __dir__(self: Any) -> list[str]:
        """Return the names of what is there: an imaginary part only of complex numbers."""
        names = object.__dir__(self)
        return [name for name in names if name != "imag" or self.dtype.is_complex]


def _is_dtype(value: Any) -> Any:
    return isinstance(value, dtypes.dtype) or value in dtypes.SCALARS


def _target(tensor: Any, args: Any, kwargs: Any) -> tuple[Any, Any, Any, Any]:
    """Return what the arguments of `to` ask for: a place, a dtype, a copy, a memory format."""
    options = dict(kwargs)
    memory_format = options.pop("memory_format", None)
    check_memory_format("to", memory_format)
    rest = list(args)
    first = rest.pop(0) if rest else None
    other = first if isinstance(first, Variable) else options.pop("other", None)
    where, wanted, place = options.pop("device", None), options.pop("dtype", None), None
    if other is not None:
        place, wanted = other._place, other._place.dtype_of(other._array)
    elif _is_dtype(first):
        wanted = first
    elif args:
        where = first
        if rest and (rest[0] is None or _is_dtype(rest[0])):
            wanted = rest.pop(0)
    options.pop("non_blocking", rest.pop(0) if rest else None)
    copy = options.pop("copy", rest.pop(0) if rest else False)
    if options:
        raise TypeError(f"to() got an unexpected keyword argument {next(iter(options))!r}")
    if rest:
        raise TypeError(f"to() got too many arguments: {rest[0]!r}")
    if where is not None:
        place = resolve(where, tensor._place)
    return place, dtype_argument(wanted), copy, memory_format
