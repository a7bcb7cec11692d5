"""Running sums, products, extremes and log-sum-exps along one axis."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from .. import dtypes, return_types
from ..dtypes import Kind
from ..ops import conversion
from ..ops import cumulative as ops
from .arguments import as_tensor_argument, one_of
from .arguments import axis as axis_of
from .index_tensors import along_axis
from .outputs import takes_out
from .reductions import added, along_one_axis, reduced

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp"]


@takes_out("own")
def cumsum(
    input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None, out: Tensor | None = None
) -> Tensor:
    """Return the running sums along `dim`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cumsum(tg.tensor([1, 2, 3]), dim=0)
    tensor([1, 3, 6])
    """
    input = as_tensor_argument("cumsum", input)
    return along_one_axis("cumsum", lambda x, d: added(ops.cumsum, x, dtype, d), input, dim, axis)


@takes_out("own")
def cumprod(
    input: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None, out: Tensor | None = None
) -> Tensor:
    """Return the running products along `dim`; the gradient is right at zeros too.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cumprod(tg.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    input = as_tensor_argument("cumprod", input)
    return along_one_axis("cumprod", lambda x, d: added(ops.cumprod, x, dtype, d), input, dim, axis)


@takes_out()
def logcumsumexp(
    input: Any, dim: Any = None, *, axis: Any = None, out: Tensor | None = None
) -> Tensor:
    """Return the logarithm of the running sums of exponentials along `dim`, without overflow.

    Where all so far are -inf, so is the result, and its gradient is 0.

    Raises
    ------
    NotImplementedError
        If the elements are integers or bools.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.logcumsumexp(tg.tensor([1000.0, 1000.0]), dim=0)
    tensor([1000.0000, 1000.6932])
    """
    input = as_tensor_argument("logcumsumexp", input)
    if input.dtype.kind < Kind.FLOAT:
        name = dtypes.LEGACY_NAMES[input.dtype.name]
        raise NotImplementedError(
            f"\"logcumsumexp_out_cpu\" not implemented for '{name}': logcumsumexp() needs floating "
            "point numbers; convert with .float()"
        )
    return along_one_axis("logcumsumexp", partial(reduced, ops.logcumsumexp), input, dim, axis)


def _running(name: str, op: Any, result: Any, input: Any, dim: Any, axis: Any) -> Any:
    input = as_tensor_argument(name, input)
    dim = one_of(name, dim, axis, "dim and axis", None)
    if dim is None:
        raise TypeError(f"{name}() missing 1 required positional argument: 'dim'")
    ndim = input._array.ndim
    d = axis_of(name, dim, ndim)
    if input.dtype.is_complex:
        kind = dtypes.LEGACY_NAMES[input.dtype.name]
        raise NotImplementedError(
            f"\"{name}_cpu\" not implemented for '{kind}': complex numbers have no order"
        )
    x = input if ndim else input.reshape(1)
    if not input.numel():
        return result(conversion.clone(input), conversion.cast(input.detach(), dtypes.int64))
    indices = ops.cumulative_argmax.record(x.detach(), d, name == "cummax")
    values = op.record(x, along_axis(x, d, indices._array))
    return result(values, indices) if ndim else result(values.reshape(()), indices.reshape(()))


@takes_out()
def cummax(input: Any, dim: Any = None, *, axis: Any = None, out: Any = None) -> Any:
    """Return the greatest elements so far along `dim`, and where they are.

    Returns
    -------
    (values, indices)
        Of equal elements the last has the gradient. From the first NaN on, all are NaN.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cummax(tg.tensor([1.0, 3.0, 2.0]), dim=0).values
    tensor([1., 3., 3.])
    """
    return _running("cummax", ops.cummax, return_types.cummax, input, dim, axis)


@takes_out()
def cummin(input: Any, dim: Any = None, *, axis: Any = None, out: Any = None) -> Any:
    """Return the least elements so far along `dim`, and where they are: see `cummax`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cummin(tg.tensor([3.0, 1.0, 2.0]), dim=0).indices
    tensor([0, 1, 1])
    """
    return _running("cummin", ops.cummin, return_types.cummin, input, dim, axis)
