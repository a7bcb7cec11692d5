"""The backend whose arrays are batched ones: what makes `vmap` a carrier like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...autograd import modes
from ...backend.interface import Backend
from ...backend.place import Place
from .array import BatchedArray, NotAsABatch, Space
from .examples import each

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import ModuleType

__all__ = ["BatchedPlace"]


class _BatchedBackend(Backend):
    """Batched arrays of one space; everything else is as in the space's base."""

    name = "batched"
    kinds = ("cpu",)
    writable = False

    def __init__(self, space: Space) -> None:
        self.space = space
        self.below: Any = space.base.backend
        self.name = self.below.name  # type: ignore[misc]

    @property
    def version(self) -> str:
        return str(self.below.version)

    def device_count(self, kind: str) -> int:
        return int(self.below.device_count(kind))

    def locate(self, array: Any) -> tuple[str, int]:
        return self.space.base.kind, self.space.base.index

    def is_array(self, value: object) -> bool:
        return isinstance(value, BatchedArray) and value.space is self.space

    def namespace(self, kind: str, index: int) -> ModuleType:
        out: ModuleType = self.space.xp
        return out

    def guard(self, kind: str, index: int) -> Any:
        return self.below.guard(kind, index)

    def to_numpy(self, array: Any) -> Any:
        if not array.batched:
            value = array.value
            value = value._array if hasattr(value, "_array") else value
            return self.below.to_numpy(value)
        raise NotAsABatch(
            "vmap: It looks like you're reading a batched Tensor's values, by .item(), .tolist(), "
            ".numpy(), print or a condition: they differ between examples. Use where() in the "
            "place of a condition, inside functions given to vmap"
        )

    def from_numpy(self, host: Any, kind: str, index: int) -> Any:
        return self.space.constant(self.below.from_numpy(host, kind, index))

    def native_dtype(self, name: str) -> Any:
        return self.below.native_dtype(name)

    def same_dtype_key(self, native: Any) -> Any:
        return self.below.same_dtype_key(native)

    def scalar(self, xp: Any, value: Any, native: Any) -> Any:
        base = self.space.base
        return self.space.constant(self.below.scalar(base.xp, value, native))

    def copy(self, xp: Any, array: Any) -> Any:
        return array

    def try_view(self, xp: Any, array: Any, shape: tuple[int, ...]) -> Any:
        return xp.reshape(array, shape)

    def random(self, seed: int, kind: str, index: int) -> Any:
        raise AssertionError("a batch draws from its base's generator: see _Generator")


class BatchedPlace(Place):
    """Where the tensors of a `vmap` live.

    Tensors of the base go along: `lift` makes them constants here, which for whoever
    differentiates outside they are not.
    """

    __slots__ = ("level", "space")

    level: int  # type: ignore[misc]

    def __init__(self, space: Space) -> None:
        base = space.base
        self.space = space
        self.level = base.level + 1
        super().__init__(_BatchedBackend(space), base.kind, base.index, base.wrap)
        self.device = base.device
        self.root = base.root
        space.place = self

    def lift(self, tensor: Any) -> Any:
        """Return a tensor of the base, or of a place below it, as one that examples share."""
        place = tensor._place
        if place is self:
            return tensor
        if place.level > self.level:
            return place.lift(tensor)
        base = self.space.base
        if place is not base:
            if base.level == 0:
                raise RuntimeError(
                    f"vmap: expected tensors on {base.device}, but got one on {place.device}"
                )
            tensor = base.lift(tensor)
        value = tensor if self.space.tensors else tensor._array
        return self.wrap(BatchedArray(value, False, self.space), self)

    def lift_array(self, value: Any) -> Any:
        """Return an array of the device, such as an index, in the batch; others as they are."""
        if isinstance(value, BatchedArray):
            return value if value.space is self.space else self.lift(_wrapped(value))._array
        if self.root.backend.is_array(value) and value.ndim is not None:
            return self.lift(self.root.wrap(value, self.root))._array
        return value

    def above(self, base: Any) -> BatchedPlace:
        """Return a new place for as many examples above another base, which records."""
        return BatchedPlace(Space(self.space.size, base, True, self.space.randomness))

    def running(self) -> AbstractContextManager[None]:
        """Return a context in which this place is the innermost."""
        from ..vmap import running

        return running(self)

    def bounds(self, positions: Any) -> tuple[int, int]:
        """Return the least and the greatest of some integers, of all examples."""
        held = positions.value
        held = held._array if self.space.tensors else held
        found: tuple[int, int] = self.space.base.bounds(held)
        return found

    def drawing(self, source: Any) -> Any:
        """Return a generator of batches from one of the base."""
        return _Drawing(self.space, source)

    def one_by_one(
        self, op: Any, error: Exception, operands: tuple[Any, ...], options: tuple[Any, ...]
    ) -> Any:
        """Return what an operation makes of each example in turn, as a raw result of a batch."""
        if not isinstance(error, NotAsABatch):
            raise op.explain(error, operands)
        return each(self.space, op, (*(t._array for t in operands), *options))

    def batch(self, tensor: Any, axis: int) -> Any:
        """Return a tensor of the base as a batch along one of its axes."""
        value = _in_front(tensor, axis)
        held = value if self.space.tensors else value._array
        return self.wrap(BatchedArray(held, True, self.space), self)

    def unbatch(self, tensor: Any, axis: int | None) -> Any:
        """Return a tensor of the base, with the batch along an axis; None: it has no batch."""
        space = self.space
        array = self.lift(tensor)._array
        if axis is None:
            if array.batched:
                raise ValueError(
                    "vmap: out_dims is None for a result that differs between examples"
                )
            held = array.value
        else:
            held = space.whole(array)
        out = held if space.tensors else space.base.wrap(held, space.base)
        return out if not axis else out.movedim(0, axis)


def _wrapped(array: BatchedArray) -> Any:
    place = array.space.place
    return place.wrap(array, place)


class _Drawing:
    """Draws for a batch from the base's generator: the same for all examples, or for each."""

    def __init__(self, space: Space, source: Any) -> None:
        self._space = space
        self._source = source

    def __getattr__(self, name: str) -> Any:
        space, draw = self._space, getattr(self._source, name)
        if space.randomness == "error":
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use "
                "the 'same' or 'different' randomness flags on vmap or perform the randomness "
                "operation out of vmap"
            )

        def call(xp: Any, *args: Any) -> BatchedArray:
            base = space.base.xp
            if space.randomness == "same":
                return space.constant(draw(base, *args))
            if any(isinstance(a, tuple) for a in args):
                sized = [(space.size, *a) if isinstance(a, tuple) else a for a in args]
                out = draw(base, *sized)
            else:
                out = base.stack([draw(base, *args) for _ in range(space.size)], axis=0)
            whole = space.constant(out)
            return BatchedArray(whole.value, True, space)

        return call


def _in_front(tensor: Any, axis: int) -> Any:
    if not axis:
        return tensor
    with modes.set_grad_enabled(True) if tensor._edge is not None else modes.enable_grad():
        return tensor.movedim(axis, 0)
