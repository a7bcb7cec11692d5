"""Tools beside the tensors."""

from . import checkpoint, dlpack

__all__ = ["checkpoint", "dlpack"]
