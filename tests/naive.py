"""A reverse mode so simple that it is plainly right: the oracle of the random graphs.

Every path from the root to a leaf is followed for itself. No sharing, no order, no freeing.
Rules are in the same values again, so that gradients have gradients.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Memory:
    """What tensors show together, and how often it was written."""

    def __init__(self, array: Any, version: int) -> None:
        self.array = np.array(array, dtype=np.float64).ravel()
        self.version = version
        self.bases: list[Any] = []


class Saved(NamedTuple):
    """An operand that a rule needs, and the operand whose gradient it is for."""

    value: Value
    needed_by: Value


class Value:
    """An array, and for each operand of what made it the function that brings a gradient back.

    Attributes
    ----------
    array : ndarray
    behind : tuple
        Operands that need gradients, and what brings the gradient to each.
    saved : tuple of Saved
    edge : Value
        The value that stands for it in the graph: itself, but for what was written unrecorded.
    all : frozenset of Value
        The edges that are behind it, and its own.
    paths : int
        How many there are from here, which is what `gradient` costs.
    scale : float
        What hooks multiply its gradient by.
    detached : bool
        Whether the tensor has lost its history in place.
    freed : bool or None
        Whether a pass has freed what it saved; None if that is open.
    together : set of Value
        What came of the same pass: there, one operation may stand for several values.
    memory, version : Memory or None, int
        Where the array is shown, and since when it is what it is.
    """

    def __init__(
        self,
        array: Any,
        behind: tuple[tuple[Value, Any], ...] = (),
        saved: tuple[tuple[Value, Value], ...] = (),
        needs: bool = False,
    ) -> None:
        self.array = np.asarray(array, dtype=np.float64)
        self.behind = tuple((v, back) for v, back in behind if v.needs)
        self._needs = needs or bool(self.behind)
        self.saved = tuple(Saved(v, by) for v, by in saved if by.needs)
        self.edge = self
        self.paths = 1 + sum(v.paths for v, _ in self.behind)
        self.all = frozenset({self} if self._needs else ()).union(*(v.all for v, _ in self.behind))
        self.scale = 1.0
        self.detached = False
        self.freed: bool | None = False
        self.together: set[Value] = set()
        self.memory: Memory | None = None
        self.version = 0

    @property
    def needs(self) -> bool:
        """Whether gradients are wanted: a leaf may change that."""
        return self.edge._needs

    @needs.setter
    def needs(self, value: bool) -> None:
        self.edge._needs = value

    def gradient(self, target: Value, g: Value) -> Value | None:
        """Return the gradient with respect to an edge, of this value weighted by `g`."""
        if target not in self.all:
            return None
        if self.scale != 1:
            g = mul(g, Value(self.scale))
        total = g if self is target else None
        for operand, back in self.behind:
            part = operand.gradient(target, back(g)) if target in operand.all else None
            if part is not None:
                total = part if total is None else add(total, part)
        return total

    def leads_to(self, targets: Any) -> bool:
        """Return whether a pass to these edges goes through here, and on."""
        return any(not v.all.isdisjoint(targets) for v, _ in self.behind)

    def shown(self, memory: Memory) -> Value:
        """Return the value itself, which is in a memory from now on."""
        self.memory, self.version = memory, memory.version
        return self

    def is_stale(self) -> bool:
        """Return whether the memory has been written since."""
        return self.memory is not None and self.memory.version != self.version


def again(a: Value, array: Any) -> Value:
    """Return what stands for the same in the graph, of another array or in no memory."""
    out = Value(array)
    out.behind, out.paths = ((a, lambda g: g),), a.paths + 1  # though `a` be frozen
    out.edge, out.all = a.edge, a.all
    return out


# -- rules -----------------------------------------------------------------------------------------


def broadcast(a: Value, shape: tuple[int, ...]) -> Value:
    return Value(np.broadcast_to(a.array, shape), ((a, lambda g: fit(g, a)),))


def fit(g: Value, like: Value) -> Value:
    """Sum a gradient over what broadcasting repeated."""
    shape, out = g.array.shape, g.array
    if shape == like.array.shape:
        return g
    while out.ndim > like.array.ndim:
        out = out.sum(0)
    for axis, size in enumerate(like.array.shape):
        if size == 1:
            out = out.sum(axis, keepdims=True)
    return Value(out, ((g, lambda h: broadcast(h, shape)),))


def add(a: Value, b: Value) -> Value:
    return Value(a.array + b.array, ((a, lambda g: fit(g, a)), (b, lambda g: fit(g, b))))


def mul(a: Value, b: Value) -> Value:
    backs = (a, lambda g: fit(mul(g, b), a)), (b, lambda g: fit(mul(g, a), b))
    return Value(a.array * b.array, backs, ((b, a), (a, b)))


def matmul(a: Value, b: Value) -> Value:
    backs = (a, lambda g: matmul(g, transposed(b))), (b, lambda g: matmul(transposed(a), g))
    return Value(a.array @ b.array, backs, ((b, a), (a, b)))


def maximum(a: Value, b: Value) -> Value:
    x, y = a.array, b.array
    first = np.where(x > y, 1.0, np.where(x == y, 0.5, 0.0))
    backs = (
        (a, lambda g: fit(mul(g, Value(first)), a)),
        (b, lambda g: fit(mul(g, Value(1 - first)), b)),
    )
    return Value(np.maximum(x, y), backs, ((a, a), (a, b), (b, a), (b, b)))


def concatenate(a: Value, b: Value) -> Value:
    n = len(a.array)
    backs = (a, lambda g: taken(g, slice(n))), (b, lambda g: taken(g, slice(n, None)))
    return Value(np.concatenate([a.array, b.array]), backs)


def sin(a: Value) -> Value:
    return Value(np.sin(a.array), ((a, lambda g: mul(g, cos(a))),), ((a, a),))


def cos(a: Value) -> Value:
    return Value(np.cos(a.array), ((a, lambda g: mul(g, mul(sin(a), Value(-1.0)))),), ((a, a),))


def tanh(a: Value) -> Value:
    def back(g: Value) -> Value:
        y = tanh(a)
        return mul(g, add(Value(1.0), mul(Value(-1.0), mul(y, y))))

    return Value(np.tanh(a.array), ((a, back),), ((a, a),))


def reduced(a: Value) -> Value:
    shape = a.array.shape
    return Value(a.array.sum(0), ((a, lambda g: broadcast(g, shape)),))


def transposed(a: Value) -> Value:
    return Value(a.array.T, ((a, transposed),))


def taken(a: Value, index: Any) -> Value:
    shape = a.array.shape
    return Value(a.array[index], ((a, lambda g: scattered(g, index, shape)),))


def scattered(a: Value, index: Any, shape: tuple[int, ...]) -> Value:
    out = np.zeros(shape)
    np.add.at(out, index, a.array)
    return Value(out, ((a, lambda g: taken(g, index)),))


def placed(a: Value, index: Any, b: Value) -> Value:
    """Return `a` with `b` at an index, which names each position once."""
    out, rest = np.array(a.array), np.ones_like(a.array)
    out[index], rest[index] = b.array, 0.0
    return Value(out, ((a, lambda g: mul(g, Value(rest))), (b, lambda g: fit(taken(g, index), b))))


def same(a: Value) -> Value:
    return Value(a.array, ((a, lambda g: g),))


def filled(a: Value, number: float) -> Value:
    """Return a number in the shape of `a`, whose gradient is zero."""
    zeros = Value(np.zeros_like(a.array))
    return Value(zeros.array + number, ((a, lambda g: zeros),))


def cut(a: Value) -> Value:
    return Value(a.array)
