"""The peers: what each library is called here, and the few things that differ in its use.

Libraries that are used alike share a style, and a case has one program for each style. The
package and PyTorch share the style "torch": the very same code runs on either module.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.environment import DEVICE

SUBJECT = "tensorflowlite_grad"


@dataclass(frozen=True)
class Spec:
    """A peer by name, before anything of it is imported."""

    name: str
    title: str
    style: str
    module: str
    distribution: str


SPECS = {
    spec.name: spec
    for spec in (
        Spec(SUBJECT, "tensorflowlite_grad", "torch", "tensorflowlite_grad", "tensorflowlite-grad"),
        Spec("torch", "PyTorch", "torch", "torch", "torch"),
        Spec("autograd", "HIPS autograd", "functional", "autograd", "autograd"),
        Spec("mygrad", "MyGrad", "mygrad", "mygrad", "mygrad"),
        Spec("jax", "JAX", "functional", "jax", "jax"),
        Spec("jax_jit", "JAX jit", "functional", "jax", "jax"),
        Spec("numpy", "NumPy by hand", "numpy", "numpy", "numpy"),
    )
}


def _unchanged(value: Any) -> Any:
    return value


def _nothing(result: Any) -> None:
    return None


@dataclass(frozen=True)
class Peer:
    """A peer that is imported and ready.

    Attributes
    ----------
    xp
        The namespace of its array functions.
    grad, value_and_grad, vjp, jit
        The transformations of a peer of style "functional". ``vjp(f, x)`` returns the value
        and the function that pulls a cotangent back. Where nothing is compiled, ``jit`` hands
        a function back as it is.
    finish
        Waits until the work behind a result is done.
    """

    spec: Spec
    xp: Any
    grad: Callable[..., Any] = _unchanged
    value_and_grad: Callable[..., Any] = _unchanged
    vjp: Callable[..., Any] = _unchanged
    jit: Callable[..., Any] = _unchanged
    finish: Callable[[Any], None] = field(default=_nothing)

    @property
    def name(self) -> str:
        """The name by which the command line and the results know the peer."""
        return self.spec.name

    def host(self, value: Any) -> Any:
        """Return one of the peer's arrays as a NumPy array."""
        import numpy as np

        if self.spec.style == "torch":
            value = value.detach().cpu().numpy()
        return np.asarray(value)


def missing(spec: Spec) -> str | None:
    """Return why a peer cannot take part, or None if it is installed."""
    if importlib.util.find_spec(spec.module) is None:
        return f"not installed ({spec.distribution})"
    return None


def load(spec: Spec) -> Peer:
    """Import a peer."""
    return _LOADERS[spec.style](spec)


def _load_torch_style(spec: Spec) -> Peer:
    module: Any = importlib.import_module(spec.module)
    if spec.name == "torch":
        module.set_num_threads(1)
        # Refused once parallel work has begun; one thread inside an operation is what counts.
        with contextlib.suppress(RuntimeError):
            module.set_num_interop_threads(1)
    if os.environ.get(DEVICE, "cpu") == "cpu":
        return Peer(spec, module)
    if hasattr(module, "set_default_device"):
        module.set_default_device(os.environ[DEVICE])

    def finish(result: Any) -> None:
        # A copy to the host is queued behind all earlier work of its stream.
        module.zeros(()).cpu()

    return Peer(spec, module, finish=finish)


def _load_functional(spec: Spec) -> Peer:
    if spec.module == "autograd":
        autograd: Any = importlib.import_module("autograd")

        def vjp(function: Callable[[Any], Any], x: Any) -> tuple[Any, Callable[[Any], Any]]:
            pull, value = autograd.make_vjp(function)(x)
            return value, lambda g: (pull(g),)

        return Peer(
            spec,
            importlib.import_module("autograd.numpy"),
            grad=autograd.grad,
            value_and_grad=autograd.value_and_grad,
            vjp=vjp,
        )
    jax: Any = importlib.import_module("jax")
    return Peer(
        spec,
        importlib.import_module("jax.numpy"),
        grad=jax.grad,
        value_and_grad=jax.value_and_grad,
        vjp=jax.vjp,
        jit=jax.jit if spec.name == "jax_jit" else _unchanged,
        finish=jax.block_until_ready,
    )


def _load_plain(spec: Spec) -> Peer:
    importlib.import_module(spec.module)
    return Peer(spec, sys.modules[spec.module])


_LOADERS: dict[str, Callable[[Spec], Peer]] = {
    "torch": _load_torch_style,
    "functional": _load_functional,
    "mygrad": _load_plain,
    "numpy": _load_plain,
}
