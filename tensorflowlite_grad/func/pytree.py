"""Nested containers of tensors: taken apart into leaves, and put together again.

Lists, tuples, named tuples, dicts and dataclasses are containers; everything else is a leaf.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Structure", "flatten", "flatten_prefix", "tree_map", "unflatten"]


class Structure(NamedTuple):
    """How a container is put together; `kind` is None for a leaf.

    Attributes
    ----------
    kind : type or None
    keys : tuple
        Of a dict, or names of a dataclass's fields.
    children : tuple of Structure
    """

    kind: type | None
    keys: tuple[Any, ...]
    children: tuple[Any, ...]

    @property
    def leaves(self) -> int:
        """How many leaves it has."""
        return 1 if self.kind is None else sum(c.leaves for c in self.children)


LEAF = Structure(None, (), ())


def _parts(tree: Any) -> tuple[tuple[Any, ...], list[Any]] | None:
    """Return keys and children of a container, or None for a leaf."""
    if isinstance(tree, dict):
        return tuple(tree), list(tree.values())
    if isinstance(tree, (list, tuple)) and not hasattr(tree, "numel"):
        return (), list(tree)
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = tuple(f.name for f in dataclasses.fields(tree) if f.init)
        return names, [getattr(tree, name) for name in names]
    return None


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """Return the leaves of a container, and how to put it together again."""
    parts = _parts(tree)
    if parts is None:
        return [tree], LEAF
    keys, children = parts
    leaves: list[Any] = []
    structures = []
    for child in children:
        found, structure = flatten(child)
        leaves += found
        structures.append(structure)
    return leaves, Structure(type(tree), keys, tuple(structures))


def unflatten(structure: Structure, leaves: Any) -> Any:
    """Return a container of a structure with these leaves."""
    return _built(structure, iter(leaves))


def _built(structure: Structure, leaves: Any) -> Any:
    kind, keys, children = structure
    if kind is None:
        return next(leaves)
    made = [_built(child, leaves) for child in children]
    if issubclass(kind, dict):
        return kind(zip(keys, made, strict=True))
    if hasattr(kind, "_fields"):
        return kind(*made)
    if issubclass(kind, (list, tuple)):
        return kind(made) if kind in (list, tuple) else _sequence(kind, made)
    return kind(**dict(zip(keys, made, strict=True)))


def _sequence(kind: type, made: list[Any]) -> Any:
    """Return a sequence of a class that may not be made of one argument."""
    return list(made) if issubclass(kind, list) else tuple(made)


def tree_map(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Return a container with each leaf replaced by the function's result of it."""
    leaves, structure = flatten(tree)
    columns = [leaves, *(flatten(other)[0] for other in others)]
    return unflatten(structure, [function(*items) for items in zip(*columns, strict=True)])


def flatten_prefix(prefix: Any, structure: Structure) -> list[Any] | None:
    """Return an entry for each leaf from a tree that may end early; None if it does not fit.

    Where `prefix` has an int or None and `structure` a container, all its leaves get that.
    """
    if prefix is None or isinstance(prefix, int):
        return [prefix] * structure.leaves
    parts = _parts(prefix)
    if parts is None or structure.kind is None:
        return None
    keys, children = parts
    if len(children) != len(structure.children):
        return None
    if isinstance(prefix, dict):
        if set(keys) != set(structure.keys):
            return None
        children = [prefix[key] for key in structure.keys]
    out: list[Any] = []
    for child, below in zip(children, structure.children, strict=True):
        found = flatten_prefix(child, below)
        if found is None:
            return None
        out += found
    return out
