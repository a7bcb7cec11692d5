"""What `backward` and `grad` take, what they give back, and what they refuse."""

from __future__ import annotations

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf

NO_GRAPH = "element 0 of tensors does not require grad and does not have a grad_fn"


# -- what is differentiated, and its gradient ---------------------------------------------


@pytest.mark.guarantee("B01")
def test_a_gradient_is_made_only_for_one_element(backend: str) -> None:
    x = leaf([1.0, 2.0])
    said = "grad can be implicitly created only for scalar outputs"
    with pytest.raises(RuntimeError, match=rf"{said}, and output 0 has shape \[2\]"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match=rf"{said}, and output 1"):
        tg.autograd.grad([x.sum(), x * 2], x)
    assert x.grad is None
    one = leaf([[3.0]])
    (one * one).backward()
    assert array(one.grad).tolist() == [[6.0]]


@pytest.mark.guarantee("B02")
def test_no_gradient_is_made_for_a_complex_number(backend: str) -> None:
    z = tg.tensor(1 + 2j, requires_grad=True)
    said = r"grad can be implicitly created only for real scalar outputs but got .*complex64"
    with pytest.raises(RuntimeError, match=said):
        (z * 2).backward()
    with pytest.raises(RuntimeError, match=said):
        tg.autograd.grad(z * 2, z)
    (z * 2).real.backward()
    assert z.grad.tolist() == 2 + 0j


@pytest.mark.guarantee("B03")
def test_a_root_without_a_graph_is_named_by_its_number(backend: str) -> None:
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match=NO_GRAPH):
        const(1.0).backward()
    with pytest.raises(RuntimeError, match=NO_GRAPH.replace("0", "1")):
        tg.autograd.backward([x * 2, const(1.0)])
    with pytest.raises(RuntimeError, match=NO_GRAPH):
        tg.autograd.grad(const(1.0), x)
    assert x.grad is None


@pytest.mark.guarantee("B04")
def test_a_gradient_must_have_the_shape_of_its_output(backend: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    said = (
        r"Mismatch in shape: grad_output\[0\] has a shape of .*Size\(\[2\]\) and "
        r"output\[0\] has a shape of .*Size\(\[3\]\)"
    )
    with pytest.raises(RuntimeError, match=said):
        (x * 2).backward(const([1.0, 1.0]))
    with pytest.raises(RuntimeError, match=said):
        tg.autograd.grad(x * 2, x, const([1.0, 1.0]))
    with pytest.raises(RuntimeError, match=r"grad_output\[1\] has a shape of .* output\[1\]"):
        tg.autograd.backward([x.sum(), x * 2], [None, const(1.0)])
    assert x.grad is None


@pytest.mark.guarantee("B05")
def test_a_complex_gradient_does_not_fit_a_real_output(backend: str) -> None:
    x = tg.tensor([1.0], requires_grad=True)
    g = tg.tensor([1 + 1j])
    said = (
        "For complex Tensors, both grad_output and output are required to have the same dtype. "
        r"Mismatch in dtype: grad_output\[0\] has a dtype of .*complex64 and output\[0\] has a "
        r"dtype of .*float32\."
    )
    with pytest.raises(RuntimeError, match=said):
        (x * 2).backward(g)
    with pytest.raises(RuntimeError, match=said):
        tg.autograd.grad(x * 2, x, g)
    with pytest.raises(RuntimeError, match="For complex Tensors, both grad_output and output are"):
        (x * 1j).backward(x.detach())
    assert x.grad is None


def test_a_gradient_of_another_float_is_converted(backend: str) -> None:
    x = tg.tensor([1.0], requires_grad=True)
    (x * 2).backward(const([3.0]))
    assert x.grad.dtype is tg.float32
    assert array(x.grad).tolist() == [6.0]


@pytest.mark.guarantee("B06")
@pytest.mark.parametrize("given", [1, 1.0, "g"])
def test_what_is_no_tensor_is_no_gradient(backend: str, given) -> None:
    x = leaf(1.0)
    kind = type(given).__name__
    with pytest.raises(TypeError, match=f"gradients can be either Tensors or None, but got {kind}"):
        (x * 2).backward(given)
    with pytest.raises(TypeError, match=f"gradients can be either Tensors or None, but got {kind}"):
        tg.autograd.grad([x * 2], [x], [given])
    assert x.grad is None


@pytest.mark.guarantee("B07")
def test_gradients_are_as_many_as_tensors(backend: str) -> None:
    x = leaf(1.0)
    y = x * 2
    with pytest.raises(RuntimeError, match="got 2 tensors and 1 gradients"):
        tg.autograd.backward([y, y], [const(1.0)])
    with pytest.raises(RuntimeError, match="got 1 tensors and 2 gradients"):
        tg.autograd.grad(y, x, [const(1.0), const(1.0)])
    tg.autograd.backward([y, y], [None, const(1.0)])
    assert float(x.grad) == 4.0


@pytest.mark.guarantee("B25")
def test_a_gradient_of_zeros_gives_zeros_not_none(backend: str) -> None:
    x = leaf([1.0, 2.0])
    (x * x).backward(const([0.0, 0.0]))
    assert array(x.grad).tolist() == [0.0, 0.0]
    for y in (x * x, x[:1], x.exp().cumsum(0), x.unbind(0)[1]):
        (g,) = tg.autograd.grad(y, x, tg.zeros_like(y))
        assert array(g).tolist() == [0.0, 0.0]


@pytest.mark.guarantee("B20")
def test_there_must_be_an_output(backend: str) -> None:
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match=r"outputs is empty: grad\(\)"):
        tg.autograd.grad([], [x])
    with pytest.raises(RuntimeError, match=r"outputs is empty: backward\(\)"):
        tg.autograd.backward([])
    with pytest.raises(RuntimeError, match="outputs is empty"):
        tg.autograd.grad((), x, is_grads_batched=True)


@pytest.mark.guarantee("B21")
def test_what_is_no_tensor_is_named(backend: str) -> None:
    x = leaf(1.0)
    with pytest.raises(TypeError, match=r"outputs must be a Tensor or a sequence .*not int"):
        tg.autograd.grad(3, x)
    with pytest.raises(TypeError, match=r"inputs must be a Tensor or a sequence .*not float"):
        tg.autograd.grad(x * 2, 1.0)
    with pytest.raises(TypeError, match=r"tensors must be a Tensor or a sequence .*not NoneType"):
        tg.autograd.backward(None)
    with pytest.raises(TypeError, match=r"all outputs have to be Tensors .*, but got str"):
        tg.autograd.grad([x * 2, "y"], x)


@pytest.mark.guarantee("B22")
def test_a_leaf_may_be_the_root(backend: str) -> None:
    x = leaf([1.0, 2.0])
    x.backward(const([3.0, 4.0]))
    assert array(x.grad).tolist() == [3.0, 4.0]
    (g,) = tg.autograd.grad(x, x, const([5.0, 6.0]))
    assert array(g).tolist() == [5.0, 6.0]


# -- with respect to what ------------------------------------------------------------------


@pytest.mark.guarantee("B08")
def test_inputs_must_not_be_empty(backend: str) -> None:
    y = leaf(1.0) * 2
    with pytest.raises(
        RuntimeError, match=r"^`inputs` argument to `backward\(\)` cannot be empty\."
    ):
        y.backward(inputs=[])
    with pytest.raises(RuntimeError, match=r"^`inputs` argument to `grad\(\)` cannot be empty\."):
        tg.autograd.grad(y, [])


@pytest.mark.guarantee("B09")
def test_inputs_must_require_grad(backend: str) -> None:
    x, c = leaf(1.0), const(1.0)
    y = x * c
    with pytest.raises(RuntimeError, match="One of the differentiated Tensors does not require gr"):
        tg.autograd.grad(y, [x, c])
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=F"):
        y.backward(inputs=[x, c])
    assert x.grad is None
    y.backward()  # nothing was freed
    assert float(x.grad) == 1.0


@pytest.mark.guarantee("B19")
def test_inputs_must_be_tensors(backend: str) -> None:
    x = leaf(1.0)
    y = x * x
    said = "all inputs have to be Tensors or GradientEdges, but got NoneType"
    with pytest.raises(RuntimeError, match=said):
        tg.autograd.grad(y, [x, None])
    with pytest.raises(RuntimeError, match=said):
        y.backward(inputs=[None])
    y.backward()
    assert float(x.grad) == 2.0


@pytest.mark.guarantee("B10")
def test_an_input_that_was_not_used_is_an_error(backend: str) -> None:
    x, unused = leaf([1.0, 2.0]), leaf([3.0])
    y = (x * x).sum()
    said = (
        "The differentiated Tensor at index 1 appears to not have been used in the graph. "
        "Set allow_unused=True if this is the desired behavior."
    )
    with pytest.raises(RuntimeError, match=said):
        tg.autograd.grad(y, [x, unused])
    with pytest.raises(RuntimeError, match=said):
        tg.autograd.grad(y, [x, unused * 2])
    # Nothing was freed: the error came first.
    assert array(tg.autograd.grad(y, x)[0]).tolist() == [2.0, 4.0]


@pytest.mark.guarantee("B11")
def test_an_input_that_was_not_used_may_be_allowed(backend: str) -> None:
    x, unused = leaf([1.0, 2.0]), leaf([3.0])
    inner = unused * 2
    y = (x * x).sum()
    gx, gu, gi = tg.autograd.grad(y, [x, unused, inner], allow_unused=True)
    assert array(gx).tolist() == [2.0, 4.0]
    assert (gu, gi) == (None, None)
    y = (x * x).sum()
    y.backward(inputs=[x, unused, inner])
    assert array(x.grad).tolist() == [2.0, 4.0]
    assert (unused.grad, inner.grad) == (None, None)


@pytest.mark.guarantee("B12")
def test_materialized_gradients_are_zeros(backend: str) -> None:
    x, unused = leaf([1.0, 2.0]), tg.ones(2, 3, requires_grad=True)
    z = tg.tensor([1j], requires_grad=True)
    y = (x * x).sum()
    inputs = [x, unused, z]
    gx, zeros, gz = tg.autograd.grad(y, inputs, materialize_grads=True, retain_graph=True)
    assert array(gx).tolist() == [2.0, 4.0]
    assert (zeros.shape, zeros.dtype) == ((2, 3), tg.float32)
    assert array(zeros).tolist() == [[0.0] * 3] * 2
    assert gz.dtype is tg.complex64
    assert not zeros.requires_grad
    _, zeros, _ = tg.autograd.grad(
        y, inputs, materialize_grads=True, allow_unused=True, create_graph=True
    )
    assert zeros.requires_grad


@pytest.mark.guarantee("B13")
def test_materialized_gradients_are_those_of_unused_inputs(backend: str) -> None:
    x = leaf([1.0, 2.0])
    said = (
        "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
        "allow_unused=False."
    )
    with pytest.raises(ValueError, match=said):
        tg.autograd.grad(x.sum(), x, materialize_grads=True, allow_unused=False)


@pytest.mark.guarantee("B14")
def test_backward_with_inputs_touches_no_other_leaf(backend: str) -> None:
    a, b = leaf(2.0), leaf(3.0)
    (a * b).backward(inputs=[a])
    assert float(a.grad) == 3.0
    assert b.grad is None
    (a * b).backward(inputs=[a])
    assert float(a.grad) == 6.0
    a.grad = const(3.0)
    (a * b).backward(inputs=b)
    assert float(a.grad) == 3.0
    assert float(b.grad) == 2.0


@pytest.mark.guarantee("B15")
def test_backward_with_inputs_that_are_no_leaves_fills_their_grad(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    z = (y * y).sum()
    z.backward(inputs=[y], retain_graph=True)
    assert array(y.grad).tolist() == [2.0, 8.0]
    assert x.grad is None
    z.backward(inputs=[y, x], retain_graph=True)
    assert array(y.grad).tolist() == [4.0, 16.0]
    assert array(x.grad).tolist() == [4.0, 32.0]
    # From now on it keeps its gradient, once per pass, as if asked to by retain_grad().
    y.retain_grad()
    z.backward(inputs=[y], retain_graph=True)
    assert array(y.grad).tolist() == [6.0, 24.0]
    z.backward()
    assert array(y.grad).tolist() == [8.0, 32.0]


@pytest.mark.guarantee("B16")
def test_grad_changes_no_grad(backend: str) -> None:
    x = leaf([1.0, 2.0])
    x.grad = const([5.0, 5.0])
    kept = x.grad
    y = x * x
    assert array(tg.autograd.grad(y.sum(), x)[0]).tolist() == [2.0, 4.0]
    y = x * x
    assert array(tg.autograd.grad(y.sum(), y)[0]).tolist() == [1.0, 1.0]
    other = leaf([1.0, 1.0])
    tg.autograd.grad((x * other).sum(), other)
    assert other.grad is None
    assert x.grad is kept
    assert array(kept).tolist() == [5.0, 5.0]


@pytest.mark.guarantee("B17")
def test_grad_reaches_what_is_no_leaf_and_several_outputs_of_one_node(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    a, b = y.unbind(0)
    loss = a * b
    gy, ga, gb = tg.autograd.grad(loss, [y, a, b], retain_graph=True)
    assert (array(gy).tolist(), float(ga), float(gb)) == ([6.0, 3.0], 6.0, 3.0)
    assert float(tg.autograd.grad(loss, loss)[0]) == 1.0


@pytest.mark.guarantee("B18")
def test_grad_returns_an_input_given_twice_twice(backend: str) -> None:
    x = leaf(3.0)
    first, second = tg.autograd.grad(x * x, [x, x])
    assert (float(first), float(second)) == (6.0, 6.0)
    y = x * 2
    gy, gx, again = tg.autograd.grad(y * x, [y, x, y])
    assert (float(gy), float(gx), float(again)) == (3.0, 12.0, 3.0)
