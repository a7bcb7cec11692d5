"""Sums of products over named axes: `einsum`, `tensordot` and `kron`."""

from __future__ import annotations

from math import prod
from string import ascii_letters
from typing import TYPE_CHECKING, Any

from ..ops import promotion
from ..ops.shape import reshape_copy
from .arguments import as_tensor_argument, together
from .arguments import axis as axis_of
from .diagonals import diagonal
from .outputs import takes_out, write_into
from .products import matmul
from .reductions import sum as sum_of
from .shape import expand, permute, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["einsum", "kron", "tensordot"]

#: Axes as tuples of letters, or of ints for those of an ellipsis.
Axes = tuple[Any, ...]


def _shape(t: Any) -> tuple[int, ...]:
    return tuple(t._array.shape)


# -- tensordot and kron -------------------------------------------------------------------------


def tensordot(a: Any, b: Any, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """Return the sums of products of two tensors over some axes of both.

    Parameters
    ----------
    a, b : Tensor
    dims : int or pair of lists of int
        How many: the last of `a` with the first of `b`; or which, for each.
    out : Tensor, optional
        Where the result is written.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.tensordot(tg.ones(2, 3, 4), tg.ones(3, 4, 5)).shape
    tensorflowlite_grad.Size([2, 5])
    """
    if out is not None:
        return write_into("tensordot", out, tensordot(a, b, dims))
    a, b = as_tensor_argument("tensordot", a, "a"), as_tensor_argument("tensordot", b, "b", 2)
    n, m = a._array.ndim, b._array.ndim
    if hasattr(dims, "_array"):
        dims = dims.tolist()
    if isinstance(dims, (tuple, list)):
        if len(dims) != 2:
            raise RuntimeError(f"tensordot expects dims to be int or a pair of lists, got {dims}")
        first, second = ([d] if isinstance(d, int) else list(d) for d in dims)
    else:
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(n, m):
            raise RuntimeError(
                f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims} for {n} and {m}"
            )
        first, second = list(range(n - dims, n)), list(range(dims))
    if len(first) != len(second):
        raise RuntimeError(
            f"both dimension lists should have same length, got {len(first)} and {len(second)}"
        )
    if a.dtype is not b.dtype:
        raise RuntimeError(
            f"both inputs should have same dtype: tensordot() got {a.dtype.name} and {b.dtype.name}"
        )
    promotion.common_place("tensordot", [a, b])
    first = [axis_of("tensordot", d, n) for d in first]
    second = [axis_of("tensordot", d, m) for d in second]
    sizes = []
    for d, e in zip(first, second, strict=True):
        p, q = _shape(a)[d], _shape(b)[e]
        if p != q and 1 not in (p, q):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {p} in dim {d} and "
                f"second has size {q} in dim {e}"
            )
        # An axis of size one meets another as if repeated: the other is summed first.
        if p == 1 and q != 1:
            b = sum_of(b, e, True)
        elif q == 1 and p != 1:
            a = sum_of(a, d, True)
        sizes.append(p if q == p else 1)
    rows = [k for k in range(n) if k not in first]
    columns = [k for k in range(m) if k not in second]
    left = [_shape(a)[k] for k in rows]
    right = [_shape(b)[k] for k in columns]
    inner = prod(sizes)
    x = reshape(permute(a, (*rows, *first)), (prod(left), inner))
    y = reshape(permute(b, (*second, *columns)), (inner, prod(right)))
    return reshape(matmul(x, y), (*left, *right))


@takes_out("cast")
def kron(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the Kronecker product: each element of one times all of the other.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.kron(tg.tensor([1, 10]), tg.tensor([1, 2]))
    tensor([ 1,  2, 10, 20])
    """
    input, other = as_tensor_argument("kron", input), as_tensor_argument("kron", other, "other", 2)
    a, b = _shape(input), _shape(other)
    n = max(len(a), len(b))
    a, b = (1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b
    first = reshape(input, tuple(size for p in a for size in (p, 1)))
    second = reshape(other, tuple(size for q in b for size in (1, q)))
    product = first * second
    return reshape_copy.record(product, tuple(p * q for p, q in zip(a, b, strict=True)))


# -- einsum -------------------------------------------------------------------------------------


def einsum(equation: Any, *operands: Any) -> Tensor:
    """Return sums of products over the axes that subscripts name.

    Parameters
    ----------
    equation : str
        Letters for the axes of each operand, commas between operands, ``...`` for all others,
        and after ``->`` the axes of the result; without it, those named once, in order of the
        alphabet. A letter twice in an operand means its diagonal.
    *operands : Tensor
        Or the form without an equation: each operand followed by a list of ints of [0, 52),
        with ``...`` for the ellipsis, and at the end, if given, the list of the result.

    Notes
    -----
    The order of contraction is opt_einsum's where that is installed, else from left to right.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> A, B = tg.ones(2, 3), tg.ones(3, 4)
    >>> tg.einsum("ij,jk->ik", A, B).shape
    tensorflowlite_grad.Size([2, 4])
    """
    if not isinstance(equation, str):
        equation, operands = _from_lists((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    if not operands:
        raise RuntimeError("einsum(): must provide at least one operand")
    tensors = [as_tensor_argument("einsum", t, "operands") for t in operands]
    tensors = together("einsum", tensors)
    inputs, result = _parsed(equation, tensors)
    tensors = [_one_axis_each(t, axes) for t, axes in zip(tensors, inputs, strict=True)]
    inputs = [tuple(dict.fromkeys(axes)) for axes in inputs]
    _agreeing(tensors, inputs)
    return _contracted(tensors, inputs, result)


def _letter(k: Any) -> str:
    if k is Ellipsis:
        return "..."
    if isinstance(k, bool) or not isinstance(k, int):
        raise TypeError(f"einsum(): subscripts must be ints or ..., not {type(k).__name__}")
    if not 0 <= k < 52:
        raise ValueError(f"einsum(): expected subscript values to be within range [0, 52), not {k}")
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[k]


def _from_lists(arguments: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return the equation and the operands of the form with lists of ints."""
    if len(arguments) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one "
            "operand and its subscripts list"
        )
    parts = ["".join(map(_letter, axes)) for axes in arguments[1::2]]
    equation = ",".join(parts)
    operands = arguments[:-1:2]
    if len(arguments) % 2:
        equation += "->" + "".join(map(_letter, arguments[-1]))
    return equation, operands


def _parsed(equation: str, tensors: list[Any]) -> tuple[list[Axes], Axes]:
    """Return the axes of each operand and of the result; those of an ellipsis are ints."""
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    for part in (left, right):
        bad = set(part) - set(ascii_letters) - {",", "."}
        if bad or (part is right and "," in part):
            raise RuntimeError(
                "einsum(): invalid subscript given: subscripts must be in [a-zA-Z], with commas "
                f"between operands, ... for an ellipsis and one ->, but here is {equation!r}"
            )
    terms = left.split(",")
    if len(terms) > len(tensors):
        raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
    if len(terms) < len(tensors):
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    inputs: list[Axes] = []
    width = 0
    for k, (term, t) in enumerate(zip(terms, tensors, strict=True)):
        axes, count = _term(term, t._array.ndim, k)
        inputs.append(axes)
        width = max(width, count)
    if arrow:
        return inputs, _result(right, width, inputs)
    flat = [x for axes in inputs for x in axes if isinstance(x, str)]
    once = tuple(sorted(x for x in set(flat) if flat.count(x) == 1))
    return inputs, (*_ellipsis(width), *once)


def _ellipsis(width: int) -> Axes:
    """Return the axes of an ellipsis, which are aligned at their end."""
    return tuple(range(-width, 0))


def _term(term: str, ndim: int, number: int) -> tuple[Axes, int]:
    before, dots, after = term.partition("...")
    letters = len(before) + len(after)
    if "." in before + after:
        why = (
            "for which an ellipsis was already found"
            if dots
            else "that is not part of any ellipsis"
        )
        raise RuntimeError(f"einsum(): found '.' for operand {number} {why}")
    if not dots:
        if letters != ndim:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({letters}) does not match "
                f"the number of dimensions ({ndim}) for operand {number} and no ellipsis was given"
            )
        return tuple(term), 0
    if letters > ndim:
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({letters}) is more than the "
            f"number of dimensions ({ndim}) for operand {number}"
        )
    return (*before, *_ellipsis(ndim - letters), *after), ndim - letters


def _result(right: str, width: int, inputs: list[Axes]) -> Axes:
    before, dots, after = right.partition("...")
    if "." in before + after:
        raise RuntimeError(
            "einsum(): found '.' for output but an ellipsis (...) was already found, or it is not "
            "part of any ellipsis"
        )
    known = {x for axes in inputs for x in axes}
    for x in before + after:
        if (before + after).count(x) > 1:
            raise RuntimeError(
                f"einsum(): output subscript {x} appears more than once in the output"
            )
        if x not in known:
            raise RuntimeError(
                f"einsum(): output subscript {x} does not appear in the equation for any input "
                "operand"
            )
    return (*before, *(_ellipsis(width) if dots else ()), *after)


def _one_axis_each(t: Any, axes: Axes) -> Any:
    """Return a tensor with one axis for each name: of a name that comes twice, the diagonal."""
    names = list(axes)
    for name in dict.fromkeys(axes):
        while names.count(name) > 1:
            i = names.index(name)
            j = names.index(name, i + 1)
            p, q = _shape(t)[i], _shape(t)[j]
            if p != q:
                raise RuntimeError(
                    f"einsum(): subscript {name} is repeated for one operand but the sizes don't "
                    f"match, {p} != {q}"
                )
            t = diagonal(t, 0, i, j)
            del names[j], names[i]
            names.append(name)
    wanted = tuple(dict.fromkeys(axes))
    if tuple(names) != wanted:
        t = permute(t, tuple(names.index(x) for x in wanted))
    return t


def _agreeing(tensors: list[Any], inputs: list[Axes]) -> None:
    sizes: dict[Any, int] = {}
    for number, (t, axes) in enumerate(zip(tensors, inputs, strict=True)):
        for name, size in zip(axes, _shape(t), strict=True):
            have = sizes.get(name, 1)
            if size != 1 and have not in (1, size):
                which = name if isinstance(name, str) else "..."
                raise RuntimeError(
                    f"einsum(): subscript {which} has size {size} for operand {number} which does "
                    f"not broadcast with previously seen size {have}"
                )
            sizes[name] = have if size == 1 else size


def _path(tensors: list[Any], inputs: list[Axes], result: Axes) -> list[tuple[int, ...]]:
    """Return which operands to contract, step by step."""
    if len(tensors) > 2:
        try:
            from opt_einsum import contract_path  # type: ignore[import-untyped,unused-ignore]
        except ImportError:
            pass
        else:
            return _best_path(contract_path, tensors, inputs, result)
    # The result of two is put at the end, and taken first in the next step.
    steps: list[tuple[int, ...]] = [(0, 1)]
    steps += [(0, n - 1) for n in range(len(tensors) - 1, 1, -1)]
    return steps if len(tensors) > 1 else []


def _best_path(
    contract_path: Any, tensors: list[Any], inputs: list[Axes], result: Axes
) -> list[tuple[int, ...]]:
    names = {x: chr(0x4E00 + k) for k, x in enumerate(dict.fromkeys(x for a in inputs for x in a))}
    sizes: dict[Any, int] = {}
    for t, axes in zip(tensors, inputs, strict=True):
        for x, n in zip(axes, _shape(t), strict=True):
            sizes[x] = max(n, sizes.get(x, 1)) if n else 0
    equation = ",".join("".join(names[x] for x in axes) for axes in inputs)
    equation += "->" + "".join(names[x] for x in result if x in names)
    shapes = [tuple(sizes[x] for x in axes) for axes in inputs]
    path, _ = contract_path(equation, *shapes, shapes=True)
    return [tuple(step) for step in path]


def _contracted(tensors: list[Any], inputs: list[Axes], result: Axes) -> Any:
    work = list(zip(tensors, inputs, strict=True))
    for step in _path(tensors, inputs, result):
        taken = [work[k] for k in step]
        work = [item for k, item in enumerate(work) if k not in step]
        out, axes = taken[0]
        for n, (t, its) in enumerate(taken[1:], 2):
            rest = [*work, *taken[n:]]
            kept = set(result).union(*(a for _, a in rest))
            out, axes = _two(out, axes, t, its, kept)
        work.append((out, axes))
    ((out, axes),) = work
    if len(tensors) == 1 and set(axes) - set(result):
        # A sum alone adds integers as int64, where a product keeps its operands' dtype.
        alone = tuple(k for k, x in enumerate(axes) if x not in result)
        out, axes = sum_of(out, alone), tuple(x for x in axes if x in result)
    out, axes = _summed(out, axes, set(result))
    missing = [x for x in result if x not in axes]  # of an ellipsis that nothing fills
    if missing:
        out = reshape(out, (*(1,) * len(missing), *_shape(out)))
        axes = (*missing, *axes)
    order = tuple(axes.index(x) for x in result)
    return permute(out, order) if order != tuple(range(len(order))) else out.view(_shape(out))


def _summed(t: Any, axes: Axes, kept: set[Any]) -> tuple[Any, Axes]:
    """Return a tensor summed over the axes that nothing else needs."""
    alone = tuple(k for k, x in enumerate(axes) if x not in kept)
    if alone:
        t = sum_of(t, alone, dtype=t.dtype)
        axes = tuple(x for x in axes if x in kept)
    return t, axes


def _two(x: Any, a: Axes, y: Any, b: Axes, kept: set[Any]) -> tuple[Any, Axes]:
    """Return the contraction of two operands: a stack of matrix products."""
    x, a = _summed(x, a, kept | set(b))
    y, b = _summed(y, b, kept | set(a))
    sizes = dict(zip(a, _shape(x), strict=True))
    for name, n in zip(b, _shape(y), strict=True):
        sizes[name] = n if sizes.get(name, 1) == 1 else sizes[name]
    both = [n for n in a if n in b]
    stack = [n for n in both if n in kept]
    inner = [n for n in both if n not in kept]
    rows = [n for n in a if n not in b]
    columns = [n for n in b if n not in a]
    if not inner:
        return _outer(x, a, y, b, (*stack, *rows, *columns)), (*stack, *rows, *columns)
    x, y = _repeated(x, a, inner, sizes), _repeated(y, b, inner, sizes)

    def arranged(t: Any, axes: Axes, *groups: list[Any]) -> Any:
        # Along the stack an axis of size one stays, for the product to repeat.
        order = tuple(axes.index(n) for n in (*stack, *(n for group in groups for n in group)))
        shape = dict(zip(axes, _shape(t), strict=True))
        lead = [shape[n] for n in stack]
        return reshape(permute(t, order), (*lead, *(prod(sizes[n] for n in g) for g in groups)))

    out = matmul(arranged(x, a, rows, inner), arranged(y, b, inner, columns))
    names = (*stack, *rows, *columns)
    return reshape(out, tuple(sizes[n] for n in names)), names


def _repeated(t: Any, axes: Axes, inner: list[Any], sizes: dict[Any, int]) -> Any:
    """Return a tensor whose summed axes have their full size."""
    want = tuple(sizes[n] if n in inner else have for n, have in zip(axes, _shape(t), strict=True))
    return expand(t, want) if want != _shape(t) else t


def _outer(x: Any, a: Axes, y: Any, b: Axes, names: Axes) -> Any:
    """Return products without a sum, of axes in the order of `names`."""

    def aligned(t: Any, axes: Axes) -> Any:
        moved = permute(t, tuple(axes.index(n) for n in names if n in axes))
        sizes = iter(_shape(moved))
        return reshape(moved, tuple(next(sizes) if n in axes else 1 for n in names))

    return aligned(x, a) * aligned(y, b)
