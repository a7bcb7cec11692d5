"""Differences of neighbours, numerical gradients, and the trapezoidal rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable
from ..ops import conversion
from ..ops import cumulative as ops
from .arguments import as_tensor_argument, axes, one_of
from .arguments import axis as axis_of
from .comparison import ne
from .cumulative import cumsum
from .joining import cat
from .outputs import takes_out
from .reductions import sum as sum_of

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["cumulative_trapezoid", "diff", "gradient", "trapezoid", "trapz"]


@takes_out()
def diff(
    input: Any,
    n: int = 1,
    dim: Any = -1,
    prepend: Any = None,
    append: Any = None,
    *,
    axis: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the differences of neighbours along `dim`, taken `n` times.

    Parameters
    ----------
    input : Tensor
        Of bools, whether neighbours differ.
    n : int
    dim : int
    prepend, append : Tensor, optional
        Joined to the input first.

    Raises
    ------
    RuntimeError
        If `n` is negative, or the input has no axes.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.diff(tg.tensor([1, 4, 9]))
    tensor([3, 5])
    """
    input = as_tensor_argument("diff", input)
    ndim = input._array.ndim
    if not ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    d = axis_of("diff", one_of("diff", dim, axis, "dim and axis", -1), ndim)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}, in diff()")
    for other in (prepend, append):
        if other is not None and other._array.ndim != ndim:
            raise RuntimeError(
                "diff expects prepend or append to be the same dimension as input, got "
                f"{other._array.ndim} and {ndim}"
            )
    if not n:
        return conversion.clone(input)
    parts = [part for part in (prepend, input, append) if part is not None]
    result = cat(parts, d) if len(parts) > 1 else input
    for _ in range(min(n, result._array.shape[d])):
        if result.dtype is not dtypes.bool_:
            result = ops.diff.record(result, d)
        else:
            size = result._array.shape[d]
            result = ne(result.narrow(d, 1, size - 1), result.narrow(d, 0, size - 1))
    return result


def gradient(
    input: Any, *, spacing: Any = None, dim: Any = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """Return numerical estimates of a sampled function's derivative along each axis.

    Inside, the estimates are exact for parabolas, also between uneven points.

    Parameters
    ----------
    input : Tensor
        The function's values.
    spacing : number, list of number, or list of Tensor, optional
        How far samples are apart, 1 by default; or where they are, for each axis.
    dim : int or tuple of int, optional
        The axes, all by default.
    edge_order : {1, 2}
        How estimates are made at the ends: from two samples, or from three.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.gradient(tg.tensor([0.0, 1.0, 4.0, 9.0]))
    (tensor([1., 2., 4., 5.]),)
    """
    input = as_tensor_argument("gradient", input)
    ndim = input._array.ndim
    if input.dtype is dtypes.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input; convert with .int()")
    if isinstance(spacing, Variable):
        raise TypeError(
            "gradient() received an invalid combination of arguments: spacing must be a number, a "
            "list of them, or a list of tensors"
        )
    many = isinstance(spacing, (list, tuple))
    count = ndim if dim is None else len(dim) if isinstance(dim, (list, tuple)) else 1
    if many and len(spacing) != count and not (dim is None and len(spacing) == 1):
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar or a list of length "
            f"equal to the count of axes, {count}, but got a list of length {len(spacing)}"
        )
    if edge_order not in (1, 2):
        raise RuntimeError(
            f"torch.gradient only supports edge_order=1 and edge_order=2., not {edge_order}"
        )
    found = axes("gradient", dim, ndim)
    dims = tuple(range(ndim)) if found is None else found
    for d in dims:
        if input._array.shape[d] < edge_order + 1:
            raise RuntimeError(
                "torch.gradient expected each dimension size to be at least edge_order+1: "
                f"dimension {d} has size {input._array.shape[d]}"
            )
    steps = list(spacing) if many else [1 if spacing is None else spacing] * len(dims)
    steps = steps * len(dims) if many and len(steps) == 1 else steps
    for step, d in zip(steps, dims, strict=True):
        if isinstance(step, Variable):
            _check_points(input, step, d)
    return tuple(
        _uneven(input, step, d, edge_order)
        if isinstance(step, Variable)
        else _even(input, step, d, edge_order)
        for step, d in zip(steps, dims, strict=True)
    )


def _check_points(input: Any, points: Any, d: int) -> None:
    if points._place.root is not input._place.root:
        raise RuntimeError(
            "torch.gradient expected each tensor to be on the same device, but got devices "
            f"{points.device} and {input.device}"
        )
    if points._array.ndim != 1 or points._array.shape[0] != input._array.shape[d]:
        raise RuntimeError(
            "torch.gradient expected each element of spacing to have one dimension, of the size "
            f"of the input's dimension {d}; got shape {list(points._array.shape)} for "
            f"{input._array.shape[d]} samples"
        )


def _ends(x: Any, d: int) -> tuple[Any, Any, Any]:
    """Return samples before, at and after each inner one."""
    n = x._array.shape[d]
    return x.narrow(d, 0, n - 2), x.narrow(d, 1, n - 2), x.narrow(d, 2, n - 2)


def _even(x: Any, step: Any, d: int, order: int) -> Any:
    n = x._array.shape[d]

    def at(k: int) -> Any:
        return x.narrow(d, k % n, 1)

    if order == 1:
        first, last = (at(1) - at(0)) / step, (at(-1) - at(-2)) / step
    else:
        first = (2 * at(1) - 1.5 * at(0) - 0.5 * at(2)) / step
        last = (1.5 * at(-1) + 0.5 * at(-3) - 2 * at(-2)) / step
    before, _, after = _ends(x, d)
    return cat([first, (after - before) / step / 2, last], d)


def _uneven(x: Any, points: Any, d: int, order: int) -> Any:
    n, ndim = x._array.shape[d], x._array.ndim
    gap = diff(points).reshape((n - 1,) + (1,) * (ndim - d - 1))

    def at(k: int) -> Any:
        return x.narrow(d, k % n, 1)

    def between(k: int) -> Any:
        return gap.narrow(0, k % (n - 1), 1)

    if order == 1:
        first = (at(1) - at(0)) / between(0)
        last = (at(-1) - at(-2)) / between(-1)
    else:
        h, k = between(0), between(1)
        first = (
            (h + k) / (h * k) * at(1)
            - (2 * h + k) / (h * (h + k)) * at(0)
            - h / (k * (h + k)) * at(2)
        )
        h, k = between(-2), between(-1)
        last = (
            k / (h * (h + k)) * at(-3)
            - (k + h) / (h * k) * at(-2)
            + (2 * k + h) / (k * (h + k)) * at(-1)
        )
    before, here, after = _ends(x, d)
    h, k = gap.narrow(0, 0, n - 2), gap.narrow(0, 1, n - 2)
    inner = (k - h) / (h * k) * here - k / (h * (h + k)) * before + h / (k * (h + k)) * after
    return cat([first, inner, last], d)


def _panels(name: str, y: Any, x: Any, dx: Any, dim: Any, axis: Any) -> tuple[Any, Any, int]:
    """Return the sums of neighbours, the widths between them, and the axis."""
    y = as_tensor_argument(name, y, "y")
    if y.dtype is dtypes.bool_:
        raise RuntimeError(f"{name}: received a bool input for `y`, but bool is not supported")
    ndim = y._array.ndim
    if not ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions: {name}()")
    d = axis_of(name, one_of(name, dim, axis, "dim and axis", -1), ndim)
    n = y._array.shape[d]
    width = dx
    if x is not None:
        width = _widths(name, y, as_tensor_argument(name, x, "x", 2), d)
    elif isinstance(dx, complex):
        raise RuntimeError(f"{name}: Currently, we only support dx as a real number")
    inner = max(n - 1, 0)
    return y.narrow(d, min(1, n), inner) + y.narrow(d, 0, inner), width, d


def _widths(name: str, y: Any, x: Any, d: int) -> Any:
    if x.dtype is dtypes.bool_:
        raise RuntimeError(f"{name}: received a bool input for `x`, but bool is not supported")
    n, ndim = y._array.shape[d], y._array.ndim
    if x._array.ndim == 1:
        if x._array.shape[0] != n:
            raise RuntimeError(
                f"{name}: There must be one `x` value for each sample point: got "
                f"{x._array.shape[0]} for {n} samples"
            )
        x = x.reshape((n,) + (1,) * (ndim - d - 1))
        return diff(x, dim=0)
    return diff(x, dim=d - ndim)


def trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: Any = -1, axis: Any = None) -> Tensor:
    """Return the integral of samples along `dim` by the trapezoidal rule.

    Parameters
    ----------
    y : Tensor
        The samples.
    x : Tensor, optional
        Where they were taken.
    dx : float
        How far they are apart, without `x`.
    dim : int

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.trapezoid(tg.tensor([1.0, 5.0, 10.0]))
    tensor(10.5000)
    """
    sums, width, d = _panels("trapezoid", y, x, dx, dim, axis)
    return sum_of(sums * width, d - sums._array.ndim) / 2


def trapz(y: Any, x: Any = None, *, dx: Any = 1, dim: Any = -1, axis: Any = None) -> Tensor:
    """Return the integral of samples: another name of `trapezoid`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.trapz(tg.tensor([1.0, 5.0]), tg.tensor([0.0, 2.0]))
    tensor(6.)
    """
    return trapezoid(y, x, dx=dx, dim=dim, axis=axis)


def cumulative_trapezoid(
    y: Any, x: Any = None, *, dx: Any = 1, dim: Any = -1, axis: Any = None
) -> Tensor:
    """Return the running integrals of samples along `dim`: see `trapezoid`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cumulative_trapezoid(tg.tensor([1.0, 5.0, 10.0]))
    tensor([ 3.0000, 10.5000])
    """
    sums, width, d = _panels("cumulative_trapezoid", y, x, dx, dim, axis)
    return cumsum(sums * width, d - sums._array.ndim) / 2
