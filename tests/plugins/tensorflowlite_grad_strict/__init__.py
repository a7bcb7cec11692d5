"""array-api-strict as a backend, plugged in as a third party's would be.

Its devices besides the CPU stand in for a GPU: NumPy cannot read them, and they do not mix.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import array_api_strict as strict

from tensorflowlite_grad.backend import Backend
from tensorflowlite_grad.backend.fallbacks import complete

DEVICES = {("strict", 0): "device1", ("strict", 1): "device2", ("cpu", 0): "CPU_DEVICE"}
CREATORS = ("asarray", "zeros", "ones", "empty", "full", "arange", "eye", "linspace")


def _device(kind: str, index: int) -> Any:
    return strict.Device(DEVICES[kind, index])


class StrictBackend(Backend):
    name = "strict"
    kinds = ("strict", "cpu")

    @property
    def version(self) -> str:
        return str(strict.__version__)

    def device_count(self, kind: str) -> int:
        return sum(k == kind for k, _ in DEVICES)

    def locate(self, array: Any) -> tuple[str, int]:
        return next(key for key in DEVICES if _device(*key) == array.device)

    def is_array(self, value: object) -> bool:
        return type(value).__module__ == "array_api_strict._array_object"

    def namespace(self, kind: str, index: int) -> ModuleType:
        xp = ModuleType(f"strict_on_{kind}_{index}")
        for name in (*dir(strict), "fft", "linalg"):  # it does not list its extensions
            if not name.startswith("__"):
                setattr(xp, name, getattr(strict, name))
        for name in CREATORS:
            setattr(xp, name, self._on(getattr(strict, name), _device(kind, index)))
        return complete(xp)

    def _on(self, create: Any, device: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            return create(*args, device=device, **kwargs)

        return call

    def to_numpy(self, array: Any) -> Any:
        import numpy as np

        # From another device a copy, as from a GPU.
        return np.asarray(array.to_device(strict.Device("CPU_DEVICE")))

    def from_numpy(self, host: Any, kind: str, index: int) -> Any:
        array = strict.asarray(host, copy=True)
        return array.to_device(_device(kind, index))

    def native_dtype(self, name: str) -> Any:
        return getattr(strict, name, None)

    def overlaps_itself(self, array: Any) -> bool:
        return not array._array.flags.writeable

    def transfer(self, array: Any, kind: str, index: int) -> Any:
        return array.to_device(_device(kind, index))
