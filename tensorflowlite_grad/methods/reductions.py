"""Reduction methods."""

from __future__ import annotations

from ..functions import extremes
from ..functions import reductions as f


class ReductionMethods:
    """Sums, extremes, norms and what else makes fewer elements of many."""

    __slots__ = ()

    sum = f.sum
    mean = f.mean
    prod = f.prod
    var = f.var
    std = f.std
    amax = extremes.amax
    amin = extremes.amin
    max = extremes.max
    min = extremes.min
    argmax = extremes.argmax
    argmin = extremes.argmin
    all = f.all
    any = f.any
    count_nonzero = f.count_nonzero
    logsumexp = f.logsumexp
    softmax = f.softmax
    log_softmax = f.log_softmax
    cumsum = f.cumsum
    cumprod = f.cumprod
    norm = f.norm
