"""PyTorch's functions as an Array API namespace, bound to one device."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from types import ModuleType
from typing import Any

import array_api_compat.torch as compat
import torch

from tensorflowlite_grad.backend.fallbacks import complete

from . import convolution, indexing, linalg, special, strides

CREATORS = ("asarray", "zeros", "ones", "empty", "full", "arange", "eye", "linspace")


def astype(x: Any, dtype: Any, copy: bool = True) -> Any:
    """Convert, from complex to real without a warning."""
    if x.dtype.is_complex and not dtype.is_complex and dtype is not torch.bool:
        x = x.real
    return x.to(dtype, copy=copy)


def positive(x: Any) -> Any:
    """``+x`` in memory of its own: PyTorch hands its argument back."""
    return torch.positive(x).clone()


def top_positions(x: Any, k: int, axis: int, largest: bool) -> Any:
    """Return where the `k` greatest (or least) elements are along an axis, in their order."""
    return torch.topk(x, k, axis, largest).indices


def rank_position(x: Any, rank: int, axis: int) -> Any:
    """Return where the element of a rank is along an axis, which stays, with size 1."""
    return torch.kthvalue(x, rank + 1, axis, True).indices


def _on(create: Any, device: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            # Whatever the user has made PyTorch's default device.
            return create(*args, device=device, **kwargs)
        except RuntimeError as error:
            if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error):
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
    for name, function in (*convolution.FUNCTIONS.items(), *strides.FUNCTIONS.items()):
        setattr(xp, name, partial(function, xp))
    # array-api-compat mends the promotion of 0-d operands, which come here promoted.
    for name in ("matmul", "maximum", "minimum", "where"):
        setattr(xp, name, getattr(torch, name))
    for name, value in (*linalg.FUNCTIONS.items(), *special.FUNCTIONS.items()):
        setattr(xp, name, value)
    setattr(xp, "cumulative_max", lambda x, axis: torch.cummax(x, axis).values)  # noqa: B010
    setattr(xp, "cumulative_logsumexp", torch.logcumsumexp)  # noqa: B010
    setattr(xp, "top_positions", top_positions)  # noqa: B010
    setattr(xp, "rank_position", rank_position)  # noqa: B010
    setattr(xp, "matrix_transpose", attrgetter("mT"))  # noqa: B010
    return complete(xp)
