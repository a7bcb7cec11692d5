"""`Function`: an operation of a user's own, with the derivative that they give it."""

from __future__ import annotations

import functools
import inspect
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

from . import carrier, function_batches, function_results, inplace, modes, observers, tangents
from .barred import barred
from .function_context import FunctionCtx, FunctionNode, node_of
from .graph import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class _FunctionType(type):
    """Gives every `Function` classes of contexts and of nodes of its own, named after it."""

    _context_class: type[FunctionCtx]
    _node_class: type[FunctionNode]

    def __init__(cls, name: str, bases: tuple[type, ...], fields: dict[str, Any]) -> None:
        super().__init__(name, bases, fields)
        own = {"__module__": cls.__module__, "__slots__": ()}
        cls._context_class = type(f"{name}Backward", (FunctionCtx,), {**own, "_function": cls})
        cls._node_class = type(f"{name}Backward", (FunctionNode,), own)

    def _rule(cls) -> Callable[..., Any]:
        """Return its backward, which may be called ``vjp``."""
        function: Any = cls
        backward, vjp = function.backward, function.vjp
        if backward is Function.backward and vjp is Function.vjp:
            raise NotImplementedError(
                "You must implement either the backward or vjp method for your custom "
                f"autograd.Function to use it with backward mode AD: {cls.__name__} has none"
            )
        if backward is not Function.backward and vjp is not Function.vjp:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                f"should only implement one of them, in {cls.__name__}."
            )
        chosen: Callable[..., Any] = vjp if backward is Function.backward else backward
        return chosen


class Function(metaclass=_FunctionType):
    """An operation with a derivative of your own.

    Subclass it with static methods: ``forward(ctx, *args)`` and ``backward(ctx, *grads)``,
    and run it with ``apply(*args)``. Instead of taking `ctx`, forward may leave it to
    ``setup_context(ctx, inputs, output)``. ``jvp(ctx, *tangents)`` is for forward mode.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> class Cube(tg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x**2 * g
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> y = Cube.apply(x)
    >>> y
    tensor(8., grad_fn=<CubeBackward>)
    >>> y.backward()
    >>> x.grad
    tensor(12.)
    """

    #: Whether `saved_tensors` can be read but once, and is freed by that.
    clear_saved_tensors_on_access: ClassVar[bool] = False
    #: Accepted for PyTorch's sake: what has no `vmap` gets a rule for batches in any case.
    generate_vmap_rule: ClassVar[bool] = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself: by apply().",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raise: `apply` is what runs it."""
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            f"new-style autograd function with static forward method: {type(self).__name__}.apply()"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the results; the first argument is `ctx`, unless `setup_context` is given."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what backward needs, for a forward that does not take `ctx`."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return a gradient, or None, for each argument of forward."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    @staticmethod
    def vjp(ctx: Any, *grad_outputs: Any) -> Any:
        """Another name of `backward`."""
        raise NotImplementedError("vjp is not implemented.")

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Return the tangent of each result, from those of the arguments."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with "
            "forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> Any:
        """Do for a batch what forward does for an example; see `func.vmap`.

        Needed only if forward cannot run on a batch, or to do it faster.

        Parameters
        ----------
        info : VmapInfo
            With ``batch_size`` and ``randomness``.
        in_dims : tuple
            For each argument where the batch's axis is; None if examples share it.
        *args
            The arguments, with these axes.

        Returns
        -------
        tuple
            The results, and where each has the batch's axis.
        """
        raise NotImplementedError("vmap is not implemented.")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run the operation, and record it where an argument requires grad."""
        apart = cls.setup_context is not Function.setup_context
        if kwargs or apart:
            args = _bound(cls, args, kwargs, apart)
        if observers.current():
            return observers.observed(cls, lambda: cls._run(args, apart), args)
        return cls._run(args, apart)

    @classmethod
    def _run(cls, args: tuple[Any, ...], apart: bool) -> Any:
        variables = [a for a in args if isinstance(a, Variable)]
        whole = None
        for t in variables:
            if t._place.level:
                args = function_batches.lifted(args)
                variables = [a for a in args if isinstance(a, Variable)]
                whole = function_batches.rule(cls, cls.vmap is not Function.vmap, args)
                break
        ctx: Any = cls._context_class()
        ctx._place = variables[0]._place if variables else None
        ctx.needs_input_grad = needs = tuple(
            [isinstance(a, Variable) and a._edge is not None for a in args]
        )
        before = modes.get_mode()
        recording = before and True in needs
        if recording:
            function_results.begin(ctx, args)
        node = node_of(ctx) if recording else None
        # What forward is given has no tangents: `jvp` is what gives the results theirs.
        carrying = False
        for t in variables:
            if t._extra is not None and t._extra.tangents:
                carrying = True
        given = tuple(_bare(a) for a in args) if carrying else args
        output = None if whole is None else whole()
        try:
            modes.set_mode(False)
            if whole is not None:
                if recording or carrying:
                    cls._set_up(ctx, given, output, apart)
            elif apart:
                output = cls.forward(*given)
                cls.setup_context(ctx, given, output)
            else:
                output = cls.forward(ctx, *given)
        finally:
            modes.set_mode(before)
        if not carrying:
            return function_results.recorded(ctx, node, args, output)
        ctx._to_save = _standing(ctx._to_save, given, args)
        # What forward has changed are the arguments themselves, tangents and all.
        changed = [b for b in given if any(b is t for t in ctx._dirty)]
        duals = [a for a, b in zip(args, given, strict=True) if any(b is c for c in changed)]
        ctx._dirty = _standing(ctx._dirty, changed, duals)
        given = _standing(given, changed, duals)
        outs = _standing(_results(output), changed, duals)
        result = function_results.recorded(
            ctx, node, given, outs if isinstance(output, tuple) else outs[0]
        )
        _carry(cls, ctx, args, result, duals)
        return result

    @classmethod
    def _set_up(cls, ctx: Any, given: tuple[Any, ...], output: Any, apart: bool) -> None:
        """Have the context filled in, where a rule for batches has computed the results."""
        if apart:
            cls.setup_context(ctx, given, output)
            return
        again = cls.forward(ctx, *given)
        pairs = list(zip(_results(again), _results(output), strict=True))
        for name in ("_to_save", "_constant"):
            kept = getattr(ctx, name)
            setattr(ctx, name, tuple(next((o for a, o in pairs if a is t), t) for t in kept))


def _results(output: Any) -> tuple[Any, ...]:
    return output if isinstance(output, tuple) else (output,)


def _standing(values: tuple[Any, ...], old: Any, new: Any) -> tuple[Any, ...]:
    """Return values, with those that are one of `old` replaced by that of `new` in its place."""
    pairs = list(zip(old, new, strict=True))
    return tuple(next((b for a, b in pairs if a is v), v) for v in values)


def _bare(value: Any) -> Any:
    return tangents.shared(value) if isinstance(value, Variable) else value


def _bound(cls: Any, args: Any, kwargs: Any, apart: bool) -> tuple[Any, ...]:
    """Return the arguments in order, defaults filled in."""
    signature = inspect.signature(cls.forward)
    bound = signature.bind(*args, **kwargs) if apart else signature.bind(None, *args, **kwargs)
    bound.apply_defaults()
    return bound.args if apart else bound.args[1:]


def _carry(cls: Any, ctx: Any, args: tuple[Any, ...], result: Any, dirty: list[Any]) -> None:
    """Give the results the tangents that the user's `jvp` returns."""
    outs = result if isinstance(result, tuple) else (result,)
    xp = carrier.tensors()
    for level in tangents.levels_of([a for a in args if isinstance(a, Variable)]):
        given: list[Any] = []
        for a in args:
            dot = tangents.tangent(a, level) if isinstance(a, Variable) else None
            if dot is None and isinstance(a, Variable) and ctx.materialize_grads:
                dot = xp.zeros_like(a.detach())  # type: ignore[attr-defined]
            given.append(dot)
        ctx._level = level
        try:
            found = cls.jvp(ctx, *given)
        finally:
            ctx._level = None
        found = found if isinstance(found, tuple) else (found,)
        if len(found) != len(outs):
            raise RuntimeError(
                f"{cls.__name__}.jvp returned {len(found)} tangents for {len(outs)} results"
            )
        for out, dot in zip(outs, found, strict=True):
            if isinstance(out, Variable) and dot is None and any(out is t for t in dirty):
                inplace.set_tangent(out, level, None)
            elif isinstance(out, Variable) and dot is not None:
                if tuple(dot.shape) != tuple(out.shape):  # type: ignore[attr-defined]
                    raise RuntimeError(
                        f"{cls.__name__}.jvp returned a tangent of shape {list(dot.shape)} for a "
                        f"result of shape {list(out.shape)}"  # type: ignore[attr-defined]
                    )
                if any(out is t for t in dirty):
                    inplace.set_tangent(out, level, dot)
                else:
                    tangents.set_tangent(out, level, dot)
                if out._edge is not None:
                    tangents.remember(out._edge, level, dot)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Say that a `Function.backward` must not be differentiated again.

    It runs without recording; to differentiate what it returns is an error that names it.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> class Double(tg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...
    ...     @staticmethod
    ...     @tg.autograd.function.once_differentiable
    ...     def backward(ctx, g):
    ...         return g * 2
    >>> x = tg.tensor(1.0, requires_grad=True)
    >>> tg.autograd.grad(Double.apply(x), x)
    (tensor(2.),)
    """

    @functools.wraps(backward)
    def run(ctx: Any, *grads: Any) -> Any:
        before = modes.get_mode()
        try:
            modes.set_mode(False)
            found = backward(ctx, *grads)
        finally:
            modes.set_mode(before)
        if not modes.is_grad_enabled():
            return found
        message = (
            "trying to differentiate twice a function that was marked with @once_differentiable: "
            f"{ctx._function.__qualname__}.backward; write its backward with differentiable "
            "operations, or differentiate once only"
        )
        edges = (*ctx._edges, *(g._edge for g in grads if isinstance(g, Variable) and g._edge))
        several = isinstance(found, tuple)
        out = tuple(barred(t, message, edges) for t in (found if several else (found,)))
        return out if several else out[0]

    run.once_differentiable = True  # type: ignore[attr-defined]
    return run
