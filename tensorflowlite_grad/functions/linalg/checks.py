"""What functions of linear algebra ask of their arguments, with PyTorch's errors."""

from __future__ import annotations

from typing import Any

from ...dtypes import LEGACY_NAMES, Kind
from ...ops import promotion
from ...ops.broadcasting import broadcast_error, broadcast_shapes
from ..arguments import as_tensor_argument
from ..elementwise import conj
from ..shape import matrix_transpose

__all__ = [
    "adjoint_of",
    "common_stack",
    "eps",
    "floating",
    "matrices",
    "same_dtype",
    "shape_of",
    "square",
]


def adjoint_of(x: Any) -> Any:
    """Return transposed matrices, conjugated where complex."""
    out = matrix_transpose(x)
    return conj(out) if x.dtype.is_complex else out


def shape_of(tensor: Any) -> tuple[int, ...]:
    """Return a tensor's shape as a plain tuple."""
    return tuple(tensor._array.shape)


def floating(name: str, x: Any, argument: str = "A") -> Any:
    """Return a tensor of real or complex numbers; RuntimeError for others."""
    x = as_tensor_argument(name, x, argument)
    found = x._place.dtype_of(x._array)
    if found.kind < Kind.FLOAT:
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. Got "
            f"{LEGACY_NAMES.get(found.name, found.name)}; convert it with .to(float64) or .float()"
        )
    if found.itemsize < (8 if found.is_complex else 4):
        raise RuntimeError(
            f"{name}: Low precision dtypes not supported. Got "
            f"{LEGACY_NAMES.get(found.name, found.name)}; convert it with .float()"
        )
    return x


def matrices(name: str, x: Any, argument: str = "A") -> Any:
    """Return a stack of matrices of numbers."""
    x = as_tensor_argument(name, x, argument)
    if x._array.ndim < 2:
        raise RuntimeError(
            f"{name}: The input tensor {argument} must have at least 2 dimensions, not "
            f"{x._array.ndim}."
        )
    return floating(name, x, argument)


def square(name: str, x: Any, argument: str = "A") -> Any:
    """Return a stack of square matrices of numbers."""
    x = as_tensor_argument(name, x, argument)
    shape = shape_of(x)
    if len(shape) < 2:
        raise RuntimeError(
            f"{name}: The input tensor {argument} must have at least 2 dimensions, not "
            f"{len(shape)}."
        )
    if shape[-1] != shape[-2]:
        raise RuntimeError(
            f"{name}: {argument} must be batches of square matrices, but they are {shape[-2]} by "
            f"{shape[-1]} matrices"
        )
    return floating(name, x, argument)


def same_dtype(name: str, x: Any, y: Any, names: str = "A and B") -> None:
    """Raise unless two tensors are of one dtype and on one device."""
    if x._place.root is not y._place.root:
        promotion.common_place(name, [x, y])
        raise RuntimeError(f"{name}: expected {names} both on {x._place.device}")
    mine, its = x.dtype, y.dtype
    if mine is not its:
        first, second = names.split(" and ")
        raise RuntimeError(
            f"{name}: Expected {names} to have the same dtype, but found {first} of type "
            f"{LEGACY_NAMES.get(mine.name, mine.name)} and {second} of type "
            f"{LEGACY_NAMES.get(its.name, its.name)} instead"
        )


def common_stack(name: str, *stacks: tuple[int, ...]) -> tuple[int, ...]:
    """Return what leading axes broadcast to; RuntimeError if they do not."""
    try:
        return broadcast_shapes(*stacks)
    except ValueError:
        raise broadcast_error(name, list(stacks)) from None  # type: ignore[misc]


def eps(x: Any) -> float:
    """Return the distance from 1 to the next number of a tensor's precision."""
    single = x.dtype.itemsize == (8 if x.dtype.is_complex else 4)
    return 2.0**-23 if single else 2.0**-52
