"""Copies, casts and moves between devices and backends."""

from __future__ import annotations

from typing import Any

from ..autograd.graph import Variable
from ..dtypes import dtype
from .broadcasting import sum_to
from .declare import linear
from .kinds import is_complex

__all__ = ["alias", "cast", "clone", "move", "overwrite"]


def _transfer(xp: Any, x: Any, source: Any, target: Any) -> Any:
    """Return a copy of `x`, which lives at `source`, at `target`."""
    if isinstance(x, Variable):
        return move(x, target)
    if source.backend is target.backend:
        moved = source.backend.transfer(x, target.kind, target.index)
        if moved is not None:
            return moved
    host = source.backend.to_numpy(x)
    moved = target.backend.from_numpy(host, target.kind, target.index)
    if source.kind == target.kind:  # two libraries may show one memory; a version has one owner
        moved = target.backend.copy(target.xp, moved)
    return moved


def _astype(xp: Any, x: Any, target: Any) -> Any:
    # The standard has no cast from complex numbers: it wants what is meant asked for.
    if is_complex(x) and "complex" not in str(target):
        if "bool" in str(target):
            return x != 0
        x = xp.real(x)
    return xp.astype(x, target)


_cast = linear(
    "to_copy",
    lambda xp, input, target, source: _astype(xp, input, target),
    ["target", "source"],
    input=lambda xp, g, source: _astype(xp, g, source),
)
clone_op = linear("clone", lambda xp, input: xp.asarray(input, copy=True), input=None)
#: Writing over all of a tensor: the result keeps nothing of what that held.
overwrite = linear(
    "copy",
    lambda xp, input, source: xp.broadcast_to(source, tuple(input.shape)),
    node_name="CopyBackwards",
    jvp=lambda xp, source_dot, out: xp.zeros_like(out) if source_dot is None else source_dot,
    input=lambda xp, g: xp.zeros_like(g),
    source=lambda xp, g, source_shape: sum_to(xp, g, source_shape),
)
alias_op = linear("alias", lambda xp, input: input[...], input=None, view=True)
_move = linear(
    "to_device",
    _transfer,
    ["source", "target"],
    node_name="ToCopyBackward0",
    input=lambda xp, g, source, target: _transfer(xp, g, target, source),
)


def cast(tensor: Any, d: dtype) -> Any:
    """Return a tensor converted to a dtype; its gradient comes back in the old one."""
    place = tensor._place
    have = place.dtype_of(tensor._array)
    if have is d:
        return tensor
    out = _cast.record(tensor, place.native(d), tensor._array.dtype)
    if not d.is_differentiable:
        out._edge = None
    return out


def clone(tensor: Any) -> Any:
    """Return a copy of a tensor in memory of its own."""
    return clone_op.record(tensor)


def alias(tensor: Any) -> Any:
    """Return a view of the whole tensor."""
    return alias_op.record(tensor)


def move(tensor: Any, place: Any) -> Any:
    """Return a copy of a tensor on another device or backend."""
    if tensor._place is place:
        return tensor
    if tensor._place.root is place.root:
        # A batch on the same device: what has none of its own goes along.
        return place.lift(tensor) if place.level > tensor._place.level else tensor
    out = _move.record(tensor, tensor._place, place)
    out._place = place
    if out._edge is not None:
        out._edge.place = place  # where the result's gradient is
    return out
