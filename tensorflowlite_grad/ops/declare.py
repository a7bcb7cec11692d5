"""How operations are declared: forward and derivative rules, together.

A rule is a function in the vocabulary of the Array API standard. Its first parameter is
the namespace `xp`; the others name what it needs: ``g`` (the cotangent), ``out`` (the
result), an operand, ``<operand>_shape``, or an option. Only what some rule of an operand
that requires grad names is saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd import carrier
from ..backend import failures
from ..dtypes import kind_of_scalar
from . import promotion, recorder
from .broadcasting import broadcast_error
from .rules import needs

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tensor import Tensor

__all__ = [
    "Operation",
    "elementwise",
    "general",
    "is_implemented",
    "linear",
    "nondifferentiable",
    "not_implemented",
    "registry",
]

#: Every declared operation, by name.
registry: dict[str, Operation] = {}


class Operation:
    """An operation: what it computes, and how its derivatives follow.

    Attributes
    ----------
    name : str
    operands : list of str
        The forward's array parameters.
    option_names : list of str
        Its other parameters.
    rules : dict
        For each differentiable operand the rule of its gradient. None stands for the
        identity, as for both operands of an addition.
    elementwise : bool
        Operands broadcast, and a gradient is summed back to its operand's shape.
    conjugate : bool
        Rules are linear in `g` with coefficients that are conjugated where complex.
    view : bool
        The result shows the operand's memory.
    result : str
        How dtypes go: see `promotion.common_dtype`.
    call, record : callable
        For users' arguments, and for tensors of one dtype and device.
    """

    call: Callable[..., Tensor]
    record: Callable[..., Any]

    def __init__(
        self,
        name: str,
        forward: str | Callable[..., Any],
        operands: list[str],
        options: list[str],
        rules: dict[str, Callable[..., Any] | None],
        *,
        node_name: str | None = None,
        jvp: Callable[..., Any] | None = None,
        kind: str,
        conjugate: bool = False,
        view: bool = False,
        result: str = "same",
        typed: bool = True,
        prepare: Callable[..., Any] | None = None,
    ) -> None:
        self.name = name
        self.forward = forward
        self.operands = operands
        self.option_parameters = options
        self.option_names = [o.split("=")[0].strip() for o in options]
        self.rules = rules
        self.kind = kind
        self.elementwise = kind in ("elementwise", "nondifferentiable elementwise")
        self.has_entry = self.elementwise and typed
        self.node_name = node_name or _camel(name) + "Backward0"
        self.jvp_rule = jvp
        self.conjugate = conjugate
        self.view = view
        self.result = result
        self.prepare = prepare
        self.rule_parameters = {p: self._parameters(p, rule) for p, rule in rules.items()}
        self.call, self.record = self._written()
        self._register()

    def _register(self) -> None:
        if self.name in registry:
            raise ValueError(f"operation {self.name!r} is declared twice")
        registry[self.name] = self

    def _parameters(self, operand: str, rule: Callable[..., Any] | None) -> list[str]:
        if rule is None:
            return []
        code = rule.__code__
        names = list(code.co_varnames[: code.co_argcount])
        known = self._known()
        if names[:1] != ["xp"] or not set(names[1:]) <= set(known):
            raise TypeError(
                f"the rule of {self.name!r} for {operand!r} takes {names}; it may take xp "
                f"first, then any of {known}"
            )
        return names

    def _known(self) -> list[str]:
        """Return the names that a rule may ask for."""
        shapes = [f"{p}_shape" for p in self.operands]
        return ["g", "out", *self.operands, *shapes, *self.option_names]

    def _written(self) -> tuple[Any, Any]:
        """Return the functions `call` and `record`."""
        return recorder.write(self)

    def taking(self, *numbers: str) -> Callable[..., Tensor]:
        """Return `call` in a form that takes Python numbers for these operands only.

        PyTorch refuses them for the others.
        """
        return recorder.write_entry(self, numbers)  # type: ignore[no-any-return]

    def slow_taking(self, numbers: tuple[str, ...], *arguments: Any) -> Any:
        """Run `slow`, but raise TypeError for a number where there may be none."""
        for position, (name, value) in enumerate(zip(self.operands, arguments, strict=False)):
            if name not in numbers and kind_of_scalar(value) is not None:
                raise TypeError(
                    f"{self.name}(): argument {name!r} (position {position + 1}) must be Tensor, "
                    f"not {type(value).__name__}; make one with tensor()"
                )
        return self.slow(*arguments)

    def saved_names(self, mask: tuple[str, ...]) -> list[str]:
        """Return the names of what is saved, in order, where these operands require grad."""
        return needs(self, mask)

    def slow(self, *arguments: Any) -> Any:
        """Run the operation on arguments that need promotion or conversion first."""
        count = len(self.operands)
        if self.prepare is not None:
            arguments = self.prepare(*arguments)
        tensors = promotion.operands(self, arguments[:count])
        integers = promotion.as_integers(self, tensors)
        if integers is not None:
            return promotion.as_bool(self.record(*integers, *arguments[count:]))
        return self.record(*tensors, *arguments[count:])

    def rescued(self, error: Exception, operands: tuple[Any, ...], options: tuple[Any, ...]) -> Any:
        """Return the result in spite of an error, where it only means "not as a batch"."""
        place = operands[0]._place
        if not place.level:
            raise self.explain(error, operands)
        return place.one_by_one(self, error, operands, options)

    def explain(self, error: Exception, operands: tuple[Any, ...]) -> Exception:
        """Return the error to raise for one that a backend raised."""
        if self.elementwise and len(operands) > 1:
            mismatch = broadcast_error(self.name, [t._array.shape for t in operands])
            if mismatch is not None:
                return mismatch
        if self.result == "integral":
            place, array = operands[0]._place, operands[0]._array
            try:
                promotion.common_dtype(self.name, self.result, place.dtype_of(array))
            except (TypeError, NotImplementedError) as refusal:
                return refusal
        size = " and ".join(f"{tuple(t._array.shape)}" for t in operands)
        needed = f"operands of shape {size}"
        found = failures.explained(error, operands[0]._place, f"{self.name}()", needed)
        return error if found is None else found

    def on(self, xp: Any, *arguments: Any) -> Any:
        """Run the operation on whatever carrier `xp` is the namespace of."""
        if xp is carrier.tensors():
            return self.record(*arguments)
        try:
            if isinstance(self.forward, str):
                return getattr(xp, self.forward)(*arguments)
            return self.forward(xp, *arguments)
        except Exception as error:
            one_by_one = getattr(xp, "one_by_one", None)
            if one_by_one is None:
                raise
            return one_by_one(self, error, arguments)

    def pushforward(
        self,
        xp: Any,
        operands: tuple[Any, ...],
        tangents: tuple[Any, ...],
        options: tuple[Any, ...],
        out: Any,
    ) -> Any:
        """Return the tangent of the result: the Jacobian-vector product of forward mode.

        Parameters
        ----------
        xp : namespace
            That of the operands, whatever carrier they are.
        operands, tangents : tuple of arrays
            The primals, and a tangent for each; None stands for zero.
        options : tuple
        out : array
            The result.

        Raises
        ------
        NotImplementedError
            If the operation has no rule for forward mode.
        """
        given = dict(zip(self.operands, operands, strict=True))
        given.update(zip(self.option_names, options, strict=False))
        given |= {f"{p}_shape": v.shape for p, v in zip(self.operands, operands, strict=True)}
        given |= {"xp": xp, "out": out}
        if self.jvp_rule is not None:
            code = self.jvp_rule.__code__
            given |= {f"{p}_dot": t for p, t in zip(self.operands, tangents, strict=True)}
            total = self.jvp_rule(*(given[n] for n in code.co_varnames[: code.co_argcount]))
            return xp.broadcast_to(total, tuple(out.shape)) if total.shape != out.shape else total
        if self.kind == "general":
            raise NotImplementedError(f"forward mode of {self.name!r} is not declared")
        total = None
        for p, tangent in zip(self.operands, tangents, strict=True):
            if tangent is None or p not in self.rules:
                continue
            rule = self.rules[p]
            if self.kind == "linear":
                replaced = [
                    tangent if q == p else v for q, v in zip(self.operands, operands, strict=True)
                ]
                part = self.on(xp, *replaced, *options)
            elif rule is None:
                part = tangent
            else:
                part = rule(*({**given, "g": tangent}[n] for n in self.rule_parameters[p]))
            total = part if total is None else total + part
        if total is not None and tuple(total.shape) != tuple(out.shape):
            total = xp.broadcast_to(total, tuple(out.shape))
        return total

    def __repr__(self) -> str:
        return f"<operation {self.name}>"


def not_implemented(operation: str, operand: str) -> Callable[..., Any]:
    """Return a rule that raises: the derivative exists, and nobody has written it down.

    An operand without a rule is a constant; one with this rule is an error in backward, and
    not a silent zero.
    """

    def rule(xp: Any, g: Any) -> Any:
        raise NotImplementedError(
            f"the derivative for '{operation}: {operand}' is not implemented. detach() {operand} "
            "if it is meant to be a constant"
        )

    rule.missing = True  # type: ignore[attr-defined]
    return rule


def is_implemented(rule: Callable[..., Any] | None) -> bool:
    """Return whether a rule is more than the word that there is none."""
    return not getattr(rule, "missing", False)


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def elementwise(
    name: str,
    forward: str | Callable[..., Any],
    options: list[str] | None = None,
    *,
    result: str = "same",
    node_name: str | None = None,
    conjugate: bool = True,
    jvp: Callable[..., Any] | None = None,
    operands: list[str] | None = None,
    typed: bool = True,
    prepare: Callable[..., Any] | None = None,
    **partials: Callable[..., Any] | None,
) -> Operation:
    """Declare an operation that works element by element, operands broadcasting.

    Parameters
    ----------
    name : str
    forward : str or callable
        An operator, the name of a function of the standard, or a function of `xp` and the
        operands.
    options : list of str, optional
        Parameters that are no arrays.
    result : str
        How dtypes go: see `promotion.common_dtype`.
    conjugate : bool
        False if a rule for complex operands is written out, as for ``abs``.
    operands : list of str, optional
        All operands in order, if some, such as a condition, have no derivative.
    typed : bool
        False if operands do not promote to one dtype; the caller converts them.
    prepare : callable, optional
        Changes the arguments before they are promoted.
    **partials
        For each operand, the function that multiplies its partial derivative with ``g``.
        Reverse mode reads it as the gradient, forward mode as the tangent.
    """
    return Operation(
        name,
        forward,
        operands or list(partials),
        options or [],
        partials,
        node_name=node_name,
        kind="elementwise",
        typed=typed,
        prepare=prepare,
        conjugate=conjugate,
        result=result,
        jvp=jvp,
    )


def linear(
    name: str,
    forward: str | Callable[..., Any],
    options: list[str] | None = None,
    *,
    operands: list[str] | None = None,
    node_name: str | None = None,
    conjugate: bool = False,
    view: bool = False,
    jvp: Callable[..., Any] | None = None,
    **transposes: Callable[..., Any] | None,
) -> Operation:
    """Declare an operation that is linear in each operand: give the transposes.

    The tangent is the operation itself, on each operand's tangent in turn. An operation that
    is linear in all of them at once, such as writing one array into another, gives `jvp`.
    """
    return Operation(
        name,
        forward,
        operands or list(transposes),
        options or [],
        transposes,
        node_name=node_name,
        kind="linear",
        conjugate=conjugate,
        view=view,
        jvp=jvp,
    )


def general(
    name: str,
    forward: str | Callable[..., Any],
    options: list[str] | None = None,
    *,
    operands: list[str] | None = None,
    jvp: Callable[..., Any] | None = None,
    node_name: str | None = None,
    conjugate: bool = False,
    **vjps: Callable[..., Any] | None,
) -> Operation:
    """Declare any other operation: give vector-Jacobian and Jacobian-vector products.

    The latter's parameters name tangents as ``<operand>_dot``.
    """
    return Operation(
        name,
        forward,
        operands or list(vjps),
        options or [],
        vjps,
        node_name=node_name,
        kind="general",
        jvp=jvp,
        conjugate=conjugate,
    )


def nondifferentiable(
    name: str,
    forward: str | Callable[..., Any],
    operands: list[str],
    options: list[str] | None = None,
    *,
    elementwise: bool = True,
    result: str = "same",
) -> Operation:
    """Declare an operation whose result never requires grad, such as a comparison."""
    kind = "nondifferentiable elementwise" if elementwise else "nondifferentiable"
    return Operation(name, forward, operands, options or [], {}, kind=kind, result=result)
