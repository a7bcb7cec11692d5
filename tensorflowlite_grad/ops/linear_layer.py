"""The linear layer: a product with a transposed matrix, plus a bias, as one operation."""

from __future__ import annotations

from math import prod
from typing import Any

from .broadcasting import sum_to
from .declare import general

__all__: list[str] = []


def _rows(xp: Any, x: Any) -> Any:
    return x if x.ndim == 2 else xp.reshape(x, (prod(x.shape[:-1]), x.shape[-1]))


def _product(xp: Any, x: Any, weight: Any) -> Any:
    """Return x @ weight of the rows of all leading axes at once."""
    out = xp.matmul(_rows(xp, x), weight)
    return out if x.ndim == 2 else xp.reshape(out, (*x.shape[:-1], weight.shape[-1]))


def _tangent(xp: Any, input_dot: Any, weight_dot: Any, input: Any, weight: Any) -> Any:
    total = None
    if input_dot is not None:
        total = _product(xp, input_dot, xp.matrix_transpose(weight))
    if weight_dot is not None:
        part = _product(xp, input, xp.matrix_transpose(weight_dot))
        total = part if total is None else total + part
    return total


def _affine_tangent(
    xp: Any, input_dot: Any, weight_dot: Any, bias_dot: Any, input: Any, weight: Any
) -> Any:
    total = _tangent(xp, input_dot, weight_dot, input, weight)
    if bias_dot is None:
        return total
    return bias_dot if total is None else total + bias_dot


def _of_weight(xp: Any, g: Any, input: Any) -> Any:
    return xp.matmul(xp.matrix_transpose(_rows(xp, g)), _rows(xp, input))


linear = general(
    "linear",
    lambda xp, input, weight: _product(xp, input, xp.matrix_transpose(weight)),
    conjugate=True,
    node_name="LinearBackward0",
    jvp=_tangent,
    input=lambda xp, g, weight: _product(xp, g, weight),
    weight=_of_weight,
)
affine = general(
    "linear_with_bias",
    lambda xp, input, weight, bias: _product(xp, input, xp.matrix_transpose(weight)) + bias,
    conjugate=True,
    node_name="AddmmBackward0",
    jvp=_affine_tangent,
    input=lambda xp, g, weight: _product(xp, g, weight),
    weight=_of_weight,
    bias=lambda xp, g, bias_shape: sum_to(xp, g, tuple(bias_shape)),
)
