"""Peak memory of forward and backward, for a program of each family of operations.

The programs are PyTorch's spelling, which both libraries run as it stands. Each runs in a
process of its own, after once on little data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.cases.memory import _peak, _resident
from benchmarks.model import Line, Sample, Settings, Target
from benchmarks.peers import SPECS, Peer, missing
from benchmarks.processes import Figures, once, round_robin

Program = Callable[[Any, Any], Any]


def _elementwise(xp: Any, x: Any) -> Any:
    return (xp.exp(-x * x) * x.tanh() + xp.sqrt(x * x + 1) * xp.sigmoid(x)).sum()


def _special(xp: Any, x: Any) -> Any:
    return (xp.special.erf(x) + xp.special.log_ndtr(x) + xp.sinc(x)).sum()


def _reductions(xp: Any, x: Any) -> Any:
    return (x.std(dim=1) + x.logsumexp(1) + x.amax(1) + x.norm(dim=1)).sum()


def _cumulative(xp: Any, x: Any) -> Any:
    return (x.cumsum(1) * x).mean() + x.logcumsumexp(1).mean()


def _shapes(xp: Any, x: Any) -> Any:
    joined = xp.cat([x, x.flip(0), xp.roll(x, 3, 1)], 1)
    return (joined.reshape(-1, 3).t() * 2).sum()


def _indexing(xp: Any, x: Any) -> Any:
    picked = x.index_select(0, xp.arange(x.shape[0] - 1, -1, -1))
    return (picked.masked_fill(picked < 0, 0.5) * 2).sum()


def _sorting(xp: Any, x: Any) -> Any:
    return x.sort(dim=1).values[:, ::2].sum() + x.topk(3, dim=1).values.sum()


def _products(xp: Any, x: Any) -> Any:
    square = x[: x.shape[1]]
    return (x @ square).relu().sum() + xp.einsum("ij,kj->ik", x[:64], square).sum()


def _decompositions(xp: Any, x: Any) -> Any:
    stack = x.reshape(-1, 32, 32)
    positive = stack @ stack.mT + 32 * xp.eye(32)
    return xp.linalg.cholesky(positive).sum() + xp.linalg.inv(positive).sum()


def _fourier(xp: Any, x: Any) -> Any:
    spectrum = xp.fft.rfft(x)
    return xp.fft.irfft(spectrum * 0.5, x.shape[1]).square().sum()


def _layers(xp: Any, x: Any) -> Any:
    f = xp.nn.functional
    hidden = f.gelu(f.layer_norm(x, (x.shape[1],)))
    return f.cross_entropy(hidden, xp.arange(x.shape[0]) % x.shape[1])


def _attention(xp: Any, x: Any) -> Any:
    q = x.reshape(-1, 4, 64, 32)
    return xp.nn.functional.scaled_dot_product_attention(q, q, q).sum()


def _convolution(xp: Any, x: Any) -> Any:
    f = xp.nn.functional
    images = x.reshape(-1, 8, 32, 32)
    weight = xp.ones(8, 8, 3, 3) * 0.1
    return f.max_pool2d(f.conv2d(images, weight, padding=1).relu(), 2).sum()


FAMILIES: dict[str, Program] = {
    "elementwise": _elementwise,
    "special": _special,
    "reductions": _reductions,
    "cumulative": _cumulative,
    "shapes": _shapes,
    "indexing": _indexing,
    "sorting": _sorting,
    "products": _products,
    "linalg": _decompositions,
    "fft": _fourier,
    "layers": _layers,
    "attention": _attention,
    "convolution": _convolution,
}
#: Rows of 256 numbers.
WIDTH = 256


def _measured(program: Program, peer: Peer, rows: int) -> Figures:
    """Run a program forward and backward, and see what it needed at most."""

    def gradient(rows: int) -> Any:
        values = np.linspace(-2, 2, rows * WIDTH, dtype=np.float32)
        x = peer.xp.tensor(np.cos(values * 37).reshape(rows, WIDTH), requires_grad=True)
        start = _forget_peak()
        program(peer.xp, x).backward()
        peer.finish(x.grad)
        return start, _peak(), x.grad

    gradient(256)
    before, after, found = gradient(rows)
    return {"memory": max(after - before, 0), "gradient": [float(peer.host(abs(found).sum()))]}


#: What a process is asked for, by the name of a line.
WORK: dict[str, Callable[[Peer, int], Figures]] = {
    f"family-memory-{name}": partial(_measured, program) for name, program in FAMILIES.items()
}


def _forget_peak() -> int:
    """Start the process's peak anew where the system lets us, and return what is held."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass
    return _resident()


@dataclass(frozen=True)
class FamilyMemory:
    """Peak memory beyond the operand itself, for each family."""

    name: str = "family-memory"
    rows: int = 16384

    def measure(self, names: Sequence[str], settings: Settings) -> list[Line]:
        """Measure PyTorch and the package, each program in a process of its own."""
        rows = 512 if settings.quick else self.rows
        spelling = {n: missing(SPECS[n]) for n in names}
        for n in names:
            if SPECS[n].style != "torch":
                spelling[n] = "it has another spelling"
        skipped = {n: reason for n, reason in spelling.items() if reason is not None}
        present = [n for n in names if n not in skipped]
        families = list(FAMILIES)[:2] if settings.quick else list(FAMILIES)
        return [self._line(family, rows, present, skipped, settings) for family in families]

    def _line(
        self,
        family: str,
        rows: int,
        present: list[str],
        skipped: dict[str, str],
        settings: Settings,
    ) -> Line:
        figures, failed = round_robin(
            present,
            settings.process_rounds,
            lambda peer: once("once", f"{self.name}-{family}", peer, str(rows)),
        )
        sums = {peer: found[0]["gradient"][0] for peer, found in figures.items()}
        reference = sums.get("torch")
        for peer, value in sums.items():
            if reference is not None and not math.isclose(value, reference, rel_tol=1e-3):
                failed[peer] = f"|gradient| sums to {value}, PyTorch's to {reference}"
                del figures[peer]
        samples = {
            peer: Sample([one["memory"] for one in found]) for peer, found in figures.items()
        }
        title = f"{family}: peak memory of forward and backward, {rows:,} x {WIDTH} float32"
        return Line(f"{self.name}-{family}", title, "B", samples, skipped, (Target(1.0),), failed)


CASES = (FamilyMemory(),)
