"""Special functions, in PyTorch's spelling."""

from .functions.special_functions import *  # noqa: F403
from .functions.special_functions import __all__ as _names

__all__: list[str] = []
__all__ += _names
