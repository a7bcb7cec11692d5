"""What a user's `Function` returns: its results put into the graph, its gradients checked."""

from __future__ import annotations

import warnings
from typing import Any

from . import carrier, errors, inplace, modes
from .graph import Leaf, Output, Variable, cell_of, next_seq
from .saved import Packed
from .tangents import below, restore, shared

__all__ = ["Outputs", "gradients", "recorded", "unpacked"]


class Outputs:
    """Shapes and dtypes of a function's results, for zeros where no gradient arrives."""

    __slots__ = ("positions", "specs")

    def __init__(self, specs: tuple[Any, ...], positions: tuple[int, ...]) -> None:
        self.specs = specs
        self.positions = positions

    def filled(self, given: list[Any], place: Any) -> list[Any]:
        """Return the gradients, zeros in the place of None for results that are tensors."""
        out = list(given)
        for k, spec in enumerate(self.specs):
            if out[k] is None and spec is not None:
                shape, native = spec
                with place.entered():
                    out[k] = place.wrap(place.xp.zeros(shape, dtype=native), place)
        return out


def recorded(ctx: Any, args: tuple[Any, ...], output: Any, recording: bool) -> Any:
    """Return what forward returned, on the graph: `ctx` is its node."""
    several = isinstance(output, tuple)
    outs = list(output) if several else [output]
    if recording:
        _refuse_hidden(ctx, outs)
    _check_dirty(ctx, args, outs)
    if ctx.place is None:
        first = next((o for o in outs if isinstance(o, Variable)), None)
        ctx.place = None if first is None else first._place
    positions = tuple(k for k, a in enumerate(args) if isinstance(a, Variable))
    needed = [k for k in positions if args[k]._edge is not None]
    ctx.operand_count = len(positions)
    ctx.positions = tuple(positions.index(k) for k in needed)
    ctx._inputs = tuple(
        (k, tuple(a._array.shape), a._array.dtype, a._edge is not None)
        if isinstance(a, Variable)
        else None
        for k, a in enumerate(args)
    )
    if recording:
        ctx.edges = tuple(args[k]._edge for k in needed)
    specs = tuple(
        (tuple(o._array.shape), o._array.dtype) if isinstance(o, Variable) else None for o in outs
    )
    ctx._outputs = Outputs(specs, positions)
    _bump_dirty(ctx)
    for k, out in enumerate(outs):
        if isinstance(out, Variable):
            outs[k] = _placed(ctx, args, out, k, len(outs), recording)
    _save(ctx, outs, recording)
    _release(ctx)
    return tuple(outs) if several else outs[0]


def _refuse_hidden(ctx: Any, outs: list[Any]) -> None:
    """Raise for tensors inside a list or dict, which would silently lose their history."""
    for out in outs:
        parts = out.values() if isinstance(out, dict) else out
        if isinstance(out, (list, dict)) and any(isinstance(p, Variable) for p in parts):
            raise TypeError(
                f"{ctx.function.__name__}.forward returned a {type(out).__name__} that holds "
                "Tensors, which would have no gradient: return a Tensor or a tuple of Tensors"
            )


def _check_dirty(ctx: Any, args: tuple[Any, ...], outs: list[Any]) -> None:
    for t in ctx._dirty:
        if not any(t is a for a in args):
            warnings.warn(
                "ctx.mark_dirty() received a tensor that was not an input. It has no effect on "
                f"{ctx.function.__name__}.",
                stacklevel=4,
            )
            continue
        if not any(t is o for o in outs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function."
            )
        if modes.is_grad_enabled() and type(t._edge) is Leaf:
            raise RuntimeError(
                "a leaf Variable that requires grad has been used in an in-place operation. "
                f"{ctx.function.__name__} marked it as dirty"
            )
        view = None if t._extra is None else t._extra.view
        if view is not None and len([o for o in outs if isinstance(o, Variable)]) > 1:
            raise RuntimeError(
                "If your Function modifies inplace an input that is a view of another Tensor, "
                "your Function cannot return more than one Tensor. This is not supported: clone "
                "the input first."
            )


def _bump_dirty(ctx: Any) -> None:
    for t in ctx._dirty:
        cell_of(t).count += 1


def _placed(
    ctx: Any, args: tuple[Any, ...], out: Any, number: int, count: int, recording: bool
) -> Any:
    """Return a result on its edge."""
    is_input = any(out is a for a in args)
    dirty = any(out is t for t in ctx._dirty)
    constant = any(out is t for t in ctx._constant) or not out.dtype.is_differentiable
    if constant or not recording:
        if is_input and not dirty:
            out = shared(out)
            out._edge = None if constant or not recording else out._edge
        return out
    edge = ctx if count == 1 else _numbered(ctx, number, count)
    if dirty:
        inplace.set_history(out, edge)
        return out
    if is_input:
        out = shared(out)
    _mark_view(ctx, args, out, is_input)
    out._edge = edge
    return out


def _mark_view(ctx: Any, args: tuple[Any, ...], out: Any, is_input: bool) -> None:
    """Forbid later in-place changes of a result that shows an argument's memory."""
    view = None if out._extra is None else out._extra.view
    cells = [cell_of(a) for a in args if isinstance(a, Variable)]
    shows = is_input or any(out._cell is c for c in cells)
    if shows:
        inplace.forbid(out, "custom", ctx.function.__name__)
    elif view is not None:
        out._extra.view = None  # a view of what forward made itself


def _numbered(ctx: Any, number: int, count: int) -> Output:
    out = object.__new__(Output)
    out.edges, out.saved, out.seq = (ctx,), (), next_seq()
    out.place, out.hooks = ctx.place, None
    out.count, out.number = count, number
    return out


def _save(ctx: Any, outs: list[Any], recording: bool) -> None:
    """Save tensors with their versions; results without their edges, which would be cycles."""
    saved: list[Any] = []
    for t in ctx._to_save:
        number = next((k for k, o in enumerate(outs) if _same(o, t)), None)
        if t is None:
            saved.append(None)
        elif number is not None and recording and outs[number]._edge is not None:
            cell = cell_of(outs[number])
            saved.append((None, t._array, cell, cell.count, number))
        else:
            cell = cell_of(t)
            saved.append((t, t._array, cell, cell.count, None))
    ctx.saved = tuple(saved)
    ctx._count = len(outs)


def _same(out: Any, t: Any) -> bool:
    return out is t and isinstance(out, Variable)


def _release(ctx: Any) -> None:
    """Drop what would keep the function's own results alive."""
    ctx._to_save = ctx._dirty = ctx._constant = ()


def unpacked(ctx: Any) -> tuple[Any, ...]:
    """Return what a context has saved, results on their edges again."""
    if ctx.saved is None:
        raise errors.freed(ctx)
    if ctx._to_save:
        return tuple(ctx._to_save)  # still inside forward
    if isinstance(ctx.saved, Packed):
        return tuple(None if v is None else v[0].restored() for v in ctx.saved.parts)
    found: list[Any] = []
    for position, item in enumerate(ctx.saved):
        if item is None:
            found.append(None)
            continue
        if len(item) == 2:  # packed, by hooks of its own
            found.append(item[0].restored())
            continue
        t, array, cell, version, number = item
        if cell.count != version:
            edge = ctx if t is None else t._edge
            raise errors.changed(
                ctx, f"saved_tensors[{position}]", array, edge, version, cell.count
            )
        if t is None:
            t = ctx.place.wrap(array, ctx.place)
            t._cell = cell
            t._edge = ctx if ctx._count == 1 else _numbered(ctx, number, ctx._count)
            restore(ctx, t, number)
        found.append(t if ctx._level is None else below(t, ctx._level))
    return tuple(found)


def gradients(ctx: Any, found: Any, inputs: tuple[Any, ...]) -> list[Any]:
    """Return what backward returned as a gradient for each edge, checked and fitted.

    Raises
    ------
    RuntimeError
        If there are too few or too many, or a shape does not fit.
    TypeError
        If something is neither a tensor nor None.
    """
    name = ctx.name()
    found = list(found) if isinstance(found, (tuple, list)) else [found]
    extra = found[len(inputs) :]
    if len(found) < len(inputs) or any(g is not None for g in extra):
        raise RuntimeError(
            f"function {name} returned an incorrect number of gradients (expected {len(inputs)}, "
            f"got {len(found)})"
        )
    out = []
    for position, spec in enumerate(inputs):
        g = found[position]
        if spec is None:
            if g is not None:
                raise RuntimeError(
                    f"function {name} returned a gradient different than None at position "
                    f"{position + 1}, but the corresponding forward input was not a Variable"
                )
            continue
        if g is not None and not isinstance(g, Variable):
            raise TypeError(
                f"expected Variable or None (got {type(g).__name__}) as gradient {position} of "
                f"{name}"
            )
        _, shape, native, needed = spec
        if needed:
            out.append(None if g is None else _fitted(name, position, g, shape, native, ctx.place))
    return out


def _fitted(name: str, position: int, g: Any, shape: Any, native: Any, place: Any) -> Any:
    """Return a gradient in its operand's shape and dtype: summed where it was broadcast."""
    have = tuple(g._array.shape)
    if have != shape:
        g = _summed(g, shape)
        if g is None:
            raise RuntimeError(
                f"Function {name} returned an invalid gradient at index {position} - got "
                f"{list(have)} but expected shape compatible with {list(shape)}"
            )
    if g._place.root is not place.root:
        raise RuntimeError(
            f"Function {name} returned an invalid gradient at index {position} - expected device "
            f"{place.device} but got {g._place.device}"
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
