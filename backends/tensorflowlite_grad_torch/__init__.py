"""The PyTorch backend: PyTorch's arrays, without its autograd.

Useful where a GPU has PyTorch but no CuPy. No array that requires grad gets in (`adopt`),
so PyTorch itself never records anything.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch

from tensorflowlite_grad.backend import LOST_CONTEXT, Backend, Failure, reporting

__all__ = ["TorchBackend"]


class TorchBackend(Backend):
    """PyTorch's tensors as plain arrays, on the CPU and on CUDA."""

    name = "torch"
    kinds = ("cpu", "cuda")
    # PyTorch has no negative strides.
    reverse_views = False
    strided_views = True

    @property
    def version(self) -> str:
        return str(torch.__version__)

    def device_count(self, kind: str) -> int:
        if kind == "cpu":
            return 1
        return int(torch.cuda.device_count()) if torch.cuda.is_available() else 0

    def locate(self, array: Any) -> tuple[str, int]:
        return array.device.type, array.device.index or 0

    def is_array(self, value: object) -> bool:
        return isinstance(value, torch.Tensor)

    def adopt(self, array: Any) -> Any:
        if array.layout != torch.strided:
            raise TypeError(
                f"cannot use a PyTorch tensor of layout {array.layout}: call to_dense()"
            )
        # Conjugated and negated lazily: memory that means something else than it holds.
        if array.is_conj() or array.is_neg():
            array = array.resolve_conj().resolve_neg()
        if type(array) is torch.Tensor and not array.requires_grad:
            return array
        # The view of the detached tensor shows that the memory is somebody else's.
        return array.detach().as_subclass(torch.Tensor)[...]

    def namespace(self, kind: str, index: int) -> ModuleType:
        from .namespace import make

        return make(_device(kind, index))

    @reporting
    def to_numpy(self, array: Any) -> Any:
        return array.numpy(force=True)

    @reporting
    def from_numpy(self, host: Any, kind: str, index: int) -> Any:
        import numpy as np

        host = np.asarray(host)
        if not host.flags.writeable or any(stride < 0 for stride in host.strides):
            host = host.copy()
        return torch.from_numpy(host).to(_device(kind, index))

    def native_dtype(self, name: str) -> Any:
        return getattr(torch, name, None)

    @reporting
    def transfer(self, array: Any, kind: str, index: int) -> Any:
        return array.to(_device(kind, index), copy=True)

    @reporting
    def copy(self, xp: Any, array: Any) -> Any:
        return array.clone(memory_format=torch.contiguous_format)

    @reporting
    def write(self, target: Any, value: Any) -> None:
        # PyTorch refuses memory that overlaps in part, as in x[1:] = x[:-1].
        if value is not target and _share_memory(target, value):
            value = value.clone()
        target.copy_(value)

    def is_own_memory(self, array: Any) -> bool:
        # A view keeps its base alive without a reference that Python counts.
        return (
            array._use_count() == 1
            and array._base is None
            and array.is_contiguous()
            and array.untyped_storage().nbytes() == array.numel() * array.itemsize
        )

    def multiply_add(self, a: Any, alpha: float, b: Any) -> Any:
        return torch.add(a, b, alpha=alpha)

    def is_contiguous(self, array: Any) -> bool:
        return bool(array.is_contiguous())

    def layout(self, array: Any) -> Any:
        from .strides import layout

        return layout(array)

    def address(self, array: Any) -> int:
        return int(array.data_ptr())

    def view_dtype(self, array: Any, native: Any) -> Any:
        return array.view(native)

    def overlaps_itself(self, array: Any) -> bool:
        if not array.numel():
            return False
        reach = 0  # how far the axes of smaller strides lead
        for stride, size in sorted(zip(array.stride(), array.shape, strict=True)):
            if size > 1:
                if stride <= reach:
                    return True
                reach += stride * (size - 1)
        return False

    def try_view(self, xp: Any, array: Any, shape: tuple[int, ...]) -> Any:
        try:
            return array.view(shape)
        except RuntimeError:
            return None

    def random(self, seed: int, kind: str, index: int) -> Any:
        from .random import Generator

        return Generator(seed, _device(kind, index))

    @reporting
    def synchronize(self, kind: str, index: int) -> None:
        if kind == "cuda":
            torch.cuda.synchronize(index)

    def diagnose(self, error: Exception) -> Failure | None:
        from .namespace import is_out_of_memory

        if is_out_of_memory(error):
            return Failure.MEMORY
        lost = getattr(error, "error_code", None) in LOST_CONTEXT
        return Failure.LOST if lost else super().diagnose(error)

    def describe_device(self, kind: str, index: int) -> str:
        if kind == "cpu":
            return f"cpu, {torch.get_num_threads()} threads"
        found = torch.cuda.get_device_properties(index)
        memory = found.total_memory / 2**30
        return f"{found.name}, {memory:.1f} GiB, CUDA {torch.version.cuda}"


def _device(kind: str, index: int) -> Any:
    return torch.device(kind) if kind == "cpu" else torch.device(kind, index)


def _share_memory(first: Any, second: Any) -> bool:
    mine, its = first.untyped_storage(), second.untyped_storage()
    return bool(mine.data_ptr() == its.data_ptr() and mine.nbytes())
