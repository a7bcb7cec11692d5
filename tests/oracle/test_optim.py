"""SGD against PyTorch's, step by step, over random configurations."""

from __future__ import annotations

import random

import numpy as np
import pytest

import tensorflowlite_grad as tg

torch = pytest.importorskip("torch")


def _configuration(seed: int) -> dict[str, object]:
    draw = random.Random(seed)
    momentum = draw.choice([0.0, 0.5, 0.9])
    nesterov = momentum > 0 and draw.random() < 0.5
    return {
        "lr": draw.choice([1e-3, 0.02, 0.3]),
        "momentum": momentum,
        "dampening": 0.0 if nesterov else draw.choice([0.0, 0.1, 0.5]),
        "weight_decay": draw.choice([0.0, 1e-4, 0.1]),
        "nesterov": nesterov,
        "maximize": draw.random() < 0.3,
    }


def _loss(params):
    a, b, c = params
    return ((a * a).sum() + (b @ a).sin().sum() + (c - 1) ** 2) / 10


@pytest.mark.parametrize("seed", range(50))
def test_sgd_steps_agree_with_pytorch_within_one_ulp(seed: int) -> None:
    options = _configuration(seed)
    rng = np.random.default_rng(seed)
    start = [rng.standard_normal(5), rng.standard_normal((3, 5)), rng.standard_normal(())]
    ours = [tg.tensor(v, requires_grad=True) for v in start]
    theirs = [torch.tensor(v, requires_grad=True) for v in start]
    mine, its = tg.optim.SGD(ours, **options), torch.optim.SGD(theirs, **options)
    for _ in range(5):
        # The same gradients go into both, so that only the steps are compared.
        its.zero_grad()
        _loss(theirs).backward()
        for p, q in zip(ours, theirs, strict=True):
            p.grad = tg.tensor(q.grad.numpy())
            with tg.no_grad():
                p.copy_(tg.tensor(q.detach().numpy()))
        mine.step()
        its.step()
        for p, q in zip(ours, theirs, strict=True):
            np.testing.assert_array_max_ulp(p.detach().numpy(), q.detach().numpy(), maxulp=1)
            state, other = mine.state[p], its.state[q]
            if options["momentum"]:
                buffer, expected = state["momentum_buffer"], other["momentum_buffer"].numpy()
                np.testing.assert_array_max_ulp(buffer.numpy(), expected, maxulp=1)
                buffer.copy_(tg.tensor(expected))


@pytest.mark.parametrize("seed", range(5))
def test_sgd_trajectories_agree_with_pytorch(seed: int) -> None:
    options = _configuration(seed) | {"maximize": False}
    rng = np.random.default_rng(seed)
    start = [rng.standard_normal(5), rng.standard_normal((3, 5)), rng.standard_normal(())]
    results = []
    for lib in (tg, torch):
        params = [lib.tensor(v, requires_grad=True) for v in start]
        optimizer = lib.optim.SGD(params, **options)
        for _ in range(20):
            optimizer.zero_grad()
            _loss(params).backward()
            optimizer.step()
        results.append([p.detach().numpy() for p in params])
    for p, q in zip(*results, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-12)


def test_state_dicts_have_pytorchs_form() -> None:
    ours = [tg.ones(2, requires_grad=True), tg.ones(3, requires_grad=True)]
    theirs = [torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)]
    dicts = []
    for lib, params in ((tg, ours), (torch, theirs)):
        optimizer = lib.optim.SGD(params, lr=0.1, momentum=0.9)
        sum((p * p).sum() for p in params).backward()
        optimizer.step()
        dicts.append(optimizer.state_dict())
    mine, its = dicts
    assert mine["state"].keys() == its["state"].keys()
    assert [g["params"] for g in mine["param_groups"]] == [g["params"] for g in its["param_groups"]]
    for name in ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize"):
        assert mine["param_groups"][0][name] == its["param_groups"][0][name]


def test_large_parameters_agree_with_pytorch_within_one_ulp() -> None:
    rng = np.random.default_rng(0)
    value, gradient = rng.standard_normal((2, 20_000))
    p, q = tg.tensor(value, requires_grad=True), torch.tensor(value, requires_grad=True)
    p.grad, q.grad = tg.tensor(gradient), torch.tensor(gradient)
    tg.optim.SGD([p], lr=0.7).step()
    torch.optim.SGD([q], lr=0.7).step()
    np.testing.assert_array_max_ulp(p.detach().numpy(), q.detach().numpy(), maxulp=1)
