"""Data types, under PyTorch's names, and PyTorch's promotion of them.

A `dtype` is independent of any array library; each backend maps it to its own.
"""

from __future__ import annotations

from contextvars import ContextVar
from enum import StrEnum

__all__ = ["Kind", "dtype", "get_default_dtype", "promote_types", "set_default_dtype"]


class Kind(StrEnum):
    """What numbers a dtype holds; a greater kind holds the smaller ones.

    Each is NumPy's letter for it too, which libraries written for NumPy look at.
    """

    rank: int

    BOOL = "b", 0
    INT = "i", 1
    FLOAT = "f", 2
    COMPLEX = "c", 3

    def __new__(cls, letter: str, rank: int) -> Kind:
        """Make a member of its letter and its place in the order."""
        self = str.__new__(cls, letter)
        self._value_ = letter
        self.rank = rank
        return self

    def __index__(self) -> int:
        return self.rank

    def __lt__(self, other: Kind) -> bool:  # type: ignore[override]
        return self.rank < other.rank

    def __le__(self, other: Kind) -> bool:  # type: ignore[override]
        return self.rank <= other.rank

    def __gt__(self, other: Kind) -> bool:  # type: ignore[override]
        return self.rank > other.rank

    def __ge__(self, other: Kind) -> bool:  # type: ignore[override]
        return self.rank >= other.rank


class dtype:
    """The type of a tensor's elements.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.float32.itemsize, tg.float32.is_floating_point
    (4, True)
    >>> tg.tensor([1, 2]).dtype
    tensorflowlite_grad.int64
    """

    __slots__ = ("is_signed", "itemsize", "kind", "name")

    def __init__(self, name: str, kind: Kind, itemsize: int, is_signed: bool = True) -> None:
        self.name = name
        self.kind = kind
        self.itemsize = itemsize
        self.is_signed = is_signed

    @property
    def is_floating_point(self) -> bool:
        """Whether elements are real floating-point numbers."""
        return self.kind is Kind.FLOAT

    @property
    def is_complex(self) -> bool:
        """Whether elements are complex numbers."""
        return self.kind is Kind.COMPLEX

    @property
    def is_differentiable(self) -> bool:
        """Whether tensors of this dtype can require gradients."""
        return self.kind >= Kind.FLOAT

    def to_real(self) -> dtype:
        """Return the dtype of the real part.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.complex64.to_real()
        tensorflowlite_grad.float32
        """
        return _REAL.get(self, self)

    def to_complex(self) -> dtype:
        """Return the complex dtype of the same precision.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.float64.to_complex()
        tensorflowlite_grad.complex128
        """
        return _COMPLEX.get(self, self)

    def __repr__(self) -> str:
        return f"tensorflowlite_grad.{self.name}"

    def __reduce__(self) -> tuple[object, ...]:
        return named, (self.name,)


def named(name: str) -> dtype:
    """Return the dtype of this name; KeyError if there is none."""
    return BY_NAME[name]


bool_ = dtype("bool", Kind.BOOL, 1, is_signed=False)
uint8 = dtype("uint8", Kind.INT, 1, is_signed=False)
uint16 = dtype("uint16", Kind.INT, 2, is_signed=False)
uint32 = dtype("uint32", Kind.INT, 4, is_signed=False)
uint64 = dtype("uint64", Kind.INT, 8, is_signed=False)
int8 = dtype("int8", Kind.INT, 1)
int16 = dtype("int16", Kind.INT, 2)
int32 = dtype("int32", Kind.INT, 4)
int64 = dtype("int64", Kind.INT, 8)
float16 = dtype("float16", Kind.FLOAT, 2)
float32 = dtype("float32", Kind.FLOAT, 4)
float64 = dtype("float64", Kind.FLOAT, 8)
complex64 = dtype("complex64", Kind.COMPLEX, 8)
complex128 = dtype("complex128", Kind.COMPLEX, 16)

ALL = (
    bool_,
    uint8,
    uint16,
    uint32,
    uint64,
    int8,
    int16,
    int32,
    int64,
    float16,
    float32,
    float64,
    complex64,
    complex128,
)
BY_NAME = {d.name: d for d in ALL}
_REAL = {complex64: float32, complex128: float64}
_COMPLEX = {float16: complex64, float32: complex64, float64: complex128}
_SIGNED = {d.itemsize: d for d in (int8, int16, int32, int64)}
# PyTorch's names for the types in its error messages.
LEGACY_NAMES = {
    "bool": "Bool",
    "uint8": "Byte",
    "uint16": "UInt16",
    "uint32": "UInt32",
    "uint64": "UInt64",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "float16": "Half",
    "float32": "Float",
    "float64": "Double",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
}

_default: ContextVar[dtype] = ContextVar("default_dtype", default=float32)


def get_default_dtype() -> dtype:
    """Return the dtype that Python floats become, in this thread and context.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.get_default_dtype()
    tensorflowlite_grad.float32
    """
    return _default.get()


def set_default_dtype(d: dtype) -> None:
    """Set the dtype that Python floats become, in this thread and context.

    Parameters
    ----------
    d : dtype
        A real floating-point dtype.

    Raises
    ------
    TypeError
        If `d` is no real floating-point dtype.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.set_default_dtype(tg.float64)
    >>> tg.tensor(1.0).dtype
    tensorflowlite_grad.float64
    >>> tg.set_default_dtype(tg.float32)
    """
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, got {d!r}")
    _default.set(d)


def default_of_kind(kind: Kind) -> dtype:
    """Return the dtype that a Python scalar of this kind becomes."""
    if kind is Kind.BOOL:
        return bool_
    if kind is Kind.INT:
        return int64
    return get_default_dtype() if kind is Kind.FLOAT else get_default_dtype().to_complex()


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """Return the smallest dtype that PyTorch converts both to.

    PyTorch does not promote unsigned integers wider than 8 bits; here they promote as the
    Array API standard has it.

    Raises
    ------
    RuntimeError
        For uint64 and a signed integer: no integer type holds both.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.promote_types(tg.int32, tg.float32)
    tensorflowlite_grad.float32
    >>> tg.promote_types(tg.uint8, tg.int8)
    tensorflowlite_grad.int16
    """
    if type1 is type2:
        return type1
    for value in (type1, type2):
        if not isinstance(value, dtype):
            raise TypeError(f"promote_types(): arguments must be dtype, not {value!r}")
    low, high = sorted((type1, type2), key=lambda d: (d.kind, d.itemsize))
    if low.kind is not high.kind:
        if high.kind is Kind.COMPLEX and low.kind is Kind.FLOAT:
            return promote_types(low.to_complex(), high)
        return high
    if low.kind is Kind.INT and low.is_signed != high.is_signed:
        signed, unsigned = (low, high) if low.is_signed else (high, low)
        if signed.itemsize > unsigned.itemsize:
            return signed
        if unsigned is uint64:
            names = " and ".join(LEGACY_NAMES[d.name] for d in (type1, type2))
            raise RuntimeError(
                "Promotion for uint16, uint32, uint64 types is not supported, attempted to "
                f"promote {names}: no integer type holds both, so convert one of them first"
            )
        return _SIGNED[2 * unsigned.itemsize]
    return high


#: Python's own types of numbers. NumPy's float64 is a float too, but keeps its dtype.
SCALARS = (bool, int, float, complex)


def kind_of_scalar(value: object) -> Kind | None:
    """Return the kind of a Python scalar, or None if it is none."""
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, int):
        return Kind.INT
    if isinstance(value, float):
        return Kind.FLOAT
    return Kind.COMPLEX if isinstance(value, complex) else None
