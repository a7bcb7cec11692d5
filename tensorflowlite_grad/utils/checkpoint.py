"""Checkpoints: parts of a program that save nothing for backward, and are run again there.

A pack hook puts a placeholder in the graph for each tensor that would be saved. When the
backward pass asks for the first of them, the part is run again with hooks that collect what
the placeholders stand for.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from ..autograd import modes
from ..autograd.graph import Variable
from ..autograd.saved import saved_tensors_hooks
from ..functions import generators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential"]


class CheckpointError(RuntimeError):
    """A part that was run again did not do what it did the first time."""


class _Complete(BaseException):
    """All that was saved has been collected: the rest need not run."""


class _Slot:
    """Stands in the graph for a saved tensor: its number among those of its part."""

    __slots__ = ("number", "part")

    def __init__(self, part: _Part, number: int) -> None:
        self.part = part
        self.number = number


class _Part:
    """A checkpointed call: how to make it again, and what its last making has saved."""

    def __init__(
        self,
        call: Callable[[], Any],
        context: Any,
        states: Any,
        checked: bool,
        early_stop: bool,
    ) -> None:
        self.call = call
        self.context = context
        self.states = states
        self.checked = checked
        self.early_stop = early_stop
        self.about: list[Any] = []
        self.made: dict[int, Any] = {}

    def pack(self, tensor: Any) -> _Slot:
        self.about.append(_described(tensor))
        return _Slot(self, len(self.about) - 1)

    @staticmethod
    def unpack(slot: _Slot) -> Any:
        part = slot.part
        if slot.number not in part.made:
            part.make_again()
        tensor = part.made.pop(slot.number)
        if part.checked and _described(tensor) != part.about[slot.number]:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have "
                "different metadata than during the forward pass.\n"
                f"tensor at position {slot.number}:\nsaved metadata: {part.about[slot.number]}\n"
                f"recomputed metadata: {_described(tensor)}"
            )
        return tensor

    def make_again(self) -> None:
        """Run the part once more, and keep what it saves."""
        count = 0
        made: dict[int, Any] = {}

        def collect(tensor: Any) -> Any:
            nonlocal count
            if count < len(self.about):
                made[count] = tensor.detach()
            count += 1
            if self.early_stop and count == len(self.about):
                raise _Complete
            return tensor.detach()

        with (
            _drawing_from(self.states),
            modes.enable_grad(),
            self.context,
            saved_tensors_hooks(collect, lambda tensor: tensor),
            suppress(_Complete),
        ):
            self.call()
        if count != len(self.about):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the "
                "original forward and recomputation.\nNumber of tensors saved during forward: "
                f"{len(self.about)}\nNumber of tensors saved during recomputation: {count}."
            )
        self.made.update(made)


def _described(tensor: Any) -> dict[str, Any]:
    return {"shape": tuple(tensor.shape), "dtype": tensor.dtype, "device": tensor.device}


@contextmanager
def _drawing_from(states: Any) -> Iterator[None]:
    """Let random numbers be those of the first time; None lets them be as they come."""
    if states is None:
        yield
        return
    before = generators.all_states()
    generators.set_all_states(states)
    try:
        yield
    finally:
        generators.set_all_states(before)


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] | None = None,
    determinism_check: str = "default",
    debug: bool = False,
    preserve_rng_state: bool = True,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Run a function so that it keeps nothing for backward but its arguments.

    What its operations would save is computed again when the backward pass needs it.

    Parameters
    ----------
    function : callable
        It has to do the same again: see `preserve_rng_state`.
    *args, **kwargs
        Its arguments, of any structure.
    use_reentrant : bool, optional
        Accepted for PyTorch's sake. There is one implementation, which has the features of
        PyTorch's ``use_reentrant=False``.
    context_fn : callable, optional
        Returns two context managers: for the first run, and for the one in backward.
    determinism_check : {"default", "none"}
        Whether shapes, dtypes and devices are compared.
    debug : bool
        Accepted for PyTorch's sake: errors tell what is known in any case.
    preserve_rng_state : bool
        Whether the second run draws the random numbers of the first.
    early_stop : bool
        Whether the second run ends as soon as all that was saved is there.

    Raises
    ------
    CheckpointError
        In backward, if the second run saves other tensors than the first.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> from tensorflowlite_grad.utils.checkpoint import checkpoint
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint(lambda t: t.sin().exp(), x, use_reentrant=False).sum().backward()
    >>> x.grad
    tensor([ 1.2534, -1.0331])
    """
    if determinism_check not in ("default", "none"):
        raise ValueError(
            f"determinism_check must be 'default' or 'none', not {determinism_check!r}"
        )
    del use_reentrant, debug
    if not modes.is_grad_enabled():
        return function(*args, **kwargs)
    first, second = (nullcontext(), nullcontext()) if context_fn is None else context_fn()
    states = generators.all_states() if preserve_rng_state else None
    part = _Part(
        lambda: function(*args, **kwargs),
        second,
        states,
        determinism_check == "default",
        early_stop,
    )
    with first, saved_tensors_hooks(part.pack, part.unpack):
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any,
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Run functions one after the other, in checkpointed segments; the last is not.

    Memory for a chain of n functions is then about that of ``segments + n / segments`` of
    them, least where ``segments`` is the root of n.

    Parameters
    ----------
    functions : sequence of callable, or an object with ``children()``
    segments : int
    input : Tensor
    use_reentrant, **kwargs
        As of `checkpoint`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> from tensorflowlite_grad.utils.checkpoint import checkpoint_sequential
    >>> x = tg.tensor(0.5, requires_grad=True)
    >>> checkpoint_sequential([tg.sin] * 4, 2, x, use_reentrant=False)
    tensor(0.4305, grad_fn=<SinBackward0>)
    """
    known = {"preserve_rng_state", "context_fn", "determinism_check", "debug", "early_stop"}
    if set(kwargs) - known:
        raise ValueError(f"Unexpected keyword arguments: {', '.join(sorted(set(kwargs) - known))}")
    children = getattr(functions, "children", None)
    steps = list(children()) if callable(children) else list(functions)
    if not 1 <= segments <= max(len(steps), 1):
        raise ValueError(
            f"checkpoint_sequential(): segments must be from 1 to {len(steps)}, not {segments}"
        )
    size = len(steps) // segments

    def through(start: int, stop: int) -> Callable[[Any], Any]:
        def run(value: Any) -> Any:
            for step in steps[start:stop]:
                value = step(value)
            return value

        return run

    end = 0
    for start in range(0, size * (segments - 1), size):
        end = start + size
        input = checkpoint(through(start, end), input, use_reentrant=use_reentrant, **kwargs)
    if not isinstance(input, Variable):
        warnings.warn("checkpoint_sequential() was given no tensor", stacklevel=2)
    return through(end, len(steps))(input)
