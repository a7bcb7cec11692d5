"""Imports point down the layers: what lies lower knows nothing of what is built on it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tensorflowlite_grad"
#: From the lowest up. The modules of one entry may import each other.
LAYERS = (
    {"_version", "dtypes", "layouts", "limits", "printing", "return_types", "size"},
    {"backend"},
    {"autograd"},
    {"ops"},
    {"functions"},
    {"array_api"},
    {"methods"},
    {"tensor"},
    {
        "cuda",
        "fft",
        "func",
        "linalg",
        "masked",
        "nn",
        "optim",
        "random",
        "serialization",
        "signal",
        "special",
        "utils",
    },
    {"checking"},
    {"__init__"},
    {"__main__"},
)
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}
#: Modules that stand in a package below for PyTorch's sake, and are built on a layer above.
LIFTED = {
    ("autograd", "batched"): "func",
    ("autograd", "functional"): "func",
    ("autograd", "gradcheck"): "func",
    ("autograd", "jacobian_checks"): "func",
}
MODULES = sorted(p.relative_to(PACKAGE).with_suffix("").parts for p in PACKAGE.rglob("*.py"))


def for_checkers_only(tree: ast.AST) -> set[ast.AST]:
    """Return what stands below ``if TYPE_CHECKING``, which never runs."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            found.update(inner for statement in node.body for inner in ast.walk(statement))
    return found


def imported(module: tuple[str, ...], source: str) -> set[tuple[str, ...]]:
    """Return what a module of the package imports of it, functions' own imports included.

    The first part is a layer's name, or ``__init__`` for a name of the package itself.
    """
    tree = ast.parse(source)
    skipped = for_checkers_only(tree)
    found: set[tuple[str, ...]] = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            targets = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = [PACKAGE.name, *module][: len(module) + 1 - node.level] if node.level else []
            base = [*above, *(node.module or "").split(".")] if node.module else above
            targets = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for root, *rest in targets:
            if root == PACKAGE.name:
                found.add(tuple(rest) if rest and rest[0] in LEVELS else ("__init__", *rest))
    return found


def test_every_module_has_a_layer() -> None:
    assert {module[0] for module in MODULES} == set(LEVELS)


def test_imports_are_seen_however_they_are_written() -> None:
    source = """
from typing import TYPE_CHECKING
import tensorflowlite_grad.ops.shape
from tensorflowlite_grad import Tensor, optim
from ..backend.place import Place
from . import modes
if TYPE_CHECKING:
    from ..methods import ShapeMethods
def f():
    from ..functions import creation
"""
    assert imported(("autograd", "graph"), source) == {
        ("ops", "shape"),
        ("__init__", "Tensor"),
        ("optim",),
        ("backend", "place", "Place"),
        ("autograd", "modes"),
        ("functions", "creation"),
    }


def level(module: tuple[str, ...]) -> int:
    return LEVELS[LIFTED.get(module[:2], module[0])]


@pytest.mark.parametrize("module", MODULES, ids=".".join)
def test_imports_point_down(module: tuple[str, ...]) -> None:
    source = PACKAGE.joinpath(*module).with_suffix(".py").read_text(encoding="utf-8")
    wrong = [
        ".".join(target) for target in imported(module, source) if level(target) > level(module)
    ]
    assert not wrong
