"""Differentiate through Python's own loops and branches.

The graph records the operations that ran, so `while` and `if` need no special form.
The function below only ever multiplies its argument by a constant, although which
constant depends on the argument: f(a) = k*a with k constant around a, and the
gradient is k = f(a) / a.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from _common import count, make_parser, parse, progress

import tensorflowlite_grad as tg


def f(a: tg.Tensor) -> tg.Tensor:
    """Double `a` until its norm reaches 1000, then scale it up if it is negative."""
    b = a * 2
    while b.norm() < 1000:
        b = b * 2
    return b if b.sum() > 0 else 100 * b


def main(argv: Sequence[str] | None = None) -> int:
    """Compare the gradient with f(a) / a at random points; the exit status is 1 if they differ."""
    parser = make_parser(__doc__)
    parser.add_argument("--points", type=count, default=8, help="how many random points to try")
    parser.add_argument("--seed", type=int, default=0)
    args = parse(parser, argv)

    tg.manual_seed(args.seed)
    rows = []
    for _ in progress(range(args.points), "points"):
        a = tg.randn((), requires_grad=True)
        d = f(a)
        d.backward()
        assert a.grad is not None
        rows.append((a.item(), d.item(), a.grad.item(), (d / a).item()))

    print(f"{'a':>10} {'d = f(a)':>14} {'a.grad':>10} {'d / a':>10}")
    for row in rows:
        print("{:10.4f} {:14.4f} {:10g} {:10g}".format(*row))
    # Doubling is exact; the factor of 100 and the quotient may each round.
    agree = sum(math.isclose(grad, ratio, rel_tol=1e-6) for _, _, grad, ratio in rows)
    print(f"a.grad == d / a at {agree} of {len(rows)} points")
    if agree < len(rows):
        print("the gradient through the control flow is wrong", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
