"""Writes the Python functions that run an operation's rules, and the nodes that call them.

As `recorder` does for what runs forward: with a fixed set of operands each. A node class is made
for each set of operands that require grad; rules are written when they first run, and once more
where a pass asks for some of the operands only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd import carrier, errors, tangents
from ..autograd.graph import Node
from .broadcasting import sum_to

if TYPE_CHECKING:
    from .declare import Operation

__all__ = ["complex_class", "kept", "needs", "node_class", "watched"]

#: In the only element, whether recorders are in their observed form.
watched = [False]


def needs(op: Operation, mask: tuple[str, ...]) -> list[str]:
    """Return the names of what the rules of these operands take, in a fixed order."""
    wanted: list[str] = []
    for operand in mask:
        wanted += [n for n in op.rule_parameters[operand] if n not in ("xp", "g")]
        if op.elementwise and len(op.operands) > 1:
            wanted.append(f"{operand}_shape")
    return list(dict.fromkeys(wanted))


def _frees(op: Operation, mask: tuple[str, ...]) -> bool:
    """Return whether arrays are saved for these operands' rules."""
    return any(n in op.operands or n == "out" for n in needs(op, mask))


def kept(op: Operation, mask: tuple[str, ...]) -> list[str]:
    """Return the names of what can still be read of a node whose arrays are freed.

    Nothing, where options are arrays themselves, as they are along with an index.
    """
    if "index" in op.option_names:
        return []
    shapes = not op.elementwise or len(op.operands) == 1
    return [
        n
        for n in needs(op, mask)
        if n not in (*op.operands, "out") and (shapes or n in op.option_names)
    ]


def node_class(op: Operation, mask: tuple[str, ...]) -> type[Node]:
    """Return the class of an operation's nodes where these operands require grad."""

    def apply(self: Node, g: Any, keep: bool) -> Any:
        _write_rules(cls, op, mask)
        return cls.apply(self, g, keep)

    def apply_tensors(self: Node, g: Any, keep: bool) -> Any:
        _write_rules(cls, op, mask)
        return cls.apply_tensors(self, g, keep)

    chosen_rules: dict[Any, Any] = {}

    def apply_some(self: Node, g: Any, keep: bool, tensors: bool, wanted: tuple[bool, ...]) -> Any:
        rules = chosen_rules.get((wanted, tensors))
        if rules is None:
            chosen = tuple(p for p, w in zip(mask, wanted, strict=True) if w)
            space = _rule_space(op, chosen)
            source = _apply_source(op, mask, not tensors, chosen)
            exec(compile(source, f"<rules of {op.name}>", "exec"), space)  # noqa: S102
            rules = chosen_rules[wanted, tensors] = space["apply_tensors" if tensors else "apply"]
        return rules(self, g, keep)

    fields = {
        "__slots__": (),
        "__module__": "tensorflowlite_grad.autograd",
        "operation": op,
        "positions": tuple(op.operands.index(p) for p in mask),
        "operand_count": len(op.operands),
        "frees": _frees(op, mask),
        "kept": tuple(kept(op, mask)),
        # Most graphs are made of few operations: rules are written when first needed.
        "apply": apply,
        "apply_tensors": apply_tensors,
        "apply_some": apply_some,
    }
    # Not `type(self)`, which may be the complex twin that has called.
    cls: Any = type(op.node_name, (Node,), fields)
    return cls  # type: ignore[no-any-return]


def _rule_space(op: Operation, mask: tuple[str, ...]) -> dict[str, Any]:
    space: dict[str, Any] = {
        "__name__": __name__,
        "new": object.__new__,
        "freed": errors.freed,
        "changed": errors.changed,
        "detached": errors.detached,
        "frozen": errors.frozen,
        "watched": watched,
        "restore": tangents.restore,
        "sum_to": sum_to,
    }
    space.update((f"rule_{p}", op.rules[p]) for p in mask)
    carrier.names_for_recorders(space)
    return space


def _write_rules(cls: type[Node], op: Operation, mask: tuple[str, ...]) -> None:
    space = _rule_space(op, mask)
    source = _apply_source(op, mask, raw=True) + _apply_source(op, mask, raw=False)
    exec(compile(source, f"<rules of {op.name}>", "exec"), space)  # noqa: S102
    cls.apply = space["apply"]  # type: ignore[method-assign]
    cls.apply_tensors = space["apply_tensors"]  # type: ignore[method-assign]


def _apply_source(
    op: Operation, mask: tuple[str, ...], raw: bool, chosen: tuple[str, ...] | None = None
) -> str:
    """Return the text of a node's rules: those of all operands in `mask`, or of some.

    What only the others need is not looked at: it may have changed.
    """
    chosen = mask if chosen is None else chosen
    used = needs(op, chosen)
    wanted = needs(op, mask)
    frees = _frees(op, mask)
    unpack, check = [], []
    for name in wanted:
        if name in op.operands:
            unpack += [name, f"v_{name}"]
            check += (
                []
                if name not in used
                else [
                    f"c = {name}._cell",
                    f"if c is not None and c.count != v_{name}:",
                    f"    raise changed(self, {name!r}, {name}._array, {name}._edge, "
                    f"v_{name}, c.count)",
                ]
            )
            if name in mask and name in used and not raw:
                edge = f"self.edges[{mask.index(name)}]"
                check += [
                    f"if {name}._edge is not {edge} and not frozen({name}, {edge}):",
                    f"    raise detached(self, {name!r})",
                ]
        elif name == "out":
            unpack += ["out", "cell"]
            if name not in used:
                continue
            check += [
                "if cell.count:",
                "    raise changed(self, 'its result', out, self, 0, cell.count)",
            ]
            if not raw:
                check += [
                    "result = new(Tensor)",
                    "result._array = out",
                    "result._place = self.place",
                    "result._cell = cell",
                    "result._extra = None",
                    "result._edge = self",
                    "if watched[0]:",
                    "    restore(self, result)",
                    "out = result",
                ]
        else:
            unpack.append(name)
    stays = "".join(f"{n}, " for n in kept(op, mask))
    body = []
    if frees and stays:
        body += [
            "try:",
            f"    {', '.join(unpack)}, = self.saved",
            "except (TypeError, ValueError):",  # less is there, or nothing
            "    raise freed(self) from None",
            *check,
        ]
    elif unpack:
        body += ["saved = self.saved"]
        if frees:
            body += ["if saved is None:", "    raise freed(self)"]
        body += [f"{', '.join(unpack)}, = saved", *check]
    body.append("xp = self.place.xp" if raw else "xp = TENSORS")
    for p in chosen:
        given = [n + "._array" if raw and n in op.operands else n for n in op.rule_parameters[p]]
        if op.rules[p] is None:
            body.append(f"g_{p} = g")
        else:
            body.append(f"g_{p} = rule_{p}({', '.join(given)})")
        if op.elementwise and len(op.operands) > 1:
            body += [f"if g_{p}.shape != {p}_shape:", f"    g_{p} = sum_to(xp, g_{p}, {p}_shape)"]
    if frees:
        body += ["if not keep:", f"    self.saved = {f'({stays})' if stays else None}"]
    body.append(f"return {', '.join(f'g_{p}' if p in chosen else 'None' for p in mask)}")
    name = "apply" if raw else "apply_tensors"
    lines = "\n".join("    " + line for line in body)
    return f"def {name}(self, g, keep):\n{lines}\n"


def complex_class(real: type[Node]) -> type[Node]:
    """Return the twin of a node class for complex results.

    PyTorch's gradient is conj(partial) * g, which is conj(partial * conj(g)): rules that
    are linear in `g` need not know of it.
    """

    def apply(self: Node, g: Any, keep: bool) -> Any:
        return _conjugated(self.place.xp, super(twin, self).apply, g, keep)

    def apply_tensors(self: Node, g: Any, keep: bool) -> Any:
        return _conjugated(carrier.tensors(), super(twin, self).apply_tensors, g, keep)

    def apply_some(self: Node, g: Any, keep: bool, tensors: bool, wanted: tuple[bool, ...]) -> Any:
        xp = carrier.tensors() if tensors else self.place.xp
        rules: Any = super(twin, self).apply_some
        return _conjugated(xp, lambda g, keep: rules(g, keep, tensors, wanted), g, keep)

    fields = {
        "__slots__": (),
        "__module__": real.__module__,
        "apply": apply,
        "apply_tensors": apply_tensors,
        "apply_some": apply_some,
    }
    twin: Any = type(real.__name__, (real,), fields)
    return twin  # type: ignore[no-any-return]


def _conjugated(xp: Any, apply: Any, g: Any, keep: bool) -> Any:
    out = apply(xp.conj(g), keep)
    if isinstance(out, tuple):
        return tuple(None if part is None else xp.conj(part) for part in out)
    return xp.conj(out)
