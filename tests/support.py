"""What tests of several chapters share: values, finite differences, counts of live objects."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np

import tensorflowlite_grad as tg


def array(tensor: Any) -> np.ndarray:
    """Return a tensor's elements as a NumPy array, from any device."""
    return np.array(tensor.detach().tolist()).reshape(tuple(tensor.shape))


def leaf(data: Any) -> Any:
    """Return a float64 tensor that requires grad."""
    return tg.tensor(data, dtype=tg.float64, requires_grad=True)


def const(data: Any) -> Any:
    """Return a float64 tensor that requires no grad."""
    return tg.tensor(data, dtype=tg.float64)


def numeric_gradient(function: Any, value: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Return the gradient of a function of one array to a float, by central differences."""
    out = np.zeros_like(value)
    for position in np.ndindex(*value.shape):
        up, down = np.array(value), np.array(value)
        up[position] += step
        down[position] -= step
        out[position] = (function(up) - function(down)) / (2 * step)
    return out


def live(*kinds: type) -> int:
    """Return how many objects of these classes, or of their subclasses, are alive."""
    return sum(issubclass(type(o), kinds) for o in gc.get_objects())


def state(*tensors: Any) -> list[Any]:
    """Return all that an error must leave as it was: values, versions, gradients, the mode."""
    out: list[Any] = [tg.is_grad_enabled()]
    for t in tensors:
        kept = t.is_leaf or t.retains_grad
        g = t.grad if kept else None
        out.append(
            (
                array(t).tolist(),
                t._version,
                t.requires_grad,
                t.grad_fn,
                None if g is None else (id(g), array(g).tolist(), g._version),
            )
        )
    return out
