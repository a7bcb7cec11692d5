"""Whether operations are recorded: `no_grad`, `enable_grad`, `inference_mode` and others.

The mode is a context variable: each thread and each asyncio task has its own, and an
exception restores it.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from contextvars import ContextVar
from typing import Any, TypeVar

__all__ = [
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_grad_enabled",
]

F = TypeVar("F")

_mode: ContextVar[bool] = ContextVar("grad_mode", default=True)
#: Whether nothing can switch recording on.
_inference: ContextVar[bool] = ContextVar("inference_mode", default=False)
# For the hot path: the getter itself, without a Python function around it.
get_mode = _mode.get
set_mode = _mode.set


def is_grad_enabled() -> bool:
    """Return whether operations are recorded, in this thread and context.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.is_grad_enabled()
    True
    >>> with tg.no_grad():
    ...     tg.is_grad_enabled()
    False
    """
    return _mode.get()


def creation_of_views() -> str:
    """Return what is said of views that are made while nothing is recorded."""
    return "inference" if _inference.get() else "no_grad"


class _Mode:
    """A grad mode as a context manager and as a decorator."""

    mode: bool

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        before = _mode.get()
        try:
            self._before.append(before)
            _mode.set(self.mode and not _inference.get())
        except BaseException:  # an interrupt: the block does not begin
            _mode.set(before)
            raise

    def __exit__(self, *_: object) -> None:
        _mode.set(self._before[-1])  # first: an interrupt comes between two calls
        del self._before[-1]

    def _again(self) -> _Mode:
        """Return a manager for one call: a decorated function may call itself."""
        return type(self)()

    def __call__(self, function: F) -> F:
        """Return `function` with the mode set inside it."""
        if inspect.isclass(function):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. "
                "You should only decorate functions or methods.",
                FutureWarning,
                stacklevel=2,
            )
            cls: Any = function
            cls.__init__ = self(cls.__init__)
            return function
        if not callable(function):
            raise TypeError(
                f"{type(self).__name__} takes no value and decorates functions, "
                f"but got {type(function).__name__}"
            )
        decorated: F = self._decorated(function)
        return decorated

    def _decorated(self, function: Any) -> Any:
        again = self._again
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Any:
                return _resumed(function(*args, **kwargs), again)

            return generator
        if inspect.isasyncgenfunction(function):

            @functools.wraps(function)
            def asynchronous(*args: Any, **kwargs: Any) -> Any:
                return _resumed_asynchronously(function(*args, **kwargs), again)

            return asynchronous
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def coroutine(*args: Any, **kwargs: Any) -> Any:
                with again():
                    return await function(*args, **kwargs)

            return coroutine

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with again():
                return function(*args, **kwargs)

        return call


def _resumed(generator: Any, again: Any) -> Any:
    """Run a generator with the mode set whenever it runs, and the caller's in between."""
    try:
        with again():
            item = generator.send(None)
        while True:
            try:
                sent = yield item
            except GeneratorExit:
                with again():
                    generator.close()
                raise
            except BaseException as error:
                with again():
                    item = generator.throw(error)
            else:
                with again():
                    item = generator.send(sent)
    except StopIteration as stop:
        return stop.value


async def _resumed_asynchronously(generator: Any, again: Any) -> Any:
    """Run an asynchronous generator as `_resumed` runs a plain one."""
    try:
        with again():
            item = await generator.asend(None)
        while True:
            try:
                sent = yield item
            except GeneratorExit:
                with again():
                    await generator.aclose()
                raise
            except BaseException as error:
                with again():
                    item = await generator.athrow(error)
            else:
                with again():
                    item = await generator.asend(sent)
    except StopAsyncIteration:
        return


class _Parenthesised(type):
    """Lets a mode be used as a decorator without parentheses."""

    def __call__(cls, function: Any = None) -> Any:
        manager = super().__call__()
        return manager if function is None else manager(function)


class no_grad(_Mode, metaclass=_Parenthesised):
    """Do not record operations: their results do not require gradients.

    A context manager and a decorator.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    mode = False


class enable_grad(_Mode, metaclass=_Parenthesised):
    """Record operations, inside a block or function where that was switched off.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.no_grad(), tg.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    mode = True


class set_grad_enabled(_Mode):
    """Record operations or not, by a flag: as a function, a context manager, a decorator.

    Parameters
    ----------
    mode : bool
        Whether operations are recorded from now on.

    Raises
    ------
    TypeError
        If `mode` is not a bool.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.set_grad_enabled(False):
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(
                f"set_grad_enabled(): argument 'enabled' must be bool, not {type(mode).__name__}"
            )
        super().__init__()
        self.mode = mode
        # It takes effect at once, so that a plain call works; a block ends it.
        self._pending: bool | None = _mode.get()
        _mode.set(mode and not _inference.get())

    def __enter__(self) -> None:
        if self._pending is None:
            super().__enter__()
        else:
            self._before.append(self._pending)
            self._pending = None

    def _again(self) -> _Mode:
        return set_grad_enabled(self.mode)

    def __call__(self, function: F) -> F:
        """Return `function` with the mode set inside it; the mode outside is restored."""
        if self._pending is not None:
            _mode.set(self._pending)
            self._pending = None
        return super().__call__(function)


class _Switched(_Parenthesised):
    """Lets a mode that takes a flag be used as a decorator without parentheses too."""

    def __call__(cls, mode: Any = True) -> Any:
        return super().__call__(mode) if callable(mode) else type.__call__(cls, mode)


class inference_mode(_Mode, metaclass=_Switched):
    """Do not record operations, and let nothing inside switch recording on.

    A context manager and a decorator. Tensors made inside are ordinary ones without history:
    they may be used, changed and saved for a derivative anywhere.

    Parameters
    ----------
    mode : bool
        With False, recording is on inside, in an `inference_mode` too.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.inference_mode(), tg.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    mode = False

    def __init__(self, mode: bool = True) -> None:
        if not isinstance(mode, bool):
            raise TypeError(
                f"inference_mode(): argument 'mode' must be bool, not {type(mode).__name__}"
            )
        super().__init__()
        self.inference = mode
        self.mode = not mode
        self._outside: list[bool] = []

    def __enter__(self) -> None:
        before, outside = _mode.get(), _inference.get()
        try:
            self._before.append(before)
            self._outside.append(outside)
            _inference.set(self.inference)
            _mode.set(self.mode)
        except BaseException:  # an interrupt: the block does not begin
            _mode.set(before)
            _inference.set(outside)
            raise

    def __exit__(self, *_: object) -> None:
        try:
            _inference.set(self._outside[-1])
        finally:
            _mode.set(self._before[-1])
        del self._outside[-1], self._before[-1]

    def _again(self) -> _Mode:
        return inference_mode(self.inference)


def is_inference_mode_enabled() -> bool:
    """Return whether `inference_mode` is on, in this thread and context.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> with tg.inference_mode():
    ...     tg.is_inference_mode_enabled()
    True
    """
    return _inference.get()
