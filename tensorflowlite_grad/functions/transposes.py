"""Transposes of complex matrices, shapes that broadcast, and the way back."""

from __future__ import annotations

from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ..dtypes import Kind
from ..ops.broadcasting import sum_to
from ..size import Size
from . import reductions
from .arguments import as_tensor_argument, shape_argument
from .shape import transpose

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["adjoint", "broadcast_shapes"]


def conjugated(input: Any) -> Any:
    """Return the complex conjugate; real numbers as they are."""
    from .elementwise import conj

    return conj(input) if input.dtype.kind is Kind.COMPLEX else input


def adjoint(input: Any) -> Tensor:
    """Return matrices transposed and conjugated.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.adjoint(tg.tensor([[1 + 2j, 3j]]))
    tensor([[1.-2.j],
            [0.-3.j]])
    """
    return _adjoint("adjoint()", as_tensor_argument("adjoint", input))


def _adjoint(name: str, input: Any) -> Any:
    n = input._array.ndim
    if n == 1:
        raise RuntimeError(
            f"tensor.{name} is only supported on matrices or batches of matrices. Got 1-D tensor."
        )
    return conjugated(transpose(input, -2, -1) if n else input)


def batched_adjoint(input: Any) -> Any:
    """Return ``x.mH``."""
    return _adjoint("mH", input)


def matrix_adjoint(input: Any) -> Any:
    """Return ``x.H``."""
    n = input._array.ndim
    if n not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {n}-D tensor."
            + (" For batches of matrices, consider using tensor.mH" if n > 2 else "")
        )
    return _adjoint("H", input)


def broadcast_shapes(*shapes: Any) -> Size:
    """Return the shape that tensors of these shapes broadcast to.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.broadcast_shapes((2, 1), 3)
    tensorflowlite_grad.Size([2, 3])
    """
    total: list[int] = []
    for number, shape in enumerate(shapes):
        if isinstance(shape, int):
            sizes = [shape]
        elif isinstance(shape, (tuple, list)):
            sizes = [as_index(n) for n in shape]
        else:
            raise RuntimeError(
                "Input shapes should be of type ints, a tuple of ints, or a list of ints, got "
                f"{shape!r}"
            )
        total = [1] * (len(sizes) - len(total)) + total
        for k in range(-1, -len(sizes) - 1, -1):
            if sizes[k] < 0:
                raise ValueError(
                    "Attempting to broadcast a dimension with negative length! In "
                    f"broadcast_shapes(), argument {number} is {sizes}"
                )
            if sizes[k] in (1, total[k]):
                continue
            if total[k] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {sizes[k]} at {k}! "
                    f"Mismatching argument at index {number} had {tuple(sizes)}; but expected "
                    f"shape should be broadcastable to {total}. Shape mismatch: objects cannot "
                    "be broadcast to a single shape"
                )
            total[k] = sizes[k]
    return Size(total)


def sum_to_size(input: Any, *size: Any) -> Tensor:
    """Return the sum over the axes that broadcasting from `size` would repeat.

    Raises
    ------
    RuntimeError
        If `size` does not broadcast to the tensor's shape.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    from ..autograd import carrier

    input = as_tensor_argument("sum_to_size", input)
    want, have = shape_argument("sum_to_size", size), tuple(input._array.shape)
    lead = len(have) - len(want)
    if lead < 0 or any(n not in (1, m) for n, m in zip(want, have[max(lead, 0) :], strict=True)):
        raise RuntimeError(
            f"size {{{list(want)}}} is not expandable to size {{{list(have)}}}: sum_to_size()"
        )
    if not want:
        return reductions.sum(input)
    out = sum_to(carrier.tensors(), input, want)
    return out
