"""Copies for Python's own modules: `copy` and `pickle`."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable, cell_of
from ..backend import registry

if TYPE_CHECKING:
    from ..tensor import Tensor


class CopyingMethods(Variable):
    """Shallow, deep and pickled copies; of subclasses, with their attributes."""

    __slots__ = ()

    def __copy__(self: Any) -> Tensor:
        if not self.is_leaf:
            return self
        out = _as(type(self), self.detach())
        _put(out, _attributes(self))
        return out.requires_grad_(self.requires_grad)

    def __deepcopy__(self: Any, memo: dict[Any, Any]) -> Tensor:
        if id(self) in memo:
            found: Tensor = memo[id(self)]
            return found
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment. Use detach().clone() for a copy of a computed one."
            )
        out = _sharing_copy(self, memo)
        if out is None:
            backend, xp = self._place.backend, self._place.xp
            out = self._place.wrap(backend.copy(xp, self._array), self._place)
        out = memo[id(self)] = _as(type(self), out)
        if self._cell is not None:
            # By the version, whose identity is the memory's; both are kept alive by the copy.
            memo.setdefault(id(self._cell), []).append((self, out))
        _put(out, copy.deepcopy(_attributes(self), memo))
        if self.requires_grad:
            out.requires_grad_()
        if self.grad is not None:
            out.grad = self.grad.__deepcopy__(memo)
        return out

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        edge = self._edge
        hooks = {} if edge is None or edge.hooks is None else edge.hooks.tensor
        left = [h for h in hooks.values() if not getattr(h, "_stays_behind", False)]
        if left:
            warnings.warn(
                f"backward hook {', '.join(map(repr, left))} on tensor will not be serialized.  If "
                "this is expected, you can decorate the function with "
                "@tensorflowlite_grad.utils.hooks.unserializable_hook to suppress this warning. "
                "Register it anew on the tensor that is read.",
                stacklevel=3,
            )
        host = self._place.backend.to_numpy(self._array)
        where = (self._place.backend.name, self._place.kind, self._place.index)
        made_of = host, self.dtype.name, where, self.requires_grad, type(self)
        return _rebuilt, made_of, _attributes(self)


def _sharing_copy(tensor: Any, memo: dict[Any, Any]) -> Any:
    """Return a copy of a tensor that shares memory with another copy, or None.

    Views and detached twins share theirs with the copies of what they share it with.
    """
    view = None if tensor._extra is None else tensor._extra.view
    if view is not None and view.base.is_leaf and not view.base.requires_grad:
        out = view.base.__deepcopy__(memo)
        for op, options in view.chain():
            out = op.record(out, *options)
        return out
    for original, twin in memo.get(id(tensor._cell), ()):
        if original._array is tensor._array:
            return twin.detach()
    return None


def _as(cls: type[Any], tensor: Any) -> Any:
    """Return a new tensor without history as one of a subclass."""
    if type(tensor) is cls:
        return tensor
    out = object.__new__(cls)
    out._array, out._place, out._edge = tensor._array, tensor._place, None
    out._cell, out._extra = tensor._cell, tensor._extra
    if out._extra is not None:  # what follows changes of the memory has to follow this one
        cell = cell_of(out)
        if out._extra.view is not None:
            cell.add_view(out)
        if cell.memory is not None:
            cell.memory.twins.add(out)
    return out


def _attributes(tensor: Any) -> Any:
    """Return what a subclass's tensor holds besides, as `object.__getstate__` does; or None."""
    cls: Any = type(tensor)
    if cls.__getstate__ is not object.__getstate__:  # of the user's making
        return tensor.__getstate__()
    state: Any = object.__getstate__(tensor)
    attributes, slots = state
    slots = {name: slots[name] for name in slots if name not in Variable.__slots__}
    return (attributes, slots) if attributes or slots else None


def _put(tensor: Any, state: Any) -> None:
    """Give a tensor its attributes, as `pickle` does."""
    if state is None:
        return
    if hasattr(tensor, "__setstate__"):
        tensor.__setstate__(state)
        return
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    if attributes:
        tensor.__dict__.update(attributes)
    for name, value in (slots or {}).items():
        setattr(tensor, name, value)


def _rebuilt(
    host: Any, name: str, where: tuple[str, str, int], requires_grad: bool, cls: type[Any]
) -> Tensor:
    place = registry.place(registry.get(where[0]), where[1], where[2])
    array = place.xp.astype(
        place.backend.from_numpy(host, place.kind, place.index), place.native(dtypes.named(name))
    )
    out: Tensor = _as(cls, place.wrap(array, place))
    return out.requires_grad_() if requires_grad else out
