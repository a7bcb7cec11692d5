"""Losses of classes: cross entropy and margins."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...functions import elementwise, reductions
from ...functions.elementwise import where
from ...functions.shape import reshape, unsqueeze
from ...ops import conversion, promotion
from ...ops import indexing as index_ops
from ...ops import loss as ops
from .common import arguments, floating, like, raw, reduced, reduction_of
from .linear import linear
from .loss import binary_cross_entropy_with_logits

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "cross_entropy",
    "linear_cross_entropy",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
]


class _Targets:
    """Class indices, checked, as they select from an input with classes along an axis.

    Attributes
    ----------
    index : tuple of arrays
        Of the input, keeping the axis of classes with length one.
    safe : array
        The classes, 0 where they are to be ignored.
    valid : Tensor or None
        Where they are not; None if that is everywhere.
    """

    def __init__(self, name: str, input: Any, target: Any, axis: int, ignore: int) -> None:
        place = promotion.common_place(name, [input, target])
        input, target = conversion.move(input, place), conversion.move(target, place)
        xp, native = place.xp, place.native(dtypes.int64)
        with place.entered():
            found = xp.astype(target._array, native)
            count = prod(found.shape)
            self.valid = None
            if count:
                valid = found != ignore
                if place.level or not bool(xp.all(valid)):
                    self.valid = raw(input, valid)
                    found = xp.where(valid, found, xp.zeros_like(found))
                self._check(name, place, found, input._array.shape[axis])
            self.safe = found
            positions = xp.expand_dims(found, axis=axis)
            ndim = positions.ndim
            grids = [
                xp.reshape(xp.arange(n, dtype=native), (1,) * k + (-1,) + (1,) * (ndim - k - 1))
                for k, n in enumerate(positions.shape)
            ]
            self.index = (*grids[:axis], positions, *grids[axis + 1 :])

    @staticmethod
    def _check(name: str, place: Any, found: Any, classes: int) -> None:
        low, high = place.bounds(found)
        if low < 0 or high >= classes:
            bad = low if low < 0 else high
            raise IndexError(f"Target {bad} is out of bounds: {name}() has {classes} classes")

    def kept(self, losses: Any) -> Any:
        """Return losses with those of ignored targets as 0."""
        return losses if self.valid is None else where(self.valid, losses, like(losses, 0))

    def factors(self, weight: Any) -> Any:
        """Return the weight of each target's class, None if all are 1."""
        place = weight._place
        with place.entered():
            chosen = place.xp.index_get(weight._array, (self.safe,))
        return self.kept(raw(weight, chosen))

    def mean(self, losses: Any, factors: Any) -> Any:
        """Return the mean of losses, by the weights that they have been multiplied with."""
        if factors is not None:
            return losses.sum() / factors.sum()
        if self.valid is not None:
            return losses.sum() / self.valid.sum()
        return losses.mean()


def _class_axis(input: Any) -> int:
    return 0 if input._array.ndim == 1 else 1


def _check_indices(name: str, input: Any, target: Any, weight: Any) -> int:
    """Check an input of scores against targets of class indices; return the axis of classes."""
    if not input._array.ndim:
        raise RuntimeError(f"{name}(): input tensor should be 1D or more, not a 0-d tensor")
    axis = _class_axis(input)
    shape, have = tuple(input._array.shape), tuple(target._array.shape)
    want = shape[:axis] + shape[axis + 1 :]
    if have != want:
        if axis and have[:1] != want[:1]:
            sizes = f"({want[0]}) to match target batch_size ({have[0] if have else 'none'})"
            raise ValueError(f"Expected input batch_size {sizes}.")
        raise RuntimeError(
            f"Expected target size {list(want)}, got {list(have)}: {name}() needs one class for "
            "each place of the other axes"
        )
    if target.dtype not in (dtypes.int64, dtypes.uint8):
        raise RuntimeError(
            f"expected scalar type Long but found {dtypes.LEGACY_NAMES[target.dtype.name]}: "
            f"{name}() takes class indices as integers"
        )
    if weight is not None and tuple(weight._array.shape) != (shape[axis],):
        raise RuntimeError(
            "weight tensor should be defined either for all "
            f"{shape[axis]} classes or no classes but got weight tensor of shape: "
            f"{list(weight._array.shape)}"
        )
    return axis


def _without_axis(losses: Any, target: Any) -> Any:
    return reshape(losses, tuple(target._array.shape))


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the negative log likelihood of classes, given logarithms of probabilities.

    Parameters
    ----------
    input : Tensor
        Of shape (C,), (N, C) or (N, C, ...).
    target : Tensor of int64
        Of shape (), (N,) or (N, ...).
    weight : Tensor, optional
        For each class; the mean is the weighted one.
    size_average, reduce : bool, optional
        The old spelling of `reduction`.
    ignore_index : int
        Targets of this value do not count.
    reduction : {'mean', 'sum', 'none'}

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.log_softmax(tg.tensor([[1.0, 1.0]]), 1)
    >>> tg.nn.functional.nll_loss(x, tg.tensor([0]))
    tensor(0.6931)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = arguments("nll_loss", input=input, target=target)
    axis = _check_indices("nll_loss", input, target, weight)
    floating("nll_loss_out_frame", input)
    chosen = _Targets("nll_loss", input, target, axis, ignore_index)
    losses = -_without_axis(index_ops.gather.record(input, chosen.index), target)
    return _over_classes(losses, chosen, weight, reduction)


def _over_classes(losses: Any, chosen: _Targets, weight: Any, reduction: str) -> Any:
    losses = chosen.kept(losses)
    factors = None if weight is None else chosen.factors(weight)
    if factors is not None:
        losses = losses * factors
    return chosen.mean(losses, factors) if reduction == "mean" else reduced(losses, reduction)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the cross entropy of the softmax of logits.

    Parameters
    ----------
    input : Tensor
        Logits, of shape (C,), (N, C) or (N, C, ...).
    target : Tensor
        Classes of dtype int64, in the shape of `input` without its axis of classes; or
        probabilities, in the whole shape.
    weight : Tensor, optional
        For each class; of classes, the mean is the weighted one.
    size_average, reduce : bool, optional
        The old spelling of `reduction`.
    ignore_index : int
        Targets of this value do not count.
    reduction : {'mean', 'sum', 'none'}
    label_smoothing : number
        Of [0, 1]: how far targets are moved toward equal probabilities.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> logits = tg.tensor([[0.0, 2.0], [1.0, 1.0]], requires_grad=True)
    >>> loss = tg.nn.functional.cross_entropy(logits, tg.tensor([1, 0]))
    >>> loss.backward()
    >>> logits.grad
    tensor([[ 0.0596, -0.0596],
            [-0.2500,  0.2500]])
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = arguments("cross_entropy", input=input, target=target)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    floating("log_softmax_lastdim_kernel_impl", input)
    if input._array.ndim and tuple(input._array.shape) == tuple(target._array.shape):
        return _of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    axis = _check_indices("cross_entropy", input, target, weight)
    chosen = _Targets("cross_entropy", input, target, axis, ignore_index)
    losses, _, _ = ops.cross_entropy.record(input, axis, chosen.index)
    if not label_smoothing:
        return _over_classes(_without_axis(losses, target), chosen, weight, reduction)
    plain = _over_classes(_without_axis(losses, target), chosen, weight, reduction)
    picked = index_ops.gather.record(input, chosen.index)
    classes = input._array.shape[axis]
    if weight is None:
        even = (losses + picked) * classes - input.sum(axis, True)
    else:
        shape = (-1,) + (1,) * (input._array.ndim - axis - 1)
        even = (losses + picked) * weight.sum() - (input * reshape(weight, shape)).sum(axis, True)
    even = chosen.kept(_without_axis(even, target))
    if reduction == "mean":
        even = chosen.mean(even, None if weight is None else chosen.factors(weight))
    else:
        even = reduced(even, reduction)
    return plain * (1 - label_smoothing) + even * (label_smoothing / classes)


def _of_probabilities(
    input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Any:
    if not target.dtype.is_floating_point:
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{dtypes.LEGACY_NAMES[target.dtype.name]}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    axis = _class_axis(input)
    classes = input._array.shape[axis]
    if weight is not None and tuple(weight._array.shape) != (classes,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or "
            f"no classes but got weight tensor of shape: {list(weight._array.shape)}"
        )
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    if weight is not None:
        target = target * reshape(weight, (-1,) + (1,) * (input._array.ndim - axis - 1))
    losses = -(reductions.log_softmax(input, axis) * target).sum(axis)
    if reduction == "mean":
        return losses.sum() / max(input.numel() // max(classes, 1), 1)
    return reduced(losses, reduction)


def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """Return the `cross_entropy` of what a linear layer makes of features.

    Parameters
    ----------
    input : Tensor
        Of shape (features,) or (N, features).
    linear_weight : Tensor
        Of shape (C, ..., features).
    target : Tensor
    linear_bias : Tensor, optional
        Of shape (C, ...).
    weight, reduction, ignore_index, label_smoothing
        As those of `cross_entropy`.
    options : optional
        How PyTorch divides the work; without effect here.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> F = tg.nn.functional
    >>> F.linear_cross_entropy(tg.tensor([1.0, 2.0]), tg.eye(2), tg.tensor(1))
    tensor(0.3133)
    """
    input, linear_weight, target = arguments(
        "linear_cross_entropy", input=input, linear_weight=linear_weight, target=target
    )
    shape, wide = tuple(input._array.shape), tuple(linear_weight._array.shape)
    if len(shape) not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {len(shape)}")
    if len(wide) < 2:
        raise RuntimeError(
            f"expected linear_weight with dimensionality at least 2, got {len(wide)}"
        )
    if shape[-1] != wide[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{shape[-1]} and {wide[-1]}, respectively"
        )
    if linear_bias is not None and tuple(linear_bias.shape) != wide[:-1]:
        raise RuntimeError(
            f"expected linear_bias shape {wide[:-1]}, got {tuple(linear_bias.shape)}"
        )
    if len(wide) > 2 and len(shape) == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {wide} requires batched input, (N, "
            f"{shape[-1]}), got unbatched input with shape {shape}"
        )
    logits_shape = (*shape[:-1], *wide[:-1])
    if tuple(target._array.shape) == logits_shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    if len(wide) > 2:
        linear_weight = reshape(linear_weight, (prod(wide[:-1]), wide[-1]))
        linear_bias = None if linear_bias is None else reshape(linear_bias, (prod(wide[:-1]),))
    logits = reshape(linear(input, linear_weight, linear_bias), logits_shape)
    return cross_entropy(
        logits,
        target,
        weight=weight,
        reduction=reduction,
        ignore_index=-100 if ignore_index is None else ignore_index,
        label_smoothing=label_smoothing,
    )


def _batched(name: str, input: Any, target: Any, wide: bool) -> tuple[Any, Any]:
    """Return scores and targets with a batch axis, checked."""
    shape, have = tuple(input._array.shape), tuple(target._array.shape)
    if len(shape) > 2 or (len(shape) == 2 and not shape[1]) or shape == (0,):
        raise RuntimeError(
            "Expected non-empty vector or matrix with optional 0-dim batch size, but got: "
            f"{list(shape)} in {name}()"
        )
    rows = shape[0] if len(shape) == 2 else 1
    classes = shape[-1] if shape else 1
    if wide:
        if (len(shape) == 2 and have != shape) or (
            len(shape) < 2 and (len(have) > 1 or prod(have) != classes)
        ):
            raise RuntimeError(
                f"inconsistent target size: {list(have)} for input of size: {list(shape)} in "
                f"{name}()"
            )
        return reshape(input, (rows, classes)), reshape(target, (rows, classes))
    if len(have) > 1 or prod(have) != rows:
        raise RuntimeError(
            "target tensor should be 1-D with size equal to the batch of the input. Expected "
            f"target size [{rows}], but got {list(have)} in {name}()"
        )
    return reshape(input, (rows, classes)), reshape(target, (rows,))


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return by how much scores fail to be below that of the true class by a margin.

    Parameters
    ----------
    input : Tensor
        Scores, of shape (C,) or (N, C).
    target : Tensor of int64
        The true classes.
    p : {1, 2}
        The power that each failure is raised to.
    margin : number
    weight : Tensor, optional
        For each class.
    size_average, reduce : bool, optional
        The old spelling of `reduction`.
    reduction : {'mean', 'sum', 'none'}

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.multi_margin_loss(tg.tensor([[1.0, 3.0]]), tg.tensor([0]))
    tensor(1.5000)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = arguments("multi_margin_loss", input=input, target=target)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    classes = input._array.shape[-1] if input._array.ndim else 1
    if weight is not None and weight._array.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    if weight is not None and weight._array.shape[0] != classes:
        raise RuntimeError(
            f"inconsistent weight size, expected {classes} but got {list(weight._array.shape)}"
        )
    floating("multi_margin_loss_cpu", input)
    flat = input._array.ndim < 2 and not target._array.ndim
    scores, classes_of = _batched("multi_margin_loss", input, target, False)
    if target.dtype is not dtypes.int64:
        raise RuntimeError(
            f"expected scalar type Long but found {dtypes.LEGACY_NAMES[target.dtype.name]}"
        )
    xp = scores._place.xp
    # No class is to be ignored: -1 is out of bounds as any other.
    chosen = _Targets("multi_margin_loss", scores, classes_of, 1, classes)
    if chosen.valid is not None:
        raise IndexError(f"Target {classes} is out of bounds in multi_margin_loss()")
    short = elementwise.clamp_min(
        scores - index_ops.gather.record(scores, chosen.index) + margin, 0
    )
    short = short if p == 1 else short * short
    with scores._place.entered():
        steps = xp.reshape(xp.arange(classes, dtype=chosen.safe.dtype), (1, -1))
        true = raw(scores, xp.expand_dims(chosen.safe, axis=1) == steps)
    short = where(true, like(short, 0), short)
    if weight is not None:
        short = short * unsqueeze(chosen.factors(weight), 1)
    losses = short.sum(1) / classes
    return reduced(reshape(losses, ()) if flat else losses, reduction)


def multilabel_margin_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return by how much other scores fail to be below those of several true classes by 1.

    Parameters
    ----------
    input : Tensor
        Scores, of shape (C,) or (N, C).
    target : Tensor of int64
        In the same shape: the true classes of each row, ended by -1.
    size_average, reduce : bool, optional
        The old spelling of `reduction`.
    reduction : {'mean', 'sum', 'none'}

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, y = tg.tensor([[0.1, 0.2, 0.4]]), tg.tensor([[2, -1, 0]])
    >>> tg.nn.functional.multilabel_margin_loss(x, y)
    tensor(0.5000)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = arguments("multilabel_margin_loss", input=input, target=target)
    floating("multilabel_margin_loss_forward_out_frame", input)
    flat = input._array.ndim < 2
    scores, classes_of = _batched("multilabel_margin_loss", input, target, True)
    rows, classes = scores._array.shape
    xp = scores._place.xp
    with scores._place.entered():
        found = xp.astype(classes_of._array, scores._place.native(dtypes.int64))
        ended = xp.cumulative_sum(xp.astype(found < 0, found.dtype), axis=1) > 0
        found = xp.where(ended, xp.full_like(found, classes), found)
        if prod(found.shape) and int(xp.max(found)) > classes:
            raise RuntimeError(f"multilabel_margin_loss(): target out of range, of {classes}")
        steps = xp.reshape(xp.arange(classes, dtype=found.dtype), (1, 1, -1))
        true = raw(scores, xp.any(xp.expand_dims(found, axis=2) == steps, axis=1))
        ended = raw(scores, ended)
        safe = xp.where(found == classes, xp.zeros_like(found), found)
        grid = xp.reshape(xp.arange(rows, dtype=found.dtype), (-1, 1))
    targets = index_ops.gather.record(scores, (grid, safe))
    short = elementwise.clamp_min(1 - unsqueeze(targets, 2) + unsqueeze(scores, 1), 0)
    outside = elementwise.where(unsqueeze(true, 1) | unsqueeze(ended, 2), like(short, 0), short)
    losses = outside.sum((1, 2)) / classes
    return reduced(reshape(losses, ()) if flat else losses, reduction)


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the mean over classes, each a yes or a no, of the cross entropy of logits.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, y = tg.tensor([[0.0, 0.0]]), tg.tensor([[1.0, 0.0]])
    >>> tg.nn.functional.multilabel_soft_margin_loss(x, y)
    tensor(0.6931)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = arguments("multilabel_soft_margin_loss", input=input, target=target)
    loss = binary_cross_entropy_with_logits(input, target, weight, reduction="none")
    return reduced(loss.sum(-1) / input._array.shape[-1], reduction)
