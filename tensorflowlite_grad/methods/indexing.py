"""Indexing methods."""

from __future__ import annotations

from ..functions import indexing as f


class IndexingMethods:
    """Getting and setting at an index, and gathering."""

    __slots__ = ()

    __getitem__ = f.getitem
    __setitem__ = f.setitem
    __iter__ = f.iterate

    gather = f.gather
    take = f.take
    take_along_dim = f.take_along_dim
    index_select = f.index_select
    narrow = f.narrow
    select = f.select
    nonzero = f.nonzero
    masked_select = f.masked_select
    masked_fill = f.masked_fill
    index_put = f.index_put
    index_add = f.index_add
    scatter_add = f.scatter_add
    diagonal = f.diagonal
    diag = f.diag
    trace = f.trace
