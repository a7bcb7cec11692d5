"""The command line: what it prints, and its exit codes."""

from __future__ import annotations

import contextvars
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad import checking
from tensorflowlite_grad.__main__ import main
from tensorflowlite_grad.backend import registry, selection
from tensorflowlite_grad.checking import information, run
from tensorflowlite_grad.ops import registry as operations

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "TENSORFLOWLITE_GRAD_BACKEND"


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The default backend as a new process would find it: nothing chosen yet."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(selection, "_from_environment", [])
    return monkeypatch


def in_context(*argv: str) -> int:
    return contextvars.copy_context().run(main, argv)


def test_info_names_versions_backends_and_devices(
    fresh: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert f"tensorflowlite_grad {tg.__version__}" in out
    for name in registry.names():
        assert f"  {name} " in out
    for name in registry.available():
        assert registry.get(name).version in out
    assert "default  numpy on cpu (built in" in out


def test_info_as_json(fresh: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == tg.__version__
    assert [b["name"] for b in found["backends"]] == registry.names()
    strict = next(b for b in found["backends"] if b["name"] == "strict")
    assert [d["device"] for d in strict["devices"]] == ["strict:0", "strict:1", "cpu"]
    assert found["default"]["backend"] == "numpy"


def test_info_says_why_a_backend_is_unavailable_and_what_to_install(
    fresh: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Any:
        raise ImportError("no module named 'libgpu'")

    fresh.setitem(registry._added, "broken", missing)
    fresh.setattr(registry, "_loaded", {**registry._loaded})
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert "broken   unavailable: ImportError: no module named 'libgpu'" in out
    assert "to install it: see what 'broken' says about its installation" in out


def test_info_tells_where_the_default_was_chosen(
    fresh: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.setenv(VARIABLE, "strict")
    assert main(["info"]) == 0
    assert f"default  strict on strict:0 (by the environment variable {VARIABLE})" in (
        capsys.readouterr().out
    )
    with tg.use_backend("numpy"):
        assert main(["info"]) == 0
    assert "default  numpy on cpu (by set_default_backend or use_backend)" in (
        capsys.readouterr().out
    )


def test_info_survives_a_default_that_cannot_be_had(
    fresh: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.setenv(VARIABLE, "nonesuch")
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert "default  none" in out
    assert "unknown backend 'nonesuch'" in out


def test_check_passes(
    backend: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # All of them, one by one, are tests of their own, and below in a process of its own.
    some = list(checking.all_cases())[::20]
    monkeypatch.setattr(run, "all_cases", lambda: some)
    assert in_context("check", "--backend", backend) == 0
    out = capsys.readouterr().out
    assert f"checking backend {backend} {registry.get(backend).version}" in out
    assert f"OK: {len({case.name for case in some})} operations in {len(some)} cases" in out


def test_check_takes_the_default_backend(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "all_cases", lambda: list(checking.all_cases())[:3])
    with tg.use_backend("strict"):
        assert main(["check"]) == 0
    assert "checking backend strict" in capsys.readouterr().out


def test_check_does_not_need_a_default_that_works(
    fresh: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.setenv(VARIABLE, "nonesuch")
    fresh.setattr(run, "all_cases", lambda: list(checking.all_cases())[:3])
    assert main(["check", "--backend", "numpy"]) == 0
    assert main(["check"]) == 2
    assert VARIABLE in capsys.readouterr().err


def test_check_shows_what_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = registry.place(registry.get("numpy"), "cpu", 0)
    right = place.xp.copysign
    monkeypatch.setattr(place.xp, "copysign", lambda *given: right(*given) * 2)
    names = ("add", "copysign", "sin")
    some = [case for case in checking.all_cases() if case.name in names]
    monkeypatch.setattr(run, "all_cases", lambda: some)
    assert main(["check", "--backend", "numpy"]) == 1
    lines = capsys.readouterr().out.splitlines()
    head = next(line for line in lines if line.startswith("operation"))
    assert head.split() == ["operation", "case", "what", "problem"]
    rows = [line.split()[0] for line in lines if " off by " in line or " instead of " in line]
    assert set(rows) == {"copysign"}
    value = next(line for line in lines if line.startswith("copysign") and " value " in line)
    assert "[2, 3]" in value
    assert lines[-1].startswith("FAILED: backend numpy")
    assert "in 1 of 3 operations" in lines[-1]


def test_check_refuses_an_unknown_backend(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--backend", "nonesuch"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: unknown backend 'nonesuch'")
    assert "numpy" in captured.err
    assert captured.out == ""


def test_progress_is_shown_to_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        assert list(run._with_progress([1, 2, 3])) == [1, 2, 3]
        assert bool(stream.getvalue()) is shown


def test_a_table_lines_up_and_cuts_long_entries() -> None:
    lines = run.table(["a", "b"], [["long entry", "x\ny"], ["s", "z" * 200]]).splitlines()
    assert lines[0].index("b") == lines[2].index("x y") == lines[3].index("z")
    assert max(map(len, lines)) < 120


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["check", "--nonsense"]])
def test_arguments_that_make_no_sense(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert "usage: tensorflowlite-grad" in capsys.readouterr().err


def test_as_text_needs_no_default() -> None:
    found = information.collect()
    found["backends"] = []
    assert information.as_text(found).startswith("tensorflowlite_grad ")


def test_python_dash_m() -> None:
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    done = subprocess.run(
        [sys.executable, "-m", "tensorflowlite_grad", "check", "--backend", "numpy"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cases = list(checking.all_cases())
    names = {case.name for case in cases}
    assert f"OK: {len(names)} operations in {len(cases)} cases" in done.stdout
    assert len(names) >= len(operations)
    assert done.stderr == ""
