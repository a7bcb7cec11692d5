"""`backward` and `grad`: what users ask of the backward pass."""

from __future__ import annotations

import warnings
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING, Any

from . import carrier, engine
from .graph import GradientEdge, Leaf, Variable
from .tangents import current as current_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..tensor import Tensor

__all__ = ["backward", "grad"]


def _listed(value: Any, name: str) -> list[Any]:
    if isinstance(value, (Variable, GradientEdge)):
        return [value]
    try:
        items = list(value)
    except TypeError:
        raise TypeError(
            f"{name} must be a Tensor or a sequence of Tensors, not {type(value).__name__}"
        ) from None
    for item in items:
        if not isinstance(item, (Variable, GradientEdge)):
            wrong = RuntimeError if name == "inputs" else TypeError
            raise wrong(
                f"all {name} have to be Tensors or GradientEdges, but got {type(item).__name__}"
            )
    return items


def _cotangents(outputs: list[Any], given: Any, argument: str) -> list[Any]:
    if given is None:
        return [None] * len(outputs)
    if isinstance(given, Variable):
        grads = [given]
    elif isinstance(given, (list, tuple)):
        grads = list(given)
    else:
        raise TypeError(
            f"gradients can be either Tensors or None, but got {type(given).__name__} for "
            f"{argument!r}; make a tensor of it with tensor()"
        )
    if len(grads) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(grads)} gradients")
    return grads


def _root_gradient(number: int, output: Any, g: Any) -> Any:
    """Return the checked gradient of an output as a tensor."""
    place = output._place
    if isinstance(output, GradientEdge):  # whose shape nobody knows
        if g is None:
            raise RuntimeError(
                "grad can be implicitly created only for scalar outputs, and output "
                f"{number} is a GradientEdge, of unknown shape; pass the gradient to propagate"
            )
        output = g
    shape = tuple(output._array.shape)
    if g is None:
        if prod(shape) != 1:
            raise RuntimeError(
                "grad can be implicitly created only for scalar outputs, and output "
                f"{number} has shape {list(shape)}; call sum() or mean() first, or pass the "
                "gradient to propagate"
            )
        native = output._array.dtype
        if not shape and native is place.float32:
            one = place.constants32.get(1.0)
            return place.constant(1.0, native) if one is None else one
        if place.is_complex(native):
            raise RuntimeError(
                "grad can be implicitly created only for real scalar outputs but got "
                f"{place.dtype_of(output._array)!r}"
            )
        return place.wrap(place.xp.ones(shape, dtype=native), place)
    if not isinstance(g, Variable):
        raise TypeError(
            f"gradients can be either Tensors or None, but got {type(g).__name__} for output "
            f"{number}; make a tensor of it with tensor()"
        )
    if tuple(g._array.shape) != shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{number}] has a shape of {g.shape!r} and "  # type: ignore[attr-defined]
            f"output[{number}] has a shape of {output.shape!r}. A gradient has the shape of the "
            "output it belongs to."
        )
    if g._place.root is not place.root:
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but grad_output[{number}] is on "
            f"{g._place.device} (backend {g._place.backend.name}) and output[{number}] on "
            f"{place.device} (backend {place.backend.name})"
        )
    if g._place.level < place.level:
        g = place.lift(g)
    mine, its = place.dtype_of(output._array), place.dtype_of(g._array)
    if mine is not its:
        if mine.is_complex != its.is_complex:
            raise RuntimeError(
                "For complex Tensors, both grad_output and output are required to have the same "
                f"dtype. Mismatch in dtype: grad_output[{number}] has a dtype of {its!r} and "
                f"output[{number}] has a dtype of {mine!r}."
            )
        g = carrier.tensors().astype(g, mine)
    return g


def _roots(outputs: list[Any], gradients: list[Any], tensors: bool) -> list[tuple[Any, Any]]:
    roots = []
    for number, (output, g) in enumerate(zip(outputs, gradients, strict=True)):
        if output._edge is None:
            raise RuntimeError(
                f"element {number} of tensors does not require grad and does not have a grad_fn: "
                "it was computed from no tensor that requires grad, or under no_grad()"
            )
        g = _root_gradient(number, output, g)
        roots.append((output._edge, g if tensors else g._array))
    return roots


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Compute the gradients of tensors and add them to the ``.grad`` of the leaves.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        What is differentiated.
    grad_tensors : Tensor or sequence of (Tensor or None), optional
        The cotangent of each, of its shape; may be left out for tensors of one element.
    retain_graph : bool, optional
        Whether saved values are kept for another pass; by default as `create_graph`.
    create_graph : bool
        Whether the gradients can be differentiated again.
    inputs : Tensor or sequence of Tensor, optional
        Add only to these, leaves or not; by default to all leaves.

    Raises
    ------
    RuntimeError
        If a tensor needs no grad, a cotangent is missing or of another shape, or the graph
        was freed. No ``.grad`` has changed then.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> tg.autograd.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    if (
        isinstance(tensors, Variable)
        and grad_tensors is None
        and inputs is None
        and not create_graph
        and tensors._edge is not None
        and not tensors._array.ndim
        and not current_levels()
    ):  # the everyday call: one scalar loss
        root = _root_gradient(0, tensors, None)
        engine.differentiate(
            [(tensors._edge, root._array)],
            keep=bool(retain_graph),
            create_graph=False,
            tensors=False,
            into_leaves=True,
        )
        return
    outputs = _listed(tensors, "tensors")
    if not outputs:
        raise RuntimeError("outputs is empty: backward() got no tensor to differentiate")
    keep = create_graph if retain_graph is None else retain_graph
    gradients = _cotangents(outputs, grad_tensors, "grad_tensors")
    wanted = None if inputs is None else _checked_inputs(inputs)
    if create_graph:
        warnings.warn(
            "Using backward() with create_graph=True will create a reference cycle between the "
            "parameter and its gradient which can cause a memory leak. We recommend using "
            "autograd.grad when creating the graph to avoid this. If you have to use this "
            "function, make sure to reset the .grad fields of your parameters to None after use "
            "to break the cycle and avoid the leak.",
            stacklevel=3,
        )
    as_tensors = create_graph or bool(current_levels())
    _refuse_batches(outputs, gradients)
    roots = _roots(outputs, gradients, as_tensors)
    del gradients
    if wanted is None:
        engine.differentiate(
            roots, keep=keep, create_graph=create_graph, tensors=as_tensors, into_leaves=True
        )
        return
    targets = {t._edge for t in wanted}
    captures: dict[Any, Any] = {e: None for e in targets if type(e) is not Leaf}
    needed = engine.needed_nodes([e for e, _ in roots], targets)
    engine.differentiate(
        roots,
        keep=keep,
        create_graph=create_graph,
        tensors=as_tensors,
        into_leaves=True,
        needed=needed,
        captures=captures,
    )
    for tensor in wanted:
        # A tensor that retains its gradient has been given it by the pass.
        if tensor._edge in captures and not tensor.retains_grad:
            tensor.retain_grad()
            if captures[tensor._edge] is not None:
                engine.keep_gradient(tensor, captures[tensor._edge])


def _refuse_batches(outputs: list[Any], gradients: list[Any]) -> None:
    """Raise where a gradient is a batch, and its output is not: no ``.grad`` could hold it."""
    for number, (output, g) in enumerate(zip(outputs, gradients, strict=True)):
        if isinstance(g, Variable) and g._place.level > output._place.level:
            raise RuntimeError(
                "backward() called inside a functorch transform. This is not supported: "
                f"grad_output[{number}] is a batch of vmap, and output[{number}] was computed "
                "outside of it, where a .grad holds one gradient. Return what autograd.grad() "
                "gives from the function under vmap, and add it to .grad outside"
            )


def _checked_inputs(inputs: Any) -> list[Any]:
    wanted = _listed(inputs, "inputs")
    if not wanted:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    for tensor in wanted:
        if isinstance(tensor, GradientEdge) and type(tensor._edge) is not Leaf:
            raise RuntimeError(
                "backward() cannot keep the gradient of a GradientEdge that is no leaf: it has no "
                ".grad; use autograd.grad()"
            )
        if tensor._edge is None:
            raise RuntimeError(
                "can't retain_grad on Tensor that has requires_grad=False: every tensor of "
                "inputs must require grad"
            )
    return wanted


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """Return the gradients of `outputs`, summed, with respect to `inputs`.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
    inputs : Tensor or sequence of Tensor
        Leaves or not; each must require grad. Their ``.grad`` stays as it is.
    grad_outputs : Tensor or sequence of (Tensor or None), optional
        The cotangent of each output; may be left out for outputs of one element.
    retain_graph : bool, optional
        Whether saved values are kept for another pass; by default as `create_graph`.
    create_graph : bool
        Whether the gradients can be differentiated again, to any order.
    allow_unused : bool, optional
        Whether an input that the outputs do not depend on gets None, not an error.
    is_grads_batched : bool
        Whether each cotangent has a leading axis of several; the gradients then have that axis
        too. They are computed together, as by `func.vmap`; but one after the other where the
        graph has hooks, retained gradients, functions of the user's or packed tensors in it, or
        the pass is watched, as by anomaly mode: these get single gradients.
    materialize_grads : bool
        Whether an input that the outputs do not depend on gets zeros.

    Returns
    -------
    tuple of Tensor
        One for each input, of its shape and dtype.

    Raises
    ------
    RuntimeError
        If an output or input needs no grad, or an input is unused.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> (dy,) = tg.autograd.grad(x**3, x, create_graph=True)
    >>> tg.autograd.grad(dy, x)
    (tensor(18.),)
    """
    given, wanted = _listed(outputs, "outputs"), _listed(inputs, "inputs")
    if not given:
        raise RuntimeError("outputs is empty: grad() got no tensor to differentiate")
    if not wanted:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    if materialize_grads:
        if allow_unused is False:
            raise ValueError(
                "Expected allow_unused to be True or not passed when materialize_grads=True, "
                "but got: allow_unused=False."
            )
        allow_unused = True
    keep = create_graph if retain_graph is None else retain_graph
    cotangents = _cotangents(given, grad_outputs, "grad_outputs")
    for tensor in wanted:
        if tensor._edge is None:
            raise RuntimeError(
                "One of the differentiated Tensors does not require grad: the inputs of grad() "
                "must require it, by requires_grad_() before they are used"
            )
    if is_grads_batched:
        found: tuple[Any, ...] = import_module(".batched", __package__).grad_batched(
            given, wanted, cotangents, keep, create_graph, bool(allow_unused), materialize_grads
        )
        return found
    # Cotangents of a batch meet what was saved without one: on tensors both go together.
    batched = any(isinstance(g, Variable) and g._place.level for g in cotangents)
    as_tensors = create_graph or batched or bool(current_levels())
    roots = _roots(given, cotangents, as_tensors)
    del cotangents
    targets = {t._edge for t in wanted}
    needed = engine.needed_nodes([e for e, _ in roots], targets)
    for number, tensor in enumerate(wanted):
        if not allow_unused and tensor._edge not in needed:
            raise _unused(number)
    captures: dict[Any, Any] = {e: None for e in targets if type(e) is not Leaf}
    leaves: dict[Any, Any] = engine.differentiate(
        roots,
        keep=keep,
        create_graph=create_graph,
        tensors=as_tensors,
        into_leaves=False,
        needed=needed,
        captures=captures,
    )
    captures.update(leaves)
    del leaves
    results: dict[Any, Any] = {}
    for edge in list(captures):
        if as_tensors or captures[edge] is None:
            results[edge] = captures.pop(edge)
        else:
            results[edge] = edge.place.wrap(engine.own(captures, edge, edge.place), edge.place)
    allowed = bool(allow_unused)
    return tuple(
        filled(t, results.get(t._edge), number, allowed, materialize_grads, create_graph)
        for number, t in enumerate(wanted)
    )


def filled(
    tensor: Any, g: Any, number: int, allow_unused: bool, materialize: bool, create_graph: bool
) -> Any:
    """Return a gradient, or what stands for it where there is none."""
    if g is not None:
        return g
    if materialize and isinstance(tensor, GradientEdge):
        raise RuntimeError(
            f"the input at index {number} is a GradientEdge, whose shape is unknown: "
            "materialize_grads cannot make zeros of it"
        )
    if materialize:
        place = tensor._place
        zeros = place.wrap(place.xp.zeros_like(tensor._array), place)
        return zeros.requires_grad_() if create_graph else zeros
    if not allow_unused:
        raise _unused(number)
    return None


def _unused(number: int) -> RuntimeError:
    return RuntimeError(
        f"The differentiated Tensor at index {number} appears to not have been used in the "
        "graph. Set allow_unused=True if this is the desired behavior."
    )
