"""`SGD`: stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd import inplace
from ..autograd.graph import Leaf, Variable
from .optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum, Nesterov's too.

    With gradient :math:`g`, weight decay :math:`\lambda`, momentum :math:`\mu`, dampening
    :math:`\tau` and learning rate :math:`\gamma`, a step is (Sutskever et al., "On the
    importance of initialization and momentum in deep learning", 2013, in PyTorch's form):

    .. math:: g \leftarrow g + \lambda p, \quad v \leftarrow \mu v + (1 - \tau) g, \quad
              p \leftarrow p - \gamma v

    Nesterov's form takes :math:`g + \mu v` for :math:`v` in the last.

    Parameters
    ----------
    params : iterable of Tensor or of dict
        Leaves to optimise, or groups with options of their own.
    lr : float
        The learning rate.
    momentum : float
    dampening : float
    weight_decay : float
    nesterov : bool
    maximize : bool
        Ascend instead.

    Raises
    ------
    ValueError
        If a number is negative, or `nesterov` comes without momentum or with dampening.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor(1.0, requires_grad=True)
    >>> optimizer = tg.optim.SGD([x], lr=0.25)
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> x
    tensor(0.5000, requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        self._check_group(defaults)
        super().__init__(params, defaults)

    def _check_group(self, group: dict[str, Any]) -> None:
        if group["lr"] < 0.0:
            raise ValueError(f"Invalid learning rate: {group['lr']}; it must not be negative")
        if group["momentum"] < 0.0:
            raise ValueError(f"Invalid momentum value: {group['momentum']}")
        if group["weight_decay"] < 0.0:
            raise ValueError(f"Invalid weight_decay value: {group['weight_decay']}")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def _update(self, group: dict[str, Any]) -> None:
        lr, momentum, decay = group["lr"], group["momentum"], group["weight_decay"]
        keep = 1 - group["dampening"]
        sign = -1 if group["maximize"] else 1
        # Functions of the namespace and the backend, no operators: see `Backend.guard`.
        for p in group["params"]:
            edge = p._edge
            grad = edge.grad if type(edge) is Leaf else p.grad
            if grad is None:
                continue
            value, g = p._array, grad._array
            multiply_add = p._place.backend.multiply_add
            if sign < 0:
                g = p._place.xp.negative(g)
            if decay:
                g = multiply_add(g, decay, value)
            v = None
            if momentum:
                v = self._velocity(p, g, momentum, keep)
                g = multiply_add(g, momentum, v) if group["nesterov"] else v
            new = multiply_add(value, -lr, g)
            try:
                self._put(p, new, v)
            except BaseException:  # an interrupt must not leave the one without the other
                self._put(p, new, v)
                raise

    def _velocity(self, p: Any, g: Any, momentum: float, keep: float) -> Any:
        buffer = self.state[p].get("momentum_buffer")
        place = p._place
        if buffer is None:
            return place.backend.copy(place.xp, g)
        return place.backend.multiply_add(place.xp.multiply(buffer._array, momentum), keep, g)

    def _put(self, p: Any, new: Any, v: Any) -> None:
        """Write a parameter's new value and velocity."""
        if v is not None:
            state = self.state[p]
            buffer = state.get("momentum_buffer")
            if buffer is None:
                state["momentum_buffer"] = p._place.wrap(v, p._place)
            else:
                inplace.write(buffer, v)
        inplace.write(p, new)

    def _check_state(self, p: Any, state: dict[str, Any]) -> None:
        buffer = state.get("momentum_buffer")
        if buffer is None:
            return
        if not isinstance(buffer, Variable) or buffer._array.shape != p._array.shape:
            got = getattr(buffer, "shape", type(buffer).__name__)
            raise ValueError(
                f"the momentum_buffer of a parameter of shape {list(p._array.shape)} must be a "
                f"Tensor of that shape, but got {got}"
            )
