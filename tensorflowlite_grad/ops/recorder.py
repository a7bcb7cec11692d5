"""Writes the Python functions that run and record an operation.

As `dataclasses` writes ``__init__``: from an operation's declaration, once, with a fixed
number of operands. Loops over operands and star-arguments would take half as long again
on the hot path. The text holds only names that declarations give; nothing in it comes
from a user's data.
"""

from __future__ import annotations

import builtins
from functools import cache
from itertools import chain, combinations
from threading import Lock, RLock
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ..autograd import carrier, modes, observers, tangents
from ..autograd.graph import Extra, Variable, Version, View, cell_of, next_seq, viewable
from .rules import complex_class, needs, node_class, watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from .declare import Operation


def write(op: Operation) -> tuple[Any, Any]:
    """Return ``(entry, record)`` for an operation.

    ``record`` takes tensors of one dtype and device; ``entry`` takes what users give and
    hands all but the common case to `Operation.slow`. Both are stubs that are written when
    first called: most programs use few operations, and import should not wait for all.
    """
    space = _new_space(op)
    record = _stub(op, "record", space)
    entry = _stub(op, "entry", space) if op.has_entry else record
    space["written"] = lambda name: _write_functions(op, space, entry, record)[name]
    return entry, record


def write_entry(op: Operation, numbers: tuple[str, ...]) -> Any:
    """Return an entry that takes Python numbers for some operands only."""
    space = op.record.__globals__
    name = "_".join(("taking", *numbers))
    entry = _stub(op, name, space)
    written = space["written"]

    def write_or_find(wanted: str) -> Any:
        if wanted != name:
            return written(wanted)
        with writing:
            written("record")
            if name in space["functions"]:
                return entry
            made: dict[str, Any] = {}
            source = _entry_source(op, _masks(op), numbers)
            exec(compile(source, f"<recorder of {op.name}>", "exec"), made)  # noqa: S102
            _put_in_place([(entry, made["entry"].__code__, made["observed_entry"].__code__)])
            space["functions"][name] = entry
        return entry

    space["written"] = write_or_find
    return entry


def write_public(
    op: Operation,
    numbers: tuple[str, ...] | None,
    entry: Callable[..., Any],
    into: Callable[..., Any],
) -> Callable[..., Any]:
    """Return an entry that takes `out` too: where one is given, `into` runs in its place.

    `numbers` are the operands that may be Python numbers, without which all may. `out` is shown
    as keyword-only and is not: CPython calls functions with such parameters by a longer way.
    Instead `_` stands in front of it, and what is given there is refused.
    """
    space: dict[str, Any] = {"unwritten": entry, "into": into}
    given = ", ".join([*op.operands, *op.option_names])

    def write() -> None:
        with writing:
            written: dict[str, Any] = op.record.__globals__
            written["written"]("record")
            if "op" not in space:
                space.update(written)
                made: dict[str, Any] = {}
                source = _entry_source(op, _masks(op), numbers, takes_out=True)
                exec(compile(source, f"<recorder of {op.name}>", "exec"), made)  # noqa: S102
                forms = [(public, made["entry"].__code__, made["observed_entry"].__code__)]
                _put_in_place(forms)

    space["write"] = write
    parameters = ", ".join([*op.operands, *op.option_parameters])
    body = "\n    ".join(["write()", *_diverted(given), f"return unwritten({given})"])
    public = _defined(f"def stub({parameters}, _=None, out=None):\n    {body}\n", op, space)
    shown = f"def stub({parameters}, *, out=None):\n    return public({given}, out=out)\n"
    public.__wrapped__ = _defined(shown, op, {"public": public})
    return public  # type: ignore[no-any-return]


def _diverted(given: str) -> list[str]:
    """Return the lines that hand over to `into`, and raise for what stands before `out`."""
    return [
        "if out is not None or _ is not None:",
        f"    return into(out, {given}) if _ is None else unwritten({given}, _)",
    ]


def _stub(op: Operation, name: str, space: dict[str, Any]) -> Any:
    parameters = ", ".join([*op.operands, *op.option_parameters])
    names = ", ".join([*op.operands, *op.option_names])
    return _defined(f"def stub({parameters}):\n    return written({name!r})({names})\n", op, space)


def _defined(text: str, op: Operation, space: dict[str, Any]) -> Any:
    """Return the function of a text, with a space of its own."""
    scratch: dict[str, Any] = {}
    exec(_compiled(text), scratch)  # noqa: S102
    template = scratch["stub"]
    stub = FunctionType(template.__code__, space, op.name, template.__defaults__)
    stub.__kwdefaults__ = template.__kwdefaults__
    stub.__qualname__ = op.name
    return stub


@cache
def _compiled(text: str) -> Any:
    return compile(text, "<stub of an operation>", "exec")


def _write_functions(
    op: Operation, space: dict[str, Any], entry: Any, record: Any
) -> dict[str, Any]:
    """Put the written functions in the place of their stubs, once."""
    with writing:
        if "functions" in space:
            return space["functions"]  # type: ignore[no-any-return]
        masks = _masks(op)
        for k, mask in enumerate(masks):
            space[f"N{k}"] = node_class(op, mask)
            if op.conjugate:
                space[f"C{k}"] = complex_class(space[f"N{k}"])
        source = _record_source(op, masks)
        if op.has_entry:
            source += _entry_source(op, masks)
        source += _observed_source(op)
        made: dict[str, Any] = {}
        exec(compile(source, f"<recorder of {op.name}>", "exec"), made)  # noqa: S102
        space["plain"] = FunctionType(made["record"].__code__, space)
        forms = [(record, made["record"].__code__, made["observed"].__code__)]
        if op.has_entry:
            forms.append((entry, made["entry"].__code__, made["observed_entry"].__code__))
        _put_in_place(forms)
        space["functions"] = {"entry": entry, "record": record}
        return space["functions"]  # type: ignore[no-any-return]


#: All written functions, each with its plain code and its observed one.
_forms: list[tuple[Any, Any, Any]] = []
_switching = Lock()
#: Held while functions are written: several threads may call a stub at a time.
writing = RLock()


def _put_in_place(forms: list[tuple[Any, Any, Any]]) -> None:
    with _switching:
        _forms.extend(forms)
        for function, plain, observed in forms:
            function.__code__ = observed if watched[0] else plain


def _switch(wanted: bool) -> None:
    """Put the observed form of all recorders in place, or the plain one."""
    with _switching:
        watched[0] = wanted
        for function, plain, observed in _forms:
            function.__code__ = observed if wanted else plain


observers.on_demand(_switch)


def follow(twin: Any, entry: Any, adapted: Callable[[Any], Any]) -> None:
    """Let a copy of an entry, its code adapted, change its form whenever the entry does."""
    with _switching:
        plain, observed = next((p, o) for function, p, o in _forms if function is entry)
        form = (twin, adapted(plain), adapted(observed))
        _forms.append(form)
        twin.__code__ = form[2] if watched[0] else form[1]


def _observed_source(op: Operation) -> str:
    """Return the text of the recorders that tell observers, and carry tangents."""
    operands = "".join(f"{p}, " for p in op.operands)
    options = "".join(f"{o}, " for o in op.option_names)
    given = f"{operands}{options}"
    body = []
    if len(op.operands) > 1 or op.option_names:
        several = len(op.operands) > 1
        apart = " or ".join(f"{p}._place is not place" for p in op.operands[1:]) if several else ""
        nested = " or ".join(f"holds_batch({o})" for o in op.option_names)
        body += [
            f"place = {op.operands[0]}._place",
            f"if {' or '.join(t for t in (apart, nested) if t)}:",
            f"    {given}= lifted(({operands}), ({options}))",
        ]
    body += [
        "if observers():",
        f"    out = observe(op, lambda: plain({given}), ({operands}))",
        "else:",
        f"    out = plain({given})",
    ]
    if op.rules:
        some = " or ".join(f"({p}._extra is not None and {p}._extra.tangents)" for p in op.operands)
        body += [f"if {some}:", f"    carry(op, out, ({operands}), ({options}))"]
    return _function("observed", op, [*body, "return out"])


def holds_batch(option: Any) -> bool:
    """Return whether an option is, or contains, an array of a batch, such as an index."""
    if isinstance(option, tuple):
        return any(map(holds_batch, option))
    return hasattr(option, "batched")


def lifted(operands: tuple[Any, ...], options: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return operands and options in the innermost batch that some of them belong to."""
    places = [t._place for t in operands]
    places += [part.space.place for part in _parts(options) if hasattr(part, "batched")]
    place = max(places, key=lambda p: p.level)
    if not place.level:
        return (*operands, *options)
    return (*(place.lift(t) for t in operands), *(_lifted_option(o, place) for o in options))


def _parts(option: Any) -> Any:
    if isinstance(option, tuple):
        for part in option:
            yield from _parts(part)
    else:
        yield option


def _lifted_option(option: Any, place: Any) -> Any:
    if isinstance(option, tuple) and not hasattr(option, "_fields"):
        return tuple(_lifted_option(part, place) for part in option)
    return place.lift_array(option)


def _new_space(op: Operation) -> dict[str, Any]:
    space: dict[str, Any] = {
        "__name__": __name__,
        # What C code imports on behalf of a function, it looks for there: NumPy's warnings do.
        "__builtins__": builtins,
        "op": op,
        "forward": op.forward,
        "new": object.__new__,
        "Version": Version,
        "grad_enabled": modes.get_mode,
        "next_seq": next_seq,
        "attach_view": attach_view,
        "viewable": viewable,
        "carry": tangents.carry,
        "observers": observers.current,
        "observe": observers.observed,
        "holds_batch": holds_batch,
        "lifted": lifted,
    }
    carrier.names_for_recorders(space)
    return space


def _masks(op: Operation) -> list[tuple[str, ...]]:
    """Return every set of operands that may require grad, the largest last."""
    names = [p for p in op.operands if p in op.rules]
    return list(chain.from_iterable(combinations(names, n) for n in range(1, len(names) + 1)))


def _forward_text(op: Operation, prefix: str = "a_") -> str:
    operands = [prefix + p for p in op.operands]
    if isinstance(op.forward, str):
        if not op.forward.isidentifier():  # an operator, such as "*"
            return (
                f" {op.forward} ".join(operands) if len(operands) > 1 else op.forward + operands[0]
            )
        return f"place.xp.{op.forward}({', '.join(operands + op.option_names)})"
    return f"forward(place.xp, {', '.join(operands + op.option_names)})"


def _result_text(op: Operation, guarded: bool) -> list[str]:
    arguments = ", ".join(op.operands)
    options = "".join(f"{o}, " for o in op.option_names)
    run = [f"    r = {_forward_text(op)}"]
    if guarded:
        run = [
            "    if place.guard is None:",
            f"    {run[0]}",
            "    else:",
            "        with place.guard():",
            f"        {run[0]}",
        ]
    lines = [
        "try:",
        *run,
        "except Exception as error:",
        f"    r = op.rescued(error, ({arguments},), ({options}))",
        "out = new(Tensor)",
        "out._array = r",
        "out._place = place",
    ]
    if op.view:
        lines.append(f"attach_view(out, {op.operands[0]}, op, ({options}))")
    else:
        lines += ["out._cell = None", "out._extra = None"]
    return lines


def _recording_text(op: Operation, masks: list[tuple[str, ...]], complex_check: bool) -> list[str]:
    names = [p for p in op.operands if p in op.rules]
    if not names:
        return ["out._edge = None", "return out"]
    lines = [f"e_{p} = {p}._edge" for p in names]
    none = " and ".join(f"e_{p} is None" for p in names)
    if len(names) > 1:
        none = f"({none})"
    lines += [f"if {none} or not grad_enabled():", "    out._edge = None", "    return out"]
    for k, mask in enumerate(masks):
        here = []
        last = k == len(masks) - 1
        absent = [f"e_{p} is None" for p in names if p not in mask]
        if not last:
            here.append(f"if {' and '.join(absent)}:")
        pad = "" if last else "    "
        here += [pad + line for line in _node_text(op, k, mask, complex_check)]
        lines += here
    return lines


def _node_text(op: Operation, k: int, mask: tuple[str, ...], complex_check: bool) -> list[str]:
    items = []
    lines = []
    for name in needs(op, mask):
        if name in op.operands:
            items += [name, f"0 if (c := {name}._cell) is None else c.count"]
        elif name == "out":
            lines += [
                "cell = out._cell = new(Version)",
                "cell.count = 0",
                "cell.views = None",
                "cell.memory = None",
            ]
            items += ["r", "cell"]
        elif name.endswith("_shape") and name.removesuffix("_shape") in op.operands:
            items.append(f"a_{name.removesuffix('_shape')}.shape")
        else:
            items.append(name)
    kind = f"N{k}"
    if op.conjugate and complex_check:
        lines.append("dtype = r.dtype")
        kind = (
            f"N{k} if dtype is place.float32 or dtype is place.float64 "
            f"or not place.is_complex(dtype) else C{k}"
        )
    return [
        *lines,
        f"node = new({kind})",
        f"node.edges = ({''.join(f'e_{p}, ' for p in mask)})",
        f"node.saved = ({''.join(f'{i}, ' for i in items)})",
        "node.seq = next_seq()",
        "node.place = place",
        "node.hooks = None",
        "out._edge = node",
        "return out",
    ]


def _record_source(op: Operation, masks: list[tuple[str, ...]]) -> str:
    first = op.operands[0]
    body = [f"place = {first}._place"]
    if op.view:
        body += [
            f"if place.backend.mutable({first}._array) is not {first}._array:",
            f"    viewable({first})",
        ]
    body += [f"a_{p} = {p}._array" for p in op.operands]
    body += _result_text(op, guarded=True) + _recording_text(op, masks, complex_check=True)
    return _function("record", op, body)


def _entry_source(
    op: Operation,
    masks: list[tuple[str, ...]],
    numbers: tuple[str, ...] | None = None,
    takes_out: bool = False,
) -> str:
    """Return the entry's text: the common case, float32 or float64 throughout, in line.

    And that of its observed form. `numbers` are the operands that may be Python numbers,
    without which all may.
    """
    first, *rest = op.operands
    names = ", ".join([*op.operands, *op.option_names])
    slow = f"return op.slow({names})"
    if numbers is not None:
        slow = f"return op.slow_taking({numbers!r}, {names})"
    diverted = _diverted(names) if takes_out else []
    observed = _function("observed_entry", op, [*diverted, slow], takes_out)
    constant = [p for p in rest if numbers is None or p in numbers]
    body = [
        *diverted,
        "try:",
        f"    place = {first}._place",
        f"    a_{first} = {first}._array",
        "except AttributeError:",
        f"    {slow}",
        f"dtype = a_{first}.dtype",
        "if dtype is place.float32:",
        *(["    constants = place.constants32"] if constant else ["    pass"]),
        "elif dtype is place.float64:",
        *(["    constants = place.constants64"] if constant else ["    pass"]),
        "else:",
        f"    {slow}",
    ]
    for p in rest:
        tensor = [
            "try:",
            f"    a_{p} = {p}._array",
            f"    if {p}._place is not place or a_{p}.dtype is not dtype:",
            f"        {slow}",
            "except AttributeError:",
            f"    {slow}",
        ]
        if p not in constant:
            body += tensor
            continue
        body += [
            f"kind = {p}.__class__",
            "if kind is float or kind is int:",
            f"    c = constants.get({p})",
            f"    {p} = place.constant({p}, dtype) if c is None else c",
            f"    a_{p} = {p}._array",
            "else:",
            *("    " + line for line in tensor),
        ]
    body += _result_text(op, guarded=False) + _recording_text(op, masks, complex_check=False)
    return _function("entry", op, body, takes_out) + observed


def _function(name: str, op: Operation, body: list[str], takes_out: bool = False) -> str:
    last = ["_=None", "out=None"] if takes_out else []
    parameters = ", ".join([*op.operands, *op.option_parameters, *last])
    lines = "\n".join("    " + line for line in body)
    return f"def {name}({parameters}):\n{lines}\n"


def attach_view(out: Variable, parent: Variable, op: Any, options: tuple[Any, ...]) -> None:
    """Make `out` a view of `parent`: one memory, one version, and a way to be made again."""
    cell = cell_of(parent)
    extra = out._extra = Extra()
    view = parent._extra.view if parent._extra is not None else None
    creation = "default" if modes.get_mode() else modes.creation_of_views()
    if view is None:
        extra.view = View(parent, None, op, options, creation)
    else:
        if view.creation != "default":
            creation = view.creation
        extra.view = View(view.base, view, op, options, creation)
    out._cell = cell
    cell.add_view(out)
