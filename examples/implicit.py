"""Differentiate what an equation defines, not the steps that solved it.

Where F(x, t) = 0 defines x as a function of t, the implicit function theorem gives its
derivative from F alone: dx/dt = -(dF/dx)^-1 dF/dt. How x was found does not matter, be it
a thousand iterations or another library: nothing of it is recorded. Two cases are shown:
the fixed point of a map, and the solution of a linear system.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from _common import make_parser, parse

import tensorflowlite_grad as tg
from tensorflowlite_grad.func import jacrev, jvp, vjp


class Root(tg.autograd.Function):
    """The vector x with residual(x, *parameters) = 0, found by solve(*parameters)."""

    @staticmethod
    def forward(residual: Any, solve: Any, *parameters: tg.Tensor) -> tg.Tensor:
        """Solve the equation; nothing is recorded here."""
        x: tg.Tensor = solve(*parameters).clone()
        return x

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keep the solution and the parameters."""
        ctx.residual = inputs[0]
        ctx.save_for_backward(output, *inputs[2:])

    @staticmethod
    def backward(ctx: Any, g: tg.Tensor) -> Any:
        """Solve the transposed linear system, once, and pull back through the residual."""
        x, *parameters = ctx.saved_tensors
        slope = jacrev(ctx.residual)(x, *parameters)
        weights = -tg.linalg.solve(slope.mT, g)
        _, pull = vjp(lambda *p: ctx.residual(x, *p), *parameters)
        return None, None, *pull(weights)

    @staticmethod
    def jvp(ctx: Any, _: None, __: None, *tangents: tg.Tensor) -> Any:
        """Push the tangents through the residual, and solve the linear system."""
        x, *parameters = ctx.saved_tensors
        slope = jacrev(ctx.residual)(x, *parameters)
        _, change = jvp(lambda *p: ctx.residual(x, *p), tuple(parameters), tangents)
        return -tg.linalg.solve(slope, change)


def root(
    residual: Callable[..., tg.Tensor], solve: Callable[..., tg.Tensor], *parameters: tg.Tensor
) -> tg.Tensor:
    """Return the solution of residual(x, *parameters) = 0, a vector, as a function of these.

    It can be differentiated any number of times, in both modes: both rules are written with
    what can be differentiated.
    """
    x: tg.Tensor = Root.apply(residual, solve, *parameters)
    return x


def fixed_point(
    step: Callable[..., tg.Tensor], start: tg.Tensor, *parameters: tg.Tensor
) -> tg.Tensor:
    """Return the x with step(x, *parameters) = x that repeated steps lead to."""

    def solve(*parameters: tg.Tensor) -> tg.Tensor:
        x = start
        for _ in range(1000):
            x, before = step(x, *parameters), x
            if float((x - before).abs().max()) < 1e-14:
                break
        return x

    return root(lambda x, *p: step(x, *p) - x, solve, *parameters)


def linear_solve(a: tg.Tensor, b: tg.Tensor) -> tg.Tensor:
    """Return the x with a @ x = b, as if nothing were known of the solver but its result."""
    return root(lambda x, a, b: a @ x - b, tg.linalg.solve, a, b)


def cosine(x: tg.Tensor, t: tg.Tensor) -> tg.Tensor:
    """Return cos(t * x), whose fixed point is found by going on and on."""
    return (t * x).cos()


def main(argv: Sequence[str] | None = None) -> int:
    """Print derivatives of a fixed point and of a linear solve, and whether they are right."""
    parse(make_parser(__doc__), argv)
    t = tg.tensor([0.8, 1.0], dtype=tg.float64, requires_grad=True)
    start = tg.zeros_like(t)

    def point(t: tg.Tensor) -> tg.Tensor:
        return fixed_point(cosine, start, t)

    x = point(t)
    (slope,) = tg.autograd.grad(x.sum(), t)
    print(f"x = cos(t*x) at t = 1: x = {x[1].item():.6f}, dx/dt = {slope[1].item():.6f}")
    right = tg.autograd.gradcheck(point, t, check_forward_ad=True)
    print(f"first derivatives right: {right}; second: {tg.autograd.gradgradcheck(point, t)}")

    a = tg.tensor([[2.0, 1.0], [1.0, 3.0]], dtype=tg.float64, requires_grad=True)
    b = tg.tensor([3.0, 5.0], dtype=tg.float64, requires_grad=True)
    found = tg.autograd.grad(linear_solve(a, b).sum(), (a, b))
    known = tg.autograd.grad(tg.linalg.solve(a, b).sum(), (a, b))
    same = all(bool(tg.allclose(f, k)) for f, k in zip(found, known, strict=True))
    print(f"linear solve as tg.linalg.solve: {same}")
    return 0 if right and same else 1


if __name__ == "__main__":
    raise SystemExit(main())
