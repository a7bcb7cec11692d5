"""DLPack in PyTorch's place."""

from ..functions.dlpack import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]
