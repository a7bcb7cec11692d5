"""Changing saved tensors in place: what the graph keeps is copied just before it is written."""

from __future__ import annotations

from typing import Any
from weakref import ref

from . import observers, storage
from .graph import WeakList
from .saved import saved_tensors_hooks

__all__ = ["allow_mutation_on_saved_tensors"]


class _Kept:
    """A saved tensor, or its copy from before it was written."""

    __slots__ = ("__weakref__", "owner", "tensor")

    def __init__(self, tensor: Any, owner: allow_mutation_on_saved_tensors) -> None:
        self.tensor = tensor
        self.owner = ref(owner)


class allow_mutation_on_saved_tensors(saved_tensors_hooks):
    """Let tensors that the graph has saved be changed in place: it then keeps a copy.

    Gradients are those of the values at the time of the operation. The backward pass has to
    run inside the block.

    Raises
    ------
    RuntimeError
        On entering one inside another.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> with tg.autograd.graph.allow_mutation_on_saved_tensors():
    ...     y = x * 1
    ...     z = (y * y).sum()
    ...     _ = y.zero_()
    ...     z.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __init__(self) -> None:
        super().__init__(self._keep, _restored)
        self._by_memory: dict[int, WeakList] = {}
        self._active = False

    def __enter__(self) -> allow_mutation_on_saved_tensors:
        if any(isinstance(o, allow_mutation_on_saved_tensors) for o in observers.current()):
            raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
        super().__enter__()
        self._active = True
        storage.before_write.append(self._written)
        return self

    def __exit__(self, *details: object) -> None:
        self._active = False
        storage.before_write.remove(self._written)
        self._by_memory.clear()
        super().__exit__(*details)

    def _keep(self, tensor: Any) -> _Kept:
        kept = _Kept(tensor, self)
        self._by_memory.setdefault(id(storage.counter_of(tensor)), WeakList()).add(kept)
        return kept

    def _written(self, tensor: Any) -> None:
        """Copy what is kept of a memory that is about to be written, once for all that show it."""
        known = tensor._cell is not None
        found = self._by_memory.pop(id(storage.counter_of(tensor)), None) if known else None
        copies: dict[int, Any] = {}
        for kept in [] if found is None else found.alive():
            array = kept.tensor._array
            if id(array) not in copies:
                place = kept.tensor._place
                copies[id(array)] = array, place.wrap(place.backend.copy(place.xp, array), place)
            kept.tensor = copies[id(array)][1]


def _restored(kept: _Kept) -> Any:
    owner = kept.owner()
    if owner is None or not owner._active:
        raise AssertionError(
            "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context in which "
            "the graph was originally recorded."
        )
    return kept.tensor
