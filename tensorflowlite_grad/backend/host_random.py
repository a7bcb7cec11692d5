"""Random numbers as Python's own generator draws them, for libraries that have none."""

from __future__ import annotations

import math
import struct
from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

__all__ = ["HostGenerator", "poisson_number"]

Array = Any
#: The state of Python's generator: its words, and the second of two normal numbers.
_STATE = struct.Struct("<625I?d")


class HostGenerator:
    """Random numbers as Python lists, for a library that has no generator of its own.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers.
    """

    def __init__(self, seed: int) -> None:
        import random  # which imports hash functions, and is seldom needed

        self._source = random.Random(seed)

    def uniform(self, xp: Any, shape: tuple[int, ...], native: Any) -> Array:
        """Return numbers of [0, 1)."""
        return self._fill(xp, shape, native, self._source.random)

    def normal(self, xp: Any, shape: tuple[int, ...], native: Any) -> Array:
        """Return numbers of the standard normal distribution."""
        return self._fill(xp, shape, native, lambda: self._source.gauss(0.0, 1.0))

    def integers(self, xp: Any, low: int, high: int, shape: tuple[int, ...], native: Any) -> Array:
        """Return integers of [low, high)."""
        return self._fill(xp, shape, native, lambda: self._source.randrange(low, high))

    def permutation(self, xp: Any, n: int, native: Any) -> Array:
        """Return 0 to n-1 in random order."""
        xp.empty((n,), dtype=native)
        return xp.asarray(self._source.sample(range(n), n), dtype=native)

    def poisson(self, xp: Any, rates: Array) -> Array:
        """Return numbers of the Poisson distributions of these rates, in their dtype."""
        flat = xp.reshape(rates, (-1,))
        values = [poisson_number(self._source, float(flat[k])) for k in range(flat.shape[0])]
        return xp.reshape(xp.asarray(values, dtype=rates.dtype), rates.shape)

    def state(self) -> bytes:
        """Return everything that determines the numbers to come."""
        _, words, spare = self._source.getstate()
        return _STATE.pack(*words, spare is not None, spare or 0.0)

    def restore(self, state: bytes) -> None:
        """Go on where a generator was that gave this state; ValueError if none did."""
        if len(state) != _STATE.size:
            raise ValueError(f"expected {_STATE.size} bytes, got {len(state)}")
        *words, has_spare, spare = _STATE.unpack(state)
        self._source.setstate((3, tuple(words), spare if has_spare else None))

    def _fill(self, xp: Any, shape: tuple[int, ...], native: Any, draw: Any) -> Array:
        xp.empty(shape, dtype=native)  # if there is no memory, this says so, and a list would not
        values = [draw() for _ in range(prod(shape))]
        return xp.reshape(xp.asarray(values, dtype=native), shape)


def poisson_number(source: random.Random, rate: float) -> float:
    """Return one number of a Poisson distribution.

    Small rates by counting how many factors bring a product below exp(-rate), large ones by
    Hoermann's transformed rejection (PTRS), which takes one or two trials for any rate.
    """
    if rate == 0:
        return 0.0
    if rate < 10:
        limit, count, product = math.exp(-rate), 0, source.random()
        while product > limit:
            count += 1
            product *= source.random()
        return float(count)
    log_rate = math.log(rate)
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    sure = 0.9277 - 3.6224 / (b - 2)
    while True:
        u = source.random() - 0.5
        v = 1.0 - source.random()
        distance = 0.5 - abs(u)
        if distance <= 0:
            continue
        k = math.floor((2 * a / distance + b) * u + rate + 0.43)
        if distance >= 0.07 and v <= sure:
            return float(k)
        if k < 0 or (distance < 0.013 and v > distance):
            continue
        height = math.log(v) + math.log(inverse) - math.log(a / distance**2 + b)
        if height <= k * log_rate - rate - math.lgamma(k + 1):
            return float(k)
