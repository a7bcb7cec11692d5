"""Making signals, images and volumes larger or smaller."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...dtypes import Kind
from ...functions.arguments import as_tensor_argument
from ...ops import conversion
from ...ops import resampling as ops
from . import pooling
from .axis_maps import interpolating, smoothing
from .sizes import narrowed, unsupported, widened

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

#: How many axes beyond batch and channels a mode is for, and its map along each.
_MODES = {
    "linear": (1, "linear"),
    "bilinear": (2, "linear"),
    "trilinear": (3, "linear"),
    "bicubic": (2, "cubic"),
    "lanczos": (2, "lanczos"),
}
_ANY = ("nearest", "nearest-exact", "area")


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Return signals, images or volumes of another size.

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels, ...) with one to three more axes.
    size : int or tuple of int, optional
        Of the result.
    scale_factor : float or tuple of float, optional
        How many times as large it is to be, instead.
    mode : str
        'nearest', 'nearest-exact' or 'area' in any number of axes; 'linear', 'bilinear' and
        'trilinear' in one, two and three; 'bicubic' and 'lanczos' in two.
    align_corners : bool, optional
        Whether the centres of the corner elements stay, rather than their outer edges.
    recompute_scale_factor : bool, optional
        Whether to sample by the ratio of the sizes, which are whole, not by `scale_factor`.
    antialias : bool
        Whether to take wide means where a bilinear, bicubic or lanczos result is smaller.

    Raises
    ------
    NotImplementedError
        If the mode is not for so many axes.
    ValueError
        If arguments contradict each other.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.interpolate(tg.tensor([[[1.0, 3.0]]]), scale_factor=2, mode="linear")
    tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    """
    input = as_tensor_argument("interpolate", input)
    if mode in _ANY and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | "
            "bilinear | bicubic | trilinear"
        )
    shape = tuple(input._array.shape)
    ndim = len(shape) - 2
    out, factors = _sizes(shape[2:], size, scale_factor)
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if recompute_scale_factor or mode == "area":
        factors = [None] * ndim
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and ndim == 2):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires "
            "a 4-D tensor as input"
        )
    _check_mode(mode, ndim, align_corners, antialias)
    if mode == "area":
        mean: Any = getattr(pooling, f"adaptive_avg_pool{ndim}d")
        return mean(input, tuple(out))
    if min(out) < 1 or not all(shape[1:]):
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input {list(shape)} and "
            f"output size {out} in interpolate()"
        )
    make = smoothing if antialias else interpolating
    kind = _MODES[mode][1] if mode in _MODES else mode
    axes = zip(shape[2:], out, factors, strict=True)
    maps = tuple(
        (k - ndim, make(kind, n, m, bool(align_corners), f)) for k, (n, m, f) in enumerate(axes)
    )
    return _mapped(input, maps, mode)


def _mapped(input: Any, maps: Any, mode: str) -> Any:
    if input.dtype.kind is Kind.FLOAT:
        if mode in _ANY:
            return ops.upsample.record(input, maps)
        return narrowed(ops.upsample.record(widened(input), maps), input)
    if input.dtype is not dtypes.uint8:
        raise unsupported("interpolate", input)
    if mode in _ANY:
        return ops.upsample.record(input, maps)
    exact = ops.upsample.record(conversion.cast(input, dtypes.float32), maps)
    return conversion.cast(exact.round().clamp(0, 255), dtypes.uint8)


def _sizes(inner: Any, size: Any, scale_factor: Any) -> tuple[list[int], list[Any]]:
    """Return the result's sizes, and by how much each was to grow (None if not given)."""
    ndim = len(inner)
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        given = list(size) if isinstance(size, (tuple, list)) else [size] * ndim
        if len(given) != ndim:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input "
                f"with spatial dimensions of {list(inner)} and output size of {size}. Please "
                "provide input tensor in (N, C, d1, d2, ...,dK) format and output size in "
                "(o1, o2, ...,oK) format."
            )
        if not all(hasattr(n, "__index__") for n in given):
            raise TypeError(
                "expected size to be one of int or Tuple[int] or Tuple[int, int] or "
                f"Tuple[int, int, int], but got size {size!r}"
            )
        return [int(n) for n in given], [None] * ndim
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    factors = list(scale_factor) if isinstance(scale_factor, (tuple, list)) else None
    if factors is None:
        factors = [scale_factor] * ndim
    if len(factors) != ndim:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input "
            f"with spatial dimensions of {list(inner)} and scale_factor of shape {scale_factor}. "
            "Please provide input tensor in (N, C, d1, d2, ...,dK) format and scale_factor in "
            "(s1, s2, ...,sK) format."
        )
    return [math.floor(n * f) for n, f in zip(inner, factors, strict=True)], [*map(float, factors)]


def _check_mode(mode: str, ndim: int, align_corners: bool | None, antialias: bool) -> None:
    if mode == "lanczos" and ndim == 2:
        if align_corners:
            raise ValueError("Lanczos mode does not support align_corners=True")
        if not antialias:
            raise ValueError("Lanczos mode requires antialias=True")
    if mode in _MODES and 1 <= ndim <= 3 and _MODES[mode][0] != ndim:
        raise NotImplementedError(
            f"Got {ndim + 2}D input, but {mode} mode needs {_MODES[mode][0] + 2}D input"
        )
    if not 1 <= ndim <= 3 or mode not in (*_MODES, *_ANY):
        raise NotImplementedError(
            "Input Error: Only 3D, 4D and 5D input Tensors supported "
            f"(got {ndim + 2}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | "
            f"lanczos | area | nearest-exact (got {mode})"
        )


def upsample(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Return what `interpolate` does, under its old name.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> import warnings
    >>> warnings.simplefilter("ignore")
    >>> tg.nn.functional.upsample(tg.tensor([[[1.0, 3.0]]]), scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    """
    _deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Return what `interpolate` does by default, under its old name.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> import warnings
    >>> warnings.simplefilter("ignore")
    >>> tg.nn.functional.upsample_nearest(tg.tensor([[[1.0, 3.0]]]), 4)
    tensor([[[1., 1., 3., 3.]]])
    """
    _deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Return images interpolated bilinearly, with the corners kept.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> import warnings
    >>> warnings.simplefilter("ignore")
    >>> tg.nn.functional.upsample_bilinear(tg.tensor([[[[1.0, 3.0]]]]), (1, 3))
    tensor([[[[1., 2., 3.]]]])
    """
    _deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def _deprecated(name: str) -> None:
    warnings.warn(
        f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=3,
    )
