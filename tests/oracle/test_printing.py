"""The printed form of tensors is PyTorch's, character for character."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorflowlite_grad import printing

pytest.importorskip("torch")

import torch

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
COMPLEXES = [torch.complex64, torch.complex128]
SIGNED = [torch.int8, torch.int16, torch.int32, torch.int64]
UNSIGNED = [torch.uint8, torch.uint16, torch.uint32, torch.uint64]
DTYPES = [torch.bool, *SIGNED, *UNSIGNED, *FLOATS, *COMPLEXES]
IMPLIED_DTYPES = {torch.float32, torch.complex64, torch.int64, torch.bool}

SHAPES = [
    (),
    (1,),
    (7,),
    (30,),
    (1000,),
    (1001,),
    (3, 4),
    (1, 40),
    (7, 200),
    (200, 7),
    (6, 200),
    (200, 6),
    (500, 3),
    (2, 3, 4),
    (12, 10, 11),
    (2, 1, 3, 2),
    (8, 2, 9, 10),
    (2, 2, 2, 2, 2, 2, 2),
]

SPECIAL_VALUES = [
    [0.0],
    [-0.0],
    [0.0, -0.0],
    [math.nan],
    [math.inf],
    [-math.inf, math.nan, 0.0],
    [1.0, math.nan],
    [1.0, -math.inf],
    [-1.0, 0.5, math.nan, math.inf, -math.inf, -0.0],
    [1000.0, 1.0],
    [1001.0, 1.0],
    [1.0e8],
    [1.0e8 + 1],
    [-1.0e8, -1.0e9],
    [1.0e-4],
    [0.9999e-4],
    [1.0e-4, 1.0e-1],
    [0.5, 1.5, 2.5],
    [0.00005, 0.05],
    [9.99999, 99.99999],
    [999999.9],
    [2.0**53, 2.0**53 + 2],
    [5e-324, 1.7976931348623157e308],
    [1e300, -1e-300, math.nan],
    [65504.0, 6.0e-8],
    [1 / 3, 2 / 3, -1.0],
]


def kind_of(dtype: torch.dtype) -> printing.Kind:
    if dtype == torch.bool:
        return "bool"
    if dtype.is_complex:
        return "complex"
    return "float" if dtype.is_floating_point else "int"


def suffixes_of(tensor: torch.Tensor, device: str | None = None) -> list[str]:
    """Render what follows the values as a caller of format_tensor does."""
    suffixes = [f"device='{device}'"] if device else []
    implied = {torch.float32} if tensor.numel() == 0 else IMPLIED_DTYPES
    if tensor.dtype not in implied:
        suffixes.append(f"dtype={tensor.dtype}")
    if tensor.grad_fn is not None:
        suffixes.append(f"grad_fn=<{type(tensor.grad_fn).__name__}>")
    elif tensor.requires_grad:
        suffixes.append("requires_grad=True")
    return suffixes


def printed(tensor: torch.Tensor, device: str | None = None) -> str:
    return printing.format_tensor(
        lambda index: tensor.detach()[index].tolist(),
        tuple(tensor.shape),
        kind=kind_of(tensor.dtype),
        suffixes=suffixes_of(tensor, device),
    )


def fill(shape: tuple[int, ...], pool: list[Any], dtype: torch.dtype) -> torch.Tensor:
    """Return a tensor of the given values, repeated to fill the shape."""
    values = list(itertools.islice(itertools.cycle(pool), math.prod(shape)))
    if dtype.is_complex:
        return torch.tensor(values, dtype=torch.complex128).reshape(shape).to(dtype)
    if dtype.is_floating_point:
        return torch.tensor(values, dtype=torch.float64).reshape(shape).to(dtype)
    return torch.tensor(values, dtype=dtype).reshape(shape)


@contextlib.contextmanager
def both_printoptions(**options: Any) -> Iterator[None]:
    with printing.printoptions(**options), torch._tensor_str.printoptions(**options):
        yield


@pytest.fixture(autouse=True)
def _same_state() -> Iterator[None]:
    """Start and leave each test with the default options on both sides."""
    for module in (torch, printing):
        module.set_printoptions(profile="default")
    yield
    for module in (torch, printing):
        module.set_printoptions(profile="default")


def limits(dtype: torch.dtype) -> tuple[int, int]:
    info = torch.iinfo(dtype)
    return info.min, info.max


def values_of(dtype: torch.dtype) -> st.SearchStrategy[Any]:
    if dtype == torch.bool:
        return st.booleans()
    if dtype.is_complex:
        real = values_of(torch.float64)
        return st.builds(complex, real, real)
    if dtype.is_floating_point:
        return st.one_of(
            st.floats(width=64),
            st.floats(-10, 10, width=32),
            st.integers(-2000, 2000).map(float),
            st.integers(-2000, 2000).map(lambda value: value / 8),
            st.floats(1e-5, 1e-3),
            st.floats(1e7, 1e9),
            st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 1e-4, 1e8]),
        )
    low, high = limits(dtype)
    return st.one_of(st.integers(low, high), st.integers(max(low, -9), 9))


@st.composite
def pools(draw: st.DrawFn, dtype: torch.dtype) -> list[Any]:
    """Values of one family, or a mixture, so that each printing mode is met often."""
    families = [values_of(dtype)]
    if dtype.is_floating_point:
        families += [st.integers(-99, 99).map(float), st.floats(-2, 2), st.floats(0.1, 50)]
    return draw(st.lists(draw(st.sampled_from(families)), min_size=1, max_size=11))


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(
        st.one_of(
            st.lists(st.integers(0, 9), max_size=4).map(tuple),
            st.lists(st.integers(1, 3), max_size=7).map(tuple),
            st.sampled_from(SHAPES),
        )
    )
    tensor = fill(shape, draw(pools(dtype)), dtype)
    if dtype.is_floating_point or dtype.is_complex:
        grad = draw(st.sampled_from(["none", "leaf", "result"]))
        tensor.requires_grad_(grad != "none")
        if grad == "result":
            tensor = tensor * 1
    return tensor


option_sets = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 12),
        "threshold": st.one_of(st.integers(0, 60), st.just(math.inf)),
        "edgeitems": st.integers(0, 5),
        "linewidth": st.integers(0, 160),
        "profile": st.sampled_from(["default", "short", "full"]),
        "sci_mode": st.sampled_from([None, True, False]),
    },
)


@settings(max_examples=400, deadline=None)
@given(tensor=tensors())
def test_any_tensor(tensor: torch.Tensor) -> None:
    assert printed(tensor) == repr(tensor)


@settings(max_examples=400, deadline=None)
@given(tensor=tensors(), options=option_sets)
def test_any_tensor_under_any_options(tensor: torch.Tensor, options: dict[str, Any]) -> None:
    with both_printoptions(**options):
        assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
        assert printed(tensor) == repr(tensor)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_shapes(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    pool: list[Any] = [1, 0, 1, 1, 0, 0, 1] if dtype == torch.bool else [3, 0, 27, 1, 101]
    tensor = fill(shape, pool, dtype)
    assert printed(tensor) == repr(tensor)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 5), (0, 2000)], ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_empty(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = torch.empty(shape, dtype=dtype)
    assert printed(tensor) == repr(tensor)


@pytest.mark.parametrize("values", SPECIAL_VALUES, ids=str)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("sci_mode", [None, True, False])
def test_special_floats(dtype: torch.dtype, values: list[float], sci_mode: bool | None) -> None:
    vector = fill((len(values),), values, dtype)
    with both_printoptions(sci_mode=sci_mode):
        for tensor in (vector, vector.reshape(1, -1), *vector):
            assert printed(tensor) == repr(tensor)


@pytest.mark.parametrize("values", SPECIAL_VALUES, ids=str)
@pytest.mark.parametrize("other", [0.0, -0.0, 1.0, -2.5, 1e9, math.nan, -math.inf])
@pytest.mark.parametrize("dtype", COMPLEXES, ids=str)
def test_special_complexes(dtype: torch.dtype, values: list[float], other: float) -> None:
    for pool in ([complex(value, other) for value in values], [complex(other, v) for v in values]):
        vector = fill((len(pool),), pool, dtype)
        for tensor in (vector, vector.reshape(-1, 1), *vector):
            assert printed(tensor) == repr(tensor)


@pytest.mark.parametrize("dtype", [*SIGNED, *UNSIGNED], ids=str)
def test_integer_limits(dtype: torch.dtype) -> None:
    tensor = torch.tensor([*limits(dtype), 0, 1], dtype=dtype)
    assert printed(tensor) == repr(tensor)


@pytest.mark.parametrize("length", range(1, 40))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64], ids=str)
def test_suffix_breaks_the_line_where_it_does_not_fit(length: int, dtype: torch.dtype) -> None:
    tensor = fill((length,), [1, 2, 3], dtype)
    assert printed(tensor) == repr(tensor)
    if dtype.is_floating_point:
        tensor.requires_grad_()
        assert printed(tensor) == repr(tensor)
        assert printed(tensor.cumsum(0)) == repr(tensor.cumsum(0))


@pytest.mark.parametrize("shape", [(), (3,), (0, 3), (0,), (2, 40)], ids=str)
@pytest.mark.parametrize("edgeitems", [0, 3])
def test_device_comes_before_size_and_dtype(
    shape: tuple[int, ...], edgeitems: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # PyTorch names a device that is not its default one; make that so for the CPU.
    monkeypatch.setattr(torch._C, "_get_default_device", lambda: "cuda")
    tensor = torch.ones(shape, dtype=torch.float64)
    with both_printoptions(edgeitems=edgeitems):
        assert "device='cpu'" in repr(tensor)
        assert printed(tensor, device="cpu") == repr(tensor)


@pytest.mark.parametrize("shape", [(10**9,), (10**5, 10**5), (4, 10**6, 2, 10**6)], ids=str)
def test_summary_fetches_only_what_it_shows(shape: tuple[int, ...]) -> None:
    tensor = torch.tensor(1.0).expand(shape)
    fetched = 0

    def fetch(index: printing.Index) -> Any:
        nonlocal fetched
        assert len(index) == len(shape)
        part = tensor[index]
        fetched += part.numel()
        return part.tolist()

    assert printing.format_tensor(fetch, shape, kind="float") == repr(tensor)
    assert fetched == math.prod(min(length, 6) for length in shape)


def test_nothing_is_fetched_where_nothing_is_shown() -> None:
    def fetch(index: printing.Index) -> Any:
        raise AssertionError(index)

    assert printing.format_tensor(fetch, (0, 3), kind="int") == "tensor([], size=(0, 3))"
    with both_printoptions(edgeitems=0):
        text = printing.format_tensor(fetch, (5000,), kind="float")
        assert text == repr(torch.zeros(5000))


def test_options_given_directly_win_over_those_in_force() -> None:
    options = printing.PrintOptions(precision=1)
    with printing.printoptions(precision=7):
        text = printing.format_tensor(lambda index: 0.25, (), kind="float", options=options)
    assert text == "tensor(0.2)"


@pytest.mark.parametrize(
    "steps",
    [
        [{"precision": 2}, {"threshold": 5}],
        [{"sci_mode": True}, {"precision": 2}],
        [{"profile": "short"}, {"linewidth": 40}],
        [{"profile": "full"}, {"profile": "short", "edgeitems": 7}],
        [{"precision": 9, "edgeitems": 9}, {"profile": "default"}],
    ],
    ids=str,
)
def test_set_printoptions_keeps_what_pytorch_keeps(steps: list[dict[str, Any]]) -> None:
    for step in steps:
        printing.set_printoptions(**step)
        torch.set_printoptions(**step)
        assert printing.get_printoptions() == torch._tensor_str.get_printoptions()


def test_printoptions_are_restored_after_an_error() -> None:
    printing.set_printoptions(precision=6, sci_mode=False)
    before = printing.get_printoptions()
    with contextlib.suppress(KeyError), printing.printoptions(precision=1, threshold=2):
        assert printing.get_printoptions()["precision"] == 1
        raise KeyError
    assert printing.get_printoptions() == before


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"precision": -1}, ValueError, "precision must be zero or more"),
        ({"precision": 2.0}, TypeError, "precision must be an integer"),
        ({"edgeitems": "3"}, TypeError, "edgeitems must be an integer"),
        ({"threshold": "many"}, TypeError, "threshold must be a number"),
        ({"linewidth": [80]}, TypeError, "linewidth must be a number"),
        ({"profile": "long"}, ValueError, "unknown profile 'long'.*'short'"),
    ],
)
def test_unusable_options_are_refused_and_change_nothing(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    before = printing.get_printoptions()
    with pytest.raises(error, match=message):
        printing.set_printoptions(**{"edgeitems": 1, "sci_mode": True} | options)
    assert printing.get_printoptions() == before


def test_a_row_of_any_width() -> None:
    with printing.printoptions(linewidth=math.inf):
        row = list(range(500))
        text = printing.format_tensor(lambda index: row, (500,), kind="int")
    assert "\n" not in text
    assert text.count(",") == 499
