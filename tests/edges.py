"""Gradients where functions have kinks, poles, ties and nothing at all.

Each entry is a function of a library and its tensors, their values, and what the gradients
of the result's sum are. The same table is held against PyTorch, but for `BETTER`.
"""

from __future__ import annotations

import math
from typing import Any

INF, NAN = math.inf, math.nan

Edge = tuple[Any, list[Any], list[Any]]

EDGES: dict[str, Edge] = {
    "abs at 0": (lambda m, x: m.abs(x), [[0.0, -0.0]], [[0.0, 0.0]]),
    "relu at 0": (lambda m, x: m.relu(x), [[0.0, -1.0, 2.0]], [[0.0, 0.0, 1.0]]),
    "sign": (lambda m, x: m.sign(x), [[0.0, 3.0]], [[0.0, 0.0]]),
    "floor": (lambda m, x: m.floor(x), [[0.0, 1.5]], [[0.0, 0.0]]),
    "sqrt at 0": (lambda m, x: m.sqrt(x), [[0.0]], [[INF]]),
    "max of ties": (lambda m, x: m.max(x), [[1.0, 1.0, 0.0]], [[0.5, 0.5, 0.0]]),
    "min of ties": (lambda m, x: m.min(x), [[1.0, 0.0, 0.0]], [[0.0, 0.5, 0.5]]),
    "amax of ties": (lambda m, x: m.amax(x, 0), [[1.0, 1.0, 0.0]], [[0.5, 0.5, 0.0]]),
    "amin of ties": (lambda m, x: m.amin(x, 0), [[1.0, 0.0, 0.0]], [[0.0, 0.5, 0.5]]),
    "max of NaN": (lambda m, x: m.max(x), [[NAN, NAN, NAN]], [[1 / 3, 1 / 3, 1 / 3]]),
    "max along an axis": (lambda m, x: m.max(x, 0).values, [[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]),
    "min along an axis": (lambda m, x: m.min(x, 0)[0], [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]),
    "maximum of equals": (lambda m, x, y: m.maximum(x, y), [[1.0], [1.0]], [[0.5], [0.5]]),
    "minimum of equals": (lambda m, x, y: m.minimum(x, y), [[1.0], [1.0]], [[0.5], [0.5]]),
    "clamp at its bounds": (lambda m, x: m.clamp(x, 0, 1), [[0.0, 1.0, 2.0]], [[1.0, 1.0, 0.0]]),
    "norm at 0": (lambda m, x: m.linalg.vector_norm(x), [[0.0, 0.0]], [[0.0, 0.0]]),
    "1-norm at 0": (lambda m, x: m.linalg.vector_norm(x, 1), [[0.0, 0.0]], [[0.0, 0.0]]),
    "3-norm at 0": (lambda m, x: m.linalg.vector_norm(x, 3), [[0.0, 0.0]], [[0.0, 0.0]]),
    "inf-norm of ties": (
        lambda m, x: m.linalg.vector_norm(x, INF),
        [[2.0, -2.0, 1.0]],
        [[0.5, -0.5, 0.0]],
    ),
    "std of constants": (lambda m, x: m.std(x), [[3.0, 3.0, 3.0]], [[0.0, 0.0, 0.0]]),
    "0 to the power 0, number": (lambda m, x: x**0, [[0.0, 2.0]], [[0.0, 0.0]]),
    "0 to the power 0": (lambda m, x, y: m.pow(x, y), [[0.0], [0.0]], [[0.0], [0.0]]),
    "0 to a power": (
        lambda m, x, y: m.pow(x, y),
        [[0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]],
        [[-INF, 0.0, 1.0], [-INF, 0.0, 0.0]],
    ),
    "0.0 to a power": (lambda m, x: 0.0**x, [[-1.0, 0.0, 1.0]], [[-INF, 0.0, 0.0]]),
    "1 to a power": (lambda m, x: 1.0**x, [[-1.0, 0.0, 1.0]], [[0.0, 0.0, 0.0]]),
    "0 squared": (lambda m, x: x**2, [[0.0]], [[0.0]]),
    "0 cubed": (lambda m, x: x**3, [[0.0, -1.0]], [[0.0, 3.0]]),
    "prod of a zero": (lambda m, x: m.prod(x), [[0.0, 2.0, 3.0]], [[6.0, 0.0, 0.0]]),
    "prod of two zeros": (lambda m, x: m.prod(x), [[0.0, 0.0, 3.0]], [[0.0, 0.0, 0.0]]),
    "cumprod of a zero": (lambda m, x: m.cumprod(x, 0), [[2.0, 0.0, 3.0]], [[1.0, 8.0, 0.0]]),
    "atan2 at the origin": (lambda m, x, y: m.atan2(x, y), [[0.0], [0.0]], [[0.0], [0.0]]),
    "where and a root": (
        lambda m, x: m.where(x > 0, m.sqrt(x), 0.0),
        [[-1.0, 4.0]],
        [[NAN, 0.25]],
    ),
    "where twice": (
        lambda m, x: m.where(x > 0, m.sqrt(m.where(x > 0, x, 1.0)), 0.0),
        [[-1.0, 4.0]],
        [[0.0, 0.25]],
    ),
    "sigmoid far out": (lambda m, x: m.sigmoid(x), [[-1000.0, 1000.0]], [[0.0, 0.0]]),
    "tanh far out": (lambda m, x: m.tanh(x), [[-1000.0, 1000.0]], [[0.0, 0.0]]),
    "logsumexp far out": (
        lambda m, x: m.logsumexp(x, 0),
        [[1000.0, 0.0, -1000.0]],
        [[1.0, 0.0, 0.0]],
    ),
    "logsumexp of inf": (lambda m, x: m.logsumexp(x, 0), [[0.0, -INF]], [[1.0, 0.0]]),
    "log_softmax far out": (
        lambda m, x: m.log_softmax(x, 0)[0],
        [[1000.0, 0.0]],
        [[0.0, 0.0]],
    ),
    "logaddexp far out": (
        lambda m, x, y: m.logaddexp(x, y),
        [[1000.0, -INF], [-1000.0, 2.0]],
        [[1.0, 0.0], [0.0, 1.0]],
    ),
    "xlogy at 0": (lambda m, x, y: m.xlogy(x, y), [[0.0], [2.0]], [[math.log(2.0)], [0.0]]),
    "the square of |z|": (
        lambda m, z: (z * m.conj(z)).real,
        [[1 + 2j]],
        [[2 + 4j]],
    ),
    "|z| at 0": (lambda m, z: m.abs(z), [[0j, 3 + 4j]], [[0j, 0.6 + 0.8j]]),
    "a real number through complex ones": (
        lambda m, x: (x * (1 + 2j) * (3 - 1j)).real,
        [[2.0]],
        [[5.0]],
    ),
    "sum of nothing": (lambda m, x: m.sum(x), [[]], [[]]),
    "mean of nothing": (lambda m, x: m.mean(x), [[]], [[]]),
    "prod of nothing": (lambda m, x: m.prod(x), [[]], [[]]),
    "softmax of nothing": (lambda m, x: m.softmax(x, 0), [[]], [[]]),
    "log_softmax of nothing": (lambda m, x: m.log_softmax(x, 0), [[]], [[]]),
    "cumsum of nothing": (lambda m, x: m.cumsum(x, 0), [[]], [[]]),
    "cumprod of nothing": (lambda m, x: m.cumprod(x, 0), [[]], [[]]),
    "logsumexp of nothing": (lambda m, x: m.logsumexp(x, 0), [[]], [[]]),
    "norm of nothing": (lambda m, x: m.linalg.vector_norm(x), [[]], [[]]),
    "product of nothing": (
        lambda m, x, y: x.reshape(2, 0) @ y.reshape(0, 3),
        [[], []],
        [[], []],
    ),
    "cat with nothing": (lambda m, x, y: m.cat([x, y]), [[], [1.0]], [[], [1.0]]),
}

#: Where PyTorch has NaN.
BETTER: dict[str, Edge] = {
    "logaddexp of -inf": (lambda m, x, y: m.logaddexp(x, y), [[-INF], [-INF]], [[0.5], [0.5]]),
    "logsumexp of -inf": (lambda m, x: m.logsumexp(x, 0), [[-INF, -INF]], [[0.0, 0.0]]),
    "hypot at the origin": (lambda m, x, y: m.hypot(x, y), [[0.0], [0.0]], [[0.0], [0.0]]),
}
