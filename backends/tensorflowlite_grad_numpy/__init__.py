"""The NumPy backend: the CPU, and the default."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np

from tensorflowlite_grad.backend import Backend

__all__ = ["NumpyBackend"]

# PyTorch's arithmetic does not warn about inf and nan. NumPy warns where the operation is
# called from, which is our own modules, so a filter on them leaves the user's NumPy alone.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tensorflowlite_grad")


class NumpyBackend(Backend):
    """NumPy arrays; a 0-d result may be one of NumPy's scalars, whose arithmetic is faster."""

    name = "numpy"
    kinds = ("cpu",)
    strided_views = True

    @property
    def version(self) -> str:
        return np.__version__

    def device_count(self, kind: str) -> int:
        return 1

    def locate(self, array: Any) -> tuple[str, int]:
        return "cpu", 0

    def is_array(self, value: object) -> bool:
        return isinstance(value, (np.ndarray, np.generic))

    def namespace(self, kind: str, index: int) -> ModuleType:
        from .namespace import make

        return make()

    def to_numpy(self, array: Any) -> Any:
        return np.asarray(array)

    def from_numpy(self, host: Any, kind: str, index: int) -> Any:
        return host

    def native_dtype(self, name: str) -> Any:
        return np.dtype(name)

    def same_dtype_key(self, native: Any) -> Any:
        # The namespace's names are classes (np.int64), arrays have dtypes.
        return np.dtype(native)

    def scalar(self, xp: Any, value: Any, native: Any) -> Any:
        # One of NumPy's scalars: arithmetic on them takes an eighth of the time.
        return native.type(value)

    def as_number(self, value: Any) -> Any:
        return value.item() if isinstance(value, np.generic) else None

    def copy(self, xp: Any, array: Any) -> Any:
        return np.array(array, order="C")

    def multiply_add(self, a: Any, alpha: float, b: Any) -> Any:
        if a.dtype == np.float64:
            from .fused import multiply_add

            return multiply_add(a, alpha, b)
        return a + alpha * b

    def is_own_memory(self, array: Any) -> bool:
        if isinstance(array, np.generic):
            return True
        # In row-major order, aligned, and not read-only.
        return array.base is None and bool(array.flags.carray)

    def is_contiguous(self, array: Any) -> bool:
        return bool(array.flags.c_contiguous)

    def layout(self, array: Any) -> Any:
        from .indexing import layout

        return layout(np.asarray(array))

    def address(self, array: Any) -> int:
        return int(np.asarray(array).__array_interface__["data"][0])

    def view_dtype(self, array: Any, native: Any) -> Any:
        return np.asarray(array).view(native)

    def overlaps_itself(self, array: Any) -> bool:
        if isinstance(array, np.generic):
            return False
        flags = array.flags
        if flags.forc or not flags.writeable:
            return not flags.writeable
        reach = 0  # how far the axes of smaller strides lead, in bytes
        strides = (abs(stride) for stride in array.strides)
        for stride, n in sorted(zip(strides, array.shape, strict=True)):
            if n > 1:
                if stride < reach + array.itemsize:
                    return bool(array.size)
                reach += stride * (n - 1)
        return False

    def try_view(self, xp: Any, array: Any, shape: tuple[int, ...]) -> Any:
        out = array.reshape(shape)
        return out if np.may_share_memory(out, array) or array.size == 0 else None

    def mutable(self, array: Any) -> Any:
        return np.asarray(array)

    def random(self, seed: int, kind: str, index: int) -> Any:
        from .random import Generator

        return Generator(seed)

    def host_array(self, data: Any, name: str | None = None) -> Any:
        """Return Python data as an array; ValueError if nested lists differ in length."""
        return np.asarray(data, name)

    def converted(self, host: Any, name: str) -> Any:
        """Return a fresh array of the dtype named."""
        return np.array(host, dtype=np.dtype(name), order="C")
