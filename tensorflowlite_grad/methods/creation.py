"""Methods that make tensors of another's dtype on its device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable
from ..functions import creation
from ..functions.arguments import shape_argument
from ..functions.factory import made_like

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["CreationMethods"]


def _shape(name: str, size: Any, named: Any) -> tuple[int, ...]:
    return shape_argument(name, size if named is None else (named,))


class CreationMethods(Variable):
    """New tensors, of this one's dtype and on its device unless told otherwise."""

    __slots__ = ()

    def new_tensor(
        self: Any,
        data: Any,
        *,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        pin_memory: bool = False,
    ) -> Tensor:
        """Return new data as a tensor of this one's device and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, dtype=tg.float64).new_tensor([5, 6])
        tensor([5., 6.], dtype=tensorflowlite_grad.float64)
        """
        return creation.tensor(
            data,
            dtype=dtype or self.dtype,
            device=self.device if device is None else device,
            requires_grad=requires_grad,
        )

    def new_zeros(
        self: Any,
        *size: Any,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        pin_memory: bool = False,
        **named: Any,
    ) -> Tensor:
        """Return zeros of this tensor's device and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, dtype=tg.float64).new_zeros(3)
        tensor([0., 0., 0.], dtype=tensorflowlite_grad.float64)
        """
        shape = _shape("new_zeros", size, _named("new_zeros", named))
        options = (dtype, device, requires_grad)
        return made_like("new_zeros", self, "zeros", *options, shape=shape, layout=layout)

    def new_ones(
        self: Any,
        *size: Any,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        pin_memory: bool = False,
        **named: Any,
    ) -> Tensor:
        """Return ones of this tensor's device and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.zeros(2, dtype=tg.float64).new_ones(3)
        tensor([1., 1., 1.], dtype=tensorflowlite_grad.float64)
        """
        shape = _shape("new_ones", size, _named("new_ones", named))
        options = (dtype, device, requires_grad)
        return made_like("new_ones", self, "ones", *options, shape=shape, layout=layout)

    def new_empty(
        self: Any,
        *size: Any,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        pin_memory: bool = False,
        **named: Any,
    ) -> Tensor:
        """Return an unset tensor of this one's device and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, dtype=tg.float64).new_empty(3).dtype
        tensorflowlite_grad.float64
        """
        shape = _shape("new_empty", size, _named("new_empty", named))
        options = (dtype, device, requires_grad)
        return made_like("new_empty", self, "empty", *options, shape=shape, layout=layout)

    def new_full(
        self: Any,
        size: Any,
        fill_value: Any,
        *,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        pin_memory: bool = False,
    ) -> Tensor:
        """Return one number in a shape, of this tensor's device and dtype unless given.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).new_full((3,), 7)
        tensor([7., 7., 7.])
        """
        return creation.full(
            size,
            fill_value,
            dtype=dtype or self.dtype,
            layout=layout,
            device=self.device if device is None else device,
            requires_grad=requires_grad,
        )

    def new_empty_strided(
        self: Any,
        size: Any,
        stride: Any,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        pin_memory: bool = False,
    ) -> Tensor:
        """Return an unset tensor whose elements lie in memory at given strides.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).new_empty_strided((2, 3), (3, 1)).shape
        tensorflowlite_grad.Size([2, 3])
        """
        return creation.empty_strided(
            size,
            stride,
            dtype=dtype or self.dtype,
            layout=layout,
            device=self.device if device is None else device,
            requires_grad=requires_grad,
        )

    def new(self: Any, *args: Any, device: Any = None) -> Tensor:
        """Return a tensor of a shape, unset, or of data; of this one's device and dtype.

        PyTorch has it for old programs' sake; `new_empty` and `new_tensor` say what they do.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2, dtype=tg.int64).new([5, 6])
        tensor([5, 6])
        """
        where = self.device if device is None else device
        return creation.legacy(args, self.dtype, where)


def _named(name: str, given: dict[str, Any]) -> Any:
    size = given.pop("size", None)
    if given:
        raise TypeError(f"{name}() got an unexpected keyword argument {next(iter(given))!r}")
    return size
