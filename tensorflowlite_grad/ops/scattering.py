"""Writing many values to one place: their sum, product, least or greatest, with gradients.

An index is in normal form (see `indexing`). `include` says whether what a place held counts.
"""

from __future__ import annotations

from typing import Any

from .declare import general, linear

__all__ = ["extreme", "index_add", "index_put_add", "product", "scatter_add"]


def _add_tangent(xp: Any, input_dot: Any, values_dot: Any, out: Any, index: Any) -> Any:
    if input_dot is None:
        return xp.index_embed(values_dot, tuple(out.shape), index)
    return input_dot if values_dot is None else xp.index_reduce(input_dot, index, values_dot, "sum")


def _addition(name: str, node_name: str) -> Any:
    return linear(
        name,
        lambda xp, input, values, index: xp.index_reduce(input, index, values, "sum"),
        ["index"],
        node_name=node_name,
        jvp=_add_tangent,
        input=None,
        values=lambda xp, g, index: xp.index_get(g, index),
    )


index_add = _addition("index_add", "IndexAddBackward0")
scatter_add = _addition("scatter_add", "ScatterAddBackward0")
index_put_add = _addition("index_put_add", "IndexPutBackward0")


def _cleared(xp: Any, x: Any, index: Any) -> Any:
    return xp.index_put(x, index, xp.zeros_like(xp.index_get(x, index)))


def _reduced(xp: Any, x: Any, values: Any, index: Any, mode: str, include: bool) -> Any:
    if not include:
        # One of the values themselves is neutral for extremes.
        start = xp.ones_like(values) if mode == "prod" else values
        x = xp.index_put(x, index, start)
    return xp.index_reduce(x, index, values, mode)


# -- products -------------------------------------------------------------------------------


def _slope_of_input(xp: Any, x: Any, values: Any, index: Any, include: bool) -> Any:
    slope = xp.index_reduce(xp.ones_like(x), index, values, "prod")
    return slope if include else _cleared(xp, slope, index)


def _slope_of_values(xp: Any, x: Any, values: Any, index: Any, include: bool) -> Any:
    """Return for each value the product of all others at its place.

    Nothing is divided by zero. A single zero among the others is multiplied with as it is,
    for the sake of second derivatives.
    """
    zero = xp.equal(values, xp.zeros_like(values))
    one, nothing = xp.ones_like(values), xp.zeros_like(values)
    shape = tuple(x.shape)

    def of_others(y: Any) -> Any:
        return xp.index_get(xp.index_embed(y, shape, index), index) - y

    count = of_others(xp.where(zero, one, nothing))
    single = of_others(xp.where(zero, values, nothing))
    filled = xp.where(zero, one, values)
    whole = xp.index_get(_reduced(xp, x, filled, index, "prod", include), index)
    zeros = xp.where(xp.equal(count, one), single, nothing)
    return whole / filled * xp.where(xp.equal(count, nothing), one, zeros)


def _product_tangent(
    xp: Any, input_dot: Any, values_dot: Any, input: Any, values: Any, index: Any, include: bool
) -> Any:
    total = None
    if input_dot is not None:
        total = input_dot * _slope_of_input(xp, input, values, index, include)
    if values_dot is not None:
        each = values_dot * _slope_of_values(xp, input, values, index, include)
        part = xp.index_embed(each, tuple(input.shape), index)
        total = part if total is None else total + part
    return total


product = general(
    "scatter_product",
    lambda xp, input, values, index, include: _reduced(xp, input, values, index, "prod", include),
    ["index", "include"],
    node_name="ScatterReduceBackward0",
    conjugate=True,
    jvp=_product_tangent,
    input=lambda xp, g, input, values, index, include: (
        g * _slope_of_input(xp, input, values, index, include)
    ),
    values=lambda xp, g, input, values, index, include: (
        xp.index_get(g, index) * _slope_of_values(xp, input, values, index, include)
    ),
)

# -- extremes -------------------------------------------------------------------------------


def _same(xp: Any, a: Any, b: Any) -> Any:
    """Return 1 where elements are equal, or both NaN; 0 elsewhere."""
    both_nan = xp.logical_and(xp.isnan(a), xp.isnan(b))
    return xp.astype(xp.logical_or(xp.equal(a, b), both_nan), a.dtype)


def _shares(
    xp: Any, x: Any, values: Any, out: Any, index: Any, include: bool
) -> tuple[Any, Any, Any]:
    """Return who has the extreme, of the input and of the values, and how many that are."""
    mine = _same(xp, x, out)
    if not include:
        mine = _cleared(xp, mine, index)
    theirs = _same(xp, values, xp.index_get(out, index))
    return mine, theirs, xp.index_reduce(mine, index, theirs, "sum")


def _of_input(xp: Any, g: Any, input: Any, values: Any, out: Any, index: Any, include: Any) -> Any:
    mine, _, count = _shares(xp, input, values, out, index, include)
    return g * mine / count


def _of_values(xp: Any, g: Any, input: Any, values: Any, out: Any, index: Any, include: Any) -> Any:
    _, theirs, count = _shares(xp, input, values, out, index, include)
    return xp.index_get(g / count, index) * theirs


def _extreme_tangent(
    xp: Any,
    input_dot: Any,
    values_dot: Any,
    input: Any,
    values: Any,
    out: Any,
    index: Any,
    include: bool,
) -> Any:
    mine, theirs, count = _shares(xp, input, values, out, index, include)
    total = None if input_dot is None else input_dot * mine
    if values_dot is not None:
        part = xp.index_embed(values_dot * theirs, tuple(input.shape), index)
        total = part if total is None else total + part
    return total / count


extreme = general(
    "scatter_extreme",
    lambda xp, input, values, index, include, mode: _reduced(
        xp, input, values, index, mode, include
    ),
    ["index", "include", "mode"],
    node_name="ScatterReduceBackward0",
    jvp=_extreme_tangent,
    input=_of_input,
    values=_of_values,
)
