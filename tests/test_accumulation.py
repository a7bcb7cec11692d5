"""How gradients add up in ``.grad``, whose memory they are, and what may be assigned."""

from __future__ import annotations

import gc
import math
import warnings
import weakref
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf


@pytest.mark.guarantee("C01")
def test_a_second_pass_adds_into_the_same_tensor(backend: str) -> None:
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    g = x.grad
    (x * x).sum().backward()
    assert x.grad is g
    assert array(g).tolist() == [4.0, 8.0]


@pytest.mark.guarantee("C01")
def test_a_scalar_s_gradient_is_added_into_the_same_tensor_too(backend: str) -> None:
    x = leaf(3.0)
    (x * x).backward()
    g, version = x.grad, x.grad._version
    (x * x).backward()
    assert x.grad is g
    assert float(g) == 12.0
    assert g._version == version + 1


@pytest.mark.guarantee("C01")
def test_views_and_twins_of_a_gradient_see_what_is_added(backend: str) -> None:
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    twin, view = x.grad.detach(), x.grad[1:]
    (x * x).sum().backward()
    assert array(twin).tolist() == [4.0, 8.0]
    assert array(view).tolist() == [8.0]


@pytest.mark.guarantee("C02")
@pytest.mark.filterwarnings("ignore:Using backward")
def test_under_create_graph_the_sum_is_a_new_tensor(backend: str) -> None:
    x = leaf([1.0, 2.0])
    (x * x).sum().backward(create_graph=True)
    g, version = x.grad, x.grad._version
    (x * x).sum().backward(create_graph=True)
    assert x.grad is not g
    assert array(g).tolist() == [2.0, 4.0]
    assert g._version == version
    assert array(x.grad).tolist() == [4.0, 8.0]
    assert x.grad.requires_grad
    x.grad = None


@pytest.mark.guarantee("C03")
def test_it_accumulates_into_an_assigned_gradient(backend: str) -> None:
    x = leaf([1.0])
    x.grad = const([5.0])
    mine = x.grad
    (x * 2).sum().backward()
    assert array(x.grad).tolist() == [7.0]
    assert x.grad is mine
    assert array(mine).tolist() == [7.0]


@pytest.mark.guarantee("C04")
@pytest.mark.parametrize("how", ["assign", "delete"])
def test_a_gradient_can_be_reset(backend: str, how: str) -> None:
    x = leaf([1.0])
    (x * 2).sum().backward()
    if how == "assign":
        x.grad = None
    else:
        del x.grad
    assert x.grad is None
    (x * 3).sum().backward()
    assert array(x.grad).tolist() == [3.0]


@pytest.mark.parametrize(
    ("assigned", "error", "said"),
    [
        pytest.param(
            lambda x: 0,
            TypeError,
            "assigned grad expected to be a Tensor or None but got grad of type int",
            marks=pytest.mark.guarantee("C05"),
            id="type",
        ),
        pytest.param(
            lambda x: tg.ones(2),
            RuntimeError,
            r"attempting to assign a gradient of size '\[2\]' to a tensor of size '\[3\]'. Please "
            "ensure that the gradient and the tensor are the same size",
            marks=pytest.mark.guarantee("C06"),
            id="shape",
        ),
        pytest.param(
            lambda x: tg.ones(3, dtype=tg.float64),
            RuntimeError,
            "attempting to assign a gradient with dtype 'float64' to a tensor with grad_dtype "
            "'float32'. The gradient must match the tensor's grad_dtype",
            marks=pytest.mark.guarantee("C07"),
            id="dtype",
        ),
        pytest.param(
            lambda x: x,
            RuntimeError,
            "can't assign Variable as its own grad",
            marks=pytest.mark.guarantee("C08"),
            id="itself",
        ),
    ],
)
def test_what_cannot_be_a_gradient_is_refused(backend: str, assigned, error, said) -> None:
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    kept = x.grad = tg.ones(3)
    with pytest.raises(error, match=said):
        x.grad = assigned(x)
    assert x.grad is kept
    assert array(kept).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.guarantee("C09")
def test_a_gradient_on_another_device_is_refused() -> None:
    x = tg.ones(2, device=tg.device("cpu", backend="numpy"), requires_grad=True)
    with pytest.raises(RuntimeError, match="assigned grad has data located on a different device"):
        x.grad = tg.ones(2, device=tg.device("strict", 0, backend="strict"))
    assert x.grad is None


@pytest.mark.guarantee("C10")
def test_gradients_come_in_the_dtype_of_their_leaf(backend: str) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    (x.double() * const([3.0, 4.0])).sum().backward()
    assert x.grad.dtype is tg.float32
    assert array(x.grad).tolist() == [3.0, 4.0]
    y, z = tg.tensor([2.0], requires_grad=True), leaf([3.0])
    (y * z).sum().backward()
    assert (y.grad.dtype, z.grad.dtype) == (tg.float32, tg.float64)
    assert (array(y.grad).tolist(), array(z.grad).tolist()) == ([3.0], [2.0])


class TriplesInDoubles(tg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return g.double() * 3


@pytest.mark.guarantee("C10")
def test_a_gradient_of_another_precision_comes_in(backend: str) -> None:
    x = tg.ones(2, requires_grad=True)
    for y, g in (
        (x, const([3.0, 3.0])),
        (x * 1, const([3.0, 3.0])),
        (TriplesInDoubles.apply(x), tg.ones(2)),
    ):
        x.grad = None
        y.backward(g)
        assert x.grad.dtype is tg.float32
        assert array(x.grad).tolist() == [3.0, 3.0]


@pytest.mark.guarantee("C10")
def test_each_operand_of_a_mixed_product_has_a_gradient_of_its_own_precision(backend: str) -> None:
    if backend == "strict":
        pytest.skip("has no float16")
    x = tg.tensor([2.0], dtype=tg.float16, requires_grad=True)
    y = tg.tensor([3.0], requires_grad=True)
    (x * y).sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (tg.float16, tg.float32)
    assert (x.grad.tolist(), y.grad.tolist()) == ([3.0], [2.0])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(a, b, marks=pytest.mark.guarantee("C11" if 0 not in a else "C12"))
        for a, b in [
            ((4, 1), (1, 5)),
            ((), (2, 3)),
            ((1,), (2, 3)),
            ((3,), (2, 3)),
            ((1, 1, 3), (2, 1)),
            ((4, 0), (4, 1)),
            ((0,), ()),
            ((2, 0, 3), (1, 1)),
        ]
    ],
)
def test_a_broadcast_operand_s_gradient_has_its_shape(backend: str, first, second) -> None:
    a = tg.ones(first, dtype=tg.float64, requires_grad=True)
    b = tg.full(second, 2.0, dtype=tg.float64, requires_grad=True)
    total = np.broadcast_shapes(first, second)
    for y, ga in ((a + b, 1.0), (a * b, 2.0)):
        a.grad = b.grad = None
        y.sum().backward()
        assert tuple(a.grad.shape) == first
        assert tuple(b.grad.shape) == second
        size = int(np.prod(total))
        for t, shape, g in ((a, first, ga), (b, second, 1.0)):
            times = size // max(int(np.prod(shape)), 1) if np.prod(shape) else 0
            assert array(t.grad).tolist() == np.full(shape, g * times).tolist()


# -- how it lies in memory -----------------------------------------------------------------


def _counted(*shape: int) -> Any:
    return tg.arange(1.0, 1.0 + math.prod(shape), dtype=tg.float64).reshape(*shape)


LEAVES = {
    "rows": lambda: _counted(2, 3),
    "columns": lambda: _counted(3, 2).T,
    "rotated": lambda: _counted(2, 3, 4).permute(2, 0, 1),
    "channels last": lambda: _counted(2, 4, 5, 3).permute(0, 3, 1, 2),
}
#: What leaves gaps, or shows places in memory more than once.
SPARSE_LEAVES = {
    "every other column": lambda: _counted(4, 4)[:, ::2],
    "some of the columns, transposed": lambda: _counted(4, 4)[:, :3].T,
    "repeated rows": lambda: _counted(1, 3).expand(2, 3),
}
#: Their gradients come as one repeated number, in order, in the leaf's order, in another one.
LOSSES = {
    "sum": lambda x: x.sum(),
    "product with rows": lambda x: (x * _counted(*x.shape)).sum(),
    "own order": lambda x: x.exp().mul(x).sum(),
    "transposed": lambda x: (x.transpose(0, 1) * _counted(*x.transpose(0, 1).shape)).sum(),
    "both": lambda x: x.sum() + (x * _counted(*x.shape)).sum(),
}


@pytest.mark.guarantee("C13")
@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", [*LEAVES, *SPARSE_LEAVES])
def test_a_gradient_lies_in_memory_as_its_leaf(
    backend: str, name: str, loss: str, create_graph: bool
) -> None:
    x = (LEAVES | SPARSE_LEAVES)[name]().detach().requires_grad_()
    plain = x.detach().clone(memory_format=tg.contiguous_format).requires_grad_()
    stride = x.stride() if name in LEAVES else plain.stride()
    for _ in range(2):
        for t in (x, plain):
            LOSSES[loss](t).backward(create_graph=create_graph)
        assert x.grad.stride() == stride
        assert plain.grad.stride() == plain.stride()
        assert array(x.grad) == pytest.approx(array(plain.grad), rel=1e-14)
    for t in (x, plain):
        t.grad = None


@pytest.mark.guarantee("C13")
def test_an_assigned_gradient_keeps_its_order_in_memory(backend: str) -> None:
    x = _counted(2, 3).requires_grad_()
    x.grad = tg.zeros(3, 2, dtype=tg.float64).T
    stride = x.grad.stride()
    (x * x).sum().backward()
    assert x.grad.stride() == stride
    assert array(x.grad).tolist() == [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]


# -- whose memory it is --------------------------------------------------------------------


@pytest.mark.guarantee("A24")
def test_a_gradient_is_never_the_tensor_that_the_caller_gave(backend: str) -> None:
    x = leaf([1.0, 2.0])
    g = const([3.0, 4.0])
    x.backward(g)
    assert x.grad is not g
    x.grad.zero_()
    assert array(g).tolist() == [3.0, 4.0]
    assert g._version == 0
    x.grad = None
    (x + 1).backward(g)
    (x + 1).backward(g)
    assert array(g).tolist() == [3.0, 4.0]
    (result,) = tg.autograd.grad(x + 1, x, g)
    result.zero_()
    assert array(g).tolist() == [3.0, 4.0]


@pytest.mark.guarantee("A24")
def test_what_the_caller_gave_is_never_added_to(backend: str) -> None:
    x = leaf([1.0, 2.0])
    g = const([3.0, 4.0])
    y = x * 1
    tg.autograd.backward([y, y, x], [g, g, g], retain_graph=True)
    assert array(x.grad).tolist() == [9.0, 12.0]
    (y + y * 2 + x.flip(0).flip(0) + y).backward(g)
    assert array(x.grad).tolist() == [24.0, 32.0]
    (parts,) = tg.autograd.grad(tg.cat([x, x]).view(2, 2).sum(0), x, g)
    assert array(parts).tolist() == [6.0, 8.0]
    assert array(g).tolist() == [3.0, 4.0]
    assert g._version == 0


@pytest.mark.guarantee("A25")
def test_two_leaves_never_share_a_gradient(backend: str) -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (a + b).backward(const([1.0, 1.0]))
    a.grad.zero_()
    assert array(b.grad).tolist() == [1.0, 1.0]
    ga, gb = tg.autograd.grad(a + b, [a, b], const([1.0, 1.0]))
    ga.zero_()
    assert array(gb).tolist() == [1.0, 1.0]


def test_two_results_of_grad_never_share_memory_with_a_leaf_s(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x + 0
    gy, gx = tg.autograd.grad((y + 0).sum(), [y, x])
    gy.zero_()
    assert array(gx).tolist() == [1.0, 1.0]


def test_a_gradient_is_never_a_saved_value(backend: str) -> None:
    w, x = leaf([1.0, 2.0]), const([3.0, 4.0])
    (w * x).sum().backward()
    w.grad.zero_()
    assert array(x).tolist() == [3.0, 4.0]
    y = w.exp()
    y.sum().backward(retain_graph=True)
    w.grad.zero_()
    w.grad = None
    y.sum().backward()
    assert array(w.grad) == pytest.approx(np.exp([1.0, 2.0]))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.sum(),
        lambda x: x.mean(),
        lambda x: x.expand(4, 3).sum(),
        lambda x: x.reshape(3, 1).sum(),
        lambda x: x[0] + x.sum(),
        lambda x: x.flip(0).sum(),
        lambda x: tg.stack([x, x]).sum(),
        lambda x: x.T.sum(),
        lambda x: tg.where(tg.ones(3, dtype=tg.bool), x, 0.0).sum(),
    ],
)
@pytest.mark.filterwarnings("ignore:The use of")
def test_a_gradient_can_always_be_written(backend: str, function) -> None:
    x = leaf([1.0, 2.0, 3.0])
    function(x).backward()
    before = array(x.grad)
    function(x).backward()
    x.grad.add_(1.0)
    assert array(x.grad).tolist() == (2 * before + 1).tolist()
    x.grad[0] = 7.0
    assert float(x.grad[0]) == 7.0
    assert float(x.grad[1]) == 2 * before[1] + 1


class One(tg.autograd.Function):
    """The sum, with a derivative that is a single one, shown at every place."""

    @staticmethod
    def forward(ctx, x):
        ctx.shape = x.shape
        return x.sum()

    @staticmethod
    def backward(ctx, g):
        return tg.ones(1, dtype=tg.float64).expand(ctx.shape)


@pytest.mark.guarantee("A26")
def test_a_function_s_expanded_gradient_is_copied(backend: str) -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    One.apply(a + b).backward()
    for g in (a.grad, b.grad):
        assert g.is_contiguous()
    a.grad[0] = 5.0
    assert array(a.grad).tolist() == [5.0, 1.0]
    assert array(b.grad).tolist() == [1.0, 1.0]


@pytest.mark.guarantee("A26")
def test_an_incoming_transposed_gradient_is_copied(backend: str) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    whole = const([[1.0, 2.0], [3.0, 4.0]])
    x.backward(whole.T)
    assert x.grad.is_contiguous()
    x.grad.zero_()
    assert array(whole).tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.guarantee("A26")
def test_an_incoming_expanded_gradient_is_copied(backend: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    g = const(2.0).expand(3)
    x.backward(g)
    x.grad[0] = 5.0
    assert array(x.grad).tolist() == [5.0, 2.0, 2.0]
    assert array(g).tolist() == [2.0, 2.0, 2.0]


def test_a_leaf_used_twice_gets_the_sum_and_writes_into_nobody_s_memory(backend: str) -> None:
    x = leaf([1.0, 2.0])
    g = const([1.0, 1.0])
    y = x + 0
    y.retain_grad()
    z = y + x + x
    z.retain_grad()
    z.backward(g)
    assert array(x.grad).tolist() == [3.0, 3.0]
    assert array(y.grad).tolist() == [1.0, 1.0]
    assert array(z.grad).tolist() == [1.0, 1.0]
    x.grad.zero_()
    z.grad.zero_()
    assert array(y.grad).tolist() == [1.0, 1.0]
    assert array(g).tolist() == [1.0, 1.0]


# -- which tensors have one ----------------------------------------------------------------


@pytest.mark.guarantee("C14")
def test_a_gradient_outlives_requires_grad(backend: str) -> None:
    x = leaf([1.0])
    (x * 2).sum().backward()
    x.requires_grad_(False)
    assert array(x.grad).tolist() == [2.0]
    x.requires_grad_()
    (x * 2).sum().backward()
    assert array(x.grad).tolist() == [4.0]


def test_a_gradient_assigned_before_requires_grad_is_kept(backend: str) -> None:
    x = const([1.0])
    x.grad = const([5.0])
    x.requires_grad_()
    assert array(x.grad).tolist() == [5.0]
    (x * 2).sum().backward()
    assert array(x.grad).tolist() == [7.0]


@pytest.mark.guarantee("C15")
@pytest.mark.filterwarnings("always:The .grad attribute")
def test_grad_of_what_is_no_leaf_warns_unless_retained(backend: str) -> None:
    x = leaf([1.0])
    y = x * 2
    said = (
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
        r"attribute won't be populated during autograd.backward\(\). .*use .retain_grad\(\) on "
    )
    with pytest.warns(UserWarning, match=said) as caught:
        assert y.grad is None
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert x.grad is None
        assert x.detach().grad is None
        y.retain_grad()
        assert y.grad is None


@pytest.mark.guarantee("C16")
def test_retain_grad_keeps_and_adds_up(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    y.retain_grad()
    y.retain_grad()
    assert y.retains_grad
    z = (y * 3).sum()
    z.backward(retain_graph=True)
    first = y.grad
    assert array(first).tolist() == [3.0, 3.0]
    z.backward()
    assert array(y.grad).tolist() == [6.0, 6.0]
    assert array(first).tolist() == [3.0, 3.0]
    x.retain_grad()
    assert not x.retains_grad
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=F"):
        const(1.0).retain_grad()


def test_retained_gradients_are_unchanged_by_a_pass_that_fails(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    z = y * 3
    z.retain_grad()
    z.sum().backward()
    before = z.grad
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        z.sum().backward()
    assert z.grad is before
    assert array(before).tolist() == [1.0, 1.0]


@pytest.mark.guarantee("C17")
def test_a_retained_gradient_is_that_of_the_newest_value(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 1
    y.retain_grad()
    y.mul_(3)
    (y * 5).sum().backward()
    assert array(y.grad).tolist() == [5.0, 5.0]
    assert array(x.grad).tolist() == [15.0, 15.0]
    base = x * 1
    view = base[0]
    view.retain_grad()
    base.retain_grad()
    view.mul_(2)
    (base * 7).sum().backward()
    assert array(base.grad).tolist() == [7.0, 7.0]


@pytest.mark.guarantee("C17")
def test_a_view_s_retained_gradient_follows_the_view(backend: str) -> None:
    x = leaf([1.0, 2.0])
    base = x * 1
    view = base[:1]
    view.retain_grad()
    base.mul_(4)
    (view * 5).sum().backward()
    assert array(view.grad).tolist() == [5.0]
    assert array(x.grad).tolist() == [20.0, 0.0]


@pytest.mark.guarantee("C17")
def test_each_output_s_retained_gradient_is_that_of_its_newest_value(backend: str) -> None:
    class SumAndMean(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.sum(), x.mean()

        @staticmethod
        def backward(ctx, g, h):
            return (g + h / 2).expand(2)

    x = leaf([1.0, 2.0])
    total, mean = SumAndMean.apply(x)
    mean.retain_grad()
    total.retain_grad()
    total.mul_(2)
    mean.mul_(3)
    (total + mean * 10).backward()
    assert (float(total.grad), float(mean.grad)) == (1.0, 10.0)
    assert array(x.grad).tolist() == [17.0, 17.0]


@pytest.mark.guarantee("C18")
def test_retain_grad_makes_no_cycle(backend: str) -> None:
    gc.disable()
    try:
        y = leaf([1.0]) * 2
        y.retain_grad()
        y.sum().backward()
        watched = weakref.ref(y)
        del y
        assert watched() is None
    finally:
        gc.enable()


@pytest.mark.guarantee("C19")
@pytest.mark.parametrize("hook_first", [True, False])
def test_a_retained_gradient_has_passed_the_hooks(backend: str, hook_first: bool) -> None:
    y = leaf([1.0]) * 2
    if hook_first:
        y.register_hook(lambda g: g * 10)
        y.retain_grad()
    else:
        y.retain_grad()
        y.register_hook(lambda g: g * 10)
    y.sum().backward()
    assert array(y.grad).tolist() == [10.0]


def test_retained_gradients_of_a_differentiable_pass_can_be_differentiated(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    y.retain_grad()
    tg.autograd.grad((y * y).sum(), x, create_graph=True)
    (g,) = tg.autograd.grad(y.grad.sum(), x)
    assert array(g).tolist() == [4.0, 8.0]
