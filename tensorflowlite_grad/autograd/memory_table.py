"""How much memory the graph keeps alive for its rules: by operation and source line."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from .anomaly import lines_of
from .graph import Leaf, Output, Variable
from .kept import Held, held_by, plain
from .tables import bytes_text, table

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SavedMemory", "SavedRow", "saved_memory"]


class SavedRow(NamedTuple):
    """What the nodes of one operation, recorded on one line, keep.

    Attributes
    ----------
    operation : str
    line : str
        ``"file:number"``, or empty if nobody noted it.
    nodes : int
        How many nodes these are.
    arrays : int
        How many arrays they keep, those that others keep too included.
    bytes : int
        The memory of those that no earlier node keeps.
    """

    operation: str
    line: str
    nodes: int
    arrays: int
    bytes: int


class SavedMemory:
    """A table of what a graph keeps.

    Attributes
    ----------
    rows : list of SavedRow
        Those with the most memory first.
    total : int
        Bytes of all arrays kept, each counted once.
    leaves : int
        How many of them belong to leaves, which are there without the graph too.
    """

    def __init__(self, rows: list[SavedRow], leaves: int) -> None:
        self.rows = rows
        self.total = sum(row.bytes for row in rows)
        self.leaves = leaves

    def __str__(self) -> str:
        found: list[tuple[str, ...]] = [("operation", "line", "nodes", "arrays", "memory")]
        for row in self.rows:
            size = bytes_text(row.bytes)
            line = PurePath(row.line).name if row.line else ""
            found.append((row.operation, line, str(row.nodes), str(row.arrays), size))
        total = (sum(r.nodes for r in self.rows), sum(r.arrays for r in self.rows))
        found.append(("total", "", *map(str, total), bytes_text(self.total)))
        text = table(found, right=(2, 3, 4))
        if self.leaves:
            text += f"\n{bytes_text(self.leaves)} of it belong to leaves"
        return text

    def __repr__(self) -> str:
        return str(self)


def saved_memory(*outputs: Any) -> SavedMemory:
    """Return how much memory the graph behind tensors keeps alive for the backward pass.

    Lines of the program are known of what was recorded under `keep_values` or
    `detect_anomaly`. Views count as the memory that they show, all of it.

    Parameters
    ----------
    *outputs : Tensor
        Those that were not recorded keep nothing.

    Returns
    -------
    SavedMemory
        A row for each operation and line, and a total; printed, a table.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.ones(100, 100, requires_grad=True)
    >>> y = (x.sin().exp() * 2).sum()
    >>> tg.autograd.graph.saved_memory(y)
    operation     nodes  arrays     memory
    SinBackward0      1       1  39.06 KiB
    ExpBackward0      1       1  39.06 KiB
    MulBackward0      1       1        4 B
    SumBackward0      1       0        0 B
    total             4       3  78.13 KiB
    39.06 KiB of it belong to leaves
    """
    for number, t in enumerate(outputs):
        if not isinstance(t, Variable):
            raise TypeError(
                f"saved_memory(): element {number} is not a Tensor but {type(t).__name__}"
            )
    nodes = sorted(_nodes([t._edge for t in outputs]), key=lambda node: node.seq)
    kept = [(node, list(held_by(node))) for node in nodes]
    # What belongs to a leaf is known by its memory: a detached twin shows it too.
    leaves = {
        _memory(h)[0]
        for _, held in kept
        for h in held
        if h.tensor is not None and type(h.tensor._edge) is Leaf
    }
    seen: set[Any] = set()
    of_leaves = 0
    groups: dict[tuple[str, str], list[int]] = {}
    for node, held in kept:
        counts = groups.setdefault((node.name(), _line(node)), [0, 0, 0])
        counts[0] += 1
        counts[1] += len(held)
        for h in held:
            memory, size = _memory(h)
            if memory not in seen:
                seen.add(memory)
                counts[2] += size
                of_leaves += size * (memory in leaves)
    rows = [SavedRow(*key, *counts) for key, counts in groups.items()]
    return SavedMemory(sorted(rows, key=lambda row: -row.bytes), of_leaves)


def _nodes(edges: list[Any]) -> Iterator[Any]:
    """Yield the operations behind edges; outputs of several are theirs."""
    seen = set(edges)
    stack = list(seen)
    while stack:
        node = stack.pop()
        if node is None or type(node) is Leaf:
            continue
        if type(node) is not Output:
            yield node
        for edge in node.edges:
            if edge not in seen:
                seen.add(edge)
                stack.append(edge)


def _line(node: Any) -> str:
    lines = lines_of(node)
    return f"{lines[-1][0]}:{lines[-1][1]}" if lines else ""


def _memory(held: Held) -> tuple[Any, int]:
    """Return what tells the memory behind an array from others, and its size in bytes."""
    array, place = plain(held.array, held.place)
    size = place.dtype_of(array).itemsize
    if place.backend.mutable(array) is not array:  # a scalar, which shows no memory
        return id(array), size
    with place.entered():
        _, offset, length = place.backend.layout(array)
        start = place.backend.address(array) - offset * size
    return (place, start), length * size
