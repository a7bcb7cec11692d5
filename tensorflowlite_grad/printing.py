"""The printed form of tensors, in PyTorch's layout.

This module turns host values into text and knows nothing else: no array library, no Tensor.
A caller hands over a function that fetches a part of the array as nested Python lists, so that
a large array on a device is printed by copying only the few items that are shown.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
import numbers
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

__all__ = [
    "PRINT_OPTIONS",
    "PrintOptions",
    "format_tensor",
    "get_printoptions",
    "printoptions",
    "set_printoptions",
]

Index: TypeAlias = tuple[slice | int, ...]
Fetch: TypeAlias = Callable[[Index], Any]
Kind: TypeAlias = Literal["bool", "int", "float", "complex"]

_PREFIX = "tensor("


@dataclasses.dataclass
class PrintOptions:
    """How tensors are printed.

    Parameters
    ----------
    precision : int
        Digits after the decimal point.
    threshold : float
        A tensor with more items than this is summarised.
    edgeitems : int
        Items shown at each end of a summarised dimension.
    linewidth : float
        Characters in a line; ``math.inf`` never breaks a row.
    sci_mode : bool, optional
        Whether to print floats in scientific notation; None decides from the values.

    Raises
    ------
    TypeError
        If `precision` or `edgeitems` is not an integer, or another width is not a number.
    ValueError
        If `precision` or `edgeitems` is negative.

    Examples
    --------
    >>> options = PrintOptions(precision=2)
    >>> format_tensor(lambda index: 2 / 3, (), kind="float", options=options)
    'tensor(0.67)'
    """

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: float = 80
    sci_mode: bool | None = None

    def __post_init__(self) -> None:
        self.precision = _check_count("precision", self.precision)
        self.edgeitems = _check_count("edgeitems", self.edgeitems)
        _check_number("threshold", self.threshold)
        _check_number("linewidth", self.linewidth)


def _check_count(name: str, value: object) -> int:
    try:
        count = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"print option {name} must be an integer, got {value!r}") from None
    if count < 0:
        raise ValueError(f"print option {name} must be zero or more, got {count}")
    return count


def _check_number(name: str, value: object) -> None:
    if not isinstance(value, numbers.Real):
        raise TypeError(f"print option {name} must be a number, got {value!r}")


_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}

PRINT_OPTIONS = PrintOptions()
"""The options in force, for all threads; changed in place by `set_printoptions`."""


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: float | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors are printed.

    What is not given stays as it is, except `sci_mode`, which goes back to None.

    Parameters
    ----------
    precision : int, optional
        Digits after the decimal point (at first 4).
    threshold : float, optional
        A tensor with more items than this is summarised (at first 1000).
    edgeitems : int, optional
        Items shown at each end of a summarised dimension (at first 3).
    linewidth : float, optional
        Characters in a line (at first 80).
    profile : {"default", "short", "full"}, optional
        A set of the four options above to start from; those given besides it win. "short"
        prints less, "full" never summarises.
    sci_mode : bool, optional
        Whether to print floats in scientific notation; None decides from the values.

    Raises
    ------
    TypeError, ValueError
        If an option cannot be used. Nothing is changed then.

    See Also
    --------
    printoptions : the same, for the length of a ``with`` block.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.set_printoptions(precision=2)
    >>> tg.tensor([0.12345, 1.0])
    tensor([0.12, 1.00])
    >>> tg.set_printoptions(threshold=5, edgeitems=1)
    >>> tg.arange(10)
    tensor([0,  ..., 9])
    >>> tg.set_printoptions(profile="default")
    >>> tg.tensor([0.12345, 1.0])
    tensor([0.1235, 1.0000])
    """
    if profile is not None and profile not in _PROFILES:
        known = ", ".join(map(repr, _PROFILES))
        raise ValueError(f"set_printoptions: unknown profile {profile!r}; choose one of {known}")
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    changes = dict(_PROFILES[profile]) if profile is not None else {}
    changes.update((name, value) for name, value in given.items() if value is not None)
    # Building the new options first checks them all before any is in force.
    _install(dataclasses.replace(PRINT_OPTIONS, **changes, sci_mode=sci_mode))


def _install(options: PrintOptions) -> None:
    for field in dataclasses.fields(options):
        setattr(PRINT_OPTIONS, field.name, getattr(options, field.name))


def get_printoptions() -> dict[str, Any]:
    """Return the options in force.

    Returns
    -------
    dict
        The options by name, fit to be passed back to `set_printoptions`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return dataclasses.asdict(PRINT_OPTIONS)


@contextlib.contextmanager
def printoptions(
    *,
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: float | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> Iterator[None]:
    """Change how tensors are printed within a ``with`` block.

    Parameters
    ----------
    precision, threshold, edgeitems, linewidth, profile, sci_mode
        As for `set_printoptions`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> with tg.printoptions(precision=1, sci_mode=True):
    ...     print(tg.tensor([0.25, 1000.0]))
    tensor([2.5e-01, 1.0e+03])
    >>> print(tg.tensor([0.25, 100.0]))
    tensor([  0.2500, 100.0000])
    """
    before = dataclasses.replace(PRINT_OPTIONS)
    set_printoptions(precision, threshold, edgeitems, linewidth, profile, sci_mode)
    try:
        yield
    finally:
        _install(before)


def format_tensor(
    fetch: Fetch,
    shape: tuple[int, ...],
    *,
    kind: Kind,
    suffixes: Sequence[str] = (),
    options: PrintOptions = PRINT_OPTIONS,
) -> str:
    """Return the printed form of a tensor.

    Parameters
    ----------
    fetch : callable
        ``fetch(index)`` returns the part of the array at a basic index, one slice for each
        dimension, as nested lists of Python numbers, or as a bare number for a 0-d array.
        It is called only for items that are shown.
    shape : tuple of int
        The array's shape.
    kind : {"bool", "int", "float", "complex"}
        The kind of its dtype; narrower floats come widened to Python's.
    suffixes : sequence of str, optional
        What follows the values, in the order ``device=``, ``dtype=``, then ``grad_fn=`` or
        ``requires_grad=``. The ``size=`` of a tensor whose values do not show it is added here.
    options : PrintOptions, optional
        The options; by default those in force.

    Returns
    -------
    str
        The text, over several lines if it is long.

    Examples
    --------
    >>> rows = [[1.0, 2.5], [-3.0, float("nan")]]
    >>> print(format_tensor(lambda index: rows, (2, 2), kind="float"))
    tensor([[ 1.0000,  2.5000],
            [-3.0000,     nan]])
    >>> items = range(10**6)
    >>> fetch = lambda index: list(items[index[0]])
    >>> format_tensor(fetch, (10**6,), kind="int", suffixes=["dtype=int32"])
    'tensor([     0,      1,      2,  ..., 999997, 999998, 999999], dtype=int32)'
    >>> format_tensor(fetch, (0, 3), kind="int")
    'tensor([], size=(0, 3))'
    """
    size = math.prod(shape)
    values = _format_values(fetch, shape, kind, options) if size else "[]"
    size_shows = bool(options.edgeitems) if size else len(shape) == 1
    trailing = list(suffixes)
    if not size_shows:
        after_device = bool(trailing) and trailing[0].startswith("device=")
        trailing.insert(int(after_device), f"size={tuple(shape)}")
    return _append_suffixes(_PREFIX + values, trailing, options.linewidth)


def _append_suffixes(text: str, suffixes: Sequence[str], linewidth: float) -> str:
    """Add the suffixes, each on a new line if the current one has no room for it."""
    # PyTorch counts two characters more than the first line holds; so the same lines break.
    column = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        column += len(suffix) + 2
        if column > linewidth:
            text += ",\n" + " " * len(_PREFIX) + suffix
            column = len(_PREFIX) + len(suffix)
        else:
            text += ", " + suffix
    return text + ")"


def _format_values(fetch: Fetch, shape: tuple[int, ...], kind: Kind, options: PrintOptions) -> str:
    """Return the bracketed values of a tensor that has some."""
    edge = options.edgeitems
    summarized = math.prod(shape) > options.threshold
    if summarized and shape and not edge:
        return "[...]"
    elided = [summarized and length > 2 * edge for length in shape]
    cells, width = _FORMATTERS[kind](_fetch_shown(fetch, shape, elided, edge), options)
    if not shape:
        return cells[0]
    remaining = iter(cells)

    def render(axis: int, indent: int) -> str:
        shown = 2 * edge if elided[axis] else shape[axis]
        below = len(shape) - axis - 1
        if below:
            blocks = [render(axis + 1, indent + 1) for _ in range(shown)]
            if elided[axis]:
                blocks.insert(edge, "...")
            newlines = "\n" * below
        else:
            row = list(itertools.islice(remaining, shown))
            if elided[axis]:
                row.insert(edge, " ...")
            blocks = _wrap(row, (options.linewidth - indent) / (width + len(", ")))
            newlines = "\n"
        return "[" + ("," + newlines + " " * (indent + 1)).join(blocks) + "]"

    return render(0, len(_PREFIX))


def _wrap(row: list[str], room: float) -> list[str]:
    """Break a row into lines of at most `room` cells, but at least one."""
    step = max(1, int(min(room, len(row))))
    return [", ".join(row[start : start + step]) for start in range(0, len(row), step)]


def _fetch_shown(
    fetch: Fetch, shape: tuple[int, ...], elided: Sequence[bool], edge: int
) -> list[Any]:
    """Fetch the items that are shown, flat and in row-major order."""
    shown = _corners(fetch, shape, elided, edge, ())
    if not shape:
        return [shown]
    for _ in shape[1:]:
        shown = list(itertools.chain.from_iterable(shown))
    return list(shown)


def _corners(
    fetch: Fetch, shape: tuple[int, ...], elided: Sequence[bool], edge: int, index: Index
) -> Any:
    """Fetch what is shown along the axes that an index leaves open."""
    axis = len(index)
    if axis == len(shape):
        return fetch(index)
    if not elided[axis]:
        return _corners(fetch, shape, elided, edge, (*index, slice(None)))
    first = _corners(fetch, shape, elided, edge, (*index, slice(0, edge)))
    last = _corners(fetch, shape, elided, edge, (*index, slice(shape[axis] - edge, shape[axis])))
    return _concatenate(first, last, axis)


def _concatenate(first: list[Any], last: list[Any], axis: int) -> list[Any]:
    """Concatenate nested lists along an axis."""
    if axis == 0:
        return first + last
    return [_concatenate(*pair, axis - 1) for pair in zip(first, last, strict=True)]


# A formatter returns one cell of text for each value, and the width that a cell counts for when
# rows are wrapped; nan, inf and signed zeros do not count, so their cells can be wider.
_Formatter: TypeAlias = Callable[[list[Any], PrintOptions], tuple[list[str], int]]


def _format_exact(values: list[int], options: PrintOptions) -> tuple[list[str], int]:
    cells = [str(value) for value in values]
    width = max(map(len, cells))
    return [cell.rjust(width) for cell in cells], width


def _format_floats(values: list[float], options: PrintOptions) -> tuple[list[str], int]:
    counted = [value != 0 and math.isfinite(value) for value in values]
    magnitudes = [abs(value) for value in itertools.compress(values, counted)]
    scientific = False
    if magnitudes:
        scientific = options.sci_mode or (options.sci_mode is None and _spread_wide(magnitudes))
    integral = all(magnitude.is_integer() for magnitude in magnitudes)
    if scientific:
        spec = f".{options.precision}e"
    else:
        spec = ".0f" if integral else f".{options.precision}f"
    cells = [format(value, spec) for value in values]
    if integral and not scientific:
        # The bare point tells floats from integers.
        cells = [
            cell + "." if math.isfinite(value) else cell
            for cell, value in zip(cells, values, strict=True)
        ]
    width = max(map(len, itertools.compress(cells, counted)), default=1)
    return [cell.rjust(width) for cell in cells], width


def _spread_wide(magnitudes: list[float]) -> bool:
    """Tell whether fixed-point notation would lose small values or stretch to large ones."""
    smallest, largest = min(magnitudes), max(magnitudes)
    return largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4


def _format_complex(values: list[complex], options: PrintOptions) -> tuple[list[str], int]:
    reals, real_width = _format_floats([value.real for value in values], options)
    imags, imag_width = _format_floats([value.imag for value in values], options)
    signed = (imag.lstrip() for imag in imags)
    cells = [
        real + (imag if imag.startswith("-") else "+" + imag) + "j"
        for real, imag in zip(reals, signed, strict=True)
    ]
    return cells, real_width + imag_width + len("j")


_FORMATTERS: dict[str, _Formatter] = {
    "bool": _format_exact,
    "int": _format_exact,
    "float": _format_floats,
    "complex": _format_complex,
}
