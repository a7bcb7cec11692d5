"""Programs of views and of writing through them: values, versions and gradients as PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorflowlite_grad as tg

torch = pytest.importorskip("torch")


def whole(t: Any) -> Any:
    """Return a tensor that shows all of its memory; others are not for `as_strided`.

    PyTorch's gradient of it is lost outside of what a view shows, until something is changed
    in place.
    """
    if t.numel() != 12:
        raise RuntimeError("only a part of its memory")
    return t


VIEWS = (
    lambda m, t: t.diagonal(),
    lambda m, t: t.diagonal(-1, -1, 0),
    lambda m, t: t.unfold(-1, 2, 2),
    lambda m, t: whole(t).as_strided((2, 2), (3, 1)),
    lambda m, t: t.transpose(0, -1),
    lambda m, t: t.movedim(0, -1),
    lambda m, t: t[1:],
    lambda m, t: t[0],
    lambda m, t: t[..., ::2],
    lambda m, t: t.unsqueeze(0),
    lambda m, t: t.squeeze(),
    lambda m, t: t.view(-1),
)
CHANGES = (
    lambda m, t, w: t.mul_(w[0]),
    lambda m, t, w: t.copy_(w[1]),
    lambda m, t, w: t.sin_(),
    lambda m, t, w: t.masked_fill_(t > 2, w[2]),
    lambda m, t, w: t.index_fill_(-1, m.tensor([0]), w[2]),
    lambda m, t, w: t.fill_diagonal_(2.5),
    lambda m, t, w: t.__setitem__((..., 0), w[1]),
    lambda m, t, w: t.unsqueeze_(0),
    lambda m, t, w: t.squeeze_(),
    lambda m, t, w: t.transpose_(0, -1),
    lambda m, t, w: t.t_(),
)
STEPS = st.lists(
    st.tuples(
        st.booleans(),
        st.integers(0, 6),
        st.integers(0, max(len(VIEWS), len(CHANGES)) - 1),
    ),
    min_size=1,
    max_size=7,
)


def run(m: Any, steps: Any) -> Any:
    """Return what a program did, step by step, and all that can be seen of its tensors then."""
    x = (m.arange(12, dtype=m.float64).reshape(3, 4) * 0.37 + 0.5).requires_grad_()
    w = m.tensor([0.7, 1.3, -0.4], dtype=m.float64, requires_grad=True)
    tensors, done = [x * 1.5], []
    for makes_view, which, what in steps:
        t = tensors[which % len(tensors)]
        try:
            if makes_view:
                tensors.append(VIEWS[what % len(VIEWS)](m, t))
            else:
                CHANGES[what % len(CHANGES)](m, t, w)
            done.append(True)
        except (RuntimeError, IndexError):
            done.append(False)
    seen = []
    for t in tensors:
        weights = m.arange(t.numel(), dtype=m.float64).reshape(t.shape) + 1
        found = m.autograd.grad(
            (t * t * weights).sum(), (x, w), retain_graph=True, allow_unused=True
        )
        gradients = [0 if g is None else np.asarray(g) for g in found]
        seen.append((tuple(t.shape), t._version, np.asarray(t.detach()), *gradients))
    return done, seen


@given(steps=STEPS)
def test_programs_agree(steps: Any) -> None:
    with tg.use_backend("numpy"):
        done, seen = run(tg, steps)
    expected, reference = run(torch, steps)
    assert done == expected
    for mine, other in zip(seen, reference, strict=True):
        assert mine[:2] == other[:2]
        for a, b in zip(mine[2:], other[2:], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
