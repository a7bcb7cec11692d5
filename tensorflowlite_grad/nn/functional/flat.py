"""The forms of these functions that PyTorch has at its top level, with arguments of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...functions import elementwise
from ...functions.arguments import as_tensor_argument
from ...functions.outputs import takes_out
from ...functions.shape import reshape
from ...ops import activation as ops
from . import loss, normalization, pairs
from .activation import (
    celu,
    celu_,
    hardshrink,
    prelu,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    threshold,
    threshold_,
)
from .alignment import ctc_loss as _ctc_loss
from .common import as_floating, raw
from .distance import cosine_similarity, pairwise_distance, pdist
from .dropout import alpha_dropout as _alpha_dropout
from .dropout import dropout as _dropout
from .dropout import feature_alpha_dropout as _feature_alpha_dropout
from .dropout import feature_dropout as _feature_dropout
from .dropout import kept
from .embedding import embedding as _embedding
from .linear import bilinear
from .normalization import rms_norm

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "alpha_dropout",
    "alpha_dropout_",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "cosine_embedding_loss",
    "cosine_similarity",
    "ctc_loss",
    "dropout",
    "dropout_",
    "embedding",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
    "group_norm",
    "hardshrink",
    "hinge_embedding_loss",
    "instance_norm",
    "kl_div",
    "layer_norm",
    "margin_ranking_loss",
    "native_batch_norm",
    "native_dropout",
    "native_dropout_backward",
    "native_group_norm",
    "native_layer_norm",
    "pairwise_distance",
    "pdist",
    "poisson_nll_loss",
    "prelu",
    "relu_",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
]


def _reduction(number: Any) -> str:
    """Return how losses are reduced, which is a number at PyTorch's top level."""
    if isinstance(number, str):
        return number
    try:
        return ("none", "mean", "sum")[number]
    except IndexError:
        raise ValueError(f"{number} is not a valid value for reduction: 0, 1 or 2 is") from None


def _dropped(function: Any, in_place: bool) -> Any:
    def call(input: Any, p: float, train: bool) -> Tensor:
        return function(input, p, train, in_place)

    call.__name__ = call.__qualname__ = function.__name__ + ("_" if in_place else "")
    call.__doc__ = (
        f"Return what `nn.functional.{function.__name__}` does"
        f"{', written into the input' if in_place else ''}.\n\nExamples\n--------\n"
        ">>> import tensorflowlite_grad as tg\n"
        f">>> tg.{call.__name__}(tg.ones(1, 2), 0.0, True)\ntensor([[1., 1.]])\n"
    )
    return call


_FORMS = (_dropout, _alpha_dropout, _feature_alpha_dropout, _feature_dropout)
dropout, alpha_dropout, feature_alpha_dropout, feature_dropout = (
    _dropped(f, False) for f in _FORMS
)
dropout_, alpha_dropout_, feature_alpha_dropout_, feature_dropout_ = (
    _dropped(f, True) for f in _FORMS
)


def batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Tensor:
    """Return what `nn.functional.batch_norm` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.batch_norm(tg.tensor([[1.0], [3.0]]), None, None, None, None, True, 0.1, 1e-5)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    return normalization.batch_norm(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )


def instance_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Tensor:
    """Return what `nn.functional.instance_norm` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.instance_norm(tg.tensor([[[1.0, 3.0]]]), None, None, None, None, True, 0.1, 1e-5)
    tensor([[[-1.0000,  1.0000]]])
    """
    return normalization.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


def layer_norm(
    input: Any,
    normalized_shape: Any,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """Return what `nn.functional.layer_norm` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.layer_norm(tg.tensor([[1.0, 3.0]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    return normalization.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Any,
    num_groups: int,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Return what `nn.functional.group_norm` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.group_norm(tg.tensor([[1.0, 3.0]]), 1)
    tensor([[-1.0000,  1.0000]])
    """
    return normalization.group_norm(input, num_groups, weight, bias, eps)


def native_layer_norm(
    input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `layer_norm` does, the means, and one over the deviations.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> out, mean, rate = tg.native_layer_norm(tg.tensor([[1.0, 3.0]]), (2,), None, None, 0.0)
    >>> mean, rate
    (tensor([[2.]]), tensor([[1.]]))
    """
    out, mean, variance = normalization.layer_moments(input, normalized_shape, weight, bias, eps)
    # Without gradients, as in PyTorch.
    return out, mean.detach(), elementwise.rsqrt(variance.detach() + eps)


def native_group_norm(
    input: Any, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `group_norm` does, the means, and one over the deviations.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[[1.0, 3.0]]])
    >>> tg.native_group_norm(x, None, None, 1, 1, 2, 1, 0.0)[0]
    tensor([[[-1.,  1.]]])
    """
    out, mean, variance = normalization.group_moments(input, group, weight, bias, eps)
    rate = elementwise.rsqrt(variance + eps)
    return out, reshape(mean, (N, group)), reshape(rate, (N, group))


@takes_out()
def native_batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    *,
    out: Any = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `batch_norm` does, the batch's means, and one over its deviations.

    Not in training, the last two are empty.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[1.0], [3.0]])
    >>> tg.native_batch_norm(x, None, None, None, None, True, 0.1, 0.0)[1]
    tensor([2.])
    """
    result, mean, variance = normalization.batch_moments(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )
    if mean is None:
        return result, input.new_zeros((0,)), input.new_zeros((0,))
    rate = elementwise.rsqrt(variance.detach() + eps)
    return result, reshape(mean.detach(), (-1,)), reshape(rate, (-1,))


def native_dropout(input: Any, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """Return what `dropout` does, and which elements have been kept.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.native_dropout(tg.ones(2), 0.0, True)
    (tensor([1., 1.]), tensor([True, True]))
    """
    input = as_tensor_argument("native_dropout", input)
    place = input._place
    if train is not None and not train:
        return input.clone(), raw(input, place.xp.ones_like(input._array, dtype=place.xp.bool))
    mask = kept(input, p, False)
    return ops.masked_scale.record(input, mask, 1 / (1 - p) if p < 1 else 0.0), mask


def native_dropout_backward(grad_output: Any, mask: Any, scale: float) -> Tensor:
    """Return the gradient of a dropout.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.native_dropout_backward(tg.ones(2), tg.tensor([True, False]), 2.0)
    tensor([2., 0.])
    """
    grad_output = as_floating(as_tensor_argument("native_dropout_backward", grad_output))
    return ops.masked_scale.record(grad_output, mask, scale)


def embedding(
    weight: Any,
    indices: Any,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Return what `nn.functional.embedding` does; the table comes first.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.embedding(tg.tensor([[1.0], [2.0]]), tg.tensor([1]))
    tensor([[2.]])
    """
    padding = padding_idx if padding_idx >= 0 else None
    return _embedding(indices, weight, padding, None, 2.0, scale_grad_by_freq, sparse)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: Any = 1
) -> Tensor:
    """Return what `nn.functional.binary_cross_entropy_with_logits` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.binary_cross_entropy_with_logits(tg.zeros(1), tg.ones(1))
    tensor(0.6931)
    """
    return loss.binary_cross_entropy_with_logits(
        input, target, weight, reduction=_reduction(reduction), pos_weight=pos_weight
    )


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: Any = 1
) -> Tensor:
    """Return what `nn.functional.cosine_embedding_loss` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cosine_embedding_loss(tg.eye(2), tg.eye(2).flip(0), tg.tensor([1, 1]))
    tensor(1.)
    """
    return pairs.cosine_embedding_loss(
        input1, input2, target, margin, reduction=_reduction(reduction)
    )


def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, reduction: Any = 1
) -> Tensor:
    """Return what `nn.functional.hinge_embedding_loss` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.hinge_embedding_loss(tg.tensor([0.5]), tg.tensor([1]))
    tensor(0.5000)
    """
    return pairs.hinge_embedding_loss(input, target, margin, reduction=_reduction(reduction))


def kl_div(input: Any, target: Any, reduction: Any = 1, *, log_target: bool = False) -> Tensor:
    """Return what `nn.functional.kl_div` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.kl_div(tg.zeros(1), tg.ones(1), 2)
    tensor(0.)
    """
    return loss.kl_div(input, target, reduction=_reduction(reduction), log_target=log_target)


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: Any = 1
) -> Tensor:
    """Return what `nn.functional.margin_ranking_loss` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.margin_ranking_loss(tg.tensor([1.0]), tg.tensor([3.0]), tg.tensor([1.0]))
    tensor(2.)
    """
    return pairs.margin_ranking_loss(
        input1, input2, target, margin, reduction=_reduction(reduction)
    )


def poisson_nll_loss(
    input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: Any
) -> Tensor:
    """Return what `nn.functional.poisson_nll_loss` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.poisson_nll_loss(tg.zeros(1), tg.ones(1), True, False, 1e-8, 1)
    tensor(1.)
    """
    return loss.poisson_nll_loss(
        input, target, log_input, full, eps=eps, reduction=_reduction(reduction)
    )


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: Any = 1,
) -> Tensor:
    """Return what `nn.functional.triplet_margin_loss` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> a, b = tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]])
    >>> tg.triplet_margin_loss(a, b, a)
    tensor(6.0000)
    """
    return pairs.triplet_margin_loss(
        anchor, positive, negative, margin, p, eps, swap, reduction=_reduction(reduction)
    )


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: Any = 1,
    zero_infinity: bool = False,
) -> Tensor:
    """Return what `nn.functional.ctc_loss` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.log_softmax(tg.zeros(4, 1, 3), -1)
    >>> tg.ctc_loss(x, tg.tensor([[1, 2]]), (4,), (2,), reduction=2)
    tensor(1.6864)
    """
    return _ctc_loss(
        log_probs,
        targets,
        input_lengths,
        target_lengths,
        blank,
        _reduction(reduction),
        zero_infinity,
    )
