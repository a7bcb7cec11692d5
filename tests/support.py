"""What tests of several chapters share: values, finite differences, counts of live objects."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg

#: What has been collected: by the number of a guarantee, the tests marked with it; and all files.
GUARANTEES = pytest.StashKey[dict[str, list[str]]]()
COLLECTED = pytest.StashKey[set[Path]]()


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


def function_of(forward: Any, backward: Any = None, **more: Any) -> Any:
    """Return an `autograd.Function` named My, made of plain functions."""
    fields = {"forward": staticmethod(forward), **{k: staticmethod(v) for k, v in more.items()}}
    if backward is not None:
        fields["backward"] = staticmethod(backward)
    return type("My", (tg.autograd.Function,), fields)


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


def python(source: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, which finds whatever this one has found."""
    return subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
