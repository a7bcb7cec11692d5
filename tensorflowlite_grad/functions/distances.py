"""Distances between points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..dtypes import Kind
from ..ops import distances as ops
from .arguments import as_tensor_argument
from .linalg.checks import common_stack, same_dtype, shape_of
from .reductions import vector_norm

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["cdist", "pdist"]

_MODES = {
    "use_mm_for_euclid_dist_if_necessary": None,
    "use_mm_for_euclid_dist": True,
    "donot_use_mm_for_euclid_dist": False,
}


def _points(name: str, x: Any, argument: str) -> Any:
    x = as_tensor_argument(name, x, argument)
    if x.dtype.kind is not Kind.FLOAT:
        raise RuntimeError(
            f"{name} only supports floating-point dtypes, {argument} got: {x.dtype.name}"
        )
    return x


def cdist(
    x1: Any,
    x2: Any,
    p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """Return the distances of all points of one set to all of another.

    Parameters
    ----------
    x1, x2 : Tensor
        Of shapes ``(*, P, M)`` and ``(*, R, M)``, leading axes broadcasting.
    p : float
        The order of the norm; not negative.
    compute_mode : str
        Whether distances of order 2 come from one matrix product, which loses digits of small
        ones: ``'use_mm_for_euclid_dist'``, ``'donot_use_mm_for_euclid_dist'``, or, if there are
        more than 25 points, ``'use_mm_for_euclid_dist_if_necessary'``.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.cdist(tg.zeros(1, 2), tg.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    x1, x2 = _points("cdist", x1, "X1"), _points("cdist", x2, "X2")
    for argument, x in (("X1", x1), ("X2", x2)):
        if x._array.ndim < 2:
            raise RuntimeError(
                f"cdist only supports at least 2D tensors, {argument} got: {x._array.ndim}D"
            )
    a, b = shape_of(x1), shape_of(x2)
    if a[-1] != b[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {a[-1]} X2: {b[-1]}, in cdist()"
        )
    if p < 0:
        raise RuntimeError(f"cdist only supports non-negative p values, not {p}")
    if compute_mode not in _MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    same_dtype("cdist", x1, x2, "X1 and X2")
    common_stack("cdist", a[:-2], b[:-2])
    chosen = _MODES[compute_mode]
    many = a[-2] > 25 or b[-2] > 25
    return ops.cdist.record(x1, x2, float(p), many if chosen is None else chosen)


def pdist(input: Any, p: float = 2.0) -> Tensor:
    """Return the distances of all pairs of points: of the upper triangle of `cdist`, flat.

    Parameters
    ----------
    input : Tensor
        Of shape ``(N, M)``.
    p : float
        The order of the norm; not negative.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.pdist(tg.tensor([[0.0], [1.0], [3.0]]))
    tensor([1., 3., 2.])
    """
    input = _points("pdist", input, "input")
    if input._array.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input._array.ndim}D")
    if p < 0:
        raise RuntimeError(f"pdist only supports non-negative p values, not {p}")
    n = shape_of(input)[0]
    place = input._place
    native = place.native(dtypes.int64)

    def positions(pairs: list[int]) -> Any:
        return place.wrap(place.xp.asarray(pairs, dtype=native), place)

    with place.entered():
        first = positions([i for i in range(n) for _ in range(i + 1, n)])
        second = positions([j for i in range(n) for j in range(i + 1, n)])
    return vector_norm(input[first] - input[second], float(p), -1)
