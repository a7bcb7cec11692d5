"""Fit a line by hand: data, model, loss and update written out.

Noisy points are drawn from y = X @ w + b with known w and b, and minibatch gradient
descent recovers them. There is no optimiser and no layer: a step is an in-place
subtraction, which `no_grad` keeps out of the graph.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from _common import count, make_parser, parse, positive, progress

import tensorflowlite_grad as tg

TRUE_W = (2.0, -3.4)
TRUE_B = 4.2
NOISE = 0.01
# Above the noise that is left after averaging over a batch, below any visible misfit.
TOLERANCE = 0.02


def synthetic_data(n: int) -> tuple[tg.Tensor, tg.Tensor]:
    """Return `n` random points and their noisy values."""
    x = tg.randn(n, len(TRUE_W))
    y = x @ tg.tensor(TRUE_W) + TRUE_B
    return x, y + NOISE * tg.randn(n)


def squared_loss(predicted: tg.Tensor, y: tg.Tensor) -> tg.Tensor:
    """Return half the mean squared error."""
    return ((predicted - y) ** 2).mean() / 2


def sgd_step(parameters: Sequence[tg.Tensor], lr: float) -> None:
    """Move each parameter against its gradient, and clear the gradient."""
    with tg.no_grad():
        for parameter in parameters:
            assert parameter.grad is not None
            parameter.sub_(lr * parameter.grad)
            parameter.grad.zero_()


def main(argv: Sequence[str] | None = None) -> int:
    """Print the estimation errors; the exit status is 1 when one is large."""
    parser = make_parser(__doc__)
    parser.add_argument("--points", type=count, default=1000)
    parser.add_argument("--batch-size", type=count, default=10)
    parser.add_argument("--steps", type=count, default=300)
    parser.add_argument("--lr", type=positive, default=0.03, help="learning rate")
    parser.add_argument("--seed", type=int, default=0)
    args = parse(parser, argv)

    tg.manual_seed(args.seed)
    x, y = synthetic_data(args.points)
    w = (0.01 * tg.randn(len(TRUE_W))).requires_grad_()
    b = tg.zeros((), requires_grad=True)

    for _ in progress(range(args.steps), "regression"):
        batch = tg.randint(0, args.points, (args.batch_size,))
        squared_loss(x[batch] @ w + b, y[batch]).backward()
        sgd_step((w, b), args.lr)

    with tg.no_grad():
        w_error = w - tg.tensor(TRUE_W)
        b_error = b - TRUE_B
        loss = squared_loss(x @ w + b, y)
    print(f"loss: {loss.item():.6f}")
    print("error of w:", w_error)
    print("error of b:", b_error)
    largest = max(w_error.abs().max().item(), b_error.abs().item())
    if not largest <= TOLERANCE:
        print(f"an estimate is off by more than {TOLERANCE:g}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
