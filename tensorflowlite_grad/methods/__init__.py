"""What tensors can do: the methods and operators, a mixin for each chapter of functions."""

from ..functions.outputs import without_out
from .conversion import ConversionMethods
from .copying import CopyingMethods
from .creation import CreationMethods
from .elementwise import ElementwiseMethods
from .gradients import GradientMethods
from .indexing import IndexingMethods
from .inplace import InPlaceMethods
from .inplace_elementwise import ElementwiseInPlaceMethods
from .linalg import LinalgMethods
from .memory import MemoryMethods
from .numpy import NumpyMethods
from .random import RandomMethods
from .reductions import ReductionMethods
from .shape import ShapeMethods
from .signal import SignalMethods
from .special import SpecialMethods
from .standard import StandardMethods

__all__ = [
    "ConversionMethods",
    "CopyingMethods",
    "CreationMethods",
    "ElementwiseInPlaceMethods",
    "ElementwiseMethods",
    "GradientMethods",
    "InPlaceMethods",
    "IndexingMethods",
    "LinalgMethods",
    "MemoryMethods",
    "NumpyMethods",
    "RandomMethods",
    "ReductionMethods",
    "ShapeMethods",
    "SignalMethods",
    "SpecialMethods",
    "StandardMethods",
]

for _name in __all__:
    without_out(globals()[_name])
