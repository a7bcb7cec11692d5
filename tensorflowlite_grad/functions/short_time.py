"""Short-time Fourier transforms, in PyTorch's spelling."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable
from ..dtypes import float16
from ..ops import conversion, indexing, promotion
from ..ops import fourier as ops
from .arguments import as_tensor_argument
from .creation import ones
from .elementwise import imag, real
from .fourier import as_complex
from .joining import cat, stack
from .rearranging import flip
from .shape import reshape, transpose

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["istft", "stft"]


def _narrow(x: Any, start: int, stop: int) -> Any:
    """Return a stretch of the last axis."""
    index = (slice(None),) * (x._array.ndim - 1)
    return indexing.slice_.record(x, (*index, slice(start, stop)))


def _padded(x: Any, before: int, after: int) -> Any:
    """Return the last axis with zeros around it."""
    if not before and not after:
        return x
    *lead, n = x._array.shape
    index = (slice(None),) * len(lead)
    shape = (*lead, before + n + after)
    return indexing.embed.record(x, shape, (*index, slice(before, before + n)))


def _extended(x: Any, width: int, mode: str) -> Any:
    """Return the last axis continued at both ends."""
    n = int(x._array.shape[-1])
    if mode == "constant":
        return _padded(x, width, width)
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(
            f"Unrecognised padding mode {mode}: stft() knows constant, reflect, replicate and "
            "circular"
        )
    if mode == "reflect" and width >= n:
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, "
            f"but got: padding ({width}, {width}) at dimension {x._array.ndim - 1} of input "
            f"{list(x._array.shape)}, in stft() with pad_mode='reflect'"
        )
    if mode == "circular" and width > n:
        raise RuntimeError(
            "Padding value causes wrapping around more than once: stft() was given a signal of "
            f"{n} numbers to pad by {width}"
        )
    if not width:
        return x
    if mode == "reflect":
        left, right = flip(_narrow(x, 1, width + 1), -1), flip(_narrow(x, n - 1 - width, n - 1), -1)
    elif mode == "circular":
        left, right = _narrow(x, n - width, n), _narrow(x, 0, width)
    else:
        shape = (*x._array.shape[:-1], width)
        left, right = _narrow(x, 0, 1).expand(shape), _narrow(x, n - 1, n).expand(shape)
    return cat([left, x, right], -1)


def _window(name: str, window: Any, input: Any, length: int, n_fft: int, what: str) -> Any:
    """Return a window of the transform's length, with zeros around the given one."""
    if window is None:
        place = input._place
        d = place.dtype_of(input._array).to_real()
        window = ones(length, dtype=d, device=place.device)
    else:
        window = as_tensor_argument(name, window, "window", 5)
        promotion.common_place(name, [input, window])
        if tuple(window._array.shape) != (length,):
            raise RuntimeError(f"{what}{list(window._array.shape)}")
    left = (n_fft - length) // 2
    return _padded(window, left, n_fft - length - left)


def _promoted(input: Any, window: Any) -> tuple[Any, Any]:
    wanted = promotion.result_type(input, window)
    return conversion.cast(input, wanted), conversion.cast(window, wanted)


def stft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """Return the Fourier transforms of stretches of a signal, each under a window.

    Parameters
    ----------
    input : Tensor
        A signal, or rows of them.
    n_fft : int
        The length of a stretch.
    hop_length : int, optional
        How far apart they begin; a quarter of `n_fft` by default.
    win_length : int, optional
        The length of the window, with zeros around it; `n_fft` by default.
    window : Tensor, optional
        Ones by default, which leak.
    center : bool
        Whether the signal is continued at both ends, so that stretches have their middle at
        every hop.
    pad_mode : {"reflect", "constant", "replicate", "circular"}
        How it is continued.
    normalized : bool
        Whether to divide by the root of the length.
    onesided : bool, optional
        Half a spectrum: by default, if signal and window are real.
    return_complex : bool
        Otherwise real and imaginary parts are along one more axis.
    align_to_window : bool, optional
        Whether, without `center`, the window decides where stretches begin, not `n_fft`.

    Returns
    -------
    Tensor
        Frequencies along the last axis but one, stretches along the last.

    Raises
    ------
    RuntimeError
        If lengths do not fit together, or it is not said whether the result is complex.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.arange(32.0)
    >>> tg.stft(x, 8, window=tg.hann_window(8), return_complex=True).shape
    tensorflowlite_grad.Size([5, 17])
    """
    input = as_tensor_argument("stft", input)
    if window is None:
        warnings.warn(
            "A window was not provided. A rectangular window will be applied, which is known to "
            "cause spectral leakage. Other windows such as hann_window() or hamming_window() can "
            "be used to reduce leakage; ones() says that the rectangular one is meant.",
            stacklevel=2,
        )
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    if not input.dtype.is_differentiable:
        raise RuntimeError(f"stft(): expected a floating point or complex tensor: {input.dtype}")
    if input._array.ndim not in (1, 2):
        raise RuntimeError(
            f"stft(): expected a 1D or 2D tensor, but got {input._array.ndim}D: one signal, or "
            "rows of them"
        )
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    is_complex = input.dtype.is_complex or (window is not None and window.dtype.is_complex)
    if return_complex is None:
        if not is_complex:
            raise RuntimeError(
                "stft requires the return_complex parameter be given for real inputs: True is "
                "what new programs want"
            )
        return_complex = True
    size = int(input._array.shape[-1]) + (2 * (n_fft // 2) if center else 0)
    if not 0 < n_fft <= size:
        raise RuntimeError(f"stft(): expected 0 < n_fft < {size}, but got n_fft={n_fft}")
    if hop <= 0:
        raise RuntimeError(f"stft(): expected hop_length > 0, but got hop_length={hop}")
    if not 0 < length <= n_fft:
        raise RuntimeError(f"stft(): expected 0 < win_length <= n_fft, but got win_length={length}")
    if onesided is None:
        onesided = not is_complex
    if onesided and is_complex:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    window = _window(
        "stft",
        window,
        input,
        length,
        n_fft,
        f"stft(): expected a 1D window tensor of size equal to win_length={length}, but got "
        "window with size ",
    )
    x = _extended(input, n_fft // 2, pad_mode) if center else input
    if align_to_window:
        lost = (n_fft - length) // 2
        x = _padded(x, lost, lost)
    rows = ops.frames.record(x, n_fft, hop)
    rows, window = _promoted(rows, window)
    if rows.dtype is float16:
        raise RuntimeError("Unsupported dtype Half: stft() needs float32 or wider")
    norm = "ortho" if normalized else "backward"
    axis = (rows._array.ndim - 1,)
    product = rows * window
    if onesided:
        spectrum = ops.r2c.record(product, axis, norm)
    else:
        spectrum = ops.c2c.record(as_complex(product), axis, norm, False)
    out = transpose(spectrum, -1, -2)
    return out if return_complex else stack([real(out), imag(out)], -1)


def istft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """Return the signal that has these short-time transforms: the inverse of `stft`.

    Where stretches overlap, the signal is the least-squares estimate.

    Parameters
    ----------
    input : Tensor
        What `stft` returned, complex.
    n_fft, hop_length, win_length, window, center, normalized, onesided
        As `stft` was given them.
    length : int, optional
        Of the signal; without it, as much as the stretches cover.
    return_complex : bool
        Whether the signal is complex.

    Raises
    ------
    RuntimeError
        If lengths do not fit together, or windows leave places uncovered.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, window = tg.arange(32.0), tg.hann_window(8)
    >>> y = tg.stft(x, 8, window=window, return_complex=True)
    >>> bool((tg.istft(y, 8, window=window) - x).abs().max() < 1e-4)
    True
    """
    input = as_tensor_argument("istft", input)
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    shape = tuple(input._array.shape)
    if not input.dtype.is_complex:
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with "
            "return_complex=True."
        )
    if 0 in shape:
        raise RuntimeError("istft(): input tensor cannot be empty.")
    if len(shape) not in (2, 3):
        raise RuntimeError(
            f"istft(): expected a tensor with 2 or 3 dimensions, but got {len(shape)}"
        )
    onesided = shape[-2] != n_fft if onesided is None else onesided
    want, said = (n_fft // 2 + 1, "n_fft / 2 + 1") if onesided else (n_fft, "n_fft")
    if shape[-2] != want:
        raise RuntimeError(
            "istft(): expected the frequency dimension (2nd to the last) of the input tensor to "
            f"match {said} when onesided={onesided}, but got {shape[-2]}"
        )
    if not 0 < hop <= width:
        raise RuntimeError(f"istft(): expected 0 < hop_length <= win_length, but got {hop}")
    if not 0 < width <= n_fft:
        raise RuntimeError(f"istft(): expected 0 < win_length <= n_fft, but got {width}")
    if isinstance(window, Variable) and tuple(window._array.shape) != (width,):
        raise RuntimeError(
            "Invalid window shape. window has to be 1D and length of `win_length`: expected "
            f"{width}, got {list(window._array.shape)}"
        )
    if return_complex and onesided:
        raise RuntimeError("cannot have onesided output if window or input is complex")
    window = _window("istft", window, input, width, n_fft, "Invalid window shape. ")
    if not return_complex and window.dtype.is_complex:
        raise RuntimeError("Complex windows are incompatible with return_complex=False")
    spectrum = transpose(input, -1, -2)
    norm = "ortho" if normalized else "backward"
    axis = (len(shape) - 1,)
    if return_complex:
        rows = ops.c2c.record(spectrum, axis, norm, True)
    else:
        rows = ops.c2r.record(_narrow(spectrum, 0, n_fft // 2 + 1), axis, norm, n_fft)
    rows, window = _promoted(rows, window)
    count = shape[-1]
    full = n_fft + hop * (count - 1)
    signal = ops.overlap.record(rows * window, full, hop)
    weights = reshape(window * window, (1, n_fft)).expand((count, n_fft))
    envelope = ops.overlap.record(weights, full, hop)
    start = n_fft // 2 if center else 0
    stop = full - n_fft // 2 if center else full
    if length is not None:
        stop = start + length
    end = min(stop, full)
    signal, envelope = _narrow(signal, start, end), _narrow(envelope, start, end)
    least = envelope.detach().abs().min().item() if end > start else 1.0
    if not least > 1e-11:
        raise RuntimeError(
            f"istft(): window overlap add min: {least}: some places are under no window, so that "
            "the signal is not known there"
        )
    out = signal / envelope
    if stop > full:
        warnings.warn(
            "The length of signal is shorter than the length parameter. Result is being padded "
            "with zeros in the tail. Please check your center and hop_length settings.",
            stacklevel=2,
        )
        out = _padded(out, 0, stop - full)
    return out
