"""Differentiate the sine without knowing its derivative.

The gradient of sum(sin(x)) with respect to x holds dy/dx at every point, since no
point depends on another. It is compared with the cosine; `--plot FILE` draws both
curves.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from _common import make_parser, new_figure, parse, save_figure

import tensorflowlite_grad as tg

# A few units in the last place of float32.
TOLERANCE = 1e-6


def main(argv: Sequence[str] | None = None) -> int:
    """Print how far the gradient is from the cosine; the exit status is 1 when it is far."""
    args = parse(make_parser(__doc__, plot=True), argv)

    x = tg.arange(-20, 20, 0.1, requires_grad=True)
    y = tg.sin(x)
    y.sum().backward()
    assert x.grad is not None

    error = (x.grad - tg.cos(x.detach())).abs().max().item()
    print(f"max |dy/dx - cos x| = {error:.1e} at {len(x)} points")

    if args.plot is not None:
        figure = new_figure()
        axes = figure.subplots()
        axes.plot(x.detach().cpu(), y.detach().cpu(), label="y = sin x")
        axes.plot(x.detach().cpu(), x.grad.cpu(), label="dy/dx by autograd")
        axes.set_xlabel("x")
        axes.legend(loc="lower right")
        save_figure(figure, args.plot)
    if not error <= TOLERANCE:
        print(f"the derivative is off by more than {TOLERANCE:g}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
