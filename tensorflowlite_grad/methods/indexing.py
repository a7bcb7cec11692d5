"""Indexing methods."""

from __future__ import annotations

from ..functions import diagonals, gathering, positions, scattering, slicing
from ..functions import indexing as f
from .inplace import in_place


class IndexingMethods:
    """Getting and setting at an index, gathering and scattering."""

    __slots__ = ()

    __getitem__ = f.getitem
    __setitem__ = f.setitem
    __iter__ = f.iterate

    select = slicing.select
    narrow = slicing.narrow
    narrow_copy = slicing.narrow_copy
    select_scatter = slicing.select_scatter
    slice_scatter = slicing.slice_scatter
    gather = gathering.gather
    take = gathering.take
    take_along_dim = gathering.take_along_dim
    index_select = gathering.index_select
    masked_select = gathering.masked_select
    repeat_interleave = gathering.repeat_interleave
    nonzero = positions.nonzero
    nonzero_static = positions.nonzero_static
    argwhere = positions.argwhere
    index_put = f.index_put
    index_put_ = in_place("index_put_", f.index_put)
    index_add = scattering.index_add
    index_add_ = in_place("index_add_", scattering.index_add)
    index_copy = scattering.index_copy
    index_copy_ = in_place("index_copy_", scattering.index_copy)
    index_fill = scattering.index_fill
    index_fill_ = in_place("index_fill_", scattering.index_fill)
    index_reduce = scattering.index_reduce
    index_reduce_ = in_place("index_reduce_", scattering.index_reduce)
    scatter = scattering.scatter
    scatter_ = in_place("scatter_", scattering.scatter)
    scatter_add = scattering.scatter_add
    scatter_add_ = in_place("scatter_add_", scattering.scatter_add)
    scatter_reduce = scattering.scatter_reduce
    scatter_reduce_ = in_place("scatter_reduce_", scattering.scatter_reduce)
    masked_fill = scattering.masked_fill
    masked_fill_ = in_place("masked_fill_", scattering.masked_fill)
    masked_scatter = scattering.masked_scatter
    masked_scatter_ = in_place("masked_scatter_", scattering.masked_scatter)
    put = scattering.put
    put_ = in_place("put_", scattering.put)
    diagonal = diagonals.diagonal
    diagonal_scatter = diagonals.diagonal_scatter
    diag = diagonals.diag
    diag_embed = diagonals.diag_embed
    diagflat = diagonals.diagflat
    fill_diagonal_ = in_place("fill_diagonal_", diagonals.filled_diagonal)
    trace = diagonals.trace
