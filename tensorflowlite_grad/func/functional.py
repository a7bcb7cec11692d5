"""`functional_call`: run a module with other parameters than its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["functional_call"]


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    strict: bool = False,
) -> Any:
    """Call an object with some of its tensors replaced for the time of the call.

    Parameters
    ----------
    module : callable
        Any object with tensors as attributes, such as a model.
    parameter_and_buffer_dicts : dict, or sequence of dict
        Tensors by name; a dot leads into an attribute: ``"layer.weight"``.
    args : any
        The arguments, or one that is no tuple.
    kwargs : dict, optional
    strict : bool
        Whether a name that the object does not have is an error.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> class Line:
    ...     slope = tg.tensor(2.0)
    ...
    ...     def __call__(self, x):
    ...         return self.slope * x
    >>> line = Line()
    >>> tg.func.functional_call(line, {"slope": tg.tensor(5.0)}, tg.tensor(3.0))
    tensor(15.)
    >>> line.slope
    tensor(2.)
    """
    dicts = parameter_and_buffer_dicts
    dicts = [dicts] if isinstance(dicts, dict) else list(dicts)
    replaced: dict[str, Any] = {}
    for d in dicts:
        twice = sorted(set(replaced) & set(d))
        if twice:
            raise ValueError(f"{twice} appeared in multiple dictionaries; behavior is ambiguous")
        replaced.update(d)
    given = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, replaced, strict):
        return module(*given, **(kwargs or {}))


@contextmanager
def _replaced(module: Any, values: dict[str, Any], strict: bool) -> Iterator[None]:
    before: list[tuple[Any, str, bool, Any]] = []
    try:
        for path, value in values.items():
            *owners, name = path.split(".")
            owner = module
            for part in owners:
                owner = getattr(owner, part)
            if strict and not hasattr(owner, name):
                raise RuntimeError(f"functional_call: the module has no tensor named {path!r}")
            own = name in getattr(owner, "__dict__", {})
            before.append((owner, name, own, vars(owner)[name] if own else None))
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, own, value in reversed(before):
            if own:
                setattr(owner, name, value)
            else:
                delattr(owner, name)
