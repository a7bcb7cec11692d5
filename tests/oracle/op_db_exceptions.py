"""Entries of PyTorch's database of operations that differ here, and why.

The key is an entry's name, with its variant if only that one is meant; the value is what
differs (of ``missing``, ``values``, ``first``, ``second``, ``forward``, ``errors``), and why.
"""

from __future__ import annotations

EXCEPTIONS: dict[str, tuple[set[str], str]] = {
    # reductions, sorting and masked
    "logcumsumexp": (
        {"values", "forward"},
        "imaginary parts are principal values here, PyTorch's differ by multiples of 2 pi; its "
        "tangents are precise to six digits only, and NaN of complex numbers",
    ),
    "masked.logaddexp": (
        {"second", "forward"},
        "where both elements are masked out PyTorch's second derivative is NaN, not 0",
    ),
    "kthvalue": ({"errors"}, "out= may share memory: results are computed before any is written"),
    "nn.functional.max_unpool2d": (
        {"forward"},
        "of positions that come twice the last is written here, as PyTorch does with contiguous "
        "input; with channels last PyTorch's result depends on how threads share the work",
    ),
    # layers and losses
    "nn.functional.linear_cross_entropy-chunked": (
        {"second"},
        "PyTorch's chunked form has no second derivative, and says that it is zero",
    ),
    "nn.functional.multi_head_attention_forward": (
        {"values"},
        "logits of thousands in float32: either library's weights are right to four digits",
    ),
    # shape, joining and indexing
    "as_strided_scatter": (
        {"first", "second", "forward"},
        "PyTorch's gradient of the input is zero outside of what was written, and the cotangent "
        "inside: the wrong way round",
    ),
    "narrow_copy": ({"errors"}, "a dimension out of range is an IndexError, as in narrow()"),
    "cat": ({"errors"}, "samples are copied: their out= does not share an input's memory"),
    "gather": ({"errors"}, "samples are copied: their out= does not share an input's memory"),
    "masked_select": ({"errors"}, "samples are copied: their out= does not share memory"),
    "take": ({"errors"}, "samples are copied: their out= does not share an input's memory"),
    "cholesky_inverse": (
        {"forward"},
        "PyTorch's tangents are right to five digits only (held against 60 digits of mpmath)",
    ),
    "matrix_exp": (
        {"values"},
        "of float32 PyTorch loses the fourth digit where elements cancel; this library computes "
        "in float64",
    ),
    "linalg.norm": (
        {"second"},
        "of an empty vector PyTorch's second derivative is NaN for some orders, here 0",
    ),
    "linalg.norm-subgradients_at_zero": (
        {"second"},
        "at zero PyTorch's second derivative is NaN, here 0, as the first one",
    ),
    "bfloat16": ({"missing"}, "there is no bfloat16: NumPy and the standard do not have it"),
    "chalf": ({"missing"}, "there is no complex32: NumPy and the standard do not have it"),
    "arange": ({"errors"}, "one error input is about `out=`, which is refused"),
    "multinomial": ({"errors"}, "one error input is about `out=`, which is refused"),
    "bernoulli": ({"errors"}, "the error input is about `out=`, which is refused"),
    "clamp_max": ({"errors"}, "the input is not one that PyTorch refuses: a number as the bound"),
    "clamp_min": ({"errors"}, "the input is not one that PyTorch refuses: a number as the bound"),
    "complex": ({"errors"}, "one error input is about `out=`, which is refused"),
    "nextafter": (
        {"values"},
        "it has no derivative in either library; PyTorch's result requires grad all the same",
    ),
    "special.bessel_j0": (
        {"values"},
        "just above 5 PyTorch's values are wrong in the seventh digit (held against mpmath)",
    ),
    "special.bessel_j1": (
        {"values"},
        "just above 5 PyTorch's values are wrong in the seventh digit (held against mpmath)",
    ),
    "special.bessel_y1": (
        {"values"},
        "just above 5 PyTorch's values are wrong in the seventh digit (held against mpmath)",
    ),
}
