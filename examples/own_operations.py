"""Declare operations of your own: a NumPy function, and kernels of CuPy.

`tg.autograd.operation` takes a function of the backend's arrays and its derivative, and
returns a function of tensors. Here are a NumPy function, a CuPy ElementwiseKernel and a
CuPy RawKernel; the kernels need an NVIDIA GPU, and are left out where there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from _common import make_parser, parse

import tensorflowlite_grad as tg

SWISH_CODE = r"""
extern "C" __global__
void swish(const double* x, double* y, long long n) {
    long long k = blockDim.x * (long long) blockIdx.x + threadIdx.x;
    if (k < n) y[k] = x[k] / (1.0 + exp(-x[k]));
}
extern "C" __global__
void swish_vjp(const double* g, const double* x, double* out, long long n) {
    long long k = blockDim.x * (long long) blockIdx.x + threadIdx.x;
    if (k < n) {
        double s = 1.0 / (1.0 + exp(-x[k]));
        out[k] = g[k] * s * (1.0 + x[k] * (1.0 - s));
    }
}
"""


def numpy_swish() -> Callable[..., Any]:
    """Return swish by NumPy's functions: they know nothing of tensors."""

    def slope(g: Any, x: Any) -> Any:
        s = 1 / (1 + np.exp(-x))
        return g * s * (1 + x * (1 - s))

    found: Callable[..., Any] = tg.autograd.operation(
        lambda x: x / (1 + np.exp(-x)), vjp={"x": slope}, elementwise=True, name="numpy_swish"
    )
    return found


def standard_swish() -> Callable[..., Any]:
    """Return swish in the Array API's vocabulary: for every backend, and every order."""

    def slope(xp: Any, g: Any, x: Any) -> Any:
        s = 1 / (1 + xp.exp(-x))
        return g * s * (1 + x * (1 - s))

    found: Callable[..., Any] = tg.autograd.operation(
        lambda xp, x: x / (1 + xp.exp(-x)), vjp={"x": slope}, elementwise=True, name="swish"
    )
    return found


def elementwise_kernel_swish(cupy: Any) -> Callable[..., Any]:
    """Return swish by two ElementwiseKernels."""
    forward = cupy.ElementwiseKernel("T x", "T y", "y = x / (1 + exp(-x))", "swish")
    slope = cupy.ElementwiseKernel(
        "T g, T x",
        "T out",
        "T s = 1 / (1 + exp(-x)); out = g * s * (1 + x * (1 - s))",
        "swish_vjp",
    )
    # Kernels do not say what they take: lambdas name it.
    found: Callable[..., Any] = tg.autograd.operation(
        lambda x: forward(x),
        vjp={"x": lambda g, x: slope(g, x)},
        elementwise=True,
        name="elementwise_kernel_swish",
    )
    return found


def raw_kernel_swish(cupy: Any) -> Callable[..., Any]:
    """Return swish by two RawKernels, which want contiguous arrays and a launch."""
    module = cupy.RawModule(code=SWISH_CODE)

    def launch(name: str, *arrays: Any) -> Any:
        given = [cupy.ascontiguousarray(a) for a in arrays]
        out = cupy.empty_like(given[0])
        blocks = max(1, math.ceil(out.size / 256))
        arguments = (*given, out, np.int64(out.size))
        module.get_function(name)((blocks,), (256,), arguments)
        return out

    found: Callable[..., Any] = tg.autograd.operation(
        lambda x: launch("swish", x),
        vjp={"x": lambda g, x: launch("swish_vjp", g, x)},
        elementwise=True,
        name="raw_kernel_swish",
    )
    return found


def check(operation: Callable[..., Any], device: tg.device | str, second: bool = False) -> bool:
    """Return whether an operation's derivatives are right, in both modes."""
    x = tg.linspace(-2.0, 2.0, 5, dtype=tg.float64, device=device, requires_grad=True)
    right = tg.autograd.gradcheck(operation, x, check_forward_ad=True)
    return right and (not second or tg.autograd.gradgradcheck(operation, x))


def main(argv: Sequence[str] | None = None) -> int:
    """Print for each operation whether its derivatives are right."""
    parse(make_parser(__doc__), argv)
    results = {"standard": check(standard_swish(), tg.tensor(0.0).device, second=True)}
    with tg.use_backend("numpy"):
        results["NumPy"] = check(numpy_swish(), "cpu")
    if tg.cuda.is_available():
        import cupy

        with tg.use_backend("cupy"):
            results["ElementwiseKernel"] = check(elementwise_kernel_swish(cupy), "cuda")
            results["RawKernel"] = check(raw_kernel_swish(cupy), "cuda")
    for name, right in results.items():
        print(f"{name}: derivatives {'right' if right else 'WRONG'}")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
