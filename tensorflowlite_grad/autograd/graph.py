"""The recorded graph: nodes, leaves, versions and views.

A tensor's ``_edge`` says where its gradient goes: None if it requires none, the `Leaf`
that collects it, or the `Node` of the operation that made it. Edges point from results
to operands only, so a graph is freed by reference counting once nothing refers to it.
"""

from __future__ import annotations

import itertools
import sys
from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from weakref import WeakKeyDictionary, ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..backend.place import Place

__all__ = [
    "Extra",
    "GradientEdge",
    "Hooks",
    "Leaf",
    "Node",
    "Output",
    "Variable",
    "Version",
    "View",
    "cell_of",
    "count_write",
    "get_gradient_edge",
    "next_seq",
    "viewable",
]

Edge = Any
#: Held while something is made that a tensor or an edge has one of: two threads must not make
#: one each.
_making = RLock()
#: The number of the next node: no two threads get the same, with a global lock or without.
next_seq = itertools.count(1).__next__
#: Whether threads take turns, as they do with a global lock: no other runs amid a statement.
_turns = getattr(sys, "_is_gil_enabled", lambda: True)()


class WeakList:
    """Weak references to objects; those that are gone are forgotten as it grows.

    Several threads may add at a time.
    """

    __slots__ = ("limit", "refs")

    def __init__(self) -> None:
        self.refs: list[ref[Any]] = []
        self.limit = 8

    def add(self, item: Any) -> None:
        """Remember an object."""
        self.refs.append(ref(item))
        if len(self.refs) > self.limit:
            with _making:
                seen = list(self.refs)
                # What has been added since stays behind those.
                self.refs[: len(seen)] = [r for r in seen if r() is not None]
                self.limit = 2 * len(self.refs) + 8

    def alive(self) -> list[Any]:
        """Return the objects that still exist."""
        return [t for t in (r() for r in list(self.refs)) if t is not None]


class Version:
    """How often the memory of a tensor, its views and its detached twins was written.

    Attributes
    ----------
    count : int
    views : WeakList or None
        The differentiable views of the memory, whose edges follow in-place operations.
    memory : object or None
        Where arrays cannot be written, what `storage` keeps of the whole memory.
    """

    __slots__ = ("count", "memory", "views")

    def __init__(self) -> None:
        self.count = 0
        self.views: WeakList | None = None
        self.memory: Any = None

    def add_view(self, tensor: Variable) -> None:
        """Remember a view."""
        if self.views is None:
            with _making:
                if self.views is None:
                    self.views = WeakList()
        self.views.add(tensor)

    def alive_views(self) -> list[Any]:
        """Return the views that still exist."""
        return [] if self.views is None else self.views.alive()


class View:
    """How a view was made: one operation on its parent, up to the base.

    Attributes
    ----------
    base : Variable
        The tensor whose memory it shows.
    parent : View or None
        The view it is a view of; None directly below the base.
    operation, options
        What made it.
    creation : str
        ``"default"``, or why its history cannot follow in-place operations:
        ``"no_grad"``, ``"inference"``, ``"multi"`` (one of several outputs), ``"custom"`` (what a
        user's `Function` returned).
    """

    __slots__ = ("base", "creation", "operation", "options", "parent")

    def __init__(
        self,
        base: Variable,
        parent: View | None,
        operation: Any,
        options: tuple[Any, ...],
        creation: str,
    ) -> None:
        self.base = base
        self.parent = parent
        self.operation = operation
        self.options = options
        self.creation = creation

    def chain(self) -> tuple[tuple[Any, tuple[Any, ...]], ...]:
        """Return the operations that lead from the base to this view."""
        steps = []
        view: View | None = self
        while view is not None:
            steps.append((view.operation, view.options))
            view = view.parent
        return tuple(reversed(steps))


class Extra:
    """What few tensors have: a view's origin, a gradient kept, a leaf set aside, tangents."""

    __slots__ = ("__weakref__", "grad", "leaf", "retains", "shows", "tangents", "view")

    def __init__(self) -> None:
        self.view: View | None = None
        self.grad: Any = None
        self.leaf: Leaf | None = None
        self.retains = False
        self.shows: tuple[Any, ...] = ()
        #: in forward mode: by level
        self.tangents: dict[Any, Any] | None = None


#: What marks a tensor that stands for a number of the program: hooks do not see it.
NUMBER = Extra()


class Variable:
    """The fields of a tensor; `Tensor` adds all that can be done with it.

    Attributes
    ----------
    _array : array
        The backend's array.
    _place : Place
    _edge : None, Leaf, Node or Output
    _cell : Version or None
        None as long as the memory was never written, viewed or shared.
    _extra : Extra or None
    """

    __slots__ = ("__weakref__", "_array", "_cell", "_edge", "_extra", "_place")

    _array: Any
    _place: Place
    _edge: Edge
    _cell: Version | None
    _extra: Extra | None


class Hooks:
    """Functions that see, and may replace, a gradient."""

    __slots__ = ("post", "pre", "retained", "tensor")

    def __init__(self) -> None:
        #: on the tensor: called with its gradient
        self.tensor: dict[int, Callable[[Any], Any]] = {}
        #: on the node: before it runs, and after
        self.pre: dict[int, Callable[..., Any]] = {}
        self.post: dict[int, Callable[..., Any]] = {}
        #: the tensor that asked to keep its gradient
        self.retained: ref[Any] | None = None


class RemovableHandle:
    """Removes a hook: by `remove`, or at the end of a ``with`` block."""

    _next_key = itertools.count().__next__

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self._dict = hooks
        self.id = RemovableHandle._next_key()
        hooks[self.id] = hook

    def remove(self) -> None:
        """Remove the hook; again is no error."""
        self._dict.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Leaf:
    """The end of an edge at a tensor that the user made: it collects the gradient.

    It refers to its tensor weakly, so that neither keeps the other's cycle alive.
    """

    __slots__ = ("__weakref__", "grad", "hooks", "place", "post_accumulate", "tensor")

    seq: ClassVar[int] = 0
    next_functions: ClassVar[tuple[()]] = ()

    def __init__(self, tensor: Variable) -> None:
        self.tensor = ref(tensor)
        self.place = tensor._place
        self.grad: Any = None
        self.hooks: Hooks | None = None
        self.post_accumulate: dict[int, Callable[[Any], None]] | None = None

    @property
    def variable(self) -> Any:
        """The tensor itself, or None if it is gone."""
        return self.tensor()

    def name(self) -> str:
        """Return the name that PyTorch gives such a node."""
        return "AccumulateGrad"

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before the gradient is added to ``.grad``.

        It runs after the tensor's own hooks; a tuple that it returns replaces the gradient.
        """
        return RemovableHandle(hooks_of(self).pre, callable_hook(hook))

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook((), grad_outputs)`` once the gradient has been added to ``.grad``.

        It runs after the hooks of `Tensor.register_post_accumulate_grad_hook`.
        """
        return RemovableHandle(hooks_of(self).post, callable_hook(hook))

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"


_metadata: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()


class Node:
    """One recorded operation: where its operands came from, and what its rules need.

    Every operation has subclasses of it, one for each set of operands that require grad.

    Attributes
    ----------
    edges : tuple
        The edges of the operands that require gradients.
    saved : tuple or None
        What the rules need; once freed what is named in `kept`, or None.
    seq : int
        Nodes are numbered as they are recorded: operands before results.
    """

    __slots__ = ("__weakref__", "edges", "hooks", "place", "saved", "seq")

    operation: ClassVar[Any] = None
    #: whether a pass frees what is saved; else it is so little that it stays
    frees: ClassVar[bool] = False
    #: the names of what stays all the same
    kept: ClassVar[tuple[str, ...]] = ()
    #: which operands the edges belong to, of how many
    positions: ClassVar[tuple[int, ...]] = ()
    operand_count: ClassVar[int] = 0
    #: of a user's `Function`: what its forward and backward share
    context: ClassVar[Any] = None

    edges: tuple[Edge, ...]
    saved: tuple[Any, ...] | None
    seq: int
    place: Place
    hooks: Hooks | None

    def apply(self, g: Any, keep: bool) -> Any:
        """Return the operands' gradients, on raw arrays; one alone comes bare."""
        raise NotImplementedError

    def apply_tensors(self, g: Any, keep: bool) -> Any:
        """Return the operands' gradients as tensors that can be differentiated again."""
        raise NotImplementedError

    def apply_some(self, g: Any, keep: bool, tensors: bool, wanted: tuple[bool, ...]) -> Any:
        """Return the gradients of these operands, and anything for the others.

        As `apply`, or as `apply_tensors` where gradients are `tensors`; `wanted` has an entry
        for each of several edges. Nodes that can leave rules out do so.
        """
        return self.apply_tensors(g, keep) if tensors else self.apply(g, keep)

    def name(self) -> str:
        """Return the operation's name, as PyTorch prints it."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes behind the operands, each with the number of its output."""
        behind: list[tuple[Any, int]] = [(None, 0)] * max(self.operand_count, len(self.edges))
        positions = self.positions or range(len(self.edges))
        for position, edge in zip(positions, self.edges, strict=True):
            behind[position] = shown(edge)
        return tuple(behind)

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for what you want to keep with the node; it goes when the node goes."""
        return _metadata.setdefault(self, {})

    def __call__(self, *gradients: Any) -> Any:
        """Return the gradients of the operands, given those of the results.

        Hooks do not run, and what the node saved is kept.
        """
        return import_module(".direct", __package__).differentiated(self, gradients)

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after the node has run.

        A tuple that it returns replaces the gradients of the operands.
        """
        return RemovableHandle(hooks_of(self).post, callable_hook(hook))

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before the node runs; a tuple returned replaces them."""
        return RemovableHandle(hooks_of(self).pre, callable_hook(hook))

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"cannot pickle {self.name()!r} object")

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_saved_", "_raw_saved_")):
            return import_module(".saved_attributes", __package__).find(self, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        names = import_module(".saved_attributes", __package__).names(self)
        return [*super().__dir__(), *names]


class Output(Node):
    """One output of an operation with several: it hands its gradient on under its number."""

    __slots__ = ("count", "number")

    count: int
    number: int

    def apply(self, g: Any, keep: bool) -> Any:
        """Return the gradient under its number, for the operation's node."""
        return Gradients(self.number, self.count, g)

    apply_tensors = apply


class Gradients:
    """The gradients of an operation's several outputs, as far as there are any."""

    __slots__ = ("parts",)

    def __init__(self, number: int, count: int, g: Any) -> None:
        self.parts: list[Any] = [None] * count
        self.parts[number] = g


class GradientEdge(NamedTuple):
    """A place in the graph where a gradient arrives, without its tensor: keeps the graph alive.

    `autograd.grad` and `autograd.backward` take one wherever they take a tensor. Make one
    with `get_gradient_edge`.
    """

    node: Any
    output_nr: int
    ownership_token: Any = None

    @property
    def _edge(self) -> Edge:
        return self.node if self.ownership_token is None else self.ownership_token

    @property
    def _place(self) -> Any:
        return self._edge.place


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """Return the edge at which the gradient of a tensor, as it is now, arrives.

    Later in-place operations give the tensor another edge, and leave this one as it is.

    Raises
    ------
    RuntimeError
        If the tensor does not require grad.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> edge = tg.autograd.graph.get_gradient_edge(x * 3)
    >>> tg.autograd.grad(edge, x, tg.ones(2))
    (tensor([3., 3.]),)
    """
    edge = tensor._edge
    if edge is None:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require "
            "gradients"
        )
    return GradientEdge(*shown(edge), edge)


def shown(edge: Edge) -> tuple[Any, int]:
    """Return an edge as PyTorch shows it: a node and the number of its output."""
    if isinstance(edge, Output):
        return edge.edges[0], edge.number
    return edge, 0


def hooks_of(edge: Any) -> Hooks:
    """Return an edge's hooks, made if it has none."""
    if edge.hooks is None:
        with _making:
            if edge.hooks is None:
                edge.hooks = Hooks()
    found: Hooks = edge.hooks
    return found


def callable_hook(hook: Any) -> Any:
    """Return `hook`; TypeError if it cannot be called."""
    if not callable(hook):
        raise TypeError(f"a hook must be callable, got {type(hook).__name__}")
    return hook


def cell_of(tensor: Variable) -> Version:
    """Return a tensor's version cell, made if it has none."""
    cell = tensor._cell
    if cell is None:
        with _making:
            cell = tensor._cell
            if cell is None:
                cell = tensor._cell = Version()
    return cell


def viewable(tensor: Variable) -> Any:
    """Return a tensor's array, made one that can be viewed and written if it is none."""
    array, backend = tensor._array, tensor._place.backend
    if backend.mutable(array) is not array:
        with _making:
            array = tensor._array = backend.mutable(tensor._array)
    return array


def count_write(tensor: Variable) -> None:
    """Count a change of a tensor's memory."""
    cell = tensor._cell
    if cell is None:
        cell = cell_of(tensor)
    if _turns:
        cell.count += 1
    else:
        with _making:
            cell.count += 1


def make_leaf(tensor: Variable) -> None:
    """Make a tensor a leaf that requires grad; a gradient it had before is kept."""
    extra = tensor._extra
    if extra is not None and extra.leaf is not None:
        tensor._edge = extra.leaf
        return
    leaf = tensor._edge = Leaf(tensor)
    if extra is not None:
        leaf.grad, extra.grad = extra.grad, None


#: What users find here as in PyTorch, and where it lives.
_ELSEWHERE = {
    "allow_mutation_on_saved_tensors": "mutation",
    "disable_saved_tensors_hooks": "saved",
    "increment_version": "storage",
    "keep_values": "kept",
    "saved_memory": "memory_table",
    "queue_callback": "nesting",
    "register_multi_grad_hook": "passes",
    "save_on_cpu": "saved",
    "saved_tensors_hooks": "saved",
}


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_ELSEWHERE[name]}", __package__), name)
