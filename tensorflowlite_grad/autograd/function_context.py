"""What the parts of a user's `Function` share, and the node in the graph that runs its backward.

They are two objects, so that no attribute that a user sets can be one that the engine needs.
The node refers to the context, and shows what is set on it; the context knows its node weakly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from weakref import ref

from . import function_results
from .graph import Gradients, Node, Variable, next_seq
from .nesting import user_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from .graph import RemovableHandle
    from .tangents import Level

__all__ = ["FunctionCtx", "FunctionNode", "node_of"]

_new = object.__new__


class FunctionCtx:
    """What `Function.forward` and `Function.backward` share.

    Attributes may be set on it freely.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        For each argument of ``apply``, whether it requires grad.
    saved_tensors : tuple
        What `save_for_backward` was given.
    """

    _function: ClassVar[Any] = None

    needs_input_grad: tuple[bool, ...] = ()
    materialize_grads: bool = True

    # Defaults live here, so that a context begins empty.
    _place: Any = None
    _to_save: tuple[Any, ...] = ()
    _versions: tuple[int, ...] = ()
    _dirty: tuple[Any, ...] = ()
    _constant: tuple[Any, ...] = ()
    #: what is saved, as `function_results` lays it out; None once freed
    _saved: Any = ()
    _read: bool = False
    #: the edges of the arguments that have one
    _edges: tuple[Any, ...] = ()
    #: by argument: None if it is no tensor, () if it has no edge, or its shape and dtype
    _inputs: tuple[Any, ...] = ()
    #: by result: None if it is no tensor, or its shape and dtype
    _outputs: tuple[Any, ...] = ()
    #: the level whose tangents `Function.jvp` is computing, and must not see
    _level: Level | None = None
    _reference: ref[FunctionNode] | None = None

    if TYPE_CHECKING:  # what users set

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors, or None, for `Function.backward`, where they are `saved_tensors`.

        Raises
        ------
        TypeError
            For anything else: that may be kept as an attribute.
        """
        versions = []
        for number, t in enumerate(tensors):
            if isinstance(t, Variable):
                cell = t._cell
                versions.append(0 if cell is None else cell.count)
            elif t is None:
                versions.append(0)
            else:
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {number} is of type "
                    f"{type(t).__name__}: keep it as an attribute of ctx"
                )
        self._to_save = tensors
        self._versions = tuple(versions)

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
        if self._function is not None and self._function.clear_saved_tensors_on_access:
            self._read = True
            self._saved = ()
        return found

    # -- the node -------------------------------------------------------------------------

    def name(self) -> str:
        """Return the function's name, and "Backward"."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes behind the arguments, each with the number of its output."""
        return self._node().next_functions

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for what you want to keep with the node; it goes when the node goes."""
        found: dict[Any, Any] = self.__dict__.setdefault("_metadata", {})
        return found

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after backward has run: see `Node`."""
        return self._node().register_hook(hook)

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before backward runs: see `Node`."""
        return self._node().register_prehook(hook)

    def _node(self) -> FunctionNode:
        """Return the node: another one, if it is gone and only the context was kept."""
        node = None if self._reference is None else self._reference()
        return node_of(self) if node is None else node

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


class _Fields(Node):
    """The fields of a `FunctionNode`, set like those of any object."""

    __slots__ = ("context",)
    context: FunctionCtx  # type: ignore[misc]


class FunctionNode(_Fields):
    """The node of a user's `Function`; attributes that it has not are those of the context."""

    __slots__ = ()

    frees: ClassVar[bool] = True

    @property
    def saved(self) -> Any:
        """What the context has saved: see `function_results`."""
        return self.context._saved

    @saved.setter
    def saved(self, value: Any) -> None:
        self.context._saved = value

    @property
    def positions(self) -> tuple[int, ...]:  # type: ignore[override]
        """Which of the arguments that are tensors the edges belong to."""
        tensors = [spec for spec in self.context._inputs if spec is not None]
        return tuple(k for k, spec in enumerate(tensors) if spec)

    @property
    def operand_count(self) -> int:  # type: ignore[override]
        """How many arguments are tensors."""
        return sum(spec is not None for spec in self.context._inputs)

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for what you want to keep with the node; it goes when the node goes."""
        return self.context.metadata

    def apply(self, g: Any, keep: bool) -> Any:
        """Run backward on tensors made of raw arrays."""
        place = self.place
        wrap = place.wrap
        parts = g.parts if isinstance(g, Gradients) else (g,)
        found = self._gradients([None if p is None else wrap(p, place) for p in parts], keep)
        if len(found) == 1:
            (t,) = found
            return None if t is None else t._array
        return tuple([None if t is None else t._array for t in found])

    def apply_tensors(self, g: Any, keep: bool) -> Any:
        """Run backward on tensors, so that it is recorded."""
        found = self._gradients(list(g.parts) if isinstance(g, Gradients) else [g], keep)
        return tuple(found) if len(found) > 1 else found[0]

    def _gradients(self, given: list[Any], keep: bool) -> list[Any]:
        """Run the user's backward on tensors; return a gradient for each edge."""
        ctx = self.context
        rule = ctx._function._rule()
        if ctx.materialize_grads:
            for g in given:
                if g is None:
                    given = function_results.filled(ctx._outputs, given, self.place)
                    break
        found = user_code(rule, ctx, *given)
        gradients = function_results.gradients(self, found, ctx._inputs)
        if not keep:
            ctx._saved = None
        return gradients

    def __getattr__(self, name: str) -> Any:
        if name == "_raw_saved_tensors":
            return super().__getattr__(name)
        if name in _FIELDS:  # it is being made, or taken apart
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.context, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIELDS:
            object.__setattr__(self, name, value)
        else:
            setattr(self.context, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.context, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self.context)})


_FIELDS = frozenset({"__class__", "saved", *_Fields.__slots__, *Node.__slots__})


def node_of(ctx: Any) -> FunctionNode:
    """Return a new node that runs the backward of a context."""
    node: Any = _new(_Fields)
    node.context = ctx
    node.edges, node.place, node.hooks = ctx._edges, ctx._place, None
    node.seq = next_seq()
    node.__class__ = ctx._function._node_class  # last: from here on, attributes are the context's
    ctx._reference = ref(node)
    made: FunctionNode = node
    return made
