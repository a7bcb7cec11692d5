"""Running hooks: functions of users that see gradients as tensors and may replace them."""

from __future__ import annotations

from typing import Any

from .graph import Gradients, Hooks, Leaf, Variable
from .nesting import user_code

__all__ = ["run_leaf_hooks", "run_node_post_hooks", "run_node_pre_hooks", "run_tensor_hooks"]


def _name(hook: Any) -> str:
    return getattr(hook, "__name__", type(hook).__name__)


def unwrapped(value: Any, tensors: bool) -> Any:
    """Return a tensor as the pass carries gradients."""
    return value if tensors or value is None else value._array


def _protected(g: Any, place: Any) -> Any:
    """Return a gradient as a tensor that a hook may write without harm to others."""
    if g is None:
        return None
    if isinstance(g, Variable):
        return g.clone()  # type: ignore[attr-defined]
    return place.wrap(place.backend.copy(place.xp, g), place)


def _replaced(hook: Any, before: Any, after: Any) -> Any:
    """Return what a hook returned, if it can stand for the gradient."""
    if not isinstance(after, Variable):
        raise TypeError(
            f"expected Variable, but hook returned '{type(after).__name__}': hook "
            f"{_name(hook)!r} must return a Tensor or None"
        )
    if tuple(after._array.shape) != tuple(before._array.shape):
        raise RuntimeError(
            f"hook '{_name(hook)}' has changed the size of value: the gradient has shape "
            f"{list(before._array.shape)}, what it returned {list(after._array.shape)}"
        )
    old, new = (t._place.dtype_of(t._array) for t in (before, after))
    if old is not new:
        raise RuntimeError(
            f"hook '{_name(hook)}' has changed the type of value (was {old.name} got {new.name})"
        )
    if before._place.root is not after._place.root:
        raise RuntimeError(
            f"hook '{_name(hook)}' has changed the device of value "
            f"(was {before._place.device} got {after._place.device})"
        )
    return after


def run_tensor_hooks(hooks: Hooks, g: Any, place: Any, tensors: bool) -> Any:
    """Return a gradient as the hooks of its tensor leave it."""
    if hooks.tensor and type(g) is not Gradients:
        seen = _protected(g, place)
        for hook in list(hooks.tensor.values()):
            result = user_code(hook, seen)
            if result is not None:
                seen = _replaced(hook, seen, result)
        g = unwrapped(seen, tensors)
    return g


def run_node_pre_hooks(hooks: Hooks, g: Any, place: Any, tensors: bool) -> Any:
    """Return a node's incoming gradients as its pre-hooks leave them."""
    if not hooks.pre:
        return g
    several = type(g) is Gradients
    parts = tuple(_protected(p, place) for p in (g.parts if several else [g]))
    for hook in list(hooks.pre.values()):
        result = user_code(hook, parts)
        if result is not None:
            parts = _parts(hook, parts, result)
    raw = [unwrapped(p, tensors) for p in parts]
    if not several:
        return raw[0]
    g.parts[:] = raw
    return g


def run_node_post_hooks(hooks: Hooks, out: Any, g: Any, place: Any, tensors: bool) -> Any:
    """Return a node's outgoing gradients as its hooks leave them."""
    several = isinstance(out, tuple)
    inputs = tuple(_protected(p, place) for p in (out if several else (out,)))
    outputs = tuple(_protected(p, place) for p in (g.parts if type(g) is Gradients else [g]))
    for hook in list(hooks.post.values()):
        result = user_code(hook, inputs, outputs)
        if result is not None:
            inputs = _parts(hook, inputs, result)
    raw = tuple(unwrapped(p, tensors) for p in inputs)
    return raw if several else raw[0]


def run_leaf_hooks(leaf: Leaf, tensor: Any, arrived: Any) -> None:
    """Call the hooks of a leaf, and then of its accumulator, once the gradient is complete.

    The latter see what has `arrived`: the ``.grad`` itself where there was none before.
    """
    for hook in list((leaf.post_accumulate or {}).values()):
        if user_code(hook, tensor) is not None:
            raise RuntimeError(
                f"post accumulate grad hooks should return None, but hook {_name(hook)!r} did not"
            )
    if leaf.hooks is not None and leaf.hooks.post:
        seen = arrived if isinstance(arrived, Variable) else _protected(arrived, leaf.place)
        for hook in list(leaf.hooks.post.values()):
            result = user_code(hook, (), (seen,))
            if result is not None:
                _parts(hook, (), result)


def _parts(hook: Any, before: tuple[Any, ...], result: Any) -> tuple[Any, ...]:
    """Return what a node's hook returned, if it can stand for the gradients."""
    if not isinstance(result, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(result).__name__}'")
    if len(result) != len(before):
        raise RuntimeError(
            f"hook '{_name(hook)}' has returned an incorrect number of values "
            f"(got {len(result)}, but expected {len(before)})"
        )
    return tuple(
        new if old is None or new is None else _replaced(hook, old, new)
        for old, new in zip(before, result, strict=True)
    )
