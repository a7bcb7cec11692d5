"""Cases of convolution, pooling, padding, interpolation and sampling."""

from __future__ import annotations

from itertools import product
from typing import Any

from ..nn.functional import axis_maps, folding, padding, pooling, vision
from ..nn.functional import max_pooling as max_pools
from .samples import case, given, real

__all__: list[str] = []

#: What declares operations that have cases here, and is imported for that alone.
_CHAPTERS = (folding, vision)

# -- convolution ----------------------------------------------------------------------------


def _windows(x: Any, kernel: Any, stride: Any, dilation: Any, count: Any) -> Any:
    """Yield each window's place in the result, and its slices of the padded input."""
    for place in product(*map(range, count)):
        yield (
            (slice(None), slice(None), *place),
            (
                slice(None),
                slice(None),
                *(
                    slice(n * s, n * s + d * (k - 1) + 1, d)
                    for n, s, d, k in zip(place, stride, dilation, kernel, strict=True)
                ),
            ),
        )


def _around(np: Any, x: Any, padding: Any) -> Any:
    return np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])


def _counts(size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    axes = zip(size, kernel, stride, padding, dilation, strict=True)
    return [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in axes]


def _blocks(np: Any, weight: Any, groups: int) -> Any:
    """Return a weight of all input channels, with zeros between groups."""
    outputs, inner, *kernel = weight.shape
    out = np.zeros((outputs, inner * groups, *kernel), weight.dtype)
    for o in range(outputs):
        first = o // (outputs // groups) * inner
        out[o, first : first + inner] = weight[o]
    return out


def _conv(np: Any, x: Any, w: Any, stride: Any, pads: Any, dilation: Any, groups: int) -> Any:
    kernel = w.shape[2:]
    count = _counts(x.shape[2:], kernel, stride, pads, dilation)
    out = np.zeros((x.shape[0], w.shape[0], *count), x.dtype)
    wide = _around(np, x, pads)
    whole = _blocks(np, w, groups).reshape(w.shape[0], -1)
    for place, window in _windows(wide, kernel, stride, dilation, count):
        out[place] = wide[window].reshape(x.shape[0], whole.shape[1]) @ whole.T
    return out


def _transposed(
    np: Any, g: Any, w: Any, size: Any, stride: Any, pads: Any, dilation: Any, groups: int
) -> Any:
    kernel, inputs = w.shape[2:], w.shape[1] * groups
    out = _around(np, np.zeros((g.shape[0], inputs, *size), g.dtype), pads)
    whole = _blocks(np, w, groups)
    for place, window in _windows(out, kernel, stride, dilation, g.shape[2:]):
        out[window] += np.tensordot(g[place], whole, 1)
    return out[(..., *(slice(p, p + n) for p, n in zip(pads, size, strict=True)))]


def _weight(
    np: Any, x: Any, g: Any, kernel: Any, stride: Any, pads: Any, dilation: Any, groups: int
) -> Any:
    wide = _around(np, x, pads)
    inner, outputs = x.shape[1] // groups, g.shape[1]
    out = np.zeros((outputs, inner, *kernel), x.dtype)
    for place, window in _windows(wide, kernel, stride, dilation, g.shape[2:]):
        for o in range(outputs):
            first = o // (outputs // groups) * inner
            part = wide[window][:, first : first + inner]
            out[o] += np.tensordot(g[place][:, o], part, 1)
    return out


def _plus(np: Any, out: Any, bias: Any) -> Any:
    return out + bias.reshape(-1, *((1,) * (out.ndim - 2)))


#: Shapes of input and weight, and (stride, padding, dilation, groups).
CONVOLUTIONS: Any = (
    ((2, 3, 5), (2, 3, 2), ((1,), (0,), (1,), 1)),
    ((1, 4, 7), (4, 2, 3), ((2,), (2,), (2,), 2)),
    ((2, 2, 4, 5), (3, 2, 2, 3), ((1, 1), (1, 1), (1, 1), 1)),
    ((2, 2, 5, 4), (2, 1, 3, 2), ((2, 1), (1, 0), (1, 2), 2)),
    ((1, 3, 2, 3), (2, 3, 1, 1), ((1, 1), (0, 0), (1, 1), 1)),
    ((1, 3, 3, 4), (2, 3, 1, 1), ((2, 2), (0, 0), (1, 1), 1)),
    ((1, 2, 3, 3, 2), (2, 2, 2, 2, 1), ((1, 2, 1), (0, 1, 0), (1, 1, 1), 1)),
    ((0, 2, 3), (2, 2, 2), ((1,), (0,), (1,), 1)),
)
for shape, weight, geometry in CONVOLUTIONS:
    kernel = weight[2:]
    count = tuple(_counts(shape[2:], kernel, *geometry[:3]))
    result = (shape[0], weight[0], *count)
    again = len(shape) < 5 and shape[0] > 0
    case("convolution", _conv, (real(*shape), real(*weight)), options=geometry, complex=again)
    case(
        "convolution_transposed",
        _transposed,
        (real(*result), real(*weight)),
        options=(shape[2:], *geometry),
        complex=again,
    )
    case(
        "convolution_weight",
        _weight,
        (real(*shape), real(*result)),
        options=(kernel, *geometry),
        complex=again,
    )
for shape, weight, geometry in CONVOLUTIONS[:4]:
    count = tuple(_counts(shape[2:], weight[2:], *geometry[:3]))
    case(
        "convolution_bias",
        lambda np, x, w, b, *options: _plus(np, _conv(np, x, w, *options), b),
        (real(*shape), real(*weight), real(weight[0])),
        options=geometry,
        complex=True,
    )
    case(
        "convolution_transposed_bias",
        lambda np, x, w, b, *options: _plus(np, _transposed(np, x, w, *options), b),
        (real(shape[0], weight[0], *count), real(*weight), real(shape[1])),
        options=(shape[2:], *geometry),
        complex=True,
    )
# An output padding of more than the stride: room for a window that the input has not.
case(
    "convolution_transposed",
    _transposed,
    (real(1, 2, 3), real(2, 1, 2)),
    options=((10,), (1,), (0,), (4,), 1),
)
case(
    "convolution_transposed",
    _transposed,
    (real(1, 2, 3, 3), real(2, 1, 2, 2)),
    options=((9, 7), (2, 1), (0, 0), (3, 3), 1),
)

# -- maps along axes ------------------------------------------------------------------------


def _dense(np: Any, x: Any, matrix: Any, axis: int) -> Any:
    return np.moveaxis(np.tensordot(np.moveaxis(x, axis, -1), matrix, 1), -1, axis)


def _means(np: Any, x: Any, bounds: Any, axis: int, share: Any = None) -> Any:
    """Return sums of ranges along an axis, divided by what `share` says of each."""
    n = x.shape[axis]
    matrix = np.zeros((n, len(bounds)))
    for k, (start, stop) in enumerate(bounds):
        matrix[max(start, 0) : min(stop, n), k] = 1 / (share[k] if share else stop - start)
    return _dense(np, x, matrix.astype(x.dtype), axis)


def _averages(*axes: Any, include: bool = True, divisor: Any = None) -> Any:
    """Declare average pooling along the last axes: (size, kernel, stride, padding, count)."""
    maps, bounds, shares = [], [], []
    for k, (size, kernel, stride, pad, count) in enumerate(axes):
        axis, own = k - len(axes), divisor if divisor is None or not k else 1
        each = pooling._average(size, kernel, stride, pad, count, include, own)
        maps.append((axis, each))
        starts = [n * stride - pad for n in range(count)]
        spans = [(a, a + kernel) for a in starts]
        bounds.append((axis, spans))
        inside = [min(b, size + pad) - a if include else min(b, size) - max(a, 0) for a, b in spans]
        shares.append(inside if own is None else [own] * count)

    def reference(np: Any, x: Any, _: Any) -> Any:
        for (axis, spans), share in zip(bounds, shares, strict=True):
            x = _means(np, x, spans, axis, share)
        return x

    shape = tuple(axis[0] for axis in axes)
    case("avg_pool", reference, (real(2, *shape),), options=(tuple(maps),), complex=True)


_averages((5, 2, 2, 0, 2))
_averages((5, 3, 2, 1, 3), include=False)
_averages((4, 2, 1, 0, 3), (5, 3, 2, 1, 3))
_averages((4, 3, 2, 1, 3), (3, 2, 1, 1, 4), divisor=5)
_averages((3, 2, 1, 0, 2), (3, 2, 1, 0, 2), (2, 2, 1, 1, 3))


def _adaptive(*axes: tuple[int, int]) -> None:
    maps, bounds = [], []
    for k, (size, count) in enumerate(axes):
        maps.append((k - len(axes), pooling.adaptive_map(size, count)))
        bounds.append((k - len(axes), pooling.windows(size, count)))

    def reference(np: Any, x: Any, _: Any) -> Any:
        for axis, spans in bounds:
            x = _means(np, x, spans, axis)
        return x

    shape = tuple(axis[0] for axis in axes)
    case("adaptive_avg_pool", reference, (real(2, *shape),), options=(tuple(maps),))


_adaptive((5, 3))
_adaptive((6, 1), (4, 6))
_adaptive((3, 2), (5, 2), (2, 2))


def _kernel(np: Any, x: Any, a: float) -> Any:
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = a * (((x - 5) * x + 8) * x - 4)
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _interpolation(np: Any, mode: str, n: int, m: int, align: bool, factor: Any) -> Any:
    """Return the matrix of interpolation from `n` elements to `m`."""
    matrix = np.zeros((n, m))
    step = 1 / factor if factor else n / m
    if align:
        step = (n - 1) / (m - 1)
    for k in range(m):
        x = k * step if align else (k + 0.5) * step - 0.5
        if mode == "nearest":
            matrix[min(int(k * step), n - 1), k] = 1
        elif mode == "nearest-exact":
            matrix[min(int((k + 0.5) * step), n - 1), k] = 1
        elif mode == "linear":
            x = min(max(x, 0), n - 1)
            matrix[:, k] = np.maximum(1 - np.abs(np.arange(n) - x), 0)
        else:
            first = int(np.floor(x))
            for p in range(first - 1, first + 3):
                matrix[min(max(p, 0), n - 1), k] += _kernel(np, x - p, -0.75)
    return matrix


def _smoothing(np: Any, mode: str, n: int, m: int, align: bool, factor: Any) -> Any:
    step = n / m
    wide = max(step, 1)
    at = (np.arange(n)[:, None] + 0.5 - step * (np.arange(m) + 0.5)) / wide
    reach = {"linear": 1, "cubic": 2, "lanczos": 3}[mode]
    if mode == "lanczos":
        matrix = np.sinc(at) * np.sinc(at / 3)
    else:
        matrix = np.maximum(1 - np.abs(at), 0) if reach == 1 else _kernel(np, at, -0.5)
    centre = step * (np.arange(m) + 0.5)
    first = np.maximum((centre - reach * wide + 0.5).astype(int), 0)
    last = np.minimum((centre + reach * wide + 0.5).astype(int), n)
    place = np.arange(n)[:, None]
    matrix = np.where((place >= first) & (place < last), matrix, 0)
    return matrix / matrix.sum(axis=0)


def _upsample(*axes: Any, smooth: bool = False) -> None:
    make = axis_maps.smoothing if smooth else axis_maps.interpolating
    maps = tuple((k - len(axes), make(*axis)) for k, axis in enumerate(axes))

    def reference(np: Any, x: Any, _: Any) -> Any:
        for k, axis in enumerate(axes):
            matrix = (_smoothing if smooth else _interpolation)(np, *axis)
            x = _dense(np, x, matrix.astype(x.dtype), k - len(axes))
        return x

    case("upsample", reference, (real(2, *(a[1] for a in axes)),), options=(maps,))


_upsample(("nearest", 3, 7, False, None))
_upsample(("nearest", 4, 2, False, None), ("nearest", 3, 6, False, 2.0))
_upsample(("nearest-exact", 5, 3, False, None), ("nearest-exact", 3, 5, False, None))
_upsample(("linear", 4, 7, False, None))
_upsample(("linear", 4, 3, True, None), ("linear", 3, 6, True, None))
_upsample(("linear", 3, 5, False, 1.7), ("linear", 5, 3, False, 0.6))
_upsample(
    ("linear", 2, 4, False, None), ("linear", 3, 2, False, None), ("linear", 2, 1, False, 0.5)
)
_upsample(("cubic", 4, 7, False, None), ("cubic", 5, 3, True, None))
_upsample(("linear", 7, 3, False, None), ("linear", 3, 5, False, None), smooth=True)
_upsample(("cubic", 9, 4, False, None), ("cubic", 3, 5, False, None), smooth=True)
_upsample(("lanczos", 9, 4, False, None), ("lanczos", 4, 6, False, None), smooth=True)

MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
for mode in MODES:
    for pads in (((1, 2),), ((2, 0), (1, 3))):
        shape = (2, 4, 5)[-len(pads) - 1 :]
        maps = tuple(
            (-1 - k, padding._padding(mode, shape[-1 - k], *pair)) for k, pair in enumerate(pads)
        )
        case(
            "pad",
            lambda np, x, _, pads=pads, mode=mode: np.pad(
                x, [(0, 0)] * (x.ndim - len(pads)) + list(pads[::-1]), MODES[mode]
            ),
            (real(*shape),),
            options=(maps,),
            complex=True,
        )
case(
    "pad",
    lambda np, x, _: x[:, [0, 0, 0, 1]],
    (real(2, 5),),
    options=(((-1, padding._padding("replicate", 5, 2, -3)),),),
)

# -- windows as columns ---------------------------------------------------------------------


def _columns(np: Any, x: Any, kernel: Any, geometry: Any, size: Any, count: Any) -> Any:
    stride, pads, dilation = geometry
    wide = _around(np, x, pads)
    out = np.zeros((x.shape[0], x.shape[1], *kernel, *count), x.dtype)
    for place, window in _windows(wide, kernel, stride, dilation, count):
        out[(..., *place[2:])] = wide[window]
    return out.reshape(x.shape[0], -1, count[0] * count[1])


def _images(np: Any, x: Any, kernel: Any, geometry: Any, size: Any, count: Any) -> Any:
    stride, pads, dilation = geometry
    channels = x.shape[1] // (kernel[0] * kernel[1])
    out = _around(np, np.zeros((x.shape[0], channels, *size), x.dtype), pads)
    x = x.reshape(x.shape[0], channels, *kernel, *count)
    for place, window in _windows(out, kernel, stride, dilation, count):
        out[window] += x[(..., *place[2:])]
    return out[(..., *(slice(p, p + n) for p, n in zip(pads, size, strict=True)))]


for size, kernel, geometry in (
    ((4, 3), (2, 2), ((1, 1), (0, 0), (1, 1))),
    ((4, 5), (2, 3), ((2, 1), (1, 0), (1, 2))),
):
    count = tuple(_counts(size, kernel, *geometry))
    options = (kernel, geometry, size, count)
    inner = 2 * kernel[0] * kernel[1]
    case("im2col", _columns, (real(2, 2, *size),), options=options, complex=True)
    case("col2im", _images, (real(2, inner, count[0] * count[1]),), options=options, complex=True)

# -- max pooling ----------------------------------------------------------------------------

SOME = given(0, 3, 4, 8, 5, 7, 2, 2, dtype="int64", shape=(2, 2, 2))
APART = given(0, 3, 4, 8, 5, 7, 2, 1, dtype="int64", shape=(2, 2, 2))


def _flat(np: Any, x: Any, ndim: int) -> Any:
    return x.reshape(*x.shape[: x.ndim - ndim], -1)


def _pick(np: Any, x: Any, indices: Any, ndim: int) -> Any:
    found = np.take_along_axis(_flat(np, x, ndim), _flat(np, indices, ndim), -1)
    return found.reshape(indices.shape)


def _spread(np: Any, x: Any, indices: Any, size: Any) -> Any:
    out = np.zeros((*x.shape[: x.ndim - len(size)], *size), x.dtype)
    for place in np.ndindex(*x.shape):
        where = np.unravel_index(indices[place], size)
        out[(*place[: x.ndim - len(size)], *where)] += x[place]
    return out


case("pool_pick", _pick, (real(2, 3, 3), SOME), options=(2,), complex=True)
case("pool_spread", _spread, (real(2, 2, 2), SOME), options=((3, 3),), complex=True)
ONE = given(0, 3, 4, 8, 5, 7, dtype="int64", shape=(2, 1, 3, 1))
case(
    "pool_pick",
    lambda np, x, i, ndim: _pick(np, x, np.broadcast_to(i, (2, 3, 3, 1)), ndim),
    (real(2, 3, 3, 3), ONE),
    options=(2,),
)
case(
    "pool_spread",
    lambda np, x, i, size: _spread(np, x, np.broadcast_to(i, x.shape), size),
    (real(2, 3, 3, 1), ONE),
    options=((3, 3),),
)
case("max_unpool", _spread, (real(2, 2, 2), APART), options=((3, 3),), complex=True)
case(
    "max_pool_backward",
    lambda np, g, x, indices, size: _spread(np, g, indices, size),
    (real(2, 2, 2), real(2, 3, 3), SOME),
    options=((3, 3),),
)


def _greatest(np: Any, x: Any, kernel: Any, stride: Any, pads: Any, dilation: Any) -> Any:
    count = _counts(x.shape[2:], kernel, stride, pads, dilation)
    wide = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pads)], constant_values=-float("inf"))
    out = np.zeros((*x.shape[:2], *count), x.dtype)
    for place, window in _windows(wide, kernel, stride, dilation, count):
        out[place] = wide[window].reshape(*x.shape[:2], -1).max(axis=-1)
    return out


POOLS: Any = (
    ((2, 2, 7), (3, 2, 1, 1)),
    ((1, 2, 5, 4), ((2, 2), None, 0, 1)),
    ((1, 1, 5, 6), ((3, 2), 1, 1, (1, 2))),
    ((1, 1, 3, 4, 3), (2, (1, 2, 1), (0, 1, 0), 1)),
)
for shape, given_options in POOLS:
    pool = getattr(max_pools, f"max_pool{len(shape) - 2}d")

    def _all(value: Any, n: int) -> Any:
        return value if isinstance(value, tuple) else (value,) * n

    full = tuple(
        _all(given_options[0] if value is None else value, len(shape) - 2)
        for value in given_options
    )
    case(
        "max_pool",
        lambda np, x, full=full: _greatest(np, x, *full),
        (real(*shape),),
        run=lambda x, pool=pool, options=given_options: pool(x, *options),
    )


def _adaptive_places(np: Any, x: Any, bounds: Any) -> Any:
    size = x.shape[x.ndim - len(bounds) :]
    lead = x.shape[: x.ndim - len(bounds)]
    out = np.zeros((*lead, *map(len, bounds)), np.int64)
    for first in np.ndindex(*lead):
        for place in np.ndindex(*map(len, bounds)):
            spans = [bounds[axis][k] for axis, k in enumerate(place)]
            part = x[first][tuple(slice(*span) for span in spans)]
            best = np.unravel_index(part.argmax(), part.shape)
            there = tuple(b + start for b, (start, _) in zip(best, spans, strict=True))
            out[(*first, *place)] = np.ravel_multi_index(there, size)
    return out


for shape, counts in (((2, 5), (3,)), ((2, 5, 4), (2, 6)), ((2, 6, 12), (1, 2))):
    case(
        "adaptive_max_indices",
        _adaptive_places,
        (real(*shape),),
        options=(
            tuple(tuple(pooling.windows(n, m)) for n, m in zip(shape[1:], counts, strict=True)),
        ),
    )


def _fractional_places(np: Any, x: Any, samples: Any, kernel: Any, count: Any) -> Any:
    out = np.zeros((*x.shape[:2], *count), np.int64)
    for first in np.ndindex(*x.shape[:2]):
        starts = []
        for axis, (k, m) in enumerate(zip(kernel, count, strict=True)):
            n, u = x.shape[2 + axis], samples[first][axis]
            alpha = (n - k) / (m - 1) if m > 1 else 0.0
            row = [int((j + u) * alpha) - int(u * alpha) for j in range(m - 1)]
            starts.append([*row, n - k])
        for place in np.ndindex(*count):
            corner = [starts[axis][j] for axis, j in enumerate(place)]
            part = x[first][tuple(slice(a, a + k) for a, k in zip(corner, kernel, strict=True))]
            best = np.unravel_index(part.argmax(), part.shape)
            there = tuple(b + a for b, a in zip(best, corner, strict=True))
            out[(*first, *place)] = np.ravel_multi_index(there, x.shape[2:])
    return out


case(
    "fractional_max_indices",
    _fractional_places,
    (real(2, 2, 7, 6), real(2, 2, 2, low=0.0, high=1.0)),
    options=((2, 3), (4, 3)),
    single=False,
)
case(
    "fractional_max_indices",
    _fractional_places,
    (real(1, 2, 5, 4, 6), real(1, 2, 3, low=0.0, high=1.0)),
    options=((2, 1, 3), (3, 4, 1)),
    single=False,
)

# -- sampling -------------------------------------------------------------------------------

case(
    "grid_cell",
    lambda np, x, size: np.where((x >= 0) & (x < size), x, 0).astype(np.int64),
    (given(-1.0, 0.0, 2.0, 3.0, float("nan"), float("inf")),),
    options=(3,),
)


def _outside(np: Any, x: Any, n: int, padding_mode: str, align: bool) -> Any:
    """Return a position brought inside by the padding mode."""
    if padding_mode == "zeros":
        return x
    if padding_mode == "reflection":
        low, span = (0, n - 1) if align else (-0.5, n)
        x = np.abs(x - low) % (2 * span) if span else 0 * x
        x = np.where(x > span, 2 * span - x, x) + low
    return np.clip(x, 0, n - 1)


def _sampled(np: Any, x: Any, grid: Any, options: Any) -> Any:
    mode, padding_mode, align = options
    size = x.shape[2:]
    out = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
    for place in np.ndindex(*grid.shape[:-1]):
        weights = []
        for n, u in zip(size, grid[place][::-1], strict=True):
            at = (u + 1) / 2 * (n - 1) if align else ((u + 1) * n - 1) / 2
            row = np.zeros(n)
            if mode == "bicubic":
                first = int(np.floor(at))
                for p in range(first - 1, first + 3):
                    k = int(_outside(np, p, n, padding_mode, align))
                    if 0 <= k < n:
                        row[k] += _kernel(np, at - p, -0.75)
            else:
                at = _outside(np, at, n, padding_mode, align)
                for k in range(n):
                    near = k == np.rint(at) if mode == "nearest" else 1 - abs(at - k)
                    row[k] = max(near, 0)
            weights.append(row)
        value = x[place[0]]
        for row in weights:
            value = np.tensordot(value, row, (1, 0))
        out[(place[0], slice(None), *place[1:])] = value
    return out


for mode, padding_mode, align in product(
    ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"), (False, True)
):
    case(
        "grid_sampler",
        _sampled,
        (real(1, 1, 3, 4), real(1, 2, 2, 2, low=-1.7, high=1.8)),
        options=((mode, padding_mode, align),),
        single=mode != "nearest",
    )
for mode in ("bilinear", "nearest"):
    case(
        "grid_sampler",
        _sampled,
        (real(1, 2, 2, 3, 2), real(1, 2, 2, 1, 3, low=-1.3, high=1.4)),
        options=((mode, "zeros", False),),
    )
