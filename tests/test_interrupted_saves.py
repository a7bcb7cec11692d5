"""Processes that are killed while they train and save, at any moment."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import tensorflowlite_grad as tg

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
#: Goes on from the checkpoint for as long as it lives.
PROGRAM = """
import sys
sys.path[:0] = sys.argv[3:]
from test_interrupted_saves import train
train(sys.argv[1], int(sys.argv[2]))
"""


def train(path: str, steps: int) -> dict[str, Any]:
    """Train to a number of steps, saving after each; return what is saved."""
    tg.manual_seed(0)
    weight = tg.randn(8, 4, requires_grad=True)
    bias = tg.zeros(4, requires_grad=True)
    optimizer = tg.optim.SGD([weight, bias], lr=0.05, momentum=0.9)
    step = 0
    if os.path.exists(path):
        saved = tg.load(path)
        step, weight, bias = saved["step"], saved["weight"], saved["bias"]
        optimizer = tg.optim.SGD([weight, bias], lr=1.0)
        optimizer.load_state_dict(saved["optimizer"])
        tg.set_rng_state(saved["random"])
    while step < steps:
        x = tg.randn(16, 8)
        optimizer.zero_grad()
        loss = ((tg.tanh(x @ weight + bias) - x[:, :4].sin()) ** 2).mean()
        loss.backward()
        optimizer.step()
        step += 1
        saved = {
            "step": step,
            "loss": loss.item(),
            "weight": weight,
            "bias": bias,
            "optimizer": optimizer.state_dict(),
            "random": tg.get_rng_state(),
        }
        tg.save(saved, path)
    return saved


@pytest.mark.parametrize(("name", "kills"), [("checkpoint.safetensors", 20), ("checkpoint.npz", 5)])
def test_training_that_is_killed_again_and_again_goes_on_bit_for_bit(tmp_path, name, kills):
    rng = random.Random(name)
    path = tmp_path / name
    for _ in range(kills):
        before = path.stat().st_mtime_ns if path.exists() else None
        child = start(path)
        try:
            deadline = time.monotonic() + 60
            while not path.exists() or path.stat().st_mtime_ns == before:
                assert child.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.03))
        finally:
            child.send_signal(signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL
        tg.load(path)
    with tg.use_backend("numpy"):
        interrupted = tg.load(path)
        steps = interrupted["step"]
        assert steps >= kills
        whole = train(str(tmp_path / f"whole-{name}"), steps)
    assert (tmp_path / f"whole-{name}").read_bytes() == path.read_bytes()
    assert interrupted["loss"] == whole["loss"]


def start(path: Path) -> subprocess.Popen[bytes]:
    here = str(Path(__file__).parent)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), str(10**9), here, *filter(None, sys.path)],
        env={**os.environ, "TENSORFLOWLITE_GRAD_BACKEND": "numpy", "OMP_NUM_THREADS": "1"},
    )


def test_a_save_that_is_killed_leaves_the_old_file(tmp_path):
    """The process dies between the writes of one save, for certain."""
    path = tmp_path / "f"
    tg.save([1, tg.ones(3)], path)
    before = path.read_bytes()
    program = """
import os, signal, sys
sys.path[:0] = sys.argv[2:]
import tensorflowlite_grad as tg
from tensorflowlite_grad.serialization import sinks
write = sinks.Sink.write
def counted(self, data, calls=[]):
    calls.append(1)
    if len(calls) == 3:
        self._file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    return write(self, data)
sinks.Sink.write = counted
tg.save([2, tg.zeros(1000)], sys.argv[1])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), *filter(None, sys.path)], check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    left = [p for p in tmp_path.iterdir() if p != path]
    assert [p.name[:8] for p in left] == [".saving-"]
