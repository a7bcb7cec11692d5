"""Each line of docs/guarantees.md has a test that is marked with its number, and the reverse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support import COLLECTED, GUARANTEES

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "guarantees.md"
LINE = re.compile(r"^- \*\*([A-Z]\d\d)\*\* (?:\((not here)\) )?", re.MULTILINE)


@pytest.fixture(scope="module")
def lines() -> dict[str, bool]:
    """By number, in the page's order: whether the line holds here."""
    found = [(m[1], not m[2]) for m in LINE.finditer(PAGE.read_text(encoding="utf-8"))]
    assert len(dict(found)) == len(found)
    return dict(found)


def test_numbers_follow_each_other(lines: dict[str, bool]) -> None:
    for before, after in zip(list(lines), list(lines)[1:], strict=False):
        letter, number = before[0], int(before[1:])
        assert after in (f"{letter}{number + 1:02}", f"{chr(ord(letter) + 1)}01")


def test_every_mark_has_its_line(lines: dict[str, bool], request: pytest.FixtureRequest) -> None:
    marked = request.config.stash[GUARANTEES]
    assert {number: marked[number] for number in marked if not lines.get(number)} == {}


def test_every_line_has_its_test(lines: dict[str, bool], request: pytest.FixtureRequest) -> None:
    files = {p for p in TESTS.glob("test_*.py") if "mark.guarantee(" in p.read_text("utf-8")}
    if not files <= request.config.stash[COLLECTED]:
        pytest.skip("only part of the tests was collected")
    marked = request.config.stash[GUARANTEES]
    assert [number for number, holds in lines.items() if holds and number not in marked] == []
