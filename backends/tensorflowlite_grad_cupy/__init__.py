"""The CuPy backend: CUDA.

CuPy imports without a driver and fails at first use, so the proof asks for devices first.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import cupy

from tensorflowlite_grad.backend import LOST_CONTEXT, Backend, Failure, reporting

__all__ = ["CupyBackend"]


class CupyBackend(Backend):
    """CuPy's arrays on any of the machine's GPUs.

    CuPy works on its current device, wherever the arrays are. Where there are several,
    each operation runs with the device of its arrays as the current one (`guard`).
    """

    name = "cupy"
    kinds = ("cuda",)
    strided_views = True

    @property
    def version(self) -> str:
        runtime = cupy.cuda.runtime
        try:
            parts = (runtime.runtimeGetVersion(), runtime.driverGetVersion())
        except runtime.CUDARuntimeError as error:
            return f"{cupy.__version__} (CUDA unknown: {error})"
        built, driver = (f"{n // 1000}.{n % 1000 // 10}" for n in parts)
        return f"{cupy.__version__} (CUDA runtime {built}, driver for {driver})"

    def device_count(self, kind: str) -> int:
        try:
            return int(cupy.cuda.runtime.getDeviceCount())
        except cupy.cuda.runtime.CUDARuntimeError:
            return 0

    def locate(self, array: Any) -> tuple[str, int]:
        return self.kinds[0], array.device.id

    def is_array(self, value: object) -> bool:
        return isinstance(value, cupy.ndarray)

    def adopt(self, array: Any) -> Any:
        return array if type(array) is cupy.ndarray else array.view(array_class=cupy.ndarray)

    def guard(self, kind: str, index: int) -> Any:
        # A context of its own for each use: one that is entered twice may not nest.
        return partial(cupy.cuda.Device, index) if self.device_count(kind) > 1 else None

    def namespace(self, kind: str, index: int) -> ModuleType:
        from .namespace import make

        return make(index, self.guard(kind, index))

    @reporting
    def to_numpy(self, array: Any) -> Any:
        return cupy.asnumpy(array)

    @reporting
    def from_numpy(self, host: Any, kind: str, index: int) -> Any:
        with cupy.cuda.Device(index):
            return cupy.array(host)

    def native_dtype(self, name: str) -> Any:
        return cupy.dtype(name)

    def same_dtype_key(self, native: Any) -> Any:
        # The namespace's names are classes (cupy.int64), arrays have dtypes.
        return cupy.dtype(native)

    @reporting
    def transfer(self, array: Any, kind: str, index: int) -> Any:
        # The work that makes the array is queued on its own device, which a copy on
        # another does not wait for.
        array.device.synchronize()
        with cupy.cuda.Device(index):
            return array.copy(order="C")

    @reporting
    def scalar(self, xp: Any, value: Any, native: Any) -> Any:
        return super().scalar(xp, value, native)

    @reporting
    def copy(self, xp: Any, array: Any) -> Any:
        with array.device:
            return array.copy(order="C")

    @reporting
    def write(self, target: Any, value: Any) -> None:
        with target.device:
            # A kernel reads and writes in no order: x[1:] = x[:-1] needs the old x.
            if value is not target and cupy.may_share_memory(target, value):
                value = value.copy()
            target[...] = value

    @reporting
    def add_into(self, target: Any, value: Any) -> None:
        with target.device:
            if value is not target and cupy.may_share_memory(target, value):
                value = value.copy()
            target += value

    @reporting
    def multiply_add(self, a: Any, alpha: float, b: Any) -> Any:
        with a.device:
            return a + alpha * b

    def is_own_memory(self, array: Any) -> bool:
        # Memory that came by DLPack has no base here, but belongs to another library.
        return (
            array.base is None
            and bool(array.flags.c_contiguous)
            and not isinstance(array.data.mem, cupy.cuda.UnownedMemory)
        )

    def is_contiguous(self, array: Any) -> bool:
        return bool(array.flags.c_contiguous)

    def layout(self, array: Any) -> Any:
        step, memory = array.itemsize, array.data.mem
        strides = tuple(s // step for s in array.strides)
        return strides, (array.data.ptr - memory.ptr) // step, memory.size // step

    def address(self, array: Any) -> int:
        return int(array.data.ptr)

    def view_dtype(self, array: Any, native: Any) -> Any:
        with array.device:
            return array.view(native)

    def overlaps_itself(self, array: Any) -> bool:
        if not array.size:
            return False
        reach = 0  # how far the axes of smaller strides lead, in bytes
        strides = (abs(stride) for stride in array.strides)
        for stride, n in sorted(zip(strides, array.shape, strict=True)):
            if n > 1:
                if stride < reach + array.itemsize:
                    return True
                reach += stride * (n - 1)
        return False

    def try_view(self, xp: Any, array: Any, shape: tuple[int, ...]) -> Any:
        with array.device:
            out = array.reshape(shape)
        return out if not array.size or cupy.may_share_memory(out, array) else None

    def random(self, seed: int, kind: str, index: int) -> Any:
        from .random import Generator

        return Generator(seed, index)

    @reporting
    def synchronize(self, kind: str, index: int) -> None:
        cupy.cuda.Device(index).synchronize()

    def diagnose(self, error: Exception) -> Failure | None:
        # Of the runtime and of the driver, which number their errors alike.
        kinds = (cupy.cuda.runtime.CUDARuntimeError, cupy.cuda.driver.CUDADriverError)
        if isinstance(error, kinds):
            return Failure.LOST if error.status in LOST_CONTEXT else None
        return super().diagnose(error)

    def describe_device(self, kind: str, index: int) -> str:
        found = cupy.cuda.runtime.getDeviceProperties(index)
        memory = found["totalGlobalMem"] / 2**30
        return (
            f"{found['name'].decode()}, {memory:.1f} GiB, "
            f"compute capability {found['major']}.{found['minor']}"
        )

    def prove(self) -> None:
        try:
            count = cupy.cuda.runtime.getDeviceCount()
        except cupy.cuda.runtime.CUDARuntimeError as error:
            raise RuntimeError(
                f"CuPy {cupy.__version__} finds no CUDA driver that it can use: {error}; "
                "`nvidia-smi` shows the driver, and the newest CUDA that it serves"
            ) from error
        if not count:
            raise RuntimeError(
                f"CuPy {cupy.__version__} finds no GPU; is CUDA_VISIBLE_DEVICES set to nothing?"
            )
        with cupy.cuda.Device(0):
            super().prove()
