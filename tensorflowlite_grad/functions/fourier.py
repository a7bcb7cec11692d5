"""Discrete Fourier transforms along one axis, in PyTorch's spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..dtypes import Kind, get_default_dtype
from ..ops import conversion, indexing
from ..ops import fourier as ops
from .arguments import as_tensor_argument, one_of, shape_argument
from .arguments import axes as axes_of
from .arguments import axis as axis_of
from .creation import arange
from .elementwise import conj
from .outputs import made_into, takes_out
from .rearranging import roll

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "fft",
    "fftfreq",
    "fftshift",
    "hfft",
    "ifft",
    "ifftshift",
    "ihfft",
    "irfft",
    "rfft",
    "rfftfreq",
]


def norm_argument(name: str, norm: Any) -> str:
    """Return a normalisation under the standard's name; RuntimeError if there is none such."""
    if norm is None:
        return "backward"
    if not isinstance(norm, str):
        raise TypeError(f"{name}(): argument 'norm' must be str, not {type(norm).__name__}")
    if norm not in ops.OTHER:
        raise RuntimeError(
            f'Invalid normalization mode: "{norm}"; {name}() knows "backward", "ortho" and '
            '"forward"'
        )
    return norm


def operand(name: str, input: Any, real: bool = False) -> Any:
    """Return what is transformed: of a real dtype that has a transform, or complex."""
    input = as_tensor_argument(name, input)
    found = input._place.dtype_of(input._array)
    if real and found.is_complex:
        raise RuntimeError(
            f"{name} expects a real input tensor, but got {dtypes.LEGACY_NAMES[found.name]}; "
            "for complex input there is fft() or ifft()"
        )
    if found is dtypes.float16:
        raise RuntimeError(f"Unsupported dtype Half: {name}() needs float32 or wider")
    if found.kind < Kind.FLOAT:
        input = conversion.cast(input, get_default_dtype())
    return input


def as_complex(input: Any) -> Any:
    """Return numbers as complex ones of their precision."""
    return conversion.cast(input, input._place.dtype_of(input._array).to_complex())


def points(name: str, n: Any) -> int:
    """Return a length to transform; RuntimeError if it is none."""
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"{name}(): argument 'n' must be int, not {type(n).__name__}")
    count = int(n.__index__())
    if count < 1:
        raise RuntimeError(f"Invalid number of data points ({count}) specified: in {name}()")
    return count


def resized(input: Any, axes: tuple[int, ...], sizes: tuple[int, ...]) -> Any:
    """Return a tensor cropped, or padded with zeros at the end, to sizes along axes."""
    shape = list(input._array.shape)
    crop = [slice(None)] * len(shape)
    pad = [slice(None)] * len(shape)
    for k, n in zip(axes, sizes, strict=True):
        if n < shape[k]:
            crop[k] = slice(0, n)
        elif n > shape[k]:
            pad[k] = slice(0, shape[k])
        shape[k] = n
    if any(s != slice(None) for s in crop):
        input = indexing.slice_.record(input, tuple(crop))
    if any(s != slice(None) for s in pad):
        shape_argument("fft", (shape,))
        input = indexing.embed.record(input, tuple(shape), tuple(pad))
    return input


def _one_axis(name: str, input: Any, dim: Any, axis: Any) -> int:
    dim = one_of(name, dim, axis, "dim and axis", -1)
    if not input._array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions: in {name}()")
    return axis_of(name, dim, input._array.ndim)


def _complex_transform(
    name: str, input: Any, n: Any, dim: Any, norm: Any, axis: Any, inverse: bool
) -> Any:
    input = operand(name, input)
    norm = norm_argument(name, norm)
    k = _one_axis(name, input, dim, axis)
    count = points(name, input._array.shape[k] if n is None else n)
    return ops.c2c.record(resized(as_complex(input), (k,), (count,)), (k,), norm, inverse)


@takes_out("cast")
def fft(
    input: Any,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    axis: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the discrete Fourier transform along one axis.

    Parameters
    ----------
    input : Tensor
        Real or complex; of real numbers `rfft` has all there is to know, in half the memory.
    n : int, optional
        The length: the input is cropped to it, or padded with zeros.
    dim : int
    norm : {"backward", "ortho", "forward"}, optional
        Whether it is the inverse that divides by the length, both by its root, or this one.

    Raises
    ------
    RuntimeError
        If there is no number to transform, or the input is float16.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.fft(tg.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    return _complex_transform("fft", input, n, dim, norm, axis, False)


@takes_out("cast")
def ifft(
    input: Any,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    axis: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the inverse of `fft`, whose parameters it has.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.ifft(tg.tensor([4.0, 0.0, 0.0, 0.0])).real
    tensor([1., 1., 1., 1.])
    """
    return _complex_transform("ifft", input, n, dim, norm, axis, True)


def _half_spectrum(name: str, input: Any, n: Any, dim: Any, norm: str, axis: Any) -> Any:
    input = operand(name, input, real=True)
    k = _one_axis(name, input, dim, axis)
    count = points(name, input._array.shape[k] if n is None else n)
    return ops.r2c.record(resized(input, (k,), (count,)), (k,), norm)


def _whole_signal(
    name: str, input: Any, n: Any, dim: Any, norm: str, axis: Any, mirrored: bool
) -> Any:
    input = operand(name, input)
    k = _one_axis(name, input, dim, axis)
    count = points(name, 2 * (input._array.shape[k] - 1) if n is None else n)
    input = resized(as_complex(input), (k,), (count // 2 + 1,))
    return ops.c2r.record(conj(input) if mirrored else input, (k,), norm, count)


@takes_out("cast")
def rfft(
    input: Any,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    axis: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the transform of real numbers: frequencies from 0 to the highest.

    The others are the conjugates of these. Parameters are those of `fft`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.rfft(tg.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j])
    """
    return _half_spectrum("rfft", input, n, dim, norm_argument("rfft", norm), axis)


@takes_out("cast")
def irfft(
    input: Any,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    axis: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the inverse of `rfft`: real numbers.

    Parameters
    ----------
    input : Tensor
        Half a spectrum.
    n : int, optional
        The length of the result; by default it is even.
    dim, norm
        As of `fft`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.irfft(tg.fft.rfft(tg.tensor([1.0, 2.0, 3.0])), n=3)
    tensor([1., 2., 3.])
    """
    return _whole_signal("irfft", input, n, dim, norm_argument("irfft", norm), axis, False)


@takes_out("cast")
def hfft(
    input: Any,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    axis: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the real spectrum of a signal that is the conjugate of its mirror image.

    Parameters
    ----------
    input : Tensor
        Half the signal.
    n : int, optional
        The length of the spectrum; by default it is even.
    dim, norm
        As of `fft`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.hfft(tg.tensor([1.0, 2.0, 3.0]))
    tensor([ 8., -2.,  0., -2.])
    """
    norm = ops.OTHER[norm_argument("hfft", norm)]
    return _whole_signal("hfft", input, n, dim, norm, axis, True)


@takes_out("cast")
def ihfft(
    input: Any,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    axis: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the inverse of `hfft`: half the signal of a real spectrum.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.ihfft(tg.tensor([8.0, -2.0, 0.0, -2.0])).real
    tensor([1., 2., 3.])
    """
    norm = ops.OTHER[norm_argument("ihfft", norm)]
    return conj(_half_spectrum("ihfft", input, n, dim, norm, axis))


def _frequencies(name: str, n: int, bounds: tuple[int, int], d: float, options: Any) -> Any:
    requires_grad = options.pop("requires_grad", False)
    wanted = options.pop("dtype", None) or get_default_dtype()
    if not wanted.is_differentiable:
        raise RuntimeError(f"{name}(): frequencies need a floating dtype, not {wanted.name}")
    # Of complex dtypes the real numbers, as there are no others here.
    out = arange(*bounds, dtype=wanted.to_real(), **options)
    out = conversion.cast(out * (1.0 / (n * d)) if n else out, wanted)
    return out.requires_grad_() if requires_grad else out


def _length(name: str, n: Any) -> int:
    return 0 if n.__class__ is int and n == 0 else points(name, n)


def fftfreq(n: int, d: float = 1.0, *, out: Tensor | None = None, **options: Any) -> Tensor:
    """Return the frequencies of what `fft` returns: the negative ones behind the positive.

    Parameters
    ----------
    n : int
        The length that was transformed.
    d : float
        The time between two of the numbers.
    out : Tensor, optional
        Where the frequencies are written.
    **options
        ``dtype``, ``device`` and ``requires_grad``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    if out is not None:
        return made_into(out, fftfreq, n, d, **options)
    n = _length("fftfreq", n)
    middle = (n + 1) // 2
    requires_grad = options.pop("requires_grad", False)
    found: Any = ifftshift(_frequencies("fftfreq", n, (middle - n, middle), d, options))
    return found.requires_grad_() if requires_grad else found


def rfftfreq(n: int, d: float = 1.0, *, out: Tensor | None = None, **options: Any) -> Tensor:
    """Return the frequencies of what `rfft` returns: see `fftfreq`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    if out is not None:
        return made_into(out, rfftfreq, n, d, **options)
    n = _length("rfftfreq", n)
    return _frequencies("rfftfreq", n, (0, n // 2 + 1), d, options)


def _shift(name: str, input: Any, dim: Any, axis: Any, up: int) -> Any:
    input = as_tensor_argument(name, input)
    dim = one_of(name, dim, axis, "dim and axis", None)
    ndim = input._array.ndim
    dims = tuple(range(ndim)) if dim is None else axes_of(name, dim, ndim) or ()
    if not dims:
        return conversion.clone(input)
    return roll(input, tuple((input._array.shape[k] + up) // 2 for k in dims), dims)


def fftshift(input: Any, dim: Any = None, *, axis: Any = None) -> Tensor:
    """Return a spectrum with frequency 0 in the middle.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.fftshift(tg.fft.fftfreq(4))
    tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    return _shift("fftshift", input, dim, axis, 0)


def ifftshift(input: Any, dim: Any = None, *, axis: Any = None) -> Tensor:
    """Return the inverse of `fftshift`: frequency 0 in front.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.fft.ifftshift(tg.arange(-2, 3))
    tensor([ 0,  1,  2, -2, -1])
    """
    return _shift("ifftshift", input, dim, axis, 1)
