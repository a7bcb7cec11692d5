"""NumPy's random generator, as the framework asks for it."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

#: The state of PCG64: 128 bits each of state and increment, and half of a number drawn ahead.
_STATE = struct.Struct("<16s16sII")


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

    def poisson(self, xp: Any, rates: Any) -> Any:
        """Return numbers of the Poisson distributions of these rates, in their dtype."""
        return np.asarray(self._source.poisson(rates)).astype(rates.dtype)

    def state(self) -> bytes:
        """Return everything that determines the numbers to come."""
        found: Any = self._source.bit_generator.state
        words = (found["state"][name].to_bytes(16, "little") for name in ("state", "inc"))
        return _STATE.pack(*words, found["has_uint32"], found["uinteger"])

    def restore(self, state: bytes) -> None:
        """Go on where a generator was that gave this state; ValueError if none did."""
        if len(state) != _STATE.size:
            raise ValueError(f"expected {_STATE.size} bytes, got {len(state)}")
        words, increment, ahead, word = _STATE.unpack(state)
        self._source.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {
                "state": int.from_bytes(words, "little"),
                "inc": int.from_bytes(increment, "little"),
            },
            "has_uint32": ahead,
            "uinteger": word,
        }
