"""Activations."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...functions import elementwise
from ...functions.arguments import as_tensor_argument
from ...functions.arguments import axis as axis_of
from ...functions.elementwise import logsigmoid, sigmoid, tanh
from ...functions.generators import generator_of
from ...functions.outputs import takes_out
from ...functions.shape import reshape
from ...ops import activation as ops
from .common import raw, written

if TYPE_CHECKING:
    from ...tensor import Tensor

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
]

_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def relu(input: Any, inplace: bool = False) -> Tensor:
    """Return the elements, negative ones replaced by zero.

    Parameters
    ----------
    input : Tensor
    inplace : bool
        Whether the result is written into `input`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.relu(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return relu_(input) if inplace else elementwise.relu(input)


relu_ = written(
    "relu_", elementwise.relu, "tg.nn.functional.relu_(tg.tensor([-1.0, 2.0])) -> tensor([0., 2.])"
)


def relu6(input: Any, inplace: bool = False) -> Tensor:
    """Return the elements, limited to the range from 0 to 6.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.relu6(tg.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """
    return hardtanh(input, 0, 6, inplace)


def hardtanh(
    input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """Return the elements limited to a range; unlike `clamp`, the slope at a bound is 0.

    Raises
    ------
    ValueError
        If `min_val` is above `max_val`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.hardtanh(tg.tensor([-2.0, 0.5, 3.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    input = as_tensor_argument("hardtanh", input)
    if min_val > max_val:
        raise ValueError(
            f"min_val cannot be greater than max_val: hardtanh() was given {min_val} and {max_val}"
        )
    found = input.dtype
    if found is dtypes.bool_:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if found.is_complex:
        raise NotImplementedError("clamp is not supported for complex types, in hardtanh()")
    if not found.is_floating_point:
        if found is dtypes.uint8 and min_val < 0:
            raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
        min_val, max_val = int(min_val), int(max_val)
    if inplace:
        return hardtanh_(input, min_val, max_val)
    return ops.hardtanh.call(input, min_val, max_val)


hardtanh_ = written(
    "hardtanh_", hardtanh, "tg.nn.functional.hardtanh_(tg.tensor([-2.0, 3.0])) -> tensor([-1., 1.])"
)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Return the elements, negative ones multiplied by a small slope.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.leaky_relu(tg.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    if inplace:
        return leaky_relu_(input, negative_slope)
    return ops.leaky_relu.call(input, negative_slope)


leaky_relu_ = written(
    "leaky_relu_",
    leaky_relu,
    "tg.nn.functional.leaky_relu_(tg.tensor([-2.0, 2.0]), 0.5) -> tensor([-1.,  2.])",
)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return the elements, negative ones replaced by ``alpha * expm1(input)``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.elu(tg.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return elu_(input, alpha) if inplace else ops.elu.call(input, alpha, 1, 1)


elu_ = written("elu_", elu, "tg.nn.functional.elu_(tg.tensor([0.0, 2.0])) -> tensor([0., 2.])")


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return the elements, negative ones replaced by ``alpha * expm1(input / alpha)``.

    Raises
    ------
    RuntimeError
        If `alpha` is zero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.celu(tg.tensor([-1.0, 2.0]), 2.0)
    tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return celu_(input, alpha) if inplace else ops.elu.call(input, alpha, 1, alpha)


celu_ = written("celu_", celu, "tg.nn.functional.celu_(tg.tensor([0.0, 2.0])) -> tensor([0., 2.])")


def selu(input: Any, inplace: bool = False) -> Tensor:
    """Return the scaled exponential linear unit, which keeps mean 0 and variance 1.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.selu(tg.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    return selu_(input) if inplace else ops.elu.call(input, _SELU_ALPHA, _SELU_SCALE, 1)


selu_ = written("selu_", selu, "tg.nn.functional.selu_(tg.tensor([0.0])) -> tensor([0.])")


@takes_out()
def gelu(input: Any, approximate: str = "none", *, out: Tensor | None = None) -> Tensor:
    """Return the elements times the normal distribution function of them.

    Parameters
    ----------
    input : Tensor
    approximate : {'none', 'tanh'}
        Whether an approximation by a hyperbolic tangent is used.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.gelu(tg.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    if approximate == "none":
        return ops.gelu.call(input)
    if approximate == "tanh":
        return ops.gelu_tanh.call(input)
    raise RuntimeError(
        f"approximate argument must be either none or tanh, but gelu() was given {approximate!r}"
    )


def silu(input: Any, inplace: bool = False) -> Tensor:
    """Return the elements times their sigmoid; the function is also called swish.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.silu(tg.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return _silu_(input) if inplace else ops.silu.call(input)


_silu_ = written("silu_", silu, "tg.nn.functional.silu(tg.tensor([0.0])) -> tensor([0.])")


def mish(input: Any, inplace: bool = False) -> Tensor:
    """Return ``input * tanh(softplus(input))``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.mish(tg.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """
    return _mish_(input) if inplace else ops.mish.call(input)


_mish_ = written("mish_", mish, "tg.nn.functional.mish(tg.tensor([0.0])) -> tensor([0.])")


def hardswish(input: Any, inplace: bool = False) -> Tensor:
    """Return ``input * relu6(input + 3) / 6``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.hardswish(tg.tensor([-4.0, 3.0]))
    tensor([-0., 3.])
    """
    return _hardswish_(input) if inplace else ops.hardswish.call(input)


_hardswish_ = written(
    "hardswish_", hardswish, "tg.nn.functional.hardswish(tg.tensor([3.0])) -> tensor([3.])"
)


def hardsigmoid(input: Any, inplace: bool = False) -> Tensor:
    """Return ``relu6(input + 3) / 6``, a sigmoid of three straight pieces.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.hardsigmoid(tg.tensor([-4.0, 0.0, 4.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return _hardsigmoid_(input) if inplace else ops.hardsigmoid.call(input)


_hardsigmoid_ = written(
    "hardsigmoid_", hardsigmoid, "tg.nn.functional.hardsigmoid(tg.tensor([4.0])) -> tensor([1.])"
)


@takes_out()
def softplus(
    input: Any, beta: float = 1.0, threshold: float = 20.0, *, out: Tensor | None = None
) -> Tensor:
    """Return ``log(1 + exp(beta * input)) / beta``, a smooth `relu`.

    Parameters
    ----------
    input : Tensor
    beta : number
    threshold : number
        Where ``beta * input`` exceeds it the result is the input itself. From 20 on, its
        default, this does not show, and the exact function is computed throughout.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.softplus(tg.tensor([-1.0, 1000.0]))
    tensor([3.1326e-01, 1.0000e+03])
    """
    return ops.softplus_bent.call(input, beta, float("inf") if threshold >= 20 else threshold)


@takes_out()
def softshrink(input: Any, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """Return the elements moved toward zero by `lambd`, but not beyond it.

    Raises
    ------
    RuntimeError
        If `lambd` is negative.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.softshrink(tg.tensor([-2.0, 0.25, 1.0]))
    tensor([-1.5000,  0.0000,  0.5000])
    """
    input = as_tensor_argument("softshrink", input)
    if not lambd >= 0:
        raise RuntimeError(
            f"lambda must be in range [0, inf) for input dtype {input.dtype.name}, but found "
            f"{lambd}, in softshrink()"
        )
    return ops.softshrink.call(input, lambd)


@takes_out()
def hardshrink(input: Any, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """Return the elements, those within `lambd` of zero replaced by zero.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.hardshrink(tg.tensor([-2.0, 0.25, 1.0]))
    tensor([-2.,  0.,  1.])
    """
    return ops.hardshrink.call(input, lambd)


def tanhshrink(input: Any) -> Tensor:
    """Return ``input - tanh(input)``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.tanhshrink(tg.tensor([0.0, 2.0]))
    tensor([0.0000, 1.0360])
    """
    return ops.tanhshrink.call(input)


def softsign(input: Any) -> Tensor:
    """Return ``input / (1 + abs(input))``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.softsign(tg.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    input = as_tensor_argument("softsign", input)
    if input.dtype.is_complex:
        return input / (elementwise.abs(input) + 1)
    return ops.softsign.call(input)


@takes_out()
def threshold(
    input: Any, threshold: float, value: float, inplace: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Return the elements, those that are not above `threshold` replaced by `value`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.threshold(tg.tensor([1.0, 2.0, 3.0]), 2.0, 9.0)
    tensor([9., 9., 3.])
    """
    input = as_tensor_argument("threshold", input)
    if not input.dtype.is_differentiable:
        threshold, value = int(threshold), int(value)
    if inplace:
        return threshold_(input, threshold, value)
    return ops.threshold.call(input, threshold, value)


threshold_ = written(
    "threshold_",
    threshold,
    "tg.nn.functional.threshold_(tg.tensor([1.0, 3.0]), 2.0, 9.0) -> tensor([9., 3.])",
)


def prelu(input: Any, weight: Any) -> Tensor:
    """Return the elements, negative ones multiplied by a weight that can be learned.

    Parameters
    ----------
    input : Tensor
    weight : Tensor
        One number, or one for each channel: for each position of the second axis.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.prelu(tg.tensor([-1.0, 2.0]), tg.tensor([0.25]))
    tensor([-0.2500,  2.0000])
    """
    input = as_tensor_argument("prelu", input)
    weight = as_tensor_argument("prelu", weight, "weight", 2)
    shape, ndim = tuple(weight._array.shape), input._array.ndim
    if input.dtype is not weight.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {input.dtype.name} and {weight.dtype.name}"
        )
    if len(shape) > 1:
        raise RuntimeError(
            "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = "
            f"{weight._array.ndim}"
        )
    if prod(shape) != 1:
        if not ndim:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input._array.shape[1] if ndim > 1 else 1
        if channels != shape[0]:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{shape[0]} and channel size = {channels}."
            )
        weight = reshape(weight, (-1,) + (1,) * (ndim - 2)) if ndim > 1 else weight
    elif shape:
        weight = reshape(weight, ())
    return ops.prelu.call(input, weight)


def rrelu(
    input: Any,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """Return the elements, negative ones multiplied by slopes drawn from [lower, upper).

    Parameters
    ----------
    input : Tensor
    lower, upper : number
    training : bool
        If false, all slopes are the mean of the two.
    inplace : bool

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.rrelu(tg.tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5000,  2.0000])
    """
    input = as_tensor_argument("rrelu", input)
    if lower > upper:
        raise RuntimeError(
            "Lower bound should be less than or equal to the upper bound, but rrelu() was given "
            f"{lower} and {upper}"
        )
    for bound in (lower, upper):
        if bound in (float("inf"), -float("inf")) or bound != bound:
            raise RuntimeError(f"rrelu: bounds must be finite, got {lower} and {upper}")
    if inplace:
        return rrelu_(input, lower, upper, training)
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    if not input.dtype.is_floating_point:
        return ops.leaky_relu.call(input, lower)  # refused there
    place = input._place
    drawn = generator_of(place).uniform(place.xp, tuple(input._array.shape), input._array.dtype)
    with place.entered():
        slopes = raw(input, drawn * (upper - lower) + lower)
    return ops.prelu.record(input, slopes)


rrelu_ = written("rrelu_", rrelu, "tg.nn.functional.rrelu_(tg.tensor([2.0])) -> tensor([2.])")


def glu(input: Any, dim: int = -1) -> Tensor:
    """Return the first half of the positions along `dim` times the sigmoid of the second.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.nn.functional.glu(tg.tensor([3.0, 0.0]))
    tensor([1.5000])
    """
    input = as_tensor_argument("glu", input)
    if not input._array.ndim:
        raise RuntimeError(
            "glu does not support scalars because halving size must be even, but it got a 0-d "
            "tensor"
        )
    d = axis_of("glu", dim, input._array.ndim)
    if input._array.shape[d] % 2:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {d} is size {input._array.shape[d]}"
        )
    if not input.dtype.is_floating_point:
        return ops.silu.call(input) if not input.dtype.is_complex else ops.mish.call(input)
    return ops.glu.record(input, d)
