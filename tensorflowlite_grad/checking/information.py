"""What there is on this machine: versions, backends and devices."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .._version import __version__
from ..backend import registry, selection

__all__ = ["as_text", "collect"]

LIBRARIES = ("numpy", "array-api-compat", "typing-extensions", "scipy", "tqdm")


def collect() -> dict[str, Any]:
    """Return what `as_text` shows, as dictionaries and lists of strings and numbers."""
    return {
        "version": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "default": _default(),
        "backends": [_backend(name) for name in registry.names()],
    }


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _default() -> dict[str, Any]:
    if selection.is_chosen():
        source = "set_default_backend or use_backend"
    elif os.environ.get(selection.VARIABLE):
        source = f"the environment variable {selection.VARIABLE}"
    else:
        source = f"built in; {selection.VARIABLE} changes it"
    try:
        place = selection.default_place()
    except registry.BackendError as error:
        return {"backend": None, "device": None, "chosen_by": source, "error": str(error)}
    return {"backend": place.backend.name, "device": str(place.device), "chosen_by": source}


def _backend(name: str) -> dict[str, Any]:
    why = registry.why_unavailable(name)
    if why is not None:
        return {
            "name": name,
            "available": False,
            "reason": why,
            "install": registry.INSTALL.get(name, f"see what {name!r} says about its installation"),
        }
    backend = registry.get(name)
    devices = []
    for kind in backend.kinds:
        for index in range(backend.device_count(kind)):
            place = registry.place(backend, kind, index)
            devices.append(
                {"device": str(place.device), "about": backend.describe_device(kind, index)}
            )
    return {"name": name, "available": True, "version": backend.version, "devices": devices}


def as_text(found: dict[str, Any]) -> str:
    """Return what `collect` found, for people."""
    lines = [
        f"tensorflowlite_grad {found['version']}",
        f"{found['python']} on {found['platform']}",
        ", ".join(f"{n} {v or '(not installed)'}" for n, v in found["libraries"].items()),
        "",
        "backends",
    ]
    for backend in found["backends"]:
        if not backend["available"]:
            lines.append(f"  {backend['name']:8} unavailable: {backend['reason']}")
            lines.append(f"  {'':8} to install it: {backend['install']}")
            continue
        lines.append(f"  {backend['name']:8} {backend['version']}")
        for device in backend["devices"]:
            about = "" if device["about"] == device["device"] else f"  {device['about']}"
            lines.append(f"  {'':8} {device['device']}{about}")
    default = found["default"]
    lines.append("")
    if default["backend"] is None:
        lines.append(f"default  none (by {default['chosen_by']}): {default['error']}")
    else:
        lines.append(
            f"default  {default['backend']} on {default['device']} (by {default['chosen_by']})"
        )
    return "\n".join(lines).replace("(by built in;", "(built in;")
