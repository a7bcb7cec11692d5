"""Find the minimum of a*x**2 + b*x + c by gradient descent.

The smallest complete training loop: a parameter, a loss, its gradient and an
optimiser. With the defaults the parabola is (x - 1)**2, so the descent ends at
x = 1 with y = 0. `--plot FILE` draws the path that x took.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from _common import count, finite, make_parser, new_figure, parse, positive, progress, save_figure

import tensorflowlite_grad as tg

Function = Callable[[tg.Tensor], tg.Tensor]


def parabola(a: float, b: float, c: float) -> Function:
    """Return the function x -> a*x**2 + b*x + c."""
    ta, tb, tc = tg.tensor(a), tg.tensor(b), tg.tensor(c)

    def f(x: tg.Tensor) -> tg.Tensor:
        return ta * x**2 + tb * x + tc

    return f


def descend(
    f: Function,
    x: tg.Tensor,
    lr: float,
    steps: int,
    visit: Callable[[tg.Tensor], None] | None = None,
) -> None:
    """Move the leaf `x` downhill on `f`, calling `visit(x)` before the first and after each step.

    `visit` is optional because looking at a value makes a GPU wait for it.
    """
    optimizer = tg.optim.SGD([x], lr=lr)
    if visit is not None:
        visit(x)
    for _ in progress(range(steps), "descent"):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
        if visit is not None:
            visit(x)


def draw(f: Function, path: list[float], file: Path) -> None:
    """Draw the parabola and the path of descent on it."""
    low, high = min(path), max(path)
    margin = 0.25 * (high - low) or 1.0
    # Mirrored about the end point, so that the curve shows both of its sides.
    reach = max(high - path[-1], path[-1] - low) + margin
    curve = tg.linspace(path[-1] - reach, path[-1] + reach, 200)
    steps = tg.tensor(path)

    figure = new_figure()
    axes = figure.subplots()
    axes.plot(curve.cpu(), f(curve).cpu(), color="0.6", label="f(x)")
    axes.plot(steps.cpu(), f(steps).cpu(), ".-", markersize=4, label="path of descent")
    axes.plot(path[-1:], f(steps[-1:]).cpu(), "o", label=f"after {len(path) - 1} steps")
    axes.set(xlabel="x", ylabel="f(x)")
    axes.legend()
    save_figure(figure, file)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the descent; the exit status is 1 when it diverges."""
    parser = make_parser(__doc__, plot=True)
    parser.add_argument("--a", type=positive, default=1.0, help="above 0, or there is no minimum")
    parser.add_argument("--b", type=finite, default=-2.0)
    parser.add_argument("--c", type=finite, default=1.0)
    parser.add_argument("--x0", type=finite, default=0.0, help="where the descent starts")
    parser.add_argument("--lr", type=positive, default=0.01, help="learning rate")
    parser.add_argument("--steps", type=count, default=500)
    args = parse(parser, argv)

    f = parabola(args.a, args.b, args.c)
    x = tg.tensor(args.x0, requires_grad=True)
    path: list[float] = []
    visit = (lambda at: path.append(at.item())) if args.plot is not None else None
    descend(f, x, args.lr, args.steps, visit)
    print("y=", f(x).detach(), ";", "x=", x.detach())

    # A step multiplies the distance to the minimum by 1 - 2*a*lr.
    if args.lr >= 1 / args.a or not math.isfinite(x.item()):
        print(
            f"the descent does not converge with --lr {args.lr:g}: "
            f"take a learning rate below 1/a = {1 / args.a:g}",
            file=sys.stderr,
        )
        return 1
    if args.plot is not None:
        draw(f, path, args.plot)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
