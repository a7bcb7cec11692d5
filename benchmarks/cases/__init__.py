"""The cases, a file for each family."""

from __future__ import annotations

from benchmarks.cases import (
    chain,
    convolution,
    depth,
    elementwise,
    family_memory,
    matmul,
    memory,
    mlp,
    passes,
    quadratic,
    second_derivative,
    startup,
    transforms,
)
from benchmarks.model import Case
from benchmarks.timing import TimedCase

TIMED: dict[str, TimedCase] = {
    case.name: case
    for family in (
        quadratic,
        chain,
        second_derivative,
        mlp,
        elementwise,
        matmul,
        convolution,
        transforms,
    )
    for case in family.CASES
}

CASES: dict[str, Case] = {
    **TIMED,
    **{case.name: case for case in startup.CASES},
    **{case.name: case for case in memory.CASES},
    **{case.name: case for case in family_memory.CASES},
    **{case.name: case for case in passes.CASES},
    **{case.name: case for case in depth.CASES},
}
