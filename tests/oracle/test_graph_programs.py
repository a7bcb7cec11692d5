"""Programs of everything that a graph can be put through: what happens is what does in PyTorch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorflowlite_grad as tg

torch = pytest.importorskip("torch")

OPERATIONS = (
    lambda m, a, b: a + b,
    lambda m, a, b: a * b,
    lambda m, a, b: a - 2 * b,
    lambda m, a, b: a @ b,
    lambda m, a, b: m.cat([a, b]),
    lambda m, a, b: m.where(a > b, a, b),
    lambda m, a, b: a.sin(),
    lambda m, a, b: a.sum(0),
    lambda m, a, b: a.mean(-1, keepdim=True),
    lambda m, a, b: a.abs().sqrt(),
    lambda m, a, b: a.max(),
    lambda m, a, b: a.max(0)[0],
    lambda m, a, b: a.clone(),
    lambda m, a, b: a.cumsum(0),
    lambda m, a, b: a.exp().clamp(max=3.0),
    lambda m, a, b: a.tanh() * b,
    lambda m, a, b: m.stack([a, a * 2, a]),
    lambda m, a, b: m.maximum(a, b),
    lambda m, a, b: a[[0, 0, -1]],
    lambda m, a, b: a[a > 0],
    lambda m, a, b: a.sort(0)[0],
    lambda m, a, b: a.prod(0),
    lambda m, a, b: a.logsumexp(0),
    lambda m, a, b: a.detach(),
)
VIEWS = (
    lambda m, a, b: a[0],
    lambda m, a, b: a.T,
    lambda m, a, b: a.select(0, -1),
    lambda m, a, b: a.expand(2, -1) * 1,  # of which PyTorch lets `zero_` write the rest
    lambda m, a, b: a[..., 1:],
    lambda m, a, b: a.unsqueeze(0),
    lambda m, a, b: a.view(-1),
    lambda m, a, b: a.detach(),
)
CHANGES = (
    # Clones: PyTorch refuses an operand that overlaps what is written.
    lambda m, a, b: a.add_(b.clone()),
    lambda m, a, b: a.mul_(b.clone()),
    lambda m, a, b: a.tanh_(),
    lambda m, a, b: a.copy_(b.clone()),
    lambda m, a, b: a.__setitem__(0, b.clone()),
    lambda m, a, b: a.__setitem__(a > 0, 0.5),
    # Not on again: PyTorch's views of constants then say that they require grad.
    lambda m, a, b: a.requires_grad_(False),
    lambda m, a, b: a.grad.mul_(3),
    lambda m, a, b: a.register_hook(lambda g: None),
    lambda m, a, b: a.register_hook(lambda g: m.zeros_like(g)),
    lambda m, a, b: a.register_post_accumulate_grad_hook(lambda t: t.grad.mul_(0.5)),
    lambda m, a, b: a.sin_(),
    lambda m, a, b: a.zero_(),
    lambda m, a, b: a.detach().clone().requires_grad_(),
    lambda m, a, b: a.retain_grad(),
    lambda m, a, b: a.detach_(),
    lambda m, a, b: a.register_hook(lambda g: g * 2),
    lambda m, a, b: setattr(a, "grad", None),
)
PASSES = (
    lambda m, a, b: a.sum().backward(),
    lambda m, a, b: a.sum().backward(retain_graph=True),
    # PyTorch fills a root's own gradient though it does not lead to the inputs.
    lambda m, a, b: (a * 1).backward(
        m.ones_like(a), retain_graph=True, inputs=[b] if b.is_leaf else None
    ),
    lambda m, a, b: m.autograd.backward([a, b], [m.ones_like(a), m.ones_like(b)]),
    lambda m, a, b: m.autograd.grad(a.sum(), b, retain_graph=True)[0],
    lambda m, a, b: m.autograd.grad(a.sum(), b, create_graph=True)[0],
    lambda m, a, b: m.autograd.grad(
        a, [b, a], m.ones_like(a), retain_graph=True, allow_unused=True, create_graph=True
    )[0],
    lambda m, a, b: a.sum().backward(inputs=[b]),
    lambda m, a, b: m.autograd.grad((a * a).sum(), b, retain_graph=True, allow_unused=True)[0],
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["make", "make", "make", "view", "change", "pass"]),
        st.integers(0, 20),
        st.integers(0, 20),
        st.integers(0, 40),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=2,
    max_size=16,
)


def run(m: Any, steps: Any) -> list[Any]:
    """Return what each step of a program did, and what can be seen of all tensors after it."""
    x = (m.arange(6, dtype=m.float64).reshape(2, 3) * 0.37 - 0.8).requires_grad_()
    w = m.tensor([0.7, -1.3, 0.4], dtype=m.float64, requires_grad=True)
    c = m.tensor([[0.3, 0.2, 1.1], [0.5, -0.6, 0.9], [0.8, 1.2, -0.1]], dtype=m.float64)
    tensors, seen = [x, w, c], []
    starts = [0, 0, 0]  # versions: PyTorch's own functions write some results in place
    for kind, which, other, what, recorded in steps:
        a, b = tensors[-1 - which % len(tensors)], tensors[-1 - other % len(tensors)]
        does = {"make": OPERATIONS, "view": VIEWS, "change": CHANGES, "pass": PASSES}[kind]
        try:
            # PyTorch's views of leaves say that they require grad, under no_grad too.
            with m.set_grad_enabled(recorded or kind == "view"):
                out = does[what % len(does)](m, a, b)
            done = "done"
            if kind == "pass" and out is not None:
                out = out.clone()  # PyTorch's gradients can be expanded, and then not written
            if isinstance(out, type(x)) and all(out is not t for t in tensors):
                tensors.append(out)
                starts.append(out._version)
        except (RuntimeError, IndexError, AttributeError) as error:
            done = type(error).__name__
            if kind == "pass":  # which in PyTorch has gone half way
                return [*seen, (done, [])]
        seen.append((done, [look(t, n) for t, n in zip(tensors, starts, strict=True)]))
    return seen


def look(t: Any, start: int) -> tuple[Any, ...]:
    """Return what can be seen of a tensor."""
    kept = t.is_leaf or t.retains_grad
    g = t.grad if kept else None
    state = (
        tuple(t.shape),
        t.requires_grad,
        t.is_leaf,
        t.grad_fn is None,
        t._version - start,
        kept,
    )
    return (
        state,
        np.asarray(t.detach()).copy(),
        None if g is None else np.asarray(g.detach()).copy(),
    )


@given(steps=STEPS)
def test_programs_agree(steps: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with tg.use_backend("numpy"):
            seen = run(tg, steps)
        expected = run(torch, steps)
    for number, (mine, other) in enumerate(zip(seen, expected, strict=True)):
        if steps[number][0] == "pass" and mine[0] == "done" != other[0]:
            return  # where less is saved, less is freed and can change
        assert mine[0] == other[0], (number, steps[number])
        for (state, value, g), (state2, value2, g2) in zip(mine[1], other[1], strict=True):
            assert state == state2, (number, steps[number])
            np.testing.assert_allclose(value, value2, rtol=1e-12, atol=1e-12)
            assert (g is None) is (g2 is None)
            if g is not None:
                np.testing.assert_allclose(g, g2, rtol=1e-10, atol=1e-10)
