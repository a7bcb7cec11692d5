"""`Optimizer`: parameters in groups, each with options of its own, and state for each."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ..autograd import modes
from ..autograd.graph import Leaf
from ..tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Optimizer"]


class Optimizer:
    """Base of all optimisers.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        Leaves to optimise, or groups: a dict has its leaves under ``"params"`` and
        options that differ from the defaults.
    defaults : dict
        The options of groups that do not set them.

    Raises
    ------
    ValueError
        If there is nothing to optimise, or something is no leaf.
    TypeError
        If `params` is a tensor, or holds anything else than tensors and groups.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> class SignDescent(tg.optim.Optimizer):
    ...     def _update(self, group):
    ...         for p in group["params"]:
    ...             p -= group["lr"] * tg.sign(p.grad)
    >>> optimizer = SignDescent([x], {"lr": 0.5})
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> x
    tensor(2.5000, requires_grad=True)
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or "
                "dicts, but got a Tensor; put it in a list"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters, with options of their own.

        Parameters
        ----------
        param_group : dict
            ``"params"``, a leaf or several, and options.

        Raises
        ------
        ValueError
            If something is no leaf, or in a group already; nothing is added then.
        TypeError
            If it is no dict, or holds no tensors.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x, y = tg.ones(2, requires_grad=True), tg.ones(3, requires_grad=True)
        >>> optimizer = tg.optim.SGD([x], lr=0.1)
        >>> optimizer.add_param_group({"params": [y], "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        if "params" not in param_group:
            raise ValueError('param_group has no "params"')
        group = dict(param_group)
        given = group["params"]
        if isinstance(given, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = [given] if isinstance(given, Tensor) else list(given)
        if params and all(isinstance(p, tuple) and len(p) == 2 for p in params):
            group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is "
                    f"{type(p).__name__}"
                )
            if not p.is_leaf and not p.retains_grad:
                raise ValueError(
                    "can't optimize a non-leaf Tensor: it is computed from others, which can be "
                    "optimised; or make it a leaf by detach()"
                )
        known = {id(p) for g in self.param_groups for p in g["params"]}
        if any(id(p) in known for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        if len({id(p) for p in params}) < len(params):
            raise ValueError("optimizer contains a parameter group with duplicate parameters")
        group["params"] = params
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self._check_group(group)
        self.param_groups.append(group)

    def _check_group(self, group: dict[str, Any]) -> None:
        """Raise ValueError for options that make no sense."""

    def _check_state(self, p: Tensor, state: dict[str, Any]) -> None:
        """Raise ValueError for state that cannot be that of a parameter."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients.

        Parameters
        ----------
        set_to_none : bool
            Set ``.grad`` to None; otherwise to zeros, in place.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.ones(2, requires_grad=True)
        >>> x.sum().backward()
        >>> tg.optim.SGD([x], lr=0.1).zero_grad()
        >>> x.grad is None
        True
        """
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    edge = p._edge
                    if type(edge) is Leaf:
                        edge.grad = None  # the setter's checks have nothing to check here
                    else:
                        p.grad = None
                elif p.grad is not None:
                    if p.grad.grad_fn is not None:
                        p.grad.detach_()
                    else:
                        p.grad.requires_grad_(False)
                    p.grad.zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters by their gradients.

        Where it fails or is interrupted, some parameters have been changed, the first ones, and
        the others have not; each has the state that belongs to its value.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss and the gradients anew, and returns the loss.

        Returns
        -------
        The closure's loss, or None.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.ones(2, requires_grad=True)
        >>> x.sum().backward()
        >>> tg.optim.SGD([x], lr=0.1).step()
        >>> x
        tensor([0.9000, 0.9000], requires_grad=True)
        """
        loss = None
        if closure is not None:
            with modes.enable_grad():
                loss = closure()
        before = modes.is_grad_enabled()
        try:
            modes.set_mode(False)
            for group in self.param_groups:
                self._update(group)
        finally:
            modes.set_mode(before)
        return loss

    def _update(self, group: dict[str, Any]) -> None:
        """Change one group's parameters; recording is off."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it updates")

    def state_dict(self) -> dict[str, Any]:
        """Return the state and the options, parameters being numbered in order.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.ones(2, requires_grad=True)
        >>> tg.optim.SGD([x], lr=0.1).state_dict()["param_groups"][0]["lr"]
        0.1
        """
        number: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                number.setdefault(id(p), len(number))
            packed = {k: v for k, v in group.items() if k != "params"}
            packed["params"] = [number[id(p)] for p in group["params"]]
            groups.append(packed)
        state = {number[id(p)]: dict(s) for p, s in self.state.items() if id(p) in number}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over state and options that `state_dict` returned.

        Raises
        ------
        ValueError
            If there are other groups, or groups of other sizes, or what is there makes no
            sense. Nothing has changed then.

        Examples
        --------
        >>> import tensorflowlite_grad as tg
        >>> x = tg.ones(2, requires_grad=True)
        >>> saved = tg.optim.SGD([x], lr=0.5).state_dict()
        >>> optimizer = tg.optim.SGD([x], lr=0.1)
        >>> optimizer.load_state_dict(saved)
        >>> optimizer.param_groups[0]["lr"]
        0.5
        """
        state_dict = copy.deepcopy(state_dict)
        saved, mine = state_dict["param_groups"], self.param_groups
        if len(saved) != len(mine):
            raise ValueError(
                "loaded state dict has a different number of parameter groups: "
                f"{len(saved)} instead of {len(mine)}"
            )
        if any(len(s["params"]) != len(m["params"]) for s, m in zip(saved, mine, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                "optimizer's group"
            )
        numbered = {
            n: p
            for s, m in zip(saved, mine, strict=True)
            for n, p in zip(s["params"], m["params"], strict=True)
        }
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for n, values in state_dict["state"].items():
            p = numbered[int(n)]
            state[p] = {k: _at(v, p) for k, v in values.items()}
            self._check_state(p, state[p])
        groups = [{**s, "params": m["params"]} for s, m in zip(saved, mine, strict=True)]
        for group in groups:
            self._check_group(group)
        self.state, self.param_groups = state, groups

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for k, group in enumerate(self.param_groups):
            lines += ["", f"Parameter Group {k}"] if k else [f"Parameter Group {k}"]
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def _at(value: Any, p: Tensor) -> Any:
    """Return a piece of state as it fits a parameter's device and dtype."""
    if isinstance(value, Tensor) and value.is_floating_point():
        return value.to(p.device, p.dtype)
    return value
