"""Saved-tensor hooks: what is done with the tensors that the graph keeps for its rules.

What a node saves is packed once it is recorded, and unpacked each time the node runs.
"""

from __future__ import annotations

from contextlib import ContextDecorator
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from . import errors, observers
from .graph import NUMBER, Node, Output, Variable, Version, cell_of
from .tangents import shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["disable_saved_tensors_hooks", "save_on_cpu", "saved_tensors_hooks"]

Pack = Any
Unpack = Any

#: Why hooks are forbidden here; None where they are not.
_forbidden: ContextVar[str | None] = ContextVar("saved_tensors_hooks_forbidden", default=None)


class saved_tensors_hooks(observers.Observer):
    """Pack each tensor that the graph saves, and unpack it when the backward pass needs it.

    Parameters
    ----------
    pack_hook : callable
        Gets a saved tensor, which it must not change, and returns anything.
    unpack_hook : callable
        Gets what `pack_hook` returned, and returns a tensor of the same values.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> with tg.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), tg.tensor):
    ...     y = (x**2).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        for name, hook in (("pack_hook", pack_hook), ("unpack_hook", unpack_hook)):
            if not callable(hook):
                raise TypeError(f"{name} must be callable, not {type(hook).__name__}")
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> saved_tensors_hooks:
        reason = _forbidden.get()
        if reason is not None:
            raise RuntimeError(reason)
        observers.watch(self)
        return self

    def run(self, operation: Any, call: Callable[[], Any]) -> Any:
        """Pack what an operation has saved, unless hooks inside these have done so."""
        out = call()
        pack_result(out, self)
        return out


def innermost() -> saved_tensors_hooks | None:
    """Return the hooks that apply here."""
    for observer in reversed(observers.current()):
        if isinstance(observer, saved_tensors_hooks):
            return observer
    return None


class disable_saved_tensors_hooks(ContextDecorator):
    """Forbid saved-tensor hooks for the time of a block, or of each call of a function.

    Parameters
    ----------
    error_message : str
        What to raise where someone uses them.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> graph = tg.autograd.graph
    >>> with graph.disable_saved_tensors_hooks("not here"):
    ...     with graph.saved_tensors_hooks(id, id):
    ...         pass
    Traceback (most recent call last):
    RuntimeError: not here
    """

    def __init__(self, error_message: str) -> None:
        self.error_message = error_message
        self._before: list[str | None] = []

    def _recreate_cm(self) -> disable_saved_tensors_hooks:
        return disable_saved_tensors_hooks(self.error_message)  # for each call its own

    def __enter__(self) -> None:
        if innermost() is not None:
            raise RuntimeError(self.error_message)
        self._before.append(_forbidden.get())
        _forbidden.set(self.error_message)

    def __exit__(self, *_: object) -> None:
        _forbidden.set(self._before.pop())


class save_on_cpu(saved_tensors_hooks):
    """Keep what the graph saves on the CPU, and bring it back when it is needed.

    Parameters
    ----------
    pin_memory : bool
        Accepted for PyTorch's sake; has no effect.
    device_type : str
        Likewise.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> with tg.autograd.graph.save_on_cpu():
    ...     y = x * x
    >>> y.backward()
    >>> x.grad
    tensor(6.)
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(t: Any) -> tuple[Any, Any]:
            return t._place, t.cpu().clone() if t._place.kind == "cpu" else t.cpu()

        def unpack(packed: tuple[Any, Any]) -> Any:
            place, t = packed
            return t.to(place.device)

        super().__init__(pack, unpack)


# -- packing ----------------------------------------------------------------------------------


class Packed:
    """What a node saved, with hooks' objects in the place of tensors.

    Attributes
    ----------
    parts : tuple
        What is no tensor, as it was; tensors are `Slot` s.
    """

    __slots__ = ("node_class", "parts")

    def __init__(self, node_class: type[Node], parts: Any) -> None:
        self.node_class = node_class
        self.parts = parts


class Slot:
    """A packed tensor: what the hook made of it, and what the graph knew of it."""

    __slots__ = ("edge", "is_result", "object", "place", "unpack")

    def __init__(self, tensor: Any, edge: Any, is_result: bool, hooks: saved_tensors_hooks) -> None:
        self.edge = edge
        self.place = tensor._place
        self.is_result = is_result
        self.unpack = hooks.unpack_hook
        given = shared(tensor)
        given._edge = None
        version = cell_of(given).count
        self.object = hooks.pack_hook(given)
        if cell_of(given).count != version:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as "
                "input to pack hook cannot be modified by in-place operations as this can lead to "
                "unexpected side-effects. Please open an issue if you need to: clone() it first."
            )

    def restored(self) -> Any:
        """Return the tensor that was packed, on its edge."""
        before = observers.current()
        try:
            found = self.unpack(self.object)
        finally:
            observers.restore(before)  # a hook may have entered, or left, what it did not make
        if not isinstance(found, Variable):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of "
                f"type {type(found).__name__}"
            )
        out = shared(found)
        out._edge = self.edge
        return out


def nodes_of(out: Any) -> Iterator[Node]:
    """Return the nodes that an operation has just recorded for its results."""
    results = out if isinstance(out, (tuple, list)) else (out,)
    seen = None
    for result in results:
        edge = result._edge if isinstance(result, Variable) else None
        node = edge.edges[0] if type(edge) is Output else edge
        if node is not seen and isinstance(node, Node):
            seen = node
            yield node


def pack_result(out: Any, hooks: saved_tensors_hooks) -> None:
    """Pack what the nodes behind a result have saved, if they have any and it is not packed."""
    for node in nodes_of(out):
        if node.saved and not isinstance(node.saved, Packed):
            pack(node, hooks)


def pack(node: Node, hooks: saved_tensors_hooks) -> None:
    """Put hooks' objects in the place of the tensors that a node has saved."""
    saved: Any = node.saved
    parts: Any
    if isinstance(saved, dict):
        parts = {k: _packed_named(node, k, v, hooks) for k, v in saved.items()}
    elif node.context is not None:
        parts = tuple(_packed_of_function(node, v, hooks) for v in saved)
    else:
        parts = _packed_flat(node, saved, hooks)
    cls: Any = type(node)
    node.saved = Packed(cls, parts)  # type: ignore[assignment]
    node.__class__ = _packed_class(cls)


def _is_constant(t: Any) -> bool:
    """Return whether a tensor stands for a number of the program, which has no hooks."""
    return t._extra is NUMBER


def _result_tensor(node: Node, array: Any, cell: Any) -> Any:
    out = node.place.wrap(array, node.place)
    out._cell = cell
    return out


def pack_one(node: Any, key: int, hooks: saved_tensors_hooks) -> None:
    """Put a hook's object in the place of one tensor that a node has saved."""
    if node.context is not None:
        items = list(node.saved)
        items[key] = _packed_of_function(node, items[key], hooks)
        node.saved = tuple(items)
        return
    cls: Any = type(node)
    if isinstance(node.saved, Packed):
        node.saved = Packed(cls, _packed_flat(node, node.saved.parts, hooks, key))
        return
    node.saved = Packed(cls, _packed_flat(node, node.saved, hooks, key))
    node.__class__ = _packed_class(cls)


def _packed_flat(
    node: Node, saved: tuple[Any, ...], hooks: Any, only: int | None = None
) -> tuple[Any, ...]:
    """Pack the values of a written recorder: a tensor or array, then its version."""
    parts: list[Any] = []
    previous: Any = None
    for k, item in enumerate(saved):
        follows = saved[k + 1] if k + 1 < len(saved) else None
        if only is not None and k not in (only, only + 1):
            parts.append(item)
        elif isinstance(item, Variable):
            parts.append(item if _is_constant(item) else Slot(item, item._edge, False, hooks))
        elif isinstance(follows, Version):
            parts.append(Slot(_result_tensor(node, item, follows), None, True, hooks))
        elif isinstance(item, Version):
            parts.append(Version())
        elif isinstance(previous, Variable) and type(item) is int and not _is_constant(previous):
            parts.append(0)
        else:
            parts.append(item)
        previous = item
    return tuple(parts)


def _packed_named(node: Node, name: str, item: Any, hooks: Any) -> Any:
    """Pack a value of an operation with several results: it is saved with its version."""
    if not isinstance(item, tuple) or len(item) != 2:
        return item
    value, version = item
    if isinstance(value, Variable):
        return Slot(value, value._edge, False, hooks)
    if isinstance(version, Version):
        return Slot(_result_tensor(node, value, version), None, True, hooks)
    return item


def _packed_of_function(node: Node, item: Any, hooks: Any) -> Any:
    if item is None:
        return None
    t, array, cell, _, number = item
    if t is None:
        return Slot(_result_tensor(node, array, cell), None, True, hooks), number
    return Slot(t, t._edge, False, hooks), None


def _unpacked(node: Node, packed: Packed) -> Any:
    """Return what a node saved, with tensors in their places again."""
    parts = packed.parts
    if isinstance(parts, dict):
        return {k: _pair(v) if isinstance(v, Slot) else v for k, v in parts.items()}
    if node.context is not None:
        return tuple(None if v is None else _of_function(*v) for v in parts)
    return tuple(
        (v.restored()._array if v.is_result else v.restored()) if isinstance(v, Slot) else v
        for v in _counted(parts)
    )


def _counted(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    previous = (None, *parts)
    return tuple(
        Version() if isinstance(p, Version) and isinstance(before, Slot) else p
        for p, before in zip(parts, previous, strict=False)
    )


def _pair(slot: Slot) -> tuple[Any, Any]:
    t = slot.restored()
    return (t._array, Version()) if slot.is_result else (t, cell_of(t).count)


def _of_function(slot: Slot, number: int | None) -> tuple[Any, ...]:
    t = slot.restored()
    cell = cell_of(t)
    return (None if slot.is_result else t, t._array, cell, cell.count, number)


@cache
def _packed_class(cls: Any) -> type[Node]:
    """Return the twin of a class of nodes that unpacks before it runs."""

    def run(self: Node, rule: Any, g: Any, keep: bool, *more: Any) -> Any:
        packed: Any = self.saved
        if not isinstance(packed, Packed):
            raise errors.freed(self)
        self.saved = _unpacked(self, packed)
        try:
            out = rule(self, g, keep, *more)
        except BaseException:
            self.saved = packed  # type: ignore[assignment]
            raise
        if keep or not cls.frees:
            self.saved = packed  # type: ignore[assignment]
        return out

    def apply(self: Node, g: Any, keep: bool) -> Any:
        return run(self, cls.apply, g, keep)

    def apply_tensors(self: Node, g: Any, keep: bool) -> Any:
        return run(self, cls.apply_tensors, g, keep)

    def apply_some(self: Node, g: Any, keep: bool, tensors: bool, wanted: tuple[bool, ...]) -> Any:
        return run(self, cls.apply_some, g, keep, tensors, wanted)

    fields = {
        "__slots__": (),
        "__module__": cls.__module__,
        "apply": apply,
        "apply_tensors": apply_tensors,
        "apply_some": apply_some,
    }
    return type(cls.__name__, (cls,), fields)
