"""Losses between numbers and between probabilities."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from ...functions import elementwise
from ...functions.creation import ones_like
from ...functions.elementwise import where
from ...functions.shape import unsqueeze
from ...ops import loss as ops
from .common import arguments, like, reduced, reduction_of

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
]


def _sizes(tensor: Any) -> str:
    return f"torch.Size({list(tensor._array.shape)})"


def _pair(name: str, input: Any, target: Any) -> list[Any]:
    """Return input and target; warn where they only broadcast."""
    input, target = arguments(name, input=input, target=target)
    if tuple(input._array.shape) != tuple(target._array.shape):
        warnings.warn(
            f"Using a target size ({_sizes(target)}) that is different to the input size "
            f"({_sizes(input)}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )
    return [input, target]


def _weighted(loss: Any, input: Any, weight: Any, reduction: str, by_weight: bool) -> Any:
    if weight is None:
        return reduced(loss, reduction)
    if tuple(weight.shape) != tuple(input.shape):
        raise ValueError("Weights and input must have the same size.")
    loss = loss * weight
    if reduction == "mean" and by_weight:
        return loss.sum() / weight.sum()
    return reduced(loss, reduction)


def mse_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """Return the squared differences, their mean or their sum.

    Parameters
    ----------
    input, target : Tensor
    size_average, reduce : bool, optional
        The old spelling of `reduction`.
    reduction : {'mean', 'sum', 'none'}
    weight : Tensor, optional
        Multiplies each element's loss; the mean is the weighted one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.mse_loss(tg.tensor([1.0, 4.0]), tg.tensor([1.0, 2.0]))
    tensor(2.)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = _pair("mse_loss", input, target)
    return _weighted(ops.mse.call(input, target), input, weight, reduction, True)


def l1_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """Return the absolute differences, their mean or their sum.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.l1_loss(tg.tensor([1.0, 4.0]), tg.tensor([1.0, 2.0]))
    tensor(1.)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = _pair("l1_loss", input, target)
    if input.dtype.is_complex or target.dtype.is_complex:
        loss = elementwise.abs(input - target)
    else:
        loss = ops.l1.call(input, target)
    return _weighted(loss, input, weight, reduction, True)


def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Return the absolute differences less ``beta / 2``, below `beta` half their squares over it.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.smooth_l1_loss(tg.tensor([1.0, 4.0]), tg.zeros(2), reduction="none")
    tensor([0.5000, 3.5000])
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = _pair("smooth_l1_loss", input, target)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return reduced(ops.l1.call(input, target), reduction)
    return reduced(ops.smooth_l1.call(input, target, beta), reduction)


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Tensor:
    """Return half the squared differences, beyond `delta` going on as a straight line.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.huber_loss(tg.tensor([1.0, 4.0]), tg.zeros(2), reduction="none")
    tensor([0.5000, 3.5000])
    """
    reduction = reduction_of(reduction)
    input, target = _pair("huber_loss", input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    return _weighted(ops.huber.call(input, target, delta), input, weight, reduction, False)


def _same_size(input: Any, target: Any) -> None:
    if tuple(input._array.shape) != tuple(target._array.shape):
        raise ValueError(
            f"Target size ({_sizes(target)}) must be the same as input size ({_sizes(input)}): "
            "Using a target size that is different to the input size is deprecated. Please ensure "
            "they have the same size."
        )


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the cross entropy of probabilities of two classes.

    Parameters
    ----------
    input : Tensor
        Probabilities. Their logarithms count as -100 at least.
    target : Tensor
        True probabilities, mostly 0 and 1.
    weight : Tensor, optional
        Multiplies the losses, broadcasting.
    size_average, reduce : bool, optional
        The old spelling of `reduction`.
    reduction : {'mean', 'sum', 'none'}

    Raises
    ------
    RuntimeError
        If an element of `input` is no probability.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.binary_cross_entropy(tg.tensor([0.5, 0.9]), tg.tensor([1.0, 1.0]))
    tensor(0.3993)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = arguments("binary_cross_entropy", input=input, target=target)
    _same_size(input, target)
    if input.numel() and not bool(((input.detach() >= 0) & (input.detach() <= 1)).all()):
        raise RuntimeError("all elements of input should be between 0 and 1")
    loss = ops.binary_cross_entropy.call(input, target)
    return reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """Return the cross entropy of two classes, given logits; exact far out too.

    Parameters
    ----------
    input : Tensor
        Logits: the probabilities are their sigmoids.
    target : Tensor
    weight : Tensor, optional
        Multiplies the losses, broadcasting.
    size_average, reduce : bool, optional
        The old spelling of `reduction`.
    reduction : {'mean', 'sum', 'none'}
    pos_weight : Tensor, optional
        Multiplies the loss of positive targets, broadcasting.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> F = tg.nn.functional
    >>> F.binary_cross_entropy_with_logits(tg.tensor([0.0, 2.0]), tg.tensor([1.0, 0.0]))
    tensor(1.4100)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = arguments("binary_cross_entropy_with_logits", input=input, target=target)
    _same_size(input, target)
    if pos_weight is None:
        loss = ops.binary_cross_entropy_with_logits.call(input, target)
    else:
        loss = ops.weighted_cross_entropy_with_logits.call(input, target, pos_weight)
    return reduced(loss if weight is None else loss * weight, reduction)


def kl_div(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Return the Kullback-Leibler divergence: ``target * (log(target) - input)``.

    Parameters
    ----------
    input : Tensor
        Logarithms of probabilities.
    target : Tensor
        Probabilities, or logarithms of them if `log_target`.
    size_average, reduce : bool, optional
        The old spelling of `reduction`.
    reduction : {'mean', 'batchmean', 'sum', 'none'}
        ``batchmean``, the sum over the length of the first axis, is the mathematical one.
    log_target : bool

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> p, q = tg.tensor([0.5, 0.5]), tg.tensor([0.25, 0.75])
    >>> tg.nn.functional.kl_div(q.log(), p, reduction="sum")
    tensor(0.1438)
    """
    batch = reduction == "batchmean" and size_average is None and reduce is None
    reduction = "sum" if batch else reduction_of(reduction, size_average, reduce)
    input, target = arguments("kl_div", input=input, target=target)
    if reduction == "mean" and input._array.ndim:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support "
            "size. 'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.",
            stacklevel=2,
        )
    if log_target:
        loss = elementwise.exp(target) * (target - input)
    else:
        loss = elementwise.xlogy(target, target) - target * input
    out = reduced(loss, reduction)
    if batch and input._array.ndim:
        out = out / input._array.shape[0]
    return out


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the negative log likelihood of counts under Poisson distributions.

    Parameters
    ----------
    input : Tensor
        The expected counts, or their logarithms if `log_input`.
    target : Tensor
        The counts.
    log_input : bool
    full : bool
        Whether Stirling's approximation of the constant term is added.
    size_average, reduce : bool, optional
        The old spelling of `reduction`.
    eps : number
        Added to `input` before its logarithm is taken.
    reduction : {'mean', 'sum', 'none'}

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.poisson_nll_loss(tg.tensor([0.0]), tg.tensor([2.0]))
    tensor(1.)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = arguments("poisson_nll_loss", input=input, target=target)
    if log_input:
        loss = elementwise.exp(input) - target * input
    else:
        loss = input - target * elementwise.log(input + eps)
    if full:
        # Where it does not count, its argument is replaced, so that no slope is infinite.
        safe = where(target > 1, target, like(target, 1))
        log = elementwise.log
        term = safe * log(safe) - safe + 0.5 * log(2 * math.pi * safe)
        loss = loss + where(target > 1, term, like(term, 0))
    return reduced(loss, reduction)


def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Return the negative log likelihood of numbers under normal distributions.

    Parameters
    ----------
    input : Tensor
        The means.
    target : Tensor
    var : Tensor or number
        The variances, in the shape of `input`, without its last axis, or with one axis of
        length one. They count as `eps` at least, which their gradient does not see.
    full : bool
        Whether the constant term is added.
    eps : number
    reduction : {'mean', 'sum', 'none'}

    Raises
    ------
    ValueError
        If a variance is negative, or the shape of `var` does not fit.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.gaussian_nll_loss(tg.zeros(2), tg.ones(2), tg.ones(2))
    tensor(0.5000)
    """
    input, target = arguments("gaussian_nll_loss", input=input, target=target)
    if isinstance(var, (int, float)):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = ones_like(input) * var
    elif bool((var.detach() < 0).any()):
        raise ValueError("var has negative entry/entries")
    have, want = tuple(var.shape), tuple(input.shape)
    if have != want:
        if want[:-1] == have:
            var = unsqueeze(var, -1)
        elif len(have) != len(want) or sum(
            m for n, m in zip(want, have, strict=True) if n != m
        ) not in (1,):
            raise ValueError(
                f"var is of incorrect size: {list(have)} for an input of shape {list(want)}"
            )
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid: give 'none', 'mean' or 'sum'")
    low = var.detach() < eps
    lifted = where(low, like(var, eps) - var.detach(), like(var, 0)) + var
    var = where(low, lifted, var)
    loss = 0.5 * (elementwise.log(var) + elementwise.square(input - target) / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)


def soft_margin_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``log(1 + exp(-target * input))`` for targets of 1 and -1.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.soft_margin_loss(tg.tensor([0.0]), tg.tensor([1.0]))
    tensor(0.6931)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = arguments("soft_margin_loss", input=input, target=target)
    return reduced(ops.soft_margin.call(input, target), reduction)
