"""`vmap`: a function of one example, run on a whole batch at once."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ..autograd import modes, observers, tangents
from ..autograd.graph import Variable
from ..backend import selection
from .batching import BatchedPlace, Space
from .pytree import flatten, flatten_prefix, unflatten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["innermost", "running", "vmap"]

_places: ContextVar[tuple[BatchedPlace, ...]] = ContextVar("vmap_places", default=())


def innermost() -> BatchedPlace | None:
    """Return where the innermost `vmap` that is running has its tensors."""
    places = _places.get()
    return places[-1] if places else None


@contextmanager
def running(place: BatchedPlace) -> Iterator[None]:
    """Make a place the innermost for the time of a block."""
    before, carrying = _places.get(), selection._carrying.get()
    observers.demand()
    try:
        _places.set((*before, place))
        selection._carrying.set(place)
        yield
    finally:
        _places.set(before)
        selection._carrying.set(carrying)
        observers.release()


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return a function that does for a batch, all at once, what `func` does for one example.

    Parameters
    ----------
    func : callable
        Takes and returns tensors, in nested containers. Conditions must not depend on values.
    in_dims : int, None or nested
        The batch's axis of each argument; None for one that all examples share. A structure
        as that of the arguments, which may end early.
    out_dims : int, None or nested
        Where the batch's axis goes in each result.
    randomness : {"error", "same", "different"}
        What random functions do: raise, draw once for all examples, or for each.
    chunk_size : int, optional
        Do so many examples at a time, to save memory.

    Raises
    ------
    ValueError
        If sizes or structures do not fit.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> from tensorflowlite_grad.func import grad, vmap
    >>> x = tg.tensor([1.0, 2.0, 3.0])
    >>> vmap(grad(lambda t: t**3))(x)
    tensor([ 3., 12., 27.])
    """
    if randomness not in ("error", "same", "different"):
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', or 'same'. Got "
            f"{randomness}"
        )
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def batched(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = flatten((list(args), kwargs))
        dims = _input_dims(in_dims, args, kwargs, structure)
        size = _batch_size(leaves, dims)
        if chunk_size is None or size <= chunk_size:
            return _run(func, leaves, structure, dims, size, out_dims, randomness)
        return _run_chunks(func, leaves, structure, dims, size, out_dims, randomness, chunk_size)

    return batched


def _input_dims(in_dims: Any, args: Any, kwargs: Any, structure: Any) -> list[int | None]:
    """Return the batch's axis of each leaf; those of keyword arguments are the first."""
    if not isinstance(in_dims, (int, tuple, list)):
        raise ValueError(
            f"vmap(in_dims={in_dims}): expected `in_dims` to be int or a (potentially nested) "
            f"tuple matching the structure of inputs, got: {type(in_dims)}."
        )
    if not args and not kwargs:
        raise ValueError(
            "vmap: got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
            "function with no inputs. The latter is unsupported."
        )
    prefix = in_dims if isinstance(in_dims, int) else list(in_dims)
    found = flatten_prefix(prefix, structure.children[0])
    if found is None:
        raise ValueError(
            f"vmap(in_dims={in_dims}): in_dims is not compatible with the structure of `inputs`: "
            f"it has {len(args)} arguments"
        )
    return found + [0] * structure.children[1].leaves


def _batch_size(leaves: list[Any], dims: list[Any]) -> int:
    sizes = set()
    for k, (leaf, dim) in enumerate(zip(leaves, dims, strict=True)):
        if dim is None:
            continue
        if not isinstance(leaf, Variable):
            raise ValueError(
                f"vmap: Got in_dim={dim} for an input but the input is of type {type(leaf)}. We "
                "cannot vmap over non-Tensor arguments, please use None as the respective in_dim"
            )
        rank = leaf._array.ndim
        if not -rank <= dim < rank:
            raise ValueError(
                f"vmap: Got in_dim={dim} for some input, but that input is a Tensor of "
                f"dimensionality {rank} so expected in_dim to satisfy -{rank} <= in_dim < {rank}."
            )
        dims[k] = dim % rank
        sizes.add(int(leaf._array.shape[dim]))
    if not sizes:
        raise ValueError(
            "vmap: at least one of the inputs must be a tensor with a batch axis: every in_dim is "
            "None"
        )
    if len(sizes) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sorted(sizes)} for the mapped dimension"
        )
    return sizes.pop()


def _run(
    func: Any, leaves: Any, structure: Any, dims: Any, size: int, out_dims: Any, randomness: str
) -> Any:
    place = _new_place(leaves, size, randomness)
    with running(place):
        given = [
            leaf if dim is None else place.batch(leaf, dim)
            for leaf, dim in zip(leaves, dims, strict=True)
        ]
        args, kwargs = unflatten(structure, given)
        out = func(*args, **kwargs)
        results, shape = flatten(out)
        where = _output_dims(out_dims, shape, results)
        return unflatten(shape, [place.unbatch(r, d) for r, d in zip(results, where, strict=True)])


def _new_place(leaves: Any, size: int, randomness: str) -> BatchedPlace:
    """Return a place for the batch, above that of the tensors and of `vmap` s around."""
    tensors = [leaf for leaf in leaves if isinstance(leaf, Variable)]
    base = max((t._place for t in tensors), key=lambda p: p.level)
    outer = innermost()
    if outer is not None and outer.level > base.level:
        base = outer
    # What is outside may be differentiated, also by way of tensors that are no arguments.
    watched = modes.is_grad_enabled() or bool(tangents.current())
    return BatchedPlace(Space(size, base, watched, randomness))


def _output_dims(out_dims: Any, shape: Any, results: list[Any]) -> list[Any]:
    for r in results:
        if not isinstance(r, Variable):
            raise ValueError(
                f"vmap: the function must only return Tensors, got type {type(r)} as a return."
            )
    prefix = list(out_dims) if isinstance(out_dims, tuple) and shape.kind is list else out_dims
    if isinstance(prefix, (list, tuple)) and shape.kind is None and len(prefix) == 1:
        prefix = prefix[0]
    found = flatten_prefix(prefix, shape)
    if found is None:
        raise ValueError(
            f"vmap(out_dims={out_dims}): out_dims is not compatible with the structure of the "
            "outputs"
        )
    return found


def _run_chunks(
    func: Any,
    leaves: Any,
    structure: Any,
    dims: Any,
    size: int,
    out_dims: Any,
    randomness: str,
    chunk: int,
) -> Any:
    from ..functions.joining import cat

    outs = []
    for start in range(0, size, chunk):
        count = min(chunk, size - start)
        part = [
            leaf if dim is None else leaf.narrow(dim, start, count)
            for leaf, dim in zip(leaves, dims, strict=True)
        ]
        outs.append(_run(func, part, structure, dims, count, out_dims, randomness))
    flat = [flatten(out) for out in outs]
    shape = flat[0][1]
    where = _output_dims(out_dims, shape, flat[0][0])
    columns = zip(*(found for found, _ in flat), strict=True)
    return unflatten(
        shape,
        [
            column[0] if d is None else cat(list(column), d)
            for column, d in zip(columns, where, strict=True)
        ],
    )
