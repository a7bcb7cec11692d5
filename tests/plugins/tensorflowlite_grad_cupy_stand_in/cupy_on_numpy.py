"""A stand-in for CuPy: as much of its interface as the backend uses, computed by NumPy.

Stricter than CuPy where that finds mistakes: nothing is computed on a device other than
the current one, and no NumPy array is taken or given without `asnumpy` or `asarray`.
"""

from __future__ import annotations

import contextlib
import gc
import math
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from tensorflowlite_grad_numpy.random import Generator as HostGenerator

#: How many devices there are, whether there is a driver, and whether a kernel has failed, so
#: that whatever comes next says so; tests change it.
MACHINE = SimpleNamespace(devices=2, driver=True, failed=False, namespace=None)
#: Current until somebody chooses: no array is here, so that what forgets to choose fails.
NO_DEVICE = -1
_thread = threading.local()


class CUDARuntimeError(RuntimeError):
    status = 35


class CUDADriverError(RuntimeError):
    status = 0


def _alive() -> None:
    if MACHINE.failed:
        error = CUDARuntimeError(
            "cudaErrorIllegalAddress: an illegal memory access was encountered"
        )
        error.status = 700
        raise error


class UnownedMemory:
    pass


def _current() -> int:
    stack = getattr(_thread, "stack", None)
    return stack[-1] if stack else NO_DEVICE


class Device:
    def __init__(self, device: Any = None) -> None:
        self.id = _current() if device is None else int(getattr(device, "id", device))

    def __enter__(self) -> Device:
        _thread.stack = [*getattr(_thread, "stack", []), self.id]
        return self

    def __exit__(self, *_: object) -> None:
        _thread.stack = _thread.stack[:-1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self) -> int:
        return self.id

    def synchronize(self) -> None:
        _alive()


class _Pointer:
    """Where an array lies in memory; ``+`` moves it by bytes."""

    def __init__(self, host: np.ndarray, offset: int = 0) -> None:
        self._host = host
        self._offset = offset
        self._owner = _owner(host)
        self.mem = SimpleNamespace(ptr=_address(self._owner), size=self._owner.nbytes)

    @property
    def ptr(self) -> int:
        return _address(self._host) + self._offset

    def __add__(self, offset: int) -> _Pointer:
        return _Pointer(self._host, self._offset + offset)

    def array(self, shape: Any, dtype: Any, strides: Any) -> np.ndarray:
        return np.ndarray(shape, dtype, self._owner.data, self.ptr - self.mem.ptr, strides)


def _owner(host: np.ndarray) -> np.ndarray:
    """Return the array that owns the memory of another."""
    base = host.base.obj if isinstance(host.base, memoryview) else host.base
    return _owner(base) if isinstance(base, np.ndarray) else host


def _address(host: np.ndarray) -> int:
    return int(host.__array_interface__["data"][0])


class ndarray(np.lib.mixins.NDArrayOperatorsMixin):
    __array_priority__ = 100

    def __init__(self, host: Any, device: Any, memptr: Any = None, strides: Any = None) -> None:
        if memptr is not None:  # as CuPy's own is called: of a shape and a dtype
            host, device = memptr.array(host, device, strides), _current()
        self._host = host
        self._device = device

    device = property(lambda self: Device(self._device))
    data = property(lambda self: _Pointer(self._host))
    shape = property(lambda self: self._host.shape)
    strides = property(lambda self: self._host.strides)
    dtype = property(lambda self: self._host.dtype)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    itemsize = property(lambda self: self._host.itemsize)
    flags = property(lambda self: self._host.flags)
    base = property(lambda self: self._host.base)
    T = property(lambda self: _lift(self._host.T))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Use `.get()`.")

    def __array_namespace__(self, *, api_version: Any = None) -> Any:
        return MACHINE.namespace

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        known = (ndarray, np.ndarray, np.generic, bool, int, float, complex)
        if not all(isinstance(x, known) for x in inputs):
            return NotImplemented
        return _lifted(getattr(ufunc, method))(*inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise TypeError(f"numpy.{function.__name__} of a CuPy array")

    def __getitem__(self, index: Any) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        if not any(part is Ellipsis for part in parts):
            parts = (*parts, Ellipsis)  # a 0-d view, where NumPy would make a scalar
        if any(isinstance(part, (list, ndarray)) for part in parts):
            return _lift(_lower(self)[_lower(parts)])
        return ndarray(np.asarray(self._host[_lower(parts)]), self._device)  # no work: a view

    def __setitem__(self, index: Any, value: Any) -> None:
        self._host[_lower(index)] = _lower(value)

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self._host)

    def __int__(self) -> int:
        return int(self._host)

    def __float__(self) -> float:
        return float(self._host)

    def __complex__(self) -> complex:
        return complex(self._host)

    def __index__(self) -> int:
        return self._host.__index__()

    @property
    def real(self) -> Any:
        return _lift(self._host.real)

    @property
    def imag(self) -> Any:
        return _lift(self._host.imag)

    def copy(self, order: str = "C") -> Any:
        _alive()
        return ndarray(self._host.copy(order), _current())  # to the current device, as CuPy's

    def view(self, dtype: Any = None, array_class: Any = None) -> Any:
        host = self._host.view() if dtype is None else self._host.view(dtype)
        return ndarray(host, self._device)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        host = _lower(self)
        with np.errstate(all="ignore"):
            return self if not copy and host.dtype == dtype else _lift(host.astype(dtype))

    def reshape(self, *shape: Any) -> Any:
        return _lift(_lower(self).reshape(*shape))

    def get(self) -> Any:
        return self._host.copy()


def _lower(value: Any) -> Any:
    """Return what NumPy computes with; refuse what CuPy would not take."""
    if isinstance(value, ndarray):
        if value._device != _current():
            raise ValueError(
                f"The device where the array resides ({value._device}) is different from the "
                f"current device ({_current()})."
            )
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (list, tuple)):
        return type(value)(_lower(item) for item in value)
    if isinstance(value, dict):
        return {key: _lower(item) for key, item in value.items()}
    return value


def _lift(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return ndarray(np.asarray(value), _current())
    if isinstance(value, (list, tuple)):
        parts = [_lift(item) for item in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def _lifted(function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        _alive()
        out = kwargs.get("out")
        result = function(*_lower(args), **_lower(kwargs))
        if out is not None:
            return out[0] if isinstance(out, tuple) else out
        return _lift(result)

    call.__name__ = getattr(function, "__name__", "call")
    return call


def array(obj: Any, dtype: Any = None, copy: bool = True, order: str = "K", **_: Any) -> Any:
    _alive()
    if isinstance(obj, ndarray):
        same = (dtype is None or obj.dtype == dtype) and obj._device == _current()
        if same and not copy:
            return obj
        return ndarray(np.array(obj._host, dtype=dtype, order=order), _current())
    return ndarray(np.array(obj, dtype=dtype), _current())


def asarray(obj: Any, dtype: Any = None, **_: Any) -> Any:
    return array(obj, dtype, copy=False)


def asnumpy(value: Any, **_: Any) -> Any:
    _alive()
    return value._host.copy() if isinstance(value, ndarray) else np.asarray(value)


class _MemoryPool:
    """Counts the memory of the arrays that there are."""

    def used_bytes(self) -> int:
        arrays = [a._host for a in gc.get_objects() if type(a) is ndarray]
        return sum({id(owner): owner.nbytes for owner in map(_owner, arrays)}.values())


def may_share_memory(a: Any, b: Any) -> bool:
    return bool(np.may_share_memory(a._host, b._host))


class _Generator:
    """CuPy's: its state is an array on its device, which can be read and written."""

    def __init__(self, seed: int) -> None:
        self._host = HostGenerator(seed)
        self._device = _current()
        self._state = _lift(np.frombuffer(self._host.state(), np.int8).copy())

    @property
    def bit_generator(self) -> Any:
        return self

    def _out(self, method: str, *args: Any, **kwargs: Any) -> Any:
        assert self._device == _current()
        _alive()
        words = _lower(self._state)
        self._host.restore(words.tobytes())
        drawn = getattr(self._host._source, method)(*args, **kwargs)
        words[...] = np.frombuffer(self._host.state(), np.int8)
        return _lift(drawn)

    def random(self, size: Any = None, dtype: Any = np.float64) -> Any:
        assert size
        return self._out("random", size, dtype=np.dtype(dtype))

    def standard_normal(self, size: Any = None, dtype: Any = np.float64) -> Any:
        assert size
        return self._out("standard_normal", size, dtype=np.dtype(dtype))

    def integers(self, low: int, high: int, size: Any = None, dtype: Any = np.int64) -> Any:
        assert size
        return self._out("integers", low, high, size, dtype=dtype)

    def poisson(self, lam: Any, size: Any) -> Any:
        assert size
        return self._out("poisson", _lower(lam), size)


def scatter_add(a: Any, slices: Any, value: Any) -> None:
    if a.dtype.name not in ("int32", "float16", "float32", "float64", "uint32", "uint64"):
        raise TypeError(f"scatter_add only supports some dtypes, not {a.dtype}")
    np.add.at(_lower(a), _lower(slices), _lower(value))


def scatter_max(a: Any, slices: Any, value: Any) -> None:
    np.maximum.at(_lower(a), _lower(slices), _lower(value))


def scatter_min(a: Any, slices: Any, value: Any) -> None:
    np.minimum.at(_lower(a), _lower(slices), _lower(value))


def erf(x: Any) -> Any:
    wide = np.float64 if x.dtype == np.float64 else np.float32
    return _lift(np.vectorize(math.erf, otypes=[wide])(_lower(x)))


def _get_device_count() -> int:
    if not MACHINE.driver:
        raise CUDARuntimeError(
            "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime "
            "version"
        )
    return MACHINE.devices


def _module(name: str, **members: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    return module


def _modules() -> dict[str, ModuleType]:
    members: dict[str, Any] = {}
    for name in dir(np):
        value = getattr(np, name)
        if not name.startswith("_") and not isinstance(value, ModuleType):
            is_function = callable(value) and not isinstance(value, type)
            members[name] = _lifted(value) if is_function else value
    runtime = _module(
        "cupy.cuda.runtime",
        CUDARuntimeError=CUDARuntimeError,
        getDeviceCount=_get_device_count,
        runtimeGetVersion=lambda: 13000,
        driverGetVersion=lambda: 13020,
        getDeviceProperties=lambda index: {
            "name": b"stand-in for a GPU",
            "totalGlobalMem": 2**30,
            "major": 0,
            "minor": 0,
        },
    )
    driver = _module("cupy.cuda.driver", CUDADriverError=CUDADriverError)
    cuda = _module(
        "cupy.cuda", Device=Device, UnownedMemory=UnownedMemory, runtime=runtime, driver=driver
    )
    members.update(
        __version__="0 (a stand-in on NumPy)",
        ndarray=ndarray,
        array=array,
        asarray=asarray,
        asnumpy=asnumpy,
        get_default_memory_pool=_MemoryPool,
        may_share_memory=may_share_memory,
        cuda=cuda,
        random=_module("cupy.random", default_rng=_Generator),
        linalg=_module("cupy.linalg"),
        fft=_module("cupy.fft"),
    )
    special = _module("cupyx.scipy.special", erf=erf)
    scipy = _module("cupyx.scipy", special=special)
    out = {
        "cupy": _module("cupy", **members),
        "cupy.cuda": cuda,
        "cupy.cuda.device": _module("cupy.cuda.device", Device=Device),
        "cupyx": _module(
            "cupyx",
            scatter_add=scatter_add,
            scatter_max=scatter_max,
            scatter_min=scatter_min,
            scipy=scipy,
        ),
        "cupyx.scipy": scipy,
        "cupyx.scipy.special": special,
    }
    solvers: dict[str, Any] = {}
    with contextlib.suppress(ImportError):
        from scipy.linalg import lu_factor, solve_triangular

        solvers = {"lu_factor": _lifted(lu_factor), "solve_triangular": _lifted(solve_triangular)}
    out["cupyx.scipy.linalg"] = _module("cupyx.scipy.linalg", **solvers)
    vars(scipy)["linalg"] = out["cupyx.scipy.linalg"]
    for part in ("linalg", "fft"):
        library = getattr(np, part)
        names = [n for n in library.__all__ if n != "test"]
        lifted = {n: v if isinstance(v := getattr(library, n), type) else _lifted(v) for n in names}
        vars(members[part]).update(lifted, __all__=names)
        out[f"cupy.{part}"] = members[part]
    return out


MODULES = _modules()
