"""Automatic differentiation: the graph, the backward pass and the grad modes."""

from importlib import import_module
from typing import Any

from . import forward_ad, function, references
from .anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from .api import backward, grad
from .function import Function
from .graph import Node
from .modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled

__all__ = [
    "Function",
    "Node",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "forward_ad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "no_grad",
    "operation",
    "set_detect_anomaly",
    "set_grad_enabled",
]

#: What is built on the tensors themselves, and where it is: imported when first named.
_ABOVE = {
    "Variable": "legacy",
    "functional": None,
    "gradcheck": "gradcheck",
    "gradgradcheck": "gradcheck",
    "operation": ".ops.custom",
    "profiler": None,
}


references.measure()


def __getattr__(name: str) -> Any:
    if name not in _ABOVE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_ABOVE[name] or name}", __name__)
    # Importing a module of the function's name has put the module under it.
    found = globals()[name] = getattr(module, name) if _ABOVE[name] else module
    return found
