"""Reductions that leave out masked elements, in the spelling of `torch.masked`."""

from .functions import masked_along, masked_reductions
from .functions.masked_along import *  # noqa: F403
from .functions.masked_reductions import *  # noqa: F403

__all__: list[str] = []
__all__ += masked_along.__all__
__all__ += masked_reductions.__all__
