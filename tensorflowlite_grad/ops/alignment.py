"""The loss of all alignments of a sequence of classes with a longer one of predictions.

A. Graves et al., "Connectionist temporal classification", 2006. In logarithms; where a state
cannot be reached, -inf.
"""

from __future__ import annotations

from math import inf
from typing import Any

from .declare import general
from .reductions import logsumexp

__all__: list[str] = []


def _shifted(xp: Any, x: Any, by: int) -> Any:
    """Return rows moved by some places to the right, or left, with -inf where nothing was."""
    width = x.shape[1]
    if abs(by) >= width:
        return xp.full_like(x, -inf)
    if by > 0:
        edge = xp.full_like(x[:, :by], -inf)
        return xp.concat([edge, x[:, : width - by]], axis=1)
    edge = xp.full_like(x[:, by:], -inf)
    return xp.concat([x[:, -by:], edge], axis=1)


def _only(xp: Any, mask: Any, x: Any) -> Any:
    return xp.where(mask, x, xp.full_like(x, -inf))


def _forward(xp: Any, emitted: Any, start: Any, skips: Any, active: Any) -> list[Any]:
    """Return for each time the likelihoods of all that is emitted up to it, by state."""
    states = [_only(xp, start, emitted[0, ...])]
    for t in range(1, emitted.shape[0]):
        last = states[-1]
        came = xp.logaddexp(last, _shifted(xp, last, 1))
        came = xp.logaddexp(came, _only(xp, skips, _shifted(xp, last, 2)))
        states.append(xp.where(active[t, ...], came + emitted[t, ...], last))
    return states


def _backward(xp: Any, emitted: Any, end: Any, skips: Any, active: Any) -> list[Any]:
    """Return for each time the likelihoods of all that is emitted after it, by state."""
    final = _only(xp, end, xp.zeros_like(emitted[0, ...]))
    states = [final]
    for t in range(emitted.shape[0] - 1, 0, -1):
        after = states[-1] + emitted[t, ...]
        goes = xp.logaddexp(after, _shifted(xp, after, -1))
        goes = xp.logaddexp(goes, _shifted(xp, _only(xp, skips, after), -2))
        states.append(xp.where(active[t, ...], goes, final))
    return states[::-1]


def _likelihood(xp: Any, state: Any, end: Any) -> Any:
    return logsumexp.on(xp, _only(xp, end, state), (1,), False)


def _loss(
    xp: Any, log_probs: Any, index: Any, start: Any, end: Any, skips: Any, active: Any
) -> Any:
    emitted = xp.index_get(log_probs, index)
    return -_likelihood(xp, _forward(xp, emitted, start, skips, active)[-1], end)


def _shares(
    xp: Any, log_probs: Any, index: Any, start: Any, end: Any, skips: Any, active: Any
) -> Any:
    """Return how likely each state is at each time, given the whole sequence."""
    emitted = xp.index_get(log_probs, index)
    before = _forward(xp, emitted, start, skips, active)
    after = _backward(xp, emitted, end, skips, active)
    total = _likelihood(xp, before[-1], end)
    # Where no alignment is possible, none has a share.
    total = xp.expand_dims(xp.where(xp.isinf(total), xp.zeros_like(total), total), axis=1)
    logs = xp.stack([a + b - total for a, b in zip(before, after, strict=True)], axis=0)
    return xp.exp(xp.where(active, logs, xp.full_like(logs, -inf)))


def _loss_back(
    xp: Any,
    g: Any,
    log_probs: Any,
    index: Any,
    start: Any,
    end: Any,
    skips: Any,
    active: Any,
) -> Any:
    shares = _shares(xp, log_probs, index, start, end, skips, active)
    weight = -shares * xp.expand_dims(xp.expand_dims(g, axis=1), axis=0)
    return xp.index_embed(weight, tuple(log_probs.shape), index)


def _loss_forward(
    xp: Any,
    log_probs_dot: Any,
    log_probs: Any,
    index: Any,
    start: Any,
    end: Any,
    skips: Any,
    active: Any,
) -> Any:
    shares = _shares(xp, log_probs, index, start, end, skips, active)
    return -xp.sum(shares * xp.index_get(log_probs_dot, index), axis=(0, 2))


#: `index` selects the predictions of states, (time, batch, state), from those of classes.
#: Truth values say where alignments start and end, which states may be reached by leaving one
#: out, and at which times each sequence is not over.
ctc_loss = general(
    "ctc_loss",
    _loss,
    ["index", "start", "end", "skips", "active"],
    jvp=_loss_forward,
    log_probs=_loss_back,
)
