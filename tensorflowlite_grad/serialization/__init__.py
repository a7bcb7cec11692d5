"""Files: tensors and what is around them, in safetensors and npz, never pickled."""

from .errors import FileError
from .files import load, save

__all__ = ["FileError", "load", "save"]
