"""A convolution of a batch of images, with gradients of images, kernels and bias."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.model import Arrays, Program
from benchmarks.peers import Peer
from benchmarks.timing import TimedCase

Array = npt.NDArray[Any]


def _data(quick: bool) -> tuple[Array, Array, Array]:
    batch, inputs, outputs, size = (2, 2, 3, 6) if quick else (64, 3, 16, 32)
    rng = np.random.default_rng(0)
    shapes = (batch, inputs, size, size), (outputs, inputs, 3, 3), (outputs,)
    x, weight, bias = (rng.standard_normal(s, dtype=np.float32) for s in shapes)
    return x, weight, bias


def _by_hand(x: Array, weight: Array, bias: Array) -> tuple[Any, Array, Array, Array]:
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    out = np.tensordot(windows, weight, ((1, 4, 5), (1, 2, 3))) + bias
    g = np.ones_like(out)
    g_weight = np.tensordot(g, windows, ((0, 1, 2), (0, 2, 3)))
    around = np.pad(g, [(0, 0), (1, 1), (1, 1), (0, 0)])
    around = np.lib.stride_tricks.sliding_window_view(around, (3, 3), axis=(1, 2))
    g_x = np.tensordot(around, weight[:, :, ::-1, ::-1], ((3, 4, 5), (0, 2, 3)))
    return out.sum(), g_x.transpose(0, 3, 1, 2), g_weight, g.sum(axis=(0, 1, 2))


def _expected(quick: bool) -> Arrays:
    x, weight, bias = _data(quick)
    return _by_hand(x.astype(np.float64), weight.astype(np.float64), bias.astype(np.float64))


def _numpy(peer: Peer, quick: bool) -> Program:
    operands = _data(quick)
    return Program(lambda: _by_hand(*operands), lambda result: result)


def _torch(peer: Peer, quick: bool) -> Program:
    operands = [peer.xp.tensor(array, requires_grad=True) for array in _data(quick)]
    convolve = peer.xp.nn.functional.conv2d

    def step() -> Any:
        for operand in operands:
            operand.grad = None
        value = convolve(*operands, padding=1).sum()
        value.backward()
        return value

    return Program(step, lambda value: [value, *(operand.grad for operand in operands)])


CASES = (
    TimedCase(
        "convolution",
        "sum of a convolution, (64, 3, 32, 32) with (16, 3, 3, 3), float32, all gradients",
        _expected,
        {"torch": _torch, "numpy": _numpy},
        # Thousands of sums cancel in the value itself.
        atol=2e-2,
    ),
)
