"""CuPy's random generator, as the framework asks for it."""

from __future__ import annotations

from math import prod
from typing import Any

import cupy


class Generator:
    """XORWOW, seeded, on one device.

    Numbers are drawn flat and never none at all: a kernel over nothing does not launch.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers.
    index : int
        Which device's.
    """

    def __init__(self, seed: int, index: int) -> None:
        self._index = index
        with cupy.cuda.Device(index):
            self._source = cupy.random.default_rng(seed % 2**64)

    def uniform(self, xp: Any, shape: tuple[int, ...], native: Any) -> Any:
        """Return numbers of [0, 1)."""
        if native.itemsize < 4:  # a float32 just below 1 would round to 1
            steps = self._draw("integers", shape, cupy.dtype("int64"), 0, 2**11)
            with cupy.cuda.Device(self._index):
                return (steps / 2**11).astype(native)
        return self._draw("random", shape, native)

    def normal(self, xp: Any, shape: tuple[int, ...], native: Any) -> Any:
        """Return numbers of the standard normal distribution."""
        drawn = native if native.itemsize >= 4 else cupy.dtype("float32")
        out = self._draw("standard_normal", shape, drawn)
        with cupy.cuda.Device(self._index):
            return out.astype(native, copy=False)

    def integers(self, xp: Any, low: int, high: int, shape: tuple[int, ...], native: Any) -> Any:
        """Return integers of [low, high)."""
        out = self._draw("integers", shape, cupy.dtype("int64"), low, high)
        with cupy.cuda.Device(self._index):
            return out.astype(native, copy=False)

    def permutation(self, xp: Any, n: int, native: Any) -> Any:
        """Return 0 to n-1 in random order."""
        keys = self._draw("random", (n,), cupy.dtype("float64"))
        with cupy.cuda.Device(self._index):
            return cupy.argsort(keys).astype(native)

    def poisson(self, xp: Any, rates: Any) -> Any:
        """Return numbers of the Poisson distributions of these rates, in their dtype."""
        if not rates.size:
            return rates.copy()
        with cupy.cuda.Device(self._index):
            flat = cupy.ascontiguousarray(rates, dtype="float64").reshape(-1)
            drawn = self._source.poisson(flat, size=flat.shape)
            return drawn.reshape(rates.shape).astype(rates.dtype)

    def state(self) -> bytes:
        """Return everything that determines the numbers to come."""
        with cupy.cuda.Device(self._index):
            return bytes(cupy.asnumpy(self._words()).tobytes())

    def restore(self, state: bytes) -> None:
        """Go on where a generator was that gave this state; ValueError if none did."""
        with cupy.cuda.Device(self._index):
            words = self._words()
            size = words.size * words.dtype.itemsize
            if len(state) != size:
                raise ValueError(f"expected {size} bytes, got {len(state)}")
            words[...] = cupy.asarray(memoryview(state)).view(words.dtype)

    def _words(self) -> Any:
        # CuPy has no public name for what its generator's threads remember.
        words = getattr(self._source.bit_generator, "_state", None)
        if not isinstance(words, cupy.ndarray):
            raise NotImplementedError("this version of CuPy does not show its generator's state")
        return words

    def _draw(self, method: str, shape: tuple[int, ...], native: Any, *args: Any) -> Any:
        n = prod(shape)
        with cupy.cuda.Device(self._index):
            flat = getattr(self._source, method)(*args, size=max(n, 1), dtype=native)
            return flat[:n].reshape(shape)
