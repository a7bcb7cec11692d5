"""Arithmetic, comparison and mathematical methods, and the operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..functions import comparison, products
from ..functions import elementwise as f
from ..functions.arguments import as_tensor_argument
from ..ops import arithmetic
from ..ops import comparison as comparisons
from ..ops.twins import deferring, is_operand, operator_form

if TYPE_CHECKING:
    from ..tensor import Tensor

_pow_scalar = arithmetic.pow_scalar.call
_rsub = arithmetic.rsub.call


def _powered(input: Any, other: Any) -> Tensor:
    kind = other.__class__
    if kind is int or kind is float:
        return _pow_scalar(input, other)
    return f.pow(input, other) if is_operand(other) else NotImplemented


def _subtracted_from(input: Any, other: Any) -> Tensor:
    kind = other.__class__
    if kind is float or kind is int:
        return _rsub(input, other)
    return f.rsub(input, other) if is_operand(other) else NotImplemented


def _floor_divided(input: Any, other: Any) -> Any:
    return f.reflected(f.floor_divide, input, other)


def _remaindered(input: Any, other: Any) -> Any:
    return f.reflected(f.remainder, input, other)


def _matrix_multiplied(input: Any, other: Any) -> Any:
    return products.matmul(as_tensor_argument("matmul", other), input)


def _left_shifted(input: Any, other: Any) -> Any:
    return f.reflected(comparison.bitwise_left_shift, input, other)


def _right_shifted(input: Any, other: Any) -> Any:
    return f.reflected(comparison.bitwise_right_shift, input, other)


class ElementwiseMethods:
    """Operators go straight to the written recorders."""

    __slots__ = ()

    __add__ = __radd__ = operator_form(arithmetic.add, "__add__")
    __sub__ = operator_form(arithmetic.sub, "__sub__")
    __rsub__ = _subtracted_from
    __mul__ = __rmul__ = operator_form(arithmetic.mul, "__mul__")
    __truediv__ = operator_form(arithmetic.div, "__truediv__")
    __rtruediv__ = deferring(f.rdiv, "__rtruediv__")
    __floordiv__ = operator_form(arithmetic.floor_divide, "__floordiv__")
    __rfloordiv__ = deferring(_floor_divided, "__rfloordiv__")
    __mod__ = operator_form(arithmetic.remainder, "__mod__")
    __rmod__ = deferring(_remaindered, "__rmod__")
    __pow__ = _powered
    __rpow__ = deferring(f.rpow, "__rpow__")

    __neg__ = f.neg
    __pos__ = f.positive
    __abs__ = f.abs
    __matmul__ = deferring(products.matmul, "__matmul__")
    __rmatmul__ = deferring(_matrix_multiplied, "__rmatmul__")
    __eq__: Any = operator_form(comparisons.eq, "__eq__")
    __ne__: Any = operator_form(comparisons.ne, "__ne__")
    __lt__ = operator_form(comparisons.lt, "__lt__")
    __le__ = operator_form(comparisons.le, "__le__")
    __gt__ = operator_form(comparisons.gt, "__gt__")
    __ge__ = operator_form(comparisons.ge, "__ge__")
    __invert__ = comparison.bitwise_not
    __and__ = __rand__ = operator_form(comparisons.bitwise_and, "__and__")
    __or__ = __ror__ = operator_form(comparisons.bitwise_or, "__or__")
    __xor__ = __rxor__ = operator_form(comparisons.bitwise_xor, "__xor__")
    __lshift__ = operator_form(comparisons.bitwise_left_shift, "__lshift__")
    __rlshift__ = deferring(_left_shifted, "__rlshift__")
    __rshift__ = operator_form(comparisons.bitwise_right_shift, "__rshift__")
    __rrshift__ = deferring(_right_shifted, "__rrshift__")
    __hash__ = object.__hash__

    add = f.add
    sub = subtract = f.sub
    mul = multiply = f.mul
    div = divide = true_divide = f.div
    pow = f.pow
    neg = negative = f.neg
    positive = f.positive
    square = f.square
    sqrt = f.sqrt
    rsqrt = f.rsqrt
    reciprocal = f.reciprocal
    abs = absolute = f.abs
    sign = f.sign
    sgn = f.sgn
    floor = f.floor
    ceil = f.ceil
    trunc = fix = f.trunc
    frac = f.frac
    round = f.round
    floor_divide = f.floor_divide
    remainder = f.remainder
    fmod = f.fmod
    hypot = f.hypot
    copysign = f.copysign
    maximum = f.maximum
    minimum = f.minimum
    relu = f.relu
    clamp = clip = f.clamp
    clamp_min = f.clamp_min
    clamp_max = f.clamp_max
    lerp = f.lerp
    addcmul = f.addcmul
    addcdiv = f.addcdiv
    exp = f.exp
    exp2 = f.exp2
    expm1 = f.expm1
    log = f.log
    log2 = f.log2
    log10 = f.log10
    log1p = f.log1p
    logaddexp = f.logaddexp
    sigmoid = f.sigmoid
    logit = f.logit
    erf = f.erf
    xlogy = f.xlogy
    sin = f.sin
    cos = f.cos
    tan = f.tan
    asin = arcsin = f.asin
    acos = arccos = f.acos
    atan = arctan = f.atan
    sinh = f.sinh
    cosh = f.cosh
    tanh = f.tanh
    asinh = arcsinh = f.asinh
    acosh = arccosh = f.acosh
    atanh = arctanh = f.atanh
    atan2 = arctan2 = f.atan2
    eq = comparison.eq
    ne = not_equal = comparison.ne
    lt = less = comparison.lt
    le = less_equal = comparison.le
    gt = greater = comparison.gt
    ge = greater_equal = comparison.ge
    equal = comparison.equal
    isclose = comparison.isclose
    allclose = comparison.allclose
    isnan = comparison.isnan
    isinf = comparison.isinf
    isfinite = comparison.isfinite
    signbit = comparison.signbit
    logical_not = comparison.logical_not
    logical_and = comparison.logical_and
    logical_or = comparison.logical_or
    logical_xor = comparison.logical_xor
    bitwise_not = comparison.bitwise_not
    bitwise_and = comparison.bitwise_and
    bitwise_or = comparison.bitwise_or
    bitwise_xor = comparison.bitwise_xor
    bitwise_left_shift = comparison.bitwise_left_shift
    bitwise_right_shift = comparison.bitwise_right_shift
    conj = f.conj
    matmul = products.matmul
    mm = products.mm
    mv = products.mv
    bmm = products.bmm
    dot = products.dot
    outer = products.outer
    addmm = products.addmm

    def where(self, condition: Any, other: Any) -> Any:
        """Return the elements where a condition holds, else those of `other`.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.tensor([-1.0, 2.0])
        >>> x.where(x > 0, 0.0)
        tensor([0., 2.])
        """
        return f.where(condition, self, other)
