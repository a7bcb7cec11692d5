"""What tensors can do: the methods and operators, a mixin for each chapter of functions."""

from .conversion import ConversionMethods
from .elementwise import ElementwiseMethods
from .gradients import GradientMethods
from .indexing import IndexingMethods
from .inplace import InPlaceMethods
from .numpy import NumpyMethods
from .reductions import ReductionMethods
from .shape import ShapeMethods

__all__ = [
    "ConversionMethods",
    "ElementwiseMethods",
    "GradientMethods",
    "InPlaceMethods",
    "IndexingMethods",
    "NumpyMethods",
    "ReductionMethods",
    "ShapeMethods",
]
