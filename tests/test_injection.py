"""Text of users, of the environment and of files is looked up or parsed, never run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_hostile_text_is_neither_run_nor_imported() -> None:
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("injection.py"))],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stderr == ""
    *found, tried = done.stdout.splitlines()
    assert found == []
    assert int(tried.removesuffix(" tried")) > 400
