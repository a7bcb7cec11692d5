"""The matrix: every test that asks for `backend` runs on each one that works here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The stand-in for a GPU is found through its entry point, as any third party's backend.
sys.path.insert(0, str(Path(__file__).parent / "plugins"))
# The processes of pytest-xdist share the cores already: libraries' own threads would fight.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import support
import tensorflowlite_grad as tg
from tensorflowlite_grad.backend import registry

MATRIX = ("numpy", "strict", "torch", "cupy")

# The same examples in every run: what a change breaks, it has broken itself.
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        default=os.environ.get("TENSORFLOWLITE_GRAD_BACKEND") or None,
        help="run the matrix on this backend alone (default: all that work here)",
    )
    parser.addoption(
        "--guarantee",
        metavar="NUMBER",
        help="run the tests of one line of docs/guarantees.md, as A01",
    )


@pytest.hookimpl(tryfirst=True)  # before others leave tests out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    found: dict[str, list[str]] = {}
    for item in items:
        for mark in item.iter_markers("guarantee"):
            for number in mark.args:
                found.setdefault(number, []).append(item.nodeid)
    config.stash[support.GUARANTEES] = found
    config.stash[support.COLLECTED] = {item.path for item in items}
    wanted = config.getoption("--guarantee")
    if wanted is not None:
        chosen = set(found.get(wanted, ()))
        config.hook.pytest_deselected(items=[i for i in items if i.nodeid not in chosen])
        items[:] = [i for i in items if i.nodeid in chosen]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--backend")
        names = MATRIX if chosen is None else (chosen,)
        metafunc.parametrize("backend", [_parameter(n, chosen) for n in names], indirect=True)


def _parameter(name: str, chosen: str | None) -> object:
    why = registry.why_unavailable(name) if name in registry.names() else "no such backend"
    if why is None:
        return pytest.param(name)
    if chosen is not None:
        raise pytest.UsageError(f"--backend {name}: {why}")
    return pytest.param(name, marks=pytest.mark.skip(reason=f"backend {name}: {why}"))


@pytest.fixture
def backend(request: pytest.FixtureRequest):
    """The name of the backend that the test runs on; new tensors are made there."""
    with tg.use_backend(request.param):
        yield request.param
