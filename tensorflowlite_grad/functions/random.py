"""Random tensors of a shape, in PyTorch's spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..dtypes import LEGACY_NAMES, Kind, get_default_dtype
from ..layouts import check_layout, preserve_format
from .arguments import shape_argument
from .factory import attempted, dtype_argument, finish, like_options, number
from .generators import (
    Generator,
    generator_of,
    get_rng_state,
    initial_seed,
    manual_seed,
    place_for,
    seed,
    set_rng_state,
)
from .outputs import made_into, takes_out

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "Generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]

#: What PyTorch's kernels that draw are called in its errors.
_KERNELS = {"uniform": "check_uniform_bounds", "normal": "normal_kernel_cpu"}


def drawn(
    draw: str, shape: tuple[int, ...], wanted: dtypes.dtype, place: Any, generator: Any = None
) -> Any:
    """Return a native array of uniform or normal numbers, complex ones too.

    Raises
    ------
    NotImplementedError
        If the dtype is of integers.
    """
    if wanted.kind < Kind.FLOAT:
        raise NotImplementedError(
            f"\"{_KERNELS[draw]}\" not implemented for '{LEGACY_NAMES[wanted.name]}': random "
            "numbers of this kind need a floating dtype"
        )
    source = generator_of(place, generator)
    return attempted(
        "random", shape, place, wanted, lambda: _numbers(draw, shape, wanted, place, source)
    )


def _numbers(draw: str, shape: tuple[int, ...], wanted: Any, place: Any, source: Any) -> Any:
    with place.entered():
        if not wanted.is_complex:
            return getattr(source, draw)(place.xp, shape, place.native(wanted))
        part, native = place.native(wanted.to_real()), place.native(wanted)
        parts = [getattr(source, draw)(place.xp, shape, part) for _ in range(2)]
        real, imag = (place.xp.astype(x, native) for x in parts)
        out = real + imag * 1j
        # A complex number's variance is that of both of its parts together.
        return out * 0.5**0.5 if draw == "normal" else out


def _made(
    name: str,
    draw: str,
    size: Any,
    named: Any,
    generator: Any,
    dtype: Any,
    layout: Any,
    device: Any,
    requires_grad: bool,
) -> Any:
    check_layout(name, layout)
    shape = shape_argument(name, size if named is None else (named,))
    place = place_for(device, generator)
    wanted = dtype_argument(dtype) or get_default_dtype()
    return finish(drawn(draw, shape, wanted, place, generator), place, requires_grad)


def rand(
    *dims: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return numbers drawn evenly from [0, 1).

    Parameters
    ----------
    *dims : int or sequence of int
    size : sequence of int, optional
        The shape, where it is given by name.
    generator : Generator, optional
        What draws, in place of the device's own generator.
    dtype : dtype, optional
        Of a complex one, both parts are drawn.
    layout, device, requires_grad, pin_memory
        As of `zeros`.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.rand(2, 3).shape
    tensorflowlite_grad.Size([2, 3])
    """
    if out is not None:
        given = dims if size is None else (size,)
        made = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
        return made_into(out, rand, *given, generator=generator, **made)
    options = (generator, dtype, layout, device, requires_grad)
    return _made("rand", "uniform", dims, size, *options)


def randn(
    *dims: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return numbers drawn from the standard normal distribution.

    Parameters are those of `rand`. Complex numbers have a variance of one, too: one half
    in each part.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.randn(size=()).shape
    tensorflowlite_grad.Size([])
    """
    if out is not None:
        given = dims if size is None else (size,)
        made = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
        return made_into(out, randn, *given, generator=generator, **made)
    options = (generator, dtype, layout, device, requires_grad)
    return _made("randn", "normal", dims, size, *options)


def integers(
    name: str, low: Any, high: Any, shape: tuple[int, ...], wanted: Any, place: Any, generator: Any
) -> Any:
    """Return a native array of integers of [low, high), in any dtype that holds them.

    Raises
    ------
    RuntimeError
        If the range is empty, or the dtype does not hold all of it.
    """
    low, high = number(low), number(high)
    for argument, value in (("low", low), ("high", high)):
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise TypeError(
                f"{name}(): argument {argument!r} must be int, not {type(value).__name__}"
            )
    low, high = low.__index__(), high.__index__()
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    if wanted.is_complex:
        raise RuntimeError(
            "check_random_bounds handles only integral, floating-point and boolean types, not "
            f"{wanted.name}: in {name}()"
        )
    least, most = _range(wanted)
    for argument, value in (("from", low), ("to - 1", high - 1)):
        if not least <= value <= most:
            raise RuntimeError(
                f"{argument} is out of bounds for {wanted.name}: {value} is not between {least} "
                f"and {most}, in {name}()"
            )
    source = generator_of(place, generator)
    native = place.native(dtypes.int64)

    def draw() -> Any:
        with place.entered():
            out = source.integers(place.xp, low, high, shape, native)
            return place.xp.astype(out, place.native(wanted))

    return attempted(name, shape, place, dtypes.int64, draw)


def _range(d: dtypes.dtype) -> tuple[int, int]:
    if d.kind is Kind.BOOL:
        return 0, 1
    bits = min(8 * d.itemsize, 64 - (not d.is_signed and d.itemsize == 8))
    if d.kind is Kind.FLOAT:
        most = {2: 65504}.get(d.itemsize, 2**63 - 1)
        return -most, most
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if d.is_signed else (0, 2**bits - 1)


@takes_out("made")
def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return integers drawn evenly from [low, high), or from [0, low).

    Parameters
    ----------
    low : int
    high : int, optional
    size : sequence of int
    generator : Generator, optional
    dtype : dtype, optional
        int64 by default.
    layout, device, requires_grad, pin_memory
        As of `zeros`.

    Raises
    ------
    RuntimeError
        If the range is empty, or the dtype does not hold all of it.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> int(tg.randint(3, 4, (1,)))
    3
    """
    check_layout("randint", layout)
    if isinstance(high, (tuple, list)) and size is None:
        low, high, size = 0, low, high
    elif high is None or low is None:
        low, high = 0, low if high is None else high
    if size is None:
        raise TypeError("randint(): argument 'size' is missing; give the shape as a tuple")
    shape = shape_argument("randint", (size,))
    place = place_for(device, generator)
    wanted = dtype_argument(dtype) or dtypes.int64
    array = integers("randint", low, high, shape, wanted, place, generator)
    return finish(array, place, requires_grad)


@takes_out("made")
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return the integers from 0 to n-1 in random order.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> sorted(tg.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    check_layout("randperm", layout)
    n = number(n)
    (n,) = shape_argument("randperm", (n,))
    place = place_for(device, generator)
    wanted = dtype_argument(dtype) or dtypes.int64
    if n and n - 1 > _range(wanted)[1]:
        raise RuntimeError(
            f"value cannot be converted to type {wanted.name} without overflow: {n - 1}, in "
            "randperm()"
        )
    source = generator_of(place, generator)

    def draw() -> Any:
        with place.entered():
            result = source.permutation(place.xp, n, place.native(dtypes.int64))
            return place.xp.astype(result, place.native(wanted))

    array = attempted("randperm", (n,), place, dtypes.int64, draw)
    return finish(array, place, requires_grad)


def _like(
    name: str,
    draw: str,
    input: Any,
    generator: Any,
    dtype: Any,
    layout: Any,
    device: Any,
    requires_grad: bool,
    memory_format: Any,
) -> Any:
    shape, wanted, place = like_options(name, input, dtype, device, layout, memory_format)
    return finish(drawn(draw, shape, wanted, place, generator), place, requires_grad)


def rand_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = preserve_format,
) -> Tensor:
    """Return numbers of [0, 1) in the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.rand_like(tg.zeros(2, 3)).shape
    tensorflowlite_grad.Size([2, 3])
    """
    options = (generator, dtype, layout, device, requires_grad, memory_format)
    return _like("rand_like", "uniform", input, *options)


def randn_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = preserve_format,
) -> Tensor:
    """Return normal numbers in the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.randn_like(tg.zeros(2, dtype=tg.float64)).dtype
    tensorflowlite_grad.float64
    """
    options = (generator, dtype, layout, device, requires_grad, memory_format)
    return _like("randn_like", "normal", input, *options)


def randint_like(
    input: Any,
    low: Any = None,
    high: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = preserve_format,
) -> Tensor:
    """Return integers of [low, high) in the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.randint_like(tg.zeros(2), 7, 8)
    tensor([7., 7.])
    """
    if high is None or low is None:
        low, high = 0, low if high is None else high
    shape, wanted, place = like_options("randint_like", input, dtype, device, layout, memory_format)
    array = integers("randint_like", low, high, shape, wanted, place, generator)
    return finish(array, place, requires_grad)
