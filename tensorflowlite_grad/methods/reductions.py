"""Reduction methods."""

from __future__ import annotations

from ..functions import cumulative, differences, distinct, extremes, histograms, sorting, statistics
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
    aminmax = extremes.aminmax
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
    cumsum = cumulative.cumsum
    cumprod = cumulative.cumprod
    cummax = cumulative.cummax
    cummin = cumulative.cummin
    logcumsumexp = cumulative.logcumsumexp
    diff = differences.diff
    norm = f.norm
    dist = f.dist
    renorm = f.renorm
    nansum = statistics.nansum
    nanmean = statistics.nanmean
    median = statistics.median
    nanmedian = statistics.nanmedian
    quantile = statistics.quantile
    nanquantile = statistics.nanquantile
    cov = statistics.cov
    corrcoef = statistics.corrcoef
    sort = sorting.sort
    argsort = sorting.argsort
    msort = sorting.msort
    topk = sorting.topk
    kthvalue = sorting.kthvalue
    mode = sorting.mode
    unique = distinct.unique
    unique_consecutive = distinct.unique_consecutive
    bincount = histograms.bincount
    histc = histograms.histc
    histogram = histograms.histogram
