"""Tools beside the tensors."""

from . import dlpack

__all__ = ["dlpack"]
