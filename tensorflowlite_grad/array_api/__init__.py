"""The Array API standard's functions over tensors.

What ``tensor.__array_namespace__()`` returns, so that code written for the standard can be
differentiated; and the vocabulary of the derivative rules: with this namespace as their `xp`
they run on tensors, and what they compute can be differentiated again.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import constants as _constants
from . import creation as _creation
from . import data_types as _data_types
from . import elementwise as _elementwise
from . import extras as _extras
from . import indexing as _indexing
from . import lattices as _lattices
from . import manipulation as _manipulation
from . import products as _products
from . import searching as _searching
from . import set as _set
from . import sorting as _sorting
from . import statistical as _statistical
from . import utility as _utility
from .constants import *  # noqa: F403
from .creation import *  # noqa: F403
from .data_types import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .extras import *  # noqa: F403
from .indexing import *  # noqa: F403
from .inspection import __array_namespace_info__
from .lattices import *  # noqa: F403
from .manipulation import *  # noqa: F403
from .products import *  # noqa: F403
from .searching import *  # noqa: F403
from .set import *  # noqa: F403
from .sorting import *  # noqa: F403
from .statistical import *  # noqa: F403
from .utility import *  # noqa: F403

if _TYPE_CHECKING:
    from . import fft, linalg

__array_api_version__ = "2024.12"

#: The standard's extensions: imported when first named.
_EXTENSIONS = frozenset({"fft", "linalg"})


def __getattr__(name: str) -> _Any:
    if name in _EXTENSIONS:
        return _import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


__all__ = ["__array_api_version__", "__array_namespace_info__", "fft", "linalg"]
__all__ += _constants.__all__
__all__ += _creation.__all__
__all__ += _data_types.__all__
__all__ += _elementwise.__all__
__all__ += _extras.__all__
__all__ += _indexing.__all__
__all__ += _lattices.__all__
__all__ += _manipulation.__all__
__all__ += _products.__all__
__all__ += _searching.__all__
__all__ += _set.__all__
__all__ += _sorting.__all__
__all__ += _statistical.__all__
__all__ += _utility.__all__
