"""A derivative of a derivative: the cost of a backward pass that is itself recorded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.model import Arrays, Program, Target
from benchmarks.peers import Peer
from benchmarks.timing import TimedCase

# From here the iteration settles at pi/2 and stays clear of numbers too small for float32.
START, STEPS = 2.0, 10


def _expected(quick: bool) -> Arrays:
    y, first, second = START, 1.0, 0.0
    for _ in range(STEPS):
        slope = math.sin(y) + y * math.cos(y)
        bend = 2 * math.cos(y) - y * math.sin(y)
        y, first, second = y * math.sin(y), slope * first, bend * first**2 + slope * second
    return [first, second]


def _iterate(x: Any, sin: Any) -> Any:
    y = x
    for _ in range(STEPS):
        y = sin(y) * y
    return y


def _torch(peer: Peer, quick: bool) -> Program:
    m = peer.xp
    x = m.tensor(START, requires_grad=True)

    def step() -> Any:
        y = _iterate(x, m.sin)
        (first,) = m.autograd.grad(y, x, create_graph=True)
        (second,) = m.autograd.grad(first, x)
        return first, second

    return Program(step, lambda result: result)


def _functional(peer: Peer, quick: bool) -> Program:
    x = peer.xp.asarray(np.float32(START))
    first = peer.grad(lambda x: _iterate(x, peer.xp.sin))
    run = peer.jit(peer.value_and_grad(first))
    return Program(lambda: run(x), lambda result: result)


CASES = (
    TimedCase(
        "second-derivative",
        "second derivative through 10 times y = sin(y)*y; 0-d float32",
        _expected,
        {"torch": _torch, "functional": _functional},
        absent={"mygrad": "MyGrad has no derivative of a derivative"},
        targets=(Target(1.0),),
    ),
)
