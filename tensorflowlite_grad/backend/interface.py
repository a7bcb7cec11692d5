"""What an array library has to offer to carry tensors: the `Backend` interface.

A backend is a small adapter. Most of what the framework needs is the library's Array
API namespace; the methods here are what the standard leaves out. Those that are not
abstract have a generic form, slower than what a library can usually do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from . import fallbacks
from .failures import Failure
from .strides import row_major

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

__all__ = ["Backend", "Array", "Index"]

Array = Any
#: A normalised index: ints, slices, None and integer arrays, one entry for every axis.
Index = tuple[Any, ...]


class Backend(ABC):
    """An array library as the framework sees it.

    One instance serves all devices of the library. Arrays, dtypes and devices in the
    arguments are the library's own ("native").

    Attributes
    ----------
    name : str
        What users call it; the name of its entry point.
    kinds : tuple of str
        Device kinds it serves (``"cpu"``, ``"cuda"``), the default one first.
    writable : bool
        Whether arrays can be written in place.
    reverse_views : bool
        Whether a slice with a negative step is a view, as others are.
    strided_views : bool
        Whether `strided_get` and `as_strided` of the namespace return views.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    writable: ClassVar[bool] = True
    reverse_views: ClassVar[bool] = True
    strided_views: ClassVar[bool] = False

    @property
    @abstractmethod
    def version(self) -> str:
        """The version of the array library."""

    @abstractmethod
    def device_count(self, kind: str) -> int:
        """Return how many devices of this kind can be used now."""

    @abstractmethod
    def locate(self, array: Array) -> tuple[str, int]:
        """Return the kind and index of the device that holds `array`."""

    @abstractmethod
    def is_array(self, value: object) -> bool:
        """Return whether `value` is an array of this library."""

    def adopt(self, array: Array) -> Array:
        """Return an array that a user hands over as one that a tensor can hold.

        Subclasses, lazy forms and arrays that the library itself differentiates become
        plain ones; memory is shared where possible.
        """
        return array

    @abstractmethod
    def namespace(self, kind: str, index: int) -> ModuleType:
        """Return the library's Array API namespace, as it is used on that device.

        Functions that create arrays must create them on that device. Names that the
        standard lacks (`fallbacks.EXTRAS`) are added where they are missing.
        """

    def guard(self, kind: str, index: int) -> Callable[[], AbstractContextManager[Any]] | None:
        """Return what makes a context in which operations on that device have to run.

        For libraries that work on a current device, wherever the arrays are. None, where
        nothing has to be done, is faster.
        """
        return None

    @abstractmethod
    def to_numpy(self, array: Array) -> Any:
        """Return `array` as a NumPy array on the host, without a copy where possible."""

    @abstractmethod
    def from_numpy(self, host: Any, kind: str, index: int) -> Array:
        """Return a NumPy array as one on the device; on the CPU it may share its memory."""

    @abstractmethod
    def native_dtype(self, name: str) -> Any:
        """Return the library's dtype object for one of our dtype names."""

    def same_dtype_key(self, native: Any) -> Any:
        """Return a hashable key under which equal native dtypes fall together."""
        return native

    def transfer(self, array: Array, kind: str, index: int) -> Array | None:
        """Return a copy on another device of the library, or None to go by way of the host."""
        return None

    def scalar(self, xp: Any, value: Any, native: Any) -> Array:
        """Return a 0-d array of a Python number."""
        return xp.asarray(value, dtype=native)

    def as_number(self, value: Any) -> Any:
        """Return the Python number that a scalar of the library stands for, or None."""
        return None

    def copy(self, xp: Any, array: Array) -> Array:
        """Return a fresh, contiguous copy that nothing else refers to."""
        return xp.asarray(array, copy=True)

    def write(self, target: Array, value: Array) -> None:
        """Write `value`, broadcast to the target's shape, into `target`'s memory."""
        target[...] = value

    def add_into(self, target: Array, value: Array) -> None:
        """Add `value`, of the same shape, to `target` in its memory."""
        target += value

    def multiply_add(self, a: Array, alpha: float, b: Array) -> Array:
        """Return ``a + alpha * b``, in one kernel and with one rounding where possible."""
        return a + alpha * b

    def is_own_memory(self, array: Array) -> bool:
        """Return whether `array` surely owns its memory, whole and in order.

        A gradient that does and that nobody else refers to is taken over without a
        copy. False is always safe.
        """
        return False

    def is_contiguous(self, array: Array) -> bool:
        """Return whether elements lie in memory in row-major order; True if unknown."""
        return True

    def layout(self, array: Array) -> tuple[tuple[int, ...], int, int]:
        """Return strides, offset and length of the memory behind `array`, in elements.

        A library that does not tell is taken to store every array by itself, in order.
        """
        shape = tuple(array.shape)
        return row_major(shape), 0, prod(shape)

    def address(self, array: Array) -> int:
        """Return where the first element lies in memory, or a number that stands for it."""
        return id(array)

    def view_dtype(self, array: Array, native: Any) -> Array | None:
        """Return the same memory read as another dtype, or None if the library cannot."""
        return None

    def overlaps_itself(self, array: Array) -> bool:
        """Return whether two elements of `array` may share one place in memory."""
        return False

    def try_view(self, xp: Any, array: Array, shape: tuple[int, ...]) -> Array | None:
        """Return `array` reshaped without a copy, or None if that takes a copy."""
        try:
            return xp.reshape(array, shape, copy=False)
        except (ValueError, AttributeError, RuntimeError):
            return None

    def mutable(self, array: Array) -> Array:
        """Return `array` as one that can be written and viewed (NumPy's scalars cannot)."""
        return array

    def random(self, seed: int, kind: str, index: int) -> Any:
        """Return a generator: see `fallbacks.HostGenerator` for what it offers."""
        return fallbacks.HostGenerator(seed)

    def synchronize(self, kind: str, index: int) -> None:
        """Wait until the device has done all work given to it."""

    def diagnose(self, error: Exception) -> Failure | None:
        """Return what an error, raised by the library, says of the device; None if nothing."""
        return Failure.MEMORY if isinstance(error, MemoryError) else None

    def describe_device(self, kind: str, index: int) -> str:
        """Return a line for people about a device: its model and memory."""
        return kind

    def prove(self) -> None:
        """Do a tiny computation; raise what is wrong if the library cannot run here."""
        xp = self.namespace(self.kinds[0], 0)
        two = xp.asarray([1.0, 1.0], dtype=self.native_dtype("float32"))
        if float(self.to_numpy(xp.sum(two * two))) != 2.0:
            raise RuntimeError(f"backend {self.name!r} computed 1*1 + 1*1 wrongly")
