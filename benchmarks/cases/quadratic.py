"""One step of gradient descent on a quadratic: the cost of small operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.model import Arrays, Program, Target
from benchmarks.peers import Peer
from benchmarks.timing import TimedCase

A, B, C, START, RATE = 1.0, -2.0, 1.0, 0.0, 0.01


def _expected(quick: bool) -> Arrays:
    gradient = 2 * A * START + B
    return [A * START**2 + B * START + C, gradient, START - RATE * gradient]


def _torch(peer: Peer, quick: bool) -> Program:
    m = peer.xp
    a, b, c = m.tensor(A), m.tensor(B), m.tensor(C)
    x = m.tensor(START, requires_grad=True)
    optimizer = m.optim.SGD([x], lr=RATE)

    def step() -> Any:
        optimizer.zero_grad()
        y = a * x**2 + b * x + c
        y.backward()
        optimizer.step()
        return y

    return Program(step, lambda y: [y, x.grad, x])


def _torch_by_hand(peer: Peer, quick: bool) -> Program:
    m = peer.xp
    a, b, c = m.tensor(A), m.tensor(B), m.tensor(C)
    x = m.tensor(START, requires_grad=True)

    def step() -> Any:
        nonlocal x
        x.grad = None
        y = a * x**2 + b * x + c
        y.backward()
        with m.no_grad():
            x -= RATE * x.grad
        return y

    return Program(step, lambda y: [y, x.grad, x])


def _functional(peer: Peer, quick: bool) -> Program:
    a, b, c = (peer.xp.asarray(np.float32(value)) for value in (A, B, C))
    x = peer.xp.asarray(np.float32(START))
    value_and_grad = peer.value_and_grad(lambda x: a * x**2 + b * x + c)

    @peer.jit
    def update(x: Any) -> tuple[Any, Any, Any]:
        y, gradient = value_and_grad(x)
        return y, gradient, x - RATE * gradient

    def step() -> Any:
        nonlocal x
        result = update(x)
        x = result[2]
        return result

    return Program(step, lambda result: result)


def _mygrad(peer: Peer, quick: bool) -> Program:
    mg = peer.xp
    a, b, c = (mg.tensor(np.float32(value), constant=True) for value in (A, B, C))
    x = mg.tensor(np.float32(START))

    def step() -> Any:
        nonlocal x
        y = a * x**2 + b * x + c
        y.backward()
        gradient = x.grad
        x = mg.tensor(x.data - RATE * gradient)
        return y, gradient

    return Program(step, lambda result: [*result, x])


CASES = (
    TimedCase(
        "quadratic",
        "zero_grad, a*x**2 + b*x + c, backward, SGD step; 0-d float32",
        _expected,
        {"torch": _torch, "functional": _functional, "mygrad": _mygrad},
        targets=(Target(0.30),),
    ),
    TimedCase(
        "quadratic-by-hand",
        "the same without an optimiser: x -= 0.01*x.grad under no_grad",
        _expected,
        {"torch": _torch_by_hand, "functional": _functional, "mygrad": _mygrad},
        targets=(Target(0.30),),
    ),
)
