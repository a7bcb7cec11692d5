"""``out=``: writing results into tensors that the caller gives.

A function that takes `out` declares it as its last parameter, for readers and tools, and leaves
it to `takes_out`. What runs of the function is a copy without that parameter, ``plain``:
methods and in-place forms, which take no `out`, are made of that.
"""

from __future__ import annotations

import warnings
from functools import reduce
from inspect import CO_VARARGS, CO_VARKEYWORDS
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from ..autograd import inplace, modes
from ..autograd.frames import outside
from ..autograd.graph import Variable
from ..backend.selection import resolve
from ..dtypes import LEGACY_NAMES, uint8
from ..ops import conversion, recorder
from .factory import dtype_argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ops.declare import Operation
    from ..tensor import Tensor

__all__ = [
    "documented",
    "made_into",
    "plain_of",
    "public",
    "takes_out",
    "without_out",
    "write_into",
]

F = TypeVar("F", bound="Callable[..., Any]")

#: What every docstring of a function says that takes `out`.
LINE = "With `out`, write into that tensor, or tensors, and return it."


def takes_out(dtypes: str = "exact", *, apart: bool = False) -> Callable[[F], F]:
    """Let a function write its results into `out`.

    Parameters
    ----------
    dtypes : {'exact', 'cast', 'cast alone', 'joined', 'own', 'made', 'any', 'truth'}
        Whether `out` has to have the result's dtype, or one that the result can be cast to by
        kind ('cast alone': where there is one result; 'joined': or it is a TypeError); or
        whether the function computes in that of `out`, as a sum does, or makes tensors of it.
        'any' converts whatever there is, and 'truth' lets uint8 stand for bool.
    apart : bool
        Refuse an `out` that shares memory with an argument, as PyTorch does.
    """

    def decorated(function: F) -> F:
        return _with_out(function, dtypes, apart)

    return decorated


def public(
    op: Operation, numbers: tuple[str, ...] | None = None, dtypes: str = "cast"
) -> Callable[..., Tensor]:
    """Return an operation as a function that takes `out`.

    Parameters
    ----------
    op : Operation
    numbers : tuple of str, optional
        The operands that may be Python numbers: all of them without it.
    dtypes : str
        As for `takes_out`.
    """
    plain = op.call if numbers is None else op.taking(*numbers)
    if not op.has_entry:
        return _with_out(plain, dtypes, False)
    function: Any = recorder.write_public(op, numbers, plain, _Into(plain, dtypes))
    function.plain = plain
    return function


def plain_of(function: Any) -> Any:
    """Return what a function runs where no `out` is given, and which takes none."""
    return getattr(function, "plain", function)


def without_out(mixin: type) -> None:
    """Make methods of the functions of a class: methods take no `out`."""
    for name, value in list(vars(mixin).items()):
        plain = getattr(value, "plain", None)
        if plain is not None:
            setattr(mixin, name, plain)


class _Into:
    """Runs a function, and writes what it returns into `out`."""

    __slots__ = ("apart", "dtypes", "name", "plain", "public")

    def __init__(self, plain: Any, dtypes: str, apart: bool = False) -> None:
        self.plain, self.dtypes, self.apart = plain, dtypes, apart
        self.name = plain.__name__
        self.public: Any = None

    def __call__(self, out: Any, *args: Any, **kwargs: Any) -> Any:
        if self.dtypes == "made":
            _make_alike(self.name, out, kwargs)
        elif self.dtypes == "own" and isinstance(out, Variable):
            kwargs["dtype"] = kwargs.get("dtype") or out._place.dtype_of(out._array)
        result = self.plain(*args, **kwargs)
        if self.apart and isinstance(out, Variable):
            _keep_apart(self.name, out, [*args, *kwargs.values()])
        if kwargs.get("requires_grad") and result.is_leaf:
            return write_into(self.name, out, result.detach(), self.dtypes).requires_grad_()
        return write_into(self.name, out, result, self.dtypes)

    def write(self, fast: Any) -> None:
        """Put the public function's text in the place of its stub."""
        self.public.__code__ = _forwarding(self.plain, fast.__code__)


def _with_out(function: Any, dtypes: str, apart: bool) -> Any:
    declared = _undeclared(function)
    into = _Into(declared, dtypes, apart)
    plain = _all_positional(declared)

    # What `_forwarding` puts in its place when it is first called closes over the same two.
    def stub(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        into.write(plain)
        return into.plain(*args, **kwargs) if out is None else into(out, *args, **kwargs)

    name = function.__name__
    named = declared.__kwdefaults__ or {}
    defaults = (*(declared.__defaults__ or ()), None, *named.values(), None)
    if len(named) < declared.__code__.co_kwonlyargcount:  # `_` cannot stand in front of them
        defaults = declared.__defaults__
    outer: Any = FunctionType(stub.__code__, function.__globals__, name, defaults, stub.__closure__)
    outer.__kwdefaults__ = {**named, "out": None}
    outer.__module__, outer.__qualname__ = function.__module__, function.__qualname__
    outer.__annotations__ = function.__annotations__
    outer.__doc__ = function.__doc__ and documented(function.__doc__)
    outer.__wrapped__ = function
    outer.plain = declared
    into.public = outer
    return outer


def _undeclared(function: Any) -> Any:
    """Return a function without the parameter `out`, which it declares and does not use."""
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    if "out" not in code.co_varnames[code.co_argcount : count]:
        return function
    name, given = function.__name__, function.__kwdefaults__
    if code.co_varnames[count - 1] != "out":
        raise TypeError(f"{name}() must declare 'out' last")
    without = code.replace(co_kwonlyargcount=code.co_kwonlyargcount - 1)
    plain = _copy(function, without)
    plain.__kwdefaults__ = {k: v for k, v in given.items() if k != "out"}
    plain.__annotations__ = {k: v for k, v in function.__annotations__.items() if k != "out"}
    plain.__doc__ = function.__doc__
    return plain


def _all_positional(function: Any) -> Any:
    """Return a function whose keyword-only parameters are as any others: it is called faster."""
    code = function.__code__
    if code.co_flags & (CO_VARARGS | CO_VARKEYWORDS):
        raise TypeError(f"{function.__name__}() has parameters that `out` cannot come after")
    count = code.co_argcount + code.co_kwonlyargcount
    return _copy(function, code.replace(co_argcount=count, co_kwonlyargcount=0))


def _copy(function: Any, code: Any) -> Any:
    space, name = function.__globals__, function.__name__
    made = FunctionType(code, space, name, function.__defaults__, function.__closure__)
    made.__module__, made.__qualname__ = function.__module__, function.__qualname__
    return made


def _forwarding(function: Any, fast: Any) -> Any:
    """Return the code of a function that hands its arguments on, as fast as Python can.

    None of its parameters is keyword-only, for which CPython has a longer way: `_` stands in
    front of those that should be, and what is given there is refused.
    """
    name, count = function.__name__, function.__code__.co_argcount
    everything = fast.co_varnames[: fast.co_argcount]
    positional, named = everything[:count], everything[count:]
    given = ", ".join([*positional, *(f"{n}={n}" for n in named)])
    short = len(named) == len(function.__kwdefaults__ or ())
    parameters = ", ".join([*positional, "_" if short else "*", *named, "out"])
    refused = f"            return into.plain({', '.join(positional)}, _)\n"
    text = (
        "def make(into, plain):\n"
        f"    def {name}({parameters}):\n"
        f"        if out is None{' and _ is None' if short else ''}:\n"
        f"            return plain({', '.join(everything)})\n"
        + (f"        if _ is not None:\n{refused}" if short else "")
        + f"        return into(out, {given})\n"
        f"    return {name}\n"
    )
    made: dict[str, Any] = {}
    exec(compile(text, f"<stub of {name}>", "exec"), made)  # noqa: S102
    return made["make"](None, None).__code__


def documented(text: str) -> str:
    """Return a docstring that says so too: that the function takes `out`."""
    summary, gap, rest = text.partition("\n\n")
    indent = rest[: len(rest) - len(rest.lstrip(" "))]
    return f"{summary}\n\n{indent}{LINE}{gap}{rest}"


def made_into(out: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
    """Write into `out` what a function makes that takes a dtype and a device: those of `out`."""
    return _Into(function, "made")(out, *args, **kwargs)


def _make_alike(name: str, out: Any, options: dict[str, Any]) -> None:
    """Give a function that makes tensors the dtype and the device of `out`."""
    if not isinstance(out, Variable):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    place = out._place
    have, wanted = place.dtype_of(out._array), dtype_argument(options.get("dtype"))
    if wanted is not None and wanted is not have:
        raise RuntimeError(
            f"dtype {LEGACY_NAMES[wanted.name]} does not match dtype of out parameter "
            f"({LEGACY_NAMES[have.name]}), in {name}()"
        )
    device = options.get("device")
    if device is not None and resolve(device, place) is not place:
        raise RuntimeError(
            f"device type {device} does not match device type of out parameter "
            f"({place.device}), in {name}()"
        )
    options |= {"dtype": have, "device": place.device}


def write_into(name: str, out: Any, result: Any, dtypes: str = "exact") -> Any:
    """Write a result, or a tuple of them, into `out`, and return what was written.

    Nothing is written unless everything can be.

    Raises
    ------
    RuntimeError
        If a gradient would be lost, or the device or the dtype is another.
    TypeError
        If `out` is not as many tensors as there are results.
    """
    several = isinstance(result, (tuple, list))
    results = list(result) if several else [result]
    outs = _tensors(name, out, len(results) if several else None)
    if dtypes == "cast alone":
        dtypes = "exact" if several else "cast"
    fitting = [_fitting(name, o, r, dtypes) for o, r in zip(outs, results, strict=True)]
    for o, r in zip(outs, fitting, strict=True):
        have, want = tuple(o._array.shape), tuple(r._array.shape)
        if have != want and 0 not in have and dtypes != "made":
            warnings.warn(
                "An output with one or more elements was resized since it had shape "
                f"{list(have)}, which does not match the required output shape {list(want)}. "
                f"Give {name}() an out of that shape, or an empty one, as after out.resize_(0).",
                stacklevel=outside(),
            )
    # What shows the memory of any of them is copied before the first is written.
    fitting = [reduce(lambda r, o: inplace.apart(o, r), outs, r) for r in fitting]
    for o, r in zip(outs, fitting, strict=True):
        _write(o, r)
    if not several:
        return outs[0]
    return type(result)(*outs) if hasattr(result, "_fields") else tuple(outs)


def _tensors(name: str, out: Any, count: int | None) -> list[Any]:
    """Return the tensors that `out` is: one, or a tuple of as many as there are results."""
    kind = type(out).__name__
    if count is None:
        if not isinstance(out, Variable):
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {kind}")
        return [out]
    if not isinstance(out, (tuple, list)):
        raise TypeError(f"{name}(): argument 'out' must be tuple of Tensors, not {kind}")
    if len(out) != count:
        raise TypeError(f"expected tuple of {count} elements but got {len(out)}: {name}(out=)")
    for k, part in enumerate(out):
        if not isinstance(part, Variable):
            raise TypeError(
                f"expected Tensor as element {k} in argument 'out', but got "
                f"{type(part).__name__}: {name}()"
            )
    return list(out)


def _fitting(name: str, out: Any, result: Any, dtypes: str) -> Any:
    """Return a result in the dtype of a tensor that it can be written into, or raise."""
    if modes.is_grad_enabled() and (result._edge is not None or out._edge is not None):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )
    place = out._place
    if result._place is not place:
        result = _moved(name, place, result)
    inplace.check(out, name)
    if out._edge is not None and out._array.shape != result._array.shape:
        raise RuntimeError(f"cannot resize variables that require grad: {name}(out=)")
    have, found = place.dtype_of(out._array), place.dtype_of(result._array)
    if have is found:
        return result
    if dtypes in ("cast", "joined") and found.kind > have.kind:
        kind = TypeError if dtypes == "joined" else RuntimeError
        raise kind(
            f"result type {LEGACY_NAMES[found.name]} can't be cast to the desired output type "
            f"{LEGACY_NAMES[have.name]}, in {name}()"
        )
    if dtypes in ("exact", "own", "made") or (dtypes == "truth" and have is not uint8):
        raise RuntimeError(
            f"Expected out tensor to have dtype {found.name}, but got {have.name} instead, in "
            f"{name}()"
        )
    return conversion.cast(result, have)


def _moved(name: str, place: Any, result: Any) -> Any:
    """Return a result in the batch that `out` belongs to, or raise."""
    have = result._place
    if have.root is not place.root:
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices: "
            f"{have.device} and {place.device}, in {name}(out=)"
        )
    if have.level > place.level:
        raise RuntimeError(
            f"vmap: {name}(out=) is not possible because its result is a batch, and out is one "
            "tensor outside of it. Make out within the function, or pass it as an argument"
        )
    return place.lift(result)


def _write(out: Any, result: Any) -> None:
    from .reseating import resized  # which is made of functions that take `out`

    shape = tuple(result._array.shape)
    if tuple(out._array.shape) != shape:
        resized(out, (shape,))
    inplace.commit(out, result)


def _keep_apart(name: str, out: Any, arguments: Any) -> None:
    for value in arguments:
        if isinstance(value, (tuple, list)):
            _keep_apart(name, out, value)
        elif isinstance(value, Variable) and (
            value is out or (value._cell is not None and value._cell is out._cell)
        ):
            raise RuntimeError(
                "unsupported operation: some elements of the input tensor and the written-to "
                f"tensor refer to a single memory location. Please clone() the tensor before "
                f"{name}(out=)."
            )
