"""Calls of every function of the Array API standard, drawn by hypothesis.

A call is made of host arrays and options; `test_array_api` makes it with array-api-strict
and with our namespace, and compares. What array-api-strict refuses, the standard leaves
undefined.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any

import array_api_strict as strict
import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

BOOLS = ("bool",)
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
REALS = ("float32", "float64")
COMPLEXES = ("complex64", "complex128")
FLOATS = REALS + COMPLEXES
NUMBERS = INTEGERS + FLOATS
ALL = BOOLS + NUMBERS

UNARY = (
    *("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "bitwise_invert", "ceil", "conj"),
    *("cos", "cosh", "exp", "expm1", "floor", "imag", "isfinite", "isinf", "isnan", "log"),
    *("log10", "log1p", "log2", "logical_not", "negative", "positive", "real", "reciprocal"),
    *("round", "sign", "signbit", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc"),
)
BINARY = (
    *("add", "atan2", "bitwise_and", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift"),
    *("bitwise_xor", "copysign", "divide", "equal", "floor_divide", "greater", "greater_equal"),
    *("hypot", "less", "less_equal", "logaddexp", "logical_and", "logical_or", "logical_xor"),
    *("maximum", "minimum", "multiply", "nextafter", "not_equal", "pow", "remainder", "subtract"),
)

Call = tuple[tuple[Any, ...], dict[str, Any]]


class Device:
    """Stands in a drawn call for the default device of whoever makes it."""


class Drawer:
    """Draws arrays and options."""

    def __init__(self, data: Any, without: tuple[str, ...] = ()) -> None:
        self._draw = data.draw
        self._without = set(without)
        # What lacks dtypes, PyTorch, has its own ways with complex numbers too.
        self.own_ways = bool(without)

    def __call__(self, strategy: Any) -> Any:
        return self._draw(strategy)

    def one(self, *values: Any) -> Any:
        return self._draw(st.sampled_from([v for v in values if self._has(v)]))

    def _has(self, value: Any) -> bool:
        """Return whether a value names no dtype, or not only such that the backend lacks."""
        if isinstance(value, tuple):
            return not value or any(map(self._has, value))
        return not isinstance(value, str) or value not in self._without

    def defined(self, name: str, count: int) -> tuple[str, ...]:
        """Return dtypes that the standard defines a function for."""
        found = dtypes_of(name, count)
        return self.one(*(dtypes for dtypes in found if all(map(self._has, dtypes))))

    def names(self, group: tuple[str, ...]) -> list[str]:
        """Return a few dtypes of a group."""
        known = [name for name in group if self._has(name)]
        return self._draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))

    def shape(self, least: int = 0, most: int = 3, side: int = 0) -> tuple[int, ...]:
        return self._draw(
            hnp.array_shapes(min_dims=least, max_dims=most, min_side=side, max_side=4)
        )

    def elements(self, dtype: str, tame: bool) -> Any:
        """Return what elements are drawn from: anything, or numbers whose sums are exact."""
        if dtype == "bool":
            return st.booleans()
        kind = np.dtype(dtype).kind
        if not tame and not (kind == "c" and self.own_ways):
            return hnp.from_dtype(np.dtype(dtype), allow_subnormal=False)
        whole = st.integers(0 if kind == "u" else -6, 6)
        if kind in "iu":
            return whole
        if kind == "f":
            return whole.map(lambda n: n / 2)
        return st.builds(lambda a, b: complex(a / 2, b / 2), whole, whole)

    def array(
        self,
        dtypes: tuple[str, ...] = ALL,
        shape: tuple[int, ...] | None = None,
        *,
        tame: bool = True,
        least: int = 0,
        side: int = 0,
    ) -> Any:
        dtype = self.one(*dtypes)
        shape = self.shape(least, side=side) if shape is None else shape
        return self._draw(hnp.arrays(dtype, shape, elements=self.elements(dtype, tame)))

    def axis(self, ndim: int, extra: int = 0) -> int:
        return self._draw(st.integers(-ndim - extra, ndim + extra - 1))

    def axes(self, ndim: int) -> Any:
        """Return None, an axis or several."""
        several = st.lists(st.integers(0, max(ndim - 1, 0)), unique=True, max_size=ndim).map(tuple)
        single = [st.integers(-ndim, ndim - 1)] if ndim else []
        return self._draw(st.one_of(st.none(), several if ndim else st.just(()), *single))

    def reduction(self, x: Any) -> dict[str, Any]:
        return {"axis": self.axes(x.ndim), "keepdims": self._draw(st.booleans())}


def _ones(dtype: str) -> Any:
    return strict.ones((2,), dtype=getattr(strict, dtype))


@cache
def dtypes_of(name: str, count: int) -> tuple[tuple[str, ...], ...]:
    """Return the combinations of dtypes that the standard defines a function for."""
    found = []
    for combination in product(ALL, repeat=count):
        try:
            getattr(strict, name)(*map(_ones, combination))
        except TypeError:
            continue
        found.append(combination)
    return tuple(found)


def unary(name: str) -> Callable[[Drawer], Call]:
    def call(d: Drawer) -> Call:
        dtypes = d.defined(name, 1)
        # Of complex infinities array-api-strict has no sign, and some backends no parts.
        tame = name in ("round", "sign") and dtypes[0] in COMPLEXES
        return (d.array(dtypes, tame=tame),), {}

    return call


def binary(name: str) -> Callable[[Drawer], Call]:
    def call(d: Drawer) -> Call:
        first, second = d.defined(name, 2)
        if name == "pow" and d.own_ways:  # PyTorch's complex powers are less exact
            assume(not {first, second} & {*COMPLEXES})
        shapes = d(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
        x1 = d.array((first,), shapes.input_shapes[0], tame=False)
        x2 = d.array((second,), shapes.input_shapes[1], tame=False)
        if name.endswith("shift") or (name == "pow" and x2.dtype.kind in "iu"):
            x2 = np.asarray(abs(x2.astype("float64") % 5), second)  # the rest is undefined
        if name in ("floor_divide", "remainder") and x2.dtype.kind in "iu":
            x2 = np.asarray(np.where(x2 == 0, 1, x2), second)  # undefined too
        if x1.dtype == x2.dtype and x1.dtype.kind in "fib":
            kind = {"f": d.elements("float32", True), "i": st.integers(0, 3), "b": st.booleans()}
            number = kind[x1.dtype.kind]
            if d(st.booleans()) and name not in ("floor_divide", "remainder"):
                return ((x1, d(number)) if d(st.booleans()) else (d(number), x2)), {}
        return (x1, x2), {}

    return call


CALLS: dict[str, Callable[[Drawer], Call]] = {name: unary(name) for name in UNARY}
CALLS |= {name: binary(name) for name in BINARY}


def called(function: Callable[[Drawer], Call]) -> Callable[[Drawer], Call]:
    """Register how calls of a function are drawn; ``linalg_det`` stands for ``linalg.det``."""
    name = function.__name__.rstrip("_")
    for extension in ("linalg", "fft"):
        name = name.replace(f"{extension}__", f"{extension}.")
    CALLS[name] = function
    return function


def each(names: str) -> Callable[[Callable[[Drawer, str], Call]], Any]:
    """Register one way to draw the calls of several functions."""

    def register(function: Callable[[Drawer, str], Call]) -> Any:
        for name in names.split():
            CALLS[name] = lambda d, name=name: function(d, name)
        return function

    return register


# -- creation -------------------------------------------------------------------------------


def _dtype(d: Drawer, *names: str) -> Any:
    """Return one of the dtypes, which a call names by a host dtype."""
    return np.dtype(d.one(*names))


@called
def arange(d: Drawer) -> Call:
    if d(st.booleans()):
        start, stop, step = d(st.integers(-5, 5)), d(st.integers(-5, 5)), d(st.integers(1, 4))
        step = step if d(st.booleans()) else -step
        return (start, stop, step), {"dtype": _dtype(d, "int32", "int64", "float32", "float64")}
    return (d(st.integers(0, 9)),), {"device": Device()} if d(st.booleans()) else {}


@called
def asarray(d: Drawer) -> Call:
    x = d.array(tame=False)
    if d(st.booleans()):
        dtype = x.dtype if x.dtype.kind in "biu" else np.dtype(x.dtype)
        return (x.tolist(),), {"dtype": dtype}
    return (x,), {"copy": d.one(None, True)}


@each("zeros ones")
def _filled(d: Drawer, name: str) -> Call:
    options = {"dtype": _dtype(d, *ALL)} if d(st.booleans()) else {"dtype": np.dtype("float32")}
    return (d.shape(),), options


@each("zeros_like ones_like")
def _filled_like(d: Drawer, name: str) -> Call:
    return (d.array(),), {"dtype": _dtype(d, *ALL)} if d(st.booleans()) else {}


@called
def full(d: Drawer) -> Call:
    dtype = d.one(*ALL)
    return (d.shape(), d(d.elements(dtype, True))), {"dtype": np.dtype(dtype)}


@called
def full_like(d: Drawer) -> Call:
    x = d.array()
    return (x, d(d.elements(str(x.dtype), True))), {}


@called
def eye(d: Drawer) -> Call:
    size = st.integers(0, 4)
    return (d(size), d(st.none() | size)), {"k": d(st.integers(-4, 4)), "dtype": _dtype(d, *ALL)}


@called
def linspace(d: Drawer) -> Call:
    bound = st.integers(-8, 8).map(float)
    options = {"endpoint": d(st.booleans()), "dtype": _dtype(d, *FLOATS)}
    return (d(bound), d(bound), d(st.integers(0, 9))), options


@called
def meshgrid(d: Drawer) -> Call:
    dtype = d.one(*NUMBERS)
    arrays = [d.array((dtype,), d.shape(1, 1)) for _ in range(d(st.integers(1, 3)))]
    return tuple(arrays), {"indexing": d.one("xy", "ij")}


@each("tril triu")
def _triangle(d: Drawer, name: str) -> Call:
    return (d.array(least=2),), {"k": d(st.integers(-3, 3))}


# -- data types -----------------------------------------------------------------------------


@called
def astype(d: Drawer) -> Call:
    x = d.array()
    names = ALL if x.dtype.kind != "c" else COMPLEXES
    if x.dtype.kind == "f" and (x < 0).any():
        names = tuple(n for n in names if n not in UNSIGNED)
    return (x, _dtype(d, *names)), {"copy": d(st.booleans())}


@called
def broadcast_arrays(d: Drawer) -> Call:
    shapes = d(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
    return tuple(d.array(shape=shape) for shape in shapes.input_shapes), {}


@called
def broadcast_to(d: Drawer) -> Call:
    shapes = d(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
    return (d.array(shape=shapes.input_shapes[0]), shapes.result_shape), {}


@called
def can_cast(d: Drawer) -> Call:
    group = d.one(BOOLS, INTEGERS, FLOATS)
    return (_dtype(d, *group), _dtype(d, *group)), {}


@called
def result_type(d: Drawer) -> Call:
    group = d.one(BOOLS, SIGNED, UNSIGNED, FLOATS)
    values = [d.array((name,)) if d(st.booleans()) else np.dtype(name) for name in d.names(group)]
    return tuple(values), {}


@called
def isdtype(d: Drawer) -> Call:
    kinds = ("bool", "signed integer", "unsigned integer", "integral", "real floating")
    kind = d.one(*kinds, "complex floating", "numeric", ("bool", "integral"), np.dtype("int8"))
    return (_dtype(d, *ALL), kind), {}


# -- indexing -------------------------------------------------------------------------------


@called
def take(d: Drawer) -> Call:
    x = d.array(least=1, side=1)
    axis = d.axis(x.ndim)
    size = x.shape[axis]
    indices = d(hnp.arrays("int64", d.shape(1, 1), elements=st.integers(-size, size - 1)))
    return (x, indices), {"axis": axis}


@called
def take_along_axis(d: Drawer) -> Call:
    x = d.array(least=1, side=1)
    axis = d.axis(x.ndim)
    size = x.shape[axis]
    shape = list(x.shape)
    shape[axis] = d(st.integers(0, 4))
    indices = d(hnp.arrays("int64", tuple(shape), elements=st.integers(0, size - 1)))
    return (x, indices), {"axis": axis}


# -- manipulation ---------------------------------------------------------------------------


@called
def concat(d: Drawer) -> Call:
    group = d.one(BOOLS, SIGNED, UNSIGNED, FLOATS)
    shape = d.shape(1)
    axis = d.one(None, d.axis(len(shape)))
    arrays = []
    for name in d.names(group):
        sizes = list(shape)
        if axis is not None:
            sizes[axis] = d(st.integers(0, 3))
        arrays.append(d.array((name,), tuple(sizes)))
    return (arrays,), {"axis": axis}


@called
def stack(d: Drawer) -> Call:
    group = d.one(BOOLS, SIGNED, UNSIGNED, FLOATS)
    shape = d.shape()
    names = d.names(group)
    return ([d.array((n,), shape) for n in names],), {"axis": d.axis(len(shape), 1)}


@called
def unstack(d: Drawer) -> Call:
    x = d.array(least=1)
    return (x,), {"axis": d.axis(x.ndim)}


@called
def expand_dims(d: Drawer) -> Call:
    x = d.array()
    return (x,), {"axis": d.axis(x.ndim, 1)}


@called
def squeeze(d: Drawer) -> Call:
    shape = d(st.lists(st.sampled_from((1, 1, 2)), max_size=4).map(tuple))
    ones = [k for k, n in enumerate(shape) if n == 1]
    several = d(st.lists(st.sampled_from(ones), unique=True).map(tuple)) if ones else ()
    return (d.array(shape=shape), d.one(several, ones[0]) if ones else ()), {}


@called
def flip(d: Drawer) -> Call:
    x = d.array()
    return (x,), {"axis": d.axes(x.ndim)}


@called
def roll(d: Drawer) -> Call:
    x = d.array(least=1)
    shift = st.integers(-5, 5)
    axes = d.axes(x.ndim)
    if isinstance(axes, tuple) and axes:
        return (x, tuple(d(shift) for _ in axes)), {"axis": axes}
    return (x, d(shift)), {"axis": None if axes == () else axes}


@called
def permute_dims(d: Drawer) -> Call:
    x = d.array()
    return (x, tuple(d(st.permutations(range(x.ndim))))), {}


@called
def moveaxis(d: Drawer) -> Call:
    x = d.array(least=1)
    if d(st.booleans()):
        return (x, d.axis(x.ndim), d.axis(x.ndim)), {}
    count = d(st.integers(1, x.ndim))
    places = [tuple(d(st.permutations(range(x.ndim)))[:count]) for _ in range(2)]
    return (x, *places), {}


@called
def reshape(d: Drawer) -> Call:
    x = d.array()
    factors = d(st.sampled_from([(-1,), x.shape, (*x.shape, 1), x.shape[::-1], (1, *x.shape)]))
    if -1 in factors and not x.size:
        factors = (0,)
    return (x, factors), {"copy": d.one(None, True)}


@called
def tile(d: Drawer) -> Call:
    return (d.array(), tuple(d(st.lists(st.integers(0, 3), max_size=3)))), {}


@called
def repeat(d: Drawer) -> Call:
    x = d.array(least=1)
    axis = d.one(None, d.axis(x.ndim))
    count = x.size if axis is None else x.shape[axis]
    each_ = d(hnp.arrays("int64", (count,), elements=st.integers(0, 3)))
    return (x, d.one(each_, d(st.integers(0, 3)))), {"axis": axis}


# -- searching, sets and sorting ------------------------------------------------------------


@each("argmax argmin")
def _position(d: Drawer, name: str) -> Call:
    x = d.array(INTEGERS + REALS, side=1)
    axis = d.one(None, d.axis(x.ndim)) if x.ndim else None
    return (x,), {"axis": axis, "keepdims": d(st.booleans())}


@called
def count_nonzero(d: Drawer) -> Call:
    x = d.array()
    return (x,), d.reduction(x)


@called
def nonzero(d: Drawer) -> Call:
    return (d.array(least=1),), {}


@called
def searchsorted(d: Drawer) -> Call:
    dtype = d.one(*INTEGERS, *REALS)
    x = d.array((dtype,), d.shape(1, 1))
    options: dict[str, Any] = {"side": d.one("left", "right")}
    if d(st.booleans()):
        options["sorter"] = np.argsort(x)
    else:
        x = np.sort(x)
    return (x, d.array((dtype,), d.shape(1))), options


@called
def where(d: Drawer) -> Call:
    first, second = d.defined("equal", 2)
    shapes = d(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
    condition, x1, x2 = shapes.input_shapes
    arrays = [d.array(("bool",), condition), d.array((first,), x1), d.array((second,), x2)]
    if first == second and d(st.booleans()):
        arrays[d(st.integers(1, 2))] = d(d.elements(first, True))
    return tuple(arrays), {}


@each("unique_all unique_counts unique_inverse unique_values")
def _unique(d: Drawer, name: str) -> Call:
    return (d.array(side=1),), {}


@each("argsort sort")
def _sorted(d: Drawer, name: str) -> Call:
    x = d.array(INTEGERS + REALS, least=1)
    return (x,), {"axis": d.axis(x.ndim), "descending": d(st.booleans()), "stable": True}


# -- statistics and utility -----------------------------------------------------------------


@each("sum prod")
def _total(d: Drawer, name: str) -> Call:
    x = d.array(NUMBERS)
    options = d.reduction(x)
    if d(st.booleans()):
        options["dtype"] = x.dtype
    return (x,), options


@each("mean")
def _mean(d: Drawer, name: str) -> Call:
    x = d.array(FLOATS, side=1)
    return (x,), d.reduction(x)


@each("max min")
def _extreme(d: Drawer, name: str) -> Call:
    x = d.array(INTEGERS + REALS, side=1, tame=d(st.booleans()))
    return (x,), d.reduction(x)


@each("std var")
def _spread(d: Drawer, name: str) -> Call:
    x = d.array(REALS, side=1)
    return (x,), {**d.reduction(x), "correction": d.one(0.0, 1.0, 0.5, 1)}


@each("cumulative_sum cumulative_prod")
def _running(d: Drawer, name: str) -> Call:
    x = d.array(NUMBERS, least=1)
    axis = None if x.ndim == 1 and d(st.booleans()) else d.axis(x.ndim)
    return (x,), {"axis": axis, "include_initial": d(st.booleans())}


@each("all any")
def _truth(d: Drawer, name: str) -> Call:
    x = d.array()
    return (x,), d.reduction(x)


@called
def diff(d: Drawer) -> Call:
    x = d.array(NUMBERS, least=1)
    axis = d.axis(x.ndim)
    options: dict[str, Any] = {"axis": axis, "n": d(st.integers(0, 2))}
    for name in ("prepend", "append"):
        if d(st.booleans()):
            shape = list(x.shape)
            shape[axis] = d(st.integers(0, 2))
            options[name] = d.array((str(x.dtype),), tuple(shape))
    return (x,), options


@called
def clip(d: Drawer) -> Call:
    x = d.array(INTEGERS + REALS, tame=d(st.booleans()))
    dtype = str(x.dtype)
    low, high = sorted(d(st.tuples(*[d.elements(dtype, True)] * 2)))
    low_, high_ = d.one(low, np.full(x.shape, low, dtype)), d.one(high, np.asarray(high, dtype))
    return (x,), {"min": d.one(None, low_), "max": d.one(None, high_)}
