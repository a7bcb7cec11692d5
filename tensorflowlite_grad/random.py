"""The state of random numbers, under the names of PyTorch's module of this name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .functions import generators
from .functions.generators import (
    Generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Draw random numbers in a block, and go on after it as if none had been drawn.

    Parameters
    ----------
    devices : optional
        Accepted, as PyTorch has it; every device goes back to where it was.
    enabled : bool
        Whether to do anything.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> _ = tg.manual_seed(0)
    >>> with tg.random.fork_rng():
    ...     a = tg.rand(2)
    >>> bool((tg.rand(2) == a).all())
    True
    """
    if not enabled:
        yield
        return
    states = generators.all_states()
    try:
        yield
    finally:
        generators.set_all_states(states)
