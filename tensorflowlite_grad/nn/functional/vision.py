"""Images sampled where a grid says."""

from __future__ import annotations

import warnings
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ...functions.arguments import as_tensor_argument
from ...functions.products import matmul
from ...functions.shape import matrix_transpose, reshape
from ...ops import grid_sampling as ops
from ...ops.promotion import common_place
from .sizes import unsupported

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = ["affine_grid", "grid_sample"]

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


def grid_sample(
    input: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Return an image, or a volume, sampled at the points of a grid.

    Differentiable in both; a grid moved by a nearest-neighbour sample changes nothing.

    Parameters
    ----------
    input : Tensor
        Of shape (batch, channels, height, width), or with a depth before these.
    grid : Tensor
        Of shape (batch, ..., 2 or 3): x, y (and z) from -1, the left edge, to 1.
    mode : {'bilinear', 'nearest', 'bicubic'}
        The last for images only.
    padding_mode : {'zeros', 'border', 'reflection'}
        What is outside.
    align_corners : bool, optional
        Whether -1 and 1 are the centres of the corner elements, rather than outer edges.

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.
    ValueError
        If a mode is not known.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
    >>> centre = tg.zeros(1, 1, 1, 2)
    >>> tg.nn.functional.grid_sample(x, centre, align_corners=False)
    tensor([[[[1.5000]]]])
    """
    for what, value, known in (
        ("mode", mode, _MODES),
        ("padding_mode", padding_mode, _PADDINGS),
    ):
        if value not in known:
            names = "', '".join(known[:-1])
            raise ValueError(
                f"nn.functional.grid_sample(): expected {what} to be '{names}' or '{known[-1]}', "
                f"but got: '{value}'"
            )
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior is align_corners=False. Please specify "
            "align_corners=True if the other is wanted.",
            stacklevel=2,
        )
        align_corners = False
    return _sampled(input, grid, (mode, padding_mode, bool(align_corners)))


def _sampled(input: Any, grid: Any, options: tuple[str, str, bool]) -> Any:
    input = as_tensor_argument("grid_sampler", input)
    grid = as_tensor_argument("grid_sampler", grid, "grid", 2)
    common_place("grid_sampler", [input, grid])
    shape, points = tuple(input._array.shape), tuple(grid._array.shape)
    sizes = f"got input with sizes {list(shape)} and grid with sizes {list(points)}"
    if input.dtype is not grid.dtype:
        raise RuntimeError(
            "grid_sampler(): expected input and grid to have same dtype, but input has "
            f"{input.dtype.name} and grid has {grid.dtype.name}"
        )
    if not input.dtype.is_floating_point:
        raise unsupported("grid_sampler", input)
    if len(shape) not in (4, 5) or len(points) != len(shape):
        raise RuntimeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but "
            + sizes
        )
    if shape[0] != points[0]:
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but " + sizes
        )
    if points[-1] != len(shape) - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {len(shape) - 2} in last dimension, but "
            f"got grid with sizes {list(points)}"
        )
    if not all(shape[2:]):
        raise RuntimeError(
            "grid_sampler(): expected input to have non-empty spatial dimensions, but input has "
            f"sizes {list(shape)}"
        )
    if options[0] == "bicubic" and len(shape) == 5:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    return ops.grid_sampler.record(input, grid, options)


def grid_sampler(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """Return what `grid_sample` does, with modes as numbers in the order of its document.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.grid_sampler(tg.ones(1, 1, 2, 2), tg.zeros(1, 1, 1, 2), 0, 0, False)
    tensor([[[[1.]]]])
    """
    modes = _MODES[as_index(interpolation_mode)], _PADDINGS[as_index(padding_mode)]
    return _sampled(input, grid, (*modes, bool(align_corners)))


def grid_sampler_2d(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """Return what `grid_sampler` does, of images.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.grid_sampler_2d(tg.ones(1, 1, 2, 2), tg.zeros(1, 1, 1, 2), 0, 0, False)
    tensor([[[[1.]]]])
    """
    return _of(4, input, grid, interpolation_mode, padding_mode, align_corners)


def grid_sampler_3d(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """Return what `grid_sampler` does, of volumes.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.grid_sampler_3d(tg.ones(1, 1, 2, 2, 2), tg.zeros(1, 1, 1, 1, 3), 0, 0, False)
    tensor([[[[[1.]]]]])
    """
    return _of(5, input, grid, interpolation_mode, padding_mode, align_corners)


def _of(ndim: int, input: Any, grid: Any, mode: int, padding: int, align: bool) -> Any:
    if input.ndim != ndim:
        raise RuntimeError(
            f"grid_sampler(): expected {ndim}D input and grid with same number of dimensions, but "
            f"got input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
        )
    return grid_sampler(input, grid, mode, padding, align)


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Tensor:
    """Return the grid for `grid_sample` that affine maps make.

    Parameters
    ----------
    theta : Tensor
        Matrices, (batch, 2, 3) for images or (batch, 3, 4) for volumes.
    size : sequence of int
        Of the result of `grid_sample`: (batch, channels, height, width), or with a depth.
    align_corners : bool, optional
        As of `grid_sample`.

    Raises
    ------
    ValueError
        If shapes do not fit.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> same = tg.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    >>> tg.nn.functional.affine_grid(same, (1, 1, 1, 2), align_corners=False)
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    theta = as_tensor_argument("affine_grid", theta, "theta")
    if not theta.dtype.is_floating_point:
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype.name}")
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior is align_corners=False. Please specify "
            "align_corners=True if the other is wanted.",
            stacklevel=2,
        )
    sizes = tuple(as_index(n) for n in size)
    ndim = len(sizes) - 2
    shape = tuple(theta._array.shape)
    if ndim not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
            f"respectively. Got size {sizes}."
        )
    if shape != (sizes[0], ndim, ndim + 1):
        raise ValueError(
            f"Expected a batch of {ndim}D affine matrices of shape Nx{ndim}x{ndim + 1} for size "
            f"{sizes}. Got {list(shape)}."
        )
    if min(sizes) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {sizes}")
    points = _lattice(theta, sizes[2:], bool(align_corners))
    return reshape(matmul(points, matrix_transpose(theta)), (sizes[0], *sizes[2:], ndim))


def affine_grid_generator(theta: Any, size: Any, align_corners: bool) -> Tensor:
    """Return what `affine_grid` does.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.affine_grid_generator(tg.zeros(1, 2, 3), (1, 1, 1, 1), False)
    tensor([[[[0., 0.]]]])
    """
    return affine_grid(theta, size, align_corners)


def _lattice(like: Any, size: tuple[int, ...], align: bool) -> Any:
    """Return (points, axes + 1) coordinates of [-1, 1], x first, and ones."""
    place = like._place
    xp = place.xp
    dtype = like._array.dtype
    columns = []
    for axis in range(len(size) - 1, -1, -1):
        n = size[axis]
        if n == 1:
            row = [0.0]
        else:
            row = [(2 * k - (n - 1)) / (n - 1 if align else n) for k in range(n)]
        shape = [1] * len(size)
        shape[axis] = n
        row_there = xp.reshape(xp.asarray(row, dtype=dtype), tuple(shape))
        columns.append(xp.broadcast_to(row_there, size))
    columns.append(xp.ones(size, dtype=dtype))
    return place.wrap(xp.reshape(xp.stack(columns, axis=-1), (-1, len(size) + 1)), place)
