"""What the chapters of this package share: in-place forms, dtypes, and reading ``reduction``."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ...autograd.graph import Variable
from ...dtypes import LEGACY_NAMES, get_default_dtype
from ...functions.arguments import as_tensor_argument
from ...methods.inplace import in_place
from ...ops import conversion, promotion

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["common_type", "like", "raw", "reduced", "reduction_of", "written"]


def written(name: str, function: Callable[..., Any], example: str) -> Callable[..., Any]:
    """Return the form of a function that writes its result into its first argument."""
    method = in_place(name, function)
    call, _, result = example.partition(" -> ")
    method.__doc__ = (
        f"Replace the elements by those of `{function.__name__}`, in place; return the tensor.\n\n"
        f"Examples\n--------\n>>> import tensorflowlite_grad as tg\n>>> {call}\n{result}\n"
    )
    method.__module__ = function.__module__
    return method


def like(tensor: Any, value: float) -> Any:
    """Return a number as a 0-d tensor of another's dtype and device."""
    place = tensor._place
    return place.wrap(place.scalar(value, tensor._array.dtype), place)


def raw(tensor: Any, array: Any) -> Any:
    """Return a native array as a constant tensor on another tensor's device."""
    return tensor._place.wrap(array, tensor._place)


def common_type(name: str, *tensors: Any) -> list[Any]:
    """Return tensors promoted to one dtype on one device; None stays None."""
    given = [t for t in tensors if t is not None]
    place = promotion.common_place(name, given)
    wanted = promotion.result_type(*given)
    return [
        None if t is None else conversion.cast(conversion.move(t, place), wanted) for t in tensors
    ]


def floating(name: str, tensor: Any) -> Any:
    """Return a tensor if it is of real floating-point numbers; NotImplementedError if not."""
    if not tensor.dtype.is_floating_point:
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{LEGACY_NAMES[tensor.dtype.name]}': convert first, "
            "as in x.float()"
        )
    return tensor


def as_floating(tensor: Any) -> Any:
    """Return a tensor, integers converted to the default dtype."""
    if tensor.dtype.is_differentiable:
        return tensor
    return conversion.cast(tensor, get_default_dtype())


def arguments(name: str, **given: Any) -> list[Any]:
    """Return arguments as tensors; TypeError naming the first that is none."""
    return [
        value
        if isinstance(value, Variable)
        else as_tensor_argument(name, value, argument, position + 1)
        for position, (argument, value) in enumerate(given.items())
    ]


def reduction_of(reduction: str, size_average: Any = None, reduce: Any = None) -> str:
    """Return how losses are reduced, from PyTorch's old spelling too.

    Raises
    ------
    ValueError
        If it is not ``"none"``, ``"mean"`` or ``"sum"``.
    """
    if size_average is not None or reduce is not None:
        average = size_average is None or bool(size_average)
        wanted = "none" if reduce is not None and not reduce else "mean" if average else "sum"
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction={wanted!r} "
            "instead.",
            stacklevel=3,
        )
        return wanted
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(
            f"{reduction} is not a valid value for reduction: give 'none', 'mean' or 'sum'"
        )
    return reduction


def reduced(loss: Any, reduction: str) -> Any:
    """Return losses as they are, their mean or their sum."""
    if reduction == "none":
        return loss
    return loss.mean() if reduction == "mean" else loss.sum()
