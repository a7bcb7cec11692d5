"""Discrete Fourier transforms along several axes, in PyTorch's spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ops import fourier as ops
from .arguments import axis as axis_of
from .arguments import one_of
from .elementwise import conj
from .fourier import as_complex, norm_argument, operand, points, resized
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "fft2",
    "fftn",
    "hfft2",
    "hfftn",
    "ifft2",
    "ifftn",
    "ihfft2",
    "ihfftn",
    "irfft2",
    "irfftn",
    "rfft2",
    "rfftn",
]

PLANE = (-2, -1)


def _ints(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _axes_and_sizes(
    name: str, input: Any, s: Any, dim: Any, given: Any, spectrum: bool, least: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the axes to transform and their lengths; of half a `spectrum`, the whole one's."""
    dim = one_of(name, dim, given, "dim and axes", PLANE if name.endswith("2") else None)
    shape = tuple(input._array.shape)
    if dim is not None:
        axes = tuple(axis_of(name, d, len(shape)) for d in _ints(dim)) if shape else _ints(dim)
        if not shape and axes:
            raise IndexError(
                f"Dimension specified as {axes[0]} but tensor has no dimensions: in {name}()"
            )
        if len(set(axes)) < len(axes):
            raise RuntimeError(f"FFT dims must be unique: {name}() was given {list(axes)}")
    if s is not None:
        s = _ints(s)
        if dim is None:
            if len(s) > len(shape):
                raise RuntimeError(
                    f"Got shape with {len(s)} values but input tensor only has {len(shape)} "
                    f"dimensions: in {name}()"
                )
            axes = tuple(range(len(shape) - len(s), len(shape)))
        elif len(s) != len(axes):
            raise RuntimeError(
                "When given, dim and shape arguments must have the same length: "
                f"{name}() was given {len(axes)} and {len(s)}"
            )
    elif dim is None:
        axes = tuple(range(len(shape)))
    if len(axes) < least:
        raise RuntimeError(f"{name} must transform at least one axis")
    sizes = [shape[k] for k in axes]
    if spectrum:
        sizes[-1] = 2 * (sizes[-1] - 1)
    if s is not None:
        sizes = [have if n == -1 else n for n, have in zip(s, sizes, strict=True)]
    return axes, tuple(points(name, n) for n in sizes)


def _complex_transform(
    name: str, input: Any, s: Any, dim: Any, norm: Any, given: Any, inverse: bool
) -> Any:
    input = operand(name, input)
    norm = norm_argument(name, norm)
    axes, sizes = _axes_and_sizes(name, input, s, dim, given, False, 0)
    return ops.c2c.record(resized(as_complex(input), axes, sizes), axes, norm, inverse)


def _half_spectrum(name: str, input: Any, s: Any, dim: Any, norm: str, given: Any) -> Any:
    input = operand(name, input, real=True)
    axes, sizes = _axes_and_sizes(name, input, s, dim, given, False, 1)
    return ops.r2c.record(resized(input, axes, sizes), axes, norm)


def _whole_signal(
    name: str, input: Any, s: Any, dim: Any, norm: str, given: Any, mirrored: bool
) -> Any:
    input = operand(name, input)
    axes, sizes = _axes_and_sizes(name, input, s, dim, given, True, 1)
    input = resized(as_complex(input), axes, (*sizes[:-1], sizes[-1] // 2 + 1))
    return ops.c2r.record(conj(input) if mirrored else input, axes, norm, sizes[-1])


@takes_out("cast")
def fftn(
    input: Any,
    s: Any = None,
    dim: Any = None,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the discrete Fourier transform along several axes.

    Parameters
    ----------
    input : Tensor
    s : int or sequence of int, optional
        The lengths: the input is cropped to them, or padded with zeros; -1 leaves one as it is.
    dim : int or sequence of int, optional
        All axes by default, or the last ones if `s` says how many.
    norm : {"backward", "ortho", "forward"}, optional
        Whether it is the inverse that divides by the number of elements, both by its root, or
        this one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.fftn(tg.ones(2, 2)).real
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _complex_transform("fftn", input, s, dim, norm, axes, False)


@takes_out("cast")
def fft2(
    input: Any,
    s: Any = None,
    dim: Any = PLANE,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return `fftn` along two axes, the last two by default.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.fft2(tg.ones(2, 2)).real
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _complex_transform("fft2", input, s, dim, norm, axes, False)


@takes_out("cast")
def ifftn(
    input: Any,
    s: Any = None,
    dim: Any = None,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the inverse of `fftn`, whose parameters it has.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.ifftn(tg.ones(2, 2)).real
    tensor([[1., 0.],
            [0., 0.]])
    """
    return _complex_transform("ifftn", input, s, dim, norm, axes, True)


@takes_out("cast")
def ifft2(
    input: Any,
    s: Any = None,
    dim: Any = PLANE,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return `ifftn` along two axes, the last two by default.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.ifft2(tg.ones(2, 2)).real
    tensor([[1., 0.],
            [0., 0.]])
    """
    return _complex_transform("ifft2", input, s, dim, norm, axes, True)


@takes_out("cast")
def rfftn(
    input: Any,
    s: Any = None,
    dim: Any = None,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return `fftn` of real numbers: along the last axis, half the spectrum.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.rfftn(tg.ones(2, 4)).real
    tensor([[8., 0., 0.],
            [0., 0., 0.]])
    """
    return _half_spectrum("rfftn", input, s, dim, norm_argument("rfftn", norm), axes)


@takes_out("cast")
def rfft2(
    input: Any,
    s: Any = None,
    dim: Any = PLANE,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return `rfftn` along two axes, the last two by default.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.rfft2(tg.ones(2, 4)).real
    tensor([[8., 0., 0.],
            [0., 0., 0.]])
    """
    return _half_spectrum("rfft2", input, s, dim, norm_argument("rfft2", norm), axes)


@takes_out("cast")
def irfftn(
    input: Any,
    s: Any = None,
    dim: Any = None,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the inverse of `rfftn`: real numbers.

    Without `s`, the last axis gets an even length.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.irfftn(tg.fft.rfftn(tg.ones(2, 3)), s=(2, 3))
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """
    return _whole_signal("irfftn", input, s, dim, norm_argument("irfftn", norm), axes, False)


@takes_out("cast")
def irfft2(
    input: Any,
    s: Any = None,
    dim: Any = PLANE,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return `irfftn` along two axes, the last two by default.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.irfft2(tg.fft.rfft2(tg.ones(2, 3)), s=(2, 3))
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """
    return _whole_signal("irfft2", input, s, dim, norm_argument("irfft2", norm), axes, False)


@takes_out("cast")
def hfftn(
    input: Any,
    s: Any = None,
    dim: Any = None,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the real spectrum of a signal that is the conjugate of its mirror image.

    The input is half the signal along the last axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.hfftn(tg.ones(2, 2))
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _whole_signal(
        "hfftn", input, s, dim, ops.OTHER[norm_argument("hfftn", norm)], axes, True
    )


@takes_out("cast")
def hfft2(
    input: Any,
    s: Any = None,
    dim: Any = PLANE,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return `hfftn` along two axes, the last two by default.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.hfft2(tg.ones(2, 2))
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _whole_signal(
        "hfft2", input, s, dim, ops.OTHER[norm_argument("hfft2", norm)], axes, True
    )


@takes_out("cast")
def ihfftn(
    input: Any,
    s: Any = None,
    dim: Any = None,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the inverse of `hfftn`: along the last axis, half the signal.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.ihfftn(tg.ones(2, 2)).real
    tensor([[1., 0.],
            [0., 0.]])
    """
    return conj(
        _half_spectrum("ihfftn", input, s, dim, ops.OTHER[norm_argument("ihfftn", norm)], axes)
    )


@takes_out("cast")
def ihfft2(
    input: Any,
    s: Any = None,
    dim: Any = PLANE,
    norm: str | None = None,
    *,
    axes: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return `ihfftn` along two axes, the last two by default.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.ihfft2(tg.ones(2, 2)).real
    tensor([[1., 0.],
            [0., 0.]])
    """
    return conj(
        _half_spectrum("ihfft2", input, s, dim, ops.OTHER[norm_argument("ihfft2", norm)], axes)
    )
