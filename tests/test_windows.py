"""Convolution, pooling, interpolation and sampling: what their cases do not show."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad.nn import functional as F

NAN, INF = math.nan, math.inf


def host(tensor: Any) -> Any:
    return tensor.detach().cpu().numpy()


def wave(*shape: int, requires_grad: bool = False) -> Any:
    count = math.prod(shape)
    return tg.tensor(np.sin(np.arange(count) * 1.7).reshape(shape), requires_grad=requires_grad)


# -- convolution ----------------------------------------------------------------------------


def test_convolution_keeps_input_and_weight_alone(backend: str) -> None:
    x, w = wave(2, 3, 5, 5, requires_grad=True), wave(4, 3, 3, 3, requires_grad=True)
    b = wave(4, requires_grad=True)
    out = F.conv2d(x, w, b, padding=1)
    kept = [item for item in out.grad_fn.saved if isinstance(item, tg.Tensor)]
    assert {id(t) for t in kept} == {id(x), id(w)}


@pytest.mark.parametrize("groups", [1, 2])
def test_a_transposed_convolution_is_the_gradient_of_a_convolution(
    backend: str, groups: int
) -> None:
    x, w = wave(2, 4, 6, 5, requires_grad=True), wave(6, 4 // groups, 3, 2)
    out = F.conv2d(x, w, stride=2, padding=1, groups=groups)
    g = wave(*out.shape)
    (want,) = tg.autograd.grad(out, x, g)
    more = [n - m for n, m in zip(x.shape[2:], _natural(out.shape[2:], (3, 2)), strict=True)]
    got = F.conv_transpose2d(g, w, stride=2, padding=1, output_padding=more, groups=groups)
    np.testing.assert_allclose(host(got), host(want), atol=1e-12)


def _natural(size: Any, kernel: Any) -> list[int]:
    return [(n - 1) * 2 - 2 + k for n, k in zip(size, kernel, strict=True)]


@pytest.mark.parametrize("kernel", [(3, 3), (2, 3), (4, 1)])
def test_same_padding_keeps_the_size_and_pads_more_after(backend: str, kernel: Any) -> None:
    x, w = wave(1, 2, 5, 6), wave(3, 2, *kernel)
    total = [k - 1 for k in kernel]
    pads = [(n // 2, n - n // 2) for n in total]
    by_hand = F.conv2d(F.pad(x, [*pads[1], *pads[0]]), w)
    same = F.conv2d(x, w, padding="same")
    assert same.shape[2:] == x.shape[2:]
    np.testing.assert_allclose(host(same), host(by_hand), atol=1e-12)


def test_a_batch_of_large_samples_is_what_its_samples_are(backend: str) -> None:
    x, w = wave(3, 8, 40, 40), wave(8, 8, 3, 3)  # more than one block of windows each
    whole = F.conv2d(x, w, padding=1)
    parts = [F.conv2d(x[k], w, padding=1) for k in range(3)]
    np.testing.assert_allclose(host(whole), host(tg.stack(parts)), atol=1e-12)


def test_convolution_of_integers_is_exact(backend: str) -> None:
    x = tg.arange(2 * 9).reshape(1, 2, 3, 3)
    out = F.conv2d(x, tg.ones(1, 2, 2, 2, dtype=tg.int64))
    assert out.dtype is tg.int64
    assert host(out).ravel().tolist() == [52, 60, 76, 84]


WRONG: Any = [
    ((1, 3, 4, 4), (2, 3, 2), {}, "Expected 3-dimensional input"),
    ((4, 4), (2, 3, 2, 2), {}, r"Expected 3D \(unbatched\) or 4D \(batched\) input to conv2d"),
    ((1, 3, 4, 4), (2, 2, 2, 2), {}, "to have 2 channels, but got 3"),
    ((1, 3, 4, 4), (2, 3, 5, 2), {}, "Kernel size can't be greater"),
    ((1, 3, 4, 4), (2, 3, 2, 2), {"stride": 0}, "non-positive stride"),
    ((1, 3, 4, 4), (2, 3, 2, 2), {"padding": "some"}, "Invalid padding string"),
    ((1, 3, 4, 4), (2, 3, 2, 2), {"padding": "same", "stride": 2}, "strided"),
    ((1, 3, 4, 4), (2, 3, 2, 2), {"stride": (1, 1, 1)}, "list of 2 values"),
]


@pytest.mark.parametrize(("shape", "weight", "options", "phrase"), WRONG)
def test_convolution_says_what_does_not_fit(
    backend: str, shape: Any, weight: Any, options: Any, phrase: str
) -> None:
    with pytest.raises(RuntimeError, match=phrase):
        F.conv2d(tg.zeros(*shape), tg.zeros(*weight), **options)


def test_a_transposed_convolution_refuses_an_ambiguous_size(backend: str) -> None:
    with pytest.raises(RuntimeError, match="output padding must be smaller"):
        F.conv_transpose1d(tg.zeros(1, 1, 2), tg.zeros(1, 1, 2), output_padding=1)


# -- pooling --------------------------------------------------------------------------------


def test_the_first_of_equals_is_the_greatest(backend: str) -> None:
    x = tg.tensor([[[2.0, 2.0, 1.0, 2.0]]], requires_grad=True)
    out, where = F.max_pool1d(x, 2, return_indices=True)
    out.sum().backward()
    assert host(where).tolist() == [[[0, 3]]]
    assert host(x.grad).tolist() == [[[1.0, 0.0, 0.0, 1.0]]]


def test_nan_is_greater_than_anything(backend: str) -> None:
    x = tg.tensor([[1.0, NAN, INF, 0.0, 3.0, 2.0]])
    out, where = F.max_pool1d(x, 3, return_indices=True)
    np.testing.assert_array_equal(host(out), [[NAN, 3.0]])
    assert host(where).tolist() == [[1, 4]]


def test_padding_is_never_the_greatest(backend: str) -> None:
    x = tg.full((1, 1, 3), -INF)
    out, where = F.max_pool1d(x, 2, 1, 1, return_indices=True)
    assert host(out).ravel().tolist() == [-INF] * 4
    assert host(where).ravel().tolist() == [0, 0, 1, 2]


def test_overlapping_windows_add_their_gradients(backend: str) -> None:
    x = tg.tensor([[0.0, 5.0, 1.0]], requires_grad=True)
    F.max_pool1d(x, 2, 1).sum().backward()
    assert host(x.grad).tolist() == [[0.0, 2.0, 0.0]]


@pytest.mark.parametrize("shape", [(0, 2, 4, 4), (2, 4, 4)])
def test_pooling_without_a_batch_or_of_none(backend: str, shape: Any) -> None:
    for pool in (F.max_pool2d, F.avg_pool2d):
        assert tuple(pool(tg.zeros(*shape), 2).shape) == (*shape[:-2], 2, 2)


def test_means_of_integers_have_no_rest(backend: str) -> None:
    x = tg.tensor([[[1, 2, -4, -3]]])
    assert host(F.avg_pool1d(x, 2)).tolist() == [[[1, -3]]]


def test_half_precision_is_summed_in_single(backend: str) -> None:
    if tg.zeros(1).device.type != "cpu" or backend == "strict":
        pytest.skip("no half precision here")
    x = tg.full((1, 1, 64, 64), 40.0, dtype=tg.float16)
    out = F.adaptive_avg_pool2d(x, 1)  # the sum is beyond half precision
    assert out.dtype is tg.float16
    assert float(out) == 40.0


def test_unpooling_refuses_positions_outside(backend: str) -> None:
    with pytest.raises(RuntimeError, match="Found an invalid max index: 9"):
        F.max_unpool1d(tg.ones(1, 1, 2), tg.tensor([[[0, 9]]]), 2)


def test_power_averages_are_flat_at_zero(backend: str) -> None:
    x = tg.zeros(1, 1, 4, requires_grad=True)
    F.lp_pool1d(x, 2, 2).sum().backward()
    assert host(x.grad).tolist() == [[[0.0] * 4]]


def test_windows_at_random_places_cover_no_more_than_the_input(backend: str) -> None:
    x = wave(3, 2, 9, 7)
    out, where = F.fractional_max_pool2d(x, 2, output_size=(4, 3), return_indices=True)
    flat = host(x).reshape(3, 2, -1)
    picked = np.take_along_axis(flat, host(where).reshape(3, 2, -1), -1)
    np.testing.assert_array_equal(host(out).reshape(3, 2, -1), picked)


# -- interpolation and sampling -------------------------------------------------------------


def test_a_grid_that_changes_nothing(backend: str) -> None:
    x = wave(1, 2, 4, 5)
    same = tg.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]], dtype=tg.float64)
    for align in (False, True):
        grid = F.affine_grid(same, x.shape, align_corners=align)
        for mode in ("bilinear", "nearest", "bicubic"):
            out = F.grid_sample(x, grid, mode, align_corners=align)
            np.testing.assert_allclose(host(out), host(x), atol=1e-12)


def test_a_grid_of_nan_and_inf_reads_nothing_outside(backend: str) -> None:
    grid = tg.tensor([[[[NAN, 0.0], [INF, 0.0], [0.0, -INF]]]], dtype=tg.float64)
    for mode in ("bilinear", "nearest", "bicubic"):
        assert host(F.grid_sample(wave(1, 1, 2, 2), grid, mode, "zeros", False)).shape[-1] == 3


def test_interpolation_of_infinity_stays_local(backend: str) -> None:
    x = tg.tensor([[[0.0, 1.0, 2.0, INF]]])
    out = host(F.interpolate(x, size=8, mode="linear"))
    assert np.isfinite(out[..., :5]).all()


def test_interpolation_keeps_bytes(backend: str) -> None:
    x = tg.tensor([[[[0, 255]]]], dtype=tg.uint8)
    assert F.interpolate(x, scale_factor=2).dtype is tg.uint8
    bilinear = F.interpolate(x, size=(1, 4), mode="bilinear")
    assert host(bilinear).ravel().tolist() == [0, 64, 191, 255]


CONTRADICTORY: Any = [
    ({}, ValueError, "either size or scale_factor"),
    ({"size": 2, "scale_factor": 2}, ValueError, "only one of size or scale_factor"),
    ({"size": 2, "mode": "linear"}, NotImplementedError, "Got 4D input, but linear mode needs 3D"),
    ({"size": 2, "align_corners": True}, ValueError, "align_corners option can only be set"),
    ({"size": 2, "antialias": True}, ValueError, "Anti-alias option is restricted"),
    ({"scale_factor": 0.1}, RuntimeError, "sizes should be greater than 0"),
]


@pytest.mark.parametrize(("options", "error", "phrase"), CONTRADICTORY)
def test_interpolation_says_what_contradicts_itself(
    backend: str, options: Any, error: Any, phrase: str
) -> None:
    with pytest.raises(error, match=phrase):
        F.interpolate(tg.zeros(1, 1, 3, 3), **options)


@pytest.mark.parametrize(("mode", "phrase"), [("reflect", "less than"), ("circular", "wrapping")])
def test_padding_says_what_is_too_much(backend: str, mode: str, phrase: str) -> None:
    with pytest.raises(RuntimeError, match=phrase):
        F.pad(tg.zeros(1, 1, 3), (4, 0), mode)


def test_shuffles_undo_each_other(backend: str) -> None:
    x = wave(2, 8, 3, 5)
    np.testing.assert_array_equal(host(F.pixel_unshuffle(F.pixel_shuffle(x, 2), 2)), host(x))
    np.testing.assert_array_equal(host(F.channel_shuffle(F.channel_shuffle(x, 2), 4)), host(x))


def test_folding_adds_up_what_windows_share(backend: str) -> None:
    ones = tg.ones(1, 1, 3, 4)
    counts = F.fold(F.unfold(ones, 2), (3, 4), 2)
    assert host(counts)[0, 0].tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [1, 2, 2, 1]]
