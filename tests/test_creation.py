"""Making tensors of data, and numbers that dtypes cannot hold."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
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


# -- shapes, layouts and memory -----------------------------------------------------------------

MAKERS: dict[str, Callable[..., Any]] = {
    "zeros": tg.zeros,
    "ones": tg.ones,
    "empty": tg.empty,
    "full": lambda *size, **options: tg.full(size, 1.0, **options),
    "rand": tg.rand,
    "randn": tg.randn,
    "randint": lambda *size, **options: tg.randint(0, 9, size, **options),
    "new_zeros": lambda *size, **options: tg.ones(1).new_zeros(*size, **options),
    "new_full": lambda *size, **options: tg.ones(1).new_full(size, 1.0, **options),
    "empty_permuted": lambda *size, **options: tg.empty_permuted(size, range(len(size)), **options),
}


@pytest.mark.parametrize("name", MAKERS)
def test_shapes_that_cannot_be(backend: str, name: str) -> None:
    make = MAKERS[name]
    with pytest.raises(RuntimeError, match=r"Storage size calculation overflowed with sizes=\[461"):
        make(2**62)
    with pytest.raises(RuntimeError, match="Storage size calculation overflowed"):
        make(2**31, 2**31)
    with pytest.raises(RuntimeError, match="negative dimension -1"):
        make(2, -1)
    with pytest.raises(TypeError, match="found element of type float"):
        make(2.5)
    assert make(0, 2**40).shape == (0, 2**40)


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "full"])
def test_memory_that_is_not_there(backend: str, name: str) -> None:
    for kind in (RuntimeError, MemoryError, tg.OutOfMemoryError):
        with pytest.raises(kind, match=rf"can't allocate memory: {name}\(\) tried to allocate"):
            MAKERS[name](2**47, dtype=tg.complex128)


@pytest.mark.parametrize("name", MAKERS)
def test_options_of_making(backend: str, name: str) -> None:
    out = MAKERS[name](2, 3, layout=tg.strided, dtype=tg.float64, pin_memory=False)
    assert (out.shape, out.dtype, out.requires_grad) == ((2, 3), tg.float64, False)
    leaf = MAKERS[name](2, dtype=tg.float64, requires_grad=True)
    assert (leaf.requires_grad, leaf.is_leaf) == (True, True)
    with pytest.raises(RuntimeError, match="Only Tensors of floating point and complex dtype"):
        tg.zeros(2, dtype=tg.int64, requires_grad=True)


def test_layouts_that_are_not_there() -> None:
    assert repr(tg.strided) == "tensorflowlite_grad.strided"
    for wanted in (copy.deepcopy(tg.strided), pickle.loads(pickle.dumps(tg.strided))):  # noqa: S301
        assert wanted is tg.strided
    with pytest.raises(RuntimeError, match=r"layout .*sparse is not supported"):
        tg.zeros(2, layout=tg.layout("sparse"))
    with pytest.raises(TypeError, match="argument 'layout' must be"):
        tg.zeros(2, layout="strided")
    with pytest.raises(TypeError, match="'memory_format' must be contiguous_format or preserve"):
        tg.ones(2).clone(memory_format="channels_last")


def test_memory_formats() -> None:
    with tg.use_backend("numpy"):
        x = tg.ones(2, 3, 4).permute(2, 0, 1)
        for like in (tg.zeros_like, tg.empty_like, lambda x, **o: x.clone(**o)):
            assert like(x).stride() == x.stride()
            assert like(x, memory_format=tg.contiguous_format).is_contiguous()
        assert x.contiguous().is_contiguous()
        assert x.to(tg.float64, memory_format=tg.contiguous_format).is_contiguous()
        assert tg.zeros_like(tg.ones(1, 3).expand(2, 3)).is_contiguous()
        assert tg.empty_strided((2, 3), (1, 2)).stride() == (1, 2)
        assert tg.empty_strided((2, 3), (9, 2)).fill_(1).sum() == 6
        assert tg.ones(1).new_empty_strided((2, 3), (3, 1)).is_contiguous()
        assert tg.empty_permuted((2, 3, 4), (2, 0, 1)).stride() == (3, 1, 6)


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        (lambda: tg.empty_strided((2, 3), (1,)), "must match dimensionality of strides"),
        (lambda: tg.empty_strided((2, 3), (-1, 1)), "Storage size calculation overflowed"),
        (lambda: tg.empty_strided((2, 3), (2**60, 1)), "Storage size calculation overflowed"),
        (lambda: tg.empty_permuted((2, 3), (0,)), "Number of dimensions in size does not match"),
        (lambda: tg.empty_permuted((2, 3), (0, 0)), "Duplicate dim not allowed"),
        (lambda: tg.empty_permuted((2, 3), (0, 2)), "Dimension out of range"),
        (lambda: tg.eye(-1), "n must be greater or equal to 0, got -1"),
        (lambda: tg.eye(1, -1), "m must be greater or equal to 0, got -1"),
        (lambda: tg.linspace(0, 1, -1), "number of steps must be non-negative"),
        (lambda: tg.linspace(tg.ones(2), 1, 3), "only supports 0-dimensional start and end"),
        (lambda: tg.linspace(0, 1j, 3, dtype=tg.float32), "can't be safely cast"),
        (lambda: tg.fill(tg.ones(2), tg.ones(2)), "only supports 0-dimension value tensor"),
    ],
)
def test_what_cannot_be_made(backend: str, call: Callable[[], Any], phrase: str) -> None:
    with pytest.raises(RuntimeError, match=phrase):
        call()


# -- ranges -------------------------------------------------------------------------------------


def test_spaced_numbers(backend: str) -> None:
    for steps in (0, 1, 2, 5, 8):
        got = tg.linspace(-1, 2, steps, dtype=tg.float64).tolist()
        np.testing.assert_allclose(got, np.linspace(-1, 2, steps), rtol=1e-15)
        got = tg.logspace(-1, 2, steps, 3, dtype=tg.float64).tolist()
        np.testing.assert_allclose(got, np.logspace(-1, 2, steps, base=3), rtol=1e-14)
    ends = tg.linspace(0.1, 0.7, 7, dtype=tg.float64).tolist()
    assert (ends[0], ends[-1]) == (0.1, 0.7)
    assert tg.linspace(1, 10, 4, dtype=tg.int64).tolist() == [1, 4, 7, 10]
    assert tg.linspace(0, 2j, 3).tolist() == [0, 1j, 2j]
    assert tg.linspace(tg.tensor(0.0), tg.tensor(1), 3).tolist() == [0, 0.5, 1]
    assert tg.range(0, 1, 0.1, dtype=tg.float64).shape == (11,)


def test_ranges_of_odd_dtypes(backend: str) -> None:
    for dtype in (tg.bool, tg.complex64):
        with pytest.raises(NotImplementedError, match="not implemented for"):
            tg.arange(3, dtype=dtype)
    assert tg.arange(0.5, 3, dtype=tg.int64).tolist() == [0, 1, 2]
    assert tg.arange(5, 0, -2, dtype=tg.int32).tolist() == [5, 3, 1]


# -- data ---------------------------------------------------------------------------------------


def test_buffers_share_their_memory() -> None:
    memory = bytearray(range(12))
    x = tg.frombuffer(memory, dtype=tg.int16, count=2, offset=2)
    assert x.tolist() == [3 * 256 + 2, 5 * 256 + 4]
    memory[2] = 0
    x[1] = 0
    assert (x[0].item(), memory[4:6]) == (3 * 256, bytearray(2))
    fixed = tg.frombuffer(bytes(8), dtype=tg.float64)
    with pytest.raises(RuntimeError):
        fixed.fill_(1)
    assert tg.frombuffer(np.arange(3), dtype=tg.int64).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        ((3,), "does not implement Python buffer protocol"),
        ((b"",), r"both buffer length \(0\) and count \(-1\) must not be 0"),
        ((b"1234", 0), r"and count \(0\) must not be 0"),
        ((b"123",), r"must be a multiple of element size \(2\)"),
        ((b"1234", 3), r"requested buffer length \(3 \* 2 bytes\)"),
        ((b"1234", 1, 4), r"offset \(4 bytes\) must be non-negative and no greater"),
        ((b"1234", 1, -1), r"offset \(-1 bytes\) must be non-negative"),
        ((np.zeros((2, 2)).T,), "without gaps"),
    ],
)
def test_buffers_that_are_none(arguments: Any, phrase: str) -> None:
    data, *rest = arguments
    options = dict(zip(("count", "offset"), rest, strict=False))
    with pytest.raises(ValueError, match=phrase):
        tg.frombuffer(data, dtype=tg.int16, **options)


def test_copies_of_arrays_and_tensors(backend: str) -> None:
    x = tg.ones(2, requires_grad=True) * 1
    assert tg.asarray(x) is x
    assert tg.asarray(x, copy=True) is not x
    assert tg.asarray([1.0], requires_grad=True).is_leaf
    for data in ([1, 2], 3):
        with pytest.raises(ValueError, match="can't alias"):
            tg.asarray(data, copy=False)
    with pytest.raises(ValueError, match="can't alias"):
        tg.asarray(x, dtype=tg.float64, copy=False)


def test_filled_with_a_tensor(backend: str) -> None:
    value = tg.tensor(3.0, requires_grad=True)
    for out in (
        tg.full((2, 3), value),
        tg.full_like(tg.ones(2, 3), value),
        tg.fill(tg.ones(2, 3), value),
        tg.ones(1).new_full((2, 3), value),
    ):
        assert out.tolist() == [[3.0] * 3] * 2
        (g,) = tg.autograd.grad(out.sum(), value)
        assert (g.shape, g.item()) == ((), 6)
    x = tg.ones(2, requires_grad=True)
    (g,) = tg.autograd.grad(tg.fill(x, 7).sum(), x)
    assert g.tolist() == [0, 0]


def test_older_constructors(backend: str) -> None:
    assert (tg.Tensor(2, 3).shape, tg.Tensor().shape) == ((2, 3), (0,))
    assert tg.Tensor([1, 2]).tolist() == [1.0, 2.0]
    assert tg.Tensor(tg.ones(2, 3).shape).shape == (2, 3)
    with pytest.raises(TypeError, match=r"data must be a sequence \(got float\)"):
        tg.Tensor(2.5)
    x = tg.LongTensor([1, 2])
    assert (x.dtype, x.type()) == (tg.int64, x.type(tg.LongTensor).type())
    assert isinstance(x, tg.LongTensor)
    assert not isinstance(x, tg.FloatTensor)
    assert x.new([3]).dtype is tg.int64
    assert tg.ones(1).type("torch.IntTensor").dtype is tg.int32
    with pytest.raises(ValueError, match="invalid type: 'odd'"):
        x.type("odd")


# -- conversions --------------------------------------------------------------------------------


def test_ways_to_say_what_a_tensor_becomes(backend: str) -> None:
    x = tg.ones(2)
    where = x.device
    double = tg.ones(1, dtype=tg.float64)
    for out in (
        x.to(tg.float64),
        x.to(where, tg.float64),
        x.to(where, tg.float64, False, True),
        x.to(None, tg.float64),
        x.to(dtype=tg.float64, device=where),
        x.to(double),
        x.to(other=double),
        x.to(float),
        x.type(tg.float64),
        x.type_as(double),
        x.double(),
    ):
        assert (out.dtype, out.device) == (tg.float64, where)
    assert x.to(where) is x
    assert x.to(tg.float32, copy=True) is not x
    assert x.to(where, tg.float32, False, True) is not x
    with pytest.raises(TypeError, match="unexpected keyword argument 'odd'"):
        x.to(odd=1)
    with pytest.raises(TypeError, match="must be str or device, not float"):
        x.to(3.5)


@pytest.mark.parametrize(
    "name",
    ["half", "float", "double", "byte", "char", "short", "int", "long", "cfloat", "cdouble"],
)
def test_conversions_are_named_after_their_dtype(name: str) -> None:
    names = {"byte": tg.uint8, "char": tg.int8}
    out = getattr(tg.tensor([1.75]), name)()
    assert out.dtype is names.get(name, getattr(tg, name, None))
    assert out.item() == (1.75 if out.dtype.is_differentiable else 1)


def test_limits() -> None:
    for name in ("float16", "float32", "float64"):
        ours, theirs = tg.finfo(getattr(tg, name)), np.finfo(name)
        for field in ("eps", "max", "min", "tiny", "smallest_normal", "bits"):
            assert getattr(ours, field) == getattr(theirs, field)
        assert ours.resolution == pytest.approx(float(theirs.resolution), rel=1e-3)
    for name in ("uint8", "int8", "int16", "int32", "int64"):
        ours, theirs = tg.iinfo(getattr(tg, name)), np.iinfo(name)
        assert (ours.min, ours.max, ours.bits) == (theirs.min, theirs.max, theirs.bits)
    assert tg.finfo() == tg.finfo(tg.complex64) == tg.finfo(tg.float32)
    with pytest.raises(TypeError, match="requires a floating point input type"):
        tg.finfo(tg.int8)
    for dtype in (tg.float32, tg.bool):
        with pytest.raises(TypeError, match="requires an integer input type"):
            tg.iinfo(dtype)


def test_what_may_be_cast() -> None:
    order = [tg.bool, tg.int64, tg.float16, tg.complex64]
    for a, low in enumerate(order):
        for b, high in enumerate(order):
            assert tg.can_cast(low, high) is (a <= b)
    assert tg.can_cast(tg.int8, tg.uint8)
    with pytest.raises(TypeError, match="must be dtype, not int"):
        tg.can_cast(tg.int8, 3)


def test_whether_the_only_element_is_zero(backend: str) -> None:
    assert tg.is_nonzero(tg.tensor([0.5]))
    assert not tg.tensor(0j).is_nonzero()
    for count in (0, 2):
        with pytest.raises(RuntimeError, match="Boolean value of Tensor with"):
            tg.ones(count).is_nonzero()


def test_the_default_device() -> None:
    with tg.use_backend("numpy"):
        assert tg.get_default_device() == tg.device("cpu")
        tg.set_default_device(tg.device("strict", backend="strict"))
        assert tg.ones(1).backend == "strict"
        tg.set_default_device(tg.device("cpu", backend="numpy"))
        with pytest.raises(tg.BackendError):
            tg.set_default_device("odd")
        assert tg.ones(1).backend == "numpy"


@pytest.mark.parametrize(
    "call",
    [
        lambda x: tg.scalar_tensor(x),
        lambda x: tg.linspace(0, x, 3),
        lambda x: tg.arange(x),
        lambda x: tg.nn.functional.pad(tg.ones(2), (1, 1), value=x),
    ],
)
def test_a_warning_of_a_lost_gradient_points_to_the_program(backend, call):
    x = tg.tensor(2.0, requires_grad=True)
    for _ in range(2):
        with pytest.warns(UserWarning, match="Converting a tensor with requires_grad") as caught:
            call(x)
        assert [w.filename for w in caught] == [__file__]
