"""Activations, losses, normalisation, dropout, embeddings and attention: what cases do not show."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad.nn import functional as F

INF, NAN = math.inf, math.nan


def host(tensor: Any) -> np.ndarray:
    t = tensor.detach()
    return np.asarray(t._place.backend.to_numpy(t._array))


def close(tensor: Any, values: Any, rtol: float = 1e-12) -> None:
    np.testing.assert_allclose(host(tensor), values, rtol=rtol, atol=1e-300)


def double(*values: float) -> Any:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def slope(f: Any, x: Any) -> Any:
    (g,) = tg.autograd.grad(f(x).sum(), x)
    return g


# -- activations ------------------------------------------------------------------------------


def test_slopes_far_out(backend: str) -> None:
    x = double(-1000.0, -40.0, 0.0, 40.0, 1000.0)
    tail = math.exp(-40.0)
    close(slope(F.softplus, x), [0.0, tail / (1 + tail), 0.5, 1.0, 1.0])
    close(slope(F.logsigmoid, x), [1.0, 1.0, 0.5, tail / (1 + tail), 0.0])
    close(slope(F.silu, x), [0.0, -39 * tail, 0.5, 1.0, 1.0])
    close(slope(F.mish, x), [0.0, -39 * tail, 0.6, 1.0, 1.0])
    close(
        slope(F.gelu, double(-30.0, 30.0)), [-30 * math.exp(-450) / math.sqrt(2 * math.pi), 1], 2e-3
    )


def test_second_derivatives_where_a_form_has_a_kink(backend: str) -> None:
    x = double(0.0)
    for f, want in ((F.softplus, 0.25), (F.silu, 0.5), (F.logsigmoid, -0.25)):
        (g,) = tg.autograd.grad(f(x).sum(), x, create_graph=True)
        close(slope(lambda _, g=g: g, x), [want])


def test_bounds_of_pieces(backend: str) -> None:
    x = double(-3.0, -1.0, 0.0, 1.0, 3.0, 6.0)
    close(slope(F.hardtanh, x), [0, 0, 1, 0, 0, 0])
    close(slope(F.relu6, x), [0, 0, 0, 1, 1, 0])
    close(slope(F.hardsigmoid, x), [0, 1 / 6, 1 / 6, 1 / 6, 0, 0])
    close(slope(F.hardswish, x), [0, 1 / 6, 1 / 2, 5 / 6, 1, 1])
    close(slope(lambda t: F.hardshrink(t, 1.0), x), [1, 0, 0, 0, 1, 1])
    close(slope(lambda t: F.threshold(t, 1.0, 0.0), x), [0, 0, 0, 0, 1, 1])


@pytest.mark.parametrize(
    "f",
    [
        *(F.relu, F.relu6, F.hardtanh, F.leaky_relu, F.elu, F.celu, F.selu, F.silu, F.mish),
        *(F.hardswish, F.hardsigmoid, F.dropout, F.alpha_dropout, F.rrelu),
    ],
)
def test_in_place(backend: str, f: Any) -> None:
    x = double(-1.0, 2.0)
    y = x * 1
    tg.manual_seed(3)
    want = f(x * 1)
    tg.manual_seed(3)
    assert f(y, inplace=True) is y
    close(y, host(want))
    close(slope(lambda _: y, x), host(slope(lambda _: want, x)))
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        f(x, inplace=True)


def test_activations_refuse_integers(backend: str) -> None:
    for f in (F.gelu, F.silu, F.elu, F.mish, F.glu):
        with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
            f(tg.ones(2, dtype=tg.int64))
    assert F.relu6(tg.tensor([7, -1])).tolist() == [6, 0]


def test_gumbel_softmax_draws_one_class(backend: str) -> None:
    logits = tg.zeros(50, 4, requires_grad=True)
    hard = F.gumbel_softmax(logits, hard=True)
    np.testing.assert_allclose(host(hard.sum(-1)), np.ones(50), rtol=1e-6)
    assert len({tuple(row) for row in host(hard).round().tolist()}) > 1
    (hard * tg.arange(4)).sum().backward()
    assert bool((logits.grad != 0).any())


# -- losses -----------------------------------------------------------------------------------


def test_cross_entropy_of_large_logits_is_exact(backend: str) -> None:
    x = tg.tensor([[1000.0, 990.0], [-INF, 5.0]], requires_grad=True)
    losses = F.cross_entropy(x, tg.tensor([0, 1]), reduction="none")
    np.testing.assert_allclose(host(losses), [math.log1p(math.exp(-10)), 0], rtol=1e-3)
    (g,) = tg.autograd.grad(losses.sum(), x)
    small = 1 / (1 + math.exp(10))
    np.testing.assert_allclose(host(g), [[-small, small], [0, 0]], rtol=2e-3, atol=1e-9)


def test_ignored_targets_count_for_nothing(backend: str) -> None:
    x = tg.tensor([[1.0, 2.0], [INF, 0.0]], requires_grad=True)
    y = tg.tensor([0, -100])
    want = math.log1p(math.exp(1.0))
    for f, logits in ((F.cross_entropy, x), (F.nll_loss, F.log_softmax(x, 1))):
        assert float(f(logits, y).detach()) == pytest.approx(want, rel=1e-5)
    assert math.isnan(float(F.cross_entropy(x[:1], y[1:]).detach()))


def test_cross_entropy_keeps_no_copy_of_its_input(backend: str) -> None:
    x = tg.ones(20, 50, requires_grad=True)
    node = F.cross_entropy(x, tg.zeros(20, dtype=tg.int64), reduction="none").grad_fn
    while "CrossEntropy" not in node.name():
        node = node.next_functions[0][0]
    while not getattr(node, "saved", None):
        node = node.edges[0]
    arrays = [v[0] for v in node.saved.values() if isinstance(v, tuple) and v and v[0] is not x]
    assert all(a.size <= 20 for a in arrays if hasattr(a, "size") and not callable(a.size))


def test_certain_errors_cost_finitely(backend: str) -> None:
    x = tg.tensor([0.0, 1.0], dtype=tg.float64, requires_grad=True)
    loss = F.binary_cross_entropy(x, tg.tensor([1.0, 0.0], dtype=tg.float64), reduction="sum")
    assert float(loss.detach()) == 200.0
    logits = double(-800.0, 50.0)
    target = tg.tensor([1.0, 1.0], dtype=tg.float64)
    close(
        slope(lambda t: F.binary_cross_entropy_with_logits(t, target, reduction="sum"), logits),
        [-1.0, -math.exp(-50)],
    )


def test_the_old_spelling_of_reduction(backend: str) -> None:
    x, y = tg.ones(3), tg.zeros(3)
    with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated"):
        assert float(F.mse_loss(x, y, size_average=False)) == 3.0
    with pytest.raises(ValueError, match="not a valid value for reduction"):
        F.mse_loss(x, y, reduction="max")
    with pytest.warns(UserWarning, match="different to the input size"):
        F.l1_loss(x, tg.zeros(1))


def test_ctc_of_targets_that_cannot_be_reached(backend: str) -> None:
    x = tg.zeros(2, 1, 3, dtype=tg.float64, requires_grad=True)
    given = (tg.tensor([[1, 1]]), (2,), (2,))
    assert float(F.ctc_loss(x, *given).detach()) == INF
    loss = F.ctc_loss(x, *given, zero_infinity=True)
    assert float(loss.detach()) == 0.0
    close(slope(lambda _: loss, x), np.zeros((2, 1, 3)))


# -- normalisation ----------------------------------------------------------------------------


def test_batch_norm_moves_its_averages(backend: str) -> None:
    x = tg.tensor([[1.0, 2.0], [3.0, 6.0]], requires_grad=True)
    mean, variance = tg.zeros(2), tg.ones(2)
    F.batch_norm(x, mean, variance, training=True, momentum=0.5)
    assert (mean.tolist(), variance.tolist()) == ([1.0, 2.0], [1.5, 4.5])
    assert not mean.requires_grad
    out = F.batch_norm(x, mean, variance, eps=0.0)
    np.testing.assert_allclose(host(out), (host(x) - [1, 2]) / np.sqrt([1.5, 4.5]), rtol=1e-6)
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        F.batch_norm(x[:1], mean, variance, training=True)
    assert mean.tolist() == [1.0, 2.0]


def test_layer_norm_of_numbers_far_from_zero(backend: str) -> None:
    x = tg.tensor([[1e4, 1e4 + 2]], dtype=tg.float32)
    np.testing.assert_allclose(host(F.layer_norm(x, (2,))), [[-1, 1]], rtol=1e-3)
    half = F.layer_norm(tg.tensor([[300.0, -300.0]], dtype=tg.float32).to(tg.float64), (2,))
    close(half, [[1, -1]], 1e-6)


@pytest.mark.parametrize(
    ("f", "error", "phrase"),
    [
        (lambda x: F.layer_norm(x, (3,)), RuntimeError, "Given normalized_shape=\\[3\\]"),
        (lambda x: F.layer_norm(x, (2,), tg.ones(3)), RuntimeError, "Expected weight to be of"),
        (lambda x: F.group_norm(x, 3), RuntimeError, "divisible by num_groups"),
        (lambda x: F.batch_norm(x, None, None), RuntimeError, "must be defined in evaluation"),
        (lambda x: F.linear(x, tg.ones(3, 5)), RuntimeError, "shapes cannot be multiplied"),
        (lambda x: F.dropout(x, 1.5), ValueError, "between 0 and 1"),
        (lambda x: F.cross_entropy(x, tg.tensor([0, 9])), IndexError, "Target 9 is out of bounds"),
        (lambda x: F.cross_entropy(x, tg.ones(2)), RuntimeError, "expected scalar type Long"),
        (lambda x: F.embedding(tg.tensor([2]), x), IndexError, "index out of range in self"),
        (lambda x: F.embedding(tg.ones(1), x), RuntimeError, "following scalar types: Long, Int"),
        (lambda x: F.celu(x, 0), RuntimeError, "alpha cannot be 0"),
        (lambda x: F.glu(x[:, :1]), RuntimeError, "Halving dimension must be even"),
        (lambda x: F.one_hot(tg.tensor([3]), 2), RuntimeError, "smaller than num_classes"),
        (
            lambda x: F.scaled_dot_product_attention(x, x, x, tg.ones(2, 2), is_causal=True),
            RuntimeError,
            "should not be set when is_causal",
        ),
    ],
)
def test_refusals(backend: str, f: Any, error: type, phrase: str) -> None:
    with pytest.raises(error, match=phrase):
        f(tg.ones(2, 2))


# -- dropout, embeddings, attention -----------------------------------------------------------


def test_dropout_drops_and_scales(backend: str) -> None:
    tg.manual_seed(0)
    x = tg.ones(40, 50, requires_grad=True)
    y = F.dropout(x, 0.25)
    kept = host(y) != 0
    assert 0.65 < kept.mean() < 0.85
    np.testing.assert_allclose(host(y)[kept], 4 / 3, rtol=1e-6)
    (g,) = tg.autograd.grad(y.sum(), x)
    np.testing.assert_array_equal(host(g), host(y))
    channels = host(F.dropout2d(tg.ones(30, 4, 2, 2)))
    assert set(channels.reshape(120, 4).sum(1).tolist()) == {0.0, 8.0}
    assert F.dropout(x, training=False) is x


def test_alpha_dropout_keeps_mean_and_variance(backend: str) -> None:
    tg.manual_seed(0)
    y = host(F.alpha_dropout(tg.randn(100, 100), 0.3, training=True))
    assert abs(y.mean()) < 0.1
    assert abs(y.var() - 1) < 0.15


def test_embedding_rows_of_padding_and_by_frequency(backend: str) -> None:
    table = tg.ones(4, 2, dtype=tg.float64, requires_grad=True)
    rows = tg.tensor([1, 1, 3, 0])
    close(slope(lambda w: F.embedding(rows, w, padding_idx=3), table)[:, 0], [1, 2, 0, 0])
    close(slope(lambda w: F.embedding(rows, w, scale_grad_by_freq=True), table)[:, 0], [1, 1, 0, 1])
    plain = tg.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
    F.embedding(tg.tensor([0, 1, 0]), plain, max_norm=1.0)
    np.testing.assert_allclose(host(plain), [[0.6, 0.8], [0.3, 0.4], [6, 8]], rtol=1e-5)


def test_empty_bags(backend: str) -> None:
    table = tg.tensor([[1.0], [-5.0]], requires_grad=True)
    for mode in ("sum", "mean", "max"):
        out = F.embedding_bag(tg.tensor([0, 1]), table, tg.tensor([0, 0, 2]), mode=mode)
        assert host(out)[[0, 2], 0].tolist() == [0.0, 0.0]


def test_queries_that_see_no_key(backend: str) -> None:
    q = tg.ones(2, 3, dtype=tg.float64, requires_grad=True)
    mask = tg.tensor([[True, True], [False, False]])
    out = F.scaled_dot_product_attention(q, q, q, mask)
    close(out, [[1, 1, 1], [0, 0, 0]])
    (g,) = tg.autograd.grad(out.sum(), q)
    assert bool(tg.isfinite(g).all())


def test_attention_in_blocks_is_the_same(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorflowlite_grad.ops import attention

    q, k, v = (tg.randn(2, 5, 4, dtype=tg.float64, requires_grad=True) for _ in range(3))
    mask = tg.randn(5, 5, dtype=tg.float64, requires_grad=True)

    def run() -> list[np.ndarray]:
        causal = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        out = causal + F.scaled_dot_product_attention(q, k, v, mask)
        return [host(out), *map(host, tg.autograd.grad((out * out).sum(), [q, k, v, mask]))]

    whole = run()
    monkeypatch.setattr(attention, "_BUDGET", 20)
    for a, b in zip(whole, run(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_functions_at_the_top_level_are_found_and_documented() -> None:
    text = (Path(__file__).parents[1] / "docs/api/layers.rst").read_text(encoding="utf-8")
    assert tg.dropout(tg.ones(2), 0.0, True).tolist() == [1.0, 1.0]
    for name in tg._LAYERS:
        assert callable(getattr(tg, name)), name
    for name in re.findall(r"autofunction:: (\w+)", text):
        assert hasattr(F, name) or hasattr(tg, name), name
