"""Memory seen at other strides: lattices of an array (see `backend.strides`), and `as_strided`.

Getting a lattice and embedding in one are each other's adjoints. A diagonal and sliding
windows are lattices.
"""

from __future__ import annotations

from math import prod
from typing import Any

from ..backend.strides import overlapping, storage
from .declare import linear

__all__: list[str] = []

Shape = tuple[int, ...]


def _copied(xp: Any, x: Any) -> Any:
    return xp.asarray(x, copy=True)


def _lattice(name: str, node_name: str, view: bool) -> Any:
    return linear(
        name,
        (lambda xp, input, start, size, steps: xp.strided_get(input, start, size, steps))
        if view
        else lambda xp, input, start, size, steps: _copied(
            xp, xp.strided_get(input, start, size, steps)
        ),
        ["start", "size", "steps"],
        node_name=node_name,
        view=view,
        input=lambda xp, g, input_shape, start, size, steps: xp.strided_embed(
            g, tuple(input_shape), start, size, steps
        ),
    )


get = _lattice("strided_get", "StridedGetBackward0", False)
diagonal = _lattice("diagonal", "DiagonalBackward0", True)
unfold = _lattice("unfold", "UnfoldBackward0", True)

embed = linear(
    "strided_embed",
    lambda xp, input, whole, start, size, steps: xp.strided_embed(input, whole, start, size, steps),
    ["whole", "start", "size", "steps"],
    input=lambda xp, g, start, size, steps: xp.strided_get(g, start, size, steps),
)


def _put_tangent(
    xp: Any, input_dot: Any, values_dot: Any, out: Any, start: Any, size: Any, steps: Any
) -> Any:
    if input_dot is None:
        return xp.strided_embed(values_dot, tuple(out.shape), start, size, steps)
    if values_dot is None:
        values_dot = xp.zeros_like(xp.strided_get(input_dot, start, size, steps))
    return xp.strided_put(input_dot, values_dot, start, size, steps)


put = linear(
    "strided_put",
    lambda xp, input, values, start, size, steps: xp.strided_put(input, values, start, size, steps),
    ["start", "size", "steps"],
    jvp=_put_tangent,
    input=lambda xp, g, start, size, steps: xp.strided_put(
        g, xp.zeros_like(xp.strided_get(g, start, size, steps)), start, size, steps
    ),
    values=lambda xp, g, start, size, steps: xp.strided_get(g, start, size, steps),
)


def _units(strides: Shape) -> tuple[Shape, ...]:
    return tuple((s,) for s in strides)


def _as_strided_back(
    xp: Any, g: Any, shape: Shape, size: Shape, stride: Shape, shift: int, strides: Shape
) -> Any:
    """Return the gradient of the memory's elements, as the operand shows them.

    An element that the operand shows several times shares its gradient between these.
    """
    low, length = storage(shape, strides, size, stride, shift)
    memory = xp.strided_embed(g, (length,), (shift - low,), size, _units(stride))
    found = xp.strided_get(memory, (-low,), shape, _units(strides))
    if not overlapping(shape, strides) or not prod(shape):
        return found
    one = xp.ones_like(found)
    counts = xp.strided_embed(one, (length,), (-low,), shape, _units(strides))
    return found / xp.strided_get(counts, (-low,), shape, _units(strides))


def _as_strided(name: str, view: bool) -> Any:
    return linear(
        name,
        (
            lambda xp, input, size, stride, shift, strides: xp.as_strided(
                input, size, stride, shift, strides
            )
        )
        if view
        else lambda xp, input, size, stride, shift, strides: _copied(
            xp, xp.as_strided(input, size, stride, shift, strides)
        ),
        ["size", "stride", "shift", "strides"],
        node_name="AsStridedBackward0",
        view=view,
        input=lambda xp, g, input_shape, size, stride, shift, strides: _as_strided_back(
            xp, g, tuple(input_shape), size, stride, shift, strides
        ),
    )


#: `shift` is how far the first element lies behind the operand's, which lies at `strides`.
as_strided = _as_strided("as_strided", True)
as_strided_copy = _as_strided("as_strided_copy", False)
