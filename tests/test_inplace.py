"""In-place operations: what they refuse, and the gradients through them."""

from __future__ import annotations

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf, numeric_gradient, state

CHANGED = "one of the variables needed for gradient computation has been modified by an inplace op"
LEAF = "a leaf Variable that requires grad is being used in an in-place operation"
LEAF_VIEW = "a view of a leaf Variable that requires grad is being used in an in-place operation"


# -- what they are --------------------------------------------------------------------------


def test_in_place_operators_keep_the_tensor_itself(backend: str) -> None:
    x = const([8.0, 9.0])
    same = x
    x += 1
    x -= 2
    x *= 3
    x /= 2
    x **= 2
    x //= 10
    x %= 7
    assert x is same
    expected = np.array([8.0, 9.0])
    expected = (((expected + 1 - 2) * 3 / 2) ** 2 // 10) % 7
    assert array(x).tolist() == expected.tolist()
    n = tg.tensor([6, 3])
    n &= 5
    n |= 8
    n ^= 1
    n <<= 2
    n >>= 1
    assert n.tolist() == [((((v & 5) | 8) ^ 1) << 2) >> 1 for v in (6, 3)]


@pytest.mark.guarantee("D05")
def test_data_refuses_what_cannot_take_its_place(backend: str) -> None:
    x = leaf([1.0])
    with pytest.raises(
        RuntimeError,
        match="data set to a tensor that requires gradients must be floating point or complex d",
    ):
        x.data = tg.tensor([1])
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got NoneType"):
        x.data = None
    with pytest.raises(RuntimeError, match="Deleting tensor data is not allowed"):
        del x.data
    assert array(x).tolist() == [1.0]
    assert x._version == 0


# -- leaves --------------------------------------------------------------------------------


@pytest.mark.guarantee("D10")
@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x.add_(1),
        lambda x: x.__iadd__(1),
        lambda x: x.zero_(),
        lambda x: x.copy_(tg.ones(2)),
        lambda x: x.normal_(),
        lambda x: x.__setitem__([0], 1.0),
    ],
)
def test_a_leaf_that_requires_grad_refuses_to_change(backend: str, operation) -> None:
    x = leaf([1.0, 2.0])
    before = state(x)
    with pytest.raises(RuntimeError, match=LEAF):
        operation(x)
    assert state(x) == before


@pytest.mark.guarantee("D11")
@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x[0].add_(1),
        lambda x: x.__setitem__(0, 1.0),
        lambda x: x.__setitem__(slice(None), 1.0),
        lambda x: x.view(2, 1).zero_(),
        lambda x: x.T.mul_(2),
        lambda x: x[:1][0].fill_(0.0),
    ],
)
@pytest.mark.filterwarnings("ignore:The use of")
def test_so_do_its_views_at_once(backend: str, operation) -> None:
    x = leaf([1.0, 2.0])
    before = state(x)
    with pytest.raises(RuntimeError, match=LEAF_VIEW):
        operation(x)
    assert state(x) == before


@pytest.mark.guarantee("D12")
def test_under_no_grad_a_leaf_may_change_and_stays_one(backend: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    with tg.no_grad():
        x.add_(1)
        x[0] = 10.0
        x[1:].mul_(2)
        x[[2]] = 5.0
    assert array(x).tolist() == [10.0, 6.0, 5.0]
    assert x.is_leaf
    assert x.requires_grad
    assert x.grad_fn is None
    (x * x).sum().backward()
    assert array(x.grad).tolist() == [20.0, 12.0, 10.0]


@pytest.mark.guarantee("D13")
def test_a_change_before_requires_grad_is_no_matter(backend: str) -> None:
    x = const([1.0, 2.0])
    view = x[0]
    x.add_(1)
    view.add_(1)
    x.requires_grad_()
    (x * x).sum().backward()
    assert array(x.grad).tolist() == [6.0, 6.0]
    with pytest.raises(RuntimeError, match=LEAF):
        x.add_(1)
    with pytest.raises(RuntimeError, match=LEAF_VIEW):
        view.add_(1)
    assert array(x).tolist() == [3.0, 3.0]


@pytest.mark.guarantee("D14")
def test_a_constant_that_takes_in_a_variable_is_no_leaf_any_more(backend: str) -> None:
    x, c = leaf([1.0, 2.0]), const([3.0, 4.0])
    c += x
    assert c.requires_grad
    assert not c.is_leaf
    assert c.grad_fn is not None
    (c * c).sum().backward()
    assert array(x.grad).tolist() == [8.0, 12.0]


# -- gradients -----------------------------------------------------------------------------

PAIRS = {
    "add": (lambda a, b: a.add_(b), lambda a, b: a + b),
    "sub": (lambda a, b: a.sub_(b), lambda a, b: a - b),
    "mul": (lambda a, b: a.mul_(b), lambda a, b: a * b),
    "div": (lambda a, b: a.div_(b), lambda a, b: a / b),
    "pow": (lambda a, b: a.pow_(b), lambda a, b: a**b),
    "copy": (lambda a, b: a.copy_(b), lambda a, b: a * 0 + b),
    "lerp": (lambda a, b: a.lerp_(b, 0.3), lambda a, b: a + 0.3 * (b - a)),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("which", ["both", "target", "source"])
def test_gradients_are_those_of_the_functional_form(backend: str, name: str, which: str) -> None:
    gradients = []
    for function in PAIRS[name]:
        a, b = leaf([1.5, 2.5]), leaf([0.5, 1.5])
        first = a * 1 if which != "source" else a.detach().clone()
        second = b if which != "target" else b.detach()
        out = function(first, second)
        (out * out).sum().backward()
        gradients.append([array(t.grad).tolist() for t in (a, b) if t.grad is not None])
    expected = gradients[1]
    assert len(expected) == (2 if which == "both" else 1)
    assert len(gradients[0]) == len(expected)
    for mine, its in zip(gradients[0], expected, strict=True):
        assert mine == pytest.approx(its, rel=1e-12)


@pytest.mark.parametrize(
    "name",
    [
        "exp",
        "sin",
        "cos",
        "tanh",
        "sigmoid",
        "relu",
        "sqrt",
        "log",
        "abs",
        "neg",
        "square",
        "reciprocal",
        "rsqrt",
        "expm1",
        "log1p",
    ],
)
def test_gradients_of_one_operand_are_those_of_the_functional_form(backend: str, name) -> None:
    gradients = []
    for spelled in (name, f"{name}_"):
        x = leaf([0.5, 1.5])
        y = getattr(x * 1, spelled)()
        (y * 3).sum().backward()
        gradients.append(array(x.grad).tolist())
    assert gradients[1] == gradients[0]


def test_in_place_chains_are_differentiated_twice(backend: str) -> None:
    x = leaf([0.5, 1.5])
    y = x * 1
    y.mul_(x).add_(x.sin()).mul_(2)
    (g,) = tg.autograd.grad(y.sum(), x, create_graph=True)
    v = array(x)
    assert array(g) == pytest.approx(4 * v + 2 * np.cos(v))
    (h,) = tg.autograd.grad(g.sum(), x)
    assert array(h) == pytest.approx(4 - 2 * np.sin(v))


def test_zero_and_fill_cut_the_gradient(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    y.zero_()
    (y + x).sum().backward()
    assert array(x.grad).tolist() == [1.0, 1.0]
    x.grad = None
    y, number = x * 3, leaf(2.0)
    y.fill_(number)
    (y * const([1.0, 10.0])).sum().backward()
    assert float(number.grad) == 11.0
    assert array(x.grad).tolist() == [0.0, 0.0]


ASSIGNMENTS = [
    (0, ()),
    (slice(1, None), (2, 4)),
    (slice(None, None, 2), (4,)),
    ((slice(None), 1), (3,)),
    ([0, 2], (2, 4)),
    (([0, 2], [1, 1]), (2,)),
    (([0, 1], slice(None, 2)), (1, 2)),
    ((..., -1), ()),
    ((None, 1), (1, 4)),
    ((slice(None), [3, 0]), (3, 2)),
]


def _with_tensors(key):
    """Return an index with tensors in the place of its lists."""
    if isinstance(key, tuple):
        return tuple(map(_with_tensors, key))
    return tg.tensor(key) if isinstance(key, list) else key


@pytest.mark.guarantee("D15")
@pytest.mark.parametrize("tensors", [False, True])
@pytest.mark.parametrize(("key", "shape"), ASSIGNMENTS, ids=lambda p: str(p))
def test_assignment_passes_gradients_around_and_into_it(
    backend: str, key, shape, tensors: bool
) -> None:
    start = np.arange(12.0).reshape(3, 4) / 7
    given = np.arange(float(np.prod(shape))).reshape(shape) + 20.0
    weights = np.arange(12.0).reshape(3, 4) + 1
    x, value = leaf(start.tolist()), leaf(given.tolist())
    y = x * 1
    y[_with_tensors(key) if tensors else key] = value

    def loss(a: np.ndarray, b: np.ndarray) -> float:
        a = a.copy()
        a[key] = b
        return float((a * a * weights).sum())

    (y * y * const(weights.tolist())).sum().backward()
    want_x = numeric_gradient(lambda a: loss(a, given), start, 1e-4)
    want_value = numeric_gradient(lambda b: loss(start, b), given, 1e-4)
    assert array(x.grad) == pytest.approx(want_x, rel=1e-6, abs=1e-6)
    assert array(value.grad) == pytest.approx(want_value, rel=1e-6, abs=1e-6)


@pytest.mark.guarantee("D15")
def test_assignment_by_mask_passes_gradients(backend: str) -> None:
    x, value = leaf([1.0, 2.0, 3.0]), leaf([10.0, 20.0])
    mask = tg.tensor([True, False, True])
    y = x * 2
    y[mask] = value
    (y * const([1.0, 10.0, 100.0])).sum().backward()
    assert array(x.grad).tolist() == [0.0, 20.0, 0.0]
    assert array(value.grad).tolist() == [1.0, 100.0]
    y = x * 2
    number = leaf(5.0)
    y[mask] = number
    y.sum().backward()
    assert float(number.grad) == 2.0


@pytest.mark.guarantee("D14")
def test_a_constant_that_is_assigned_into_gets_a_graph(backend: str) -> None:
    x, c = leaf(3.0), tg.zeros(3, dtype=tg.float64)
    c[1] = x * x
    assert c.requires_grad
    (c * const([1.0, 10.0, 100.0])).sum().backward()
    assert float(x.grad) == 60.0


@pytest.mark.parametrize(
    "build",
    [
        lambda y: y.add_(y),
        lambda y: y[1:].add_(y[:1]),
        lambda y: y.__setitem__(0, y[1]),
        lambda y: y.__setitem__(slice(1, None), y[:-1]),
        lambda y: y.copy_(y.flip(0)),
    ],
)
def test_a_tensor_may_take_in_itself(backend: str, build) -> None:
    start, weights = np.array([1.5, -2.0, 0.5]), [1.0, 10.0, 100.0]

    def loss(values: np.ndarray) -> float:
        y = const(values.tolist())
        build(y)
        return float((y * const(weights)).sum())

    x = leaf(start.tolist())
    y = x * 1
    build(y)
    (y * const(weights)).sum().backward()
    assert array(x.grad) == pytest.approx(numeric_gradient(loss, start), rel=1e-5, abs=1e-5)


def test_multiplying_by_itself_in_place_is_noticed(backend: str) -> None:
    y = leaf([2.0, 3.0]) * 1
    y.mul_(y)
    assert array(y).tolist() == [4.0, 9.0]
    with pytest.raises(RuntimeError, match=CHANGED):
        y.sum().backward()


def test_what_is_written_over_keeps_its_place_in_the_graph(backend: str) -> None:
    x = leaf([1.0, 2.0])
    for write in (
        lambda y: y.zero_(),
        lambda y: y.fill_(3.0),
        lambda y: y.copy_(const([5.0, 6.0])),
        lambda y: y.normal_(),
        lambda y: y.__setitem__(slice(None), 7.0),
    ):
        y = x * 3
        write(y)
        assert y.requires_grad
        assert y.grad_fn is not None
        x.grad = None
        (y * y).sum().backward()
        assert array(x.grad).tolist() == [0.0, 0.0]


# -- failures are atomic ---------------------------------------------------------------------


@pytest.mark.guarantee("D16")
@pytest.mark.parametrize(
    ("operation", "said"),
    [
        pytest.param(
            lambda t: t.add_(tg.ones(2, 3)),
            r"output with shape \[3\] doesn't match the broadcast shape \[2, 3\]",
            marks=pytest.mark.guarantee("D17"),
        ),
        (
            lambda t: t.add_(tg.ones(4)),
            r"The size of tensor a \(3\) must match the size of tensor b",
        ),
        (lambda t: t.__setitem__(5, 1.0), "index 5 is out of bounds for dimension 0 with size 3"),
        (lambda t: t.__setitem__([0, 7], 1.0), "index 7 is out of bounds for dimension 0 with siz"),
        (lambda t: t.__setitem__(slice(0, 2), tg.ones(3)), "shape|size"),
        (lambda t: t.__setitem__([0, 1], tg.ones(3)), "shape mismatch"),
        (lambda t: t.copy_(tg.ones(2)), "size|shape"),
    ],
)
@pytest.mark.parametrize("requires", [True, False])
def test_a_failed_operation_changes_nothing(backend: str, operation, said, requires) -> None:
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=requires)
    y = x * 2
    before = state(x, y)
    with pytest.raises((RuntimeError, IndexError), match=said):
        operation(y)
    assert state(x, y) == before
    if requires:
        y.sum().backward()
        assert array(x.grad).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.guarantee("D16", "D17")
def test_a_result_of_a_greater_kind_does_not_fit(backend: str) -> None:
    for dtype, name in ((tg.int32, "Int"), (tg.int64, "Long")):
        n = tg.tensor([1, 2], dtype=dtype)
        before = state(n)
        said = f"result type Float can't be cast to the desired output type {name}"
        with pytest.raises(RuntimeError, match=said):
            n.add_(0.5)
        with pytest.raises(RuntimeError, match=said):
            n /= 2
        assert state(n) == before
    x = tg.tensor([1.0, 2.0])
    x.add_(const([0.5, 0.5]))
    assert x.dtype is tg.float32
    assert x.tolist() == [1.5, 2.5]


@pytest.mark.guarantee("D18")
def test_expanded_memory_refuses_to_be_written(backend: str) -> None:
    small = const([[1.0], [2.0]])
    x = small.expand(2, 3)
    before = state(x, small)
    for operation in (lambda: x.add_(1), lambda: x.mul_(small), lambda: x[0].add_(1)):
        with pytest.raises(
            RuntimeError,
            match="unsupported operation: more than one element of the written-to tensor refers "
            "to a single memory location",
        ):
            operation()
    with pytest.raises(RuntimeError, match="single memory location"):
        x.detach().add_(1)
    assert state(x, small) == before
    same = small.expand(2, -1)
    same.add_(1)
    assert array(small).tolist() == [[2.0], [3.0]]


# -- detach in place -------------------------------------------------------------------------


def test_detach_in_place_makes_a_leaf(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    assert y.detach_() is y
    assert y.is_leaf
    assert not y.requires_grad
    z = y * x
    z.sum().backward()
    assert array(x.grad).tolist() == [3.0, 6.0]
    x.detach_()
    assert not x.requires_grad
    assert array(x.grad).tolist() == [3.0, 6.0]


@pytest.mark.guarantee("D19")
def test_a_result_that_was_detached_in_place_still_serves_its_node(backend: str) -> None:
    x = leaf([1.0])
    y = x.exp()
    z = y * 2
    y.detach_()
    z.sum().backward()
    assert array(x.grad) == pytest.approx([2 * np.e])


@pytest.mark.guarantee("D19")
def test_an_operand_that_was_detached_in_place_has_no_higher_derivative(backend: str) -> None:
    x = leaf([3.0])
    y = x * 1
    z = y * y
    y.detach_()
    with pytest.raises(
        RuntimeError, match="Trying to use a saved tensor that has been detached in"
    ):
        tg.autograd.grad(z.sum(), x, create_graph=True)
    # The first derivative needs only the value, which is unchanged.
    z.sum().backward()
    assert array(x.grad).tolist() == [6.0]


@pytest.mark.guarantee("D20")
def test_views_cannot_be_detached_in_place(backend: str) -> None:
    y = leaf([1.0, 2.0]) * 2
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        y[0].detach_()
