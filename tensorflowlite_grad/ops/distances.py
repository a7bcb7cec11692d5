"""Distances between all pairs of points."""

from __future__ import annotations

from math import inf
from typing import Any

from .declare import general
from .matrices import fitted
from .quotients import ratio

__all__: list[str] = []


def _differences(xp: Any, x1: Any, x2: Any) -> Any:
    return xp.expand_dims(x1, axis=-2) - xp.expand_dims(x2, axis=-3)


def _distances(xp: Any, x1: Any, x2: Any, p: float, by_products: bool) -> Any:
    if not x1.shape[-1]:
        return xp.sum(_differences(xp, x1, x2), axis=-1)
    if p == 2 and by_products:
        # |x|^2 + |y|^2 - 2 xy: one product instead of all differences, at the cost of digits.
        squares = xp.expand_dims(xp.sum(x1 * x1, axis=-1), axis=-1) + xp.expand_dims(
            xp.sum(x2 * x2, axis=-1), axis=-2
        )
        squares = squares - 2 * xp.matmul(x1, xp.matrix_transpose(x2))
        return xp.sqrt(xp.maximum(squares, xp.zeros_like(squares)))
    size = xp.abs(_differences(xp, x1, x2))
    if p == 0:
        return xp.sum(xp.astype(size != 0, size.dtype), axis=-1)
    if p == 1:
        return xp.sum(size, axis=-1)
    if p == inf:
        return xp.max(size, axis=-1)
    if p == 2:
        return xp.sqrt(xp.sum(size * size, axis=-1))
    return xp.pow(xp.sum(xp.pow(size, p), axis=-1), 1 / p)


def _weights(xp: Any, x1: Any, x2: Any, out: Any, p: float) -> Any:
    """Return the slope of each distance by each coordinate of the first point."""
    difference = _differences(xp, x1, x2)
    sign = xp.sign(difference)
    if p == 0:
        return xp.zeros_like(difference)
    if p == 1:
        return sign
    size = xp.abs(difference)
    total = xp.expand_dims(out, axis=-1)
    if p == inf:
        # As PyTorch: each coordinate of the greatest size takes it whole.
        return sign * xp.astype(size == total, sign.dtype)
    if p < 1:
        size = xp.where(size == 0, xp.ones_like(size), size)
    return sign * ratio(xp, xp.pow(size, p - 1), xp.pow(total, p - 1))


def _back(xp: Any, g: Any, x1: Any, x2: Any, out: Any, p: float, by_first: bool) -> Any:
    if p == 2:
        # By products: no difference of every pair is kept.
        w = ratio(xp, g, out)
        if by_first:
            return xp.expand_dims(xp.sum(w, axis=-1), axis=-1) * x1 - xp.matmul(w, x2)
        turned = xp.matrix_transpose(w)
        return xp.expand_dims(xp.sum(w, axis=-2), axis=-1) * x2 - xp.matmul(turned, x1)
    slopes = xp.expand_dims(g, axis=-1) * _weights(xp, x1, x2, out, p)
    return xp.sum(slopes, axis=-2) if by_first else -xp.sum(slopes, axis=-3)


def _tangent(xp: Any, x1_dot: Any, x2_dot: Any, x1: Any, x2: Any, out: Any, p: float) -> Any:
    slopes = (
        ratio(xp, _differences(xp, x1, x2), xp.expand_dims(out, axis=-1))
        if p == 2
        else _weights(xp, x1, x2, out, p)
    )
    zero = xp.zeros_like
    first = zero(x1) if x1_dot is None else x1_dot
    second = zero(x2) if x2_dot is None else x2_dot
    return xp.sum(slopes * _differences(xp, first, second), axis=-1)


#: Of coincident points the gradient is zero.
cdist = general(
    "cdist",
    _distances,
    ["p", "by_products"],
    jvp=_tangent,
    x1=lambda xp, g, x1, x2, out, p: fitted(xp, _back(xp, g, x1, x2, out, p, True), x1.shape),
    x2=lambda xp, g, x1, x2, out, p: fitted(xp, _back(xp, g, x1, x2, out, p, False), x2.shape),
)
