"""Fourier transforms: precision, padding, spectra of no real signal, short times, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg

ONE_AXIS = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
SEVERAL = ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2")
HERMITIAN = ("hfftn", "ihfftn", "hfft2", "ihfft2")


def host(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.detach().cpu().tolist())


def numbers(*shape: int, complex: bool = False) -> np.ndarray:
    rng = np.random.default_rng(3)
    out = rng.standard_normal(shape)
    return out + 1j * rng.standard_normal(shape) if complex else out


def takes_real(name: str) -> bool:
    return name.startswith(("rfft", "ihfft"))


@pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
@pytest.mark.parametrize("name", ONE_AXIS)
def test_one_axis_cropped_and_padded(backend: str, name: str, norm: str | None) -> None:
    x = numbers(3, 5, complex=not takes_real(name))
    for n in (None, 1, 2, 3, 6, 7, 12):
        for dim in (0, -1):
            got = getattr(tg.fft, name)(tg.tensor(x), n, dim, norm)
            want = getattr(np.fft, name)(x, n, dim, norm)
            np.testing.assert_allclose(host(got), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
@pytest.mark.parametrize("name", SEVERAL)
def test_several_axes_cropped_and_padded(backend: str, name: str, norm: str) -> None:
    x = numbers(3, 4, 5, complex=not takes_real(name))
    for s in (None, (2, 7), (5, 3)):
        for dim in ((0, 1), (-1, 0)):
            got = getattr(tg.fft, name)(tg.tensor(x), s, dim, norm)
            want = getattr(np.fft, name)(x, s, dim, norm)
            np.testing.assert_allclose(host(got), want, rtol=1e-12, atol=1e-12)


def test_transforms_of_real_spectra_undo_each_other(backend: str) -> None:
    x = tg.tensor(numbers(3, 4))
    for to, back, shape in (
        (tg.fft.rfftn, tg.fft.irfftn, (3, 4)),
        (tg.fft.ihfftn, tg.fft.hfftn, (3, 4)),
        (tg.fft.ihfft2, tg.fft.hfft2, (3, 4)),
    ):
        for norm in ("backward", "ortho", "forward"):
            np.testing.assert_allclose(
                host(back(to(x, norm=norm), shape, norm=norm)), host(x), rtol=1e-12
            )
    assert tg.fft.irfftn(tg.fft.rfftn(x), s=(3, -1)).shape == (3, 4)


@pytest.mark.parametrize("name", [*ONE_AXIS, *SEVERAL, *HERMITIAN])
def test_precision_is_that_of_the_input(backend: str, name: str) -> None:
    function = getattr(tg.fft, name)
    for dtype in (tg.float32, tg.float64):
        x = tg.ones(2, 3, dtype=dtype, requires_grad=True)
        out = function(x)
        assert out.dtype.to_real() is dtype
        assert tg.autograd.grad(out, x, tg.ones_like(out))[0].dtype is dtype
    assert function(tg.ones(2, 3, dtype=tg.int32)).dtype.to_real() is tg.float32
    assert function(tg.ones(2, 3, dtype=tg.bool)).dtype.to_real() is tg.float32


@pytest.mark.parametrize("name", [*ONE_AXIS, *SEVERAL])
def test_no_rows_at_all(backend: str, name: str) -> None:
    x = tg.ones(0, 3, 4, dtype=tg.float64, requires_grad=True)
    axes = {} if name in ONE_AXIS else {"axes": (1, 2)}
    out = getattr(tg.fft, name)(x, **axes)
    assert 0 in out.shape
    (g,) = tg.autograd.grad(out, x, tg.ones_like(out))
    assert g.shape == (0, 3, 4)


def test_gradients_go_through_the_precision_of_the_input(backend: str) -> None:
    x = tg.ones(4, requires_grad=True)
    y = tg.fft.rfft(x)
    assert y.dtype is tg.complex64
    (g,) = tg.autograd.grad(y.abs().sum(), x, create_graph=True)
    assert g.dtype is tg.float32
    assert tg.autograd.grad(g.sum(), x)[0].dtype is tg.float32


def test_parts_of_a_spectrum_that_no_real_signal_has(backend: str) -> None:
    """Imaginary parts of its ends are without effect, and have no gradient."""
    x = tg.tensor(numbers(3, complex=True), requires_grad=True)
    signal = tg.fft.irfft(x)
    signal.backward(tg.tensor([1.0, 2.0, -1.0, 3.0], dtype=tg.float64))
    assert host(x.grad)[[0, 2]].imag.tolist() == [0, 0]
    moved = x.detach() + tg.tensor([1j, 0, -2j], dtype=tg.complex128)
    np.testing.assert_allclose(host(tg.fft.irfft(moved)), host(signal), rtol=1e-12)


def test_other_spellings_of_dim(backend: str) -> None:
    x = tg.tensor(numbers(2, 3, complex=True))
    same = [
        (tg.fft.fft(x, axis=0), tg.fft.fft(x, dim=0)),
        (tg.fft.fftn(x, axes=(0,)), tg.fft.fft(x, dim=0)),
        (tg.fft.fft2(x, axes=(1, 0)), tg.fft.fftn(x)),
        (tg.fft.fftshift(x, axis=1), tg.fft.fftshift(x, dim=(1,))),
    ]
    for got, want in same:
        np.testing.assert_allclose(host(got), host(want), rtol=1e-12)
    with pytest.raises(TypeError, match="both dim and axis"):
        tg.fft.fft(x, dim=0, axis=0)


@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_frequencies(backend: str, n: int) -> None:
    np.testing.assert_allclose(host(tg.fft.fftfreq(n, 0.5)), np.fft.fftfreq(n, 0.5), rtol=1e-6)
    np.testing.assert_allclose(host(tg.fft.rfftfreq(n, 2)), np.fft.rfftfreq(n, 2), rtol=1e-6)
    x = tg.arange(n)
    assert tg.fft.ifftshift(tg.fft.fftshift(x)).tolist() == x.tolist()
    leaf = tg.fft.fftfreq(n, dtype=tg.float64, requires_grad=True)
    assert (leaf.is_leaf, leaf.requires_grad, leaf.dtype) == (True, True, tg.float64)


WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: tg.fft.fft(tg.ones(4), n=0), RuntimeError, r"Invalid number of data points \(0\)"),
    (lambda: tg.fft.fft(tg.ones(0)), RuntimeError, r"Invalid number of data points \(0\)"),
    (lambda: tg.fft.irfft(tg.ones(1)), RuntimeError, r"Invalid number of data points \(0\)"),
    (lambda: tg.fft.fft(tg.ones(4), n=2.0), TypeError, "'n' must be int"),
    (lambda: tg.fft.fft(tg.ones(4), norm="x"), RuntimeError, 'Invalid normalization mode: "x"'),
    (lambda: tg.fft.fft(tg.ones(4), dim=1), IndexError, "Dimension out of range"),
    (lambda: tg.fft.fft(tg.ones(())), IndexError, "tensor has no dimensions"),
    (lambda: tg.fft.fft(3), TypeError, "must be Tensor, not int"),
    (
        lambda: tg.fft.rfft(tg.ones(4, dtype=tg.complex64)),
        RuntimeError,
        "rfft expects a real input tensor, but got ComplexFloat",
    ),
    (lambda: tg.fft.fftn(tg.ones(2, 2), dim=(0, -2)), RuntimeError, "FFT dims must be unique"),
    (
        lambda: tg.fft.fftn(tg.ones(2, 2), s=(1,), dim=(0, 1)),
        RuntimeError,
        "dim and shape arguments must have the same length",
    ),
    (lambda: tg.fft.fftn(tg.ones(2), s=(1, 1)), RuntimeError, "Got shape with 2 values but"),
    (lambda: tg.fft.rfftn(tg.ones(())), RuntimeError, "must transform at least one axis"),
    (lambda: tg.fft.fft2(tg.ones(3)), IndexError, "Dimension out of range"),
]


@pytest.mark.parametrize(("call", "kind", "phrase"), WRONG)
def test_what_has_no_transform(
    backend: str, call: Callable[[], Any], kind: type[Exception], phrase: str
) -> None:
    with pytest.raises(kind, match=phrase):
        call()


def test_half_precision_has_no_transform() -> None:
    with pytest.raises(RuntimeError, match="Unsupported dtype Half"):
        tg.fft.fft(tg.ones(4, dtype=tg.float16))
    half = tg.ones(8, dtype=tg.float16)
    with pytest.raises(RuntimeError, match="Unsupported dtype Half"):
        tg.stft(half, 4, window=half[:4], return_complex=True)


# -- short times ------------------------------------------------------------------------------


def framed(x: np.ndarray, n: int, hop: int, window: np.ndarray, mode: str | None) -> np.ndarray:
    if mode is not None:
        pads = [(0, 0)] * (x.ndim - 1) + [(n // 2, n // 2)]
        x = np.pad(x, pads, {"replicate": "edge", "circular": "wrap"}.get(mode, mode))  # type: ignore[call-overload]
    left = (n - len(window)) // 2
    wide = np.pad(window, (left, n - len(window) - left))
    rows = [x[..., k : k + n] * wide for k in range(0, x.shape[-1] - n + 1, hop)]
    return np.stack(rows, -1)


@pytest.mark.parametrize("mode", ["reflect", "constant", "replicate", "circular", None])
@pytest.mark.parametrize(("n", "hop", "width"), [(8, 2, 8), (8, 3, 5), (5, 5, 5), (6, 9, 6)])
def test_short_time_transforms(
    backend: str, mode: str | None, n: int, hop: int, width: int
) -> None:
    x, window = numbers(2, 20), 0.1 + np.hanning(width)
    options: dict[str, Any] = {"center": mode is not None, "return_complex": True}
    got = tg.stft(
        tg.tensor(x), n, hop, width, tg.tensor(window), pad_mode=mode or "reflect", **options
    )
    rows = framed(x, n, hop, window, mode)
    np.testing.assert_allclose(host(got), np.fft.rfft(rows, axis=-2), atol=1e-12)
    whole = tg.stft(
        tg.tensor(x),
        n,
        hop,
        width,
        tg.tensor(window),
        pad_mode=mode or "reflect",
        normalized=True,
        onesided=False,
        **options,
    )
    np.testing.assert_allclose(host(whole), np.fft.fft(rows, axis=-2, norm="ortho"), atol=1e-12)


@pytest.mark.parametrize("complex", [False, True])
def test_the_signal_comes_back(backend: str, complex: bool) -> None:
    x = tg.tensor(numbers(2, 21, complex=complex), requires_grad=True)
    window = tg.hann_window(8, dtype=tg.float64)
    y = tg.stft(x, 8, window=window, return_complex=True, normalized=True)
    options: dict[str, Any] = {"window": window, "normalized": True, "return_complex": complex}
    back = tg.istft(y, 8, length=21, **options)
    np.testing.assert_allclose(host(back), host(x), atol=1e-12)
    (g,) = tg.autograd.grad(back, x, tg.ones_like(back))
    np.testing.assert_allclose(host(g), np.ones((2, 21)), atol=1e-10)
    assert tg.istft(y, 8, **options).shape == (2, 20)
    with pytest.warns(UserWarning, match="shorter than the length parameter"):
        assert (host(tg.istft(y, 8, length=30, **options))[:, 24:] == 0).all()


def test_parts_apart(backend: str) -> None:
    x, window = tg.tensor(numbers(20)), tg.ones(8, dtype=tg.float64)
    whole = tg.stft(x, 8, window=window, return_complex=True)
    parts = tg.stft(x, 8, window=window, return_complex=False)
    assert parts.shape == (*whole.shape, 2)
    np.testing.assert_array_equal(host(parts)[..., 1], host(whole).imag)


def short(**options: Any) -> Any:
    given: dict[str, Any] = {"n_fft": 8, "window": tg.ones(8), "return_complex": True}
    return tg.stft(tg.ones(20), **{**given, **options})


def spectrum(*shape: int) -> Any:
    return tg.ones(*shape, dtype=tg.complex64)


WRONG_TIMES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: short(return_complex=None), RuntimeError, "return_complex parameter be given"),
    (lambda: short(n_fft=0, center=False), RuntimeError, "expected 0 < n_fft < 20, but got"),
    (lambda: short(n_fft=21, center=False), RuntimeError, "expected 0 < n_fft < 20, but got"),
    (lambda: short(hop_length=0), RuntimeError, "expected hop_length > 0, but got"),
    (lambda: short(win_length=9), RuntimeError, "expected 0 < win_length <= n_fft"),
    (lambda: short(win_length=7), RuntimeError, r"equal to win_length=7, but .* \[8\]"),
    (lambda: short(n_fft=40, window=tg.ones(40)), RuntimeError, "Padding size should be less"),
    (lambda: short(pad_mode="odd"), NotImplementedError, "Unrecognised padding mode odd"),
    (
        lambda: short(window=spectrum(8), onesided=True),
        RuntimeError,
        "Cannot have onesided output if window or input is complex",
    ),
    (
        lambda: tg.stft(tg.ones(2, 2, 20), 8, window=tg.ones(8), return_complex=True),
        RuntimeError,
        "expected a 1D or 2D tensor",
    ),
    (lambda: tg.istft(tg.ones(5, 4), 8), RuntimeError, "requires a complex-valued input"),
    (lambda: tg.istft(spectrum(5, 0), 8), RuntimeError, "cannot be empty"),
    (lambda: tg.istft(spectrum(5), 8), RuntimeError, "expected a tensor with 2 or 3 dim"),
    (lambda: tg.istft(spectrum(4, 4), 8), RuntimeError, "match n_fft / 2 [+] 1"),
    (lambda: tg.istft(spectrum(5, 4), 8, onesided=False), RuntimeError, "to match n_fft when"),
    (lambda: tg.istft(spectrum(5, 4), 8, hop_length=9), RuntimeError, "0 < hop_length <= win"),
    (lambda: tg.istft(spectrum(5, 4), 8, window=tg.ones(7)), RuntimeError, "Invalid window shape"),
    (lambda: tg.istft(spectrum(5, 4), 8, window=tg.zeros(8)), RuntimeError, "window overlap add"),
]


@pytest.mark.parametrize(("call", "kind", "phrase"), WRONG_TIMES)
def test_what_has_no_short_time_transform(
    backend: str, call: Callable[[], Any], kind: type[Exception], phrase: str
) -> None:
    with pytest.raises(kind, match=phrase):
        call()


def test_a_missing_window_is_warned_of(backend: str) -> None:
    with pytest.warns(UserWarning, match="A window was not provided"):
        short(window=None)


# -- windows ----------------------------------------------------------------------------------

WINDOWS = {
    "hann": np.hanning,
    "hamming": np.hamming,
    "blackman": np.blackman,
    "bartlett": np.bartlett,
    "kaiser": lambda n: np.kaiser(n, 12.0),
}


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("n", [0, 1, 2, 7, 8])
def test_windows(backend: str, name: str, n: int) -> None:
    got = getattr(tg.signal.windows, name)(n, dtype=tg.float64)
    np.testing.assert_allclose(host(got), WINDOWS[name](n), rtol=1e-12, atol=1e-15)
    periodic = getattr(tg, f"{name}_window")(n, dtype=tg.float64)
    want = WINDOWS[name](n + 1)[:n] if n > 1 else np.ones(n)
    np.testing.assert_allclose(host(periodic), want, rtol=1e-12, atol=1e-15)


def test_a_narrow_kaiser_window_does_not_overflow(backend: str) -> None:
    found = host(tg.signal.windows.kaiser(5, beta=2000.0, dtype=tg.float64))
    assert found[2] == 1
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("call", "kind", "phrase"),
    [
        (lambda w: w.hann(-1), ValueError, "requires non-negative window length, got M=-1"),
        (lambda w: w.hann(3, dtype=tg.int64), ValueError, "expects float32 or float64 dtypes"),
        (lambda w: w.hann(2.5), TypeError, "length must be int"),
        (lambda w: w.kaiser(3, beta=-1), ValueError, "beta must be non-negative"),
        (lambda w: w.gaussian(3, std=0), ValueError, "Standard deviation must be positive"),
        (lambda w: w.exponential(3, tau=0), ValueError, "Tau must be positive"),
        (lambda w: w.exponential(3, center=1), ValueError, "Center must be None for symmetric"),
        (lambda w: w.general_cosine(3, a=0.5), TypeError, "Coefficients must be a list/tuple"),
        (lambda w: w.general_cosine(3, a=[]), ValueError, "Coefficients cannot be empty"),
        (lambda w: tg.hann_window(-1), RuntimeError, "requires non-negative window_length"),
        (lambda w: tg.hann_window(3, dtype=tg.int64), RuntimeError, "expects floating point"),
    ],
)
def test_no_windows(
    backend: str, call: Callable[[Any], Any], kind: type[Exception], phrase: str
) -> None:
    with pytest.raises(kind, match=phrase):
        call(tg.signal.windows)
