"""The CuPy backend's own Python, over a stand-in for CuPy that computes with NumPy.

It shows where the adapter is wrong in Python; nothing that it shows is a result of a GPU.
Its devices are of the kind ``"stand_in"``, so that nobody takes them for CUDA's.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from . import cupy_on_numpy

ADAPTER = Path(__file__).parents[3] / "backends" / "tensorflowlite_grad_cupy"
REPLACED = ("cupy", "cupyx", "array_api_compat.cupy")


@contextmanager
def _in_place_of_cupy() -> Any:
    def ours(name: str) -> bool:
        return any(name == top or name.startswith(top + ".") for top in REPLACED)

    before = {name: sys.modules.pop(name) for name in list(sys.modules) if ours(name)}
    sys.modules.update(cupy_on_numpy.MODULES)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if ours(name)]:
            del sys.modules[name]
        sys.modules.update(before)
        sys.modules["array_api_compat"].__dict__.pop("cupy", None)


def _load_adapter() -> ModuleType:
    """Return the backend's package under another name, bound to the stand-in."""
    name = f"{__name__}.adapter"
    spec: Any = importlib.util.spec_from_file_location(
        name, ADAPTER / "__init__.py", submodule_search_locations=[str(ADAPTER)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with _in_place_of_cupy():
        spec.loader.exec_module(module)
        for part in ("namespace", "random"):
            importlib.import_module(f"{name}.{part}")
    cupy_on_numpy.MACHINE.namespace = sys.modules[f"{name}.namespace"].compat
    return module


_CupyBackend: Any = _load_adapter().CupyBackend


class CupyStandIn(_CupyBackend):
    name = "cupy_stand_in"
    kinds = ("stand_in",)
