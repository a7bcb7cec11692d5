"""The examples run, print what they promise, and refuse bad input with a reason."""

from __future__ import annotations

import contextvars
import importlib
import io
import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import tensorflowlite_grad as tg

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("[!_]*.py"))
PLOTTING = ("quadratic", "sine")

Load = Callable[[str], ModuleType]
Run = Callable[..., int]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Import an example as Python does when it is run as a script."""
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module


@pytest.fixture
def run(load: Load) -> Run:
    """Run an example's `main` in a context of its own, which `--backend` may change."""

    def run(name: str, *argv: str) -> int:
        status: int = contextvars.copy_context().run(load(name).main, list(argv))
        return status

    return run


def on_cpu(printed: str) -> str:
    """Return what would have been printed for tensors on the CPU."""
    return re.sub(r", device='[^']*'", "", printed)


@pytest.mark.parametrize(
    ("name", "promised"),
    [
        ("quadratic", r"y= tensor\(0\.\) ; x= tensor\(1\.0000\)\n"),
        ("sine", r"max \|dy/dx - cos x\| = \d\.\de[+-]\d+ at 400 points\n"),
        ("jacobian", r"tensor\(\[\[4\., 3\.\],\n        \[2\., 6\.\]\]\)\n"),
        ("control_flow", r" +a .*\n(.+\n){8}a\.grad == d / a at 8 of 8 points\n"),
        ("linear_regression", r"loss: 0\.0000\d+\nerror of w: tensor\(.*\)\nerror of b: .*\n"),
        (
            "implicit",
            r"x = .*: x = 0\.739085, dx/dt = -0\.297474\n"
            r"first derivatives right: True; second: True\nlinear solve .*: True\n",
        ),
        ("own_operations", r"standard: derivatives right\nNumPy: .* right\n(\w+: .* right\n)*"),
        ("digits", r"accuracy on 360 held-out digits: (100|9[5-9])\.\d\d%\n"),
    ],
)
def test_prints_what_it_promises(
    run: Run, capsys: pytest.CaptureFixture[str], name: str, promised: str
) -> None:
    status = run(name)
    printed = capsys.readouterr()
    assert re.fullmatch(promised, on_cpu(printed.out))
    assert (status, printed.err) == (0, "")


@pytest.mark.parametrize("name", SCRIPTS)
def test_runs_as_a_script(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--help"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert stop.value.code == 0
    assert "--backend NAME" in capsys.readouterr().out


@pytest.mark.parametrize("name", SCRIPTS)
def test_importing_does_nothing(load: Load, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert load(name).__doc__
    assert capsys.readouterr() == ("", "")


def test_backend_option_selects(load: Load, backend: str) -> None:
    context = contextvars.copy_context()
    context.run(tg.set_default_backend, "numpy")
    assert context.run(load("jacobian").main, ["--backend", backend]) == 0
    assert context.run(tg.get_default_backend) == backend


@pytest.mark.parametrize("name", SCRIPTS)
def test_unknown_backend_is_refused(
    run: Run, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        run(name, "--backend", "no-such-backend")
    assert stop.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "error: unknown backend 'no-such-backend'" in printed.err


@pytest.mark.parametrize("name", PLOTTING)
@pytest.mark.parametrize(
    ("file", "start"),
    [("plot.png", b"\x89PNG\r\n\x1a\n"), ("plot", b"\x89PNG"), ("p.SVG", b"<?xml")],
)
def test_plot_is_written(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, file: str, start: bytes
) -> None:
    path = tmp_path / file
    assert run(name, "--plot", str(path)) == 0
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [file]
    assert capsys.readouterr().out.endswith(f"wrote {path}\n")


@pytest.mark.parametrize("name", PLOTTING)
@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("plot.exe", "unknown format 'exe', use one of"),
        ("missing/plot.png", "there is no directory"),
        (".", "is a directory"),
    ],
)
def test_plot_that_cannot_be_written_is_refused_first(
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    file: str,
    reason: str,
) -> None:
    with pytest.raises(SystemExit) as stop:
        run(name, "--plot", str(tmp_path / file))
    printed = capsys.readouterr()
    assert (stop.value.code, printed.out) == (2, "")
    assert reason in printed.err


@pytest.mark.parametrize("name", PLOTTING)
def test_plot_without_matplotlib_says_what_to_install(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backend_bases", None)
    assert run(name) == 0  # needed for the plot alone
    with pytest.raises(SystemExit) as stop:
        run(name, "--plot", str(tmp_path / "plot.png"))
    assert stop.value.code == 2
    assert 'pip install "tensorflowlite-grad[plot]"' in capsys.readouterr().err


def test_digits_without_sklearn_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(SystemExit, match=r'scikit-learn: pip install "tensorflowlite-grad'):
        run("digits")


@pytest.mark.parametrize(
    ("name", "argv", "reason"),
    [
        ("quadratic", ["--a", "0"], "--a: must be above 0"),
        ("quadratic", ["--a=-1"], "--a: must be above 0"),
        ("quadratic", ["--a", "one"], "--a: must be a number"),
        ("quadratic", ["--b", "nan"], "--b: must be finite"),
        ("quadratic", ["--c", "inf"], "--c: must be finite"),
        ("quadratic", ["--x0", ""], "--x0: must be a number"),
        ("quadratic", ["--lr", "0"], "--lr: must be above 0"),
        ("quadratic", ["--lr=-0.1"], "--lr: must be above 0"),
        ("quadratic", ["--steps", "0"], "--steps: must be at least 1"),
        ("quadratic", ["--steps", "1.5"], "--steps: must be a whole number"),
        ("control_flow", ["--points", "0"], "--points: must be at least 1"),
        ("linear_regression", ["--batch-size", "0"], "--batch-size: must be at least 1"),
        ("digits", ["--hidden", "0"], "--hidden: must be at least 1"),
    ],
)
def test_bad_option_is_refused(
    run: Run, capsys: pytest.CaptureFixture[str], name: str, argv: list[str], reason: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        run(name, *argv)
    printed = capsys.readouterr()
    assert (stop.value.code, printed.out) == (2, "")
    assert f"error: argument {reason}, got " in printed.err


def test_quadratic_finds_other_minima(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    # 2*x**2 + 8*x + 3 has its minimum, -5, at -2.
    assert run("quadratic", "--a", "2", "--b", "8", "--c", "3", "--x0", "5", "--lr", "0.1") == 0
    printed = on_cpu(capsys.readouterr().out)
    assert re.fullmatch(r"y= tensor\(-5\.\) ; x= tensor\(-2\.(0000)?\)\n", printed)


@pytest.mark.parametrize("lr", ["1", "1.5", "1e30"])
def test_quadratic_says_when_it_diverges(
    run: Run, capsys: pytest.CaptureFixture[str], lr: str
) -> None:
    assert run("quadratic", "--lr", lr) == 1
    assert "take a learning rate below 1/a = 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "reason"),
    [("linear_regression", "off by more than 0.02"), ("digits", "below the required 95%")],
)
def test_too_little_training_is_reported(
    run: Run, capsys: pytest.CaptureFixture[str], name: str, reason: str
) -> None:
    assert run(name, "--steps", "1") == 1
    assert reason in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_only(
    load: Load, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tqdm")
    progress = load("_common").progress
    assert list(progress(range(3), "counting")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(progress(range(3), "counting")) == [0, 1, 2]
    assert "counting: 100%" in terminal.getvalue()


def test_progress_needs_no_tqdm(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    numbers = range(3)
    assert load("_common").progress(numbers, "counting") is numbers
