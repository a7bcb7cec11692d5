"""What tensors can do: the methods and operators, a mixin for each chapter of functions."""

from .conversion import ConversionMethods
from .creation import CreationMethods
from .elementwise import ElementwiseMethods
from .gradients import GradientMethods
from .indexing import IndexingMethods
from .inplace import InPlaceMethods
from .linalg import LinalgMethods
from .numpy import NumpyMethods
from .random import RandomMethods
from .reductions import ReductionMethods
from .shape import ShapeMethods
from .standard import StandardMethods

__all__ = [
    "ConversionMethods",
    "CreationMethods",
    "ElementwiseMethods",
    "GradientMethods",
    "InPlaceMethods",
    "IndexingMethods",
    "LinalgMethods",
    "NumpyMethods",
    "RandomMethods",
    "ReductionMethods",
    "ShapeMethods",
    "StandardMethods",
]
