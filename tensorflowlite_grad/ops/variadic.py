"""Operations with any number of operands (`cat`, `stack`) or of results (`split`, `unbind`).

They are recorded by hand: the written recorders have a fixed number of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd import carrier, modes, observers, tangents
from ..autograd.graph import Node, Output, next_seq, viewable
from .broadcasting import zeros_of
from .indexing import select, slice_
from .recorder import attach_view

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["concatenate", "slices", "stack"]


class _JoinNode(Node):
    """Shared by `cat` and `stack`: saved are the axis, and each operand's slice of it."""

    __slots__ = ()

    def apply(self, g: Any, keep: bool) -> Any:
        return self._gradients(self.place.xp, g)

    def apply_tensors(self, g: Any, keep: bool) -> Any:
        return self._gradients(carrier.tensors(), g)

    def _gradients(self, xp: Any, g: Any) -> Any:
        axis, parts = self.saved  # type: ignore[misc]
        before = (slice(None),) * axis
        after = (slice(None),) * (g.ndim - axis - 1)
        out = tuple(xp.index_get(g, (*before, part, *after)) for part in parts)
        return out if len(out) > 1 else out[0]


class CatBackward0(_JoinNode):
    __slots__ = ()


class StackBackward0(_JoinNode):
    __slots__ = ()


def _fill(node: Any, place: Any, edges: tuple[Any, ...], saved: tuple[Any, ...]) -> Any:
    node.edges = edges
    node.saved = saved
    node.seq = next_seq()
    node.place = place
    node.hooks = None
    return node


def _join(cls: Any, tensors: Sequence[Any], array: Any, axis: int, parts: list[Any]) -> Any:
    place = tensors[0]._place
    out = place.wrap(array, place)
    kept = [(t._edge, part) for t, part in zip(tensors, parts, strict=True) if t._edge is not None]
    if kept and modes.is_grad_enabled():
        edges = tuple(edge for edge, _ in kept)
        saved = (axis, tuple(part for _, part in kept))
        out._edge = _fill(object.__new__(cls), place, edges, saved)
    return out


class _Operation:
    """What observers are told of: these operations are declared nowhere."""

    def __init__(self, name: str, view: bool) -> None:
        self.name = name
        self.view = view


_CAT, _STACK = _Operation("cat", view=False), _Operation("stack", view=False)


def _watched(operation: _Operation, operands: tuple[Any, ...], call: Callable[[], Any]) -> Any:
    return observers.observed(operation, call, operands) if observers.current() else call()


def concatenate(tensors: Sequence[Any], axis: int) -> Any:
    """Return tensors of one dtype and device joined along an axis they have."""
    out = _watched(_CAT, tuple(tensors), lambda: _concatenated(tensors, axis))
    if tangents.any_tangents(tensors):
        tangents.carry_joint((out,), tensors, lambda dots: (concatenate(dots, axis),))
    return out


def _concatenated(tensors: Sequence[Any], axis: int) -> Any:
    xp = tensors[0]._place.xp
    array = xp.concat([t._array for t in tensors], axis=axis)
    parts, start = [], 0
    for t in tensors:
        stop = start + t._array.shape[axis]
        parts.append(slice(start, stop))
        start = stop
    return _join(CatBackward0, tensors, array, axis, parts)


def stack(tensors: Sequence[Any], axis: int) -> Any:
    """Return tensors of one shape, dtype and device joined along a new axis."""
    out = _watched(_STACK, tuple(tensors), lambda: _stacked(tensors, axis))
    if tangents.any_tangents(tensors):
        tangents.carry_joint((out,), tensors, lambda dots: (stack(dots, axis),))
    return out


def _stacked(tensors: Sequence[Any], axis: int) -> Any:
    array = tensors[0]._place.xp.stack([t._array for t in tensors], axis=axis)
    return _join(StackBackward0, tensors, array, axis, list(range(len(tensors))))


class _SlicesNode(Node):
    """Shared by `split` and `unbind`; saved are the operand's shape and each index."""

    __slots__ = ("title",)
    title: str

    @property
    def result_count(self) -> int:
        """How many results there are."""
        return len(self.saved[2])  # type: ignore[index]

    def apply(self, g: Any, keep: bool) -> Any:
        return self._gradient(self.place.xp, g.parts)

    def apply_tensors(self, g: Any, keep: bool) -> Any:
        return self._gradient(carrier.tensors(), g.parts)

    def _gradient(self, xp: Any, parts: list[Any]) -> Any:
        shape, axis, selects = self.saved  # type: ignore[misc]
        some = next(g for g in parts if g is not None)
        pieces = []
        for g, item in zip(parts, selects, strict=True):
            single = isinstance(item, int)
            if g is None:
                size = 1 if single else len(range(*item.indices(shape[axis])))
                pieces.append(zeros_of(xp, some, (*shape[:axis], size, *shape[axis + 1 :])))
            else:
                pieces.append(xp.expand_dims(g, axis=axis) if single else g)
        return xp.concat(pieces, axis=axis)

    def name(self) -> str:
        return self.title


def slices(
    tensor: Any, axis: int, selects: list[Any], title: str, copy: bool = False
) -> tuple[Any, ...]:
    """Return several views, or copies, of a tensor that together cover one of its axes.

    `selects` are all ints, which drop the axis, or slices. Such views cannot be changed in
    place where that would be recorded: PyTorch forbids it, and so do we.
    """
    results: tuple[Any, ...]
    if observers.current():
        operation = _Operation(title.removesuffix("Backward0").lower(), view=not copy)
        results = observers.observed(
            operation, lambda: _sliced(tensor, axis, selects, title, copy), (tensor,)
        )
    else:
        results = _sliced(tensor, axis, selects, title, copy)
    if tangents.any_tangents((tensor,)):
        tangents.carry_joint(results, (tensor,), lambda dots: slices(dots[0], axis, selects, title))
    return results


def _sliced(tensor: Any, axis: int, selects: list[Any], title: str, copy: bool) -> tuple[Any, ...]:
    place = tensor._place
    shape = tuple(viewable(tensor).shape)
    edge = tensor._edge if modes.is_grad_enabled() else None
    main = None
    if edge is not None:
        main = _fill(object.__new__(_SlicesNode), place, (edge,), (shape, axis, tuple(selects)))
        main.title = title
    results = []
    for number, item in enumerate(selects):
        index = (*(slice(None),) * axis, item, *(slice(None),) * (len(shape) - axis - 1))
        part = place.xp.index_get(tensor._array, index)
        if copy:
            out = place.wrap(place.backend.copy(place.xp, part), place)
        else:
            out = place.wrap(part, place)
            attach_view(out, tensor, select if isinstance(item, int) else slice_, (index,))
            out._extra.view.creation = "multi"
        if main is not None:
            node = _fill(object.__new__(Output), place, (main,), ())
            node.count, node.number = len(selects), number
            out._edge = node
        results.append(out)
    return tuple(results)
