"""What a node has saved, by name: ``node._saved_self``, and ``node._raw_saved_self`` for hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors, saved
from .graph import Node, Output, Variable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SavedTensor", "find", "names"]

_RAW, _VALUE = "_raw_saved_", "_saved_"
#: PyTorch's names for ours.
_ALIASES = {"self": "input", "result": "out", "dim": "axis", "keepdim": "keepdims"}


class SavedTensor:
    """A saved tensor of a node, to give it hooks of its own."""

    __slots__ = ("_key", "_node")

    def __init__(self, node: Any, key: Any) -> None:
        self._node = node
        self._key = key

    def register_hooks(
        self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]
    ) -> None:
        """Pack the tensor now, and unpack it when it is needed.

        As `saved_tensors_hooks`, for this one.

        Raises
        ------
        RuntimeError
            If it has been freed, or has hooks already.
        """
        node = self._node
        if is_freed(node) or (node.saved == () and isinstance(self._key, int)):
            raise RuntimeError(
                "Calling register_hooks on a saved tensor after it has been freed. Saved "
                "intermediate values of the graph are freed when you call .backward() or "
                "autograd.grad(). Specify retain_graph=True if you need to backward through the "
                "graph a second time or if you need to access saved variables after calling "
                "backward."
            )
        item = _parts(node)[self._key]
        if isinstance(item, saved.Slot) or (isinstance(item, tuple) and len(item) == 2):
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: "
                "only one pair of hooks is allowed at a time."
            )
        saved.pack_one(node, self._key, saved.saved_tensors_hooks(pack_hook, unpack_hook))


def _parts(node: Any) -> Any:
    return node.saved.parts if isinstance(node.saved, saved.Packed) else node.saved


def _layout(node: Any) -> dict[str, int]:
    """Return where the values of a written recorder are, by name."""
    op, parts = node.operation, _parts(node)
    if op is None or not hasattr(op, "rule_parameters") or not isinstance(parts, tuple):
        return {}
    found, position = {}, 0
    for name in op.saved_names(tuple(op.operands[k] for k in node.positions)):
        tensor = name in op.operands or name == "out"
        if tensor or name in node.kept or name in op.option_names:
            found[name] = position
        position += 2 if tensor else 1
    if position == len(parts):
        return found
    return {name: k for k, name in enumerate(node.kept)}


def is_freed(node: Any) -> bool:
    """Return whether the arrays that a node saved are gone."""
    parts = node.saved
    if parts is None:
        return True
    return bool(node.kept) and node.frees and type(parts) is tuple and len(parts) == len(node.kept)


def free(node: Any) -> None:
    """Free the arrays that a node has saved, as a pass over it does."""
    position = _layout(node)
    stays = tuple(_parts(node)[position[name]] for name in node.kept)
    node.saved = stays or None


def names(node: Any) -> list[str]:
    """Return the names under which what a node has saved can be read."""
    if node.context is not None:
        return ["_raw_saved_tensors"]
    if node.saved is None:
        return []
    gone = is_freed(node)
    known = {ours: theirs for theirs, ours in _ALIASES.items()}
    out = []
    for name in _layout(node):
        shown = known.get(name, name)
        tensor = name in node.operation.operands or name == "out"
        out += [_VALUE + shown, *([_RAW + shown] if tensor and not gone else [])]
    return out


def find(node: Node, name: str) -> Any:
    """Return an attribute of a node that tells what it has saved.

    Raises
    ------
    AttributeError
        If there is none of this name.
    RuntimeError
        If it has been freed, or changed in place since.
    """
    given: Any = node
    if isinstance(node, Output):
        return getattr(node.edges[0], name)
    if name == "_raw_saved_tensors" and node.context is not None:
        if given.saved is None:
            raise errors.freed(node)
        parts = enumerate(_parts(node))
        return tuple(None if v is None else SavedTensor(node, k) for k, v in parts)
    raw = name.startswith(_RAW)
    key = name.removeprefix(_RAW if raw else _VALUE)
    operation = given.operation
    operands = [] if operation is None else operation.operands
    key = key if key in operands else _ALIASES.get(key, key)
    if operation is not None and key in (*operands, "out") and is_freed(given):
        if raw:
            return SavedTensor(node, None)  # which says so when it is asked
        raise errors.freed(node)
    position = {} if given.saved is None else _layout(node)
    if key not in position:
        raise AttributeError(f"{type(node).__name__!r} object has no attribute {name!r}")
    if raw:
        if key not in operands and key != "out":
            raise AttributeError(f"{name!r}: what {key!r} saves is no tensor")
        return SavedTensor(node, position[key])
    return _value(given, key, position[key])


def _value(node: Any, key: str, position: int) -> Any:
    parts = _parts(node)
    item = parts[position]
    if key == "out":
        return _result(node, item, parts[position + 1])
    if isinstance(item, saved.Slot):
        return item.restored()
    if isinstance(item, Variable):
        now = 0 if item._cell is None else item._cell.count
        if now != parts[position + 1]:
            raise errors.changed(node, key, item._array, item._edge, parts[position + 1], now)
    return item


def _result(node: Any, item: Any, cell: Any) -> Any:
    if isinstance(item, saved.Slot):
        out = item.restored()
    else:
        if cell.count:
            raise errors.changed(node, "its result", item, node, 0, cell.count)
        out = node.place.wrap(item, node.place)
        out._cell = cell
    out._edge = node
    return out
