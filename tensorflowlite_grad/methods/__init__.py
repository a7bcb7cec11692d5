"""What tensors can do: the methods and operators, a mixin for each chapter of functions."""

from .elementwise import ElementwiseMethods
from .indexing import IndexingMethods
from .inplace import InPlaceMethods
from .numpy import NumpyMethods
from .reductions import ReductionMethods
from .shape import ShapeMethods

__all__ = [
    "ElementwiseMethods",
    "InPlaceMethods",
    "IndexingMethods",
    "NumpyMethods",
    "ReductionMethods",
    "ShapeMethods",
]
