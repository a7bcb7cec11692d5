"""Dropout: elements or channels set to zero at random."""

from __future__ import annotations

import warnings
from math import sqrt
from typing import TYPE_CHECKING, Any

from ...dtypes import LEGACY_NAMES, float32
from ...functions.arguments import as_tensor_argument
from ...functions.elementwise import where
from ...functions.generators import generator_of
from ...functions.shape import unsqueeze
from ...ops import activation as ops
from .common import like, raw, written

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
]

#: What the scaled exponential linear unit tends to far below zero.
_SATURATION = -1.7580993408473766


def kept(input: Any, p: float, channels: bool) -> Any:
    """Return which elements are kept, drawn for each element or for each channel."""
    shape = tuple(input._array.shape)
    if channels:
        if len(shape) < 2:
            raise RuntimeError(
                f"Feature dropout requires at least 2 dimensions in the input, got {len(shape)}"
            )
        shape = shape[:2] + (1,) * (len(shape) - 2)
    place = input._place
    drawn = generator_of(place).uniform(place.xp, shape, place.native(float32))
    with place.entered():
        return raw(input, drawn >= p)


def _checked(name: str, input: Any, p: float) -> Any:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    return as_tensor_argument(name, input)


def _floating(input: Any) -> None:
    if not input.dtype.is_differentiable:
        raise RuntimeError(
            "result type Float can't be cast to the desired output type "
            f"{LEGACY_NAMES[input.dtype.name]}: dropout needs floating-point numbers"
        )


def _dropped(input: Any, p: float, training: bool, channels: bool) -> Any:
    if not training or p == 0 or not input.numel():
        return input
    _floating(input)
    mask = kept(input, p, channels)
    return ops.masked_scale.record(input, mask, 1 / (1 - p) if p < 1 else 0.0)


def _dropout(input: Any, p: float, training: bool) -> Any:
    return _dropped(input, p, training, False)


def _feature_dropout(input: Any, p: float, training: bool) -> Any:
    return _dropped(input, p, training, True)


_dropout_ = written("dropout_", _dropout, "1 -> 1")
_feature_dropout_ = written("feature_dropout_", _feature_dropout, "1 -> 1")


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Return the elements, each set to zero with probability `p`, the others scaled up.

    Parameters
    ----------
    input : Tensor
    p : number
        Of [0, 1].
    training : bool
        If false, nothing is done.
    inplace : bool
        Whether the result is written into `input`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.nn.functional.dropout(tg.ones(100), 0.5)
    >>> bool(((x == 0) | (x == 2)).all())
    True
    """
    input = _checked("dropout", input, p)
    return _dropout_(input, p, training) if inplace else _dropout(input, p, training)


def _channels(input: Any, p: float, training: bool, inplace: bool) -> Any:
    form = _feature_dropout_ if inplace else _feature_dropout
    return form(input, p, training)


def feature_dropout(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Return channels of any number of axes, each set to zero with probability `p`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.feature_dropout(tg.ones(1, 2), 0.0, True)
    tensor([[1., 1.]])
    """
    return _channels(_checked("feature_dropout", input, p), p, training, inplace)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Return channels of shape (length,), each set to zero with probability `p`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.dropout1d(tg.ones(2, 3), 1.0)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    input = _checked("dropout1d", input, p)
    ndim = input._array.ndim
    if ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input. Channels have one "
            "axis, and there may be a batch of them"
        )
    return _batched(input, p, training, inplace, ndim == 2)


def _batched(input: Any, p: float, training: bool, inplace: bool, single: bool) -> Any:
    if not single:
        return _channels(input, p, training, inplace)
    out = _channels(unsqueeze(input, 0), p, training, inplace)
    return input if inplace else out.squeeze(0)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Return channels of two axes, each set to zero with probability `p`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.dropout2d(tg.ones(1, 1, 1, 2), 0.0)
    tensor([[[[1., 1.]]]])
    """
    input = _checked("dropout2d", input, p)
    ndim = input._array.ndim
    if ndim not in (3, 4):
        warnings.warn(
            f"dropout2d: Received a {ndim}-D input to dropout2d, which is deprecated and will "
            "result in an error in a future release.",
            stacklevel=2,
        )
    if ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D "
            "dropout behavior is desired: shape (N, C, L).",
            stacklevel=2,
        )
    return _channels(input, p, training, inplace)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Return channels of three axes, each set to zero with probability `p`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.dropout3d(tg.ones(1, 1, 1, 1, 2), 0.0)
    tensor([[[[[1., 1.]]]]])
    """
    input = _checked("dropout3d", input, p)
    ndim = input._array.ndim
    if ndim not in (4, 5):
        warnings.warn(
            f"dropout3d: Received a {ndim}-D input to dropout3d, which is deprecated and will "
            "result in an error in a future release.",
            stacklevel=2,
        )
    return _batched(input, p, training, inplace, ndim == 4)


def _saturated(input: Any, p: float, training: bool, channels: bool) -> Any:
    if not training or p == 0 or not input.numel():
        return input
    _floating(input)
    if p == 1:
        return input * 0.0
    scale = 1 / sqrt((_SATURATION**2 * p + 1) * (1 - p))
    mask = kept(input, p, channels)
    return where(mask, input, like(input, _SATURATION)) * scale - _SATURATION * p * scale


def _alpha_dropout(input: Any, p: float, training: bool) -> Any:
    return _saturated(input, p, training, False)


def _feature_alpha_dropout(input: Any, p: float, training: bool) -> Any:
    return _saturated(input, p, training, True)


_alpha_dropout_ = written("alpha_dropout_", _alpha_dropout, "1 -> 1")
_feature_alpha_dropout_ = written("feature_alpha_dropout_", _feature_alpha_dropout, "1 -> 1")


def alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Return elements, some set to what `selu` tends to below: mean and variance stay.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.alpha_dropout(tg.ones(2), 0.5)
    tensor([1., 1.])
    """
    input = _checked("alpha_dropout", input, p)
    return (_alpha_dropout_ if inplace else _alpha_dropout)(input, p, training)


def feature_alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Return channels, some set to what `selu` tends to below: see `alpha_dropout`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.feature_alpha_dropout(tg.ones(1, 2), 0.5)
    tensor([[1., 1.]])
    """
    input = _checked("feature_alpha_dropout", input, p)
    form = _feature_alpha_dropout_ if inplace else _feature_alpha_dropout
    return form(input, p, training)
