"""Pictures of the graph, and the table of saved memory."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

import tensorflowlite_grad as tg
from support import const, leaf, live
from tensorflowlite_grad.autograd import layered
from tensorflowlite_grad.autograd.graph import Node, keep_values, saved_memory, saved_tensors_hooks
from tensorflowlite_grad.autograd.profiler import profile
from tensorflowlite_grad.autograd.tables import bytes_text, time_text

BOX = "{http://www.w3.org/2000/svg}rect"
TEXT = "{http://www.w3.org/2000/svg}text"


def picture(text: str) -> Any:
    """Return the root of an SVG picture; it has to be well-formed."""
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return root


def cells(graph: Any) -> dict[str, tuple[str, ...]]:
    """Return what is shown of each node of one output, by name."""
    return {n.name: (n.title(), *n.results[0]) for n in graph.nodes}


# -- tg.graph ----------------------------------------------------------------------------------


def test_the_picture_of_a_product_of_sums(backend: str) -> None:
    x, y, z = leaf(-2.0), leaf(5.0), leaf(-4.0)
    with keep_values():
        q = x + y
        f = q * z
        f.backward()
    names = {"x": x, "y": y, "z": z, "q": q, "f": f}
    assert str(tg.graph(f, names)).splitlines() == [
        "name  operation           shape  dtype    value  gradient",
        "x     leaf                ()     float64  -2.    -4.",
        "y     leaf                ()     float64  5.     -4.",
        "z     leaf                ()     float64  -4.    3.",
        "q     AddBackward0(x, y)  ()     float64  3.     -4.",
        "f     MulBackward0(q, z)  ()     float64  -12.   1.",
    ]


def test_without_an_observer_what_the_graph_holds_is_shown(backend: str) -> None:
    x = leaf([1.0, 2.0])
    a = x * 3
    b = a.exp()
    c = b + 1  # saves nothing
    d = c + 1
    shown = cells(tg.graph(d.sum()))
    assert shown["leaf1"] == ("leaf", "(2,)", "float64", "[1., 2.]", "")
    assert shown["#1"][3] == "[3., 6.]" or shown["#1"][3] == ""
    assert shown["#2"][:4] == ("ExpBackward0(#1)", "(2,)", "float64", "[ 20.0855, 403.4288]")
    assert shown["#3"] == ("AddBackward0(#2, constant)", "", "", "", "")
    assert shown["#5"][3] == "427.5143"


def test_gradients_of_leaves_and_retained_ones_need_no_observer(backend: str) -> None:
    x = leaf(3.0)
    a = x * 2
    a.retain_grad()
    b = a * a
    b.backward()
    graph = cells(tg.graph(b))
    assert [graph[n][4] for n in ("leaf1", "#1", "#2")] == ["24.", "12.", ""]


def test_a_value_changed_in_place_is_not_taken_for_the_old_one(backend: str) -> None:
    x = leaf([1.0, 2.0])
    a = x * 1
    b = a * a
    a.add_(10)
    shown = cells(tg.graph(b.sum()))
    assert "11" not in str(shown)
    with keep_values():
        a = x * 1
        b = a * 2
        a.add_(10)
    shown = cells(tg.graph([b, a]))
    assert shown["#1"][3] == "[1., 2.]"
    assert shown["#3"][:1] + shown["#3"][3:4] == ("AddBackward0(#1, 10.)", "[11., 12.]")


def test_constants_are_shown_with_their_names(backend: str) -> None:
    x, target, big = leaf([1.0]), const([2.0]), const([[1.0] * 9])
    with keep_values():
        y = (target - x) * big
    titles = [n.title() for n in tg.graph(y, {"target": target}).nodes]
    assert titles == [
        "leaf",
        "SubBackward0(target=[2.], leaf1)",
        "MulBackward0(#1, constant (1, 9))",
    ]


def test_operations_with_several_results(backend: str) -> None:
    x = leaf([[2.0, 1.0], [1.0, 3.0]])
    with keep_values():
        q, r = tg.linalg.qr(x)
        first, second = r.unbind()
        tg.autograd.backward((q[0, 0] + first[1] * second[1]).sum())
    lines = str(tg.graph([q, first, second], {"x": x, "second": second})).splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == [
        "x", "#1", "#1[0]", "#1[1]", "#2", "#2[0]", "#2[1]"
    ]  # fmt: skip
    assert "UnbindBackward0(#1[1])" in lines[5]
    assert re.search(r"\(2,\) +float64", lines[6])
    g = tg.graph(second * 1, {"second": second})
    assert g.nodes[-1].title().startswith("MulBackward0(second")
    assert all(len(n.results) == 2 for n in g.nodes[1:3])


def test_functions_of_a_user(backend: str) -> None:
    class Scaled(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, factor: float, c: Any, x: Any) -> Any:
            ctx.factor, ctx.kept = factor, [x, c]
            return x * factor * c

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return None, None, g * ctx.factor * ctx.kept[1]

    x = leaf([1.0, 1.0])
    with keep_values():
        y = Scaled.apply(3.0, const(2.0), x)
        y.sum().backward()
    node = tg.graph(y).nodes[1]
    assert node.title() == "ScaledBackward(2., leaf1)"
    assert node.results[0][2:] == ("[6., 6.]", "[1., 1.]")
    assert saved_memory(y).total == 16 + 8
    assert saved_memory(y).leaves == 16


def test_gradients_that_autograd_grad_returns_are_shown_too(backend: str) -> None:
    x = leaf(2.0)
    with keep_values():
        a = x * 3
        y = a * a
        tg.autograd.grad(y, [x, a])
    assert [n.results[0].gradient for n in tg.graph(y).nodes] == ["36.", "12.", "1."]
    with keep_values():
        b = a * 1
        tg.autograd.grad(b * b, b)
    assert tg.graph(b).nodes[-1].results[0].gradient == "12."


def test_gradients_of_a_recorded_backward_pass(backend: str) -> None:
    x = leaf(2.0)
    with keep_values():
        y = x**3
        (g,) = tg.autograd.grad(y, x, create_graph=True)
        g.backward()
    assert tg.graph(g, {"x": x}).nodes[0].results[0].gradient == "12."
    assert tg.graph(g).nodes[-1].results[0].value == "12."


def test_large_values_are_left_out(backend: str) -> None:
    x = leaf([[0.5] * 4] * 5)
    with keep_values(items=3):
        y = x * 1
        z = y[0, :3].sum()
        z.backward()
    shown = cells(tg.graph(z, items=20))
    assert shown["leaf1"][3].count("0.5") == 20
    assert shown["#1"][1:] == ("(5, 4)", "float64", "…", "…")
    assert shown["#3"][3] == "1.5000"
    assert cells(tg.graph(z))["leaf1"][3] == "…"


def test_values_are_freed_with_the_graph(backend: str) -> None:
    gc.collect()
    before, notes = live(Node), len(keep_values.by_edge)
    with keep_values():
        y = leaf([1.0]).exp().sum()
        y.backward()
    assert len(keep_values.by_edge) > notes
    graph = tg.graph(y)
    del y
    assert live(Node) == before
    assert len(keep_values.by_edge) == notes
    assert len(graph.nodes) == 3


def test_a_deep_graph_is_cut_and_says_so(backend: str) -> None:
    x = y = leaf(1.0)
    for _ in range(5000):
        y = y * 1
    graph = tg.graph(y, max_nodes=10)
    assert len(graph.nodes) == 10
    assert graph.left_out == 4991
    assert str(graph).splitlines()[1].split()[:2] == ["#1", "MulBackward0(…,"]
    assert "… 4991 more nodes left out (max_nodes=10)" in str(graph)
    assert "4991 more" in graph.mermaid()
    assert "4991 more" in graph.dot()
    assert "4991 more" in graph.svg("layered")
    assert len(tg.graph(y, max_nodes=6000).nodes) == 5001
    picture(tg.graph(y, max_nodes=2000).svg("layered"))
    assert x.grad is None


def test_a_graph_is_that_of_all_its_outputs(backend: str) -> None:
    x, unused = leaf(1.0), leaf(2.0)
    a, b = x + 1, x * 2
    assert [n.operation for n in tg.graph((a, b)).nodes] == ["leaf", "AddBackward0", "MulBackward0"]
    assert [n.operation for n in tg.graph([unused, a]).nodes] == ["leaf", "leaf", "AddBackward0"]
    assert str(tg.graph(unused)).splitlines()[1].split() == ["leaf1", "leaf", "()", "float64", "2."]


def test_what_cannot_be_drawn(backend: str) -> None:
    with pytest.raises(RuntimeError, match="does not require grad and does not have a grad_fn"):
        tg.graph(const(1.0))
    with pytest.raises(TypeError, match="element 1 is not a Tensor but float"):
        tg.graph([leaf(1.0), 2.0])
    with pytest.raises(RuntimeError, match="there are none"):
        tg.graph([])
    with pytest.raises(TypeError, match="'x' does not name a Tensor"):
        tg.graph(leaf(1.0), {"x": 1.0})
    with pytest.raises(ValueError, match="max_nodes"):
        tg.graph(leaf(1.0), max_nodes=0)
    graph = tg.graph(leaf(1.0))
    with pytest.raises(ValueError, match="layout"):
        graph.svg("neato")
    for draw in (graph.mermaid, graph.dot):
        with pytest.raises(ValueError, match="direction"):
            draw("up")


def test_batches(backend: str) -> None:
    x = leaf([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]])
    seen = []

    def f(row: Any) -> Any:
        y = row.exp().sum()
        if y.requires_grad:
            seen.append((tg.graph(y), saved_memory(y).total))
        return y

    with keep_values():
        whole = tg.graph(tg.func.vmap(f)(x).sum())
    assert [n.results[0].shape for n in whole.nodes] == ["(2, 3)", "(2, 3)", "(2,)", "()"]
    with keep_values(), profile(profile_memory=True) as prof:
        tg.func.vmap(tg.func.grad(f))(x)
    ((graph, total),) = seen
    # Inside there is a value for each example: only its shape can be told.
    assert [n.results[0].shape for n in graph.nodes] == ["(3,)", "(3,)", "()"]
    assert {n.results[0].value for n in graph.nodes} == {"…"}
    assert total == 48
    assert max(e.cpu_memory_usage for e in prof.function_events if e.name == "exp") == 48


# -- pictures ----------------------------------------------------------------------------------


def network(names: bool = True) -> Any:
    x, w = leaf([-2.0, 1.0]), leaf([[1.0, 3.0], [0.5, 0.25]])
    with keep_values():
        h = (w @ x + 1).tanh()
        u, v = tg.linalg.qr(tg.stack([h, x]))
        y = (u * v + h).sum() * x[0] + w.sum()
        y.backward()
    return tg.graph(y, {"x": x, 'w <"&`#': w} if names else None)


def test_mermaid(backend: str) -> None:
    graph = network()
    lines = graph.mermaid("TB").splitlines()
    assert lines[0] == "flowchart TB"
    nodes = [m for line in lines if (m := re.fullmatch(r' *n(\d+)\(?\["([^"]*)"\]\)?', line))]
    arrows = [m for line in lines if (m := re.fullmatch(r" *n(\d+) --> n(\d+)", line))]
    assert len(nodes) == len(graph.nodes)
    assert len(nodes) + len(arrows) + 1 == len(lines)
    assert {(int(a[1]), int(a[2])) for a in arrows} == {
        (j, k) for k, node in enumerate(graph.nodes) for j in node.behind
    }
    assert any(m[2].startswith("w #lt;#quot;#amp;#96;#35;<br/>") for m in nodes)


def test_svg_shows_every_line_once_and_nothing_overlaps(backend: str) -> None:
    graph = network()
    root = picture(graph.svg("layered"))
    shown = sorted(str(e.text) for e in root.iter(TEXT))
    assert shown == sorted(text for node in graph.nodes for _, text in node.lines())
    boxes = [[float(e.get(k, "0")) for k in ("x", "y", "width", "height")] for e in root.iter(BOX)]
    (_, _, width, height), *rest = boxes
    assert len(rest) == len(graph.nodes)
    for i, (x, y, w, h) in enumerate(rest):
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
        for a, b, c, d in rest[:i]:
            assert x + w <= a or a + c <= x or y + h <= b or b + d <= y
    for node, (x, *_) in zip(graph.nodes, rest, strict=True):
        assert all(rest[j][0] + rest[j][2] < x for j in node.behind)


def test_arrows_pass_beside_the_boxes_between() -> None:
    lines = [("name", "a box")]
    boxes = [(lines, True), (lines, False), (lines, False)]
    root = picture(layered.svg(boxes, [(0, 1), (1, 2), (0, 2)]))
    middle = list(root.iter(BOX))[2]
    top = float(middle.get("y", "0"))
    paths = [e.get("d", "") for e in root.iter("{http://www.w3.org/2000/svg}path")]
    heights = [float(y) for y in re.findall(r"L[\d.]+,([\d.]+)", " ".join(paths[1:]))]
    assert heights
    assert not any(top <= y <= top + float(middle.get("height", "0")) for y in heights)


def test_characters_that_xml_forbids_are_replaced() -> None:
    x = leaf(1.0)
    graph = tg.graph(x * 2, {"a\x00b\ud800 <x>": x})
    texts = [e.text for e in picture(graph.svg("layered")).iter(TEXT)]
    assert "a�b� <x>" in texts
    assert "\x00" not in graph.mermaid() + graph.dot()


def program(folder: Path, text: str) -> None:
    path = folder / "dot"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def test_graphviz_is_used_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = network()
    monkeypatch.setenv("PATH", str(tmp_path))
    own = graph.svg("layered")
    assert graph.svg() == own
    with pytest.raises(RuntimeError, match="dot is not installed"):
        graph.svg("dot")
    program(tmp_path, 'read first; echo "<?xml?><!DOCTYPE svg><svg>$1 $first</svg>"')
    assert graph.svg() == graph.svg("dot") == "<svg>-Tsvg digraph {</svg>"
    assert graph._repr_html_() == f'<div style="overflow: auto">{graph.svg()}</div>'
    program(tmp_path, "exit 1")
    assert graph.svg() == graph._repr_svg_() == own
    with pytest.raises(RuntimeError, match="dot failed"):
        graph.svg("dot")


def test_dot_labels_are_well_formed(backend: str) -> None:
    source = network().dot()
    labels = re.findall(r"label=<(.*)>\]", source)
    assert labels
    for label in labels:
        ElementTree.fromstring(label)


# -- saved memory ------------------------------------------------------------------------------


def test_every_array_is_counted_once(backend: str) -> None:
    x = leaf([1.0] * 100)
    a = x.exp()  # saves its result
    y = a * a + a.sin()  # save it again
    table = saved_memory(y)
    assert table.total == 800
    assert table.leaves == 0
    assert {r.operation: (r.nodes, r.arrays) for r in table.rows} == {
        "ExpBackward0": (1, 1),
        "MulBackward0": (1, 2),
        "SinBackward0": (1, 1),
        "AddBackward0": (1, 0),
    }
    assert saved_memory(y, a, const(1.0)).total == 800
    y.sum().backward()
    assert saved_memory(y).total == 0


def test_a_view_keeps_all_of_its_memory(backend: str) -> None:
    if backend == "strict":
        pytest.skip("it does not tell how arrays lie in memory")
    base = leaf([[1.0] * 10] * 10) * 1
    y = (base[0] * base[1]).sum()
    assert saved_memory(y).total - saved_memory(base).total == 800


def test_saved_memory_of_leaves_is_told_apart(backend: str) -> None:
    x, w = leaf([1.0] * 10), leaf([2.0] * 10)
    y = (x * w).exp()
    table = saved_memory(y)
    assert (table.total, table.leaves) == (240, 160)
    assert str(table).splitlines()[-1] == "160 B of it belong to leaves"


def test_saved_memory_names_lines(backend: str) -> None:
    x = leaf([1.0] * 4)
    with keep_values(items=0):
        y = x.exp()  # first line
        for _ in range(3):
            y = y.exp()  # second line
    rows = {row.nodes: row for row in saved_memory(y).rows}
    assert set(rows) == {1, 3}
    assert rows[3].bytes == 96
    (path, one), (_, three) = (rows[n].line.rsplit(":", 1) for n in (1, 3))
    assert path == __file__
    assert int(three) == int(one) + 2
    assert f"{Path(__file__).name}:{one}" in str(saved_memory(y))


def test_the_first_call_of_an_operator_is_not_taken_for_a_line(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(
        "import tensorflowlite_grad as tg\n"
        "x = tg.ones(2, requires_grad=True)\n"
        "with tg.autograd.graph.keep_values():\n"
        "    y = -x * x + 1\n"
        "print({r.line for r in tg.autograd.graph.saved_memory(y).rows})\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr({f"{path}:4"})


def test_saved_memory_of_packed_tensors(backend: str) -> None:
    x = leaf([1.0] * 8)
    with saved_tensors_hooks(lambda t: (t[:2].clone(),), lambda packed: packed[0]):
        y = x.exp()
    assert saved_memory(y).total == 16
    with saved_tensors_hooks(id, id):
        y = x.exp()
    assert saved_memory(y).total == 0


def test_saved_memory_takes_tensors() -> None:
    with pytest.raises(TypeError, match="element 0 is not a Tensor but list"):
        saved_memory([leaf(1.0)])


# -- numbers as text ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.50 KiB"), (2**20, "1.00 MiB"), (2**50, "1024.00 TiB")],
)
def test_bytes_as_text(count: int, text: str) -> None:
    assert bytes_text(count) == text


@pytest.mark.parametrize(
    ("time", "text"), [(1.5, "1.500us"), (1500.0, "1.500ms"), (2.5e6, "2.500s")]
)
def test_times_as_text(time: float, text: str) -> None:
    assert time_text(time) == text
