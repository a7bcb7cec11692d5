"""CUDA devices, under PyTorch's names: how many there are, and waiting for them.

Which backend serves them is a matter of what is installed: see `available_backends`.
"""

from __future__ import annotations

from typing import Any

from .backend import registry
from .backend.failures import AcceleratorError, OutOfMemoryError
from .backend.selection import default_place, resolve
from .functions import generators

__all__ = [
    "AcceleratorError",
    "OutOfMemoryError",
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "get_rng_state",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "set_rng_state",
    "synchronize",
]


def device_count() -> int:
    """Return how many CUDA devices a backend that works here can use.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cuda.device_count() >= 0
    True
    """
    names = [default_place().backend.name, *registry.names()]
    for name in dict.fromkeys(names):
        if registry.why_unavailable(name) is None:
            backend = registry.get(name)
            if "cuda" in backend.kinds and (count := backend.device_count("cuda")):
                return count
    return 0


def is_available() -> bool:
    """Return whether a tensor can be on a CUDA device here.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cuda.is_available() == (tg.cuda.device_count() > 0)
    True
    """
    return device_count() > 0


def current_device() -> int:
    """Return the index of the device that ``"cuda"`` stands for."""
    return resolve("cuda").index


def _on(device: Any) -> Any:
    place = resolve("cuda" if device is None else device)
    if place.kind != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {place.device}")
    return place


def get_device_name(device: Any = None) -> str:
    """Return the model of a CUDA device."""
    place = _on(device)
    return place.backend.describe_device("cuda", place.index)  # type: ignore[no-any-return]


def synchronize(device: Any = None) -> None:
    """Wait until a CUDA device has done all work given to it."""
    place = _on(device)
    place.backend.synchronize("cuda", place.index)


def empty_cache() -> None:
    """Do nothing: memory that is kept for later use is the array library's affair.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cuda.empty_cache()
    """


def manual_seed(seed: int) -> None:
    """Start the random numbers of the first CUDA device anew, if there is one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cuda.manual_seed(1)
    """
    if is_available():
        generators.default_generator("cuda").manual_seed(seed)


def manual_seed_all(seed: int) -> None:
    """Start the random numbers of all CUDA devices anew.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cuda.manual_seed_all(1)
    """
    for index in range(device_count()):
        generators.default_generator(f"cuda:{index}").manual_seed(seed)


def get_rng_state(device: Any = "cuda") -> Any:
    """Return the state of the generator of a CUDA device: see `Generator.get_state`."""
    return generators.default_generator(_on(device).device).get_state()


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Set the state of the generator of a CUDA device: see `Generator.set_state`."""
    generators.default_generator(_on(device).device).set_state(new_state)
