"""What is known of the values and gradients at a graph's nodes.

Nodes keep no values but those that their rules need, and these until a backward pass frees
them. `keep_values` remembers the rest, for pictures of the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from weakref import WeakKeyDictionary, ref

from ..printing import format_tensor
from . import anomaly, observers
from .function_results import is_intact
from .graph import Gradients, Leaf, Output, Variable, Version
from .saved import Packed, Slot, nodes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..dtypes import dtype

__all__ = [
    "Held",
    "Notes",
    "Value",
    "constants_of",
    "held_by",
    "keep_values",
    "known",
    "operands_on_graph",
    "plain",
    "value_of",
]


class Value(NamedTuple):
    """An array as it was: its shape and dtype, and, if it is small, a copy of its elements.

    `tensor` refers weakly to the tensor it belonged to, if there was one.
    """

    shape: tuple[int, ...]
    dtype: dtype
    array: Any
    place: Any
    tensor: Any = None

    def text(self, items: int) -> str:
        """Return the elements in one line, or nothing if there are more than `items`."""
        if self.array is None or _size(self.shape) > items:
            return ""
        host = self.place.backend.to_numpy(self.array)
        text = format_tensor(
            lambda index: host[index].tolist(),
            self.shape,
            kind=("bool", "int", "float", "complex")[self.dtype.kind],
        )
        return " ".join(text.removeprefix("tensor(").removesuffix(")").split())


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def value_of(subject: Any, place: Any = None, items: int = 1000) -> Value:
    """Return what is to be remembered of a tensor, or of an array on a place."""
    tensor = None
    array = subject
    if isinstance(subject, Variable):
        array, place, tensor = subject._array, subject._place, ref(subject)
    shape = tuple(array.shape)
    copy = None
    # A batch has one value for each of its examples: only its shape can be shown.
    if not place.level and _size(shape) <= items:
        with place.entered():
            copy = place.backend.copy(place.xp, array)
    return Value(shape, place.dtype_of(array), copy, place, tensor)


def plain(array: Any, place: Any) -> tuple[Any, Any]:
    """Return an array and its place; of a batch, the array that has all examples."""
    while hasattr(array, "batched"):
        tensor = array.value
        array, place = tensor._array, tensor._place
    return array, place.root


class Notes:
    """What an observer has noted of an edge.

    Attributes
    ----------
    value, gradient : Value or None
    operands : tuple or None
        One entry for each operand: its value if it is a constant, None if it is on the graph.
    """

    __slots__ = ("gradient", "operands", "value")

    def __init__(self) -> None:
        self.value: Value | None = None
        self.gradient: Value | None = None
        self.operands: tuple[Value | None, ...] | None = None


class keep_values(observers.Observer):
    """Remember the value and the gradient at each node, and the line that recorded it.

    `tg.graph` shows them, and `saved_memory` the lines. They are forgotten together with the
    node. Of gradients, those are remembered that arrive while it is at work.

    Parameters
    ----------
    items : int
        Of arrays with more elements, only shape and dtype are remembered.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> with tg.autograd.graph.keep_values():
    ...     y = (x * 2) ** 2
    ...     y.backward()
    >>> print(tg.graph(y, names={"x": x, "y": y}))
    name  operation            shape  dtype    value  gradient
    x     leaf                 ()     float32  3.     24.
    #1    MulBackward0(x, 2.)  ()     float32  6.     12.
    y     PowBackward0(#1)     ()     float32  36.    1.
    """

    #: Shared: a node is recorded under one observer, and drawn without any.
    by_edge: ClassVar[WeakKeyDictionary[Any, Notes]] = WeakKeyDictionary()

    def __init__(self, items: int = 1000) -> None:
        self.items = items

    def run_on(self, operation: Any, operands: tuple[Any, ...], call: Callable[[], Any]) -> Any:
        """Run an operation, and note its results and those operands that are constants."""
        layout = tuple(
            value_of(t, items=self.items) if t._edge is None else None
            for t in operands
            if isinstance(t, Variable)
        )
        out = call()
        anomaly.note(out)
        for node in nodes_of(out):
            notes_of(node).operands = layout
        for t in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(t, Variable) and t._edge is not None:
                notes_of(t._edge).value = value_of(t, items=self.items)
        return out

    def arrived(self, edge: Any, g: Any) -> None:
        """Note a gradient."""
        if not isinstance(g, Gradients):
            notes_of(edge).gradient = value_of(g, edge.place, self.items)


def notes_of(edge: Any) -> Notes:
    """Return the notes of an edge, made if it has none."""
    found = keep_values.by_edge.get(edge)
    if found is None:
        found = keep_values.by_edge[edge] = Notes()
    return found


# -- what nodes hold themselves ----------------------------------------------------------------


class Held(NamedTuple):
    """An array that a node keeps for its rules.

    Attributes
    ----------
    array, place
    tensor : Variable or None
        The operand that it belongs to.
    result : int or None
        The number of the node's result that it is.
    intact : bool
        Whether it has not been changed in place since.
    """

    array: Any
    place: Any
    tensor: Any = None
    result: int | None = None
    intact: bool = True


def held_by(node: Any) -> Iterator[Held]:
    """Yield what a node keeps; nothing once it is freed."""
    saved: Any = node.saved
    if isinstance(saved, Packed):
        yield from _inside(saved.parts, node.place)
    elif isinstance(saved, dict):
        for name, item in saved.items():
            yield from _named(node, name, item)
    elif saved and node.context is not None:
        for item in saved:
            if item is not None and len(item) == 2:
                yield from _inside(item[0], node.place)
            elif item is not None:
                tensor, array, _, _, number = item
                yield Held(array, node.place, tensor, number, is_intact(item))
    elif saved:
        yield from _flat(node, saved)
    if node.context is not None:
        for name, item in list(vars(node.context).items()):
            if not name.startswith("_"):  # attributes that a user has set
                yield from _inside(item, node.place)


def _count(tensor: Any) -> int:
    return 0 if tensor._cell is None else int(tensor._cell.count)


def _named(node: Any, name: str, item: Any) -> Iterator[Held]:
    """Yield from a value of an operation with several results, saved with its version."""
    pair = isinstance(item, tuple) and len(item) == 2
    if pair and isinstance(item[0], Variable):
        yield Held(item[0]._array, node.place, item[0], None, _count(item[0]) == item[1])
    elif pair and isinstance(item[1], Version):
        yield Held(item[0], node.place, None, node.operation.results.index(name), not item[1].count)
    else:
        yield from _inside(item, node.place)


def _flat(node: Any, saved: tuple[Any, ...]) -> Iterator[Held]:
    """Yield from what a written recorder saved: a tensor or a result, then its version."""
    follows: tuple[Any, ...] = (*saved[1:], None)
    for item, after in zip(saved, follows, strict=True):
        if isinstance(item, Variable):
            intact = type(after) is not int or _count(item) == after
            yield Held(item._array, item._place, item, None, intact)
        elif isinstance(after, Version):
            yield Held(item, node.place, None, 0, not after.count)
        else:
            yield from _inside(item, node.place)


def _inside(value: Any, place: Any) -> Iterator[Held]:
    """Yield the tensors and arrays in nested containers, whatever they are for."""
    stack, seen = [value], set()
    while stack:
        item = stack.pop()
        if isinstance(item, Slot):
            item = item.object
        if isinstance(item, Variable):
            yield Held(item._array, item._place, item)
        elif isinstance(item, (tuple, list, dict)):
            if id(item) not in seen:  # a user's containers may contain themselves
                seen.add(id(item))
                stack.extend(item.values() if isinstance(item, dict) else item)
        elif place is not None and place.backend.is_array(item):
            yield Held(item, place)


def known(nodes: list[Any], roots: list[Any]) -> dict[tuple[Any, int], tuple[Any, Any]]:
    """Return the value and the gradient at each node's outputs, as far as they are known.

    Parameters
    ----------
    nodes : list of Node or Leaf
    roots : list of Tensor
        The results behind which they are.
    """
    found: dict[tuple[Any, int], list[Any]] = {}

    def put(edge: Any, position: int, value: Value | None) -> None:
        key = (edge.edges[0], edge.number) if type(edge) is Output else (edge, 0)
        entry = found.setdefault(key, [None, None])
        if entry[position] is None:
            entry[position] = value

    for node in nodes:
        if type(node) is Leaf:
            tensor = node.variable
            if tensor is not None:
                put(node, 0, value_of(tensor))
            if node.grad is not None:
                put(node, 1, value_of(node.grad))
        for edge in (node, *getattr(node, "edges", ())):
            notes = keep_values.by_edge.get(edge)
            if notes is not None:
                put(edge, 0, notes.value)
                put(edge, 1, notes.gradient)
            retained = edge.hooks.retained if edge.hooks is not None else None
            tensor = None if retained is None else retained()
            if tensor is not None and tensor.grad is not None:
                put(edge, 1, value_of(tensor.grad))
    for tensor in roots:
        _put_tensor(put, tensor, tensor._edge)
    for node in nodes:
        if type(node) is Leaf:
            continue
        for held in held_by(node):
            if not held.intact or held.place.level:
                continue
            if held.result is not None:
                entry = found.setdefault((node, held.result), [None, None])
                if entry[0] is None:
                    entry[0] = value_of(held.array, held.place)
            elif held.tensor is not None and held.tensor._edge is not None:
                put(held.tensor._edge, 0, value_of(held.tensor))
    return {key: (value, gradient) for key, (value, gradient) in found.items()}


def _put_tensor(put: Any, tensor: Any, edge: Any) -> None:
    put(edge, 0, value_of(tensor))
    notes = keep_values.by_edge.get(edge)
    if notes is not None:
        put(edge, 1, notes.gradient)
    if type(edge) is not Leaf and tensor._extra is not None and tensor._extra.grad is not None:
        put(edge, 1, value_of(tensor._extra.grad))


def operands_on_graph(node: Any) -> Any:
    """Return which operands of a node are on the graph; nothing if that is not known."""
    if node.context is not None:  # whose attributes are the user's
        return node.positions
    return getattr(node, "positions", None) or getattr(node, "mask", None)


def constants_of(node: Any) -> list[Value | None] | None:
    """Return a node's operands: the value of a constant, None for one on the graph.

    None if it is not known which of the operands are constants.
    """
    notes = keep_values.by_edge.get(node)
    count = len(node.edges)
    noted = None if notes is None else notes.operands
    if noted is not None and sum(v is None for v in noted) == count:
        return list(noted)
    positions = operands_on_graph(node)
    if not positions or len(positions) == node.operand_count:
        return None
    saved = [h for h in held_by(node) if h.tensor is not None and h.tensor._edge is None]
    absent = node.operand_count - count
    if len(saved) != absent or not all(h.intact for h in saved):
        return None
    values = iter(saved)
    return [
        None if k in positions else value_of(next(values).tensor) for k in range(node.operand_count)
    ]
