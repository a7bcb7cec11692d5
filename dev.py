"""Set up and run this project: needs Python 3.11 or newer, and nothing else.

The first task makes a virtual environment and installs the project into it; later tasks
reuse it, and install again only when pyproject.toml has changed.
"""

# An older Python must still be able to parse this file, to say that it is too old.
import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "dev.py: this is Python %d.%d, and the project needs 3.11 or newer; "  # noqa: UP031
        "run it with a newer one, such as: python3.12 dev.py" % sys.version_info[:2]
    )

ROOT = Path(__file__).resolve().parent
VENV_VARIABLE = "TENSORFLOWLITE_GRAD_VENV"

# What a task does, given the environment's Python and the arguments that follow its name.
Action = Callable[[Path, list[str]], None]


class Task(NamedTuple):
    run: Action
    extras: frozenset[str]


TASKS: dict[str, Task] = {}


def task(*extras: str) -> Callable[[Action], Action]:
    """Register a function as a task that needs these extras of the package."""

    def register(action: Action) -> Action:
        TASKS[action.__name__] = Task(action, frozenset(extras))
        return action

    return register


@task("examples")
def quadratic(python: Path, args: list[str]) -> None:
    """train the toy quadratic (args: --backend NAME, --plot FILE)"""
    run(python, ROOT / "examples/quadratic.py", *args, cwd=Path.cwd())


@task("test")
def test(python: Path, args: list[str]) -> None:
    """run the tests (args: pytest's)"""
    pytest(python, *args)


@task("test", "oracle")
def oracle(python: Path, args: list[str]) -> None:
    """run the tests against PyTorch, and all tests on its arrays (args: pytest's)"""
    pytest(python, "tests/oracle", *args)
    pytest(python, "--backend", "torch", "--ignore", "tests/oracle", *args)


@task("test")
def doctest(python: Path, args: list[str]) -> None:
    """run the examples in the docstrings (args: pytest's)"""
    sources = ("tensorflowlite_grad", "backends/tensorflowlite_grad_numpy")
    pytest(python, "--doctest-modules", *sources, *args)


@task("lint")
def lint(python: Path, args: list[str]) -> None:
    """check style and formatting (args: paths)"""
    paths = args or ["."]
    run(python, "-m", "ruff", "check", *paths)
    run(python, "-m", "ruff", "format", "--check", *paths)


@task("test", "lint")
def types(python: Path, args: list[str]) -> None:
    """check the types (args: mypy's)"""
    run(python, "-m", "mypy", *args)


@task("examples")
def examples(python: Path, args: list[str]) -> None:
    """run every example (args: theirs; default: --backend numpy)"""
    args = args or ["--backend", "numpy"]
    with tempfile.TemporaryDirectory() as scratch:  # for what they may write
        for path in sorted(ROOT.glob("examples/[!_]*.py")):
            run(python, path, *args, cwd=scratch)


@task("docs")
def docs(python: Path, args: list[str]) -> None:
    """build the documentation and run its examples (args: sphinx-build's)"""
    for builder in ("html", "doctest"):
        out = f"docs/_build/{builder}"
        run(python, "-m", "sphinx", "-W", "--keep-going", "-b", builder, "docs", out, *args)


@task("bench")
def bench(python: Path, args: list[str]) -> None:
    """measure against other libraries (args: the runner's)"""
    run(python, "-m", "benchmarks", *args)


@task()
def wheel(python: Path, args: list[str]) -> None:
    """build the wheel, and try it in an environment of its own (args: pip wheel's)"""
    with tempfile.TemporaryDirectory() as scratch:
        run(python, "-m", "pip", "wheel", *quiet(), "--no-deps", *args, "-w", scratch, ".")
        [built] = Path(scratch).glob("*.whl")
        expect_packages(built)
        clean = Path(scratch, "venv")
        run(sys.executable, "-m", "venv", clean)
        python = python_of(clean)
        run(python, "-m", "pip", "install", *quiet(), built)
        run(python, "-m", "tensorflowlite_grad", "info", cwd=scratch)


def expect_packages(built: Path) -> None:
    """Fail unless the wheel holds the core and its backends, each importable by its own name."""
    names = {name.split("/")[0] for name in zipfile.ZipFile(built).namelist()}
    found = {name for name in names if not name.endswith(".dist-info")}
    wanted = {"tensorflowlite_grad", *(p.name for p in ROOT.glob("backends/tensorflowlite_grad_*"))}
    if found != wanted:
        sys.exit(f"dev.py: {built.name} holds {sorted(found)}, and should hold {sorted(wanted)}")


def pytest(python: Path, *args: str) -> None:
    # -P keeps the project's root off sys.path: what is tested is what an installation offers.
    run(python, "-P", "-m", "pytest", *args)


def run(*command: str | Path, cwd: str | Path = ROOT, hint: str = "") -> None:
    """Run a command, without a screen; where it fails, end with its exit status."""
    words = [str(word) for word in command]
    say("$ " + " ".join(words))
    start = time.perf_counter()
    status = subprocess.run(words, cwd=cwd, env={**os.environ, "MPLBACKEND": "Agg"}).returncode
    if status:
        say(f"failed with status {status}: {' '.join(words)}")
        if hint:
            say(hint)
        # A signal is a negative number, which the shell could not show.
        sys.exit(status if status > 0 else 128 - status)
    say(f"done in {time.perf_counter() - start:.1f} s")


def say(message: str) -> None:
    print(f"dev.py: {message}", file=sys.stderr, flush=True)


def quiet() -> list[str]:
    """What keeps pip's progress off a log, where nobody watches it."""
    return [] if sys.stdout.isatty() else ["-qq"]


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_venv(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file()


def prepare(venv: Path, extras: frozenset[str]) -> Path:
    """Make the environment where there is none, install what it lacks, return its Python."""
    python = python_of(venv)
    stamp = venv / "tensorflowlite_grad.json"
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + os.fsencode(ROOT)).hexdigest()
    installed = read_stamp(stamp, project)
    if python.exists() and installed is not None and extras <= installed:
        return python

    if not (python.exists() and stamp.exists()):
        if venv.is_file() or (venv.is_dir() and not is_venv(venv) and any(venv.iterdir())):
            sys.exit(f"dev.py: {venv} is there already, and is no virtual environment")
        hint = f"Delete {venv} and try again; on Debian or Ubuntu: sudo apt install python3-venv"
        run(sys.executable, "-m", "venv", venv, hint=hint)
    # Without its stamp, an installation that is interrupted counts as none.
    stamp.unlink(missing_ok=True)
    wanted = f".[{','.join(sorted(extras))}]" if extras else "."
    say(f"installing {wanted} into {venv}; the first time takes a minute or more")
    hint = f"pip says why above. Is the network there? If {venv} is broken, delete it; try again."
    run(python, "-m", "pip", "install", *quiet(), "-e", wanted, hint=hint)
    write_stamp(stamp, project, extras | (installed or frozenset()))
    return python


def read_stamp(stamp: Path, project: str) -> frozenset[str] | None:
    """Return the extras installed for this very pyproject.toml, None if nothing is."""
    try:
        found = json.loads(stamp.read_text(encoding="utf-8"))
        return frozenset(found["extras"]) if found["project"] == project else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_stamp(stamp: Path, project: str, extras: Iterable[str]) -> None:
    new = stamp.with_suffix(".new")
    new.write_text(json.dumps({"project": project, "extras": sorted(extras)}), encoding="utf-8")
    new.replace(stamp)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="tasks:\n"
        + "\n".join(f"  {name:10} {known.run.__doc__}" for name, known in TASKS.items()),
    )
    parser.add_argument(
        "--venv",
        metavar="DIR",
        default=os.environ.get(VENV_VARIABLE) or ROOT / ".venv",
        help=f"where the environment is (default: ${VENV_VARIABLE}, else .venv beside dev.py)",
    )
    parser.add_argument("task", choices=TASKS, metavar="task")
    parser.add_argument("args", nargs=argparse.REMAINDER, help="passed to what the task runs")
    options = parser.parse_args(sys.argv[1:] or ["--help"])
    chosen = TASKS[options.task]
    try:
        # Not resolved: that would follow a link out of the environment.
        python = prepare(Path(os.path.abspath(options.venv)), chosen.extras)
        chosen.run(python, options.args)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
