"""PyTorch's values and functions as this library has them, for comparing the two."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np
import torch

import tensorflowlite_grad as tg

__all__ = ["Untranslatable", "function_of", "ours", "rebound"]


class Untranslatable(Exception):
    """The sample uses something that has no counterpart here, such as a sparse layout."""


def ours(value: Any) -> Any:
    """Return a value of PyTorch's as this library has it; nested ones too."""
    if isinstance(value, torch.Tensor):
        return _tensor(value)
    if isinstance(value, torch.dtype):
        return _named(str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return "cpu"
    if isinstance(value, (torch.layout, torch.memory_format)):
        return _named(str(value).removeprefix("torch."))
    if isinstance(value, torch.Size):
        return tuple(value)
    if isinstance(value, FunctionType):
        return rebound(value)
    if isinstance(value, (list, tuple)):
        return type(value)(ours(v) for v in value)
    if isinstance(value, dict):
        return {k: ours(v) for k, v in value.items()}
    if isinstance(value, torch.nn.Module):
        raise Untranslatable("a module")
    return value


def _named(name: str) -> Any:
    if not hasattr(tg, name):
        raise Untranslatable(name)
    return getattr(tg, name)


def _tensor(t: torch.Tensor) -> Any:
    if t.layout is not torch.strided:
        raise Untranslatable(str(t.layout))
    if t.is_meta:
        raise Untranslatable("a tensor without elements in memory")
    dtype = str(t.dtype).removeprefix("torch.")
    _named(dtype)
    t = t.detach().resolve_conj().resolve_neg()
    if t.ndim > 64:
        raise Untranslatable("more dimensions than NumPy has")
    host = t.numpy(force=True)
    whole = t.numel() * t.element_size() == t.untyped_storage().nbytes()
    if (t.is_contiguous() and whole) or not t.numel():
        out = tg.tensor(host)
    else:
        # The same strides, on a copy of the memory.
        memory = t.as_strided((t.untyped_storage().nbytes() // t.element_size(),), (1,), 0)
        strides = tuple(s * t.element_size() for s in t.stride())
        copied = np.lib.stride_tricks.as_strided(
            memory.numpy().copy()[t.storage_offset() :], host.shape, strides
        )
        out = tg.from_numpy(copied)
    return out


class _Library:
    """This library in the place of PyTorch, where `ops.aten` are the functions themselves."""

    def __getattr__(self, name: str) -> Any:
        return _Operators() if name == "ops" else getattr(tg, name)


class _Operators:
    def __getattr__(self, name: str) -> Any:
        return self if name == "aten" else SimpleNamespace(default=getattr(tg, name))


def rebound(function: FunctionType) -> FunctionType:
    """Return a Python function of PyTorch's tests that calls this library instead."""
    space = {**function.__globals__, "torch": _Library()}
    out = FunctionType(
        function.__code__, space, function.__name__, function.__defaults__, function.__closure__
    )
    out.__kwdefaults__ = function.__kwdefaults__
    return out


def found(name: str) -> Callable[..., Any] | None:
    """Return this library's function or method of a name, or None."""
    here: Any = tg
    for part in name.split("."):
        here = getattr(here, part, None)
        if here is None:
            break
    if callable(here) and not isinstance(here, type):
        return here
    attribute = getattr(tg.Tensor, name, None)
    if isinstance(attribute, property):
        return attribute.fget
    return attribute


def function_of(op: Any) -> Callable[..., Any] | None:
    """Return what runs the entry here, or None if this library lacks it."""
    by_name = found(op.name) or found(op.name + "_")
    if by_name is None:
        return None
    tests = isinstance(op.op, FunctionType) and op.op.__module__.startswith("torch.testing")
    if tests and op.name not in ("T", "H", "mT", "mH"):
        return rebound(op.op)
    return by_name
