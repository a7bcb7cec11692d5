"""Libraries written for the standard run on tensors, and what they compute is differentiated.

Each function is differentiated against central differences. SciPy reads SCIPY_ARRAY_API
when it is imported, so that its part and scikit-learn's run in a process of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowlite_grad as tg

SCRIPT = Path(__file__).parent / "array_api_consumers.py"


def test_consumers_are_differentiated() -> None:
    """Run the table of `array_api_consumers`, which says what failed."""
    pytest.importorskip("scipy")
    pytest.importorskip("sklearn")
    pytest.importorskip("array_api_extra")
    pytest.importorskip("einops")
    root = Path(__file__).parents[1]
    paths = [str(root), str(root / "backends"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "SCIPY_ARRAY_API": "1", "PYTHONPATH": os.pathsep.join(paths)}
    environment.pop("TENSORFLOWLITE_GRAD_BACKEND", None)
    out = subprocess.run(
        [sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False
    )
    lines = out.stdout.splitlines()
    failed = [line for line in lines if not line.startswith("ok ")]
    assert out.returncode == 0, out.stderr
    assert failed == []
    assert len(lines) >= 80


def test_without_a_common_vocabulary_scipy_says_that_gradients_would_be_lost() -> None:
    special = pytest.importorskip("scipy.special")
    with pytest.raises(RuntimeError, match="requires grad"):
        special.gammaln(tg.ones(2, requires_grad=True))


def test_hypothesis_draws_tensors(backend: str) -> None:
    import warnings

    from hypothesis import find, given
    from hypothesis.errors import HypothesisWarning
    from hypothesis.extra.array_api import make_strategies_namespace

    from tensorflowlite_grad import array_api as xp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        strategies = make_strategies_namespace(xp, api_version="2022.12")

    @given(strategies.arrays(xp.float32, (2, 3), elements={"min_value": 0, "max_value": 1}))
    def check(x: Any) -> None:
        assert isinstance(x, tg.Tensor)
        assert x.shape == (2, 3)

    check()
    assert find(strategies.scalar_dtypes(), lambda d: d is xp.float32) is xp.float32


def test_einops_knows_tensors(backend: str) -> None:
    einops = pytest.importorskip("einops")
    import tensorflowlite_grad.utils.einops  # noqa: F401

    values = np.arange(24.0).reshape(2, 3, 4)
    x = tg.tensor(values)
    for pattern, sizes in (("a b c -> c (a b)", {}), ("a (b d) c -> d a b c", {"d": 3})):
        got = einops.rearrange(x, pattern, **sizes)
        want = einops.rearrange(values, pattern, **sizes)
        np.testing.assert_array_equal(got.numpy(force=True), want)
    for how in ("sum", "mean", "max", "min", "prod"):
        got = einops.reduce(x, "a b c -> b", how)
        np.testing.assert_allclose(got.numpy(force=True), einops.reduce(values, "a b c -> b", how))
    assert einops.repeat(x, "a b c -> a b c d", d=2).shape == (2, 3, 4, 2)
    assert einops.einsum(x, x, "a b c, a b d -> c d").shape == (4, 4)
    packed, shapes = einops.pack([x, x[:, 0]], "a * c")
    assert [p.shape for p in einops.unpack(packed, shapes, "a * c")] == [(2, 3, 4), (2, 4)]
