"""PyTorch's functions as an Array API namespace, bound to one device."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from types import ModuleType
from typing import Any

import array_api_compat.torch as compat
import torch

from tensorflowlite_grad.backend.fallbacks import complete

from . import convolution, indexing, linalg, ranks, special, strides

CREATORS = ("asarray", "zeros", "ones", "empty", "full", "arange", "eye", "linspace")


def astype(x: Any, dtype: Any, copy: bool = True) -> Any:
    """Convert, from complex to real without a warning."""
    if x.dtype.is_complex and not dtype.is_complex and dtype is not torch.bool:
        x = x.real
    return x.to(dtype, copy=copy)


def positive(x: Any) -> Any:
    """``+x`` in memory of its own: PyTorch hands its argument back."""
    return torch.positive(x).clone()


def is_out_of_memory(error: Exception) -> bool:
    """Return whether an error says that there is no memory; on the CPU only its text does."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)


def _on(create: Any, device: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            # Whatever the user has made PyTorch's default device.
            return create(*args, device=device, **kwargs)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise MemoryError(str(error)) from None
            raise

    return call


def make(device: Any) -> ModuleType:
    """Return the namespace that operations on a device run with."""
    xp = ModuleType(f"tensorflowlite_grad_torch.xp_{str(device).replace(':', '_')}")
    for name in dir(compat):
        if not name.startswith("_"):
            setattr(xp, name, getattr(compat, name))
    for name in CREATORS:
        setattr(xp, name, _on(getattr(compat, name), device))
    gets_and_puts = (indexing.index_get, indexing.index_put, indexing.index_embed)
    for function in (astype, positive, *gets_and_puts):
        setattr(xp, function.__name__, function)
    for name, generic in (*convolution.FUNCTIONS.items(), *strides.FUNCTIONS.items()):
        setattr(xp, name, partial(generic, xp))
    # array-api-compat mends the promotion of 0-d operands, which come here promoted.
    for name in ("matmul", "maximum", "minimum", "where"):
        setattr(xp, name, getattr(torch, name))
    for functions in (linalg.FUNCTIONS, special.FUNCTIONS, ranks.FUNCTIONS):
        for name, value in functions.items():
            setattr(xp, name, value)
    setattr(xp, "matrix_transpose", attrgetter("mT"))  # noqa: B010
    for name in special.GENERIC:
        delattr(xp, name)
    return complete(xp)
