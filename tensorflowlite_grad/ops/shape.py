"""Shape: views of one operand, and what repeats or reorders it.

A view's transpose is a view back; all of these are linear.
"""

from __future__ import annotations

from typing import Any

from .broadcasting import sum_to, zeros_of
from .declare import linear

__all__: list[str] = []


def _reshape(name: str, node_name: str, view: bool) -> Any:
    return linear(
        name,
        lambda xp, input, shape: xp.reshape(input, shape),
        ["shape"],
        node_name=node_name,
        view=view,
        input=lambda xp, g, input_shape: xp.reshape(g, input_shape),
    )


view = _reshape("view", "ViewBackward0", True)
unsqueeze = _reshape("unsqueeze", "UnsqueezeBackward0", True)
squeeze = _reshape("squeeze", "SqueezeBackward0", True)
squeeze_dim = _reshape("squeeze_dim", "SqueezeBackward1", True)
#: Reshaping where memory has to be copied.
reshape_copy = _reshape("reshape_copy", "UnsafeViewBackward0", False)


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(order.index(k) for k in range(len(order)))


def _permutation(name: str, node_name: str) -> Any:
    return linear(
        name,
        lambda xp, input, dims: xp.permute_dims(input, dims),
        ["dims"],
        node_name=node_name,
        view=True,
        input=lambda xp, g, dims: xp.permute_dims(g, _inverse(dims)),
    )


permute = _permutation("permute", "PermuteBackward0")
transpose = _permutation("transpose", "TransposeBackward0")
t = _permutation("t", "TBackward0")


def _expanded(xp: Any, input: Any, shape: tuple[int, ...]) -> Any:
    # Where nothing is repeated, memory stays writable.
    return input[...] if tuple(input.shape) == tuple(shape) else xp.broadcast_to(input, shape)


expand = linear(
    "expand",
    _expanded,
    ["shape"],
    view=True,
    input=lambda xp, g, input_shape: sum_to(xp, g, input_shape),
)
flip = linear(
    "flip",
    # A copy, as PyTorch's: some libraries flip by negative strides.
    lambda xp, input, axis: xp.asarray(xp.flip(input, axis=axis), copy=True),
    ["axis"],
    input=lambda xp, g, axis: xp.flip(g, axis=axis),
)
roll = linear(
    "roll",
    lambda xp, input, shifts, axis: xp.roll(input, shifts, axis=axis),
    ["shifts", "axis"],
    input=lambda xp, g, shifts, axis: xp.roll(
        g, tuple(-s for s in shifts) if isinstance(shifts, tuple) else -shifts, axis=axis
    ),
)


def _untile(xp: Any, g: Any, shape: tuple[int, ...], repeats: tuple[int, ...]) -> Any:
    lead = len(repeats) - len(shape)
    padded = (1,) * lead + tuple(shape)
    split = tuple(n for pair in zip(repeats, padded, strict=True) for n in pair)
    if not all(repeats):
        return zeros_of(xp, g, tuple(shape))
    total = xp.sum(xp.reshape(g, split), axis=tuple(range(0, 2 * len(repeats), 2)))
    return xp.reshape(total, tuple(shape))


repeat = linear(
    "repeat",
    lambda xp, input, repeats: xp.tile(input, repeats),
    ["repeats"],
    input=lambda xp, g, input_shape, repeats: _untile(xp, g, input_shape, repeats),
)
tril = linear(
    "tril",
    lambda xp, input, diagonal: xp.tril(input, k=diagonal),
    ["diagonal"],
    input=lambda xp, g, diagonal: xp.tril(g, k=diagonal),
)
triu = linear(
    "triu",
    lambda xp, input, diagonal: xp.triu(input, k=diagonal),
    ["diagonal"],
    input=lambda xp, g, diagonal: xp.triu(g, k=diagonal),
)
