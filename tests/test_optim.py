"""Optimisers: groups, state, closures, and what they refuse."""

from __future__ import annotations

import copy

import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad.optim import SGD, Optimizer


def _quadratic(x):
    return (x * x - 2 * x + 1).sum()


def test_sgd_finds_the_minimum_of_a_quadratic(backend: str) -> None:
    x = tg.tensor(0.0, requires_grad=True)
    optimizer = SGD([x], lr=0.01)
    for _ in range(500):
        optimizer.zero_grad()
        _quadratic(x).backward()
        optimizer.step()
    assert abs(float(x.detach()) - 1.0) < 1e-4


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.8, 0.64]),
        ({"weight_decay": 1.0}, [0.7, 0.49]),
        ({"momentum": 0.5}, [0.8, 0.8 - 0.1 * (0.5 * 2 + 1.6)]),
        ({"momentum": 0.5, "dampening": 0.5}, [0.8, 0.8 - 0.1 * (0.5 * 2 + 0.5 * 1.6)]),
        ({"momentum": 0.5, "nesterov": True}, [0.7, 0.7 - 0.1 * (1.4 + 0.5 * (0.5 * 2 + 1.4))]),
        ({"maximize": True}, [1.2, 1.44]),
    ],
)
def test_two_steps_on_x_squared_follow_the_formula(backend: str, options, expected) -> None:
    x = tg.tensor([1.0], dtype=tg.float64, requires_grad=True)
    optimizer = SGD([x], lr=0.1, **options)
    seen = []
    for _ in range(2):
        optimizer.zero_grad()
        (x * x).sum().backward()
        optimizer.step()
        seen.append(x.tolist()[0])
    assert seen == pytest.approx(expected, rel=1e-12)


def test_a_step_keeps_identity_leafhood_and_counts_a_version(backend: str) -> None:
    x = tg.ones(3, requires_grad=True)
    twin, version = x.detach(), x._version
    x.grad = tg.ones(3)
    SGD([x], lr=1.0).step()
    assert x.is_leaf
    assert x.requires_grad
    assert x._version == version + 1
    assert twin.tolist() == [0.0, 0.0, 0.0]


def test_a_step_after_forward_is_noticed_by_backward(backend: str) -> None:
    x = tg.ones(3, requires_grad=True)
    y = (x * x).sum()
    x.grad = tg.ones(3)
    SGD([x], lr=1.0).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_parameters_without_a_gradient_stay(backend: str) -> None:
    x, y = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    x.grad = tg.ones(2)
    SGD([x, y], lr=1.0, weight_decay=0.5).step()
    assert y.tolist() == [1.0, 1.0]
    assert y._version == 0


def test_groups_have_their_own_options(backend: str) -> None:
    x, y = tg.ones(1, requires_grad=True), tg.ones(1, requires_grad=True)
    optimizer = SGD([{"params": [x]}, {"params": y, "lr": 0.5}], lr=0.1)
    x.grad, y.grad = tg.ones(1), tg.ones(1)
    optimizer.step()
    assert x.tolist() == pytest.approx([0.9])
    assert y.tolist() == pytest.approx([0.5])


def test_zero_grad_sets_none_or_zeros_in_place(backend: str) -> None:
    x = tg.ones(2, requires_grad=True)
    optimizer = SGD([x], lr=0.1)
    _quadratic(x).backward()
    held = x.grad
    held.fill_(3.0)
    optimizer.zero_grad(set_to_none=False)
    assert x.grad is held
    assert held.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert x.grad is None


def test_a_closure_is_called_with_grad_and_its_loss_returned(backend: str) -> None:
    x = tg.tensor(3.0, requires_grad=True)
    optimizer = SGD([x], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = x * x
        loss.backward()
        return loss

    with tg.no_grad():
        assert float(optimizer.step(closure).detach()) == 9.0
    assert float(x.detach()) == pytest.approx(2.4)


def test_a_raising_closure_changes_nothing(backend: str) -> None:
    x = tg.tensor(3.0, requires_grad=True)
    x.grad = tg.tensor(1.0)

    def closure():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        SGD([x], lr=0.1).step(closure)
    assert float(x.detach()) == 3.0
    assert tg.is_grad_enabled()


def test_state_dict_resumes_where_it_was_taken(backend: str) -> None:
    def fresh():
        x = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
        return x, SGD([x], lr=0.1, momentum=0.9)

    def train(x, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            (x**2).sum().backward()
            optimizer.step()

    x, optimizer = fresh()
    train(x, optimizer, 3)
    saved, value = copy.deepcopy(optimizer.state_dict()), x.detach().clone()
    train(x, optimizer, 3)
    again, other = fresh()
    with tg.no_grad():
        again.copy_(value)
    other.load_state_dict(saved)
    train(again, other, 3)
    assert again.tolist() == x.tolist()


def test_loading_another_shape_of_state_changes_nothing(backend: str) -> None:
    x, y = tg.ones(1, requires_grad=True), tg.ones(1, requires_grad=True)
    optimizer = SGD([x], lr=0.1)
    with pytest.raises(ValueError, match="different number of parameter groups"):
        optimizer.load_state_dict(SGD([{"params": [x]}, {"params": [y]}], lr=0.5).state_dict())
    with pytest.raises(ValueError, match="doesn't match the size"):
        optimizer.load_state_dict(SGD([x, y], lr=0.5).state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize(
    ("make", "kind", "phrase"),
    [
        (lambda x: SGD([], lr=0.1), ValueError, "optimizer got an empty parameter list"),
        (lambda x: SGD(x, lr=0.1), TypeError, "should be an iterable of Tensors or dicts"),
        (lambda x: SGD([3.0], lr=0.1), TypeError, "can only optimize Tensors"),
        (lambda x: SGD([x * 2], lr=0.1), ValueError, "can't optimize a non-leaf Tensor"),
        (lambda x: SGD([x, x], lr=0.1), ValueError, "duplicate parameters"),
        (lambda x: SGD([{"params": [x]}, {"params": [x]}]), ValueError, "more than one parameter"),
        (lambda x: SGD([{"lr": 1}]), ValueError, "params"),
        (lambda x: SGD([{"params": {x}}]), TypeError, "ordered collections"),
        (lambda x: SGD([x], lr=-1.0), ValueError, "Invalid learning rate: -1.0"),
        (lambda x: SGD([{"params": [x], "lr": -1.0}]), ValueError, "Invalid learning rate"),
        (lambda x: SGD([x], momentum=-1.0), ValueError, "Invalid momentum value"),
        (lambda x: SGD([x], weight_decay=-1.0), ValueError, "Invalid weight_decay value"),
        (lambda x: SGD([x], nesterov=True), ValueError, "Nesterov momentum requires a momentum"),
    ],
)
def test_bad_arguments_are_refused(make, kind, phrase) -> None:
    with pytest.raises(kind, match=phrase):
        make(tg.ones(1, requires_grad=True))


def test_a_refused_group_is_not_added() -> None:
    x, y = tg.ones(1, requires_grad=True), tg.ones(1, requires_grad=True)
    optimizer = SGD([x], lr=0.1)
    with pytest.raises(ValueError, match="non-leaf"):
        optimizer.add_param_group({"params": [y, y * 2]})
    assert len(optimizer.param_groups) == 1


def test_an_optimizer_of_ones_own_says_how_it_updates() -> None:
    class Signed(Optimizer):
        def _update(self, group):
            for p in group["params"]:
                p.sub_(group["lr"] * p.grad.sign())

    x = tg.tensor([1.0, -1.0], requires_grad=True)
    optimizer = Signed([x], {"lr": 0.5})
    (x**2).sum().backward()
    optimizer.step()
    assert x.tolist() == [0.5, -0.5]


def test_repr_shows_the_options() -> None:
    text = repr(SGD([tg.ones(1, requires_grad=True)], lr=0.25))
    assert "SGD (" in text
    assert "lr: 0.25" in text
