"""Derivatives of functions at a point: Jacobians, Hessians and products with them.

The results have the structure of the inputs: a tensor for a tensor, a tuple for a tuple.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import api, carrier, modes, tangents
from .graph import Variable, make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


# -- inputs and outputs -----------------------------------------------------------------------


def _tuple(given: Any, what: str, name: str) -> tuple[bool, tuple[Any, ...]]:
    """Return whether several tensors were given, and them as a tuple."""
    several = isinstance(given, tuple)
    items = given if several else (given,)
    for k, item in enumerate(items):
        if not isinstance(item, Variable):
            if several:
                raise TypeError(
                    f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but "
                    f"the value at index {k} has type {type(item)}."
                )
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the "
                f"given {what} has type {type(item)}."
            )
    return several, items


def _fresh(inputs: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    """Return inputs to differentiate by; with `create_graph` connected to the given ones."""
    out = []
    for t in inputs:
        if create_graph and t._edge is not None:
            out.append(t.view_as(t))
        else:
            new = tangents.shared(t)
            new._edge = None
            if t.dtype.is_differentiable:
                make_leaf(new)
            out.append(new)
    return tuple(out)


def _called(
    func: Callable[..., Any], inputs: tuple[Any, ...], name: str
) -> tuple[bool, tuple[Any, ...]]:
    return _tuple(func(*inputs), "outputs of the user-provided function", name)


def _check_strict(outputs: tuple[Any, ...]) -> None:
    for k, t in enumerate(outputs):
        if t._edge is None:
            raise RuntimeError(
                f"Output {k} of the user-provided function does not require gradients. The outputs "
                "must be computed in a differentiable manner from the input when running in strict "
                "mode."
            )


def _vector(v: Any, like: tuple[Any, ...], several: bool, what: str, name: str) -> tuple[Any, ...]:
    """Return the vector of a product, checked; ones for None, if that is possible."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(
                f"The vector v can only be None if {what} a single Tensor with a single element."
            )
        return (carrier.tensors().ones_like(like[0].detach()),)
    _, found = _tuple(v, "v", name)
    if len(found) != len(like):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(like)} but got {len(found)}."
        )
    for k, (a, b) in enumerate(zip(found, like, strict=True)):
        if tuple(a.shape) != tuple(b.shape):
            prefix = f"Entry {k} in v" if several else "v"
            raise RuntimeError(
                f"{prefix} has invalid size: should be {b.shape!r} but got {a.shape!r}."
            )
    return found


def _gradients(
    outputs: tuple[Any, ...],
    inputs: tuple[Any, ...],
    vectors: tuple[Any, ...],
    create_graph: bool,
) -> tuple[Any, ...]:
    pairs = [(o, v) for o, v in zip(outputs, vectors, strict=True) if o._edge is not None]
    wanted = [t for t in inputs if t._edge is not None]
    if not pairs or not wanted:
        return (None,) * len(inputs)
    found = iter(
        api.grad(
            [o for o, _ in pairs],
            wanted,
            [v for _, v in pairs],
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
        )
    )
    return tuple(next(found) if t._edge is not None else None for t in inputs)


def _filled(
    found: tuple[Any, ...],
    like: tuple[Any, ...],
    strict: bool,
    create_graph: bool,
    what: tuple[str, str] = ("The output", "jacobian"),
) -> tuple[Any, ...]:
    """Return gradients, zeros in the place of None.

    `what` names that of which they are gradients, and what they are. With `strict`, both have to
    depend on each input; the latter only if it is to be differentiated.
    """
    out = []
    for k, (g, t) in enumerate(zip(found, like, strict=True)):
        if strict and g is None:
            raise RuntimeError(
                f"{what[0]} of the user-provided function is independent of input {k}. This is not "
                "allowed in strict mode."
            )
        if strict and create_graph and g._edge is None:
            raise RuntimeError(
                f"The {what[1]} of the user-provided function is independent of input {k}. This is "
                "not allowed in strict mode when create_graph=True."
            )
        out.append(t.new_zeros(t.shape) if g is None else g)
    return tuple(out)


def _check_slopes(slopes: tuple[Any, ...]) -> None:
    """Raise if the gradient of a function does not itself depend on the inputs."""
    for k, g in enumerate(slopes):
        if g._edge is None:
            raise RuntimeError(
                "While computing the hessian, found that the jacobian of the user-provided "
                f"function with respect to input {k} is independent of the input. This is not "
                "allowed in strict mode. You should ensure that your function is twice "
                "differentiable and that the jacobian depends on the inputs, as that of a linear "
                "function does not."
            )


def _shown(tree: Any, create_graph: bool) -> Any:
    """Return results, without history unless it was asked for."""
    if create_graph:
        return tree
    if isinstance(tree, tuple):
        return tuple(_shown(part, create_graph) for part in tree)
    return tree.detach() if tree._edge is not None else tree


def _packed(items: tuple[Any, ...], several: bool) -> Any:
    return items if several else items[0]


# -- products ---------------------------------------------------------------------------------


def vjp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return ``func(*inputs)``, and the product of `v` with its Jacobian.

    Parameters
    ----------
    func : callable
        Takes and returns a tensor or several.
    inputs : Tensor or tuple of Tensor
    v : Tensor or tuple of Tensor, optional
        Of the results' shapes; may be left out for one result with one element.
    create_graph : bool
        Whether what is returned can be differentiated again.
    strict : bool
        Whether a result without dependence is an error, and not a gradient of zero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([1.0, 2.0])
    >>> tg.autograd.functional.vjp(lambda t: t**2, x, tg.tensor([1.0, 0.0]))
    (tensor([1., 4.]), tensor([2., 0.]))
    """
    several, given = _tuple(inputs, "inputs", "vjp")
    with modes.enable_grad():
        fresh = _fresh(given, create_graph)
        several_outputs, outputs = _called(func, fresh, "vjp")
        if strict:
            _check_strict(outputs)
        vectors = _vector(v, outputs, several_outputs, "the user-provided function returns", "vjp")
        found = _gradients(outputs, fresh, vectors, create_graph)
        gradients = _filled(found, fresh, strict, create_graph)
    return (
        _packed(_shown(outputs, create_graph), several_outputs),
        _packed(_shown(gradients, create_graph), several),
    )


def jvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return ``func(*inputs)``, and the product of its Jacobian with `v`.

    As `vjp`; `v` has the inputs' shapes. Computed by differentiating twice in reverse mode:
    `func.jvp` does it in forward mode.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([1.0, 2.0])
    >>> tg.autograd.functional.jvp(lambda t: (t**2).sum(), x, tg.tensor([1.0, 0.0]))
    (tensor(5.), tensor(2.))
    """
    several, given = _tuple(inputs, "inputs", "jvp")
    with modes.enable_grad():
        vectors = _vector(v, given, several, "the input to the user-provided function is", "jvp")
        fresh = _fresh(given, create_graph)
        several_outputs, outputs = _called(func, fresh, "jvp")
        if strict:
            _check_strict(outputs)
        xp = carrier.tensors()
        dummies = tuple(xp.zeros_like(t.detach()) for t in outputs)
        for t in dummies:
            make_leaf(t)
        pulled = _gradients(outputs, fresh, dummies, True)
        _filled(pulled, fresh, strict, False)
        pairs = [(p, w) for p, w in zip(pulled, vectors, strict=True) if p is not None]
        found = _gradients(
            tuple(p for p, _ in pairs), dummies, tuple(w for _, w in pairs), create_graph
        )
        found = found if found else (None,) * len(dummies)
        tangent = _filled(found, outputs, strict, create_graph)
    return (
        _packed(_shown(outputs, create_graph), several_outputs),
        _packed(_shown(tangent, create_graph), several_outputs),
    )


# -- matrices ---------------------------------------------------------------------------------


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian of `func`: for each result and input, of the shapes of both joined.

    Parameters
    ----------
    func : callable
    inputs : Tensor or tuple of Tensor
    create_graph, strict : bool
        As for `vjp`.
    vectorize : bool
        Whether all rows are computed at once.
    strategy : {"reverse-mode", "forward-mode"}
        The latter needs `vectorize`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.autograd.functional.jacobian(lambda t: t**2, tg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your '
            'function has more outputs than inputs, "forward-mode" tends to be more performant. '
            'Otherwise, prefer to use "reverse-mode".'
        )
    if strict and vectorize:
        raise RuntimeError(
            "autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported "
            "together. Please either set `strict=False` or `vectorize=False`."
        )
    several, given = _tuple(inputs, "inputs", "jacobian")
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                "autograd.functional.jacobian: `create_graph=True` and "
                '`strategy="forward-mode"` are not supported together (yet): use func.jacfwd.'
            )
        if not vectorize:
            raise NotImplementedError(
                "Computing Jacobian using forward-AD or forward-over-reverse Hessian is only "
                "implemented for `vectorize=True`."
            )
        return _forward_jacobian(func, given, several)
    with modes.enable_grad():
        fresh = _fresh(given, create_graph)
        several_outputs, outputs = _called(func, fresh, "jacobian")
        if strict:
            _check_strict(outputs)
        rows = _rows_at_once if vectorize else _rows_one_by_one
        blocks = tuple(
            tuple(
                block.reshape(*output.shape, *t.shape)
                for block, t in zip(
                    rows(output, number, fresh, create_graph, strict), fresh, strict=True
                )
            )
            for number, output in enumerate(outputs)
        )
    shown = _shown(blocks, create_graph)
    return _packed(tuple(_packed(block, several) for block in shown), several_outputs)


def _rows_one_by_one(
    output: Any, number: int, inputs: tuple[Any, ...], create_graph: bool, strict: bool
) -> tuple[Any, ...]:
    """Return a Jacobian's rows for each input, by one pass for each element of the output."""
    flat = output.reshape(-1)
    rows = []
    for k in range(flat.shape[0]):
        one = flat[k]
        ones = carrier.tensors().ones_like(one.detach())
        found = _gradients((one,), inputs, (ones,), create_graph)
        rows.append(_filled(found, inputs, strict, create_graph, (f"Output {number}", "jacobian")))
    if not rows:
        return tuple(t.new_zeros((0, *t.shape)) for t in inputs)
    xp = carrier.tensors()
    return tuple(xp.stack(list(column)) for column in zip(*rows, strict=True))


def _rows_at_once(
    output: Any, number: int, inputs: tuple[Any, ...], create_graph: bool, strict: bool
) -> tuple[Any, ...]:
    """Return a Jacobian's rows for each input, by one pass for a batch of cotangents."""
    from ..func.transforms import _basis
    from ..func.vmap import vmap

    if output._edge is None:
        return tuple(t.new_zeros((output.numel(), *t.shape)) for t in inputs)

    def row(cotangent: Any) -> tuple[Any, ...]:
        found = _gradients((output,), inputs, (cotangent,), create_graph)
        return _filled(found, inputs, False, create_graph)

    out: tuple[Any, ...] = vmap(row)(_basis(output))
    return out


def _forward_jacobian(func: Callable[..., Any], inputs: tuple[Any, ...], several: bool) -> Any:
    from ..func.transforms import jacfwd

    with modes.no_grad():
        plain = tuple(t.detach() for t in inputs)
        found = jacfwd(func, argnums=tuple(range(len(inputs))))(*plain)
    several_outputs = isinstance(found[0], tuple)
    blocks = found if several_outputs else (found,)
    return _packed(tuple(_packed(block, several) for block in blocks), several_outputs)


def _scalar(func: Callable[..., Any], name: str, strict: bool) -> Callable[..., Any]:
    """Return a function that checks that `func` returns one number, strictly one of its inputs."""

    def call(*inputs: Any) -> Any:
        out = func(*inputs)
        several, outputs = _tuple(out, "outputs of the user-provided function", name)
        if strict:
            _check_strict(outputs)
        if several:
            raise RuntimeError(f"The function given to {name} should return a single Tensor")
        if outputs[0].numel() != 1:
            raise RuntimeError(
                f"The Tensor returned by the function given to {name} should contain a single "
                "element"
            )
        return out

    return call


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the Hessian of a function that returns one number: for each pair of inputs.

    As `jacobian`; `outer_jacobian_strategy` is the strategy of the outer of two Jacobians.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.autograd.functional.hessian(lambda t: (t**3).sum(), tg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    several, given = _tuple(inputs, "inputs", "hessian")
    single = _scalar(func, "hessian", strict)

    def gradient(*xs: Any) -> Any:
        if outer_jacobian_strategy == "forward-mode":
            xs = tuple(x if x._edge is not None else x.requires_grad_() for x in xs)
        with modes.enable_grad():
            found = jacobian(lambda *ts: single(*ts).reshape(()), xs, create_graph=True)
        if strict:
            _check_slopes(found)
        return found

    found = jacobian(
        gradient,
        given,
        create_graph=create_graph,
        strict=strict,
        vectorize=vectorize,
        strategy=outer_jacobian_strategy,
    )
    return found if several else found[0][0]


def vhp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return ``func(*inputs)``, one number, and the product of `v` with its Hessian.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([1.0, 2.0])
    >>> tg.autograd.functional.vhp(lambda t: (t**3).sum(), x, tg.tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return _hessian_product(func, inputs, v, create_graph, strict, "vhp")


def hvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return ``func(*inputs)``, one number, and the product of its Hessian with `v`.

    A Hessian is symmetric, so that this is `vhp`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([1.0, 2.0])
    >>> tg.autograd.functional.hvp(lambda t: (t**3).sum(), x, tg.tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return _hessian_product(func, inputs, v, create_graph, strict, "hvp")


def _hessian_product(
    func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool, name: str
) -> tuple[Any, Any]:
    """Return the value of `func`, and `v` times its Hessian, as the function `name` does."""
    several, given = _tuple(inputs, "inputs", name)
    single = _scalar(func, name, strict)
    with modes.enable_grad():
        vectors = _vector(v, given, several, "the input to the user-provided function is", name)
        fresh = _fresh(given, create_graph)
        value = single(*fresh)
        ones = carrier.tensors().ones_like(value.detach())
        first = _gradients((value,), fresh, (ones,), True)
        slopes = _filled(first, fresh, strict, False)
        if strict:
            _check_slopes(slopes)
        found = _gradients(slopes, fresh, vectors, create_graph)
        product = _filled(found, fresh, strict, create_graph, ("The jacobian", "hessian"))
    return _shown(value, create_graph), _packed(_shown(product, create_graph), several)
