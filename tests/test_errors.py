"""The errors that a beginner meets: PyTorch's type and phrase, what to do, and nothing changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, leaf, state


@dataclasses.dataclass
class Mistake:
    """What is done wrong, what is said about it, and the tensors that must stay as they are."""

    act: Callable[[], Any]
    error: type[Exception]
    phrase: str
    advice: str
    tensors: tuple[Any, ...] = ()


def _grown() -> tuple[Any, Any]:
    """Return a leaf with a gradient, and something computed from it."""
    x = leaf([1.0, 2.0, 3.0])
    (x * x).sum().backward()
    return x, x * x


def backward_of_several_elements() -> Mistake:
    x, y = _grown()
    return Mistake(
        y.backward,
        RuntimeError,
        "grad can be implicitly created only for scalar outputs",
        r"sum\(\) or mean\(\)|pass the gradient",
        (x, y),
    )


def backward_twice() -> Mistake:
    x, y = _grown()
    y.retain_grad()
    loss = y.sum()
    loss.backward()
    return Mistake(
        loss.backward,
        RuntimeError,
        "Trying to backward through the graph a second time",
        "Specify retain_graph=True",
        (x, y, loss),
    )


def backward_without_a_graph() -> Mistake:
    x, _ = _grown()
    loss = x.detach().sum()
    return Mistake(
        loss.backward,
        RuntimeError,
        "element 0 of tensors does not require grad and does not have a grad_fn",
        "no_grad",
        (x, loss),
    )


def a_leaf_changed_in_place() -> Mistake:
    x, y = _grown()
    return Mistake(
        lambda: x.add_(1),
        RuntimeError,
        "a leaf Variable that requires grad is being used in an in-place operation.",
        r"no_grad\(\)",
        (x, y),
    )


def a_leaf_updated_by_an_operator() -> Mistake:
    x, y = _grown()

    def act() -> None:
        z = x
        z -= 0.1 * x.grad

    return Mistake(
        act,
        RuntimeError,
        "a leaf Variable that requires grad is being used in an in-place operation.",
        r"no_grad\(\)",
        (x, y),
    )


def a_part_of_a_leaf_assigned() -> Mistake:
    x, y = _grown()

    def act() -> None:
        x[0] = 5.0

    return Mistake(
        act,
        RuntimeError,
        "a view of a leaf Variable that requires grad is being used in an in-place operation.",
        r"no_grad\(\)|clone\(\)",
        (x, y),
    )


def a_saved_value_changed_in_place() -> Mistake:
    x, y = _grown()
    z = (y * y).sum()
    y += 1
    return Mistake(
        z.backward,
        RuntimeError,
        "one of the variables needed for gradient computation has been modified by an inplace",
        r"is at version 1; expected version 0 instead.*(clone\(\)|Hint)",
        (x, y, z),
    )


def shapes_that_do_not_broadcast() -> Mistake:
    x, y = _grown()
    other = leaf([[1.0, 2.0], [3.0, 4.0]])
    return Mistake(
        lambda: y + other,
        RuntimeError,
        r"The size of tensor a \(3\) must match the size of tensor b \(2\) at non-singleton dim",
        r"\[3\] and \[2, 2\]",
        (x, y, other),
    )


def shapes_that_do_not_broadcast_in_place() -> Mistake:
    x, y = _grown()
    other = leaf([1.0, 2.0])
    return Mistake(
        lambda: y.mul_(other),
        RuntimeError,
        r"The size of tensor a \(3\) must match the size of tensor b \(2\) at non-singleton dim",
        "must match",
        (x, y, other),
    )


def matrices_that_do_not_multiply() -> Mistake:
    a, b = tg.ones(2, 3, requires_grad=True), tg.ones(4, 5, requires_grad=True)
    return Mistake(
        lambda: a @ b,
        RuntimeError,
        r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 4x5\)",
        "2x3 and 4x5",
        (a, b),
    )


def a_shape_of_another_size() -> Mistake:
    x, y = _grown()
    return Mistake(
        lambda: y.reshape(4, -1),
        RuntimeError,
        r"shape '\[4, -1\]' is invalid for input of size 3",
        r"\[3\]",
        (x, y),
    )


def a_dimension_out_of_range() -> Mistake:
    x, y = _grown()
    return Mistake(
        lambda: y.sum(5),
        IndexError,
        r"Dimension out of range \(expected to be in range of \[-1, 0\], but got 5\)",
        "sum",
        (x, y),
    )


def an_index_out_of_bounds() -> Mistake:
    x, y = _grown()
    return Mistake(
        lambda: y[7],
        IndexError,
        "index 7 is out of bounds for dimension 0 with size 3",
        "size 3",
        (x, y),
    )


def integers_that_ask_for_grad() -> Mistake:
    n = tg.tensor([1, 2])
    return Mistake(
        n.requires_grad_,
        RuntimeError,
        "nly Tensors of floating point.*dtype can require gradients",
        r"float\(\)|floating point",
        (n,),
    )


def integers_made_to_ask_for_grad() -> Mistake:
    return Mistake(
        lambda: tg.tensor([1, 2], requires_grad=True),
        RuntimeError,
        "Only Tensors of floating point and complex dtype can require gradients",
        "Only Tensors",
    )


def an_optimizer_given_nothing() -> Mistake:
    return Mistake(
        lambda: tg.optim.SGD([], lr=0.1),
        ValueError,
        "optimizer got an empty parameter list",
        "empty",
    )


def an_optimizer_given_no_leaf() -> Mistake:
    x, y = _grown()
    return Mistake(
        lambda: tg.optim.SGD([y], lr=0.1),
        ValueError,
        "can't optimize a non-leaf Tensor",
        "leaf",
        (x, y),
    )


def an_optimizer_given_a_tensor() -> Mistake:
    x, _ = _grown()
    return Mistake(
        lambda: tg.optim.SGD(x, lr=0.1),
        TypeError,
        "params argument given to the optimizer should be an iterable of Tensors",
        "iterable",
        (x,),
    )


def an_optimizer_that_climbs() -> Mistake:
    x, _ = _grown()
    return Mistake(
        lambda: tg.optim.SGD([x], lr=-0.1),
        ValueError,
        "Invalid learning rate: -0.1",
        "-0.1",
        (x,),
    )


def a_gradient_of_another_shape() -> Mistake:
    x, y = _grown()
    return Mistake(
        lambda: y.backward(tg.ones(2)),
        RuntimeError,
        r"Mismatch in shape: grad_output\[0\] has a shape of .*\[2\].* and output\[0\] has a shape",
        r"\[3\]",
        (x, y),
    )


def an_input_that_was_not_used() -> Mistake:
    x, y = _grown()
    other = leaf(1.0)
    return Mistake(
        lambda: tg.autograd.grad(y.sum(), other),
        RuntimeError,
        "The differentiated Tensor at index 0 appears to not have been used in the graph",
        "Set allow_unused=True",
        (x, y, other),
    )


def an_assigned_gradient_of_another_shape() -> Mistake:
    x, _ = _grown()

    def act() -> None:
        x.grad = tg.ones(2, dtype=tg.float64)

    return Mistake(
        act, RuntimeError, r"attempting to assign a gradient of size '\[2\]' to a", "size", (x,)
    )


def the_truth_of_several_elements() -> Mistake:
    x, y = _grown()
    return Mistake(
        lambda: bool(y > 1),
        RuntimeError,
        "Boolean value of Tensor with more than one value is ambiguous",
        r"any\(\)|ambiguous",
        (x, y),
    )


def an_item_of_several_elements() -> Mistake:
    x, y = _grown()
    return Mistake(
        lambda: y.item(),
        RuntimeError,
        "a Tensor with 3 elements cannot be converted to Scalar",
        "3 elements",
        (x, y),
    )


def lists_of_unequal_lengths() -> Mistake:
    return Mistake(
        lambda: tg.tensor([[1.0, 2.0], [3.0]]), ValueError, "expected .*sequence", "length"
    )


def a_stranger_in_a_sum() -> Mistake:
    x, y = _grown()
    return Mistake(
        lambda: y + "one", TypeError, "unsupported operand|must be Tensor, not str", "str", (x, y)
    )


def a_change_of_kind_in_place() -> Mistake:
    n = tg.tensor([1, 2])
    return Mistake(
        lambda: n.mul_(0.5),
        RuntimeError,
        "result type Float can't be cast to the desired output type",
        "mul_",
        (n,),
    )


MISTAKES = [
    backward_of_several_elements,
    backward_twice,
    backward_without_a_graph,
    a_leaf_changed_in_place,
    a_leaf_updated_by_an_operator,
    a_part_of_a_leaf_assigned,
    a_saved_value_changed_in_place,
    shapes_that_do_not_broadcast,
    shapes_that_do_not_broadcast_in_place,
    matrices_that_do_not_multiply,
    a_shape_of_another_size,
    a_dimension_out_of_range,
    an_index_out_of_bounds,
    integers_that_ask_for_grad,
    integers_made_to_ask_for_grad,
    an_optimizer_given_nothing,
    an_optimizer_given_no_leaf,
    an_optimizer_given_a_tensor,
    an_optimizer_that_climbs,
    a_gradient_of_another_shape,
    an_input_that_was_not_used,
    an_assigned_gradient_of_another_shape,
    the_truth_of_several_elements,
    an_item_of_several_elements,
    lists_of_unequal_lengths,
    a_stranger_in_a_sum,
    a_change_of_kind_in_place,
]


def _check(mistake: Mistake) -> None:
    for _ in range(2):  # the second time is no different
        before = state(*mistake.tensors)
        with pytest.raises(mistake.error, match=mistake.phrase) as caught:
            mistake.act()
        assert type(caught.value) is mistake.error
        assert state(*mistake.tensors) == before
    with pytest.raises(mistake.error, match=mistake.advice):
        mistake.act()
    assert tg.is_grad_enabled()


@pytest.mark.parametrize("make", MISTAKES, ids=lambda f: f.__name__)
def test_a_mistake_is_explained_and_changes_nothing(backend: str, make) -> None:
    _check(make())


@pytest.mark.parametrize("make", MISTAKES, ids=lambda f: f.__name__)
def test_the_mode_is_as_it_was(make) -> None:
    mistake = make()
    if mistake.phrase.startswith(("a leaf", "a view of a leaf")):
        return  # no mistake under no_grad
    with tg.no_grad():
        with pytest.raises(mistake.error):
            mistake.act()
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()


def test_what_was_wrong_can_be_put_right(backend: str) -> None:
    x, y = _grown()
    x.grad = None
    with pytest.raises(RuntimeError, match="scalar outputs"):
        y.backward()
    y.sum().backward()
    assert array(x.grad).tolist() == [2.0, 4.0, 6.0]
    with pytest.raises(RuntimeError, match="a leaf Variable"):
        x -= x.grad
    with tg.no_grad():
        x -= x.grad
    assert array(x).tolist() == [-1.0, -2.0, -3.0]


# -- arrays ------------------------------------------------------------------------------------


def test_an_array_of_a_tensor_that_requires_grad() -> None:
    with tg.use_backend("numpy"):
        x, y = _grown()
        for act in (lambda: np.asarray(x), lambda: np.asarray(y), lambda: y.numpy()):
            _check(
                Mistake(
                    act,
                    RuntimeError,
                    r"Can't call numpy\(\) on Tensor that requires grad",
                    r"Use tensor.detach\(\).numpy\(\) instead",
                    (x, y),
                )
            )


# -- devices and backends ------------------------------------------------------------------------

PLACES = {"numpy": ("cpu", None), "first": ("strict", 0), "second": ("strict", 1)}


def _device(name: str) -> Any:
    kind, index = PLACES[name]
    return tg.device(kind, index, backend="numpy" if name == "numpy" else "strict")


ACROSS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda y, z: y + z,
    "add_": lambda y, z: y.add_(z),
    "cat": lambda y, z: tg.cat([y, z]),
    "stack": lambda y, z: tg.stack([y, z]),
    "where": lambda y, z: tg.where(y > 0, y, z),
    "matmul": lambda y, z: y @ z,
    "maximum": lambda y, z: tg.maximum(y, z),
    "backward": lambda y, z: y.backward(z.detach()),
    "assignment": lambda y, z: y.__setitem__(slice(None), z),
}


@pytest.mark.parametrize(
    ("one", "other"), [("numpy", "first"), ("first", "numpy"), ("first", "second")]
)
@pytest.mark.parametrize("name", ACROSS)
def test_devices_and_backends_do_not_mix(one: str, other: str, name: str) -> None:
    if name == "assignment" and other == "second":
        return  # within one backend, assignment copies across devices, as in PyTorch
    here, there = _device(one), _device(other)
    x = tg.ones(3, device=here, requires_grad=True)
    w = tg.ones(3, device=there, requires_grad=True)
    y, z = x * 2, w * 2
    _check(
        Mistake(
            lambda: ACROSS[name](y, z),
            RuntimeError,
            "Expected all tensors to be on the same device",
            f"({here.type}.*{there.type})|({there.type}.*{here.type})",
            (x, w, y, z),
        )
    )
    (y * z.to(y.device)).sum().backward()  # moved, they do mix, and gradients find home
    assert x.grad.device == x.device
    assert w.grad.device == w.device
    assert x.grad.tolist() == w.grad.tolist() == [4.0, 4.0, 4.0]


@pytest.mark.guarantee("N24")
def test_the_message_names_both_devices_and_backends() -> None:
    x, y = tg.ones(1, device=_device("numpy")), tg.ones(1, device=_device("second"))
    for first, second in ((x, y), (y, x)):
        said = f"Tensor on device {second.device} is not on the expected device {first.device}!"
        with pytest.raises(RuntimeError, match=said):
            first + second
    with pytest.raises(RuntimeError) as caught:
        x + y
    said = str(caught.value)
    for part in ("cpu", "numpy", "strict:1", "strict", "to("):
        assert part in said
