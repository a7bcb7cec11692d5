"""Evenly spaced numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable
from ..backend.selection import resolve
from ..dtypes import Kind, get_default_dtype
from ..layouts import check_layout
from .arguments import shape_argument
from .factory import dtype_argument, finish, number
from .outputs import takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["arange", "linspace", "logspace", "range"]


def _bound(name: str, argument: str, value: Any, kinds: tuple[type, ...]) -> Any:
    if isinstance(value, Variable) and value._array.ndim:
        raise RuntimeError(
            f"{name} only supports 0-dimensional start and end tensors, but got {argument} with "
            f"{value._array.ndim} dimension(s)."
        )
    value = number(value)
    if not isinstance(value, kinds):
        raise TypeError(
            f"{name}(): argument {argument!r} must be Number, not {type(value).__name__}"
        )
    return value


@takes_out("made")
def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return evenly spaced numbers of [start, end).

    Parameters
    ----------
    start, end, step : number
        With one argument, it is the end.
    dtype : dtype, optional
        int64 if all are ints, else the default float.
    layout, pin_memory
        As of `zeros`.
    device : device or str, optional
    requires_grad : bool

    Raises
    ------
    RuntimeError
        If `step` is zero or leads away from `end`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.arange(4.0)
    tensor([0., 1., 2., 3.])
    """
    check_layout("arange", layout)
    if end is None:
        start, end = None, start
    if end is None:
        raise TypeError("arange(): argument 'end' is missing")
    kinds = (int, float)
    start = 0 if start is None else _bound("arange", "start", start, kinds)
    end, step = _bound("arange", "end", end, kinds), _bound("arange", "step", step, kinds)
    if not math.isfinite(start) or not math.isfinite(end):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    whole = all(isinstance(v, int) for v in (start, end, step))
    wanted = dtype_argument(dtype) or (dtypes.int64 if whole else get_default_dtype())
    if wanted.kind in (Kind.BOOL, Kind.COMPLEX):
        raise NotImplementedError(
            f"\"arange_cpu\" not implemented for '{dtypes.LEGACY_NAMES[wanted.name]}'"
        )
    if wanted.kind is Kind.INT and not whole:
        start, end, step, whole = int(start), int(end), int(step), True
    if step == 0 or step != step:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign: from {start} to {end} by "
            f"{step}"
        )
    count = -(-(end - start) // step) if whole else math.ceil((end - start) / step)
    shape_argument("arange", (int(count),))
    place = resolve(device)
    xp = place.xp
    if whole and wanted.kind is Kind.INT:
        return finish(xp.arange(start, end, step, dtype=place.native(wanted)), place, requires_grad)
    # Computed in double precision from the number of each step, as PyTorch does.
    with place.entered():
        steps = xp.arange(0, int(count), 1, dtype=place.native(dtypes.float64))
        array = xp.astype(start + step * steps, place.native(wanted))
    return finish(array, place, requires_grad)


@takes_out("made")
def range(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return evenly spaced numbers from `start` to `end`, both included: floats by default.

    PyTorch has it for old programs' sake; `arange` is what new ones use.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.range(1, 3)
    tensor([1., 2., 3.])
    """
    if end is None:
        raise TypeError("range(): argument 'end' is missing")
    kinds = (int, float)
    start, end = _bound("range", "start", start, kinds), _bound("range", "end", end, kinds)
    step = _bound("range", "step", step, kinds)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = math.floor((end - start) / step)
    # Half a step on, so that rounding cannot lose the end.
    return arange(
        float(start),
        start + (count + 0.5) * step,
        float(step),
        dtype=dtype or get_default_dtype(),
        layout=layout,
        device=device,
        requires_grad=requires_grad,
    )


def _spaced(xp: Any, place: Any, start: float, end: float, count: int) -> Any:
    """Return numbers from both ends to the middle, so that both ends are exact."""
    k = xp.arange(0, count, 1, dtype=place.native(dtypes.float64))
    with place.entered():
        if count < 2:
            return k + start
        step = (end - start) / (count - 1)
        return xp.where(k < count // 2, start + step * k, end - step * (count - 1 - k))


def _ends(name: str, start: Any, end: Any, steps: Any, dtype: Any) -> tuple[Any, Any, int, Any]:
    kinds = (int, float, complex)
    start, end = _bound(name, "start", start, kinds), _bound(name, "end", end, kinds)
    steps = number(steps)
    if isinstance(steps, bool) or not hasattr(steps, "__index__"):
        raise TypeError(f"{name}(): argument 'steps' must be int, not {type(steps).__name__}")
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, but {name}() was given {steps}")
    if dtype_argument(dtype) is dtypes.bool_:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for 'Bool'")
    is_complex = isinstance(start, complex) or isinstance(end, complex)
    default = get_default_dtype()
    wanted = dtype_argument(dtype) or (default.to_complex() if is_complex else default)
    if is_complex and not wanted.is_complex:
        raise RuntimeError(
            f"{name}(): inferred dtype {default.to_complex()!r} can't be safely cast to passed "
            f"dtype {wanted!r}"
        )
    if wanted.kind is Kind.INT:
        start, end = int(start), int(end)
    (count,) = shape_argument(name, (steps,))
    return start, end, count, wanted


def _finished(xp: Any, place: Any, array: Any, wanted: Any, requires_grad: bool) -> Any:
    if wanted.kind is Kind.INT:
        array = xp.trunc(array)
    return finish(xp.astype(array, place.native(wanted)), place, requires_grad)


def _complex_spaced(place: Any, start: complex, end: complex, count: int) -> Any:
    xp, wide = place.xp, place.native(dtypes.complex128)
    start, end = complex(start), complex(end)
    real = xp.astype(_spaced(xp, place, start.real, end.real, count), wide)
    imag = xp.astype(_spaced(xp, place, start.imag, end.imag, count), wide)
    with place.entered():
        return real + 1j * imag


@takes_out("made")
def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return `steps` evenly spaced numbers from `start` to `end`, both included.

    Parameters
    ----------
    start, end : number or Tensor
        Complex ones too; tensors of no dimensions.
    steps : int
    dtype : dtype, optional
        The default float, or its complex, without it.
    layout, pin_memory
        As of `zeros`.
    device : device or str, optional
    requires_grad : bool

    Raises
    ------
    RuntimeError
        If `steps` is negative.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    check_layout("linspace", layout)
    start, end, count, wanted = _ends("linspace", start, end, steps, dtype)
    place = resolve(device)
    if wanted.is_complex:
        array = _complex_spaced(place, start, end, count)
    else:
        array = _spaced(place.xp, place, float(start), float(end), count)
    return _finished(place.xp, place, array, wanted, requires_grad)


@takes_out("made")
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return `steps` numbers from ``base**start`` to ``base**end``, evenly spaced in the power.

    The other parameters are those of `linspace`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    check_layout("logspace", layout)
    start, end, count, wanted = _ends("logspace", start, end, steps, dtype)
    place = resolve(device)
    xp = place.xp
    if wanted.is_complex:
        powers = _complex_spaced(place, start, end, count)
        array = xp.pow(xp.full_like(powers, complex(base)), powers)
    else:
        powers = _spaced(xp, place, float(start), float(end), count)
        array = xp.pow(xp.full_like(powers, float(base)), powers)
    return _finished(xp, place, array, wanted, requires_grad)
