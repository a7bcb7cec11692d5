"""Backends: the interface, the registry, and the selection of one.

To write a backend, subclass `Backend` and name it in the entry-point group
``tensorflowlite_grad.backends``; the documentation has a complete example.
"""

from .failures import LOST_CONTEXT, AcceleratorError, Failure, OutOfMemoryError, reporting
from .interface import Backend
from .place import Place, device
from .registry import BackendError, available, names, register_backend
from .selection import (
    get_default_backend,
    get_default_device,
    set_default_backend,
    set_default_device,
    use_backend,
)

__all__ = [
    "LOST_CONTEXT",
    "AcceleratorError",
    "Backend",
    "BackendError",
    "Failure",
    "OutOfMemoryError",
    "Place",
    "available",
    "device",
    "get_default_backend",
    "get_default_device",
    "names",
    "register_backend",
    "reporting",
    "set_default_backend",
    "set_default_device",
    "use_backend",
]
