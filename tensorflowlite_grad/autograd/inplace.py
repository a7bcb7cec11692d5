"""In-place operations: what forbids them, writing the memory, rewriting history.

The result is computed functionally first, so that a failure leaves everything as it was;
then it is written into the memory, and the history of the tensor, of its base and of all
views of it is brought up to date.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from . import carrier, modes, tangents
from .graph import Extra, Leaf, Variable, View, cell_of, hooks_of, shown
from .storage import replay, write

__all__ = [
    "apart",
    "check",
    "check_history",
    "commit",
    "forbid",
    "reseat",
    "set_history",
    "snapshot",
    "write",
]

#: Declared with the operations: the edge of a base into which a view's value was written, and
#: a tensor with another in the place of a view of it.
_copy_slices: list[Any] = []


def bind_copy_slices(edge: Any, scatter: Any) -> None:
    """Say how the history, and the tangent, of a base are made whose view was written."""
    _copy_slices[:] = [edge, scatter]


def check(tensor: Variable, name: str, source_requires_grad: bool = False) -> None:
    """Raise if a tensor may not be changed in place here and now.

    Raises
    ------
    RuntimeError
        For a leaf that requires grad and its views, for views whose history cannot
        follow, and for memory that overlaps itself.
    """
    check_history(tensor, name, source_requires_grad)
    view = None if tensor._extra is None else tensor._extra.view
    backend = tensor._place.backend
    if (backend.writable or view is not None) and backend.overlaps_itself(tensor._array):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location, or its memory is read-only. Please clone() the tensor before "
            f"performing {name}()."
        )


def check_history(tensor: Variable, name: str, source_requires_grad: bool = False) -> None:
    """Raise if the history of a tensor may not be changed here and now: see `check`."""
    extra = tensor._extra
    view = None if extra is None else extra.view
    if modes.is_grad_enabled():
        if type(tensor._edge) is Leaf:
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation. "
                f"{name}() would lose its gradient; do it under no_grad(), or out of place"
            )
        if view is not None:
            base_edge = view.base._edge
            if type(base_edge) is Leaf or (base_edge is None and tensor._edge is not None):
                raise RuntimeError(
                    "a view of a leaf Variable that requires grad is being used in an in-place "
                    f"operation. {name}() would lose the leaf's gradient; do it under no_grad(), "
                    "or on a clone()"
                )
            if view.creation != "default" and (
                source_requires_grad or tensor._edge is not None or view.base._edge is not None
            ):
                raise RuntimeError(_refusal(view, tensor))


def forbid(tensor: Variable, creation: str, title: str) -> None:
    """Make a tensor a view that cannot be changed in place while recording, and say why."""
    extra = tensor._extra
    if extra is None:
        extra = tensor._extra = Extra()
    if extra.view is None:
        extra.view = View(tangents.shared(tensor), None, None, (title,), creation)
    else:
        old = extra.view
        extra.view = View(old.base, old.parent, old.operation, old.options, creation)


def _refusal(view: Any, tensor: Variable) -> str:
    if view.creation == "custom":
        node, number = shown(tensor._edge)
        what = "a function" if node is None else node.name().removesuffix("Backward")
        return (
            f"Output {number} of {what} is a view and is being modified inplace. This view was "
            "created inside a custom Function (or because an input was returned as-is) and the "
            "autograd logic to handle view+inplace would override the custom backward associated "
            "with the custom Function, leading to incorrect gradients. This behavior is forbidden. "
            "You can fix this by cloning the output of the custom Function."
        )
    if view.creation == "multi":
        node, number = shown(tensor._edge)
        what = "a split" if node is None else node.name().removesuffix("Backward0")
        return (
            f"Output {number} of {what} is a view and is being modified inplace. This view is "
            "the output of a function that returns multiple views. Such functions do not allow "
            "the output views to be modified inplace. You should replace the inplace operation "
            "by an out-of-place one."
        )
    return (
        "A view was created in no_grad mode and is being modified inplace with grad mode "
        "enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You "
        "can clarify your code by moving both the view and the inplace either both inside the "
        "no_grad block (if you don't want the inplace to be tracked) or both outside (if you "
        "want the inplace to be tracked)."
    )


def snapshot(tensor: Variable, source_requires_grad: bool = False) -> Variable:
    """Return a stand-in for a tensor that is about to be written, as it is now.

    The result is computed from it, so that what a rule saves of the old value is a copy.
    """
    place = tensor._place
    requires = modes.is_grad_enabled() and (tensor._edge is not None or source_requires_grad)
    out = object.__new__(type(tensor))
    out._array = place.backend.copy(place.xp, tensor._array) if requires else tensor._array
    out._place, out._edge = place, tensor._edge
    out._cell = out._extra = None
    tangents.hand_on(tensor, out)
    return out


def apart(tensor: Variable, value: Any) -> Any:
    """Return a value to be written into a tensor, as a copy if it shows the same memory."""
    return value.clone() if value._cell is not None and value._cell is tensor._cell else value


def commit(tensor: Variable, result: Variable) -> None:
    """Give a tensor the value and the history of `result`, which was computed from it."""
    write(tensor, result._array)
    if modes.is_grad_enabled() and (result._edge is not None or _has_history(tensor)):
        set_history(tensor, result._edge)
    if tangents.current() and tangents.any_tangents(_memory_of(tensor, result)):
        _set_tangents(tensor, result)


def _memory_of(tensor: Variable, result: Variable) -> list[Variable]:
    view = None if tensor._extra is None else tensor._extra.view
    return [tensor, result] if view is None else [tensor, result, view.base]


def _set_tangents(tensor: Variable, result: Variable) -> None:
    """Move the tangents of `result` to the tensor, to its base and to all views of that."""
    view = None if tensor._extra is None else tensor._extra.view
    base = tensor if view is None else view.base
    xp = carrier.tensors()
    for level in tangents.levels_of(_memory_of(tensor, result)):
        dot = tangents.tangent(result, level)
        if view is not None:
            whole = tangents.tangent(base, level)
            whole = xp.zeros_like(base.detach()) if whole is None else whole  # type: ignore[attr-defined]
            part = xp.zeros_like(result.detach()) if dot is None else dot  # type: ignore[attr-defined]
            dot = _copy_slices[1](whole, part, view.chain())
        tangents.set_tangent(base, level, dot)
        for shown_there in cell_of(base).alive_views():
            again = shown_there._extra.view
            if again is not None and again.base is base:
                seen = None if dot is None else replay(xp, dot, again.chain())
                tangents.set_tangent(shown_there, level, seen)


def _has_history(tensor: Variable) -> bool:
    if tensor._edge is not None:
        return True
    view = None if tensor._extra is None else tensor._extra.view
    return view is not None and view.base._edge is not None


def set_history(tensor: Variable, edge: Any) -> None:
    """Put a tensor whose memory was written on a new edge, and its base and views with it."""
    view = None if tensor._extra is None else tensor._extra.view
    base = tensor if view is None else view.base
    if view is None:
        _move_edge(tensor, edge)
    else:
        source = object.__new__(type(tensor))
        source._array, source._place, source._edge = tensor._array, tensor._place, edge
        source._cell = source._extra = None
        _move_edge(base, _copy_slices[0](base, source, view.chain()))
    if base._cell is not None and base._cell.views:
        refresh(base)


def reseat(tensor: Variable, seen: Variable) -> None:
    """Make a tensor what `seen`, a fresh view of it, is: in-place changes of shape.

    Where other tensors show its memory as views of it, they become views of a stand-in.
    """
    cell = cell_of(tensor)
    view: Any = None if seen._extra is None else seen._extra.view
    old = None if tensor._extra is None else tensor._extra.view
    others = [t for t in cell.alive_views() if t is not seen and t is not tensor]
    if old is not None or others or cell.memory is not None:
        if old is None:
            view.base = base = tangents.twin(tensor)
            for other in others:
                step = other._extra.view
                while step is not None:
                    step.base = base
                    step = step.parent
            if cell.memory is not None:
                cell.memory.twins.add(base)
        if tensor._extra is None:
            tensor._extra = Extra()
        tensor._extra.view = view
        cell.add_view(tensor)
    tensor._array = seen._array
    if type(tensor._edge) is not Leaf:
        _move_edge(tensor, seen._edge)
    for level in tangents.levels_of((tensor, seen)):
        tangents.set_tangent(tensor, level, tangents.tangent(seen, level))
    cell.count += 1


def refresh(base: Variable) -> None:
    """Record the views of a base anew, on its present edge."""
    with modes.enable_grad():
        for tensor in cell_of(base).alive_views():
            view = tensor._extra.view
            if view is None or view.base is not base:
                continue
            again = base
            for op, options in view.chain():
                again = op.record(again, *options)
            _move_edge(tensor, again._edge)


def _move_edge(tensor: Variable, edge: Any) -> None:
    """Give a tensor a new edge; a request to keep its gradient goes along."""
    extra = tensor._extra
    if extra is not None and extra.retains and edge is not None:
        old = tensor._edge
        if old is not None and old.hooks is not None:
            old.hooks.retained = None
        hooks_of(edge).retained = ref(tensor)
    tensor._edge = edge
