"""``out=``: where results are written, and what refuses to be written into."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorflowlite_grad as tg
from support import array, const, leaf, state

#: Of each way that a function is made to take `out`, some: how they are called, and on what.
CALLS = {
    "exp": (lambda x, **k: tg.exp(x, **k), 1),
    "mul": (lambda x, y, **k: tg.mul(x, y, **k), 2),
    "mul by a number": (lambda x, **k: tg.mul(x, 3, **k), 1),
    "maximum": (lambda x, y, **k: tg.maximum(x, y, **k), 2),
    "add": (lambda x, y, **k: tg.add(x, y, alpha=2, **k), 2),
    "div": (lambda x, y, **k: tg.div(x, y, rounding_mode="floor", **k), 2),
    "pow": (lambda x, **k: tg.pow(x, 2, **k), 1),
    "clamp": (lambda x, **k: tg.clamp(x, 0, 1, **k), 1),
    "where": (lambda x, y, **k: tg.where(x > y, x, y, **k), 2),
    "sum": (lambda x, **k: tg.sum(x, 0, **k), 1),
    "mean": (lambda x, **k: tg.mean(x, 1, keepdim=True, **k), 1),
    "cumsum": (lambda x, **k: tg.cumsum(x, dim=0, **k), 1),
    "matmul": (lambda x, y, **k: tg.matmul(x, y, **k), 2),
    "addmm": (lambda x, y, **k: tg.addmm(x, x, y, beta=2, **k), 2),
    "cat": (lambda x, y, **k: tg.cat([x, y], 1, **k), 2),
    "tril": (lambda x, **k: tg.tril(x, **k), 1),
    "gather": (lambda x, **k: tg.gather(x, 0, tg.tensor([[0, 1]]), **k), 1),
    "scatter": (lambda x, **k: tg.scatter(x, 0, tg.tensor([[0, 1]]), value=5.0, **k), 1),
    "tensordot": (lambda x, y, **k: tg.tensordot(x, y, 1, **k), 2),
    "chain_matmul": (lambda x, y, **k: tg.chain_matmul(x, y, **k), 2),
    "det": (lambda x, **k: tg.linalg.det(x, **k), 1),
    "special": (lambda x, **k: tg.special.entr(x, **k), 1),
    "polynomial": (lambda x, **k: tg.special.hermite_polynomial_h(x, 3, **k), 1),
    "linear": (lambda x, y, **k: tg.nn.functional.linear(x, y, **k), 2),
    "normalize": (lambda x, **k: tg.nn.functional.normalize(x, **k), 1),
}

SEVERAL = {
    "sort": lambda x, **k: tg.sort(x, 1, **k),
    "topk": lambda x, **k: tg.topk(x, 1, **k),
    "max": lambda x, **k: tg.max(x, 0, **k),
    "median": lambda x, **k: tg.median(x, 0, **k),
    "aminmax": lambda x, **k: tg.aminmax(x, dim=0, **k),
    "slogdet": lambda x, **k: tg.linalg.slogdet(x, **k),
    "qr": lambda x, **k: tg.linalg.qr(x, **k),
    "unbind_copy": lambda x, **k: tg.unbind_copy(x, **k),
}

REFUSAL = r"functions with out=... arguments don't support automatic differentiation, but one of "


def operands(count, make=const):
    return [make([[0.5, 2.0], [3.0, -1.5]]), make([[1.0, 0.25], [-2.0, 4.0]])][:count]


def like(result):
    return tg.zeros(tuple(result.shape), dtype=result.dtype)


@pytest.mark.parametrize("name", CALLS)
def test_the_result_is_in_the_tensor_that_is_given_and_returned(backend, name):
    call, count = CALLS[name]
    given = operands(count)
    expected = call(*given)
    out = like(expected)
    view = out[...]
    for again in range(2):  # the first call is the one that writes the function
        out.zero_()
        before = out._version
        assert call(*given, out=out) is out, again
        assert out._version == before + 1
    np.testing.assert_array_equal(array(out), array(expected))
    np.testing.assert_array_equal(array(view), array(expected))
    assert call(*given, out=None) is not out


@pytest.mark.parametrize("name", SEVERAL)
def test_several_results_go_into_a_tuple(backend, name):
    (x,) = operands(1)
    expected = SEVERAL[name](x)
    outs = [like(part) for part in expected]
    for out in (tuple(outs), list(outs)):
        result = SEVERAL[name](x, out=out)
        assert type(result) is type(expected)
        assert all(a is b for a, b in zip(result, outs, strict=True))
    for a, b in zip(outs, expected, strict=True):
        np.testing.assert_array_equal(array(a), array(b))


# -- gradients -------------------------------------------------------------------------------


@pytest.mark.guarantee("D21")
@pytest.mark.parametrize("name", CALLS)
def test_out_is_refused_while_an_argument_requires_grad(backend, name):
    call, count = CALLS[name]
    given = operands(count)
    out = like(call(*given))
    needs = operands(count, leaf)
    for k in range(count):
        mixed = [needs[j] if j == k else given[j] for j in range(count)]
        before = state(out, *mixed)
        with pytest.raises(RuntimeError, match=REFUSAL):
            call(*mixed, out=out)
        assert state(out, *mixed) == before
    with tg.no_grad():
        assert call(*needs, out=out) is out
    np.testing.assert_array_equal(array(out), array(call(*given)))
    assert not out.requires_grad


@pytest.mark.guarantee("D21")
@pytest.mark.parametrize("name", CALLS)
def test_out_that_requires_grad_is_refused_itself(backend, name):
    call, count = CALLS[name]
    given = operands(count)
    expected = call(*given)
    for out in (like(expected).requires_grad_(), like(expected).requires_grad_() * 1):
        before = state(out)
        with pytest.raises(RuntimeError, match=REFUSAL):
            call(*given, out=out)
        assert state(out) == before
        with tg.no_grad():
            assert call(*given, out=out) is out
        assert out.requires_grad
        np.testing.assert_array_equal(array(out), array(expected))


@pytest.mark.guarantee("D21")
def test_the_refusal_names_the_function(backend):
    with pytest.raises(RuntimeError, match=r"^add\(\): functions with out=\.\.\. arguments"):
        tg.add(leaf([1.0]), 1, out=const([0.0]))


@pytest.mark.guarantee("D21")
def test_one_of_several_outs_that_requires_grad_is_enough(backend):
    x = const([2.0, 1.0])
    low, high = const(0.0), leaf(0.0)
    before = state(low, high)
    with pytest.raises(RuntimeError, match=REFUSAL):
        tg.aminmax(x, out=(low, high))
    assert state(low, high) == before


def test_what_has_no_gradient_takes_arguments_that_require_grad(backend):
    x = leaf([1.0, -2.0])
    assert tg.gt(x, 0, out=tg.empty(0, dtype=tg.bool)).tolist() == [True, False]
    assert tg.argmax(x, out=tg.empty(0, dtype=tg.int64)).item() == 0


def test_gradients_that_pytorch_loses_are_refused_too(backend):
    x = leaf([3.0, 4.0])
    for call in (
        lambda out: tg.diff(x, out=out),
        lambda out: tg.softmax(x, 0, out=out),
        lambda out: tg.linalg.norm(x, out=out),
        lambda out: tg.full((2,), x.sum(), out=out),
    ):
        with pytest.raises(RuntimeError, match=REFUSAL):
            call(tg.empty(0, dtype=tg.float64))


def test_what_was_saved_and_is_written_is_noticed(backend):
    x, saved = leaf([1.0, 2.0]), const([3.0, 4.0])
    y = (x * saved).sum()
    tg.add(saved.detach(), 1, out=saved)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_tangents_are_written_too(backend):
    with tg.autograd.forward_ad.dual_level():
        x = tg.autograd.forward_ad.make_dual(const([1.0, 2.0]), const([1.0, 1.0]))
        out = tg.mul(x, x, out=const([0.0, 0.0]))
        tangent = tg.autograd.forward_ad.unpack_dual(out).tangent
    np.testing.assert_array_equal(array(tangent), [2, 4])


# -- shapes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CALLS)
def test_another_shape_is_made_the_right_one_with_a_warning(backend, name):
    call, count = CALLS[name]
    given = operands(count)
    expected = call(*given)
    out = tg.zeros(7, dtype=expected.dtype)
    with pytest.warns(UserWarning, match="An output with one or more elements was resized") as w:
        assert call(*given, out=out) is out
    assert w[0].filename == __file__
    np.testing.assert_array_equal(array(out), array(expected))


@pytest.mark.parametrize("name", CALLS)
def test_an_empty_tensor_takes_any_shape_without_one(backend, name):
    call, count = CALLS[name]
    given = operands(count)
    expected = call(*given)
    out = tg.empty(0, dtype=expected.dtype)
    np.testing.assert_array_equal(array(call(*given, out=out)), array(expected))
    assert tuple(out.shape) == tuple(expected.shape)


def test_a_warning_that_is_an_error_leaves_all_as_it_was(backend):
    values, places = tg.empty(0, dtype=tg.float64), tg.zeros(3, dtype=tg.int64)
    before = state(values, places)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning):
            tg.sort(const([2.0, 1.0]), out=(values, places))
    assert state(values, places) == before


def test_a_tensor_that_requires_grad_keeps_its_shape(backend):
    out = leaf([1.0, 2.0, 3.0])
    with tg.no_grad(), pytest.raises(RuntimeError, match="cannot resize variables that require"):
        tg.exp(const([1.0]), out=out)
    assert out.tolist() == [1, 2, 3]


# -- dtypes and devices ----------------------------------------------------------------------

DTYPES = {
    "cast": (lambda x, **k: tg.exp(x, **k), tg.float64, r"result type Float can't be cast to the "),
    "joined": (lambda x, **k: tg.cat([x, x], **k), tg.float64, r"result type Float can't be cast"),
    "exact": (lambda x, **k: tg.neg(x, **k), tg.float32, r"Expected out tensor to have dtype"),
}


@pytest.mark.parametrize("name", DTYPES)
def test_a_dtype_of_a_smaller_kind_is_refused(backend, name):
    call, fitting, words = DTYPES[name]
    x = tg.tensor([1.0, 2.0])
    expected = call(x)
    for dtype in (tg.int64, tg.bool):
        out = tg.zeros(tuple(expected.shape), dtype=dtype)
        before = state(out)
        with pytest.raises((RuntimeError, TypeError), match=words):
            call(x, out=out)
        assert state(out) == before
    out = call(x, out=tg.empty(0, dtype=fitting))
    assert out.dtype is fitting
    np.testing.assert_allclose(array(out), array(expected), rtol=1e-6)


def test_positions_are_int64(backend):
    x = const([2.0, 1.0])
    values, places = tg.empty(0, dtype=tg.float64), tg.empty(0, dtype=tg.int32)
    with pytest.raises(RuntimeError, match="Expected out tensor to have dtype int64, but got int3"):
        tg.sort(x, out=(values, places))
    assert values.numel() == 0


def test_sums_are_made_in_the_dtype_of_out(backend):
    x = tg.tensor([1.0, 2.0**-24, 2.0**-24], dtype=tg.float32)
    assert tg.sum(x, out=tg.empty((), dtype=tg.float64)).item() == 1 + 2.0**-23
    assert tg.cumsum(tg.tensor([1.5, 1.5]), 0, out=tg.empty(2, dtype=tg.int64)).tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="Expected out tensor to have dtype float64"):
        tg.sum(x, dtype=tg.float64, out=tg.empty((), dtype=tg.float32))


def test_another_device_is_refused(backend):
    with tg.use_backend("strict" if backend != "strict" else "numpy"):
        out = tg.zeros(2, dtype=tg.float64)
    for call in (tg.exp, tg.cumsum):
        options = {"dim": 0} if call is tg.cumsum else {}
        with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
            call(const([1.0, 2.0]), **options, out=out)
    assert out.tolist() == [0, 0]


# -- memory ----------------------------------------------------------------------------------


def test_an_argument_may_be_written_itself(backend):
    x, y = operands(2)
    expected = array(x @ y)
    assert tg.matmul(x, y, out=x) is x
    np.testing.assert_array_equal(array(x), expected)
    assert tg.add(y, y, out=y) is y
    np.testing.assert_array_equal(array(y), 2 * array(operands(2)[1]))


def test_an_argument_may_overlap(backend):
    x = const([1.0, 2.0, 3.0, 4.0])
    tg.cumsum(x[:3], 0, out=x[1:])
    assert x.tolist() == [1, 1, 3, 6]


def test_a_result_that_is_an_argument_is_written_as_it_was(backend):
    b, a = const([[2.0], [6.0]]), const([[1.0, 0.0], [1.0, 1.0]])
    solution, factor = tg.empty(0, dtype=tg.float64), const([[9.0, 9.0], [9.0, 9.0]])
    expected = array(a)
    tg.triangular_solve(b, a, upper=False, out=(solution, factor))
    assert solution.tolist() == [[2], [4]]
    np.testing.assert_array_equal(array(factor), expected)
    whole = tg.tensor([1, 2, 3])
    assert tg.round(whole[:2], out=whole[1:]).tolist() == [1, 2]
    assert whole.tolist() == [1, 1, 2]


def test_joining_and_picking_want_memory_of_their_own(backend):
    x = const([1.0, 2.0])
    index = tg.tensor([1, 0])
    calls = (
        lambda out: tg.cat([x, x[:0]], out=out),
        lambda out: tg.gather(x, 0, index, out=out),
        lambda out: tg.index_select(x, 0, index, out=out),
        lambda out: tg.take(x, index, out=out),
        lambda out: tg.masked_select(x, x > 0, out=out),
    )
    for call in calls:
        for out in (x, x[:]):
            with pytest.raises(RuntimeError, match="refer to a single memory location"):
                call(out)
    assert x.tolist() == [1, 2]


def test_memory_that_overlaps_itself_is_refused(backend):
    if backend == "strict":
        pytest.skip("nothing overlaps where arrays have no strides")
    out = const([0.0]).expand(2)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        tg.exp(const([1.0, 2.0]), out=out)


@given(
    rows=st.integers(0, 3),
    columns=st.integers(0, 3),
    turned=st.booleans(),
    start=st.integers(0, 2),
)
def test_views_are_written_where_they_are(rows, columns, turned, start):
    whole = np.zeros((rows + 2, columns + start + 1))
    base = tg.from_numpy(whole.copy())
    size = (columns, rows) if turned else (rows, columns)
    x = np.arange(rows * columns, dtype=float).reshape(size)
    part = base[1 : rows + 1, start : start + columns]
    tg.add(tg.from_numpy(x), 1, out=part.T if turned else part)
    whole[1 : rows + 1, start : start + columns] = (x + 1).T if turned else x + 1
    np.testing.assert_array_equal(array(base), whole)


def test_numpy_writes_into_tensors():
    with tg.use_backend("numpy"):
        a, b, out = np.array([7.0, 8.0]), np.array([2.0, 3.0]), tg.zeros(2, dtype=tg.float64)
        assert np.add(a, b, out=out) is out
        assert out.tolist() == [9, 11]
        assert np.multiply(tg.from_numpy(a), b, out=out).tolist() == [14, 24]
        assert np.hypot(a, 0.0, out=out).tolist() == [7, 8]
        rest = tg.zeros(2, dtype=tg.float64)
        np.divmod(a, b, out=(out, rest))
        assert (out.tolist(), rest.tolist()) == ([3, 2], [1, 2])
        with pytest.raises(RuntimeError, match=REFUSAL):
            np.add(leaf([1.0, 2.0]), 1.0, out=out)
        with pytest.raises(TypeError, match="writes into Tensors alone"):
            np.add(a, b, out=out, where=np.array([True, False]))
        assert out.tolist() == [3, 2]


# -- what is made ------------------------------------------------------------------------------

MADE = {
    "zeros": lambda **k: tg.zeros(2, 3, **k),
    "ones": lambda **k: tg.ones(size=(2, 3), **k),
    "full": lambda **k: tg.full((2, 3), 7, **k),
    "eye": lambda **k: tg.eye(2, 3, **k),
    "arange": lambda **k: tg.arange(2, 8, **k),
    "linspace": lambda **k: tg.linspace(0, 5, 6, **k),
    "fftfreq": lambda **k: tg.fft.fftfreq(4, **k),
}
DRAWN = {
    "rand": lambda **k: tg.rand(2, 3, **k),
    "randn": lambda **k: tg.randn(2, 3, **k),
    "normal": lambda **k: tg.normal(1.0, 2.0, (2, 3), **k),
    "randint": lambda **k: tg.randint(5, (2, 3), **k),
    "randperm": lambda **k: tg.randperm(6, **k),
    "empty": lambda **k: tg.empty(2, 3, **k),
}


@pytest.mark.parametrize("name", [*MADE, *DRAWN])
def test_makers_take_dtype_and_device_of_out(backend, name):
    make = (MADE | DRAWN)[name]
    for dtype in (tg.float64, tg.float32):
        out = tg.zeros(1, dtype=dtype)  # resized without a word, as PyTorch does
        tg.manual_seed(5)
        assert make(out=out) is out
        assert out.dtype is dtype
        tg.manual_seed(5)
        expected = make(dtype=dtype)
        assert tuple(out.shape) == tuple(expected.shape)
        if name != "empty":
            np.testing.assert_array_equal(array(out), array(expected))


@pytest.mark.parametrize("name", [*MADE, *DRAWN])
def test_makers_refuse_other_dtypes_and_gradients(backend, name):
    make = (MADE | DRAWN)[name]
    out = tg.zeros(1, dtype=tg.float64)
    with pytest.raises(RuntimeError, match="does not match dtype of out parameter"):
        make(out=out, dtype=tg.float32)
    with pytest.raises(TypeError, match="argument 'out' must be Tensor, not int"):
        make(out=3)
    needs = tg.zeros(1, dtype=tg.float64, requires_grad=True)
    with pytest.raises(RuntimeError, match=REFUSAL):
        make(out=needs)
    assert out.tolist() == needs.tolist() == [0]


def test_what_is_made_may_require_grad(backend):
    out = tg.ones(2, out=tg.empty(2), requires_grad=True)
    assert out.requires_grad
    assert out.is_leaf


def test_samples_of_tensors_are_written(backend):
    out = tg.empty(0, dtype=tg.float64)
    tg.normal(tg.ones(3), 0.0, out=out)
    assert out.tolist() == [1, 1, 1]
    assert tg.bernoulli(tg.ones(3), out=tg.empty(0, dtype=tg.int64)).tolist() == [1, 1, 1]


# -- arguments ---------------------------------------------------------------------------------


def test_out_is_a_tensor_or_a_tuple_of_as_many_as_results(backend):
    x = const([2.0, 1.0])
    two = (tg.empty(0, dtype=tg.float64), tg.empty(0, dtype=tg.int64))
    wrong = (
        (lambda: tg.exp(x, out=[0.0]), r"exp\(\): argument 'out' must be Tensor, not list"),
        (lambda: tg.cumsum(x, 0, out=two), "argument 'out' must be Tensor, not tuple"),
        (lambda: tg.sort(x, out=x), r"argument 'out' must be tuple of Tensors, not Tensor"),
        (lambda: tg.sort(x, out=two[:1]), "expected tuple of 2 elements but got 1"),
        (lambda: tg.sort(x, out=(None, two[1])), "expected Tensor as element 0 in argument 'out'"),
    )
    for call, words in wrong:
        with pytest.raises(TypeError, match=words):
            call()
    assert all(t.numel() == 0 for t in two)


def test_wrong_arguments_leave_out_as_it_was(backend):
    out = const([9.0])
    before = state(out)
    for call in (
        lambda: tg.add(const([1.0, 2.0]), const([1.0, 2.0, 3.0]), out=out),
        lambda: tg.sum(const([1.0]), 5, out=out),
        lambda: tg.linalg.inv(tg.zeros(2, 2), out=out),
    ):
        with pytest.raises((RuntimeError, IndexError)):
            call()
    assert state(out) == before


@pytest.mark.parametrize("name", ["exp", "mul", "maximum", "add", "sum", "cumsum", "matmul"])
def test_out_is_given_by_name(backend, name):
    x, out = const([1.0, 2.0]), const([0.0, 0.0])
    arguments = {"exp": (x,), "sum": (x, 0, False), "cumsum": (x, 0)}.get(name, (x, x))
    for _ in range(2):
        with pytest.raises(TypeError, match=rf"{name}\(\) takes .* positional argument"):
            getattr(tg, name)(*arguments, out)
    assert out.tolist() == [0, 0]


def public(module):
    return [getattr(module, name) for name in module.__all__]


def test_functions_show_it_and_methods_take_none():
    modules = (tg, tg.linalg, tg.fft, tg.special, tg.nn.functional)
    found = {f for m in modules for f in public(m) if hasattr(f, "plain")}
    assert len(found) > 250
    for function in found:
        last = list(inspect.signature(function).parameters.values())[-1]
        assert (last.name, last.kind) == ("out", inspect.Parameter.KEYWORD_ONLY)
        assert "With `out`," in function.__doc__
    methods = [getattr(tg.Tensor, name) for name in dir(tg.Tensor)]
    assert not [m for m in methods if hasattr(m, "plain")]
    x = tg.tensor([1.0])
    for refused in (x.exp, x.add_, x.sum, x.exp_):
        with pytest.raises(TypeError, match="unexpected keyword argument 'out'"):
            refused(**({} if refused != x.add_ else {"other": 1}), out=x)
    assert "With `out`," not in tg.Tensor.exp.__doc__ + tg.Tensor.sum.__doc__


def test_batches_are_written_into_what_is_made_within(backend):
    x = const([[1.0, 2.0], [3.0, 4.0]])

    def doubled(row):
        return tg.mul(row, 2, out=tg.empty(0, dtype=tg.float64)) + 0

    np.testing.assert_array_equal(array(tg.func.vmap(doubled)(x)), 2 * array(x))
    apart = const([0.0, 0.0])
    with pytest.raises(RuntimeError, match=r"vmap: mul\(out=\) is not possible"):
        tg.func.vmap(lambda row: tg.mul(row, 2, out=apart))(x)
    same = tg.func.vmap(lambda row: tg.exp(apart, out=row))(x.clone())
    np.testing.assert_array_equal(array(same), np.ones((2, 2)))
