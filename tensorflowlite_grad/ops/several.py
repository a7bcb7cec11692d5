"""Operations with several results, such as a decomposition: declared and recorded here.

Their rules name each result and its cotangent: of ``("Q", "R")``, ``g_Q`` and ``g_R``. A
cotangent is None where nothing arrived, so that a rule can spare the work for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..autograd import carrier, errors, modes, observers, tangents
from ..autograd.graph import Node, Output, Version, next_seq
from .declare import Operation

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SeveralResults", "several"]


class SeveralResults(Operation):
    """An operation whose forward returns a tuple.

    Attributes
    ----------
    results : tuple of str
        A name for each result.
    constant : frozenset of str
        Results without a derivative, such as pivots and indices.
    joint : callable, optional
        The rule of all operands, if they share most of the work.
    """

    results: tuple[str, ...]
    constant: frozenset[str]
    joint: Callable[..., dict[str, Any]] | None

    def _known(self) -> list[str]:
        cotangents = [f"g_{r}" for r in self.results if r not in self.constant]
        return [*cotangents, *self.results, *super()._known(), "wanted"]

    def _written(self) -> tuple[Any, Any]:
        return self.record_results, self.record_results

    def record_results(self, *arguments: Any) -> tuple[Any, ...]:
        """Run the operation on tensors of one device, then options; return the results."""
        count = len(self.operands)
        operands = arguments[:count]
        options = arguments[count:]
        if observers.current():
            outs = observers.observed(self, lambda: self._record(operands, options), operands)
        else:
            outs = self._record(operands, options)
        if tangents.any_tangents(operands):
            tangents.carry(self, outs, operands, options)
        return outs  # type: ignore[no-any-return]

    def _record(self, operands: tuple[Any, ...], options: tuple[Any, ...]) -> tuple[Any, ...]:
        place = operands[0]._place
        arrays = [t._array for t in operands]
        try:
            with place.entered():
                values = self.forward(place.xp, *arrays, *options)  # type: ignore[operator]
        except Exception as error:
            values = self.rescued(error, operands, options)
        outs = tuple(place.wrap(value, place) for value in values)
        mask = tuple(
            k
            for k, p in enumerate(self.operands)
            if p in self.rules and operands[k]._edge is not None
        )
        if mask and modes.is_grad_enabled():
            self._attach(outs, operands, options, mask)
        return outs

    def _attach(
        self, outs: tuple[Any, ...], operands: Any, options: Any, mask: tuple[int, ...]
    ) -> None:
        place = outs[0]._place
        node: Any = object.__new__(self._node_class())
        node.seq = next_seq()
        wanted = set().union(*(self.rule_parameters[self.operands[k]] for k in mask))
        saved: dict[str, Any] = {}
        for name, value in zip(self.option_names, options, strict=True):
            saved[name] = value
        for name, t in zip(self.operands, operands, strict=True):
            if name in wanted:
                saved[name] = (t, 0 if t._cell is None else t._cell.count)
            saved[f"{name}_shape"] = tuple(t._array.shape)
        for name, out in zip(self.results, outs, strict=True):
            if name in wanted:
                cell = out._cell = Version.__new__(Version)
                cell.count, cell.views, cell.memory = 0, None, None
                saved[name] = (out._array, cell)
        node.edges = tuple(operands[k]._edge for k in mask)
        node.saved = saved
        node.mask = mask
        node.place = place
        node.hooks = None
        for number, (name, out) in enumerate(zip(self.results, outs, strict=True)):
            if name not in self.constant:
                out._edge = _output(node, number, len(outs))

    def _node_class(self) -> type[Node]:
        if self._class is None:
            fields = {
                "__slots__": (),
                "__module__": "tensorflowlite_grad.autograd",
                "operation": self,
                "operand_count": len(self.operands),
            }
            self._class = type(self.node_name, (SeveralNode,), fields)
        return self._class  # type: ignore[no-any-return]

    _class: Any = None

    def pushforward(
        self,
        xp: Any,
        operands: tuple[Any, ...],
        tangents: tuple[Any, ...],
        options: tuple[Any, ...],
        out: Any,
    ) -> Any:
        """Return a tuple with the tangent of each result, None for those without one.

        As `Operation.pushforward`; `out` is the tuple of results. The rule gets None for the
        tangent of an operand that has none.
        """
        if self.jvp_rule is None:
            raise NotImplementedError(f"forward mode of {self.name!r} is not declared")
        given = dict(zip(self.operands, operands, strict=True))
        given |= {f"{p}_dot": t for p, t in zip(self.operands, tangents, strict=True)}
        given |= {f"{p}_shape": v.shape for p, v in zip(self.operands, operands, strict=True)}
        given |= dict(zip(self.option_names, options, strict=False))
        given |= dict(zip(self.results, out, strict=True))
        given["xp"] = xp
        code = self.jvp_rule.__code__
        found = self.jvp_rule(*(given[n] for n in code.co_varnames[: code.co_argcount]))
        moving = iter(found if isinstance(found, tuple) else (found,))
        return tuple(None if r in self.constant else next(moving) for r in self.results)


def _output(node: Any, number: int, count: int) -> Output:
    out = object.__new__(Output)
    out.edges = (node,)
    out.saved = ()
    out.seq = next_seq()
    out.place = node.place
    out.hooks = None
    out.count, out.number = count, number
    return out


class SeveralNode(Node):
    """A recorded operation with several results; saved values go by name."""

    __slots__ = ("mask",)

    frees: ClassVar[bool] = True
    mask: tuple[int, ...]

    @property
    def positions(self) -> tuple[int, ...]:  # type: ignore[override]
        return self.mask

    @property
    def result_count(self) -> int:
        """How many results there are."""
        return len(self.operation.results)

    def apply(self, g: Any, keep: bool) -> Any:
        return self._gradients(self.place.xp, g.parts, keep, True, self.mask)

    def apply_tensors(self, g: Any, keep: bool) -> Any:
        return self._gradients(carrier.tensors(), g.parts, keep, False, self.mask)

    def apply_some(self, g: Any, keep: bool, tensors: bool, wanted: tuple[bool, ...]) -> Any:
        xp = carrier.tensors() if tensors else self.place.xp
        mask = tuple(k for k, chosen in zip(self.mask, wanted, strict=True) if chosen)
        return self._gradients(xp, g.parts, keep, not tensors, mask)

    def _gradients(
        self, xp: Any, parts: list[Any], keep: bool, raw: bool, mask: tuple[int, ...]
    ) -> Any:
        """Return gradients of the operands in `mask`, None for others."""
        op: SeveralResults = self.operation
        names = [op.operands[k] for k in mask]
        given = self._unpacked(raw, set().union(*(op.rule_parameters[n] for n in names)))
        given["xp"] = xp
        given |= {f"g_{r}": g for r, g in zip(op.results, parts, strict=True)}
        given["wanted"] = names
        if op.joint is not None:
            together = op.joint(*(given[n] for n in op.rule_parameters[names[0]]))
        else:
            together = {
                name: op.rules[name](*(given[n] for n in op.rule_parameters[name]))  # type: ignore[misc]
                for name in names
            }
        found = [together[op.operands[k]] if k in mask else None for k in self.mask]
        if not keep:
            self.saved = None
        return tuple(found) if len(found) > 1 else found[0]

    def _unpacked(self, raw: bool, wanted: set[str]) -> dict[str, Any]:
        if self.saved is None:
            raise errors.freed(self)
        op: SeveralResults = self.operation
        given: dict[str, Any] = dict(self.saved)
        for k, name in enumerate(op.operands):
            if name not in given or name not in wanted:
                continue
            t, version = given[name]
            now = 0 if t._cell is None else t._cell.count
            if now != version:
                raise errors.changed(self, name, t._array, t._edge, version, now)
            if not raw and k in self.mask:
                edge = self.edges[self.mask.index(k)]
                if t._edge is not edge and not errors.frozen(t, edge):
                    raise errors.detached(self, name)
            given[name] = t._array if raw else t
        for number, name in enumerate(op.results):
            if name not in given or name not in wanted:
                continue
            array, cell = given[name]
            if cell.count:
                raise errors.changed(self, "its result", array, self, 0, cell.count)
            given[name] = array if raw else self._result(array, cell, number, name)
        return given

    def _result(self, array: Any, cell: Any, number: int, name: str) -> Any:
        """Return a saved result as the tensor it was: on this node again."""
        out = self.place.wrap(array, self.place)
        out._cell = cell
        op: SeveralResults = self.operation
        if name not in op.constant:
            out._edge = _output(self, number, len(op.results))
            tangents.restore(self, out, number)
        return out


def several(
    name: str,
    forward: Callable[..., Any],
    results: tuple[str, ...],
    options: list[str] | None = None,
    *,
    operands: list[str] | None = None,
    constant: tuple[str, ...] = (),
    jvp: Callable[..., Any] | None = None,
    node_name: str | None = None,
    joint: Callable[..., dict[str, Any]] | None = None,
    **vjps: Callable[..., Any],
) -> SeveralResults:
    """Declare an operation with several results.

    Parameters
    ----------
    name : str
    forward : callable
        Of `xp`, the operands and the options; returns a tuple.
    results : tuple of str
        A name for each result, by which rules ask for it and, as ``g_<name>``, for its
        cotangent. Cotangents are None where nothing arrived.
    options : list of str, optional
    operands : list of str, optional
        All operands in order, if some have no derivative.
    constant : tuple of str
        Results without a derivative.
    jvp : callable, optional
        Returns the tangents of the other results, in order. Its parameters name tangents of
        operands as ``<operand>_dot``, None for an operand without one.
    joint : callable, optional
        In the place of `vjps`, one rule for all operands: it takes ``wanted``, the names of
        those whose gradients are asked for, and returns these by name.
    **vjps
        For each operand, the function that returns its gradient. With complex numbers
        cotangents follow PyTorch's convention, and rules conjugate by themselves.
    """
    op = SeveralResults.__new__(SeveralResults)
    op.results, op.constant, op.joint = results, frozenset(constant), joint
    rules: dict[str, Callable[..., Any] | None] = dict(vjps)
    if joint is not None:
        rules = dict.fromkeys(operands or (), joint)
    SeveralResults.__init__(
        op,
        name,
        forward,
        operands or list(rules),
        options or [],
        rules,
        node_name=node_name,
        jvp=jvp,
        kind="general",
    )
    return op
