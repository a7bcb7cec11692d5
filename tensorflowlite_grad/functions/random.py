"""Random tensors, from one generator for each device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..backend.selection import resolve
from ..dtypes import Kind, get_default_dtype
from .arguments import shape_argument
from .creation import dtype_argument, finish

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "manual_seed",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
]

_seed = 0x5EED
_generators: dict[tuple[str, str, int], Any] = {}


def generator_of(place: Any) -> Any:
    """Return the generator of a device, seeded by the last `manual_seed`."""
    key = (place.backend.name, place.kind, place.index)
    if key not in _generators:
        _generators[key] = place.backend.random(_seed, place.kind, place.index)
    return _generators[key]


def manual_seed(seed: int) -> None:
    """Start the random numbers of every device anew.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers on the same backend.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.manual_seed(1)
    >>> a = tg.rand(2)
    >>> tg.manual_seed(1)
    >>> bool((a == tg.rand(2)).all())
    True
    """
    global _seed
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"manual_seed(): argument 'seed' must be int, not {type(seed).__name__}")
    _seed = seed
    _generators.clear()


def seed() -> int:
    """Seed the random numbers unpredictably, and return the seed.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> isinstance(tg.seed(), int)
    True
    """
    import secrets

    value = secrets.randbits(63)
    manual_seed(value)
    return value


def _float(name: str, dtype: Any) -> dtypes.dtype:
    wanted = dtype_argument(dtype) or get_default_dtype()
    if wanted.kind is not Kind.FLOAT:
        raise RuntimeError(f'"{name}" not implemented for {wanted.name}: give a floating dtype')
    return wanted


def _drawn(
    name: str, draw: str, size: Any, named: Any, dtype: Any, device: Any, requires_grad: bool
) -> Any:
    shape = shape_argument(name, size if named is None else (named,))
    place = resolve(device)
    native = place.native(_float(name, dtype))
    array = getattr(generator_of(place), draw)(place.xp, shape, native)
    return finish(array, place, requires_grad)


def rand(
    *dims: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return numbers drawn evenly from [0, 1).

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.rand(2, 3).shape
    tensorflowlite_grad.Size([2, 3])
    """
    return _drawn("rand", "uniform", dims, size, dtype, device, requires_grad)


def randn(
    *dims: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return numbers drawn from the standard normal distribution.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.randn(size=()).shape
    tensorflowlite_grad.Size([])
    """
    return _drawn("randn", "normal", dims, size, dtype, device, requires_grad)


def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return integers drawn evenly from [low, high), or from [0, low).

    Raises
    ------
    RuntimeError
        If the range is empty.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> int(tg.randint(3, 4, (1,)))
    3
    """
    if isinstance(high, (tuple, list)) and size is None:
        low, high, size = 0, low, high
    elif high is None or low is None:
        low, high = 0, low if high is None else high
    if size is None:
        raise TypeError("randint(): argument 'size' is missing; give the shape as a tuple")
    for argument, value in (("low", low), ("high", high)):
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise TypeError(
                f"randint(): argument {argument!r} must be int, not {type(value).__name__}"
            )
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    place = resolve(device)
    shape = shape_argument("randint", (size,))
    native = place.native(dtype_argument(dtype) or dtypes.int64)
    array = generator_of(place).integers(place.xp, int(low), int(high), shape, native)
    return finish(array, place, requires_grad)


def randperm(n: int, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return the integers from 0 to n-1 in random order.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> sorted(tg.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    place = resolve(device)
    native = place.native(dtype_argument(dtype) or dtypes.int64)
    return finish(generator_of(place).permutation(place.xp, int(n), native), place)


def _like(draw: Any, input: Any, dtype: Any, device: Any, requires_grad: bool) -> Any:
    place = input._place if device is None else resolve(device, input._place)
    return draw(
        tuple(input._array.shape),
        dtype=dtype or input._place.dtype_of(input._array),
        device=place.device,
        requires_grad=requires_grad,
    )


def rand_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return numbers of [0, 1) in the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.rand_like(tg.zeros(2, 3)).shape
    tensorflowlite_grad.Size([2, 3])
    """
    return _like(rand, input, dtype, device, requires_grad)


def randn_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return normal numbers in the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.randn_like(tg.zeros(2, dtype=tg.float64)).dtype
    tensorflowlite_grad.float64
    """
    return _like(randn, input, dtype, device, requires_grad)


def randint_like(
    input: Any,
    low: int,
    high: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return integers of [low, high) in the shape, dtype and device of another tensor.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.randint_like(tg.zeros(2), 7, 8)
    tensor([7., 7.])
    """
    place = input._place if device is None else resolve(device, input._place)
    return randint(
        0 if high is None else low,
        low if high is None else high,
        tuple(input._array.shape),
        dtype=dtype or input._place.dtype_of(input._array),
        device=place.device,
        requires_grad=requires_grad,
    )


def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, **options: Any) -> Tensor:
    """Return normal numbers of given mean and standard deviation, tensors or numbers.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.normal(5.0, 0.0, (2,))
    tensor([5., 5.])
    """
    if size is None:
        shaped = mean if hasattr(mean, "_array") else std
        return randn_like(shaped) * std + mean
    return randn(size=size, **options) * std + mean
