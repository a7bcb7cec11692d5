"""Derivatives of functions as functions: they nest, and compose with `vmap`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ..autograd import api, carrier, forward_ad, modes, tangents
from ..autograd.graph import Leaf, Node, Variable, make_leaf
from .pytree import flatten, tree_map, unflatten
from .vmap import innermost, vmap

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "vjp",
]

Argnums = Any


# -- independent variables --------------------------------------------------------------------


def _independent(t: Any, name: str) -> Any:
    """Return a tensor to differentiate by: apart from `t`, but with its history behind it."""
    if not isinstance(t, Variable):
        raise ValueError(
            f"{name}: Expected all inputs to differentiate by to be Tensors, got {type(t).__name__}"
        )
    place = innermost()
    if place is not None:
        t = place.lift(t) if t._place.level < place.level else t
    if not t.dtype.is_differentiable:
        raise RuntimeError(
            f"{name}: only Tensors of floating point and complex dtype can be differentiated by, "
            f"got {t.dtype}"
        )
    if t._edge is not None:
        return t.view_as(t)
    out = tangents.twin(t)
    make_leaf(out)
    return out


def _reaches_others(outputs: list[Any], inputs: list[Any]) -> bool:
    """Return whether outputs depend on something else that requires grad, or inputs do."""
    mine = {t._edge for t in inputs}
    if any(type(edge) is not Leaf for edge in mine) or any(map(_watched, (*outputs, *inputs))):
        return True
    seen: set[Any] = set()
    stack = [t._edge for t in outputs if t._edge is not None]
    while stack:
        edge = stack.pop()
        if edge in seen or edge in mine:
            continue
        seen.add(edge)
        if type(edge) is Leaf:
            return True
        if isinstance(edge, Node):
            stack.extend(edge.edges)
    return False


def _watched(t: Any) -> bool:
    """Return whether what a tensor holds as a batch, at any depth, requires grad."""
    held = getattr(t._array, "value", None)
    return isinstance(held, Variable) and (held._edge is not None or _watched(held))


def _released(tree: Any, outer: bool) -> Any:
    """Return results without the history that only inner variables gave them."""
    if outer:
        return tree

    def release(t: Any) -> Any:
        if not isinstance(t, Variable) or t._edge is None:
            return t
        out = tangents.twin(t)
        out._edge = None
        return out

    return tree_map(release, tree)


def _chosen(argnums: Argnums, args: tuple[Any, ...], name: str) -> tuple[int, ...]:
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    for n in numbers:
        if not isinstance(n, int) or not -len(args) <= n < len(args):
            raise RuntimeError(f"{name}: Got argnum={n}, but only {len(args)} positional inputs")
    return tuple(n % len(args) for n in numbers)


def _with_independent(
    args: tuple[Any, ...], numbers: tuple[int, ...], name: str
) -> tuple[list[Any], list[Any]]:
    """Return the arguments with the chosen ones made independent, and those tensors, flat."""
    given = list(args)
    inputs: list[Any] = []
    for n in numbers:
        leaves, structure = flatten(args[n])
        fresh = [_independent(t, name) for t in leaves]
        given[n] = unflatten(structure, fresh)
        inputs += fresh
    return given, inputs


def _gathered(found: Any, args: tuple[Any, ...], numbers: tuple[int, ...], argnums: Argnums) -> Any:
    """Return flat results in the structure of the chosen arguments."""
    found = list(found)
    out = []
    for n in numbers:
        leaves, structure = flatten(args[n])
        out.append(unflatten(structure, found[: len(leaves)]))
        found = found[len(leaves) :]
    return tuple(out) if isinstance(argnums, tuple) else out[0]


def _split_aux(out: Any, has_aux: bool, name: str) -> tuple[Any, Any]:
    if not has_aux:
        return out, None
    if not (isinstance(out, tuple) and len(out) == 2):
        raise RuntimeError(
            f"{name}(f, ..., has_aux=True): expected output of function f to be a tuple: "
            "(output, aux)"
        )
    return out


# -- reverse mode -----------------------------------------------------------------------------


def grad_and_value(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that gives the gradient of `func`, and its value.

    As `grad`; what it returns is ``(gradient, value)``, or ``(gradient, (value, aux))``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.func.grad_and_value(lambda x: x**2)(tg.tensor(3.0))
    (tensor(6.), tensor(9.))
    """

    @functools.wraps(func)
    def derived(*args: Any, **kwargs: Any) -> Any:
        numbers = _chosen(argnums, args, "grad")
        recording = modes.is_grad_enabled()
        with modes.enable_grad():
            given, inputs = _with_independent(args, numbers, "grad")
            value, aux = _split_aux(func(*given, **kwargs), has_aux, "grad")
            _check_scalar(value)
            outer = recording and _reaches_others([value], inputs)
            if value._edge is None:
                found: Any = [t.new_zeros(t.shape) for t in inputs]
            else:
                found = api.grad(
                    value, inputs, create_graph=outer, allow_unused=True, materialize_grads=True
                )
        gradient = _released(_gathered(found, args, numbers, argnums), outer)
        value = _released(value, outer)
        return gradient, (value, _released(aux, outer)) if has_aux else value

    return derived


def _check_scalar(value: Any) -> None:
    if not isinstance(value, Variable):
        raise RuntimeError(
            f"grad(f)(*args): Expected f(*args) to return a Tensor, got {type(value)}"
        )
    if value._array.ndim:
        raise RuntimeError(
            "grad(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with "
            f"{value._array.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
        )


def grad(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that gives the gradient of `func`, which returns a scalar tensor.

    Parameters
    ----------
    func : callable
    argnums : int or tuple of int
        Which arguments to differentiate by; each may be a nested container of tensors.
    has_aux : bool
        Whether `func` returns ``(value, aux)``; then so does what is returned.

    Raises
    ------
    RuntimeError
        If `func` does not return one scalar tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.func.grad(tg.sin)(tg.tensor(0.0))
    tensor(1.)
    >>> tg.func.grad(tg.func.grad(lambda x: x**3))(tg.tensor(2.0))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def derived(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return derived


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Return ``func(*primals)``, and the function of cotangents that gives its vjp.

    Parameters
    ----------
    func : callable
    *primals : tensors in nested containers
    has_aux : bool
        Whether `func` returns ``(value, aux)``; `aux` is returned last.

    Returns
    -------
    value
    vjp_fn : callable
        Takes a cotangent for each result, in their structure, and returns a gradient for
        each primal: a tuple, or one alone.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> value, vjp_fn = tg.func.vjp(tg.sin, tg.tensor([0.0, 1.0]))
    >>> vjp_fn(tg.tensor([1.0, 0.0]))
    (tensor([1., 0.]),)
    """
    numbers = tuple(range(len(primals)))
    recording = modes.is_grad_enabled()
    with modes.enable_grad():
        given, inputs = _with_independent(primals, numbers, "vjp")
        value, aux = _split_aux(func(*given), has_aux, "vjp")
    outputs, _ = flatten(value)
    for t in outputs:
        if not isinstance(t, Variable):
            raise RuntimeError(
                f"vjp(f, *primals): Expected f to be a function that returns tensors, got "
                f"{type(t).__name__}"
            )
    outer = recording and _reaches_others(outputs, inputs)

    def vjp_fn(
        *cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None
    ) -> Any:
        given_tree = cotangents[0] if len(cotangents) == 1 else cotangents
        found, _ = flatten(given_tree)
        if len(found) != len(outputs):
            raise RuntimeError(
                f"vjp_fn: Expected {len(outputs)} cotangents, in the structure of the results of "
                f"the function, got {len(found)}"
            )
        recorded = modes.is_grad_enabled() and (
            outer
            or any(isinstance(c, Variable) and (c._edge is not None or _watched(c)) for c in found)
        )
        pairs = [(o, c) for o, c in zip(outputs, found, strict=True) if o._edge is not None]
        with modes.enable_grad():
            if not pairs:
                got: Any = [t.new_zeros(t.shape) for t in inputs]
            else:
                got = api.grad(
                    [o for o, _ in pairs],
                    inputs,
                    [c for _, c in pairs],
                    retain_graph=retain_graph,
                    create_graph=recorded if create_graph is None else create_graph,
                    allow_unused=True,
                    materialize_grads=True,
                )
        return _released(_gathered(got, primals, numbers, numbers), recorded)

    shown = _released(value, outer)
    return (shown, vjp_fn, _released(aux, outer)) if has_aux else (shown, vjp_fn)


# -- forward mode -----------------------------------------------------------------------------


def jvp(
    func: Callable[..., Any],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> Any:
    """Return ``func(*primals)`` and its Jacobian-vector product, by forward mode.

    Parameters
    ----------
    func : callable
    primals, tangents : tuple
        Of the same structure.
    strict : bool
        Whether a result that does not depend on the primals is an error.
    has_aux : bool
        Whether `func` returns ``(value, aux)``; `aux` is returned last.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.func.jvp(tg.sin, (tg.tensor(0.0),), (tg.tensor(2.0),))
    (tensor(0.), tensor(2.))
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple) or not given:
            raise RuntimeError(
                f"jvp(f, primals, tangents): Expected {name} to be a non-empty tuple"
            )
    leaves, structure = flatten(primals)
    steps, shape = flatten(tangents)
    if structure != shape:
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals and tangents to have the same structure"
        )
    with forward_ad.dual_level() as level:
        duals = [_dual(p, t, level) for p, t in zip(leaves, steps, strict=True)]
        value, aux = _split_aux(func(*unflatten(structure, duals)), has_aux, "jvp")
        results, shape = flatten(value)
        pairs = [forward_ad.unpack_dual(r, level=level) for r in results]
        if strict and any(pair.tangent is None for pair in pairs):
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the "
                "inputs. This is not allowed with strict=True."
            )
        xp = carrier.tensors()
        out = unflatten(shape, [pair.primal for pair in pairs])
        dots = unflatten(
            shape,
            [
                xp.zeros_like(pair.primal.detach()) if pair.tangent is None else pair.tangent
                for pair in pairs
            ],
        )
        if has_aux:
            aux = tree_map(lambda t: _primal(t, level), aux)
    return (out, dots, aux) if has_aux else (out, dots)


def _primal(value: Any, level: Any) -> Any:
    is_tensor = isinstance(value, Variable)
    return forward_ad.unpack_dual(value, level=level).primal if is_tensor else value


def _dual(primal: Any, tangent: Any, level: Any) -> Any:
    for name, t in (("primals", primal), ("tangents", tangent)):
        if not isinstance(t, Variable):
            raise RuntimeError(
                f"jvp(f, primals, tangents): Expected {name} to be Tensors, got {type(t).__name__}"
            )
    return forward_ad.make_dual(primal, tangent, level=level)


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """Return ``func(*primals)``, and its Jacobian-vector product as a function of tangents.

    The product is the transpose of the vjp, recorded once: to call it does not run `func`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> value, jvp_fn = tg.func.linearize(tg.sin, tg.tensor(0.0))
    >>> jvp_fn(tg.tensor(3.0))
    tensor(3.)
    """
    value, vjp_fn = vjp(func, *primals)
    outputs, structure = flatten(value)
    xp = carrier.tensors()
    with modes.enable_grad():
        dummies = [xp.zeros_like(t.detach()) for t in outputs]
        for t in dummies:
            make_leaf(t)
        pulled, _ = flatten(vjp_fn(unflatten(structure, dummies), create_graph=True))
        pulled = [t if t._edge is not None else None for t in pulled]

    def jvp_fn(*steps: Any) -> Any:
        found, _ = flatten(steps)
        if len(found) != len(pulled):
            raise RuntimeError(
                f"linearize: expected {len(pulled)} tangents, in the structure of the primals, got "
                f"{len(found)}"
            )
        pairs = [(p, s) for p, s in zip(pulled, found, strict=True) if p is not None]
        if not pairs:
            return unflatten(structure, [xp.zeros_like(t.detach()) for t in outputs])
        got = api.grad(
            [p for p, _ in pairs],
            dummies,
            [s for _, s in pairs],
            retain_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
        return unflatten(structure, got)

    return value, jvp_fn


# -- Jacobians --------------------------------------------------------------------------------


def _basis(t: Any) -> Any:
    """Return the unit tensors of a tensor's shape, stacked along a first axis."""
    from ..functions.creation import eye

    count = t.numel()
    unit = eye(count, dtype=t.dtype, device=t.device)
    return unit.reshape(count, *t.shape)


def _bases(leaves: list[Any]) -> list[Any]:
    """Return for each of several tensors their directions, one after the other, zero elsewhere."""
    counts = [t.numel() for t in leaves]
    total, start, out = sum(counts), 0, []
    for t, count in zip(leaves, counts, strict=True):
        rows = t.detach().new_zeros((total, *t.shape))
        rows[start : start + count] = _basis(t)
        start += count
        out.append(rows)
    return out


def jacrev(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of `func`, by reverse mode.

    The shape of a Jacobian is that of the result, then that of the argument. Reverse mode is
    the cheaper one where there are fewer results than arguments.

    Parameters
    ----------
    func : callable
    argnums : int or tuple of int
    has_aux : bool
    chunk_size : int, optional
        How many rows are computed at a time.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.func.jacrev(lambda x: x**2)(tg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @functools.wraps(func)
    def derived(*args: Any, **kwargs: Any) -> Any:
        numbers = _chosen(argnums, args, "jacrev")

        def partial(*chosen: Any) -> Any:
            given = list(args)
            for n, value in zip(numbers, chosen, strict=True):
                given[n] = value
            return func(*given, **kwargs)

        found = vjp(partial, *(args[n] for n in numbers), has_aux=has_aux)
        value, vjp_fn = found[:2]
        outputs, structure = flatten(value)
        rows = vmap(
            lambda *cotangents: vjp_fn(unflatten(structure, cotangents)),
            randomness="same",
            chunk_size=chunk_size,
        )(*_bases(outputs))
        jacobian = unflatten(structure, _by_result(rows, outputs, isinstance(argnums, tuple)))
        return (jacobian, found[2]) if has_aux else jacobian

    return derived


def _by_result(rows: Any, outputs: list[Any], several: bool) -> list[Any]:
    """Return the rows that belong to each result, in its shape."""
    out, start = [], 0
    for t in outputs:
        count, at = t.numel(), start
        part = tree_map(
            lambda g, t=t, at=at, count=count: g[at : at + count].reshape(*t.shape, *g.shape[1:]),
            rows,
        )
        out.append(part if several else part[0])
        start += count
    return out


def jacfwd(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of `func`, by forward mode.

    As `jacrev`, and the cheaper one where there are fewer arguments than results.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.func.jacfwd(lambda x: x**2)(tg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @functools.wraps(func)
    def derived(*args: Any, **kwargs: Any) -> Any:
        numbers = _chosen(argnums, args, "jacfwd")
        chosen = tuple(args[n] for n in numbers)
        leaves, structure = flatten(chosen)
        for t in leaves:
            if not isinstance(t, Variable):
                raise RuntimeError(
                    f"jacfwd: Expected all inputs to be Tensors, got {type(t).__name__}"
                )

        def column(*steps: Any) -> Any:
            def partial(*values: Any) -> Any:
                given = list(args)
                for n, value in zip(numbers, values, strict=True):
                    given[n] = value
                return func(*given, **kwargs)

            out = jvp(partial, chosen, unflatten(structure, steps), has_aux=has_aux)
            return out[1:]

        found = vmap(column, randomness=randomness)(*_bases(leaves))
        columns = found[0]
        jacobian = tree_map(
            lambda rows: _gathered(_by_argument(rows, leaves), args, numbers, argnums),
            columns,
        )
        if has_aux:
            return jacobian, tree_map(lambda t: t[0], found[1])
        return jacobian

    return derived


def _by_argument(rows: Any, leaves: list[Any]) -> list[Any]:
    """Return the columns that belong to each argument, its axes last."""
    out, start = [], 0
    for t in leaves:
        count = t.numel()
        part = rows[start : start + count].movedim(0, -1)
        out.append(part.reshape(*part.shape[:-1], *t.shape))
        start += count
    return out


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Return a function that gives the Hessian of `func`: forward mode over reverse mode.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.func.hessian(lambda x: (x**3).sum())(tg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
