"""The standard's functions over batched arrays.

Each does for a batch, at once, what the function of the same name does for one example. What
has no rule here is run example by example: slower, and right.
"""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from ...backend import fallbacks
from . import linear, shaping
from .array import BatchedArray, NotAsABatch
from .examples import any_batched, each, example, shared, stacked
from .held import held

if TYPE_CHECKING:
    from collections.abc import Callable

    from .array import Space

__all__ = ["make"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Operands broadcast, element by element.
ELEMENTWISE = _names(
    """
    abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_invert
    bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor ceil clip conj copysign cos
    cosh divide equal exp expm1 floor floor_divide greater greater_equal hypot imag isfinite
    isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and logical_not
    logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive pow
    real reciprocal remainder round sign signbit sin sinh sqrt square subtract tan tanh trunc
    where sech_squared exp_minus_square gcd lcm
    """
) | _names(
    """
    erf erfc erfcx erfcx_slope erfinv ndtri log_ndtr lgamma digamma trigamma zeta igamma
    igammac i0 i1 i0e i1e i0e_slope i1e_slope bessel_j0 bessel_j1 bessel_y0 bessel_y1 bessel_k0
    bessel_k1 bessel_k0e bessel_k1e airy_ai airy_ai_slope
    """
)
#: One operand, its axes counted from the end or not at all: the batch's axis is no concern.
TRANSPARENT = frozenset(["tril", "triu", "as_real", "as_complex", "frexp"])
#: Example-independent: shapes in, arrays out.
CREATING = frozenset(["arange", "empty", "eye", "full", "linspace", "ones", "zeros"])
#: Not about values.
DESCRIBING = frozenset(["can_cast", "finfo", "iinfo", "isdtype"])
REDUCING = _names("sum prod max min mean std var all any argmax argmin count_nonzero")
SCANNING = _names("""
    cumulative_sum cumulative_prod cumulative_max cumulative_logsumexp sort argsort
    """)
DATA_DEPENDENT = _names("nonzero unique_all unique_counts unique_inverse unique_values")


class Namespace(ModuleType):
    """A namespace over batched arrays: functions are made when first asked for."""

    def __init__(self, space: Space) -> None:
        super().__init__("tensorflowlite_grad.func.batched")
        self.space = space
        self.writable = False
        self.linalg = _Linalg(space)
        self.fft = _Fourier(space)

    def one_by_one(self, op: Any, error: Exception, arguments: tuple[Any, ...]) -> Any:
        """Return what an operation makes of each example, if it only failed as a batch."""
        if not isinstance(error, NotAsABatch):
            raise error
        return each(self.space, op, arguments)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        function = _function(self.space, name)
        setattr(self, name, function)
        return function


def make(space: Space) -> Any:
    """Return the namespace of a space."""
    return Namespace(space)


def _function(space: Space, name: str) -> Any:
    for chapter in (shaping.FUNCTIONS, linear.FUNCTIONS):
        if name in chapter:
            return _bound(chapter[name], space)
    if name in ELEMENTWISE:
        return _elementwise(space, name)
    if name in TRANSPARENT:
        return _transparent(space, held(space, name))
    if name in REDUCING:
        return _bound(shaping.reducing(name), space)
    if name in SCANNING:
        return _bound(shaping.scanning(name), space)
    if name in CREATING:
        return _creating(space, name)
    if name in DATA_DEPENDENT:
        return _data_dependent(name)
    if name in fallbacks.EXTRAS:
        return _one_by_one(space, held(space, name))
    value = getattr(space.base.xp, name)
    if name in DESCRIBING or not callable(value) or isinstance(value, type):
        return value
    return _one_by_one(space, held(space, name))


def _bound(function: Callable[..., Any], space: Space) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(space, *args, **kwargs)

    return call


def _elementwise(space: Space, name: str) -> Callable[..., Any]:
    function = held(space, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        values, batched = space.aligned(args)
        return BatchedArray(function(*values, **kwargs), batched, space)

    return call


def _transparent(space: Space, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        out = function(x.value, *args, **kwargs)
        if isinstance(out, tuple):
            return tuple(BatchedArray(part, x.batched, space) for part in out)
        return BatchedArray(out, x.batched, space)

    return call


def _creating(space: Space, name: str) -> Callable[..., Any]:
    function = getattr(space.base.xp, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        return space.constant(function(*args, **kwargs))

    return call


def _data_dependent(name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise NotAsABatch(
            f"vmap: {name} has a result whose shape depends on values, which may differ between "
            "examples: it cannot be batched"
        )

    return call


def _one_by_one(space: Space, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is run for each example in turn."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if not any_batched((args, kwargs)):
            out = function(*example(args, 0), **example(kwargs, 0))
            return shared(space, out)
        outs = [function(*example(args, k), **example(kwargs, k)) for k in range(space.size)]
        return stacked(space, outs)

    return call


class _Linalg(SimpleNamespace):
    """The standard's linear algebra: on the last two axes, the batch's in front."""

    def __init__(self, space: Space) -> None:
        super().__init__()
        self._space = space

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        space = self._space
        extension = space.held.linalg
        if name in linear.LINALG:
            return _bound(linear.LINALG[name], space)
        function = getattr(extension, name)
        if name in linear.MATRIX_FUNCTIONS:
            return _transparent(space, function)
        return _one_by_one(space, function)


class _Fourier(SimpleNamespace):
    """The standard's transforms: along axes of the example."""

    def __init__(self, space: Space) -> None:
        super().__init__()
        self._space = space

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        space = self._space
        function = getattr(space.held.fft, name)

        def call(x: Any, **kwargs: Any) -> Any:
            if x.batched and kwargs.get("axis", -1) >= 0:
                kwargs["axis"] += 1
            if x.batched and ("axes" in kwargs or name.endswith("n")):
                axes = kwargs.get("axes")
                axes = range(x.ndim) if axes is None else axes
                kwargs["axes"] = shaping.shifted(x, tuple(axes))
            return BatchedArray(function(x.value, **kwargs), x.batched, space)

        return call
