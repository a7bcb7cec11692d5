"""Attention, of one head and of many."""

from __future__ import annotations

from math import inf, sqrt
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...functions.elementwise import where
from ...functions.joining import cat
from ...functions.products import matmul
from ...functions.shape import reshape, unsqueeze
from ...ops import attention as ops
from ...ops import promotion
from .common import arguments, floating, like, raw
from .dropout import dropout
from .linear import linear
from .shares import softmax

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


def _added_mask(mask: Any, like_: Any, name: str) -> Any:
    """Return a mask as numbers to add to logits; of truth values, False means -inf."""
    if mask.dtype is dtypes.bool_:
        return where(mask, like(like_, 0), like(like_, -inf))
    if mask.dtype is not like_.dtype:
        if not mask.dtype.is_floating_point:
            raise RuntimeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                f"attn_mask.dtype: {dtypes.LEGACY_NAMES[mask.dtype.name]} and query.dtype: "
                f"{dtypes.LEGACY_NAMES[like_.dtype.name]} instead, in {name}()"
            )
        mask = mask.to(like_.dtype)
    return mask


def _grouped(query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
    """Return operands in which several heads of queries share one of keys and values."""
    heads, shared, of_values = (t._array.shape[-3] for t in (query, key, value))
    if not shared or heads % shared or not of_values or heads % of_values:
        raise RuntimeError(
            "Number of heads in key and value must divide the number of heads in query: got "
            f"{heads}, {shared} and {of_values} in scaled_dot_product_attention()"
        )
    groups = max(shared, of_values)
    out = []
    for tensor, count in ((query, heads), (key, shared), (value, of_values)):
        shape = tuple(tensor._array.shape)
        if tensor is not query and count != groups:
            tensor = unsqueeze(tensor, -3).expand(*shape[:-3], count, groups // count, *shape[-2:])
            tensor, count = reshape(tensor, (*shape[:-3], groups, *shape[-2:])), groups
        size = count // groups
        out.append(reshape(tensor, (*shape[:-3], groups, size, *shape[-2:])))
    return out[0], out[1], out[2]


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return sums of values, weighted by the softmax of products of queries and keys.

    Memory grows with the lengths, not with their product: weights are made again for the
    gradient. A query to which the mask shows no key gets zeros.

    Parameters
    ----------
    query : Tensor
        Of shape (..., L, E).
    key : Tensor
        Of shape (..., S, E).
    value : Tensor
        Of shape (..., S, V).
    attn_mask : Tensor, optional
        Broadcast to (..., L, S). Of truth values: which keys a query sees; of numbers: added
        to the logits.
    dropout_p : number
        The probability with which a weight is dropped.
    is_causal : bool
        Whether a query sees keys up to its own position only.
    scale : number, optional
        Multiplied with the products; by default, one over the root of E.
    enable_gqa : bool
        Whether several heads of queries, third axis from the end, share one of keys and values.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> q, k = tg.tensor([[0.0, 0.0]]), tg.eye(2)
    >>> tg.nn.functional.scaled_dot_product_attention(q, k, tg.tensor([[1.0], [3.0]]))
    tensor([[2.]])
    """
    name = "scaled_dot_product_attention"
    query, key, value = arguments(name, query=query, key=key, value=value)
    given = [query, key, value, *([] if attn_mask is None else [attn_mask])]
    promotion.common_place(name, given)
    if not query.dtype is key.dtype is value.dtype:
        names = [str(t.dtype) for t in (query, key, value)]
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{names[0]} key.dtype: {names[1]} and value.dtype: {names[2]} instead."
        )
    if min(t._array.ndim for t in (query, key, value)) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be at least 2 dimensional, but got query.dim: "
            f"{query._array.ndim}, key.dim: {key._array.ndim} and value.dim: "
            f"{value._array.ndim} instead."
        )
    if is_causal and attn_mask is not None:
        raise RuntimeError(f"_{name}: Explicit attn_mask should not be set when is_causal=True")
    if query._array.shape[-1] != key._array.shape[-1] or (
        key._array.shape[-2] != value._array.shape[-2]
    ):
        raise RuntimeError(
            f"{name}(): shapes {list(query._array.shape)}, {list(key._array.shape)} and "
            f"{list(value._array.shape)} cannot be multiplied: queries and keys need one length, "
            "keys and values one number"
        )
    floating(name, query)
    shape = tuple(query._array.shape)
    mask = None if attn_mask is None else _added_mask(attn_mask, query, name)
    grouped = enable_gqa and query._array.ndim > 2
    if grouped:
        query, key, value = _grouped(query, key, value)
        if mask is not None and mask._array.ndim > 2:
            wide = tuple(mask._array.shape)
            count = 1 if wide[-3] == 1 else query._array.shape[-4]
            mask = reshape(mask, (*wide[:-3], count, wide[-3] // count, *wide[-2:]))
    if scale is None:
        scale = 1 / sqrt(max(shape[-1], 1))
    causal = _causal(query, key) if is_causal else None
    if dropout_p:
        out = _dropped(query, key, value, mask, scale, causal, dropout_p)
    elif mask is None:
        out = ops.attention.record(query, key, value, float(scale), causal)[0]
    else:
        out = ops.attention_masked.record(query, key, value, mask, float(scale), causal)[0]
    if grouped:
        out = reshape(out, (*shape[:-1], out._array.shape[-1]))
    return out


def _causal(query: Any, key: Any) -> tuple[Any, Any]:
    """Return the positions of queries, as a column, and of keys, as a row."""
    place = query._place
    native = place.native(dtypes.int64)
    with place.entered():
        rows = place.xp.arange(query._array.shape[-2], dtype=native)
        columns = place.xp.arange(key._array.shape[-2], dtype=native)
        return place.xp.expand_dims(rows, axis=1), place.xp.expand_dims(columns, axis=0)


def _dropped(
    query: Any, key: Any, value: Any, mask: Any, scale: float, causal: Any, dropout_p: float
) -> Any:
    scores = matmul(query * scale, key.mT)
    if mask is not None:
        scores = scores + mask
    if causal is not None:
        with query._place.entered():
            seen = causal[0] >= causal[1]
        seen = raw(query, seen)
        scores = where(seen, scores, like(scores, -inf))
    return matmul(dropout(softmax(scores, -1), dropout_p), value)


def _check_shapes(query: Any, key: Any, value: Any, padding: Any, mask: Any, heads: int) -> bool:
    """Return whether there is a batch; AssertionError for shapes that do not go together."""
    ndim = query._array.ndim
    if ndim not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query tensor"
        )
    start = f"For {'batched' if ndim == 3 else 'unbatched'} ({ndim}-D) `query`, expected"
    if key._array.ndim != ndim or value._array.ndim != ndim:
        raise AssertionError(
            f"{start} `key` and `value` to be {ndim}-D but found {key._array.ndim}-D and "
            f"{value._array.ndim}-D tensors respectively"
        )
    if padding is not None and padding._array.ndim != ndim - 1:
        raise AssertionError(
            f"{start} `key_padding_mask` to be `None` or {ndim - 1}-D but found "
            f"{padding._array.ndim}-D tensor instead"
        )
    if mask is not None and mask._array.ndim not in (2, 3):
        raise AssertionError(
            f"{start} `attn_mask` to be `None`, 2-D or 3-D but found {mask._array.ndim}-D tensor "
            "instead"
        )
    if ndim == 2 and mask is not None and mask._array.ndim == 3:
        want = (heads, query._array.shape[0], key._array.shape[0])
        if tuple(mask._array.shape) != want:
            raise AssertionError(
                f"Expected `attn_mask` shape to be {want} but got {tuple(mask._array.shape)}"
            )
    return ndim == 3


def _hiding(mask: Any, like_: Any, name: str) -> Any:
    """Return a mask as numbers to add; of truth values, True hides."""
    if mask is None or mask.dtype.is_floating_point:
        return mask
    if mask.dtype is not dtypes.bool_:
        raise AssertionError(f"only bool and floating types of {name} are supported")
    return where(mask, like(like_, -inf), like(like_, 0))


def _widened(mask: Any) -> Any:
    """Return a mask with one more key, which is seen."""
    if mask is None:
        return None
    return cat([mask, mask.new_zeros((*mask.shape[:-1], 1))], -1)


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Return attention by several heads at once, and its weights.

    Parameters
    ----------
    query, key, value : Tensor
        Of shape (length, N, features), or without a batch.
    embed_dim_to_check, num_heads : int
    in_proj_weight, in_proj_bias : Tensor
        The projections of queries, keys and values, one below the other.
    bias_k, bias_v : Tensor, optional
        One more key and value.
    add_zero_attn : bool
        Whether one more key and value are zeros.
    dropout_p : number
    out_proj_weight, out_proj_bias : Tensor
    training : bool
        If false, nothing is dropped.
    key_padding_mask : Tensor, optional
        Of shape (N, S): which keys are hidden, or what is added to their logits.
    need_weights : bool
        Whether weights are returned too, not None.
    attn_mask : Tensor, optional
        Of shape (L, S) or (N * heads, L, S): as `key_padding_mask`.
    use_separate_proj_weight : bool
        Whether the three projections are matrices of their own.
    q_proj_weight, k_proj_weight, v_proj_weight : Tensor, optional
    static_k, static_v : Tensor, optional
        Used as they are, in the place of projected ones.
    average_attn_weights : bool
        Whether weights are averaged over heads.
    is_causal : bool
        Says that `attn_mask` is causal.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, w, eye = tg.ones(3, 1, 2), tg.ones(6, 2), tg.eye(2)
    >>> out, weights = tg.nn.functional.multi_head_attention_forward(
    ...     x, x, x, 2, 1, w, None, None, None, False, 0.0, eye, None
    ... )
    >>> out.shape, weights.shape
    (tensorflowlite_grad.Size([3, 1, 2]), tensorflowlite_grad.Size([1, 3, 3]))
    """
    batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
    if not batched:
        query, key, value = (unsqueeze(t, 1) for t in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else unsqueeze(key_padding_mask, 0)
    length, batch, width = query._array.shape
    if width != embed_dim_to_check:
        raise AssertionError(
            f"was expecting embedding dimension of {embed_dim_to_check}, but got {width}"
        )
    head = width // num_heads
    if head * num_heads != width:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {num_heads}")
    padding = _hiding(key_padding_mask, query, "key_padding_mask")
    mask = _hiding(attn_mask, query, "attn_mask")
    if use_separate_proj_weight:
        weights = [q_proj_weight, k_proj_weight, v_proj_weight]
        if any(w is None for w in weights):
            raise AssertionError(
                "use_separate_proj_weight is True but q_proj_weight, k_proj_weight or "
                "v_proj_weight is None"
            )
        if tuple(key.shape[:2]) != tuple(value.shape[:2]):
            raise AssertionError(
                f"key's sequence and batch dims {tuple(key.shape[:2])} do not match value's "
                f"{tuple(value.shape[:2])}"
            )
    else:
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        if tuple(key.shape) != tuple(value.shape):
            raise AssertionError(
                f"key shape {tuple(key.shape)} does not match value shape {tuple(value.shape)}"
            )
        weights = list(in_proj_weight.chunk(3))
    biases = [None] * 3 if in_proj_bias is None else list(in_proj_bias.chunk(3))
    inputs = (query, key, value)
    if not use_separate_proj_weight and query is key is value:
        # One product for all three.
        q, k, v = linear(query, in_proj_weight, in_proj_bias).chunk(3, -1)
    else:
        q, k, v = (linear(*parts) for parts in zip(inputs, weights, biases, strict=True))
    if mask is not None:
        want = (length, key._array.shape[0])
        if mask._array.ndim == 2:
            if tuple(mask.shape) != want:
                raise RuntimeError(
                    f"The shape of the 2D attn_mask is {tuple(mask.shape)}, but should be {want}."
                )
            mask = unsqueeze(mask, 0)
        elif tuple(mask.shape) != (batch * num_heads, *want):
            raise RuntimeError(
                f"The shape of the 3D attn_mask is {tuple(mask.shape)}, but should be "
                f"{(batch * num_heads, *want)}."
            )
    if (bias_k is None) != (bias_v is None):
        raise AssertionError(
            "bias_k is set but bias_v is None"
            if bias_v is None
            else "bias_v is set but bias_k is None"
        )
    if bias_k is not None:
        if static_k is not None or static_v is not None:
            raise AssertionError("bias cannot be added to static key or value.")
        k, v = (
            cat([t, bias.expand(1, batch, bias.shape[-1])], 0)
            for t, bias in ((k, bias_k), (v, bias_v))
        )
        mask, padding = _widened(mask), _widened(padding)
    q, k, v = (
        reshape(t, (t._array.shape[0], batch * num_heads, head)).transpose(0, 1)
        if static is None
        else _static(static, batch * num_heads, head)
        for t, static in ((q, None), (k, static_k), (v, static_v))
    )
    if add_zero_attn:
        k, v = (cat([t, t.new_zeros((batch * num_heads, 1, head))], 1) for t in (k, v))
        mask, padding = _widened(mask), _widened(padding)
    source = k._array.shape[1]
    if padding is not None:
        if tuple(padding.shape) != (batch, source):
            raise AssertionError(
                f"Expected key_padded_mask.shape[0] to be {batch} and shape[1] {source}, but got "
                f"{tuple(padding.shape)}"
            )
        shape = (batch, num_heads, 1, source)
        wide = reshape(padding, (batch, 1, 1, source)).expand(*shape)
        wide = reshape(wide, (batch * num_heads, 1, source))
        mask = wide if mask is None else mask + wide
    if not training:
        dropout_p = 0.0
    shares = None
    if need_weights:
        scores = matmul(q * sqrt(1 / head), k.mT)
        shares = softmax(scores if mask is None else scores + mask, -1)
        if dropout_p > 0:
            shares = dropout(shares, dropout_p)
        out = matmul(shares, v)
        shares = reshape(shares, (batch, num_heads, length, source))
        shares = shares.mean(1) if average_attn_weights else shares
        shares = shares if batched else shares.squeeze(0)
    else:
        out = scaled_dot_product_attention(q, k, v, mask, dropout_p)
    out = reshape(out.transpose(0, 1), (length * batch, width))
    out = reshape(linear(out, out_proj_weight, out_proj_bias), (length, batch, -1))
    return (out if batched else out.squeeze(1)), shares


def _static(tensor: Any, stacks: int, head: int) -> Any:
    if tensor._array.shape[0] != stacks or tensor._array.shape[2] != head:
        raise AssertionError(
            f"expecting static_k.size(0) of {stacks} and size(2) of {head}, but got "
            f"{list(tensor._array.shape)}"
        )
    return tensor
