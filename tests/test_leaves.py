"""Which tensors require grad, and what a tensor that does says of itself."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf

NOT_LEAF = "you can only change requires_grad flags of leaf variables"


def test_a_leaf_can_be_switched_on_and_off(backend: str) -> None:
    x = const([1.0])
    assert x.is_leaf
    assert not x.requires_grad
    assert x.requires_grad_() is x
    assert x.requires_grad
    assert x.is_leaf
    assert x.grad_fn is None
    x.requires_grad = False
    assert not (x * 2).requires_grad
    x.requires_grad = True
    assert (x * 2).requires_grad


@pytest.mark.guarantee("F01")
def test_what_is_no_leaf_cannot_be_switched_off(backend: str) -> None:
    y = leaf([1.0]) * 2
    with pytest.raises(RuntimeError, match=NOT_LEAF):
        y.requires_grad_(False)
    with pytest.raises(RuntimeError, match=NOT_LEAF):
        y.requires_grad = False
    assert y.requires_grad
    node = y.grad_fn
    assert y.requires_grad_() is y
    y.requires_grad = True
    assert y.grad_fn is node


@pytest.mark.guarantee("F02")
@pytest.mark.parametrize("dtype", [tg.int64, tg.int32, tg.uint8, tg.bool])
def test_only_floats_and_complex_numbers_can_require_grad(backend: str, dtype) -> None:
    n = tg.tensor([1], dtype=dtype)
    said = set()
    for ask in (
        lambda: tg.tensor([1], dtype=dtype, requires_grad=True),
        lambda: tg.zeros(2, dtype=dtype, requires_grad=True),
        lambda: tg.ones_like(n, requires_grad=True),
        lambda: n.requires_grad_(),
        lambda: setattr(n, "requires_grad", True),
    ):
        with pytest.raises(
            RuntimeError,
            match=r"^Only Tensors of floating point and complex dtype can require gradients",
        ) as caught:
            ask()
        said.add(str(caught.value))
    assert len(said) == 1
    assert not n.requires_grad
    assert n.requires_grad_(False) is n
    n.requires_grad = False
    assert not tg.tensor([1], dtype=dtype, requires_grad=False).requires_grad


@pytest.mark.parametrize("dtype", [tg.float32, tg.float64, tg.complex64, tg.complex128])
def test_these_can(backend: str, dtype) -> None:
    x = tg.tensor([1.0], dtype=dtype, requires_grad=True)
    (x * 3).sum().backward(tg.tensor(1.0, dtype=dtype))
    assert x.grad.dtype is dtype
    assert array(x.grad).tolist() == [3.0]


@pytest.mark.guarantee("F03")
def test_requires_grad_is_a_bool(backend: str) -> None:
    x = const([1.0])
    for value in ("yes", 1, None):
        with pytest.raises(RuntimeError, match="requires_grad must be a bool"):
            x.requires_grad = value
        with pytest.raises(TypeError, match=r"argument 'requires_grad' .*must be bool"):
            x.requires_grad_(value)
    with pytest.raises(RuntimeError, match="requires_grad must be a bool"):
        del x.requires_grad
    for make in (tg.ones, tg.tensor, tg.rand):
        with pytest.raises(TypeError, match="argument 'requires_grad' must be bool, not str"):
            make(1, requires_grad="yes")
    assert not x.requires_grad


@pytest.mark.guarantee("F04")
@pytest.mark.parametrize("name", ["grad_fn", "is_leaf", "shape", "dtype", "device", "_version"])
def test_what_a_tensor_is_cannot_be_assigned(backend: str, name: str) -> None:
    for x in (leaf([1.0]), leaf([1.0]) * 2):
        before = getattr(x, name)
        with pytest.raises(AttributeError, match=f"attribute '{name}' of .* is not writable"):
            setattr(x, name, None)
        with pytest.raises(AttributeError):
            delattr(x, name)
        assert getattr(x, name) == before


@pytest.mark.guarantee("F05")
def test_data_cannot_be_deleted(backend: str) -> None:
    x = leaf([1.0])
    said = "Deleting tensor data is not allowed. Delete tensor instead!"
    with pytest.raises(RuntimeError, match=said):
        del x.data
    assert array(x.data).tolist() == [1.0]


@pytest.mark.guarantee("F06")
def test_hooks_of_what_requires_no_grad_never_run(backend: str) -> None:
    said = "cannot register a hook on a tensor that doesn't require gradient"
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    seen = []
    for t in (const([1.0]), const([1.0]) + 1, x.detach(), x.data):
        with pytest.raises(RuntimeError, match=said):
            t.register_hook(seen.append)
    x.register_hook(seen.append)
    x.register_post_accumulate_grad_hook(seen.append)
    x.requires_grad_(False)
    (x * y).sum().backward()
    assert seen == []
    assert array(y.grad).tolist() == [1.0, 2.0]


def test_a_leaf_that_stopped_requiring_grad_is_a_constant_from_then_on(backend: str) -> None:
    x, y = leaf([[2.0, 0.5], [0.5, 1.0]]), leaf([[3.0, 4.0], [0.0, 1.0]])
    product, several = (x * x * y).sum(), tg.linalg.slogdet(x @ x)[1] + (y * y).sum()
    y.requires_grad_(False)
    (g,) = tg.autograd.grad(product, x, create_graph=True)
    assert array(g).tolist() == (2 * array(x) * array(y)).tolist()
    (second,) = tg.autograd.grad(g.sum(), x)
    assert array(second).tolist() == (2 * array(y)).tolist()
    x.requires_grad_(False)
    assert x.grad is None
    with pytest.raises(RuntimeError, match="does not require grad"):
        tg.autograd.grad(several, x, create_graph=True)
    x.requires_grad_(True)
    (g,) = tg.autograd.grad(several, x, create_graph=True)
    assert g.requires_grad


@pytest.mark.guarantee("F07")
def test_detach_stops_the_gradient(backend: str) -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    cut = y.detach()
    assert not cut.requires_grad
    assert cut.grad_fn is None
    assert cut.is_leaf
    (x + cut).sum().backward()
    assert array(x.grad).tolist() == [1.0, 1.0]
    assert y.grad is None
    assert y.requires_grad


# -- leaving the graph -----------------------------------------------------------------------


@pytest.mark.guarantee("F08")
def test_an_array_of_a_tensor_that_requires_grad_is_refused() -> None:
    with tg.use_backend("numpy"):
        x = leaf([1.0, 2.0])
        said = r"Can't call numpy\(\) on Tensor that requires grad. Use tensor.detach\(\).numpy\(\)"
        with pytest.raises(RuntimeError, match=said):
            x.numpy()
        with pytest.raises(RuntimeError, match=said):
            np.asarray(x)
        with pytest.raises(RuntimeError, match=said):
            np.asarray(x * 2)
        with pytest.raises(RuntimeError, match=said):
            np.sin(x)
        assert x.detach().numpy().tolist() == [1.0, 2.0]
        with tg.no_grad():
            assert np.asarray(x).tolist() == x.numpy().tolist() == [1.0, 2.0]
            assert np.sin(x).tolist() == np.sin([1.0, 2.0]).tolist()


@pytest.mark.filterwarnings("always")
def test_a_scalar_becomes_a_python_number(backend: str) -> None:
    x = const(2.5)
    assert (float(x), int(x), complex(x), bool(x), x.item()) == (2.5, 2, 2.5 + 0j, True, 2.5)
    assert float(const([[3.0]])) == 3.0
    assert type(tg.tensor(3).item()) is int
    assert type(tg.tensor(True).item()) is bool
    assert type(tg.tensor(1.5).item()) is float
    assert type(tg.tensor(1j).item()) is complex
    assert float(tg.tensor(2 + 0j)) == 2.0
    assert f"{const(3.14159):.2f}" == "3.14"
    assert [10, 20, 30][tg.tensor(1)] == 20


@pytest.mark.guarantee("F09")
def test_a_number_made_of_what_requires_grad_warns(backend: str) -> None:
    x = leaf(2.0)
    with pytest.warns(UserWarning, match="^Converting a tensor with requires_grad=True to a sc"):
        assert float(x) == 2.0
    with pytest.warns(UserWarning, match="Consider using tensor.detach"):
        assert complex(x) == 2.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (x.item(), int(x), bool(x), float(x.detach())) == (2.0, 2, True, 2.0)
        with tg.no_grad():
            assert float(x) == 2.0


@pytest.mark.guarantee("F10")
def test_what_is_no_single_number_is_none(backend: str) -> None:
    several, none = const([1.0, 2.0, 3.0]), const([])
    with pytest.raises(
        RuntimeError, match="a Tensor with 3 elements cannot be converted to Scalar"
    ):
        several.item()
    with pytest.raises(
        RuntimeError, match="a Tensor with 0 elements cannot be converted to Scalar"
    ):
        none.item()
    for convert in (float, int, complex):
        for t in (several, none):
            with pytest.raises(
                ValueError, match="only one element tensors can be converted to Pyth"
            ):
                convert(t)
    with pytest.raises(
        RuntimeError, match="Boolean value of Tensor with more than one value is amb"
    ):
        bool(several)
    with pytest.raises(RuntimeError, match="Boolean value of Tensor with no values is ambiguous"):
        bool(none)
    for t in (const(1.0), const([1.0, 2.0])):
        with pytest.raises(
            TypeError, match="only integer tensors of a single element can be conver"
        ):
            [1, 2, 3][t]


@pytest.mark.guarantee("F11")
def test_numbers_that_python_cannot_show(backend: str) -> None:
    with pytest.raises(ValueError, match="cannot convert float NaN to integer"):
        int(const(float("nan")))
    with pytest.raises(OverflowError, match="cannot convert float infinity to integer"):
        int(const(float("inf")))
    with pytest.raises(RuntimeError, match=r"value cannot be converted to type .* without over"):
        float(tg.tensor(1 + 2j))


# -- results -------------------------------------------------------------------------------


@pytest.mark.guarantee("F12")
@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.argmax(),
        lambda x: x.argmin(0),
        lambda x: x > 0,
        lambda x: x == x,
        lambda x: tg.isnan(x),
        lambda x: tg.signbit(x),
        lambda x: tg.count_nonzero(x),
        lambda x: tg.isclose(x, x),
        lambda x: x.max(0)[1],
        lambda x: x.nonzero(),
        lambda x: x.long(),
        lambda x: x.bool(),
        lambda x: (x > 0).all(),
        lambda x: tg.logical_not(x),
        lambda x: tg.zeros_like(x),
        lambda x: tg.ones_like(x),
        lambda x: x.argsort(),
        lambda x: x.sort()[1],
        lambda x: x.topk(1)[1],
        lambda x: x.median(0)[1],
        lambda x: x.cummax(0)[1],
        lambda x: tg.searchsorted(tg.sort(x)[0], x),
        lambda x: tg.bucketize(x, tg.sort(x)[0]),
        lambda x: tg.unique(x, return_inverse=True)[1],
        lambda x: tg.unique(x, return_counts=True)[1],
        lambda x: tg.isin(x, x),
        lambda x: tg.isfinite(x),
        lambda x: x.ne(0),
        lambda x: tg.equal(x, x) * tg.ones(1),
        lambda x: (x * 10).int() // 3,
    ],
)
def test_results_without_a_derivative_require_none(backend: str, function) -> None:
    out = function(leaf([1.0, -2.0]))
    assert not out.requires_grad
    assert out.grad_fn is None
    assert out.is_leaf


@pytest.mark.guarantee("F13")
@pytest.mark.parametrize("name", ["sign", "floor", "ceil", "round", "trunc"])
def test_steps_have_exact_zeros(backend: str, name: str) -> None:
    x = leaf([1.5, -2.5, 0.0])
    y = getattr(x, name)()
    assert y.requires_grad
    y.sum().backward()
    assert array(x.grad).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.guarantee("F14")
def test_casts_bring_the_gradient_back_in_the_leaf_s_dtype(backend: str) -> None:
    x = leaf([1.0, 2.0])
    (x.float().double() * 3).sum().backward()
    assert x.grad.dtype is tg.float64
    assert array(x.grad).tolist() == [3.0, 3.0]
    x.grad = None
    z = x.to(tg.complex128) * (1 + 2j)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        z.real.sum().backward()
    assert x.grad.dtype is tg.float64
    assert array(x.grad).tolist() == [1.0, 1.0]
    w = tg.tensor([1 + 2j], dtype=tg.complex128, requires_grad=True)
    (w * x[:1]).real.sum().backward()
    assert w.grad.dtype is tg.complex128


@pytest.mark.guarantee("F14")
def test_a_complex_number_that_becomes_real_is_its_real_part(backend: str) -> None:
    w = tg.tensor([1 + 2j, 3 - 1j], dtype=tg.complex128, requires_grad=True)
    x = leaf([5.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = w.to(tg.float64)
        assert array(y).tolist() == [1.0, 3.0]
        (y * const([2.0, 3.0])).sum().backward()
        assert w.grad.dtype is tg.complex128
        assert w.grad.tolist() == [2 + 0j, 3 + 0j]
        w.grad = None
        # and real numbers that are joined with complex ones
        for joined in (tg.cat([x, w]), tg.stack([x[0], w[0], w[1]])):
            assert joined.dtype is tg.complex128
            (joined * (1 + 2j)).real.sum().backward()
        assert x.grad.dtype is tg.float64
        assert array(x.grad).tolist() == [2.0]
        assert w.grad.tolist() == [2 - 4j, 2 - 4j]


@pytest.mark.guarantee("F14")
def test_a_round_trip_through_another_precision_keeps_the_leaf_s_dtype(backend: str) -> None:
    for dtype, other in ((tg.float32, tg.float64), (tg.float64, tg.float32)):
        x = tg.tensor([1.0, 2.0], dtype=dtype, requires_grad=True)
        x.to(other).to(dtype).mul(3).sum().backward()
        assert x.grad.dtype is dtype
        assert array(x.grad).tolist() == [3.0, 3.0]


@pytest.mark.guarantee("F15")
def test_a_tensor_says_how_it_was_made(backend: str) -> None:
    where = "" if str(tg.ones(1).device) == "cpu" else f", device='{tg.ones(1).device}'"
    x = tg.tensor([1.0], requires_grad=True)
    assert repr(x) == f"tensor([1.]{where}, requires_grad=True)"
    assert repr(x.clone()) == f"tensor([1.]{where}, grad_fn=<CloneBackward0>)"
    assert repr(x * 2) == f"tensor([2.]{where}, grad_fn=<MulBackward0>)"
    assert repr(x.detach()) == f"tensor([1.]{where})"
    assert (x * 2).grad_fn.name() == "MulBackward0"


@pytest.mark.guarantee("F17")
def test_equality_is_elementwise_and_tensors_are_keys_by_identity(backend: str) -> None:
    x, y = const([1.0, 2.0]), const([1.0, 3.0])
    assert (x == y).tolist() == [True, False]
    assert (x != y).tolist() == [False, True]
    assert (x == None) is False  # noqa: E711
    assert (x != None) is True  # noqa: E711
    keyed = {x: 1, y: 2, x.clone(): 3}
    assert len(keyed) == 3
    assert keyed[x] == 1


@pytest.mark.guarantee("F16")
def test_dir_lists_only_what_is_there(backend: str) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    for t in (x, x.detach(), tg.tensor([[1]]), tg.ones(2, 2, dtype=tg.complex64)):
        assert [name for name in dir(t) if not hasattr(t, name)] == []
        assert ("imag" in dir(t)) is t.is_complex()
    assert {"backward", "grad", "requires_grad_", "shape"} <= set(dir(x))


@pytest.mark.guarantee("F18")
def test_a_copy_by_tensor_says_that_it_detaches(backend: str) -> None:
    x = leaf([1.0, 2.0])
    with pytest.warns(
        UserWarning, match="To copy construct from a tensor, it is recommended to use"
    ):
        copy = tg.tensor(x)
    assert not copy.requires_grad
    copy[0] = 5.0
    assert array(x).tolist() == [1.0, 2.0]
    listed = [leaf(1.0), leaf(2.0)]
    with pytest.warns(UserWarning, match="detaches the tensors in a list"):
        inside = tg.tensor(listed)
    assert not inside.requires_grad


@pytest.mark.guarantee("F18")
@pytest.mark.parametrize(
    "function",
    [
        lambda x: tg.as_tensor([x[0], x[1]]),
        lambda x: tg.asarray([x[0]]),
        lambda x: x.new_tensor(x),
        lambda x: x.new_tensor([x[0]]),
        lambda x: tg.Tensor([x[0], x[1]]),
        lambda x: tg.arange(x[0] * 3),
        lambda x: tg.linspace(x[0], 3, 2),
        lambda x: tg.logspace(0, x[0], 2),
        lambda x: tg.scalar_tensor(x[0]),
    ],
)
def test_nothing_detaches_silently(backend: str, function) -> None:
    x = leaf([1.0, 2.0])
    with pytest.warns(UserWarning, match="requires_grad=True|recommended to use"):
        assert not function(x).requires_grad


@pytest.mark.guarantee("F18")
@pytest.mark.parametrize(
    "function",
    [
        lambda x: tg.asarray(x),
        lambda x: tg.as_tensor(x),
        lambda x: tg.full((2,), x[0]),
        lambda x: tg.full_like(x, x[0]),
        lambda x: x.new_full((2,), x[0]),
        lambda x: x.clone().fill_(x[0]),
        lambda x: tg.where(x > 0, x[0], 1.0),
        lambda x: tg.add(tg.ones(2), tg.ones(2), alpha=x[0].float()),
        lambda x: tg.sub(x.detach(), x.detach(), alpha=x[0]),
        lambda x: tg.rsub(x.detach(), 1.0, alpha=x[0]),
        lambda x: tg.addmv(
            x.detach(),
            tg.ones_like(x)[None] * x.detach()[:, None],
            x.detach(),
            beta=x[0],
            alpha=x[0],
        ),
        lambda x: tg.addr(tg.ones(2, 2, dtype=x.dtype), x.detach(), x.detach(), beta=x[0] - 1),
    ],
)  # the factor is 1 here, or 0: a short cut would lose the gradient
def test_what_takes_a_tensor_for_a_number_keeps_its_gradient(backend: str, function) -> None:
    x = leaf([1.0, 2.0])
    function(x).sum().backward()
    assert x.grad is not None
    assert array(x.grad)[0] != 0
