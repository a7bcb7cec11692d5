"""Edges of the graph: as what stands for a tensor, and as what leads from node to node."""

from __future__ import annotations

import weakref

import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf

graph = tg.autograd.graph


@pytest.mark.guarantee("A28")
def test_an_edge_keeps_its_graph_alive(backend: str) -> None:
    x = leaf([1.0, 2.0])
    middle = x.exp()
    edge = graph.get_gradient_edge(middle * middle)
    saved, node = weakref.ref(middle), weakref.ref(edge.node)
    del middle
    assert saved() is not None
    (g,) = tg.autograd.grad(edge, x, const([1.0, 0.0]), retain_graph=True)
    assert array(g) == pytest.approx([2 * 2.718281828459045**2, 0.0])
    tg.autograd.backward(edge, const([1.0, 0.0]))
    assert array(x.grad).tolist() == array(g).tolist()
    del edge
    assert node() is None


def test_an_edge_stands_for_its_tensor(backend: str) -> None:
    x = leaf([1.0, 2.0])
    y = x * x
    edge = graph.get_gradient_edge(y)
    assert edge.node is y.grad_fn
    assert edge.output_nr == 0
    loss = y.sum()
    del y
    (g,) = tg.autograd.grad(loss, edge, retain_graph=True)
    assert array(g).tolist() == [1.0, 1.0]
    (g,) = tg.autograd.grad(edge, x, const([1.0, 10.0]))
    assert array(g).tolist() == [2.0, 40.0]
    second = graph.get_gradient_edge((x * 2).unbind(0)[1])
    assert second.output_nr == 1
    tg.autograd.backward(second, const(3.0))
    assert array(x.grad).tolist() == [0.0, 6.0]


@pytest.mark.guarantee("A29")
def test_an_edge_still_means_the_value_before_an_in_place_operation(backend: str) -> None:
    x = leaf([1.0]).clone()
    edge = graph.get_gradient_edge(x)
    x.mul_(2)
    old, new = tg.autograd.grad(x.sum(), (edge, x))
    assert (array(old).tolist(), array(new).tolist()) == ([2.0], [1.0])


@pytest.mark.guarantee("A30")
def test_an_edge_of_what_needs_no_grad_is_an_error(backend: str) -> None:
    said = (
        "It is not possible to get the gradient edge for a Tensor that does not require gradients"
    )
    with pytest.raises(RuntimeError, match=said):
        graph.get_gradient_edge(const(1.0))
    with pytest.raises(RuntimeError, match=said):
        graph.get_gradient_edge((leaf(1.0) * 2).detach())


def test_an_edge_has_no_shape_for_which_ones_could_be_made(backend: str) -> None:
    edge = graph.get_gradient_edge(leaf([1.0]) * 2)
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar"):
        tg.autograd.backward(edge)


@pytest.mark.guarantee("A31")
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
