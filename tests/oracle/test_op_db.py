"""PyTorch's database of operations: what this library has of it agrees with PyTorch."""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")  # which PyTorch's own tests need

import op_db  # noqa: E402
from op_db_exceptions import EXCEPTIONS  # noqa: E402

#: Samples of each dtype; 0 runs all of them, as a nightly run does.
LIMIT = int(os.environ.get("OP_DB_SAMPLES", "6")) or None
ENTRIES = op_db.entries()


def excused(name: str) -> set[str]:
    """Return what of an entry is known to differ."""
    plain = name.split("-")[0]
    return EXCEPTIONS.get(name, (set(), ""))[0] | EXCEPTIONS.get(plain, (set(), ""))[0]


@pytest.mark.parametrize("name", ENTRIES)
def test_entry(name: str) -> None:
    report = op_db.compare(ENTRIES[name], LIMIT)
    allowed = excused(name)
    if report.missing:
        assert "missing" in allowed, "this library has no such function"
        return
    assert "missing" not in allowed, "it is there: take it off the exceptions"
    found = [p for p in report.problems if p[0] not in allowed | {"words"}]
    assert found == []


def test_exceptions_are_entries_and_give_reasons() -> None:
    names = set(ENTRIES) | {name.split("-")[0] for name in ENTRIES}
    assert set(EXCEPTIONS) <= names
    for steps, reason in EXCEPTIONS.values():
        assert steps <= {"missing", *op_db.STEPS, "errors"}
        assert len(reason.split()) > 2


def test_nine_in_ten_of_the_names_agree() -> None:
    names = {name.split("-")[0] for name in ENTRIES}
    differing = {
        name.split("-")[0] for name, (steps, _) in EXCEPTIONS.items() if steps - {"errors"}
    }
    assert len(differing) <= len(names) / 10


WRONG = {
    "value": ("values", lambda x: torch_free(x).cos()),
    "dtype": ("values", lambda x: torch_free(x).sin().float()),
    "shape": ("values", lambda x: torch_free(x).sin().reshape(-1)),
    "gradient is lost": ("values", lambda x: torch_free(x).sin().detach()),
    "gradient": ("first", lambda x: x.sin() + 1e-3 * (x - x.detach())),
    "second derivative": (
        "second",
        lambda x: x.detach().sin() + (x - x.detach()) * x.detach().cos(),
    ),
}


def torch_free(x):
    assert not isinstance(x, torch.Tensor)
    return x


@pytest.mark.parametrize("name", WRONG)
def test_the_comparison_finds_what_differs(name: str) -> None:
    step, wrong = WRONG[name]
    report = op_db.Report("sin")
    op = ENTRIES["sin"]
    with op_db.tg.use_backend("numpy"):
        for sample in op.sample_inputs("cpu", torch.float64, requires_grad=True):
            op_db.compare_sample(op, wrong, sample, True, report)
    assert step in {what for what, _ in report.problems}


def test_the_comparison_finds_what_is_not_refused() -> None:
    report = op_db.Report("cat")
    op_db.compare_errors(ENTRIES["cat"], lambda *args, **kwargs: None, report)
    assert Counter(what for what, _ in report.problems)["errors"] > 0
    assert re.search("nothing raised", report.problems[0][1])
