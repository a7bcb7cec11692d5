"""Finding and choosing backends, what is imported for them, and CuPy without a GPU."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg
from tensorflowlite_grad.backend import Backend, BackendError, registry

ROOT = Path(__file__).parents[1]
PLUGINS = ROOT / "tests" / "plugins"
VARIABLE = "TENSORFLOWLITE_GRAD_BACKEND"


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a fresh interpreter with the project and the plugins in reach."""
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "backends", PLUGINS)))
    env = {k: v for k, v in os.environ.items() if k != VARIABLE}
    return subprocess.run(
        [sys.executable, *arguments],
        env={**env, "PYTHONPATH": paths, **environment},
        cwd=PLUGINS,
        capture_output=True,
        text=True,
        check=False,
    )


def run(code: str, **environment: str) -> str:
    done = python("-c", code, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def numpy_backend() -> Any:
    return type(registry.get("numpy"))


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The registry's state, put back afterwards: backends registered here are gone."""
    for kept in ("_added", "_loaded", "_failed", "_places"):
        monkeypatch.setattr(registry, kept, dict(getattr(registry, kept)))


# -- selection ------------------------------------------------------------------------------


def test_the_default_is_numpy() -> None:
    assert run("import tensorflowlite_grad as tg; print(tg.get_default_backend())") == "numpy"


@pytest.mark.parametrize(
    ("value", "want"), [("strict", "strict"), ("numpy", "numpy"), ("", "numpy")]
)
def test_the_environment_variable_chooses(value: str, want: str) -> None:
    code = "import tensorflowlite_grad as tg; print(tg.ones(2).backend)"
    assert run(code, **{VARIABLE: value}) == want


def test_the_environment_variable_is_read_at_first_use() -> None:
    code = f"""
import os
import tensorflowlite_grad as tg
os.environ[{VARIABLE!r}] = "strict"
print(tg.ones(2).backend)
"""
    assert run(code, **{VARIABLE: "numpy"}) == "strict"


@pytest.mark.parametrize("name", ["os.system", "tensorflowlite_grad_strict"])
def test_a_bad_environment_variable_is_named_in_the_error(name: str) -> None:
    done = python("-c", "import tensorflowlite_grad as tg; tg.ones(2)", **{VARIABLE: name})
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "BackendError" in last
    assert VARIABLE in last
    assert repr(name) in last
    assert "numpy" in last


def test_importing_does_not_read_the_environment_variable() -> None:
    assert run("import tensorflowlite_grad; print('fine')", **{VARIABLE: "nonsense"}) == "fine"


def test_what_is_set_is_used_and_can_be_asked_for() -> None:
    with tg.use_backend("numpy"):
        tg.set_default_backend("strict")
        assert tg.get_default_backend() == "strict"
        assert tg.ones(2).backend == "strict"


def test_set_default_backend_wins_over_the_environment_and_a_block_over_both() -> None:
    code = """
import tensorflowlite_grad as tg
tg.set_default_backend("numpy")
with tg.use_backend("strict"):
    inside = tg.ones(2).backend
print(inside, tg.ones(2).backend)
"""
    assert run(code, **{VARIABLE: "strict"}) == "strict numpy"


def test_a_block_ends_with_what_was_before_even_by_an_exception() -> None:
    with tg.use_backend("numpy"):
        with tg.use_backend("strict"):
            with tg.use_backend("numpy"):
                assert tg.get_default_backend() == "numpy"
            assert tg.get_default_backend() == "strict"
        with pytest.raises(RuntimeError, match="leaf"), tg.use_backend("strict"):
            tg.ones(1, requires_grad=True).add_(1)
        assert tg.get_default_backend() == "numpy"


def test_a_failed_choice_changes_nothing() -> None:
    with tg.use_backend("strict"):
        with pytest.raises(BackendError):
            tg.set_default_backend("nonsense")
        with pytest.raises(BackendError), tg.use_backend("nonsense"):
            pass
        assert tg.get_default_backend() == "strict"


def test_the_choice_is_of_one_thread() -> None:
    seen: list[str] = []
    with tg.use_backend("strict"):
        thread = threading.Thread(target=lambda: seen.append(tg.get_default_backend()))
        thread.start()
        thread.join()
        assert tg.get_default_backend() == "strict"
    assert seen == [os.environ.get(VARIABLE) or "numpy"]


def test_what_a_thread_sets_ends_with_it() -> None:
    before = tg.get_default_backend()
    thread = threading.Thread(target=lambda: tg.set_default_backend("strict"))
    thread.start()
    thread.join()
    assert tg.get_default_backend() == before


# -- names that are wrong -------------------------------------------------------------------


HOSTILE = [
    *("", " ", "NumPy", "numpy ", "numpy\n", "os", "os.system", "os:system", "../x", "/etc/passwd"),
    *(
        "tensorflowlite_grad_numpy",
        "tensorflowlite_grad_numpy:NumpyBackend",
        "__main__",
        "a" * 9999,
    ),
]


@pytest.mark.parametrize(
    "name",
    HOSTILE,
)
def test_an_unknown_name_is_an_error_that_lists_what_works(name: str) -> None:
    before = set(sys.modules)
    for choose in (tg.set_default_backend, lambda n: tg.use_backend(n).__enter__()):
        with pytest.raises(BackendError, match="unknown backend") as caught:
            choose(name)
        assert repr(name) in str(caught.value)
        assert "backends that work here: numpy" in str(caught.value)
    assert not {m for m in set(sys.modules) - before if m.split(".")[0] == name.split(".")[0]}


@pytest.mark.parametrize("name", [None, 3, b"numpy", ["numpy"], np, object()])
def test_a_name_that_is_no_str_is_a_type_error(name: Any) -> None:
    with pytest.raises(TypeError, match="name of a backend must be str"):
        tg.set_default_backend(name)
    with pytest.raises(TypeError, match="name of a backend must be str"), tg.use_backend(name):
        pass


def test_a_missing_library_says_what_to_install() -> None:
    code = """
import sys
sys.modules["cupy"] = None
import tensorflowlite_grad as tg
try:
    tg.set_default_backend("cupy")
except tg.backend.BackendError as error:
    print(error)
print(tg.get_default_backend())
"""
    message, default = run(code).splitlines()
    assert "'cupy' is not installed" in message
    assert 'pip install "tensorflowlite-grad[cuda13]"' in message
    assert "numpy" in message
    assert default == "numpy"


class _Broken(Backend):
    """Everything that a library without a driver does: it loads, and fails when used."""

    name = "driverless"
    kinds = ("driverless",)
    version = "1"
    tries = 0

    def device_count(self, kind: str) -> int:
        return 1

    def locate(self, array: Any) -> tuple[str, int]:
        return "driverless", 0

    def is_array(self, value: object) -> bool:
        return False

    def namespace(self, kind: str, index: int) -> Any:
        type(self).tries += 1
        raise OSError("driver version is insufficient")

    def to_numpy(self, array: Any) -> Any: ...

    def from_numpy(self, host: Any, kind: str, index: int) -> Any: ...

    def native_dtype(self, name: str) -> Any: ...


def test_a_missing_driver_shows_at_selection(scratch: Any) -> None:
    registry.register_backend("driverless", _Broken)
    _Broken.tries = 0
    for _ in range(3):
        with pytest.raises(BackendError, match="driver version is insufficient") as caught:
            tg.set_default_backend("driverless")
    for words in ("'driverless'", "cannot run here", "driver", "backends that work here: numpy"):
        assert words in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)
    assert "driverless" in registry.names()
    assert "driverless" not in tg.available_backends()
    assert "insufficient" in str(registry.why_unavailable("driverless"))
    assert _Broken.tries == 1


def test_a_device_of_a_broken_backend_says_why(scratch: Any) -> None:
    registry.register_backend("driverless", _Broken)
    with pytest.raises(BackendError, match=r"serves device 'driverless'.*insufficient"):
        tg.ones(2, device="driverless")


def test_what_is_no_backend_is_refused(scratch: Any) -> None:
    registry.register_backend("list", list)
    with pytest.raises(BackendError, match="'list' is a list, not a tensorflowlite_grad Backend"):
        tg.set_default_backend("list")
    # Under another name it would take over the devices of the one that it names.
    registry.register_backend("shelved", numpy_backend())
    with pytest.raises(BackendError, match="'shelved' calls itself 'numpy'"):
        tg.set_default_backend("shelved")


# -- registration ---------------------------------------------------------------------------


class _Other(numpy_backend()):  # type: ignore[misc]
    name = "shelved"
    kinds = ("shelf",)
    made = 0

    def __init__(self) -> None:
        type(self).made += 1

    def locate(self, array: Any) -> tuple[str, int]:
        return "shelf", 0

    def is_array(self, value: object) -> bool:
        return False


def test_a_registered_backend_is_made_at_first_use_and_once(scratch: Any) -> None:
    _Other.made = 0
    registry.register_backend("shelved", _Other)
    assert _Other.made == 0
    for _ in range(2):
        with tg.use_backend("shelved"):
            x = tg.tensor([1.0, 2.0], requires_grad=True)
            (x * x).sum().backward()
    assert _Other.made == 1
    assert x.backend == "shelved"
    assert str(x.device) == str(x.grad.device) == "shelf:0"
    assert x.grad.tolist() == [2.0, 4.0]
    assert tg.ones(2, device="shelf").backend == "shelved"


def test_a_name_can_be_registered_once(scratch: Any) -> None:
    registry.register_backend("shelved", _Other)
    for name in ("shelved", "numpy", "cupy", "strict"):
        with pytest.raises(ValueError, match="registered already"):
            registry.register_backend(name, _Other)


def test_a_name_may_be_registered_after_it_was_asked_for(scratch: Any) -> None:
    with pytest.raises(BackendError, match="unknown"):
        tg.set_default_backend("shelved")
    registry.register_backend("shelved", _Other)
    with tg.use_backend("shelved"):
        assert tg.ones(1).backend == "shelved"


@pytest.mark.parametrize("bad", [("", list), (3, list), ("x", 3), ("x", None)])
def test_bad_registrations_are_type_errors(scratch: Any, bad: Any) -> None:
    with pytest.raises(TypeError, match="backend"):
        registry.register_backend(*bad)


def test_a_third_party_s_backend_is_found_by_its_entry_point() -> None:
    code = """
import sys
import tensorflowlite_grad as tg
from tensorflowlite_grad.backend import names
assert "strict" in names(), names()
assert "tensorflowlite_grad_strict" not in sys.modules
with tg.use_backend("strict"):
    print(tg.ones(2).device, "tensorflowlite_grad_strict" in sys.modules)
"""
    assert run(code) == "strict:0 True"


def test_the_project_s_own_backends_are_known_without_installation() -> None:
    assert {"numpy", "cupy", "torch"} <= set(registry.names())
    assert registry.names()[:2] == ["numpy", "cupy"]


# -- imports --------------------------------------------------------------------------------

LIBRARIES = {"numpy", "cupy", "cupyx", "torch", "jax", "array_api_compat", "array_api_strict"}


def stays_inside(call: ast.Call) -> bool:
    """Return whether an import by a function is relative: of this package, whatever it is."""
    if len(call.args) != 2:
        return False
    name = call.args[0]
    start = name.values[0] if isinstance(name, ast.JoinedStr) else name
    return isinstance(start, ast.Constant) and str(start.value).startswith(".")


def test_the_core_imports_no_array_library() -> None:
    found = []
    for path in sorted((ROOT / "tensorflowlite_grad").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if called.strip("_") in ("import", "import_module") and not stays_inside(node):
                    found.append(f"{path.name}: imports by a name that is computed")
            found += [f"{path.name}: {n}" for n in names if n.split(".")[0] in LIBRARIES]
    assert found == []


def test_importing_the_package_loads_no_library_and_no_backend() -> None:
    code = """
import sys
import tensorflowlite_grad
print([m for m in sys.modules if m.split(".")[0] in {libraries} or "_grad_" in m.split(".")[0]])
""".replace("{libraries}", repr(LIBRARIES))
    assert run(code) == "[]"


def test_work_on_one_backend_loads_no_other() -> None:
    code = """
import sys
import tensorflowlite_grad as tg
x = tg.ones(2, requires_grad=True)
(x * x).sum().backward()
print(x.grad, [m for m in ("cupy", "torch", "array_api_strict") if m in sys.modules])
"""
    assert run(code) == "tensor([2., 2.]) []"


def test_backends_is_no_importable_name() -> None:
    # Without the current directory, which would be a checkout's.
    done = python("-P", "-c", "import backends", PYTHONPATH=str(ROOT / "backends"))
    assert done.returncode == 1
    assert "No module named 'backends'" in done.stderr


# -- CuPy, as far as it goes without a GPU --------------------------------------------------


@pytest.fixture
def machine(scratch: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The stand-in's machine, whose GPUs and driver a test can take away."""
    registry.get("cupy_stand_in")
    found = sys.modules["tensorflowlite_grad_cupy_stand_in.cupy_on_numpy"].MACHINE
    for name in ("devices", "driver"):
        monkeypatch.setattr(found, name, getattr(found, name))
    registry._loaded.pop("cupy_stand_in")
    registry._places.clear()
    return found


def test_cupy_without_a_driver_says_so(machine: Any) -> None:
    machine.driver = False
    with pytest.raises(BackendError, match="finds no CUDA driver") as caught:
        tg.set_default_backend("cupy_stand_in")
    assert "cudaErrorInsufficientDriver" in str(caught.value)
    assert "nvidia-smi" in str(caught.value)


def test_cupy_without_a_gpu_says_so(machine: Any) -> None:
    machine.devices = 0
    with pytest.raises(BackendError, match=r"finds no GPU.*CUDA_VISIBLE_DEVICES"):
        tg.set_default_backend("cupy_stand_in")


def test_cupy_s_adapter_guards_operations_only_where_there_are_several_gpus(machine: Any) -> None:
    backend = registry.get("cupy_stand_in")
    assert backend.guard("stand_in", 0) is not None
    machine.devices = 1
    assert backend.guard("stand_in", 0) is None


def test_cupy_s_adapter_computes_where_the_tensors_are(machine: Any) -> None:
    with tg.use_backend("cupy_stand_in"):
        for index in (0, 1):
            x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], device=f"stand_in:{index}", requires_grad=True)
            y = (x @ x.mT)[:, [0, -1]].exp().sum() + (x * 2 + x).std()
            y.backward()
            optimizer = tg.optim.SGD([x], lr=0.1, momentum=0.9, weight_decay=0.1)
            optimizer.step()
            for t in (y, x.grad, x, tg.rand_like(x), x.sum().detach()):
                assert t.device.index == index
                assert t._array.device.id == index
    with tg.use_backend("cupy_stand_in"), pytest.raises(RuntimeError, match="same device"):
        tg.ones(2) + tg.ones(2, device="stand_in:1")


def test_cupy_s_arrays_may_stand_on_either_side_of_an_operator() -> None:
    with tg.use_backend("cupy_stand_in"):
        x = tg.tensor([1.0, 2.0], requires_grad=True)
        theirs = tg.tensor([3.0, 4.0])._array
        for y in (x * theirs, theirs * x):
            assert isinstance(y, tg.Tensor)
            assert y.tolist() == [3.0, 8.0]
            assert y.requires_grad
        with pytest.raises(TypeError, match="Implicit conversion"):
            np.asarray(theirs)
