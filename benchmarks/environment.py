"""The conditions of a run: one thread for every peer, and a description of the machine."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import sys
from collections.abc import Mapping
from typing import Any

# Libraries read these once, when they are first loaded, so they must be set before.
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    # XLA sizes its pool by NPROC; with asynchronous dispatch it would use a second thread.
    "NPROC": "1",
    "JAX_CPU_ENABLE_ASYNC_DISPATCH": "false",
}
_XLA_FLAG = "--xla_cpu_multi_thread_eigen=false"

BACKEND = "TENSORFLOWLITE_GRAD_BACKEND"
DEVICE = "BENCHMARKS_DEVICE"

_DISTRIBUTIONS = ("numpy", "tensorflowlite-grad", "torch", "autograd", "mygrad", "jax", "jaxlib")


def settled(
    environ: Mapping[str, str], backend: str | None = None, device: str | None = None
) -> dict[str, str]:
    """Return `environ` with one thread for every library, and the chosen backend and device."""
    result = {**environ, **_ONE_THREAD}
    flags = result.get("XLA_FLAGS", "").split()
    if _XLA_FLAG not in flags:
        result["XLA_FLAGS"] = " ".join([*flags, _XLA_FLAG])
    if backend is not None:
        result[BACKEND] = backend
    result[DEVICE] = device or result.get(DEVICE) or "cpu"
    if result[DEVICE] == "cpu":
        result["JAX_PLATFORMS"] = "cpu"
    return result


def restart_settled(backend: str | None, device: str | None) -> None:
    """Start this process again in the settled environment, unless it is in it already."""
    wanted = settled(os.environ, backend, device)
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)


def describe() -> dict[str, Any]:
    """Return what a reader needs to know in order to compare two runs."""
    return {
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load average at start": _load(),
        "python": platform.python_version(),
        "versions": _versions(),
        "blas": _blas(),
        "OPENBLAS_CORETYPE": os.environ.get("OPENBLAS_CORETYPE") or "unset",
        "threads": "1 for each peer",
        "backend": os.environ.get(BACKEND) or "default",
        "device": os.environ.get(DEVICE, "cpu"),
    }


def _cpu() -> str:
    name, flags = platform.processor() or "unknown", ""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                key, _, value = line.partition(":")
                if key.strip() == "model name":
                    name = value.strip()
                elif key.strip() == "flags":
                    flags = value
    except OSError:
        return name
    widest = next((x for x in ("avx512f", "avx2", "avx") if x in flags.split()), None)
    return f"{name} ({widest})" if widest else name


def _load() -> str:
    try:
        return f"{os.getloadavg()[0]:.2f}"
    except (AttributeError, OSError):
        return "unknown"


def _versions() -> dict[str, str]:
    found = {}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _blas() -> str:
    """Return the kernels that NumPy's BLAS chose, which decide the matrix products."""
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    built = f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()
    try:
        threadpoolctl: Any = importlib.import_module("threadpoolctl")
    except ImportError:
        return f"{built} (kernels unknown: threadpoolctl is not installed)"
    chosen = {
        pool["architecture"]
        for pool in threadpoolctl.threadpool_info()
        if pool.get("user_api") == "blas" and "architecture" in pool
    }
    return f"{built}, kernels {', '.join(sorted(chosen)) or 'unknown'}"
