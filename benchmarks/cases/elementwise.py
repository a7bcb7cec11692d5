"""Elementwise functions of a large array: the cost of passes over memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.model import Arrays, Program, Target
from benchmarks.peers import Peer
from benchmarks.timing import TimedCase

Array = npt.NDArray[Any]


def _data(quick: bool) -> Array:
    size = 1_000 if quick else 5_000_000
    return np.random.default_rng(0).standard_normal(size, dtype=np.float32)


def _by_hand(z: Array) -> tuple[Any, Array]:
    """Return the value and the gradient, each function of the array computed once."""
    # NumPy's power takes a hundred times as long as these multiplications.
    square = z * z
    sine, bell = np.sin(z), np.exp(-square)
    value = (sine * bell + square * z).sum()
    return value, (np.cos(z) - 2 * z * sine) * bell + 3 * square


def _expected(quick: bool) -> Arrays:
    return _by_hand(_data(quick).astype(np.float64))


def _numpy(peer: Peer, quick: bool) -> Program:
    z = _data(quick)
    return Program(lambda: _by_hand(z), lambda result: result)


def _formula(z: Any, m: Any) -> Any:
    return (m.sin(z) * m.exp(-z * z) + z**3).sum()


def _torch(peer: Peer, quick: bool) -> Program:
    z = peer.xp.tensor(_data(quick), requires_grad=True)

    def step() -> Any:
        z.grad = None
        value = _formula(z, peer.xp)
        value.backward()
        return value

    return Program(step, lambda value: [value, z.grad])


def _functional(peer: Peer, quick: bool) -> Program:
    z = peer.xp.asarray(_data(quick))
    run = peer.jit(peer.value_and_grad(lambda z: _formula(z, peer.xp)))
    return Program(lambda: run(z), lambda result: result)


def _mygrad(peer: Peer, quick: bool) -> Program:
    z = peer.xp.tensor(_data(quick))

    def step() -> Any:
        value = _formula(z, peer.xp)
        value.backward()
        return value

    return Program(step, lambda value: [value, z.grad])


CASES = (
    TimedCase(
        "elementwise",
        "value and gradient of sum(sin(z)*exp(-z*z) + z**3), 5,000,000 float32",
        _expected,
        {"torch": _torch, "functional": _functional, "mygrad": _mygrad, "numpy": _numpy},
        targets=(Target(1.1, "numpy"),),
        atol=1e-3,
    ),
)
