"""Reading arguments in PyTorch's and NumPy's spelling, with PyTorch's errors."""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ..autograd import modes
from ..autograd.graph import Variable
from ..backend import registry
from ..ops import conversion, promotion

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "as_tensor_argument",
    "axes",
    "axis",
    "holds",
    "is_number",
    "one_of",
    "reduction",
    "shape_argument",
    "together",
]


def one_of(name: str, first: Any, second: Any, spellings: str, default: Any) -> Any:
    """Return the value of an argument that has two spellings; TypeError if both are given."""
    if second is None:
        return first
    if first is not default and first is not None:
        raise TypeError(f"{name}() got both {spellings}; give one of them")
    return second


def axis(name: str, dim: Any, ndim: int, extra: int = 0) -> int:
    """Return a dimension as a non-negative int.

    Raises
    ------
    IndexError
        If it is out of range.
    """
    if isinstance(dim, bool):
        raise TypeError(f"{name}(): argument 'dim' must be int, not bool")
    try:
        value = as_index(dim)
    except TypeError:
        raise TypeError(f"{name}(): argument 'dim' must be int, not {type(dim).__name__}") from None
    limit = max(ndim + extra, 1)
    if not -limit <= value < limit:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], "
            f"but got {value}): {name}() on a tensor of {ndim} dimensions"
        )
    return value % limit


def axes(name: str, dim: Any, ndim: int) -> tuple[int, ...] | None:
    """Return dimensions as a tuple of non-negative ints, or None for all of them."""
    if dim is None:
        return None
    if isinstance(dim, (tuple, list)):
        found = tuple(axis(name, d, ndim) for d in dim)
        for d in found:
            if found.count(d) > 1:
                raise RuntimeError(
                    f"dim {d} appears multiple times in the list of dims of {name}()"
                )
        if not found:
            return None
        return found if ndim else None
    found = (axis(name, dim, ndim),)
    return found if ndim else None


def reduction(name: str, input: Any, dim: Any, axis: Any, keepdim: bool, keepdims: Any) -> Any:
    """Return what a reduction is of, its axes as a tuple or None, and whether they stay."""
    input = as_tensor_argument(name, input)
    dim = one_of(name, dim, axis, "dim and axis", None)
    keep = bool(one_of(name, keepdim, keepdims, "keepdim and keepdims", False))
    return input, axes(name, dim, input._array.ndim), keep


def shape_argument(name: str, size: Any) -> tuple[int, ...]:
    """Return a shape given as ints or as one sequence of them.

    Raises
    ------
    RuntimeError
        If a size is negative or there would be more elements than can be counted.
    TypeError
        If something in it is no int.
    """
    if len(size) == 1 and not isinstance(size[0], int):
        inner = size[0]
        if isinstance(inner, (tuple, list)):
            size = inner
    out = []
    for n in size:
        try:
            if isinstance(n, bool):
                raise TypeError
            out.append(as_index(n))
        except TypeError:
            raise TypeError(
                f"{name}(): argument 'size' must be tuple of ints, but found element of type "
                f"{type(n).__name__}"
            ) from None
    if any(n < 0 for n in out):
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(out)}: {out}, in {name}()"
        )
    if prod(out) >= 2**48:
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={out}: {name}() was asked for "
            f"{prod(out)} elements"
        )
    return tuple(out)


def as_tensor_argument(name: str, value: Any, argument: str = "input", position: int = 1) -> Any:
    """Return a tensor for an argument that may be an array; TypeError for anything else.

    An array is copied where operations are recorded, unless it is to be changed in place.
    """
    if isinstance(value, Variable):
        return value
    place = registry.place_of(value)
    if place is not None:
        tensor = place.adopt(value)
        written = position == 1 and name.endswith("_")
        return promotion.take_apart(tensor) if modes.is_grad_enabled() and not written else tensor
    raise TypeError(
        f"{name}(): argument {argument!r} (position {position}) must be Tensor, not "
        f"{type(value).__name__}"
    )


def holds(condition: Any, otherwise: bool) -> bool:
    """Return a condition's truth; `otherwise` where it may differ between examples of a batch."""
    return otherwise if condition._place.level else bool(condition)


def is_number(value: Any, number: int) -> bool:
    """Return whether a factor is a certain number; a tensor is none: it may have a gradient."""
    return not isinstance(value, Variable) and bool(value == number)


def together(name: str, tensors: Sequence[Any]) -> list[Any]:
    """Return tensors as they are promoted to one dtype, all on one device."""
    place = promotion.common_place(name, list(tensors))
    wanted = promotion.result_type(*tensors)
    return [conversion.cast(conversion.move(t, place), wanted) for t in tensors]
