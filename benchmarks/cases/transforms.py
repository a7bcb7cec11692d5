"""Gradients of single examples: as a batch, and one by one."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.model import Arrays, Program, Target
from benchmarks.peers import Peer
from benchmarks.timing import TimedCase

INPUTS, HIDDEN = 8, 16


def _data(quick: bool) -> tuple[Any, ...]:
    count = 10 if quick else 1000
    random = np.random.default_rng(0)
    shapes = ((INPUTS, HIDDEN), (HIDDEN,), (count, INPUTS), (count,))
    return tuple(random.standard_normal(s).astype(np.float32) for s in shapes)


def _expected(quick: bool) -> Arrays:
    w, v, x, y = (a.astype(np.float64) for a in _data(quick))
    hidden = np.tanh(x @ w)
    error = 2 * (hidden @ v - y)
    slope = error[:, None] * v * (1 - hidden**2)
    return [x[:, :, None] * slope[:, None, :], error[:, None] * hidden]


def _loss(tanh: Any) -> Any:
    def loss(w: Any, v: Any, x: Any, y: Any) -> Any:
        return (tanh(x @ w) @ v - y) ** 2

    return loss


def _torch_batch(peer: Peer, quick: bool) -> Program:
    m = peer.xp
    given = [m.tensor(a) for a in _data(quick)]
    gradients = m.func.vmap(m.func.grad(_loss(m.tanh), argnums=(0, 1)), in_dims=(None, None, 0, 0))
    return Program(lambda: gradients(*given), lambda result: result)


def _torch_loop(peer: Peer, quick: bool) -> Program:
    m = peer.xp
    w, v, x, y = (m.tensor(a) for a in _data(quick))
    w.requires_grad_(), v.requires_grad_()
    loss = _loss(m.tanh)

    def step() -> Any:
        found = [m.autograd.grad(loss(w, v, a, b), (w, v)) for a, b in zip(x, y, strict=True)]
        return [m.stack(part) for part in zip(*found, strict=True)]

    return Program(step, lambda result: result)


def _functional_batch(peer: Peer, quick: bool) -> Program:
    jax: Any = importlib.import_module("jax")
    given = [peer.xp.asarray(a) for a in _data(quick)]
    gradient = jax.grad(_loss(peer.xp.tanh), argnums=(0, 1))
    gradients = peer.jit(jax.vmap(gradient, in_axes=(None, None, 0, 0)))
    return Program(lambda: gradients(*given), lambda result: result)


CASES = (
    TimedCase(
        "vmap",
        "gradients of 1,000 examples at once by vmap(grad(f)): a perceptron 8-16-1, float32",
        _expected,
        {"torch": _torch_batch, "functional": _functional_batch},
        absent={"autograd": "HIPS autograd has no vmap"},
        targets=(Target(1.0), Target(1.0, "jax")),
        atol=1e-4,
    ),
    TimedCase(
        "vmap-loop",
        "the same gradients in a Python loop",
        _expected,
        {"torch": _torch_loop},
        targets=(Target(1.0),),
        atol=1e-4,
    ),
)
