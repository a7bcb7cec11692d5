"""What `backward` and `grad` do: which arguments, what they free, what they refuse."""

from __future__ import annotations

import gc
import weakref

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf

FREED = "Trying to backward through the graph a second time"
NO_GRAPH = "element 0 of tensors does not require grad and does not have a grad_fn"


# -- what a pass frees ---------------------------------------------------------------------


def test_a_second_pass_over_saved_values_is_an_error_that_names_the_cure(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=f"{FREED}.*retain_graph=True"):
        y.backward()
    assert array(x.grad).tolist() == [2.0, 4.0]


def test_a_second_pass_works_where_nothing_was_saved(backend: str) -> None:
    x = leaf(1.0)
    y = x + 1
    y.backward()
    y.backward()
    assert float(x.grad) == 2.0


@pytest.mark.parametrize("passes", [1, 3])
def test_passes_that_retain_the_graph_add_up_until_one_does_not(backend: str, passes: int) -> None:
    x = leaf([3.0])
    y = x * x
    for _ in range(passes):
        y.backward(retain_graph=True)
    y.backward()
    assert array(x.grad).tolist() == [6.0 * (passes + 1)]
    with pytest.raises(RuntimeError, match=FREED):
        y.backward()


def test_create_graph_retains_unless_told_otherwise(backend: str) -> None:
    x = leaf(3.0)
    y = x * x
    tg.autograd.grad(y, x, create_graph=True)
    y.backward()
    assert float(x.grad) == 6.0
    z = x * x
    tg.autograd.grad(z, x, create_graph=True, retain_graph=False)
    with pytest.raises(RuntimeError, match=FREED):
        z.backward()


def test_grad_of_one_operand_frees_the_other_s_too(backend: str) -> None:
    a, b = leaf(2.0), leaf(3.0)
    y = a * b
    assert float(tg.autograd.grad(y, a)[0]) == 3.0
    with pytest.raises(RuntimeError, match=FREED):
        tg.autograd.grad(y, b)


def test_losses_that_share_a_part_go_together(backend: str) -> None:
    x = leaf(2.0)
    shared = x * x
    z, w = shared * 3, shared + 1
    z.backward()
    with pytest.raises(RuntimeError, match=FREED):
        w.backward()
    x.grad = None
    shared = x * x
    tg.autograd.backward([shared * 3, shared + 1])
    assert float(x.grad) == 16.0


@pytest.fixture
def no_gc():
    gc.disable()
    yield
    gc.enable()


def test_saved_values_die_with_the_pass_by_reference_counting(backend: str, no_gc) -> None:
    x = leaf([1.0, 2.0])
    middle = x.exp()
    watched = weakref.ref(middle)
    y = (middle * middle).sum()
    del middle
    assert watched() is not None
    y.backward()
    assert watched() is None


def test_saved_values_live_with_a_retained_graph_and_die_with_its_output(
    backend: str, no_gc
) -> None:
    x = leaf([1.0, 2.0])
    middle = x.exp()
    watched = weakref.ref(middle)
    y = (middle * middle).sum()
    del middle
    y.backward(retain_graph=True)
    assert watched() is not None
    del y
    assert watched() is None


def test_a_graph_without_backward_is_freed_with_its_output(backend: str, no_gc) -> None:
    x = leaf([1.0, 2.0])
    y = x
    watched = []
    for _ in range(5):
        y = y.sin() * y
        watched.append(weakref.ref(y.grad_fn))
    assert all(w() is not None for w in watched)
    del y
    assert all(w() is None for w in watched)


def test_a_leaf_dies_when_its_graph_does(backend: str, no_gc) -> None:
    x = leaf([1.0])
    watched = weakref.ref(x)
    y = x * x
    del x
    assert watched() is not None
    del y
    assert watched() is None


def test_a_node_of_several_outputs_lives_as_long_as_any(backend: str, no_gc) -> None:
    a, b = leaf([1.0, 2.0]).unbind(0)
    watched = weakref.ref(a.grad_fn)
    assert a.grad_fn is b.grad_fn
    del a
    assert watched() is not None
    del b
    assert watched() is None


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 3.0,
        lambda x: x + 1,
        lambda x: x - 1,
        lambda x: x / 2,
        lambda x: -x,
        lambda x: x[1:],
        lambda x: x[[0, 0]],
        lambda x: x.sum(),
        lambda x: x.mean(),
        lambda x: x.reshape(1, 2),
        lambda x: x.clone(),
        lambda x: x.expand(3, 2),
        lambda x: x.flip(0),
        lambda x: tg.cat([x, x]),
        lambda x: tg.stack([x, x]),
        lambda x: x.exp(),
        lambda x: x.sqrt(),
        lambda x: x.cumsum(0),
    ],
)
def test_an_operand_that_the_rule_does_not_need_may_change(backend: str, function) -> None:
    x = leaf([1.0, 2.0])
    twice = x * 1
    y = function(twice)
    y.sum().backward(retain_graph=True)
    expected = array(x.grad)
    x.grad = None
    twice.detach().zero_()
    y.sum().backward()
    assert array(x.grad).tolist() == expected.tolist()


def test_only_the_other_operand_is_saved_for_a_product_with_a_constant(backend: str) -> None:
    x, m = leaf([1.0, 2.0]), const([3.0, 4.0])
    shifted = x + 2
    watched = weakref.ref(shifted)
    y = shifted * m
    del shifted
    assert watched() is None
    y.sum().backward()
    assert array(x.grad).tolist() == [3.0, 4.0]


# -- which nodes run -----------------------------------------------------------------------


def test_nodes_off_the_path_to_the_inputs_do_not_run(backend: str) -> None:
    x, a = leaf(2.0), leaf(3.0)
    other = a * a
    other.grad_fn.register_prehook(lambda g: pytest.fail("was run"))
    y = x * 5 + other
    assert float(tg.autograd.grad(y, x)[0]) == 5.0


def test_an_output_that_is_not_used_has_zero_gradient(backend: str) -> None:
    x = leaf([[1.0, 2.0]] * 5)
    parts = x.chunk(5)
    (parts[3] * 2).sum().backward()
    assert array(x.grad).tolist() == [[0, 0]] * 3 + [[2, 2]] + [[0, 0]]


def test_an_unused_branch_of_integers_does_no_harm(backend: str) -> None:
    x = leaf([[3.0, 1.0], [2.0, 5.0]])
    values, indices = x.max(1)
    branch = indices.double()
    assert not branch.requires_grad
    (values + branch).sum().backward()
    assert array(x.grad).tolist() == [[1, 0], [0, 1]]


def test_a_root_given_twice_counts_twice(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    g = const([1.0, 10.0])
    tg.autograd.backward([y, y], [g, g])
    assert array(x.grad).tolist() == [6.0, 60.0]


def test_roots_may_depend_on_each_other(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    z = y * 3
    tg.autograd.backward([y, z], [const([1.0, 1.0]), const([1.0, 1.0])])
    assert array(x.grad).tolist() == [8.0, 16.0]
    tg.autograd.backward([x * 2, x], [const([1.0, 1.0]), const([1.0, 1.0])])
    assert array(x.grad).tolist() == [11.0, 19.0]


def test_a_gradient_that_fans_out_is_summed_for_each_consumer_alone(backend: str) -> None:
    x, y = leaf(1.0), leaf(1.0)
    a = x + y
    b = a + x
    c = b + a + x * 30
    (c + y * 14 + b + a * 0).backward()
    # x: through c 1+1+30+1 and through b 1+1; y: through a twice in c and once in b, and 14
    assert (float(x.grad), float(y.grad)) == (35.0, 17.0)


def test_a_loss_may_be_split_at_any_point(backend: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    (x.sin() * x.exp()).sum().backward()
    expected = array(x.grad)
    x.grad = None
    originals = [x.sin(), x.exp()]
    parts = [p.detach().requires_grad_() for p in originals]
    loss = (parts[0] * parts[1]).sum()
    grads = [tg.autograd.grad(loss, p, retain_graph=True)[0] for p in parts]
    tg.autograd.backward(originals, grads)
    assert array(x.grad).tolist() == pytest.approx(expected.tolist(), rel=1e-14)


def test_nodes_run_from_the_latest_to_the_earliest(backend: str) -> None:
    order: list[str] = []
    x = leaf(1.0)
    a = x * 2
    b = x * 3
    c = a * b
    d = c + a
    for name, t in [("a", a), ("b", b), ("c", c), ("d", d)]:
        t.grad_fn.register_prehook(lambda g, name=name: order.append(name))
    d.backward()
    assert order == ["d", "c", "b", "a"]


def test_next_functions_lead_to_the_nodes_behind(backend: str) -> None:
    x = leaf(1.0)
    y = x * 2
    z = x * y
    (first, number), (second, _) = z.grad_fn.next_functions
    assert first.name().endswith("AccumulateGrad")
    assert first.variable is x
    assert number == 0
    assert second is y.grad_fn
    assert y.grad_fn.next_functions[1] == (None, 0)
    assert y.grad_fn.next_functions[0][0] is first
    parts = (x * const([1.0, 2.0])).unbind(0)
    assert parts[1].sin().grad_fn.next_functions == ((parts[0].grad_fn, 1),)


# -- arguments -----------------------------------------------------------------------------


def test_a_gradient_is_made_only_for_real_scalars(backend: str) -> None:
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar out"):
        (x * 2).backward()
    z = tg.tensor(1 + 2j, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"only for real scalar outputs but got .*complex64"):
        (z * 2).backward()
    one = leaf([[3.0]])
    (one * one).backward()
    assert array(one.grad).tolist() == [[6.0]]


def test_a_root_without_a_graph_is_named_by_its_number(backend: str) -> None:
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match=NO_GRAPH):
        const(1.0).backward()
    with pytest.raises(RuntimeError, match=NO_GRAPH.replace("0", "1")):
        tg.autograd.backward([x * 2, const(1.0)])
    with pytest.raises(RuntimeError, match=NO_GRAPH):
        tg.autograd.grad(const(1.0), x)
    assert x.grad is None


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
    assert x.grad is None


def test_a_complex_gradient_does_not_fit_a_real_output(backend: str) -> None:
    x = tg.tensor([1.0], requires_grad=True)
    g = tg.tensor([1 + 1j])
    with pytest.raises(RuntimeError, match="For complex Tensors, both grad_output and output are"):
        (x * 2).backward(g)


def test_a_gradient_of_another_float_is_converted(backend: str) -> None:
    x = tg.tensor([1.0], requires_grad=True)
    (x * 2).backward(const([3.0]))
    assert x.grad.dtype is tg.float32
    assert array(x.grad).tolist() == [6.0]


@pytest.mark.parametrize("given", [1, 1.0, "g"])
def test_what_is_no_tensor_is_no_gradient(backend: str, given) -> None:
    x = leaf(1.0)
    kind = type(given).__name__
    with pytest.raises(TypeError, match=f"gradients can be either Tensors or None, but got {kind}"):
        (x * 2).backward(given)
    with pytest.raises(TypeError, match=f"gradients can be either Tensors or None, but got {kind}"):
        tg.autograd.grad([x * 2], [x], [given])
    assert x.grad is None


def test_gradients_are_as_many_as_tensors(backend: str) -> None:
    x = leaf(1.0)
    y = x * 2
    with pytest.raises(RuntimeError, match="got 2 tensors and 1 gradients"):
        tg.autograd.backward([y, y], [const(1.0)])
    tg.autograd.backward([y, y], [None, const(1.0)])
    assert float(x.grad) == 4.0


def test_inputs_must_not_be_empty_or_without_grad(backend: str) -> None:
    x, c = leaf(1.0), const(1.0)
    y = x * 2
    with pytest.raises(RuntimeError, match=r"`inputs` argument to `backward\(\)` cannot be empty"):
        y.backward(inputs=[])
    with pytest.raises(RuntimeError, match=r"`inputs` argument to `grad\(\)` cannot be empty"):
        tg.autograd.grad(y, [])
    with pytest.raises(RuntimeError, match="One of the differentiated Tensors does not require gr"):
        tg.autograd.grad(y, [x, c])
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=F"):
        y.backward(inputs=[c])
    with pytest.raises(RuntimeError, match=r"all inputs have to be Tensors.*but got NoneType"):
        tg.autograd.grad(y, [x, None])
    y.backward()
    assert float(x.grad) == 2.0


def test_outputs_must_be_there_and_be_tensors(backend: str) -> None:
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="outputs is empty"):
        tg.autograd.grad([], [x])
    with pytest.raises(RuntimeError, match="outputs is empty"):
        tg.autograd.backward([])
    with pytest.raises(TypeError, match=r"outputs must be a Tensor or a sequence .*not int"):
        tg.autograd.grad(3, x)
    with pytest.raises(TypeError, match=r"inputs must be a Tensor or a sequence .*not float"):
        tg.autograd.grad(x * 2, 1.0)


def test_an_input_that_was_not_used(backend: str) -> None:
    x, unused = leaf([1.0, 2.0]), leaf([3.0])
    y = (x * x).sum()
    said = "The differentiated Tensor at index 1 appears to not have been used in the graph"
    with pytest.raises(RuntimeError, match=said):
        tg.autograd.grad(y, [x, unused])
    # Nothing was freed: the error came first.
    gx, gu = tg.autograd.grad(y, [x, unused], allow_unused=True)
    assert array(gx).tolist() == [2.0, 4.0]
    assert gu is None
    y = (x * x).sum()
    y.backward(inputs=[x, unused])
    assert unused.grad is None


def test_materialized_gradients_are_zeros(backend: str) -> None:
    x, unused = leaf([1.0, 2.0]), tg.ones(2, 3, requires_grad=True)
    y = (x * x).sum()
    _, zeros = tg.autograd.grad(y, [x, unused], materialize_grads=True, retain_graph=True)
    assert zeros.shape == (2, 3)
    assert zeros.dtype is tg.float32
    assert array(zeros).tolist() == [[0.0] * 3] * 2
    assert not zeros.requires_grad
    _, zeros = tg.autograd.grad(y, [x, unused], materialize_grads=True, create_graph=True)
    assert zeros.requires_grad
    with pytest.raises(ValueError, match="Expected allow_unused to be True or not passed when mat"):
        tg.autograd.grad(y, x, materialize_grads=True, allow_unused=False)


def test_backward_with_inputs_touches_no_other_leaf(backend: str) -> None:
    a, b = leaf(2.0), leaf(3.0)
    (a * b).backward(inputs=[a])
    assert float(a.grad) == 3.0
    assert b.grad is None
    (a * b).backward(inputs=b)
    assert float(a.grad) == 3.0
    assert float(b.grad) == 2.0


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


def test_grad_changes_no_grad(backend: str) -> None:
    x = leaf([1.0, 2.0])
    x.grad = const([5.0, 5.0])
    kept = x.grad
    y = x * x
    assert array(tg.autograd.grad(y.sum(), x)[0]).tolist() == [2.0, 4.0]
    assert x.grad is kept
    assert array(kept).tolist() == [5.0, 5.0]


def test_grad_reaches_what_is_no_leaf_and_several_outputs_of_one_node(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    a, b = y.unbind(0)
    loss = a * b
    gy, ga, gb = tg.autograd.grad(loss, [y, a, b], retain_graph=True)
    assert (array(gy).tolist(), float(ga), float(gb)) == ([6.0, 3.0], 6.0, 3.0)
    assert float(tg.autograd.grad(loss, loss)[0]) == 1.0


def test_grad_returns_an_input_given_twice_twice(backend: str) -> None:
    x = leaf(3.0)
    first, second = tg.autograd.grad(x * x, [x, x])
    assert (float(first), float(second)) == (6.0, 6.0)


def test_a_leaf_may_be_the_root(backend: str) -> None:
    x = leaf([1.0, 2.0])
    x.backward(const([3.0, 4.0]))
    assert array(x.grad).tolist() == [3.0, 4.0]
    (g,) = tg.autograd.grad(x, x, const([5.0, 6.0]))
    assert array(g).tolist() == [5.0, 6.0]


def test_a_gradient_of_zeros_gives_zeros_not_none(backend: str) -> None:
    x = leaf([1.0, 2.0])
    (x * x).backward(const([0.0, 0.0]))
    assert array(x.grad).tolist() == [0.0, 0.0]


def test_a_failed_pass_leaves_no_gradient_behind(backend: str) -> None:
    x, broken = leaf([1.0]), leaf([2.0])
    a = broken * broken
    b = x * 3
    y = (a * b).sum()
    a.detach().add_(1.0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()
        assert x.grad is None
        assert broken.grad is None
    b.sum().backward()
    assert array(x.grad).tolist() == [3.0]


# -- edges without their tensors -----------------------------------------------------------


def test_an_edge_keeps_its_graph_alive_and_stands_for_its_tensor(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    edge = tg.autograd.graph.get_gradient_edge(y)
    assert edge.node is y.grad_fn
    assert edge.output_nr == 0
    loss = y.sum()
    del y
    (g,) = tg.autograd.grad(loss, edge, retain_graph=True)
    assert array(g).tolist() == [1.0, 1.0]
    (g,) = tg.autograd.grad(edge, x, const([1.0, 10.0]))
    assert array(g).tolist() == [2.0, 40.0]
    second = tg.autograd.graph.get_gradient_edge((x * 2).unbind(0)[1])
    assert second.output_nr == 1
    tg.autograd.backward(second, const(3.0))
    assert array(x.grad).tolist() == [0.0, 6.0]


def test_an_edge_still_means_the_value_before_an_in_place_operation(backend: str) -> None:
    x = leaf([1.0]).clone()
    edge = tg.autograd.graph.get_gradient_edge(x)
    x.mul_(2)
    old, new = tg.autograd.grad(x.sum(), (edge, x))
    assert (array(old).tolist(), array(new).tolist()) == ([2.0], [1.0])


def test_an_edge_of_what_needs_no_grad_is_an_error(backend: str) -> None:
    with pytest.raises(RuntimeError, match="It is not possible to get the gradient edge for a Ten"):
        tg.autograd.graph.get_gradient_edge(const(1.0))
    edge = tg.autograd.graph.get_gradient_edge(leaf([1.0]) * 2)
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar"):
        tg.autograd.backward(edge)


# -- several gradients at once -------------------------------------------------------------


def test_batched_gradients_are_propagated_one_by_one(backend: str) -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x * x
    rows = const([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
    (jacobian,) = tg.autograd.grad(y, x, rows, is_grads_batched=True)
    assert array(jacobian).tolist() == [[2, 0, 0], [0, 4, 0], [0, 0, 6], [2, 4, 6]]
    with pytest.raises(RuntimeError, match=FREED):
        tg.autograd.grad(y, x, rows, is_grads_batched=True)


def test_batched_gradients_of_scalars_several_outputs_and_unused_inputs(backend: str) -> None:
    x, unused = leaf([1.0, 2.0]), leaf([7.0])
    y, z = (x * x).sum(), x * 3
    gx, gu = tg.autograd.grad(
        [y, z],
        [x, unused],
        [const([1.0, 2.0]), const([[1.0, 1.0], [0.0, 1.0]])],
        is_grads_batched=True,
        allow_unused=True,
        retain_graph=True,
    )
    assert array(gx).tolist() == [[5.0, 7.0], [4.0, 11.0]]
    assert gu is None
    _, gu = tg.autograd.grad(
        y, [x, unused], const([1.0, 2.0]), is_grads_batched=True, materialize_grads=True
    )
    assert array(gu).tolist() == [[0.0], [0.0]]


def test_batched_gradients_can_be_differentiated_again(backend: str) -> None:
    x = leaf([1.0, 2.0])
    rows = const([[1.0, 0.0], [0.0, 1.0]])
    (jacobian,) = tg.autograd.grad(x**3, x, rows, is_grads_batched=True, create_graph=True)
    (second,) = tg.autograd.grad(jacobian.sum(), x)
    assert array(second).tolist() == pytest.approx([6.0, 12.0])


def test_a_batched_gradient_of_the_wrong_shape_is_named_as_it_was_passed(backend: str) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = x * x
    said = (
        r"If `is_grads_batched=True`, we interpret the first dimension .*grad_output\[0\] has a "
        r"shape of .*Size\(\[2, 3\]\) and output\[0\] has a shape of .*Size\(\[2, 2\]\)"
    )
    with pytest.raises(RuntimeError, match=said):
        tg.autograd.grad(y, x, tg.ones(2, 3, dtype=tg.float64), is_grads_batched=True)
    with pytest.raises(RuntimeError, match="If `is_grads_batched=True`"):
        tg.autograd.grad(y.sum(), x, const(1.0), is_grads_batched=True)
    with pytest.raises(RuntimeError, match="If `is_grads_batched=True`"):
        tg.autograd.grad(y.sum(), x, const([[1.0], [1.0]]), is_grads_batched=True)
    with pytest.raises(RuntimeError, match="batch"):
        tg.autograd.grad([y, y], x, [tg.ones(2, 2, 2), tg.ones(3, 2, 2)], is_grads_batched=True)
