"""PyTorch's old names of tensor types: constructors that say the dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable
from .creation import legacy

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "TensorType",
]


class TensorType:
    """A constructor of tensors of one dtype, as old programs call it.

    Called with ints it makes an unset tensor of that shape, with a list one that holds it;
    `isinstance` tells whether a tensor is of the dtype.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.LongTensor([1, 2])
    tensor([1, 2])
    >>> isinstance(tg.ones(2), tg.FloatTensor)
    True
    """

    __slots__ = ("dtype",)

    def __init__(self, dtype: dtypes.dtype) -> None:
        self.dtype = dtype

    def __call__(self, *args: Any, device: Any = None) -> Tensor:
        """Return a tensor of a shape, or of data."""
        return legacy(args, self.dtype, device)

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Variable) and value._place.dtype_of(value._array) is self.dtype

    def __repr__(self) -> str:
        return f"tensorflowlite_grad.{dtypes.LEGACY_NAMES[self.dtype.name]}Tensor"


BoolTensor = TensorType(dtypes.bool_)
ByteTensor = TensorType(dtypes.uint8)
CharTensor = TensorType(dtypes.int8)
ShortTensor = TensorType(dtypes.int16)
IntTensor = TensorType(dtypes.int32)
LongTensor = TensorType(dtypes.int64)
HalfTensor = TensorType(dtypes.float16)
FloatTensor = TensorType(dtypes.float32)
DoubleTensor = TensorType(dtypes.float64)

#: By their names, which `Tensor.type` takes and gives.
BY_NAME = {repr(t).split(".")[1]: t.dtype for t in map(TensorType, dtypes.ALL)}
