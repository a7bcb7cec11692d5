"""Finding backends: the entry-point group, loaded at first use and proved once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .interface import Array, Backend
from .place import Place, device

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint
    from typing import Any

__all__ = ["BackendError", "available", "get", "names", "register_backend"]

GROUP = "tensorflowlite_grad.backends"
#: Served by default, in this order, where several backends serve one kind of device.
PREFERRED = ("numpy", "cupy")
INSTALL = {
    "numpy": 'pip install "tensorflowlite-grad"',
    "cupy": 'pip install "tensorflowlite-grad[cuda13]" (or [cuda12], by your driver)',
    "torch": "install PyTorch as https://pytorch.org/get-started says",
}


class BackendError(RuntimeError):
    """A backend that is unknown, not installed, or cannot run on this machine."""


_lock = threading.RLock()
_added: dict[str, Callable[[], Backend]] = {}
_loaded: dict[str, Backend] = {}
_failed: dict[str, Exception] = {}
_places: dict[tuple[str, str, int], Place] = {}
_wrap: list[Callable[[Array, Place], Any]] = []


def _entry_points() -> dict[str, EntryPoint]:
    # Importing the package should not take the time that importing this takes.
    from importlib.metadata import EntryPoint, entry_points

    found = {e.name: e for e in entry_points(group=GROUP)}
    # A checkout that is not installed has no entry points; its own backends are known.
    for name, value in (
        ("numpy", "tensorflowlite_grad_numpy:NumpyBackend"),
        ("cupy", "tensorflowlite_grad_cupy:CupyBackend"),
        ("torch", "tensorflowlite_grad_torch:TorchBackend"),
    ):
        found.setdefault(name, EntryPoint(name, value, GROUP))
    return found


def register_backend(name: str, factory: Callable[[], Backend]) -> None:
    """Make a backend known in this process, as its entry point would.

    Parameters
    ----------
    name : str
        The name that users select it by.
    factory : callable
        Makes the backend; called at first use.

    Raises
    ------
    ValueError
        If the name is taken.
    TypeError
        If it is no name, or the factory cannot be called.
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"the name of a backend must be a non-empty str, not {name!r}")
    if not callable(factory):
        raise TypeError(f"the factory of backend {name!r} must be callable, not {factory!r}")
    with _lock:
        if name in names():
            raise ValueError(f"a backend named {name!r} is registered already")
        _added[name] = factory


def names() -> list[str]:
    """Return the names of all registered backends, whether they can run here or not."""
    known = [*_entry_points(), *_added]
    return sorted(known, key=lambda n: (PREFERRED.index(n) if n in PREFERRED else 9, n))


def get(name: str) -> Backend:
    """Return a backend, loaded and proved.

    Raises
    ------
    BackendError
        If there is none of that name, if its library is missing, or if it fails a tiny
        computation, which is how a missing driver shows.
    """
    backend = _loaded.get(name)
    if backend is not None:
        return backend
    if name not in names():
        raise BackendError(f"unknown backend {name!r}; {_alternatives(name)}")
    error = _try(name)
    if error is None:
        return _loaded[name]
    if isinstance(error, ImportError):
        why = f"is not installed ({error})"
    elif isinstance(error, BackendError):
        why = str(error)
    else:
        why = (
            f"is installed but cannot run here ({type(error).__name__}: {error}); "
            "is there a device and a driver for it?"
        )
    raise BackendError(f"backend {name!r} {why}; {_alternatives(name)}{_remedy(name)}") from error


def _try(name: str) -> Exception | None:
    """Load and prove a registered backend, once; return what went wrong, or None."""
    with _lock:
        if name not in _loaded and name not in _failed:
            try:
                _loaded[name] = _load(name)
            except Exception as error:
                _failed[name] = error.with_traceback(None)  # it would keep its frames alive
        return _failed.get(name)


def _load(name: str) -> Backend:
    load = _added.get(name) or _entry_points()[name].load()
    backend = load()
    if not isinstance(backend, Backend):
        raise BackendError(f"is a {type(backend).__name__}, not a tensorflowlite_grad Backend")
    if backend.name != name:  # devices are kept by that name
        raise BackendError(f"calls itself {backend.name!r}; the two names must be one")
    backend.prove()
    return backend


def _remedy(name: str) -> str:
    return f"; to install it: {INSTALL[name]}" if name in INSTALL else ""


def _alternatives(name: str) -> str:
    works = [n for n in names() if n != name and why_unavailable(n) is None]
    return f"backends that work here: {', '.join(works) or 'none'}"


def why_unavailable(name: str) -> str | None:
    """Return why a backend cannot be used, or None if it can."""
    if name not in _loaded and name not in names():
        return "no backend of that name is registered"
    error = _try(name)
    return None if error is None else f"{type(error).__name__}: {error}"


def available() -> list[str]:
    """Return the names of the backends that work on this machine.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> "numpy" in tg.available_backends()
    True
    """
    return [name for name in names() if why_unavailable(name) is None]


def place(backend: Backend, kind: str, index: int = 0) -> Place:
    """Return the one `Place` for a device of a backend.

    Raises
    ------
    RuntimeError
        If the backend has no such device.
    """
    key = (backend.name, kind, index)
    found = _places.get(key)
    if found is not None:
        return found
    with _lock:
        if key not in _places:
            count = backend.device_count(kind) if kind in backend.kinds else 0
            if index >= count:
                raise RuntimeError(
                    f"invalid device ordinal: backend {backend.name!r} has {count} device(s) "
                    f"of kind {kind!r} here, so there is no {device(kind, index)}; its kinds "
                    f"are {', '.join(backend.kinds)}"
                )
            _places[key] = Place(backend, kind, index, _wrap[0])
        return _places[key]


def loaded() -> list[Backend]:
    """Return the backends that have been used in this process."""
    return list(_loaded.values())


def place_of(array: Array) -> Place | None:
    """Return where a native array lives, or None if no loaded backend knows it."""
    for backend in list(_loaded.values()):
        if backend.is_array(array):
            return place(backend, *backend.locate(array))
    return None


def bind_wrapper(wrap: Callable[[Array, Place], Any]) -> None:
    """Say how a native array becomes a tensor; done once, by the layer that has them."""
    _wrap[:] = [wrap]
