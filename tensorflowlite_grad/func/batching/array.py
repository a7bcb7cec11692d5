"""Batched arrays: a whole batch that looks like one example of it.

A `BatchedArray` has the shape of one example. Where it differs between examples, what it
holds has one more axis in front; where it does not, it holds the example itself. The
functions of a `Space`'s namespace do for every example what they would do for one, all at
once; so whatever is written in the standard's vocabulary runs on them as it stands.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from ...autograd import carrier
from ...autograd.graph import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BatchedArray", "NotAsABatch", "Space"]


class NotAsABatch(RuntimeError):
    """Something depends on values that differ between examples, or has no rule for a batch."""


class Space:
    """What the arrays of one `vmap` have in common.

    Attributes
    ----------
    size : int
        The number of examples.
    base : Place
        Where the held arrays live: a device, or another space's place.
    xp : namespace
        The functions over batched arrays.
    held : namespace
        The functions over what they hold: raw arrays, or tensors where something outside
        differentiates through the batch.
    tensors : bool
        Whether tensors are held.
    randomness : str
        ``"error"``, ``"same"`` or ``"different"``.
    """

    def __init__(self, size: int, base: Any, tensors: bool, randomness: str) -> None:
        from .namespace import make

        self.size = size
        self.base = base
        self.tensors = tensors
        self.randomness = randomness
        #: the place of the batch, once it is made
        self.place: Any = None
        self.held = carrier.tensors() if tensors else base.xp
        self.xp = make(self)

    @property
    def examples(self) -> Any:
        """The functions that take batches apart, for those who cannot import them."""
        from . import examples

        return examples

    def holding(self, value: Any, batched: bool) -> BatchedArray:
        """Return a batched array around what it holds."""
        return BatchedArray(value, batched, self)

    def constant(self, raw: Any) -> BatchedArray:
        """Return a raw array of the base as one that all examples share."""
        return BatchedArray(self.base.wrap(raw, self.base) if self.tensors else raw, False, self)

    def whole(self, value: Any) -> Any:
        """Return what an array holds, with the batch's axis in front in any case."""
        if not isinstance(value, BatchedArray):
            return value
        if value.batched:
            return value.value
        shape = (self.size, *value.shape)
        return self.held.broadcast_to(self.held.expand_dims(value.value, axis=0), shape)

    def aligned(self, arrays: Any) -> tuple[list[Any], bool]:
        """Return what arrays hold, in shapes that broadcast as the examples do.

        And whether some of them are batched.
        """
        if not any(isinstance(a, BatchedArray) and a.batched for a in arrays):
            return [a.value if isinstance(a, BatchedArray) else a for a in arrays], False
        rank = max(a.ndim for a in arrays if isinstance(a, BatchedArray))
        out = []
        for a in arrays:
            if isinstance(a, BatchedArray):
                value, missing = a.value, rank - a.ndim
                if a.batched and missing:
                    shape = (self.size, *(1,) * missing, *a.shape)
                    value = self.held.reshape(value, shape)
                out.append(value)
            else:
                out.append(a)
        return out, True


def _operator(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: BatchedArray, other: Any) -> Any:
        if isinstance(other, (BatchedArray, bool, int, float, complex)):
            values, batched = self.space.aligned((self, other))
            return BatchedArray(function(*values), batched, self.space)
        return NotImplemented

    return method


def _reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: BatchedArray, other: Any) -> Any:
        if isinstance(other, (BatchedArray, bool, int, float, complex)):
            values, batched = self.space.aligned((other, self))
            return BatchedArray(function(*values), batched, self.space)
        return NotImplemented

    return method


def _unary(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: BatchedArray) -> BatchedArray:
        return BatchedArray(function(self.value), self.batched, self.space)

    return method


def _refuse(what: str) -> Callable[..., Any]:
    def method(self: BatchedArray) -> Any:
        raise NotAsABatch(
            f"vmap: It looks like you're calling {what} on a batched Tensor: its value differs "
            "between examples. Use where() in the place of a condition, and leave numbers in "
            "tensors, inside functions given to vmap"
        )

    return method


class BatchedArray:
    """A batch in the shape of one example.

    Attributes
    ----------
    value : array or Tensor
    batched : bool
        Whether `value` has the batch's axis in front.
    space : Space
    """

    __slots__ = ("batched", "space", "value")

    def __init__(self, value: Any, batched: bool, space: Space) -> None:
        self.value = value
        self.batched = batched
        self.space = space

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        shape = tuple(self.value.shape)
        return shape[1:] if self.batched else shape

    @property
    def ndim(self) -> int:
        """The number of an example's axes."""
        return len(self.value.shape) - self.batched

    @property
    def size(self) -> int:
        """The number of an example's elements."""
        count = 1
        for n in self.shape:
            count *= n
        return count

    @property
    def dtype(self) -> Any:
        """The base's own dtype."""
        value = self.value
        return value._array.dtype if isinstance(value, Variable) else value.dtype

    @property
    def T(self) -> Any:
        """The transpose of a matrix."""
        return self.space.xp.permute_dims(self, tuple(reversed(range(self.ndim))))

    @property
    def mT(self) -> Any:
        """Matrices transposed."""
        return self.space.xp.matrix_transpose(self)

    def __getitem__(self, index: Any) -> Any:
        items = index if isinstance(index, tuple) else (index,)
        if any(isinstance(item, BatchedArray) for item in items):
            return self.space.xp.index_get(self, items)
        if not self.batched:
            return BatchedArray(self.value[index], False, self.space)
        return BatchedArray(self.value[(slice(None), *items)], True, self.space)

    def __repr__(self) -> str:
        extent = f"{self.space.size} x " if self.batched else ""
        return f"<batched array {extent}{list(self.shape)} of {self.value!r}>"

    def __setitem__(self, index: Any, value: Any) -> None:
        raise NotAsABatch("vmap: batched arrays cannot be written in place")

    __bool__ = _refuse("bool()")
    __int__ = __index__ = _refuse("int()")
    __float__ = _refuse("float()")
    __complex__ = _refuse("complex()")
    __hash__ = object.__hash__

    __neg__ = _unary(operator.neg)
    __pos__ = _unary(operator.pos)
    __abs__ = _unary(operator.abs)
    __invert__ = _unary(operator.invert)
    __add__, __radd__ = _operator(operator.add), _reflected(operator.add)
    __sub__, __rsub__ = _operator(operator.sub), _reflected(operator.sub)
    __mul__, __rmul__ = _operator(operator.mul), _reflected(operator.mul)
    __truediv__, __rtruediv__ = _operator(operator.truediv), _reflected(operator.truediv)
    __floordiv__, __rfloordiv__ = _operator(operator.floordiv), _reflected(operator.floordiv)
    __mod__, __rmod__ = _operator(operator.mod), _reflected(operator.mod)
    __pow__, __rpow__ = _operator(operator.pow), _reflected(operator.pow)
    __and__, __rand__ = _operator(operator.and_), _reflected(operator.and_)
    __or__, __ror__ = _operator(operator.or_), _reflected(operator.or_)
    __xor__, __rxor__ = _operator(operator.xor), _reflected(operator.xor)
    __lshift__, __rlshift__ = _operator(operator.lshift), _reflected(operator.lshift)
    __rshift__, __rrshift__ = _operator(operator.rshift), _reflected(operator.rshift)
    __lt__, __le__ = _operator(operator.lt), _operator(operator.le)
    __gt__, __ge__ = _operator(operator.gt), _operator(operator.ge)
    __eq__, __ne__ = _operator(operator.eq), _operator(operator.ne)

    def __matmul__(self, other: Any) -> Any:
        return self.space.xp.matmul(self, other)
