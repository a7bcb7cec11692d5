"""What the written functions do, and an example of each.

Most functions of one operation are its recorder, and most in-place methods are made of a
function: neither has source to hold a docstring. The tables give what each does, the arguments
of an example, and what that prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import docstrings_of_scattering
from .outputs import documented

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TEXTS", "attach", "of_in_place"]

_PARAMETERS = {
    "input": "input : Tensor",
    "other": "other : Tensor or number\n    Broadcast against `input`.",
    "values": "values : Tensor\n    The results where `input` is 0.",
    "real": "real : Tensor",
    "imag": "imag : Tensor\n    Broadcast against `real`.",
    "decimals": "decimals : int",
}

Arguments = tuple[str, ...]

#: Of functions: what they do, and an example.
TEXTS: dict[str, tuple[str, Arguments, str]] = {
    # extremes and replacements
    "fmax": (
        "Return the greater of each two elements, or the other one where one is NaN.",
        ("tg.tensor([1.0, float('nan')])", "tg.tensor([2.0, 3.0])"),
        "tensor([2., 3.])",
    ),
    "fmin": (
        "Return the smaller of each two elements, or the other one where one is NaN.",
        ("tg.tensor([1.0, float('nan')])", "tg.tensor([2.0, 3.0])"),
        "tensor([1., 3.])",
    ),
    "isposinf": (
        "Return where elements are infinity.",
        ("tg.tensor([1.0, float('inf'), -float('inf')])",),
        "tensor([False,  True, False])",
    ),
    "isneginf": (
        "Return where elements are minus infinity.",
        ("tg.tensor([1.0, float('inf'), -float('inf')])",),
        "tensor([False, False,  True])",
    ),
    "isreal": (
        "Return where elements have no imaginary part.",
        ("tg.tensor([1 + 0j, 1 + 2j])",),
        "tensor([ True, False])",
    ),
    # special functions
    "logaddexp2": (
        "Return log2(2**input + 2**other), without overflow.",
        ("tg.tensor([1.0, 500.0])", "tg.tensor([1.0, 0.0])"),
        "tensor([  2., 500.])",
    ),
    "angle": (
        "Return the argument of each complex element; of real ones 0 or pi. Its slope at 0 is 0.",
        ("tg.tensor([1j, -1 + 0j])",),
        "tensor([1.5708, 3.1416])",
    ),
    "erfc": (
        "Return one minus the error function of each element, without cancellation.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([1.0000, 0.1573])",
    ),
    "erfinv": (
        "Return the inverse of the error function of each element.",
        ("tg.tensor([0.0, 0.5])",),
        "tensor([0.0000, 0.4769])",
    ),
    "lgamma": (
        "Return the logarithm of the absolute value of the gamma function of each element.",
        ("tg.tensor([0.5, 4.0])",),
        "tensor([0.5724, 1.7918])",
    ),
    "digamma": (
        "Return the derivative of `lgamma` for each element.",
        ("tg.tensor([1.0, 2.0])",),
        "tensor([-0.5772,  0.4228])",
    ),
    "igamma": (
        "Return the regularised lower incomplete gamma function P(input, other).\n\n"
        "It has a derivative by `other` only.",
        ("tg.tensor([4.0])", "tg.tensor([3.0])"),
        "tensor([0.3528])",
    ),
    "igammac": (
        "Return the regularised upper incomplete gamma function Q(input, other).\n\n"
        "It has a derivative by `other` only.",
        ("tg.tensor([4.0])", "tg.tensor([3.0])"),
        "tensor([0.6472])",
    ),
    "i0": (
        "Return the modified Bessel function of the first kind of order 0 of each element.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([1.0000, 1.2661])",
    ),
    "sinc": (
        "Return sin(pi x) / (pi x) for each element x, and 1 at 0.",
        ("tg.tensor([0.0, 0.5])",),
        "tensor([1.0000, 0.6366])",
    ),
    # arithmetic
    "mul": (
        "Return the product, element by element.",
        ("tg.tensor([1.0, 2.0])", "3"),
        "tensor([3., 6.])",
    ),
    "neg": (
        "Return the elements with the opposite sign.",
        ("tg.tensor([1.0, -2.0])",),
        "tensor([-1.,  2.])",
    ),
    "square": (
        "Return the square of each element.",
        ("tg.tensor([1.0, -2.0])",),
        "tensor([1., 4.])",
    ),
    "sqrt": (
        "Return the square root of each element: NaN for negative ones.",
        ("tg.tensor([4.0, 9.0])",),
        "tensor([2., 3.])",
    ),
    "rsqrt": (
        "Return one over the square root of each element.",
        ("tg.tensor([4.0, 16.0])",),
        "tensor([0.5000, 0.2500])",
    ),
    "reciprocal": (
        "Return one over each element.",
        ("tg.tensor([2.0, 4.0])",),
        "tensor([0.5000, 0.2500])",
    ),
    "abs": (
        "Return the absolute value of each element; its gradient at 0 is 0.",
        ("tg.tensor([3.0, -4.0])",),
        "tensor([3., 4.])",
    ),
    "sign": (
        "Return -1, 0 or 1 for each element, by its sign; the gradient is 0.",
        ("tg.tensor([3.0, 0.0, -4.0])",),
        "tensor([ 1.,  0., -1.])",
    ),
    "sgn": (
        "Return the sign of each real element, or the direction ``z / |z|`` of each complex one.",
        ("tg.tensor([3 + 4j, 0j])",),
        "tensor([0.6000+0.8000j, 0.0000+0.0000j])",
    ),
    "floor": (
        "Return the elements rounded down; the gradient is 0.",
        ("tg.tensor([1.7, -1.2])",),
        "tensor([ 1., -2.])",
    ),
    "ceil": (
        "Return the elements rounded up; the gradient is 0.",
        ("tg.tensor([1.2, -1.7])",),
        "tensor([ 2., -1.])",
    ),
    "trunc": (
        "Return the elements rounded toward zero; the gradient is 0.",
        ("tg.tensor([1.7, -1.7])",),
        "tensor([ 1., -1.])",
    ),
    "frac": (
        "Return what `trunc` cuts off each element.",
        ("tg.tensor([1.5, -1.5])",),
        "tensor([ 0.5000, -0.5000])",
    ),
    "floor_divide": (
        "Return the quotient rounded down; it is not differentiable.",
        ("tg.tensor([7, -7])", "2"),
        "tensor([ 3, -4])",
    ),
    "remainder": (
        "Return the remainder of `floor_divide`, which has the sign of the divisor.",
        ("tg.tensor([7, -7])", "3"),
        "tensor([1, 2])",
    ),
    "fmod": (
        "Return the remainder of division rounded toward zero, of the sign of the dividend.",
        ("tg.tensor([7, -7])", "3"),
        "tensor([ 1, -1])",
    ),
    "hypot": (
        "Return the square root of the sum of two squares, without overflow on the way.",
        ("tg.tensor([3.0])", "tg.tensor([4.0])"),
        "tensor([5.])",
    ),
    "copysign": (
        "Return the elements of `input` with the signs of `other`.",
        ("tg.tensor([1.0, 2.0])", "tg.tensor([-1.0, 1.0])"),
        "tensor([-1.,  2.])",
    ),
    "maximum": (
        "Return the greater of two elements; where they tie, each gets half of the gradient.",
        ("tg.tensor([1.0, 5.0])", "tg.tensor([3.0, 2.0])"),
        "tensor([3., 5.])",
    ),
    "minimum": (
        "Return the smaller of two elements; where they tie, each gets half of the gradient.",
        ("tg.tensor([1.0, 5.0])", "tg.tensor([3.0, 2.0])"),
        "tensor([1., 2.])",
    ),
    "relu": (
        "Return each element if it is positive, else 0; the gradient at 0 is 0.",
        ("tg.tensor([-1.0, 2.0])",),
        "tensor([0., 2.])",
    ),
    # exponentials and logarithms
    "exp": (
        "Return e to the power of each element.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([1.0000, 2.7183])",
    ),
    "exp2": (
        "Return 2 to the power of each element.",
        ("tg.tensor([0.0, 3.0])",),
        "tensor([1., 8.])",
    ),
    "expm1": (
        "Return ``exp(input) - 1``, precise near 0 too.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([0.0000, 1.7183])",
    ),
    "log": (
        "Return the natural logarithm of each element.",
        ("tg.tensor([1.0, 2.0])",),
        "tensor([0.0000, 0.6931])",
    ),
    "log2": (
        "Return the logarithm to base 2 of each element.",
        ("tg.tensor([1.0, 6.0])",),
        "tensor([0.0000, 2.5850])",
    ),
    "log10": (
        "Return the logarithm to base 10 of each element.",
        ("tg.tensor([1.0, 2.0])",),
        "tensor([0.0000, 0.3010])",
    ),
    "log1p": (
        "Return ``log(1 + input)``, precise near 0 too.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([0.0000, 0.6931])",
    ),
    "logaddexp": (
        "Return ``log(exp(input) + exp(other))``, without overflow on the way.",
        ("tg.tensor([0.0])", "tg.tensor([0.0])"),
        "tensor([0.6931])",
    ),
    "sigmoid": (
        "Return ``1 / (1 + exp(-input))``.",
        ("tg.tensor([0.0, 2.0])",),
        "tensor([0.5000, 0.8808])",
    ),
    "softplus": (
        "Return ``log(1 + exp(input))``, a smooth form of `relu`.",
        ("tg.tensor([0.0, 1000.0])",),
        "tensor([6.9315e-01, 1.0000e+03])",
    ),
    "logsigmoid": (
        "Return ``log(sigmoid(input))``, without underflow on the way.",
        ("tg.tensor([0.0, -1000.0])",),
        "tensor([-6.9315e-01, -1.0000e+03])",
    ),
    "erf": (
        "Return the error function of each element.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([0.0000, 0.8427])",
    ),
    "xlogy": (
        "Return ``input * log(other)``, which is 0 where `input` is 0.",
        ("tg.tensor([0.0, 2.0])", "tg.tensor([0.0, 3.0])"),
        "tensor([0.0000, 2.1972])",
    ),
    # circular and hyperbolic functions
    "sin": (
        "Return the sine of each element, an angle in radians.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([0.0000, 0.8415])",
    ),
    "cos": (
        "Return the cosine of each element, an angle in radians.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([1.0000, 0.5403])",
    ),
    "tan": (
        "Return the tangent of each element, an angle in radians.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([0.0000, 1.5574])",
    ),
    "asin": (
        "Return the angle, from -pi/2 to pi/2, whose sine each element is.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([0.0000, 1.5708])",
    ),
    "acos": (
        "Return the angle, from 0 to pi, whose cosine each element is.",
        ("tg.tensor([1.0, 0.0])",),
        "tensor([0.0000, 1.5708])",
    ),
    "atan": (
        "Return the angle, from -pi/2 to pi/2, whose tangent each element is.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([0.0000, 0.7854])",
    ),
    "atan2": (
        "Return the angle, from -pi to pi, of the point with ordinate `input`, abscissa `other`.",
        ("tg.tensor([1.0, 1.0])", "tg.tensor([1.0, -1.0])"),
        "tensor([0.7854, 2.3562])",
    ),
    "sinh": (
        "Return the hyperbolic sine of each element.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([0.0000, 1.1752])",
    ),
    "cosh": (
        "Return the hyperbolic cosine of each element.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([1.0000, 1.5431])",
    ),
    "tanh": (
        "Return the hyperbolic tangent of each element.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([0.0000, 0.7616])",
    ),
    "asinh": (
        "Return the number whose hyperbolic sine each element is.",
        ("tg.tensor([0.0, 1.0])",),
        "tensor([0.0000, 0.8814])",
    ),
    "acosh": (
        "Return the number, not negative, whose hyperbolic cosine each element is.",
        ("tg.tensor([1.0, 2.0])",),
        "tensor([0.0000, 1.3170])",
    ),
    "atanh": (
        "Return the number whose hyperbolic tangent each element is.",
        ("tg.tensor([0.0, 0.5])",),
        "tensor([0.0000, 0.5493])",
    ),
    # comparisons
    "eq": (
        "Return where elements are equal.",
        ("tg.tensor([1, 2, 3])", "2"),
        "tensor([False,  True, False])",
    ),
    "ne": (
        "Return where elements differ.",
        ("tg.tensor([1, 2, 3])", "2"),
        "tensor([ True, False,  True])",
    ),
    "lt": (
        "Return where `input` is less than `other`.",
        ("tg.tensor([1, 2, 3])", "2"),
        "tensor([ True, False, False])",
    ),
    "le": (
        "Return where `input` is less than `other` or equal.",
        ("tg.tensor([1, 2, 3])", "2"),
        "tensor([ True,  True, False])",
    ),
    "gt": (
        "Return where `input` is greater than `other`.",
        ("tg.tensor([1, 2, 3])", "2"),
        "tensor([False, False,  True])",
    ),
    "ge": (
        "Return where `input` is greater than `other` or equal.",
        ("tg.tensor([1, 2, 3])", "2"),
        "tensor([False,  True,  True])",
    ),
    "isnan": (
        "Return where elements are not a number.",
        ("tg.tensor([1.0, tg.nan])",),
        "tensor([False,  True])",
    ),
    "isinf": (
        "Return where elements are infinite, of either sign.",
        ("tg.tensor([1.0, -tg.inf])",),
        "tensor([False,  True])",
    ),
    "isfinite": (
        "Return where elements are neither infinite nor NaN.",
        ("tg.tensor([1.0, tg.inf, tg.nan])",),
        "tensor([ True, False, False])",
    ),
    "signbit": (
        "Return where the sign is minus, that of -0.0 included.",
        ("tg.tensor([1.0, -0.0])",),
        "tensor([False,  True])",
    ),
    # logic and bits
    "logical_not": (
        "Return where elements are zero or false.",
        ("tg.tensor([0, 5])",),
        "tensor([ True, False])",
    ),
    "logical_and": (
        "Return where both elements are true, or not zero.",
        ("tg.tensor([True, True])", "tg.tensor([True, False])"),
        "tensor([ True, False])",
    ),
    "logical_or": (
        "Return where at least one element is true, or not zero.",
        ("tg.tensor([True, False])", "tg.tensor([False, False])"),
        "tensor([ True, False])",
    ),
    "logical_xor": (
        "Return where exactly one element is true, or not zero.",
        ("tg.tensor([True, True])", "tg.tensor([True, False])"),
        "tensor([False,  True])",
    ),
    "bitwise_not": (
        "Return the elements, integers or truth values, with every bit turned over.",
        ("tg.tensor([0, 1])",),
        "tensor([-1, -2])",
    ),
    "bitwise_and": (
        "Return the bits that are set in both elements.",
        ("tg.tensor([6])", "3"),
        "tensor([2])",
    ),
    "bitwise_or": (
        "Return the bits that are set in at least one element.",
        ("tg.tensor([6])", "3"),
        "tensor([7])",
    ),
    "bitwise_xor": (
        "Return the bits that are set in exactly one element.",
        ("tg.tensor([6])", "3"),
        "tensor([5])",
    ),
    "bitwise_left_shift": (
        "Return the elements with their bits moved up by `other` places.",
        ("tg.tensor([1, 3])", "2"),
        "tensor([ 4, 12])",
    ),
    "bitwise_right_shift": (
        "Return the elements with their bits moved down by `other` places.",
        ("tg.tensor([4, 12])", "2"),
        "tensor([1, 3])",
    ),
}


#: Of in-place methods: examples where the function's does not serve, or has another text.
IN_PLACE: dict[str, tuple[Arguments, str]] = {
    "cumsum_": (("tg.tensor([1.0, 2.0])", "0"), "tensor([1., 3.])"),
    "cumprod_": (("tg.tensor([2.0, 3.0])", "0"), "tensor([2., 6.])"),
    "renorm_": (("tg.tensor([[3.0, 4.0]])", "2", "0", "1.0"), "tensor([[0.6000, 0.8000]])"),
    "gt_": (("tg.tensor([1.0, 2.0])", "1.5"), "tensor([0., 1.])"),
    "logit_": (("tg.tensor([0.5, 0.0])", "0.1"), "tensor([ 0.0000, -2.1972])"),
    "heaviside_": (("tg.tensor([-1.0, 0.0])", "tg.tensor(0.5)"), "tensor([0.0000, 0.5000])"),
    "nan_to_num_": (("tg.tensor([1.0, float('nan')])",), "tensor([1., 0.])"),
    "nextafter_": (("tg.tensor([0.0])", "tg.tensor([0.0])"), "tensor([0.])"),
    "gcd_": (("tg.tensor([10, 15])", "tg.tensor([4, 5])"), "tensor([2, 5])"),
    "lcm_": (("tg.tensor([10, 15])", "tg.tensor([4, 5])"), "tensor([20, 15])"),
    "conj_physical_": (("tg.tensor([1 + 2j])",), "tensor([1.-2.j])"),
    "ldexp_": (("tg.tensor([1.0])", "tg.tensor([3])"), "tensor([8.])"),
    "deg2rad_": (("tg.tensor([180.0])",), "tensor([3.1416])"),
    "rad2deg_": (("tg.tensor([1.0])",), "tensor([57.2958])"),
    "float_power_": (
        ("tg.tensor([4.0]).double()", "0.5"),
        "tensor([2.], dtype=tensorflowlite_grad.float64)",
    ),
    "polygamma_": (("tg.tensor([1.0])", "1"), "tensor([1.6449])"),
    "mvlgamma_": (("tg.tensor([2.0, 3.0])", "2"), "tensor([0.4516, 1.5502])"),
    "add_": (("tg.tensor([1.0, 2.0])", "10"), "tensor([11., 12.])"),
    "sub_": (("tg.tensor([1.0, 2.0])", "1"), "tensor([0., 1.])"),
    "div_": (("tg.tensor([1.0, 2.0])", "2"), "tensor([0.5000, 1.0000])"),
    "pow_": (("tg.tensor([1.0, 2.0])", "3"), "tensor([1., 8.])"),
    "round_": (("tg.tensor([0.5, 1.7])",), "tensor([0., 2.])"),
    "clamp_": (("tg.tensor([-1.0, 2.0])", "0", "1"), "tensor([0., 1.])"),
    "clamp_min_": (("tg.tensor([-1.0, 2.0])", "0"), "tensor([0., 2.])"),
    "clamp_max_": (("tg.tensor([-1.0, 2.0])", "0"), "tensor([-1.,  0.])"),
    "lerp_": (("tg.zeros(2)", "tg.tensor([4.0, 8.0])", "0.25"), "tensor([1., 2.])"),
    "addbmm_": (("tg.zeros(1, 1)", "tg.ones(2, 1, 3)", "tg.ones(2, 3, 1)"), "tensor([[6.]])"),
    "addmm_": (("tg.ones(1, 1)", "tg.ones(1, 3)", "tg.ones(3, 1)"), "tensor([[4.]])"),
    "addmv_": (("tg.ones(1)", "tg.ones(1, 3)", "tg.ones(3)"), "tensor([4.])"),
    "addr_": (("tg.ones(1, 2)", "tg.ones(1)", "tg.ones(2)"), "tensor([[2., 2.]])"),
    "baddbmm_": (("tg.ones(1, 1, 1)", "tg.ones(1, 1, 3)", "tg.ones(1, 3, 1)"), "tensor([[[4.]]])"),
    "addcmul_": (("tg.ones(1)", "tg.tensor([2.0])", "tg.tensor([3.0])"), "tensor([7.])"),
    "addcdiv_": (("tg.ones(1)", "tg.tensor([6.0])", "tg.tensor([3.0])"), "tensor([3.])"),
    "logical_not_": (("tg.tensor([True, False])",), "tensor([False,  True])"),
    "masked_fill_": (
        ("tg.tensor([1.0, 2.0])", "tg.tensor([True, False])", "0"),
        "tensor([0., 2.])",
    ),
    "index_add_": (
        ("tg.zeros(3)", "0", "tg.tensor([0, 0])", "tg.tensor([1.0, 2.0])"),
        "tensor([3., 0., 0.])",
    ),
    "index_put_": (
        ("tg.zeros(3)", "(tg.tensor([0, 2]),)", "tg.tensor([5.0, 6.0])"),
        "tensor([5., 0., 6.])",
    ),
    "scatter_add_": (
        ("tg.zeros(3)", "0", "tg.tensor([0, 0])", "tg.tensor([1.0, 2.0])"),
        "tensor([3., 0., 0.])",
    ),
}


def attach(
    module: dict[str, Any],
    texts: dict[str, tuple[str, Arguments, str]] | None = None,
    prefix: str = "tg",
) -> dict[str, str]:
    """Give the written functions among a module's public ones a docstring.

    Parameters
    ----------
    module : dict
        Its names.
    texts : dict, optional
        What they do, and an example, where that is not in `TEXTS`.
    prefix : str
        How the module is named in examples.

    Returns
    -------
    dict
        Those docstrings, by name.
    """
    made = {}
    for name in module["__all__"]:
        if name not in (texts or TEXTS) or name not in module:
            continue
        summary, arguments, result = (texts or TEXTS)[name]
        function: Callable[..., Any] = module[name]
        code = getattr(function, "plain", function).__code__
        parameters = "\n".join(_PARAMETERS[p] for p in code.co_varnames[: code.co_argcount])
        example = _example(f"{prefix}.{name}({', '.join(arguments)})", result)
        text = f"{summary}\n\nParameters\n----------\n{parameters}\n\n{example}"
        if hasattr(function, "plain"):
            function.plain.__doc__ = text
            text = documented(text)
        function.__doc__ = made[name] = text
    return made


def of_in_place(name: str) -> str:
    """Return the docstring of an in-place method that is made of a function."""
    function = name.rstrip("_")
    text = f"Replace the elements by those of `{function}`, in place, and return the tensor.\n"
    found = IN_PLACE.get(name) or docstrings_of_scattering.IN_PLACE.get(name)
    if found is None:
        if function not in TEXTS:
            return text
        found = TEXTS[function][1:]
    (tensor, *arguments), result = found
    call = f"{tensor}.{name}({', '.join(arguments)})"
    return f"{text}\n{_example(call, result)}"


def of_polynomial(name: str, whose: str, result: str) -> str:
    """Return the docstring of a family of polynomials."""
    return (
        f"Return {whose}, each element's to a degree of its own.\n\n"
        "Parameters\n----------\ninput : Tensor or number\nn : Tensor or number\n"
        "    The degrees, truncated to integers; below 0 the value is 0. It has no gradient.\n\n"
        + _example(f"tg.special.{name}(0.5, tg.arange(4.0))", result)
    )


def _example(expression: str, result: str) -> str:
    return f"Examples\n--------\n>>> import tensorflowlite_grad as tg\n>>> {expression}\n{result}\n"
