"""Softmax and what is made of it: numbers as shares of a whole."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ...functions import reductions
from ...functions.arguments import as_tensor_argument
from ...functions.arguments import axis as axis_of
from ...functions.extremes import argmax
from ...functions.generators import generator_of
from ...ops import conversion
from .common import raw

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["gumbel_softmax", "log_softmax", "softmax", "softmin"]


def _dim(name: str, dim: int | None, ndim: int) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=4,
    )
    return 0 if ndim in (0, 1, 3) else 1


def _converted(input: Any, dtype: Any) -> Any:
    return input if dtype is None else conversion.cast(input, dtype)


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return the exponentials along `dim`, scaled to sum to one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.softmax(tg.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    input = as_tensor_argument("softmax", input)
    return reductions.softmax(_converted(input, dtype), _dim("softmax", dim, input._array.ndim))


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return the softmax of the negative elements.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.softmin(tg.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    input = as_tensor_argument("softmin", input)
    return reductions.softmax(_converted(-input, dtype), _dim("softmin", dim, input._array.ndim))


def log_softmax(
    input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Return the logarithm of `softmax`, computed without loss.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.log_softmax(tg.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    input = as_tensor_argument("log_softmax", input)
    d = _dim("log_softmax", dim, input._array.ndim)
    return reductions.log_softmax(_converted(input, dtype), d)


def gumbel_softmax(
    logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """Return a sample of the Gumbel-softmax distribution: a class drawn, but differentiable.

    Parameters
    ----------
    logits : Tensor
        Logarithms of probabilities, up to a constant.
    tau : number
        The temperature; the lower, the closer the sample is to a single class.
    hard : bool
        Whether the sample is exactly one class; the gradient is as if it were not.
    eps : number
        Without effect, as in PyTorch.
    dim : int

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.gumbel_softmax(tg.zeros(2, 3), hard=True).sum(-1)
    tensor([1., 1.])
    """
    logits = as_tensor_argument("gumbel_softmax", logits)
    d = axis_of("gumbel_softmax", dim, logits._array.ndim)
    place = logits._place
    drawn = generator_of(place).uniform(place.xp, tuple(logits._array.shape), logits._array.dtype)
    with place.entered():
        # -log of a number of (0, 1] is exponentially distributed, and finite.
        noise = raw(logits, -place.xp.log(-place.xp.log(_inner(place.xp, drawn))))
    soft = reductions.softmax((logits + noise) / tau, d)
    if not hard:
        return soft
    chosen = argmax(soft, d, True)
    steps = place.xp.arange(logits._array.shape[d], dtype=chosen._array.dtype)
    steps = raw(logits, place.xp.reshape(steps, (-1,) + (1,) * (logits._array.ndim - d - 1)))
    return (chosen == steps).to(soft.dtype) - soft.detach() + soft


def _inner(xp: Any, drawn: Any) -> Any:
    """Return numbers of [0, 1) with 0 replaced: the logarithms of both ends are infinite."""
    return xp.where(drawn == 0, xp.full_like(drawn, 0.5), drawn)
