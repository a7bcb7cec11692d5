"""Arrays by the standard: special values, operators, indexing, attributes, DLPack, derivatives."""

from __future__ import annotations

import operator
from itertools import product
from typing import Any

import array_api_strict as strict
import numpy as np
import pytest

import tensorflowlite_grad as tg
from array_api_calls import BINARY, INTEGERS, REALS, UNARY, dtypes_of
from tensorflowlite_grad import array_api as xp

SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0]


def host(x: Any) -> Any:
    return x.numpy(force=True) if isinstance(x, tg.Tensor) else np.asarray(x)


def same(got: Any, want: Any, label: str, signs: bool = True) -> None:
    mine, theirs = host(got), host(want)
    single = mine.dtype in (np.float32, np.complex64)
    rtol = 0 if mine.dtype.kind not in "fc" else 4e-6 if single else 4e-15
    np.testing.assert_allclose(mine, theirs, rtol=rtol, atol=0, err_msg=label)
    if signs and mine.dtype.kind == "f":
        equal = np.signbit(mine) == np.signbit(theirs)
        assert (equal | np.isnan(mine)).all(), f"signs of {label}: {mine} and {theirs}"


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("name", UNARY)
def test_special_values_of_one_operand(backend: str, name: str, dtype: str) -> None:
    if (dtype,) not in dtypes_of(name, 1):
        pytest.skip("not a function of floating-point numbers")
    values = np.asarray(SPECIAL, dtype)
    with np.errstate(all="ignore"):
        want = getattr(strict, name)(strict.asarray(values))
    same(getattr(xp, name)(xp.asarray(values)), want, name)


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("name", BINARY)
def test_special_values_of_two_operands(backend: str, name: str, dtype: str) -> None:
    if (dtype, dtype) not in dtypes_of(name, 2):
        pytest.skip("not a function of floating-point numbers")
    pairs = list(product(SPECIAL, SPECIAL))
    if name in ("floor_divide", "remainder"):
        # By zero, and of or by infinity, the standard leaves the choice to libraries.
        pairs = [(a, b) for a, b in pairs if b and np.isfinite(a) and np.isfinite(b)]
    x1, x2 = (np.asarray(v, dtype) for v in zip(*pairs, strict=True))
    with np.errstate(all="ignore"):
        want = getattr(strict, name)(strict.asarray(x1), strict.asarray(x2))
    got = getattr(xp, name)(xp.asarray(x1), xp.asarray(x2))
    # Of two zeros either is the greater; PyTorch gives a zero remainder the dividend's sign.
    either = name in ("maximum", "minimum") or (backend == "torch" and name == "remainder")
    same(got, want, name, signs=not either)


OPERATORS = [
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"),
    *("eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "xor", "lshift", "rshift"),
]


def _operands(dtype: str) -> tuple[Any, Any]:
    if dtype == "bool":
        return np.asarray([True, False, True]), np.asarray([True, True, False])
    first, second = np.asarray([5, 3, 0], dtype), np.asarray([2, 1, 3], dtype)
    return (first, second) if dtype[0] == "u" else (first - np.asarray(4, dtype), second)


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS, *REALS, "complex64", "complex128"])
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_with_arrays_and_numbers(backend: str, name: str, dtype: str) -> None:
    if backend == "torch" and dtype in ("uint16", "uint32", "uint64"):
        pytest.skip("PyTorch has next to no operations for these")
    apply = getattr(operator, name)
    x1, x2 = _operands(dtype)
    try:
        want = apply(strict.asarray(x1), strict.asarray(x2))
    except TypeError:
        pytest.skip("not defined by the standard")
    number = x2[0].item()
    numbered = apply(strict.asarray(x1), number), apply(number, strict.asarray(x2))
    ours = [xp.asarray(x) for x in (x1, x2)]
    got = [apply(*ours), apply(ours[0], number), apply(number, ours[1])]
    for mine, theirs in zip(got, [want, *numbered], strict=True):
        assert f"array_api_strict.{mine.dtype.name}" == str(theirs.dtype)
        same(mine, theirs, name, signs=backend != "torch" or name != "mod")
    if name not in ("eq", "ne", "lt", "le", "gt", "ge"):
        in_place = getattr(operator, f"i{name.rstrip('_')}")
        target = tg.clone(ours[0])
        kept = target
        target = in_place(target, ours[1])
        assert target is kept
        same(target, want, name, signs=backend != "torch" or name != "mod")


@pytest.mark.parametrize("name", [*OPERATORS, "matmul"])
def test_operators_leave_other_libraries_objects_to_them(name: str) -> None:
    for dtype in (tg.int64, tg.float32):
        x = tg.ones(2, dtype=dtype)
        dunder = f"__{name.rstrip('_')}__"
        assert getattr(x, dunder)(object()) is NotImplemented
        if name not in ("eq", "ne", "lt", "le", "gt", "ge"):
            assert getattr(x, f"__r{name.rstrip('_')}__")(object()) is NotImplemented
            assert getattr(x, f"__i{name.rstrip('_')}__")(object()) is NotImplemented


def test_a_reflected_operator_of_another_library_runs() -> None:
    class Other:
        def __radd__(self, left: Any) -> str:
            return "theirs"

    assert tg.ones(2) + Other() == "theirs"
    assert tg.ones(2, requires_grad=True) + Other() == "theirs"


def test_the_functions_promote_0d_arrays_as_any_other(backend: str) -> None:
    single, double = xp.ones((2,)), xp.asarray(1.0, dtype=xp.float64)
    assert xp.add(single, double).dtype is xp.float64
    assert xp.where(xp.asarray(True), single, double).dtype is xp.float64
    assert (single + double).dtype is xp.float32  # the operator is PyTorch's
    assert xp.add(xp.ones((2,), dtype=xp.uint8), xp.asarray(1, dtype=xp.int8)).dtype is xp.int16


@pytest.mark.parametrize("name", ["uint16", "uint32", "uint64"])
def test_wide_unsigned_integers(backend: str, name: str) -> None:
    d = getattr(tg, name)
    most = 2 ** (8 * d.itemsize) - 1
    x = tg.tensor([0, most], dtype=d)
    assert x.dtype is d
    assert x.tolist() == [0, most]
    assert xp.iinfo(d).max == most
    assert tg.tensor(most, dtype=d).item() == most
    with pytest.raises(RuntimeError, match="without overflow"):
        tg.tensor(most + 1, dtype=d)
    assert (x == most).tolist() == [False, True]
    if backend != "torch":
        assert (x > -1).all()
        assert (x[1:] + 1).tolist() == [0]


def test_promotion_of_unsigned_with_signed_integers() -> None:
    assert tg.promote_types(tg.uint16, tg.int8) is tg.int32
    assert tg.promote_types(tg.uint32, tg.int64) is tg.int64
    assert tg.promote_types(tg.uint8, tg.uint64) is tg.uint64
    with pytest.raises(RuntimeError, match="Promotion for uint16, uint32, uint64"):
        tg.promote_types(tg.uint64, tg.int8)


INDICES = [
    0,
    -1,
    (1, 2),
    slice(1, None),
    (slice(None, None, 2), -1),
    (..., 0),
    (None, 1),
    (slice(None), None, slice(1, 3)),
    (),
    ...,
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_getting_and_setting(backend: str, index: Any) -> None:
    values = np.arange(12.0).reshape(3, 4)
    same(xp.asarray(values)[index], values[index], str(index))
    x, want = xp.asarray(values, copy=True), values.copy()
    x[index] = 7
    want[index] = 7
    same(x, want, str(index))


def test_getting_with_arrays(backend: str) -> None:
    values = np.arange(12.0).reshape(3, 4)
    rows, columns = np.asarray([0, 2]), np.asarray([[1], [3]])
    x = xp.asarray(values)
    same(x[xp.asarray(rows), xp.asarray(columns)], values[rows, columns], "two arrays")
    same(x[xp.asarray(rows), 1], values[rows, 1], "an array and an int")
    same(x[x > 5], values[values > 5], "a mask")
    x = xp.asarray(values, copy=True)
    x[x > 5] = 0.0
    same(x, np.where(values > 5, 0, values), "setting a mask")


@pytest.mark.parametrize("convert", [bool, int, float, complex])
def test_numbers_of_0d_arrays(backend: str, convert: Any) -> None:
    for dtype in (xp.bool, xp.int8, xp.uint64, xp.float32):
        assert convert(xp.asarray(1, dtype=dtype)) == convert(1)
    assert operator.index(xp.asarray(3)) == 3


def test_attributes(backend: str) -> None:
    x = xp.ones((2, 3, 4))
    assert (x.ndim, x.shape, x.size) == (3, (2, 3, 4), 24)
    assert x.mT.shape == (2, 4, 3)
    assert x[0].T.shape == (4, 3)
    assert x.device in xp.__array_namespace_info__().devices()
    assert x.to_device(x.device) is x
    with pytest.raises(ValueError, match="stream"):
        x.to_device(x.device, stream=1)


def test_size_is_a_number_and_a_method(backend: str) -> None:
    x = tg.ones(2, 3)
    assert x.size == 6
    assert isinstance(x.size, int)
    assert x.size() == tg.Size([2, 3])
    assert x.size(-1) == 3
    assert x.size(dim=0) == 2
    assert tg.tensor(1.0).size == 1
    with pytest.raises(IndexError, match="out of range"):
        x.size(2)


def test_the_namespace_and_its_versions() -> None:
    x = tg.ones(2)
    assert x.__array_namespace__() is xp
    for version in ("2021.12", "2022.12", "2023.12", "2024.12", None):
        assert x.__array_namespace__(api_version=version) is xp
    with pytest.raises(ValueError, match="version"):
        x.__array_namespace__(api_version="2019.12")
    assert xp.__array_api_version__ == "2024.12"


def test_inspection(backend: str) -> None:
    info = xp.__array_namespace_info__()
    assert info.capabilities()["data-dependent shapes"] is True
    assert info.default_device() == tg.ones(1).device
    assert info.default_dtypes()["real floating"] is tg.get_default_dtype()
    assert list(info.dtypes(kind="real floating")) == ["float32", "float64"]
    assert info.dtypes(kind=("bool", "integral"))["uint64"] is tg.uint64
    assert len(info.dtypes()) == 13
    for device in info.devices():
        assert xp.ones((2,), device=device).device == device
    with pytest.raises(ValueError, match="kind"):
        info.dtypes(kind="quaternion")


@pytest.mark.parametrize("dtype", [tg.float16, tg.float32, tg.float64, tg.complex64])
def test_finfo(dtype: Any) -> None:
    got, want = xp.finfo(dtype), np.finfo(dtype.name)
    for field in ("bits", "eps", "max", "min", "smallest_normal"):
        assert getattr(got, field) == getattr(want, field), field
        assert type(getattr(got, field)) in (int, float)
    assert got.dtype is dtype.to_real()


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: xp.add(1, 2), TypeError),
        (lambda: xp.add(input=xp.ones(2), other=1), TypeError),
        (lambda: xp.sum(xp.ones(2), 0), TypeError),
        (lambda: xp.squeeze(xp.ones((2, 1)), 0), ValueError),
        (lambda: xp.nonzero(xp.asarray(1)), ValueError),
        (lambda: xp.isdtype(xp.int8, "int"), ValueError),
        (lambda: xp.iinfo(xp.float32), ValueError),
        (lambda: xp.asarray([1.0], copy=False), ValueError),
        (lambda: xp.take(xp.ones((2, 2)), xp.asarray([0])), ValueError),
        (lambda: xp.cumulative_sum(xp.ones((2, 2))), ValueError),
        (lambda: xp.reshape(xp.ones((2, 3)).mT, (6,), copy=False), ValueError),
        (lambda: xp.result_type(1, 2), ValueError),
        (lambda: xp.expand_dims(xp.ones(2), axis=3), IndexError),
        (lambda: xp.tensordot(xp.ones((2, 3)), xp.ones((2, 3)), axes=1), ValueError),
        (lambda: xp.linalg.qr(xp.ones((2, 2)), mode="full"), ValueError),
        (lambda: xp.fft.fftn(xp.ones((2, 2)), s=(1, 2), axes=(0,)), ValueError),
    ],
)
def test_refusals(call: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        call()


# -- DLPack ---------------------------------------------------------------------------------


def test_dlpack_shares_memory_with_numpy() -> None:
    x = tg.zeros(3)
    shown = np.from_dlpack(x)
    shown[0] = 5
    assert x.tolist() == [5, 0, 0]
    back = tg.from_dlpack(shown)
    back[1] = 6
    assert x.tolist() == [5, 6, 0]
    assert x.__dlpack_device__() == (1, 0)
    assert tg.utils.dlpack.from_dlpack is tg.from_dlpack


def test_dlpack_shares_memory_with_torch() -> None:
    torch = pytest.importorskip("torch")
    x = tg.zeros(3)
    shown = torch.from_dlpack(x)
    shown[0] = 5
    assert x.tolist() == [5, 0, 0]
    with tg.use_backend("torch"):
        back = tg.from_dlpack(shown)
    assert back.backend == "torch"
    back[1] = 6
    assert x.tolist() == [5, 6, 0]


def test_dlpack_of_another_library(backend: str) -> None:
    values = strict.asarray([1.0, 2.0])
    x = tg.from_dlpack(values)
    assert (x.tolist(), x.dtype) == ([1, 2], tg.float64)
    assert strict.from_dlpack(tg.ones(2, device="cpu"))[0] == 1.0


def test_dlpack_capsules() -> None:
    x = tg.ones(2)
    y = tg.from_dlpack(tg.to_dlpack(x))
    x[0] = 3
    assert y.tolist() == [3, 1]


def test_dlpack_copies_where_asked() -> None:
    a = np.zeros(2)
    x = tg.from_dlpack(a, copy=True)
    x[0] = 1
    assert a.tolist() == [0, 0]
    shown = np.from_dlpack(tg.from_dlpack(a), copy=True)
    shown[0] = 1
    assert a.tolist() == [0, 0]


def test_dlpack_of_what_requires_grad_is_refused(backend: str) -> None:
    for x in (tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True) * 2):
        with pytest.raises(BufferError, match="Can't export tensors that require gradient"):
            x.__dlpack__()
        with pytest.raises(BufferError, match="detach"):
            tg.from_dlpack(x)
    assert tg.from_dlpack(tg.ones(2, requires_grad=True).detach()).tolist() == [1, 1]


def test_dlpack_of_read_only_memory() -> None:
    a = np.zeros(2)
    a.flags.writeable = False
    assert tg.from_dlpack(a).tolist() == [0, 0]
    repeated = tg.ones(1).expand(3)  # memory that must not be written
    assert tg.from_dlpack(tg.to_dlpack(repeated)).tolist() == [1, 1, 1]


def test_dlpack_refuses_what_it_cannot_show() -> None:
    with pytest.raises(TypeError, match="__dlpack__"):
        tg.from_dlpack([1.0])

    class Elsewhere:
        def __dlpack__(self) -> None: ...

        def __dlpack_device__(self) -> tuple[int, int]:
            return 99, 0

    with pytest.raises(BufferError, match="99"):
        tg.from_dlpack(Elsewhere())


def test_bytes_and_other_buffers_become_arrays() -> None:
    import array

    assert xp.asarray(array.array("d", [1.0, 2.0])).tolist() == [1, 2]
    assert xp.asarray(b"ab").dtype is xp.uint8


# -- derivatives ----------------------------------------------------------------------------

_M = "linalg."
DIFFERENTIABLE = {
    "clip": lambda x: xp.clip(x, 0.5, 2.0),
    "concat": lambda x: xp.concat([x, x], axis=None),
    "cumulative_prod": lambda x: xp.cumulative_prod(x, axis=0, include_initial=True),
    "cumulative_sum": lambda x: xp.cumulative_sum(x, axis=0, include_initial=True),
    "diff": lambda x: xp.diff(x, n=2),
    "max": lambda x: xp.max(x, axis=1),
    "mean": lambda x: xp.mean(x, axis=()),
    "meshgrid": lambda x: xp.meshgrid(x[0], x[1])[0],
    "moveaxis": lambda x: xp.moveaxis(x, 0, 1),
    "prod": lambda x: xp.prod(x, axis=0),
    "repeat": lambda x: xp.repeat(x, xp.asarray([1, 2, 0]), axis=0),
    "sort": lambda x: xp.sort(x, descending=True),
    "std": lambda x: xp.std(x, axis=0, correction=1),
    "take": lambda x: xp.take(x, xp.asarray([2, 0, 2]), axis=1),
    "take_along_axis": lambda x: xp.take_along_axis(x, xp.asarray([[0], [1], [2]])),
    "tensordot": lambda x: xp.tensordot(x, x, axes=((0,), (1,))),
    "unique_values": lambda x: xp.unique_values(x),
    "unstack": lambda x: xp.unstack(x)[1],
    "var": lambda x: xp.var(x),
    "vecdot": lambda x: xp.vecdot(x, x),
    "where": lambda x: xp.where(x > 1, x, 0.0),
    _M + "cholesky": lambda x: xp.linalg.cholesky(x @ x.mT + xp.eye(3, dtype=x.dtype)),
    _M + "cross": lambda x: xp.linalg.cross(x, x[0]),
    _M + "det": lambda x: xp.linalg.det(x),
    _M + "eigvalsh": lambda x: xp.linalg.eigvalsh(x + x.mT),
    _M + "eigh": lambda x: xp.linalg.eigh(x + x.mT).eigenvectors ** 2,
    _M + "inv": lambda x: xp.linalg.inv(x),
    _M + "matrix_norm": lambda x: xp.linalg.matrix_norm(x, ord="nuc"),
    _M + "matrix_power": lambda x: xp.linalg.matrix_power(x, 3),
    _M + "pinv": lambda x: xp.linalg.pinv(x[:, :2]),
    _M + "qr": lambda x: xp.linalg.qr(x).R ** 2,
    _M + "slogdet": lambda x: xp.linalg.slogdet(x).logabsdet,
    _M + "solve": lambda x: xp.linalg.solve(x, x[0]),
    _M + "svdvals": lambda x: xp.linalg.svdvals(x),
    _M + "trace": lambda x: xp.linalg.trace(x, offset=1),
    _M + "vector_norm": lambda x: xp.linalg.vector_norm(x, ord=3),
    "fft.rfft": lambda x: xp.abs(xp.fft.rfft(x)),
    "fft.ifftn": lambda x: xp.real(xp.fft.ifftn(xp.astype(x, xp.complex128))),
}
DIFFERENTIABLE |= {
    name: lambda x, name=name: getattr(xp, name)(x * 0.3)
    for name in UNARY
    if not name.startswith(("is", "logical", "bitwise", "signbit", "acosh", "conj", "imag"))
}
DIFFERENTIABLE |= {
    name: lambda x, name=name: getattr(xp, name)(x, xp.roll(x, 1))
    for name in ("add", "atan2", "copysign", "divide", "hypot", "logaddexp", "maximum")
}
DIFFERENTIABLE |= {
    name: lambda x, name=name: getattr(xp, name)(x, xp.roll(x, 1))
    for name in ("minimum", "multiply", "pow", "subtract", "remainder", "matmul")
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_derivatives_agree_with_differences(name: str) -> None:
    function = DIFFERENTIABLE[name]
    values = np.random.default_rng(5).random((3, 3)) + 0.4 + np.eye(3)
    weights: Any = None

    def total(x: Any) -> Any:
        nonlocal weights
        out = function(x)
        if weights is None:
            weights = xp.asarray(np.random.default_rng(6).random(tuple(out.shape)))
        return xp.sum(out * weights)

    x = xp.asarray(values).requires_grad_()
    (got,) = tg.autograd.grad(total(x), x)
    assert (got.shape, got.dtype) == (x.shape, x.dtype)
    h = 6e-6
    want = np.empty_like(values)
    for index in np.ndindex(*values.shape):
        step = np.zeros_like(values)
        step[index] = h
        up, down = total(xp.asarray(values + step)), total(xp.asarray(values - step))
        want[index] = (up.item() - down.item()) / (2 * h)
    np.testing.assert_allclose(host(got), want, rtol=1e-6, atol=1e-7)
