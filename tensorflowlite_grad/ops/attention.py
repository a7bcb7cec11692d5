"""Attention: sums of values weighted by the softmax of the products of queries and keys.

The weights are never kept: the result and the logarithms of the sums of exponentials are, and
with them the weights are made again, some rows at a time (M. N. Rabe and C. Staats,
"Self-attention does not need O(n^2) memory", 2021).
"""

from __future__ import annotations

from math import inf, prod
from typing import Any

from .broadcasting import broadcast_shapes, sum_to, zeros_of
from .several import several

__all__: list[str] = []

#: How many weights there are at a time, about.
_BUDGET = 2**20


def _row_blocks(q: Any, k: Any) -> list[slice]:
    rows = q.shape[-2]
    stacks = prod(broadcast_shapes(tuple(q.shape[:-2]), tuple(k.shape[:-2])))
    step = max(1, _BUDGET // max(stacks * k.shape[-2], 1))
    return [slice(a, min(a + step, rows)) for a in range(0, rows, step)] or [slice(0, 0)]


def _rows(xp: Any, x: Any, block: slice) -> Any:
    if block.start == 0 and block.stop == x.shape[-2]:
        return x
    return xp.index_get(x, (*(slice(None),) * (x.ndim - 2), block, slice(None)))


def _joined(xp: Any, parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else xp.concat(parts, axis=-2)


def _added(total: Any, part: Any) -> Any:
    return part if total is None else total + part


def _mask_rows(xp: Any, mask: Any, block: slice) -> Any:
    return mask if mask.ndim < 2 or mask.shape[-2] == 1 else _rows(xp, mask, block)


def _scores(xp: Any, q: Any, k: Any, mask: Any, scale: float, causal: Any, block: slice) -> Any:
    """Return the logits of the weights of a block of queries."""
    scores = xp.matmul(_rows(xp, q, block) * scale, xp.matrix_transpose(k))
    if mask is not None:
        scores = scores + _mask_rows(xp, mask, block)
    if causal is not None:
        rows, columns = causal
        seen = rows[block, :] >= columns
        scores = xp.where(seen, scores, xp.full_like(scores, -inf))
    return scores


def _attention(
    xp: Any, query: Any, key: Any, value: Any, mask: Any, scale: float, causal: Any
) -> tuple[Any, Any]:
    outs, logs = [], []
    for block in _row_blocks(query, key):
        scores = _scores(xp, query, key, mask, scale, causal, block)
        if not scores.shape[-1]:
            outs.append(xp.matmul(scores, value))
            logs.append(xp.sum(scores, axis=-1, keepdims=True))
            continue
        top = xp.max(scores, axis=-1, keepdims=True)
        top = xp.where(xp.isinf(top), xp.zeros_like(top), top)
        weights = xp.exp(scores - top)
        total = xp.sum(weights, axis=-1, keepdims=True)
        # A query that sees no key gets zeros, and has weights of zero when made again.
        blind = total == 0
        total = xp.where(blind, xp.ones_like(total), total)
        outs.append(xp.matmul(weights, value) / total)
        logs.append(xp.where(blind, xp.full_like(top, inf), top + xp.log(total)))
    return _joined(xp, outs), _joined(xp, logs)


def _attention_back(
    xp: Any,
    wanted: list[str],
    g_out: Any,
    g_logs: Any,
    query: Any,
    key: Any,
    value: Any,
    mask: Any,
    out: Any,
    logs: Any,
    scale: float,
    causal: Any,
) -> dict[str, Any]:
    of_query: list[Any] = []
    of_mask: list[Any] = []
    of_key = of_value = None
    for block in _row_blocks(query, key):
        scores = _scores(xp, query, key, mask, scale, causal, block)
        weights = xp.exp(scores - _rows(xp, logs, block))
        slope = None
        if g_out is not None:
            g = _rows(xp, g_out, block)
            if "value" in wanted:
                part = xp.matmul(xp.matrix_transpose(weights), g)
                of_value = _added(of_value, sum_to(xp, part, tuple(value.shape)))
            along = xp.sum(g * _rows(xp, out, block), axis=-1, keepdims=True)
            slope = xp.matmul(g, xp.matrix_transpose(value)) - along
        if g_logs is not None:
            slope = _added(slope, _rows(xp, g_logs, block))
        slope = weights * slope
        part_of_query = _rows(xp, query, block)
        if "query" in wanted:
            part = xp.matmul(slope, key) * scale
            of_query.append(sum_to(xp, part, tuple(part_of_query.shape)))
        if "key" in wanted:
            part = xp.matmul(xp.matrix_transpose(slope), part_of_query * scale)
            of_key = _added(of_key, sum_to(xp, part, tuple(key.shape)))
        if "mask" in wanted:
            shape = tuple(_mask_rows(xp, mask, block).shape)
            of_mask.append(sum_to(xp, slope, shape))
    if of_value is None:
        of_value = zeros_of(xp, value, tuple(value.shape))
    found = {"key": of_key, "value": of_value}
    if of_query:
        found["query"] = _joined(xp, of_query)
    if of_mask:
        if mask.ndim < 2 or mask.shape[-2] == 1:
            total = None
            for part in of_mask:
                total = _added(total, part)
            found["mask"] = total
        else:
            found["mask"] = _joined(xp, of_mask)
    return found


def _attention_forward(
    xp: Any,
    query_dot: Any,
    key_dot: Any,
    value_dot: Any,
    mask_dot: Any,
    query: Any,
    key: Any,
    value: Any,
    mask: Any,
    out: Any,
    logs: Any,
    scale: float,
    causal: Any,
) -> tuple[Any, Any]:
    outs, all_logs = [], []
    for block in _row_blocks(query, key):
        scores = _scores(xp, query, key, mask, scale, causal, block)
        weights = xp.exp(scores - _rows(xp, logs, block))
        moved = None
        if query_dot is not None:
            part = _rows(xp, query_dot, block) * scale
            moved = xp.matmul(part, xp.matrix_transpose(key))
        if key_dot is not None:
            part = _rows(xp, query, block) * scale
            moved = _added(moved, xp.matmul(part, xp.matrix_transpose(key_dot)))
        if mask_dot is not None:
            moved = _added(moved, _mask_rows(xp, mask_dot, block))
        here = _rows(xp, out, block)
        if moved is None:
            tangent, log = None, xp.zeros_like(_rows(xp, logs, block))
        else:
            shares = weights * moved
            log = xp.sum(shares, axis=-1, keepdims=True)
            tangent = xp.matmul(shares, value) - log * here
        if value_dot is not None:
            tangent = _added(tangent, xp.matmul(weights, value_dot))
        outs.append(tangent)
        all_logs.append(log)
    return _joined(xp, outs), _joined(xp, all_logs)


attention = several(
    "attention",
    lambda xp, query, key, value, scale, causal: _attention(
        xp, query, key, value, None, scale, causal
    ),
    ("out", "logs"),
    ["scale", "causal"],
    operands=["query", "key", "value"],
    node_name="ScaledDotProductAttentionBackward0",
    jvp=lambda xp, query_dot, key_dot, value_dot, query, key, value, out, logs, scale, causal: (
        _attention_forward(
            xp,
            query_dot,
            key_dot,
            value_dot,
            None,
            query,
            key,
            value,
            None,
            out,
            logs,
            scale,
            causal,
        )
    ),
    joint=lambda xp, wanted, g_out, g_logs, query, key, value, out, logs, scale, causal: (
        _attention_back(
            xp, wanted, g_out, g_logs, query, key, value, None, out, logs, scale, causal
        )
    ),
)
#: With a mask that is added to the logits, broadcasting.
attention_masked = several(
    "attention_masked",
    _attention,
    ("out", "logs"),
    ["scale", "causal"],
    operands=["query", "key", "value", "mask"],
    node_name="ScaledDotProductAttentionBackward0",
    jvp=_attention_forward,
    joint=_attention_back,
)
