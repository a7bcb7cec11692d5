"""The documentation is complete, and what it shows is true."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad.functions import (
    comparison,
    docstrings,
    elementwise,
    limits,
    parts,
    special,
)
from tensorflowlite_grad.ops import registry

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
PAGES = [p for p in PAGES if "_build" not in p.parts]
FENCE = re.compile(r"^```(\{?\w+\}?)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def reference() -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in sorted(ROOT.glob("docs/api/*.rst")))


def listed(text: str) -> set[str]:
    """Return the names that pages document, as they spell them, or give as other names."""
    pattern = r"^ *\.\. auto\w+:: ([\w.]+)|``(\w+)``|:func:`(\w+)`"
    return {name for names in re.findall(pattern, text, re.MULTILINE) for name in names if name}


def public_callables() -> dict[str, object]:
    return {
        name: value
        for name, value in vars(tg).items()
        if not name.startswith("_") and callable(value) and not isinstance(value, ModuleType)
    }


@pytest.mark.parametrize("name", sorted(public_callables()))
def test_every_public_name_is_in_the_reference(name):
    assert name in listed(reference())


@pytest.mark.parametrize(
    "module",
    [
        "autograd",
        "autograd.forward_ad",
        "autograd.functional",
        "backend",
        "cuda",
        "fft",
        "func",
        "linalg",
        "optim",
        "random",
        "serialization",
        "special",
        "utils.checkpoint",
    ],
)
def test_every_public_name_of_a_module_is_in_the_reference(module):
    known = listed(reference())
    names = importlib.import_module(f"tensorflowlite_grad.{module}").__all__
    missing = [
        n for n in names if n not in known and f"tensorflowlite_grad.{module}.{n}" not in known
    ]
    assert not missing


def test_every_public_attribute_of_tensors_is_in_the_reference():
    known = listed((ROOT / "docs/api/tensor.rst").read_text(encoding="utf-8"))
    names = [n for n in dir(tg.Tensor) if not n.startswith("_")]
    assert not [n for n in names if n not in known and f"Tensor.{n}" not in known]


def test_every_name_of_tensors_in_the_reference_exists():
    text = (ROOT / "docs/api/tensor.rst").read_text(encoding="utf-8")
    names = re.findall(r"auto\w+:: Tensor\.(\w+)", text)
    assert names
    assert not [n for n in names if not hasattr(tg.Tensor, n)]


@pytest.mark.parametrize("name", sorted(public_callables()))
def test_every_public_name_has_an_example(name):
    text = inspect.getdoc(public_callables()[name]) or ""
    assert text.split("\n\n")[0].endswith(".")
    # An exception, and a function that changes the process, are shown in the pages.
    assert ">>> " in text or name in ("BackendError", "register_backend")


@pytest.mark.parametrize("name", [n for n in dir(tg.Tensor) if not n.startswith("_")])
def test_every_public_attribute_of_tensors_is_described(name):
    attribute = getattr(tg.Tensor, name)
    text = inspect.getdoc(attribute) or ""
    assert text.split("\n\n")[0].endswith(".")
    assert ">>> " in text or not callable(attribute) or name == "cuda"  # not every machine has one


def test_the_examples_of_written_functions_are_collected():
    collected: dict[str, str] = {}
    for module in (elementwise, comparison, limits, parts, special):
        collected |= module.__test__
    assert collected.keys() == docstrings.TEXTS.keys()
    for name, text in collected.items():
        assert getattr(tg, name).__doc__ == text
        assert doctest.DocTestParser().get_examples(text)


def blocks(page: Path) -> list[tuple[str, str]]:
    return FENCE.findall(page.read_text(encoding="utf-8"))


@pytest.fixture
def clean_slate():
    """Put back what a page may change: the default backend, and operations it declares."""
    declared = dict(registry)
    with tg.use_backend("numpy"):
        yield
    registry.clear()
    registry.update(declared)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_code_in_the_pages_runs(page, clean_slate):
    """Sessions (``>>>``) give what is printed below them; other Python compiles."""
    text = ""
    for language, code in blocks(page):
        if language == "{doctest}" or (language == "python" and ">>> " in code):
            text += code + "\n"
        elif language == "python":
            compile(code, str(page), "exec")
    session = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    report: list[str] = []
    failed, _ = doctest.DocTestRunner(optionflags=FLAGS).run(session, out=report.append)
    assert not failed, "".join(report)


def test_pages_name_files_that_exist():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"
