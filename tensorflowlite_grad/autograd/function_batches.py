"""A user's `Function` under `vmap`: by its own rule for batches, or by one made from its parts.

A forward written with tensor operations runs on a batch as it stands. But where something
outside differentiates what the batch holds, it has to meet the function's own derivative
there, not that of the operations inside forward.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from . import modes, tangents
from .graph import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["VmapInfo", "lifted", "rule"]


class VmapInfo(NamedTuple):
    """What `Function.vmap` is told of the batch."""

    batch_size: int
    randomness: str


def lifted(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return arguments with all tensors in the innermost batch that some belong to."""
    place = max((a._place for a in args if isinstance(a, Variable)), key=lambda p: p.level)
    return tuple(place.lift(a) if isinstance(a, Variable) else a for a in args)


def rule(cls: Any, own: bool, args: tuple[Any, ...]) -> Callable[[], Any] | None:
    """Return what computes the results of a batch, or None: forward does, on the batch itself.

    Parameters
    ----------
    cls : Function
    own : bool
        Whether the function has its own rule.
    args : tuple
        As `lifted`.

    Raises
    ------
    RuntimeError
        If there is a rule of its own, and one is to be generated as well.
    """
    place: Any = next(a._place for a in args if isinstance(a, Variable))
    space = place.space
    if own:
        if not any(isinstance(a, Variable) and a._array.batched for a in args):
            return lambda: _of_all_alike(cls, place, args)
        if cls.generate_vmap_rule:
            raise RuntimeError(
                f"You tried to vmap over {cls.__name__}, but it has both generate_vmap_rule=True "
                "and an overriden vmap staticmethod. Please set generate_vmap_rule=False or delete "
                "the overriden vmap staticmethod to avoid ambiguity."
            )
        return lambda: _by_own_rule(cls, place, args)
    if not (space.tensors and _watched(args)):
        return None
    return lambda: _by_parts(cls, place, args)


def _watched(args: tuple[Any, ...]) -> bool:
    held = [a._array.value for a in args if isinstance(a, Variable)]
    recording = modes.is_grad_enabled() and any(t._edge is not None for t in held)
    return recording or tangents.any_tangents(held) or any(t._place.level for t in held)


def _held(place: Any, args: tuple[Any, ...]) -> tuple[list[Any], tuple[int | None, ...]]:
    """Return tensors of the base, the batch in front, and where that is."""
    dims = tuple(0 if isinstance(a, Variable) and a._array.batched else None for a in args)
    pairs = zip(args, dims, strict=True)
    return [place.unbatch(a, d) if isinstance(a, Variable) else a for a, d in pairs], dims


def _of_all_alike(cls: Any, place: Any, args: tuple[Any, ...]) -> Any:
    found = cls.apply(*_held(place, args)[0])
    several = isinstance(found, tuple)
    outs = tuple(_batched(place, t, None) for t in (found if several else (found,)))
    return outs if several else outs[0]


def _by_own_rule(cls: Any, place: Any, args: tuple[Any, ...]) -> Any:
    space = place.space
    held, dims = _held(place, args)
    found = cls.vmap(VmapInfo(space.size, space.randomness), dims, *held)
    if not isinstance(found, tuple) or len(found) != 2:
        raise RuntimeError(
            f"expected {cls.__name__}.vmap to return the results and their out_dims, as a tuple of "
            "two"
        )
    outs, out_dims = found
    several = isinstance(outs, tuple)
    flat = outs if several else (outs,)
    where = out_dims if isinstance(out_dims, tuple) else (out_dims,) * len(flat)
    if len(where) != len(flat):
        raise RuntimeError(
            f"{cls.__name__}.vmap returned {len(flat)} results but out_dims for {len(where)}"
        )
    batched = tuple(_batched(place, t, d) for t, d in zip(flat, where, strict=True))
    return batched if several else batched[0]


def _batched(place: Any, value: Any, dim: int | None) -> Any:
    if not isinstance(value, Variable):
        return value
    return place.lift(value) if dim is None else place.batch(value, dim % value._array.ndim)


def _by_parts(cls: Any, place: Any, args: tuple[Any, ...]) -> Any:
    held, dims = _held(place, args)
    call = _Call(place, dims)
    found = _of_batches(cls).apply(call, *held)
    flat = found if isinstance(found, tuple) else (found,)
    batched = tuple(_batched(place, t, d) for t, d in zip(flat, call.out_dims, strict=True))
    return batched if call.several else batched[0]


def _innermost(ctx: Any, given: Any) -> Any:
    """Return the place that is above those of all tensors of a rule: of its batch's base."""
    places = [t._place for t in (*given, *ctx.saved_tensors) if isinstance(t, Variable)]
    return max([ctx._place, *places], key=lambda p: p.level)


class _Call:
    """What one call of a function of batches keeps between forward and backward."""

    def __init__(self, place: Any, dims: Any) -> None:
        self.space = place.space
        self.dims = dims
        self.out_dims: list[Any] = []
        self.saved_dims: list[Any] = []
        self.several = False
        self.inner: Any = None

    def opened(self, base: Any) -> Any:
        """Return a new place for the batch, above a place."""
        return self.space.place.above(base)

    def again(self, ctx: Any, place: Any) -> Any:
        """Return the function's own context, with what it saved in another place."""
        inner = type(self.inner)()
        inner.__dict__.update(self.inner.__dict__)
        inner._place, inner._reference = place, None
        pairs = zip(ctx.saved_tensors, self.saved_dims, strict=True)
        inner._to_save = tuple(_batched(place, t, d) for t, d in pairs)
        inner._saved = ()
        return inner

    def returned(self, place: Any, found: Any, dims: Any, sums: bool) -> tuple[Any, ...]:
        """Return tensors of the base: summed over the examples where all shared one."""
        flat = found if isinstance(found, tuple) else (found,)
        out: list[Any] = []
        for t, dim in zip(flat, dims, strict=False):
            if not isinstance(t, Variable):
                out.append(t)
                continue
            t = place.lift(t)
            if dim is None and not sums and not t._array.batched:
                out.append(place.unbatch(t, None))
            else:
                whole = place.unbatch(t, 0)
                out.append(whole.sum(0) if dim is None and sums else whole)
        return (*out, *flat[len(dims) :])


@cache
def _of_batches(cls: Any) -> Any:
    """Return the function that does for a whole batch what `cls` does for an example."""
    from .function import Function, once_differentiable

    apart = cls.setup_context is not Function.setup_context

    def forward(ctx: Any, call: _Call, *held: Any) -> Any:
        place = call.opened(ctx._place)
        with place.running():
            given = tuple(_batched(place, t, d) for t, d in zip(held, call.dims, strict=True))
            inner = cls._context_class()
            inner._place = place
            inner.needs_input_grad = ctx.needs_input_grad[1:]
            found = cls.forward(*given) if apart else cls.forward(inner, *given)
            if apart:
                cls.setup_context(inner, given, found)
            call.several = isinstance(found, tuple)
            flat = found if call.several else (found,)
            tensors = tuple(place.lift(t) if isinstance(t, Variable) else t for t in flat)
            outs, out_dims = _held(place, tensors)
            call.out_dims = list(out_dims)
            known = {id(b): h for b, h in (*zip(given, held), *zip(flat, outs))}  # noqa: B905
            kept = tuple(None if t is None else place.lift(t) for t in inner._to_save)
            whole, saved_dims = _held(place, kept)
            call.saved_dims = list(saved_dims)
            saved = [known.get(id(t), s) for t, s in zip(inner._to_save, whole, strict=True)]
            constant = tuple(known[id(t)] for t in inner._constant if id(t) in known)
        inner._to_save = inner._constant = inner._dirty = ()
        call.inner, ctx.call = inner, call
        ctx.save_for_backward(*saved)
        ctx.mark_non_differentiable(*constant)
        ctx.set_materialize_grads(inner.materialize_grads)
        return tuple(outs)

    def backward(ctx: Any, *grads: Any) -> Any:
        call = ctx.call
        place = call.opened(_innermost(ctx, grads))
        with place.running():
            inner = call.again(ctx, place)
            pairs = zip(grads, call.out_dims, strict=True)
            given = [None if g is None else _batched(place, g, d) for g, d in pairs]
            found = cls._rule()(inner, *given)
            return (None, *call.returned(place, found, call.dims, sums=True))

    def jvp(ctx: Any, _: Any, *dots: Any) -> Any:
        call = ctx.call
        place = call.opened(_innermost(ctx, dots))
        with place.running():
            inner = call.again(ctx, place)
            pairs = zip(dots, call.dims, strict=True)
            given = [None if t is None else _batched(place, t, d) for t, d in pairs]
            found = cls.jvp(inner, *given)
            return call.returned(place, found, call.out_dims, sums=False)

    own = cls.vjp if cls.backward is Function.backward else cls.backward
    once = getattr(own, "once_differentiable", False)
    parts = {
        "forward": forward,
        "backward": once_differentiable(backward) if once else backward,
        "jvp": jvp,
    }
    fields: dict[str, Any] = {k: staticmethod(v) for k, v in parts.items()}
    return type(cls.__name__, (Function,), {**fields, "__qualname__": cls.__qualname__})
