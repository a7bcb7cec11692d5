"""Entries of PyTorch's database of operations that differ here, and why.

The key is an entry's name, with its variant if only that one is meant; the value is what
differs (of ``missing``, ``values``, ``first``, ``second``, ``forward``, ``errors``), and why.
"""

from __future__ import annotations

EXCEPTIONS: dict[str, tuple[set[str], str]] = {
    # reductions, sorting and masked
    "hash_tensor": ({"missing"}, "it is of the bits of floats, which the standard does not show"),
    "logcumsumexp": (
        {"values", "forward"},
        "imaginary parts are principal values here, PyTorch's differ by multiples of 2 pi; its "
        "tangents are precise to six digits only, and NaN of complex numbers",
    ),
    "masked.logaddexp": (
        {"second", "forward"},
        "where both elements are masked out PyTorch's second derivative is NaN, not 0",
    ),
    "amax": ({"errors"}, "there is no out= to refuse"),
    "amin": ({"errors"}, "there is no out= to refuse"),
    "aminmax": ({"errors"}, "there is no out= to refuse"),
    "kthvalue": ({"errors"}, "there is no out= to refuse"),
    "nn.functional.max_unpool2d": (
        {"forward"},
        "of positions that come twice the last is written here, as PyTorch does with contiguous "
        "input; with channels last PyTorch's result depends on how threads share the work",
    ),
}
