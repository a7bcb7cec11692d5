"""Single examples out of a batch, and results of examples put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .array import BatchedArray

if TYPE_CHECKING:
    from .array import Space

__all__ = ["any_batched", "example", "shared", "stacked"]


def any_batched(value: Any) -> bool:
    """Return whether something in nested containers differs between examples."""
    if isinstance(value, BatchedArray):
        return value.batched
    if isinstance(value, (tuple, list)):
        return any(any_batched(v) for v in value)
    return isinstance(value, dict) and any(any_batched(v) for v in value.values())


def example(value: Any, k: int) -> Any:
    """Return one example of what is in nested containers."""
    if isinstance(value, BatchedArray):
        return value.value[k, ...] if value.batched else value.value
    if isinstance(value, (tuple, list)):
        return type(value)(example(v, k) for v in value)
    if isinstance(value, dict):
        return {key: example(v, k) for key, v in value.items()}
    return value


def shared(space: Space, out: Any) -> Any:
    """Return results that all examples share, as batched arrays."""
    if isinstance(out, (tuple, list)):
        return tuple(shared(space, part) for part in out)
    return BatchedArray(out, False, space) if hasattr(out, "shape") else out


def stacked(space: Space, outs: list[Any]) -> Any:
    """Return the results of all examples as one batched array, or several."""
    first = outs[0]
    if isinstance(first, (tuple, list)):
        return tuple(stacked(space, list(parts)) for parts in zip(*outs, strict=True))
    if not hasattr(first, "shape"):
        return first
    return BatchedArray(space.held.stack(outs, axis=0), True, space)
