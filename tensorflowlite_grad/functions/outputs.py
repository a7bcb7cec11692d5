"""``out=``: writing a result into a tensor that the caller gives."""

from __future__ import annotations

from typing import Any

from ..autograd import inplace, modes
from ..autograd.graph import Variable
from .reseating import resized

__all__ = ["delivered"]


def delivered(name: str, result: Any, out: Any, *inputs: Any) -> Any:
    """Return a result; if `out` is given, that tensor, made to hold it.

    Raises
    ------
    RuntimeError
        If gradients would be lost, the dtype is another, or memory is shared.
    """
    if out is None:
        return result
    if not isinstance(out, Variable):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if modes.is_grad_enabled() and any(t._edge is not None for t in (out, *inputs)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )
    place = result._place
    if out._place is not place:
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices: "
            f"{place.device} and {out._place.device}, in {name}(out=)"
        )
    have, want = place.dtype_of(out._array), place.dtype_of(result._array)
    if have is not want:
        raise RuntimeError(
            f"Expected out tensor to have dtype {want.name}, but got {have.name} instead, in "
            f"{name}()"
        )
    inplace.check(out, name)
    if any(t._cell is not None and t._cell is out._cell for t in inputs):
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor "
            f"refer to a single memory location. Please clone() the tensor before {name}(out=)."
        )
    if tuple(out._array.shape) != tuple(result._array.shape):
        resized(out, (tuple(result._array.shape),))
    inplace.commit(out, result)
    return out
