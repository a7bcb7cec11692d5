"""PyTorch's random generator, as the framework asks for it."""

from __future__ import annotations

from typing import Any

import torch


class Generator:
    """A generator of one device, apart from PyTorch's global one.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers.
    device : torch.device
    """

    def __init__(self, seed: int, device: Any) -> None:
        self._device = device
        self._source = torch.Generator(device=device)
        self._source.manual_seed(seed % 2**64)

    def uniform(self, xp: Any, shape: tuple[int, ...], native: Any) -> Any:
        """Return numbers of [0, 1)."""
        return torch.rand(shape, **self._options(native))

    def normal(self, xp: Any, shape: tuple[int, ...], native: Any) -> Any:
        """Return numbers of the standard normal distribution."""
        return torch.randn(shape, **self._options(native))

    def integers(self, xp: Any, low: int, high: int, shape: tuple[int, ...], native: Any) -> Any:
        """Return integers of [low, high)."""
        return torch.randint(low, high, shape, **self._options(torch.int64)).to(native)

    def permutation(self, xp: Any, n: int, native: Any) -> Any:
        """Return 0 to n-1 in random order."""
        return torch.randperm(n, **self._options(torch.int64)).to(native)

    def poisson(self, xp: Any, rates: Any) -> Any:
        """Return numbers of the Poisson distributions of these rates, in their dtype."""
        return torch.poisson(rates, generator=self._source)

    def state(self) -> bytes:
        """Return everything that determines the numbers to come."""
        return bytes(self._source.get_state().numpy())

    def restore(self, state: bytes) -> None:
        """Go on where a generator was that gave this state; ValueError if none did."""
        try:
            self._source.set_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))
        except (RuntimeError, TypeError, ValueError) as error:
            raise ValueError(str(error)) from None

    def _options(self, native: Any) -> dict[str, Any]:
        return {"generator": self._source, "dtype": native, "device": self._device}
