"""In-place operations: what forbids them, writing the memory, rewriting history.

The result is computed functionally first, so that a failure leaves everything as it was;
then it is written into the memory, and the history of the tensor, of its base and of all
views of it is brought up to date.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from . import carrier, modes, tangents
from .barred import Barrier, barrier
from .graph import Extra, Leaf, Variable, View, cell_of, count_write, hooks_of, shown
from .storage import before_write, replay, write

__all__ = [
    "apart",
    "check",
    "check_history",
    "commit",
    "cut_history",
    "forbid",
    "reseat",
    "set_history",
    "set_tangent",
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
        if view is not None:
            base_edge = view.base._edge
            if view.creation != "default" and (
                source_requires_grad or tensor._edge is not None or base_edge is not None
            ):
                raise RuntimeError(_refusal(view, tensor))
            if type(base_edge) is Leaf or (base_edge is None and tensor._edge is not None):
                raise RuntimeError(
                    "a view of a leaf Variable that requires grad is being used in an in-place "
                    f"operation. {name}() would lose the leaf's gradient; do it under no_grad(), "
                    "or on a clone()"
                )
        if type(tensor._edge) is Leaf:
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation. "
                f"{name}() would lose its gradient; do it under no_grad(), or out of place"
            )


def forbid(tensor: Any, anew: bool) -> Any:
    """Return a view that a `Function` gives, which cannot be changed in place while recording.

    It is the tensor itself, if it is a view and not to be made `anew`.
    """
    if anew or tensor._extra is None or tensor._extra.view is None:
        with modes.no_grad():
            tensor = tensor.view_as(tensor)
    old = tensor._extra.view
    tensor._extra.view = View(old.base, old.parent, old.operation, old.options, "custom")
    return tensor


_CUSTOM_VIEW = (
    "This view was created inside a custom Function (or because an input was returned as-is) and "
    "the autograd logic to handle view+inplace would override the custom backward associated with "
    "the custom Function, leading to incorrect gradients. This behavior is forbidden. You can fix "
    "this by cloning the output of the custom Function."
)


def _title(node: Any) -> str:
    if node is None:
        return "a function"
    title: str = node.name()
    return title.removesuffix("0").removesuffix("Backward")


def _refusal(view: Any, tensor: Variable) -> str:
    if view.creation == "custom":
        node, number = shown(tensor._edge)
        return (
            f"Output {number} of {_title(node)} is a view and is being modified inplace. "
            + _CUSTOM_VIEW
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
    node, number = (None, 0) if type(tensor._edge) is Leaf else shown(tensor._edge)
    if node is not None and view.parent is not None:
        name = node.name().removesuffix("Backward0")
        what = f"Output {number} of {name} is a view of a view which was created in"
    else:
        what = "A view was created in"
    block, where = "no_grad", "no_grad mode and is being modified inplace with grad mode enabled"
    if view.creation == "inference":
        block = "inference_mode"
        where = "inference mode and is being modified inplace in normal mode"
    return (
        f"{what} {where}. Given that this use case is ambiguous and error-prone, it is forbidden. "
        "You can clarify your code by moving both the view and the inplace either both inside the "
        f"{block} block (if you don't want the inplace to be tracked) or both outside (if you want "
        "the inplace to be tracked)."
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
    try:
        _commit(tensor, result)
    except BaseException:
        # An interrupt must not leave the one without the other, and twice is as good as once.
        _commit(tensor, result)
        raise


def _commit(tensor: Variable, result: Variable) -> None:
    write(tensor, result._array)
    if modes.is_grad_enabled() and (result._edge is not None or _has_history(tensor)):
        set_history(tensor, result._edge)
    if tangents.current() and tangents.any_tangents(_memory_of(tensor, result)):
        _set_tangents(tensor, result)


def _memory_of(tensor: Variable, result: Variable) -> list[Variable]:
    view = None if tensor._extra is None else tensor._extra.view
    return [tensor, result] if view is None else [tensor, result, view.base]


def _set_tangents(tensor: Variable, result: Variable) -> None:
    """Give the tensor, its base and all views of that the tangents of `result`."""
    for level in tangents.levels_of(_memory_of(tensor, result)):
        set_tangent(tensor, level, tangents.tangent(result, level))


def set_tangent(tensor: Variable, level: Any, dot: Any) -> None:
    """Give a tensor whose memory was written a tangent, and its base and views with it."""
    view = None if tensor._extra is None else tensor._extra.view
    base = tensor if view is None else view.base
    xp = carrier.tensors()
    if view is not None:
        whole = tangents.tangent(base, level)
        whole = xp.zeros_like(base.detach()) if whole is None else whole  # type: ignore[attr-defined]
        part = xp.zeros_like(tensor.detach()) if dot is None else dot  # type: ignore[attr-defined]
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
    if view is not None and view.base._edge is not None:
        return True
    cell = cell_of(tensor)
    return cell.views is not None and any(_is_custom(t) for t in cell.alive_views())


def _is_custom(tensor: Variable) -> bool:
    """Return whether a tensor is a view that a `Function` gave, or a view of such a one."""
    view = None if tensor._extra is None else tensor._extra.view
    return view is not None and view.creation == "custom" and tensor._edge is not None


def cut_history(tensor: Variable) -> None:
    """Take a tensor whose memory was written off its history: what is there now is constant."""
    if _has_history(tensor):
        set_history(tensor, None)


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
    for told in before_write:
        told(tensor)
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
    count_write(tensor)


def refresh(base: Variable) -> None:
    """Record the views of a base anew, on its present edge."""
    before = modes.get_mode()
    try:
        modes.set_mode(True)
        for tensor in cell_of(base).alive_views():
            view = tensor._extra.view
            if _is_custom(tensor):
                _move_edge(tensor, _outdated(tensor))
                continue
            if view is None or view.base is not base:
                continue
            again = base
            for op, options in view.chain():
                again = op.record(again, *options)
            _move_edge(tensor, again._edge)
    finally:
        modes.set_mode(before)


def _outdated(tensor: Variable) -> Any:
    """Return the edge of a view that a `Function` gave, where its memory was written since."""
    node, number = shown(tensor._edge)
    if type(node) is Barrier:
        return node
    message = (
        f"Output {number} of {_title(node)} is a view and its base or another view of its base has "
        f"been modified inplace. {_CUSTOM_VIEW}"
    )
    return barrier(message, (tensor._edge,), tensor._place)


def _move_edge(tensor: Variable, edge: Any) -> None:
    """Give a tensor a new edge; a request to keep its gradient goes along."""
    extra = tensor._extra
    if extra is not None and extra.retains and edge is not None:
        old = tensor._edge
        if old is not None and old.hooks is not None:
            old.hooks.retained = None
        hooks_of(edge).retained = ref(tensor)
    tensor._edge = edge
