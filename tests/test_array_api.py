"""The standard's namespace against array-api-strict: names, signatures, values, dtypes.

Every function is called with inputs that hypothesis draws, and with the special values of
floating-point numbers. Where we differ on purpose, `EXCEPTIONS` says so and why; the
documentation lists the same.
"""

from __future__ import annotations

import inspect
import operator
from typing import Any

import array_api_strict as strict
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import array_api_calls as calls
import array_api_extension_calls  # noqa: F401  (registers its calls)
import tensorflowlite_grad as tg
from array_api_calls import CALLS, Device, Drawer
from tensorflowlite_grad import array_api as xp

#: What array-api-strict has of the standard's next version, and of its own.
LATER = {"__version__", "broadcast_shapes", "isin", "Device", "ArrayAPIStrictFlags"}
LATER |= {f"{verb}_array_api_strict_flags" for verb in ("set", "get", "reset")}
CONSTANTS = ("e", "inf", "nan", "newaxis", "pi")
NAMES = sorted(set(strict.__all__) - LATER - {"linalg", "fft"})
NAMES += [f"linalg.{name}" for name in strict.linalg.__all__]
NAMES += [f"fft.{name}" for name in strict.fft.__all__]
FUNCTIONS = [n for n in NAMES if inspect.isfunction(operator.attrgetter(n)(strict))]
#: Not compared by value: what the memory held, and protocols with tests of their own.
UNCOMPARED = {"empty", "empty_like", "from_dlpack", "finfo", "iinfo", "__array_namespace_info__"}
#: Unique only up to signs or phases: their products are compared.
FACTORS = {"linalg.eigh", "linalg.qr", "linalg.svd"}


def found(namespace: Any, name: str) -> Any:
    return operator.attrgetter(name)(namespace)


def as_strict(value: Any) -> Any:
    if isinstance(value, np.dtype):
        return getattr(strict, value.name)
    if isinstance(value, np.ndarray):
        return strict.asarray(value.copy())
    return None if isinstance(value, Device) else value


def as_ours(value: Any) -> Any:
    if isinstance(value, np.dtype):
        return getattr(xp, value.name)
    if isinstance(value, np.ndarray):
        return xp.asarray(value.copy())
    return tg.ones(1).device if isinstance(value, Device) else value


def mapped(convert: Any, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(convert, v) for v in value)
    return convert(value)


def run(namespace: Any, convert: Any, name: str, call: calls.Call) -> Any:
    args, options = call
    options = {key: mapped(convert, value) for key, value in options.items()}
    return found(namespace, name)(*mapped(convert, args), **options)


def host(x: Any) -> Any:
    return x.numpy(force=True) if isinstance(x, tg.Tensor) else np.asarray(x)


def name_of(dtype: Any) -> str:
    return (
        dtype.name if isinstance(dtype, tg.dtype) else str(dtype).removeprefix("array_api_strict.")
    )


def check_array(got: Any, want: Any, label: str, loose: bool = False) -> None:
    assert isinstance(got, tg.Tensor), label
    assert got.dtype.name == name_of(want.dtype), label
    assert tuple(got.shape) == tuple(want.shape), label
    mine, theirs = host(got), host(want)
    if theirs.dtype.kind not in "fc":
        np.testing.assert_array_equal(mine, theirs, err_msg=label)
        return
    single = theirs.dtype in (np.float32, np.complex64)
    rtol = (2e-4 if loose else 2e-6) if single else (1e-10 if loose else 1e-14)
    atol = rtol if loose else 1e-37
    np.testing.assert_allclose(mine, theirs, rtol=rtol, atol=atol, err_msg=label)


def check(got: Any, want: Any, label: str, loose: bool = False) -> None:
    if isinstance(want, (tuple, list)):
        assert len(got) == len(want), label
        assert getattr(got, "_fields", None) == getattr(want, "_fields", None), label
        for mine, theirs in zip(got, want, strict=True):
            check(mine, theirs, label, loose)
    elif isinstance(want, bool):
        assert got is want, label
    elif type(want).__module__.startswith("array_api_strict") and hasattr(want, "shape"):
        check_array(got, want, label, loose)
    else:
        assert name_of(got) == name_of(want), label


def recombined(name: str, parts: Any) -> Any:
    """Return what does not depend on the choice of factors: their product first."""
    if name == "linalg.eigh":
        values, vectors = map(host, parts)
        return [(vectors * values[..., None, :]) @ vectors.swapaxes(-1, -2).conj(), values]
    if name == "linalg.qr":
        q, r = map(host, parts)
        return [q @ r, q.swapaxes(-1, -2).conj() @ q]
    u, s, vh = map(host, parts)
    k = s.shape[-1]
    return [(u[..., :k] * s[..., None, :]) @ vh[..., :k, :], s]


# -- names and signatures -------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_standards_name_is_there(name: str) -> None:
    assert name.partition(".")[0] in dir(xp)
    assert found(xp, name) is not None or name == "newaxis"


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant(name: str) -> None:
    assert getattr(xp, name) == getattr(strict, name) or name in ("nan", "newaxis")


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"expand_dims"}))
def test_a_signature(name: str) -> None:
    def of(namespace: Any) -> list[Any]:
        parameters = inspect.signature(found(namespace, name)).parameters.values()
        return [
            (p.name, p.kind) if p.name in LOOSE else (p.name, p.kind, p.default) for p in parameters
        ]

    assert of(xp) == of(strict)


#: Parameters whose default array-api-strict has otherwise than the standard.
LOOSE = {"device", "copy"}


def methods_of(cls: type) -> set[str]:
    own = {name for name in vars(cls) if name.startswith("__") or not name.startswith("_")}
    private = {"__new__", "__module__", "__doc__", "__weakref__", "__dict__", "__annotations__"}
    return own - private - {"__buffer__", "__array__", "__slots__", "__firstlineno__"}


@pytest.mark.parametrize("name", sorted(methods_of(type(strict.ones(1)))))
def test_an_attribute_of_arrays(name: str) -> None:
    assert hasattr(tg.Tensor, name)


# -- values ---------------------------------------------------------------------------------


def test_every_function_is_called() -> None:
    assert {*FUNCTIONS} - UNCOMPARED == set(CALLS)


#: Functions whose rounding errors add up.
ROUNDED = {"prod", "cumulative_prod", "std", "var", "mean", "linspace"}
#: Dtypes that a library has next to no operations for.
LACKING = {"torch": ("uint16", "uint32", "uint64")}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_values(name: str, backend: str) -> None:
    @settings(
        max_examples=settings().max_examples // 4,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(st.data())
    def compare(data: Any) -> None:
        call = CALLS[name](Drawer(data, LACKING.get(backend, ())))
        with np.errstate(all="ignore"):
            want = run(strict, as_strict, name, call)
        got = run(xp, as_ours, name, call)
        label = f"{name}{call}"
        if name in FACTORS:
            assert got._fields == want._fields
            for mine, theirs in zip(got, want, strict=True):
                assert mine.dtype.name == name_of(theirs.dtype)
                assert tuple(mine.shape) == tuple(theirs.shape)
            for mine, theirs in zip(recombined(name, got), recombined(name, want), strict=True):
                single = theirs.dtype in (np.float32, np.complex64)
                np.testing.assert_allclose(
                    mine,
                    theirs,
                    rtol=1e-4 if single else 1e-9,
                    atol=1e-4 if single else 1e-9,
                    err_msg=label,
                )
        else:
            check(
                got,
                want,
                label,
                loose="." in name or name in ("prod", "cumulative_prod", "std", "var"),
            )

    compare()
