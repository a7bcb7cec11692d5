"""In-place operations where arrays cannot be written: all that show the memory follow."""

from __future__ import annotations

import pytest
from tensorflowlite_grad_strict import StrictBackend

import tensorflowlite_grad as tg
from support import function_of
from tensorflowlite_grad.backend import names


class FrozenBackend(StrictBackend):
    """array-api-strict as if its arrays were immutable, as JAX's are."""

    name = "frozen"
    writable = False

    def write(self, target, value):
        raise AssertionError("this backend's arrays are not to be written")

    add_into = write


@pytest.fixture(autouse=True)
def frozen():
    if "frozen" not in names():
        tg.register_backend("frozen", FrozenBackend)
    with tg.use_backend("frozen"):
        yield


def test_a_view_writes_its_base_and_the_detached_twins_of_both() -> None:
    y = tg.zeros(2, 3)
    row = y[0]
    twin, row_twin, column = y.detach(), row.detach(), y[:, 1]
    row.add_(1.0)
    assert y.tolist() == twin.tolist() == [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    assert row_twin.tolist() == [1.0, 1.0, 1.0]
    assert column.tolist() == [1.0, 0.0]


def test_a_detached_twin_of_a_view_writes_the_base() -> None:
    y = tg.zeros(2, 2)
    y[1].detach().fill_(5.0)
    assert y.tolist() == [[0.0, 0.0], [5.0, 5.0]]


def test_the_twin_of_a_view_outlives_its_base() -> None:
    y = tg.zeros(4)
    twin = y[1:3].detach()
    other = twin[0:1]
    del y
    twin.mul_(0).add_(7.0)
    assert other.tolist() == [7.0]


@pytest.mark.parametrize(
    "view",
    [
        lambda y: y.reshape(4).reshape(2, 2)[1],
        lambda y: y.T[0],
        lambda y: y[:, 1:],
        lambda y: y.unsqueeze(0)[0, 1],
        lambda y: y.unbind(1)[0],
    ],
)
def test_writes_through_any_view_reach_the_same_elements_as_numpys(view) -> None:
    with tg.use_backend("numpy"):
        expected = tg.arange(4.0).reshape(2, 2)
        view(expected).mul_(-3.0)
    y = tg.arange(4.0).reshape(2, 2)
    view(y).mul_(-3.0)
    assert y.tolist() == expected.tolist()


def test_gradients_flow_through_writes() -> None:
    x = tg.tensor([2.0, 3.0], requires_grad=True)
    y = tg.zeros(2)
    y[0] = x[0] ** 2 + x[1] * 3
    y[1] = x[0] * 2 + x[1] ** 2
    y.backward(tg.ones(2))
    assert x.grad.tolist() == [6.0, 9.0]


def test_versions_count_and_backward_notices() -> None:
    x = tg.ones(2, requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    y.detach().zero_()
    assert y._version == 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


def test_training_works() -> None:
    x = tg.tensor([0.0], requires_grad=True)
    optimizer = tg.optim.SGD([x], lr=0.1, momentum=0.5)
    for _ in range(100):
        optimizer.zero_grad(set_to_none=False)
        (x * x - 2 * x).sum().backward()
        optimizer.step()
    assert x.tolist() == pytest.approx([1.0], abs=1e-4)


def test_a_result_of_a_function_that_is_its_argument_follows_it() -> None:
    my = function_of(lambda ctx, x: x, lambda ctx, g: g * 3)
    x = tg.ones(2, requires_grad=True)
    middle = x * 1
    y = my.apply(middle)
    with tg.no_grad():
        middle.add_(1.0)
        assert y.tolist() == [2.0, 2.0]
        y[:1].fill_(5.0)
    assert middle.tolist() == y.tolist() == [5.0, 2.0]
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
