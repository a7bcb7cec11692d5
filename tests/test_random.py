"""Random tensors: distributions, seeds and generators, and what their gradients are."""

from __future__ import annotations

import contextlib
import copy
import math
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg

N = 6000
BINS = 20


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    """Every test draws the same numbers in every run, whatever ran before."""
    with tg.random.fork_rng():
        tg.manual_seed(20)
        yield


def host(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.detach().cpu().tolist())


def assert_even(counts: Any, chances: Any) -> None:
    """Fail if counts are ten standard deviations of chi-square from what chances promise."""
    counts, chances = np.asarray(counts, float), np.asarray(chances, float)
    expected = chances * counts.sum()
    assert not counts[expected == 0].any()
    some = expected > 0
    statistic = ((counts - expected)[some] ** 2 / expected[some]).sum()
    free = some.sum() - 1
    assert statistic < free + 10 * (2 * free) ** 0.5


def normal_cdf(x: Any) -> Any:
    return 0.5 * (1 + np.vectorize(math.erf)(np.asarray(x) / 2**0.5))


CONTINUOUS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "rand": (lambda: tg.rand(N), lambda x: x),
    "randn": (lambda: tg.randn(N), normal_cdf),
    "rand of complex": (lambda: tg.rand(N, dtype=tg.complex64).imag, lambda x: x),
    "randn of complex": (
        lambda: tg.randn(N, dtype=tg.complex128).imag,
        lambda x: normal_cdf(x * 2**0.5),
    ),
    "normal": (lambda: tg.normal(2.0, 3.0, (N,)), lambda x: normal_cdf((x - 2) / 3)),
    "normal of tensors": (
        lambda: tg.normal(tg.ones(N), tg.full((N,), 2.0)),
        lambda x: normal_cdf((x - 1) / 2),
    ),
    "uniform_": (lambda: tg.empty(N).uniform_(-1, 3), lambda x: (x + 1) / 4),
    "normal_": (lambda: tg.empty(N).normal_(1, 2), lambda x: normal_cdf((x - 1) / 2)),
    "exponential_": (lambda: tg.empty(N).exponential_(2), lambda x: 1 - np.exp(-2 * x)),
    "cauchy_": (
        lambda: tg.empty(N).cauchy_(1, 2),
        lambda x: 0.5 + np.arctan((x - 1) / 2) / np.pi,
    ),
    "log_normal_": (
        lambda: tg.empty(N).log_normal_(0.5, 2),
        lambda x: normal_cdf((np.log(x) - 0.5) / 2),
    ),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_distributions(backend: str, name: str) -> None:
    draw, cdf = CONTINUOUS[name]
    drawn = host(draw()).astype(np.float64)
    counts, _ = np.histogram(cdf(drawn), np.linspace(0, 1, BINS + 1))
    assert counts.sum() == N
    assert_even(counts, np.full(BINS, 1 / BINS))


def _poisson(rate: float, top: int) -> Any:
    chances = [math.exp(k * math.log(rate) - rate - math.lgamma(k + 1)) for k in range(top)]
    return [*chances, max(0.0, 1 - sum(chances))]


def _binomial(n: int, p: float) -> list[float]:
    return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


DISCRETE: dict[str, tuple[Callable[[], Any], Any]] = {
    "randint": (lambda: tg.randint(2, 6, (N,)), [0, 0, 0.25, 0.25, 0.25, 0.25]),
    "random_": (lambda: tg.empty(N).random_(1, 4), [0, 1 / 3, 1 / 3, 1 / 3]),
    "random_ of bools": (lambda: tg.empty(N, dtype=tg.bool).random_().int(), [0.5, 0.5]),
    "bernoulli": (lambda: tg.bernoulli(tg.full((N,), 0.2)), [0.8, 0.2]),
    "bernoulli_": (lambda: tg.empty(N, dtype=tg.int32).bernoulli_(0.3), [0.7, 0.3]),
    "geometric_": (
        lambda: tg.empty(N).geometric_(0.4).clamp(max=8),
        [0, *(0.4 * 0.6**k for k in range(7)), 0.6**7],
    ),
    "poisson, small": (lambda: tg.poisson(tg.full((N,), 0.8)).clamp(max=6), _poisson(0.8, 6)),
    "poisson, large": (lambda: tg.poisson(tg.full((N,), 20.0)).clamp(max=45), _poisson(20.0, 45)),
    "binomial": (
        lambda: tg.binomial(tg.full((N,), 5.0), tg.tensor(0.3)),
        _binomial(5, 0.3),
    ),
    "multinomial, again": (
        lambda: tg.multinomial(tg.tensor([0.0, 1.0, 3.0, 0.0]), N, replacement=True),
        [0, 0.25, 0.75, 0],
    ),
    "multinomial, once": (
        lambda: tg.multinomial(tg.tensor([1.0, 0.0, 3.0, 4.0]).expand(N, 4), 2)[:, 0],
        [1 / 8, 0, 3 / 8, 4 / 8],
    ),
    # The second of two: the sum over the first of its chance times what then is left.
    "multinomial, second": (
        lambda: tg.multinomial(tg.tensor([1.0, 3.0, 4.0]).expand(N, 3), 2)[:, 1],
        [
            3 / 8 * 1 / 5 + 4 / 8 * 1 / 4,
            1 / 8 * 3 / 7 + 4 / 8 * 3 / 4,
            1 / 8 * 4 / 7 + 3 / 8 * 4 / 5,
        ],
    ),
}


@pytest.mark.parametrize("name", DISCRETE)
def test_discrete_distributions(backend: str, name: str) -> None:
    draw, chances = DISCRETE[name]
    drawn = host(draw()).astype(np.int64)
    chances = np.asarray(chances)
    rare = chances < 5 / N  # too few to tell: put together with their neighbours' bin
    counts = np.bincount(drawn, minlength=len(chances))
    assert len(counts) == len(chances)
    assert not counts[chances == 0].any()
    merged = np.append(counts[~rare], counts[rare].sum())
    assert_even(merged, np.append(chances[~rare], chances[rare].sum()))


def test_rows_of_a_multinomial_are_drawn_apart(backend: str) -> None:
    weights = tg.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 5.0, 5.0]])
    drawn = tg.multinomial(weights, 50, replacement=True)
    assert (drawn.dtype, drawn.shape) == (tg.int64, (3, 50))
    rows = host(drawn)
    assert set(rows[0]) == {0}
    assert set(rows[1]) == {2}
    assert set(rows[2]) == {1, 2}


DRAWS: dict[str, Callable[[Any], Any]] = {
    "rand": lambda g: tg.rand(9, generator=g),
    "randn": lambda g: tg.randn(9, generator=g),
    "rand_like": lambda g: tg.rand_like(tg.ones(9), generator=g),
    "randn_like": lambda g: tg.randn_like(tg.ones(9), generator=g),
    "randint": lambda g: tg.randint(10**6, (9,), generator=g),
    "randint_like": lambda g: tg.randint_like(tg.ones(9), 10**6, generator=g),
    "randperm": lambda g: tg.randperm(99, generator=g),
    "normal": lambda g: tg.normal(0.0, 1.0, (9,), generator=g),
    "bernoulli": lambda g: tg.bernoulli(tg.full((99,), 0.5), generator=g),
    "poisson": lambda g: tg.poisson(tg.full((99,), 9.0), generator=g),
    "binomial": lambda g: tg.binomial(tg.full((99,), 9.0), tg.tensor(0.5), generator=g),
    "multinomial": lambda g: tg.multinomial(tg.ones(50), 50, generator=g),
    "uniform_": lambda g: tg.empty(9).uniform_(generator=g),
    "normal_": lambda g: tg.empty(9).normal_(generator=g),
    "exponential_": lambda g: tg.empty(9).exponential_(generator=g),
    "cauchy_": lambda g: tg.empty(9).cauchy_(generator=g),
    "log_normal_": lambda g: tg.empty(9).log_normal_(generator=g),
    "geometric_": lambda g: tg.empty(99).geometric_(0.1, generator=g),
    "bernoulli_": lambda g: tg.empty(99).bernoulli_(generator=g),
    "random_": lambda g: tg.empty(9).random_(generator=g),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_generator_determines_what_is_drawn(backend: str, name: str) -> None:
    draw = DRAWS[name]
    g = tg.Generator().manual_seed(3)
    before = tg.get_rng_state()
    first, second = draw(g).tolist(), draw(g).tolist()
    assert first != second
    assert draw(g.manual_seed(3)).tolist() == first
    assert draw(g.manual_seed(4)).tolist() != first
    assert (tg.get_rng_state() == before).all()  # the device's own generator has not drawn


@pytest.mark.parametrize("name", DRAWS)
def test_the_seed_determines_what_is_drawn(backend: str, name: str) -> None:
    draw = DRAWS[name]
    tg.manual_seed(3)
    first = draw(None).tolist()
    tg.manual_seed(3)
    assert draw(None).tolist() == first


def test_generators(backend: str) -> None:
    g = tg.Generator()
    assert g.manual_seed(-1).initial_seed() == 2**64 - 1
    assert g.device == tg.ones(1).device
    state = g.get_state()
    assert (state.dtype, state.ndim) == (tg.uint8, 1)
    first = tg.rand(5, generator=g).tolist()
    other = tg.Generator()
    other.set_state(state)
    assert other.initial_seed() == g.initial_seed()
    later = tg.rand(3, generator=g).tolist()
    assert tg.rand(5, generator=other).tolist() == first
    pickled = pickle.loads(pickle.dumps(other))  # noqa: S301 - its own
    for twin in (other.clone_state(), copy.deepcopy(other), pickled):
        assert tg.rand(3, generator=twin).tolist() == later
    assert g.seed() == g.initial_seed()
    assert tg.seed() == tg.initial_seed()
    assert tg.manual_seed(5).initial_seed() == tg.initial_seed() == 5


def test_the_state_of_the_own_generator(backend: str) -> None:
    state = tg.get_rng_state()
    first = tg.randn(3).tolist()
    tg.set_rng_state(state)
    assert tg.randn(3).tolist() == first
    want = None
    with contextlib.suppress(KeyError), tg.random.fork_rng():
        want = tg.randn(3).tolist()
        raise KeyError
    assert tg.randn(3).tolist() == want
    with tg.random.fork_rng(enabled=False):
        tg.randn(3)
    assert tg.randn(3).tolist() != want


def test_what_is_no_generator(backend: str) -> None:
    with pytest.raises(TypeError, match="argument 'generator' must be Generator, not int"):
        tg.rand(2, generator=3)
    g = tg.Generator()
    with pytest.raises(TypeError, match="expected a ByteTensor"):
        g.set_state(b"123")
    with pytest.raises(TypeError, match="RNG state must be a ByteTensor"):
        g.set_state(tg.zeros(3))
    before = tg.rand(2, generator=g.clone_state()).tolist()
    with pytest.raises(RuntimeError, match="RNG state is wrong"):
        g.set_state(tg.zeros(3, dtype=tg.uint8))
    assert tg.rand(2, generator=g).tolist() == before
    with pytest.raises(TypeError, match="argument 'seed' must be int"):
        g.manual_seed("a")
    with pytest.raises(RuntimeError, match="Overflow when unpacking long"):
        g.manual_seed(2**65)


def test_a_generator_of_another_device() -> None:
    with tg.use_backend("strict"):
        g = tg.Generator()
    with tg.use_backend("numpy"):
        assert tg.rand(2, generator=g).backend == "strict"
        with pytest.raises(RuntimeError, match="device type for generator but found"):
            tg.rand(2, device="cpu", generator=g)
        with pytest.raises(RuntimeError, match="device type for generator but found"):
            tg.zeros(2).uniform_(generator=g)
        assert tg.rand(2, generator=copy.deepcopy(g)).backend == "strict"


def test_gradients_of_samples_are_zero(backend: str) -> None:
    for draw in (
        tg.bernoulli,
        tg.poisson,
        lambda p: tg.normal(p, 1.0),
        lambda p: tg.normal(0.0, p),
        lambda p: tg.normal(p, p),
        lambda p: tg.binomial(tg.ones(3), p),
        lambda p: (p * 2).normal_(),
        lambda p: (p * 2).bernoulli_(0.5),
    ):
        p = tg.full((3,), 0.5, requires_grad=True)
        out = draw(p)
        assert out.requires_grad
        out.sum().backward()
        assert p.grad.tolist() == [0, 0, 0]


def test_a_broadcast_parameter_gets_its_gradient_in_its_shape(backend: str) -> None:
    mean = tg.zeros(2, 1, requires_grad=True)
    std = tg.ones(3, dtype=tg.float64, requires_grad=True)
    out = tg.normal(mean, std)
    assert (out.shape, out.dtype) == ((2, 3), tg.float32)  # that of the mean
    found = tg.autograd.grad(out.sum(), [mean, std])
    assert [(g.shape, g.dtype) for g in found] == [((2, 1), tg.float32), ((3,), tg.float64)]


def test_memory_that_is_not_there(backend: str) -> None:
    for draw in (tg.rand, tg.randn, lambda n: tg.randint(0, 9, (n,)), tg.randperm):
        with pytest.raises(RuntimeError, match="can't allocate memory"):
            draw(2**47)


def test_drawing_in_place_counts_as_a_change(backend: str) -> None:
    x = tg.ones(3)
    assert x.normal_() is x
    assert x._version == 1
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        tg.ones(3, requires_grad=True).random_()


@pytest.mark.parametrize(
    ("draw", "kind", "phrase"),
    [
        (lambda: tg.rand(2, dtype=tg.int64), NotImplementedError, "not implemented for 'Long'"),
        (lambda: tg.randint(3, 3, (2,)), RuntimeError, "expects 'from' to be less than 'to'"),
        (lambda: tg.randint(0, 300, (2,), dtype=tg.uint8), RuntimeError, "out of bounds for uint8"),
        (lambda: tg.randint(3), TypeError, "'size' is missing"),
        (lambda: tg.randperm(-1), RuntimeError, "negative dimension -1"),
        (lambda: tg.randperm(300, dtype=tg.uint8), RuntimeError, "without overflow"),
        (lambda: tg.normal(0.0, -1.0, (2,)), RuntimeError, "normal expects std >= 0.0, but found"),
        (lambda: tg.normal(0.0, tg.tensor([-1.0])), RuntimeError, "all elements of std >= 0.0"),
        (lambda: tg.normal(tg.ones(2), tg.ones(3)), RuntimeError, "must match the size"),
        (lambda: tg.normal(0.0, 1.0), TypeError, "'size' is missing"),
        (lambda: tg.bernoulli(tg.tensor([2.0])), RuntimeError, "p_in >= 0 && p_in <= 1"),
        (lambda: tg.bernoulli(tg.tensor([1])), NotImplementedError, "not implemented for 'Long'"),
        (lambda: tg.ones(3).bernoulli_(2), RuntimeError, r"p to be in \[0, 1\]"),
        (lambda: tg.ones(3).bernoulli_(tg.ones(2) / 2), RuntimeError, "size"),
        (lambda: tg.poisson(tg.tensor([-1.0])), RuntimeError, "invalid Poisson rate"),
        (lambda: tg.poisson(tg.tensor([math.nan])), RuntimeError, "invalid Poisson rate"),
        (lambda: tg.multinomial(tg.ones(2, 2, 2), 1), RuntimeError, "must be 1 or 2 dim"),
        (lambda: tg.multinomial(tg.ones(2), 0), RuntimeError, "n_sample <= 0"),
        (lambda: tg.multinomial(tg.ones(2), 3), RuntimeError, "without replacement"),
        (lambda: tg.multinomial(tg.zeros(2), 1), RuntimeError, "sum of probabilities <= 0"),
        (lambda: tg.multinomial(tg.tensor([1.0, -1.0]), 1), RuntimeError, "element < 0"),
        (lambda: tg.multinomial(tg.tensor([1.0, 0.0]), 2), RuntimeError, "not enough non-neg"),
        (lambda: tg.ones(3).uniform_(2, 1), RuntimeError, "found from=2 > to=1"),
        (lambda: tg.ones(3).exponential_(0), RuntimeError, "lambda > 0.0, but found lambda=0"),
        (lambda: tg.ones(3).cauchy_(0, 0), RuntimeError, "sigma > 0.0, but found sigma=0"),
        (lambda: tg.ones(3).log_normal_(0, 0), RuntimeError, "std > 0.0, but found std=0"),
        (lambda: tg.ones(3).geometric_(1), RuntimeError, r"p to be in \(0, 1\)"),
        (lambda: tg.ones(3).random_(2, 2), RuntimeError, "'from' to be less than 'to'"),
    ],
)
def test_what_cannot_be_drawn(
    backend: str, draw: Callable[[], Any], kind: type[Exception], phrase: str
) -> None:
    before = tg.get_rng_state()
    with pytest.raises(kind, match=phrase):
        draw()
    assert (tg.get_rng_state() == before).all()
