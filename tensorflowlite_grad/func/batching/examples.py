"""Single examples out of a batch, and results of examples put together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ...autograd.graph import Variable
from .array import BatchedArray

if TYPE_CHECKING:
    from .array import Space

__all__ = ["any_batched", "example", "shared", "stacked"]


def _bare(value: Any) -> Any:
    integers = isinstance(value, Variable) and not value.dtype.is_differentiable  # type: ignore[attr-defined]
    return value._array if integers else value


def any_batched(value: Any) -> bool:
    """Return whether something in nested containers differs between examples."""
    if isinstance(value, BatchedArray):
        return value.batched
    if isinstance(value, (tuple, list)):
        return any(any_batched(v) for v in value)
    return isinstance(value, dict) and any(any_batched(v) for v in value.values())


def example(value: Any, k: int) -> Any:
    """Return one example of what is in nested containers.

    What is in an index are arrays, also where tensors are held.
    """
    if isinstance(value, BatchedArray):
        return value.value[k, ...] if value.batched else value.value
    if isinstance(value, tuple):
        return tuple(
            _bare(example(v, k)) if isinstance(v, BatchedArray) else example(v, k) for v in value
        )
    if isinstance(value, list):
        return [example(v, k) for v in value]
    if isinstance(value, dict):
        return {key: example(v, k) for key, v in value.items()}
    return value


def each(space: Space, op: Any, arguments: tuple[Any, ...]) -> Any:
    """Return what an operation makes of each example in turn, as batched arrays."""
    run = op.record if space.tensors else partial(op.on, space.base.xp)
    return stacked(space, [run(*example(arguments, k)) for k in range(space.size)])


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
