"""The graph behind a tensor as text, Mermaid, Graphviz and SVG.

A `Graph` is a snapshot: it holds text, and none of the graph's nodes or arrays.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import deque
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from . import layered
from .graph import Leaf, Output, Variable, shown
from .kept import Value, constants_of, known, operands_on_graph
from .tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Graph", "GraphNode", "Result", "graph"]

#: Operands named in a node's text; those of a long `cat` would fill the picture.
_OPERANDS = 8


class Result(NamedTuple):
    """One output of a node, as text; empty where it is not known.

    Attributes
    ----------
    shape, dtype : str
    value : str
        Its elements, unless there are many.
    gradient : str
        The gradient that arrived there.
    """

    shape: str
    dtype: str
    value: str
    gradient: str

    def lines(self) -> list[tuple[str, str]]:
        """Return kinds and texts of the lines that a picture shows."""
        head = f"{self.shape} {self.dtype}".strip()
        found = [("type", head), ("value", self.value)]
        if self.gradient:
            found.append(("gradient", f"grad {self.gradient}"))
        return [(kind, text) for kind, text in found if text]


class GraphNode(NamedTuple):
    """A node of a drawn graph.

    Attributes
    ----------
    name : str
        As given, or its number.
    operation : str
        ``"leaf"``, or the name of the node.
    operands : tuple of str
        Names of nodes, and constants.
    behind : tuple of int
        Where the nodes of the operands stand in `Graph.nodes`.
    results : tuple of Result
        One for each output.
    is_leaf : bool
    """

    name: str
    operation: str
    operands: tuple[str, ...]
    behind: tuple[int, ...]
    results: tuple[Result, ...]
    is_leaf: bool

    def title(self) -> str:
        """Return the operation and its operands."""
        if self.is_leaf:
            return self.operation
        some = [*self.operands[:_OPERANDS], *["…"][: len(self.operands) > _OPERANDS]]
        return f"{self.operation}({', '.join(some)})"

    def lines(self) -> list[tuple[str, str]]:
        """Return kinds and texts of the lines that a picture shows, the name first."""
        found = [("name", self.name if self.is_leaf else f"{self.name} {self.title()}")]
        for number, result in enumerate(self.results):
            lines = result.lines()
            if len(self.results) > 1 and lines:
                found.append(("type", f"[{number}] {lines[0][1]}"))
                lines = lines[1:]
            found += lines
        return found


class Graph:
    """The graph behind tensors, as it was when `tg.graph` was called.

    Attributes
    ----------
    nodes : tuple of GraphNode
        Leaves first, then operations in the order they were recorded.
    left_out : int
        How many nodes there are besides.
    """

    def __init__(self, nodes: tuple[GraphNode, ...], left_out: int, max_nodes: int) -> None:
        self.nodes = nodes
        self.left_out = left_out
        self._max_nodes = max_nodes

    # -- text -----------------------------------------------------------------------------

    def __str__(self) -> str:
        """Return a table with a line for each node."""
        rows = [("name", "operation", "shape", "dtype", "value", "gradient")]
        for node in self.nodes:
            several = len(node.results) > 1
            if several:
                rows.append((node.name, node.title(), "", "", "", ""))
            for number, result in enumerate(node.results):
                name = f"{node.name}[{number}]" if several else node.name
                rows.append((name, "" if several else node.title(), *result))
        text = table(rows)
        return f"{text}\n{self._rest()}" if self.left_out else text

    def __repr__(self) -> str:
        return str(self)

    def _rest(self) -> str:
        plural = "s" if self.left_out > 1 else ""
        return f"… {self.left_out} more node{plural} left out (max_nodes={self._max_nodes})"

    # -- pictures -------------------------------------------------------------------------

    def mermaid(self, direction: str = "LR") -> str:
        """Return a Mermaid flowchart, which GitHub and many notebooks show as a picture.

        Parameters
        ----------
        direction : {"LR", "TB", "RL", "BT"}
            Where it grows, from the leaves.
        """
        lines = [f"flowchart {_checked(direction)}"]
        for k, node in enumerate(self.nodes):
            text = "<br/>".join(_mermaid_text(text) for _, text in node.lines())
            left, right = ('(["', '"])') if node.is_leaf else ('["', '"]')
            lines.append(f"    n{k}{left}{text}{right}")
        lines += [f"    n{j} --> n{k}" for j, k in self._edges()]
        if self.left_out:
            lines.append(f'    rest["{_mermaid_text(self._rest())}"]')
        return "\n".join(lines)

    def dot(self, direction: str = "LR") -> str:
        """Return the graph in Graphviz's language.

        Parameters
        ----------
        direction : {"LR", "TB", "RL", "BT"}
            Where it grows, from the leaves.
        """
        lines = [
            "digraph {",
            f"    rankdir={_checked(direction)}",
            '    node [shape=box, fontname=monospace, fontsize=10, style="filled,rounded"]',
        ]
        for k, node in enumerate(self.nodes):
            rows = "".join(
                f'<tr><td align="left"><font color="{layered.COLOURS[kind]}">'
                f"{escape(printable(text))}</font></td></tr>"
                for kind, text in node.lines()
            )
            fill = layered.COLOURS["leaf" if node.is_leaf else "operation"]
            label = f'<table border="0" cellborder="0" cellspacing="0">{rows}</table>'
            lines.append(f'    n{k} [fillcolor="{fill}", label=<{label}>]')
        lines += [f"    n{j} -> n{k}" for j, k in self._edges()]
        if self.left_out:
            lines.append(f'    rest [shape=plaintext, style="", label="{self._rest()}"]')
        return "\n".join([*lines, "}"])

    def svg(self, layout: str = "auto", direction: str = "LR") -> str:
        """Return the graph as an SVG picture.

        Parameters
        ----------
        layout : {"auto", "dot", "layered"}
            Who arranges it: Graphviz's ``dot``, or this package, which always can. "auto"
            takes ``dot`` where it is installed.
        direction : {"LR", "TB", "RL", "BT"}
            Where it grows, from the leaves; the package's own layout goes to the right.

        Raises
        ------
        RuntimeError
            If `layout` is "dot" and there is no such program, or it fails.
        """
        if layout not in ("auto", "dot", "layered"):
            raise ValueError(f"svg(): layout is 'auto', 'dot' or 'layered', not {layout!r}")
        program = None if layout == "layered" else shutil.which("dot")
        if program is not None:
            found = _run_dot(program, self.dot(direction))
            if found:
                return found
        if layout == "dot":
            problem = "is not installed" if program is None else "failed"
            raise RuntimeError(f"svg(): Graphviz's program dot {problem}: take layout='layered'")
        boxes = [
            ([(kind, printable(text)) for kind, text in node.lines()], node.is_leaf)
            for node in self.nodes
        ]
        return layered.svg(boxes, self._edges(), self._rest() if self.left_out else "")

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return f'<div style="overflow: auto">{self.svg()}</div>'

    def _edges(self) -> list[tuple[int, int]]:
        pairs = ((j, k) for k, node in enumerate(self.nodes) for j in node.behind)
        return list(dict.fromkeys(pairs))  # `x * x` is one arrow


def _checked(direction: str) -> str:
    if direction not in ("LR", "TB", "RL", "BT"):
        raise ValueError(f"direction is 'LR', 'TB', 'RL' or 'BT', not {direction!r}")
    return direction


def _run_dot(program: str, source: str) -> str:
    """Return what Graphviz draws, or nothing if it fails."""
    try:
        done = subprocess.run(
            [program, "-Tsvg"], input=source.encode(), capture_output=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    text = done.stdout.decode()
    start = text.find("<svg")  # without the XML declaration, which has no place inside HTML
    return text[start:].rstrip() if start >= 0 else ""


def printable(text: str) -> str:
    """Return text without control characters and lone surrogates, which XML cannot contain."""
    return "".join(c if c.isprintable() else "�" for c in text)


def _mermaid_text(text: str) -> str:
    """Return text with what Mermaid would read as its own written as entities."""
    codes = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;"}
    return re.sub(r'[#"<>&`]', lambda found: codes[found[0]], printable(text))


# -- from the recorded graph -------------------------------------------------------------------


def graph(
    outputs: Any,
    names: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
    *,
    items: int = 6,
    max_nodes: int = 200,
) -> Graph:
    """Return a picture of the graph behind a tensor: print it, or show it in a notebook.

    Parameters
    ----------
    outputs : Tensor, or tuple or list of Tensor
        Results of a computation that was recorded.
    names : mapping or pairs of str and Tensor, optional
        What to call leaves, results in between, and constants. Leaves without a name are
        ``leaf1``, ``leaf2``, ... in the order they were used, operations ``#1``, ``#2``, ...
    items : int
        Values of tensors with more elements are left out.
    max_nodes : int
        How many nodes are shown, those nearest to the outputs.

    Returns
    -------
    Graph
        Its `str` is a table; it has methods ``mermaid()``, ``dot()`` and ``svg()``.

    Raises
    ------
    RuntimeError
        If an output does not require grad, so that there is no graph behind it.

    See Also
    --------
    autograd.graph.keep_values : remembers values and gradients for this.

    Notes
    -----
    The graph itself keeps the values that its rules need, and the gradients of leaves and of
    tensors after `retain_grad`. These are shown; to see all of them, compute, and go
    backward, under `keep_values`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor(-2.0, requires_grad=True)
    >>> y = tg.tensor(5.0, requires_grad=True)
    >>> z = tg.tensor(-4.0, requires_grad=True)
    >>> with tg.autograd.graph.keep_values():
    ...     f = (x + y) * z
    ...     f.backward()
    >>> print(tg.graph(f, names={"x": x, "y": y, "z": z, "f": f}))
    name  operation            shape  dtype    value  gradient
    x     leaf                 ()     float32  -2.    -4.
    y     leaf                 ()     float32  5.     -4.
    z     leaf                 ()     float32  -4.    3.
    #1    AddBackward0(x, y)   ()     float32  3.     -4.
    f     MulBackward0(#1, z)  ()     float32  -12.   1.
    """
    roots = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    for number, t in enumerate(roots):
        if not isinstance(t, Variable):
            raise TypeError(f"graph(): element {number} is not a Tensor but {type(t).__name__}")
        if t._edge is None:
            raise RuntimeError(
                f"graph(): element {number} of tensors does not require grad and does not have "
                "a grad_fn: there is no graph behind it"
            )
    if not roots:
        raise RuntimeError("graph(): grad can be drawn only behind tensors, and there are none")
    if max_nodes < 1:
        raise ValueError(f"graph(): max_nodes must be at least 1, got {max_nodes}")
    nodes, left_out = _nearest(roots, max_nodes)
    return _Drawing(nodes, roots, _named(names), items).drawn(left_out, max_nodes)


def _named(names: Any) -> tuple[dict[tuple[Any, int], str], dict[int, str]]:
    """Return the names by node and output, and by tensor."""
    pairs = [] if names is None else names.items() if hasattr(names, "items") else names
    by_output: dict[tuple[Any, int], str] = {}
    by_tensor: dict[int, str] = {}
    for name, t in pairs:
        if not isinstance(t, Variable):
            raise TypeError(f"graph(): {name!r} does not name a Tensor but {type(t).__name__}")
        by_tensor[id(t)] = str(name)
        if t._edge is not None:
            by_output[shown(t._edge)] = str(name)
    return by_output, by_tensor


def _nearest(roots: list[Any], max_nodes: int) -> tuple[list[Any], int]:
    """Return the nodes fewest steps away from the roots, in order, and how many there are more."""
    waiting = deque(dict.fromkeys(shown(t._edge)[0] for t in roots))
    seen = set(waiting)
    order = []
    while waiting:
        node = waiting.popleft()
        order.append(node)
        for edge in () if type(node) is Leaf else node.edges:
            behind = shown(edge)[0]
            if behind not in seen:
                seen.add(behind)
                waiting.append(behind)
    nearest = order[:max_nodes]
    operations = sorted((n for n in nearest if type(n) is not Leaf), key=lambda n: n.seq)
    used = (shown(e)[0] for n in operations for e in n.edges)
    shown_leaves = {n for n in nearest if type(n) is Leaf}
    leaves = [n for n in dict.fromkeys(used) if n in shown_leaves]
    leaves += [n for n in nearest if type(n) is Leaf and n not in set(leaves)]  # roots themselves
    return [*leaves, *operations], len(order) - len(nearest)


class _Drawing:
    """Makes text of nodes."""

    def __init__(self, nodes: list[Any], roots: list[Any], names: Any, items: int) -> None:
        self.nodes = nodes
        self.items = items
        self.by_output: dict[tuple[Any, int], str] = names[0]
        self.by_tensor: dict[int, str] = names[1]
        self.values = known(nodes, roots)
        self.index = {node: k for k, node in enumerate(nodes)}
        edges = [t._edge for t in roots]
        edges += [e for n in nodes if type(n) is not Leaf for e in n.edges]
        self.counts = {e.edges[0]: e.count for e in edges if type(e) is Output}
        self.titles = self._titles()

    def _titles(self) -> dict[Any, str]:
        found, leaves, operations = {}, 0, 0
        for node in self.nodes:
            if type(node) is Leaf:
                leaves += 1
                title = f"leaf{leaves}"
            else:
                operations += 1
                title = f"#{operations}"
            alone = self.counts.get(node, 1) == 1
            found[node] = self.by_output.get((node, 0), title) if alone else title
        return found

    def drawn(self, left_out: int, max_nodes: int) -> Graph:
        """Return all of it."""
        nodes = []
        for node in self.nodes:
            behind = [] if type(node) is Leaf else [shown(e) for e in node.edges]
            nodes.append(
                GraphNode(
                    self.titles[node],
                    "leaf" if type(node) is Leaf else node.name(),
                    () if type(node) is Leaf else self._operands(node, behind),
                    tuple(self.index[n] for n, _ in behind if n in self.index),
                    tuple(self._result(node, k) for k in range(self.counts.get(node, 1))),
                    type(node) is Leaf,
                )
            )
        return Graph(tuple(nodes), left_out, max_nodes)

    def _operands(self, node: Any, behind: list[tuple[Any, int]]) -> tuple[str, ...]:
        texts = iter([self._reference(*edge) for edge in behind])
        constants = constants_of(node)
        if constants is None:
            positions = operands_on_graph(node)
            if not positions or len(positions) != len(behind):
                return tuple(texts)
            count = max(node.operand_count, len(positions))
            return tuple(next(texts) if k in positions else "constant" for k in range(count))
        return tuple(next(texts) if v is None else self._constant(v) for v in constants)

    def _reference(self, node: Any, number: int) -> str:
        if node not in self.titles:
            return "…"
        if self.counts.get(node, 1) == 1:
            return self.titles[node]
        return self.by_output.get((node, number), f"{self.titles[node]}[{number}]")

    def _constant(self, value: Value) -> str:
        tensor = None if value.tensor is None else value.tensor()
        name = "" if tensor is None else self.by_tensor.get(id(tensor), "")
        text = value.text(min(self.items, 4)) or f"constant {_shape(value.shape)}"
        return f"{name}={text}" if name else text

    def _result(self, node: Any, number: int) -> Result:
        value, gradient = self.values.get((node, number), (None, None))
        like = value or gradient
        if like is None:
            return Result("", "", "", "")
        return Result(
            _shape(like.shape),
            like.dtype.name,
            "" if value is None else value.text(self.items) or "…",
            "" if gradient is None else gradient.text(self.items) or "…",
        )


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
