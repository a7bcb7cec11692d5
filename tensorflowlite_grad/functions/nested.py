"""Numbers in nested sequences, as a host array."""

from __future__ import annotations

import warnings
from typing import Any

from ..autograd import modes
from ..autograd.graph import Variable
from ..backend import registry
from ..dtypes import dtype, kind_of_scalar, uint64
from ..ops.promotion import fitting

__all__ = ["check_values", "host_array"]

#: How deep sequences may be nested: arrays have no more axes.
MOST_AXES = 64


def host_array(data: Any, wanted: dtype | None = None) -> Any:
    """Return Python data as a host array, with PyTorch's default dtypes.

    Of large integers only `wanted` tells whether they are to be integers.

    Raises
    ------
    ValueError
        If sequences differ in length, or an int in them does not fit 64 bits.
    TypeError, RuntimeError
        If there is something in them that is no number.
    """
    plain = _plain(data)
    host = registry.get("numpy")
    try:
        array = host.host_array(plain)  # type: ignore[attr-defined]
        if wanted is uint64 and array.dtype.kind not in "biu":
            array = _unsigned(host, plain, array)
    except ValueError as error:
        raise (_uneven(plain) or error) from None
    if array.dtype.kind not in "biufc":
        raise _no_number(data)
    return array


def _unsigned(host: Any, plain: Any, otherwise: Any) -> Any:
    """Return Python ints beyond int64 as an array, or what else they became."""
    if not all(isinstance(item, int) for item in _leaves(plain)):
        return otherwise
    try:
        return host.host_array(plain, "uint64")
    except OverflowError:
        return otherwise


def check_values(host: Any, wanted: dtype) -> None:
    """Raise RuntimeError if a host array has values that a dtype cannot hold."""
    if not host.size:
        return
    if host.dtype.kind == "c":
        fitting(host.ravel()[0].item(), wanted)
    else:
        fitting(host.min().item(), wanted)
        fitting(host.max().item(), wanted)


def _plain(data: Any, depth: int = 0) -> Any:
    """Return nested sequences as lists, without tensors in them."""
    if isinstance(data, Variable):
        if data._edge is not None and modes.is_grad_enabled():
            warnings.warn(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected "
                "behavior: tensor() detaches the tensors in a list; use stack() to keep their "
                "graph, or detach() them first.",
                stacklevel=4,
            )
        return data._place.backend.to_numpy(data._array).tolist()
    if isinstance(data, (list, tuple)):
        if depth == MOST_AXES:
            raise ValueError(
                f"too many dimensions '{type(data).__name__}': sequences may be nested "
                f"{MOST_AXES} deep"
            )
        return [_plain(item, depth + 1) for item in data]
    return data


def _uneven(data: Any) -> Exception | None:
    """Return what to raise for nested lists of unequal lengths, None if they are equal."""
    sizes, first = [], data
    while isinstance(first, list):
        sizes.append(len(first))
        first = first[0] if first else None
    level = [data]
    for dim, size in enumerate(sizes):
        for item in level:
            if not isinstance(item, list):
                return TypeError(
                    f"not a sequence: tensor() found {item!r} beside a sequence, at dim {dim}"
                )
            if len(item) != size:
                return ValueError(
                    f"expected sequence of length {size} at dim {dim} (got {len(item)}): nested "
                    "sequences must be of equal length at every level"
                )
        level = [x for item in level for x in item]
    if any(isinstance(item, list) for item in level):
        return TypeError(
            "'list' object cannot be interpreted as a number: tensor() found one beside numbers, "
            f"at dim {len(sizes) - 1}"
        )
    return None


def _no_number(data: Any) -> Exception:
    """Return what to raise for data with something in it that is no number, or too large."""
    for odd in _leaves(data):
        if kind_of_scalar(odd) is not None:
            continue
        name = type(odd).__name__
        if isinstance(odd, (str, bytes)):
            if odd is data:
                return TypeError(f"new(): invalid data type '{name}': tensor() takes numbers")
            return ValueError(f"too many dimensions '{name}': tensor() takes numbers")
        return RuntimeError(f"Could not infer dtype of {name}: tensor() takes numbers")
    return ValueError("Overflow when unpacking long long: an int does not fit 64 bits")


def _leaves(data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        for item in data:
            yield from _leaves(item)
    else:
        yield data
