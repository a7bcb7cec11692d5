"""Writing a tensor's memory, whether or not the backend's arrays can be written.

Where they cannot, all tensors that show the memory get new arrays instead: each knows the
operations that lead to it from the array of the whole.
"""

from __future__ import annotations

from math import prod
from typing import Any

from .graph import Extra, Variable, Version, WeakList, cell_of, count_write

__all__ = [
    "add_into",
    "counter_of",
    "increment_version",
    "replay",
    "scattered",
    "share",
    "take_memory",
    "write",
]

#: Functions to be called with each tensor whose memory is about to be written.
before_write: list[Any] = []

Chain = tuple[tuple[Any, tuple[Any, ...]], ...]


def increment_version(tensor: Any) -> None:
    """Count a change of a tensor's memory that was made behind its back.

    Of what has been saved of it before, a backward pass then says that it has changed.

    Parameters
    ----------
    tensor : Tensor or iterable of Tensor

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.zeros(2)
    >>> tg.autograd.graph.increment_version(x)
    >>> x._version
    1
    """
    for t in (tensor,) if isinstance(tensor, Variable) else tuple(tensor):
        if not isinstance(t, Variable):
            raise TypeError(f"increment_version expects Tensors, got {type(t).__name__}")
        count_write(t)


def write(tensor: Variable, value: Any) -> None:
    """Write a raw value, broadcast, into a tensor's memory, and count the version."""
    for told in before_write:
        told(tensor)
    count_write(tensor)  # first: an interrupt may leave a change too many counted, none too few
    array = tensor._array
    backend = tensor._place.backend
    if not backend.writable:
        _replace(tensor, value)
    elif array is backend.mutable(array):
        backend.write(array, value)
    else:  # a 0-d scalar of NumPy, which cannot be written and which nothing else shows
        scalar = value if not value.ndim else value.reshape(())
        lent = scalar is backend.mutable(scalar)
        tensor._array = backend.copy(tensor._place.xp, scalar) if lent else scalar


def add_into(tensor: Variable, value: Any) -> None:
    """Add a raw value of the tensor's shape to its memory, and count the version."""
    array = tensor._array
    backend = tensor._place.backend
    if not array.ndim or not backend.writable:
        with tensor._place.entered():
            value = array + value
        write(tensor, value)
    else:
        for told in before_write:
            told(tensor)
        count_write(tensor)
        backend.add_into(array, value)


def replay(xp: Any, base: Any, chain: Chain) -> Any:
    """Return the view of `base`, of any carrier, that a chain of operations makes."""
    for op, options in chain:
        base = op.on(xp, base, *options)
    return base


def scattered(xp: Any, base: Any, source: Any, chain: Chain) -> Any:
    """Return a copy of a raw `base` with `source` in the place of a view of it."""
    # What shows memory by its layout shows none of a copy's, which is laid out anew.
    if xp.writable and all(op.name != "as_strided" for op, _ in chain):
        out = xp.empty(tuple(base.shape), dtype=base.dtype)  # whose rows lie in order
        out[...] = base
        replay(xp, out, chain)[...] = source
        return out
    positions = replay(xp, xp.reshape(xp.arange(prod(base.shape)), tuple(base.shape)), chain)
    values = xp.reshape(xp.broadcast_to(source, tuple(positions.shape)), (-1,))
    flat = xp.reshape(base, (-1,))
    return xp.reshape(xp.index_put(flat, (xp.reshape(positions, (-1,)),), values), base.shape)


class _Memory:
    """The array of a whole memory, and the tensors that show it without being views."""

    __slots__ = ("array", "twins")

    def __init__(self, array: Any) -> None:
        self.array = array
        self.twins = WeakList()


def share(out: Variable, source: Variable) -> None:
    """Make `out` show the memory of `source`, without being a view of it in the graph."""
    cell = out._cell = cell_of(source)
    if out._place.backend.writable:
        return
    if cell.memory is None:
        cell.memory = _Memory(_base(source)._array)
    out._extra = Extra()
    out._extra.shows = _chain(source)
    for tensor in (_base(source), source, out):
        cell.memory.twins.add(tensor)


class _Joined(Version):
    """A counter that goes on from that of a memory before, and counts for another."""

    __slots__ = ("ahead", "of")

    def __init__(self, before: Version, of: Version) -> None:
        self.of: Version = of.of if isinstance(of, _Joined) else of  # no chains
        self.ahead = before.count + 1 - self.of.count
        self.views = before.views  # they follow the tensor still
        self.memory = None

    @property
    def count(self) -> int:
        return self.of.count + self.ahead

    @count.setter
    def count(self, value: int) -> None:
        self.of.count = value - self.ahead


def counter_of(tensor: Variable) -> Version:
    """Return what is one for all tensors that show the memory of a tensor."""
    cell = cell_of(tensor)
    return cell.of if isinstance(cell, _Joined) else cell


def take_memory(tensor: Variable, source: Variable) -> None:
    """Make `tensor` show the memory of `source`, as itself: ``tensor.data = source``.

    Its counter goes on: what saved the tensor must not take the new value for the old one.
    It counts what is written through either.
    """
    for told in before_write:
        told(tensor)
    backend = source._place.backend
    if backend.writable:
        tensor._cell = _Joined(cell_of(tensor), cell_of(source))
    else:
        count_write(tensor)
    tensor._array = source._array = backend.mutable(source._array)
    tensor._place = source._place


def _base(tensor: Variable) -> Variable:
    view = None if tensor._extra is None else tensor._extra.view
    return tensor if view is None else view.base


def _chain(tensor: Variable) -> Chain:
    """Return the operations from the array of the whole memory to a tensor's."""
    extra = tensor._extra
    if extra is None:
        return ()
    if extra.view is not None:
        return _chain(extra.view.base) + extra.view.chain()
    return extra.shows


def _replace(tensor: Variable, value: Any) -> None:
    """Give new arrays to all tensors that show the memory of one that is written."""
    xp, cell = tensor._place.xp, cell_of(tensor)
    base, chain = _base(tensor), _chain(tensor)
    memory = cell.memory or _Memory(base._array)
    if chain:
        memory.array = scattered(xp, memory.array, value, chain)
    else:
        # A copy: repeated elements would look like memory that overlaps itself.
        memory.array = xp.asarray(xp.broadcast_to(value, tuple(memory.array.shape)), copy=True)
        if tensor._place.backend.overlaps_itself(memory.array):  # nothing may be written there
            memory.array = tensor._place.backend.copy(xp, memory.array)
    showing = (tensor, base, *cell.alive_views(), *memory.twins.alive())
    for t in {id(t): t for t in showing}.values():
        t._array = replay(xp, memory.array, _chain(t))
