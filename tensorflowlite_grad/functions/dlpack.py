"""Arrays handed from library to library without a copy: the DLPack protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd.graph import Variable, cell_of, viewable
from ..backend import device as Device
from ..backend import registry
from ..backend.selection import default_place, resolve
from ..ops import conversion

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["from_dlpack", "to_dlpack"]

#: DLPack's numbers of device types that we have names for: the host's memory, pinned memory,
#: and CUDA's, its own and managed.
_KINDS = {1: "cpu", 3: "cpu", 2: "cuda", 13: "cuda"}


class _Capsule:
    """What `to_dlpack` returns, as an object of the protocol: PyTorch's older way."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


def exported(tensor: Any) -> Any:
    """Return the array of a tensor whose memory another library may see and write.

    Raises
    ------
    BufferError
        If the tensor requires grad.
    """
    if tensor._edge is not None:
        raise BufferError(
            "Can't export tensors that require gradient, use tensor.detach(): another library "
            "would not record what it does with them"
        )
    cell_of(tensor)
    return viewable(tensor)


def capsule_of(tensor: Any, stream: Any, max_version: Any, dl_device: Any, copy: Any) -> Any:
    """Return a DLPack capsule of a tensor: its memory's, or a copy's where that has to be."""
    array = exported(tensor)
    if copy:
        array = tensor._place.backend.copy(tensor._place.xp, array)
    given = {"stream": stream, "max_version": max_version, "dl_device": dl_device}
    given = {name: value for name, value in given.items() if value is not None}
    if copy is False:
        given["copy"] = False
    try:
        return array.__dlpack__(**given)
    except BufferError:
        # Memory that must not be written is shared with those who can be told so only.
        if copy is False:
            raise
        array = tensor._place.backend.copy(tensor._place.xp, array)
        return array.__dlpack__(**given)


def to_dlpack(tensor: Tensor) -> Any:
    """Return a DLPack capsule of a tensor's memory, for libraries that take no tensors.

    Raises
    ------
    BufferError
        If the tensor requires grad.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.from_dlpack(tg.to_dlpack(tg.ones(2)))
    tensor([1., 1.])
    """
    return capsule_of(tensor, None, None, None, None)


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return a tensor that shows the memory of another library's array.

    Parameters
    ----------
    ext_tensor : object
        Anything with ``__dlpack__`` and ``__dlpack_device__``, or a DLPack capsule.
    device : device or str, optional
        Where the tensor is to be; by default where the array is. There it belongs to the
        default backend if that serves the device.
    copy : bool, optional
        True for memory of its own, False for an error where sharing is impossible; by default
        a copy is made only then.

    Raises
    ------
    BufferError
        If a copy is necessary but not allowed.
    TypeError
        If the object does not know the protocol, or is of a dtype that tensors do not have.

    Examples
    --------
    >>> import numpy as np
    >>> import tensorflowlite_grad as tg
    >>> a = np.zeros(2)
    >>> t = tg.from_dlpack(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=tensorflowlite_grad.float64)
    """
    if isinstance(ext_tensor, Variable):
        exported(ext_tensor)  # raises for one that requires grad
        out: Any = ext_tensor.detach()  # type: ignore[attr-defined]
    else:
        out = _imported(ext_tensor, copy)
    target = out._place if device is None else resolve(device, out._place)
    if target is not out._place:
        if copy is False:
            raise BufferError(
                f"from_dlpack(): an array on {out._place.device} cannot be shown on "
                f"{target.device} without a copy"
            )
        moved: Tensor = conversion.move(out, target)
        return moved
    copied: Tensor = conversion.clone(out) if copy else out
    return copied


def _imported(source: Any, copy: bool | None) -> Any:
    if type(source).__name__ == "PyCapsule":
        source = _Capsule(source)
    if not hasattr(source, "__dlpack__") or not hasattr(source, "__dlpack_device__"):
        raise TypeError(
            "from_dlpack(): the array needs the methods __dlpack__ and __dlpack_device__, which "
            f"{type(source).__name__} lacks"
        )
    number, index = source.__dlpack_device__()
    kind = _KINDS.get(int(number))
    if kind is None:
        raise BufferError(f"from_dlpack(): no backend serves DLPack's device type {int(number)}")
    near = default_place()
    if kind in near.backend.kinds:
        place = registry.place(near.backend, kind, index)
    else:
        place = resolve(Device(kind, None if kind == "cpu" else index))
    with place.entered():
        try:
            array = place.xp.from_dlpack(source)
        except BufferError:
            # Read-only memory, and a library that can show none: a copy on the host.
            if copy is False or kind != "cpu":
                raise
            host = registry.get("numpy").host_array(source)  # type: ignore[attr-defined]
            array = place.backend.from_numpy(host.copy(), kind, index)
    return place.adopt(array)
