"""The parts of numbers: of complex ones, and mantissas and exponents."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import dtypes
from ..autograd.graph import Variable
from ..dtypes import kind_of_scalar
from ..ops import arithmetic, conversion, parts, trigonometric
from ..ops.promotion import common_place
from . import docstrings
from .arguments import as_tensor_argument
from .elementwise import mul, pow
from .outputs import public, takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "angle",
    "complex",
    "conj_physical",
    "deg2rad",
    "float_power",
    "frexp",
    "ldexp",
    "polar",
    "rad2deg",
    "resolve_conj",
    "resolve_neg",
    "view_as_complex",
    "view_as_real",
]

angle = public(parts.angle)

#: Where doctest finds the examples of functions that no source shows.
__test__ = docstrings.attach(globals())


def _real_pair(name: str, first: Any, second: Any, names: tuple[str, str]) -> list[Any]:
    tensors = [
        as_tensor_argument(name, first, names[0]),
        as_tensor_argument(name, second, names[1], 2),
    ]
    common_place(name, tensors)
    a, b = (t.dtype for t in tensors)
    for d in (a, b):
        if d not in (dtypes.float32, dtypes.float64):
            raise RuntimeError(
                "Expected both inputs to be Half, Float or Double tensors but got "
                f"{dtypes.LEGACY_NAMES[a.name]} and {dtypes.LEGACY_NAMES[b.name]}, in {name}(); "
                "of half precision there are no complex numbers here"
            )
    if a is not b:
        raise RuntimeError(
            f"Expected object of scalar type {dtypes.LEGACY_NAMES[a.name]} but got scalar type "
            f"{dtypes.LEGACY_NAMES[b.name]} for second argument of {name}()"
        )
    return tensors


@takes_out()
def complex(real: Any, imag: Any, *, out: Tensor | None = None) -> Tensor:
    """Return complex numbers with these real and imaginary parts.

    Parameters
    ----------
    real, imag : Tensor
        Of one dtype, float32 or float64.

    Raises
    ------
    RuntimeError
        If the dtypes differ, or are others.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.complex(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor([1.+3.j, 2.+4.j])
    """
    return parts.complex_.record(*_real_pair("complex", real, imag, ("real", "imag")))


@takes_out()
def polar(abs: Any, angle: Any, *, out: Tensor | None = None) -> Tensor:
    """Return complex numbers of these sizes and angles.

    Parameters
    ----------
    abs, angle : Tensor
        Of one dtype, float32 or float64.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.polar(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 3.141592653589793 / 2])).imag
    tensor([0., 2.])
    """
    abs, angle = _real_pair("polar", abs, angle, ("abs", "angle"))
    cosine, sine = trigonometric.cos.call(angle), trigonometric.sin.call(angle)
    return parts.complex_.record(mul(abs, cosine), mul(abs, sine))


def _has_views(tensor: Any) -> bool:
    """Return whether pairs can show the memory of complex numbers, or need not."""
    place = tensor._place
    return not place.backend.writable or getattr(place.xp, "parts_are_views", False)


def view_as_real(input: Any) -> Tensor:
    """Return a view of complex numbers as pairs of real ones, along one more axis.

    Raises
    ------
    RuntimeError
        If the tensor is not complex.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.view_as_real(tg.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    input = as_tensor_argument("view_as_real", input)
    if not input.dtype.is_complex:
        raise RuntimeError(
            f"view_as_real is only supported for complex tensors, not for {input.dtype.name}"
        )
    return (parts.view_as_real if _has_views(input) else parts.as_real).record(input)


def view_as_complex(input: Any) -> Tensor:
    """Return a view of pairs of real numbers, along the last axis, as complex numbers.

    Raises
    ------
    RuntimeError
        If the last axis is not of size 2, or does not lie in memory without gaps.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.view_as_complex(tg.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    input = as_tensor_argument("view_as_complex", input)
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a "
            f"tensor of scalar type: {dtypes.LEGACY_NAMES[input.dtype.name]}"
        )
    if not input.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if input.shape[-1] != 2:
        raise RuntimeError(
            f"Tensor must have a last dimension of size 2, not {input.shape[-1]}: the pairs"
        )
    if input._place.backend.strided_views:
        *steps, last = input._place.backend.layout(input._array)[0]
        if last != 1 and input.numel():
            raise RuntimeError("Tensor must have a last dimension with stride 1; clone() it first")
        if input.numel() and any(s % 2 for s in steps):
            raise RuntimeError(
                "Tensor must have a stride divisible by 2 for all but last dimension; clone() it "
                "first"
            )
    return (parts.view_as_complex if _has_views(input) else parts.as_complex).record(input)


@takes_out()
def conj_physical(input: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the complex conjugate, as `conj`, which here computes it at once.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.conj_physical(tg.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    input = as_tensor_argument("conj_physical", input)
    return arithmetic.conj.record(input) if input.dtype.is_complex else input


def resolve_conj(input: Any) -> Tensor:
    """Return the tensor itself: conjugates are never put off.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.resolve_conj(tg.tensor([1 + 2j]).conj())
    tensor([1.-2.j])
    """
    return as_tensor_argument("resolve_conj", input)


def resolve_neg(input: Any) -> Tensor:
    """Return the tensor itself: signs are never put off.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.resolve_neg(tg.tensor([1.0]))
    tensor([1.])
    """
    return as_tensor_argument("resolve_neg", input)


class _Frexp(NamedTuple):
    mantissa: Any
    exponent: Any


_Frexp.__name__ = _Frexp.__qualname__ = "frexp"


@takes_out()
def frexp(input: Any, *, out: Any = None) -> _Frexp:
    """Return mantissas of [0.5, 1), with a sign, and the powers of two that they stand before.

    Returns
    -------
    namedtuple
        ``mantissa`` and ``exponent``, which is of dtype int32 and has no gradient.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.frexp(tg.tensor([1.0, 12.0])).exponent
    tensor([1, 4], dtype=tensorflowlite_grad.int32)
    """
    input = as_tensor_argument("frexp", input)
    if not input.dtype.is_floating_point:
        raise RuntimeError(
            f"torch.frexp() only supports floating-point dtypes, not {input.dtype.name}"
        )
    return _Frexp(*parts.frexp.record(input))


@takes_out("cast")
def ldexp(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return ``input * 2**other``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.ldexp(tg.tensor([1.0]), tg.tensor([3]))
    tensor([8.])
    """
    input = as_tensor_argument("ldexp", input)
    other = as_tensor_argument("ldexp", other, "other", 2)
    return mul(input, pow(2.0, other))


def _in_double(value: Any) -> Any:
    kind = kind_of_scalar(value)
    if kind is not None:
        return value
    d = value.dtype
    return conversion.cast(value, dtypes.complex128 if d.is_complex else dtypes.float64)


@takes_out()
def float_power(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """Return ``input ** exponent`` in double precision.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.float_power(tg.tensor([2, 3]), -1)
    tensor([0.5000, 0.3333], dtype=tensorflowlite_grad.float64)
    """
    values = [
        v
        if kind_of_scalar(v) is not None
        else as_tensor_argument("float_power", v, ("input", "exponent")[k], k + 1)
        for k, v in enumerate((input, exponent))
    ]
    if not any(isinstance(v, Variable) for v in values):
        raise TypeError(
            "float_power(): argument 'input' (position 1) must be Tensor, not "
            f"{type(input).__name__}"
        )
    return pow(*map(_in_double, values))


def _degrees(name: str, input: Any, factor: float) -> Any:
    input = as_tensor_argument(name, input)
    if input.dtype.is_complex:
        raise RuntimeError(f"{name} is not supported for complex tensors.")
    return mul(input, factor)


@takes_out("cast")
def deg2rad(input: Any, *, out: Tensor | None = None) -> Tensor:
    """Return angles in degrees as radians.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.deg2rad(tg.tensor([180.0, -90.0]))
    tensor([ 3.1416, -1.5708])
    """
    return _degrees("deg2rad", input, pi / 180)


@takes_out("cast")
def rad2deg(input: Any, *, out: Tensor | None = None) -> Tensor:
    """Return angles in radians as degrees.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.rad2deg(tg.tensor([3.141592653589793]))
    tensor([180.])
    """
    return _degrees("rad2deg", input, 180 / pi)
