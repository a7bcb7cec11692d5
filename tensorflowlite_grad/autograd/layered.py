"""A layered drawing of a directed graph as SVG, for where no other program is installed.

Every box stands to the right of the boxes it depends on. Arrows that cross columns are led
through places of their own there, which all arrows from one box share; columns are put in
order by the mean position of their neighbours.
"""

from __future__ import annotations

from html import escape

__all__ = ["COLOURS", "svg"]

#: Of the kinds of lines, and of boxes.
COLOURS = {
    "name": "#000000",
    "type": "#666666",
    "value": "#1a7f37",
    "gradient": "#b3261e",
    "leaf": "#fff4d6",
    "operation": "#e8f0fe",
}

Lines = list[tuple[str, str]]

_CHARACTER, _LINE, _PADDING = 7.3, 16.0, 8.0
_ACROSS, _BETWEEN = 48.0, 18.0
_SWEEPS = 8


def svg(boxes: list[tuple[Lines, bool]], edges: list[tuple[int, int]], note: str = "") -> str:
    """Return a picture of boxes and arrows.

    Parameters
    ----------
    boxes : list of (lines, is_leaf)
        Lines are pairs of a kind and a text. A box comes after those it depends on.
    edges : list of (int, int)
        From which box to which.
    note : str
        A line below.
    """
    layout = _Layout(boxes, edges)
    width, height = layout.width, layout.height + (_LINE + _PADDING if note else 0)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" font-size="12">',
        '<defs><marker id="tg-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#666666"/></marker>'
        "</defs>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
    ]
    out += [layout.line(*link) for link in layout.links]
    out += [layout.box(k) for k in range(len(boxes))]
    if note:
        out.append(f'<text x="{_PADDING}" y="{height - _PADDING:.0f}">{escape(note)}</text>')
    return "\n".join([*out, "</svg>"])


class _Layout:
    """Where everything is. Items are boxes, then the places where arrows pass a column."""

    def __init__(self, boxes: list[tuple[Lines, bool]], edges: list[tuple[int, int]]) -> None:
        self.boxes = boxes
        self.columns = _columns(len(boxes), edges)
        self.heights = [_LINE * len(lines) + _PADDING for lines, _ in boxes]
        self.widths = [
            _CHARACTER * max((len(text) for _, text in lines), default=1) + 2 * _PADDING
            for lines, _ in boxes
        ]
        self.links = self._links(edges)
        self._order()
        self._place()

    def _links(self, edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return which items are to be joined; new ones stand where arrows pass a column."""
        links: list[tuple[int, int]] = []
        ways: dict[int, list[int]] = {}  # from a box: the items, column by column
        for start, end in edges:
            way = ways.setdefault(start, [start])
            first = self.columns[start]
            while first + len(way) < self.columns[end]:
                item = len(self.columns)
                self.columns.append(first + len(way))
                self.heights.append(_LINE / 2)
                self.widths.append(0.0)
                links.append((way[-1], item))
                way.append(item)
            links.append((way[self.columns[end] - first - 1], end))
        return links

    def _order(self) -> None:
        self.stacks: list[list[int]] = [[] for _ in range(max(self.columns, default=0) + 1)]
        for item, column in enumerate(self.columns):
            self.stacks[column].append(item)
        left: dict[int, list[int]] = {}
        right: dict[int, list[int]] = {}
        for a, b in self.links:
            right.setdefault(a, []).append(b)
            left.setdefault(b, []).append(a)
        position = {item: float(k) for stack in self.stacks for k, item in enumerate(stack)}
        for sweep in range(_SWEEPS):
            forward = sweep % 2 == 0
            neighbours = left if forward else right
            for stack in self.stacks if forward else reversed(self.stacks):
                mean = {}
                for item in stack:
                    near = neighbours.get(item)
                    some = [position[n] for n in near] if near else [position[item]]
                    mean[item] = sum(some) / len(some)
                stack.sort(key=mean.__getitem__)
                position.update((item, float(k)) for k, item in enumerate(stack))

    def _place(self) -> None:
        tall = [sum(self.heights[i] + _BETWEEN for i in s) - _BETWEEN for s in self.stacks]
        self.height = max(tall, default=0.0) + 2 * _PADDING
        self.x = [0.0] * len(self.columns)
        self.y = [0.0] * len(self.columns)  # the middle
        x = _PADDING
        for stack, height in zip(self.stacks, tall, strict=True):
            wide = max((self.widths[i] for i in stack), default=0.0)
            y = (self.height - height) / 2
            for item in stack:
                self.x[item] = x
                self.y[item] = y + self.heights[item] / 2
                self.widths[item] = wide
                y += self.heights[item] + _BETWEEN
            x += wide + _ACROSS
        self.width = x - _ACROSS + _PADDING

    def line(self, start: int, end: int) -> str:
        """Return the line from one item to another: an arrow if that is a box."""
        x, y = self.x[start] + self.widths[start], self.y[start]
        to_x, to_y = self.x[end], self.y[end]
        middle = (x + to_x) / 2
        text = (
            f"M{x:.1f},{y:.1f} C{middle:.1f},{y:.1f} {middle:.1f},{to_y:.1f} {to_x:.1f},{to_y:.1f}"
        )
        tip = ' marker-end="url(#tg-arrow)"'
        if end >= len(self.boxes):  # straight on, to the other side of the column
            text += f" L{to_x + self.widths[end]:.1f},{to_y:.1f}"
            tip = ""
        return f'<path d="{text}" fill="none" stroke="#666666"{tip}/>'

    def box(self, k: int) -> str:
        """Return a box and its lines."""
        lines, is_leaf = self.boxes[k]
        x, y = self.x[k], self.y[k] - self.heights[k] / 2
        fill = COLOURS["leaf" if is_leaf else "operation"]
        out = (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{self.widths[k]:.1f}" '
            f'height="{self.heights[k]:.1f}" rx="{10 if is_leaf else 3}" fill="{fill}" '
            'stroke="#888888"/>'
        )
        for number, (kind, text) in enumerate(lines):
            weight = ' font-weight="bold"' if kind == "name" else ""
            out += (
                f'<text x="{x + _PADDING:.1f}" y="{y + _LINE * (number + 1) - 1:.1f}" '
                f'fill="{COLOURS[kind]}"{weight}>{escape(text)}</text>'
            )
        return out


def _columns(count: int, edges: list[tuple[int, int]]) -> list[int]:
    """Return each box's column: right of what it depends on; those of none, next to their use."""
    columns = [0] * count
    depends = [False] * count
    for start, end in sorted(edges, key=lambda edge: edge[1]):
        columns[end] = max(columns[end], columns[start] + 1)
        depends[end] = True
    uses: dict[int, int] = {}
    for start, end in edges:
        uses[start] = min(uses.get(start, columns[end]), columns[end])
    for k in range(count):
        if not depends[k] and k in uses:
            columns[k] = uses[k] - 1
    return columns
