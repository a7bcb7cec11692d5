"""Operations: forward and derivative rules side by side, a file for each chapter."""

from . import (
    arithmetic,
    comparison,
    conversion,
    copy_slices,
    exponential,
    indexing,
    products,
    reductions,
    shape,
    trigonometric,
    variadic,
)
from .declare import Operation, elementwise, general, linear, nondifferentiable, registry

__all__ = [
    "Operation",
    "arithmetic",
    "comparison",
    "conversion",
    "copy_slices",
    "elementwise",
    "exponential",
    "general",
    "indexing",
    "linear",
    "nondifferentiable",
    "products",
    "reductions",
    "registry",
    "shape",
    "trigonometric",
    "variadic",
]
