"""What `gradcheck` compares: Jacobians by differences, by reverse and by forward mode.

A derivative is checked as a matrix of real numbers: a row for each part of an input that can
change, a column for each part of a result. Complex numbers have two parts each, and a
gradient is what PyTorch's convention makes of it: ``Re <gradient, change>`` of an input is
``Re <cotangent, change>`` of the results.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..functions import creation, generators, joining
from ..functions.random import randn
from . import api, carrier, forward_ad, modes
from .graph import Variable, make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Check", "GradcheckError", "random_like"]


class GradcheckError(RuntimeError):
    """A derivative is not what finite differences say."""

    __module__ = "tensorflowlite_grad.autograd.gradcheck"  # where users know it from


def _units(t: Any) -> tuple[Any, ...]:
    return (1.0, 1j) if t.dtype.is_complex else (1.0,)


def _inner(a: Any, b: Any) -> Any:
    """Return the real inner product of two tensors, as a number's tensor."""
    xp = carrier.tensors()
    a, b = a.detach(), b.detach()
    product = (xp.real(a) * xp.real(b) + xp.imag(a) * xp.imag(b)) if a.dtype.is_complex else a * b
    return product.sum()


class Check:
    """One function at one point."""

    def __init__(
        self,
        func: Callable[..., Any],
        inputs: Any,
        eps: float,
        atol: float,
        rtol: float,
        nondet_tol: float,
        complex_step: bool,
    ) -> None:
        self.func = func
        self.given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
        self.eps, self.atol, self.rtol = eps, atol, rtol
        self.nondet_tol = nondet_tol
        self.complex_step = complex_step
        self.states = generators.all_states()
        self.chosen = [
            k for k, t in enumerate(self.given) if isinstance(t, Variable) and t._edge is not None
        ]
        if not self.chosen:
            raise ValueError(
                "gradcheck expects at least one input tensor to require gradient, but none of "
                "them have requires_grad=True."
            )
        for k in self.chosen:
            t: Any = self.given[k]
            if t.dtype.name not in ("float64", "complex128"):
                warnings.warn(
                    f"Input #{k} requires gradient and is not a double precision floating point or "
                    f"complex: it is {t.dtype.name}. This check will likely fail if all the inputs "
                    "are not of double precision floating point or complex.",
                    stacklevel=3,
                )
            if t.numel() and t._place.backend.overlaps_itself(t._array) and _strides_zero(t):
                raise RuntimeError(
                    f"The {k}th input has a dimension with stride 0. gradcheck only supports "
                    "inputs that are non-overlapping to be able to compute the numerical gradients "
                    "correctly. You should call .contiguous on the input before passing it to "
                    "gradcheck."
                )

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Leave random generators as they were."""
        try:
            with modes.enable_grad():
                yield
        finally:
            generators.set_all_states(self.states)

    def call(self, inputs: list[Any]) -> tuple[Any, ...]:
        """Return the function's results, always of the same random numbers."""
        generators.set_all_states(self.states)
        given = list(self.given)
        for k, t in zip(self.chosen, inputs, strict=True):
            given[k] = t
        out = self.func(*given)
        outs = tuple(out) if isinstance(out, (tuple, list)) else (out,)
        return tuple(o for o in outs if isinstance(o, Variable))

    def leaves(self) -> list[Any]:
        """Return copies of the inputs to differentiate by."""
        out = []
        for k in self.chosen:
            t = self.given[k].detach().clone()
            make_leaf(t)
            out.append(t)
        return out

    def prepare(self) -> None:
        """Find out which results have a derivative."""
        outs = self.call(self.leaves())
        self.numbers = [n for n, o in enumerate(outs) if o.dtype.is_differentiable]
        self.recorded = [n for n in self.numbers if outs[n]._edge is not None]
        self.shapes = [(tuple(o.shape), o.dtype) for o in outs]

    # -- numerical ------------------------------------------------------------------------

    def moved(self, number: int, step: Any) -> list[Any]:
        """Return values of the results with a step added to one input, whose history is off."""
        inputs = [self.given[k].detach().clone() for k in self.chosen]
        inputs[number] = inputs[number] + step
        with modes.no_grad():
            return [o.detach() for o in self.call(inputs)]

    def change(self, number: int, direction: Any, where: Any) -> list[Any]:
        """Return how the results change along a direction of an input, per unit of it."""
        if self.complex_step and not direction.dtype.is_complex:
            h = 1e-100
            found = self.moved(number, direction * (1j * h))
            xp = carrier.tensors()
            return [xp.imag(o) / h if o.dtype.is_complex else o * 0 for o in found]
        up = self.moved(number, direction * self.eps)
        down = self.moved(number, direction * -self.eps)
        self.expect_same_kinds(up, where, self.eps)
        self.expect_same_kinds(down, where, -self.eps)
        return [(a - b) / (2 * self.eps) for a, b in zip(up, down, strict=True)]

    def expect_same_kinds(self, outs: list[Any], where: Any, eps: float) -> None:
        """Raise unless results for a moved input have the shapes and dtypes of the first ones."""
        moved = f"when inputs are perturbed on index {where} by {eps}, but got:"
        if len(outs) != len(self.shapes):
            raise AssertionError(
                f"Expected `func` to return as many outputs {moved} {len(self.shapes)} and "
                f"{len(outs)}."
            )
        for out, (shape, dtype) in zip(outs, self.shapes, strict=True):
            if tuple(out.shape) != shape:
                raise AssertionError(
                    f"Expected `func` to return outputs with the same shape {moved} shapes "
                    f"{list(shape)} and {list(out.shape)}."
                )
            if out.dtype is not dtype:
                raise AssertionError(
                    f"Expected `func` to return outputs with the same dtype {moved} dtypes "
                    f"{dtype} and {out.dtype}."
                )

    def directions(self, number: int) -> Iterator[tuple[Any, Any]]:
        """Return the unit changes of an input, each with its position."""
        t = self.given[self.chosen[number]].detach()
        count = t.numel()
        basis = creation.eye(count, dtype=t.dtype, device=t.device)
        for row in range(count):
            for unit in _units(t):
                yield _position(row, tuple(t.shape)), (basis[row] * unit).reshape(t.shape)

    def numerical(self, number: int) -> list[Any]:
        """Return the Jacobian by an input of every result, a row for each unit change."""
        rows: list[list[Any]] = [[] for _ in self.shapes]
        for position, direction in self.directions(number):
            for n, change in enumerate(self.change(number, direction, position)):
                rows[n].append(_parts(change))
        return [joining.stack(r) if r else None for r in rows]

    # -- analytical -----------------------------------------------------------------------

    def pulled(
        self, outs: Any, inputs: Any, cotangents: dict[int, Any], alone: bool = False
    ) -> list[Any]:
        """Return gradients for cotangents of some results; zeros where there are none.

        Other results have zeros for their cotangents; none at all if these are to be `alone`.
        """
        roots = {n: g for n, g in cotangents.items() if outs[n]._edge is not None}
        if not alone:
            zeros = carrier.tensors().zeros_like
            others = (n for n in self.recorded if n not in roots and outs[n]._edge is not None)
            roots.update({n: zeros(outs[n].detach()) for n in others})
        if not roots:
            return [t.new_zeros(t.shape) for t in inputs]
        found = api.grad(
            [outs[n] for n in roots],
            inputs,
            list(roots.values()),
            retain_graph=True,
            allow_unused=True,
        )
        return [
            t.new_zeros(t.shape) if g is None else g for g, t in zip(found, inputs, strict=True)
        ]

    def reverse(self, n: int) -> list[Any]:
        """Return the Jacobians of a result by every input, by reverse mode, as `numerical`."""
        inputs = self.leaves()
        outs = self.call(inputs)
        out = outs[n]
        columns: list[list[Any]] = [[] for _ in inputs]
        count = out.numel()
        basis = creation.eye(count, dtype=out.dtype, device=out.device)
        for k in range(count):
            for unit in _units(out):
                cotangent = (basis[k] * unit).reshape(out.shape)
                for j, g in enumerate(self.pulled(outs, inputs, {n: cotangent})):
                    columns[j].append(_parts(g))
        return [joining.stack(c, 1) if c else None for c in columns]

    def pushed(self, number: int, direction: Any) -> list[Any]:
        """Return tangents of the results for one of an input, by forward mode."""
        inputs = [self.given[k].detach().clone() for k in self.chosen]
        with forward_ad.dual_level():
            inputs[number] = forward_ad.make_dual(inputs[number], direction)
            outs = [forward_ad.unpack_dual(o) for o in self.call(inputs)]
        xp = carrier.tensors()
        return [xp.zeros_like(o.primal.detach()) if o.tangent is None else o.tangent for o in outs]

    # -- comparisons ----------------------------------------------------------------------

    def entries(self, backward: bool, forward: bool) -> None:
        """Compare every entry of every Jacobian."""
        numerical = [self.numerical(j) for j in range(len(self.chosen))]
        for n in self.numbers:
            if n not in self.recorded and not forward:
                self.expect_zero(n, numerical)
                continue
            if backward and n in self.recorded:
                for j, analytical in enumerate(self.reverse(n)):
                    self.compare(n, j, numerical[j][n], analytical, "")
        if forward:
            for j in range(len(self.chosen)):
                rows: list[list[Any]] = [[] for _ in self.shapes]
                for _, direction in self.directions(j):
                    for n, dot in enumerate(self.pushed(j, direction)):
                        rows[n].append(_parts(dot))
                for n in self.numbers:
                    found = joining.stack(rows[n]) if rows[n] else None
                    self.compare(n, j, numerical[j][n], found, " computed with forward mode")

    def expect_zero(self, n: int, numerical: Any) -> None:
        """Raise if a result without history changes with an input."""
        for found in (rows[n] for rows in numerical):
            if found is not None and found.numel() and float(found.abs().max()) > self.atol:
                raise GradcheckError("Numerical gradient for function expected to be zero")

    def compare(self, n: int, j: int, want: Any, got: Any, how: str) -> None:
        """Raise unless two Jacobians agree."""
        if want is None or got is None or not want.numel():
            return
        far = (got - want).abs() - (self.atol + self.rtol * want.abs())
        bad = (far > 0) | (got.isnan() != want.isnan())
        if not bool(bad.any()):
            return
        worst = int((got - want).abs().nan_to_num(float("inf")).argmax())
        row, column = divmod(worst, want.shape[1])
        name = self.shapes[n][1]
        part = "" if not name.is_complex else " (real and imaginary parts apart)"
        raise GradcheckError(
            f"Jacobian{how} mismatch for output {n} with respect to input {self.chosen[j]},\n"
            f"numerical:{want}\nanalytical:{got}\n"
            f"{int(bad.sum())} of {want.numel()} entries{part} differ; the worst is at row {row}, "
            f"column {column}: {float(got[row, column]):.9g} instead of "
            f"{float(want[row, column]):.9g}"
        )

    def projected(self, backward: bool, forward: bool) -> None:
        """Compare one number for each pair of result and input: a random projection."""
        steps = [random_like(self.given[k].detach()) for k in self.chosen]
        changes = [self.change(j, step, ()) for j, step in enumerate(steps)]
        inputs = self.leaves()
        outs = self.call(inputs)
        for n in self.numbers:
            weight = random_like(outs[n].detach())
            wants = [float(_inner(weight, change[n])) for change in changes]
            if n not in self.recorded and not forward:
                if any(abs(w) > self.atol for w in wants):
                    raise GradcheckError("Numerical gradient for function expected to be zero")
                continue
            if backward and n in self.recorded:
                for j, g in enumerate(self.pulled(outs, inputs, {n: weight})):
                    self.compare_numbers(n, j, wants[j], float(_inner(g, steps[j])), "")
            if forward:
                for j, step in enumerate(steps):
                    got = float(_inner(weight, self.pushed(j, step)[n]))
                    self.compare_numbers(n, j, wants[j], got, " computed with forward mode")

    def compare_numbers(self, n: int, j: int, want: float, got: float, how: str) -> None:
        """Raise unless two projections of a Jacobian agree."""
        scale = max(1.0, float(self.given[self.chosen[j]].numel())) ** 0.5
        if not abs(got - want) <= scale * self.atol + self.rtol * abs(want):
            raise GradcheckError(
                f"Jacobian{how} mismatch for output {n} with respect to input {self.chosen[j]},\n"
                f"numerical:{want}\nanalytical:{got}\n"
                "The above quantities relating the numerical and analytical jacobians are computed "
                "in fast mode, as random projections: run without it to see the entries."
            )

    # -- other properties -----------------------------------------------------------------

    def backward_alone(self, check_dtypes: bool, check_undefined: bool) -> None:
        """Check that backward repeats itself, is linear at zero, and takes absent gradients."""
        inputs = self.leaves()
        outs = self.call(inputs)
        weights = {n: random_like(outs[n].detach()) for n in self.recorded}
        if not weights:
            return
        first, again = (self.pulled(outs, inputs, weights) for _ in range(2))
        for a, b, t in zip(first, again, inputs, strict=True):
            if a.numel() and float((a - b).abs().max()) > self.nondet_tol:
                raise GradcheckError(
                    "Backward is not reentrant, i.e., running backward with same input and "
                    "grad_output multiple times gives different values, although analytical "
                    "gradient matches numerical gradient. The tolerance for nondeterminism was "
                    f"{self.nondet_tol}."
                )
            if check_dtypes and a.dtype is not t.dtype:
                raise GradcheckError(
                    f"gradient has dtype {a.dtype} for an input of dtype {t.dtype}"
                )
        nothing = {n: outs[n].detach() * 0 for n in self.recorded}
        nothing = {n: carrier.tensors().zeros_like(t) for n, t in nothing.items()}
        for g in self.pulled(outs, inputs, nothing):
            if g.numel() and bool((g.nan_to_num() != 0).any()):
                raise GradcheckError("backward not multiplied by grad_output")
        if check_undefined and len(self.recorded) > 1:
            for n in self.recorded:
                self.expect_absent_is_zero(outs, inputs, {n: weights[n]})

    def expect_absent_is_zero(self, outs: Any, inputs: Any, cotangents: dict[int, Any]) -> None:
        """Raise unless a result without gradient counts as one whose gradient is zero."""
        said = "Expected backward function to handle undefined output grads"
        names = ", ".join(map(str, cotangents))
        want = self.pulled(outs, inputs, cotangents)
        try:
            found = self.pulled(outs, inputs, cotangents, alone=True)
        except (RuntimeError, TypeError, AttributeError) as error:
            raise GradcheckError(
                f"{said}: with a gradient for output {names} alone it raised "
                f"{type(error).__name__}: {error}"
            ) from error
        for got, expected in zip(found, want, strict=True):
            far = (got - expected).abs() > self.atol + self.rtol * expected.abs()
            if bool(far.any()):
                raise GradcheckError(
                    f"{said} as zeros: with a gradient for output {names} alone it gave\n{got}\n"
                    f"and with zeros for the others\n{expected}"
                )

    def batched_backward(self) -> None:
        """Check that gradients are the same for a batch of cotangents."""
        from ..func.vmap import vmap

        inputs = self.leaves()
        outs = self.call(inputs)
        for n in self.recorded:
            weights = joining.stack([random_like(outs[n].detach()) for _ in range(2)])
            rows = [self.pulled(outs, inputs, {n: w}) for w in weights]
            found = vmap(lambda w, n=n: tuple(self.pulled(outs, inputs, {n: w})))(weights)
            self.compare_batches(found, rows, "gradient")

    def batched_forward(self) -> None:
        """Check that tangents are the same for a batch of them."""
        from ..func.vmap import vmap

        for j, k in enumerate(self.chosen):
            steps = joining.stack([random_like(self.given[k].detach()) for _ in range(2)])
            rows = [self.pushed(j, s) for s in steps]
            found = vmap(lambda s, j=j: tuple(self.pushed(j, s)), randomness="same")(steps)
            self.compare_batches(found, rows, "forward gradient")

    def compare_batches(self, found: Any, rows: Any, what: str) -> None:
        """Raise unless a batch's results are those of its examples, one by one."""
        for got, column in zip(found, zip(*rows, strict=True), strict=True):
            want = joining.stack(list(column))
            if want.numel() and float((got - want).detach().abs().max()) > self.atol:
                raise GradcheckError(
                    f"gradcheck or gradgradcheck failed while testing batched {what} computation: "
                    f"a batch gave\n{got}\none by one gave\n{want}"
                )


def _strides_zero(t: Any) -> bool:
    return any(s == 0 and n > 1 for s, n in zip(t.stride(), t.shape, strict=True))


def _parts(t: Any) -> Any:
    """Return a tensor's real and imaginary parts as one vector of real numbers, in turns."""
    flat = t.detach().reshape(-1)
    if not t.dtype.is_complex:
        return flat
    xp = carrier.tensors()
    return joining.stack([xp.real(flat), xp.imag(flat)], 1).reshape(-1)


def random_like(t: Any) -> Any:
    """Return normal numbers of a tensor's shape, dtype and device."""
    return randn(tuple(t.shape), dtype=t.dtype, device=t.device)


def _position(row: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    out = []
    for n in reversed(shape):
        row, k = divmod(row, n)
        out.append(k)
    return tuple(reversed(out))
