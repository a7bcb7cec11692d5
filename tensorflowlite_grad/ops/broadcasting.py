"""Broadcasting: the shape of a result, its errors, and the way back for gradients."""

from __future__ import annotations

from typing import Any

__all__ = ["broadcast_error", "broadcast_shapes", "sum_to", "zeros_of"]

Shape = tuple[int, ...]


def sum_to(xp: Any, g: Any, shape: Shape) -> Any:
    """Return `g` summed to `shape`, the transpose of broadcasting from it."""
    lead = g.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(
        lead + k for k, n in enumerate(shape) if n == 1 and g.shape[lead + k] != 1
    )
    if axes:
        g = xp.sum(g, axis=axes, keepdims=True)
    if lead:
        g = xp.reshape(g, tuple(g.shape[lead:]))
    if tuple(g.shape) != tuple(shape):
        # An elementwise rule may be free of one operand: a constant partial, broadcast.
        g = xp.broadcast_to(g, tuple(shape))
    return g


def zeros_of(xp: Any, like: Any, shape: Shape) -> Any:
    """Return zeros of `shape`, with the dtype and on the device of an array of any carrier."""
    return xp.broadcast_to(xp.zeros_like(xp.sum(like)), shape)


def broadcast_shapes(*shapes: Shape) -> Shape:
    """Return the shape that all broadcast to; ValueError if there is none."""
    out: list[int] = []
    for k in range(1, max(map(len, shapes), default=0) + 1):
        sizes = {s[-k] for s in shapes if len(s) >= k} - {1}
        if len(sizes) > 1:
            raise ValueError("shapes do not broadcast")
        out.append(sizes.pop() if sizes else 1)
    return tuple(reversed(out))


def broadcast_error(name: str, shapes: list[Shape]) -> RuntimeError | None:
    """Return the error for shapes that do not broadcast, or None if they do."""
    total: Shape = ()
    for shape in shapes:
        width = max(len(total), len(shape))
        for axis in range(-1, -width - 1, -1):
            a = total[axis] if -axis <= len(total) else 1
            b = shape[axis] if -axis <= len(shape) else 1
            if a != b and 1 not in (a, b):
                return RuntimeError(
                    f"The size of tensor a ({a}) must match the size of tensor b ({b}) at "
                    f"non-singleton dimension {width + axis}: {name}() cannot broadcast shapes "
                    f"{' and '.join(str(list(s)) for s in shapes)}; sizes must be equal or 1"
                )
        total = broadcast_shapes(total, shape)
    return None
