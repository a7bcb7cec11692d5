"""Linear and bilinear layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...dtypes import LEGACY_NAMES
from ...functions.outputs import takes_out
from ...functions.products import matmul
from ...functions.shape import reshape, unsqueeze
from ...ops import linear_layer as ops
from ...ops import promotion
from ...ops.broadcasting import broadcast_shapes
from .common import arguments

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["bilinear", "linear"]


def _same_dtype(name: str, first: Any, second: Any) -> None:
    if first.dtype is not second.dtype:
        raise RuntimeError(
            f"{name}: expected m1 and m2 to have the same dtype, but got: "
            f"{LEGACY_NAMES[first.dtype.name]} != {LEGACY_NAMES[second.dtype.name]}; convert one "
            "with .to()"
        )


@takes_out()
def linear(input: Any, weight: Any, bias: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Return ``input @ weight.T + bias``.

    Parameters
    ----------
    input : Tensor
        Features along the last axis.
    weight : Tensor
        Of shape (out features, in features), or (in features,) for one number.
    bias : Tensor, optional
        Of shape (out features,).

    Raises
    ------
    RuntimeError
        If shapes do not fit, or dtypes differ.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> weight, bias = tg.tensor([[1.0, 1.0], [0.0, 2.0]]), tg.tensor([0.5, 0.0])
    >>> tg.nn.functional.linear(tg.tensor([3.0, 4.0]), weight, bias)
    tensor([7.5000, 8.0000])
    """
    input, weight = arguments("linear", input=input, weight=weight)
    if input._place is not weight._place or (bias is not None and bias._place is not input._place):
        promotion.common_place("linear", [input, weight, *([] if bias is None else [bias])])
    if weight._array.ndim not in (1, 2):
        raise RuntimeError(
            f"linear(): weight must be a matrix or a vector, not {weight._array.ndim}D"
        )
    if not input._array.ndim:
        raise RuntimeError("both arguments to linear need to be at least 1D, but the input is 0D")
    shape, wide = input._array.shape, weight._array.shape
    if shape[-1] != wide[-1]:
        rows = input.numel() // max(shape[-1], 1)
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{shape[-1]} and "
            f"{'x'.join(map(str, reversed(wide)))}): linear() has an input of shape {list(shape)} "
            f"and a weight of shape {list(wide)}"
        )
    _same_dtype("linear", input, weight)
    if weight._array.ndim == 1:
        result = matmul(input, weight)
        return result if bias is None else result + bias
    if bias is None:
        return ops.linear.record(input, weight)
    _same_dtype("linear", input, bias)
    have, want = tuple(bias._array.shape), (*shape[:-1], wide[0])
    try:
        fits = broadcast_shapes(have, want) == want
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"The expanded size of the tensor ({wide[0]}) must match the existing size: the bias "
            f"of linear() has shape {list(have)}, the result {list(want)}"
        )
    return ops.affine.record(input, weight, bias)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """Return ``input1 @ weight[k] @ input2 + bias[k]`` for every output k.

    Parameters
    ----------
    input1, input2 : Tensor
        Features along the last axes; the other axes are equal.
    weight : Tensor
        Of shape (out features, first features, second features).
    bias : Tensor, optional
        Of shape (out features,).

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, y = tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])
    >>> tg.nn.functional.bilinear(x, y, tg.eye(2).reshape(1, 2, 2))
    tensor([11.])
    """
    input1, input2, weight = arguments("bilinear", input1=input1, input2=input2, weight=weight)
    if weight._array.ndim != 3:
        raise RuntimeError(f"bilinear(): weight must be 3D, not {weight._array.ndim}D")
    first, second = tuple(input1._array.shape), tuple(input2._array.shape)
    if len(first) != len(second):
        raise RuntimeError(
            f"bilinear(): input dimensions do not match: got {len(first)} and {len(second)}"
        )
    for k, (n, m) in enumerate(zip(first[:-1], second[:-1], strict=True)):
        if n != m:
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {k}: got {n} and {m}"
            )
    count, n, m = weight._array.shape
    for number, (have, want) in enumerate(((first[-1:], n), (second[-1:], m)), 1):
        if have != (want,):
            raise RuntimeError(
                f"bilinear(): input{number} size does not match weight size: got "
                f"{have[0] if have else 'none'} but expected {want}"
            )
    if bias is not None and tuple(bias._array.shape) != (count,):
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {list(bias._array.shape)} but "
            f"expected {count}"
        )
    _same_dtype("bilinear", input1, weight)
    _same_dtype("bilinear", input1, input2)
    middle = matmul(input1, reshape(weight.permute(1, 0, 2), (n, count * m)))
    middle = reshape(middle, (*first[:-1], count, m))
    out = (middle * unsqueeze(input2, -2)).sum(-1)
    return out if bias is None else out + bias
