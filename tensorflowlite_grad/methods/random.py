"""In-place methods that fill a tensor with random numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd import inplace
from ..autograd.graph import Variable
from ..dtypes import LEGACY_NAMES, Kind
from ..functions import sampling
from ..functions.generators import generator_of
from ..functions.random import drawn, integers
from ..ops import conversion

if TYPE_CHECKING:
    from ..functions.generators import Generator

__all__ = ["RandomMethods"]

#: Up to what number a floating dtype holds all integers.
_WHOLE = {"float16": 2**11, "float32": 2**24, "float64": 2**53}


class RandomMethods(Variable):
    """Filling with random numbers; what a tensor held, and its history, are gone."""

    __slots__ = ()

    bernoulli = sampling.bernoulli
    multinomial = sampling.multinomial

    def uniform_(
        self: Any,
        low: float = 0.0,
        high: float = 1.0,
        *,
        to: float | None = None,
        generator: Generator | None = None,
    ) -> Any:
        """Set all elements to numbers drawn evenly from [low, high), in place.

        Parameters
        ----------
        low, high : float
        to : float, optional
            PyTorch's name for `high`.
        generator : Generator, optional

        Raises
        ------
        RuntimeError
            If the bounds are the wrong way round.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.zeros(100).uniform_(2, 3)
        >>> bool((x >= 2).all() and (x < 3).all())
        True
        """
        high = high if to is None else to
        _floating(self, "uniform_", "check_uniform_bounds", complex=True)
        if not low <= high:
            raise RuntimeError(
                f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}"
            )
        return _fill(
            self, "uniform_", lambda: _drawn(self, "uniform", generator) * (high - low) + low
        )

    def normal_(
        self: Any, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
    ) -> Any:
        """Set all elements to normal numbers, in place.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.zeros(2).normal_(5, 0)
        tensor([5., 5.])
        """
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
        _floating(self, "normal_", "normal_kernel_cpu", complex=True)
        return _fill(self, "normal_", lambda: _drawn(self, "normal", generator) * std + mean)

    def log_normal_(
        self: Any, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
    ) -> Any:
        """Set all elements to exponentials of normal numbers, in place.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> bool((tg.zeros(9).log_normal_() > 0).all())
        True
        """
        _above(std, "log_normal_ expects std > 0.0, but found std")
        _floating(self, "log_normal_", "log_normal_")
        xp = self._place.xp
        return _fill(
            self, "log_normal_", lambda: xp.exp(_drawn(self, "normal", generator) * std + mean)
        )

    def exponential_(self: Any, lambd: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Set all elements to exponentially distributed numbers of rate `lambd`, in place.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> bool((tg.zeros(9).exponential_(2) >= 0).all())
        True
        """
        _above(lambd, "exponential_ expects lambda > 0.0, but found lambda")
        _floating(self, "exponential_", "exponential_")
        xp = self._place.xp
        return _fill(self, "exponential_", lambda: -xp.log1p(-_wide(self, generator)) / lambd)

    def cauchy_(
        self: Any, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
    ) -> Any:
        """Set all elements to numbers of a Cauchy distribution, in place.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.zeros(9).cauchy_().shape
        tensorflowlite_grad.Size([9])
        """
        _above(sigma, "cauchy_ expects sigma > 0.0, but found sigma")
        _floating(self, "cauchy_", "cauchy_")
        xp = self._place.xp
        return _fill(
            self,
            "cauchy_",
            lambda: xp.tan((_wide(self, generator) - 0.5) * math.pi) * sigma + median,
        )

    def geometric_(self: Any, p: float, *, generator: Generator | None = None) -> Any:
        """Set all elements to how many trials it takes for one of probability `p`, in place.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> bool((tg.zeros(9).geometric_(0.5) >= 1).all())
        True
        """
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
        if self.dtype.kind not in (Kind.INT, Kind.FLOAT):
            raise NotImplementedError(_unsupported(self, "geometric_"))
        xp = self._place.xp

        def draw() -> Any:
            tries = xp.ceil(xp.log1p(-_wide(self, generator)) / math.log1p(-p))
            return xp.where(tries < 1, xp.ones_like(tries), tries)

        return _fill(self, "geometric_", draw)

    def bernoulli_(self: Any, p: Any = 0.5, *, generator: Generator | None = None) -> Any:
        """Set all elements to ones with probability `p`, a number or a tensor, in place.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.zeros(2).bernoulli_(tg.tensor([0.0, 1.0]))
        tensor([0., 1.])
        """
        return _fill(self, "bernoulli_", lambda: sampling.bernoulli_of(self, p, generator)._array)

    def random_(
        self: Any, low: Any = None, high: Any = None, *, generator: Generator | None = None
    ) -> Any:
        """Set all elements to integers drawn evenly from [low, high), in place.

        Without bounds, from all that the dtype holds from zero on; floating ones as far as
        they hold every integer.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.zeros(2).random_(7, 8)
        tensor([7., 7.])
        """
        d, place = self.dtype, self._place
        if d.is_complex:
            raise NotImplementedError(_unsupported(self, "random_kernel_cpu"))
        if high is None:
            low, high = 0, low
        if high is None:
            high = _most(d)
        shape = tuple(self._array.shape)
        return _fill(
            self, "random_", lambda: integers("random_", low, high, shape, d, place, generator)
        )


def _most(d: dtypes.dtype) -> int:
    if d.kind is Kind.BOOL:
        return 2
    if d.kind is Kind.FLOAT:
        return _WHOLE[d.name] + 1
    # int64's own maximum is left out, as PyTorch's documentation has it.
    return 2 ** (8 * d.itemsize - d.is_signed) if d.itemsize < 8 else 2**63 - 1


def _unsupported(tensor: Any, kernel: str) -> str:
    name = LEGACY_NAMES[tensor.dtype.name]
    return f"\"{kernel}\" not implemented for '{name}': it needs another dtype"


def _floating(tensor: Any, name: str, kernel: str, complex: bool = False) -> None:
    kind = tensor.dtype.kind
    if kind is not Kind.FLOAT and not (complex and kind is Kind.COMPLEX):
        raise NotImplementedError(_unsupported(tensor, kernel))


def _above(value: float, text: str) -> None:
    if not value > 0:
        raise RuntimeError(f"{text}={value}")


def _drawn(tensor: Any, draw: str, generator: Any) -> Any:
    shape = tuple(tensor._array.shape)
    return drawn(draw, shape, tensor.dtype, tensor._place, generator)


def _wide(tensor: Any, generator: Any) -> Any:
    """Return numbers of [0, 1) in double precision: tails of what is made of them are finer."""
    place = tensor._place
    native = place.native(dtypes.float64)
    return generator_of(place, generator).uniform(place.xp, tuple(tensor._array.shape), native)


def _fill(tensor: Any, name: str, draw: Any) -> Any:
    """Write what `draw` returns into a tensor, whose history ends here."""
    inplace.check(tensor, name)
    place = tensor._place
    with place.entered():
        array = place.xp.astype(draw(), tensor._array.dtype)
    value = place.wrap(array, place)
    inplace.commit(tensor, conversion.overwrite.record(tensor, value))
    return tensor
