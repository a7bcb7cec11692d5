"""A training step of a small multi-layer perceptron."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.model import Arrays, Program, Target
from benchmarks.peers import Peer
from benchmarks.timing import TimedCase

Array = npt.NDArray[Any]

# Small enough that the thousands of steps of a run do not drive the loss to nothing.
RATE = 1e-3


def _data(quick: bool) -> tuple[Array, Array, list[Array]]:
    inputs, hidden, outputs, batch = (20, 8, 4, 6) if quick else (784, 256, 10, 64)
    rng = np.random.default_rng(0)
    x = rng.random((batch, inputs), dtype=np.float32)
    labels = rng.integers(outputs, size=batch)
    parameters = [
        rng.standard_normal((inputs, hidden)) / np.sqrt(inputs),
        0.1 * rng.standard_normal(hidden),
        rng.standard_normal((hidden, outputs)) / np.sqrt(hidden),
        0.1 * rng.standard_normal(outputs),
    ]
    return x, labels, [p.astype(np.float32) for p in parameters]


def _by_hand(x: Array, labels: Array, parameters: list[Array]) -> tuple[Any, list[Array]]:
    w1, b1, w2, b2 = parameters
    rows = np.arange(len(labels))
    before = x @ w1 + b1
    after = np.maximum(before, 0)
    logits = after @ w2 + b2
    logits -= logits.max(axis=1, keepdims=True)
    powers = np.exp(logits)
    total = powers.sum(axis=1, keepdims=True)
    loss = -(logits - np.log(total))[rows, labels].mean()
    g = powers / total
    g[rows, labels] -= 1
    g /= len(labels)
    g_before = (g @ w2.T) * (before > 0)
    return loss, [x.T @ g_before, g_before.sum(axis=0), after.T @ g, g.sum(axis=0)]


def _expected(quick: bool) -> Arrays:
    x, labels, parameters = _data(quick)
    wide = [p.astype(np.float64) for p in parameters]
    loss, gradients = _by_hand(x.astype(np.float64), labels, wide)
    return [loss, *gradients]


def _numpy(peer: Peer, quick: bool) -> Program:
    x, labels, parameters = _data(quick)

    def step() -> Any:
        loss, gradients = _by_hand(x, labels, parameters)
        for p, g in zip(parameters, gradients, strict=True):
            p -= RATE * g
        return loss, gradients

    return Program(step, lambda result: [result[0], *result[1]])


def _torch(peer: Peer, quick: bool) -> Program:
    m = peer.xp
    arrays = _data(quick)
    x, labels = m.tensor(arrays[0]), m.tensor(arrays[1])
    parameters = [m.tensor(p, requires_grad=True) for p in arrays[2]]
    w1, b1, w2, b2 = parameters
    rows = m.arange(len(arrays[1]))
    optimizer = m.optim.SGD(parameters, lr=RATE)

    def step() -> Any:
        optimizer.zero_grad()
        hidden = m.relu(x @ w1 + b1)
        log_p = m.log_softmax(hidden @ w2 + b2, dim=1)
        loss = -log_p[rows, labels].mean()
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, lambda loss: [loss, *(p.grad for p in parameters)])


def _loss(xp: Any, parameters: Any, x: Any, rows: Any, labels: Any) -> Any:
    w1, b1, w2, b2 = parameters
    before = x @ w1 + b1
    # The rules of maximum and where would turn HIPS autograd's float32 into float64 here.
    logits = (before * (before > 0)) @ w2 + b2
    logits = logits - xp.max(logits, axis=1, keepdims=True)
    log_p = logits - xp.log(xp.sum(xp.exp(logits), axis=1, keepdims=True))
    return -xp.mean(log_p[rows, labels])


def _functional(peer: Peer, quick: bool) -> Program:
    xp = peer.xp
    arrays = _data(quick)
    x, labels = xp.asarray(arrays[0]), xp.asarray(arrays[1])
    parameters = [xp.asarray(p) for p in arrays[2]]
    rows = xp.arange(len(arrays[1]))
    value_and_grad = peer.value_and_grad(lambda parameters: _loss(xp, parameters, x, rows, labels))

    @peer.jit
    def update(parameters: Any) -> tuple[Any, Any, Any]:
        loss, gradients = value_and_grad(parameters)
        return loss, gradients, [p - RATE * g for p, g in zip(parameters, gradients, strict=True)]

    def step() -> Any:
        nonlocal parameters
        loss, gradients, parameters = update(parameters)
        return loss, gradients

    return Program(step, lambda result: [result[0], *result[1]])


def _mygrad(peer: Peer, quick: bool) -> Program:
    mg = peer.xp
    x, labels, arrays = _data(quick)
    rows = np.arange(len(labels))
    parameters = [mg.tensor(p) for p in arrays]

    def step() -> Any:
        nonlocal parameters
        loss = _loss(mg, parameters, x, rows, labels)
        loss.backward()
        gradients = [p.grad for p in parameters]
        parameters = [
            mg.tensor(p.data - RATE * g) for p, g in zip(parameters, gradients, strict=True)
        ]
        return loss, gradients

    return Program(step, lambda result: [result[0], *result[1]])


CASES = (
    TimedCase(
        "mlp",
        "training step of a 784-256-10 perceptron, relu, batch 64, float32, SGD",
        _expected,
        {"torch": _torch, "functional": _functional, "mygrad": _mygrad, "numpy": _numpy},
        targets=(Target(1.0),),
    ),
)
