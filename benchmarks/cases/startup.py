"""What a peer costs before it has computed anything: time to import, and bytes on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import installed
from benchmarks.model import Line, Sample, Settings, Target
from benchmarks.peers import SPECS, missing
from benchmarks.processes import once, round_robin

_SCRIPT = """
import json, time
import numpy
start = time.perf_counter()
{imports}
imported = time.perf_counter()
{first}
first = time.perf_counter()
print(json.dumps({{"import": imported - start, "first": first - start}}))
"""

_TORCH_STYLE = "x = m.tensor(2.0, requires_grad=True); (x * x).backward()"
_SNIPPETS = {
    "tensorflowlite_grad": ("import tensorflowlite_grad as m", _TORCH_STYLE),
    "torch": ("import torch as m", _TORCH_STYLE),
    "autograd": (
        "import autograd, autograd.numpy",
        "autograd.grad(lambda x: x * x)(2.0)",
    ),
    "mygrad": ("import mygrad as m", "x = m.tensor(2.0); (x * x).backward()"),
    "jax": (
        "import jax, jax.numpy",
        "jax.grad(lambda x: x * x)(2.0).block_until_ready()",
    ),
}


def _script(name: str) -> str:
    imports, first = _SNIPPETS[name]
    return _SCRIPT.format(imports=imports, first=first)


def _without(names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the peers that have start-up figures, and why the others have none."""
    skipped: dict[str, str] = {}
    for name in names:
        if name == "jax_jit":
            skipped[name] = "the same package as JAX"
        elif name == "numpy":
            skipped[name] = "the zero of this line"
        else:
            reason = missing(SPECS[name])
            if reason is not None:
                skipped[name] = reason
    return [name for name in names if name not in skipped], skipped


@dataclass(frozen=True)
class Startup:
    """Import time, in fresh processes."""

    name: str = "import"

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Measure the named peers, each in processes of its own that have NumPy already."""
        present, skipped = _without(names)
        # The first round only fills the caches of the disk and of compiled bytecode.
        rounds = 1 if settings.quick else 1 + 3 * settings.process_rounds
        figures, failed = round_robin(
            present, rounds, lambda name: once("-c", _script(name), module=None)
        )

        def samples(key: str) -> dict[str, Sample]:
            return {
                name: Sample([one[key] for one in (all_rounds[1:] or all_rounds)])
                for name, all_rounds in figures.items()
            }

        title = "import, over NumPy's own import"
        target = (Target(0.15, against=None),)
        return [
            Line(self.name, title, "s", samples("import"), skipped, target, failed),
            Line(
                "first-gradient",
                "import and a first gradient, over NumPy's own import",
                "s",
                samples("first"),
                skipped,
                (),
                failed,
            ),
        ]


@dataclass(frozen=True)
class InstallSize:
    """Bytes that an installation puts on the disk."""

    name: str = "install-size"

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Add up the files of the named peers' distributions and of what they require."""
        present, skipped = _without(names)
        samples: dict[str, Sample] = {}
        for name in present:
            try:
                size, parts = installed.size(SPECS[name].distribution)
            except installed.SizeUnknown as error:
                skipped[name] = str(error)
            else:
                samples[name] = Sample([size], parts)
        title = "installed files, and those of what they require beyond NumPy"
        return [Line(self.name, title, "B", samples, skipped)]


CASES = (Startup(), InstallSize())
