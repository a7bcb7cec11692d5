"""A reverse mode so simple that it is plainly right: the oracle of the random graphs.

Every path from the root to a leaf is followed for itself. No sharing, no order, no freeing.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class Value:
    """An array, and for each operand of what made it the function that brings a gradient back."""

    def __init__(self, array: Any, behind: tuple[tuple[Value, Any], ...] = ()) -> None:
        self.array = np.asarray(array, dtype=np.float64)
        self.behind = behind

    def gradient(self, target: Value, g: Any) -> np.ndarray:
        """Return the gradient with respect to `target`, of this value weighted by `g`."""
        total = np.zeros_like(target.array) + (g if self is target else 0.0)
        for operand, back in self.behind:
            total = total + operand.gradient(target, back(g))
        return total

    def reaches(self, target: Value) -> bool:
        """Return whether `target` is behind this value, or is it."""
        return self is target or any(v.reaches(target) for v, _ in self.behind)

    def paths(self) -> int:
        """Return how many paths there are from here, which is what `gradient` costs."""
        return 1 + sum(v.paths() for v, _ in self.behind)


def fit(g: Any, like: Value) -> Any:
    """Sum a gradient over what broadcasting repeated."""
    while g.ndim > like.array.ndim:
        g = g.sum(0)
    for axis, size in enumerate(like.array.shape):
        if size == 1:
            g = g.sum(axis, keepdims=True)
    return g


def add(a: Value, b: Value) -> Value:
    return Value(a.array + b.array, ((a, lambda g: fit(g, a)), (b, lambda g: fit(g, b))))


def mul(a: Value, b: Value) -> Value:
    x, y = a.array, b.array
    return Value(x * y, ((a, lambda g: fit(g * y, a)), (b, lambda g: fit(g * x, b))))


def matmul(a: Value, b: Value) -> Value:
    x, y = a.array, b.array
    return Value(x @ y, ((a, lambda g: g @ y.T), (b, lambda g: x.T @ g)))


def maximum(a: Value, b: Value) -> Value:
    x, y = a.array, b.array
    first = np.where(x > y, 1.0, np.where(x == y, 0.5, 0.0))
    backs = (a, lambda g: fit(g * first, a)), (b, lambda g: fit(g * (1 - first), b))
    return Value(np.maximum(x, y), backs)


def concatenate(a: Value, b: Value) -> Value:
    n = len(a.array)
    return Value(np.concatenate([a.array, b.array]), ((a, lambda g: g[:n]), (b, lambda g: g[n:])))


def sin(a: Value) -> Value:
    x = a.array
    return Value(np.sin(x), ((a, lambda g: g * np.cos(x)),))


def tanh(a: Value) -> Value:
    y = np.tanh(a.array)
    return Value(y, ((a, lambda g: g * (1 - y * y)),))


def reduced(a: Value) -> Value:
    shape = a.array.shape
    return Value(a.array.sum(0), ((a, lambda g: np.broadcast_to(g, shape)),))


def transposed(a: Value) -> Value:
    return Value(a.array.T, ((a, lambda g: g.T),))


def taken(a: Value, index: Any) -> Value:
    def back(g: Any) -> Any:
        out = np.zeros_like(a.array)
        np.add.at(out, index, g)
        return out

    return Value(a.array[index], ((a, back),))


def cut(a: Value) -> Value:
    return Value(a.array)
