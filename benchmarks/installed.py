"""The size of an installed distribution and of everything it requires."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

_SHARED = "numpy"


class SizeUnknown(Exception):
    """The installation does not record which files it consists of."""


def size(name: str) -> tuple[int, str]:
    """Return the bytes of a distribution and its requirements, and which those are.

    NumPy is left out, since every peer needs it.
    """
    try:
        from packaging.utils import canonicalize_name
    except ImportError as error:
        raise SizeUnknown("reading requirements needs the package 'packaging'") from error

    total, seen, absent = 0, [], []
    waiting, known = [name], {canonicalize_name(_SHARED), canonicalize_name(name)}
    while waiting:
        current = waiting.pop()
        try:
            distribution = metadata.distribution(current)
        except metadata.PackageNotFoundError as error:
            if current == name:
                raise SizeUnknown(f"no distribution {name} is installed") from error
            absent.append(current)
            continue
        total += _bytes(distribution)
        seen.append(current)
        for required in _requirements(distribution):
            if canonicalize_name(required) not in known:
                known.add(canonicalize_name(required))
                waiting.append(required)
    parts = f"with {', '.join(sorted(seen[1:]))}" if seen[1:] else ""
    if absent:
        parts = f"{parts}; without {', '.join(sorted(absent))}, not installed here".lstrip("; ")
    return total, parts


def _requirements(distribution: metadata.Distribution) -> Iterator[str]:
    from packaging.requirements import Requirement

    for text in distribution.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _bytes(distribution: metadata.Distribution) -> int:
    """Add up the files, without the bytecode that Python writes beside them."""
    files = list(_source_files(distribution))
    if not files:
        files = [Path(str(file.locate())) for file in distribution.files or ()]
    if not files:
        raise SizeUnknown(f"the installation of {distribution.name} records no files")
    kept = [file for file in files if file.suffix != ".pyc" and file.is_file()]
    return sum(file.stat().st_size for file in kept)


def _source_files(distribution: metadata.Distribution) -> Iterator[Path]:
    """Yield the files that an editable installation leaves where they are written."""
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return
    root = Path(unquote(urlsplit(origin["url"]).path))
    modules = {point.module.partition(".")[0] for point in distribution.entry_points}
    modules.add(distribution.name.replace("-", "_"))
    for module in modules:
        for source in (root, root / "src", root / "backends"):
            yield from (source / module).rglob("*")
