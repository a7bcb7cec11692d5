"""Indexing methods."""

from __future__ import annotations

from ..functions import gathering
from ..functions import indexing as f


class IndexingMethods:
    """Getting and setting at an index, and gathering."""

    __slots__ = ()

    __getitem__ = f.getitem
    __setitem__ = f.setitem
    __iter__ = f.iterate

    gather = gathering.gather
    take = gathering.take
    take_along_dim = gathering.take_along_dim
    index_select = gathering.index_select
    narrow = f.narrow
    select = f.select
    nonzero = gathering.nonzero
    masked_select = gathering.masked_select
    masked_fill = gathering.masked_fill
    index_put = f.index_put
    index_add = gathering.index_add
    scatter_add = gathering.scatter_add
    diagonal = gathering.diagonal
    diag = gathering.diag
    trace = gathering.trace
