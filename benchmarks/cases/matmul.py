"""A large matrix product with gradients of both operands."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.model import Arrays, Program
from benchmarks.peers import Peer
from benchmarks.timing import TimedCase

Array = npt.NDArray[Any]


def _data(quick: bool) -> tuple[Array, Array]:
    size = 32 if quick else 1_024
    rng = np.random.default_rng(0)
    a, b = (rng.random((size, size), dtype=np.float32) for _ in range(2))
    return a, b


def _by_hand(a: Array, b: Array) -> tuple[Any, Array, Array]:
    product = a @ b
    g = np.ones_like(product)
    return product.sum(), g @ b.T, a.T @ g


def _expected(quick: bool) -> Arrays:
    a, b = _data(quick)
    return _by_hand(a.astype(np.float64), b.astype(np.float64))


def _numpy(peer: Peer, quick: bool) -> Program:
    a, b = _data(quick)
    return Program(lambda: _by_hand(a, b), lambda result: result)


def _torch(peer: Peer, quick: bool) -> Program:
    a, b = (peer.xp.tensor(array, requires_grad=True) for array in _data(quick))

    def step() -> Any:
        a.grad = b.grad = None
        value = (a @ b).sum()
        value.backward()
        return value

    return Program(step, lambda value: [value, a.grad, b.grad])


def _functional(peer: Peer, quick: bool) -> Program:
    operands = tuple(peer.xp.asarray(array) for array in _data(quick))
    run = peer.jit(peer.value_and_grad(lambda operands: peer.xp.sum(operands[0] @ operands[1])))
    return Program(lambda: run(operands), lambda result: [result[0], *result[1]])


def _mygrad(peer: Peer, quick: bool) -> Program:
    a, b = (peer.xp.tensor(array) for array in _data(quick))

    def step() -> Any:
        value = (a @ b).sum()
        value.backward()
        return value

    return Program(step, lambda value: [value, a.grad, b.grad])


CASES = (
    TimedCase(
        "matmul",
        "sum of a 1024x1024 float32 matrix product, gradients of both operands",
        _expected,
        {"torch": _torch, "functional": _functional, "mygrad": _mygrad, "numpy": _numpy},
    ),
)
