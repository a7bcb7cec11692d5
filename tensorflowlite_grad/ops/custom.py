"""`operation`: users' own operations, from functions on the arrays of their backend."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, overload

from ..autograd import barred, modes, tangents
from ..autograd.graph import Variable
from .broadcasting import sum_to
from .promotion import common_place
from .several import SeveralResults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["CustomOperation", "operation"]

Rule = Any


@overload
def operation(
    forward: Callable[..., Any],
    *,
    vjp: Callable[..., Any] | Mapping[str, Callable[..., Any] | None] | None = ...,
    jvp: Callable[..., Any] | None = ...,
    elementwise: bool = ...,
    results: int = ...,
    name: str | None = ...,
) -> CustomOperation: ...


@overload
def operation(
    forward: None = ...,
    *,
    vjp: Callable[..., Any] | Mapping[str, Callable[..., Any] | None] | None = ...,
    jvp: Callable[..., Any] | None = ...,
    elementwise: bool = ...,
    results: int = ...,
    name: str | None = ...,
) -> Callable[[Callable[..., Any]], CustomOperation]: ...


def operation(
    forward: Callable[..., Any] | None = None,
    *,
    vjp: Callable[..., Any] | Mapping[str, Callable[..., Any] | None] | None = None,
    jvp: Callable[..., Any] | None = None,
    elementwise: bool = False,
    results: int = 1,
    name: str | None = None,
) -> Any:
    """Make a function of tensors from one of arrays, and from its derivative.

    `forward` and the rules get the backend's own arrays: NumPy's, CuPy's. They must return
    new arrays, and not change those they get. A function whose first parameter is ``xp`` gets
    the Array API namespace of its arrays there. If it is written with that alone, it runs on
    tensors and on batches as well: such a rule can itself be differentiated, and `vmap` runs
    it on all examples at once. One without ``xp`` can be differentiated once, and `vmap` calls
    it for each example in turn, or once for all if the operation is `elementwise`.

    Parameters
    ----------
    forward : callable
        Its parameters without a default are the operands, the others options. Left out,
        what is returned is a decorator.
    vjp : callable or mapping, optional
        The gradients. For each operand, a function of any of: ``g``, the gradient of the
        result; ``out``, the result; operands, ``<operand>_shape`` and options, by name. Only
        what some rule names is kept. None says that the gradient is zero. One function in the
        place of the mapping returns the gradients of all operands, in order.
    jvp : callable, optional
        The tangent of the result, for forward mode. It takes the same names, and
        ``<operand>_dot`` for the tangents of operands. An elementwise operation does without.
    elementwise : bool
        Operands broadcast, and each element of the result depends on one of each operand.
        Gradients are summed back to their operands' shapes.
    results : int
        How many arrays `forward` returns; if several, as a tuple, and ``g`` and ``out`` are
        tuples as well.
    name : str, optional
        By default that of `forward`.

    Returns
    -------
    callable
        Takes tensors in the place of the operands, then options.

    Raises
    ------
    TypeError
        If a rule takes a name that there is not.

    Examples
    --------
    >>> import numpy as np
    >>> import tensorflowlite_grad as tg
    >>> @tg.autograd.operation(vjp={"x": lambda g, x: g * np.cos(x)}, elementwise=True)
    ... def my_sin(x):
    ...     return np.sin(x)
    >>> x = tg.tensor([0.0, 1.0], requires_grad=True)
    >>> y = my_sin(x)
    >>> y
    tensor([0.0000, 0.8415], grad_fn=<MySinBackward>)
    >>> y.sum().backward()
    >>> x.grad
    tensor([1.0000, 0.5403])
    """
    if forward is None:

        def decorate(forward: Callable[..., Any]) -> CustomOperation:
            return CustomOperation(forward, vjp, jvp, elementwise, results, name)

        return decorate
    return CustomOperation(forward, vjp, jvp, elementwise, results, name)


class CustomOperation(SeveralResults):
    """What `operation` returns."""

    def __init__(
        self, forward: Any, vjp: Any, jvp: Any, elementwise: bool, results: int, name: str | None
    ) -> None:
        self.signature, operands, options, self.takes_xp = _parameters_of(forward)
        if not operands:
            raise TypeError("an operation needs an operand: a parameter without a default")
        if results < 1:
            raise ValueError(f"an operation has one result or more, not {results}")
        self.function = forward
        self.pushing = jvp
        self.broadcasts = elementwise
        self.results = ("out",) if results == 1 else tuple(f"out{k}" for k in range(results))
        self.constant = frozenset()
        self.joint = None
        title = name or str(getattr(forward, "__name__", "custom"))
        title = "custom" if title == "<lambda>" else title
        rules: dict[str, Any] = {}
        self.name, self.operands, self.option_names = title, operands, options
        if callable(vjp):
            self.joint = self._joint(vjp)
            rules = dict.fromkeys(operands, self.joint)
        else:
            unknown = [p for p in vjp or () if p not in operands]
            if unknown:
                raise TypeError(
                    f"operation {title!r} has rules for {unknown}, but takes {operands}"
                )
            for p in operands:
                rule = (vjp or {}).get(p, self._missing(p))
                if rule is not None:
                    rules[p] = self._single(p, rule)
        if jvp is not None:
            self._names(jvp, "jvp", dots=True)
        super().__init__(
            title,
            self._forward,
            operands,
            options,
            rules,
            node_name="".join(w[:1].upper() + w[1:] for w in title.split("_")) + "Backward",
            jvp=jvp,
            kind="general",
        )
        self.__name__ = self.__qualname__ = title
        self.__doc__ = getattr(forward, "__doc__", None)

    def _register(self) -> None:
        """Stay out of the registry: the same name may be declared again, as in a notebook."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the operation on tensors, then options."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        tensors = [given[p] for p in self.operands]
        for p, t in zip(self.operands, tensors, strict=True):
            if not isinstance(t, Variable):
                raise TypeError(
                    f"{self.name}(): argument {p!r} must be Tensor, not {type(t).__name__}; make "
                    "one with tensor()"
                )
        place = common_place(self.name, tensors)
        if place.level:
            tensors = [place.lift(t) for t in tensors]
        outs = self.record_results(*tensors, *(given[o] for o in self.option_names))
        return outs[0] if len(self.results) == 1 else outs

    # -- what declarations are made of ----------------------------------------------------

    def _forward(self, xp: Any, *arguments: Any) -> tuple[Any, ...]:
        batch = next((a for a in arguments if hasattr(a, "batched")), None)
        if batch is not None and not (self.takes_xp and not _watched(arguments)):
            return self._forward_of_batch(batch.space, arguments)
        given = dict(zip([*self.operands, *self.option_names], arguments, strict=False))
        found = self.function(xp, **given) if self.takes_xp else self.function(**given)
        outs = found if isinstance(found, tuple) else (found,)
        if len(outs) != len(self.results):
            raise TypeError(
                f"{self.name}(): forward returned {len(outs)} results where {len(self.results)} "
                "were declared: see `results`"
            )
        for out in outs:
            if not hasattr(out, "shape") or not hasattr(out, "dtype"):
                raise TypeError(
                    f"{self.name}(): forward must return an array of the backend, not "
                    f"{type(out).__name__}"
                )
            if any(out is a for a in arguments):
                raise ValueError(f"{self.name}(): forward must return a new array, not its operand")
        return outs

    def _forward_of_batch(self, space: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """Run forward where it takes no batch, or where what a batch holds is differentiated."""

        def run(*given: Any) -> tuple[Any, ...]:
            return self.record_results(*given) if space.tensors else self._forward(xp, *given)

        xp, examples = space.base.xp, space.examples
        if not examples.any_batched(arguments):
            found: tuple[Any, ...] = examples.shared(space, run(*_example(arguments, 0, space)))
            return found
        if self.broadcasts:
            count = len(self.operands)
            values, _ = space.aligned(arguments[:count])
            return tuple(space.holding(v, True) for v in run(*values, *arguments[count:]))
        outs = [run(*_example(arguments, k, space)) for k in range(space.size)]
        found = examples.stacked(space, outs)
        return found

    def _names(self, rule: Rule, title: str, dots: bool = False) -> list[str]:
        """Return what a rule takes, as the values are called here."""
        names = list(inspect.signature(rule).parameters)
        known = {"xp", "out", *self.operands, *self.option_names}
        known |= {f"{p}_shape" for p in self.operands}
        known |= {f"{p}_dot" for p in self.operands} if dots else {"g"}
        if not set(names) <= known or "xp" in names[1:]:
            raise TypeError(
                f"the rule {title} of operation {self.name!r} takes {names}; it may take xp first, "
                f"then any of {sorted(known - {'xp'})}"
            )
        return names

    def _single(self, operand: str, rule: Rule) -> Rule:
        names = self._names(rule, f"vjp[{operand!r}]")

        def run(*values: Any) -> Any:
            given = self._given(rule_names, values)
            xp = given.pop("_xp")
            shape = given.pop("_shape")
            dtype = given["g"][0].dtype if isinstance(given["g"], tuple) else given["g"].dtype
            conjugate = self.broadcasts and xp.isdtype(dtype, "complex floating")
            if conjugate:
                given["g"] = xp.conj(given["g"])
            out = self._run(rule, names, xp, given, f"vjp of {operand!r}")
            return self._fitting(xp, xp.conj(out) if conjugate else out, shape, operand)

        rule_names = self._saved_names(names, operand)
        run.names = rule_names  # type: ignore[attr-defined]
        return run

    def _joint(self, rule: Rule) -> Rule:
        names = self._names(rule, "vjp")

        def run(*values: Any) -> Any:
            given = self._given(rule_names, values)
            xp, wanted, shapes = given.pop("_xp"), given.pop("_wanted"), given.pop("_shapes")
            found = self._run(rule, names, xp, given, "vjp")
            found = found if isinstance(found, tuple) else (found,)
            if len(found) != len(self.operands):
                raise RuntimeError(
                    f"vjp of operation {self.name!r} returned an incorrect number of gradients "
                    f"(expected {len(self.operands)}, got {len(found)})"
                )
            pairs = zip(self.operands, found, strict=True)
            return {p: self._fitting(xp, g, shapes[p], p) for p, g in pairs if p in wanted}

        rule_names = self._saved_names(names, None)
        run.names = rule_names  # type: ignore[attr-defined]
        return run

    def _missing(self, operand: str) -> Rule:
        def missing(g: Any) -> Any:
            raise NotImplementedError(
                f"the derivative for '{self.name}: {operand}' is not implemented. Give operation() "
                "a vjp for it, or None where it is zero"
            )

        return missing

    def _saved_names(self, names: list[str], operand: str | None) -> list[str]:
        """Return the names, as `several` knows them, of what a rule takes or its checks need."""
        wanted = ["xp", *(f"g_{r}" for r in self.results)]
        wanted += ["wanted"] if operand is None else []
        wanted += [f"{p}_shape" for p in ([operand] if operand else self.operands)]
        for n in names:
            wanted += list(self.results) if n == "out" else [] if n in ("g", "xp") else [n]
        # Zeros in the place of an absent gradient take their shape from the result.
        wanted += [r for r in self.results if len(self.results) > 1]
        return list(dict.fromkeys(wanted))

    def _parameters(self, operand: str, rule: Any) -> list[str]:
        names: list[str] = rule.names
        return names

    def _given(self, names: list[str], values: tuple[Any, ...]) -> dict[str, Any]:
        """Return the values that rules may take, under the names that they have there."""
        raw = dict(zip(names, values, strict=True))
        xp = raw["xp"]
        shapes = {p: raw[f"{p}_shape"] for p in self.operands if f"{p}_shape" in raw}
        given = {n: v for n, v in raw.items() if n in {*self.operands, *self.option_names}}
        given |= {f"{p}_shape": tuple(s) for p, s in shapes.items()}
        gs = [raw[f"g_{r}"] for r in self.results]
        if len(self.results) == 1:
            given["g"] = gs[0]
            if "out" in raw:
                given["out"] = raw["out"]
        else:
            outs = tuple(raw[r] for r in self.results)
            pairs = zip(gs, outs, strict=True)
            given["g"] = tuple(xp.zeros_like(out) if g is None else g for g, out in pairs)
            given["out"] = outs
        given["_xp"] = xp
        if "wanted" in raw:
            given["_wanted"], given["_shapes"] = raw["wanted"], shapes
        else:
            (given["_shape"],) = shapes.values() if len(shapes) == 1 else (raw[names[-1]],)
        return given

    def _fitting(self, xp: Any, g: Any, shape: Any, operand: str) -> Any:
        """Return a gradient in its operand's shape."""
        if g is None:
            return None
        shape = tuple(shape)
        if self.broadcasts and tuple(g.shape) != shape:
            g = sum_to(xp, g, shape)
        if tuple(g.shape) != shape:
            raise RuntimeError(
                f"vjp of operation {self.name!r} returned an invalid gradient for {operand!r} - "
                f"got {list(g.shape)} but expected shape {list(shape)}"
            )
        return g

    def pushforward(
        self, xp: Any, operands: Any, dots: Any, options: Any, out: Any
    ) -> tuple[Any, ...]:
        """Return the tangent of each result, as a tuple."""
        outs = out if isinstance(out, tuple) else (out,)
        given = dict(zip(self.operands, operands, strict=True))
        given |= dict(zip(self.option_names, options, strict=False))
        given |= {
            f"{p}_shape": tuple(v.shape) for p, v in zip(self.operands, operands, strict=True)
        }
        given["out"] = outs[0] if len(self.results) == 1 else outs
        if self.pushing is None:
            return (self._elementwise_tangent(xp, given, dots, outs[0]),)
        for p, v, dot in zip(self.operands, operands, dots, strict=True):
            given[f"{p}_dot"] = xp.zeros_like(v) if dot is None else dot
        names = self._names(self.pushing, "jvp", dots=True)
        found = self._run(self.pushing, names, xp, given, "jvp")
        found = found if isinstance(found, tuple) else (found,)
        if len(found) != len(outs):
            raise RuntimeError(
                f"jvp of operation {self.name!r} returned {len(found)} tangents for {len(outs)} "
                "results"
            )
        for dot, value in zip(found, outs, strict=True):
            if dot is not None and tuple(dot.shape) != tuple(value.shape):
                raise RuntimeError(
                    f"jvp of operation {self.name!r} returned a tangent of shape "
                    f"{list(dot.shape)} for a result of shape {list(value.shape)}"
                )
        return found

    def _elementwise_tangent(self, xp: Any, given: Any, dots: Any, out: Any) -> Any:
        """Return the sum of the partial derivatives' products with the tangents."""
        if not self.broadcasts or self.joint is not None or len(self.results) > 1:
            raise NotImplementedError(f"forward mode of {self.name!r} is not declared")
        total = None
        for p, dot in zip(self.operands, dots, strict=True):
            rule = self.rules.get(p)
            if dot is None or rule is None:
                continue
            whole = xp.broadcast_to(dot, tuple(out.shape))
            values = {**given, "xp": xp, "g_out": whole, f"{p}_shape": tuple(out.shape)}
            names = rule.names  # type: ignore[attr-defined]
            # A vjp conjugates the partial derivative, which a tangent must not.
            turn = xp.isdtype(out.dtype, "complex floating") if hasattr(out, "dtype") else False
            if turn:
                values["g_out"] = xp.conj(whole)
            part = rule(*(values[n] for n in names))
            part = xp.conj(part) if turn else part
            total = part if total is None else total + part
        return total

    # -- running users' functions ---------------------------------------------------------

    def _run(self, rule: Rule, names: list[str], xp: Any, given: Any, title: str) -> Any:
        taken = {n: given[n] for n in names if n != "xp"}
        if names[:1] == ["xp"]:
            return rule(xp, **taken)
        return self._bare(rule, taken, title)

    def _bare(self, rule: Rule, given: dict[str, Any], title: str) -> Any:
        """Run a function that takes the backend's arrays only, on whatever there is."""
        batch = next((v for v in _parts(given) if hasattr(v, "batched")), None)
        if batch is not None:
            space, examples = batch.space, batch.space.examples
            if not examples.any_batched(given):
                return examples.shared(space, self._bare(rule, examples.example(given, 0), title))
            if self.broadcasts:
                return self._all_at_once(rule, given, title, space)
            outs = []
            for k in range(space.size):
                outs.append(self._bare(rule, examples.example(given, k), title))
            return examples.stacked(space, outs)
        tensors = [v for v in _parts(given) if isinstance(v, Variable)]
        if not tensors:
            return rule(**given)
        return self._on_tensors(rule, given, tensors, title)

    def _all_at_once(self, rule: Rule, given: dict[str, Any], title: str, space: Any) -> Any:
        names = [n for n, v in given.items() if hasattr(v, "batched")]
        values, _ = space.aligned([given[n] for n in names])
        found = self._bare(rule, {**given, **dict(zip(names, values, strict=True))}, title)
        several = isinstance(found, tuple)
        outs = tuple(space.holding(v, True) for v in (found if several else (found,)))
        return outs if several else outs[0]

    def _on_tensors(self, rule: Rule, given: Any, tensors: list[Any], title: str) -> Any:
        """Run on tensors' arrays; the result can be differentiated no further."""
        what = f"{title} of operation {self.name!r}"
        if tangents.levels_of(tensors):
            raise RuntimeError(
                f"forward mode cannot go through the {what}: it takes arrays, not tensors. Give it "
                "xp as its first parameter and write it with that"
            )
        place = common_place(self.name, tensors)
        arrays = {n: _arrays(v, place) for n, v in given.items()}
        with place.entered():
            found = self._bare(rule, arrays, title)
        several = isinstance(found, tuple)
        outs = [
            None if v is None else place.wrap(v, place) for v in (found if several else (found,))
        ]
        edges = tuple(t._edge for t in tensors if t._edge is not None)
        if modes.is_grad_enabled() and edges:
            message = (
                f"Double backward is unsupported for the {what}: it takes arrays, not tensors. "
                "Give it xp as its first parameter and write it with that, or differentiate once "
                "only"
            )
            outs = [barred.barred(t, message, edges) for t in outs]
        return tuple(outs) if several else outs[0]


def _parameters_of(forward: Any) -> tuple[inspect.Signature, list[str], list[str], bool]:
    """Return a forward's signature without xp, its operands and options, whether it takes xp."""
    try:
        signature = inspect.signature(forward)
    except (TypeError, ValueError):
        raise TypeError(
            f"operation() cannot see what {forward!r} takes: wrap it in a function or lambda whose "
            "parameters name the operands"
        ) from None
    parameters = list(signature.parameters.values())
    takes_xp = bool(parameters) and parameters[0].name == "xp"
    parameters = parameters[takes_xp:]
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        raise TypeError("operation() needs every operand of forward named: no *args, no **kwargs")
    operands = [p.name for p in parameters if p.default is p.empty and p.kind != p.KEYWORD_ONLY]
    options = [p.name for p in parameters if p.name not in operands]
    return signature.replace(parameters=parameters), operands, options, takes_xp


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for part in value:
            yield from _parts(part)
    else:
        yield value


def _example(arguments: tuple[Any, ...], k: int, space: Any) -> tuple[Any, ...]:
    return tuple(space.examples.example(a, k) for a in arguments)


def _watched(arguments: tuple[Any, ...]) -> bool:
    """Return whether something outside a batch differentiates what it holds."""
    held = [a.value for a in arguments if hasattr(a, "batched")]
    tensors = [t for t in held if isinstance(t, Variable)]
    return any(t._edge is not None for t in tensors) or tangents.any_tangents(tensors)


def _arrays(value: Any, place: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_arrays(v, place) for v in value)
    if isinstance(value, Variable):
        return place.lift(value)._array if place.level else value._array
    return value
