"""A chain of small multiplications: the cost of a node of the graph."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.model import Arrays, Program, Target
from benchmarks.peers import Peer
from benchmarks.timing import TimedCase

FACTOR = 1.0001


def _length(quick: bool) -> int:
    return 50 if quick else 1_000


def _chain(x: Any, factor: Any, length: int) -> Any:
    y = x
    for _ in range(length):
        y = y * factor
    return y


def _expected(quick: bool) -> Arrays:
    length = _length(quick)
    return [FACTOR**length, FACTOR**length]


def _expected_both(quick: bool) -> Arrays:
    return [*_expected(quick), _length(quick) * FACTOR ** (_length(quick) - 1)]


def _expected_forward(quick: bool) -> Arrays:
    return [FACTOR ** _length(quick)]


def _torch(peer: Peer, quick: bool, both: bool = False) -> Program:
    m, length = peer.xp, _length(quick)
    x = m.tensor(1.0, requires_grad=True)
    factor = m.tensor(FACTOR, requires_grad=True) if both else FACTOR
    leaves = [x, factor] if both else [x]

    def step() -> Any:
        for leaf in leaves:
            leaf.grad = None
        y = _chain(x, factor, length)
        y.backward()
        return y

    return Program(step, lambda y: [y, *(leaf.grad for leaf in leaves)])


def _torch_forward(peer: Peer, quick: bool) -> Program:
    m, length = peer.xp, _length(quick)
    x = m.tensor(1.0, requires_grad=True)

    def step() -> Any:
        with m.no_grad():
            return _chain(x, FACTOR, length)

    return Program(step, lambda y: [y])


def _functional(peer: Peer, quick: bool) -> Program:
    length = _length(quick)
    x = peer.xp.asarray(np.float32(1))
    run = peer.jit(peer.value_and_grad(lambda x: _chain(x, FACTOR, length)))
    return Program(lambda: run(x), lambda result: result)


def _functional_both(peer: Peer, quick: bool) -> Program:
    length = _length(quick)
    leaves = tuple(peer.xp.asarray(np.float32(value)) for value in (1, FACTOR))
    run = peer.jit(peer.value_and_grad(lambda leaves: _chain(leaves[0], leaves[1], length)))
    return Program(lambda: run(leaves), lambda result: [result[0], *result[1]])


def _functional_forward(peer: Peer, quick: bool) -> Program:
    length = _length(quick)
    x = peer.xp.asarray(np.float32(1))
    run = peer.jit(lambda x: _chain(x, FACTOR, length))
    return Program(lambda: run(x), lambda y: [y])


def _mygrad(peer: Peer, quick: bool, both: bool = False) -> Program:
    mg, length = peer.xp, _length(quick)
    x = mg.tensor(np.float32(1))
    factor = mg.tensor(np.float32(FACTOR)) if both else FACTOR
    leaves = [x, factor] if both else [x]

    def step() -> Any:
        y = _chain(x, factor, length)
        y.backward()
        return y

    return Program(step, lambda y: [y, *(leaf.grad for leaf in leaves)])


def _mygrad_forward(peer: Peer, quick: bool) -> Program:
    mg, length = peer.xp, _length(quick)
    x = mg.tensor(np.float32(1))

    def step() -> Any:
        with mg.no_autodiff:
            return _chain(x, FACTOR, length)

    return Program(step, lambda y: [y])


def _numpy_forward(peer: Peer, quick: bool) -> Program:
    length = _length(quick)
    x = np.ones((), np.float32)
    return Program(lambda: _chain(x, FACTOR, length), lambda y: [y])


CASES = (
    TimedCase(
        "chain",
        "1,000 times y*1.0001 on a 0-d float32, forward and backward",
        _expected,
        {"torch": _torch, "functional": _functional, "mygrad": _mygrad},
        targets=(Target(0.30),),
    ),
    TimedCase(
        "chain-both",
        "1,000 times y*w, both operands needing grad, forward and backward",
        _expected_both,
        {
            "torch": partial(_torch, both=True),
            "functional": _functional_both,
            "mygrad": partial(_mygrad, both=True),
        },
        targets=(Target(0.60),),
    ),
    TimedCase(
        "chain-forward",
        "1,000 times y*1.0001, forward alone with gradients switched off",
        _expected_forward,
        {
            "torch": _torch_forward,
            "functional": _functional_forward,
            "mygrad": _mygrad_forward,
            "numpy": _numpy_forward,
        },
        absent={"autograd": "outside of its grad it runs NumPy alone: see NumPy by hand"},
        targets=(Target(0.40),),
    ),
)
