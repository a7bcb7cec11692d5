"""The backward pass: a loop over nodes, from the latest recorded to the earliest.

A node's number is greater than its operands', so that the greatest pending one has all
of its gradient. Pending nodes wait in a heap, the greatest outside it: along a chain the
heap is never touched. Gradients are kept in the pass, never on nodes, so that exceptions,
threads and passes inside passes leave nothing behind. Nothing here recurses.

Each ``.grad`` is written last, after every node has run without an error.
"""

from __future__ import annotations

from functools import partial
from heapq import heappop, heappush
from sys import getrefcount
from threading import RLock
from typing import TYPE_CHECKING, Any

from ..backend.place import Place
from . import modes, nesting, observers, passes
from .errors import OutOfMemoryError, out_of_memory
from .graph import Gradients, Leaf, Node, Variable
from .hooks import run_node_post_hooks, run_node_pre_hooks, run_tensor_hooks
from .storage import add_into

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["differentiate", "needed_nodes", "run"]

Edge = Any

#: Held while a gradient is added to a ``.grad``: passes of several threads may share leaves.
_writing = RLock()


def needed_nodes(roots: Iterable[Edge], targets: set[Edge]) -> set[Edge]:
    """Return the nodes on a path from a root to a target, targets included."""
    lowest = min((t.seq for t in targets if type(t) is not Leaf), default=0)
    if any(type(t) is Leaf for t in targets):
        lowest = 0
    seen: set[Edge] = set()
    stack = [r for r in roots if r is not None]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if type(node) is not Leaf and node.seq > lowest:
            stack.extend(e for e in node.edges if e not in seen)
    needed = targets & seen
    nodes = (n for n in seen if type(n) is not Leaf)
    for node in sorted(nodes, key=lambda n: n.seq):
        if node not in needed and any(e in needed for e in node.edges):
            needed.add(node)
    return needed


def run(
    roots: list[tuple[Edge, Any]],
    *,
    keep: bool,
    tensors: bool,
    needed: set[Edge] | None = None,
    captures: dict[Edge, Any] | None = None,
) -> dict[Leaf, Any]:
    """Propagate gradients from `roots`, and return those that arrived at leaves.

    Parameters
    ----------
    roots : list of (edge, gradient)
    keep : bool
        Whether nodes keep what they saved.
    tensors : bool
        Whether gradients are tensors, to be differentiated again, or raw arrays.
    needed : set of edges, optional
        Only these are visited; without it, all are.
    captures : dict, optional
        Its keys are edges; their gradients become the values.
    """
    leaves: dict[Leaf, Any] = {}
    pending: dict[int, Any] = {}  # by number: gradients of the nodes in the heap
    waiting: dict[int, Node] = {}  # by number: those nodes
    heap: list[int] = []
    kept: list[tuple[Any, Any]] = []  # gradients for tensors that asked to keep theirs
    node: Any = None  # the pending node of the greatest number, and its gradient
    gradient: Any = None
    watched = bool(observers.current())
    plain = not tensors and not Place.guarded and not watched

    def push(edge: Any, g: Any) -> None:
        nonlocal node, gradient
        if needed is not None and edge not in needed:
            return
        if type(edge) is Leaf:
            leaves[edge] = _add(leaves[edge], g, edge.place) if edge in leaves else g
            return
        if edge is node:
            gradient = _add(gradient, g, edge.place)
            return
        number = edge.seq
        if number in pending:
            pending[number] = _add(pending[number], g, edge.place)
        elif node is None:
            node, gradient = edge, g
        elif number > node.seq:
            old = node.seq
            heappush(heap, -old)
            pending[old] = gradient
            waiting[old] = node
            node, gradient = edge, g
        else:
            heappush(heap, -number)
            pending[number] = g
            waiting[number] = edge

    for edge, g in roots:
        push(edge, g)
    while node is not None:
        current, g = node, gradient
        if heap:
            number = -heappop(heap)
            node, gradient = waiting.pop(number), pending.pop(number)
        else:
            node = gradient = None
        hooks = current.hooks
        if hooks is not None:
            g = run_tensor_hooks(hooks, g, current.place, tensors)
            if hooks.retained is not None:
                kept.append((hooks.retained(), g))
        if captures is not None and current in captures:
            captures[current] = g
            if not any(e in needed for e in current.edges):  # type: ignore[operator]
                if watched:
                    observers.arrived(current, g)
                continue
        if hooks is not None:
            g = run_node_pre_hooks(hooks, g, current.place, tensors)
        try:
            if plain:
                out = current.apply(g, keep)
            elif watched:
                observers.arrived(current, g)
                call = partial(_apply, current, g, keep, tensors)
                out = observers.observed_backward(current, call)
            elif tensors and not Place.guarded:
                out = current.apply_tensors(g, keep)
            else:
                out = _apply(current, g, keep, tensors)
        except OutOfMemoryError:
            raise
        except MemoryError as error:
            raise out_of_memory(current, g, error) from error
        edges = current.edges
        if hooks is not None and hooks.post:
            out = run_node_post_hooks(hooks, out, g, current.place, tensors)
        if len(edges) == 1:
            edge = edges[0]
            if out is None:
                continue
            # The common step of a chain, without a call.
            if node is None and needed is None and type(edge) is not Leaf:
                node, gradient = edge, out
            else:
                push(edge, out)
        else:
            for edge, part in zip(edges, out, strict=True):
                if part is not None:
                    push(edge, part)
    for leaf, g in leaves.items():
        if leaf.hooks is not None:
            leaves[leaf] = run_tensor_hooks(leaf.hooks, g, leaf.place, tensors)
        if watched:
            observers.arrived(leaf, leaves[leaf])
    for tensor, g in kept:
        if tensor is not None:
            keep_gradient(tensor, g)
    return leaves


def keep_gradient(tensor: Any, g: Any) -> None:
    """Add a gradient to the ``.grad`` of a tensor that is no leaf, out of place."""
    place, extra = tensor._place, tensor._extra
    if isinstance(g, Variable):
        new = g.clone()  # type: ignore[attr-defined]
    else:
        new = place.wrap(place.backend.copy(place.xp, g), place)
    with _writing:
        extra.grad = new if extra.grad is None else extra.grad + new


def _apply(node: Node, g: Any, keep: bool, tensors: bool) -> Any:
    # Rules for tensors meet raw arrays too: options are.
    with node.place.entered():
        return node.apply_tensors(g, keep) if tensors else node.apply(g, keep)


def _add(old: Any, new: Any, place: Any) -> Any:
    """Return the sum of two gradients; in place only where nobody else holds the first."""
    if place.guard is not None and not isinstance(old, (Variable, Gradients)):
        with place.guard():
            return old + new
    if type(old) is Gradients:
        parts = old.parts
        with place.entered():
            for k, g in enumerate(new.parts):
                if g is not None:
                    parts[k] = g if parts[k] is None else parts[k] + g
        return old
    # Three references: the pass's own, `old` here, and getrefcount's argument.
    if getrefcount(old) <= 3 and not isinstance(old, Variable) and place.backend.is_own_memory(old):
        old += new
        return old
    return old + new


def own(array: Any, place: Any, expected_references: int) -> Any:
    """Return an array that nobody else can reach: itself if that is sure, else a copy.

    Parameters
    ----------
    expected_references : int
        How many references there are to an array that only the pass knows.
    """
    if place.backend.is_own_memory(array) and getrefcount(array) <= expected_references:
        return array
    return place.backend.copy(place.xp, array)


def accumulate(leaves: dict[Leaf, Any], tensors: bool) -> None:
    """Add gradients to the ``.grad`` of their leaves, as PyTorch does.

    In place into an existing gradient, or out of place where gradients are `tensors`.
    """
    for leaf in list(leaves):
        g = leaves.pop(leaf)
        tensor = leaf.tensor()
        if tensor is None or tensor._edge is not leaf:
            continue  # it is gone, or requires no grad any more
        with _writing:
            old = leaf.grad
            if tensors:
                leaf.grad = g.clone() if old is None else old + g
            elif old is None:
                place = leaf.place
                # Three references: `g` here, `array` in own(), and getrefcount's argument.
                leaf.grad = place.wrap(own(g, place, 3), place)
            elif old._edge is not None:
                leaf.grad = old + leaf.place.wrap(g, leaf.place)
            else:
                add_into(old, g)
        if leaf.post_accumulate:
            run_post_accumulate(leaf)


def run_post_accumulate(leaf: Leaf) -> None:
    """Call a leaf's hooks that run once its gradient is complete."""
    tensor = leaf.tensor()
    for hook in list((leaf.post_accumulate or {}).values()):
        if tensor is not None and hook(tensor) is not None:
            raise RuntimeError("post accumulate grad hooks should return None")


def differentiate(
    roots: list[tuple[Edge, Any]],
    *,
    keep: bool,
    create_graph: bool,
    tensors: bool,
    needed: set[Edge] | None = None,
    captures: dict[Edge, Any] | None = None,
) -> dict[Leaf, Any]:
    """Run a pass in the grad mode that belongs to it: recording under `create_graph`.

    Under `create_graph` gradients are `tensors`, and in forward mode, to carry tangents.
    """
    before = modes.get_mode()
    try:  # an interrupt may come as soon as the mode is set
        if before is not create_graph:
            modes.set_mode(create_graph)
        if nesting.depth() > nesting.LIMIT:
            found: dict[Leaf, Any] = nesting.on_a_new_stack(
                partial(
                    differentiate,
                    roots,
                    keep=keep,
                    create_graph=create_graph,
                    tensors=tensors,
                    needed=needed,
                    captures=captures,
                )
            )
            return found
        if passes.wanted[0]:
            with passes.Pass(roots, needed):
                return run(roots, keep=keep, tensors=tensors, needed=needed, captures=captures)
        return run(roots, keep=keep, tensors=tensors, needed=needed, captures=captures)
    finally:
        if before is not create_graph:
            modes.set_mode(before)
