"""Several cotangents at once: `grad` with ``is_grads_batched=True``.

They go through the graph together, as one batch, where all that they meet are operations of
this library. What may ask for single gradients gets them one after the other: hooks, retained
gradients, functions of the user's, what packs saved tensors, and who watches the pass.
"""

from __future__ import annotations

from typing import Any

from ..func.batching import BatchedPlace, Space
from ..func.batching.array import NotAsABatch
from ..func.vmap import running
from . import api, carrier, engine, modes, observers
from .graph import GradientEdge, Leaf, Variable
from .saved import Packed
from .saved_attributes import free
from .tangents import current as current_levels

__all__ = ["grad_batched"]


def grad_batched(
    outputs: list[Any],
    inputs: list[Any],
    cotangents: list[Any],
    keep: bool,
    create_graph: bool,
    allow_unused: bool,
    materialize_grads: bool,
) -> tuple[Any, ...]:
    """Return gradients stacked along a leading axis, one entry for each of the cotangents'.

    Saved values are freed at the end, unless `keep` is set.
    """
    count = _batch_size(outputs, cotangents)
    targets = {t._edge for t in inputs}
    needed = engine.needed_nodes([o._edge for o in outputs], targets)
    if not count:
        return _none_at_all(inputs, needed, allow_unused, materialize_grads, create_graph)

    def gradients(given: list[Any], keep: bool) -> tuple[Any, ...]:
        return api.grad(
            outputs,
            inputs,
            given,
            keep,
            create_graph,
            allow_unused,
            materialize_grads=materialize_grads,
        )

    place = outputs[0]._place
    if count > 1 and _may_go_together(needed, place, [*outputs, *cotangents]):
        try:
            found = _together(gradients, cotangents, len(inputs), count, place, create_graph)
        except NotAsABatch:
            pass
        else:
            if not keep:
                _free(needed)
            return found
    rows = [
        gradients([None if g is None else g[k] for g in cotangents], keep or k < count - 1)
        for k in range(count)
    ]
    stack = carrier.tensors().stack
    columns = zip(*rows, strict=True)
    return tuple(None if column[0] is None else stack(column) for column in columns)


def _none_at_all(
    inputs: list[Any], needed: Any, allow_unused: bool, materialize: bool, create_graph: bool
) -> tuple[Any, ...]:
    """Return the gradients for a batch of no cotangents."""
    found = []
    for number, t in enumerate(inputs):
        if t._edge not in needed and not materialize:
            found.append(api.filled(t, None, number, allow_unused, False, create_graph))
        elif isinstance(t, GradientEdge):
            raise RuntimeError(
                f"the input at index {number} is a GradientEdge, whose shape is unknown: a batch "
                "of no gradients has none to show it"
            )
        else:
            found.append(t.new_zeros(0, *t.shape))
    return tuple(found)


def _may_go_together(needed: Any, place: Any, tensors: list[Any]) -> bool:
    """Return whether nothing on the way asks for single gradients, or is on another device."""
    if observers.current() or current_levels():
        return False
    if any(t is not None and t._place is not place for t in tensors):
        return False
    return all(edge.hooks is None and edge.place is place and _is_ours(edge) for edge in needed)


def _is_ours(edge: Any) -> bool:
    """Return whether no code of the user's runs at a leaf or node, hooks aside."""
    if type(edge) is Leaf:
        return True
    return edge.context is None and not isinstance(edge.saved, Packed)


def _together(
    gradients: Any, cotangents: list[Any], inputs: int, count: int, base: Any, create_graph: bool
) -> tuple[Any, ...]:
    """Return gradients by one pass over the graph, which keeps what it saved."""
    with modes.set_grad_enabled(create_graph):
        place = BatchedPlace(Space(count, base, create_graph, "error"))
        with running(place):
            given = [None if g is None else place.batch(g, 0) for g in cotangents]
            found = list(gradients(given, True))
            del given
            out = [None if g is None else place.unbatch(g, 0) for g in found]
    if create_graph:
        return tuple(out)
    # Broadcast, or one array for two inputs, or the cotangents themselves: none may be shared.
    del found
    raw = {number: g._array for number, g in enumerate(out) if g is not None}
    del out
    owned = {number: base.wrap(engine.own(raw, number, base), base) for number in list(raw)}
    return tuple(owned.get(number) for number in range(inputs))


def _free(needed: Any) -> None:
    """Free what the nodes that a pass has visited saved, as it would have done."""
    for edge in needed:
        if type(edge) is not Leaf and edge.frees and any(e in needed for e in edge.edges):
            free(edge)


def _batch_size(outputs: list[Any], cotangents: list[Any]) -> int:
    """Return how many gradients are batched; raise where a shape does not fit."""
    sizes = {}
    for number, (output, g) in enumerate(zip(outputs, cotangents, strict=True)):
        if g is None:
            continue
        if not isinstance(g, Variable):
            raise TypeError(
                f"gradients can be either Tensors or None, but got {type(g).__name__} for output "
                f"{number}; make a tensor of it with tensor()"
            )
        known = not isinstance(output, GradientEdge)
        if not g._array.ndim or (known and tuple(g._array.shape[1:]) != tuple(output._array.shape)):
            shape = repr(output.shape) if known else "its own"
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output "
                "as the batch dimension. The sizes of the remaining dimensions are expected to "
                "match the shape of corresponding output, but a mismatch was detected: "
                f"grad_output[{number}] has a shape of {g.shape!r} and output[{number}] has a "  # type: ignore[attr-defined]
                f"shape of {shape}."
            )
        sizes[number] = int(g._array.shape[0])
    if not sizes:
        raise RuntimeError("is_grads_batched=True needs grad_outputs with a leading batch axis")
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"grad_output[{n}]: {size}" for n, size in sizes.items())
        raise RuntimeError(f"batched gradients must agree in their batch size, but have {listed}")
    return next(iter(sizes.values()))
