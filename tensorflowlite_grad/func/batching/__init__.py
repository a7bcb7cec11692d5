"""Batches as a carrier: arrays that look like one example and compute all of them."""

from .array import BatchedArray, Space
from .backend import BatchedPlace

__all__ = ["BatchedArray", "BatchedPlace", "Space"]
