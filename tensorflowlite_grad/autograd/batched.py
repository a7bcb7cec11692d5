"""Several cotangents at once: `grad` with ``is_grads_batched=True``."""

from __future__ import annotations

from typing import Any

from . import api, carrier
from .graph import GradientEdge, Variable

__all__ = ["grad_batched"]


def grad_batched(
    outputs: list[Any],
    inputs: list[Any],
    cotangents: list[Any],
    keep: bool,
    create_graph: bool,
    allow_unused: bool,
    materialize_grads: bool,
) -> tuple[Any, ...]:
    """Return gradients stacked along a leading axis, one entry for each of the cotangents'.

    Saved values are freed by the last pass, unless `keep` is set.
    """
    count = _batch_size(outputs, cotangents)
    rows = []
    for k in range(count):
        rows.append(
            api.grad(
                outputs,
                inputs,
                [None if g is None else g[k] for g in cotangents],
                keep or k < count - 1,
                create_graph,
                allow_unused,
                materialize_grads=materialize_grads,
            )
        )
    if not rows:
        return tuple(t.new_zeros(0, *t.shape) for t in inputs)
    columns = zip(*rows, strict=True)
    return tuple(
        None if column[0] is None else carrier.tensors().stack(column) for column in columns
    )


def _batch_size(outputs: list[Any], cotangents: list[Any]) -> int:
    """Return how many gradients are batched; raise where a shape does not fit."""
    sizes = {}
    for number, (output, g) in enumerate(zip(outputs, cotangents, strict=True)):
        if g is None:
            continue
        if not isinstance(g, Variable):
            raise TypeError(
                f"gradients can be either Tensors or None, but got {type(g).__name__} for output "
                f"{number}; make a tensor of it with tensor()"
            )
        known = not isinstance(output, GradientEdge)
        if not g._array.ndim or (known and tuple(g._array.shape[1:]) != tuple(output._array.shape)):
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output "
                "as the batch dimension. The sizes of the remaining dimensions are expected to "
                "match the shape of corresponding output, but a mismatch was detected: "
                f"grad_output[{number}] has a shape of {g.shape!r} and output[{number}] has a "  # type: ignore[attr-defined]
                f"shape of {output.shape!r}."
            )
        sizes[number] = int(g._array.shape[0])
    if not sizes:
        raise RuntimeError("is_grads_batched=True needs grad_outputs with a leading batch axis")
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"grad_output[{n}]: {size}" for n, size in sizes.items())
        raise RuntimeError(f"batched gradients must agree in their batch size, but have {listed}")
    return next(iter(sizes.values()))
