"""Which backend and device new tensors get, and what a device's name stands for."""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from . import registry
from .place import Place, device

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .interface import Backend

__all__ = [
    "get_default_backend",
    "get_default_device",
    "set_default_backend",
    "set_default_device",
    "use_backend",
]

VARIABLE = "TENSORFLOWLITE_GRAD_BACKEND"

_default: ContextVar[Place | None] = ContextVar("default_backend", default=None)
_from_environment: list[Place] = []


#: In a `vmap`: where tensors of its device are made.
_carrying: ContextVar[Place | None] = ContextVar("carrying_place", default=None)


def default_place() -> Place:
    """Return where tensors go that are created without a device."""
    return _carried(_default_device())


def _carried(place: Place) -> Place:
    carrying = _carrying.get()
    return place if carrying is None or carrying.root is not place else carrying


def _default_device() -> Place:
    chosen = _default.get()
    if chosen is not None:
        return chosen
    if not _from_environment:
        name = os.environ.get(VARIABLE) or "numpy"
        try:
            _from_environment.append(_first_place(registry.get(name)))
        except registry.BackendError as error:
            if os.environ.get(VARIABLE):
                raise registry.BackendError(
                    f"the environment variable {VARIABLE} asks for {name!r}: {error}"
                ) from error
            raise
    return _from_environment[0]


def is_chosen() -> bool:
    """Return whether code has chosen the default backend in this context."""
    return _default.get() is not None


def _first_place(backend: Backend) -> Place:
    return registry.place(backend, backend.kinds[0], 0)


def get_default_backend() -> str:
    """Return the name of the backend that new tensors get.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> with tg.use_backend("numpy"):
    ...     tg.get_default_backend()
    'numpy'
    """
    return default_place().backend.name


def set_default_backend(name: str) -> None:
    """Choose the backend of new tensors, in this thread and context.

    Parameters
    ----------
    name : str
        One of the registered backends: see `available_backends`.

    Raises
    ------
    BackendError
        If it is unknown, not installed, or cannot run here; the default stays.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.set_default_backend("numpy")
    >>> tg.ones(2).backend
    'numpy'
    """
    _default.set(_place_of_backend(name))


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Choose the backend of tensors that the block creates.

    Parameters
    ----------
    name : str
        One of the registered backends: see `available_backends`.

    Raises
    ------
    BackendError
        If it is unknown, not installed, or cannot run here.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> with tg.use_backend("numpy"):
    ...     tg.ones(2).backend
    'numpy'
    """
    place, before = _place_of_backend(name), _default.get()
    try:  # an interrupt may come as soon as it is set
        _default.set(place)
        yield
    finally:
        _default.set(before)


def get_default_device() -> device:
    """Return the device that new tensors get.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.get_default_device()
    device(type='cpu')
    """
    return default_place().device


def set_default_device(device: device | str | int | None) -> None:
    """Choose the device of new tensors, and with it their backend, in this thread and context.

    Parameters
    ----------
    device : device, str, int or None
        None goes back to the first device of the first backend.

    Raises
    ------
    BackendError
        If nothing serves it here; the default stays.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.set_default_device("cpu")
    >>> tg.ones(2).device
    device(type='cpu')
    """
    _default.set(None if device is None else resolve(device))


def _place_of_backend(name: object) -> Place:
    if not isinstance(name, str):
        raise TypeError(f"the name of a backend must be str, not {type(name).__name__}")
    return _first_place(registry.get(name))


def resolve(where: device | str | int | None, near: Place | None = None) -> Place:
    """Return the place that a device's name stands for.

    Of several backends that serve its kind, the choice falls on the one it names, that of
    `near` (the tensor being moved), the default one, then NumPy and CuPy before others.
    """
    if where is None:
        return default_place()
    if isinstance(where, bool):
        raise TypeError("a device is named by str, int or device, not bool")
    if isinstance(where, int):
        where = device("cuda", where)
    wanted = where if isinstance(where, device) else device(where)
    candidates = []
    if wanted.backend is not None:
        candidates.append(registry.get(wanted.backend))
    else:
        if near is not None:
            candidates.append(near.root.backend)
        candidates.append(_default_device().backend)
    for backend in candidates:
        if wanted.type in backend.kinds and (wanted.backend or backend.device_count(wanted.type)):
            return _carried(registry.place(backend, wanted.type, wanted.index or 0))
    return _carried(_search(wanted))


def _search(wanted: device) -> Place:
    refused = []
    for name in registry.names():
        why = registry.why_unavailable(name)
        if why is not None:
            refused.append(f"{name} cannot run here ({why})")
            continue
        backend = registry.get(name)
        if wanted.type in backend.kinds and backend.device_count(wanted.type):
            return registry.place(backend, wanted.type, wanted.index or 0)
    works = ", ".join(registry.available())
    hint = f"; for CUDA: {registry.INSTALL['cupy']}" if wanted.type == "cuda" else ""
    because = "; ".join(refused)
    raise registry.BackendError(
        f"no backend that works here serves device {str(wanted)!r}; backends that work: {works}"
        f"{'; ' + because if because else ''}{hint}"
    )
