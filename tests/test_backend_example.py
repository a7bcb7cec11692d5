"""The backend that the documentation shows is complete, short, and works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad.backend import registry
from tensorflowlite_grad.checking import all_cases, problems

pytest.importorskip("array_api_strict")
PAGE = Path(__file__).parents[1] / "docs" / "backends.md"


def blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The names that the page's backend defines; its registration ends with the test."""
    for kept in ("_added", "_loaded", "_failed", "_places"):
        monkeypatch.setattr(registry, kept, dict(getattr(registry, kept)))
    space: dict[str, Any] = {"__name__": "shown"}
    exec(blocks("python")[0], space)  # noqa: S102
    return space


def test_it_is_short() -> None:
    assert blocks("python")[0].count("\n") < 60


def test_its_use_prints_what_the_page_says(shown: Any, capsys: pytest.CaptureFixture[str]) -> None:
    exec(blocks("python")[1], shown)  # noqa: S102
    assert capsys.readouterr().out == blocks("text")[0]


def test_it_can_do_what_the_page_says(shown: Any) -> None:
    tg.register_backend("standard", shown["StandardBackend"])
    assert "standard" in tg.available_backends()
    with tg.use_backend("standard"):
        tg.manual_seed(0)
        w = tg.randn(3, 2, requires_grad=True)
        optimizer = tg.optim.SGD([w], lr=0.1, momentum=0.9)
        x = tg.rand(8, 3)
        target = x @ tg.tensor([[1.0, -1.0], [2.0, 0.5], [0.0, 3.0]])
        losses = []
        for _ in range(60):
            optimizer.zero_grad()
            loss = ((x @ w - target) ** 2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < 0.02 * losses[0]
        y = tg.arange(4.0).requires_grad_()
        z = y * 1
        z[1:3] *= 2
        (second,) = tg.autograd.grad((z**3).sum(), y, create_graph=True)
        (third,) = tg.autograd.grad(second.sum(), y)
        assert third.tolist() == [0.0, 48.0, 96.0, 18.0]
        assert z.device == y.device == tg.device("standard:0")
    with pytest.raises(RuntimeError, match="same device"):
        w + tg.ones(3, 2, device="cpu")


def test_the_check_passes_on_it(shown: Any) -> None:
    tg.register_backend("standard", shown["StandardBackend"])
    place = registry.place(registry.get("standard"), "standard", 0)
    some = list(all_cases())[::25]
    assert len(some) > 20
    assert [p for case in some for p in problems(case, place)] == []
