"""The structure around tensors, as JSON: containers, numbers and other plain values.

JSON's own null, booleans, strings, lists and numbers (small integers, finite floats) are
themselves. Anything else is an object of one key, which says what it is; there is one
function to write and one to read each, and nothing else can be in a file.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..backend import device
from ..size import Size
from ..tensor import Tensor
from .entries import check_name, check_shape, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["DEPTH", "Reference", "decoded", "encoded", "references"]

VERSION = 1
#: How deep containers may be nested, and how deep the JSON of that is.
DEPTH = 64
_JSON_DEPTH = 3 * DEPTH + 8
_SMALL = 2**53  # which every reader of JSON keeps exactly
_HEXADECIMAL = re.compile(r"-?0x[0-9a-f]+")
_NAME_LIMIT = 200
_RESERVED = "__metadata__"


@dataclass(frozen=True, slots=True)
class Reference:
    """A tensor where it stands in the structure."""

    name: str
    dtype: dtypes.dtype
    shape: tuple[int, ...]
    requires_grad: bool
    location: str


# -- writing --------------------------------------------------------------------------------


class _Writer:
    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._known: dict[int, dict[str, Any]] = {}

    def write(self, value: Any, path: tuple[str, ...]) -> Any:
        if len(path) > DEPTH:
            raise ValueError(
                f"save(): containers are nested deeper than {DEPTH}, or one contains itself: "
                f"obj.{'.'.join(path[:4])}..."
            )
        if isinstance(value, Tensor):
            return self._tensor(value, path)
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if abs(value) < _SMALL else {"int": hex(value)}
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if kind is list:
            return [self.write(v, (*path, str(i))) for i, v in enumerate(value)]
        if kind is tuple or kind is Size:
            items = [self.write(v, (*path, str(i))) for i, v in enumerate(value)]
            return {"tuple" if kind is tuple else "size": items}
        if kind is dict or kind is OrderedDict:
            pairs = [
                [self._key(k, path), self.write(v, (*path, _part(k)))] for k, v in value.items()
            ]
            return {"dict" if kind is dict else "ordered_dict": pairs}
        if kind is bytes:
            return {"bytes": base64.b64encode(value).decode("ascii")}
        if kind is complex:
            return {"complex": [self.write(value.real, path), self.write(value.imag, path)]}
        if kind is dtypes.dtype:
            return {"dtype": value.name}
        if kind is device:
            return {"device": str(value)}
        raise _unsupported(value, path)

    def _key(self, key: Any, path: tuple[str, ...]) -> Any:
        if isinstance(key, Tensor) or not _is_key(key):
            raise _unsupported(key, path, "has a key")
        return self.write(key, (*path, "key"))

    def _tensor(self, tensor: Tensor, path: tuple[str, ...]) -> dict[str, Any]:
        known = self._known.get(id(tensor))
        if known is not None:
            return known  # one tensor in two places stays one
        place: Any = tensor._place
        if place.level:
            raise RuntimeError(f"save(): obj.{'.'.join(path)} is a batch inside of vmap")
        name = self._name(path)
        self.tensors[name] = tensor
        shape = [int(n) for n in tensor.shape]
        fields = [name, tensor.dtype.name, shape, tensor.requires_grad, str(place.device)]
        self._known[id(tensor)] = {"tensor": fields}
        return self._known[id(tensor)]

    def _name(self, path: tuple[str, ...]) -> str:
        name = ".".join(path) or "tensor"
        # What is printable can be encoded, too.
        if check_name(name) or not name.isprintable() or name == _RESERVED:
            name = f"tensor{len(self.tensors)}"
        elif len(name) > _NAME_LIMIT:
            name = f"{name[: _NAME_LIMIT - 8]}~{len(self.tensors)}"
        chosen, number = name, 2
        while chosen in self.tensors:
            chosen, number = f"{name}~{number}", number + 1
        return chosen


def _part(key: Any) -> str:
    return key if type(key) is str else str(key) if type(key) is int else type(key).__name__


def _is_key(key: Any) -> bool:
    kinds = (str, int, bool, float, bytes, complex, dtypes.dtype, device)
    if type(key) is tuple:
        return all(map(_is_key, key))
    return key is None or type(key) in kinds


def _unsupported(value: Any, path: tuple[str, ...], has: str = "is") -> TypeError:
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    where = ".".join(("obj", *path))
    return TypeError(
        f"save(): {where} {has} of type {module}{kind.__qualname__}, which a file cannot hold; it "
        "holds tensors, dict, list, tuple, str, bytes, numbers, bool, None, dtype and device, and "
        "no subclasses of them: convert it to one of these (an optimiser by state_dict(), an "
        "array by as_tensor(), a NumPy number by .item())"
    )


def encoded(obj: Any) -> tuple[str, dict[str, Tensor]]:
    """Return the structure of an object as JSON, and its tensors under names of their own.

    Raises
    ------
    TypeError
        If there is something that a file cannot hold.
    ValueError
        If it is nested too deeply, or contains itself.
    """
    writer = _Writer()
    tree = writer.write(obj, ())
    text = json.dumps({"version": VERSION, "structure": tree}, separators=(",", ":"))
    return text, writer.tensors


# -- reading --------------------------------------------------------------------------------


def references(text: bytes | str, fail: Callable[[str], Exception]) -> tuple[Any, list[Reference]]:
    """Return the parsed structure, and the tensors in it; everything has been checked.

    `fail` makes the error for a file where it is wrong.
    """
    whole = parsed(text, _JSON_DEPTH, fail)
    if not isinstance(whole, dict) or "version" not in whole:
        raise fail("it has no version")
    if whole["version"] != VERSION or type(whole["version"]) is not int:
        raise fail(
            f"it is of version {ascii(whole['version'])[:20]}, and this release reads "
            f"version {VERSION}"
        )
    if whole.keys() != {"version", "structure"}:
        raise fail("it has other parts than its version and its structure")
    found: list[Reference] = []
    _read(whole["structure"], found.append, fail)
    return whole["structure"], found


def decoded(tree: Any, fetch: Callable[[Reference], Any], fail: Callable[[str], Exception]) -> Any:
    """Return the object that a parsed structure stands for, with tensors as `fetch` has them."""
    return _read(tree, fetch, fail)


def _read(tree: Any, fetch: Callable[[Reference], Any], fail: Callable[[str], Exception]) -> Any:
    if tree is None or isinstance(tree, (bool, str, int)):
        return tree
    if isinstance(tree, float):
        if not math.isfinite(tree):
            raise fail("a number is too large")
        return tree
    if isinstance(tree, list):
        return [_read(v, fetch, fail) for v in tree]
    tag, content = _single(tree, fail)
    if tag in _KEYED:
        return _KEYED[tag](_pairs(content, fetch, fail))
    if tag in _ITEMS:
        if not isinstance(content, list):
            raise fail(f"a {tag} is not a list")
        if tag == "size" and not all(type(n) is int for n in content):
            raise fail("a size is not a list of integers")
        return _ITEMS[tag](_read(v, fetch, fail) for v in content)
    if tag == "tensor":
        return fetch(_reference(content, fail))
    if tag == "complex":
        real, imag = (_read(v, fetch, fail) for v in _list(content, 2, fail))
        if type(real) not in (int, float) or type(imag) not in (int, float):
            raise fail("a complex number is not two numbers")
        return complex(real, imag)
    return _plain(tag, content, fail)


_KEYED: dict[str, Any] = {"dict": dict, "ordered_dict": OrderedDict}
_ITEMS: dict[str, Any] = {"tuple": tuple, "size": Size}


def _single(tree: Any, fail: Callable[[str], Exception]) -> tuple[str, Any]:
    if not isinstance(tree, dict) or len(tree) != 1:
        raise fail("an object has not exactly one key")
    return next(iter(tree.items()))


def _list(content: Any, length: int, fail: Callable[[str], Exception]) -> list[Any]:
    if not isinstance(content, list) or len(content) != length:
        raise fail(f"{length} values should be in a list")
    return content


def _pairs(
    content: Any, fetch: Callable[[Reference], Any], fail: Callable[[str], Exception]
) -> Iterator[tuple[Any, Any]]:
    if not isinstance(content, list):
        raise fail("a dict is not a list of pairs")
    seen = set()
    for pair in content:
        k, v = _list(pair, 2, fail)
        key = _read(k, lambda _: _refused(fail("a tensor is a key")), fail)
        if not _is_key(key):
            raise fail(f"a {type(key).__name__} is a key")
        if key in seen:
            raise fail(f"the key {ascii(key)[:80]} is there twice")
        seen.add(key)
        yield key, _read(v, fetch, fail)


def _refused(error: Exception) -> None:
    raise error


def _plain(tag: str, content: Any, fail: Callable[[str], Exception]) -> Any:
    if not isinstance(content, str):
        raise fail(f"{ascii(tag)[:40]} is not one of the kinds of values, or not a string")
    if tag == "int" and _HEXADECIMAL.fullmatch(content):
        return int(content, 16)
    if tag == "float" and content in ("nan", "inf", "-inf"):
        return float(content)
    if tag == "bytes":
        try:
            return base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise fail("bytes are not in base 64") from None
    if tag == "dtype" and content in dtypes.BY_NAME:
        return dtypes.BY_NAME[content]
    if tag == "device":
        return _device(content, fail)
    raise fail(f"there is no {ascii(tag)[:40]} {ascii(content)[:80]}")


def _device(text: str, fail: Callable[[str], Exception]) -> device:
    try:
        return device(text)
    except RuntimeError:
        raise fail(f"{ascii(text)[:80]} is no device") from None


def _reference(content: Any, fail: Callable[[str], Exception]) -> Reference:
    name, d, shape, requires_grad, location = _list(content, 5, fail)
    if not isinstance(name, str) or not isinstance(d, str) or not isinstance(location, str):
        raise fail("a tensor's name, dtype or device is not a string")
    if d not in dtypes.BY_NAME:
        raise fail(f"a tensor has dtype {ascii(d)[:40]}, which is unknown")
    if type(requires_grad) is not bool or (
        requires_grad and not dtypes.BY_NAME[d].is_differentiable
    ):
        raise fail(f"a tensor of dtype {d} has requires_grad {ascii(requires_grad)[:40]}")
    wrong = check_shape(shape, dtypes.BY_NAME[d].itemsize)
    if wrong is not None:
        raise fail(f"tensor {ascii(name)[:80]}: {wrong}")
    where = str(_device(location, fail))
    return Reference(name, dtypes.BY_NAME[d], tuple(shape), requires_grad, where)
