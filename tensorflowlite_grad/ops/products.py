"""Products of vectors and matrices, linear in each operand."""

from __future__ import annotations

from typing import Any

from .broadcasting import sum_to
from .declare import linear

__all__: list[str] = []

dot = linear(
    "dot",
    lambda xp, input, tensor: xp.matmul(input, tensor),
    conjugate=True,
    input=lambda xp, g, tensor: g * tensor,
    tensor=lambda xp, g, input: g * input,
)
mm = linear(
    "mm",
    "matmul",
    conjugate=True,
    input=lambda xp, g, mat2: xp.matmul(g, xp.matrix_transpose(mat2)),
    mat2=lambda xp, g, input: xp.matmul(xp.matrix_transpose(input), g),
)
mv = linear(
    "mv",
    "matmul",
    conjugate=True,
    input=lambda xp, g, vec: xp.expand_dims(g, axis=1) * vec,
    vec=lambda xp, g, input: xp.matmul(xp.matrix_transpose(input), g),
)


def _fitted(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
    return g if tuple(g.shape) == tuple(shape) else sum_to(xp, g, shape)


#: Stacks of matrices, broadcasting over the leading axes.
bmm = linear(
    "bmm",
    "matmul",
    conjugate=True,
    input=lambda xp, g, mat2, input_shape: _fitted(
        xp, xp.matmul(g, xp.matrix_transpose(mat2)), input_shape
    ),
    mat2=lambda xp, g, input, mat2_shape: _fitted(
        xp, xp.matmul(xp.matrix_transpose(input), g), mat2_shape
    ),
)
