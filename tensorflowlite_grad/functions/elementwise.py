"""Functions that work element by element, in PyTorch's spelling.

Most are an operation's own entry; those here take options that it does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable
from ..dtypes import kind_of_scalar
from ..ops import (
    arithmetic,
    conversion,
    exponential,
    promotion,
    special,
    trigonometric,
)
from . import docstrings
from .arguments import as_tensor_argument, is_number
from .outputs import public, takes_out
from .positions import nonzero

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "addcdiv",
    "addcmul",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "div",
    "divide",
    "erf",
    "exp",
    "exp2",
    "expm1",
    "fix",
    "floor",
    "floor_divide",
    "fmod",
    "frac",
    "hypot",
    "imag",
    "lerp",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logit",
    "logsigmoid",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "neg",
    "negative",
    "positive",
    "pow",
    "real",
    "reciprocal",
    "relu",
    "remainder",
    "round",
    "rsqrt",
    "rsub",
    "sgn",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "square",
    "sub",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
    "xlogy",
]

mul = multiply = public(arithmetic.mul)
neg = negative = public(arithmetic.neg, dtypes="exact")
square = public(arithmetic.square)
sqrt = public(arithmetic.sqrt)
rsqrt = public(arithmetic.rsqrt)
reciprocal = public(arithmetic.reciprocal)
abs = absolute = public(arithmetic.abs_, dtypes="exact")
sign = public(arithmetic.sign, dtypes="exact")
sgn = public(arithmetic.sgn, dtypes="exact")
floor = public(arithmetic.floor, dtypes="exact")
ceil = public(arithmetic.ceil, dtypes="exact")
trunc = fix = public(arithmetic.trunc, dtypes="exact")
frac = public(arithmetic.frac, dtypes="exact")
floor_divide = public(arithmetic.floor_divide)
remainder = public(arithmetic.remainder)
# PyTorch takes no numbers for some operands.
fmod = public(arithmetic.fmod, ("other",))
hypot = public(arithmetic.hypot, ())
copysign = public(arithmetic.copysign, ("other",))
maximum = public(arithmetic.maximum, ())
minimum = public(arithmetic.minimum, ())
relu = arithmetic.relu.call
exp = public(exponential.exp)
exp2 = public(exponential.exp2)
expm1 = public(exponential.expm1)
log = public(exponential.log_)
log2 = public(exponential.log2)
log10 = public(exponential.log10)
log1p = public(exponential.log1p)
logaddexp = public(exponential.logaddexp, ())
sigmoid = public(exponential.sigmoid)
softplus = exponential.softplus.call
logsigmoid = public(exponential.logsigmoid, dtypes="exact")
erf = public(special.erf)
xlogy = public(exponential.xlogy)
sin = public(trigonometric.sin)
cos = public(trigonometric.cos)
tan = public(trigonometric.tan)
asin = arcsin = public(trigonometric.asin)
acos = arccos = public(trigonometric.acos)
atan = arctan = public(trigonometric.atan)
sinh = public(trigonometric.sinh)
cosh = public(trigonometric.cosh)
tanh = public(trigonometric.tanh)
asinh = arcsinh = public(trigonometric.asinh)
acosh = arccosh = public(trigonometric.acosh)
atanh = arctanh = public(trigonometric.atanh)
atan2 = arctan2 = public(trigonometric.atan2, ())

#: Where doctest finds the examples of functions that no source shows.
__test__ = docstrings.attach(globals())

_add = arithmetic.add.call
_sub = arithmetic.sub.call
_rsub = arithmetic.rsub.call
_div = arithmetic.div.call
_pow_scalar = arithmetic.pow_scalar.call
_pow_tensor = arithmetic.pow_tensor.call
_round = arithmetic.round_.call
_logit = exponential.logit.call


@takes_out("cast")
def add(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
    """Return ``input + alpha * other``.

    Parameters
    ----------
    input : Tensor
    other : Tensor or number
    alpha : number
        Multiplies `other`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.add(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]), alpha=2)
    tensor([ 7., 10.])
    """
    if alpha.__class__ is int and alpha == 1:
        return _add(input, other)
    return _add(input, other if is_number(alpha, 1) else other * alpha)


@takes_out("cast")
def sub(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
    """Return ``input - alpha * other``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.sub(tg.tensor([5.0, 6.0]), 2)
    tensor([3., 4.])
    """
    if alpha.__class__ is int and alpha == 1:
        return _sub(input, other)
    return _sub(input, other if is_number(alpha, 1) else other * alpha)


subtract = sub


def positive(input: Any) -> Tensor:
    """Return the tensor itself.

    Raises
    ------
    RuntimeError
        If it is of bools.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.positive(tg.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    input = as_tensor_argument("positive", input)
    if input.dtype is dtypes.bool_:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``other - alpha * input``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.rsub(tg.tensor([1.0, 2.0]), 10)
    tensor([9., 8.])
    """
    if isinstance(other, Variable) and isinstance(input, Variable):
        return sub(other, input, alpha=alpha)
    input = as_tensor_argument("rsub", input)
    if not is_number(alpha, 1):
        input = mul(input, alpha)
    if other.__class__ is float or other.__class__ is int:
        return _rsub(input, other)
    if other.__class__ is bool:
        promotion.refuse_bool_operands([input, other])
    return reflected(_sub, input, other)


@takes_out("cast")
def div(
    input: Any, other: Any, *, rounding_mode: str | None = None, out: Tensor | None = None
) -> Tensor:
    """Return the quotient; of integers, as floating-point numbers.

    Parameters
    ----------
    input : Tensor
    other : Tensor or number
    rounding_mode : {None, 'trunc', 'floor'}
        Round the quotient toward zero or down, keeping the dtype.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.div(tg.tensor([7, -7]), 2)
    tensor([ 3.5000, -3.5000])
    >>> tg.div(tg.tensor([7, -7]), 2, rounding_mode="floor")
    tensor([ 3, -4])
    """
    if rounding_mode is None:
        return _div(input, other)
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode == "trunc":
        return arithmetic.trunc_divide.call(input, other)
    raise RuntimeError(
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' "
        f"but found {rounding_mode!r}"
    )


divide = true_divide = div


@takes_out("cast")
def pow(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """Return ``input`` raised to ``exponent``.

    Raises
    ------
    RuntimeError
        For an integer base with a negative integer exponent that is a number. If that is a
        tensor, results are rounded toward zero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.pow(tg.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    kind = exponent.__class__
    if kind is int or kind is float:
        if isinstance(input, Variable):
            return _pow_scalar(input, exponent)
        return _pow_tensor(input, exponent)
    if kind_of_scalar(input) is not None and isinstance(exponent, Variable):
        return rpow(exponent, input)
    whole = _pow_of_integers(input, exponent)
    return _pow_tensor(input, exponent) if whole is None else whole


def rpow(input: Any, other: Any) -> Tensor:
    """Return ``other ** input``."""
    kind = other.__class__
    if (kind is float or kind is int) and input.dtype.is_floating_point:
        return arithmetic.pow_base.call(input, other)
    return reflected(pow, input, other)


def _pow_of_integers(input: Any, exponent: Any) -> Any:
    """Return powers of integers, rounded toward zero, or None of other numbers."""
    if not (isinstance(input, Variable) and isinstance(exponent, Variable)):
        return None
    if promotion.result_type(input, exponent).kind is not dtypes.Kind.INT:
        return None
    return arithmetic.pow_integer.call(input, exponent)


def reflected(call: Any, input: Any, other: Any) -> Any:
    """Return an operation of a number, in front, and a tensor."""
    place = input._place
    if kind_of_scalar(other) is None:
        array = as_tensor_argument(call.__name__, other)
        return call(array, input)
    wanted = promotion.result_type(input, other)
    return call(place.wrap(promotion.scalar_array(place, other, wanted), place), input)


def rdiv(input: Any, other: Any) -> Tensor:
    """Return ``other / input``."""
    input = as_tensor_argument("rdiv", input)
    if kind_of_scalar(other) is not None:
        return mul(reciprocal(input), other)  # PyTorch's two roundings
    return _div(other, input) if isinstance(other, Variable) else reflected(_div, input, other)


@takes_out()
def round(input: Any, *, decimals: int = 0, out: Tensor | None = None) -> Tensor:
    """Return the elements rounded to the nearest integer, halves to even.

    Parameters
    ----------
    input : Tensor
    decimals : int
        Digits to keep after the point.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.round(tg.tensor([0.5, 1.5, -2.4]))
    tensor([ 0.,  2., -2.])
    """
    return _round(input, decimals)


@takes_out("cast")
def logit(input: Any, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
    """Return log(x / (1 - x)) of each element x, the inverse of `sigmoid`.

    Parameters
    ----------
    input : Tensor
    eps : float, optional
        Elements are clamped to [eps, 1 - eps] first; outside, the gradient is 0.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.logit(tg.tensor([0.5, 0.0]), eps=0.1)
    tensor([ 0.0000, -2.1972])
    """
    if eps is None:
        return _logit(input)
    input = as_tensor_argument("logit", input)
    if not input.dtype.is_floating_point:
        input = conversion.cast(input, dtypes.get_default_dtype())
    return _logit(arithmetic.clamp_scalar.call(input, float(eps), 1.0 - eps))


@takes_out("cast")
def clamp(input: Any, min: Any = None, max: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Return the elements limited to a range; at a bound the gradient passes.

    Parameters
    ----------
    input : Tensor
    min, max : Tensor or number, optional
        The bounds; one may be left out.

    Raises
    ------
    RuntimeError
        If there is no bound.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.clamp(tg.tensor([-1.0, 0.5, 3.0]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise RuntimeError("clamp: At least one of 'min' or 'max' must not be None")
    if isinstance(min, Variable) or isinstance(max, Variable):
        result = input if min is None else _clamp_tensor(input, min, True)
        return result if max is None else _clamp_tensor(result, max, False)
    wanted = promotion.result_type(input, *(b for b in (min, max) if b is not None))
    return arithmetic.clamp_scalar.call(conversion.cast(input, wanted), min, max)


clip = clamp


def _clamp_tensor(input: Any, bound: Any, lower: bool) -> Any:
    if not isinstance(bound, Variable):
        return clamp(input, bound, None) if lower else clamp(input, None, bound)
    return where(input >= bound, input, bound) if lower else where(input <= bound, input, bound)


@takes_out("cast")
def clamp_min(input: Any, min: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the elements, none below `min`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.clamp_min(tg.tensor([-1.0, 2.0]), 0)
    tensor([0., 2.])
    """
    return clamp(as_tensor_argument("clamp_min", input), min=min)


@takes_out("cast")
def clamp_max(input: Any, max: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the elements, none above `max`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.clamp_max(tg.tensor([-1.0, 2.0]), 0)
    tensor([-1.,  0.])
    """
    return clamp(as_tensor_argument("clamp_max", input), max=max)


@takes_out()
def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """Return the elements of `input` where a condition holds, else those of `other`.

    With the condition alone, return the indices where it holds: ``nonzero`` as a tuple.

    Raises
    ------
    RuntimeError
        If `condition` is not of dtype bool.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor([-1.0, 2.0])
    >>> tg.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    condition = as_tensor_argument("where", condition, "condition")
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise TypeError("where() needs the condition alone, or both input and other")
    if condition.dtype is not dtypes.bool_:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{condition.dtype!r}"
        )
    values = [
        v if kind_of_scalar(v) is not None else as_tensor_argument("where", v)
        for v in (input, other)
    ]
    tensors = [v for v in values if isinstance(v, Variable)]
    place = promotion.common_place("where", [condition, *tensors])
    wanted = promotion.result_type(*values)
    operands = [
        conversion.cast(conversion.move(v, place), wanted)
        if isinstance(v, Variable)
        else place.wrap(promotion.scalar_array(place, v, wanted), place)
        for v in values
    ]
    return arithmetic.where.record(conversion.move(condition, place), *operands)


@takes_out("cast")
def lerp(input: Any, end: Any, weight: Any, *, out: Tensor | None = None) -> Tensor:
    """Return ``input + weight * (end - input)``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.lerp(tg.tensor([0.0, 10.0]), tg.tensor([4.0, 20.0]), 0.25)
    tensor([ 1.0000, 12.5000])
    """
    return arithmetic.lerp.call(input, end, weight)


@takes_out("cast")
def addcmul(
    input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Tensor | None = None
) -> Tensor:
    """Return ``input + value * tensor1 * tensor2``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.addcmul(tg.tensor([1.0]), tg.tensor([2.0]), tg.tensor([3.0]), value=10)
    tensor([61.])
    """
    return arithmetic.addcmul.call(input, tensor1, tensor2, value)


@takes_out("cast")
def addcdiv(
    input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Tensor | None = None
) -> Tensor:
    """Return ``input + value * tensor1 / tensor2``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.addcdiv(tg.tensor([1.0]), tg.tensor([6.0]), tg.tensor([3.0]), value=10)
    tensor([21.])
    """
    return arithmetic.addcdiv.call(input, tensor1, tensor2, value)


def _complex_part(name: str, input: Any, operation: Any) -> Any:
    input = as_tensor_argument(name, input)
    return operation.record(input) if input.dtype.is_complex else None


def real(input: Any) -> Tensor:
    """Return the real part; of a real tensor, itself.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.real(tg.tensor([1 + 2j]))
    tensor([1.])
    """
    out = _complex_part("real", input, arithmetic.real)
    return input if out is None else out


def imag(input: Any) -> Tensor:
    """Return the imaginary part.

    Raises
    ------
    RuntimeError
        If the tensor is real.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.imag(tg.tensor([1 + 2j]))
    tensor([2.])
    """
    out = _complex_part("imag", input, arithmetic.imag)
    if out is None:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return out


def conj(input: Any) -> Tensor:
    """Return the complex conjugate; of a real tensor, itself.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.conj(tg.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    out = _complex_part("conj", input, arithmetic.conj)
    return input if out is None else out
