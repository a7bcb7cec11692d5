"""Proving a backend on the machine at hand: ``python -m tensorflowlite_grad check``."""

from .derivatives import CHECKS, Problem, problems
from .samples import Case, all_cases

__all__ = ["CHECKS", "Case", "Problem", "all_cases", "problems"]
