"""`vmap`: every operation on a batch is what it is on each example."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from support import array, const, leaf
from tensorflowlite_grad.backend import selection
from tensorflowlite_grad.checking import all_cases
from tensorflowlite_grad.checking.derivatives import Trial
from tensorflowlite_grad.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

CASES: dict[str, list[Any]] = {}
for case in all_cases():
    CASES.setdefault(case.name, []).append(case)

#: Operations whose result's shape, or how they are run, depends on values.
UNBATCHED = {
    "masked_scatter",  # how many elements a mask takes
    "to_device",  # a batch stays where it is
}


def perturbed(host: np.ndarray, k: int) -> np.ndarray:
    """Return an example that differs from a case's own, as far as that is free to."""
    if host.dtype.kind == "f":
        return host * (1 + 0.01 * k)
    return host


def assert_close(got: Any, want: Any) -> None:
    got, want = (t.detach() for t in (got, want))
    assert got.dtype is want.dtype
    assert tuple(got.shape) == tuple(want.shape)
    place = got._place
    a, b = (np.asarray(place.backend.to_numpy(t._array)) for t in (got, want))
    if a.dtype.kind in "fc":
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    else:
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", sorted(set(CASES) - UNBATCHED))
def test_operations_and_their_gradients(backend: str, name: str) -> None:
    """Values, gradients inside the batch and outside of it, and tangents."""
    # The batch's own code is the same on every backend: one case shows that it runs there.
    for case in CASES[name] if backend == "numpy" else CASES[name][:1]:
        trial = Trial(case, selection.default_place())
        if not trial.inputs:
            continue
        examples = [trial.tensors([perturbed(h, k) for h in trial.hosts]) for k in range(3)]
        stacked = [tg.stack(list(column)) for column in zip(*examples, strict=True)]
        want = tg.stack([case.apply(list(e)) for e in examples])
        if not want.dtype.is_differentiable:
            continue
        assert_close(vmap(lambda *xs, c=case: c.apply(list(xs)))(*stacked), want)

        weight = trial.place.wrap(
            trial.native(trial.direction(trial.result(trial.hosts), 0)), trial.place
        )
        inputs = tuple(trial.inputs)

        def pulled(*xs: Any, c: Any = case, w: Any = weight, n: Any = inputs) -> Any:
            def partial(*chosen: Any) -> Any:
                given = list(xs)
                for k, value in zip(n, chosen, strict=True):
                    given[k] = value
                return c.apply(given)

            return vjp(partial, *(xs[k] for k in n))[1](w)

        columns = zip(*(pulled(*e) for e in examples), strict=True)
        for got, rows in zip(vmap(pulled)(*stacked), columns, strict=True):
            assert_close(got, tg.stack(list(rows)))


def test_in_dims_out_dims_and_structures(backend: str) -> None:
    x, y = const(np.arange(6.0).reshape(2, 3)), const([10.0, 20.0, 30.0])
    got = vmap(lambda a, b: a * b, in_dims=(1, 0))(x, y)
    assert array(got).tolist() == (array(x).T * array(y)[:, None]).tolist()
    got = vmap(lambda a, b: a * b, in_dims=(1, 0), out_dims=1)(x, y)
    assert array(got).tolist() == (array(x) * array(y)).tolist()
    got = vmap(lambda a, b: a + b, in_dims=(-1, None))(x, 1.0)
    assert array(got).tolist() == (array(x).T + 1).tolist()
    got = vmap(lambda d: {"sum": d["a"] + d["b"][0], "b": d["b"]}, in_dims=({"a": 1, "b": 0},))(
        {"a": x, "b": [y]}
    )
    assert array(got["sum"]).tolist() == (array(x).T + array(y)[:, None]).tolist()
    assert array(got["b"][0]).tolist() == [10.0, 20.0, 30.0]
    shared = vmap(lambda a: (a, const([1.0])), out_dims=(0, None))(y)
    assert array(shared[1]).tolist() == [1.0]
    assert array(vmap(lambda a, *, b: a + b)(y, b=y)).tolist() == [20.0, 40.0, 60.0]


def test_batches_nest(backend: str) -> None:
    x, y = const([1.0, 2.0]), const([3.0, 4.0, 5.0])
    outer = vmap(vmap(lambda a, b: (a * b).sin(), (None, 0)), (0, None))(x, y)
    np.testing.assert_allclose(array(outer), np.sin(np.outer(array(x), array(y))))


def test_transforms_compose(backend: str) -> None:
    x = const([[0.5, -1.0], [2.0, 0.25], [1.0, 1.0]])
    f = lambda v: (v**3).sum() * v[0].exp()  # noqa: E731
    for transform in (grad(f), hessian(f), jacrev(jacfwd(f)), jacrev(grad(f))):
        want = tg.stack([transform(row) for row in x])
        np.testing.assert_allclose(array(vmap(transform)(x)), array(want), rtol=1e-13)
    tangents = const([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    out, dots = vmap(lambda a, t: jvp(f, (a,), (t,)))(x, tangents)
    for k in range(3):
        value, dot = jvp(f, (x[k],), (tangents[k],))
        assert float(out[k]) == pytest.approx(float(value))
        assert float(dots[k]) == pytest.approx(float(dot))


def test_gradients_go_through_a_batch_to_arguments_and_captured_tensors(backend: str) -> None:
    x, w = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([0.5, -0.5])
    vmap(lambda v: (v * w).tanh().sum())(x).sum().backward()
    want = tg.autograd.grad((x * w).tanh().sum(), [x, w])
    np.testing.assert_allclose(array(x.grad), array(want[0]), rtol=1e-14)
    np.testing.assert_allclose(array(w.grad), array(want[1]), rtol=1e-14)


def test_per_example_gradients_of_a_model(backend: str) -> None:
    generator = np.random.default_rng(0)
    w = const(generator.normal(size=(4, 3)))
    x, y = const(generator.normal(size=(5, 4))), const(generator.normal(size=(5, 3)))
    loss = lambda w, a, b: (((a @ w).relu() - b) ** 2).mean()  # noqa: E731
    got = vmap(grad(loss), in_dims=(None, 0, 0))(w, x, y)
    for k in range(5):
        np.testing.assert_allclose(array(got[k]), array(grad(loss)(w, x[k], y[k])), rtol=1e-13)


def test_indexing_by_what_differs_between_examples(backend: str) -> None:
    x = const(np.arange(12.0).reshape(3, 4))
    i = tg.tensor([2, 0, 1])
    assert array(vmap(lambda k: x[k])(i)).tolist() == array(x)[[2, 0, 1]].tolist()
    assert array(vmap(lambda row, k: row[k])(x, i)).tolist() == [2.0, 4.0, 9.0]
    pairs = tg.tensor([[0, 1], [3, 3], [2, 0]])
    got = vmap(lambda row, k: row[k])(x, pairs)
    assert array(got).tolist() == [[0.0, 1.0], [7.0, 7.0], [10.0, 8.0]]
    g = vmap(grad(lambda row, k: (row[k] ** 2).sum()))(x, pairs)
    want = np.zeros((3, 4))
    for row, k in enumerate([[0, 1], [3, 3], [2, 0]]):
        np.add.at(want[row], k, 2 * array(x)[row, k])
    assert array(g).tolist() == want.tolist()
    with pytest.raises(IndexError, match="out of bounds"):
        vmap(lambda row, k: row[k])(x, tg.tensor([0, 1, 7]))


def test_writing_in_place(backend: str) -> None:
    def f(row: Any) -> Any:
        out = tg.zeros(3, dtype=tg.float64)
        out[0] = row[0]
        out[1:] += row[:2] * 2
        return out

    x = const([[1.0, 2.0], [3.0, 4.0]])
    assert array(vmap(f)(x)).tolist() == [[1.0, 2.0, 4.0], [3.0, 6.0, 8.0]]
    assert array(vmap(grad(lambda r: f(r).sum()))(x)).tolist() == [[3.0, 2.0], [3.0, 2.0]]


@pytest.mark.parametrize("randomness", ["same", "different"])
def test_random_numbers(backend: str, randomness: str) -> None:
    x = const([1.0, 2.0, 3.0])
    drawn = vmap(lambda a: a * 0 + tg.rand(4, dtype=tg.float64), randomness=randomness)(x)
    rows = {tuple(row) for row in array(drawn).tolist()}
    assert len(rows) == (1 if randomness == "same" else 3)
    with pytest.raises(RuntimeError, match="called random operation while in randomness error"):
        vmap(lambda a: a + tg.rand(4))(x)


def test_chunks(backend: str) -> None:
    x = const(np.arange(7.0))
    seen: list[int] = []

    def f(a: Any) -> Any:
        seen.append(a._array.space.size)
        return a**2, a.unsqueeze(0)

    out, column = vmap(f, out_dims=(0, 1), chunk_size=3)(x)
    assert seen == [3, 3, 1]
    assert array(out).tolist() == (np.arange(7.0) ** 2).tolist()
    assert column.shape == (1, 7)


def test_what_depends_on_values_is_refused(backend: str) -> None:
    x = const([1.0, 2.0])
    for f in (
        lambda a: a if a > 1 else -a,
        lambda a: a.item() * a,
        lambda a: a * float(a),
        lambda a: a[a > 0],
    ):
        with pytest.raises(RuntimeError, match="vmap: "):
            vmap(f)(x)


WRONG: dict[str, tuple[Any, str]] = {
    "sizes": (
        lambda x: vmap(lambda a, b: a + b)(x, x[:1]),
        r"same size in the mapped dimension, got sizes \[1, 2\]",
    ),
    "no inputs": (lambda x: vmap(lambda: x)(), "got no inputs"),
    "all shared": (lambda x: vmap(lambda a: a, in_dims=None)(x), "expected `in_dims` to be int"),
    "out of range": (lambda x: vmap(lambda a: a, in_dims=1)(x), "Got in_dim=1 for some input"),
    "not a tensor": (lambda x: vmap(lambda a, b: a)(x, 3.0), "input is of type"),
    "structure": (lambda x: vmap(lambda a: a, in_dims=(0, 0))(x), "not compatible with"),
    "result": (lambda x: vmap(lambda a: 3)(x), "must only return Tensors, got type"),
    "out_dims": (lambda x: vmap(lambda a: a, out_dims=(0, 0))(x), "out_dims is not compatible"),
    "shared result": (lambda x: vmap(lambda a: a, out_dims=None)(x), "differs between examples"),
    "chunk": (lambda x: vmap(lambda a: a, chunk_size=0), "chunk_size should be None or greater"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_uses_are_named(name: str) -> None:
    call, words = WRONG[name]
    with pytest.raises(ValueError, match=words):
        call(const([1.0, 2.0]))


def test_an_unknown_randomness_is_refused() -> None:
    with pytest.raises(RuntimeError, match="Only allowed values for randomness"):
        vmap(lambda a: a, randomness="perhaps")
