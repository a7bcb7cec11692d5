"""Anomaly mode: errors and NaN of the backward pass name the line of the forward pass."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import array, leaf
from tensorflowlite_grad.autograd import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from tensorflowlite_grad.autograd.anomaly import Lines


@pytest.fixture
def anomaly() -> Iterator[Any]:
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
        mode = detect_anomaly()
    with mode:
        yield mode


def nan_in_backward(x: Any) -> Any:
    return x.sqrt() * 0  # the line to be found


def warned(function: Any, *kinds: type[Exception]) -> tuple[str, str]:
    """Return the texts of the error a function raises, and of its warning."""
    with (
        pytest.warns(UserWarning, match="Error detected in") as found,
        pytest.raises(kinds) as error,
    ):
        function()
    (story,) = (str(w.message) for w in found if w.category is UserWarning)
    return str(error.value), story


def test_the_line_that_made_a_nan_is_shown(backend: str, anomaly: Any) -> None:
    y = nan_in_backward(leaf(0.0))
    error, story = warned(y.backward, RuntimeError)
    assert error == "Function 'SqrtBackward0' returned nan values in its 0th output."
    assert "Error detected in SqrtBackward0. Traceback of forward call" in story
    assert "return x.sqrt() * 0  # the line to be found" in story
    assert "in nan_in_backward" in story
    assert "tensorflowlite_grad/ops" not in story


def test_the_line_behind_any_error_is_shown(backend: str, anomaly: Any) -> None:
    x = leaf([1.0])
    kept = x * 1
    y = kept.sin()  # another line to be found
    kept.add_(1)
    error, story = warned(y.sum().backward, RuntimeError)
    assert "modified by an inplace operation" in error
    assert "another line to be found" in story


def test_functions_of_the_users_own_are_found_too(backend: str, anomaly: Any) -> None:
    class Wrong(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise KeyError("mine")

    y = Wrong.apply(leaf(1.0))  # called here
    error, story = warned(y.backward, KeyError)
    assert "mine" in error
    assert "Error detected in WrongBackward" in story
    assert "called here" in story


def test_without_the_forward_pass_it_says_so(backend: str) -> None:
    y = nan_in_backward(leaf(0.0))
    with set_detect_anomaly(True):
        _, story = warned(y.backward, RuntimeError)
    assert "Error detected in SqrtBackward0. No forward pass information available." in story


def test_a_second_derivative_shows_what_induced_it(backend: str, anomaly: Any) -> None:
    x = leaf(0.0)
    y = x**1.5  # the first line
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    _, story = warned(lambda: tg.autograd.grad(g * 0, x), RuntimeError)
    assert "Previous calculation was induced by PowBackward0" in story
    assert "the first line" in story


def test_nan_alone_can_be_let_through(backend: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with detect_anomaly(), detect_anomaly(check_nan=False):
            x = leaf(0.0)
            nan_in_backward(x).backward()
            assert bool(x.grad.isnan())
        with detect_anomaly(check_nan=False):
            with detect_anomaly(), pytest.raises(RuntimeError, match="returned nan values"):
                nan_in_backward(leaf(0.0)).backward()
            nan_in_backward(leaf(0.0)).backward()


def test_nothing_is_raised_outside(backend: str) -> None:
    x = leaf(0.0)
    nan_in_backward(x).backward()
    assert bool(x.grad.isnan())


def test_setting_it_as_a_function_and_for_a_block() -> None:
    assert not is_anomaly_enabled()
    set_detect_anomaly(True)
    assert is_anomaly_enabled()
    with set_detect_anomaly(False):
        assert not is_anomaly_enabled()
    assert is_anomaly_enabled()
    set_detect_anomaly(False)
    assert not is_anomaly_enabled()


def test_threads_have_a_mode_of_their_own() -> None:
    seen: list[bool] = []
    with set_detect_anomaly(True):
        thread = threading.Thread(target=lambda: seen.append(is_anomaly_enabled()))
        thread.start()
        thread.join()
    assert seen == [False]


def test_what_is_remembered_goes_with_the_graph(backend: str, anomaly: Any) -> None:
    x = leaf([1.0, 2.0])
    y = (x * 2).sin().sum()
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    assert len(Lines.by_node) > 0
    del y, g
    gc.collect()
    assert len(Lines.by_node) == 0


def test_gradients_are_right_all_the_same(backend: str, anomaly: Any) -> None:
    x = leaf([1.0, 2.0])
    a, b = (x**2).unbind()
    (a * 3 + b).backward()
    assert array(x.grad).tolist() == [6.0, 4.0]
