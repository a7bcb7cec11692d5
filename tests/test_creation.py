"""Making tensors of data, and numbers that dtypes cannot hold."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg


def endless() -> list[Any]:
    out: list[Any] = [1.0]
    out.append(out)
    return out


def deep(levels: int) -> Any:
    out: Any = 1.0
    for _ in range(levels):
        out = [out]
    return out


WRONG_DATA = [
    ("abc", TypeError, "invalid data type 'str'"),
    (["a"], ValueError, "too many dimensions 'str'"),
    (None, RuntimeError, "Could not infer dtype of NoneType"),
    ([1, None], RuntimeError, "Could not infer dtype of NoneType"),
    ({}, RuntimeError, "Could not infer dtype of dict"),
    ([[1, 2], [3]], ValueError, r"expected sequence of length 2 at dim 1 \(got 1\)"),
    ([[1, 2], 3], TypeError, "not a sequence"),
    ([1, [2]], TypeError, "'list' object cannot be interpreted as a number"),
    (2**63, ValueError, "Overflow when unpacking long long"),
    ([2**64], ValueError, "Overflow when unpacking long long"),
    (deep(5000), ValueError, "too many dimensions 'list'"),
    (endless(), ValueError, "too many dimensions 'list'"),
]


@pytest.mark.parametrize(("data", "kind", "phrase"), WRONG_DATA, ids=[c[2] for c in WRONG_DATA])
def test_no_tensor_of(backend: str, data: Any, kind: type[Exception], phrase: str) -> None:
    with pytest.raises(kind, match=phrase):
        tg.tensor(data)


def test_nested_as_deep_as_arrays_go() -> None:
    assert tg.tensor(deep(64)).ndim == 64


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (300, tg.uint8),
        (-256, tg.uint8),
        (128, tg.int8),
        (2**40, tg.int32),
        (1e30, tg.int64),
        (float("nan"), tg.int32),
        (float("inf"), tg.int64),
        (1j, tg.float32),
    ],
)
def test_number_that_does_not_fit(backend: str, value: Any, dtype: tg.dtype) -> None:
    phrase = f"cannot be converted to type {dtype.name} without overflow"
    target = tg.ones(2, dtype=dtype)
    attempts = [
        lambda: tg.tensor(value, dtype=dtype),
        lambda: tg.tensor([1, value], dtype=dtype),
        lambda: tg.full((2,), value, dtype=dtype),
        lambda: target.fill_(value),
        lambda: target.__setitem__(0, value),
    ]
    for attempt in attempts:
        with pytest.raises(RuntimeError, match=phrase):
            attempt()
    assert target.tolist() == [1, 1]
    assert target._version == 0


def test_unsigned_integers_take_negatives(backend: str) -> None:
    assert tg.tensor(-1, dtype=tg.uint8).item() == 255
    assert tg.full((1,), -1, dtype=tg.uint8).item() == 255


def test_integer_arithmetic_with_large_numbers(backend: str) -> None:
    x = tg.tensor([1, 200], dtype=tg.uint8)
    assert (x + (-1)).tolist() == [0, 199]
    assert (x + 300).tolist() == [45, 244]
    assert (x == 300).tolist() == [False, False]
    assert (x > -1).tolist() == [True, True]
    assert (x + 300).dtype is tg.uint8
    with pytest.raises(RuntimeError, match="without overflow"):
        tg.where(x > 5, x, 300)


def test_arange_by_name() -> None:
    assert tg.arange(end=3).tolist() == [0, 1, 2]
    assert tg.arange(start=1, end=3).tolist() == [1, 2]
    with pytest.raises(TypeError, match="argument 'end' is missing"):
        tg.arange()
    with pytest.raises(RuntimeError, match="step must be nonzero"):
        tg.arange(0.0, 1.0, float("nan"))


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "full"])
def test_like_what_is_no_tensor(name: str) -> None:
    with pytest.raises(TypeError, match=rf"{name}_like\(\): argument 'input' .* not int"):
        getattr(tg, f"{name}_like")(3, *([1] if name == "full" else []))


@pytest.mark.parametrize("high", ["a", 1.5, True])
def test_randint_of_no_int(high: Any) -> None:
    with pytest.raises(TypeError, match="argument 'high' must be int"):
        tg.randint(high, (2,))


def test_reshape_to_no_shape(backend: str) -> None:
    for size in ("a", 1.5, None):
        with pytest.raises(TypeError, match="must be tuple of ints"):
            tg.ones(2).reshape(size)


def test_format_is_that_of_the_number(backend: str) -> None:
    x = tg.tensor(2.5, requires_grad=True)
    assert f"{x}" == "2.5"
    assert f"{x:.2f}" == "2.50"
    assert f"{tg.tensor([2.5])}".startswith("tensor([2.5000]")


def test_contains(backend: str) -> None:
    assert 2 in tg.tensor([1, 2])
    assert 3 not in tg.tensor([1, 2])
    with pytest.raises(RuntimeError, match="only supports Tensor or scalar"):
        "a" in tg.tensor([1, 2])  # noqa: B015


def test_reflected_shifts(backend: str) -> None:
    assert (1 << tg.tensor([1, 2])).tolist() == [2, 4]
    assert (8 >> tg.tensor([1, 2])).tolist() == [4, 2]


def test_bits_of_floats(backend: str) -> None:
    x = tg.ones(2)
    with pytest.raises(TypeError, match="only implemented on integer and Boolean-type tensors"):
        operator.invert(x)
    with pytest.raises(NotImplementedError, match="not implemented for float32"):
        operator.and_(x, x)


def test_numpy_reductions_are_ours() -> None:
    x = tg.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    np.sum(x, axis=1).prod().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[8, 8], [3, 3]]
    y = x.detach()
    for name in ("sum", "mean", "prod", "std", "var", "max", "min", "argmax", "argmin"):
        function = getattr(np, name)
        for options in ({}, {"axis": 0}, {"axis": 1, "keepdims": True}):
            found = function(y, **options)
            assert isinstance(found, tg.Tensor)
            np.testing.assert_allclose(found.numpy(), function(y.numpy(), **options), rtol=1e-6)
    assert np.std(y, ddof=1).item() == y.std().item()


def test_numpy_scalars_promote_as_numbers() -> None:
    x = tg.tensor(1.0, requires_grad=True)
    assert (np.float64(2) - x).dtype is tg.float32
    assert (np.float64(2) * tg.ones(2)).dtype is tg.float32
    with pytest.raises(IndexError, match="are valid indices"):
        tg.ones(2, 3)[np.bool_(True)]


def test_empty_joins_and_positions() -> None:
    with pytest.raises(RuntimeError, match="stack expects a non-empty TensorList"):
        tg.stack([])
    with pytest.raises(IndexError, match="Expected reduction dim to be specified"):
        tg.tensor([]).argmax()


def test_shapes_and_bounds_may_be_given_by_name(backend: str) -> None:
    assert tg.zeros(size=(2, 3)).shape == tg.ones(size=(2, 3)).shape == (2, 3)
    assert tg.empty(size=()).shape == ()
    assert tg.randint(high=1, size=(2,)).tolist() == [0, 0]
