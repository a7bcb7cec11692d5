"""NumPy's random generator, as the framework asks for it."""

from __future__ import annotations

from typing import Any

import numpy as np


class Generator:
    """PCG64, seeded.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers.
    """

    def __init__(self, seed: int) -> None:
        self._source = np.random.default_rng(seed % 2**64)

    def uniform(self, xp: Any, shape: tuple[int, ...], native: Any) -> Any:
        """Return numbers of [0, 1)."""
        if native.itemsize >= 4:
            return np.asarray(self._source.random(shape, dtype=native))
        return np.asarray(self._source.integers(0, 2**11, shape) / 2**11).astype(native)

    def normal(self, xp: Any, shape: tuple[int, ...], native: Any) -> Any:
        """Return numbers of the standard normal distribution."""
        if native.itemsize >= 4:
            return np.asarray(self._source.standard_normal(shape, dtype=native))
        return np.asarray(self._source.standard_normal(shape)).astype(native)

    def integers(self, xp: Any, low: int, high: int, shape: tuple[int, ...], native: Any) -> Any:
        """Return integers of [low, high)."""
        return np.asarray(self._source.integers(low, high, shape, dtype=np.int64)).astype(native)

    def permutation(self, xp: Any, n: int, native: Any) -> Any:
        """Return 0 to n-1 in random order."""
        return self._source.permutation(n).astype(native)
