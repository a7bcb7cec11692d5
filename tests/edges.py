"""Gradients where functions have kinks, poles, ties and nothing at all.

The gradients are those of the sum of the results. The same table is held against PyTorch, but
for `BETTER`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

INF, NAN = math.inf, math.nan


class Edge(NamedTuple):
    """What a function's gradients are at a point.

    Attributes
    ----------
    number : str
        The line of docs/guarantees.md that says so, if any.
    function : callable
        Takes a library, and its tensors.
    values, gradients : list
        Of each tensor.
    """

    number: str
    function: Any
    values: list[Any]
    gradients: list[Any]


EDGES: dict[str, Edge] = {
    "abs at 0": Edge("N01", lambda m, x: m.abs(x), [[0.0, -0.0]], [[0.0, 0.0]]),
    "relu at 0": Edge("N01", lambda m, x: m.relu(x), [[0.0, -1.0, 2.0]], [[0.0, 0.0, 1.0]]),
    "sign": Edge("N01", lambda m, x: m.sign(x), [[0.0, 3.0]], [[0.0, 0.0]]),
    "floor": Edge("N01", lambda m, x: m.floor(x), [[0.0, 1.5]], [[0.0, 0.0]]),
    "sqrt at 0": Edge("N02", lambda m, x: m.sqrt(x), [[0.0]], [[INF]]),
    "max of ties": Edge("N03", lambda m, x: m.max(x), [[1.0, 1.0, 0.0]], [[0.5, 0.5, 0.0]]),
    "min of ties": Edge("N03", lambda m, x: m.min(x), [[1.0, 0.0, 0.0]], [[0.0, 0.5, 0.5]]),
    "amax of ties": Edge("N03", lambda m, x: m.amax(x, 0), [[1.0, 1.0, 0.0]], [[0.5, 0.5, 0.0]]),
    "amin of ties": Edge("N03", lambda m, x: m.amin(x, 0), [[1.0, 0.0, 0.0]], [[0.0, 0.5, 0.5]]),
    "max of NaN": Edge("N03", lambda m, x: m.max(x), [[NAN, NAN, NAN]], [[1 / 3, 1 / 3, 1 / 3]]),
    "max along an axis": Edge(
        "N03", lambda m, x: m.max(x, 0).values, [[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]
    ),
    "min along an axis": Edge(
        "N03", lambda m, x: m.min(x, 0)[0], [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]
    ),
    "max of several": Edge(
        "N03", lambda m, x: m.max(x), [[1.0, 0.0, 1.0, 0.0, 1.0]], [[1 / 3, 0.0, 1 / 3, 0.0, 1 / 3]]
    ),
    "median of ties": Edge(
        "N03", lambda m, x: m.median(x), [[3.0, 1.0, 2.0, 2.0]], [[0.0, 0.0, 0.5, 0.5]]
    ),
    "nanmedian of ties": Edge(
        "N03", lambda m, x: m.nanmedian(x), [[3.0, NAN, 1.0, 1.0]], [[0.0, 0.0, 0.5, 0.5]]
    ),
    "min of NaN": Edge("N03", lambda m, x: m.min(x), [[NAN, NAN, NAN]], [[1 / 3, 1 / 3, 1 / 3]]),
    "median of NaN": Edge(
        "N03", lambda m, x: m.median(x), [[NAN, NAN, NAN]], [[1 / 3, 1 / 3, 1 / 3]]
    ),
    "nanmedian of NaN": Edge(
        "N03", lambda m, x: m.nanmedian(x), [[NAN, NAN, NAN]], [[1 / 3, 1 / 3, 1 / 3]]
    ),
    "median along an axis": Edge(
        "N03", lambda m, x: m.median(x, 0).values, [[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]
    ),
    "maximum of equals": Edge(
        "N04", lambda m, x, y: m.maximum(x, y), [[1.0], [1.0]], [[0.5], [0.5]]
    ),
    "minimum of equals": Edge(
        "N04", lambda m, x, y: m.minimum(x, y), [[1.0], [1.0]], [[0.5], [0.5]]
    ),
    "clamp at its bounds": Edge(
        "N05", lambda m, x: m.clamp(x, 0, 1), [[0.0, 1.0, 2.0]], [[1.0, 1.0, 0.0]]
    ),
    "norm at 0": Edge("N06", lambda m, x: m.linalg.vector_norm(x), [[0.0, 0.0]], [[0.0, 0.0]]),
    "1-norm at 0": Edge("N06", lambda m, x: m.linalg.vector_norm(x, 1), [[0.0, 0.0]], [[0.0, 0.0]]),
    "3-norm at 0": Edge("N06", lambda m, x: m.linalg.vector_norm(x, 3), [[0.0, 0.0]], [[0.0, 0.0]]),
    "inf-norm of ties": Edge(
        "N06",
        lambda m, x: m.linalg.vector_norm(x, INF),
        [[2.0, -2.0, 1.0]],
        [[0.5, -0.5, 0.0]],
    ),
    "inf-norm at 0": Edge(
        "N06", lambda m, x: m.linalg.vector_norm(x, INF), [[0.0, 0.0]], [[0.0, 0.0]]
    ),
    "var of constants": Edge("N07", lambda m, x: m.var(x), [[3.0, 3.0, 3.0]], [[0.0, 0.0, 0.0]]),
    "std and mean of constants": Edge(
        "N07", lambda m, x: m.std_mean(x)[0], [[3.0, 3.0]], [[0.0, 0.0]]
    ),
    "std of constants": Edge("N07", lambda m, x: m.std(x), [[3.0, 3.0, 3.0]], [[0.0, 0.0, 0.0]]),
    "0 to the power 0, number": Edge("N08", lambda m, x: x**0, [[0.0, 2.0]], [[0.0, 0.0]]),
    "0 to the power 0": Edge("N08", lambda m, x, y: m.pow(x, y), [[0.0], [0.0]], [[0.0], [0.0]]),
    "0 to a power": Edge(
        "N08",
        lambda m, x, y: m.pow(x, y),
        [[0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]],
        [[-INF, 0.0, 1.0], [-INF, 0.0, 0.0]],
    ),
    "0.0 to a power": Edge("N08", lambda m, x: 0.0**x, [[-1.0, 0.0, 1.0]], [[-INF, 0.0, 0.0]]),
    "0 to a negative power, number": Edge("N08", lambda m, x: x**-1, [[0.0, -0.0]], [[-INF, -INF]]),
    "1 to a power": Edge("N08", lambda m, x: 1.0**x, [[-1.0, 0.0, 1.0]], [[0.0, 0.0, 0.0]]),
    "0 squared": Edge("N08", lambda m, x: x**2, [[0.0]], [[0.0]]),
    "0 cubed": Edge("N08", lambda m, x: x**3, [[0.0, -1.0]], [[0.0, 3.0]]),
    "prod of a zero": Edge("N09", lambda m, x: m.prod(x), [[0.0, 2.0, 3.0]], [[6.0, 0.0, 0.0]]),
    "prod of two zeros": Edge("N09", lambda m, x: m.prod(x), [[0.0, 0.0, 3.0]], [[0.0, 0.0, 0.0]]),
    "cumprod of a zero": Edge(
        "N09", lambda m, x: m.cumprod(x, 0), [[2.0, 0.0, 3.0]], [[1.0, 8.0, 0.0]]
    ),
    "atan2 at the origin": Edge(
        "N10", lambda m, x, y: m.atan2(x, y), [[0.0], [0.0]], [[0.0], [0.0]]
    ),
    "atan2 on the axes": Edge(
        "N10", lambda m, x, y: m.atan2(x, y), [[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, -1.0]]
    ),
    "where and a root": Edge(
        "N11",
        lambda m, x: m.where(x > 0, m.sqrt(x), 0.0),
        [[-1.0, 4.0]],
        [[NAN, 0.25]],
    ),
    "where twice": Edge(
        "N11",
        lambda m, x: m.where(x > 0, m.sqrt(m.where(x > 0, x, 1.0)), 0.0),
        [[-1.0, 4.0]],
        [[0.0, 0.25]],
    ),
    "a root of what a mask takes": Edge(
        "N11", lambda m, x: m.sqrt(x[x > 0]), [[-1.0, 4.0]], [[0.0, 0.25]]
    ),
    "sigmoid far out": Edge("N13", lambda m, x: m.sigmoid(x), [[-1000.0, 1000.0]], [[0.0, 0.0]]),
    "tanh far out": Edge("N13", lambda m, x: m.tanh(x), [[-1000.0, 1000.0]], [[0.0, 0.0]]),
    "softplus far out": Edge(
        "N13", lambda m, x: m.nn.functional.softplus(x), [[-1000.0, 1000.0]], [[0.0, 1.0]]
    ),
    "logsumexp far out": Edge(
        "",
        lambda m, x: m.logsumexp(x, 0),
        [[1000.0, 0.0, -1000.0]],
        [[1.0, 0.0, 0.0]],
    ),
    "logsumexp of inf": Edge("N12", lambda m, x: m.logsumexp(x, 0), [[0.0, -INF]], [[1.0, 0.0]]),
    "log_softmax far out": Edge(
        "",
        lambda m, x: m.log_softmax(x, 0)[0],
        [[1000.0, 0.0]],
        [[0.0, 0.0]],
    ),
    "logaddexp far out": Edge(
        "",
        lambda m, x, y: m.logaddexp(x, y),
        [[1000.0, -INF], [-1000.0, 2.0]],
        [[1.0, 0.0], [0.0, 1.0]],
    ),
    "xlogy at 0": Edge("", lambda m, x, y: m.xlogy(x, y), [[0.0], [2.0]], [[math.log(2.0)], [0.0]]),
    "the square of |z|": Edge(
        "N17",
        lambda m, z: (z * m.conj(z)).real,
        [[1 + 2j]],
        [[2 + 4j]],
    ),
    "|z| at 0": Edge("N17", lambda m, z: m.abs(z), [[0j, 3 + 4j]], [[0j, 0.6 + 0.8j]]),
    "a real number through complex ones": Edge(
        "N17",
        lambda m, x: (x * (1 + 2j) * (3 - 1j)).real,
        [[2.0]],
        [[5.0]],
    ),
    "|z| squared": Edge("N17", lambda m, z: m.abs(z) ** 2, [[1 + 2j]], [[2 + 4j]]),
    "a complex number's real part and back": Edge(
        "N17", lambda m, x: (x * 1j).abs() ** 2 + (x * 1j * 1j).real, [[2.0]], [[3.0]]
    ),
    "sum of nothing": Edge("N18", lambda m, x: m.sum(x), [[]], [[]]),
    "mean of nothing": Edge("N18", lambda m, x: m.mean(x), [[]], [[]]),
    "prod of nothing": Edge("N18", lambda m, x: m.prod(x), [[]], [[]]),
    "softmax of nothing": Edge("N18", lambda m, x: m.softmax(x, 0), [[]], [[]]),
    "log_softmax of nothing": Edge("N18", lambda m, x: m.log_softmax(x, 0), [[]], [[]]),
    "cumsum of nothing": Edge("N18", lambda m, x: m.cumsum(x, 0), [[]], [[]]),
    "cumprod of nothing": Edge("N18", lambda m, x: m.cumprod(x, 0), [[]], [[]]),
    "logsumexp of nothing": Edge("N18", lambda m, x: m.logsumexp(x, 0), [[]], [[]]),
    "norm of nothing": Edge("N18", lambda m, x: m.linalg.vector_norm(x), [[]], [[]]),
    "product of nothing": Edge(
        "N18",
        lambda m, x, y: x.reshape(2, 0) @ y.reshape(0, 3),
        [[], []],
        [[], []],
    ),
    "cat with nothing": Edge("N18", lambda m, x, y: m.cat([x, y]), [[], [1.0]], [[], [1.0]]),
}

#: Where PyTorch has NaN.
BETTER: dict[str, Edge] = {
    "logaddexp of -inf": Edge(
        "N12", lambda m, x, y: m.logaddexp(x, y), [[-INF], [-INF]], [[0.5], [0.5]]
    ),
    "logsumexp of -inf": Edge("N12", lambda m, x: m.logsumexp(x, 0), [[-INF, -INF]], [[0.0, 0.0]]),
    "logaddexp2 of -inf": Edge(
        "N12", lambda m, x, y: m.logaddexp2(x, y), [[-INF], [-INF]], [[0.5], [0.5]]
    ),
    "logcumsumexp of -inf": Edge(
        "N12", lambda m, x: m.logcumsumexp(x, 0), [[-INF, -INF, 1.0]], [[0.0, 0.0, 1.0]]
    ),
    "amax of NaN": Edge("N03", lambda m, x: m.amax(x, 0), [[NAN, NAN]], [[0.5, 0.5]]),
    "hypot at the origin": Edge(
        "N10", lambda m, x, y: m.hypot(x, y), [[0.0], [0.0]], [[0.0], [0.0]]
    ),
}
