"""Padding: with a constant, mirrored, repeated or round the end."""

from __future__ import annotations

from functools import lru_cache
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ...backend.resampling import AxisMap
from ...functions.arguments import as_tensor_argument
from ...functions.padding import constant_pad_nd
from ...ops import resampling as ops

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["pad"]

_MODES = ("reflect", "replicate", "circular")


def pad(input: Any, pad: Any, mode: str = "constant", value: Any = None) -> Tensor:
    """Return a copy with more elements around it, or with fewer.

    Parameters
    ----------
    input : Tensor
    pad : sequence of int
        How much to add before and after the last axis, then the last but one, and so on;
        a negative number cuts off.
    mode : {'constant', 'reflect', 'replicate', 'circular'}
        What is added: `value`, the elements mirrored at the edge, those of the edge, or those
        of the other end.
    value : number, optional
        Zero by default.

    Raises
    ------
    NotImplementedError
        For a mode or a number of axes that is not known.
    RuntimeError
        If more is added than the mode has.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.pad(tg.tensor([[1.0, 2.0, 3.0]]), (2, 1), "reflect")
    tensor([[3., 2., 1., 2., 3., 2.]])
    """
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    input = as_tensor_argument("pad", input)
    if mode not in _MODES:
        raise NotImplementedError(
            f"Unrecognised padding mode {mode}: pad() knows constant, {', '.join(_MODES)}"
        )
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    widths = [as_index(n) for n in pad]
    shape = tuple(input._array.shape)
    if len(widths) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, but pad() got {widths}")
    count = len(widths) // 2
    if not 1 <= count <= 3 or len(shape) not in (count + 1, count + 2):
        raise NotImplementedError(
            "Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now: pad() "
            f"got {count} pairs for a tensor of shape {list(shape)}"
        )
    maps = []
    for k in range(count):
        axis = -1 - k
        n, before, after = shape[axis], widths[2 * k], widths[2 * k + 1]
        _check(mode, shape, axis, n, before, after)
        maps.append((axis, _padding(mode, n, before, after)))
    return ops.pad.record(input, tuple(maps))


def _check(mode: str, shape: Any, axis: int, n: int, before: int, after: int) -> None:
    where = f"at dimension {len(shape) + axis} of input {list(shape)}"
    if not n:
        raise RuntimeError(
            f"Expected a tensor with non-zero size in the padded dimensions, but got {where}"
        )
    if mode == "reflect" and max(before, after) >= n:
        raise RuntimeError(
            "Padding size should be less than the corresponding input dimension, but got: padding "
            f"({before}, {after}) {where}"
        )
    if mode == "circular":
        if max(before, after) > n:
            raise RuntimeError(
                f"Padding value causes wrapping around more than once: ({before}, {after}) {where}"
            )
        if n + min(before, 0) + min(after, 0) < 1:
            raise RuntimeError(
                f"Negative padding value is resulting in an empty dimension: ({before}, {after}) "
                f"{where}"
            )
    if n + before + after < 1:
        raise RuntimeError(
            f"input (size {n}) is too small. Calculated output size {n + before + after}, for "
            f"padding ({before}, {after}) {where}"
        )


@lru_cache(maxsize=256)
def _padding(mode: str, n: int, before: int, after: int) -> AxisMap:
    out = n + before + after
    positions = []
    for k in range(out):
        p = k - before
        if mode == "replicate":
            p = min(max(p, 0), n - 1)
        elif mode == "reflect":
            p = -p if p < 0 else p
            p = 2 * (n - 1) - p if p >= n else p
        else:  # what is cut off is not there to come round
            first, last = max(-before, 0), n - max(-after, 0)
            p = first + (k - max(before, 0)) % (last - first)
        positions.append(p)
    return AxisMap(n, out, [(tuple(positions), None)])
