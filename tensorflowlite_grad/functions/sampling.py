"""Numbers drawn from distributions that tensors describe, in PyTorch's spelling.

Their gradients are zeros, as PyTorch has them: nothing that is drawn follows its parameters.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..autograd.graph import Variable
from ..dtypes import LEGACY_NAMES, Kind, get_default_dtype, kind_of_scalar
from ..layouts import check_layout
from ..ops import conversion, promotion
from ..ops.broadcasting import broadcast_error, broadcast_shapes
from .arguments import as_tensor_argument, shape_argument
from .factory import dtype_argument, finish
from .generators import Generator, generator_of, place_for
from .outputs import made_into, takes_out, write_into
from .random import drawn

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["bernoulli", "binomial", "multinomial", "normal", "poisson"]


#: How many rows a search takes at once: with their number, 32 bits are left for the fraction.
_ROWS = 2**20


def without_slope(sample: Any, *parameters: Any) -> Any:
    """Return a sample that depends on parameters, with gradients of zero."""
    out = sample
    for p in parameters:
        if isinstance(p, Variable) and p._edge is not None:
            spread = p.expand(tuple(out._array.shape))  # type: ignore[attr-defined]
            out = conversion.overwrite.record(conversion.cast(spread, out.dtype), out)
    return out


def _floating(name: str, kernel: str, input: Any) -> Any:
    input = as_tensor_argument(name, input)
    found = input._place.dtype_of(input._array)
    if found.kind is not Kind.FLOAT:
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{LEGACY_NAMES[found.name]}': {name}() needs "
            "floating-point numbers"
        )
    return input


def _uniform(place: Any, shape: tuple[int, ...], generator: Any) -> Any:
    """Return numbers of [0, 1), on a grid so coarse that none rounds to one."""
    return drawn("uniform", shape, dtypes.float64, place, generator)


@takes_out("any")
def bernoulli(
    input: Any, p: Any = None, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """Return ones with the probabilities that a tensor holds, zeros else.

    Parameters
    ----------
    input : Tensor
        Probabilities.
    p : float, optional
        One probability in their place; then only shape and dtype of the input matter.
    generator : Generator, optional

    Raises
    ------
    RuntimeError
        If a probability is not between 0 and 1.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.bernoulli(tg.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    if p is not None:
        input = as_tensor_argument("bernoulli", input)
        return without_slope(bernoulli_of(input, p, generator), input)
    input = _floating("bernoulli", "bernoulli_tensor_cpu_p_", input)
    return without_slope(bernoulli_of(input, input, generator), input)


def bernoulli_of(like: Any, p: Any, generator: Any) -> Any:
    """Return ones with probability `p`, a number or a tensor, in the shape and dtype of `like`."""
    place = like._place
    xp, native = place.xp, like._array.dtype
    if isinstance(p, Variable):
        promotion.common_place("bernoulli", [like, p])
        if _together("bernoulli", like, p) != tuple(like._array.shape):
            raise RuntimeError(
                f"The expanded size of the tensor {list(like._array.shape)} must match the "
                f"existing size {list(p._array.shape)}, in bernoulli_()"
            )
        values: Any = p._array
        with place.entered():
            inside = bool(xp.all((values >= 0) & (values <= 1)))
            chance = xp.astype(values, place.native(dtypes.float64))
        if not inside:
            raise RuntimeError(
                "Expected p_in >= 0 && p_in <= 1 to be true, but got false: bernoulli() takes "
                "probabilities"
            )
    else:
        chance = float(p)
        if not 0 <= chance <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    u = _uniform(place, tuple(like._array.shape), generator)
    with place.entered():
        return place.wrap(xp.astype(u < chance, native), place)


def poisson(input: Any, generator: Generator | None = None) -> Tensor:
    """Return numbers of Poisson distributions whose rates a tensor holds.

    Raises
    ------
    RuntimeError
        If a rate is negative.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.poisson(tg.tensor([0.0, 0.0]))
    tensor([0., 0.])
    """
    input = _floating("poisson", "poisson_cpu", input)
    place = input._place
    xp = place.xp
    with place.entered():
        if not bool(xp.all((input._array >= 0) & xp.isfinite(input._array))):
            raise RuntimeError("invalid Poisson rate, expected rate to be non-negative and finite")
        out = generator_of(place, generator).poisson(xp, input._array)
    return without_slope(place.wrap(out, place), input)


def binomial(count: Any, prob: Any, generator: Generator | None = None) -> Tensor:
    """Return how many of `count` trials succeed, each with probability `prob`.

    Parameters
    ----------
    count, prob : Tensor
        Of one floating dtype; they broadcast.
    generator : Generator, optional

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.binomial(tg.tensor([3.0, 4.0]), tg.tensor([1.0, 0.0]))
    tensor([3., 0.])
    """
    count, prob = _floating("binomial", "binomial_cpu", count), _floating("binomial", "", prob)
    place = promotion.common_place("binomial", [count, prob])
    if count.dtype is not prob.dtype:
        raise ValueError(
            f"Found dtype {count.dtype.name} but expected {prob.dtype.name}: binomial() takes "
            "both of one"
        )
    shape = _together("binomial", count, prob)
    xp = place.xp
    with place.entered():
        wide = place.native(dtypes.float64)
        n = xp.astype(xp.broadcast_to(count._array, shape), wide)
        p = xp.astype(xp.broadcast_to(prob._array, shape), wide)
        if bool(xp.any((p < 0) | (p > 1) | (n < 0))):
            raise RuntimeError("binomial(): counts must not be negative, prob must be in [0, 1]")
        most = int(xp.max(n)) if prod(shape) else 0
        out = xp.zeros(shape, dtype=wide)
        step = max(1, 2**20 // max(prod(shape), 1))  # trials at a time: memory stays small
        for first in range(0, most, step):
            size = min(step, most - first)
            trials = xp.arange(first, first + size, dtype=wide)
            u = _uniform(place, (*shape, size), generator)
            hits = (u < p[..., None]) & (trials < n[..., None])
            out = out + xp.sum(xp.astype(hits, wide), axis=-1)
        out = xp.astype(out, count._array.dtype)
    return without_slope(place.wrap(out, place), count, prob)


def _together(name: str, *tensors: Any) -> tuple[int, ...]:
    shapes = [tuple(t._array.shape) for t in tensors]
    mismatch = broadcast_error(name, shapes)
    if mismatch is not None:
        raise mismatch
    return tuple(broadcast_shapes(*shapes))


@takes_out()
def multinomial(
    input: Any,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return indices drawn with probabilities in proportion to the numbers of each row.

    Parameters
    ----------
    input : Tensor
        One row, or several, of weights.
    num_samples : int
        How many indices to draw of each row.
    replacement : bool
        Whether an index may be drawn again.
    generator : Generator, optional

    Raises
    ------
    RuntimeError
        If weights are no weights, or too few for so many samples.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.multinomial(tg.tensor([0.0, 1.0, 0.0]), 2, replacement=True)
    tensor([1, 1])
    """
    input = as_tensor_argument("multinomial", input)
    place, found = input._place, input.dtype
    if found.kind is not Kind.FLOAT:
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, got: "
            f"{LEGACY_NAMES[found.name]}"
        )
    if input._array.ndim not in (1, 2):
        raise RuntimeError(
            f"prob_dist must be 1 or 2 dim, but multinomial() was given {input._array.ndim}"
        )
    if isinstance(num_samples, bool) or not hasattr(num_samples, "__index__"):
        raise TypeError(
            f"multinomial(): argument 'num_samples' must be int, not {type(num_samples).__name__}"
        )
    count, kinds = int(num_samples), int(input._array.shape[-1])
    if count <= 0:
        raise RuntimeError(f"cannot sample n_sample <= 0 samples, but got {count}")
    if not replacement and count > kinds:
        raise RuntimeError(
            f"cannot sample n_sample > prob_dist.size(-1) samples without replacement: {count} "
            f"of {kinds}"
        )
    if kinds > 2**24:
        raise RuntimeError(f"number of categories cannot exceed 2^24, but got {kinds}")
    shape_argument("multinomial", ((*input._array.shape[:-1], count),))
    xp = place.xp
    with place.entered():
        weights = xp.astype(input._array, place.native(dtypes.float64))
        weights = xp.reshape(weights, (-1, kinds))
        _check_weights(xp, weights, 1 if replacement else count)
        pick = _with_replacement if replacement else _without_replacement
        result = pick(place, weights, count, generator)
        shape = (*tuple(input._array.shape[:-1]), count)
        result = xp.reshape(xp.astype(result, place.native(dtypes.int64)), shape)
    return finish(result, place)


def _check_weights(xp: Any, weights: Any, least: int) -> None:
    if bool(xp.any(~xp.isfinite(weights) | (weights < 0))):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    positive = xp.sum(xp.astype(weights > 0, weights.dtype), axis=1)
    if bool(xp.any(positive == 0)):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    if bool(xp.any(positive < least)):
        raise RuntimeError(
            "invalid multinomial distribution (with replacement=False, not enough non-negative "
            f"category to sample): a row has fewer than {least} positive weights"
        )


def _with_replacement(place: Any, weights: Any, count: int, generator: Any) -> Any:
    xp = place.xp
    rows, kinds = weights.shape
    if rows > _ROWS:
        starts = range(0, rows, _ROWS)
        blocks = [weights[k : min(k + _ROWS, rows), :] for k in starts]
        return xp.concat([_with_replacement(place, b, count, generator) for b in blocks], axis=0)
    total = xp.cumulative_sum(weights, axis=1)
    total = total / total[:, -1:]
    # Row r's sums lie in [r, r + 1]: one search serves all rows. Of the numbers drawn, 32 bits
    # are kept, so that none rounds up to the next row.
    row = xp.reshape(xp.arange(rows, dtype=weights.dtype), (rows, 1))
    u = xp.floor(_uniform(place, (rows, count), generator) * 2.0**32) / 2.0**32
    where = xp.searchsorted(
        xp.reshape(total + row, (-1,)), xp.reshape(u + row, (-1,)), side="right"
    )
    first = xp.reshape(xp.arange(rows, dtype=where.dtype) * kinds, (rows, 1))
    return xp.reshape(where, (rows, count)) - first


def _without_replacement(place: Any, weights: Any, count: int, generator: Any) -> Any:
    # Exponential times at these rates end in the order of draws without replacement.
    xp = place.xp
    u = _uniform(place, tuple(weights.shape), generator)
    times = -xp.log1p(-u)
    never = xp.zeros_like(times) + float("inf")
    some = xp.where(weights > 0, weights, xp.ones_like(weights))
    times = xp.where(weights > 0, times / some, never)
    return xp.argsort(times, axis=1)[:, :count]


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
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
    """Return normal numbers of given mean and standard deviation, tensors or numbers.

    Parameters
    ----------
    mean, std : number or Tensor
        Tensors broadcast, and give the shape; gradients for them are zero.
    size : sequence of int, optional
        The shape, for numbers.
    generator : Generator, optional
    dtype, layout, device, requires_grad, pin_memory
        As of `zeros`, for numbers.
    out : Tensor, optional
        Where the numbers are written.

    Raises
    ------
    RuntimeError
        If a standard deviation is negative.

    Examples
    --------
    >>> import tensorflowlite_grad as tg
    >>> tg.normal(5.0, 0.0, (2,))
    tensor([5., 5.])
    """
    if out is not None:
        options: dict[str, Any] = {"generator": generator, "dtype": dtype, "layout": layout}
        if isinstance(mean, Variable) or isinstance(std, Variable):
            return write_into("normal", out, normal(mean, std, size, **options), "cast")
        options |= {"device": device, "requires_grad": requires_grad}
        return made_into(out, normal, mean, std, size, **options)
    check_layout("normal", layout)
    tensors = [v for v in (mean, std) if isinstance(v, Variable)]
    for argument, value in (("mean", mean), ("std", std)):
        if not isinstance(value, Variable) and kind_of_scalar(value) is None:
            raise TypeError(
                f"normal(): argument {argument!r} must be Tensor or Number, not "
                f"{type(value).__name__}"
            )
    if not isinstance(std, Variable) and not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    if not tensors:
        if size is None:
            raise TypeError("normal(): argument 'size' is missing; numbers have no shape")
        place = place_for(device, generator)
        shape = shape_argument("normal", (size,))
        wanted = dtype_argument(dtype) or get_default_dtype()
        numbers = drawn("normal", shape, wanted, place, generator)
        with place.entered():
            numbers = numbers * float(std) + float(mean)
        return finish(numbers, place, requires_grad)
    if size is not None or dtype is not None:
        raise TypeError("normal(): 'size' and 'dtype' go with numbers, not with tensors")
    place = promotion.common_place("normal", tensors)
    # The first tensor decides the dtype, not promotion.
    wanted = tensors[0].dtype  # type: ignore[attr-defined]
    if wanted.kind < Kind.FLOAT:
        raise NotImplementedError(
            f"\"normal_kernel_cpu\" not implemented for '{LEGACY_NAMES[wanted.name]}': normal() "
            "needs floating-point numbers"
        )
    xp = place.xp
    shape = _together("normal", *tensors)
    with place.entered():
        if isinstance(std, Variable):
            if std.dtype.is_complex:  # type: ignore[attr-defined]
                raise RuntimeError("normal expects standard deviation to be non-complex")
            if bool(xp.any(std._array < 0)):
                raise RuntimeError("normal expects all elements of std >= 0.0")
    numbers = drawn("normal", shape, wanted, place, generator)
    with place.entered():
        native = place.native(wanted)
        for value, scales in ((std, True), (mean, False)):
            given = value
            if isinstance(value, Variable):
                given = xp.astype(value._array, native)
            numbers = numbers * given if scales else numbers + given
    return without_slope(place.wrap(numbers, place), *tensors)
