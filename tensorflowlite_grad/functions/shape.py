"""Shape: views, and what repeats or reorders elements, in PyTorch's spelling."""

from __future__ import annotations

from math import prod
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import viewable
from ..autograd.storage import share
from ..ops import conversion
from ..ops import shape as ops
from ..ops.broadcasting import broadcast_error, broadcast_shapes
from .arguments import as_tensor_argument, axes, one_of, shape_argument
from .arguments import axis as axis_of
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "broadcast_tensors",
    "broadcast_to",
    "flatten",
    "moveaxis",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "tile",
    "transpose",
    "tril",
    "triu",
    "unflatten",
    "unsqueeze",
]


def _resolved(name: str, tensor: Any, size: Any) -> tuple[int, ...]:
    """Return a shape with -1 replaced by what is left.

    Raises
    ------
    RuntimeError
        If the shape does not have as many elements.
    """
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = size[0]
    try:
        numbers = [as_index(n) for n in size]
    except TypeError:
        raise TypeError(f"{name}(): argument 'shape' must be tuple of ints, not {size}") from None
    count = prod(tensor._array.shape)
    if numbers.count(-1) > 1:
        raise RuntimeError(f"only one dimension can be inferred, but {name}() got {numbers}")
    if any(n < -1 for n in numbers):
        raise RuntimeError(f"invalid shape dimension {min(numbers)} in {name}() to {numbers}")
    known = prod(n for n in numbers if n != -1)
    if -1 in numbers:
        if known == 0 and count == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {numbers} because the "
                "unspecified dimension size -1 can be any value and is ambiguous"
            )
        if known and count % known == 0:
            numbers[numbers.index(-1)] = count // known
            known = count
    if known != count or -1 in numbers:
        raise RuntimeError(
            f"shape '{list(size)}' is invalid for input of size {count}: {name}() cannot make it "
            f"of shape {list(tensor._array.shape)}"
        )
    return tuple(numbers)


def listed(name: str, given: tuple[Any, ...], keyword: Any, word: str) -> tuple[Any, ...]:
    """Return ints given one by one, as one sequence, or by keyword, as a tuple."""
    if keyword is not None:
        if given:
            raise TypeError(f"{name}() got multiple values for argument {word!r}")
        given = (keyword,)
    elif not given:
        return ()
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        return tuple(given[0])
    return given


def _as_view(tensor: Any, shape: tuple[int, ...]) -> Any:
    """Return the tensor reshaped as a view, or None where memory does not allow one."""
    place = tensor._place
    if place.backend.try_view(place.xp, viewable(tensor), shape) is None:
        return None
    return ops.view.record(tensor, shape)


def view(input: Any, *size: Any, dtype: Any = None) -> Tensor:
    """Return the same memory in another shape, or read as another dtype.

    Parameters
    ----------
    input : Tensor
    *size : int or sequence of int, or dtype
    dtype : dtype, optional
        No gradient flows through, unless it is the tensor's own. Where elements differ in
        size, so does the last axis.

    Raises
    ------
    RuntimeError
        If that would take a copy; `reshape` makes one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.arange(4).view(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    if len(size) == 1 and isinstance(size[0], dtypes.dtype):
        dtype, size = size[0], ()
    if dtype is not None:
        if size:
            raise TypeError("view() takes a shape or a dtype, not both")
        return _as_dtype(input, dtype)
    out = _as_view(input, _resolved("view", input, size))
    if out is None:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return out


def _as_dtype(input: Any, dtype: Any) -> Any:
    """Return the same memory read as another dtype."""
    have, place = input.dtype, input._place
    if dtype is have:
        return conversion.alias(input)
    shape, old, new = tuple(input._array.shape), have.itemsize, dtype.itemsize
    names = f"to view {have.name} as {dtype.name} (different element sizes)"
    if old != new and not shape:
        raise RuntimeError(f"self.dim() cannot be 0 {names}")
    if new > old and shape[-1] % (new // old):
        raise RuntimeError(
            f"self.size(-1) must be divisible by {new // old} {names}, but got {shape[-1]}"
        )
    strides, offset, _ = place.backend.layout(viewable(input))
    if old != new and strides[-1] != 1 and shape[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {names}, but got {strides[-1]}")
    if new > old and any(s % (new // old) for s in (offset, *strides[:-1])):
        raise RuntimeError(
            f"self.stride() and self.storage_offset() must be divisible by {new // old} {names}"
        )
    native = place.native(dtype)
    array = place.backend.view_dtype(input._array, native)
    if array is None:
        raise NotImplementedError(
            f"backend {place.backend.name!r} cannot read memory as another dtype: view({dtype!r})"
        )
    out = place.wrap(array, place)
    share(out, input)
    return out


def reshape(input: Any, *shape: Any) -> Tensor:
    """Return the elements in another shape: a view where possible, else a copy.

    Parameters
    ----------
    input : Tensor
    *shape : int or sequence of int
        One may be -1: whatever is left.

    Raises
    ------
    RuntimeError
        If the shape does not have as many elements.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.reshape(tg.arange(6), (3, -1))
    tensor([[0, 1],
            [2, 3],
            [4, 5]])
    """
    input = as_tensor_argument("reshape", input)
    size = _resolved("reshape", input, shape)
    out = _as_view(input, size)
    return ops.reshape_copy.record(input, size) if out is None else out


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return a tensor with the axes from `start_dim` to `end_dim` made one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.flatten(tg.ones(2, 3, 4), 1).shape
    tensorflowlite_grad.Size([2, 12])
    """
    input = as_tensor_argument("flatten", input)
    shape = tuple(input._array.shape)
    first = axis_of("flatten", start_dim, len(shape))
    last = axis_of("flatten", end_dim, len(shape))
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, 1)
    if first == last:
        return input
    return reshape(input, (*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :]))


def unflatten(input: Any, dim: int, sizes: Any) -> Tensor:
    """Return a tensor with one axis split into several.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unflatten(tg.arange(6), 0, (2, 3))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    shape = tuple(input._array.shape)
    d = axis_of("unflatten", dim, len(shape))
    sizes = list(sizes)
    if -1 in sizes:
        rest = prod(n for n in sizes if n != -1)
        sizes[sizes.index(-1)] = shape[d] // rest if rest else 0
    if prod(sizes) != shape[d]:
        raise RuntimeError(
            f"unflatten: Provided sizes {sizes} don't multiply up to the size of dim {d} "
            f"({shape[d]}) in the input tensor"
        )
    return reshape(input, (*shape[:d], *sizes, *shape[d + 1 :]))


def ravel(input: Any) -> Tensor:
    """Return the elements as one axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ravel(tg.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return reshape(input, -1)


def squeeze(input: Any, dim: Any = None, *, axis: Any = None) -> Tensor:
    """Return a view without axes of size 1: all of them, or those of `dim`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.squeeze(tg.ones(1, 3, 1)).shape
    tensorflowlite_grad.Size([3])
    """
    input = as_tensor_argument("squeeze", input)
    shape = tuple(input._array.shape)
    dim = one_of("squeeze", dim, axis, "dim and axis", None)
    # Unlike a reduction's, an empty tuple stands for no axes.
    dims = () if isinstance(dim, (tuple, list)) and not dim else axes("squeeze", dim, len(shape))
    kept = tuple(n for k, n in enumerate(shape) if n != 1 or (dims is not None and k not in dims))
    return (ops.squeeze if dims is None else ops.squeeze_dim).record(input, kept)


def unsqueeze(input: Any, dim: Any = None, *, axis: Any = None) -> Tensor:
    """Return a view with a new axis of size 1 at `dim`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.unsqueeze(tg.ones(3), 1).shape
    tensorflowlite_grad.Size([3, 1])
    """
    input = as_tensor_argument("unsqueeze", input)
    shape = tuple(input._array.shape)
    d = axis_of("unsqueeze", one_of("unsqueeze", dim, axis, "dim and axis", None), len(shape), 1)
    return ops.unsqueeze.record(input, (*shape[:d], 1, *shape[d:]))


def permute(input: Any, *order: Any, dims: Any = None) -> Tensor:
    """Return a view with the axes in another order.

    Raises
    ------
    RuntimeError
        If not every axis is named once.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.permute(tg.ones(2, 3, 4), (2, 0, 1)).shape
    tensorflowlite_grad.Size([4, 2, 3])
    """
    input = as_tensor_argument("permute", input)
    dims = listed("permute", order, dims, "dims")
    n = input._array.ndim
    if len(dims) != n:
        raise RuntimeError(
            "permute(): number of dimensions in the tensor input does not match the length of "
            f"the desired ordering of dimensions i.e. input.dim() = {n} is not equal to "
            f"len(dims) = {len(dims)}"
        )
    chosen = tuple(axis_of("permute", d, n) for d in dims)
    if len(set(chosen)) != n:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return ops.permute.record(input, chosen)


def transpose(input: Any, dim0: int, dim1: int) -> Tensor:
    """Return a view with two axes swapped.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.transpose(tg.ones(2, 3), 0, 1).shape
    tensorflowlite_grad.Size([3, 2])
    """
    input = as_tensor_argument("transpose", input)
    n = input._array.ndim
    a, b = axis_of("transpose", dim0, n), axis_of("transpose", dim1, n)
    order = list(range(n))
    if n:
        order[a], order[b] = order[b], order[a]
    return ops.transpose.record(input, tuple(order))


swapaxes = swapdims = transpose


def t(input: Any) -> Tensor:
    """Return the transpose of a matrix; a vector as it is.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.t(tg.tensor([[1, 2, 3]]))
    tensor([[1],
            [2],
            [3]])
    """
    n = input._array.ndim
    if n > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {n}D")
    return ops.t.record(input, tuple(reversed(range(n))))


def reversed_axes(input: Any) -> Tensor:
    """Return a view with all axes in reverse order: ``x.T``."""
    return ops.permute.record(input, tuple(reversed(range(input._array.ndim))))


def matrix_transpose(input: Any) -> Tensor:
    """Return a view with the last two axes swapped: ``x.mT``."""
    if input._array.ndim < 2:
        raise RuntimeError(
            "tensor.mT is only supported on matrices or batches of matrices. Got "
            f"{input._array.ndim}-D tensor."
        )
    return transpose(input, -2, -1)


def movedim(input: Any, source: Any, destination: Any) -> Tensor:
    """Return a view with axes moved to other places.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.movedim(tg.ones(2, 3, 4), 0, -1).shape
    tensorflowlite_grad.Size([3, 4, 2])
    """
    input = as_tensor_argument("movedim", input)
    n = input._array.ndim
    sources = _moved("source", source, n)
    targets = _moved("destination", destination, n)
    if len(sources) != len(targets):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({_shown(source)} dims) should "
            f"contain the same number of dims as destination ({_shown(destination)} dims)"
        )
    if not n:
        return conversion.alias(input)
    order = [k for k in range(n) if k not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return ops.permute.record(input, tuple(order))


def _shown(dims: Any) -> list[int]:
    return list(dims) if isinstance(dims, (tuple, list)) else [dims]


def _moved(which: str, dims: Any, n: int) -> tuple[int, ...]:
    found = tuple(axis_of("movedim", d, n) for d in _shown(dims))
    if len(set(found)) != len(found):
        raise RuntimeError(f"movedim: repeated dim in `{which}` ({_shown(dims)})")
    return found


moveaxis = movedim


def expand(input: Any, *sizes: Any, size: Any = None, implicit: bool = False) -> Tensor:
    """Return a view repeated along axes of size 1, without a copy; -1 keeps a size.

    Raises
    ------
    RuntimeError
        If an axis of another size than 1 would have to change.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.tensor([[1.0], [2.0]]).expand(2, 3)
    tensor([[1., 1., 1.],
            [2., 2., 2.]])
    """
    input = as_tensor_argument("expand", input)
    sizes = listed("expand", sizes, size, "size")
    shape = tuple(input._array.shape)
    lead = len(sizes) - len(shape)
    if lead < 0:
        raise RuntimeError(
            f"expand({list(shape)}, size={list(sizes)}): the number of sizes provided "
            f"({len(sizes)}) must be greater or equal to the number of dimensions in the tensor "
            f"({len(shape)})"
        )
    target = []
    for k, n in enumerate(sizes):
        have = shape[k - lead] if k >= lead else None
        if n == -1:
            if have is None:
                raise RuntimeError(
                    f"The expanded size of the tensor (-1) isn't allowed in a leading, "
                    f"non-existing dimension {k}"
                )
            n = have
        elif have not in (None, 1, n):
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({have}) at "
                f"non-singleton dimension {k}. Target sizes: {list(sizes)}. Tensor sizes: "
                f"{list(shape)}"
            )
        if n < 0:
            raise RuntimeError(f"invalid shape dimension {n} in expand() to {list(sizes)}")
        target.append(int(n))
    return ops.expand.record(input, tuple(target))


def broadcast_to(input: Any, size: Any) -> Tensor:
    """Return a view of `input` repeated to a shape: see `expand`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.broadcast_to(tg.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, size)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Return views of all tensors in the shape they broadcast to.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x, y = tg.broadcast_tensors(tg.ones(3), tg.ones(2, 1))
    >>> x.shape, y.shape
    (tensorflowlite_grad.Size([2, 3]), tensorflowlite_grad.Size([2, 3]))
    """
    shapes = [tuple(t._array.shape) for t in tensors]
    error = broadcast_error("broadcast_tensors", shapes)
    if error is not None:
        raise error
    return tuple(expand(t, broadcast_shapes(*shapes)) for t in tensors)


def repeat(input: Any, *counts: Any, repeats: Any = None) -> Tensor:
    """Return copies of the tensor side by side along each axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    counts = shape_argument("repeat", listed("repeat", counts, repeats, "repeats"))
    if len(counts) < input._array.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            f"tensor: {list(counts)} for shape {list(input._array.shape)}"
        )
    return ops.repeat.record(input, counts)


def tile(input: Any, *counts: Any, dims: Any = None) -> Tensor:
    """Return copies of the tensor side by side: as `repeat`, missing counts being 1.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.tile(tg.tensor([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    input = as_tensor_argument("tile", input)
    counts = shape_argument("tile", listed("tile", counts, dims, "dims"))
    return ops.repeat.record(input, (1,) * (input._array.ndim - len(counts)) + counts)


@takes_out()
def tril(input: Any, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """Return the lower triangle of matrices, zeros above.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.tril(tg.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return ops.tril.record(_matrices("tril", input), diagonal)


@takes_out()
def triu(input: Any, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """Return the upper triangle of matrices, zeros below.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.triu(tg.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return ops.triu.record(_matrices("triu", input), diagonal)


def _matrices(name: str, input: Any) -> Any:
    input = as_tensor_argument(name, input)
    if input._array.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    return input
