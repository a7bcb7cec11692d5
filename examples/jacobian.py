"""Compute a Jacobian row by row.

`y.backward(v)` computes v @ J, the product of a vector with the Jacobian. With v the
r-th unit vector it is the r-th row, so one backward pass for each output gives all
of J. The graph is kept between the passes, and the gradient, which accumulates, is
zeroed.
"""

from __future__ import annotations

from collections.abc import Sequence

from _common import make_parser, parse, progress

import tensorflowlite_grad as tg


def f(x: tg.Tensor) -> tg.Tensor:
    """Return (x0**2 + 3*x1, 2*x0 + x1**2), filled in by index."""
    y = tg.zeros(2)
    y[0] = x[0] ** 2 + 3 * x[1]
    y[1] = 2 * x[0] + x[1] ** 2
    return y


def jacobian(y: tg.Tensor, x: tg.Tensor) -> tg.Tensor:
    """Return the derivatives of the vector `y` (rows) by the leaf vector `x` (columns)."""
    rows, columns = y.shape[0], x.shape[0]
    result = tg.zeros(rows, columns)
    for r in progress(range(rows), "rows"):
        if x.grad is not None:
            x.grad.zero_()
        unit = tg.zeros(rows)
        unit[r] = 1
        y.backward(unit, retain_graph=True)
        assert x.grad is not None
        result[r, :] = x.grad
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Print the Jacobian at (2, 3)."""
    parse(make_parser(__doc__), argv)
    x = tg.tensor([2.0, 3.0], requires_grad=True)
    print(jacobian(f(x), x))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
