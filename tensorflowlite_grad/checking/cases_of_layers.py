"""Cases of what neural networks are made of: activations, losses, normalisation, attention."""

from __future__ import annotations

import math
from typing import Any

from ..nn import functional as F
from ..ops import activation as _activation  # noqa: F401 - declared there
from ..ops import alignment as _alignment  # noqa: F401
from ..ops import attention, normalization
from ..ops import embedding as _embedding  # noqa: F401
from ..ops import linear_layer as _linear_layer  # noqa: F401
from .samples import Positions, case, given, real, truth, whole

__all__: list[str] = []

INF = math.inf
CLEAR = ((real(2, 3, clear=True),), (real(clear=True),), (real(0, 2),))
FAR = (given(-700.0, -60.0, -30.0, -6.0, -0.5, 0.0, 0.5, 6.0, 30.0, 700.0),)

# -- activations ------------------------------------------------------------------------------


def _sigmoid(np: Any, x: Any) -> Any:
    return np.where(
        x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-abs(x)))
    )


def _softplus(np: Any, x: Any) -> Any:
    return np.logaddexp(x, 0)


def _normal_share(np: Any, x: Any) -> Any:
    return 0.5 * np.vectorize(math.erfc, otypes=["float64"])(-x / math.sqrt(2))


for slope in (0.01, -0.5):
    case("leaky_relu", lambda np, x, s: np.where(x > 0, x, s * x), *CLEAR, options=(slope,))
for alpha, scale, width in ((1.0, 1, 1), (1.5, 1.25, 1), (2.0, 1, 2.0), (1.3, 1, 1.3)):
    case(
        "elu",
        lambda np, x, a, s, w: s * np.where(x > 0, x, a * np.expm1(np.minimum(x, 0) / w)),
        *CLEAR,
        (given(-700.0, -60.0, -0.5, 0.5, 60.0),),
        options=(alpha, scale, width),
    )
case("gelu", lambda np, x: x * _normal_share(np, x), *CLEAR, FAR)
case(
    "gelu_tanh",
    lambda np, x: x * _sigmoid(np, 2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)),
    *CLEAR,
    FAR,
)
case("silu", lambda np, x: x * _sigmoid(np, x), *CLEAR, FAR)
case("silu", lambda np, z: z / (1 + np.exp(-z)), (real(2, 3),), complex=True)
case("mish", lambda np, x: x * np.tanh(_softplus(np, x)), *CLEAR, FAR)
WIDE = ((real(3, 4, low=-5, high=5, clear=True),), (real(clear=True),))
case("hardswish", lambda np, x: x * np.clip(x + 3, 0, 6) / 6, *WIDE)
case("hardsigmoid", lambda np, x: np.clip(x + 3, 0, 6) / 6, *WIDE)
case("hardtanh", lambda np, x, a, b: np.clip(x, a, b), *WIDE, options=(-1.0, 2.0))
case("hardtanh", lambda np, x, a, b: np.clip(x, a, b), (whole(6),), options=(0, 3))
for beta, threshold in ((2.0, 1.0), (1.0, INF), (-0.5, INF)):
    case(
        "softplus_bent",
        lambda np, x, b, t: np.where(b * x > t, x, _softplus(np, b * x) / b),
        *CLEAR,
        options=(beta, threshold),
    )
for name in ("softshrink", "hardshrink"):
    case(
        name,
        lambda np, x, bound, name=name: np.where(
            np.abs(x) <= bound, 0, x - bound * np.sign(x) * (name == "softshrink")
        ),
        *CLEAR,
        options=(1.0,),
    )
case("tanhshrink", lambda np, x: x - np.tanh(x), *CLEAR, complex=True)
case("threshold", lambda np, x, t, v: np.where(x <= t, v, x), *CLEAR, options=(1.0, 7.0))
case("threshold", lambda np, x, t, v: np.where(x <= t, v, x), (whole(6),), options=(1, 7))
case("softsign", lambda np, x: x / (1 + np.abs(x)), *CLEAR)
case(
    "prelu_kernel",
    lambda np, x, w: np.where(x > 0, x, w * x),
    (real(2, 3, clear=True), real(3)),
    (real(2, 3, 2, clear=True), real(3, 1)),
    (real(2, 3, clear=True), real()),
)
for axis in (0, 1, 2):
    case(
        "glu",
        lambda np, x, axis: np.split(x, 2, axis)[0] * _sigmoid(np, np.split(x, 2, axis)[1]),
        (real(2, 4, 6),),
        options=(axis,),
    )
case(
    "masked_scale",
    lambda np, x, mask, s: np.where(mask, x * s, 0),
    (real(2, 3), truth(2, 3)),
    (real(2, 3, 2), truth(2, 3, 1)),
    options=(1.5,),
    complex=True,
)

# -- losses -----------------------------------------------------------------------------------

PAIRS: Any = ((real(2, 3), real(2, 3)), (real(2, 3), real(3)), (real(), real()))
case("mse_loss", lambda np, x, y: (x - y) ** 2, *PAIRS)
case("l1_loss", lambda np, x, y: np.abs(x - y), *PAIRS)
case(
    "smooth_l1_loss",
    lambda np, x, y, b: np.where(
        np.abs(x - y) < b, 0.5 * (x - y) ** 2 / b, np.abs(x - y) - 0.5 * b
    ),
    *PAIRS,
    options=(0.7,),
)
case(
    "huber_loss",
    lambda np, x, y, d: np.where(
        np.abs(x - y) < d, 0.5 * (x - y) ** 2, d * (np.abs(x - y) - 0.5 * d)
    ),
    *PAIRS,
    options=(0.7,),
)
case("soft_margin_loss", lambda np, x, y: _softplus(np, -x * y), *PAIRS)
SHARE = real(2, 3, low=0.1, high=0.9)
case(
    "binary_cross_entropy",
    lambda np, x, y: -y * np.log(x) - (1 - y) * np.log1p(-x),
    (SHARE, SHARE),
)
case(
    "binary_cross_entropy_with_logits",
    lambda np, x, y: _softplus(np, x) - x * y,
    *PAIRS,
    (*FAR, given(0.0, 0.0, 1.0, 0.0, 0.25, 0.5, 0.0, 1.0, 1.0, 0.0)),
)
case(
    "weighted_cross_entropy_with_logits",
    lambda np, x, y, w: (1 - y) * _softplus(np, x) + w * y * _softplus(np, -x),
    (real(2, 3), SHARE, real(3, low=0.5)),
)


def _losses_of_classes(np: Any, x: Any, target: Any) -> Any:
    """Return the cross entropy of rows, target by target."""
    return np.log(np.exp(x).sum(1)) - x[np.arange(len(x)), target.astype(int)]


case(
    "cross_entropy",
    lambda np, x, y: _losses_of_classes(np, x, y),
    (real(4, 3), given(0, 2, 1, 1, dtype="int64")),
    run=lambda x, y: F.cross_entropy(x, y, reduction="none"),
)
case(
    "cross_entropy",
    lambda np, x, y: _losses_of_classes(np, x, y).mean(),
    (real(4, 3), given(0, 2, 1, 1, dtype="int64")),
    run=F.cross_entropy,
)


def _smoothed(np: Any, x: Any, target: Any) -> Any:
    logs = x - np.log(np.exp(x).sum(1, keepdims=True))
    return 0.8 * _losses_of_classes(np, x, target).sum() - 0.2 * logs.mean(1).sum()


case(
    "cross_entropy",
    _smoothed,
    (real(4, 3), given(0, 2, 1, 1, dtype="int64")),
    run=lambda x, y: F.cross_entropy(x, y, reduction="sum", label_smoothing=0.2),
)


def _alignments(np: Any, x: Any) -> Any:
    """Return the loss of the sequence 1, 1 by adding up all paths."""
    total = 0.0
    for path in np.ndindex(*(x.shape[-1],) * len(x)):
        merged = [c for k, c in enumerate(path) if k == 0 or c != path[k - 1]]
        if [c for c in merged if c] == [1, 1]:
            total += np.exp(sum(x[k, 0, c] for k, c in enumerate(path)))
    return -np.log(total)


def _aligned(x: Any) -> Any:
    return F.ctc_loss(
        x, x._place.wrap(x._place.xp.asarray([[1, 1]]), x._place), (4,), (2,), 0, "sum"
    )


case("ctc_loss", _alignments, (real(4, 1, 3, low=-3, high=-0.5),), run=_aligned)

# -- normalisation ----------------------------------------------------------------------------


def _standard(np: Any, x: Any, axes: Any, eps: float) -> Any:
    mean = x.mean(axes, keepdims=True)
    variance = ((x - mean) ** 2).mean(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps), mean, variance


def _all_results(op: Any, axes: Any) -> Any:
    def run(*tensors: Any) -> Any:
        out, mean, variance = op.record(*tensors, axes, 0.1)
        return out + mean * variance

    return run


def _all_references(axes: Any) -> Any:
    def reference(np: Any, x: Any, weight: Any = 1.0, bias: Any = 0.0) -> Any:
        out, mean, variance = _standard(np, x, axes, 0.1)
        return out * weight + bias + mean * variance

    return reference


BOX = real(3, 4, 2)
NORMS: Any = (
    ((2,), real(2), real(2)),
    ((1, 2), real(4, 2), real(4, 2)),
    ((0, 2), real(1, 4, 1), real(1, 4, 1)),
    ((2,), real(1, 4, 1), real(4, 1)),
)
for axes, weight, bias in NORMS:
    for name, parameters in (
        ("standardize", ()),
        ("standardize_scaled", (weight,)),
        ("standardize_affine", (weight, bias)),
    ):
        case(
            name,
            _all_references(axes),
            (BOX, *parameters),
            run=_all_results(getattr(normalization, name), axes),
        )


def _root(np: Any, x: Any, weight: Any = 1.0) -> Any:
    power = (x * x).mean(-1, keepdims=True)
    return x / np.sqrt(power + 0.1) * weight + power


def _both_results(op: Any) -> Any:
    def run(*tensors: Any) -> Any:
        out, power = op.record(*tensors, (2,), 0.1)
        return out + power

    return run


case("rms_normalize", _root, (BOX,), run=_both_results(normalization.rms))
case("rms_normalize_scaled", _root, (BOX, real(2)), run=_both_results(normalization.rms_scaled))

# -- attention --------------------------------------------------------------------------------


def _attention_reference(causal: bool) -> Any:
    def reference(np: Any, q: Any, k: Any, v: Any, mask: Any = 0.0) -> Any:
        scores = 0.5 * q @ np.swapaxes(k, -1, -2) + mask
        if causal:
            seen = np.tri(scores.shape[-2], scores.shape[-1])
            scores = np.where(seen, scores, -np.inf)
        weights = np.exp(scores)
        total = weights.sum(-1, keepdims=True)
        return weights @ v / total + np.log(total)

    return reference


def _attention(causal: bool) -> Any:
    def run(*tensors: Any) -> Any:
        op = attention.attention if len(tensors) == 3 else attention.attention_masked
        xp = tensors[0]._place.xp
        rows, columns = (
            xp.arange(t._array.shape[-2], dtype=xp.int64) for t in (tensors[0], tensors[1])
        )
        seen = (xp.expand_dims(rows, axis=1), xp.expand_dims(columns, axis=0))
        out, logs = op.record(*tensors, 0.5, seen if causal else None)
        return out + logs

    return run


for causal in (False, True):
    case(
        "attention",
        _attention_reference(causal),
        (real(3, 2), real(4, 2), real(4, 5)),
        (real(2, 3, 2), real(2, 3, 2), real(2, 3, 1)),
        (real(2, 1, 3, 2), real(3, 4, 2), real(4, 2)),
        run=_attention(causal),
    )
    case(
        "attention_masked",
        _attention_reference(causal),
        (real(2, 3, 2), real(2, 4, 2), real(2, 4, 5), real(3, 4)),
        (real(2, 3, 2), real(2, 4, 2), real(2, 4, 5), real(2, 1, 4)),
        (real(2, 3, 2), real(2, 4, 2), real(2, 4, 5), real(1)),
        run=_attention(causal),
    )

# -- linear layers and tables -----------------------------------------------------------------

case(
    "linear",
    lambda np, x, w: x @ w.T,
    (real(2, 3), real(4, 3)),
    (real(3), real(4, 3)),
    (real(2, 2, 3), real(4, 3)),
    (real(0, 3), real(4, 3)),
    complex=True,
)
case(
    "linear_with_bias",
    lambda np, x, w, b: x @ w.T + b,
    (real(2, 3), real(4, 3), real(4)),
    (real(3), real(4, 3), real(4)),
    (real(2, 2, 3), real(4, 3), real(1)),
    complex=True,
)
case(
    "embedding",
    lambda np, table, positions, kept, counts: table[positions],
    (real(4, 3),),
    options=(Positions([1, 3], [1, 0]), None, None),
)
