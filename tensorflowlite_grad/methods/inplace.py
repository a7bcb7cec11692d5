"""In-place methods: a function computed first, then written into the tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd import inplace
from ..autograd.graph import Variable
from ..dtypes import Kind
from ..functions import comparison, cumulative, docstrings, indexing, products, reductions
from ..functions import elementwise as f
from ..functions.outputs import plain_of
from ..ops import conversion
from ..ops.promotion import common_place
from ..ops.twins import deferring

if TYPE_CHECKING:
    from collections.abc import Callable


def in_place(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the in-place form of a function: of ``add``, ``add_``.

    Nothing has changed if it raises.
    """
    function = plain_of(function)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        requires = _requires(args) or (bool(kwargs) and _requires(kwargs.values()))
        inplace.check(self, name, requires)
        _same_place(self, name, args)
        result = function(inplace.snapshot(self, requires), *args, **kwargs)
        inplace.commit(self, _fitting(self, name, result))
        return self

    method.__name__ = method.__qualname__ = name
    method.__doc__ = docstrings.of_in_place(name)
    return method


def _same_place(tensor: Any, name: str, args: tuple[Any, ...]) -> None:
    """Raise for what another device holds, before anything is computed."""
    for other in args:
        apart = isinstance(other, Variable) and other._place.root is not tensor._place.root
        if apart and other._array.ndim:
            common_place(name, [tensor, other])


def _fitting(tensor: Any, name: str, result: Any) -> Any:
    """Return a result as it fits into the tensor's memory, or raise."""
    have, want = tuple(result._array.shape), tuple(tensor._array.shape)
    if have != want:
        raise RuntimeError(
            f"output with shape {list(want)} doesn't match the broadcast shape {list(have)}: "
            f"{name}() cannot change a tensor's shape"
        )
    place = tensor._place
    new, old = place.dtype_of(result._array), place.dtype_of(tensor._array)
    if new is old:
        return result
    if new.kind > old.kind and not (new.kind is Kind.INT and old.kind is Kind.INT):
        names = dtypes.LEGACY_NAMES
        raise RuntimeError(
            f"result type {names[new.name]} can't be cast to the desired output type "
            f"{names[old.name]}: {name}() keeps a tensor's dtype"
        )
    return conversion.cast(result, old)


def _anywhere(tensor: Any, src: Any) -> Any:
    if isinstance(src, Variable):
        return conversion.move(src, tensor._place)
    return src


def _requires(arguments: Any) -> bool:
    return any(isinstance(a, Variable) and a._edge is not None for a in arguments)


class InPlaceMethods:
    """Methods with a final underscore, and the augmented assignments."""

    __slots__ = ()

    add_ = in_place("add_", f.add)
    sub_ = subtract_ = in_place("sub_", f.sub)
    mul_ = multiply_ = in_place("mul_", f.mul)
    div_ = divide_ = in_place("div_", f.div)
    pow_ = in_place("pow_", f.pow)
    floor_divide_ = in_place("floor_divide_", f.floor_divide)
    remainder_ = in_place("remainder_", f.remainder)
    fmod_ = in_place("fmod_", f.fmod)
    bitwise_and_ = in_place("bitwise_and_", comparison.bitwise_and)
    bitwise_or_ = in_place("bitwise_or_", comparison.bitwise_or)
    bitwise_xor_ = in_place("bitwise_xor_", comparison.bitwise_xor)
    logical_not_ = in_place("logical_not_", comparison.logical_not)
    neg_ = in_place("neg_", f.neg)
    abs_ = in_place("abs_", f.abs)
    square_ = in_place("square_", f.square)
    sqrt_ = in_place("sqrt_", f.sqrt)
    rsqrt_ = in_place("rsqrt_", f.rsqrt)
    reciprocal_ = in_place("reciprocal_", f.reciprocal)
    sign_ = in_place("sign_", f.sign)
    floor_ = in_place("floor_", f.floor)
    ceil_ = in_place("ceil_", f.ceil)
    trunc_ = in_place("trunc_", f.trunc)
    round_ = in_place("round_", f.round)
    frac_ = in_place("frac_", f.frac)
    exp_ = in_place("exp_", f.exp)
    expm1_ = in_place("expm1_", f.expm1)
    log_ = in_place("log_", f.log)
    log1p_ = in_place("log1p_", f.log1p)
    log2_ = in_place("log2_", f.log2)
    log10_ = in_place("log10_", f.log10)
    sin_ = in_place("sin_", f.sin)
    cos_ = in_place("cos_", f.cos)
    tan_ = in_place("tan_", f.tan)
    asin_ = in_place("asin_", f.asin)
    acos_ = in_place("acos_", f.acos)
    atan_ = in_place("atan_", f.atan)
    sinh_ = in_place("sinh_", f.sinh)
    cosh_ = in_place("cosh_", f.cosh)
    tanh_ = in_place("tanh_", f.tanh)
    sigmoid_ = in_place("sigmoid_", f.sigmoid)
    relu_ = in_place("relu_", f.relu)
    clamp_ = clip_ = in_place("clamp_", f.clamp)
    clamp_min_ = in_place("clamp_min_", f.clamp_min)
    clamp_max_ = in_place("clamp_max_", f.clamp_max)
    lerp_ = in_place("lerp_", f.lerp)
    addcmul_ = in_place("addcmul_", f.addcmul)
    addcdiv_ = in_place("addcdiv_", f.addcdiv)
    addmm_ = in_place("addmm_", products.addmm)
    addmv_ = in_place("addmv_", products.addmv)
    addr_ = in_place("addr_", products.addr)
    baddbmm_ = in_place("baddbmm_", products.baddbmm)
    addbmm_ = in_place("addbmm_", products.addbmm)
    cumsum_ = in_place("cumsum_", cumulative.cumsum)
    cumprod_ = in_place("cumprod_", cumulative.cumprod)
    renorm_ = in_place("renorm_", reductions.renorm)

    __iadd__ = deferring(add_, "__iadd__")
    __isub__ = deferring(sub_, "__isub__")
    __imul__ = deferring(mul_, "__imul__")
    __itruediv__ = deferring(div_, "__itruediv__")
    __ipow__ = deferring(pow_, "__ipow__")
    __ifloordiv__ = deferring(floor_divide_, "__ifloordiv__")
    __imod__ = deferring(remainder_, "__imod__")
    __imatmul__ = deferring(in_place("matmul_", products.matmul), "__imatmul__")
    __iand__ = deferring(bitwise_and_, "__iand__")
    __ior__ = deferring(bitwise_or_, "__ior__")
    __ixor__ = deferring(bitwise_xor_, "__ixor__")
    __ilshift__ = deferring(
        in_place("bitwise_left_shift_", comparison.bitwise_left_shift), "__ilshift__"
    )
    __irshift__ = deferring(
        in_place("bitwise_right_shift_", comparison.bitwise_right_shift), "__irshift__"
    )

    def copy_(self: Any, src: Any, non_blocking: bool = False) -> Any:
        """Set the elements to those of `src`, from any device and of any dtype, in place.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.zeros(2).copy_(tg.tensor([1, 2]))
        tensor([1., 2.])
        """
        inplace.check(self, "copy_", _requires([src]))
        value = indexing.assigned(self, _anywhere(self, src))
        want = tuple(self._array.shape)
        if tuple(value._array.shape) != want:
            value = value.expand(want)
        inplace.commit(self, conversion.overwrite.record(self, inplace.apart(self, value)))
        return self

    def zero_(self: Any) -> Any:
        """Set all elements to zero, in place.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.ones(2).zero_()
        tensor([0., 0.])
        """
        return self.fill_(0)

    def fill_(self: Any, value: Any) -> Any:
        """Set all elements to one number, in place.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> tg.zeros(2).fill_(7)
        tensor([7., 7.])
        """
        inplace.check(self, "fill_", _requires([value]))
        number = indexing.assigned(self, value)
        if number._array.ndim:
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{number._array.ndim} dimensions."
            )
        inplace.commit(self, conversion.overwrite.record(self, inplace.apart(self, number)))
        return self
