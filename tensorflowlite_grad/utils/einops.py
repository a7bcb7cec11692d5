"""einops on tensors: importing this module makes them known to it.

>>> import einops
>>> import tensorflowlite_grad as tg
>>> import tensorflowlite_grad.utils.einops
>>> einops.rearrange(tg.ones(2, 3), "a b -> b a").shape
tensorflowlite_grad.Size([3, 2])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from einops._backends import AbstractBackend

from ..functions import contractions, creation, extremes, joining, reductions, shape
from ..tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TensorBackend"]

_REDUCTIONS = {
    "sum": reductions.sum,
    "mean": reductions.mean,
    "prod": reductions.prod,
    "any": reductions.any,
    "all": reductions.all,
    "max": extremes.amax,
    "min": extremes.amin,
}


class TensorBackend(AbstractBackend):
    """What einops asks of tensors; it finds its backends among the subclasses of its own."""

    framework_name = "tensorflowlite_grad"

    def is_appropriate_type(self, tensor: Any) -> bool:
        """Return whether this backend is the tensor's."""
        return isinstance(tensor, Tensor)

    def from_numpy(self, x: Any) -> Any:
        """Return a tensor of a NumPy array."""
        return creation.as_tensor(x)

    def to_numpy(self, x: Any) -> Any:
        """Return a NumPy array of a tensor."""
        return x.numpy(force=True)

    def arange(self, start: int, stop: int) -> Any:
        """Return the whole numbers from `start` up to `stop`."""
        return creation.arange(start, stop)

    def shape(self, x: Any) -> tuple[int, ...]:
        """Return the shape."""
        return tuple(x.shape)

    def reshape(self, x: Any, shape_: Any) -> Any:
        """Return the elements in another shape."""
        return shape.reshape(x, tuple(shape_))

    def transpose(self, x: Any, axes: Sequence[int]) -> Any:
        """Return the axes in another order."""
        return shape.permute(x, tuple(axes))

    def reduce(self, x: Any, operation: str, axes: Sequence[int]) -> Any:
        """Return one element for many."""
        return _REDUCTIONS[operation](x, tuple(axes))

    def stack_on_zeroth_dimension(self, tensors: list[Any]) -> Any:
        """Return tensors joined along a new first axis."""
        return joining.stack(tensors, 0)

    def add_axis(self, x: Any, new_position: int) -> Any:
        """Return the tensor with a new axis."""
        return shape.unsqueeze(x, new_position)

    def add_axes(self, x: Any, n_axes: int, pos2len: dict[int, int]) -> Any:
        """Return the tensor repeated along new axes."""
        for position in sorted(pos2len):
            x = shape.unsqueeze(x, position)
        sizes = [pos2len.get(k, -1) for k in range(n_axes)]
        return shape.expand(x, sizes)

    def tile(self, x: Any, repeats: tuple[int, ...]) -> Any:
        """Return copies of the tensor side by side."""
        return shape.tile(x, tuple(repeats))

    def concat(self, tensors: list[Any], axis: int) -> Any:
        """Return tensors joined along an axis."""
        return joining.cat(tensors, axis)

    def is_float_type(self, x: Any) -> bool:
        """Return whether elements are real floating-point numbers."""
        return bool(x.dtype.is_floating_point)

    def einsum(self, pattern: str, *x: Any) -> Any:
        """Return sums of products, by a pattern of letters."""
        return contractions.einsum(pattern, *x)

    def layers(self) -> Any:
        """Return einops's layers, which there are none of for tensors."""
        raise NotImplementedError("einops has no layers for tensorflowlite_grad")
