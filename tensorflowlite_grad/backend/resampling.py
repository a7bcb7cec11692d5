"""Maps along one axis that take weighted elements: pooling, interpolation, padding.

A map is made on the host, from sizes alone. It is a list of parts: strided runs, which are
slices of both arrays, and gathers for what has no such order. Its transpose is such a map,
too, so that gradients are exact and as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["EXTRAS", "AxisMap", "Run", "resample"]

Array = Any
Weights = tuple[float, ...] | None

#: A tap of more runs than this is gathered.
_FEW = 4


class Run(NamedTuple):
    """``out[start::step] += weights * x[from_start::from_step]``, `length` times.

    A step of 0 repeats one element of `x`, or sums into one of `out`.
    """

    start: int
    step: int
    from_start: int
    from_step: int
    length: int
    weights: Weights

    def transposed(self) -> Run:
        """Return the run the other way round."""
        start, step, source, source_step, count, weights = self
        if source_step < 0:  # a result is written forwards
            source, source_step = source + source_step * (count - 1), -source_step
            start, step = start + step * (count - 1), -step
            weights = weights[::-1] if weights is not None else None
        return Run(source, source_step, start, step, count, weights)


class Gather(NamedTuple):
    """``out += weights * x[positions]``; -1 stands for nothing."""

    positions: tuple[int, ...]
    weights: Weights


class AxisMap:
    """A linear map along an axis, sparse: each result is a sum of few weighted elements.

    Parameters
    ----------
    size, result : int
        How many elements the axis has, and the result.
    taps : list of (positions, weights)
        For each result, the position of one of its terms (-1 for none) and the term's
        weight; weights may be None for ones.
    before, after : tuple of float, optional
        Factors for the elements, and for the results.
    runs : list of Run
        More parts.
    """

    def __init__(
        self,
        size: int,
        result: int,
        taps: list[tuple[tuple[int, ...], Weights]],
        before: Weights = None,
        after: Weights = None,
        runs: Sequence[Run] = (),
    ) -> None:
        self.size = size
        self.result = result
        self.before = before
        self.after = after
        self.parts: list[Run | Gather] = list(runs)
        for where, weights in taps:
            found = _runs(where, weights)
            self.parts += found if len(found) <= _FEW else [Gather(where, weights)]
        self._transposed: AxisMap | None = None

    @property
    def T(self) -> AxisMap:
        """The transpose."""
        if self._transposed is None:
            gathers = [part for part in self.parts if isinstance(part, Gather)]
            taps = _regrouped(gathers, self.size)
            back = AxisMap(self.result, self.size, taps, self.after, self.before)
            back.parts += [part.transposed() for part in self.parts if isinstance(part, Run)]
            back._transposed = self
            self._transposed = back
        return self._transposed

    def apply(self, xp: Any, x: Array, axis: int) -> Array:
        """Return the map's result along an axis of a raw array."""
        x = _scaled(xp, x, self.before, axis)
        shape = (*x.shape[:axis], self.result, *x.shape[axis + 1 :])
        if 0 in shape or 0 in x.shape or not self.parts:
            return xp.zeros(shape, dtype=x.dtype)
        out = None
        written = 0  # so far, runs have filled results in order, each for the first time
        lead = (slice(None),) * axis
        for part in self.parts:
            if isinstance(part, Gather):
                value = self._gathered(xp, x, part, axis)
                out = value if out is None else out + value
                written = -1
                continue
            if out is None:
                out = xp.zeros(shape, dtype=x.dtype)
            target = (*lead, _slice(part.start, part.step, part.length), ...)
            value = _taken(xp, x, part, axis)
            if written == part.start and part.step == 1:
                out[target] = value
                written += part.length
            else:
                out[target] += value
                written = -1
        return _scaled(xp, out, self.after, axis)

    def _gathered(self, xp: Any, x: Array, part: Gather, axis: int) -> Array:
        where = part.positions
        index = _vector(xp, tuple(max(p, 0) for p in where), xp.int64)
        value = _scaled(xp, xp.take(x, index, axis=axis), part.weights, axis)
        if min(where, default=0) >= 0:
            return value
        some = _along(xp, xp.asarray([p >= 0 for p in where]), x.ndim, axis)
        return xp.where(some, value, xp.zeros_like(value))


def _runs(where: tuple[int, ...], weights: Weights) -> list[Run]:
    """Return positions as runs of even steps; more than `_FEW` if they have no such order."""
    runs: list[Run] = []
    k, n = 0, len(where)
    while k < n and len(runs) <= _FEW:
        if where[k] < 0:
            k += 1
            continue
        stop = k + 1
        step = 1
        if stop < n and where[stop] >= 0:
            step = where[stop] - where[k]
            while stop < n and where[stop] >= 0 and where[stop] - where[stop - 1] == step:
                stop += 1
        part = weights[k:stop] if weights is not None else None
        runs.append(Run(k, 1, where[k], step, stop - k, part))
        k = stop
    return runs


def _regrouped(gathers: list[Gather], size: int) -> list[tuple[tuple[int, ...], Weights]]:
    """Return the taps of the transpose: for each element, where it went."""
    targets: list[list[tuple[int, float]]] = [[] for _ in range(size)]
    weighted = any(part.weights is not None for part in gathers)
    for part in gathers:
        for k, position in enumerate(part.positions):
            if position >= 0:
                weight = 1.0 if part.weights is None else part.weights[k]
                targets[position].append((k, weight))
    taps: list[tuple[tuple[int, ...], Weights]] = []
    for number in range(max(map(len, targets), default=0)):
        row = [t[number] if number < len(t) else (-1, 0.0) for t in targets]
        weights = tuple(w for _, w in row) if weighted else None
        taps.append((tuple(k for k, _ in row), weights))
    return taps


def _slice(start: int, step: int, count: int) -> slice:
    return slice(start, start + step * (count - 1) + 1, step) if step else slice(start, start + 1)


def _taken(xp: Any, x: Array, run: Run, axis: int) -> Array:
    """Return what a run adds, ready to broadcast to where it goes."""
    lead = (slice(None),) * axis
    start, step, count = run.from_start, run.from_step, run.length
    if step < 0:
        last = start + step * (count - 1)
        value = xp.flip(x[(*lead, _slice(last, -step, count), ...)], axis=axis)
    else:
        value = x[(*lead, _slice(start, step, count), ...)]
    value = _scaled(xp, value, run.weights, axis)
    if run.step == 0 and value.shape[axis] > 1:
        value = xp.sum(value, axis=axis, keepdims=True, dtype=x.dtype)
    return value


def _along(xp: Any, vector: Array, ndim: int, axis: int) -> Array:
    return xp.reshape(vector, (-1,) + (1,) * (ndim - axis - 1))


def _scaled(xp: Any, x: Array, weights: Weights, axis: int) -> Array:
    if weights is None:
        return x
    if all(w == weights[0] for w in weights):
        return x if weights[0] == 1 else x * weights[0]
    return x * _along(xp, _vector(xp, weights, x.dtype), x.ndim, axis)


@lru_cache(maxsize=256)
def _vector(xp: Any, numbers: tuple[Any, ...], dtype: Any) -> Array:
    """Return numbers as an array: the same again for each step of a training."""
    return xp.asarray(list(numbers), dtype=dtype)


def resample(xp: Any, x: Array, maps: tuple[tuple[int, AxisMap], ...]) -> Array:
    """Return `x` with a map applied along each of some axes, given from the end (-1, -2)."""

    # What shrinks most goes first: less is left for the others. Among equals what keeps the
    # last axis, where elements are neighbours, long.
    def cost(pair: tuple[int, AxisMap]) -> tuple[float, int]:
        ratio = pair[1].result / max(pair[1].size, 1)
        return ratio, pair[0] if ratio <= 1 else -pair[0]

    order = sorted(maps, key=cost)
    for axis, each in order:
        x = each.apply(xp, x, x.ndim + axis)
    return x


#: The functions of this file, as `fallbacks.EXTRAS` has them.
EXTRAS = {"resample": resample}
