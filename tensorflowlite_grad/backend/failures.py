"""What can befall a device: no memory is left, or it is lost to the process.

A backend tells which (`Backend.diagnose`); the errors are the same for all.
"""

from __future__ import annotations

from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from .place import Place

__all__ = [
    "LOST_CONTEXT",
    "AcceleratorError",
    "Failure",
    "OutOfMemoryError",
    "explained",
    "lost_context",
    "reporting",
]

F = TypeVar("F", bound="Callable[..., Any]")

#: The status codes of which CUDA's ``driver_types.h`` (13.0) says that the process must be
#: terminated: illegal addresses and instructions, failed launches and assertions, timeouts.
LOST_CONTEXT = frozenset({226, 700, 702, 709, 710, *range(714, 720), 721, 810, 911})


class Failure(Enum):
    """What an error of an array library says of the device."""

    MEMORY = "there is no memory left"
    LOST = "its context is lost: nothing on it can be used any more"


class OutOfMemoryError(RuntimeError, MemoryError):
    """There is no memory for a tensor: PyTorch's kind of error, and Python's.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> issubclass(tg.OutOfMemoryError, MemoryError)
    True
    """

    __module__ = "tensorflowlite_grad"


class AcceleratorError(RuntimeError):
    """A device failed, and this process can use it no more: start a new one.

    Kernels run asynchronously, so that the operation that meets the error is often not the
    one that caused it.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> issubclass(tg.AcceleratorError, RuntimeError)
    True
    """

    __module__ = "tensorflowlite_grad"


def lost_context(error: Exception, device: object, what: str) -> AcceleratorError:
    """Return the error for a device that is lost, as `what` has found out."""
    text = str(error).partition("\n")[0].removeprefix("CUDA error: ")
    if text.startswith(("cudaError", "CUDA_ERROR")):  # CuPy puts CUDA's name for it first
        name, _, said = text.partition(": ")
        text = f"{said} ({name})"
    return AcceleratorError(
        f"CUDA error: {text}. The CUDA context of this process is lost. "
        f"It was met by {what} on {device}, but kernels run asynchronously: the fault may lie in "
        "any that was started before. "
        "What was on the device cannot be read any more, and every further use of it fails: end "
        "this process, start a new one, and go on from the last checkpoint. To find the kernel, "
        "run once with CUDA_LAUNCH_BLOCKING=1 in the environment, or under compute-sanitizer."
    )


def reporting(method: F) -> F:
    """Let a backend's method, which touches a device outside of operations, say what failed."""

    @wraps(method)
    def reported(self: Any, *args: Any) -> Any:
        try:
            return method(self, *args)
        except Exception as error:
            failure = self.diagnose(error)
            if failure is None or isinstance(error, OutOfMemoryError):
                raise
            what = f"backend {self.name!r} in {method.__name__}()"
            if failure is Failure.LOST:
                raise lost_context(error, "a device", what) from error
            raise OutOfMemoryError(f"{what}: out of memory: {error}") from error

    return reported  # type: ignore[return-value]


def explained(error: Exception, place: Place, what: str, needed: str) -> Exception | None:
    """Return the error to raise for a device's failure; None if `error` is none.

    Parameters
    ----------
    error : Exception
        What the array library raised.
    place : Place
    what : str
        The operation, for people: ``"exp()"``.
    needed : str
        What it needed memory for: ``"operands of shape (3,)"``.
    """
    if isinstance(error, (OutOfMemoryError, AcceleratorError)):
        return error
    failure = place.backend.diagnose(error)
    if failure is Failure.MEMORY:
        return OutOfMemoryError(f"{what}: out of memory for {needed}: {error}")
    if failure is Failure.LOST:
        return lost_context(error, place.device, what)
    return None
