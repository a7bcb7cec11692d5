"""`save` and `load`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

from ..backend import device, registry
from ..backend.selection import resolve
from ..tensor import Tensor
from . import npz, safetensors, sinks, sources
from .structure import Reference, decoded, encoded, references

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..dtypes import dtype
    from .entries import Entry

__all__ = ["load", "save"]

_FORMATS = ("safetensors", "npz")
_ZIP = b"PK\x03\x04", b"PK\x05\x06"


class _File(Protocol):
    structure: Any
    entries: dict[str, Entry]

    def stored(self, d: dtype, shape: tuple[int, ...]) -> tuple[dtype, tuple[int, ...]]: ...

    def read(self, name: str, d: dtype, fail: Callable[[str], Exception]) -> Any: ...


def save(obj: Any, f: Any, *, format: str | None = None) -> None:
    """Write an object to a file: tensors, and containers of them.

    A file that is there already is replaced when the new one is whole and on the disk; until
    then, and if anything goes wrong, it stays as it was.

    Parameters
    ----------
    obj : object
        Tensors, dict, list, tuple, str, bytes, numbers, bool, None, dtype and device, nested
        in each other: what `state_dict` of an optimiser returns, say. Nothing is pickled.
    f : path or binary file
        An open file is written from its present position on.
    format : {"safetensors", "npz"}, optional
        By default npz for paths that end in ``.npz``, and safetensors for all else.

    Raises
    ------
    TypeError
        If there is something in `obj` that a file cannot hold, before anything is written.
    ValueError
        If it is nested more than 64 deep, or contains itself.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : Reads what was written.

    Notes
    -----
    Of a tensor are kept its elements, shape, dtype, device and whether it requires grad; not
    its history, its gradient and its hooks. A view is saved by itself, without the rest of
    the memory that it shows. One tensor in two places is saved once, and is one again.

    Examples
    --------
    >>> import os, tempfile
    >>> import tensorflowlite_grad as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> path = os.path.join(tempfile.mkdtemp(), "checkpoint.safetensors")
    >>> tg.save({"model": [x], "epoch": 3}, path)
    >>> tg.load(path)
    {'model': [tensor([1., 1.], requires_grad=True)], 'epoch': 3}
    """
    chosen = _format("save", f, format) or "safetensors"
    structure, tensors = encoded(obj)
    write = npz.write if chosen == "npz" else safetensors.write
    with sinks.opened(f) as sink:
        write(sink, structure, tensors)


def load(
    f: Any,
    map_location: Any = None,
    *,
    format: str | None = None,
    weights_only: bool = True,
    max_bytes: int | None = None,
) -> Any:
    """Read an object from a file that `save` wrote, or a dict of tensors from another's.

    Everything in the file is checked before memory is taken for its tensors, and nothing in
    it is ever run: a file from a stranger can hold wrong numbers and nothing worse.

    Parameters
    ----------
    f : path or binary file
        A file of safetensors or npz; an open file is read from its present position to its
        end.
    map_location : device, str, dict or callable, optional
        Where tensors go: a device for all; a dict of devices' names; or a function of a
        tensor, read to the CPU, and of the name of its device, which returns the tensor where
        it should be, or None. By default, and for what a dict or a function leaves out, to a
        device of the name of that they were saved from, as the default backend has it.
    format : {"safetensors", "npz"}, optional
        By default what the file is.
    weights_only : bool
        Accepted, as PyTorch has it, and without effect: files hold nothing else.
    max_bytes : int, optional
        Refuse a file whose tensors take more. Without it, tensors take as much as the file
        does; entries that are compressed, up to a GiB or a hundred times as much as the file.

    Returns
    -------
    object
        As it was saved; or, where another program wrote the file, a dict of its tensors.

    Raises
    ------
    serialization.FileError
        If the file is damaged, forged or of another kind. It is a RuntimeError and a
        ValueError.
    RuntimeError
        If there is no such device as tensors should go to.
    OSError
        If the file cannot be read.

    See Also
    --------
    save : Writes such files.

    Examples
    --------
    >>> import io
    >>> import tensorflowlite_grad as tg
    >>> file = io.BytesIO()
    >>> tg.save({"weight": tg.ones(2), "size": (2, 3)}, file)
    >>> _ = file.seek(0)
    >>> tg.load(file, map_location="cpu")
    {'weight': tensor([1., 1.]), 'size': (2, 3)}
    """
    if not isinstance(weights_only, bool):
        raise TypeError(f"load(): weights_only must be bool, not {type(weights_only).__name__}")
    where = _checked_map(map_location)
    chosen = _format("load", f, format)
    with sources.opened(f) as source:
        if chosen is None:
            chosen = "npz" if source.read(4) in _ZIP else "safetensors"
            source.seek(0)
        file: _File
        if chosen == "npz":
            file = npz.NpzFile(source, max_bytes)
        else:
            file = safetensors.SafetensorsFile(source)
            if max_bytes is not None and source.size > max_bytes:
                raise source.error(f"it has {source.size} bytes; max_bytes allows {max_bytes}")
        return _object(file, source, where)


def _format(function: str, f: Any, format: str | None) -> str | None:
    if format is None:
        if isinstance(f, (str, os.PathLike)):
            name = os.fsdecode(f).lower()
            return next((kind for kind in _FORMATS if name.endswith(f".{kind}")), None)
        return None
    if format not in _FORMATS:
        raise ValueError(
            f"{function}(): format must be one of {', '.join(_FORMATS)}, got {format!r}"
        )
    return format


def _object(file: _File, source: sources.Source, where: Any) -> Any:
    targets = _Targets(where, source.error)
    made: dict[str, tuple[Reference, Tensor]] = {}

    def fetch(reference: Reference) -> Tensor:
        name = reference.name
        if name not in made:
            host = file.read(name, reference.dtype, lambda why: source.error(why, name))
            made[name] = reference, targets.tensor(host, reference)
        return made[name][1]

    def fail(reason: str) -> Exception:
        return source.error(f"its structure is wrong: {reason}")

    if file.structure is None:
        plain = [Reference(e.name, e.dtype, e.shape, False, "") for e in file.entries.values()]
        return {reference.name: fetch(reference) for reference in plain}
    tree, found = references(file.structure, fail)
    known: dict[str, Reference] = {}
    for reference in found:
        if known.setdefault(reference.name, reference) != reference:
            raise source.error("it is two different tensors", reference.name)
    for name, reference in known.items():
        targets.check(reference)
        entry = file.entries.get(name)
        if entry is None:
            raise source.error("it is missing", name)
        want = file.stored(reference.dtype, reference.shape)
        if (entry.dtype, entry.shape) != want:
            raise source.error(
                f"it is of dtype {entry.dtype.name} and shape {list(entry.shape)}, and should be "
                f"of {want[0].name} and {list(want[1])}",
                name,
            )
    for name in file.entries:
        if name not in known:
            raise source.error("it has no place in the structure", name)
    return decoded(tree, fetch, fail)


class _Targets:
    """Where `map_location` has tensors, by the name of the device that they were saved from."""

    def __init__(self, map_location: Any, fail: Callable[[str, str], Exception]) -> None:
        self._map = map_location
        self._fail = fail
        self._places: dict[str, Any] = {}

    def check(self, reference: Reference) -> None:
        """Raise now what would be raised when the tensor goes to its device."""
        if not callable(self._map):
            self._place(reference)

    def tensor(self, host: Any, reference: Reference) -> Tensor:
        """Return a tensor of an array on the host, where it should be."""
        if not callable(self._map):
            return _made(host, reference, self._place(reference))
        tensor = _made(host, reference, resolve("cpu").root)
        out = self._map(tensor, reference.location)
        if out is None:
            return _made(host, reference, self._place(reference))
        if not isinstance(out, Tensor):
            raise TypeError(f"load(): map_location returned {type(out).__name__}, not a Tensor")
        return out.detach().requires_grad_(reference.requires_grad)

    def _place(self, reference: Reference) -> Any:
        location = reference.location
        if location not in self._places:
            self._places[location] = self._found(location, reference.name)
        return self._places[location]

    def _found(self, location: str, name: str) -> Any:
        if isinstance(self._map, (str, device)):
            return resolve(self._map).root
        if isinstance(self._map, dict) and location in self._map:
            return resolve(self._map[location]).root
        if not location:
            return resolve(None).root
        try:
            # No file makes us import a library, in search of a device that it made up.
            kinds = {kind for backend in registry.loaded() for kind in backend.kinds}
            if device(location).type not in {"cpu", "cuda", *resolve(None).backend.kinds, *kinds}:
                raise RuntimeError("no backend in use has devices of this kind")
            return resolve(location).root
        except RuntimeError as error:
            raise self._fail(
                f"it was saved from device {location!r}, which is not there: {error}. Use "
                "load(f, map_location='cpu') to have tensors on the CPU",
                name,
            ) from error


def _checked_map(map_location: Any) -> Any:
    """Return `map_location` with devices that are there, and their names as files have them."""
    if map_location is None or callable(map_location):
        return map_location
    if isinstance(map_location, dict):
        return {str(device(k)): resolve(v).device for k, v in map_location.items()}
    if isinstance(map_location, (str, device)):
        return resolve(map_location).device
    raise TypeError(
        "load(): map_location must be a device, str, dict or callable, not "
        f"{type(map_location).__name__}"
    )


def _made(host: Any, reference: Reference, place: Any) -> Tensor:
    native = place.native(reference.dtype)
    array = place.backend.from_numpy(host, place.kind, place.index)
    out: Tensor = place.wrap(place.xp.astype(array, native, copy=False), place)
    return out.requires_grad_() if reference.requires_grad else out
