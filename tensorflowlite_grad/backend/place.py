"""`device` as users name it, and `Place`: one device of one backend, ready for work."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

from .. import dtypes
from .interface import Array, Backend

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

__all__ = ["Place", "device"]

_ANYWHERE = nullcontext()

_NAME = re.compile(r"([a-z][a-z0-9_]*)(?::(\d{1,4}))?", re.ASCII)


class device:
    """Where a tensor lives: a kind (``"cpu"``, ``"cuda"``) and, of several, which.

    Parameters
    ----------
    type : str or device
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, or a device to copy.
    index : int, optional
        Which of several devices; without it, the backend's current one.
    backend : str, optional
        The backend that serves it, where more than one could.

    Raises
    ------
    RuntimeError
        If the text is not a device's name.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.device("cuda:1")
    device(type='cuda', index=1)
    >>> tg.ones(2, device="cpu").device
    device(type='cpu')
    """

    __slots__ = ("backend", "index", "type")

    type: str
    index: int | None
    backend: str | None

    def __init__(
        self, type: str | device, index: int | None = None, *, backend: str | None = None
    ) -> None:
        if isinstance(type, device):
            index = type.index if index is None else index
            backend = type.backend if backend is None else backend
            type = str(type.type)
        elif not isinstance(type, str):
            raise TypeError(
                f"device(): argument 'type' must be str or device, not {type.__class__.__name__}"
            )
        found = _NAME.fullmatch(type)
        if found is None:
            raise RuntimeError(
                f"Invalid device string: {type!r}; write a kind and, if there are several, "
                "a number, as in 'cpu', 'cuda' or 'cuda:1'"
            )
        if found[2] is not None:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed "
                    f"explicitly: {type!r}"
                )
            index = int(found[2])
        if index is not None and index < 0:
            raise RuntimeError(f"Device index must not be negative, got {index}")
        self.type = found[1]
        self.index = index
        self.backend = backend

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, device):
            return NotImplemented
        return self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"

    def __reduce__(self) -> tuple[object, ...]:
        return device, (self.type, self.index)


class Place:
    """One device of one backend, with everything an operation asks of it.

    There is one object for each, so that ``is`` tells whether two tensors are together.

    Attributes
    ----------
    xp : module
        The namespace that rules and forwards are run with.
    float32, float64 : object
        Native dtypes whose tensors take the recorders' fast path.
    constants32, constants64 : dict
        Tensors made of Python scalars: converting one costs as much as a small operation.
    root : Place
        The device itself, for a place whose tensors are batches of another's; itself otherwise.
    guard : callable or None
        Makes the context in which its operations have to run; see `Backend.guard`.
    """

    __slots__ = (
        "_complex",
        "_dtypes",
        "_native",
        "backend",
        "constants32",
        "constants64",
        "device",
        "float32",
        "float64",
        "guard",
        "index",
        "kind",
        "root",
        "wrap",
        "xp",
    )

    #: whether any place has a guard
    guarded: ClassVar[bool] = False
    #: how many batches deep a place is; see `root`
    level: ClassVar[int] = 0

    def __init__(
        self, backend: Backend, kind: str, index: int, wrap: Callable[[Array, Place], Any]
    ) -> None:
        self.backend = backend
        self.kind = kind
        self.index = index
        # PyTorch writes device('cpu') but device('cuda', index=0).
        self.device = device(kind, None if kind == "cpu" else index, backend=backend.name)
        xp: Any = backend.namespace(kind, index)
        xp.writable = backend.writable
        self.xp = xp
        self._native = {d: backend.native_dtype(d.name) for d in dtypes.ALL}
        key = backend.same_dtype_key
        self._dtypes = {key(native): d for d, native in self._native.items() if native is not None}
        self._complex = {key(self._native[d]) for d in (dtypes.complex64, dtypes.complex128)}
        self.float32 = self._native[dtypes.float32]
        self.float64 = self._native[dtypes.float64]
        self.guard = backend.guard(kind, index)
        if self.guard is not None:
            # No array has these dtypes: nothing takes the fast path, which knows no guards.
            self.float32 = self.float64 = None
            Place.guarded = True
        self.constants32: dict[float, Any] = {}
        self.constants64: dict[float, Any] = {}
        self.wrap = wrap
        self.root: Place = self

    def dtype_of(self, array: Array) -> dtypes.dtype:
        """Return our dtype of a native array."""
        return self.dtype_from(array.dtype)

    def dtype_from(self, native: Any) -> dtypes.dtype:
        """Return our dtype for a native one."""
        try:
            return self._dtypes[native]
        except (KeyError, TypeError):
            pass
        try:
            return self._dtypes[self.backend.same_dtype_key(native)]
        except KeyError:
            raise TypeError(
                f"backend {self.backend.name!r} has arrays of dtype {native}, which is not "
                f"supported; supported are {', '.join(d.name for d in dtypes.ALL)}"
            ) from None

    def adopt(self, array: Array) -> Any:
        """Return a user's native array, which lives here, as a tensor that shares its memory."""
        return self.wrap(self.backend.adopt(array), self)

    def bounds(self, positions: Array) -> tuple[int, int]:
        """Return the least and the greatest of some integers."""
        space = getattr(positions, "space", None)
        if space is not None:
            return space.place.bounds(positions)  # type: ignore[no-any-return]
        return int(self.xp.min(positions)), int(self.xp.max(positions))

    def lift(self, tensor: Any) -> Any:
        """Return a tensor of a place below as one of this, which is a batch's."""
        raise RuntimeError(f"no tensors can be lifted to {self}: it is a device")

    def entered(self) -> AbstractContextManager[Any]:
        """Return a context for work on raw arrays of this place, outside operations."""
        return _ANYWHERE if self.guard is None else self.guard()

    def has(self, d: dtypes.dtype) -> bool:
        """Return whether the library has a dtype like ours."""
        return self._native[d] is not None

    def native(self, d: dtypes.dtype) -> Any:
        """Return the library's dtype for ours; TypeError if it has none."""
        native = self._native[d]
        if native is None:
            raise TypeError(f"backend {self.backend.name!r} has no dtype {d.name}")
        return native

    def is_complex(self, native: Any) -> bool:
        """Return whether a native dtype is complex."""
        return self.backend.same_dtype_key(native) in self._complex

    def scalar(self, value: Any, native: Any) -> Array:
        """Return a 0-d array of a Python scalar."""
        return self.backend.scalar(self.xp, value, native)

    def constant(self, value: float, native: Any) -> Any:
        """Return a constant tensor of a Python scalar, kept for the next time.

        Zeros are not kept: 0.0 and -0.0 are one key of a dictionary.
        """
        tensor = self.wrap(self.scalar(value, native), self)
        if value != 0:
            kept = self.constants32 if native is self.float32 else self.constants64
            if len(kept) >= 512:  # a changing learning rate must not fill the memory
                kept.clear()
            kept[value] = tensor
        return tensor

    def __repr__(self) -> str:
        return f"<{self.backend.name} on {self.device}>"
