"""Sample operands and cases: what an operation is tried on, and what should come out.

Samples are written without any array library, so that every backend gets the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor, prod
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..backend import registry
from ..ops import registry as operations
from ..ops.declare import is_implemented

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..backend.place import Place

__all__ = [
    "Case",
    "Here",
    "Native",
    "Positions",
    "Sample",
    "all_cases",
    "case",
    "given",
    "host_place",
    "numpy_namespace",
    "real",
    "truth",
    "whole",
]

#: The golden ratio: its multiples, modulo one, fill an interval without coming close.
_RATIO = 0.6180339887498949

_cases: list[Case] = []


@dataclass(frozen=True)
class Sample:
    """Numbers for one operand: the same in every run, all different.

    Attributes
    ----------
    shape : tuple of int
    low, high : float
        The interval they lie in; that of both parts of a complex number.
    clear : bool
        Whether they keep clear of integers, where steps and kinks are.
    dtype : str
    values : tuple, optional
        The numbers themselves, flat.
    """

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    clear: bool = False
    dtype: str = "float64"
    values: tuple[Any, ...] | None = None

    def numbers(self, position: int) -> list[Any]:
        """Return the numbers, flat, for the operand at a position."""
        count = prod(self.shape)
        if self.values is not None:
            return list(self.values)
        if self.dtype == "bool":
            return [(k * 7 + position) % 3 > 0 for k in range(count)]
        if self.dtype == "complex128":
            parts = self._spread(2 * count, position)
            return [complex(a, b) for a, b in zip(parts[::2], parts[1::2], strict=True)]
        if self.dtype == "int64":
            return [floor(x) for x in self._spread(count, position)]
        return self._spread(count, position)

    def _spread(self, count: int, position: int) -> list[float]:
        width = self.high - self.low
        start = 0.37 + 0.171 * position
        out = [self.low + width * ((start + k * _RATIO) % 1.0) for k in range(count)]
        if self.clear:
            out = [floor(x) + 0.15 + 0.7 * (x - floor(x)) for x in out]
        return out

    def host(self, position: int) -> Any:
        """Return the numbers as a host array."""
        backend: Any = host_place().backend
        array = backend.converted(backend.host_array(self.numbers(position)), self.dtype)
        return array.reshape(self.shape)

    @property
    def differentiable(self) -> bool:
        """Whether the numbers are real or complex, not integers or truth values."""
        return dtypes.named(self.dtype).is_differentiable


def real(*shape: int, low: float = -2.0, high: float = 2.0, clear: bool = False) -> Sample:
    """Return a sample of real numbers."""
    return Sample(shape, low, high, clear)


def whole(*shape: int, low: int = -5, high: int = 6) -> Sample:
    """Return a sample of integers of [low, high)."""
    return Sample(shape, low, high, dtype="int64")


def truth(*shape: int) -> Sample:
    """Return a sample of truth values."""
    return Sample(shape, dtype="bool")


def given(*values: Any, dtype: str = "float64", shape: tuple[int, ...] | None = None) -> Sample:
    """Return a sample of these numbers, as a vector unless a shape is given."""
    return Sample(shape or (len(values),), dtype=dtype, values=values)


class Positions:
    """An option that is an array of positions, on the device of the operands."""

    def __init__(self, *positions: Any) -> None:
        self.positions = list(positions)

    def at(self, place: Place) -> Any:
        """Return the array on a device."""
        return place.xp.asarray(self.positions, dtype=place.native(dtypes.int64))


class Native:
    """An option that is a dtype of the backend."""

    def __init__(self, name: str) -> None:
        self.name = name

    def at(self, place: Place) -> Any:
        """Return the backend's dtype."""
        return place.native(dtypes.named(self.name))


class Here:
    """An option that is the operands' own device."""

    def at(self, place: Place) -> Any:
        """Return the device."""
        return place


def _option(value: Any, place: Place) -> Any:
    if isinstance(value, tuple):
        return tuple(_option(item, place) for item in value)
    return value.at(place) if isinstance(value, (Positions, Native, Here)) else value


@dataclass(frozen=True)
class Case:
    """One way to call an operation.

    Attributes
    ----------
    name : str
        The operation's name in the registry, or one that tells what `run` does.
    number : int
        Distinguishes the cases of one name.
    operands : tuple of Sample
    options : tuple
    reference : callable
        Of NumPy's namespace, the operands and the options, all NumPy's; returns the result.
    run : callable, optional
        What to do with the tensors, for what is no single operation of the registry.
    single : bool
        Whether it means the same in single precision.
    step : float
        The step of finite differences; where an operation is linear, a long one is exact.
    tolerance : float
        What a gradient may differ from them by.
    """

    name: str
    number: int
    operands: tuple[Sample, ...]
    options: tuple[Any, ...]
    reference: Callable[..., Any]
    run: Callable[..., Any] | None = None
    single: bool = True
    step: float = 6e-6
    tolerance: float = 1e-7

    @property
    def operation(self) -> Any:
        """The operation of the registry, or None."""
        return operations.get(self.name)

    @property
    def label(self) -> str:
        """The case in a line: dtypes, shapes and options of the operands."""
        short = {"float64": "", "complex128": "complex", "int64": "int", "bool": "bool"}
        parts = [short[s.dtype] + str(list(s.shape)) for s in self.operands]
        names = self.operation.option_names if self.operation and self.run is None else []
        for name, value in zip(names, self.options, strict=False):
            if isinstance(value, (int, float, tuple)) or value is None:
                parts.append(f"{name}={_readable(value)}")
        return " ".join(parts)

    @property
    def id(self) -> str:
        """A name for a test."""
        return f"{self.name}-{self.number}"

    def differentiable(self) -> list[int]:
        """Return the positions of the operands that have a gradient."""
        op = self.operation
        found = [k for k, s in enumerate(self.operands) if s.differentiable]
        if op is None or self.run is not None:
            return found
        names = {p for p, rule in op.rules.items() if is_implemented(rule)}
        return [k for k in found if op.operands[k] in names]

    def arguments(self, place: Place) -> tuple[Any, ...]:
        """Return the options as they are on a device."""
        out: tuple[Any, ...] = _option(self.options, place)
        return out

    def apply(self, tensors: list[Any]) -> Any:
        """Return the result for tensors."""
        if self.run is not None:
            return self.run(*tensors)
        return self.operation.record(*tensors, *self.arguments(tensors[0]._place))

    def expected(self) -> Any:
        """Return the result that NumPy gives, a host array."""
        place = host_place()
        operands = [s.host(k) for k, s in enumerate(self.operands)]
        return self.reference(numpy_namespace(), *operands, *self.arguments(place))


def _readable(value: Any) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_readable, value)) + ")"
    if isinstance(value, slice):
        return ":".join("" if b is None else str(b) for b in (value.start, value.stop, value.step))
    return "array" if isinstance(value, Positions) else str(value)


def host_place() -> Place:
    """Return where NumPy's arrays live: references are computed there."""
    return registry.place(registry.get("numpy"), "cpu", 0)


def numpy_namespace() -> Any:
    """Return NumPy itself, whatever the backend of that name has put in its place."""
    backend: Any = host_place().backend
    return backend.host_array([0.0]).__array_namespace__()


def case(
    name: str,
    reference: Callable[..., Any],
    *calls: tuple[Sample, ...],
    options: tuple[Any, ...] = (),
    run: Callable[..., Any] | None = None,
    complex: bool = False,
    single: bool = True,
    step: float | None = None,
) -> None:
    """Declare cases: one for each tuple of operands, with `complex` also of complex numbers."""
    op = operations.get(name)
    exact = op is not None and op.kind == "linear"
    for operands in calls:
        variants = [operands]
        if complex:
            variants.append(tuple(_complex(s) for s in operands))
        for variant in variants:
            number = sum(c.name == name for c in _cases)
            size = step or (0.25 if exact else 6e-6)
            _cases.append(Case(name, number, variant, options, reference, run, single, size))


def _complex(sample: Sample) -> Sample:
    if sample.dtype != "float64" or sample.values is not None:
        return sample
    return replace(sample, dtype="complex128")


def all_cases() -> Iterator[Case]:
    """Return every declared case, in the order of declaration."""
    from . import cases, cases_of_arrays  # noqa: F401 - which declare them
    from . import cases_of_lattices as _lattices  # noqa: F401
    from . import cases_of_layers as _layers  # noqa: F401
    from . import cases_of_linalg as _linalg  # noqa: F401
    from . import cases_of_products as _products  # noqa: F401
    from . import cases_of_reductions as _reductions  # noqa: F401
    from . import cases_of_special as _special  # noqa: F401
    from . import cases_of_transforms as _transforms  # noqa: F401
    from . import cases_of_windows as _windows  # noqa: F401

    return iter(_cases)
