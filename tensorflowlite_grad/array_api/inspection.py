"""What the namespace can do: ``__array_namespace_info__``."""

from __future__ import annotations

from typing import Any

from ..backend import registry
from ..backend.selection import default_place, resolve
from ..dtypes import dtype, get_default_dtype, int64
from . import data_types

__all__ = ["__array_namespace_info__"]

#: The most axes that NumPy's arrays have; no backend has more.
_MOST_AXES = 64


class __array_namespace_info__:
    """The capabilities, devices and dtypes of the default backend."""

    def capabilities(self) -> dict[str, Any]:
        """Return what is optional in the standard, and whether it is here."""
        return {
            "boolean indexing": True,
            "data-dependent shapes": True,
            "max dimensions": _MOST_AXES,
        }

    def default_device(self) -> Any:
        """Return the device of arrays that are made without naming one."""
        return default_place().device

    def default_dtypes(self, *, device: Any = None) -> dict[str, dtype]:
        """Return the dtypes that Python's numbers become."""
        real = get_default_dtype()
        return {
            "real floating": real,
            "complex floating": real.to_complex(),
            "integral": int64,
            "indexing": int64,
        }

    def devices(self) -> list[Any]:
        """Return the devices of the default backend."""
        backend = default_place().backend
        return [
            registry.place(backend, kind, index).device
            for kind in backend.kinds
            for index in range(backend.device_count(kind))
        ]

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, dtype]:
        """Return the standard's dtypes that a device has, by name: all, or those of a kind."""
        if isinstance(kind, tuple):
            found: dict[str, dtype] = {}
            for k in kind:
                found.update(self.dtypes(device=device, kind=k))
            return found
        if kind is None:
            wanted = (*data_types.KINDS["bool"], *data_types.KINDS["numeric"])
        elif kind in data_types.KINDS:
            wanted = data_types.KINDS[kind]
        else:
            raise ValueError(f"unknown kind {kind!r}; kinds are {', '.join(data_types.KINDS)}")
        return {d.name: d for d in wanted if resolve(device).has(d)}
