"""A GPU that fails: said as a lost context, by whatever meets it, with what to do."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import tensorflowlite_grad as tg
from support import leaf
from tensorflowlite_grad.backend import LOST_CONTEXT, Failure, registry

SAID = (
    r"CUDA error: an illegal memory access was encountered \(cudaErrorIllegalAddress\)\. "
    r"The CUDA context of this process is lost\. It was met by {} on .*start a new one.*checkpoint"
)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    """The machine of the stand-in for CuPy, with its backend as the default."""
    registry.get("cupy_stand_in")
    found = sys.modules["tensorflowlite_grad_cupy_stand_in.cupy_on_numpy"].MACHINE
    monkeypatch.setattr(found, "failed", False)
    with tg.use_backend("cupy_stand_in"):
        yield found


def test_an_operation_names_itself(machine) -> None:
    x = leaf([1.0, 2.0])
    machine.failed = True
    with pytest.raises(tg.AcceleratorError, match=SAID.format(r"exp\(\)")) as caught:
        x.exp()
    assert isinstance(caught.value, RuntimeError)
    assert "cudaErrorIllegalAddress" in str(caught.value.__context__)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_backward_pass_names_the_node_and_writes_no_gradient(machine, create_graph: bool) -> None:
    x = leaf([1.0, 2.0])
    y = x.sin().sum()
    y.register_hook(lambda g: setattr(machine, "failed", True))
    name = r"(SumBackward0|expand\(\)|broadcast_to\(\)|SinBackward0|cos\(\)|mul\(\))"
    with pytest.raises(tg.AcceleratorError, match=SAID.format(name)):
        tg.autograd.grad(y, x, create_graph=create_graph)
    assert x.grad is None
    assert tg.is_grad_enabled()


@pytest.mark.parametrize(
    "use",
    [
        lambda x: x.item(),
        lambda x: x.tolist(),
        lambda x: repr(x),
        lambda x: x.to("cpu"),
        lambda x: x.clone(),
        lambda x: x.mul_(2),
        lambda x: tg.ones(3),
        lambda x: tg.eye(3),
        lambda x: tg.randn(3),
        lambda x: tg.randint(3, (3,)),
        lambda x: tg.randperm(3),
        lambda x: tg.optim.SGD([x], lr=0.1).step(),
    ],
    ids=[
        "item",
        "tolist",
        "repr",
        "to",
        "clone",
        "in place",
        "ones",
        "eye",
        "randn",
        "randint",
        "randperm",
        "optimizer",
    ],
)
def test_so_does_all_else_that_touches_the_device(machine, use) -> None:
    x = leaf([1.0])
    x.grad = tg.ones_like(x)
    x.requires_grad_(False)
    machine.failed = True
    with pytest.raises(tg.AcceleratorError, match=SAID.format(r".*\(\)")):
        use(x)


def test_waiting_for_the_device_says_it(machine) -> None:
    machine.failed = True
    with pytest.raises(tg.AcceleratorError, match="lost"):
        registry.get("cupy_stand_in").synchronize("stand_in", 0)


def test_other_errors_of_the_device_are_left_as_they_are(machine) -> None:
    backend = registry.get("cupy_stand_in")
    library = sys.modules["tensorflowlite_grad_cupy_stand_in.cupy_on_numpy"]
    harmless = library.CUDARuntimeError("cudaErrorInvalidValue: invalid argument")
    harmless.status = 1
    assert backend.diagnose(harmless) is None
    assert backend.diagnose(ValueError("700")) is None
    for status in LOST_CONTEXT:
        harmless.status = status
        assert backend.diagnose(harmless) is Failure.LOST
    assert backend.diagnose(MemoryError()) is Failure.MEMORY


def test_no_memory_for_a_copy_is_the_usual_error(machine, monkeypatch: pytest.MonkeyPatch) -> None:
    library = sys.modules["tensorflowlite_grad_cupy_stand_in.cupy_on_numpy"]

    def no_more() -> None:
        raise MemoryError("Out of memory allocating 8 bytes")

    x = tg.ones(2)
    monkeypatch.setattr(library, "_alive", no_more)
    with pytest.raises(tg.OutOfMemoryError, match=r"to_numpy\(\).*Out of memory allocating"):
        x.tolist()


FAILING = """
import cupy, tensorflowlite_grad as tg
tg.set_default_backend("cupy")
x = tg.ones(4, requires_grad=True)
kernel = cupy.RawKernel('extern "C" __global__ void f(float* p) { p[1ll << 40] = 1; }', "f")
kernel((1,), (1,), (x._array,))
for use in (lambda: x.exp().sum().backward(), lambda: (x * 2).tolist(), lambda: tg.ones(3)):
    try:
        use()
        tg.cuda.synchronize()
    except tg.AcceleratorError as error:
        print("lost" if "context of this process is lost" in str(error) else error)
"""


def test_a_kernel_that_writes_out_of_bounds() -> None:
    """In a process of its own: what is lost stays lost."""
    why = registry.why_unavailable("cupy")
    if why is not None:
        pytest.skip(f"backend cupy: {why}")
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, "-c", FAILING],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stdout.split() == ["lost"] * 3, done.stderr
