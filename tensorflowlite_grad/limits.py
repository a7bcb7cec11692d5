"""The numerical limits of dtypes: `finfo` and `iinfo`, as PyTorch has them."""

from __future__ import annotations

import sys

from . import dtypes
from .dtypes import Kind, dtype

__all__ = ["finfo", "iinfo"]

#: Of each real dtype: the bits of its significand, its greatest exponent, and its resolution.
_FLOATS = {
    dtypes.float16: (11, 16, 1e-3),
    dtypes.float32: (24, 128, 1e-6),
    dtypes.float64: (sys.float_info.mant_dig, sys.float_info.max_exp, 1e-15),
}


class finfo:
    """The limits of a floating-point dtype; of a complex one, those of its parts.

    Attributes
    ----------
    bits : int
    eps : float
        The distance from 1 to the next greater number.
    max, min : float
        The greatest number and its opposite.
    tiny, smallest_normal : float
        The smallest positive number of full precision.
    resolution : float
        The power of ten that decimals are good to.
    dtype : str

    Raises
    ------
    TypeError
        If the dtype is of integers.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.finfo(tg.float32).eps
    1.1920928955078125e-07
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")

    def __init__(self, type: dtype | None = None) -> None:
        d = dtypes.get_default_dtype() if type is None else type
        if not isinstance(d, dtype):
            raise TypeError(f"finfo(): argument 'type' must be dtype, not {d.__class__.__name__}")
        if d.kind < Kind.FLOAT:
            raise TypeError(
                f"finfo() requires a floating point input type. Use iinfo to handle '{d.name}'"
            )
        real = d.to_real()
        digits, exponent, self.resolution = _FLOATS[real]
        self.bits = 8 * real.itemsize
        self.eps = 2.0 ** (1 - digits)
        self.max = (2.0 - self.eps) * 2.0 ** (exponent - 1)
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0 ** (2 - exponent)
        self.dtype = real.name

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(("finfo", self.dtype))


class iinfo:
    """The limits of an integer dtype.

    Attributes
    ----------
    bits : int
    max, min : int
    dtype : str

    Raises
    ------
    TypeError
        If the dtype is not of integers.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.iinfo(tg.int8)
    iinfo(min=-128, max=127, dtype=int8)
    """

    __slots__ = ("bits", "dtype", "max", "min")

    def __init__(self, type: dtype) -> None:
        if not isinstance(type, dtype):
            raise TypeError(
                f"iinfo(): argument 'type' must be dtype, not {type.__class__.__name__}"
            )
        if type.kind is not Kind.INT:
            raise TypeError(
                f"iinfo() requires an integer input type. Use finfo to handle '{type.name}'"
                if type.kind > Kind.INT
                else "iinfo() requires an integer input type: bool has no limits"
            )
        self.bits = 8 * type.itemsize
        self.max: int = 2 ** (self.bits - type.is_signed) - 1
        self.min: int = -self.max - 1 if type.is_signed else 0
        self.dtype = type.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(("iinfo", self.dtype))
