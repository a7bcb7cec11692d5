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
from operator import attrgetter
from sys import getrefcount
from threading import RLock
from typing import TYPE_CHECKING, Any

from ..backend.place import Place
from ..backend.strides import dense_order
from . import modes, nesting, observers, passes
from .errors import failure
from .graph import Gradients, Leaf, Node, Variable
from .hooks import run_leaf_hooks, run_node_post_hooks, run_node_pre_hooks, run_tensor_hooks
from .storage import add_into

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["differentiate", "needed_nodes", "run"]

Edge = Any
#: Which edges of a node are needed; None: all.
Wanted = tuple[bool, ...] | None
_number = attrgetter("seq")

#: What `getrefcount` shows, in `_add` and in `own`, of an array that nobody else holds: see
#: `references`, which measures it. Nothing is taken for such an array before.
alone_in_sum = 0
alone_in_own = 0

#: Held while a gradient is added to a ``.grad``: passes of several threads may share leaves.
_writing = RLock()


def needed_nodes(roots: Iterable[Edge], targets: set[Edge]) -> dict[Edge, Wanted]:
    """Return the nodes on a path from a root to a target, targets included.

    With each, which of its edges are on such a path; None where all are.
    """
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
    needed: dict[Edge, Wanted] = dict.fromkeys(targets & seen)
    nodes = [n for n in seen if type(n) is not Leaf]
    nodes.sort(key=_number)
    for node in nodes:
        edges = node.edges
        if len(edges) == 1:
            if edges[0] in needed:
                needed[node] = None
            continue
        wanted = [e in needed for e in edges]
        if True in wanted:
            needed[node] = tuple(wanted) if False in wanted else None
    return needed


def run(
    roots: list[tuple[Edge, Any]],
    keep: bool,
    tensors: bool,
    needed: dict[Edge, Wanted] | None = None,
    captures: dict[Edge, Any] | None = None,
    into_leaves: bool = False,
) -> dict[Leaf, Any]:
    """Propagate gradients from `roots`, and return those that arrived at leaves.

    Parameters
    ----------
    roots : list of (edge, gradient)
    keep : bool
        Whether nodes keep what they saved.
    tensors : bool
        Whether gradients are tensors, to be differentiated again, or raw arrays.
    needed : dict, optional
        As from `needed_nodes`: only these are visited; without it, all are.
    captures : dict, optional
        Its keys are edges; their gradients become the values.
    into_leaves : bool
        Whether what arrives at leaves is to be accumulated there.
    """
    leaves: dict[Leaf, Any] = {}
    pending: dict[int, Any] = {}  # by number: gradients of the nodes in the heap
    waiting: dict[int, Node] = {}  # by number: those nodes
    heap: list[int] = []
    kept: list[tuple[Any, Any]] = []  # gradients for tensors that asked to keep theirs
    node: Any = None  # the pending node of the greatest number, and its gradient
    gradient: Any = None
    watched = bool(observers.current())
    some = needed is not None and any(needed.values())
    plain = not (tensors or Place.guarded or watched or some)

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
            if g is None:
                continue
        try:
            if plain:
                out = current.apply(g, keep)
            else:
                wanted = needed[current] if some else None  # type: ignore[index]
                if watched:
                    observers.arrived(current, g)
                    call = partial(_apply, current, g, keep, tensors, wanted)
                    out = observers.observed_backward(current, call)
                elif Place.guarded:
                    out = _apply(current, g, keep, tensors, wanted)
                elif wanted is not None:
                    out = current.apply_some(g, keep, tensors, wanted)
                else:
                    out = current.apply_tensors(g, keep) if tensors else current.apply(g, keep)
        except Exception as error:
            found = failure(current, g, error)
            if found is None or found is error:
                raise
            raise found from error
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
            g = run_tensor_hooks(leaf.hooks, g, leaf.place, tensors)
            if into_leaves:
                g = run_node_pre_hooks(leaf.hooks, g, leaf.place, tensors)
            leaves[leaf] = g
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


def _apply(node: Node, g: Any, keep: bool, tensors: bool, wanted: Wanted) -> Any:
    # Rules for tensors meet raw arrays too: options are.
    with node.place.entered():
        if wanted is not None:
            return node.apply_some(g, keep, tensors, wanted)
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
    if (
        getrefcount(old) <= alone_in_sum
        and not isinstance(old, Variable)
        and place.backend.is_own_memory(old)
    ):
        old += new
        return old
    return old + new


def own(gradients: dict[Edge, Any], edge: Edge, place: Any) -> Any:
    """Take a gradient out, as an array that nobody else can reach: a copy if that is not sure."""
    array = gradients.pop(edge)
    if getrefcount(array) <= alone_in_own and place.backend.is_own_memory(array):
        return array
    return place.backend.copy(place.xp, array)


def laid_out(array: Any, like: Any, place: Any) -> Any:
    """Return a copy of an array, in the order in memory of another of its shape.

    That is followed where it leaves no gaps; else the rows of the copy lie in order.
    """
    backend, xp = place.backend, place.xp
    order = dense_order(tuple(like.shape), tuple(backend.layout(like)[0]))
    if order is None:
        return backend.copy(xp, array)
    lying = backend.copy(xp, xp.permute_dims(array, order))
    return xp.permute_dims(lying, tuple(order.index(k) for k in range(len(order))))


def accumulate(leaves: dict[Leaf, Any], tensors: bool) -> None:
    """Add gradients to the ``.grad`` of their leaves, as PyTorch does.

    In place into an existing gradient, or out of place where gradients are `tensors`. A new
    one lies in memory as its leaf does.
    """
    for leaf in list(leaves):
        tensor = leaf.tensor()
        if tensor is None or tensor._edge is not leaf or leaves[leaf] is None:
            del leaves[leaf]
            continue  # it is gone, or requires no grad any more, or a hook left nothing
        added: Any = None  # for the hooks that run afterwards
        with _writing:
            old = leaf.grad
            if old is not None and leaf.hooks is not None and leaf.hooks.post:
                added = leaves[leaf]
            if tensors:
                g = leaves.pop(leaf)
                leaf.grad = _laid_out_tensor(g.clone() if old is None else old + g, tensor)
            elif old is None:
                place, shown = leaf.place, tensor._array
                if shown.ndim > 1 and not place.backend.is_contiguous(shown):
                    leaf.grad = place.wrap(laid_out(leaves.pop(leaf), shown, place), place)
                else:
                    leaf.grad = place.wrap(own(leaves, leaf, place), place)
            elif old._edge is not None:
                with modes.enable_grad():  # it stays a function of what it was computed from
                    leaf.grad = old + leaf.place.wrap(leaves.pop(leaf), leaf.place)
            else:
                add_into(old, leaves.pop(leaf))
        if leaf.post_accumulate or leaf.hooks is not None:
            run_leaf_hooks(leaf, tensor, leaf.grad if added is None else added)


def _laid_out_tensor(fresh: Any, tensor: Any) -> Any:
    """Return a tensor that nothing else shows, laid out in memory as another is."""
    place, shown = fresh._place, tensor._array
    if shown.ndim > 1 and place is tensor._place:
        contiguous = place.backend.is_contiguous
        if not contiguous(shown) or not contiguous(fresh._array):
            fresh._array = laid_out(fresh._array, shown, place)
    return fresh


def differentiate(
    roots: list[tuple[Edge, Any]],
    *,
    keep: bool,
    create_graph: bool,
    tensors: bool,
    into_leaves: bool,
    needed: dict[Edge, Wanted] | None = None,
    captures: dict[Edge, Any] | None = None,
) -> dict[Leaf, Any]:
    """Run a pass in the grad mode that belongs to it: recording under `create_graph`.

    Under `create_graph` gradients are `tensors`, and in forward mode, to carry tangents.
    They are returned, or accumulated `into_leaves`.
    """
    before = modes.get_mode()
    try:  # an interrupt may come as soon as the mode is set
        if before is not create_graph:
            modes.set_mode(create_graph)
        if nesting.here.depth and nesting.too_deep():
            leaves: dict[Leaf, Any] = nesting.on_a_new_stack(
                partial(
                    differentiate,
                    roots,
                    keep=keep,
                    create_graph=create_graph,
                    tensors=tensors,
                    into_leaves=into_leaves,
                    needed=needed,
                    captures=captures,
                )
            )
            return leaves
        if passes.wanted:
            with passes.Pass(roots, needed):
                leaves = run(roots, keep, tensors, needed, captures, into_leaves)
        else:
            leaves = run(roots, keep, tensors, needed, captures, into_leaves)
        if into_leaves:
            accumulate(leaves, tensors)
        if nesting.waiting:
            nesting.finish()
        return leaves
    finally:
        modes.set_mode(before)  # in any case: a hook may have changed it
        if nesting.waiting:
            nesting.discard()
