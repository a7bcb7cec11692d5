"""Anomaly mode: errors and NaN of the backward pass name the line of the forward pass."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Iterator
from typing import Any
from weakref import ref

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


@pytest.mark.guarantee("M12")
def test_the_line_that_made_a_nan_is_shown(backend: str, anomaly: Any) -> None:
    y = nan_in_backward(leaf(0.0))
    error, story = warned(y.backward, RuntimeError)
    assert error == "Function 'SqrtBackward0' returned nan values in its 0th output."
    assert story.startswith(
        "Error detected in SqrtBackward0. Traceback of forward call that caused the error:\n"
    )
    assert "return x.sqrt() * 0  # the line to be found" in story
    assert "in nan_in_backward" in story
    assert "tensorflowlite_grad/ops" not in story


@pytest.mark.guarantee("M12")
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


@pytest.mark.guarantee("M12")
def test_without_the_forward_pass_it_says_so(backend: str) -> None:
    y = nan_in_backward(leaf(0.0))
    with set_detect_anomaly(True):
        _, story = warned(y.backward, RuntimeError)
    assert story == (
        "Error detected in SqrtBackward0. No forward pass information available. Enable detect "
        "anomaly during forward pass for more information."
    )


@pytest.mark.guarantee("M12")
def test_the_number_of_the_result_is_told(backend: str, anomaly: Any) -> None:
    class Pair(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any, bad: int) -> Any:
            ctx.bad = bad
            return x * 1 + y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            nan = g * float("nan")
            return *(nan if ctx.bad == k else g for k in range(2)), None

    for bad in range(2):
        error, _ = warned(Pair.apply(leaf(1.0), leaf(1.0), bad).backward, RuntimeError)
        assert error == f"Function 'PairBackward' returned nan values in its {bad}th output."


class Outer(tg.autograd.Function):
    """Its rule applies another function, whose rule has a NaN in it."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.sum()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return Inner.apply(g * x)  # recorded by the rule


class Inner(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g / 0 * 0


@pytest.mark.guarantee("M14")
def test_a_second_derivative_shows_what_induced_it(backend: str, anomaly: Any) -> None:
    x = leaf([1.0, 2.0])
    y = Outer.apply(x)  # the first line
    (g,) = tg.autograd.grad(y, x, create_graph=True)  # the second line
    error, story = warned(g.sum().backward, RuntimeError)
    assert error == "Function 'InnerBackward' returned nan values in its 0th output."
    own, induced = story.split("Previous calculation was induced by OuterBackward. Traceback of ")
    assert own.startswith("Error detected in InnerBackward. Traceback of forward call")
    assert "# recorded by the rule" in own
    assert "# the second line" in own
    assert induced.startswith("forward call that induced the previous calculation:")
    assert "# the first line" in induced


@pytest.mark.guarantee("M14")
def test_the_chain_of_parents_is_shown_to_its_end(backend: str, anomaly: Any) -> None:
    x = leaf(0.0)
    y = x**2.5
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    (h,) = tg.autograd.grad(g, x, create_graph=True)
    _, story = warned(lambda: tg.autograd.grad(h * 0, x), RuntimeError)
    assert story.count("Previous calculation was induced by ") == 2
    assert story.count("Previous calculation was induced by PowBackward0") >= 1
    assert story.index("create_graph=True") < story.index("y = x**2.5")


@pytest.mark.guarantee("M13")
def test_entering_warns_of_the_time_it_takes() -> None:
    said = (
        "Anomaly Detection has been enabled. This mode will increase the runtime and should only "
        "be enabled for debugging."
    )
    with pytest.warns(UserWarning, match=said) as found, detect_anomaly():
        pass
    assert len(found) == 1
    assert found[0].filename == __file__


@pytest.mark.guarantee("M13")
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
        assert not is_anomaly_enabled()
        with pytest.raises(KeyError), detect_anomaly():
            raise KeyError
        assert not is_anomaly_enabled()


@pytest.mark.guarantee("M15")
def test_nothing_is_raised_outside(backend: str) -> None:
    x = leaf(0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        y = nan_in_backward(x)
        with set_detect_anomaly(True):
            pass
        y.backward()
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


@pytest.mark.guarantee("M14")
def test_what_is_remembered_goes_with_the_graph(backend: str, anomaly: Any) -> None:
    x = leaf([1.0, 2.0])
    gc.collect()
    gc.disable()
    try:
        y = (x * 2).sin().sum()
        (g,) = tg.autograd.grad(y, x, create_graph=True)
        first, second = ref(y.grad_fn), ref(g.grad_fn)
        assert {first(), second()} <= set(Lines.by_node)
        del y, g
        assert first() is None
        assert second() is None
        assert len(Lines.by_node) == 0
    finally:
        gc.enable()


@pytest.mark.guarantee("M14")
def test_what_is_kept_with_a_node_goes_with_it(backend: str) -> None:
    class Kept:
        pass

    kept = Kept()
    watched = ref(kept)
    gc.disable()
    try:
        y = leaf([1.0]).exp()
        y.grad_fn.metadata["mine"] = kept
        del kept
        assert y.grad_fn.metadata["mine"] is watched()
        z = y * 2
        assert z.grad_fn.metadata == {}
        del y
        assert watched() is not None
        del z
        assert watched() is None
    finally:
        gc.enable()


def test_gradients_are_right_all_the_same(backend: str, anomaly: Any) -> None:
    x = leaf([1.0, 2.0])
    a, b = (x**2).unbind()
    (a * 3 + b).backward()
    assert array(x.grad).tolist() == [6.0, 4.0]
