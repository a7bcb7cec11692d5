"""The profiler: time and memory of operations, forward and backward."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import leaf
from tensorflowlite_grad.autograd import detect_anomaly
from tensorflowlite_grad.autograd.graph import keep_values, saved_tensors_hooks
from tensorflowlite_grad.autograd.profiler import profile, record_function


def test_profile_counts_operations_forward_and_backward(backend: str) -> None:
    x = leaf([1.0, 2.0])
    with profile() as prof:
        for _ in range(3):
            (x * x).sum().backward()
        tg.cat([x, x])
        x.unbind()
    found = {row.key: row.count for row in prof.key_averages()}
    assert found == {
        "mul": 3, "sum": 3, "MulBackward0": 3, "SumBackward0": 3, "cat": 1, "unbind": 1
    }  # fmt: skip
    kinds = {e.name: e.kind for e in prof.function_events}
    assert (kinds["mul"], kinds["MulBackward0"]) == ("forward", "backward")
    starts = [e.start for e in prof.function_events]
    assert starts == sorted(starts)
    x * 2  # is not measured any more
    assert len(prof.function_events) == 14


class Slow(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        time.sleep(0.002)
        return x.exp()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 1


def test_what_runs_inside_is_taken_from_the_time_of_its_own(backend: str) -> None:
    x = leaf([1.0, 2.0])
    with profile() as prof:
        with record_function("block"):
            y = Slow.apply(x)
        y.sum().backward()
    rows = {row.key: row for row in prof.key_averages()}
    assert set(rows) == {"block", "Slow", "exp", "sum", "SumBackward0", "SlowBackward", "mul"}
    block, slow, exp = rows["block"], rows["Slow"], rows["exp"]
    assert slow.self_cpu_time_total == pytest.approx(slow.cpu_time_total - exp.cpu_time_total)
    assert block.self_cpu_time_total == pytest.approx(block.cpu_time_total - slow.cpu_time_total)
    assert slow.self_cpu_time_total >= 2000
    assert slow.cpu_time_total < block.cpu_time_total
    kinds = {e.name: e.kind for e in prof.function_events}
    assert (kinds["block"], kinds["exp"], kinds["mul"]) == ("label", "forward", "backward")
    top = sum(rows[k].cpu_time_total for k in ("block", "sum", "SumBackward0", "SlowBackward"))
    assert prof.self_cpu_time_total == pytest.approx(top)
    assert prof.total_average().count == 7


def test_profile_of_shapes_memory_and_lines(backend: str) -> None:
    x = leaf([[1.0] * 3] * 2)
    with profile(record_shapes=True, profile_memory=True, with_stack=True) as prof:
        y = x @ x.T
        (y * y).sum().backward()
        x[0] * 2
    first, second = (e for e in prof.function_events if e.name == "mul")
    assert first.input_shapes == ((2, 2), (2, 2))
    assert first.cpu_memory_usage == 32
    assert int(second.line.split(":")[-1]) == int(first.line.split(":")[-1]) + 1
    assert first.line.startswith(__file__)
    (select,) = (e for e in prof.function_events if e.name == "select")
    assert select.cpu_memory_usage == 0  # a view
    backward = {e.name: e for e in prof.function_events if e.kind == "backward"}
    assert backward["SumBackward0"].input_shapes == ((),)
    assert backward["MulBackward0"].input_shapes == ((2, 2),)
    assert backward["MulBackward0"].cpu_memory_usage >= 32
    grouped = [row for row in prof.key_averages(group_by_input_shape=True) if row.key == "mul"]
    assert [row.input_shapes[0] for row in grouped] == [(2, 2), (3,)]
    assert "[[2, 2], [2, 2]]" in prof.key_averages(True).table()
    assert "32 B" in prof.table()


def test_tables_are_sorted_and_cut(backend: str) -> None:
    x = leaf([1.0, 2.0])
    with profile() as prof:
        with record_function("b" * 80):
            Slow.apply(x)
        x.sin()
        x.sin()
    averages = prof.key_averages()
    rows = averages.table(sort_by="self_cpu_time_total", row_limit=1, header="title").splitlines()
    assert rows[0] == "title"
    assert rows[1].split()[0] == "Name"
    assert rows[2].split()[0] == "Slow"
    assert rows[3] == "… 3 more"
    assert rows[4].startswith("Self CPU time total: ")
    assert len(rows) == 5
    by_count = averages.table(sort_by="count", max_name_column_width=20).splitlines()
    assert by_count[1].split()[0] == "sin"
    assert "b" * 17 + "... " in averages.table(max_name_column_width=20)
    assert "b" * 80 in averages.table(max_name_column_width=None)
    assert len(averages.table(row_limit=-1).splitlines()) == 6
    with pytest.raises(AttributeError, match="'speed' to sort by"):
        averages.table(sort_by="speed")


def test_chrome_trace(backend: str, tmp_path: Path) -> None:
    x = leaf([1.0, 2.0])
    with profile(record_shapes=True) as prof:
        with record_function("forward"):
            y = (x * x).sum()
        y.backward()
    path = tmp_path / "trace.json"
    prof.export_chrome_trace(path)
    trace = json.loads(path.read_text(encoding="utf-8"))
    events = {e["name"]: e for e in trace["traceEvents"]}
    assert list(events) == ["forward", "mul", "sum", "SumBackward0", "MulBackward0"]
    assert {e["ph"] for e in events.values()} == {"X"}
    assert [events[n]["cat"] for n in ("forward", "mul", "MulBackward0")] == [
        "label", "forward", "backward"
    ]  # fmt: skip
    outer, inner = events["forward"], events["mul"]
    assert outer["ts"] <= inner["ts"]
    assert inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"]
    assert (outer["pid"], outer["tid"]) == (inner["pid"], inner["tid"])
    assert inner["args"]["input_shapes"] == [[2], [2]]


def test_the_device_is_waited_for(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x = leaf([1.0])
    waited = []
    monkeypatch.setattr(
        type(x._place.backend), "synchronize", lambda self, kind, index: waited.append(kind)
    )
    with profile():
        x.exp().backward()
    assert waited == [x._place.kind] * 2
    with profile(synchronize=False):
        x.exp()
    assert len(waited) == 2


def test_profile_survives_errors_and_is_used_once(backend: str) -> None:
    x = leaf([1.0, 2.0])
    prof = profile()
    assert repr(prof) == "<unfinished autograd.profiler.profile>"
    with prof:
        with pytest.raises(RuntimeError, match="didn't finish running"):
            prof.key_averages()
        with pytest.raises(RuntimeError):
            x @ tg.ones(3, dtype=tg.float64)
        x.exp()
    assert all(e.self_cpu_time_total == e.cpu_time_total for e in prof.function_events)
    assert "exp" in str(prof)
    with pytest.raises(RuntimeError, match="not reentrant"), prof:
        pass
    with profile(enabled=False) as prof:
        x.exp()
    assert not prof.function_events
    assert prof.table() == "Name\nSelf CPU time total: 0.000us"


def test_profiles_nest_and_labels_decorate(backend: str) -> None:
    x = leaf([1.0])

    @record_function("label")
    def recursive(n: int) -> None:
        x.exp()
        if n:
            recursive(n - 1)

    with profile() as outer:
        with profile() as inner:
            recursive(2)
        x.sin()
    recursive(1)  # without a profile a label does nothing
    assert {r.key: r.count for r in inner.key_averages()} == {"label": 3, "exp": 3}
    assert {r.key: r.count for r in outer.key_averages()} == {"label": 3, "exp": 3, "sin": 1}


def test_another_thread_is_not_measured(backend: str) -> None:
    def work() -> None:
        with tg.use_backend(backend):
            leaf([1.0]).exp()

    with profile() as prof:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(prof.function_events) in (0, 1)  # 1 where threads inherit the context


def test_observers_of_all_kinds_together(backend: str) -> None:
    x = leaf([1.0, 2.0])
    with pytest.warns(UserWarning, match="Anomaly"):
        anomaly = detect_anomaly()
    with (
        profile() as prof,
        keep_values(),
        anomaly,
        saved_tensors_hooks(lambda t: t.clone(), lambda t: t),
    ):
        y = tg.stack([x, x * 2]).exp().sum()
        y.backward()
    assert [n.results[0].value for n in tg.graph(y, items=2).nodes] == [
        "[1., 2.]", "[2., 4.]", "…", "…", "72.0945"
    ]  # fmt: skip
    assert {"stack", "mul", "exp", "sum", "clone"} <= {r.key for r in prof.key_averages()}
