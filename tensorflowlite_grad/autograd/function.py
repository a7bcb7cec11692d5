"""`Function`: an operation of a user's own, with the derivative that they give it.

The context that forward and backward get is the node of the graph itself.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

from . import carrier, function_batches, function_results, modes, observers, tangents
from .function_results import Outputs
from .graph import Gradients, Node, Variable, cell_of, next_seq
from .nesting import user_code

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx(Node):
    """What `Function.forward` and `Function.backward` share; also the node in the graph.

    Attributes may be set on it freely.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        For each argument of ``apply``, whether it requires grad.
    saved_tensors : tuple
        What `save_for_backward` was given.
    """

    function: ClassVar[Any] = None

    needs_input_grad: tuple[bool, ...]
    clear_saved_tensors_on_access: ClassVar[bool] = False

    def __init__(self, place: Any) -> None:
        self.place = place
        self.seq = next_seq()
        self.hooks = None
        self.edges = ()
        self.saved = ()
        self.materialize_grads = True
        self._to_save: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._constant: tuple[Any, ...] = ()
        self._outputs = Outputs((), ())
        self._inputs: tuple[Any, ...] = ()
        self._read = False
        #: the level whose tangents `Function.jvp` is computing, and must not see
        self._level: tangents.Level | None = None

    # -- for the user ---------------------------------------------------------------------

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors, or None, for `Function.backward`, where they are `saved_tensors`.

        Raises
        ------
        TypeError
            For anything else: that may be kept as an attribute.
        """
        for number, t in enumerate(tensors):
            if t is not None and not isinstance(t, Variable):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {number} is of type "
                    f"{type(t).__name__}: keep it as an attribute of ctx"
                )
        self._to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for `Function.jvp`, where they are `saved_tensors` too."""
        if not self._to_save:
            self.save_for_backward(*tensors)

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which arguments forward has changed in place; it has to return them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which results have no derivative."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether absent gradients and tangents come as zeros (as they do) or as None."""
        self.materialize_grads = bool(value)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` was given.

        Raises
        ------
        RuntimeError
            If it was freed, or changed in place since it was saved.
        """
        if self._read:
            raise RuntimeError(
                "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True "
                "is set on the autograd.Function. Either access saved_tensors only once, or set "
                "clear_saved_tensors_on_access=False."
            )
        found = function_results.unpacked(self)
        if self.function is not None and self.function.clear_saved_tensors_on_access:
            self._read = True
            self.saved = ()
        return found

    # -- for the engine -------------------------------------------------------------------

    def name(self) -> str:
        """Return the function's name, and "Backward"."""
        return type(self).__name__

    def apply(self, g: Any, keep: bool) -> Any:
        """Run backward on tensors made of raw arrays."""
        place = self.place
        given = [None if p is None else place.wrap(p, place) for p in self._parts(g)]
        found = self._gradients(given, keep)
        return self._handed([None if t is None else t._array for t in found])

    def apply_tensors(self, g: Any, keep: bool) -> Any:
        """Run backward on tensors, so that it is recorded."""
        return self._handed(self._gradients(list(self._parts(g)), keep))

    def _parts(self, g: Any) -> list[Any]:
        return g.parts if isinstance(g, Gradients) else [g]

    def _handed(self, gradients: list[Any]) -> Any:
        return tuple(gradients) if len(gradients) > 1 else gradients[0]

    def _gradients(self, given: list[Any], keep: bool) -> list[Any]:
        """Run the user's backward on tensors; return a gradient for each edge."""
        self._read = False
        rule = self._rule()
        if self.materialize_grads:
            given = self._outputs.filled(given, self.place)
        found = user_code(rule, self, *given)
        gradients = function_results.gradients(self, found, self._inputs)
        if not keep:
            self.saved = None
        return gradients

    def _rule(self) -> Callable[..., Any]:
        function = self.function
        backward, vjp = function.backward, function.vjp
        if backward is Function.backward and vjp is Function.vjp:
            raise NotImplementedError(
                "You must implement either the backward or vjp method for your custom "
                f"autograd.Function to use it with backward mode AD: {function.__name__} has none"
            )
        if backward is not Function.backward and vjp is not Function.vjp:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                f"should only implement one of them, in {function.__name__}."
            )
        chosen: Callable[..., Any] = vjp if backward is Function.backward else backward
        return chosen


class _FunctionType(type):
    """Gives every `Function` a class of nodes of its own, named after it."""

    def __init__(cls, name: str, bases: tuple[type, ...], fields: dict[str, Any]) -> None:
        super().__init__(name, bases, fields)
        own = {"__module__": cls.__module__, "function": cls}
        cls.name = name
        cls._node: type[FunctionCtx] = type(f"{name}Backward", (FunctionCtx,), own)


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
        if any(t._place.level for t in variables):
            args = function_batches.lifted(args)
            variables = [a for a in args if isinstance(a, Variable)]
            whole = function_batches.rule(cls, cls.vmap is not Function.vmap, args)
        place = variables[0]._place if variables else None
        ctx = cls._node(place)
        ctx.needs_input_grad = tuple(isinstance(a, Variable) and a._edge is not None for a in args)
        recording = modes.is_grad_enabled() and any(ctx.needs_input_grad)
        # What forward is given has no tangents: `jvp` is what gives the results theirs.
        carrying = tangents.any_tangents(variables)
        given = tuple(_bare(a) for a in args) if carrying else args
        output = None if whole is None else whole()
        with modes.no_grad():
            if whole is not None:
                if recording or carrying:
                    cls._set_up(ctx, given, output, apart)
            elif apart:
                output = cls.forward(*given)
                cls.setup_context(ctx, given, output)
            else:
                output = cls.forward(ctx, *given)
        if carrying:
            pairs = list(zip(given, args, strict=True))
            ctx._to_save = tuple(next((a for b, a in pairs if b is t), t) for t in ctx._to_save)
        result = function_results.recorded(ctx, given, output, recording)
        if carrying:
            _carry(cls, ctx, args, result)
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


def _bare(value: Any) -> Any:
    return tangents.shared(value) if isinstance(value, Variable) else value


def _bound(cls: Any, args: Any, kwargs: Any, apart: bool) -> tuple[Any, ...]:
    """Return the arguments in order, defaults filled in."""
    signature = inspect.signature(cls.forward)
    bound = signature.bind(*args, **kwargs) if apart else signature.bind(None, *args, **kwargs)
    bound.apply_defaults()
    return bound.args if apart else bound.args[1:]


def _carry(cls: Any, ctx: Any, args: tuple[Any, ...], result: Any) -> None:
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
            if isinstance(out, Variable) and dot is not None:
                if tuple(dot.shape) != tuple(out.shape):  # type: ignore[attr-defined]
                    raise RuntimeError(
                        f"{cls.__name__}.jvp returned a tangent of shape {list(dot.shape)} for a "
                        f"result of shape {list(out.shape)}"  # type: ignore[attr-defined]
                    )
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
        with modes.no_grad():
            found = backward(ctx, *grads)
        wanted = modes.is_grad_enabled() and any(
            isinstance(t, Variable) and t._edge is not None
            for t in (*grads, *(ctx.saved_tensors if ctx.saved else ()))
        )
        if not wanted:
            return found
        title = f"{ctx.function.__qualname__}.backward"
        several = isinstance(found, tuple)
        out = tuple(barred(t, title, ctx.edges) for t in (found if several else (found,)))
        return out if several else out[0]

    return run


class _Barred(Node):
    """Stands in the graph where it must not be differentiated: it says whose fault that is."""

    __slots__ = ("title",)
    title: str

    def apply(self, g: Any, keep: bool) -> Any:
        """Raise."""
        raise RuntimeError(
            f"trying to differentiate twice a function that was marked with @once_differentiable: "
            f"{self.title}; write its backward with differentiable operations, or differentiate "
            "once only"
        )

    apply_tensors = apply


def barred(t: Any, title: str, edges: tuple[Any, ...]) -> Any:
    """Return a tensor that depends on `edges`, but raises where it is differentiated."""
    if not isinstance(t, Variable) or not t.dtype.is_differentiable:  # type: ignore[attr-defined]
        return t
    out = tangents.shared(t)
    node = object.__new__(_Barred)
    node.title = title
    node.edges, node.saved, node.seq = edges, (), next_seq()
    node.place, node.hooks = t._place, None
    out._edge = node
    cell_of(out)
    return out
