"""Forward mode: tensors that carry a tangent through every operation.

>>> import tensorflowlite_grad as tg
>>> from tensorflowlite_grad.autograd import forward_ad as fwd
>>> with fwd.dual_level():
...     x = fwd.make_dual(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 0.0]))
...     slope = fwd.unpack_dual(x * x).tangent
>>> slope
tensor([2., 0.])

Levels nest, for derivatives of derivatives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from . import tangents
from .graph import Variable

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "UnpackedDualTensor",
    "dual_level",
    "enter_dual_level",
    "exit_dual_level",
    "make_dual",
    "unpack_dual",
]


class UnpackedDualTensor(NamedTuple):
    """A tensor without its tangent, and the tangent: None where there is none."""

    primal: Any
    tangent: Any


class dual_level:
    """Open a level of forward mode for the time of a ``with`` block.

    Tangents live as long as their level. Entered inside another level it makes an inner one,
    whose tangents may have tangents of the outer one.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> from tensorflowlite_grad.autograd import forward_ad as fwd
    >>> one = tg.tensor(1.0)
    >>> with fwd.dual_level() as outer:
    ...     x = fwd.make_dual(tg.tensor(3.0), one)
    ...     with fwd.dual_level():
    ...         y = fwd.make_dual(x, one)
    ...         first = fwd.unpack_dual(y**3).tangent
    ...     second = fwd.unpack_dual(first, level=outer).tangent
    >>> second
    tensor(18.)
    """

    def __init__(self) -> None:
        self._levels: list[tangents.Level] = []

    def __enter__(self) -> tangents.Level:
        level = tangents.enter()
        self._levels += (level,)  # no call, after which an interrupt could come
        return level

    def __exit__(self, *_: object) -> None:
        tangents.leave(self._levels.pop())


def enter_dual_level() -> tangents.Level:
    """Open a level of forward mode; `exit_dual_level` closes it.

    Examples
    --------
    >>> from tensorflowlite_grad.autograd import forward_ad as fwd
    >>> level = fwd.enter_dual_level()
    >>> fwd.exit_dual_level(level=level)
    """
    return tangents.enter()


def exit_dual_level(*, level: Any = None) -> None:
    """Close a level, the innermost one unless told otherwise.

    Raises
    ------
    RuntimeError
        If it is not open.

    Examples
    --------
    >>> from tensorflowlite_grad.autograd import forward_ad as fwd
    >>> level = fwd.enter_dual_level()
    >>> fwd.exit_dual_level()
    """
    tangents.leave(_chosen(level, "exit_dual_level", "Trying to exit a forward AD level"))


def _chosen(level: Any, name: str, what: str) -> tangents.Level:
    levels = tangents.current()
    if level is None:
        if not levels:
            raise RuntimeError(
                f"{what} but no level exists, make sure to enter_dual_level() first: {name}()"
            )
        return levels[-1]
    if not isinstance(level, tangents.Level):
        raise TypeError(f"{name}(): level must be what enter_dual_level() gave, not {level!r}")
    return level


def make_dual(tensor: Any, tangent: Any, *, level: Any = None) -> Tensor:
    """Return a tensor that shows the memory of `tensor` and carries a tangent.

    Parameters
    ----------
    tensor : Tensor
        Floating-point or complex: the primal.
    tangent : Tensor
        Of the same shape, dtype and device.
    level : optional
        An open level; the innermost one unless told otherwise.

    Raises
    ------
    RuntimeError
        If no level is open, or shape, dtype or device differ.
    TypeError, ValueError
        If one of them is no tensor, or has no derivative for its dtype.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> from tensorflowlite_grad.autograd import forward_ad as fwd
    >>> with fwd.dual_level():
    ...     x = fwd.make_dual(tg.tensor(2.0), tg.tensor(1.0))
    ...     y = fwd.unpack_dual(x**3)
    >>> y
    UnpackedDualTensor(primal=tensor(8.), tangent=tensor(12.))
    """
    chosen = _chosen(level, "make_dual", "Trying to create a dual Tensor for forward AD")
    if not chosen.open:
        raise RuntimeError("make_dual(): this level of forward mode was left already")
    for name, value in (("tensor", tensor), ("tangent", tangent)):
        if not isinstance(value, Variable):
            raise TypeError(f"Expected {name} to be a Tensor, but got: {type(value).__name__}")
    for name, value in (("primal", tensor), ("tangent", tangent)):
        if not value.dtype.is_differentiable:
            raise ValueError(
                f"Expected {name} to be floating point or complex, but got: {value.dtype}"
            )
    if tensor._place.level != tangent._place.level and tensor._place.root is tangent._place.root:
        place = max(tensor._place, tangent._place, key=lambda p: p.level)
        tensor, tangent = place.lift(tensor), place.lift(tangent)
    if tuple(tensor.shape) != tuple(tangent.shape):
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original "
            f"Tensor, this is not supported. Tensor is of size {list(tensor.shape)} while the "
            f"given forward gradient is of size {list(tangent.shape)}."
        )
    if tensor.dtype is not tangent.dtype or tensor._place is not tangent._place:
        raise RuntimeError(
            "make_dual(): expected the tangent to have the primal's dtype and device, but got "
            f"{tangent.dtype} on {tangent.device} for {tensor.dtype} on {tensor.device}"
        )
    out = tangents.twin(tensor)
    tangents.set_tangent(out, chosen, tangent)
    result: Tensor = out
    return result


def unpack_dual(tensor: Any, *, level: Any = None) -> UnpackedDualTensor:
    """Return a tensor without its tangent, and the tangent, None where there is none.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> from tensorflowlite_grad.autograd import forward_ad as fwd
    >>> fwd.unpack_dual(tg.tensor(2.0))
    UnpackedDualTensor(primal=tensor(2.), tangent=None)
    """
    if level is None and not tangents.current():
        return UnpackedDualTensor(tensor, None)
    chosen = _chosen(level, "unpack_dual", "Trying to unpack a dual Tensor")
    return UnpackedDualTensor(tangents.below(tensor, chosen), tangents.tangent(tensor, chosen))
