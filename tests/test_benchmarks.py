"""The benchmarks compute what they say, on whichever peers are installed. Nothing is timed."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    # The benchmarks are no part of the distribution; they lie beside the tests.
    sys.path.insert(0, str(ROOT))

from benchmarks import report  # noqa: E402
from benchmarks.cases import CASES, TIMED  # noqa: E402
from benchmarks.environment import settled  # noqa: E402
from benchmarks.model import Line, Program, Sample, Settings, Target  # noqa: E402
from benchmarks.peers import SPECS, SUBJECT, Peer, load, missing  # noqa: E402
from benchmarks.processes import ProcessFailed, Worker  # noqa: E402
from benchmarks.timing import time_round, warm_up  # noqa: E402

ONE_ROUND = Settings(quick=True, rounds=1, round_seconds=0.0, warm_seconds=0.0, process_rounds=1)


def _peer(name: str) -> Peer:
    reason = missing(SPECS[name])
    if reason is not None:
        pytest.skip(f"{SPECS[name].title} is {reason}")
    return load(SPECS[name])


@pytest.mark.parametrize("peer_name", SPECS)
@pytest.mark.parametrize("case_name", TIMED)
def test_every_peer_computes_the_values_and_gradients_of_the_case(
    case_name: str, peer_name: str
) -> None:
    case, peer = TIMED[case_name], _peer(peer_name)
    reason = case.unstated(SPECS[peer_name])
    if reason is not None:
        pytest.skip(f"{case_name}: {reason}")
    case.checked(peer, quick=True)


@pytest.mark.parametrize("case_name", TIMED)
def test_a_wrong_result_is_refused(case_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = TIMED[case_name]
    expected = case.expected(True)
    wrong = [*expected[:-1], expected[-1] + 1.0]
    monkeypatch.setitem(case.__dict__, "expected", lambda quick: wrong)
    with pytest.raises(AssertionError, match="tolerance"):
        case.checked(load(SPECS[SUBJECT]), quick=True)


@pytest.mark.parametrize("case_name", [name for name in CASES if name not in TIMED])
def test_cases_in_processes_of_their_own_yield_figures(case_name: str) -> None:
    installed = [name for name in SPECS if missing(SPECS[name]) is None]
    for line in CASES[case_name].measure(installed, ONE_ROUND):
        assert not line.failed
        assert {*line.samples, *line.skipped} == set(installed)
        assert SUBJECT in line.samples
        assert all(value >= 0 for sample in line.samples.values() for value in sample.values)


def test_peers_take_turns_of_as_many_rounds_each() -> None:
    settings = Settings(quick=True, rounds=3, round_seconds=0.0, warm_seconds=0.0)
    (line,) = TIMED["mlp"].measure([SUBJECT, "numpy"], settings)
    assert not line.failed
    assert {name: len(sample.values) for name, sample in line.samples.items()} == {
        SUBJECT: 3,
        "numpy": 3,
    }


def test_a_round_is_as_many_steps_as_it_is_told() -> None:
    steps: list[None] = []
    program = Program(lambda: steps.append(None), lambda result: [])
    repeats = warm_up(program, seconds=0.0, round_seconds=1e-3)
    assert repeats > 1
    steps.clear()
    figures = time_round(load(SPECS["numpy"]), program, repeats)
    assert len(steps) == repeats + 1
    assert figures["wall"] > 0


def test_a_worker_that_fails_says_why() -> None:
    with Worker("once", "deep-chain", "numpy", "3") as worker, pytest.raises(ProcessFailed) as told:
        worker.listen()
    assert "AttributeError" in str(told.value)


def test_a_worker_that_dies_is_reported_with_its_last_words() -> None:
    script = "import sys; sys.exit('out of luck')"
    with (
        Worker("-c", script, module=None) as worker,
        pytest.raises(ProcessFailed, match="out of luck"),
    ):
        worker.ask(order="round")


def test_verdicts_compare_medians() -> None:
    line = Line(
        "name",
        "title",
        "s",
        {SUBJECT: Sample([1.0, 1.0, 9.0]), "torch": Sample([4.0, 4.0, 4.0])},
        {},
        (Target(0.3), Target(0.2), Target(2.0, against=None)),
    )
    verdicts = report.verdicts(line)
    assert [verdict["value"] for verdict in verdicts] == [0.25, 0.25, 1.0]
    assert [verdict["met"] for verdict in verdicts] == [True, False, True]


def test_a_peer_that_waits_for_the_same_library_is_level() -> None:
    samples = {SUBJECT: Sample([1.01]), "mygrad": Sample([1.0]), "autograd": Sample([0.5])}
    line = Line("name", "title", "s", samples, {})
    assert {v["against"]: (v["met"], v["level"]) for v in report.verdicts(line)} == {
        "autograd": (False, False),
        "mygrad": (False, True),
    }
    assert "level   1.01 ~  1.00 x MyGrad" in report.table(line)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "s", "0 ns"),
        (2.5e-7, "s", "250 ns"),
        (1.25e-5, "s", "12.5 us"),
        (3.0, "s", "3 s"),
        (1234.0, "s", "1234 s"),
        (273.0, "B", "273 B"),
        (7.5e8, "B", "750 MB"),
    ],
)
def test_quantities_read_in_a_fitting_multiple(value: float, unit: str, text: str) -> None:
    assert report.quantity(value, unit) == text


def test_settled_environment_has_one_thread_and_keeps_the_rest() -> None:
    once = settled({"XLA_FLAGS": "--mine", "OMP_NUM_THREADS": "8", "HOME": "/"}, backend="numpy")
    assert once["OMP_NUM_THREADS"] == "1"
    assert once["HOME"] == "/"
    assert once["XLA_FLAGS"].split()[0] == "--mine"
    assert once["TENSORFLOWLITE_GRAD_BACKEND"] == "numpy"
    assert settled(once) == once


def test_command_line_writes_the_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "quadratic"]
    done = subprocess.run(
        [*command, "--peers", f"{SUBJECT},numpy", "--json", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(file.read_text(encoding="utf-8"))
    (line,) = figures["lines"]
    assert math.isfinite(line["peers"][SUBJECT]["median"])
    assert "numpy" in line["skipped"]
    assert "OPENBLAS_CORETYPE" in figures["environment"]


@pytest.mark.parametrize("wrong", [["--peers", "nobody"], ["--only", "nothing"]])
def test_unknown_names_are_refused_with_the_known_ones(wrong: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *wrong],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "torch" in done.stdout + done.stderr or "quadratic" in done.stdout + done.stderr
