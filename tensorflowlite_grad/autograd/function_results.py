"""What a user's `Function` returns: its results put into the graph, its gradients checked."""

from __future__ import annotations

import warnings
from typing import Any

from . import carrier, errors, inplace, modes
from .graph import Leaf, Output, Variable, cell_of, count_write, next_seq
from .saved import Packed
from .tangents import below, restore, shared

__all__ = ["begin", "filled", "gradients", "is_intact", "recorded", "unpacked"]


def filled(specs: tuple[Any, ...], given: list[Any], place: Any) -> list[Any]:
    """Return gradients, zeros in the place of None for results that are tensors."""
    out = list(given)
    for k, spec in enumerate(specs):
        if out[k] is None and spec is not None:
            shape, native = spec
            with place.entered():
                out[k] = place.wrap(place.xp.zeros(shape, dtype=native), place)
    return out


def begin(ctx: Any, args: tuple[Any, ...]) -> None:
    """Note in a context where gradients of the arguments are to go, and what fits there."""
    edges: list[Any] = []
    inputs: list[Any] = []
    for a in args:
        if not isinstance(a, Variable):
            inputs.append(None)
        elif a._edge is None:
            inputs.append(())
        else:
            edges.append(a._edge)
            inputs.append((tuple(a._array.shape), a._array.dtype))
    ctx._edges = tuple(edges)
    ctx._inputs = tuple(inputs)


def recorded(ctx: Any, node: Any, args: tuple[Any, ...], output: Any) -> Any:
    """Return what forward returned, on the graph, if there is a node for it."""
    several = isinstance(output, tuple)
    outs = list(output) if several else [output]
    recording = node is not None
    if recording and (several or not isinstance(output, Variable)):
        _check_kinds(ctx, outs)
    if ctx._dirty:
        _check_dirty(ctx, args, outs, recording)
    if recording:
        ctx._outputs = tuple(
            [
                (tuple(o._array.shape), o._array.dtype) if isinstance(o, Variable) else None
                for o in outs
            ]
        )
    for t in ctx._dirty:
        count_write(t)
    for k, out in enumerate(outs):
        if isinstance(out, Variable):
            outs[k] = _placed(ctx, node, args, outs, k)
    _save(ctx, args, outs, recording)
    return tuple(outs) if several else outs[0]


def _check_kinds(ctx: Any, outs: list[Any]) -> None:
    """Raise for tensors inside other objects, which would lose their history; warn of none."""
    name = f"{ctx._function.__name__}.forward"
    for out in outs:
        if _hides_tensors(out):
            raise TypeError(
                f"{name} returned a {type(out).__name__} that holds Tensors, which would have no "
                "gradient: return a Tensor or a tuple of Tensors"
            )
    others = [type(o).__name__ for o in outs if not isinstance(o, Variable) and o is not None]
    if others and not any(isinstance(o, Variable) for o in outs):
        warnings.warn(
            f"{name} returned no Tensor, but {', '.join(others)}: no gradient goes through it, "
            "though an input requires grad. Return a Tensor; or call apply() under no_grad(), if "
            "there is nothing to differentiate",
            stacklevel=5,
        )


def _hides_tensors(value: Any) -> bool:
    if not isinstance(value, (tuple, list, dict)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return any(isinstance(p, Variable) or _hides_tensors(p) for p in parts)


def _check_dirty(ctx: Any, args: tuple[Any, ...], outs: list[Any], recording: bool) -> None:
    name = ctx._function.__name__
    for t in ctx._dirty:
        if not any(t is o for o in outs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function: "
                f"{name}."
            )
        if not any(t is a for a in args):
            warnings.warn(
                "ctx.mark_dirty() received a tensor that was not an input. It has no effect: only "
                f"inputs that {name} changes in place are marked",
                stacklevel=5,
            )
            continue
        view = None if t._extra is None else t._extra.view
        if view is None and modes.is_grad_enabled() and type(t._edge) is Leaf:
            raise RuntimeError(
                "a leaf Variable that requires grad has been used in an in-place operation. "
                f"{name} marked it as dirty"
            )
        inplace.check_history(t, f"{name}.apply", recording)
        if view is not None and len([o for o in outs if isinstance(o, Variable)]) > 1:
            raise RuntimeError(
                "If your Function modifies inplace an input that is a view of another Tensor, "
                f"your Function cannot return more than one Tensor, as {name} does: clone the "
                "input first, or make two Functions of it."
            )


def _is_among(value: Any, others: Any) -> bool:
    """Return whether it is one of these, the very object."""
    for other in others:  # noqa: SIM110, no generator: it runs for every call of a function
        if value is other:
            return True
    return False


def _placed(ctx: Any, node: Any, args: tuple[Any, ...], outs: list[Any], number: int) -> Any:
    """Return a result on its edge."""
    out = outs[number]
    is_input = _is_among(out, args)
    dirty = is_input and _is_among(out, ctx._dirty)
    if node is None or _is_among(out, ctx._constant) or not out.dtype.is_differentiable:
        if dirty and node is not None:
            inplace.cut_history(out)
        elif is_input and not dirty:
            out = shared(out)
            out._edge = None
        return out
    edge = node if len(outs) == 1 else _numbered(node, number, len(outs))
    if dirty:
        inplace.set_history(out, edge)
        return out
    if is_input or _shows_others(out, args, outs):
        out = inplace.forbid(out, is_input)
    out._edge = edge
    return out


def _shows_others(out: Any, args: tuple[Any, ...], outs: list[Any]) -> bool:
    """Return whether a result shows the memory of another tensor, and is no copy."""
    if out._extra is not None and out._extra.view is not None:
        return True
    cell = out._cell
    return cell is not None and any(
        t is not out and t._cell is cell for t in (*args, *outs) if isinstance(t, Variable)
    )


def _numbered(node: Any, number: int, count: int) -> Output:
    out = object.__new__(Output)
    out.edges, out.saved, out.seq = (node,), (), next_seq()
    out.place, out.hooks = node.place, None
    out.count, out.number = count, number
    return out


def _save(ctx: Any, args: tuple[Any, ...], outs: list[Any], recording: bool) -> None:
    """Save tensors with their versions; results without their edges, which would be cycles.

    For each, None or: the tensor, or None for a result; its array; the cell of a result; the
    version; the number of the result.
    """
    saved: list[Any] = []
    for t, version in zip(ctx._to_save, ctx._versions, strict=True):
        if t is None:
            saved.append(None)
            continue
        number = None
        if recording:
            number = next((k for k, o in enumerate(outs) if o is t and o._edge is not None), None)
        if number is not None:
            cell = cell_of(t)
            saved.append((None, t._array, cell, cell.count, number))
            continue
        cell = t._cell
        if cell is not None and version != cell.count and not _changed_unmarked(ctx, args, cell):
            version = cell.count
        saved.append((t, t._array, None, version, None))
    if saved:
        ctx._saved = tuple(saved)
        ctx._to_save = ()
    if ctx._dirty:
        ctx._dirty = ()
    if ctx._constant:
        ctx._constant = ()


def _changed_unmarked(ctx: Any, args: tuple[Any, ...], cell: Any) -> bool:
    """Return whether memory that was written is an argument's, and not marked as dirty."""
    if any(t._cell is cell for t in ctx._dirty):
        return False
    return any(a._cell is cell for a in args if isinstance(a, Variable))


def is_intact(item: tuple[Any, ...]) -> bool:
    """Return whether what was saved is still of the version that was saved."""
    return _version(item) == int(item[3])


def _version(item: tuple[Any, ...]) -> int:
    t, _, cell, _, _ = item
    if t is not None:
        cell = t._cell  # another one, if its data were replaced
    return 0 if cell is None else int(cell.count)


def unpacked(ctx: Any) -> tuple[Any, ...]:
    """Return what a context has saved, results on their edges again."""
    saved = ctx._saved
    if saved is None:
        raise errors.freed(ctx._node())
    if ctx._to_save:
        return tuple(ctx._to_save)  # still inside forward
    if isinstance(saved, Packed):
        return tuple(None if v is None else v[0].restored() for v in saved.parts)
    level = ctx._level
    found: list[Any] = []
    for position, item in enumerate(saved):
        if item is None:
            found.append(None)
            continue
        if len(item) == 2:  # packed, by hooks of its own
            found.append(item[0].restored())
            continue
        t, array, cell, version, number = item
        now = _version(item)
        if now != version:
            node = ctx._node()
            edge = node if t is None else t._edge
            raise errors.changed(node, f"saved_tensors[{position}]", array, edge, version, now)
        if t is None:
            node = ctx._node()
            count = len(ctx._outputs)
            t = node.place.wrap(array, node.place)
            t._cell = cell
            t._edge = node if count == 1 else _numbered(node, number, count)
            restore(node, t, number)
        found.append(t if level is None else below(t, level))
    return tuple(found)


def gradients(ctx: Any, found: Any, inputs: tuple[Any, ...]) -> list[Any]:
    """Return what backward returned as a gradient for each edge, checked and fitted.

    Raises
    ------
    RuntimeError
        If there are too few or too many, a shape does not fit, or something is neither a tensor
        nor None.
    """
    found = list(found) if isinstance(found, (tuple, list)) else [found]
    if len(found) != len(inputs):
        if len(found) < len(inputs) or any(g is not None for g in found[len(inputs) :]):
            raise RuntimeError(
                f"function {_name(ctx)} returned an incorrect number of gradients (expected "
                f"{len(inputs)}, got {len(found)})"
            )
        del found[len(inputs) :]
    out = []
    for position, (g, spec) in enumerate(zip(found, inputs, strict=True)):
        if spec is None:
            if g is not None:
                raise RuntimeError(
                    f"function {_name(ctx)} returned a gradient different than None at position "
                    f"{position + 1}, but the corresponding forward input was not a Variable"
                )
            continue
        if g is not None and not isinstance(g, Variable):
            raise RuntimeError(
                f"expected Variable or None (got {type(g).__name__}) as gradient {position} of "
                f"{_name(ctx)}"
            )
        if spec:
            out.append(None if g is None else _fitted(ctx, position, g, *spec))
    return out


def _name(ctx: Any) -> str:
    return type(ctx).__name__  # users may have set `name` to something


def _fitted(ctx: Any, position: int, g: Any, shape: Any, native: Any) -> Any:
    """Return a gradient in its operand's shape and dtype: summed where it was broadcast."""
    place = ctx._place
    have = tuple(g._array.shape)
    if have != shape:
        g = _summed(g, shape)
        if g is None:
            raise RuntimeError(
                f"Function {_name(ctx)} returned an invalid gradient at index {position} - got "
                f"{list(have)} but expected shape compatible with {list(shape)}"
            )
    if g._place.root is not place.root:
        raise RuntimeError(
            f"Function {_name(ctx)} returned an invalid gradient at index {position} - expected "
            f"device {place.device} but got {g._place.device}"
        )
    if g._array.dtype != native:
        xp = carrier.tensors()
        real = place.dtype_from(native).is_complex
        g = xp.astype(g if real or not g.dtype.is_complex else xp.real(g), place.dtype_from(native))
    return g


def _summed(g: Any, shape: Any) -> Any:
    """Return `g` summed to a shape that broadcasts to its own, or None."""
    have = tuple(g._array.shape)
    lead = len(have) - len(shape)
    pairs = zip(have[max(lead, 0) :], shape, strict=False)
    if lead < 0 or any(n not in (m, 1) for m, n in pairs):
        return None
    axes = tuple(range(lead)) + tuple(
        k + lead for k, n in enumerate(shape) if n == 1 and have[k + lead] != 1
    )
    xp = carrier.tensors()
    return xp.reshape(xp.sum(g, axis=axes), shape) if axes else xp.reshape(g, shape)
