"""The loss of connectionist temporal classification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...autograd.graph import Variable
from ...functions.arguments import as_tensor_argument
from ...functions.elementwise import where
from ...functions.shape import unsqueeze
from ...ops import alignment as ops
from .common import floating, like, raw, reduced, reduction_of

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["ctc_loss"]


def _lengths(name: str, given: Any, batch: int) -> list[int]:
    found: Any = given
    if isinstance(found, Variable):
        tensor: Any = found
        found = tensor.reshape(-1).tolist()
    found = [int(n) for n in (found if isinstance(found, (list, tuple)) else [found])]
    if len(found) != batch:
        raise RuntimeError(f"{name} must be of size batch_size: {batch}, got {len(found)}")
    return found


def _labels(targets: Any, lengths: list[int]) -> list[list[int]]:
    """Return the classes of each sequence."""
    values = targets.tolist()
    if targets._array.ndim == 2:
        if len(values) != len(lengths):
            raise RuntimeError(
                f"Expected targets to have {len(lengths)} rows, but got {len(values)}"
            )
        width = targets._array.shape[1]
        if max(lengths, default=0) > width:
            raise RuntimeError(
                f"Expected tensor to have size at least {max(lengths)} at dimension 1, but got "
                f"size {width} for argument 'targets' (while checking arguments for ctc_loss)"
            )
        return [row[:n] for row, n in zip(values, lengths, strict=True)]
    if targets._array.ndim != 1:
        raise RuntimeError(f"ctc_loss(): targets must be 1D or 2D, not {targets._array.ndim}D")
    if sum(lengths) != len(values):
        raise RuntimeError(
            f"Expected tensor to have size {sum(lengths)} at dimension 0, but got size "
            f"{len(values)} for argument 'targets' (while checking arguments for ctc_loss)"
        )
    out, position = [], 0
    for n in lengths:
        out.append(values[position : position + n])
        position += n
    return out


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Return the negative log likelihood of target sequences, summed over alignments.

    Parameters
    ----------
    log_probs : Tensor
        Logarithms of probabilities of C classes, of shape (T, N, C), or (T, C) of one sequence.
        The gradient is the derivative with respect to them; PyTorch's adds what a `log_softmax`
        before takes off again.
    targets : Tensor of int64
        Of shape (N, S), or all sequences one after the other.
    input_lengths, target_lengths : Tensor or tuple of int
    blank : int
        The class that separates others.
    reduction : {'mean', 'sum', 'none'}
        The mean is of losses divided by the lengths of targets.
    zero_infinity : bool
        Whether infinite losses, of targets that are too long, count as zero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.log_softmax(tg.zeros(4, 1, 3), -1)
    >>> tg.nn.functional.ctc_loss(x, tg.tensor([[1, 2]]), (4,), (2,), reduction="sum")
    tensor(1.6864)
    """
    reduction = reduction_of(reduction)
    log_probs = as_tensor_argument("ctc_loss", log_probs, "log_probs")
    targets = as_tensor_argument("ctc_loss", targets, "targets", 2)
    floating("ctc_loss", log_probs)
    single = log_probs._array.ndim == 2
    if single:
        log_probs = unsqueeze(log_probs, 1)
    if log_probs._array.ndim != 3:
        raise RuntimeError(
            f"ctc_loss(): log_probs must be 3D, or 2D of one sequence, not {log_probs._array.ndim}D"
        )
    times, batch, classes = log_probs._array.shape
    if not 0 <= blank < classes:
        raise RuntimeError(f"blank must be in label range: {blank} is not one of {classes} classes")
    inputs = _lengths("input_lengths", input_lengths, batch)
    lengths = _lengths("target_lengths", target_lengths, batch)
    if any(not 0 <= n <= times for n in inputs):
        raise RuntimeError(
            f"Expected input_lengths to have value at most {times}, but got value {max(inputs)}"
        )
    if any(n < 0 for n in lengths):
        raise RuntimeError(f"Expected target_lengths to have value at least 0: {lengths}")
    labels = _labels(targets, lengths)
    for row in labels:
        for c in row:
            if not 0 <= c < classes:
                raise RuntimeError(f"ctc_loss(): target {c} is not one of {classes} classes")
    losses = ops.ctc_loss.record(log_probs, *_states(log_probs, labels, inputs, blank))
    if 0 in inputs:
        nothing = [0.0 if not n else float("inf") for n in lengths]
        place, native = log_probs._place, log_probs._array.dtype
        empty = raw(log_probs, place.xp.asarray([n == 0 for n in inputs]))
        losses = where(empty, raw(log_probs, place.xp.asarray(nothing, dtype=native)), losses)
    if zero_infinity:
        losses = where(losses == float("inf"), like(losses, 0), losses)
    if reduction == "mean":
        place, native = log_probs._place, log_probs._array.dtype
        counts = place.xp.asarray([float(max(n, 1)) for n in lengths], dtype=native)
        losses = losses / raw(log_probs, counts)
    if single and reduction == "none":
        return losses.squeeze(0)
    return reduced(losses, reduction)


def _states(log_probs: Any, labels: list[list[int]], inputs: list[int], blank: int) -> Any:
    """Return the options of the operation: a state for each class, and blanks between them."""
    place = log_probs._place
    xp, native = place.xp, place.native(dtypes.int64)
    times, batch, _ = log_probs._array.shape
    width = 2 * max((len(row) for row in labels), default=0) + 1
    classes, skips, starts, ends = [], [], [], []
    for row in labels:
        states = [blank] * width
        states[1 : 2 * len(row) : 2] = row
        classes.append(states)
        skips.append([k > 1 and k % 2 == 1 and states[k] != states[k - 2] for k in range(width)])
        starts.append([k == 0 or (k == 1 and len(row) > 0) for k in range(width)])
        ends.append([k in (2 * len(row), 2 * len(row) - 1) for k in range(width)])

    def table(rows: Any, dtype: Any) -> Any:
        return xp.reshape(xp.asarray(rows, dtype=dtype), (batch, width))

    truth = place.native(dtypes.bool_)
    with place.entered():
        index = (
            xp.reshape(xp.arange(times, dtype=native), (times, 1, 1)),
            xp.reshape(xp.arange(batch, dtype=native), (1, batch, 1)),
            xp.expand_dims(table(classes, native), axis=0),
        )
        over = xp.reshape(xp.asarray(inputs, dtype=native), (1, batch, 1))
        return index, *(table(t, truth) for t in (starts, ends, skips)), index[0] < over
