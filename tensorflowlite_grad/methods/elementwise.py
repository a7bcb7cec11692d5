"""Arithmetic, comparison and mathematical methods, and the operators."""

from __future__ import annotations

from typing import Any

from ..functions import comparison, products
from ..functions import elementwise as f
from ..functions.arguments import as_tensor_argument
from ..ops import arithmetic


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


def _equal(input: Any, other: Any) -> Any:
    # PyTorch compares elements with numbers and tensors, and is unequal to all else.
    return False if other is None or isinstance(other, str) else comparison.eq(input, other)


def _unequal(input: Any, other: Any) -> Any:
    return True if other is None or isinstance(other, str) else comparison.ne(input, other)


class ElementwiseMethods:
    """Operators go straight to the written recorders."""

    __slots__ = ()

    __add__ = __radd__ = arithmetic.add.call
    __sub__ = arithmetic.sub.call
    __rsub__ = f.rsub
    __mul__ = __rmul__ = f.mul
    __truediv__ = arithmetic.div.call
    __rtruediv__ = f.rdiv
    __floordiv__ = f.floor_divide
    __rfloordiv__ = _floor_divided
    __mod__ = f.remainder
    __rmod__ = _remaindered
    __pow__ = f.pow

    __rpow__ = f.rpow

    __neg__ = f.neg
    __pos__ = f.positive
    __abs__ = f.abs
    __matmul__ = products.matmul
    __rmatmul__ = _matrix_multiplied
    __eq__ = _equal
    __ne__ = _unequal
    __lt__ = comparison.lt
    __le__ = comparison.le
    __gt__ = comparison.gt
    __ge__ = comparison.ge
    __invert__ = comparison.bitwise_not
    __and__ = __rand__ = comparison.bitwise_and
    __or__ = __ror__ = comparison.bitwise_or
    __xor__ = __rxor__ = comparison.bitwise_xor
    __lshift__ = comparison.bitwise_left_shift
    __rlshift__ = _left_shifted
    __rshift__ = comparison.bitwise_right_shift
    __rrshift__ = _right_shifted
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
