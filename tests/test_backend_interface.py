"""What each method of `Backend` promises, on every backend: what a new one has to pass.

The stand-in runs the CuPy adapter's Python on NumPy; it says nothing about a GPU.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad import dtypes
from tensorflowlite_grad.backend import fallbacks, registry

NAMES = ("numpy", "strict", "torch", "cupy", "cupy_stand_in")
FLOATS = ("float32", "float64")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--backend")
        names = [n for n in NAMES if chosen in (None, n)] or [chosen]
        why = {n: registry.why_unavailable(n) for n in names}
        params = [
            pytest.param(n, marks=[pytest.mark.skip(reason=f"backend {n}: {w}")] if w else [])
            for n, w in why.items()
        ]
        metafunc.parametrize("place", params, indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Any:
    """The default device of a backend, ready for raw arrays."""
    backend = registry.get(request.param)
    found = registry.place(backend, backend.kinds[0], 0)
    with found.entered():
        yield found


def native(place: Any, host: Any) -> Any:
    return place.backend.from_numpy(np.array(host), place.kind, place.index)


def host(place: Any, array: Any) -> Any:
    return np.array(place.backend.to_numpy(array))


def supported(place: Any) -> list[Any]:
    return [d for d in dtypes.ALL if place.backend.native_dtype(d.name) is not None]


def same(place: Any, got: Any, want: Any) -> None:
    got, want = host(place, got), np.asarray(want)
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


# -- identity, devices, dtypes --------------------------------------------------------------


def test_it_says_what_it_is(place: Any) -> None:
    backend = place.backend
    assert isinstance(backend.version, str)
    assert backend.version
    assert isinstance(backend.describe_device(place.kind, place.index), str)
    assert backend.device_count(place.kind) >= 1
    backend.synchronize(place.kind, place.index)
    backend.prove()


def test_it_knows_its_own_arrays_and_where_they_are(place: Any) -> None:
    backend = place.backend
    array = native(place, [1.0, 2.0])
    assert backend.is_array(array)
    assert not any(backend.is_array(x) for x in ([1.0], 1.0, None, "x", object()))
    assert backend.locate(array) == (place.kind, place.index)
    assert backend.locate(place.xp.zeros((2,), dtype=place.native(tg.float32))) == (
        place.kind,
        place.index,
    )
    assert registry.place_of(array) is place


def test_dtypes_go_there_and_back(place: Any) -> None:
    assert {d.name for d in supported(place)} >= {"bool", "int64", *FLOATS}
    for d in supported(place):
        array = place.xp.zeros((2,), dtype=place.native(d))
        assert place.dtype_of(array) is d
        assert host(place, array).dtype == np.dtype(d.name)
        again = native(place, np.ones(2, d.name))
        assert place.dtype_of(again) is d


def test_an_unknown_dtype_has_no_native_form(place: Any) -> None:
    for d in set(dtypes.ALL) - set(supported(place)):
        with pytest.raises(TypeError, match=f"has no dtype {d.name}"):
            place.native(d)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_arrays_go_to_the_device_and_back_unchanged(place: Any, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    for d in supported(place):
        want = (rng.standard_normal(shape) * 50).astype(d.name)
        same(place, native(place, want), want)


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.arange(6.0).reshape(2, 3).T,
        lambda: np.arange(6.0)[::-1],
        lambda: np.arange(6.0)[::2],
        lambda: np.broadcast_to(np.float64(2.0), (2, 3)),
        lambda: np.float32(1.5),
    ],
    ids=["transposed", "reversed", "stepped", "broadcast", "scalar"],
)
def test_any_numpy_array_can_be_taken(place: Any, make: Any) -> None:
    source = make()
    array = place.backend.from_numpy(source, place.kind, place.index)
    np.testing.assert_array_equal(host(place, array), source)
    assert place.backend.locate(array) == (place.kind, place.index)


def test_a_python_number_becomes_a_0d_array(place: Any) -> None:
    for d, value in [(tg.float32, 1.5), (tg.float64, -0.0), (tg.int64, 2**40), (tg.bool, True)]:
        array = place.scalar(value, place.native(d))
        assert tuple(array.shape) == ()
        assert place.dtype_of(array) is d
        assert host(place, array).item() == value
        assert math.copysign(1, host(place, array).item()) == math.copysign(1, value)


def test_complex_becomes_real_without_a_warning(place: Any) -> None:
    x = native(place, np.array([1 + 2j, 3 - 4j]))
    same(place, place.xp.astype(place.xp.real(x), place.native(tg.float64)), [1.0, 3.0])


def test_adopting_shares_memory_where_there_is_any(place: Any) -> None:
    array = native(place, [1.0, 2.0, 3.0])
    adopted = place.backend.adopt(array)
    assert place.backend.is_array(adopted)
    same(place, adopted, [1.0, 2.0, 3.0])
    assert isinstance(place.adopt(array), tg.Tensor)


# -- copies, writes, views ------------------------------------------------------------------


def test_a_copy_is_fresh_and_in_order(place: Any) -> None:
    backend, xp = place.backend, place.xp
    source = native(place, np.arange(6.0).reshape(2, 3))
    for array in (source, xp.permute_dims(source, (1, 0)), xp.broadcast_to(source, (2, 2, 3))):
        before = host(place, array)
        copy = backend.copy(xp, array)
        assert backend.is_contiguous(copy)
        assert not backend.overlaps_itself(copy)
        if backend.writable:
            backend.write(copy, native(place, np.full(before.shape, 7.0)))
        np.testing.assert_array_equal(host(place, array), before)


def test_writing_broadcasts_and_shows_in_views(place: Any) -> None:
    backend, xp = place.backend, place.xp
    if not backend.writable:
        pytest.skip("its arrays cannot be written")
    target = backend.copy(xp, native(place, np.zeros((2, 3))))
    row = xp.index_get(target, (1, slice(None)))
    backend.write(row, native(place, 5.0))
    same(place, target, [[0.0] * 3, [5.0] * 3])
    backend.write(target, native(place, [1.0, 2.0, 3.0]))
    same(place, row, [1.0, 2.0, 3.0])
    backend.add_into(target, native(place, np.ones((2, 3))))
    same(place, row, [2.0, 3.0, 4.0])
    element = xp.index_get(target, (0, 0))
    backend.write(element, native(place, -1.0))
    assert host(place, target)[0, 0] == -1.0


def test_writing_what_overlaps_reads_it_first(place: Any) -> None:
    backend, xp = place.backend, place.xp
    if not backend.writable:
        pytest.skip("its arrays cannot be written")
    target = backend.copy(xp, native(place, np.arange(5.0)))
    left = xp.index_get(target, (slice(0, 4),))
    right = xp.index_get(target, (slice(1, 5),))
    backend.write(right, left)
    same(place, target, [0.0, 0.0, 1.0, 2.0, 3.0])


def test_multiply_add(place: Any) -> None:
    for name in FLOATS:
        a, b = (np.array(v, name) for v in ([1.0, 2.0], [10.0, 20.0]))
        out = place.backend.multiply_add(native(place, a), -0.5, native(place, b))
        same(place, out, np.array([-4.0, -8.0], name))


def test_contiguity_is_seen(place: Any) -> None:
    array = native(place, np.arange(6.0).reshape(2, 3))
    assert place.backend.is_contiguous(array)
    if place.backend.name != "strict":  # it does not say
        assert not place.backend.is_contiguous(place.xp.permute_dims(array, (1, 0)))


def test_memory_that_overlaps_itself_is_seen(place: Any) -> None:
    backend, xp = place.backend, place.xp
    array = native(place, np.arange(6.0).reshape(2, 3))
    assert backend.overlaps_itself(xp.broadcast_to(native(place, [1.0, 2.0]), (3, 2)))
    for fine in (
        array,
        xp.permute_dims(array, (1, 0)),
        xp.index_get(array, (slice(0, 2, 1), slice(0, 3, 2))),
        xp.expand_dims(array, axis=0),
        native(place, np.zeros((0, 3))),
    ):
        assert not backend.overlaps_itself(fine)


def test_a_view_is_made_where_memory_allows(place: Any) -> None:
    backend, xp = place.backend, place.xp
    array = backend.copy(xp, native(place, np.arange(6.0).reshape(2, 3)))
    view = backend.try_view(xp, array, (3, 2))
    assert view is not None
    same(place, view, np.arange(6.0).reshape(3, 2))
    if backend.writable:
        backend.write(view, native(place, np.full((3, 2), 9.0)))
        same(place, array, np.full((2, 3), 9.0))
    if backend.name != "strict":
        assert backend.try_view(xp, xp.permute_dims(array, (1, 0)), (6,)) is None
        assert backend.try_view(xp, native(place, np.zeros((0, 2))), (2, 0)) is not None


def test_only_whole_memory_of_nobody_else_is_its_own(place: Any) -> None:
    backend, xp = place.backend, place.xp
    array = xp.zeros((2, 3), dtype=place.native(tg.float64))
    if not backend.is_own_memory(array):
        assert backend.name == "strict", "False is safe, but costs a copy for each gradient"
        return
    views = (
        xp.permute_dims(array, (1, 0)),
        xp.reshape(array, (6,)),
        xp.broadcast_to(array, (2, 2, 3)),
        xp.index_get(array, (0, slice(None))),
        xp.index_get(array, (slice(0, 2, 1), slice(0, 3, 1))),
        xp.expand_dims(array, axis=0),
    )
    for view in views:
        assert not backend.is_own_memory(view)


def test_what_can_be_written_is_mutable_and_keeps_its_value(place: Any) -> None:
    total = place.xp.sum(native(place, [1.0, 2.0]))
    kept = place.backend.mutable(total)
    same(place, kept, np.float64(3.0))
    assert place.backend.mutable(kept) is kept


# -- indices --------------------------------------------------------------------------------

BASIC = [
    (4, [(), (0,), (3,), (slice(1, 3, 1),), (slice(0, 4, 2),), (slice(2, 2, 1),)]),
    (4, [(slice(None, None, -1),), (slice(3, None, -2),), (slice(0, 2, -1),), (None, slice(None))]),
    ((2, 3), [(1, 2), (slice(None), 1), (0, slice(1, 3, 1)), (None, 1, slice(None), None)]),
    ((2, 3), [(slice(None, None, -1), slice(None, None, -1)), (1, slice(2, 0, -1))]),
    ((2, 0), [(slice(None), slice(None)), (1, slice(None))]),
    ((), [(), (None,)]),
]
ADVANCED = [
    (5, [([0, 2, 2],), ([[0, 1], [4, 4]],), ([],), (3,)]),
    ((3, 4), [([0, 2], slice(None)), (slice(None), [3, 0, 3]), ([0, 1, 1], [2, 2, 2])]),
    ((3, 4), [([[0], [2]], [1, 3, 1]), (2, [0, 0]), ([1, 1], 3), (2, 3)]),
    ((3, 4), [([0, 0], slice(None, None, -1)), (slice(None, None, -2), [1, 1, 2])]),
    ((3, 4), [(None, [0, 2], slice(None)), ([0, 2], None, slice(1, 3, 1)), ([], slice(None))]),
    ((2, 3, 4), [([1, 1], slice(None), [0, 0]), (slice(None), [0, 2], [3, 3])]),
    (
        (2, 3, 4),
        [([0, 1], slice(None, None, -1), [3, 3]), (slice(0, 2, 1), [2, 2], slice(0, 4, 2))],
    ),
    ((2, 3, 4), [(1, slice(None), [0, 0, 2]), (slice(None), [[1], [2]], [3, 0]), (1, 2, 3)]),
    ((2, 3, 4), [([1], None, [2, 0], slice(None)), (slice(None), slice(None), [[0, 3], [3, 3]])]),
]


def _cases(table: list[Any]) -> list[Any]:
    pairs = [(s if isinstance(s, tuple) else (s,), index) for s, found in table for index in found]
    return [pytest.param(s, i, id=f"{list(s)}{i}") for s, i in pairs]


def _indices(place: Any, index: tuple[Any, ...], basic: bool) -> tuple[Any, Any]:
    """Return an index for NumPy and the same, normalised, for the backend."""
    for_numpy: list[Any] = []
    ours: list[Any] = []
    for item in index:
        if item is None or isinstance(item, slice) or (basic and isinstance(item, int)):
            for_numpy.append(item)
            ours.append(item)
        else:
            positions = np.array(item, dtype=np.int64)
            for_numpy.append(positions)
            ours.append(native(place, positions))
    return tuple(for_numpy), tuple(ours)


def _check_index(place: Any, shape: tuple[int, ...], index: Any, basic: bool, dtype: str) -> None:
    for_numpy, ours = _indices(place, index, basic)
    x = np.arange(1, 1 + math.prod(shape)).reshape(shape).astype(dtype)
    want = x[for_numpy]
    same(place, place.xp.index_get(native(place, x), ours), want)
    # Equal values at repeated places: which of different ones wins is open.
    written = x.copy()
    written[for_numpy] = 7
    source = native(place, np.full(np.shape(want), 7, dtype))
    given = native(place, x)
    same(place, place.xp.index_put(given, ours, source), written)
    same(place, place.xp.index_put(given, ours, native(place, np.array(7, dtype))), written)
    same(place, given, x)
    values = np.arange(1, 1 + np.size(want)).reshape(np.shape(want)).astype(dtype)
    added = np.zeros(shape, dtype)
    np.add.at(added, for_numpy, values)
    same(place, place.xp.index_embed(native(place, values), shape, ours), added)


@pytest.mark.parametrize(("shape", "index"), _cases(BASIC))
def test_basic_indices_are_numpys(place: Any, shape: tuple[int, ...], index: Any) -> None:
    _check_index(place, shape, index, True, "float64")


@pytest.mark.parametrize(("shape", "index"), _cases(ADVANCED))
def test_index_arrays_are_numpys(place: Any, shape: tuple[int, ...], index: Any) -> None:
    _check_index(place, shape, index, False, "float64")


def test_indices_work_in_every_dtype(place: Any) -> None:
    for d in supported(place):
        if d is not tg.bool:
            _check_index(place, (3, 2), ([0, 2, 2], slice(None)), False, d.name)
            _check_index(place, (3, 2), (slice(0, 3, 2), 1), True, d.name)
    mask = np.array([True, False, True])
    _, ours = _indices(place, ([2, 1],), False)
    same(place, place.xp.index_get(native(place, mask), ours), [True, False])
    same(place, place.xp.index_put(native(place, mask), ours, native(place, True)), [True] * 3)


def test_a_basic_index_is_a_view(place: Any) -> None:
    backend, xp = place.backend, place.xp
    if not backend.writable:
        pytest.skip("its arrays cannot be written")
    for index in [(1, slice(None)), (slice(None), slice(0, 3, 2)), (1, 2), (None, 0, slice(None))]:
        array = backend.copy(xp, native(place, np.zeros((2, 3))))
        view = xp.index_get(array, index)
        backend.write(view, native(place, 1.0))
        want = np.zeros((2, 3))
        want[index] = 1.0
        same(place, array, want)


def test_a_backward_slice_is_a_view_unless_the_backend_says_no(place: Any) -> None:
    backend, xp = place.backend, place.xp
    array = backend.copy(xp, native(place, np.arange(3.0)))
    view = xp.index_get(array, (slice(None, None, -1),))
    same(place, view, [2.0, 1.0, 0.0])
    if backend.writable:
        backend.write(view, native(place, [7.0, 8.0, 9.0]))
        same(place, array, [9.0, 8.0, 7.0] if backend.reverse_views else [0.0, 1.0, 2.0])


def test_embedding_is_the_adjoint_of_getting(place: Any) -> None:
    rng = np.random.default_rng(1)
    for shape, found in ADVANCED:
        shape = shape if isinstance(shape, tuple) else (shape,)
        for index in found:
            _, ours = _indices(place, index, False)
            x = rng.standard_normal(shape)
            picked = host(place, place.xp.index_get(native(place, x), ours))
            g = rng.standard_normal(picked.shape)
            back = host(place, place.xp.index_embed(native(place, g), shape, ours))
            assert np.sum(picked * g) == pytest.approx(np.sum(x * back), abs=1e-12)


# -- special functions and the rest of the extras ------------------------------------------


def test_every_extra_is_there(place: Any) -> None:
    for name in fallbacks.EXTRAS:
        assert callable(getattr(place.xp, name)), name


def test_erf(place: Any) -> None:
    x = np.array([[-3.0, -0.5, 0.0], [0.5, 1.0, 5.0]])
    want = np.vectorize(math.erf)(x)
    for d in (tg.float16, tg.float32, tg.float64):
        if place.backend.native_dtype(d.name) is None:
            continue
        got = place.xp.erf(native(place, x.astype(d.name)))
        assert place.dtype_of(got) is d
        tolerance = {2: 1e-3, 4: 1e-6, 8: 1e-14}[d.itemsize]
        np.testing.assert_allclose(host(place, got), want, atol=tolerance)


# -- random numbers -------------------------------------------------------------------------


def _generator(place: Any, seed: int) -> Any:
    return place.backend.random(seed, place.kind, place.index)


@pytest.mark.parametrize("draw", ["uniform", "normal", "integers", "permutation"])
def test_a_seed_gives_the_same_numbers_again_and_another_others(place: Any, draw: str) -> None:
    kind = tg.int64 if draw in ("integers", "permutation") else tg.float64

    def drawn(seed: int) -> Any:
        generator = _generator(place, seed)
        shape = {"integers": (0, 10**6, (40,)), "permutation": (40,)}.get(draw, ((40,),))
        first, second = (
            host(place, getattr(generator, draw)(place.xp, *shape, place.native(kind)))
            for _ in range(2)
        )
        assert (first != second).any()
        return np.concatenate([first, second])

    np.testing.assert_array_equal(drawn(7), drawn(7))
    assert (drawn(7) != drawn(8)).any()
    drawn(2**70 + 1)
    drawn(-3)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (2, 3)])
def test_numbers_come_in_any_shape_on_the_device(place: Any, shape: tuple[int, ...]) -> None:
    generator = _generator(place, 0)
    for name in FLOATS:
        d = place.backend.native_dtype(name)
        for array in (generator.uniform(place.xp, shape, d), generator.normal(place.xp, shape, d)):
            assert tuple(array.shape) == shape
            assert host(place, array).dtype == name
            assert place.backend.locate(array) == (place.kind, place.index)
    ints = generator.integers(place.xp, -5, 5, shape, place.native(tg.int64))
    assert tuple(ints.shape) == shape


@pytest.mark.parametrize("name", ["float16", *FLOATS])
def test_moments_of_uniform_and_normal_numbers(place: Any, name: str) -> None:
    d = place.backend.native_dtype(name)
    if d is None:
        pytest.skip(f"no {name}")
    generator = _generator(place, 3)
    n = 20_000
    u = host(place, generator.uniform(place.xp, (n,), d)).astype(np.float64)
    assert u.min() >= 0
    assert u.max() < 1
    # Six standard errors: wrong once in 10^8 seeds, and the seed is fixed.
    assert u.mean() == pytest.approx(0.5, abs=6 * (1 / 12 / n) ** 0.5)
    assert u.var() == pytest.approx(1 / 12, abs=6 * (1 / 180 / n) ** 0.5)
    z = host(place, generator.normal(place.xp, (n,), d)).astype(np.float64)
    assert z.mean() == pytest.approx(0, abs=6 / n**0.5)
    assert z.var() == pytest.approx(1, abs=6 * (2 / n) ** 0.5)
    assert np.mean(z**3) == pytest.approx(0, abs=6 * (15 / n) ** 0.5)


def test_integers_fill_their_range_evenly(place: Any) -> None:
    generator = _generator(place, 5)
    for d in (tg.int64, tg.int32, tg.uint8):
        drawn = host(place, generator.integers(place.xp, 3, 9, (6000,), place.native(d)))
        assert drawn.dtype == d.name
        counts = np.bincount(drawn, minlength=9)
        assert counts[:3].sum() == 0
        assert len(counts) == 9
        assert abs(counts[3:] - 1000).max() < 6 * 1000**0.5
    wide = host(
        place, generator.integers(place.xp, -(2**62), 2**62, (100,), place.native(tg.int64))
    )
    assert wide.min() < -(2**59)
    assert wide.max() > 2**59


def test_a_permutation_holds_every_number_once(place: Any) -> None:
    generator = _generator(place, 5)
    for n in (0, 1, 2, 100):
        drawn = host(place, generator.permutation(place.xp, n, place.native(tg.int64)))
        assert sorted(drawn.tolist()) == list(range(n))
    firsts = [
        int(host(place, generator.permutation(place.xp, 3, place.native(tg.int64)))[0])
        for _ in range(300)
    ]
    assert abs(np.bincount(firsts, minlength=3) - 100).max() < 6 * 100**0.5


@pytest.mark.parametrize("name", FLOATS)
def test_poisson_numbers(place: Any, name: str) -> None:
    """Of small rates and large ones, for which generators have different ways."""
    generator = _generator(place, 5)
    rates = np.repeat(np.array([0.0, 0.4, 9.0, 12.0, 1000.0]), 2000).reshape(5, 2000)
    drawn = generator.poisson(place.xp, native(place, rates.astype(name)))
    assert place.backend.locate(drawn) == (place.kind, place.index)
    found = host(place, drawn)
    assert found.dtype == name
    assert (found == np.floor(found)).all()
    rate = rates[:, 0]
    assert (abs(found.mean(1) - rate) <= 6 * (rate / 2000) ** 0.5).all()
    assert (abs(found.var(1) - rate) <= 6 * ((2 * rate**2 + rate) / 2000) ** 0.5).all()
    assert generator.poisson(place.xp, native(place, np.zeros((0, 2)))).shape == (0, 2)


def test_a_generator_goes_on_from_its_state(place: Any) -> None:
    generator, other = _generator(place, 1), _generator(place, 2)
    d = place.native(tg.float64)
    for draw in ("normal", "uniform"):
        getattr(generator, draw)(place.xp, (3,), d)
        state = generator.state()
        assert isinstance(state, bytes)
        want = host(place, generator.normal(place.xp, (5,), d))
        other.restore(state)
        np.testing.assert_array_equal(host(place, other.normal(place.xp, (5,), d)), want)
    with pytest.raises(ValueError, match=r"\w"):
        other.restore(b"123")


# -- several devices ------------------------------------------------------------------------


def _places(place: Any) -> list[Any]:
    backend = place.backend
    return [
        registry.place(backend, kind, index)
        for kind in backend.kinds
        for index in range(backend.device_count(kind))
    ]


def test_arrays_move_between_its_devices(place: Any) -> None:
    for source, target in itertools.permutations(_places(place), 2):
        array = source.backend.from_numpy(np.arange(3.0), source.kind, source.index)
        moved = source.backend.transfer(array, target.kind, target.index)
        if moved is None:
            continue
        assert source.backend.locate(moved) == (target.kind, target.index)
        assert source.backend.locate(array) == (source.kind, source.index)
        same(target, moved, np.arange(3.0))


def test_each_device_s_namespace_makes_arrays_there(place: Any) -> None:
    for at in _places(place):
        d = at.native(tg.float64)
        made = (
            at.xp.zeros((2,), dtype=d),
            at.xp.ones((2,), dtype=d),
            at.xp.full((2,), 3.0, dtype=d),
            at.xp.arange(3, dtype=d),
            at.xp.eye(2, 3, dtype=d),
            at.xp.linspace(0.0, 1.0, 3, dtype=d),
            at.xp.asarray([1.0, 2.0], dtype=d),
            at.scalar(1.0, d),
            at.backend.random(0, at.kind, at.index).uniform(at.xp, (2,), d),
        )
        for array in made:
            assert at.backend.locate(array) == (at.kind, at.index)
